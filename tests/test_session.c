/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/capsule.h"
#include "tests/support/capsules.h"
#include "tests/support/session_pair.h"

static struct session_pair pair;

static void set_up(void)
{
    pair_init(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

static bool open_at(const struct pair_peer *peer)
{
    return vouch_session_may_send(peer->session, VOUCH_TRAFFIC_DATA, pair.now);
}

static void start_and_run(void)
{
    pair_start(&pair);
    pair_run(&pair);
}

static vouch_err send_text(struct pair_peer *peer, const char *text)
{
    size_t taken = 0;

    return vouch_session_send(
        peer->session, (vouch_bytes){(const uint8_t *)text, strlen(text)},
        pair.now, &taken);
}

START_TEST(session_attests_both_ways_and_then_lets_data_flow) /* [X34] [X39] */
{
    pair_start(&pair);
    ck_assert(!open_at(&pair.client));
    ck_assert_int_eq(send_text(&pair.client, "too soon"), VOUCH_E_GATE);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CONFIRMED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_CONFIRMED), 1);
    ck_assert(open_at(&pair.client));
    ck_assert(open_at(&pair.server));
    ck_assert_int_eq(send_text(&pair.client, "to server"), VOUCH_OK);
    ck_assert_int_eq(send_text(&pair.server, "to client"), VOUCH_OK);
    pair_run(&pair);
    ck_assert_mem_eq(pair.server.data, "to server", 9);
    ck_assert_mem_eq(pair.client.data, "to client", 9);
}
END_TEST

/* expat-04, 7.4: a new exchange has a new context, hence a new binder [X40] */
START_TEST(session_attests_again_with_another_binder)
{
    uint8_t first[32];
    vouch_exchange exchange;

    start_and_run();
    memcpy(first,
           pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)
               ->event.u.accepted.binder_digest,
           32);
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_mem_ne(pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)
                         ->event.u.accepted.binder_digest,
                     first, 32);
}
END_TEST

START_TEST(session_attests_again_by_interval)
{
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 1000),
                     VOUCH_OK);
    start_and_run();
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_le(vouch_session_deadline(pair.client.session),
                          pair.now.mono_ms + 1000);
        pair_wait(&pair, 1000);
        pair_run(&pair);
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 21);
    ck_assert(open_at(&pair.client));
}
END_TEST

/* expat-04, 7: the default after a rejection is the end of the channel [X30] */
START_TEST(session_closes_when_the_peer_is_rejected)
{
    pair.client.verdict = VOUCH_REJECTED;
    start_and_run();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 1);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_REFERENCE);
    ck_assert(!open_at(&pair.client));
    ck_assert(!open_at(&pair.server));
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code, 4);
    /* The peer is told one coarse code. */
    ck_assert_int_eq(
        pair_last(&pair.server, VOUCH_EVENT_DENIED)->event.u.denied.reason,
        VOUCH_PEER_POLICY);
}
END_TEST

START_TEST(session_stays_with_a_shut_gate_if_told_to)
{
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start_and_run();
    ck_assert(!vouch_session_ended(pair.client.session));
    ck_assert(!open_at(&pair.client));
    ck_assert(!open_at(&pair.server));
}
END_TEST

/* A later rejection ends the acceptances before it, on both sides. */
START_TEST(session_rejection_ends_older_acceptances)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start_and_run();
    ck_assert(open_at(&pair.client));
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_OK);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 1);
    ck_assert(!open_at(&pair.client));
    ck_assert(!open_at(&pair.server));
    ck_assert(!vouch_session_may_accept(pair.client.session, VOUCH_TRAFFIC_DATA,
                                        pair.now));
}
END_TEST

/* Age counts from the request, and expiry needs no traffic. */
START_TEST(session_gate_shuts_at_the_maximum_age_on_a_silent_connection)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 5000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 0),
                     VOUCH_OK);
    start_and_run();
    pair.now.mono_ms += 4999;
    ck_assert(open_at(&pair.client));
    pair.now.mono_ms += 1;
    ck_assert(!open_at(&pair.client)); /* even before any tick */
    pair_wait(&pair, 0);
    pair_step(&pair, &pair.client);
    pair_step(&pair, &pair.server);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_EXPIRED), 1);
    ck_assert(!open_at(&pair.server)); /* the hold ended there, too */
}
END_TEST

/* The attester's copy counts from when it sent AUTHENTICATOR, so an appraisal
 * that takes long does not extend it. */
