/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cbor.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/reader.h"
#include "proto/utf8.h"
#include "tests/support/octets.h"

/* How often libcbor was asked for a head: this definition stands before the
 * library's own. */
static size_t steps;

struct cbor_decoder_result cbor_stream_decode(cbor_data source, size_t len,
                                              const struct cbor_callbacks *to,
                                              void *context)
{
    static struct cbor_decoder_result (*next)(
        cbor_data, size_t, const struct cbor_callbacks *, void *);

    if (next == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "cbor_stream_decode");

        ck_assert_ptr_nonnull(symbol);
        memcpy(&next, &symbol, sizeof next);
    }
    steps++;
    return next(source, len, to, context);
}

static vouch_err check_octets(const uint8_t *data, size_t len,
                              enum vouch_cbor_profile profile)
{
    uint8_t *copy = exact_copy(data, len);
    vouch_err err = vouch_cbor_check((vouch_bytes){copy, len}, profile);

    free(copy);
    return err;
}

static vouch_err check_hex(const char *hex, enum vouch_cbor_profile profile)
{
    vouch_buffer octets = from_hex(hex);
    vouch_err err = check_octets(octets.data, octets.len, profile);

    free(octets.data);
    return err;
}

static void assert_both(vouch_err expected, const char *hex)
{
    ck_assert_msg(check_hex(hex, VOUCH_CBOR_PREFERRED) == expected,
                  "%s, preferred", hex);
    ck_assert_msg(check_hex(hex, VOUCH_CBOR_DETERMINISTIC) == expected,
                  "%s, deterministic", hex);
}

/* What begins with `head` and then has `times` times `octets`. */
static vouch_buffer repeat(const char *head, const char *octets, size_t times)
{
    vouch_buffer first = from_hex(head), one = from_hex(octets);
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, first.len + times * one.len), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, first.data, first.len), 1);
    for (size_t i = 0; i < times; i++) {
        ck_assert_int_eq(CBB_add_bytes(&cbb, one.data, one.len), 1);
    }
    free(first.data);
    free(one.data);
    return finish_cbb(&cbb);
}

static void assert_buffer(vouch_err expected, vouch_buffer *octets,
                          enum vouch_cbor_profile profile)
{
    ck_assert_int_eq(check_octets(octets->data, octets->len, profile),
                     expected);
    free(octets->data);
}

/* RFC 8949, appendix A, what is in preferred serialization there. */
static const char *const examples[] = {
    "00",
    "01",
    "0a",
    "17",
    "1818",
    "1819",
    "1864",
    "1903e8",
    "1a000f4240",
    "1b000000e8d4a51000",
    "1bffffffffffffffff",
    "c249010000000000000000",
    "3bffffffffffffffff",
    "c349010000000000000000",
    "20",
    "29",
    "3863",
    "3903e7",
    "f90000",
    "f98000",
    "f93c00",
    "fb3ff199999999999a",
    "f93e00",
    "f97bff",
    "fa47c35000",
    "fa7f7fffff",
    "fb7e37e43c8800759c",
    "f90001",
    "f90400",
    "f9c400",
    "fbc010666666666666",
    "f97c00",
    "f97e00",
    "f9fc00",
    "f4",
    "f5",
    "f6",
    "f7",
    "c074323031332d30332d32315432303a30343a30305a",
    "c11a514b67b0",
    "c1fb41d452d9e2000000",
    "d74401020304",
    "d818456449455446",
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    "40",
    "4401020304",
    "60",
    "6161",
    "6449455446",
    "62225c",
    "62c3bc",
    "63e6b0b4",
    "64f0908591",
    "80",
    "83010203",
    "8301820203820405",
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
    "a0",
    "a201020304",
    "a26161016162820203",
    "826161a161626163",
    "a56161614161626142616361436164614461656145",
};

START_TEST(check_takes_the_examples_of_rfc_8949)
{
    assert_both(VOUCH_OK, examples[_i]);
}
END_TEST

/* No prefix of an item is an item, and nothing may follow one. */
START_TEST(check_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets = from_hex(examples[_i]);
    uint8_t longer[64];

    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(VOUCH_E_CBOR,
                         check_octets(octets.data, len, VOUCH_CBOR_PREFERRED));
    }
    memcpy(longer, octets.data, octets.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[octets.len] = (uint8_t)octet;
        ck_assert_int_eq(VOUCH_E_CBOR, check_octets(longer, octets.len + 1,
                                                    VOUCH_CBOR_PREFERRED));
    }
    free(octets.data);
}
END_TEST

/* RFC 8949, appendix A: longer forms, other simple values, indefinite lengths.
 * RFC 9711, 6.3 [T11] */
static const char *const forbidden[] = {
    "fa7f800000",
    "fa7fc00000",
    "faff800000",
    "fb7ff0000000000000",
    "fb7ff8000000000000",
    "fbfff0000000000000",
    "f0",
    "f8ff",
    "5f42010243030405ff",
    "7f657374726561646d696e67ff",
    "9fff",
    "9f018202039f0405ffff",
    "9f01820203820405ff",
    "83018202039f0405ff",
    "83019f0203ff820405",
    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
    "bf61610161629f0203ffff",
    "826161bf61626163ff",
    "bf6346756ef563416d7421ff",
};

START_TEST(check_refuses_the_other_examples_of_rfc_8949)
{
    assert_both(VOUCH_E_CBOR, forbidden[_i]);
}
END_TEST

