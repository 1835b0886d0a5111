/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <time.h>

#include "tools/bench/figures.h"
#include "tools/bench/measure.h"
#include "tools/bench/peers.h"

/* How often somebody must wait for the other before data may flow: the client
 * asks behind its Finished, the server attests. */

enum { FLIGHTS_MAX = 16 };

/* Whether `ssl` has sent something since `*before` octets. */
static bool has_sent(SSL *ssl, uint64_t *before)
{
    uint64_t sent = BIO_number_written(SSL_get_wbio(ssl));
    bool more = sent != *before;

    *before = sent;
    return more;
}

static bool is_open(const struct peer *peer, vouch_now now)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, now);
}

static int count_flights(struct peers *peers, const struct gates *gates)
{
    struct connection *c = &peers->connection;
    uint64_t by_client = 0, by_server;
    int flights = 0;

    while (!connection_shake_hands(c->client)) {
        by_client = BIO_number_written(SSL_get_wbio(c->client));
        (void)connection_shake_hands(c->server);
    }
    by_server = BIO_number_written(SSL_get_wbio(c->server));
    peer_start(&peers->client, c->client, gates->client, peers->now);
    peer_step(&peers->client, peers->now);
    flights += has_sent(c->client, &by_client); /* Finished among it */
    need(connection_shake_hands(c->server), "shake hands");
    peer_start(&peers->server, c->server, gates->server, peers->now);
    while (!is_open(&peers->client, peers->now) && flights < FLIGHTS_MAX) {
        peer_step(&peers->server, peers->now);
        flights += has_sent(c->server, &by_server);
        peer_step(&peers->client, peers->now);
        flights += !is_open(&peers->client, peers->now) &&
                   has_sent(c->client, &by_client);
    }
    need(is_open(&peers->client, peers->now), "open the gate");
    return flights;
}

void bench_flights(const struct hosts *hosts, size_t windows)
{
    struct gates gates =
        gates_make(hosts, VOUCH_GATE_REQUIRE_PEER, VOUCH_GATE_NONE);

    for (size_t i = 0; i < windows; i++) {
        struct peers peers = {
            .connection = connection_begin(hosts, wire_in_memory()),
            .client = {.host = &hosts->client},
            .server = {.host = &hosts->server},
            .now = {1, time(NULL)},
        };

        figures_add(FLIGHTS_TO_OPEN_GATE, count_flights(&peers, &gates));
        peers_free(&peers);
    }
    gates_free(&gates);
}
