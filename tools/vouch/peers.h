/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_PEERS_H
#define VOUCH_TOOLS_PEERS_H

#include "tools/vouch/bundle.h"

/* The peers that a directory trusts. */
struct peers {
    struct bundle *bundle;
    size_t num;
};

/* peers_load loads the peer `name`, or all of them when that is NULL. It says
 * why not, and returns false; none at all is a reason. */
bool peers_load(const char *directory, const char *name, struct peers *out);
void peers_free(struct peers *peers);

#endif
