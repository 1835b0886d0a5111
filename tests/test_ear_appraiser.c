/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/software.h>

#include "lib/evidence/ear_token.h"
#include "lib/keys/digest.h"
#include "proto/base64url.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/* A result that is right but for one thing, and the reason that comes out, in
 * each of the three forms: `_i` is the form unless said otherwise. */

static struct results r;
static struct vouch_ear_appraisal *const one = &r.ear.appraisals[0];

static const vouch_bytes nothing = {NULL, 0};

static void begin(int form)
{
    results_init(&r, results_formats[form]);
}

static void tear_down(void)
{
    results_free(&r);
}

static void accepts(void)
{
    vouch_verdict verdict = results_judge(&r);

    ck_assert_msg(verdict == VOUCH_ACCEPTED, "%s of %s (%s): %s, %s",
                  vouch_check_name(r.result.reason.check),
                  vouch_claim_name(r.result.reason.claim),
                  vouch_err_name(r.result.reason.err), r.result.reason.expected,
                  r.result.reason.found);
}

static void rejects(vouch_stage stage, vouch_check check, vouch_claim claim)
{
    ck_assert_int_eq(results_judge(&r), VOUCH_REJECTED);
    results_assert(&r, stage, check, claim);
}

static uint64_t bit(vouch_claim claim)
{
    return UINT64_C(1) << claim;
}

START_TEST(result_of_this_exchange_is_accepted) /* [X19] [R05] */
{
    static const int8_t vector[VOUCH_CATEGORIES] = {2, 0, 3, 0, 2};
    const vouch_result *result = &r.result;
    uint8_t sha256[32];

    begin(_i);
    accepts();
    ck_assert_int_eq(result->level, VOUCH_LEVEL_BOUND);
    for (int i = 0; i < VOUCH_STAGES; i++) {
        ck_assert_int_eq(result->stages[i], VOUCH_PASSED);
    }
    ck_assert_int_eq(result->tier, VOUCH_TIER_AFFIRMING);
    ck_assert_mem_eq(result->vector, vector, sizeof vector);
    ck_assert_uint_eq(result->claims,
                      bit(VOUCH_CLAIM_NONCE) | bit(VOUCH_CLAIM_AIK_PUB_HASH) |
                          bit(VOUCH_CLAIM_PROFILE) | bit(VOUCH_CLAIM_IAT) |
                          bit(VOUCH_CLAIM_EXP) | bit(VOUCH_CLAIM_SUBMODULES) |
                          bit(VOUCH_CLAIM_STATUS) | bit(VOUCH_CLAIM_VECTOR) |
                          bit(VOUCH_CLAIM_VERIFIER_ID));
    ck_assert(vouch_bytes_equal(vouch_digest_bytes(&result->binder),
                                vouch_digest_bytes(&r.expected.binder)));
    ck_assert(vouch_bytes_equal(vouch_digest_bytes(&result->aik_pub_hash),
                                (vouch_bytes){r.aik_hash, sizeof r.aik_hash}));
    ck_assert_int_eq(result->not_after, RESULTS_NOW + RESULTS_LIFETIME);
    ck_assert_int_eq(result->issued_at, 0);
    ck_assert_uint_eq(result->ueid.len, one->ueid.len);
    ck_assert_mem_eq(result->ueid.data, one->ueid.data, one->ueid.len);
    ck_assert(!result->instance_pinned && !result->has_epoch);
    ck_assert_int_eq(result->reason.check, VOUCH_CHECK_NONE);
    vouch_sha256(vouch_key_spki(r.key), sha256);
    ck_assert_mem_eq(result->anchor_digest, sha256, sizeof sha256);
}
END_TEST

/* A suite with SHA-384: the binder is longer, the hash of the AIK is not. */
START_TEST(result_on_a_suite_with_sha384_is_accepted)
{
    static const uint8_t binder[48] = {7};

    begin(_i);
    r.expected.binder = (vouch_digest){.len = sizeof binder, .data = {7}};
    r.expected.aik_pub_hash = (vouch_digest){.len = 48, .data = {8}};
    one->nonce = (vouch_bytes){binder, sizeof binder};
    accepts();
    ck_assert_uint_eq(r.result.binder.len, 48);
    ck_assert_uint_eq(r.result.aik_pub_hash.len, 32);
    one->nonce.len = 32;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
}
END_TEST

