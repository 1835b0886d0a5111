/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_CORIM_H
#define VOUCH_CORIM_H

#include <vouch/base.h>
#include <vouch/key.h>
#include <vouch/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_corim is a set of policies, one for each format, as they are written to
 * files: a Concise Reference Integrity Manifest (draft-ietf-rats-corim-11) of
 * the profile "tag:vouch,2026:corim", signed or not. proto/README.md, 18, says
 * which of CoRIM that is. A CoRIM that says anything more is not read at all,
 * since to pass over a condition would be to trust more than its maker does.
 */
typedef struct vouch_corim vouch_corim;

/** vouch_corim_new makes one without policies. It returns VOUCH_E_NOMEM. */
VOUCH_EXPORT vouch_err vouch_corim_new(vouch_corim **out) VOUCH_MUST_CHECK;

/** vouch_corim_free drops the policies too. */
VOUCH_EXPORT void vouch_corim_free(vouch_corim *corim);

/** vouch_corim_why says in words why one can not be read; it ends in NUL. */
typedef struct vouch_corim_why {
    char text[192];
} vouch_corim_why;

/**
 * vouch_corim_read reads `octets`. If `signer`, a DER SubjectPublicKeyInfo, is
 * empty they must not be signed; else they must be signed by that key. What is
 * not valid at `now` is not read.
 *
 * On success `*out` is owned: vouch_corim_free. Else `*why`, which may be NULL,
 * says what is wrong, and it returns
 *   VOUCH_E_TOO_LARGE, VOUCH_E_TOO_MANY: beyond a limit;
 *   VOUCH_E_CBOR, VOUCH_E_DECODE: no CoRIM, or none that is as it should be;
 *   VOUCH_E_ILLEGAL: one that says what is not read here, or is not valid now;
 *   VOUCH_E_COSE_ALGORITHM, VOUCH_E_SIGNATURE: not signed by that key;
 *   VOUCH_E_ARGUMENT: `signer` is no key;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_corim_read(vouch_bytes octets, vouch_bytes signer,
                                        vouch_now now, vouch_corim **out,
                                        vouch_corim_why *why) VOUCH_MUST_CHECK;

/** vouch_corim_not_after returns the Unix time after which it is not valid, or
 * INT64_MAX. Who keeps policies longer than that asks. */
VOUCH_EXPORT int64_t vouch_corim_not_after(const vouch_corim *corim);

/** vouch_corim_nth returns a policy, borrowed, in the order of their formats;
 * NULL when there are not as many. */
VOUCH_EXPORT vouch_policy *vouch_corim_nth(const vouch_corim *corim,
                                           size_t nth);

/**
 * vouch_corim_policy finds the policy for `format`, or makes an empty one. On
 * success `*out` is borrowed from `corim`. It returns VOUCH_E_ARGUMENT when
 * `format` is no media type; VOUCH_E_TOO_MANY beyond VOUCH_LIMIT_FORMATS;
 * VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_corim_policy(vouch_corim *corim,
                                          const char *format,
                                          vouch_policy **out) VOUCH_MUST_CHECK;

/**
 * vouch_corim_write writes it, signed by `key` in the name of `signer`; or
 * unsigned if `key` is NULL. Unsigned, equal policies give equal octets, and
 * its identifiers are made of what it says.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns VOUCH_E_STATE when
 * there is no policy in it; VOUCH_E_ARGUMENT when the name of a measurement or
 * of the signer is not UTF-8; VOUCH_E_TOO_LARGE or VOUCH_E_TOO_MANY when it
 * would not be read again; an error of the key; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_corim_write(const vouch_corim *corim,
                                         const vouch_key *key,
                                         const char *signer,
                                         vouch_buffer *out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
