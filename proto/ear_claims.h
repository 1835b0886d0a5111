/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_EAR_CLAIMS_H
#define VOUCH_PROTO_EAR_CLAIMS_H

/* The maps of ear.h as tables, for CBOR and JSON. */

#include "proto/ear.h"

enum vouch_ear_type {
    VOUCH_EAR_TIME,
    VOUCH_EAR_TIER,
    VOUCH_EAR_BYTES, /* of min to max octets; in JSON base64url */
    VOUCH_EAR_TEXT,  /* likewise */
    VOUCH_EAR_TEXTS, /* one at least, each likewise */
    VOUCH_EAR_VECTOR,
    VOUCH_EAR_TEXT_MAP,   /* of `texts`; `member` is the first of them */
    VOUCH_EAR_SUBMODULES, /* `member` is how many */
    VOUCH_EAR_CMW, /* a record (RFC 9999, 3.1); read past, and not kept */
    VOUCH_EAR_ANY, /* whatever it is; read past, and not kept */
};

struct vouch_ear_table;

/* `member` is the value's offset in the structure, `flag` that of the bool
 * which says whether it is there, of what is no span. */
struct vouch_ear_claim {
    const char *name;
    const char *json[2]; /* by enum vouch_ear_names; NULL: `name` */
    unsigned profiles;   /* that have it: 1 << their number; 0: all */
    int64_t key;
    enum vouch_ear_type type;
    bool required;
    size_t min, max;
    size_t member;
    size_t flag;
    const struct vouch_ear_table *texts;
};

struct vouch_ear_table {
    const struct vouch_ear_claim *items; /* in the order of their encodings */
    size_t num;
};

extern const struct vouch_ear_table vouch_ear_claims;
extern const struct vouch_ear_table vouch_ear_appraisal_claims;

/* vouch_ear_tiers are the tiers, by their numbers in CBOR and their names in
 * JSON (draft-ietf-rats-ar4si, 3.2). */
enum { VOUCH_EAR_TIERS = 4 };
extern const struct vouch_ear_tier {
    uint8_t number;
    const char *name;
} vouch_ear_tiers[VOUCH_EAR_TIERS];

/* vouch_ear_categories are the names of the trustworthiness claims in JSON, by
 * their numbers in CBOR (draft-ietf-rats-ar4si, 3.1). */
extern const char *const vouch_ear_categories[VOUCH_EAR_CATEGORIES];

/* vouch_ear_claim_is_in tells whether a profile has this claim: one that it has
 * not is unknown there, whatever it is in another. */
bool vouch_ear_claim_is_in(const struct vouch_ear_claim *claim,
                           const struct vouch_ear_profile *profile);

/* vouch_ear_claim_is_there tells whether `claims`, a struct vouch_ear or
 * vouch_ear_appraisal, has this one. */
bool vouch_ear_claim_is_there(const struct vouch_ear_claim *claim,
                              const void *claims);

/* vouch_ear_span gives the octets or the text of a claim. */
vouch_bytes vouch_ear_span(const struct vouch_ear_claim *claim,
                           const void *claims);

#endif
