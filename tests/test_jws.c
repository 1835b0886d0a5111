/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/base64url.h"
#include "proto/jws.h"
#include "proto/memory.h"
#include "tests/support/octets.h"

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(vouch_bytes text)
{
    uint8_t *copy = exact_copy(text.data, text.len);
    struct vouch_jws jws, before;
    vouch_err err;

    memset(&jws, 0xa5, sizeof jws);
    memcpy(&before, &jws, sizeof jws);
    err = vouch_jws_decode((vouch_bytes){copy, text.len}, &jws);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&jws, &before, sizeof jws);
    } else {
        vouch_buffer_free(&jws.memory);
    }
    free(copy);
    return err;
}

static vouch_err decode_text(const char *text)
{
    return decode(vouch_text(text));
}

static void append_base64url(char *to, vouch_bytes octets)
{
    size_t len = strlen(to);

    vouch_base64url_encode(octets, (uint8_t *)to + len);
    to[len + vouch_base64url_text_length(octets.len)] = '\0';
}

/* A JWS with this header, the payload `{}` and a signature of two octets. */
static vouch_err decode_header(const char *header)
{
    char *text = malloc(2 * strlen(header) + 32);
    vouch_err err;

    ck_assert_ptr_nonnull(text);
    text[0] = '\0';
    append_base64url(text, vouch_text(header));
    strcat(text, ".e30.c2k");
    err = decode_text(text);
    free(text);
    return err;
}

/* RFC 7515, A.3, with the header {"alg":"ES256"}. */
START_TEST(jws_decode_finds_the_parts)
{
    static const char text[] = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UifQ."
                               "AAECAwQFBgcICQoLDA0ODw";
    struct vouch_jws jws;

    ck_assert_int_eq(vouch_jws_decode(vouch_text(text), &jws), VOUCH_OK);
    ck_assert(vouch_bytes_equal(jws.payload, vouch_text("{\"iss\":\"joe\"}")));
    ck_assert_ptr_eq(jws.signing_input.data, text);
    ck_assert_uint_eq(jws.signing_input.len,
                      strlen("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UifQ"));
    ck_assert_uint_eq(jws.signature.len, 16);
    ck_assert_uint_eq(jws.signature.data[15], 15);
    ck_assert_uint_eq(jws.key_id.len, 0);
    vouch_buffer_free(&jws.memory);
}
END_TEST

static const struct {
    const char *text;
    vouch_err err;
} texts[] = {
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2k", VOUCH_OK},
    {"eyJhbGciOiJFUzI1NiJ9..", VOUCH_OK},
    {"", VOUCH_E_DECODE},
    {".", VOUCH_E_DECODE},
    {"..", VOUCH_E_DECODE},
    {"...", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2k.", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2k.c2k", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2k\n", VOUCH_E_DECODE},
    {" eyJhbGciOiJFUzI1NiJ9.e30.c2k", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9 .e30.c2k", VOUCH_E_DECODE},
    /* padded, of the other alphabet, with bits that belong to none */
    {"eyJhbGciOiJFUzI1NiJ9.e30=.c2k", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2k=", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.+/+/.c2k", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e31.c2k", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c2l", VOUCH_E_DECODE},
    {"eyJhbGciOiJFUzI1NiJ9.e30.c", VOUCH_E_DECODE},
    /* JSON serialization (RFC 7515, 7.2) */
    {"{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\","
     "\"signature\":\"c2k\"}",
     VOUCH_E_DECODE},
};

START_TEST(jws_decode_takes_compact_serialization_only)
{
    ck_assert_int_eq(decode_text(texts[_i].text), texts[_i].err);
}
END_TEST

/* A part of the signature is a signature, and not the right one. */
START_TEST(jws_decode_refuses_every_prefix_within_header_and_payload)
{
    static const char text[] = "eyJhbGciOiJFUzI1NiJ9.e30.c2k";

    for (size_t len = 0; len < strlen("eyJhbGciOiJFUzI1NiJ9.e30."); len++) {
        ck_assert_int_eq(decode((vouch_bytes){(const uint8_t *)text, len}),
                         VOUCH_E_DECODE);
    }
}
END_TEST

static const struct {
    const char *header;
    vouch_err err;
} headers[] = {
    {"{\"alg\":\"ES256\"}", VOUCH_OK},
    {"{\"typ\":\"JWT\",\"alg\":\"ES256\"}", VOUCH_OK},
    {"{\"alg\":\"\\u0045S256\"}", VOUCH_OK},
    /* no other algorithm, and none that is left out */
    {"{}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"none\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"None\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"HS256\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"RS256\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"PS256\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES384\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES512\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"EdDSA\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"es256\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES256 \"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES256K\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":-7}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":[\"ES256\"]}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":null}", VOUCH_E_COSE_ALGORITHM},
    {"{\"Alg\":\"ES256\"}", VOUCH_E_COSE_ALGORITHM},
    {"{\"alg\":\"ES256\",\"alg\":\"ES256\"}", VOUCH_E_DUPLICATE},
    {"{\"alg\":\"ES256\",\"alg\":\"none\"}", VOUCH_E_DUPLICATE},
    {"{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", VOUCH_E_DUPLICATE},
    {"{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"b\"}", VOUCH_E_DUPLICATE},
    /* what is critical is not understood */
    {"{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", VOUCH_E_ILLEGAL},
    {"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", VOUCH_E_ILLEGAL},
    {"{\"alg\":\"ES256\",\"crit\":[]}", VOUCH_E_ILLEGAL},
    {"{\"alg\":\"ES256\",\"crit\":null}", VOUCH_E_ILLEGAL},
    {"{\"alg\":\"none\",\"crit\":[\"exp\"]}", VOUCH_E_ILLEGAL},
    /* keys that a message brings along are nobody's */
    {"{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"},\"jku\":\"https://a\","
     "\"x5c\":[\"AA\"],\"x5u\":\"https://a\"}",
     VOUCH_OK},
    {"{\"alg\":\"ES256\",\"kid\":\"a\"}", VOUCH_OK},
    {"{\"alg\":\"ES256\",\"kid\":\"\"}", VOUCH_OK},
    {"{\"alg\":\"ES256\",\"kid\":1}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",\"kid\":[\"a\"]}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",\"kid\":null}", VOUCH_E_DECODE},
    {"[\"alg\",\"ES256\"]", VOUCH_E_DECODE},
    {"\"ES256\"", VOUCH_E_DECODE},
    {"", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\"", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\"}}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\"}{}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",\"kid\":\"\\ud800\"}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",\"kid\":\"\xff\"}", VOUCH_E_DECODE},
    {"{\"alg\":\"ES256\",\"kid\":\"a\\u0000\"}", VOUCH_E_DECODE},
};

