/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/combination.h"

#include "lib/evidence/reason.h"
#include "lib/evidence/tier.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"

void vouch_combination_begin(struct vouch_combination *c)
{
    *c = (struct vouch_combination){
        .total = {.verdict = VOUCH_ACCEPTED,
                  .not_after = INT64_MAX,
                  .tier = VOUCH_TIER_AFFIRMING},
    };
    SHA256_Init(&c->anchors);
    SHA256_Init(&c->policies);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void add_assurance(vouch_result *total, const vouch_result *one)
{
    total->not_after = earlier(total->not_after, one->not_after);
    if (one->issued_at != 0) {
        total->issued_at = total->issued_at != 0
                               ? earlier(total->issued_at, one->issued_at)
                               : one->issued_at;
    }
    total->tier = vouch_tier_worse(total->tier, one->tier);
    total->claims |= one->claims;
    for (size_t i = 0; i < VOUCH_CATEGORIES; i++) {
        total->vector[i] = vouch_claim_worse(total->vector[i], one->vector[i]);
    }
}

/* The first that says who it is, says it for all; a posture never does. */
static void add_identity(vouch_result *total, const vouch_result *one)
{
    if (total->ueid.len == 0) {
        total->ueid = one->ueid;
        total->instance_pinned = one->instance_pinned;
    }
    if (!total->has_security_version && one->has_security_version) {
        total->has_security_version = true;
        total->security_version = one->security_version;
    }
    if (total->aik_pub_hash.len == 0) {
        total->aik_pub_hash = one->aik_pub_hash;
    }
}

/* Key bound, once one is. */
static void add_level(vouch_result *total, const vouch_result *one)
{
    if (total->level != VOUCH_LEVEL_KEY_BOUND) {
        total->level = one->level;
        total->binder = one->binder;
    }
}

static bool reject(vouch_result *result, vouch_claim claim, const char *found)
{
    vouch_reject(result, VOUCH_CHECK_COLLECTION, claim, VOUCH_E_ILLEGAL);
    vouch_reason_text(result->reason.found, vouch_text(found));
    return false;
}

bool vouch_combine(struct vouch_combination *c, bool accompanies,
                   vouch_result *one)
{
    vouch_result *total = &c->total;

    if (accompanies && c->num_accompanying++ != 0) {
        return reject(one, VOUCH_CLAIM_POSTURE, "two postures");
    }
    if (total->has_epoch && one->has_epoch && total->epoch != one->epoch) {
        return reject(one, VOUCH_CLAIM_EPOCH, "members of two epochs");
    }
    if (one->has_epoch) {
        total->has_epoch = true;
        total->epoch = one->epoch;
    }
    add_assurance(total, one);
    if (!accompanies) {
        c->num_platforms++;
        add_identity(total, one);
        add_level(total, one);
    }
    SHA256_Update(&c->anchors, one->anchor_digest, sizeof one->anchor_digest);
    SHA256_Update(&c->policies, one->policy_digest, sizeof one->policy_digest);
    return true;
}

void vouch_combination_end(struct vouch_combination *c, vouch_bytes octets,
                           vouch_result *out)
{
    if (c->num_platforms == 0) {
        (void)reject(out, VOUCH_CLAIM_NONE, "nothing about a platform");
        return;
    }
    /* One result stands for itself, digests and all. */
    if (c->num_platforms + c->num_accompanying == 1) {
        return;
    }
    for (size_t i = 0; i < VOUCH_STAGES; i++) {
        c->total.stages[i] = VOUCH_PASSED;
    }
    vouch_sha256(octets, c->total.evidence_digest);
    SHA256_Final(c->total.anchor_digest, &c->anchors);
    SHA256_Final(c->total.policy_digest, &c->policies);
    *out = c->total;
}
