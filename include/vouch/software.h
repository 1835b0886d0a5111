/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SOFTWARE_H
#define VOUCH_SOFTWARE_H

#include <vouch/eat.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The software attester: a program that measures itself. It has no hardware
 * root: whoever controls the machine can make it say anything. It proves to a
 * peer that shares that machine's fate, and to tests, what hardware proves to
 * the others.
 */

/** The media type of its Evidence, which an appraiser of EATs reads (eat.h). */
#define VOUCH_SOFTWARE_FORMAT VOUCH_EAT_FORMAT("tag:vouch,2026:software")

/**
 * vouch_software_attester_new makes an attester that signs with `key`, a
 * reference to which it takes; `key` must not be the AIK. `name` and
 * `version` describe the program. `files` (may be NULL) is a list of paths,
 * ended by NULL, that are measured besides the executable and the shared
 * libraries that are loaded now. These two are hashed in this call, the files
 * again whenever their metadata show a change.
 *
 * A measurement is named "executable", "library:SONAME" or "file:PATH".
 *
 * On success `*out` is owned: vouch_attester_free. It returns
 *   VOUCH_E_ARGUMENT: a text is empty or longer than
 *       VOUCH_LIMIT_MEASUREMENT_NAME;
 *   VOUCH_E_TOO_MANY: more than VOUCH_LIMIT_MEASUREMENTS in all;
 *   VOUCH_E_IO: a file can not be read; errno says why;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_software_attester_new(
    vouch_key *key, const char *name, const char *version,
    const char *const *files, vouch_attester **out) VOUCH_MUST_CHECK;

/**
 * vouch_software_attester_set_security_version says how many flaws the program
 * has left behind: a number that only ever rises from release to release. Call
 * it before the attester is shared. It returns VOUCH_E_ARGUMENT for an attester
 * of another kind.
 */
VOUCH_EXPORT vouch_err vouch_software_attester_set_security_version(
    vouch_attester *attester, uint64_t version) VOUCH_MUST_CHECK;

/**
 * vouch_software_measurements lists what a software attester measured when it
 * was made, so that they can become somebody's reference values. `*out` is
 * borrowed for the life of `attester`. It returns VOUCH_E_ARGUMENT for an
 * attester of another kind.
 */
VOUCH_EXPORT vouch_err vouch_software_measurements(
    const vouch_attester *attester, const vouch_measurement **out,
    size_t *num) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