START_TEST(jws_decode_believes_one_algorithm)
{
    ck_assert_int_eq(decode_header(headers[_i].header), headers[_i].err);
}
END_TEST

START_TEST(jws_decode_gives_the_key_id_as_text)
{
    char text[128] = "";
    struct vouch_jws jws;

    append_base64url(text,
                     vouch_text("{\"kid\":\"k\\u00e9y\",\"alg\":\"ES256\"}"));
    strcat(text, ".e30.c2k");
    ck_assert_int_eq(vouch_jws_decode(vouch_text(text), &jws), VOUCH_OK);
    ck_assert(vouch_bytes_equal(jws.key_id, vouch_text("k\xc3\xa9y")));
    ck_assert(vouch_bytes_equal(jws.payload, vouch_text("{}")));
    ck_assert(vouch_bytes_equal(jws.signature, vouch_text("si")));
    vouch_buffer_free(&jws.memory);
}
END_TEST

/* `num` brackets within each other, or items in a row. */
static vouch_err decode_many(bool deep, size_t num)
{
    char *header = malloc(2 * num + 64);
    size_t len = (size_t)sprintf(header, "{\"alg\":\"ES256\",\"a\":");
    vouch_err err;

    if (deep) {
        memset(header + len, '[', num);
        memset(header + len + num, ']', num);
        len += 2 * num;
    } else {
        header[len++] = '[';
        for (size_t i = 0; i < num; i++) {
            header[len++] = '1';
            header[len++] = i + 1 < num ? ',' : ']';
        }
    }
    strcpy(header + len, "}");
    err = decode_header(header);
    free(header);
    return err;
}

