/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/extension.h"

bool vouch_extension_take(CBS *block, struct vouch_extension *out)
{
    return vouch_read_u16(block, &out->type) &&
           vouch_read_vector16(block, 0, 0xffff, &out->body);
}

void vouch_extension_start(struct vouch_extension_block *block,
                           const CBS *octets)
{
    block->rest = *octets;
    block->num = 0;
}

static bool was_seen(const struct vouch_extension_block *block, uint16_t type)
{
    for (size_t i = 0; i < block->num; i++) {
        if (block->seen[i] == type) {
            return true;
        }
    }
    return false;
}

vouch_err vouch_extension_next(struct vouch_extension_block *block,
                               struct vouch_extension *out)
{
    struct vouch_extension extension;

    if (!vouch_extension_take(&block->rest, &extension)) {
        return VOUCH_E_DECODE;
    }
    /* RFC 8446, 4.2: no two of the same type in one block */
    if (was_seen(block, extension.type)) {
        return VOUCH_E_DUPLICATE;
    }
    if (block->num == VOUCH_LIMIT_EXTENSIONS) {
        return VOUCH_E_TOO_MANY;
    }
    block->seen[block->num++] = extension.type;
    *out = extension;
    return VOUCH_OK;
}
