/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_POLICY_H
#define VOUCH_POLICY_H

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_policy is what a conceptual message of one format must meet (RFC 9334,
 * 8.5 and 8.6): Evidence, or an Attestation Result. An empty one is met by
 * nothing.
 *
 * The setters return VOUCH_E_STATE once an appraiser has the policy,
 * VOUCH_E_ARGUMENT for a value out of its domain, VOUCH_E_TOO_MANY beyond a
 * limit, and VOUCH_E_NOMEM.
 */
typedef struct vouch_policy vouch_policy;

/**
 * vouch_policy_new makes an empty policy for `format`, an exact media type,
 * which is copied. What it trusts, it trusts for that format alone.
 *
 * On success `*out` is owned: vouch_policy_free. It returns VOUCH_E_ARGUMENT
 * when `format` is no media type; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_policy_new(const char *format,
                                        vouch_policy **out) VOUCH_MUST_CHECK;

/** vouch_policy_free drops one reference. */
VOUCH_EXPORT void vouch_policy_free(vouch_policy *policy);

/** vouch_policy_format returns the media type, borrowed. */
VOUCH_EXPORT const char *vouch_policy_format(const vouch_policy *policy);

/* Trust anchors */

/**
 * vouch_policy_add_key trusts the key whose DER SubjectPublicKeyInfo is `spki`
 * to sign messages of this format: ECDSA P-256, P-384 or P-521, Ed25519, or RSA
 * of 2,048 to 4,096 bits. Its key id is SHA-256 of `spki`, and `key_id` too if
 * that is not empty (at most VOUCH_LIMIT_KEY_ID octets). At most
 * VOUCH_LIMIT_ANCHORS keys.
 */
VOUCH_EXPORT vouch_err
vouch_policy_add_key(vouch_policy *policy, vouch_bytes spki,
                     vouch_bytes key_id) VOUCH_MUST_CHECK;

/**
 * vouch_policy_add_ca trusts certification paths of keys that sign messages of
 * this format, as they travel in x5chain (RFC 9360), when they end in the DER
 * certificate `der`. At most VOUCH_LIMIT_ANCHORS certificates.
 */
VOUCH_EXPORT vouch_err vouch_policy_add_ca(vouch_policy *policy,
                                           vouch_bytes der) VOUCH_MUST_CHECK;

/* Reference values */

/**
 * vouch_policy_add_reference says that the measurement `name` may have the
 * value `digest` (32, 48 or 64 octets). Several values for one name are
 * alternatives. Every name that has a reference value must be measured; a
 * measurement with no reference value is refused too. At most
 * VOUCH_LIMIT_MEASUREMENTS names.
 */
VOUCH_EXPORT vouch_err
vouch_policy_add_reference(vouch_policy *policy, const char *name,
                           vouch_bytes digest) VOUCH_MUST_CHECK;

/**
 * vouch_policy_add_component says that the component `name` of the peer's
 * posture must be there and may have the value `sha256` (32 octets). Several
 * values are alternatives. Components without such a value may have any.
 */
VOUCH_EXPORT vouch_err
vouch_policy_add_component(vouch_policy *policy, const char *name,
                           vouch_bytes sha256) VOUCH_MUST_CHECK;

/**
 * vouch_policy_add_instance pins the instance: from then on only those that
 * were added are accepted, by their ueid (RFC 9711, 4.2.1; 7 to 33 octets). One
 * that is absent or all zeros behind its type is never accepted then. At most
 * VOUCH_LIMIT_INSTANCES.
 */
VOUCH_EXPORT vouch_err vouch_policy_add_instance(
    vouch_policy *policy, vouch_bytes ueid) VOUCH_MUST_CHECK;

/* Claims */

