/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/evidence.h>

#include "proto/context.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "proto/message_schema.h"
#include "tests/support/octets.h"

#define DIGEST \
    "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "

/* A pair of a map, and what decoding says when it is not there. */
struct pair {
    const char *key, *value;
    vouch_err absent;
};

static const struct pair capabilities[] = {
    {"00", "01", VOUCH_E_CBOR},
    {"01", "82 63612f62 63612f63", VOUCH_E_CBOR},
    {"02", "80", VOUCH_E_CBOR},
    {"03", "1825", VOUCH_E_CBOR},
    {"04", "1a00020000", VOUCH_E_CBOR},
    {"05", "19fff9", VOUCH_E_CBOR},
    {"06", "04", VOUCH_E_CBOR},
    {"07", "48 0001020304050607", VOUCH_E_CBOR},
};

static const struct pair request[] = {
    {"01", "1be000000000000001", VOUCH_E_CBOR},
    {"02", "43 0d0000", VOUCH_E_CBOR},
    {"03", "81 63612f62", VOUCH_E_CBOR},
    {"04", DIGEST, VOUCH_OK},
    {"05", "48 0001020304050607", VOUCH_OK},
    {"06", "192710", VOUCH_E_CBOR},
};

static const struct pair authenticator[] = {
    {"01", "1b8000000000000001", VOUCH_E_CBOR},
    {"02", "44 14000000", VOUCH_E_CBOR},
    {"03", "02", VOUCH_OK},
    {"04", "1903e8", VOUCH_OK},
};

static const struct pair outcome[] = {
    {"01", "1b8000000000000001", VOUCH_E_CBOR},
    {"02", "00", VOUCH_E_CBOR},
    {"03", "00", VOUCH_E_CBOR},
    {"04", "1a000493e0", VOUCH_E_ILLEGAL},
};

static const struct pair posture[] = {{"01", "07", VOUCH_E_CBOR}};

static const struct pair command[] = {
    {"01", "1bc000000000000001", VOUCH_E_CBOR},
    {"02", "43 726d78", VOUCH_E_CBOR},
};

static const struct pair reply[] = {
    {"01", "1bc000000000000001", VOUCH_E_CBOR},
    {"02", "00", VOUCH_E_CBOR},
    {"03", "42 6f6b", VOUCH_OK},
    {"04", "f5", VOUCH_OK},
};

static const struct pair close[] = {{"01", "04", VOUCH_E_CBOR}};

union message {
    struct vouch_capabilities capabilities;
    struct vouch_request_message request;
    struct vouch_authenticator_message authenticator;
    struct vouch_outcome_message outcome;
    struct vouch_close_message close;
    struct vouch_posture_message posture;
    struct vouch_command_message command;
    struct vouch_reply_message reply;
};

#define CODEC(name, member)                                              \
    static vouch_err decode_##member(vouch_bytes in, union message *out) \
    {                                                                    \
        return vouch_##name##_decode(in, &out->member);                  \
    }                                                                    \
    static vouch_err encode_##member(CBB *out, const union message *in)  \
    {                                                                    \
        return vouch_##name##_encode(out, &in->member);                  \
    }
CODEC(capabilities, capabilities)
CODEC(request_message, request)
CODEC(authenticator_message, authenticator)
CODEC(outcome_message, outcome)
CODEC(close_message, close)
CODEC(posture_message, posture)
CODEC(command_message, command)
CODEC(reply_message, reply)

#define KIND(member)                                               \
    {                                                              \
        member, sizeof member / sizeof member[0], decode_##member, \
            encode_##member, &vouch_##member##_schema              \
    }
static const struct kind {
    const struct pair *pairs;
    size_t num;
    vouch_err (*decode)(vouch_bytes in, union message *out);
    vouch_err (*encode)(CBB *out, const union message *in);
    const struct vouch_schema *schema;
} kinds[] = {
    KIND(capabilities), KIND(request), KIND(authenticator), KIND(outcome),
    KIND(close),        KIND(posture), KIND(command),       KIND(reply),
};

