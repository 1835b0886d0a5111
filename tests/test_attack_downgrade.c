/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>

#include "proto/memory.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Attacks 34, 69 and 80: a peer that can or will not attest and wants its data
 * taken all the same; what a rejection leads to; and what it tells the peer.
 * The client requires the server to attest.
 */

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
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
                                  pair.now) ||
           vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

START_TEST(peer_that_attests_is_let_in)
{
    start();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

/* Silence */

/* Lets time pass until the client has had enough; the gate is shut all along.
 */
static void wait_for_end(void)
{
    for (int i = 0; !vouch_session_ended(pair.client.session); i++) {
        const uint64_t deadline = vouch_session_deadline(pair.client.session);

        ck_assert_int_lt(i, 20);
        ck_assert_uint_ne(deadline, VOUCH_NEVER);
        pair.now.mono_ms = deadline;
        ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                         VOUCH_OK);
        ck_assert(!is_open());
        (void)pair_step(&pair, &pair.client);
    }
}

/* The server introduces itself, or not even that, and never answers. */
START_TEST(peer_that_never_answers_is_left) /* Attack 34 */
{
    const struct pair_event *refused;
    struct vouch_close_message m;
    struct capsule capsule = {0};

    pair_start(&pair);
    if (_i == 0) {
        ck_assert(pair_move(&pair, &pair.server, &pair.client, SIZE_MAX));
    }
    (void)pair_step(&pair, &pair.client);
    wait_for_end();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 3);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_INDETERMINATE);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_ANSWER);
    ck_assert_str_eq(refused->reason.found, "no answer in time");
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    while (capsule_take(pair.client.session, &capsule)) {
        if (capsule.type == VOUCH_CAPSULE_CLOSE) {
            ck_assert_int_eq(
                vouch_close_message_decode(span_of(&capsule.value), &m),
                VOUCH_OK);
        }
        free(capsule.value.data);
    }
    ck_assert_uint_eq(capsule.type, VOUCH_CAPSULE_CLOSE);
    ck_assert_uint_eq(m.code, VOUCH_CLOSE_REFUSED);
}
END_TEST

/* Capabilities */

static void cannot_produce(struct vouch_capabilities *m)
{
    m->produces.num = 0;
}

static void produces_something_else(struct vouch_capabilities *m)
{
    m->produces.format[0] = vouch_text("application/vnd.vouch.none");
}

static void takes_no_requests(struct vouch_capabilities *m)
{
    m->max_in_flight = 0;
}

static void wants_what_is_not_there(struct vouch_capabilities *m)
{
    m->flags |= VOUCH_FLAG_YOU_FIRST;
    m->appraises.num = 0;
}

static void never_asks(struct vouch_capabilities *m)
{
    m->flags &= ~(uint64_t)VOUCH_FLAG_WILL_ASK;
}

static void cannot_appraise(struct vouch_capabilities *m)
{
    m->appraises.num = 0;
}

static const struct {
    void (*change)(struct vouch_capabilities *m);
    vouch_gate gate; /* of the client */
} downgrades[] = {
    {cannot_produce, VOUCH_GATE_REQUIRE_PEER},
    {cannot_produce, VOUCH_GATE_RESTRICTED},
    {produces_something_else, VOUCH_GATE_REQUIRE_PEER},
    {takes_no_requests, VOUCH_GATE_REQUIRE_PEER},
    {wants_what_is_not_there, VOUCH_GATE_REQUIRE_PEER},
    {never_asks, VOUCH_GATE_MUTUAL},
    {cannot_appraise, VOUCH_GATE_MUTUAL},
};

static void give_capabilities(void (*change)(struct vouch_capabilities *m))
{
    vouch_buffer value, changed;
    struct vouch_capabilities m;

    pair_start(&pair);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    change(&m);
    changed = capsule_capabilities(&m);
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_CAPABILITIES,
                                  span_of(&changed)),
                     VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    free(changed.data);
    free(value.data);
}

START_TEST(peer_that_can_less_than_policy_requires_is_left) /* Attack 34 */
{
    const vouch_gate gate = downgrades[_i].gate;

    ck_assert_int_eq(vouch_config_set_gate(pair.client.config, gate), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.server.config, VOUCH_GATE_MUTUAL), VOUCH_OK);
    give_capabilities(downgrades[_i].change);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POLICY_DEADLOCK), 1);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(!is_open());
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code,
        VOUCH_CLOSE_DEADLOCK);
}
END_TEST

static void says_nothing_of_itself(struct vouch_capabilities *m)
{
    m->flags = 0;
}

