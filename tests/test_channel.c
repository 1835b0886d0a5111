/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include <vouch/memory.h>
#include <vouch/tls.h>

#include "lib/channel/channel_internal.h"
#include "proto/memory.h"
#include "tests/support/fake_channel.h"
#include "tests/support/octets.h"
#include "tests/support/tls_pair.h"

enum { /* ExtensionType (RFC 8446, 4.2) */
       PRE_SHARED_KEY = 41,
       EARLY_DATA = 42,
};

enum { EXPORTED_LEN = 32 };

static const struct tls_options prepared;
static const struct tls_options ticketing = {.unprepared = true,
                                             .keep_tickets = true};
static const vouch_bytes octet = {(const uint8_t *)"x", 1};

static SSL *end(const struct tls_pair *pair, int role)
{
    return role == VOUCH_SERVER ? pair->server : pair->client;
}

static vouch_channel *channel_of(SSL *ssl)
{
    vouch_channel *channel;

    ck_assert_int_eq(VOUCH_OK, vouch_channel_from_ssl(ssl, &channel));
    return channel;
}

static void assert_refused(SSL *ssl, vouch_err err)
{
    vouch_channel *const untouched = (vouch_channel *)&err;
    vouch_channel *channel = untouched;

    ck_assert_int_eq(err, vouch_channel_from_ssl(ssl, &channel));
    ck_assert_ptr_eq(channel, untouched);
    ck_assert_uint_eq(0, ERR_peek_error());
}

static void assert_accepted(SSL *ssl)
{
    vouch_channel_free(channel_of(ssl));
}

static void export(const vouch_channel *channel, const char *label,
                   const char *context, uint8_t out[EXPORTED_LEN])
{
    ck_assert_int_eq(VOUCH_OK,
                     vouch_channel_export(channel, label, vouch_text(context),
                                          out, EXPORTED_LEN));
}

/* A connection that gave its client a ticket, by a server that sends them. */
static struct tls_pair *connect_with_ticket(const struct tls_options *options)
{
    struct tls_pair *pair = tls_connect(options);

    tls_send(pair->server, pair->client, octet);
    ck_assert_uint_eq(pair->tickets, 2);
    ck_assert_ptr_nonnull(pair->ticket);
    return pair;
}

START_TEST(channel_has_role_and_hash_of_the_connection)
{
    struct tls_pair *pair = tls_connect(&prepared);
    vouch_channel *channel = channel_of(end(pair, _i));

    ck_assert_int_eq(vouch_channel_role(channel), _i);
    ck_assert_int_eq(vouch_channel_hash(channel), VOUCH_SHA256);
    ck_assert_int_eq(VOUCH_OK, vouch_channel_check(channel));
    vouch_channel_free(channel);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_exports_the_same_at_both_ends) /* RFC 9261, 5.1 [E07] */
{
    struct tls_pair *pair = tls_connect(&prepared);
    vouch_channel *client = channel_of(pair->client);
    vouch_channel *server = channel_of(pair->server);
    uint8_t at_client[EXPORTED_LEN], at_server[EXPORTED_LEN];
    uint8_t other[EXPORTED_LEN];

    export(client, "EXPORTER-cmw-attestation", "context", at_client);
    export(server, "EXPORTER-cmw-attestation", "context", at_server);
    ck_assert_mem_eq(at_client, at_server, EXPORTED_LEN);
    export(server, "EXPORTER-cmw-attestation", "other context", other);
    ck_assert_mem_ne(at_client, other, EXPORTED_LEN);
    export(server, "other label", "context", other);
    ck_assert_mem_ne(at_client, other, EXPORTED_LEN);
    vouch_channel_free(client);
    vouch_channel_free(server);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_stays_the_same_over_key_update)
{
    struct tls_pair *pair = tls_connect(&prepared);
    vouch_channel *channel = channel_of(end(pair, _i));
    uint8_t before[EXPORTED_LEN], after[EXPORTED_LEN];

    export(channel, "EXPORTER-cmw-attestation", "", before);
    ck_assert(SSL_key_update(pair->client, SSL_KEY_UPDATE_REQUESTED));
    ck_assert(SSL_key_update(pair->server, SSL_KEY_UPDATE_REQUESTED));
    tls_send(pair->client, pair->server, octet);
    tls_send(pair->server, pair->client, octet);
    tls_send(pair->client, pair->server, octet);
    export(channel, "EXPORTER-cmw-attestation", "", after);
    ck_assert_mem_eq(before, after, EXPORTED_LEN);
    ck_assert_int_eq(VOUCH_OK, vouch_channel_check(channel));
    vouch_channel_free(channel);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_comes_of_a_handshake_with_a_retry)
{
    struct tls_pair *pair =
        tls_connect(&(struct tls_options){.groups = "P-384"});

    ck_assert(SSL_used_hello_retry_request(pair->client));
    assert_accepted(end(pair, _i));
    tls_pair_free(pair);
}
END_TEST

