/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/stream.h>
#include <vouch/tls.h>

#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"
#include "tests/support/tls_pair.h"

/*
 * The embedded carriage: an application with a protocol of its own over TLS
 * carries vouch's octets in it as opaque messages, and asks the session whether
 * its own data may go. Its messages are a kind, a length and that many octets.
 */

enum { KIND_DATA = 'D', KIND_VOUCH = 'V', HEADER = 3 };

struct app {
    SSL *ssl;
    struct pair_peer *peer;
    uint8_t in[1 << 17]; /* read, up to a whole message */
    size_t in_len;
    char got[256]; /* data that it was willing to take */
    size_t got_len;
    size_t refused;
};

static struct session_pair pair;
static struct tls_pair *tls, *other;
static struct app client, server;
static size_t piece; /* of vouch's octets in one message, at the most */

static void open_channel(SSL *ssl, struct pair_peer *peer)
{
    ck_assert_int_eq(vouch_channel_from_ssl(ssl, &peer->channel), VOUCH_OK);
}

static void set_up(void)
{
    struct tls_options options = {.alpn = ""};

    pair_init(&pair);
    options.client = &pair.client.aik;
    options.server = &pair.server.aik;
    tls = tls_connect(&options);
    open_channel(tls->client, &pair.client);
    open_channel(tls->server, &pair.server);
    client = (struct app){.ssl = tls->client, .peer = &pair.client};
    server = (struct app){.ssl = tls->server, .peer = &pair.server};
    piece = 1000;
}

static void tear_down(void)
{
    pair_free(&pair);
    tls_pair_free(tls);
    tls_pair_free(other);
    other = NULL;
}

/* The application's protocol */

static void write_message(const struct app *app, uint8_t kind,
                          vouch_bytes octets)
{
    uint8_t message[HEADER + 2000];
    int len = (int)(HEADER + octets.len);

    ck_assert_uint_le(octets.len, sizeof message - HEADER);
    message[0] = kind;
    message[1] = (uint8_t)(octets.len >> 8);
    message[2] = (uint8_t)octets.len;
    memcpy(message + HEADER, octets.data, octets.len);
    ck_assert_int_eq(SSL_write(app->ssl, message, len), len);
}

/* As it should be: data goes when the session says so. */
static bool send_data(const struct app *app, const char *text)
{
    if (!vouch_session_may_send(app->peer->session, VOUCH_TRAFFIC_DATA,
                                pair.now)) {
        return false;
    }
    write_message(app, KIND_DATA, vouch_text(text));
    return true;
}

static void take_data(struct app *app, vouch_bytes octets)
{
    if (!vouch_session_may_accept(app->peer->session, VOUCH_TRAFFIC_DATA,
                                  pair.now)) {
        app->refused++;
        return;
    }
    ck_assert_uint_lt(app->got_len + octets.len, sizeof app->got);
    memcpy(app->got + app->got_len, octets.data, octets.len);
    app->got_len += octets.len;
}

static void take_vouch(const struct app *app, vouch_bytes octets)
{
    size_t taken = 0;

    if (vouch_session_ended(app->peer->session)) {
        return;
    }
    ck_assert_int_eq(
        vouch_session_recv(app->peer->session, octets, pair.now, &taken),
        VOUCH_OK);
    ck_assert_uint_eq(taken, octets.len);
}

/* Takes one message off the front; false: none is whole. */
static bool take_message(struct app *app)
{
    vouch_bytes octets;

    if (app->in_len < HEADER) {
        return false;
    }
    octets =
        (vouch_bytes){app->in + HEADER, (size_t)(app->in[1] << 8 | app->in[2])};
    if (app->in_len < HEADER + octets.len) {
        return false;
    }
    if (app->in[0] == KIND_VOUCH) {
        take_vouch(app, octets);
    } else {
        take_data(app, octets);
    }
    app->in_len -= HEADER + octets.len;
    memmove(app->in, app->in + HEADER + octets.len, app->in_len);
    return true;
}

