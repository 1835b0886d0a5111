/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/tls.h>

#include "proto/memory.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/stream_pair.h"

/*
 * Attacks 29, 30, 32, 33 and 64: what TLS does under a session, and who ends
 * it. Both sides require each other to attest.
 */

static struct stream_pair streams;
static struct session_pair *const pair = &streams.pair;

static void set_up(void)
{
    stream_pair_init(&streams);
}

static void tear_down(void)
{
    stream_pair_free(&streams);
}

static bool is_open(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA,
                                  pair->now) &&
           vouch_session_may_accept(peer->session, VOUCH_TRAFFIC_DATA,
                                    pair->now);
}

static void check_attested(void)
{
    ck_assert(is_open(&pair->client));
    ck_assert(is_open(&pair->server));
    ck_assert_uint_ge(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_ge(pair_count(&pair->server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_REFUSED), 0);
}

START_TEST(plain_connection_is_attested)
{
    stream_pair_connect(&streams, NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    check_attested();
}
END_TEST

/* KeyUpdate */

static void update_keys(void)
{
    ck_assert(SSL_key_update(streams.tls->client, SSL_KEY_UPDATE_REQUESTED));
    ck_assert(SSL_key_update(streams.tls->server, SSL_KEY_UPDATE_REQUESTED));
}

static bool pump_and_step(void)
{
    bool any;

    (void)stream_pair_pump(&streams, streams.client);
    (void)stream_pair_pump(&streams, streams.server);
    any = pair_step(pair, &pair->client);
    return pair_step(pair, &pair->server) || any;
}

/* Both sides change their keys after each step of the exchanges, and again
 * later: RFC 8446, 7.2 leaves the exporter secret as it is. */
START_TEST(key_updates_change_nothing) /* Attack 29 */
{
    size_t taken;

    stream_pair_connect(&streams, NULL);
    stream_pair_start(&streams);
    for (int i = 0; i < 12; i++) {
        update_keys();
        (void)pump_and_step();
    }
    check_attested();
    update_keys();
    ck_assert_int_eq(vouch_session_send(pair->client.session, vouch_text("hi"),
                                        pair->now, &taken),
                     VOUCH_OK);
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair->server.data_len, 2);
    {
        vouch_exchange exchange;

        ck_assert_int_eq(
            vouch_session_request(pair->server.session, pair->now, &exchange),
            VOUCH_OK);
    }
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_ACCEPTED), 2);
}
END_TEST

/* A connection whose exporter is another one from some time on. */
static void set_up_changing(void)
{
    set_up();
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
    pair_start(pair);
}

static void tear_down_changing(void)
{
    pair_free(pair);
}

static void change_exporter(void)
{
    pair->secret[0] ^= 1;
}

static void check_ended(struct pair_peer *peer)
{
    const struct pair_event *failed;

    (void)pair_step(pair, peer);
    failed = pair_last(peer, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_int_eq(failed->event.u.failed.err, VOUCH_E_CHANNEL_CHANGED);
    ck_assert_uint_eq(failed->event.u.failed.code, VOUCH_CLOSE_INTERNAL);
    ck_assert(vouch_session_ended(peer->session));
    ck_assert(!is_open(peer));
}

START_TEST(channel_that_stays_is_attested_again)
{
    vouch_exchange exchange;

    pair_run(pair);
    ck_assert(is_open(&pair->client));
    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_OK);
    pair_run(pair);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 2);
}
END_TEST

START_TEST(nothing_is_asked_on_a_channel_that_changed) /* Attack 29 */
{
    vouch_exchange exchange = {99, 99, 99};

    pair_run(pair);
    ck_assert(is_open(&pair->client));
    change_exporter();
    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_E_CHANNEL_CHANGED);
    ck_assert_uint_eq(exchange.id, 99);
    check_ended(&pair->client);
}
END_TEST

