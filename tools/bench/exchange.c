/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include "tools/bench/figures.h"
#include "tools/bench/floor.h"
#include "tools/bench/measure.h"
#include "tools/bench/peers.h"

/* One re-attestation of the server to the client, over the signatures that it
 * needs and over a full mutual handshake of the two. */

enum { ROUNDS = 64, WARM_UP = 4 };

struct window {
    struct stopwatch exchange, floor, handshake;
    uint64_t calls; /* of the allocator */
};

static void measure_exchange(struct window *window, struct peers *peers)
{
    uint64_t before;

    peers_wait(peers);
    before = heap_calls();
    stopwatch_start(&window->exchange);
    peers_reattest(peers);
    stopwatch_stop(&window->exchange);
    window->calls += heap_calls() - before;
}

static void measure_floor(struct window *window, struct floor *floor)
{
    stopwatch_start(&window->floor);
    floor_sign_psa(floor);
    floor_sign(&floor->aik);
    floor_verify(&floor->aik);
    floor_verify(&floor->attestation);
    stopwatch_stop(&window->floor);
}

static void measure_handshake(struct window *window, const struct hosts *hosts)
{
    struct wire wire = wire_in_memory();
    struct connection connection;

    stopwatch_start(&window->handshake);
    connection = connection_make(hosts, wire);
    stopwatch_stop(&window->handshake);
    connection_free(&connection);
}

static void run_window(struct peers *peers, struct floor *floor,
                       const struct hosts *hosts)
{
    struct window window = {{0, 0}, {0, 0}, {0, 0}, 0};

    for (int i = 0; i < ROUNDS; i++) {
        measure_floor(&window, floor);
        measure_exchange(&window, peers);
        measure_handshake(&window, hosts);
    }
    figures_add_ratio(EXCHANGE_OVER_FLOOR, window.exchange.us / ROUNDS,
                      window.floor.us / ROUNDS);
    figures_add_ratio(REATTEST_OVER_HANDSHAKE, window.exchange.us / ROUNDS,
                      window.handshake.us / ROUNDS);
    figures_add(ALLOCS_PER_EXCHANGE, (double)window.calls / ROUNDS);
}

void bench_exchange(const struct hosts *hosts, size_t windows)
{
    struct gates gates =
        gates_make(hosts, VOUCH_GATE_REQUIRE_PEER, VOUCH_GATE_NONE);
    struct floor floor;
    struct peers peers;

    floor_open(&floor, &hosts->server);
    peers_start(&peers, hosts, connection_make(hosts, wire_in_memory()),
                &gates);
    peers_attest(&peers);
    for (int i = 0; i < WARM_UP; i++) {
        peers_wait(&peers);
        peers_reattest(&peers);
    }
    for (size_t i = 0; i < windows; i++) {
        run_window(&peers, &floor, hosts);
    }
    peers_free(&peers);
    floor_close(&floor);
    gates_free(&gates);
}
