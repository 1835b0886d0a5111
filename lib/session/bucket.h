/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SESSION_BUCKET_H
#define VOUCH_SESSION_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* A token bucket: `per_minute` at once, and as many a minute after that. */
struct bucket {
    uint64_t last;  /* when it was last filled */
    uint32_t level; /* 60,000 to a token */
    uint32_t per_minute;
};

void vouch_bucket_init(struct bucket *bucket, uint32_t per_minute,
                       uint64_t now);

/* vouch_bucket_take takes a token. False: there is none. */
bool vouch_bucket_take(struct bucket *bucket, uint64_t now);

/* vouch_bucket_wait returns milliseconds until there is a token. */
uint64_t vouch_bucket_wait(const struct bucket *bucket);

#endif