START_TEST(session_hold_never_outlives_the_acceptance)
{
    const struct pair_event *accepted, *confirmed;

    pair.client.holds_verdicts = true;
    start_and_run();
    pair_wait(&pair, 3000);
    pair.client.holds_verdicts = false;
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    {
        const struct pair_event *needed =
            pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED);
        vouch_appraisal_info info;
        vouch_result result;

        ck_assert_int_eq(vouch_session_appraisal_info(pair.client.session,
                                                      needed->event.exchange,
                                                      &info),
                         VOUCH_OK);
        result = pair_appraise(&info, VOUCH_ACCEPTED);
        ck_assert_int_eq(vouch_session_conclude(pair.client.session,
                                                needed->event.exchange, &result,
                                                pair.now),
                         VOUCH_OK);
    }
    pair_run(&pair);
    accepted = pair_last(&pair.client, VOUCH_EVENT_ACCEPTED);
    confirmed = pair_last(&pair.server, VOUCH_EVENT_CONFIRMED);
    ck_assert_uint_le(confirmed->event.u.confirmed.until,
                      accepted->event.u.accepted.until);
}
END_TEST

START_TEST(session_request_without_answer_times_out_and_tells_the_peer)
{
    pair.server.holds_evidence = true;
    start_and_run();
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED), 1);
    pair_wait(&pair, 30000);
    pair_run(&pair);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_ANSWER);
    ck_assert_uint_ge(pair_count(&pair.server, VOUCH_EVENT_DENIED), 1);
    ck_assert(!open_at(&pair.client));
}
END_TEST

/* The gate stays shut and, after the last retry, the session ends. */
START_TEST(session_gives_up_when_the_peer_keeps_declining) /* [X14] */
{
    pair.server.holds_evidence = true;
    start_and_run();
    for (int i = 0; i < 3; i++) {
        const struct pair_event *asked =
            pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED);

        ck_assert(!vouch_session_ended(pair.client.session));
        ck_assert_int_eq(vouch_session_decline(pair.server.session,
                                               asked->event.exchange,
                                               VOUCH_PEER_POLICY, pair.now),
                         VOUCH_OK);
        pair_run(&pair);
        if (i < 2) {
            pair_wait(&pair, 5000);
            pair_run(&pair);
        }
    }
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_REFUSED), 3);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code, 4);
}
END_TEST

START_TEST(session_handles_are_good_once_and_for_their_session_only)
{
    vouch_exchange handle, foreign;
    vouch_evidence_info info;
    vouch_buffer cmw;

    pair.server.holds_evidence = true;
    start_and_run();
    handle =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    foreign = handle;
    foreign.session ^= 1;
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, foreign, &info),
        VOUCH_E_HANDLE);
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.client.session, handle, &info),
        VOUCH_E_HANDLE);
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, handle, &info),
        VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, foreign,
                                           (vouch_bytes){cmw.data, cmw.len},
                                           pair.now),
                     VOUCH_E_HANDLE);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, handle,
                                           (vouch_bytes){cmw.data, cmw.len},
                                           pair.now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_provide(pair.server.session, handle,
                                           (vouch_bytes){cmw.data, cmw.len},
                                           pair.now),
                     VOUCH_E_HANDLE);
    vouch_buffer_free(&cmw);
}
END_TEST

/* design: a bare yes can not complete an appraisal */
START_TEST(session_verdict_without_what_was_checked_is_a_rejection)
{
    const struct pair_event *needed;
    vouch_appraisal_info info;
    vouch_result result;

    pair.client.holds_verdicts = true;
    start_and_run();
    needed = pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED);
    ck_assert_int_eq(vouch_session_appraisal_info(
                         pair.client.session, needed->event.exchange, &info),
                     VOUCH_OK);
    result = pair_appraise(&info, VOUCH_ACCEPTED);
    switch (_i) {
    case 0:
        result.binder.data[0] ^= 1;
        break;
    case 1:
        result.binder.len = 0;
        break;
    case 2:
        result.aik_pub_hash.data[31] ^= 1;
        break;
    case 3:
        result.level = VOUCH_LEVEL_NONE;
        break;
    default: /* and unmodified it is accepted */
        break;
    }
    ck_assert_int_eq(vouch_session_conclude(pair.client.session,
                                            needed->event.exchange, &result,
                                            pair.now),
                     VOUCH_OK);
    pair_step(&pair, &pair.client);
    if (_i == 4) {
        ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    } else {
        ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
        ck_assert_int_eq(
            pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
            VOUCH_CHECK_CONTRACT);
    }
}
END_TEST

