/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/certificates.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>

enum {
    SKEW_S = 3600,                    /* clocks of peers may be behind */
    LIFE_S = 10 * 365 * 24 * 60 * 60, /* there is no renewal but a new init */
    SERIAL_BITS = 127,                /* positive in 16 octets */
    SAN_MAX = 4 + 253 + 1,
};

struct extension {
    int nid;
    const char *value;
};

static EVP_PKEY *new_key(void)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    EVP_PKEY *key = EVP_PKEY_new();

    if (ec == NULL || key == NULL || !EC_KEY_generate_key(ec) ||
        !EVP_PKEY_set1_EC_KEY(key, ec)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EC_KEY_free(ec);
    return key;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *serial = BN_new();
    bool done =
        serial != NULL &&
        BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;

    BN_free(serial);
    return done;
}

static bool set_times(X509 *certificate)
{
    time_t now = time(NULL);

    return ASN1_TIME_set(X509_getm_notBefore(certificate), now - SKEW_S) !=
               NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), now + LIFE_S) != NULL;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                      MBSTRING_ASC,
                                      (const uint8_t *)common_name, -1, -1, 0);
}

static bool add_extensions(X509 *certificate, X509 *issuer,
                           const struct extension *list, size_t num)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < num; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_nconf_nid(NULL, &ctx, list[i].nid, list[i].value);
        bool done =
            extension != NULL && X509_add_ext(certificate, extension, -1);

        X509_EXTENSION_free(extension);
        if (!done) {
            return false;
        }
    }
    return true;
}

/* `issuer` is NULL for one that certifies itself. */
static X509 *certify(EVP_PKEY *key, const char *common_name, X509 *issuer,
                     EVP_PKEY *issuer_key, const struct extension *list,
                     size_t num)
{
    X509 *certificate = X509_new();

    if (certificate == NULL) {
        return NULL;
    }
    issuer = issuer != NULL ? issuer : certificate;
    if (X509_set_version(certificate, X509_VERSION_3) &&
        set_serial(certificate) && set_times(certificate) &&
        set_subject(certificate, common_name) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
        X509_set_pubkey(certificate, key) &&
        add_extensions(certificate, issuer, list, num) &&
        X509_sign(certificate, issuer_key, EVP_sha256())) {
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}

static X509 *certify_ca(EVP_PKEY *key)
{
    static const struct extension list[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign"},
        {NID_subject_key_identifier, "hash"},
    };

    return certify(key, "vouch CA", NULL, key, list,
                   sizeof list / sizeof list[0]);
}

/* RFC 9261, 5.2.1 and RFC 8446, 4.4.2.2: the AIK signs, as server and as
 * client, under the name that peers know. */
static X509 *certify_aik(EVP_PKEY *key, const char *name, X509 *ca,
                         EVP_PKEY *ca_key)
{
    char san[SAN_MAX] = "DNS:";
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    const struct extension list[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth,clientAuth"},
        {NID_authority_key_identifier, "keyid"},
        {NID_subject_alt_name, san},
    };

    if (address != NULL) {
        strcpy(san, "IP:");
        ASN1_OCTET_STRING_free(address);
    }
    strncat(san, name, sizeof san - strlen(san) - 1);
    return certify(key, "vouch AIK", ca, ca_key, list,
                   sizeof list / sizeof list[0]);
}

bool certificates_make(EVP_PKEY *aik, const char *name, X509 **ca_out,
                       X509 **aik_out)
{
    EVP_PKEY *ca_key = new_key();
    X509 *ca = ca_key != NULL ? certify_ca(ca_key) : NULL;
    X509 *certificate = ca != NULL ? certify_aik(aik, name, ca, ca_key) : NULL;

    EVP_PKEY_free(ca_key);
    ERR_clear_error();
    if (certificate == NULL) {
        X509_free(ca);
        return false;
    }
    *ca_out = ca;
    *aik_out = certificate;
    return true;
}

/* Takes what was written to `bio`, and frees it. */
static bool finish(BIO *bio, bool written, vouch_buffer *out)
{
    const uint8_t *octets;
    uint8_t *copy = NULL;
    size_t len;

    if (written && BIO_mem_contents(bio, &octets, &len)) {
        copy = malloc(len + 1);
    }
    if (copy != NULL) {
        memcpy(copy, octets, len);
        copy[len] = '\0';
        *out = (vouch_buffer){copy, len};
    }
    BIO_free(bio);
    ERR_clear_error();
    return copy != NULL;
}

bool pem_of_certificate(X509 *certificate, vouch_buffer *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    return bio != NULL &&
           finish(bio, PEM_write_bio_X509(bio, certificate), out);
}

bool pem_of_spki(vouch_bytes spki, vouch_buffer *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    return bio != NULL && finish(bio,
                                 PEM_write_bio(bio, PEM_STRING_PUBLIC, "",
                                               spki.data, (long)spki.len) > 0,
                                 out);
}

/* Reads `text`, which is one PEM block of `label` and no more. */
static bool read_pem(const char *text, const char *label, uint8_t **der,
                     long *len)
{
    BIO *bio = BIO_new_mem_buf(text, (int)strlen(text));
    char *name = NULL, *header = NULL;
    bool found = bio != NULL && PEM_read_bio(bio, &name, &header, der, len);
    bool good = found && strcmp(name, label) == 0 && header[0] == '\0' &&
                strncmp(text, "-----BEGIN ", 11) == 0 && BIO_eof(bio);

    if (found && !good) {
        OPENSSL_free(*der);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    BIO_free(bio);
    ERR_clear_error();
    return good;
}

X509 *pem_certificate(const char *text)
{
    X509 *certificate = NULL;
    const uint8_t *at;
    uint8_t *der;
    long len;

    if (!read_pem(text, PEM_STRING_X509, &der, &len)) {
        return NULL;
    }
    at = der;
    if (len <= VOUCH_LIMIT_CERTIFICATE) {
        certificate = d2i_X509(NULL, &at, len);
    }
    if (certificate != NULL && at != der + len) {
        X509_free(certificate);
        certificate = NULL;
    }
    OPENSSL_free(der);
    ERR_clear_error();
    return certificate;
}

bool pem_spki(const char *text, vouch_buffer *out)
{
    uint8_t *der;
    long len;

    if (!read_pem(text, PEM_STRING_PUBLIC, &der, &len)) {
        return false;
    }
    *out = (vouch_buffer){der, (size_t)len};
    return true;
}
