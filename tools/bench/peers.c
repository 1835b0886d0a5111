/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/peers.h"

#include <time.h>

#include "tools/bench/measure.h"

enum { MINUTE_MS = 60000 };

struct gates gates_make(const struct hosts *hosts, vouch_gate client,
                        vouch_gate server)
{
    return (struct gates){host_config(&hosts->client, client),
                          host_config(&hosts->server, server)};
}

void gates_free(struct gates *gates)
{
    vouch_config_free(gates->client);
    vouch_config_free(gates->server);
}

static struct peer start(const struct host *host, SSL *ssl,
                         vouch_config *config, vouch_now now)
{
    struct peer peer = {.host = host};

    need_ok(vouch_stream_new(ssl, config, 0, now, &peer.stream),
            "start a session");
    peer.session = vouch_stream_session(peer.stream);
    return peer;
}

void peers_start(struct peers *peers, const struct hosts *hosts,
                 struct connection connection, const struct gates *gates)
{
    vouch_now now = {1, time(NULL)};

    *peers = (struct peers){
        .connection = connection,
        .client = start(&hosts->client, connection.client, gates->client, now),
        .server = start(&hosts->server, connection.server, gates->server, now),
        .now = now,
    };
}

void peers_free(struct peers *peers)
{
    vouch_stream_free(peers->client.stream);
    vouch_stream_free(peers->server.stream);
    connection_free(&peers->connection);
}

static void answer(struct peer *peer, const vouch_event *event, vouch_now now)
{
    switch ((int)event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        need_ok(vouch_attester_answer(peer->host->attester, peer->session,
                                      event->exchange, now),
                "make evidence");
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED:
        need_ok(vouch_appraiser_answer(peer->host->appraiser, peer->session,
                                       event->exchange, now),
                "appraise evidence");
        break;
    case VOUCH_EVENT_ACCEPTED:
        peer->accepted++;
        break;
    case VOUCH_EVENT_CONFIRMED:
        peer->confirmed++;
        break;
    case VOUCH_EVENT_DATA:
        peer->octets += event->u.data.bytes.len;
        break;
    default:
        need(event->type == VOUCH_EVENT_PEER ||
                 event->type == VOUCH_EVENT_GATE ||
                 event->type == VOUCH_EVENT_AUDIT,
             vouch_event_name(event->type));
    }
}

static void step(struct peer *peer, vouch_now now)
{
    vouch_stream_wants wants;
    vouch_event event;

    do {
        while (vouch_session_poll(peer->session, &event)) {
            answer(peer, &event, now);
        }
        need_ok(vouch_stream_pump(peer->stream, now, &wants), "pump a stream");
    } while (wants.events);
}

void peers_step(struct peers *peers)
{
    step(&peers->client, peers->now);
    step(&peers->server, peers->now);
}

static bool is_open(const struct peers *peers, const struct peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA,
                                  peers->now);
}

void peers_attest(struct peers *peers)
{
    while (!is_open(peers, &peers->client) || !is_open(peers, &peers->server) ||
           vouch_session_has_event(peers->client.session) ||
           vouch_session_has_event(peers->server.session)) {
        peers_step(peers);
    }
}

void peers_reattest(struct peers *peers)
{
    size_t accepted = peers->client.accepted + 1;
    size_t confirmed = peers->server.confirmed + 1;
    vouch_exchange exchange;

    need_ok(vouch_session_request(peers->client.session, peers->now, &exchange),
            "ask for evidence");
    while (peers->client.accepted != accepted ||
           peers->server.confirmed != confirmed) {
        peers_step(peers);
    }
}

void peers_wait(struct peers *peers)
{
    uint64_t ms = MINUTE_MS / VOUCH_LIMIT_REQUESTS_PER_MINUTE;

    peers->now.mono_ms += ms;
    peers->now.unix_s += (int64_t)(ms / 1000);
}
