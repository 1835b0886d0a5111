/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/writer.h"

bool vouch_write_octets(CBB *out, vouch_bytes octets)
{
    return CBB_add_bytes(out, octets.data, octets.len);
}

bool vouch_write_vector8(CBB *out, vouch_bytes octets)
{
    CBB vector;

    return CBB_add_u8_length_prefixed(out, &vector) &&
           vouch_write_octets(&vector, octets) && CBB_flush(out);
}

bool vouch_write_vector16(CBB *out, vouch_bytes octets)
{
    CBB vector;

    return CBB_add_u16_length_prefixed(out, &vector) &&
           vouch_write_octets(&vector, octets) && CBB_flush(out);
}

bool vouch_write_vector24(CBB *out, vouch_bytes octets)
{
    CBB vector;

    return CBB_add_u24_length_prefixed(out, &vector) &&
           vouch_write_octets(&vector, octets) && CBB_flush(out);
}

bool vouch_write_header(CBB *out, uint8_t type, CBB *body)
{
    return CBB_add_u8(out, type) && CBB_add_u24_length_prefixed(out, body);
}
