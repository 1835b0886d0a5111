/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/memory.h>

#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/session_pair.h"

/*
 * Attacks 70 to 73 and 75: to make the other side spend platform time, memory
 * or patience. The client asks, the server attests.
 */

static struct session_pair pair;

/* The library's memory, each block with its size before it. */
static size_t in_use;

enum { SIZE_BEFORE = 16 };

static void *count_allocate(void *arg, size_t size)
{
    uint8_t *block = malloc(SIZE_BEFORE + size);

    (void)arg;
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof size);
    in_use += size;
    return block + SIZE_BEFORE;
}

static void count_release(void *arg, void *memory)
{
    uint8_t *block = memory;
    size_t size;

    (void)arg;
    if (block != NULL) {
        block -= SIZE_BEFORE;
        memcpy(&size, block, sizeof size);
        in_use -= size;
        free(block);
    }
}

static void set_up(void)
{
    static const vouch_allocator counting = {count_allocate, count_release,
                                             NULL};

    vouch_set_allocator(&counting);
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 0),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
}

static void tear_down(void)
{
    pair_free(&pair);
    ck_assert_uint_eq(in_use, 0);
}

static void start(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static vouch_exchange ask(void)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    return exchange;
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now) ||
           vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static vouch_exchange asked(void)
{
    return pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
}

START_TEST(server_answers_what_it_is_asked)
{
    start();
    (void)ask();
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert(is_open());
}
END_TEST

/* Requests */

/* Asks `num` times, `pause` ms apart; returns how often the server's platform
 * was asked, and sees that all else was answered busy, with a time. */
static size_t flood(size_t num, uint64_t pause)
{
    size_t needed = 0, busy = 0;

    for (size_t i = 0; i < num; i++) {
        const struct pair_event *refused;

        pair.client.num = pair.server.num = 0; /* the logs are not endless */
        (void)ask();
        pair_run(&pair);
        needed += pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);
        refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
        if (refused != NULL) {
            busy++;
            ck_assert_int_eq(refused->event.u.refused.peer_reason,
                             VOUCH_PEER_BUSY);
            ck_assert_int_eq(refused->reason.err, VOUCH_E_DECLINED);
            ck_assert_uint_gt(refused->event.u.refused.retry_ms, 0);
            ck_assert_uint_le(refused->event.u.refused.retry_ms, 1001);
            ck_assert_uint_eq(
                pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
        }
        pair.now.mono_ms += pause;
    }
    ck_assert_uint_eq(needed + busy, num);
    return needed;
}

START_TEST(thousand_requests_at_once_reach_the_platform_sixty_times)
{ /* Attack 70 */
    vouch_stats stats;

    start(); /* which is one */
    ck_assert_uint_eq(flood(1000, 0), VOUCH_LIMIT_REQUESTS_PER_MINUTE - 1);
    vouch_session_stats(pair.server.session, &stats);
    ck_assert_uint_eq(stats.requests_received, 1001);
    ck_assert_uint_eq(stats.answered, VOUCH_LIMIT_REQUESTS_PER_MINUTE);
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert(!vouch_session_ended(pair.server.session));
    ck_assert(is_open()); /* busy takes nothing away */
}
END_TEST

START_TEST(bucket_fills_with_a_token_a_second) /* Attack 70 */
{
    start(); /* one token; the last of the minute comes at its end */
    ck_assert_uint_eq(flood(600, 100), 2 * VOUCH_LIMIT_REQUESTS_PER_MINUTE - 2);
}
END_TEST

START_TEST(busy_peer_answers_when_it_said_that_it_would) /* Attack 70 */
{
    uint64_t retry;

    start();
    (void)flood(VOUCH_LIMIT_REQUESTS_PER_MINUTE, 0);
    retry =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.retry_ms;
    pair.now.mono_ms += retry;
    ck_assert_uint_eq(flood(1, 0), 1);
}
END_TEST

/* While the platform takes its time for one request, others, and data, go on.
 */
