/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * Attacks 67 and 68: to learn what a server can attest, or have it attest,
 * without going first as it wants; and to have two sides wait for each other
 * for ever. Both sides attest and require it of the other; the server insists
 * that the client goes first.
 */

static struct session_pair pair;
static const uint8_t digest[32] = {1};

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(vouch_config_set_peer_first(pair.server.config), VOUCH_OK);
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

static bool is_open(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA,
                                  pair.now) &&
           vouch_session_may_accept(peer->session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static uint64_t requests_of(const struct pair_peer *peer)
{
    vouch_stats stats;

    vouch_session_stats(peer->session, &stats);
    return stats.requests_sent;
}

static vouch_exchange told(const struct pair_peer *peer, vouch_event_type type)
{
    const struct pair_event *last = pair_last(peer, type);

    ck_assert_ptr_nonnull(last);
    return last->event.exchange;
}

static size_t place_of(const struct pair_peer *peer, vouch_event_type type)
{
    for (size_t i = 0; i < peer->num; i++) {
        if (peer->log[i].event.type == type) {
            return i;
        }
    }
    ck_abort_msg("no %s", vouch_event_name(type));
    return 0;
}

/* All of it in one go: no time passes. */
START_TEST(both_sides_attest_in_the_order_that_one_insists_on)
{
    const uint64_t at = pair.now.mono_ms;
    const struct pair_event *refused;

    start();
    ck_assert_uint_eq(pair.now.mono_ms, at);
    ck_assert(is_open(&pair.client));
    ck_assert(is_open(&pair.server));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    /* the client's early request was put off, and repeated without delay */
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 1);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_int_eq(refused->event.u.refused.peer_reason,
                     VOUCH_PEER_YOU_FIRST);
    ck_assert_uint_eq(requests_of(&pair.client), 2);
    /* Attack 68: the server's platform was asked after the client's was
     * accepted, and once */
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 1);
    ck_assert_uint_gt(place_of(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      place_of(&pair.server, VOUCH_EVENT_ACCEPTED));
}
END_TEST

static struct vouch_capabilities decode(vouch_bytes value)
{
    struct vouch_capabilities m;

    ck_assert_int_eq(vouch_capabilities_decode(value, &m), VOUCH_OK);
    return m;
}

/* What the server sends, up to where it waits for the client: neither its list
 * nor any evidence. */
START_TEST(nothing_is_told_before_the_client_is_accepted) /* Attack 68 */
{
    struct vouch_authenticator_message m;
    struct vouch_capabilities told_first;
    vouch_buffer value, answer;
    struct capsule capsule;

    pair.client.holds_evidence = true;
    pair_start(&pair);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    told_first = decode(span_of(&value));
    ck_assert_uint_eq(told_first.produces.num, 0);
    ck_assert_uint_eq(told_first.flags & 6,
                      VOUCH_FLAG_YOU_FIRST | VOUCH_FLAG_LIST_WITHHELD);
    free(value.data);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_REQUEST);
    free(value.data);
    capsule_pass(pair.client.session, pair.server.session, pair.now);
    (void)pair_step(&pair, &pair.server);
    answer = capsule_expect(pair.server.session, VOUCH_CAPSULE_AUTHENTICATOR);
    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&answer), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.reason, VOUCH_WIRE_YOU_FIRST);
    /* Finished alone: RFC 9261, 6 */
    ck_assert_uint_eq(m.authenticator.len, 4 + 32);
    ck_assert(!capsule_take(pair.server.session, &capsule));
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    free(answer.data);
}
END_TEST

/* The client is told, falsely, that the server has a list and is in no order:
 * it asks whenever it likes. */
static void let_client_ask(void)
{
    vouch_buffer value, forged;
    struct vouch_capabilities m;

    pair_start(&pair);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    m = decode(span_of(&value));
    m.flags &= ~(uint64_t)(VOUCH_FLAG_YOU_FIRST | VOUCH_FLAG_LIST_WITHHELD);
    m.produces = m.appraises;
    forged = capsule_capabilities(&m);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&forged)),
                     VOUCH_OK);
    pair_run(&pair);
    free(forged.data);
    free(value.data);
}

