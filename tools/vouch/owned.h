/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_OWNED_H
#define VOUCH_TOOLS_OWNED_H

#include <limits.h>
#include <stdbool.h>

/*
 * What only this user and root can change. As sshd's StrictModes has it, a file
 * or directory belongs to one of the two and lets neither group nor others
 * write, and so does every directory on the way to it; one on the way may let
 * others write if it is sticky, as /tmp is. What is not so is refused.
 *
 * Symbolic links in a path that the user gave are followed, if they belong to
 * one of the two. Those in a directory of this program are refused.
 *
 * Functions that return false, or -1 for a descriptor, leave the reason for
 * file_cause.
 */

/* file_cause tells why the last function failed, and what can be done. */
const char *file_cause(void);

/* owned_begin forgets the cause that another function left; errno will say. */
void owned_begin(void);

/* Where a file is, or is to be: its directory, open, and its name there. */
struct place {
    int directory; /* for openat() and the like */
    char name[NAME_MAX + 1];
    bool is_open; /* it is a descriptor of this process: /dev/stdin */
};

/* place_find finds it; there need not be a file. The caller closes
 * `directory`. */
bool place_find(const char *path, struct place *out);

/* owned_file opens a regular file to be read, without waiting for anybody;
 * owned_directory a directory. */
int owned_file(int directory, const char *name);
int owned_directory(int directory, const char *name);

/* owned_is_mine tells whether an open file belongs to this user. */
bool owned_is_mine(int fd);

#endif
