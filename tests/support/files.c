/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <check.h>

static char dir[64];

void make_dir(void)
{
    strcpy(dir, "/tmp/vouch-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

void remove_dir(void)
{
    run("rm -r '%s'", dir);
}

void path_in(char path[128], const char *name)
{
    ck_assert_int_lt(snprintf(path, 128, "%s/%s", dir, name), 128);
}

void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
    ck_assert_int_eq(fclose(f), 0);
}

static struct timespec ctime_of(const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_ctim;
}

/* Again and again, until the clock of the file system has ticked. */
void rewrite_file(const char *path, const char *text)
{
    struct timespec before = ctime_of(path), after;

    do {
        write_file(path, text);
        after = ctime_of(path);
    } while (after.tv_sec == before.tv_sec && after.tv_nsec == before.tv_nsec);
}

void replace_file(const char *path, const char *text)
{
    char other[160];

    snprintf(other, sizeof other, "%s.new", path);
    write_file(other, text);
    ck_assert_int_eq(rename(other, path), 0);
}

void run(const char *format, ...)
{
    char command[512];
    va_list arguments;

    va_start(arguments, format);
    ck_assert_int_lt(vsnprintf(command, sizeof command, format, arguments),
                     (int)sizeof command);
    va_end(arguments);
    ck_assert_int_eq(system(command), 0);
}

void sha256sum(const char *path, uint8_t out[32])
{
    char command[512];
    FILE *pipe;

    snprintf(command, sizeof command, "sha256sum < '%s'", path);
    pipe = popen(command, "re");
    ck_assert_ptr_nonnull(pipe);
    for (int i = 0; i < 32; i++) {
        unsigned octet;

        ck_assert_int_eq(fscanf(pipe, "%2x", &octet), 1);
        out[i] = (uint8_t)octet;
    }
    ck_assert_int_eq(pclose(pipe), 0);
}
