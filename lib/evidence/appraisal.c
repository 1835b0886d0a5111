/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/appraisal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/evidence/reason.h"
#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/digests.h"
#include "proto/memory.h"

/* Steps */

/* A stage has passed when no step of it is left. */
static vouch_progress progress_of(vouch_stage stage,
                                  const struct vouch_step *steps, size_t num,
                                  size_t failed)
{
    if (failed < num && steps[failed].stage == stage) {
        return VOUCH_FAILED;
    }
    for (size_t i = failed; i < num; i++) {
        if (steps[i].stage == stage) {
            return VOUCH_NOT_REACHED;
        }
    }
    return VOUCH_PASSED;
}

/* draft-ietf-rats-ar4si, 2.3.4: what a rejection says of the peer. Others say
 * nothing of it. */
static const struct {
    vouch_check check;
    vouch_category category;
    int8_t claim;
} contraindications[] = {
    {VOUCH_CHECK_ANCHOR, VOUCH_INSTANCE_IDENTITY, 97},
    {VOUCH_CHECK_SIGNATURE, VOUCH_INSTANCE_IDENTITY, 99},
    {VOUCH_CHECK_BINDING, VOUCH_INSTANCE_IDENTITY, 99},
    {VOUCH_CHECK_INSTANCE, VOUCH_INSTANCE_IDENTITY, 97},
    {VOUCH_CHECK_REFERENCE, VOUCH_EXECUTABLES, 96},
    {VOUCH_CHECK_VERSION, VOUCH_EXECUTABLES, 96},
    {VOUCH_CHECK_DEBUG, VOUCH_CONFIGURATION, 96},
    {VOUCH_CHECK_POSTURE, VOUCH_CONFIGURATION, 96},
};

static void set_tier(vouch_result *result)
{
    for (size_t i = 0;
         i < sizeof contraindications / sizeof contraindications[0]; i++) {
        if (contraindications[i].check == result->reason.check) {
            result->vector[contraindications[i].category] =
                contraindications[i].claim;
            result->tier = vouch_tier_of(contraindications[i].claim);
        }
    }
}

bool vouch_run_steps(struct vouch_appraisal *a, const struct vouch_step *steps,
                     size_t num)
{
    size_t done = 0;

    *a->result = (vouch_result){.verdict = VOUCH_REJECTED};
    while (done < num && steps[done].run(a)) {
        done++;
    }
    for (vouch_stage stage = 0; stage < VOUCH_STAGES; stage++) {
        a->result->stages[stage] = progress_of(stage, steps, num, done);
    }
    if (done < num && a->result->verdict == VOUCH_REJECTED) {
        set_tier(a->result);
    }
    return done == num;
}

/* Rejections */

bool vouch_rejected(struct vouch_appraisal *a, vouch_check check,
                    vouch_claim claim, vouch_err err)
{
    vouch_reject(a->result, check, claim, err);
    return false;
}

