/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "lib/session/bucket.h"

START_TEST(bucket_gives_its_fill_at_once_and_no_more)
{
    struct bucket bucket;

    vouch_bucket_init(&bucket, 3, 1000);
    ck_assert(vouch_bucket_take(&bucket, 1000));
    ck_assert(vouch_bucket_take(&bucket, 1000));
    ck_assert_uint_eq(vouch_bucket_wait(&bucket), 0);
    ck_assert(vouch_bucket_take(&bucket, 1000));
    ck_assert(!vouch_bucket_take(&bucket, 1000));
}
END_TEST

START_TEST(bucket_has_a_token_again_when_it_says_so)
{
    struct bucket bucket;
    uint64_t wait;

    vouch_bucket_init(&bucket, 3, 0);
    while (vouch_bucket_take(&bucket, 0)) {
    }
    wait = vouch_bucket_wait(&bucket);
    ck_assert_uint_ge(wait, 20000);
    ck_assert(!vouch_bucket_take(&bucket, 19999));
    ck_assert(vouch_bucket_take(&bucket, wait));
    ck_assert(!vouch_bucket_take(&bucket, wait));
}
END_TEST

START_TEST(bucket_never_holds_more_than_its_fill)
{
    struct bucket bucket;

    vouch_bucket_init(&bucket, 2, 0);
    ck_assert(vouch_bucket_take(&bucket, UINT64_MAX - 1));
    ck_assert(vouch_bucket_take(&bucket, UINT64_MAX - 1));
    ck_assert(!vouch_bucket_take(&bucket, UINT64_MAX - 1));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("bucket");
    TCase *tc = tcase_create("bucket");

    tcase_add_test(tc, bucket_gives_its_fill_at_once_and_no_more);
    tcase_add_test(tc, bucket_has_a_token_again_when_it_says_so);
    tcase_add_test(tc, bucket_never_holds_more_than_its_fill);
    suite_add_tcase(suite, tc);
    return suite;
}
