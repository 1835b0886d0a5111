/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/endpoint_internal.h"

#include "lib/authenticator/credential.h"
#include "lib/authenticator/transcript.h"
#include "lib/keys/digest.h"
#include "lib/keys/key_internal.h"
#include "proto/memory.h"

enum {
    HEADER = 4,                   /* of a handshake message */
    CERTIFICATE_OVERHEAD = 1 + 3, /* lengths of context and list */
    CMW_OVERHEAD = 2 + 2 + 2,     /* type and length, inner length */
    CERTIFICATE_VERIFY_OVERHEAD = 2 + 2,
};

static vouch_err check_answer(const struct vouch_request *request,
                              const vouch_credential *credential,
                              vouch_bytes cmw)
{
    if (!vouch_credential_suits(credential, request)) {
        return VOUCH_E_SIGNATURE_SCHEME;
    }
    /* RFC 9261, 5.2.1: only extensions that the request has [E14]; expat-04,
     * 3.2: attestation answers a request for it [X10] */
    if (cmw.len != 0 && !request->attestation) {
        return VOUCH_E_UNSUPPORTED_EXTENSION;
    }
    return cmw.len > VOUCH_LIMIT_CMW ||
                   credential->list_len + CMW_OVERHEAD + cmw.len >
                       VOUCH_LIMIT_CERTIFICATE_LIST
               ? VOUCH_E_TOO_LARGE
               : VOUCH_OK;
}

/* The length of an authenticator with the longest signature. */
static size_t longest(const vouch_endpoint *endpoint,
                      const struct vouch_request *request,
                      const vouch_credential *credential, vouch_bytes cmw)
{
    return HEADER + CERTIFICATE_OVERHEAD + request->context.len +
           credential->list_len + CMW_OVERHEAD + cmw.len + HEADER +
           CERTIFICATE_VERIFY_OVERHEAD + VOUCH_LIMIT_SIGNATURE + HEADER +
           vouch_hash_len(vouch_channel_hash(endpoint->channel));
}

/* since returns what `cbb`, over `base`, took in after its first `start`
 * octets. */
static vouch_bytes since(const CBB *cbb, const uint8_t *base, size_t start)
{
    return (vouch_bytes){&base[start], CBB_len(cbb) - start};
}

static vouch_err sign(const struct vouch_transcript *transcript,
                      const vouch_key *key, CBB *out)
{
    uint8_t content[VOUCH_SIGNED_CONTENT_MAX];
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;
    vouch_bytes message = {
        content, vouch_transcript_signed_content(transcript, content)};
    vouch_err err =
        vouch_key_sign(key, VOUCH_SIGNATURE_TLS, message, signature, &len);

    return err == VOUCH_OK
               ? vouch_certificate_verify_encode(out, vouch_key_scheme(key),
                                                 (vouch_bytes){signature, len})
               : err;
}

static vouch_err finish(const struct vouch_transcript *transcript, CBB *out)
{
    vouch_digest verify_data;
    vouch_err err = vouch_transcript_finished(transcript, &verify_data);

    return err == VOUCH_OK
               ? vouch_finished_encode(out, vouch_digest_bytes(&verify_data))
               : err;
}

/* RFC 9261, 5.2: Certificate, CertificateVerify, Finished, each over what came
 * before. */
static vouch_err write_messages(struct vouch_transcript *transcript,
                                vouch_bytes context,
                                const vouch_credential *credential,
                                vouch_bytes cmw, CBB *cbb, const uint8_t *base)
{
    size_t start;
    vouch_err err = vouch_certificate_encode(cbb, context, credential->chain,
                                             credential->num, cmw);

    if (err == VOUCH_OK) {
        vouch_transcript_add(transcript, since(cbb, base, 0));
        start = CBB_len(cbb);
        err = sign(transcript, credential->key, cbb);
    }
    if (err == VOUCH_OK) {
        vouch_transcript_add(transcript, since(cbb, base, start));
        err = finish(transcript, cbb);
    }
    return err;
}

vouch_err vouch_authenticator_create(const vouch_endpoint *endpoint,
                                     vouch_bytes octets,
                                     const struct vouch_request *request,
                                     const vouch_credential *credential,
                                     vouch_bytes cmw, vouch_buffer *out)
{
    struct vouch_transcript transcript;
    vouch_err err = check_answer(request, credential, cmw);
    size_t room = longest(endpoint, request, credential, cmw);
    uint8_t *base;
    CBB cbb;

    if (err != VOUCH_OK) {
        return err;
    }
    base = vouch_alloc(room);
    if (base == NULL || !CBB_init_fixed(&cbb, base, room)) {
        vouch_free(base);
        return VOUCH_E_NOMEM;
    }
    err = vouch_transcript_start(&transcript, endpoint->channel, endpoint->role,
                                 octets);
    if (err == VOUCH_OK) {
        err = write_messages(&transcript, request->context, credential, cmw,
                             &cbb, base);
    }
    vouch_transcript_end(&transcript);
    if (err == VOUCH_OK) {
        *out = (vouch_buffer){base, CBB_len(&cbb)};
    } else {
        vouch_free(base);
    }
    CBB_cleanup(&cbb);
    return err;
}

/* write_refusal writes Finished over a Certificate that is never sent
 * (RFC 9261, 6) [E21]. */
static vouch_err write_refusal(struct vouch_transcript *transcript,
                               vouch_bytes context, CBB *cbb)
{
    vouch_err err = vouch_transcript_add_empty_certificate(transcript, context);

    return err == VOUCH_OK ? finish(transcript, cbb) : err;
}

vouch_err vouch_authenticator_create_empty(const vouch_endpoint *endpoint,
                                           vouch_bytes octets,
                                           const struct vouch_request *request,
                                           vouch_buffer *out)
{
    struct vouch_transcript transcript;
    uint8_t message[HEADER + VOUCH_HASH_MAX];
    vouch_err err;
    CBB cbb;

    if (!CBB_init_fixed(&cbb, message, sizeof message)) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_transcript_start(&transcript, endpoint->channel, endpoint->role,
                                 octets);
    if (err == VOUCH_OK) {
        err = write_refusal(&transcript, request->context, &cbb);
    }
    vouch_transcript_end(&transcript);
    if (err == VOUCH_OK) {
        err = vouch_copy((vouch_bytes){message, CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return err;
}
