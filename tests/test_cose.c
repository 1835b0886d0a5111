/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/base64.h>
#include <openssl/bn.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>

#include <vouch/key.h>
#include <vouch/limits.h>

#include "lib/evidence/cose_key.h"
#include "lib/keys/verify.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"
#include "tests/support/vectors.h"

static const vouch_bytes none = {NULL, 0};

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(const uint8_t *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    struct vouch_cose_sign1 sign1, before;
    vouch_err err;

    memset(&sign1, 0xa5, sizeof sign1);
    memcpy(&before, &sign1, sizeof sign1);
    err = vouch_cose_sign1_decode((vouch_bytes){copy, len}, &sign1);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&sign1, &before, sizeof sign1);
    }
    free(copy);
    return err;
}

START_TEST(sign1_decode_finds_the_parts)
{
    vouch_buffer octets = from_hex("d2 84 43a10126 a10442 3131 42 0102 41 ff");
    struct vouch_cose_sign1 sign1;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    ck_assert_ptr_eq(sign1.protected_header.data, &octets.data[3]);
    ck_assert_uint_eq(sign1.protected_header.len, 3);
    ck_assert_int_eq(sign1.algorithm, VOUCH_COSE_ES256);
    ck_assert_ptr_eq(sign1.key_id.data, &octets.data[9]);
    ck_assert_uint_eq(sign1.key_id.len, 2);
    ck_assert_ptr_eq(sign1.payload.data, &octets.data[12]);
    ck_assert_uint_eq(sign1.payload.len, 2);
    ck_assert_ptr_eq(sign1.signature.data, &octets.data[15]);
    ck_assert_uint_eq(sign1.signature.len, 1);
    free(octets.data);
}
END_TEST

