/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SESSION_FORK_H
#define VOUCH_SESSION_FORK_H

#include <vouch/base.h>

/* vouch_fork_watch makes vouch_fork_generation tell children from their
 * parents: it gives another number in a child. Before the first
 * vouch_fork_watch a fork goes unseen. */
vouch_err vouch_fork_watch(void) VOUCH_MUST_CHECK;
unsigned vouch_fork_generation(void);

#endif
