/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include <vouch/limits.h>

#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * When a session asks, and when what it was told ends. The client requires the
 * server to attest; the clock is the test's. Attack 60 among others: evidence
 * that grows old on a long connection.
 */

enum { MAX_AGE = 100000, GRACE = 10000, NEVER_IN_TEST = 1000000 };

static struct session_pair pair;
static uint64_t began; /* when the first request was sent */

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, MAX_AGE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, 0), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_grace(pair.client.config, GRACE),
                     VOUCH_OK);
    began = pair.now.mono_ms;
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void set_interval(uint64_t ms)
{
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, ms),
                     VOUCH_OK);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now) &&
           vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static uint64_t deadline(void)
{
    return vouch_session_deadline(pair.client.session);
}

/* Lets time pass until `mono_ms`, with all that both sides then do. */
static void go_to(uint64_t mono_ms)
{
    ck_assert_uint_ge(mono_ms, pair.now.mono_ms);
    pair_wait(&pair, mono_ms - pair.now.mono_ms);
    pair_run(&pair);
}

static vouch_stats stats_of(const struct pair_peer *peer)
{
    vouch_stats stats;

    vouch_session_stats(peer->session, &stats);
    return stats;
}

/* The interval */

START_TEST(next_request_comes_after_the_interval)
{
    set_interval(3000);
    start();
    for (uint64_t i = 1; i <= 5; i++) {
        ck_assert_uint_eq(deadline(), began + 3000 * i);
        go_to(began + 3000 * i - 1);
        ck_assert_uint_eq(stats_of(&pair.client).requests_sent, i);
        go_to(began + 3000 * i);
        ck_assert_uint_eq(stats_of(&pair.client).requests_sent, i + 1);
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 6);
}
END_TEST

START_TEST(interval_is_a_third_of_the_age_unless_set)
{
    start();
    ck_assert_uint_eq(deadline(), began + MAX_AGE / 3);
}
END_TEST

START_TEST(interval_of_zero_asks_once)
{
    set_interval(0);
    start();
    ck_assert_uint_eq(deadline(), began + MAX_AGE);
    go_to(began + MAX_AGE);
    ck_assert_uint_eq(deadline(), VOUCH_NEVER);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 1);
}
END_TEST

/* While one request is not answered no other is made, but times are still
 * drawn: `_i` hundredths of the interval at the most are cut off it. */
START_TEST(jitter_shortens_the_interval_within_its_bounds)
{
    const unsigned percent = (unsigned)_i;
    const uint64_t interval = 1000, least = interval - 10U * percent;
    uint64_t shortest = interval, longest = 0;

    pair.server.holds_evidence = true;
    set_interval(interval);
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, percent),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_answer_within(
                         pair.client.config, VOUCH_LIMIT_ANSWER_WITHIN_MS),
                     VOUCH_OK);
    start();
    for (int i = 0; i < 400; i++) {
        uint64_t wait = deadline() - pair.now.mono_ms;

        shortest = wait < shortest ? wait : shortest;
        longest = wait > longest ? wait : longest;
        go_to(deadline());
    }
    ck_assert_uint_ge(shortest, least);
    ck_assert_uint_le(longest, interval);
    if (percent != 0) { /* each of these is missed once in 10^18 */
        ck_assert_uint_lt(shortest, least + percent);
        ck_assert_uint_gt(longest, interval - percent);
    }
}
END_TEST

START_TEST(jitter_is_half_the_interval_at_most)
{
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, 51),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, 50), VOUCH_OK);
    start();
    ck_assert_int_eq(vouch_config_set_jitter(pair.client.config, 50),
                     VOUCH_E_STATE);
}
END_TEST

/* Grace */

START_TEST(refresh_starts_before_the_end)
{
    set_interval(NEVER_IN_TEST);
    start();
    ck_assert_uint_eq(deadline(), began + MAX_AGE - GRACE);
    go_to(began + MAX_AGE - GRACE - 1);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 1);
    go_to(began + MAX_AGE - GRACE);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 2);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        began + 2 * (uint64_t)MAX_AGE - GRACE);
    go_to(began + MAX_AGE);
    ck_assert(is_open());
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 0);
}
END_TEST

