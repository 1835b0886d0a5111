/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_APPRAISAL_H
#define VOUCH_EVIDENCE_APPRAISAL_H

/* One appraisal on its way through its steps, whatever the format. */

#include "lib/evidence/appraiser.h"
#include "lib/evidence/policy.h"

/* The first member of what an appraiser keeps while it works. */
struct vouch_appraisal {
    const vouch_policy *policy;
    const vouch_expectation *expected;
    vouch_result *result;
};

/* A step is false when it has rejected. Of the steps of one format, in their
 * order, the first that rejects decides. */
struct vouch_step {
    vouch_stage stage;
    bool (*run)(struct vouch_appraisal *appraisal);
};

/* vouch_run_steps runs them, and says in the result how far each stage came,
 * and after a rejection which tier that makes. */
bool vouch_run_steps(struct vouch_appraisal *appraisal,
                     const struct vouch_step *steps,
                     size_t num) VOUCH_MUST_CHECK;

/* These fill the result with a rejection (or as vouch_reject does), and are
 * false. `expected` and `found`
 * may be empty; where nothing was found and `err` would say nothing,
 * VOUCH_E_CLAIM_MISSING does. */
bool vouch_rejected(struct vouch_appraisal *appraisal, vouch_check check,
                    vouch_claim claim, vouch_err err);
bool vouch_rejected_octets(struct vouch_appraisal *appraisal, vouch_check check,
                           vouch_claim claim, vouch_bytes expected,
                           vouch_bytes found);
bool vouch_rejected_text(struct vouch_appraisal *appraisal, vouch_check check,
                         vouch_claim claim, vouch_bytes expected,
                         vouch_bytes found);

/* Steps that formats share. */

/* Whose key signed: the anchor that `key_id` names. expat-04, 7.1: never the
 * AIK itself [X31] */
bool vouch_find_anchor(struct vouch_appraisal *appraisal, vouch_bytes key_id,
                       const struct vouch_anchor **out) VOUCH_MUST_CHECK;

/* The last of that, for a key that was found in another way. */
bool vouch_is_not_aik(struct vouch_appraisal *appraisal,
                      const EVP_PKEY *key) VOUCH_MUST_CHECK;

/* iat no further from now than the policy's maximum age, either way; exp in the
 * future and nbf not, where they are there. */
struct vouch_times {
    bool has_iat, has_exp, has_nbf;
    int64_t iat, exp, nbf;
};
bool vouch_check_times(struct vouch_appraisal *appraisal,
                       const struct vouch_times *times) VOUCH_MUST_CHECK;

/* Every claim that the policy requires is there, and none that it forbids;
 * `has` answers for `arg`. */
bool vouch_check_claims(struct vouch_appraisal *appraisal,
                        bool (*has)(const void *arg, vouch_claim claim),
                        const void *arg) VOUCH_MUST_CHECK;

/* An instance that the policy names, if it names any. */
bool vouch_check_instance(struct vouch_appraisal *appraisal,
                          vouch_bytes ueid) VOUCH_MUST_CHECK;

/* Components, where there are any, hash to the posture's digest, and those that
 * are wanted are there. `components` is a map as in proto/digests.h. */
bool vouch_check_components(struct vouch_appraisal *appraisal,
                            const struct vouch_references *wanted,
                            vouch_bytes components,
                            vouch_bytes digest) VOUCH_MUST_CHECK;

/* vouch_claim_bit is a claim's in a set of claims. */
uint64_t vouch_claim_bit(vouch_claim claim);

/* vouch_digest_from copies what has 32 or 48 octets. */
vouch_digest vouch_digest_from(vouch_bytes octets);

/* vouch_ueid_from copies what has VOUCH_UEID_MAX octets at most, and
 * vouch_ueid_bytes borrows it again; nothing of one that claims to be longer.
 */
vouch_ueid vouch_ueid_from(vouch_bytes octets);
vouch_bytes vouch_ueid_bytes(const vouch_ueid *ueid);

/* An appraiser that judges by one policy and keeps nothing else. */
struct vouch_policy_appraiser {
    vouch_appraiser base;
    vouch_policy *policy;
    uint8_t policy_digest[32];
};

/* vouch_policy_appraiser_new makes one; the format is the policy's. Its `ops`
 * destroy it with vouch_policy_appraiser_destroy. */
vouch_err vouch_policy_appraiser_new(const struct vouch_appraiser_ops *ops,
                                     vouch_policy *policy,
                                     vouch_appraiser **out) VOUCH_MUST_CHECK;
void vouch_policy_appraiser_destroy(vouch_appraiser *base);

/* vouch_appraisal_begin begins the appraisal of a message by such an appraiser,
 * and vouch_appraisal_end says what it rests on. */
struct vouch_appraisal vouch_appraisal_begin(const vouch_appraiser *base,
                                             const vouch_expectation *expected,
                                             vouch_result *result);
void vouch_appraisal_end(const vouch_appraiser *base, vouch_bytes message,
                         vouch_result *result);

#endif
