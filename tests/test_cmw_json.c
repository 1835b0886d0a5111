/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/base64url.h"
#include "proto/memory.h"
#include "tests/support/octets.h"

/* Reads a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err read_span(vouch_bytes json, vouch_buffer *out)
{
    uint8_t *copy = exact_copy(json.data, json.len);
    vouch_buffer cbor = {NULL, 7};
    vouch_err err = vouch_cmw_from_json((vouch_bytes){copy, json.len}, &cbor);

    if (err != VOUCH_OK) {
        ck_assert_ptr_null(cbor.data);
        ck_assert_uint_eq(cbor.len, 7);
    }
    free(copy);
    *out = cbor;
    return err;
}

static vouch_err read_only(vouch_bytes json)
{
    vouch_buffer cbor;
    vouch_err err = read_span(json, &cbor);

    if (err == VOUCH_OK) {
        vouch_buffer_free(&cbor);
    }
    return err;
}

static vouch_err read_text(const char *json)
{
    return read_only(vouch_text(json));
}

/* The examples of RFC 9999, 5, and what they are in CBOR. */
static const struct {
    const char *json, *cbor;
} examples[] = {
    {"[ \"application/vnd.example.rats-conceptual-msg\", \"I0faVQ\" ]",
     "82782b6170706c69636174696f6e2f766e642e6578616d706c652e726174732d636f6e"
     "6365707475616c2d6d7367442347da55"},
    {"[\"a/b\",\"AA\",31]", "83 63612f62 4100 181f"},
    {"{ \"__cmwc_t\": \"tag:example.com,2024:another-composite-attester\",\n"
     " \"attester A\": [ \"application/eat-ucs+json\", \"e30K\", 4 ],\n"
     " \"attester B\": [ \"application/eat-ucs+cbor\", \"oA\", 4 ] }\n",
     "a3 685f5f636d77635f74 782f7461673a6578616d706c652e636f6d2c323032343a61"
     "6e6f746865722d636f6d706f736974652d6174746573746572"
     " 6a61747465737465722041 83 78186170706c69636174696f6e2f6561742d7563732b"
     "6a736f6e 437b7d0a 04"
     " 6a61747465737465722042 83 78186170706c69636174696f6e2f6561742d7563732b"
     "63626f72 41a0 04"},
    {"{\"a\":{\"b\":[\"a/b\",\"AAAA\"]},\"\\u00e9\":[\"a/b\",\"_-8\"]}",
     "a2 6161 a1 6162 82 63612f62 43000000 62c3a9 82 63612f62 42ffef"},
};

START_TEST(json_is_read_into_the_same_cmw)
{
    vouch_buffer expected = from_hex(examples[_i].cbor), cbor;

    ck_assert_int_eq(read_span(vouch_text(examples[_i].json), &cbor), VOUCH_OK);
    ck_assert(vouch_bytes_equal(span_of(&cbor), span_of(&expected)));
    vouch_buffer_free(&cbor);
    free(expected.data);
}
END_TEST