/* RFC 8949, appendix F.1 */
static const char *const malformed[] = {
    /* the input ends in a head */
    "18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58",
    "78", "98", "9a01ff00", "b8", "d8", "f8", "f900", "fa0000", "fb000000",
    /* in a string */
    "41", "61", "5affffffff00", "5bffffffffffffffff010203", "7affffffff00",
    "7b7fffffffffffffff010203",
    /* in an array, a map, a tag */
    "81", "818181818181818181", "8200", "a1", "a20102", "a100", "a2000000",
    "c0",
    /* in what is of indefinite length */
    "5f4100", "7f6100", "9f", "9f0102", "bf", "bf01020102", "819f", "9f8000",
    "9f9f9f9f9fffffffff", "9f819f819f9fffffff",
    /* reserved forms */
    "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e",
    "9c", "9d", "9e", "bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe",
    "f800", "f801", "f818", "f81f",
    /* chunks of another type, nested chunks */
    "5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff",
    "7f4100ff", "5f5f4100ffff", "7f7f6100ffff",
    /* a break where none may be */
    "ff", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "a20000ff", "9f81ff",
    "9f829f819f9fffffffff",
    /* half a pair */
    "bf00ff", "bf000000ff",
    /* no such indefinite length */
    "1f", "3f", "df"};

START_TEST(check_refuses_what_is_not_well_formed)
{
    vouch_buffer octets = from_hex(malformed[_i]);
    vouch_bytes item, before = {(const uint8_t *)"x", 1};
    CBS in = vouch_reader(span_of(&octets));

    assert_both(VOUCH_E_CBOR, malformed[_i]);
    item = before;
    ck_assert(!vouch_cbor_read_item(&in, &item));
    ck_assert_ptr_eq(item.data, before.data);
    ck_assert_uint_eq(item.len, before.len);
    free(octets.data);
}
END_TEST

START_TEST(check_refuses_nothing_at_all)
{
    ck_assert_int_eq(VOUCH_E_CBOR, vouch_cbor_check((vouch_bytes){NULL, 0},
                                                    VOUCH_CBOR_PREFERRED));
}
END_TEST

/* Arguments that a shorter form could hold. */
static const struct {
    const char *longer, *shortest;
} forms[] = {
    {"1817", "1818"},
    {"1900ff", "190100"},
    {"1a0000ffff", "1a00010000"},
    {"1b00000000ffffffff", "1b0000000100000000"},
    {"3817", "3818"},
    {"3900ff", "390100"},
    {"3a0000ffff", "3a00010000"},
    {"3b00000000ffffffff", "3b0000000100000000"},
    {"5800", "40"},
    {"590000", "40"},
    {"5a00000000", "40"},
    {"5b0000000000000000", "40"},
    {"7800", "60"},
    {"790000", "60"},
    {"7a00000000", "60"},
    {"7b0000000000000000", "60"},
    {"9800", "80"},
    {"990000", "80"},
    {"9a00000000", "80"},
    {"9b0000000000000000", "80"},
    {"b800", "a0"},
    {"b90000", "a0"},
    {"ba00000000", "a0"},
    {"bb0000000000000000", "a0"},
    {"d81700", "d700"},
    {"d900ff00", "d8ff00"},
    {"da0000ffff00", "d9ffff00"},
    {"db00000000ffffffff00", "daffffffff00"},
};

START_TEST(check_takes_only_the_shortest_argument) /* [T11] */
{
    assert_both(VOUCH_E_CBOR, forms[_i].longer);
    assert_both(VOUCH_OK, forms[_i].shortest);
}
END_TEST

/* RFC 8949, 3.3: of simple values vouch knows four. */
START_TEST(check_takes_four_simple_values)
{
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t octets[2] = {(uint8_t)(0xe0 | (value < 24 ? value : 24)),
                                   (uint8_t)value};
        bool known = value >= 20 && value <= 23;

        ck_assert_int_eq(
            check_octets(octets, value < 24 ? 1 : 2, VOUCH_CBOR_PREFERRED),
            known ? VOUCH_OK : VOUCH_E_CBOR);
    }
}
END_TEST

/* libcbor takes most of these for errors, 18 among them. */
START_TEST(check_takes_every_tag)
{
    for (unsigned tag = 0; tag < 24; tag++) {
        const uint8_t octets[2] = {(uint8_t)(0xc0 | tag), 0x00};
        CBS in = vouch_reader((vouch_bytes){octets, 2});
        uint64_t read;

        ck_assert_int_eq(VOUCH_OK,
                         check_octets(octets, 2, VOUCH_CBOR_DETERMINISTIC));
        ck_assert(vouch_cbor_read_tag(&in, &read));
        ck_assert_uint_eq(read, tag);
    }
    assert_both(VOUCH_OK, "d81800");
    assert_both(VOUCH_OK, "d9010000");
    assert_both(VOUCH_OK, "da0001000000");
    assert_both(VOUCH_OK, "dbffffffffffffffff00");
}
END_TEST

/* The value of a half, from RFC 8949, appendix D. */
static double half_value(unsigned half)
{
    unsigned exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;
    double value = exponent == 0 ? ldexp(mantissa, -24)
                                 : ldexp(mantissa + 1024, (int)exponent - 25);

    if (exponent == 31) {
        value = mantissa == 0 ? (double)INFINITY : (double)NAN;
    }
    return (half & 0x8000) != 0 ? -value : value;
}

static vouch_err check_single(float number)
{
    uint8_t octets[5];

    return cbor_encode_single(number, octets, sizeof octets) == sizeof octets
               ? check_octets(octets, sizeof octets, VOUCH_CBOR_PREFERRED)
               : VOUCH_E_NOMEM;
}

static vouch_err check_double(double number)
{
    uint8_t octets[9];

    return cbor_encode_double(number, octets, sizeof octets) == sizeof octets
               ? check_octets(octets, sizeof octets, VOUCH_CBOR_PREFERRED)
               : VOUCH_E_NOMEM;
}

static bool is_shortest(unsigned half)
{
    const uint8_t octets[3] = {0xf9, (uint8_t)(half >> 8), (uint8_t)half};
    double value = half_value(half);

    return check_octets(octets, 3, VOUCH_CBOR_PREFERRED) == VOUCH_OK &&
           check_single((float)value) == VOUCH_E_CBOR &&
           check_double(value) == VOUCH_E_CBOR;
}

