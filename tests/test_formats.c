/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/posture.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "proto/writer.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Sessions that attest and appraise by a registry: which formats they tell of
 * and ask for, who makes and judges the messages, and what they are told.
 */

/* Attesters and appraisers of formats "f/0" to "f/2". The message of an
 * attester is the binder and the AIK hash, and an appraiser finds them there.
 * Each remembers what it was given. */

enum { FAKES = 3, RESULT = 2 /* whose messages are Attestation Results */ };
static const char *const formats[FAKES] = {"f/0", "f/1", "f/2"};

struct maker {
    vouch_attester base;
    size_t calls;
    vouch_err fails;
};

struct judge {
    vouch_appraiser base;
    size_t calls;
    vouch_expectation expected; /* its spans are not kept */
    uint8_t nonce[64];
    uint8_t message[64];
    size_t spki_len;
};

static struct maker makers[FAKES];
static struct judge judges[FAKES];
static vouch_registry *client_registry, *server_registry;
static struct session_pair pair;

static vouch_err make(vouch_attester *base,
                      const struct vouch_evidence_request *request, CBB *out)
{
    struct maker *maker = (struct maker *)base;

    maker->calls++;
    if (maker->fails != VOUCH_OK) {
        return maker->fails;
    }
    return vouch_write_octets(out, vouch_digest_bytes(&request->binder)) &&
                   vouch_write_octets(
                       out, vouch_digest_bytes(&request->aik_pub_hash))
               ? VOUCH_OK
               : VOUCH_E_NOMEM;
}

static void look(const vouch_appraiser *base, vouch_bytes message,
                 const vouch_expectation *expected, vouch_result *out)
{
    struct judge *judge = (struct judge *)(uintptr_t)base;

    judge->calls++;
    judge->expected = *expected;
    judge->spki_len = expected->aik_spki.len;
    if (expected->nonce.len != 0) {
        memcpy(judge->nonce, expected->nonce.data, expected->nonce.len);
    }
    ck_assert_uint_eq(message.len, 64);
    memcpy(judge->message, message.data, 64);
    *out = (vouch_result){.verdict = VOUCH_ACCEPTED,
                          .level = VOUCH_LEVEL_BOUND,
                          .tier = VOUCH_TIER_AFFIRMING,
                          .not_after = INT64_MAX,
                          .binder = {.len = 32},
                          .aik_pub_hash = {.len = 32}};
    memcpy(out->binder.data, message.data, 32);
    memcpy(out->aik_pub_hash.data, message.data + 32, 32);
}

static void free_maker(vouch_attester *base)
{
    ck_abort_msg("a reference too many to %s was dropped", base->format);
}

static void free_judge(vouch_appraiser *base)
{
    ck_abort_msg("a reference too many to %s was dropped", base->format);
}

static const struct vouch_attester_ops maker_ops = {
    .indicator = VOUCH_CMW_EVIDENCE, .produce = make, .destroy = free_maker};
static const struct vouch_appraiser_ops judge_ops = {
    .indicator = VOUCH_CMW_EVIDENCE, .appraise = look, .destroy = free_judge};
static const struct vouch_appraiser_ops result_ops = {
    .indicator = VOUCH_CMW_ATTESTATION_RESULTS,
    .appraise = look,
    .destroy = free_judge};

static void add_maker(size_t i)
{
    ck_assert_int_eq(
        vouch_registry_add_attester(server_registry, &makers[i].base),
        VOUCH_OK);
}

static void add_judge(size_t i)
{
    ck_assert_int_eq(
        vouch_registry_add_appraiser(client_registry, &judges[i].base),
        VOUCH_OK);
}

/* A configuration that has the credential and trust of one in the pair, and no
 * formats yet. */
