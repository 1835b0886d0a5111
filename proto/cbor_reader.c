/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor_reader.h"

#include <cbor.h>

#include "proto/reader.h"

/* libcbor's string and collection lengths: size_t until 0.8. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 9
typedef size_t cbor_length;
#else
typedef uint64_t cbor_length;
#endif

enum { MAJOR_TYPE_TAG = 6 };

static void set(void *head, enum vouch_cbor_type type, uint64_t value)
{
    *(struct vouch_cbor_head *)head =
        (struct vouch_cbor_head){.type = type, .value = value};
}

static void on_uint8(void *head, uint8_t value)
{
    set(head, VOUCH_CBOR_UINT, value);
}

static void on_uint16(void *head, uint16_t value)
{
    set(head, VOUCH_CBOR_UINT, value);
}

static void on_uint32(void *head, uint32_t value)
{
    set(head, VOUCH_CBOR_UINT, value);
}

static void on_uint64(void *head, uint64_t value)
{
    set(head, VOUCH_CBOR_UINT, value);
}

static void on_nint8(void *head, uint8_t value)
{
    set(head, VOUCH_CBOR_NINT, value);
}

static void on_nint16(void *head, uint16_t value)
{
    set(head, VOUCH_CBOR_NINT, value);
}

static void on_nint32(void *head, uint32_t value)
{
    set(head, VOUCH_CBOR_NINT, value);
}

static void on_nint64(void *head, uint64_t value)
{
    set(head, VOUCH_CBOR_NINT, value);
}

static void set_string(void *head, enum vouch_cbor_type type,
                       const uint8_t *octets, cbor_length len)
{
    *(struct vouch_cbor_head *)head = (struct vouch_cbor_head){
        .type = type, .value = len, .string = {octets, (size_t)len}};
}

static void on_bytes(void *head, cbor_data octets, cbor_length len)
{
    set_string(head, VOUCH_CBOR_BYTES, octets, len);
}

static void on_text(void *head, cbor_data octets, cbor_length len)
{
    set_string(head, VOUCH_CBOR_TEXT, octets, len);
}

static void on_array(void *head, cbor_length items)
{
    set(head, VOUCH_CBOR_ARRAY, items);
}

static void on_map(void *head, cbor_length pairs)
{
    set(head, VOUCH_CBOR_MAP, pairs);
}

static void on_double(void *head, double value)
{
    *(struct vouch_cbor_head *)head =
        (struct vouch_cbor_head){.type = VOUCH_CBOR_FLOAT, .number = value};
}

static void on_single(void *head, float value)
{
    on_double(head, (double)value);
}

static void on_bool(void *head, bool value)
{
    set(head, VOUCH_CBOR_BOOL, value);
}

static void on_simple(void *head)
{
    set(head, VOUCH_CBOR_SIMPLE, 0);
}

/* No indefinite length reaches these: is_definite goes before. */
static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_nint8,
    .negint16 = on_nint16,
    .negint32 = on_nint32,
    .negint64 = on_nint64,
    .byte_string = on_bytes,
    .string = on_text,
    .array_start = on_array,
    .map_start = on_map,
    .float2 = on_single,
    .float4 = on_single,
    .float8 = on_double,
    .boolean = on_bool,
    .null = on_simple,
    .undefined = on_simple,
};

/* RFC 8949, 3: the low five bits 28 to 30 are reserved, 31 is an indefinite
 * length or a break. */
static bool is_definite(uint8_t initial)
{
    return (initial & 0x1f) < 28;
}

/* libcbor 0.8 takes most short tags for errors, COSE_Sign1's among them. */
static bool read_tag_head(CBS *in, struct vouch_cbor_head *out)
{
    uint8_t octet;
    uint64_t value;
    unsigned following;

    if (!vouch_read_u8(in, &octet)) {
        return false;
    }
    value = octet & 0x1f;
    if (value >= 24) {
        following = 1U << (value - 24);
        for (value = 0; following != 0; following--) {
            if (!vouch_read_u8(in, &octet)) {
                return false;
            }
            value = value << 8 | octet;
        }
    }
    set(out, VOUCH_CBOR_TAG, value);
    return true;
}