static const struct {
    const char *hex;
    vouch_err err;
} structures[] = {
    /* kid in either header, or in none; other parameters are let pass */
    {"d2 84 43a10126 a0 40 40", VOUCH_OK},
    {"d2 84 47a2012604423131 a0 40 40", VOUCH_OK},
    {"d2 84 45a201260300 a1182082 0102 40 40", VOUCH_OK},
    {"d2 84 43a10126 a1616101 40 40", VOUCH_OK},
    {"d2 84 45a10138 22 00 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 44a1013822 a0 40 40", VOUCH_OK},
    {"d2 84 45a1013903e6 a0 40 40", VOUCH_OK},
    /* only in the tag 18, and not in another one */
    {"84 43a10126 a0 40 40", VOUCH_E_CBOR},
    {"d1 84 43a10126 a0 40 40", VOUCH_E_CBOR},
    {"d862 84 43a10126 a0 40 40", VOUCH_E_CBOR},
    {"d83d d2 84 43a10126 a0 40 40", VOUCH_E_CBOR},
    {"d2 d2 84 43a10126 a0 40 40", VOUCH_E_CBOR},
    {"d812 84 43a10126 a0 40 40", VOUCH_E_CBOR},
    /* the array and what stands in it */
    {"d2 83 43a10126 a0 40", VOUCH_E_CBOR},
    {"d2 85 43a10126 a0 40 40 40", VOUCH_E_CBOR},
    {"d2 80", VOUCH_E_CBOR},
    {"d2 a0", VOUCH_E_CBOR},
    {"d2 84 a10126 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 63a10126 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 40 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 80 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 a0 f6 40", VOUCH_E_CBOR}, /* detached */
    {"d2 84 43a10126 a0 60 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 a0 40 f6", VOUCH_E_CBOR},
    {"d2 84 43a10126 a0 40 80", VOUCH_E_CBOR},
    {"d2 9f 43a10126 a0 40 40 ff", VOUCH_E_CBOR},
    /* the protected header: one map, and nothing after it */
    {"d2 84 41f6 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 4180 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 44a1012600 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 42a101 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 44bf0126ff a0 40 40", VOUCH_E_CBOR},
    {"d2 84 45a201260126 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 a2 0440 0440 40 40", VOUCH_E_CBOR},
    /* alg: there, an integer, protected */
    {"d2 84 40 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 41a0 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 40 a10126 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 44a1014107 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 48a101654553323536 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 43a10100 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 43a101f6 a0 40 40", VOUCH_E_COSE_ALGORITHM},
    {"d2 84 4ba1013bffffffffffffffff a0 40 40", VOUCH_E_COSE_ALGORITHM},
    /* a label in both headers, whatever the label */
    {"d2 84 43a10126 a10126 40 40", VOUCH_E_DUPLICATE},
    {"d2 84 43a10126 a10138 22 40 40", VOUCH_E_DUPLICATE},
    {"d2 84 46a201260441 31 a1044131 40 40", VOUCH_E_DUPLICATE},
    {"d2 84 47a2012604423131 a1044132 40 40", VOUCH_E_DUPLICATE},
    {"d2 84 47a2012662787901 a1 62787902 40 40", VOUCH_E_DUPLICATE},
    /* crit, in whichever header */
    {"d2 84 46a20126028104 a10440 40 40", VOUCH_E_ILLEGAL},
    {"d2 84 43a10126 a1028104 40 40", VOUCH_E_ILLEGAL},
    {"d2 84 45a201260280 a0 40 40", VOUCH_E_ILLEGAL},
    /* kid: octets */
    {"d2 84 43a10126 a10401 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 a1046131 40 40", VOUCH_E_CBOR},
    {"d2 84 45a201260401 a0 40 40", VOUCH_E_CBOR},
    /* x5chain: protected, one certificate or an array of two and more */
    {"d2 84 49a201261821 43010203 a0 40 40", VOUCH_OK},
    {"d2 84 49a201261821 8241ff40 a0 40 40", VOUCH_OK},
    {"d2 84 46a201261821 80 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 48a201261821 8141ff a0 40 40", VOUCH_E_CBOR},
    {"d2 84 46a201261821 01 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 47a201261821 61ff a0 40 40", VOUCH_E_CBOR},
    {"d2 84 47a201261821 6161 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 48a201261821 824060 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 49a201261821 82408140 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 47a201261821 c140 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 43a10126 a1182141ff 40 40", VOUCH_E_COSE_PLACEMENT},
    {"d2 84 43a10126 a118218241ff40 40 40", VOUCH_E_COSE_PLACEMENT},
    {"d2 84 43a10126 a2044131182141ff 40 40", VOUCH_E_COSE_PLACEMENT},
    {"d2 84 47a20126182141ff a1182141ff 40 40", VOUCH_E_DUPLICATE},
    /* not in preferred serialization */
    {"d2 84 5803a10126 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 44a1180126 a0 40 40", VOUCH_E_CBOR},
    {"d2 84 44a1013806 a0 40 40", VOUCH_E_CBOR},
};

START_TEST(sign1_decode_is_strict)
{
    vouch_buffer octets = from_hex(structures[_i].hex);

    ck_assert_int_eq(decode(octets.data, octets.len), structures[_i].err);
    free(octets.data);
}
END_TEST

START_TEST(sign1_decode_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets =
        from_hex("d2 84 47a2012604423131 a116 01 4401020304 43ffffff 00");

    ck_assert_int_eq(decode(octets.data, octets.len - 1), VOUCH_OK);
    for (size_t len = 0; len < octets.len - 1; len++) {
        ck_assert_int_eq(decode(octets.data, len), VOUCH_E_CBOR);
    }
    for (unsigned octet = 0; octet < 256; octet++) {
        octets.data[octets.len - 1] = (uint8_t)octet;
        ck_assert_int_eq(decode(octets.data, octets.len), VOUCH_E_CBOR);
    }
    free(octets.data);
}
END_TEST

/* Deep in the unprotected header: seen through, and limited. */
START_TEST(sign1_decode_limits_depth)
{
    char hex[256] = "d284 43a10126 a1 05";
    size_t levels = VOUCH_LIMIT_CBOR_DEPTH - 3; /* tag, array, map */

    for (size_t i = 0; i < levels; i++) {
        strcat(hex, "81");
    }
    for (size_t beyond = 0; beyond < 2; beyond++) {
        char whole[300];
        vouch_buffer octets;

        snprintf(whole, sizeof whole, "%s%s00 40 40", hex, beyond ? "81" : "");
        octets = from_hex(whole);
        ck_assert_int_eq(decode(octets.data, octets.len),
                         beyond ? VOUCH_E_TOO_MANY : VOUCH_OK);
        free(octets.data);
    }
}
END_TEST

