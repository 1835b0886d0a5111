/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/memory.h>

#include "proto/capsule.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Every operation ends in exactly one of REPLY, REFUSED and UNKNOWN, however
 * far it has come and however the session ends; design, Command gating and End.
 */

static struct session_pair pair;

/* Memory: after `left` more allocations one fails, or all do. */

static size_t left = SIZE_MAX;
static bool for_good;
static bool failed;

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    if (left == 0) {
        failed = true;
        left = for_good ? 0 : SIZE_MAX;
        return NULL;
    }
    left -= left != SIZE_MAX;
    return malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static void set_up(void)
{
    vouch_set_allocator(&(vouch_allocator){allocate, release, NULL});
    operations_init(&pair);
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

/* How far the operation has come. */

static vouch_exchange is_asked(void)
{
    return operations_ask(&pair);
}

static vouch_exchange is_being_produced(void)
{
    vouch_exchange exchange;

    pair.server.holds_evidence = true;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    return exchange;
}

static vouch_exchange is_being_appraised(void)
{
    vouch_exchange exchange;

    pair.client.holds_verdicts = true;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    return exchange;
}

static vouch_exchange is_approved(void)
{
    return operations_approve(&pair);
}

static vouch_exchange is_sent(void)
{
    return operations_send(&pair);
}

static vouch_exchange is_delivered(void)
{
    return operations_deliver(&pair);
}

static vouch_exchange is_running(void)
{
    return operations_start(&pair);
}

static const struct {
    vouch_exchange (*come)(void);
    vouch_event_type end; /* where it is given up */
} stages[] = {
    {is_asked, VOUCH_EVENT_REFUSED},
    {is_being_produced, VOUCH_EVENT_REFUSED},
    {is_being_appraised, VOUCH_EVENT_REFUSED},
    {is_approved, VOUCH_EVENT_REFUSED},
    {is_sent, VOUCH_EVENT_UNKNOWN},
    {is_delivered, VOUCH_EVENT_UNKNOWN},
    {is_running, VOUCH_EVENT_UNKNOWN},
};

static void assert_ended(vouch_exchange exchange, vouch_event_type how)
{
    while (pair_step(&pair, &pair.client)) {
    }
    ck_assert_uint_eq(operations_count(&pair.client, how, exchange), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    ck_assert_int_ne(operations_command(&pair, exchange), VOUCH_OK);
}

START_TEST(operation_ends_when_the_connection_dies)
{
    vouch_exchange exchange;

    start();
    exchange = stages[_i].come();
    ck_assert_int_eq(vouch_session_end_of_stream(pair.client.session, pair.now),
                     VOUCH_E_UNEXPECTED);
    assert_ended(exchange, stages[_i].end);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_CLOSED);
}
END_TEST

START_TEST(operation_ends_when_the_peer_breaks_the_protocol)
{
    static const uint8_t garbage[] = {0xff};
    vouch_exchange exchange;

    start();
    exchange = stages[_i].come();
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_REPLY,
                                  (vouch_bytes){garbage, sizeof garbage}),
                     VOUCH_E_CBOR);
    assert_ended(exchange, stages[_i].end);
}
END_TEST

static void give_close(vouch_session *session, uint64_t code)
{
    const struct vouch_close_message m = {code};
    vouch_buffer value;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 8));
    ck_assert_int_eq(vouch_close_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(
        capsule_give(session, pair.now, VOUCH_CAPSULE_CLOSE, span_of(&value)),
        VOUCH_OK);
    free(value.data);
}

START_TEST(operation_ends_with_the_peers_close)
{
    vouch_exchange exchange;

    for (uint64_t code = 0; code <= 6; code++) {
        start();
        exchange = stages[_i].come();
        give_close(pair.client.session, code);
        assert_ended(exchange, stages[_i].end);
        tear_down();
        set_up();
    }
}
END_TEST

static void conclude(void)
{
    const struct pair_event *needed =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED);
    vouch_appraisal_info info;
    vouch_result result;

    if (needed == NULL || vouch_session_appraisal_info(pair.client.session,
                                                       needed->event.exchange,
                                                       &info) != VOUCH_OK) {
        return;
    }
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    (void)(vouch_session_conclude(pair.client.session, needed->event.exchange,
                                  &result, pair.now) != VOUCH_OK);
}

/* What the server has to say, a verdict, and the command, as far as each is
 * due; then the connection dies. */
static void live_on(vouch_exchange exchange, vouch_bytes octets)
{
    size_t taken;

    (void)(vouch_session_recv(pair.client.session, octets, pair.now, &taken) !=
           VOUCH_OK);
    conclude();
    (void)(operations_command(&pair, exchange) != VOUCH_OK);
    (void)(vouch_session_end_of_stream(pair.client.session, pair.now) !=
           VOUCH_OK);
}

