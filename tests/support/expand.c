/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/expand.h"

#include <string.h>

#include <check.h>

#include <openssl/bytestring.h>
#include <openssl/digest.h>
#include <openssl/hkdf.h>

/* struct HkdfLabel (RFC 8446, 7.1) */
static size_t write_hkdf_label(uint8_t out[512], const char *label,
                               vouch_bytes context, size_t len)
{
    CBB cbb, child;
    size_t written;

    ck_assert(CBB_init_fixed(&cbb, out, 512) &&
              CBB_add_u16(&cbb, (uint16_t)len) &&
              CBB_add_u8_length_prefixed(&cbb, &child) &&
              CBB_add_bytes(&child, (const uint8_t *)"tls13 ", 6) &&
              CBB_add_bytes(&child, (const uint8_t *)label, strlen(label)) &&
              CBB_add_u8_length_prefixed(&cbb, &child) &&
              CBB_add_bytes(&child, context.data, context.len) &&
              CBB_finish(&cbb, NULL, &written));
    return written;
}

static void expand_label(const EVP_MD *hash, vouch_bytes secret,
                         const char *label, vouch_bytes context, uint8_t *out,
                         size_t len)
{
    uint8_t info[512];
    size_t info_len = write_hkdf_label(info, label, context, len);

    ck_assert(
        HKDF_expand(out, len, hash, secret.data, secret.len, info, info_len));
}

static vouch_bytes hash_into(const EVP_MD *hash, vouch_bytes octets,
                             uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned len;

    ck_assert(EVP_Digest(octets.data, octets.len, out, &len, hash, NULL));
    return (vouch_bytes){out, len};
}

void expand_exporter(vouch_bytes exporter_secret, const char *label,
                     vouch_bytes context, uint8_t *out, size_t len)
{
    const EVP_MD *hash =
        exporter_secret.len == 48 ? EVP_sha384() : EVP_sha256();
    uint8_t digest[EVP_MAX_MD_SIZE], derived[EVP_MAX_MD_SIZE];
    size_t hash_len = EVP_MD_size(hash);

    ck_assert_uint_eq(exporter_secret.len, hash_len);
    expand_label(hash, exporter_secret, label,
                 hash_into(hash, (vouch_bytes){NULL, 0}, digest), derived,
                 hash_len);
    expand_label(hash, (vouch_bytes){derived, hash_len}, "exporter",
                 hash_into(hash, context, digest), out, len);
}
