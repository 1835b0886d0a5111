/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/forger.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <openssl/digest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "proto/memory.h"
#include "tests/support/octets.h"

enum { CERTIFICATE = 11, CERTIFICATE_VERIFY = 15, FINISHED = 20 };

static const char evidence[] = "\x00\x08"
                               "evidence";
static const struct forger_extension with_evidence[] = {
    {0xff00, {(const uint8_t *)evidence, sizeof evidence - 1}},
};

static const char four_schemes[] = "\x00\x08\x04\x03\x05\x03\x08\x04\x08\x07";
static const struct forger_extension four_schemes_and_evidence[] = {
    {13, {(const uint8_t *)four_schemes, sizeof four_schemes - 1}},
    {0xff00, {NULL, 0}},
};

/* --- the two sides --- */

static void issue(struct forger *forger, enum pki_kind kind)
{
    forger->root = pki_root(PKI_P256);
    forger->intermediate =
        pki_issue(&forger->root, &(struct pki_profile){.ca = true});
    forger->aik =
        pki_issue(&forger->intermediate, &(struct pki_profile){.kind = kind});
    forger->store = pki_store(&forger->root);
    ck_assert_int_eq(
        VOUCH_OK, vouch_trust_new(forger->store, "peer.test", &forger->trust));
}

void forger_init(struct forger *forger, vouch_role role, vouch_hash hash,
                 enum pki_kind kind)
{
    *forger = (struct forger){.exporter = fake_export,
                              .role = role,
                              .hash = hash,
                              .fake = {.secret = "this connection"}};
    forger->exporter_arg = &forger->fake;
    forger->channel =
        fake_channel(role == VOUCH_CLIENT ? VOUCH_SERVER : VOUCH_CLIENT, hash,
                     &forger->fake);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_new(forger->channel, &forger->endpoint));
    issue(forger, kind);
}

void forger_init_on(struct forger *forger, vouch_channel *channel,
                    vouch_exporter *exporter, void *arg, enum pki_kind kind)
{
    *forger = (struct forger){
        .exporter = exporter,
        .exporter_arg = arg,
        .role = vouch_channel_role(channel) == VOUCH_CLIENT ? VOUCH_SERVER
                                                            : VOUCH_CLIENT,
        .hash = vouch_channel_hash(channel)};
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_new(channel, &forger->endpoint));
    issue(forger, kind);
}

void forger_free(struct forger *forger)
{
    vouch_trust_free(forger->trust);
    X509_STORE_free(forger->store);
    pki_free(&forger->aik);
    pki_free(&forger->intermediate);
    pki_free(&forger->root);
    vouch_endpoint_free(forger->endpoint);
    vouch_channel_free(forger->channel); /* NULL: borrowed */
}

static uint16_t scheme_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_ED25519:
        return VOUCH_ED25519;
    case EVP_PKEY_RSA:
        return VOUCH_RSA_PSS_RSAE_SHA256;
    default:
        return EVP_PKEY_bits(key) == 256 ? VOUCH_ECDSA_SECP256R1_SHA256
                                         : VOUCH_ECDSA_SECP384R1_SHA384;
    }
}

struct forgery forger_honest(const struct forger *forger)
{
    bool server = forger->role == VOUCH_SERVER;
    uint16_t scheme = scheme_of(forger->aik.key);

    return (struct forgery){
        .request_type = server ? 17 : 13,
        .offers = four_schemes_and_evidence,
        .num_offers = 2,
        .handshake_context =
            server ? "EXPORTER-server authenticator handshake context"
                   : "EXPORTER-client authenticator handshake context",
        .finished_key = server ? "EXPORTER-server authenticator finished key"
                               : "EXPORTER-client authenticator finished key",
        .exporter_context = "",
        .exported_len = forger->hash == VOUCH_SHA384 ? 48 : 32,
        .hash = forger->hash,
        .certificate_type = CERTIFICATE,
        .extensions = {with_evidence, NULL},
        .num_extensions = {1, 0},
        .context_string = "Exported Authenticator",
        .key = forger->aik.key,
        .scheme = scheme,
        .says = scheme,
    };
}

/* --- messages --- */

static void add_bytes(CBB *cbb, vouch_bytes bytes)
{
    ck_assert(CBB_add_bytes(cbb, bytes.data, bytes.len) && CBB_flush(cbb));
}

static void add_extensions(CBB *cbb, const struct forger_extension *extensions,
                           size_t num)
{
    CBB block, body;

    ck_assert(CBB_add_u16_length_prefixed(cbb, &block));
    for (size_t i = 0; i < num; i++) {
        ck_assert(CBB_add_u16(&block, extensions[i].type) &&
                  CBB_add_u16_length_prefixed(&block, &body));
        add_bytes(&body, extensions[i].body);
        ck_assert(CBB_flush(&block));
    }
    ck_assert(CBB_flush(cbb));
}

