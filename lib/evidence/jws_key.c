/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/jws_key.h"

#include <vouch/limits.h>
#include <vouch/scheme.h>

#include "lib/keys/verify.h"

/* RFC 7518, 3.4: ES256, whose signature is r || s as in COSE */
static const uint16_t scheme = VOUCH_ECDSA_SECP256R1_SHA256;

bool vouch_jws_key_signs(const vouch_key *key)
{
    return vouch_key_scheme(key) == scheme;
}

vouch_err vouch_jws_sign(const vouch_key *key, vouch_bytes key_id,
                         vouch_bytes payload, CBB *out)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t before = CBB_len(out), len;
    vouch_err err = vouch_jws_begin(out, key_id, payload);

    if (err == VOUCH_OK) {
        err = vouch_key_sign(
            key, VOUCH_SIGNATURE_COSE,
            (vouch_bytes){CBB_data(out) + before, CBB_len(out) - before},
            signature, &len);
    }
    return err == VOUCH_OK ? vouch_jws_end(out, (vouch_bytes){signature, len})
                           : err;
}

vouch_err vouch_jws_verify(EVP_PKEY *key, const struct vouch_jws *in)
{
    return vouch_public_key_scheme(key) == scheme
               ? vouch_verify(key, scheme, VOUCH_SIGNATURE_COSE,
                              in->signing_input, in->signature)
               : VOUCH_E_COSE_ALGORITHM;
}