START_TEST(session_with_other_connection_check_asks_and_answers_nothing)
{
    pair_start(&pair);
    pair.secret[0] ^= 1; /* only what is exported from now on */
    vouch_session_free(pair.server.session);
    vouch_channel_free(pair.server.channel);
    pair.server.session = NULL;
    pair.server.channel = NULL;
    {
        struct session_pair other;

        pair_init(&other);
        other.secret[0] ^= 1;
        pair_start(&other);
        ck_assert(pair_move(&pair, &pair.client, &other.server, SIZE_MAX));
        ck_assert(pair_move(&pair, &other.server, &pair.client, SIZE_MAX));
        pair_step(&pair, &pair.client);
        pair_step(&other, &other.server);
        ck_assert_uint_eq(
            pair_count(&pair.client, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
        ck_assert_uint_eq(
            pair_count(&other.server, VOUCH_EVENT_DIFFERENT_CONNECTION), 1);
        ck_assert_uint_eq(
            pair_count(&other.server, VOUCH_EVENT_EVIDENCE_NEEDED), 0);
        ck_assert(vouch_session_ended(pair.client.session));
        pair_free(&other);
    }
}
END_TEST

START_TEST(session_policies_that_can_never_meet_are_a_deadlock)
{
    /* The client waits to be asked; the server never asks. */
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    start_and_run();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_POLICY_DEADLOCK), 1);
    ck_assert_uint_eq(
        pair_last(&pair.server, VOUCH_EVENT_CLOSED)->event.u.closed.code, 3);
}
END_TEST

START_TEST(session_one_way_attestation_opens_both_gates)
{
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    start_and_run();
    ck_assert(open_at(&pair.client));
    ck_assert(open_at(&pair.server));
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 0);
}
END_TEST

/* Flag 32: who takes data only from an accepted peer says so, and the peer
 * waits for its OUTCOME. */
START_TEST(session_sends_no_data_to_a_peer_that_has_not_accepted_it)
{
    pair.client.holds_verdicts = true;
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    start_and_run();
    ck_assert_int_eq(send_text(&pair.server, "early"), VOUCH_E_GATE);
}
END_TEST

START_TEST(session_closes_cleanly_from_either_side)
{
    struct pair_peer *closer = _i == 0 ? &pair.client : &pair.server;
    struct pair_peer *other = _i == 0 ? &pair.server : &pair.client;

    start_and_run();
    ck_assert_int_eq(send_text(closer, "last words"), VOUCH_OK);
    ck_assert_int_eq(vouch_session_close(closer->session, pair.now), VOUCH_OK);
    ck_assert_int_eq(send_text(closer, "too late"), VOUCH_E_CLOSED);
    pair_run(&pair);
    ck_assert_uint_eq(other->data_len, 10);
    ck_assert(vouch_session_ended(closer->session));
    ck_assert(vouch_session_ended(other->session));
    ck_assert_uint_eq(pair_last(other, VOUCH_EVENT_CLOSED)->event.u.closed.code,
                      0);
    ck_assert_uint_eq(
        pair_last(closer, VOUCH_EVENT_CLOSED)->event.u.closed.code, 0);
    ck_assert_uint_eq(pair_count(closer, VOUCH_EVENT_FAILED), 0);
}
END_TEST

START_TEST(session_end_without_close_is_truncation)
{
    start_and_run();
    ck_assert_int_eq(vouch_session_end_of_stream(pair.client.session, pair.now),
                     VOUCH_E_UNEXPECTED);
    pair_step(&pair, &pair.client);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_FAILED)->event.u.failed.err,
        VOUCH_E_UNEXPECTED);
    ck_assert(!open_at(&pair.client));
}
END_TEST

/* Any cut of the octets gives the same events as the uncut ones. */
START_TEST(session_octets_may_be_cut_anywhere)
{
    bool busy = true;

    pair_start(&pair);
    while (busy) {
        busy = pair_step(&pair, &pair.client);
        busy = pair_step(&pair, &pair.server) || busy;
        busy = pair_move(&pair, &pair.client, &pair.server, (size_t)_i) || busy;
        busy = pair_move(&pair, &pair.server, &pair.client, (size_t)_i) || busy;
    }
    ck_assert(open_at(&pair.client));
    ck_assert(open_at(&pair.server));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_CONFIRMED), 1);
}
END_TEST

