/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_H
#define VOUCH_EVIDENCE_H

#include <vouch/base.h>
#include <vouch/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attesters make Evidence, appraisers judge it against a policy (RFC 9334).
 * Neither can be called with a nonce of the caller's choice: they take it from
 * an exchange of a session (session.h, vouch_attester_answer and
 * vouch_appraiser_answer).
 */

/** vouch_attester makes Evidence about this machine or program. */
typedef struct vouch_attester vouch_attester;
VOUCH_EXPORT void vouch_attester_free(vouch_attester *attester);

/** vouch_attester_format returns the media type that it makes; static. */
VOUCH_EXPORT const char *vouch_attester_format(const vouch_attester *attester);

/** vouch_appraiser judges Evidence of one format against one policy. */
typedef struct vouch_appraiser vouch_appraiser;
VOUCH_EXPORT void vouch_appraiser_free(vouch_appraiser *appraiser);

/** vouch_appraiser_format returns the media type that it reads; static. */
VOUCH_EXPORT const char *vouch_appraiser_format(
    const vouch_appraiser *appraiser);

/** vouch_measurement is a named SHA-256. `name` ends in NUL, is borrowed. */
typedef struct vouch_measurement {
    const char *name;
    uint8_t sha256[32];
} vouch_measurement;

/* Policy */

/**
 * vouch_policy is what Evidence must meet. An empty one is met by nothing: it
 * needs an anchor and a reference value at least.
 */
typedef struct vouch_policy vouch_policy;

VOUCH_EXPORT vouch_err vouch_policy_new(vouch_policy **out) VOUCH_MUST_CHECK;
VOUCH_EXPORT void vouch_policy_free(vouch_policy *policy);

/**
 * vouch_policy_add_anchor trusts the attestation key whose DER
 * SubjectPublicKeyInfo is `spki` (P-256 or P-384) to sign Evidence. It returns
 * VOUCH_E_ARGUMENT when it is no such key; VOUCH_E_STATE when an appraiser has
 * the policy already; VOUCH_E_NOMEM. So do the other setters.
 */
VOUCH_EXPORT vouch_err vouch_policy_add_anchor(
    vouch_policy *policy, vouch_bytes spki) VOUCH_MUST_CHECK;

/**
 * vouch_policy_add_reference says that the measurement `name` may have the
 * value `sha256` (32 octets). Several values for one name are alternatives.
 * Every name that has a reference value must be measured; a measurement with no
 * reference value is refused too. It returns VOUCH_E_TOO_MANY for more than
 * VOUCH_LIMIT_MEASUREMENTS names.
 */
VOUCH_EXPORT vouch_err
vouch_policy_add_reference(vouch_policy *policy, const char *name,
                           vouch_bytes sha256) VOUCH_MUST_CHECK;

/** Claims that a policy can require or that a result can name. */
typedef enum vouch_claim {
    VOUCH_CLAIM_NONE = 0,
    VOUCH_CLAIM_NONCE,            /**< eat_nonce (RFC 9711, 4.1) */
    VOUCH_CLAIM_AIK_PUB_HASH,     /**< expat-03, 5.2 */
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
} vouch_claim;

/** vouch_claim_name returns the claim's name, as in "eat_nonce"; static. */
VOUCH_EXPORT const char *vouch_claim_name(vouch_claim claim);

/**
 * vouch_policy_add_component says that the component `name` of the peer's
 * posture must be there and may have the value `sha256` (32 octets). Several
 * values are alternatives. Components without such a value may have any.
 */
VOUCH_EXPORT vouch_err
vouch_policy_add_component(vouch_policy *policy, const char *name,
                           vouch_bytes sha256) VOUCH_MUST_CHECK;

/** vouch_policy_require_claim refuses Evidence without `claim`. */
VOUCH_EXPORT vouch_err vouch_policy_require_claim(
    vouch_policy *policy, vouch_claim claim) VOUCH_MUST_CHECK;

/**
 * vouch_policy_set_max_age refuses Evidence whose iat lies more than `seconds`
 * before the appraisal, or as many after it; 300 unless set.
 */
