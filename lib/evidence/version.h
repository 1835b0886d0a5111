/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_VERSION_H
#define VOUCH_EVIDENCE_VERSION_H

#include <vouch/base.h>

/* vouch_version_is_at_least compares versions that are decimal numbers with
 * dots between (RFC 9393, 4.1, multipartnumeric), part by part; a part that is
 * missing counts as 0. False when one of them is not so. */
bool vouch_version_is_at_least(vouch_bytes version, vouch_bytes least);

#endif
