/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/limits.h>

#include "proto/extension.h"
#include "proto/handshake.h"

enum { /* RFC 8446, B.4: HMAC of SHA-256 or SHA-384 */
       VERIFY_DATA_SHA256 = 32,
       VERIFY_DATA_SHA384 = 48,
};

/* A handshake message, without and with its header. */
struct message {
    uint8_t type;
    CBS body;
    vouch_bytes whole;
};

static bool read_message(CBS *in, struct message *out)
{
    size_t len;

    out->whole = vouch_rest(in);
    len = out->whole.len;
    if (!vouch_read_u8(in, &out->type) ||
        !vouch_read_vector24(in, 0, 0xffffff, &out->body)) {
        return false;
    }
    out->whole.len = len - CBS_len(in);
    return true;
}

/* Certificate */

/* Where an extension may stand in a certificate entry. */
enum placement {
    ANYWHERE,
    FIRST_ENTRY,
    NOWHERE,
};

static enum placement placement_of(uint16_t type)
{
    switch (type) {
    case VOUCH_EXT_CMW_ATTESTATION:
        return FIRST_ENTRY; /* expat-04, 3 [X01] [X02] */
    case VOUCH_EXT_SERVER_NAME:
    case VOUCH_EXT_SIGNATURE_ALGORITHMS:
    case VOUCH_EXT_SIGNATURE_ALGORITHMS_CERT:
    case VOUCH_EXT_CERTIFICATE_AUTHORITIES:
        return NOWHERE; /* RFC 8446, 4.2: not for Certificate */
    default:
        return ANYWHERE;
    }
}

static vouch_err check_extension(uint16_t type, bool is_first,
                                 const struct vouch_request *request)
{
    enum placement placement = placement_of(type);

    /* RFC 9261, 5.2.1: only extensions that the request has [E14]; expat-04,
     * 3.1: cmw_attestation is one of them [X08] */
    if (request != NULL && !vouch_request_offers(request, type)) {
        return VOUCH_E_UNSUPPORTED_EXTENSION;
    }
    return placement == ANYWHERE || (placement == FIRST_ENTRY && is_first)
               ? VOUCH_OK
               : VOUCH_E_EXTENSION_PLACEMENT;
}

/* expat-04, 3: opaque cmw_data<1..2^16-1>, and nothing else [X03] */
static vouch_err read_cmw(CBS *body, vouch_bytes *out)
{
    CBS cmw;

    if (!vouch_read_vector16(body, 1, VOUCH_LIMIT_CMW, &cmw) ||
        !vouch_read_end(body)) {
        return VOUCH_E_EXTENSION_FORMAT;
    }
    *out = vouch_rest(&cmw);
    return VOUCH_OK;
}

/* `cmw` stays as it is where the entry has none. */
static vouch_err read_entry_extensions(const CBS *octets, bool is_first,
                                       const struct vouch_request *request,
                                       vouch_bytes *cmw)
{
    struct vouch_extension_block block;
    struct vouch_extension extension;

    vouch_extension_start(&block, octets);
    while (!vouch_read_end(&block.rest)) {
        vouch_err err = vouch_extension_next(&block, &extension);

        if (err == VOUCH_OK) {
            err = check_extension(extension.type, is_first, request);
        }
        if (err == VOUCH_OK && extension.type == VOUCH_EXT_CMW_ATTESTATION) {
            err = read_cmw(&extension.body, cmw);
        }
        if (err != VOUCH_OK) {
            return err;
        }
    }
    return VOUCH_OK;
}

/* RFC 8446, 4.4.2: CertificateEntry of an X.509 certificate [E13]:
 *     opaque cert_data<1..2^24-1>;
 *     Extension extensions<0..2^16-1>; */
static bool cut_entry(CBS *list, CBS *certificate, CBS *extensions)
{
    return vouch_read_vector24(list, 1, 0xffffff, certificate) &&
           vouch_read_vector16(list, 0, 0xffff, extensions);
}

static vouch_err read_entries(CBS list, const struct vouch_request *request,
                              struct vouch_authenticator_parts *parts)
{
    CBS certificate, extensions;

    for (size_t i = 0; !vouch_read_end(&list); i++) {
        vouch_err err;

        if (i == VOUCH_LIMIT_CHAIN) {
            return VOUCH_E_TOO_MANY;
        }
        if (!cut_entry(&list, &certificate, &extensions)) {
            return VOUCH_E_DECODE;
        }
        if (CBS_len(&certificate) > VOUCH_LIMIT_CERTIFICATE) {
            return VOUCH_E_TOO_LARGE;
        }
        if (i == 0) {
            parts->leaf = vouch_rest(&certificate);
        }
        err = read_entry_extensions(&extensions, i == 0, request, &parts->cmw);
        if (err != VOUCH_OK) {
            return err;
        }
    }
    return VOUCH_OK;
}

