/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/digest.h"

#include <openssl/digest.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "proto/memory.h"

size_t vouch_hash_len(vouch_hash hash)
{
    return hash == VOUCH_SHA384 ? SHA384_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
}

static void sha256_parts(const vouch_bytes *parts, size_t num, uint8_t *out)
{
    SHA256_CTX state;

    SHA256_Init(&state);
    for (size_t i = 0; i < num; i++) {
        SHA256_Update(&state, parts[i].data, parts[i].len);
    }
    SHA256_Final(out, &state);
}

static void sha384_parts(const vouch_bytes *parts, size_t num, uint8_t *out)
{
    SHA512_CTX state;

    SHA384_Init(&state);
    for (size_t i = 0; i < num; i++) {
        SHA384_Update(&state, parts[i].data, parts[i].len);
    }
    SHA384_Final(out, &state);
}

vouch_err vouch_hash_parts(vouch_hash hash, const vouch_bytes *parts,
                           size_t num, vouch_digest *out)
{
    vouch_digest digest = {.len = vouch_hash_len(hash)};

    switch (hash) {
    case VOUCH_SHA256:
        sha256_parts(parts, num, digest.data);
        break;
    case VOUCH_SHA384:
        sha384_parts(parts, num, digest.data);
        break;
    default:
        return VOUCH_E_ARGUMENT;
    }
    *out = digest;
    return VOUCH_OK;
}

/* BoringSSL's HMAC leaves its key on the stack. Called from where that was,
 * this overwrites what it used. */
__attribute__((noinline)) static void wipe_used_stack(void)
{
    uint8_t used[2048];

    vouch_wipe(used, sizeof used);
}

vouch_err vouch_hmac(vouch_hash hash, vouch_bytes key, vouch_bytes message,
                     vouch_digest *out)
{
    const EVP_MD *md = hash == VOUCH_SHA384 ? EVP_sha384() : EVP_sha256();
    vouch_digest mac = {.len = 0};
    unsigned len;
    bool is_made = HMAC(md, key.data, key.len, message.data, message.len,
                        mac.data, &len) != NULL;

    wipe_used_stack();
    if (!is_made) {
        return VOUCH_E_CRYPTO;
    }
    mac.len = len;
    *out = mac;
    return VOUCH_OK;
}

void vouch_sha256(vouch_bytes message, uint8_t out[32])
{
    SHA256(message.data, message.len, out);
}

vouch_err vouch_random(uint8_t *out, size_t len)
{
    return RAND_bytes(out, len) == 1 ? VOUCH_OK : VOUCH_E_CRYPTO;
}
