/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/chain.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>

#include "lib/authenticator/certificate.h"
#include "lib/authenticator/trust.h"
#include "lib/keys/verify.h"
#include "proto/handshake.h"
#include "proto/memory.h"

/* What a caller's X509_STORE may have on and vouch never wants. */
enum {
    LENIENCY = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_IGNORE_CRITICAL
#ifdef X509_V_FLAG_NO_CHECK_TIME
               | X509_V_FLAG_NO_CHECK_TIME
#endif
};

static const struct {
    int purpose;
    int trust;
    uint32_t extended_key_usage;
} purposes[] = {
    [VOUCH_CLIENT] = {X509_PURPOSE_SSL_CLIENT, X509_TRUST_SSL_CLIENT,
                      XKU_SSL_CLIENT},
    [VOUCH_SERVER] = {X509_PURPOSE_SSL_SERVER, X509_TRUST_SSL_SERVER,
                      XKU_SSL_SERVER},
};

/* The hash of purpose and certificates, each with its length before it, without
 * the extensions of their entries. */
static void identify(vouch_role sender, vouch_bytes list, vouch_chain_id *out)
{
    uint8_t purpose = (uint8_t)sender;
    vouch_bytes certificate;
    SHA256_CTX sha256;

    SHA256_Init(&sha256);
    SHA256_Update(&sha256, &purpose, sizeof purpose);
    while (vouch_entry_next(&list, &certificate)) {
        SHA256_Update(&sha256, &certificate.len, sizeof certificate.len);
        SHA256_Update(&sha256, certificate.data, certificate.len);
    }
    SHA256_Final(out->sha256, &sha256);
}

vouch_err vouch_aik_find(const vouch_trust *trust, vouch_role sender,
                         vouch_bytes list, vouch_bytes leaf, int64_t now,
                         struct vouch_aik *out)
{
    struct vouch_aik aik = {.key = NULL};
    struct vouch_chain known;
    vouch_err err = vouch_certificate_spki(leaf, &aik.spki);

    if (err != VOUCH_OK) {
        return err;
    }
    identify(sender, list, &aik.id);
    aik.trusted = vouch_chain_cache_find(trust->cache, &aik.id, now, &known);
    if (aik.trusted) {
        aik.key = known.key;
        aik.not_after = known.until;
    } else {
        err = vouch_public_key_parse(aik.spki, &aik.key);
    }
    if (err == VOUCH_OK) {
        *out = aik;
    }
    return err == VOUCH_E_ARGUMENT ? VOUCH_E_CERTIFICATE : err;
}

void vouch_aik_cleanup(struct vouch_aik *aik)
{
    EVP_PKEY_free(aik->key);
    aik->key = NULL;
}

/* parse_list reads the end-entity certificate and the others. */
static vouch_err parse_list(vouch_bytes list, X509 **leaf,
                            STACK_OF(X509) * others)
{
    vouch_bytes der;
    vouch_err err = VOUCH_E_CERTIFICATE;
    X509 *certificate;

    if (vouch_entry_next(&list, &der)) {
        err = vouch_certificate_parse(der, leaf);
    }
    while (err == VOUCH_OK && vouch_entry_next(&list, &der)) {
        err = vouch_certificate_parse(der, &certificate);
        if (err == VOUCH_OK && sk_X509_push(others, certificate) == 0) {
            X509_free(certificate);
            err = VOUCH_E_NOMEM;
        }
    }
    return err;
}

/* A callback of the caller's store could turn every error into success. */
static int keep_result(int ok, X509_STORE_CTX *context)
{
    (void)context;
    return ok;
}

static bool set_name(X509_VERIFY_PARAM *param, const vouch_trust *trust)
{
    /* RFC 6125, 6.4.4: subjectAltName, never the Common Name */
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (trust->host != NULL) {
        return X509_VERIFY_PARAM_set1_host(param, trust->host,
                                           vouch_text(trust->host).len) == 1;
    }
    return trust->address_len == 0 ||
           X509_VERIFY_PARAM_set1_ip(param, trust->address,
                                     trust->address_len) == 1;
}

static bool configure(X509_STORE_CTX *context, const vouch_trust *trust,
                      vouch_role sender, int64_t now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    unsigned long flags = X509_V_FLAG_TRUSTED_FIRST;

    X509_STORE_CTX_set_verify_cb(context, keep_result);
    if (trust->crls != NULL) {
        X509_STORE_CTX_set0_crls(context, trust->crls);
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    }
    X509_VERIFY_PARAM_set_depth(param, VOUCH_LIMIT_CHAIN);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    return X509_VERIFY_PARAM_clear_flags(param, LENIENCY) == 1 &&
           X509_VERIFY_PARAM_set_flags(param, flags) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, purposes[sender].purpose) ==
               1 &&
           X509_VERIFY_PARAM_set_trust(param, purposes[sender].trust) == 1 &&
           set_name(param, trust);
}