/* Attack 27: RFC 9261, 9: not before the client's Finished [E29] */
START_TEST(attack_27_channel_before_the_handshake_is_complete)
{
    struct tls_pair *pair = tls_pair_new(&prepared);

    assert_refused(pair->client, VOUCH_E_HANDSHAKE_INCOMPLETE);
    assert_refused(pair->server, VOUCH_E_HANDSHAKE_INCOMPLETE);
    ck_assert(!tls_step(pair->client)); /* ClientHello */
    assert_refused(pair->client, VOUCH_E_HANDSHAKE_INCOMPLETE);
    ck_assert(!tls_step(pair->server)); /* ServerHello to Finished */
    assert_refused(pair->server, VOUCH_E_HANDSHAKE_INCOMPLETE);
    ck_assert(tls_step(pair->client)); /* Finished, which is on its way */
    assert_refused(pair->server, VOUCH_E_HANDSHAKE_INCOMPLETE);
    assert_accepted(pair->client);
    ck_assert(tls_step(pair->server));
    assert_accepted(pair->server);
    tls_pair_free(pair);
}
END_TEST

/* Attack 28: RFC 9261, 5.1 and 7 [E09] [E23] */
START_TEST(attack_28_channel_over_an_older_version)
{
    static const uint16_t versions[] = {TLS1_VERSION, TLS1_1_VERSION,
                                        TLS1_2_VERSION};
    struct tls_pair *pair = tls_connect(
        &(struct tls_options){.unprepared = true, .version = versions[_i]});

    ck_assert_int_eq(SSL_version(pair->client), versions[_i]);
    assert_refused(pair->client, VOUCH_E_TLS_VERSION);
    assert_refused(pair->server, VOUCH_E_TLS_VERSION);
    tls_pair_free(pair);
}
END_TEST

START_TEST(prepared_side_does_not_speak_an_older_version) /* [E23] */
{
    struct tls_pair *pair = tls_pair_new(&prepared);
    SSL *other = end(pair, _i);

    ck_assert(SSL_set_min_proto_version(other, TLS1_2_VERSION));
    ck_assert(SSL_set_max_proto_version(other, TLS1_2_VERSION));
    ck_assert(!tls_handshake(pair));
    tls_pair_free(pair);
}
END_TEST

/* Attack 31: the handshake function of a server with early data comes back
 * before the client's Finished, and exporters work [E07] [E29]. */
