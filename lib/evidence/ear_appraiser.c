/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/ear.h>

#include <string.h>

#include "lib/evidence/appraisal.h"
#include "lib/evidence/ear_token.h"
#include "lib/evidence/reason.h"
#include "lib/evidence/tier.h"
#include "lib/keys/digest.h"
#include "proto/base64url.h"
#include "proto/memory.h"

/* One appraisal on its way through the steps. */
struct ear_appraisal {
    struct vouch_appraisal base;
    const struct vouch_ear_form *form;
    vouch_bytes octets;
    struct vouch_ear_token token;
    const struct vouch_anchor *anchor;
    struct vouch_ear ear;
    vouch_level level;
};

static struct ear_appraisal *of(struct vouch_appraisal *base)
{
    return (struct ear_appraisal *)base;
}

static bool check_policy(struct vouch_appraisal *a)
{
    return a->policy->num_anchors != 0
               ? true
               : vouch_rejected(a, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE,
                                VOUCH_OK);
}

static bool check_envelope(struct vouch_appraisal *a)
{
    vouch_err err =
        vouch_ear_token_open(of(a)->form, of(a)->octets, &of(a)->token);

    return err == VOUCH_OK ? true
                           : vouch_rejected(a, VOUCH_CHECK_STRUCTURE,
                                            VOUCH_CLAIM_NONE, err);
}

/* Signer */

static vouch_bytes id_of(const struct vouch_anchor *anchor)
{
    return (vouch_bytes){anchor->id, sizeof anchor->id};
}

/* It does not say who signed it: each key of the policy is tried, and they are
 * VOUCH_LIMIT_ANCHORS at most. */
static bool try_anchors(struct vouch_appraisal *a)
{
    for (size_t i = 0; i < a->policy->num_anchors; i++) {
        const struct vouch_anchor *anchor = &a->policy->anchors[i];

        if (vouch_ear_token_verify(&of(a)->token, anchor->key) == VOUCH_OK) {
            return vouch_find_anchor(a, id_of(anchor), &of(a)->anchor);
        }
    }
    return vouch_rejected(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE,
                          VOUCH_E_SIGNATURE);
}

/* In a JWS it is text: that of the policy, or octets in base64url. */
static bool find_by_text(struct vouch_appraisal *a, vouch_bytes text)
{
    uint8_t octets[VOUCH_LIMIT_KEY_ID];
    vouch_bytes key_id = {octets, vouch_base64url_length(text.len)};

    return vouch_policy_anchor(a->policy, text) == NULL &&
                   key_id.len <= sizeof octets &&
                   vouch_base64url_decode(text, octets)
               ? vouch_find_anchor(a, key_id, &of(a)->anchor)
               : vouch_find_anchor(a, text, &of(a)->anchor);
}

/* expat-04, 4: by an authority that is believed [X19]; a result that the peer
 * made itself, with the AIK, is none [X31] */
static bool check_signer(struct vouch_appraisal *a)
{
    vouch_bytes key_id = vouch_ear_token_key_id(&of(a)->token);

    if (key_id.len == 0) {
        return try_anchors(a);
    }
    return of(a)->form->is_jwt ? find_by_text(a, key_id)
                               : vouch_find_anchor(a, key_id, &of(a)->anchor);
}

static bool check_signature(struct vouch_appraisal *a)
{
    vouch_err err = vouch_ear_token_verify(&of(a)->token, of(a)->anchor->key);

    return err == VOUCH_OK ? true
                           : vouch_rejected(a, VOUCH_CHECK_SIGNATURE,
                                            VOUCH_CLAIM_NONE, err);
}

/* Structure */

static bool reject_claim(struct vouch_appraisal *a, const char *name,
                         vouch_err err)
{
    vouch_rejected(a, VOUCH_CHECK_STRUCTURE, vouch_claim_find(name), err);
    vouch_reason_text(a->result->reason.name, vouch_text(name));
    return false;
}

static bool check_claims_set(struct vouch_appraisal *a)
{
    const char *wrong = "";
    vouch_err err = vouch_ear_token_claims(&of(a)->token, &of(a)->ear, &wrong);

    return err == VOUCH_OK ? true : reject_claim(a, wrong, err);
}

/* EAR, 3: the profile that the media type names, and no other [R01] */
static bool check_profile(struct vouch_appraisal *a)
{
    vouch_bytes expected = vouch_text(of(a)->form->profile->tag);
    vouch_bytes found = of(a)->ear.profile;

    return vouch_bytes_equal(found, expected)
               ? true
               : vouch_rejected_text(a, VOUCH_CHECK_STRUCTURE,
                                     VOUCH_CLAIM_PROFILE, expected, found);
}

