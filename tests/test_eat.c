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

#define SHA256_HEX \
    "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* All claims that are known, in their order, with a value that is good. */
static const struct {
    int64_t key;
    const char *label, *value;
} claims[] = {
    {4, "04", "1a6b49d201"},
    {5, "05", "1a6b49d1ff"},
    {6, "06", "1a6b49d200"},
    {10, "0a", "48 0001020304050607"},
    {256, "190100", "47 01020304050607"},
    {258, "190102", "43 acde48"},
    {259, "190103", "42 0102"},
    {260, "190104", "81 6168"},
    {261, "190105", "1903e8"},
    {262, "190106", "f4"},
    {263, "190107", "03"},
    {265, "190109", "6161"},
    {266, "19010a", "a1 6173 a1 190107 01"},
    {267, "19010b", "00"},
    {268, "19010c", SHA256_HEX},
    {270, "19010e", "6162"},
    {271, "19010f", "81 6163"},
    {-80001, "3a00013880", SHA256_HEX},
    {-80002, "3a00013881", "a1 6164" SHA256_HEX},
    {-80003, "3a00013882", "6165"},
    {-80004, "3a00013883", "6166"},
    {-80005, "3a00013884", "07"},
    {-80006, "3a00013885", SHA256_HEX},
    {-80007, "3a00013886", "a1 6167" SHA256_HEX},
    {-80008, "3a00013887", "1820"},
};

enum { NUM_CLAIMS = COUNT(claims) };

static int at_key(int64_t key)
{
    int at = 0;

    while (at < NUM_CLAIMS && claims[at].key != key) {
        at++;
    }
    ck_assert_int_lt(at, NUM_CLAIMS);
    return at;
}

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
    size_t len = 0;

    /* a map of 24 pairs or more */
    len += (size_t)snprintf(hex, sizeof hex, "b8%02x",
                            (unsigned)NUM_CLAIMS - (at >= 0 && value == NULL));
    for (int i = 0; i < NUM_CLAIMS; i++) {
        const char *written = i == at ? value : claims[i].value;

        if (written != NULL) {
            len += (size_t)snprintf(&hex[len], sizeof hex - len, "%s%s",
                                    claims[i].label, written);
        }
    }
    ck_assert_uint_lt(len, sizeof hex - 1);
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

static void assert_digests(vouch_bytes map, const char *name_hex)
{
    vouch_bytes name, sha256;
    size_t num;
    CBS in = vouch_digests_begin(map, &num);

    ck_assert_uint_eq(num, 1);
    ck_assert(vouch_digests_next(&in, &name, &sha256));
    assert_span(name, name_hex);
    ck_assert_uint_eq(sha256.len, 32);
    ck_assert(!vouch_digests_next(&in, &name, &sha256));
}

START_TEST(eat_decode_finds_the_claims)
{
    vouch_buffer octets = token_but(-1, NULL);
    struct vouch_eat eat;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    ck_assert_int_eq(eat.exp, 1800000001);
    ck_assert_int_eq(eat.nbf, 1799999999);
    ck_assert_int_eq(eat.iat, 1800000000);
    assert_span(eat.nonce, "0001020304050607");
    assert_span(eat.ueid, "01020304050607");
    assert_span(eat.oemid, "43 acde48");
    assert_span(eat.hwmodel, "0102");
    assert_span(eat.hwversion, "68");
    ck_assert_uint_eq(eat.uptime, 1000);
    ck_assert_uint_eq(eat.oemboot, 0);
    ck_assert_uint_eq(eat.dbgstat, VOUCH_EAT_DEBUG_DISABLED_PERMANENTLY);
    assert_span(eat.profile, "61");
    assert_span(eat.submods, "a1 6173 a1 190107 01");
    ck_assert_uint_eq(eat.bootcount, 0);
    ck_assert_uint_eq(eat.bootseed.len, 32);
    assert_span(eat.swname, "62");
    assert_span(eat.swversion, "63");
    ck_assert_uint_eq(eat.aik_pub_hash.len, 32);
    assert_span(eat.kernel, "65");
    assert_span(eat.boot_id, "66");
    ck_assert_uint_eq(eat.epoch, 7);
    ck_assert_uint_eq(eat.posture_digest.len, 32);
    ck_assert_uint_eq(eat.security_version, 32);
    assert_digests(eat.measurements, "64");
    assert_digests(eat.components, "67");
    free(octets.data);
}
END_TEST

