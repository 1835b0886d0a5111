/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/cose_key.h"

#include "lib/keys/verify.h"

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
    if (vouch_cose_protected_header(&header, vouch_key_algorithm(key),
                                    key_id)) {
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
    vouch_err err = VOUCH_E_NOMEM;
    CBB message;

    if (!CBB_init(&message, in->protected_header.len + in->payload.len + 64)) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_sig_structure(&message, in, external_aad)) {
        err = vouch_verify_cose(
            key, in->algorithm,
            (vouch_bytes){CBB_data(&message), CBB_len(&message)},
            in->signature);
    }
    CBB_cleanup(&message);
    return err;
}