static bool has_free_neighbours(unsigned half)
{
    double value = half_value(half);

    return !isfinite(value) ||
           (check_single(nextafterf((float)value, 1e9f)) == VOUCH_OK &&
            check_double(nextafter(value, 1e9)) == VOUCH_OK);
}

/* Each half stands for itself, is refused in the longer forms, and its
 * neighbours, which no half can say, are taken there. RFC 8949, 4.2.2
 * Here and below, Check keeps record of each assertion: too much for so many.
 */
START_TEST(check_takes_only_the_shortest_float)
{
    for (unsigned half = 0; half < 0x10000; half++) {
        if (!is_shortest(half) || !has_free_neighbours(half)) {
            ck_abort_msg("%x", half);
        }
    }
}
END_TEST

/* Between two halves, where they are densest and elsewhere. */
START_TEST(check_takes_a_single_between_halves)
{
    for (unsigned half = 0; half < 0x7bff; half++) {
        double between = (half_value(half) + half_value(half + 1)) / 2;

        if (check_single((float)between) != VOUCH_OK ||
            check_single(-(float)between) != VOUCH_OK) {
            ck_abort_msg("%x", half);
        }
    }
}
END_TEST

/* At the edges of what a single can say. */
START_TEST(check_knows_what_fits_a_single)
{
    static const double singles[] = {
        0x1p-149, 0x1.8p-148, 0x1p-126, 0x1.fffffcp-127, 0x1.fffffep127,
        100000.0, 0x1p-25,    65536.0,  65520.0,         0x1.ffep15};
    static const double doubles[] = {0x1p-150,       0x1.8p-149,   0x1p128,
                                     0x1.ffffffp127, 0x1.000001p0, 1.1};

    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++) {
        ck_assert_int_eq(check_single((float)singles[i]), VOUCH_OK);
        ck_assert_int_eq(check_double(singles[i]), VOUCH_E_CBOR);
        ck_assert_int_eq(check_double(-singles[i]), VOUCH_E_CBOR);
    }
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        ck_assert_int_eq(check_double(doubles[i]), VOUCH_OK);
        ck_assert_int_eq(check_double(-doubles[i]), VOUCH_OK);
    }
}
END_TEST

/* Keys in the order of RFC 8949, 4.2.1, which is that of their octets. */
static const char *const ordered[] = {
    "0a", "1864", "20", "617a", "626161", "8118", "811864", "8120", "a0", "f4"};

static char *map_of(const char *first, const char *second)
{
    static char hex[64];

    snprintf(hex, sizeof hex, "a2%s00%s00", first, second);
    return hex;
}

START_TEST(check_knows_the_order_of_keys)
{
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        if (strcmp(ordered[i], "8118") == 0) {
            continue;
        }
        for (size_t j = 0; j < sizeof ordered / sizeof ordered[0]; j++) {
            const char *hex = map_of(ordered[i], ordered[j]);

            if (strcmp(ordered[j], "8118") == 0) {
                continue;
            }
            ck_assert_msg(check_hex(hex, VOUCH_CBOR_PREFERRED) ==
                              (i == j ? VOUCH_E_CBOR : VOUCH_OK),
                          "%s", hex);
            ck_assert_msg(check_hex(hex, VOUCH_CBOR_DETERMINISTIC) ==
                              (i < j ? VOUCH_OK : VOUCH_E_CBOR),
                          "%s", hex);
        }
    }
}
END_TEST

static const struct {
    const char *hex;
    vouch_err preferred, deterministic;
} maps[] = {
    {"a201000200", VOUCH_OK, VOUCH_OK},
    {"a202000100", VOUCH_OK, VOUCH_E_CBOR},
    {"a301000200 0100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"a301000300 0200", VOUCH_OK, VOUCH_E_CBOR},
    /* the same keys in maps of their own */
    {"a2 01a10100 02a10100", VOUCH_OK, VOUCH_OK},
    {"82a10100a10100", VOUCH_OK, VOUCH_OK},
    {"a1 a10100 a10100", VOUCH_OK, VOUCH_OK},
    /* twice in an inner map, which is a value, a key, an item, tagged */
    {"a1 01a201000100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"a1 a201000100 01", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"81 a201000100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"d2 a201000100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    /* out of order there */
    {"a1 01a202000100", VOUCH_OK, VOUCH_E_CBOR},
    {"a1 a202000100 01", VOUCH_OK, VOUCH_E_CBOR},
    /* twice, with an inner map between them */
    {"a3 01a201000200 0200 0100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"a2 01a201000200 0100", VOUCH_E_CBOR, VOUCH_E_CBOR},
    /* keys that are arrays and maps */
    {"a2 8101 00 8101 00", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"a2 a10100 00 a10100 00", VOUCH_E_CBOR, VOUCH_E_CBOR},
    {"a2 a10100 00 a10101 00", VOUCH_OK, VOUCH_OK},
    {"a2 c001 00 c001 00", VOUCH_E_CBOR, VOUCH_E_CBOR},
};

START_TEST(check_refuses_duplicate_keys_and_disorder)
{
    ck_assert_int_eq(check_hex(maps[_i].hex, VOUCH_CBOR_PREFERRED),
                     maps[_i].preferred);
    ck_assert_int_eq(check_hex(maps[_i].hex, VOUCH_CBOR_DETERMINISTIC),
                     maps[_i].deterministic);
}
END_TEST

/* The heads that nest, each with what must stand between it and the next. */
static const struct {
    const char *head, *innermost;
} nesting[] = {
    {"81", "00"},   {"81", "80"},   {"81", "a0"},       {"a100", "00"},
    {"a100", "a0"}, {"c1", "00"},   {"d9ffff", "00"},   {"c1", "80"},
    {"8200", "00"}, {"82a0", "a0"}, {"a2000001", "00"},
};

static vouch_buffer nest(int i, size_t depth)
{
    vouch_buffer heads = repeat("", nesting[i].head, depth);
    vouch_buffer innermost = from_hex(nesting[i].innermost);
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, heads.len + innermost.len), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, heads.data, heads.len), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, innermost.data, innermost.len), 1);
    free(heads.data);
    free(innermost.data);
    return finish_cbb(&cbb);
}