START_TEST(slow_platform_holds_nobody_up) /* Attack 70 */
{
    size_t taken;
    vouch_exchange slow;

    start();
    pair.server.holds_evidence = true;
    (void)ask();
    pair_run(&pair);
    slow = asked();
    pair.server.holds_evidence = false;
    (void)ask();
    ck_assert_int_eq(vouch_session_send(pair.client.session,
                                        (vouch_bytes){(const uint8_t *)"hi", 2},
                                        pair.now, &taken),
                     VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(pair.server.data_len, 2);
    pair_answer(&pair, &pair.server, slow);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 3);
}
END_TEST

/* In flight */

/* The client counts fewer exchanges than there are: it gives each up and does
 * not tell the server. */
START_TEST(server_has_no_more_in_flight_than_its_limit) /* Attack 71 */
{
    pair.server.holds_evidence = true;
    start();
    for (size_t i = 1; i < 3 * VOUCH_LIMIT_IN_FLIGHT; i++) {
        const vouch_exchange exchange = ask();
        vouch_bytes untold;

        pair_run(&pair);
        if (vouch_session_cancel(pair.client.session, exchange, pair.now) ==
            VOUCH_OK) {
            ck_assert_uint_lt(i, VOUCH_LIMIT_IN_FLIGHT);
            untold = vouch_session_outgoing(pair.client.session);
            vouch_session_sent(pair.client.session, untold.len);
        }
    }
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_IN_FLIGHT);
    pair_run(&pair);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_BUSY);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.retry_ms,
        1000);
    /* one that is done makes room for one more */
    ck_assert_int_eq(vouch_session_decline(pair.server.session, asked(),
                                           VOUCH_PEER_INTERNAL, pair.now),
                     VOUCH_OK);
    (void)ask();
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_IN_FLIGHT + 1);
}
END_TEST

START_TEST(client_has_no_more_appraisals_than_its_limit) /* Attack 71 */
{
    vouch_exchange exchange = {99, 99, 99};

    pair.client.holds_verdicts = true;
    start();
    for (size_t i = 1; i < VOUCH_LIMIT_IN_FLIGHT; i++) {
        (void)ask();
        pair_run(&pair);
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      VOUCH_LIMIT_IN_FLIGHT);
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(exchange.id, 99);
    pair_conclude(
        &pair, &pair.client,
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange);
    (void)ask();
}
END_TEST

/* Memory */

enum { SESSIONS = 100 };

static const uint8_t one_octet[1] = {0xa2};

/* Sessions that each have the first octet of a capsule said to be `len` long.
 * What they take each beyond a session without, at the most. */
static vouch_err announce(vouch_session *session, uint64_t type, uint64_t len)
{
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t header_len = vouch_capsule_header_encode(type, len, header), taken;
    vouch_err err = vouch_session_recv(
        session, (vouch_bytes){header, header_len}, pair.now, &taken);

    return err == VOUCH_OK
               ? vouch_session_recv(session, (vouch_bytes){one_octet, 1},
                                    pair.now, &taken)
               : err;
}

static void introduce(vouch_session *session, vouch_bytes capabilities)
{
    ck_assert_int_eq(capsule_give(session, pair.now, VOUCH_CAPSULE_CAPABILITIES,
                                  capabilities),
                     VOUCH_OK);
}

static const struct {
    uint64_t type, len;
    vouch_err err;
} announced[] = {
    {VOUCH_CAPSULE_AUTHENTICATOR, VOUCH_LIMIT_CAPSULE, VOUCH_OK},
    {VOUCH_CAPSULE_AUTHENTICATOR, VOUCH_LIMIT_CAPSULE + 1, VOUCH_E_TOO_LARGE},
    {VOUCH_CAPSULE_AUTHENTICATOR, 16 << 20, VOUCH_E_TOO_LARGE},
    {VOUCH_CAPSULE_REQUEST, 16 << 20, VOUCH_E_TOO_LARGE},
    {VOUCH_CAPSULE_DATA, VOUCH_LIMIT_DATA, VOUCH_OK},
    {VOUCH_CAPSULE_DATA, 16 << 20, VOUCH_E_TOO_LARGE},
    {0x2f56ff, 16 << 20, VOUCH_E_TOO_LARGE}, /* of no known type */
    {VOUCH_CAPSULE_AUTHENTICATOR, (UINT64_C(1) << 62) - 1, VOUCH_E_TOO_LARGE},
};

