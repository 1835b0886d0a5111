/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/faults.h"

#include <stdlib.h>

#include <vouch/memory.h>

enum { BLOCK = 16 };

static struct {
    size_t live, peak;
    unsigned countdown;
    bool for_good, failing;
    bool random_fails, random_repeats;
    bool fired;
    uint64_t random, kept;
} state;

int __wrap_RAND_bytes(uint8_t *out, size_t len);

static void *allocate(void *arg, size_t size)
{
    size_t *block;

    (void)arg;
    if (state.countdown != 0 && --state.countdown == 0) {
        state.failing = true;
    }
    if (state.failing) {
        state.failing = state.for_good;
        state.fired = true;
        return NULL;
    }
    block = malloc(BLOCK + size);
    if (block == NULL) {
        return NULL;
    }
    *block = BLOCK + size;
    state.live += BLOCK + size;
    state.peak = state.live > state.peak ? state.live : state.peak;
    return (uint8_t *)block + BLOCK;
}

static void release(void *arg, void *memory)
{
    size_t *block = (size_t *)(void *)((uint8_t *)memory - BLOCK);

    (void)arg;
    state.live -= *block;
    free(block);
}

void faults_install(void)
{
    static const vouch_allocator allocator = {allocate, release, NULL};

    vouch_set_allocator(&allocator);
}

size_t faults_live(void)
{
    return state.live;
}

size_t faults_peak(void)
{
    return state.peak;
}

void faults_mark(void)
{
    state.peak = state.live;
}

void faults_fail_allocation(unsigned n, bool for_good)
{
    state.countdown = n;
    state.for_good = for_good;
    state.failing = false;
}

void faults_fail_random(bool fails)
{
    state.random_fails = fails;
}

void faults_repeat_random(bool repeats)
{
    state.random_repeats = repeats;
    state.kept = state.random;
}

bool faults_fired(void)
{
    bool fired = state.fired;

    state.fired = false;
    return fired;
}

void faults_seed(uint64_t seed)
{
    state.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t next(void)
{
    uint64_t z = state.random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int __wrap_RAND_bytes(uint8_t *out, size_t len)
{
    if (state.random_fails) {
        state.fired = true;
        return 0;
    }
    if (state.random_repeats) {
        state.random = state.kept;
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)next();
    }
    return 1;
}
