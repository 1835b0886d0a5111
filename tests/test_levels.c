/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/fake_channel.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Results that name an AIK and no exchange: what they open, for how long, and
 * what they never open. design, Acceptance has a level; attack 4.
 */

enum { MAX_AGE = 100000 };

static struct session_pair pair;

/* The peer that judges in a test, and the other. */
static struct pair_peer *judge, *attester;

static void prepare(struct pair_peer *who)
{
    judge = who;
    attester = who == &pair.client ? &pair.server : &pair.client;
    judge->holds_verdicts = true;
    ck_assert_int_eq(vouch_config_set_max_age(judge->config, MAX_AGE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(judge->config, 0), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(judge->config, VOUCH_REFUSAL_STAY), VOUCH_OK);
}

static void set_up(void)
{
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    prepare(&pair.client);
}

static void tear_down(void)
{
    pair_free(&pair);
}

static void allow(void)
{
    ck_assert_int_eq(vouch_config_allow_key_bound(judge->config), VOUCH_OK);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static vouch_exchange waiting(void)
{
    const struct pair_event *needed =
        pair_last(judge, VOUCH_EVENT_APPRAISAL_NEEDED);

    ck_assert_ptr_nonnull(needed);
    return needed->event.exchange;
}

static vouch_appraisal_info info(void)
{
    vouch_appraisal_info out;

    ck_assert_int_eq(
        vouch_session_appraisal_info(judge->session, waiting(), &out),
        VOUCH_OK);
    return out;
}

/* As the Verifier of a passport has it: SHA-256 of the AIK, and no binder. */
static vouch_result key_bound(void)
{
    vouch_appraisal_info about = info();
    vouch_result result = {.verdict = VOUCH_ACCEPTED,
                           .level = VOUCH_LEVEL_KEY_BOUND,
                           .aik_pub_hash = {.len = 32},
                           .not_after = INT64_MAX};

    vouch_sha256(about.aik_spki, result.aik_pub_hash.data);
    return result;
}

static vouch_result bound(void)
{
    vouch_appraisal_info about = info();

    return pair_appraise(&about, VOUCH_ACCEPTED);
}

static void conclude(const vouch_result *result)
{
    ck_assert_int_eq(
        vouch_session_conclude(judge->session, waiting(), result, pair.now),
        VOUCH_OK);
    pair_run(&pair);
}

static void conclude_key_bound(void)
{
    vouch_result result = key_bound();

    conclude(&result);
}

static void conclude_bound(void)
{
    vouch_result result = bound();

    conclude(&result);
}

static vouch_exchange ask(void)
{
    vouch_exchange exchange = {0};

    ck_assert_int_eq(vouch_session_request(judge->session, pair.now, &exchange),
                     VOUCH_OK);
    pair_run(&pair);
    return exchange;
}

static bool is_open(void)
{
    return vouch_session_may_send(judge->session, VOUCH_TRAFFIC_DATA,
                                  pair.now) &&
           vouch_session_may_accept(judge->session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static bool takes_commands(void)
{
    return vouch_session_may_accept(judge->session, VOUCH_TRAFFIC_COMMAND,
                                    pair.now);
}

static void assert_accepted(size_t times, vouch_level level)
{
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_ACCEPTED), times);
    ck_assert_int_eq(
        pair_last(judge, VOUCH_EVENT_ACCEPTED)->event.u.accepted.level, level);
    ck_assert_int_eq(pair_last(judge, VOUCH_EVENT_AUDIT)->audit.level, level);
}

static const vouch_reason *assert_refused(vouch_check check)
{
    const struct pair_event *refused = pair_last(judge, VOUCH_EVENT_REFUSED);

    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(refused->reason.check),
                     vouch_check_name(check));
    return &refused->reason;
}

static void assert_level_refused(const char *found)
{
    const vouch_reason *reason = assert_refused(VOUCH_CHECK_LEVEL);

    ck_assert_str_eq(reason->expected, "bound");
    ck_assert_str_eq(reason->found, found);
}

/* Consent */

START_TEST(key_bound_is_refused_without_consent)
{
    start();
    conclude_bound();
    ck_assert(is_open());
    (void)ask();
    conclude_key_bound();
    assert_level_refused("a key-bound result");
    ck_assert(!is_open()); /* a rejection like any */
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(attester, VOUCH_EVENT_CONFIRMED), 1);
    ck_assert_int_eq(
        pair_last(attester, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POLICY); /* and the peer is not told why */
}
END_TEST

START_TEST(key_bound_opens_the_gate_for_data_with_consent)
{
    allow();
    start();
    ck_assert(!is_open());
    conclude_key_bound();
    assert_accepted(1, VOUCH_LEVEL_KEY_BOUND);
    ck_assert(is_open());
    ck_assert_uint_eq(pair_count(attester, VOUCH_EVENT_CONFIRMED), 1);
    (void)ask();
    conclude_bound();
    assert_accepted(2, VOUCH_LEVEL_BOUND);
}
END_TEST

static uint64_t flags_sent(void)
{
    struct vouch_capabilities m;
    vouch_buffer value;

    pair_start(&pair);
    value = capsule_expect(judge->session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    free(value.data);
    return m.flags;
}

START_TEST(key_bound_is_told_of_in_capabilities)
{
    uint64_t before = flags_sent();

    ck_assert_uint_eq(before & 16, 0);
    tear_down();
    set_up();
    allow();
    ck_assert_uint_eq(flags_sent(), before | 16);
}
END_TEST

START_TEST(consent_is_given_before_the_session)
{
    start();
    ck_assert_int_eq(vouch_config_allow_key_bound(judge->config),
                     VOUCH_E_STATE);
    conclude_key_bound();
    assert_level_refused("a key-bound result");
}
END_TEST

/* What it is held against */

static void has_the_binder(vouch_result *result)
{
    result->binder = info().binder;
}

static void has_another_binder(vouch_result *result)
{
    result->binder = info().binder;
    result->binder.data[31] ^= 1;
}

static void has_part_of_the_binder(vouch_result *result)
{
    result->binder = info().binder;
    result->binder.len--;
}

static void has_more_than_the_binder(vouch_result *result)
{
    result->binder = info().binder;
    result->binder.len++;
}

static void has_zeros_for_a_binder(vouch_result *result)
{
    result->binder = (vouch_digest){.len = 32};
}

static void has_another_aik(vouch_result *result)
{
    result->aik_pub_hash.data[0] ^= 1;
}

static void has_its_own_aik(vouch_result *result)
{
    vouch_buffer spki = pki_spki(judge->aik.key);

    vouch_sha256(span_of(&spki), result->aik_pub_hash.data);
    free(spki.data);
}

static void has_no_aik(vouch_result *result)
{
    result->aik_pub_hash.len = 0;
}

static void has_part_of_the_aik(vouch_result *result)
{
    result->aik_pub_hash.len--;
}

static void has_another_hash_of_the_aik(vouch_result *result)
{
    vouch_bytes spki = info().aik_spki;

    result->aik_pub_hash.len = 48;
    SHA384(spki.data, spki.len, result->aik_pub_hash.data);
}

static void has_no_level(vouch_result *result)
{
    result->binder = info().binder;
    result->level = VOUCH_LEVEL_NONE;
}

static void has_a_level_beyond(vouch_result *result)
{
    result->binder = info().binder;
    result->level = (vouch_level)(VOUCH_LEVEL_KEY_BOUND + 1);
}

static void says_to_be_bound(vouch_result *result)
{
    result->level = VOUCH_LEVEL_BOUND;
}

static const struct {
    void (*change)(vouch_result *result);
    bool good;
} changes[] = {
    {has_the_binder, true},          {has_another_binder, false},
    {has_part_of_the_binder, false}, {has_more_than_the_binder, false},
    {has_zeros_for_a_binder, false}, {has_another_aik, false},
    {has_its_own_aik, false},        {has_no_aik, false},
    {has_part_of_the_aik, false},    {has_another_hash_of_the_aik, false},
    {has_no_level, false},           {has_a_level_beyond, false},
    {says_to_be_bound, false},
};

/* Attack 4: one about this AIK, and about no other exchange. */
START_TEST(key_bound_shows_what_it_is_bound_to)
{
    vouch_result result;

    allow();
    start();
    conclude_key_bound();
    ck_assert(is_open());
    (void)ask();
    result = key_bound();
    changes[_i].change(&result);
    conclude(&result);
    if (changes[_i].good) {
        assert_accepted(2, VOUCH_LEVEL_KEY_BOUND);
        ck_assert(is_open());
    } else {
        (void)assert_refused(VOUCH_CHECK_CONTRACT);
        ck_assert(!is_open());
    }
}
END_TEST

/* A connection whose suite has SHA-384. */
static void start_sha384(struct fake_exporter *exporter)
{
    pair.client.channel = fake_channel(VOUCH_CLIENT, VOUCH_SHA384, exporter);
    pair.server.channel = fake_channel(VOUCH_SERVER, VOUCH_SHA384, exporter);
    start();
    ck_assert_uint_eq(info().binder.len, 48);
    ck_assert_uint_eq(info().aik_pub_hash.len, 48);
}

/* A result may be older than the choice of a suite: SHA-256 of the AIK always
 * does, and the suite's hash too. */
START_TEST(key_bound_has_sha256_of_the_aik_on_any_suite)
{
    struct fake_exporter exporter = {.secret = "one"};
    vouch_result result;

    allow();
    start_sha384(&exporter);
    result = key_bound();
    ck_assert_uint_eq(result.aik_pub_hash.len, 32);
    conclude(&result);
    assert_accepted(1, VOUCH_LEVEL_KEY_BOUND);
    (void)ask();
    result = key_bound();
    result.aik_pub_hash = info().aik_pub_hash;
    conclude(&result);
    assert_accepted(2, VOUCH_LEVEL_KEY_BOUND);
    (void)ask();
    result = key_bound();
    result.aik_pub_hash = info().aik_pub_hash;
    result.aik_pub_hash.len = 32; /* but not the beginning of it */
    conclude(&result);
    (void)assert_refused(VOUCH_CHECK_CONTRACT);
    ck_assert(!is_open());
}
END_TEST

/* Such a result that names the exchange is bound, and has the suite's binder.
 */
START_TEST(bound_result_may_have_sha256_of_the_aik)
{
    struct fake_exporter exporter = {.secret = "one"};
    vouch_result result;

    start_sha384(&exporter);
    result = key_bound();
    result.level = VOUCH_LEVEL_BOUND;
    result.binder = info().binder;
    conclude(&result);
    assert_accepted(1, VOUCH_LEVEL_BOUND);
    (void)ask();
    result = key_bound();
    result.level = VOUCH_LEVEL_BOUND;
    result.binder = info().binder;
    result.binder.len = 32;
    conclude(&result);
    (void)assert_refused(VOUCH_CHECK_CONTRACT);
}
END_TEST

/* Posture */

static void change_posture(void)
{
    static uint8_t digest[32];

    digest[0]++;
    ck_assert_int_eq(
        vouch_session_set_posture(attester->session, "model", digest, pair.now),
        VOUCH_OK);
    pair_wait(&pair, 1000);
    pair_run(&pair);
}

/* Nothing that was made before can make up for a change: not once, and not the
 * next time, until evidence of now is accepted. */
START_TEST(key_bound_never_makes_up_for_a_change_of_posture)
{
    allow();
    start();
    if (_i == 0) {
        conclude_key_bound();
    } else {
        conclude_bound();
    }
    ck_assert(is_open());
    change_posture(); /* and is asked again by itself */
    ck_assert(!is_open());
    conclude_key_bound();
    assert_level_refused("a key-bound result after a change of posture");
    ck_assert(!is_open());
    (void)ask();
    conclude_key_bound();
    assert_level_refused("a key-bound result after a change of posture");
    ck_assert(!is_open());
    (void)ask();
    conclude_bound();
    assert_accepted(2, VOUCH_LEVEL_BOUND);
    ck_assert(is_open());
    (void)ask();
    conclude_key_bound();
    assert_accepted(3, VOUCH_LEVEL_KEY_BOUND);
    change_posture();
    conclude_key_bound();
    assert_level_refused("a key-bound result after a change of posture");
}
END_TEST

/* One that was asked for before the change, and answered behind it. */
START_TEST(key_bound_that_was_asked_for_before_the_change_is_refused)
{
    allow();
    attester->holds_evidence = true;
    start();
    change_posture();
    pair_answer(
        &pair, attester,
        pair_last(attester, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange);
    pair_run(&pair);
    conclude_key_bound();
    assert_level_refused("a key-bound result after a change of posture");
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_ACCEPTED), 0);
}
END_TEST

START_TEST(change_of_posture_ends_acceptances_of_both_levels)
{
    allow();
    start();
    conclude_bound();
    (void)ask();
    conclude_key_bound();
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_EXPIRED), 0);
    change_posture();
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_EXPIRED), 2);
    ck_assert_int_eq(
        pair_last(judge, VOUCH_EVENT_EXPIRED)->event.u.expired.cause,
        VOUCH_CAUSE_POSTURE);
    ck_assert(!is_open());
}
END_TEST

