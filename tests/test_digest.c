/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"

/* FIPS 180-2, B.1 and D.1: the digests of "abc". */
static const struct {
    vouch_hash hash;
    size_t len;
    const char *digest;
} abc[] = {
    {VOUCH_SHA256, 32,
     "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
     "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad"},
    {VOUCH_SHA384, 48,
     "\xcb\x00\x75\x3f\x45\xa3\x5e\x8b\xb5\xa0\x3d\x69\x9a\xc6\x50\x07"
     "\x27\x2c\x32\xab\x0e\xde\xd1\x63\x1a\x8b\x60\x5a\x43\xff\x5b\xed"
     "\x80\x86\x07\x2b\xa1\xe7\xcc\x23\x58\xba\xec\xa1\x34\xc8\x25\xa7"},
};

START_TEST(digest_of_parts_is_digest_of_the_whole)
{
    static const vouch_bytes parts[] = {
        {(const uint8_t *)"a", 1}, {NULL, 0}, {(const uint8_t *)"bc", 2}};
    vouch_digest digest;

    ck_assert_uint_eq(vouch_hash_len(abc[_i].hash), abc[_i].len);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_hash_parts(abc[_i].hash, parts, 3, &digest));
    ck_assert_uint_eq(digest.len, abc[_i].len);
    ck_assert_mem_eq(digest.data, abc[_i].digest, digest.len);
}
END_TEST

START_TEST(digest_of_unknown_hash_is_refused)
{
    vouch_digest digest, before;

    memset(&digest, 0xa5, sizeof digest);
    before = digest;
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_hash_parts((vouch_hash)2, NULL, 0, &digest));
    ck_assert_mem_eq(&digest, &before, sizeof digest);
}
END_TEST

START_TEST(sha256_is_that_of_the_standard)
{
    uint8_t digest[32];

    vouch_sha256(vouch_text("abc"), digest);
    ck_assert_mem_eq(digest, abc[0].digest, sizeof digest);
}
END_TEST

/* RFC 4231, 4.3. */
static const struct {
    vouch_hash hash;
    size_t len;
    const char *mac;
} macs[] = {
    {VOUCH_SHA256, 32,
     "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
     "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43"},
    {VOUCH_SHA384, 48,
     "\xaf\x45\xd2\xe3\x76\x48\x40\x31\x61\x7f\x78\xd2\xb5\x8a\x6b\x1b"
     "\x9c\x7e\xf4\x64\xf5\xa0\x1b\x47\xe4\x2e\xc3\x73\x63\x22\x44\x5e"
     "\x8e\x22\x40\xca\x5e\x69\xe2\xc7\x8b\x32\x39\xec\xfa\xb2\x16\x49"},
};

START_TEST(hmac_is_that_of_the_standard)
{
    vouch_digest mac;

    ck_assert_int_eq(
        VOUCH_OK, vouch_hmac(macs[_i].hash, vouch_text("Jefe"),
                             vouch_text("what do ya want for nothing?"), &mac));
    ck_assert_uint_eq(mac.len, macs[_i].len);
    ck_assert_mem_eq(mac.data, macs[_i].mac, mac.len);
}
END_TEST

START_TEST(random_differs_each_time)
{
    uint8_t one[32], other[32];

    ck_assert_int_eq(VOUCH_OK, vouch_random(one, sizeof one));
    ck_assert_int_eq(VOUCH_OK, vouch_random(other, sizeof other));
    ck_assert_mem_ne(one, other, sizeof one);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tc = tcase_create("digest");

    tcase_add_loop_test(tc, digest_of_parts_is_digest_of_the_whole, 0, 2);
    tcase_add_test(tc, digest_of_unknown_hash_is_refused);
    tcase_add_test(tc, sha256_is_that_of_the_standard);
    tcase_add_loop_test(tc, hmac_is_that_of_the_standard, 0, 2);
    tcase_add_test(tc, random_differs_each_time);
    suite_add_tcase(suite, tc);
    return suite;
}