static void start(CBB *cbb, uint8_t type, CBB *body)
{
    ck_assert(CBB_init(cbb, 1024) && CBB_add_u8(cbb, type) &&
              CBB_add_u24_length_prefixed(cbb, body));
}

vouch_buffer forger_request(struct forger *forger,
                            const struct forgery *forgery)
{
    vouch_buffer own;
    vouch_bytes context;
    CBB cbb, body, child;

    ck_assert_int_eq(
        VOUCH_OK, vouch_endpoint_request(forger->endpoint, true, NULL, &own));
    ck_assert_int_eq(VOUCH_OK, vouch_get_context(span_of(&own), &context));
    start(&cbb, forgery->request_type, &body);
    ck_assert(CBB_add_u8_length_prefixed(&body, &child));
    add_bytes(&child, context);
    ck_assert(CBB_flush(&body));
    add_extensions(&body, forgery->offers, forgery->num_offers);
    vouch_buffer_free(&own);
    return finish_cbb(&cbb);
}

static void add_entry(CBB *list, X509 *certificate,
                      const struct forger_extension *extensions, size_t num)
{
    vouch_buffer der = pki_der(certificate);
    CBB data;

    ck_assert(CBB_add_u24_length_prefixed(list, &data));
    add_bytes(&data, span_of(&der));
    ck_assert(CBB_flush(list));
    add_extensions(list, extensions, num);
    free(der.data);
}

static vouch_buffer certificate_message(const struct forger *forger,
                                        const struct forgery *forgery,
                                        vouch_bytes context)
{
    X509 *const chain[] = {forger->aik.certificate,
                           forger->intermediate.certificate};
    CBB cbb, body, child, list;

    start(&cbb, forgery->certificate_type, &body);
    ck_assert(CBB_add_u8_length_prefixed(&body, &child));
    add_bytes(&child, forgery->context.len != 0 ? forgery->context : context);
    ck_assert(CBB_flush(&body) && CBB_add_u24_length_prefixed(&body, &list));
    for (size_t i = 0; !forgery->empty && i < 2; i++) {
        add_entry(&list, chain[i], forgery->extensions[i],
                  forgery->num_extensions[i]);
    }
    return finish_cbb(&cbb);
}

static const EVP_MD *digest_of(vouch_hash hash)
{
    return hash == VOUCH_SHA384 ? EVP_sha384() : EVP_sha256();
}

static vouch_bytes hash_into(const struct forgery *forgery, vouch_bytes octets,
                             uint8_t out[EVP_MAX_MD_SIZE])
{
    unsigned len;

    ck_assert(EVP_Digest(octets.data, octets.len, out, &len,
                         digest_of(forgery->hash), NULL));
    return (vouch_bytes){out, len};
}

/* RFC 8446, 4.4.3, with the context string of RFC 9261, 5.2.2. */
static vouch_buffer certificate_verify_message(const struct forgery *forgery,
                                               vouch_bytes transcript)
{
    uint8_t content[64 + 64 + 1 + EVP_MAX_MD_SIZE], digest[EVP_MAX_MD_SIZE];
    size_t string_len = strlen(forgery->context_string) + 1;
    vouch_bytes hash = hash_into(forgery, transcript, digest);
    vouch_buffer signature;
    CBB cbb, body, child;

    ck_assert_uint_le(string_len, 65);
    memset(content, ' ', 64);
    memcpy(&content[64], forgery->context_string, string_len);
    memcpy(&content[64 + string_len], hash.data, hash.len);
    signature = forger_sign(forgery->key, forgery->scheme,
                            (vouch_bytes){content, 64 + string_len + hash.len});
    start(&cbb, CERTIFICATE_VERIFY, &body);
    ck_assert(CBB_add_u16(&body, forgery->says) &&
              CBB_add_u16_length_prefixed(&body, &child));
    add_bytes(&child, span_of(&signature));
    free(signature.data);
    return finish_cbb(&cbb);
}

static vouch_bytes export(const struct forger *forger,
                          const struct forgery *forgery, const char *label,
                          uint8_t out[EVP_MAX_MD_SIZE])
{
    ck_assert_int_eq(VOUCH_OK,
                     forger->exporter(forger->exporter_arg, label,
                                      vouch_text(forgery->exporter_context),
                                      out, forgery->exported_len));
    return (vouch_bytes){out, forgery->exported_len};
}