/* How long */

static const struct {
    uint64_t delay_s;             /* from the request to the verdict */
    int64_t not_after, issued_at; /* from the request, in seconds */
    uint64_t lasts_ms;            /* from the request; 0: not at all */
} ends[] = {
    /* not_after is none, and issued_at neither */
    {0, INT64_MAX, INT64_MAX, MAX_AGE},
    {5, INT64_MAX, INT64_MAX, MAX_AGE},
    /* not_after */
    {0, 50, INT64_MAX, 50000},
    {5, 50, INT64_MAX, 50000},
    {0, 1, INT64_MAX, 1000},
    {0, 0, INT64_MAX, 0},
    {5, 5, INT64_MAX, 0},
    {5, 6, INT64_MAX, 6000},
    {0, -1, INT64_MAX, 0},
    {0, 100, INT64_MAX, MAX_AGE},
    {0, 101, INT64_MAX, MAX_AGE},
    /* issued_at and the maximum age */
    {0, INT64_MAX, -30, 70000},
    {5, INT64_MAX, -30, 70000},
    {0, INT64_MAX, -1, 99000},
    {0, INT64_MAX, -99, 1000},
    {0, INT64_MAX, -100, 0},
    {0, INT64_MAX, -101, 0},
    {5, INT64_MAX, -95, 0},
    {5, INT64_MAX, -94, 6000},
    {0, INT64_MAX, -PAIR_UNIX_TIME - 1, 0}, /* before 1970 */
    /* made now, or later than now: no reason to last longer */
    {0, INT64_MAX, 0, MAX_AGE},
    {5, INT64_MAX, 3, MAX_AGE},
    {0, INT64_MAX, 60, MAX_AGE},
    /* the first of all */
    {0, 20, -90, 10000},
    {0, 5, -90, 5000},
    {5, 20, -90, 10000},
};

