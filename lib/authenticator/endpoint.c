/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/endpoint_internal.h"

#include <openssl/err.h>

#include "lib/authenticator/name.h"
#include "lib/channel/channel_internal.h"
#include "proto/memory.h"

/* Longer than a request of vouch's own with every extension that it has. */
enum { OWN_REQUEST_MAX = 512 };

vouch_err vouch_endpoint_new(vouch_channel *channel, vouch_endpoint **out)
{
    vouch_endpoint *endpoint = vouch_alloc(sizeof *endpoint);
    vouch_err err;

    if (endpoint == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_channel_claim(channel);
    if (err != VOUCH_OK) {
        vouch_free(endpoint);
        return err;
    }
    endpoint->channel = channel;
    endpoint->role = vouch_channel_role(channel);
    endpoint->peer =
        endpoint->role == VOUCH_CLIENT ? VOUCH_SERVER : VOUCH_CLIENT;
    vouch_registry_init(&endpoint->registry, endpoint->role);
    *out = endpoint;
    return VOUCH_OK;
}

void vouch_endpoint_free(vouch_endpoint *endpoint)
{
    if (endpoint != NULL) {
        vouch_registry_cleanup(&endpoint->registry);
        vouch_free(endpoint);
    }
}

vouch_err vouch_endpoint_allow_foreign_contexts(vouch_endpoint *endpoint,
                                                size_t max)
{
    return vouch_registry_allow_foreign(&endpoint->registry, max);
}

vouch_channel *vouch_endpoint_channel(const vouch_endpoint *endpoint)
{
    return endpoint->channel;
}

vouch_err vouch_endpoint_request(vouch_endpoint *endpoint, bool attestation,
                                 const char *server_name, vouch_buffer *out)
{
    const vouch_bytes none = {NULL, 0};
    uint64_t id;

    return vouch_endpoint_request_bound(endpoint, attestation, server_name,
                                        none, none, &id, out);
}

/* RFC 9261, 4: server_name only in a ClientCertificateRequest [E03] */
static bool may_ask_for(vouch_role role, const char *server_name)
{
    return server_name == NULL ||
           (role == VOUCH_CLIENT && vouch_is_dns_name(server_name));
}

static vouch_err encode_request(const vouch_endpoint *endpoint,
                                vouch_bytes context, bool attestation,
                                const char *server_name, vouch_buffer *out)
{
    uint8_t octets[OWN_REQUEST_MAX];
    vouch_bytes name =
        server_name != NULL ? vouch_text(server_name) : (vouch_bytes){NULL, 0};
    vouch_err err;
    CBB cbb;

    if (!CBB_init_fixed(&cbb, octets, sizeof octets)) {
        return VOUCH_E_NOMEM;
    }
    /* RFC 9261, 4: the type is that of this side's role [E04]; expat-04, 3.1:
     * with an empty cmw_attestation [X06] */
    err = vouch_request_encode(&cbb, vouch_request_type(endpoint->role),
                               context, attestation, name);
    if (err == VOUCH_OK) {
        err = vouch_copy((vouch_bytes){octets, CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return err;
}

vouch_err vouch_endpoint_request_bound(vouch_endpoint *endpoint,
                                       bool attestation,
                                       const char *server_name,
                                       vouch_bytes operation, vouch_bytes nonce,
                                       uint64_t *id, vouch_buffer *out)
{
    uint8_t context[VOUCH_CONTEXT_MAX];
    size_t len;
    uint64_t issued;
    vouch_err err;

    if (!may_ask_for(endpoint->role, server_name)) {
        return VOUCH_E_ARGUMENT;
    }
    err = vouch_channel_check(endpoint->channel);
    if (err == VOUCH_OK) {
        err = vouch_registry_issue(&endpoint->registry, operation, nonce,
                                   &issued, context, &len);
    }
    if (err == VOUCH_OK) {
        err = encode_request(endpoint, (vouch_bytes){context, len}, attestation,
                             server_name, out);
    }
    if (err == VOUCH_OK) {
        *id = issued;
    }
    return err;
}

static bool is_request(vouch_bytes message)
{
    return message.len != 0 &&
           (message.data[0] == VOUCH_HS_CERTIFICATE_REQUEST ||
            message.data[0] == VOUCH_HS_CLIENT_CERTIFICATE_REQUEST);
}

/* RFC 9261, 7.2: of a request or an authenticator [E25] */
vouch_err vouch_get_context(vouch_bytes message, vouch_bytes *out)
{
    struct vouch_request request;
    struct vouch_authenticator_parts parts;
    vouch_err err;

    if (is_request(message)) {
        err = vouch_request_parse(message, &request);
        if (err == VOUCH_OK) {
            *out = request.context;
        }
        return err;
    }
    err = vouch_authenticator_parse(message, NULL, &parts);
    if (err == VOUCH_OK && parts.empty) {
        return VOUCH_E_DECLINED;
    }
    if (err == VOUCH_OK) {
        *out = parts.context;
    }
    return err;
}

/* parse_from reads a request of the side `requester`. */
static vouch_err parse_from(vouch_role requester, vouch_bytes octets,
                            struct vouch_request *out)
{
    struct vouch_request request;
    vouch_err err = vouch_request_parse(octets, &request);

    if (err != VOUCH_OK) {
        return err;
    }
    /* RFC 9261, 4: a client asks with ClientCertificateRequest, a server with
     * CertificateRequest [E04] */
    if (request.type != vouch_request_type(requester)) {
        return VOUCH_E_REQUEST_TYPE;
    }
    *out = request;
    return VOUCH_OK;
}

/* take_request reads a request of the peer's that may be answered. */
static vouch_err take_request(const vouch_endpoint *endpoint,
                              vouch_bytes octets, struct vouch_request *out)
{
    vouch_err err = parse_from(endpoint->peer, octets, out);

    return err == VOUCH_OK
               ? vouch_registry_check_peer(&endpoint->registry, out->context)
               : err;
}

vouch_err vouch_endpoint_receive(vouch_endpoint *endpoint, vouch_bytes request,
                                 struct vouch_request *out)
{
    struct vouch_request parsed;
    vouch_err err = take_request(endpoint, request, &parsed);

    if (err == VOUCH_OK) {
        vouch_registry_spend_peer(&endpoint->registry, parsed.context);
        *out = parsed;
    }
    return err;
}

/* RFC 9261, 5: an authenticator always answers a request, from a client above
 * all; there are no spontaneous ones [E06] [E11] */
static vouch_err answer(const vouch_endpoint *endpoint, vouch_bytes octets,
                        const struct vouch_request *request,
                        const vouch_credential *credential, vouch_bytes cmw,
                        vouch_buffer *out)
{
    vouch_err err = vouch_channel_check(endpoint->channel);

    if (err != VOUCH_OK) {
        return err;
    }
    ERR_set_mark();
    err =
        credential != NULL
            ? vouch_authenticator_create(endpoint, octets, request, credential,
                                         cmw, out)
            : vouch_authenticator_create_empty(endpoint, octets, request, out);
    ERR_pop_to_mark();
    return err;
}

/* NULL for the credential refuses. */
static vouch_err answer_and_spend(vouch_endpoint *endpoint, vouch_bytes octets,
                                  const vouch_credential *credential,
                                  vouch_bytes cmw, vouch_buffer *out)
{
    struct vouch_request request;
    vouch_err err = take_request(endpoint, octets, &request);

    if (err == VOUCH_OK) {
        err = answer(endpoint, octets, &request, credential, cmw, out);
    }
    if (err == VOUCH_OK) {
        vouch_registry_spend_peer(&endpoint->registry, request.context);
    }
    return err;
}

static vouch_err answer_received(const vouch_endpoint *endpoint,
                                 vouch_bytes octets,
                                 const vouch_credential *credential,
                                 vouch_bytes cmw, vouch_buffer *out)
{
    struct vouch_request request;
    vouch_err err = parse_from(endpoint->peer, octets, &request);

    if (err != VOUCH_OK) {
        return err;
    }
    return vouch_registry_was_received(&endpoint->registry, request.context)
               ? answer(endpoint, octets, &request, credential, cmw, out)
               : VOUCH_E_STATE;
}

/* expat-04, 5.1 and 5.2: over the key of the certificate that will be sent
 * [X24] [X27] */
static vouch_err compute_binding(const vouch_channel *channel, vouch_bytes spki,
                                 vouch_bytes context, vouch_binding *out)
{
    vouch_binding binding;
    vouch_err err = vouch_binder(channel, spki, context, &binding.binder);

    if (err == VOUCH_OK) {
        err = vouch_aik_pub_hash(vouch_channel_hash(channel), spki,
                                 &binding.aik_pub_hash);
    }
    if (err == VOUCH_OK) {
        *out = binding;
    }
    return err;
}

vouch_err vouch_endpoint_binding(const vouch_endpoint *endpoint,
                                 vouch_bytes request,
                                 const vouch_credential *credential,
                                 vouch_binding *out)
{
    struct vouch_request parsed;
    vouch_err err = take_request(endpoint, request, &parsed);

    if (err == VOUCH_OK) {
        err = vouch_channel_check(endpoint->channel);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    /* expat-04, 3.1: an answer has no extension that was not offered [X08] */
    return parsed.attestation
               ? compute_binding(endpoint->channel,
                                 vouch_credential_spki(credential),
                                 parsed.context, out)
               : VOUCH_E_UNSUPPORTED_EXTENSION;
}

/* expat-04, 4.3: attestation goes in with the certificate [X20] */
vouch_err vouch_endpoint_authenticate(vouch_endpoint *endpoint,
                                      vouch_bytes request,
                                      const vouch_credential *credential,
                                      vouch_bytes cmw, vouch_buffer *out)
{
    return answer_and_spend(endpoint, request, credential, cmw, out);
}

vouch_err vouch_endpoint_refuse(vouch_endpoint *endpoint, vouch_bytes request,
                                vouch_buffer *out)
{
    return answer_and_spend(endpoint, request, NULL, (vouch_bytes){NULL, 0},
                            out);
}

vouch_err vouch_endpoint_authenticate_received(
    vouch_endpoint *endpoint, vouch_bytes request,
    const vouch_credential *credential, vouch_bytes cmw, vouch_buffer *out)
{
    return answer_received(endpoint, request, credential, cmw, out);
}

vouch_err vouch_endpoint_refuse_received(vouch_endpoint *endpoint,
                                         vouch_bytes request, vouch_buffer *out)
{
    return answer_received(endpoint, request, NULL, (vouch_bytes){NULL, 0},
                           out);
}

/* What the peer sent was judged: this machine did not fail, and the caller
 * made no mistake. */
static bool is_judgement(vouch_err err)
{
    vouch_err_band band = vouch_err_band_of(err);

    return band == VOUCH_BAND_NONE || band == VOUCH_BAND_PEER ||
           band == VOUCH_BAND_LIMIT;
}

vouch_err vouch_endpoint_validate(vouch_endpoint *endpoint, vouch_bytes request,
                                  vouch_bytes authenticator,
                                  const vouch_trust *trust, vouch_now now,
                                  vouch_identity *out)
{
    struct vouch_request parsed;
    vouch_err err = parse_from(endpoint->role, request, &parsed);

    if (err == VOUCH_OK) {
        err = vouch_registry_check_own(&endpoint->registry, parsed.context);
    }
    if (err == VOUCH_OK) {
        err = vouch_channel_check(endpoint->channel);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    ERR_set_mark();
    err = vouch_authenticator_verify(endpoint, request, &parsed, authenticator,
                                     trust, now.unix_s, out);
    ERR_pop_to_mark();
    if (is_judgement(err)) { /* good or bad, a context serves once */
        vouch_registry_spend_own(&endpoint->registry, parsed.context);
    }
    return err;
}
