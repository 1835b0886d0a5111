/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>
#include <vouch/memory.h>

#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * What a session keeps of exchanges that are settled, and of events that nobody
 * polls; and that a rejection ends what is older, whatever became of its own
 * exchange (proto/README.md, 10).
 */

static struct session_pair pair;
static size_t live; /* octets that the library has */

static void *allocate(void *arg, size_t size)
{
    uint8_t *memory = malloc(size + 16);

    (void)arg;
    if (memory == NULL) {
        return NULL;
    }
    live += size;
    memcpy(memory, &size, sizeof size);
    return memory + 16;
}

static void release(void *arg, void *memory)
{
    uint8_t *block = (uint8_t *)memory - 16;
    size_t size;

    (void)arg;
    memcpy(&size, block, sizeof size);
    live -= size;
    free(block);
}

static void set_up(void)
{
    vouch_set_allocator(&(vouch_allocator){allocate, release, NULL});
    operations_init(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
    ck_assert_uint_eq(live, 0);
}

static void give_outcome(uint64_t id, vouch_verdict verdict, uint64_t hold_ms)
{
    const struct vouch_outcome_message m = {
        .id = id,
        .verdict = verdict,
        .reason = verdict == VOUCH_ACCEPTED ? 0 : VOUCH_PEER_POLICY,
        .has_hold = verdict == VOUCH_ACCEPTED,
        .hold_ms = hold_ms,
    };
    vouch_buffer value;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 32));
    ck_assert_int_eq(vouch_outcome_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_OUTCOME, span_of(&value)),
                     VOUCH_OK);
    free(value.data);
}

/* The server asks, and its answer is awaited; its own OUTCOMEs are not sent. */
static uint64_t answer_server(void)
{
    vouch_exchange exchange;

    pair.now.mono_ms += 1500;
    ck_assert_int_eq(
        vouch_session_request(pair.server.session, pair.now, &exchange),
        VOUCH_OK);
    (void)pair_move(&pair, &pair.server, &pair.client, SIZE_MAX);
    (void)pair_step(&pair, &pair.client);
    (void)pair_move(&pair, &pair.client, &pair.server, SIZE_MAX);
    ck_assert_int_eq(
        vouch_session_cancel(pair.server.session, exchange, pair.now),
        VOUCH_OK);
    vouch_session_sent(pair.server.session, SIZE_MAX);
    return exchange.id;
}

static void settle(void)
{
    pair.client.num = pair.server.num = 0;
    (void)pair_step(&pair, &pair.client);
    (void)pair_step(&pair, &pair.server);
    pair.client.num = pair.server.num = 0;
}

/* Each hold is shorter than the last, so that none makes an older one
 * needless. */
START_TEST(confirmations_that_a_peer_can_pile_up_are_few)
{
    uint64_t hold = UINT64_C(1) << 60;
    size_t after_few = 0;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.server.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    pair.server.holds_verdicts = true;
    pair_start(&pair);
    pair_run(&pair);
    for (size_t i = 0; i < 100; i++) {
        give_outcome(answer_server(), VOUCH_ACCEPTED, hold -= 100000);
        settle();
        if (i == 10) {
            after_few = live;
        }
    }
    ck_assert_uint_le(live, after_few + 64);
}
END_TEST

/* What lasts longest lasts, also when many came after it. */
START_TEST(confirmation_that_lasts_longest_is_kept)
{
    pair.server.holds_verdicts = true;
    ck_assert_int_eq(
        vouch_config_set_gate(pair.server.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    pair_start(&pair);
    pair_run(&pair);
    give_outcome(answer_server(), VOUCH_ACCEPTED, 10000000);
    for (uint64_t i = 0; i < 10; i++) {
        give_outcome(answer_server(), VOUCH_ACCEPTED, 100000 - 3000 * i);
        settle();
    }
    pair.now.mono_ms += 9000000;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert(vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                     pair.now));
    pair.now.mono_ms += 1000001;
    ck_assert(!vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                      pair.now));
}
END_TEST

/* Rejections: the server is the executor here, and the client rejects. */

static vouch_exchange confirm_plain(void)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    return exchange;
}

static bool server_is_confirmed(void)
{
    return vouch_session_may_send(pair.server.session, VOUCH_TRAFFIC_DATA,
                                  pair.now);
}

static void reject_at_server(uint64_t id)
{
    const struct vouch_outcome_message m = {
        .id = id, .verdict = VOUCH_REJECTED, .reason = VOUCH_PEER_POLICY};
    vouch_buffer value;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 32));
    ck_assert_int_eq(vouch_outcome_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                  VOUCH_CAPSULE_OUTCOME, span_of(&value)),
                     VOUCH_OK);
    free(value.data);
}

static uint64_t confirmed(void)
{
    return operations_approve(&pair).id;
}

