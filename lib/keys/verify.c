/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/verify.h"

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/keys/ecdsa.h"
#include "lib/keys/scheme.h"

vouch_err vouch_public_key_parse(vouch_bytes spki, EVP_PKEY **out)
{
    EVP_PKEY *key;
    CBS cbs;

    CBS_init(&cbs, spki.data, spki.len);
    key = EVP_parse_public_key(&cbs);
    if (key == NULL || CBS_len(&cbs) != 0 || vouch_scheme_of_key(key) == NULL) {
        EVP_PKEY_free(key);
        ERR_clear_error();
        return VOUCH_E_ARGUMENT;
    }
    *out = key;
    return VOUCH_OK;
}

uint16_t vouch_public_key_scheme(const EVP_PKEY *key)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(key);

    return scheme == NULL ? 0 : scheme->number;
}

static vouch_err verify(const struct vouch_scheme *scheme, EVP_PKEY *key,
                        vouch_bytes message, vouch_bytes signature)
{
    EVP_MD_CTX ctx;
    vouch_err err;

    EVP_MD_CTX_init(&ctx);
    if (!vouch_scheme_begin(scheme, &ctx, EVP_DigestVerifyInit, key)) {
        err = VOUCH_E_CRYPTO;
    } else if (EVP_DigestVerify(&ctx, signature.data, signature.len,
                                message.data, message.len) != 1) {
        err = VOUCH_E_SIGNATURE;
    } else {
        err = VOUCH_OK;
    }
    EVP_MD_CTX_cleanup(&ctx);
    if (err != VOUCH_OK) {
        ERR_clear_error();
    }
    return err;
}

bool vouch_public_key_is(const EVP_PKEY *key, vouch_bytes spki)
{
    EVP_PKEY *other;
    bool same;

    if (vouch_public_key_parse(spki, &other) != VOUCH_OK) {
        return true;
    }
    same = EVP_PKEY_cmp(key, other) == 1;
    EVP_PKEY_free(other);
    return same;
}

vouch_err vouch_verify(EVP_PKEY *key, uint16_t number,
                       enum vouch_signature_form form, vouch_bytes message,
                       vouch_bytes signature)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(key);
    uint8_t der[VOUCH_ECDSA_DER_MAX];
    vouch_err err;

    if (scheme == NULL || scheme->number != number) {
        return VOUCH_E_SIGNATURE_SCHEME;
    }
    if (scheme->order_len != 0 && form == VOUCH_SIGNATURE_COSE) {
        size_t len;

        err = vouch_ecdsa_to_der(signature, scheme->order_len, der, &len);
        if (err != VOUCH_OK) {
            return err;
        }
        signature = (vouch_bytes){der, len};
    }
    return verify(scheme, key, message, signature);
}
