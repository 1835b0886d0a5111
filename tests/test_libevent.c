/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <event2/event.h>

#include "tests/support/session_pair.h"

/*
 * A program of libevent that holds the archive, every hidden symbol of it: what
 * libevent calls by its own names must be libevent's. Its timers drive a pair
 * of sessions until both are accepted.
 */

enum { TICK_US = 1000, TICKS = 20 };

static struct session_pair pair;
static unsigned ticks;

static void set_up(void)
{
    pair_init(&pair);
    pair_start(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct event_base *base = arg;

    (void)fd;
    ck_assert_int_eq(what & EV_TIMEOUT, EV_TIMEOUT);
    pair_run(&pair);
    if (++ticks == TICKS) {
        event_base_loopbreak(base);
    }
}

START_TEST(timers_of_libevent_fire_beside_sessions)
{
    const struct timeval period = {0, TICK_US};
    struct event_base *base = event_base_new();
    struct event *timer;

    ck_assert_ptr_nonnull(base);
    timer = event_new(base, -1, EV_PERSIST, on_timer, base);
    ck_assert_ptr_nonnull(timer);
    ck_assert_int_eq(event_add(timer, &period), 0);
    ck_assert_int_eq(event_base_dispatch(base), 0);
    ck_assert_uint_eq(ticks, TICKS);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    event_free(timer);
    event_base_free(base);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("libevent");
    TCase *tc = tcase_create("libevent");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, timers_of_libevent_fire_beside_sessions);
    suite_add_tcase(suite, tc);
    return suite;
}
