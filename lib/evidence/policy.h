/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_POLICY_H
#define VOUCH_EVIDENCE_POLICY_H

#include <stdatomic.h>

#include <openssl/base.h>

#include <vouch/policy.h>

/* A trust anchor; `id` is the SHA-256 of its SubjectPublicKeyInfo, `key_id`
 * what it is called besides, or empty. */
struct vouch_anchor {
    uint8_t id[32];
    vouch_buffer key_id;
    vouch_buffer spki;
    EVP_PKEY *key;
};

/* One of several alternatives. */
struct vouch_value {
    size_t len; /* 32, 48 or 64 */
    uint8_t octets[64];
};

/* A name with its reference values, in ascending order. */
struct vouch_reference {
    vouch_buffer name;
    struct vouch_value *values;
    size_t num;
};

/* Names with their values, ascending by name. */
struct vouch_references {
    struct vouch_reference *items;
    size_t num;
};

/* Octets without a name, in ascending order. */
struct vouch_octets_list {
    vouch_buffer *items;
    size_t num;
};

/* Appraisers read it; nobody but policy.c writes it. */
struct vouch_policy {
    atomic_uint refs;
    atomic_bool sealed;
    vouch_buffer format;          /* ends in a NUL that is not counted */
    struct vouch_anchor *anchors; /* ascending by id */
    size_t num_anchors;
    struct vouch_octets_list cas; /* DER certificates */
    X509_STORE *ca_store;         /* the same, or NULL: none */
    struct vouch_references references;
    struct vouch_references components; /* of the posture */
    struct vouch_octets_list instances; /* ueids */
    uint64_t required, forbidden;       /* bit 1 << claim */
    vouch_debug debug;
    bool has_min_security_version;
    uint64_t min_security_version;
    vouch_buffer min_version; /* of the software; empty: any */
    uint32_t max_age;
    bool allow_warning;
    bool allow_key_bound;
    bool allow_no_vector;
};

/* vouch_policy_ref takes one more reference and seals the policy: from then on
 * setters refuse. */
vouch_policy *vouch_policy_ref(vouch_policy *policy);

/* vouch_policy_trusts_nobody tells whether there is no anchor of any kind. */
bool vouch_policy_trusts_nobody(const vouch_policy *policy);

/* vouch_policy_anchor finds the anchor with this key id, or NULL. */
const struct vouch_anchor *vouch_policy_anchor(const vouch_policy *policy,
                                               vouch_bytes key_id);

/* vouch_references_find finds the references for `name`, or NULL. */
const struct vouch_reference *vouch_references_find(
    const struct vouch_references *references, vouch_bytes name);

/* vouch_reference_has tells whether `value` is one of the alternatives. */
bool vouch_reference_has(const struct vouch_reference *reference,
                         vouch_bytes value);

/* vouch_value_bytes makes a span of a value, borrowed from it. */
vouch_bytes vouch_value_bytes(const struct vouch_value *value);

/* vouch_policy_names_instance tells whether `ueid` is one that the policy names
 * (design, Continuity: zeros never match). */
bool vouch_policy_names_instance(const vouch_policy *policy, vouch_bytes ueid);

bool vouch_policy_requires(const vouch_policy *policy, vouch_claim claim);
bool vouch_policy_forbids(const vouch_policy *policy, vouch_claim claim);

#endif
