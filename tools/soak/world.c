/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *const side_names[] = {"client", "server"};

const struct host *world_host(struct world *world, enum side side)
{
    return side == CLIENT ? &world->hosts.client : &world->hosts.server;
}

void world_look_at_clock(struct world *world)
{
    struct timespec mono, real;

    need(clock_gettime(CLOCK_MONOTONIC, &mono) == 0 &&
             clock_gettime(CLOCK_REALTIME, &real) == 0,
         "read the clocks");
    world->now = (vouch_now){(uint64_t)mono.tv_sec * 1000 +
                                 (uint64_t)mono.tv_nsec / 1000000,
                             real.tv_sec};
}

/* As the hosts' own, but for ALPN, which it neither offers nor selects. */
static SSL_CTX *make_no_alpn(const struct host *host)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_method());

    need(tls != NULL && SSL_CTX_use_PrivateKey(tls, host->aik) &&
             SSL_CTX_use_certificate(tls, host->certificate),
         "make an SSL_CTX");
    need_ok(vouch_tls_prepare(tls), "prepare TLS");
    return tls;
}

static void open_listener(struct world *world)
{
    socklen_t len = sizeof world->address;

    world->address = (struct sockaddr_in){.sin_family = AF_INET};
    world->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(world->listener >= 0 &&
             bind(world->listener, (const struct sockaddr *)&world->address,
                  len) == 0 &&
             listen(world->listener, 16) == 0 &&
             getsockname(world->listener, (struct sockaddr *)&world->address,
                         &len) == 0,
         "listen on 127.0.0.1");
}

static void open_places(struct world *world)
{
    struct connection *places = calloc(world->places, sizeof *places);

    need(places != NULL, "have memory for the connections");
    for (size_t i = 0; places != NULL && i < world->places; i++) {
        places[i].world = world;
        places[i].place = i;
    }
    world->connections = places;
}

void world_open(struct world *world)
{
    world_look_at_clock(world);
    world->begun_ms = world->now.mono_ms;
    hosts_meet(&world->hosts);
    hosts_equip(&world->hosts);
    configs_make(&world->configs, &world->hosts);
    for (enum side side = CLIENT; side < SIDES; side++) {
        world->no_alpn[side] = make_no_alpn(world_host(world, side));
    }
    open_listener(world);
    world->epoll = epoll_create1(EPOLL_CLOEXEC);
    need(world->epoll >= 0, "make an epoll");
    open_places(world);
}

void world_close(struct world *world)
{
    free(world->connections);
    close(world->epoll);
    close(world->listener);
    for (enum side side = CLIENT; side < SIDES; side++) {
        SSL_CTX_free(world->no_alpn[side]);
    }
    configs_free(&world->configs);
    hosts_free(&world->hosts);
}

static void print_end(const struct end *end)
{
    const struct plan *plan = &end->connection->plan;

    fprintf(stderr, "%s, \"%s\":\n", side_names[end->side],
            config_kinds[plan->config[end->side]].name);
    trail_print(&end->trail, stderr);
}

void found(struct end *end, const char *what, const char *detail)
{
    struct connection *c = end->connection;
    struct world *world = c->world;

    fprintf(stderr,
            "vouch-soak: %s: %s\n"
            "seed %" PRIu64 ", %zu places, place %zu, connection %" PRIu64
            " there, %s, begun at %" PRIu64 " ms, now at %" PRIu64 " ms\n",
            what, detail, world->seed, world->places, c->place, c->generation,
            plan_kind_name(c->plan.kind), c->begun_ms - world->begun_ms,
            world->now.mono_ms - world->begun_ms);
    print_end(end);
    print_end(&c->end[1 - end->side]);
    printf("FOUND: %s: %s (%s, place %zu, connection %" PRIu64 "; seed %" PRIu64
           ")\n",
           what, detail, side_names[end->side], c->place, c->generation,
           world->seed);
    fflush(stdout);
    _exit(1);
}