/* A map under construction, in hexadecimal. */
struct map {
    char hex[4096];
    size_t pairs;
};

static void add(struct map *map, const char *key, const char *value)
{
    size_t len = strlen(map->hex);

    ck_assert_uint_lt(len + strlen(key) + strlen(value), sizeof map->hex);
    snprintf(&map->hex[len], sizeof map->hex - len, "%s%s", key, value);
    map->pairs++;
}

static vouch_buffer map_octets(const struct map *map)
{
    char hex[sizeof map->hex + 8];

    ck_assert_uint_lt(map->pairs, 24);
    snprintf(hex, sizeof hex, "%02x%s", 0xa0 + (unsigned)map->pairs, map->hex);
    return from_hex(hex);
}

/* All pairs of a kind, but `value` for pair `at`, or nothing if that is
 * NULL. */
static vouch_buffer message_but(const struct kind *kind, size_t at,
                                const char *value)
{
    struct map map = {.pairs = 0};

    for (size_t i = 0; i < kind->num; i++) {
        if (i != at) {
            add(&map, kind->pairs[i].key, kind->pairs[i].value);
        } else if (value != NULL) {
            add(&map, kind->pairs[i].key, value);
        }
    }
    return map_octets(&map);
}

static vouch_buffer whole(const struct kind *kind)
{
    return message_but(kind, SIZE_MAX, NULL);
}

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(const struct kind *kind, vouch_bytes octets)
{
    uint8_t *copy = exact_copy(octets.data, octets.len);
    union message message, before;
    vouch_err err;

    memset(&message, 0xa5, sizeof message);
    memcpy(&before, &message, sizeof message);
    err = kind->decode((vouch_bytes){copy, octets.len}, &message);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&message, &before, sizeof message);
    }
    free(copy);
    return err;
}

static void assert_decodes(vouch_err expected, const struct kind *kind,
                           vouch_buffer octets)
{
    ck_assert_int_eq(decode(kind, span_of(&octets)), expected);
    free(octets.data);
}

/* What is decoded from `octets` encodes to `expected`. */
static void assert_encodes(const struct kind *kind, const vouch_buffer *octets,
                           const vouch_buffer *expected)
{
    union message message;
    vouch_buffer again;
    CBB cbb;

    ck_assert_int_eq(kind->decode(span_of(octets), &message), VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 16), 1);
    ck_assert_int_eq(kind->encode(&cbb, &message), VOUCH_OK);
    again = finish_cbb(&cbb);
    ck_assert_uint_eq(again.len, expected->len);
    ck_assert_mem_eq(again.data, expected->data, again.len);
    free(again.data);
}

START_TEST(message_encodes_as_it_was_decoded)
{
    const struct kind *kind = &kinds[_i];

    for (size_t at = 0; at <= kind->num; at++) {
        vouch_buffer octets = message_but(kind, at, NULL);

        if (at == kind->num || kind->pairs[at].absent == VOUCH_OK) {
            assert_encodes(kind, &octets, &octets);
        } else {
            ck_assert_int_eq(decode(kind, span_of(&octets)),
                             kind->pairs[at].absent);
        }
        free(octets.data);
    }
}
END_TEST

START_TEST(message_refuses_every_prefix_and_what_follows)
{
    const struct kind *kind = &kinds[_i];
    vouch_buffer octets = whole(kind);
    uint8_t *longer = malloc(octets.len + 1);

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(decode(kind, (vouch_bytes){octets.data, len}),
                         VOUCH_E_CBOR);
    }
    memcpy(longer, octets.data, octets.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[octets.len] = (uint8_t)octet;
        ck_assert_int_eq(decode(kind, (vouch_bytes){longer, octets.len + 1}),
                         VOUCH_E_CBOR);
    }
    free(longer);
    free(octets.data);
}
END_TEST

