/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/writer.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

/* Parses a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err parse(vouch_bytes octets)
{
    uint8_t *copy = exact_copy(octets.data, octets.len);
    vouch_cmw cmw, before;
    vouch_err err;

    memset(&cmw, 0xa5, sizeof cmw);
    memcpy(&before, &cmw, sizeof cmw);
    err = vouch_cmw_parse((vouch_bytes){copy, octets.len}, &cmw);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&cmw, &before, sizeof cmw);
    }
    free(copy);
    return err;
}

static vouch_err parse_hex(const char *hex)
{
    vouch_buffer octets = from_hex(hex);
    vouch_err err = parse(span_of(&octets));

    free(octets.data);
    return err;
}

static void every_prefix_is_refused(const char *hex)
{
    vouch_buffer octets = from_hex(hex);

    ck_assert_int_eq(parse(span_of(&octets)), VOUCH_OK);
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(parse((vouch_bytes){octets.data, len}), VOUCH_E_CBOR);
    }
    free(octets.data);
}

/* Tags */

/* RFC 9277, appendix B, and the ends of its range in RFC 9999, 3.2 [C05] */
enum { LAST_FORMAT = 65024 };

static const struct {
    const char *hex;
    vouch_err err;
    unsigned format;
} tags[] = {
    {"da63740101 41aa", VOUCH_OK, 0},
    {"da637401ff 41aa", VOUCH_OK, 254},
    {"da63740201 41aa", VOUCH_OK, 255},
    {"da6374ffe6 41aa", VOUCH_OK, 64999},
    {"da6374ffff 41aa", VOUCH_OK, 65024},
    {"da63740101 40", VOUCH_OK, 0},
    {"da63740100 41aa", VOUCH_E_CMW, 0},
    {"da63740200 41aa", VOUCH_E_CMW, 0},
    {"da63750100 41aa", VOUCH_E_CMW, 0},
    {"da63750000 41aa", VOUCH_E_CMW, 0},
    {"da63750001 41aa", VOUCH_E_CMW, 0},
    {"daffffffff 41aa", VOUCH_E_CMW, 0},
    {"db0000000163740101 41aa", VOUCH_E_CMW, 0},
    {"db0000000063740101 41aa", VOUCH_E_CBOR, 0},
    {"c0 41aa", VOUCH_E_CMW, 0},
    /* the content: a byte string [C02] */
    {"da63740101 01", VOUCH_E_CMW, 0},
    {"da63740101 61aa", VOUCH_E_CBOR, 0},
    {"da63740101 6161", VOUCH_E_CMW, 0},
    {"da63740101 82 19fde7 41aa", VOUCH_E_CMW, 0},
    {"da63740101 a1 01 41aa", VOUCH_E_CMW, 0},
    {"da63740101 da63740101 41aa", VOUCH_E_CMW, 0},
    {"da63740101 d28440a04040", VOUCH_E_CMW, 0},
    {"da63740101 5f41aaff", VOUCH_E_CBOR, 0},
};

START_TEST(tag_is_of_the_range_over_octets)
{
    vouch_buffer octets = from_hex(tags[_i].hex);
    vouch_cmw cmw;

    ck_assert_int_eq(parse(span_of(&octets)), tags[_i].err);
    if (tags[_i].err == VOUCH_OK) {
        ck_assert_int_eq(vouch_cmw_parse(span_of(&octets), &cmw), VOUCH_OK);
        ck_assert_int_eq(cmw.kind, VOUCH_CMW_TAG);
        ck_assert_uint_eq(cmw.media_type.len, 0);
        ck_assert_uint_eq(cmw.content_format, tags[_i].format);
        ck_assert_uint_eq(cmw.value.len, octets.len - 6);
        ck_assert_uint_eq(cmw.indicator, 0);
        ck_assert_uint_eq(cmw.num_members, 0);
    }
    free(octets.data);
}
END_TEST