static bool check_mandatory(struct vouch_appraisal *a)
{
    const char *missing = vouch_ear_missing(&of(a)->ear);

    return missing == NULL ? true
                           : reject_claim(a, missing, VOUCH_E_CLAIM_MISSING);
}

/* Binding */

/* Runs `check` for every appraisal, until it rejects one. */
static bool check_each(struct vouch_appraisal *a,
                       bool (*check)(struct vouch_appraisal *a,
                                     const struct vouch_ear_appraisal *one))
{
    const struct vouch_ear *ear = &of(a)->ear;

    for (size_t i = 0; i < ear->num_appraisals; i++) {
        if (!check(a, &ear->appraisals[i])) {
            return false;
        }
    }
    return true;
}

/* Says, of a rejection, which appraisal it is about. */
static bool about(struct vouch_appraisal *a,
                  const struct vouch_ear_appraisal *one)
{
    vouch_reason_text(a->result->reason.name, one->label);
    return false;
}

/* SHA-256 of the AIK's SubjectPublicKeyInfo, for a result may be older than the
 * connection and its suite. Without the key the suite's hash must do. */
static vouch_digest aik_hash(const vouch_expectation *expected)
{
    vouch_digest hash = {.len = 32};

    if (expected->aik_spki.len == 0) {
        return expected->aik_pub_hash;
    }
    vouch_sha256(expected->aik_spki, hash.data);
    return hash;
}

/* expat-04, 5.2 [X27] [X28] */
static bool check_aik_of(struct vouch_appraisal *a,
                         const struct vouch_ear_appraisal *one)
{
    vouch_digest hash = aik_hash(a->expected);

    if (one->aik_pub_hash.len != 0 &&
        vouch_ct_equal(one->aik_pub_hash, vouch_digest_bytes(&hash))) {
        return true;
    }
    vouch_rejected_octets(a, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH,
                          vouch_digest_bytes(&hash), one->aik_pub_hash);
    return about(a, one);
}

static bool check_aik(struct vouch_appraisal *a)
{
    return check_each(a, check_aik_of);
}

/* EAR, 3.1: the appraisal's nonce is that of the Evidence, the one to hold
 * against the binder [R05] [X17] */
static bool check_nonce_of(struct vouch_appraisal *a,
                           const struct vouch_ear_appraisal *one)
{
    vouch_bytes binder = vouch_digest_bytes(&a->expected->binder);

    if (one->nonce.len == 0) {
        of(a)->level = VOUCH_LEVEL_KEY_BOUND;
        return true;
    }
    if (vouch_ct_equal(one->nonce, binder)) {
        return true;
    }
    vouch_rejected_octets(a, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE, binder,
                          one->nonce);
    return about(a, one);
}

/* design, Acceptance has a level: bound, if every appraisal is of this
 * exchange. */
static bool check_nonces(struct vouch_appraisal *a)
{
    of(a)->level = VOUCH_LEVEL_BOUND;
    return check_each(a, check_nonce_of);
}

static bool check_level(struct vouch_appraisal *a)
{
    return of(a)->level == VOUCH_LEVEL_BOUND || a->policy->allow_key_bound
               ? true
               : vouch_rejected_text(
                     a, VOUCH_CHECK_LEVEL, VOUCH_CLAIM_NONCE,
                     vouch_text(vouch_level_name(VOUCH_LEVEL_BOUND)),
                     vouch_text(vouch_level_name(VOUCH_LEVEL_KEY_BOUND)));
}

/* EAR, 3: the nonce of the whole is that of who asked the Verifier: fresh, if
 * it was in the context of this exchange [R05] [X23] */
static bool check_verifier_nonce(struct vouch_appraisal *a)
{
    vouch_bytes expected = a->expected->nonce, found = of(a)->ear.nonce;

    if (expected.len == 0 || vouch_ct_equal(found, expected)) {
        return true;
    }
    vouch_rejected_octets(a, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE, expected,
                          found);
    vouch_reason_text(a->result->reason.name, vouch_text("the Verifier's"));
    return false;
}

/* Policy */

