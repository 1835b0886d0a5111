/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/stream_pair.h"

#include <string.h>

#include <check.h>

void stream_pair_init(struct stream_pair *streams)
{
    memset(streams, 0, sizeof *streams);
    pair_init(&streams->pair);
}

void stream_pair_connect(struct stream_pair *streams,
                         const struct tls_options *options)
{
    struct tls_options all =
        options != NULL ? *options : (struct tls_options){.alpn = NULL};

    all.client = &streams->pair.client.aik;
    all.server = &streams->pair.server.aik;
    streams->tls = tls_connect(&all);
}

static void start(struct stream_pair *streams, SSL *ssl, struct pair_peer *peer,
                  vouch_stream **out)
{
    ck_assert_int_eq(
        vouch_stream_new(ssl, peer->config, 0, streams->pair.now, out),
        VOUCH_OK);
    peer->session = vouch_stream_session(*out);
}

void stream_pair_start(struct stream_pair *streams)
{
    start(streams, streams->tls->client, &streams->pair.client,
          &streams->client);
    start(streams, streams->tls->server, &streams->pair.server,
          &streams->server);
}

void stream_pair_free(struct stream_pair *streams)
{
    vouch_stream_free(streams->client);
    vouch_stream_free(streams->server);
    streams->pair.client.session = streams->pair.server.session = NULL;
    tls_pair_free(streams->tls);
    pair_free(&streams->pair);
}

bool stream_pair_pump(struct stream_pair *streams, vouch_stream *stream)
{
    vouch_stream_wants wants;

    vouch_stream_pump(stream, streams->pair.now, &wants);
    return wants.events && !vouch_stream_finished(stream);
}

void stream_pair_run(struct stream_pair *streams)
{
    struct session_pair *pair = &streams->pair;
    unsigned quiet = 0;

    while (quiet < 2) {
        bool any = stream_pair_pump(streams, streams->client);

        any = stream_pair_pump(streams, streams->server) || any;
        any = pair_step(pair, &pair->client) || any;
        any = pair_step(pair, &pair->server) || any;
        quiet = any ? 0 : quiet + 1;
    }
}
