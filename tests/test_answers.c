/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <vouch/limits.h>
#include <vouch/registry.h>

#include "tests/support/attested.h"
#include "tests/support/files.h"

/*
 * Between an event and its answer anything may happen. The calls that answer by
 * a shipped attester or appraiser take that for what it is, no mistake of the
 * caller; they refuse handles that never were right.
 */

static struct attested attested;
static struct session_pair *const pair = &attested.pair;
static struct pair_peer *const client = &attested.pair.client;
static struct pair_peer *const server = &attested.pair.server;
static vouch_registry *registry;

static void set_up(void)
{
    const uint8_t digest[32] = {1};

    make_dir();
    attested_init(&attested);
    ck_assert_int_eq(vouch_registry_new(&registry), VOUCH_OK);
    ck_assert_int_eq(
        vouch_registry_add_attester(registry, attested.server.attester),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_registry_add_appraiser(registry, attested.client.appraiser),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_posture(server->config, "model", digest),
                     VOUCH_OK);
}

static void tear_down(void)
{
    vouch_registry_free(registry);
    attested_free(&attested);
    remove_dir();
}

/* The calls: two for the server, which is asked, and three for the client. */

static vouch_err by_attester(vouch_exchange exchange)
{
    return vouch_attester_answer(attested.server.attester, server->session,
                                 exchange, pair->now);
}

static vouch_err by_registry(vouch_exchange exchange)
{
    return vouch_registry_attest(registry, server->session, exchange,
                                 pair->now);
}

static vouch_err by_appraiser(vouch_exchange exchange)
{
    return vouch_appraiser_answer(attested.client.appraiser, client->session,
                                  exchange, pair->now);
}

static vouch_err by_appraisers(vouch_exchange exchange)
{
    return vouch_registry_appraise(registry, client->session, exchange,
                                   pair->now);
}

static vouch_err by_result(vouch_exchange exchange)
{
    return vouch_registry_appraise_result(
        registry, client->session, exchange,
        (vouch_bytes){(const uint8_t *)"none", 4}, pair->now);
}

static const struct call {
    vouch_err (*answer)(vouch_exchange exchange);
    bool attests;
} calls[] = {
    {by_attester, true},    {by_registry, true}, {by_appraiser, false},
    {by_appraisers, false}, {by_result, false},
};

static struct pair_peer *asked_of(const struct call *call)
{
    return call->attests ? server : client;
}

static vouch_session *session_of(const struct call *call)
{
    return asked_of(call)->session;
}

/* The exchange that waits for an answer of the call. */
static vouch_exchange waiting(const struct call *call)
{
    const struct pair_event *event;

    server->holds_evidence = call->attests;
    client->holds_verdicts = true;
    pair_start(pair);
    pair_run(pair);
    event =
        pair_last(asked_of(call), call->attests ? VOUCH_EVENT_EVIDENCE_NEEDED
                                                : VOUCH_EVENT_APPRAISAL_NEEDED);
    ck_assert_ptr_nonnull(event);
    return event->event.exchange;
}

/* What happens in between */

static void change_posture(const struct call *call, vouch_exchange exchange)
{
    const uint8_t digest[32] = {2};

    (void)exchange;
    ck_assert_int_eq(
        vouch_session_set_posture(server->session, "model", digest, pair->now),
        VOUCH_OK);
    if (!call->attests) {
        ck_assert(pair_move(pair, server, client, SIZE_MAX));
    }
}

static void let_time_pass(const struct call *call, vouch_exchange exchange)
{
    (void)call;
    (void)exchange;
    pair->now.mono_ms += VOUCH_LIMIT_ANSWER_WITHIN_MS;
}

static void time_out(const struct call *call, vouch_exchange exchange)
{
    let_time_pass(call, exchange);
    ck_assert_int_eq(vouch_session_tick(session_of(call), pair->now), VOUCH_OK);
}

static void close_session(const struct call *call, vouch_exchange exchange)
{
    (void)exchange;
    ck_assert_int_eq(vouch_session_close(session_of(call), pair->now),
                     VOUCH_OK);
}

static void have_it_closed(const struct call *call, vouch_exchange exchange)
{
    struct pair_peer *other = call->attests ? client : server;

    (void)exchange;
    ck_assert_int_eq(vouch_session_close(other->session, pair->now), VOUCH_OK);
    ck_assert(pair_move(pair, other, asked_of(call), SIZE_MAX));
}

static void cut(const struct call *call, vouch_exchange exchange)
{
    (void)exchange;
    ck_assert_int_eq(vouch_session_truncated(session_of(call), pair->now),
                     VOUCH_E_TRUNCATED);
}

static void decline_or_cancel(const struct call *call, vouch_exchange exchange)
{
    ck_assert_int_eq(
        call->attests
            ? vouch_session_decline(server->session, exchange,
                                    VOUCH_PEER_POLICY, pair->now)
            : vouch_session_cancel(client->session, exchange, pair->now),
        VOUCH_OK);
}

static void answer(const struct call *call, vouch_exchange exchange)
{
    ck_assert_int_eq(call->answer(exchange), VOUCH_OK);
}

static void (*const between[])(const struct call *call,
                               vouch_exchange exchange) = {
    change_posture, let_time_pass, time_out,          close_session,
    have_it_closed, cut,           decline_or_cancel, answer,
};

enum { BETWEEN = sizeof between / sizeof between[0] };

static uint64_t answers_of(const struct call *call)
{
    vouch_stats stats;

    vouch_session_stats(session_of(call), &stats);
    return call->attests
               ? stats.answered
               : stats.accepted + stats.rejected + stats.indeterminate;
}

START_TEST(answer_that_comes_too_late_is_no_error)
{
    const struct call *call = &calls[_i / BETWEEN];
    vouch_exchange exchange = waiting(call);
    uint64_t answers;

    between[_i % BETWEEN](call, exchange);
    answers = answers_of(call);
    ck_assert_int_eq(call->answer(exchange), VOUCH_OK);
    if (between[_i % BETWEEN] != close_session) { /* which lets it end */
        ck_assert_uint_eq(answers_of(call), answers);
    }
}
END_TEST

START_TEST(handle_that_was_never_right_is_refused)
{
    const struct call *call = &calls[_i];
    vouch_exchange exchange = waiting(call), other = exchange;

    other.session ^= 1;
    ck_assert_int_eq(call->answer(other), VOUCH_E_HANDLE);
    other = exchange;
    other.id += 1000; /* the counter stands at the end of an id */
    ck_assert_int_eq(call->answer(other), VOUCH_E_HANDLE);
    other.id = 0;
    ck_assert_int_eq(call->answer(other), VOUCH_E_HANDLE);
    ck_assert_int_eq(call->answer((vouch_exchange){0}), VOUCH_E_HANDLE);
    if (call->attests) { /* a request of its own */
        ck_assert_int_eq(
            vouch_session_request(server->session, pair->now, &other),
            VOUCH_OK);
        ck_assert_int_eq(call->answer(other), VOUCH_E_HANDLE);
    }
    ck_assert_int_eq(call->answer(exchange), VOUCH_OK);
    ck_assert_uint_eq(answers_of(call), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("answers");
    TCase *tc = tcase_create("answers");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, answer_that_comes_too_late_is_no_error, 0,
                        COUNT(calls) * BETWEEN);
    tcase_add_loop_test(tc, handle_that_was_never_right_is_refused, 0,
                        COUNT(calls));
    suite_add_tcase(suite, tc);
    return suite;
}
