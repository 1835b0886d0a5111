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
 *   continuity.c     the same peer as before, and no step back
 *   capabilities.c   what the peer can do, and whether that will do
 *   attester.c       what the tables of the answering side do
 *   command.c        operations: asking, sending, taking, replying
 *   posture.c        what changed, on either side
 *   gate.c           may data and commands flow
 *   data.c           DATA that comes: taken, held, lost
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

/* 0 is no state and no input: nothing that was never set has a step. */

enum rp_state { /* design: Relying Party */
                RP_NONE = 0,
                RP_NEW,
                RP_WAITING,
                RP_APPRAISING,
                RP_ACCEPTED,
                RP_COMMANDED, /* the command that it was accepted for is out */
                RP_REFUSED,   /* over, in whatever way */
                RP_STATES
};

enum rp_input {
    RP_IN_NONE = 0,
    RP_IN_ASK,           /* send the request */
    RP_IN_AUTHENTICATOR, /* a valid one, with evidence */
    RP_IN_INVALID,       /* one that proves nothing */
    RP_IN_DECLINED,      /* the empty one */
    RP_IN_YES,           /* the appraiser's verdict */
    RP_IN_NO,
    RP_IN_UNSURE,
    RP_IN_COMMAND, /* send the command */
    RP_IN_REPLY,
    RP_IN_POSTURE,  /* the peer's posture changed */
    RP_IN_DEADLINE, /* of the answer, the appraisal, the acceptance, the reply
                     */
    RP_IN_REVOKED,  /* a later exchange was rejected */
    RP_IN_CANCEL,   /* the application gave up */
    RP_IN_END,      /* the session ends */
    RP_INPUTS
};

enum at_state { /* Attester */
                AT_NONE = 0,
                AT_ASKED,
                AT_PRODUCING,
                AT_ANSWERED,
                AT_CONFIRMED,
                AT_OFFERED, /* the command came, and was not taken yet */
                AT_RUNNING, /* it was taken */
                AT_DENIED,  /* over, in whatever way */
                AT_STATES
};

enum at_input {
    AT_IN_NONE = 0,
    AT_IN_PRODUCE, /* have the application make evidence */
    AT_IN_EVIDENCE,
    AT_IN_DECLINE,
    AT_IN_ACCEPTED, /* OUTCOME */
    AT_IN_REJECTED,
    AT_IN_INDETERMINATE,
    AT_IN_STALE,   /* OUTCOME: accepted, for a posture that is no more */
    AT_IN_COMMAND, /* COMMAND, as it should be */
    AT_IN_TAKE,    /* the application executes it */
    AT_IN_REFUSE,  /* it must not */
    AT_IN_REPLY,
    AT_IN_POSTURE,  /* this side's posture changed */
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
    vouch_bytes format; /* the one to make, or that came */
    vouch_audit audit;  /* RP: what is known so far */
};

/* What an exchange about an operation has besides. */
struct operation {
    uint8_t digest[32];     /* SHA-256 */
    struct event_node *end; /* RP: reserved for how it ends; NULL: told */
};

struct exchange {
    struct exchange *next;
    struct exchange_work *work;  /* NULL once accepted or confirmed */
    struct operation *operation; /* NULL: it is not about one */
    uint64_t id;
    uint64_t within;   /* RP: when the operation must have begun */
    uint64_t asked;    /* RP: when REQUEST was sent */
    uint64_t answered; /* when AUTHENTICATOR came, or was sent */
    uint64_t deadline; /* of the present state */
    uint64_t epoch;    /* Attester: of the posture in the evidence */
    unsigned state;    /* enum rp_state or at_state, by the id's role bit */
    bool automatic;    /* RP: the session asked by itself */
    bool moved;        /* Attester: the posture changed while it runs */
    bool key_bound;    /* RP: accepted at that level */
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
    vouch_cause cause;  /* of the end of an acceptance */
    vouch_status status;
    const struct vouch_reply_message *reply;
};

/* Events and output */

struct event_node {
    struct event_node *next;
    vouch_event event;
    vouch_reason *reason; /* owned; u.refused.reason */
    vouch_audit *audit;   /* owned; u.audit.record */
    size_t len;
    uint8_t octets[]; /* u.data.bytes */
};

struct event_queue {
    struct event_node *first, *last;
    uint32_t num;
    uint32_t octets; /* that come with them */
};

