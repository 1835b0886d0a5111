/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/memory.h"
#include "proto/posture.h"
#include "proto/reader.h"
#include "tests/support/octets.h"

/* The posture as a message, and the maps of names and digests in it. */

#define SHA256_HEX \
    "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Its keys in their order, with a value that is good. */
static const struct {
    const char *label, *value;
} keys[] = {
    {"01", SHA256_HEX},
    {"02", "1903e8"},
    {"03", SHA256_HEX},
    {"04", "a2 6161" SHA256_HEX "626262" SHA256_HEX},
};

enum { BINDER, EPOCH, DIGEST, COMPONENTS, NUM_KEYS = COUNT(keys), NONE = -1 };

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(const uint8_t *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    struct vouch_posture_claims claims, before;
    vouch_err err;

    memset(&claims, 0xa5, sizeof claims);
    memcpy(&before, &claims, sizeof claims);
    err = vouch_posture_claims_decode((vouch_bytes){copy, len}, &claims);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&claims, &before, sizeof claims);
    }
    free(copy);
    return err;
}

static vouch_err decode_hex(const char *hex)
{
    vouch_buffer octets = from_hex(hex);
    vouch_err err = decode(octets.data, octets.len);

    free(octets.data);
    return err;
}

/* All keys, but `value` for key `at`, or none if that is NULL; and behind them
 * `more`, of one pair unless it is empty. */
static vouch_buffer message(int at, const char *value, const char *more)
{
    char hex[2048];
    size_t pairs = more[0] != '\0', len = 2;

    for (int i = 0; i < NUM_KEYS; i++) {
        const char *written = i == at ? value : keys[i].value;

        if (written != NULL) {
            len += (size_t)snprintf(&hex[len], sizeof hex - len, "%s%s",
                                    keys[i].label, written);
            pairs++;
        }
    }
    len += (size_t)snprintf(&hex[len], sizeof hex - len, "%s", more);
    ck_assert_uint_lt(len, sizeof hex);
    hex[0] = 'a';
    hex[1] = "0123456789"[pairs];
    return from_hex(hex);
}

static void assert_message(vouch_err expected, int at, const char *value,
                           const char *more)
{
    vouch_buffer octets = message(at, value, more);
    vouch_err err = decode(octets.data, octets.len);

    ck_assert_msg(err == expected, "key %d, %s %s: %s", at + 1,
                  value != NULL ? value : "none", more, vouch_err_name(err));
    free(octets.data);
}

static void assert_span(vouch_bytes found, const char *hex)
{
    vouch_buffer expected = from_hex(hex);

    ck_assert(vouch_bytes_equal(found, span_of(&expected)));
    free(expected.data);
}

START_TEST(posture_is_read_and_written)
{
    vouch_buffer octets = message(NONE, NULL, ""), again;
    struct vouch_posture_claims claims;
    CBB cbb;

    ck_assert_int_eq(vouch_posture_claims_decode(span_of(&octets), &claims),
                     VOUCH_OK);
    ck_assert_uint_eq(claims.binder.len, 32);
    ck_assert_uint_eq(claims.epoch, 1000);
    ck_assert_uint_eq(claims.digest.len, 32);
    assert_span(claims.components, keys[COMPONENTS].value);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_posture_claims_encode(&cbb, &claims));
    again = finish_cbb(&cbb);
    ck_assert_uint_eq(again.len, octets.len);
    ck_assert_mem_eq(again.data, octets.data, again.len);
    free(again.data);
    free(octets.data);
}
END_TEST

START_TEST(posture_says_when_there_is_no_room)
{
    vouch_buffer octets = message(NONE, NULL, "");
    struct vouch_posture_claims claims;

    ck_assert_int_eq(vouch_posture_claims_decode(span_of(&octets), &claims),
                     VOUCH_OK);
    for (size_t room = 0; room <= octets.len; room++) {
        uint8_t *to = malloc(room + 1);
        CBB cbb;

        ck_assert_ptr_nonnull(to);
        ck_assert_int_eq(CBB_init_fixed(&cbb, to, room), 1);
        ck_assert(vouch_posture_claims_encode(&cbb, &claims) ==
                  (room == octets.len));
        CBB_cleanup(&cbb);
        free(to);
    }
    free(octets.data);
}
END_TEST

