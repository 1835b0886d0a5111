/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_PEERS_H
#define VOUCH_TOOLS_PEERS_H

#include "tools/vouch/bundle.h"

#define PEERS "peers"
/* Of each of them, see self.h. */
#define PEER_BUNDLE "bundle.json"
#define PEER_POLICY "policy.corim"
/* Where one is made, and where an old one is until it is gone. */
#define PEER_BESIDE ".peer."

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
