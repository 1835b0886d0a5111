/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/utf8.h"

#include "proto/reader.h"

/* RFC 3629, 4: how many octets follow the first, and between what bounds the
 * second lies; all others lie between 80 and bf. */
static const struct {
    uint8_t first, last;
    uint8_t following;
    uint8_t low, high;
} utf8[] = {
    {0x00, 0x7f, 0, 0x80, 0xbf}, {0xc2, 0xdf, 1, 0x80, 0xbf},
    {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf},
    {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static bool read_utf8_character(CBS *in)
{
    uint8_t octet;
    size_t row = 0;

    if (!vouch_read_u8(in, &octet)) {
        return false;
    }
    while (octet < utf8[row].first || octet > utf8[row].last) {
        if (++row == sizeof utf8 / sizeof utf8[0]) {
            return false;
        }
    }
    for (unsigned i = 0; i < utf8[row].following; i++) {
        if (!vouch_read_u8(in, &octet) ||
            octet < (i == 0 ? utf8[row].low : 0x80) ||
            octet > (i == 0 ? utf8[row].high : 0xbf)) {
            return false;
        }
    }
    return true;
}

bool vouch_is_utf8(vouch_bytes text)
{
    CBS in = vouch_reader(text);

    while (!vouch_read_end(&in)) {
        if (!read_utf8_character(&in)) {
            return false;
        }
    }
    return true;
}
