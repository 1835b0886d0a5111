/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_CAPSULES_H
#define VOUCH_TESTS_CAPSULES_H

/* Somebody between two sessions, who takes capsules from one and gives what he
 * likes to the other. A failure inside fails the test. */

#include <vouch/session.h>

#include "proto/capsule.h"
#include "proto/message.h"

struct capsule {
    uint64_t type;
    vouch_buffer value; /* on the heap, for free() */
};

/* capsule_take takes the next capsule that `from` has to send; false: none. */
bool capsule_take(vouch_session *from, struct capsule *out);

/* capsule_give has `to` receive one, and returns what it said. */
vouch_err capsule_give(vouch_session *to, vouch_now now, uint64_t type,
                       vouch_bytes value);

/* capsule_pass gives `to` all that `from` has to send. It must be taken. */
void capsule_pass(vouch_session *from, vouch_session *to, vouch_now now);

/* capsule_expect takes the next capsule, which is of `type`. */
vouch_buffer capsule_expect(vouch_session *from, uint64_t type);

/* The value of a CAPABILITIES, on the heap. */
vouch_buffer capsule_capabilities(const struct vouch_capabilities *m);

/* A CAPABILITIES with the conn_check of another connection, on the heap. */
vouch_buffer capsule_rewrite_check(vouch_bytes capabilities,
                                   const uint8_t check[8]);

/* An AUTHENTICATOR with another id or with another authenticator inside, on the
 * heap. */
vouch_buffer capsule_rewrite_id(vouch_bytes message, uint64_t id);
vouch_buffer capsule_rewrite_authenticator(vouch_bytes message,
                                           vouch_bytes authenticator);

#endif