static void free_client(void)
{
    vouch_session_free(pair.client.session);
    vouch_channel_free(pair.client.channel);
    pair.client.session = NULL;
    pair.client.channel = NULL;
}

START_TEST(what_is_announced_takes_no_memory) /* Attack 72 */
{
    static vouch_session *sessions[SESSIONS];
    static vouch_channel *channels[SESSIONS];
    vouch_buffer capabilities;
    size_t before;

    pair_start(&pair);
    capabilities =
        capsule_expect(pair.server.session, VOUCH_CAPSULE_CAPABILITIES);
    free_client();
    for (size_t i = 0; i < SESSIONS; i++) {
        ck_assert_int_eq(pair_channel(&pair, &pair.client), VOUCH_OK);
        channels[i] = pair.client.channel;
        ck_assert_int_eq(vouch_session_new(channels[i], pair.client.config,
                                           pair.now, &sessions[i]),
                         VOUCH_OK);
        introduce(sessions[i], span_of(&capabilities));
    }
    before = in_use;
    for (size_t i = 0; i < SESSIONS; i++) {
        ck_assert_int_eq(
            announce(sessions[i], announced[_i].type, announced[_i].len),
            announced[_i].err);
    }
    /* a small block each, or FAILED and what ended with it */
    ck_assert_uint_le(in_use, before + (size_t)SESSIONS * 1024);
    for (size_t i = 0; i < SESSIONS; i++) {
        ck_assert_uint_eq(vouch_session_ended(sessions[i]),
                          announced[_i].err != VOUCH_OK);
        vouch_session_free(sessions[i]);
        vouch_channel_free(channels[i]);
    }
    pair.client.channel = NULL;
    free(capabilities.data);
}
END_TEST

/* It grows with what came, to twice that at the most. */
START_TEST(memory_grows_with_what_came) /* Attack 72 */
{
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    static const uint8_t piece[997];
    size_t before, taken, came = 0;
    size_t len = vouch_capsule_header_encode(VOUCH_CAPSULE_AUTHENTICATOR,
                                             VOUCH_LIMIT_CAPSULE, header);

    pair.server.holds_evidence = true;
    start();
    before = in_use;
    ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                        (vouch_bytes){header, len}, pair.now,
                                        &taken),
                     VOUCH_OK);
    while (came + sizeof piece < VOUCH_LIMIT_CAPSULE) {
        ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                            (vouch_bytes){piece, sizeof piece},
                                            pair.now, &taken),
                         VOUCH_OK);
        came += sizeof piece;
        ck_assert_uint_le(in_use, before + 2 * came + 1024);
    }
}
END_TEST

/* Inside of AUTHENTICATOR: a handshake message that announces 16 MiB. */
START_TEST(announcement_inside_of_an_authenticator_is_no_message)
{ /* Attack 72 */
    static const uint8_t message[] = {0xa2, 0x01, 0x01, 0x02, 0x45,
                                      0x0b, 0xff, 0xff, 0xff, 0x00};
    const struct pair_event *failed;
    size_t before;

    pair.server.holds_evidence = true;
    start();
    before = in_use;
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR,
                                  (vouch_bytes){message, sizeof message}),
                     VOUCH_E_DECODE);
    ck_assert_uint_le(in_use, before + 1024);
    (void)pair_step(&pair, &pair.client);
    failed = pair_last(&pair.client, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_uint_eq(failed->event.u.failed.code, VOUCH_CLOSE_PROTOCOL);
}
END_TEST

/* Evidence */

