/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/tls.h>

#include "proto/handshake.h"
#include "proto/memory.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/stream_pair.h"

/*
 * Attacks 74 and 76: octets that are cut and joined in other places than the
 * sender's, and certificates in another wrapping. Both sides attest, send data,
 * attest once more after a change, and say goodbye.
 */

static struct session_pair pair, uncut;

static void set_up(void)
{
    pair_init(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

/* How octets of one direction are given to the other side: cut once at `at`
 * from the first, and for the rest in pieces. */
struct cut {
    size_t at;
    size_t piece;
    size_t offset;
};

static void feed(struct pair_peer *to, vouch_bytes octets)
{
    size_t taken = 0;

    ck_assert_int_eq(vouch_session_recv(to->session, octets, pair.now, &taken),
                     VOUCH_OK);
    ck_assert_uint_eq(taken, octets.len);
}

/* Nobody polls between the pieces of what was sent at once. */
static bool deliver(struct pair_peer *from, struct pair_peer *to,
                    struct cut *cut)
{
    vouch_bytes out = vouch_session_outgoing(from->session);
    size_t done = 0;

    while (done < out.len) {
        size_t len = out.len - done, offset = cut->offset + done;

        len =
            offset < cut->at && cut->at < offset + len ? cut->at - offset : len;
        len = len < cut->piece ? len : cut->piece;
        feed(to, (vouch_bytes){out.data + done, len});
        done += len;
    }
    cut->offset += done;
    vouch_session_sent(from->session, done);
    return done != 0;
}

static void run(struct cut *to_server, struct cut *to_client)
{
    bool busy = true;

    while (busy) {
        busy = pair_step(&pair, &pair.client);
        busy = pair_step(&pair, &pair.server) || busy;
        /* CLOSE waits behind all else, to be sent alone */
        while (deliver(&pair.client, &pair.server, to_server)) {
            busy = true;
        }
        while (deliver(&pair.server, &pair.client, to_client)) {
            busy = true;
        }
    }
}

static void say(struct pair_peer *peer, const char *text)
{
    size_t taken;

    ck_assert_int_eq(
        vouch_session_send(peer->session, vouch_text(text), pair.now, &taken),
        VOUCH_OK);
    ck_assert_uint_eq(taken, strlen(text));
}

/* All of it; what each side sends at once goes as one run of capsules. Returns
 * how many octets went the longer way. */
static size_t play(struct cut cut)
{
    static const uint8_t digest[32] = {1};
    struct cut to_server = cut, to_client = cut;

    pair_end(&pair);
    pair_start(&pair);
    run(&to_server, &to_client);
    say(&pair.client, "one");
    say(&pair.client, "two");
    run(&to_server, &to_client);
    say(&pair.server, "three");
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               digest, pair.now),
                     VOUCH_OK);
    run(&to_server, &to_client);
    say(&pair.server, "four");
    ck_assert_int_eq(vouch_session_close(pair.client.session, pair.now),
                     VOUCH_OK);
    run(&to_server, &to_client);
    return to_server.offset > to_client.offset ? to_server.offset
                                               : to_client.offset;
}

static void check_same_events(const struct pair_peer *peer,
                              const struct pair_peer *as)
{
    ck_assert_uint_eq(peer->num, as->num);
    for (size_t i = 0; i < as->num; i++) {
        ck_assert_int_eq(peer->log[i].event.type, as->log[i].event.type);
        ck_assert_uint_eq(peer->log[i].data_len, as->log[i].data_len);
    }
    ck_assert_uint_eq(peer->data_len, as->data_len);
    ck_assert_mem_eq(peer->data, as->data, as->data_len);
}

static void check_same(void)
{
    check_same_events(&pair.client, &uncut.client);
    check_same_events(&pair.server, &uncut.server);
}

/* What all else is held against. */
static void play_uncut(void)
{
    (void)play((struct cut){.piece = SIZE_MAX});
    uncut = pair;
}

START_TEST(uncut_octets_attest_and_carry_data)
{
    play_uncut();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair.server.data_len, 6);
    ck_assert_mem_eq(pair.server.data, "onetwo", 6);
    ck_assert_uint_eq(pair.client.data_len, 9);
    ck_assert_mem_eq(pair.client.data, "threefour", 9);
    ck_assert(vouch_session_ended(pair.client.session));
    ck_assert(vouch_session_ended(pair.server.session));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_FAILED), 0);
    ck_assert_uint_eq(pair_count(&pair.server, VOUCH_EVENT_FAILED), 0);
}
END_TEST

/* The octets of both ways, cut in two at every place; each of `PARTS` runs
 * takes its share. */
enum { PARTS = 4 };

START_TEST(octets_cut_at_any_place_mean_the_same) /* Attack 74 */
{
    struct cut cut = {.at = (size_t)_i + 1, .piece = SIZE_MAX};

    play_uncut();
    while (cut.at < play(cut)) {
        check_same();
        cut.at += PARTS;
    }
    ck_assert_uint_gt(cut.at, 1500);
}
END_TEST

START_TEST(octets_in_pieces_of_any_size_mean_the_same) /* Attack 74 */
{
    play_uncut();
    for (size_t piece = 1; piece <= 64; piece++) {
        (void)play((struct cut){.piece = piece});
        check_same();
    }
}
END_TEST

/* Over TLS: the server's octets go in records of a few each. */

static struct stream_pair streams;

