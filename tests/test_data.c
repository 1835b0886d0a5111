/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * DATA is a stream without holes: what is on its way when something changes is
 * taken, and where octets are lost all the same, none follow and no end is
 * clean. proto/README.md, 13. The client takes; both sides' gates are mutual.
 */

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
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

/* The server's application says `text`; it stays on its way. */
static void say(const char *text)
{
    size_t taken = 0;

    ck_assert_int_eq(vouch_session_send(pair.server.session, vouch_text(text),
                                        pair.now, &taken),
                     VOUCH_OK);
    ck_assert_uint_eq(taken, strlen(text));
}

/* DATA that no session would send. */
static vouch_err force(const char *text)
{
    return capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_DATA,
                        vouch_text(text));
}

static void change_posture(struct pair_peer *peer, uint8_t to)
{
    const uint8_t sha256[32] = {to};

    ck_assert_int_eq(
        vouch_session_set_posture(peer->session, "policy", sha256, pair.now),
        VOUCH_OK);
}

static void assert_heard(const char *text)
{
    ck_assert_uint_eq(pair.client.data_len, strlen(text));
    ck_assert_mem_eq(pair.client.data, text, strlen(text));
}

/* That many octets were lost, and the end is none that looks clean. */
static void assert_lost(uint64_t octets, uint64_t code)
{
    const struct pair_event *dropped, *failed;

    (void)pair_step(&pair, &pair.client);
    dropped = pair_last(&pair.client, VOUCH_EVENT_DATA_DROPPED);
    failed = pair_last(&pair.client, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(dropped);
    ck_assert_uint_eq(dropped->event.u.dropped.octets, octets);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA_DROPPED), 1);
    ck_assert_ptr_nonnull(failed);
    ck_assert_int_eq(failed->event.u.failed.err, VOUCH_E_DATA_LOST);
    ck_assert_uint_eq(failed->event.u.failed.code, code);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert_int_eq(force("more"), VOUCH_E_CLOSED);
}

/* What is on its way */

START_TEST(own_posture_loses_nothing)
{
    start();
    say("one ");
    change_posture(&pair.client, 1);
    pair_run(&pair);
    say("two ");
    change_posture(&pair.client, 2);
    ck_assert(!vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                      pair.now));
    pair_wait(&pair, 1000); /* changes are asked about once a second */
    pair_run(&pair);
    say("three");
    pair_run(&pair);
    assert_heard("one two three");
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA_DROPPED), 0);
}
END_TEST

/* The first OUTCOME is about a posture that is no more when it comes: nothing
 * is confirmed, but the peer has said that it accepts this side. */
START_TEST(own_posture_in_the_first_round_trip_loses_nothing)
{
    pair.server.holds_verdicts = true;
    start();
    pair_conclude(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange);
    say("early");
    pair.server.holds_verdicts = false;
    change_posture(&pair.client, 1);
    pair_run(&pair);
    ck_assert_uint_ge(pair_count(&pair.client, VOUCH_EVENT_DENIED), 1);
    assert_heard("early");
}
END_TEST

/* The peer's acceptance of this side ends before this side's of the peer. */
START_TEST(hold_that_ends_loses_nothing)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.server.config, 5000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.server.config, 0),
                     VOUCH_OK);
    start();
    say("on its way");
    pair_wait(&pair, 5000);
    ck_assert(!vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                      pair.now));
    pair_run(&pair);
    assert_heard("on its way");
}
END_TEST

/* The peer never said that it accepts this side: what it sends is not taken. */
START_TEST(data_before_any_agreement_is_not_taken)
{
    pair.server.holds_verdicts = true;
    start();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(!vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                        pair.now));
    ck_assert_int_eq(force("early"), VOUCH_E_DATA_LOST);
    assert_lost(5, VOUCH_CLOSE_INTERNAL);
    assert_heard("");
}
END_TEST

/* Losses */

static void let_acceptance_end(void)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 5000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 0),
                     VOUCH_OK);
}

START_TEST(what_comes_after_the_end_of_the_acceptance_ends_the_session)
{
    let_acceptance_end();
    start();
    say("before ");
    pair_run(&pair);
    pair_wait(&pair, 5000);
    ck_assert_int_eq(force("late"), VOUCH_E_DATA_LOST);
    assert_lost(4, VOUCH_CLOSE_INTERNAL);
    assert_heard("before ");
    pair_run(&pair); /* CLOSE 5 goes out */
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code,
        VOUCH_CLOSE_INTERNAL);
}
END_TEST

START_TEST(what_comes_after_a_rejection_ends_the_session_as_refused)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start();
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert_int_eq(force("late"), VOUCH_E_DATA_LOST);
    assert_lost(4, VOUCH_CLOSE_REFUSED);
    assert_heard("");
}
END_TEST

START_TEST(messages_may_be_lost_where_the_application_says_so)
{
    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    let_acceptance_end();
    start();
    pair_wait(&pair, 5000);
    ck_assert_int_eq(force("one"), VOUCH_OK);
    ck_assert_int_eq(force("four"), VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA_DROPPED), 2);
    ck_assert_uint_eq(pair_last(&pair.client, VOUCH_EVENT_DATA_DROPPED)
                          ->event.u.dropped.octets,
                      4);
    ck_assert(!vouch_session_ended(pair.client.session));
    assert_heard("");
}
END_TEST

