/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/soak/end.h"

enum { AGAIN_MS = 200 };

/* The beginning */

static void prepare(int fd)
{
    int one = 1;
    int flags = fcntl(fd, F_GETFL);

    need(flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
             setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0,
         "configure a socket");
}

/* False: there is no port left for now. */
static bool connect_both(struct world *world, int fds[SIDES])
{
    fds[CLIENT] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fds[CLIENT] >= 0, "make a socket");
    if (connect(fds[CLIENT], (const struct sockaddr *)&world->address,
                sizeof world->address) != 0) {
        need(errno == EADDRNOTAVAIL, "connect over 127.0.0.1");
        close(fds[CLIENT]);
        return false;
    }
    fds[SERVER] = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC);
    need(fds[SERVER] >= 0, "accept over 127.0.0.1");
    prepare(fds[CLIENT]);
    prepare(fds[SERVER]);
    return true;
}

static void begin(struct connection *c)
{
    struct world *world = c->world;
    int fds[SIDES];

    if (!connect_both(world, fds)) {
        c->begin_at_ms = world->now.mono_ms + AGAIN_MS;
        return;
    }
    c->plan = plan_make(world->seed, c->place, world->places, c->generation++);
    c->begun_ms = world->now.mono_ms;
    c->end_at_ms = c->plan.life_ms == UINT64_MAX
                       ? UINT64_MAX
                       : c->begun_ms + c->plan.life_ms;
    c->alive = true;
    c->ending = c->disturbed = false;
    for (enum side side = CLIENT; side < SIDES; side++) {
        c->end[side].connection = c;
        c->end[side].side = side;
        end_open(&c->end[side], fds[side]);
    }
}

/* The end */

void connection_cut(struct connection *c)
{
    enum side first = c->plan.cutter;

    end_cut(&c->end[first], c->plan.ending == RESET);
    end_cut(&c->end[1 - first], false);
}

static void bring_about_end(struct connection *c)
{
    enum ending ending = c->plan.ending;

    c->ending = true;
    if (ending >= CUT || c->plan.kind == HOSTILE) {
        end_say_done(&c->end[c->plan.cutter]);
        end_cut(&c->end[c->plan.cutter], ending == RESET);
        return;
    }
    if (ending != CLOSE_BY_SERVER) {
        end_close(&c->end[CLIENT]);
    }
    if (ending != CLOSE_BY_CLIENT && c->end[SERVER].phase != PHASE_OVER) {
        end_close(&c->end[SERVER]);
    }
}

/* Where an orderly end was not disturbed, all that was sent has come. */
static void check_delivery(struct connection *c, enum side receiver)
{
    struct end *end = &c->end[receiver];

    if (c->disturbed || plan_may_lose(&c->plan, receiver) ||
        c->end[receiver].session != NULL) {
        return;
    }
    if (end->account.received != end_other(end)->account.sent) {
        found(end, "DATA", "not all that was sent before an orderly end came");
    }
}

static void check_both(struct connection *c)
{
    for (enum side side = CLIENT; side < SIDES; side++) {
        struct end *end = &c->end[side];
        const vouch_stats *own = &end->account.stats;
        const vouch_stats *peer = &end_other(end)->account.stats;

        if (own->requests_received > peer->requests_sent) {
            found(end, "books", "more requests come than the peer sent");
        }
        if (own->confirmed > peer->accepted) {
            found(end, "books", "more is confirmed than the peer accepted");
        }
        if (own->accepted > peer->answered) {
            found(end, "books", "more is accepted than the peer answered");
        }
        if (own->commands_taken > peer->commands_sent) {
            found(end, "books", "more commands are taken than were sent");
        }
        if (own->data_received > peer->data_sent) {
            found(end, "books", "more octets come than were sent");
        }
        check_delivery(c, side);
    }
}

static void finish(struct connection *c)
{
    struct books *books = &c->world->books;

    c->alive = false;
    books->connections++;
    if (c->plan.kind == HOSTILE) {
        books->hostile++;
    } else {
        check_both(c);
    }
    c->begin_at_ms = c->world->now.mono_ms + c->plan.pause_ms;
}

/* On */

static void step_ends(struct connection *c)
{
    for (enum side side = CLIENT; side < SIDES; side++) {
        struct end *end = &c->end[side];

        if (end->phase != PHASE_OVER &&
            (end->ready || c->world->now.mono_ms >= end->due_ms)) {
            end->ready = false;
            end_step(end);
        }
    }
}

void connection_step(struct connection *c)
{
    uint64_t now = c->world->now.mono_ms;

    if (!c->alive) {
        if (!c->world->winding_down && now >= c->begin_at_ms) {
            begin(c);
        }
        return;
    }
    step_ends(c);
    if (!c->ending && now >= c->end_at_ms) {
        bring_about_end(c);
    }
    /* A hostile peer would wait for ever for what is not there any more. */
    if (c->plan.kind == HOSTILE &&
        c->end[1 - c->plan.hostile].phase == PHASE_OVER) {
        end_cut(&c->end[c->plan.hostile], false);
    }
    if (c->end[CLIENT].phase == PHASE_OVER &&
        c->end[SERVER].phase == PHASE_OVER) {
        finish(c);
    }
}

uint64_t connection_due(const struct connection *c)
{
    uint64_t due = c->ending ? UINT64_MAX : c->end_at_ms;

    if (!c->alive) {
        return c->world->winding_down ? UINT64_MAX : c->begin_at_ms;
    }
    for (enum side side = CLIENT; side < SIDES; side++) {
        const struct end *end = &c->end[side];

        if (end->phase != PHASE_OVER && end->due_ms < due) {
            due = end->due_ms;
        }
    }
    return due;
}

void connection_wind_down(struct connection *c)
{
    if (c->alive && !c->ending) {
        bring_about_end(c);
    }
}
