/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/forger.h"
#include "tests/support/octets.h"

/*
 * Attacks 16, 37 and 38: a binder over other octets of the same key, with
 * another hash or another label, is not the one that evidence is held against.
 */

static struct forger forger;

/* What the relying party found in an honest answer. Spans borrow from
 * `authenticator`. */
struct found {
    vouch_buffer request, authenticator;
    vouch_identity identity;
};

static struct found present(void)
{
    struct forgery honest = forger_honest(&forger);
    struct found found;

    found.request = forger_request(&forger, &honest);
    found.authenticator =
        forger_answer(&forger, &honest, span_of(&found.request));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_validate(
                         forger.endpoint, span_of(&found.request),
                         span_of(&found.authenticator), forger.trust,
                         (vouch_now){.unix_s = PKI_NOW}, &found.identity));
    return found;
}

static void free_found(struct found *found)
{
    free(found->request.data);
    free(found->authenticator.data);
}

/* Hash(key || TLS-Exporter(label, context, len)), in words of its own. */
static vouch_digest binder_over(vouch_bytes key, const EVP_MD *hash,
                                const char *label, vouch_bytes context,
                                size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t exported[64];
    vouch_digest out = {0};
    unsigned out_len;

    ck_assert_int_eq(VOUCH_OK, forger.exporter(forger.exporter_arg, label,
                                               context, exported, len));
    ck_assert(ctx != NULL && EVP_DigestInit(ctx, hash) &&
              EVP_DigestUpdate(ctx, key.data, key.len) &&
              EVP_DigestUpdate(ctx, exported, len) &&
              EVP_DigestFinal(ctx, out.data, &out_len));
    out.len = out_len;
    EVP_MD_CTX_free(ctx);
    return out;
}

static bool same(const vouch_digest *a, const vouch_digest *b)
{
    return vouch_ct_equal(vouch_digest_bytes(a), vouch_digest_bytes(b));
}

static const struct {
    vouch_role role;
    vouch_hash hash;
    const EVP_MD *(*digest)(void);
    const EVP_MD *(*other)(void);
    size_t len;
} sides[] = {
    {VOUCH_SERVER, VOUCH_SHA256, EVP_sha256, EVP_sha384, 32},
    {VOUCH_CLIENT, VOUCH_SHA256, EVP_sha256, EVP_sha384, 32},
    {VOUCH_SERVER, VOUCH_SHA384, EVP_sha384, EVP_sha256, 48},
    {VOUCH_CLIENT, VOUCH_SHA384, EVP_sha384, EVP_sha256, 48},
};

/* Attack 16: as long as the suite's hash, and no part of it [X24]. The
 * relying party computes it [X26]. */
START_TEST(binder_has_the_hash_of_the_suite)
{
    struct found found;
    vouch_digest right, other;

    forger_init(&forger, sides[_i].role, sides[_i].hash, PKI_P256);
    found = present();
    right = binder_over(found.identity.spki, sides[_i].digest(),
                        "EXPORTER-cmw-attestation", found.identity.context, 32);
    other = binder_over(found.identity.spki, sides[_i].other(),
                        "EXPORTER-cmw-attestation", found.identity.context, 32);
    ck_assert_uint_eq(found.identity.binder.len, sides[_i].len);
    ck_assert_uint_eq(found.identity.aik_pub_hash.len, sides[_i].len);
    ck_assert(same(&found.identity.binder, &right));
    ck_assert(!same(&found.identity.binder, &other));
    free_found(&found);
    forger_free(&forger);
}
END_TEST

/* Attack 38: one label counts, and no other is tried, not even that of expat-03
 * [X22]. The exported value has 32 octets, whatever the hash. */
START_TEST(binder_of_another_label_is_another)
{
    static const struct {
        const char *label;
        size_t len;
    } others[] = {
        {"Attestation", 32},
        {"Attestation Binding", 32},
        {"cmw-attestation", 32},
        {"EXPORTER-Attestation", 32},
        {"EXPORTER-cmw-Attestation", 32},
        {"EXPORTER-cmw-attestation ", 32},
        {"EXPORTER-cmw-attestation", 48},
    };
    struct found found;

    forger_init(&forger, sides[_i].role, sides[_i].hash, PKI_P256);
    found = present();
    for (int i = 0; i < COUNT(others); i++) {
        vouch_digest other =
            binder_over(found.identity.spki, sides[_i].digest(),
                        others[i].label, found.identity.context, others[i].len);

        ck_assert(!same(&found.identity.binder, &other));
    }
    free_found(&found);
    forger_free(&forger);
}
END_TEST

/* Exporters that remember what they were asked for. */
static const char *labels[64];
static size_t num_labels;

static vouch_err remember(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    ck_assert_uint_lt(num_labels, sizeof labels / sizeof labels[0]);
    labels[num_labels++] = label;
    return fake_export(arg, label, context, out, len);
}

START_TEST(no_second_label_is_tried) /* Attack 38 */
{
    static const char *const allowed[] = {
        "EXPORTER-vouch-connection-check",
        "EXPORTER-server authenticator handshake context",
        "EXPORTER-server authenticator finished key",
        "EXPORTER-cmw-attestation",
    };
    struct fake_exporter fake = {.secret = "this connection"};
    vouch_channel *channel;
    struct found found;
    size_t attestation = 0;

    ck_assert_int_eq(VOUCH_OK, vouch_channel_new(VOUCH_CLIENT, VOUCH_SHA256,
                                                 remember, &fake, &channel));
    forger_init_on(&forger, channel, fake_export, &fake, PKI_P256);
    found = present();
    for (size_t i = 0; i < num_labels; i++) {
        size_t j = 0;

        while (j < sizeof allowed / sizeof allowed[0] &&
               strcmp(labels[i], allowed[j]) != 0) {
            j++;
        }
        ck_assert_msg(j < sizeof allowed / sizeof allowed[0], "%s", labels[i]);
        attestation += strcmp(labels[i], "EXPORTER-cmw-attestation") == 0;
    }
    ck_assert_uint_eq(attestation, 1);
    free_found(&found);
    forger_free(&forger);
    vouch_channel_free(channel);
}
END_TEST