START_TEST(client_that_keeps_asking_first_learns_nothing) /* Attack 68 */
{
    vouch_exchange exchange;

    pair.client.holds_evidence = true;
    let_client_ask();
    for (size_t i = 1; i <= 20; i++) {
        ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), i);
        ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                             ->event.u.refused.peer_reason,
                         VOUCH_PEER_YOU_FIRST);
        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
        pair_run(&pair);
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert(!is_open(&pair.client));
    ck_assert(!is_open(&pair.server));
}
END_TEST

START_TEST(client_that_is_rejected_learns_nothing) /* Attack 68 */
{
    pair.server.verdict = VOUCH_REJECTED;
    start();
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_REFUSED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_PEER), 1);
    ck_assert_uint_eq(requests_of(&pair.client), 1); /* no list came */
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_CLOSED)->event.u.closed.code,
        VOUCH_CLOSE_REFUSED);
}
END_TEST

/* The client was accepted when its request came, and is not when the evidence
 * is ready. */
START_TEST(evidence_is_not_sent_to_a_client_that_is_not_accepted_any_more)
{ /* Attack 68 */
    vouch_evidence_info info;
    vouch_exchange asked;
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    start();
    asked = told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, asked, &info),
        VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    pair.client.holds_evidence = true;
    ck_assert_int_eq(vouch_session_set_posture(pair.client.session, "model",
                                               digest, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EXPIRED), 1);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, asked,
                                           span_of(&cmw), pair.now),
                     VOUCH_E_GATE);
    pair_run(&pair);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_YOU_FIRST);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      0);
    vouch_buffer_free(&cmw);
}
END_TEST

/* The second CAPABILITIES */

/* The server's two, as they are right. */
static struct capsule first, second;

/* Takes a server's next capsule, having all else go its way; true if it is
 * CAPABILITIES, and gives it to the client if not. */
static bool take_capabilities(struct session_pair *other, struct capsule *out)
{
    (void)pair_step(other, &other->client);
    (void)pair_move(other, &other->client, &other->server, SIZE_MAX);
    (void)pair_step(other, &other->server);
    ck_assert(capsule_take(other->server.session, out));
    if (out->type == VOUCH_CAPSULE_CAPABILITIES) {
        return true;
    }
    ck_assert_int_eq(capsule_give(other->client.session, other->now, out->type,
                                  span_of(&out->value)),
                     VOUCH_OK);
    free(out->value.data);
    return false;
}

static void take_both(void)
{
    struct session_pair other;

    pair_init(&other);
    ck_assert_int_eq(vouch_config_set_peer_first(other.server.config),
                     VOUCH_OK);
    pair_start(&other);
    ck_assert(capsule_take(other.server.session, &first));
    ck_assert_int_eq(capsule_give(other.client.session, other.now, first.type,
                                  span_of(&first.value)),
                     VOUCH_OK);
    while (!take_capabilities(&other, &second)) {
    }
    pair_free(&other);
}

static void free_both(void)
{
    free(first.value.data);
    free(second.value.data);
    first = second = (struct capsule){0};
}

static void set_up_capabilities(void)
{
    set_up();
    take_both();
    pair_start(&pair); /* the same connection for all that they can see */
}

static void tear_down_capabilities(void)
{
    free_both();
    tear_down();
}

static vouch_err give(const struct vouch_capabilities *m)
{
    vouch_buffer value = capsule_capabilities(m);
    vouch_err err = capsule_give(pair.client.session, pair.now,
                                 VOUCH_CAPSULE_CAPABILITIES, span_of(&value));

    free(value.data);
    return err;
}

