/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base64url.h"

#include <string.h>

size_t vouch_base64url_length(size_t len)
{
    return len / 4 * 3 + len % 4 * 3 / 4;
}

size_t vouch_base64url_text_length(size_t len)
{
    return len / 3 * 4 + (len % 3 * 4 + 2) / 3;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789-_";

static bool read_digit(uint8_t c, uint32_t *out)
{
    const char *found = memchr(alphabet, c, sizeof alphabet - 1);

    if (found == NULL) {
        return false;
    }
    *out = (uint32_t)(found - alphabet);
    return true;
}

bool vouch_base64url_decode(vouch_bytes text, uint8_t *out)
{
    uint32_t bits = 0; /* that are not written yet, `num` of them */
    unsigned num = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint32_t digit;

        if (!read_digit(text.data[i], &digit)) {
            return false;
        }
        bits = bits << 6 | digit;
        num += 6;
        if (num >= 8) {
            num -= 8;
            *out++ = (uint8_t)(bits >> num);
            bits &= (1U << num) - 1;
        }
    }
    /* RFC 4648, 3.5: a whole character too many, or bits that are not zero */
    return num < 6 && bits == 0;
}

void vouch_base64url_encode(vouch_bytes octets, uint8_t *out)
{
    uint32_t bits = 0; /* that are not written yet, `num` of them */
    unsigned num = 0;

    for (size_t i = 0; i < octets.len; i++) {
        bits = bits << 8 | octets.data[i];
        for (num += 8; num >= 6; num -= 6) {
            *out++ = (uint8_t)alphabet[bits >> (num - 6) & 63];
        }
        bits &= (1U << num) - 1;
    }
    if (num != 0) {
        *out = (uint8_t)alphabet[bits << (6 - num)];
    }
}