/* What a peer says that it wants does not change what this side wants. */
START_TEST(flags_of_the_peer_open_nothing) /* Attack 34 */
{
    give_capabilities(says_nothing_of_itself);
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert(!is_open());
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

/* Answers that prove nothing */

static vouch_credential *credential_of(const struct pki_entity *entity)
{
    vouch_buffer pem = pki_pem(&entity->certificate, 1);
    vouch_credential *credential;
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(entity->key, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_credential_new(key, span_of(&pem), &credential),
                     VOUCH_OK);
    vouch_key_free(key);
    free(pem.data);
    return credential;
}

/* An authenticator of this very connection, for `request`, by whoever has the
 * key of `entity`. */
static vouch_buffer authenticate(vouch_bytes request,
                                 const struct pki_entity *entity,
                                 vouch_bytes cmw)
{
    vouch_credential *credential = credential_of(entity);
    struct pair_peer self = {.config = NULL};
    vouch_endpoint *endpoint;
    vouch_buffer out;

    ck_assert_int_eq(pair_channel(&pair, &self), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(self.channel, &endpoint), VOUCH_OK);
    ck_assert_int_eq(
        vouch_endpoint_authenticate(endpoint, request, credential, cmw, &out),
        VOUCH_OK);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(self.channel);
    vouch_credential_free(credential);
    return out;
}

/* Evidence that shows nothing, of any media type. */
static vouch_buffer evidence_of_type(const char *type)
{
    static const uint8_t value[64];
    vouch_buffer cmw;

    ck_assert_int_eq(vouch_cmw_record(type, (vouch_bytes){value, 64},
                                      VOUCH_CMW_EVIDENCE, &cmw),
                     VOUCH_OK);
    return cmw;
}

static vouch_buffer without_evidence(vouch_bytes request)
{
    return authenticate(request, &pair.server.aik, (vouch_bytes){NULL, 0});
}

static vouch_buffer of_another_type(vouch_bytes request)
{
    vouch_buffer cmw = evidence_of_type("application/vnd.vouch.none");
    vouch_buffer out = authenticate(request, &pair.server.aik, span_of(&cmw));

    vouch_buffer_free(&cmw);
    return out;
}

static vouch_buffer of_no_type(vouch_bytes request)
{
    return authenticate(request, &pair.server.aik, vouch_text("\x41"));
}

/* In hexadecimal, what the application did not ask for [C15] */
static vouch_buffer of_hex(vouch_bytes request, const char *hex)
{
    vouch_buffer cmw = from_hex(hex);
    vouch_buffer out = authenticate(request, &pair.server.aik, span_of(&cmw));

    free(cmw.data);
    return out;
}

static vouch_buffer of_a_tag(vouch_bytes request)
{
    return of_hex(request, "da63740101 41aa");
}

static vouch_buffer of_a_collection(vouch_bytes request)
{
    return of_hex(request, "a1 00 83 63612f62 41aa 04");
}

static vouch_buffer of_a_signature(vouch_bytes request)
{
    return of_hex(request, "d2 84 40 a0 40 40");
}

static vouch_buffer of_json(vouch_bytes request)
{
    return authenticate(request, &pair.server.aik,
                        vouch_text("[\"a/b\",\"AA\",4]"));
}

static vouch_buffer with_a_broken_finished(vouch_bytes request)
{
    vouch_buffer cmw = evidence_of_type(PAIR_FORMAT);
    vouch_buffer out = authenticate(request, &pair.server.aik, span_of(&cmw));

    out.data[out.len - 1] ^= 1;
    vouch_buffer_free(&cmw);
    return out;
}

static vouch_buffer by_a_stranger(vouch_bytes request)
{
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity stranger =
        pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    vouch_buffer cmw = evidence_of_type(PAIR_FORMAT);
    vouch_buffer out = authenticate(request, &stranger, span_of(&cmw));

    vouch_buffer_free(&cmw);
    pki_free(&stranger);
    pki_free(&root);
    return out;
}

static vouch_buffer with_the_clients_key(vouch_bytes request)
{
    vouch_buffer cmw = evidence_of_type(PAIR_FORMAT);
    vouch_buffer out = authenticate(request, &pair.client.aik, span_of(&cmw));

    vouch_buffer_free(&cmw);
    return out;
}

/* Every appraiser says yes to this one, and it shows nothing. */
static vouch_buffer with_empty_evidence(vouch_bytes request)
{
    vouch_buffer cmw = evidence_of_type(PAIR_FORMAT);
    vouch_buffer out = authenticate(request, &pair.server.aik, span_of(&cmw));

    vouch_buffer_free(&cmw);
    return out;
}

static const struct {
    vouch_buffer (*answer)(vouch_bytes request);
    vouch_check check;
} answers[] = {
    {without_evidence, VOUCH_CHECK_FORMAT},
    {of_another_type, VOUCH_CHECK_FORMAT},
    {of_no_type, VOUCH_CHECK_FORMAT},
    {of_a_tag, VOUCH_CHECK_FORMAT},
    {of_a_collection, VOUCH_CHECK_FORMAT},
    {of_a_signature, VOUCH_CHECK_FORMAT},
    {of_json, VOUCH_CHECK_FORMAT},
    {with_a_broken_finished, VOUCH_CHECK_AUTHENTICATOR},
    {by_a_stranger, VOUCH_CHECK_CERTIFICATE},
    {with_the_clients_key, VOUCH_CHECK_IDENTITY},
    {with_empty_evidence, VOUCH_CHECK_CONTRACT},
};

enum { ANSWER_MS = 300 };

/* Has the client be answered by `answer`, after a while. */
static void answer_with(vouch_buffer (*answer)(vouch_bytes request))
{
    struct vouch_request_message request;
    struct vouch_authenticator_message m = {0};
    vouch_buffer asked, authenticator, value;
    struct capsule capsule;
    CBB cbb;

    pair_start(&pair);
    ck_assert(pair_move(&pair, &pair.server, &pair.client, SIZE_MAX));
    ck_assert(capsule_take(pair.client.session, &capsule));
    free(capsule.value.data);
    asked = capsule_expect(pair.client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&asked), &request),
                     VOUCH_OK);
    authenticator = answer(request.request);
    m.id = request.id;
    m.authenticator = span_of(&authenticator);
    ck_assert(CBB_init(&cbb, authenticator.len + 32));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    pair.now.mono_ms += ANSWER_MS;
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(&value)),
                     VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    free(value.data);
    vouch_buffer_free(&authenticator);
    free(asked.data);
}

