/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_FIGURES_H
#define VOUCH_TOOLS_BENCH_FIGURES_H

/* What the bench finds out: for each figure one value a window. */

#include <stdbool.h>
#include <stddef.h>

enum { WINDOWS_MIN = 1, WINDOWS_MAX = 99, WINDOWS_DEFAULT = 15 };

enum figure {
    EXCHANGE_OVER_FLOOR,
    REATTEST_OVER_HANDSHAKE,
    CREATE_OVER_SIGN_1K,
    VALIDATE_OVER_VERIFY_1K,
    MUX_OVER_PLAIN,
    MUX_OVER_PLAIN_256,
    ALLOCS_PER_EXCHANGE,
    SESSION_BYTES_IDLE,
    SESSION_BYTES_PEAK,
    SESSION_HEAP_IDLE,
    SSL_BYTES,
    SHARED_BYTES,
    ENGINE_NS_PER_EXCHANGE,
    SESSIONS_SCALING,
    FLIGHTS_TO_OPEN_GATE,
    FLOOD_OCTETS_KEPT_MAX,
    FLOOD_NS_PER_OCTET_MAX,
    FIGURES
};

void figures_add(enum figure figure, double value);

/* figures_add_ratio adds a / b, and keeps both for the table. */
void figures_add_ratio(enum figure figure, double a_us, double b_us);

/* Both print the median of the windows and their spread, from the least to the
 * greatest, of the figures that have values: for people, and as one line that
 * is a JSON object of numbers. */
void figures_print_table(void);
void figures_print_json(void);

#endif