struct out_queue {
    uint8_t *data;
    size_t start, len, room; /* octets [start, start + len) wait */
};

/* A capsule that has come in part. */
struct assembly {
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    struct vouch_capsule_header capsule;
    uint8_t *value;
    size_t len, room;
    uint8_t header_len;
    bool in_value;
};

enum { CLOSE_OCTETS = 8 };

/* Operations that are over, and why a command for one is refused: the last
 * VOUCH_LIMIT_OPERATIONS of `num`. */
struct ended_operations {
    struct {
        uint64_t id;
        vouch_status status;
    } item[VOUCH_LIMIT_OPERATIONS];
    size_t num;
};

/* DATA that waits for the gate: one run, so that its length is what it costs.
 */
struct held_data {
    uint8_t *octets;
    uint32_t len, room;
};

/* Who was accepted before on this connection. */
struct continuity {
    uint8_t aik_digest[32]; /* SHA-256 of its SubjectPublicKeyInfo */
    uint8_t ueid_digest[32];
    uint64_t security_version;
    bool has_aik; /* somebody was */
    bool has_ueid;
    bool has_security_version;
};

/* There may be many sessions, mostly idle: small members stand together. */
struct vouch_session {
    vouch_config *config;
    vouch_endpoint *endpoint;
    uint64_t tag;  /* vouch_exchange.session */
    vouch_now now; /* of the last call; mono_ms never falls */

    struct exchange *exchanges;
    uint64_t highest_asked;    /* counters: own requests */
    uint64_t highest_seen;     /* ... and the peer's */
    uint64_t highest_rejected; /* own request whose answer was rejected */
    uint64_t ask_at;           /* next automatic request */
    uint64_t refresh_at;       /* none for a change of posture before it */
    struct continuity last;

    struct vouch_posture posture;
    struct ended_operations *ended; /* NULL until there is one */
    uint64_t accepting_until; /* when DATA was last let in; 0: never was */
    struct held_data held;

    uint64_t peer_epoch;
    vouch_buffer withheld; /* the peer's CAPABILITIES without its list */
    uint32_t peer_flags;
    uint32_t peer_max_capsule; /* these three at most this side's own limits */
    uint32_t peer_max_evidence;
    uint32_t peer_max_in_flight;
    format_set peer_produces; /* of config->appraised */

    unsigned generation; /* a fork may not speak for the parent */
    unsigned failures;   /* of automatic requests, since an acceptance */
    vouch_err failure;

    bool peer_rejected; /* some answer of the peer was rejected */
    bool distrusted;    /* ... since the last acceptance as bound */
    bool peer_moved;    /* its posture changed since it was accepted as bound */
    bool peer_agreed;   /* it has said once that it accepts this side */
    bool agreed;        /* ... and this side, of the peer */
    bool data_lost;     /* DATA of the peer was dropped that must not be */
    bool has_peer;      /* CAPABILITIES came */
    bool different_connection;
    bool list_withheld; /* what can be produced is yet to be said */
    bool gate_reported;
    bool failure_reported;
    bool peer_closed;
    bool leaving; /* CLOSE 0 is due once no command runs */

    struct bucket requests;
    struct bucket strays;
    struct assembly in;
    struct out_queue out;
    struct event_queue events;
    struct event_node *taken; /* what poll gave last */

    uint64_t goodbye_at; /* CLOSE 0 waits no longer for commands, or answers */
    uint8_t closing[CLOSE_OCTETS]; /* CLOSE, after all of `out` */
    uint8_t closing_len, closing_sent;
    uint8_t close_code; /* of it */

    vouch_stats stats;
};

/* How soon an automatic request is repeated after one that failed, how slowly
 * at the most, and how often before a required attestation has failed. */
enum { RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 60000, RETRY_TIMES = 3 };

/* session.c */

bool vouch_session_is_up(const vouch_session *s); /* neither side has closed */

/* Begins every call: the time is now `now`. VOUCH_E_FORKED in a child of the
 * process that made the session, which changes nothing. */
vouch_err vouch_session_enter(vouch_session *s, vouch_now now) VOUCH_MUST_CHECK;
bool vouch_session_is_forked(const vouch_session *s);
/* `now`, with the time of the last call where the monotonic clock fell. */
vouch_now vouch_session_latest(const vouch_session *s, vouch_now now);
uint64_t vouch_time_after(uint64_t time, uint64_t ms); /* saturates */

