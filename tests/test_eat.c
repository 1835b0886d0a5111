/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "tests/support/octets.h"

enum { NO_CLAIM = 7 };

/* The claims of the profile in their order, with a value that is good. */
static const struct {
    int64_t key;
    const char *label, *value;
} claims[] = {
    {6, "06", "1a6b49d200"},
    {10, "0a", "48 0001020304050607"},
    {256, "190100", "47 01020304050607"},
    {265, "190109", "6161"},
    {270, "19010e", "6162"},
    {271, "19010f", "81 6163"},
    {-80001, "3a00013880",
     "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
    {-80002, "3a00013881",
     "a1 6164 5820 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
    {-80003, "3a00013882", "6165"},
    {-80004, "3a00013883", "6166"},
};

enum { NUM_CLAIMS = COUNT(claims) };

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(const uint8_t *data, size_t len, int64_t *wrong)
{
    uint8_t *copy = exact_copy(data, len);
    struct vouch_eat eat, before;
    vouch_err err;

    memset(&eat, 0xa5, sizeof eat);
    memcpy(&before, &eat, sizeof eat);
    err = vouch_eat_decode((vouch_bytes){copy, len}, VOUCH_CBOR_DETERMINISTIC,
                           &eat, wrong);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&eat, &before, sizeof eat);
    }
    free(copy);
    return err;
}

/* All claims, but `value` for claim `at`, or none if that is NULL. */
static vouch_buffer token_but(int at, const char *value)
{
    char hex[4096];
    size_t len = 2;
    unsigned pairs = 0;

    for (int i = 0; i < NUM_CLAIMS; i++) {
        const char *written = i == at ? value : claims[i].value;

        if (written != NULL) {
            len += (size_t)snprintf(&hex[len], sizeof hex - len, "%s%s",
                                    claims[i].label, written);
            pairs++;
        }
    }
    hex[len] = '\0';
    ck_assert_uint_lt(len, sizeof hex - 1);
    hex[0] = 'a';
    hex[1] = "0123456789abcdef"[pairs];
    return from_hex(hex);
}

/* Claim `at` with `value`; when that is wrong its key is told. */
static void assert_claim(vouch_err expected, int at, const char *value)
{
    vouch_buffer octets = token_but(at, value);
    int64_t wrong = NO_CLAIM;
    vouch_err err = decode(octets.data, octets.len, &wrong);

    ck_assert_msg(err == expected, "claim %lld, %s: %s",
                  (long long)claims[at].key, value, vouch_err_name(err));
    ck_assert_int_eq(wrong, expected == VOUCH_E_CLAIM_TYPE ? claims[at].key
                                                           : NO_CLAIM);
    if (err != VOUCH_OK) { /* and who does not ask is not told */
        ck_assert_int_eq(decode(octets.data, octets.len, NULL), expected);
    }
    free(octets.data);
}

static void assert_span(vouch_bytes found, const char *hex)
{
    vouch_buffer expected = from_hex(hex);

    ck_assert(vouch_bytes_equal(found, span_of(&expected)));
    free(expected.data);
}

START_TEST(eat_decode_finds_the_claims)
{
    vouch_buffer octets = token_but(-1, NULL);
    vouch_bytes name, sha256;
    struct vouch_eat eat;
    size_t num;
    CBS in;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    ck_assert(eat.has_iat);
    ck_assert_int_eq(eat.iat, 1800000000);
    assert_span(eat.nonce, "0001020304050607");
    assert_span(eat.ueid, "01020304050607");
    assert_span(eat.profile, "61");
    assert_span(eat.swname, "62");
    assert_span(eat.swversion, "63");
    ck_assert_uint_eq(eat.aik_pub_hash.len, 32);
    assert_span(eat.kernel, "65");
    assert_span(eat.boot_id, "66");
    in = vouch_digests_begin(eat.measurements, &num);
    ck_assert_uint_eq(num, 1);
    ck_assert(vouch_digests_next(&in, &name, &sha256));
    assert_span(name, "64");
    ck_assert_uint_eq(sha256.len, 32);
    ck_assert(!vouch_digests_next(&in, &name, &sha256));
    free(octets.data);
}
END_TEST

