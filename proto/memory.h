/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_MEMORY_H
#define VOUCH_PROTO_MEMORY_H

/* The one door for the library's own memory and its comparison of secrets. */

#include <vouch/base.h>

/* vouch_alloc returns `size` zeroed octets or NULL. */
void *vouch_alloc(size_t size);

/* vouch_alloc_raw returns `size` octets of any value, for those who write them
 * all before they read any, or NULL. */
void *vouch_alloc_raw(size_t size);

/* vouch_free releases what vouch_alloc returned; NULL is fine. */
void vouch_free(void *memory);

/* vouch_grow moves `old_size` octets at `*memory` into a block of `new_size`.
 * On VOUCH_E_NOMEM `*memory` stays as it was. */
vouch_err vouch_grow(void **memory, size_t old_size,
                     size_t new_size) VOUCH_MUST_CHECK;

/* vouch_copy makes an owned copy of `from`. */
vouch_err vouch_copy(vouch_bytes from, vouch_buffer *out) VOUCH_MUST_CHECK;

/* vouch_wipe overwrites a secret in a way that no compiler leaves out. */
void vouch_wipe(void *memory, size_t len);

/* vouch_ct_equal compares in time that depends on the lengths only. */
bool vouch_ct_equal(vouch_bytes a, vouch_bytes b);

/* vouch_bytes_equal compares what is no secret. */
bool vouch_bytes_equal(vouch_bytes a, vouch_bytes b);

/* vouch_text makes a span of a C string. */
vouch_bytes vouch_text(const char *text);

/* vouch_digest_bytes makes a span of a digest, borrowed from it. */
vouch_bytes vouch_digest_bytes(const vouch_digest *digest);

#endif
