/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/tls.h>

#include "lib/channel/channel_internal.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/expand.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/openssl_peer.h"

/* BoringSSL does not choose SHA-384 with itself, so the other end is OpenSSL's
 * command, which tells its secrets. */

static const char connection_check[] = "EXPORTER-vouch-connection-check";

static const struct {
    vouch_role command;
    const char *suite;
    vouch_hash hash;
} connections[] = {
    {VOUCH_SERVER, "TLS_AES_256_GCM_SHA384", VOUCH_SHA384},
    {VOUCH_CLIENT, "TLS_AES_256_GCM_SHA384", VOUCH_SHA384},
    {VOUCH_SERVER, "TLS_AES_128_GCM_SHA256", VOUCH_SHA256},
    {VOUCH_CLIENT, "TLS_AES_128_GCM_SHA256", VOUCH_SHA256},
};
enum { NUM_CONNECTIONS = sizeof connections / sizeof connections[0] };

/* A connection to the command, and the channel at our end. */
static struct openssl_peer peer;
static vouch_channel *channel;

static void connect_peer(int i)
{
    openssl_peer_start(&peer, connections[i].command, connections[i].suite,
                       connection_check);
    ck_assert_int_eq(VOUCH_OK, vouch_channel_from_ssl(peer.ssl, &channel));
}

static void disconnect_peer(void)
{
    vouch_channel_free(channel);
    openssl_peer_stop(&peer);
}

START_TEST(channel_has_the_hash_of_the_cipher_suite)
{
    vouch_buffer secret;

    connect_peer(_i);
    secret = openssl_peer_secret(&peer);
    ck_assert_int_eq(vouch_channel_hash(channel), connections[_i].hash);
    ck_assert_int_eq(vouch_channel_role(channel),
                     connections[_i].command == VOUCH_SERVER ? VOUCH_CLIENT
                                                             : VOUCH_SERVER);
    ck_assert_uint_eq(vouch_hash_len(vouch_channel_hash(channel)), secret.len);
    free(secret.data);
    disconnect_peer();
}
END_TEST

/* RFC 9261, 5.1: from exporter_master_secret, as RFC 8446, 7.5 says [E07] */
START_TEST(channel_exports_what_the_secret_of_the_peer_expands_to)
{
    static const struct {
        const char *label;
        const char *context;
        size_t len;
    } exports[] = {
        {"EXPORTER-server authenticator handshake context", "", 48},
        {"EXPORTER-client authenticator handshake context", "", 48},
        {"EXPORTER-server authenticator finished key", "", 48},
        {"EXPORTER-client authenticator finished key", "", 32},
        {"EXPORTER-cmw-attestation", "certificate_request_context of 40 octets",
         32},
        {connection_check, "", 32},
    };
    vouch_buffer secret;

    connect_peer(_i);
    secret = openssl_peer_secret(&peer);
    for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
        vouch_bytes context = vouch_text(exports[i].context);
        uint8_t exported[48], expanded[48];

        ck_assert_int_eq(
            VOUCH_OK, vouch_channel_export(channel, exports[i].label, context,
                                           exported, exports[i].len));
        expand_exporter(span_of(&secret), exports[i].label, context, expanded,
                        exports[i].len);
        ck_assert_mem_eq(exported, expanded, exports[i].len);
    }
    free(secret.data);
    disconnect_peer();
}
END_TEST

START_TEST(channel_exports_what_the_peer_exports)
{
    vouch_bytes conn_check;
    vouch_buffer theirs;
    uint8_t ours[32];

    connect_peer(_i);
    theirs = openssl_peer_exported(&peer);
    ck_assert_uint_eq(theirs.len, sizeof ours);
    ck_assert_int_eq(VOUCH_OK, vouch_channel_export(channel, connection_check,
                                                    (vouch_bytes){NULL, 0},
                                                    ours, sizeof ours));
    ck_assert_mem_eq(ours, theirs.data, sizeof ours);
    conn_check = vouch_channel_conn_check(channel);
    ck_assert_mem_eq(conn_check.data, theirs.data, conn_check.len);
    free(theirs.data);
    disconnect_peer();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sha384");
    TCase *tc = tcase_create("sha384");

    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_loop_test(tc, channel_has_the_hash_of_the_cipher_suite, 0,
                        NUM_CONNECTIONS);
    tcase_add_loop_test(tc,
                        channel_exports_what_the_secret_of_the_peer_expands_to,
                        0, NUM_CONNECTIONS);
    tcase_add_loop_test(tc, channel_exports_what_the_peer_exports, 0,
                        NUM_CONNECTIONS);
    suite_add_tcase(suite, tc);
    return suite;
}
