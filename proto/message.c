/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/message.h"

#include <string.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/context.h"
#include "proto/media_type.h"
#include "proto/message_schema.h"
#include "proto/reader.h"

static const void *member(const void *message, const struct vouch_field *field)
{
    return (const uint8_t *)message + field->member;
}

static bool has_length(const struct vouch_field *field, size_t len)
{
    return len >= field->min && len <= field->max;
}

/* Decoding */

static vouch_err read_uint(CBS *in, uint64_t *out)
{
    return vouch_cbor_read_uint(in, out) ? VOUCH_OK : VOUCH_E_CBOR;
}

static vouch_err read_bytes(CBS *in, const struct vouch_field *field,
                            vouch_bytes *out)
{
    return vouch_cbor_read_bytes(in, out) && has_length(field, out->len)
               ? VOUCH_OK
               : VOUCH_E_CBOR;
}

static vouch_err read_formats(CBS *in, const struct vouch_field *field,
                              struct vouch_formats *out)
{
    uint64_t num;

    if (!vouch_cbor_read_array(in, &num) || num < field->min) {
        return VOUCH_E_CBOR;
    }
    if (num > field->max) {
        return VOUCH_E_TOO_MANY;
    }
    out->num = (size_t)num;
    for (size_t i = 0; i < out->num; i++) {
        if (!vouch_cbor_read_text(in, &out->format[i]) ||
            !vouch_is_media_type(out->format[i])) {
            return VOUCH_E_CBOR;
        }
    }
    return VOUCH_OK;
}

/* The flag says it already; `false` is no way to say that it is not so. */
static vouch_err read_true(CBS *in)
{
    bool value;

    return vouch_cbor_read_bool(in, &value) && value ? VOUCH_OK : VOUCH_E_CBOR;
}

static vouch_err read_field(CBS *in, const struct vouch_field *field,
                            void *message)
{
    void *value = (uint8_t *)message + field->member;

    if (field->flag != VOUCH_FIELD_NO_FLAG) {
        *(bool *)((uint8_t *)message + field->flag) = true;
    }
    switch (field->type) {
    case VOUCH_FIELD_UINT:
        return read_uint(in, value);
    case VOUCH_FIELD_BYTES:
        return read_bytes(in, field, value);
    case VOUCH_FIELD_TRUE:
        return read_true(in);
    case VOUCH_FIELD_FORMATS:
    default:
        return read_formats(in, field, value);
    }
}

static const struct vouch_field *find(const struct vouch_schema *schema,
                                      uint64_t key)
{
    for (size_t i = 0; i < schema->num; i++) {
        if (schema->fields[i].key == key) {
            return &schema->fields[i];
        }
    }
    return NULL;
}

/* Keys that are no unsigned integers are unknown too. */
static vouch_err read_pair(CBS *in, const struct vouch_schema *schema,
                           void *message, uint64_t *seen)
{
    const struct vouch_field *field = NULL;
    enum vouch_cbor_type type;
    vouch_bytes skipped;
    uint64_t key;

    if (vouch_cbor_peek(in, &type) && type == VOUCH_CBOR_UINT) {
        field = vouch_cbor_read_uint(in, &key) ? find(schema, key) : NULL;
    } else if (!vouch_cbor_read_item(in, &skipped)) {
        return VOUCH_E_CBOR;
    }
    if (field == NULL) {
        return vouch_cbor_read_item(in, &skipped) ? VOUCH_OK : VOUCH_E_CBOR;
    }
    *seen |= UINT64_C(1) << (field - schema->fields);
    return read_field(in, field, message);
}

static bool has_required(const struct vouch_schema *schema, uint64_t seen)
{
    for (size_t i = 0; i < schema->num; i++) {
        if (schema->fields[i].required && (seen >> i & 1) == 0) {
            return false;
        }
    }
    return true;
}

/* `message` is zero. */
static vouch_err decode(vouch_bytes octets, const struct vouch_schema *schema,
                        void *message)
{
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_DETERMINISTIC);
    CBS in = vouch_reader(octets);
    uint64_t pairs, seen = 0;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_map(&in, &pairs)) {
        return VOUCH_E_CBOR;
    }
    for (; pairs != 0 && err == VOUCH_OK; pairs--) {
        err = read_pair(&in, schema, message, &seen);
    }
    if (err == VOUCH_OK && !has_required(schema, seen)) {
        err = VOUCH_E_CBOR;
    }
    return err;
}

/* Encoding */

static bool is_present(const struct vouch_field *field, const void *message)
{
    const vouch_bytes *octets = member(message, field);

    if (field->flag != VOUCH_FIELD_NO_FLAG) {
        return *(const bool *)((const uint8_t *)message + field->flag);
    }
    return field->required || octets->len != 0;
}

