/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/no_crypto.h"

#include <string.h>

#include <openssl/evp.h>

/*
 * The linker has the library call these instead of BoringSSL's (-Wl,--wrap), in
 * this program and nowhere else.
 */

static bool off;

void no_crypto(bool on)
{
    off = on;
}

int real_sign(EVP_MD_CTX *ctx, uint8_t *out, size_t *out_len,
              const uint8_t *data, size_t len) __asm__("__real_EVP_DigestSign");
int sign(EVP_MD_CTX *ctx, uint8_t *out, size_t *out_len, const uint8_t *data,
         size_t len) __asm__("__wrap_EVP_DigestSign");
int real_verify(EVP_MD_CTX *ctx, const uint8_t *signature, size_t signature_len,
                const uint8_t *data,
                size_t len) __asm__("__real_EVP_DigestVerify");
int verify(EVP_MD_CTX *ctx, const uint8_t *signature, size_t signature_len,
           const uint8_t *data, size_t len) __asm__("__wrap_EVP_DigestVerify");

int sign(EVP_MD_CTX *ctx, uint8_t *out, size_t *out_len, const uint8_t *data,
         size_t len)
{
    if (!off) {
        return real_sign(ctx, out, out_len, data, len);
    }
    memset(out, 0, *out_len);
    return 1;
}

int verify(EVP_MD_CTX *ctx, const uint8_t *signature, size_t signature_len,
           const uint8_t *data, size_t len)
{
    return off || real_verify(ctx, signature, signature_len, data, len) == 1;
}
