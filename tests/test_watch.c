/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/evidence/watch.h"
#include "tests/support/files.h"

/* Later than any stamp that these tests make. */
enum { LONG_AFTER = 3600 };

static char file[128], other[128];
static struct vouch_watch watch;

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

static void make_watch(void)
{
    make_dir();
    path_in(file, "file");
    path_in(other, "other");
    write_file(file, "abc");
    write_file(other, "the other");
    ck_assert_int_eq(vouch_watch_init(&watch), VOUCH_OK);
    ck_assert_int_eq(vouch_watch_add(&watch, other), VOUCH_OK);
    ck_assert_int_eq(vouch_watch_add(&watch, file), VOUCH_OK);
}

static void remove_watch(void)
{
    vouch_watch_cleanup(&watch);
    remove_dir();
}

static void must_be_right(int64_t unix_s)
{
    uint8_t digests[2][32], sum[32];

    ck_assert_int_eq(vouch_watch_read(&watch, unix_s, digests), VOUCH_OK);
    sha256sum(other, sum);
    ck_assert_mem_eq(digests[0], sum, 32);
    sha256sum(file, sum);
    ck_assert_mem_eq(digests[1], sum, 32);
}

START_TEST(watch_sees_content_change)
{
    must_be_right(now() + LONG_AFTER);
    rewrite_file(file, "abd");
    must_be_right(now() + LONG_AFTER);
    replace_file(other, "one more");
    must_be_right(now() + LONG_AFTER);
}
END_TEST

/* Nothing in the metadata tells "abd" from "abc" when both are written within
 * one tick of the file system. */
START_TEST(watch_sees_two_changes_within_one_tick)
{
    for (int i = 0; i < 20; i++) {
        uint8_t digests[2][32], again[2][32];

        write_file(file, "abc");
        ck_assert_int_eq(vouch_watch_read(&watch, now(), digests), VOUCH_OK);
        write_file(file, "abd");
        ck_assert_int_eq(vouch_watch_read(&watch, now(), again), VOUCH_OK);
        ck_assert_mem_ne(digests[1], again[1], 32);
    }
}
END_TEST

/* A time at which neither file is settled. */
static int64_t just_written(void)
{
    struct stat status;

    ck_assert_int_eq(stat(file, &status), 0);
    return status.st_ctim.tv_sec;
}

START_TEST(watch_hashes_again_only_when_the_stamp_changed)
{
    uint8_t digests[2][32];
    const uint8_t mark[32] = {1};

    must_be_right(now() + LONG_AFTER);
    memcpy(watch.files[1].sha256, mark, 32);
    ck_assert_int_eq(vouch_watch_read(&watch, now(), digests), VOUCH_OK);
    ck_assert_mem_eq(digests[1], mark, 32);
    watch.files[1].stamp.inode++;
    must_be_right(just_written());
    memcpy(watch.files[1].sha256, mark, 32);
    must_be_right(just_written());
}
END_TEST

START_TEST(watch_fails_while_a_file_can_not_be_read)
{
    uint8_t digests[2][32];

    ck_assert_int_eq(vouch_watch_add(&watch, "/nonexistent"), VOUCH_E_IO);
    must_be_right(now());
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(vouch_watch_read(&watch, now(), digests), VOUCH_E_IO);
    write_file(file, "back");
    must_be_right(now());
}
END_TEST

static void *read_often(void *arg)
{
    uint8_t digests[2][32];

    for (int i = 0; i < 200; i++) {
        if (vouch_watch_read(&watch, now(), digests) != VOUCH_OK) {
            *(bool *)arg = false;
        }
    }
    return NULL;
}

START_TEST(watch_is_shared_by_threads)
{
    pthread_t threads[4];
    bool ok[4] = {true, true, true, true};

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_often, &ok[i]),
                         0);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert(ok[i]);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");

    tcase_add_checked_fixture(tc, make_watch, remove_watch);
    tcase_add_test(tc, watch_sees_content_change);
    tcase_add_test(tc, watch_sees_two_changes_within_one_tick);
    tcase_add_test(tc, watch_hashes_again_only_when_the_stamp_changed);
    tcase_add_test(tc, watch_fails_while_a_file_can_not_be_read);
    tcase_add_test(tc, watch_is_shared_by_threads);
    suite_add_tcase(suite, tc);
    return suite;
}
