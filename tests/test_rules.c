/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/limits.h>

#include "proto/capsule.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * The races of the protocol's model. Each test has the name of the rule that
 * the model has a counterexample for when it is off, and plays that race.
 */

static struct session_pair pair;

static void tear_down(void)
{
    pair_free(&pair);
}

/* The client requires the server to attest, and asks only when told to. */
static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
}

static void set_up_operations(void)
{
    operations_init(&pair);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static void change_posture(struct pair_peer *peer)
{
    static uint8_t digest[32];

    digest[0]++;
    ck_assert_int_eq(
        vouch_session_set_posture(peer->session, "model", digest, pair.now),
        VOUCH_OK);
}

static vouch_exchange told(const struct pair_peer *peer, vouch_event_type type)
{
    const struct pair_event *last = pair_last(peer, type);

    ck_assert_ptr_nonnull(last);
    return last->event.exchange;
}

static bool is_open(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, pair.now);
}

static bool takes_data(const struct pair_peer *peer)
{
    return vouch_session_may_accept(peer->session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static vouch_exchange ask(struct pair_peer *peer)
{
    vouch_exchange exchange = {0};

    ck_assert_int_eq(vouch_session_request(peer->session, pair.now, &exchange),
                     VOUCH_OK);
    return exchange;
}

static void pass(struct pair_peer *from, struct pair_peer *to)
{
    capsule_pass(from->session, to->session, pair.now);
}

/* The server's evidence is being appraised when its posture changes. */
START_TEST(r_accept_epoch)
{
    vouch_appraisal_info info;
    vouch_exchange exchange;
    vouch_result yes;

    pair.client.holds_verdicts = true;
    start();
    exchange = told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED);
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    yes = pair_appraise(&info, VOUCH_ACCEPTED);
    pair.server.holds_evidence = true;
    change_posture(&pair.server);
    pass(&pair.server, &pair.client);
    ck_assert_int_eq(
        vouch_session_conclude(pair.client.session, exchange, &yes, pair.now),
        VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert(!is_open(&pair.client));
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.verdict,
        VOUCH_INDETERMINATE);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_POSTURE);
    /* The peer is told so: reason 7. */
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POSTURE);
}
END_TEST

/* An answer crosses the OUTCOME that gives it up. */
START_TEST(r_late_drop)
{
    vouch_stats stats;

    pair.server.holds_evidence = true;
    start();
    pair_answer(&pair, &pair.server,
                told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED));
    pair.now.mono_ms += 30000;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 1);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    vouch_session_stats(pair.client.session, &stats);
    ck_assert_uint_eq(stats.strays, 1);
}
END_TEST

/* The asker gives up while evidence is being made. */
START_TEST(r_cancel)
{
    vouch_exchange exchange;

    pair.server.holds_evidence = true;
    start();
    exchange = told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_int_eq(vouch_session_cancel(pair.client.session,
                                          (vouch_exchange){exchange.id, 0, 0},
                                          pair.now),
                     VOUCH_E_HANDLE);
    pair.now.mono_ms += 29999;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
    pair.now.mono_ms += 1;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        operations_count(&pair.server, VOUCH_EVENT_DENIED, exchange), 1);
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_TIMEOUT);
    ck_assert_int_eq(vouch_session_decline(pair.server.session, exchange,
                                           VOUCH_PEER_POLICY, pair.now),
                     VOUCH_E_HANDLE);
}
END_TEST

/* POSTURE crosses the OUTCOME that accepts what was before it. */
START_TEST(r_conf_epoch)
{
    pair.client.holds_verdicts = true;
    start();
    pair_conclude(&pair, &pair.client,
                  told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED));
    change_posture(&pair.server);
    pass(&pair.client, &pair.server);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CONFIRMED), 0);
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POSTURE);
    ck_assert(!is_open(&pair.server));
}
END_TEST

