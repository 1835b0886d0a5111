/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/floor.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <psa/crypto.h>

#include "tools/bench/measure.h"

enum { SCALAR = 32, RAW_SIGNATURE = 64 };

/* RFC 9261, 5.2.2, with SHA-256: 64 spaces, the string and its NUL, a hash. */
static const uint8_t message[64 + sizeof "Exported Authenticator" + 32];

static uint32_t import_key(const EVP_PKEY *key)
{
    const BIGNUM *number = EC_KEY_get0_private_key(EVP_PKEY_get0_EC_KEY(key));
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t scalar[SCALAR];
    psa_key_id_t id;

    psa_set_key_type(&attributes,
                     PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_algorithm(&attributes,
                          PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    need(BN_bn2bin_padded(scalar, sizeof scalar, number), "read a private key");
    need(psa_import_key(&attributes, scalar, sizeof scalar, &id) == PSA_SUCCESS,
         "import a key into PSA");
    return id;
}

void floor_open(struct floor *floor, const struct host *host)
{
    *floor = (struct floor){
        .aik = {.key = host->aik},
        .attestation = {.key = host->attestation},
        .psa_id = import_key(host->attestation),
    };
    floor_sign(&floor->aik);
    floor_sign(&floor->attestation);
}

void floor_close(struct floor *floor)
{
    need(psa_destroy_key(floor->psa_id) == PSA_SUCCESS, "free a key of PSA");
}

void floor_sign(struct floor_key *key)
{
    EVP_MD_CTX ctx;

    key->signature_len = sizeof key->signature;
    EVP_MD_CTX_init(&ctx);
    need(EVP_DigestSignInit(&ctx, NULL, EVP_sha256(), NULL, key->key) &&
             EVP_DigestSign(&ctx, key->signature, &key->signature_len, message,
                            sizeof message),
         "sign with BoringSSL");
    EVP_MD_CTX_cleanup(&ctx);
}

void floor_verify(const struct floor_key *key)
{
    EVP_MD_CTX ctx;

    EVP_MD_CTX_init(&ctx);
    need(EVP_DigestVerifyInit(&ctx, NULL, EVP_sha256(), NULL, key->key) &&
             EVP_DigestVerify(&ctx, key->signature, key->signature_len, message,
                              sizeof message),
         "verify with BoringSSL");
    EVP_MD_CTX_cleanup(&ctx);
}

void floor_sign_psa(const struct floor *floor)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t signature[RAW_SIGNATURE];
    size_t len;

    SHA256(message, sizeof message, digest);
    need(psa_sign_hash(floor->psa_id,
                       PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256), digest,
                       sizeof digest, signature, sizeof signature,
                       &len) == PSA_SUCCESS,
         "sign with PSA");
}
