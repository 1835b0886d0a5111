/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_SCHEME_H
#define VOUCH_KEYS_SCHEME_H

#include <openssl/base.h>

#include <vouch/base.h>
#include <vouch/scheme.h>

/* The kinds of keys that there are, each with the one scheme that it goes
 * with. */
struct vouch_scheme {
    uint16_t number;   /* RFC 8446, 4.2.3; 0: TLS has none here */
    int64_t algorithm; /* of COSE */
    int type;          /* EVP_PKEY_id */
    int curve;         /* of an EC key */
    const EVP_MD *(*digest)(void);
    size_t order_len; /* octets of r and of s of an ECDSA signature, or 0 */
};

/* vouch_scheme_of_key returns that of `key`, or NULL when it has none that TLS
 * knows. */
const struct vouch_scheme *vouch_scheme_of_key(const EVP_PKEY *key);

/* vouch_scheme_of_evidence_key returns that of a key that signs Evidence, which
 * can be on P-521 too. */
const struct vouch_scheme *vouch_scheme_of_evidence_key(const EVP_PKEY *key);

/* The two ways to begin, in BoringSSL's words. */
typedef int vouch_digest_init(EVP_MD_CTX *ctx, EVP_PKEY_CTX **parameters,
                              const EVP_MD *digest, ENGINE *engine,
                              EVP_PKEY *key);

/* vouch_scheme_begin begins to sign or verify with `key` in `ctx`. */
bool vouch_scheme_begin(const struct vouch_scheme *scheme, EVP_MD_CTX *ctx,
                        vouch_digest_init *init,
                        EVP_PKEY *key) VOUCH_MUST_CHECK;

#endif
