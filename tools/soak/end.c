/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/end.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tools/soak/hostile.h"

enum {
    ROUNDS = 8,                   /* of one step */
    HOSTILE_HANDSHAKE_MS = 2000,  /* a peer that does not get on is given up */
    SESSION_OCTETS_MAX = 2 << 20, /* of the library, for one session */
};

struct end *end_other(struct end *end)
{
    return &end->connection->end[1 - end->side];
}

bool end_peer_is_vouch(const struct end *end)
{
    return end->connection->plan.kind != HOSTILE;
}

void end_note(struct end *end, const char *what, uint64_t exchange,
              uint64_t number)
{
    const struct world *world = end->connection->world;

    trail_add(&end->trail, world->now.mono_ms - world->begun_ms, what, exchange,
              number);
}

void end_wait(struct end *end, bool readable, bool writable)
{
    struct epoll_event event = {
        .events = (uint32_t)EPOLLONESHOT | (readable ? (uint32_t)EPOLLIN : 0) |
                  (writable ? (uint32_t)EPOLLOUT : 0),
        .data.ptr = end,
    };

    need(epoll_ctl(end->connection->world->epoll, EPOLL_CTL_MOD, end->fd,
                   &event) == 0,
         "wait for a socket");
}

static SSL *make_ssl(struct end *end)
{
    struct world *world = end->connection->world;
    SSL *ssl = SSL_new(world_host(world, end->side)->tls);

    need(ssl != NULL && SSL_set_fd(ssl, end->fd), "make an SSL");
    if (end->side == CLIENT) {
        SSL_set_connect_state(ssl);
    } else {
        SSL_set_accept_state(ssl);
    }
    return ssl;
}

/* All of an end but what is kept from connection to connection. */
static void reset(struct end *end)
{
    struct connection *connection = end->connection;
    enum side side = end->side;

    memset(end, 0, sizeof *end);
    end->connection = connection;
    end->side = side;
    account_open(&end->account, side == SERVER,
                 config_kinds[connection->plan.config[side]].loses);
}

void end_open(struct end *end, int fd)
{
    struct world *world = end->connection->world;
    const struct plan *plan = &end->connection->plan;
    struct epoll_event event = {.events = EPOLLONESHOT, .data.ptr = end};

    reset(end);
    end->fd = fd;
    need(epoll_ctl(world->epoll, EPOLL_CTL_ADD, fd, &event) == 0,
         "wait for a socket");
    if (plan->kind == HOSTILE && plan->hostile == end->side) {
        end->phase = PHASE_HOSTILE;
        hostile_open(end);
        return;
    }
    end->phase = PHASE_SHAKING;
    end->ssl = make_ssl(end);
    end->act_at_ms = world->now.mono_ms + plan_gap_ms(plan, end->side, 0);
}

/* The end of it */

static void close_socket(struct end *end, bool reset_it)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    if (reset_it) {
        need(setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &linger,
                        sizeof linger) == 0,
             "have a socket reset");
    }
    SSL_free(end->ssl);
    need(close(end->fd) == 0, "close a socket");
    end->ssl = NULL;
    end->fd = -1;
    end->phase = PHASE_OVER;
}

static void close_books(struct end *end)
{
    const char *wrong = account_end(&end->account, end->session);

    if (wrong != NULL) {
        found(end, "the session's account is wrong", wrong);
    }
    books_add(&end->connection->world->books, &end->account,
              end_peer_is_vouch(end));
}

/* A session that lives as long as the run needs no more late than early. */
static void check_growth(struct end *end)
{
    enum { GROWTH_MAX = 4096, TIMES_MIN = 50 };

    if (end->early.times >= TIMES_MIN && end->late.times >= TIMES_MIN &&
        end->late.octets > end->early.octets + GROWTH_MAX) {
        found(end, "memory", "a session that lives long needs more and more");
    }
}

static void finish(struct end *end, bool reset_it)
{
    if (end->phase == PHASE_HOSTILE) {
        hostile_close(end);
    }
    if (end->session != NULL) {
        heap_charge(&end->heap);
        end_poll(end);
        close_books(end);
        vouch_stream_free(end->stream);
        heap_charge(NULL);
        check_growth(end);
        end->stream = NULL;
        end->session = NULL;
    }
    close_socket(end, reset_it);
}

void end_cut(struct end *end, bool reset_it)
{
    if (end->phase == PHASE_OVER) {
        return;
    }
    end_note(end, reset_it ? "the socket is reset" : "the socket is cut", 0, 0);
    end->connection->disturbed = true;
    end->connection->world->books.cuts += end->phase != PHASE_HOSTILE;
    finish(end, reset_it);
}

void end_say_done(struct end *end)
{
    if (end->phase == PHASE_RUNNING && end->connection->plan.seed % 2 == 0) {
        (void)SSL_shutdown(end->ssl);
        ERR_clear_error();
    }
}

/* A session ends by itself for a reason. */
static void check_end(struct end *end)
{
    const struct connection *c = end->connection;

    if (c->plan.kind == HONEST && !c->disturbed && !end->account.closed) {
        found(end, "the end", "the session ended by itself");
    }
}

