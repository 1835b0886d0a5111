/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_TOKENS_H
#define VOUCH_TESTS_TOKENS_H

/* EATs that a test makes of what it likes. What these functions return as
 * buffers is on the heap, for free(). A failure inside fails the test. */

#include <vouch/key.h>
#include <vouch/limits.h>

#include "proto/eat.h"

/* token_claims encodes a claims set. */
vouch_buffer token_claims(const struct vouch_eat *eat);

/* token_sign makes a COSE_Sign1 of `payload`, with the key's own id, and
 * token_sign_as with any id. */
vouch_buffer token_sign(const vouch_key *key, vouch_bytes payload);
vouch_buffer token_sign_as(const vouch_key *key, vouch_bytes key_id,
                           vouch_bytes payload);

/* token_wrap puts it into a record of that media type, as Evidence. */
vouch_buffer token_wrap(const char *format, vouch_bytes token);

/* token_digests makes a map of names and digests, which end with a NULL name
 * and stand in the order of a deterministic map. */
struct token_digest {
    const char *name;
    const uint8_t *sha256;
};
vouch_buffer token_digests(const struct token_digest *digests);

/* A map taken apart into encoded pairs, and put together again. Spans borrow
 * from it. */
struct token_pair {
    vouch_bytes label, value;
};
size_t token_split(vouch_bytes map,
                   struct token_pair pairs[VOUCH_LIMIT_CLAIMS]);
vouch_buffer token_join(const struct token_pair *pairs, size_t num);

/* token_key_id is SHA-256 of the key's SubjectPublicKeyInfo. */
void token_key_id(const vouch_key *key, uint8_t out[32]);

#endif
