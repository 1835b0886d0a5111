/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include <vouch/authenticator.h>
#include <vouch/software.h>
#include <vouch/tls.h>

#include "lib/evidence/appraiser.h"
#include "tests/support/attested.h"
#include "tests/support/expand.h"
#include "tests/support/fake_channel.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

/* The exporter's label is one for each channel (expat-04, 4 and 5.1) [X22]. */

static const char today[] = "EXPORTER-cmw-attestation";
static const char before[] = "Attestation";

static vouch_label other_than(vouch_label label)
{
    return label == VOUCH_LABEL_EXPAT_04 ? VOUCH_LABEL_EXPAT_03
                                         : VOUCH_LABEL_EXPAT_04;
}

/* Evidence that an independent program made, for each label, each hash and each
 * role: proto/vectors/labels.json. */

enum { VECTORS = 8 };

static json_t *file;

static void load(void)
{
    file = load_vectors("../../proto/vectors/labels.json");
}

static void unload(void)
{
    json_decref(file);
}

static const json_t *vector_at(int i)
{
    const json_t *vectors = json_object_get(file, "vectors");

    ck_assert_uint_eq(json_array_size(vectors), VECTORS);
    return json_array_get(vectors, (size_t)i);
}

static bool is(const json_t *vector, const char *name, const char *text)
{
    return strcmp(vector_text(vector, name), text) == 0;
}

static vouch_label label_of(const json_t *vector)
{
    return is(vector, "label", today) ? VOUCH_LABEL_EXPAT_04
                                      : VOUCH_LABEL_EXPAT_03;
}

static vouch_role relying_party_of(const json_t *vector)
{
    return is(vector, "sender", "server") ? VOUCH_CLIENT : VOUCH_SERVER;
}

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    const json_t *vector = arg;
    vouch_buffer secret = vector_hex(vector, "exporter_secret");

    expand_exporter(span_of(&secret), label, context, out, len);
    free(secret.data);
    return VOUCH_OK;
}

static vouch_trust *trust_of(const json_t *vector)
{
    vouch_buffer anchor = vector_hex(vector, "trust_anchor");
    X509_STORE *store = X509_STORE_new();
    const uint8_t *der = anchor.data;
    X509 *root = d2i_X509(NULL, &der, (long)anchor.len);
    vouch_trust *trust;

    ck_assert(root != NULL && X509_STORE_add_cert(store, root) == 1);
    ck_assert_int_eq(
        vouch_trust_new(store, vector_text(vector, "server_name"), &trust),
        VOUCH_OK);
    X509_STORE_free(store);
    X509_free(root);
    free(anchor.data);
    return trust;
}

static vouch_appraiser *appraiser_of(const json_t *vector)
{
    vouch_buffer spki = vector_hex(vector, "attestation_spki");
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    const char *name;
    json_t *sha256;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_policy_add_key(policy, span_of(&spki), (vouch_bytes){NULL, 0}),
        VOUCH_OK);
    json_object_foreach(json_object_get(vector, "measurements"), name, sha256)
    {
        vouch_buffer value = from_hex(json_string_value(sha256));

        ck_assert_int_eq(
            vouch_policy_add_reference(policy, name, span_of(&value)),
            VOUCH_OK);
        free(value.data);
    }
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    free(spki.data);
    return appraiser;
}

static void check_octets(const json_t *vector, const char *name,
                         const vouch_digest *found)
{
    vouch_buffer octets = vector_hex(vector, name);

    ck_assert_uint_eq(found->len, octets.len);
    ck_assert_mem_eq(found->data, octets.data, octets.len);
    free(octets.data);
}

/* Validates and appraises on a channel with `label`. */
static vouch_result judge(const json_t *vector, vouch_label label)
{
    vouch_now now = {0, json_integer_value(json_object_get(vector, "time"))};
    vouch_hash hash =
        is(vector, "hash", "sha384") ? VOUCH_SHA384 : VOUCH_SHA256;
    vouch_buffer request = vector_hex(vector, "request");
    vouch_buffer answer = vector_hex(vector, "authenticator");
    vouch_trust *trust = trust_of(vector);
    vouch_appraiser *appraiser = appraiser_of(vector);
    vouch_endpoint *endpoint;
    vouch_channel *channel;
    vouch_identity identity;
    vouch_result result;

    ck_assert_int_eq(vouch_channel_new_for(label, relying_party_of(vector),
                                           hash, exporter,
                                           (void *)(uintptr_t)vector, &channel),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(channel, &endpoint), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_allow_foreign_contexts(endpoint, 1),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_validate(endpoint, span_of(&request),
                                             span_of(&answer), trust, now,
                                             &identity),
                     VOUCH_OK);
    check_octets(vector, "aik_pub_hash", &identity.aik_pub_hash);
    if (label == label_of(vector)) {
        check_octets(vector, "binder", &identity.binder);
    }
    vouch_appraise(appraiser, identity.cmw,
                   &(vouch_expectation){.binder = identity.binder,
                                        .aik_pub_hash = identity.aik_pub_hash,
                                        .aik_spki = identity.spki,
                                        .now = now},
                   &result);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    vouch_appraiser_free(appraiser);
    vouch_trust_free(trust);
    free(answer.data);
    free(request.data);
    return result;
}

