/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEY_H
#define VOUCH_KEY_H

#include <openssl/base.h>

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_key is a private key that can sign: an AIK or an attestation key. No
 * public call signs octets of the caller's choice with it (expat-04, 7.1).
 *
 * A key may be loaded before fork(2) and used by parent and children at once:
 * no signatures of different octets share a nonce, and no child inherits a lock
 * of this library that another thread held, since fork waits for it. This needs
 * the handlers of pthread_atfork(3): a process made by a bare clone(2) or
 * _Fork(3) may hang. Signatures of PSA keys take no random number (RFC 6979),
 * so the same holds for a snapshot of a virtual machine that is resumed more
 * than once.
 *
 * Everything else that is random, new keys and the contexts of requests among
 * it, is of BoringSSL's RAND_bytes. That is seeded again after a fork. Whether
 * it is after a snapshot depends on BoringSSL and the processor: make keys, and
 * connections, in a process that was started after the snapshot was resumed.
 */
typedef struct vouch_key vouch_key;

/** vouch_curve is what a new key is made on. */
typedef enum vouch_curve {
    VOUCH_P256 = 0,
    VOUCH_P384 = 1,
} vouch_curve;

/**
 * vouch_key_from_evp makes a key of `pkey`, which it takes a reference to:
 * ECDSA P-256 or P-384, Ed25519, or RSA of 2,048 to 4,096 bits (which signs
 * with PSS only). BoringSSL does the signing.
 *
 * On success `*out` is owned: vouch_key_free. It returns
 *   VOUCH_E_ARGUMENT: `pkey` is of no such kind;
 *   VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_key_from_evp(EVP_PKEY *pkey,
                                          vouch_key **out) VOUCH_MUST_CHECK;

/**
 * vouch_key_create makes a new ECDSA key of BoringSSL's random numbers and
 * keeps it in the file `path` as PKCS#8 (RFC 5958) in PEM, mode 0600.
 *
 * The file is complete or absent: it is written beside its place, synced and
 * moved there. With `replace` false an existing file is an error. It returns
 *   VOUCH_E_EXISTS: `path` exists; pass `replace` to lose the old key;
 *   VOUCH_E_IO: errno says what the file system objects to;
 *   VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_key_create(const char *path, vouch_curve curve,
                                        bool replace) VOUCH_MUST_CHECK;

/**
 * vouch_key_load_psa loads the ECDSA key in the PKCS#8 PEM file `path` into
 * PSA Crypto, where from then on it can sign and not be exported. It signs with
 * deterministic ECDSA (RFC 6979), which verifies like any ECDSA. PSA has a
 * process-wide number of such keys (32 with mbedTLS); loading one more fails.
 *
 * The library makes its calls of PSA Crypto one at a time. An application that
 * makes its own must not make them while a key is loaded, freed or used here.
 *
 * On success `*out` is owned: vouch_key_free. It returns
 *   VOUCH_E_IO: errno says what the file system objects to;
 *   VOUCH_E_KEY_FILE: not a PKCS#8 key on P-256 or P-384, or the file is open
 *       to others than its owner: chmod 600;
 *   VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_key_load_psa(const char *path,
                                          vouch_key **out) VOUCH_MUST_CHECK;

/**
 * vouch_key_load_evp loads the private key in the PEM file `path` (PKCS#8),
 * of any kind that vouch_key_from_evp takes, for BoringSSL. Errors are those
 * of vouch_key_load_psa.
 */
VOUCH_EXPORT vouch_err vouch_key_load_evp(const char *path,
                                          vouch_key **out) VOUCH_MUST_CHECK;

/**
 * vouch_key_spki returns the DER SubjectPublicKeyInfo (RFC 5280, 4.1) of the
 * public half, borrowed for the life of `key`.
 */
VOUCH_EXPORT vouch_bytes vouch_key_spki(const vouch_key *key);

/**
 * vouch_key_evp returns the EVP_PKEY that `key` was made from, borrowed, so
 * that the same AIK can serve TLS; NULL for a PSA key, which has none.
 */
VOUCH_EXPORT EVP_PKEY *vouch_key_evp(const vouch_key *key);

/** vouch_key_free drops one reference. */
VOUCH_EXPORT void vouch_key_free(vouch_key *key);

#ifdef __cplusplus
}
#endif

#endif
