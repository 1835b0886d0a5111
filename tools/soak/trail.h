/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_TRAIL_H
#define VOUCH_TOOLS_SOAK_TRAIL_H

/* What happened to one side of a connection lately. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TRAIL_STEPS = 64 };

struct trail {
    struct {
        uint64_t at_ms;
        const char *what; /* static */
        uint64_t exchange, number;
    } step[TRAIL_STEPS];
    uint64_t steps; /* in all */
};

void trail_add(struct trail *trail, uint64_t at_ms, const char *what,
               uint64_t exchange, uint64_t number);
void trail_print(const struct trail *trail, FILE *out);

#endif