/* Which are required, the appraiser says. */
START_TEST(eat_decode_takes_any_claim_to_be_absent)
{
    vouch_buffer octets = token_but(_i, NULL), again;
    struct vouch_eat eat;
    CBB cbb;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_eat_encode(&cbb, &eat));
    again = finish_cbb(&cbb);
    ck_assert_uint_eq(again.len, octets.len);
    ck_assert_mem_eq(again.data, octets.data, again.len);
    free(again.data);
    free(octets.data);
}
END_TEST

START_TEST(eat_without_claims_has_none)
{
    static const uint8_t empty[] = {0xa0};
    struct vouch_eat eat;
    size_t num = 7;

    ck_assert_int_eq(vouch_eat_decode((vouch_bytes){empty, 1},
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    ck_assert(!eat.has_iat);
    ck_assert_uint_eq(eat.nonce.len, 0);
    (void)vouch_digests_begin(eat.measurements, &num);
    ck_assert_uint_eq(num, 0);
}
END_TEST

START_TEST(eat_decode_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets = token_but(-1, NULL);
    uint8_t *longer = malloc(octets.len + 1);

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(decode(octets.data, len, NULL), VOUCH_E_CBOR);
    }
    memcpy(longer, octets.data, octets.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[octets.len] = (uint8_t)octet;
        ck_assert_int_eq(decode(longer, octets.len + 1, NULL), VOUCH_E_CBOR);
    }
    free(longer);
    free(octets.data);
}
END_TEST

/* Twice the same claim, and the next before it. */
START_TEST(eat_decode_refuses_duplicates_and_disorder) /* [T11] */
{
    char hex[1024];

    for (int i = 0; i < NUM_CLAIMS; i++) {
        int other = (i + 1) % NUM_CLAIMS;
        vouch_buffer octets;

        snprintf(hex, sizeof hex, "a2%s%s%s%s", claims[i].label,
                 claims[i].value, claims[i].label, claims[i].value);
        octets = from_hex(hex);
        ck_assert_int_eq(decode(octets.data, octets.len, NULL), VOUCH_E_CBOR);
        free(octets.data);
        snprintf(hex, sizeof hex, "a2%s%s%s%s", claims[other].label,
                 claims[other].value, claims[i].label, claims[i].value);
        octets = from_hex(hex);
        ck_assert_int_eq(decode(octets.data, octets.len, NULL),
                         other > i ? VOUCH_E_CBOR : VOUCH_OK);
        free(octets.data);
    }
}
END_TEST

/* One item of each type. */
static const char *const items[] = {"00", "20",   "40", "60",         "80",
                                    "a0", "c000", "f5", "fa4f000001", "f6"};

static bool is_of_type(int64_t key, const char *item)
{
    bool integer = strcmp(item, "00") == 0 || strcmp(item, "20") == 0;

    return key == 6 ? integer : key == -80002 && strcmp(item, "a0") == 0;
}

START_TEST(eat_decode_refuses_every_other_type)
{
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        assert_claim(is_of_type(claims[_i].key, items[i]) ? VOUCH_OK
                                                          : VOUCH_E_CLAIM_TYPE,
                     _i, items[i]);
    }
}
END_TEST