START_TEST(message_refuses_every_duplicate)
{
    const struct kind *kind = &kinds[_i];

    for (size_t twice = 0; twice < kind->num; twice++) {
        struct map map = {.pairs = 0};

        for (size_t i = 0; i < kind->num; i++) {
            add(&map, kind->pairs[i].key, kind->pairs[i].value);
            if (i == twice) {
                add(&map, kind->pairs[i].key, kind->pairs[i].value);
            }
        }
        assert_decodes(VOUCH_E_CBOR, kind, map_octets(&map));
    }
}
END_TEST

START_TEST(message_refuses_keys_in_disorder)
{
    const struct kind *kind = &kinds[_i];

    for (size_t swapped = 0; swapped + 1 < kind->num; swapped++) {
        struct map map = {.pairs = 0};

        for (size_t i = 0; i < kind->num; i++) {
            size_t pair = i == swapped ? i + 1 : i == swapped + 1 ? i - 1 : i;

            add(&map, kind->pairs[pair].key, kind->pairs[pair].value);
        }
        assert_decodes(VOUCH_E_CBOR, kind, map_octets(&map));
    }
}
END_TEST

/* One item of each type. */
static const char *const items[] = {"00", "20",   "40", "60",     "80",
                                    "a0", "c000", "f5", "f93c00", "f6"};

static unsigned type_of(const char *hex)
{
    vouch_buffer octets = from_hex(hex);
    unsigned type = octets.data[0] >> 5;

    free(octets.data);
    return type;
}

START_TEST(message_refuses_every_other_type)
{
    const struct kind *kind = &kinds[_i];

    for (size_t at = 0; at < kind->num; at++) {
        for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
            if (type_of(items[i]) != type_of(kind->pairs[at].value)) {
                assert_decodes(VOUCH_E_CBOR, kind,
                               message_but(kind, at, items[i]));
            }
        }
    }
}
END_TEST

START_TEST(message_is_a_map)
{
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        assert_decodes(VOUCH_E_CBOR, &kinds[_i], from_hex(items[i]));
    }
    assert_decodes(VOUCH_E_CBOR, &kinds[_i], from_hex(""));
    /* in an indefinite length, and in a longer head */
    assert_decodes(VOUCH_E_CBOR, &kinds[_i], from_hex("bf0104ff"));
    assert_decodes(VOUCH_E_CBOR, &kinds[_i], from_hex("b8010104"));
}
END_TEST

/* Keys that come after all that are known, of each type that a key may have. */
static const char *const unknown[] = {"17",
                                      "1863",
                                      "20",
                                      "40",
                                      "6161",
                                      "8101",
                                      "a0",
                                      "f4",
                                      "f93c00",
                                      "fb3ff1"
                                      "99999999999"
                                      "a"};

START_TEST(message_ignores_unknown_keys)
{
    const struct kind *kind = &kinds[_i];
    vouch_buffer expected = whole(kind);

    for (size_t k = 0; k < sizeof unknown / sizeof unknown[0]; k++) {
        for (size_t v = 0; v < sizeof items / sizeof items[0]; v++) {
            struct map map = {.pairs = 0};
            vouch_buffer octets;

            for (size_t i = 0; i < kind->num; i++) {
                add(&map, kind->pairs[i].key, kind->pairs[i].value);
            }
            add(&map, unknown[k], items[v]);
            octets = map_octets(&map);
            assert_encodes(kind, &octets, &expected);
            free(octets.data);
        }
    }
    free(expected.data);
}
END_TEST

/* Lower than all that are known. */
START_TEST(message_ignores_an_unknown_key_at_the_front)
{
    const struct kind *kind = &kinds[_i];
    vouch_buffer octets, expected = whole(kind);
    struct map map = {.pairs = 0};

    add(&map, "00", "82a10140f6");
    for (size_t i = 0; i < kind->num; i++) {
        add(&map, kind->pairs[i].key, kind->pairs[i].value);
    }
    octets = map_octets(&map);
    assert_encodes(kind, &octets, &expected);
    free(octets.data);
    free(expected.data);
}
END_TEST