static void replace_config(struct pair_peer *peer,
                           const struct pki_entity *root, vouch_gate gate)
{
    vouch_credential *credential = pair_credential(&peer->aik);
    X509_STORE *store = pki_store(root);
    vouch_trust *trust;

    vouch_config_free(peer->config);
    ck_assert_int_eq(vouch_trust_new(store, VOUCH_NAME_NONE, &trust), VOUCH_OK);
    ck_assert_int_eq(vouch_config_new(&peer->config), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_credential(peer->config, credential),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_trust(peer->config, trust), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(peer->config, gate), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_refusal(peer->config, VOUCH_REFUSAL_STAY),
                     VOUCH_OK);
    vouch_trust_free(trust);
    X509_STORE_free(store);
    vouch_credential_free(credential);
}

static void reissue(struct pair_peer *peer, const struct pki_entity *root)
{
    const struct pki_profile profile = {.kind = PKI_P256};

    pki_free(&peer->aik);
    peer->aik = pki_issue(root, &profile);
}

static void set_up(void)
{
    struct pki_entity root = pki_root(PKI_P256);

    pair_init(&pair);
    reissue(&pair.client, &root);
    reissue(&pair.server, &root);
    replace_config(&pair.client, &root, VOUCH_GATE_REQUIRE_PEER);
    replace_config(&pair.server, &root, VOUCH_GATE_NONE);
    pki_free(&root);
    ck_assert_int_eq(vouch_registry_new(&client_registry), VOUCH_OK);
    ck_assert_int_eq(vouch_registry_new(&server_registry), VOUCH_OK);
    for (size_t i = 0; i < FAKES; i++) {
        makers[i] =
            (struct maker){.base = {.ops = &maker_ops, .format = formats[i]}};
        judges[i] = (struct judge){
            .base = {.ops = i == RESULT ? &result_ops : &judge_ops,
                     .format = formats[i]}};
        atomic_init(&makers[i].base.refs, 1);
        atomic_init(&judges[i].base.refs, 1);
    }
}

static void tear_down(void)
{
    pair_free(&pair);
    vouch_registry_free(client_registry);
    vouch_registry_free(server_registry);
    for (size_t i = 0; i < FAKES; i++) { /* none was kept, and none lost */
        ck_assert_uint_eq(atomic_load(&makers[i].base.refs), 1);
        ck_assert_uint_eq(atomic_load(&judges[i].base.refs), 1);
    }
}

static void configure(void)
{
    ck_assert_int_eq(
        vouch_config_add_formats(pair.client.config, client_registry),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_add_formats(pair.server.config, server_registry),
        VOUCH_OK);
    pair.client.registry = client_registry;
    pair.server.registry = server_registry;
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

static void assert_formats(const struct vouch_formats *found, const int *wanted,
                           size_t num)
{
    ck_assert_uint_eq(found->num, num);
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_bytes_equal(found->format[i],
                                    vouch_text(formats[wanted[i]])));
    }
}

/* What is told and asked for */

static const int in_order[][FAKES] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}};

START_TEST(formats_are_told_in_the_order_of_the_registry)
{
    const int *order = in_order[_i];
    struct vouch_capabilities m;
    vouch_buffer value;

    for (size_t i = 0; i < FAKES; i++) {
        add_maker((size_t)order[i]);
        add_judge((size_t)order[i]);
    }
    configure();
    pair_start(&pair);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    ck_assert_uint_eq(m.produces.num, 0);
    assert_formats(&m.appraises, order, FAKES);
    free(value.data);
    value = capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    assert_formats(&m.produces, order, FAKES);
    ck_assert_uint_eq(m.appraises.num, 0);
    free(value.data);
}
END_TEST

START_TEST(formats_are_asked_for_in_the_order_of_the_registry)
{
    const int *order = in_order[_i];
    struct vouch_request_message m;
    vouch_buffer value;

    for (size_t i = 0; i < FAKES; i++) {
        add_judge((size_t)order[i]);
    }
    add_maker(0);
    configure();
    pair_start(&pair);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES);
    free(value.data);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&value), &m),
                     VOUCH_OK);
    assert_formats(&m.accepts, order, FAKES);
    free(value.data);
}
END_TEST

