/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/pki.h"

#include <check.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/support/octets.h"

static EVP_PKEY *ec_key(int curve)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(curve);
    EVP_PKEY *key = EVP_PKEY_new();

    ck_assert(ec != NULL && key != NULL && EC_KEY_generate_key(ec));
    ck_assert(EVP_PKEY_assign_EC_KEY(key, ec));
    return key;
}

static EVP_PKEY *rsa_key(int bits)
{
    RSA *rsa = RSA_new();
    BIGNUM *exponent = BN_new();
    EVP_PKEY *key = EVP_PKEY_new();

    ck_assert(rsa != NULL && key != NULL && exponent != NULL);
    ck_assert(BN_set_word(exponent, RSA_F4));
    ck_assert(RSA_generate_key_ex(rsa, bits, exponent, NULL));
    ck_assert(EVP_PKEY_assign_RSA(key, rsa));
    BN_free(exponent);
    return key;
}

static EVP_PKEY *ed25519_key(void)
{
    uint8_t seed[32];
    EVP_PKEY *key;

    ck_assert(RAND_bytes(seed, sizeof seed));
    key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    ck_assert(key != NULL);
    return key;
}

EVP_PKEY *pki_key(enum pki_kind kind)
{
    switch (kind) {
    case PKI_P256:
        return ec_key(NID_X9_62_prime256v1);
    case PKI_P384:
        return ec_key(NID_secp384r1);
    case PKI_P521:
        return ec_key(NID_secp521r1);
    case PKI_ED25519:
        return ed25519_key();
    case PKI_RSA2048:
        return rsa_key(2048);
    case PKI_RSA1024:
        return rsa_key(1024);
    }
    ck_abort_msg("no such kind of key");
    return NULL;
}

static const EVP_MD *digest_for(const EVP_PKEY *key)
{
    switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_ED25519:
        return NULL;
    case EVP_PKEY_EC:
        return EVP_PKEY_bits(key) == 256 ? EVP_sha256() : EVP_sha384();
    default:
        return EVP_sha256();
    }
}

static void sign_certificate(X509 *certificate, EVP_PKEY *issuer,
                             const struct pki_profile *profile)
{
    const EVP_MD *digest =
        profile->digest != NULL ? profile->digest : digest_for(issuer);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters;

    ck_assert(ctx != NULL &&
              EVP_DigestSignInit(ctx, &parameters, digest, NULL, issuer));
    if (EVP_PKEY_id(issuer) == EVP_PKEY_RSA && !profile->pkcs1) {
        ck_assert(
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING));
        ck_assert(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, -1));
    }
    ck_assert(X509_sign_ctx(certificate, ctx));
    EVP_MD_CTX_free(ctx);
}

