/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/measure.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <vouch/memory.h>

void need(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "%s: can not %s\n", program_invocation_short_name,
                what);
        exit(1);
    }
}

void need_ok(vouch_err err, const char *what)
{
    if (err != VOUCH_OK) {
        fprintf(stderr, "%s: can not %s: %s\n", program_invocation_short_name,
                what, vouch_err_name(err));
        exit(1);
    }
}

static double cpu_us(void)
{
    struct timespec time;

    need(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0,
         "read the clock of CPU time");
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

void stopwatch_start(struct stopwatch *watch)
{
    watch->since = cpu_us();
}

void stopwatch_stop(struct stopwatch *watch)
{
    watch->us += cpu_us() - watch->since;
}

/* The bench has one thread. */
static struct {
    uint64_t calls;
    size_t held;
    struct heap_account *account;
} heap;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void charge(struct heap_account *account, size_t octets)
{
    account->held += octets;
    account->most = larger(account->most, account->held);
    account->kept += octets + HEAP_BLOCK;
    account->most_kept = larger(account->most_kept, account->kept);
}

static void *allocate(void *arg, size_t size)
{
    void *memory = malloc(size);

    (void)arg;
    heap.calls++;
    heap.held += malloc_usable_size(memory);
    if (heap.account != NULL) {
        charge(heap.account, malloc_usable_size(memory));
    }
    return memory;
}

static void release(void *arg, void *memory)
{
    (void)arg;
    heap.held -= malloc_usable_size(memory);
    if (heap.account != NULL) {
        heap.account->held -= malloc_usable_size(memory);
        heap.account->kept -= malloc_usable_size(memory) + HEAP_BLOCK;
    }
    free(memory);
}

void heap_count(void)
{
    vouch_set_allocator(&(vouch_allocator){allocate, release, NULL});
}

uint64_t heap_calls(void)
{
    return heap.calls;
}

size_t heap_held(void)
{
    return heap.held;
}

void heap_charge(struct heap_account *account)
{
    heap.account = account;
}

size_t heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}
