/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/fork.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_uint generation;
static int failed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void in_child(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void watch(void)
{
    failed = pthread_atfork(NULL, NULL, in_child);
}

vouch_err vouch_fork_watch(void)
{
    return pthread_once(&once, watch) == 0 && failed == 0 ? VOUCH_OK
                                                          : VOUCH_E_NOMEM;
}

/* Asked on every call: no system call. */
unsigned vouch_fork_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed);
}
