/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/results.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/ear_token.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/suite.h"

const char *const results_formats[RESULTS_FORMATS] = {
    VOUCH_EAR_CWT_FORMAT,          VOUCH_EAR_03_CWT_FORMAT,
    VOUCH_EAR_JWT_FORMAT,          VOUCH_EAR_03_JWT_FORMAT,
    VOUCH_EAR_VERAISON_JWT_FORMAT, VOUCH_EAR_TRUSTEE_JWT_FORMAT,
};

static const uint8_t binder[32] = {0xb1, 2, 3, 4};
static const uint8_t ueid[17] = {1, 0xaa, 0xbb};

static void expect(struct results *r)
{
    r->expected = (vouch_expectation){
        .binder = {.len = sizeof binder},
        .aik_pub_hash = {.len = sizeof r->aik_hash},
        .aik_spki = span_of(&r->aik_spki),
        .now = {.unix_s = RESULTS_NOW + 1},
    };
    memcpy(r->expected.binder.data, binder, sizeof binder);
    memcpy(r->expected.aik_pub_hash.data, r->aik_hash, sizeof r->aik_hash);
}

static void make_ear(struct results *r)
{
    r->ear = (struct vouch_ear){
        .has_iat = true,
        .iat = RESULTS_NOW,
        .has_exp = true,
        .exp = RESULTS_NOW + RESULTS_LIFETIME,
        .profile = vouch_text(vouch_ear_form_find(r->format)->profile->tag),
        .developer = vouch_text("https://verifier.example"),
        .build = vouch_text("verifier 1.0"),
        .appraisals = {{.label = vouch_text("platform"),
                        .nonce = {binder, sizeof binder},
                        .ueid = {ueid, sizeof ueid},
                        .has_status = true,
                        .status = VOUCH_TIER_AFFIRMING,
                        .has_vector = true,
                        .vector = {2, 0, 3, 0, 2},
                        .policy_id = vouch_text("policy"),
                        .aik_pub_hash = {r->aik_hash, sizeof r->aik_hash}}},
        .num_appraisals = 1,
    };
}

void results_new_policy(struct results *r)
{
    vouch_policy_free(r->policy);
    ck_assert_int_eq(vouch_policy_new(r->format, &r->policy), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(r->policy, vouch_key_spki(r->key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_set_max_age(r->policy, RESULTS_MAX_AGE),
                     VOUCH_OK);
}

void results_init(struct results *r, const char *format)
{
    *r = (struct results){.format = format};
    r->verifier = pki_key(PKI_P256);
    r->aik = pki_key(PKI_P256);
    ck_assert_int_eq(vouch_key_from_evp(r->verifier, &r->key), VOUCH_OK);
    r->aik_spki = pki_spki(r->aik);
    vouch_sha256(span_of(&r->aik_spki), r->aik_hash);
    expect(r);
    make_ear(r);
    results_new_policy(r);
}

void results_free(struct results *r)
{
    vouch_policy_free(r->policy);
    vouch_key_free(r->key);
    EVP_PKEY_free(r->verifier);
    EVP_PKEY_free(r->aik);
    free(r->aik_spki.data);
}

vouch_buffer results_token(const struct results *r, const vouch_key *key)
{
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(vouch_ear_token_write(vouch_ear_form_find(r->format), key,
                                           &r->ear, &cbb),
                     VOUCH_OK);
    return finish_cbb(&cbb);
}

vouch_buffer results_sign(const struct results *r, const vouch_key *key,
                          vouch_bytes claims)
{
    const struct vouch_ear_form *form = vouch_ear_form_find(r->format);
    uint8_t id[32];
    vouch_bytes key_id = {id, sizeof id};
    CBB cbb;

    vouch_sha256(vouch_key_spki(key), id);
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(form->is_jwt ? vouch_jws_sign(key, key_id, claims, &cbb)
                                  : vouch_cose_sign(key, key_id, claims, &cbb),
                     VOUCH_OK);
    return finish_cbb(&cbb);
}

vouch_buffer results_claims(const struct results *r)
{
    const struct vouch_ear_form *form = vouch_ear_form_find(r->format);
    vouch_buffer claims, copy;
    CBB cbb;

    if (!form->is_jwt) {
        ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
        ck_assert(vouch_ear_encode(&cbb, &r->ear));
        return finish_cbb(&cbb);
    }
    ck_assert_int_eq(vouch_ear_encode_json(&r->ear, form->profile, &claims),
                     VOUCH_OK);
    copy = (vouch_buffer){exact_copy(claims.data, claims.len), claims.len};
    vouch_buffer_free(&claims);
    return copy;
}

vouch_verdict results_judge_cmw(struct results *r, vouch_bytes cmw)
{
    vouch_appraiser *appraiser;

    memset(&r->result, 0xa5, sizeof r->result);
    ck_assert_int_eq(vouch_ear_appraiser_new(r->policy, &appraiser), VOUCH_OK);
    vouch_appraise(appraiser, cmw, &r->expected, &r->result);
    vouch_appraiser_free(appraiser);
    return r->result.verdict;
}

vouch_verdict results_judge_token(struct results *r, vouch_bytes token)
{
    vouch_verdict verdict;
    vouch_buffer cmw;

    ck_assert_int_eq(
        vouch_cmw_record(r->format, token, VOUCH_CMW_ATTESTATION_RESULTS, &cmw),
        VOUCH_OK);
    verdict = results_judge_cmw(r, span_of(&cmw));
    vouch_buffer_free(&cmw);
    return verdict;
}

vouch_verdict results_judge_claims(struct results *r, vouch_bytes claims)
{
    vouch_buffer token = results_sign(r, r->key, claims);
    vouch_verdict verdict = results_judge_token(r, span_of(&token));

    free(token.data);
    return verdict;
}

vouch_verdict results_judge(struct results *r)
{
    vouch_buffer token = results_token(r, r->key);
    vouch_verdict verdict = results_judge_token(r, span_of(&token));

    free(token.data);
    return verdict;
}

void results_assert(const struct results *r, vouch_stage stage,
                    vouch_check check, vouch_claim claim)
{
    const vouch_reason *reason = &r->result.reason;

    ck_assert_int_eq(r->result.verdict, VOUCH_REJECTED);
    ck_assert_msg(reason->check == check && reason->claim == claim,
                  "%s of %s (%s): %s, %s", vouch_check_name(reason->check),
                  vouch_claim_name(reason->claim), vouch_err_name(reason->err),
                  reason->expected, reason->found);
    for (vouch_stage i = 0; i < VOUCH_STAGES; i++) {
        ck_assert_msg((r->result.stages[i] == VOUCH_FAILED) == (i == stage),
                      "%s: %s", vouch_check_name(check), vouch_stage_name(i));
    }
    /* Nothing that was not accepted looks like it. */
    ck_assert_int_eq(r->result.level, VOUCH_LEVEL_NONE);
    ck_assert_uint_eq(r->result.binder.len, 0);
    ck_assert_uint_eq(r->result.aik_pub_hash.len, 0);
    ck_assert_uint_eq(r->result.ueid.len, 0);
}
