/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/authenticator.h>

#include "proto/capsule.h"
#include "proto/context.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * Attacks 11 and 13: contexts that repeat, and a verifier nonce that is not the
 * one in the context. The client asks; the library's random numbers are the
 * test's (the linker's --wrap).
 */

static struct session_pair pair;
static bool random_is_fixed, random_fails;

int __real_RAND_bytes(uint8_t *out, size_t len);
int __wrap_RAND_bytes(uint8_t *out, size_t len);

int __wrap_RAND_bytes(uint8_t *out, size_t len)
{
    if (random_fails) {
        return 0;
    }
    if (random_is_fixed) {
        memset(out, 0x42, len);
        return 1;
    }
    return __real_RAND_bytes(out, len);
}

static void set_up(void)
{
    random_is_fixed = random_fails = false;
    pair_init(&pair);
    ck_assert_int_eq(vouch_config_set_gate(pair.client.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

/* A REQUEST, taken from where it was to be sent. */
struct asked {
    vouch_buffer value;
    struct vouch_request_message m;
    vouch_bytes context;
};

static struct asked take_request(struct pair_peer *from)
{
    struct asked asked;

    asked.value = capsule_expect(from->session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(
        vouch_request_message_decode(span_of(&asked.value), &asked.m),
        VOUCH_OK);
    ck_assert_int_eq(vouch_get_context(asked.m.request, &asked.context),
                     VOUCH_OK);
    return asked;
}

static vouch_err give(struct pair_peer *to,
                      const struct vouch_request_message *m)
{
    vouch_buffer value;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ck_assert_int_eq(vouch_request_message_encode(&cbb, m), VOUCH_OK);
    value = finish_cbb(&cbb);
    err = capsule_give(to->session, pair.now, VOUCH_CAPSULE_REQUEST,
                       span_of(&value));
    free(value.data);
    return err;
}

static void ask(struct pair_peer *peer)
{
    vouch_exchange exchange;

    ck_assert_int_eq(vouch_session_request(peer->session, pair.now, &exchange),
                     VOUCH_OK);
}

static void ask_with(const char *nonce)
{
    vouch_exchange exchange;

    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session,
                                                 vouch_text(nonce), pair.now,
                                                 &exchange),
                     VOUCH_OK);
}

/* Attack 11: the counter and the role make contexts differ by themselves. */
START_TEST(contexts_differ_even_if_random_numbers_do_not)
{
    enum { NUM = 3 };
    struct asked asked[2 * NUM];

    random_is_fixed = true;
    start();
    for (int i = 0; i < NUM; i++) {
        ask(&pair.client);
        asked[2 * i] = take_request(&pair.client);
        ck_assert_int_eq(give(&pair.server, &asked[2 * i].m), VOUCH_OK);
        ask(&pair.server);
        asked[2 * i + 1] = take_request(&pair.server);
        ck_assert_int_eq(give(&pair.client, &asked[2 * i + 1].m), VOUCH_OK);
    }
    for (int i = 0; i < 2 * NUM; i++) {
        for (int j = 0; j < i; j++) {
            ck_assert(!vouch_bytes_equal(asked[i].context, asked[j].context));
        }
    }
    for (int i = 0; i < 2 * NUM; i++) {
        free(asked[i].value.data);
    }
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), NUM);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), NUM);
}
END_TEST

START_TEST(request_without_random_numbers_is_not_made)
{
    vouch_exchange exchange = {.id = 99};

    start();
    random_fails = true;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_E_CRYPTO);
    ck_assert_uint_eq(exchange.id, 99);
    ck_assert(vouch_session_ended(pair.client.session));
    free(capsule_expect(pair.client.session, VOUCH_CAPSULE_CLOSE).data);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
}
END_TEST

/* Attack 11: the peer's context comes again, in whatever exchange. */
static const int64_t repeated[] = {0, 1, 5};

START_TEST(request_with_a_context_of_before_is_refused)
{
    struct asked asked;

    pair.server.holds_evidence = true;
    start();
    ask(&pair.client);
    asked = take_request(&pair.client);
    ck_assert_int_eq(give(&pair.server, &asked.m), VOUCH_OK);
    asked.m.id += (uint64_t)repeated[_i];
    ck_assert_int_eq(give(&pair.server, &asked.m), VOUCH_E_CONTEXT_REUSED);
    free(asked.value.data);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_FAILED)->event.u.failed.code, 1);
}
END_TEST

START_TEST(request_that_was_overtaken_is_refused)
{
    struct asked first, second;

    start();
    ask(&pair.client);
    first = take_request(&pair.client);
    ask(&pair.client);
    second = take_request(&pair.client);
    ck_assert_int_eq(give(&pair.server, &second.m), VOUCH_OK); /* a gap */
    ck_assert_int_eq(give(&pair.server, &first.m), VOUCH_E_CONTEXT_REUSED);
    free(first.value.data);
    free(second.value.data);
}
END_TEST

/* Attack 13 */

static const uint8_t nonce[65] = {7, 6, 5, 4, 3, 2, 1};

static const struct {
    size_t len;
    vouch_err err;
} lengths[] = {
    {0, VOUCH_E_ARGUMENT}, {7, VOUCH_E_ARGUMENT},  {8, VOUCH_OK},
    {64, VOUCH_OK},        {65, VOUCH_E_ARGUMENT},
};

