/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/limits.h>

#include "proto/capsule.h"
#include "proto/context.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Attacks 58 and 59: a deviant asker, who has its command executed without
 * approval, late, twice or in place of another; and a deviant executor. The
 * client is honest as far as its session sends; what it would not send is given
 * to the server here.
 */

static struct session_pair pair;

static void set_up(void)
{
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

static vouch_err give_command(uint64_t id, const char *operation)
{
    vouch_buffer value = operations_message(id, vouch_text(operation));
    vouch_err err = capsule_give(pair.server.session, pair.now,
                                 VOUCH_CAPSULE_COMMAND, span_of(&value));

    free(value.data);
    return err;
}

/* The next capsule of the server is a REPLY with no more than this status. */
static void assert_reply(uint64_t id, vouch_status status)
{
    vouch_buffer value =
        capsule_expect(pair.server.session, VOUCH_CAPSULE_REPLY);
    struct vouch_reply_message m;

    ck_assert_int_eq(vouch_reply_message_decode(span_of(&value), &m), VOUCH_OK);
    ck_assert_uint_eq(m.id, id);
    ck_assert_uint_eq(m.status, status);
    ck_assert(!m.has_octets);
    ck_assert(!m.posture_changed);
    free(value.data);
}

static void assert_told(size_t commands)
{
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), commands);
}

static void change_posture(struct pair_peer *peer)
{
    static uint8_t digest[32];

    digest[0]++;
    ck_assert_int_eq(
        vouch_session_set_posture(peer->session, "model", digest, pair.now),
        VOUCH_OK);
}

START_TEST(command_that_was_approved_is_offered)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_told(1);
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
}
END_TEST

/* Attack 59; the one that was approved may still come. */
START_TEST(command_of_other_octets_is_refused)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_command(exchange.id, "open the safe"), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_DIGEST);
    ck_assert_int_eq(give_command(exchange.id, ""), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_DIGEST);
    assert_told(0);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_told(1);
}
END_TEST

/* Attack 58: posture changes before the command comes. */
START_TEST(command_for_an_older_posture_is_refused)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    change_posture(&pair.server);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_STALE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(command_after_its_time_is_refused)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    pair.now.mono_ms += OPERATION_WITHIN_MS;
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_STALE);
    assert_told(0);
}
END_TEST

/* Attack 58: an approval is used once, whatever became of the command. */
START_TEST(command_that_comes_again_is_refused)
{
    vouch_exchange exchange;
    uint64_t id;

    start();
    exchange = operations_deliver(&pair); /* it waits */
    id = exchange.id;
    ck_assert_int_eq(give_command(id, OPERATION), VOUCH_OK);
    assert_reply(id, VOUCH_STATUS_CONSUMED);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_OK); /* it runs */
    ck_assert_int_eq(give_command(id, OPERATION), VOUCH_OK);
    assert_reply(id, VOUCH_STATUS_CONSUMED);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK); /* it has run */
    assert_reply(id, VOUCH_STATUS_DONE);
    ck_assert_int_eq(give_command(id, OPERATION), VOUCH_OK);
    assert_reply(id, VOUCH_STATUS_CONSUMED);
    assert_told(1);
}
END_TEST

START_TEST(command_that_was_refused_and_comes_again_is_refused)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    change_posture(&pair.server);
    free(capsule_expect(pair.server.session, VOUCH_CAPSULE_POSTURE).data);
    assert_reply(exchange.id, VOUCH_STATUS_STALE);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_CONSUMED);
    assert_told(1);
}
END_TEST

/* The asker has not accepted the evidence: not yet, or not at all. */
START_TEST(command_that_was_not_approved_is_refused)
{
    vouch_exchange exchange;

    start();
    pair.client.holds_verdicts = true;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_NOT_CONFIRMED);
    pair.client.verdict = VOUCH_INDETERMINATE;
    pair_conclude(&pair, &pair.client, exchange);
    pair_run(&pair);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_NOT_CONFIRMED);
    assert_told(0);
}
END_TEST

START_TEST(command_before_any_evidence_is_refused)
{
    vouch_exchange exchange;

    start();
    pair.server.holds_evidence = true;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_NOT_CONFIRMED);
    assert_told(0);
}
END_TEST