START_TEST(check_limits_depth)
{
    bool collection = strcmp(nesting[_i].innermost, "00") != 0;
    size_t most = VOUCH_LIMIT_CBOR_DEPTH - collection;
    vouch_buffer at = nest(_i, most), beyond = nest(_i, most + 1);

    assert_buffer(VOUCH_OK, &at, VOUCH_CBOR_PREFERRED);
    assert_buffer(VOUCH_E_TOO_MANY, &beyond, VOUCH_CBOR_PREFERRED);
}
END_TEST

START_TEST(check_limits_items)
{
    vouch_buffer at = repeat("990fff", "00", VOUCH_LIMIT_CBOR_ITEMS - 1);
    vouch_buffer beyond = repeat("991000", "00", VOUCH_LIMIT_CBOR_ITEMS);

    assert_buffer(VOUCH_OK, &at, VOUCH_CBOR_DETERMINISTIC);
    assert_buffer(VOUCH_E_TOO_MANY, &beyond, VOUCH_CBOR_DETERMINISTIC);
}
END_TEST

/* A map whose keys descend from `pairs`, or ascend to it. */
static vouch_buffer map(size_t pairs, bool ascending)
{
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_cbor_write_map(&cbb, pairs));
    for (size_t i = 0; i < pairs; i++) {
        ck_assert(vouch_cbor_write_uint(&cbb, ascending ? i : pairs - i));
        ck_assert(vouch_cbor_write_uint(&cbb, 0));
    }
    return finish_cbb(&cbb);
}

START_TEST(check_limits_pairs_that_are_in_no_order)
{
    vouch_buffer at = map(VOUCH_LIMIT_CBOR_PAIRS, false);
    vouch_buffer beyond = map(VOUCH_LIMIT_CBOR_PAIRS + 1, false);

    assert_buffer(VOUCH_OK, &at, VOUCH_CBOR_PREFERRED);
    assert_buffer(VOUCH_E_TOO_MANY, &beyond, VOUCH_CBOR_PREFERRED);
}
END_TEST

/* The keys of a map that is over count no more. */
START_TEST(check_limits_pairs_of_open_maps_together)
{
    vouch_buffer full = map(VOUCH_LIMIT_CBOR_PAIRS, false);
    vouch_buffer less = map(VOUCH_LIMIT_CBOR_PAIRS - 1, false);
    vouch_buffer two, within, beyond;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(CBB_add_u8(&cbb, 0x82), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, full.data, full.len), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, full.data, full.len), 1);
    two = finish_cbb(&cbb);
    assert_buffer(VOUCH_OK, &two, VOUCH_CBOR_PREFERRED);

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(CBB_add_u16(&cbb, 0xa100), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, less.data, less.len), 1);
    within = finish_cbb(&cbb);
    assert_buffer(VOUCH_OK, &within, VOUCH_CBOR_PREFERRED);

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(CBB_add_u16(&cbb, 0xa100), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, full.data, full.len), 1);
    beyond = finish_cbb(&cbb);
    assert_buffer(VOUCH_E_TOO_MANY, &beyond, VOUCH_CBOR_PREFERRED);
    free(full.data);
    free(less.data);
}
END_TEST

/* Where keys ascend each is held against the one before it only. */
START_TEST(check_limits_ordered_pairs_as_items)
{
    vouch_buffer at = map((VOUCH_LIMIT_CBOR_ITEMS - 1) / 2, true);
    vouch_buffer beyond = map(VOUCH_LIMIT_CBOR_ITEMS / 2, true);

    assert_buffer(VOUCH_OK, &at, VOUCH_CBOR_DETERMINISTIC);
    assert_buffer(VOUCH_E_TOO_MANY, &beyond, VOUCH_CBOR_DETERMINISTIC);
}
END_TEST

/* Any form of definite length, for keys that are integers or text. */
static const struct {
    const char *hex;
    vouch_err err;
} definite[] = {
    {"1800", VOUCH_OK},
    {"1b0000000000000000", VOUCH_OK},
    {"3b0000000000000000", VOUCH_OK},
    {"580101", VOUCH_OK},
    {"780161", VOUCH_OK},
    {"9800", VOUCH_OK},
    {"b800", VOUCH_OK},
    {"d81200", VOUCH_OK},
    {"fb3ff0000000000000", VOUCH_OK},
    {"f97e01", VOUCH_OK},
    {"a2 02 00 01 00", VOUCH_OK},
    {"a2 02 00 20 00", VOUCH_OK},
    {"a2 01 00 6101 00", VOUCH_OK},
    {"a2 6161 00 6162 00", VOUCH_OK},
    {"5f 4101 ff", VOUCH_E_CBOR}, /* of no definite length */
    {"7f 6161 ff", VOUCH_E_CBOR},
    {"9f ff", VOUCH_E_CBOR},
    {"bf ff", VOUCH_E_CBOR},
    {"a1 01 9f ff", VOUCH_E_CBOR},
    {"7801ff", VOUCH_E_CBOR}, /* no UTF-8 */
    {"f820", VOUCH_E_CBOR},   /* simple values */
    {"f814", VOUCH_E_CBOR},
    {"f0", VOUCH_E_CBOR},
    {"1c", VOUCH_E_CBOR}, /* reserved */
    {"dc00", VOUCH_E_CBOR},
    {"fe", VOUCH_E_CBOR},
    {"a2 01 00 01 00", VOUCH_E_CBOR}, /* a key twice */
    {"a2 01 00 1801 00", VOUCH_E_CBOR},
    {"a2 1a00000001 00 190001 00", VOUCH_E_CBOR},
    {"a2 20 00 3800 00", VOUCH_E_CBOR},
    {"a2 6161 00 780161 00", VOUCH_E_CBOR},
    {"a1 01 a2 01 00 1801 00", VOUCH_E_CBOR},
    {"a1 4101 00", VOUCH_E_CBOR}, /* keys of other types */
    {"a1 8101 00", VOUCH_E_CBOR},
    {"a1 a0 00", VOUCH_E_CBOR},
    {"a1 c001 00", VOUCH_E_CBOR},
    {"a1 f5 00", VOUCH_E_CBOR},
    {"a1 f93c00 00", VOUCH_E_CBOR},
    {"01 01", VOUCH_E_CBOR},
    {"1801 01", VOUCH_E_CBOR},
};

