/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/bucket.h"

#include <vouch/limits.h>

enum { TOKEN = 60000 };

_Static_assert(VOUCH_LIMIT_REQUESTS_PER_MINUTE <= UINT32_MAX / TOKEN &&
                   VOUCH_LIMIT_STRAYS_PER_MINUTE <= UINT32_MAX / TOKEN,
               "a full bucket fits");

void vouch_bucket_init(struct bucket *bucket, uint32_t per_minute, uint64_t now)
{
    *bucket = (struct bucket){now, per_minute * TOKEN, per_minute};
}

bool vouch_bucket_take(struct bucket *bucket, uint64_t now)
{
    uint64_t full = (uint64_t)bucket->per_minute * TOKEN;
    uint64_t elapsed = now - bucket->last;
    uint64_t level =
        elapsed >= TOKEN ? full : bucket->level + elapsed * bucket->per_minute;

    bucket->last = now;
    bucket->level = (uint32_t)(level < full ? level : full);
    if (bucket->level < TOKEN) {
        return false;
    }
    bucket->level -= TOKEN;
    return true;
}

uint64_t vouch_bucket_wait(const struct bucket *bucket)
{
    return bucket->level >= TOKEN
               ? 0
               : (TOKEN - bucket->level) / bucket->per_minute + 1;
}
