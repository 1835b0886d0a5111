/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tests/support/forger.h"
#include "tests/support/octets.h"

/*
 * Attacks 17, 21 and 22: requests of the other role, and signature schemes that
 * were not offered, do not fit the key, or are none of TLS 1.3.
 */

enum { SIGNATURE_ALGORITHMS = 13, CMW = 0xff00 };

#define OCTETS(text)                              \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static struct forger forger;
static struct forgery forgery;

static void begin(vouch_role role, enum pki_kind kind)
{
    forger_init(&forger, role, VOUCH_SHA256, kind);
    forgery = forger_honest(&forger);
    ck_assert_int_eq(VOUCH_OK, forger_present(&forger, &forgery));
}

static void expect(vouch_err err)
{
    ck_assert_int_eq(err, forger_present(&forger, &forgery));
}

/* The attester's own end, as a library that is asked with `request`. */
static vouch_err answer(vouch_bytes request)
{
    struct fake_exporter fake = {.secret = "this connection"};
    vouch_channel *channel = fake_channel(forger.role, forger.hash, &fake);
    vouch_buffer pem = pki_pem(&forger.aik.certificate, 1), out = {NULL, 0};
    vouch_credential *credential;
    vouch_endpoint *endpoint;
    vouch_key *key;
    vouch_err err;

    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_new(channel, &endpoint));
    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(forger.aik.key, &key));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_credential_new(key, span_of(&pem), &credential));
    err = vouch_endpoint_authenticate(endpoint, request, credential,
                                      (vouch_bytes){NULL, 0}, &out);
    ck_assert_int_eq(err == VOUCH_OK, out.data != NULL);
    vouch_buffer_free(&out);
    vouch_credential_free(credential);
    vouch_key_free(key);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    free(pem.data);
    return err;
}

static void expect_of_attester(vouch_err err)
{
    vouch_buffer request = forger_request(&forger, &forgery);

    ck_assert_int_eq(err, answer(span_of(&request)));
    free(request.data);
}

/* Attack 17: RFC 9261, 4 [E04] */
START_TEST(request_of_the_other_role_is_refused)
{
    begin(_i == 0 ? VOUCH_SERVER : VOUCH_CLIENT, PKI_P256);
    expect_of_attester(VOUCH_OK);
    forgery.request_type = _i == 0 ? 13 : 17;
    expect_of_attester(VOUCH_E_REQUEST_TYPE);
    expect(VOUCH_E_REQUEST_TYPE);
    forger_free(&forger);
}
END_TEST

/* Attack 17: any other handshake message is no request. */
START_TEST(message_of_another_type_is_no_request)
{
    begin(VOUCH_SERVER, PKI_P256);
    forgery.request_type = (uint8_t)_i;
    if (_i != 13 && _i != 17) {
        expect_of_attester(VOUCH_E_DECODE);
        expect(VOUCH_E_DECODE);
    }
    forger_free(&forger);
}
END_TEST

/* Attack 21: RFC 9261, 7.1 [E24] */
START_TEST(request_without_good_signature_algorithms_is_refused)
{
    static const vouch_bytes bodies[] = {
        OCTETS(""),
        OCTETS("\x00\x00"),             /* of none */
        OCTETS("\x00\x01\x04"),         /* of a half */
        OCTETS("\x00\x03\x04\x03\x08"), /* of one and a half */
        OCTETS("\x00\x02\x04\x03\x08"), /* one octet too many */
        OCTETS("\x00\x04\x04\x03"),     /* two are missing */
        OCTETS("\x04\x03"),             /* no length */
    };
    struct forger_extension offers[] = {{CMW, {NULL, 0}},
                                        {SIGNATURE_ALGORITHMS, {NULL, 0}}};

    begin(_i % 2 == 0 ? VOUCH_SERVER : VOUCH_CLIENT, PKI_P256);
    forgery.offers = offers;
    forgery.num_offers = 1; /* absent */
    if (_i / 2 != 0) {
        offers[1].body = bodies[_i / 2 - 1];
        forgery.num_offers = 2;
    }
    expect_of_attester(VOUCH_E_BAD_REQUEST);
    expect(VOUCH_E_BAD_REQUEST);
    forger_free(&forger);
}
END_TEST

/* Every number that a scheme of TLS has had (RFC 8446, 4.2.3), and two that
 * none has. */
static const uint16_t all[] = {
    0x0201, 0x0203, 0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603, 0x0804,
    0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0000, 0xffff,
};

static const struct {
    enum pki_kind kind;
    uint16_t scheme;
} keys[] = {
    {PKI_P256, 0x0403},
    {PKI_P384, 0x0503},
    {PKI_RSA2048, 0x0804},
    {PKI_ED25519, 0x0807},
};

static vouch_bytes list_of(const uint16_t *schemes, size_t num, uint8_t *out)
{
    out[0] = 0;
    out[1] = (uint8_t)(2 * num);
    for (size_t i = 0; i < num; i++) {
        out[2 + 2 * i] = (uint8_t)(schemes[i] >> 8);
        out[3 + 2 * i] = (uint8_t)(schemes[i] & 0xff);
    }
    return (vouch_bytes){out, 2 + 2 * num};
}

