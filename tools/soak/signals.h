/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_SIGNALS_H
#define VOUCH_TOOLS_SOAK_SIGNALS_H

#include <stdint.h>

/* signals_handle has SIGINT and SIGTERM end the load early, and a crash or an
 * endless loop end the program with a FOUND line. */
void signals_handle(uint64_t seed);

/* signals_alive says that there is no endless loop: call it at least once for
 * each minute of CPU time. */
void signals_alive(void);

#endif