START_TEST(evidence_of_the_channels_label_is_accepted) /* [X22] [X24] */
{
    const json_t *vector = vector_at(_i);
    vouch_result result = judge(vector, label_of(vector));

    ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
}
END_TEST

/* The authenticator is good all the same: RFC 9261 has labels of its own. */
START_TEST(evidence_of_the_other_label_is_refused) /* [X17] */
{
    const json_t *vector = vector_at(_i);
    vouch_result result = judge(vector, other_than(label_of(vector)));

    ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(result.reason.claim, VOUCH_CLAIM_NONCE);
}
END_TEST

/* Which label a channel has */

/* An exporter that notes every label that it is asked for. */
struct asked {
    struct fake_exporter fake;
    size_t today, before;
};

static vouch_err note(void *arg, const char *label, vouch_bytes context,
                      uint8_t *out, size_t len)
{
    struct asked *asked = arg;

    asked->today += strcmp(label, today) == 0;
    asked->before += strcmp(label, before) == 0;
    return fake_export(&asked->fake, label, context, out, len);
}

START_TEST(channel_has_the_label_that_it_was_made_for)
{
    struct fake_exporter fake = {.secret = "connection"};
    vouch_channel *channel = fake_channel(VOUCH_CLIENT, VOUCH_SHA256, &fake);

    ck_assert_int_eq(vouch_channel_label(channel), VOUCH_LABEL_EXPAT_04);
    vouch_channel_free(channel);
    for (vouch_label label = VOUCH_LABEL_EXPAT_04;
         label <= VOUCH_LABEL_EXPAT_03; label++) {
        ck_assert_int_eq(vouch_channel_new_for(label, VOUCH_CLIENT,
                                               VOUCH_SHA256, fake_export, &fake,
                                               &channel),
                         VOUCH_OK);
        ck_assert_int_eq(vouch_channel_label(channel), label);
        vouch_channel_free(channel);
    }
}
END_TEST

static const vouch_label not_labels[] = {
    VOUCH_LABEL_NONE, VOUCH_LABEL_EXPAT_03 + 1, (vouch_label)0x7fffffff};

START_TEST(channel_is_not_made_for_what_is_not_a_label)
{
    struct fake_exporter fake = {.secret = "connection"};
    struct tls_pair *tls = tls_connect(&(struct tls_options){0});
    vouch_channel *const untouched = (vouch_channel *)&fake;
    vouch_channel *channel = untouched;

    ck_assert_int_eq(vouch_channel_new_for(not_labels[_i], VOUCH_CLIENT,
                                           VOUCH_SHA256, fake_export, &fake,
                                           &channel),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_channel_from_ssl_for(not_labels[_i], tls->client, &channel),
        VOUCH_E_ARGUMENT);
    ck_assert_ptr_eq(channel, untouched);
    /* the connection is not spent */
    ck_assert_int_eq(vouch_channel_from_ssl(tls->client, &channel), VOUCH_OK);
    vouch_channel_free(channel);
    tls_pair_free(tls);
}
END_TEST

/* Attester and relying party of RFC 9261 alone */

static vouch_digest binder_over(vouch_bytes spki, vouch_hash hash,
                                struct fake_exporter *fake, const char *label,
                                vouch_bytes context)
{
    const EVP_MD *md = hash == VOUCH_SHA384 ? EVP_sha384() : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t exported[32];
    vouch_digest out = {0};
    unsigned len;

    ck_assert_int_eq(
        fake_export(fake, label, context, exported, sizeof exported), VOUCH_OK);
    ck_assert(ctx != NULL && EVP_DigestInit(ctx, md) &&
              EVP_DigestUpdate(ctx, spki.data, spki.len) &&
              EVP_DigestUpdate(ctx, exported, sizeof exported) &&
              EVP_DigestFinal(ctx, out.data, &len));
    out.len = len;
    EVP_MD_CTX_free(ctx);
    return out;
}