/* One that says nothing of a platform is never asked for. */
START_TEST(formats_that_only_go_beside_are_left_out)
{
    vouch_appraiser *posture;
    struct vouch_capabilities m;
    vouch_policy *policy;
    vouch_buffer value;

    ck_assert_int_eq(vouch_policy_new(VOUCH_POSTURE_FORMAT, &policy), VOUCH_OK);
    ck_assert_int_eq(vouch_posture_appraiser_new(policy, &posture), VOUCH_OK);
    add_judge(1);
    ck_assert_int_eq(vouch_registry_add_appraiser(client_registry, posture),
                     VOUCH_OK);
    add_judge(0);
    vouch_appraiser_free(posture);
    vouch_policy_free(policy);
    add_maker(0);
    configure();
    pair_start(&pair);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    assert_formats(&m.appraises, (const int[]){1, 0}, 2);
    free(value.data);
}
END_TEST

/* With nothing but that there is nothing to ask for. */
START_TEST(formats_that_only_go_beside_are_not_enough)
{
    vouch_appraiser *posture;
    vouch_policy *policy;

    ck_assert_int_eq(vouch_policy_new(VOUCH_POSTURE_FORMAT, &policy), VOUCH_OK);
    ck_assert_int_eq(vouch_posture_appraiser_new(policy, &posture), VOUCH_OK);
    ck_assert_int_eq(vouch_registry_add_appraiser(client_registry, posture),
                     VOUCH_OK);
    vouch_appraiser_free(posture);
    vouch_policy_free(policy);
    configure();
    ck_assert_int_eq(pair_channel(&pair, &pair.client), VOUCH_OK);
    ck_assert_int_eq(vouch_session_new(pair.client.channel, pair.client.config,
                                       pair.now, &pair.client.session),
                     VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(registry_is_fixed_once_a_configuration_has_it)
{
    add_maker(0);
    add_judge(0);
    configure();
    ck_assert_int_eq(
        vouch_registry_add_attester(server_registry, &makers[1].base),
        VOUCH_E_STATE);
    ck_assert_int_eq(
        vouch_registry_add_appraiser(client_registry, &judges[1].base),
        VOUCH_E_STATE);
    ck_assert_uint_eq(atomic_load(&makers[1].base.refs), 1);
    ck_assert_uint_eq(atomic_load(&judges[1].base.refs), 1);
}
END_TEST

START_TEST(configuration_that_a_session_has_takes_no_registry)
{
    add_maker(0);
    add_judge(0);
    configure();
    start();
    ck_assert(is_open());
    ck_assert_int_eq(
        vouch_config_add_formats(pair.client.config, server_registry),
        VOUCH_E_STATE);
}
END_TEST

START_TEST(configuration_does_not_keep_the_registry)
{
    vouch_registry *kept = server_registry;

    add_maker(0);
    add_judge(0);
    configure();
    vouch_registry_free(client_registry);
    ck_assert_int_eq(vouch_registry_new(&client_registry), VOUCH_OK);
    add_judge(0);
    pair.client.registry = client_registry;
    ck_assert_ptr_eq(pair.server.registry, kept);
    start();
    ck_assert(is_open());
}
END_TEST

START_TEST(configuration_has_a_limit_of_formats)
{
    char name[16];

    for (int i = 0; i < VOUCH_LIMIT_FORMATS; i++) {
        snprintf(name, sizeof name, "l/%d", i);
        ck_assert_int_eq(vouch_config_add_appraised(pair.client.config, name),
                         VOUCH_OK);
    }
    add_judge(0);
    ck_assert_int_eq(
        vouch_config_add_formats(pair.client.config, client_registry),
        VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(registry_has_one_attester_for_each_format)
{
    struct maker again = makers[0];

    atomic_init(&again.base.refs, 1);
    add_maker(0);
    ck_assert_int_eq(vouch_registry_add_attester(server_registry, &again.base),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(atomic_load(&again.base.refs), 1);
    add_maker(1);
    configure();
}
END_TEST

START_TEST(registry_has_a_limit_of_attesters)
{
    static struct maker many[VOUCH_LIMIT_FORMATS + 1];
    static char names[VOUCH_LIMIT_FORMATS + 1][8];

    for (size_t i = 0; i <= VOUCH_LIMIT_FORMATS; i++) {
        snprintf(names[i], sizeof names[i], "m/%u", (unsigned)(i % 100));
        many[i].base = (vouch_attester){.ops = &maker_ops, .format = names[i]};
        atomic_init(&many[i].base.refs, 1);
        ck_assert_int_eq(
            vouch_registry_add_attester(server_registry, &many[i].base),
            i < VOUCH_LIMIT_FORMATS ? VOUCH_OK : VOUCH_E_TOO_MANY);
    }
    ck_assert_uint_eq(atomic_load(&many[VOUCH_LIMIT_FORMATS].base.refs), 1);
}
END_TEST

/* Who makes and judges */

/* The relying party's order decides, among what the attester has. */
START_TEST(evidence_is_made_in_the_format_that_is_preferred)
{
    const int *order = in_order[_i];

    for (size_t i = 0; i < FAKES; i++) {
        if (order[i] != RESULT) {
            add_judge((size_t)order[i]);
        }
    }
    add_maker(0);
    add_maker(1);
    configure();
    start();
    ck_assert(is_open());
    for (size_t i = 0; i < 2; i++) {
        bool first = (order[0] == RESULT ? order[1] : order[0]) == (int)i;

        ck_assert_uint_eq(makers[i].calls, first);
        ck_assert_uint_eq(judges[i].calls, first);
    }
}
END_TEST

START_TEST(appraiser_is_told_what_the_session_computed)
{
    vouch_appraisal_info info;
    vouch_exchange exchange;

    add_maker(0);
    add_judge(0);
    configure();
    pair.client.holds_verdicts = true;
    start();
    exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    pair_conclude(&pair, &pair.client, exchange);
    ck_assert_mem_eq(&judges[0].expected.binder, &info.binder,
                     sizeof info.binder);
    ck_assert_mem_eq(&judges[0].expected.aik_pub_hash, &info.aik_pub_hash,
                     sizeof info.aik_pub_hash);
    ck_assert_uint_ne(judges[0].spki_len, 0);
    ck_assert_uint_eq(judges[0].expected.nonce.len, 0);
    ck_assert_int_eq(judges[0].expected.now.unix_s, pair.now.unix_s);
    ck_assert_mem_eq(judges[0].message, info.binder.data, 32);
    ck_assert(is_open());
}
END_TEST

START_TEST(request_without_an_attester_is_declined)
{
    const struct pair_event *told;
    vouch_exchange exchange;

    add_maker(0);
    add_judge(0);
    configure();
    pair.server.holds_evidence = true;
    start();
    exchange =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    /* The client's registry has no attesters. */
    ck_assert_int_eq(vouch_registry_attest(client_registry, pair.server.session,
                                           exchange, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    told = pair_last(&pair.server, VOUCH_EVENT_DENIED);
    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(told->event.u.denied.reason, VOUCH_PEER_INTERNAL);
    ck_assert_int_eq(told->event.u.denied.err, VOUCH_E_ARGUMENT);
    told = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(told->event.u.refused.verdict, VOUCH_INDETERMINATE);
    ck_assert_int_eq(told->event.u.refused.peer_reason, VOUCH_PEER_INTERNAL);
    ck_assert(!is_open());
    /* It is over: nobody answers it any more. */
    ck_assert_int_eq(vouch_registry_attest(server_registry, pair.server.session,
                                           exchange, pair.now),
                     VOUCH_OK);
    ck_assert_uint_eq(makers[0].calls, 0);
}
END_TEST

START_TEST(request_whose_attester_fails_is_declined)
{
    vouch_exchange exchange;

    add_maker(0);
    add_judge(0);
    configure();
    makers[0].fails = VOUCH_E_IO;
    pair.server.holds_evidence = true;
    start();
    exchange =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    ck_assert_int_eq(vouch_registry_attest(server_registry, pair.server.session,
                                           exchange, pair.now),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.err,
        VOUCH_E_IO);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_INTERNAL);
    ck_assert_uint_eq(makers[0].calls, 1);
    ck_assert(!is_open());
}
END_TEST

START_TEST(exchange_of_another_session_is_answered_by_nobody)
{
    vouch_exchange asked, came;
    vouch_buffer result = from_hex("83 63662f30 41aa 04");

    add_maker(0);
    add_judge(0);
    configure();
    pair.server.holds_evidence = true;
    pair.client.holds_verdicts = true;
    start();
    asked =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    asked.session ^= 1;
    ck_assert_int_eq(vouch_registry_attest(server_registry, pair.server.session,
                                           asked, pair.now),
                     VOUCH_E_HANDLE);
    asked.session ^= 1;
    pair_answer(&pair, &pair.server, asked);
    pair_run(&pair);
    came =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    came.session ^= 1;
    ck_assert_int_eq(vouch_registry_appraise(
                         client_registry, pair.client.session, came, pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_registry_appraise_result(client_registry,
                                                    pair.client.session, came,
                                                    span_of(&result), pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_uint_eq(judges[0].calls, 0);
    came.session ^= 1;
    pair_conclude(&pair, &pair.client, came);
    ck_assert(is_open());
    ck_assert_int_eq(vouch_registry_appraise(
                         client_registry, pair.client.session, came, pair.now),
                     VOUCH_OK); /* it is over */
    ck_assert_uint_eq(judges[0].calls, 1);
    free(result.data);
}
END_TEST

/* What a remote Verifier made of it */

/* Its word about this exchange, or another. */
static vouch_buffer result_of(vouch_exchange exchange, bool right,
                              uint32_t indicator)
{
    vouch_appraisal_info info;
    vouch_buffer cmw, out;
    uint8_t value[64];

    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    memcpy(value, info.binder.data, 32);
    memcpy(value + 32, info.aik_pub_hash.data, 32);
    value[0] ^= !right;
    ck_assert_int_eq(vouch_cmw_record(formats[RESULT],
                                      (vouch_bytes){value, sizeof value},
                                      indicator, &cmw),
                     VOUCH_OK);
    out = (vouch_buffer){exact_copy(cmw.data, cmw.len), cmw.len};
    vouch_buffer_free(&cmw);
    return out;
}

static void start_with_results(void)
{
    vouch_registry *results;

    add_maker(0);
    add_judge(0);
    configure();
    pair.client.holds_verdicts = true;
    start();
    /* a registry of their own, which the peer is not told of */
    ck_assert_int_eq(vouch_registry_new(&results), VOUCH_OK);
    vouch_registry_free(client_registry);
    client_registry = results;
    add_judge(RESULT);
}

static vouch_exchange waiting(void)
{
    return pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)
        ->event.exchange;
}

/* Takes `cmw` over. */
static void conclude_by(vouch_buffer cmw)
{
    ck_assert_int_eq(
        vouch_registry_appraise_result(client_registry, pair.client.session,
                                       waiting(), span_of(&cmw), pair.now),
        VOUCH_OK);
    free(cmw.data);
    pair_run(&pair);
}

static void assert_refused(vouch_check check)
{
    const struct pair_event *refused =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(refused->reason.check),
                     vouch_check_name(check));
    ck_assert(!is_open());
}

START_TEST(result_of_a_remote_verifier_is_appraised_in_place_of_the_evidence)
{
    start_with_results();
    conclude_by(result_of(waiting(), true, VOUCH_CMW_ATTESTATION_RESULTS));
    ck_assert_uint_eq(judges[RESULT].calls, 1);
    ck_assert_uint_eq(judges[0].calls, 0);
    ck_assert(is_open());
}
END_TEST

START_TEST(result_of_a_remote_verifier_is_about_this_exchange)
{
    start_with_results();
    conclude_by(result_of(waiting(), false, VOUCH_CMW_ATTESTATION_RESULTS));
    assert_refused(VOUCH_CHECK_CONTRACT);
}
END_TEST

START_TEST(result_of_a_remote_verifier_is_a_result)
{
    start_with_results();
    conclude_by(result_of(waiting(), true, VOUCH_CMW_EVIDENCE));
    assert_refused(VOUCH_CHECK_FORMAT);
    ck_assert_uint_eq(judges[RESULT].calls, 0);
}
END_TEST

static const char *const no_results[] = {"", "80", "9f", "d28440a04040",
                                         "83 63662f30 41aa 04"};

START_TEST(result_of_a_remote_verifier_that_is_none_is_a_rejection)
{
    start_with_results();
    conclude_by(from_hex(no_results[_i]));
    assert_refused(VOUCH_CHECK_FORMAT);
    ck_assert_uint_eq(judges[RESULT].calls, 0);
}
END_TEST

/* The Verifier's nonce: told is the one that is in the context of this very
 * exchange. */

static const size_t nonce_lengths[] = {8, 9, 32, 63, 64};

START_TEST(nonce_of_the_verifier_is_told_with_the_evidence)
{
    uint8_t nonce[64];
    vouch_appraisal_info info;
    vouch_exchange asked;
    size_t len = nonce_lengths[_i];

    memset(nonce, 0x5a, sizeof nonce);
    nonce[len - 1] = 0xa5;
    start_with_results();
    /* none in the first, which the session made by itself */
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, waiting(), &info),
        VOUCH_OK);
    ck_assert_uint_eq(info.nonce.len, 0);
    conclude_by(result_of(waiting(), true, VOUCH_CMW_ATTESTATION_RESULTS));
    ck_assert_uint_eq(judges[RESULT].expected.nonce.len, 0);
    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session,
                                                 (vouch_bytes){nonce, len},
                                                 pair.now, &asked),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(waiting().id, asked.id);
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, asked, &info),
        VOUCH_OK);
    ck_assert_uint_eq(info.nonce.len, len);
    ck_assert_mem_eq(info.nonce.data, nonce, len);
    conclude_by(result_of(asked, true, VOUCH_CMW_ATTESTATION_RESULTS));
    ck_assert_uint_eq(judges[RESULT].expected.nonce.len, len);
    ck_assert_mem_eq(judges[RESULT].nonce, nonce, len);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    /* and in no other */
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &asked), VOUCH_OK);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, asked, &info),
        VOUCH_OK);
    ck_assert_uint_eq(info.nonce.len, 0);
}
END_TEST

