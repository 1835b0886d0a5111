/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/octets.h"

#include <stdlib.h>
#include <string.h>

static bool digit(char c, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    if (at != NULL) {
        *out = (uint8_t)((at - digits) % 16);
    }
    return at != NULL;
}

static bool read_digits(const char *text, size_t len, uint8_t *octets)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t high, low;

        if (!digit(text[2 * i], &high) || !digit(text[2 * i + 1], &low)) {
            return false;
        }
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool unhex(const char *text, size_t max, vouch_buffer *out)
{
    size_t len = strlen(text) / 2;
    uint8_t *octets;

    if (strlen(text) % 2 != 0 || len > max) {
        return false;
    }
    octets = malloc(len + 1);
    if (octets == NULL || !read_digits(text, len, octets)) {
        free(octets);
        return false;
    }
    octets[len] = '\0';
    *out = (vouch_buffer){octets, len};
    return true;
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool base64url_encode(vouch_bytes octets, vouch_buffer *out)
{
    size_t len = 0, bits = 0;
    unsigned held = 0;
    char *text = malloc(octets.len / 3 * 4 + 5);

    if (text == NULL) {
        return false;
    }
    for (size_t i = 0; i < octets.len; i++) {
        held = (held << 8 | octets.data[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6) {
            text[len++] = alphabet[held >> (bits - 6) & 0x3f];
        }
    }
    if (bits != 0) {
        text[len++] = alphabet[held << (6 - bits) & 0x3f];
    }
    text[len] = '\0';
    *out = (vouch_buffer){(uint8_t *)text, len};
    return true;
}

/* False when a character is none of the alphabet, or bits are left that are not
 * zeros. */
static bool decode(const char *text, uint8_t *octets, size_t *len)
{
    unsigned held = 0, bits = 0;

    *len = 0;
    for (; *text != '\0'; text++) {
        const char *at = strchr(alphabet, *text);

        if (at == NULL) {
            return false;
        }
        held = (held << 6 | (unsigned)(at - alphabet)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            octets[(*len)++] = (uint8_t)(held >> bits);
        }
    }
    return bits < 6 && (held & ((1U << bits) - 1)) == 0;
}

bool base64url_decode(const char *text, size_t max, vouch_buffer *out)
{
    size_t len = strlen(text) / 4 * 3 + 3;
    uint8_t *octets;

    if (len - 3 > max) {
        return false;
    }
    octets = malloc(len + 1);
    if (octets == NULL || !decode(text, octets, &len) || len > max) {
        free(octets);
        return false;
    }
    octets[len] = '\0';
    *out = (vouch_buffer){octets, len};
    return true;
}
