/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/attest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* Identities */

struct identity {
    EVP_PKEY *key;
    struct span der, spki;
};

static struct identities {
    bool made;
    struct identity of[IDENTITIES];
    X509_STORE *store;
    vouch_credential *credential;
    vouch_trust *trust;
} identities;

static EVP_PKEY *make_key(uint8_t seed)
{
    uint8_t octets[32];
    EVP_PKEY *key;

    memset(octets, seed, sizeof octets);
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets,
                                       sizeof octets);
    MUST(key != NULL);
    return key;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    MUST(extension != NULL && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, const char *text)
{
    MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const uint8_t *)text, -1, -1, 0));
}

/* A certificate for `key` by `issuer`, which may be the same. */
static X509 *certify(EVP_PKEY *key, const char *name, EVP_PKEY *issuer,
                     const char *issuer_name)
{
    X509 *certificate = X509_new();

    MUST(certificate != NULL && X509_set_version(certificate, 2));
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1));
    set_name(X509_get_subject_name(certificate), name);
    set_name(X509_get_issuer_name(certificate), issuer_name);
    MUST(ASN1_TIME_set(X509_getm_notBefore(certificate),
                       (time_t)HOSTILE_VALID_FROM));
    MUST(ASN1_TIME_set(X509_getm_notAfter(certificate),
                       (time_t)HOSTILE_VALID_UNTIL));
    MUST(X509_set_pubkey(certificate, key));
    if (key == issuer) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(certificate, NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(certificate, NID_key_usage, "critical,digitalSignature");
        add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
        add_extension(certificate, NID_subject_alt_name, "DNS:" HOSTILE_NAME);
    }
    MUST(X509_sign(certificate, issuer, NULL));
    return certificate;
}

static void make_identity(struct identity *identity, EVP_PKEY *key,
                          X509 *certificate)
{
    uint8_t *der = NULL, *spki = NULL;
    int der_len = i2d_X509(certificate, &der);
    int spki_len = i2d_PUBKEY(key, &spki);

    MUST(der_len > 0 && spki_len > 0);
    identity->key = key;
    identity->der = (struct span){der, (size_t)der_len};
    identity->spki = (struct span){spki, (size_t)spki_len};
}

static vouch_credential *make_credential(EVP_PKEY *aik, X509 *certificate)
{
    BIO *pem = BIO_new(BIO_s_mem());
    vouch_credential *credential;
    const uint8_t *octets;
    size_t len;
    vouch_key *key;

    MUST(pem != NULL && PEM_write_bio_X509(pem, certificate));
    MUST(BIO_mem_contents(pem, &octets, &len));
    MUST(vouch_key_from_evp(aik, &key) == VOUCH_OK);
    MUST(vouch_credential_new(key, (vouch_bytes){octets, len}, &credential) ==
         VOUCH_OK);
    vouch_key_free(key);
    BIO_free(pem);
    return credential;
}

static void make_identities(void)
{
    EVP_PKEY *root = make_key(1), *other_root = make_key(2);
    X509 *anchor = certify(root, "root", root, "root");
    X509_STORE *store = X509_STORE_new();

    MUST(store != NULL && X509_STORE_add_cert(store, anchor));
    MUST(vouch_trust_new(store, HOSTILE_NAME, &identities.trust) == VOUCH_OK);
    for (unsigned i = 0; i < IDENTITIES; i++) {
        bool untrusted = i == IDENTITY_UNTRUSTED;
        EVP_PKEY *key = make_key((uint8_t)(16 + i));
        X509 *certificate = certify(key, "aik", untrusted ? other_root : root,
                                    untrusted ? "other root" : "root");

        make_identity(&identities.of[i], key, certificate);
        if (i == IDENTITY_OURS) {
            identities.credential = make_credential(key, certificate);
        }
        X509_free(certificate);
    }
    identities.store = store;
    X509_free(anchor);
    EVP_PKEY_free(root);
    EVP_PKEY_free(other_root);
    identities.made = true;
}

static const struct identities *all(void)
{
    if (!identities.made) {
        make_identities();
    }
    return &identities;
}

