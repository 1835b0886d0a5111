/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/reason.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static const char *const claim_names[] = {
    [VOUCH_CLAIM_NONE] = "none",
    [VOUCH_CLAIM_NONCE] = "eat_nonce",
    [VOUCH_CLAIM_AIK_PUB_HASH] = "aik_pub_hash",
    [VOUCH_CLAIM_UEID] = "ueid",
    [VOUCH_CLAIM_PROFILE] = "eat_profile",
    [VOUCH_CLAIM_IAT] = "iat",
    [VOUCH_CLAIM_SOFTWARE_NAME] = "swname",
    [VOUCH_CLAIM_SOFTWARE_VERSION] = "swversion",
    [VOUCH_CLAIM_MEASUREMENT] = "measurements",
    [VOUCH_CLAIM_KERNEL] = "kernel_release",
    [VOUCH_CLAIM_BOOT_ID] = "boot_id",
    [VOUCH_CLAIM_EPOCH] = "epoch",
    [VOUCH_CLAIM_POSTURE] = "posture",
    [VOUCH_CLAIM_SECURITY_VERSION] = "security_version",
};

static const char *const check_names[] = {
    [VOUCH_CHECK_NONE] = "none",
    [VOUCH_CHECK_AUTHENTICATOR] = "authenticator",
    [VOUCH_CHECK_CERTIFICATE] = "certificate",
    [VOUCH_CHECK_IDENTITY] = "identity",
    [VOUCH_CHECK_FORMAT] = "format",
    [VOUCH_CHECK_STRUCTURE] = "structure",
    [VOUCH_CHECK_ANCHOR] = "anchor",
    [VOUCH_CHECK_SIGNATURE] = "signature",
    [VOUCH_CHECK_BINDING] = "binding",
    [VOUCH_CHECK_CLAIM] = "claim",
    [VOUCH_CHECK_AGE] = "age",
    [VOUCH_CHECK_REFERENCE] = "reference",
    [VOUCH_CHECK_POSTURE] = "posture",
    [VOUCH_CHECK_CONTINUITY] = "continuity",
    [VOUCH_CHECK_POLICY] = "policy",
    [VOUCH_CHECK_ANSWER] = "answer",
    [VOUCH_CHECK_CONTRACT] = "contract",
};

static const char *name_in(const char *const *names, size_t num, size_t number)
{
    return number < num ? names[number] : "unknown";
}

const char *vouch_claim_name(vouch_claim claim)
{
    return name_in(claim_names, sizeof claim_names / sizeof claim_names[0],
                   (size_t)claim);
}

const char *vouch_check_name(vouch_check check)
{
    return name_in(check_names, sizeof check_names / sizeof check_names[0],
                   (size_t)check);
}

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

void vouch_reject(vouch_result *out, vouch_check check, vouch_claim claim,
                  vouch_err err)
{
    *out =
        (vouch_result){.verdict = VOUCH_REJECTED,
                       .reason = {.check = check, .claim = claim, .err = err}};
}