/* Back-pressure, not loss: what recv does not take is offered again. */
START_TEST(session_data_waits_when_nobody_polls)
{
    static uint8_t block[VOUCH_LIMIT_DATA_UNSENT];
    size_t sent = 0, taken = 0;

    start_and_run();
    memset(block, 0x33, sizeof block);
    for (int i = 0; i < 8; i++) {
        taken = 0;
        ck_assert_int_eq(vouch_session_send(pair.client.session,
                                            (vouch_bytes){block, 30000},
                                            pair.now, &taken),
                         VOUCH_OK);
        sent += taken;
        while (pair_move(&pair, &pair.client, &pair.server, SIZE_MAX)) {
        }
    }
    ck_assert_uint_lt(sent, 8 * 30000); /* in the end nothing is taken */
    pair_run(&pair);
    ck_assert_uint_eq(pair.server.data_len, sent);
    for (size_t i = 0; i < sent; i++) {
        ck_assert_uint_eq(pair.server.data[i], 0x33);
    }
}
END_TEST

/* Whole DATA capsules with `len` octets of data in all, and nothing else. */
static void check_record(vouch_bytes record, size_t *len)
{
    while (record.len != 0) {
        struct vouch_capsule_header header;

        ck_assert(vouch_capsule_header_parse(&record, &header));
        ck_assert_uint_eq(header.type, VOUCH_CAPSULE_DATA);
        ck_assert_uint_gt(header.length, 0);
        ck_assert_uint_le(header.length, record.len);
        record.data += header.length;
        record.len -= (size_t)header.length;
        *len += (size_t)header.length;
    }
}

static size_t send_until_full(size_t size)
{
    static const uint8_t block[VOUCH_LIMIT_DATA_UNSENT];
    size_t sent = 0, taken = 1;

    while (taken != 0) {
        ck_assert_int_eq(vouch_session_send(pair.client.session,
                                            (vouch_bytes){block, size},
                                            pair.now, &taken),
                         VOUCH_OK);
        sent += taken;
    }
    return sent;
}

/* However data is cut when it is sent, the queue fills to its limit, headers
 * included, and all of it arrives. */
START_TEST(session_data_fills_the_queue)
{
    static const size_t sizes[] = {200,   1000,  16320, 16321,
                                   16377, 16378, 16383};
    size_t sent, waiting;

    start_and_run();
    sent = send_until_full(sizes[_i]);
    waiting = vouch_session_outgoing(pair.client.session).len;
    ck_assert_uint_le(waiting, VOUCH_LIMIT_DATA_UNSENT);
    ck_assert_uint_gt(waiting, VOUCH_LIMIT_DATA_UNSENT - 8);
    pair_run(&pair);
    ck_assert_uint_eq(pair.server.data_len, sent);
}
END_TEST

/* Sent in bulk, each TLS record (RFC 8446, 5.1) is full, of whole capsules. */
START_TEST(session_data_fills_records)
{
    enum { RECORD = 16384 };
    static const size_t sizes[] = {16384, 30000, VOUCH_LIMIT_DATA_UNSENT};
    size_t found = 0, sent;
    vouch_bytes out;

    start_and_run();
    sent = send_until_full(sizes[_i]);
    out = vouch_session_outgoing(pair.client.session);
    ck_assert_uint_eq(out.len, VOUCH_LIMIT_DATA_UNSENT);
    for (size_t i = 0; i < out.len; i += RECORD) {
        check_record((vouch_bytes){out.data + i, RECORD}, &found);
    }
    ck_assert_uint_eq(found, sent);
}
END_TEST

START_TEST(session_clock_that_goes_backwards_extends_nothing)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 5000),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_interval(pair.client.config, 0),
                     VOUCH_OK);
    start_and_run();
    pair_wait(&pair, 6000);
    ck_assert(!open_at(&pair.client));
    pair.now.mono_ms -= 6000;
    ck_assert(!open_at(&pair.client));
    ck_assert_int_eq(vouch_session_tick(pair.client.session, pair.now),
                     VOUCH_OK);
    ck_assert(!open_at(&pair.client));
}
END_TEST

