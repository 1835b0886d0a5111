/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_EAR_H
#define VOUCH_PROTO_EAR_H

/* The claims of an EAT Attestation Result (draft-ietf-rats-ear), as a CWT and
 * as a JWT, with the private claims of proto/README.md. Claims that the profile
 * does not have are ignored. */

#include <openssl/bytestring.h>

#include <vouch/base.h>
#include <vouch/limits.h>

/* vouch_ear_profiles are the profiles that are read, by their number, and what
 * each allows; which claims it has stands with the claims (ear_claims.h). */
enum vouch_ear_profile_id {
    VOUCH_EAR_04 = 0, /* draft-ietf-rats-ear-04 */
    VOUCH_EAR_03,     /* draft-ietf-rats-ear-03 */
    VOUCH_EAR_VERAISON,
    VOUCH_EAR_TRUSTEE,
    VOUCH_EAR_PROFILES,
};

/* What claims are called in JSON. */
enum vouch_ear_names {
    VOUCH_EAR_NAMES,          /* as in the draft */
    VOUCH_EAR_VERAISON_NAMES, /* as in Veraison's profile; one policy, no list
                               */
};

struct vouch_ear_profile {
    enum vouch_ear_profile_id id;
    const char *tag; /* eat_profile */
    const char *cwt; /* the media type in this envelope; NULL: in this no */
    const char *jwt; /* likewise */
    enum vouch_ear_names names;
    bool is_written; /* by an issuer; else read only */
};

extern const struct vouch_ear_profile vouch_ear_profiles[VOUCH_EAR_PROFILES];

/* Trustworthiness claims (draft-ietf-rats-ar4si, 2.3.4). */
enum { VOUCH_EAR_CATEGORIES = 8 };

/* Spans, here and below, borrow from what was decoded; those of absent claims
 * are empty. */

/* Why a Verifier refused: the texts of its vouch_reason. */
struct vouch_ear_refusal {
    vouch_bytes check; /* empty: it did not say */
    vouch_bytes claim;
    vouch_bytes name;
    vouch_bytes expected;
    vouch_bytes found;
};

/* EAR-appraisal (EAR, 3.1) */
struct vouch_ear_appraisal {
    vouch_bytes label; /* text */
    vouch_bytes nonce; /* of the Evidence; 8 to 64 octets [R05] */
    vouch_bytes ueid;  /* 7 to 33 octets, opaque (RFC 9711, 4.2.1) */
    bool has_status, has_vector;
    uint8_t status; /* a tier: 0, 2, 32 or 96 */
    int8_t vector[VOUCH_EAR_CATEGORIES];
    vouch_bytes policy_id;    /* text; the first, if there are several */
    vouch_bytes aik_pub_hash; /* SHA-256 of the AIK's SubjectPublicKeyInfo */
    struct vouch_ear_refusal refusal;
};

/* EAR (EAR, 3) */
struct vouch_ear {
    int64_t exp, nbf, iat; /* Unix time */
    bool has_exp, has_nbf, has_iat, has_status;
    vouch_bytes nonce;     /* of who asked for the result [R05] */
    vouch_bytes profile;   /* text */
    uint8_t status;        /* a tier, of all of it */
    vouch_bytes developer; /* of ear_verifier_id, texts */
    vouch_bytes build;
    struct vouch_ear_appraisal appraisals[VOUCH_LIMIT_SUBMODULES];
    size_t num_appraisals;
};

/* vouch_ear_decode reads a claims set of `profile`. VOUCH_E_CBOR,
 * VOUCH_E_TOO_MANY, or VOUCH_E_CLAIM_TYPE when a claim is of the wrong type or
 * out of range; then
 * `*wrong`, which may be NULL, has its name; static. */
vouch_err vouch_ear_decode(vouch_bytes octets,
                           const struct vouch_ear_profile *profile,
                           struct vouch_ear *out,
                           const char **wrong) VOUCH_MUST_CHECK;

/* vouch_ear_missing returns the name of a mandatory claim that is absent, or
 * NULL (EAR, 3 and 3.1); static. */
const char *vouch_ear_missing(const struct vouch_ear *ear);

/* vouch_ear_encode writes a claims set of the claims that are there. */
bool vouch_ear_encode(CBB *out, const struct vouch_ear *in) VOUCH_MUST_CHECK;

/* vouch_ear_decode_json likewise reads one in JSON. On success the caller frees
 * `*memory`, which `*out` borrows from. VOUCH_E_DECODE: not a JSON object;
 * VOUCH_E_DUPLICATE, VOUCH_E_TOO_LARGE; VOUCH_E_NOT_BUILT; VOUCH_E_NOMEM. */
vouch_err vouch_ear_decode_json(vouch_bytes text,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *memory, struct vouch_ear *out,
                                const char **wrong) VOUCH_MUST_CHECK;

/* vouch_ear_encode_json writes one in JSON, whose texts are UTF-8; `*out` is
 * the caller's. VOUCH_E_NOT_BUILT, VOUCH_E_NOMEM. */
vouch_err vouch_ear_encode_json(const struct vouch_ear *in,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
