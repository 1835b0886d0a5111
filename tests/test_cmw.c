/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

/* Parses a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err parse(const uint8_t *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    vouch_cmw cmw, before;
    vouch_err err;

    memset(&cmw, 0xa5, sizeof cmw);
    memcpy(&before, &cmw, sizeof cmw);
    err = vouch_cmw_parse((vouch_bytes){copy, len}, &cmw);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&cmw, &before, sizeof cmw);
    }
    free(copy);
    return err;
}

static vouch_err parse_hex(const char *hex)
{
    vouch_buffer octets = from_hex(hex);
    vouch_err err = parse(octets.data, octets.len);

    free(octets.data);
    return err;
}

START_TEST(cmw_parse_finds_the_parts)
{
    static const uint8_t octets[] = {0x83, 0x63, 'a',  '/', 'b',
                                     0x42, 0x01, 0x02, 0x04};
    vouch_cmw cmw;

    ck_assert_int_eq(
        vouch_cmw_parse((vouch_bytes){octets, sizeof octets}, &cmw), VOUCH_OK);
    ck_assert_int_eq(cmw.kind, VOUCH_CMW_RECORD);
    ck_assert_ptr_eq(cmw.media_type.data, &octets[2]);
    ck_assert_uint_eq(cmw.media_type.len, 3);
    ck_assert_uint_eq(cmw.content_format, 0);
    ck_assert_ptr_eq(cmw.value.data, &octets[6]);
    ck_assert_uint_eq(cmw.value.len, 2);
    ck_assert_uint_eq(cmw.indicator, VOUCH_CMW_EVIDENCE);
}
END_TEST

START_TEST(cmw_parse_takes_a_number_for_a_type)
{
    static const uint8_t octets[] = {0x82, 0x19, 0xff, 0xff, 0x40};
    vouch_cmw cmw;

    ck_assert_int_eq(
        vouch_cmw_parse((vouch_bytes){octets, sizeof octets}, &cmw), VOUCH_OK);
    ck_assert_uint_eq(cmw.media_type.len, 0);
    ck_assert_uint_eq(cmw.content_format, 0xffff);
    ck_assert_uint_eq(cmw.value.len, 0);
    ck_assert_uint_eq(cmw.indicator, 0);
}
END_TEST

static const struct {
    const char *hex;
    vouch_err err;
} records[] = {
    {"83 63612f62 4101 04", VOUCH_OK},
    {"82 63612f62 40", VOUCH_OK},
    /* the array */
    {"80", VOUCH_E_CMW},
    {"81 63612f62", VOUCH_E_CMW},
    {"84 63612f62 4101 04 04", VOUCH_E_CMW},
    {"a0", VOUCH_E_CMW},
    {"a1 63612f62 4101", VOUCH_E_CMW},
    {"00", VOUCH_E_CMW},
    {"f6", VOUCH_E_CMW},
    {"43 010203", VOUCH_E_CMW},
    {"9f 63612f62 4101 ff", VOUCH_E_CBOR},
    {"9803 63612f62 4101 04", VOUCH_E_CBOR},
    /* the type */
    {"83 60 4101 04", VOUCH_E_CMW},
    {"83 43612f62 4101 04", VOUCH_E_CMW},
    {"83 20 4101 04", VOUCH_E_CMW},
    {"83 f6 4101 04", VOUCH_E_CMW},
    {"83 61 0a 4101 04", VOUCH_E_CMW},
    {"83 62 c3a9 4101 04", VOUCH_E_CMW},
    {"83 62 c328 4101 04", VOUCH_E_CBOR},
    {"82 19ffff 40", VOUCH_OK},
    {"82 1a00010000 40", VOUCH_E_CMW},
    {"82 1bffffffffffffffff 40", VOUCH_E_CMW},
    /* the value: a byte string [C02] */
    {"83 63612f62 6101 04", VOUCH_E_CMW},
    {"83 63612f62 01 04", VOUCH_E_CMW},
    {"83 63612f62 8101 04", VOUCH_E_CMW},
    {"83 63612f62 f6 04", VOUCH_E_CMW},
    {"83 63612f62 5f4101ff 04", VOUCH_E_CBOR},
    /* the indicator: registered bits, and some of them [C03] */
    {"83 63612f62 4101 00", VOUCH_E_CMW},
    {"83 63612f62 4101 01", VOUCH_OK},
    {"83 63612f62 4101 181f", VOUCH_OK},
    {"83 63612f62 4101 1820", VOUCH_E_CMW},
    {"83 63612f62 4101 1824", VOUCH_E_CMW},
    {"83 63612f62 4101 1b0000000100000004", VOUCH_E_CMW},
    {"83 63612f62 4101 20", VOUCH_E_CMW},
    {"83 63612f62 4101 f6", VOUCH_E_CMW},
    {"83 63612f62 4101 4104", VOUCH_E_CMW},
    /* tags that are no CMW, one that is a signature */
    {"d1 84 40 a0 40 40", VOUCH_E_CMW},
    {"d2 84 40 a0 40 40", VOUCH_E_CMW_SIGNED},
    {"d2 00", VOUCH_E_CMW_SIGNED},
    {"81 d2 84 40 a0 40 40", VOUCH_E_CMW},
    {"d2 84 40 a0 40", VOUCH_E_CBOR},
    {"", VOUCH_E_CBOR},
};

