/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vouch/cmw.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/ear_token.h"
#include "lib/keys/digest.h"
#include "proto/base64url.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/*
 * Attacks 4, 35, 47, 49, 53, 56 and 57, as far as they are on Attestation
 * Results. Each begins with a result that is accepted; `_i` is the form.
 */

static struct results r;
static struct vouch_ear_appraisal *const one = &r.ear.appraisals[0];

static const vouch_bytes nothing = {NULL, 0};

static void begin(int form)
{
    results_init(&r, results_formats[form]);
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
}

static void tear_down(void)
{
    results_free(&r);
}

static void refused(vouch_stage stage, vouch_check check, vouch_claim claim)
{
    results_assert(&r, stage, check, claim);
}

static void refuses(vouch_stage stage, vouch_check check, vouch_claim claim)
{
    ck_assert_int_eq(results_judge(&r), VOUCH_REJECTED);
    refused(stage, check, claim);
}

static bool is_jwt(void)
{
    return vouch_ear_form_find(r.format)->is_jwt;
}

/* 4. A passport that is not bound to this connection, or to another AIK. */

START_TEST(attack_4_result_of_another_peer)
{
    EVP_PKEY *other = pki_key(PKI_P256);
    vouch_buffer spki = pki_spki(other);
    vouch_bytes genuine;

    begin(_i);
    genuine = r.expected.aik_spki;
    r.expected.aik_spki = span_of(&spki); /* who shows what is the peer's */
    refuses(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
    r.expected.aik_spki = genuine;
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
    free(spki.data);
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(attack_4_result_of_another_connection)
{
    begin(_i);
    r.expected.binder.data[31] ^= 1;
    refuses(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
    /* nor where passports are taken: it names an exchange, and not this one */
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    refuses(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE);
}
END_TEST

START_TEST(attack_4_passport_without_consent)
{
    begin(_i);
    one->nonce = nothing;
    refuses(VOUCH_STAGE_BINDING, VOUCH_CHECK_LEVEL, VOUCH_CLAIM_NONCE);
    results_new_policy(&r);
    ck_assert_int_eq(vouch_policy_allow_key_bound(r.policy), VOUCH_OK);
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
    ck_assert_int_eq(r.result.level, VOUCH_LEVEL_KEY_BOUND);
    one->aik_pub_hash = nothing; /* bound to nobody */
    refuses(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
}
END_TEST

/* 35. What the peer says of its type picks no other verifier. */

START_TEST(attack_35_type_that_was_not_asked_for)
{
    static const char *const types[] = {
        "application/eat+cwt",
        "application/eat+jwt",
        "null",
        VOUCH_SOFTWARE_FORMAT,
        "application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#04\" ",
        "APPLICATION/EAT+JWT; eat_profile=\"tag:ietf.org,2026:rats/ear#04\"",
        "application/eat+jwt; eat_profile=\"tag:ietf.org,2026:rats/ear#05\""};
    vouch_buffer token, cmw;

    begin(_i);
    token = results_token(&r, r.key);
    for (int i = 0; i < COUNT(types) + RESULTS_FORMATS; i++) {
        const char *type =
            i < COUNT(types) ? types[i] : results_formats[i - COUNT(types)];
        bool is_right = strcmp(type, r.format) == 0;

        ck_assert_int_eq(vouch_cmw_record(type, span_of(&token),
                                          VOUCH_CMW_ATTESTATION_RESULTS, &cmw),
                         VOUCH_OK);
        ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)),
                         is_right ? VOUCH_ACCEPTED : VOUCH_REJECTED);
        ck_assert_int_eq(r.result.reason.check,
                         is_right ? VOUCH_CHECK_NONE : VOUCH_CHECK_FORMAT);
        vouch_buffer_free(&cmw);
    }
    free(token.data);
}
END_TEST

/* A claim that asks for leniency is ignored. */
START_TEST(attack_35_claim_that_skips_checks)
{
    static const char json[] =
        "{\"test_purpose\":true,\"skip_verification\":true,\"iat\":1800000000,"
        "\"eat_profile\":\"tag:ietf.org,2026:rats/ear#04\",\"submods\":{\"p\":"
        "{\"ear_status\":\"contraindicated\"}},\"ear_verifier_id\":"
        "{\"developer\":\"a\",\"build\":\"b\"}}";

    begin(RESULTS_JWT);
    ck_assert_int_eq(results_judge_claims(&r, vouch_text(json)),
                     VOUCH_REJECTED);
    refused(VOUCH_STAGE_BINDING, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH);
}
END_TEST

/* 47. A result that is signed by whom nobody asked. */

static void judge_signed_with(EVP_PKEY *pkey)
{
    vouch_buffer token;
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    token = results_token(&r, key);
    ck_assert_int_eq(results_judge_token(&r, span_of(&token)), VOUCH_REJECTED);
    free(token.data);
    vouch_key_free(key);
}

START_TEST(attack_47_result_signed_by_the_aik) /* [X31] */
{
    begin(_i);
    judge_signed_with(r.aik);
    refused(VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    /* and not even if somebody trusts it */
    results_new_policy(&r);
    ck_assert_int_eq(
        vouch_policy_add_key(r.policy, span_of(&r.aik_spki), nothing),
        VOUCH_OK);
    judge_signed_with(r.aik);
    refused(VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_ILLEGAL);
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
}
END_TEST

/* An attestation key, or a Verifier that somebody else trusts. */
START_TEST(attack_47_result_signed_by_a_stranger) /* [X19] */
{
    EVP_PKEY *stranger = pki_key(PKI_P256);

    begin(_i);
    judge_signed_with(stranger);
    refused(VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    EVP_PKEY_free(stranger);
}
END_TEST

/* What is trusted for Evidence is not for results: there is a policy for each
 * format. And Evidence is no result, whoever signed it. */
START_TEST(attack_47_evidence_shown_as_a_result)
{
    struct vouch_eat eat = {
        .has_iat = true,
        .iat = RESULTS_NOW,
        .nonce = vouch_digest_bytes(&r.expected.binder),
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .aik_pub_hash = {r.aik_hash, sizeof r.aik_hash},
    };
    vouch_buffer claims;
    CBB cbb;

    begin(0);
    eat.nonce = vouch_digest_bytes(&r.expected.binder);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(CBB_init(&cbb, 256), 1);
        ck_assert(vouch_eat_encode(&cbb, &eat));
        claims = finish_cbb(&cbb);
        ck_assert_int_eq(results_judge_claims(&r, span_of(&claims)),
                         VOUCH_REJECTED);
        refused(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
                i == 0 ? VOUCH_CLAIM_PROFILE : VOUCH_CLAIM_SUBMODULES);
        free(claims.data);
        eat.profile = r.ear.profile; /* though it calls itself one */
    }
}
END_TEST

START_TEST(attack_47_result_shown_as_evidence)
{
    vouch_buffer token, cmw;

    begin(_i);
    token = results_token(&r, r.key);
    ck_assert_int_eq(
        vouch_cmw_record(r.format, span_of(&token), VOUCH_CMW_EVIDENCE, &cmw),
        VOUCH_OK);
    ck_assert_int_eq(results_judge_cmw(&r, span_of(&cmw)), VOUCH_REJECTED);
    ck_assert_int_eq(r.result.reason.check, VOUCH_CHECK_FORMAT);
    vouch_buffer_free(&cmw);
    free(token.data);
}
END_TEST

/* 49. Confusion of algorithms, here of JWS; for COSE see test_cose.c. */

static void append(char *to, vouch_bytes octets)
{
    size_t len = strlen(to);

    vouch_base64url_encode(octets, (uint8_t *)to + len);
    to[len + vouch_base64url_text_length(octets.len)] = '\0';
}

/* The good claims under this header, with any signature over both. */
static void write_jws(char text[4096], const char *header,
                      vouch_buffer (*sign)(vouch_bytes input))
{
    vouch_buffer claims = results_claims(&r), signature;

    text[0] = '\0';
    append(text, vouch_text(header));
    strcat(text, ".");
    append(text, span_of(&claims));
    signature = sign(vouch_text(text));
    strcat(text, ".");
    append(text, span_of(&signature));
    free(signature.data);
    free(claims.data);
}

static vouch_buffer sign_es256(vouch_bytes input)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    ck_assert_int_eq(
        vouch_key_sign(r.key, VOUCH_SIGNATURE_COSE, input, signature, &len),
        VOUCH_OK);
    return (vouch_buffer){exact_copy(signature, len), len};
}

/* r and s in DER, as TLS has them, and not r || s. */
static vouch_buffer sign_der(vouch_bytes input)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    ck_assert_int_eq(
        vouch_key_sign(r.key, VOUCH_SIGNATURE_TLS, input, signature, &len),
        VOUCH_OK);
    return (vouch_buffer){exact_copy(signature, len), len};
}

