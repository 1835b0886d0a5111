/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include <vouch/limits.h>

#include "lib/authenticator/registry.h"

static const vouch_bytes none = {NULL, 0};

struct octets {
    uint8_t data[VOUCH_CONTEXT_MAX];
    size_t len;
};

static vouch_bytes span(const struct octets *octets)
{
    return (vouch_bytes){octets->data, octets->len};
}

static struct octets issue(struct vouch_registry *registry)
{
    struct octets context;
    uint64_t id;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_issue(registry, none, none, &id,
                                          context.data, &context.len));
    return context;
}

/* A context with a chosen id, as a peer would make it. */
static struct octets with_id(uint64_t id)
{
    uint8_t random[VOUCH_CONTEXT_RANDOM];
    struct vouch_context context = {.id = id, .random = {random, 24}};
    struct octets octets;

    memset(random, 0x5a, sizeof random);
    octets.len = vouch_context_encode(&context, octets.data);
    ck_assert_uint_ne(octets.len, 0);
    return octets;
}

static vouch_bytes foreign(size_t number)
{
    static uint8_t octets[2];

    octets[0] = (uint8_t)(number >> 8);
    octets[1] = (uint8_t)number;
    return (vouch_bytes){octets, sizeof octets};
}

/* RFC 9261, 4 [E01]: the counter tells one side's contexts apart, the role bit
 * those of the two sides. */
START_TEST(registry_issues_unique_contexts)
{
    struct vouch_registry client, server;
    struct octets first, second, third;

    vouch_registry_init(&client, VOUCH_CLIENT);
    vouch_registry_init(&server, VOUCH_SERVER);
    first = issue(&client);
    second = issue(&client);
    third = issue(&server);
    ck_assert_uint_eq(first.len, 32);
    ck_assert_mem_eq(first.data, "\0\0\0\0\0\0\0\1", 8);
    ck_assert_mem_eq(second.data, "\0\0\0\0\0\0\0\2", 8);
    ck_assert_mem_eq(third.data, "\x80\0\0\0\0\0\0\1", 8);
    /* RFC 9261, 4 [E02] */
    ck_assert_mem_ne(&first.data[8], &second.data[8], 24);
}
END_TEST

START_TEST(registry_puts_operation_and_nonce_into_context) /* expat-04, 5.1 */
{
    struct vouch_registry registry;
    struct vouch_context parsed;
    struct octets context;
    uint8_t operation[32], nonce[64];
    uint64_t id;

    memset(operation, 1, sizeof operation);
    memset(nonce, 2, sizeof nonce);
    vouch_registry_init(&registry, VOUCH_SERVER);
    ck_assert_int_eq(
        VOUCH_OK, vouch_registry_issue(&registry, (vouch_bytes){operation, 32},
                                       (vouch_bytes){nonce, 64}, &id,
                                       context.data, &context.len));
    ck_assert_int_eq(VOUCH_OK, vouch_context_parse(span(&context), &parsed));
    ck_assert_uint_eq(id, parsed.id);
    ck_assert_uint_eq(id, VOUCH_ID_SERVER | VOUCH_ID_OPERATION |
                              VOUCH_ID_NONCE | 1);
    ck_assert_mem_eq(parsed.operation.data, operation, 32);
    ck_assert_mem_eq(parsed.nonce.data, nonce, 64);
}
END_TEST

START_TEST(registry_refuses_parts_of_forbidden_length)
{
    static const size_t lengths[][2] = {{31, 0}, {33, 0}, {0, 7},
                                        {0, 65}, {32, 7}, {1, 8}};
    uint8_t part[65] = {0}, out[VOUCH_CONTEXT_MAX];
    struct vouch_registry registry;
    size_t len = 77;
    uint64_t id = 77;

    vouch_registry_init(&registry, VOUCH_CLIENT);
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_registry_issue(
                         &registry, (vouch_bytes){part, lengths[_i][0]},
                         (vouch_bytes){part, lengths[_i][1]}, &id, out, &len));
    ck_assert_uint_eq(len, 77);
    ck_assert_uint_eq(id, 77);
    ck_assert_uint_eq(registry.issued, 0);
}
END_TEST