static bool same(const vouch_digest *a, const vouch_digest *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Two ends of one connection, for a label each. */
struct ends {
    struct pki_entity root, aik;
    X509_STORE *store;
    vouch_trust *trust;
    vouch_credential *credential;
    struct asked asked[2];
    vouch_channel *channel[2];
    vouch_endpoint *client, *server;
};

static void open_ends(struct ends *ends, vouch_label client, vouch_label server,
                      vouch_hash hash)
{
    const vouch_label labels[] = {client, server};

    *ends = (struct ends){.root = pki_root(PKI_P256)};
    ends->aik = pki_issue(&ends->root, &(struct pki_profile){.name = "peer"});
    ends->store = pki_store(&ends->root);
    ends->credential = pair_credential(&ends->aik);
    ck_assert_int_eq(
        vouch_trust_new(ends->store, VOUCH_NAME_NONE, &ends->trust), VOUCH_OK);
    for (int i = 0; i < 2; i++) {
        ends->asked[i].fake.secret = "connection";
        ck_assert_int_eq(vouch_channel_new_for(
                             labels[i], i == 0 ? VOUCH_CLIENT : VOUCH_SERVER,
                             hash, note, &ends->asked[i], &ends->channel[i]),
                         VOUCH_OK);
    }
    ck_assert_int_eq(vouch_endpoint_new(ends->channel[0], &ends->client),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(ends->channel[1], &ends->server),
                     VOUCH_OK);
}

static void close_ends(struct ends *ends)
{
    vouch_endpoint_free(ends->client);
    vouch_endpoint_free(ends->server);
    vouch_channel_free(ends->channel[0]);
    vouch_channel_free(ends->channel[1]);
    vouch_credential_free(ends->credential);
    vouch_trust_free(ends->trust);
    X509_STORE_free(ends->store);
    pki_free(&ends->aik);
    pki_free(&ends->root);
}

static vouch_buffer ask(vouch_endpoint *endpoint, bool attestation)
{
    vouch_buffer request;

    ck_assert_int_eq(
        vouch_endpoint_request(endpoint, attestation, NULL, &request),
        VOUCH_OK);
    return request;
}

static vouch_err binding_of(const struct ends *ends,
                            const vouch_buffer *request, vouch_binding *out)
{
    return vouch_endpoint_binding(ends->server, span_of(request),
                                  ends->credential, out);
}

static vouch_identity identify(struct ends *ends, const vouch_buffer *request,
                               const vouch_buffer *answer)
{
    vouch_identity identity;

    ck_assert_int_eq(vouch_endpoint_validate(ends->client, span_of(request),
                                             span_of(answer), ends->trust,
                                             (vouch_now){.unix_s = PKI_NOW},
                                             &identity),
                     VOUCH_OK);
    return identity;
}

static const struct {
    vouch_label client, server;
    vouch_hash hash;
} pairs[] = {
    {VOUCH_LABEL_EXPAT_04, VOUCH_LABEL_EXPAT_04, VOUCH_SHA256},
    {VOUCH_LABEL_EXPAT_04, VOUCH_LABEL_EXPAT_04, VOUCH_SHA384},
    {VOUCH_LABEL_EXPAT_03, VOUCH_LABEL_EXPAT_03, VOUCH_SHA256},
    {VOUCH_LABEL_EXPAT_03, VOUCH_LABEL_EXPAT_03, VOUCH_SHA384},
    {VOUCH_LABEL_EXPAT_04, VOUCH_LABEL_EXPAT_03, VOUCH_SHA256},
    {VOUCH_LABEL_EXPAT_03, VOUCH_LABEL_EXPAT_04, VOUCH_SHA384},
};

/* Both sides compute the same exactly if both have the same label, and neither
 * ever asks for another than its own. */
START_TEST(binding_of_the_attester_is_that_of_the_relying_party) /* [X26] */
{
    static const vouch_bytes evidence = {(const uint8_t *)"any octets", 10};
    bool alike = pairs[_i].client == pairs[_i].server;
    bool is_today = pairs[_i].server == VOUCH_LABEL_EXPAT_04;
    vouch_buffer request, answer;
    vouch_identity identity;
    vouch_binding binding;
    vouch_digest mine;
    struct ends ends;

    open_ends(&ends, pairs[_i].client, pairs[_i].server, pairs[_i].hash);
    request = ask(ends.client, true);
    ck_assert_int_eq(binding_of(&ends, &request, &binding), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_authenticate(ends.server, span_of(&request),
                                                 ends.credential, evidence,
                                                 &answer),
                     VOUCH_OK);
    identity = identify(&ends, &request, &answer);
    ck_assert_int_eq(same(&binding.binder, &identity.binder), alike);
    ck_assert(same(&binding.aik_pub_hash, &identity.aik_pub_hash));
    mine = binder_over(identity.spki, pairs[_i].hash, &ends.asked[1].fake,
                       is_today ? today : before, identity.context);
    ck_assert(same(&binding.binder, &mine));
    ck_assert_uint_eq(ends.asked[1].today, is_today);
    ck_assert_uint_eq(ends.asked[1].before, !is_today);
    ck_assert_uint_eq(ends.asked[0].today,
                      pairs[_i].client == VOUCH_LABEL_EXPAT_04);
    ck_assert_uint_eq(ends.asked[0].before,
                      pairs[_i].client == VOUCH_LABEL_EXPAT_03);
    vouch_buffer_free(&request);
    vouch_buffer_free(&answer);
    close_ends(&ends);
}
END_TEST

static void assert_no_binding(const struct ends *ends,
                              const vouch_buffer *request, vouch_err expected)
{
    vouch_binding binding, untouched;

    memset(&binding, 0xa5, sizeof binding);
    untouched = binding;
    ck_assert_int_eq(binding_of(ends, request, &binding), expected);
    ck_assert_mem_eq(&binding, &untouched, sizeof binding);
}

/* It is of a request of the peer's, for evidence, that can still be answered;
 * and it spends nothing. */
START_TEST(binding_is_of_a_request_that_can_be_answered) /* [X08] [X10] [X11] */
{
    struct ends ends;
    vouch_buffer plain, own, request, empty = {NULL, 0}, answer;
    vouch_binding first, again;

    open_ends(&ends, VOUCH_LABEL_EXPAT_04, VOUCH_LABEL_EXPAT_04, VOUCH_SHA256);
    plain = ask(ends.client, false);
    request = ask(ends.client, true);
    own = ask(ends.server, true);
    assert_no_binding(&ends, &plain, VOUCH_E_UNSUPPORTED_EXTENSION);
    assert_no_binding(&ends, &own, VOUCH_E_REQUEST_TYPE);
    assert_no_binding(&ends, &empty, VOUCH_E_DECODE);
    ck_assert_int_eq(binding_of(&ends, &request, &first), VOUCH_OK);
    ck_assert_int_eq(binding_of(&ends, &request, &again), VOUCH_OK);
    ck_assert(same(&first.binder, &again.binder));
    ck_assert_int_eq(
        vouch_endpoint_refuse(ends.server, span_of(&request), &answer),
        VOUCH_OK);
    assert_no_binding(&ends, &request, VOUCH_E_CONTEXT_REUSED);
    vouch_buffer_free(&answer);
    vouch_buffer_free(&own);
    vouch_buffer_free(&request);
    vouch_buffer_free(&plain);
    close_ends(&ends);
}
END_TEST

START_TEST(binding_is_of_the_connection_that_the_channel_was_made_for)
{
    struct ends ends;
    vouch_buffer request;

    open_ends(&ends, VOUCH_LABEL_EXPAT_04, VOUCH_LABEL_EXPAT_04, VOUCH_SHA256);
    request = ask(ends.client, true);
    ends.asked[1].fake.secret = "another connection";
    assert_no_binding(&ends, &request, VOUCH_E_CHANNEL_CHANGED);
    ends.asked[1].fake.fails = VOUCH_E_CRYPTO;
    assert_no_binding(&ends, &request, VOUCH_E_CRYPTO);
    vouch_buffer_free(&request);
    close_ends(&ends);
}
END_TEST

/* Sessions */

static struct attested attested;
static struct session_pair *const pair = &attested.pair;

static void set_up(void)
{
    make_dir();
    attested_init(&attested);
}

static void tear_down(void)
{
    attested_free(&attested);
    remove_dir();
}

/* The channel is not spent by it. */
START_TEST(session_refuses_a_channel_of_another_label)
{
    struct tls_pair *tls = tls_connect(&(struct tls_options){0});
    vouch_session *session = (vouch_session *)&pair;
    vouch_endpoint *endpoint;
    vouch_channel *channel;

    ck_assert_int_eq(
        vouch_channel_from_ssl_for(VOUCH_LABEL_EXPAT_03, tls->client, &channel),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_new(channel, pair->client.config, pair->now, &session),
        VOUCH_E_LABEL);
    ck_assert_ptr_eq(session, (vouch_session *)&pair);
    ck_assert_int_eq(vouch_endpoint_new(channel, &endpoint), VOUCH_OK);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    tls_pair_free(tls);
}
END_TEST

/* What a build of expat-03 exports where one of today asks for its label. */
static vouch_err export_as_before(void *arg, const char *label,
                                  vouch_bytes context, uint8_t *out, size_t len)
{
    return fake_export(arg, strcmp(label, today) == 0 ? before : label, context,
                       out, len);
}

/* Connects both; client and server may be of the older build. */
static void connect_builds(struct fake_exporter *fake, bool old_client,
                           bool old_server)
{
    ck_assert_int_eq(
        vouch_channel_new(VOUCH_CLIENT, VOUCH_SHA256,
                          old_client ? export_as_before : fake_export, fake,
                          &pair->client.channel),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_channel_new(VOUCH_SERVER, VOUCH_SHA256,
                          old_server ? export_as_before : fake_export, fake,
                          &pair->server.channel),
        VOUCH_OK);
    pair_start(pair);
    pair_run(pair);
}

static bool may_send(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, pair->now);
}