/* x5chain */

static void assert_certificates(const char *hex, const char *const *expected,
                                size_t num_expected)
{
    vouch_buffer octets = from_hex(hex);
    struct vouch_cose_sign1 sign1;
    size_t num;
    CBS in;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    in = vouch_cose_x5chain(&sign1, &num);
    ck_assert_uint_eq(num, num_expected);
    for (size_t i = 0; i < num; i++) {
        vouch_buffer certificate = from_hex(expected[i]);
        vouch_bytes found;

        ck_assert(vouch_cose_read_certificate(&in, &found));
        ck_assert(vouch_bytes_equal(found, span_of(&certificate)));
        free(certificate.data);
    }
    ck_assert_uint_eq(CBS_len(&in), 0);
    free(octets.data);
}

START_TEST(x5chain_gives_its_certificates_in_order)
{
    static const char *const certificates[] = {"010203", "04", ""};

    assert_certificates("d2 84 43a10126 a0 40 40", NULL, 0);
    assert_certificates("d2 84 49a201261821 43010203 a0 40 40", certificates,
                        1);
    assert_certificates("d2 84 4da201261821 83430102034104 40 a0 40 40",
                        certificates, 3);
}
END_TEST

static vouch_err decode_chain_of(size_t num, size_t len)
{
    uint8_t *octets = calloc(1, len);
    vouch_buffer header, token;
    struct vouch_cose_sign1 sign1 = {.signature = none};
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 64) &&
              CBB_add_bytes(&cbb, (const uint8_t *)"\xa2\x01\x26\x18\x21", 5));
    ck_assert(num == 1 || vouch_cbor_write_array(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_cbor_write_bytes(&cbb, (vouch_bytes){octets, len}));
    }
    header = finish_cbb(&cbb);
    sign1.protected_header = span_of(&header);
    ck_assert(CBB_init(&cbb, 64) && vouch_cose_sign1_encode(&cbb, &sign1));
    token = finish_cbb(&cbb);
    err = decode(token.data, token.len);
    free(token.data);
    free(header.data);
    free(octets);
    return err;
}

/* Attack 51 */
START_TEST(x5chain_has_limits)
{
    ck_assert_int_eq(decode_chain_of(VOUCH_LIMIT_CHAIN, 1), VOUCH_OK);
    ck_assert_int_eq(decode_chain_of(VOUCH_LIMIT_CHAIN + 1, 1),
                     VOUCH_E_TOO_MANY);
    ck_assert_int_eq(decode_chain_of(100, 1), VOUCH_E_TOO_MANY);
    for (size_t num = 1; num <= 2; num++) {
        ck_assert_int_eq(decode_chain_of(num, VOUCH_LIMIT_CERTIFICATE),
                         VOUCH_OK);
        ck_assert_int_eq(decode_chain_of(num, VOUCH_LIMIT_CERTIFICATE + 1),
                         VOUCH_E_TOO_LARGE);
    }
}
END_TEST

/* Sign and verify */

/* Each kind of key with its one algorithm (RFC 9053, 2; RFC 8230, 2). */
static const struct {
    enum pki_kind kind;
    int64_t algorithm;
    size_t signature;
    const EVP_MD *(*digest)(void);
} kinds[] = {
    {PKI_P256, VOUCH_COSE_ES256, 64, EVP_sha256},
    {PKI_P384, VOUCH_COSE_ES384, 96, EVP_sha384},
    {PKI_ED25519, VOUCH_COSE_EDDSA, 64, NULL},
    {PKI_RSA2048, VOUCH_COSE_PS256, 256, EVP_sha256},
    {PKI_P521, VOUCH_COSE_ES512, 132, EVP_sha512},
};
enum { NUM_SIGNERS = 4 }; /* those that a vouch_key can be of */

