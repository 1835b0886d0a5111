/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_COSE_KEY_H
#define VOUCH_EVIDENCE_COSE_KEY_H

/* COSE_Sign1 with the keys of lib/keys: the key decides on the algorithm, the
 * message only may agree (RFC 9053, 2.1: ES256 with P-256, ES384 with P-384,
 * ES512 with P-521, though COSE ties no curve to them; 2.2: EdDSA with Ed25519
 * alone). */

#include <openssl/base.h>

#include "lib/keys/key_internal.h"
#include "proto/cose.h"

/* vouch_cose_sign writes a COSE_Sign1 of `payload`, with `key_id` beside the
 * algorithm in its protected header. */
vouch_err vouch_cose_sign(const vouch_key *key, vouch_bytes key_id,
                          vouch_bytes payload, CBB *out) VOUCH_MUST_CHECK;

/* vouch_cose_verify verifies one. VOUCH_E_COSE_ALGORITHM when its algorithm is
 * not that of `key`, VOUCH_E_SIGNATURE when it does not verify. */
vouch_err vouch_cose_verify(EVP_PKEY *key, const struct vouch_cose_sign1 *in,
                            vouch_bytes external_aad) VOUCH_MUST_CHECK;

#endif