/* Whether an allocation failed on the way. */
static bool end_without_memory(size_t stage, size_t after)
{
    vouch_exchange exchange;
    vouch_bytes waiting;
    uint8_t *octets;

    start();
    exchange = stages[stage].come();
    pair.client.holds_verdicts = true;
    (void)pair_move(&pair, &pair.client, &pair.server, SIZE_MAX);
    (void)pair_step(&pair, &pair.server);
    waiting = vouch_session_outgoing(pair.server.session);
    octets = exact_copy(waiting.data, waiting.len);
    failed = false;
    left = after;
    live_on(exchange, (vouch_bytes){octets, waiting.len});
    left = SIZE_MAX;
    free(octets);
    while (pair_step(&pair, &pair.client)) {
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    return failed;
}

START_TEST(operation_ends_when_memory_is_short)
{
    size_t after = 0;
    bool short_of_memory = true;

    for_good = _i % 2 != 0;
    while (short_of_memory) {
        tear_down();
        set_up();
        short_of_memory = end_without_memory((size_t)_i / 2, after++);
    }
    ck_assert_uint_gt(after, 1);
}
END_TEST

/* A command that is out may still be replied to; all else is given up. */
START_TEST(operation_ends_with_the_own_close)
{
    vouch_exchange exchange;

    start();
    exchange = stages[_i].come();
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    give_close(pair.client.session, 0);
    assert_ended(exchange, stages[_i].end);
}
END_TEST

START_TEST(operation_ends_with_its_time)
{
    vouch_exchange exchange;

    start();
    exchange = stages[_i].come();
    for (int i = 0; i < 12; i++) {
        pair.now.mono_ms += 10000;
        ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                         VOUCH_OK);
    }
    assert_ended(exchange, stages[_i].end);
}
END_TEST

/* The executor may begin until the deadline, and has then as long as an answer
 * may take. */
START_TEST(operation_that_was_sent_is_waited_for)
{
    vouch_exchange exchange;
    uint64_t asked = pair.now.mono_ms;

    start();
    exchange = operations_start(&pair);
    pair.now.mono_ms = asked + OPERATION_WITHIN_MS + 29999;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert(!vouch_session_has_event(pair.client.session));
    pair.now.mono_ms++;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    assert_ended(exchange, VOUCH_EVENT_UNKNOWN);
    /* Its reply is too late. */
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

/* The end, with commands running */

START_TEST(close_of_the_asker_waits_for_the_reply)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CLOSED), 1);
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert(!vouch_session_ended(pair.server.session));
    ck_assert_int_eq(
        operations_reply(&pair, exchange, VOUCH_STATUS_DONE, "done"), VOUCH_OK);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_REPLY);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* A command that was delivered and not taken yet is waited for as well. */
START_TEST(close_of_the_executor_waits_for_what_was_delivered)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CLOSED), 0);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CLOSED), 0);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_REPLY);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

/* What was delivered before the asker's CLOSE 0 may still begin. */
START_TEST(command_that_was_delivered_starts_after_the_askers_close)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_REPLY);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

/* Both run a command of the other, and both close. */
START_TEST(close_of_both_waits_for_both_replies)
{
    vouch_exchange exchange, other = {0};

    ck_assert_int_eq(
        vouch_config_set_asker(pair.client.config, VOUCH_ASKER_ATTESTED),
        VOUCH_OK);
    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.server.session, vouch_text(OPERATION),
                         OPERATION_WITHIN_MS, pair.now, &other),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_command(pair.server.session, other,
                                           vouch_text(OPERATION), pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    other = pair_last(&pair.client, VOUCH_EVENT_COMMAND)->event.exchange;
    ck_assert_int_eq(vouch_session_take(pair.client.session, other, pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CLOSED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CLOSED), 0);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_reply(pair.client.session, other,
                                         VOUCH_STATUS_DONE,
                                         (vouch_bytes){NULL, 0}, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_REPLY);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_REPLY), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_UNKNOWN), 0);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* CLOSE came before the end of the stream: nothing was cut off. */
START_TEST(stream_may_end_behind_close_while_a_command_runs)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_end_of_stream(pair.server.session, pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_REPLY);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* Nothing is read after CLOSE, and it is no fault that something comes. */
START_TEST(octets_after_close_are_dropped_while_a_command_runs)
{
    static const uint8_t octets[] = {0xff, 0xff, 0xff};
    vouch_exchange exchange;
    size_t taken = 0;

    start();
    exchange = operations_start(&pair);
    give_close(pair.server.session, 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(
            vouch_session_recv(pair.server.session,
                               (vouch_bytes){octets, sizeof octets}, pair.now,
                               &taken),
            VOUCH_OK);
        ck_assert_uint_eq(taken, sizeof octets);
    }
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_recv(pair.server.session,
                                        (vouch_bytes){octets, sizeof octets},
                                        pair.now, &taken),
                     VOUCH_E_CLOSED);
    while (pair_step(&pair, &pair.server)) {
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* An OUTCOME that has no place ends the session, and the executor is told that
 * nobody waits for the command any more. */
START_TEST(command_ends_when_its_asker_breaks_the_protocol)
{
    struct vouch_outcome_message m = {
        .verdict = VOUCH_ACCEPTED, .has_hold = true, .hold_ms = 1000};
    vouch_exchange exchange;
    vouch_buffer value;
    CBB cbb;

    start();
    exchange = _i != 0 ? operations_start(&pair) : operations_deliver(&pair);
    m.id = exchange.id;
    ck_assert(CBB_init(&cbb, 8));
    ck_assert_int_eq(vouch_outcome_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                  VOUCH_CAPSULE_OUTCOME, span_of(&value)),
                     VOUCH_E_UNEXPECTED);
    free(value.data);
    while (pair_step(&pair, &pair.server)) {
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 1);
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_DENIED, exchange), 1);
}
END_TEST