bool vouch_cbor_read_head(CBS *in, struct vouch_cbor_head *out)
{
    struct cbor_decoder_result result;
    CBS taken;

    if (vouch_read_end(in) || !is_definite(CBS_data(in)[0])) {
        return false;
    }
    if (CBS_data(in)[0] >> 5 == MAJOR_TYPE_TAG) {
        return read_tag_head(in, out);
    }
    result = cbor_stream_decode(CBS_data(in), CBS_len(in), &callbacks, out);
    return result.status == CBOR_DECODER_FINISHED &&
           vouch_read_octets(in, result.read, &taken);
}

bool vouch_cbor_peek(const CBS *in, enum vouch_cbor_type *out)
{
    CBS copy = *in;
    struct vouch_cbor_head head;

    if (!vouch_cbor_read_head(&copy, &head)) {
        return false;
    }
    *out = head.type;
    return true;
}

static bool read_of_type(CBS *in, enum vouch_cbor_type type,
                         struct vouch_cbor_head *out)
{
    return vouch_cbor_read_head(in, out) && out->type == type;
}

static bool read_value(CBS *in, enum vouch_cbor_type type, uint64_t *out)
{
    struct vouch_cbor_head head;

    if (!read_of_type(in, type, &head)) {
        return false;
    }
    *out = head.value;
    return true;
}

static bool read_string(CBS *in, enum vouch_cbor_type type, vouch_bytes *out)
{
    struct vouch_cbor_head head;

    if (!read_of_type(in, type, &head)) {
        return false;
    }
    *out = head.string;
    return true;
}

bool vouch_cbor_read_uint(CBS *in, uint64_t *out)
{
    return read_value(in, VOUCH_CBOR_UINT, out);
}

bool vouch_cbor_read_int(CBS *in, int64_t *out)
{
    struct vouch_cbor_head head;

    if (!vouch_cbor_read_head(in, &head) || head.value > INT64_MAX ||
        (head.type != VOUCH_CBOR_UINT && head.type != VOUCH_CBOR_NINT)) {
        return false;
    }
    *out = head.type == VOUCH_CBOR_UINT ? (int64_t)head.value
                                        : -1 - (int64_t)head.value;
    return true;
}

bool vouch_cbor_read_bytes(CBS *in, vouch_bytes *out)
{
    return read_string(in, VOUCH_CBOR_BYTES, out);
}

bool vouch_cbor_read_text(CBS *in, vouch_bytes *out)
{
    return read_string(in, VOUCH_CBOR_TEXT, out);
}

bool vouch_cbor_read_array(CBS *in, uint64_t *items)
{
    return read_value(in, VOUCH_CBOR_ARRAY, items);
}

bool vouch_cbor_read_map(CBS *in, uint64_t *pairs)
{
    return read_value(in, VOUCH_CBOR_MAP, pairs);
}

bool vouch_cbor_read_tag(CBS *in, uint64_t *tag)
{
    return read_value(in, VOUCH_CBOR_TAG, tag);
}

bool vouch_cbor_read_bool(CBS *in, bool *out)
{
    uint64_t value;

    if (!read_value(in, VOUCH_CBOR_BOOL, &value)) {
        return false;
    }
    *out = value != 0;
    return true;
}

/* Every item still due takes an octet at least, so that no count can be more
 * than what is left. */
bool vouch_cbor_read_item(CBS *in, vouch_bytes *out)
{
    const CBS start = *in;
    uint64_t due = 1;

    while (due != 0) {
        struct vouch_cbor_head head;

        if (due > CBS_len(in) || !vouch_cbor_read_head(in, &head)) {
            return false;
        }
        due--;
        if (head.type == VOUCH_CBOR_TAG) {
            due++;
        } else if (head.type == VOUCH_CBOR_ARRAY ||
                   head.type == VOUCH_CBOR_MAP) {
            if (head.value > CBS_len(in)) {
                return false;
            }
            due += head.type == VOUCH_CBOR_MAP ? 2 * head.value : head.value;
        }
    }
    *out = (vouch_bytes){CBS_data(&start), CBS_len(&start) - CBS_len(in)};
    return true;
}
