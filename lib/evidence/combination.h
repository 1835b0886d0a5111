/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_COMBINATION_H
#define VOUCH_EVIDENCE_COMBINATION_H

/* What the results of several messages about one peer come to, together: in
 * each respect the worst. */

#include <openssl/sha.h>

#include <vouch/evidence.h>

struct vouch_combination {
    vouch_result total;
    size_t num_platforms;    /* that say something of a platform */
    size_t num_accompanying; /* that go beside these */
    SHA256_CTX anchors, policies;
};

void vouch_combination_begin(struct vouch_combination *combination);

/* vouch_combine adds an accepted result. False when it does not go with those
 * before: then it has become a rejection. */
bool vouch_combine(struct vouch_combination *combination, bool accompanies,
                   vouch_result *result) VOUCH_MUST_CHECK;

/* vouch_combination_end writes what it comes to; `octets` are the whole CMW. A
 * rejection when nothing was about a platform. */
void vouch_combination_end(struct vouch_combination *combination,
                           vouch_bytes octets, vouch_result *out);

#endif
