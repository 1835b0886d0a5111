/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "lib/evidence/attester.h"
#include "lib/evidence/cose_key.h"
#include "lib/keys/digest.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "tests/support/attested.h"
#include "tests/support/capsules.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"

/*
 * Attacks 2, 3, 36, 40, 41, 44 and 63: a server whose platform signs whatever
 * it is given, in valid authenticators on the right connection.
 */

static struct attested attested;
static struct session_pair *const pair = &attested.pair;
static struct tls_pair *tls;

static void set_up(void)
{
    make_dir();
    attested_init(&attested);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
    pair->server.holds_evidence = true;
    tls = attested_connect(&attested);
    pair_start(pair);
    pair_run(pair);
}

static void tear_down(void)
{
    attested_free(&attested);
    tls_pair_free(tls);
    remove_dir();
}

static vouch_exchange asked(void)
{
    const struct pair_event *needed =
        pair_last(&pair->server, VOUCH_EVENT_EVIDENCE_NEEDED);

    ck_assert_ptr_nonnull(needed);
    return needed->event.exchange;
}

static vouch_evidence_info wanted(void)
{
    vouch_evidence_info info;

    ck_assert_int_eq(
        vouch_session_evidence_info(pair->server.session, asked(), &info),
        VOUCH_OK);
    return info;
}

static void provide(vouch_bytes cmw)
{
    ck_assert_int_eq(
        vouch_session_provide(pair->server.session, asked(), cmw, pair->now),
        VOUCH_OK);
    pair_run(pair);
}

static void provide_token(vouch_bytes token)
{
    vouch_buffer cmw;

    ck_assert_int_eq(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, token,
                                      VOUCH_CMW_EVIDENCE, &cmw),
                     VOUCH_OK);
    provide(span_of(&cmw));
    vouch_buffer_free(&cmw);
}

/* The genuine claims for this very exchange. Spans borrow from `cmw`. */
static struct vouch_eat genuine(vouch_buffer *cmw)
{
    vouch_evidence_info info = wanted();
    struct vouch_evidence_request request = {.binder = info.binder,
                                             .aik_pub_hash = info.aik_pub_hash,
                                             .aik_spki = info.aik_spki,
                                             .now = pair->now};
    struct vouch_cose_sign1 sign1;
    struct vouch_eat eat;
    vouch_cmw record;

    ck_assert_int_eq(
        vouch_attester_produce(attested.server.attester, &request, cmw),
        VOUCH_OK);
    ck_assert_int_eq(vouch_cmw_parse(span_of(cmw), &record), VOUCH_OK);
    ck_assert_int_eq(vouch_cose_sign1_decode(record.value, &sign1), VOUCH_OK);
    ck_assert_int_eq(
        vouch_eat_decode(sign1.payload, VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
        VOUCH_OK);
    return eat;
}

/* Signs claims with the server's attestation key. */
static void provide_claims(const struct vouch_eat *eat)
{
    uint8_t id[32];
    vouch_buffer claims, token;
    CBB cbb;

    vouch_sha256(vouch_key_spki(attested.server.key), id);
    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_eat_encode(&cbb, eat));
    claims = finish_cbb(&cbb);
    ck_assert(CBB_init(&cbb, 1024));
    ck_assert_int_eq(vouch_cose_sign(attested.server.key,
                                     (vouch_bytes){id, sizeof id},
                                     span_of(&claims), &cbb),
                     VOUCH_OK);
    token = finish_cbb(&cbb);
    provide_token(span_of(&token));
    free(claims.data);
    free(token.data);
}

static const vouch_reason *refusal(void)
{
    const struct pair_event *refused =
        pair_last(&pair->client, VOUCH_EVENT_REFUSED);

    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 0);
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    return &refused->reason;
}