struct span identity_spki(enum identity_name name)
{
    return all()->of[name].spki;
}

vouch_credential *identity_credential(void)
{
    return all()->credential;
}

vouch_trust *identity_trust(void)
{
    return all()->trust;
}

void identity_use(SSL_CTX *ctx, enum identity_name name)
{
    const struct identity *identity = &all()->of[name];

    MUST(SSL_CTX_use_certificate_ASN1(ctx, identity->der.len,
                                      identity->der.data) &&
         SSL_CTX_use_PrivateKey(ctx, identity->key));
}

void identity_verify(SSL_CTX *ctx)
{
    X509_STORE_up_ref(all()->store);
    SSL_CTX_set_cert_store(ctx, all()->store);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
}

/* Structures of RFC 8446, 3: a vector is its length and then its octets. */

enum {
    CERTIFICATE = 11,
    CERTIFICATE_REQUEST = 13,
    CERTIFICATE_VERIFY = 15,
    CLIENT_CERTIFICATE_REQUEST = 17,
    FINISHED = 20,
    SIGNATURE_ALGORITHMS = 13,
    CMW_ATTESTATION = 0xff00,
    ED25519 = 0x0807,
};

/* Leaves room for a length, which `close_vector` fills in. */
static size_t open_vector(struct ink *ink, size_t octets)
{
    ink_number(ink, 0, octets);
    return ink->len;
}

static void close_vector(struct ink *ink, size_t start, size_t octets)
{
    size_t len = ink->len - start;

    for (size_t i = 0; i < octets; i++) {
        ink->data[start - octets + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
    }
}

static void put_vector(struct ink *ink, struct span span, size_t octets)
{
    ink_number(ink, span.len, octets);
    ink_span(ink, span);
}

static void put_extension(struct ink *ink, uint64_t type, const char *octets,
                          size_t len)
{
    ink_number(ink, type, 2);
    put_vector(ink, (struct span){(const uint8_t *)octets, len}, 2);
}

/* Requests: RFC 9261, 4; proto/README.md, 5 */

static uint64_t request_type(bool by_server)
{
    return by_server ? CERTIFICATE_REQUEST : CLIENT_CERTIFICATE_REQUEST;
}

static void put_request_extensions(struct ink *ink, enum request_flaw flaw)
{
    size_t block = open_vector(ink, 2);

    if (flaw == REQUEST_UNSUITABLE_SCHEME) {
        put_extension(ink, SIGNATURE_ALGORITHMS, "\x00\x02\x04\x03", 4);
    } else if (flaw != REQUEST_NO_SCHEMES) {
        put_extension(ink, SIGNATURE_ALGORITHMS,
                      "\x00\x08\x04\x03\x05\x03\x08\x04\x08\x07", 10);
    }
    if (flaw == REQUEST_ATTESTATION_NOT_EMPTY) {
        put_extension(ink, CMW_ATTESTATION, "\x00", 1);
    } else if (flaw != REQUEST_NO_ATTESTATION) {
        put_extension(ink, CMW_ATTESTATION, "", 0);
    }
    if (flaw == REQUEST_EXTENSION_TWICE) {
        put_extension(ink, CMW_ATTESTATION, "", 0);
    }
    if (flaw == REQUEST_UNKNOWN_EXTENSION) {
        put_extension(ink, 0x4a4a, "xyz", 3);
    }
    close_vector(ink, block, 2);
}

void ea_put_request(struct ink *ink, bool by_server, struct span context,
                    enum request_flaw flaw)
{
    bool other = flaw == REQUEST_OTHER_TYPE;
    size_t body;

    ink_number(ink, request_type(by_server != other), 1);
    body = open_vector(ink, 3);
    put_vector(ink, context, 1);
    put_request_extensions(ink, flaw);
    close_vector(ink, body, 3);
    if (flaw == REQUEST_TRAILING) {
        ink_number(ink, 0, 1);
    }
    if (flaw == REQUEST_TRUNCATED) {
        ink->len--;
    }
}

/* Takes a vector from the front of `in`; false: it is not whole. */
static bool take_vector(struct span *in, size_t octets, struct span *out)
{
    size_t len = 0;

    if (in->len < octets) {
        return false;
    }
    for (size_t i = 0; i < octets; i++) {
        len = len << 8 | in->data[i];
    }
    if (in->len - octets < len) {
        return false;
    }
    *out = (struct span){in->data + octets, len};
    in->data += octets + len;
    in->len -= octets + len;
    return true;
}

static bool take_number(struct span *in, size_t octets, unsigned *out)
{
    if (in->len < octets) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < octets; i++) {
        *out = *out << 8 | in->data[i];
    }
    in->data += octets;
    in->len -= octets;
    return true;
}

