/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/software.h>

#include "lib/evidence/attester.h"
#include "lib/evidence/ear_token.h"
#include "lib/evidence/posture.h"
#include "proto/memory.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/* The attester that shows a Verifier's word. `_i` is the form. */

static struct results r;
static struct vouch_evidence_request request;
static vouch_attester *attester;

static void begin(int form)
{
    results_init(&r, results_formats[form]);
    r.ear.appraisals[0].nonce = (vouch_bytes){NULL, 0};
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    request = (struct vouch_evidence_request){
        .binder = r.expected.binder,
        .aik_pub_hash = r.expected.aik_pub_hash,
        .aik_spki = r.expected.aik_spki,
        .now = r.expected.now,
    };
}

static void tear_down(void)
{
    vouch_attester_free(attester);
    results_free(&r);
}

/* Of the claims that stand in `r`. */
static vouch_err make(void)
{
    vouch_buffer token = results_token(&r, r.key);
    vouch_attester *made = NULL;
    vouch_err err =
        vouch_passport_attester_new(r.format, span_of(&token), &made);

    free(token.data);
    if (err == VOUCH_OK) {
        vouch_attester_free(attester);
        attester = made;
    } else {
        ck_assert_ptr_null(made);
    }
    return err;
}

static vouch_err renew(void)
{
    vouch_buffer token = results_token(&r, r.key);
    vouch_err err = vouch_passport_attester_renew(attester, span_of(&token));

    free(token.data);
    return err;
}

static vouch_err produce(vouch_buffer *cmw)
{
    return vouch_attester_produce(attester, &request, cmw);
}

static void declines(vouch_err expected)
{
    vouch_buffer cmw = {NULL, 7};

    ck_assert_int_eq(produce(&cmw), expected);
    ck_assert_ptr_null(cmw.data);
    ck_assert_uint_eq(cmw.len, 7);
}

/* What it shows is accepted. */
static void shows(void)
{
    vouch_buffer cmw;
    vouch_cmw record;

    ck_assert_int_eq(produce(&cmw), VOUCH_OK);
    ck_assert_int_eq(vouch_cmw_parse(span_of(&cmw), &record), VOUCH_OK);
    ck_assert_uint_eq(record.indicator, VOUCH_CMW_ATTESTATION_RESULTS);
    ck_assert(vouch_bytes_equal(record.media_type, vouch_text(r.format)));
    ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)), VOUCH_ACCEPTED);
    vouch_buffer_free(&cmw);
}

START_TEST(passport_is_shown_whatever_the_exchange)
{
    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    ck_assert_str_eq(vouch_attester_format(attester), r.format);
    for (uint8_t i = 0; i < 3; i++) {
        memset(request.binder.data, i, 32);
        r.expected.binder = request.binder;
        shows();
        ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
    }
}
END_TEST

START_TEST(passport_is_for_one_aik)
{
    EVP_PKEY *other = pki_key(PKI_P256);
    vouch_buffer spki = pki_spki(other);

    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    shows();
    request.aik_spki = span_of(&spki);
    declines(VOUCH_E_KEY_MISMATCH);
    request.aik_spki = r.expected.aik_spki;
    shows();
    free(spki.data);
    EVP_PKEY_free(other);
}
END_TEST

/* [R03] */
START_TEST(passport_expires)
{
    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    request.now.unix_s = r.ear.exp - 1;
    r.expected.now = request.now;
    shows();
    request.now.unix_s = r.ear.exp;
    declines(VOUCH_E_STATE);
    request.now.unix_s = INT64_MAX;
    declines(VOUCH_E_STATE);
    r.ear.has_exp = false;
    ck_assert_int_eq(renew(), VOUCH_OK);
    request.now = r.expected.now;
    shows();
}
END_TEST

/* A result of this exchange is shown in it, and in no other. */
START_TEST(passport_of_one_exchange_is_shown_in_that)
{
    begin(_i);
    r.ear.appraisals[0].nonce = vouch_digest_bytes(&r.expected.binder);
    ck_assert_int_eq(make(), VOUCH_OK);
    shows();
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_BOUND);
    request.binder.data[0] ^= 1;
    declines(VOUCH_E_STATE);
}
END_TEST

START_TEST(passport_is_renewed)
{
    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    request.now.unix_s = r.ear.exp;
    r.expected.now = request.now;
    declines(VOUCH_E_STATE);
    r.ear.exp = RESULTS_NOW + 2 * RESULTS_LIFETIME;
    ck_assert_int_eq(renew(), VOUCH_OK);
    shows();
    /* what is none leaves the one that is there */
    r.ear.appraisals[0].aik_pub_hash = (vouch_bytes){NULL, 0};
    ck_assert_int_eq(renew(), VOUCH_E_CLAIM_MISSING);
    ck_assert_int_eq(
        vouch_passport_attester_renew(attester, vouch_text("nonsense")),
        _i < RESULTS_JWT ? VOUCH_E_CBOR : VOUCH_E_DECODE);
    shows();
}
END_TEST

