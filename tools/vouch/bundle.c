/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/bundle.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>
#include <vouch/posture.h>

#include "tools/vouch/allow.h"
#include "tools/vouch/appraisers.h"
#include "tools/vouch/certificates.h"
#include "tools/vouch/octets.h"
#include "tools/vouch/report.h"

enum { VERSION = 2 };

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

static vouch_err say_all(vouch_policy *policy, vouch_bytes attestation_spki,
                         const vouch_measurement *measured, size_t num)
{
    static const vouch_bytes no_name = {NULL, 0};
    vouch_err err = vouch_policy_add_key(policy, attestation_spki, no_name);

    for (size_t i = 0; i < num && err == VOUCH_OK; i++) {
        err = vouch_policy_add_reference(
            policy, measured[i].name,
            (vouch_bytes){measured[i].sha256, sizeof measured[i].sha256});
    }
    return err;
}

static bool make_policy(vouch_bytes attestation_spki,
                        const vouch_measurement *measured, size_t num,
                        vouch_buffer *out)
{
    vouch_buffer octets;
    vouch_policy *policy;
    vouch_corim *corim;
    bool done = false;

    if (vouch_corim_new(&corim) != VOUCH_OK) {
        return false;
    }
    if (vouch_corim_policy(corim, VOUCH_SOFTWARE_FORMAT, &policy) == VOUCH_OK &&
        say_all(policy, attestation_spki, measured, num) == VOUCH_OK &&
        vouch_corim_write(corim, NULL, NULL, &octets) == VOUCH_OK) {
        done = base64url_encode((vouch_bytes){octets.data, octets.len}, out);
        vouch_buffer_free(&octets);
    }
    vouch_corim_free(corim);
    return done;
}

bool bundle_make(const char *name, X509 *ca, vouch_bytes attestation_spki,
                 const vouch_measurement *measured, size_t num,
                 vouch_buffer *out)
{
    vouch_buffer ca_pem = {NULL, 0}, policy = {NULL, 0};
    json_t *bundle = NULL;
    char *text = NULL;

    if (pem_of_certificate(ca, &ca_pem) &&
        make_policy(attestation_spki, measured, num, &policy)) {
        bundle = json_pack("{s:i,s:s,s:s,s:s}", "vouch", VERSION, "name", name,
                           "ca", (const char *)ca_pem.data, "policy",
                           (const char *)policy.data);
    }
    if (bundle != NULL) {
        text = json_dumps(bundle, JSON_INDENT(2));
    }
    json_decref(bundle);
    free(ca_pem.data);
    free(policy.data);
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

/* Version 1 had its key and reference values in members of its own. */
static const char *check_version(json_t *json)
{
    switch (json_integer_value(json_object_get(json, "vouch"))) {
    case VERSION:
        return NULL;
    case 1:
        return "it is of an older vouch, which is to make it anew: vouch init "
               "--force";
    default:
        return "it is of no version that is read here";
    }
}

static const char *read_members(json_t *json, struct bundle *out,
                                vouch_buffer *policy)
{
    const char *name, *ca, *text, *wrong = check_version(json);
    int version;

    if (wrong != NULL) {
        return wrong;
    }
    if (json_unpack(json, "{s:i,s:s,s:s,s:s!}", "vouch", &version, "name",
                    &name, "ca", &ca, "policy", &text) != 0) {
        return "it lacks a member, or has one of another kind";
    }
    wrong = read_name(name, out);
    if (wrong == NULL) {
        wrong = read_ca(ca, out);
    }
    if (wrong == NULL && !base64url_decode(text, VOUCH_LIMIT_CORIM, policy)) {
        wrong = "its policy is not in base64url";
    }
    return wrong;
}

const char *bundle_parse(vouch_bytes text, struct bundle *out,
                         vouch_buffer *policy)
{
    struct bundle bundle = {.store = NULL};
    const char *wrong;
    json_t *json;

    if (text.len > BUNDLE_MAX) {
        return "it is too long";
    }
    json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
                      NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return "it is no JSON object";
    }
    wrong = read_members(json, &bundle, policy);
    json_decref(json);
    if (wrong != NULL) {
        bundle_free(&bundle);
    } else {
        *out = bundle;
    }
    return wrong;
}

static bool says(const vouch_policy *policy, vouch_policy_part first,
                 vouch_policy_part last)
{
    vouch_policy_item item;

    for (size_t i = 0; vouch_policy_nth(policy, i, &item); i++) {
        if (item.part >= first && item.part <= last) {
            return true;
        }
    }
    return false;
}

static bool is_posture(const vouch_policy *policy)
{
    return strcmp(vouch_policy_format(policy), VOUCH_POSTURE_FORMAT) == 0;
}

/* What no message could ever meet is a mistake of who wrote it. */
static const char *look_at(const vouch_policy *policy)
{
    const char *format = vouch_policy_format(policy);

    if (is_posture(policy)) {
        return NULL;
    }
    if (!says(policy, VOUCH_PART_KEY, VOUCH_PART_CA)) {
        return "its policy trusts nobody";
    }
    if (!is_of_results(format) &&
        !says(policy, VOUCH_PART_REFERENCE, VOUCH_PART_REFERENCE)) {
        return "its policy has no reference values";
    }
    return NULL;
}

/* A posture says nothing of a platform. */
static bool is_read(vouch_policy *policy)
{
    vouch_appraiser *appraiser;

    if (is_posture(policy) || appraiser_new(policy, &appraiser) != VOUCH_OK) {
        return false;
    }
    vouch_appraiser_free(appraiser);
    return true;
}

static const char *look_at_all(const vouch_corim *corim, unsigned *needs)
{
    const char *wrong = NULL;
    bool reads_one = false;
    vouch_policy *policy;

    *needs = 0;
    for (size_t i = 0;
         wrong == NULL && (policy = vouch_corim_nth(corim, i)) != NULL; i++) {
        wrong = look_at(policy);
        reads_one = reads_one || is_read(policy);
        *needs |= allow_needed(policy);
    }
    return wrong != NULL || reads_one
               ? wrong
               : "it has no policy for a format that is read here";
}

static const char *use(struct bundle *bundle, const vouch_corim *corim)
{
    const char *wrong = look_at_all(corim, &bundle->needs);
    vouch_registry *appraisers, *results;

    if (wrong != NULL) {
        return wrong;
    }
    if (appraisers_of(corim, &appraisers) != VOUCH_OK) {
        return "out of memory";
    }
    if (results_of(corim, &results) != VOUCH_OK) {
        vouch_registry_free(appraisers);
        return "out of memory";
    }
    vouch_registry_free(bundle->appraisers);
    vouch_registry_free(bundle->results);
    bundle->appraisers = appraisers;
    bundle->results = results;
    return NULL;
}

bool bundle_use(struct bundle *bundle, vouch_bytes policy, int64_t unix_s,
                vouch_corim_why *why)
{
    static const vouch_bytes no_signer = {NULL, 0};
    const char *wrong;
    vouch_corim *corim;

    if (vouch_corim_read(policy, no_signer, (vouch_now){0, unix_s}, &corim,
                         why) != VOUCH_OK) {
        return false;
    }
    wrong = use(bundle, corim);
    vouch_corim_free(corim);
    if (wrong != NULL) {
        snprintf(why->text, sizeof why->text, "%s", wrong);
    }
    return wrong == NULL;
}

void bundle_free(struct bundle *bundle)
{
    X509_STORE_free(bundle->store);
    vouch_trust_free(bundle->trust);
    vouch_registry_free(bundle->appraisers);
    vouch_registry_free(bundle->results);
}