/* A Verifier that knows the AIK by its hash alone. */
START_TEST(result_is_held_against_a_hash_where_there_is_no_key)
{
    begin(_i);
    r.expected.aik_spki = nothing;
    accepts();
    r.expected.aik_pub_hash.data[0] ^= 1;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
    one->aik_pub_hash = nothing;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
}
END_TEST

START_TEST(passport_needs_the_consent_of_the_policy)
{
    begin(_i);
    one->nonce = nothing;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_LEVEL, VOUCH_CLAIM_NONCE);
    ck_assert_str_eq(r.result.reason.expected, "bound");
    ck_assert_str_eq(r.result.reason.found, "key bound");
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    accepts();
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
    ck_assert_uint_eq(r.result.binder.len, 0);
    ck_assert_uint_eq(r.result.aik_pub_hash.len, 32);
    ck_assert_int_eq(r.result.issued_at, RESULTS_NOW);
    ck_assert_uint_eq(r.result.claims & bit(VOUCH_CLAIM_NONCE), 0);
}
END_TEST

/* One that names the exchange is bound, also where it need not be; and one that
 * names another is refused. */
START_TEST(passport_policy_takes_no_nonce_of_another_exchange)
{
    static const uint8_t other[32] = {9};

    begin(_i);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    accepts();
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_BOUND);
    one->nonce = (vouch_bytes){other, sizeof other};
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
    ck_assert_str_eq(r.result.reason.name, "platform");
}
END_TEST