START_TEST(session_unknown_capsules_are_skipped_up_to_the_limit)
{
    /* 0x2f56ff, RFC 9297, 3.2; lengths at the limit and one above */
    static const uint8_t small[] = {0x80, 0x2f, 0x56, 0xff, 0x02, 'h', 'i'};
    uint8_t large[] = {0x80, 0x2f, 0x56, 0xff, 0x80, 0, 0, 0};
    size_t limit = VOUCH_LIMIT_CAPSULE + (size_t)_i, taken;

    start_and_run();
    ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                        (vouch_bytes){small, sizeof small},
                                        pair.now, &taken),
                     VOUCH_OK);
    large[5] = (uint8_t)(limit >> 16);
    large[6] = (uint8_t)(limit >> 8);
    large[7] = (uint8_t)limit;
    ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                        (vouch_bytes){large, sizeof large},
                                        pair.now, &taken),
                     _i == 0 ? VOUCH_OK : VOUCH_E_TOO_LARGE);
    ck_assert(open_at(&pair.client) == (_i == 0));
}
END_TEST

START_TEST(session_first_capsule_must_be_capabilities)
{
    static const uint8_t data[] = {0x80, 0x2f, 0x56, 0x00, 0x00};
    size_t taken;

    pair_start(&pair);
    ck_assert_int_eq(vouch_session_recv(pair.client.session,
                                        (vouch_bytes){data, sizeof data},
                                        pair.now, &taken),
                     VOUCH_E_UNEXPECTED);
    pair_step(&pair, &pair.client);
    ck_assert_uint_eq(
        pair_last(&pair.client, VOUCH_EVENT_FAILED)->event.u.failed.code, 1);
}
END_TEST

/* Requests beyond the bucket are answered busy, without the application. */
START_TEST(session_floods_of_requests_are_answered_busy)
{
    size_t refused = 0;

    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    start_and_run();
    for (int i = 0; i < 70; i++) {
        vouch_exchange exchange;

        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
        pair_run(&pair);
    }
    refused = pair_count(&pair.client, VOUCH_EVENT_REFUSED);
    ck_assert_uint_eq(refused, 71 - VOUCH_LIMIT_REQUESTS_PER_MINUTE);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)
                         ->event.u.refused.peer_reason,
                     VOUCH_PEER_BUSY);
    ck_assert_uint_gt(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.retry_ms,
        0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED),
                      VOUCH_LIMIT_REQUESTS_PER_MINUTE);
}
END_TEST

START_TEST(session_in_flight_limit_is_kept)
{
    vouch_exchange exchange;

    pair.server.holds_evidence = true;
    start_and_run();
    for (int i = 1; i < VOUCH_LIMIT_IN_FLIGHT; i++) {
        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &exchange),
            VOUCH_OK);
    }
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &exchange),
        VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(config_is_fixed_once_a_session_has_it)
{
    pair_start(&pair);
    ck_assert_int_eq(vouch_config_set_gate(pair.client.config, VOUCH_GATE_NONE),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 1),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_config_allow_own_key(pair.client.config),
                     VOUCH_E_STATE);
}
END_TEST

START_TEST(config_refuses_what_is_out_of_its_domain)
{
    ck_assert_int_eq(vouch_config_set_max_age(pair.client.config, 0),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_config_set_answer_within(
                         pair.client.config, VOUCH_LIMIT_ANSWER_WITHIN_MS + 1),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_config_add_produced(pair.client.config, ""),
                     VOUCH_E_ARGUMENT);
    pair_start(&pair);
}
END_TEST

/* design, The wire: a REQUEST may follow CAPABILITIES at once up to a length;
 * a longer one waits for the peer's. */
START_TEST(session_long_request_waits_for_the_peer)
{
    const struct {
        size_t formats;
        bool early;
    } cases[] = {{1, true}, {15, true}, {16, false}};
    size_t before;

    for (size_t i = 1; i < cases[_i].formats; i++) {
        char format[VOUCH_LIMIT_MEDIA_TYPE + 1];

        memset(format, 'a' + (int)i, sizeof format);
        format[VOUCH_LIMIT_MEDIA_TYPE] = '\0';
        ck_assert_int_eq(vouch_config_add_appraised(pair.client.config, format),
                         VOUCH_OK);
    }
    pair_start(&pair);
    before = vouch_session_outgoing(pair.client.session).len;
    free(capsule_expect(pair.client.session, VOUCH_CAPSULE_CAPABILITIES).data);
    ck_assert((vouch_session_outgoing(pair.client.session).len != 0) ==
              cases[_i].early);
    ck_assert_uint_le(vouch_session_outgoing(pair.client.session).len,
                      VOUCH_LIMIT_EARLY_REQUEST + 8);
    ck_assert_uint_ne(before, 0);
}
END_TEST

