/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <vouch/authenticator.h>
#include <vouch/limits.h>
#include <vouch/tls.h>

#include "lib/authenticator/endpoint.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"
#include "tests/support/tls_pair.h"

#define NOW PKI_NOW
#define DAY INT64_C(86400)
#define NAME "host.vouch.test"

static const vouch_bytes none = {NULL, 0};
static const vouch_bytes cmw = {(const uint8_t *)"any octets", 10};

/* A root that the tests trust, and two sides on one TLS connection: the relying
 * party asks, the attester has `key` and `leaf`. */
static struct pki_entity root;
static X509_STORE *store;

struct world {
    struct tls_pair *tls;
    vouch_channel *channel[2];
    vouch_endpoint *endpoint[2];
    vouch_endpoint *attester, *relying_party;
    vouch_role role; /* of the attester */
    EVP_PKEY *key;
    vouch_credential *credential;
    vouch_trust *trust;
};

static struct world world;

static struct pki_profile leaf_profile(void)
{
    return (struct pki_profile){
        .key = world.key,
        .san = "DNS:" NAME ",IP:192.0.2.1,IP:2001:db8::1",
        .eku = world.role == VOUCH_SERVER ? "serverAuth" : "clientAuth",
        .not_before = NOW - 10 * DAY,
        .not_after = NOW + 10 * DAY};
}

static void set_credential(X509 *const *chain, size_t num)
{
    vouch_buffer pem = pki_pem(chain, num);
    vouch_key *key;

    vouch_credential_free(world.credential);
    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(world.key, &key));
    ck_assert_int_eq(
        VOUCH_OK, vouch_credential_new(key, span_of(&pem), &world.credential));
    vouch_key_free(key);
    free(pem.data);
}

static void set_trust(X509_STORE *anchors, const char *name)
{
    vouch_trust_free(world.trust);
    ck_assert_int_eq(VOUCH_OK, vouch_trust_new(anchors, name, &world.trust));
}

/* Puts a certificate of the AIK by `issuer` into the credential, followed by
 * the first `sent` of `above`. */
static void set_chain(const struct pki_entity *issuer,
                      const struct pki_profile *profile, X509 *const *above,
                      size_t sent)
{
    struct pki_entity leaf = pki_issue(issuer, profile);
    X509 *chain[VOUCH_LIMIT_CHAIN] = {leaf.certificate};

    for (size_t i = 0; i < sent; i++) {
        chain[1 + i] = above[i];
    }
    set_credential(chain, 1 + sent);
    pki_free(&leaf);
}

static void set_leaf(const struct pki_profile *profile)
{
    set_chain(&root, profile, NULL, 0);
}

static void open_world(vouch_role role, enum pki_kind kind)
{
    struct pki_profile profile;

    memset(&world, 0, sizeof world);
    world.tls = tls_connect(&(struct tls_options){0});
    ck_assert_int_eq(VOUCH_OK,
                     vouch_channel_from_ssl(world.tls->client,
                                            &world.channel[VOUCH_CLIENT]));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_channel_from_ssl(world.tls->server,
                                            &world.channel[VOUCH_SERVER]));
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(
            VOUCH_OK, vouch_endpoint_new(world.channel[i], &world.endpoint[i]));
    }
    world.role = role;
    world.attester = world.endpoint[role];
    world.relying_party =
        world.endpoint[role == VOUCH_CLIENT ? VOUCH_SERVER : VOUCH_CLIENT];
    world.key = pki_key(kind);
    profile = leaf_profile();
    set_leaf(&profile);
    set_trust(store, NAME);
}

static void close_world(void)
{
    vouch_trust_free(world.trust);
    vouch_credential_free(world.credential);
    EVP_PKEY_free(world.key);
    for (size_t i = 0; i < 2; i++) {
        vouch_endpoint_free(world.endpoint[i]);
        vouch_channel_free(world.channel[i]);
    }
    tls_pair_free(world.tls);
}

static void setup_root(void)
{
    root = pki_root(PKI_P256);
    store = pki_store(&root);
}

static void teardown_root(void)
{
    X509_STORE_free(store);
    pki_free(&root);
}

static void setup(void)
{
    open_world(VOUCH_SERVER, PKI_P256);
}

static vouch_buffer ask(bool attestation)
{
    vouch_buffer request;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_request(world.relying_party, attestation,
                                            NULL, &request));
    return request;
}

static vouch_buffer answer(const vouch_buffer *request)
{
    vouch_buffer authenticator;

    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_authenticate(
                                   world.attester, span_of(request),
                                   world.credential, cmw, &authenticator));
    return authenticator;
}

static vouch_err validate(const vouch_buffer *request,
                          const vouch_buffer *authenticator, int64_t now,
                          vouch_identity *out)
{
    return vouch_endpoint_validate(world.relying_party, span_of(request),
                                   span_of(authenticator), world.trust,
                                   (vouch_now){0, now}, out);
}

/* One whole exchange. What `out` borrows is gone, but for numbers. */
static vouch_err exchange_at(int64_t now, vouch_identity *out)
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_err err = validate(&request, &authenticator, now, out);

    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
    return err;
}

static vouch_err exchange(void)
{
    vouch_identity identity;

    return exchange_at(NOW, &identity);
}

static vouch_err exchange_with(const struct pki_profile *profile)
{
    set_leaf(profile);
    return exchange();
}

