/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/capsule.h"

#include "proto/reader.h"

bool vouch_capsule_header_parse(vouch_bytes *in,
                                struct vouch_capsule_header *out)
{
    struct vouch_capsule_header header;
    CBS rest = vouch_reader(*in);

    /* RFC 9297, 3.2: Capsule Type, Capsule Length, Capsule Value */
    if (!vouch_read_varint(&rest, &header.type) ||
        !vouch_read_varint(&rest, &header.length)) {
        return false;
    }
    *in = vouch_rest(&rest);
    *out = header;
    return true;
}

/* RFC 9000, 16: the two high bits say that 1, 2, 4 or 8 octets are used. */
static size_t encode_varint(uint64_t value, uint8_t *out)
{
    static const uint64_t max[] = {0x3f, 0x3fff, 0x3fffffff,
                                   0x3fffffffffffffff};
    unsigned bits = 0;
    size_t len;

    while (bits < sizeof max / sizeof max[0] && value > max[bits]) {
        bits++;
    }
    if (bits == sizeof max / sizeof max[0]) {
        return 0;
    }
    len = (size_t)1 << bits;
    for (size_t i = len; i != 0; i--) {
        out[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    out[0] |= (uint8_t)(bits << 6);
    return len;
}

size_t vouch_capsule_header_encode(uint64_t type, uint64_t length, uint8_t *out)
{
    size_t type_len = encode_varint(type, out);
    size_t length_len = encode_varint(length, &out[type_len]);

    return type_len != 0 && length_len != 0 ? type_len + length_len : 0;
}
