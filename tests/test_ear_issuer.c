/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>
#include <vouch/memory.h>
#include <vouch/software.h>

#include "lib/evidence/ear_token.h"
#include "lib/evidence/reason.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/* What a Verifier says of a result, and that a relying party takes it for that.
 * `_i` is the form. */

static struct results r;
static vouch_issuer *issuer;
static vouch_result accepted, rejected;

static void make_results(void)
{
    accepted = (vouch_result){
        .verdict = VOUCH_ACCEPTED,
        .level = VOUCH_LEVEL_BOUND,
        .tier = VOUCH_TIER_AFFIRMING,
        .vector = {[VOUCH_EXECUTABLES] = 2, [VOUCH_CONFIGURATION] = 3},
        .binder = r.expected.binder,
        .policy_digest = {0xab, 0xcd},
        .ueid = {{1, 2, 3, 4, 5, 6, 7}, 7},
    };
    rejected = (vouch_result){
        .verdict = VOUCH_REJECTED,
        .tier = VOUCH_TIER_CONTRAINDICATED,
        .vector = {[VOUCH_EXECUTABLES] = 96},
        .reason = {.check = VOUCH_CHECK_REFERENCE,
                   .claim = VOUCH_CLAIM_MEASUREMENT,
                   .name = "executable",
                   .expected = "00",
                   .found = "01"},
    };
}

static void begin(int form)
{
    results_init(&r, results_formats[form]);
    ck_assert_int_eq(vouch_issuer_new(r.key, r.format, "https://example.com",
                                      "verifier 1.0", &issuer),
                     VOUCH_OK);
    make_results();
}

static void tear_down(void)
{
    vouch_issuer_free(issuer);
    results_free(&r);
}

static vouch_buffer issue(const vouch_result *result)
{
    vouch_buffer token;

    ck_assert_int_eq(vouch_issuer_issue(issuer, &r.expected, result, &token),
                     VOUCH_OK);
    return token;
}

/* The claims of the last that was issued; spans borrow from these. */
static struct vouch_ear_token token;
static struct vouch_ear ear;
static vouch_buffer issued;

static void read_issued(const vouch_result *result)
{
    issued = issue(result);
    ck_assert_int_eq(vouch_ear_token_open(vouch_ear_form_find(r.format),
                                          span_of(&issued), &token),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_ear_token_verify(&token, r.verifier), VOUCH_OK);
    ck_assert_int_eq(vouch_ear_token_claims(&token, &ear, NULL), VOUCH_OK);
    ck_assert_ptr_null(vouch_ear_missing(&ear));
}

static void free_issued(void)
{
    vouch_ear_token_close(&token);
    vouch_buffer_free(&issued);
}

static vouch_verdict judge(const vouch_result *result)
{
    vouch_buffer octets = issue(result);
    vouch_verdict verdict = results_judge_token(&r, span_of(&octets));

    vouch_buffer_free(&octets);
    return verdict;
}

static bool is_text(vouch_bytes found, const char *expected)
{
    return vouch_bytes_equal(found, vouch_text(expected));
}

START_TEST(issued_result_says_all_that_is_known)
{
    const struct vouch_ear_appraisal *one = &ear.appraisals[0];
    static const uint8_t nonce[8] = {1};

    begin(_i);
    r.expected.nonce = (vouch_bytes){nonce, sizeof nonce};
    read_issued(&accepted);
    ck_assert(
        is_text(ear.profile, vouch_ear_form_find(r.format)->profile->tag));
    ck_assert_int_eq(ear.iat, RESULTS_NOW + 1);
    ck_assert(ear.has_exp && !ear.has_nbf && !ear.has_status);
    ck_assert_int_eq(ear.exp, RESULTS_NOW + 1 + 300);
    ck_assert(vouch_bytes_equal(ear.nonce, r.expected.nonce)); /* [R05] */
    ck_assert(is_text(ear.developer, "https://example.com"));
    ck_assert(is_text(ear.build, "verifier 1.0"));
    ck_assert_uint_eq(ear.num_appraisals, 1);
    ck_assert(is_text(one->label, "attester"));
    ck_assert(
        vouch_bytes_equal(one->nonce, vouch_digest_bytes(&r.expected.binder)));
    ck_assert(vouch_bytes_equal(one->aik_pub_hash,
                                (vouch_bytes){r.aik_hash, sizeof r.aik_hash}));
    ck_assert_uint_eq(one->ueid.len, 7);
    ck_assert_uint_eq(one->status, VOUCH_TIER_AFFIRMING);
    ck_assert(one->has_vector); /* [R06] */
    ck_assert_mem_eq(one->vector, accepted.vector, sizeof one->vector);
    ck_assert(is_text(one->policy_id,
                      "nih:sha-256;abcd000000000000000000000000000000000000000"
                      "000000000000000000000"));
    ck_assert_uint_eq(one->refusal.check.len, 0);
    free_issued();
}
END_TEST