/* Posture changes between the COMMAND and its execution. */
START_TEST(r_take_epoch)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    change_posture(&pair.server);
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_STALE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

static vouch_err give_data(void)
{
    static const uint8_t data[] = {1, 2, 3};

    return capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_DATA,
                        (vouch_bytes){data, sizeof data});
}

/* What was held is of a posture that nobody appraised. */
START_TEST(r_held_drop)
{
    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_hold_early_data(pair.client.config),
                     VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    ck_assert_int_eq(give_data(), VOUCH_OK);
    change_posture(&pair.server);
    pass(&pair.server, &pair.client);
    pair.server.holds_evidence = false;
    pair_run(&pair);
    ck_assert(is_open(&pair.client));
    ck_assert_uint_eq(pair.client.data_len, 0);
}
END_TEST

START_TEST(r_held_drop_keeps_what_comes_after)
{
    ck_assert_int_eq(vouch_config_hold_early_data(pair.client.config),
                     VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    change_posture(&pair.server);
    pass(&pair.server, &pair.client);
    ck_assert_int_eq(give_data(), VOUCH_OK);
    pair.server.holds_evidence = false;
    pair_run(&pair);
    ck_assert(is_open(&pair.client));
    ck_assert_uint_eq(pair.client.data_len, 3);
}
END_TEST

/* As many as may be in flight, both ways at once. */
START_TEST(r_lim_dir)
{
    vouch_exchange more = {0};

    pair.client.holds_evidence = true;
    pair.server.holds_evidence = true;
    start(); /* the client has asked once by itself */
    for (int i = 1; i < VOUCH_LIMIT_IN_FLIGHT; i++) {
        (void)ask(&pair.client);
    }
    for (int i = 0; i < VOUCH_LIMIT_IN_FLIGHT; i++) {
        (void)ask(&pair.server);
    }
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &more),
        VOUCH_E_TOO_MANY);
    ck_assert_int_eq(
        vouch_session_request(pair.server.session, pair.now, &more),
        VOUCH_E_TOO_MANY);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_IN_FLIGHT);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_IN_FLIGHT);
}
END_TEST

static void assert_deadlock(void)
{
    start();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POLICY_DEADLOCK) +
                          pair_count(&pair.server, VOUCH_EVENT_POLICY_DEADLOCK),
                      2);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
}

/* Each wants the other to go first. */
START_TEST(r_caps_order)
{
    ck_assert_int_eq(
        vouch_config_set_gate(pair.server.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_peer_first(pair.client.config), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_peer_first(pair.server.config), VOUCH_OK);
    assert_deadlock();
}
END_TEST

/* One wants to be asked by one that does not ask. */
START_TEST(r_caps_ask)
{
    const struct pair_event *closed;

    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_MUTUAL), VOUCH_OK);
    start();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POLICY_DEADLOCK), 1);
    closed = pair_last(&pair.server, VOUCH_EVENT_CLOSED);
    ck_assert_ptr_nonnull(closed);
    ck_assert_uint_eq(closed->event.u.closed.code, 3);
}
END_TEST

/* The peer was accepted when the evidence was asked for, and is no more. */
START_TEST(r_order_send)
{
    struct capsule capsule;
    vouch_exchange asked;
    vouch_evidence_info info;
    vouch_buffer cmw;

    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_MUTUAL), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.server.config, VOUCH_GATE_MUTUAL), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_peer_first(pair.server.config), VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    asked = told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, asked, &info),
        VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    change_posture(&pair.client);
    pass(&pair.client, &pair.server);
    while (capsule_take(pair.server.session, &capsule)) {
        free(capsule.value.data); /* it asks again */
    }
    ck_assert_int_eq(vouch_session_provide(pair.server.session, asked,
                                           span_of(&cmw), pair.now),
                     VOUCH_E_GATE);
    vouch_buffer_free(&cmw);
    pass(&pair.server, &pair.client);
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_YOU_FIRST);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      0);
}
END_TEST

