/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_POLICY_H
#define VOUCH_EVIDENCE_POLICY_H

#include <openssl/base.h>

#include <vouch/evidence.h>

/* What a vouch_policy answers to appraisers. */

/* A trust anchor; `id` is the SHA-256 of its SubjectPublicKeyInfo. */
struct vouch_anchor {
    uint8_t id[32];
    EVP_PKEY *key;
};

/* A name with its reference values, which are alternatives: `num` times 32
 * octets, in ascending order. */
struct vouch_reference {
    vouch_buffer name;
    uint8_t (*values)[32];
    size_t num;
};

/* vouch_policy_ref takes one more reference and seals the policy: from then on
 * setters refuse. */
vouch_policy *vouch_policy_ref(vouch_policy *policy);

/* vouch_policy_is_empty tells whether nothing could meet it: no anchor, or no
 * reference value. */
bool vouch_policy_is_empty(const vouch_policy *policy);

/* vouch_policy_digest hashes all that the policy says, in the order that
 * policy.c keeps it in, not the order it was said in. */
vouch_err vouch_policy_digest(const vouch_policy *policy,
                              uint8_t out[32]) VOUCH_MUST_CHECK;

/* vouch_policy_anchor finds the anchor with this id, or NULL. */
const struct vouch_anchor *vouch_policy_anchor(const vouch_policy *policy,
                                               vouch_bytes id);

/* vouch_policy_references returns the references, ascending by name. */
const struct vouch_reference *vouch_policy_references(
    const vouch_policy *policy, size_t *num);

/* vouch_policy_components returns those of the posture, likewise. */
const struct vouch_reference *vouch_policy_components(
    const vouch_policy *policy, size_t *num);

/* vouch_policy_reference finds the reference for `name`, or NULL. */
const struct vouch_reference *vouch_policy_reference(const vouch_policy *policy,
                                                     vouch_bytes name);

/* vouch_reference_has tells whether `value` is one of the alternatives. */
bool vouch_reference_has(const struct vouch_reference *reference,
                         vouch_bytes value);

bool vouch_policy_requires(const vouch_policy *policy, vouch_claim claim);
uint32_t vouch_policy_max_age(const vouch_policy *policy);

#endif
