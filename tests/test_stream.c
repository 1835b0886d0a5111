/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include <vouch/limits.h>
#include <vouch/memory.h>

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

static void pump(vouch_stream *stream)
{
    (void)stream_pair_pump(&streams, stream);
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
    vouch_stream_pump(streams.client, pair->now, &wants);
    ck_assert(wants.readable);
    ck_assert(!wants.writable);
    ck_assert(!wants.events);
    pump(streams.server);
    vouch_stream_pump(streams.client, pair->now, &wants);
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
        vouch_stream_pump(streams.client, pair->now, &wants);
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
    pump(streams.client);
    for (int i = 0; i < 2; i++) {
        vouch_stream_pump(streams.server, pair->now, &wants);
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
    pump(streams.server);
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
    pump(streams.server);
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
    vouch_stream_pump(streams.client, pair->now, &wants);
    ck_assert(wants.events);
    ck_assert(pair_step(pair, &pair->client));
    vouch_stream_flush(streams.client, &wants);
    ck_assert(wants.events); /* the pump stopped before all was read */
    vouch_stream_pump(streams.client, pair->now, &wants);
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
        pump(streams.server);
    }
    ck_assert(BIO_shutdown_wr(SSL_get_wbio(streams.tls->client)));
    vouch_stream_flush(streams.client, &wants);
    ck_assert(wants.events);
    ck_assert(!vouch_session_ended(pair->client.session));
    vouch_stream_pump(streams.client, pair->now, &wants);
    (void)pair_step(pair, &pair->client);
    ck_assert(vouch_session_ended(pair->client.session));
    last = pair_last(&pair->client,
                     _i == 0 ? VOUCH_EVENT_CLOSED : VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(last);
    ck_assert(_i == 0 || last->event.u.failed.err == VOUCH_E_TRUNCATED);
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
        pump(streams.client);
        OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
        pump(streams.server);
        stream_pair_run(&streams);
    }
    OPENSSL_PUT_ERROR(SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
    ck_assert_int_eq(vouch_session_close(pair->client.session, pair->now),
                     VOUCH_OK);
    pump(streams.client);
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

/* The end of a stream. The server's loop is the one that stream.h shows. */

static size_t seen[VOUCH_EVENT_FAILED + 1];
static uint8_t got[4096];
static size_t got_len;
static vouch_err failure;
static uint64_t close_code;

static void see(const vouch_event *event)
{
    seen[event->type]++;
    if (event->type == VOUCH_EVENT_DATA) {
        ck_assert_uint_le(got_len + event->u.data.bytes.len, sizeof got);
        memcpy(got + got_len, event->u.data.bytes.data,
               event->u.data.bytes.len);
        got_len += event->u.data.bytes.len;
    } else if (event->type == VOUCH_EVENT_FAILED) {
        failure = event->u.failed.err;
    } else if (event->type == VOUCH_EVENT_CLOSED) {
        close_code = event->u.closed.code;
    }
}

static void forget_seen(void)
{
    memset(seen, 0, sizeof seen);
    got_len = 0;
    failure = VOUCH_OK;
    close_code = 0;
}

/* What the loop waits for; time passes to the deadline if nothing else can
 * come. A wait without an end fails. */
static void wait_for(const vouch_stream_wants *wants)
{
    bool moved;

    ck_assert_uint_eq(wants->events, wants->deadline == 0);
    if (wants->events) {
        return;
    }
    moved = stream_pair_pump(&streams, streams.client);
    moved = pair_step(pair, &pair->client) || moved;
    if (!moved && SSL_pending(streams.tls->server) == 0 &&
        BIO_pending(SSL_get_rbio(streams.tls->server)) == 0) {
        ck_assert_uint_ne(wants->deadline, VOUCH_NEVER);
        pair->now.mono_ms = wants->deadline;
    }
}

static void run_server(void)
{
    size_t turns = 0;

    while (!vouch_stream_finished(streams.server)) {
        vouch_stream_wants wants;
        vouch_event event;

        while (vouch_session_poll(pair->server.session, &event)) {
            see(&event);
        }
        vouch_stream_pump(streams.server, pair->now, &wants);
        wait_for(&wants);
        ck_assert_uint_lt(++turns, 1000);
    }
}

static void send_numbered(size_t len, size_t piece)
{
    uint8_t octets[sizeof got];
    size_t taken;

    ck_assert_uint_le(len, sizeof octets);
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(i ^ i >> 8);
    }
    for (size_t sent = 0; sent < len; sent += piece) {
        ck_assert_int_eq(vouch_session_send(pair->client.session,
                                            (vouch_bytes){octets + sent, piece},
                                            pair->now, &taken),
                         VOUCH_OK);
        ck_assert_uint_eq(taken, piece);
    }
}

/* Octet for octet a front part of what send_numbered sent. */
static void assert_no_hole(void)
{
    for (size_t i = 0; i < got_len; i++) {
        ck_assert_uint_eq(got[i], (uint8_t)(i ^ i >> 8));
    }
}

static void start_attested(void)
{
    connect_as(NULL);
    stream_pair_start(&streams);
    stream_pair_run(&streams);
    forget_seen();
}

/* An operation is out, data is on its way, and the connection is cut or the
 * peer closes: the loop gets to see all of it. */
static void set_up_commands(void)
{
    set_up();
    ck_assert_int_eq(VOUCH_OK, vouch_config_set_asker(pair->client.config,
                                                      VOUCH_ASKER_ATTESTED));
}

enum { NUMBERED = 1500 };

static void send_operation(void)
{
    static const uint8_t octets[] = "restart";
    const vouch_bytes operation = {octets, sizeof octets};
    vouch_exchange exchange;

    ck_assert_int_eq(vouch_session_request_operation(pair->server.session,
                                                     operation, 60000,
                                                     pair->now, &exchange),
                     VOUCH_OK);
    stream_pair_run(&streams);
    ck_assert_int_eq(vouch_session_command(pair->server.session, exchange,
                                           operation, pair->now),
                     VOUCH_OK);
    stream_pair_run(&streams);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_COMMAND), 1);
}