static vouch_buffer sign_nothing(vouch_bytes input)
{
    (void)input;
    return (vouch_buffer){exact_copy((const uint8_t *)"", 0), 0};
}

/* A MAC with what everybody knows for a key. */
static vouch_buffer sign_with_the_public_key(vouch_bytes input)
{
    vouch_bytes spki = vouch_key_spki(r.key);
    uint8_t mac[32];
    unsigned len;

    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), spki.data, spki.len, input.data,
                               input.len, mac, &len));
    return (vouch_buffer){exact_copy(mac, len), len};
}

static vouch_buffer sign_zeros(vouch_bytes input)
{
    static const uint8_t zeros[64] = {0};

    (void)input;
    return (vouch_buffer){exact_copy(zeros, sizeof zeros), sizeof zeros};
}

static const struct {
    const char *header;
    vouch_buffer (*sign)(vouch_bytes input);
    vouch_err err; /* VOUCH_OK: accepted */
} signatures[] = {
    {"{\"alg\":\"ES256\"}", sign_es256, VOUCH_OK},
    {"{\"alg\":\"none\"}", sign_nothing, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"None\"}", sign_nothing, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"none\"}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"HS256\"}", sign_with_the_public_key, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"RS256\"}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"PS256\"}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES384\"}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"EdDSA\"}", sign_es256, VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", sign_es256, VOUCH_E_ILLEGAL},
    {"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":true}", sign_es256,
     VOUCH_E_ILLEGAL},
    {"{\"alg\":\"ES256\",\"alg\":\"none\"}", sign_es256, VOUCH_E_DUPLICATE},
    {"{\"alg\":\"ES256\"}", sign_nothing, VOUCH_E_SIGNATURE},
    {"{\"alg\":\"ES256\"}", sign_zeros, VOUCH_E_SIGNATURE},
    {"{\"alg\":\"ES256\"}", sign_der, VOUCH_E_SIGNATURE},
    {"{\"alg\":\"ES256\"}", sign_with_the_public_key, VOUCH_E_SIGNATURE},
};

