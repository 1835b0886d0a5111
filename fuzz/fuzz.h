/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_FUZZ_FUZZ_H
#define VOUCH_FUZZ_FUZZ_H

/*
 * What every target shares. A target is one file with LLVMFuzzerTestOneInput;
 * libFuzzer drives it, and fuzz/replay.c runs its corpus as an ordinary test.
 */

#include <stdio.h>
#include <stdlib.h>

#include <vouch/base.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed);

/* FUZZ_CHECK is an assertion that is never compiled out. */
#define FUZZ_CHECK(condition)                                               \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* fuzz_within checks that `span` is empty or lies within `whole`. */
static inline void fuzz_within(vouch_bytes span, vouch_bytes whole)
{
    if (span.len != 0) {
        uintptr_t first = (uintptr_t)whole.data;
        uintptr_t start = (uintptr_t)span.data;

        FUZZ_CHECK(span.len <= whole.len);
        FUZZ_CHECK(start >= first);
        FUZZ_CHECK(start - first <= whole.len - span.len);
    }
}

#endif
