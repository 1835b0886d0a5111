/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "lib/authenticator/endpoint.h"
#include "proto/capsule.h"
#include "proto/context.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/fake_channel.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * Attacks 5, 6 and 9: a peer that is somebody else than before on this
 * connection, or that is this side's own mirror image. The client requires the
 * server to attest, and appraises by hand.
 */

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    pair.client.holds_verdicts = true;
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now);
}

static const struct pair_event *told(const struct pair_peer *peer,
                                     vouch_event_type type)
{
    const struct pair_event *last = pair_last(peer, type);

    ck_assert_ptr_nonnull(last);
    return last;
}

/* What an appraiser found, beside that all is right. */
struct found {
    vouch_ueid ueid;
    bool has_version;
    uint64_t version;
};

static vouch_err conclude(vouch_exchange exchange, const struct found *found)
{
    vouch_appraisal_info info;
    vouch_result result;

    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    result.ueid = found->ueid;
    result.has_security_version = found->has_version;
    result.security_version = found->version;
    return vouch_session_conclude(pair.client.session, exchange, &result,
                                  pair.now);
}

/* Attests once more, and tells whether the server was accepted. */
static bool is_accepted(const struct found *found)
{
    size_t before = pair_count(&pair.client, VOUCH_EVENT_ACCEPTED);
    vouch_exchange exchange;

    if (pair.client.session == NULL) {
        start();
    } else {
        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
        pair_run(&pair);
    }
    exchange = told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(conclude(exchange, found), VOUCH_OK);
    pair_run(&pair);
    return pair_count(&pair.client, VOUCH_EVENT_ACCEPTED) == before + 1;
}

static void assert_rejected(vouch_check check, vouch_claim claim)
{
    const struct pair_event *refused = told(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, check);
    ck_assert_int_eq(refused->reason.claim, claim);
    ck_assert(!is_open());
    /* The peer is told one coarse reason. */
    ck_assert_int_eq(
        told(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POLICY);
}

/* The instance */

static const struct found instance_a = {.ueid = {{1, 0xaa}, 17}},
                          instance_b = {.ueid = {{1, 0xbb}, 17}},
                          instance_none = {.ueid = {{0}, 0}},
                          instance_type_only = {.ueid = {{1, 0xaa}, 1}},
                          instance_zero = {.ueid = {{1}, 17}},
                          instance_too_long = {
                              .ueid = {{1, 0xaa}, VOUCH_UEID_MAX + 1}};

static void pin(void)
{
    ck_assert_int_eq(vouch_config_pin_instance(pair.client.config), VOUCH_OK);
}

START_TEST(instance_that_stays_is_accepted_again)
{
    pin();
    ck_assert(is_accepted(&instance_a));
    ck_assert(is_accepted(&instance_a));
    ck_assert(is_open());
}
END_TEST

/* Attacks 5 and 6: the same AIK, imported by another machine. */
START_TEST(instance_that_is_another_is_rejected)
{
    pin();
    ck_assert(is_accepted(&instance_a));
    ck_assert(!is_accepted(&instance_b));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_UEID);
    ck_assert_str_eq(told(&pair.client, VOUCH_EVENT_REFUSED)->reason.expected,
                     "the instance accepted before");
    ck_assert(is_accepted(&instance_a)); /* the pin is as it was */
    ck_assert(is_open());
}
END_TEST

/* Attack 6: who is rejected is the presenter, not the key's owner elsewhere. */
START_TEST(instance_that_is_rejected_hurts_no_other_connection)
{
    static struct session_pair owner;

    pair_init(&owner);
    pair_start(&owner);
    pair_run(&owner);
    pin();
    ck_assert(is_accepted(&instance_a));
    ck_assert(!is_accepted(&instance_b));
    ck_assert(vouch_session_may_send(owner.client.session, VOUCH_TRAFFIC_DATA,
                                     owner.now));
    pair_free(&owner);
}
END_TEST

static const struct found *const nobody[] = {
    &instance_none, &instance_type_only, &instance_zero, &instance_too_long};

/* design, Continuity: zero, masked or absent never matches. */
START_TEST(instance_that_is_nobody_is_rejected)
{
    pin();
    ck_assert(!is_accepted(nobody[_i]));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_UEID);
    ck_assert_str_eq(told(&pair.client, VOUCH_EVENT_REFUSED)->reason.expected,
                     "an instance");
}
END_TEST