START_TEST(nonce_is_the_whole_binder)
{
    uint8_t octets[64] = {0};

    begin(_i);
    memcpy(octets, r.expected.binder.data, 32);
    for (size_t len = 8; len <= sizeof octets; len++) {
        one->nonce = (vouch_bytes){octets, len};
        ck_assert_int_eq(results_judge(&r),
                         len == 32 ? VOUCH_ACCEPTED : VOUCH_REJECTED);
    }
    for (size_t i = 0; i < 256; i++) {
        one->nonce = (vouch_bytes){octets, 32};
        octets[i / 8] ^= (uint8_t)(1 << i % 8);
        rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
        octets[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    accepts();
}
END_TEST

START_TEST(aik_is_the_one_of_the_exchange) /* [X27] [X28] */
{
    uint8_t hash[32];

    begin(_i);
    memcpy(hash, r.aik_hash, sizeof hash);
    one->aik_pub_hash = (vouch_bytes){hash, sizeof hash};
    accepts();
    for (size_t i = 0; i < 256; i++) {
        hash[i / 8] ^= (uint8_t)(1 << i % 8);
        rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING,
                VOUCH_CLAIM_AIK_PUB_HASH);
        hash[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    one->aik_pub_hash = nothing;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
}
END_TEST

START_TEST(nonce_of_a_remote_verifier_is_that_of_the_exchange) /* [X23] */
{
    static const uint8_t nonce[16] = {5}, other[16] = {6};

    begin(_i);
    r.ear.nonce = (vouch_bytes){other, sizeof other};
    accepts(); /* nobody asked */
    r.expected.nonce = (vouch_bytes){nonce, sizeof nonce};
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
    ck_assert_str_eq(r.result.reason.name, "the Verifier's");
    r.ear.nonce = (vouch_bytes){nonce, 15};
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
    r.ear.nonce = nothing;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
    r.ear.nonce = r.expected.nonce;
    accepts();
    /* and it is not the one of the Evidence [R05] */
    one->nonce = r.expected.nonce;
    rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
}
END_TEST

/* Seconds from iat, at which it is looked at. [R03] */
static const struct {
    int64_t now, exp, nbf;
    vouch_claim claim; /* that is to blame, or none */
} moments[] = {
    {0, 200, 0, VOUCH_CLAIM_NONE},        {199, 200, 0, VOUCH_CLAIM_NONE},
    {200, 200, 0, VOUCH_CLAIM_EXP},       {201, 200, 0, VOUCH_CLAIM_EXP},
    {0, 0, 0, VOUCH_CLAIM_EXP},           {0, -1, -2, VOUCH_CLAIM_EXP},
    {0, INT64_MIN, 0, VOUCH_CLAIM_EXP},   {10, 200, 10, VOUCH_CLAIM_NONE},
    {9, 200, 10, VOUCH_CLAIM_NBF},        {0, INT64_MAX, 0, VOUCH_CLAIM_NONE},
    {0, 200, INT64_MAX, VOUCH_CLAIM_NBF}, {300, 999, 0, VOUCH_CLAIM_NONE},
    {301, 999, 0, VOUCH_CLAIM_IAT},       {-300, 999, -999, VOUCH_CLAIM_NONE},
    {-301, 999, -999, VOUCH_CLAIM_IAT},
};

static int64_t after_iat(int64_t seconds)
{
    return seconds == INT64_MAX || seconds == INT64_MIN ? seconds
                                                        : RESULTS_NOW + seconds;
}

/* `_i` is a moment and a form. */
START_TEST(result_has_its_time)
{
    int i = _i / RESULTS_FORMATS;

    begin(_i % RESULTS_FORMATS);
    r.ear.has_nbf = true;
    r.ear.exp = after_iat(moments[i].exp);
    r.ear.nbf = after_iat(moments[i].nbf);
    r.expected.now.unix_s = RESULTS_NOW + moments[i].now;
    if (moments[i].claim == VOUCH_CLAIM_NONE) {
        accepts();
    } else {
        rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_AGE, moments[i].claim);
    }
}
END_TEST

/* design, Acceptance has a level: min(exp, iat + maximum age) */
START_TEST(result_ends_with_the_earlier_of_exp_and_age)
{
    begin(_i);
    accepts();
    ck_assert_int_eq(r.result.not_after, RESULTS_NOW + RESULTS_LIFETIME);
    r.ear.exp = RESULTS_NOW + RESULTS_MAX_AGE;
    accepts();
    ck_assert_int_eq(r.result.not_after, RESULTS_NOW + RESULTS_MAX_AGE);
    r.ear.exp = RESULTS_NOW + RESULTS_MAX_AGE + 1;
    accepts();
    ck_assert_int_eq(r.result.not_after, RESULTS_NOW + RESULTS_MAX_AGE);
    r.ear.has_exp = false;
    accepts();
    ck_assert_int_eq(r.result.not_after, RESULTS_NOW + RESULTS_MAX_AGE);
    ck_assert_uint_eq(r.result.claims & bit(VOUCH_CLAIM_EXP), 0);
}
END_TEST

static const vouch_tier tiers[] = {VOUCH_TIER_AFFIRMING, VOUCH_TIER_NONE,
                                   VOUCH_TIER_WARNING,
                                   VOUCH_TIER_CONTRAINDICATED};

/* From the best to the worst, as in `tiers`. draft-ietf-rats-ar4si, 2.3.2 */
static int rank_of_claim(int claim)
{
    if (claim == 0 || (claim >= 2 && claim <= 31) ||
        (claim <= -2 && claim >= -32)) {
        return 0;
    }
    if (claim == 1 || claim == -1) {
        return 1;
    }
    return (claim >= 32 && claim <= 95) || (claim <= -33 && claim >= -96) ? 2
                                                                          : 3;
}

/* `_i` is a category: every status with every claim. [R02] */
START_TEST(status_is_no_better_than_the_vector)
{
    unsigned accepted = 0;

    begin(0);
    ck_assert_int_eq(vouch_policy_allow_warning(r.policy), VOUCH_OK);
    for (int status = 0; status < COUNT(tiers); status++) {
        for (int claim = INT8_MIN; claim <= INT8_MAX; claim++) {
            bool fits = rank_of_claim(claim) <= status;
            bool is_good = status == 0 || status == 2;

            memset(one->vector, 2, sizeof one->vector);
            one->vector[_i] = (int8_t)claim;
            one->status = (uint8_t)tiers[status];
            ck_assert_int_eq(results_judge(&r),
                             fits && is_good ? VOUCH_ACCEPTED : VOUCH_REJECTED);
            if (!fits || !is_good) {
                results_assert(&r, VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT,
                               VOUCH_CLAIM_STATUS);
            } else {
                ck_assert_int_eq(r.result.tier, tiers[status]);
                accepted++;
            }
        }
    }
    /* 62 that affirm or are 0; with a warning these, and of none and warning */
    ck_assert_uint_eq(accepted, 62 + 62 + 2 + 128);
}
END_TEST

/* The whole, and two appraisals of any status. [R02] */
START_TEST(status_of_the_whole_is_no_better_than_an_appraisal)
{
    begin(_i);
    ck_assert_int_eq(vouch_policy_allow_warning(r.policy), VOUCH_OK);
    r.ear.num_appraisals = 2;
    r.ear.has_status = true;
    r.ear.appraisals[1] = *one;
    r.ear.appraisals[1].label = vouch_text("posture");
    for (int n = 0; n < 64; n++) {
        int all = n / 16, first = n / 4 % 4, second = n % 4;
        int worst = first > second ? first : second;
        int worst_of_all = worst > all ? worst : all;
        bool is_good = (first & 1) == 0 && (second & 1) == 0 && (all & 1) == 0;

        r.ear.status = (uint8_t)tiers[all];
        r.ear.appraisals[0].status = (uint8_t)tiers[first];
        r.ear.appraisals[1].status = (uint8_t)tiers[second];
        ck_assert_int_eq(results_judge(&r), is_good && all >= worst
                                                ? VOUCH_ACCEPTED
                                                : VOUCH_REJECTED);
        if (r.result.verdict == VOUCH_ACCEPTED) {
            ck_assert_int_eq(r.result.tier, tiers[worst_of_all]);
        } else {
            results_assert(&r, VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT,
                           VOUCH_CLAIM_STATUS);
        }
    }
}
END_TEST

START_TEST(warning_needs_the_consent_of_the_policy)
{
    begin(_i);
    one->status = VOUCH_TIER_WARNING;
    one->vector[VOUCH_CONFIGURATION] = 32;
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
    ck_assert_str_eq(r.result.reason.expected, "affirming");
    ck_assert_str_eq(r.result.reason.found, "warning");
    ck_assert_str_eq(r.result.reason.name, "platform");
    ck_assert_int_eq(r.result.tier, VOUCH_TIER_WARNING);
    ck_assert_int_eq(r.result.vector[VOUCH_CONFIGURATION], 32);
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_warning(r.policy), VOUCH_OK);
    accepts();
    ck_assert_int_eq(r.result.tier, VOUCH_TIER_WARNING);
    /* the whole alone says so */
    one->status = VOUCH_TIER_AFFIRMING;
    one->vector[VOUCH_CONFIGURATION] = 2;
    r.ear.has_status = true;
    r.ear.status = VOUCH_TIER_WARNING;
    accepts();
    ck_assert_int_eq(r.result.tier, VOUCH_TIER_WARNING);
    results_new_policy(&r);
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
}
END_TEST

START_TEST(vector_is_there_and_claims_something) /* [R06] */
{
    begin(_i);
    memset(one->vector, 0, sizeof one->vector);
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_VECTOR);
    one->has_vector = false;
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_VECTOR);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
    ck_assert_str_eq(r.result.reason.name, "platform");
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_no_vector(r.policy), VOUCH_OK);
    accepts();
    ck_assert_uint_eq(r.result.claims & bit(VOUCH_CLAIM_VECTOR), 0);
    one->has_vector = true;
    accepts();
    one->vector[VOUCH_HARDWARE] = 96; /* what is said counts */
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
}
END_TEST