START_TEST(message_takes_every_unsigned_number)
{
    const struct kind *kind = &kinds[_i];

    for (size_t at = 0; at < kind->num; at++) {
        bool is_limited = (kind->pairs == capabilities && at == 0) ||
                          (kind->pairs == outcome && at == 1);

        if (type_of(kind->pairs[at].value) == 0 && !is_limited) {
            vouch_buffer octets = message_but(kind, at, "1bffffffffffffffff");

            assert_encodes(kind, &octets, &octets);
            free(octets.data);
        }
    }
}
END_TEST

START_TEST(message_encode_says_when_there_is_no_room)
{
    const struct kind *kind = &kinds[_i];
    vouch_buffer octets = whole(kind);
    union message message;

    ck_assert_int_eq(kind->decode(span_of(&octets), &message), VOUCH_OK);
    for (size_t room = 0; room < octets.len; room++) {
        uint8_t *to = exact_copy(octets.data, room);
        CBB cbb;

        ck_assert_int_eq(CBB_init_fixed(&cbb, to, room), 1);
        ck_assert_int_eq(kind->encode(&cbb, &message), VOUCH_E_NOMEM);
        CBB_cleanup(&cbb);
        free(to);
    }
    free(octets.data);
}
END_TEST

START_TEST(message_schema_ascends)
{
    const struct vouch_schema *schema = kinds[_i].schema;

    ck_assert_uint_eq(schema->num, kinds[_i].num);
    for (size_t i = 1; i < schema->num; i++) {
        ck_assert_uint_lt(schema->fields[i - 1].key, schema->fields[i].key);
    }
}
END_TEST

/* What stands in each */

static void assert_octets(vouch_bytes found, const char *hex)
{
    vouch_buffer expected = from_hex(hex);

    ck_assert(vouch_bytes_equal(found, span_of(&expected)));
    free(expected.data);
}

START_TEST(capabilities_are_read)
{
    vouch_buffer octets = whole(&kinds[0]);
    struct vouch_capabilities m;

    ck_assert_int_eq(vouch_capabilities_decode(span_of(&octets), &m), VOUCH_OK);
    ck_assert_uint_eq(m.version, 1);
    ck_assert_uint_eq(m.produces.num, 2);
    assert_octets(m.produces.format[0], "612f62");
    assert_octets(m.produces.format[1], "612f63");
    ck_assert_uint_eq(m.appraises.num, 0);
    ck_assert_uint_eq(m.flags, VOUCH_FLAG_WILL_ASK | VOUCH_FLAG_LIST_WITHHELD |
                                   VOUCH_FLAG_DATA_GATED);
    ck_assert_uint_eq(m.max_capsule, 131072);
    ck_assert_uint_eq(m.max_evidence, 65529);
    ck_assert_uint_eq(m.max_in_flight, 4);
    assert_octets(m.conn_check, "0001020304050607");
    free(octets.data);
}
END_TEST

START_TEST(request_is_read)
{
    vouch_buffer octets = whole(&kinds[1]), plain;
    struct vouch_request_message m;
    struct map map = {.pairs = 0};

    ck_assert_int_eq(vouch_request_message_decode(span_of(&octets), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.id, UINT64_C(0xe000000000000001));
    assert_octets(m.request, "0d0000");
    ck_assert_uint_eq(m.accepts.num, 1);
    assert_octets(m.accepts.format[0], "612f62");
    ck_assert_uint_eq(m.operation.len, 32);
    assert_octets(m.nonce, "0001020304050607");
    ck_assert_uint_eq(m.within_ms, 10000);
    add(&map, "01", "01");
    add(&map, "02", "40");
    add(&map, "03", "816161");
    add(&map, "06", "00");
    plain = map_octets(&map);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&plain), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.operation.len, 0);
    ck_assert_uint_eq(m.nonce.len, 0);
    free(octets.data);
    free(plain.data);
}
END_TEST