/* `_i` is one of these. */
START_TEST(attack_49_algorithm_of_the_messages_choice)
{
    char text[4096];

    for (int form = RESULTS_JWT; form < RESULTS_FORMATS; form++) {
        begin(form);
        write_jws(text, signatures[_i].header, signatures[_i].sign);
        ck_assert_int_eq(results_judge_token(&r, vouch_text(text)),
                         signatures[_i].err == VOUCH_OK ? VOUCH_ACCEPTED
                                                        : VOUCH_REJECTED);
        ck_assert_int_eq(r.result.reason.err, signatures[_i].err);
        if (form + 1 < RESULTS_FORMATS) {
            results_free(&r);
        }
    }
}
END_TEST

/* A key that the header brings along is nobody's. */
START_TEST(attack_49_key_of_the_messages_choice)
{
    EVP_PKEY *stranger = pki_key(PKI_P256);
    vouch_buffer spki = pki_spki(stranger);
    char text[4096], header[512], x[64] = "", y[64] = "";
    vouch_key *genuine;

    begin(_i);
    append(x, (vouch_bytes){spki.data + spki.len - 64, 32});
    append(y, (vouch_bytes){spki.data + spki.len - 32, 32});
    snprintf(header, sizeof header,
             "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
             "\"x\":\"%s\",\"y\":\"%s\"}}",
             x, y);
    genuine = r.key;
    ck_assert_int_eq(vouch_key_from_evp(stranger, &r.key), VOUCH_OK);
    write_jws(text, header, sign_es256);
    vouch_key_free(r.key);
    r.key = genuine;
    ck_assert_int_eq(results_judge_token(&r, vouch_text(text)), VOUCH_REJECTED);
    refused(VOUCH_STAGE_CHAIN, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE);
    /* and does no harm where the signer is known */
    write_jws(text, header, sign_es256);
    ck_assert_int_eq(results_judge_token(&r, vouch_text(text)), VOUCH_ACCEPTED);
    free(spki.data);
    EVP_PKEY_free(stranger);
}
END_TEST

/* A key of the policy that is for another algorithm than a JWT has. */
START_TEST(attack_49_key_of_another_algorithm)
{
    static const enum pki_kind kinds[] = {PKI_P384, PKI_ED25519, PKI_RSA2048};
    char text[4096];

    begin(_i);
    for (int i = 0; i < COUNT(kinds); i++) {
        EVP_PKEY *pkey = pki_key(kinds[i]);
        vouch_buffer spki = pki_spki(pkey);

        results_new_policy(&r);
        ck_assert_int_eq(
            vouch_policy_add_key(r.policy, span_of(&spki), vouch_text("other")),
            VOUCH_OK);
        write_jws(text, "{\"alg\":\"ES256\",\"kid\":\"other\"}", sign_es256);
        ck_assert_int_eq(results_judge_token(&r, vouch_text(text)),
                         VOUCH_REJECTED);
        refused(VOUCH_STAGE_SIGNATURE, VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE);
        ck_assert_int_eq(r.result.reason.err, VOUCH_E_COSE_ALGORITHM);
        free(spki.data);
        EVP_PKEY_free(pkey);
    }
}
END_TEST

