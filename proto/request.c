/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/limits.h>
#include <vouch/scheme.h>

#include "proto/extension.h"
#include "proto/handshake.h"
#include "proto/writer.h"

enum {
    HOST_NAME = 0,           /* RFC 6066, 3: NameType */
    HOST_NAME_MAX_LEN = 255, /* RFC 1035, 2.3.4 */
};

static const uint16_t own_schemes[] = {
    VOUCH_ECDSA_SECP256R1_SHA256,
    VOUCH_ECDSA_SECP384R1_SHA384,
    VOUCH_RSA_PSS_RSAE_SHA256,
    VOUCH_ED25519,
};

/* RFC 9261, 4: a client sends ClientCertificateRequest, a server
 * CertificateRequest [E04] */
uint8_t vouch_request_type(vouch_role role)
{
    return role == VOUCH_CLIENT ? VOUCH_HS_CLIENT_CERTIFICATE_REQUEST
                                : VOUCH_HS_CERTIFICATE_REQUEST;
}

/* RFC 8446, 4.2.3: SignatureScheme supported_signature_algorithms<2..2^16-2> */
static bool read_schemes(CBS *body, CBS *schemes)
{
    return vouch_read_vector16(body, 2, 0xfffe, schemes) &&
           CBS_len(schemes) % 2 == 0 && vouch_read_end(body);
}

static bool read_signature_algorithms(CBS *body, struct vouch_request *request)
{
    CBS schemes;

    if (!read_schemes(body, &schemes)) {
        return false;
    }
    request->signature_algorithms = vouch_rest(&schemes);
    return true;
}

static bool check_signature_algorithms_cert(CBS *body,
                                            struct vouch_request *request)
{
    CBS schemes;

    (void)request;
    return read_schemes(body, &schemes);
}

/* expat-04, 3.1: empty in a request [X06] */
static bool read_cmw_attestation(CBS *body, struct vouch_request *request)
{
    request->attestation = true;
    return vouch_read_end(body);
}

/* RFC 9261, 4: server_name only in a ClientCertificateRequest [E03] */
static bool may_name(uint8_t type, const CBS *name)
{
    return type == VOUCH_HS_CLIENT_CERTIFICATE_REQUEST &&
           CBS_len(name) <= HOST_NAME_MAX_LEN && !CBS_contains_zero_byte(name);
}

/* RFC 6066, 3: one name of each type, and host_name is the only type */
static bool read_server_name(CBS *body, struct vouch_request *request)
{
    CBS list, name;
    uint8_t type;

    if (!vouch_read_vector16(body, 1, 0xffff, &list) || !vouch_read_end(body) ||
        !vouch_read_u8(&list, &type) || type != HOST_NAME ||
        !vouch_read_vector16(&list, 1, 0xffff, &name) ||
        !vouch_read_end(&list) || !may_name(request->type, &name)) {
        return false;
    }
    request->server_name = vouch_rest(&name);
    return true;
}

static const struct {
    uint16_t type;
    bool (*read)(CBS *body, struct vouch_request *request);
} readers[] = {
    {VOUCH_EXT_SERVER_NAME, read_server_name},
    {VOUCH_EXT_SIGNATURE_ALGORITHMS, read_signature_algorithms},
    {VOUCH_EXT_SIGNATURE_ALGORITHMS_CERT, check_signature_algorithms_cert},
    {VOUCH_EXT_CMW_ATTESTATION, read_cmw_attestation},
};

static bool read_extension(struct vouch_extension *extension,
                           struct vouch_request *request)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (readers[i].type == extension->type) {
            return readers[i].read(&extension->body, request);
        }
    }
    /* RFC 9261, 5.2.1: what is not recognised is ignored [E15] */
    return true;
}

static vouch_err read_extensions(const CBS *octets,
                                 struct vouch_request *request)
{
    struct vouch_extension_block block;
    struct vouch_extension extension;

    vouch_extension_start(&block, octets);
    while (!vouch_read_end(&block.rest)) {
        vouch_err err = vouch_extension_next(&block, &extension);

        if (err != VOUCH_OK) {
            return err;
        }
        if (!read_extension(&extension, request)) {
            return VOUCH_E_BAD_REQUEST;
        }
    }
    /* RFC 9261, 7.1: signature_algorithms is required [E24] */
    return request->signature_algorithms.len != 0 ? VOUCH_OK
                                                  : VOUCH_E_BAD_REQUEST;
}

static bool is_request_type(uint8_t type)
{
    return type == VOUCH_HS_CERTIFICATE_REQUEST ||
           type == VOUCH_HS_CLIENT_CERTIFICATE_REQUEST;
}