static int64_t unix_at(int64_t from_request)
{
    return from_request == INT64_MAX ? INT64_MAX
                                     : PAIR_UNIX_TIME + from_request;
}

static void assert_end(vouch_result result, int i, uint64_t asked)
{
    result.not_after = unix_at(ends[i].not_after);
    result.issued_at =
        ends[i].issued_at == INT64_MAX ? 0 : unix_at(ends[i].issued_at);
    conclude(&result);
    if (ends[i].lasts_ms == 0) {
        const struct pair_event *refused =
            pair_last(judge, VOUCH_EVENT_REFUSED);

        ck_assert_ptr_nonnull(refused);
        ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_INDETERMINATE);
        ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_AGE);
        ck_assert(!is_open());
        return;
    }
    assert_accepted(1, result.level);
    ck_assert_uint_eq(
        pair_last(judge, VOUCH_EVENT_ACCEPTED)->event.u.accepted.until,
        asked + ends[i].lasts_ms);
    pair_wait(&pair, asked + ends[i].lasts_ms - 1 - pair.now.mono_ms);
    ck_assert(is_open());
    pair_wait(&pair, 1);
    pair_run(&pair);
    ck_assert(!is_open());
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_EXPIRED), 1);
    ck_assert_int_eq(
        pair_last(judge, VOUCH_EVENT_EXPIRED)->event.u.expired.cause,
        VOUCH_CAUSE_AGE);
}