START_TEST(check_takes_any_form_of_definite_length) /* [T11] */
{
    ck_assert_int_eq(check_hex(definite[_i].hex, VOUCH_CBOR_DEFINITE),
                     definite[_i].err);
}
END_TEST

/* What makes other readers allocate or recurse without end: {octets that are
 * repeated, how often, with what error}. */
static const struct {
    const char *octets;
    size_t times;
    vouch_err err;
} hostile[] = {
    {"9a10000000", 1, VOUCH_E_CBOR},
    {"9a04000000", 2000, VOUCH_E_CBOR},
    {"9bffffffffffffffff", 1000, VOUCH_E_CBOR},
    {"bb7fffffffffffffff", 1000, VOUCH_E_CBOR},
    {"bb8000000000000000", 1000, VOUCH_E_CBOR},
    {"5bffffffffffffffff", 1000, VOUCH_E_CBOR},
    {"7bffffffffffffffff", 1000, VOUCH_E_CBOR},
    {"81", 135000, VOUCH_E_TOO_MANY},
    {"a1", 135000, VOUCH_E_CBOR},
    {"a100", 67000, VOUCH_E_TOO_MANY},
    {"c0", 135000, VOUCH_E_TOO_MANY},
    {"9f", 135000, VOUCH_E_CBOR},
    {"5f", 135000, VOUCH_E_CBOR},
    {"99ffff", 45000, VOUCH_E_TOO_MANY},
    {"b93fff", 45000, VOUCH_E_CBOR},
};

/* Each octet is decoded once for each map whose key it lies in, and once for
 * itself. */
START_TEST(check_takes_few_steps_to_refuse)
{
    vouch_buffer octets = repeat("", hostile[_i].octets, hostile[_i].times);

    for (int profile = VOUCH_CBOR_DEFINITE; profile <= VOUCH_CBOR_DETERMINISTIC;
         profile++) {
        steps = 0;
        ck_assert_int_eq(hostile[_i].err,
                         check_octets(octets.data, octets.len,
                                      (enum vouch_cbor_profile)profile));
        ck_assert_uint_le(steps, octets.len + VOUCH_LIMIT_CBOR_ITEMS);
    }
    free(octets.data);
}
END_TEST

/* More items than octets left: known from the head. */
static const char *const announced[] = {"9a10000000",        "8200",   "a100",
                                        "a2000000",          "820000", "c0",
                                        "bb8000000000000000"};

START_TEST(counts_are_held_against_what_is_left)
{
    vouch_buffer octets = from_hex(announced[_i]);
    CBS in = vouch_reader(span_of(&octets));
    bool enough = strcmp(announced[_i], "820000") == 0;
    vouch_bytes item;

    steps = 0;
    ck_assert(vouch_cbor_read_item(&in, &item) == enough);
    ck_assert_uint_le(steps, enough ? 3 : 1);
    steps = 0;
    ck_assert_int_eq(
        check_octets(octets.data, octets.len, VOUCH_CBOR_PREFERRED),
        enough ? VOUCH_OK : VOUCH_E_CBOR);
    ck_assert_uint_le(steps, enough ? 3 : 1);
    free(octets.data);
}
END_TEST

/* Keys within keys, as deep as they may be, all of them long. */
START_TEST(check_takes_few_steps_for_keys_of_keys)
{
    enum { ITEMS = VOUCH_LIMIT_CBOR_ITEMS - 2 * VOUCH_LIMIT_CBOR_DEPTH };
    vouch_buffer maps_of = repeat("", "a1", VOUCH_LIMIT_CBOR_DEPTH - 1);
    vouch_buffer values = repeat("", "00", ITEMS + VOUCH_LIMIT_CBOR_DEPTH - 1);
    vouch_buffer octets;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, maps_of.data, maps_of.len), 1);
    ck_assert(vouch_cbor_write_array(&cbb, ITEMS));
    ck_assert_int_eq(CBB_add_bytes(&cbb, values.data, values.len), 1);
    octets = finish_cbb(&cbb);
    steps = 0;
    ck_assert_int_eq(VOUCH_OK, check_octets(octets.data, octets.len,
                                            VOUCH_CBOR_DETERMINISTIC));
    ck_assert_uint_le(steps, octets.len * (VOUCH_LIMIT_CBOR_DEPTH + 1));
    free(octets.data);
    free(maps_of.data);
    free(values.data);
}
END_TEST

/* An item with something of everything, every prefix of it, and every octet of
 * it changed: what is taken then is read to its end too. */
static const char big[] =
    "a8 00 1903e8 01 20 18ff 43010203 190100 d2 84 43a10126 a0 44deadbeef f6"
    "20 f5 6474657374 a2 6161 f93c00 6162 fb3ff199999999999a"
    "6568c3a96c6f 98191818 000000000000000000000000000000000000000000000000"
    "8120 a0";