static void set_serial(X509 *certificate)
{
    BIGNUM *serial = BN_new();

    ck_assert(serial != NULL &&
              BN_rand(serial, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
    ck_assert(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) !=
              NULL);
    BN_free(serial);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    ck_assert(extension != NULL && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void add_optional_extension(X509 *certificate, int nid,
                                   const char *value, const char *fallback)
{
    if (value == NULL) {
        value = fallback;
    }
    if (value[0] != '\0') {
        add_extension(certificate, nid, value);
    }
}

static void add_extensions(X509 *certificate, const struct pki_profile *profile)
{
    add_optional_extension(certificate, NID_basic_constraints, profile->basic,
                           profile->ca ? "critical,CA:TRUE" : "");
    add_optional_extension(certificate, NID_key_usage, profile->usage,
                           profile->ca ? "critical,keyCertSign,cRLSign"
                                       : "critical,digitalSignature");
    add_optional_extension(certificate, NID_subject_alt_name, profile->san,
                           profile->ca ? "" : "DNS:peer.test");
    add_optional_extension(certificate, NID_ext_key_usage, profile->eku,
                           profile->ca ? "" : "serverAuth,clientAuth");
    add_optional_extension(certificate, NID_subject_key_identifier,
                           profile->skid, "");
    add_optional_extension(certificate, NID_authority_key_identifier,
                           profile->akid, "");
}

static void set_time(ASN1_TIME *time, int64_t value, int64_t fallback)
{
    ck_assert(ASN1_TIME_set(time, (time_t)(value != 0 ? value : fallback)) !=
              NULL);
}

static X509 *certify(const struct pki_profile *profile, EVP_PKEY *subject,
                     const struct pki_entity *issuer)
{
    const char *name = profile->ca ? "ca" : "leaf";
    X509 *certificate = X509_new();
    X509_NAME *subject_name;

    ck_assert(certificate != NULL &&
              X509_set_version(certificate, X509_VERSION_3));
    set_serial(certificate);
    subject_name = X509_get_subject_name(certificate);
    ck_assert(X509_NAME_add_entry_by_txt(
        subject_name, "CN", MBSTRING_ASC,
        (const uint8_t *)(profile->name != NULL ? profile->name : name), -1, -1,
        0));
    ck_assert(X509_set_issuer_name(
        certificate, issuer->certificate != NULL
                         ? X509_get_subject_name(issuer->certificate)
                         : subject_name));
    set_time(X509_getm_notBefore(certificate), profile->not_before, PKI_FROM);
    set_time(X509_getm_notAfter(certificate), profile->not_after, PKI_UNTIL);
    ck_assert(X509_set_pubkey(certificate, subject));
    add_extensions(certificate, profile);
    sign_certificate(certificate, issuer->key, profile);
    return certificate;
}

struct pki_entity pki_root(enum pki_kind kind)
{
    const struct pki_profile profile = {.name = "root", .ca = true};
    struct pki_entity root = {pki_key(kind), NULL};

    root.certificate = certify(&profile, root.key, &root);
    return root;
}

struct pki_entity pki_issue(const struct pki_entity *issuer,
                            const struct pki_profile *profile)
{
    struct pki_entity entity = {profile->key, NULL};

    if (entity.key != NULL) {
        EVP_PKEY_up_ref(entity.key);
    } else {
        entity.key = pki_key(profile->kind);
    }
    entity.certificate = certify(profile, entity.key, issuer);
    return entity;
}

void pki_free(struct pki_entity *entity)
{
    EVP_PKEY_free(entity->key);
    X509_free(entity->certificate);
    *entity = (struct pki_entity){NULL, NULL};
}

X509_STORE *pki_store(const struct pki_entity *root)
{
    X509_STORE *store = X509_STORE_new();

    ck_assert(store != NULL && X509_STORE_add_cert(store, root->certificate));
    return store;
}

static vouch_buffer finish_bio(BIO *bio)
{
    const uint8_t *octets;
    vouch_buffer out;
    size_t len;

    ck_assert(BIO_mem_contents(bio, &octets, &len));
    out = (vouch_buffer){exact_copy(octets, len), len};
    BIO_free(bio);
    return out;
}

vouch_buffer pki_pem(X509 *const *certificates, size_t num)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert(bio != NULL);
    for (size_t i = 0; i < num; i++) {
        ck_assert(PEM_write_bio_X509(bio, certificates[i]));
    }
    return finish_bio(bio);
}

vouch_buffer pki_key_pem(const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert(bio != NULL);
    ck_assert(PEM_write_bio_PKCS8PrivateKey(bio, (EVP_PKEY *)key, NULL, NULL, 0,
                                            NULL, NULL));
    return finish_bio(bio);
}

vouch_buffer pki_der(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert(bio != NULL && i2d_X509_bio(bio, certificate));
    return finish_bio(bio);
}

vouch_buffer pki_spki(const EVP_PKEY *key)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 128) && EVP_marshal_public_key(&cbb, key));
    return finish_cbb(&cbb);
}

static void revoke(X509_CRL *crl, const X509 *certificate, int64_t when)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)when);

    ck_assert(entry != NULL && time != NULL);
    ck_assert(X509_REVOKED_set_serialNumber(
        entry, X509_get_serialNumber((X509 *)certificate)));
    ck_assert(X509_REVOKED_set_revocationDate(entry, time));
    ck_assert(X509_CRL_add0_revoked(crl, entry));
    ASN1_TIME_free(time);
}

vouch_buffer pki_crl(const struct pki_entity *issuer, const X509 *revoked,
                     int64_t this_update, int64_t next_update)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)this_update);
    ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)next_update);
    X509_CRL *crl = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert(crl != NULL && from != NULL && until != NULL && bio != NULL);
    ck_assert(X509_CRL_set_version(crl, X509_CRL_VERSION_2));
    ck_assert(X509_CRL_set_issuer_name(
        crl, X509_get_subject_name(issuer->certificate)));
    ck_assert(X509_CRL_set1_lastUpdate(crl, from));
    ck_assert(X509_CRL_set1_nextUpdate(crl, until));
    if (revoked != NULL) {
        revoke(crl, revoked, this_update);
    }
    ck_assert(X509_CRL_sort(crl));
    ck_assert(X509_CRL_sign(crl, issuer->key, digest_for(issuer->key)));
    ck_assert(i2d_X509_CRL_bio(bio, crl));
    X509_CRL_free(crl);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return finish_bio(bio);
}

vouch_buffer pki_point(const EVP_PKEY *key, point_conversion_form_t form)
{
    const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);
    uint8_t octets[128];
    size_t len =
        EC_POINT_point2oct(EC_KEY_get0_group(ec), EC_KEY_get0_public_key(ec),
                           form, octets, sizeof octets, NULL);

    ck_assert_uint_ne(len, 0);
    return (vouch_buffer){exact_copy(octets, len), len};
}

vouch_buffer pki_spki_around(vouch_bytes point)
{
    static const uint8_t algorithm[] = {
        0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CBB cbb, spki, bits;

    ck_assert(
        CBB_init(&cbb, 128) && CBB_add_asn1(&cbb, &spki, CBS_ASN1_SEQUENCE) &&
        CBB_add_bytes(&spki, algorithm, sizeof algorithm) &&
        CBB_add_asn1(&spki, &bits, CBS_ASN1_BITSTRING) &&
        CBB_add_u8(&bits, 0) && CBB_add_bytes(&bits, point.data, point.len));
    return finish_cbb(&cbb);
}
