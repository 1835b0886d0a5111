/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_JSON_H
#define VOUCH_PROTO_JSON_H

/* JSON (RFC 8259) from a peer, read by jansson. */

#include <jansson.h>

#include <vouch/base.h>

/* vouch_json_load reads an object or an array, and nothing behind it. What
 * there is to read is counted before jansson takes memory for it. It returns
 *   VOUCH_E_DECODE: not that;
 *   VOUCH_E_DUPLICATE: a name twice in an object;
 *   VOUCH_E_TOO_LARGE: longer than VOUCH_LIMIT_CMW;
 *   VOUCH_E_TOO_MANY: beyond the limits of CBOR, of depth or items;
 *   VOUCH_E_NOMEM. */
vouch_err vouch_json_load(vouch_bytes text, json_t **out) VOUCH_MUST_CHECK;

/* vouch_json_object makes an empty object; NULL: no memory. */
json_t *vouch_json_object(void);

/* vouch_json_text borrows the text of a string. */
vouch_bytes vouch_json_text(const json_t *string);

#endif