/* Attack 37: the same key in other octets [X24]. The first variant is the right
 * one, so that the others are shown to be compared. */
START_TEST(binder_over_another_encoding_is_another)
{
    struct found found;
    vouch_buffer full, compressed, variants[4];

    forger_init(&forger, VOUCH_SERVER, VOUCH_SHA256, PKI_P256);
    found = present();
    full = pki_point(forger.aik.key, POINT_CONVERSION_UNCOMPRESSED);
    compressed = pki_point(forger.aik.key, POINT_CONVERSION_COMPRESSED);
    variants[0] = pki_spki_around(span_of(&full));
    variants[1] = pki_spki_around(span_of(&compressed));
    variants[2] = full;
    variants[3] = compressed;
    for (size_t i = 0; i < 4; i++) {
        vouch_digest binder =
            binder_over(span_of(&variants[i]), EVP_sha256(),
                        "EXPORTER-cmw-attestation", found.identity.context, 32);

        ck_assert_int_eq(i == 0, same(&found.identity.binder, &binder));
        free(variants[i].data);
    }
    free_found(&found);
    forger_free(&forger);
}
END_TEST

/* The certificate with its SubjectPublicKeyInfo in other octets, and signed
 * again. */
static X509 *replace_spki(X509 *certificate, EVP_PKEY *issuer, vouch_bytes old,
                          vouch_bytes new)
{
    const vouch_bytes ecdsa_sha256 = {
        (const uint8_t *)"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
        12};
    vouch_buffer der = pki_der(certificate), tbs, whole, signature;
    const uint8_t *at, *end;
    CBS cbs, body, inner;
    CBB cbb, child, bits;
    X509 *out;

    CBS_init(&cbs, der.data, der.len);
    ck_assert(CBS_get_asn1(&cbs, &body, CBS_ASN1_SEQUENCE) &&
              CBS_get_asn1(&body, &inner, CBS_ASN1_SEQUENCE));
    at = memmem(CBS_data(&inner), CBS_len(&inner), old.data, old.len);
    ck_assert_ptr_nonnull(at);
    end = CBS_data(&inner) + CBS_len(&inner);
    ck_assert(
        CBB_init(&cbb, 1024) && CBB_add_asn1(&cbb, &child, CBS_ASN1_SEQUENCE) &&
        CBB_add_bytes(&child, CBS_data(&inner),
                      (size_t)(at - CBS_data(&inner))) &&
        CBB_add_bytes(&child, new.data, new.len) &&
        CBB_add_bytes(&child, at + old.len, (size_t)(end - (at + old.len))));
    tbs = finish_cbb(&cbb);
    signature =
        forger_sign(issuer, VOUCH_ECDSA_SECP256R1_SHA256, span_of(&tbs));
    ck_assert(CBB_init(&cbb, 1024) &&
              CBB_add_asn1(&cbb, &child, CBS_ASN1_SEQUENCE) &&
              CBB_add_bytes(&child, tbs.data, tbs.len) &&
              CBB_add_bytes(&child, ecdsa_sha256.data, ecdsa_sha256.len) &&
              CBB_add_asn1(&child, &bits, CBS_ASN1_BITSTRING) &&
              CBB_add_u8(&bits, 0) &&
              CBB_add_bytes(&bits, signature.data, signature.len));
    whole = finish_cbb(&cbb);
    at = whole.data;
    out = d2i_X509(NULL, &at, (long)whole.len);
    ck_assert_ptr_nonnull(out);
    free(der.data);
    free(tbs.data);
    free(signature.data);
    free(whole.data);
    return out;
}

/* Attack 37: a certificate with a compressed point. The octets of the
 * certificate count, not those that some library would write for the key. */
START_TEST(binder_is_over_the_octets_of_the_certificate)
{
    vouch_buffer compressed, usual, unusual;
    vouch_digest binder;
    struct found found;
    X509 *certificate;

    forger_init(&forger, VOUCH_SERVER, VOUCH_SHA256, PKI_P256);
    compressed = pki_point(forger.aik.key, POINT_CONVERSION_COMPRESSED);
    usual = pki_spki(forger.aik.key);
    unusual = pki_spki_around(span_of(&compressed));
    certificate = replace_spki(forger.aik.certificate, forger.intermediate.key,
                               span_of(&usual),
                               _i == 0 ? span_of(&usual) : span_of(&unusual));
    X509_free(forger.aik.certificate);
    forger.aik.certificate = certificate;
    found = present();
    binder =
        binder_over(_i == 0 ? span_of(&usual) : span_of(&unusual), EVP_sha256(),
                    "EXPORTER-cmw-attestation", found.identity.context, 32);
    ck_assert(same(&found.identity.binder, &binder));
    free_found(&found);
    free(compressed.data);
    free(usual.data);
    free(unusual.data);
    forger_free(&forger);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_binder");
    TCase *tc = tcase_create("attack_binder");

    tcase_add_loop_test(tc, binder_has_the_hash_of_the_suite, 0, COUNT(sides));
    tcase_add_loop_test(tc, binder_of_another_label_is_another, 0,
                        COUNT(sides));
    tcase_add_test(tc, no_second_label_is_tried);
    tcase_add_test(tc, binder_over_another_encoding_is_another);
    tcase_add_loop_test(tc, binder_is_over_the_octets_of_the_certificate, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