/* Evidence of `len` octets in all, for `exchange` of the server. */
static vouch_buffer evidence(vouch_exchange exchange, size_t len)
{
    static uint8_t value[VOUCH_LIMIT_CMW + 1];
    enum { OVERHEAD = 33 }; /* media type, heads and indicator */
    vouch_evidence_info info;
    vouch_buffer cmw;

    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, exchange, &info),
        VOUCH_OK);
    memcpy(value, info.binder.data, info.binder.len);
    memcpy(value + info.binder.len, info.aik_pub_hash.data,
           info.aik_pub_hash.len);
    ck_assert_int_eq(vouch_cmw_record(PAIR_FORMAT,
                                      (vouch_bytes){value, len - OVERHEAD},
                                      VOUCH_CMW_EVIDENCE, &cmw),
                     VOUCH_OK);
    ck_assert_uint_eq(cmw.len, len);
    return cmw;
}

static vouch_err provide(size_t len)
{
    vouch_buffer cmw = evidence(asked(), len);
    vouch_err err = vouch_session_provide(pair.server.session, asked(),
                                          span_of(&cmw), pair.now);

    vouch_buffer_free(&cmw);
    return err;
}

START_TEST(evidence_of_the_greatest_length_arrives) /* Attack 73 */
{
    vouch_appraisal_info info;
    vouch_exchange exchange;

    pair.server.holds_evidence = pair.client.holds_verdicts = true;
    start();
    ck_assert_int_eq(provide(VOUCH_LIMIT_CMW), VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      1);
    exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    ck_assert_uint_eq(info.cmw.len, VOUCH_LIMIT_CMW);
}
END_TEST

/* Nothing is sent, and the request can still be answered. */
static void check_not_sent(void)
{
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    ck_assert(!vouch_session_ended(pair.server.session));
    pair_answer(&pair, &pair.server, asked());
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
}

/* One octet more in the byte string and in its head, which vouch_cmw_record
 * does not make. */
static vouch_buffer evidence_above_the_limit(void)
{
    enum { HEAD = 29, VALUE = 32 }; /* of the byte string */
    vouch_buffer greatest = evidence(asked(), VOUCH_LIMIT_CMW), out;
    size_t len;

    out = (vouch_buffer){malloc(greatest.len + 1), greatest.len + 1};
    ck_assert_ptr_nonnull(out.data);
    memcpy(out.data, greatest.data, VALUE);
    ck_assert_uint_eq(out.data[HEAD], 0x59);
    len = ((size_t)out.data[HEAD + 1] << 8 | out.data[HEAD + 2]) + 1;
    out.data[HEAD + 1] = (uint8_t)(len >> 8);
    out.data[HEAD + 2] = (uint8_t)len;
    out.data[VALUE] = 0;
    memcpy(out.data + VALUE + 1, greatest.data + VALUE, greatest.len - VALUE);
    vouch_buffer_free(&greatest);
    return out;
}

START_TEST(evidence_above_the_greatest_length_is_not_sent) /* Attack 73 */
{
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    start();
    cmw = evidence_above_the_limit();
    ck_assert_uint_eq(cmw.len, 65530);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, asked(),
                                           span_of(&cmw), pair.now),
                     VOUCH_E_TOO_LARGE);
    check_not_sent();
    free(cmw.data);
}
END_TEST

/* Nor is what this peer says that it does not take. */
START_TEST(evidence_above_what_the_peer_takes_is_not_sent) /* Attack 73 */
{
    struct vouch_capabilities m;
    vouch_buffer value, smaller;

    pair.server.holds_evidence = true;
    pair_start(&pair);
    value = capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES);
    ck_assert_int_eq(vouch_capabilities_decode(span_of(&value), &m), VOUCH_OK);
    m.max_evidence = 1000;
    smaller = capsule_capabilities(&m);
    introduce(pair.server.session, span_of(&smaller));
    pair_run(&pair);
    ck_assert_int_eq(provide(1001), VOUCH_E_TOO_LARGE);
    check_not_sent();
    (void)ask();
    pair_run(&pair);
    ck_assert_int_eq(provide(1000), VOUCH_OK);
    free(smaller.data);
    free(value.data);
}
END_TEST

