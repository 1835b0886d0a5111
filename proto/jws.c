/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/jws.h"

#include <string.h>

#include <vouch/limits.h>

#include "proto/base64url.h"
#include "proto/json.h"
#include "proto/memory.h"
#include "proto/writer.h"

static const char algorithm[] = "ES256";

/* BASE64URL(header) || '.' || BASE64URL(payload) || '.' ||
 * BASE64URL(signature) */
struct parts {
    vouch_bytes header, payload, signature;
};

static bool take_part(vouch_bytes *text, vouch_bytes *part)
{
    const uint8_t *dot =
        text->len == 0 ? NULL : memchr(text->data, '.', text->len);

    if (dot == NULL) {
        return false;
    }
    *part = (vouch_bytes){text->data, (size_t)(dot - text->data)};
    *text = (vouch_bytes){dot + 1, text->len - part->len - 1};
    return true;
}

/* A third dot is no character of base64url. */
static bool split(vouch_bytes text, struct parts *out)
{
    if (!take_part(&text, &out->header) || !take_part(&text, &out->payload)) {
        return false;
    }
    out->signature = text;
    return true;
}

static bool decode_part(vouch_bytes part, uint8_t **to, vouch_bytes *out)
{
    uint8_t *octets = *to;

    *out = (vouch_bytes){octets, vouch_base64url_length(part.len)};
    *to += out->len;
    return vouch_base64url_decode(part, octets);
}

static vouch_err read_algorithm(const json_t *header)
{
    const json_t *alg = json_object_get(header, "alg");

    /* RFC 8725, 3.1: the one that is expected here, never what the message
     * would like: not "none", no MAC */
    return json_is_string(alg) && vouch_bytes_equal(vouch_json_text(alg),
                                                    vouch_text(algorithm))
               ? VOUCH_OK
               : VOUCH_E_COSE_ALGORITHM;
}

/* The text is no longer than the header that it stands in, whose place it
 * takes. */
static vouch_err read_key_id(const json_t *header, uint8_t *place,
                             vouch_bytes *out)
{
    const json_t *kid = json_object_get(header, "kid");
    vouch_bytes text;

    if (kid == NULL) {
        return VOUCH_OK;
    }
    if (!json_is_string(kid)) {
        return VOUCH_E_DECODE;
    }
    text = vouch_json_text(kid);
    memcpy(place, text.data, text.len);
    *out = (vouch_bytes){place, text.len};
    return VOUCH_OK;
}

static vouch_err read_parameters(const json_t *header, uint8_t *place,
                                 vouch_bytes *key_id)
{
    vouch_err err;

    if (!json_is_object(header)) {
        return VOUCH_E_DECODE;
    }
    /* RFC 7515, 4.1.11: vouch understands no extension that could be critical;
     * jwk, jku, x5c and x5u are known, and lend no trust */
    if (json_object_get(header, "crit") != NULL) {
        return VOUCH_E_ILLEGAL;
    }
    err = read_algorithm(header);
    return err == VOUCH_OK ? read_key_id(header, place, key_id) : err;
}

static vouch_err read_header(vouch_bytes header, uint8_t *place,
                             vouch_bytes *key_id)
{
    json_t *root;
    vouch_err err = vouch_json_load(header, &root);

    if (err == VOUCH_OK) {
        err = read_parameters(root, place, key_id);
        json_decref(root);
    }
    return err;
}

static vouch_err decode(const struct parts *parts, struct vouch_jws *out)
{
    uint8_t *place = out->memory.data, *to = place;
    vouch_bytes header;

    return decode_part(parts->header, &to, &header) &&
                   decode_part(parts->payload, &to, &out->payload) &&
                   decode_part(parts->signature, &to, &out->signature)
               ? read_header(header, place, &out->key_id)
               : VOUCH_E_DECODE;
}

vouch_err vouch_jws_decode(vouch_bytes text, struct vouch_jws *out)
{
    struct vouch_jws jws = {.memory = {NULL, text.len}};
    struct parts parts;
    vouch_err err;

    if (text.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    if (!split(text, &parts)) {
        return VOUCH_E_DECODE;
    }
    jws.memory.data = vouch_alloc_raw(text.len);
    if (jws.memory.data == NULL) {
        return VOUCH_E_NOMEM;
    }
    jws.signing_input =
        (vouch_bytes){text.data, text.len - parts.signature.len - 1};
    err = decode(&parts, &jws);
    if (err != VOUCH_OK) {
        vouch_buffer_free(&jws.memory);
        return err;
    }
    *out = jws;
    return VOUCH_OK;
}

static bool write_base64url(CBB *out, vouch_bytes octets)
{
    uint8_t *text;

    if (!CBB_add_space(out, &text, vouch_base64url_text_length(octets.len))) {
        return false;
    }
    vouch_base64url_encode(octets, text);
    return true;
}

static bool write_header(CBB *out, vouch_bytes key_id)
{
    return vouch_write_octets(out, vouch_text("{\"alg\":\"")) &&
           vouch_write_octets(out, vouch_text(algorithm)) &&
           vouch_write_octets(out, vouch_text("\",\"kid\":\"")) &&
           write_base64url(out, key_id) &&
           vouch_write_octets(out, vouch_text("\"}"));
}

vouch_err vouch_jws_begin(CBB *out, vouch_bytes key_id, vouch_bytes payload)
{
    CBB header;
    bool ok;

    CBB_zero(&header);
    ok = CBB_init(&header, 128) && write_header(&header, key_id) &&
         write_base64url(out,
                         (vouch_bytes){CBB_data(&header), CBB_len(&header)}) &&
         CBB_add_u8(out, '.') && write_base64url(out, payload);
    CBB_cleanup(&header);
    return ok ? VOUCH_OK : VOUCH_E_NOMEM;
}

vouch_err vouch_jws_end(CBB *out, vouch_bytes signature)
{
    return CBB_add_u8(out, '.') && write_base64url(out, signature)
               ? VOUCH_OK
               : VOUCH_E_NOMEM;
}
