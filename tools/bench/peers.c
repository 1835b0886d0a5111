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

void peer_start(struct peer *peer, SSL *ssl, vouch_config *config,
                vouch_now now)
{
    heap_charge(&peer->heap);
    need_ok(vouch_stream_new(ssl, config, 0, now, &peer->stream),
            "start a session");
    heap_charge(NULL);
    peer->session = vouch_stream_session(peer->stream);
}

void peers_start(struct peers *peers, const struct hosts *hosts,
                 struct connection connection, const struct gates *gates)
{
    vouch_now now = {1, time(NULL)};

    *peers = (struct peers){
        .connection = connection,
        .client = {.host = &hosts->client},
        .server = {.host = &hosts->server},
        .now = now,
    };
    peer_start(&peers->client, connection.client, gates->client, now);
    peer_start(&peers->server, connection.server, gates->server, now);
}

void peers_free(struct peers *peers)
{
    vouch_stream_free(peers->client.stream);
    vouch_stream_free(peers->server.stream);
    connection_free(&peers->connection);
}

static void attest(struct peer *peer, vouch_exchange exchange, vouch_now now)
{
    vouch_err err =
        peer->cmw.len != 0
            ? vouch_session_provide(peer->session, exchange, peer->cmw, now)
            : vouch_attester_answer(peer->host->attester, peer->session,
                                    exchange, now);

    need_ok(err, "attest");
}

/* Accepts whatever it is. */
static vouch_err accept_any(struct peer *peer, vouch_exchange exchange,
                            vouch_now now)
{
    vouch_result result = {.verdict = VOUCH_ACCEPTED,
                           .level = VOUCH_LEVEL_BOUND,
                           .not_after = INT64_MAX};
    vouch_appraisal_info info;
    vouch_err err =
        vouch_session_appraisal_info(peer->session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    result.binder = info.binder;
    result.aik_pub_hash = info.aik_pub_hash;
    return vouch_session_conclude(peer->session, exchange, &result, now);
}

static void appraise(struct peer *peer, vouch_exchange exchange, vouch_now now)
{
    vouch_err err = peer->cmw.len != 0
                        ? accept_any(peer, exchange, now)
                        : vouch_appraiser_answer(peer->host->appraiser,
                                                 peer->session, exchange, now);

    need_ok(err, "appraise evidence");
}

void peer_answer(struct peer *peer, const vouch_event *event, vouch_now now)
{
    switch ((int)event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        attest(peer, event->exchange, now);
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED:
        appraise(peer, event->exchange, now);
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

void peer_step(struct peer *peer, vouch_now now)
{
    vouch_stream_wants wants;
    vouch_event event;

    heap_charge(&peer->heap);
    do {
        while (vouch_session_poll(peer->session, &event)) {
            peer_answer(peer, &event, now);
        }
        vouch_stream_pump(peer->stream, now, &wants);
    } while (wants.events);
    heap_charge(NULL);
}

void peer_flush(struct peer *peer)
{
    vouch_stream_wants wants;

    heap_charge(&peer->heap);
    vouch_stream_flush(peer->stream, &wants);
    heap_charge(NULL);
}

void peers_step(struct peers *peers)
{
    peer_step(&peers->client, peers->now);
    peer_step(&peers->server, peers->now);
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
