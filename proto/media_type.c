/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/media_type.h"

#include <vouch/limits.h>

bool vouch_is_media_type(vouch_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7e) {
            return false;
        }
    }
    return text.len != 0 && text.len <= VOUCH_LIMIT_MEDIA_TYPE;
}