static const struct pair_event *rejection(vouch_check check)
{
    const struct pair_event *refused =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(refused->reason.check, check);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!is_open());
    return refused;
}

START_TEST(answer_that_proves_nothing_opens_nothing) /* Attack 34 */
{
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    answer_with(answers[_i].answer);
    (void)rejection(answers[_i].check);
    ck_assert(!vouch_session_ended(pair.client.session));
}
END_TEST

/* Whose key it was is on record once the authenticator has proved it. */
START_TEST(audit_names_who_gave_an_answer_that_proves_nothing)
{
    const vouch_check check = answers[_i].check;
    const bool proven =
        check != VOUCH_CHECK_AUTHENTICATOR && check != VOUCH_CHECK_CERTIFICATE;
    static const uint8_t zero[32];
    const vouch_audit *record;

    answer_with(answers[_i].answer);
    record = &pair_last(&pair.client, VOUCH_EVENT_AUDIT)->audit;
    ck_assert_int_eq(record->check, check);
    ck_assert_uint_eq(record->answer_ms, ANSWER_MS);
    ck_assert_uint_eq(record->aik_pub_hash.len, proven ? 32 : 0);
    ck_assert(proven == (memcmp(record->binder_digest, zero, 32) != 0));
}
END_TEST

/* What the peer is told */

/* OUTCOME and CLOSE as they are for every rejection of the first request. */
static void check_told(uint64_t id)
{
    const struct vouch_outcome_message m = {
        .id = id, .verdict = VOUCH_REJECTED, .reason = VOUCH_WIRE_POLICY};
    static const uint8_t close[] = {0xa1, 0x01, VOUCH_CLOSE_REFUSED};
    vouch_buffer expected, value;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 32));
    ck_assert_int_eq(vouch_outcome_message_encode(&cbb, &m), VOUCH_OK);
    expected = finish_cbb(&cbb);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_OUTCOME);
    ck_assert_uint_eq(value.len, expected.len);
    ck_assert_mem_eq(value.data, expected.data, expected.len);
    free(value.data);
    free(expected.data);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_CLOSE);
    ck_assert_uint_eq(value.len, sizeof close);
    ck_assert_mem_eq(value.data, close, sizeof close);
    free(value.data);
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
}

START_TEST(peer_is_told_the_same_of_every_answer_that_fails) /* Attack 80 */
{
    answer_with(answers[_i].answer);
    check_told(rejection(answers[_i].check)->event.exchange.id);
}
END_TEST

/* The appraiser names the check that failed, to this side alone. */
START_TEST(peer_is_told_the_same_of_every_check_that_fails) /* Attack 80 */
{
    vouch_appraisal_info info;
    vouch_exchange exchange;
    vouch_result result;

    pair.client.holds_verdicts = true;
    start();
    exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    result = pair_appraise(&info, VOUCH_REJECTED);
    result.reason.check = (vouch_check)_i;
    result.reason.claim = VOUCH_CLAIM_MEASUREMENT;
    strcpy(result.reason.found, "what the peer must not learn");
    ck_assert_int_eq(vouch_session_conclude(pair.client.session, exchange,
                                            &result, pair.now),
                     VOUCH_OK);
    (void)pair_step(&pair, &pair.client);
    check_told(rejection((vouch_check)_i)->event.exchange.id);
}
END_TEST

