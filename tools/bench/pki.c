/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/pki.h"

#include <time.h>

#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509v3.h>

#include "tools/bench/measure.h"

enum { DAY = 86400, DAYS_BEFORE = 1, DAYS_AFTER = 30 };

struct extension {
    int nid;
    const char *value;
};

static const struct extension of_authority[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign"},
    {NID_undef, NULL},
};

static const struct extension of_subject[] = {
    {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth,clientAuth"},
    {NID_subject_alt_name, "DNS:bench.example"},
    {NID_undef, NULL},
};

static EVP_PKEY *new_key(void)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    EVP_PKEY *key = EVP_PKEY_new();

    need(ec != NULL && key != NULL && EC_KEY_generate_key(ec) &&
             EVP_PKEY_assign_EC_KEY(key, ec),
         "make a key");
    return key;
}

static bool add_extensions(X509 *certificate, const struct extension *list)
{
    bool done = true;

    for (; done && list->value != NULL; list++) {
        X509_EXTENSION *extension =
            X509V3_EXT_nconf_nid(NULL, NULL, list->nid, list->value);

        done =
            extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
    }
    return done;
}

static bool set_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (const uint8_t *)text, -1, -1, 0) == 1;
}

static bool set_validity(X509 *certificate)
{
    time_t now = time(NULL);

    return ASN1_TIME_set(X509_getm_notBefore(certificate),
                         now - (time_t)DAYS_BEFORE * DAY) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate),
                         now + (time_t)DAYS_AFTER * DAY) != NULL;
}

static X509 *certify(EVP_PKEY *key, const char *name,
                     const struct extension *extensions, EVP_PKEY *issuer)
{
    X509 *certificate = X509_new();

    need(certificate != NULL && X509_set_version(certificate, X509_VERSION_3) &&
             ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
             set_name(X509_get_subject_name(certificate), name) &&
             set_name(X509_get_issuer_name(certificate), "authority") &&
             set_validity(certificate) && X509_set_pubkey(certificate, key) &&
             add_extensions(certificate, extensions) &&
             X509_sign(certificate, issuer, EVP_sha256()) > 0,
         "make a certificate");
    return certificate;
}

struct entity pki_authority(void)
{
    EVP_PKEY *key = new_key();

    return (struct entity){key, certify(key, "authority", of_authority, key)};
}

struct entity pki_certify(const struct entity *authority)
{
    EVP_PKEY *key = new_key();

    return (struct entity){key,
                           certify(key, "host", of_subject, authority->key)};
}

void pki_free(struct entity *entity)
{
    EVP_PKEY_free(entity->key);
    X509_free(entity->certificate);
}