START_TEST(genuine_claims_signed_again_are_accepted)
{
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    provide_claims(&eat);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Attacks 3 and 41: the nonce is the binder, as a whole, or it is nothing. */
static const struct {
    size_t len;
    size_t right; /* octets of the binder that it starts with */
} nonces[] = {
    {31, 31}, {33, 32}, {64, 32}, {48, 32}, {32, 31}, {32, 0}, {8, 8}, {64, 0},
};

START_TEST(
    nonce_that_is_not_exactly_the_binder_is_refused) /* [X17] [X21] [T12] */
{
    vouch_digest binder = wanted().binder;
    uint8_t nonce[64] = {0};
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    memcpy(nonce, binder.data, nonces[_i].right);
    if (nonces[_i].right < binder.len) { /* and no octet more by chance */
        nonce[nonces[_i].right] = binder.data[nonces[_i].right] ^ 1;
    }
    eat.nonce = (vouch_bytes){nonce, nonces[_i].len};
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->claim, VOUCH_CLAIM_NONCE);
    vouch_buffer_free(&cmw);
}
END_TEST

static const size_t bad_lengths[] = {1, 7, 65};

START_TEST(nonce_of_forbidden_length_is_refused) /* Attack 41 [T05] */
{
    static const uint8_t nonce[65] = {0};
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    eat.nonce = (vouch_bytes){nonce, bad_lengths[_i]};
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_STRUCTURE);
    ck_assert_int_eq(refusal()->err, VOUCH_E_CLAIM_TYPE);
    ck_assert_str_eq(refusal()->name, "10");
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(evidence_without_nonce_is_refused) /* Attack 40 */
{
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    eat.nonce = (vouch_bytes){NULL, 0};
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->claim, VOUCH_CLAIM_NONCE);
    ck_assert_int_eq(refusal()->err, VOUCH_E_CLAIM_MISSING);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(evidence_about_another_aik_is_refused) /* Attack 36 [X28] */
{
    vouch_digest hash = wanted().aik_pub_hash;
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    hash.data[_i] ^= 1;
    eat.aik_pub_hash = vouch_digest_bytes(&hash);
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->claim, VOUCH_CLAIM_AIK_PUB_HASH);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(evidence_about_no_aik_is_refused) /* Attack 36 [X27] */
{
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    eat.aik_pub_hash = (vouch_bytes){NULL, 0};
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->claim, VOUCH_CLAIM_AIK_PUB_HASH);
    ck_assert_int_eq(refusal()->err, VOUCH_E_CLAIM_MISSING);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Attack 2: the binder beside the evidence, under a key of its own choice, does
 * not stand in for the one inside. */
START_TEST(binder_beside_the_evidence_counts_for_nothing) /* [X22] */
{
    static const uint8_t old[32] = {1, 2, 3};
    vouch_digest binder = wanted().binder;
    vouch_buffer cmw;
    struct vouch_eat eat = genuine(&cmw);

    eat.nonce = (vouch_bytes){old, sizeof old};
    eat.ueid = vouch_digest_bytes(&binder);
    provide_claims(&eat);
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_BINDING);
    ck_assert_int_eq(refusal()->claim, VOUCH_CLAIM_NONCE);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Attack 44 */
static vouch_buffer nested(size_t depth)
{
    vouch_buffer out = {malloc(depth + 1), depth + 1};

    ck_assert_ptr_nonnull(out.data);
    memset(out.data, 0x81, depth);
    out.data[depth] = 0;
    return out;
}

static vouch_buffer bomb(int i)
{
    static const char *const heads[] = {
        "9a 10000000",
        "9b ffffffffffffffff",
        "bb ffffffffffffffff",
        "5b 8000000000000000",
        "7b ffffffffffffffff",
        "d2 84 9b ffffffffffffffff",
        "c2 5b ffffffffffffffff",
        "db ffffffffffffffff db ffffffffffffffff 00",
        "9f 9f 9f 9f ff",
        "bf 00 00 ff",
    };

    return (size_t)i < COUNT(heads) ? from_hex(heads[i]) : nested(10000);
}
enum { BOMBS = 11 };

START_TEST(bomb_as_a_token_is_refused)
{
    vouch_buffer token = bomb(_i);

    provide_token(span_of(&token));
    ck_assert_int_eq(refusal()->check, VOUCH_CHECK_STRUCTURE);
    ck_assert(refusal()->err == VOUCH_E_CBOR ||
              refusal()->err == VOUCH_E_TOO_MANY);
    free(token.data);
}
END_TEST