/* Queues CLOSE `code`; nothing is sent after it. */
void vouch_session_send_close(vouch_session *s, enum vouch_close_code code);

/* Ends the session for `err`, with CLOSE and a FAILED event; returns `err`. */
vouch_err vouch_session_fail(vouch_session *s, vouch_err err);

/* Draws the consequences of what a call did: closes if policy says so, asks
 * again if it is time, reports the gate. Every call that changes anything ends
 * with it. A failure, its own or `err`, ends the session. */
vouch_err vouch_session_settle(vouch_session *s,
                               vouch_err err) VOUCH_MUST_CHECK;

/* Ends every exchange, tells of each, and drops what waits for the gate. */
vouch_err vouch_session_end_exchanges(vouch_session *s) VOUCH_MUST_CHECK;

/* Sends CLOSE `code` for a reason of policy, and ends every exchange. */
vouch_err vouch_session_shut(vouch_session *s,
                             enum vouch_close_code code) VOUCH_MUST_CHECK;

/* CLOSE 0 is due, or its answer: asks no more, and waits for commands. */
void vouch_session_leave(vouch_session *s);

/* A capsule for an exchange that is over: dropped, up to a rate. */
vouch_err vouch_session_stray(vouch_session *s) VOUCH_MUST_CHECK;

/* exchange.c */

bool vouch_exchange_is_operation(const struct exchange *x);
bool vouch_exchange_is_mine(const vouch_session *s, uint64_t id);
/* Whether there ever was an exchange of that side with the counter of `id`:
 * proto/README.md, 3, Ids. */
bool vouch_exchange_ever_was(const vouch_session *s, uint64_t id, bool mine);
struct exchange *vouch_exchange_add(vouch_session *s, uint64_t id);
vouch_err vouch_exchange_set_operation(
    struct exchange *x, const uint8_t digest[32]) VOUCH_MUST_CHECK;
/* Whether `x` has an operation of this side whose end is yet to be told. */
bool vouch_exchange_owes_an_end(const struct exchange *x);
struct exchange *vouch_exchange_find(const vouch_session *s, uint64_t id);
void vouch_exchange_forget_work(struct exchange *x);
/* Removes, without an event, settled exchanges of the same side that open no
 * gate that another does not open: those that `recent` supersedes, for they
 * began and were answered earlier and end no later, and those that are more
 * than VOUCH_LIMIT_SETTLED. */
void vouch_exchange_forget_superseded(vouch_session *s,
                                      const struct exchange *recent);
uint64_t vouch_exchange_counter(const struct exchange *x);
vouch_exchange vouch_exchange_handle(const vouch_session *s,
                                     const struct exchange *x);
/* Finds by handle; NULL when it is another session's, over, or not in
 * `state` as the side that `mine` says. */
struct exchange *vouch_exchange_by_handle(const vouch_session *s,
                                          vouch_exchange handle, bool mine,
                                          unsigned state);
size_t vouch_exchange_in_flight(const vouch_session *s, bool mine);

/* Runs one step of the tables; no entry is VOUCH_E_UNEXPECTED. An exchange that
 * comes to RP_REFUSED or AT_DENIED is gone afterwards. */
vouch_err vouch_rp_step(vouch_session *s, struct exchange *x,
                        enum rp_input input,
                        const struct step_arg *arg) VOUCH_MUST_CHECK;
vouch_err vouch_at_step(vouch_session *s, struct exchange *x,
                        enum at_input input,
                        const struct step_arg *arg) VOUCH_MUST_CHECK;

/* Gives REVOKED to every accepted or confirmed exchange of that side with a
 * counter below `counter`. */
vouch_err vouch_exchange_revoke_below(vouch_session *s, bool mine,
                                      uint64_t counter) VOUCH_MUST_CHECK;
