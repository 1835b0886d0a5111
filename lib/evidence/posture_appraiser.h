/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_POSTURE_APPRAISER_H
#define VOUCH_EVIDENCE_POSTURE_APPRAISER_H

#include <vouch/posture.h>

#include "lib/evidence/appraiser.h"

/* Takes any components. */
extern const vouch_appraiser vouch_any_posture;

#endif
