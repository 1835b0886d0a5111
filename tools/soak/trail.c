/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/trail.h"

#include <inttypes.h>

void trail_add(struct trail *trail, uint64_t at_ms, const char *what,
               uint64_t exchange, uint64_t number)
{
    size_t i = trail->steps++ % TRAIL_STEPS;

    trail->step[i].at_ms = at_ms;
    trail->step[i].what = what;
    trail->step[i].exchange = exchange;
    trail->step[i].number = number;
}

void trail_print(const struct trail *trail, FILE *out)
{
    uint64_t first =
        trail->steps > TRAIL_STEPS ? trail->steps - TRAIL_STEPS : 0;

    for (uint64_t i = first; i < trail->steps; i++) {
        size_t at = i % TRAIL_STEPS;

        fprintf(out, "  %8" PRIu64 " ms  %s", trail->step[at].at_ms,
                trail->step[at].what);
        if (trail->step[at].exchange != 0) {
            fprintf(out, " exchange %016" PRIx64, trail->step[at].exchange);
        }
        fprintf(out, " %" PRIu64 "\n", trail->step[at].number);
    }
}
