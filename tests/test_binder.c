/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "lib/authenticator/endpoint.h"

/* A P-256 SubjectPublicKeyInfo whose point is the octets 0 to 63. */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
                                    0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

enum { SPKI_LEN = sizeof spki_head + 64, EXPORTED_LEN = 32 };

static void make_spki(uint8_t out[SPKI_LEN])
{
    memcpy(out, spki_head, sizeof spki_head);
    for (size_t i = 0; i < 64; i++) {
        out[sizeof spki_head + i] = (uint8_t)i;
    }
}

/* What the exporter was asked for as "EXPORTER-cmw-attestation". */
struct asked {
    size_t times;
    uint8_t context[255];
    size_t context_len;
    size_t len;
    bool fail;
};

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    struct asked *asked = arg;

    if (strcmp(label, "EXPORTER-cmw-attestation") == 0) {
        asked->times++;
        asked->context_len = context.len;
        asked->len = len;
        memcpy(asked->context, context.data, context.len);
        if (asked->fail) {
            return VOUCH_E_CRYPTO;
        }
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(0x80 + i);
    }
    return VOUCH_OK;
}

static vouch_channel *make_channel(vouch_hash hash, struct asked *asked)
{
    vouch_channel *channel;

    *asked = (struct asked){.times = 0};
    ck_assert_int_eq(VOUCH_OK, vouch_channel_new(VOUCH_CLIENT, hash, exporter,
                                                 asked, &channel));
    return channel;
}

static const vouch_bytes context = {(const uint8_t *)"context", 7};

/* Computed with Python's hashlib. */
static const struct {
    vouch_hash hash;
    size_t len;
    const char *binder;
    const char *aik_pub_hash;
} answers[] = {
    {VOUCH_SHA256, 32,
     "\x2f\xa2\xca\xc4\x6c\x17\xd1\x23\x51\xae\x8e\xef\x39\x4e\xe7\x26"
     "\xc5\x70\xcd\xa0\x8c\x27\xa6\xdf\x70\xdc\x6c\x9c\x06\x28\x3f\x18",
     "\x01\x31\xdd\xa9\x65\x4f\xef\x86\xd5\x78\x12\xb9\x96\x0f\x26\x05"
     "\x23\xc2\x7a\x40\xc3\xa1\x8f\xa8\xec\xc7\x30\x35\x10\xe7\x8c\x22"},
    {VOUCH_SHA384, 48,
     "\x64\xd1\x4b\x7d\x2c\x1f\x80\xd5\xa9\xa5\xff\xcb\xc4\xd3\x2a\x1d"
     "\x07\xf8\xaf\xcd\x87\x90\x5c\x5b\xec\x8e\x5d\x4c\x5e\x2a\xcb\xcd"
     "\x4a\x2e\xce\x98\x51\x84\xe4\x5b\x11\x88\x75\x0b\xff\xe9\x76\xe8",
     "\xa4\x76\x2d\x7f\x6e\x60\xc6\x0d\xc6\x20\x60\xfc\xac\x20\x0e\xce"
     "\xfb\xf6\x26\xf6\x68\xc9\x82\x71\x75\xb6\xc7\x9e\x5c\xcf\x65\x8e"
     "\xe5\x85\x18\x25\x8a\xec\x84\xbf\xf9\x78\xcf\xee\x3f\x93\xe5\x9e"},
};

START_TEST(binder_is_hash_of_spki_and_exported_value) /* expat-04, 5.1 */
{
    uint8_t spki[SPKI_LEN];
    struct asked asked;
    vouch_channel *channel = make_channel(answers[_i].hash, &asked);
    vouch_digest binder;

    make_spki(spki);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_binder(channel, (vouch_bytes){spki, sizeof spki},
                                  context, &binder));
    ck_assert_uint_eq(binder.len, answers[_i].len);
    ck_assert_mem_eq(binder.data, answers[_i].binder, binder.len);
    ck_assert_uint_eq(asked.times, 1);
    ck_assert_uint_eq(asked.len, EXPORTED_LEN); /* with SHA-384 too [X22] */
    ck_assert_uint_eq(asked.context_len, context.len); /* [X11] */
    ck_assert_mem_eq(asked.context, context.data, context.len);
    vouch_channel_free(channel);
}
END_TEST

