/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <vouch/scheme.h>

#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/cose.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

static const struct {
    enum pki_kind kind;
    uint16_t scheme;
    int64_t algorithm;
    size_t cose_len; /* RFC 9053, 2.1 and 2.2; RFC 8230, 2 */
} kinds[] = {
    {PKI_P256, VOUCH_ECDSA_SECP256R1_SHA256, VOUCH_COSE_ES256, 64},
    {PKI_P384, VOUCH_ECDSA_SECP384R1_SHA384, VOUCH_COSE_ES384, 96},
    {PKI_RSA2048, VOUCH_RSA_PSS_RSAE_SHA256, VOUCH_COSE_PS256, 256},
    {PKI_ED25519, VOUCH_ED25519, VOUCH_COSE_EDDSA, 64},
};
enum { NUM_KINDS = sizeof kinds / sizeof kinds[0], NUM_FORMS = 2 };

static const enum vouch_signature_form all_forms[NUM_FORMS] = {
    VOUCH_SIGNATURE_TLS, VOUCH_SIGNATURE_COSE};

static const vouch_bytes message = {(const uint8_t *)"message", 7};

static vouch_key *key_from(EVP_PKEY *pkey)
{
    vouch_key *key;

    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(pkey, &key));
    return key;
}

static vouch_buffer sign(const vouch_key *key, enum vouch_signature_form form)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_key_sign(key, form, message, signature, &len));
    return (vouch_buffer){exact_copy(signature, len), len};
}

START_TEST(key_has_the_one_scheme_and_spki_of_its_kind)
{
    EVP_PKEY *pkey = pki_key(kinds[_i].kind);
    vouch_key *key = key_from(pkey);
    vouch_buffer spki = pki_spki(pkey);
    EVP_PKEY *parsed;

    ck_assert_uint_eq(vouch_key_scheme(key), kinds[_i].scheme);
    ck_assert_uint_eq(vouch_public_key_scheme(pkey), kinds[_i].scheme);
    ck_assert_int_eq(vouch_key_algorithm(key), kinds[_i].algorithm);
    ck_assert_int_eq(vouch_public_key_algorithm(pkey), kinds[_i].algorithm);
    ck_assert(vouch_bytes_equal(vouch_key_spki(key), span_of(&spki)));
    ck_assert_ptr_eq(vouch_key_evp(key), pkey);
    ck_assert_int_eq(VOUCH_OK, vouch_public_key_parse(span_of(&spki), &parsed));
    ck_assert_int_eq(EVP_PKEY_cmp(parsed, pkey), 1);
    EVP_PKEY_free(parsed);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_evidence_key_parse(span_of(&spki), &parsed));
    ck_assert_int_eq(EVP_PKEY_cmp(parsed, pkey), 1);
    EVP_PKEY_free(parsed);
    free(spki.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_signs_what_verifies_in_both_forms)
{
    EVP_PKEY *pkey = pki_key(kinds[_i / NUM_FORMS].kind);
    enum vouch_signature_form form = all_forms[_i % NUM_FORMS];
    uint16_t scheme = kinds[_i / NUM_FORMS].scheme;
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, form);

    if (form == VOUCH_SIGNATURE_COSE) {
        ck_assert_uint_eq(signature.len, kinds[_i / NUM_FORMS].cose_len);
    }
    ck_assert_int_eq(VOUCH_OK, vouch_verify(pkey, scheme, form, message,
                                            span_of(&signature)));
    ck_assert_int_eq(VOUCH_E_SIGNATURE,
                     vouch_verify(pkey, scheme, form, vouch_text("massage"),
                                  span_of(&signature)));
    signature.data[signature.len - 1] ^= 1;
    ck_assert_int_eq(
        VOUCH_E_SIGNATURE,
        vouch_verify(pkey, scheme, form, message, span_of(&signature)));
    ck_assert_uint_eq(0, ERR_peek_error());
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(verify_refuses_every_prefix_and_a_trailing_octet)
{
    EVP_PKEY *pkey = pki_key(kinds[_i / NUM_FORMS].kind);
    enum vouch_signature_form form = all_forms[_i % NUM_FORMS];
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, form);

    for (size_t len = 0; len <= signature.len + 1; len++) {
        uint8_t *cut = calloc(1, len != 0 ? len : 1);
        vouch_err expected =
            len == signature.len ? VOUCH_OK : VOUCH_E_SIGNATURE;

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, signature.data, len < signature.len ? len : signature.len);
        ck_assert_int_eq(expected,
                         vouch_verify(pkey, vouch_key_scheme(key), form,
                                      message, (vouch_bytes){cut, len}));
        free(cut);
    }
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

