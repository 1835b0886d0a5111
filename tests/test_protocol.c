/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/context.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/* What proto/README.md says of single capsules: a client asks, a server
 * answers, and the test is what stands between them. */

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    pair.server.holds_evidence = true;
    pair_start(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

static vouch_err give(struct pair_peer *to, uint64_t type, vouch_buffer value)
{
    vouch_err err = capsule_give(to->session, pair.now, type, span_of(&value));

    free(value.data);
    while (pair_step(&pair, to)) {
    }
    return err;
}

/* Both have said what they can do, and the server was asked. */
static vouch_exchange ask(void)
{
    const struct pair_event *needed;

    capsule_pass(pair.client.session, pair.server.session, pair.now);
    capsule_pass(pair.server.session, pair.client.session, pair.now);
    while (pair_step(&pair, &pair.server)) {
    }
    needed = pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);
    ck_assert_ptr_nonnull(needed);
    return needed->event.exchange;
}

/* And it has answered: the AUTHENTICATOR. */
static vouch_buffer answer(void)
{
    vouch_exchange exchange = ask();
    vouch_evidence_info info;
    vouch_buffer cmw;

    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, exchange, &info),
        VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, exchange,
                                           span_of(&cmw), pair.now),
                     VOUCH_OK);
    vouch_buffer_free(&cmw);
    return capsule_expect(pair.server.session, VOUCH_CAPSULE_AUTHENTICATOR);
}

static vouch_buffer outcome(uint64_t id, vouch_verdict verdict, uint64_t reason)
{
    const struct vouch_outcome_message m = {
        .id = id,
        .verdict = verdict,
        .reason = reason,
        .has_hold = verdict == VOUCH_ACCEPTED,
        .hold_ms = 1000,
    };
    CBB cbb;

    ck_assert(CBB_init(&cbb, 64));
    ck_assert_int_eq(vouch_outcome_message_encode(&cbb, &m), VOUCH_OK);
    return finish_cbb(&cbb);
}

static vouch_err give_outcome(uint64_t id, vouch_verdict verdict)
{
    return give(&pair.server, VOUCH_CAPSULE_OUTCOME, outcome(id, verdict, 0));
}

/* Reasons */

static const struct {
    uint64_t said;
    vouch_peer_reason read;
} reasons[] = {
    {0, VOUCH_PEER_NONE},          {1, VOUCH_PEER_POLICY},
    {2, VOUCH_PEER_BUSY},          {3, VOUCH_PEER_YOU_FIRST},
    {4, VOUCH_PEER_NO_CREDENTIAL}, {5, VOUCH_PEER_TIMEOUT},
    {6, VOUCH_PEER_INTERNAL},      {7, VOUCH_PEER_POSTURE},
    {8, VOUCH_PEER_INTERNAL},      {UINT64_MAX, VOUCH_PEER_INTERNAL},
};

/* The AUTHENTICATOR in `value` with a reason and a time beside it. */
static vouch_buffer with_reason(vouch_buffer value, uint64_t reason)
{
    struct vouch_authenticator_message m;
    vouch_buffer again;
    CBB cbb;

    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&value), &m),
                     VOUCH_OK);
    m.has_reason = true;
    m.reason = reason;
    m.has_retry = true;
    m.retry_ms = 1234;
    ck_assert(CBB_init(&cbb, value.len + 32));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, &m), VOUCH_OK);
    again = finish_cbb(&cbb);
    free(value.data);
    return again;
}

