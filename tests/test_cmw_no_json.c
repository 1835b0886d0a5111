/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <vouch/cmw.h>

#include "proto/memory.h"

/* In the place of test_cmw_json.c where the library is without jansson. */

START_TEST(json_is_refused_by_name)
{
    static const char *const texts[] = {"[\"a/b\",\"AA\"]", "", "e30.e30.AA"};

    for (int i = 0; i < COUNT(texts); i++) {
        vouch_buffer cbor = {NULL, 7};

        ck_assert_int_eq(vouch_cmw_from_json(vouch_text(texts[i]), &cbor),
                         VOUCH_E_NOT_BUILT);
        ck_assert_ptr_null(cbor.data);
        ck_assert_uint_eq(cbor.len, 7);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmw_no_json");
    TCase *tc = tcase_create("json");

    tcase_add_test(tc, json_is_refused_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}
