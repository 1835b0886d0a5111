/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/tls.h>

#include "tests/support/expand.h"
#include "tests/support/files.h"
#include "tests/support/forger.h"
#include "tests/support/octets.h"
#include "tests/support/openssl_peer.h"

/*
 * Attacks 14 to 16 and 23 to 25: who holds the AIK and the connection, and
 * signs or MACs something that is nearly right. Both roles, both hashes.
 */

enum { SIDES = 4 };

static struct forger forger;
static struct forgery forgery;

static void set_up(int i)
{
    forger_init(&forger, i % 2 == 0 ? VOUCH_SERVER : VOUCH_CLIENT,
                i / 2 == 0 ? VOUCH_SHA256 : VOUCH_SHA384, PKI_P256);
    forgery = forger_honest(&forger);
    ck_assert_int_eq(VOUCH_OK, forger_present(&forger, &forgery));
}

static void expect(vouch_err err)
{
    ck_assert_int_eq(err, forger_present(&forger, &forgery));
}

static const char *other_role(const char *label)
{
    static const char *const pairs[][2] = {
        {"EXPORTER-server authenticator handshake context",
         "EXPORTER-client authenticator handshake context"},
        {"EXPORTER-server authenticator finished key",
         "EXPORTER-client authenticator finished key"},
    };

    for (size_t i = 0; i < 2; i++) {
        if (strcmp(label, pairs[i][0]) == 0) {
            return pairs[i][1];
        }
        if (strcmp(label, pairs[i][1]) == 0) {
            return pairs[i][0];
        }
    }
    ck_abort_msg("no such label: %s", label);
    return NULL;
}