/* EAR, 3: not after exp [R03] */
static bool check_times(struct vouch_appraisal *a)
{
    const struct vouch_ear *ear = &of(a)->ear;
    const struct vouch_times times = {
        .has_iat = ear->has_iat,
        .has_exp = ear->has_exp,
        .has_nbf = ear->has_nbf,
        .iat = ear->iat,
        .exp = ear->exp,
        .nbf = ear->nbf,
    };

    return vouch_check_times(a, &times);
}

static vouch_tier worst_of_vector(const struct vouch_ear_appraisal *one)
{
    vouch_tier worst = VOUCH_TIER_AFFIRMING;

    for (size_t i = 0; i < VOUCH_CATEGORIES; i++) {
        /* draft-ietf-rats-ar4si, 2.3.2: 0 is no claim, 1 and -1 say that there
         * is nothing to affirm */
        if (one->vector[i] != 0) {
            worst = vouch_tier_worse(worst, vouch_tier_of(one->vector[i]));
        }
    }
    return worst;
}

static vouch_tier worst_of_all(const struct vouch_ear *ear)
{
    vouch_tier worst =
        ear->has_status ? (vouch_tier)ear->status : VOUCH_TIER_AFFIRMING;

    for (size_t i = 0; i < ear->num_appraisals; i++) {
        worst = vouch_tier_worse(worst, (vouch_tier)ear->appraisals[i].status);
    }
    return worst;
}

/* A status that is better than the worst that it is about. */
static bool reject_status(struct vouch_appraisal *a, vouch_tier worst,
                          vouch_tier found)
{
    return vouch_rejected_text(a, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS,
                               vouch_text(vouch_tier_name(worst)),
                               vouch_text(vouch_tier_name(found)));
}

/* EAR, 3.1: no better than the worst of the vector [R02] */
static bool check_status_of(struct vouch_appraisal *a,
                            const struct vouch_ear_appraisal *one)
{
    vouch_tier status = (vouch_tier)one->status, worst = worst_of_vector(one);

    if (vouch_tier_worse(status, worst) == status) {
        return true;
    }
    reject_status(a, worst, status);
    return about(a, one);
}

/* EAR, 3: nor the whole than the worst appraisal [R02] */
static bool check_status(struct vouch_appraisal *a)
{
    const struct vouch_ear *ear = &of(a)->ear;
    vouch_tier worst = worst_of_all(ear);

    if (!check_each(a, check_status_of)) {
        return false;
    }
    return !ear->has_status || worst == (vouch_tier)ear->status
               ? true
               : reject_status(a, worst, (vouch_tier)ear->status);
}

static vouch_check find_check(const char *name)
{
    for (vouch_check check = VOUCH_CHECK_NONE; check <= VOUCH_CHECK_CONTRACT;
         check++) {
        if (strcmp(vouch_check_name(check), name) == 0) {
            return check;
        }
    }
    return VOUCH_CHECK_RESULT;
}

/* The Verifier's own reason. Its check may be one that is not known here. */
static bool reject_as_verifier(struct vouch_appraisal *a,
                               const struct vouch_ear_refusal *refusal)
{
    char check[VOUCH_TEXT_MAX], claim[VOUCH_TEXT_MAX];
    vouch_reason *reason = &a->result->reason;

    vouch_reason_text(check, refusal->check);
    vouch_reason_text(claim, refusal->claim);
    vouch_rejected(a, find_check(check), vouch_claim_find(claim), VOUCH_OK);
    vouch_reason_text(reason->name, refusal->name);
    vouch_reason_text(reason->expected, refusal->expected);
    vouch_reason_text(reason->found, refusal->found);
    return false;
}

static bool is_good_enough(const vouch_policy *policy, vouch_tier tier)
{
    return tier == VOUCH_TIER_AFFIRMING ||
           (tier == VOUCH_TIER_WARNING && policy->allow_warning);
}

static void set_worst(const struct vouch_ear *ear, vouch_result *result)
{
    result->tier = worst_of_all(ear);
    for (size_t i = 0; i < ear->num_appraisals; i++) {
        for (size_t n = 0; n < VOUCH_CATEGORIES; n++) {
            result->vector[n] = vouch_claim_worse(result->vector[n],
                                                  ear->appraisals[i].vector[n]);
        }
    }
}

/* A Verifier that gives a reason has refused, whatever its status says. */
static bool check_tier_of(struct vouch_appraisal *a,
                          const struct vouch_ear_appraisal *one)
{
    vouch_tier tier = (vouch_tier)one->status;

    if (one->refusal.check.len != 0) {
        reject_as_verifier(a, &one->refusal);
    } else if (!is_good_enough(a->policy, tier)) {
        reject_status(a, VOUCH_TIER_AFFIRMING, tier);
        about(a, one);
    } else {
        return true;
    }
    set_worst(&of(a)->ear, a->result);
    return false;
}

