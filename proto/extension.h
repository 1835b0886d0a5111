/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_EXTENSION_H
#define VOUCH_PROTO_EXTENSION_H

/* Blocks of extensions (RFC 8446, 4.2), in requests and certificate entries. */

#include <vouch/base.h>
#include <vouch/limits.h>

#include "proto/reader.h"

struct vouch_extension {
    uint16_t type;
    CBS body;
};

/* vouch_extension_take takes one off the front of `block`. */
bool vouch_extension_take(CBS *block,
                          struct vouch_extension *out) VOUCH_MUST_CHECK;

/* vouch_extension_block walks a block and remembers what it saw. */
struct vouch_extension_block {
    CBS rest;
    uint16_t seen[VOUCH_LIMIT_EXTENSIONS];
    size_t num;
};

/* vouch_extension_start begins with the octets inside a block. */
void vouch_extension_start(struct vouch_extension_block *block,
                           const CBS *octets);

/* vouch_extension_next takes the next of a block that is not at its end.
 * Errors: DECODE, DUPLICATE, TOO_MANY. */
vouch_err vouch_extension_next(struct vouch_extension_block *block,
                               struct vouch_extension *out) VOUCH_MUST_CHECK;

#endif
