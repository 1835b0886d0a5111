/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "proto/context.h"
#include "tests/support/octets.h"

static const vouch_bytes none = {NULL, 0};

/* Octet i of every context here is i, but for the id. */
static void fill(uint8_t *out, size_t len, uint64_t id)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i < 8 ? id >> (56 - 8 * i) : i);
    }
}

static vouch_err parse(uint64_t id, size_t len, struct vouch_context *out)
{
    uint8_t octets[VOUCH_CONTEXT_MAX + 8];
    uint8_t *copy;
    vouch_err err;

    fill(octets, len, id);
    copy = exact_copy(octets, len);
    err = vouch_context_parse((vouch_bytes){copy, len}, out);
    free(copy);
    return err;
}

static void check_refused(uint64_t id, size_t len)
{
    struct vouch_context context, before;

    memset(&context, 0xa5, sizeof context);
    memcpy(&before, &context, sizeof context);
    ck_assert_int_eq(VOUCH_E_DECODE, parse(id, len, &context));
    ck_assert_mem_eq(&context, &before, sizeof context);
}

static const struct {
    uint64_t bits;
    size_t operation; /* where it begins, or 0 */
    size_t nonce;     /* likewise */
    size_t min, max;  /* length of the whole */
} layouts[] = {
    {0, 0, 0, 32, 32},
    {VOUCH_ID_OPERATION, 32, 0, 64, 64},
    {VOUCH_ID_NONCE, 0, 32, 40, 96},
    {VOUCH_ID_OPERATION | VOUCH_ID_NONCE, 32, 64, 72, 128},
};

/* RFC 9261, 4 [E01] [E02]; expat-04, 5.1 [X23] */
START_TEST(context_parse_finds_the_parts)
{
    const uint64_t id = VOUCH_ID_SERVER | layouts[_i].bits | 0x1122;
    uint8_t octets[VOUCH_CONTEXT_MAX];
    struct vouch_context context;

    fill(octets, layouts[_i].max, id);
    ck_assert_int_eq(
        VOUCH_OK,
        vouch_context_parse((vouch_bytes){octets, layouts[_i].max}, &context));
    ck_assert_uint_eq(context.id, id);
    ck_assert_ptr_eq(context.random.data, &octets[8]);
    ck_assert_uint_eq(context.random.len, 24);
    ck_assert_uint_eq(context.operation.len,
                      layouts[_i].operation != 0 ? 32 : 0);
    if (layouts[_i].operation != 0) {
        ck_assert_ptr_eq(context.operation.data,
                         &octets[layouts[_i].operation]);
    }
    ck_assert_uint_eq(context.nonce.len, layouts[_i].nonce != 0 ? 64 : 0);
    if (layouts[_i].nonce != 0) {
        ck_assert_ptr_eq(context.nonce.data, &octets[layouts[_i].nonce]);
    }
}
END_TEST

START_TEST(context_parse_takes_only_the_length_that_the_id_says)
{
    for (size_t len = 0; len < VOUCH_CONTEXT_MAX + 8; len++) {
        struct vouch_context context;

        if (len >= layouts[_i].min && len <= layouts[_i].max) {
            ck_assert_int_eq(VOUCH_OK,
                             parse(layouts[_i].bits | 1, len, &context));
        } else {
            check_refused(layouts[_i].bits | 1, len);
        }
    }
}
END_TEST

START_TEST(context_parse_refuses_counter_zero)
{
    check_refused(layouts[_i].bits, layouts[_i].min);
    check_refused(layouts[_i].bits | VOUCH_ID_SERVER, layouts[_i].min);
}
END_TEST

START_TEST(context_encode_gives_what_is_parsed)
{
    for (size_t len = layouts[_i].min; len <= layouts[_i].max; len++) {
        uint8_t octets[VOUCH_CONTEXT_MAX], again[VOUCH_CONTEXT_MAX];
        struct vouch_context context;

        fill(octets, len, layouts[_i].bits | VOUCH_ID_COUNTER);
        ck_assert_int_eq(VOUCH_OK, vouch_context_parse(
                                       (vouch_bytes){octets, len}, &context));
        ck_assert_uint_eq(len, vouch_context_encode(&context, again));
        ck_assert_mem_eq(octets, again, len);
    }
}
END_TEST

/* The id says what is there, whatever bits it came with. */
START_TEST(context_encode_sets_the_bits_itself)
{
    uint8_t part[VOUCH_CONTEXT_RANDOM + VOUCH_OPERATION_DIGEST] = {0};
    struct vouch_context context = {
        .id = VOUCH_ID_SERVER | VOUCH_ID_NONCE | 7,
        .random = {part, VOUCH_CONTEXT_RANDOM},
        .operation = {part, VOUCH_OPERATION_DIGEST},
    };
    uint8_t octets[VOUCH_CONTEXT_MAX];

    ck_assert_uint_eq(64, vouch_context_encode(&context, octets));
    ck_assert_mem_eq(octets, "\xc0\0\0\0\0\0\0\7", 8);
    context.operation = none;
    context.nonce = (vouch_bytes){part, VOUCH_NONCE_MIN};
    context.id = VOUCH_ID_OPERATION | 7;
    ck_assert_uint_eq(40, vouch_context_encode(&context, octets));
    ck_assert_mem_eq(octets, "\x20\0\0\0\0\0\0\7", 8);
}
END_TEST

START_TEST(context_encode_refuses_what_could_not_be_parsed)
{
    static const struct {
        uint64_t id;
        size_t random, operation, nonce;
    } cases[] = {
        {VOUCH_ID_SERVER, 24, 0, 0},
        {1, 0, 0, 0},
        {1, 23, 0, 0},
        {1, 25, 0, 0},
        {1, 24, 31, 0},
        {1, 24, 33, 0},
        {1, 24, 0, 7},
        {1, 24, 0, 65},
        {1, 24, 32, 1},
    };
    uint8_t part[65] = {0}, octets[VOUCH_CONTEXT_MAX];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vouch_context context = {
            .id = cases[i].id,
            .random = {part, cases[i].random},
            .operation = {part, cases[i].operation},
            .nonce = {part, cases[i].nonce},
        };

        ck_assert_uint_eq(0, vouch_context_encode(&context, octets));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("context");
    TCase *tc = tcase_create("context");

    tcase_add_loop_test(tc, context_parse_finds_the_parts, 0, COUNT(layouts));
    tcase_add_loop_test(tc,
                        context_parse_takes_only_the_length_that_the_id_says, 0,
                        COUNT(layouts));
    tcase_add_loop_test(tc, context_parse_refuses_counter_zero, 0,
                        COUNT(layouts));
    tcase_add_loop_test(tc, context_encode_gives_what_is_parsed, 0,
                        COUNT(layouts));
    tcase_add_test(tc, context_encode_sets_the_bits_itself);
    tcase_add_test(tc, context_encode_refuses_what_could_not_be_parsed);
    suite_add_tcase(suite, tc);
    return suite;
}
