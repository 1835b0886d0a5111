/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_HOSTILE_H
#define VOUCH_TOOLS_SOAK_HOSTILE_H

/* An end that is no vouch: it speaks TCP, mostly TLS, and then what its script
 * says. It must cost nobody but the session that it meets. */

#include "tools/soak/world.h"

extern const size_t num_scripts;

void hostile_open(struct end *end);
void hostile_step(struct end *end);
void hostile_close(struct end *end);

#endif
