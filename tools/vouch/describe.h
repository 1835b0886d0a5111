/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_DESCRIBE_H
#define VOUCH_TOOLS_DESCRIBE_H

#include <jansson.h>

#include <vouch/evidence.h>

/* What results say, by name. */

/* describe_attester is one word for a format: of a shipped attester "software"
 * or "passport", else "other"; "none" for no format. */
const char *describe_attester(vouch_bytes format);

/* describe_stages is how far each came; describe_vector the trustworthiness
 * claims that are made, by category; describe_claims an array of names. */
json_t *describe_stages(const vouch_progress stages[VOUCH_STAGES]);
json_t *describe_vector(const int8_t vector[VOUCH_CATEGORIES]);
json_t *describe_claims(uint64_t claims);

#endif