START_TEST(passport_is_one_when_it_is_taken)
{
    struct vouch_ear good;

    begin(_i);
    good = r.ear;
    ck_assert_int_eq(make(), VOUCH_OK);
    r.ear.profile = vouch_text("tag:ietf.org,2026:rats/ear#02");
    ck_assert_int_eq(make(), VOUCH_E_ILLEGAL);
    r.ear = good;
    r.ear.has_iat = false;
    ck_assert_int_eq(make(), VOUCH_E_CLAIM_MISSING);
    r.ear = good;
    r.ear.appraisals[0].has_status = false;
    ck_assert_int_eq(make(), VOUCH_E_CLAIM_MISSING);
    r.ear = good;
    r.ear.appraisals[0].nonce = vouch_text("short");
    ck_assert_int_eq(make(), VOUCH_E_CLAIM_TYPE);
    r.ear = good;
    r.ear.num_appraisals = 2;
    r.ear.appraisals[1] = good.appraisals[0];
    r.ear.appraisals[1].label = vouch_text("posture");
    ck_assert_int_eq(make(), VOUCH_OK);
    r.ear.appraisals[1].aik_pub_hash = (vouch_bytes){NULL, 0};
    ck_assert_int_eq(make(), VOUCH_E_CLAIM_MISSING);
}
END_TEST

START_TEST(passport_has_a_format_of_results)
{
    vouch_attester *made = NULL;
    vouch_buffer token;

    begin(_i);
    token = results_token(&r, r.key);
    ck_assert_int_eq(vouch_passport_attester_new(VOUCH_SOFTWARE_FORMAT,
                                                 span_of(&token), &made),
                     VOUCH_E_ARGUMENT);
    for (int i = 0; i < RESULTS_FORMATS; i++) {
        ck_assert(
            (vouch_passport_attester_new(results_formats[i], span_of(&token),
                                         &made) == VOUCH_OK) == (i == _i));
    }
    vouch_attester_free(made);
    free(token.data);
}
END_TEST

/* A posture goes beside it, bound to the exchange where it is not. */
START_TEST(passport_has_the_posture_beside_it)
{
    static const struct vouch_posture posture = {.epoch = 3};
    vouch_buffer cmw;

    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    request.posture = &posture;
    ck_assert_int_eq(produce(&cmw), VOUCH_OK);
    ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)), VOUCH_ACCEPTED);
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
    ck_assert(r.result.has_epoch);
    ck_assert_uint_eq(r.result.epoch, 3);
    vouch_buffer_free(&cmw);
}
END_TEST

static void *renew_often(void *tokens)
{
    const vouch_buffer *token = tokens;

    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(
            vouch_passport_attester_renew(attester, span_of(&token[i % 2])),
            VOUCH_OK);
    }
    return NULL;
}

/* One whole EAR or the other, never a part of each. */
START_TEST(passport_is_renewed_by_another_thread)
{
    vouch_buffer tokens[2], cmw;
    pthread_t thread;

    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    tokens[0] = results_token(&r, r.key);
    r.ear.build = vouch_text("another, with a longer name");
    tokens[1] = results_token(&r, r.key);
    ck_assert_int_eq(pthread_create(&thread, NULL, renew_often, tokens), 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(produce(&cmw), VOUCH_OK);
        ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)), VOUCH_ACCEPTED);
        vouch_buffer_free(&cmw);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    free(tokens[0].data);
    free(tokens[1].data);
}
END_TEST

/* What it allocates it allocates while forks wait: see test_fork.c. */
static void show(void)
{
    uint8_t room[4096];
    CBB out;

    if (!CBB_init_fixed(&out, room, sizeof room) ||
        attester->ops->produce(attester, &request, &out) != VOUCH_OK) {
        abort();
    }
    CBB_cleanup(&out);
}

static atomic_bool shown, over;

static void *show_often(void *arg)
{
    while (!atomic_load(&over)) {
        show();
        atomic_store(&shown, true);
    }
    return arg;
}

/* A child does not inherit the lock of the EAR. */
START_TEST(passport_is_shown_by_a_child)
{
    enum { FORKS = 100, PATIENCE_S = 30 };
    pthread_t thread;
    int status = 0;

    begin(_i);
    ck_assert_int_eq(make(), VOUCH_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, show_often, NULL), 0);
    while (!atomic_load(&shown)) {
        usleep(100);
    }
    for (int i = 0; i < FORKS && status == 0; i++) {
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            signal(SIGALRM, SIG_DFL); /* it is Check's here */
            alarm(PATIENCE_S);
            show();
            _exit(EXIT_SUCCESS);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    }
    atomic_store(&over, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(renewal_is_for_passports)
{
    char path[128];
    vouch_key *key;
    vouch_buffer token;

    begin(_i);
    make_dir();
    path_in(path, "key.pem");
    ck_assert_int_eq(vouch_key_create(path, VOUCH_P256, false), VOUCH_OK);
    ck_assert_int_eq(vouch_key_load_psa(path, &key), VOUCH_OK);
    ck_assert_int_eq(
        vouch_software_attester_new(key, "test", "1", NULL, &attester),
        VOUCH_OK);
    token = results_token(&r, r.key);
    ck_assert_int_eq(vouch_passport_attester_renew(attester, span_of(&token)),
                     VOUCH_E_ARGUMENT);
    free(token.data);
    vouch_key_free(key);
    remove_dir();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("passport");
    TCase *tc = tcase_create("passport");
#define ADD(test) tcase_add_loop_test(tc, test, 0, RESULTS_FORMATS)

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 60);
    ADD(passport_is_shown_whatever_the_exchange);
    ADD(passport_is_for_one_aik);
    ADD(passport_expires);
    ADD(passport_of_one_exchange_is_shown_in_that);
    ADD(passport_is_renewed);
    ADD(passport_is_one_when_it_is_taken);
    ADD(passport_has_a_format_of_results);
    ADD(passport_has_the_posture_beside_it);
    ADD(passport_is_renewed_by_another_thread);
    ADD(passport_is_shown_by_a_child);
    tcase_add_loop_test(tc, renewal_is_for_passports, 0, 1);
    suite_add_tcase(suite, tc);
    return suite;
}