START_TEST(check_refuses_every_prefix_of_a_big_item)
{
    vouch_buffer octets = from_hex(big);

    ck_assert_int_eq(VOUCH_OK, check_octets(octets.data, octets.len,
                                            VOUCH_CBOR_DETERMINISTIC));
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(VOUCH_E_CBOR, check_octets(octets.data, len,
                                                    VOUCH_CBOR_DETERMINISTIC));
    }
    free(octets.data);
}
END_TEST

START_TEST(what_is_checked_is_read_to_its_end)
{
    vouch_buffer octets = from_hex(big);

    for (size_t i = 0; i < octets.len; i++) {
        uint8_t was = octets.data[i];

        for (unsigned octet = 0; octet < 256; octet++) {
            CBS in = vouch_reader(span_of(&octets));
            vouch_bytes item;

            octets.data[i] = (uint8_t)octet;
            if (check_octets(octets.data, octets.len, VOUCH_CBOR_PREFERRED) ==
                VOUCH_OK) {
                ck_assert(vouch_cbor_read_item(&in, &item));
                ck_assert_uint_eq(item.len, octets.len);
            }
        }
        octets.data[i] = was;
    }
    free(octets.data);
}
END_TEST

/* One item of each type, in the order of vouch_cbor_type. */
static const char *const typed[] = {"1864",   "3863",   "4401020304", "6161",
                                    "820102", "a10102", "d200",       "f5",
                                    "f6",     "f93c00"};

static bool read_typed(CBS *in, enum vouch_cbor_type type)
{
    uint64_t number;
    vouch_bytes octets;
    bool truth;

    switch (type) {
    case VOUCH_CBOR_BOOL:
        return vouch_cbor_read_bool(in, &truth);
    case VOUCH_CBOR_UINT:
        return vouch_cbor_read_uint(in, &number);
    case VOUCH_CBOR_BYTES:
        return vouch_cbor_read_bytes(in, &octets);
    case VOUCH_CBOR_TEXT:
        return vouch_cbor_read_text(in, &octets);
    case VOUCH_CBOR_ARRAY:
        return vouch_cbor_read_array(in, &number);
    case VOUCH_CBOR_MAP:
        return vouch_cbor_read_map(in, &number);
    case VOUCH_CBOR_TAG:
        return vouch_cbor_read_tag(in, &number);
    case VOUCH_CBOR_NINT:
    case VOUCH_CBOR_SIMPLE:
    case VOUCH_CBOR_FLOAT:
    default:
        return false;
    }
}

static bool has_reader(enum vouch_cbor_type type)
{
    return type != VOUCH_CBOR_NINT && type < VOUCH_CBOR_SIMPLE;
}

START_TEST(readers_take_their_own_type_only)
{
    vouch_buffer octets = from_hex(typed[_i]);
    enum vouch_cbor_type found;
    struct vouch_cbor_head head;
    CBS in = vouch_reader(span_of(&octets));
    int64_t number;

    ck_assert(vouch_cbor_peek(&in, &found));
    ck_assert_int_eq((int)found, _i);
    ck_assert_uint_eq(CBS_len(&in), octets.len);
    ck_assert(vouch_cbor_read_head(&in, &head));
    ck_assert_int_eq((int)head.type, _i);
    for (int type = VOUCH_CBOR_UINT; type <= VOUCH_CBOR_FLOAT; type++) {
        in = vouch_reader(span_of(&octets));
        ck_assert(read_typed(&in, (enum vouch_cbor_type)type) ==
                  (type == _i && has_reader((enum vouch_cbor_type)type)));
    }
    in = vouch_reader(span_of(&octets));
    ck_assert(vouch_cbor_read_int(&in, &number) == (_i <= VOUCH_CBOR_NINT));
    free(octets.data);
}
END_TEST

START_TEST(readers_give_what_stands_there)
{
    vouch_buffer octets =
        from_hex("1864 3863 4401020304 6161 820102 a10102 d200 fb3ff8000000000"
                 "000");
    CBS in = vouch_reader(span_of(&octets));
    struct vouch_cbor_head head;
    vouch_bytes span, item;
    uint64_t number;
    int64_t integer;

    ck_assert(vouch_cbor_read_uint(&in, &number));
    ck_assert_uint_eq(number, 100);
    ck_assert(vouch_cbor_read_int(&in, &integer));
    ck_assert_int_eq(integer, -100);
    ck_assert(vouch_cbor_read_bytes(&in, &span));
    ck_assert_ptr_eq(span.data, &octets.data[5]);
    ck_assert_uint_eq(span.len, 4);
    ck_assert(vouch_cbor_read_text(&in, &span));
    ck_assert_ptr_eq(span.data, &octets.data[10]);
    ck_assert_uint_eq(span.len, 1);
    ck_assert(vouch_cbor_read_item(&in, &item));
    ck_assert_ptr_eq(item.data, &octets.data[11]);
    ck_assert_uint_eq(item.len, 3);
    ck_assert(vouch_cbor_read_map(&in, &number));
    ck_assert_uint_eq(number, 1);
    ck_assert(vouch_cbor_read_uint(&in, &number));
    ck_assert(vouch_cbor_read_uint(&in, &number));
    ck_assert(vouch_cbor_read_tag(&in, &number));
    ck_assert_uint_eq(number, 18);
    ck_assert(vouch_cbor_read_uint(&in, &number));
    ck_assert(vouch_cbor_read_head(&in, &head));
    ck_assert(head.number == 1.5);
    ck_assert(vouch_read_end(&in));
    ck_assert(!vouch_cbor_read_head(&in, &head));
    ck_assert(!vouch_cbor_read_item(&in, &item));
    free(octets.data);
}
END_TEST

