/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_REGISTRY_H
#define VOUCH_AUTHENTICATOR_REGISTRY_H

#include "proto/context.h"

/*
 * Which certificate_request_contexts were used on one connection, in both
 * directions (RFC 9261, 4 and 5.2), in constant memory: both sides count, and
 * the role bit keeps the two counters apart.
 */
struct vouch_registry {
    vouch_role role;
    uint64_t issued;        /* the highest counter of this side */
    uint64_t unanswered;    /* bit i: counter `issued - i` is not spent */
    uint64_t received;      /* the highest counter of the peer */
    uint8_t (*foreign)[32]; /* SHA-256 of foreign contexts of both sides */
    size_t num_foreign;
    size_t max_foreign;
};

void vouch_registry_init(struct vouch_registry *registry, vouch_role role);
void vouch_registry_cleanup(struct vouch_registry *registry);
vouch_err vouch_registry_allow_foreign(struct vouch_registry *registry,
                                       size_t max) VOUCH_MUST_CHECK;

/* vouch_registry_issue makes the next context of this side. `operation` and
 * `nonce` may be empty. */
vouch_err vouch_registry_issue(struct vouch_registry *registry,
                               vouch_bytes operation, vouch_bytes nonce,
                               uint64_t *id, uint8_t out[VOUCH_CONTEXT_MAX],
                               size_t *out_len) VOUCH_MUST_CHECK;

/* The checks tell whether a context may be used: one of this side's to validate
 * an answer, or one of the peer's to answer it. They change nothing. */
vouch_err vouch_registry_check_own(const struct vouch_registry *registry,
                                   vouch_bytes context) VOUCH_MUST_CHECK;
vouch_err vouch_registry_check_peer(const struct vouch_registry *registry,
                                    vouch_bytes context) VOUCH_MUST_CHECK;

/* vouch_registry_was_received tells whether a context of the peer was spent. */
bool vouch_registry_was_received(const struct vouch_registry *registry,
                                 vouch_bytes context);

/* These spend a context that the check let pass. */
void vouch_registry_spend_own(struct vouch_registry *registry,
                              vouch_bytes context);
void vouch_registry_spend_peer(struct vouch_registry *registry,
                               vouch_bytes context);

#endif
