/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/version.h"

#include <string.h>

/* A number of any length: its digits without zeros before them. */
static bool read_part(vouch_bytes *text, vouch_bytes *out)
{
    size_t len = 0, zeros = 0;

    while (len < text->len && text->data[len] >= '0' &&
           text->data[len] <= '9') {
        zeros += zeros == len && text->data[len] == '0';
        len++;
    }
    *out = (vouch_bytes){text->data + zeros, len - zeros};
    text->data += len;
    text->len -= len;
    return len != 0;
}

/* The next part, behind a dot if it is not the first; at the end there are only
 * zeros. False when the text goes on in another way. */
static bool next_part(vouch_bytes *text, bool first, vouch_bytes *out)
{
    *out = (vouch_bytes){NULL, 0};
    if (text->len == 0 && !first) {
        return true;
    }
    if (!first) {
        if (text->data[0] != '.') {
            return false;
        }
        text->data++;
        text->len--;
    }
    return read_part(text, out);
}

static int compare(vouch_bytes a, vouch_bytes b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len != 0 ? memcmp(a.data, b.data, a.len) : 0;
}

bool vouch_version_is_at_least(vouch_bytes version, vouch_bytes least)
{
    int order = 0;
    bool first = true;

    while (first || version.len != 0 || least.len != 0) {
        vouch_bytes a, b;

        if (!next_part(&version, first, &a) || !next_part(&least, first, &b)) {
            return false;
        }
        order = order != 0 ? order : compare(a, b);
        first = false;
    }
    return order >= 0;
}
