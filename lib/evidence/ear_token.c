/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/ear_token.h"

#include <vouch/ear.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"

enum { CLAIMS_ROOM = 1024 };

#define FORMS(id)                               \
    {&vouch_ear_profiles[id], .is_jwt = false}, \
    {                                           \
        &vouch_ear_profiles[id], .is_jwt = true \
    }

/* Every profile in every envelope; which there are, the profiles say. */
static const struct vouch_ear_form forms[] = {
    FORMS(VOUCH_EAR_04),
    FORMS(VOUCH_EAR_03),
    FORMS(VOUCH_EAR_VERAISON),
    FORMS(VOUCH_EAR_TRUSTEE),
};

const char *vouch_ear_form_format(const struct vouch_ear_form *form)
{
    return form->is_jwt ? form->profile->jwt : form->profile->cwt;
}

/* Octet for octet: it is compared, and not understood. */
static const struct vouch_ear_form *find(vouch_bytes format)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *one = vouch_ear_form_format(&forms[i]);

        if (one != NULL && vouch_bytes_equal(vouch_text(one), format)) {
            return &forms[i];
        }
    }
    return NULL;
}

const struct vouch_ear_form *vouch_ear_form_find(const char *format)
{
    return find(vouch_text(format));
}

bool vouch_ear_is_format(vouch_bytes format)
{
    return find(format) != NULL;
}

bool vouch_ear_form_is_for(const struct vouch_ear_form *form,
                           const vouch_key *key)
{
    return !form->is_jwt || vouch_jws_key_signs(key);
}

vouch_err vouch_ear_token_open(const struct vouch_ear_form *form,
                               vouch_bytes octets, struct vouch_ear_token *out)
{
    struct vouch_ear_token token = {.form = form};
    vouch_err err = form->is_jwt
                        ? vouch_jws_decode(octets, &token.u.jws)
                        : vouch_cose_sign1_decode(octets, &token.u.sign1);

    if (err == VOUCH_OK) {
        *out = token;
    }
    return err;
}

void vouch_ear_token_close(struct vouch_ear_token *token)
{
    vouch_buffer_free(&token->memory);
    if (token->form != NULL && token->form->is_jwt) {
        vouch_buffer_free(&token->u.jws.memory);
    }
}

vouch_bytes vouch_ear_token_key_id(const struct vouch_ear_token *token)
{
    return token->form->is_jwt ? token->u.jws.key_id : token->u.sign1.key_id;
}

vouch_err vouch_ear_token_verify(const struct vouch_ear_token *token,
                                 EVP_PKEY *key)
{
    static const vouch_bytes no_aad = {NULL, 0};

    return token->form->is_jwt
               ? vouch_jws_verify(key, &token->u.jws)
               : vouch_cose_verify(key, &token->u.sign1, no_aad);
}

vouch_err vouch_ear_token_claims(struct vouch_ear_token *token,
                                 struct vouch_ear *out, const char **wrong)
{
    const struct vouch_ear_profile *profile = token->form->profile;

    return token->form->is_jwt
               ? vouch_ear_decode_json(token->u.jws.payload, profile,
                                       &token->memory, out, wrong)
               : vouch_ear_decode(token->u.sign1.payload, profile, out, wrong);
}

static vouch_err write_jwt(const struct vouch_ear_form *form,
                           const vouch_key *key, vouch_bytes key_id,
                           const struct vouch_ear *ear, CBB *out)
{
    vouch_buffer claims;
    vouch_err err = vouch_ear_encode_json(ear, form->profile, &claims);

    if (err == VOUCH_OK) {
        err = vouch_jws_sign(key, key_id,
                             (vouch_bytes){claims.data, claims.len}, out);
        vouch_buffer_free(&claims);
    }
    return err;
}

static vouch_err write_cwt(const vouch_key *key, vouch_bytes key_id,
                           const struct vouch_ear *ear, CBB *out)
{
    vouch_err err = VOUCH_E_NOMEM;
    CBB claims;

    CBB_zero(&claims);
    if (CBB_init(&claims, CLAIMS_ROOM) && vouch_ear_encode(&claims, ear)) {
        err = vouch_cose_sign(
            key, key_id, (vouch_bytes){CBB_data(&claims), CBB_len(&claims)},
            out);
    }
    CBB_cleanup(&claims);
    return err;
}

vouch_err vouch_ear_token_write(const struct vouch_ear_form *form,
                                const vouch_key *key,
                                const struct vouch_ear *ear, CBB *out)
{
    uint8_t id[32];
    vouch_bytes key_id = {id, sizeof id};

    vouch_sha256(vouch_key_spki(key), id);
    return form->is_jwt ? write_jwt(form, key, key_id, ear, out)
                        : write_cwt(key, key_id, ear, out);
}
