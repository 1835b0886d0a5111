/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/reader.h"

CBS vouch_reader(vouch_bytes octets)
{
    CBS in;

    CBS_init(&in, octets.data, octets.len);
    return in;
}

vouch_bytes vouch_rest(const CBS *in)
{
    return (vouch_bytes){CBS_data(in), CBS_len(in)};
}

bool vouch_read_end(const CBS *in)
{
    return CBS_len(in) == 0;
}

bool vouch_read_u8(CBS *in, uint8_t *out)
{
    return CBS_get_u8(in, out);
}

bool vouch_read_u16(CBS *in, uint16_t *out)
{
    return CBS_get_u16(in, out);
}

bool vouch_read_u64(CBS *in, uint64_t *out)
{
    return CBS_get_u64(in, out);
}

bool vouch_read_octets(CBS *in, size_t len, CBS *out)
{
    return CBS_get_bytes(in, out, len);
}

static bool has_between(const CBS *vector, size_t min, size_t max)
{
    return CBS_len(vector) >= min && CBS_len(vector) <= max;
}

bool vouch_read_vector8(CBS *in, size_t min, size_t max, CBS *out)
{
    return CBS_get_u8_length_prefixed(in, out) && has_between(out, min, max);
}

bool vouch_read_vector16(CBS *in, size_t min, size_t max, CBS *out)
{
    return CBS_get_u16_length_prefixed(in, out) && has_between(out, min, max);
}

bool vouch_read_vector24(CBS *in, size_t min, size_t max, CBS *out)
{
    return CBS_get_u24_length_prefixed(in, out) && has_between(out, min, max);
}

/* RFC 9000, 16: the two high bits of the first octet say how many follow. */
bool vouch_read_varint(CBS *in, uint64_t *out)
{
    uint64_t value;
    uint8_t octet;
    unsigned following;

    if (!vouch_read_u8(in, &octet)) {
        return false;
    }
    following = (1U << (octet >> 6)) - 1;
    value = octet & 0x3f;
    for (; following != 0; following--) {
        if (!vouch_read_u8(in, &octet)) {
            return false;
        }
        value = value << 8 | octet;
    }
    *out = value;
    return true;
}