START_TEST(no_answer_counts_on_a_channel_that_changed) /* Attack 29 */
{
    vouch_bytes answer;
    size_t taken;

    ck_assert(pair_move(pair, &pair->client, &pair->server, SIZE_MAX));
    (void)pair_step(pair, &pair->server);
    answer = vouch_session_outgoing(pair->server.session);
    change_exporter();
    ck_assert_int_eq(
        vouch_session_recv(pair->client.session, answer, pair->now, &taken),
        VOUCH_E_CHANNEL_CHANGED);
    check_ended(&pair->client);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
}
END_TEST

START_TEST(nothing_is_answered_on_a_channel_that_changed) /* Attack 29 */
{
    vouch_exchange asked;
    vouch_buffer cmw;
    size_t waiting;

    pair->server.holds_evidence = true;
    pair_run(pair);
    asked =
        pair_last(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    {
        vouch_evidence_info info;

        ck_assert_int_eq(
            vouch_session_evidence_info(pair->server.session, asked, &info),
            VOUCH_OK);
        cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    }
    change_exporter();
    waiting = vouch_session_outgoing(pair->server.session).len;
    ck_assert_int_eq(vouch_session_provide(pair->server.session, asked,
                                           span_of(&cmw), pair->now),
                     VOUCH_E_CHANNEL_CHANGED);
    ck_assert_uint_eq(vouch_session_outgoing(pair->server.session).len,
                      waiting);
    ck_assert_int_eq(vouch_session_decline(pair->server.session, asked,
                                           VOUCH_PEER_INTERNAL, pair->now),
                     VOUCH_E_CHANNEL_CHANGED);
    check_ended(&pair->server);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Tickets and resumption */

static const struct tls_options ticketing = {.unprepared = true,
                                             .keep_tickets = true};

static vouch_err start_at(int end, struct tls_pair *tls, vouch_stream **out)
{
    return vouch_stream_new(end == 0 ? tls->client : tls->server,
                            end == 0 ? pair->client.config
                                     : pair->server.config,
                            0, pair->now, out);
}

START_TEST(no_stream_where_tickets_are_on) /* Attack 30 [X35] [X37] */
{
    vouch_stream *stream = NULL;

    stream_pair_connect(&streams, &ticketing);
    ck_assert_int_eq(start_at(_i, streams.tls, &stream), VOUCH_E_TICKETS);
    ck_assert_ptr_null(stream);
}
END_TEST

START_TEST(no_stream_on_a_connection_that_was_resumed) /* Attack 30 [X38] */
{
    vouch_stream *stream = NULL;
    struct tls_pair *second;
    uint8_t octet;

    stream_pair_connect(&streams, &ticketing);
    tls_send(streams.tls->server, streams.tls->client, vouch_text("x"));
    ck_assert_int_le(SSL_read(streams.tls->client, &octet, 1), 0);
    ck_assert_ptr_nonnull(streams.tls->ticket);
    second = tls_connect(&(struct tls_options){.session = streams.tls->ticket,
                                               .shared = streams.tls});
    ck_assert(SSL_session_reused(second->client));
    ck_assert_int_eq(start_at(_i, second, &stream), VOUCH_E_RESUMED);
    ck_assert_ptr_null(stream);
    tls_pair_free(second);
}
END_TEST

/* The server sends two tickets behind its Finished, before the session's first
 * octet; the client's end is as it should be. */
START_TEST(ticket_that_overtakes_the_session_is_discarded) /* Attack 32 */
{
    const struct tls_options options = {.client = &pair->client.aik,
                                        .server = &pair->server.aik,
                                        .keep_tickets = true};
    struct tls_pair *second;

    streams.tls = tls_pair_new(&options);
    SSL_clear_options(streams.tls->server, SSL_OP_NO_TICKET);
    ck_assert(SSL_CTX_set_num_tickets(streams.tls->server_ctx, 2));
    ck_assert(tls_handshake(streams.tls));
    /* they are made by now, and wait for the first write */
    SSL_set_options(streams.tls->server, SSL_OP_NO_TICKET);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    check_attested();
    ck_assert_uint_eq(streams.tls->tickets, 2);
    ck_assert_ptr_null(streams.tls->ticket);
    ck_assert_uint_eq(SSL_CTX_sess_number(streams.tls->client_ctx), 0);
    second = tls_connect(&(struct tls_options){.shared = streams.tls});
    ck_assert(!SSL_session_reused(second->client));
    tls_pair_free(second);
}
END_TEST

/* Groups. Which are strong enough is for the application's own SSL_CTX to say
 * (design, What this rests on); vouch attests over what TLS agreed on. */

START_TEST(connection_with_a_retry_is_attested) /* Attack 33 */
{
    stream_pair_connect(&streams, &(struct tls_options){.groups = "P-384"});
    ck_assert(SSL_used_hello_retry_request(streams.tls->client));
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    check_attested();
}
END_TEST

START_TEST(no_stream_where_the_groups_do_not_meet) /* Attack 33 */
{
    const struct tls_options options = {.server = &pair->server.aik,
                                        .groups = "P-521"};
    vouch_stream *stream = NULL;

    streams.tls = tls_pair_new(&options);
    ck_assert(!tls_handshake(streams.tls));
    ck_assert_int_eq(
        vouch_stream_new(_i == 0 ? streams.tls->client : streams.tls->server,
                         pair->client.config, VOUCH_STREAM_ANY_ALPN, pair->now,
                         &stream),
        VOUCH_E_HANDSHAKE_INCOMPLETE);
    ck_assert_ptr_null(stream);
}
END_TEST

/* A proxy that ends TLS, with a certificate of its own that TLS has nothing
 * against, and passes on what it reads: to the client it is the server. */

static struct tls_pair *near, *far; /* client to proxy, proxy to server */
static struct pki_entity proxy;

static void set_up_proxy(void)
{
    struct pki_entity root = pki_root(PKI_P256);

    set_up();
    proxy = pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    pki_free(&root);
    near = tls_connect(&(struct tls_options){.server = &proxy});
    far = tls_connect(&(struct tls_options){.server = &pair->server.aik});
    ck_assert_int_eq(
        vouch_channel_from_ssl(near->client, &pair->client.channel), VOUCH_OK);
    ck_assert_int_eq(vouch_channel_from_ssl(far->server, &pair->server.channel),
                     VOUCH_OK);
    pair_start(pair);
}

static void tear_down_proxy(void)
{
    pair_free(pair);
    tls_pair_free(near);
    tls_pair_free(far);
    pki_free(&proxy);
}

static void check_refused_by_both(void)
{
    struct pair_peer *peers[] = {&pair->client, &pair->server};

    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(pair_count(peers[i], VOUCH_EVENT_ACCEPTED), 0);
        ck_assert_uint_eq(pair_count(peers[i], VOUCH_EVENT_CONFIRMED), 0);
        ck_assert(!is_open(peers[i]));
        ck_assert(vouch_session_ended(peers[i]->session));
    }
}

START_TEST(proxy_shows_in_the_connection_check) /* Attack 64 */
{
    pair_run(pair);
    ck_assert_uint_eq(
        pair_count(&pair->client, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(
        pair_count(&pair->server, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_EVIDENCE_NEEDED),
                      0);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      0);
    check_refused_by_both();
}
END_TEST

static vouch_buffer connection_check(SSL *ssl)
{
    static const char label[] = "EXPORTER-vouch-connection-check";
    uint8_t exported[32];

    ck_assert(SSL_export_keying_material(ssl, exported, sizeof exported, label,
                                         strlen(label), NULL, 0, 1));
    return (vouch_buffer){exact_copy(exported, VOUCH_CONN_CHECK_LEN),
                          VOUCH_CONN_CHECK_LEN};
}

/* Passes CAPABILITIES on as if it were of the leg `ssl`. */
static void forward_capabilities(struct pair_peer *from, struct pair_peer *to,
                                 SSL *ssl)
{
    vouch_buffer value =
        capsule_expect(from->session, VOUCH_CAPSULE_CAPABILITIES);
    vouch_buffer check = connection_check(ssl);
    vouch_buffer forged = capsule_rewrite_check(span_of(&value), check.data);

    ck_assert_int_eq(capsule_give(to->session, pair->now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&forged)),
                     VOUCH_OK);
    free(forged.data);
    free(check.data);
    free(value.data);
}

/* One answer at a time, so that each side judges one. */
START_TEST(proxy_that_rewrites_the_connection_check_forwards_no_evidence)
{ /* Attack 64 */
    struct pair_peer *asker = _i == 0 ? &pair->client : &pair->server;
    struct pair_peer *other = _i == 0 ? &pair->server : &pair->client;
    const struct pair_event *refused;

    forward_capabilities(&pair->client, &pair->server, far->client);
    forward_capabilities(&pair->server, &pair->client, near->server);
    asker->holds_evidence = true;
    pair_run(pair);
    ck_assert_uint_eq(
        pair_count(&pair->client, VOUCH_EVENT_DIFFERENT_CONNECTION), 0);
    ck_assert_uint_eq(pair_count(other, VOUCH_EVENT_EVIDENCE_NEEDED), 1);
    refused = pair_last(asker, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_AUTHENTICATOR);
    ck_assert_int_eq(refused->reason.err, VOUCH_E_FINISHED);
    check_refused_by_both();
}
END_TEST

/* What is compared in the clear is nothing that anything is keyed with. */
START_TEST(connection_check_is_no_other_exported_value) /* Attack 64 */
{
    static const char *const labels[] = {
        "EXPORTER-cmw-attestation",
        "EXPORTER-server authenticator handshake context",
        "EXPORTER-server authenticator finished key",
        "EXPORTER-client authenticator handshake context",
        "EXPORTER-client authenticator finished key"};
    vouch_buffer check = connection_check(near->client);

    for (int i = 0; i < COUNT(labels); i++) {
        uint8_t exported[32];

        ck_assert(SSL_export_keying_material(near->client, exported,
                                             sizeof exported, labels[i],
                                             strlen(labels[i]), NULL, 0, 1));
        ck_assert_ptr_null(
            memmem(exported, sizeof exported, check.data, check.len));
    }
    free(check.data);
}
END_TEST

static TCase *tcase_with(Suite *suite, const char *name, void (*before)(void),
                         void (*after)(void))
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, before, after);
    suite_add_tcase(suite, tc);
    return tc;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_tls");
    TCase *tc = tcase_with(suite, "attack_tls", set_up, tear_down);

    tcase_add_test(tc, plain_connection_is_attested);
    tcase_add_test(tc, key_updates_change_nothing);
    tcase_add_loop_test(tc, no_stream_where_tickets_are_on, 0, 2);
    tcase_add_loop_test(tc, no_stream_on_a_connection_that_was_resumed, 0, 2);
    tcase_add_test(tc, ticket_that_overtakes_the_session_is_discarded);
    tcase_add_test(tc, connection_with_a_retry_is_attested);
    tcase_add_loop_test(tc, no_stream_where_the_groups_do_not_meet, 0, 2);
    tc = tcase_with(suite, "changing", set_up_changing, tear_down_changing);
    tcase_add_test(tc, channel_that_stays_is_attested_again);
    tcase_add_test(tc, nothing_is_asked_on_a_channel_that_changed);
    tcase_add_test(tc, no_answer_counts_on_a_channel_that_changed);
    tcase_add_test(tc, nothing_is_answered_on_a_channel_that_changed);
    tc = tcase_with(suite, "proxy", set_up_proxy, tear_down_proxy);
    tcase_add_test(tc, proxy_shows_in_the_connection_check);
    tcase_add_loop_test(
        tc, proxy_that_rewrites_the_connection_check_forwards_no_evidence, 0,
        2);
    tcase_add_test(tc, connection_check_is_no_other_exported_value);
    return suite;
}