START_TEST(registry_ends_with_the_counter)
{
    struct vouch_registry registry;
    struct octets context;
    uint64_t id;

    vouch_registry_init(&registry, VOUCH_CLIENT);
    registry.issued = VOUCH_ID_COUNTER - 1;
    context = issue(&registry);
    ck_assert_mem_eq(context.data, "\x1f\xff\xff\xff\xff\xff\xff\xff", 8);
    ck_assert_int_eq(VOUCH_E_TOO_MANY,
                     vouch_registry_issue(&registry, none, none, &id,
                                          context.data, &context.len));
}
END_TEST

START_TEST(registry_own_context_serves_once) /* RFC 9261, 7.4 [E26] */
{
    struct vouch_registry registry;
    struct octets first, second;

    vouch_registry_init(&registry, VOUCH_SERVER);
    first = issue(&registry);
    second = issue(&registry);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_own(&registry, span(&second)));
    vouch_registry_spend_own(&registry, span(&second));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_own(&registry, span(&second)));
    /* Answers may come in any order. */
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_own(&registry, span(&first)));
    vouch_registry_spend_own(&registry, span(&first));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_own(&registry, span(&first)));
}
END_TEST

START_TEST(registry_awaits_as_many_answers_as_its_limit)
{
    struct vouch_registry registry;
    struct octets first;

    vouch_registry_init(&registry, VOUCH_CLIENT);
    first = issue(&registry);
    for (size_t i = 1; i < VOUCH_LIMIT_UNANSWERED; i++) {
        issue(&registry);
    }
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_own(&registry, span(&first)));
    issue(&registry);
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_own(&registry, span(&first)));
}
END_TEST

START_TEST(registry_knows_only_its_own_requests)
{
    struct vouch_registry registry;
    struct octets other = with_id(2), peer = with_id(VOUCH_ID_SERVER | 1);

    vouch_registry_init(&registry, VOUCH_CLIENT);
    issue(&registry);
    ck_assert_int_eq(VOUCH_E_BAD_REQUEST,
                     vouch_registry_check_own(&registry, span(&other)));
    ck_assert_int_eq(VOUCH_E_BAD_REQUEST,
                     vouch_registry_check_own(&registry, span(&peer)));
    ck_assert_int_eq(VOUCH_E_BAD_REQUEST,
                     vouch_registry_check_own(&registry, foreign(1)));
}
END_TEST

START_TEST(registry_takes_rising_counters_of_the_peer) /* RFC 9261, 5.2 [E10] */
{
    struct vouch_registry registry;
    struct octets third = with_id(VOUCH_ID_SERVER | 3);
    struct octets second = with_id(VOUCH_ID_SERVER | 2);
    struct octets ninth = with_id(VOUCH_ID_SERVER | 9);

    vouch_registry_init(&registry, VOUCH_CLIENT);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_peer(&registry, span(&third)));
    ck_assert(!vouch_registry_was_received(&registry, span(&third)));
    vouch_registry_spend_peer(&registry, span(&third));
    ck_assert(vouch_registry_was_received(&registry, span(&third)));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_peer(&registry, span(&third)));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_peer(&registry, span(&second)));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_peer(&registry, span(&ninth)));
}
END_TEST

/* A context that this side issued comes back as the peer's (attack 9). */
START_TEST(registry_refuses_reflection)
{
    struct vouch_registry registry;
    struct octets own, ahead = with_id(2);

    vouch_registry_init(&registry, VOUCH_CLIENT);
    own = issue(&registry);
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_peer(&registry, span(&own)));
    ck_assert_int_eq(VOUCH_E_ILLEGAL,
                     vouch_registry_check_peer(&registry, span(&ahead)));
}
END_TEST

START_TEST(registry_refuses_foreign_layout_unless_told)
{
    struct vouch_registry registry;

    vouch_registry_init(&registry, VOUCH_CLIENT);
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_registry_check_peer(&registry, foreign(1)));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     vouch_registry_check_peer(&registry, none));
    ck_assert_int_eq(VOUCH_OK, vouch_registry_allow_foreign(&registry, 1));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_peer(&registry, foreign(1)));
    vouch_registry_cleanup(&registry);
}
END_TEST

