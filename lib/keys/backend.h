/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_BACKEND_H
#define VOUCH_KEYS_BACKEND_H

#include <stdatomic.h>

#include "lib/keys/key_internal.h"
#include "lib/keys/scheme.h"

/* What holds a key and signs with it. */
struct vouch_key_backend {
    enum vouch_signature_form form; /* that its ECDSA signatures have */
    vouch_err (*sign)(const vouch_key *key, vouch_bytes message,
                      uint8_t out[VOUCH_LIMIT_SIGNATURE], size_t *out_len);
    void (*close)(vouch_key *key);
};

/* The part that all keys have; a backend puts its own after it. */
struct vouch_key {
    atomic_uint refs;
    const struct vouch_key_backend *backend;
    const struct vouch_scheme *scheme;
    vouch_buffer spki;
};

/* vouch_key_init fills `key` from `pkey`, whose public half it has. */
vouch_err vouch_key_init(vouch_key *key,
                         const struct vouch_key_backend *backend,
                         const EVP_PKEY *pkey) VOUCH_MUST_CHECK;

#endif
