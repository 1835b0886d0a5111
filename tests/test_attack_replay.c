/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include "proto/handshake.h"
#include "proto/message.h"
#include "tests/support/attested.h"
#include "tests/support/capsules.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"

/*
 * Attacks 7, 8 and 10: what was good for one exchange, or on one connection, is
 * good for nothing else. The server attests, with its own key and genuine
 * evidence, but at the wrong time or place.
 */

static struct attested attested;
static struct session_pair *const pair = &attested.pair;
static struct tls_pair *tls;

static void connect_hosts(void)
{
    tls = attested_connect(&attested);
    pair_start(pair);
}

static void disconnect(struct pair_peer *peer)
{
    vouch_session_free(peer->session);
    vouch_channel_free(peer->channel);
    peer->channel = NULL;
}

/* The same hosts with the same keys, over another connection. */
static void connect_anew(void)
{
    disconnect(&pair->client);
    disconnect(&pair->server);
    tls_pair_free(tls);
    connect_hosts();
}

static void set_up(void)
{
    make_dir();
    attested_init(&attested);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair->client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
    connect_hosts();
}

static void tear_down(void)
{
    attested_free(&attested);
    tls_pair_free(tls);
    remove_dir();
}

static void introduce(void)
{
    vouch_buffer mine =
        capsule_expect(pair->client.session, VOUCH_CAPSULE_CAPABILITIES);
    vouch_buffer theirs =
        capsule_expect(pair->server.session, VOUCH_CAPSULE_CAPABILITIES);

    ck_assert_int_eq(capsule_give(pair->server.session, pair->now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&mine)),
                     VOUCH_OK);
    ck_assert_int_eq(capsule_give(pair->client.session, pair->now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&theirs)),
                     VOUCH_OK);
    free(mine.data);
    free(theirs.data);
}

static void ask(void)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_OK);
}

/* The genuine answer to the client's next request, still to be delivered. */
static vouch_buffer answer(void)
{
    vouch_buffer request =
        capsule_expect(pair->client.session, VOUCH_CAPSULE_REQUEST);
    vouch_buffer value;

    ck_assert_int_eq(capsule_give(pair->server.session, pair->now,
                                  VOUCH_CAPSULE_REQUEST, span_of(&request)),
                     VOUCH_OK);
    ck_assert(pair_step(pair, &pair->server));
    value = capsule_expect(pair->server.session, VOUCH_CAPSULE_AUTHENTICATOR);
    free(request.data);
    return value;
}

static vouch_err deliver(vouch_buffer *value)
{
    vouch_err err = capsule_give(pair->client.session, pair->now,
                                 VOUCH_CAPSULE_AUTHENTICATOR, span_of(value));

    (void)pair_step(pair, &pair->client);
    free(value->data);
    return err;
}

static struct vouch_authenticator_message message(const vouch_buffer *value)
{
    struct vouch_authenticator_message m;

    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(value), &m),
                     VOUCH_OK);
    return m;
}

/* The AUTHENTICATOR `shell`, with what is in the authenticator of `filling`. */
static vouch_buffer with_authenticator(vouch_buffer *shell,
                                       const vouch_buffer *filling)
{
    vouch_buffer out = capsule_rewrite_authenticator(
        span_of(shell), message(filling).authenticator);

    free(shell->data);
    return out;
}

static vouch_buffer evidence_in(const vouch_buffer *value)
{
    struct vouch_authenticator_parts parts;

    ck_assert_int_eq(
        vouch_authenticator_parse(message(value).authenticator, NULL, &parts),
        VOUCH_OK);
    return (vouch_buffer){exact_copy(parts.cmw.data, parts.cmw.len),
                          parts.cmw.len};
}

/* The server's own, freshly signed answer to the client's next request, around
 * evidence from elsewhere. */
static vouch_buffer answer_with(const vouch_buffer *evidence)
{
    vouch_buffer request =
        capsule_expect(pair->client.session, VOUCH_CAPSULE_REQUEST);
    const struct pair_event *needed;

    pair->server.holds_evidence = true;
    ck_assert_int_eq(capsule_give(pair->server.session, pair->now,
                                  VOUCH_CAPSULE_REQUEST, span_of(&request)),
                     VOUCH_OK);
    ck_assert(pair_step(pair, &pair->server));
    needed = pair_last(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_int_eq(vouch_session_provide(pair->server.session,
                                           needed->event.exchange,
                                           span_of(evidence), pair->now),
                     VOUCH_OK);
    free(request.data);
    return capsule_expect(pair->server.session, VOUCH_CAPSULE_AUTHENTICATOR);
}

static void expect_refusal(size_t accepted, vouch_check check, vouch_err err)
{
    const struct pair_event *refused =
        pair_last(&pair->client, VOUCH_EVENT_REFUSED);

    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED),
                      accepted);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, check);
    ck_assert_int_eq(refused->reason.err, err);
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
}

/* The first exchange, accepted, with its OUTCOME out of the way. */
static void accept_first_and_ask_again(vouch_buffer *first)
{
    struct capsule outcome;

    introduce();
    *first = answer();
    ck_assert_int_eq(capsule_give(pair->client.session, pair->now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(first)),
                     VOUCH_OK);
    (void)pair_step(pair, &pair->client);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(capsule_take(pair->client.session, &outcome));
    ck_assert_uint_eq(outcome.type, VOUCH_CAPSULE_OUTCOME);
    free(outcome.value.data);
    ask();
}