/* --- what a good one gives --- */

/* Both roles, all four schemes: expat-04, 3.4 [X15], 4.3 [X20] [X21], 5.2
 * [X28]. */
START_TEST(authenticator_proves_identity_over_tls)
{
    static const struct {
        enum pki_kind kind;
        uint16_t scheme;
    } kinds[] = {
        {PKI_P256, VOUCH_ECDSA_SECP256R1_SHA256},
        {PKI_P384, VOUCH_ECDSA_SECP384R1_SHA384},
        {PKI_ED25519, VOUCH_ED25519},
        {PKI_RSA2048, VOUCH_RSA_PSS_RSAE_SHA256},
    };
    vouch_buffer request, authenticator;
    vouch_digest binder, aik_pub_hash;
    vouch_identity identity;
    vouch_bytes context;

    open_world(_i % 2 == 0 ? VOUCH_SERVER : VOUCH_CLIENT, kinds[_i / 2].kind);
    request = ask(true);
    /* RFC 9261, 4 [E04] */
    ck_assert_uint_eq(request.data[0], world.role == VOUCH_SERVER ? 17 : 13);
    authenticator = answer(&request);
    ck_assert_int_eq(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    ck_assert_mem_eq(identity.cmw.data, cmw.data, cmw.len);
    ck_assert_uint_eq(identity.cmw.len, cmw.len);
    ck_assert_uint_eq(identity.scheme, kinds[_i / 2].scheme);
    ck_assert_int_eq(identity.not_after, NOW + 10 * DAY);
    ck_assert(!identity.revocation_checked);
    ck_assert(!identity.is_handshake_key);
    ck_assert_int_eq(VOUCH_OK, vouch_get_context(span_of(&request), &context));
    ck_assert_uint_eq(identity.context.len, context.len);
    ck_assert_mem_eq(identity.context.data, context.data, context.len);
    /* The attester computes the same on its side of the connection. */
    ck_assert_int_eq(VOUCH_OK,
                     vouch_binder(world.channel[world.role],
                                  vouch_credential_spki(world.credential),
                                  context, &binder));
    ck_assert_int_eq(
        VOUCH_OK, vouch_aik_pub_hash(
                      vouch_channel_hash(world.channel[world.role]),
                      vouch_credential_spki(world.credential), &aik_pub_hash));
    ck_assert_mem_eq(&identity.binder, &binder, sizeof binder);
    ck_assert_mem_eq(&identity.aik_pub_hash, &aik_pub_hash,
                     sizeof aik_pub_hash);
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
    close_world();
}
END_TEST

/* RFC 9261, 5.2.1 [E14]: nothing that was not asked for, and no evidence is a
 * plain authenticator (expat-04, 3.1 [X07] [X09]). */
START_TEST(authenticator_without_attestation_has_no_cmw)
{
    vouch_buffer request = ask(_i == 1), authenticator;
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_authenticate(
                                   world.attester, span_of(&request),
                                   world.credential, none, &authenticator));
    ck_assert_int_eq(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    ck_assert_uint_eq(identity.cmw.len, 0);
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* expat-04, 5.1 [X40]: each exchange has a binder of its own. */
START_TEST(authenticator_binder_differs_between_exchanges)
{
    vouch_identity first, second;

    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &first));
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &second));
    ck_assert_mem_ne(&first.binder, &second.binder, sizeof first.binder);
    ck_assert_mem_eq(&first.aik_pub_hash, &second.aik_pub_hash,
                     sizeof first.aik_pub_hash);
}
END_TEST

/* --- what is altered is refused --- */

START_TEST(authenticator_with_any_octet_changed_is_refused)
{
    enum { STRIDE = 7 };
    vouch_identity identity, before;

    memset(&identity, 0xa5, sizeof identity);
    before = identity;
    for (size_t at = (size_t)_i;; at += STRIDE) {
        vouch_buffer request = ask(true), authenticator = answer(&request);
        size_t len = authenticator.len;

        if (at < len) {
            authenticator.data[at] ^= 1;
            ck_assert_int_eq(VOUCH_BAND_PEER,
                             vouch_err_band_of(validate(
                                 &request, &authenticator, NOW, &identity)));
            ck_assert_mem_eq(&identity, &before, sizeof identity);
        }
        vouch_buffer_free(&request);
        vouch_buffer_free(&authenticator);
        if (at >= len) {
            break;
        }
    }
}
END_TEST

START_TEST(authenticator_context_validates_once) /* RFC 9261, 7.4 [E26] */
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

START_TEST(authenticator_context_is_spent_by_a_bad_answer)
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_identity identity;

    authenticator.data[authenticator.len - 1] ^= 1;
    ck_assert_int_eq(VOUCH_E_FINISHED,
                     validate(&request, &authenticator, NOW, &identity));
    authenticator.data[authenticator.len - 1] ^= 1;
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* Attack 7 and 10: the answer to one request for another. */
START_TEST(authenticator_of_another_request_is_refused)
{
    vouch_buffer first = ask(true), second = ask(true);
    vouch_buffer authenticator = answer(&first);
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_E_CONTEXT_MISMATCH,
                     validate(&second, &authenticator, NOW, &identity));
    ck_assert_int_eq(VOUCH_OK,
                     validate(&first, &authenticator, NOW, &identity));
    vouch_buffer_free(&first);
    vouch_buffer_free(&second);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* Attack 1 and 8: made on another connection, with the same request. */