/* RFC 8446, 4.4.2:
 *     opaque certificate_request_context<0..2^8-1>;
 *     CertificateEntry certificate_list<0..2^24-1>;
 * RFC 9261, 6: a list of none is never sent [E21] */
static vouch_err read_certificate(const struct message *message,
                                  const struct vouch_request *request,
                                  struct vouch_authenticator_parts *parts)
{
    CBS body = message->body, context, list;

    if (message->type != VOUCH_HS_CERTIFICATE ||
        !vouch_read_vector8(&body, 0, 0xff, &context) ||
        !vouch_read_vector24(&body, 1, 0xffffff, &list) ||
        !vouch_read_end(&body)) {
        return VOUCH_E_DECODE;
    }
    if (CBS_len(&list) > VOUCH_LIMIT_CERTIFICATE_LIST) {
        return VOUCH_E_TOO_LARGE;
    }
    parts->certificate_msg = message->whole;
    parts->context = vouch_rest(&context);
    parts->certificate_list = vouch_rest(&list);
    return read_entries(list, request, parts);
}

bool vouch_entry_next(vouch_bytes *list, vouch_bytes *certificate)
{
    CBS rest = vouch_reader(*list), data, extensions;

    if (!cut_entry(&rest, &data, &extensions)) {
        return false;
    }
    *certificate = vouch_rest(&data);
    *list = vouch_rest(&rest);
    return true;
}

/* CertificateVerify and Finished */

/* RFC 8446, 4.4.3:
 *     SignatureScheme algorithm;
 *     opaque signature<0..2^16-1>; */
static vouch_err read_certificate_verify(
    const struct message *message, struct vouch_authenticator_parts *parts)
{
    CBS body = message->body, signature;

    if (message->type != VOUCH_HS_CERTIFICATE_VERIFY ||
        !vouch_read_u16(&body, &parts->scheme) ||
        !vouch_read_vector16(&body, 0, 0xffff, &signature) ||
        !vouch_read_end(&body)) {
        return VOUCH_E_DECODE;
    }
    if (CBS_len(&signature) > VOUCH_LIMIT_SIGNATURE) {
        return VOUCH_E_TOO_LARGE;
    }
    parts->certificate_verify_msg = message->whole;
    parts->signature = vouch_rest(&signature);
    return VOUCH_OK;
}

/* RFC 8446, 4.4.4: opaque verify_data[Hash.length] */
static vouch_err read_finished(const struct message *message,
                               struct vouch_authenticator_parts *parts)
{
    size_t len = CBS_len(&message->body);

    if (message->type != VOUCH_HS_FINISHED ||
        (len != VERIFY_DATA_SHA256 && len != VERIFY_DATA_SHA384)) {
        return VOUCH_E_DECODE;
    }
    parts->verify_data = vouch_rest(&message->body);
    return VOUCH_OK;
}

/* RFC 9261, 5.2: Certificate, CertificateVerify and Finished, in this order */
static vouch_err read_full(CBS *in, const struct message *certificate,
                           const struct vouch_request *request,
                           struct vouch_authenticator_parts *parts)
{
    struct message verify, finished;
    vouch_err err;

    if (!read_message(in, &verify) || !read_message(in, &finished) ||
        !vouch_read_end(in)) {
        return VOUCH_E_DECODE;
    }
    err = read_certificate(certificate, request, parts);
    if (err == VOUCH_OK) {
        err = read_certificate_verify(&verify, parts);
    }
    return err == VOUCH_OK ? read_finished(&finished, parts) : err;
}

vouch_err vouch_authenticator_parse(vouch_bytes message,
                                    const struct vouch_request *request,
                                    struct vouch_authenticator_parts *out)
{
    struct vouch_authenticator_parts parts = {0};
    CBS in = vouch_reader(message);
    struct message first;
    vouch_err err;

    if (message.len > VOUCH_LIMIT_AUTHENTICATOR) {
        return VOUCH_E_TOO_LARGE;
    }
    if (!read_message(&in, &first)) {
        return VOUCH_E_DECODE;
    }
    /* RFC 9261, 6: the empty authenticator is Finished alone [E21] */
    parts.empty = vouch_read_end(&in);
    err = parts.empty ? read_finished(&first, &parts)
                      : read_full(&in, &first, request, &parts);
    if (err == VOUCH_OK) {
        *out = parts;
    }
    return err;
}