START_TEST(fresh_answers_are_accepted)
{
    vouch_buffer first, second;

    accept_first_and_ask_again(&first);
    second = answer();
    ck_assert_int_eq(deliver(&second), VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert(vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
    free(first.data);
}
END_TEST

START_TEST(old_authenticator_does_not_answer_a_new_request) /* Attack 7 */
{
    vouch_buffer first, second;

    accept_first_and_ask_again(&first);
    second = answer();
    second = with_authenticator(&second, &first);
    ck_assert_int_eq(deliver(&second), VOUCH_OK);
    expect_refusal(1, VOUCH_CHECK_AUTHENTICATOR, VOUCH_E_CONTEXT_MISMATCH);
    free(first.data);
}
END_TEST

START_TEST(old_evidence_signed_anew_does_not_answer) /* Attack 7 */
{
    vouch_buffer first, evidence, second;

    accept_first_and_ask_again(&first);
    evidence = evidence_in(&first);
    second = answer_with(&evidence);
    ck_assert_int_eq(deliver(&second), VOUCH_OK);
    expect_refusal(1, VOUCH_CHECK_BINDING, VOUCH_OK);
    free(evidence.data);
    free(first.data);
}
END_TEST

START_TEST(repeated_authenticator_changes_nothing) /* Attack 7 */
{
    vouch_buffer first, again;

    accept_first_and_ask_again(&first);
    again = (vouch_buffer){exact_copy(first.data, first.len), first.len};
    ck_assert_int_eq(deliver(&again), VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    free(first.data);
}
END_TEST

/* What the server says on one connection, and then there is another. */
static vouch_buffer answer_on_another_connection(void)
{
    vouch_buffer value;

    introduce();
    value = answer();
    connect_anew();
    introduce();
    return value;
}

START_TEST(authenticator_of_another_connection_is_refused) /* Attack 8 */
{
    vouch_buffer first = answer_on_another_connection(), second = answer();

    second = with_authenticator(&second, &first);
    ck_assert_int_eq(deliver(&second), VOUCH_OK);
    expect_refusal(0, VOUCH_CHECK_AUTHENTICATOR, VOUCH_E_CONTEXT_MISMATCH);
    free(first.data);
}
END_TEST

START_TEST(evidence_of_another_connection_is_refused) /* Attack 8 */
{
    vouch_buffer first = answer_on_another_connection();
    vouch_buffer evidence = evidence_in(&first);
    vouch_buffer second = answer_with(&evidence);

    ck_assert_int_eq(deliver(&second), VOUCH_OK);
    expect_refusal(0, VOUCH_CHECK_BINDING, VOUCH_OK);
    free(evidence.data);
    free(first.data);
}
END_TEST

/* Two requests at once, and the genuine answers to both. */
static void answer_two(vouch_buffer *one, vouch_buffer *two)
{
    introduce();
    ask();
    *one = answer();
    *two = answer();
}

START_TEST(two_answers_at_once_are_both_accepted)
{
    vouch_buffer one, two;

    answer_two(&one, &two);
    ck_assert_int_eq(deliver(&two), VOUCH_OK);
    ck_assert_int_eq(deliver(&one), VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 2);
}
END_TEST

START_TEST(authenticators_of_two_exchanges_can_not_be_swapped) /* Attack 10 */
{
    vouch_buffer one, two;

    answer_two(&one, &two);
    one = with_authenticator(&one, &two);
    ck_assert_int_eq(deliver(&one), VOUCH_OK);
    expect_refusal(0, VOUCH_CHECK_AUTHENTICATOR, VOUCH_E_CONTEXT_MISMATCH);
    free(two.data);
}
END_TEST

START_TEST(ids_of_two_exchanges_can_not_be_swapped) /* Attack 10 */
{
    vouch_buffer one, two, swapped;

    answer_two(&one, &two);
    swapped = capsule_rewrite_id(span_of(&one), message(&two).id);
    ck_assert_int_eq(deliver(&swapped), VOUCH_OK);
    expect_refusal(0, VOUCH_CHECK_AUTHENTICATOR, VOUCH_E_CONTEXT_MISMATCH);
    free(one.data);
    free(two.data);
}
END_TEST

START_TEST(evidence_of_two_exchanges_can_not_be_swapped) /* Attack 10 */
{
    vouch_buffer one, evidence, two;

    introduce();
    ask();
    one = answer();
    evidence = evidence_in(&one);
    two = answer_with(&evidence);
    ck_assert_int_eq(deliver(&two), VOUCH_OK);
    expect_refusal(0, VOUCH_CHECK_BINDING, VOUCH_OK);
    free(evidence.data);
    free(one.data);
}
END_TEST

START_TEST(answer_to_a_request_that_was_never_sent_is_a_violation)
{
    vouch_buffer one, forged;

    introduce();
    one = answer();
    forged = capsule_rewrite_id(span_of(&one), message(&one).id + 1);
    ck_assert_int_eq(deliver(&forged), VOUCH_E_ILLEGAL);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_FAILED), 1);
    free(one.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_replay");
    TCase *tc = tcase_create("attack_replay");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, fresh_answers_are_accepted);
    tcase_add_test(tc, old_authenticator_does_not_answer_a_new_request);
    tcase_add_test(tc, old_evidence_signed_anew_does_not_answer);
    tcase_add_test(tc, repeated_authenticator_changes_nothing);
    tcase_add_test(tc, authenticator_of_another_connection_is_refused);
    tcase_add_test(tc, evidence_of_another_connection_is_refused);
    tcase_add_test(tc, two_answers_at_once_are_both_accepted);
    tcase_add_test(tc, authenticators_of_two_exchanges_can_not_be_swapped);
    tcase_add_test(tc, ids_of_two_exchanges_can_not_be_swapped);
    tcase_add_test(tc, evidence_of_two_exchanges_can_not_be_swapped);
    tcase_add_test(tc, answer_to_a_request_that_was_never_sent_is_a_violation);
    suite_add_tcase(suite, tc);
    return suite;
}
