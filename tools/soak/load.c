/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/load.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/epoll.h>

#include "tools/soak/connection.h"
#include "tools/soak/signals.h"

enum {
    EVENTS = 256,
    PROGRESS_MS = 10000,
    GOODBYE_MS = 4000, /* then what has not ended is cut */
};

static volatile sig_atomic_t stopped;

void load_stop(void)
{
    stopped = 1;
}

bool load_stopped(void)
{
    return stopped != 0;
}

static uint64_t next_due(const struct world *world, uint64_t until_ms)
{
    uint64_t due = until_ms;

    for (size_t i = 0; i < world->places; i++) {
        uint64_t one = connection_due(&world->connections[i]);

        due = one < due ? one : due;
    }
    return due;
}

static void wait(struct world *world, uint64_t due)
{
    struct epoll_event events[EVENTS];
    uint64_t now = world->now.mono_ms;
    int ms = due <= now ? 0 : due - now < 1000 ? (int)(due - now) : 1000;
    int num = epoll_wait(world->epoll, events, EVENTS, ms);

    need(num >= 0 || errno == EINTR, "wait for sockets");
    for (int i = 0; i < num; i++) {
        struct end *end = (struct end *)events[i].data.ptr;

        end->ready = true;
    }
    world_look_at_clock(world);
    signals_alive();
}

static size_t turn(struct world *world)
{
    size_t alive = 0;

    for (size_t i = 0; i < world->places; i++) {
        connection_step(&world->connections[i]);
        alive += world->connections[i].alive;
    }
    return alive;
}

static void show_progress(struct world *world, size_t alive)
{
    const struct books *books = &world->books;

    fprintf(stderr,
            "vouch-soak: %" PRIu64 " s: %zu connections alive, %" PRIu64
            " over, %" PRIu64 " requests, %" PRIu64 " commands, %" PRIu64
            " octets, library %zu octets\n",
            (world->now.mono_ms - world->begun_ms) / 1000, alive,
            books->connections, books->requests, books->commands,
            books->delivered, heap_held());
}

static void wind_down(struct world *world)
{
    uint64_t until = world->now.mono_ms + GOODBYE_MS;
    size_t alive;

    world->winding_down = true;
    for (size_t i = 0; i < world->places; i++) {
        connection_wind_down(&world->connections[i]);
    }
    do {
        wait(world, next_due(world, until));
        alive = turn(world);
    } while (alive != 0 && world->now.mono_ms < until);
    for (size_t i = 0; i < world->places; i++) {
        connection_cut(&world->connections[i]);
    }
    turn(world);
    world->winding_down = false;
}

void load_run(struct world *world, uint64_t until_ms)
{
    uint64_t progress_at = world->now.mono_ms + PROGRESS_MS;

    world->load_until_ms = until_ms;
    while (!load_stopped() && world->now.mono_ms < until_ms) {
        size_t alive = turn(world);

        if (world->now.mono_ms >= progress_at) {
            show_progress(world, alive);
            progress_at += PROGRESS_MS;
        }
        wait(world, next_due(world, until_ms));
    }
    wind_down(world);
}
