/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/cose_key.h"

#include <vouch/limits.h>
#include <vouch/scheme.h>

#include "lib/keys/verify.h"

static const struct {
    int64_t algorithm;
    uint16_t scheme;
} algorithms[] = {
    {VOUCH_COSE_ES256, VOUCH_ECDSA_SECP256R1_SHA256},
    {VOUCH_COSE_ES384, VOUCH_ECDSA_SECP384R1_SHA384},
};

/* The algorithm of a TLS signature scheme, or 0. */
static int64_t algorithm_of(uint16_t scheme)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithms[i].scheme == scheme) {
            return algorithms[i].algorithm;
        }
    }
    return 0;
}

bool vouch_cose_key_signs(const vouch_key *key)
{
    return algorithm_of(vouch_key_scheme(key)) != 0;
}

static vouch_err sign(const vouch_key *key, const struct vouch_cose_sign1 *in,
                      uint8_t *signature, size_t *len)
{
    static const vouch_bytes no_aad = {NULL, 0};
    vouch_err err = VOUCH_E_NOMEM;
    CBB message;

    if (!CBB_init(&message, in->payload.len + 128)) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_sig_structure(&message, in, no_aad)) {
        err =
            vouch_key_sign(key, VOUCH_SIGNATURE_COSE,
                           (vouch_bytes){CBB_data(&message), CBB_len(&message)},
                           signature, len);
    }
    CBB_cleanup(&message);
    return err;
}

vouch_err vouch_cose_sign(const vouch_key *key, vouch_bytes key_id,
                          vouch_bytes payload, CBB *out)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t signature_len;
    vouch_err err = VOUCH_E_NOMEM;
    CBB header;

    if (!CBB_init(&header, key_id.len + 16)) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_protected_header(
            &header, algorithm_of(vouch_key_scheme(key)), key_id)) {
        struct vouch_cose_sign1 sign1 = {
            .protected_header = {CBB_data(&header), CBB_len(&header)},
            .payload = payload};

        err = sign(key, &sign1, signature, &signature_len);
        if (err == VOUCH_OK) {
            sign1.signature = (vouch_bytes){signature, signature_len};
            err =
                vouch_cose_sign1_encode(out, &sign1) ? VOUCH_OK : VOUCH_E_NOMEM;
        }
    }
    CBB_cleanup(&header);
    return err;
}

vouch_err vouch_cose_verify(EVP_PKEY *key, const struct vouch_cose_sign1 *in,
                            vouch_bytes external_aad)
{
    uint16_t scheme = vouch_public_key_scheme(key);
    vouch_err err = VOUCH_E_NOMEM;
    CBB message;

    if (in->algorithm == 0 || algorithm_of(scheme) != in->algorithm) {
        return VOUCH_E_COSE_ALGORITHM;
    }
    if (!CBB_init(&message, in->protected_header.len + in->payload.len + 64)) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_sig_structure(&message, in, external_aad)) {
        err = vouch_verify(key, scheme, VOUCH_SIGNATURE_COSE,
                           (vouch_bytes){CBB_data(&message), CBB_len(&message)},
                           in->signature);
    }
    CBB_cleanup(&message);
    return err;
}