START_TEST(authenticator_of_another_connection_is_refused)
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    struct world first = world;
    vouch_identity identity;
    vouch_buffer own;

    open_world(VOUCH_SERVER, PKI_P256);
    own = ask(true); /* so that the counter is this side's */
    ck_assert_int_eq(VOUCH_E_FINISHED,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&own);
    close_world();
    world = first;
    ck_assert_int_eq(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* --- refusal --- */

START_TEST(empty_authenticator_is_an_authentic_refusal) /* [E21] [E27] */
{
    vouch_buffer request = ask(true), authenticator;
    vouch_identity identity, before;
    vouch_bytes context = cmw;

    memset(&identity, 0xa5, sizeof identity);
    before = identity;
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_refuse(world.attester, span_of(&request),
                                           &authenticator));
    ck_assert_int_eq(VOUCH_E_DECLINED,
                     vouch_get_context(span_of(&authenticator), &context));
    ck_assert_ptr_eq(context.data, cmw.data);
    authenticator.data[authenticator.len - 1] ^= (uint8_t)_i;
    ck_assert_int_eq(_i == 0 ? VOUCH_E_DECLINED : VOUCH_E_FINISHED,
                     validate(&request, &authenticator, NOW, &identity));
    ck_assert_mem_eq(&identity, &before, sizeof identity);
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* --- requests --- */

START_TEST(request_is_answered_once) /* RFC 9261, 5.2 [E10] */
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_buffer second = {NULL, 0};

    ck_assert_int_eq(
        VOUCH_E_CONTEXT_REUSED,
        vouch_endpoint_authenticate(world.attester, span_of(&request),
                                    world.credential, cmw, &second));
    ck_assert_int_eq(
        VOUCH_E_CONTEXT_REUSED,
        vouch_endpoint_refuse(world.attester, span_of(&request), &second));
    ck_assert_ptr_null(second.data);
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* Attack 17 and 9: one's own request comes back. */
START_TEST(request_of_the_wrong_type_is_refused) /* [E04] */
{
    vouch_buffer request = ask(true), out = {NULL, 0};

    ck_assert_int_eq(VOUCH_E_REQUEST_TYPE,
                     vouch_endpoint_authenticate(world.relying_party,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    /* with the other side's type, but a context of this side's */
    request.data[0] = request.data[0] == 17 ? 13 : 17;
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_endpoint_authenticate(world.relying_party,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    ck_assert_ptr_null(out.data);
    vouch_buffer_free(&request);
}
END_TEST

/* RFC 9261, 5 [E06] and 5.2.1 [E11]: nothing is answered but a request, and
 * nothing is validated but the answer to one's own. */
START_TEST(authenticator_is_not_spontaneous)
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_buffer out = {NULL, 0};
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_endpoint_authenticate(world.attester, none,
                                                 world.credential, cmw, &out));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_endpoint_authenticate(world.attester,
                                                 span_of(&authenticator),
                                                 world.credential, cmw, &out));
    ck_assert_ptr_null(out.data);
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_endpoint_validate(
                         world.relying_party, none, span_of(&authenticator),
                         world.trust, (vouch_now){0, NOW}, &identity));
    ck_assert_int_eq(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

START_TEST(request_without_offer_gets_no_cmw) /* expat-04, 3.1 [X08], [E14] */
{
    vouch_buffer request = ask(false), out = {NULL, 0};

    ck_assert_int_eq(VOUCH_E_UNSUPPORTED_EXTENSION,
                     vouch_endpoint_authenticate(world.attester,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    ck_assert_ptr_null(out.data);
    /* The context is not spent by that. */
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_refuse(world.attester,
                                                     span_of(&request), &out));
    vouch_buffer_free(&request);
    vouch_buffer_free(&out);
}
END_TEST

START_TEST(request_without_the_keys_scheme_is_not_answered) /* [E17] [E12] */
{
    /* Position of the four schemes in a request without a name. */
    enum { SCHEMES = 4 + 1 + 32 + 2 + 4 + 2 };
    vouch_buffer request = ask(true), out = {NULL, 0};

    ck_assert_mem_eq(&request.data[SCHEMES], "\x04\x03", 2);
    request.data[SCHEMES + 1] = 0x04;
    ck_assert_int_eq(VOUCH_E_SIGNATURE_SCHEME,
                     vouch_endpoint_authenticate(world.attester,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    ck_assert_ptr_null(out.data);
    vouch_buffer_free(&request);
}
END_TEST

/* RFC 9261, 5.2.1 [E12]: of what an RSA root may sign with, only one is
 * offered. */
START_TEST(request_without_the_chains_scheme_is_not_answered)
{
    struct pki_entity issuer = pki_root(PKI_RSA2048);
    const struct {
        const EVP_MD *digest;
        bool pkcs1;
        vouch_err err;
    } cases[] = {
        {EVP_sha256(), true, VOUCH_E_SIGNATURE_SCHEME},
        {EVP_sha384(), false, VOUCH_E_SIGNATURE_SCHEME},
        {EVP_sha512(), false, VOUCH_E_SIGNATURE_SCHEME},
        {EVP_sha256(), false, VOUCH_OK},
    };
    struct pki_profile profile = leaf_profile();
    vouch_buffer request = ask(true);

    for (int i = 0; i < COUNT(cases); i++) {
        vouch_buffer out = {NULL, 0};

        profile.digest = cases[i].digest;
        profile.pkcs1 = cases[i].pkcs1;
        set_chain(&issuer, &profile, NULL, 0);
        ck_assert_int_eq(cases[i].err, vouch_endpoint_authenticate(
                                           world.attester, span_of(&request),
                                           world.credential, cmw, &out));
        ck_assert_int_eq(cases[i].err == VOUCH_OK, out.data != NULL);
        vouch_buffer_free(&out);
    }
    vouch_buffer_free(&request);
    pki_free(&issuer);
}
END_TEST

/* RFC 8446, 4.2.3: the signature of a root counts for nothing. The key of this
 * one signs itself with SHA-384, and the leaf with SHA-256. */
START_TEST(request_without_the_roots_scheme_is_answered) /* [E12] */
{
    enum { SECOND_SCHEME = 4 + 1 + 32 + 2 + 4 + 2 + 2 };
    struct pki_entity issuer = pki_root(PKI_P384);
    struct pki_profile profile = leaf_profile();
    vouch_buffer request = ask(true), out = {NULL, 0};

    ck_assert_mem_eq(&request.data[SECOND_SCHEME], "\x05\x03", 2);
    request.data[SECOND_SCHEME] = 0x06;
    set_chain(&issuer, &profile, &issuer.certificate, 1);
    ck_assert_int_eq(VOUCH_E_SIGNATURE_SCHEME,
                     vouch_endpoint_authenticate(world.attester,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    profile.digest = EVP_sha256();
    set_chain(&issuer, &profile, &issuer.certificate, 1);
    ck_assert_int_eq(
        VOUCH_OK, vouch_endpoint_authenticate(world.attester, span_of(&request),
                                              world.credential, cmw, &out));
    vouch_buffer_free(&request);
    vouch_buffer_free(&out);
    pki_free(&issuer);
}
END_TEST

START_TEST(cmw_has_a_limit) /* expat-04, 3 [X03] */
{
    uint8_t *octets = calloc(1, VOUCH_LIMIT_CMW + 1);
    vouch_buffer request = ask(true), out = {NULL, 0};
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_E_TOO_LARGE,
                     vouch_endpoint_authenticate(
                         world.attester, span_of(&request), world.credential,
                         (vouch_bytes){octets, VOUCH_LIMIT_CMW + 1}, &out));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_authenticate(
                         world.attester, span_of(&request), world.credential,
                         (vouch_bytes){octets, VOUCH_LIMIT_CMW}, &out));
    ck_assert_int_eq(VOUCH_OK, validate(&request, &out, NOW, &identity));
    ck_assert_uint_eq(identity.cmw.len, VOUCH_LIMIT_CMW);
    free(octets);
    vouch_buffer_free(&request);
    vouch_buffer_free(&out);
}
END_TEST

START_TEST(server_name_is_for_clients_and_a_name) /* RFC 9261, 4 [E03] */
{
    static const char *const bad[] = {
        "", "a..b", ".a", "a.", "a b", "*.a", "-a", "a-", "a_b.c", "192.0.2.1"};
    vouch_buffer out = {NULL, 0};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(VOUCH_E_ARGUMENT,
                         vouch_endpoint_request(world.endpoint[VOUCH_CLIENT],
                                                true, bad[i], &out));
    }
    ck_assert_int_eq(
        VOUCH_E_ARGUMENT,
        vouch_endpoint_request(world.endpoint[VOUCH_SERVER], true, NAME, &out));
    ck_assert_ptr_null(out.data);
    ck_assert_int_eq(
        VOUCH_OK,
        vouch_endpoint_request(world.endpoint[VOUCH_CLIENT], true, NAME, &out));
    vouch_buffer_free(&out);
}
END_TEST

START_TEST(channel_has_one_endpoint)
{
    vouch_endpoint *second = NULL;

    ck_assert_int_eq(VOUCH_E_CHANNEL_USED,
                     vouch_endpoint_new(world.channel[0], &second));
    ck_assert_ptr_null(second);
}
END_TEST

/* --- PKI: expat-04, 3.3 [X12] [X13] --- */

START_TEST(chain_name_is_checked)
{
    static const struct {
        const char *name;
        vouch_err err;
    } names[] = {
        {NAME, VOUCH_OK},
        {"HOST.vouch.test", VOUCH_OK},
        {"192.0.2.1", VOUCH_OK},
        {"2001:db8:0::1", VOUCH_OK},
        {VOUCH_NAME_NONE, VOUCH_OK},
        {"elsewhere.vouch.test", VOUCH_E_CERTIFICATE},
        {"vouch.test", VOUCH_E_CERTIFICATE},
        {"leaf", VOUCH_E_CERTIFICATE}, /* the commonName */
        {"192.0.2.2", VOUCH_E_CERTIFICATE},
        {"2001:db8::2", VOUCH_E_CERTIFICATE},
    };

    set_trust(store, names[_i].name);
    ck_assert_int_eq(names[_i].err, exchange());
}
END_TEST

/* RFC 6125, 6.4.4: without subjectAltName there is no name. */
START_TEST(chain_name_is_not_the_common_name)
{
    struct pki_profile profile = leaf_profile();

    profile.name = NAME;
    ck_assert_int_eq(VOUCH_OK, exchange_with(&profile));
    profile.san = "";
    ck_assert_int_eq(VOUCH_E_CERTIFICATE, exchange_with(&profile));
    set_trust(store, VOUCH_NAME_NONE);
    ck_assert_int_eq(VOUCH_OK, exchange());
}
END_TEST

START_TEST(trust_without_a_name_is_refused)
{
    static const char *const bad[] = {NULL,         "",  ".",
                                      "*any name*", "*", ".vouch.test"};
    vouch_trust *trust = NULL;

    ck_assert_int_eq(VOUCH_E_ARGUMENT, vouch_trust_new(store, bad[_i], &trust));
    ck_assert_ptr_null(trust);
}
END_TEST

START_TEST(chain_purpose_follows_the_role)
{
    static const struct {
        vouch_role role;
        const char *eku;
        const char *usage;
        vouch_err err;
    } cases[] = {
        {VOUCH_SERVER, "serverAuth", "", VOUCH_OK},
        {VOUCH_SERVER, "clientAuth,serverAuth", "", VOUCH_OK},
        {VOUCH_SERVER, "clientAuth", "", VOUCH_E_CERTIFICATE},
        {VOUCH_SERVER, "", "", VOUCH_E_CERTIFICATE},
        {VOUCH_SERVER, "anyExtendedKeyUsage", "", VOUCH_E_CERTIFICATE},
        {VOUCH_SERVER, "serverAuth", "digitalSignature", VOUCH_OK},
        {VOUCH_SERVER, "serverAuth", "keyAgreement", VOUCH_E_CERTIFICATE},
        {VOUCH_CLIENT, "clientAuth", "", VOUCH_OK},
        {VOUCH_CLIENT, "serverAuth", "", VOUCH_E_CERTIFICATE},
        {VOUCH_CLIENT, "", "", VOUCH_E_CERTIFICATE},
        {VOUCH_CLIENT, "clientAuth", "keyAgreement", VOUCH_E_CERTIFICATE},
    };
    struct pki_profile profile;

    open_world(cases[_i].role, PKI_P256);
    profile = leaf_profile();
    profile.eku = cases[_i].eku;
    profile.usage = cases[_i].usage;
    ck_assert_int_eq(cases[_i].err, exchange_with(&profile));
    close_world();
}
END_TEST

START_TEST(chain_time_is_the_callers)
{
    static const struct {
        int64_t now;
        vouch_err err;
    } times[] = {
        {NOW - 11 * DAY, VOUCH_E_CERTIFICATE},
        {NOW - 9 * DAY, VOUCH_OK},
        {NOW + 9 * DAY, VOUCH_OK},
        {NOW + 11 * DAY, VOUCH_E_CERTIFICATE},
        {0, VOUCH_E_CERTIFICATE},
    };
    vouch_identity identity;

    ck_assert_int_eq(times[_i].err, exchange_at(times[_i].now, &identity));
}
END_TEST

START_TEST(chain_to_another_root_is_refused)
{
    struct pki_entity other = pki_root(PKI_P256);
    X509_STORE *others = pki_store(&other);

    ck_assert_int_eq(VOUCH_OK, exchange());
    set_trust(others, NAME);
    ck_assert_int_eq(VOUCH_E_CERTIFICATE, exchange());
    X509_STORE_free(others);
    pki_free(&other);
}
END_TEST

static int say_yes(int ok, X509_STORE_CTX *context)
{
    (void)ok;
    (void)context;
    return 1;
}

START_TEST(chain_check_can_not_be_turned_off_in_the_store) /* [X13] */
{
    X509_STORE *nothing = X509_STORE_new();

    X509_STORE_set_verify_cb(nothing, say_yes);
    set_trust(nothing, NAME);
    ck_assert_int_eq(VOUCH_E_CERTIFICATE, exchange());
    X509_STORE_free(nothing);
}
END_TEST

/* Leaf, intermediate and root: what is sent, what is trusted. */
START_TEST(chain_needs_its_intermediate_and_its_root)
{
    static const struct {
        size_t sent;
        bool trust_intermediate; /* in the place of the root */
        vouch_err err;
    } cases[] = {
        {2, false, VOUCH_OK},
        {3, false, VOUCH_OK},
        {1, false, VOUCH_E_CERTIFICATE},
        {2, true, VOUCH_E_CERTIFICATE}, /* a partial chain */
    };
    struct pki_entity intermediate = pki_issue(
        &root, &(struct pki_profile){.ca = true, .not_after = NOW + DAY});
    X509 *const above[] = {intermediate.certificate, root.certificate};
    struct pki_profile profile = leaf_profile();
    X509_STORE *anchors =
        pki_store(cases[_i].trust_intermediate ? &intermediate : &root);
    vouch_identity identity;

    set_chain(&intermediate, &profile, above, cases[_i].sent - 1);
    X509_STORE_set_flags(anchors, X509_V_FLAG_PARTIAL_CHAIN);
    set_trust(anchors, NAME);
    ck_assert_int_eq(cases[_i].err, exchange_at(NOW, &identity));
    if (cases[_i].err == VOUCH_OK) {
        ck_assert_int_eq(identity.not_after, NOW + DAY);
    }
    X509_STORE_free(anchors);
    pki_free(&intermediate);
}
END_TEST

/* RFC 5280, 4.2.1: an intermediate may be for one purpose only, and must be for
 * issuing. */
START_TEST(chain_purpose_is_the_intermediates_too)
{
    static const struct {
        struct pki_profile profile;
        vouch_err err;
    } cases[] = {
        {{.ca = true, .eku = "serverAuth"}, VOUCH_OK},
        {{.ca = true, .eku = "clientAuth"}, VOUCH_E_CERTIFICATE},
        {{.ca = true, .usage = "critical,cRLSign"}, VOUCH_E_CERTIFICATE},
        {{.ca = false, .usage = "critical,keyCertSign"}, VOUCH_E_CERTIFICATE},
    };
    struct pki_entity intermediate = pki_issue(&root, &cases[_i].profile);
    struct pki_profile profile = leaf_profile();

    set_chain(&intermediate, &profile, &intermediate.certificate, 1);
    ck_assert_int_eq(cases[_i].err, exchange());
    pki_free(&intermediate);
}
END_TEST

START_TEST(chain_signed_with_sha1_is_refused)
{
    struct pki_profile profile = leaf_profile();
    vouch_buffer request, out = {NULL, 0};

    ck_assert_int_eq(VOUCH_OK, exchange());
    request = ask(true);
    profile.digest = EVP_sha1();
    set_leaf(&profile);
    /* Not even the own side sends such a chain. */
    ck_assert_int_eq(VOUCH_E_SIGNATURE_SCHEME,
                     vouch_endpoint_authenticate(world.attester,
                                                 span_of(&request),
                                                 world.credential, cmw, &out));
    ck_assert_ptr_null(out.data);
    vouch_buffer_free(&request);
}
END_TEST

START_TEST(chain_over_a_short_rsa_key_is_refused)
{
    static const struct {
        enum pki_kind kind;
        vouch_err err;
    } cases[] = {
        {PKI_RSA2048, VOUCH_OK},
        {PKI_RSA1024, VOUCH_E_CERTIFICATE},
    };
    struct pki_entity intermediate = pki_issue(
        &root, &(struct pki_profile){.kind = cases[_i].kind, .ca = true});
    X509 *const above[] = {intermediate.certificate};
    struct pki_profile profile = leaf_profile();

    set_chain(&intermediate, &profile, above, 1);
    ck_assert_int_eq(cases[_i].err, exchange());
    pki_free(&intermediate);
}
END_TEST

/* --- revocation --- */

static void add_crl(const struct pki_entity *issuer, int64_t from,
                    int64_t until, const X509 *revoked)
{
    vouch_buffer crl = pki_crl(issuer, revoked, from, until);

    ck_assert_int_eq(VOUCH_OK, vouch_trust_add_crl(world.trust, span_of(&crl)));
    free(crl.data);
}

START_TEST(crl_that_is_good_is_reported)
{
    vouch_identity identity;

    add_crl(&root, NOW - DAY, NOW + DAY, NULL);
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &identity));
    ck_assert(identity.revocation_checked);
    ck_assert_int_eq(identity.not_after, NOW + DAY);
    /* The chain is remembered no longer than the CRL speaks. */
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW + DAY - 1, &identity));
    ck_assert(identity.revocation_checked);
    ck_assert_int_eq(VOUCH_E_CERTIFICATE,
                     exchange_at(NOW + DAY + 1, &identity));
}
END_TEST