START_TEST(reason_of_a_declined_request)
{
    vouch_exchange exchange = ask();
    const struct pair_event *refused;

    ck_assert_int_eq(vouch_session_decline(pair.server.session, exchange,
                                           VOUCH_PEER_POLICY, pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(
        give(&pair.client, VOUCH_CAPSULE_AUTHENTICATOR,
             with_reason(capsule_expect(pair.server.session,
                                        VOUCH_CAPSULE_AUTHENTICATOR),
                         reasons[_i].said)),
        VOUCH_OK);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_INDETERMINATE);
    ck_assert_int_eq(refused->event.u.refused.peer_reason, reasons[_i].read);
    ck_assert_uint_eq(refused->event.u.refused.retry_ms, 1234);
    /* No OUTCOME follows. */
    ck_assert_uint_eq(vouch_session_outgoing(pair.client.session).len, 0);
}
END_TEST

START_TEST(reason_beside_an_authenticator_is_ignored)
{
    ck_assert_int_eq(give(&pair.client, VOUCH_CAPSULE_AUTHENTICATOR,
                          with_reason(answer(), VOUCH_WIRE_BUSY)),
                     VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
}
END_TEST

START_TEST(reason_of_an_outcome)
{
    vouch_exchange exchange = ask();
    const struct pair_event *denied;

    ck_assert_int_eq(
        give(&pair.server, VOUCH_CAPSULE_OUTCOME,
             outcome(exchange.id, VOUCH_INDETERMINATE, reasons[_i].said)),
        VOUCH_OK);
    denied = pair_last(&pair.server, VOUCH_EVENT_DENIED);
    ck_assert_ptr_nonnull(denied);
    ck_assert_int_eq(denied->event.u.denied.reason, reasons[_i].read);
}
END_TEST

/* OUTCOME in other states than ANSWERED */

START_TEST(outcome_accepted_before_the_answer_is_a_violation)
{
    ck_assert_int_eq(give_outcome(ask().id, VOUCH_ACCEPTED),
                     VOUCH_E_UNEXPECTED);
    ck_assert(vouch_session_ended(pair.server.session));
}
END_TEST

/* The id of an exchange whose acceptance the server was told of. */
static uint64_t confirmed(void)
{
    vouch_buffer authenticator = answer();
    struct vouch_authenticator_message m;
    uint64_t id;

    ck_assert_int_eq(
        vouch_authenticator_message_decode(span_of(&authenticator), &m),
        VOUCH_OK);
    id = m.id;
    free(authenticator.data);
    ck_assert_int_eq(give_outcome(id, VOUCH_ACCEPTED), VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CONFIRMED), 1);
    return id;
}

START_TEST(outcome_after_accepted_is_rejected_or_a_violation)
{
    static const struct {
        vouch_verdict verdict;
        vouch_err err;
    } seconds[] = {
        {VOUCH_ACCEPTED, VOUCH_E_UNEXPECTED},
        {VOUCH_REJECTED, VOUCH_OK},
        {VOUCH_INDETERMINATE, VOUCH_E_UNEXPECTED},
    };

    ck_assert_int_eq(give_outcome(confirmed(), seconds[_i].verdict),
                     seconds[_i].err);
    while (pair_step(&pair, &pair.server)) {
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_DENIED), 1);
    ck_assert(vouch_session_ended(pair.server.session) ==
              (seconds[_i].err != VOUCH_OK));
}
END_TEST

START_TEST(outcome_for_what_was_never_asked_is_a_violation)
{
    vouch_exchange exchange = ask();
    uint64_t ids[] = {exchange.id + 1, exchange.id | VOUCH_ID_SERVER};

    ck_assert_int_eq(give_outcome(ids[_i], VOUCH_REJECTED), VOUCH_E_ILLEGAL);
}
END_TEST

/* REQUEST */

enum { OWN_ROLE, OTHER_COUNTER, AN_OPERATION, A_NONCE, REPEATED, BREAKS };

START_TEST(request_must_say_what_its_context_says)
{
    static const uint8_t octets[32];
    static const vouch_err errors[BREAKS] = {
        [OWN_ROLE] = VOUCH_E_ILLEGAL,        [OTHER_COUNTER] = VOUCH_E_ILLEGAL,
        [AN_OPERATION] = VOUCH_E_ILLEGAL,    [A_NONCE] = VOUCH_E_ILLEGAL,
        [REPEATED] = VOUCH_E_CONTEXT_REUSED,
    };
    struct vouch_request_message m;
    vouch_buffer request;
    CBB cbb;

    ck_assert_int_eq(
        give(&pair.server, VOUCH_CAPSULE_CAPABILITIES,
             capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES)),
        VOUCH_OK);
    request = capsule_expect(pair.client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&request), &m),
                     VOUCH_OK);
    m.id |= _i == OWN_ROLE ? VOUCH_ID_SERVER : 0;
    m.id += _i == OTHER_COUNTER;
    m.operation.data = m.nonce.data = octets;
    m.operation.len = _i == AN_OPERATION ? 32 : 0;
    m.nonce.len = _i == A_NONCE ? 8 : 0;
    if (_i == REPEATED) {
        ck_assert_int_eq(capsule_give(pair.server.session, pair.now,
                                      VOUCH_CAPSULE_REQUEST, span_of(&request)),
                         VOUCH_OK);
    }
    ck_assert(CBB_init(&cbb, request.len + 64));
    ck_assert_int_eq(vouch_request_message_encode(&cbb, &m), VOUCH_OK);
    ck_assert_int_eq(
        give(&pair.server, VOUCH_CAPSULE_REQUEST, finish_cbb(&cbb)),
        errors[_i]);
    free(request.data);
}
END_TEST

/* Capsules */

static vouch_buffer nonsense(size_t len)
{
    uint8_t *octets = calloc(1, len);

    ck_assert_ptr_nonnull(octets);
    memset(octets, 0xff, len);
    return (vouch_buffer){octets, len};
}