START_TEST(nonce_has_8_to_64_octets)
{
    vouch_exchange exchange = {.id = 99};
    vouch_bytes n = {nonce, lengths[_i].len};
    struct vouch_context context;
    struct asked asked;

    start();
    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session, n,
                                                 pair.now, &exchange),
                     lengths[_i].err);
    if (lengths[_i].err != VOUCH_OK) {
        ck_assert_uint_eq(exchange.id, 99);
        ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
        return;
    }
    asked = take_request(&pair.client);
    ck_assert_int_eq(vouch_context_parse(asked.context, &context), VOUCH_OK);
    ck_assert(
        vouch_bytes_equal(context.nonce, n)); /* whole, and nothing else */
    ck_assert(vouch_bytes_equal(asked.m.nonce, n));
    ck_assert_uint_eq(context.id, exchange.id);
    ck_assert_int_eq(give(&pair.server, &asked.m), VOUCH_OK);
    free(asked.value.data);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
}
END_TEST

START_TEST(nonce_waits_for_the_peers_capabilities)
{
    vouch_exchange exchange = {.id = 99};

    pair_start(&pair);
    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session,
                                                 (vouch_bytes){nonce, 8},
                                                 pair.now, &exchange),
                     VOUCH_E_STATE);
    ck_assert_uint_eq(exchange.id, 99);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session,
                                                 (vouch_bytes){nonce, 8},
                                                 pair.now, &exchange),
                     VOUCH_OK);
}
END_TEST

/* Two nonces, two binders: what was appraised for one is not said of the
 * other. */
START_TEST(result_for_another_nonce_is_rejected)
{
    vouch_appraisal_info info;
    vouch_exchange first, second;
    vouch_result result;

    pair.client.holds_verdicts = true;
    start();
    ask_with("the first nonce");
    pair_run(&pair);
    first =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ask_with("the second nonce");
    pair_run(&pair);
    second =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, second, &info),
        VOUCH_OK);
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    ck_assert_int_eq(
        vouch_session_conclude(pair.client.session, second, &result, pair.now),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_conclude(pair.client.session, first, &result, pair.now),
        VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_CONTRACT);
}
END_TEST

/* design, The wire: what REQUEST says beside the context must match it. */

static void change_nothing(struct vouch_request_message *m)
{
    (void)m;
}

static void change_nonce(struct vouch_request_message *m)
{
    static uint8_t other[VOUCH_NONCE_MAX];

    memcpy(other, m->nonce.data, m->nonce.len);
    other[m->nonce.len - 1] ^= 1;
    m->nonce.data = other;
}

static void shorten_nonce(struct vouch_request_message *m)
{
    m->nonce.len--;
}

static void drop_nonce(struct vouch_request_message *m)
{
    m->nonce = (vouch_bytes){NULL, 0};
}

static void add_nonce(struct vouch_request_message *m)
{
    m->nonce = (vouch_bytes){nonce, 8};
}

static void add_operation(struct vouch_request_message *m)
{
    m->operation = (vouch_bytes){nonce, VOUCH_OPERATION_DIGEST};
}

static void change_id(struct vouch_request_message *m)
{
    m->id++;
}

static void change_role(struct vouch_request_message *m)
{
    m->id |= VOUCH_ID_SERVER;
}

static void change_flag(struct vouch_request_message *m)
{
    m->id ^= VOUCH_ID_NONCE;
}

static const struct {
    const char *nonce; /* NULL: a request without */
    void (*change)(struct vouch_request_message *m);
    vouch_err err;
} changes[] = {
    {"0123456789", change_nothing, VOUCH_OK},
    {"0123456789", change_nonce, VOUCH_E_ILLEGAL},
    {"0123456789", shorten_nonce, VOUCH_E_ILLEGAL},
    {"0123456789", drop_nonce, VOUCH_E_ILLEGAL},
    {"0123456789", add_operation, VOUCH_E_ILLEGAL},
    {"0123456789", change_id, VOUCH_E_ILLEGAL},
    {"0123456789", change_role, VOUCH_E_ILLEGAL},
    {"0123456789", change_flag, VOUCH_E_ILLEGAL},
    {NULL, change_nothing, VOUCH_OK},
    {NULL, add_nonce, VOUCH_E_ILLEGAL},
    {NULL, add_operation, VOUCH_E_ILLEGAL},
    {NULL, change_id, VOUCH_E_ILLEGAL},
    {NULL, change_flag, VOUCH_E_ILLEGAL},
};

START_TEST(request_says_what_its_context_says)
{
    struct asked asked;

    start();
    if (changes[_i].nonce != NULL) {
        ask_with(changes[_i].nonce);
    } else {
        ask(&pair.client);
    }
    asked = take_request(&pair.client);
    changes[_i].change(&asked.m);
    ck_assert_int_eq(give(&pair.server, &asked.m), changes[_i].err);
    free(asked.value.data);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED),
                      changes[_i].err == VOUCH_OK ? 1 : 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      changes[_i].err == VOUCH_OK ? 1 : 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_context");
    TCase *tc = tcase_create("attack_context");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, contexts_differ_even_if_random_numbers_do_not);
    tcase_add_test(tc, request_without_random_numbers_is_not_made);
    tcase_add_loop_test(tc, request_with_a_context_of_before_is_refused, 0,
                        COUNT(repeated));
    tcase_add_test(tc, request_that_was_overtaken_is_refused);
    tcase_add_loop_test(tc, nonce_has_8_to_64_octets, 0, COUNT(lengths));
    tcase_add_test(tc, nonce_waits_for_the_peers_capabilities);
    tcase_add_test(tc, result_for_another_nonce_is_rejected);
    tcase_add_loop_test(tc, request_says_what_its_context_says, 0,
                        COUNT(changes));
    suite_add_tcase(suite, tc);
    return suite;
}