static bool has_scheme(struct span schemes, unsigned scheme)
{
    unsigned one;

    while (take_number(&schemes, 2, &one)) {
        if (one == scheme) {
            return true;
        }
    }
    return false;
}

/* One extension of a request; false: it breaks the table of 5. */
static bool look_at_extension(unsigned type, struct span body, unsigned *seen,
                              struct ea_request *out)
{
    struct span schemes;

    if (type == SIGNATURE_ALGORITHMS) {
        if ((*seen & 1) != 0 || !take_vector(&body, 2, &schemes) ||
            body.len != 0 || schemes.len == 0 || schemes.len % 2 != 0) {
            return false;
        }
        *seen |= 1;
        out->suits = has_scheme(schemes, ED25519);
    } else if (type == CMW_ATTESTATION) {
        if ((*seen & 2) != 0 || body.len != 0) {
            return false;
        }
        *seen |= 2;
        out->attestation = true;
    }
    return true;
}

struct ea_request ea_get_request(struct span request, bool by_server)
{
    struct ea_request out = {.verdict = WIRE_PROTOCOL};
    struct span body, block, extension;
    unsigned type, seen = 0;

    if (request.len > 4096) {
        out.verdict = WIRE_LIMIT;
        return out;
    }
    if (!take_number(&request, 1, &type) || type != request_type(by_server) ||
        !take_vector(&request, 3, &body) || request.len != 0 ||
        !take_vector(&body, 1, &out.context) ||
        !take_vector(&body, 2, &block) || body.len != 0) {
        return out;
    }
    while (block.len != 0) {
        if (!take_number(&block, 2, &type) ||
            !take_vector(&block, 2, &extension) ||
            !look_at_extension(type, extension, &seen, &out)) {
            return out;
        }
    }
    if ((seen & 1) != 0) {
        out.verdict = WIRE_GOOD;
    }
    return out;
}

struct span ea_context_of(struct span request)
{
    return request.len > 5 && request.len - 5 >= request.data[4]
               ? (struct span){&request.data[5], request.data[4]}
               : (struct span){NULL, 0};
}

/* Authenticators: RFC 9261, 5; proto/README.md, 6 */

static const EVP_MD *digest_of(const struct connection *connection)
{
    return connection->sha384 ? EVP_sha384() : EVP_sha256();
}

struct hash ea_hash(const struct connection *connection, struct span octets)
{
    struct hash hash = {.len = 0};
    unsigned len;

    MUST(EVP_Digest(octets.data, octets.len, hash.octets, &len,
                    digest_of(connection), NULL));
    hash.len = len;
    return hash;
}

static struct hash export_key(const struct connection *connection,
                              bool by_server, const char *what)
{
    struct hash key = {.len = connection->sha384 ? 48 : 32};
    char label[64];

    snprintf(label, sizeof label, "EXPORTER-%s authenticator %s",
             by_server ? "server" : "client", what);
    MUST(connection->export_secret(
        connection->arg, label, (struct span){NULL, 0}, key.octets, key.len));
    return key;
}

struct hash ea_binder(const struct connection *connection, struct span spki,
                      struct span context)
{
    struct ink input = {0};
    uint8_t exported[32];
    struct hash binder;

    MUST(connection->export_secret(connection->arg, HOSTILE_BINDER_LABEL,
                                   context, exported, sizeof exported));
    ink_span(&input, spki);
    ink_octets(&input, exported, sizeof exported);
    binder = ea_hash(connection, ink_all(&input));
    ink_free(&input);
    return binder;
}