START_TEST(jws_header_is_limited)
{
    /* the object is one level; it, two colons, a comma and the array are five
     * items and the commas in it one less than its items */
    ck_assert_int_eq(decode_many(true, VOUCH_LIMIT_CBOR_DEPTH - 1), VOUCH_OK);
    ck_assert_int_eq(decode_many(true, VOUCH_LIMIT_CBOR_DEPTH),
                     VOUCH_E_TOO_MANY);
    ck_assert_int_eq(decode_many(false, VOUCH_LIMIT_CBOR_ITEMS - 4), VOUCH_OK);
    ck_assert_int_eq(decode_many(false, VOUCH_LIMIT_CBOR_ITEMS - 3),
                     VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(jws_length_is_limited)
{
    static const char front[] = "eyJhbGciOiJFUzI1NiJ9..";

    for (size_t len = VOUCH_LIMIT_CMW - 1; len <= VOUCH_LIMIT_CMW + 1; len++) {
        char *text = malloc(len);

        ck_assert_ptr_nonnull(text);
        memset(text, 'A', len);
        memcpy(text, front, strlen(front));
        /* one character too many for octets, or not */
        ck_assert_int_eq(decode((vouch_bytes){(uint8_t *)text, len}),
                         len > VOUCH_LIMIT_CMW            ? VOUCH_E_TOO_LARGE
                         : (len - strlen(front)) % 4 == 1 ? VOUCH_E_DECODE
                                                          : VOUCH_OK);
        free(text);
    }
}
END_TEST

START_TEST(jws_is_written_as_it_is_read)
{
    vouch_bytes key_id = vouch_text("key"), signature = vouch_text("signed");
    struct vouch_jws jws;
    vouch_buffer text;
    size_t signed_len;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 16), 1);
    ck_assert_int_eq(vouch_jws_begin(&cbb, key_id, vouch_text("{\"a\":1}")),
                     VOUCH_OK);
    signed_len = CBB_len(&cbb);
    ck_assert_int_eq(vouch_jws_end(&cbb, signature), VOUCH_OK);
    text = finish_cbb(&cbb);
    ck_assert(vouch_bytes_equal(
        span_of(&text),
        vouch_text("eyJhbGciOiJFUzI1NiIsImtpZCI6ImEyVjUifQ.eyJhIjoxfQ."
                   "c2lnbmVk")));
    ck_assert_int_eq(vouch_jws_decode(span_of(&text), &jws), VOUCH_OK);
    ck_assert_uint_eq(jws.signing_input.len, signed_len);
    ck_assert(vouch_bytes_equal(jws.key_id, vouch_text("a2V5")));
    ck_assert(vouch_bytes_equal(jws.payload, vouch_text("{\"a\":1}")));
    ck_assert(vouch_bytes_equal(jws.signature, signature));
    vouch_buffer_free(&jws.memory);
    free(text.data);
}
END_TEST

START_TEST(jws_says_when_there_is_no_room)
{
    static const size_t begun = 52, whole = 61;

    for (size_t room = 0; room <= whole; room++) {
        uint8_t *to = malloc(room + 1);
        vouch_err err;
        CBB cbb;

        ck_assert_int_eq(CBB_init_fixed(&cbb, to, room), 1);
        err = vouch_jws_begin(&cbb, vouch_text("key"), vouch_text("{\"a\":1}"));
        ck_assert_int_eq(err, room < begun - 3 ? VOUCH_E_NOMEM : VOUCH_OK);
        if (err == VOUCH_OK) {
            err = vouch_jws_end(&cbb, vouch_text("signed"));
            ck_assert_int_eq(err, room < whole - 3 ? VOUCH_E_NOMEM : VOUCH_OK);
        }
        CBB_cleanup(&cbb);
        free(to);
    }
}
END_TEST

START_TEST(base64url_is_written_as_it_is_read)
{
    uint8_t octets[48], again[48], text[65];

    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)(0xfb - 37 * i);
    }
    for (size_t len = 0; len <= sizeof octets; len++) {
        size_t num = vouch_base64url_text_length(len);

        text[num] = '!';
        vouch_base64url_encode((vouch_bytes){octets, len}, text);
        ck_assert_uint_eq(text[num], '!');
        ck_assert_uint_eq(vouch_base64url_length(num), len);
        ck_assert(vouch_base64url_decode((vouch_bytes){text, num}, again));
        ck_assert_mem_eq(again, octets, len);
    }
}
END_TEST

/* RFC 4648, 10 */
START_TEST(base64url_has_the_test_vectors)
{
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg"},
        {"fo", "Zm8"},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "-_-_"},
    };

    for (int i = 0; i < COUNT(vectors); i++) {
        char text[16] = "";

        append_base64url(text, vouch_text(vectors[i][0]));
        ck_assert_str_eq(text, vectors[i][1]);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("jws");
    TCase *tc = tcase_create("jws");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, jws_decode_finds_the_parts);
    tcase_add_loop_test(tc, jws_decode_takes_compact_serialization_only, 0,
                        COUNT(texts));
    tcase_add_test(tc,
                   jws_decode_refuses_every_prefix_within_header_and_payload);
    tcase_add_loop_test(tc, jws_decode_believes_one_algorithm, 0,
                        COUNT(headers));
    tcase_add_test(tc, jws_decode_gives_the_key_id_as_text);
    tcase_add_test(tc, jws_header_is_limited);
    tcase_add_test(tc, jws_length_is_limited);
    tcase_add_test(tc, jws_is_written_as_it_is_read);
    tcase_add_test(tc, jws_says_when_there_is_no_room);
    tcase_add_test(tc, base64url_is_written_as_it_is_read);
    tcase_add_test(tc, base64url_has_the_test_vectors);
    suite_add_tcase(suite, tc);
    return suite;
}