VOUCH_EXPORT vouch_err vouch_policy_set_max_age(
    vouch_policy *policy, uint32_t seconds) VOUCH_MUST_CHECK;

/* Results */

/** vouch_level says how tightly an acceptance is tied to the connection. */
typedef enum vouch_level {
    VOUCH_LEVEL_NONE = 0,
    VOUCH_LEVEL_BOUND = 1, /**< the evidence's nonce is the binder */
} vouch_level;

/** vouch_check is the step of validation or appraisal that decided. */
typedef enum vouch_check {
    VOUCH_CHECK_NONE = 0,
    VOUCH_CHECK_AUTHENTICATOR, /**< RFC 9261: scheme, signature, Finished */
    VOUCH_CHECK_CERTIFICATE,   /**< the AIK's chain */
    VOUCH_CHECK_IDENTITY,      /**< the AIK is not the one that it must be */
    VOUCH_CHECK_FORMAT,     /**< evidence absent or of a type not asked for */
    VOUCH_CHECK_STRUCTURE,  /**< evidence malformed */
    VOUCH_CHECK_ANCHOR,     /**< no trust anchor for its signer */
    VOUCH_CHECK_SIGNATURE,  /**< evidence's signature */
    VOUCH_CHECK_BINDING,    /**< binder or aik_pub_hash */
    VOUCH_CHECK_CLAIM,      /**< required claim absent or of wrong value */
    VOUCH_CHECK_AGE,        /**< evidence too old or from the future */
    VOUCH_CHECK_REFERENCE,  /**< reference values */
    VOUCH_CHECK_POSTURE,    /**< components, or evidence of an older epoch */
    VOUCH_CHECK_CONTINUITY, /**< another instance, or a lower version */
    VOUCH_CHECK_POLICY,     /**< policy empty, or what it allows is not met */
    VOUCH_CHECK_ANSWER,     /**< the peer declined, or was too late */
    VOUCH_CHECK_CONTRACT,   /**< the appraiser did not show what it checked */
} vouch_check;

/** vouch_check_name returns the name, as in "reference"; static. */
VOUCH_EXPORT const char *vouch_check_name(vouch_check check);

/** VOUCH_TEXT_MAX is the room for one text of a result, NUL included. */
#define VOUCH_TEXT_MAX 132

/**
 * vouch_reason is why a verdict is not `accepted`, precisely, for this side
 * only: the peer is told one coarse code. Texts end in NUL and may be empty;
 * digests stand in them in hexadecimal; what came from the peer is escaped to
 * printable ASCII and cut to fit.
 */
typedef struct vouch_reason {
    vouch_check check;
    vouch_claim claim;
    vouch_err err;             /**< what the failing step said, or VOUCH_OK */
    char name[VOUCH_TEXT_MAX]; /**< of a measurement, key or certificate */
    char expected[VOUCH_TEXT_MAX]; /**< what would have been accepted */
    char found[VOUCH_TEXT_MAX];    /**< what was there instead */
} vouch_reason;

/**
 * vouch_result is a verdict with what it rests on. The binder and AIK hash are
 * those that the appraiser found in the evidence and held against the expected
 * ones: a session compares them again, so that a bare "yes" accepts nothing.
 */
typedef struct vouch_result {
    vouch_verdict verdict;
    vouch_level level;
    vouch_digest binder;
    vouch_digest aik_pub_hash;
    int64_t not_after; /**< Unix time at which it ends; INT64_MAX: no end */
    uint8_t evidence_digest[32]; /**< SHA-256 of the evidence */
    uint8_t anchor_digest[32];   /**< SHA-256 of the anchor's SPKI */
    uint8_t policy_digest[32];   /**< SHA-256 over all that the policy says */
    vouch_bytes ueid; /**< borrowed from the evidence; empty if absent */
    bool has_epoch;
    uint64_t epoch; /**< of the peer's posture, as the evidence says */
    bool has_security_version;
    uint64_t security_version;
    vouch_reason reason;
} vouch_result;

#ifdef __cplusplus
}
#endif

#endif