static void put_certificate(struct ink *ink, const struct identity *identity,
                            struct span context, struct span cmw,
                            enum answer_flaw flaw)
{
    size_t body, list, block, extension;

    ink_number(ink, CERTIFICATE, 1);
    body = open_vector(ink, 3);
    put_vector(ink, context, 1);
    list = open_vector(ink, 3);
    if (identity != NULL) {
        put_vector(ink, identity->der, 3);
        block = open_vector(ink, 2);
        if (flaw != ANSWER_NO_EVIDENCE) {
            ink_number(ink, CMW_ATTESTATION, 2);
            extension = open_vector(ink, 2);
            put_vector(ink, cmw, 2);
            close_vector(ink, extension, 2);
        }
        if (flaw == ANSWER_UNASKED_EXTENSION) {
            put_extension(ink, 5, "abc", 3); /* status_request */
        }
        close_vector(ink, block, 2);
    }
    close_vector(ink, list, 3);
    close_vector(ink, body, 3);
}

/* What is signed: RFC 8446, 4.4.3, with the string of RFC 9261, 5.2.2. */
static struct ink signed_content(const struct connection *connection,
                                 struct span transcript)
{
    static const char string[] = "Exported Authenticator";
    struct hash hash = ea_hash(connection, transcript);
    struct ink content = {0};

    for (size_t i = 0; i < 64; i++) {
        ink_number(&content, 0x20, 1);
    }
    ink_octets(&content, string, sizeof string); /* with its zero octet */
    ink_octets(&content, hash.octets, hash.len);
    return content;
}

static void put_certificate_verify(struct ink *ink,
                                   const struct connection *connection,
                                   const struct identity *identity,
                                   struct span transcript)
{
    struct ink content = signed_content(connection, transcript);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[64];
    size_t len = sizeof signature, body;

    MUST(ctx != NULL &&
         EVP_DigestSignInit(ctx, NULL, NULL, NULL, identity->key) &&
         EVP_DigestSign(ctx, signature, &len, content.data, content.len));
    EVP_MD_CTX_free(ctx);
    ink_free(&content);
    ink_number(ink, CERTIFICATE_VERIFY, 1);
    body = open_vector(ink, 3);
    ink_number(ink, ED25519, 2);
    put_vector(ink, (struct span){signature, len}, 2);
    close_vector(ink, body, 3);
}

static struct hash finished(const struct connection *connection, bool by_server,
                            struct span transcript)
{
    struct hash key = export_key(connection, by_server, "finished key");
    struct hash hash = ea_hash(connection, transcript);
    struct hash mac = {.len = 0};
    unsigned len;

    MUST(HMAC(digest_of(connection), key.octets, key.len, hash.octets, hash.len,
              mac.octets, &len) != NULL);
    mac.len = len;
    return mac;
}

static struct ink start_transcript(const struct connection *connection,
                                   bool by_server, struct span request)
{
    struct hash context =
        export_key(connection, by_server, "handshake context");
    struct ink transcript = {0};

    ink_octets(&transcript, context.octets, context.len);
    ink_span(&transcript, request);
    return transcript;
}

void ea_put_answer(struct ink *ink, const struct connection *connection,
                   bool by_server, enum identity_name name, struct span request,
                   struct span cmw, enum answer_flaw flaw)
{
    struct ink transcript = start_transcript(connection, by_server, request);
    bool empty = flaw == ANSWER_EMPTY || flaw == ANSWER_EMPTY_BAD_FINISHED;
    const struct identity *identity = empty ? NULL : &all()->of[name];
    struct span context = ea_context_of(request);
    size_t said = transcript.len;
    struct hash mac;

