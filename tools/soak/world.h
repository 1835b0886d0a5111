/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_WORLD_H
#define VOUCH_TOOLS_SOAK_WORLD_H

/* What all connections of a run share, and a connection with its two ends. */

#include <netinet/in.h>

#include <openssl/ssl.h>

#include "tools/bench/measure.h"
#include "tools/soak/account.h"
#include "tools/soak/books.h"
#include "tools/soak/configs.h"
#include "tools/soak/plan.h"
#include "tools/soak/trail.h"

/* Something that an application has yet to do. */
struct later {
    enum later_what {
        LATER_PROVIDE,
        LATER_CONCLUDE,
        LATER_COMMAND,
        LATER_TAKE,
        LATER_REPLY,
    } what;
    vouch_exchange exchange;
    uint64_t due_ms;
};

enum { LATER_MAX = 64 };

enum phase {
    PHASE_OVER = 0, /* it has no socket */
    PHASE_SHAKING,
    PHASE_RUNNING,
    PHASE_HOSTILE,
};

struct hostile;

/* What the library has of memory for a session when nothing is under way. */
struct rest {
    size_t octets; /* the least that was seen */
    size_t times;
};

struct end {
    struct connection *connection;
    enum side side;
    enum phase phase;
    int fd;
    SSL *ssl;
    vouch_stream *stream;
    vouch_session *session;
    vouch_stream_wants wants;
    struct hostile *hostile; /* in PHASE_HOSTILE */

    bool ready;      /* the socket is what it waited for */
    uint64_t due_ms; /* when it goes on in any case */
    uint64_t paused_until_ms, act_at_ms;
    uint64_t acts, operations;
    uint64_t to_send; /* octets of DATA */
    uint64_t posture;
    vouch_exchange last; /* that the application asked for */
    bool closing;

    struct later later[LATER_MAX];
    size_t num_later;

    struct account account;
    struct trail trail;
    struct heap_account heap;
    struct rest early, late; /* in the first and last third of the run */
};

struct connection {
    struct world *world;
    size_t place;
    uint64_t generation;
    struct plan plan;
    uint64_t begun_ms, end_at_ms;
    uint64_t begin_at_ms; /* the next one */
    bool alive;
    bool ending;    /* its end has been brought about */
    bool disturbed; /* something happened that may end it with an error */
    struct end end[SIDES];
};

struct world {
    uint64_t seed;
    size_t places;
    struct hosts hosts;
    struct configs configs;
    SSL_CTX *no_alpn[SIDES];
    int epoll, listener;
    struct sockaddr_in address;
    vouch_now now;
    uint64_t begun_ms, load_until_ms;
    bool winding_down;
    bool json;
    struct books books;
    struct connection *connections;
};

void world_open(struct world *world);
void world_close(struct world *world);
void world_look_at_clock(struct world *world);
const struct host *world_host(struct world *world, enum side side);

/* found ends the program: something is not as it must be. `end` tells where. */
void found(struct end *end, const char *what, const char *detail)
    __attribute__((noreturn));

#endif
