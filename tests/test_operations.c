/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/memory.h"
#include "tests/support/fake_channel.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/* Operations as the two applications see them; design, Command gating. */

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
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
}

static bool may_send_command(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_COMMAND,
                                  pair.now);
}

static void assert_refused(vouch_exchange exchange)
{
    ck_assert_uint_eq(
        operations_count(&pair.client, VOUCH_EVENT_REFUSED, exchange), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    ck_assert(!may_send_command());
}

START_TEST(operation_is_executed_once_it_is_approved)
{
    vouch_exchange exchange;
    const struct pair_event *told;

    start();
    ck_assert(!may_send_command());
    exchange = operations_approve(&pair);
    ck_assert(may_send_command());
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_OK);
    ck_assert(!may_send_command());
    pair_run(&pair);
    told = pair_last(&pair.server, VOUCH_EVENT_COMMAND);
    ck_assert_uint_eq(told->data_len, strlen(OPERATION));
    ck_assert_mem_eq(told->data, OPERATION, strlen(OPERATION));
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
    ck_assert_int_eq(
        vouch_session_take(pair.server.session, told->event.exchange, pair.now),
        VOUCH_OK);
    ck_assert_int_eq(
        operations_reply(&pair, exchange, VOUCH_STATUS_DONE, "it is open"),
        VOUCH_OK);
    pair_run(&pair);
    told = pair_last(&pair.client, VOUCH_EVENT_REPLY);
    ck_assert_uint_eq(told->event.exchange.id, exchange.id);
    ck_assert_int_eq(told->event.u.reply.status, VOUCH_STATUS_DONE);
    ck_assert(!told->event.u.reply.posture_changed);
    ck_assert_uint_eq(told->data_len, 10);
    ck_assert_mem_eq(told->data, "it is open", 10);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(operation_may_give_nothing_back)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
    ck_assert_uint_eq(pair_last(&pair.client, VOUCH_EVENT_REPLY)->data_len, 0);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(operation_may_fail)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(
        operations_reply(&pair, exchange, VOUCH_STATUS_FAILED, "jammed"),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_FAILED);
    ck_assert_mem_eq(pair_last(&pair.client, VOUCH_EVENT_REPLY)->data, "jammed",
                     6);
}
END_TEST

/* Several at once; each opens for its own octets. */
START_TEST(operations_do_not_mix)
{
    vouch_exchange first, second = {0};

    start();
    first = operations_approve(&pair);
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.client.session, vouch_text("shut the door"),
                         OPERATION_WITHIN_MS, pair.now, &second),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_command(&pair, second), VOUCH_E_OPERATION);
    ck_assert_int_eq(vouch_session_command(pair.client.session, second,
                                           vouch_text("shut the door"),
                                           pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(operations_command(&pair, first), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 2);
}
END_TEST

/* Attack 59: an approval for one operation is none for another, and stands. */
START_TEST(operation_other_octets_than_were_approved_are_not_sent)
{
    static const char *const others[] = {"open the doo", "open the door ",
                                         "Open the door", ""};
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    for (int i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(vouch_session_command(pair.client.session, exchange,
                                               vouch_text(others[i]), pair.now),
                         VOUCH_E_OPERATION);
        ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
        ck_assert(may_send_command());
    }
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 1);
}
END_TEST

/* Attack 58: an approval is used once. */
START_TEST(operation_is_never_sent_twice)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    pair_run(&pair);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 1);
}
END_TEST

START_TEST(operation_is_not_sent_before_it_is_approved)
{
    vouch_exchange exchange;

    pair.server.holds_evidence = true;
    start();
    exchange = operations_ask(&pair);
    pair_run(&pair);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    ck_assert(!may_send_command());
}
END_TEST

