/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vectors.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static bool read_hex(const char *text, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool vector_octets(const json_t *vector, const char *name, vouch_buffer *out)
{
    const json_t *member = json_object_get(vector, name);
    size_t digits = json_string_length(member);

    *out = (vouch_buffer){NULL, 0};
    if (member == NULL || json_is_null(member)) {
        return true;
    }
    if (!json_is_string(member) || digits % 2 != 0) {
        return false;
    }
    out->len = digits / 2;
    out->data = malloc(out->len + 1);
    if (out->data == NULL ||
        !read_hex(json_string_value(member), out->len, out->data)) {
        free(out->data);
        *out = (vouch_buffer){NULL, 0};
        return false;
    }
    return true;
}

vouch_bytes vector_bytes(const vouch_buffer *octets)
{
    return (vouch_bytes){octets->data, octets->len};
}

bool vector_has(const json_t *vector, const char *name, vouch_bytes octets)
{
    vouch_buffer wanted;
    bool same;

    if (!vector_octets(vector, name, &wanted)) {
        return false;
    }
    same =
        wanted.len == octets.len &&
        (wanted.len == 0 || memcmp(wanted.data, octets.data, wanted.len) == 0);
    free(wanted.data);
    return same;
}

bool vector_agrees(const struct vector_result *result)
{
    return strcmp(result->expected, result->got) == 0;
}