START_TEST(grace_of_zero_starts_no_refresh)
{
    set_interval(NEVER_IN_TEST);
    ck_assert_int_eq(vouch_config_set_grace(pair.client.config, 0), VOUCH_OK);
    start();
    ck_assert_uint_eq(deadline(), began + MAX_AGE);
    go_to(began + MAX_AGE);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 1);
    ck_assert(!is_open());
}
END_TEST

START_TEST(grace_is_a_tenth_of_the_age_unless_set)
{
    struct session_pair other;

    pair_init(&other);
    ck_assert_int_eq(vouch_config_set_max_age(other.client.config, 50000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(other.client.config, 60000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_jitter(other.client.config, 0), VOUCH_OK);
    pair_start(&other);
    pair_run(&other);
    ck_assert_uint_eq(vouch_session_deadline(other.client.session),
                      began + 45000);
    pair_free(&other);
    start();
}
END_TEST

/* What a refresh can come to that is no acceptance. */
enum failure { DECLINED, UNANSWERED, UNSURE, UNAPPRAISED, FAILURES };

static void fail_refresh(enum failure failure)
{
    struct pair_peer *client = &pair.client, *server = &pair.server;

    server->holds_evidence = true;
    client->holds_verdicts = true;
    go_to(began + MAX_AGE - GRACE);
    ck_assert_uint_eq(pair_count(server, VOUCH_EVENT_EVIDENCE_NEEDED), 2);
    if (failure == UNANSWERED) {
        return;
    }
    if (failure == DECLINED) {
        ck_assert_int_eq(
            vouch_session_decline(
                server->session,
                pair_last(server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange,
                VOUCH_PEER_BUSY, pair.now),
            VOUCH_OK);
    } else {
        pair_answer(
            &pair, server,
            pair_last(server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    }
    pair_run(&pair);
    if (failure == UNSURE) {
        client->verdict = VOUCH_INDETERMINATE;
        pair_conclude(
            &pair, client,
            pair_last(client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange);
        pair_run(&pair);
    }
}

/* design, Schedule: grace moves the start of a refresh, never the end. */
START_TEST(refresh_that_fails_extends_nothing) /* Attack 60 */
{
    const struct pair_event *expired;

    set_interval(NEVER_IN_TEST);
    ck_assert_int_eq(vouch_config_set_answer_within(pair.client.config, 2000),
                     VOUCH_OK);
    start();
    fail_refresh((enum failure)_i);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 0);
    go_to(began + MAX_AGE - 1);
    ck_assert(is_open());
    pair.now.mono_ms++; /* nobody ticks, and no octet comes */
    ck_assert(!is_open());
    pair_wait(&pair, 0);
    (void)pair_step(&pair, &pair.client);
    expired = pair_last(&pair.client, VOUCH_EVENT_EXPIRED);
    ck_assert_ptr_nonnull(expired);
    ck_assert_int_eq(expired->event.u.expired.cause, VOUCH_CAUSE_AGE);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(!pair_last(&pair.client, VOUCH_EVENT_GATE)->event.u.gate.open);
}
END_TEST

/* Evidence that was asked for before the end, and comes after it. */
START_TEST(refresh_that_is_late_opens_the_gate_anew)
{
    set_interval(NEVER_IN_TEST);
    start();
    pair.server.holds_evidence = true;
    go_to(began + MAX_AGE - GRACE);
    go_to(began + MAX_AGE + 5);
    ck_assert(!is_open());
    pair_answer(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    pair_run(&pair);
    ck_assert(is_open());
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        began + 2 * (uint64_t)MAX_AGE - GRACE);
}
END_TEST

/* Back-off */

static void stay_open_to_refusals(void)
{
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    set_interval(0);
    pair.server.holds_evidence = true;
}

static void decline(void)
{
    ck_assert_int_eq(vouch_session_decline(
                         pair.server.session,
                         pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)
                             ->event.exchange,
                         VOUCH_PEER_INTERNAL, pair.now),
                     VOUCH_OK);
}

static const uint64_t waits[] = {1000,  2000,  4000,  8000,
                                 16000, 32000, 60000, 60000};

/* ... whatever the interval is: a short one does not win over back-off. */
START_TEST(failed_requests_are_repeated_ever_more_slowly)
{
    stay_open_to_refusals();
    set_interval(_i == 0 ? 0 : 300);
    start();
    for (int i = 0; i < COUNT(waits); i++) {
        decline();
        pair_run(&pair);
        ck_assert_uint_eq(deadline(), pair.now.mono_ms + waits[i]);
        go_to(deadline() - 1);
        ck_assert_uint_eq(stats_of(&pair.client).requests_sent,
                          (uint64_t)i + 1);
        go_to(deadline());
        ck_assert_uint_eq(stats_of(&pair.client).requests_sent,
                          (uint64_t)i + 2);
    }
    /* an acceptance ends that */
    pair_answer(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    pair_run(&pair);
    ck_assert(is_open());
}
END_TEST

START_TEST(back_off_begins_anew_after_an_acceptance)
{
    stay_open_to_refusals();
    start();
    for (int i = 0; i < 3; i++) {
        decline();
        pair_run(&pair);
        go_to(deadline());
    }
    pair_answer(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    pair_run(&pair);
    ck_assert(is_open());
    /* the next automatic request is for a change of posture */
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               (const uint8_t[32]){1},
                                               pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert(!is_open());
    decline();
    pair_run(&pair);
    ck_assert_uint_eq(deadline(), pair.now.mono_ms + waits[0]);
}
END_TEST

/* The peer may ask for more time, up to the cap. */
static const struct {
    uint64_t asked, waited;
} hints[] = {{10, 1000}, {1000, 1000}, {5000, 5000}, {60001, 60000}};

START_TEST(back_off_heeds_when_a_busy_peer_wants_to_be_asked)
{
    struct vouch_authenticator_message m;
    vouch_buffer value, busy;
    CBB cbb;

    stay_open_to_refusals();
    start();
    decline();
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_AUTHENTICATOR);
    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&value), &m),
                     VOUCH_OK);
    m.has_reason = m.has_retry = true;
    m.reason = VOUCH_WIRE_BUSY;
    m.retry_ms = hints[_i].asked;
    ck_assert(CBB_init(&cbb, value.len + 16));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, &m), VOUCH_OK);
    busy = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(&busy)),
                     VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.retry_ms,
        hints[_i].asked);
    ck_assert_uint_eq(deadline(), pair.now.mono_ms + hints[_i].waited);
    free(value.data);
    free(busy.data);
}
END_TEST