static const uint64_t unknown[] = {0, 0x2f55ff, VOUCH_CAPSULE_CLOSE + 1};

START_TEST(unknown_capsules_are_skipped)
{
    vouch_buffer authenticator = answer();

    ck_assert_int_eq(give(&pair.client, unknown[_i], nonsense(100)), VOUCH_OK);
    ck_assert_int_eq(
        give(&pair.client, VOUCH_CAPSULE_AUTHENTICATOR, authenticator),
        VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
}
END_TEST

START_TEST(unknown_capsule_before_capabilities_is_a_violation)
{
    ck_assert_int_eq(give(&pair.server, 0x1234, nonsense(1)),
                     VOUCH_E_UNEXPECTED);
}
END_TEST

START_TEST(second_capabilities_are_a_violation)
{
    vouch_buffer first =
        capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES);
    vouch_buffer second = {exact_copy(first.data, first.len), first.len};

    ck_assert_int_eq(give(&pair.server, VOUCH_CAPSULE_CAPABILITIES, first),
                     VOUCH_OK);
    ck_assert_int_eq(give(&pair.server, VOUCH_CAPSULE_CAPABILITIES, second),
                     VOUCH_E_UNEXPECTED);
}
END_TEST

static const struct {
    uint64_t type;
    size_t max;
} limits[] = {
    {VOUCH_CAPSULE_DATA, 16384},
    {VOUCH_CAPSULE_REQUEST, 133184},
    {VOUCH_CAPSULE_CLOSE, 133184},
    {VOUCH_CAPSULE_POSTURE, 133184},
    {0x1234, 133184},
};

static vouch_err give_header(uint64_t type, size_t length)
{
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t len = vouch_capsule_header_encode(type, length, header), taken;

    return vouch_session_recv(pair.server.session, (vouch_bytes){header, len},
                              pair.now, &taken);
}

/* By the header alone. */
START_TEST(capsule_beyond_its_limit_is_refused)
{
    ask();
    ck_assert_int_eq(give_header(limits[_i].type, limits[_i].max + 1),
                     VOUCH_E_TOO_LARGE);
}
END_TEST

START_TEST(capsule_at_its_limit_is_awaited)
{
    ask();
    ck_assert_int_eq(give_header(limits[_i].type, limits[_i].max), VOUCH_OK);
    ck_assert(!vouch_session_ended(pair.server.session));
}
END_TEST

/* A list that is withheld is no promise to produce nothing. */
START_TEST(list_withheld_is_no_deadlock)
{
    bool withheld = _i == 1;
    vouch_buffer value =
        capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    struct vouch_capabilities m;
    CBB cbb;

    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    m.produces.num = 0;
    m.flags = withheld ? VOUCH_FLAG_LIST_WITHHELD : 0;
    ck_assert(CBB_init(&cbb, value.len));
    ck_assert_int_eq(vouch_capabilities_encode(&cbb, &m), VOUCH_OK);
    free(value.data);
    ck_assert_int_eq(
        give(&pair.client, VOUCH_CAPSULE_CAPABILITIES, finish_cbb(&cbb)),
        VOUCH_OK);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POLICY_DEADLOCK),
                      withheld ? 0 : 1);
    ck_assert(vouch_session_ended(pair.client.session) == !withheld);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("protocol");
    TCase *tc = tcase_create("protocol");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, reason_of_a_declined_request, 0, COUNT(reasons));
    tcase_add_test(tc, reason_beside_an_authenticator_is_ignored);
    tcase_add_loop_test(tc, reason_of_an_outcome, 0, COUNT(reasons));
    tcase_add_test(tc, outcome_accepted_before_the_answer_is_a_violation);
    tcase_add_loop_test(tc, outcome_after_accepted_is_rejected_or_a_violation,
                        0, 3);
    tcase_add_loop_test(tc, outcome_for_what_was_never_asked_is_a_violation, 0,
                        2);
    tcase_add_loop_test(tc, request_must_say_what_its_context_says, 0, BREAKS);
    tcase_add_loop_test(tc, unknown_capsules_are_skipped, 0, COUNT(unknown));
    tcase_add_test(tc, unknown_capsule_before_capabilities_is_a_violation);
    tcase_add_test(tc, second_capabilities_are_a_violation);
    tcase_add_loop_test(tc, capsule_beyond_its_limit_is_refused, 0,
                        COUNT(limits));
    tcase_add_loop_test(tc, capsule_at_its_limit_is_awaited, 0, COUNT(limits));
    tcase_add_loop_test(tc, list_withheld_is_no_deadlock, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
