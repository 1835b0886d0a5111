/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/figures.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/measure.h"

enum bound { NO_AIM, AT_MOST, AT_LEAST };

static const struct {
    const char *name;
    int decimals;
    enum bound bound;
    double aim;
} kinds[FIGURES] = {
    [EXCHANGE_OVER_FLOOR] = {"exchange_over_floor", 3, AT_MOST, 1.10},
    [REATTEST_OVER_HANDSHAKE] = {"reattest_over_handshake", 3, NO_AIM, 0},
    [CREATE_OVER_SIGN_1K] = {"create_over_sign_1k", 3, AT_MOST, 1.15},
    [VALIDATE_OVER_VERIFY_1K] = {"validate_over_verify_1k", 3, AT_MOST, 1.15},
    [MUX_OVER_PLAIN] = {"mux_over_plain", 3, AT_LEAST, 0.97},
    [MUX_OVER_PLAIN_256] = {"mux_over_plain_256", 3, AT_LEAST, 0.90},
    [ALLOCS_PER_EXCHANGE] = {"allocs_per_exchange", 1, AT_MOST, 24},
    [SESSION_BYTES_IDLE] = {"session_bytes_idle", 0, AT_MOST, 1024},
    [SESSION_BYTES_PEAK] = {"session_bytes_peak", 0, AT_MOST, 57344},
    [SESSION_HEAP_IDLE] = {"session_heap_idle", 0, NO_AIM, 0},
    [SSL_BYTES] = {"ssl_bytes", 0, NO_AIM, 0},
    [SHARED_BYTES] = {"shared_bytes", 0, NO_AIM, 0},
    [ENGINE_NS_PER_EXCHANGE] = {"engine_ns_per_exchange", 0, NO_AIM, 0},
    [SESSIONS_SCALING] = {"sessions_scaling", 3, AT_MOST, 1.25},
    [FLIGHTS_TO_OPEN_GATE] = {"flights_to_open_gate", 0, AT_MOST, 2},
    [FLOOD_OCTETS_KEPT_MAX] = {"flood_octets_kept_max", 3, AT_MOST, 4},
    [FLOOD_NS_PER_OCTET_MAX] = {"flood_ns_per_octet_max", 1, NO_AIM, 0},
};

struct samples {
    size_t num;
    double value[WINDOWS_MAX];
};

struct summary {
    double median, least, greatest;
};

static struct samples ratios[FIGURES], numerators[FIGURES],
    denominators[FIGURES];

static void add(struct samples *samples, double value)
{
    need(samples->num < WINDOWS_MAX, "keep more windows");
    samples->value[samples->num++] = value;
}

void figures_add(enum figure figure, double value)
{
    add(&ratios[figure], value);
}

void figures_add_ratio(enum figure figure, double a_us, double b_us)
{
    need(b_us > 0, "divide by a time of 0");
    add(&ratios[figure], a_us / b_us);
    add(&numerators[figure], a_us);
    add(&denominators[figure], b_us);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct summary summary_of(const struct samples *samples)
{
    struct samples sorted = *samples;
    double *value = sorted.value;
    size_t num = sorted.num;

    qsort(value, num, sizeof value[0], compare);
    return (struct summary){(value[(num - 1) / 2] + value[num / 2]) / 2,
                            value[0], value[num - 1]};
}

static void print_aim(enum figure figure, double median)
{
    static const char *const signs[] = {
        [NO_AIM] = "", [AT_MOST] = "<=", [AT_LEAST] = ">="};
    enum bound bound = kinds[figure].bound;
    double aim = kinds[figure].aim;
    bool met = bound == AT_MOST ? median <= aim : median >= aim;

    if (bound != NO_AIM) {
        printf(" %2s %-7g %-4s", signs[bound], aim, met ? "" : "over");
    } else {
        printf(" %15s", "");
    }
}

static void print_row(enum figure figure)
{
    struct summary summary = summary_of(&ratios[figure]);
    int decimals = kinds[figure].decimals;
    char spread[64];

    snprintf(spread, sizeof spread, "%.*f..%.*f", decimals, summary.least,
             decimals, summary.greatest);
    printf("%-24s %10.*f %20s", kinds[figure].name, decimals, summary.median,
           spread);
    print_aim(figure, summary.median);
    if (numerators[figure].num != 0) {
        printf(" %.1f us / %.1f us", summary_of(&numerators[figure]).median,
               summary_of(&denominators[figure]).median);
    }
    printf("\n");
}

void figures_print_table(void)
{
    printf("%-24s %10s %20s  %-14s %s\n", "figure", "median", "spread", "aim",
           "medians that it divides");
    for (int i = 0; i < FIGURES; i++) {
        if (ratios[i].num != 0) {
            print_row((enum figure)i);
        }
    }
}

void figures_print_json(void)
{
    const char *separator = "{";

    for (int i = 0; i < FIGURES; i++) {
        if (ratios[i].num != 0) {
            struct summary summary = summary_of(&ratios[i]);

            printf("%s\"%s\":%.4f,\"%s_spread\":%.4f", separator, kinds[i].name,
                   summary.median, kinds[i].name,
                   summary.greatest - summary.least);
            separator = ",";
        }
    }
    printf("}\n");
}