static void set_up_stream(void)
{
    stream_pair_init(&streams);
    stream_pair_connect(&streams, NULL);
    ck_assert_int_eq(vouch_channel_from_ssl(streams.tls->server,
                                            &streams.pair.server.channel),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_new(streams.pair.server.channel,
                                       streams.pair.server.config,
                                       streams.pair.now,
                                       &streams.pair.server.session),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_stream_new(streams.tls->client,
                                      streams.pair.client.config, 0,
                                      streams.pair.now, &streams.client),
                     VOUCH_OK);
    streams.pair.client.session = vouch_stream_session(streams.client);
}

static void tear_down_stream(void)
{
    vouch_session_free(streams.pair.server.session);
    stream_pair_free(&streams);
}

/* Writes what the server has in records of `len` octets, or of 1, 2, 3 and so
 * on if that is 0. */
static bool write_records(size_t len)
{
    vouch_bytes out = vouch_session_outgoing(streams.pair.server.session);
    size_t done = 0, next = len != 0 ? len : 1;

    while (done < out.len) {
        size_t left = out.len - done;
        int n = (int)(left < next ? left : next);

        ck_assert_int_eq(SSL_write(streams.tls->server, out.data + done, n), n);
        done += (size_t)n;
        next += len == 0 ? 1 : 0;
    }
    vouch_session_sent(streams.pair.server.session, done);
    return done != 0;
}

static void read_all(void)
{
    uint8_t octets[4096];
    size_t taken;
    int n;

    while ((n = SSL_read(streams.tls->server, octets, sizeof octets)) > 0) {
        ck_assert_int_eq(vouch_session_recv(streams.pair.server.session,
                                            (vouch_bytes){octets, (size_t)n},
                                            streams.pair.now, &taken),
                         VOUCH_OK);
        ck_assert_uint_eq(taken, (size_t)n);
    }
}

static void run_stream(size_t len)
{
    struct session_pair *p = &streams.pair;
    bool busy;

    do {
        busy = stream_pair_pump(&streams, streams.client);
        read_all();
        busy = pair_step(p, &p->client) || busy;
        busy = pair_step(p, &p->server) || busy;
        busy = write_records(len) || busy;
    } while (busy);
}

static const size_t records[] = {1, 2, 3, 5, 64, 1000, 0};

START_TEST(records_of_any_size_mean_the_same) /* Attack 74 */
{
    struct session_pair *p = &streams.pair;
    size_t taken;

    run_stream(records[_i]);
    ck_assert_int_eq(vouch_session_send(p->server.session,
                                        vouch_text("to client"), p->now,
                                        &taken),
                     VOUCH_OK);
    run_stream(records[_i]);
    ck_assert_uint_eq(pair_count(&p->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&p->client, VOUCH_EVENT_CONFIRMED), 1);
    ck_assert_uint_eq(pair_count(&p->server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&p->client, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&p->client, VOUCH_EVENT_DATA_DROPPED), 0);
    ck_assert_uint_eq(p->client.data_len, 9);
    ck_assert_mem_eq(p->client.data, "to client", 9);
}
END_TEST

/* A genuine answer, whose first message is said to be CompressedCertificate
 * (RFC 8879), which no request offers. */
START_TEST(compressed_certificate_is_no_answer) /* Attack 76 */
{
    enum { COMPRESSED_CERTIFICATE = 25 };
    struct vouch_authenticator_message m;
    const struct pair_event *failed;
    struct capsule capsule;
    uint8_t *type;

    pair_start(&pair);
    pair.client.holds_evidence = true;
    ck_assert(pair_move(&pair, &pair.client, &pair.server, SIZE_MAX));
    (void)pair_step(&pair, &pair.server);
    do {
        ck_assert(capsule_take(pair.server.session, &capsule));
        if (capsule.type != VOUCH_CAPSULE_AUTHENTICATOR) {
            ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                          capsule.type,
                                          span_of(&capsule.value)),
                             VOUCH_OK);
            free(capsule.value.data);
        }
    } while (capsule.type != VOUCH_CAPSULE_AUTHENTICATOR);
    ck_assert_int_eq(
        vouch_authenticator_message_decode(span_of(&capsule.value), &m),
        VOUCH_OK);
    type = capsule.value.data + (m.authenticator.data - capsule.value.data);
    ck_assert_uint_eq(*type, VOUCH_HS_CERTIFICATE);
    *type = COMPRESSED_CERTIFICATE;
    ck_assert_int_eq(capsule_give(pair.client.session, pair.now,
                                  VOUCH_CAPSULE_AUTHENTICATOR,
                                  span_of(&capsule.value)),
                     VOUCH_E_DECODE);
    (void)pair_step(&pair, &pair.client);
    failed = pair_last(&pair.client, VOUCH_EVENT_FAILED);
    ck_assert_ptr_nonnull(failed);
    ck_assert_uint_eq(failed->event.u.failed.code, VOUCH_CLOSE_PROTOCOL);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 0);
    free(capsule.value.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_framing");
    TCase *tc = tcase_create("attack_framing");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, uncut_octets_attest_and_carry_data);
    tcase_add_loop_test(tc, octets_cut_at_any_place_mean_the_same, 0, PARTS);
    tcase_add_test(tc, octets_in_pieces_of_any_size_mean_the_same);
    tcase_add_test(tc, compressed_certificate_is_no_answer);
    suite_add_tcase(suite, tc);
    tc = tcase_create("records");
    tcase_add_checked_fixture(tc, set_up_stream, tear_down_stream);
    tcase_add_loop_test(tc, records_of_any_size_mean_the_same, 0,
                        COUNT(records));
    suite_add_tcase(suite, tc);
    return suite;
}
