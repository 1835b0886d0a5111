/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_TRIAL_H
#define VOUCH_TESTS_HOSTILE_TRIAL_H

/*
 * One session of the library against a peer that speaks the wire and not the
 * rules. A list of octets says all that peer, application, clocks and machine
 * do (steps.h); a model says after each step what must be true (model.h).
 *
 *   steps.c         octets to steps, and seeds to octets
 *   trial.c         one session from its octets
 *   peer.c          what the far end sends
 *   application.c   what the near end's application does
 *   operations.c    that each of its operations ends once, come what may
 *   wire.c          messages to octets and back
 *   attest.c        requests, authenticators and binders of RFC 9261
 *   tls.c           a connection of BoringSSL, where there is to be one
 *   faults.c        memory and random numbers, counted and taken away
 *   model*.c        what must be true
 *   main.c          the test program
 */

#include "tests/hostile/model.h"
#include "tests/hostile/tls.h"

enum { UNITS_MAX = 256 };

struct trial_options {
    bool old_rules, trace, may_fork;
    bool tls; /* over TLS; else the exporter is a function of its arguments */
    unsigned wanted;  /* properties that count, as bits */
    vouch_role *role; /* instead of the one that the octets say, or NULL */
};

/* An operation whose handle the application has. */
struct asked_operation {
    uint64_t id;
    unsigned ends; /* events that told its end */
};

struct trial {
    const struct trial_options *options;
    struct setup setup;
    struct model model;
    struct connection connection;
    struct tls tls;
    vouch_channel *channel;
    vouch_config *config;
    vouch_session *session;
    vouch_now now;
    uint64_t tag; /* of the session's handles; 0: not known yet */

    /* the peer */
    struct ink wire;        /* on its way */
    size_t unit[UNITS_MAX]; /* lengths of the capsules in it */
    size_t num_units;
    unsigned spoil;   /* how the next message is spoiled, and 1 */
    size_t cut;       /* of the next delivery only so much; 0: all */
    uint64_t counter; /* of its last request */
    uint64_t epoch;
    uint64_t last_number;
    uint64_t data;           /* octets of DATA that were sent */
    struct ink capabilities; /* the first, as sent */

    /* the application */
    size_t seen;       /* octets that wait to be sent and were looked at */
    uint64_t data_out; /* octets of DATA that were given to send */
    bool polled;       /* all events there were, and one more */
    struct asked_operation operations[STEPS_MAX];
    size_t num_operations;

    size_t base_memory;
    size_t steps;
};

struct finding {
    enum property property;
    char why[256];
    size_t step; /* after which it was found */
    size_t steps;
};

/* Runs the session that `octets` say. */
struct finding trial_run(const struct trial_options *options,
                         const uint8_t *octets, size_t len);

/* trial.c, for peer.c and application.c */

/* Every call of the library is between these two: `trial_before` when the call
 * has returned; false: it failed for want of something, and has no effect. */
bool trial_before(struct trial *t, vouch_err err);
void trial_after(struct trial *t);
__attribute__((format(printf, 2, 3))) void trial_trace(const struct trial *t,
                                                       const char *format, ...);

void trial_tick(struct trial *t);
void trial_deliver(struct trial *t, size_t len);
void trial_deliver_all(struct trial *t);
void trial_drain(struct trial *t, size_t len);

/* A number that is near to where something happens. */
uint64_t trial_number(struct trial *t, uint8_t choice, uint8_t arg);
/* The id of an exchange of the peer's, or of this side's. */
uint64_t trial_their_id(struct trial *t, uint8_t choice, uint8_t arg);
uint64_t trial_own_id(struct trial *t, uint8_t choice, uint8_t arg);
/* The octets of an operation; there are four. */
struct span trial_operation(unsigned which);
/* The operation of which this is the digest, or the first. */
struct span trial_operation_of(const uint8_t digest[32]);

/* peer.c */
void peer_step(struct trial *t, const struct step *step);
void peer_request(struct trial *t, bool operation, bool nonce, uint8_t which);
void peer_answer(struct trial *t, uint64_t id);
void peer_outcome(struct trial *t, uint64_t id, uint64_t hold);
void peer_command(struct trial *t, uint64_t id, struct span operation);

/* application.c */
void application_step(struct trial *t, const struct step *step);
void application_poll(struct trial *t, size_t max);
void application_provide(struct trial *t, uint64_t id);
void application_conclude(struct trial *t, uint64_t id);
void application_ask(struct trial *t);
void application_take(struct trial *t, uint64_t id);

/* operations.c: this holds also where memory is short, of which the model knows
 * only that the session fails. */
void operations_asked(struct trial *t, uint64_t id);
void operations_event(struct trial *t, const vouch_event *event);
/* The connection is cut, after all that the model looks at. */
void operations_over(struct trial *t);

#endif