START_TEST(posture_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets = message(NONE, NULL, "");
    uint8_t *longer = malloc(octets.len + 1);

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(decode(octets.data, len), VOUCH_E_CBOR);
    }
    memcpy(longer, octets.data, octets.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[octets.len] = (uint8_t)octet;
        ck_assert_int_eq(decode(longer, octets.len + 1), VOUCH_E_CBOR);
    }
    free(longer);
    free(octets.data);
}
END_TEST

START_TEST(posture_has_every_key)
{
    assert_message(VOUCH_OK, NONE, NULL, "");
    assert_message(VOUCH_E_CLAIM_MISSING, _i, NULL, "");
    assert_message(VOUCH_E_CLAIM_MISSING, _i, NULL, "20 00");
}
END_TEST

START_TEST(posture_without_anything_is_refused)
{
    ck_assert_int_eq(decode_hex("a0"), VOUCH_E_CLAIM_MISSING);
}
END_TEST

/* One item of each type. */
static const char *const items[] = {"00", "20",   "40", "60",         "80",
                                    "a0", "c000", "f5", "fa4f000001", "f6"};

static bool is_of_type(int key, const char *item)
{
    return (key == EPOCH && strcmp(item, "00") == 0) ||
           (key == COMPONENTS && strcmp(item, "a0") == 0);
}

START_TEST(posture_refuses_every_other_type)
{
    for (int i = 0; i < COUNT(items); i++) {
        assert_message(is_of_type(_i, items[i]) ? VOUCH_OK : VOUCH_E_CLAIM_TYPE,
                       _i, items[i], "");
    }
}
END_TEST

START_TEST(posture_is_a_map)
{
    for (int i = 0; i < COUNT(items); i++) {
        ck_assert_int_eq(decode_hex(items[i]), strcmp(items[i], "a0") == 0
                                                   ? VOUCH_E_CLAIM_MISSING
                                                   : VOUCH_E_CBOR);
    }
}
END_TEST

/* The binder is a hash of a suite, the digest SHA-256. */
START_TEST(posture_has_digests_of_their_lengths)
{
    char hex[256];

    for (size_t len = 0; len <= 64; len++) {
        size_t used = (size_t)(len < 24 ? sprintf(hex, "%02zx", 0x40 + len)
                                        : sprintf(hex, "58%02zx", len));

        for (size_t i = 0; i < len; i++) {
            used += (size_t)sprintf(&hex[used], "61");
        }
        assert_message(len == 32 || len == 48 ? VOUCH_OK : VOUCH_E_CLAIM_TYPE,
                       BINDER, hex, "");
        assert_message(len == 32 ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, DIGEST, hex,
                       "");
    }
}
END_TEST

