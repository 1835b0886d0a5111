/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <string.h>
#include <time.h>

#include "tools/bench/connection.h"
#include "tools/bench/figures.h"
#include "tools/bench/floor.h"
#include "tools/bench/measure.h"

/* RFC 9261 alone, with 1 KiB of evidence: the server authenticates over one
 * signature, the client validates over one verification. */

enum { ROUNDS = 256, EVIDENCE = 1024 };

struct ends {
    struct connection connection;
    vouch_channel *client_channel, *server_channel;
    vouch_endpoint *client, *server;
    const struct host *client_host, *server_host;
    struct floor floor;
    vouch_now now;
};

struct window {
    struct stopwatch create, sign, validate, verify;
};

static void open_end(SSL *ssl, vouch_channel **channel, vouch_endpoint **end)
{
    need_ok(vouch_channel_from_ssl(ssl, channel), "make a channel");
    need_ok(vouch_endpoint_new(*channel, end), "make an endpoint");
}

static void open_ends(struct ends *ends, const struct hosts *hosts)
{
    *ends = (struct ends){
        .connection = connection_make(hosts, wire_in_memory()),
        .client_host = &hosts->client,
        .server_host = &hosts->server,
        .now = {1, time(NULL)},
    };
    open_end(ends->connection.client, &ends->client_channel, &ends->client);
    open_end(ends->connection.server, &ends->server_channel, &ends->server);
    floor_open(&ends->floor, &hosts->server);
}

static void close_ends(struct ends *ends)
{
    floor_close(&ends->floor);
    vouch_endpoint_free(ends->client);
    vouch_endpoint_free(ends->server);
    vouch_channel_free(ends->client_channel);
    vouch_channel_free(ends->server_channel);
    connection_free(&ends->connection);
}

static void create(struct window *window, struct ends *ends,
                   vouch_bytes request, vouch_buffer *out)
{
    uint8_t evidence[EVIDENCE];

    memset(evidence, 'e', sizeof evidence);
    stopwatch_start(&window->sign);
    floor_sign(&ends->floor.aik);
    stopwatch_stop(&window->sign);
    stopwatch_start(&window->create);
    need_ok(vouch_endpoint_authenticate(
                ends->server, request, ends->server_host->credential,
                (vouch_bytes){evidence, sizeof evidence}, out),
            "authenticate");
    stopwatch_stop(&window->create);
}

static void validate(struct window *window, struct ends *ends,
                     vouch_bytes request, vouch_bytes authenticator)
{
    vouch_identity identity;

    stopwatch_start(&window->verify);
    floor_verify(&ends->floor.aik);
    stopwatch_stop(&window->verify);
    stopwatch_start(&window->validate);
    need_ok(vouch_endpoint_validate(ends->client, request, authenticator,
                                    ends->client_host->trust, ends->now,
                                    &identity),
            "validate");
    stopwatch_stop(&window->validate);
    need(identity.cmw.len == EVIDENCE, "find the evidence");
}

static void run_round(struct window *window, struct ends *ends)
{
    vouch_buffer request, authenticator;
    vouch_bytes asked;

    need_ok(vouch_endpoint_request(ends->client, true, NULL, &request),
            "make a request");
    asked = (vouch_bytes){request.data, request.len};
    create(window, ends, asked, &authenticator);
    validate(window, ends, asked,
             (vouch_bytes){authenticator.data, authenticator.len});
    vouch_buffer_free(&authenticator);
    vouch_buffer_free(&request);
}

static void run_window(struct ends *ends)
{
    struct window window = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};

    for (int i = 0; i < ROUNDS; i++) {
        run_round(&window, ends);
    }
    figures_add_ratio(CREATE_OVER_SIGN_1K, window.create.us / ROUNDS,
                      window.sign.us / ROUNDS);
    figures_add_ratio(VALIDATE_OVER_VERIFY_1K, window.validate.us / ROUNDS,
                      window.verify.us / ROUNDS);
}

void bench_authenticator(const struct hosts *hosts, size_t windows)
{
    struct window warm_up;
    struct ends ends;

    memset(&warm_up, 0, sizeof warm_up);
    open_ends(&ends, hosts);
    run_round(&warm_up, &ends); /* the chain is known from here on */
    for (size_t i = 0; i < windows; i++) {
        run_window(&ends);
    }
    close_ends(&ends);
}