/* RFC 8446, 4.2.3 and RFC 9261, 5.2.2 [E16]: the key decides, and PKCS #1 v1.5
 * and SHA-1 are never among what it decides for. */
START_TEST(verify_refuses_every_scheme_but_that_of_the_key)
{
    static const uint16_t others[] = {0x0000, 0x0201, 0x0203, 0x0401, 0x0501,
                                      0x0601, 0x0603, 0x0805, 0x0806, 0x0808,
                                      0x0809, 0x080a, 0x080b, 0xfe0d};
    EVP_PKEY *pkey = pki_key(kinds[_i].kind);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);

    for (size_t i = 0; i < NUM_KINDS; i++) {
        ck_assert_int_eq(i == (size_t)_i ? VOUCH_OK : VOUCH_E_SIGNATURE_SCHEME,
                         vouch_verify(pkey, kinds[i].scheme,
                                      VOUCH_SIGNATURE_TLS, message,
                                      span_of(&signature)));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(VOUCH_E_SIGNATURE_SCHEME,
                         vouch_verify(pkey, others[i], VOUCH_SIGNATURE_TLS,
                                      message, span_of(&signature)));
    }
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(verify_refuses_an_ecdsa_signature_in_the_other_form)
{
    EVP_PKEY *pkey = pki_key(kinds[_i / NUM_FORMS].kind);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, all_forms[_i % NUM_FORMS]);

    ck_assert_int_eq(VOUCH_E_SIGNATURE,
                     vouch_verify(pkey, vouch_key_scheme(key),
                                  all_forms[1 - _i % NUM_FORMS], message,
                                  span_of(&signature)));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(verify_refuses_another_key_of_the_same_kind)
{
    EVP_PKEY *pkey = pki_key(kinds[_i].kind), *other = pki_key(kinds[_i].kind);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);

    ck_assert_int_eq(VOUCH_E_SIGNATURE,
                     vouch_verify(other, kinds[_i].scheme, VOUCH_SIGNATURE_TLS,
                                  message, span_of(&signature)));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(pkey);
}
END_TEST

/* What follows asks the primitives themselves. */

