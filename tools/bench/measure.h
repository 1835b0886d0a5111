/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_MEASURE_H
#define VOUCH_TOOLS_BENCH_MEASURE_H

/* Clock and heap. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vouch/base.h>

/* need and need_ok end the program with status 1 when what was necessary to
 * measure anything did not happen. */
void need(bool done, const char *what);
void need_ok(vouch_err err, const char *what);

/* A stopwatch adds up the CPU time of this thread, that of the kernel for it
 * included, in microseconds. */
struct stopwatch {
    double us;
    double since;
};
void stopwatch_start(struct stopwatch *watch);
void stopwatch_stop(struct stopwatch *watch);

/* heap_count makes the library's own memory countable from here on. */
void heap_count(void);

/* heap_calls tells how often the library has asked for memory so far;
 * heap_held how many octets it has now, those that malloc adds to fill a block
 * included. */
uint64_t heap_calls(void);
size_t heap_held(void);

/* What malloc spends on a block besides its octets, as it is counted here. */
enum { HEAP_BLOCK = 16 };

/* An account is of the library's memory for one end of a connection: in octets,
 * and with HEAP_BLOCK for each block. */
struct heap_account {
    size_t held, most;
    size_t kept, most_kept;
};

/* heap_charge has what the library asks for and gives back from here on counted
 * for `account`, too; NULL: for none. */
void heap_charge(struct heap_account *account);

/* heap_in_use tells how many octets the whole program has of malloc. */
size_t heap_in_use(void);

#endif