/** Claims that a policy can require or forbid, and a result name. */
typedef enum vouch_claim {
    VOUCH_CLAIM_NONE = 0,
    VOUCH_CLAIM_NONCE,            /**< eat_nonce (RFC 9711, 4.1) */
    VOUCH_CLAIM_AIK_PUB_HASH,     /**< expat-04, 5.2 */
    VOUCH_CLAIM_UEID,             /**< ueid (RFC 9711, 4.2.1) */
    VOUCH_CLAIM_PROFILE,          /**< eat_profile (RFC 9711, 4.3.2) */
    VOUCH_CLAIM_IAT,              /**< iat (RFC 8392, 3.1.6) */
    VOUCH_CLAIM_SOFTWARE_NAME,    /**< swname (RFC 9711, 4.2.6) */
    VOUCH_CLAIM_SOFTWARE_VERSION, /**< swversion (RFC 9711, 4.2.7) */
    VOUCH_CLAIM_MEASUREMENT,      /**< a named digest */
    VOUCH_CLAIM_KERNEL,           /**< kernel release */
    VOUCH_CLAIM_BOOT_ID,          /**< identity of this boot */
    VOUCH_CLAIM_EPOCH,            /**< of the posture */
    VOUCH_CLAIM_POSTURE,          /**< components, with their digests */
    VOUCH_CLAIM_SECURITY_VERSION, /**< only ever up */
    VOUCH_CLAIM_EXP,              /**< exp (RFC 8392, 3.1.4) */
    VOUCH_CLAIM_NBF,              /**< nbf (RFC 8392, 3.1.5) */
    VOUCH_CLAIM_OEM_ID,           /**< oemid (RFC 9711, 4.2.3) */
    VOUCH_CLAIM_HARDWARE_MODEL,   /**< hwmodel (RFC 9711, 4.2.4) */
    VOUCH_CLAIM_HARDWARE_VERSION, /**< hwversion (RFC 9711, 4.2.5) */
    VOUCH_CLAIM_UPTIME,           /**< uptime (RFC 9711, 4.2.11) */
    VOUCH_CLAIM_OEM_BOOT,         /**< oemboot (RFC 9711, 4.2.8) */
    VOUCH_CLAIM_DEBUG_STATUS,     /**< dbgstat (RFC 9711, 4.2.9) */
    VOUCH_CLAIM_SUBMODULES,       /**< submods (RFC 9711, 4.2.18) */
    VOUCH_CLAIM_BOOT_COUNT,       /**< bootcount (RFC 9711, 4.2.12) */
    VOUCH_CLAIM_BOOT_SEED,        /**< bootseed (RFC 9711, 4.2.13) */
    VOUCH_CLAIM_STATUS,           /**< ear_status (EAR) */
    VOUCH_CLAIM_VECTOR,           /**< ear_trustworthiness_vector (EAR) */
    VOUCH_CLAIM_VERIFIER_ID,      /**< ear_verifier_id (EAR) */
    VOUCH_CLAIMS
} vouch_claim;

/** vouch_claim_name returns the claim's name, as in "eat_nonce"; static. */
VOUCH_EXPORT const char *vouch_claim_name(vouch_claim claim);

/** vouch_claim_find returns the claim of that name, or VOUCH_CLAIM_NONE. */
VOUCH_EXPORT vouch_claim vouch_claim_find(const char *name);

/** vouch_policy_require_claim refuses messages without `claim`, and
 * vouch_policy_forbid_claim those that have it. The later call counts. */
VOUCH_EXPORT vouch_err vouch_policy_require_claim(
    vouch_policy *policy, vouch_claim claim) VOUCH_MUST_CHECK;
VOUCH_EXPORT vouch_err vouch_policy_forbid_claim(
    vouch_policy *policy, vouch_claim claim) VOUCH_MUST_CHECK;

/** vouch_debug is what a policy makes of debugging facilities (RFC 9711,
 * 4.2.9). A submodule's status is its own and never its parent's. */
typedef enum vouch_debug {
    VOUCH_DEBUG_NOT_ENABLED = 0, /**< nothing says that they are on */
    VOUCH_DEBUG_DISABLED, /**< message and submodules say that they are off */
    VOUCH_DEBUG_ALLOWED,  /**< they may be on */
} vouch_debug;

/** vouch_policy_set_debug sets it; VOUCH_DEBUG_NOT_ENABLED unless set. */
VOUCH_EXPORT vouch_err
vouch_policy_set_debug(vouch_policy *policy, vouch_debug rule) VOUCH_MUST_CHECK;

/** vouch_policy_set_min_security_version refuses messages whose security
 * version is lower, or absent. */
VOUCH_EXPORT vouch_err vouch_policy_set_min_security_version(
    vouch_policy *policy, uint64_t version) VOUCH_MUST_CHECK;