START_TEST(cmw_parse_takes_records)
{
    ck_assert_int_eq(parse_hex(records[_i].hex), records[_i].err);
}
END_TEST

START_TEST(cmw_parse_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets = from_hex("83 63612f62 4401020304 0400");

    ck_assert_int_eq(parse(octets.data, octets.len - 1), VOUCH_OK);
    for (size_t len = 0; len < octets.len - 1; len++) {
        ck_assert_int_eq(parse(octets.data, len), VOUCH_E_CBOR);
    }
    for (unsigned octet = 0; octet < 256; octet++) {
        octets.data[octets.len - 1] = (uint8_t)octet;
        ck_assert_int_eq(parse(octets.data, octets.len), VOUCH_E_CBOR);
    }
    free(octets.data);
}
END_TEST

static void fill_type(char type[VOUCH_LIMIT_MEDIA_TYPE + 2], size_t len)
{
    memset(type, 'a', len);
    type[len] = '\0';
}

START_TEST(media_type_is_limited)
{
    char type[VOUCH_LIMIT_MEDIA_TYPE + 2];
    CBB cbb;

    for (size_t len = VOUCH_LIMIT_MEDIA_TYPE; len <= VOUCH_LIMIT_MEDIA_TYPE + 1;
         len++) {
        vouch_buffer octets;

        fill_type(type, len);
        ck_assert_int_eq(CBB_init(&cbb, 16), 1);
        ck_assert_int_eq(CBB_add_u8(&cbb, 0x82), 1);
        ck_assert_int_eq(CBB_add_u24(&cbb, (uint32_t)(0x790000 | len)), 1);
        ck_assert_int_eq(CBB_add_bytes(&cbb, (uint8_t *)type, len), 1);
        ck_assert_int_eq(CBB_add_u8(&cbb, 0x40), 1);
        octets = finish_cbb(&cbb);
        if (len < 256) { /* the shorter head */
            octets.data[1] = 0x78;
            memmove(&octets.data[2], &octets.data[3], octets.len - 3);
            octets.len--;
        }
        ck_assert_int_eq(parse(octets.data, octets.len),
                         len == VOUCH_LIMIT_MEDIA_TYPE ? VOUCH_OK
                                                       : VOUCH_E_CMW);
        free(octets.data);
    }
}
END_TEST

/* Wrapping */

static vouch_err wrap(const char *type, size_t len, uint32_t indicator,
                      vouch_buffer *out)
{
    uint8_t *value = calloc(len != 0 ? len : 1, 1);
    vouch_err err;

    ck_assert_ptr_nonnull(value);
    err = vouch_cmw_record(type, (vouch_bytes){value, len}, indicator, out);
    free(value);
    return err;
}