START_TEST(session_long_request_goes_after_all)
{
    for (int i = 1; i < VOUCH_LIMIT_FORMATS; i++) {
        char format[VOUCH_LIMIT_MEDIA_TYPE + 1];

        memset(format, 'a' + i, sizeof format);
        format[VOUCH_LIMIT_MEDIA_TYPE] = '\0';
        ck_assert_int_eq(vouch_config_add_appraised(pair.client.config, format),
                         VOUCH_OK);
    }
    start_and_run();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
}
END_TEST

/* An answer that VOUCH_LIMIT_UNANSWERED newer requests have overtaken comes too
 * late, and that is all. */
START_TEST(session_answer_that_was_overtaken_ends_only_itself)
{
    vouch_exchange slow = {0}, quick;

    start_and_run();
    pair.server.holds_evidence = true;
    ck_assert_int_eq(
        vouch_session_request(pair.client.session, pair.now, &slow), VOUCH_OK);
    pair_run(&pair);
    slow = pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    pair.server.holds_evidence = false;
    for (int i = 0; i < VOUCH_LIMIT_UNANSWERED; i++) {
        pair_wait(&pair, 400);
        ck_assert_int_eq(
            vouch_session_request(pair.client.session, pair.now, &quick),
            VOUCH_OK);
        pair_run(&pair);
    }
    pair_answer(&pair, &pair.server, slow);
    pair_run(&pair);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.err,
                     VOUCH_E_CONTEXT_REUSED);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.verdict,
        VOUCH_INDETERMINATE);
    ck_assert(open_at(&pair.client));
    ck_assert(!vouch_session_ended(pair.client.session));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("session");
    TCase *tc = tcase_create("session");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, session_attests_both_ways_and_then_lets_data_flow);
    tcase_add_test(tc, session_attests_again_with_another_binder);
    tcase_add_test(tc, session_attests_again_by_interval);
    tcase_add_test(tc, session_closes_when_the_peer_is_rejected);
    tcase_add_test(tc, session_stays_with_a_shut_gate_if_told_to);
    tcase_add_test(tc, session_rejection_ends_older_acceptances);
    tcase_add_test(
        tc, session_gate_shuts_at_the_maximum_age_on_a_silent_connection);
    tcase_add_test(tc, session_hold_never_outlives_the_acceptance);
    tcase_add_test(tc,
                   session_request_without_answer_times_out_and_tells_the_peer);
    tcase_add_test(tc, session_gives_up_when_the_peer_keeps_declining);
    tcase_add_test(tc,
                   session_handles_are_good_once_and_for_their_session_only);
    tcase_add_loop_test(
        tc, session_verdict_without_what_was_checked_is_a_rejection, 0, 5);
    tcase_add_test(
        tc, session_with_other_connection_check_asks_and_answers_nothing);
    tcase_add_test(tc, session_policies_that_can_never_meet_are_a_deadlock);
    tcase_add_test(tc, session_one_way_attestation_opens_both_gates);
    tcase_add_test(tc,
                   session_sends_no_data_to_a_peer_that_has_not_accepted_it);
    tcase_add_loop_test(tc, session_closes_cleanly_from_either_side, 0, 2);
    tcase_add_test(tc, session_end_without_close_is_truncation);
    tcase_add_loop_test(tc, session_octets_may_be_cut_anywhere, 1, 40);
    tcase_add_test(tc, session_data_waits_when_nobody_polls);
    tcase_add_loop_test(tc, session_data_fills_the_queue, 0, 7);
    tcase_add_loop_test(tc, session_data_fills_records, 0, 3);
    tcase_add_test(tc, session_clock_that_goes_backwards_extends_nothing);
    tcase_add_loop_test(
        tc, session_unknown_capsules_are_skipped_up_to_the_limit, 0, 2);
    tcase_add_test(tc, session_first_capsule_must_be_capabilities);
    tcase_add_test(tc, session_floods_of_requests_are_answered_busy);
    tcase_add_test(tc, session_in_flight_limit_is_kept);
    tcase_add_test(tc, config_is_fixed_once_a_session_has_it);
    tcase_add_test(tc, config_refuses_what_is_out_of_its_domain);
    tcase_add_loop_test(tc, session_long_request_waits_for_the_peer, 0, 3);
    tcase_add_test(tc, session_long_request_goes_after_all);
    tcase_add_test(tc, session_answer_that_was_overtaken_ends_only_itself);
    suite_add_tcase(suite, tc);
    return suite;
}
