/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_WRITER_H
#define VOUCH_PROTO_WRITER_H

/* Writers in the manner of TLS presentation language (RFC 8446, 3) over CBB;
 * false when there is no room. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

bool vouch_write_octets(CBB *out, vouch_bytes octets) VOUCH_MUST_CHECK;

/* A vector, with a length of one, two or three octets. */
bool vouch_write_vector8(CBB *out, vouch_bytes octets) VOUCH_MUST_CHECK;
bool vouch_write_vector16(CBB *out, vouch_bytes octets) VOUCH_MUST_CHECK;
bool vouch_write_vector24(CBB *out, vouch_bytes octets) VOUCH_MUST_CHECK;

/* vouch_write_header begins a handshake message (RFC 8446, 4), which ends with
 * CBB_flush of `out`. */
bool vouch_write_header(CBB *out, uint8_t type, CBB *body) VOUCH_MUST_CHECK;

#endif