/* Attack 21: RFC 9261, 5.2.2 [E17] */
START_TEST(scheme_that_was_not_offered_is_refused)
{
    uint16_t others[COUNT(all)];
    uint8_t octets[2 + 2 * COUNT(all)];
    size_t num = 0;
    const struct forger_extension offers[] = {
        {SIGNATURE_ALGORITHMS, {octets, 2 * COUNT(all)}}, {CMW, {NULL, 0}}};

    begin(VOUCH_SERVER, keys[_i].kind);
    for (size_t i = 0; i < COUNT(all); i++) {
        if (all[i] != keys[_i].scheme) {
            others[num++] = all[i];
        }
    }
    ck_assert_uint_eq(list_of(others, num, octets).len, offers[0].body.len);
    forgery.offers = offers;
    expect(VOUCH_E_SIGNATURE_SCHEME);
    expect_of_attester(VOUCH_E_SIGNATURE_SCHEME);
    forger_free(&forger);
}
END_TEST

/* Attack 22: every key with every scheme, each signed as it says where the key
 * can, and all of them offered [E16]. */
START_TEST(scheme_of_another_key_is_refused)
{
    uint8_t octets[2 + 2 * COUNT(all)];
    const struct forger_extension offers[] = {
        {SIGNATURE_ALGORITHMS, list_of(all, COUNT(all), octets)},
        {CMW, {NULL, 0}}};
    uint16_t own = keys[_i / COUNT(all)].scheme, scheme = all[_i % COUNT(all)];

    begin(VOUCH_SERVER, keys[_i / COUNT(all)].kind);
    forgery.offers = offers;
    forgery.scheme = forgery.says = scheme;
    expect(scheme == own ? VOUCH_OK : VOUCH_E_SIGNATURE_SCHEME);
    /* A signature of the right kind under the name of another. */
    forgery.scheme = own;
    expect(scheme == own ? VOUCH_OK : VOUCH_E_SIGNATURE_SCHEME);
    forger_free(&forger);
}
END_TEST

/* Attack 22: the right name over a signature of another hash or padding. */
START_TEST(signature_of_another_kind_is_refused)
{
    static const struct {
        enum pki_kind kind;
        uint16_t scheme;
    } others[] = {
        {PKI_P256, 0x0203},    {PKI_P256, 0x0503},    {PKI_P256, 0x0603},
        {PKI_P384, 0x0203},    {PKI_P384, 0x0403},    {PKI_P384, 0x0603},
        {PKI_RSA2048, 0x0201}, {PKI_RSA2048, 0x0401}, {PKI_RSA2048, 0x0501},
        {PKI_RSA2048, 0x0805}, {PKI_RSA2048, 0x0806},
    };

    begin(VOUCH_SERVER, others[_i].kind);
    forgery.scheme = others[_i].scheme;
    expect(VOUCH_E_SIGNATURE);
    forger_free(&forger);
}
END_TEST

/* Attack 22: keys of no kind that is taken, in a good certificate. */
START_TEST(key_of_no_good_kind_is_refused)
{
    static const struct {
        enum pki_kind kind;
        uint16_t scheme;
    } bad[] = {{PKI_P521, 0x0603}, {PKI_RSA1024, 0x0804}};
    uint8_t octets[2 + 2 * COUNT(all)];
    const struct forger_extension offers[] = {
        {SIGNATURE_ALGORITHMS, list_of(all, COUNT(all), octets)},
        {CMW, {NULL, 0}}};

    begin(VOUCH_SERVER, PKI_P256);
    pki_free(&forger.aik);
    forger.aik = pki_issue(&forger.intermediate,
                           &(struct pki_profile){.kind = bad[_i].kind});
    forgery = forger_honest(&forger);
    forgery.offers = offers;
    forgery.scheme = forgery.says = bad[_i].scheme;
    expect(VOUCH_E_CERTIFICATE);
    forger_free(&forger);
}
END_TEST

/* Attack 22: a chain signed with SHA-1, of a peer that does not ask what is
 * offered. */
START_TEST(chain_signed_with_sha1_is_refused)
{
    const EVP_MD *digest = _i == 0 ? EVP_sha256() : EVP_sha1();

    begin(VOUCH_SERVER, PKI_P256);
    pki_free(&forger.aik);
    forger.aik = pki_issue(&forger.intermediate,
                           &(struct pki_profile){.digest = digest});
    forgery = forger_honest(&forger);
    expect(_i == 0 ? VOUCH_OK : VOUCH_E_CERTIFICATE);
    forger_free(&forger);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_schemes");
    TCase *tc = tcase_create("attack_schemes");

    tcase_add_loop_test(tc, request_of_the_other_role_is_refused, 0, 2);
    tcase_add_loop_test(tc, message_of_another_type_is_no_request, 0, 26);
    tcase_add_loop_test(
        tc, request_without_good_signature_algorithms_is_refused, 0, 16);
    tcase_add_loop_test(tc, scheme_that_was_not_offered_is_refused, 0,
                        COUNT(keys));
    tcase_add_loop_test(tc, scheme_of_another_key_is_refused, 0,
                        COUNT(keys) * COUNT(all));
    tcase_add_loop_test(tc, signature_of_another_kind_is_refused, 0, 11);
    tcase_add_loop_test(tc, key_of_no_good_kind_is_refused, 0, 2);
    tcase_add_loop_test(tc, chain_signed_with_sha1_is_refused, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