enum { GOODBYE_MS = 10000 };

/* An application that never replies keeps nobody for ever: neither the side
 * that closes ... */
START_TEST(close_waits_for_the_own_commands_up_to_a_limit)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    ck_assert_uint_le(vouch_session_deadline(pair.server.session),
                      pair.now.mono_ms + GOODBYE_MS);
    pair.now.mono_ms += GOODBYE_MS - 1;
    ck_assert_int_eq(vouch_session_tick(pair.server.session, pair.now),
                     VOUCH_OK);
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    pair.now.mono_ms += 1;
    ck_assert_int_eq(vouch_session_tick(pair.server.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_CLOSED)->event.u.closed.code, 0);
    assert_ended(exchange, VOUCH_EVENT_UNKNOWN);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_E_HANDLE);
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_DENIED, exchange), 1);
}
END_TEST

/* ... nor the side that answers. */
START_TEST(answer_to_close_waits_for_commands_up_to_a_limit)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    give_close(pair.server.session, 0);
    ck_assert_uint_le(vouch_session_deadline(pair.server.session),
                      pair.now.mono_ms + GOODBYE_MS);
    pair.now.mono_ms += GOODBYE_MS - 1;
    ck_assert_int_eq(vouch_session_tick(pair.server.session, pair.now),
                     VOUCH_OK);
    ck_assert(!vouch_session_ended(pair.server.session));
    pair.now.mono_ms += 1;
    ck_assert_int_eq(vouch_session_tick(pair.server.session, pair.now),
                     VOUCH_OK);
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_E_HANDLE);
    while (pair_step(&pair, &pair.server)) {
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_DENIED, exchange), 1);
}
END_TEST

/* The executor's answer comes as late as it may, and is in time. */
START_TEST(close_waits_for_the_latest_answer)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    pair_wait(&pair, GOODBYE_MS);
    pair_run(&pair);
    assert_ended(exchange, VOUCH_EVENT_UNKNOWN);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* A peer that never answers CLOSE 0 is at fault; its answer may wait as long as
 * CLOSE 0 itself. */
START_TEST(close_that_is_not_answered_fails_in_the_end)
{
    start();
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    pair.now.mono_ms += 2 * GOODBYE_MS - 1;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    pair.now.mono_ms += 1;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_E_UNEXPECTED);
    ck_assert(vouch_session_ended(pair.client.session));
}
END_TEST

/* The executor's side of a connection that dies */
START_TEST(command_of_a_session_that_failed_is_not_taken)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    ck_assert_int_eq(vouch_session_end_of_stream(pair.server.session, pair.now),
                     VOUCH_E_UNEXPECTED);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
    while (pair_step(&pair, &pair.server)) {
    }
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_DENIED, exchange), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("operation_ends");
    TCase *tc = tcase_create("operation_ends");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, operation_ends_when_the_connection_dies, 0,
                        COUNT(stages));
    tcase_add_loop_test(tc, operation_ends_when_the_peer_breaks_the_protocol, 0,
                        COUNT(stages));
    tcase_add_loop_test(tc, operation_ends_with_the_peers_close, 0,
                        COUNT(stages));
    tcase_add_loop_test(tc, operation_ends_when_memory_is_short, 0,
                        2 * COUNT(stages));
    tcase_add_loop_test(tc, operation_ends_with_the_own_close, 0,
                        COUNT(stages));
    tcase_add_loop_test(tc, operation_ends_with_its_time, 0, COUNT(stages));
    tcase_add_test(tc, operation_that_was_sent_is_waited_for);
    tcase_add_test(tc, close_of_the_asker_waits_for_the_reply);
    tcase_add_test(tc, close_of_the_executor_waits_for_what_was_delivered);
    tcase_add_test(tc,
                   command_that_was_delivered_starts_after_the_askers_close);
    tcase_add_test(tc, close_of_both_waits_for_both_replies);
    tcase_add_test(tc, stream_may_end_behind_close_while_a_command_runs);
    tcase_add_test(tc, octets_after_close_are_dropped_while_a_command_runs);
    tcase_add_loop_test(tc, command_ends_when_its_asker_breaks_the_protocol, 0,
                        2);
    tcase_add_test(tc, close_waits_for_the_own_commands_up_to_a_limit);
    tcase_add_test(tc, answer_to_close_waits_for_commands_up_to_a_limit);
    tcase_add_test(tc, close_waits_for_the_latest_answer);
    tcase_add_test(tc, close_that_is_not_answered_fails_in_the_end);
    tcase_add_test(tc, command_of_a_session_that_failed_is_not_taken);
    suite_add_tcase(suite, tc);
    return suite;
}