START_TEST(reason_of_a_verifier_is_passed_on)
{
    const vouch_reason *reason = &r.result.reason;

    begin(_i);
    one->status = VOUCH_TIER_CONTRAINDICATED;
    one->vector[VOUCH_EXECUTABLES] = 96;
    one->refusal = (struct vouch_ear_refusal){
        .check = vouch_text("reference"),
        .claim = vouch_text("measurements"),
        .name = vouch_text("exe\xc3\xa9\n"),
        .expected = vouch_text("00"),
        .found = vouch_text("01"),
    };
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT);
    ck_assert_str_eq(reason->name, "exe\\xc3\\xa9\\x0a");
    ck_assert_str_eq(reason->expected, "00");
    ck_assert_str_eq(reason->found, "01");
    ck_assert_int_eq(reason->err, VOUCH_OK);
    ck_assert_int_eq(r.result.tier, VOUCH_TIER_CONTRAINDICATED);
    ck_assert_int_eq(r.result.vector[VOUCH_EXECUTABLES], 96);
    /* a check and a claim that are not known here */
    one->refusal.check = vouch_text("astrology");
    one->refusal.claim = vouch_text("moon");
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_NONE);
    one->refusal = (struct vouch_ear_refusal){.check = vouch_text("age")};
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_AGE, VOUCH_CLAIM_NONE);
    ck_assert_str_eq(reason->name, "");
}
END_TEST

/* Nothing that a Verifier says beside makes up for that it refused. */
START_TEST(reason_of_a_verifier_is_a_refusal_whatever_the_status)
{
    begin(_i);
    one->refusal.check = vouch_text("reference");
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_NONE);
    /* and needs no vector to be heard */
    one->status = VOUCH_TIER_NONE;
    memset(one->vector, 0, sizeof one->vector);
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_NONE);
}
END_TEST