/* Each when it is there, be its value zero, and none that is not. */
START_TEST(eat_has_the_claims_that_it_has)
{
    vouch_buffer octets = token_but(_i, NULL);
    struct vouch_eat eat;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    for (int i = 0; i < NUM_CLAIMS; i++) {
        ck_assert(vouch_eat_has(&eat, claims[i].key) == (i != _i));
    }
    ck_assert(!vouch_eat_has(&eat, 0));
    ck_assert(!vouch_eat_has(&eat, 264));
    ck_assert(!vouch_eat_has(&eat, -80009));
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
    for (int i = 0; i < NUM_CLAIMS; i++) {
        ck_assert(!vouch_eat_has(&eat, claims[i].key));
    }
    (void)vouch_digests_begin(eat.measurements, &num);
    ck_assert_uint_eq(num, 0);
    num = 7;
    (void)vouch_eat_submodules(&eat, &num);
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

/* Which of them a claim may be. */
static bool is_of_type(int64_t key, const char *item)
{
    bool is_uint = strcmp(item, "00") == 0;

    switch (key) {
    case 4: /* exp, nbf, iat */
    case 5:
    case 6:
        return is_uint || strcmp(item, "20") == 0;
    case 258: /* oemid, of IANA; uptime, dbgstat, bootcount */
    case 261:
    case 263:
    case 267:
    case -80005: /* epoch, security_version */
    case -80008:
        return is_uint;
    case 262: /* oemboot */
        return strcmp(item, "f5") == 0;
    case -80002: /* measurements, components */
    case -80007:
        return strcmp(item, "a0") == 0;
    default:
        return false;
    }
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
    int64_t key;
    const char *value;
    vouch_err err;
} values[] = {
    /* iat: never floating-point [T09], but any integer of 64 bits */
    {6, "1b7fffffffffffffff", VOUCH_OK},
    {6, "3b7fffffffffffffff", VOUCH_OK},
    {6, "1b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {6, "3b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {6, "f93c00", VOUCH_E_CLAIM_TYPE},
    {6, "fb41dad27480000001", VOUCH_E_CLAIM_TYPE},
    {6, "c11a6b49d200", VOUCH_E_CLAIM_TYPE},
    /* eat_nonce: one, no array [T06] */
    {10, "81 48 0001020304050607", VOUCH_E_CLAIM_TYPE},
    {10, "82 48 0001020304050607 48 0001020304050607", VOUCH_E_CLAIM_TYPE},
    {10, "68 3031323334353637", VOUCH_E_CLAIM_TYPE},
    /* swversion: [ text, ? scheme ] */
    {271, "82 6163 01", VOUCH_OK},
    {271, "82 6163 6173", VOUCH_OK},
    {271, "83 6163 01 01", VOUCH_E_CLAIM_TYPE},
    {271, "6163", VOUCH_E_CLAIM_TYPE},
    {271, "81 4163", VOUCH_E_CLAIM_TYPE},
    {271, "81 60", VOUCH_E_CLAIM_TYPE},
    {271, "82 01 6163", VOUCH_E_CLAIM_TYPE},
    /* measurements: { text => 32 octets } */
    {-80002, "a1 01 41ff", VOUCH_E_CLAIM_TYPE},
    {-80002, "a1 6161 41ff", VOUCH_E_CLAIM_TYPE},
    {-80002, "a1 6161 6161", VOUCH_E_CLAIM_TYPE},
    {-80002,
     "a1 60 5820 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     VOUCH_E_CLAIM_TYPE},
    {-80002,
     "a1 4161 5820 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     VOUCH_E_CLAIM_TYPE},
    {-80002,
     "a1 6161 581f "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     VOUCH_E_CLAIM_TYPE},
    {-80002,
     "a1 6161 5821 "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     VOUCH_E_CLAIM_TYPE},
    {-80002, "a2 6161 41ff 6161 41ff", VOUCH_E_CBOR},
    /* exp and nbf, likewise */
    {4, "3b7fffffffffffffff", VOUCH_OK},
    {4, "1b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {4, "f93c00", VOUCH_E_CLAIM_TYPE},
    {4, "fb41dad27480000001", VOUCH_E_CLAIM_TYPE},
    {5, "1b7fffffffffffffff", VOUCH_OK},
    {5, "3b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {5, "f93c00", VOUCH_E_CLAIM_TYPE},
    {5, "c11a6b49d200", VOUCH_E_CLAIM_TYPE},
    /* oemid: 16 random octets, 3 of the IEEE, or a number of IANA */
    {258, "50 000102030405060708090a0b0c0d0e0f", VOUCH_OK},
    {258, "1a00012345", VOUCH_OK},
    {258, "1bffffffffffffffff", VOUCH_OK},
    {258, "42 acde", VOUCH_E_CLAIM_TYPE},
    {258, "44 acde4800", VOUCH_E_CLAIM_TYPE},
    {258, "4f 000102030405060708090a0b0c0d0e", VOUCH_E_CLAIM_TYPE},
    {258, "51 000102030405060708090a0b0c0d0e0f10", VOUCH_E_CLAIM_TYPE},
    {258, "63 616263", VOUCH_E_CLAIM_TYPE},
    {258, "81 43 acde48", VOUCH_E_CLAIM_TYPE},
    /* hwversion: [ text, ? scheme ] */
    {260, "82 6168 01", VOUCH_OK},
    {260, "83 6168 01 01", VOUCH_E_CLAIM_TYPE},
    {260, "81 60", VOUCH_E_CLAIM_TYPE},
    {260, "6168", VOUCH_E_CLAIM_TYPE},
    /* uptime, bootcount, epoch: any unsigned integer */
    {261, "1bffffffffffffffff", VOUCH_OK},
    {261, "f93c00", VOUCH_E_CLAIM_TYPE},
    {267, "1bffffffffffffffff", VOUCH_OK},
    {267, "f93c00", VOUCH_E_CLAIM_TYPE},
    {-80005, "1bffffffffffffffff", VOUCH_OK},
    {-80008, "1bffffffffffffffff", VOUCH_OK},
    /* oemboot: true or false, and no number */
    {262, "f4", VOUCH_OK},
    {262, "f5", VOUCH_OK},
    {262, "01", VOUCH_E_CLAIM_TYPE},
    /* dbgstat: 0 to 4 */
    {263, "00", VOUCH_OK},
    {263, "01", VOUCH_OK},
    {263, "02", VOUCH_OK},
    {263, "03", VOUCH_OK},
    {263, "04", VOUCH_OK},
    {263, "05", VOUCH_E_CLAIM_TYPE},
    {263, "1901ff", VOUCH_E_CLAIM_TYPE},
    /* submods: { + text => Submodule } */
    {266, "a0", VOUCH_E_CLAIM_TYPE},
    {266, "a1 60 a0", VOUCH_OK},
    {266, "a1 01 a0", VOUCH_E_CLAIM_TYPE},
    {266, "a1 4161 a0", VOUCH_E_CLAIM_TYPE},
    {266, "81 a0", VOUCH_E_CLAIM_TYPE},
    {266, "a2 6161 a0 6161 a0", VOUCH_E_CBOR},
    {266, "a1 6161 00", VOUCH_E_CLAIM_TYPE},
    {266, "a1 6161 20", VOUCH_E_CLAIM_TYPE},
    {266, "a1 6161 c000", VOUCH_E_CLAIM_TYPE},
    {266, "a1 6161 f5", VOUCH_E_CLAIM_TYPE},
    {266, "a1 6161 f6", VOUCH_E_CLAIM_TYPE},
    {266, "a1 6161 f93c00", VOUCH_E_CLAIM_TYPE},
    /* components: { text => 32 octets } */
    {-80007, "a1 01 41ff", VOUCH_E_CLAIM_TYPE},
    {-80007, "a1 60" SHA256_HEX, VOUCH_E_CLAIM_TYPE},
    {-80007, "a1 6161 6161", VOUCH_E_CLAIM_TYPE},
};

START_TEST(eat_decode_knows_what_a_claim_may_be)
{
    assert_claim(values[_i].err, at_key(values[_i].key), values[_i].value);
}
END_TEST

/* Octets or characters of a claim, at its limits, behind what stands before
 * them. RFC 9711, 4.1 [T05], 4.2.1 [T07] */
static const struct {
    int64_t key;
    unsigned major;
    size_t min, max;
    const char *before;
} lengths[] = {
    {10, 2, 8, 64, ""},      {256, 2, 7, 33, ""},     {259, 2, 1, 32, ""},
    {260, 3, 1, 255, "81"},  {265, 3, 1, 255, ""},    {268, 2, 32, 64, ""},
    {270, 3, 1, 255, ""},    {271, 3, 1, 255, "81"},  {-80001, 2, 32, 48, ""},
    {-80003, 3, 1, 255, ""}, {-80004, 3, 1, 255, ""}, {-80006, 2, 32, 32, ""},
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
    char string[600], hex[640];

    for (size_t len = 0; len <= lengths[_i].max + 1; len++) {
        bool good = len >= lengths[_i].min && len <= lengths[_i].max;

        string_hex(string, lengths[_i].major, len);
        snprintf(hex, sizeof hex, "%s%s", lengths[_i].before, string);
        assert_claim(good ? VOUCH_OK : VOUCH_E_CLAIM_TYPE,
                     at_key(lengths[_i].key), hex);
    }
}
END_TEST

/* All claims in the opposite order, as other programs may write them. */
START_TEST(eat_decode_takes_any_order_where_the_profile_does) /* [T11] */
{
    vouch_buffer octets = token_but(-1, NULL), reverse;
    struct vouch_eat eat, same;
    char hex[4096];
    size_t len = 4;

    strcpy(hex, "b819");
    for (int i = NUM_CLAIMS; i > 0; i--) {
        len += (size_t)snprintf(&hex[len], sizeof hex - len, "%s%s",
                                claims[i - 1].label, claims[i - 1].value);
    }
    ck_assert_int_eq(NUM_CLAIMS, 0x19);
    reverse = from_hex(hex);
    ck_assert_int_eq(decode(reverse.data, reverse.len, NULL), VOUCH_E_CBOR);
    ck_assert_int_eq(
        vouch_eat_decode(span_of(&octets), VOUCH_CBOR_PREFERRED, &same, NULL),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_eat_decode(span_of(&reverse), VOUCH_CBOR_PREFERRED, &eat, NULL),
        VOUCH_OK);
    ck_assert_int_eq(eat.iat, same.iat);
    ck_assert(vouch_bytes_equal(eat.nonce, same.nonce));
    ck_assert(vouch_bytes_equal(eat.components, same.components));
    ck_assert_uint_eq(eat.security_version, same.security_version);
    free(reverse.data);
    free(octets.data);
}
END_TEST

/* What no profile takes: indefinite lengths, arguments that are longer than
 * need be, a key twice, and floats in a longer form. */
static const char *const no_preferred[] = {
    "bf 06 01 ff",
    "a1 1806 01",
    "b801 06 01",
    "a1 06 1801",
    "a1 06 1b0000000000000001",
    "a2 06 01 06 01",
    "a1 0a 5f 48 0001020304050607 ff",
    "a1 0a 5808 0001020304050607",
    "a1 190109 7f 6161 ff",
    "a1 01 fa3f800000",
};

START_TEST(eat_decode_wants_preferred_serialization) /* [T11] */
{
    static const enum vouch_cbor_profile profiles[] = {
        VOUCH_CBOR_PREFERRED, VOUCH_CBOR_DETERMINISTIC};
    vouch_buffer octets = from_hex(no_preferred[_i]);
    vouch_buffer good = from_hex("a2 01 f93c00 06 01");

    for (size_t i = 0; i < 2; i++) {
        struct vouch_eat eat;

        ck_assert_int_eq(
            vouch_eat_decode(span_of(&good), profiles[i], &eat, NULL),
            VOUCH_OK);
        ck_assert_int_eq(
            vouch_eat_decode(span_of(&octets), profiles[i], &eat, NULL),
            VOUCH_E_CBOR);
    }
    free(good.data);
    free(octets.data);
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
        snprintf(map, sizeof map, "a1%s" SHA256_HEX, hex);
        assert_claim(len == VOUCH_LIMIT_MEASUREMENT_NAME ? VOUCH_OK
                                                         : VOUCH_E_CLAIM_TYPE,
                     at_key(-80002), map);
    }
}
END_TEST

/* Submodules */

/* Such a map: of `num` submodules, each an empty claims set. */
static void submods_hex(char *hex, size_t num)
{
    size_t len = (size_t)sprintf(hex, "%02zx", 0xa0 + num);

    for (size_t i = 0; i < num; i++) {
        len += (size_t)sprintf(&hex[len], "61%02zx a0", 0x41 + i);
    }
}

START_TEST(eat_decode_limits_submodules)
{
    char hex[1024];

    ck_assert_uint_lt(VOUCH_LIMIT_SUBMODULES + 1, 24);
    for (size_t num = 0; num <= VOUCH_LIMIT_SUBMODULES + 1; num++) {
        bool good = num != 0 && num <= VOUCH_LIMIT_SUBMODULES;

        submods_hex(hex, num);
        assert_claim(good ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, at_key(266), hex);
    }
}
END_TEST

/* RFC 9711, 4.2.18: a claims set can be looked into; a nested token, of CBOR or
 * of JSON, and a detached digest can not. */
static const struct {
    const char *submodule, *claims;
} submodules[] = {
    {"a0", "a0"},
    {"a1 190107 01", "a1 190107 01"},
    {"44 d2840102", ""},
    {"65 65794a2e2e", ""},
    {"82 2f" SHA256_HEX, ""},
};

START_TEST(eat_tells_submodules_of_each_kind)
{
    char hex[256];
    vouch_buffer octets;
    struct vouch_eat_submodule submodule;
    struct vouch_eat eat;
    size_t num = 7;
    CBS in;

    snprintf(hex, sizeof hex, "a1 19010a a2 6161 %s 6162 a0",
             submodules[_i].submodule);
    octets = from_hex(hex);
    ck_assert_int_eq(
        vouch_eat_decode(span_of(&octets), VOUCH_CBOR_PREFERRED, &eat, NULL),
        VOUCH_OK);
    in = vouch_eat_submodules(&eat, &num);
    ck_assert_uint_eq(num, 2);
    ck_assert(vouch_eat_next_submodule(&in, &submodule));
    assert_span(submodule.name, "61");
    assert_span(submodule.claims, submodules[_i].claims);
    ck_assert(vouch_eat_next_submodule(&in, &submodule));
    assert_span(submodule.name, "62");
    assert_span(submodule.claims, "a0");
    memset(&submodule, 0xa5, sizeof submodule);
    ck_assert(!vouch_eat_next_submodule(&in, &submodule));
    ck_assert_uint_ne(submodule.name.len, 0); /* untouched */
    free(octets.data);
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
    tcase_add_loop_test(tc, eat_has_the_claims_that_it_has, -1, NUM_CLAIMS);
    tcase_add_loop_test(tc, eat_decode_takes_any_claim_to_be_absent, -1,
                        NUM_CLAIMS);
    tcase_add_test(tc, eat_without_claims_has_none);
    tcase_add_test(tc, eat_decode_refuses_every_prefix_and_what_follows);
    tcase_add_test(tc, eat_decode_refuses_duplicates_and_disorder);
    tcase_add_loop_test(tc, eat_decode_refuses_every_other_type, 0, NUM_CLAIMS);
    tcase_add_loop_test(tc, eat_decode_knows_what_a_claim_may_be, 0,
                        COUNT(values));
    tcase_add_loop_test(tc, eat_decode_limits_lengths, 0, COUNT(lengths));
    tcase_add_test(tc, eat_decode_takes_any_order_where_the_profile_does);
    tcase_add_loop_test(tc, eat_decode_wants_preferred_serialization, 0,
                        COUNT(no_preferred));
    tcase_add_loop_test(tc, eat_decode_ignores_unknown_claims, 0,
                        COUNT(unknown));
    tcase_add_test(tc, eat_is_a_map);
    tcase_add_test(tc, eat_decode_limits_claims);
    tcase_add_test(tc, eat_decode_limits_measurements);
    tcase_add_test(tc, eat_decode_limits_names_of_measurements);
    tcase_add_test(tc, eat_decode_limits_submodules);
    tcase_add_loop_test(tc, eat_tells_submodules_of_each_kind, 0,
                        COUNT(submodules));
    tcase_add_test(tc, names_have_the_order_of_their_encodings);
    tcase_add_test(tc, eat_encode_says_when_there_is_no_room);
    suite_add_tcase(suite, tc);
    return suite;
}