/* What is shown is no secret. */
bool vouch_rejected_octets(struct vouch_appraisal *a, vouch_check check,
                           vouch_claim claim, vouch_bytes expected,
                           vouch_bytes found)
{
    vouch_rejected(a, check, claim,
                   found.len == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    vouch_reason_hex(a->result->reason.expected, expected);
    vouch_reason_hex(a->result->reason.found, found);
    return false;
}

bool vouch_rejected_text(struct vouch_appraisal *a, vouch_check check,
                         vouch_claim claim, vouch_bytes expected,
                         vouch_bytes found)
{
    vouch_rejected(a, check, claim,
                   found.len == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    vouch_reason_text(a->result->reason.expected, expected);
    vouch_reason_text(a->result->reason.found, found);
    return false;
}

/* Shared steps */

/* A remote Verifier may know the AIK by its hash alone. */
static bool is_aik(const EVP_PKEY *key, const vouch_expectation *expected)
{
    return expected->aik_spki.len != 0
               ? vouch_public_key_is(key, expected->aik_spki)
               : vouch_public_key_has_hash(key, &expected->aik_pub_hash);
}

bool vouch_is_not_aik(struct vouch_appraisal *a, const EVP_PKEY *key)
{
    if (!is_aik(key, a->expected)) {
        return true;
    }
    vouch_rejected(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL);
    vouch_reason_text(a->result->reason.found, vouch_text("the AIK"));
    return false;
}

/* RFC 9711, 9.6: the key id says which anchor to try; that it is one, the
 * policy says [T13] */
bool vouch_find_anchor(struct vouch_appraisal *a, vouch_bytes key_id,
                       const struct vouch_anchor **out)
{
    const struct vouch_anchor *anchor = vouch_policy_anchor(a->policy, key_id);

    if (anchor == NULL) {
        return vouch_rejected_octets(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE,
                                     (vouch_bytes){NULL, 0}, key_id);
    }
    *out = anchor;
    return vouch_is_not_aik(a, anchor->key);
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool reject_time(struct vouch_appraisal *a, vouch_claim claim,
                        const char *relation, int64_t found)
{
    vouch_rejected(a, VOUCH_CHECK_AGE, claim, VOUCH_OK);
    snprintf(a->result->reason.expected, VOUCH_TEXT_MAX, "%s %" PRId64,
             relation, a->expected->now.unix_s);
    vouch_reason_number(a->result->reason.found, found);
    return false;
}

bool vouch_check_times(struct vouch_appraisal *a,
                       const struct vouch_times *times)
{
    int64_t now = a->expected->now.unix_s;
    char relation[VOUCH_TEXT_MAX / 2];

    snprintf(relation, sizeof relation, "within %" PRIu32 " s of",
             a->policy->max_age);
    if (!times->has_iat) {
        reject_time(a, VOUCH_CLAIM_IAT, relation, 0);
        a->result->reason.err = VOUCH_E_CLAIM_MISSING;
        a->result->reason.found[0] = '\0';
        return false;
    }
    if (distance(times->iat, now) > a->policy->max_age) {
        return reject_time(a, VOUCH_CLAIM_IAT, relation, times->iat);
    }
    /* RFC 8392, 3.1.4 and 3.1.5: on or after exp not, and not before nbf */
    if (times->has_exp && times->exp <= now) {
        return reject_time(a, VOUCH_CLAIM_EXP, "after", times->exp);
    }
    if (times->has_nbf && times->nbf > now) {
        return reject_time(a, VOUCH_CLAIM_NBF, "not after", times->nbf);
    }
    return true;
}

bool vouch_check_claims(struct vouch_appraisal *a,
                        bool (*has)(const void *arg, vouch_claim claim),
                        const void *arg)
{
    for (vouch_claim claim = VOUCH_CLAIM_NONE + 1; claim < VOUCH_CLAIMS;
         claim++) {
        if (vouch_policy_requires(a->policy, claim) && !has(arg, claim)) {
            return vouch_rejected(a, VOUCH_CHECK_CLAIM, claim,
                                  VOUCH_E_CLAIM_MISSING);
        }
        if (vouch_policy_forbids(a->policy, claim) && has(arg, claim)) {
            return vouch_rejected(a, VOUCH_CHECK_CLAIM, claim, VOUCH_E_ILLEGAL);
        }
    }
    return true;
}

bool vouch_check_instance(struct vouch_appraisal *a, vouch_bytes ueid)
{
    const struct vouch_octets_list *pinned = &a->policy->instances;

    if (pinned->num == 0 || vouch_policy_names_instance(a->policy, ueid)) {
        return true;
    }
    return vouch_rejected_octets(
        a, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID,
        (vouch_bytes){pinned->items[0].data, pinned->items[0].len}, ueid);
}

static bool check_posture_digest(struct vouch_appraisal *a,
                                 vouch_bytes components, vouch_bytes digest)
{
    uint8_t sha256[32];

    if (components.len == 0) {
        return true;
    }
    vouch_sha256(components, sha256);
    return vouch_bytes_equal((vouch_bytes){sha256, sizeof sha256}, digest)
               ? true
               : vouch_rejected_octets(
                     a, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                     (vouch_bytes){sha256, sizeof sha256}, digest);
}

bool vouch_check_components(struct vouch_appraisal *a,
                            const struct vouch_references *wanted,
                            vouch_bytes components, vouch_bytes digest)
{
    if (!check_posture_digest(a, components, digest)) {
        return false;
    }
    for (size_t i = 0; i < wanted->num; i++) {
        const struct vouch_reference *reference = &wanted->items[i];
        vouch_bytes name = {reference->name.data, reference->name.len}, found;

        if (!vouch_digests_find(components, name, &found) ||
            !vouch_reference_has(reference, found)) {
            vouch_rejected_octets(a, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                                  vouch_value_bytes(&reference->values[0]),
                                  found);
            vouch_reason_text(a->result->reason.name, name);
            return false;
        }
    }
    return true;
}

uint64_t vouch_claim_bit(vouch_claim claim)
{
    return UINT64_C(1) << claim;
}

vouch_digest vouch_digest_from(vouch_bytes octets)
{
    vouch_digest digest = {.len = octets.len};

    if (octets.len != 0) {
        memcpy(digest.data, octets.data, octets.len);
    }
    return digest;
}

vouch_ueid vouch_ueid_from(vouch_bytes octets)
{
    vouch_ueid ueid = {.len = octets.len};

    if (octets.len != 0) {
        memcpy(ueid.data, octets.data, octets.len);
    }
    return ueid;
}

vouch_bytes vouch_ueid_bytes(const vouch_ueid *ueid)
{
    return (vouch_bytes){ueid->data,
                         ueid->len <= VOUCH_UEID_MAX ? ueid->len : 0};
}

/* Appraisers that judge by a policy */

vouch_err vouch_policy_appraiser_new(const struct vouch_appraiser_ops *ops,
                                     vouch_policy *policy,
                                     vouch_appraiser **out)
{
    struct vouch_policy_appraiser *appraiser = vouch_alloc(sizeof *appraiser);
    vouch_err err;

    if (appraiser == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_policy_digest(policy, appraiser->policy_digest);
    if (err != VOUCH_OK) {
        vouch_free(appraiser);
        return err;
    }
    appraiser->policy = vouch_policy_ref(policy);
    appraiser->base.ops = ops;
    appraiser->base.format = vouch_policy_format(policy);
    atomic_init(&appraiser->base.refs, 1);
    *out = &appraiser->base;
    return VOUCH_OK;
}

void vouch_policy_appraiser_destroy(vouch_appraiser *base)
{
    struct vouch_policy_appraiser *appraiser =
        (struct vouch_policy_appraiser *)base;

    vouch_policy_free(appraiser->policy);
    vouch_free(appraiser);
}

struct vouch_appraisal vouch_appraisal_begin(const vouch_appraiser *base,
                                             const vouch_expectation *expected,
                                             vouch_result *result)
{
    const struct vouch_policy_appraiser *appraiser =
        (const struct vouch_policy_appraiser *)base;

    return (struct vouch_appraisal){appraiser->policy, expected, result};
}

void vouch_appraisal_end(const vouch_appraiser *base, vouch_bytes message,
                         vouch_result *result)
{
    const struct vouch_policy_appraiser *appraiser =
        (const struct vouch_policy_appraiser *)base;

    vouch_sha256(message, result->evidence_digest);
    memcpy(result->policy_digest, appraiser->policy_digest,
           sizeof result->policy_digest);
}