START_TEST(key_p256_signs_sha256)
{
    EVP_PKEY *pkey = pki_key(PKI_P256);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256(message.data, message.len, digest);
    ck_assert(ECDSA_verify(0, digest, sizeof digest, signature.data,
                           signature.len, EVP_PKEY_get0_EC_KEY(pkey)));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_p384_signs_sha384)
{
    EVP_PKEY *pkey = pki_key(PKI_P384);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);
    uint8_t digest[SHA384_DIGEST_LENGTH];

    SHA384(message.data, message.len, digest);
    ck_assert(ECDSA_verify(0, digest, sizeof digest, signature.data,
                           signature.len, EVP_PKEY_get0_EC_KEY(pkey)));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_ed25519_signs_the_message)
{
    EVP_PKEY *pkey = pki_key(PKI_ED25519);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);
    uint8_t raw[ED25519_PUBLIC_KEY_LEN];
    size_t len = sizeof raw;

    ck_assert(EVP_PKEY_get_raw_public_key(pkey, raw, &len));
    ck_assert_uint_eq(signature.len, ED25519_SIGNATURE_LEN);
    ck_assert(ED25519_verify(message.data, message.len, signature.data, raw));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_rsa_signs_pss_with_salt_as_long_as_the_digest)
{
    EVP_PKEY *pkey = pki_key(PKI_RSA2048);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature = sign(key, VOUCH_SIGNATURE_TLS);
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256(message.data, message.len, digest);
    ck_assert(RSA_verify_pss_mgf1(
        EVP_PKEY_get0_RSA(pkey), digest, sizeof digest, EVP_sha256(),
        EVP_sha256(), SHA256_DIGEST_LENGTH, signature.data, signature.len));
    free(signature.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}
END_TEST

/* Salt lengths 0, 31, 32, 33; then PKCS #1 v1.5. */
START_TEST(verify_takes_pss_with_salt_as_long_as_the_digest_only)
{
    static const int salts[] = {0, 31, 32, 33};
    EVP_PKEY *pkey = pki_key(PKI_RSA2048);
    RSA *rsa = EVP_PKEY_get0_RSA(pkey);
    uint8_t digest[SHA256_DIGEST_LENGTH], signature[256];
    size_t len = sizeof signature;
    unsigned pkcs1_len;

    SHA256(message.data, message.len, digest);
    if (_i < 4) {
        ck_assert(RSA_sign_pss_mgf1(rsa, &len, signature, sizeof signature,
                                    digest, sizeof digest, EVP_sha256(),
                                    EVP_sha256(), salts[_i]));
    } else {
        ck_assert(RSA_sign(NID_sha256, digest, sizeof digest, signature,
                           &pkcs1_len, rsa));
    }
    ck_assert_int_eq(_i == 2 ? VOUCH_OK : VOUCH_E_SIGNATURE,
                     vouch_verify(pkey, VOUCH_RSA_PSS_RSAE_SHA256,
                                  VOUCH_SIGNATURE_TLS, message,
                                  (vouch_bytes){signature, len}));
    EVP_PKEY_free(pkey);
}
END_TEST

static EVP_PKEY *x25519_key(void)
{
    static const uint8_t octets[32] = {1};

    return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, octets,
                                        sizeof octets);
}

START_TEST(key_of_another_kind_is_refused)
{
    EVP_PKEY *pkeys[] = {pki_key(PKI_P521), pki_key(PKI_RSA1024), x25519_key()};

    for (size_t i = 0; i < 3; i++) {
        vouch_key *key = (vouch_key *)pkeys;
        EVP_PKEY *parsed = (EVP_PKEY *)pkeys;
        vouch_buffer spki = pki_spki(pkeys[i]);

        ck_assert_int_eq(VOUCH_E_ARGUMENT, vouch_key_from_evp(pkeys[i], &key));
        ck_assert_ptr_eq(key, pkeys);
        ck_assert_uint_eq(vouch_public_key_scheme(pkeys[i]), 0);
        ck_assert_int_eq(VOUCH_E_ARGUMENT,
                         vouch_public_key_parse(span_of(&spki), &parsed));
        ck_assert_ptr_eq(parsed, pkeys);
        ck_assert_int_eq(
            VOUCH_E_SIGNATURE_SCHEME,
            vouch_verify(pkeys[i], 0, VOUCH_SIGNATURE_TLS, message, message));
        free(spki.data);
        EVP_PKEY_free(pkeys[i]);
    }
}
END_TEST

START_TEST(evidence_key_of_another_kind_is_refused)
{
    EVP_PKEY *pkeys[] = {pki_key(PKI_RSA1024), x25519_key()};

    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *parsed = (EVP_PKEY *)pkeys;
        vouch_buffer spki = pki_spki(pkeys[i]);

        ck_assert_int_eq(vouch_public_key_algorithm(pkeys[i]), 0);
        ck_assert_int_eq(VOUCH_E_ARGUMENT,
                         vouch_evidence_key_parse(span_of(&spki), &parsed));
        ck_assert_ptr_eq(parsed, pkeys);
        ck_assert_int_eq(VOUCH_E_COSE_ALGORITHM,
                         vouch_verify_cose(pkeys[i], 0, message, message));
        free(spki.data);
        EVP_PKEY_free(pkeys[i]);
    }
}
END_TEST

/* RFC 8410, 4: a SubjectPublicKeyInfo for Ed448, which shares EdDSA's number
 * in COSE. */