/* Silence */

START_TEST(deadlines_alone_shut_the_gate_on_a_silent_connection) /* Attack 60 */
{
    static const uint8_t text[] = "x";
    size_t taken = 99;

    set_interval(0);
    start();
    ck_assert(is_open());
    while (is_open()) {
        ck_assert_uint_ne(deadline(), VOUCH_NEVER);
        pair.now.mono_ms = deadline();
        ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                         VOUCH_OK);
        (void)pair_step(&pair, &pair.client);
    }
    ck_assert_uint_eq(pair.now.mono_ms, began + MAX_AGE);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 1);
    ck_assert(!pair_last(&pair.client, VOUCH_EVENT_GATE)->event.u.gate.open);
    ck_assert_int_eq(vouch_session_send(pair.client.session,
                                        (vouch_bytes){text, 1}, pair.now,
                                        &taken),
                     VOUCH_E_GATE);
    ck_assert_uint_eq(taken, 99);
    /* so does the hold on the other side */
    ck_assert_uint_eq(vouch_session_deadline(pair.server.session),
                      began + MAX_AGE);
    ck_assert_int_eq(vouch_session_tick(pair.server.session, pair.now),
                     VOUCH_OK);
    (void)pair_step(&pair, &pair.server);
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_TIMEOUT);
    ck_assert(!vouch_session_may_send(pair.server.session, VOUCH_TRAFFIC_DATA,
                                      pair.now));
}
END_TEST

