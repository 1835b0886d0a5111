/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/bench/figures.h"
#include "tools/bench/measure.h"
#include "tools/bench/no_crypto.h"
#include "tools/bench/peers.h"

/* What the library itself costs: two sessions that hand each other octets, with
 * neither TLS nor signatures nor evidence that means anything. */

enum {
    EVIDENCE = 1024,
    EXCHANGES = 5000, /* in a window */
    FEW = 50,         /* pairs of sessions: 100 */
    MANY = 5000,      /* 10,000 */
    MS_PER_EXCHANGE =
        60000 / VOUCH_LIMIT_REQUESTS_PER_MINUTE / FEW, /* of the bench's time */
};

struct pair {
    uint64_t connection; /* tells one from another */
    vouch_channel *channel[2];
    struct peer peer[2]; /* client, server */
};

struct pairs {
    struct pair *pair;
    size_t num;
    size_t next; /* whose turn it is */
    vouch_now now;
};

/* Both ends of a connection have the same. */
static vouch_err export_constant(void *arg, const char *label,
                                 vouch_bytes context, uint8_t *out, size_t len)
{
    const struct pair *pair = arg;

    (void)context;
    memset(out, label[0], len);
    memcpy(out, &pair->connection,
           len < sizeof pair->connection ? len : sizeof pair->connection);
    return VOUCH_OK;
}

static void start(struct pair *pair, const struct hosts *hosts,
                  const struct gates *gates, vouch_bytes cmw, vouch_now now)
{
    vouch_config *configs[] = {gates->client, gates->server};
    const struct host *both[] = {&hosts->client, &hosts->server};

    for (size_t i = 0; i < 2; i++) {
        pair->peer[i] = (struct peer){.host = both[i], .cmw = cmw};
        need_ok(vouch_channel_new(i == 0 ? VOUCH_CLIENT : VOUCH_SERVER,
                                  VOUCH_SHA256, export_constant, pair,
                                  &pair->channel[i]),
                "make a channel");
        need_ok(vouch_session_new(pair->channel[i], configs[i], now,
                                  &pair->peer[i].session),
                "start a session");
    }
}

/* Everything that one end has for the other. */
static void carry(struct peer *from, struct peer *to, vouch_now now)
{
    vouch_bytes octets = vouch_session_outgoing(from->session);
    vouch_event event;
    size_t taken;

    if (octets.len != 0) {
        need_ok(vouch_session_recv(to->session, octets, now, &taken),
                "receive");
        vouch_session_sent(from->session, taken);
    }
    while (vouch_session_poll(to->session, &event)) {
        peer_answer(to, &event, now);
    }
}

static void attest(struct pair *pair, size_t times, vouch_now now)
{
    struct peer *client = &pair->peer[0], *server = &pair->peer[1];

    while (client->accepted != times || server->confirmed != times) {
        carry(client, server, now);
        carry(server, client, now);
    }
}

static void reattest(struct pairs *pairs)
{
    struct pair *pair = &pairs->pair[pairs->next];
    vouch_exchange exchange;

    need_ok(vouch_session_request(pair->peer[0].session, pairs->now, &exchange),
            "ask for evidence");
    attest(pair, pair->peer[0].accepted + 1, pairs->now);
    pairs->next = (pairs->next + 1) % pairs->num;
}

/* Every session has attested, and asked once more. */
static struct pairs make_pairs(const struct hosts *hosts,
                               const struct gates *gates, vouch_bytes cmw,
                               size_t num)
{
    struct pairs pairs = {.num = num, .now = {1, time(NULL)}};

    pairs.pair = calloc(num, sizeof pairs.pair[0]);
    if (pairs.pair == NULL) {
        need_ok(VOUCH_E_NOMEM, "make sessions");
        return pairs;
    }
    for (size_t i = 0; i < num; i++) {
        pairs.pair[i].connection = i;
        start(&pairs.pair[i], hosts, gates, cmw, pairs.now);
        attest(&pairs.pair[i], 1, pairs.now);
    }
    for (size_t i = 0; i < num; i++) {
        reattest(&pairs);
    }
    return pairs;
}

static void free_pairs(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->num; i++) {
        for (size_t j = 0; j < 2; j++) {
            vouch_session_free(pairs->pair[i].peer[j].session);
            vouch_channel_free(pairs->pair[i].channel[j]);
        }
    }
    free(pairs->pair);
}

/* Microseconds for one exchange. The time passes in which a session takes
 * another request, and is the same for few and many. */
static double run(struct pairs *pairs)
{
    struct stopwatch watch = {0, 0};

    stopwatch_start(&watch);
    for (int i = 0; i < EXCHANGES; i++) {
        pairs->now.mono_ms += MS_PER_EXCHANGE;
        reattest(pairs);
    }
    stopwatch_stop(&watch);
    return watch.us / EXCHANGES;
}

void bench_engine(const struct hosts *hosts, size_t windows)
{
    struct gates gates =
        gates_make(hosts, VOUCH_GATE_REQUIRE_PEER, VOUCH_GATE_NONE);
    vouch_buffer cmw = evidence_of(EVIDENCE);
    vouch_bytes octets = {cmw.data, cmw.len};
    struct pairs few, many;

    no_crypto(true);
    few = make_pairs(hosts, &gates, octets, FEW);
    many = make_pairs(hosts, &gates, octets, MANY);
    for (size_t i = 0; i < windows; i++) {
        double with_few = run(&few);

        figures_add(ENGINE_NS_PER_EXCHANGE, with_few * 1000);
        figures_add_ratio(SESSIONS_SCALING, run(&many), with_few);
    }
    free_pairs(&many);
    free_pairs(&few);
    no_crypto(false);
    vouch_buffer_free(&cmw);
    gates_free(&gates);
}