/* At min(not_after, issued_at + maximum age, request + maximum age); so does
 * one that is bound. */
START_TEST(key_bound_ends_with_the_first_of_three)
{
    uint64_t asked = pair.now.mono_ms;

    allow();
    ck_assert_int_eq(vouch_config_set_grace(judge->config, 0), VOUCH_OK);
    start();
    pair_wait(&pair, ends[_i].delay_s * 1000);
    assert_end(key_bound(), _i, asked);
}
END_TEST

START_TEST(bound_ends_with_the_first_of_three)
{
    uint64_t asked = pair.now.mono_ms;

    ck_assert_int_eq(vouch_config_set_grace(judge->config, 0), VOUCH_OK);
    start();
    pair_wait(&pair, ends[_i].delay_s * 1000);
    assert_end(bound(), _i, asked);
}
END_TEST

/* Both ends of what a result can say. */
START_TEST(times_of_a_result_may_be_any)
{
    static const int64_t any[] = {INT64_MIN, -1, 1, INT64_MAX};
    vouch_result result;
    size_t accepted = 0;

    allow();
    start();
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            result = key_bound();
            result.not_after = any[i];
            result.issued_at = any[j];
            conclude(&result);
            accepted += any[i] == INT64_MAX && any[j] == INT64_MAX;
            ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_ACCEPTED),
                              accepted);
            (void)ask();
        }
    }
    ck_assert_uint_eq(accepted, 1);
}
END_TEST