static const struct {
    int at;
    const char *value;
    vouch_err err;
} values[] = {
    /* iat: never floating-point [T09], but any integer of 64 bits */
    {0, "1b7fffffffffffffff", VOUCH_OK},
    {0, "3b7fffffffffffffff", VOUCH_OK},
    {0, "1b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {0, "3b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {0, "f93c00", VOUCH_E_CLAIM_TYPE},
    {0, "fb41dad27480000001", VOUCH_E_CLAIM_TYPE},
    {0, "c11a6b49d200", VOUCH_E_CLAIM_TYPE},
    /* eat_nonce: one, no array [T06] */
    {1, "81 48 0001020304050607", VOUCH_E_CLAIM_TYPE},
    {1, "82 48 0001020304050607 48 0001020304050607", VOUCH_E_CLAIM_TYPE},
    {1, "68 3031323334353637", VOUCH_E_CLAIM_TYPE},
    /* swversion: [ text, ? scheme ] */
    {5, "82 6163 01", VOUCH_OK},
    {5, "82 6163 6173", VOUCH_OK},
    {5, "83 6163 01 01", VOUCH_E_CLAIM_TYPE},
    {5, "6163", VOUCH_E_CLAIM_TYPE},
    {5, "81 4163", VOUCH_E_CLAIM_TYPE},
    {5, "81 60", VOUCH_E_CLAIM_TYPE},
    {5, "82 01 6163", VOUCH_E_CLAIM_TYPE},
    /* measurements: { text => 32 octets } */
    {7, "a1 01 41ff", VOUCH_E_CLAIM_TYPE},
    {7, "a1 6161 41ff", VOUCH_E_CLAIM_TYPE},
    {7, "a1 6161 6161", VOUCH_E_CLAIM_TYPE},
    {7,
     "a1 60 5820 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     VOUCH_E_CLAIM_TYPE},
    {7,
     "a1 4161 5820 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     VOUCH_E_CLAIM_TYPE},
    {7,
     "a1 6161 581f "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     VOUCH_E_CLAIM_TYPE},
    {7,
     "a1 6161 5821 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     VOUCH_E_CLAIM_TYPE},
    {7, "a2 6161 41ff 6161 41ff", VOUCH_E_CBOR},
};

START_TEST(eat_decode_knows_what_a_claim_may_be)
{
    assert_claim(values[_i].err, values[_i].at, values[_i].value);
}
END_TEST

/* Octets or characters of a claim, at its limits. RFC 9711, 4.1 [T05], 4.2.1
 * [T07] */
static const struct {
    int at;
    unsigned major;
    size_t min, max;
} lengths[] = {
    {1, 2, 8, 64},  {2, 2, 7, 33},  {3, 3, 1, 255}, {4, 3, 1, 255},
    {6, 2, 32, 48}, {8, 3, 1, 255}, {9, 3, 1, 255},
};

static void string_hex(char hex[600], unsigned major, size_t len)
{
    size_t at =
        (size_t)(len < 24 ? snprintf(hex, 600, "%02zx", (major << 5) + len)
                 : len < 256
                     ? snprintf(hex, 600, "%02x%02zx", (major << 5) + 24, len)
                     : snprintf(hex, 600, "%02x%04zx", (major << 5) + 25, len));

    for (size_t i = 0; i < len; i++) {
        strcpy(&hex[at + 2 * i], "61");
    }
}

START_TEST(eat_decode_limits_lengths)
{
    char hex[600];

    for (size_t len = 0; len <= lengths[_i].max + 1; len++) {
        bool good = len >= lengths[_i].min && len <= lengths[_i].max;

        string_hex(hex, lengths[_i].major, len);
        assert_claim(good ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, lengths[_i].at, hex);
    }
}
END_TEST

/* Claims that nobody asked for, of every type, and labels that are text.
 * RFC 9711, 4 [T02] */
static const char *const unknown[] = {"18ff", "1b8000000000000000",
                                      "3bffffffffffffffff", "6161"};

START_TEST(eat_decode_ignores_unknown_claims)
{
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        char hex[64];
        vouch_buffer octets;
        struct vouch_eat eat;

        snprintf(hex, sizeof hex, "a2 06 01 %s %s", unknown[_i], items[i]);
        octets = from_hex(hex);
        ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                          VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                         VOUCH_OK);
        ck_assert_int_eq(eat.iat, 1);
        free(octets.data);
    }
}
END_TEST

START_TEST(eat_is_a_map)
{
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        vouch_buffer octets = from_hex(items[i]);

        ck_assert_int_eq(decode(octets.data, octets.len, NULL),
                         strcmp(items[i], "a0") == 0 ? VOUCH_OK : VOUCH_E_CBOR);
        free(octets.data);
    }
}
END_TEST

START_TEST(eat_decode_limits_claims)
{
    for (size_t num = VOUCH_LIMIT_CLAIMS; num <= VOUCH_LIMIT_CLAIMS + 1;
         num++) {
        vouch_buffer octets;
        CBB cbb;

        ck_assert_int_eq(CBB_init(&cbb, 64), 1);
        ck_assert(vouch_cbor_write_map(&cbb, num));
        for (size_t i = 0; i < num; i++) {
            ck_assert(vouch_cbor_write_uint(&cbb, 1000 + i));
            ck_assert(vouch_cbor_write_uint(&cbb, 0));
        }
        octets = finish_cbb(&cbb);
        ck_assert_int_eq(decode(octets.data, octets.len, NULL),
                         num == VOUCH_LIMIT_CLAIMS ? VOUCH_OK
                                                   : VOUCH_E_TOO_MANY);
        free(octets.data);
    }
}
END_TEST

/* A token that has `num` measurements and nothing else. */
static vouch_buffer measured(size_t num)
{
    static const uint8_t sha256[32] = {0};
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cbor_write_map(&cbb, 1));
    ck_assert(vouch_cbor_write_int(&cbb, -80002));
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        char name[8];

        snprintf(name, sizeof name, "%05zu", i);
        ck_assert(vouch_digests_write(&cbb, vouch_text(name), sha256));
    }
    return finish_cbb(&cbb);
}

