/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_MODEL_H
#define VOUCH_TESTS_HOSTILE_MODEL_H

/*
 * What must be true of a session, by proto/README.md alone. The model sees the
 * octets that come and go, the calls and what they return, the events and the
 * time; it shares nothing with the library and knows nothing of its states.
 * Each function is called right after what it is named for has happened; the
 * first thing that is not as it must be is kept in `found`.
 *
 *   model.c          life, time, gates, books, memory
 *   model_in.c       the peer's capsules
 *   model_calls.c    the application's calls
 *   model_out.c      the capsules and events of the side under test
 */

#include "tests/hostile/attest.h"
#include "tests/hostile/steps.h"

enum property {
    PROPERTY_NONE,
    PROPERTY_CRASH,    /* no octets and no call end the process */
    PROPERTY_GATE,     /* DATA flows when it may, and only then */
    PROPERTY_COMMANDS, /* whose commands are executed, and how each ends */
    PROPERTY_ENDED,    /* what must have ended has, and is told of once */
    PROPERTY_BOOKS,    /* the counters are those of what was seen */
    PROPERTY_DATA,     /* what is delivered is in order and has no hole */
    PROPERTY_OUTPUT,   /* what is sent is right, and sent once */
    PROPERTY_MEMORY,   /* what is kept has a bound */
    PROPERTY_ERRORS,   /* calls return what the header says */
    PROPERTY_BINDER,   /* binder, AIK hash and authenticators are right */
    PROPERTY_FORK,     /* a child can do nothing with the session */
    PROPERTIES,
};

const char *property_name(enum property property);

/* An exchange that the side under test asked for. */
enum own_state {
    OWN_WAITING,
    OWN_APPRAISING,
    OWN_ACCEPTED,
    OWN_COMMANDED,
    OWN_OVER
};

struct own {
    uint64_t id;
    enum own_state state;
    bool automatic, has_nonce;
    uint64_t asked, answered, deadline, within;
    uint8_t digest[32]; /* of its operation */
    struct ink request;
    unsigned accepts; /* formats that it asked for */
    enum identity_name answered_by;
    bool key_bound;
};

/* An exchange that the peer asked for. */
enum their_state {
    THEIR_PRODUCING,
    THEIR_ANSWERED,
    THEIR_CONFIRMED,
    THEIR_OFFERED,
    THEIR_RUNNING,
    THEIR_OVER
};

struct theirs {
    uint64_t id;
    enum their_state state;
    uint64_t deadline, answered, epoch;
    uint8_t digest[32];
    struct ink request;
    unsigned formats;
    bool moved;
    unsigned ended_as; /* statuses that a COMMAND for it may get, as bits */
    uint64_t ended_at; /* how many operations had ended before */
};

/* Something that must be seen: an event or a capsule. */
struct expected {
    uint64_t type, id;
    uint64_t details; /* bit d: detail d is right; ANY_DETAIL: whatever */
    bool optional;
};

#define ANY_DETAIL UINT64_MAX

struct expectations {
    struct expected *item;
    size_t num, room;
};

struct run {
    uint64_t start, len;
    enum { RUN_DUE, RUN_LOST, RUN_EXCUSED } kind;
    bool early;
};

struct runs {
    struct run *item;
    size_t first, num, room;
};

struct bucket_model {
    uint64_t last, level;
};

/* An authenticator that the peer has made, and for which request. */
struct answer_made {
    struct ink octets;
    uint64_t id;
    enum answer_flaw flaw;
    enum identity_name by;
    unsigned format; /* of its Evidence */
};

struct model {
    const struct setup *setup;
    const struct connection *connection;
    bool old_rules;  /* of the text before rules that came later */
    unsigned wanted; /* bit p: property p counts */

    enum property found;
    char why[256];

    vouch_now now, given;  /* the latest, and what the last call was given */
    bool was_up, had_peer; /* when that call was made */
    uint64_t dropped;      /* octets of DATA, as the session counts after it */

    /* life */
    bool has_peer, different, peer_closed, leaving, closed, failed, dead;
    uint64_t close_codes; /* bits: which one the CLOSE has */
    uint64_t goodbye_at;
    bool requires_peer, list_withheld;
    bool failed_event, closed_seen;

    /* the peer */
    struct message peer;
    struct ink peer_octets; /* that it borrows from */
    unsigned peer_produces, peer_appraises;
    bool may_say_more;
    uint64_t peer_epoch;

    struct own *own;
    size_t num_own, own_room;
    struct theirs *theirs;
    size_t num_theirs, theirs_room;
    uint64_t highest_seen, highest_rejected, operations_ended;

    bool peer_rejected;        /* ever */
    bool rejected_since_bound; /* since something bound was accepted */
    bool peer_moved, ever_accepted, ever_accepted_plain, ever_confirmed_plain;
    unsigned failures;
    enum identity_name aik;
    bool has_ueid, has_version;
    uint8_t ueid;
    uint64_t version;

    /* posture of this side */
    uint64_t epoch;
    uint8_t component[40];
    size_t components;

    /* DATA that comes */
    uint64_t data_in, held_start, held_len;
    struct runs runs;
    bool hole;
    bool lost; /* octets, and the session is to end for it */
    bool taking, ever_taking, has_shut;
    uint64_t last_taking, shut_first, shut_last;
    /* ... and that goes */
    uint64_t data_out, data_promised;
    bool gate, gate_told;

    struct bucket_model requests, strays;
    struct ink partial; /* of a capsule that comes */
    struct ink output;  /* of one that goes */
    struct expectations events, outputs;
    struct answer_made *made;
    size_t num_made, made_room;

