/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_MEMORY_H
#define VOUCH_MEMORY_H

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_allocator is where the library's own memory comes from. BoringSSL,
 * mbedTLS and libcbor keep their own.
 *
 * `allocate` returns `size` octets aligned for any object, or NULL. `release`
 * takes what `allocate` returned. Both may be called from any thread.
 */
typedef struct vouch_allocator {
    void *(*allocate)(void *arg, size_t size);
    void (*release)(void *arg, void *memory);
    void *arg;
} vouch_allocator;

/**
 * vouch_set_allocator replaces malloc and free for the whole process. Call it
 * before anything else of this library; memory that was allocated before can
 * not be freed after. `allocator` is copied.
 */
VOUCH_EXPORT void vouch_set_allocator(const vouch_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
