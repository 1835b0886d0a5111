/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_CONTRACT_H
#define VOUCH_EVIDENCE_CONTRACT_H

/* A bare yes accepts nothing: a result shows what was checked, and whoever
 * relies on it compares that once more (design, Appraisal cannot be skipped).
 * Both compare in constant time. */

#include <vouch/evidence.h>

/* vouch_shows_binder: of a bound result the binder is `expected`; of a
 * key-bound one too, if there is one. */
bool vouch_shows_binder(const vouch_result *result,
                        const vouch_digest *expected) VOUCH_MUST_CHECK;

/* vouch_shows_aik: the AIK hash is `expected`, or SHA-256 of `spki`, which may
 * be empty. */
bool vouch_shows_aik(const vouch_result *result, const vouch_digest *expected,
                     vouch_bytes spki) VOUCH_MUST_CHECK;

#endif
