/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_CHAIN_CACHE_H
#define VOUCH_AUTHENTICATOR_CHAIN_CACHE_H

#include <openssl/base.h>

#include <vouch/base.h>

/*
 * Chains that were found good under one trust, by the SHA-256 of purpose and
 * exact octets. It has a lock of its own and at most VOUCH_LIMIT_CHAIN_CACHE
 * entries; the oldest makes room. Only success is remembered.
 */
struct vouch_chain_cache;

/* What is remembered of a chain. */
struct vouch_chain {
    EVP_PKEY *key; /* of the end-entity certificate */
    int64_t from;  /* good at `from` <= Unix time < `until` */
    int64_t until;
};

typedef struct vouch_chain_id {
    uint8_t sha256[32];
} vouch_chain_id;

struct vouch_chain_cache *vouch_chain_cache_new(void);
void vouch_chain_cache_free(struct vouch_chain_cache *cache);

/* vouch_chain_cache_find looks up a chain that is good at `now`. On true
 * `out->key` is a new reference. */
bool vouch_chain_cache_find(struct vouch_chain_cache *cache,
                            const vouch_chain_id *id, int64_t now,
                            struct vouch_chain *out);

/* vouch_chain_cache_add remembers a chain, with a reference of its own to the
 * key. Without memory it does not. */
void vouch_chain_cache_add(struct vouch_chain_cache *cache,
                           const vouch_chain_id *id,
                           const struct vouch_chain *chain);

/* vouch_chain_cache_in_use tells whether anything was looked up ever. */
bool vouch_chain_cache_in_use(struct vouch_chain_cache *cache);

#endif
