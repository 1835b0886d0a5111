/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/backend.h"

#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>

#include "lib/keys/ecdsa.h"
#include "proto/fork.h"
#include "proto/memory.h"

static vouch_err copy_spki(const EVP_PKEY *pkey, vouch_buffer *out)
{
    vouch_err err = VOUCH_E_CRYPTO;
    uint8_t *der = NULL;
    size_t len;
    CBB cbb;

    if (CBB_init(&cbb, 128) && EVP_marshal_public_key(&cbb, pkey) &&
        CBB_finish(&cbb, &der, &len)) {
        err = vouch_copy((vouch_bytes){der, len}, out);
    } else {
        ERR_clear_error();
    }
    CBB_cleanup(&cbb);
    OPENSSL_free(der);
    return err;
}

vouch_err vouch_key_init(vouch_key *key,
                         const struct vouch_key_backend *backend,
                         const EVP_PKEY *pkey)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_key(pkey);
    vouch_err err;

    if (scheme == NULL) {
        return VOUCH_E_ARGUMENT;
    }
    err = vouch_fork_watch();
    if (err == VOUCH_OK) {
        err = copy_spki(pkey, &key->spki);
    }
    if (err == VOUCH_OK) {
        atomic_init(&key->refs, 1);
        key->backend = backend;
        key->scheme = scheme;
    }
    return err;
}

vouch_key *vouch_key_ref(vouch_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void vouch_key_free(vouch_key *key)
{
    if (key != NULL &&
        atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) == 1) {
        key->backend->close(key);
        vouch_buffer_free(&key->spki);
        vouch_free(key);
    }
}

vouch_bytes vouch_key_spki(const vouch_key *key)
{
    return (vouch_bytes){key->spki.data, key->spki.len};
}

uint16_t vouch_key_scheme(const vouch_key *key)
{
    return key->scheme->number;
}

int64_t vouch_key_algorithm(const vouch_key *key)
{
    return key->scheme->algorithm;
}

vouch_err vouch_key_sign(const vouch_key *key, enum vouch_signature_form form,
                         vouch_bytes message, uint8_t *out, size_t *out_len)
{
    size_t order_len = key->scheme->order_len;
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;
    vouch_err err = key->backend->sign(key, message, signature, &len);

    if (err != VOUCH_OK) {
        return err;
    }
    if (order_len == 0 || form == key->backend->form) {
        memcpy(out, signature, len);
        *out_len = len;
        return VOUCH_OK;
    }
    /* A signature that is none is the backend's doing here. */
    err = form == VOUCH_SIGNATURE_TLS
              ? vouch_ecdsa_to_der((vouch_bytes){signature, len}, order_len,
                                   out, out_len)
              : vouch_ecdsa_to_raw((vouch_bytes){signature, len}, order_len,
                                   out, out_len);
    return err == VOUCH_OK ? VOUCH_OK : VOUCH_E_CRYPTO;
}