static bool read_messages(struct app *app)
{
    bool any = false;
    int n;

    while ((n = SSL_read(app->ssl, app->in + app->in_len,
                         (int)(sizeof app->in - app->in_len))) > 0) {
        app->in_len += (size_t)n;
    }
    while (take_message(app)) {
        any = true;
        (void)pair_step(&pair, app->peer);
    }
    return any;
}

static bool write_vouch(const struct app *app)
{
    vouch_bytes out = vouch_session_outgoing(app->peer->session);
    size_t len = out.len < piece ? out.len : piece;

    if (len == 0) {
        return false;
    }
    write_message(app, KIND_VOUCH, (vouch_bytes){out.data, len});
    vouch_session_sent(app->peer->session, len);
    return true;
}

static bool turn(struct app *app)
{
    bool any = pair_step(&pair, app->peer);

    any = write_vouch(app) || any;
    return read_messages(app) || any;
}

static void run(void)
{
    bool busy = true;

    while (busy) {
        busy = turn(&client);
        busy = turn(&server) || busy;
    }
}

static void start(void)
{
    pair_start(&pair);
    run();
}

static bool is_open(const struct app *app)
{
    return vouch_session_may_send(app->peer->session, VOUCH_TRAFFIC_DATA,
                                  pair.now) &&
           vouch_session_may_accept(app->peer->session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

/* No ALPN is needed, as it would be for a stream. */
START_TEST(application_attests_in_its_own_protocol)
{
    vouch_stream *stream = NULL;
    vouch_stats stats;

    ck_assert_int_eq(
        vouch_stream_new(tls->client, pair.client.config, 0, pair.now, &stream),
        VOUCH_E_ALPN);
    pair_start(&pair);
    ck_assert(!send_data(&client, "too soon"));
    run();
    ck_assert(is_open(&client));
    ck_assert(is_open(&server));
    ck_assert(send_data(&client, "to the server"));
    ck_assert(send_data(&server, "to the client"));
    run();
    ck_assert_str_eq(server.got, "to the server");
    ck_assert_str_eq(client.got, "to the client");
    /* it went beside the session, which saw nothing of it */
    vouch_session_stats(pair.client.session, &stats);
    ck_assert_uint_eq(stats.data_sent + stats.data_received, 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_DATA), 0);
}
END_TEST

/* The application does not take what a peer sends that does not wait. */
START_TEST(application_takes_no_data_before_its_peer_is_accepted)
{
    pair_start(&pair);
    write_message(&client, KIND_DATA, vouch_text("not asked"));
    (void)turn(&server);
    ck_assert_uint_eq(server.refused, 1);
    run();
    ck_assert_str_eq(server.got, "");
    ck_assert(send_data(&client, "asked"));
    run();
    ck_assert_str_eq(server.got, "asked");
    ck_assert_uint_eq(server.refused, 1);
}
END_TEST

/* The peer is rejected: nothing more is taken, while messages still come. */
START_TEST(application_takes_no_data_of_a_rejected_peer)
{
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.server.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    pair.server.verdict = VOUCH_REJECTED;
    start();
    write_message(&client, KIND_DATA, vouch_text("all the same"));
    run();
    ck_assert_uint_eq(server.refused, 1);
    ck_assert_str_eq(server.got, "");
    ck_assert(!is_open(&client));
    ck_assert(!is_open(&server));
}
END_TEST

/* vouch's octets are cut to fit the application's messages, and its own stand
 * between them. */
static const size_t pieces[] = {1, 7, 100, 1999};

START_TEST(messages_may_be_cut_and_stand_among_others)
{
    vouch_exchange exchange;
    size_t sent = 0;

    piece = pieces[_i];
    start();
    ck_assert(is_open(&client));
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    for (bool busy = true; busy;) {
        if (sent < 100) {
            ck_assert(send_data(&client, "x"));
            ck_assert(send_data(&server, "y"));
            sent++;
        }
        busy = turn(&client);
        busy = turn(&server) || busy;
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(server.got_len, sent);
    ck_assert_uint_eq(client.got_len, sent);
    ck_assert_uint_gt(sent, 2);
    ck_assert_uint_eq(server.refused + client.refused, 0);
}
END_TEST

/* Expiry and another posture shut the gate of the application, too. */
START_TEST(gate_of_the_application_shuts_with_time)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.server.config, 5000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.server.config, 0),
                     VOUCH_OK);
    start();
    pair.now.mono_ms += 4999;
    ck_assert(send_data(&client, "in time"));
    run();
    ck_assert_str_eq(server.got, "in time");
    write_message(&client, KIND_DATA, vouch_text("too late"));
    pair.now.mono_ms++;
    ck_assert(!send_data(&server, "too late"));
    run();
    ck_assert_str_eq(server.got, "in time");
    ck_assert_uint_eq(server.refused, 1);
}
END_TEST

