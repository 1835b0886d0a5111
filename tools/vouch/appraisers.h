/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_APPRAISERS_H
#define VOUCH_TOOLS_APPRAISERS_H

#include <vouch/corim.h>
#include <vouch/registry.h>

/* appraiser_new makes the appraiser that goes with a policy; VOUCH_E_ARGUMENT
 * when nobody reads its format. */
vouch_err appraiser_new(vouch_policy *policy,
                        vouch_appraiser **out) VOUCH_MUST_CHECK;

/* is_of_results tells whether a format is of Attestation Results. */
bool is_of_results(const char *format);

/* appraisers_of makes one for each policy; evidence_of and results_of for those
 * alone that are of Evidence, and of Attestation Results. */
vouch_err appraisers_of(const vouch_corim *corim,
                        vouch_registry **out) VOUCH_MUST_CHECK;
vouch_err evidence_of(const vouch_corim *corim,
                      vouch_registry **out) VOUCH_MUST_CHECK;
vouch_err results_of(const vouch_corim *corim,
                     vouch_registry **out) VOUCH_MUST_CHECK;

#endif