/* An acceptance of the server in general approves nothing in particular. */
START_TEST(command_without_operation_is_refused)
{
    vouch_exchange exchange;

    start();
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_CONFIRMED, exchange), 1);
    ck_assert_int_eq(give_command(exchange.id, OPERATION), VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_NOT_CONFIRMED);
    assert_told(0);
}
END_TEST

/* An approval ends with a later rejection on this side as well. */
START_TEST(command_after_a_rejection_is_refused)
{
    vouch_exchange exchange, later;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start();
    exchange = operations_deliver(&pair);
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &later), VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_CONFIRMED);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
}
END_TEST

START_TEST(command_for_no_exchange_is_refused)
{
    vouch_exchange exchange, declined;

    start();
    pair.server.holds_evidence = true;
    declined = operations_ask(&pair);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_decline(pair.server.session,
                              operations_at_server(&pair, declined),
                              VOUCH_PEER_POLICY, pair.now),
        VOUCH_OK);
    pair.server.holds_evidence = false;
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_command(declined.id, OPERATION), VOUCH_OK);
    assert_reply(declined.id, VOUCH_STATUS_UNKNOWN_EXCHANGE);
    /* The counter is right, the flags are others. */
    ck_assert_int_eq(give_command(exchange.id & ~VOUCH_ID_OPERATION, OPERATION),
                     VOUCH_OK);
    assert_reply(exchange.id & ~VOUCH_ID_OPERATION,
                 VOUCH_STATUS_UNKNOWN_EXCHANGE);
    assert_told(0);
}
END_TEST

/* Only so many: those that are no exchange's are strays. */
START_TEST(command_floods_end_the_session)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    for (int i = 0; i < VOUCH_LIMIT_STRAYS_PER_MINUTE; i++) {
        ck_assert_int_eq(
            give_command(exchange.id & ~VOUCH_ID_OPERATION, OPERATION),
            VOUCH_OK);
        assert_reply(exchange.id & ~VOUCH_ID_OPERATION,
                     VOUCH_STATUS_UNKNOWN_EXCHANGE);
    }
    ck_assert_int_eq(give_command(exchange.id & ~VOUCH_ID_OPERATION, OPERATION),
                     VOUCH_E_RATE);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_FAILED)->event.u.failed.code, 2);
}
END_TEST

START_TEST(command_with_an_id_that_was_never_seen_ends_the_session)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_command(exchange.id + 1, OPERATION), VOUCH_E_ILLEGAL);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

START_TEST(command_with_the_executors_own_id_ends_the_session)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_command(exchange.id | VOUCH_ID_SERVER, OPERATION),
                     VOUCH_E_ILLEGAL);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

START_TEST(command_beyond_the_limit_ends_the_session)
{
    static const uint8_t much[VOUCH_LIMIT_OPERATION + 1];
    vouch_exchange exchange;
    vouch_buffer value;

    start();
    exchange = operations_approve(&pair);
    value = operations_message(exchange.id,
                               (vouch_bytes){much, VOUCH_LIMIT_OPERATION});
    ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                  VOUCH_CAPSULE_COMMAND, span_of(&value)),
                     VOUCH_OK);
    assert_reply(exchange.id, VOUCH_STATUS_DIGEST);
    free(value.data);
    value = operations_message(exchange.id, (vouch_bytes){much, sizeof much});
    ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                  VOUCH_CAPSULE_COMMAND, span_of(&value)),
                     VOUCH_E_TOO_LARGE);
    free(value.data);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

/* A side that executes nothing is told otherwise of to its peer. */
START_TEST(command_to_a_side_that_executes_nothing_is_refused)
{
    struct vouch_capabilities m;
    vouch_buffer value, lie;
    CBB cbb;

    ck_assert_int_eq(
        vouch_config_set_asker(pair.server.config, VOUCH_ASKER_NOBODY),
        VOUCH_OK);
    pair_start(&pair);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    ck_assert_uint_eq(m.flags & VOUCH_FLAG_EXECUTES, 0);
    m.flags |= VOUCH_FLAG_EXECUTES;
    ck_assert(CBB_init(&cbb, value.len));
    ck_assert_int_eq(vouch_capabilities_encode(&cbb, &m), VOUCH_OK);
    lie = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&lie)),
                     VOUCH_OK);
    free(value.data);
    free(lie.data);
    pair_run(&pair);
    (void)operations_send(&pair);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
}
END_TEST