/* A deviant asker sends the command without having accepted anything. */
START_TEST(r_confirmed)
{
    struct vouch_reply_message m;
    vouch_exchange exchange;
    vouch_buffer command, reply;

    start();
    pair.client.holds_verdicts = true;
    exchange = operations_ask(&pair);
    pair_run(&pair);
    command = operations_message(exchange.id, vouch_text(OPERATION));
    ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                  VOUCH_CAPSULE_COMMAND, span_of(&command)),
                     VOUCH_OK);
    free(command.data);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    reply = capsule_expect(pair.server.session, VOUCH_CAPSULE_REPLY);
    ck_assert_int_eq(vouch_reply_message_decode(span_of(&reply), &m), VOUCH_OK);
    ck_assert_uint_eq(m.id, exchange.id);
    ck_assert_uint_eq(m.status, VOUCH_STATUS_NOT_CONFIRMED);
    free(reply.data);
}
END_TEST

/* What is accepted holds from AUTHENTICATOR on, however long appraisal and
 * OUTCOME take. */
START_TEST(r_hold_sent)
{
    uint64_t sent = pair.now.mono_ms, until;

    pair.client.holds_verdicts = true;
    start();
    pair.now.mono_ms += 3000; /* appraisal */
    pair_conclude(&pair, &pair.client,
                  told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED));
    pair.now.mono_ms += 2000; /* OUTCOME on its way */
    pair_run(&pair);
    until =
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until;
    ck_assert_uint_eq(until, sent + 600000);
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CONFIRMED)->event.u.confirmed.until,
        until);
    pair.now.mono_ms = until - 1;
    ck_assert(is_open(&pair.server));
    pair.now.mono_ms = until;
    ck_assert(!is_open(&pair.server));
}
END_TEST

/* The command waits in the application beyond its time. */
START_TEST(r_exec_dl)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    pair.now.mono_ms += OPERATION_WITHIN_MS;
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_STALE);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

START_TEST(r_exec_dl_up_to_the_last_moment)
{
    vouch_exchange exchange;

    start();
    exchange = operations_deliver(&pair);
    pair.now.mono_ms += OPERATION_WITHIN_MS - 1;
    ck_assert_int_eq(vouch_session_take(pair.server.session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_OK);
}
END_TEST

/* A rejection is not outlived by what was accepted before. */
START_TEST(r_revoke)
{
    start();
    ck_assert(is_open(&pair.client));
    ck_assert(is_open(&pair.server));
    pair.client.verdict = VOUCH_REJECTED;
    (void)ask(&pair.client);
    pair_run(&pair);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_EXPIRED)->event.u.expired.cause,
        VOUCH_CAUSE_REJECTION);
    ck_assert(!is_open(&pair.client));
    ck_assert(!takes_data(&pair.client));
    ck_assert(!is_open(&pair.server));
}
END_TEST

/* ... nor by what was asked before and is accepted later. */
START_TEST(r_revoke_what_completes_afterwards)
{
    vouch_exchange first, second;

    pair.client.holds_verdicts = true;
    start();
    first = told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED);
    second = ask(&pair.client);
    pair_run(&pair);
    pair.client.verdict = VOUCH_REJECTED;
    pair_conclude(&pair, &pair.client, second);
    pair.client.verdict = VOUCH_ACCEPTED;
    pair_conclude(&pair, &pair.client, first);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.verdict,
        VOUCH_INDETERMINATE);
    ck_assert(!is_open(&pair.client));
    ck_assert(!is_open(&pair.server));
}
END_TEST

/* CLOSE waits for the command that runs, so that its end is known. */
START_TEST(r_close)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CLOSED), 0);
    ck_assert_int_eq(
        operations_reply(&pair, exchange, VOUCH_STATUS_DONE, "done"), VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_DONE);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CLOSED), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

