/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

#include <vouch/limits.h>

#include "tools/bench/flood.h"

/*
 * What a peer can make a side keep is charged with what the peer sent, and
 * bounded: every message, in every state, to every kind of application. The
 * floods are those that vouch-bench measures.
 */

enum {
    KEPT_MAX = 4, /* octets, for one that came */
    /* Events and DATA that wait, unsent answers, and a capsule in part. */
    MOST = 1 << 20,
    /* ... where events are polled and answers sent: a capsule in part, once
     * more while its memory grows, and what exchanges need. */
    MOST_SERVED = 384 * 1024,
    /* ... and nothing is long. */
    MOST_SLOW = 48 * 1024,
    OCTETS = 80 * 1024, /* of a flood */
    SLOW_OCTETS = 160 * 1024,

    /* Events that wait, with those of one step more. */
    EVENTS_MAX = VOUCH_LIMIT_EVENTS + 16,
    EVENTS_KEPT_MAX = 128 * 1024,
    TIMES = 20000,
};

#define WEEK_MS (UINT64_C(7) * 24 * 3600 * 1000)

static struct hosts hosts;
static struct flood_scene scene;
static size_t idle;

static void meet(void)
{
    heap_count();
    hosts_meet(&hosts);
    hosts_equip(&hosts);
    idle = flood_idle(&hosts);
}

static void part(void)
{
    hosts_free(&hosts);
}

/* Floods */

static size_t most_of(const struct flood *flood)
{
    if (flood->application != FLOOD_ANSWERS_SENDS) {
        return MOST;
    }
    return flood->message->pace_ms != 0 ? MOST_SLOW : MOST_SERVED;
}

/* Runs one; false, and says which and how much, when it keeps too much. */
static bool is_bounded(const struct flood *flood, size_t octets)
{
    struct flood_cost cost = flood_run(flood, &hosts, octets, idle);

    if (cost.kept <= KEPT_MAX && cost.most <= most_of(flood)) {
        return true;
    }
    fprintf(stderr,
            "%s; %s; the application %s: %zu octets kept, %.1f for each of "
            "%zu\n",
            flood->message->name, flood->state->name,
            flood_applications[flood->application], cost.most, cost.kept,
            cost.fed);
    return false;
}

/* How many floods of state `state` keep too much. */
static size_t run_floods(size_t state, bool paced, size_t octets)
{
    size_t unbounded = 0;

    for (size_t i = 0; i < flood_messages_num * FLOOD_APPLICATIONS; i++) {
        const struct flood flood = {
            &flood_states[state], &flood_messages[i / FLOOD_APPLICATIONS],
            (enum flood_application)(i % FLOOD_APPLICATIONS)};

        if ((flood.message->pace_ms != 0) == paced && flood_differs(&flood)) {
            unbounded += !is_bounded(&flood, octets);
        }
    }
    return unbounded;
}

START_TEST(what_floods_leave_is_bounded)
{
    ck_assert_uint_eq(run_floods((size_t)_i, false, OCTETS), 0);
}
END_TEST

/* Where time passes between the messages, limits on their rate do not help. */
START_TEST(what_slow_floods_leave_is_bounded)
{
    ck_assert_uint_eq(run_floods((size_t)_i, true, SLOW_OCTETS), 0);
}
END_TEST

/* A session's own events */

static const struct flood_state *state_named(const char *name)
{
    for (size_t i = 0; i < flood_states_num; i++) {
        if (strcmp(flood_states[i].name, name) == 0) {
            return &flood_states[i];
        }
    }
    ck_abort_msg("no state %s", name);
    return NULL;
}

static void open_scene(const struct flood_state *state)
{
    flood_scene_open(&scene, &hosts, state);
    heap_charge(&scene.heap);
}

/* What waits to be sent is not what this is about. */
static void send_all(void)
{
    while (vouch_session_outgoing(scene.side).len != 0) {
        vouch_session_sent(scene.side, vouch_session_outgoing(scene.side).len);
    }
}