/* An age of less than a second is over with the second. */
START_TEST(maximum_age_may_be_less_than_a_second)
{
    vouch_result result;

    allow();
    ck_assert_int_eq(vouch_config_set_max_age(judge->config, 900), VOUCH_OK);
    start();
    result = key_bound();
    result.issued_at = PAIR_UNIX_TIME - _i;
    conclude(&result);
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_ACCEPTED), _i == 0);
}
END_TEST

/* The attester's copy ends no later. */
START_TEST(hold_of_a_key_bound_acceptance_is_its_own)
{
    vouch_result result;
    uint64_t asked = pair.now.mono_ms;

    allow();
    start();
    result = key_bound();
    result.issued_at = PAIR_UNIX_TIME - 30;
    conclude(&result);
    ck_assert_uint_eq(
        pair_last(attester, VOUCH_EVENT_CONFIRMED)->event.u.confirmed.until,
        asked + 70000);
}
END_TEST

/* Both levels together */

/* The newer one that is less does not take the place of the older. */
START_TEST(newer_key_bound_acceptance_leaves_the_older_bound_one)
{
    vouch_exchange first, second;

    allow();
    start();
    first = waiting();
    conclude_bound();
    (void)ask();
    second = waiting();
    conclude_key_bound();
    assert_accepted(2, VOUCH_LEVEL_KEY_BOUND);
    ck_assert_int_eq(vouch_session_cancel(judge->session, second, pair.now),
                     VOUCH_OK);
    ck_assert(is_open()); /* by the first alone */
    ck_assert_int_eq(vouch_session_cancel(judge->session, first, pair.now),
                     VOUCH_OK);
    ck_assert(!is_open());
}
END_TEST

START_TEST(newer_bound_acceptance_takes_the_place_of_the_older)
{
    vouch_exchange first, second;

    allow();
    start();
    first = waiting();
    conclude_key_bound();
    (void)ask();
    second = waiting();
    conclude_bound();
    ck_assert_int_eq(vouch_session_cancel(judge->session, first, pair.now),
                     VOUCH_E_HANDLE);
    ck_assert(is_open());
    ck_assert_int_eq(vouch_session_cancel(judge->session, second, pair.now),
                     VOUCH_OK);
    ck_assert(!is_open());
}
END_TEST

START_TEST(newer_key_bound_acceptance_takes_the_place_of_the_older)
{
    vouch_exchange first;

    allow();
    start();
    first = waiting();
    conclude_key_bound();
    (void)ask();
    conclude_key_bound();
    ck_assert_int_eq(vouch_session_cancel(judge->session, first, pair.now),
                     VOUCH_E_HANDLE);
    ck_assert(is_open());
}
END_TEST

