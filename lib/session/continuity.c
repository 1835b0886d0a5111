/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "lib/evidence/appraisal.h"
#include "lib/evidence/reason.h"
#include "lib/keys/digest.h"

/*
 * What only this side of this connection can know about evidence that is good
 * by itself: that it is of the posture told last, of the same instance, and no
 * step back. design, Continuity.
 */

/* The epoch that the peer told last is the one that counts. */
static bool is_of_this_epoch(const vouch_session *s, const vouch_result *result,
                             vouch_reason *reason)
{
    if (!result->has_epoch || result->epoch == s->peer_epoch) {
        return true;
    }
    *reason = (vouch_reason){.check = VOUCH_CHECK_POSTURE,
                             .claim = VOUCH_CLAIM_EPOCH};
    vouch_reason_number(reason->expected, (int64_t)s->peer_epoch);
    vouch_reason_number(reason->found, (int64_t)result->epoch);
    return false;
}

/* design, Continuity: zero, masked or absent never matches. */
static bool is_same_instance(const vouch_session *s, const vouch_result *result,
                             vouch_reason *reason)
{
    const struct continuity *last = &s->last;
    vouch_bytes ueid = vouch_ueid_bytes(&result->ueid);
    uint8_t digest[32], any = 0;

    if (!s->config->pin_instance) {
        return true;
    }
    for (size_t i = 1; i < ueid.len; i++) { /* behind its type */
        any |= ueid.data[i];
    }
    if (any != 0) {
        vouch_sha256(ueid, digest);
        if (!last->has_ueid ||
            memcmp(digest, last->ueid_digest, sizeof digest) == 0) {
            return true;
        }
    }
    *reason = (vouch_reason){.check = VOUCH_CHECK_CONTINUITY,
                             .claim = VOUCH_CLAIM_UEID};
    strcpy(reason->expected,
           last->has_ueid ? "the instance accepted before" : "an instance");
    vouch_reason_hex(reason->found, ueid);
    return false;
}

static bool is_no_regression(const vouch_session *s, const vouch_result *result,
                             vouch_reason *reason)
{
    const struct continuity *last = &s->last;

    if (!s->config->refuse_regression ||
        (result->has_security_version &&
         (!last->has_security_version ||
          result->security_version >= last->security_version))) {
        return true;
    }
    *reason = (vouch_reason){.check = VOUCH_CHECK_CONTINUITY,
                             .claim = VOUCH_CLAIM_SECURITY_VERSION,
                             .name = "regression"};
    vouch_reason_number(reason->expected, (int64_t)last->security_version);
    if (result->has_security_version) {
        vouch_reason_number(reason->found, (int64_t)result->security_version);
    }
    return false;
}

bool vouch_continuity_is_same_aik(const vouch_session *s, vouch_bytes aik_spki,
                                  vouch_reason *reason)
{
    uint8_t digest[32];

    vouch_sha256(aik_spki, digest);
    if (!s->last.has_aik ||
        memcmp(digest, s->last.aik_digest, sizeof digest) == 0) {
        return true;
    }
    *reason = (vouch_reason){.check = VOUCH_CHECK_IDENTITY};
    strcpy(reason->expected, "the AIK accepted before");
    strcpy(reason->found, "another AIK");
    return false;
}

bool vouch_continuity_holds(const vouch_session *s, vouch_bytes aik_spki,
                            const vouch_result *result, vouch_reason *reason)
{
    /* Another may have been accepted since this one's answer came. */
    return vouch_continuity_is_same_aik(s, aik_spki, reason) &&
           is_of_this_epoch(s, result, reason) &&
           is_same_instance(s, result, reason) &&
           is_no_regression(s, result, reason);
}

void vouch_continuity_remember(struct continuity *last, vouch_bytes aik_spki,
                               const vouch_result *result)
{
    vouch_bytes ueid = vouch_ueid_bytes(&result->ueid);

    last->has_aik = true;
    vouch_sha256(aik_spki, last->aik_digest);
    if (ueid.len != 0) {
        last->has_ueid = true;
        vouch_sha256(ueid, last->ueid_digest);
    }
    if (result->has_security_version) {
        last->has_security_version = true;
        last->security_version = result->security_version;
    }
}
