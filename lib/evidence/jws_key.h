/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_JWS_KEY_H
#define VOUCH_EVIDENCE_JWS_KEY_H

/* A JWS with the keys of lib/keys: ES256 with P-256, and no other. */

#include <openssl/base.h>

#include "lib/keys/key_internal.h"
#include "proto/jws.h"

/* vouch_jws_key_signs tells whether `key` can make a JWS. */
bool vouch_jws_key_signs(const vouch_key *key);

/* vouch_jws_sign writes a JWS of `payload`, with `key_id` in its header. */
vouch_err vouch_jws_sign(const vouch_key *key, vouch_bytes key_id,
                         vouch_bytes payload, CBB *out) VOUCH_MUST_CHECK;

/* vouch_jws_verify verifies one. VOUCH_E_COSE_ALGORITHM when `key` is not for
 * ES256, VOUCH_E_SIGNATURE when it does not verify. */
vouch_err vouch_jws_verify(EVP_PKEY *key,
                           const struct vouch_jws *in) VOUCH_MUST_CHECK;

#endif
