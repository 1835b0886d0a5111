/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_KEY_INTERNAL_H
#define VOUCH_KEYS_KEY_INTERNAL_H

#include <openssl/base.h>

#include <vouch/key.h>
#include <vouch/limits.h>

/* vouch_key_ref takes one more reference. */
vouch_key *vouch_key_ref(vouch_key *key);

/* vouch_key_scheme returns the one TLS signature scheme of a key (RFC 8446,
 * 4.2.3). */
uint16_t vouch_key_scheme(const vouch_key *key);

/* vouch_key_algorithm returns the one algorithm of COSE of a key (RFC 9053, 2;
 * RFC 8230, 2). */
int64_t vouch_key_algorithm(const vouch_key *key);

/* How an ECDSA signature is written. */
enum vouch_signature_form {
    VOUCH_SIGNATURE_TLS, /* ECDSA-Sig-Value in DER (RFC 8446, 4.2.3) */
    VOUCH_SIGNATURE_COSE /* r || s (RFC 9053, 2.1) */
};

/* vouch_key_sign signs `message` with the key's scheme into `out`, which has
 * room for VOUCH_LIMIT_SIGNATURE octets. Internal: no public call reaches it
 * with octets of the caller's choice (expat-04, 7.1). */
vouch_err vouch_key_sign(const vouch_key *key, enum vouch_signature_form form,
                         vouch_bytes message, uint8_t *out,
                         size_t *out_len) VOUCH_MUST_CHECK;

#endif
