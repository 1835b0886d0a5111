/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/x5chain.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/keys/digest.h"
#include "lib/keys/path.h"
#include "lib/keys/verify.h"
#include "proto/fork.h"

static vouch_err read_certificates(const struct vouch_cose_sign1 *sign1,
                                   STACK_OF(X509) * given)
{
    size_t num;
    CBS in = vouch_cose_x5chain(sign1, &num);
    vouch_err err = VOUCH_OK;
    vouch_bytes der;

    for (; num != 0 && err == VOUCH_OK; num--) {
        err = vouch_cose_read_certificate(&in, &der)
                  ? vouch_path_add(given, der)
                  : VOUCH_E_CERTIFICATE;
    }
    return err;
}

/* A certificate for TLS is none for Evidence, nor is a CA's. */
static bool is_fit_to_sign(X509 *leaf)
{
    enum { FOR_TLS = XKU_SSL_SERVER | XKU_SSL_CLIENT | XKU_ANYEKU };
    uint32_t purposes = X509_get_extended_key_usage(leaf);

    return (X509_get_extension_flags(leaf) & EXFLAG_CA) == 0 &&
           (purposes == UINT32_MAX || (purposes & FOR_TLS) == 0) &&
           /* RFC 5280, 4.2.1.3: digitalSignature, if keyUsage is there */
           (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0;
}

/* RFC 9360, 2: each certificate certifies the one before it. Of the path only
 * the anchor may have been left out. */
static bool is_in_order(const STACK_OF(X509) * given,
                        const STACK_OF(X509) * path)
{
    size_t num = sk_X509_num(given), len = sk_X509_num(path);

    if (num != len && num != len - 1) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        if (X509_cmp(sk_X509_value(given, i), sk_X509_value(path, i)) != 0) {
            return false;
        }
    }
    return true;
}

/* BoringSSL asks this of the certificates below the anchor only (RFC 5280,
 * 4.2.1.9: those that are self-issued do not count). */
static bool anchor_allows(const STACK_OF(X509) * path)
{
    size_t last = sk_X509_num(path) - 1;
    X509 *anchor = sk_X509_value(path, last);
    long allowed = X509_get_pathlen(anchor), between = 0;

    for (size_t i = 1; i < last; i++) {
        between +=
            (X509_get_extension_flags(sk_X509_value(path, i)) & EXFLAG_SI) == 0;
    }
    return (X509_get_extension_flags(anchor) & EXFLAG_CA) != 0 &&
           (allowed < 0 || between <= allowed);
}

static vouch_err validate(X509_STORE_CTX *context, const STACK_OF(X509) * given)
{
    vouch_err err = vouch_path_validate(context);
    const STACK_OF(X509) * path;

    if (err != VOUCH_OK) {
        return err;
    }
    path = X509_STORE_CTX_get0_chain(context);
    return is_in_order(given, path) && anchor_allows(path) &&
                   is_fit_to_sign(sk_X509_value(given, 0))
               ? VOUCH_OK
               : VOUCH_E_CERTIFICATE;
}

static bool hash_spki(const X509 *anchor, uint8_t out[32])
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(anchor), &der);

    if (len > 0) {
        vouch_sha256((vouch_bytes){der, (size_t)len}, out);
    }
    OPENSSL_free(der);
    return len > 0;
}

static vouch_err describe(const STACK_OF(X509) * path, struct vouch_path *out)
{
    X509 *anchor = sk_X509_value(path, sk_X509_num(path) - 1);
    struct vouch_path result = {.not_after = vouch_path_ends(path)};

    if (!hash_spki(anchor, result.anchor)) {
        return VOUCH_E_NOMEM;
    }
    result.key = X509_get_pubkey(sk_X509_value(path, 0));
    if (vouch_public_key_algorithm(result.key) == 0) {
        EVP_PKEY_free(result.key);
        return VOUCH_E_CERTIFICATE;
    }
    *out = result;
    return VOUCH_OK;
}

static vouch_err find_path(X509_STORE_CTX *context, STACK_OF(X509) * given,
                           X509_STORE *anchors, int64_t now,
                           struct vouch_path *out)
{
    vouch_err err = vouch_path_begin(context, anchors, given, X509_PURPOSE_ANY,
                                     X509_TRUST_COMPAT, now);

    if (err == VOUCH_OK) {
        err = validate(context, given);
    }
    return err == VOUCH_OK ? describe(X509_STORE_CTX_get0_chain(context), out)
                           : err;
}

vouch_err vouch_evidence_path(const struct vouch_cose_sign1 *sign1,
                              X509_STORE *anchors, int64_t now,
                              struct vouch_path *out)
{
    X509_STORE_CTX *context;
    STACK_OF(X509) * given;
    vouch_err err = VOUCH_E_NOMEM;

    vouch_fork_defer(); /* the store of anchors has a lock */
    context = X509_STORE_CTX_new();
    given = sk_X509_new_null();
    ERR_set_mark();
    if (context != NULL && given != NULL) {
        err = read_certificates(sign1, given);
    }
    if (err == VOUCH_OK) {
        err = find_path(context, given, anchors, now, out);
    }
    ERR_pop_to_mark();
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(given, X509_free);
    vouch_fork_permit();
    return err;
}