/* The clock */

/* The clock is set back right after the request, and at the end runs on from
 * where it was: age counts from the latest time that there was. */
START_TEST(clock_set_back_extends_no_acceptance)
{
    set_interval(0);
    pair.server.holds_evidence = true;
    start();
    pair_wait(&pair, 5000);
    pair.now.mono_ms -= 4000;
    pair_answer(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    pair_run(&pair);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        began + MAX_AGE);
    pair.now.mono_ms = began + MAX_AGE;
    ck_assert(!is_open());
    pair_wait(&pair, 0);
    (void)pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 1);
    pair.now.mono_ms = began;
    ck_assert(!is_open());
    pair_wait(&pair, 0);
    pair_run(&pair);
    ck_assert(!is_open());
}
END_TEST

static void conclude(int64_t not_after)
{
    vouch_exchange exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    vouch_appraisal_info info;
    vouch_result result;

    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    result.not_after = not_after;
    ck_assert_int_eq(vouch_session_conclude(pair.client.session, exchange,
                                            &result, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
}

/* The wall clock is what the caller says now. A reading that was ahead, by a
 * clock that was not set yet, say, is gone with the next. */
START_TEST(wall_clock_that_was_ahead_once_counts_no_longer)
{
    set_interval(0);
    pair.client.holds_verdicts = true;
    start();
    pair.now.unix_s += INT64_C(100) * 365 * 86400;
    pair_wait(&pair, 0);
    pair.now.unix_s = PAIR_UNIX_TIME;
    if (_i != 0) { /* the chain, too, is judged by the right time */
        conclude(PAIR_UNIX_TIME + 10);
        ck_assert_int_eq(vouch_session_request(pair.client.session, pair.now,
                                               &(vouch_exchange){0}),
                         VOUCH_OK);
        pair_run(&pair);
    }
    conclude(PAIR_UNIX_TIME + 10);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        began + 10000);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED),
                      (unsigned)_i + 1);
}
END_TEST

START_TEST(clock_set_back_asks_no_sooner_and_no_later)
{
    set_interval(3000);
    start();
    pair_wait(&pair, 2000);
    pair.now.mono_ms -= 2000;
    pair_wait(&pair, 0);
    ck_assert_uint_eq(deadline(), began + 3000);
    go_to(began + 2999);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 1);
    go_to(began + 3000);
    ck_assert_uint_eq(stats_of(&pair.client).requests_sent, 2);
}
END_TEST

START_TEST(clock_set_back_fills_no_bucket)
{
    stay_open_to_refusals();
    pair.server.holds_evidence = false;
    start();
    for (int i = 1; i <= VOUCH_LIMIT_REQUESTS_PER_MINUTE; i++) {
        vouch_exchange exchange;

        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
        pair_run(&pair);
        pair.now.mono_ms -= 1000;
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_REQUESTS_PER_MINUTE);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_BUSY);
}
END_TEST

/* Data that is late */

static vouch_err give_data(size_t len)
{
    static const uint8_t data[200] = {1};

    return capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_DATA,
                        (vouch_bytes){data, len});
}

/* Shuts the client's gate: by age, or by a rejection. Returns when. */
static uint64_t shut_gate(bool by_age)
{
    vouch_exchange exchange;

    set_interval(0);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    start();
    ck_assert(is_open());
    ck_assert_int_eq(give_data(7), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair.client.data_len, 7);
    if (by_age) {
        go_to(began + MAX_AGE);
    } else {
        pair.client.verdict = VOUCH_REJECTED;
        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
        pair_run(&pair);
    }
    ck_assert(!is_open());
    return pair.now.mono_ms;
}