START_TEST(readers_leave_what_they_can_not_fill)
{
    vouch_buffer octets = from_hex("f4");
    vouch_bytes span = {octets.data, 7};
    enum vouch_cbor_type type = VOUCH_CBOR_TAG;
    uint64_t number = 7;
    int64_t integer = 7;
    CBS in, nothing = vouch_reader((vouch_bytes){octets.data, 0});

    in = vouch_reader(span_of(&octets));
    ck_assert(!vouch_cbor_read_uint(&in, &number));
    in = vouch_reader(span_of(&octets));
    ck_assert(!vouch_cbor_read_int(&in, &integer));
    in = vouch_reader(span_of(&octets));
    ck_assert(!vouch_cbor_read_bytes(&in, &span));
    in = vouch_reader(span_of(&octets));
    ck_assert(!vouch_cbor_read_text(&in, &span));
    ck_assert(!vouch_cbor_peek(&nothing, &type));
    ck_assert_uint_eq(number, 7);
    ck_assert_int_eq(integer, 7);
    ck_assert_uint_eq(span.len, 7);
    ck_assert_int_eq(type, VOUCH_CBOR_TAG);
    free(octets.data);
}
END_TEST

static const struct {
    const char *hex;
    bool fits;
    int64_t value;
} integers[] = {
    {"00", true, 0},
    {"20", true, -1},
    {"1b7fffffffffffffff", true, INT64_MAX},
    {"1b8000000000000000", false, 0},
    {"1bffffffffffffffff", false, 0},
    {"3b7fffffffffffffff", true, INT64_MIN},
    {"3b8000000000000000", false, 0},
    {"3bffffffffffffffff", false, 0},
};

START_TEST(read_int_knows_its_range)
{
    vouch_buffer octets = from_hex(integers[_i].hex);
    CBS in = vouch_reader(span_of(&octets));
    int64_t value = 7;

    ck_assert(vouch_cbor_read_int(&in, &value) == integers[_i].fits);
    ck_assert_int_eq(value, integers[_i].fits ? integers[_i].value : 7);
    free(octets.data);
}
END_TEST

/* The whole item before the next one, whatever is nested in it. */
START_TEST(read_item_takes_one_item)
{
    vouch_buffer first = from_hex(examples[_i]), both;
    vouch_bytes item;
    CBB cbb;
    CBS in;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, first.data, first.len), 1);
    ck_assert_int_eq(CBB_add_u8(&cbb, 0x07), 1);
    both = finish_cbb(&cbb);
    in = vouch_reader(span_of(&both));
    ck_assert(vouch_cbor_read_item(&in, &item));
    ck_assert_ptr_eq(item.data, both.data);
    ck_assert_uint_eq(item.len, first.len);
    ck_assert_uint_eq(CBS_len(&in), 1);
    free(first.data);
    free(both.data);
}
END_TEST

/* RFC 3629 */
static const struct {
    const char *hex;
    bool valid;
} texts[] = {
    {"", true},          {"00", true},        {"7f", true},
    {"c280", true},      {"dfbf", true},      {"e0a080", true},
    {"ecbfbf", true},    {"ed9fbf", true},    {"ee8080", true},
    {"efbfbf", true},    {"f0908080", true},  {"f3bfbfbf", true},
    {"f48fbfbf", true},  {"80", false},       {"bf", false},
    {"c080", false},     {"c1bf", false},     {"c2", false},
    {"c241", false},     {"c2c0", false},     {"e08080", false},
    {"e09fbf", false},   {"e0a0", false},     {"e0a041", false},
    {"eda080", false},   {"edbfbf", false},   {"f0808080", false},
    {"f08fbfbf", false}, {"f0908041", false}, {"f09080", false},
    {"f4908080", false}, {"f5808080", false}, {"f8888080", false},
    {"fe", false},       {"ff", false},       {"41c3", false},
    {"c3a9ff", false},
};

START_TEST(check_takes_text_that_is_utf8)
{
    vouch_buffer text = from_hex(texts[_i].hex);
    uint8_t octets[8];

    octets[0] = (uint8_t)(0x60 + text.len);
    memcpy(&octets[1], text.data, text.len);
    ck_assert(vouch_is_utf8(span_of(&text)) == texts[_i].valid);
    ck_assert_int_eq(check_octets(octets, text.len + 1, VOUCH_CBOR_PREFERRED),
                     texts[_i].valid ? VOUCH_OK : VOUCH_E_CBOR);
    octets[0] = (uint8_t)(0x40 + text.len);
    ck_assert_int_eq(VOUCH_OK,
                     check_octets(octets, text.len + 1, VOUCH_CBOR_PREFERRED));
    free(text.data);
}
END_TEST

/* Writers */

static const struct {
    uint64_t value;
    const char *argument; /* of initial octet 0 */
} arguments[] = {
    {0, "00"},
    {23, "17"},
    {24, "1818"},
    {255, "18ff"},
    {256, "190100"},
    {65535, "19ffff"},
    {65536, "1a00010000"},
    {UINT32_MAX, "1affffffff"},
    {(uint64_t)UINT32_MAX + 1, "1b0000000100000000"},
    {INT64_MAX, "1b7fffffffffffffff"},
    {UINT64_MAX, "1bffffffffffffffff"},
};

static void assert_head(CBB *cbb, unsigned major, const char *argument)
{
    vouch_buffer expected = from_hex(argument), written = finish_cbb(cbb);

    expected.data[0] = (uint8_t)(expected.data[0] | major << 5);
    ck_assert_uint_eq(written.len, expected.len);
    ck_assert_mem_eq(written.data, expected.data, written.len);
    free(expected.data);
    free(written.data);
}