static const struct {
    int at;
    const char *value;
    vouch_err err;
} values[] = {
    {EPOCH, "1bffffffffffffffff", VOUCH_OK},
    {EPOCH, "f93c00", VOUCH_E_CLAIM_TYPE},
    {COMPONENTS, "a1 6161" SHA256_HEX, VOUCH_OK},
    {COMPONENTS, "a1 60" SHA256_HEX, VOUCH_E_CLAIM_TYPE},
    {COMPONENTS, "a1 4161" SHA256_HEX, VOUCH_E_CLAIM_TYPE},
    {COMPONENTS, "a1 01" SHA256_HEX, VOUCH_E_CLAIM_TYPE},
    {COMPONENTS, "a1 6161 6161", VOUCH_E_CLAIM_TYPE},
    {COMPONENTS,
     "a1 6161 581f "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     VOUCH_E_CLAIM_TYPE},
    {COMPONENTS,
     "a1 6161 5821 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     VOUCH_E_CLAIM_TYPE},
    {COMPONENTS, "a2 6161" SHA256_HEX "6161" SHA256_HEX, VOUCH_E_CBOR},
    {COMPONENTS, "a2 6162" SHA256_HEX "6161" SHA256_HEX, VOUCH_E_CBOR},
};

START_TEST(posture_knows_what_a_value_may_be)
{
    assert_message(values[_i].err, values[_i].at, values[_i].value, "");
}
END_TEST

/* Of any type, and labels that are no unsigned integers. They stand behind the
 * keys that are known, in the order of the encoding. */
static const char *const unknown[] = {
    "05", "1bffffffffffffffff", "20", "4101", "6161", "80", "f5"};

START_TEST(posture_ignores_unknown_keys)
{
    for (int i = 0; i < COUNT(items); i++) {
        char pair[64];

        snprintf(pair, sizeof pair, "%s %s", unknown[_i], items[i]);
        assert_message(VOUCH_OK, NONE, NULL, pair);
    }
}
END_TEST

START_TEST(posture_key_before_the_others_is_ignored)
{
    ck_assert_int_eq(
        decode_hex("a5 00 00 01" SHA256_HEX "02 00 03" SHA256_HEX "04 a0"),
        VOUCH_OK);
    ck_assert_int_eq(
        decode_hex("a4 00" SHA256_HEX "02 00 03" SHA256_HEX "04 a0"),
        VOUCH_E_CLAIM_MISSING);
}
END_TEST

START_TEST(posture_refuses_duplicates_and_disorder)
{
    char pair[256];

    snprintf(pair, sizeof pair, "%s %s", keys[_i].label, keys[_i].value);
    assert_message(VOUCH_E_CBOR, NONE, NULL, pair);
    /* The same key, but behind those that it goes before. */
    assert_message(_i == NUM_KEYS - 1 ? VOUCH_OK : VOUCH_E_CBOR, _i, NULL,
                   pair);
}
END_TEST

START_TEST(posture_is_deterministic)
{
    ck_assert_int_eq(
        decode_hex("bf 01" SHA256_HEX "02 00 03" SHA256_HEX "04 a0 ff"),
        VOUCH_E_CBOR);
    assert_message(VOUCH_E_CBOR, EPOCH, "1800", "");
    assert_message(VOUCH_E_CBOR, BINDER, "5900 20" SHA256_HEX, "");
    assert_message(VOUCH_E_CBOR, COMPONENTS, "bf ff", "");
}
END_TEST

/* Maps of digests */

/* A map of `num` names. */
static vouch_buffer digests(size_t num)
{
    static const uint8_t sha256[32] = {0};
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        char name[8];

        snprintf(name, sizeof name, "%05zu", i);
        ck_assert(vouch_digests_write(&cbb, vouch_text(name), sha256));
    }
    return finish_cbb(&cbb);
}

static vouch_err decode_components(size_t num)
{
    vouch_buffer map = digests(num), octets;
    const struct vouch_posture_claims claims = {
        .binder = {map.data, 32},
        .digest = {map.data, 32},
        .components = span_of(&map),
    };
    vouch_err err;
    CBB cbb;

    ck_assert_uint_ge(map.len, 32);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_posture_claims_encode(&cbb, &claims));
    octets = finish_cbb(&cbb);
    err = decode(octets.data, octets.len);
    free(octets.data);
    free(map.data);
    return err;
}

START_TEST(posture_has_a_limit_of_components)
{
    ck_assert_int_eq(decode_components(1), VOUCH_OK);
    ck_assert_int_eq(decode_components(VOUCH_LIMIT_MEASUREMENTS), VOUCH_OK);
    ck_assert_int_eq(decode_components(VOUCH_LIMIT_MEASUREMENTS + 1),
                     VOUCH_E_CLAIM_TYPE);
}
END_TEST

/* An unknown key whose value has `depth` arrays within each other. */
static void deep_pair(char pair[64], int depth)
{
    strcpy(pair, "05");
    while (depth-- != 0) {
        strcat(pair, "81");
    }
    strcat(pair, "00");
}

START_TEST(posture_has_a_limit_of_depth) /* the map itself is one */
{
    char pair[64];

    deep_pair(pair, VOUCH_LIMIT_CBOR_DEPTH - 1);
    assert_message(VOUCH_OK, NONE, NULL, pair);
    deep_pair(pair, VOUCH_LIMIT_CBOR_DEPTH);
    assert_message(VOUCH_E_TOO_MANY, NONE, NULL, pair);
}
END_TEST

START_TEST(digests_names_have_a_limit)
{
    for (size_t len = VOUCH_LIMIT_MEASUREMENT_NAME;
         len <= VOUCH_LIMIT_MEASUREMENT_NAME + 1; len++) {
        char name[VOUCH_LIMIT_MEASUREMENT_NAME + 2];
        static const uint8_t sha256[32] = {0};
        vouch_bytes map, found;
        vouch_buffer octets;
        CBB cbb;
        CBS in;

        memset(name, 'a', sizeof name);
        name[len] = '\0';
        ck_assert_int_eq(CBB_init(&cbb, 64), 1);
        ck_assert(vouch_cbor_write_map(&cbb, 1));
        ck_assert(vouch_digests_write(&cbb, vouch_text(name), sha256));
        octets = finish_cbb(&cbb);
        in = vouch_reader(span_of(&octets));
        ck_assert(vouch_digests_read(&in, &map) ==
                  (len == VOUCH_LIMIT_MEASUREMENT_NAME));
        ck_assert(
            vouch_digests_find(span_of(&octets), vouch_text(name), &found) ==
            (len == VOUCH_LIMIT_MEASUREMENT_NAME));
        free(octets.data);
    }
}
END_TEST