/* Operations: the client asks, and judges the server. */

static void set_up_asker(void)
{
    operations_init(&pair);
    prepare(&pair.client);
    allow();
}

START_TEST(key_bound_never_answers_an_operation)
{
    vouch_exchange exchange;

    start();
    exchange = operations_ask(&pair);
    pair_run(&pair);
    conclude_bound();
    ck_assert_uint_eq(operations_count(judge, VOUCH_EVENT_ACCEPTED, exchange),
                      1);
    ck_assert(vouch_session_may_send(judge->session, VOUCH_TRAFFIC_COMMAND,
                                     pair.now));
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_OK);
    exchange = operations_ask(&pair);
    pair_run(&pair);
    conclude_key_bound();
    assert_level_refused("a key-bound result for an operation");
    ck_assert_int_eq(operations_command(&pair, exchange), VOUCH_E_GATE);
    ck_assert(!vouch_session_may_send(judge->session, VOUCH_TRAFFIC_COMMAND,
                                      pair.now));
    ck_assert_uint_eq(operations_ends(&pair, exchange), 1);
}
END_TEST

/* Not even with the very binder in it. */
START_TEST(key_bound_with_the_binder_answers_no_operation)
{
    vouch_result result;

    start();
    (void)operations_ask(&pair);
    pair_run(&pair);
    result = key_bound();
    result.binder = info().binder;
    conclude(&result);
    assert_level_refused("a key-bound result for an operation");
}
END_TEST

START_TEST(key_bound_answers_what_is_asked_beside_an_operation)
{
    start();
    (void)ask();
    conclude_key_bound();
    assert_accepted(1, VOUCH_LEVEL_KEY_BOUND);
    ck_assert(!vouch_session_may_send(judge->session, VOUCH_TRAFFIC_COMMAND,
                                      pair.now));
}
END_TEST

/* Executing: the client asks, and the server judges it. */

static const vouch_asker askers[] = {VOUCH_ASKER_ATTESTED,
                                     VOUCH_ASKER_AUTHENTICATED};

static void set_up_executor(vouch_asker asker)
{
    operations_init(&pair);
    ck_assert_int_eq(vouch_config_set_asker(pair.server.config, asker),
                     VOUCH_OK);
    prepare(&pair.server);
    allow();
    start();
    if (asker == VOUCH_ASKER_AUTHENTICATED) { /* does not ask by itself */
        (void)ask();
    }
}

/* Has the client send a command, and says how it ended. */
static vouch_status run_command(void)
{
    vouch_exchange exchange = operations_send(&pair);
    size_t replies = pair_count(&pair.client, VOUCH_EVENT_REPLY);

    pair_run(&pair);
    if (pair_count(&pair.client, VOUCH_EVENT_REPLY) == replies) {
        ck_assert_int_eq(
            vouch_session_take(pair.server.session,
                               operations_at_server(&pair, exchange), pair.now),
            VOUCH_OK);
        ck_assert_int_eq(
            operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""), VOUCH_OK);
        pair_run(&pair);
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REPLY), replies + 1);
    return operations_status(&pair);
}

START_TEST(key_bound_never_lets_commands_run)
{
    set_up_executor(askers[_i]);
    conclude_key_bound();
    assert_accepted(1, VOUCH_LEVEL_KEY_BOUND);
    ck_assert(!takes_commands());
    ck_assert_int_eq(run_command(), VOUCH_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_COMMAND), 0);
    (void)ask();
    conclude_bound();
    assert_accepted(2, VOUCH_LEVEL_BOUND);
    ck_assert(takes_commands());
    ck_assert_int_eq(run_command(), VOUCH_STATUS_DONE);
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_COMMAND), 1);
    tear_down();
}
END_TEST

