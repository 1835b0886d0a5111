/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SESSION_SESSION_INTERNAL_H
#define VOUCH_SESSION_SESSION_INTERNAL_H

/*
 * One session, as the files of this directory share it.
 *
 *   config.c         what a session is made with
 *   session.c        its life: start, tick, close, end
 *   receive.c        octets to capsules to the functions below
 *   exchange.c       the transition tables and the list of live exchanges
 *   relying_party.c  asking, and what comes back
 *   verdict.c        how that ends: accepted, refused, expired
 *   attester.c       what the tables of the answering side do
 *   gate.c           may data flow
 *   output.c         messages to octets
 *   events.c         what the application polls
 *   answer.c         shipped attesters and appraisers at work
 */

#include <vouch/limits.h>
#include <vouch/session.h>

#include "lib/authenticator/endpoint.h"
#include "lib/session/bucket.h"
#include "lib/session/config.h"
#include "proto/capsule.h"
#include "proto/message.h"

/* Exchanges */

enum rp_state { /* design: Relying Party */
                RP_NEW,
                RP_WAITING,
                RP_APPRAISING,
                RP_ACCEPTED,
                RP_REFUSED,
                RP_STATES
};

enum rp_input {
    RP_IN_ASK,           /* send the request */
    RP_IN_AUTHENTICATOR, /* a valid one, with evidence */
    RP_IN_INVALID,       /* one that proves nothing */
    RP_IN_DECLINED,      /* the empty one */
    RP_IN_YES,           /* the appraiser's verdict */
    RP_IN_NO,
    RP_IN_UNSURE,
    RP_IN_DEADLINE, /* of the answer, the appraisal, or the acceptance */
    RP_IN_REVOKED,  /* a later exchange was rejected */
    RP_IN_END,      /* the session ends */
    RP_INPUTS
};

enum at_state { /* Attester */
                AT_ASKED,
                AT_PRODUCING,
                AT_ANSWERED,
                AT_CONFIRMED,
                AT_DENIED,
                AT_STATES
};

enum at_input {
    AT_IN_PRODUCE, /* have the application make evidence */
    AT_IN_EVIDENCE,
    AT_IN_DECLINE,
    AT_IN_ACCEPTED, /* OUTCOME */
    AT_IN_REJECTED,
    AT_IN_INDETERMINATE,
    AT_IN_DEADLINE, /* of the evidence, the OUTCOME, or the hold */
    AT_IN_REVOKED,  /* a later exchange was rejected */
    AT_IN_END,
    AT_INPUTS
};

/* What an exchange needs until it is settled. */
struct exchange_work {
    vouch_buffer request;       /* authenticator request, as sent or received */
    vouch_buffer authenticator; /* as received; identity borrows from it */
    vouch_identity identity;
    format_set formats; /* RP: asked for; Attester: asked for and produced */
    vouch_bytes format; /* Attester: the one to make */
};

struct exchange {
    struct exchange *next;
    struct exchange_work *work; /* NULL once accepted or confirmed */
    uint64_t id;
    uint64_t asked;    /* RP: when REQUEST was sent */
    uint64_t answered; /* when AUTHENTICATOR came, or was sent */
    uint64_t deadline; /* of the present state */
    unsigned state;    /* enum rp_state or at_state, by the id's role bit */
    bool automatic;    /* RP: the session asked by itself */
};

/* What an input brings with it; each input uses its own members. */
struct step_arg {
    vouch_bytes octets; /* CMW, authenticator */
    const vouch_identity *identity;
    const vouch_result *result;
    const vouch_reason *reason;
    const struct vouch_authenticator_message *declined;
    const struct vouch_outcome_message *outcome;
    vouch_peer_reason peer_reason;
    vouch_err err;      /* local cause of a declined request */
    format_set formats; /* to ask for */
    uint64_t until;     /* end of the acceptance */
    uint64_t retry_ms;  /* when a busy side may be asked again */
};

/* Events and output */

struct event_node {
    struct event_node *next;
    vouch_event event;
    vouch_reason *reason; /* owned; u.refused.reason */
    size_t len;
    uint8_t octets[]; /* u.data.bytes */
};

