/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/chain.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/authenticator/trust.h"
#include "lib/keys/certificate.h"
#include "lib/keys/path.h"
#include "lib/keys/verify.h"
#include "proto/fork.h"
#include "proto/handshake.h"
#include "proto/memory.h"

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

static vouch_err parse_list(vouch_bytes list, STACK_OF(X509) * certificates)
{
    vouch_bytes der;
    vouch_err err = VOUCH_OK;

    while (err == VOUCH_OK && vouch_entry_next(&list, &der)) {
        err = vouch_path_add(certificates, der);
    }
    return err;
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

static bool configure(X509_STORE_CTX *context, const vouch_trust *trust)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

    if (trust->crls != NULL) {
        X509_STORE_CTX_set0_crls(context, trust->crls);
        if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK |
                                                   X509_V_FLAG_CRL_CHECK_ALL) !=
            1) {
            return false;
        }
    }
    return set_name(param, trust);
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

/* The time until which some CRL speaks for the issuer of a certificate. */
static int64_t revocation_known_until(const STACK_OF(X509_CRL) * crls,
                                      const X509 *certificate)
{
    int64_t until = INT64_MIN;

    for (size_t i = 0; i < sk_X509_CRL_num(crls); i++) {
        const X509_CRL *crl = sk_X509_CRL_value(crls, i);
        int64_t next =
            vouch_unix_time(X509_CRL_get0_nextUpdate(crl), INT64_MAX);

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
    int64_t until = vouch_path_ends(chain);

    for (size_t i = 0; crls != NULL && i < sk_X509_num(chain); i++) {
        int64_t ends = revocation_known_until(crls, sk_X509_value(chain, i));

        until = ends < until ? ends : until;
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

/* expat-04, 3.3: PKI validation is always done, whatever the evidence says, and
 * nothing turns it off [X12] [X13] */
static vouch_err validate(X509_STORE_CTX *context, struct vouch_aik *aik,
                          const vouch_trust *trust, vouch_role sender,
                          STACK_OF(X509) * certificates, int64_t now)
{
    X509 *leaf = sk_X509_value(certificates, 0);
    vouch_err err =
        vouch_path_begin(context, trust->store, certificates,
                         purposes[sender].purpose, purposes[sender].trust, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!configure(context, trust)) {
        return VOUCH_E_NOMEM;
    }
    if (!has_key(leaf, aik->key) || !is_fit_to_sign(leaf, sender)) {
        return VOUCH_E_CERTIFICATE;
    }
    err = vouch_path_validate(context);
    if (err == VOUCH_OK) {
        aik->trusted = true;
        aik->not_after =
            good_until(X509_STORE_CTX_get0_chain(context), trust->crls);
    }
    return err;
}

vouch_err vouch_aik_validate_chain(struct vouch_aik *aik,
                                   const vouch_trust *trust, vouch_role sender,
                                   vouch_bytes list, int64_t now)
{
    X509_STORE_CTX *context;
    STACK_OF(X509) * certificates;
    vouch_err err = VOUCH_E_NOMEM;

    if (aik->trusted) {
        return VOUCH_OK;
    }
    vouch_fork_defer(); /* the store of `trust` has a lock */
    context = X509_STORE_CTX_new();
    certificates = sk_X509_new_null();
    if (context != NULL && certificates != NULL) {
        err = parse_list(list, certificates);
    }
    if (err == VOUCH_OK) {
        err = validate(context, aik, trust, sender, certificates, now);
    }
    if (err == VOUCH_OK) {
        vouch_chain_cache_add(
            trust->cache, &aik->id,
            &(struct vouch_chain){aik->key, now, aik->not_after});
    }
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(certificates, X509_free);
    vouch_fork_permit();
    return err;
}
