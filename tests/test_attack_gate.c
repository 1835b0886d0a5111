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
 * Attacks 24 and 65: to get data past the gate without attestation. The client
 * requires the server to attest.
 */

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    pair.server.holds_evidence = true;
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 1);
}

static vouch_exchange asked(void)
{
    return pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
}

static void attest(void)
{
    vouch_evidence_info info;
    vouch_buffer cmw;

    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, asked(), &info),
        VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, asked(),
                                           span_of(&cmw), pair.now),
                     VOUCH_OK);
    vouch_buffer_free(&cmw);
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now) ||
           vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

START_TEST(evidence_opens_the_gate)
{
    start();
    ck_assert(!is_open());
    attest();
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

START_TEST(empty_authenticator_opens_no_gate) /* Attack 24 [E27] */
{
    const struct pair_event *refused;

    start();
    ck_assert_int_eq(vouch_session_decline(pair.server.session, asked(),
                                           VOUCH_PEER_NO_CREDENTIAL, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_ANSWER);
    ck_assert_int_eq(refused->reason.err, VOUCH_E_DECLINED);
    ck_assert_int_eq(refused->event.u.refused.peer_reason,
                     VOUCH_PEER_NO_CREDENTIAL);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!is_open());
}
END_TEST

START_TEST(forged_empty_authenticator_is_rejected) /* Attack 24 */
{
    struct vouch_authenticator_message m;
    const struct pair_event *refused;
    vouch_buffer value;
    uint8_t *last;

    start();
    ck_assert_int_eq(vouch_session_decline(pair.server.session, asked(),
                                           VOUCH_PEER_BUSY, pair.now),
                     VOUCH_OK);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_AUTHENTICATOR);
    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&value), &m),
                     VOUCH_OK);
    last = value.data + (m.authenticator.data - value.data) +
           m.authenticator.len - 1;
    *last ^= 1;
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(&value)),
                     VOUCH_OK);
    pair_run(&pair);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_AUTHENTICATOR);
    ck_assert_int_eq(refused->reason.err, VOUCH_E_FINISHED);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!is_open());
    free(value.data);
}
END_TEST

static vouch_err give_data(size_t len)
{
    static const uint8_t data[VOUCH_LIMIT_DATA] = {1};

    return capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_DATA,
                        (vouch_bytes){data, len});
}

START_TEST(nothing_is_sent_before_attestation) /* Attack 65 [X39] */
{
    size_t taken = 99;

    start();
    ck_assert_int_eq(vouch_session_send(pair.client.session,
                                        (vouch_bytes){(const uint8_t *)"x", 1},
                                        pair.now, &taken),
                     VOUCH_E_GATE);
    ck_assert_uint_eq(taken, 99);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
}
END_TEST

START_TEST(data_before_attestation_is_dropped_and_reported) /* Attack 65 */
{
    const struct pair_event *dropped;

    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    start();
    ck_assert_int_eq(give_data(100), VOUCH_OK);
    pair_run(&pair);
    dropped = pair_last(&pair.client, VOUCH_EVENT_DATA_DROPPED);
    ck_assert_ptr_nonnull(dropped);
    ck_assert_uint_eq(dropped->event.u.dropped.octets, 100);
    attest();
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair.client.data_len, 0);
}
END_TEST

static void hold(void)
{
    ck_assert_int_eq(vouch_config_hold_early_data(pair.client.config),
                     VOUCH_OK);
    start();
}

START_TEST(held_data_is_released_as_such_after_acceptance) /* Attack 65 */
{
    const struct pair_event *data;

    hold();
    ck_assert_int_eq(give_data(100), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA), 0);
    attest();
    pair_run(&pair);
    data = pair_last(&pair.client, VOUCH_EVENT_DATA);
    ck_assert_ptr_nonnull(data);
    ck_assert(data->event.u.data.pre_acceptance);
    ck_assert_uint_eq(pair.client.data_len, 100);
}
END_TEST

START_TEST(held_data_is_lost_with_a_rejection) /* Attack 65 */
{
    ck_assert_int_eq(vouch_config_allow_data_loss(pair.client.config),
                     VOUCH_OK);
    hold();
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(give_data(100), VOUCH_OK);
    attest();
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 1);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA), 0);
    ck_assert(!is_open());
}
END_TEST

START_TEST(data_is_held_up_to_the_limit_and_no_further) /* Attack 65 */
{
    hold();
    for (size_t held = 0; held < VOUCH_LIMIT_DATA_HELD;
         held += VOUCH_LIMIT_DATA) {
        ck_assert_int_eq(give_data(VOUCH_LIMIT_DATA), VOUCH_OK);
    }
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert_int_eq(give_data(1), VOUCH_E_TOO_LARGE);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(!is_open());
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DATA), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_gate");
    TCase *tc = tcase_create("attack_gate");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, evidence_opens_the_gate);
    tcase_add_test(tc, empty_authenticator_opens_no_gate);
    tcase_add_test(tc, forged_empty_authenticator_is_rejected);
    tcase_add_test(tc, nothing_is_sent_before_attestation);
    tcase_add_test(tc, data_before_attestation_is_dropped_and_reported);
    tcase_add_test(tc, held_data_is_released_as_such_after_acceptance);
    tcase_add_test(tc, held_data_is_lost_with_a_rejection);
    tcase_add_test(tc, data_is_held_up_to_the_limit_and_no_further);
    suite_add_tcase(suite, tc);
    return suite;
}