/* The deviant executor */

static vouch_err give_reply(uint64_t id, uint64_t status)
{
    const struct vouch_reply_message m = {.id = id, .status = status};
    vouch_buffer value;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 32));
    ck_assert_int_eq(vouch_reply_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    err = capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_REPLY,
                       span_of(&value));
    free(value.data);
    return err;
}

static const struct {
    uint64_t wire;
    vouch_status told;
} statuses[] = {
    {0, VOUCH_STATUS_DONE},
    {1, VOUCH_STATUS_DIGEST},
    {2, VOUCH_STATUS_STALE},
    {3, VOUCH_STATUS_CONSUMED},
    {4, VOUCH_STATUS_NOT_CONFIRMED},
    {5, VOUCH_STATUS_NOT_AUTHORISED},
    {6, VOUCH_STATUS_UNKNOWN_EXCHANGE},
    {7, VOUCH_STATUS_FAILED},
    {8, VOUCH_STATUS_FAILED},
    {UINT64_MAX, VOUCH_STATUS_FAILED},
};

/* design, The wire: unknown statuses read as failed. */
START_TEST(reply_status_is_told)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(give_reply(exchange.id, statuses[_i].wire), VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(operations_status(&pair), statuses[_i].told);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(reply_that_comes_again_is_dropped)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(give_reply(exchange.id, 0), VOUCH_OK);
    ck_assert_int_eq(give_reply(exchange.id, 7), VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(reply_to_what_was_not_sent_ends_nothing)
{
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(give_reply(exchange.id, 0), VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_OK);
}
END_TEST

START_TEST(reply_to_an_id_that_was_never_issued_ends_the_session)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(give_reply(exchange.id + 1, 0), VOUCH_E_ILLEGAL);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(
        operations_count(&pair.client, VOUCH_EVENT_UNKNOWN, exchange), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(reply_to_the_executors_own_id_ends_the_session)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(give_reply(exchange.id | VOUCH_ID_SERVER, 0),
                     VOUCH_E_ILLEGAL);
    ck_assert(vouch_session_ended(pair.client.session));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_operations");
    TCase *tc = tcase_create("attack_operations");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, command_that_was_approved_is_offered);
    tcase_add_test(tc, command_of_other_octets_is_refused);
    tcase_add_test(tc, command_for_an_older_posture_is_refused);
    tcase_add_test(tc, command_after_its_time_is_refused);
    tcase_add_test(tc, command_that_comes_again_is_refused);
    tcase_add_test(tc, command_that_was_refused_and_comes_again_is_refused);
    tcase_add_test(tc, command_that_was_not_approved_is_refused);
    tcase_add_test(tc, command_before_any_evidence_is_refused);
    tcase_add_test(tc, command_without_operation_is_refused);
    tcase_add_test(tc, command_after_a_rejection_is_refused);
    tcase_add_test(tc, command_for_no_exchange_is_refused);
    tcase_add_test(tc, command_floods_end_the_session);
    tcase_add_test(tc, command_with_an_id_that_was_never_seen_ends_the_session);
    tcase_add_test(tc, command_with_the_executors_own_id_ends_the_session);
    tcase_add_test(tc, command_beyond_the_limit_ends_the_session);
    tcase_add_test(tc, command_to_a_side_that_executes_nothing_is_refused);
    tcase_add_loop_test(tc, reply_status_is_told, 0, COUNT(statuses));
    tcase_add_test(tc, reply_that_comes_again_is_dropped);
    tcase_add_test(tc, reply_to_what_was_not_sent_ends_nothing);
    tcase_add_test(tc, reply_to_an_id_that_was_never_issued_ends_the_session);
    tcase_add_test(tc, reply_to_the_executors_own_id_ends_the_session);
    suite_add_tcase(suite, tc);
    return suite;
}