START_TEST(issued_result_is_accepted)
{
    begin(_i);
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_BOUND);
    ck_assert_int_eq(r.result.vector[VOUCH_CONFIGURATION], 3);
    ck_assert_mem_eq(r.result.ueid.data, accepted.ueid.data, 7);
}
END_TEST

/* The Verifier's reason comes out at the relying party. */
START_TEST(issued_refusal_says_why)
{
    const vouch_reason *reason = &r.result.reason;

    begin(_i);
    ck_assert_int_eq(judge(&rejected), VOUCH_REJECTED);
    results_assert(&r, VOUCH_STAGE_POLICY, VOUCH_CHECK_REFERENCE,
                   VOUCH_CLAIM_MEASUREMENT);
    ck_assert_str_eq(reason->name, "executable");
    ck_assert_str_eq(reason->expected, "00");
    ck_assert_str_eq(reason->found, "01");
    ck_assert_int_eq(r.result.tier, VOUCH_TIER_CONTRAINDICATED);
}
END_TEST

/* Each check and each claim that there are. */
START_TEST(issued_refusal_keeps_check_and_claim)
{
    begin(_i);
    rejected.vector[VOUCH_EXECUTABLES] = 0;
    rejected.tier = VOUCH_TIER_NONE;
    for (vouch_check check = VOUCH_CHECK_AUTHENTICATOR;
         check <= VOUCH_CHECK_CONTRACT; check++) {
        rejected.reason.check = check;
        ck_assert_int_eq(judge(&rejected), VOUCH_REJECTED);
        ck_assert_int_eq(r.result.reason.check, check);
    }
    for (vouch_claim claim = VOUCH_CLAIM_NONE; claim < VOUCH_CLAIMS; claim++) {
        rejected.reason.claim = claim;
        ck_assert_int_eq(judge(&rejected), VOUCH_REJECTED);
        ck_assert_int_eq(r.result.reason.claim, claim);
    }
}
END_TEST

/* Whatever tier a result has that was not accepted. [R02] */
START_TEST(issued_refusal_affirms_nothing)
{
    static const vouch_tier tiers[] = {VOUCH_TIER_NONE, VOUCH_TIER_AFFIRMING,
                                       VOUCH_TIER_WARNING,
                                       VOUCH_TIER_CONTRAINDICATED};

    begin(_i);
    memset(rejected.vector, 0, sizeof rejected.vector);
    for (int i = 0; i < COUNT(tiers); i++) {
        for (int verdict = VOUCH_REJECTED; verdict <= VOUCH_INDETERMINATE;
             verdict++) {
            rejected.tier = tiers[i];
            rejected.verdict = (vouch_verdict)verdict;
            read_issued(&rejected);
            ck_assert_uint_eq(ear.appraisals[0].status,
                              tiers[i] == VOUCH_TIER_CONTRAINDICATED
                                  ? VOUCH_TIER_CONTRAINDICATED
                                  : VOUCH_TIER_NONE);
            free_issued();
            ck_assert_int_eq(judge(&rejected), VOUCH_REJECTED);
        }
    }
}
END_TEST

/* Nor is a status better than the vector. [R02] */
START_TEST(issued_status_is_no_better_than_the_vector)
{
    begin(_i);
    accepted.vector[VOUCH_HARDWARE] = 32;
    read_issued(&accepted);
    ck_assert_uint_eq(ear.appraisals[0].status, VOUCH_TIER_WARNING);
    free_issued();
    accepted.vector[VOUCH_HARDWARE] = -128;
    read_issued(&accepted);
    ck_assert_uint_eq(ear.appraisals[0].status, VOUCH_TIER_CONTRAINDICATED);
    free_issued();
    accepted.vector[VOUCH_HARDWARE] = 1;
    read_issued(&accepted);
    ck_assert_uint_eq(ear.appraisals[0].status, VOUCH_TIER_NONE);
    free_issued();
}
END_TEST

START_TEST(issued_passport_names_no_exchange)
{
    begin(_i);
    vouch_issuer_set_key_bound(issuer);
    read_issued(&accepted);
    ck_assert_uint_eq(ear.appraisals[0].nonce.len, 0);
    ck_assert_uint_eq(ear.appraisals[0].aik_pub_hash.len, 32);
    free_issued();
    ck_assert_int_eq(judge(&accepted), VOUCH_REJECTED);
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    memset(&r.expected.binder, 0x11, 32); /* another connection */
    accepted.binder = r.expected.binder;
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
}
END_TEST

