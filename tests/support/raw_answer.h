/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_RAW_ANSWER_H
#define VOUCH_TESTS_RAW_ANSWER_H

/* A server that answers with cmw_data that no session would send, in valid
 * authenticators on the right connection. A failure inside fails the test. */

#include "tests/support/session_pair.h"

struct raw_question {
    uint64_t id;
    vouch_buffer request;      /* the authenticator request, on the heap */
    vouch_digest binder;       /* that the answer is to carry */
    vouch_digest aik_pub_hash; /* of the server */
    vouch_channel *channel;    /* an end of the server's own */
    vouch_endpoint *endpoint;
};

/* raw_start starts the pair, gives the client the server's CAPABILITIES, and
 * takes its first request. raw_answer gives it the answer, and has it tell its
 * events. raw_free frees what is in a question. */
void raw_start(struct session_pair *pair, struct raw_question *out);
void raw_answer(struct session_pair *pair, struct raw_question *question,
                vouch_bytes cmw);
void raw_free(struct raw_question *question);

/* raw_ask has the client ask once more: another question of the same kind. */
void raw_ask(struct session_pair *pair, struct raw_question *question);

#endif
