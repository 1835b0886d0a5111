/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_PEERS_H
#define VOUCH_TOOLS_BENCH_PEERS_H

/* Two sessions over a connection, each served as an application would. */

#include "tools/bench/connection.h"
#include "tools/bench/measure.h"

struct peer {
    const struct host *host;
    vouch_bytes cmw; /* what it attests with and accepts, instead of evidence */
    struct heap_account heap;
    vouch_stream *stream;
    vouch_session *session;
    size_t accepted, confirmed; /* events */
    size_t octets;              /* of DATA */
};

struct peers {
    struct connection connection;
    struct peer client, server;
    vouch_now now; /* the bench's own time, which does not pass by itself */
};

/* What two sides wait for. */
struct gates {
    vouch_config *client, *server;
};
struct gates gates_make(const struct hosts *hosts, vouch_gate client,
                        vouch_gate server);
void gates_free(struct gates *gates);

/* peer_start makes one end, over `ssl`, which stays the caller's; peer_step has
 * it go on until it waits for the other; peer_answer answers an event as an
 * application does. */
void peer_start(struct peer *peer, SSL *ssl, vouch_config *config,
                vouch_now now);
void peer_step(struct peer *peer, vouch_now now);
void peer_flush(struct peer *peer); /* writes only */
void peer_answer(struct peer *peer, const vouch_event *event, vouch_now now);

/* peers_start makes sessions over `connection`, which is theirs from then on;
 * peers_attest runs them until both gates are open. */
void peers_start(struct peers *peers, const struct hosts *hosts,
                 struct connection connection, const struct gates *gates);
void peers_attest(struct peers *peers);
void peers_free(struct peers *peers);

/* peers_step has both ends go on until they wait for each other. */
void peers_step(struct peers *peers);

/* peers_reattest has the server attest to the client once more; peers_wait
 * before it lets the time pass in which the server takes another request. */
void peers_reattest(struct peers *peers);
void peers_wait(struct peers *peers);

#endif
