/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/backend.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/keys/key_file.h"
#include "proto/fork.h"
#include "proto/memory.h"

struct evp_key {
    struct vouch_key key;
    EVP_PKEY *pkey;
};

static vouch_err evp_sign(const vouch_key *key, vouch_bytes message,
                          uint8_t out[VOUCH_LIMIT_SIGNATURE], size_t *out_len)
{
    const struct evp_key *self = (const struct evp_key *)key;
    size_t len = VOUCH_LIMIT_SIGNATURE;
    vouch_err err = VOUCH_OK;
    EVP_MD_CTX ctx;

    EVP_MD_CTX_init(&ctx);
    vouch_fork_defer(); /* a key of RSA has a lock */
    if (!vouch_scheme_begin(key->scheme, &ctx, EVP_DigestSignInit,
                            self->pkey) ||
        !EVP_DigestSign(&ctx, out, &len, message.data, message.len)) {
        ERR_clear_error();
        err = VOUCH_E_CRYPTO;
    }
    EVP_MD_CTX_cleanup(&ctx);
    vouch_fork_permit();
    *out_len = len;
    return err;
}

static void evp_close(vouch_key *key)
{
    EVP_PKEY_free(((struct evp_key *)key)->pkey);
}

static const struct vouch_key_backend evp_backend = {VOUCH_SIGNATURE_TLS,
                                                     evp_sign, evp_close};

vouch_err vouch_key_from_evp(EVP_PKEY *pkey, vouch_key **out)
{
    struct evp_key *self = vouch_alloc(sizeof *self);
    vouch_err err;

    if (self == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_key_init(&self->key, &evp_backend, pkey);
    if (err != VOUCH_OK) {
        vouch_free(self);
        return err;
    }
    EVP_PKEY_up_ref(pkey);
    self->pkey = pkey;
    *out = &self->key;
    return VOUCH_OK;
}

vouch_err vouch_key_load_evp(const char *path, vouch_key **out)
{
    EVP_PKEY *pkey;
    vouch_err err = vouch_key_file_load(path, &pkey);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_key_from_evp(pkey, out);
    EVP_PKEY_free(pkey);
    return err == VOUCH_E_ARGUMENT ? VOUCH_E_KEY_FILE : err;
}

EVP_PKEY *vouch_key_evp(const vouch_key *key)
{
    return key->backend == &evp_backend ? ((const struct evp_key *)key)->pkey
                                        : NULL;
}