/* Two exchanges at once, each with its own; answered in the other order. */
START_TEST(nonce_of_the_verifier_is_that_of_its_exchange)
{
    static const uint8_t nonces[2][8] = {{1}, {2}};
    vouch_appraisal_info info;
    vouch_exchange asked[2];

    start_with_results();
    conclude_by(result_of(waiting(), true, VOUCH_CMW_ATTESTATION_RESULTS));
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(vouch_session_request_nonce(
                             pair.client.session, (vouch_bytes){nonces[i], 8},
                             pair.now, &asked[i]),
                         VOUCH_OK);
    }
    pair_run(&pair);
    for (size_t i = 2; i > 0; i--) {
        ck_assert_int_eq(vouch_session_appraisal_info(pair.client.session,
                                                      asked[i - 1], &info),
                         VOUCH_OK);
        ck_assert_uint_eq(info.nonce.len, 8);
        ck_assert_mem_eq(info.nonce.data, nonces[i - 1], 8);
    }
}
END_TEST

/* The digest of an operation in the context is no nonce. */
START_TEST(operation_is_no_nonce_of_a_verifier)
{
    vouch_appraisal_info info;
    vouch_exchange asked;

    ck_assert_int_eq(
        vouch_config_set_asker(pair.server.config, VOUCH_ASKER_AUTHENTICATED),
        VOUCH_OK); /* so that it executes commands */
    start_with_results();
    conclude_by(result_of(waiting(), true, VOUCH_CMW_ATTESTATION_RESULTS));
    asked = operations_ask(&pair);
    pair_run(&pair);
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, asked, &info),
        VOUCH_OK);
    ck_assert_uint_eq(info.nonce.len, 0);
}
END_TEST