static uint64_t offered(void)
{
    return operations_deliver(&pair).id;
}

static uint64_t running(void)
{
    return operations_start(&pair).id;
}

static uint64_t over(void)
{
    vouch_exchange exchange = operations_start(&pair);

    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    return exchange.id;
}

static uint64_t superseded(void)
{
    uint64_t id = confirm_plain().id;

    pair_wait(&pair, 10);
    (void)confirm_plain();
    return id + 1;
}

static uint64_t lapsed(void)
{
    uint64_t id = confirmed();

    pair_wait(&pair, OPERATION_WITHIN_MS + 1);
    pair_run(&pair);
    return id;
}

static uint64_t (*const states[])(void) = {confirmed, offered,    running,
                                           over,      superseded, lapsed};

START_TEST(rejection_ends_what_is_older_in_every_state)
{
    uint64_t id;

    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 0),
                     VOUCH_OK);
    pair_start(&pair);
    pair_run(&pair);
    (void)confirm_plain();
    ck_assert(server_is_confirmed());
    id = states[_i]();
    ck_assert(server_is_confirmed());
    reject_at_server(id);
    ck_assert(!server_is_confirmed());
}
END_TEST

/* Events that nobody polls */

static size_t count_waiting(vouch_session *session)
{
    vouch_event event;
    size_t num = 0;

    while (vouch_session_poll(session, &event)) {
        num++;
    }
    return num;
}

static void want_peer(void)
{
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
}

/* The application ticks and never polls, and the peer never answers. */
START_TEST(time_alone_makes_few_events)
{
    want_peer();
    pair.server.holds_evidence = true;
    pair_start(&pair);
    (void)pair_move(&pair, &pair.server, &pair.client, SIZE_MAX);
    for (size_t i = 0; i < 20000; i++) {
        pair.now.mono_ms += 30000;
        ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                         VOUCH_OK);
        vouch_session_sent(pair.client.session, SIZE_MAX);
    }
    ck_assert_uint_le(count_waiting(pair.client.session),
                      2 * VOUCH_LIMIT_EVENTS);
    /* With the events polled it asks again. */
    pair.now.mono_ms += 60000;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert_uint_ne(vouch_session_outgoing(pair.client.session).len, 0);
}
END_TEST

START_TEST(requests_without_a_poll_make_few_events)
{
    vouch_exchange exchange;
    vouch_err err = VOUCH_OK;
    size_t num = 0;

    pair_start(&pair);
    pair_run(&pair);
    while (err == VOUCH_OK && num < 1000) {
        err = vouch_session_request(pair.client.session, pair.now, &exchange);
        if (err == VOUCH_OK) {
            num++;
            ck_assert_int_eq(
                vouch_session_cancel(pair.client.session, exchange, pair.now),
                VOUCH_OK);
        }
        vouch_session_sent(pair.client.session, SIZE_MAX);
    }
    ck_assert_int_eq(err, VOUCH_E_TOO_MANY);
    ck_assert_uint_le(count_waiting(pair.client.session),
                      2 * VOUCH_LIMIT_EVENTS);
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
}
END_TEST

/* What is needed is said once, as it is now. */
START_TEST(postures_without_a_poll_make_few_events)
{
    vouch_exchange exchange;
    vouch_event event = {0};
    size_t num = 0;

    pair.server.holds_evidence = true;
    pair_start(&pair);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    (void)pair_move(&pair, &pair.client, &pair.server, SIZE_MAX);
    for (uint64_t i = 1; i <= 20000; i++) {
        uint8_t sha256[32];

        memset(sha256, (int)i, sizeof sha256);
        ck_assert_int_eq(vouch_session_set_posture(pair.server.session,
                                                   "policy", sha256, pair.now),
                         VOUCH_OK);
        vouch_session_sent(pair.server.session, SIZE_MAX);
    }
    while (vouch_session_poll(pair.server.session, &event)) {
        num++;
    }
    ck_assert_uint_eq(num, 1);
    ck_assert_int_eq(event.type, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_uint_eq(event.exchange.epoch, 20000);
    pair_answer(&pair, &pair.server, event.exchange);
    pair.server.holds_evidence = false;
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("settled");
    TCase *tc = tcase_create("settled");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, confirmations_that_a_peer_can_pile_up_are_few);
    tcase_add_test(tc, confirmation_that_lasts_longest_is_kept);
    tcase_add_loop_test(tc, rejection_ends_what_is_older_in_every_state, 0,
                        (int)(sizeof states / sizeof states[0]));
    tcase_add_test(tc, time_alone_makes_few_events);
    tcase_add_test(tc, requests_without_a_poll_make_few_events);
    tcase_add_test(tc, postures_without_a_poll_make_few_events);
    suite_add_tcase(suite, tc);
    return suite;
}
