/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/ear.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/ear_token.h"
#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/base64url.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

/* Results that others made: tests/vectors/ear/README.md. */

static json_t *results, *manifest, *jwts;

static void set_up(void)
{
    results = load_vectors("ear/results.json");
    manifest = load_vectors("ear/manifest.json");
    jwts = load_vectors("ear/ear_jwts.json");
}

static void tear_down(void)
{
    json_decref(results);
    json_decref(manifest);
    json_decref(jwts);
}

static vouch_policy *new_policy(const char *format, vouch_bytes spki)
{
    vouch_policy *policy;

    ck_assert_int_eq(vouch_policy_new(format, &policy), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, spki, (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    return policy;
}

static void judge(vouch_policy *policy, vouch_bytes token,
                  const vouch_expectation *expected, vouch_result *result)
{
    vouch_appraiser *appraiser;
    vouch_buffer cmw;

    ck_assert_int_eq(vouch_cmw_record(vouch_policy_format(policy), token,
                                      VOUCH_CMW_ATTESTATION_RESULTS, &cmw),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_ear_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_appraise(appraiser, span_of(&cmw), expected, result);
    vouch_appraiser_free(appraiser);
    vouch_buffer_free(&cmw);
}

/* Results made by make.py */

struct vector {
    const json_t *json;
    vouch_policy *policy;
    vouch_buffer token, aik, nonce;
    vouch_expectation expected;
};

static vouch_buffer token_of(const json_t *vector)
{
    const char *text = vector_text(vector, "token");
    bool is_jwt = vouch_ear_form_find(vector_text(vector, "format"))->is_jwt;

    return is_jwt
               ? (vouch_buffer){exact_copy((const uint8_t *)text, strlen(text)),
                                strlen(text)}
               : from_hex(text);
}

static void allow(vouch_policy *policy, const json_t *allows)
{
    static const struct {
        const char *name;
        vouch_err (*allow)(vouch_policy *policy);
    } rules[] = {
        {"key bound", vouch_policy_allow_key_bound},
        {"warning", vouch_policy_allow_warning},
        {"no vector", vouch_policy_allow_no_vector},
    };

    for (size_t i = 0; i < json_array_size(allows); i++) {
        const char *name = json_string_value(json_array_get(allows, i));

        for (int n = 0; n < COUNT(rules); n++) {
            if (strcmp(rules[n].name, name) == 0) {
                ck_assert_int_eq(rules[n].allow(policy), VOUCH_OK);
            }
        }
    }
}

static struct vector open_vector(int i, bool with_consent)
{
    struct vector v = {
        .json = json_array_get(json_object_get(results, "vectors"), (size_t)i),
        .aik = vector_hex(results, "aik")};
    vouch_buffer verifier = vector_hex(results, "verifier");
    vouch_buffer binder = vector_hex(v.json, "binder");

    v.policy = new_policy(vector_text(v.json, "format"), span_of(&verifier));
    if (with_consent) {
        allow(v.policy, json_object_get(v.json, "allows"));
    }
    v.token = token_of(v.json);
    v.nonce = vector_hex(v.json, "nonce");
    v.expected.binder.len = binder.len;
    memcpy(v.expected.binder.data, binder.data, binder.len);
    v.expected.aik_spki = span_of(&v.aik);
    v.expected.aik_pub_hash.len = 32;
    vouch_sha256(v.expected.aik_spki, v.expected.aik_pub_hash.data);
    v.expected.nonce = span_of(&v.nonce);
    v.expected.now.unix_s = json_integer_value(json_object_get(results, "now"));
    free(binder.data);
    free(verifier.data);
    return v;
}

static void close_vector(struct vector *v)
{
    vouch_policy_free(v->policy);
    free(v->token.data);
    free(v->nonce.data);
    free(v->aik.data);
}

enum { VECTORS = 58 };

/* Whether it is one that is not to be accepted; then as the vector says. */
static bool is_refused(const struct vector *v, const vouch_result *result)
{
    const json_t *refused = json_object_get(v->json, "refused");

    if (refused != NULL) {
        ck_assert_int_eq(result->verdict, VOUCH_REJECTED);
        ck_assert_str_eq(vouch_check_name(result->reason.check),
                         json_string_value(json_array_get(refused, 0)));
        ck_assert_str_eq(vouch_claim_name(result->reason.claim),
                         json_string_value(json_array_get(refused, 1)));
    }
    return refused != NULL;
}

START_TEST(results_are_accepted_as_said)
{
    struct vector v = open_vector(_i, true);
    vouch_result result;

    ck_assert_uint_eq(json_array_size(json_object_get(results, "vectors")),
                      VECTORS);
    judge(v.policy, span_of(&v.token), &v.expected, &result);
    ck_assert_msg(is_refused(&v, &result) || result.verdict == VOUCH_ACCEPTED,
                  "%s: %s of %s", vector_text(v.json, "name"),
                  vouch_check_name(result.reason.check),
                  vouch_claim_name(result.reason.claim));
    ck_assert_str_eq(vouch_level_name(result.level),
                     vector_text(v.json, "level"));
    close_vector(&v);
}
END_TEST

START_TEST(results_need_the_consent_that_they_name)
{
    struct vector v = open_vector(_i, false);
    bool needs_none = json_array_size(json_object_get(v.json, "allows")) == 0;
    vouch_result result;

    judge(v.policy, span_of(&v.token), &v.expected, &result);
    ck_assert_int_eq(result.verdict,
                     needs_none ? VOUCH_ACCEPTED : VOUCH_REJECTED);
    close_vector(&v);
}
END_TEST

/* One bit in every octet of header, payload and signature. */
START_TEST(results_with_a_bit_flipped_are_refused)
{
    struct vector v = open_vector(_i, true);
    unsigned changes = 0, accepted = 0;
    vouch_result result;

    for (size_t i = 0; i < v.token.len; i++) {
        v.token.data[i] ^= (uint8_t)(1 << i % 8);
        judge(v.policy, span_of(&v.token), &v.expected, &result);
        accepted += result.verdict == VOUCH_ACCEPTED;
        changes++;
        v.token.data[i] ^= (uint8_t)(1 << i % 8);
    }
    printf("# %s: %u bits flipped, %u accepted\n", vector_text(v.json, "name"),
           changes, accepted);
    ck_assert_uint_eq(accepted, 0);
    judge(v.policy, span_of(&v.token), &v.expected, &result);
    ck_assert(is_refused(&v, &result) || result.verdict == VOUCH_ACCEPTED);
    close_vector(&v);
}
END_TEST

/* And cut short or with something behind. */
START_TEST(results_of_another_length_are_refused)
{
    struct vector v = open_vector(_i, true);
    uint8_t *longer = malloc(v.token.len + 1);
    vouch_result result;

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < v.token.len; len++) {
        judge(v.policy, (vouch_bytes){v.token.data, len}, &v.expected, &result);
        ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    }
    memcpy(longer, v.token.data, v.token.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[v.token.len] = (uint8_t)octet;
        judge(v.policy, (vouch_bytes){longer, v.token.len + 1}, &v.expected,
              &result);
        ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    }
    free(longer);
    close_vector(&v);
}
END_TEST

/* Veraison's JWTs */

/* A JWK (RFC 7517) on P-256 as SubjectPublicKeyInfo. */
static void spki_of(const json_t *jwk, uint8_t out[91])
{
    static const uint8_t before[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                     0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
                                     0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

    memcpy(out, before, sizeof before);
    ck_assert(vouch_base64url_decode(vouch_text(vector_text(jwk, "x")),
                                     out + sizeof before));
    ck_assert(vouch_base64url_decode(vouch_text(vector_text(jwk, "y")),
                                     out + sizeof before + 32));
}

static void published_key(uint8_t out[91])
{
    json_t *jwk = load_vectors("ear/pkey.json");

    spki_of(jwk, out);
    json_decref(jwk);
}

/* The key that a JWT brings along. */
static void embedded_key(const char *jwt, uint8_t out[91])
{
    vouch_bytes text = {(const uint8_t *)jwt, strcspn(jwt, ".")};
    char header[1024];
    json_t *json;

    ck_assert_uint_lt(vouch_base64url_length(text.len), sizeof header);
    ck_assert(vouch_base64url_decode(text, (uint8_t *)header));
    json = json_loadb(header, vouch_base64url_length(text.len), 0, NULL);
    ck_assert_ptr_nonnull(json);
    spki_of(json_object_get(json, "jwk"), out);
    json_decref(json);
}

static const json_t *entry_at(int i)
{
    return json_array_get(json_object_get(manifest, "entries"), (size_t)i);
}

static const char *jwt_of(const json_t *entry)
{
    const json_t *all = json_object_get(jwts, "jwts");

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);

        if (strcmp(vector_text(one, "name"), vector_text(entry, "name")) == 0) {
            return vector_text(one, "jwt");
        }
    }
    ck_abort_msg("no such JWT");
    return NULL;
}

static bool is_published(const json_t *entry)
{
    return strcmp(vector_text(entry, "signature"), "pkey.json") == 0;
}

static vouch_err verify(const char *jwt, const uint8_t spki[91])
{
    struct vouch_jws jws;
    EVP_PKEY *key;
    vouch_err err;

    ck_assert_int_eq(vouch_public_key_parse((vouch_bytes){spki, 91}, &key),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_jws_decode(vouch_text(jwt), &jws), VOUCH_OK);
    err = vouch_jws_verify(key, &jws);
    vouch_buffer_free(&jws.memory);
    EVP_PKEY_free(key);
    return err;
}

enum { ENTRIES = 3 };

START_TEST(jwt_is_signed_as_said)
{
    const json_t *entry = entry_at(_i);
    const char *jwt = jwt_of(entry);
    uint8_t published[91], embedded[91];

    ck_assert_uint_eq(json_array_size(json_object_get(manifest, "entries")),
                      ENTRIES);
    published_key(published);
    ck_assert_int_eq(verify(jwt, published),
                     is_published(entry) ? VOUCH_OK : VOUCH_E_SIGNATURE);
    if (!is_published(entry)) {
        embedded_key(jwt, embedded);
        ck_assert_int_eq(verify(jwt, embedded), VOUCH_OK);
    }
}
END_TEST

static vouch_result judge_entry(const json_t *entry, const char *format,
                                const uint8_t spki[91])
{
    static const vouch_expectation expected = {.binder = {.len = 32},
                                               .aik_pub_hash = {.len = 32},
                                               .now = {.unix_s = 1666091373}};
    vouch_policy *policy = new_policy(format, (vouch_bytes){spki, 91});
    vouch_result result;

    ck_assert_int_eq(vouch_policy_allow_key_bound(policy), VOUCH_OK);
    judge(policy, vouch_text(jwt_of(entry)), &expected, &result);
    vouch_policy_free(policy);
    ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    return result;
}

/* An embedded key is nobody's; and under one that is trusted the profile is
 * another. [R01] */
START_TEST(jwt_is_refused)
{
    const json_t *entry = entry_at(_i);
    uint8_t key[91];
    vouch_result result;

    published_key(key);
    if (!is_published(entry)) {
        result = judge_entry(entry, VOUCH_EAR_JWT_FORMAT, key);
        ck_assert_int_eq(result.reason.check, VOUCH_CHECK_ANCHOR);
        embedded_key(jwt_of(entry), key);
    }
    result = judge_entry(entry, VOUCH_EAR_JWT_FORMAT, key);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_STRUCTURE);
    ck_assert_int_eq(result.reason.claim, VOUCH_CLAIM_PROFILE);
    ck_assert_str_eq(result.reason.expected, "tag:ietf.org,2026:rats/ear#04");
    ck_assert_str_eq(result.reason.found, vector_text(entry, "profile"));
}
END_TEST

