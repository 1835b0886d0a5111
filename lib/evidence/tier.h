/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_TIER_H
#define VOUCH_EVIDENCE_TIER_H

#include <vouch/evidence.h>

/* vouch_tier_worse returns the less trustworthy of two tiers: affirming is
 * best, then none, warning, contraindicated. */
vouch_tier vouch_tier_worse(vouch_tier a, vouch_tier b);

/* vouch_claim_worse does so for two trustworthiness claims of one category, of
 * which 0 makes none (draft-ietf-rats-ar4si, 2.3.2). */
int8_t vouch_claim_worse(int8_t a, int8_t b);

#endif
