/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "tests/support/session_pair.h"

/*
 * Attack 66: both sides ask at the same time, and again, while octets and
 * answers come in any order. Each question gets its own answer.
 */

enum { ROUNDS = 1000, PARTS = 4, ASKED_MORE = 3, PIECE_MAX = 700 };

static struct session_pair pair;
static uint32_t random_state;

static void set_up(void)
{
    pair_init(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

/* Numbers below `bound` that are the same in every run (xorshift32). */
static uint32_t draw(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static void ask(struct pair_peer *peer)
{
    vouch_exchange exchange;

    ck_assert_int_eq(vouch_session_request(peer->session, pair.now, &exchange),
                     VOUCH_OK);
}

/* One thing that happens next. */
static void happen(void)
{
    struct pair_peer *from = draw(2) == 0 ? &pair.client : &pair.server;
    struct pair_peer *to = from == &pair.client ? &pair.server : &pair.client;

    if (draw(2) == 0) {
        (void)pair_move(&pair, from, to, 1 + draw(PIECE_MAX));
    } else {
        (void)pair_step(&pair, from);
    }
}

static uint64_t requests_of(const struct pair_peer *peer)
{
    vouch_stats stats;

    vouch_session_stats(peer->session, &stats);
    return stats.requests_sent;
}

/* Sessions begin by asking each other; each then asks up to three times more
 * between other things. */
static void play(void)
{
    struct pair_peer *peers[] = {&pair.client, &pair.server};
    unsigned more[2] = {draw(ASKED_MORE + 1), draw(ASKED_MORE + 1)};

    pair_start(&pair);
    while (pair_count(&pair.client, VOUCH_EVENT_PEER) == 0 ||
           pair_count(&pair.server, VOUCH_EVENT_PEER) == 0) {
        happen();
    }
    while (more[0] + more[1] != 0) {
        size_t i = draw(2);

        if (more[i] != 0) {
            ask(peers[i]);
            more[i]--;
        }
        for (uint32_t n = draw(8); n != 0; n--) {
            happen();
        }
    }
    pair_run(&pair);
}

/* Every question was answered, by evidence that was made for it alone. */
static void check(struct pair_peer *peer, const struct pair_peer *other)
{
    const uint64_t asked = requests_of(peer);

    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_ACCEPTED), asked);
    ck_assert_uint_eq(pair_count(other, VOUCH_EVENT_CONFIRMED), asked);
    ck_assert_uint_eq(pair_count(other, VOUCH_EVENT_EVIDENCE_NEEDED), asked);
    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_FAILED), 0);
    ck_assert(
        vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, pair.now));
}

/* The records of both sides, which have one for each exchange. */
static size_t records(const vouch_audit *out[2 * PAIR_EVENTS_MAX])
{
    const struct pair_peer *peers[] = {&pair.client, &pair.server};
    size_t num = 0;

    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < peers[side]->num; i++) {
            if (peers[side]->log[i].event.type == VOUCH_EVENT_AUDIT) {
                out[num++] = &peers[side]->log[i].audit;
            }
        }
    }
    return num;
}

/* A binder comes from its context: binders differ, so do contexts. */
static void check_distinct(void)
{
    static const vouch_audit *all[2 * PAIR_EVENTS_MAX];
    size_t num = records(all);

    ck_assert_uint_eq(num,
                      requests_of(&pair.client) + requests_of(&pair.server));
    for (size_t i = 0; i < num; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_uint_ne(all[i]->exchange.id, all[j]->exchange.id);
            ck_assert_mem_ne(all[i]->binder_digest, all[j]->binder_digest, 32);
        }
    }
}

START_TEST(both_sides_ask_at_once_in_any_order) /* Attack 66 */
{
    for (int seed = _i; seed < ROUNDS; seed += PARTS) {
        random_state = (uint32_t)seed + 1;
        play();
        check(&pair.client, &pair.server);
        check(&pair.server, &pair.client);
        check_distinct();
        pair_end(&pair);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_glare");
    TCase *tc = tcase_create("attack_glare");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, both_sides_ask_at_once_in_any_order, 0, PARTS);
    suite_add_tcase(suite, tc);
    return suite;
}
