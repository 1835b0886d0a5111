/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/data.h"

/* Eight octets of the stream at a time, from their number. */
static uint64_t word(uint64_t stream, uint64_t number)
{
    uint64_t x = (stream ^ number) * 0x9e3779b97f4a7c15;

    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
    return x ^ (x >> 32);
}

static uint8_t octet(uint64_t stream, uint64_t position)
{
    return (uint8_t)(word(stream, position / 8) >> (8 * (position % 8)));
}

void data_fill(uint64_t stream, uint64_t position, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = octet(stream, position + i);
    }
}

bool data_is(uint64_t stream, uint64_t position, vouch_bytes octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        if (octets.data[i] != octet(stream, position + i)) {
            return false;
        }
    }
    return true;
}