struct event_queue {
    struct event_node *first, *last, *taken;
    size_t num;
    size_t octets; /* of DATA */
};

struct out_queue {
    uint8_t *data;
    size_t start, len, room; /* octets [start, start + len) wait */
};

/* A capsule that has come in part. */
struct assembly {
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t header_len;
    struct vouch_capsule_header capsule;
    bool in_value;
    uint8_t *value;
    size_t len, room;
};

enum { CLOSE_OCTETS = 8 };

struct vouch_session {
    vouch_config *config;
    vouch_endpoint *endpoint;
    uint64_t tag;  /* vouch_exchange.session */
    vouch_now now; /* the latest; mono_ms never falls */

    struct exchange *exchanges;
    uint64_t highest_asked;    /* counters: own requests */
    uint64_t highest_seen;     /* ... and the peer's */
    uint64_t highest_rejected; /* own request whose answer was rejected */
    uint64_t ask_at;           /* next automatic request */
    unsigned failures;         /* of automatic requests, since an acceptance */
    bool peer_rejected;        /* some answer of the peer was rejected */
    vouch_digest pinned_aik;   /* of the first acceptance; len 0: none yet */

    bool has_peer; /* CAPABILITIES came */
    uint64_t peer_flags;
    uint64_t peer_max_capsule;
    uint64_t peer_max_evidence;
    uint64_t peer_max_in_flight;
    format_set peer_produces; /* of config->appraised */
    bool different_connection;

    struct bucket requests;
    struct bucket strays;
    struct assembly in;
    struct out_queue out;
    struct event_queue events;
    struct event_queue held; /* DATA that waits for the gate */
    bool gate_reported;

    uint8_t closing[CLOSE_OCTETS]; /* CLOSE, after all of `out` */
    size_t closing_len, closing_sent;
    uint64_t close_code;
    uint64_t goodbye_at; /* when the peer's answer to CLOSE 0 is overdue */
    bool peer_closed;
    vouch_err failure;
    bool failure_reported;
};

/* How soon an automatic request is repeated after one that failed, how slowly
 * at the most, and how often before a required attestation has failed. */
enum { RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 60000, RETRY_TIMES = 3 };

/* session.c */

bool session_is_up(const vouch_session *s); /* neither side has closed */
void session_clock(vouch_session *s, vouch_now now);
uint64_t time_after(uint64_t time, uint64_t ms); /* saturates */

/* Queues CLOSE `code`; nothing is sent after it. */
void session_send_close(vouch_session *s, uint64_t code);

/* Ends the session for `err`, with CLOSE and a FAILED event; returns `err`. */
vouch_err session_fail(vouch_session *s, vouch_err err);

/* Draws the consequences of what a call did: closes if policy says so, asks
 * again if it is time, reports the gate. Every call that changes anything ends
 * with it. A failure, its own or `err`, ends the session. */
vouch_err session_settle(vouch_session *s, vouch_err err) VOUCH_MUST_CHECK;

/* Ends every exchange, tells of each, and drops what waits for the gate. */
vouch_err session_end_exchanges(vouch_session *s) VOUCH_MUST_CHECK;

/* Sends CLOSE `code` for a reason of policy, and ends every exchange. */
vouch_err session_shut(vouch_session *s, uint64_t code) VOUCH_MUST_CHECK;

/* exchange.c */

bool exchange_is_mine(const vouch_session *s, uint64_t id);
struct exchange *exchange_add(vouch_session *s, uint64_t id);
struct exchange *exchange_find(const vouch_session *s, uint64_t id);
void exchange_forget_work(struct exchange *x);
/* Removes, without an event, the older exchanges of the same side that are as
 * settled as `recent`, began and were answered earlier and end no later: they
 * add nothing to it. */
void exchange_forget_superseded(vouch_session *s,
                                const struct exchange *recent);
uint64_t exchange_counter(const struct exchange *x);
vouch_exchange exchange_handle(const vouch_session *s,
                               const struct exchange *x);
/* Finds by handle; NULL when it is another session's, over, or not in
 * `state` as the side that `mine` says. */