/* Nobody has polled. */
static void check_events(void)
{
    vouch_event event;
    size_t num = 0;

    send_all();
    ck_assert_uint_le(scene.heap.kept, idle + EVENTS_KEPT_MAX);
    while (vouch_session_poll(scene.side, &event)) {
        num++;
    }
    ck_assert_uint_le(num, EVENTS_MAX);
    flood_scene_close(&scene);
}

START_TEST(week_of_ticks_leaves_few_events)
{
    uint64_t end;

    open_scene(&flood_states[_i]);
    end = scene.now.mono_ms + WEEK_MS;
    while (vouch_session_deadline(scene.side) < end) {
        /* A side that keeps a deadline does not spin. */
        ck_assert_uint_gt(vouch_session_deadline(scene.side),
                          scene.now.mono_ms);
        scene.now.mono_ms = vouch_session_deadline(scene.side);
        if (vouch_session_tick(scene.side, scene.now) != VOUCH_OK) {
            break;
        }
        send_all();
    }
    check_events();
}
END_TEST

START_TEST(changes_of_posture_leave_few_events)
{
    static const char *const names[] = {"producing four", "confirmed",
                                        "operation running", "gate none"};
    uint8_t sha256[32] = {0};
    vouch_err err = VOUCH_OK;

    open_scene(state_named(names[_i]));
    for (unsigned i = 0; i < TIMES && err == VOUCH_OK; i++) {
        sha256[0] = (uint8_t)i;
        sha256[1] = (uint8_t)(i >> 8);
        sha256[2] = 1;
        err = vouch_session_set_posture(scene.side, "model", sha256, scene.now);
        send_all();
    }
    ck_assert_int_eq(err, VOUCH_OK);
    check_events();
}
END_TEST

/* The application asks again and again, and gives up. */
START_TEST(requests_leave_few_events)
{
    bool cancels = _i != 0;
    vouch_exchange exchange;
    size_t refused = 0;

    open_scene(state_named("gate none"));
    for (unsigned i = 0; i < TIMES; i++) {
        vouch_err err = vouch_session_request(scene.side, scene.now, &exchange);

        if (err == VOUCH_OK && cancels) {
            ck_assert_int_eq(
                vouch_session_cancel(scene.side, exchange, scene.now),
                VOUCH_OK);
        }
        ck_assert(err == VOUCH_OK || err == VOUCH_E_TOO_MANY);
        refused += err == VOUCH_E_TOO_MANY;
        send_all();
    }
    check_events();
    ck_assert_uint_gt(refused, 0); /* poll first */
}
END_TEST

/* Each request times out, and nobody looks. */
START_TEST(timeouts_of_requests_leave_few_events)
{
    vouch_exchange exchange;

    open_scene(state_named("gate none"));
    for (unsigned i = 0; i < TIMES; i++) {
        vouch_err err = vouch_session_request(scene.side, scene.now, &exchange);

        ck_assert(err == VOUCH_OK || err == VOUCH_E_TOO_MANY);
        scene.now.mono_ms += 60000;
        ck_assert_int_eq(vouch_session_tick(scene.side, scene.now), VOUCH_OK);
        send_all();
    }
    check_events();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("floods");
    TCase *tc = tcase_create("floods");
    int states = (int)flood_states_num;

    tcase_add_unchecked_fixture(tc, meet, part);
    tcase_set_timeout(tc, 900);
    tcase_add_loop_test(tc, what_floods_leave_is_bounded, 0, states);
    tcase_add_loop_test(tc, what_slow_floods_leave_is_bounded, 0, states);
    tcase_add_loop_test(tc, week_of_ticks_leaves_few_events, 0, states);
    tcase_add_loop_test(tc, changes_of_posture_leave_few_events, 0, 4);
    tcase_add_loop_test(tc, requests_leave_few_events, 0, 2);
    tcase_add_test(tc, timeouts_of_requests_leave_few_events);
    suite_add_tcase(suite, tc);
    return suite;
}
