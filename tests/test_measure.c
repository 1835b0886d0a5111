/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vouch/limits.h>

#include "lib/evidence/measure.h"
#include "tests/support/files.h"

/* FIPS 180-4 example: SHA-256 of "abc". */
static const uint8_t abc_sha256[32] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static char file[128];
/* How often the file still grows while it is read. */
static int changes_left;

/* Called between the first look at a file and its last octet: this definition
 * stands before the library's own. */
ssize_t pread(int fd, void *octets, size_t len, off_t offset)
{
    static ssize_t (*next)(int, void *, size_t, off_t);

    if (next == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "pread64"); /* off_t has 64 bits */

        ck_assert_ptr_nonnull(symbol);
        memcpy(&next, &symbol, sizeof next);
    }
    if (changes_left > 0) {
        changes_left--;
        run("printf x >> '%s'", file);
    }
    return next(fd, octets, len, offset);
}

static void make_file(void)
{
    make_dir();
    path_in(file, "file");
    write_file(file, "abc");
}

static const vouch_measurement *named(const struct vouch_measurements *list,
                                      const char *name)
{
    for (size_t i = 0; i < list->num; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

START_TEST(executable_is_measured_as_sha256sum_does)
{
    struct vouch_measurements list = {NULL, 0};
    char path[64];
    uint8_t sum[32];

    snprintf(path, sizeof path, "/proc/%d/exe", (int)getpid());
    sha256sum(path, sum);
    ck_assert_int_eq(vouch_measure_executable(&list), VOUCH_OK);
    ck_assert_uint_eq(list.num, 1);
    ck_assert_str_eq(list.items[0].name, "executable");
    ck_assert_mem_eq(list.items[0].sha256, sum, 32);
    vouch_measurements_cleanup(&list);
}
END_TEST

static const char *path_of(void *library)
{
    struct link_map *map;

    ck_assert_ptr_nonnull(library);
    ck_assert_int_eq(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    return map->l_name;
}

START_TEST(libraries_are_measured_by_file_name)
{
    static const char *const files[] = {"libc.so.6", "libcrypto.so.0",
                                        "libcbor.so.0.8"};
    struct vouch_measurements list = {NULL, 0};
    size_t seen = 0;

    ck_assert_int_eq(vouch_measure_libraries(&list), VOUCH_OK);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        void *library = dlopen(files[i], RTLD_NOW | RTLD_NOLOAD);
        const vouch_measurement *m;
        char name[64];
        uint8_t sum[32];

        if (library == NULL) {
            continue;
        }
        snprintf(name, sizeof name, "library:%s", files[i]);
        sha256sum(path_of(library), sum);
        m = named(&list, name);
        ck_assert_msg(m != NULL, "%s", name);
        ck_assert_mem_eq(m->sha256, sum, 32);
        dlclose(library);
        seen++;
    }
    ck_assert_uint_ge(seen, 1); /* libc at least */
    vouch_measurements_cleanup(&list);
}
END_TEST

/* Every object that the loader knows but the program and the vDSO, once. */
static int count_objects(struct dl_phdr_info *object, size_t size, void *arg)
{
    (void)size;
    if (strchr(object->dlpi_name, '/') != NULL) {
        ++*(size_t *)arg;
    }
    return 0;
}

START_TEST(libraries_are_all_measured_and_nothing_else)
{
    struct vouch_measurements list = {NULL, 0};
    size_t num = 0;

    dl_iterate_phdr(count_objects, &num);
    ck_assert_int_eq(vouch_measure_libraries(&list), VOUCH_OK);
    ck_assert_uint_eq(list.num, num);
    for (size_t i = 0; i < list.num; i++) {
        ck_assert_int_eq(strncmp(list.items[i].name, "library:", 8), 0);
        ck_assert_ptr_eq(named(&list, list.items[i].name), &list.items[i]);
    }
    vouch_measurements_cleanup(&list);
}
END_TEST

/* A second library with the file name of the first is measured too. */
START_TEST(libraries_that_share_a_file_name_keep_apart)
{
    struct vouch_measurements list = {NULL, 0};
    void *first = dlopen("libm.so.6", RTLD_NOW), *second;
    const vouch_measurement *m;
    char path[128], name[160];
    uint8_t sum[32];

    path_in(path, "libm.so.6");
    run("cp '%s' '%s'", path_of(first), path);
    run("printf x >> '%s'", path);
    second = dlopen(path, RTLD_NOW);
    ck_assert_ptr_nonnull(second);

    ck_assert_int_eq(vouch_measure_libraries(&list), VOUCH_OK);
    sha256sum(path_of(first), sum);
    m = named(&list, "library:libm.so.6");
    ck_assert_ptr_nonnull(m);
    ck_assert_mem_eq(m->sha256, sum, 32);
    sha256sum(path, sum);
    snprintf(name, sizeof name, "library:%s", path);
    m = named(&list, name);
    ck_assert_ptr_nonnull(m);
    ck_assert_mem_eq(m->sha256, sum, 32);

    vouch_measurements_cleanup(&list);
    dlclose(second);
    dlclose(first);
}
END_TEST

START_TEST(file_is_hashed_whole)
{
    static char large[100000];
    struct vouch_file_stamp stamp;
    uint8_t digest[32], sum[32];

    ck_assert_int_eq(vouch_measure_file(file, digest, &stamp), VOUCH_OK);
    ck_assert_mem_eq(digest, abc_sha256, 32);
    ck_assert_int_eq(stamp.size, 3);

    memset(large, 'v', sizeof large - 1);
    write_file(file, large);
    sha256sum(file, sum);
    ck_assert_int_eq(vouch_measure_file(file, digest, &stamp), VOUCH_OK);
    ck_assert_mem_eq(digest, sum, 32);
}
END_TEST

static void change_size(void)
{
    ck_assert_int_eq(truncate(file, 2), 0);
}

static void change_mtime(void)
{
    const struct timespec times[2] = {{1, 0}, {1, 0}};

    ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
}

static void replace(void)
{
    replace_file(file, "abd");
}

/* Same size, and the time of modification put back: ctime tells. */
static void rewrite_and_hide(void)
{
    struct timespec times[2];
    struct stat status;

    ck_assert_int_eq(stat(file, &status), 0);
    rewrite_file(file, "abd");
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
}

START_TEST(file_stamp_notices_a_change)
{
    static void (*const changes[])(void) = {change_size, change_mtime, replace,
                                            rewrite_and_hide};
    struct vouch_file_stamp before, again, after;

    ck_assert_int_eq(vouch_file_stamp_read(file, &before), VOUCH_OK);
    ck_assert_int_eq(vouch_file_stamp_read(file, &again), VOUCH_OK);
    ck_assert(vouch_file_stamp_equal(&before, &again));
    changes[_i]();
    ck_assert_int_eq(vouch_file_stamp_read(file, &after), VOUCH_OK);
    ck_assert(!vouch_file_stamp_equal(&before, &after));
}
END_TEST

/* Each member of a stamp counts by itself. */
START_TEST(file_stamp_differs_by_each_member)
{
    const struct vouch_file_stamp one = {1, 2, 3, {4, 5}, {6, 7}};
    struct vouch_file_stamp other = one;

    switch (_i) {
    case 0:
        other.device++;
        break;
    case 1:
        other.inode++;
        break;
    case 2:
        other.size++;
        break;
    case 3:
        other.modified.tv_sec++;
        break;
    case 4:
        other.modified.tv_nsec++;
        break;
    case 5:
        other.changed.tv_sec++;
        break;
    default:
        other.changed.tv_nsec++;
        break;
    }
    ck_assert(vouch_file_stamp_equal(&one, &one));
    ck_assert(!vouch_file_stamp_equal(&one, &other));
}
END_TEST

START_TEST(file_stamp_settles_after_the_tick_of_its_file_system)
{
    const struct vouch_file_stamp stamp = {.changed = {1000, 999999999}};

    ck_assert(!vouch_file_stamp_settled(&stamp, 0));
    ck_assert(!vouch_file_stamp_settled(&stamp, 1000));
    ck_assert(!vouch_file_stamp_settled(&stamp, 1002));
    ck_assert(vouch_file_stamp_settled(&stamp, 1003));
}
END_TEST

START_TEST(file_that_can_not_be_read_is_an_error)
{
    static const struct {
        const char *command;
        int cause;
    } rows[] = {
        {"true", ENOENT},
        {"mkdir", EISDIR},
        {"mkfifo", EINVAL},
    };
    struct vouch_file_stamp stamp, untouched;
    uint8_t digest[32], zero[32] = {0};

    memset(&stamp, 0, sizeof stamp);
    memset(&untouched, 0, sizeof untouched);
    memset(digest, 0, sizeof digest);
    run("rm '%s' && %s '%s'", file, rows[_i].command, file);
    ck_assert_int_eq(vouch_measure_file(file, digest, &stamp), VOUCH_E_IO);
    ck_assert_int_eq(errno, rows[_i].cause);
    ck_assert_mem_eq(digest, zero, 32);
    ck_assert_mem_eq(&stamp, &untouched, sizeof stamp);
}
END_TEST

START_TEST(file_that_changes_while_it_is_read_is_an_error)
{
    struct vouch_file_stamp stamp;
    uint8_t digest[32];

    changes_left = INT_MAX;
    ck_assert_int_eq(vouch_measure_file(file, digest, &stamp), VOUCH_E_IO);
    ck_assert_int_eq(errno, EBUSY);
    changes_left = 1;
    ck_assert_int_eq(vouch_measure_file(file, digest, &stamp), VOUCH_OK);
    ck_assert_int_eq(changes_left, 0);
}
END_TEST

START_TEST(measurements_have_unique_names)
{
    struct vouch_measurements list = {NULL, 0};
    const uint8_t other[32] = {1};

    ck_assert_int_eq(vouch_measurements_add(&list, "file:", "a", abc_sha256),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_measurements_add(&list, "file:", "a", abc_sha256),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_measurements_add(&list, "file:", "a", other),
                     VOUCH_E_DUPLICATE);
    ck_assert_uint_eq(list.num, 1);
    ck_assert_mem_eq(list.items[0].sha256, abc_sha256, 32);
    vouch_measurements_cleanup(&list);
    ck_assert_uint_eq(list.num, 0);
}
END_TEST

START_TEST(measurements_keep_their_limits)
{
    struct vouch_measurements list = {NULL, 0};
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 2];

    memset(name, 'n', sizeof name);
    name[VOUCH_LIMIT_MEASUREMENT_NAME + 1] = '\0';
    ck_assert_int_eq(vouch_measurements_add(&list, "", name, abc_sha256),
                     VOUCH_E_ARGUMENT);
    name[VOUCH_LIMIT_MEASUREMENT_NAME] = '\0';
    ck_assert_int_eq(vouch_measurements_add(&list, "p", name, abc_sha256),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_measurements_add(&list, "p", "", abc_sha256),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_measurements_add(&list, "", name, abc_sha256),
                     VOUCH_OK);
    ck_assert_str_eq(list.items[0].name, name);
    for (int i = 1; i < VOUCH_LIMIT_MEASUREMENTS; i++) {
        snprintf(name, sizeof name, "%d", i);
        ck_assert_int_eq(vouch_measurements_add(&list, "", name, abc_sha256),
                         VOUCH_OK);
    }
    ck_assert_int_eq(vouch_measurements_add(&list, "", "more", abc_sha256),
                     VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(list.num, VOUCH_LIMIT_MEASUREMENTS);
    vouch_measurements_cleanup(&list);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("measure");
    TCase *tc = tcase_create("measure");

    tcase_add_checked_fixture(tc, make_file, remove_dir);
    tcase_add_test(tc, executable_is_measured_as_sha256sum_does);
    tcase_add_test(tc, libraries_are_measured_by_file_name);
    tcase_add_test(tc, libraries_are_all_measured_and_nothing_else);
    tcase_add_test(tc, libraries_that_share_a_file_name_keep_apart);
    tcase_add_test(tc, file_is_hashed_whole);
    tcase_add_loop_test(tc, file_stamp_notices_a_change, 0, 4);
    tcase_add_loop_test(tc, file_stamp_differs_by_each_member, 0, 7);
    tcase_add_test(tc, file_stamp_settles_after_the_tick_of_its_file_system);
    tcase_add_loop_test(tc, file_that_can_not_be_read_is_an_error, 0, 3);
    tcase_add_test(tc, file_that_changes_while_it_is_read_is_an_error);
    tcase_add_test(tc, measurements_have_unique_names);
    tcase_add_test(tc, measurements_keep_their_limits);
    suite_add_tcase(suite, tc);
    return suite;
}