/* As long as the bound one lasts, and no longer. */
START_TEST(key_bound_beside_a_bound_acceptance_changes_nothing_for_commands)
{
    set_up_executor(askers[_i]);
    conclude_bound();
    pair_wait(&pair, 1000);
    (void)ask();
    conclude_key_bound();
    assert_accepted(2, VOUCH_LEVEL_KEY_BOUND);
    ck_assert(takes_commands());
    pair_wait(&pair, MAX_AGE - 1001);
    ck_assert(takes_commands());
    pair_wait(&pair, 1);
    ck_assert_uint_eq(pair_count(judge, VOUCH_EVENT_EXPIRED), 0);
    ck_assert(!takes_commands());
    tear_down();
}
END_TEST

/* A command that was offered is not taken any more when only that is left. */
START_TEST(command_is_not_taken_when_only_key_bound_is_left)
{
    vouch_exchange exchange, bound_one;

    set_up_executor(askers[_i]);
    bound_one = waiting();
    conclude_bound();
    (void)ask();
    conclude_key_bound();
    exchange = operations_deliver(&pair);
    ck_assert_int_eq(vouch_session_cancel(judge->session, bound_one, pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_take(judge->session,
                                        operations_at_server(&pair, exchange),
                                        pair.now),
                     VOUCH_E_HANDLE);
    pair_run(&pair);
    ck_assert_int_eq(operations_status(&pair), VOUCH_STATUS_NOT_AUTHORISED);
    tear_down();
}
END_TEST

static TCase *level_case(void)
{
    TCase *tc = tcase_create("levels");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, key_bound_is_refused_without_consent);
    tcase_add_test(tc, key_bound_opens_the_gate_for_data_with_consent);
    tcase_add_test(tc, key_bound_is_told_of_in_capabilities);
    tcase_add_test(tc, consent_is_given_before_the_session);
    tcase_add_loop_test(tc, key_bound_shows_what_it_is_bound_to, 0,
                        COUNT(changes));
    tcase_add_test(tc, key_bound_has_sha256_of_the_aik_on_any_suite);
    tcase_add_test(tc, bound_result_may_have_sha256_of_the_aik);
    tcase_add_loop_test(tc, key_bound_never_makes_up_for_a_change_of_posture, 0,
                        2);
    tcase_add_test(tc,
                   key_bound_that_was_asked_for_before_the_change_is_refused);
    tcase_add_test(tc, change_of_posture_ends_acceptances_of_both_levels);
    tcase_add_loop_test(tc, key_bound_ends_with_the_first_of_three, 0,
                        COUNT(ends));
    tcase_add_loop_test(tc, bound_ends_with_the_first_of_three, 0, COUNT(ends));
    tcase_add_test(tc, times_of_a_result_may_be_any);
    tcase_add_loop_test(tc, maximum_age_may_be_less_than_a_second, 0, 2);
    tcase_add_test(tc, hold_of_a_key_bound_acceptance_is_its_own);
    tcase_add_test(tc, newer_key_bound_acceptance_leaves_the_older_bound_one);
    tcase_add_test(tc, newer_bound_acceptance_takes_the_place_of_the_older);
    tcase_add_test(tc, newer_key_bound_acceptance_takes_the_place_of_the_older);
    return tc;
}

static TCase *asker_case(void)
{
    TCase *tc = tcase_create("operations");

    tcase_add_checked_fixture(tc, set_up_asker, tear_down);
    tcase_add_test(tc, key_bound_never_answers_an_operation);
    tcase_add_test(tc, key_bound_with_the_binder_answers_no_operation);
    tcase_add_test(tc, key_bound_answers_what_is_asked_beside_an_operation);
    return tc;
}

static TCase *executor_case(void)
{
    TCase *tc = tcase_create("commands");

    tcase_add_loop_test(tc, key_bound_never_lets_commands_run, 0,
                        COUNT(askers));
    tcase_add_loop_test(
        tc, key_bound_beside_a_bound_acceptance_changes_nothing_for_commands, 0,
        COUNT(askers));
    tcase_add_loop_test(tc, command_is_not_taken_when_only_key_bound_is_left, 0,
                        COUNT(askers));
    return tc;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("levels");

    suite_add_tcase(suite, level_case());
    suite_add_tcase(suite, asker_case());
    suite_add_tcase(suite, executor_case());
    return suite;
}