/**
 * vouch_policy_set_min_version refuses messages whose swversion is lower, or
 * absent, or not numbers with dots between (multipartnumeric in RFC 9393), like
 * `version`, which ends in NUL: "1.10" is higher than "1.9.3".
 */
VOUCH_EXPORT vouch_err vouch_policy_set_min_version(
    vouch_policy *policy, const char *version) VOUCH_MUST_CHECK;

/**
 * vouch_policy_set_max_age refuses messages whose iat lies more than `seconds`
 * before the appraisal, or as many after it; 300 unless set. An acceptance that
 * rests on an Attestation Result ends at that age.
 */
VOUCH_EXPORT vouch_err vouch_policy_set_max_age(
    vouch_policy *policy, uint32_t seconds) VOUCH_MUST_CHECK;

/* Attestation Results */

/** vouch_tier is a trustworthiness tier (draft-ietf-rats-ar4si, 3.2). */
typedef enum vouch_tier {
    VOUCH_TIER_NONE = 0,
    VOUCH_TIER_AFFIRMING = 2,
    VOUCH_TIER_WARNING = 32,
    VOUCH_TIER_CONTRAINDICATED = 96,
} vouch_tier;

/** vouch_tier_name returns the name, as in "affirming"; static. */
VOUCH_EXPORT const char *vouch_tier_name(vouch_tier tier);

/** vouch_policy_allow_warning accepts results of tier warning beside those of
 * tier affirming. No other is ever accepted. */
VOUCH_EXPORT vouch_err vouch_policy_allow_warning(vouch_policy *policy)
    VOUCH_MUST_CHECK;

/**
 * vouch_policy_allow_key_bound accepts results that name the AIK and not this
 * exchange (the passport model): made before, good for any connection of that
 * AIK.
 */
VOUCH_EXPORT vouch_err vouch_policy_allow_key_bound(vouch_policy *policy)
    VOUCH_MUST_CHECK;

/** vouch_policy_allow_no_vector accepts results without a trustworthiness
 * vector, by their status alone, which the Verifier must have been asked for
 * (EAR, 3.1: not recommended). */
VOUCH_EXPORT vouch_err vouch_policy_allow_no_vector(vouch_policy *policy)
    VOUCH_MUST_CHECK;

/* What a policy says */

/** vouch_policy_part is a kind of thing that a policy says. */
typedef enum vouch_policy_part {
    VOUCH_PART_KEY = 1,   /**< `value`: SubjectPublicKeyInfo; `name`: key id */
    VOUCH_PART_CA,        /**< `value`: certificate */
    VOUCH_PART_REFERENCE, /**< `name`, `value` */
    VOUCH_PART_COMPONENT, /**< `name`, `value` */
    VOUCH_PART_INSTANCE,  /**< `value`: ueid */
    VOUCH_PART_REQUIRED,  /**< `claim` */
    VOUCH_PART_FORBIDDEN, /**< `claim` */
    VOUCH_PART_DEBUG,     /**< `number`: vouch_debug */
    VOUCH_PART_MIN_SECURITY_VERSION, /**< `number` */
    VOUCH_PART_MIN_VERSION,          /**< `value`: text */
    VOUCH_PART_MAX_AGE,              /**< `number`: seconds */
    VOUCH_PART_WARNING,
    VOUCH_PART_KEY_BOUND,
    VOUCH_PART_NO_VECTOR,
} vouch_policy_part;

/** vouch_policy_item is one thing that a policy says. Spans are borrowed from
 * it; texts do not end in NUL. */
typedef struct vouch_policy_item {
    vouch_policy_part part;
    vouch_bytes name, value;
    vouch_claim claim;
    uint64_t number;
} vouch_policy_item;

/** vouch_policy_nth gives the items one by one, in the order of their parts,
 * and is false when there are not as many. */
VOUCH_EXPORT bool vouch_policy_nth(const vouch_policy *policy, size_t nth,
                                   vouch_policy_item *out) VOUCH_MUST_CHECK;

/** vouch_policy_digest makes the SHA-256 of all that a policy says, as it
 * stands in results (evidence.h), whatever the order it was said in. It returns
 * VOUCH_E_NOMEM. */
VOUCH_EXPORT vouch_err vouch_policy_digest(const vouch_policy *policy,
                                           uint8_t out[32]) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
