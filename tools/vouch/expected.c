/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/expected.h"

#include <stdlib.h>
#include <string.h>

#include "tools/vouch/octets.h"
#include "tools/vouch/report.h"

enum { SPKI_MAX = 1024, NONCE_MAX = 64 };

static bool read_octets(const char *option, const char *given,
                        const char *variable, size_t max, vouch_buffer *out)
{
    const char *digits = given != NULL ? given : getenv(variable);

    if (digits == NULL || digits[0] == '\0' || unhex(digits, max, out)) {
        return true;
    }
    fail(STATUS_USAGE, "%s: not hexadecimal, or too long",
         given != NULL ? option : variable);
    return false;
}

static bool is_hash(const char *option, const vouch_buffer *octets)
{
    if (octets->len == 32 || octets->len == 48) {
        return true;
    }
    fail(STATUS_USAGE, "%s: 32 or 48 octets are needed", option);
    return false;
}

static bool read_all(const struct policy_options *options,
                     struct expected *expected)
{
    return read_octets("--binder", options->binder, "VOUCH_BINDER",
                       VOUCH_HASH_MAX, &expected->binder) &&
           read_octets("--aik-pub-hash", options->aik_pub_hash,
                       "VOUCH_AIK_PUB_HASH", VOUCH_HASH_MAX,
                       &expected->aik_pub_hash) &&
           read_octets("--aik-spki", options->aik_spki, "VOUCH_AIK_SPKI",
                       SPKI_MAX, &expected->aik_spki) &&
           read_octets("--nonce", options->nonce, "VOUCH_NONCE", NONCE_MAX,
                       &expected->nonce) &&
           is_hash("--binder", &expected->binder) &&
           is_hash("--aik-pub-hash", &expected->aik_pub_hash);
}

bool expected_read(const struct policy_options *options, struct expected *out)
{
    struct expected expected = {.binder = {NULL, 0}};

    if (!read_all(options, &expected)) {
        expected_free(&expected);
        return false;
    }
    *out = expected;
    return true;
}

void expected_free(struct expected *expected)
{
    free(expected->binder.data);
    free(expected->aik_pub_hash.data);
    free(expected->aik_spki.data);
    free(expected->nonce.data);
}

static vouch_digest digest_of(const vouch_buffer *octets)
{
    vouch_digest digest = {.len = octets->len};

    memcpy(digest.data, octets->data, octets->len);
    return digest;
}

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

vouch_expectation expected_at(const struct expected *expected, int64_t unix_s)
{
    return (vouch_expectation){
        .binder = digest_of(&expected->binder),
        .aik_pub_hash = digest_of(&expected->aik_pub_hash),
        .aik_spki = bytes_of(&expected->aik_spki),
        .nonce = bytes_of(&expected->nonce),
        .now = {0, unix_s},
    };
}
