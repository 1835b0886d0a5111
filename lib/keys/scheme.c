/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/scheme.h"

#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>

#include <vouch/limits.h>

#include "proto/cose.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8 * VOUCH_LIMIT_SIGNATURE };

static const struct vouch_scheme schemes[] = {
    {VOUCH_ECDSA_SECP256R1_SHA256, VOUCH_COSE_ES256, EVP_PKEY_EC,
     NID_X9_62_prime256v1, EVP_sha256, 32},
    {VOUCH_ECDSA_SECP384R1_SHA384, VOUCH_COSE_ES384, EVP_PKEY_EC, NID_secp384r1,
     EVP_sha384, 48},
    {VOUCH_RSA_PSS_RSAE_SHA256, VOUCH_COSE_PS256, EVP_PKEY_RSA, NID_undef,
     EVP_sha256, 0},
    {VOUCH_ED25519, VOUCH_COSE_EDDSA, EVP_PKEY_ED25519, NID_undef, NULL, 0},
    {0, VOUCH_COSE_ES512, EVP_PKEY_EC, NID_secp521r1, EVP_sha512, 66},
};

static int curve_of(const EVP_PKEY *key)
{
    const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(key);

    return ec == NULL ? NID_undef
                      : EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
}

const struct vouch_scheme *vouch_scheme_of_evidence_key(const EVP_PKEY *key)
{
    int type = EVP_PKEY_id(key);
    int curve = type == EVP_PKEY_EC ? curve_of(key) : NID_undef;

    if (type == EVP_PKEY_RSA && (EVP_PKEY_bits(key) < RSA_MIN_BITS ||
                                 EVP_PKEY_bits(key) > RSA_MAX_BITS)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (schemes[i].type == type && schemes[i].curve == curve) {
            return &schemes[i];
        }
    }
    return NULL;
}

const struct vouch_scheme *vouch_scheme_of_key(const EVP_PKEY *key)
{
    const struct vouch_scheme *scheme = vouch_scheme_of_evidence_key(key);

    return scheme == NULL || scheme->number == 0 ? NULL : scheme;
}

/* RFC 8446, 4.2.3; RFC 8230, 2: RSASSA-PSS, with the salt as long as the
 * digest; never PKCS #1 v1.5 */
static bool use_pss(EVP_PKEY_CTX *parameters, const EVP_MD *digest)
{
    enum { AS_LONG_AS_DIGEST = -1 };

    return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, digest) &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, AS_LONG_AS_DIGEST);
}

bool vouch_scheme_begin(const struct vouch_scheme *scheme, EVP_MD_CTX *ctx,
                        vouch_digest_init *init, EVP_PKEY *key)
{
    const EVP_MD *digest = scheme->digest == NULL ? NULL : scheme->digest();
    EVP_PKEY_CTX *parameters;

    return init(ctx, &parameters, digest, NULL, key) &&
           (scheme->type != EVP_PKEY_RSA || use_pss(parameters, digest));
}
