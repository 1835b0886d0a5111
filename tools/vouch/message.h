/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_MESSAGE_H
#define VOUCH_TOOLS_MESSAGE_H

#include <vouch/base.h>

/* message_read reads a CMW from the file `path`, or from standard input if that
 * is "-", into memory of malloc. With a `format`, the file holds a message of
 * this media type alone, and is put into a CMW. It says why not, and returns
 * false. */
bool message_read(const char *path, const char *format, vouch_buffer *out);

#endif