/* RFC 9277, appendix B [C05] */
static bool is_written_and_read(uint16_t format)
{
    const vouch_bytes value = vouch_text("v");
    uint64_t tag = UINT64_C(1668546817) + format / 255 * 256 + format % 255;
    const uint8_t expected[] = {0xda,
                                (uint8_t)(tag >> 24),
                                (uint8_t)(tag >> 16),
                                (uint8_t)(tag >> 8),
                                (uint8_t)tag,
                                0x41,
                                'v'};
    vouch_buffer out;
    vouch_cmw cmw;
    bool same;

    if (vouch_cmw_tag(format, value, &out) != VOUCH_OK) {
        return false;
    }
    same = out.len == sizeof expected &&
           memcmp(out.data, expected, sizeof expected) == 0 &&
           vouch_cmw_parse(span_of(&out), &cmw) == VOUCH_OK &&
           cmw.content_format == format && vouch_bytes_equal(cmw.value, value);
    vouch_buffer_free(&out);
    return same;
}

/* One assertion each would take seconds. */
START_TEST(tag_of_every_format_is_read_again)
{
    unsigned format = 0;

    while (format <= LAST_FORMAT && is_written_and_read((uint16_t)format)) {
        format++;
    }
    ck_assert_uint_eq(format, LAST_FORMAT + 1);
}
END_TEST

START_TEST(tag_refuses_what_could_not_be_read)
{
    enum { AROUND = 5 + 3 };
    vouch_buffer out = {NULL, 7};
    uint8_t *value = calloc(VOUCH_LIMIT_CMW, 1);

    ck_assert_ptr_nonnull(value);
    for (unsigned format = LAST_FORMAT + 1; format <= UINT16_MAX; format++) {
        ck_assert_int_eq(vouch_cmw_tag((uint16_t)format, vouch_text("v"), &out),
                         VOUCH_E_ARGUMENT);
    }
    ck_assert_int_eq(vouch_cmw_tag(0, (vouch_bytes){NULL, SIZE_MAX}, &out),
                     VOUCH_E_TOO_LARGE);
    ck_assert_int_eq(
        vouch_cmw_tag(0, (vouch_bytes){value, VOUCH_LIMIT_CMW - AROUND + 1},
                      &out),
        VOUCH_E_TOO_LARGE);
    ck_assert_ptr_null(out.data);
    ck_assert_uint_eq(out.len, 7);
    ck_assert_int_eq(
        vouch_cmw_tag(0, (vouch_bytes){value, VOUCH_LIMIT_CMW - AROUND}, &out),
        VOUCH_OK);
    ck_assert_uint_eq(out.len, VOUCH_LIMIT_CMW);
    ck_assert_int_eq(parse(span_of(&out)), VOUCH_OK);
    vouch_buffer_free(&out);
    free(value);
}
END_TEST

START_TEST(tag_and_collection_are_refused_at_every_prefix)
{
    every_prefix_is_refused("da6374ffe6 43aabbcc");
    every_prefix_is_refused("a3 685f5f636d77635f74 63613a62 01 82 00 41aa"
                            " 6173 a1 20 da63740101 41aa");
}
END_TEST

