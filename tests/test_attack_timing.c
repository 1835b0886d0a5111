/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/mem.h>

#include "proto/memory.h"
#include "tests/support/attested.h"
#include "tests/support/files.h"
#include "tests/support/forger.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/*
 * Attack 26: whoever guesses at Finished, binder or AIK hash must not learn
 * from the time how much was right. Every call of CRYPTO_memcmp goes through
 * here (the linker's --wrap), and is remembered.
 */

enum { DIGEST_MAX = 64, CALLS_MAX = 256 };

static struct {
    uint8_t octets[2][DIGEST_MAX];
    size_t len;
} calls[CALLS_MAX];
static size_t num_calls;

int __real_CRYPTO_memcmp(const void *a, const void *b, size_t len);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t len);

int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    if (num_calls < CALLS_MAX && len != 0 && len <= DIGEST_MAX) {
        memcpy(calls[num_calls].octets[0], a, len);
        memcpy(calls[num_calls].octets[1], b, len);
        calls[num_calls++].len = len;
    }
    return __real_CRYPTO_memcmp(a, b, len);
}

/* How often `octets` were held against others. */
static size_t compared(vouch_bytes octets)
{
    size_t times = 0;

    for (size_t i = 0; i < num_calls; i++) {
        times += calls[i].len == octets.len &&
                 (memcmp(calls[i].octets[0], octets.data, octets.len) == 0 ||
                  memcmp(calls[i].octets[1], octets.data, octets.len) == 0);
    }
    return times;
}

START_TEST(finished_is_compared_in_constant_time) /* [E20] */
{
    struct forger forger;
    struct forgery forgery;
    vouch_buffer request, answer;
    vouch_bytes verify_data;
    vouch_identity identity;

    forger_init(&forger, VOUCH_SERVER,
                _i % 2 == 0 ? VOUCH_SHA256 : VOUCH_SHA384, PKI_P256);
    forgery = forger_honest(&forger);
    forgery.empty = _i / 2 == 1;
    request = forger_request(&forger, &forgery);
    answer = forger_answer(&forger, &forgery, span_of(&request));
    verify_data = (vouch_bytes){&answer.data[answer.len - forgery.exported_len],
                                forgery.exported_len};
    ck_assert_uint_eq(0, compared(verify_data));
    ck_assert_int_eq(forgery.empty ? VOUCH_E_DECLINED : VOUCH_OK,
                     vouch_endpoint_validate(forger.endpoint, span_of(&request),
                                             span_of(&answer), forger.trust,
                                             (vouch_now){.unix_s = PKI_NOW},
                                             &identity));
    ck_assert_uint_eq(1, compared(verify_data));
    free(request.data);
    free(answer.data);
    forger_free(&forger);
}
END_TEST

/* Once in the evidence, by the appraiser, and once in what the appraiser says
 * that it checked, by the session. */
START_TEST(binder_and_aik_hash_are_compared_in_constant_time)
{
    struct attested attested;
    struct tls_pair *tls;
    vouch_evidence_info info;

    make_dir();
    attested_init(&attested);
    attested.pair.server.holds_evidence = true;
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_gate(attested.pair.client.config,
                                           VOUCH_GATE_REQUIRE_PEER));
    ck_assert_int_eq(
        VOUCH_OK,
        vouch_config_set_gate(attested.pair.server.config, VOUCH_GATE_NONE));
    tls = attested_connect(&attested);
    pair_start(&attested.pair);
    pair_run(&attested.pair);
    ck_assert_int_eq(VOUCH_OK, vouch_session_evidence_info(
                                   attested.pair.server.session,
                                   pair_last(&attested.pair.server,
                                             VOUCH_EVENT_EVIDENCE_NEEDED)
                                       ->event.exchange,
                                   &info));
    num_calls = 0;
    ck_assert_int_eq(
        VOUCH_OK,
        vouch_attester_answer(
            attested.server.attester, attested.pair.server.session,
            pair_last(&attested.pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)
                ->event.exchange,
            attested.pair.now));
    pair_run(&attested.pair);
    ck_assert_uint_eq(1,
                      pair_count(&attested.pair.client, VOUCH_EVENT_ACCEPTED));
    /* by the appraiser, where members of a collection come together, and by the
     * session */
    ck_assert_uint_eq(
        3, compared((vouch_bytes){info.binder.data, info.binder.len}));
    /* and once as the key of the handshake, by the same hash */
    ck_assert_uint_eq(4, compared((vouch_bytes){info.aik_pub_hash.data,
                                                info.aik_pub_hash.len}));
    attested_free(&attested);
    tls_pair_free(tls);
    remove_dir();
}
END_TEST

/* And in a Verifier's result, with its own nonce. */
START_TEST(nonces_of_a_result_are_compared_in_constant_time)
{
    static const uint8_t nonce[16] = {5};
    struct results r;

    results_init(&r, VOUCH_EAR_CWT_FORMAT);
    r.expected.nonce = r.ear.nonce = (vouch_bytes){nonce, sizeof nonce};
    num_calls = 0;
    ck_assert_int_eq(VOUCH_ACCEPTED, results_judge(&r));
    /* by the appraiser, and where members of a collection come together */
    ck_assert_uint_eq(2, compared(vouch_digest_bytes(&r.expected.binder)));
    ck_assert_uint_eq(2,
                      compared((vouch_bytes){r.aik_hash, sizeof r.aik_hash}));
    ck_assert_uint_eq(1, compared(r.expected.nonce));
    results_free(&r);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_timing");
    TCase *tc = tcase_create("attack_timing");

    tcase_add_loop_test(tc, finished_is_compared_in_constant_time, 0, 4);
    tcase_add_test(tc, binder_and_aik_hash_are_compared_in_constant_time);
    tcase_add_test(tc, nonces_of_a_result_are_compared_in_constant_time);
    suite_add_tcase(suite, tc);
    return suite;
}
