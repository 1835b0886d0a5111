/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_OCTETS_H
#define VOUCH_TOOLS_OCTETS_H

#include <vouch/base.h>

/* Octets as text. What is made is of malloc; text ends in a NUL that is not
 * counted. */

/* unhex reads pairs of hexadecimal digits: `max` octets at most. */
bool unhex(const char *text, size_t max, vouch_buffer *out);

/* base64url (RFC 4648, 5), without padding; of each run of octets there is one
 * text, and no other is read. */
bool base64url_encode(vouch_bytes octets, vouch_buffer *out);
bool base64url_decode(const char *text, size_t max, vouch_buffer *out);

#endif
