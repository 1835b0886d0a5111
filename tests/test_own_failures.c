/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/memory.h>
#include <vouch/tls.h>

#include "tests/support/attested.h"
#include "tests/support/files.h"

/*
 * Only what the peer did wrong is a rejection: while the server's good answer
 * is validated and appraised, each allocation of the library and of BoringSSL
 * fails in turn, alone or with all that follow. proto/README.md, 10.
 */

static size_t countdown; /* allocations that still succeed; 0: not failing */
static bool for_good;
static bool failed;

static bool may_allocate(void)
{
    if (countdown == 0 || --countdown != 0) {
        return true;
    }
    failed = true;
    countdown = for_good ? 1 : 0;
    return false;
}

/* BoringSSL asks these for memory where a program has them. */
void *OPENSSL_memory_alloc(size_t size);
void OPENSSL_memory_free(void *memory);
size_t OPENSSL_memory_get_size(void *memory);

enum { HEAD = 16 };

void *OPENSSL_memory_alloc(size_t size)
{
    uint8_t *block = may_allocate() ? malloc(HEAD + size) : NULL;

    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof size);
    return block + HEAD;
}

void OPENSSL_memory_free(void *memory)
{
    free((uint8_t *)memory - HEAD);
}

size_t OPENSSL_memory_get_size(void *memory)
{
    size_t size;

    memcpy(&size, (uint8_t *)memory - HEAD, sizeof size);
    return size;
}

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    return may_allocate() ? malloc(size) : NULL;
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static struct attested attested;  /* for evidence */
static struct session_pair plain; /* for authenticators */
static struct session_pair *pair;
static struct tls_pair *tls;

static void set_up(void)
{
    vouch_set_allocator(&(vouch_allocator){allocate, release, NULL});
}

static void set_gates(void)
{
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
    pair->client.holds_verdicts = true;
}

static void set_up_attested(void)
{
    set_up();
    make_dir();
    attested_init(&attested);
    pair = &attested.pair;
    set_gates();
}

static void tear_down_attested(void)
{
    attested_free(&attested);
    remove_dir();
}

/* Exporters that fail as BoringSSL's do, and trust that remembers no chain. */
static void start_plain(void)
{
    struct tls_options options = {.client = &plain.client.aik,
                                  .server = &plain.server.aik};

    pair_init(&plain);
    pair = &plain;
    set_gates();
    tls = tls_connect(&options);
    ck_assert_int_eq(vouch_channel_from_ssl(tls->client, &plain.client.channel),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_channel_from_ssl(tls->server, &plain.server.channel),
                     VOUCH_OK);
    pair_start(pair);
}

static void end_plain(void)
{
    pair_free(pair);
    tls_pair_free(tls);
}

static void begin_to_fail(size_t after)
{
    failed = false;
    countdown = after;
}

static void assert_blames_nobody(void)
{
    vouch_stats stats;

    countdown = 0;
    vouch_session_stats(pair->client.session, &stats);
    (void)pair_step(pair, &pair->client);
    ck_assert_uint_eq(stats.rejected, 0);
    if (pair_last(&pair->client, VOUCH_EVENT_FAILED) != NULL) {
        ck_assert_uint_eq(
            pair_last(&pair->client, VOUCH_EVENT_FAILED)->event.u.failed.code,
            5);
    }
}

/* Whether some allocation failed within. */
static bool receive_failing(size_t after)
{
    vouch_bytes answer;
    size_t taken;

    start_plain();
    (void)pair_move(pair, &pair->server, &pair->client, SIZE_MAX);
    (void)pair_step(pair, &pair->client);
    (void)pair_move(pair, &pair->client, &pair->server, SIZE_MAX);
    (void)pair_step(pair, &pair->server);
    answer = vouch_session_outgoing(pair->server.session);
    begin_to_fail(after);
    (void)(vouch_session_recv(pair->client.session, answer, pair->now,
                              &taken) != VOUCH_OK);
    assert_blames_nobody();
    end_plain();
    return failed;
}

START_TEST(authenticator_that_cannot_be_validated_is_not_rejected)
{
    size_t after = 1;

    for_good = _i != 0;
    while (receive_failing(after)) {
        after++;
    }
    ck_assert_uint_gt(after, 100);
}
END_TEST

static bool appraise_failing(size_t after)
{
    pair_start(pair);
    pair_run(pair);
    begin_to_fail(after);
    (void)(vouch_appraiser_answer(
               attested.client.appraiser, pair->client.session,
               pair_last(&pair->client, VOUCH_EVENT_APPRAISAL_NEEDED)
                   ->event.exchange,
               pair->now) != VOUCH_OK);
    assert_blames_nobody();
    pair_end(pair);
    return failed;
}

START_TEST(evidence_that_cannot_be_appraised_is_not_rejected)
{
    size_t after = 1;

    for_good = _i != 0;
    while (appraise_failing(after)) {
        after++;
    }
    ck_assert_uint_gt(after, 20);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("own_failures");
    TCase *validated = tcase_create("validated");
    TCase *appraised = tcase_create("appraised");

    tcase_add_checked_fixture(validated, set_up, NULL);
    tcase_add_loop_test(validated,
                        authenticator_that_cannot_be_validated_is_not_rejected,
                        0, 2);
    suite_add_tcase(suite, validated);
    tcase_add_checked_fixture(appraised, set_up_attested, tear_down_attested);
    tcase_add_loop_test(
        appraised, evidence_that_cannot_be_appraised_is_not_rejected, 0, 2);
    suite_add_tcase(suite, appraised);
    return suite;
}
