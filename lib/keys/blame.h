/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_BLAME_H
#define VOUCH_KEYS_BLAME_H

#include <vouch/base.h>

/*
 * Whose fault a failure is: only what the peer did wrong is a rejection
 * (proto/README.md, 10). BoringSSL does not always tell a signature that is
 * wrong from memory that ran out while it was verified. So what blames the peer
 * is computed once more, and not believed while memory is short.
 */

/* vouch_is_own tells whether an error is a failure of this machine. */
bool vouch_is_own(vouch_err err);

/* vouch_memory_is_short tells whether there is not even a little to be had,
 * from the library's allocator or from BoringSSL's. */
bool vouch_memory_is_short(void);

#endif
