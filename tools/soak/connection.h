/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_CONNECTION_H
#define VOUCH_TOOLS_SOAK_CONNECTION_H

#include "tools/soak/world.h"

/* connection_step begins the next connection of a place, lets both ends go on
 * that are ready or due, and ends it when its time has come. */
void connection_step(struct connection *connection);

/* connection_due is when it is to be called again in any case. */
uint64_t connection_due(const struct connection *connection);

/* connection_wind_down has it end now; connection_cut at once. */
void connection_wind_down(struct connection *connection);
void connection_cut(struct connection *connection);

#endif
