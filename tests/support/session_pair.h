/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_SESSION_PAIR_H
#define VOUCH_TESTS_SESSION_PAIR_H

/*
 * Two sessions back to back under one clock, and what they told. Evidence and
 * verdicts are the test's: a peer makes a CMW that holds the binder and the AIK
 * hash, and appraises by comparing them, unless a test answers for itself.
 */

#include <vouch/session.h>

#include "tests/support/pki.h"

#define PAIR_FORMAT "application/vnd.vouch.test"
#define PAIR_UNIX_TIME PKI_NOW
#define PAIR_EVENTS_MAX 512

struct pair_event {
    vouch_event event; /* its spans are not kept */
    vouch_reason reason;
    vouch_audit audit;
    size_t data_len;     /* of DATA, COMMAND or REPLY */
    const uint8_t *data; /* into pair_peer.data */
};

struct pair_peer {
    struct pki_entity aik;
    vouch_config *config;
    vouch_channel *channel; /* made by pair_start unless there is one */
    vouch_session *session;
    vouch_attester *attester;   /* borrowed; answers in place of the test's */
    vouch_appraiser *appraiser; /* likewise */
    vouch_registry *registry;   /* likewise, in both places */
    bool holds_evidence;        /* leave EVIDENCE_NEEDED to the test */
    bool holds_verdicts;        /* leave APPRAISAL_NEEDED to the test */
    vouch_verdict verdict;      /* that its appraiser gives to right evidence */
    struct pair_event log[PAIR_EVENTS_MAX];
    size_t num;
    uint8_t data[1 << 19]; /* what arrived as DATA, COMMAND and REPLY */
    size_t data_len;
};

struct session_pair {
    struct pair_peer client, server;
    vouch_now now;
    uint8_t secret[32]; /* that the connection's exporter is made from */
};

/* pair_init makes both configurations, for a test to change, with credentials
 * and trust in each other's, for PAIR_FORMAT or for `format`. pair_start makes
 * the sessions. */
void pair_init(struct session_pair *pair);
void pair_init_format(struct session_pair *pair, const char *format);
void pair_start(struct session_pair *pair);
void pair_free(struct session_pair *pair);

/* pair_end frees the sessions and forgets what they told, for another
 * pair_start with the same configurations. */
void pair_end(struct session_pair *pair);

/* pair_channel makes the channel of one side alone. */
vouch_err pair_channel(struct session_pair *pair, struct pair_peer *peer);

/* pair_run moves octets and answers events until both are quiet. */
void pair_run(struct session_pair *pair);

/* pair_step polls and answers one side's events; true if there were any. */
bool pair_step(struct session_pair *pair, struct pair_peer *peer);

/* pair_move gives `to` what `from` has to send, `piece` octets at a time;
 * true if there was any. */
bool pair_move(struct session_pair *pair, struct pair_peer *from,
               struct pair_peer *to, size_t piece);

/* pair_answer gives the evidence, and pair_conclude the verdict, that was left
 * to the test. */
void pair_answer(struct session_pair *pair, struct pair_peer *peer,
                 vouch_exchange exchange);
void pair_conclude(struct session_pair *pair, struct pair_peer *peer,
                   vouch_exchange exchange);

/* pair_wait lets time pass, ticking both sides. */
void pair_wait(struct session_pair *pair, uint64_t ms);

/* How often `peer` told of `type`, and the last time; NULL: never. */
size_t pair_count(const struct pair_peer *peer, vouch_event_type type);
const struct pair_event *pair_last(const struct pair_peer *peer,
                                   vouch_event_type type);

/* A credential of `entity`, as the peers have theirs; owned. */
vouch_credential *pair_credential(const struct pki_entity *entity);

/* The evidence that a pair's peers make, owned. */
vouch_buffer pair_evidence(const vouch_digest *binder,
                           const vouch_digest *aik_pub_hash);

/* Appraises such evidence; the result carries what was found in it. */
vouch_result pair_appraise(const vouch_appraisal_info *info,
                           vouch_verdict verdict);

#endif
