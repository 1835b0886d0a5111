/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <openssl/err.h>

#include "tools/bench/figures.h"
#include "tools/bench/measure.h"
#include "tools/bench/peers.h"

/* Application data from client to server by TCP, through two sessions and
 * plainly by SSL_write and SSL_read: both ends together, in this thread. */

enum {
    WRITE_MAX = 16384,
    SLICES = 16,   /* in a window */
    AHEAD = 65536, /* octets written before the other end reads */
};

/* How much an application gives at once. */
static const struct size {
    enum figure figure;
    size_t write;
    size_t slice; /* octets plainly, then as many through sessions */
    bool at_once; /* each is to leave before the next */
} sizes[] = {
    {MUX_OVER_PLAIN, WRITE_MAX, 1 << 20, false},
    {MUX_OVER_PLAIN_256, 256, 1 << 17, true},
};

static const uint8_t data[WRITE_MAX];

static vouch_bytes next_write(const struct size *size, size_t sent)
{
    size_t left = size->slice - sent;

    return (vouch_bytes){data, left < size->write ? left : size->write};
}

static bool is_blocked(const SSL *ssl, int ret)
{
    int error = SSL_get_error(ssl, ret);

    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static size_t write_plainly(SSL *ssl, const struct size *size, size_t sent,
                            size_t got)
{
    int n = 1;

    while (n > 0 && sent < size->slice && sent - got < AHEAD) {
        vouch_bytes next = next_write(size, sent);

        n = SSL_write(ssl, next.data, (int)next.len);
        need(n > 0 || is_blocked(ssl, n), "write");
        sent += n > 0 ? (size_t)n : 0;
    }
    return sent;
}

static size_t read_plainly(SSL *ssl)
{
    uint8_t octets[WRITE_MAX];
    size_t got = 0;
    int n = 1;

    while (n > 0) {
        n = SSL_read(ssl, octets, sizeof octets);
        need(n > 0 || is_blocked(ssl, n), "read");
        got += n > 0 ? (size_t)n : 0;
    }
    return got;
}

static void move_plainly(struct connection *connection, const struct size *size)
{
    size_t sent = 0, got = 0;

    while (got < size->slice) {
        sent = write_plainly(connection->client, size, sent, got);
        got += read_plainly(connection->server);
    }
}

static size_t write_through(struct peers *peers, const struct size *size,
                            size_t sent, size_t got)
{
    size_t taken = 1;

    while (taken != 0 && sent < size->slice && sent - got < AHEAD) {
        need_ok(vouch_session_send(peers->client.session,
                                   next_write(size, sent), peers->now, &taken),
                "send");
        sent += taken;
        if (size->at_once) {
            peer_flush(&peers->client);
        }
    }
    return sent;
}

static void move_through_sessions(struct peers *peers, const struct size *size)
{
    size_t before = peers->server.octets;
    size_t sent = 0, got = 0;

    while (got < size->slice) {
        sent = write_through(peers, size, sent, got);
        peers_step(peers);
        got = peers->server.octets - before;
    }
}

static void run_window(struct connection *connection, struct peers *peers,
                       const struct size *size)
{
    struct stopwatch plain = {0, 0}, sessions = {0, 0};

    for (int i = 0; i < SLICES; i++) {
        stopwatch_start(&plain);
        move_plainly(connection, size);
        stopwatch_stop(&plain);
        stopwatch_start(&sessions);
        move_through_sessions(peers, size);
        stopwatch_stop(&sessions);
    }
    figures_add_ratio(size->figure, plain.us / SLICES, sessions.us / SLICES);
}

void bench_mux(const struct hosts *hosts, size_t windows)
{
    struct gates gates =
        gates_make(hosts, VOUCH_GATE_MUTUAL, VOUCH_GATE_MUTUAL);
    struct connection plain = connection_make(hosts, wire_by_tcp());
    struct peers peers;

    SSL_set_mode(plain.client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    peers_start(&peers, hosts, connection_make(hosts, wire_by_tcp()), &gates);
    peers_attest(&peers);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        move_plainly(&plain, &sizes[i]);
        move_through_sessions(&peers, &sizes[i]);
        for (size_t j = 0; j < windows; j++) {
            run_window(&plain, &peers, &sizes[i]);
        }
    }
    peers_free(&peers);
    connection_free(&plain);
    gates_free(&gates);
}