static bool check_tiers(struct vouch_appraisal *a)
{
    return check_each(a, check_tier_of);
}

/* The whole may be worse than each appraisal. */
static bool check_tier(struct vouch_appraisal *a)
{
    vouch_tier worst = worst_of_all(&of(a)->ear);

    if (is_good_enough(a->policy, worst)) {
        return true;
    }
    reject_status(a, VOUCH_TIER_AFFIRMING, worst);
    set_worst(&of(a)->ear, a->result);
    return false;
}

static bool makes_a_claim(const struct vouch_ear_appraisal *one)
{
    static const int8_t none[VOUCH_CATEGORIES] = {0};

    return one->has_vector && memcmp(one->vector, none, sizeof none) != 0;
}

/* EAR, 3.1: there, unless who asked for the appraisal did not want it [R06] */
static bool check_vector_of(struct vouch_appraisal *a,
                            const struct vouch_ear_appraisal *one)
{
    if (makes_a_claim(one) || a->policy->allow_no_vector) {
        return true;
    }
    vouch_rejected(a, VOUCH_CHECK_RESULT, VOUCH_CLAIM_VECTOR,
                   VOUCH_E_CLAIM_MISSING);
    return about(a, one);
}

static bool check_vectors(struct vouch_appraisal *a)
{
    return check_each(a, check_vector_of);
}

/* What a policy can ask about: one appraisal, and what is around it. */
struct scope {
    const struct vouch_ear *ear;
    const struct vouch_ear_appraisal *one;
};

static bool has_claim(const void *arg, vouch_claim claim)
{
    const struct scope *scope = arg;
    const struct vouch_ear_appraisal *one = scope->one;

    switch ((int)claim) {
    case VOUCH_CLAIM_NONCE:
        return one->nonce.len != 0;
    case VOUCH_CLAIM_UEID:
        return one->ueid.len != 0;
    case VOUCH_CLAIM_VECTOR:
        return one->has_vector;
    case VOUCH_CLAIM_EXP:
        return scope->ear->has_exp;
    case VOUCH_CLAIM_NBF:
        return scope->ear->has_nbf;
    case VOUCH_CLAIM_AIK_PUB_HASH:
    case VOUCH_CLAIM_IAT:
    case VOUCH_CLAIM_PROFILE:
    case VOUCH_CLAIM_STATUS:
    case VOUCH_CLAIM_SUBMODULES:
    case VOUCH_CLAIM_VERIFIER_ID:
        return true; /* or it would not have come so far */
    default:
        return false;
    }
}

static bool check_claims_of(struct vouch_appraisal *a,
                            const struct vouch_ear_appraisal *one)
{
    const struct scope scope = {&of(a)->ear, one};

    return vouch_check_claims(a, has_claim, &scope);
}

static bool check_claims(struct vouch_appraisal *a)
{
    return check_each(a, check_claims_of);
}

/* The first that says which instance it is, says it for all. */
static vouch_bytes ueid_of(const struct vouch_ear *ear)
{
    for (size_t i = 0; i < ear->num_appraisals; i++) {
        if (ear->appraisals[i].ueid.len != 0) {
            return ear->appraisals[i].ueid;
        }
    }
    return (vouch_bytes){NULL, 0};
}

/* One that says nothing is of the instance that the others say. */
static bool check_instance_of(struct vouch_appraisal *a,
                              const struct vouch_ear_appraisal *one)
{
    return vouch_check_instance(a, one->ueid.len != 0 ? one->ueid
                                                      : ueid_of(&of(a)->ear));
}

static bool check_instance(struct vouch_appraisal *a)
{
    return check_each(a, check_instance_of);
}