START_TEST(issuer_is_set)
{
    begin(_i);
    ck_assert_int_eq(vouch_issuer_set_label(issuer, ""), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_issuer_set_label(issuer, "\xff"), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_issuer_set_label(issuer, "first"), VOUCH_OK);
    ck_assert_int_eq(vouch_issuer_set_label(issuer, "platform"), VOUCH_OK);
    vouch_issuer_set_lifetime(issuer, 7);
    read_issued(&accepted);
    ck_assert(is_text(ear.appraisals[0].label, "platform"));
    ck_assert_int_eq(ear.exp, ear.iat + 7);
    free_issued();
}
END_TEST

/* An Attestation Result has SHA-256 of the AIK, whatever the suite. */
START_TEST(issuer_needs_to_know_the_aik)
{
    vouch_buffer none = {NULL, 7};

    begin(_i);
    r.expected.aik_pub_hash.len = 48;
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    r.expected.aik_spki = (vouch_bytes){NULL, 0};
    ck_assert_int_eq(vouch_issuer_issue(issuer, &r.expected, &accepted, &none),
                     VOUCH_E_ARGUMENT);
    r.expected.aik_pub_hash.len = 32;
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    ck_assert_ptr_null(none.data);
    ck_assert_uint_eq(none.len, 7);
}
END_TEST

