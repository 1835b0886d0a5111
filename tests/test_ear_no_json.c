/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "proto/ear.h"
#include "proto/jws.h"
#include "proto/memory.h"

/* A build without jansson says so, whatever the text, and writes nothing. */

START_TEST(ear_in_json_is_not_built)
{
    vouch_buffer memory = {NULL, 7};
    struct vouch_ear ear = {.iat = 7};
    const char *wrong = NULL;

    ck_assert_int_eq(vouch_ear_decode_json(vouch_text("{}"),
                                           &vouch_ear_profiles[VOUCH_EAR_04],
                                           &memory, &ear, &wrong),
                     VOUCH_E_NOT_BUILT);
    ck_assert_int_eq(
        vouch_ear_encode_json(&ear, &vouch_ear_profiles[VOUCH_EAR_04], &memory),
        VOUCH_E_NOT_BUILT);
    ck_assert_ptr_null(memory.data);
    ck_assert_uint_eq(memory.len, 7);
    ck_assert_int_eq(ear.iat, 7);
    ck_assert_ptr_null(wrong);
}
END_TEST

START_TEST(jws_is_not_built)
{
    struct vouch_jws jws = {.memory = {NULL, 7}};
    vouch_bytes text = vouch_text("eyJhbGciOiJFUzI1NiJ9.e30.c2k");
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 16), 1);
    ck_assert_int_eq(vouch_jws_decode(text, &jws), VOUCH_E_NOT_BUILT);
    ck_assert_uint_eq(jws.memory.len, 7);
    ck_assert_int_eq(vouch_jws_begin(&cbb, text, text), VOUCH_E_NOT_BUILT);
    ck_assert_int_eq(vouch_jws_end(&cbb, text), VOUCH_E_NOT_BUILT);
    ck_assert_uint_eq(CBB_len(&cbb), 0);
    CBB_cleanup(&cbb);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_no_json");
    TCase *tc = tcase_create("ear_no_json");

    tcase_add_test(tc, ear_in_json_is_not_built);
    tcase_add_test(tc, jws_is_not_built);
    suite_add_tcase(suite, tc);
    return suite;
}