START_TEST(data_within_grace_after_the_end_is_dropped_and_reported)
{
    const uint64_t shut = shut_gate(_i == 0);

    for (size_t i = 0; i < 2; i++) { /* at once, and as late as may be */
        pair.now.mono_ms = shut + i * GRACE;
        ck_assert_int_eq(give_data(100 + i), VOUCH_OK);
        (void)pair_step(&pair, &pair.client);
        ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA_DROPPED),
                          i + 1);
        ck_assert_uint_eq(pair_last(&pair.client, VOUCH_EVENT_DATA_DROPPED)
                              ->event.u.dropped.octets,
                          100 + i);
    }
    ck_assert_uint_eq(pair.client.data_len, 7);
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert_uint_eq(stats_of(&pair.client).data_dropped, 201);
    ck_assert_uint_eq(stats_of(&pair.client).data_received, 7);
}
END_TEST

START_TEST(data_after_grace_is_a_violation)
{
    const struct pair_event *failed;

    pair.now.mono_ms = shut_gate(_i == 0) + GRACE + 1;
    ck_assert_int_eq(give_data(100), VOUCH_E_UNEXPECTED);
    (void)pair_step(&pair, &pair.client);
    failed = pair_last(&pair.client, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_int_eq(failed->event.u.failed.err, VOUCH_E_UNEXPECTED);
    ck_assert_uint_eq(failed->event.u.failed.code, VOUCH_CLOSE_PROTOCOL);
    ck_assert_uint_eq(pair.client.data_len, 7);
    ck_assert(vouch_session_ended(pair.client.session));
}
END_TEST

/* Audit */

static const vouch_audit *record(void)
{
    const struct pair_event *event = pair_last(&pair.client, VOUCH_EVENT_AUDIT);

    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->audit.exchange.id, event->event.exchange.id);
    ck_assert_uint_eq(event->audit.exchange.session,
                      event->event.exchange.session);
    return &event->audit;
}

/* One exchange with 300 ms to the answer and 700 to `verdict`, whose result has
 * what a record is made from. */
static void attest_slowly(vouch_verdict verdict)
{
    static const uint8_t ueid[] = {1, 2, 3, 4};
    vouch_appraisal_info info;
    vouch_exchange exchange;
    vouch_result result;

    set_interval(0);
    pair.server.holds_evidence = pair.client.holds_verdicts = true;
    start();
    pair_wait(&pair, 300);
    exchange =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    pair_answer(&pair, &pair.server, exchange);
    pair_run(&pair);
    pair_wait(&pair, 700);
    exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    result = pair_appraise(&info, verdict);
    memset(result.evidence_digest, 0xe1, 32);
    memset(result.anchor_digest, 0xa2, 32);
    memset(result.policy_digest, 0xb3, 32);
    result.ueid.len = sizeof ueid;
    memcpy(result.ueid.data, ueid, sizeof ueid);
    ck_assert_int_eq(vouch_session_conclude(pair.client.session, exchange,
                                            &result, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
}

static void check_record_of_evidence(const vouch_audit *a)
{
    static const uint8_t ueid[] = {1, 2, 3, 4};
    vouch_buffer spki = pki_spki(pair.server.aik.key);
    uint8_t digest[32], filled[3][32];

    ck_assert_int_eq(a->asked_unix_s, PAIR_UNIX_TIME);
    ck_assert_uint_eq(a->answer_ms, 300);
    ck_assert_uint_eq(a->appraisal_ms, 700);
    SHA256(spki.data, spki.len, digest);
    ck_assert_uint_eq(a->aik_pub_hash.len, 32);
    ck_assert_mem_eq(a->aik_pub_hash.data, digest, 32);
    SHA256(ueid, sizeof ueid, digest);
    ck_assert_mem_eq(a->ueid_digest, digest, 32);
    memset(filled[0], 0xe1, 32);
    memset(filled[1], 0xa2, 32);
    memset(filled[2], 0xb3, 32);
    ck_assert_mem_eq(a->evidence_digest, filled[0], 32);
    ck_assert_mem_eq(a->anchor_digest, filled[1], 32);
    ck_assert_mem_eq(a->policy_digest, filled[2], 32);
    free(spki.data);
}

START_TEST(audit_tells_what_an_acceptance_rests_on)
{
    const struct pair_event *accepted;
    const vouch_audit *a;

    attest_slowly(VOUCH_ACCEPTED);
    a = record();
    accepted = pair_last(&pair.client, VOUCH_EVENT_ACCEPTED);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_AUDIT), 1);
    ck_assert_int_eq(a->verdict, VOUCH_ACCEPTED);
    ck_assert_int_eq(a->level, VOUCH_LEVEL_BOUND);
    ck_assert_int_eq(a->check, VOUCH_CHECK_NONE);
    ck_assert_uint_eq(a->exchange.id, accepted->event.exchange.id);
    ck_assert_mem_eq(a->binder_digest, accepted->event.u.accepted.binder_digest,
                     32);
    check_record_of_evidence(a);
}
END_TEST