    /* books */
    vouch_stats books;
    uint64_t released;
    size_t waiting; /* events that have not been polled, at least */
    size_t unsent;  /* octets that wait to be sent, about */
    bool close_out; /* CLOSE was seen */

    /* A REQUEST that is due for the call just made. */
    bool call_asks, call_nonce, call_operation;
    uint64_t call_id, call_within;
    uint8_t call_digest[32];

    size_t idle_memory;
};

void model_init(struct model *m, const struct setup *setup,
                const struct connection *connection, vouch_now now,
                bool old_rules, unsigned wanted);
void model_free(struct model *m);

__attribute__((format(printf, 3, 4))) void model_found(struct model *m,
                                                       enum property property,
                                                       const char *format, ...);

#define MODEL_CHECK(m, property, condition, ...)       \
    do {                                               \
        if (!(condition)) {                            \
            model_found((m), (property), __VA_ARGS__); \
        }                                              \
    } while (0)

/* Every call begins with it. */
void model_enter(struct model *m, vouch_now now);
/* An allocation or a random number failed in the call just made. True: the call
 * has changed nothing, or has ended the session, and there is no more to say.
 */
bool model_fault(struct model *m, vouch_err err, bool ended);

/* model.c: what is true now */
bool model_ended(const struct model *m);
bool model_is_up(const struct model *m);
bool model_accepts(const struct model *m, bool only_bound);
bool model_is_confirmed(const struct model *m);
bool model_may_accept(const struct model *m);
bool model_may_send(const struct model *m);
bool model_may_accept_command(const struct model *m);
bool model_may_send_command(const struct model *m);
struct own *model_own(struct model *m, uint64_t id);
struct theirs *model_theirs(struct model *m, uint64_t id);
size_t model_own_in_flight(const struct model *m);
size_t model_own_operations(const struct model *m);
size_t model_waiting(const struct model *m);

/* model.c: what happens */
void model_deadlines(struct model *m);
void model_settle(struct model *m);
void model_fail(struct model *m, uint64_t codes);
void model_shut(struct model *m, unsigned code);
void model_end_all(struct model *m);
void model_lose_held(struct model *m);
void model_refused(struct model *m, struct own *x, vouch_verdict verdict);
void model_outcome(struct model *m, const struct own *x, uint64_t verdict,
                   uint64_t reason);
void model_reject(struct model *m, struct own *x);
void model_give_up(struct model *m, struct own *x, uint64_t reason);
void model_failed_request(struct model *m, const struct own *x);
void model_expire(struct model *m, struct own *x, vouch_cause cause);
bool model_awaits(const struct model *m);
void model_deny(struct model *m, struct theirs *x, uint64_t reasons,
                unsigned ended_as);
void model_refuse_command(struct model *m, struct theirs *x, unsigned statuses);
void model_decline(struct model *m, struct theirs *x, unsigned reason);
void model_revoke_theirs(struct model *m, uint64_t counter);
void model_settled(struct model *m, bool own, uint64_t id);
bool model_bucket(struct bucket_model *bucket, uint64_t now);
void model_stray(struct model *m);

void model_expect_event(struct model *m, vouch_event_type type, uint64_t id,
                        uint64_t details, bool optional);
void model_expect_output(struct model *m, uint64_t type, uint64_t id,
                         uint64_t details);

/* model_in.c */
void model_received(struct model *m, struct span octets, size_t taken,
                    vouch_err err);
void model_end_of_stream(struct model *m, bool truncated, vouch_err err);
uint8_t model_data_octet(uint64_t position);

/* model_calls.c */
void model_ticked(struct model *m, vouch_err err);
void model_closed(struct model *m, vouch_err err);
void model_asked(struct model *m, vouch_err err, vouch_exchange exchange,
                 bool nonce, const uint8_t *operation, size_t len,
                 uint64_t within);
void model_cancelled(struct model *m, vouch_exchange exchange, bool foreign,
                     vouch_err err);
void model_commanded(struct model *m, vouch_exchange exchange, bool foreign,
                     struct span operation, vouch_err err);
void model_took(struct model *m, vouch_exchange exchange, bool foreign,
                vouch_err err);
void model_replied(struct model *m, vouch_exchange exchange, bool foreign,
                   vouch_status status, size_t len, vouch_err err);
void model_posture_set(struct model *m, unsigned component, uint8_t value,
                       vouch_err err);
void model_provided(struct model *m, vouch_exchange exchange, bool foreign,
                    unsigned format, size_t len, vouch_err err);
void model_declined(struct model *m, vouch_exchange exchange, bool foreign,
                    unsigned reason, vouch_err err);
void model_concluded(struct model *m, vouch_exchange exchange, bool foreign,
                     const vouch_result *result, bool shows, vouch_err err);
void model_sent_data(struct model *m, size_t len, size_t taken, vouch_err err);

/* model_out.c */
/* Octets that were put behind what waits to be sent. */
void model_output(struct model *m, struct span octets);
/* ... and that is all for this call. */
void model_output_done(struct model *m);
void model_event(struct model *m, const vouch_event *event);
void model_no_more_events(struct model *m);

/* Between calls. */
void model_compare(struct model *m, const vouch_session *session);
void model_at_rest(struct model *m, size_t memory);

/* Formats, by number; the last is one that the library never has. */
enum { FORMATS_OURS = 2, FORMATS_ALL = 3 };
const char *model_format(unsigned format);
unsigned model_formats_of(const struct formats *formats, unsigned among);

#endif
