/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_channel.h"

#include <string.h>

#include <check.h>

#include <openssl/digest.h>
#include <openssl/hmac.h>

static const struct fake_value *find(const struct fake_exporter *exporter,
                                     const char *label)
{
    const struct fake_value *value = exporter->values;

    while (value != NULL && value->label != NULL) {
        if (strcmp(value->label, label) == 0) {
            return value;
        }
        value++;
    }
    return NULL;
}

static void derive(const char *secret, const char *label, vouch_bytes context,
                   uint8_t out[EVP_MAX_MD_SIZE])
{
    HMAC_CTX ctx;
    unsigned len;

    HMAC_CTX_init(&ctx);
    ck_assert(HMAC_Init_ex(&ctx, secret, strlen(secret), EVP_sha512(), NULL));
    ck_assert(
        HMAC_Update(&ctx, (const uint8_t *)label, strlen(label) + 1) &&
        (context.len == 0 || HMAC_Update(&ctx, context.data, context.len)));
    ck_assert(HMAC_Final(&ctx, out, &len));
    HMAC_CTX_cleanup(&ctx);
}

vouch_err fake_export(void *arg, const char *label, vouch_bytes context,
                      uint8_t *out, size_t len)
{
    const struct fake_exporter *exporter = arg;
    const struct fake_value *value = find(exporter, label);
    uint8_t derived[EVP_MAX_MD_SIZE];

    if (exporter->fails != VOUCH_OK) {
        return exporter->fails;
    }
    if (value != NULL) {
        ck_assert_uint_le(len, value->value.len);
        memcpy(out, value->value.data, len);
        return VOUCH_OK;
    }
    ck_assert_uint_le(len, sizeof derived);
    derive(exporter->secret != NULL ? exporter->secret : "", label, context,
           derived);
    memcpy(out, derived, len);
    return VOUCH_OK;
}

vouch_channel *fake_channel(vouch_role role, vouch_hash hash,
                            struct fake_exporter *exporter)
{
    vouch_channel *channel;

    ck_assert_int_eq(VOUCH_OK, vouch_channel_new(role, hash, fake_export,
                                                 exporter, &channel));
    return channel;
}
