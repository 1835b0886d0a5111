/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_DEBUG_STATUS_H
#define VOUCH_EVIDENCE_DEBUG_STATUS_H

#include <vouch/policy.h>

#include "proto/eat.h"

/* vouch_debug_status_holds tells whether a claims set and its submodules, each
 * by its own dbgstat, are as `rule` says (RFC 9711, 4.2.9). If not, `*culprit`
 * is the name of the submodule, or empty for the claims set itself. */
bool vouch_debug_status_holds(const struct vouch_eat *eat, vouch_debug rule,
                              vouch_bytes *culprit) VOUCH_MUST_CHECK;

#endif