struct exchange *exchange_by_handle(const vouch_session *s,
                                    vouch_exchange handle, bool mine,
                                    unsigned state);
size_t exchange_in_flight(const vouch_session *s, bool mine);

/* Runs one step of the tables; no entry is VOUCH_E_UNEXPECTED. An exchange that
 * comes to RP_REFUSED or AT_DENIED is gone afterwards. */
vouch_err rp_step(vouch_session *s, struct exchange *x, enum rp_input input,
                  const struct step_arg *arg) VOUCH_MUST_CHECK;
vouch_err at_step(vouch_session *s, struct exchange *x, enum at_input input,
                  const struct step_arg *arg) VOUCH_MUST_CHECK;

/* Gives REVOKED to every accepted or confirmed exchange of that side with a
 * counter below `counter`. */
vouch_err exchange_revoke_below(vouch_session *s, bool mine,
                                uint64_t counter) VOUCH_MUST_CHECK;
void exchange_free_all(vouch_session *s); /* without steps or events */
vouch_err exchange_end_all(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err exchange_deadlines(vouch_session *s) VOUCH_MUST_CHECK;

/* relying_party.c: actions, and what leads to them */

typedef vouch_err step_action(vouch_session *s, struct exchange *x,
                              const struct step_arg *arg);
step_action rp_ask, rp_start_appraisal, rp_reject, rp_declined, rp_accept,
    rp_give_up, rp_time_out, rp_expire, rp_abandon;
/* verdict.c holds those that end an exchange. */

/* What the peer's reason is to the application; one that is not known reads as
 * internal (proto/README.md, 3). */
vouch_peer_reason peer_reason_of(uint64_t reason);

vouch_err rp_request(vouch_session *s, bool automatic,
                     struct exchange **out) VOUCH_MUST_CHECK;
vouch_err rp_ask_when_due(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err rp_receive(vouch_session *s,
                     const struct vouch_authenticator_message *message)
    VOUCH_MUST_CHECK;

/* attester.c */

step_action at_need_evidence, at_answer, at_decline, at_confirm, at_denied,
    at_time_out, at_lapse, at_abandon;

vouch_err at_receive_request(vouch_session *s,
                             const struct vouch_request_message *message)
    VOUCH_MUST_CHECK;
vouch_err at_receive_outcome(vouch_session *s,
                             const struct vouch_outcome_message *message)
    VOUCH_MUST_CHECK;

/* gate.c */

bool gate_accepted(const vouch_session *s, uint64_t mono_ms);
bool gate_confirmed(const vouch_session *s, uint64_t mono_ms);
bool gate_may_accept(const vouch_session *s, uint64_t mono_ms);
bool gate_may_send(const vouch_session *s, uint64_t mono_ms);
/* Tells of a change since the last call, and lets held data in. */
vouch_err gate_report(vouch_session *s) VOUCH_MUST_CHECK;

/* output.c */

vouch_err output_capabilities(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err output_request(
    vouch_session *s, const struct vouch_request_message *m) VOUCH_MUST_CHECK;
vouch_err output_authenticator(vouch_session *s,
                               const struct vouch_authenticator_message *m)
    VOUCH_MUST_CHECK;
vouch_err output_outcome(
    vouch_session *s, const struct vouch_outcome_message *m) VOUCH_MUST_CHECK;
vouch_err output_data(vouch_session *s, vouch_bytes data,
                      size_t *taken) VOUCH_MUST_CHECK;
void output_close(vouch_session *s, uint64_t code);

/* events.c */

vouch_err event_add(vouch_session *s,
                    const vouch_event *event) VOUCH_MUST_CHECK;
vouch_err event_add_reason(vouch_session *s, const vouch_event *event,
                           const vouch_reason *reason) VOUCH_MUST_CHECK;
vouch_err event_add_data(struct event_queue *queue, vouch_bytes data,
                         bool early) VOUCH_MUST_CHECK;
void event_queue_clear(struct event_queue *queue);
/* Moves all of `from` to the end of `to`. */
void event_queue_move(struct event_queue *to, struct event_queue *from);

#endif