static vouch_err write_formats(CBB *out, const struct vouch_field *field,
                               const struct vouch_formats *formats)
{
    bool ok;

    if (!has_length(field, formats->num)) {
        return VOUCH_E_ARGUMENT;
    }
    ok = vouch_cbor_write_array(out, formats->num);
    for (size_t i = 0; ok && i < formats->num; i++) {
        if (!vouch_is_media_type(formats->format[i])) {
            return VOUCH_E_ARGUMENT;
        }
        ok = vouch_cbor_write_text(out, formats->format[i]);
    }
    return ok ? VOUCH_OK : VOUCH_E_NOMEM;
}

static vouch_err write_bytes(CBB *out, const struct vouch_field *field,
                             const vouch_bytes *octets)
{
    if (!has_length(field, octets->len)) {
        return VOUCH_E_ARGUMENT;
    }
    return vouch_cbor_write_bytes(out, *octets) ? VOUCH_OK : VOUCH_E_NOMEM;
}

static vouch_err write_uint(CBB *out, const uint64_t *number)
{
    return vouch_cbor_write_uint(out, *number) ? VOUCH_OK : VOUCH_E_NOMEM;
}

static vouch_err write_field(CBB *out, const struct vouch_field *field,
                             const void *message)
{
    const void *value = member(message, field);

    if (!vouch_cbor_write_uint(out, field->key)) {
        return VOUCH_E_NOMEM;
    }
    switch (field->type) {
    case VOUCH_FIELD_UINT:
        return write_uint(out, value);
    case VOUCH_FIELD_BYTES:
        return write_bytes(out, field, value);
    case VOUCH_FIELD_TRUE:
        return vouch_cbor_write_bool(out, true) ? VOUCH_OK : VOUCH_E_NOMEM;
    case VOUCH_FIELD_FORMATS:
    default:
        return write_formats(out, field, value);
    }
}

static vouch_err encode(CBB *out, const struct vouch_schema *schema,
                        const void *message)
{
    vouch_err err;
    size_t pairs = 0;

    for (size_t i = 0; i < schema->num; i++) {
        pairs += is_present(&schema->fields[i], message);
    }
    err = vouch_cbor_write_map(out, pairs) ? VOUCH_OK : VOUCH_E_NOMEM;
    for (size_t i = 0; err == VOUCH_OK && i < schema->num; i++) {
        if (is_present(&schema->fields[i], message)) {
            err = write_field(out, &schema->fields[i], message);
        }
    }
    return err;
}

/* What a map says must hold together, too. */

static bool is_capabilities(const void *message)
{
    const struct vouch_capabilities *m = message;

    return m->version == VOUCH_PROTOCOL_VERSION;
}

/* proto/README.md, 4: counters are from 1, so that no exchange has counter 0.
 */
static bool is_id(uint64_t id)
{
    return (id & VOUCH_ID_COUNTER) != 0;
}

static bool is_request(const void *message)
{
    return is_id(((const struct vouch_request_message *)message)->id);
}

static bool is_authenticator(const void *message)
{
    return is_id(((const struct vouch_authenticator_message *)message)->id);
}

static bool is_outcome(const void *message)
{
    const struct vouch_outcome_message *m = message;

    return is_id(m->id) && m->verdict <= VOUCH_INDETERMINATE &&
           m->has_hold == (m->verdict == VOUCH_ACCEPTED);
}

/* proto/README.md, 3: greater than any before, and than 0 */
static bool is_posture(const void *message)
{
    return ((const struct vouch_posture_message *)message)->epoch != 0;
}

static bool is_command(const void *message)
{
    return is_id(((const struct vouch_command_message *)message)->id);
}

static bool is_reply(const void *message)
{
    return is_id(((const struct vouch_reply_message *)message)->id);
}

static bool is_anything(const void *message)
{
    (void)message;
    return true;
}

#define CODEC(name, schema, is_sound)                                         \
    vouch_err vouch_##name##_decode(vouch_bytes in, struct vouch_##name *out) \
    {                                                                         \
        struct vouch_##name message = {0};                                    \
        vouch_err err = decode(in, &(schema), &message);                      \
                                                                              \
        if (err == VOUCH_OK && !is_sound(&message)) {                         \
            err = VOUCH_E_ILLEGAL;                                            \
        }                                                                     \
        if (err == VOUCH_OK) {                                                \
            *out = message;                                                   \
        }                                                                     \
        return err;                                                           \
    }                                                                         \
                                                                              \
    vouch_err vouch_##name##_encode(CBB *out, const struct vouch_##name *in)  \
    {                                                                         \
        return is_sound(in) ? encode(out, &(schema), in) : VOUCH_E_ARGUMENT;  \
    }

CODEC(capabilities, vouch_capabilities_schema, is_capabilities)
CODEC(request_message, vouch_request_schema, is_request)
CODEC(authenticator_message, vouch_authenticator_schema, is_authenticator)
CODEC(outcome_message, vouch_outcome_schema, is_outcome)
CODEC(posture_message, vouch_posture_schema, is_posture)
CODEC(command_message, vouch_command_schema, is_command)
CODEC(reply_message, vouch_reply_schema, is_reply)
CODEC(close_message, vouch_close_schema, is_anything)