void end_close(struct end *end)
{
    vouch_err err;

    if (end->phase != PHASE_RUNNING) {
        end_cut(end, false);
        return;
    }
    heap_charge(&end->heap);
    err = vouch_session_close(end->session, end->connection->world->now);
    heap_charge(NULL);
    end_note(end, "close", 0, (uint64_t)err);
    if (err != VOUCH_OK && err != VOUCH_E_CLOSED) {
        found(end, "close", vouch_err_name(err));
    }
    end->closing = true;
    end->due_ms = 0;
}

/* On */

static void start_session(struct end *end)
{
    struct connection *c = end->connection;
    vouch_err err = vouch_stream_new(
        end->ssl, c->world->configs.of[end->side][c->plan.config[end->side]], 0,
        c->world->now, &end->stream);

    if (err == VOUCH_E_ALPN && c->plan.kind == HOSTILE) {
        finish(end, false);
        return;
    }
    if (err != VOUCH_OK) {
        found(end, "a session can not start", vouch_err_name(err));
    }
    end_note(end, "session", 0, 0);
    end->session = vouch_stream_session(end->stream);
    end->phase = PHASE_RUNNING;
}

static void give_up_handshake(struct end *end)
{
    if (!end->connection->disturbed && end_peer_is_vouch(end)) {
        found(end, "the handshake failed", "nothing disturbed it");
    }
    end_note(end, "the handshake is given up", 0, 0);
    finish(end, false);
}

static void shake_hands(struct end *end)
{
    const struct connection *c = end->connection;
    int ret = SSL_do_handshake(end->ssl);
    int error = SSL_get_error(end->ssl, ret);

    ERR_clear_error();
    end->due_ms = c->plan.kind == HOSTILE ? c->begun_ms + HOSTILE_HANDSHAKE_MS
                                          : UINT64_MAX;
    if (ret == 1) {
        start_session(end);
    } else if ((error != SSL_ERROR_WANT_READ &&
                error != SSL_ERROR_WANT_WRITE) ||
               c->world->now.mono_ms >= end->due_ms) {
        give_up_handshake(end);
    } else {
        end_wait(end, error == SSL_ERROR_WANT_READ,
                 error == SSL_ERROR_WANT_WRITE);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_due(const struct end *end)
{
    uint64_t due = end->wants.deadline;

    if (end->wants.events || vouch_session_has_event(end->session)) {
        return 0;
    }
    for (size_t i = 0; i < end->num_later; i++) {
        due = earlier(due, end->later[i].due_ms);
    }
    return end->closing ? due : earlier(due, end->act_at_ms);
}

static void check_state(struct end *end)
{
    bool may_send = vouch_session_may_send(end->session, VOUCH_TRAFFIC_DATA,
                                           end->connection->world->now);

    if (vouch_session_has_event(end->session)) {
        return;
    }
    if (may_send != end->account.gate_open) {
        found(end, "GATE",
              may_send ? "it is open, but no event told"
                       : "it is shut, but no event told");
    }
    if ((ptrdiff_t)end->heap.held > SESSION_OCTETS_MAX) {
        found(end, "memory", "one session holds too much");
    }
}

static bool is_at_rest(const struct end *end)
{
    return end->connection->plan.life_ms == UINT64_MAX && end->to_send == 0 &&
           account_is_quiet(&end->account) &&
           vouch_session_outgoing(end->session).len == 0;
}

static void note_rest(struct end *end)
{
    const struct connection *c = end->connection;
    uint64_t whole = c->world->load_until_ms - c->begun_ms;
    uint64_t part = c->world->now.mono_ms - c->begun_ms;
    struct rest *rest = part < whole / 3       ? &end->early
                        : part > 2 * whole / 3 ? &end->late
                                               : NULL;

    if (rest == NULL || !is_at_rest(end)) {
        return;
    }
    if (rest->times == 0 || end->heap.held < rest->octets) {
        rest->octets = end->heap.held;
    }
    rest->times++;
}

static void run(struct end *end)
{
    bool busy = true;

    for (size_t i = 0; i < ROUNDS && (busy || end->wants.events); i++) {
        vouch_stream_pump(end->stream, end->connection->world->now,
                          &end->wants);
        end_poll(end);
        busy = end_do_later(end);
        busy = end_act(end) || busy;
        busy = end_send(end) || busy;
    }
    check_state(end);
    if (vouch_stream_finished(end->stream) &&
        !vouch_session_has_event(end->session)) {
        check_end(end);
        finish(end, false);
        return;
    }
    note_rest(end);
    end->due_ms = busy ? 0 : next_due(end);
    end_wait(end, end->wants.readable, end->wants.writable);
}

void end_step(struct end *end)
{
    if (end->connection->world->now.mono_ms < end->paused_until_ms) {
        end->due_ms = end->paused_until_ms;
        return;
    }
    heap_charge(&end->heap);
    if (end->phase == PHASE_SHAKING) {
        shake_hands(end);
    }
    if (end->phase == PHASE_RUNNING) {
        run(end);
    }
    if (end->phase == PHASE_HOSTILE) {
        hostile_step(end);
    }
    heap_charge(NULL);
}
