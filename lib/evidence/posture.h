/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_POSTURE_H
#define VOUCH_EVIDENCE_POSTURE_H

/* What a side's behaviour depends on: named components with their digests, and
 * how often these have changed. */

#include <openssl/bytestring.h>

#include <vouch/evidence.h>

struct vouch_posture {
    uint64_t epoch;
    vouch_measurement *components; /* in the order of a deterministic map */
    size_t num;
};

/* vouch_posture_set sets one component; `*changed` tells whether it is new or
 * another than before. The epoch is the caller's. Errors: ARGUMENT, TOO_MANY,
 * NOMEM. */
vouch_err vouch_posture_set(struct vouch_posture *posture, const char *name,
                            const uint8_t sha256[32],
                            bool *changed) VOUCH_MUST_CHECK;

/* vouch_posture_copy copies into a posture without components. */
vouch_err vouch_posture_copy(const struct vouch_posture *from,
                             struct vouch_posture *to) VOUCH_MUST_CHECK;

/* vouch_posture_write_components writes them as in proto/digests.h. */
bool vouch_posture_write_components(const struct vouch_posture *posture,
                                    CBB *out) VOUCH_MUST_CHECK;

void vouch_posture_cleanup(struct vouch_posture *posture);

#endif
