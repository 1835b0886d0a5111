/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/hmac.h>

#include <vouch/cmw.h>
#include <vouch/memory.h>

#include "lib/authenticator/endpoint.h"
#include "lib/authenticator/transcript.h"
#include "lib/channel/channel_internal.h"
#include "proto/memory.h"
#include "tests/support/session_pair.h"

/*
 * Attack 78: whoever comes to see memory that was freed, a stack that was left,
 * or a log, must not find what the exporter gave: with it he could make
 * Finished and binder himself. What it gives here is remembered, and looked for
 * in every block that the library frees, on the stack that the library ran on,
 * and in all that it says.
 */

enum {
    SECRETS_MAX = 64,
    LABEL_MAX = 64,
    NEEDLE = 16, /* so many octets of a secret are a find */
    STACK = 1 << 18,
    HEADER = 16,
};

/* Stacks are looked at, so they must be the real ones. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

static struct secret {
    char label[LABEL_MAX];
    uint8_t context[256];
    size_t context_len;
    uint8_t value[EVP_MAX_MD_SIZE];
    size_t len;
} secrets[SECRETS_MAX];
static size_t num_secrets;

static struct secret *secret_for(const char *label, vouch_bytes context)
{
    struct secret *secret = &secrets[num_secrets];
    HMAC_CTX ctx;
    unsigned len;

    for (size_t i = 0; i < num_secrets; i++) {
        if (strcmp(secrets[i].label, label) == 0 &&
            vouch_bytes_equal(context, (vouch_bytes){secrets[i].context,
                                                     secrets[i].context_len})) {
            return &secrets[i];
        }
    }
    ck_assert_uint_lt(num_secrets, SECRETS_MAX);
    ck_assert_uint_lt(strlen(label), LABEL_MAX);
    ck_assert_uint_le(context.len, sizeof secret->context);
    num_secrets++;
    strcpy(secret->label, label);
    if (context.len != 0) {
        memcpy(secret->context, context.data, context.len);
    }
    secret->context_len = context.len;
    HMAC_CTX_init(&ctx);
    ck_assert(HMAC_Init_ex(&ctx, "key", 3, EVP_sha512(), NULL));
    ck_assert(HMAC_Update(&ctx, (const uint8_t *)label, strlen(label) + 1));
    ck_assert(HMAC_Update(&ctx, secret->context, context.len));
    ck_assert(HMAC_Final(&ctx, secret->value, &len));
    HMAC_CTX_cleanup(&ctx);
    return secret;
}

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    struct secret *secret = secret_for(label, context);

    (void)arg;
    ck_assert_uint_le(len, sizeof secret->value);
    secret->len = len;
    memcpy(out, secret->value, len);
    return VOUCH_OK;
}

/* The front of the fingerprint is on the wire, as conn_check. */
static size_t public_part(const struct secret *secret)
{
    return strcmp(secret->label, "EXPORTER-vouch-connection-check") == 0 ? 8
                                                                         : 0;
}