/* No command starts behind CLOSE. */
START_TEST(r_close_starts_no_command)
{
    vouch_exchange exchange;

    start();
    exchange = operations_send(&pair);
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    pass(&pair.client, &pair.server);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    pair_run(&pair);
    ck_assert_uint_eq(
        operations_count(&pair.client, VOUCH_EVENT_UNKNOWN, exchange), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

/* Attack 60: a refresh that fails lends no time to what it was to replace. */
START_TEST(r_grace)
{
    uint64_t end = pair.now.mono_ms + 10000;

    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 10000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 9000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, 0), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_grace(pair.client.config, 3000),
                     VOUCH_OK);
    start();
    ck_assert_uint_eq(vouch_session_deadline(pair.client.session), end - 3000);
    pair.server.holds_evidence = true;
    pair_wait(&pair, 7000);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 2);
    ck_assert_int_eq(
        vouch_session_decline(pair.server.session,
                              told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                              VOUCH_PEER_INTERNAL, pair.now),
        VOUCH_OK);
    pair_run(&pair);
    pair.now.mono_ms = end - 1;
    ck_assert(is_open(&pair.client));
    pair.now.mono_ms = end;
    ck_assert(!is_open(&pair.client));
    ck_assert(!takes_data(&pair.client));
    pair_wait(&pair, 0); /* on a silent connection */
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_EXPIRED)->event.u.expired.cause,
        VOUCH_CAUSE_AGE);
}
END_TEST

/* What was accepted for an operation opens nothing else, on neither side. */
START_TEST(r_opgate)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_asker(pair.server.config, VOUCH_ASKER_AUTHENTICATED),
        VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    pair.server.holds_evidence = false; /* but for the client's own request */
    exchange = operations_approve(&pair);
    ck_assert(!is_open(&pair.client));
    ck_assert(!takes_data(&pair.client));
    ck_assert(!is_open(&pair.server));
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_OK);
}
END_TEST

/* POSTURE crosses the command: whether it runs is not known yet. */
START_TEST(r_pending)
{
    vouch_exchange exchange;

    start();
    exchange = operations_start(&pair);
    change_posture(&pair.server);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POSTURE), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 0);
    ck_assert_int_eq(operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        operations_count(&pair.client, VOUCH_EVENT_REPLY, exchange), 1);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *exchanges = tcase_create("exchanges");
    TCase *operations = tcase_create("operations");

    tcase_add_checked_fixture(exchanges, set_up, tear_down);
    tcase_add_test(exchanges, r_accept_epoch);
    tcase_add_test(exchanges, r_late_drop);
    tcase_add_test(exchanges, r_cancel);
    tcase_add_test(exchanges, r_conf_epoch);
    tcase_add_test(exchanges, r_held_drop);
    tcase_add_test(exchanges, r_held_drop_keeps_what_comes_after);
    tcase_add_test(exchanges, r_lim_dir);
    tcase_add_test(exchanges, r_caps_order);
    tcase_add_test(exchanges, r_caps_ask);
    tcase_add_test(exchanges, r_order_send);
    tcase_add_test(exchanges, r_hold_sent);
    tcase_add_test(exchanges, r_revoke);
    tcase_add_test(exchanges, r_revoke_what_completes_afterwards);
    tcase_add_test(exchanges, r_grace);
    tcase_add_test(exchanges, r_opgate);
    tcase_add_checked_fixture(operations, set_up_operations, tear_down);
    tcase_add_test(operations, r_take_epoch);
    tcase_add_test(operations, r_confirmed);
    tcase_add_test(operations, r_exec_dl);
    tcase_add_test(operations, r_exec_dl_up_to_the_last_moment);
    tcase_add_test(operations, r_close);
    tcase_add_test(operations, r_close_starts_no_command);
    tcase_add_test(operations, r_pending);
    suite_add_tcase(suite, exchanges);
    suite_add_tcase(suite, operations);
    return suite;
}
