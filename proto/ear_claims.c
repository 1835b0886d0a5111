/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ear_claims.h"

#define CLAIMS(name, table)                       \
    const struct vouch_ear_table name = {(table), \
                                         sizeof(table) / sizeof((table)[0])}

#define MEDIA_TYPE(envelope, tag) \
    "application/eat+" envelope "; eat_profile=\"" tag "\""

#define TAG_04 "tag:ietf.org,2026:rats/ear#04"
#define TAG_03 "tag:ietf.org,2026:rats/ear#03"
#define TAG_VERAISON "tag:github.com,2023:veraison/ear"
#define TAG_TRUSTEE "tag:github.com,2024:confidential-containers/Trustee"

/* EAR, 3: what is in no row is not read [R01] */
const struct vouch_ear_profile vouch_ear_profiles[VOUCH_EAR_PROFILES] = {
    {VOUCH_EAR_04, TAG_04, MEDIA_TYPE("cwt", TAG_04), MEDIA_TYPE("jwt", TAG_04),
     VOUCH_EAR_NAMES, true},
    {VOUCH_EAR_03, TAG_03, MEDIA_TYPE("cwt", TAG_03), MEDIA_TYPE("jwt", TAG_03),
     VOUCH_EAR_NAMES, true},
    {VOUCH_EAR_VERAISON, TAG_VERAISON, NULL, MEDIA_TYPE("jwt", TAG_VERAISON),
     VOUCH_EAR_VERAISON_NAMES, true},
    {VOUCH_EAR_TRUSTEE, TAG_TRUSTEE, NULL, MEDIA_TYPE("jwt", TAG_TRUSTEE),
     VOUCH_EAR_VERAISON_NAMES, false},
};

enum { IN_04 = 1 << VOUCH_EAR_04 };

/* verifier-id (draft-ietf-rats-ar4si, 3.3) */
#define VERIFIER_TEXT(number, what)                                 \
    {                                                               \
        .name = #what, .key = (number), .type = VOUCH_EAR_TEXT,     \
        .required = true, .min = 1, .max = VOUCH_LIMIT_RESULT_TEXT, \
        .member = offsetof(struct vouch_ear, what)                  \
    }

static const struct vouch_ear_claim verifier_id_table[] = {
    VERIFIER_TEXT(0, developer),
    VERIFIER_TEXT(1, build),
};
static CLAIMS(verifier_id, verifier_id_table);

#define REFUSAL_TEXT(number, what, is_required)                               \
    {                                                                         \
        .name = #what, .key = (number), .type = VOUCH_EAR_TEXT,               \
        .required = (is_required), .min = 1, .max = VOUCH_LIMIT_REFUSAL_TEXT, \
        .member = offsetof(struct vouch_ear_appraisal, refusal.what)          \
    }

static const struct vouch_ear_claim refusal_table[] = {
    REFUSAL_TEXT(1, check, true),  REFUSAL_TEXT(2, claim, false),
    REFUSAL_TEXT(3, name, false),  REFUSAL_TEXT(4, expected, false),
    REFUSAL_TEXT(5, found, false),
};
static CLAIMS(refusal, refusal_table);

static const struct vouch_ear_claim ear_table[] = {
    {.name = "exp",
     .key = 4,
     .type = VOUCH_EAR_TIME,
     .member = offsetof(struct vouch_ear, exp),
     .flag = offsetof(struct vouch_ear, has_exp)},
    {.name = "nbf",
     .key = 5,
     .type = VOUCH_EAR_TIME,
     .member = offsetof(struct vouch_ear, nbf),
     .flag = offsetof(struct vouch_ear, has_nbf)},
    {.name = "iat",
     .key = 6,
     .type = VOUCH_EAR_TIME,
     .required = true,
     .member = offsetof(struct vouch_ear, iat),
     .flag = offsetof(struct vouch_ear, has_iat)},
    /* RFC 9711, 4.1: in JWT, too, and not "nonce" [T04]; one, no array [T06] */
    {.name = "eat_nonce",
     .key = 10,
     .type = VOUCH_EAR_BYTES,
     .min = 8,
     .max = 64,
     .member = offsetof(struct vouch_ear, nonce)},
    {.name = "eat_profile",
     .key = 265,
     .type = VOUCH_EAR_TEXT,
     .required = true,
     .min = 1,
     .max = VOUCH_LIMIT_RESULT_TEXT,
     .member = offsetof(struct vouch_ear, profile)},
    {.name = "submods",
     .key = 266,
     .type = VOUCH_EAR_SUBMODULES,
     .required = true,
     .member = offsetof(struct vouch_ear, num_appraisals)},
    {.name = "ear_status",
     .json = {NULL, "ear.status"},
     .key = 1000,
     .type = VOUCH_EAR_TIER,
     .member = offsetof(struct vouch_ear, status),
     .flag = offsetof(struct vouch_ear, has_status)},
    /* no key, no trust and no tier is taken from these, here and below */
    {.name = "ear_raw_evidence",
     .profiles = IN_04,
     .key = 1002,
     .type = VOUCH_EAR_CMW},
    {.name = "ear_verifier_id",
     .json = {NULL, "ear.verifier-id"},
     .key = 1004,
     .type = VOUCH_EAR_TEXT_MAP,
     .required = true,
     .member = offsetof(struct vouch_ear, developer),
     .texts = &verifier_id},
    {.name = "ear_device_topology",
     .profiles = IN_04,
     .key = 1007,
     .type = VOUCH_EAR_ANY},
};
CLAIMS(vouch_ear_claims, ear_table);