START_TEST(evidence_key_is_not_on_ed448)
{
    vouch_buffer spki = from_hex(
        "3043300506032b6571033a00"
        "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124"
        "769b46c7061bd6783df1e50f6cd1fa1abeafe8256180");
    EVP_PKEY *parsed;

    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_evidence_key_parse(span_of(&spki), &parsed));
    free(spki.data);
}
END_TEST

START_TEST(evidence_key_can_be_on_p521)
{
    EVP_PKEY *pkey = pki_key(PKI_P521), *parsed;
    vouch_buffer spki = pki_spki(pkey);

    ck_assert_int_eq(VOUCH_OK,
                     vouch_evidence_key_parse(span_of(&spki), &parsed));
    ck_assert_int_eq(EVP_PKEY_cmp(parsed, pkey), 1);
    ck_assert_int_eq(vouch_public_key_algorithm(parsed), VOUCH_COSE_ES512);
    EVP_PKEY_free(parsed);
    EVP_PKEY_free(pkey);
    free(spki.data);
}
END_TEST

/* A public key, of which the length counts here and nothing else. */
static EVP_PKEY *rsa_public_key(int bits)
{
    BIGNUM *modulus = BN_new(), *exponent = BN_new();
    EVP_PKEY *pkey = EVP_PKEY_new();
    RSA *rsa = RSA_new();

    ck_assert(rsa != NULL && pkey != NULL);
    ck_assert(modulus != NULL && BN_set_word(modulus, 1) &&
              BN_set_bit(modulus, bits - 1));
    ck_assert(exponent != NULL && BN_set_word(exponent, RSA_F4));
    ck_assert(RSA_set0_key(rsa, modulus, exponent, NULL));
    ck_assert(EVP_PKEY_assign_RSA(pkey, rsa));
    return pkey;
}

START_TEST(key_rsa_has_2048_to_4096_bits)
{
    static const struct {
        int bits;
        uint16_t scheme;
        int64_t algorithm;
    } sizes[] = {{2047, 0, 0},
                 {2048, VOUCH_RSA_PSS_RSAE_SHA256, VOUCH_COSE_PS256},
                 {4096, VOUCH_RSA_PSS_RSAE_SHA256, VOUCH_COSE_PS256},
                 {4097, 0, 0}};
    EVP_PKEY *pkey = rsa_public_key(sizes[_i].bits);

    ck_assert_uint_eq(vouch_public_key_scheme(pkey), sizes[_i].scheme);
    ck_assert_int_eq(vouch_public_key_algorithm(pkey), sizes[_i].algorithm);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(public_key_parse_refuses_prefixes_and_a_trailing_octet)
{
    EVP_PKEY *pkey = pki_key(kinds[_i].kind);
    vouch_buffer spki = pki_spki(pkey);

    for (size_t len = 0; len <= spki.len + 1; len++) {
        uint8_t *cut = calloc(1, len != 0 ? len : 1);
        EVP_PKEY *const untouched = pkey;
        EVP_PKEY *parsed = untouched;

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, spki.data, len < spki.len ? len : spki.len);
        if (len != spki.len) {
            ck_assert_int_eq(
                VOUCH_E_ARGUMENT,
                vouch_public_key_parse((vouch_bytes){cut, len}, &parsed));
            ck_assert_ptr_eq(parsed, untouched);
        }
        free(cut);
    }
    free(spki.data);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_without_private_half_does_not_sign)
{
    EVP_PKEY *pkey = pki_key(kinds[_i].kind), *public_half;
    vouch_buffer spki = pki_spki(pkey);
    uint8_t signature[VOUCH_LIMIT_SIGNATURE], before[VOUCH_LIMIT_SIGNATURE];
    size_t len = 7;
    vouch_key *key;

    memset(signature, 0xa5, sizeof signature);
    memcpy(before, signature, sizeof before);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_public_key_parse(span_of(&spki), &public_half));
    key = key_from(public_half);
    ck_assert_int_eq(VOUCH_E_CRYPTO, vouch_key_sign(key, VOUCH_SIGNATURE_TLS,
                                                    message, signature, &len));
    ck_assert_mem_eq(signature, before, sizeof before);
    ck_assert_uint_eq(len, 7);
    ck_assert_uint_eq(0, ERR_peek_error());
    vouch_key_free(key);
    EVP_PKEY_free(public_half);
    EVP_PKEY_free(pkey);
    free(spki.data);
}
END_TEST