START_TEST(audit_tells_what_a_rejection_rests_on)
{
    static const uint8_t zero[32];
    const vouch_audit *a;

    attest_slowly(VOUCH_REJECTED);
    a = record();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_AUDIT), 1);
    ck_assert_int_eq(a->verdict, VOUCH_REJECTED);
    ck_assert_int_eq(a->check, VOUCH_CHECK_REFERENCE);
    ck_assert_mem_ne(a->binder_digest, zero, 32);
    check_record_of_evidence(a);
}
END_TEST

/* A request that comes to nothing has its record, too. */
START_TEST(audit_tells_of_requests_without_evidence)
{
    static const uint8_t zero[32];
    const vouch_audit *a;

    stay_open_to_refusals();
    start();
    if (_i == 0) {
        decline();
        pair_run(&pair);
    } else {
        pair_wait(&pair, 30000);
        (void)pair_step(&pair, &pair.client);
    }
    a = record();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_AUDIT), 1);
    ck_assert_int_eq(a->verdict, VOUCH_INDETERMINATE);
    ck_assert_int_eq(a->check, VOUCH_CHECK_ANSWER);
    ck_assert_int_eq(a->err, _i == 0 ? VOUCH_E_DECLINED : VOUCH_OK);
    ck_assert_int_eq(a->asked_unix_s, PAIR_UNIX_TIME);
    ck_assert_uint_eq(a->aik_pub_hash.len, 0);
    ck_assert_mem_eq(a->evidence_digest, zero, 32);
    ck_assert_mem_eq(a->ueid_digest, zero, 32);
    ck_assert_uint_eq(a->appraisal_ms, 0);
}
END_TEST

/* Counters */

static void ask(void)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
}

/* Two acceptances, one refusal to answer, one verdict that is none, and one
 * rejection. */
static void play(void)
{
    size_t taken;

    stay_open_to_refusals();
    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    pair.server.holds_evidence = false;
    start();
    ask();
    ck_assert_int_eq(vouch_session_send(pair.client.session,
                                        (vouch_bytes){(const uint8_t *)"hi", 2},
                                        pair.now, &taken),
                     VOUCH_OK);
    pair_run(&pair);
    pair.server.holds_evidence = true;
    ask();
    decline();
    pair.server.holds_evidence = false;
    pair.client.verdict = VOUCH_INDETERMINATE;
    ask();
    pair.client.verdict = VOUCH_REJECTED;
    ask();
    ck_assert_int_eq(give_data(5), VOUCH_OK);
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               (const uint8_t[32]){1},
                                               pair.now),
                     VOUCH_OK);
    pair_run(&pair);
}