static vouch_buffer signed_by(EVP_PKEY *key, vouch_bytes payload)
{
    vouch_key *signer;
    CBB cbb;

    ck_assert_int_eq(vouch_key_from_evp(key, &signer), VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(vouch_cose_sign(signer, vouch_text("kid"), payload, &cbb),
                     VOUCH_OK);
    vouch_key_free(signer);
    return finish_cbb(&cbb);
}

/* What others do, with EVP alone. */

static void set_pss(EVP_PKEY_CTX *parameters)
{
    ck_assert(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING));
    ck_assert(EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()));
    ck_assert(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32));
}

static const EVP_MD *digest_of(int kind)
{
    return kinds[kind].digest == NULL ? NULL : kinds[kind].digest();
}

/* An ECDSA-Sig-Value as r || s. */
static void der_to_raw(const uint8_t *der, size_t der_len, uint8_t *raw,
                       size_t len)
{
    ECDSA_SIG *signature = ECDSA_SIG_from_bytes(der, der_len);

    ck_assert_ptr_nonnull(signature);
    ck_assert(
        BN_bn2bin_padded(raw, len / 2, ECDSA_SIG_get0_r(signature)) &&
        BN_bn2bin_padded(&raw[len / 2], len / 2, ECDSA_SIG_get0_s(signature)));
    ECDSA_SIG_free(signature);
}

static vouch_buffer evp_sign(int kind, EVP_PKEY *key, vouch_bytes message)
{
    uint8_t out[VOUCH_LIMIT_SIGNATURE], raw[VOUCH_LIMIT_SIGNATURE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters;
    size_t len = sizeof out;

    ck_assert(EVP_DigestSignInit(ctx, &parameters, digest_of(kind), NULL, key));
    if (kinds[kind].kind == PKI_RSA2048) {
        set_pss(parameters);
    }
    ck_assert(EVP_DigestSign(ctx, out, &len, message.data, message.len));
    EVP_MD_CTX_free(ctx);
    if (EVP_PKEY_id(key) != EVP_PKEY_EC) {
        return (vouch_buffer){exact_copy(out, len), len};
    }
    der_to_raw(out, len, raw, kinds[kind].signature);
    return (vouch_buffer){exact_copy(raw, kinds[kind].signature),
                          kinds[kind].signature};
}

/* A COSE_Sign1 whose alg is `algorithm`, and whose signature is of `key`. */
static vouch_buffer token_of(int kind, EVP_PKEY *key, int64_t algorithm)
{
    struct vouch_cose_sign1 sign1 = {.payload = vouch_text("payload")};
    vouch_buffer header, message, signature;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cose_protected_header(&cbb, algorithm, none));
    header = finish_cbb(&cbb);
    sign1.protected_header = span_of(&header);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cose_sig_structure(&cbb, &sign1, none));
    message = finish_cbb(&cbb);
    signature = evp_sign(kind, key, span_of(&message));
    sign1.signature = span_of(&signature);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cose_sign1_encode(&cbb, &sign1));
    free(signature.data);
    free(message.data);
    free(header.data);
    return finish_cbb(&cbb);
}

static vouch_err verify(EVP_PKEY *key, const vouch_buffer *octets,
                        vouch_bytes aad)
{
    struct vouch_cose_sign1 sign1;
    vouch_err err = vouch_cose_sign1_decode(span_of(octets), &sign1);

    return err == VOUCH_OK ? vouch_cose_verify(key, &sign1, aad) : err;
}

/* RFC 9052, 4.4, put together by hand. */
static vouch_buffer message_by_hand(const struct vouch_cose_sign1 *sign1)
{
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(
        CBB_add_bytes(&cbb, (const uint8_t *)"\x84\x6aSignature1", 12), 1);
    ck_assert_int_eq(
        CBB_add_u8(&cbb, (uint8_t)(0x40 + sign1->protected_header.len)), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, sign1->protected_header.data,
                                   sign1->protected_header.len),
                     1);
    ck_assert_int_eq(CBB_add_u8(&cbb, 0x40), 1);
    ck_assert_int_eq(CBB_add_u8(&cbb, (uint8_t)(0x40 + sign1->payload.len)), 1);
    ck_assert_int_eq(
        CBB_add_bytes(&cbb, sign1->payload.data, sign1->payload.len), 1);
    return finish_cbb(&cbb);
}

