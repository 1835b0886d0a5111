/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/octets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

uint8_t *exact_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len);

    if (copy == NULL && len != 0) {
        ck_abort_msg("no memory");
    }
    if (len != 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

vouch_buffer from_hex(const char *hex)
{
    uint8_t *octets = malloc(strlen(hex) / 2 + 1);
    size_t len = 0;

    ck_assert_ptr_nonnull(octets);
    for (; *hex != '\0'; hex++) {
        if (*hex != ' ') {
            char pair[] = {hex[0], hex[1], '\0'};

            ck_assert_msg(isxdigit((unsigned char)pair[0]) &&
                              isxdigit((unsigned char)pair[1]),
                          "not a pair of hexadecimal digits: %s", pair);
            octets[len++] = (uint8_t)strtoul(pair, NULL, 16);
            hex++;
        }
    }
    return (vouch_buffer){octets, len};
}

vouch_buffer finish_cbb(CBB *cbb)
{
    vouch_buffer out;

    ck_assert_int_eq(CBB_flush(cbb), 1);
    out.len = CBB_len(cbb);
    out.data = exact_copy(CBB_data(cbb), out.len);
    CBB_cleanup(cbb);
    return out;
}

vouch_bytes span_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}
