/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/corim.h"

static const int64_t keys[VOUCH_CLAIMS] = {
    [VOUCH_CLAIM_NONCE] = 10,
    [VOUCH_CLAIM_AIK_PUB_HASH] = -80001,
    [VOUCH_CLAIM_UEID] = 256,
    [VOUCH_CLAIM_PROFILE] = 265,
    [VOUCH_CLAIM_IAT] = 6,
    [VOUCH_CLAIM_SOFTWARE_NAME] = 270,
    [VOUCH_CLAIM_SOFTWARE_VERSION] = 271,
    [VOUCH_CLAIM_MEASUREMENT] = -80002,
    [VOUCH_CLAIM_KERNEL] = -80003,
    [VOUCH_CLAIM_BOOT_ID] = -80004,
    [VOUCH_CLAIM_EPOCH] = -80005,
    [VOUCH_CLAIM_POSTURE] = -80007,
    [VOUCH_CLAIM_SECURITY_VERSION] = -80008,
    [VOUCH_CLAIM_EXP] = 4,
    [VOUCH_CLAIM_NBF] = 5,
    [VOUCH_CLAIM_OEM_ID] = 258,
    [VOUCH_CLAIM_HARDWARE_MODEL] = 259,
    [VOUCH_CLAIM_HARDWARE_VERSION] = 260,
    [VOUCH_CLAIM_UPTIME] = 261,
    [VOUCH_CLAIM_OEM_BOOT] = 262,
    [VOUCH_CLAIM_DEBUG_STATUS] = 263,
    [VOUCH_CLAIM_SUBMODULES] = 266,
    [VOUCH_CLAIM_BOOT_COUNT] = 267,
    [VOUCH_CLAIM_BOOT_SEED] = 268,
    [VOUCH_CLAIM_STATUS] = 1000,
    [VOUCH_CLAIM_VECTOR] = 1001,
    [VOUCH_CLAIM_VERIFIER_ID] = 1004,
};

int64_t vouch_claim_key(vouch_claim claim)
{
    return keys[claim];
}

vouch_claim vouch_claim_of_key(int64_t key)
{
    for (unsigned i = VOUCH_CLAIM_NONE + 1; i < VOUCH_CLAIMS; i++) {
        if (keys[i] == key) {
            return (vouch_claim)i;
        }
    }
    return VOUCH_CLAIM_NONE;
}