START_TEST(crl_that_is_renewed_prolongs)
{
    vouch_identity identity;

    add_crl(&root, NOW - DAY, NOW + DAY, NULL);
    add_crl(&root, NOW - DAY, NOW + 3 * DAY, NULL);
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &identity));
    ck_assert_int_eq(identity.not_after, NOW + 3 * DAY);
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW + 2 * DAY, &identity));
}
END_TEST

START_TEST(crl_that_revokes_is_heeded)
{
    struct pki_profile profile = leaf_profile();
    struct pki_entity leaf = pki_issue(&root, &profile);
    struct pki_entity other = pki_issue(&root, &profile);

    set_credential(&leaf.certificate, 1);
    add_crl(&root, NOW - DAY, NOW + DAY,
            _i == 0 ? other.certificate : leaf.certificate);
    ck_assert_int_eq(_i == 0 ? VOUCH_OK : VOUCH_E_CERTIFICATE, exchange());
    pki_free(&leaf);
    pki_free(&other);
}
END_TEST

START_TEST(crl_that_is_missing_expired_or_forged_is_refused)
{
    struct pki_entity other =
        pki_issue(&root, &(struct pki_profile){.name = _i == 1 ? "root" : NULL,
                                               .ca = true});

    if (_i == 2) {
        add_crl(&root, NOW - 2 * DAY, NOW - DAY, NULL);
    } else { /* of another issuer, or in the issuer's name by another key */
        add_crl(&other, NOW - DAY, NOW + DAY, NULL);
    }
    ck_assert_int_eq(VOUCH_E_CERTIFICATE, exchange());
    pki_free(&other);
}
END_TEST