START_TEST(stats_count_what_a_session_has_seen)
{
    vouch_stats client, server;

    play();
    client = stats_of(&pair.client);
    server = stats_of(&pair.server);
    /* the change of posture made the client ask by itself once more */
    ck_assert_uint_eq(client.requests_sent, 6);
    ck_assert_uint_eq(client.accepted, 2);
    ck_assert_uint_eq(client.indeterminate, 2);
    ck_assert_uint_eq(client.rejected, 2);
    ck_assert_uint_eq(client.data_sent, 2);
    ck_assert_uint_eq(client.data_dropped, 5);
    ck_assert_uint_eq(client.requests_received, 0);
    ck_assert_uint_eq(server.requests_received, 6);
    ck_assert_uint_eq(server.requests_declined, 1);
    ck_assert_uint_eq(server.answered, 5);
    ck_assert_uint_eq(server.confirmed, 2);
    ck_assert_uint_eq(server.posture_changes, 1);
    ck_assert_uint_eq(server.data_received, 2);
    ck_assert_uint_eq(server.requests_sent, 0);
    ck_assert_uint_eq(client.strays + server.strays, 0);
    ck_assert_uint_eq(client.commands_sent + server.commands_taken +
                          server.commands_refused,
                      0);
}
END_TEST

static Suite *with_schedule(Suite *suite)
{
    TCase *tc = tcase_create("schedule");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, next_request_comes_after_the_interval);
    tcase_add_test(tc, interval_is_a_third_of_the_age_unless_set);
    tcase_add_test(tc, interval_of_zero_asks_once);
    tcase_add_loop_test(tc, jitter_shortens_the_interval_within_its_bounds, 0,
                        1);
    tcase_add_loop_test(tc, jitter_shortens_the_interval_within_its_bounds, 10,
                        11);
    tcase_add_loop_test(tc, jitter_shortens_the_interval_within_its_bounds, 50,
                        51);
    tcase_add_test(tc, jitter_is_half_the_interval_at_most);
    tcase_add_test(tc, refresh_starts_before_the_end);
    tcase_add_test(tc, grace_of_zero_starts_no_refresh);
    tcase_add_test(tc, grace_is_a_tenth_of_the_age_unless_set);
    tcase_add_loop_test(tc, refresh_that_fails_extends_nothing, 0, FAILURES);
    tcase_add_test(tc, refresh_that_is_late_opens_the_gate_anew);
    tcase_add_loop_test(tc, failed_requests_are_repeated_ever_more_slowly, 0,
                        2);
    tcase_add_test(tc, back_off_begins_anew_after_an_acceptance);
    tcase_add_loop_test(tc, back_off_heeds_when_a_busy_peer_wants_to_be_asked,
                        0, COUNT(hints));
    suite_add_tcase(suite, tc);
    return suite;
}

Suite *test_suite(void)
{
    Suite *suite = with_schedule(suite_create("schedule"));
    TCase *tc = tcase_create("time");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, deadlines_alone_shut_the_gate_on_a_silent_connection);
    tcase_add_test(tc, clock_set_back_extends_no_acceptance);
    tcase_add_loop_test(tc, wall_clock_that_was_ahead_once_counts_no_longer, 0,
                        2);
    tcase_add_test(tc, clock_set_back_asks_no_sooner_and_no_later);
    tcase_add_test(tc, clock_set_back_fills_no_bucket);
    tcase_add_loop_test(
        tc, data_within_grace_after_the_end_is_dropped_and_reported, 0, 2);
    tcase_add_loop_test(tc, data_after_grace_is_a_violation, 0, 2);
    tcase_add_test(tc, audit_tells_what_an_acceptance_rests_on);
    tcase_add_test(tc, audit_tells_what_a_rejection_rests_on);
    tcase_add_loop_test(tc, audit_tells_of_requests_without_evidence, 0, 2);
    tcase_add_test(tc, stats_count_what_a_session_has_seen);
    suite_add_tcase(suite, tc);
    return suite;
}
