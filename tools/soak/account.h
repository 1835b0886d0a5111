/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_ACCOUNT_H
#define VOUCH_TOOLS_SOAK_ACCOUNT_H

/*
 * What one session has told so far, and whether it could be so. Every event is
 * entered here; one that has no cause, comes twice or comes too late is an
 * error, and so is a session that ends without telling how something ended.
 */

#include <vouch/vouch.h>

enum { ACCOUNT_EXCHANGES = 128 };

enum asked_state {
    ASKED_NOT_SEEN = 0,
    ASKED_WAITING,
    ASKED_APPRAISING,
    ASKED_ACCEPTED,
    ASKED_COMMANDED,
    ASKED_OVER,
};

/* A request of this side. */
struct asked {
    uint64_t counter;
    uint64_t operation; /* its number + 1; 0: about none */
    enum asked_state state;
    bool audited;
    uint8_t executed; /* how often the peer has executed its command */
};

enum answering_state {
    ANSWERING_NOT_SEEN = 0,
    ANSWERING_PRODUCING,
    ANSWERING_DECLINED, /* by the application; DENIED follows */
    ANSWERING_ANSWERED,
    ANSWERING_CONFIRMED,
    ANSWERING_OFFERED,
    ANSWERING_RUNNING,
    ANSWERING_OVER,
};

/* A request of the peer. */
struct answering {
    uint64_t counter;
    uint64_t epoch;
    enum answering_state state;
};

struct account {
    bool is_server;
    bool may_have_holes; /* its DATA */
    struct asked asked[ACCOUNT_EXCHANGES];
    struct answering answering[ACCOUNT_EXCHANGES];
    vouch_stats stats; /* the session's own, at its end */
    bool ended;        /* the session, all its events included */

    bool has_peer, gate_open, closed, failed;
    uint64_t closed_code, failed_code;
    vouch_err failure;
    uint64_t epoch; /* of the peer's posture */

    /* Requests by how they ended, by events. */
    uint64_t accepted, rejected, indeterminate, declined, audited;
    uint64_t seen; /* requests of the peer */
    uint64_t confirmed;
    uint64_t commanded, replied, unknown; /* commands of this side */
    uint64_t offered, taken;              /* commands of the peer */
    uint64_t sent, received, dropped;     /* octets of DATA */
};

void account_open(struct account *account, bool is_server, bool may_have_holes);

/* account_enter enters an event. Both return what is wrong, or NULL. */
const char *account_enter(struct account *account, const vouch_event *event);

/* account_end enters the end of a session whose events were all polled. */
const char *account_end(struct account *account, const vouch_session *session);

/* account_pending is how many requests had no end when it was closed. */
uint64_t account_pending(const struct account *account);

/* account_is_quiet tells whether nothing is under way, as far as events say. */
bool account_is_quiet(const struct account *account);

/* The entries of exchanges of this side and of the peer; NULL: too old. */
struct asked *account_asked(struct account *account, uint64_t id);
struct answering *account_answering(struct account *account, uint64_t id);

#endif
