/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_CONFIGS_H
#define VOUCH_TOOLS_SOAK_CONFIGS_H

/* The configurations that all sessions of a run share. */

#include "tools/bench/hosts.h"
#include "tools/soak/plan.h"

/* Evidence that the application makes and appraises by itself: the binder, the
 * epoch of the posture, and whether it is good. */
#define SOAK_FORMAT "application/vnd.vouch.soak"

/* Acceptances of these last longer than any run, or less long. */
enum { LONG_MS = 86400000, SHORT_MS = 12000 };

struct config_kind {
    const char *name;
    vouch_gate gate;
    vouch_asker asker;
    uint64_t max_age_ms, interval_ms;
    uint64_t within_ms; /* for an answer */
    bool stays;         /* goes on after a rejection */
    bool holds;         /* keeps early DATA */
    bool loses;         /* its DATA may have holes */
    bool peer_first;
    bool own_format; /* SOAK_FORMAT is preferred */
};

extern const struct config_kind config_kinds[];
extern const size_t num_config_kinds;

bool config_requires_peer(const struct config_kind *kind);

struct configs {
    vouch_config *of[SIDES][32];
};

void configs_make(struct configs *configs, const struct hosts *hosts);
void configs_free(struct configs *configs);

#endif
