/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "proto/capsule.h"
#include "tests/support/octets.h"

/* Headers, and whether they are as short as can be. The first four numbers are
 * those of RFC 9000, A.1. */
static const struct {
    const char *hex;
    uint64_t type, length;
    bool minimal;
} headers[] = {
    {"c2197c5eff14e88c 9d7f3e7d", UINT64_C(151288809941952652), 494878333,
     true},
    {"7bbd 25", 15293, 37, true},
    {"4025 25", 37, 37, false},
    {"00 3f", 0, 63, true},
    {"4040 7fff", 64, 16383, true},
    {"80004000 bfffffff", 16384, 1073741823, true},
    {"c000000040000000 ffffffffffffffff", 1073741824,
     UINT64_C(4611686018427387903), true},
    {"40ff 8000003f", 255, 63, false},
    {"c000000000000000 c000000000000000", 0, 0, false},
    {"802f5600 80000000", 0x2f5600, 0, false},
    {"802f5600 00", VOUCH_CAPSULE_DATA, 0, true},
    {"802f5608 04", VOUCH_CAPSULE_CLOSE, 4, true},
};

/* RFC 9297, 3.2 */
START_TEST(capsule_header_parse_reads_type_and_length)
{
    vouch_buffer octets = from_hex(headers[_i].hex);
    vouch_bytes rest = span_of(&octets);
    struct vouch_capsule_header header;

    ck_assert(vouch_capsule_header_parse(&rest, &header));
    ck_assert_uint_eq(header.type, headers[_i].type);
    ck_assert_uint_eq(header.length, headers[_i].length);
    ck_assert_uint_eq(rest.len, 0);
    free(octets.data);
}
END_TEST

START_TEST(capsule_header_parse_wants_more_of_every_prefix)
{
    vouch_buffer octets = from_hex(headers[_i].hex);

    for (size_t len = 0; len < octets.len; len++) {
        struct vouch_capsule_header header = {1, 2};
        uint8_t *copy = exact_copy(octets.data, len);
        vouch_bytes rest = {copy, len};

        ck_assert(!vouch_capsule_header_parse(&rest, &header));
        ck_assert_ptr_eq(rest.data, copy);
        ck_assert_uint_eq(rest.len, len);
        ck_assert_uint_eq(header.type, 1);
        ck_assert_uint_eq(header.length, 2);
        free(copy);
    }
    free(octets.data);
}
END_TEST

START_TEST(capsule_header_parse_leaves_the_value)
{
    vouch_buffer octets = from_hex("802f5608 04 a1010000");
    vouch_bytes rest = span_of(&octets);
    struct vouch_capsule_header header;

    ck_assert(vouch_capsule_header_parse(&rest, &header));
    ck_assert_ptr_eq(rest.data, &octets.data[5]);
    ck_assert_uint_eq(rest.len, 4);
    free(octets.data);
}
END_TEST

START_TEST(capsule_header_encode_is_minimal)
{
    vouch_buffer octets = from_hex(headers[_i].hex);
    uint8_t out[VOUCH_CAPSULE_HEADER_MAX];
    size_t len =
        vouch_capsule_header_encode(headers[_i].type, headers[_i].length, out);

    if (headers[_i].minimal) {
        ck_assert_uint_eq(len, octets.len);
        ck_assert_mem_eq(out, octets.data, len);
    } else {
        ck_assert_uint_lt(len, octets.len);
    }
    free(octets.data);
}
END_TEST

START_TEST(capsule_header_encode_refuses_more_than_62_bits)
{
    const uint64_t most = (UINT64_C(1) << 62) - 1;
    uint8_t out[VOUCH_CAPSULE_HEADER_MAX];

    ck_assert_uint_eq(16, vouch_capsule_header_encode(most, most, out));
    ck_assert_uint_eq(0, vouch_capsule_header_encode(most + 1, 0, out));
    ck_assert_uint_eq(0, vouch_capsule_header_encode(0, most + 1, out));
    ck_assert_uint_eq(0, vouch_capsule_header_encode(0, UINT64_MAX, out));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("capsule");
    TCase *tc = tcase_create("capsule");

    tcase_add_loop_test(tc, capsule_header_parse_reads_type_and_length, 0,
                        COUNT(headers));
    tcase_add_loop_test(tc, capsule_header_parse_wants_more_of_every_prefix, 0,
                        COUNT(headers));
    tcase_add_test(tc, capsule_header_parse_leaves_the_value);
    tcase_add_loop_test(tc, capsule_header_encode_is_minimal, 0,
                        COUNT(headers));
    tcase_add_test(tc, capsule_header_encode_refuses_more_than_62_bits);
    suite_add_tcase(suite, tc);
    return suite;
}
