/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_DIGEST_H
#define VOUCH_KEYS_DIGEST_H

#include <vouch/base.h>

/* vouch_hash_len returns 32 or 48. */
size_t vouch_hash_len(vouch_hash hash);

/* vouch_hash_parts hashes the concatenation of `num` spans. */
vouch_err vouch_hash_parts(vouch_hash hash, const vouch_bytes *parts,
                           size_t num, vouch_digest *out) VOUCH_MUST_CHECK;

/* vouch_hmac computes HMAC with `hash`. */
vouch_err vouch_hmac(vouch_hash hash, vouch_bytes key, vouch_bytes message,
                     vouch_digest *out) VOUCH_MUST_CHECK;

/* vouch_sha256 hashes into 32 octets. */
void vouch_sha256(vouch_bytes message, uint8_t out[32]);

/* vouch_random fills `out` with unpredictable octets. */
vouch_err vouch_random(uint8_t *out, size_t len) VOUCH_MUST_CHECK;

#endif
