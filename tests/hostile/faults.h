/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_FAULTS_H
#define VOUCH_TESTS_HOSTILE_FAULTS_H

/*
 * The library's memory and random numbers: counted, repeatable, and taken away
 * when a step says so. The library's allocator is replaced (memory.h); its
 * RAND_bytes is the linker's --wrap=RAND_bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call before anything else of the library. */
void faults_install(void);

/* Octets that are live, 16 for each block included, and the most there were
 * since the mark. */
size_t faults_live(void);
size_t faults_peak(void);
void faults_mark(void);

/* The n-th allocation from now fails (0: none), and all after it if `for_good`;
 * likewise random numbers. */
void faults_fail_allocation(unsigned n, bool for_good);
void faults_fail_random(bool fails);
void faults_repeat_random(bool repeats);
/* Whether one of them has failed since this was called last. */
bool faults_fired(void);

/* Random numbers follow from `seed`. */
void faults_seed(uint64_t seed);

#endif