/* Claims that a policy can ask for, and that can be left out. */
static void leave_out(vouch_claim claim)
{
    switch ((int)claim) {
    case VOUCH_CLAIM_NONCE:
        one->nonce = nothing;
        break;
    case VOUCH_CLAIM_UEID:
        one->ueid = nothing;
        break;
    case VOUCH_CLAIM_VECTOR:
        one->has_vector = false;
        break;
    case VOUCH_CLAIM_EXP:
        r.ear.has_exp = false;
        break;
    default:
        r.ear.has_nbf = false;
        break;
    }
}

static void new_lenient_policy(vouch_err (*set)(vouch_policy *policy,
                                                vouch_claim claim),
                               vouch_claim claim)
{
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_allow_no_vector(r.policy), VOUCH_OK);
    ck_assert_int_eq(set(r.policy, claim), VOUCH_OK);
}

START_TEST(claims_are_required_and_forbidden)
{
    static const vouch_claim optional[] = {VOUCH_CLAIM_NONCE, VOUCH_CLAIM_UEID,
                                           VOUCH_CLAIM_VECTOR, VOUCH_CLAIM_EXP,
                                           VOUCH_CLAIM_NBF};

    begin(_i);
    r.ear.has_nbf = true;
    r.ear.nbf = RESULTS_NOW;
    for (int i = 0; i < COUNT(optional); i++) {
        new_lenient_policy(vouch_policy_forbid_claim, optional[i]);
        rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_CLAIM, optional[i]);
        ck_assert_int_eq(r.result.reason.err, VOUCH_E_ILLEGAL);
        new_lenient_policy(vouch_policy_require_claim, optional[i]);
        accepts();
        ck_assert_uint_ne(r.result.claims & bit(optional[i]), 0);
        leave_out(optional[i]);
        rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_CLAIM, optional[i]);
        ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
        new_lenient_policy(vouch_policy_forbid_claim, optional[i]);
        accepts();
    }
    for (vouch_claim claim = 1; claim < VOUCH_CLAIMS; claim++) {
        bool is_there =
            claim == VOUCH_CLAIM_AIK_PUB_HASH || claim == VOUCH_CLAIM_IAT ||
            claim == VOUCH_CLAIM_PROFILE || claim == VOUCH_CLAIM_STATUS ||
            claim == VOUCH_CLAIM_SUBMODULES || claim == VOUCH_CLAIM_VERIFIER_ID;

        new_lenient_policy(vouch_policy_require_claim, claim);
        ck_assert_int_eq(results_judge(&r),
                         is_there ? VOUCH_ACCEPTED : VOUCH_REJECTED);
        new_lenient_policy(vouch_policy_forbid_claim, claim);
        ck_assert_int_eq(results_judge(&r),
                         is_there ? VOUCH_REJECTED : VOUCH_ACCEPTED);
    }
}
END_TEST

/* In every appraisal, or it is not there. */
START_TEST(claims_are_required_of_every_appraisal)
{
    begin(_i);
    ck_assert_int_eq(vouch_policy_require_claim(r.policy, VOUCH_CLAIM_UEID),
                     VOUCH_OK);
    r.ear.num_appraisals = 2;
    r.ear.appraisals[1] = *one;
    r.ear.appraisals[1].label = vouch_text("posture");
    accepts();
    r.ear.appraisals[1].ueid = nothing;
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_UEID);
}
END_TEST

START_TEST(instance_is_one_that_the_policy_names)
{
    static const uint8_t other[17] = {1, 0xcc}, zero[17] = {1};

    begin(_i);
    ck_assert_int_eq(vouch_policy_add_instance(r.policy, one->ueid), VOUCH_OK);
    accepts();
    ck_assert(r.result.instance_pinned);
    ck_assert_uint_ne(r.result.claims & bit(VOUCH_CLAIM_UEID), 0);
    r.ear.num_appraisals = 2;
    r.ear.appraisals[1] = *one;
    r.ear.appraisals[1].label = vouch_text("posture");
    r.ear.appraisals[1].ueid = nothing; /* of the same */
    accepts();
    r.ear.appraisals[1].ueid = (vouch_bytes){other, sizeof other};
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID);
    r.ear.num_appraisals = 1;
    one->ueid = (vouch_bytes){zero, sizeof zero};
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID);
    one->ueid = nothing;
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID);
}
END_TEST