/* The hold ends no later than the operation's deadline. */
START_TEST(operation_approval_ends_with_its_time)
{
    vouch_exchange exchange;
    uint64_t end = pair.now.mono_ms + OPERATION_WITHIN_MS;

    start();
    exchange = operations_approve(&pair);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        end);
    ck_assert_uint_le(
        pair_last(&pair.server, VOUCH_EVENT_CONFIRMED)->event.u.confirmed.until,
        end);
    pair.now.mono_ms = end - 1;
    ck_assert(may_send_command());
    pair.now.mono_ms = end;
    ck_assert(!may_send_command());
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    pair_wait(&pair, 0);
    pair_run(&pair);
    assert_refused(exchange);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
}
END_TEST

/* Attack 58: the posture moves between approval and command. */
START_TEST(operation_approval_ends_with_the_posture_that_it_was_for)
{
    const uint8_t digest[32] = {1};
    vouch_exchange exchange;

    start();
    exchange = operations_approve(&pair);
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               digest, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    assert_refused(exchange);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
}
END_TEST

START_TEST(operation_approval_ends_with_a_later_rejection)
{
    vouch_exchange exchange, later;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start();
    exchange = operations_approve(&pair);
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &later), VOUCH_OK);
    pair_run(&pair);
    assert_refused(exchange);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
}
END_TEST

START_TEST(operation_that_is_rejected_is_refused)
{
    vouch_exchange exchange;

    start();
    pair.client.verdict = VOUCH_REJECTED;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    assert_refused(exchange);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_REFERENCE);
}
END_TEST

START_TEST(operation_can_be_cancelled_until_it_is_sent)
{
    vouch_exchange exchange;

    start();
    pair.server.holds_evidence = true;
    exchange = operations_ask(&pair); /* while it is asked for */
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_cancel(pair.client.session, exchange, pair.now),
        VOUCH_OK);
    pair_run(&pair);
    assert_refused(exchange);
    pair.server.holds_evidence = false;
    exchange = operations_approve(&pair); /* when it is approved */
    ck_assert_int_eq(
        vouch_session_cancel(pair.client.session, exchange, pair.now),
        VOUCH_OK);
    pair_run(&pair);
    assert_refused(exchange);
    ck_assert_int_eq(
        vouch_session_cancel(pair.client.session, exchange, pair.now),
        VOUCH_E_HANDLE);
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    exchange = operations_deliver(&pair); /* and not afterwards */
    ck_assert_int_eq(
        vouch_session_cancel(pair.client.session, exchange, pair.now),
        VOUCH_E_HANDLE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
}
END_TEST

START_TEST(operation_is_not_asked_of_a_side_that_executes_nothing)
{
    vouch_exchange exchange = {.id = 99};

    pair_start(&pair);
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.server.session, vouch_text(OPERATION),
                         OPERATION_WITHIN_MS, pair.now,
                         &exchange), /* it has not said yet */
                     VOUCH_E_STATE);
    pair_run(&pair);
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.server.session, vouch_text(OPERATION),
                         OPERATION_WITHIN_MS, pair.now, &exchange),
                     VOUCH_E_STATE);
    ck_assert_uint_eq(exchange.id, 99);
    (void)operations_approve(&pair); /* the other way it is */
}
END_TEST

START_TEST(operation_needs_some_time)
{
    vouch_exchange exchange = {.id = 99};

    start();
    ck_assert_int_eq(vouch_session_request_operation(pair.client.session,
                                                     vouch_text(OPERATION), 0,
                                                     pair.now, &exchange),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(exchange.id, 99);
}
END_TEST

/* Whose commands are executed */

static struct fake_exporter exporter = {.secret = "one connection"};

/* Whether the client showed its certificate in the handshake. */
enum shown { NOTHING, A_KEY, A_CERTIFICATE };

static void start_authenticated(enum shown shown)
{
    vouch_buffer spki = pki_spki(pair.client.aik.key);

    ck_assert_int_eq(
        vouch_config_set_asker(pair.server.config, VOUCH_ASKER_AUTHENTICATED),
        VOUCH_OK);
    pair.client.channel = fake_channel(VOUCH_CLIENT, VOUCH_SHA256, &exporter);
    pair.server.channel = fake_channel(VOUCH_SERVER, VOUCH_SHA256, &exporter);
    if (shown != NOTHING) {
        ck_assert_int_eq(
            vouch_channel_set_peer_spki(pair.server.channel, span_of(&spki)),
            VOUCH_OK);
    }
    if (shown == A_CERTIFICATE) {
        ck_assert_int_eq(vouch_channel_set_peer_verified(pair.server.channel),
                         VOUCH_OK);
    }
    free(spki.data);
    pair_start(&pair);
    pair_run(&pair);
    /* The client need not attest for this. */
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 0);
}