/* One map is taken, and what stands behind it is left. */
START_TEST(digests_read_takes_one_map)
{
    vouch_buffer octets = from_hex("a1 6161" SHA256_HEX "00 00");
    CBS in = vouch_reader(span_of(&octets));
    vouch_bytes map = {NULL, 0};

    ck_assert(vouch_digests_read(&in, &map));
    ck_assert_ptr_eq(map.data, octets.data);
    ck_assert_uint_eq(map.len, octets.len - 2);
    ck_assert_uint_eq(CBS_len(&in), 2);
    ck_assert(!vouch_digests_read(&in, &map)); /* a number is none */
    free(octets.data);
}
END_TEST

static const struct {
    const char *name;
    int first; /* octet of its digest; -1: it is not there */
} names[] = {{"b", 0xb0}, {"c", 0xc0}, {"aa", 0xa0},
             {"a", -1},   {"", -1},    {"aaa", -1}};

START_TEST(digests_are_found_by_name)
{
    vouch_bytes found = {(const uint8_t *)"x", 1};
    vouch_buffer map;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cbor_write_map(&cbb, 3));
    for (size_t i = 0; i < 3; i++) {
        uint8_t sha256[32] = {(uint8_t)names[i].first};

        ck_assert(vouch_digests_write(&cbb, vouch_text(names[i].name), sha256));
    }
    map = finish_cbb(&cbb);
    if (names[_i].first < 0) {
        ck_assert(!vouch_digests_find(span_of(&map), vouch_text(names[_i].name),
                                      &found));
        ck_assert_uint_eq(found.len, 0);
    } else {
        ck_assert(vouch_digests_find(span_of(&map), vouch_text(names[_i].name),
                                     &found));
        ck_assert_uint_eq(found.len, 32);
        ck_assert_int_eq(found.data[0], names[_i].first);
    }
    free(map.data);
}
END_TEST

START_TEST(digests_of_no_map_are_none)
{
    vouch_bytes found = {(const uint8_t *)"x", 1};
    size_t num = 7;

    (void)vouch_digests_begin((vouch_bytes){NULL, 0}, &num);
    ck_assert_uint_eq(num, 0);
    ck_assert(
        !vouch_digests_find((vouch_bytes){NULL, 0}, vouch_text("a"), &found));
    ck_assert_uint_eq(found.len, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("posture_claims");
    TCase *tc = tcase_create("posture_claims");

    tcase_add_test(tc, posture_is_read_and_written);
    tcase_add_test(tc, posture_says_when_there_is_no_room);
    tcase_add_test(tc, posture_refuses_every_prefix_and_what_follows);
    tcase_add_loop_test(tc, posture_has_every_key, 0, NUM_KEYS);
    tcase_add_test(tc, posture_without_anything_is_refused);
    tcase_add_loop_test(tc, posture_refuses_every_other_type, 0, NUM_KEYS);
    tcase_add_test(tc, posture_is_a_map);
    tcase_add_test(tc, posture_has_digests_of_their_lengths);
    tcase_add_loop_test(tc, posture_knows_what_a_value_may_be, 0,
                        COUNT(values));
    tcase_add_loop_test(tc, posture_ignores_unknown_keys, 0, COUNT(unknown));
    tcase_add_test(tc, posture_key_before_the_others_is_ignored);
    tcase_add_loop_test(tc, posture_refuses_duplicates_and_disorder, 0,
                        NUM_KEYS);
    tcase_add_test(tc, posture_is_deterministic);
    tcase_add_test(tc, posture_has_a_limit_of_components);
    tcase_add_test(tc, posture_has_a_limit_of_depth);
    tcase_add_test(tc, digests_names_have_a_limit);
    tcase_add_test(tc, digests_read_takes_one_map);
    tcase_add_loop_test(tc, digests_are_found_by_name, 0, COUNT(names));
    tcase_add_test(tc, digests_of_no_map_are_none);
    suite_add_tcase(suite, tc);
    return suite;
}