/* BoringSSL lets a certificate without extendedKeyUsage pass for any. */
static bool is_fit_to_sign(X509 *leaf, vouch_role sender)
{
    uint32_t usage = X509_get_extended_key_usage(leaf);

    return usage != UINT32_MAX &&
           (usage & purposes[sender].extended_key_usage) != 0 &&
           /* RFC 8446, 4.4.2.2: digitalSignature, if keyUsage is there */
           (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0;
}

static bool has_strong_key(X509 *certificate)
{
    static const struct {
        int type;
        int bits;
    } kinds[] = {
        {EVP_PKEY_RSA, 2048}, {EVP_PKEY_EC, 256}, {EVP_PKEY_ED25519, 0}};
    EVP_PKEY *key = X509_get_pubkey(certificate);
    bool strong = false;

    for (size_t i = 0; key != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        strong = strong || (EVP_PKEY_id(key) == kinds[i].type &&
                            EVP_PKEY_bits(key) >= kinds[i].bits);
    }
    EVP_PKEY_free(key);
    return strong;
}

/* The signature of the anchor, which comes last, is not relied on. */
static bool is_strong(const STACK_OF(X509) * chain)
{
    size_t num = sk_X509_num(chain);

    for (size_t i = 0; i < num; i++) {
        X509 *certificate = sk_X509_value(chain, i);

        if (!has_strong_key(certificate) ||
            (i + 1 < num && vouch_certificate_scheme(certificate) == 0)) {
            return false;
        }
    }
    return true;
}

/* `none` stands for a time that is absent. */
static int64_t unix_time(const ASN1_TIME *time, int64_t none)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int64_t result = INT64_MIN;
    int days, seconds;

    if (time == NULL) {
        result = none;
    } else if (epoch != NULL &&
               ASN1_TIME_diff(&days, &seconds, epoch, time) == 1) {
        result = (int64_t)days * 86400 + seconds;
    }
    ASN1_TIME_free(epoch);
    return result;
}

/* The time until which some CRL speaks for the issuer of a certificate. */
static int64_t revocation_known_until(const STACK_OF(X509_CRL) * crls,
                                      const X509 *certificate)
{
    int64_t until = INT64_MIN;

    for (size_t i = 0; i < sk_X509_CRL_num(crls); i++) {
        const X509_CRL *crl = sk_X509_CRL_value(crls, i);
        int64_t next = unix_time(X509_CRL_get0_nextUpdate(crl), INT64_MAX);

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
                          X509_get_issuer_name(certificate)) == 0 &&
            next > until) {
            until = next;
        }
    }
    return until;
}

static int64_t good_until(const STACK_OF(X509) * chain,
                          const STACK_OF(X509_CRL) * crls)
{
    int64_t until = INT64_MAX;

    for (size_t i = 0; i < sk_X509_num(chain); i++) {
        const X509 *certificate = sk_X509_value(chain, i);
        int64_t ends = unix_time(X509_get0_notAfter(certificate), INT64_MIN);

        until = ends < until ? ends : until;
        if (crls != NULL) {
            ends = revocation_known_until(crls, certificate);
            until = ends < until ? ends : until;
        }
    }
    return until;
}

static bool has_key(X509 *leaf, const EVP_PKEY *key)
{
    EVP_PKEY *own = X509_get_pubkey(leaf);
    bool same = own != NULL && EVP_PKEY_cmp(own, key) == 1;

    EVP_PKEY_free(own);
    return same;
}

/* expat-03, 3.3: PKI validation is always done, whatever the evidence says, and
 * nothing turns it off [X12] [X13] */
static vouch_err validate(X509_STORE_CTX *context, struct vouch_aik *aik,
                          const vouch_trust *trust, vouch_role sender,
                          X509 *leaf, STACK_OF(X509) * others, int64_t now)
{
    const STACK_OF(X509) * chain;

    if (X509_STORE_CTX_init(context, trust->store, leaf, others) != 1 ||
        !configure(context, trust, sender, now)) {
        return VOUCH_E_NOMEM;
    }
    if (!has_key(leaf, aik->key) || !is_fit_to_sign(leaf, sender) ||
        X509_verify_cert(context) != 1 ||
        X509_STORE_CTX_get_error(context) != X509_V_OK) {
        return VOUCH_E_CERTIFICATE;
    }
    chain = X509_STORE_CTX_get0_chain(context);
    if (!is_strong(chain)) {
        return VOUCH_E_CERTIFICATE;
    }
    aik->trusted = true;
    aik->not_after = good_until(chain, trust->crls);
    return VOUCH_OK;
}

vouch_err vouch_aik_validate_chain(struct vouch_aik *aik,
                                   const vouch_trust *trust, vouch_role sender,
                                   vouch_bytes list, int64_t now)
{
    X509_STORE_CTX *context;
    STACK_OF(X509) * others;
    X509 *leaf = NULL;
    vouch_err err = VOUCH_E_NOMEM;

    if (aik->trusted) {
        return VOUCH_OK;
    }
    context = X509_STORE_CTX_new();
    others = sk_X509_new_null();
    if (context != NULL && others != NULL) {
        err = parse_list(list, &leaf, others);
    }
    if (err == VOUCH_OK) {
        err = validate(context, aik, trust, sender, leaf, others, now);
    }
    if (err == VOUCH_OK) {
        vouch_chain_cache_add(
            trust->cache, &aik->id,
            &(struct vouch_chain){aik->key, now, aik->not_after});
    }
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(others, X509_free);
    X509_free(leaf);
    return err;
}