START_TEST(attack_31_channel_while_or_after_early_data_was_used)
{
    const struct tls_options options = {
        .unprepared = true, .keep_tickets = true, .early_data = true};
    struct tls_pair *first = connect_with_ticket(&options);
    struct tls_pair *pair = tls_pair_new(
        &(struct tls_options){.session = first->ticket, .shared = first});

    ck_assert(tls_step(pair->client));
    ck_assert(SSL_in_early_data(pair->client));
    assert_refused(pair->client, VOUCH_E_HANDSHAKE_INCOMPLETE);
    ck_assert_int_eq(SSL_write(pair->client, "x", 1), 1);
    ck_assert(tls_step(pair->server));
    ck_assert(SSL_in_early_data(pair->server));
    assert_refused(pair->server, VOUCH_E_HANDSHAKE_INCOMPLETE);

    tls_send(pair->server, pair->client, octet);
    ck_assert(SSL_early_data_accepted(pair->client));
    assert_refused(pair->client, VOUCH_E_EARLY_DATA);
    tls_send(pair->client, pair->server, octet);
    tls_send(pair->client, pair->server, octet);
    ck_assert(!SSL_in_early_data(pair->server));
    assert_refused(pair->server, VOUCH_E_EARLY_DATA);
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

START_TEST(attack_31_channel_where_early_data_is_on)
{
    struct tls_pair *pair = tls_pair_new(&prepared);

    SSL_set_early_data_enabled(end(pair, _i), 1);
    ck_assert(tls_handshake(pair));
    assert_refused(end(pair, _i), VOUCH_E_EARLY_DATA);
    assert_accepted(end(pair, !_i));
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_refuses_a_resumed_connection) /* expat-04, 7.2 [X38] */
{
    struct tls_pair *first = connect_with_ticket(&ticketing);
    struct tls_pair *pair = tls_connect(
        &(struct tls_options){.session = first->ticket, .shared = first});

    ck_assert(SSL_session_reused(pair->client));
    assert_refused(end(pair, _i), VOUCH_E_RESUMED);
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

START_TEST(channel_refuses_where_tickets_are_on) /* [X35] [X37] */
{
    struct tls_pair *pair = tls_connect(&ticketing);

    assert_refused(end(pair, _i), VOUCH_E_TICKETS);
    tls_pair_free(pair);
}
END_TEST

/* Either of the two settings would do. */
START_TEST(prepared_server_sends_no_ticket) /* expat-04, 7.2 [X35] */
{
    struct tls_pair *pair = tls_pair_new(&prepared);

    if (_i == 1) {
        SSL_clear_options(pair->server, SSL_OP_NO_TICKET);
    } else if (_i == 2) {
        ck_assert(SSL_CTX_set_num_tickets(pair->server_ctx, 2));
    }
    ck_assert(tls_handshake(pair));
    tls_send(pair->server, pair->client, octet);
    tls_send(pair->client, pair->server, octet);
    tls_send(pair->server, pair->client, octet);
    ck_assert_uint_eq(pair->tickets, 0);
    tls_pair_free(pair);
}
END_TEST

START_TEST(prepared_server_does_not_resume) /* expat-04, 7.2 [X38] */
{
    struct tls_pair *first = connect_with_ticket(&ticketing);
    struct tls_pair *pair;

    ck_assert_int_eq(VOUCH_OK, vouch_tls_prepare(first->server_ctx));
    pair = tls_connect(
        &(struct tls_options){.session = first->ticket, .shared = first});
    ck_assert(tls_hello_has(&pair->client_hello, PRE_SHARED_KEY));
    ck_assert(!SSL_session_reused(pair->client));
    assert_accepted(pair->server);
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

START_TEST(client_offers_what_is_left_on) /* shows that the next one can fail */
{
    const struct tls_options options = {
        .unprepared = true, .keep_tickets = true, .early_data = true};
    struct tls_pair *first = connect_with_ticket(&options);
    struct tls_pair *pair = tls_pair_new(
        &(struct tls_options){.session = first->ticket, .shared = first});

    ck_assert(tls_step(pair->client));
    ck_assert(tls_hello_has(&pair->client_hello, EARLY_DATA));
    ck_assert(tls_hello_has(&pair->client_hello, PRE_SHARED_KEY));
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

/* expat-04, 7.2: no early_data [X36], even with a session that allows it */
START_TEST(prepared_client_offers_no_early_data)
{
    const struct tls_options options = {
        .unprepared = true, .keep_tickets = true, .early_data = true};
    struct tls_pair *first = connect_with_ticket(&options);
    struct tls_pair *pair;

    ck_assert(SSL_SESSION_early_data_capable(first->ticket));
    ck_assert_int_eq(VOUCH_OK, vouch_tls_prepare(first->client_ctx));
    pair = tls_pair_new(
        &(struct tls_options){.session = first->ticket, .shared = first});
    ck_assert(!tls_step(pair->client));
    ck_assert(!tls_hello_has(&pair->client_hello, EARLY_DATA));
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

/* expat-04, 7.2: tickets that come all the same are discarded [X37] */
START_TEST(prepared_client_discards_tickets)
{
    struct tls_pair *first =
        tls_pair_new(&(struct tls_options){.keep_tickets = true});
    struct tls_pair *pair;

    SSL_clear_options(first->server, SSL_OP_NO_TICKET);
    ck_assert(SSL_CTX_set_num_tickets(first->server_ctx, 2));
    ck_assert(tls_handshake(first));
    assert_refused(first->server, VOUCH_E_TICKETS);
    tls_send(first->server, first->client, octet);
    ck_assert_uint_eq(first->tickets, 2);
    ck_assert_ptr_null(first->ticket);
    ck_assert_uint_eq(SSL_CTX_sess_number(first->client_ctx), 0);
    assert_accepted(first->client);

    pair = tls_connect(&(struct tls_options){.shared = first});
    ck_assert(!tls_hello_has(&pair->client_hello, PRE_SHARED_KEY));
    ck_assert(!tls_hello_has(&pair->client_hello, EARLY_DATA));
    ck_assert(!SSL_session_reused(pair->client));
    tls_pair_free(pair);
    tls_pair_free(first);
}
END_TEST

START_TEST(channel_is_the_only_one_of_its_connection)
{
    struct tls_pair *pair = tls_connect(&prepared);
    SSL *ssl = end(pair, _i);
    vouch_channel *channel = channel_of(ssl);

    assert_refused(ssl, VOUCH_E_CHANNEL_USED);
    vouch_channel_free(channel);
    assert_refused(ssl, VOUCH_E_CHANNEL_USED);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_notices_another_connection_on_its_ssl)
{
    struct tls_pair *pair = tls_connect(&prepared);
    SSL *ssl = end(pair, _i);
    vouch_channel *channel = channel_of(ssl);

    tls_reconnect(pair);
    ck_assert_int_eq(VOUCH_E_CHANNEL_CHANGED, vouch_channel_check(channel));
    assert_refused(ssl, VOUCH_E_CHANNEL_USED);
    vouch_channel_free(channel);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_fails_when_its_ssl_was_cleared)
{
    struct tls_pair *pair = tls_connect(&prepared);
    SSL *ssl = end(pair, _i);
    vouch_channel *channel = channel_of(ssl);

    ck_assert(SSL_clear(ssl));
    ck_assert_int_eq(VOUCH_E_CRYPTO, vouch_channel_check(channel));
    ck_assert_uint_eq(0, ERR_peek_error());
    vouch_channel_free(channel);
    tls_pair_free(pair);
}
END_TEST

START_TEST(channel_conn_check_is_of_the_connection)
{
    struct tls_pair *pair = tls_connect(&prepared);
    struct tls_pair *other = tls_connect(&prepared);
    vouch_channel *client = channel_of(pair->client);
    vouch_channel *server = channel_of(pair->server);
    vouch_channel *stranger = channel_of(other->server);
    uint8_t exported[EXPORTED_LEN];

    export(client, "EXPORTER-vouch-connection-check", "", exported);
    ck_assert_uint_eq(vouch_channel_conn_check(client).len, 8);
    ck_assert_mem_eq(vouch_channel_conn_check(client).data, exported, 8);
    ck_assert(vouch_bytes_equal(vouch_channel_conn_check(client),
                                vouch_channel_conn_check(server)));
    ck_assert(!vouch_bytes_equal(vouch_channel_conn_check(client),
                                 vouch_channel_conn_check(stranger)));
    vouch_channel_free(client);
    vouch_channel_free(server);
    vouch_channel_free(stranger);
    tls_pair_free(pair);
    tls_pair_free(other);
}
END_TEST

START_TEST(channel_knows_the_key_that_the_peer_authenticated_with)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_RSA2048};
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity server =
        pki_issue(&root, &(struct pki_profile){.kind = kinds[_i]});
    struct pki_entity client =
        pki_issue(&root, &(struct pki_profile){.kind = kinds[_i]});
    X509_STORE *anchors = pki_store(&root);
    struct tls_pair *pair = tls_connect(&(struct tls_options){
        .server = &server, .client = &client, .anchors = anchors});
    vouch_buffer server_spki = pki_spki(server.key);
    vouch_buffer client_spki = pki_spki(client.key);
    vouch_channel *at_client = channel_of(pair->client);
    vouch_channel *at_server = channel_of(pair->server);

    ck_assert(vouch_channel_has_peer(at_client));
    ck_assert(vouch_channel_is_peer(at_client, span_of(&server_spki)));
    ck_assert(!vouch_channel_is_peer(at_client, span_of(&client_spki)));
    ck_assert(vouch_channel_has_peer(at_server));
    ck_assert(vouch_channel_is_peer(at_server, span_of(&client_spki)));
    ck_assert(!vouch_channel_is_peer(at_server, span_of(&server_spki)));
    vouch_channel_free(at_client);
    vouch_channel_free(at_server);
    free(server_spki.data);
    free(client_spki.data);
    tls_pair_free(pair);
    X509_STORE_free(anchors);
    pki_free(&client);
    pki_free(&server);
    pki_free(&root);
}
END_TEST

START_TEST(channel_of_a_server_has_no_peer_without_client_certificate)
{
    struct tls_pair *pair = tls_connect(&prepared);
    vouch_channel *channel = channel_of(pair->server);

    ck_assert(!vouch_channel_has_peer(channel));
    ck_assert(!vouch_channel_is_peer(channel, octet));
    vouch_channel_free(channel);
    tls_pair_free(pair);
}
END_TEST

/* Otherwise an authenticated client would pass for one that is not. */
START_TEST(channel_refuses_when_the_key_of_the_peer_was_forgotten)
{
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity client =
        pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    struct tls_pair *pair =
        tls_pair_new(&(struct tls_options){.client = &client});

    SSL_set_retain_only_sha256_of_client_certs(pair->server, 1);
    ck_assert(tls_handshake(pair));
    assert_refused(pair->server, VOUCH_E_CRYPTO);
    tls_pair_free(pair);
    pki_free(&client);
    pki_free(&root);
}
END_TEST

START_TEST(channel_peer_can_be_told)
{
    struct fake_exporter exporter = {.secret = "connection"};
    vouch_channel *channel =
        fake_channel(VOUCH_SERVER, VOUCH_SHA384, &exporter);

    ck_assert_int_eq(vouch_channel_role(channel), VOUCH_SERVER);
    ck_assert_int_eq(vouch_channel_hash(channel), VOUCH_SHA384);
    ck_assert_int_eq(VOUCH_E_ARGUMENT, vouch_channel_set_peer_spki(
                                           channel, (vouch_bytes){NULL, 0}));
    ck_assert(!vouch_channel_has_peer(channel));
    ck_assert_int_eq(VOUCH_OK, vouch_channel_set_peer_spki(channel, octet));
    ck_assert(vouch_channel_has_peer(channel));
    ck_assert(vouch_channel_is_peer(channel, octet));
    ck_assert(!vouch_channel_is_peer(channel, vouch_text("y")));
    vouch_channel_free(channel);
}
END_TEST

START_TEST(channel_has_one_user)
{
    struct fake_exporter exporter = {.secret = "connection"};
    vouch_channel *channel =
        fake_channel(VOUCH_CLIENT, VOUCH_SHA256, &exporter);

    ck_assert_int_eq(VOUCH_OK, vouch_channel_claim(channel));
    ck_assert_int_eq(VOUCH_E_CHANNEL_USED, vouch_channel_claim(channel));
    vouch_channel_free(channel);
}
END_TEST

/* The last octet of the fingerprint, which conn_check does not show, counts. */
START_TEST(channel_compares_the_whole_fingerprint)
{
    uint8_t exported[EXPORTED_LEN] = {0};
    const struct fake_value values[] = {
        {"EXPORTER-vouch-connection-check", {exported, sizeof exported}},
        {NULL, {NULL, 0}},
    };
    struct fake_exporter exporter = {.values = values};
    vouch_channel *channel =
        fake_channel(VOUCH_CLIENT, VOUCH_SHA256, &exporter);

    ck_assert_int_eq(VOUCH_OK, vouch_channel_check(channel));
    exported[_i] ^= 1;
    ck_assert_int_eq(VOUCH_E_CHANNEL_CHANGED, vouch_channel_check(channel));
    exported[_i] ^= 1;
    exporter.fails = VOUCH_E_CRYPTO;
    ck_assert_int_eq(VOUCH_E_CRYPTO, vouch_channel_check(channel));
    vouch_channel_free(channel);
}
END_TEST

START_TEST(channel_is_not_made_without_exporter)
{
    struct fake_exporter exporter = {.fails = VOUCH_E_CRYPTO};
    vouch_channel *const untouched = (vouch_channel *)&exporter;
    vouch_channel *channel = untouched;

    ck_assert_int_eq(VOUCH_E_CRYPTO,
                     vouch_channel_new(VOUCH_CLIENT, VOUCH_SHA256, fake_export,
                                       &exporter, &channel));
    ck_assert_ptr_eq(channel, untouched);
}
END_TEST

static void *allocate_unless(void *arg, size_t size)
{
    const bool *exhausted = arg;

    return *exhausted ? NULL : malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

START_TEST(channel_can_be_made_after_memory_ran_out)
{
    bool exhausted = true;
    const vouch_allocator allocator = {allocate_unless, release, &exhausted};
    struct tls_pair *pair = tls_connect(&prepared);

    vouch_set_allocator(&allocator);
    assert_refused(pair->client, VOUCH_E_NOMEM);
    exhausted = false;
    assert_accepted(pair->client);
    tls_pair_free(pair);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("channel");
    TCase *tc = tcase_create("channel");

    tcase_add_loop_test(tc, channel_has_role_and_hash_of_the_connection, 0, 2);
    tcase_add_test(tc, channel_exports_the_same_at_both_ends);
    tcase_add_loop_test(tc, channel_stays_the_same_over_key_update, 0, 2);
    tcase_add_loop_test(tc, channel_comes_of_a_handshake_with_a_retry, 0, 2);
    tcase_add_test(tc, attack_27_channel_before_the_handshake_is_complete);
    tcase_add_loop_test(tc, attack_28_channel_over_an_older_version, 0, 3);
    tcase_add_loop_test(tc, prepared_side_does_not_speak_an_older_version, 0,
                        2);
    tcase_add_test(tc, attack_31_channel_while_or_after_early_data_was_used);
    tcase_add_loop_test(tc, attack_31_channel_where_early_data_is_on, 0, 2);
    tcase_add_loop_test(tc, channel_refuses_a_resumed_connection, 0, 2);
    tcase_add_loop_test(tc, channel_refuses_where_tickets_are_on, 0, 2);
    tcase_add_loop_test(tc, prepared_server_sends_no_ticket, 0, 3);
    tcase_add_test(tc, prepared_server_does_not_resume);
    tcase_add_test(tc, client_offers_what_is_left_on);
    tcase_add_test(tc, prepared_client_offers_no_early_data);
    tcase_add_test(tc, prepared_client_discards_tickets);
    tcase_add_loop_test(tc, channel_is_the_only_one_of_its_connection, 0, 2);
    tcase_add_loop_test(tc, channel_notices_another_connection_on_its_ssl, 0,
                        2);
    tcase_add_loop_test(tc, channel_fails_when_its_ssl_was_cleared, 0, 2);
    tcase_add_test(tc, channel_conn_check_is_of_the_connection);
    tcase_add_loop_test(
        tc, channel_knows_the_key_that_the_peer_authenticated_with, 0, 3);
    tcase_add_test(tc,
                   channel_of_a_server_has_no_peer_without_client_certificate);
    tcase_add_test(tc, channel_refuses_when_the_key_of_the_peer_was_forgotten);
    tcase_add_test(tc, channel_peer_can_be_told);
    tcase_add_test(tc, channel_has_one_user);
    tcase_add_loop_test(tc, channel_compares_the_whole_fingerprint, 0,
                        EXPORTED_LEN);
    tcase_add_test(tc, channel_is_not_made_without_exporter);
    tcase_add_test(tc, channel_can_be_made_after_memory_ran_out);
    suite_add_tcase(suite, tc);
    return suite;
}
