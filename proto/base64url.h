/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_BASE64URL_H
#define VOUCH_PROTO_BASE64URL_H

/* Base64 with the alphabet that is safe in URLs (RFC 4648, 5), never padded. */

#include <vouch/base.h>

/* vouch_base64url_length is how many octets `len` characters stand for. */
size_t vouch_base64url_length(size_t len);

/* vouch_base64url_decode writes that many octets. False when there is another
 * character, a length that no octets give, or a last character with bits that
 * belong to none: one text for any octets. */
bool vouch_base64url_decode(vouch_bytes text, uint8_t *out) VOUCH_MUST_CHECK;

/* vouch_base64url_text_length is how many characters stand for `len` octets,
 * and vouch_base64url_encode writes them, with no NUL. */
size_t vouch_base64url_text_length(size_t len);
void vouch_base64url_encode(vouch_bytes octets, uint8_t *out);

#endif