START_TEST(cmw_record_is_what_it_should_be)
{
    static const uint8_t value[] = {1, 2};
    static const uint8_t expected[] = {0x83, 0x63, 'a',  '/', 'b',
                                       0x42, 0x01, 0x02, 0x08};
    vouch_buffer out;

    ck_assert_int_eq(vouch_cmw_record("a/b", (vouch_bytes){value, 2},
                                      VOUCH_CMW_ATTESTATION_RESULTS, &out),
                     VOUCH_OK);
    ck_assert_uint_eq(out.len, sizeof expected);
    ck_assert_mem_eq(out.data, expected, sizeof expected);
    vouch_buffer_free(&out);
}
END_TEST

/* At each length that changes a head. */
START_TEST(cmw_record_is_parsed_again)
{
    static const size_t lengths[] = {0, 1, 23, 24, 255, 256, 65000};
    char type[VOUCH_LIMIT_MEDIA_TYPE + 2];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t len = 1; len <= VOUCH_LIMIT_MEDIA_TYPE; len += 127) {
            vouch_buffer out;
            vouch_cmw cmw;

            fill_type(type, len);
            ck_assert_int_eq(wrap(type, lengths[i], 31, &out), VOUCH_OK);
            ck_assert_int_eq(vouch_cmw_parse(span_of(&out), &cmw), VOUCH_OK);
            ck_assert_uint_eq(cmw.media_type.len, len);
            ck_assert_uint_eq(cmw.value.len, lengths[i]);
            ck_assert_uint_eq(cmw.indicator, 31);
            vouch_buffer_free(&out);
        }
    }
}
END_TEST