START_TEST(writers_use_the_shortest_head)
{
    uint64_t value = arguments[_i].value;
    const char *argument = arguments[_i].argument;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 9), 1);
    ck_assert(vouch_cbor_write_uint(&cbb, value));
    assert_head(&cbb, 0, argument);
    ck_assert_int_eq(CBB_init(&cbb, 9), 1);
    ck_assert(vouch_cbor_write_bytes_head(&cbb, (size_t)value));
    assert_head(&cbb, 2, argument);
    ck_assert_int_eq(CBB_init(&cbb, 9), 1);
    ck_assert(vouch_cbor_write_array(&cbb, (size_t)value));
    assert_head(&cbb, 4, argument);
    ck_assert_int_eq(CBB_init(&cbb, 9), 1);
    ck_assert(vouch_cbor_write_map(&cbb, (size_t)value));
    assert_head(&cbb, 5, argument);
    ck_assert_int_eq(CBB_init(&cbb, 9), 1);
    ck_assert(vouch_cbor_write_tag(&cbb, value));
    assert_head(&cbb, 6, argument);
    if (value <= INT64_MAX) {
        ck_assert_int_eq(CBB_init(&cbb, 9), 1);
        ck_assert(vouch_cbor_write_int(&cbb, (int64_t)value));
        assert_head(&cbb, 0, argument);
        ck_assert_int_eq(CBB_init(&cbb, 9), 1);
        ck_assert(vouch_cbor_write_int(&cbb, -1 - (int64_t)value));
        assert_head(&cbb, 1, argument);
    }
}
END_TEST

START_TEST(writers_write_strings)
{
    static const uint8_t expected[] = {0x43, 1, 2, 3, 0x62, 'h', 'i', 0x40};
    static const uint8_t octets[] = {1, 2, 3};
    vouch_buffer written;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 8), 1);
    ck_assert(vouch_cbor_write_bytes(&cbb, (vouch_bytes){octets, 3}));
    ck_assert(
        vouch_cbor_write_text(&cbb, (vouch_bytes){(const uint8_t *)"hi", 2}));
    ck_assert(vouch_cbor_write_bytes(&cbb, (vouch_bytes){NULL, 0}));
    written = finish_cbb(&cbb);
    ck_assert_uint_eq(written.len, sizeof expected);
    ck_assert_mem_eq(written.data, expected, sizeof expected);
    free(written.data);
}
END_TEST

START_TEST(writers_say_when_there_is_no_room)
{
    static const uint8_t octets[2] = {0};
    uint8_t room[2];
    CBB cbb;

    ck_assert_int_eq(CBB_init_fixed(&cbb, room, sizeof room), 1);
    ck_assert(!vouch_cbor_write_uint(&cbb, 256));
    CBB_cleanup(&cbb);
    ck_assert_int_eq(CBB_init_fixed(&cbb, room, sizeof room), 1);
    ck_assert(!vouch_cbor_write_bytes(&cbb, (vouch_bytes){octets, 2}));
    CBB_cleanup(&cbb);
    ck_assert_int_eq(CBB_init_fixed(&cbb, room, sizeof room), 1);
    ck_assert(!vouch_cbor_write_text(&cbb, (vouch_bytes){octets, 2}));
    CBB_cleanup(&cbb);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cbor");
    TCase *tc = tcase_create("cbor");

    tcase_add_loop_test(tc, check_takes_the_examples_of_rfc_8949, 0,
                        COUNT(examples));
    tcase_add_loop_test(tc, check_refuses_every_prefix_and_what_follows, 0,
                        COUNT(examples));
    tcase_add_loop_test(tc, check_refuses_the_other_examples_of_rfc_8949, 0,
                        COUNT(forbidden));
    tcase_add_loop_test(tc, check_refuses_what_is_not_well_formed, 0,
                        COUNT(malformed));
    tcase_add_test(tc, check_refuses_nothing_at_all);
    tcase_add_loop_test(tc, check_takes_only_the_shortest_argument, 0,
                        COUNT(forms));
    tcase_add_test(tc, check_takes_four_simple_values);
    tcase_add_test(tc, check_takes_every_tag);
    tcase_add_test(tc, check_takes_only_the_shortest_float);
    tcase_add_test(tc, check_takes_a_single_between_halves);
    tcase_add_test(tc, check_knows_what_fits_a_single);
    tcase_add_test(tc, check_knows_the_order_of_keys);
    tcase_add_loop_test(tc, check_refuses_duplicate_keys_and_disorder, 0,
                        COUNT(maps));
    tcase_add_loop_test(tc, check_limits_depth, 0, COUNT(nesting));
    tcase_add_test(tc, check_limits_items);
    tcase_add_test(tc, check_limits_pairs_that_are_in_no_order);
    tcase_add_test(tc, check_limits_pairs_of_open_maps_together);
    tcase_add_test(tc, check_limits_ordered_pairs_as_items);
    tcase_add_loop_test(tc, check_takes_any_form_of_definite_length, 0,
                        COUNT(definite));
    tcase_add_loop_test(tc, check_takes_few_steps_to_refuse, 0, COUNT(hostile));
    tcase_add_loop_test(tc, counts_are_held_against_what_is_left, 0,
                        COUNT(announced));
    tcase_add_test(tc, check_takes_few_steps_for_keys_of_keys);
    tcase_add_test(tc, check_refuses_every_prefix_of_a_big_item);
    tcase_add_test(tc, what_is_checked_is_read_to_its_end);
    tcase_add_loop_test(tc, readers_take_their_own_type_only, 0, COUNT(typed));
    tcase_add_test(tc, readers_give_what_stands_there);
    tcase_add_test(tc, readers_leave_what_they_can_not_fill);
    tcase_add_loop_test(tc, read_int_knows_its_range, 0, COUNT(integers));
    tcase_add_loop_test(tc, read_item_takes_one_item, 0, COUNT(examples));
    tcase_add_loop_test(tc, check_takes_text_that_is_utf8, 0, COUNT(texts));
    tcase_add_loop_test(tc, writers_use_the_shortest_head, 0, COUNT(arguments));
    tcase_add_test(tc, writers_write_strings);
    tcase_add_test(tc, writers_say_when_there_is_no_room);
    suite_add_tcase(suite, tc);
    return suite;
}
