/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/debug_status.h"

#include <vouch/limits.h>

/* Claims sets whose submodules are being looked at. */
struct level {
    CBS in;
    size_t num;
};

static bool is_right(const struct vouch_eat *eat, vouch_debug rule)
{
    switch (rule) {
    case VOUCH_DEBUG_ALLOWED:
        return true;
    case VOUCH_DEBUG_NOT_ENABLED:
        return !eat->has_dbgstat || eat->dbgstat != VOUCH_EAT_DEBUG_ENABLED;
    case VOUCH_DEBUG_DISABLED:
    default:
        return eat->has_dbgstat && eat->dbgstat != VOUCH_EAT_DEBUG_ENABLED;
    }
}

/* What can not be looked into can not be found right. */
static bool submodule_is_right(const struct vouch_eat_submodule *submodule,
                               vouch_debug rule, struct vouch_eat *eat)
{
    return submodule->claims.len != 0 &&
           vouch_eat_decode(submodule->claims, VOUCH_CBOR_DEFINITE, eat,
                            NULL) == VOUCH_OK &&
           is_right(eat, rule);
}

static struct level submodules_of(const struct vouch_eat *eat)
{
    struct level level;

    level.in = vouch_eat_submodules(eat, &level.num);
    return level;
}

/* RFC 9711, 4.2.9: a submodule inherits nothing [T08]. Maps within maps have
 * the limit of CBOR's depth. */
bool vouch_debug_status_holds(const struct vouch_eat *eat, vouch_debug rule,
                              vouch_bytes *culprit)
{
    struct level levels[VOUCH_LIMIT_CBOR_DEPTH];
    size_t depth = 0;

    *culprit = (vouch_bytes){NULL, 0};
    if (rule == VOUCH_DEBUG_ALLOWED) {
        return true;
    }
    if (!is_right(eat, rule)) {
        return false;
    }
    levels[depth++] = submodules_of(eat);
    while (depth != 0) {
        struct level *level = &levels[depth - 1];
        struct vouch_eat_submodule submodule;
        struct vouch_eat claims;

        if (level->num == 0) {
            depth--;
            continue;
        }
        level->num--;
        if (!vouch_eat_next_submodule(&level->in, &submodule)) {
            return false;
        }
        *culprit = submodule.name;
        if (!submodule_is_right(&submodule, rule, &claims) ||
            depth == VOUCH_LIMIT_CBOR_DEPTH) {
            return false;
        }
        levels[depth++] = submodules_of(&claims);
    }
    return true;
}
