/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_FILES_H
#define VOUCH_TOOLS_FILES_H

#include <limits.h>

#include <vouch/base.h>

/* Functions that return false leave the reason in errno. */

struct path {
    char text[PATH_MAX];
};

/* path_in makes the path of `name` in `directory`. */
bool path_in(struct path *path, const char *directory, const char *name);

/* file_read reads up to `max` octets of a file, the most that it may hold, into
 * memory of malloc, ended by a NUL that is not counted. */
bool file_read(const char *path, size_t max, vouch_buffer *out);

/* file_write makes a file of mode 0600. It is written beside its place, synced
 * and moved there: it is complete or absent, or the old one. Without `replace`
 * an old one is EEXIST. */
bool file_write(const char *directory, const char *name, vouch_bytes octets,
                bool replace);

bool directory_sync(const char *path);

/* directory_take makes a directory, keeps other takers out of it, and removes
 * the directories in it whose names begin with `beside`, which interrupted ones
 * have left. The lock is held until `*fd` is closed. */
bool directory_take(const char *path, const char *beside, int *fd);

/* directory_put moves a finished directory to its place, in one step. Without
 * `replace` an old one is EEXIST or ENOTEMPTY, and a file ENOTDIR. */
bool directory_put(const char *made, const char *place, bool replace);

/* directory_remove removes a directory that holds only files. */
bool directory_remove(const char *path);

/* directory_each calls `each` for the entries whose names begin with `prefix`,
 * until it returns false. */
bool directory_each(const char *path, const char *prefix,
                    bool (*each)(const char *directory, const char *name,
                                 void *arg),
                    void *arg);

#endif