static vouch_buffer finished_message(const struct forger *forger,
                                     const struct forgery *forgery,
                                     vouch_bytes transcript)
{
    uint8_t secret[EVP_MAX_MD_SIZE], digest[EVP_MAX_MD_SIZE];
    uint8_t mac[EVP_MAX_MD_SIZE];
    vouch_bytes key = export(forger, forgery, forgery->finished_key, secret);
    vouch_bytes hash = hash_into(forgery, transcript, digest);
    unsigned len;
    CBB cbb, body;

    ck_assert(HMAC(digest_of(forgery->hash), key.data, key.len, hash.data,
                   hash.len, mac, &len) != NULL);
    start(&cbb, FINISHED, &body);
    add_bytes(&body, (vouch_bytes){mac, len});
    return finish_cbb(&cbb);
}

/* What has been said, and how much of it is sent. */
struct speech {
    CBB transcript, sent;
};

static vouch_bytes heard(const struct speech *speech)
{
    return (vouch_bytes){CBB_data(&speech->transcript),
                         CBB_len(&speech->transcript)};
}

/* Takes `message` over. */
static void say(struct speech *speech, vouch_buffer message, bool send)
{
    add_bytes(&speech->transcript, span_of(&message));
    if (send) {
        add_bytes(&speech->sent, span_of(&message));
    }
    free(message.data);
}

vouch_buffer forger_answer(const struct forger *forger,
                           const struct forgery *forgery, vouch_bytes request)
{
    uint8_t secret[EVP_MAX_MD_SIZE];
    vouch_bytes context = {NULL, 0};
    struct speech speech;

    if (request.len > 4) { /* its context, however bad the rest is */
        context = (vouch_bytes){&request.data[5], request.data[4]};
    }
    ck_assert(CBB_init(&speech.transcript, 4096) &&
              CBB_init(&speech.sent, 4096));
    add_bytes(&speech.transcript,
              export(forger, forgery, forgery->handshake_context, secret));
    add_bytes(&speech.transcript, request);
    say(&speech, certificate_message(forger, forgery, context),
        !forgery->empty);
    if (!forgery->empty) {
        say(&speech, certificate_verify_message(forgery, heard(&speech)), true);
    }
    say(&speech, finished_message(forger, forgery, heard(&speech)), true);
    CBB_cleanup(&speech.transcript);
    return finish_cbb(&speech.sent);
}

vouch_err forger_present(struct forger *forger, const struct forgery *forgery)
{
    vouch_buffer request = forger_request(forger, forgery);
    vouch_buffer answer = forger_answer(forger, forgery, span_of(&request));
    vouch_identity identity, before;
    vouch_err err;

    memset(&identity, 0xa5, sizeof identity);
    before = identity;
    err = vouch_endpoint_validate(forger->endpoint, span_of(&request),
                                  span_of(&answer), forger->trust,
                                  (vouch_now){.unix_s = PKI_NOW}, &identity);
    ck_assert_int_eq(err != VOUCH_OK,
                     memcmp(&identity, &before, sizeof identity) == 0);
    free(request.data);
    free(answer.data);
    return err;
}

/* --- signatures --- */

static const struct {
    uint16_t scheme;
    const EVP_MD *(*digest)(void);
    bool pss;
} algorithms[] = {
    {0x0201, EVP_sha1, false},   {0x0203, EVP_sha1, false},
    {0x0401, EVP_sha256, false}, {0x0403, EVP_sha256, false},
    {0x0501, EVP_sha384, false}, {0x0503, EVP_sha384, false},
    {0x0601, EVP_sha512, false}, {0x0603, EVP_sha512, false},
    {0x0804, EVP_sha256, true},  {0x0805, EVP_sha384, true},
    {0x0806, EVP_sha512, true},  {0x0809, EVP_sha256, true},
};

vouch_buffer forger_sign(EVP_PKEY *key, uint16_t scheme, vouch_bytes content)
{
    const EVP_MD *digest = EVP_sha256();
    bool pss = false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters;
    uint8_t signature[512];
    size_t len = sizeof signature;

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithms[i].scheme == scheme) {
            digest = algorithms[i].digest();
            pss = algorithms[i].pss;
        }
    }
    if (EVP_PKEY_id(key) == EVP_PKEY_ED25519) {
        digest = NULL;
    }
    ck_assert(ctx != NULL &&
              EVP_DigestSignInit(ctx, &parameters, digest, NULL, key));
    if (pss && EVP_PKEY_id(key) == EVP_PKEY_RSA) {
        ck_assert(
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, -1));
    }
    ck_assert(EVP_DigestSign(ctx, signature, &len, content.data, content.len));
    EVP_MD_CTX_free(ctx);
    return (vouch_buffer){exact_copy(signature, len), len};
}
