/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/bundle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>

#include "tools/vouch/certificates.h"
#include "tools/vouch/report.h"

enum { VERSION = 1, SHA256_LEN = 32 };

/* The library knows what a name is. */
static bool is_name(X509_STORE *store, const char *name, vouch_trust **out)
{
    return vouch_trust_new(store, name, out) == VOUCH_OK;
}

static bool is_lower_case(const char *text)
{
    while (*text != '\0' && !isupper((unsigned char)*text)) {
        text++;
    }
    return *text == '\0';
}

bool bundle_is_name(const char *name)
{
    X509_STORE *store = X509_STORE_new();
    vouch_trust *trust;
    bool good = store != NULL && strlen(name) < BUNDLE_NAME &&
                is_lower_case(name) && is_name(store, name, &trust);

    if (good) {
        vouch_trust_free(trust);
    }
    X509_STORE_free(store);
    return good;
}

static json_t *references_of(const vouch_measurement *measured, size_t num)
{
    json_t *references = json_object();

    for (size_t i = 0; i < num; i++) {
        char digits[HEX_DIGEST];
        vouch_bytes value = {measured[i].sha256, SHA256_LEN};

        if (json_object_set_new(references, measured[i].name,
                                json_string(hex(value, digits))) != 0) {
            json_decref(references);
            return NULL;
        }
    }
    return references;
}

bool bundle_make(const char *name, X509 *ca, vouch_bytes attestation_spki,
                 const vouch_measurement *measured, size_t num,
                 vouch_buffer *out)
{
    vouch_buffer ca_pem = {NULL, 0}, key_pem = {NULL, 0};
    json_t *bundle = NULL;
    char *text = NULL;

    if (pem_of_certificate(ca, &ca_pem) &&
        pem_of_spki(attestation_spki, &key_pem)) {
        bundle = json_pack("{s:i,s:s,s:s,s:s,s:o}", "vouch", VERSION, "name",
                           name, "ca", (const char *)ca_pem.data,
                           "attestation_key", (const char *)key_pem.data,
                           "references", references_of(measured, num));
    }
    if (bundle != NULL) {
        text = json_dumps(bundle, JSON_INDENT(2));
    }
    json_decref(bundle);
    free(ca_pem.data);
    free(key_pem.data);
    if (text == NULL) {
        return false;
    }
    *out = (vouch_buffer){(uint8_t *)text, strlen(text)};
    return true;
}

static const char *read_name(const char *name, struct bundle *out)
{
    if (!bundle_is_name(name)) {
        return "its name is no DNS name in lower case and no address";
    }
    strcpy(out->name, name);
    return NULL;
}

/* A root that certifies, for what else should a chain end in? */
static bool is_root(X509 *certificate)
{
    EVP_PKEY *key = X509_get_pubkey(certificate);
    bool good = X509_check_ca(certificate) == 1 && key != NULL &&
                X509_check_issued(certificate, certificate) == X509_V_OK &&
                X509_verify(certificate, key) == 1;

    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}

static const char *read_ca(const char *pem, struct bundle *out)
{
    X509 *certificate = pem_certificate(pem);
    const char *wrong = NULL;

    if (certificate == NULL || !is_root(certificate)) {
        wrong = "its CA is no self-signed CA certificate";
    } else {
        out->store = X509_STORE_new();
        if (out->store == NULL ||
            !X509_STORE_add_cert(out->store, certificate) ||
            !is_name(out->store, out->name, &out->trust)) {
            wrong = "out of memory";
        }
    }
    X509_free(certificate);
    return wrong;
}

static const char *read_attestation_key(const char *pem, vouch_policy *policy)
{
    vouch_buffer spki;
    vouch_err err;

    if (!pem_spki(pem, &spki)) {
        return "its attestation key is no public key";
    }
    err = vouch_policy_add_key(policy, (vouch_bytes){spki.data, spki.len},
                               (vouch_bytes){NULL, 0});
    OPENSSL_free(spki.data);
    return err == VOUCH_OK
               ? NULL
               : "its attestation key is of no kind that signs evidence";
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_sha256(const char *text, uint8_t out[SHA256_LEN])
{
    if (strlen(text) != (size_t)2 * SHA256_LEN) {
        return false;
    }
    for (size_t i = 0; i < SHA256_LEN; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char *read_references(json_t *references, vouch_policy *policy)
{
    const char *name;
    json_t *value;

    if (json_object_size(references) == 0 ||
        json_object_size(references) > VOUCH_LIMIT_MEASUREMENTS) {
        return "it has no reference values, or too many";
    }
    json_object_foreach(references, name, value)
    {
        const char *text = json_string_value(value);
        uint8_t sha256[SHA256_LEN];

        if (text == NULL || !read_sha256(text, sha256) ||
            vouch_policy_add_reference(
                policy, name, (vouch_bytes){sha256, SHA256_LEN}) != VOUCH_OK) {
            return "it has a reference value that is none";
        }
    }
    return NULL;
}

static const char *read_policy(const char *key, json_t *references,
                               struct bundle *out)
{
    vouch_policy *policy;
    const char *wrong;

    if (vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy) != VOUCH_OK) {
        return "out of memory";
    }
    wrong = read_attestation_key(key, policy);
    if (wrong == NULL) {
        wrong = read_references(references, policy);
    }
    if (wrong == NULL &&
        vouch_eat_appraiser_new(policy, &out->appraiser) != VOUCH_OK) {
        wrong = "out of memory";
    }
    vouch_policy_free(policy);
    return wrong;
}

static const char *read_members(json_t *json, struct bundle *out)
{
    const char *name, *ca, *key, *wrong;
    json_t *references;
    int version;

    if (json_unpack(json, "{s:i,s:s,s:s,s:s,s:o!}", "vouch", &version, "name",
                    &name, "ca", &ca, "attestation_key", &key, "references",
                    &references) != 0 ||
        !json_is_object(references)) {
        return "it lacks a member, or has one of another kind";
    }
    if (version != VERSION) {
        return "it is of another version";
    }
    wrong = read_name(name, out);
    if (wrong == NULL) {
        wrong = read_ca(ca, out);
    }
    return wrong == NULL ? read_policy(key, references, out) : wrong;
}

const char *bundle_parse(vouch_bytes text, struct bundle *out)
{
    struct bundle bundle = {.store = NULL};
    const char *wrong;
    json_t *json;

    if (text.len > BUNDLE_MAX) {
        return "it is too long";
    }
    json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
                      NULL);
    if (json == NULL) {
        return "it is no JSON object";
    }
    wrong = read_members(json, &bundle);
    json_decref(json);
    if (wrong != NULL) {
        bundle_free(&bundle);
    } else {
        *out = bundle;
    }
    return wrong;
}

void bundle_free(struct bundle *bundle)
{
    X509_STORE_free(bundle->store);
    vouch_trust_free(bundle->trust);
    vouch_appraiser_free(bundle->appraiser);
}