/* Every issuer in the chain must have spoken. */
START_TEST(crl_is_needed_of_every_issuer)
{
    struct pki_entity intermediate =
        pki_issue(&root, &(struct pki_profile){.ca = true});
    struct pki_profile profile = leaf_profile();

    set_chain(&intermediate, &profile, &intermediate.certificate, 1);
    add_crl(&intermediate, NOW - DAY, NOW + DAY, NULL);
    if (_i != 0) {
        add_crl(&root, NOW - DAY, NOW + DAY,
                _i == 1 ? NULL : intermediate.certificate);
    }
    ck_assert_int_eq(_i == 1 ? VOUCH_OK : VOUCH_E_CERTIFICATE, exchange());
    pki_free(&intermediate);
}
END_TEST

START_TEST(crl_comes_before_use_and_is_a_crl)
{
    vouch_buffer crl = pki_crl(&root, NULL, NOW - DAY, NOW + DAY);
    uint8_t *octets = exact_copy(crl.data, crl.len - 1);

    ck_assert_int_eq(
        VOUCH_E_DECODE,
        vouch_trust_add_crl(world.trust, (vouch_bytes){octets, crl.len - 1}));
    free(octets);
    octets = calloc(1, crl.len + 1);
    memcpy(octets, crl.data, crl.len);
    ck_assert_int_eq(
        VOUCH_E_DECODE,
        vouch_trust_add_crl(world.trust, (vouch_bytes){octets, crl.len + 1}));
    free(octets);
    ck_assert_int_eq(VOUCH_OK, exchange());
    ck_assert_int_eq(VOUCH_E_STATE,
                     vouch_trust_add_crl(world.trust, span_of(&crl)));
    free(crl.data);
}
END_TEST