START_TEST(eat_decode_limits_measurements)
{
    vouch_buffer at = measured(VOUCH_LIMIT_MEASUREMENTS);
    vouch_buffer beyond = measured(VOUCH_LIMIT_MEASUREMENTS + 1);
    int64_t wrong = NO_CLAIM;
    struct vouch_eat eat;
    size_t num;

    ck_assert_int_eq(
        vouch_eat_decode(span_of(&at), VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
        VOUCH_OK);
    (void)vouch_digests_begin(eat.measurements, &num);
    ck_assert_uint_eq(num, VOUCH_LIMIT_MEASUREMENTS);
    ck_assert_int_eq(decode(beyond.data, beyond.len, &wrong),
                     VOUCH_E_CLAIM_TYPE);
    ck_assert_int_eq(wrong, -80002);
    free(at.data);
    free(beyond.data);
}
END_TEST

START_TEST(eat_decode_limits_names_of_measurements)
{
    char hex[600], map[1200];

    for (size_t len = VOUCH_LIMIT_MEASUREMENT_NAME;
         len <= VOUCH_LIMIT_MEASUREMENT_NAME + 1; len++) {
        string_hex(hex, 3, len);
        snprintf(map, sizeof map, "a1%s%s", hex, claims[6].value);
        assert_claim(len == VOUCH_LIMIT_MEASUREMENT_NAME ? VOUCH_OK
                                                         : VOUCH_E_CLAIM_TYPE,
                     7, map);
    }
}
END_TEST

/* The order of names is that of their encodings. RFC 8949, 4.2.1 */
START_TEST(names_have_the_order_of_their_encodings)
{
    static const char *const names[] = {"b", "z", "aa", "ab", "b:", "aaa"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            int order =
                vouch_digests_order(vouch_text(names[i]), vouch_text(names[j]));

            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}
END_TEST

START_TEST(eat_encode_says_when_there_is_no_room)
{
    vouch_buffer octets = token_but(-1, NULL);
    struct vouch_eat eat;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    for (size_t room = 0; room <= octets.len; room++) {
        uint8_t *to = malloc(room + 1);
        CBB cbb;

        ck_assert_int_eq(CBB_init_fixed(&cbb, to, room), 1);
        ck_assert(vouch_eat_encode(&cbb, &eat) == (room == octets.len));
        CBB_cleanup(&cbb);
        free(to);
    }
    free(octets.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("eat");
    TCase *tc = tcase_create("eat");

    tcase_add_test(tc, eat_decode_finds_the_claims);
    tcase_add_loop_test(tc, eat_decode_takes_any_claim_to_be_absent, 0,
                        NUM_CLAIMS + 1);
    tcase_add_test(tc, eat_without_claims_has_none);
    tcase_add_test(tc, eat_decode_refuses_every_prefix_and_what_follows);
    tcase_add_test(tc, eat_decode_refuses_duplicates_and_disorder);
    tcase_add_loop_test(tc, eat_decode_refuses_every_other_type, 0, NUM_CLAIMS);
    tcase_add_loop_test(tc, eat_decode_knows_what_a_claim_may_be, 0,
                        COUNT(values));
    tcase_add_loop_test(tc, eat_decode_limits_lengths, 0, COUNT(lengths));
    tcase_add_loop_test(tc, eat_decode_ignores_unknown_claims, 0,
                        COUNT(unknown));
    tcase_add_test(tc, eat_is_a_map);
    tcase_add_test(tc, eat_decode_limits_claims);
    tcase_add_test(tc, eat_decode_limits_measurements);
    tcase_add_test(tc, eat_decode_limits_names_of_measurements);
    tcase_add_test(tc, names_have_the_order_of_their_encodings);
    tcase_add_test(tc, eat_encode_says_when_there_is_no_room);
    suite_add_tcase(suite, tc);
    return suite;
}