/* What follows */

static const vouch_gate requiring[] = {
    VOUCH_GATE_RESTRICTED, VOUCH_GATE_REQUIRE_PEER, VOUCH_GATE_MUTUAL};

/* expat-04, 7: the default after a failed validation is the end [X30] */
START_TEST(rejection_ends_the_session_by_default) /* Attack 69 */
{
    ck_assert_int_eq(vouch_config_set_gate(pair.client.config, requiring[_i]),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config,
                                           requiring[_i] == VOUCH_GATE_MUTUAL
                                               ? VOUCH_GATE_MUTUAL
                                               : VOUCH_GATE_NONE),
                     VOUCH_OK);
    pair.client.verdict = VOUCH_REJECTED;
    start();
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code,
        VOUCH_CLOSE_REFUSED);
    ck_assert(!is_open());
    ck_assert(!vouch_session_may_send(pair.server.session, VOUCH_TRAFFIC_DATA,
                                      pair.now));
}
END_TEST

/* The session goes on, with the gate shut until a later exchange opens it. */
START_TEST(rejection_shuts_the_gate_of_a_session_that_stays) /* Attack 69 */
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    pair.client.verdict = VOUCH_REJECTED;
    start();
    (void)rejection(VOUCH_CHECK_REFERENCE);
    ck_assert(!vouch_session_ended(pair.client.session));
    pair.client.verdict = VOUCH_ACCEPTED;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

/* Restricted: the server takes commands of a client that has attested, and data
 * of any. */
static void set_up_restricted(void)
{
    operations_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.server.config, VOUCH_GATE_RESTRICTED),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.server.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
}

static void check_data_flows(void)
{
    struct pair_peer *peers[] = {&pair.client, &pair.server};
    size_t taken;

    for (size_t i = 0; i < 2; i++) {
        size_t before = peers[1 - i]->data_len;

        ck_assert_int_eq(vouch_session_send(peers[i]->session, vouch_text("hi"),
                                            pair.now, &taken),
                         VOUCH_OK);
        pair_run(&pair);
        ck_assert_uint_eq(peers[1 - i]->data_len, before + 2);
    }
}

START_TEST(restricted_session_takes_data_and_commands_of_the_accepted)
{
    start();
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    check_data_flows();
    ck_assert(vouch_session_may_accept(pair.server.session,
                                       VOUCH_TRAFFIC_COMMAND, pair.now));
    (void)operations_deliver(&pair);
}
END_TEST

START_TEST(restricted_session_takes_data_and_no_commands_of_the_rejected)
{ /* Attack 69 */
    vouch_exchange exchange;

    pair.server.verdict = VOUCH_REJECTED;
    start();
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_REFUSED), 1);
    check_data_flows();
    ck_assert(!vouch_session_may_accept(pair.server.session,
                                        VOUCH_TRAFFIC_COMMAND, pair.now));
    exchange = operations_send(&pair);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_COMMAND), 0);
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
    check_data_flows();
}
END_TEST

static void add_restricted(Suite *suite)
{
    TCase *tc = tcase_create("restricted");

    tcase_add_checked_fixture(tc, set_up_restricted, tear_down);
    tcase_add_test(tc,
                   restricted_session_takes_data_and_commands_of_the_accepted);
    tcase_add_test(
        tc, restricted_session_takes_data_and_no_commands_of_the_rejected);
    suite_add_tcase(suite, tc);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_downgrade");
    TCase *tc = tcase_create("attack_downgrade");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, peer_that_attests_is_let_in);
    tcase_add_loop_test(tc, peer_that_never_answers_is_left, 0, 2);
    tcase_add_loop_test(tc, peer_that_can_less_than_policy_requires_is_left, 0,
                        COUNT(downgrades));
    tcase_add_test(tc, flags_of_the_peer_open_nothing);
    tcase_add_loop_test(tc, answer_that_proves_nothing_opens_nothing, 0,
                        COUNT(answers));
    tcase_add_loop_test(tc, audit_names_who_gave_an_answer_that_proves_nothing,
                        0, COUNT(answers));
    tcase_add_loop_test(tc, peer_is_told_the_same_of_every_answer_that_fails, 0,
                        COUNT(answers));
    tcase_add_loop_test(tc, peer_is_told_the_same_of_every_check_that_fails,
                        VOUCH_CHECK_AUTHENTICATOR, VOUCH_CHECK_CONTRACT + 1);
    tcase_add_loop_test(tc, rejection_ends_the_session_by_default, 0,
                        COUNT(requiring));
    tcase_add_test(tc, rejection_shuts_the_gate_of_a_session_that_stays);
    suite_add_tcase(suite, tc);
    add_restricted(suite);
    return suite;
}