START_TEST(gate_of_the_application_shuts_with_another_posture)
{
    static const uint8_t digest[32] = {1};

    start();
    pair.server.holds_evidence = true;
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               digest, pair.now),
                     VOUCH_OK);
    ck_assert(!is_open(&server));
    run();
    ck_assert(!is_open(&client));
    ck_assert(!send_data(&client, "no"));
    pair_answer(
        &pair, &pair.server,
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    run();
    ck_assert(is_open(&client));
    ck_assert(is_open(&server));
}
END_TEST

START_TEST(application_goes_on_through_key_updates)
{
    vouch_exchange exchange;

    start();
    ck_assert(SSL_key_update(tls->client, SSL_KEY_UPDATE_REQUESTED));
    ck_assert(SSL_key_update(tls->server, SSL_KEY_UPDATE_REQUESTED));
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    run();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert(send_data(&client, "still here"));
    run();
    ck_assert_str_eq(server.got, "still here");
}
END_TEST

/* The messages must go over the very connection that was exported from: here
 * the two sessions are on two, and the messages go between them all the same.
 */
START_TEST(messages_of_another_connection_are_noticed)
{
    const struct tls_options options = {
        .client = &pair.client.aik, .server = &pair.server.aik, .alpn = ""};

    other = tls_connect(&options);
    vouch_channel_free(pair.server.channel);
    open_channel(other->server, &pair.server);
    start();
    ck_assert_uint_eq(
        pair_count(&pair.client, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(
        pair_count(&pair.server, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert(!is_open(&client));
    ck_assert(!is_open(&server));
}
END_TEST

/* CLOSE ends the session, and its gate with it; the application's protocol and
 * its connection are the application's. */
START_TEST(close_ends_the_session_and_not_the_protocol)
{
    start();
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    run();
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CLOSED), 1);
    ck_assert(!send_data(&client, "no"));
    write_message(&client, KIND_DATA, vouch_text("all the same"));
    run();
    ck_assert_uint_eq(server.refused, 1);
    ck_assert_int_eq(SSL_get_shutdown(tls->client), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("embedded");
    TCase *tc = tcase_create("embedded");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, application_attests_in_its_own_protocol);
    tcase_add_test(tc, application_takes_no_data_before_its_peer_is_accepted);
    tcase_add_test(tc, application_takes_no_data_of_a_rejected_peer);
    tcase_add_loop_test(tc, messages_may_be_cut_and_stand_among_others, 0,
                        COUNT(pieces));
    tcase_add_test(tc, gate_of_the_application_shuts_with_time);
    tcase_add_test(tc, gate_of_the_application_shuts_with_another_posture);
    tcase_add_test(tc, application_goes_on_through_key_updates);
    tcase_add_test(tc, messages_of_another_connection_are_noticed);
    tcase_add_test(tc, close_ends_the_session_and_not_the_protocol);
    suite_add_tcase(suite, tc);
    return suite;
}