START_TEST(cmw_record_refuses_what_could_not_be_parsed)
{
    static const uint32_t indicators[] = {0, 0x20, 0x24, 0x80000004};
    vouch_buffer out = {NULL, 7};
    char type[VOUCH_LIMIT_MEDIA_TYPE + 2];

    for (size_t i = 0; i < sizeof indicators / sizeof indicators[0]; i++) {
        ck_assert_int_eq(wrap("a/b", 1, indicators[i], &out), VOUCH_E_ARGUMENT);
    }
    ck_assert_int_eq(wrap("", 1, 4, &out), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(wrap("a\n", 1, 4, &out), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(wrap("a\xc3\xa9", 1, 4, &out), VOUCH_E_ARGUMENT);
    fill_type(type, VOUCH_LIMIT_MEDIA_TYPE + 1);
    ck_assert_int_eq(wrap(type, 1, 4, &out), VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(out.data);
    ck_assert_uint_eq(out.len, 7);
}
END_TEST

/* The whole of the record counts: cmw_data<1..2^16-1> less what stands around
 * it. [X03] */
START_TEST(cmw_record_is_limited)
{
    enum { AROUND = 1 + 4 + 3 + 1 }; /* array, "a/b", head of bytes, ind */
    vouch_buffer out = {NULL, 7};

    ck_assert_int_eq(wrap("a/b", VOUCH_LIMIT_CMW - AROUND + 1, 4, &out),
                     VOUCH_E_TOO_LARGE);
    ck_assert_int_eq(wrap("a/b", VOUCH_LIMIT_CMW, 4, &out), VOUCH_E_TOO_LARGE);
    ck_assert_int_eq(wrap("a/b", VOUCH_LIMIT_CMW + 1, 4, &out),
                     VOUCH_E_TOO_LARGE);
    ck_assert_ptr_null(out.data);
    ck_assert_int_eq(wrap("a/b", VOUCH_LIMIT_CMW - AROUND, 4, &out), VOUCH_OK);
    ck_assert_uint_eq(out.len, VOUCH_LIMIT_CMW);
    vouch_buffer_free(&out);
}
END_TEST

/* A length that could not be: nothing is read of it. */
START_TEST(cmw_record_does_not_wrap_around)
{
    vouch_buffer out = {NULL, 7};

    ck_assert_int_eq(
        vouch_cmw_record("a/b", (vouch_bytes){NULL, SIZE_MAX}, 4, &out),
        VOUCH_E_TOO_LARGE);
    ck_assert_uint_eq(out.len, 7);
}
END_TEST

/* Vectors of others */

enum { VECTORS = 41 };

static json_t *file;

static void load(void)
{
    file = load_vectors("cmw.json");
}

static void unload(void)
{
    json_decref(file);
}

static void check_decoded(const json_t *vector, const vouch_cmw *cmw)
{
    const json_t *decoded = json_object_get(vector, "decoded");
    const json_t *type = json_object_get(decoded, "type");
    vouch_buffer value = vector_hex(decoded, "value");

    if (json_is_string(type)) {
        ck_assert(vouch_bytes_equal(cmw->media_type,
                                    vouch_text(json_string_value(type))));
    } else {
        ck_assert_uint_eq(cmw->media_type.len, 0);
        ck_assert_int_eq(cmw->content_format, json_integer_value(type));
    }
    ck_assert(vouch_bytes_equal(cmw->value, span_of(&value)));
    ck_assert_int_eq(cmw->indicator,
                     json_integer_value(json_object_get(decoded, "ind")));
    free(value.data);
}

/* Not one item of CBOR. */
static const char *const no_cbor[] = {"go-ko-tag-no-content", "go-ko-empty",
                                      "go-ko-truncated-map",
                                      "go-signed-ko-truncated"};

static vouch_err expected_error(const json_t *vector)
{
    const char *kind = vector_text(vector, "kind");

    for (size_t i = 0; i < sizeof no_cbor / sizeof no_cbor[0]; i++) {
        if (strcmp(vector_text(vector, "name"), no_cbor[i]) == 0) {
            return VOUCH_E_CBOR;
        }
    }
    if (strcmp(kind, "signed") == 0) {
        return VOUCH_E_CMW_SIGNED;
    }
    return json_is_true(json_object_get(vector, "valid")) ? VOUCH_OK
                                                          : VOUCH_E_CMW;
}

/* Signed CMWs are refused whatever else they are: the authenticator signs
 * already. What is in a collection is compared by vouch-vectors. */
START_TEST(cmw_vector_comes_out_as_it_says) /* [C02] [C03] */
{
    const json_t *vector =
        json_array_get(json_object_get(file, "vectors"), (size_t)_i);
    vouch_buffer octets = vector_hex(vector, "hex");
    vouch_err err = parse(octets.data, octets.len);
    vouch_cmw cmw;

    ck_assert_msg(err == expected_error(vector), "%s: %s",
                  vector_text(vector, "name"), vouch_err_name(err));
    if (err == VOUCH_OK) {
        ck_assert_int_eq(vouch_cmw_parse(span_of(&octets), &cmw), VOUCH_OK);
        if (strcmp(vector_text(vector, "kind"), "record") == 0 &&
            json_is_object(json_object_get(vector, "decoded"))) {
            check_decoded(vector, &cmw);
        }
    }
    free(octets.data);
}
END_TEST

START_TEST(cmw_vectors_are_all_there)
{
    ck_assert_uint_eq(json_array_size(json_object_get(file, "vectors")),
                      VECTORS);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmw");
    TCase *tc = tcase_create("cmw");
    TCase *vectors = tcase_create("vectors");

    tcase_add_test(tc, cmw_parse_finds_the_parts);
    tcase_add_test(tc, cmw_parse_takes_a_number_for_a_type);
    tcase_add_loop_test(tc, cmw_parse_takes_records, 0, COUNT(records));
    tcase_add_test(tc, cmw_parse_refuses_every_prefix_and_what_follows);
    tcase_add_test(tc, media_type_is_limited);
    tcase_add_test(tc, cmw_record_is_what_it_should_be);
    tcase_add_test(tc, cmw_record_is_parsed_again);
    tcase_add_test(tc, cmw_record_refuses_what_could_not_be_parsed);
    tcase_add_test(tc, cmw_record_is_limited);
    tcase_add_test(tc, cmw_record_does_not_wrap_around);
    suite_add_tcase(suite, tc);
    tcase_add_unchecked_fixture(vectors, load, unload);
    tcase_add_test(vectors, cmw_vectors_are_all_there);
    tcase_add_loop_test(vectors, cmw_vector_comes_out_as_it_says, 0, VECTORS);
    suite_add_tcase(suite, vectors);
    return suite;
}
