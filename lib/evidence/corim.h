/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_CORIM_H
#define VOUCH_EVIDENCE_CORIM_H

#include <vouch/corim.h>

#include "lib/evidence/policy.h"
#include "proto/corim.h"

/* A policy, and while it is read, what its statements have in common. */
struct vouch_corim_entry {
    vouch_policy *policy;
    bool has_statement;
    vouch_bytes instance; /* that all are about, or empty; borrowed */
    unsigned seen;        /* bit 1 << kind */
};

struct vouch_corim {
    struct vouch_corim_entry *entries; /* ascending by format */
    size_t num;
    struct vouch_corim_validity validity;
};

/* vouch_corim_entry_for finds the entry for `format`, or makes one. */
vouch_err vouch_corim_entry_for(vouch_corim *corim, const char *format,
                                struct vouch_corim_entry **out)
    VOUCH_MUST_CHECK;

/* The claims that policies name, by their keys in EATs and Attestation Results;
 * 0 and VOUCH_CLAIM_NONE where there is none. */
int64_t vouch_claim_key(vouch_claim claim);
vouch_claim vouch_claim_of_key(int64_t key);

#endif
