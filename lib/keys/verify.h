/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_VERIFY_H
#define VOUCH_KEYS_VERIFY_H

#include <openssl/base.h>

#include "lib/keys/key_internal.h"

/* vouch_public_key_parse reads a DER SubjectPublicKeyInfo with nothing after
 * it. VOUCH_E_ARGUMENT when it is of no kind that vouch_key_from_evp takes. */
vouch_err vouch_public_key_parse(vouch_bytes spki,
                                 EVP_PKEY **out) VOUCH_MUST_CHECK;

/* vouch_evidence_key_parse reads the key of one that signs Evidence, which can
 * be on P-521 too. */
vouch_err vouch_evidence_key_parse(vouch_bytes spki,
                                   EVP_PKEY **out) VOUCH_MUST_CHECK;

/* vouch_public_key_scheme returns the one scheme that goes with `key`, or 0:
 * the key decides, never the message (RFC 8446, 4.2.3). */
uint16_t vouch_public_key_scheme(const EVP_PKEY *key);

/* vouch_public_key_algorithm returns the one algorithm of COSE that goes with
 * `key`, or 0. */
int64_t vouch_public_key_algorithm(const EVP_PKEY *key);

/* vouch_public_key_is tells whether `spki` holds `key`, in whatever encoding: a
 * point can be compressed. True also when `spki` holds no key that can be read:
 * it is asked to keep two keys apart. */
bool vouch_public_key_is(const EVP_PKEY *key, vouch_bytes spki);

/* vouch_public_key_has_hash tells whether `hash` is that of a
 * SubjectPublicKeyInfo of `key`, with the point compressed or not. True also
 * when that can not be told. */
bool vouch_public_key_has_hash(const EVP_PKEY *key, const vouch_digest *hash);

/* vouch_verify verifies `signature` over `message`. VOUCH_E_SIGNATURE_SCHEME
 * when `number` is not the key's scheme, VOUCH_E_SIGNATURE when it does not
 * verify. */
vouch_err vouch_verify(EVP_PKEY *key, uint16_t number,
                       enum vouch_signature_form form, vouch_bytes message,
                       vouch_bytes signature) VOUCH_MUST_CHECK;

/* vouch_verify_cose likewise, as COSE writes signatures. VOUCH_E_COSE_ALGORITHM
 * when `algorithm` is not the key's. */
vouch_err vouch_verify_cose(EVP_PKEY *key, int64_t algorithm,
                            vouch_bytes message,
                            vouch_bytes signature) VOUCH_MUST_CHECK;

#endif