START_TEST(sessions_of_one_build_accept_each_other)
{
    struct fake_exporter fake = {.secret = "connection"};

    connect_builds(&fake, _i == 1, _i == 1);
    ck_assert(may_send(&pair->client));
    ck_assert(may_send(&pair->server));
}
END_TEST

/* One side asks the other, and either is of the older build: refused, CLOSE 4,
 * and nothing else is tried. */
START_TEST(session_of_another_build_is_refused) /* [X17] [X30] */
{
    struct fake_exporter fake = {.secret = "connection"};
    struct pair_peer *asking = _i % 2 == 0 ? &pair->client : &pair->server;
    struct pair_peer *asked = _i % 2 == 0 ? &pair->server : &pair->client;
    const struct pair_event *refused, *closed;

    ck_assert_int_eq(vouch_config_set_gate(asked->config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(asking->config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    connect_builds(&fake, _i < 2, _i >= 2);
    refused = pair_last(asking, VOUCH_EVENT_REFUSED);
    closed = pair_last(asked, VOUCH_EVENT_CLOSED);
    ck_assert(refused != NULL && closed != NULL);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refused->reason.claim, VOUCH_CLAIM_NONCE);
    ck_assert_uint_eq(closed->event.u.closed.code, 4);
    ck_assert_uint_eq(pair_count(asking, VOUCH_EVENT_APPRAISAL_NEEDED), 1);
    ck_assert_uint_eq(pair_count(asking, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(vouch_session_ended(asking->session));
    ck_assert(vouch_session_ended(asked->session));
    ck_assert(!may_send(asking));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("labels");
    TCase *vectors = tcase_create("vectors");
    TCase *alone = tcase_create("alone");
    TCase *sessions = tcase_create("sessions");

    tcase_add_unchecked_fixture(vectors, load, unload);
    tcase_add_loop_test(vectors, evidence_of_the_channels_label_is_accepted, 0,
                        VECTORS);
    tcase_add_loop_test(vectors, evidence_of_the_other_label_is_refused, 0,
                        VECTORS);
    suite_add_tcase(suite, vectors);
    tcase_add_test(alone, channel_has_the_label_that_it_was_made_for);
    tcase_add_loop_test(alone, channel_is_not_made_for_what_is_not_a_label, 0,
                        COUNT(not_labels));
    tcase_add_loop_test(alone,
                        binding_of_the_attester_is_that_of_the_relying_party, 0,
                        COUNT(pairs));
    tcase_add_test(alone, binding_is_of_a_request_that_can_be_answered);
    tcase_add_test(alone,
                   binding_is_of_the_connection_that_the_channel_was_made_for);
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(sessions, set_up, tear_down);
    tcase_add_test(sessions, session_refuses_a_channel_of_another_label);
    tcase_add_loop_test(sessions, sessions_of_one_build_accept_each_other, 0,
                        2);
    tcase_add_loop_test(sessions, session_of_another_build_is_refused, 0, 4);
    suite_add_tcase(suite, sessions);
    return suite;
}
