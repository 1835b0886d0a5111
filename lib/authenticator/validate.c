/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/endpoint_internal.h"

#include "lib/authenticator/chain.h"
#include "lib/authenticator/transcript.h"
#include "lib/authenticator/trust.h"
#include "lib/channel/channel_internal.h"
#include "lib/keys/blame.h"
#include "lib/keys/verify.h"
#include "proto/memory.h"

/* RFC 9261, 5.2.4: compared in constant time [E20] */
static vouch_err verify_finished(const struct vouch_transcript *transcript,
                                 vouch_bytes verify_data)
{
    vouch_digest expected;
    vouch_err err = vouch_transcript_finished(transcript, &expected);

    if (err != VOUCH_OK) {
        return err;
    }
    return vouch_ct_equal(vouch_digest_bytes(&expected), verify_data)
               ? VOUCH_OK
               : VOUCH_E_FINISHED;
}

/* RFC 9261, 6 and 7.4: an authentic empty authenticator proves no identity
 * [E21] [E27] */
static vouch_err verify_empty(struct vouch_transcript *transcript,
                              const struct vouch_request *request,
                              vouch_bytes verify_data)
{
    vouch_err err =
        vouch_transcript_add_empty_certificate(transcript, request->context);

    if (err == VOUCH_OK) {
        err = verify_finished(transcript, verify_data);
    }
    return err == VOUCH_OK ? VOUCH_E_DECLINED : err;
}

/* The MAC comes first: it is cheap, and who can not make it gets no signature
 * verified. `signed_content` is what CertificateVerify covers. */
static vouch_err verify_transcript(
    struct vouch_transcript *transcript,
    const struct vouch_authenticator_parts *parts,
    uint8_t signed_content[VOUCH_SIGNED_CONTENT_MAX], size_t *signed_len)
{
    vouch_transcript_add(transcript, parts->certificate_msg);
    *signed_len = vouch_transcript_signed_content(transcript, signed_content);
    vouch_transcript_add(transcript, parts->certificate_verify_msg);
    return verify_finished(transcript, parts->verify_data);
}

static vouch_err verify_signature(const struct vouch_request *request,
                                  const struct vouch_authenticator_parts *parts,
                                  const struct vouch_aik *aik,
                                  vouch_bytes signed_content)
{
    /* RFC 9261, 5.2.2: a scheme that was offered [E17]; that it is of TLS 1.3
     * and the key's own is seen to by vouch_verify [E16] */
    if (!vouch_request_offers_scheme(request, parts->scheme)) {
        return VOUCH_E_SIGNATURE_SCHEME;
    }
    return vouch_verify(aik->key, parts->scheme, VOUCH_SIGNATURE_TLS,
                        signed_content, parts->signature);
}

static vouch_err identify(const vouch_endpoint *endpoint,
                          const struct vouch_authenticator_parts *parts,
                          const struct vouch_aik *aik, const vouch_trust *trust,
                          vouch_identity *out)
{
    const vouch_channel *channel = endpoint->channel;
    vouch_identity identity = {
        .context = parts->context,
        .certificate = parts->leaf,
        .spki = aik->spki,
        /* expat-04, 3.1: empty from a peer that does not know it [X09] */
        .cmw = parts->cmw,
        .scheme = parts->scheme,
        .revocation_checked = trust->crls != NULL,
        .is_handshake_key = vouch_channel_is_peer(channel, aik->spki),
        .not_after = aik->not_after,
    };
    /* expat-04, 4.3 and 5.2: what evidence is held against is computed here,
     * from the end-entity certificate and this connection [X21] [X26] [X28] */
    vouch_err err = vouch_aik_pub_hash(vouch_channel_hash(channel), aik->spki,
                                       &identity.aik_pub_hash);

    if (err == VOUCH_OK) {
        err =
            vouch_binder(channel, aik->spki, parts->context, &identity.binder);
    }
    if (err == VOUCH_OK) {
        *out = identity;
    }
    return err == VOUCH_E_ARGUMENT ? VOUCH_E_CERTIFICATE : err;
}

static vouch_err verify_aik_once(const vouch_endpoint *endpoint,
                                 const struct vouch_request *request,
                                 const struct vouch_authenticator_parts *parts,
                                 vouch_bytes signed_content,
                                 const vouch_trust *trust, int64_t now,
                                 vouch_identity *out)
{
    struct vouch_aik aik;
    vouch_err err = vouch_aik_find(
        trust, endpoint->peer, parts->certificate_list, parts->leaf, now, &aik);

    if (err != VOUCH_OK) {
        return err;
    }
    err = verify_signature(request, parts, &aik, signed_content);
    if (err == VOUCH_OK) {
        err = vouch_aik_validate_chain(&aik, trust, endpoint->peer,
                                       parts->certificate_list, now);
    }
    if (err == VOUCH_OK) {
        err = identify(endpoint, parts, &aik, trust, out);
    }
    vouch_aik_cleanup(&aik);
    return err;
}

static vouch_err verify_aik(const vouch_endpoint *endpoint,
                            const struct vouch_request *request,
                            const struct vouch_authenticator_parts *parts,
                            vouch_bytes signed_content,
                            const vouch_trust *trust, int64_t now,
                            vouch_identity *out)
{
    vouch_err err = verify_aik_once(endpoint, request, parts, signed_content,
                                    trust, now, out);

    if (err == VOUCH_OK || vouch_is_own(err)) {
        return err;
    }
    return vouch_memory_is_short() /* blame.h */
               ? VOUCH_E_NOMEM
               : verify_aik_once(endpoint, request, parts, signed_content,
                                 trust, now, out);
}

vouch_err vouch_authenticator_verify(const vouch_endpoint *endpoint,
                                     vouch_bytes octets,
                                     const struct vouch_request *request,
                                     vouch_bytes authenticator,
                                     const vouch_trust *trust, int64_t now,
                                     vouch_identity *out)
{
    struct vouch_authenticator_parts parts;
    struct vouch_transcript transcript;
    uint8_t content[VOUCH_SIGNED_CONTENT_MAX];
    size_t content_len = 0;
    vouch_err err = vouch_authenticator_parse(authenticator, request, &parts);

    if (err != VOUCH_OK) {
        return err;
    }
    /* expat-04, 3.2: evidence belongs to the context of its request [X11] */
    if (!parts.empty && !vouch_bytes_equal(parts.context, request->context)) {
        return VOUCH_E_CONTEXT_MISMATCH;
    }
    err = vouch_transcript_start(&transcript, endpoint->channel, endpoint->peer,
                                 octets);
    if (err == VOUCH_OK) {
        err =
            parts.empty
                ? verify_empty(&transcript, request, parts.verify_data)
                : verify_transcript(&transcript, &parts, content, &content_len);
    }
    vouch_transcript_end(&transcript);
    return err == VOUCH_OK ? verify_aik(endpoint, request, &parts,
                                        (vouch_bytes){content, content_len},
                                        trust, now, out)
                           : err;
}
