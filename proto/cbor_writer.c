/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor_writer.h"

#include <cbor.h>

#include "proto/writer.h"

/* An initial octet and an argument of eight. */
enum { HEAD_MAX = 9 };

bool vouch_cbor_write_uint(CBB *out, uint64_t value)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head, cbor_encode_uint(value, head, sizeof head));
}

bool vouch_cbor_write_int(CBB *out, int64_t value)
{
    uint8_t head[HEAD_MAX];

    if (value >= 0) {
        return vouch_cbor_write_uint(out, (uint64_t)value);
    }
    return CBB_add_bytes(
        out, head,
        cbor_encode_negint((uint64_t)(-1 - value), head, sizeof head));
}

bool vouch_cbor_write_bytes_head(CBB *out, size_t len)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head,
                         cbor_encode_bytestring_start(len, head, sizeof head));
}

bool vouch_cbor_write_bytes(CBB *out, vouch_bytes octets)
{
    return vouch_cbor_write_bytes_head(out, octets.len) &&
           vouch_write_octets(out, octets);
}

bool vouch_cbor_write_text(CBB *out, vouch_bytes text)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(
               out, head,
               cbor_encode_string_start(text.len, head, sizeof head)) &&
           vouch_write_octets(out, text);
}

bool vouch_cbor_write_tag(CBB *out, uint64_t tag)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head, cbor_encode_tag(tag, head, sizeof head));
}

bool vouch_cbor_write_bool(CBB *out, bool value)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head, cbor_encode_bool(value, head, sizeof head));
}

bool vouch_cbor_write_array(CBB *out, size_t items)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head,
                         cbor_encode_array_start(items, head, sizeof head));
}

bool vouch_cbor_write_map(CBB *out, size_t pairs)
{
    uint8_t head[HEAD_MAX];

    return CBB_add_bytes(out, head,
                         cbor_encode_map_start(pairs, head, sizeof head));
}
