/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_REGISTRY_H
#define VOUCH_EVIDENCE_REGISTRY_H

#include <stdatomic.h>

#include <vouch/limits.h>
#include <vouch/registry.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"

struct vouch_registry {
    atomic_uint refs;
    atomic_bool sealed;
    vouch_attester *attesters[VOUCH_LIMIT_FORMATS];
    size_t num_attesters;
    vouch_appraiser *appraisers[VOUCH_LIMIT_FORMATS];
    size_t num_appraisers;
};

/* vouch_registry_seal fixes it: nothing can be added any more. */
void vouch_registry_seal(vouch_registry *registry);

/* vouch_registry_appraisers are all of its appraisers, borrowed from it. */
struct vouch_appraisers vouch_registry_appraisers(
    const vouch_registry *registry);

/* vouch_registry_attester finds the one for `format`, or NULL. */
vouch_attester *vouch_registry_attester(const vouch_registry *registry,
                                        vouch_bytes format);

#endif