static bool holds(const uint8_t *octets, size_t len,
                  const struct secret *secret)
{
    for (size_t from = public_part(secret); from + NEEDLE <= secret->len;
         from += NEEDLE / 2) {
        if (memmem(octets, len, secret->value + from, NEEDLE) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *found_in(const void *octets, size_t len)
{
    for (size_t i = 0; i < num_secrets; i++) {
        if (holds(octets, len, &secrets[i])) {
            return secrets[i].label;
        }
    }
    return NULL;
}

/* The allocator sees what is in a block when it is freed. */

static const char *found_in_heap;
static size_t freed;

static void *allocate(void *arg, size_t size)
{
    uint8_t *block = malloc(HEADER + size);

    (void)arg;
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

static void release(void *arg, void *memory)
{
    uint8_t *block = (uint8_t *)memory - HEADER;
    size_t size;

    (void)arg;
    memcpy(&size, block, sizeof size);
    if (found_in_heap == NULL) {
        found_in_heap = found_in(memory, size);
    }
    freed++;
    free(block);
}

/* A connection on which both attest */

static const char personal[] = "the name of somebody and his address";

static struct session_pair pair;
static size_t num_audits;

static void check_said(const void *octets, size_t len)
{
    ck_assert_msg(found_in(octets, len) == NULL, "%s", found_in(octets, len));
}

static void check_event(const vouch_event *event)
{
    check_said(event, sizeof *event);
    ck_assert_ptr_null(memmem(event, sizeof *event, personal, NEEDLE));
    if (event->type == VOUCH_EVENT_AUDIT) {
        check_said(event->u.audit.record, sizeof *event->u.audit.record);
        ck_assert_ptr_null(memmem(event->u.audit.record,
                                  sizeof *event->u.audit.record, personal,
                                  NEEDLE));
        num_audits++;
    }
    if (event->type == VOUCH_EVENT_REFUSED) {
        check_said(event->u.refused.reason, sizeof *event->u.refused.reason);
        ck_assert_ptr_null(memmem(event->u.refused.reason,
                                  sizeof *event->u.refused.reason, personal,
                                  NEEDLE));
    }
}

static void provide(struct pair_peer *peer, vouch_exchange exchange)
{
    vouch_buffer cmw;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_cmw_record(PAIR_FORMAT,
                                      (vouch_bytes){(const uint8_t *)personal,
                                                    sizeof personal},
                                      VOUCH_CMW_EVIDENCE, &cmw));
    ck_assert_int_eq(VOUCH_OK, vouch_session_provide(
                                   peer->session, exchange,
                                   (vouch_bytes){cmw.data, cmw.len}, pair.now));
    vouch_buffer_free(&cmw);
}

static void conclude(struct pair_peer *peer, vouch_exchange exchange)
{
    vouch_appraisal_info info;
    vouch_result result = {.verdict = peer->verdict,
                           .level = VOUCH_LEVEL_BOUND,
                           .not_after = INT64_MAX};

    ck_assert_int_eq(
        VOUCH_OK, vouch_session_appraisal_info(peer->session, exchange, &info));
    result.binder = info.binder;
    result.aik_pub_hash = info.aik_pub_hash;
    ck_assert_int_eq(VOUCH_OK, vouch_session_conclude(peer->session, exchange,
                                                      &result, pair.now));
}

static bool poll(struct pair_peer *peer)
{
    vouch_event event;
    bool any = false;

    while (vouch_session_poll(peer->session, &event)) {
        any = true;
        check_event(&event);
        if (event.type == VOUCH_EVENT_EVIDENCE_NEEDED) {
            provide(peer, event.exchange);
        }
        if (event.type == VOUCH_EVENT_APPRAISAL_NEEDED) {
            conclude(peer, event.exchange);
        }
    }
    return any;
}

static bool move(struct pair_peer *from, struct pair_peer *to)
{
    vouch_bytes out = vouch_session_outgoing(from->session);

    if (out.len != 0) {
        check_said(out.data, out.len);
    }
    return pair_move(&pair, from, to, SIZE_MAX);
}

static void run_both(void)
{
    bool busy = true;

    while (busy) {
        busy = poll(&pair.client);
        busy = poll(&pair.server) || busy;
        busy = move(&pair.client, &pair.server) || busy;
        busy = move(&pair.server, &pair.client) || busy;
    }
}

static bool is_open(const struct pair_peer *peer)
{
    return vouch_session_may_accept(peer->session, VOUCH_TRAFFIC_DATA,
                                    pair.now);
}

static void *live(void *arg)
{
    vouch_exchange exchange;

    (void)arg;
    pair_start(&pair);
    run_both();
    ck_assert(is_open(&pair.client) && is_open(&pair.server));
    pair.client.verdict = VOUCH_REJECTED;
    ck_assert_int_eq(VOUCH_OK, vouch_session_request(pair.client.session,
                                                     pair.now, &exchange));
    run_both();
    ck_assert(vouch_session_ended(pair.client.session));
    pair_free(&pair);
    return NULL;
}

struct call {
    void *(*run)(void *);
    void *arg;
};

/* Far down the stack, where the end of a thread does not overwrite. */
static void *run_deep(void *arg)
{
    const struct call *call = arg;
    volatile uint8_t gap[STACK / 4];
    void *result;

    gap[0] = 1;
    result = call->run(call->arg);
    return gap[0] == 1 ? result : NULL;
}

/* On a stack of the test's own, which is there when all is over. */
static void run_on(uint8_t *stack, void *(*run)(void *), void *arg)
{
    struct call call = {run, arg};
    pthread_attr_t attributes;
    pthread_t thread;

    ck_assert_int_eq(0, pthread_attr_init(&attributes));
    ck_assert_int_eq(0, pthread_attr_setstack(&attributes, stack, STACK));
    ck_assert_int_eq(0, pthread_create(&thread, &attributes, run_deep, &call));
    ck_assert_int_eq(0, pthread_join(thread, NULL));
    ck_assert_int_eq(0, pthread_attr_destroy(&attributes));
}

static void set_up(void)
{
    static const vouch_allocator allocator = {allocate, release, NULL};

    vouch_set_allocator(&allocator);
    pair_init(&pair);
}

static void make_channel(struct pair_peer *peer, vouch_role role,
                         vouch_hash hash)
{
    ck_assert_int_eq(VOUCH_OK, vouch_channel_new(role, hash, exporter, NULL,
                                                 &peer->channel));
}

static uint8_t *new_stack(void)
{
    uint8_t *stack = aligned_alloc(4096, STACK);

    ck_assert_ptr_nonnull(stack);
    memset(stack, 0, STACK);
    return stack;
}

static void check_stack(uint8_t *stack)
{
    const char *label = found_in(stack, STACK);

    ck_assert_msg(label == NULL, "stack: %s", label);
    free(stack);
}

START_TEST(exported_values_are_gone_when_the_session_is)
{
    vouch_hash hash = _i == 0 ? VOUCH_SHA256 : VOUCH_SHA384;
    uint8_t *stack = new_stack();

    make_channel(&pair.client, VOUCH_CLIENT, hash);
    make_channel(&pair.server, VOUCH_SERVER, hash);
    run_on(stack, live, NULL);
    ck_assert_uint_ge(freed, 50);
    ck_assert_uint_ge(num_audits, 3);
    ck_assert_uint_ge(num_secrets, 8); /* check, 4 of RFC 9261, 3 binders */
    ck_assert_msg(found_in_heap == NULL, "heap: %s", found_in_heap);
    check_stack(stack);
}
END_TEST

/* Later calls overwrite what earlier ones left on the stack; so each that asks
 * the exporter is looked at alone, too. */

static vouch_channel *channel;
static vouch_bytes spki;

/* What the last call said. It is looked at elsewhere: to do so here would use
 * the stack that the call has left. */
static vouch_err said;

static void *make_binder(void *arg)
{
    static vouch_digest binder;

    said = vouch_binder(channel, spki, spki, &binder);
    return arg;
}

static void *check_channel(void *arg)
{
    said = vouch_channel_check(channel);
    return arg;
}

static void *start_transcript(void *arg)
{
    static struct vouch_transcript transcript;

    said = vouch_transcript_start(&transcript, channel, VOUCH_CLIENT, spki);
    return arg;
}

static void *make_finished(void *arg)
{
    static vouch_digest finished;

    said = vouch_transcript_finished(arg, &finished);
    return arg;
}

START_TEST(exported_values_are_gone_from_the_stack)
{
    static void *(*const calls[])(void *) = {make_binder, check_channel,
                                             start_transcript, make_finished};
    struct vouch_transcript transcript;
    uint8_t *stack = new_stack();
    vouch_buffer octets = pki_spki(pair.client.aik.key);

    spki = (vouch_bytes){octets.data, octets.len};
    make_channel(&pair.client, VOUCH_CLIENT,
                 _i % 2 == 0 ? VOUCH_SHA256 : VOUCH_SHA384);
    channel = pair.client.channel;
    ck_assert_int_eq(VOUCH_OK, vouch_transcript_start(&transcript, channel,
                                                      VOUCH_CLIENT, spki));
    /* Once for the dynamic linker, which saves registers on the stack. */
    (void)calls[_i / 2](&transcript);
    run_on(stack, calls[_i / 2], &transcript);
    ck_assert_int_eq(VOUCH_OK, said);
    check_stack(stack);
    vouch_transcript_end(&transcript);
    free(octets.data);
    pair_free(&pair);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_secrets");
    TCase *tc = tcase_create("attack_secrets");

    tcase_add_checked_fixture(tc, set_up, NULL);
    tcase_add_loop_test(tc, exported_values_are_gone_when_the_session_is, 0, 2);
    tcase_add_loop_test(tc, exported_values_are_gone_from_the_stack, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}