START_TEST(instance_that_becomes_nobody_is_rejected)
{
    pin();
    ck_assert(is_accepted(&instance_a));
    ck_assert(!is_accepted(nobody[_i]));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_UEID);
}
END_TEST

START_TEST(instance_matters_to_those_who_pin_it)
{
    ck_assert(is_accepted(&instance_a));
    ck_assert(is_accepted(&instance_b));
    ck_assert(is_accepted(&instance_none));
}
END_TEST

/* The security version */

static const struct found version_none,
    version_4 = {.has_version = true, .version = 4},
    version_5 = {.has_version = true, .version = 5},
    version_6 = {.has_version = true, .version = 6};

static void refuse_regression(void)
{
    ck_assert_int_eq(vouch_config_refuse_regression(pair.client.config),
                     VOUCH_OK);
}

START_TEST(version_that_stays_or_rises_is_accepted)
{
    refuse_regression();
    ck_assert(is_accepted(&version_5));
    ck_assert(is_accepted(&version_5));
    ck_assert(is_accepted(&version_6));
    ck_assert(is_open());
}
END_TEST

START_TEST(version_that_falls_is_rejected)
{
    const vouch_reason *reason;

    refuse_regression();
    ck_assert(is_accepted(&version_5));
    ck_assert(!is_accepted(&version_4));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_SECURITY_VERSION);
    reason = &told(&pair.client, VOUCH_EVENT_REFUSED)->reason;
    ck_assert_str_eq(reason->name, "regression");
    ck_assert_str_eq(reason->expected, "5");
    ck_assert_str_eq(reason->found, "4");
    ck_assert(is_accepted(&version_6));
    ck_assert(!is_accepted(&version_5)); /* the last counts, not the first */
}
END_TEST

START_TEST(version_that_is_absent_is_rejected)
{
    refuse_regression();
    ck_assert(!is_accepted(&version_none));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_SECURITY_VERSION);
    ck_assert(is_accepted(&version_5));
    ck_assert(!is_accepted(&version_none));
    assert_rejected(VOUCH_CHECK_CONTINUITY, VOUCH_CLAIM_SECURITY_VERSION);
}
END_TEST

START_TEST(version_matters_to_those_who_refuse_regression)
{
    ck_assert(is_accepted(&version_5));
    ck_assert(is_accepted(&version_4));
    ck_assert(is_accepted(&version_none));
}
END_TEST

/* The AIK */

static struct fake_exporter exporter = {.secret = "one connection"};

/* The server, and whoever shares its end of the connection, each with an AIK
 * that the client trusts. */
static struct pki_entity other_aik;

static void start_with_two_aiks(void)
{
    const struct pki_profile profile = {.kind = PKI_P256};
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity aik = pki_issue(&root, &profile);
    X509_STORE *store = pki_store(&root);
    vouch_credential *credential = pair_credential(&aik);
    vouch_trust *trust;

    other_aik = pki_issue(&root, &profile);
    ck_assert_int_eq(vouch_trust_new(store, VOUCH_NAME_NONE, &trust), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_trust(pair.client.config, trust),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_credential(pair.server.config, credential), VOUCH_OK);
    vouch_trust_free(trust);
    vouch_credential_free(credential);
    X509_STORE_free(store);
    pki_free(&aik);
    pki_free(&root);
    pair.client.channel = fake_channel(VOUCH_CLIENT, VOUCH_SHA256, &exporter);
    pair.server.channel = fake_channel(VOUCH_SERVER, VOUCH_SHA256, &exporter);
    start();
}

