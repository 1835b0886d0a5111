/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_BENCH_H
#define VOUCH_TOOLS_BENCH_BENCH_H

#include <stddef.h>

#include "tools/bench/hosts.h"

/* A subject measures its figures, each in `windows` windows. */
typedef void bench_subject(const struct hosts *hosts, size_t windows);

bench_subject bench_exchange, bench_authenticator, bench_mux, bench_memory,
    bench_engine, bench_flights, bench_floods;

#endif