START_TEST(aik_pub_hash_is_hash_of_spki) /* expat-04, 5.2 [X27] */
{
    uint8_t spki[SPKI_LEN];
    vouch_digest hash;

    make_spki(spki);
    ck_assert_int_eq(
        VOUCH_OK, vouch_aik_pub_hash(answers[_i].hash,
                                     (vouch_bytes){spki, sizeof spki}, &hash));
    ck_assert_uint_eq(hash.len, answers[_i].len);
    ck_assert_mem_eq(hash.data, answers[_i].aik_pub_hash, hash.len);
}
END_TEST

static void assert_refused(vouch_bytes spki)
{
    struct asked asked;
    vouch_channel *channel = make_channel(VOUCH_SHA256, &asked);
    vouch_digest digest, before;

    memset(&digest, 0xa5, sizeof digest);
    before = digest;
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_binder(channel, spki, context, &digest));
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_aik_pub_hash(VOUCH_SHA256, spki, &digest));
    ck_assert_mem_eq(&digest, &before, sizeof digest);
    ck_assert_uint_eq(asked.times, 0);
    vouch_channel_free(channel);
}

/* Attack 39: whoever moves the border between key and exported value ends up
 * with a key that is no DER SEQUENCE, shorter or longer. */
START_TEST(binder_border_can_not_move)
{
    uint8_t octets[SPKI_LEN + EXPORTED_LEN];

    make_spki(octets);
    memset(&octets[SPKI_LEN], 0x80, EXPORTED_LEN);
    if (_i != SPKI_LEN) {
        assert_refused((vouch_bytes){octets, (size_t)_i});
    }
}
END_TEST

/* Attack 37: other encodings of the same key. */
START_TEST(binder_refuses_what_is_no_der_sequence)
{
    static const struct {
        const char *octets;
        size_t len;
    } refused[] = {
        {"\x04\x00\x01\x02\x03", 5},     /* a bare point */
        {"\x31\x02\x05\x00", 4},         /* SET */
        {"\x30\x80\x05\x00\x00\x00", 6}, /* indefinite length */
        {"\x30\x81\x02\x05\x00", 5},     /* length not minimal */
        {"\x24\x02\x05\x00", 4},         /* constructed OCTET STRING */
    };

    assert_refused(
        (vouch_bytes){(const uint8_t *)refused[_i].octets, refused[_i].len});
}
END_TEST

START_TEST(binder_fails_with_the_exporter)
{
    uint8_t spki[SPKI_LEN];
    struct asked asked;
    vouch_channel *channel = make_channel(VOUCH_SHA256, &asked);
    vouch_digest digest, before;

    make_spki(spki);
    memset(&digest, 0xa5, sizeof digest);
    before = digest;
    asked.fail = true;
    ck_assert_int_eq(VOUCH_E_CRYPTO,
                     vouch_binder(channel, (vouch_bytes){spki, sizeof spki},
                                  context, &digest));
    ck_assert_mem_eq(&digest, &before, sizeof digest);
    vouch_channel_free(channel);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("binder");
    TCase *tc = tcase_create("binder");

    tcase_add_loop_test(tc, binder_is_hash_of_spki_and_exported_value, 0, 2);
    tcase_add_loop_test(tc, aik_pub_hash_is_hash_of_spki, 0, 2);
    tcase_add_loop_test(tc, binder_border_can_not_move, 0,
                        SPKI_LEN + EXPORTED_LEN + 1);
    tcase_add_loop_test(tc, binder_refuses_what_is_no_der_sequence, 0, 5);
    tcase_add_test(tc, binder_fails_with_the_exporter);
    suite_add_tcase(suite, tc);
    return suite;
}