    if (flaw == ANSWER_GARBAGE) {
        ink_octets(ink, "\x0b\x00\x00\x00", 4);
        ink_free(&transcript);
        return;
    }
    if (flaw == ANSWER_OTHER_CONTEXT) {
        context = span_of_text("a context of nobody");
    }
    put_certificate(&transcript, identity, context, cmw, flaw);
    if (!empty) {
        put_certificate_verify(&transcript, connection, identity,
                               ink_all(&transcript));
        if (flaw == ANSWER_BAD_SIGNATURE) {
            transcript.data[transcript.len - 1] ^= 1;
        }
    }
    mac = finished(connection, by_server, ink_all(&transcript));
    if (flaw == ANSWER_BAD_FINISHED || flaw == ANSWER_EMPTY_BAD_FINISHED) {
        mac.octets[0] ^= 1;
    }
    if (!empty) { /* RFC 9261, 6: its Certificate is not sent */
        ink_octets(ink, transcript.data + said, transcript.len - said);
    }
    ink_number(ink, FINISHED, 1);
    put_vector(ink, (struct span){mac.octets, mac.len}, 3);
    if (flaw == ANSWER_TRAILING) {
        ink_number(ink, 0, 1);
    }
    if (flaw == ANSWER_TRUNCATED) {
        ink->len--;
    }
    ink_free(&transcript);
}

/* Takes one handshake message from the front of `in`, which `*whole` spans. */
static bool take_message(struct span *in, unsigned type, struct span *whole,
                         struct span *body)
{
    const uint8_t *start = in->data;
    unsigned found;

    if (!take_number(in, 1, &found) || found != type ||
        !take_vector(in, 3, body)) {
        return false;
    }
    *whole = (struct span){start, (size_t)(in->data - start)};
    return true;
}

/* A Certificate of one entry with cmw_attestation, in answer to `context`. */
static bool look_at_certificate(struct span body, struct span context,
                                struct span *cmw)
{
    struct span found, list, der, block, extension;
    unsigned type;

    return take_vector(&body, 1, &found) && spans_equal(found, context) &&
           take_vector(&body, 3, &list) && body.len == 0 &&
           take_vector(&list, 3, &der) &&
           spans_equal(der, all()->of[IDENTITY_OURS].der) &&
           take_vector(&list, 2, &block) && list.len == 0 &&
           take_number(&block, 2, &type) && type == CMW_ATTESTATION &&
           take_vector(&block, 2, &extension) && block.len == 0 &&
           take_vector(&extension, 2, cmw) && extension.len == 0;
}

static bool is_signed(const struct connection *connection,
                      struct span transcript, struct span body)
{
    struct ink content = signed_content(connection, transcript);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct span signature;
    unsigned scheme;
    bool good = take_number(&body, 2, &scheme) && scheme == ED25519 &&
                take_vector(&body, 2, &signature) && body.len == 0;

    MUST(ctx != NULL);
    good = good &&
           EVP_DigestVerifyInit(ctx, NULL, NULL, NULL,
                                all()->of[IDENTITY_OURS].key) &&
           EVP_DigestVerify(ctx, signature.data, signature.len, content.data,
                            content.len);
    EVP_MD_CTX_free(ctx);
    ink_free(&content);
    return good;
}

bool ea_check_answer(const struct connection *connection, bool by_server,
                     struct span request, struct span answer, struct span *cmw)
{
    struct ink transcript = start_transcript(connection, by_server, request);
    struct span whole, body, context = ea_context_of(request);
    bool empty = answer.len != 0 && answer.data[0] == FINISHED;
    bool good = true;
    struct hash mac;

    *cmw = (struct span){NULL, 0};
    if (empty) {
        put_certificate(&transcript, NULL, context, *cmw, ANSWER_EMPTY);
    } else {
        good = take_message(&answer, CERTIFICATE, &whole, &body) &&
               look_at_certificate(body, context, cmw);
        if (good) {
            ink_span(&transcript, whole);
            good = take_message(&answer, CERTIFICATE_VERIFY, &whole, &body) &&
                   is_signed(connection, ink_all(&transcript), body);
        }
        if (good) {
            ink_span(&transcript, whole);
        }
    }
    mac = finished(connection, by_server, ink_all(&transcript));
    good = good && take_message(&answer, FINISHED, &whole, &body) &&
           answer.len == 0 &&
           spans_equal(body, (struct span){mac.octets, mac.len});
    ink_free(&transcript);
    return good;
}