START_TEST(key_lives_as_long_as_a_reference)
{
    EVP_PKEY *pkey = pki_key(PKI_P256);
    vouch_key *key = key_from(pkey);
    vouch_buffer signature;

    EVP_PKEY_free(pkey);
    ck_assert_ptr_eq(vouch_key_ref(key), key);
    vouch_key_free(key);
    signature = sign(key, VOUCH_SIGNATURE_TLS);
    free(signature.data);
    vouch_key_free(key);
    vouch_key_free(NULL);
}
END_TEST

/* A Verifier may know a key by its hash alone, and a point has two forms. */
START_TEST(public_key_has_the_hash_of_either_form)
{
    EVP_PKEY *key = pki_key(PKI_P256), *other = pki_key(PKI_P256);
    vouch_buffer point = pki_point(key, POINT_CONVERSION_COMPRESSED);
    vouch_buffer spki[] = {pki_spki(key), pki_spki_around(span_of(&point))};

    for (size_t i = 0; i < sizeof spki / sizeof spki[0]; i++) {
        for (int hash = VOUCH_SHA256; hash <= VOUCH_SHA384; hash++) {
            const vouch_bytes octets = span_of(&spki[i]);
            vouch_digest digest;

            ck_assert_int_eq(
                vouch_hash_parts((vouch_hash)hash, &octets, 1, &digest),
                VOUCH_OK);
            ck_assert(vouch_public_key_has_hash(key, &digest));
            ck_assert(!vouch_public_key_has_hash(other, &digest));
            digest.data[0] ^= 1;
            ck_assert(!vouch_public_key_has_hash(key, &digest));
        }
        free(spki[i].data);
    }
    free(point.data);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *tc = tcase_create("keys");

    tcase_add_loop_test(tc, key_has_the_one_scheme_and_spki_of_its_kind, 0,
                        NUM_KINDS);
    tcase_add_loop_test(tc, key_signs_what_verifies_in_both_forms, 0,
                        NUM_KINDS * NUM_FORMS);
    tcase_add_loop_test(tc, verify_refuses_every_prefix_and_a_trailing_octet, 0,
                        NUM_KINDS * NUM_FORMS);
    tcase_add_loop_test(tc, verify_refuses_every_scheme_but_that_of_the_key, 0,
                        NUM_KINDS);
    tcase_add_loop_test(tc, verify_refuses_an_ecdsa_signature_in_the_other_form,
                        0, 2 * NUM_FORMS);
    tcase_add_loop_test(tc, verify_refuses_another_key_of_the_same_kind, 0,
                        NUM_KINDS);
    tcase_add_test(tc, key_p256_signs_sha256);
    tcase_add_test(tc, key_p384_signs_sha384);
    tcase_add_test(tc, key_ed25519_signs_the_message);
    tcase_add_test(tc, key_rsa_signs_pss_with_salt_as_long_as_the_digest);
    tcase_add_loop_test(
        tc, verify_takes_pss_with_salt_as_long_as_the_digest_only, 0, 5);
    tcase_add_test(tc, key_of_another_kind_is_refused);
    tcase_add_test(tc, evidence_key_of_another_kind_is_refused);
    tcase_add_test(tc, evidence_key_is_not_on_ed448);
    tcase_add_test(tc, evidence_key_can_be_on_p521);
    tcase_add_loop_test(tc, key_rsa_has_2048_to_4096_bits, 0, 4);
    tcase_add_loop_test(tc,
                        public_key_parse_refuses_prefixes_and_a_trailing_octet,
                        0, NUM_KINDS);
    tcase_add_loop_test(tc, key_without_private_half_does_not_sign, 0,
                        NUM_KINDS);
    tcase_add_test(tc, key_lives_as_long_as_a_reference);
    tcase_add_test(tc, public_key_has_the_hash_of_either_form);
    suite_add_tcase(suite, tc);
    return suite;
}