START_TEST(authenticator_is_read)
{
    vouch_buffer octets = whole(&kinds[2]);
    vouch_buffer plain = from_hex("a2 0101 0240");
    struct vouch_authenticator_message m;

    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&octets), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.id, UINT64_C(0x8000000000000001));
    assert_octets(m.authenticator, "14000000");
    ck_assert(m.has_reason && m.has_retry);
    ck_assert_uint_eq(m.reason, VOUCH_WIRE_BUSY);
    ck_assert_uint_eq(m.retry_ms, 1000);
    ck_assert_int_eq(vouch_authenticator_message_decode(span_of(&plain), &m),
                     VOUCH_OK);
    ck_assert(!m.has_reason && !m.has_retry);
    free(octets.data);
    free(plain.data);
}
END_TEST

START_TEST(outcome_and_close_are_read)
{
    vouch_buffer octets = whole(&kinds[3]), code = whole(&kinds[4]);
    struct vouch_outcome_message m;
    struct vouch_close_message end;

    ck_assert_int_eq(vouch_outcome_message_decode(span_of(&octets), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.id, UINT64_C(0x8000000000000001));
    ck_assert_uint_eq(m.verdict, VOUCH_ACCEPTED);
    ck_assert_uint_eq(m.reason, VOUCH_WIRE_NONE);
    ck_assert(m.has_hold);
    ck_assert_uint_eq(m.hold_ms, 300000);
    ck_assert_int_eq(vouch_close_message_decode(span_of(&code), &end),
                     VOUCH_OK);
    ck_assert_uint_eq(end.code, VOUCH_CLOSE_REFUSED);
    free(octets.data);
    free(code.data);
}
END_TEST

START_TEST(reply_is_read)
{
    vouch_buffer octets = whole(&kinds[7]);
    vouch_buffer plain = from_hex("a2 0101 0206");
    vouch_buffer empty = from_hex("a3 0101 0206 0340");
    struct vouch_reply_message m;

    ck_assert_int_eq(vouch_reply_message_decode(span_of(&octets), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.id, UINT64_C(0xc000000000000001));
    ck_assert_uint_eq(m.status, 0);
    ck_assert(m.has_octets && m.posture_changed);
    assert_octets(m.octets, "6f6b");
    ck_assert_int_eq(vouch_reply_message_decode(span_of(&plain), &m), VOUCH_OK);
    ck_assert_uint_eq(m.status, 6);
    ck_assert(!m.has_octets && !m.posture_changed);
    ck_assert_int_eq(vouch_reply_message_decode(span_of(&empty), &m), VOUCH_OK);
    ck_assert(m.has_octets && m.octets.len == 0);
    assert_encodes(&kinds[7], &empty, &empty);
    free(octets.data);
    free(plain.data);
    free(empty.data);
}
END_TEST

/* It is true, or it is not there. */
START_TEST(posture_changed_is_true)
{
    static const char *const others[] = {"f4", "f6", "f7", "f93c00", "01"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_decodes(VOUCH_E_CBOR, &kinds[7],
                       message_but(&kinds[7], 3, others[i]));
    }
}
END_TEST

START_TEST(posture_and_command_are_read)
{
    vouch_buffer epoch = whole(&kinds[5]), octets = whole(&kinds[6]);
    struct vouch_posture_message p;
    struct vouch_command_message c;

    ck_assert_int_eq(vouch_posture_message_decode(span_of(&epoch), &p),
                     VOUCH_OK);
    ck_assert_uint_eq(p.epoch, 7);
    ck_assert_int_eq(vouch_command_message_decode(span_of(&octets), &c),
                     VOUCH_OK);
    ck_assert_uint_eq(c.id, UINT64_C(0xc000000000000001));
    assert_octets(c.operation, "726d78");
    free(epoch.data);
    free(octets.data);
}
END_TEST

/* A version or verdict that nobody knows is CLOSE 1, by a name of its own. */
START_TEST(capabilities_are_of_version_1)
{
    assert_decodes(VOUCH_E_ILLEGAL, &kinds[0], message_but(&kinds[0], 0, "00"));
    assert_decodes(VOUCH_E_ILLEGAL, &kinds[0], message_but(&kinds[0], 0, "02"));
    assert_decodes(VOUCH_E_ILLEGAL, &kinds[0],
                   message_but(&kinds[0], 0, "1b0000000100000001"));
}
END_TEST

static const struct {
    const char *verdict, *hold;
    vouch_err err;
} outcomes[] = {
    {"00", "01", VOUCH_OK},
    {"00", NULL, VOUCH_E_ILLEGAL},
    {"01", NULL, VOUCH_OK},
    {"01", "01", VOUCH_E_ILLEGAL},
    {"02", NULL, VOUCH_OK},
    {"02", "00", VOUCH_E_ILLEGAL},
    {"03", NULL, VOUCH_E_ILLEGAL},
    {"03", "01", VOUCH_E_ILLEGAL},
    {"18ff", "01", VOUCH_E_ILLEGAL},
    {"1b0000000100000000", "01", VOUCH_E_ILLEGAL},
};

START_TEST(outcome_has_a_hold_with_accepted_only)
{
    struct map map = {.pairs = 0};

    add(&map, "01", "01");
    add(&map, "02", outcomes[_i].verdict);
    add(&map, "03", "00");
    if (outcomes[_i].hold != NULL) {
        add(&map, "04", outcomes[_i].hold);
    }
    assert_decodes(outcomes[_i].err, &kinds[3], map_octets(&map));
}
END_TEST

/* Lengths at their limits. */
static const struct {
    int kind;
    size_t at;
    size_t len;
    bool good;
} lengths[] = {
    {0, 7, 0, false},  {0, 7, 7, false}, {0, 7, 8, true},   {0, 7, 9, false},
    {1, 1, 0, true},   {1, 1, 1, true},  {1, 1, 900, true}, {1, 3, 0, false},
    {1, 3, 31, false}, {1, 3, 32, true}, {1, 3, 33, false}, {1, 4, 0, false},
    {1, 4, 7, false},  {1, 4, 8, true},  {1, 4, 64, true},  {1, 4, 65, false},
    {2, 1, 0, true},   {2, 1, 1, true},  {2, 1, 900, true}, {6, 1, 0, true},
    {6, 1, 900, true}, {7, 2, 0, true},  {7, 2, 900, true},
};

START_TEST(octet_strings_keep_to_their_lengths)
{
    const struct kind *kind = &kinds[lengths[_i].kind];
    size_t len = lengths[_i].len;
    char hex[2048];
    int at = len < 24    ? snprintf(hex, sizeof hex, "%02zx", 0x40 + len)
             : len < 256 ? snprintf(hex, sizeof hex, "58%02zx", len)
                         : snprintf(hex, sizeof hex, "59%04zx", len);

    memset(&hex[at], '0', 2 * len);
    hex[(size_t)at + 2 * len] = '\0';
    assert_decodes(lengths[_i].good ? VOUCH_OK : VOUCH_E_CBOR, kind,
                   message_but(kind, lengths[_i].at, hex));
}
END_TEST

/* Where lists of formats stand, and whether they may be empty. */
static const struct {
    int kind;
    size_t at;
    vouch_err empty;
} lists[] = {{0, 1, VOUCH_OK}, {0, 2, VOUCH_OK}, {1, 2, VOUCH_E_CBOR}};

static vouch_err decode_list(int i, const char *list)
{
    const struct kind *kind = &kinds[lists[i].kind];
    vouch_buffer octets = message_but(kind, lists[i].at, list);
    vouch_err err = decode(kind, span_of(&octets));

    free(octets.data);
    return err;
}

START_TEST(formats_are_limited_in_number)
{
    char hex[256];
    size_t len;

    ck_assert_int_eq(decode_list(_i, "80"), lists[_i].empty);
    len = (size_t)snprintf(hex, sizeof hex, "%02x", 0x80 + VOUCH_LIMIT_FORMATS);
    for (size_t i = 0; i < VOUCH_LIMIT_FORMATS; i++) {
        strcpy(&hex[len + 4 * i], "6161");
    }
    ck_assert_int_eq(decode_list(_i, hex), VOUCH_OK);
    strcat(hex, "6161");
    snprintf(hex, 3, "%02x", 0x81 + VOUCH_LIMIT_FORMATS);
    hex[2] = '6';
    ck_assert_int_eq(decode_list(_i, hex), VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(formats_are_media_types)
{
    static const char *const no_types[] = {
        "8160",                            /* of no character */
        "8161 00",                         /* NUL */
        "8161 1f", "8161 7f", "8162 c3a9", /* not ASCII */
        "8141 61", "8101",    "8180",      "826161 60", "826161 01",
    };

    for (size_t i = 0; i < sizeof no_types / sizeof no_types[0]; i++) {
        ck_assert_int_eq(decode_list(_i, no_types[i]), VOUCH_E_CBOR);
    }
    ck_assert_int_eq(decode_list(_i, "8161 20"), VOUCH_OK);
    ck_assert_int_eq(decode_list(_i, "8161 7e"), VOUCH_OK);
}
END_TEST

START_TEST(formats_are_limited_in_length)
{
    char hex[2048] = "8178ff";

    for (size_t i = 0; i < VOUCH_LIMIT_MEDIA_TYPE; i++) {
        strcpy(&hex[6 + 2 * i], "61");
    }
    ck_assert_int_eq(decode_list(_i, hex), VOUCH_OK);
    memmove(&hex[8], &hex[6], strlen(&hex[6]) + 1);
    memcpy(hex, "81790100", 8);
    strcat(hex, "61");
    ck_assert_int_eq(decode_list(_i, hex), VOUCH_E_CBOR);
}
END_TEST

/* Encoders */

static vouch_err encode(const struct kind *kind, const union message *message)
{
    vouch_err err;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 16), 1);
    err = kind->encode(&cbb, message);
    CBB_cleanup(&cbb);
    return err;
}

static const uint8_t zeros[VOUCH_NONCE_MAX + 1];

static vouch_bytes octets_of(size_t len)
{
    return (vouch_bytes){zeros, len};
}

static struct vouch_formats formats(size_t num)
{
    struct vouch_formats list = {.num = num};

    for (size_t i = 0; i < num && i < VOUCH_LIMIT_FORMATS; i++) {
        list.format[i] = vouch_text("a/b");
    }
    return list;
}

static union message good_capabilities(void)
{
    return (union message){.capabilities = {.version = VOUCH_PROTOCOL_VERSION,
                                            .conn_check = octets_of(8)}};
}

static union message good_request(void)
{
    return (union message){.request = {.id = 1, .accepts = formats(1)}};
}

START_TEST(capabilities_encode_refuses_what_could_not_be_decoded)
{
    union message m = good_capabilities();

    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_OK);
    m.capabilities.version = 2;
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
    m = good_capabilities();
    m.capabilities.conn_check = octets_of(7);
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
    m.capabilities.conn_check = octets_of(9);
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
    m = good_capabilities();
    m.capabilities.produces = formats(VOUCH_LIMIT_FORMATS);
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_OK);
    m.capabilities.produces = formats(VOUCH_LIMIT_FORMATS + 1);
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
    m = good_capabilities();
    m.capabilities.appraises = formats(1);
    m.capabilities.appraises.format[0] = vouch_text("");
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
    m.capabilities.appraises.format[0] = vouch_text("a\n");
    ck_assert_int_eq(encode(&kinds[0], &m), VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(request_encode_refuses_what_could_not_be_decoded)
{
    static const struct {
        size_t formats, operation, nonce;
        vouch_err err;
    } cases[] = {
        {1, 0, 0, VOUCH_OK},          {0, 0, 0, VOUCH_E_ARGUMENT},
        {16, 32, 8, VOUCH_OK},        {17, 0, 0, VOUCH_E_ARGUMENT},
        {1, 31, 0, VOUCH_E_ARGUMENT}, {1, 33, 0, VOUCH_E_ARGUMENT},
        {1, 0, 7, VOUCH_E_ARGUMENT},  {1, 0, 64, VOUCH_OK},
        {1, 0, 65, VOUCH_E_ARGUMENT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        union message m = good_request();

        m.request.accepts = formats(cases[i].formats);
        m.request.operation = octets_of(cases[i].operation);
        m.request.nonce = octets_of(cases[i].nonce);
        ck_assert_int_eq(encode(&kinds[1], &m), cases[i].err);
    }
}
END_TEST

START_TEST(outcome_encode_refuses_what_could_not_be_decoded)
{
    for (uint64_t verdict = 0; verdict < 5; verdict++) {
        for (int hold = 0; hold < 2; hold++) {
            union message m = {.outcome = {.id = 1,
                                           .verdict = verdict,
                                           .has_hold = hold != 0}};
            bool good =
                verdict < 3 && (hold != 0) == (verdict == VOUCH_ACCEPTED);

            ck_assert_int_eq(encode(&kinds[3], &m),
                             good ? VOUCH_OK : VOUCH_E_ARGUMENT);
        }
    }
}
END_TEST

/* No operation, nonce, reason, retry or hold: no pair for it. */
START_TEST(what_is_absent_is_not_encoded)
{
    static const struct {
        int kind;
        const char *hex;
    } cases[] = {
        {1, "a4 0101 0240 03 81 63612f62 0600"},
        {2, "a2 0101 0240"},
    };
    union message messages[] = {good_request(), {.authenticator = {.id = 1}}};

    for (size_t i = 0; i < 2; i++) {
        vouch_buffer written, expected = from_hex(cases[i].hex);
        CBB cbb;

        ck_assert_int_eq(CBB_init(&cbb, 16), 1);
        ck_assert_int_eq(kinds[cases[i].kind].encode(&cbb, &messages[i]),
                         VOUCH_OK);
        written = finish_cbb(&cbb);
        ck_assert_uint_eq(written.len, expected.len);
        ck_assert_mem_eq(written.data, expected.data, written.len);
        free(written.data);
        free(expected.data);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tc = tcase_create("message");

    tcase_add_loop_test(tc, message_encodes_as_it_was_decoded, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_refuses_every_prefix_and_what_follows, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tc, message_refuses_every_duplicate, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_refuses_keys_in_disorder, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_refuses_every_other_type, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_is_a_map, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_ignores_unknown_keys, 0, COUNT(kinds));
    tcase_add_loop_test(tc, message_ignores_an_unknown_key_at_the_front, 1,
                        COUNT(kinds));
    tcase_add_loop_test(tc, message_takes_every_unsigned_number, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tc, message_encode_says_when_there_is_no_room, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tc, message_schema_ascends, 0, COUNT(kinds));
    tcase_add_test(tc, capabilities_are_read);
    tcase_add_test(tc, request_is_read);
    tcase_add_test(tc, authenticator_is_read);
    tcase_add_test(tc, outcome_and_close_are_read);
    tcase_add_test(tc, reply_is_read);
    tcase_add_test(tc, posture_changed_is_true);
    tcase_add_test(tc, posture_and_command_are_read);
    tcase_add_test(tc, capabilities_are_of_version_1);
    tcase_add_loop_test(tc, outcome_has_a_hold_with_accepted_only, 0,
                        COUNT(outcomes));
    tcase_add_loop_test(tc, octet_strings_keep_to_their_lengths, 0,
                        COUNT(lengths));
    tcase_add_loop_test(tc, formats_are_limited_in_number, 0, COUNT(lists));
    tcase_add_loop_test(tc, formats_are_media_types, 0, COUNT(lists));
    tcase_add_loop_test(tc, formats_are_limited_in_length, 0, COUNT(lists));
    tcase_add_test(tc, capabilities_encode_refuses_what_could_not_be_decoded);
    tcase_add_test(tc, request_encode_refuses_what_could_not_be_decoded);
    tcase_add_test(tc, outcome_encode_refuses_what_could_not_be_decoded);
    tcase_add_test(tc, what_is_absent_is_not_encoded);
    suite_add_tcase(suite, tc);
    return suite;
}
