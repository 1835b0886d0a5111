/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EAR_H
#define VOUCH_EAR_H

#include <vouch/evidence.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attestation Results (RFC 9334, 8.4) in the form of EAR
 * (draft-ietf-rats-ear): a Verifier's word about a peer's Evidence, signed with
 * a key of the Verifier's own. It names the AIK, and either the exchange that
 * the Evidence was made for, or none: then it is a passport, which the peer
 * shows until it expires. proto/README.md has the claims.
 */

/** The media types (RFC 9782) of an EAR of the profile of
 * draft-ietf-rats-ear-04, as CWT and as JWT. Without jansson what is JWT cannot
 * be read or made: VOUCH_E_NOT_BUILT. */
#define VOUCH_EAR_CWT_FORMAT \
    "application/eat+cwt; eat_profile=\"tag:ietf.org,2026:rats/ear#04\""
#define VOUCH_EAR_JWT_FORMAT \
    "application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#04\""

/** The same of the draft before it, and Veraison's profile, which is older
 * still. A policy for one of these is for no other: one for -04 takes no EAR of
 * -03. */
#define VOUCH_EAR_03_CWT_FORMAT \
    "application/eat+cwt; eat_profile=\"tag:ietf.org,2026:rats/ear#03\""
#define VOUCH_EAR_03_JWT_FORMAT \
    "application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#03\""
#define VOUCH_EAR_VERAISON_JWT_FORMAT \
    "application/eat+jwt; eat_profile=\"tag:github.com,2023:veraison/ear\""

/** The profile of Trustee's Attestation Service. It is read and never made.
 * Such a result names no AIK of itself, and is refused then like any other that
 * names none. */
#define VOUCH_EAR_TRUSTEE_JWT_FORMAT \
    "application/eat+jwt; "          \
    "eat_profile=\"tag:github.com,2024:confidential-containers/Trustee\""

/** vouch_ear_is_format tells whether a media type is one of these. */
VOUCH_EXPORT bool vouch_ear_is_format(vouch_bytes format);

/**
 * vouch_ear_appraiser_new makes an appraiser of EARs of the form and profile in
 * the media type that `policy` is for. It takes a reference to `policy`, which
 * is fixed from then on. The policy's keys are the Verifiers that are believed;
 * without any, all is refused. Its reference values and components are for
 * Evidence, and are not looked at.
 *
 * A result that is refused because of what a Verifier of this library says in
 * it has the Verifier's own reason.
 *
 * On success `*out` is owned: vouch_appraiser_free. It returns VOUCH_E_ARGUMENT
 * when the policy is for another format; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_ear_appraiser_new(
    vouch_policy *policy, vouch_appraiser **out) VOUCH_MUST_CHECK;

/* Verifiers */

/** vouch_issuer makes EARs of results. One thread at a time may set it. */
typedef struct vouch_issuer vouch_issuer;

/**
 * vouch_issuer_new makes an issuer of EARs of the media type `format`, signed
 * with `key`, which is the Verifier's own: no AIK and no attestation key. A
 * reference to it is taken. `developer` and `build` say who made the Verifier
 * and which program it is (ear_verifier_id).
 *
 * On success `*out` is owned: vouch_issuer_free. It returns
 *   VOUCH_E_ARGUMENT: `format` is not one of an EAR, or is Trustee's; the key
 *       is of a kind that does not sign it (a JWT wants P-256); a text is
 * empty, not UTF-8 or longer than VOUCH_LIMIT_RESULT_TEXT; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_issuer_new(vouch_key *key, const char *format,
                                        const char *developer,
                                        const char *build,
                                        vouch_issuer **out) VOUCH_MUST_CHECK;

VOUCH_EXPORT void vouch_issuer_free(vouch_issuer *issuer);

/** vouch_issuer_set_label says what the appraisal is called in an EAR;
 * "attester" unless set. Errors as for a text of vouch_issuer_new. */
VOUCH_EXPORT vouch_err vouch_issuer_set_label(
    vouch_issuer *issuer, const char *label) VOUCH_MUST_CHECK;

/** vouch_issuer_set_lifetime sets the seconds after which an EAR expires; 300
 * unless set. */
VOUCH_EXPORT void vouch_issuer_set_lifetime(vouch_issuer *issuer,
                                            uint32_t seconds);

/** vouch_issuer_set_key_bound has it issue passports: they name the AIK and no
 * exchange. */
VOUCH_EXPORT void vouch_issuer_set_key_bound(vouch_issuer *issuer);

/**
 * vouch_issuer_issue makes the EAR of `result`, accepted or not, which is an
 * appraisal against `expected`; it is issued at `expected->now`. It carries
 * `expected->nonce`, if there is one, and the reason of a refusal. To name the
 * AIK it needs `expected->aik_spki`, or an `aik_pub_hash` of SHA-256.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 *   VOUCH_E_ARGUMENT: the result was accepted for another binder, or the AIK is
 *       not known, or is the issuer's own key; or a text is not UTF-8, or the
 *       nonce has not 8 to 64 octets;
 *   VOUCH_E_NOT_BUILT; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_issuer_issue(const vouch_issuer *issuer,
                                          const vouch_expectation *expected,
                                          const vouch_result *result,
                                          vouch_buffer *out) VOUCH_MUST_CHECK;

/* Passports */

/**
 * vouch_passport_attester_new makes an attester that shows `ear`, an EAR of the
 * media type `format`, whatever the exchange; it is copied. That it is for the
 * AIK of the exchange, and has not expired, is looked at each time; then
 * there is no evidence, and the request is declined.
 *
 * On success `*out` is owned: vouch_attester_free. It returns
 *   VOUCH_E_ARGUMENT: `format` is none of an EAR;
 *   VOUCH_E_ILLEGAL: the profile is another;
 *   VOUCH_E_CLAIM_MISSING: a mandatory claim or aik_pub_hash is absent;
 *   VOUCH_E_TOO_LARGE, VOUCH_E_TOO_MANY, or a code of the band PEER: not such
 *       an EAR;
 *   VOUCH_E_NOT_BUILT; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_passport_attester_new(
    const char *format, vouch_bytes ear, vouch_attester **out) VOUCH_MUST_CHECK;

/**
 * vouch_passport_attester_renew has it show `ear` from now on; any thread may
 * call it. Errors as for vouch_passport_attester_new, and then the old one
 * stays; VOUCH_E_ARGUMENT also for an attester of another kind.
 */
VOUCH_EXPORT vouch_err vouch_passport_attester_renew(
    vouch_attester *attester, vouch_bytes ear) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