/* All of them carry the binder, or the whole is key bound. */
START_TEST(appraisals_are_each_bound)
{
    static const uint8_t other[32] = {9};

    begin(_i);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    r.ear.num_appraisals = 2;
    r.ear.appraisals[1] = *one;
    r.ear.appraisals[1].label = vouch_text("posture");
    r.ear.appraisals[1].vector[VOUCH_EXECUTABLES] = 2;
    r.ear.appraisals[1].vector[VOUCH_CONFIGURATION] = 3;
    accepts();
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_BOUND);
    ck_assert_int_eq(r.result.vector[VOUCH_CONFIGURATION], 3);
    for (int i = 0; i < 2; i++) {
        struct vouch_ear_appraisal good = r.ear.appraisals[i];

        r.ear.appraisals[i].nonce = nothing;
        accepts();
        ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
        ck_assert_uint_eq(r.result.binder.len, 0);
        r.ear.appraisals[i].nonce = (vouch_bytes){other, sizeof other};
        rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
        r.ear.appraisals[i] = good;
        r.ear.appraisals[i].aik_pub_hash = nothing;
        rejects(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING,
                VOUCH_CLAIM_AIK_PUB_HASH);
        r.ear.appraisals[i] = good;
        r.ear.appraisals[i].status = VOUCH_TIER_CONTRAINDICATED;
        rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
        r.ear.appraisals[i] = good;
        r.ear.appraisals[i].has_status = false;
        rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
                VOUCH_CLAIM_STATUS);
        r.ear.appraisals[i] = good;
    }
}
END_TEST

START_TEST(mandatory_claims_are_there) /* [R04] */
{
    struct vouch_ear good;

    begin(_i);
    good = r.ear;
    r.ear.has_iat = false;
    rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_IAT);
    ck_assert_str_eq(r.result.reason.name, "iat");
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
    r.ear = good;
    r.ear.developer = nothing;
    rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
            VOUCH_CLAIM_VERIFIER_ID);
    r.ear = good;
    r.ear.num_appraisals = 0;
    rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
            VOUCH_CLAIM_SUBMODULES);
    r.ear = good;
    one->has_status = false;
    rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_STATUS);
    r.ear = good;
    r.ear.profile = nothing;
    rejects(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_PROFILE);
}
END_TEST

/* Signers */

static vouch_key *new_key(enum pki_kind kind)
{
    EVP_PKEY *pkey = pki_key(kind);
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    EVP_PKEY_free(pkey);
    return key;
}

static vouch_bytes append_base64url(char *text, size_t *at, vouch_bytes octets)
{
    vouch_base64url_encode(octets, (uint8_t *)text + *at);
    *at += vouch_base64url_text_length(octets.len);
    return (vouch_bytes){(uint8_t *)text, *at};
}

/* With this `kid`, or none if that is NULL. */
static vouch_buffer sign_jwt(const vouch_key *key, const char *kid,
                             vouch_bytes claims)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    char header[256] = "{\"alg\":\"ES256\"}", text[4096];
    vouch_bytes input;
    size_t at = 0, len;
    CBB cbb;

    if (kid != NULL) {
        snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\"}",
                 kid);
    }
    append_base64url(text, &at, vouch_text(header));
    text[at++] = '.';
    input = append_base64url(text, &at, claims);
    ck_assert_int_eq(
        vouch_key_sign(key, VOUCH_SIGNATURE_COSE, input, signature, &len),
        VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert(CBB_add_bytes(&cbb, input.data, input.len));
    ck_assert_int_eq(vouch_jws_end(&cbb, (vouch_bytes){signature, len}),
                     VOUCH_OK);
    return finish_cbb(&cbb);
}

static vouch_buffer sign_cwt_without_kid(const vouch_key *key,
                                         vouch_bytes claims)
{
    static const uint8_t header[] = {0xa1, 0x01, 0x26}; /* {1: -7} */
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    struct vouch_cose_sign1 sign1 = {
        .protected_header = {header, sizeof header}, .payload = claims};
    vouch_buffer message;
    size_t len;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert(vouch_cose_sig_structure(&cbb, &sign1, nothing));
    message = finish_cbb(&cbb);
    ck_assert_int_eq(vouch_key_sign(key, VOUCH_SIGNATURE_COSE,
                                    span_of(&message), signature, &len),
                     VOUCH_OK);
    free(message.data);
    sign1.signature = (vouch_bytes){signature, len};
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert(vouch_cose_sign1_encode(&cbb, &sign1));
    return finish_cbb(&cbb);
}

static vouch_buffer sign_cwt(const vouch_key *key, const char *kid,
                             vouch_bytes claims)
{
    CBB cbb;

    if (kid == NULL) {
        return sign_cwt_without_kid(key, claims);
    }
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(vouch_cose_sign(key, vouch_text(kid), claims, &cbb),
                     VOUCH_OK);
    return finish_cbb(&cbb);
}