/* Of Veraison's own profile, they name no AIK. */
START_TEST(jwt_of_the_right_profile_is_bound_to_nothing)
{
    const json_t *entry = entry_at(_i);
    bool is_veraison = strcmp(vector_text(entry, "profile"),
                              "tag:github.com,2023:veraison/ear") == 0;
    uint8_t key[91];
    vouch_result result;

    published_key(key);
    if (!is_published(entry)) {
        embedded_key(jwt_of(entry), key);
    }
    result = judge_entry(entry, VOUCH_EAR_VERAISON_JWT_FORMAT, key);
    ck_assert_int_eq(result.reason.check,
                     is_veraison ? VOUCH_CHECK_BINDING : VOUCH_CHECK_STRUCTURE);
    ck_assert_int_eq(result.reason.claim, is_veraison ? VOUCH_CLAIM_AIK_PUB_HASH
                                                      : VOUCH_CLAIM_PROFILE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_vectors");
    TCase *tc = tcase_create("ear_vectors");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, results_are_accepted_as_said, 0, VECTORS);
    tcase_add_loop_test(tc, results_need_the_consent_that_they_name, 0,
                        VECTORS);
    tcase_add_loop_test(tc, results_with_a_bit_flipped_are_refused, 0, VECTORS);
    tcase_add_loop_test(tc, results_of_another_length_are_refused, 0, VECTORS);
    tcase_add_loop_test(tc, jwt_is_signed_as_said, 0, ENTRIES);
    tcase_add_loop_test(tc, jwt_is_refused, 0, ENTRIES);
    tcase_add_loop_test(tc, jwt_of_the_right_profile_is_bound_to_nothing, 0,
                        ENTRIES);
    suite_add_tcase(suite, tc);
    return suite;
}