/* --- remembered chains --- */

START_TEST(remembered_chain_gives_the_same_answer)
{
    vouch_identity first, again;

    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &first));
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW + 1, &again));
    ck_assert_int_eq(first.not_after, again.not_after);
    ck_assert_uint_eq(first.scheme, again.scheme);
    ck_assert_uint_eq(first.spki.len, again.spki.len);
    ck_assert_mem_eq(&first.aik_pub_hash, &again.aik_pub_hash,
                     sizeof again.aik_pub_hash);
}
END_TEST

START_TEST(remembered_chain_expires)
{
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &identity));
    ck_assert_int_eq(VOUCH_E_CERTIFICATE,
                     exchange_at(NOW + 11 * DAY, &identity));
    ck_assert_int_eq(VOUCH_E_CERTIFICATE,
                     exchange_at(NOW - 11 * DAY, &identity));
    ck_assert_int_eq(VOUCH_OK, exchange_at(NOW, &identity));
}
END_TEST

/* The same key in another certificate is another chain. */
START_TEST(remembered_chain_is_exact)
{
    struct pki_profile profile = leaf_profile();

    ck_assert_int_eq(VOUCH_OK, exchange());
    profile.san = "DNS:elsewhere.vouch.test";
    ck_assert_int_eq(VOUCH_E_CERTIFICATE, exchange_with(&profile));
}
END_TEST

