/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_FILES_H
#define VOUCH_TESTS_FILES_H

/* A directory for the files of one test. A failure inside these functions fails
 * the test. */

#include <stdint.h>

/* make_dir makes a new directory; remove_dir removes it with all that it holds.
 * They are a checked fixture. */
void make_dir(void);
void remove_dir(void);

/* path_in writes the path of `name` in the directory. */
void path_in(char path[128], const char *name);

/* write_file makes a file of `text`, or overwrites it in place. */
void write_file(const char *path, const char *text);

/* rewrite_file is write_file, but for a ctime that is another than before. */
void rewrite_file(const char *path, const char *text);

/* replace_file puts another file of `text` into the place of `path`. */
void replace_file(const char *path, const char *text);

/* run runs a shell command, which must succeed. */
void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* sha256sum asks the command of this name for the digest of a file. */
void sha256sum(const char *path, uint8_t out[32]);

#endif