static const size_t wrong_lengths[] = {0, 1, 7, 65};

START_TEST(nonce_of_the_verifier_has_8_to_64_octets)
{
    static const uint8_t nonce[65] = {0};
    vouch_exchange asked;

    start_with_results();
    ck_assert_int_eq(vouch_session_request_nonce(pair.client.session,
                                                 (vouch_bytes){nonce, 8},
                                                 pair.now, &asked),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_request_nonce(pair.client.session,
                                    (vouch_bytes){nonce, wrong_lengths[_i]},
                                    pair.now, &asked),
        VOUCH_E_ARGUMENT);
}
END_TEST

static void add_format_tests(TCase *tc)
{
    tcase_add_loop_test(tc, formats_are_told_in_the_order_of_the_registry, 0,
                        COUNT(in_order));
    tcase_add_loop_test(tc, formats_are_asked_for_in_the_order_of_the_registry,
                        0, COUNT(in_order));
    tcase_add_test(tc, formats_that_only_go_beside_are_left_out);
    tcase_add_test(tc, formats_that_only_go_beside_are_not_enough);
    tcase_add_test(tc, registry_is_fixed_once_a_configuration_has_it);
    tcase_add_test(tc, configuration_that_a_session_has_takes_no_registry);
    tcase_add_test(tc, configuration_does_not_keep_the_registry);
    tcase_add_test(tc, configuration_has_a_limit_of_formats);
    tcase_add_test(tc, registry_has_one_attester_for_each_format);
    tcase_add_test(tc, registry_has_a_limit_of_attesters);
}

