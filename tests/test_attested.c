/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "lib/keys/digest.h"
#include "tests/support/attested.h"
#include "tests/support/files.h"

/* The whole of it in one process: TLS, PSA keys, measurements, sessions. */

enum { ROUNDS = 20 };

static struct attested attested;
static struct session_pair *const pair = &attested.pair;
static struct tls_pair *tls;

static void set_up(void)
{
    make_dir();
    attested_init(&attested);
    tls = attested_connect(&attested);
}

static void tear_down(void)
{
    attested_free(&attested);
    tls_pair_free(tls);
    remove_dir();
}

START_TEST(both_peers_attest_over_tls) /* [X18] [X21] [X27] [X28] */
{
    const struct pair_event *accepted;

    pair_start(pair);
    pair_run(pair);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_REFUSED), 0);
    accepted = pair_last(&pair->client, VOUCH_EVENT_ACCEPTED);
    ck_assert_ptr_nonnull(accepted);
    ck_assert_int_eq(accepted->event.u.accepted.level, VOUCH_LEVEL_BOUND);
    ck_assert(accepted->event.u.accepted.is_handshake_key);
    ck_assert(!accepted->event.u.accepted.revocation_checked);
    ck_assert_ptr_nonnull(pair_last(&pair->server, VOUCH_EVENT_ACCEPTED));
    ck_assert(vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
    ck_assert(vouch_session_may_send(pair->server.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
}
END_TEST

START_TEST(accepted_event_says_what_it_rests_on)
{
    uint8_t anchor[32];
    const struct pair_event *accepted;

    pair_start(pair);
    pair_run(pair);
    accepted = pair_last(&pair->client, VOUCH_EVENT_ACCEPTED);
    ck_assert_ptr_nonnull(accepted);
    vouch_sha256(vouch_key_spki(attested.server.key), anchor);
    ck_assert_mem_eq(accepted->event.u.accepted.anchor_digest, anchor, 32);
}
END_TEST

START_TEST(peers_attest_again_and_again_on_one_connection)
{
    uint8_t binder[ROUNDS + 1][32];

    pair_start(pair);
    pair_run(pair);
    for (size_t i = 0; i <= ROUNDS; i++) {
        const struct pair_event *accepted =
            pair_last(&pair->client, VOUCH_EVENT_ACCEPTED);
        vouch_exchange exchange;

        ck_assert_ptr_nonnull(accepted);
        memcpy(binder[i], accepted->event.u.accepted.binder_digest, 32);
        for (size_t j = 0; j < i; j++) {
            ck_assert_mem_ne(binder[i], binder[j], 32);
        }
        pair_wait(pair, 1000);
        ck_assert_int_eq(
            vouch_session_request(pair->client.session, pair->now, &exchange),
            VOUCH_OK);
        ck_assert_int_eq(
            vouch_session_request(pair->server.session, pair->now, &exchange),
            VOUCH_OK);
        pair_run(pair);
    }
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED),
                      ROUNDS + 2);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_ACCEPTED),
                      ROUNDS + 2);
}
END_TEST

/* One octet of one library or of the executable is enough. */
START_TEST(peer_that_runs_something_else_is_refused)
{
    static const uint8_t other[32] = {1};
    vouch_policy *policy;
    vouch_appraiser *appraiser;
    const struct pair_event *refused;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy,
                                          vouch_key_spki(attested.server.key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "executable",
                                                (vouch_bytes){other, 32}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    pair->client.appraiser = appraiser;
    pair_start(pair);
    pair_run(pair);
    refused = pair_last(&pair->client, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_REFERENCE);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
    vouch_appraiser_free(appraiser);
}
END_TEST

/* Posture, as the software attester and its appraiser have it */

static const uint8_t model_a[32] = {0xa}, model_b[32] = {0xb};

/* The client wants the server's model to be A. */
static vouch_appraiser *want_model_a(void)
{
    vouch_policy *policy = attested_policy(&attested.server);
    vouch_appraiser *appraiser;

    ck_assert_int_eq(
        vouch_policy_add_component(policy, "model", (vouch_bytes){model_a, 32}),
        VOUCH_OK);
    ck_assert_int_eq(vouch_policy_require_claim(policy, VOUCH_CLAIM_EPOCH),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    pair->client.appraiser = appraiser;
    ck_assert_int_eq(
        vouch_config_set_refusal(pair->client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    return appraiser;
}

static void set_posture(const char *name, const uint8_t digest[32])
{
    ck_assert_int_eq(vouch_session_set_posture(pair->server.session, name,
                                               digest, pair->now),
                     VOUCH_OK);
    pair_wait(pair, 1000);
    pair_run(pair);
}

static bool client_is_open(void)
{
    return vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                  pair->now);
}

static void assert_posture_refused(void)
{
    const struct pair_event *refused =
        pair_last(&pair->client, VOUCH_EVENT_REFUSED);

    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_POSTURE);
    ck_assert_int_eq(refused->reason.claim, VOUCH_CLAIM_POSTURE);
    ck_assert(!client_is_open());
}

START_TEST(posture_that_is_wanted_is_accepted_at_every_epoch)
{
    vouch_appraiser *appraiser = want_model_a();

    ck_assert_int_eq(
        vouch_config_set_posture(pair->server.config, "model", model_a),
        VOUCH_OK);
    pair_start(pair);
    pair_run(pair);
    ck_assert(client_is_open());
    set_posture("tools", model_b); /* any value will do */
    ck_assert(client_is_open());
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    vouch_appraiser_free(appraiser);
}
END_TEST

START_TEST(posture_that_becomes_another_is_rejected)
{
    vouch_appraiser *appraiser = want_model_a();
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_posture(pair->server.config, "model", model_a),
        VOUCH_OK);
    pair_start(pair);
    pair_run(pair);
    ck_assert(client_is_open());
    set_posture("model", model_b);
    assert_posture_refused();
    set_posture("model", model_a); /* and back */
    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_OK);
    pair_run(pair);
    ck_assert(client_is_open());
    vouch_appraiser_free(appraiser);
}
END_TEST

START_TEST(posture_without_a_wanted_component_is_rejected)
{
    vouch_appraiser *appraiser = want_model_a();

    ck_assert_int_eq(
        vouch_config_set_posture(pair->server.config, "mode", model_a),
        VOUCH_OK);
    pair_start(pair);
    pair_run(pair);
    assert_posture_refused();
    vouch_appraiser_free(appraiser);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attested");
    TCase *tc = tcase_create("attested");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, both_peers_attest_over_tls);
    tcase_add_test(tc, accepted_event_says_what_it_rests_on);
    tcase_add_test(tc, peers_attest_again_and_again_on_one_connection);
    tcase_add_test(tc, peer_that_runs_something_else_is_refused);
    tcase_add_test(tc, posture_that_is_wanted_is_accepted_at_every_epoch);
    tcase_add_test(tc, posture_that_becomes_another_is_rejected);
    tcase_add_test(tc, posture_without_a_wanted_component_is_rejected);
    suite_add_tcase(suite, tc);
    return suite;
}