/* The other answers the request that the client has just sent. */
static void other_answers(void)
{
    vouch_channel *channel =
        fake_channel(VOUCH_SERVER, VOUCH_SHA256, &exporter);
    vouch_credential *credential = pair_credential(&other_aik);
    vouch_bytes spki = vouch_credential_spki(credential), context;
    vouch_buffer request, cmw, authenticator, value;
    struct vouch_authenticator_message answer = {0};
    struct vouch_request_message m;
    vouch_digest binder, hash;
    vouch_endpoint *endpoint;
    CBB cbb;

    request = capsule_expect(pair.client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&request), &m),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(channel, &endpoint), VOUCH_OK);
    ck_assert_int_eq(vouch_get_context(m.request, &context), VOUCH_OK);
    ck_assert_int_eq(vouch_binder(channel, spki, context, &binder), VOUCH_OK);
    ck_assert_int_eq(vouch_aik_pub_hash(VOUCH_SHA256, spki, &hash), VOUCH_OK);
    cmw = pair_evidence(&binder, &hash);
    ck_assert_int_eq(vouch_endpoint_authenticate(endpoint, m.request,
                                                 credential, span_of(&cmw),
                                                 &authenticator),
                     VOUCH_OK);
    answer.id = m.id;
    answer.authenticator = span_of(&authenticator);
    ck_assert(CBB_init(&cbb, authenticator.len + 32));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, &answer),
                     VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(&value)),
                     VOUCH_OK);
    free(value.data);
    free(request.data);
    vouch_buffer_free(&authenticator);
    vouch_buffer_free(&cmw);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    vouch_credential_free(credential);
    pki_free(&other_aik);
}

static vouch_exchange ask(void)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    return exchange;
}

static void assert_other_aik_rejected(void)
{
    const struct pair_event *refused;

    pair_step(&pair, &pair.client);
    refused = told(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_IDENTITY);
    ck_assert_str_eq(refused->reason.expected, "the AIK accepted before");
    ck_assert(!is_open());
}

START_TEST(aik_of_the_other_is_as_good_as_long_as_none_was_accepted)
{
    vouch_exchange exchange;

    pair.server.holds_evidence = true;
    start_with_two_aiks();
    exchange = ask();
    other_answers();
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(conclude(exchange, &instance_none), VOUCH_OK);
    ck_assert(is_open());
}
END_TEST

START_TEST(aik_that_is_another_is_rejected)
{
    start_with_two_aiks();
    ck_assert_int_eq(
        conclude(
            told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange,
            &instance_none),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert(is_open());
    (void)ask();
    other_answers();
    assert_other_aik_rejected();
}
END_TEST

/* Both answers are there before either is accepted. */
START_TEST(aik_that_is_another_is_rejected_when_both_are_appraised_at_once)
{
    vouch_exchange first, second;

    start_with_two_aiks();
    first = told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    second = ask();
    other_answers();
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(
        told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange.id,
        second.id);
    ck_assert_int_eq(conclude(first, &instance_none), VOUCH_OK);
    ck_assert(is_open());
    ck_assert_int_eq(conclude(second, &instance_none), VOUCH_OK);
    assert_other_aik_rejected();
}
END_TEST

/* Attack 9: reflection */

/* The client's own REQUEST, with another id in front or another type inside. */
static vouch_err reflect(uint64_t flip_id, uint8_t flip_type)
{
    struct vouch_request_message m;
    vouch_buffer value, copy, request;
    vouch_err err;
    CBB cbb;

    pair_start(&pair);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_CAPABILITIES, span_of(&value)),
                     VOUCH_OK);
    free(value.data);
    free(capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES).data);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&value), &m),
                     VOUCH_OK);
    request = (vouch_buffer){exact_copy(m.request.data, m.request.len),
                             m.request.len};
    request.data[0] ^= flip_type;
    m.request = span_of(&request);
    m.id ^= flip_id;
    ck_assert(CBB_init(&cbb, value.len + 16));
    ck_assert_int_eq(vouch_request_message_encode(&cbb, &m), VOUCH_OK);
    copy = finish_cbb(&cbb);
    err = capsule_give(pair.client.session, pair.now, VOUCH_CAPSULE_REQUEST,
                       span_of(&copy));
    free(copy.data);
    free(value.data);
    free(request.data);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
    ck_assert(!is_open());
    return err;
}

/* CertificateRequest and ClientCertificateRequest (RFC 9261, 4). */
enum { OTHER_TYPE = 13 ^ 17 };

START_TEST(request_that_comes_back_is_refused) /* Attack 9 */
{
    ck_assert_int_eq(reflect(0, 0), VOUCH_E_ILLEGAL);
}
END_TEST

