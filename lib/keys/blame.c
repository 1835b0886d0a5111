/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/blame.h"

#include <openssl/mem.h>

#include "proto/memory.h"

enum { A_LITTLE = 4096 };

bool vouch_is_own(vouch_err err)
{
    return err == VOUCH_E_NOMEM || err == VOUCH_E_CRYPTO;
}

bool vouch_memory_is_short(void)
{
    void *own = vouch_alloc_raw(A_LITTLE);
    void *theirs = OPENSSL_malloc(A_LITTLE);
    bool is_short = own == NULL || theirs == NULL;

    OPENSSL_free(theirs);
    vouch_free(own);
    return is_short;
}
