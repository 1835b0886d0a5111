/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/posture_appraiser.h"

#include <vouch/cmw.h>

#include "lib/evidence/appraisal.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "proto/posture.h"

struct posture_appraisal {
    struct vouch_appraisal base;
    const struct vouch_references *wanted;
    vouch_bytes message;
    struct vouch_posture_claims claims;
};

static struct posture_appraisal *of(struct vouch_appraisal *base)
{
    return (struct posture_appraisal *)base;
}

static bool check_structure(struct vouch_appraisal *a)
{
    vouch_err err = vouch_posture_claims_decode(of(a)->message, &of(a)->claims);

    return err == VOUCH_OK ? true
                           : vouch_rejected(a, VOUCH_CHECK_STRUCTURE,
                                            VOUCH_CLAIM_POSTURE, err);
}

/* CertificateVerify covers it; the binder says that it was made for that. */
static bool check_binder(struct vouch_appraisal *a)
{
    vouch_bytes binder = vouch_digest_bytes(&a->expected->binder);

    return vouch_ct_equal(of(a)->claims.binder, binder)
               ? true
               : vouch_rejected_octets(a, VOUCH_CHECK_BINDING,
                                       VOUCH_CLAIM_NONCE, binder,
                                       of(a)->claims.binder);
}

static bool check_components(struct vouch_appraisal *a)
{
    return vouch_check_components(a, of(a)->wanted, of(a)->claims.components,
                                  of(a)->claims.digest);
}

static const struct vouch_step steps[] = {
    {VOUCH_STAGE_STRUCTURE, check_structure},
    {VOUCH_STAGE_BINDING, check_binder},
    {VOUCH_STAGE_POLICY, check_components},
};

static void accept(const struct posture_appraisal *p)
{
    vouch_result *result = p->base.result;

    result->verdict = VOUCH_ACCEPTED;
    result->level = VOUCH_LEVEL_BOUND;
    result->tier = VOUCH_TIER_AFFIRMING;
    result->vector[VOUCH_CONFIGURATION] = p->wanted->num != 0 ? 2 : 0;
    result->claims = vouch_claim_bit(VOUCH_CLAIM_NONCE) |
                     vouch_claim_bit(VOUCH_CLAIM_EPOCH) |
                     vouch_claim_bit(VOUCH_CLAIM_POSTURE);
    result->binder = vouch_digest_from(p->claims.binder);
    result->not_after = INT64_MAX;
    result->has_epoch = true;
    result->epoch = p->claims.epoch;
}

static void judge(vouch_bytes message, const struct vouch_references *wanted,
                  struct vouch_appraisal appraisal)
{
    struct posture_appraisal p = {
        .base = appraisal, .wanted = wanted, .message = message};

    if (vouch_run_steps(&p.base, steps, sizeof steps / sizeof steps[0])) {
        accept(&p);
    }
}

static void appraise(const vouch_appraiser *appraiser, vouch_bytes message,
                     const vouch_expectation *expected, vouch_result *out)
{
    struct vouch_appraisal a = vouch_appraisal_begin(appraiser, expected, out);

    judge(message, &a.policy->components, a);
    vouch_appraisal_end(appraiser, message, out);
}

static const struct vouch_appraiser_ops ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .accompanies = true,
    .appraise = appraise,
    .destroy = vouch_policy_appraiser_destroy,
};

vouch_err vouch_posture_appraiser_new(vouch_policy *policy,
                                      vouch_appraiser **out)
{
    return vouch_bytes_equal(vouch_text(vouch_policy_format(policy)),
                             vouch_text(VOUCH_POSTURE_FORMAT))
               ? vouch_policy_appraiser_new(&ops, policy, out)
               : VOUCH_E_ARGUMENT;
}

static void appraise_any(const vouch_appraiser *appraiser, vouch_bytes message,
                         const vouch_expectation *expected, vouch_result *out)
{
    static const struct vouch_references nothing = {NULL, 0};

    (void)appraiser;
    judge(message, &nothing, (struct vouch_appraisal){NULL, expected, out});
    vouch_sha256(message, out->evidence_digest);
}

static const struct vouch_appraiser_ops any_ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .accompanies = true,
    .appraise = appraise_any,
};

const vouch_appraiser vouch_any_posture = {.ops = &any_ops,
                                           .format = VOUCH_POSTURE_FORMAT};
