/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/tier.h"

static unsigned rank(vouch_tier tier)
{
    switch (tier) {
    case VOUCH_TIER_AFFIRMING:
        return 0;
    case VOUCH_TIER_NONE:
        return 1;
    case VOUCH_TIER_WARNING:
        return 2;
    case VOUCH_TIER_CONTRAINDICATED:
    default:
        return 3;
    }
}

vouch_tier vouch_tier_worse(vouch_tier a, vouch_tier b)
{
    return rank(a) > rank(b) ? a : b;
}

int8_t vouch_claim_worse(int8_t a, int8_t b)
{
    if (a == 0) {
        return b;
    }
    if (b == 0 || rank(vouch_tier_of(a)) > rank(vouch_tier_of(b))) {
        return a;
    }
    return b;
}