/* Gives the client the first, and has its early request put off. */
static void give_first(void)
{
    struct vouch_capabilities m = decode(span_of(&first.value));

    ck_assert_int_eq(give(&m), VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
}

START_TEST(list_that_was_withheld_may_come_later) /* Attack 68 */
{
    struct vouch_capabilities one = decode(span_of(&first.value)),
                              two = decode(span_of(&second.value));

    ck_assert_uint_eq(two.produces.num, 1);
    ck_assert_uint_eq(one.flags ^ two.flags, VOUCH_FLAG_LIST_WITHHELD);
    give_first();
    ck_assert_int_eq(give(&two), VOUCH_OK);
    ck_assert(!vouch_session_ended(pair.client.session));
}
END_TEST

/* ... and makes the client ask at once, however long it would have waited. */
START_TEST(list_that_comes_makes_for_a_request_without_back_off)
{ /* Attack 68 */
    struct vouch_capabilities two = decode(span_of(&second.value));

    give_first();
    capsule_pass(pair.client.session, pair.server.session, pair.now);
    (void)pair_step(&pair, &pair.server);
    {
        struct capsule capsule;

        while (capsule_take(pair.server.session, &capsule)) {
            if (capsule.type == VOUCH_CAPSULE_AUTHENTICATOR) {
                ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                              capsule.type,
                                              span_of(&capsule.value)),
                                 VOUCH_OK);
            }
            free(capsule.value.data);
        }
    }
    (void)pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 1);
    ck_assert_uint_eq(requests_of(&pair.client), 1);
    ck_assert_int_eq(give(&two), VOUCH_OK);
    ck_assert_uint_eq(requests_of(&pair.client), 2);
}
END_TEST

static void withhold_again(struct vouch_capabilities *m)
{
    m->flags |= VOUCH_FLAG_LIST_WITHHELD;
    m->produces.num = 0;
}

static void drop_you_first(struct vouch_capabilities *m)
{
    m->flags &= ~(uint64_t)VOUCH_FLAG_YOU_FIRST;
}

static void drop_will_ask(struct vouch_capabilities *m)
{
    m->flags &= ~(uint64_t)VOUCH_FLAG_WILL_ASK;
}

static void drop_data_gated(struct vouch_capabilities *m)
{
    m->flags &= ~(uint64_t)VOUCH_FLAG_DATA_GATED;
}

static void add_executes(struct vouch_capabilities *m)
{
    m->flags |= VOUCH_FLAG_EXECUTES;
}

static void drop_appraises(struct vouch_capabilities *m)
{
    m->appraises.num = 0;
}

static void change_max_capsule(struct vouch_capabilities *m)
{
    m->max_capsule--;
}

static void change_max_evidence(struct vouch_capabilities *m)
{
    m->max_evidence++;
}

static void change_max_in_flight(struct vouch_capabilities *m)
{
    m->max_in_flight++;
}

static void change_check(struct vouch_capabilities *m)
{
    static const uint8_t other[VOUCH_CONN_CHECK_LEN] = {1};

    m->conn_check.data = other;
}

static void (*const changes[])(struct vouch_capabilities *m) = {
    withhold_again,     drop_you_first,      drop_will_ask,
    drop_data_gated,    add_executes,        drop_appraises,
    change_max_capsule, change_max_evidence, change_max_in_flight,
    change_check,
};