/* The signature in the form that EVP reads, for OPENSSL_free. */
static uint8_t *evp_signature(const EVP_PKEY *key, vouch_bytes raw, size_t *len)
{
    ECDSA_SIG *signature;
    BIGNUM *r, *s;
    uint8_t *der;

    if (EVP_PKEY_id(key) != EVP_PKEY_EC) {
        *len = raw.len;
        return OPENSSL_memdup(raw.data, raw.len);
    }
    signature = ECDSA_SIG_new();
    r = BN_bin2bn(raw.data, raw.len / 2, NULL);
    s = BN_bin2bn(raw.data + raw.len / 2, raw.len / 2, NULL);
    ck_assert_int_eq(ECDSA_SIG_set0(signature, r, s), 1);
    ck_assert_int_eq(ECDSA_SIG_to_bytes(&der, len, signature), 1);
    ECDSA_SIG_free(signature);
    return der;
}

static bool evp_verifies(int kind, EVP_PKEY *key,
                         const struct vouch_cose_sign1 *sign1)
{
    vouch_buffer message = message_by_hand(sign1);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters;
    size_t len;
    uint8_t *signature = evp_signature(key, sign1->signature, &len);
    bool ok;

    ck_assert(
        EVP_DigestVerifyInit(ctx, &parameters, digest_of(kind), NULL, key));
    if (kinds[kind].kind == PKI_RSA2048) {
        set_pss(parameters);
    }
    ok = EVP_DigestVerify(ctx, signature, len, message.data, message.len) == 1;
    OPENSSL_free(signature);
    EVP_MD_CTX_free(ctx);
    free(message.data);
    return ok;
}

