/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/capsule.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/* What a side's behaviour depends on, and that it changes; design, Posture. The
 * races of it are in test_rules.c. */

static struct session_pair pair;

static const uint8_t first[32] = {1}, second[32] = {2};

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

static bool is_open(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, pair.now);
}

static vouch_err set(struct pair_peer *peer, const char *name,
                     const uint8_t digest[32])
{
    return vouch_session_set_posture(peer->session, name, digest, pair.now);
}

static const struct pair_event *told(const struct pair_peer *peer,
                                     vouch_event_type type)
{
    const struct pair_event *last = pair_last(peer, type);

    ck_assert_ptr_nonnull(last);
    return last;
}

static vouch_exchange needed(void)
{
    return told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
}

static vouch_err info_of(vouch_exchange exchange, vouch_evidence_info *out)
{
    return vouch_session_evidence_info(pair.server.session, exchange, out);
}

/* Attack 61: the relying party is told, and its gate shuts at once. */
START_TEST(posture_change_voids_what_was_accepted)
{
    start();
    ck_assert(is_open(&pair.client));
    ck_assert(is_open(&pair.server));
    pair.server.holds_evidence = true;
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_OK);
    ck_assert(!is_open(&pair.server)); /* before anybody answers */
    pair_step(&pair, &pair.server);
    ck_assert_int_eq(
        told(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POSTURE);
    ck_assert(!told(&pair.server, VOUCH_EVENT_GATE)->event.u.gate.open);
    pair_run(&pair);
    ck_assert_uint_eq(
        told(&pair.client, VOUCH_EVENT_POSTURE)->event.u.posture.epoch, 1);
    ck_assert_int_eq(
        told(&pair.client, VOUCH_EVENT_EXPIRED)->event.u.expired.cause,
        VOUCH_CAUSE_POSTURE);
    ck_assert(!told(&pair.client, VOUCH_EVENT_GATE)->event.u.gate.open);
    ck_assert(!is_open(&pair.client));
    ck_assert(!vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                        pair.now));
    /* What the server has accepted of the client is not about this. */
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EXPIRED), 0);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_DENIED), 0);
}
END_TEST

START_TEST(posture_change_is_attested_anew_by_itself)
{
    vouch_stats stats;

    start();
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CONFIRMED), 2);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open(&pair.client));
    ck_assert(is_open(&pair.server));
    vouch_session_stats(pair.server.session, &stats);
    ck_assert_uint_eq(stats.posture_changes, 1);
}
END_TEST

START_TEST(posture_change_is_not_asked_about_where_nothing_is_required)
{
    ck_assert_int_eq(vouch_config_set_gate(pair.client.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    start();
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POSTURE), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
}
END_TEST

START_TEST(posture_component_that_did_not_change_changes_nothing)
{
    vouch_stats stats;

    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", first), VOUCH_OK);
    start();
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_OK);
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    ck_assert(!vouch_session_has_event(pair.server.session));
    ck_assert(is_open(&pair.server));
    vouch_session_stats(pair.server.session, &stats);
    ck_assert_uint_eq(stats.posture_changes, 0);
    ck_assert_int_eq(set(&pair.server, "model", second), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        told(&pair.client, VOUCH_EVENT_POSTURE)->event.u.posture.epoch, 1);
}
END_TEST

/* One configuration, many sessions: each has a posture of its own. */
START_TEST(posture_starts_as_configured_at_epoch_0)
{
    vouch_evidence_info info;

    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "tools", second),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", first), VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", second),
        VOUCH_E_STATE);
    ck_assert_int_eq(info_of(needed(), &info), VOUCH_OK);
    ck_assert_uint_eq(info.epoch, 0);
    ck_assert_uint_eq(info.num_components, 2);
    ck_assert_str_eq(info.components[0].name, "model");
    ck_assert_mem_eq(info.components[0].sha256, first, 32);
    ck_assert_str_eq(info.components[1].name, "tools");
    ck_assert_mem_eq(info.components[1].sha256, second, 32);
}
END_TEST