/* In this order; the first that rejects decides. */
static const struct vouch_step steps[] = {
    {VOUCH_STAGE_POLICY, check_policy},
    {VOUCH_STAGE_STRUCTURE, check_envelope},
    {VOUCH_STAGE_CHAIN, check_signer},
    {VOUCH_STAGE_SIGNATURE, check_signature},
    {VOUCH_STAGE_STRUCTURE, check_claims_set},
    {VOUCH_STAGE_STRUCTURE, check_profile},
    {VOUCH_STAGE_STRUCTURE, check_mandatory},
    {VOUCH_STAGE_BINDING, check_aik},
    {VOUCH_STAGE_BINDING, check_nonces},
    {VOUCH_STAGE_BINDING, check_level},
    {VOUCH_STAGE_BINDING, check_verifier_nonce},
    {VOUCH_STAGE_POLICY, check_times},
    {VOUCH_STAGE_POLICY, check_status},
    {VOUCH_STAGE_POLICY, check_tiers},
    {VOUCH_STAGE_POLICY, check_tier},
    {VOUCH_STAGE_POLICY, check_vectors},
    {VOUCH_STAGE_POLICY, check_claims},
    {VOUCH_STAGE_POLICY, check_instance},
};

/* What the steps have looked at and found good. */
static uint64_t claims_relied_on(const struct ear_appraisal *e)
{
    const vouch_policy *policy = e->base.policy;
    bool is_bound = e->level == VOUCH_LEVEL_BOUND;

    return policy->required | vouch_claim_bit(VOUCH_CLAIM_AIK_PUB_HASH) |
           vouch_claim_bit(VOUCH_CLAIM_PROFILE) |
           vouch_claim_bit(VOUCH_CLAIM_IAT) |
           vouch_claim_bit(VOUCH_CLAIM_STATUS) |
           vouch_claim_bit(VOUCH_CLAIM_SUBMODULES) |
           vouch_claim_bit(VOUCH_CLAIM_VERIFIER_ID) |
           (policy->allow_no_vector ? 0 : vouch_claim_bit(VOUCH_CLAIM_VECTOR)) |
           (is_bound ? vouch_claim_bit(VOUCH_CLAIM_NONCE) : 0) |
           (e->ear.has_exp ? vouch_claim_bit(VOUCH_CLAIM_EXP) : 0) |
           (e->ear.has_nbf ? vouch_claim_bit(VOUCH_CLAIM_NBF) : 0) |
           (policy->instances.num != 0 ? vouch_claim_bit(VOUCH_CLAIM_UEID) : 0);
}

/* design, Acceptance has a level: the earlier of exp and the greatest age. */
static int64_t end_of(const struct ear_appraisal *e)
{
    int64_t max_age = e->base.policy->max_age, iat = e->ear.iat;
    int64_t oldest = iat > INT64_MAX - max_age ? INT64_MAX : iat + max_age;

    return e->ear.has_exp && e->ear.exp < oldest ? e->ear.exp : oldest;
}

/* Binder and AIK hash are those of the result, not the expected ones. */
static void accept(const struct ear_appraisal *e)
{
    vouch_result *result = e->base.result;
    const struct vouch_ear_appraisal *first = &e->ear.appraisals[0];
    bool is_bound = e->level == VOUCH_LEVEL_BOUND;

    result->verdict = VOUCH_ACCEPTED;
    result->level = e->level;
    set_worst(&e->ear, result);
    result->claims = claims_relied_on(e);
    if (is_bound) {
        result->binder = vouch_digest_from(first->nonce);
    }
    result->aik_pub_hash = vouch_digest_from(first->aik_pub_hash);
    result->not_after = end_of(e);
    result->issued_at = is_bound ? 0 : e->ear.iat;
    result->ueid = vouch_ueid_from(ueid_of(&e->ear));
    result->instance_pinned = e->base.policy->instances.num != 0;
    memcpy(result->anchor_digest, e->anchor->id, sizeof e->anchor->id);
}

static void appraise(const vouch_appraiser *appraiser, vouch_bytes message,
                     const vouch_expectation *expected, vouch_result *out)
{
    struct ear_appraisal e = {
        .base = vouch_appraisal_begin(appraiser, expected, out),
        .form = vouch_ear_form_find(appraiser->format),
        .octets = message,
    };

    if (vouch_run_steps(&e.base, steps, sizeof steps / sizeof steps[0])) {
        accept(&e);
    }
    vouch_ear_token_close(&e.token);
    vouch_appraisal_end(appraiser, message, out);
}

static const struct vouch_appraiser_ops ops = {
    .indicator = VOUCH_CMW_ATTESTATION_RESULTS,
    .appraise = appraise,
    .destroy = vouch_policy_appraiser_destroy,
};

vouch_err vouch_ear_appraiser_new(vouch_policy *policy, vouch_appraiser **out)
{
    return vouch_ear_form_find(vouch_policy_format(policy)) != NULL
               ? vouch_policy_appraiser_new(&ops, policy, out)
               : VOUCH_E_ARGUMENT;
}
