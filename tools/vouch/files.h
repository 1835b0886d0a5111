/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_FILES_H
#define VOUCH_TOOLS_FILES_H

#include <limits.h>

#include <vouch/base.h>

#include "tools/vouch/owned.h"

/* Files and directories that only this user and root can change (owned.h):
 * others are refused, but by file_read_foreign. Nothing waits for the other end
 * of a FIFO.
 *
 * Functions that return false, or -1 for a descriptor, leave the reason for
 * file_cause. */

struct path {
    char text[PATH_MAX];
};

/* path_in makes the path of `name` in `directory`. */
bool path_in(struct path *path, const char *directory, const char *name);

/* file_read reads up to `max` octets of a file, the most that it may hold, into
 * memory of malloc, ended by a NUL that is not counted. file_read_in reads one
 * of a directory. */
bool file_read(const char *path, size_t max, vouch_buffer *out);
bool file_read_in(int directory, const char *name, size_t max,
                  vouch_buffer *out);

/* file_read_foreign reads a file that may be anybody's: what is in it is not
 * believed. */
bool file_read_foreign(const char *path, size_t max, vouch_buffer *out);

/* file_is_own tells whether a file is what file_read reads; file_is_own_in of a
 * directory. For a function of the library that takes a path: nobody else can
 * change what that names. */
bool file_is_own(const char *path);
bool file_is_own_in(int directory, const char *name);

/* file_exists_in tells whether there is anything of that name. */
bool file_exists_in(int directory, const char *name);

/* file_write makes a file of mode 0600. It is written beside its place, synced
 * and moved there: it is complete or absent, or the old one. Without `replace`
 * an old one is EEXIST. */
bool file_write(int directory, const char *name, vouch_bytes octets,
                bool replace);

/* directory_open opens a directory; directory_open_in one of a directory. */
int directory_open(const char *path);
int directory_open_in(int directory, const char *name);

/* directory_take opens a directory, which is made if there is none, keeps other
 * takers out of it, and removes the directories in it that directory_make has
 * made for `beside` and that were left by interrupted ones. The lock is held
 * until the descriptor is closed. directory_take_in takes one of a
 * directory. */
int directory_take(const char *path, const char *beside);
int directory_take_in(int directory, const char *name, const char *beside);

/* Room for the name of a directory that was made. */
enum { MADE_MAX = 32 };

/* directory_make makes one of mode 0700, whose name begins with `beside`. */
int directory_make(int directory, const char *beside, char name[MADE_MAX]);

/* directory_put moves a finished directory to its place, in one step. Without
 * `replace` an old one is EEXIST or ENOTEMPTY, and a file ENOTDIR. */
bool directory_put(int directory, const char *made, const char *place,
                   bool replace);

/* directory_remove removes a directory that holds only files that this program
 * makes (layout.h), and leaves one that holds anything else. */
bool directory_remove(int directory, const char *name);

/* directory_each calls `each` for the entries whose names begin with `prefix`,
 * in the order of their names, until it returns false. */
bool directory_each(int directory, const char *prefix,
                    bool (*each)(int directory, const char *name, void *arg),
                    void *arg);

#endif