/* A chain that is good for a server is not therefore good for a client. */
START_TEST(remembered_chain_is_for_one_purpose)
{
    vouch_buffer request, authenticator;
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK, exchange());
    ck_assert_int_eq(
        VOUCH_OK, vouch_endpoint_request(world.attester, true, NULL, &request));
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_authenticate(
                                   world.relying_party, span_of(&request),
                                   world.credential, cmw, &authenticator));
    ck_assert_int_eq(VOUCH_E_CERTIFICATE,
                     vouch_endpoint_validate(world.attester, span_of(&request),
                                             span_of(&authenticator),
                                             world.trust, (vouch_now){0, NOW},
                                             &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

START_TEST(remembered_chain_does_not_excuse_the_signature)
{
    vouch_buffer request, authenticator;
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK, exchange());
    request = ask(true);
    authenticator = answer(&request);
    /* Entry 0 with its evidence changed: Finished is then of no use. */
    authenticator.data[authenticator.len / 2] ^= 1;
    ck_assert_int_ne(VOUCH_OK,
                     validate(&request, &authenticator, NOW, &identity));
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

/* --- credentials --- */

START_TEST(credential_needs_certificates_for_its_key)
{
    EVP_PKEY *other = pki_key(PKI_P256);
    struct pki_profile profile = leaf_profile();
    struct pki_entity leaf = pki_issue(&root, &profile);
    X509 *many[VOUCH_LIMIT_CHAIN + 1];
    vouch_credential *credential = NULL;
    vouch_buffer pem;
    vouch_key *key, *other_key;

    for (size_t i = 0; i < VOUCH_LIMIT_CHAIN + 1; i++) {
        many[i] = leaf.certificate;
    }
    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(world.key, &key));
    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(other, &other_key));
    pem = pki_pem(many, VOUCH_LIMIT_CHAIN + 1);
    ck_assert_int_eq(VOUCH_E_TOO_MANY,
                     vouch_credential_new(key, span_of(&pem), &credential));
    free(pem.data);
    pem = pki_pem(many, 1);
    ck_assert_int_eq(
        VOUCH_E_KEY_MISMATCH,
        vouch_credential_new(other_key, span_of(&pem), &credential));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_credential_new(key,
                                          (vouch_bytes){pem.data, pem.len / 2},
                                          &credential));
    pem.data[40] = '!';
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_credential_new(key, span_of(&pem), &credential));
    free(pem.data);
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_credential_new(key, none, &credential));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_credential_new(key, cmw, &credential));
    ck_assert_ptr_null(credential);
    pem = pki_pem(many, VOUCH_LIMIT_CHAIN);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_credential_new(key, span_of(&pem), &credential));
    free(pem.data);
    vouch_credential_free(credential);
    vouch_key_free(key);
    vouch_key_free(other_key);
    EVP_PKEY_free(other);
    pki_free(&leaf);
}
END_TEST

