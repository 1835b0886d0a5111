/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <vouch/error.h>

START_TEST(error_names_and_bands_follow_the_number)
{
    ck_assert_str_eq(vouch_err_name(VOUCH_OK), "ok");
    ck_assert_str_eq(vouch_err_name(VOUCH_E_FINISHED), "finished");
    ck_assert_str_eq(vouch_err_name((vouch_err)999), "unknown");
    ck_assert_int_eq(vouch_err_band_of(VOUCH_OK), VOUCH_BAND_NONE);
    ck_assert_int_eq(vouch_err_band_of(VOUCH_E_DECODE), VOUCH_BAND_PEER);
    ck_assert_int_eq(vouch_err_band_of(VOUCH_E_RATE), VOUCH_BAND_LIMIT);
    ck_assert_int_eq(vouch_err_band_of(VOUCH_E_GATE), VOUCH_BAND_MISUSE);
    ck_assert_int_eq(vouch_err_band_of(VOUCH_E_CLOSED), VOUCH_BAND_LOCAL);
}
END_TEST

/* Every error from the first of a band to the last has a name of its own. */
START_TEST(error_every_number_has_a_name)
{
    static const struct {
        int first, last;
    } bands[] = {
        {VOUCH_E_DECODE, VOUCH_E_TRUNCATED},
        {VOUCH_E_TOO_LARGE, VOUCH_E_RATE},
        {VOUCH_E_ARGUMENT, VOUCH_E_LABEL},
        {VOUCH_E_NOMEM, VOUCH_E_DATA_LOST},
    };

    for (int e = bands[_i].first; e <= bands[_i].last; e++) {
        ck_assert_str_ne(vouch_err_name((vouch_err)e), "unknown");
    }
    ck_assert_str_eq(vouch_err_name((vouch_err)(bands[_i].last + 1)),
                     "unknown");
}
END_TEST

START_TEST(error_alert_for_unoffered_extension_is_110) /* expat-04, 3.1 */
{
    ck_assert_uint_eq(vouch_err_alert(VOUCH_E_UNSUPPORTED_EXTENSION), 110);
    ck_assert_uint_eq(vouch_err_alert(VOUCH_E_NOMEM), 80);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("error");
    TCase *tc = tcase_create("error");

    tcase_add_test(tc, error_names_and_bands_follow_the_number);
    tcase_add_loop_test(tc, error_every_number_has_a_name, 0, 4);
    tcase_add_test(tc, error_alert_for_unoffered_extension_is_110);
    suite_add_tcase(suite, tc);
    return suite;
}