/* Nothing in it, and nothing of it: neither event nor loss. */
START_TEST(data_of_no_octets_is_ignored)
{
    if (_i == 0) {
        let_acceptance_end();
    }
    start();
    if (_i == 0) {
        pair_wait(&pair, 5000);
    }
    for (size_t i = 0; i < 1000; i++) {
        ck_assert_int_eq(force(""), VOUCH_OK);
    }
    ck_assert(!vouch_session_has_event(pair.client.session) || _i == 0);
    (void)pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA) +
                          pair_count(&pair.client, VOUCH_EVENT_DATA_DROPPED),
                      0);
    ck_assert(!vouch_session_ended(pair.client.session));
}
END_TEST

/* What is held, and every way in which it is given up. */

static void hold(void)
{
    ck_assert_int_eq(vouch_config_hold_early_data(pair.client.config),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    ck_assert_int_eq(force("held "), VOUCH_OK);
    ck_assert_int_eq(force(""), VOUCH_OK);
    ck_assert_int_eq(force("data"), VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA), 0);
}

static vouch_exchange asked(void)
{
    return pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
}

static void by_rejection(void)
{
    pair.client.holds_verdicts = true;
    pair_answer(&pair, &pair.server, asked());
    pair_run(&pair);
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(vouch_session_conclude(
                         pair.client.session,
                         pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)
                             ->event.exchange,
                         &(vouch_result){.verdict = VOUCH_REJECTED}, pair.now),
                     VOUCH_E_DATA_LOST);
}

static void give_all(void)
{
    struct capsule capsule;

    while (capsule_take(pair.server.session, &capsule)) {
        (void)(capsule_give(pair.client.session, pair.now, capsule.type,
                            span_of(&capsule.value)) != VOUCH_OK);
        free(capsule.value.data);
    }
}

static void by_posture(void)
{
    change_posture(&pair.server, 1);
    give_all();
}

static void by_decline(void)
{
    ck_assert_int_eq(vouch_session_decline(pair.server.session, asked(),
                                           VOUCH_PEER_BUSY, pair.now),
                     VOUCH_OK);
    give_all();
}

static void by_time(void)
{
    pair.now.mono_ms += 30000;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_E_DATA_LOST);
}

static void by_close(void)
{
    static const uint8_t done[] = {0xa1, 0x01, 0x00};

    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_CLOSE,
                                  (vouch_bytes){done, sizeof done}),
                     VOUCH_E_DATA_LOST);
}

static void by_close_after_own(void)
{
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    by_close();
}

static const struct {
    void (*give_up)(void);
    uint64_t code;
} ways[] = {
    {by_rejection, VOUCH_CLOSE_REFUSED}, {by_posture, VOUCH_CLOSE_INTERNAL},
    {by_decline, VOUCH_CLOSE_INTERNAL},  {by_time, VOUCH_CLOSE_INTERNAL},
    {by_close, VOUCH_CLOSE_INTERNAL},    {by_close_after_own, VOUCH_CLOSE_DONE},
};

START_TEST(held_data_that_is_given_up_is_a_loss)
{
    hold();
    ways[_i].give_up();
    assert_lost(9, ways[_i].code);
    assert_heard("");
}
END_TEST

START_TEST(held_data_comes_before_all_that_follows)
{
    hold();
    pair_answer(&pair, &pair.server, asked());
    pair.server.holds_evidence = false;
    pair_run(&pair);
    ck_assert(
        pair_last(&pair.client, VOUCH_EVENT_DATA)->event.u.data.pre_acceptance);
    ck_assert_int_eq(force(", and more"), VOUCH_OK);
    pair_run(&pair);
    assert_heard("held data, and more");
}
END_TEST

/* Of another request in flight it may still come. */
START_TEST(held_data_waits_for_every_request_in_flight)
{
    vouch_exchange first, second;

    hold();
    first = asked();
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &second),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_cancel(pair.client.session, second, pair.now), VOUCH_OK);
    ck_assert(!vouch_session_ended(pair.client.session));
    pair_run(&pair);
    pair_answer(&pair, &pair.server, first);
    pair_run(&pair);
    assert_heard("held data");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("data");
    TCase *tc = tcase_create("data");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, own_posture_loses_nothing);
    tcase_add_test(tc, own_posture_in_the_first_round_trip_loses_nothing);
    tcase_add_test(tc, hold_that_ends_loses_nothing);
    tcase_add_test(tc, data_before_any_agreement_is_not_taken);
    tcase_add_test(tc,
                   what_comes_after_the_end_of_the_acceptance_ends_the_session);
    tcase_add_test(tc,
                   what_comes_after_a_rejection_ends_the_session_as_refused);
    tcase_add_test(tc, messages_may_be_lost_where_the_application_says_so);
    tcase_add_loop_test(tc, data_of_no_octets_is_ignored, 0, 2);
    tcase_add_loop_test(tc, held_data_that_is_given_up_is_a_loss, 0,
                        (int)(sizeof ways / sizeof ways[0]));
    tcase_add_test(tc, held_data_comes_before_all_that_follows);
    tcase_add_test(tc, held_data_waits_for_every_request_in_flight);
    suite_add_tcase(suite, tc);
    return suite;
}