START_TEST(registry_allows_foreign_only_first_and_within_limit)
{
    struct vouch_registry registry;

    vouch_registry_init(&registry, VOUCH_CLIENT);
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_registry_allow_foreign(&registry, 0));
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_registry_allow_foreign(
                         &registry, VOUCH_LIMIT_FOREIGN_CONTEXTS + 1));
    ck_assert_int_eq(VOUCH_OK, vouch_registry_allow_foreign(
                                   &registry, VOUCH_LIMIT_FOREIGN_CONTEXTS));
    ck_assert_int_eq(VOUCH_E_STATE, vouch_registry_allow_foreign(&registry, 1));
    vouch_registry_cleanup(&registry);

    vouch_registry_init(&registry, VOUCH_CLIENT);
    issue(&registry);
    ck_assert_int_eq(VOUCH_E_STATE, vouch_registry_allow_foreign(&registry, 1));
}
END_TEST

START_TEST(registry_remembers_foreign_contexts_until_full)
{
    enum { MAX = 5 };
    struct vouch_registry registry;

    vouch_registry_init(&registry, VOUCH_SERVER);
    ck_assert_int_eq(VOUCH_OK, vouch_registry_allow_foreign(&registry, MAX));
    for (size_t i = 0; i < MAX; i++) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_registry_check_peer(&registry, foreign(i)));
        vouch_registry_spend_peer(&registry, foreign(i));
    }
    for (size_t i = 0; i < MAX; i++) {
        ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                         vouch_registry_check_peer(&registry, foreign(i)));
    }
    ck_assert_int_eq(VOUCH_E_TOO_MANY,
                     vouch_registry_check_peer(&registry, foreign(MAX)));
    ck_assert_int_eq(VOUCH_E_TOO_MANY,
                     vouch_registry_check_own(&registry, foreign(MAX)));
    vouch_registry_cleanup(&registry);
}
END_TEST

START_TEST(registry_foreign_contexts_serve_one_direction) /* [E01] */
{
    struct vouch_registry registry;

    vouch_registry_init(&registry, VOUCH_SERVER);
    ck_assert_int_eq(VOUCH_OK, vouch_registry_allow_foreign(&registry, 2));
    vouch_registry_spend_own(&registry, foreign(1));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_peer(&registry, foreign(1)));
    vouch_registry_spend_peer(&registry, foreign(2));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_own(&registry, foreign(2)));
    vouch_registry_cleanup(&registry);
}
END_TEST

/* 32 random octets may look like a counter far away: it must not become the
 * last that the peer used. */
START_TEST(registry_foreign_context_does_not_move_the_counter)
{
    struct vouch_registry registry;
    struct octets random = with_id(VOUCH_ID_SERVER | UINT64_C(1) << 60);
    struct octets counted = with_id(VOUCH_ID_SERVER | 1);

    vouch_registry_init(&registry, VOUCH_CLIENT);
    ck_assert_int_eq(VOUCH_OK, vouch_registry_allow_foreign(&registry, 2));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_peer(&registry, span(&random)));
    vouch_registry_spend_peer(&registry, span(&random));
    ck_assert_int_eq(VOUCH_E_CONTEXT_REUSED,
                     vouch_registry_check_peer(&registry, span(&random)));
    ck_assert(vouch_registry_was_received(&registry, span(&random)));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_registry_check_peer(&registry, span(&counted)));
    vouch_registry_cleanup(&registry);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("registry");
    TCase *tc = tcase_create("registry");

    tcase_add_test(tc, registry_issues_unique_contexts);
    tcase_add_test(tc, registry_puts_operation_and_nonce_into_context);
    tcase_add_loop_test(tc, registry_refuses_parts_of_forbidden_length, 0, 6);
    tcase_add_test(tc, registry_ends_with_the_counter);
    tcase_add_test(tc, registry_own_context_serves_once);
    tcase_add_test(tc, registry_awaits_as_many_answers_as_its_limit);
    tcase_add_test(tc, registry_knows_only_its_own_requests);
    tcase_add_test(tc, registry_takes_rising_counters_of_the_peer);
    tcase_add_test(tc, registry_refuses_reflection);
    tcase_add_test(tc, registry_refuses_foreign_layout_unless_told);
    tcase_add_test(tc, registry_allows_foreign_only_first_and_within_limit);
    tcase_add_test(tc, registry_remembers_foreign_contexts_until_full);
    tcase_add_test(tc, registry_foreign_contexts_serve_one_direction);
    tcase_add_test(tc, registry_foreign_context_does_not_move_the_counter);
    suite_add_tcase(suite, tc);
    return suite;
}
