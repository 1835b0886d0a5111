/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_EAR_TOKEN_H
#define VOUCH_EVIDENCE_EAR_TOKEN_H

/* EARs with their signature, in each of their forms. */

#include <openssl/base.h>

#include "lib/evidence/cose_key.h"
#include "lib/evidence/jws_key.h"
#include "proto/ear.h"

/* A profile in an envelope. */
struct vouch_ear_form {
    const struct vouch_ear_profile *profile;
    bool is_jwt;
};

/* vouch_ear_form_find finds the form of a media type, or NULL. */
const struct vouch_ear_form *vouch_ear_form_find(const char *format);

/* vouch_ear_form_format gives its media type; NULL: the profile has none in
 * this envelope. */
const char *vouch_ear_form_format(const struct vouch_ear_form *form);

/* vouch_ear_form_is_for tells whether `key` can sign in this form. */
bool vouch_ear_form_is_for(const struct vouch_ear_form *form,
                           const vouch_key *key);

/* Spans borrow from the octets of the token and from itself. */
struct vouch_ear_token {
    const struct vouch_ear_form *form;
    union {
        struct vouch_cose_sign1 sign1;
        struct vouch_jws jws;
    } u;
    vouch_buffer memory; /* of the claims, if they are JSON */
};

/* vouch_ear_token_open takes the envelope apart, with the errors of
 * vouch_cose_sign1_decode or vouch_jws_decode; vouch_ear_token_close frees what
 * it needs, and of one that is all zeros nothing. */
vouch_err vouch_ear_token_open(const struct vouch_ear_form *form,
                               vouch_bytes octets,
                               struct vouch_ear_token *out) VOUCH_MUST_CHECK;
void vouch_ear_token_close(struct vouch_ear_token *token);

/* vouch_ear_token_key_id says which key to try: octets in COSE, text in a JWS;
 * maybe empty. */
vouch_bytes vouch_ear_token_key_id(const struct vouch_ear_token *token);

/* vouch_ear_token_verify has the errors of vouch_cose_verify and
 * vouch_jws_verify. */
vouch_err vouch_ear_token_verify(const struct vouch_ear_token *token,
                                 EVP_PKEY *key) VOUCH_MUST_CHECK;

/* vouch_ear_token_claims decodes the claims, once; `*out` borrows from the
 * token. Errors and `*wrong` as with vouch_ear_decode. */
vouch_err vouch_ear_token_claims(struct vouch_ear_token *token,
                                 struct vouch_ear *out,
                                 const char **wrong) VOUCH_MUST_CHECK;

/* vouch_ear_token_write makes one, signed with `key`. */
vouch_err vouch_ear_token_write(const struct vouch_ear_form *form,
                                const vouch_key *key,
                                const struct vouch_ear *ear,
                                CBB *out) VOUCH_MUST_CHECK;

#endif