/* Attack 61: evidence that was made for an older posture is never sent. */
START_TEST(posture_evidence_for_an_older_one_is_refused_and_needed_again)
{
    vouch_evidence_info info;
    vouch_exchange old;
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    start();
    old = needed();
    ck_assert_int_eq(info_of(old, &info), VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_OK);
    ck_assert_int_eq(info_of(old, &info), VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, old,
                                           span_of(&cmw), pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_session_decline(pair.server.session, old,
                                           VOUCH_PEER_POLICY, pair.now),
                     VOUCH_E_HANDLE);
    vouch_buffer_free(&cmw);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 2);
    ck_assert_uint_eq(needed().id, old.id);
    ck_assert_uint_eq(needed().epoch, 1);
    ck_assert_int_eq(info_of(needed(), &info), VOUCH_OK);
    ck_assert_uint_eq(info.epoch, 1);
    ck_assert_uint_eq(info.num_components, 1);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      0);
    pair_answer(&pair, &pair.server, needed());
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open(&pair.client));
}
END_TEST

/* Attack 62: each request is about another binder; what answered one does not
 * answer the next. */
START_TEST(evidence_is_made_for_each_request)
{
    vouch_evidence_info info;
    vouch_digest binder;
    vouch_exchange again;
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    start();
    ck_assert_int_eq(info_of(needed(), &info), VOUCH_OK);
    binder = info.binder;
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, needed(),
                                           span_of(&cmw), pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &again), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 2);
    ck_assert_int_eq(info_of(needed(), &info), VOUCH_OK);
    ck_assert_mem_ne(info.binder.data, binder.data, binder.len);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, needed(),
                                           span_of(&cmw), pair.now),
                     VOUCH_OK);
    vouch_buffer_free(&cmw);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_int_eq(told(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_CONTRACT);
}
END_TEST

/* What the peer tells */

static vouch_err give_posture(uint64_t epoch)
{
    const struct vouch_posture_message m = {.epoch = epoch};
    static const uint8_t zero[] = {0xa1, 0x01, 0x00}; /* is not encoded */
    vouch_buffer value;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 16));
    if (epoch == 0) {
        ck_assert(CBB_add_bytes(&cbb, zero, sizeof zero));
    } else {
        ck_assert_int_eq(vouch_posture_message_encode(&cbb, &m), VOUCH_OK);
    }
    value = finish_cbb(&cbb);
    err = capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_POSTURE,
                       span_of(&value));
    free(value.data);
    return err;
}

START_TEST(posture_epoch_may_leap)
{
    start();
    ck_assert_int_eq(give_posture(1), VOUCH_OK);
    ck_assert_int_eq(give_posture(5), VOUCH_OK);
    ck_assert_int_eq(give_posture(UINT64_MAX), VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POSTURE), 3);
}
END_TEST

/* The first is told; the second is no higher. */
static const uint64_t not_up[][2] = {{0, 0}, {1, 1}, {5, 5},
                                     {5, 4}, {5, 0}, {UINT64_MAX, 0}};

START_TEST(posture_epoch_goes_only_up)
{
    const uint64_t *epochs = not_up[_i];

    start();
    if (epochs[0] != 0) {
        ck_assert_int_eq(give_posture(epochs[0]), VOUCH_OK);
    }
    ck_assert_int_eq(give_posture(epochs[1]), VOUCH_E_ILLEGAL);
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(told(&pair.client, VOUCH_EVENT_FAILED)->event.u.failed.err,
                     VOUCH_E_ILLEGAL);
    ck_assert_uint_eq(
        told(&pair.client, VOUCH_EVENT_FAILED)->event.u.failed.code, 1);
    ck_assert(!is_open(&pair.client));
}
END_TEST

