/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/chain_cache.h"

#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>

#include "proto/fork.h"
#include "proto/memory.h"

enum { FIRST_CAPACITY = 4 };

struct entry {
    vouch_chain_id id;
    struct vouch_chain chain;
};

struct vouch_chain_cache {
    pthread_mutex_t lock;
    bool in_use;
    struct entry *entries;
    size_t num;
    size_t capacity;
    size_t oldest; /* what makes room once the limit is reached */
};

struct vouch_chain_cache *vouch_chain_cache_new(void)
{
    struct vouch_chain_cache *cache;

    if (vouch_fork_watch() != VOUCH_OK) {
        return NULL;
    }
    cache = vouch_alloc(sizeof *cache);
    if (cache != NULL && pthread_mutex_init(&cache->lock, NULL) != 0) {
        vouch_free(cache);
        return NULL;
    }
    return cache;
}

void vouch_chain_cache_free(struct vouch_chain_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < cache->num; i++) {
        EVP_PKEY_free(cache->entries[i].chain.key);
    }
    vouch_free(cache->entries);
    pthread_mutex_destroy(&cache->lock);
    vouch_free(cache);
}

static struct entry *find(const struct vouch_chain_cache *cache,
                          const vouch_chain_id *id)
{
    for (size_t i = 0; i < cache->num; i++) {
        if (memcmp(&cache->entries[i].id, id, sizeof *id) == 0) {
            return &cache->entries[i];
        }
    }
    return NULL;
}

bool vouch_chain_cache_find(struct vouch_chain_cache *cache,
                            const vouch_chain_id *id, int64_t now,
                            struct vouch_chain *out)
{
    const struct entry *entry;
    bool found;

    vouch_lock(&cache->lock);
    cache->in_use = true;
    entry = find(cache, id);
    found =
        entry != NULL && entry->chain.from <= now && now < entry->chain.until;
    if (found) {
        *out = entry->chain;
        EVP_PKEY_up_ref(out->key);
    }
    vouch_unlock(&cache->lock);
    return found;
}

static bool grow(struct vouch_chain_cache *cache)
{
    size_t doubled =
        cache->capacity == 0 ? FIRST_CAPACITY : 2 * cache->capacity;
    size_t capacity =
        doubled < VOUCH_LIMIT_CHAIN_CACHE ? doubled : VOUCH_LIMIT_CHAIN_CACHE;
    void *entries = cache->entries;

    if (vouch_grow(&entries, cache->num * sizeof cache->entries[0],
                   capacity * sizeof cache->entries[0]) != VOUCH_OK) {
        return false;
    }
    cache->entries = entries;
    cache->capacity = capacity;
    return true;
}

/* place returns where a new entry goes, NULL when there is no memory. */
static struct entry *place(struct vouch_chain_cache *cache)
{
    struct entry *entry;

    if (cache->num < VOUCH_LIMIT_CHAIN_CACHE) {
        if (cache->num == cache->capacity && !grow(cache)) {
            return NULL;
        }
        return &cache->entries[cache->num++];
    }
    entry = &cache->entries[cache->oldest];
    cache->oldest = (cache->oldest + 1) % VOUCH_LIMIT_CHAIN_CACHE;
    return entry;
}

void vouch_chain_cache_add(struct vouch_chain_cache *cache,
                           const vouch_chain_id *id,
                           const struct vouch_chain *chain)
{
    struct entry *entry;

    vouch_lock(&cache->lock);
    entry = find(cache, id);
    if (entry == NULL) {
        entry = place(cache);
    }
    if (entry != NULL) {
        EVP_PKEY_free(entry->chain.key);
        *entry = (struct entry){*id, *chain};
        EVP_PKEY_up_ref(entry->chain.key);
    }
    vouch_unlock(&cache->lock);
}

bool vouch_chain_cache_in_use(struct vouch_chain_cache *cache)
{
    bool in_use;

    vouch_lock(&cache->lock);
    in_use = cache->in_use;
    vouch_unlock(&cache->lock);
    return in_use;
}