START_TEST(get_context_reads_both_messages) /* RFC 9261, 7.2 [E25] */
{
    vouch_buffer request = ask(true), authenticator = answer(&request);
    vouch_bytes asked, answered;

    ck_assert_int_eq(VOUCH_OK, vouch_get_context(span_of(&request), &asked));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_get_context(span_of(&authenticator), &answered));
    ck_assert_uint_eq(asked.len, 32);
    ck_assert_uint_eq(asked.len, answered.len);
    ck_assert_mem_eq(asked.data, answered.data, asked.len);
    asked = cmw;
    ck_assert_int_eq(VOUCH_E_DECODE, vouch_get_context(none, &asked));
    ck_assert_int_eq(VOUCH_E_DECODE, vouch_get_context(cmw, &asked));
    ck_assert_ptr_eq(asked.data, cmw.data);
    vouch_buffer_free(&request);
    vouch_buffer_free(&authenticator);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("authenticator");
    TCase *own = tcase_create("own_world");
    TCase *tc = tcase_create("server_attester");

    tcase_add_unchecked_fixture(own, setup_root, teardown_root);
    tcase_add_loop_test(own, authenticator_proves_identity_over_tls, 0, 8);
    tcase_add_loop_test(own, chain_purpose_follows_the_role, 0, 11);
    suite_add_tcase(suite, own);

    tcase_add_unchecked_fixture(tc, setup_root, teardown_root);
    tcase_add_checked_fixture(tc, setup, close_world);
    tcase_add_loop_test(tc, authenticator_without_attestation_has_no_cmw, 0, 2);
    tcase_add_test(tc, authenticator_binder_differs_between_exchanges);
    tcase_add_loop_test(tc, authenticator_with_any_octet_changed_is_refused, 0,
                        7);
    tcase_add_test(tc, authenticator_context_validates_once);
    tcase_add_test(tc, authenticator_context_is_spent_by_a_bad_answer);
    tcase_add_test(tc, authenticator_of_another_request_is_refused);
    tcase_add_test(tc, authenticator_of_another_connection_is_refused);
    tcase_add_loop_test(tc, empty_authenticator_is_an_authentic_refusal, 0, 2);
    tcase_add_test(tc, request_is_answered_once);
    tcase_add_test(tc, request_of_the_wrong_type_is_refused);
    tcase_add_test(tc, authenticator_is_not_spontaneous);
    tcase_add_test(tc, request_without_offer_gets_no_cmw);
    tcase_add_test(tc, request_without_the_keys_scheme_is_not_answered);
    tcase_add_test(tc, request_without_the_chains_scheme_is_not_answered);
    tcase_add_test(tc, request_without_the_roots_scheme_is_answered);
    tcase_add_test(tc, cmw_has_a_limit);
    tcase_add_test(tc, server_name_is_for_clients_and_a_name);
    tcase_add_test(tc, channel_has_one_endpoint);
    tcase_add_loop_test(tc, chain_name_is_checked, 0, 10);
    tcase_add_test(tc, chain_name_is_not_the_common_name);
    tcase_add_loop_test(tc, trust_without_a_name_is_refused, 0, 6);
    tcase_add_loop_test(tc, chain_time_is_the_callers, 0, 5);
    tcase_add_test(tc, chain_to_another_root_is_refused);
    tcase_add_test(tc, chain_check_can_not_be_turned_off_in_the_store);
    tcase_add_loop_test(tc, chain_needs_its_intermediate_and_its_root, 0, 4);
    tcase_add_loop_test(tc, chain_purpose_is_the_intermediates_too, 0, 4);
    tcase_add_test(tc, chain_signed_with_sha1_is_refused);
    tcase_add_loop_test(tc, chain_over_a_short_rsa_key_is_refused, 0, 2);
    tcase_add_test(tc, crl_that_is_good_is_reported);
    tcase_add_test(tc, crl_that_is_renewed_prolongs);
    tcase_add_loop_test(tc, crl_that_revokes_is_heeded, 0, 2);
    tcase_add_loop_test(tc, crl_that_is_missing_expired_or_forged_is_refused, 0,
                        3);
    tcase_add_loop_test(tc, crl_is_needed_of_every_issuer, 0, 3);
    tcase_add_test(tc, crl_comes_before_use_and_is_a_crl);
    tcase_add_test(tc, remembered_chain_gives_the_same_answer);
    tcase_add_test(tc, remembered_chain_expires);
    tcase_add_test(tc, remembered_chain_is_exact);
    tcase_add_test(tc, remembered_chain_is_for_one_purpose);
    tcase_add_test(tc, remembered_chain_does_not_excuse_the_signature);
    tcase_add_test(tc, credential_needs_certificates_for_its_key);
    tcase_add_test(tc, get_context_reads_both_messages);
    suite_add_tcase(suite, tc);
    return suite;
}
