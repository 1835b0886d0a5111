/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_REGISTRY_H
#define VOUCH_REGISTRY_H

#include <vouch/evidence.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_registry finds attesters and appraisers by the media type that they
 * stand for. With it a session can attest and appraise in several formats
 * (session.h, vouch_config_add_formats, vouch_registry_attest and
 * vouch_registry_appraise), and messages that come as one collection are
 * appraised together.
 */
typedef struct vouch_registry vouch_registry;

VOUCH_EXPORT vouch_err vouch_registry_new(vouch_registry **out)
    VOUCH_MUST_CHECK;

/** vouch_registry_free drops one reference. */
VOUCH_EXPORT void vouch_registry_free(vouch_registry *registry);

/**
 * vouch_registry_add_attester and vouch_registry_add_appraiser take a reference
 * each. What is added earlier is preferred. They return VOUCH_E_ARGUMENT when
 * there is one for that media type; VOUCH_E_STATE when a configuration has the
 * registry; VOUCH_E_TOO_MANY beyond VOUCH_LIMIT_FORMATS; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_registry_add_attester(
    vouch_registry *registry, vouch_attester *attester) VOUCH_MUST_CHECK;
VOUCH_EXPORT vouch_err vouch_registry_add_appraiser(
    vouch_registry *registry, vouch_appraiser *appraiser) VOUCH_MUST_CHECK;

/**
 * vouch_registry_judge appraises a CMW (cmw.h) outside of a session, as a
 * Verifier of its own does: a record by the appraiser for its media type, a
 * collection member by member and as a whole. It always fills `*out`: what
 * can not be judged is a rejection.
 */
VOUCH_EXPORT void vouch_registry_judge(const vouch_registry *registry,
                                       vouch_bytes cmw,
                                       const vouch_expectation *expected,
                                       vouch_result *out);

#ifdef __cplusplus
}
#endif

#endif