static const struct vouch_ear_claim appraisal_table[] = {
    {.name = "eat_nonce",
     .key = 10,
     .type = VOUCH_EAR_BYTES,
     .min = 8,
     .max = 64,
     .member = offsetof(struct vouch_ear_appraisal, nonce)},
    {.name = "ueid",
     .key = 256,
     .type = VOUCH_EAR_BYTES,
     .min = 7,
     .max = 33,
     .member = offsetof(struct vouch_ear_appraisal, ueid)},
    {.name = "ear_status",
     .json = {NULL, "ear.status"},
     .key = 1000,
     .type = VOUCH_EAR_TIER,
     .required = true,
     .member = offsetof(struct vouch_ear_appraisal, status),
     .flag = offsetof(struct vouch_ear_appraisal, has_status)},
    {.name = "ear_trustworthiness_vector",
     .json = {NULL, "ear.trustworthiness-vector"},
     .key = 1001,
     .type = VOUCH_EAR_VECTOR,
     .member = offsetof(struct vouch_ear_appraisal, vector),
     .flag = offsetof(struct vouch_ear_appraisal, has_vector)},
    {.name = "ear_appraisal_policy_ids",
     .json = {NULL, "ear.appraisal-policy-id"},
     .key = 1003,
     .type = VOUCH_EAR_TEXTS,
     .min = 1,
     .max = VOUCH_LIMIT_RESULT_TEXT,
     .member = offsetof(struct vouch_ear_appraisal, policy_id)},
    {.name = "ear_attester_claims",
     .profiles = IN_04,
     .key = 1005,
     .type = VOUCH_EAR_ANY},
    {.name = "ear_verifier_claims",
     .profiles = IN_04,
     .key = 1006,
     .type = VOUCH_EAR_ANY},
    {.name = "aik_pub_hash",
     .json = {"vouch.aik_pub_hash", "vouch.aik_pub_hash"},
     .key = -80001,
     .type = VOUCH_EAR_BYTES,
     .min = 32,
     .max = 32,
     .member = offsetof(struct vouch_ear_appraisal, aik_pub_hash)},
    {.name = "refusal",
     .json = {"vouch.refusal", "vouch.refusal"},
     .key = -80009,
     .type = VOUCH_EAR_TEXT_MAP,
     .member = offsetof(struct vouch_ear_appraisal, refusal.check),
     .texts = &refusal},
};
CLAIMS(vouch_ear_appraisal_claims, appraisal_table);

const struct vouch_ear_tier vouch_ear_tiers[VOUCH_EAR_TIERS] = {
    {0, "none"},
    {2, "affirming"},
    {32, "warning"},
    {96, "contraindicated"},
};

const char *const vouch_ear_categories[VOUCH_EAR_CATEGORIES] = {
    "instance-identity", "configuration",  "executables",    "file-system",
    "hardware",          "runtime-opaque", "storage-opaque", "sourced-data",
};

static const void *member_of(const struct vouch_ear_claim *claim,
                             const void *claims)
{
    return (const uint8_t *)claims + claim->member;
}

vouch_bytes vouch_ear_span(const struct vouch_ear_claim *claim,
                           const void *claims)
{
    return *(const vouch_bytes *)member_of(claim, claims);
}

bool vouch_ear_claim_is_in(const struct vouch_ear_claim *claim,
                           const struct vouch_ear_profile *profile)
{
    return claim->profiles == 0 || (claim->profiles & 1U << profile->id) != 0;
}

bool vouch_ear_claim_is_there(const struct vouch_ear_claim *claim,
                              const void *claims)
{
    switch (claim->type) {
    case VOUCH_EAR_TIME:
    case VOUCH_EAR_TIER:
    case VOUCH_EAR_VECTOR:
        return *(const bool *)((const uint8_t *)claims + claim->flag);
    case VOUCH_EAR_SUBMODULES:
        return *(const size_t *)member_of(claim, claims) != 0;
    case VOUCH_EAR_CMW:
    case VOUCH_EAR_ANY:
        return false; /* these are not kept */
    case VOUCH_EAR_BYTES:
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXTS:
    case VOUCH_EAR_TEXT_MAP:
    default:
        return vouch_ear_span(claim, claims).len != 0;
    }
}
