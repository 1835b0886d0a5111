/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/reason.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/keys/blame.h"

static const char hex[] = "0123456789abcdef";

/* escape writes `octet` as printable ASCII and returns the length. */
static size_t escape(char out[4], uint8_t octet)
{
    if (octet == '\\') {
        memcpy(out, "\\\\", 2);
        return 2;
    }
    if (octet >= 0x20 && octet < 0x7f) {
        out[0] = (char)octet;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = hex[octet >> 4];
    out[3] = hex[octet & 15];
    return 4;
}

void vouch_reason_text(char to[VOUCH_TEXT_MAX], vouch_bytes text)
{
    size_t used = 0;

    for (size_t i = 0; i < text.len; i++) {
        char escaped[4];
        size_t len = escape(escaped, text.data[i]);

        if (used + len >= VOUCH_TEXT_MAX) {
            break;
        }
        memcpy(to + used, escaped, len);
        used += len;
    }
    to[used] = '\0';
}

void vouch_reason_hex(char to[VOUCH_TEXT_MAX], vouch_bytes octets)
{
    size_t used = 0;

    for (size_t i = 0; i < octets.len && used + 2 < VOUCH_TEXT_MAX; i++) {
        to[used++] = hex[octets.data[i] >> 4];
        to[used++] = hex[octets.data[i] & 15];
    }
    to[used] = '\0';
}

void vouch_reason_number(char to[VOUCH_TEXT_MAX], int64_t number)
{
    snprintf(to, VOUCH_TEXT_MAX, "%" PRId64, number);
}

void vouch_reason_unsigned(char to[VOUCH_TEXT_MAX], uint64_t number)
{
    snprintf(to, VOUCH_TEXT_MAX, "%" PRIu64, number);
}

void vouch_reject(vouch_result *out, vouch_check check, vouch_claim claim,
                  vouch_err err)
{
    /* proto/README.md, 10: only what the peer did wrong is a rejection. */
    *out = (vouch_result){
        .verdict = vouch_is_own(err) ? VOUCH_INDETERMINATE : VOUCH_REJECTED,
        .reason = {.check = check, .claim = claim, .err = err}};
}