static vouch_verdict judge_signed(const vouch_key *key, const char *kid)
{
    vouch_buffer claims = results_claims(&r);
    vouch_buffer token = vouch_ear_form_find(r.format)->is_jwt
                             ? sign_jwt(key, kid, span_of(&claims))
                             : sign_cwt(key, kid, span_of(&claims));
    vouch_verdict verdict = results_judge_token(&r, span_of(&token));

    free(token.data);
    free(claims.data);
    return verdict;
}

static void trust(const vouch_key *key, const char *kid)
{
    ck_assert_int_eq(
        vouch_policy_add_key(r.policy, vouch_key_spki(key), vouch_text(kid)),
        VOUCH_OK);
}

START_TEST(signer_is_one_of_the_policy)
{
    vouch_key *stranger = new_key(PKI_P256);

    begin(_i);
    trust(r.key, "verifier");
    ck_assert_int_eq(judge_signed(r.key, "verifier"), VOUCH_ACCEPTED);
    ck_assert_int_eq(judge_signed(r.key, "Verifier"), VOUCH_REJECTED);
    results_assert(&r, VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    ck_assert_int_eq(judge_signed(r.key, ""), VOUCH_ACCEPTED);
    /* who names another is not that other [T13] */
    ck_assert_int_eq(judge_signed(stranger, "verifier"), VOUCH_REJECTED);
    results_assert(&r, VOUCH_STAGE_SIGNATURE, VOUCH_CHECK_SIGNATURE,
                   VOUCH_CLAIM_NONE);
    vouch_key_free(stranger);
}
END_TEST

/* Without a key id the keys of the policy are tried, all of them. */
START_TEST(signer_without_a_name_is_looked_for)
{
    vouch_key *keys[VOUCH_LIMIT_ANCHORS - 1];
    vouch_key *stranger = new_key(PKI_P256);

    begin(_i);
    for (int i = 0; i < COUNT(keys); i++) {
        keys[i] = new_key(i % 2 == 0 ? PKI_P256 : PKI_P384);
        trust(keys[i], "");
    }
    ck_assert_int_eq(judge_signed(r.key, NULL), VOUCH_ACCEPTED);
    for (int i = 0; i < COUNT(keys); i += 2) {
        ck_assert_int_eq(judge_signed(keys[i], NULL), VOUCH_ACCEPTED);
    }
    ck_assert_int_eq(judge_signed(stranger, NULL), VOUCH_REJECTED);
    results_assert(&r, VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    for (int i = 0; i < COUNT(keys); i++) {
        vouch_key_free(keys[i]);
    }
    vouch_key_free(stranger);
}
END_TEST

/* A CWT may have any algorithm that its key has. */
START_TEST(signer_of_a_cwt_may_have_any_kind_of_key)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_ED25519,
                                          PKI_RSA2048};

    begin(0);
    for (int i = 0; i < COUNT(kinds); i++) {
        vouch_key *key = new_key(kinds[i]);
        vouch_buffer token = results_token(&r, key);

        results_new_policy(&r);
        trust(key, "");
        ck_assert_int_eq(results_judge_token(&r, span_of(&token)),
                         VOUCH_ACCEPTED);
        free(token.data);
        vouch_key_free(key);
    }
}
END_TEST

START_TEST(policy_without_keys_is_met_by_nothing)
{
    struct pki_entity root = pki_root(PKI_P256);
    vouch_buffer der = pki_der(root.certificate);

    begin(_i);
    accepts();
    vouch_policy_free(r.policy);
    ck_assert_int_eq(vouch_policy_new(r.format, &r.policy), VOUCH_OK);
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE);
    vouch_policy_free(r.policy); /* nor with a CA alone, or reference values */
    ck_assert_int_eq(vouch_policy_new(r.format, &r.policy), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_ca(r.policy, span_of(&der)), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(
                         r.policy, "executable",
                         (vouch_bytes){r.aik_hash, sizeof r.aik_hash}),
                     VOUCH_OK);
    rejects(VOUCH_STAGE_POLICY, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE);
    free(der.data);
    pki_free(&root);
}
END_TEST

