/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_OPERATIONS_H
#define VOUCH_TESTS_OPERATIONS_H

/* A session_pair whose client has operations and whose server executes them,
 * for askers that it has accepted. A failure inside fails the test. */

#include "tests/support/session_pair.h"

#define OPERATION "open the door"
#define OPERATION_WITHIN_MS 20000

/* operations_init is pair_init with gates that ask for nothing else. */
void operations_init(struct session_pair *pair);

/* operations_ask asks for OPERATION and moves nothing; operations_approve has
 * it accepted; operations_send sends the command, and moves nothing;
 * operations_deliver has it told to the server; operations_start has the server
 * take it. */
vouch_exchange operations_ask(struct session_pair *pair);
vouch_exchange operations_approve(struct session_pair *pair);
vouch_exchange operations_send(struct session_pair *pair);
vouch_exchange operations_deliver(struct session_pair *pair);
vouch_exchange operations_start(struct session_pair *pair);

/* The handle that the server was given for its exchange of that id. */
vouch_exchange operations_at_server(const struct session_pair *pair,
                                    vouch_exchange exchange);

/* Calls for OPERATION. */
vouch_err operations_command(struct session_pair *pair,
                             vouch_exchange exchange);
vouch_err operations_reply(struct session_pair *pair, vouch_exchange exchange,
                           vouch_status status, const char *octets);

/* How often `peer` told of `type` for that exchange. */
size_t operations_count(const struct pair_peer *peer, vouch_event_type type,
                        vouch_exchange exchange);

/* How often the client was told that the operation has ended. */
size_t operations_ends(const struct session_pair *pair,
                       vouch_exchange exchange);

/* The status in the last REPLY event of the client. */
vouch_status operations_status(const struct session_pair *pair);

/* The value of a COMMAND, on the heap. */
vouch_buffer operations_message(uint64_t id, vouch_bytes operation);

#endif
