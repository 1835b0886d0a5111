/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_POLICY_FILE_H
#define VOUCH_TOOLS_POLICY_FILE_H

#include <vouch/corim.h>

/* Policies in a file, a CoRIM. Functions say why not, and return false. */

/* policy_file_read reads one. `signer` is the path of a public key in PEM, or
 * NULL: it must not be signed. */
bool policy_file_read(const char *path, const char *signer, int64_t unix_s,
                      vouch_corim **out);

/* policy_file_edit reads one that is not signed, or begins one if there is no
 * file, has `change` change it, and puts it in the old one's place. Who edits
 * files of that directory meanwhile waits. */
bool policy_file_edit(const char *path,
                      bool (*change)(void *arg, vouch_corim *corim), void *arg);

/* unix_time is now. */
int64_t unix_time(void);

#endif