/* Patience */

/* The answer comes, an octet each tenth of a second: too slowly. */
START_TEST(answer_that_trickles_in_is_too_late) /* Attack 75 */
{
    const struct pair_event *refused;
    vouch_bytes answer;
    size_t taken;

    ck_assert_int_eq(vouch_config_set_answer_within(pair.client.config, 2000),
                     VOUCH_OK);
    pair.server.holds_evidence = true;
    start();
    pair_answer(&pair, &pair.server, asked());
    answer = vouch_session_outgoing(pair.server.session);
    for (size_t i = 0; i < answer.len; i++) {
        const uint64_t before = vouch_session_deadline(pair.client.session);

        ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED),
                          i > 19);
        pair.now.mono_ms += i < 20 ? 100 : 0;
        ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                            (vouch_bytes){answer.data + i, 1},
                                            pair.now, &taken),
                         VOUCH_OK);
        ck_assert(i > 18 || vouch_session_deadline(pair.client.session) ==
                                before); /* an octet wins no time */
        (void)pair_step(&pair, &pair.client);
    }
    vouch_session_sent(pair.server.session, answer.len);
    refused = pair_last(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_INDETERMINATE);
    ck_assert_int_eq(refused->reason.check, VOUCH_CHECK_ANSWER);
    ck_assert_str_eq(refused->reason.found, "no answer in time");
    /* the context is burnt: what is whole now answers nothing */
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      0);
    ck_assert(!is_open());
    {
        vouch_stats stats;

        vouch_session_stats(pair.client.session, &stats);
        ck_assert_uint_eq(stats.strays, 1);
    }
}
END_TEST

/* Nor does the peer's introduction win time. */
START_TEST(introduction_that_trickles_in_is_too_late) /* Attack 75 */
{
    vouch_bytes octets;
    size_t taken, i = 0;

    ck_assert_int_eq(vouch_config_set_answer_within(pair.client.config, 2000),
                     VOUCH_OK);
    pair_start(&pair);
    octets = vouch_session_outgoing(pair.server.session);
    while (pair_count(&pair.client, VOUCH_EVENT_REFUSED) == 0) {
        ck_assert_uint_lt(i, 21);
        pair.now.mono_ms += 100;
        ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                            (vouch_bytes){octets.data + i++, 1},
                                            pair.now, &taken),
                         VOUCH_OK);
        (void)pair_step(&pair, &pair.client);
    }
    ck_assert_uint_eq(i, 20);
    ck_assert(!is_open());
}
END_TEST

static void add_memory(Suite *suite)
{
    TCase *tc = tcase_create("memory");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, what_is_announced_takes_no_memory, 0,
                        COUNT(announced));
    tcase_add_test(tc, memory_grows_with_what_came);
    tcase_add_test(tc, announcement_inside_of_an_authenticator_is_no_message);
    tcase_add_test(tc, evidence_of_the_greatest_length_arrives);
    tcase_add_test(tc, evidence_above_the_greatest_length_is_not_sent);
    tcase_add_test(tc, evidence_above_what_the_peer_takes_is_not_sent);
    suite_add_tcase(suite, tc);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_load");
    TCase *tc = tcase_create("attack_load");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, server_answers_what_it_is_asked);
    tcase_add_test(tc,
                   thousand_requests_at_once_reach_the_platform_sixty_times);
    tcase_add_test(tc, bucket_fills_with_a_token_a_second);
    tcase_add_test(tc, busy_peer_answers_when_it_said_that_it_would);
    tcase_add_test(tc, slow_platform_holds_nobody_up);
    tcase_add_test(tc, server_has_no_more_in_flight_than_its_limit);
    tcase_add_test(tc, client_has_no_more_appraisals_than_its_limit);
    tcase_add_test(tc, answer_that_trickles_in_is_too_late);
    tcase_add_test(tc, introduction_that_trickles_in_is_too_late);
    suite_add_tcase(suite, tc);
    add_memory(suite);
    return suite;
}
