/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include "tools/bench/figures.h"
#include "tools/bench/measure.h"
#include "tools/bench/peers.h"

/* What a session keeps of memory when both sides have accepted each other and
 * nothing happens: one end, the mean of client and server. */

enum {
    PEERS = 8,
    EVIDENCE = 16384, /* octets, for the most that a session needs */
};

/* The same as `hosts`, made anew and counted. */
static void measure_shared(void)
{
    struct hosts hosts;
    struct gates gates;
    size_t before;

    hosts_meet(&hosts);
    before = heap_in_use();
    hosts_equip(&hosts);
    gates = gates_make(&hosts, VOUCH_GATE_MUTUAL, VOUCH_GATE_MUTUAL);
    figures_add(SHARED_BYTES, (double)(heap_in_use() - before) / 2);
    gates_free(&gates);
    hosts_free(&hosts);
}

static void measure_sessions(const struct hosts *hosts,
                             const struct gates *gates)
{
    struct connection connections[PEERS];
    struct peers peers[PEERS];
    struct wire wires[PEERS];
    size_t before, held;

    for (size_t i = 0; i < PEERS; i++) {
        wires[i] = wire_in_memory();
    }
    before = heap_in_use();
    for (size_t i = 0; i < PEERS; i++) {
        connections[i] = connection_make(hosts, wires[i]);
    }
    figures_add(SSL_BYTES, (double)(heap_in_use() - before) / (2 * PEERS));
    before = heap_in_use();
    held = heap_held();
    for (size_t i = 0; i < PEERS; i++) {
        peers_start(&peers[i], hosts, connections[i], gates);
        peers_attest(&peers[i]);
    }
    figures_add(SESSION_BYTES_IDLE, (double)(heap_held() - held) / (2 * PEERS));
    figures_add(SESSION_HEAP_IDLE,
                (double)(heap_in_use() - before) / (2 * PEERS));
    for (size_t i = 0; i < PEERS; i++) {
        peers_free(&peers[i]);
    }
}

/* The most that either end has of the library's memory while the server attests
 * once more, with so much. */
static void measure_peak(const struct hosts *hosts, const struct gates *gates,
                         vouch_bytes cmw)
{
    struct peers peers;
    size_t client, server;

    peers_start(&peers, hosts, connection_make(hosts, wire_in_memory()), gates);
    peers.client.cmw = peers.server.cmw = cmw;
    peers_attest(&peers);
    peers_wait(&peers);
    peers.client.heap.most = peers.server.heap.most = 0;
    peers_reattest(&peers);
    client = peers.client.heap.most;
    server = peers.server.heap.most;
    figures_add(SESSION_BYTES_PEAK,
                (double)(client > server ? client : server));
    peers_free(&peers);
}

/* From here on the trusts know the chains. */
static void warm_up(const struct hosts *hosts, const struct gates *gates)
{
    struct peers peers;

    peers_start(&peers, hosts, connection_make(hosts, wire_in_memory()), gates);
    peers_attest(&peers);
    peers_free(&peers);
}

void bench_memory(const struct hosts *hosts, size_t windows)
{
    struct gates gates =
        gates_make(hosts, VOUCH_GATE_MUTUAL, VOUCH_GATE_MUTUAL);
    vouch_buffer cmw = evidence_of(EVIDENCE);

    warm_up(hosts, &gates);
    for (size_t i = 0; i < windows; i++) {
        measure_shared();
        measure_sessions(hosts, &gates);
        measure_peak(hosts, &gates, (vouch_bytes){cmw.data, cmw.len});
    }
    vouch_buffer_free(&cmw);
    gates_free(&gates);
}