static void refuses(const vouch_result *result)
{
    vouch_buffer none = {NULL, 7};

    ck_assert_int_eq(vouch_issuer_issue(issuer, &r.expected, result, &none),
                     VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(none.data);
    ck_assert_uint_eq(none.len, 7);
}

/* What is said is of the exchange that it is said for. [X17] */
START_TEST(issuer_takes_no_result_of_another_exchange)
{
    begin(_i);
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    accepted.binder.data[0] ^= 1;
    refuses(&accepted);
    accepted.binder.data[0] ^= 1;
    accepted.binder.len = 31;
    refuses(&accepted);
    accepted.binder.len = 0;
    refuses(&accepted);
    r.expected.binder.len = 0;
    refuses(&accepted);
    r.expected.binder.len = accepted.binder.len = 32;
    accepted.level = VOUCH_LEVEL_KEY_BOUND;
    refuses(&accepted);
    accepted.level = VOUCH_LEVEL_NONE;
    refuses(&accepted);
}
END_TEST

/* [X31] */
START_TEST(issuer_does_not_vouch_for_its_own_key)
{
    vouch_buffer spki;

    begin(_i);
    spki = pki_spki(r.verifier);
    r.expected.aik_spki = span_of(&spki);
    refuses(&accepted);
    refuses(&rejected);
    r.expected.aik_spki = (vouch_bytes){NULL, 0};
    vouch_sha256(span_of(&spki), r.expected.aik_pub_hash.data);
    refuses(&accepted);
    free(spki.data);
}
END_TEST

START_TEST(issuer_takes_what_can_be_written)
{
    static const uint8_t nonce[65] = {1};

    begin(_i);
    for (size_t len = 1; len <= sizeof nonce; len++) {
        r.expected.nonce = (vouch_bytes){nonce, len};
        if (len >= 8 && len <= 64) {
            ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
        } else {
            refuses(&accepted);
        }
    }
    r.expected.nonce.len = 0;
    strcpy(rejected.reason.found, "\xff");
    refuses(&rejected);
    memset(rejected.reason.found, 'x', VOUCH_TEXT_MAX - 1);
    rejected.reason.found[VOUCH_TEXT_MAX - 1] = '\0';
    ck_assert_int_eq(judge(&rejected), VOUCH_REJECTED);
    ck_assert_str_eq(r.result.reason.found, rejected.reason.found);
    accepted.ueid.len = VOUCH_UEID_MAX + 1; /* counts as none */
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    ck_assert_uint_eq(r.result.ueid.len, 0);
    accepted.ueid.len = 6;
    ck_assert_int_eq(judge(&accepted), VOUCH_ACCEPTED);
    ck_assert_uint_eq(r.result.ueid.len, 0);
}
END_TEST

/* Memory of which one piece, `left` pieces on, is not to be had. */
static size_t left;

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    return left-- == 0 ? NULL : malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static void *allocate_all(void *arg, size_t size)
{
    (void)arg;
    return malloc(size);
}

static void fail_at(size_t k)
{
    const vouch_allocator failing = {allocate, release, NULL};

    left = k;
    vouch_set_allocator(&failing);
}

static void fail_no_more(void)
{
    const vouch_allocator whole = {allocate_all, release, NULL};

    vouch_set_allocator(&whole);
}

START_TEST(issuer_says_when_there_is_no_memory)
{
    vouch_buffer octets = {NULL, 7};
    vouch_err err;
    size_t k = 0;

    begin(_i);
    do {
        ck_assert_ptr_null(octets.data);
        ck_assert_uint_eq(octets.len, 7);
        fail_at(k++);
        err = vouch_issuer_issue(issuer, &r.expected, &accepted, &octets);
        fail_no_more();
        ck_assert(err == VOUCH_OK || err == VOUCH_E_NOMEM);
    } while (err != VOUCH_OK);
    ck_assert_uint_gt(k, 1);
    vouch_buffer_free(&octets);
}
END_TEST

/* What could not be looked at is not accepted. */
START_TEST(result_is_not_accepted_without_memory)
{
    vouch_buffer octets;
    size_t k = 0;

    begin(_i);
    octets = issue(&accepted);
    ck_assert_int_eq(results_judge_token(&r, span_of(&octets)), VOUCH_ACCEPTED);
    do {
        struct vouch_ear_token opened = {0};
        struct vouch_ear claims;
        vouch_err err;

        fail_at(k++);
        err = vouch_ear_token_open(vouch_ear_form_find(r.format),
                                   span_of(&octets), &opened);
        if (err == VOUCH_OK) {
            err = vouch_ear_token_claims(&opened, &claims, NULL);
        }
        fail_no_more();
        vouch_ear_token_close(&opened);
        ck_assert_int_eq(err, left > k ? VOUCH_E_NOMEM : VOUCH_OK);
    } while (left > k);
    vouch_buffer_free(&octets);
}
END_TEST

/* Keys, by what they can sign as CWT and as JWT. */
START_TEST(issuer_wants_a_key_of_the_right_kind)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_ED25519,
                                          PKI_RSA2048};
    EVP_PKEY *pkey = pki_key(kinds[_i]);
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    for (int form = 0; form < RESULTS_FORMATS; form++) {
        bool fits = form < RESULTS_WRITTEN &&
                    (kinds[_i] == PKI_P256 || form < RESULTS_JWT);
        vouch_issuer *made = NULL;

        ck_assert_int_eq(
            vouch_issuer_new(key, results_formats[form], "a", "b", &made),
            fits ? VOUCH_OK : VOUCH_E_ARGUMENT);
        ck_assert((made != NULL) == fits);
        vouch_issuer_free(made);
    }
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(issuer_takes_formats_and_texts_that_fit)
{
    EVP_PKEY *pkey = pki_key(PKI_P256);
    char text[VOUCH_LIMIT_RESULT_TEXT + 2];
    vouch_issuer *made = NULL;
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    memset(text, 'a', sizeof text);
    text[VOUCH_LIMIT_RESULT_TEXT + 1] = '\0';
    ck_assert_int_eq(
        vouch_issuer_new(key, VOUCH_SOFTWARE_FORMAT, "a", "b", &made),
        VOUCH_E_ARGUMENT);
    for (int i = 0; i < 2; i++) {
        const char *const bad[] = {"", "\xff", text};

        for (int n = 0; n < COUNT(bad); n++) {
            ck_assert_int_eq(vouch_issuer_new(key, VOUCH_EAR_CWT_FORMAT,
                                              i == 0 ? bad[n] : "a",
                                              i == 0 ? "b" : bad[n], &made),
                             VOUCH_E_ARGUMENT);
        }
    }
    ck_assert_ptr_null(made);
    text[VOUCH_LIMIT_RESULT_TEXT] = '\0';
    ck_assert_int_eq(
        vouch_issuer_new(key, VOUCH_EAR_CWT_FORMAT, text, text, &made),
        VOUCH_OK);
    vouch_issuer_free(made);
    vouch_issuer_free(NULL);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_issuer");
    TCase *tc = tcase_create("ear_issuer"), *own = tcase_create("issuer");
#define ADD(test) tcase_add_loop_test(tc, test, 0, RESULTS_WRITTEN)

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 60);
    ADD(issued_result_says_all_that_is_known);
    ADD(issued_result_is_accepted);
    ADD(issued_refusal_says_why);
    ADD(issued_refusal_keeps_check_and_claim);
    ADD(issued_refusal_affirms_nothing);
    ADD(issued_status_is_no_better_than_the_vector);
    ADD(issued_passport_names_no_exchange);
    ADD(issuer_is_set);
    ADD(issuer_needs_to_know_the_aik);
    ADD(issuer_takes_no_result_of_another_exchange);
    ADD(issuer_does_not_vouch_for_its_own_key);
    ADD(issuer_takes_what_can_be_written);
    ADD(issuer_says_when_there_is_no_memory);
    ADD(result_is_not_accepted_without_memory);
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(own, issuer_wants_a_key_of_the_right_kind, 0, 4);
    tcase_add_test(own, issuer_takes_formats_and_texts_that_fit);
    suite_add_tcase(suite, own);
    return suite;
}
