/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CORIM_TRIPLES_H
#define VOUCH_PROTO_CORIM_TRIPLES_H

#include <openssl/bytestring.h>

#include "proto/corim.h"

/* What is told of the triples of a tag, and to whom. */
struct vouch_corim_teller {
    vouch_corim_visit *visit;
    void *arg;
    struct vouch_corim_fault *fault;
    struct vouch_corim_statement statement; /* of the triple that is read */
};

/* vouch_corim_read_triples takes a triples-map (CoRIM, 5.1.4), and visits what
 * it states. */
vouch_err vouch_corim_read_triples(struct vouch_corim_teller *t,
                                   CBS *in) VOUCH_MUST_CHECK;

#endif
