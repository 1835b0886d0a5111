/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/backend.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <psa/crypto.h>

#include "lib/keys/digest.h"
#include "lib/keys/ecdsa.h"
#include "lib/keys/key_file.h"
#include "proto/fork.h"
#include "proto/memory.h"

struct psa_curve {
    size_t bits;
    size_t order_len;
    int nid;
    vouch_hash hash;
    psa_algorithm_t algorithm;
};

/* RFC 6979: a signature takes no random number, which processes with the same
 * state of a generator (a fork, a snapshot of a virtual machine that runs
 * twice) would share, and with it the key. */
static const struct psa_curve curves[] = {
    [VOUCH_P256] = {256, 32, NID_X9_62_prime256v1, VOUCH_SHA256,
                    PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)},
    [VOUCH_P384] = {384, 48, NID_secp384r1, VOUCH_SHA384,
                    PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_384)},
};

enum { SCALAR_MAX = 48 };

struct psa_key {
    struct vouch_key key;
    const struct psa_curve *curve;
    mbedtls_svc_key_id_t id;
};

/* The key store is not thread-safe, even where mbedTLS was built for threads:
 * every call of PSA is made between psa_enter and psa_leave. */
static pthread_mutex_t psa_lock = PTHREAD_MUTEX_INITIALIZER;

static void psa_leave(void)
{
    vouch_unlock(&psa_lock);
}

static vouch_err psa_enter(void)
{
    vouch_lock(&psa_lock);
    if (psa_crypto_init() != PSA_SUCCESS) {
        psa_leave();
        return VOUCH_E_CRYPTO;
    }
    return VOUCH_OK;
}

static vouch_err error_of(psa_status_t status)
{
    switch (status) {
    case PSA_SUCCESS:
        return VOUCH_OK;
    case PSA_ERROR_INSUFFICIENT_MEMORY:
        return VOUCH_E_NOMEM;
    default:
        return VOUCH_E_CRYPTO;
    }
}

static psa_key_attributes_t attributes_for(const struct psa_curve *curve)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes,
                     PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, curve->bits);
    psa_set_key_algorithm(&attributes, curve->algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    return attributes;
}

static vouch_err sign_hash(const struct psa_key *self,
                           const vouch_digest *digest, uint8_t *out,
                           size_t *out_len)
{
    vouch_err err = psa_enter();

    if (err != VOUCH_OK) {
        return err;
    }
    err =
        error_of(psa_sign_hash(self->id, self->curve->algorithm, digest->data,
                               digest->len, out, VOUCH_ECDSA_RAW_MAX, out_len));
    psa_leave();
    return err;
}

static vouch_err psa_sign(const vouch_key *key, vouch_bytes message,
                          uint8_t out[VOUCH_LIMIT_SIGNATURE], size_t *out_len)
{
    const struct psa_key *self = (const struct psa_key *)key;
    vouch_digest digest;
    vouch_err err = vouch_hash_parts(self->curve->hash, &message, 1, &digest);

    return err == VOUCH_OK ? sign_hash(self, &digest, out, out_len) : err;
}

static void psa_close(vouch_key *key)
{
    if (psa_enter() == VOUCH_OK) {
        psa_destroy_key(((struct psa_key *)key)->id);
        psa_leave();
    }
}

static const struct vouch_key_backend psa_backend = {VOUCH_SIGNATURE_COSE,
                                                     psa_sign, psa_close};

/* Puts the scalar into PSA: it can sign there, and does not come out again. */
static vouch_err import_scalar(struct psa_key *self, const uint8_t *scalar)
{
    psa_key_attributes_t attributes = attributes_for(self->curve);
    vouch_err err = psa_enter();

    if (err != VOUCH_OK) {
        return err;
    }
    err = error_of(
        psa_import_key(&attributes, scalar, self->curve->order_len, &self->id));
    psa_leave();
    return err;
}

static vouch_err import_key(struct psa_key *self, const EVP_PKEY *pkey)
{
    const BIGNUM *number = EC_KEY_get0_private_key(EVP_PKEY_get0_EC_KEY(pkey));
    uint8_t scalar[SCALAR_MAX];
    vouch_err err = VOUCH_E_CRYPTO;

    if (BN_bn2bin_padded(scalar, self->curve->order_len, number)) {
        err = import_scalar(self, scalar);
        vouch_wipe(scalar, sizeof scalar);
    }
    return err;
}

static const struct psa_curve *find_curve(const EVP_PKEY *pkey)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(pkey);

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (scheme != NULL && scheme->curve == curves[i].nid) {
            return &curves[i];
        }
    }
    return NULL;
}

static vouch_err key_from_pkcs8(const EVP_PKEY *pkey, vouch_key **out)
{
    struct psa_key *self;
    const struct psa_curve *curve = find_curve(pkey);
    vouch_err err;

    if (curve == NULL) {
        return VOUCH_E_KEY_FILE;
    }
    self = vouch_alloc(sizeof *self);
    if (self == NULL) {
        return VOUCH_E_NOMEM;
    }
    self->curve = curve;
    err = vouch_key_init(&self->key, &psa_backend, pkey);
    if (err == VOUCH_OK) {
        err = import_key(self, pkey);
    }
    if (err != VOUCH_OK) {
        vouch_buffer_free(&self->key.spki);
        vouch_free(self);
        return err;
    }
    *out = &self->key;
    return VOUCH_OK;
}

vouch_err vouch_key_load_psa(const char *path, vouch_key **out)
{
    EVP_PKEY *pkey;
    vouch_err err = vouch_key_file_load(path, &pkey);

    if (err == VOUCH_OK) {
        err = key_from_pkcs8(pkey, out);
        EVP_PKEY_free(pkey);
    }
    return err;
}

/* Of BoringSSL's random numbers. PSA's own generator is not seeded again after
 * a fork: two children would make the same key. */
static EVP_PKEY *make_pair(const struct psa_curve *curve)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(curve->nid);
    EVP_PKEY *pkey = EVP_PKEY_new();

    if (ec == NULL || pkey == NULL || EC_KEY_generate_key(ec) != 1 ||
        EVP_PKEY_set1_EC_KEY(pkey, ec) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EC_KEY_free(ec);
    ERR_clear_error();
    return pkey;
}

vouch_err vouch_key_create(const char *path, vouch_curve curve, bool replace)
{
    EVP_PKEY *pkey;
    vouch_err err;

    if ((size_t)curve >= sizeof curves / sizeof curves[0]) {
        return VOUCH_E_ARGUMENT;
    }
    pkey = make_pair(&curves[curve]);
    if (pkey == NULL) {
        return VOUCH_E_CRYPTO;
    }
    err = vouch_key_file_save(path, pkey, replace);
    EVP_PKEY_free(pkey);
    return err;
}