/* Collections; 82 00 40 is a record. */
static const struct {
    const char *hex;
    vouch_err err;
} collections[] = {
    {"a1 00 820040", VOUCH_OK},
    {"a1 20 820040", VOUCH_OK},
    {"a1 1b7fffffffffffffff 820040", VOUCH_OK},
    {"a1 3b7fffffffffffffff 820040", VOUCH_OK},
    {"a1 6173 820040", VOUCH_OK},
    {"a1 63e6b0b4 820040", VOUCH_OK},
    {"a2 6173 820040 00 820040", VOUCH_OK},
    {"a1 00 da63740101 40", VOUCH_OK},
    {"a1 00 a1 00 820040", VOUCH_OK},
    /* one CMW at least, and the type is none [C06] */
    {"a0", VOUCH_E_CMW},
    {"a1 685f5f636d77635f74 63613a62", VOUCH_E_CMW},
    {"a1 00 a0", VOUCH_E_CMW},
    {"a1 00 a1 685f5f636d77635f74 63613a62", VOUCH_E_CMW},
    {"a2 00 820040 01 a0", VOUCH_E_CMW},
    /* labels once each, whatever their form [C06] */
    {"a2 00 820040 00 820040", VOUCH_E_CBOR},
    {"a2 6173 820040 6173 820140", VOUCH_E_CBOR},
    {"a3 6173 820040 00 820040 6173 820140", VOUCH_E_CBOR},
    {"a2 00 820040 1800 820040", VOUCH_E_CBOR},
    {"a1 00 a2 00 820040 00 820040", VOUCH_E_CBOR},
    {"a3 00 820040 685f5f636d77635f74 63613a62 685f5f636d77635f74 63613a63",
     VOUCH_E_CBOR},
    /* labels of a kind: integers and text */
    {"a1 60 820040", VOUCH_E_CMW},
    {"a1 4173 820040", VOUCH_E_CMW},
    {"a1 f6 820040", VOUCH_E_CMW},
    {"a1 f5 820040", VOUCH_E_CMW},
    {"a1 8100 820040", VOUCH_E_CMW},
    {"a1 f90001 820040", VOUCH_E_CMW},
    {"a1 1b8000000000000000 820040", VOUCH_E_CMW},
    {"a1 3b8000000000000000 820040", VOUCH_E_CMW},
    {"a1 62c328 820040", VOUCH_E_CBOR},
    /* members */
    {"a1 00 40", VOUCH_E_CMW},
    {"a1 00 63613a62", VOUCH_E_CMW},
    {"a1 00 8100", VOUCH_E_CMW},
    {"a1 00 83004000", VOUCH_E_CMW},
    {"a1 00 83004020", VOUCH_E_CMW},
    {"a2 00 820040 01 8300401820", VOUCH_E_CMW},
    {"a1 00 da63740100 40", VOUCH_E_CMW},
    {"a1 00 a1 00 a1 00 f6", VOUCH_E_CMW},
    /* signed ones by name, wherever they stand */
    {"a1 00 d28440a04040", VOUCH_E_CMW_SIGNED},
    {"a2 00 820040 6173 d28440a04040", VOUCH_E_CMW_SIGNED},
    {"a1 00 a1 00 a1 00 d28440a04040", VOUCH_E_CMW_SIGNED},
    /* the type is text of a form, and of its own collection [C07] */
    {"a2 685f5f636d77635f74 63613a62 00 820040", VOUCH_OK},
    {"a2 00 820040 685f5f636d77635f74 65312e322e33", VOUCH_OK},
    {"a2 00 a2 685f5f636d77635f74 63613a62 00 820040"
     " 685f5f636d77635f74 63613a63",
     VOUCH_OK},
    {"a2 685f5f636d77635f74 820040 00 820040", VOUCH_E_CMW},
    {"a2 685f5f636d77635f74 43613a62 00 820040", VOUCH_E_CMW},
    {"a2 685f5f636d77635f74 f6 00 820040", VOUCH_E_CMW},
    {"a2 685f5f636d77635f74 60 00 820040", VOUCH_E_CMW},
    {"a2 685f5f636d77635f74 6162 00 820040", VOUCH_E_CMW},
    {"a1 00 a2 685f5f636d77635f74 6162 00 820040", VOUCH_E_CMW},
    {"a2 00 820040 d820 685f5f636d77635f74 63613a62", VOUCH_E_CMW},
    {"a2 00 820040 685f5f636d77635f54 63613a62", VOUCH_E_CMW},
    /* the encoding, and what follows */
    {"bf 00 820040 ff", VOUCH_E_CBOR},
    {"b801 00 820040", VOUCH_E_CBOR},
    {"a1 00 9f0040ff", VOUCH_E_CBOR},
    {"a1 00 820040 00", VOUCH_E_CBOR},
    {"a1 00 820040 820040", VOUCH_E_CBOR},
    {"81 a1 00 820040", VOUCH_E_CMW},
};

START_TEST(collection_is_as_it_should_be)
{
    ck_assert_int_eq(parse_hex(collections[_i].hex), collections[_i].err);
}
END_TEST

