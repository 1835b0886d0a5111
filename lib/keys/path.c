/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/path.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>

#include "lib/keys/certificate.h"

/* What a caller's X509_STORE may have on and vouch never wants. */
enum {
    LENIENCY = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_IGNORE_CRITICAL
#ifdef X509_V_FLAG_NO_CHECK_TIME
               | X509_V_FLAG_NO_CHECK_TIME
#endif
};

vouch_err vouch_path_add(STACK_OF(X509) * certificates, vouch_bytes der)
{
    X509 *certificate;
    vouch_err err = vouch_certificate_parse(der, &certificate);

    if (err == VOUCH_OK && sk_X509_push(certificates, certificate) == 0) {
        X509_free(certificate);
        err = VOUCH_E_NOMEM;
    }
    return err;
}

void vouch_path_prepare(X509_STORE *store)
{
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);

    for (size_t i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate =
            X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (certificate != NULL) { /* a CRL can stand there, too */
            (void)X509_check_purpose(certificate, -1, 0);
        }
    }
}

/* A callback of the caller's store could turn every error into success. */
static int keep_result(int ok, X509_STORE_CTX *context)
{
    (void)context;
    return ok;
}

static bool configure(X509_STORE_CTX *context, int purpose, int trust,
                      int64_t now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

    X509_STORE_CTX_set_verify_cb(context, keep_result);
    X509_VERIFY_PARAM_set_depth(param, VOUCH_LIMIT_CHAIN);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    return X509_VERIFY_PARAM_clear_flags(param, LENIENCY) == 1 &&
           X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, purpose) == 1 &&
           X509_VERIFY_PARAM_set_trust(param, trust) == 1;
}

/* A store can bring its own way of verifying, in a BoringSSL of some age:
 * expat-04, 3.3: nothing turns validation off [X13] */
static bool verifies_otherwise(X509_STORE *store)
{
#ifdef X509_STORE_set_verify_func
    return X509_STORE_get_verify(store) != NULL;
#else
    (void)store;
    return false;
#endif
}

vouch_err vouch_path_begin(X509_STORE_CTX *context, X509_STORE *store,
                           STACK_OF(X509) * certificates, int purpose,
                           int trust, int64_t now)
{
    X509 *first = sk_X509_value(certificates, 0);

    if (first == NULL || verifies_otherwise(store)) {
        return VOUCH_E_CERTIFICATE;
    }
    return X509_STORE_CTX_init(context, store, first, certificates) == 1 &&
                   configure(context, purpose, trust, now)
               ? VOUCH_OK
               : VOUCH_E_NOMEM;
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
static bool is_strong(const STACK_OF(X509) * path)
{
    size_t num = sk_X509_num(path);

    for (size_t i = 0; i < num; i++) {
        X509 *certificate = sk_X509_value(path, i);

        if (!has_strong_key(certificate) ||
            (i + 1 < num && vouch_certificate_scheme(certificate) == 0)) {
            return false;
        }
    }
    return true;
}

vouch_err vouch_path_validate(X509_STORE_CTX *context)
{
    return X509_verify_cert(context) == 1 &&
                   X509_STORE_CTX_get_error(context) == X509_V_OK &&
                   is_strong(X509_STORE_CTX_get0_chain(context))
               ? VOUCH_OK
               : VOUCH_E_CERTIFICATE;
}

int64_t vouch_unix_time(const ASN1_TIME *time, int64_t none)
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

int64_t vouch_path_ends(const STACK_OF(X509) * path)
{
    int64_t until = INT64_MAX;

    for (size_t i = 0; i < sk_X509_num(path); i++) {
        const X509 *certificate = sk_X509_value(path, i);
        int64_t ends =
            vouch_unix_time(X509_get0_notAfter(certificate), INT64_MIN);

        until = ends < until ? ends : until;
    }
    return until;
}
