/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_LOAD_H
#define VOUCH_TOOLS_SOAK_LOAD_H

#include "tools/soak/world.h"

/* load_run has connections in all places until `until_ms` of the monotonic
 * clock, or until it is to stop, and ends them all. */
void load_run(struct world *world, uint64_t until_ms);

/* load_stop, which a signal may call, has load_run end early; load_stopped
 * tells whether it was called. */
void load_stop(void);
bool load_stopped(void);

#endif