/* 53. A policy that nothing can fail is met by nothing. */

START_TEST(attack_53_policy_that_says_nothing)
{
    begin(_i);
    vouch_policy_free(r.policy);
    ck_assert_int_eq(vouch_policy_new(r.format, &r.policy), VOUCH_OK);
    refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE);
}
END_TEST

START_TEST(attack_53_result_that_says_nothing)
{
    begin(_i);
    memset(one->vector, 0, sizeof one->vector);
    refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_VECTOR);
    one->status = VOUCH_TIER_NONE;
    refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
    r.ear.num_appraisals = 0;
    refuses(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
            VOUCH_CLAIM_SUBMODULES);
}
END_TEST

/* 56. Laundered tiers. */

START_TEST(attack_56_status_that_is_better_than_its_vector) /* [R02] */
{
    static const int8_t bad[] = {32,  33,  95,   96, 127, -33,
                                 -96, -97, -128, 1,  -1};

    begin(_i);
    for (size_t category = 0; category < VOUCH_CATEGORIES; category++) {
        for (int i = 0; i < COUNT(bad); i++) {
            int8_t good = one->vector[category];

            one->vector[category] = bad[i];
            refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
            one->vector[category] = good;
        }
    }
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
}
END_TEST

START_TEST(attack_56_whole_that_is_better_than_a_part) /* [R02] */
{
    begin(_i);
    r.ear.has_status = true;
    r.ear.status = VOUCH_TIER_AFFIRMING;
    r.ear.num_appraisals = VOUCH_LIMIT_SUBMODULES;
    for (size_t i = 0; i < VOUCH_LIMIT_SUBMODULES; i++) {
        static const char labels[] = "abcdefghijklmnop";

        r.ear.appraisals[i] = *one;
        r.ear.appraisals[i].label =
            (vouch_bytes){(const uint8_t *)&labels[i], 1};
    }
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
    for (size_t i = 0; i < VOUCH_LIMIT_SUBMODULES; i++) {
        static const uint8_t bad[] = {VOUCH_TIER_NONE, VOUCH_TIER_WARNING,
                                      VOUCH_TIER_CONTRAINDICATED};

        for (int n = 0; n < COUNT(bad); n++) {
            r.ear.appraisals[i].status = bad[n];
            refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
        }
        r.ear.appraisals[i].status = VOUCH_TIER_AFFIRMING;
    }
}
END_TEST

/* Every number or name that is no tier. */
START_TEST(attack_56_tier_that_is_none)
{
    static const char *const names[] = {"",        "Affirming", "affirm",
                                        "success", "trusted",   "2"};

    begin(_i);
    for (unsigned number = 0; !is_jwt() && number < 256; number++) {
        one->status = (uint8_t)number;
        ck_assert_int_eq(results_judge(&r),
                         number == 2 ? VOUCH_ACCEPTED : VOUCH_REJECTED);
    }
    for (int i = 0; is_jwt() && i < COUNT(names); i++) {
        vouch_buffer claims = results_claims(&r), other;
        const char *at = strstr((const char *)claims.data, "\"affirming\"");
        size_t before = (size_t)(at - (const char *)claims.data);
        CBB cbb;

        ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
        ck_assert(
            CBB_add_bytes(&cbb, claims.data, before) && CBB_add_u8(&cbb, '"') &&
            CBB_add_bytes(&cbb, (const uint8_t *)names[i], strlen(names[i])) &&
            CBB_add_bytes(&cbb, claims.data + before + 10,
                          claims.len - before - 10));
        other = finish_cbb(&cbb);
        ck_assert_int_eq(results_judge_claims(&r, span_of(&other)),
                         VOUCH_REJECTED);
        refused(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
                VOUCH_CLAIM_STATUS);
        free(other.data);
        free(claims.data);
    }
}
END_TEST

START_TEST(attack_56_vector_that_is_missing) /* [R06] */
{
    begin(_i);
    one->has_vector = false;
    refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_VECTOR);
}
END_TEST

