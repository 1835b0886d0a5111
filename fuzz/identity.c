/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/identity.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/software.h>

#include "fuzz/fuzz.h"

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len;

    (void)arg;
    FUZZ_CHECK(HMAC(EVP_sha512(), label, strlen(label), context.data,
                    context.len, mac, &mac_len) != NULL);
    FUZZ_CHECK(len <= mac_len);
    memcpy(out, mac, len);
    return VOUCH_OK;
}

vouch_channel *fuzz_channel(vouch_role role)
{
    vouch_channel *channel;

    FUZZ_CHECK(vouch_channel_new(role, VOUCH_SHA256, exporter, NULL,
                                 &channel) == VOUCH_OK);
    return channel;
}

static EVP_PKEY *make_key(uint8_t seed)
{
    uint8_t octets[32];
    EVP_PKEY *key;

    memset(octets, seed, sizeof octets);
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets,
                                       sizeof octets);
    FUZZ_CHECK(key != NULL);
    return key;
}

static void set_name(X509_NAME *name, const char *text)
{
    FUZZ_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                          (const uint8_t *)text, -1, -1, 0));
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    FUZZ_CHECK(extension != NULL && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

/* A certificate for `subject`'s key by `issuer`, the root's if they are one. */
static X509 *certify(EVP_PKEY *subject, const char *subject_name,
                     EVP_PKEY *issuer, const char *issuer_name)
{
    X509 *certificate = X509_new();

    FUZZ_CHECK(certificate != NULL && X509_set_version(certificate, 2));
    FUZZ_CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1));
    set_name(X509_get_subject_name(certificate), subject_name);
    set_name(X509_get_issuer_name(certificate), issuer_name);
    FUZZ_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate),
                             (time_t)FUZZ_UNIX_TIME - 86400));
    FUZZ_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate),
                             (time_t)FUZZ_UNIX_TIME + 86400));
    FUZZ_CHECK(X509_set_pubkey(certificate, subject));
    if (subject == issuer) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(certificate, NID_key_usage, "critical,digitalSignature");
        add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
        add_extension(certificate, NID_subject_alt_name, "DNS:fuzz.test");
    }
    FUZZ_CHECK(X509_sign(certificate, issuer, NULL));
    return certificate;
}

enum { ROOT_SEED = 1, AIK_SEED = 2, OTHER_ROOT_SEED = 3 };

static vouch_trust *make_trust(uint8_t root_seed)
{
    EVP_PKEY *root = make_key(root_seed);
    X509 *anchor = certify(root, "root", root, "root");
    X509_STORE *store = X509_STORE_new();
    vouch_trust *trust;

    FUZZ_CHECK(store != NULL && X509_STORE_add_cert(store, anchor));
    FUZZ_CHECK(vouch_trust_new(store, VOUCH_NAME_NONE, &trust) == VOUCH_OK);
    X509_STORE_free(store);
    X509_free(anchor);
    EVP_PKEY_free(root);
    return trust;
}

vouch_trust *fuzz_trust(void)
{
    static vouch_trust *trust;

    if (trust == NULL) {
        trust = make_trust(ROOT_SEED);
    }
    return trust;
}

static vouch_credential *make_credential(void)
{
    EVP_PKEY *root = make_key(ROOT_SEED);
    EVP_PKEY *aik = make_key(AIK_SEED);
    X509 *certificate = certify(aik, "aik", root, "root");
    BIO *pem = BIO_new(BIO_s_mem());
    vouch_credential *credential;
    const uint8_t *octets;
    size_t len;
    vouch_key *key;

    FUZZ_CHECK(pem != NULL && PEM_write_bio_X509(pem, certificate));
    FUZZ_CHECK(BIO_mem_contents(pem, &octets, &len));
    FUZZ_CHECK(vouch_key_from_evp(aik, &key) == VOUCH_OK);
    FUZZ_CHECK(vouch_credential_new(key, (vouch_bytes){octets, len},
                                    &credential) == VOUCH_OK);
    vouch_key_free(key);
    BIO_free(pem);
    X509_free(certificate);
    EVP_PKEY_free(aik);
    EVP_PKEY_free(root);
    return credential;
}

vouch_credential *fuzz_credential(void)
{
    static vouch_credential *credential;

    if (credential == NULL) {
        credential = make_credential();
    }
    return credential;
}

vouch_config *fuzz_config(void)
{
    static vouch_config *config;

    if (config == NULL) {
        vouch_trust *trust = make_trust(OTHER_ROOT_SEED);

        FUZZ_CHECK(vouch_config_new(&config) == VOUCH_OK);
        FUZZ_CHECK(vouch_config_set_credential(config, fuzz_credential()) ==
                   VOUCH_OK);
        FUZZ_CHECK(vouch_config_set_trust(config, trust) == VOUCH_OK);
        FUZZ_CHECK(vouch_config_add_produced(config, VOUCH_SOFTWARE_FORMAT) ==
                   VOUCH_OK);
        FUZZ_CHECK(vouch_config_add_appraised(config, VOUCH_SOFTWARE_FORMAT) ==
                   VOUCH_OK);
        FUZZ_CHECK(vouch_config_set_gate(config, VOUCH_GATE_REQUIRE_PEER) ==
                   VOUCH_OK);
        FUZZ_CHECK(vouch_config_hold_early_data(config) == VOUCH_OK);
        FUZZ_CHECK(vouch_config_set_jitter(config, 0) == VOUCH_OK);
        FUZZ_CHECK(vouch_config_set_asker(config, VOUCH_ASKER_ATTESTED) ==
                   VOUCH_OK);
        vouch_trust_free(trust);
    }
    return config;
}