/* RFC 3986, 4.3, and the dotted form of an OID [C07] */
static const struct {
    const char *text;
    bool is_type;
} types[] = {
    {"a:", true},
    {"tag:example.com,2024:composite-attester", true},
    {"https://example.com/a/b?c=d&e", true},
    {"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true},
    {"http://user@example.com:80/%7Ea%2f", true},
    {"A+b-c.1:x", true},
    {"1", true},
    {"0.0", true},
    {"2.16.840.1.113741", true},
    {"1.0.10.100", true},
    {"2.5.4.340282366920938463463374607431768211456", true},
    {"", false},
    {"a", false},
    {":", false},
    {":a", false},
    {"/a/b", false},
    {"//a/b", false},
    {"?a", false},
    {"1a:b", false},
    {"-a:b", false},
    {"a_b:c", false},
    {"a b:c", false},
    {"a:b#c", false},
    {"a:b#", false},
    {"a:b c", false},
    {"a:b%", false},
    {"a:b%2", false},
    {"a:b%2g", false},
    {"a:%zz", false},
    {"a:<b>", false},
    {"a:b\"", false},
    {"a:b\\c", false},
    {"a:b\x7f", false},
    {"a:b\n", false},
    {"a:\xc3\xa9", false},
    {"a:{b}", false},
    {"http://[::1]/", false},
    {"3", false},
    {"3.1", false},
    {"10", false},
    {"1.", false},
    {".1", false},
    {"1..2", false},
    {"1.02", false},
    {"1.00", false},
    {"1.2.", false},
    {"1.2.x", false},
    {"1.-2", false},
    {"1 2", false},
};

static vouch_buffer record(void)
{
    return from_hex("82 00 41aa");
}

static void write_head(CBB *cbb, size_t pairs)
{
    ck_assert_int_eq(CBB_init(cbb, 64), 1);
    ck_assert(vouch_cbor_write_map(cbb, pairs));
}

static void write_record(CBB *cbb)
{
    vouch_buffer octets = record();

    ck_assert(vouch_write_octets(cbb, span_of(&octets)));
    free(octets.data);
}

static vouch_err parse_with_type(vouch_bytes type)
{
    CBB cbb;
    vouch_buffer octets;
    vouch_err err;

    write_head(&cbb, 2);
    ck_assert(vouch_cbor_write_uint(&cbb, 0));
    write_record(&cbb);
    ck_assert(vouch_cbor_write_text(&cbb, vouch_text("__cmwc_t")) &&
              vouch_cbor_write_text(&cbb, type));
    octets = finish_cbb(&cbb);
    err = parse(span_of(&octets));
    free(octets.data);
    return err;
}

static vouch_err write_with_type(const char *type, vouch_buffer *out)
{
    vouch_buffer octets = record();
    const vouch_cmw_member member = {.number = 1, .cmw = span_of(&octets)};
    vouch_err err = vouch_cmw_collection(type, &member, 1, out);

    free(octets.data);
    return err;
}

START_TEST(collection_type_is_a_uri_or_an_oid) /* [C07] */
{
    vouch_bytes type = vouch_text(types[_i].text);
    vouch_buffer out = {NULL, 7};
    vouch_cmw cmw;

    if (types[_i].is_type) {
        ck_assert_int_eq(parse_with_type(type), VOUCH_OK);
        ck_assert_int_eq(write_with_type(types[_i].text, &out), VOUCH_OK);
        ck_assert_int_eq(vouch_cmw_parse(span_of(&out), &cmw), VOUCH_OK);
        ck_assert(vouch_bytes_equal(cmw.collection_type, type));
        vouch_buffer_free(&out);
    } else {
        ck_assert_int_ne(parse_with_type(type), VOUCH_OK);
        ck_assert_int_eq(write_with_type(types[_i].text, &out),
                         VOUCH_E_ARGUMENT);
        ck_assert_uint_eq(out.len, 7);
    }
}
END_TEST

START_TEST(collection_type_has_no_nul)
{
    ck_assert_int_eq(parse_with_type((vouch_bytes){(uint8_t *)"a:b\0c", 5}),
                     VOUCH_E_CMW);
    ck_assert_int_eq(parse_with_type((vouch_bytes){(uint8_t *)"1.2\0", 4}),
                     VOUCH_E_CMW);
    ck_assert_int_eq(parse_with_type((vouch_bytes){(uint8_t *)"a\0:", 3}),
                     VOUCH_E_CMW);
}
END_TEST

/* Members */

START_TEST(collection_gives_its_members_in_order)
{
    vouch_buffer octets =
        from_hex("a4 6173 820041aa 685f5f636d77635f74 63613a62"
                 " 20 da63740101 40 1903e8 a1 00 820040");
    vouch_cmw cmw, inner;
    vouch_cmw_member member;
    vouch_bytes rest;

    ck_assert_int_eq(vouch_cmw_parse(span_of(&octets), &cmw), VOUCH_OK);
    ck_assert_int_eq(cmw.kind, VOUCH_CMW_COLLECTION);
    ck_assert_uint_eq(cmw.num_members, 3);
    ck_assert(vouch_bytes_equal(cmw.collection_type, vouch_text("a:b")));
    ck_assert_uint_eq(cmw.media_type.len, 0);
    ck_assert_uint_eq(cmw.value.len, 0);

    rest = cmw.members;
    ck_assert(vouch_cmw_next(&rest, &member));
    ck_assert(vouch_bytes_equal(member.label, vouch_text("s")));
    ck_assert_ptr_eq(member.cmw.data, &octets.data[3]);
    ck_assert_uint_eq(member.cmw.len, 4);
    ck_assert(vouch_cmw_next(&rest, &member));
    ck_assert_uint_eq(member.label.len, 0);
    ck_assert_int_eq(member.number, -1);
    ck_assert_int_eq(vouch_cmw_parse(member.cmw, &inner), VOUCH_OK);
    ck_assert_int_eq(inner.kind, VOUCH_CMW_TAG);
    ck_assert(vouch_cmw_next(&rest, &member));
    ck_assert_int_eq(member.number, 1000);
    ck_assert_int_eq(vouch_cmw_parse(member.cmw, &inner), VOUCH_OK);
    ck_assert_int_eq(inner.kind, VOUCH_CMW_COLLECTION);
    ck_assert_uint_eq(inner.num_members, 1);
    memset(&inner, 0, sizeof inner);
    ck_assert(!vouch_cmw_next(&rest, &member));
    ck_assert_int_eq(member.number, 1000);
    free(octets.data);
}
END_TEST

/* What is not from vouch_cmw_parse is not believed. */
START_TEST(next_stops_at_what_is_no_member)
{
    static const char *const spans[] = {"",
                                        "00",
                                        "60 820040",
                                        "00 8200",
                                        "4173",
                                        "00 82 00",
                                        "00 9b7fffffffffffffff"};

    for (int i = 0; i < COUNT(spans); i++) {
        vouch_buffer octets = from_hex(spans[i]);
        uint8_t *copy = exact_copy(octets.data, octets.len);
        vouch_bytes rest = {copy, octets.len};
        vouch_cmw_member member = {.number = 7};

        ck_assert(!vouch_cmw_next(&rest, &member));
        ck_assert_ptr_eq(rest.data, copy);
        ck_assert_int_eq(member.number, 7);
        free(copy);
        free(octets.data);
    }
}
END_TEST

/* Limits */

static vouch_buffer nested(unsigned depth)
{
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    for (unsigned i = 0; i < depth; i++) {
        ck_assert(vouch_cbor_write_map(&cbb, 1) &&
                  vouch_cbor_write_uint(&cbb, i));
    }
    write_record(&cbb);
    return finish_cbb(&cbb);
}

/* Written as they were read: each within the next. */
static vouch_err write_nested(unsigned depth)
{
    vouch_buffer inner = record();
    vouch_err err = VOUCH_OK;

    for (unsigned i = 0; err == VOUCH_OK && i < depth; i++) {
        const vouch_cmw_member member = {.number = 1, .cmw = span_of(&inner)};
        vouch_buffer outer = {NULL, 0};

        err = vouch_cmw_collection(NULL, &member, 1, &outer);
        if (i == 0) {
            free(inner.data);
        } else {
            vouch_buffer_free(&inner);
        }
        inner = outer;
    }
    vouch_buffer_free(&inner);
    return err;
}

START_TEST(collection_depth_is_limited) /* [C08] */
{
    for (unsigned depth = 1; depth <= VOUCH_LIMIT_CMW_DEPTH + 1; depth++) {
        vouch_err expected =
            depth <= VOUCH_LIMIT_CMW_DEPTH ? VOUCH_OK : VOUCH_E_TOO_MANY;
        vouch_buffer octets = nested(depth);

        ck_assert_int_eq(parse(span_of(&octets)), expected);
        ck_assert_int_eq(write_nested(depth), expected);
        free(octets.data);
    }
}
END_TEST

static vouch_err parse_members(size_t num)
{
    CBB cbb;
    vouch_buffer octets;
    vouch_err err;

    write_head(&cbb, num);
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_cbor_write_uint(&cbb, i));
        write_record(&cbb);
    }
    octets = finish_cbb(&cbb);
    err = parse(span_of(&octets));
    free(octets.data);
    return err;
}

