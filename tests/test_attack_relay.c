/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/tls.h>

#include "proto/handshake.h"
#include "proto/message.h"
#include "tests/support/attested.h"
#include "tests/support/capsules.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"

/*
 * Attack 1: between a client and a genuine server stands a relay that holds the
 * server's own private key. It ends the client's TLS connection and opens one
 * of its own, forwards requests and genuine evidence, and makes the connection
 * checks match. The server attests; the client must never accept the relay.
 */

static struct attested attested;
static struct session_pair *const pair = &attested.pair;
static struct tls_pair *near, *far; /* client to relay, relay to server */

static void set_up(void)
{
    make_dir();
    attested_init(&attested);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
}

static void tear_down(void)
{
    attested_free(&attested);
    tls_pair_free(near);
    tls_pair_free(far);
    near = far = NULL;
    remove_dir();
}

/* Both legs have the server's real key and certificate at their server. */
static void connect_through_relay(void)
{
    const struct tls_options options = {.server = &pair->server.aik};

    near = tls_connect(&options);
    far = tls_connect(&options);
    ck_assert_int_eq(
        vouch_channel_from_ssl(near->client, &pair->client.channel), VOUCH_OK);
    ck_assert_int_eq(vouch_channel_from_ssl(far->server, &pair->server.channel),
                     VOUCH_OK);
    pair_start(pair);
}

static void connection_check(SSL *ssl, uint8_t check[8])
{
    static const char label[] = "EXPORTER-vouch-connection-check";
    uint8_t exported[32];

    ck_assert(SSL_export_keying_material(ssl, exported, sizeof exported, label,
                                         strlen(label), NULL, 0, 1));
    memcpy(check, exported, 8);
}

/* Forwards CAPABILITIES as if it were of the leg `ssl`. */
static void forward_capabilities(vouch_session *from, vouch_session *to,
                                 SSL *ssl)
{
    vouch_buffer value = capsule_expect(from, VOUCH_CAPSULE_CAPABILITIES);
    vouch_buffer rewritten;
    uint8_t check[8];

    connection_check(ssl, check);
    rewritten = capsule_rewrite_check(span_of(&value), check);
    ck_assert_int_eq(capsule_give(to, pair->now, VOUCH_CAPSULE_CAPABILITIES,
                                  span_of(&rewritten)),
                     VOUCH_OK);
    free(rewritten.data);
    free(value.data);
}

static void introduce(void)
{
    forward_capabilities(pair->client.session, pair->server.session,
                         far->client);
    forward_capabilities(pair->server.session, pair->client.session,
                         near->server);
}

static const struct pair_event *refusal(void)
{
    const struct pair_event *refused =
        pair_last(&pair->client, VOUCH_EVENT_REFUSED);

    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
    ck_assert(!vouch_session_may_accept(pair->client.session,
                                        VOUCH_TRAFFIC_DATA, pair->now));
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    return refused;
}

START_TEST(without_a_relay_the_server_is_accepted)
{
    const struct tls_options options = {.server = &pair->server.aik};

    near = tls_connect(&options);
    ck_assert_int_eq(
        vouch_channel_from_ssl(near->client, &pair->client.channel), VOUCH_OK);
    ck_assert_int_eq(
        vouch_channel_from_ssl(near->server, &pair->server.channel), VOUCH_OK);
    pair_start(pair);
    pair_run(pair);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
}
END_TEST

START_TEST(relay_that_forwards_everything_shows_in_the_connection_check)
{
    connect_through_relay();
    pair_run(pair);
    ck_assert_uint_eq(
        pair_count(&pair->client, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(
        pair_count(&pair->server, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      0);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
}
END_TEST

START_TEST(relay_with_the_server_key_can_not_forward_authenticators) /* [X20] */
{
    connect_through_relay();
    introduce();
    pair_run(pair);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      1);
    /* RFC 9261, 5.2.3: the key of Finished is this connection's */
    ck_assert_int_eq(refusal()->reason.check, VOUCH_CHECK_AUTHENTICATOR);
    ck_assert_int_eq(refusal()->reason.err, VOUCH_E_FINISHED);
}
END_TEST

static vouch_credential *stolen_credential(void)
{
    vouch_buffer pem = pki_pem(&pair->server.aik.certificate, 1);
    vouch_credential *credential;
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pair->server.aik.key, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_credential_new(key, span_of(&pem), &credential),
                     VOUCH_OK);
    vouch_key_free(key);
    free(pem.data);
    return credential;
}

/* A new authenticator for `request` of the near leg, with the stolen key and
 * the genuine evidence of `authenticator`. */
static vouch_buffer rebuild(vouch_bytes request, vouch_bytes authenticator)
{
    vouch_credential *credential = stolen_credential();
    struct vouch_authenticator_parts parts;
    vouch_endpoint *endpoint;
    vouch_channel *channel;
    vouch_buffer out;

    ck_assert_int_eq(vouch_authenticator_parse(authenticator, NULL, &parts),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_channel_from_ssl(near->server, &channel), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(channel, &endpoint), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_authenticate(endpoint, request, credential,
                                                 parts.cmw, &out),
                     VOUCH_OK);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    vouch_credential_free(credential);
    return out;
}

START_TEST(relay_that_signs_anew_around_genuine_evidence_is_refused) /* [X21] */
{
    struct vouch_authenticator_message answer;
    struct vouch_request_message question;
    vouch_buffer asked, answered, rebuilt, forged;

    connect_through_relay();
    introduce();
    asked = capsule_expect(pair->client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(capsule_give(pair->server.session, pair->now,
                                  VOUCH_CAPSULE_REQUEST, span_of(&asked)),
                     VOUCH_OK);
    ck_assert(pair_step(pair, &pair->server));
    answered =
        capsule_expect(pair->server.session, VOUCH_CAPSULE_AUTHENTICATOR);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&asked), &question),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_authenticator_message_decode(span_of(&answered), &answer),
        VOUCH_OK);
    rebuilt = rebuild(question.request, answer.authenticator);
    forged =
        capsule_rewrite_authenticator(span_of(&answered), span_of(&rebuilt));
    ck_assert_int_eq(capsule_give(pair->client.session, pair->now,
                                  VOUCH_CAPSULE_AUTHENTICATOR,
                                  span_of(&forged)),
                     VOUCH_OK);
    (void)pair_step(pair, &pair->client);
    /* the authenticator is good; the evidence is about the other leg */
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      1);
    ck_assert_int_eq(refusal()->reason.check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->reason.claim, VOUCH_CLAIM_NONCE);
    vouch_buffer_free(&rebuilt);
    free(forged.data);
    free(answered.data);
    free(asked.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_relay");
    TCase *tc = tcase_create("attack_relay");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, without_a_relay_the_server_is_accepted);
    tcase_add_test(
        tc, relay_that_forwards_everything_shows_in_the_connection_check);
    tcase_add_test(tc,
                   relay_with_the_server_key_can_not_forward_authenticators);
    tcase_add_test(tc,
                   relay_that_signs_anew_around_genuine_evidence_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
