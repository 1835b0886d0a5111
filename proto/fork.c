/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fork.h"

#include <stdatomic.h>

static atomic_uint generation;
static int failed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Read by a thread that defers forks, written by one that forks. Writers go
 * first, or a fork might wait for ever. Readers of such a lock must not nest,
 * so `deferred` counts the pairs that this thread is in. */
static pthread_rwlock_t forks =
    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static _Thread_local unsigned deferred;

/* A fork in the midst of `watch` leaves its child to register the handlers a
 * second time. Of the calls for one fork, only the outermost act. */
static _Thread_local unsigned handlers;

static void before(void)
{
    if (handlers++ == 0) {
        pthread_rwlock_wrlock(&forks);
    }
}

static void in_parent(void)
{
    if (--handlers == 0) {
        pthread_rwlock_unlock(&forks);
    }
}

/* The lock knows its writer by the number of its thread, which has changed: it
 * cannot be released here. No other thread is there to use it. */
static void in_child(void)
{
    if (--handlers == 0) {
        forks =
            (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
        atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
    }
}

static void watch(void)
{
    failed = pthread_atfork(before, in_parent, in_child);
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

void vouch_fork_defer(void)
{
    if (deferred++ == 0) {
        pthread_once(&once, watch);
        pthread_rwlock_rdlock(&forks);
    }
}

void vouch_fork_permit(void)
{
    if (--deferred == 0) {
        pthread_rwlock_unlock(&forks);
    }
}

void vouch_lock(pthread_mutex_t *mutex)
{
    vouch_fork_defer();
    pthread_mutex_lock(mutex);
}

void vouch_unlock(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
    vouch_fork_permit();
}