START_TEST(stream_is_not_finished_while_events_wait)
{
    bool is_cut = _i == 0;

    start_attested();
    send_operation();
    forget_seen();
    send_numbered(NUMBERED, 10);
    if (is_cut) {
        pump(streams.client);
        ck_assert(BIO_shutdown_wr(SSL_get_wbio(streams.tls->client)));
    } else {
        ck_assert_int_eq(vouch_session_close(pair->client.session, pair->now),
                         VOUCH_OK);
    }
    run_server();
    assert_no_hole();
    ck_assert_uint_eq(got_len, NUMBERED);
    ck_assert_uint_eq(seen[VOUCH_EVENT_UNKNOWN], 1);
    ck_assert_uint_eq(seen[VOUCH_EVENT_EXPIRED], 1);
    ck_assert_uint_eq(seen[VOUCH_EVENT_GATE], 1);
    ck_assert_uint_eq(seen[VOUCH_EVENT_FAILED], is_cut);
    ck_assert_uint_eq(seen[VOUCH_EVENT_CLOSED], !is_cut);
    ck_assert_int_eq(failure, is_cut ? VOUCH_E_TRUNCATED : VOUCH_OK);
    ck_assert(!vouch_session_has_event(pair->server.session));
}
END_TEST

/* A peer that does nothing more, reads nothing more, or sends without an end.
 */
START_TEST(stream_gives_up_a_peer_that_does_not_end)
{
    static const uint8_t octets[VOUCH_LIMIT_DATA_UNSENT];
    vouch_stream_wants wants;
    uint8_t junk[100]; /* a capsule that is too long */
    size_t taken = 1, turns = 0;
    uint64_t ended;

    memset(junk, 0xff, sizeof junk);
    start_attested();
    while (_i == 1 && taken != 0) { /* until the transport is full */
        ck_assert_int_eq(
            vouch_session_send(pair->server.session,
                               (vouch_bytes){octets, sizeof octets}, pair->now,
                               &taken),
            VOUCH_OK);
        vouch_stream_flush(streams.server, &wants);
    }
    if (_i == 2) {
        ck_assert(SSL_write(streams.tls->client, junk, 100) == 100);
    } else {
        ck_assert_int_eq(
            vouch_session_truncated(pair->server.session, pair->now),
            VOUCH_E_TRUNCATED);
    }
    do {
        vouch_event event;

        vouch_stream_pump(streams.server, pair->now, &wants);
        while (vouch_session_poll(pair->server.session, &event)) {
            see(&event);
        }
        ck_assert_uint_lt(++turns, 1000);
    } while (wants.events);
    ck_assert_uint_eq(seen[VOUCH_EVENT_FAILED], 1);
    ck_assert(!vouch_stream_finished(streams.server));
    ended = pair->now.mono_ms;
    ck_assert(wants.readable);
    ck_assert_uint_eq(wants.writable, _i == 1);
    ck_assert_uint_eq(wants.deadline, ended + 5000);
    if (_i == 2) { /* what comes now is read, and dropped */
        ck_assert(SSL_write(streams.tls->client, junk, 100) == 100);
        vouch_stream_pump(streams.server, pair->now, &wants);
        ck_assert_uint_eq(BIO_pending(SSL_get_rbio(streams.tls->server)), 0);
        ck_assert(!wants.events);
    }
    pair->now.mono_ms = wants.deadline;
    vouch_stream_pump(streams.server, pair->now, &wants);
    ck_assert(vouch_stream_finished(streams.server));
    ck_assert(wants.events); /* and nothing is waited for */
    ck_assert_uint_eq(wants.deadline, 0);
}
END_TEST