START_TEST(request_that_comes_back_under_the_servers_id_is_refused)
{
    ck_assert_int_eq(reflect(VOUCH_ID_SERVER, 0), VOUCH_E_REQUEST_TYPE);
}
END_TEST

/* Attacks 9 and 11: a context that this side issued is none of the peer's. */
START_TEST(request_that_comes_back_as_the_servers_is_refused)
{
    ck_assert_int_eq(reflect(VOUCH_ID_SERVER, OTHER_TYPE),
                     VOUCH_E_CONTEXT_REUSED);
}
END_TEST

/* Attack 9: the client's own evidence comes back in the server's answer. */
START_TEST(evidence_that_comes_back_is_rejected)
{
    vouch_evidence_info own;
    vouch_exchange exchange;
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    pair.client.holds_evidence = true;
    start();
    ck_assert_int_eq(
        vouch_session_request(pair.server.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_evidence_info(
            pair.client.session,
            told(&pair.client, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange,
            &own),
        VOUCH_OK);
    cmw = pair_evidence(&own.binder, &own.aik_pub_hash);
    ck_assert_int_eq(
        vouch_session_provide(
            pair.server.session,
            told(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange,
            span_of(&cmw), pair.now),
        VOUCH_OK);
    vouch_buffer_free(&cmw);
    pair_run(&pair);
    ck_assert_int_eq(
        conclude(
            told(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange,
            &instance_none),
        VOUCH_OK);
    pair_run(&pair);
    assert_rejected(VOUCH_CHECK_CONTRACT, VOUCH_CLAIM_NONE);
}
END_TEST

static void share_the_aik(void)
{
    vouch_credential *credential = pair_credential(&pair.server.aik);

    ck_assert_int_eq(
        vouch_config_set_credential(pair.client.config, credential), VOUCH_OK);
    vouch_credential_free(credential);
}

/* Attack 9: a peer that has nothing but this side's own AIK. */
START_TEST(own_aik_is_no_peers)
{
    share_the_aik();
    start();
    assert_rejected(VOUCH_CHECK_IDENTITY, VOUCH_CLAIM_NONE);
    ck_assert_str_eq(told(&pair.client, VOUCH_EVENT_REFUSED)->reason.found,
                     "this side's AIK");
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      0);
}
END_TEST

START_TEST(own_aik_is_a_peers_where_that_is_allowed)
{
    ck_assert_int_eq(vouch_config_allow_own_key(pair.client.config), VOUCH_OK);
    share_the_aik();
    ck_assert(is_accepted(&instance_none));
    ck_assert(is_open());
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_continuity");
    TCase *tc = tcase_create("attack_continuity");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, instance_that_stays_is_accepted_again);
    tcase_add_test(tc, instance_that_is_another_is_rejected);
    tcase_add_test(tc, instance_that_is_rejected_hurts_no_other_connection);
    tcase_add_loop_test(tc, instance_that_is_nobody_is_rejected, 0,
                        COUNT(nobody));
    tcase_add_loop_test(tc, instance_that_becomes_nobody_is_rejected, 0,
                        COUNT(nobody));
    tcase_add_test(tc, instance_matters_to_those_who_pin_it);
    tcase_add_test(tc, version_that_stays_or_rises_is_accepted);
    tcase_add_test(tc, version_that_falls_is_rejected);
    tcase_add_test(tc, version_that_is_absent_is_rejected);
    tcase_add_test(tc, version_matters_to_those_who_refuse_regression);
    tcase_add_test(tc,
                   aik_of_the_other_is_as_good_as_long_as_none_was_accepted);
    tcase_add_test(tc, aik_that_is_another_is_rejected);
    tcase_add_test(
        tc, aik_that_is_another_is_rejected_when_both_are_appraised_at_once);
    tcase_add_test(tc, request_that_comes_back_is_refused);
    tcase_add_test(tc, request_that_comes_back_under_the_servers_id_is_refused);
    tcase_add_test(tc, request_that_comes_back_as_the_servers_is_refused);
    tcase_add_test(tc, evidence_that_comes_back_is_rejected);
    tcase_add_test(tc, own_aik_is_no_peers);
    tcase_add_test(tc, own_aik_is_a_peers_where_that_is_allowed);
    suite_add_tcase(suite, tc);
    return suite;
}