START_TEST(bomb_as_a_message_ends_the_session)
{
    vouch_buffer value = bomb(_i);
    vouch_err err = capsule_give(pair->client.session, pair->now,
                                 VOUCH_CAPSULE_OUTCOME, span_of(&value));

    ck_assert(err == VOUCH_E_CBOR || err == VOUCH_E_TOO_MANY);
    ck_assert(vouch_session_ended(pair->client.session));
    ck_assert(!vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                      pair->now));
    free(value.data);
}
END_TEST

/* Attack 63: evidence is made for an exchange that waits for it, and for
 * nothing else. */
START_TEST(attester_answers_live_requests_of_the_peer_only)
{
    vouch_exchange exchange = asked(), other = exchange, mine;
    vouch_stats stats;

    other.session ^= 1;
    ck_assert_int_eq(vouch_attester_answer(attested.server.attester,
                                           pair->server.session, other,
                                           pair->now),
                     VOUCH_E_HANDLE);
    other = exchange;
    other.id++;
    ck_assert_int_eq(vouch_attester_answer(attested.server.attester,
                                           pair->server.session, other,
                                           pair->now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(
        vouch_session_request(pair->server.session, pair->now, &mine),
        VOUCH_OK);
    ck_assert_int_eq(vouch_attester_answer(attested.server.attester,
                                           pair->server.session, mine,
                                           pair->now),
                     VOUCH_E_HANDLE);
    for (int i = 0; i < 2; i++) { /* the second time it is over */
        ck_assert_int_eq(vouch_attester_answer(attested.server.attester,
                                               pair->server.session, exchange,
                                               pair->now),
                         VOUCH_OK);
    }
    pair_run(pair);
    vouch_session_stats(pair->server.session, &stats);
    ck_assert_uint_eq(stats.answered, 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
}
END_TEST

/* Of what the library exports, this is all that has to do with attesters: none
 * takes a nonce. */
START_TEST(no_exported_call_takes_a_nonce_to_an_attester)
{
    static const char *const exported[] = {
        "vouch_attester_answer",
        "vouch_attester_format",
        "vouch_attester_free",
        "vouch_passport_attester_new",
        "vouch_passport_attester_renew",
        "vouch_registry_add_attester",
        "vouch_software_attester_new",
        "vouch_software_attester_set_security_version",
    };
    const char *root = getenv("VOUCH_SOURCE_ROOT");
    char path[512], line[128];
    size_t found = 0;
    FILE *map;

    ck_assert_ptr_nonnull(root);
    snprintf(path, sizeof path, "%s/lib/vouch.map", root);
    map = fopen(path, "r");
    ck_assert_ptr_nonnull(map);
    while (fgets(line, sizeof line, map) != NULL) {
        bool known = false;

        if (strstr(line, "attester") == NULL) {
            continue;
        }
        for (size_t i = 0; i < COUNT(exported); i++) {
            known = known || strstr(line, exported[i]) != NULL;
        }
        ck_assert_msg(known, "%s", line);
        found++;
    }
    fclose(map);
    ck_assert_uint_eq(found, COUNT(exported));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_evidence");
    TCase *tc = tcase_create("attack_evidence");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, genuine_claims_signed_again_are_accepted);
    tcase_add_loop_test(tc, nonce_that_is_not_exactly_the_binder_is_refused, 0,
                        COUNT(nonces));
    tcase_add_loop_test(tc, nonce_of_forbidden_length_is_refused, 0,
                        COUNT(bad_lengths));
    tcase_add_test(tc, evidence_without_nonce_is_refused);
    tcase_add_loop_test(tc, evidence_about_another_aik_is_refused, 0, 32);
    tcase_add_test(tc, evidence_about_no_aik_is_refused);
    tcase_add_test(tc, binder_beside_the_evidence_counts_for_nothing);
    tcase_add_loop_test(tc, bomb_as_a_token_is_refused, 0, BOMBS);
    tcase_add_loop_test(tc, bomb_as_a_message_ends_the_session, 0, BOMBS);
    tcase_add_test(tc, attester_answers_live_requests_of_the_peer_only);
    tcase_add_test(tc, no_exported_call_takes_a_nonce_to_an_attester);
    suite_add_tcase(suite, tc);
    return suite;
}