/* After its CLOSE and close_notify nothing comes, but its command runs on: that
 * is waited for in peace. */
START_TEST(stream_does_not_spin_while_a_command_runs)
{
    const struct pair_event *command;
    vouch_stream_wants wants;

    start_attested();
    send_operation();
    command = pair_last(&pair->client, VOUCH_EVENT_COMMAND);
    ck_assert_int_eq(vouch_session_take(pair->client.session,
                                        command->event.exchange, pair->now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_close(pair->server.session, pair->now),
                     VOUCH_OK);
    pump(streams.server);
    ck_assert_int_eq(SSL_shutdown(streams.tls->server), 0);
    do {
        vouch_stream_pump(streams.client, pair->now, &wants);
    } while (pair_step(pair, &pair->client));
    vouch_stream_pump(streams.client, pair->now, &wants);
    ck_assert(!vouch_session_ended(pair->client.session));
    ck_assert(!wants.events);
    ck_assert(!wants.readable);
    ck_assert_uint_ne(wants.deadline, VOUCH_NEVER);
}
END_TEST

START_TEST(stream_of_the_parent_is_finished_in_a_child)
{
    static const uint8_t octets[] = "x";
    size_t taken;
    int status;
    pid_t pid;

    start_attested();
    ck_assert_int_eq(vouch_session_send(pair->client.session,
                                        (vouch_bytes){octets, 1}, pair->now,
                                        &taken),
                     VOUCH_OK);
    if (_i == 1) { /* only close_notify is due */
        ck_assert_int_eq(
            vouch_session_truncated(pair->client.session, pair->now),
            VOUCH_E_TRUNCATED);
    }
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        size_t before = BIO_pending(SSL_get_rbio(streams.tls->server));
        vouch_stream_wants wants;
        bool good;

        vouch_stream_flush(streams.client, &wants);
        good = vouch_stream_finished(streams.client) && wants.events;
        vouch_stream_pump(streams.client, pair->now, &wants);
        good = good && vouch_stream_finished(streams.client) && wants.events &&
               BIO_pending(SSL_get_rbio(streams.tls->server)) == before;
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(pid, waitpid(pid, &status, 0));
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert(!vouch_stream_finished(streams.client));
}
END_TEST

/* Memory: the allocation number `fails_at` fails, and no other. */

static size_t allocations, fails_at = SIZE_MAX;

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    return allocations++ == fails_at ? NULL : malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static void set_up_memory(void)
{
    static const vouch_allocator allocator = {allocate, release, NULL};

    vouch_set_allocator(&allocator);
}

/* Many small pieces in a record, more than the session takes at once. */
static bool transfer(size_t k)
{
    stream_pair_init(&streams);
    start_attested();
    send_numbered(150, 1);
    allocations = 0;
    fails_at = k;
    pump(streams.client);
    if (vouch_session_close(pair->client.session, pair->now) != VOUCH_OK) {
        ck_assert(vouch_session_ended(pair->client.session));
    }
    run_server();
    fails_at = SIZE_MAX;
    stream_pair_free(&streams);
    return allocations > k;
}

/* Nothing comes twice, and no hole without a word. */
START_TEST(stream_loses_nothing_silently_when_memory_runs_out)
{
    size_t failures = 0, k = 0;

    while (transfer(k++)) {
        assert_no_hole();
        ck_assert(got_len == 150 || failure == VOUCH_E_NOMEM ||
                  close_code != 0); /* or of the peer */
        ck_assert(failure == VOUCH_OK || seen[VOUCH_EVENT_FAILED] == 1);
        failures += failure == VOUCH_E_NOMEM;
    }
    assert_no_hole();
    ck_assert_uint_eq(got_len, 150);
    ck_assert_uint_gt(failures, 64);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *tc = tcase_create("stream");
    TCase *memory = tcase_create("memory");
    TCase *ends = tcase_create("ends");

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
    tcase_add_checked_fixture(ends, set_up_commands, tear_down);
    tcase_add_loop_test(ends, stream_is_not_finished_while_events_wait, 0, 2);
    tcase_add_loop_test(ends, stream_gives_up_a_peer_that_does_not_end, 0, 3);
    tcase_add_test(ends, stream_does_not_spin_while_a_command_runs);
    tcase_add_loop_test(ends, stream_of_the_parent_is_finished_in_a_child, 0,
                        2);
    suite_add_tcase(suite, ends);
    tcase_add_checked_fixture(memory, set_up_memory, NULL);
    tcase_set_timeout(memory, 300);
    tcase_add_test(memory, stream_loses_nothing_silently_when_memory_runs_out);
    suite_add_tcase(suite, memory);
    return suite;
}
