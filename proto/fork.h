/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_FORK_H
#define VOUCH_PROTO_FORK_H

/*
 * What fork(2) does to the library. A child must not speak for its parent, so
 * that it can be told from it; and it must not inherit a lock that another
 * thread of the parent held, since nobody would ever release that.
 *
 * Locks of this library, and those that BoringSSL and PSA Crypto have in what
 * threads share, are therefore held between vouch_fork_defer and
 * vouch_fork_permit only. A fork waits until no thread is between the two.
 */

#include <pthread.h>

#include <vouch/base.h>

/* vouch_fork_watch tells whether forks are seen. Whatever makes an object that
 * relies on that calls it. VOUCH_E_NOMEM: they are not, and never will be. */
vouch_err vouch_fork_watch(void) VOUCH_MUST_CHECK;

/* vouch_fork_generation gives another number in a child than in its parent. */
unsigned vouch_fork_generation(void);

/* vouch_fork_defer has forks wait until vouch_fork_permit. Pairs of them may be
 * nested. Between them nothing waits for another thread but to take a lock, and
 * nothing forks. */
void vouch_fork_defer(void);
void vouch_fork_permit(void);

/* vouch_lock and vouch_unlock are the only way to use a mutex in this library:
 * forks wait until it is unlocked. */
void vouch_lock(pthread_mutex_t *mutex);
void vouch_unlock(pthread_mutex_t *mutex);

#endif