START_TEST(attack_56_tiers_that_are_not_good_enough)
{
    static const vouch_tier bad[] = {VOUCH_TIER_NONE, VOUCH_TIER_WARNING,
                                     VOUCH_TIER_CONTRAINDICATED};

    begin(_i);
    for (int i = 0; i < COUNT(bad); i++) {
        one->status = (uint8_t)bad[i];
        refuses(VOUCH_STAGE_POLICY, VOUCH_CHECK_RESULT, VOUCH_CLAIM_STATUS);
        ck_assert_str_eq(r.result.reason.found, vouch_tier_name(bad[i]));
    }
}
END_TEST

/* 57. Another profile, or version of it. */

START_TEST(attack_57_profile_that_is_another) /* [R01] */
{
    static const char *const profiles[] = {
        "tag:ietf.org,2026:rats/ear#02",
        "tag:ietf.org,2026:rats/ear#03",
        "tag:ietf.org,2026:rats/ear#04",
        "tag:ietf.org,2026:rats/ear#05",
        "tag:ietf.org,2026:rats/ear",
        "tag:ietf.org,2026:rats/ear#04 ",
        "tag:ietf.org,2026:rats/ear#0",
        "TAG:ietf.org,2026:rats/ear#04",
        "tag:github.com,2023:veraison/ear",
        "tag:github.com,2024:confidential-containers/Trustee",
        VOUCH_EAT_SOFTWARE_PROFILE,
    };
    const char *right;

    begin(_i);
    right = vouch_ear_form_find(r.format)->profile->tag;
    for (int i = 0; i < COUNT(profiles); i++) {
        r.ear.profile = vouch_text(profiles[i]);
        if (strcmp(profiles[i], right) == 0) {
            ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
        } else {
            refuses(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
                    VOUCH_CLAIM_PROFILE);
            ck_assert_str_eq(r.result.reason.expected, right);
            ck_assert_str_eq(r.result.reason.found, profiles[i]);
        }
    }
    r.ear.profile = nothing;
    refuses(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_PROFILE);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_CLAIM_MISSING);
}
END_TEST

/* A result with the names of one profile and the other's name on it. */
START_TEST(attack_57_names_of_another_profile)
{
    vouch_buffer claims;
    const char *other;

    begin(_i);
    other = vouch_ear_form_find(r.format)->profile->names == VOUCH_EAR_NAMES
                ? VOUCH_EAR_VERAISON_JWT_FORMAT
                : VOUCH_EAR_JWT_FORMAT;
    r.format = other; /* its names, and the profile of the first */
    claims = results_claims(&r);
    r.format = results_formats[_i];
    ck_assert_int_eq(results_judge_claims(&r, span_of(&claims)),
                     VOUCH_REJECTED);
    refused(VOUCH_STAGE_STRUCTURE, VOUCH_CHECK_STRUCTURE,
            VOUCH_CLAIM_VERIFIER_ID);
    free(claims.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_results");
    TCase *tc = tcase_create("attack_results");
#define ADD(test) tcase_add_loop_test(tc, test, 0, RESULTS_FORMATS)
#define ADD_JWT(test) \
    tcase_add_loop_test(tc, test, RESULTS_JWT, RESULTS_FORMATS)

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 60);
    ADD(attack_4_result_of_another_peer);
    ADD(attack_4_result_of_another_connection);
    ADD(attack_4_passport_without_consent);
    ADD(attack_35_type_that_was_not_asked_for);
    tcase_add_test(tc, attack_35_claim_that_skips_checks);
    ADD(attack_47_result_signed_by_the_aik);
    ADD(attack_47_result_signed_by_a_stranger);
    tcase_add_test(tc, attack_47_evidence_shown_as_a_result);
    ADD(attack_47_result_shown_as_evidence);
    tcase_add_loop_test(tc, attack_49_algorithm_of_the_messages_choice, 0,
                        COUNT(signatures));
    ADD_JWT(attack_49_key_of_the_messages_choice);
    ADD_JWT(attack_49_key_of_another_algorithm);
    ADD(attack_53_policy_that_says_nothing);
    ADD(attack_53_result_that_says_nothing);
    ADD(attack_56_status_that_is_better_than_its_vector);
    ADD(attack_56_whole_that_is_better_than_a_part);
    ADD(attack_56_tier_that_is_none);
    ADD(attack_56_vector_that_is_missing);
    ADD(attack_56_tiers_that_are_not_good_enough);
    ADD(attack_57_profile_that_is_another);
    ADD_JWT(attack_57_names_of_another_profile);
    suite_add_tcase(suite, tc);
    return suite;
}
