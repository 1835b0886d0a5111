/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CBOR_WRITER_H
#define VOUCH_PROTO_CBOR_WRITER_H

/* CBOR (RFC 8949) in preferred serialization over CBB; false when there is no
 * room. Whoever writes a map writes its keys in order. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

bool vouch_cbor_write_uint(CBB *out, uint64_t value) VOUCH_MUST_CHECK;
bool vouch_cbor_write_int(CBB *out, int64_t value) VOUCH_MUST_CHECK;
bool vouch_cbor_write_bytes(CBB *out, vouch_bytes octets) VOUCH_MUST_CHECK;
bool vouch_cbor_write_text(CBB *out, vouch_bytes text) VOUCH_MUST_CHECK;
bool vouch_cbor_write_tag(CBB *out, uint64_t tag) VOUCH_MUST_CHECK;
bool vouch_cbor_write_bool(CBB *out, bool value) VOUCH_MUST_CHECK;

/* The head alone of a byte string, an array or a map: octets, items or pairs
 * follow. */
bool vouch_cbor_write_bytes_head(CBB *out, size_t len) VOUCH_MUST_CHECK;
bool vouch_cbor_write_array(CBB *out, size_t items) VOUCH_MUST_CHECK;
bool vouch_cbor_write_map(CBB *out, size_t pairs) VOUCH_MUST_CHECK;

#endif
