/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/contract.h"

#include "lib/keys/digest.h"
#include "proto/memory.h"

bool vouch_shows_binder(const vouch_result *result,
                        const vouch_digest *expected)
{
    /* A binder that is there and another's was made for somebody else. */
    if (result->level == VOUCH_LEVEL_KEY_BOUND && result->binder.len == 0) {
        return true;
    }
    return (result->level == VOUCH_LEVEL_BOUND ||
            result->level == VOUCH_LEVEL_KEY_BOUND) &&
           vouch_ct_equal(vouch_digest_bytes(&result->binder),
                          vouch_digest_bytes(expected));
}

/* An Attestation Result has SHA-256, for it may be older than the choice of a
 * suite. */
bool vouch_shows_aik(const vouch_result *result, const vouch_digest *expected,
                     vouch_bytes spki)
{
    vouch_bytes found = vouch_digest_bytes(&result->aik_pub_hash);
    uint8_t sha256[32];

    if (vouch_ct_equal(found, vouch_digest_bytes(expected))) {
        return true;
    }
    if (spki.len == 0) {
        return false;
    }
    vouch_sha256(spki, sha256);
    return vouch_ct_equal(found, (vouch_bytes){sha256, sizeof sha256});
}