static bool server_executes(void)
{
    return vouch_session_may_accept(pair.server.session, VOUCH_TRAFFIC_COMMAND,
                                    pair.now);
}

START_TEST(asker_that_authenticated_is_obeyed)
{
    vouch_exchange exchange;

    start_authenticated(A_CERTIFICATE);
    ck_assert(server_executes());
    exchange = operations_start(&pair);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
}
END_TEST

/* Its key is known, but nobody verified a certificate. */
START_TEST(asker_that_did_not_authenticate_is_refused)
{
    vouch_exchange exchange;

    start_authenticated(_i == 0 ? NOTHING : A_KEY);
    ck_assert(!server_executes());
    exchange = operations_send(&pair);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(certificate_without_a_key_is_not_verified)
{
    vouch_channel *channel =
        fake_channel(VOUCH_SERVER, VOUCH_SHA256, &exporter);

    ck_assert_int_eq(vouch_channel_set_peer_verified(channel), VOUCH_E_STATE);
    vouch_channel_free(channel);
}
END_TEST

static void server_asks(vouch_verdict verdict)
{
    vouch_exchange exchange;

    pair.server.verdict = verdict;
    ck_assert_int_eq(
        vouch_session_request(pair.server.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
}

/* The handshake's word counts until Evidence says otherwise. */
START_TEST(asker_that_authenticated_is_not_obeyed_after_a_rejection)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.server.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start_authenticated(A_CERTIFICATE);
    server_asks(VOUCH_INDETERMINATE);
    ck_assert(server_executes());
    server_asks(VOUCH_REJECTED);
    ck_assert(!server_executes());
    exchange = operations_send(&pair);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    server_asks(VOUCH_ACCEPTED);
    ck_assert(server_executes());
    pair_wait(&pair, 600000); /* and that has ended */
    ck_assert(server_executes());
}
END_TEST

START_TEST(asker_that_has_not_attested_is_refused)
{
    pair.client.holds_evidence = true;
    pair_start(&pair);
    pair_run(&pair);
    ck_assert(!server_executes());
    (void)operations_send(&pair);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
}
END_TEST

/* It is asked again when the command is taken. */
START_TEST(asker_whose_acceptance_ends_before_the_command_starts_is_refused)
{
    const uint8_t digest[32] = {1};
    vouch_exchange exchange;

    start();
    ck_assert(server_executes());
    exchange = operations_deliver(&pair);
    pair.client.holds_evidence = true;
    ck_assert_int_eq(vouch_session_set_posture(pair.client.session, "tools",
                                               digest, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert(!server_executes());
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

/* The executor's calls */

START_TEST(command_is_taken_and_replied_to_once_and_in_that_order)
{
    vouch_exchange exchange, at_server, other;

    start();
    exchange = operations_deliver(&pair);
    at_server = operations_at_server(&pair, exchange);
    other = at_server;
    other.session++;
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_session_take(pair.server.session, other, pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(
        vouch_session_take(pair.server.session, at_server, pair.now), VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_take(pair.server.session, at_server, pair.now),
        VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_session_reply(pair.server.session, other,
                                         VOUCH_STATUS_DONE,
                                         (vouch_bytes){NULL, 0}, pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(command_is_replied_to_as_done_or_failed_only)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    for (int status = VOUCH_STATUS_DIGEST; status < VOUCH_STATUS_FAILED;
         status++) {
        ck_assert_int_eq(
            operations_reply(&pair, exchange, (vouch_status)status, ""),
            VOUCH_E_ARGUMENT);
    }
    ck_assert_int_eq(operations_reply(&pair, exchange, (vouch_status)8, ""),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
}
END_TEST

START_TEST(command_that_runs_while_posture_changes_says_so)
{
    const uint8_t digest[32] = {1};
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               digest, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
    ck_assert_int_eq(
        operations_reply(&pair, exchange, VOUCH_STATUS_DONE, "done"), VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
    ck_assert(pair_last(&pair.client, VOUCH_EVENT_REPLY)
                  ->event.u.reply.posture_changed);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(command_that_nobody_takes_is_refused_when_its_time_is_over)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    pair_wait(&pair, OPERATION_WITHIN_MS - 1);
    pair_run(&pair);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
    pair_wait(&pair, 1);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_STALE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
}
END_TEST

START_TEST(operations_are_counted)
{
    vouch_exchange exchange;
    vouch_stats asker, executor;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    (void)operations_deliver(&pair);
    pair_wait(&pair, OPERATION_WITHIN_MS); /* nobody takes this one */
    pair_run(&pair);
    vouch_session_stats(pair.client.session, &asker);
    vouch_session_stats(pair.server.session, &executor);
    ck_assert_uint_eq(asker.commands_sent, 2);
    ck_assert_uint_eq(asker.commands_taken, 0);
    ck_assert_uint_eq(executor.commands_sent, 0);
    ck_assert_uint_eq(executor.commands_taken, 1);
    ck_assert_uint_eq(executor.commands_refused, 1);
}
END_TEST

/* Limits */

static uint8_t much[VOUCH_LIMIT_OPERATION + 1];

START_TEST(operation_may_be_as_long_as_its_limit)
{
    const vouch_bytes longest = {much, VOUCH_LIMIT_OPERATION};
    const vouch_bytes too_long = {much, VOUCH_LIMIT_OPERATION + 1};
    vouch_exchange exchange = {.id = 99}, at_server;

    start();
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.client.session, too_long, OPERATION_WITHIN_MS,
                         pair.now, &exchange),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(exchange.id, 99);
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.client.session, longest, OPERATION_WITHIN_MS,
                         pair.now, &exchange),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_command(pair.client.session, exchange, longest, pair.now),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_last(&pair.server, VOUCH_EVENT_COMMAND)->data_len,
                      VOUCH_LIMIT_OPERATION);
    at_server = operations_at_server(&pair, exchange);
    ck_assert_int_eq(
        vouch_session_take(pair.server.session, at_server, pair.now), VOUCH_OK);
    ck_assert_int_eq(vouch_session_reply(pair.server.session, at_server,
                                         VOUCH_STATUS_DONE, too_long, pair.now),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_session_reply(pair.server.session, at_server,
                                         VOUCH_STATUS_DONE, longest, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_last(&pair.client, VOUCH_EVENT_REPLY)->data_len,
                      VOUCH_LIMIT_OPERATION);
}
END_TEST

/* What does not fit into what waits to be sent changes nothing. */
START_TEST(command_waits_for_room)
{
    const vouch_bytes longest = {much, VOUCH_LIMIT_OPERATION};
    vouch_exchange exchange[6];
    vouch_err err = VOUCH_OK;
    int sent = 0;

    start();
    for (int i = 0; i < COUNT(exchange); i++) {
        ck_assert_int_eq(vouch_session_request_operation(
                             pair.client.session, longest, OPERATION_WITHIN_MS,
                             pair.now, &exchange[i]),
                         VOUCH_OK);
        pair_run(&pair);
    }
    while (err == VOUCH_OK && sent < COUNT(exchange)) {
        err = vouch_session_command(pair.client.session, exchange[sent],
                                    longest, pair.now);
        sent += err == VOUCH_OK ? 1 : 0;
    }
    ck_assert_int_eq(err, VOUCH_E_TOO_LARGE);
    ck_assert_int_ge(sent, 4);
    ck_assert(!vouch_session_ended(pair.client.session));
    pair_run(&pair);
    for (; sent < COUNT(exchange); sent++) { /* the approvals stand */
        ck_assert_int_eq(vouch_session_command(pair.client.session,
                                               exchange[sent], longest,
                                               pair.now),
                         VOUCH_OK);
    }
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 6);
}
END_TEST

START_TEST(operations_may_be_as_many_as_their_limit)
{
    vouch_exchange exchange = {.id = 99};

    start();
    for (int i = 0; i < VOUCH_LIMIT_OPERATIONS; i++) {
        (void)operations_approve(&pair);
    }
    ck_assert_int_eq(vouch_session_request_operation(
                         pair.client.session, vouch_text(OPERATION),
                         OPERATION_WITHIN_MS, pair.now, &exchange),
                     VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(exchange.id, 99);
}
END_TEST

/* The executor counts for itself: approvals that the asker forgot, too. */
START_TEST(operations_beyond_the_executors_limit_are_answered_busy)
{
    const struct pair_event *refused;
    vouch_exchange exchange;

    start();
    for (int i = 0; i < VOUCH_LIMIT_OPERATIONS; i++) {
        exchange = operations_approve(&pair);
        ck_assert_int_eq(
            vouch_session_cancel(pair.client.session, exchange, pair.now),
            VOUCH_OK);
    }
    exchange = operations_ask(&pair);
    pair_run(&pair);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_uint_eq(refused->event.exchange.id, exchange.id);
    ck_assert_int_eq(refused->event.u.refused.peer_reason, VOUCH_PEER_BUSY);
    ck_assert_uint_gt(refused->event.u.refused.retry_ms, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("operations");
    TCase *tc = tcase_create("operations");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, operation_is_executed_once_it_is_approved);
    tcase_add_test(tc, operation_may_give_nothing_back);
    tcase_add_test(tc, operation_may_fail);
    tcase_add_test(tc, operations_do_not_mix);
    tcase_add_test(tc, operation_other_octets_than_were_approved_are_not_sent);
    tcase_add_test(tc, operation_is_never_sent_twice);
    tcase_add_test(tc, operation_is_not_sent_before_it_is_approved);
    tcase_add_test(tc, operation_approval_ends_with_its_time);
    tcase_add_test(tc,
                   operation_approval_ends_with_the_posture_that_it_was_for);
    tcase_add_test(tc, operation_approval_ends_with_a_later_rejection);
    tcase_add_test(tc, operation_that_is_rejected_is_refused);
    tcase_add_test(tc, operation_can_be_cancelled_until_it_is_sent);
    tcase_add_test(tc, operation_is_not_asked_of_a_side_that_executes_nothing);
    tcase_add_test(tc, operation_needs_some_time);
    tcase_add_test(tc, asker_that_authenticated_is_obeyed);
    tcase_add_loop_test(tc, asker_that_did_not_authenticate_is_refused, 0, 2);
    tcase_add_test(tc, certificate_without_a_key_is_not_verified);
    tcase_add_test(tc,
                   asker_that_authenticated_is_not_obeyed_after_a_rejection);
    tcase_add_test(tc, asker_that_has_not_attested_is_refused);
    tcase_add_test(
        tc, asker_whose_acceptance_ends_before_the_command_starts_is_refused);
    tcase_add_test(tc, command_is_taken_and_replied_to_once_and_in_that_order);
    tcase_add_test(tc, command_is_replied_to_as_done_or_failed_only);
    tcase_add_test(tc, command_that_runs_while_posture_changes_says_so);
    tcase_add_test(tc,
                   command_that_nobody_takes_is_refused_when_its_time_is_over);
    tcase_add_test(tc, operations_are_counted);
    tcase_add_test(tc, operation_may_be_as_long_as_its_limit);
    tcase_add_test(tc, command_waits_for_room);
    tcase_add_test(tc, operations_may_be_as_many_as_their_limit);
    tcase_add_test(tc, operations_beyond_the_executors_limit_are_answered_busy);
    suite_add_tcase(suite, tc);
    return suite;
}
