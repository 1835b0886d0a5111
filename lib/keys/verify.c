/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/verify.h"

#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/keys/digest.h"
#include "lib/keys/ecdsa.h"
#include "lib/keys/scheme.h"
#include "proto/fork.h"
#include "proto/memory.h"

typedef const struct vouch_scheme *find_scheme(const EVP_PKEY *key);

static vouch_err parse(vouch_bytes spki, find_scheme *scheme_of, EVP_PKEY **out)
{
    EVP_PKEY *key;
    CBS cbs;

    CBS_init(&cbs, spki.data, spki.len);
    key = EVP_parse_public_key(&cbs);
    if (key == NULL || CBS_len(&cbs) != 0 || scheme_of(key) == NULL) {
        EVP_PKEY_free(key);
        ERR_clear_error();
        return VOUCH_E_ARGUMENT;
    }
    *out = key;
    return VOUCH_OK;
}

vouch_err vouch_public_key_parse(vouch_bytes spki, EVP_PKEY **out)
{
    return parse(spki, vouch_scheme_of_key, out);
}

vouch_err vouch_evidence_key_parse(vouch_bytes spki, EVP_PKEY **out)
{
    return parse(spki, vouch_scheme_of_evidence_key, out);
}

uint16_t vouch_public_key_scheme(const EVP_PKEY *key)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(key);

    return scheme == NULL ? 0 : scheme->number;
}

int64_t vouch_public_key_algorithm(const EVP_PKEY *key)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_evidence_key(key);

    return scheme == NULL ? 0 : scheme->algorithm;
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

static bool write_compressed_point(const EVP_PKEY *key, CBB *out)
{
    const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);

    return EC_POINT_point2cbb(out, EC_KEY_get0_group(ec),
                              EC_KEY_get0_public_key(ec),
                              POINT_CONVERSION_COMPRESSED, NULL) == 1;
}

/* RFC 5480, 2.2: the point in its other form, behind the same algorithm. */
static bool write_compressed_spki(const EVP_PKEY *key, vouch_bytes usual,
                                  CBB *out)
{
    CBS in, sequence, algorithm;
    CBB body, bits;

    CBS_init(&in, usual.data, usual.len);
    return CBS_get_asn1(&in, &sequence, CBS_ASN1_SEQUENCE) == 1 &&
           CBS_get_asn1_element(&sequence, &algorithm, CBS_ASN1_SEQUENCE) ==
               1 &&
           CBB_add_asn1(out, &body, CBS_ASN1_SEQUENCE) == 1 &&
           CBB_add_bytes(&body, CBS_data(&algorithm), CBS_len(&algorithm)) ==
               1 &&
           CBB_add_asn1(&body, &bits, CBS_ASN1_BITSTRING) == 1 &&
           CBB_add_u8(&bits, 0) == 1 && write_compressed_point(key, &bits) &&
           CBB_flush(out) == 1;
}

static bool has_hash(const CBB *spki, const vouch_digest *hash)
{
    const vouch_bytes octets = {CBB_data(spki), CBB_len(spki)};
    vouch_digest own;

    return vouch_hash_parts(hash->len == vouch_hash_len(VOUCH_SHA384)
                                ? VOUCH_SHA384
                                : VOUCH_SHA256,
                            &octets, 1, &own) != VOUCH_OK ||
           vouch_bytes_equal(vouch_digest_bytes(&own),
                             vouch_digest_bytes(hash));
}

bool vouch_public_key_has_hash(const EVP_PKEY *key, const vouch_digest *hash)
{
    bool has = true;
    CBB usual, other;

    CBB_zero(&usual);
    CBB_zero(&other);
    if (CBB_init(&usual, 128) && CBB_init(&other, 128) &&
        EVP_marshal_public_key(&usual, key) == 1) {
        has = has_hash(&usual, hash) ||
              (EVP_PKEY_id(key) == EVP_PKEY_EC &&
               (!write_compressed_spki(
                    key, (vouch_bytes){CBB_data(&usual), CBB_len(&usual)},
                    &other) ||
                has_hash(&other, hash)));
    }
    CBB_cleanup(&usual);
    CBB_cleanup(&other);
    ERR_clear_error();
    return has;
}

static vouch_err verify_der(const struct vouch_scheme *scheme, EVP_PKEY *key,
                            vouch_bytes message, vouch_bytes signature)
{
    EVP_MD_CTX ctx;
    vouch_err err;

    EVP_MD_CTX_init(&ctx);
    vouch_fork_defer(); /* a key of RSA has a lock */
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
    vouch_fork_permit();
    return err;
}

static vouch_err verify(const struct vouch_scheme *scheme, EVP_PKEY *key,
                        enum vouch_signature_form form, vouch_bytes message,
                        vouch_bytes signature)
{
    uint8_t der[VOUCH_ECDSA_DER_MAX];
    vouch_err err;

    if (scheme->order_len != 0 && form == VOUCH_SIGNATURE_COSE) {
        size_t len;

        err = vouch_ecdsa_to_der(signature, scheme->order_len, der, &len);
        if (err != VOUCH_OK) {
            return err;
        }
        signature = (vouch_bytes){der, len};
    }
    return verify_der(scheme, key, message, signature);
}

vouch_err vouch_verify(EVP_PKEY *key, uint16_t number,
                       enum vouch_signature_form form, vouch_bytes message,
                       vouch_bytes signature)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(key);

    return scheme == NULL || scheme->number != number
               ? VOUCH_E_SIGNATURE_SCHEME
               : verify(scheme, key, form, message, signature);
}

vouch_err vouch_verify_cose(EVP_PKEY *key, int64_t algorithm,
                            vouch_bytes message, vouch_bytes signature)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_evidence_key(key);

    return scheme == NULL || scheme->algorithm != algorithm
               ? VOUCH_E_COSE_ALGORITHM
               : verify(scheme, key, VOUCH_SIGNATURE_COSE, message, signature);
}