static void check_violation(void)
{
    const struct pair_event *failed;

    (void)pair_step(&pair, &pair.client);
    failed = pair_last(&pair.client, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_int_eq(failed->event.u.failed.err, VOUCH_E_UNEXPECTED);
    ck_assert_uint_eq(failed->event.u.failed.code, VOUCH_CLOSE_PROTOCOL);
    ck_assert(!is_open(&pair.client));
}

/* It may differ in key 1 and flag 4, and in nothing else. */
START_TEST(second_capabilities_change_nothing_but_the_list) /* Attack 68 */
{
    struct vouch_capabilities m = decode(span_of(&second.value));

    give_first();
    changes[_i](&m);
    ck_assert_int_eq(give(&m), VOUCH_E_UNEXPECTED);
    check_violation();
}
END_TEST

START_TEST(second_capabilities_come_once) /* Attack 68 */
{
    struct vouch_capabilities m = decode(span_of(&second.value));

    give_first();
    ck_assert_int_eq(give(&m), VOUCH_OK);
    ck_assert_int_eq(give(&m), VOUCH_E_UNEXPECTED);
    check_violation();
}
END_TEST

START_TEST(second_capabilities_follow_only_a_list_withheld) /* Attack 68 */
{
    struct vouch_capabilities m = decode(span_of(&second.value));

    ck_assert_int_eq(give(&m), VOUCH_OK); /* as the first */
    ck_assert_int_eq(give(&m), VOUCH_E_UNEXPECTED);
    check_violation();
}
END_TEST

/* Deadlocks */

static void check_deadlock(struct pair_peer *peer)
{
    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_POLICY_DEADLOCK), 1);
    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert_uint_eq(pair_count(peer, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(vouch_session_ended(peer->session));
    ck_assert(!is_open(peer));
}

static vouch_buffer last_capsule(vouch_session *from, uint64_t type)
{
    struct capsule capsule = {0}, last = {0};

    while (capsule_take(from, &capsule)) {
        free(last.value.data);
        last = capsule;
    }
    ck_assert_uint_eq(last.type, type);
    return last.value;
}

/* Each has only what the other sent at once: half a round trip. */
START_TEST(two_that_both_want_the_other_first_notice_at_once) /* Attack 67 */
{
    struct pair_peer *peers[] = {&pair.client, &pair.server};
    vouch_bytes to_server, to_client;
    size_t taken;

    ck_assert_int_eq(vouch_config_set_peer_first(pair.client.config), VOUCH_OK);
    pair_start(&pair);
    to_server = vouch_session_outgoing(pair.client.session);
    to_client = vouch_session_outgoing(pair.server.session);
    to_server =
        (vouch_bytes){exact_copy(to_server.data, to_server.len), to_server.len};
    to_client =
        (vouch_bytes){exact_copy(to_client.data, to_client.len), to_client.len};
    vouch_session_sent(pair.client.session, to_server.len);
    vouch_session_sent(pair.server.session, to_client.len);
    ck_assert_int_eq(
        vouch_session_recv(pair.server.session, to_server, pair.now, &taken),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_recv(pair.client.session, to_client, pair.now, &taken),
        VOUCH_OK);
    for (size_t i = 0; i < 2; i++) {
        struct vouch_close_message m;
        vouch_buffer close;

        (void)pair_step(&pair, peers[i]);
        check_deadlock(peers[i]);
        close = last_capsule(peers[i]->session, VOUCH_CAPSULE_CLOSE);
        ck_assert_int_eq(vouch_close_message_decode(span_of(&close), &m),
                         VOUCH_OK);
        ck_assert_uint_eq(m.code, VOUCH_CLOSE_DEADLOCK);
        free(close.data);
    }
    free((void *)(uintptr_t)to_server.data);
    free((void *)(uintptr_t)to_client.data);
}
END_TEST

/* The list that comes in the end has nothing that the client appraises. */
START_TEST(list_that_has_nothing_is_a_deadlock) /* Attack 67 */
{
    struct vouch_capabilities m = decode(span_of(&second.value));

    give_first();
    if (_i == 0) {
        m.produces.num = 0;
    } else {
        m.produces.format[0] =
            (vouch_bytes){(const uint8_t *)"application/vnd.other", 21};
    }
    ck_assert_int_eq(give(&m), VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    check_deadlock(&pair.client);
}
END_TEST

static void add_capabilities(Suite *suite)
{
    TCase *tc = tcase_create("capabilities");

    tcase_add_checked_fixture(tc, set_up_capabilities, tear_down_capabilities);
    tcase_add_test(tc, list_that_was_withheld_may_come_later);
    tcase_add_test(tc, list_that_comes_makes_for_a_request_without_back_off);
    tcase_add_loop_test(tc, second_capabilities_change_nothing_but_the_list, 0,
                        COUNT(changes));
    tcase_add_test(tc, second_capabilities_come_once);
    tcase_add_test(tc, second_capabilities_follow_only_a_list_withheld);
    tcase_add_loop_test(tc, list_that_has_nothing_is_a_deadlock, 0, 2);
    suite_add_tcase(suite, tc);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_privacy");
    TCase *tc = tcase_create("attack_privacy");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, both_sides_attest_in_the_order_that_one_insists_on);
    tcase_add_test(tc, nothing_is_told_before_the_client_is_accepted);
    tcase_add_test(tc, client_that_keeps_asking_first_learns_nothing);
    tcase_add_test(tc, client_that_is_rejected_learns_nothing);
    tcase_add_test(
        tc, evidence_is_not_sent_to_a_client_that_is_not_accepted_any_more);
    tcase_add_test(tc, two_that_both_want_the_other_first_notice_at_once);
    suite_add_tcase(suite, tc);
    add_capabilities(suite);
    return suite;
}
