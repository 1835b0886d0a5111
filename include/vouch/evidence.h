/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_H
#define VOUCH_EVIDENCE_H

#include <vouch/base.h>
#include <vouch/key.h>
#include <vouch/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attesters make Evidence, appraisers judge it against a policy (RFC 9334).
 * Neither can be called with a nonce of the caller's choice: they take it from
 * an exchange of a session (session.h, vouch_attester_answer and
 * vouch_appraiser_answer).
 */

/** vouch_attester makes Evidence about this machine or program, or has a
 * Verifier's word about it. */
typedef struct vouch_attester vouch_attester;

/** vouch_attester_free drops one reference. */
VOUCH_EXPORT void vouch_attester_free(vouch_attester *attester);

/** vouch_attester_format returns the media type that it makes; static. */
VOUCH_EXPORT const char *vouch_attester_format(const vouch_attester *attester);

/** vouch_appraiser judges messages of one format against one policy. */
typedef struct vouch_appraiser vouch_appraiser;

/** vouch_appraiser_free drops one reference. */
VOUCH_EXPORT void vouch_appraiser_free(vouch_appraiser *appraiser);

/** vouch_appraiser_format returns the media type that it reads; static. */
VOUCH_EXPORT const char *vouch_appraiser_format(
    const vouch_appraiser *appraiser);

/**
 * vouch_expectation is what a message is held against. A session computes it
 * (session.h, vouch_session_appraisal_info); a remote Verifier has it from the
 * Relying Party. Nobody reads it from the message. Without a whole binder and a
 * whole aik_pub_hash everything is rejected.
 */
typedef struct vouch_expectation {
    vouch_digest binder;       /**< what Evidence must carry (expat-04, 5.1) */
    vouch_digest aik_pub_hash; /**< of the AIK (expat-04, 5.2) */
    vouch_bytes aik_spki;      /**< which must not have signed Evidence; empty
                                  where only its hash is known */
    vouch_bytes nonce; /**< a remote Verifier's in this exchange; or empty */
    vouch_now now;
} vouch_expectation;

/** vouch_measurement is a named SHA-256. `name` ends in NUL, is borrowed. */
typedef struct vouch_measurement {
    const char *name;
    uint8_t sha256[32];
} vouch_measurement;

/* Results */

/**
 * vouch_level says how tightly an acceptance is tied to the connection. Key
 * bound is less: it never opens a gate for commands, never answers an
 * operation, and never makes up for a change of posture.
 */
typedef enum vouch_level {
    VOUCH_LEVEL_NONE = 0,
    VOUCH_LEVEL_BOUND = 1,     /**< the evidence's nonce is the binder */
    VOUCH_LEVEL_KEY_BOUND = 2, /**< a result for this AIK, made before */
} vouch_level;

/** vouch_level_name returns the name, as in "key bound"; static. */
VOUCH_EXPORT const char *vouch_level_name(vouch_level level);

/** vouch_stage is a part of an appraisal that is reported apart. */
typedef enum vouch_stage {
    VOUCH_STAGE_STRUCTURE = 0, /**< what was read could be read */
    VOUCH_STAGE_CHAIN,         /**< its signer leads to a trust anchor */
    VOUCH_STAGE_SIGNATURE,     /**< the signer signed it */
    VOUCH_STAGE_BINDING,       /**< it is for this exchange, or this AIK */
    VOUCH_STAGE_POLICY,        /**< what it says is what is wanted */
    VOUCH_STAGES
} vouch_stage;

/** vouch_stage_name returns the name, as in "binding"; static. */
VOUCH_EXPORT const char *vouch_stage_name(vouch_stage stage);

/** vouch_progress is how far a stage came. */
typedef enum vouch_progress {
    VOUCH_NOT_REACHED = 0, /**< an earlier one failed, or it has more to do */
    VOUCH_PASSED,
    VOUCH_FAILED,
} vouch_progress;

/** vouch_progress_name returns the name, as in "not reached"; static. */
VOUCH_EXPORT const char *vouch_progress_name(vouch_progress progress);

/** vouch_category is an aspect of trustworthiness (draft-ietf-rats-ar4si,
 * 2.3.4), by its number there. */
typedef enum vouch_category {
    VOUCH_INSTANCE_IDENTITY = 0,
    VOUCH_CONFIGURATION,
    VOUCH_EXECUTABLES,
    VOUCH_FILE_SYSTEM,
    VOUCH_HARDWARE,
    VOUCH_RUNTIME_OPAQUE,
    VOUCH_STORAGE_OPAQUE,
    VOUCH_SOURCED_DATA,
    VOUCH_CATEGORIES
} vouch_category;

/** vouch_category_name returns the name, as in "executables"; static. */
VOUCH_EXPORT const char *vouch_category_name(vouch_category category);

/** vouch_tier_of returns the tier that a trustworthiness claim lies in
 * (draft-ietf-rats-ar4si, 2.3.2). */
VOUCH_EXPORT vouch_tier vouch_tier_of(int8_t claim);

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
    VOUCH_CHECK_RESULT,     /**< a Verifier's verdict, or one that is none */
    VOUCH_CHECK_INSTANCE,   /**< not an instance that the policy names */
    VOUCH_CHECK_DEBUG,      /**< debugging is on, or not said to be off */
    VOUCH_CHECK_VERSION,    /**< lower than the policy's least */
    VOUCH_CHECK_LEVEL,      /**< not bound tightly enough for its use */
    VOUCH_CHECK_COLLECTION, /**< members that are not one device's */
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

/** VOUCH_UEID_MAX is the length in octets of the longest UEID (RFC 9711,
 * 4.2.1). */
#define VOUCH_UEID_MAX 33

/** vouch_ueid is a UEID: its type and what follows, or of no octets. */
typedef struct vouch_ueid {
    uint8_t data[VOUCH_UEID_MAX];
    size_t len;
} vouch_ueid;

/**
 * vouch_result is a verdict with what it rests on. The binder and AIK hash are
 * those that the appraiser found in the evidence and held against the expected
 * ones: a session compares them again, so that a bare "yes" accepts nothing.
 */
typedef struct vouch_result {
    vouch_verdict verdict;
    vouch_level level;
    /** How far each stage came. */
    vouch_progress stages[VOUCH_STAGES];
    /** The worst of all that was appraised; of a rejection, contraindicated
     * where something was found that should not be, else none. */
    vouch_tier tier;
    /** Trustworthiness claims by category; 0: none is made. */
    int8_t vector[VOUCH_CATEGORIES];
    /** The claims that the verdict relies on: bit 1 << vouch_claim. */
    uint64_t claims;
    /** What was found, all of it; empty for a key-bound result. */
    vouch_digest binder;
    /** Hash of the AIK's SPKI that was found: the suite's, or SHA-256 in an
     * Attestation Result. */
    vouch_digest aik_pub_hash;
    int64_t not_after; /**< Unix time at which it ends; INT64_MAX: no end */
    /** Unix time from which its age counts; 0: from the request. */
    int64_t issued_at;
    uint8_t evidence_digest[32]; /**< SHA-256 of the evidence */
    uint8_t anchor_digest[32];   /**< SHA-256 of the anchor's SPKI */
    uint8_t policy_digest[32];   /**< SHA-256 over all that the policy says */
    vouch_ueid ueid;             /**< that was found; empty if absent */
    bool instance_pinned;        /**< the policy names this very instance */
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