vouch_err vouch_request_parse(vouch_bytes message, struct vouch_request *out)
{
    struct vouch_request request = {0};
    CBS in = vouch_reader(message), body, context, extensions;
    vouch_err err;

    if (message.len > VOUCH_LIMIT_REQUEST) {
        return VOUCH_E_TOO_LARGE;
    }
    /* RFC 9261, 4: one handshake message with type and length, without record
     * layer [E04]:
     *     opaque certificate_request_context<0..2^8-1>;
     *     Extension extensions<2..2^16-1>; */
    if (!vouch_read_u8(&in, &request.type) || !is_request_type(request.type) ||
        !vouch_read_vector24(&in, 0, 0xffffff, &body) || !vouch_read_end(&in) ||
        !vouch_read_vector8(&body, 0, 0xff, &context) ||
        !vouch_read_vector16(&body, 2, 0xffff, &extensions) ||
        !vouch_read_end(&body)) {
        return VOUCH_E_DECODE;
    }
    request.context = vouch_rest(&context);
    request.extensions = vouch_rest(&extensions);
    err = read_extensions(&extensions, &request);
    if (err == VOUCH_OK) {
        *out = request;
    }
    return err;
}

static bool find(const struct vouch_request *request, uint16_t type, CBS *body)
{
    CBS block = vouch_reader(request->extensions);
    struct vouch_extension extension;

    while (vouch_extension_take(&block, &extension)) {
        if (extension.type == type) {
            *body = extension.body;
            return true;
        }
    }
    return false;
}

bool vouch_request_offers(const struct vouch_request *request, uint16_t type)
{
    CBS body;

    return find(request, type, &body);
}

static bool has_scheme(CBS schemes, uint16_t wanted)
{
    uint16_t scheme;

    while (vouch_read_u16(&schemes, &scheme)) {
        if (scheme == wanted) {
            return true;
        }
    }
    return false;
}

/* RFC 9261, 5.2.2: CertificateVerify takes a scheme of signature_algorithms
 * [E17] */
bool vouch_request_offers_scheme(const struct vouch_request *request,
                                 uint16_t scheme)
{
    return has_scheme(vouch_reader(request->signature_algorithms), scheme);
}

/* RFC 9261, 5.2.1: certificates take one of signature_algorithms_cert, if it is
 * there [E12] */
bool vouch_request_offers_certificate_scheme(
    const struct vouch_request *request, uint16_t scheme)
{
    CBS body, schemes;

    if (find(request, VOUCH_EXT_SIGNATURE_ALGORITHMS_CERT, &body)) {
        return read_schemes(&body, &schemes) && has_scheme(schemes, scheme);
    }
    return vouch_request_offers_scheme(request, scheme);
}

static bool write_schemes(CBB *extensions)
{
    CBB body, schemes;
    bool ok = CBB_add_u16(extensions, VOUCH_EXT_SIGNATURE_ALGORITHMS) &&
              CBB_add_u16_length_prefixed(extensions, &body) &&
              CBB_add_u16_length_prefixed(&body, &schemes);

    for (size_t i = 0; i < sizeof own_schemes / sizeof own_schemes[0]; i++) {
        ok = ok && CBB_add_u16(&schemes, own_schemes[i]);
    }
    return ok && CBB_flush(extensions);
}

/* expat-04, 3.1: empty in a request [X06] */
static bool write_cmw_attestation(CBB *extensions)
{
    return CBB_add_u16(extensions, VOUCH_EXT_CMW_ATTESTATION) &&
           CBB_add_u16(extensions, 0);
}

static bool write_server_name(CBB *extensions, vouch_bytes name)
{
    CBB body, list;

    return CBB_add_u16(extensions, VOUCH_EXT_SERVER_NAME) &&
           CBB_add_u16_length_prefixed(extensions, &body) &&
           CBB_add_u16_length_prefixed(&body, &list) &&
           CBB_add_u8(&list, HOST_NAME) && vouch_write_vector16(&list, name) &&
           CBB_flush(extensions);
}

vouch_err vouch_request_encode(CBB *out, uint8_t type, vouch_bytes context,
                               bool attestation, vouch_bytes server_name)
{
    CBB body, extensions;
    CBS name = vouch_reader(server_name);

    if (!is_request_type(type) || context.len > 0xff ||
        (server_name.len != 0 && !may_name(type, &name))) {
        return VOUCH_E_ARGUMENT;
    }
    if (vouch_write_header(out, type, &body) &&
        vouch_write_vector8(&body, context) &&
        CBB_add_u16_length_prefixed(&body, &extensions) &&
        write_schemes(&extensions) &&
        (!attestation || write_cmw_attestation(&extensions)) &&
        (server_name.len == 0 || write_server_name(&extensions, server_name)) &&
        CBB_flush(out)) {
        return VOUCH_OK;
    }
    return VOUCH_E_NOMEM;
}
