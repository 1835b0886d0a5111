/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include <openssl/err.h>

#include <vouch/limits.h>

#include "tests/support/stream_pair.h"

/* Two streams over TLS in memory, whose BIOs take a bounded number of octets
 * and then ask to be tried again. */

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

static void connect_as(const char *alpn)
{
    stream_pair_connect(&streams, &(struct tls_options){.alpn = alpn});
}

static vouch_err pump(vouch_stream *stream)
{
    return stream_pair_pump(&streams, stream);
}

START_TEST(stream_attests_and_carries_data)
{
    size_t taken;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert_ptr_nonnull(pair_last(&pair->client, VOUCH_EVENT_ACCEPTED));
    ck_assert_ptr_nonnull(pair_last(&pair->server, VOUCH_EVENT_ACCEPTED));
    ck_assert_int_eq(vouch_session_send(pair->client.session,
                                        (vouch_bytes){(const uint8_t *)"hi", 2},
                                        pair->now, &taken),
                     VOUCH_OK);
    ck_assert_uint_eq(taken, 2);
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair->server.data_len, 2);
    ck_assert_mem_eq(pair->server.data, "hi", 2);
}
END_TEST

START_TEST(stream_needs_alpn_unless_waived)
{
    connect_as("");
    ck_assert_int_eq(vouch_stream_new(streams.tls->client, pair->client.config,
                                      0, pair->now, &streams.client),
                     VOUCH_E_ALPN);
    ck_assert_ptr_null(streams.client);
    ck_assert_int_eq(vouch_stream_new(streams.tls->client, pair->client.config,
                                      VOUCH_STREAM_ANY_ALPN, pair->now,
                                      &streams.client),
                     VOUCH_OK);
}
END_TEST

START_TEST(stream_refuses_another_alpn)
{
    connect_as("h2");
    ck_assert_int_eq(vouch_stream_new(streams.tls->client, pair->client.config,
                                      0, pair->now, &streams.client),
                     VOUCH_E_ALPN);
}
END_TEST

START_TEST(stream_says_what_it_waits_for)
{
    vouch_stream_wants wants;

    connect_as(NULL);
    stream_pair_start(&streams);
    ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                     VOUCH_OK);
    ck_assert(wants.readable);
    ck_assert(!wants.writable);
    ck_assert(!wants.events);
    ck_assert_int_eq(pump(streams.server), VOUCH_OK);
    ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                     VOUCH_OK);
    ck_assert(wants.events); /* the server's CAPABILITIES came */
}
END_TEST

/* More than the connection takes at once: the rest waits, nothing is lost. */
START_TEST(stream_waits_for_a_slow_peer)
{
    static uint8_t data[400000];
    size_t sent = 0;
    bool waited = false;

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 31 >> 3);
    }
    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    while (sent < sizeof data) {
        vouch_stream_wants wants;
        size_t taken = 0;

        ck_assert_int_eq(
            vouch_session_send(pair->client.session,
                               (vouch_bytes){data + sent, sizeof data - sent},
                               pair->now, &taken),
            VOUCH_OK);
        sent += taken;
        ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                         VOUCH_OK);
        if (taken == 0) {
            waited = true;
            ck_assert(wants.writable);
            stream_pair_run(&streams);
        }
    }
    stream_pair_run(&streams);
    ck_assert(waited);
    ck_assert_uint_eq(pair->server.data_len, sizeof data);
    ck_assert_mem_eq(pair->server.data, data, sizeof data);
}
END_TEST

/* What the application has not polled is not piled up behind. */
START_TEST(stream_reads_a_record_and_waits_to_be_polled)
{
    static const uint8_t data[VOUCH_LIMIT_DATA_UNSENT];
    vouch_stream_wants wants;
    vouch_event event;
    size_t taken, got = 0;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert_int_eq(vouch_session_send(pair->client.session,
                                        (vouch_bytes){data, sizeof data},
                                        pair->now, &taken),
                     VOUCH_OK);
    ck_assert_int_eq(pump(streams.client), VOUCH_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(vouch_stream_pump(streams.server, pair->now, &wants),
                         VOUCH_OK);
        ck_assert(wants.events);
    }
    while (vouch_session_poll(pair->server.session, &event)) {
        ck_assert_int_eq(event.type, VOUCH_EVENT_DATA);
        got += event.u.data.bytes.len;
    }
    ck_assert_uint_gt(got, 0);
    ck_assert_uint_le(got, VOUCH_LIMIT_DATA);
    stream_pair_run(&streams);
    ck_assert_uint_eq(got + pair->server.data_len, taken);
}
END_TEST

START_TEST(stream_closes_with_close_and_close_notify)
{
    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert_int_eq(vouch_session_close(pair->client.session, pair->now),
                     VOUCH_OK);
    stream_pair_run(&streams);
    ck_assert(vouch_stream_finished(streams.client));
    ck_assert(vouch_stream_finished(streams.server));
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_CLOSED), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_FAILED), 0);
    ck_assert_int_ne(SSL_get_shutdown(streams.tls->client) & SSL_SENT_SHUTDOWN,
                     0);
    ck_assert_int_ne(SSL_get_shutdown(streams.tls->server) & SSL_SENT_SHUTDOWN,
                     0);
}
END_TEST

/* A peer that ends its stream without CLOSE, and a stream that was cut, are two
 * errors. */