/* Attack 14: RFC 9261, 5.1 [E08] */
START_TEST(labels_of_the_other_role_are_refused)
{
    struct forgery honest;

    set_up(_i);
    honest = forgery;
    forgery.finished_key = other_role(honest.finished_key);
    expect(VOUCH_E_FINISHED);
    forgery.handshake_context = other_role(honest.handshake_context);
    expect(VOUCH_E_FINISHED);
    forgery.finished_key = honest.finished_key;
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

/* Attack 14: one label where the other belongs [E19]. */
START_TEST(labels_in_each_others_place_are_refused)
{
    set_up(_i);
    forgery.handshake_context = forgery.finished_key;
    expect(VOUCH_E_FINISHED);
    forgery = forger_honest(&forger);
    forgery.finished_key = forgery.handshake_context;
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

/* Attack 14 and 24: an empty authenticator has a sender, too. */
START_TEST(empty_authenticator_of_the_other_role_is_refused)
{
    set_up(_i);
    forgery.empty = true;
    expect(VOUCH_E_DECLINED);
    forgery.finished_key = other_role(forgery.finished_key);
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

/* Attack 24: an empty authenticator is no success, and not just anybody's
 * [E21] [E27]. */
START_TEST(empty_authenticator_is_for_its_request)
{
    static const uint8_t other[32] = {1};
    struct fake_exporter elsewhere = {.secret = "another connection"};

    set_up(_i);
    forgery.empty = true;
    expect(VOUCH_E_DECLINED);
    forgery.context = (vouch_bytes){other, sizeof other};
    expect(VOUCH_E_FINISHED);
    forgery.context = (vouch_bytes){NULL, 0};
    expect(VOUCH_E_DECLINED);
    forger.exporter_arg = &elsewhere;
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

/* Attack 15: the exporters take an empty context and give as many octets as
 * the hash has. */
START_TEST(exporters_of_another_context_are_refused)
{
    set_up(_i);
    forgery.exporter_context = "context";
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

START_TEST(exported_values_of_another_length_are_refused) /* Attack 15 */
{
    const size_t lengths[] = {16, 20, 31, 32, 33, 47, 48, 49, 64};

    set_up(_i);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        bool right = lengths[i] == forger_honest(&forger).exported_len;

        forgery.exported_len = lengths[i];
        expect(right ? VOUCH_OK : VOUCH_E_FINISHED);
    }
    forger_free(&forger);
}
END_TEST

/* Attack 16: the other hash of the two, with exported values as long as it
 * wants them, or as this one wants them. */
START_TEST(other_hash_is_refused)
{
    set_up(_i);
    forgery.hash = forger.hash == VOUCH_SHA256 ? VOUCH_SHA384 : VOUCH_SHA256;
    expect(VOUCH_E_FINISHED);
    forgery.exported_len = forger.hash == VOUCH_SHA256 ? 48 : 32;
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
}
END_TEST

/* Attack 16: a Finished that begins like the right one. */
START_TEST(finished_cut_or_drawn_out_is_refused)
{
    vouch_identity identity;

    set_up(_i);
    for (size_t len = 0; len <= 64; len++) {
        vouch_buffer request = forger_request(&forger, &forgery);
        vouch_buffer answer =
            forger_answer(&forger, &forgery, span_of(&request));
        size_t right = forgery.exported_len;
        size_t before = answer.len - right;
        uint8_t *octets = calloc(1, before + len);
        vouch_err err = len == right             ? VOUCH_OK
                        : len == 32 || len == 48 ? VOUCH_E_FINISHED
                                                 : VOUCH_E_DECODE;

        memcpy(octets, answer.data, before + (len < right ? len : right));
        octets[before - 1] = (uint8_t)len;
        ck_assert_int_eq(err,
                         vouch_endpoint_validate(
                             forger.endpoint, span_of(&request),
                             (vouch_bytes){octets, before + len}, forger.trust,
                             (vouch_now){.unix_s = PKI_NOW}, &identity));
        free(octets);
        free(answer.data);
        free(request.data);
    }
    forger_free(&forger);
}
END_TEST

/* The exporter of the command's end, from the secret that it tells. */
static vouch_err expand(void *arg, const char *label, vouch_bytes context,
                        uint8_t *out, size_t len)
{
    expand_exporter(span_of(arg), label, context, out, len);
    return VOUCH_OK;
}

/* Attack 16: over TLS, with the openssl command at the attester's end, whose
 * exporters are computed here from its secret. */
START_TEST(sha384_suite_is_sha384_throughout)
{
    struct openssl_peer peer;
    vouch_channel *channel;
    vouch_buffer secret;

    make_dir();
    openssl_peer_start(&peer, _i == 0 ? VOUCH_SERVER : VOUCH_CLIENT,
                       "TLS_AES_256_GCM_SHA384",
                       "EXPORTER-vouch-connection-check");
    ck_assert_int_eq(VOUCH_OK, vouch_channel_from_ssl(peer.ssl, &channel));
    secret = openssl_peer_secret(&peer);
    forger_init_on(&forger, channel, expand, &secret, PKI_P384);
    forgery = forger_honest(&forger);
    ck_assert_int_eq(VOUCH_SHA384, forgery.hash);
    expect(VOUCH_OK);
    forgery.hash = VOUCH_SHA256;
    expect(VOUCH_E_FINISHED);
    forgery.exported_len = 32;
    expect(VOUCH_E_FINISHED);
    forger_free(&forger);
    vouch_channel_free(channel);
    free(secret.data);
    openssl_peer_stop(&peer);
    remove_dir();
}
END_TEST

/* Attack 23: what was signed for another protocol, or by another draft
 * [E18]. */
START_TEST(signature_under_another_context_string_is_refused)
{
    static const char *const strings[] = {
        "TLS 1.3, server CertificateVerify",
        "TLS 1.3, client CertificateVerify",
        "TLS 1.3, server AUTHENTICATOR",
        "TLS 1.3, client AUTHENTICATOR",
        "AUTHENTICATOR",
        "Exported Authenticators",
        "exported authenticator",
        "Exported Authenticator ",
        "",
    };

    set_up(_i);
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        forgery.context_string = strings[i];
        expect(VOUCH_E_SIGNATURE);
    }
    forger_free(&forger);
}
END_TEST

/* Attack 36: under the certificate of one key, signed with another. */
START_TEST(signature_of_another_key_is_refused)
{
    EVP_PKEY *other = pki_key(PKI_P256);

    set_up(_i);
    forgery.key = other;
    expect(VOUCH_E_SIGNATURE);
    EVP_PKEY_free(other);
    forger_free(&forger);
}
END_TEST

/* Attack 25: signed and MACed by the right one, for another context. */
START_TEST(context_of_another_request_is_refused)
{
    static const uint8_t octets[255] = {1};
    static const size_t lengths[] = {1, 8, 31, 32, 33, 255};

    set_up(_i);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        forgery.context = (vouch_bytes){octets, lengths[i]};
        expect(VOUCH_E_CONTEXT_MISMATCH);
    }
    forger_free(&forger);
}
END_TEST

/* Attack 30: another connection in the place of the one that the endpoint was
 * made on. Nothing is said or believed on it, and nothing is spent. */
START_TEST(connection_that_is_another_now_is_noticed)
{
    vouch_buffer request, answer, out = {NULL, 0};
    vouch_identity identity;

    set_up(_i);
    request = forger_request(&forger, &forgery);
    answer = forger_answer(&forger, &forgery, span_of(&request));
    forger.fake.secret = "another connection";
    ck_assert_int_eq(VOUCH_E_CHANNEL_CHANGED,
                     vouch_endpoint_request(forger.endpoint, true, NULL, &out));
    ck_assert_int_eq(VOUCH_E_CHANNEL_CHANGED,
                     vouch_endpoint_validate(forger.endpoint, span_of(&request),
                                             span_of(&answer), forger.trust,
                                             (vouch_now){.unix_s = PKI_NOW},
                                             &identity));
    ck_assert_ptr_null(out.data);
    forger.fake.secret = "this connection";
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_validate(
                                   forger.endpoint, span_of(&request),
                                   span_of(&answer), forger.trust,
                                   (vouch_now){.unix_s = PKI_NOW}, &identity));
    free(request.data);
    free(answer.data);
    forger_free(&forger);
}
END_TEST

START_TEST(connection_that_is_another_now_is_not_answered_on) /* Attack 30 */
{
    struct fake_exporter fake = {.secret = "this connection"};
    vouch_buffer request, out = {NULL, 0};
    vouch_endpoint *attester;
    vouch_channel *channel;

    set_up(_i);
    request = forger_request(&forger, &forgery);
    channel = fake_channel(forger.role, forger.hash, &fake);
    ck_assert_int_eq(VOUCH_OK, vouch_endpoint_new(channel, &attester));
    fake.secret = "another connection";
    ck_assert_int_eq(VOUCH_E_CHANNEL_CHANGED,
                     vouch_endpoint_refuse(attester, span_of(&request), &out));
    ck_assert_ptr_null(out.data);
    fake.secret = "this connection";
    ck_assert_int_eq(VOUCH_OK,
                     vouch_endpoint_refuse(attester, span_of(&request), &out));
    vouch_buffer_free(&out);
    free(request.data);
    vouch_endpoint_free(attester);
    vouch_channel_free(channel);
    forger_free(&forger);
}
END_TEST

/* Attack 76: CompressedCertificate was not asked for. */
START_TEST(compressed_certificate_is_refused)
{
    enum { COMPRESSED_CERTIFICATE = 25 };

    set_up(_i);
    forgery.certificate_type = COMPRESSED_CERTIFICATE;
    expect(VOUCH_E_DECODE);
    forger_free(&forger);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_transcript");
    TCase *tc = tcase_create("attack_transcript");

    tcase_add_loop_test(tc, labels_of_the_other_role_are_refused, 0, SIDES);
    tcase_add_loop_test(tc, labels_in_each_others_place_are_refused, 0, SIDES);
    tcase_add_loop_test(tc, empty_authenticator_of_the_other_role_is_refused, 0,
                        SIDES);
    tcase_add_loop_test(tc, empty_authenticator_is_for_its_request, 0, SIDES);
    tcase_add_loop_test(tc, exporters_of_another_context_are_refused, 0, SIDES);
    tcase_add_loop_test(tc, exported_values_of_another_length_are_refused, 0,
                        SIDES);
    tcase_add_loop_test(tc, other_hash_is_refused, 0, SIDES);
    tcase_add_loop_test(tc, finished_cut_or_drawn_out_is_refused, 0, SIDES);
    tcase_add_loop_test(tc, sha384_suite_is_sha384_throughout, 0, 2);
    tcase_add_loop_test(tc, signature_under_another_context_string_is_refused,
                        0, SIDES);
    tcase_add_loop_test(tc, signature_of_another_key_is_refused, 0, SIDES);
    tcase_add_loop_test(tc, context_of_another_request_is_refused, 0, SIDES);
    tcase_add_loop_test(tc, connection_that_is_another_now_is_noticed, 0,
                        SIDES);
    tcase_add_loop_test(tc, connection_that_is_another_now_is_not_answered_on,
                        0, SIDES);
    tcase_add_loop_test(tc, compressed_certificate_is_refused, 0, SIDES);
    suite_add_tcase(suite, tc);
    return suite;
}