static void add_answer_tests(TCase *tc)
{
    tcase_add_loop_test(tc, evidence_is_made_in_the_format_that_is_preferred, 0,
                        COUNT(in_order));
    tcase_add_test(tc, appraiser_is_told_what_the_session_computed);
    tcase_add_test(tc, request_without_an_attester_is_declined);
    tcase_add_test(tc, request_whose_attester_fails_is_declined);
    tcase_add_test(tc, exchange_of_another_session_is_answered_by_nobody);
    tcase_add_test(
        tc, result_of_a_remote_verifier_is_appraised_in_place_of_the_evidence);
    tcase_add_test(tc, result_of_a_remote_verifier_is_about_this_exchange);
    tcase_add_test(tc, result_of_a_remote_verifier_is_a_result);
    tcase_add_loop_test(tc,
                        result_of_a_remote_verifier_that_is_none_is_a_rejection,
                        0, COUNT(no_results));
}

static void add_nonce_tests(TCase *tc)
{
    tcase_add_loop_test(tc, nonce_of_the_verifier_is_told_with_the_evidence, 0,
                        COUNT(nonce_lengths));
    tcase_add_test(tc, nonce_of_the_verifier_is_that_of_its_exchange);
    tcase_add_test(tc, operation_is_no_nonce_of_a_verifier);
    tcase_add_loop_test(tc, nonce_of_the_verifier_has_8_to_64_octets, 0,
                        COUNT(wrong_lengths));
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("formats");
    TCase *tc = tcase_create("formats");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    add_format_tests(tc);
    add_answer_tests(tc);
    add_nonce_tests(tc);
    suite_add_tcase(suite, tc);
    return suite;
}
