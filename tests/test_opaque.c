/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/authenticator.h>
#include <vouch/tls.h>

#include "tests/support/octets.h"
#include "tests/support/tls_pair.h"

/* This program is linked without libcbor, from the library's own objects:
 * expat-04, 6: evidence is opaque to the TLS layer [X29]. */

struct side {
    vouch_channel *channel;
    vouch_endpoint *endpoint;
};

static struct tls_pair *pair;
static struct side attester, relying_party;
static struct pki_entity root, aik;
static X509_STORE *store;
static vouch_credential *credential;
static vouch_trust *trust;

static struct side side_of(SSL *ssl)
{
    struct side side;

    ck_assert_int_eq(VOUCH_OK, vouch_channel_from_ssl(ssl, &side.channel));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_new(side.channel, &side.endpoint));
    return side;
}

static void free_side(struct side *side)
{
    vouch_endpoint_free(side->endpoint);
    vouch_channel_free(side->channel);
}

static vouch_credential *make_credential(void)
{
    vouch_buffer pem = pki_pem(&aik.certificate, 1);
    vouch_credential *made;
    vouch_key *key;

    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(aik.key, &key));
    ck_assert_int_eq(VOUCH_OK, vouch_credential_new(key, span_of(&pem), &made));
    vouch_key_free(key);
    free(pem.data);
    return made;
}

static void setup(void)
{
    const struct tls_options prepared = {0};
    const struct pki_profile profile = {.eku = "serverAuth"};

    pair = tls_connect(&prepared);
    attester = side_of(pair->server);
    relying_party = side_of(pair->client);
    root = pki_root(PKI_P256);
    aik = pki_issue(&root, &profile);
    store = pki_store(&root);
    credential = make_credential();
    ck_assert_int_eq(VOUCH_OK, vouch_trust_new(store, VOUCH_NAME_NONE, &trust));
}

static void teardown(void)
{
    vouch_trust_free(trust);
    vouch_credential_free(credential);
    X509_STORE_free(store);
    pki_free(&aik);
    pki_free(&root);
    free_side(&relying_party);
    free_side(&attester);
    tls_pair_free(pair);
}

/* Octets that no CBOR decoder takes go through as they are. */
START_TEST(opaque_octets_pass_unread)
{
    const uint8_t octets[] = {0xff, 0x00, 0x9f, 0xd2, 0x1c};
    const vouch_bytes cmw = {octets, sizeof octets};
    vouch_buffer request, authenticator;
    vouch_identity identity;

    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_request(relying_party.endpoint,
                                                      true, NULL, &request));
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_authenticate(
                                   attester.endpoint, span_of(&request),
                                   credential, cmw, &authenticator));
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_validate(
                                   relying_party.endpoint, span_of(&request),
                                   span_of(&authenticator), trust,
                                   (vouch_now){.unix_s = PKI_NOW}, &identity));
    ck_assert_uint_eq(sizeof octets, identity.cmw.len);
    ck_assert_mem_eq(octets, identity.cmw.data, sizeof octets);
    vouch_buffer_free(&authenticator);
    vouch_buffer_free(&request);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("opaque");
    TCase *tcase = tcase_create("opaque");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, opaque_octets_pass_unread);
    suite_add_tcase(suite, tcase);
    return suite;
}