/* Evidence says of which epoch it is: the one that was told last, or none. */
static const struct {
    uint64_t told, found;
    bool accepted;
} appraised[] = {
    {0, 0, true},  {0, 1, false}, {3, 3, true},
    {3, 2, false}, {3, 4, false}, {3, 0, false},
};

START_TEST(posture_epoch_in_the_evidence_is_the_one_told)
{
    vouch_appraisal_info info;
    const struct pair_event *refused;
    vouch_exchange exchange;
    vouch_result result;

    pair.client.holds_verdicts = true;
    pair.server.holds_evidence = true;
    start();
    if (appraised[_i].told != 0) {
        ck_assert_int_eq(give_posture(appraised[_i].told), VOUCH_OK);
    }
    pair_answer(&pair, &pair.server, needed());
    pair_run(&pair);
    exchange = told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    result.has_epoch = true;
    result.epoch = appraised[_i].found;
    ck_assert_int_eq(vouch_session_conclude(pair.client.session, exchange,
                                            &result, pair.now),
                     VOUCH_OK);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED),
                      appraised[_i].accepted ? 1 : 0);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    if (appraised[_i].accepted) {
        ck_assert_ptr_null(refused);
        return;
    }
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_POSTURE);
    ck_assert_int_eq(refused->reason.claim, VOUCH_CLAIM_EPOCH);
    ck_assert_int_eq(refused->reason.expected[0] - '0',
                     (int)appraised[_i].told);
    ck_assert_int_eq(refused->reason.found[0] - '0', (int)appraised[_i].found);
}
END_TEST

/* Asking again */

static uint64_t requests(void)
{
    vouch_stats stats;

    vouch_session_stats(pair.client.session, &stats);
    return stats.requests_sent;
}

static void change(unsigned times)
{
    static uint8_t digest[32];

    for (unsigned i = 0; i < times; i++) {
        digest[0]++;
        digest[1] = (uint8_t)(digest[1] + (digest[0] == 0 ? 1 : 0));
        ck_assert_int_eq(set(&pair.server, "model", digest), VOUCH_OK);
    }
}

/* The first is asked about at once, all others together a second later. */
START_TEST(posture_changes_are_asked_about_together)
{
    start();
    ck_assert_uint_eq(requests(), 1);
    for (int i = 0; i < 10; i++) {
        change(3);
        pair_run(&pair);
    }
    ck_assert_uint_eq(requests(), 2);
    ck_assert(!is_open(&pair.client));
    pair_wait(&pair, 999);
    pair_run(&pair);
    ck_assert_uint_eq(requests(), 2);
    pair_wait(&pair, 1);
    pair_run(&pair);
    ck_assert_uint_eq(requests(), 3);
    ck_assert(is_open(&pair.client));
    pair_wait(&pair, 60000);
    pair_run(&pair);
    ck_assert_uint_eq(requests(), 3);
}
END_TEST

/* A burst makes nobody wait longer than a second, later on. */
START_TEST(posture_change_after_many_is_asked_about_soon)
{
    start();
    for (int i = 0; i < 100; i++) {
        change(1);
        pair_run(&pair);
    }
    pair_wait(&pair, 1000);
    pair_run(&pair);
    ck_assert(is_open(&pair.client));
    pair_wait(&pair, 1000);
    change(1);
    pair_run(&pair);
    ck_assert(is_open(&pair.client));
}
END_TEST

/* A peer that changes while it is appraised has not failed to attest. */
START_TEST(posture_changes_during_appraisal_are_no_failures)
{
    pair.client.holds_verdicts = true;
    start();
    for (int i = 0; i < 10; i++) {
        change(1);
        pair_run(&pair);
        pair_wait(&pair, 1000);
        pair_run(&pair);
        ck_assert(!is_open(&pair.client));
        ck_assert(!vouch_session_ended(pair.client.session));
    }
    pair_conclude(
        &pair, &pair.client,
        told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange);
    pair_run(&pair);
    ck_assert(is_open(&pair.client));
}
END_TEST

