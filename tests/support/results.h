/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_RESULTS_H
#define VOUCH_TESTS_RESULTS_H

/* A Verifier's Attestation Result about an AIK that is right in every way, for
 * tests to change, and a policy that it meets. A failure inside fails the
 * test. */

#include <vouch/ear.h>

#include "proto/ear.h"
#include "tests/support/pki.h"

/* All that are read: CWTs, then JWTs; what no issuer writes stands last. */
enum { RESULTS_FORMATS = 6, RESULTS_JWT = 2, RESULTS_WRITTEN = 5 };
extern const char *const results_formats[RESULTS_FORMATS];

/* iat of the result, which lives for as long as the policy lets it. */
#define RESULTS_NOW PKI_NOW
enum { RESULTS_LIFETIME = 200, RESULTS_MAX_AGE = 300 };

struct results {
    const char *format;
    EVP_PKEY *verifier, *aik;
    vouch_key *key; /* the Verifier's */
    vouch_buffer aik_spki;
    uint8_t aik_hash[32];
    vouch_policy *policy; /* fixed once there is a judgement */
    vouch_expectation expected;
    struct vouch_ear ear;
    vouch_result result; /* of the last judgement */
};

void results_init(struct results *results, const char *format);
void results_free(struct results *results);

/* results_new_policy starts over with one that trusts the Verifier, and that
 * can be changed. */
void results_new_policy(struct results *results);

/* results_token signs `ear`, or any claims, with `key`; for free(). With a
 * `kid` of SHA-256 of the key. */
vouch_buffer results_token(const struct results *results, const vouch_key *key);
vouch_buffer results_sign(const struct results *results, const vouch_key *key,
                          vouch_bytes claims);

/* results_claims encodes `ear`; for free(). */
vouch_buffer results_claims(const struct results *results);

/* These appraise by the policy, and note the result: `ear`, any claims that the
 * Verifier signs, any token, any CMW. */
vouch_verdict results_judge(struct results *results);
vouch_verdict results_judge_claims(struct results *results, vouch_bytes claims);
vouch_verdict results_judge_token(struct results *results, vouch_bytes token);
vouch_verdict results_judge_cmw(struct results *results, vouch_bytes cmw);

/* results_assert holds the last judgement against a rejection like this. */
void results_assert(const struct results *results, vouch_stage stage,
                    vouch_check check, vouch_claim claim);

#endif