/* Gives POSTURE to every exchange of that side that it concerns. */
vouch_err vouch_exchange_posture(vouch_session *s, bool mine) VOUCH_MUST_CHECK;
size_t vouch_exchange_operations(const vouch_session *s, bool mine);
void vouch_exchange_free_all(vouch_session *s); /* without steps or events */
vouch_err vouch_exchange_end_all(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err vouch_exchange_end_all_but_commands(vouch_session *s)
    VOUCH_MUST_CHECK;
vouch_err vouch_exchange_end_commands(vouch_session *s) VOUCH_MUST_CHECK;
/* Whether a command of the peer waits to be taken or runs. */
bool vouch_exchange_has_command(const vouch_session *s);
vouch_err vouch_exchange_deadlines(vouch_session *s) VOUCH_MUST_CHECK;

/* capabilities.c */

vouch_err vouch_capabilities_receive(
    vouch_session *s, const struct vouch_capabilities *peer) VOUCH_MUST_CHECK;

/* relying_party.c: actions, and what leads to them */

typedef vouch_err step_action(vouch_session *s, struct exchange *x,
                              const struct step_arg *arg);
step_action vouch_rp_ask, vouch_rp_start_appraisal, vouch_rp_reject,
    vouch_rp_declined, vouch_rp_accept, vouch_rp_give_up, vouch_rp_time_out,
    vouch_rp_expire, vouch_rp_abandon, vouch_rp_stale, vouch_rp_cancel;
/* verdict.c holds those that end an exchange. */

/* What the peer's reason is to the application; one that is not known reads as
 * internal (proto/README.md, 3). */
vouch_peer_reason vouch_peer_reason_of(uint64_t reason);

/* What a request is about; all zero: nothing but the peer itself. */
struct question {
    bool automatic;
    vouch_bytes nonce;
    const uint8_t *operation; /* its SHA-256 */
    uint64_t within;          /* when the operation must have begun */
};

vouch_err vouch_rp_request(vouch_session *s, const struct question *question,
                           struct exchange **out) VOUCH_MUST_CHECK;
/* The same for a call of the application. */
vouch_err vouch_rp_request_for(vouch_session *s,
                               const struct question *question,
                               vouch_exchange *out) VOUCH_MUST_CHECK;
vouch_err vouch_rp_ask_when_due(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err vouch_rp_receive(vouch_session *s,
                           const struct vouch_authenticator_message *message)
    VOUCH_MUST_CHECK;

/* continuity.c */

/* Whether a result fits what was accepted before; `*reason` says why not. */
bool vouch_continuity_holds(const vouch_session *s, vouch_bytes aik_spki,
                            const vouch_result *result, vouch_reason *reason);
/* The first AIK that was accepted is the only one of the connection. */
bool vouch_continuity_is_same_aik(const vouch_session *s, vouch_bytes aik_spki,
                                  vouch_reason *reason);
/* What the next evidence on this connection is held against. */
void vouch_continuity_remember(struct continuity *last, vouch_bytes aik_spki,
                               const vouch_result *result);

/* attester.c */

step_action vouch_at_need_evidence, vouch_at_answer, vouch_at_decline,
    vouch_at_confirm, vouch_at_denied, vouch_at_time_out, vouch_at_lapse,
    vouch_at_abandon, vouch_at_stale;

vouch_err vouch_at_receive_request(vouch_session *s,
                                   const struct vouch_request_message *message)
    VOUCH_MUST_CHECK;
vouch_err vouch_at_receive_outcome(vouch_session *s,
                                   const struct vouch_outcome_message *message)
    VOUCH_MUST_CHECK;

/* command.c */

step_action vouch_rp_command, vouch_rp_reply, vouch_rp_unknown;
step_action vouch_at_offer, vouch_at_take, vouch_at_refuse,
    vouch_at_refuse_stale, vouch_at_refuse_denied, vouch_at_reply,
    vouch_at_note_posture, vouch_at_keep_running;

vouch_err vouch_at_receive_command(vouch_session *s,
                                   const struct vouch_command_message *message)
    VOUCH_MUST_CHECK;
vouch_err vouch_rp_receive_reply(vouch_session *s,
                                 const struct vouch_reply_message *message)
    VOUCH_MUST_CHECK;
/* Remembers why a command for an operation that is over is refused. */
vouch_err vouch_command_ended(vouch_session *s, const struct exchange *x,
                              vouch_status status) VOUCH_MUST_CHECK;

/* posture.c */

vouch_err vouch_posture_receive(vouch_session *s,
                                uint64_t epoch) VOUCH_MUST_CHECK;

/* gate.c */

bool vouch_gate_accepted(const vouch_session *s, uint64_t mono_ms);
/* ... at level bound */
bool vouch_gate_accepted_bound(const vouch_session *s, uint64_t mono_ms);
bool vouch_gate_confirmed(const vouch_session *s, uint64_t mono_ms);
bool vouch_gate_may_accept(const vouch_session *s, uint64_t mono_ms);
bool vouch_gate_may_send(const vouch_session *s, uint64_t mono_ms);
bool vouch_gate_may_accept_command(const vouch_session *s, uint64_t mono_ms);
/* Whether `x` is an approval that was not used. */
bool vouch_gate_approved(const vouch_session *s, const struct exchange *x,
                         uint64_t mono_ms);
/* Tells of a change since the last call, and lets held data in. */
vouch_err vouch_gate_report(vouch_session *s) VOUCH_MUST_CHECK;

/* data.c */

vouch_err vouch_data_receive(vouch_session *s,
                             vouch_bytes value) VOUCH_MUST_CHECK;
/* Delivers what is held; the gate has opened. */
vouch_err vouch_data_release(vouch_session *s) VOUCH_MUST_CHECK;
/* Gives up what is held, and tells of the loss. */
vouch_err vouch_data_discard(vouch_session *s) VOUCH_MUST_CHECK;
/* Gives up what nothing can open the gate for any more. VOUCH_E_DATA_LOST when
 * that, or a loss before it, must end the session. */
vouch_err vouch_data_settle(vouch_session *s) VOUCH_MUST_CHECK;
void vouch_data_forget_held(vouch_session *s); /* without a word */

/* output.c */

vouch_err vouch_output_capabilities(vouch_session *s) VOUCH_MUST_CHECK;
/* Says at last what can be produced, once the peer has attested. */
vouch_err vouch_output_list_when_due(vouch_session *s) VOUCH_MUST_CHECK;
vouch_err vouch_output_request(
    vouch_session *s, const struct vouch_request_message *m) VOUCH_MUST_CHECK;
/* What a plain REQUEST for all formats takes at most. */
size_t vouch_output_request_max(const vouch_session *s);
vouch_err vouch_output_authenticator(
    vouch_session *s,
    const struct vouch_authenticator_message *m) VOUCH_MUST_CHECK;
vouch_err vouch_output_outcome(
    vouch_session *s, const struct vouch_outcome_message *m) VOUCH_MUST_CHECK;
vouch_err vouch_output_posture(
    vouch_session *s, const struct vouch_posture_message *m) VOUCH_MUST_CHECK;
bool vouch_output_has_room_for_command(const vouch_session *s, size_t len);
vouch_err vouch_output_command(
    vouch_session *s, const struct vouch_command_message *m) VOUCH_MUST_CHECK;
vouch_err vouch_output_reply(
    vouch_session *s, const struct vouch_reply_message *m) VOUCH_MUST_CHECK;
vouch_err vouch_output_data(vouch_session *s, vouch_bytes data,
                            size_t *taken) VOUCH_MUST_CHECK;
void vouch_output_close(vouch_session *s, enum vouch_close_code code);

/* events.c */

vouch_err vouch_event_add(vouch_session *s,
                          const vouch_event *event) VOUCH_MUST_CHECK;
/* A node for an end that must be told when there is no memory any more. */
struct event_node *vouch_event_reserve(void);
void vouch_event_node_free(struct event_node *node);
/* The event that ends the operation of `x`, in the node that was reserved for
 * it; REFUSED comes with its reason. */
void vouch_event_add_reserved(vouch_session *s, struct exchange *x,
                              const vouch_event *event,
                              const vouch_reason *reason);
/* The event that ends `x`, whatever it is about. */
vouch_err vouch_event_add_end(vouch_session *s, struct exchange *x,
                              const vouch_event *event,
                              const vouch_reason *reason) VOUCH_MUST_CHECK;
/* A COMMAND or REPLY event with its octets. */
vouch_err vouch_event_add_octets(vouch_session *s, const vouch_event *event,
                                 vouch_bytes octets) VOUCH_MUST_CHECK;
vouch_err vouch_event_add_audit(vouch_session *s, vouch_exchange exchange,
                                const vouch_audit *audit) VOUCH_MUST_CHECK;
vouch_err vouch_event_add_data(vouch_session *s, vouch_bytes data,
                               bool early) VOUCH_MUST_CHECK;
/* An EVIDENCE_NEEDED; one of the same exchange that was not polled yet is
 * brought up to date instead. */
vouch_err vouch_event_add_needed(vouch_session *s,
                                 const vouch_event *event) VOUCH_MUST_CHECK;
/* Whether the application keeps up: with fewer events and octets than the
 * limits nothing is read, and nothing asked. */
bool vouch_event_has_room(const vouch_session *s);
void vouch_event_forget_all(vouch_session *s);

#endif