START_TEST(stream_that_ends_without_close_has_failed)
{
    vouch_err wanted = _i == 0 ? VOUCH_E_UNEXPECTED : VOUCH_E_TRUNCATED;
    const struct pair_event *failed;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    if (_i == 0) {
        ck_assert_int_eq(SSL_shutdown(streams.tls->client), 0);
    } else {
        ck_assert(BIO_shutdown_wr(SSL_get_wbio(streams.tls->client)));
    }
    ck_assert_int_eq(pump(streams.server), wanted);
    (void)pair_step(pair, &pair->server);
    failed = pair_last(&pair->server, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_int_eq(failed->event.u.failed.err, wanted);
    ck_assert(!vouch_session_may_send(pair->server.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
    ck_assert(vouch_session_ended(pair->server.session));
}
END_TEST

/* What has been queued goes out without a look at what came in; and what came
 * in and was left by the pump is not forgotten. */
START_TEST(stream_flush_writes_and_reads_nothing)
{
    vouch_stream_wants wants;
    size_t taken;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert_int_eq(vouch_session_send(pair->server.session,
                                        (vouch_bytes){(const uint8_t *)"in", 2},
                                        pair->now, &taken),
                     VOUCH_OK);
    ck_assert_int_eq(pump(streams.server), VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_send(pair->client.session,
                           (vouch_bytes){(const uint8_t *)"out", 3}, pair->now,
                           &taken),
        VOUCH_OK);
    vouch_stream_flush(streams.client, &wants);
    ck_assert_uint_eq(vouch_session_outgoing(pair->client.session).len, 0);
    ck_assert(wants.readable);
    ck_assert(!wants.events);
    ck_assert(!vouch_session_has_event(pair->client.session));
    ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                     VOUCH_OK);
    ck_assert(wants.events);
    ck_assert(pair_step(pair, &pair->client));
    vouch_stream_flush(streams.client, &wants);
    ck_assert(wants.events); /* the pump stopped before all was read */
    ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                     VOUCH_OK);
    ck_assert(!wants.events);
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair->server.data_len, 3);
    ck_assert_uint_eq(pair->client.data_len, 2);
}
END_TEST

/* The peer's last words may be there when nothing can be said to it any more:
 * they count, and not that the connection was cut. */
START_TEST(stream_that_can_not_write_reads_to_the_end)
{
    const struct pair_event *last;
    vouch_stream_wants wants;
    size_t taken;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert_int_eq(vouch_session_send(pair->client.session,
                                        (vouch_bytes){(const uint8_t *)"x", 1},
                                        pair->now, &taken),
                     VOUCH_OK);
    if (_i == 0) {
        ck_assert_int_eq(vouch_session_close(pair->server.session, pair->now),
                         VOUCH_OK);
        ck_assert_int_eq(pump(streams.server), VOUCH_OK);
    }
    ck_assert(BIO_shutdown_wr(SSL_get_wbio(streams.tls->client)));
    vouch_stream_flush(streams.client, &wants);
    ck_assert(wants.events);
    ck_assert(!vouch_session_ended(pair->client.session));
    ck_assert_int_eq(vouch_stream_pump(streams.client, pair->now, &wants),
                     _i == 0 ? VOUCH_OK : VOUCH_E_TRUNCATED);
    (void)pair_step(pair, &pair->client);
    ck_assert(vouch_session_ended(pair->client.session));
    last = pair_last(&pair->client,
                     _i == 0 ? VOUCH_EVENT_CLOSED : VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(last);
    ck_assert(vouch_stream_finished(streams.client));
}
END_TEST

/* What another connection of the thread has left behind is not this one's. */
START_TEST(stream_is_not_misled_by_errors_of_others)
{
    connect_as(NULL);
    stream_pair_start(&streams);
    for (int i = 0; i < 8; i++) {
        OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
        ck_assert_int_eq(pump(streams.client), VOUCH_OK);
        OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
        ck_assert_int_eq(pump(streams.server), VOUCH_OK);
        stream_pair_run(&streams);
    }
    OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
    ck_assert_int_eq(vouch_session_close(pair->client.session, pair->now),
                     VOUCH_OK);
    ck_assert_int_eq(pump(streams.client), VOUCH_OK);
    OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
    stream_pair_run(&streams);
    ck_assert(vouch_stream_finished(streams.client));
    ck_assert(vouch_stream_finished(streams.server));
}
END_TEST

/* One connection, one session, ever. */
START_TEST(stream_is_the_only_one_of_its_connection)
{
    vouch_stream *second = NULL;

    connect_as(NULL);
    stream_pair_start(&streams);
    ck_assert_int_eq(vouch_stream_new(streams.tls->client, pair->client.config,
                                      0, pair->now, &second),
                     VOUCH_E_CHANNEL_USED);
    ck_assert_ptr_null(second);
}
END_TEST

START_TEST(stream_goes_on_through_a_key_update)
{
    vouch_exchange exchange;

    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    ck_assert(SSL_key_update(streams.tls->client, SSL_KEY_UPDATE_REQUESTED));
    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_OK);
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 2);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *tc = tcase_create("stream");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, stream_attests_and_carries_data);
    tcase_add_test(tc, stream_needs_alpn_unless_waived);
    tcase_add_test(tc, stream_refuses_another_alpn);
    tcase_add_test(tc, stream_says_what_it_waits_for);
    tcase_add_test(tc, stream_waits_for_a_slow_peer);
    tcase_add_test(tc, stream_reads_a_record_and_waits_to_be_polled);
    tcase_add_test(tc, stream_closes_with_close_and_close_notify);
    tcase_add_loop_test(tc, stream_that_ends_without_close_has_failed, 0, 2);
    tcase_add_test(tc, stream_flush_writes_and_reads_nothing);
    tcase_add_loop_test(tc, stream_that_can_not_write_reads_to_the_end, 0, 2);
    tcase_add_test(tc, stream_is_not_misled_by_errors_of_others);
    tcase_add_test(tc, stream_is_the_only_one_of_its_connection);
    tcase_add_test(tc, stream_goes_on_through_a_key_update);
    suite_add_tcase(suite, tc);
    return suite;
}