/* Limits */

START_TEST(posture_components_are_limited)
{
    char name[8];

    start();
    for (int i = 0; i < VOUCH_LIMIT_COMPONENTS; i++) {
        (void)snprintf(name, sizeof name, "c%d", i);
        ck_assert_int_eq(
            vouch_config_set_posture(pair.server.config, name, first),
            VOUCH_E_STATE);
        ck_assert_int_eq(set(&pair.server, name, first), VOUCH_OK);
    }
    pair_run(&pair);
    ck_assert_int_eq(set(&pair.server, "one more", first), VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    ck_assert_int_eq(set(&pair.server, "c0", second), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(
        told(&pair.client, VOUCH_EVENT_POSTURE)->event.u.posture.epoch,
        VOUCH_LIMIT_COMPONENTS + 1);
}
END_TEST

START_TEST(posture_components_of_a_configuration_are_limited)
{
    char name[8];

    for (int i = 0; i < VOUCH_LIMIT_COMPONENTS; i++) {
        (void)snprintf(name, sizeof name, "c%d", i);
        ck_assert_int_eq(
            vouch_config_set_posture(pair.server.config, name, first),
            VOUCH_OK);
    }
    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "one more", first),
        VOUCH_E_TOO_MANY);
    ck_assert_int_eq(vouch_config_set_posture(pair.server.config, "c0", second),
                     VOUCH_OK);
    start();
}
END_TEST

START_TEST(posture_component_has_a_name)
{
    char longest[VOUCH_LIMIT_MEASUREMENT_NAME + 2];
    static const char *const bad[] = {"", "\xff", "a\xc3"};

    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    start();
    ck_assert_int_eq(set(&pair.server, longest, first), VOUCH_E_ARGUMENT);
    for (int i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(set(&pair.server, bad[i], first), VOUCH_E_ARGUMENT);
    }
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    longest[VOUCH_LIMIT_MEASUREMENT_NAME] = '\0';
    ck_assert_int_eq(set(&pair.server, longest, first), VOUCH_OK);
}
END_TEST

START_TEST(posture_of_a_session_that_ended_stays)
{
    start();
    ck_assert_int_eq(vouch_session_close(pair.server.session, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_int_eq(set(&pair.server, "model", first), VOUCH_E_CLOSED);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("posture");
    TCase *tc = tcase_create("posture");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, posture_change_voids_what_was_accepted);
    tcase_add_test(tc, posture_change_is_attested_anew_by_itself);
    tcase_add_test(tc,
                   posture_change_is_not_asked_about_where_nothing_is_required);
    tcase_add_test(tc, posture_component_that_did_not_change_changes_nothing);
    tcase_add_test(tc, posture_starts_as_configured_at_epoch_0);
    tcase_add_test(
        tc, posture_evidence_for_an_older_one_is_refused_and_needed_again);
    tcase_add_test(tc, evidence_is_made_for_each_request);
    tcase_add_test(tc, posture_epoch_may_leap);
    tcase_add_loop_test(tc, posture_epoch_goes_only_up, 0, COUNT(not_up));
    tcase_add_loop_test(tc, posture_epoch_in_the_evidence_is_the_one_told, 0,
                        COUNT(appraised));
    tcase_add_test(tc, posture_changes_are_asked_about_together);
    tcase_add_test(tc, posture_change_after_many_is_asked_about_soon);
    tcase_add_test(tc, posture_changes_during_appraisal_are_no_failures);
    tcase_add_test(tc, posture_components_are_limited);
    tcase_add_test(tc, posture_components_of_a_configuration_are_limited);
    tcase_add_test(tc, posture_component_has_a_name);
    tcase_add_test(tc, posture_of_a_session_that_ended_stays);
    suite_add_tcase(suite, tc);
    return suite;
}