START_TEST(what_is_signed_verifies)
{
    EVP_PKEY *key = pki_key(kinds[_i].kind), *other = pki_key(kinds[_i].kind);
    vouch_buffer octets = signed_by(key, vouch_text("payload"));
    struct vouch_cose_sign1 sign1;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    ck_assert_int_eq(sign1.algorithm, kinds[_i].algorithm);
    ck_assert(vouch_bytes_equal(sign1.key_id, vouch_text("kid")));
    ck_assert(vouch_bytes_equal(sign1.payload, vouch_text("payload")));
    ck_assert_uint_eq(sign1.signature.len, kinds[_i].signature);
    ck_assert_int_eq(vouch_cose_verify(key, &sign1, none), VOUCH_OK);
    ck_assert(evp_verifies(_i, key, &sign1));
    ck_assert_int_eq(vouch_cose_verify(other, &sign1, none), VOUCH_E_SIGNATURE);
    ck_assert_int_eq(vouch_cose_verify(key, &sign1, vouch_text("x")),
                     VOUCH_E_SIGNATURE);
    free(octets.data);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

/* [T01] */
START_TEST(no_octet_of_it_can_be_another)
{
    EVP_PKEY *key = pki_key(kinds[_i].kind);
    vouch_buffer octets = token_of(_i, key, kinds[_i].algorithm);

    ck_assert_int_eq(verify(key, &octets, none), VOUCH_OK);
    for (size_t i = 0; i < octets.len; i++) {
        octets.data[i] ^= 1;
        ck_assert_int_ne(verify(key, &octets, none), VOUCH_OK);
        octets.data[i] ^= 1;
    }
    free(octets.data);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(signature_has_the_length_of_the_key)
{
    EVP_PKEY *key = pki_key(kinds[_i].kind);
    vouch_buffer octets = token_of(_i, key, kinds[_i].algorithm);
    struct vouch_cose_sign1 sign1;
    uint8_t longer[VOUCH_LIMIT_SIGNATURE] = {0};

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    memcpy(longer, sign1.signature.data, sign1.signature.len);
    for (size_t len = 0; len < sizeof longer; len++) {
        sign1.signature = (vouch_bytes){longer, len};
        ck_assert_int_eq(vouch_cose_verify(key, &sign1, none),
                         len == kinds[_i].signature ? VOUCH_OK
                                                    : VOUCH_E_SIGNATURE);
    }
    free(octets.data);
    EVP_PKEY_free(key);
}
END_TEST

/* Attack 49: whatever the message says, and though the signature is good, the
 * key decides on the algorithm. */
START_TEST(algorithm_is_that_of_the_key)
{
    /* none, RS256, PS384, HMAC 256/256, ES256K, Ed25519 and ESP256 by the
     * numbers of RFC 9864 */
    static const int64_t others[] = {0, -257, -38, 5, -47, -19, -9};
    EVP_PKEY *key = pki_key(kinds[_i].kind);

    for (int i = 0; i < COUNT(kinds); i++) {
        vouch_buffer octets = token_of(_i, key, kinds[i].algorithm);

        ck_assert_int_eq(verify(key, &octets, none),
                         i == _i ? VOUCH_OK : VOUCH_E_COSE_ALGORITHM);
        free(octets.data);
    }
    for (int i = 0; i < COUNT(others); i++) {
        vouch_buffer octets = token_of(_i, key, others[i]);

        ck_assert_int_eq(verify(key, &octets, none), VOUCH_E_COSE_ALGORITHM);
        free(octets.data);
    }
    EVP_PKEY_free(key);
}
END_TEST

/* Nor does what one key signed verify under one of another kind. */
START_TEST(verify_goes_by_the_key)
{
    EVP_PKEY *key = pki_key(kinds[_i].kind), *weak = pki_key(PKI_RSA1024);
    vouch_buffer octets = token_of(_i, key, kinds[_i].algorithm);

    for (int i = 0; i < COUNT(kinds); i++) {
        if (i != _i) {
            EVP_PKEY *other = pki_key(kinds[i].kind);

            ck_assert_int_eq(verify(other, &octets, none),
                             VOUCH_E_COSE_ALGORITHM);
            EVP_PKEY_free(other);
        }
    }
    ck_assert_int_eq(verify(weak, &octets, none), VOUCH_E_COSE_ALGORITHM);
    free(octets.data);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(key);
}
END_TEST

/* A key without an algorithm, and a message without. */
START_TEST(no_algorithm_is_no_algorithm)
{
    EVP_PKEY *key = pki_key(PKI_RSA1024);
    const struct vouch_cose_sign1 sign1 = {.algorithm = 0};

    ck_assert_int_eq(vouch_cose_verify(key, &sign1, none),
                     VOUCH_E_COSE_ALGORITHM);
    EVP_PKEY_free(key);
}
END_TEST

/* Vectors of others */

/* `err` is what decoding says, or verifying with the key inside. */
static const struct {
    const char *file;
    vouch_err err;
} vectors[] = {
    {"sign1-tests/sign-pass-02.json", VOUCH_OK},
    {"ecdsa-examples/ecdsa-sig-01.json", VOUCH_OK},
    {"ecdsa-examples/ecdsa-sig-02.json", VOUCH_OK},
    {"ecdsa-examples/ecdsa-sig-03.json", VOUCH_OK},
    {"eddsa-examples/eddsa-sig-01.json", VOUCH_OK},
    {"CWT/A_3.json", VOUCH_OK},
    /* another tag */
    {"sign1-tests/sign-fail-01.json", VOUCH_E_CBOR},
    {"sign1-tests/sign-fail-02.json", VOUCH_E_SIGNATURE},
    {"sign1-tests/sign-fail-03.json", VOUCH_E_COSE_ALGORITHM},
    {"sign1-tests/sign-fail-04.json", VOUCH_E_COSE_ALGORITHM},
    {"sign1-tests/sign-fail-06.json", VOUCH_E_SIGNATURE},
    {"sign1-tests/sign-fail-07.json", VOUCH_E_SIGNATURE},
    /* alg is not protected; untagged */
    {"sign1-tests/sign-pass-01.json", VOUCH_E_COSE_ALGORITHM},
    {"sign1-tests/sign-pass-03.json", VOUCH_E_CBOR},
    /* ES512 on P-256 */
    {"ecdsa-examples/ecdsa-sig-04.json", VOUCH_E_COSE_ALGORITHM},
    /* no such key: Ed448 */
    {"eddsa-examples/eddsa-sig-02.json", VOUCH_E_ARGUMENT},
    /* COSE_Sign */
    {"ecdsa-examples/ecdsa-01.json", VOUCH_E_CBOR},
    {"ecdsa-examples/ecdsa-02.json", VOUCH_E_CBOR},
    {"ecdsa-examples/ecdsa-03.json", VOUCH_E_CBOR},
    {"ecdsa-examples/ecdsa-04.json", VOUCH_E_CBOR},
    {"eddsa-examples/eddsa-01.json", VOUCH_E_CBOR},
    {"eddsa-examples/eddsa-02.json", VOUCH_E_CBOR},
    /* COSE_Mac0, COSE_Encrypt0 */
    {"CWT/A_4.json", VOUCH_E_CBOR},
    {"CWT/A_5.json", VOUCH_E_CBOR},
    {"CWT/A_6.json", VOUCH_E_CBOR},
    {"CWT/A_7.json", VOUCH_E_CBOR},
};

static BIGNUM *from_base64url(const char *text)
{
    char padded[128];
    uint8_t octets[96];
    size_t len = strlen(text);

    ck_assert_uint_lt(len + 4, sizeof padded);
    for (size_t i = 0; i < len; i++) {
        padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    for (; len % 4 != 0; len++) {
        padded[len] = '=';
    }
    ck_assert_int_eq(
        EVP_DecodeBase64(octets, &len, sizeof octets, (uint8_t *)padded, len),
        1);
    return BN_bin2bn(octets, len, NULL);
}

/* Member `name` of a JSON key, in base64url, or in hexadecimal beside it. */
static BIGNUM *coordinate(const json_t *key, const char *name)
{
    char in_hex[8];
    const json_t *text = json_object_get(key, name);
    vouch_buffer octets;
    BIGNUM *number;

    if (text != NULL) {
        return from_base64url(json_string_value(text));
    }
    snprintf(in_hex, sizeof in_hex, "%s_hex", name);
    octets = vector_hex(key, in_hex);
    number = BN_bin2bn(octets.data, octets.len, NULL);
    free(octets.data);
    return number;
}

static int curve_of(const char *name)
{
    return strcmp(name, "P-256") == 0   ? NID_X9_62_prime256v1
           : strcmp(name, "P-384") == 0 ? NID_secp384r1
                                        : NID_secp521r1;
}

static EVP_PKEY *ec_key(const json_t *json)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(curve_of(vector_text(json, "crv")));
    BIGNUM *x = coordinate(json, "x"), *y = coordinate(json, "y");
    EVP_PKEY *key = EVP_PKEY_new();

    ck_assert_int_eq(EC_KEY_set_public_key_affine_coordinates(ec, x, y), 1);
    ck_assert_int_eq(EVP_PKEY_assign_EC_KEY(key, ec), 1);
    BN_free(x);
    BN_free(y);
    return key;
}

/* A SubjectPublicKeyInfo with nothing but an OID before the key (RFC 8410). */
static vouch_buffer okp_spki(const json_t *json)
{
    bool is_448 = strcmp(vector_text(json, "crv"), "Ed448") == 0;
    vouch_buffer x = vector_hex(json, "x_hex");
    char hex[256];
    size_t len = (size_t)snprintf(hex, sizeof hex, "%s",
                                  is_448 ? "3043300506032b6571033a00"
                                         : "302a300506032b6570032100");

    for (size_t i = 0; i < x.len; i++) {
        len += (size_t)snprintf(&hex[len], sizeof hex - len, "%02x", x.data[i]);
    }
    free(x.data);
    return from_hex(hex);
}

static vouch_err json_key(const json_t *json, EVP_PKEY **out)
{
    bool is_okp = strcmp(vector_text(json, "kty"), "OKP") == 0;
    EVP_PKEY *ec = is_okp ? NULL : ec_key(json);
    vouch_buffer spki = is_okp ? okp_spki(json) : pki_spki(ec);
    vouch_err err = vouch_evidence_key_parse(span_of(&spki), out);

    free(spki.data);
    EVP_PKEY_free(ec);
    return err;
}

static vouch_err verify_vector(const json_t *sign, vouch_bytes octets)
{
    const json_t *external = json_object_get(sign, "external");
    vouch_buffer aad;
    struct vouch_cose_sign1 sign1;
    EVP_PKEY *key;
    vouch_err err = json_key(json_object_get(sign, "key"), &key);

    if (err != VOUCH_OK) {
        return err;
    }
    aad = from_hex(external == NULL ? "" : json_string_value(external));
    ck_assert_int_eq(vouch_cose_sign1_decode(octets, &sign1), VOUCH_OK);
    err = vouch_cose_verify(key, &sign1, span_of(&aad));
    if (external != NULL) {
        ck_assert_int_eq(vouch_cose_verify(key, &sign1, none),
                         VOUCH_E_SIGNATURE);
    }
    free(aad.data);
    EVP_PKEY_free(key);
    return err;
}

START_TEST(cose_vector_comes_out_as_it_says)
{
    char name[128];
    json_t *file;
    const json_t *sign;
    vouch_buffer octets;
    vouch_err err;

    snprintf(name, sizeof name, "cose/%s", vectors[_i].file);
    file = load_vectors(name);
    sign = json_object_get(json_object_get(file, "input"), "sign0");
    octets = vector_hex(json_object_get(file, "output"), "cbor");
    err = decode(octets.data, octets.len);
    if (err == VOUCH_OK) {
        err = verify_vector(sign, span_of(&octets));
    }
    ck_assert_msg(err == vectors[_i].err, "%s: %s", name, vouch_err_name(err));
    free(octets.data);
    json_decref(file);
}
END_TEST

/* What is signed, as the files have it too. */
START_TEST(sig_structure_is_as_in_the_vectors)
{
    static const char *const files[] = {"cose/sign1-tests/sign-pass-02.json",
                                        "cose/ecdsa-examples/ecdsa-sig-02.json",
                                        "cose/ecdsa-examples/ecdsa-sig-03.json",
                                        "cose/eddsa-examples/eddsa-sig-01.json",
                                        "cose/CWT/A_3.json"};
    json_t *file = load_vectors(files[_i]);
    const json_t *sign =
        json_object_get(json_object_get(file, "input"), "sign0");
    const char *external = json_string_value(json_object_get(sign, "external"));
    vouch_buffer octets = vector_hex(json_object_get(file, "output"), "cbor");
    vouch_buffer expected =
        vector_hex(json_object_get(file, "intermediates"), "ToBeSign_hex");
    vouch_buffer aad = from_hex(external == NULL ? "" : external), written;
    struct vouch_cose_sign1 sign1;
    CBB cbb;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cose_sig_structure(&cbb, &sign1, span_of(&aad)));
    written = finish_cbb(&cbb);
    ck_assert(vouch_bytes_equal(span_of(&written), span_of(&expected)));
    free(written.data);
    free(aad.data);
    free(expected.data);
    free(octets.data);
    json_decref(file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cose");
    TCase *tc = tcase_create("cose");

    tcase_add_test(tc, sign1_decode_finds_the_parts);
    tcase_add_loop_test(tc, sign1_decode_is_strict, 0, COUNT(structures));
    tcase_add_test(tc, sign1_decode_refuses_every_prefix_and_what_follows);
    tcase_add_test(tc, sign1_decode_limits_depth);
    tcase_add_test(tc, x5chain_gives_its_certificates_in_order);
    tcase_add_test(tc, x5chain_has_limits);
    tcase_add_loop_test(tc, what_is_signed_verifies, 0, NUM_SIGNERS);
    tcase_add_loop_test(tc, no_octet_of_it_can_be_another, 0, COUNT(kinds));
    tcase_add_loop_test(tc, signature_has_the_length_of_the_key, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tc, algorithm_is_that_of_the_key, 0, COUNT(kinds));
    tcase_add_loop_test(tc, verify_goes_by_the_key, 0, COUNT(kinds));
    tcase_add_test(tc, no_algorithm_is_no_algorithm);
    tcase_add_loop_test(tc, cose_vector_comes_out_as_it_says, 0,
                        COUNT(vectors));
    tcase_add_loop_test(tc, sig_structure_is_as_in_the_vectors, 0, 5);
    suite_add_tcase(suite, tc);
    return suite;
}
