/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/memory.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/mem.h>

#include <vouch/memory.h>

static void *system_allocate(void *arg, size_t size)
{
    (void)arg;
    return malloc(size);
}

static void system_release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static vouch_allocator allocator = {system_allocate, system_release, NULL};

void vouch_set_allocator(const vouch_allocator *replacement)
{
    allocator = *replacement;
}

void *vouch_alloc_raw(size_t size)
{
    return allocator.allocate(allocator.arg, size);
}

void *vouch_alloc(size_t size)
{
    void *memory = vouch_alloc_raw(size);

    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void vouch_free(void *memory)
{
    if (memory != NULL) {
        allocator.release(allocator.arg, memory);
    }
}

vouch_err vouch_grow(void **memory, size_t old_size, size_t new_size)
{
    void *bigger = vouch_alloc(new_size);

    if (bigger == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (old_size != 0) {
        memcpy(bigger, *memory, old_size);
    }
    vouch_free(*memory);
    *memory = bigger;
    return VOUCH_OK;
}

vouch_err vouch_copy(vouch_bytes from, vouch_buffer *out)
{
    uint8_t *copy = vouch_alloc_raw(from.len != 0 ? from.len : 1);

    if (copy == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (from.len != 0) {
        memcpy(copy, from.data, from.len);
    }
    *out = (vouch_buffer){copy, from.len};
    return VOUCH_OK;
}

void vouch_buffer_free(vouch_buffer *buffer)
{
    if (buffer != NULL) {
        vouch_free(buffer->data);
        *buffer = (vouch_buffer){NULL, 0};
    }
}

void vouch_wipe(void *memory, size_t len)
{
    OPENSSL_cleanse(memory, len);
}

bool vouch_ct_equal(vouch_bytes a, vouch_bytes b)
{
    return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}

bool vouch_bytes_equal(vouch_bytes a, vouch_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

vouch_bytes vouch_text(const char *text)
{
    return (vouch_bytes){(const uint8_t *)text, strlen(text)};
}

vouch_bytes vouch_digest_bytes(const vouch_digest *digest)
{
    return (vouch_bytes){digest->data, digest->len};
}