static vouch_err write_members(size_t num, vouch_buffer *out)
{
    vouch_cmw_member members[VOUCH_LIMIT_CMW_MEMBERS + 1];
    vouch_buffer octets = record();
    vouch_err err;

    for (size_t i = 0; i < num; i++) {
        members[i] =
            (vouch_cmw_member){.number = (int64_t)i, .cmw = span_of(&octets)};
    }
    err = vouch_cmw_collection("a:b", members, num, out);
    free(octets.data);
    return err;
}

START_TEST(collection_members_are_limited) /* [C06] */
{
    vouch_buffer out = {NULL, 7};

    ck_assert_int_eq(parse_members(VOUCH_LIMIT_CMW_MEMBERS), VOUCH_OK);
    ck_assert_int_eq(parse_members(VOUCH_LIMIT_CMW_MEMBERS + 1),
                     VOUCH_E_TOO_MANY);
    ck_assert_int_eq(write_members(0, &out), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(write_members(VOUCH_LIMIT_CMW_MEMBERS + 1, &out),
                     VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(out.len, 7);
    ck_assert_int_eq(write_members(VOUCH_LIMIT_CMW_MEMBERS, &out), VOUCH_OK);
    ck_assert_int_eq(parse(span_of(&out)), VOUCH_OK);
    vouch_buffer_free(&out);
}
END_TEST

/* `inner` members in a collection, and `outer` with it. */
static vouch_err parse_two_levels(size_t outer, size_t inner)
{
    CBB cbb;
    vouch_buffer octets;
    vouch_err err;

    write_head(&cbb, outer);
    ck_assert(vouch_cbor_write_uint(&cbb, 0) &&
              vouch_cbor_write_map(&cbb, inner));
    for (size_t i = 0; i < inner; i++) {
        ck_assert(vouch_cbor_write_uint(&cbb, i));
        write_record(&cbb);
    }
    for (size_t i = 1; i < outer; i++) {
        ck_assert(vouch_cbor_write_uint(&cbb, i));
        write_record(&cbb);
    }
    octets = finish_cbb(&cbb);
    err = parse(span_of(&octets));
    free(octets.data);
    return err;
}

START_TEST(collection_members_of_all_levels_are_limited)
{
    const size_t most = VOUCH_LIMIT_CMW_MEMBERS;

    for (size_t inner = 1; inner < most; inner++) {
        ck_assert_int_eq(parse_two_levels(most - inner, inner), VOUCH_OK);
        ck_assert_int_eq(parse_two_levels(most - inner + 1, inner),
                         VOUCH_E_TOO_MANY);
    }
}
END_TEST

START_TEST(collection_label_and_type_are_limited)
{
    char text[VOUCH_LIMIT_CMW_LABEL + 2];
    vouch_buffer one = record();

    for (size_t len = VOUCH_LIMIT_CMW_LABEL; len <= VOUCH_LIMIT_CMW_LABEL + 1;
         len++) {
        bool fits = len == VOUCH_LIMIT_CMW_LABEL;
        vouch_buffer octets, out = {NULL, 7};
        vouch_cmw_member member = {.cmw = span_of(&one)};
        CBB cbb;

        memset(text, 'a', len);
        text[len] = '\0';
        member.label = vouch_text(text);
        write_head(&cbb, 1);
        ck_assert(vouch_cbor_write_text(&cbb, vouch_text(text)));
        write_record(&cbb);
        octets = finish_cbb(&cbb);
        ck_assert_int_eq(parse(span_of(&octets)),
                         fits ? VOUCH_OK : VOUCH_E_CMW);
        free(octets.data);
        ck_assert_int_eq(vouch_cmw_collection(NULL, &member, 1, &out),
                         fits ? VOUCH_OK : VOUCH_E_ARGUMENT);
        if (fits) {
            vouch_buffer_free(&out);
        }
        text[1] = ':';
        ck_assert_int_eq(parse_with_type(vouch_text(text)),
                         fits ? VOUCH_OK : VOUCH_E_CMW);
        ck_assert_int_eq(write_with_type(text, &out),
                         fits ? VOUCH_OK : VOUCH_E_ARGUMENT);
        if (fits) {
            vouch_buffer_free(&out);
        }
    }
    free(one.data);
}
END_TEST

/* The whole counts. */
START_TEST(cmw_length_is_limited)
{
    enum { AROUND = 1 + 1 + 5 + 3, MOST = VOUCH_LIMIT_CMW - AROUND };
    uint8_t *value = calloc(VOUCH_LIMIT_CMW, 1);

    ck_assert_ptr_nonnull(value);
    for (size_t len = MOST; len <= MOST + 1; len++) {
        bool fits = len == MOST;
        vouch_buffer tag, octets, out = {NULL, 7};
        vouch_cmw_member member = {.number = 0};
        CBB cbb;

        ck_assert_int_eq(vouch_cmw_tag(0, (vouch_bytes){value, len}, &tag),
                         VOUCH_OK);
        write_head(&cbb, 1);
        ck_assert(vouch_cbor_write_uint(&cbb, 0) &&
                  vouch_write_octets(&cbb, span_of(&tag)));
        octets = finish_cbb(&cbb);
        ck_assert_int_eq(parse(span_of(&octets)),
                         fits ? VOUCH_OK : VOUCH_E_TOO_LARGE);
        member.cmw = span_of(&tag);
        ck_assert_int_eq(vouch_cmw_collection(NULL, &member, 1, &out),
                         fits ? VOUCH_OK : VOUCH_E_TOO_LARGE);
        if (fits) {
            ck_assert_uint_eq(out.len, VOUCH_LIMIT_CMW);
            vouch_buffer_free(&out);
        }
        ck_assert_uint_eq(out.len, fits ? 0 : 7);
        free(octets.data);
        vouch_buffer_free(&tag);
    }
    free(value);
}
END_TEST

/* Writing */

static vouch_err write_two(const char *first, const char *second,
                           vouch_bytes label, vouch_buffer *out)
{
    vouch_buffer one = from_hex(first), two = from_hex(second);
    const vouch_cmw_member members[] = {{vouch_text("a"), 0, span_of(&one)},
                                        {label, 1, span_of(&two)}};
    vouch_err err = vouch_cmw_collection(NULL, members, 2, out);

    free(one.data);
    free(two.data);
    return err;
}

START_TEST(collection_is_written_as_it_should_be)
{
    vouch_buffer expected = from_hex("a2 6161 820040 01 820140"), out;

    ck_assert_int_eq(write_two("820040", "820140", vouch_text(""), &out),
                     VOUCH_OK);
    ck_assert(vouch_bytes_equal(span_of(&out), span_of(&expected)));
    vouch_buffer_free(&out);
    free(expected.data);
}
END_TEST

START_TEST(collection_refuses_what_could_not_be_read)
{
    static const struct {
        const char *first, *second, *label;
        vouch_err err;
    } pairs[] = {
        {"820040", "820040", "a", VOUCH_E_ARGUMENT},        /* twice [C06] */
        {"820040", "820040", "__cmwc_t", VOUCH_E_ARGUMENT}, /* [C07] */
        {"820040", "63613a62", "__cmwc_t", VOUCH_E_CMW},
        {"820040", "820040", "\xc3(", VOUCH_E_ARGUMENT},
        {"820040", "00", "b", VOUCH_E_CMW},
        {"820040", "d28440a04040", "b", VOUCH_E_CMW_SIGNED},
        {"820040", "", "b", VOUCH_E_CBOR},
        {"820040", "8200", "b", VOUCH_E_CBOR},
        /* together one member more, and one value between them */
        {"820040", "820040 6163 820040", "b", VOUCH_E_CBOR},
        {"8200", "40 820040", "b", VOUCH_E_CBOR},
    };

    for (int i = 0; i < COUNT(pairs); i++) {
        vouch_buffer out = {NULL, 7};

        ck_assert_int_eq(write_two(pairs[i].first, pairs[i].second,
                                   vouch_text(pairs[i].label), &out),
                         pairs[i].err);
        ck_assert_ptr_null(out.data);
        ck_assert_uint_eq(out.len, 7);
    }
}
END_TEST

/* A length that could not be: nothing is read of it. */
START_TEST(collection_does_not_wrap_around)
{
    vouch_buffer octets = record(), out = {NULL, 7};
    const vouch_cmw_member members[] = {{{NULL, SIZE_MAX}, 0, span_of(&octets)},
                                        {{NULL, 0}, 0, {NULL, SIZE_MAX}}};

    ck_assert_int_eq(vouch_cmw_collection(NULL, &members[0], 1, &out),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_cmw_collection(NULL, &members[1], 1, &out),
                     VOUCH_E_TOO_LARGE);
    ck_assert_uint_eq(out.len, 7);
    free(octets.data);
}
END_TEST

/* Vectors of others, taken apart and written again octet for octet. */
START_TEST(collection_of_the_vectors_is_written_again)
{
    static const char *const names[] = {"draft-collection-1",
                                        "draft-collection-2",
                                        "veraison-collection-cbor-ok",
                                        "veraison-collection-cbor-ok-2",
                                        "veraison-collection-cbor-mixed-keys",
                                        "go-collection-nested"};
    json_t *file = load_vectors("cmw.json");
    vouch_buffer octets = vector_hex(find_vector(file, names[_i]), "hex");
    vouch_cmw_member members[VOUCH_LIMIT_CMW_MEMBERS];
    char type[VOUCH_LIMIT_CMW_LABEL + 1] = {0};
    vouch_bytes rest;
    vouch_buffer out;
    vouch_cmw cmw;

    ck_assert_int_eq(vouch_cmw_parse(span_of(&octets), &cmw), VOUCH_OK);
    rest = cmw.members;
    for (size_t i = 0; i < cmw.num_members; i++) {
        ck_assert(vouch_cmw_next(&rest, &members[i]));
    }
    memcpy(type,
           cmw.collection_type.data != NULL ? cmw.collection_type.data
                                            : (const uint8_t *)"",
           cmw.collection_type.len);
    ck_assert_int_eq(vouch_cmw_collection(type[0] != '\0' ? type : NULL,
                                          members, cmw.num_members, &out),
                     VOUCH_OK);
    ck_assert(vouch_bytes_equal(span_of(&out), span_of(&octets)));
    vouch_buffer_free(&out);
    free(octets.data);
    json_decref(file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmw_collection");
    TCase *tc = tcase_create("tag");

    tcase_add_loop_test(tc, tag_is_of_the_range_over_octets, 0, COUNT(tags));
    tcase_add_test(tc, tag_of_every_format_is_read_again);
    tcase_add_test(tc, tag_refuses_what_could_not_be_read);
    tcase_add_test(tc, tag_and_collection_are_refused_at_every_prefix);
    suite_add_tcase(suite, tc);
    tc = tcase_create("collection");
    tcase_add_loop_test(tc, collection_is_as_it_should_be, 0,
                        COUNT(collections));
    tcase_add_loop_test(tc, collection_type_is_a_uri_or_an_oid, 0,
                        COUNT(types));
    tcase_add_test(tc, collection_type_has_no_nul);
    tcase_add_test(tc, collection_gives_its_members_in_order);
    tcase_add_test(tc, next_stops_at_what_is_no_member);
    tcase_add_test(tc, collection_depth_is_limited);
    tcase_add_test(tc, collection_members_are_limited);
    tcase_add_test(tc, collection_members_of_all_levels_are_limited);
    tcase_add_test(tc, collection_label_and_type_are_limited);
    tcase_add_test(tc, cmw_length_is_limited);
    tcase_add_test(tc, collection_is_written_as_it_should_be);
    tcase_add_test(tc, collection_refuses_what_could_not_be_read);
    tcase_add_test(tc, collection_does_not_wrap_around);
    tcase_add_loop_test(tc, collection_of_the_vectors_is_written_again, 0, 6);
    suite_add_tcase(suite, tc);
    return suite;
}