/* What is no token, or has no claims set. */
START_TEST(nonsense_is_refused)
{
    static const char *const texts[] = {"", "{}", "..", "e30.e30.e30"};

    begin(_i);
    for (int i = 0; i < COUNT(texts); i++) {
        ck_assert_int_eq(results_judge_token(&r, vouch_text(texts[i])),
                         VOUCH_REJECTED);
        results_assert(&r, VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
                       VOUCH_CLAIM_NONE);
        ck_assert_int_eq(results_judge_claims(&r, vouch_text(texts[i])),
                         VOUCH_REJECTED);
    }
}
END_TEST

/* [C15] */
START_TEST(result_has_the_indicator_of_results)
{
    vouch_buffer token, cmw;

    begin(_i);
    accepts();
    token = results_token(&r, r.key);
    for (uint32_t indicator = 1; indicator < 32; indicator++) {
        bool good = indicator == VOUCH_CMW_ATTESTATION_RESULTS;

        ck_assert_int_eq(
            vouch_cmw_record(r.format, span_of(&token), indicator, &cmw),
            VOUCH_OK);
        ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)),
                         good ? VOUCH_ACCEPTED : VOUCH_REJECTED);
        if (!good) {
            ck_assert_int_eq(r.result.reason.check, VOUCH_CHECK_FORMAT);
        }
        vouch_buffer_free(&cmw);
    }
    free(token.data);
}
END_TEST

START_TEST(appraiser_is_for_the_format_of_its_policy)
{
    static const char *const others[] = {
        VOUCH_SOFTWARE_FORMAT,
        "application/eat+cwt; "
        "eat_profile=\"tag:github.com,2023:veraison/ear\"",
        "application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#02\"",
        "application/eat+jwt",
    };
    vouch_appraiser *appraiser = NULL;
    vouch_policy *policy;

    for (int i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(vouch_policy_new(others[i], &policy), VOUCH_OK);
        ck_assert_int_eq(vouch_ear_appraiser_new(policy, &appraiser),
                         VOUCH_E_ARGUMENT);
        ck_assert_ptr_null(appraiser);
        vouch_policy_free(policy);
    }
    for (int i = 0; i < RESULTS_FORMATS; i++) {
        ck_assert_int_eq(vouch_policy_new(results_formats[i], &policy),
                         VOUCH_OK);
        ck_assert_int_eq(vouch_ear_appraiser_new(policy, &appraiser), VOUCH_OK);
        ck_assert_str_eq(vouch_appraiser_format(appraiser), results_formats[i]);
        vouch_appraiser_free(appraiser);
        vouch_policy_free(policy);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_appraiser");
    TCase *tc = tcase_create("ear_appraiser");
    TCase *own = tcase_create("appraiser");
#define ADD(test) tcase_add_loop_test(tc, test, 0, RESULTS_FORMATS)

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 120);
    ADD(result_of_this_exchange_is_accepted);
    ADD(result_on_a_suite_with_sha384_is_accepted);
    ADD(result_is_held_against_a_hash_where_there_is_no_key);
    ADD(passport_needs_the_consent_of_the_policy);
    ADD(passport_policy_takes_no_nonce_of_another_exchange);
    ADD(nonce_is_the_whole_binder);
    ADD(aik_is_the_one_of_the_exchange);
    ADD(nonce_of_a_remote_verifier_is_that_of_the_exchange);
    tcase_add_loop_test(tc, result_has_its_time, 0,
                        COUNT(moments) * RESULTS_FORMATS);
    ADD(result_ends_with_the_earlier_of_exp_and_age);
    tcase_add_loop_test(tc, status_is_no_better_than_the_vector, 0,
                        VOUCH_CATEGORIES);
    ADD(status_of_the_whole_is_no_better_than_an_appraisal);
    ADD(warning_needs_the_consent_of_the_policy);
    ADD(vector_is_there_and_claims_something);
    ADD(reason_of_a_verifier_is_passed_on);
    ADD(reason_of_a_verifier_is_a_refusal_whatever_the_status);
    ADD(claims_are_required_and_forbidden);
    ADD(claims_are_required_of_every_appraisal);
    ADD(instance_is_one_that_the_policy_names);
    ADD(appraisals_are_each_bound);
    ADD(mandatory_claims_are_there);
    ADD(signer_is_one_of_the_policy);
    ADD(signer_without_a_name_is_looked_for);
    tcase_add_test(tc, signer_of_a_cwt_may_have_any_kind_of_key);
    ADD(policy_without_keys_is_met_by_nothing);
    ADD(nonsense_is_refused);
    ADD(result_has_the_indicator_of_results);
    suite_add_tcase(suite, tc);
    tcase_add_test(own, appraiser_is_for_the_format_of_its_policy);
    suite_add_tcase(suite, own);
    return suite;
}