static const struct {
    const char *json;
    vouch_err err;
} texts[] = {
    {"[\"a/b\",\"AA\"]", VOUCH_OK},
    {" [\"a/b\" , \"AA\" , 1]\n", VOUCH_OK},
    /* records */
    {"[]", VOUCH_E_CMW},
    {"[\"a/b\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",4,4]", VOUCH_E_CMW},
    {"[[\"a/b\",\"AA\"]]", VOUCH_E_CMW},
    {"[\"\",\"AA\"]", VOUCH_E_CMW},
    {"[\"a\\n\",\"AA\"]", VOUCH_E_CMW},
    {"[\"\\u00e9\",\"AA\"]", VOUCH_E_CMW},
    {"[null,\"AA\"]", VOUCH_E_CMW},
    {"[\"a/b\",null]", VOUCH_E_CMW},
    {"[\"a/b\",[\"AA\"]]", VOUCH_E_CMW},
    {"[\"a/b\",1]", VOUCH_E_CMW},
    /* no number stands for a type [C04] */
    {"[61,\"AA\"]", VOUCH_E_CMW},
    {"[0,\"AA\",4]", VOUCH_E_CMW},
    /* the indicator [C03] */
    {"[\"a/b\",\"AA\",31]", VOUCH_OK},
    {"[\"a/b\",\"AA\",0]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",-0]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",-4]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",32]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",36]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",4294967300]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",9223372036854775807]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",18446744073709551620]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",4.0]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",4e0]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",04]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",\"4\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",true]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",null]", VOUCH_E_CMW},
    /* the value: base64url, without padding, in its one spelling [C01] */
    {"[\"a/b\",\"AAA\"]", VOUCH_OK},
    {"[\"a/b\",\"AAAA\"]", VOUCH_OK},
    {"[\"a/b\",\"-_-_\"]", VOUCH_OK},
    {"[\"a/b\",\"\\u0041A\"]", VOUCH_OK},
    {"[\"a/b\",\"\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"A\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AAAAA\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA==\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA=\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AAA=\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AB\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AAB\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"+/+/\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA AA\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AAAA\\n\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA.A\"]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\\u0000A\"]", VOUCH_E_CMW},
    /* collections: members, and their labels once each [C06] */
    {"{\"a\":[\"a/b\",\"AA\"]}", VOUCH_OK},
    {"{\"a\":{\"a\":[\"a/b\",\"AA\"]}}", VOUCH_OK},
    {"{}", VOUCH_E_CMW},
    {"{\"__cmwc_t\":\"a:b\"}", VOUCH_E_CMW},
    {"{\"a\":{}}", VOUCH_E_CMW},
    {"{\"\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"a\":[\"a/b\",\"AA\"],\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_DUPLICATE},
    {"{\"a\":[\"a/b\",\"AA\"],\"\\u0061\":[\"a/b\",\"AA\"]}",
     VOUCH_E_DUPLICATE},
    {"{\"b\":{\"a\":[\"a/b\",\"AA\"],\"a\":[\"a/b\",\"AA\"]}}",
     VOUCH_E_DUPLICATE},
    {"{\"__cmwc_t\":\"a:b\",\"a\":[\"a/b\",\"AA\"],\"__cmwc_t\":\"a:b\"}",
     VOUCH_E_DUPLICATE},
    {"{\"a\":\"a/b\"}", VOUCH_E_CMW},
    {"{\"a\":4}", VOUCH_E_CMW},
    {"{\"a\":null}", VOUCH_E_CMW},
    {"{\"a\":true}", VOUCH_E_CMW},
    {"{\"a\":[\"a/b\",\"AA\"],\"b\":[\"a/b\",\"AB\"]}", VOUCH_E_CMW},
    {"{\"a\\u0000\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    /* the type of a collection [C07] */
    {"{\"__cmwc_t\":\"a:b\",\"a\":[\"a/b\",\"AA\"]}", VOUCH_OK},
    {"{\"a\":[\"a/b\",\"AA\"],\"__cmwc_t\":\"1.2.3\"}", VOUCH_OK},
    {"{\"__cmwc_t\":\"b\",\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"__cmwc_t\":\"a:b#c\",\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"__cmwc_t\":\"\",\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"__cmwc_t\":null,\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"__cmwc_t\":[\"a/b\",\"AA\"],\"a\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    /* signed ones by name, in both serializations and wherever they stand */
    {"e30.e30.AA", VOUCH_E_CMW_SIGNED},
    {"eyJhbGciOiJFUzI1NiJ9.WyJhL2IiLCJBQSJd.c2ln", VOUCH_E_CMW_SIGNED},
    {"..", VOUCH_E_CMW_SIGNED},
    {"{\"protected\":\"e30\",\"payload\":\"e30\",\"signature\":\"AA\"}",
     VOUCH_E_CMW_SIGNED},
    {"{\"payload\":\"\",\"signature\":\"\"}", VOUCH_E_CMW_SIGNED},
    {"{\"a\":[\"a/b\",\"AA\"],\"b\":{\"a\":{\"payload\":\"e30\","
     "\"signature\":\"AA\"}}}",
     VOUCH_E_CMW_SIGNED},
    {"{\"payload\":[\"a/b\",\"AA\"],\"signature\":[\"a/b\",\"AA\"]}", VOUCH_OK},
    {"{\"payload\":[\"a/b\",\"AA\"],\"signature\":\"AA\"}", VOUCH_E_CMW},
    {"e30.e30", VOUCH_E_CMW},
    {"e30.e30.AA.AA", VOUCH_E_CMW},
    {"e30.e30.AA=", VOUCH_E_CMW},
    {"\"e30.e30.AA\"", VOUCH_E_CMW},
    /* what is no CMW, or no JSON */
    {"", VOUCH_E_CMW},
    {"null", VOUCH_E_CMW},
    {"\"a/b\"", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\",]", VOUCH_E_CMW},
    {"['a/b','AA']", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\"]]", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\"]x", VOUCH_E_CMW},
    {"[\"a/b\",\"AA\"][\"a/b\",\"AA\"]", VOUCH_E_CMW},
    {"\xef\xbb\xbf[\"a/b\",\"AA\"]", VOUCH_E_CMW},
    {"[\"a/b\xff\",\"AA\"]", VOUCH_E_CMW},
    {"{\"\xc3(\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"{\"\\ud800\":[\"a/b\",\"AA\"]}", VOUCH_E_CMW},
    {"\x83\x63\x61/b\x41\x01\x04", VOUCH_E_CMW},
};

START_TEST(json_is_read_as_it_should_be)
{
    ck_assert_int_eq(read_text(texts[_i].json), texts[_i].err);
}
END_TEST

START_TEST(json_is_refused_at_every_prefix_and_with_what_follows)
{
    static const char *const whole[] = {
        "[\"a/b\",\"AAAA\",4]",
        "{\"__cmwc_t\":\"a:b\",\"c\":{\"d\":[\"a/b\",\"AA\"]}}"};

    for (int i = 0; i < COUNT(whole); i++) {
        char text[64];
        size_t len = strlen(whole[i]);

        snprintf(text, sizeof text, "%s ", whole[i]);
        ck_assert_int_eq(read_text(text), VOUCH_OK);
        for (size_t cut = 0; cut < len; cut++) {
            ck_assert_int_eq(read_only((vouch_bytes){(uint8_t *)text, cut}),
                             VOUCH_E_CMW);
        }
        for (unsigned octet = 0; octet < 256; octet++) {
            bool is_space = octet != 0 && octet < 128 &&
                            strchr(" \t\r\n", (int)octet) != NULL;

            text[len] = (char)octet;
            ck_assert_int_eq(read_only((vouch_bytes){(uint8_t *)text, len + 1}),
                             is_space ? VOUCH_OK : VOUCH_E_CMW);
        }
    }
}
END_TEST

/* RFC 4648, 5 and 3.5: each text is that of some octets, or of none. [C01] */
START_TEST(base64url_has_one_text_for_any_octets)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t out[2];

    for (int a = 0; a < 256; a++) {
        const char *high = a != 0 ? strchr(digits, a) : NULL;

        for (int b = 0; b < 256; b++) {
            const char *low = b != 0 ? strchr(digits, b) : NULL;
            const uint8_t text[] = {(uint8_t)a, (uint8_t)b};
            bool good = high != NULL && low != NULL && (low - digits) % 16 == 0;

            ck_assert(vouch_base64url_decode((vouch_bytes){text, 2}, out) ==
                      good);
            if (good) {
                ck_assert_uint_eq(out[0], (unsigned)((high - digits) << 2 |
                                                     (low - digits) >> 4));
            }
        }
    }
    ck_assert_uint_eq(vouch_base64url_length(0), 0);
    ck_assert_uint_eq(vouch_base64url_length(2), 1);
    ck_assert_uint_eq(vouch_base64url_length(3), 2);
    ck_assert_uint_eq(vouch_base64url_length(4), 3);
    ck_assert_uint_eq(vouch_base64url_length(SIZE_MAX - 3), SIZE_MAX / 4 * 3);
}
END_TEST

/* Limits */

/* `text` again and again, within braces. */
struct maker {
    char *text;
    size_t len;
};

static void add(struct maker *maker, const char *text)
{
    size_t len = strlen(text);

    maker->text = realloc(maker->text, maker->len + len);
    ck_assert_ptr_nonnull(maker->text);
    memcpy(&maker->text[maker->len], text, len);
    maker->len += len;
}

static vouch_err read_made(struct maker *maker)
{
    vouch_err err =
        read_only((vouch_bytes){(uint8_t *)maker->text, maker->len});

    free(maker->text);
    return err;
}

static vouch_err read_nested(size_t depth, const char *open, const char *within,
                             const char *close)
{
    struct maker maker = {NULL, 0};

    for (size_t i = 0; i < depth; i++) {
        add(&maker, open);
    }
    add(&maker, within);
    for (size_t i = 0; i < depth; i++) {
        add(&maker, close);
    }
    return read_made(&maker);
}

START_TEST(json_depth_is_limited) /* [C08] */
{
    const char *record = "[\"a/b\",\"AA\"]";

    ck_assert_int_eq(read_nested(VOUCH_LIMIT_CMW_DEPTH, "{\"a\":", record, "}"),
                     VOUCH_OK);
    ck_assert_int_eq(
        read_nested(VOUCH_LIMIT_CMW_DEPTH + 1, "{\"a\":", record, "}"),
        VOUCH_E_TOO_MANY);
    /* of what could be no CMW, before memory is spent */
    ck_assert_int_eq(read_nested(VOUCH_LIMIT_CBOR_DEPTH, "[", "", "]"),
                     VOUCH_E_CMW);
    ck_assert_int_eq(read_nested(VOUCH_LIMIT_CBOR_DEPTH + 1, "[", "", "]"),
                     VOUCH_E_TOO_MANY);
    ck_assert_int_eq(read_nested(VOUCH_LIMIT_CBOR_DEPTH + 1, "[]", "", "}"),
                     VOUCH_E_CMW);
    /* brackets in strings are no brackets */
    ck_assert_int_eq(
        read_text("{\"[[[[[[[[[[[[[[[[[[[[[[\\\"{{{{{{{{{{{{{{{{{{{{\":"
                  "[\"a/b\",\"AA\"]}"),
        VOUCH_OK);
}
END_TEST

static vouch_err read_members(size_t num)
{
    struct maker maker = {NULL, 0};

    for (size_t i = 0; i < num; i++) {
        char member[64];

        snprintf(member, sizeof member, "%s\"%zu\":[\"a/b\",\"AA\"]",
                 i == 0 ? "{" : ",", i);
        add(&maker, member);
    }
    add(&maker, "}");
    return read_made(&maker);
}

START_TEST(json_members_are_limited)
{
    ck_assert_int_eq(read_members(VOUCH_LIMIT_CMW_MEMBERS), VOUCH_OK);
    ck_assert_int_eq(read_members(VOUCH_LIMIT_CMW_MEMBERS + 1),
                     VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(json_items_are_limited)
{
    for (size_t items = VOUCH_LIMIT_CBOR_ITEMS;
         items <= VOUCH_LIMIT_CBOR_ITEMS + 1; items++) {
        struct maker maker = {NULL, 0};

        add(&maker, "[1");
        for (size_t i = 1; i < items; i++) {
            add(&maker, ",1");
        }
        add(&maker, "]");
        ck_assert_int_eq(read_made(&maker), items == VOUCH_LIMIT_CBOR_ITEMS
                                                ? VOUCH_E_CMW
                                                : VOUCH_E_TOO_MANY);
    }
}
END_TEST

static vouch_err read_padded(size_t len)
{
    static const char record[] = "[\"a/b\",\"AA\"]";
    char *text = malloc(len);
    vouch_err err;

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', len);
    memcpy(text, record, sizeof record - 1);
    err = read_only((vouch_bytes){(uint8_t *)text, len});
    free(text);
    return err;
}

START_TEST(json_length_is_limited)
{
    ck_assert_int_eq(read_padded(VOUCH_LIMIT_CMW), VOUCH_OK);
    ck_assert_int_eq(read_padded(VOUCH_LIMIT_CMW + 1), VOUCH_E_TOO_LARGE);
    ck_assert_int_eq(read_only((vouch_bytes){(uint8_t *)"", 0}), VOUCH_E_CMW);
}
END_TEST

/* What CBOR needs room for is no more than what JSON took, at every length
 * that changes a head. */
START_TEST(json_has_room_for_its_cbor)
{
    for (size_t len = 1; len < VOUCH_LIMIT_MEDIA_TYPE; len++) {
        char type[VOUCH_LIMIT_MEDIA_TYPE + 1] = {0};
        char json[2048];

        memset(type, 'a', len);
        snprintf(json, sizeof json, "{\"%s\":[\"%s\",\"AA\",24]}", type, type);
        ck_assert_int_eq(read_text(json), VOUCH_OK);
        snprintf(json, sizeof json,
                 "{\"%s\":{\"%s\":{\"%s\":[\"%s\",\"AA\"]}}}", type, type, type,
                 type);
        ck_assert_int_eq(read_text(json), VOUCH_OK);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmw_json");
    TCase *tc = tcase_create("json");

    tcase_add_loop_test(tc, json_is_read_into_the_same_cmw, 0, COUNT(examples));
    tcase_add_loop_test(tc, json_is_read_as_it_should_be, 0, COUNT(texts));
    tcase_add_test(tc, json_is_refused_at_every_prefix_and_with_what_follows);
    tcase_add_test(tc, base64url_has_one_text_for_any_octets);
    tcase_add_test(tc, json_depth_is_limited);
    tcase_add_test(tc, json_members_are_limited);
    tcase_add_test(tc, json_items_are_limited);
    tcase_add_test(tc, json_length_is_limited);
    tcase_add_test(tc, json_has_room_for_its_cbor);
    suite_add_tcase(suite, tc);
    return suite;
}
