/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_READER_H
#define VOUCH_PROTO_READER_H

/*
 * Readers in the manner of TLS presentation language (RFC 8446, 3) over CBS.
 * Each takes a structure off the front of `in`; false when it is not there or
 * not within its bounds, and then what `in` holds no longer matters.
 */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/* vouch_reader starts at the front of `octets`. */
CBS vouch_reader(vouch_bytes octets);

/* vouch_rest borrows what `in` has left, without taking it. */
vouch_bytes vouch_rest(const CBS *in);

/* vouch_read_end tells whether nothing is left. */
bool vouch_read_end(const CBS *in) VOUCH_MUST_CHECK;

bool vouch_read_u8(CBS *in, uint8_t *out) VOUCH_MUST_CHECK;
bool vouch_read_u16(CBS *in, uint16_t *out) VOUCH_MUST_CHECK;
bool vouch_read_u64(CBS *in, uint64_t *out) VOUCH_MUST_CHECK;

/* opaque out[len] */
bool vouch_read_octets(CBS *in, size_t len, CBS *out) VOUCH_MUST_CHECK;

/* opaque out<min..max>, with a length of one, two or three octets */
bool vouch_read_vector8(CBS *in, size_t min, size_t max,
                        CBS *out) VOUCH_MUST_CHECK;
bool vouch_read_vector16(CBS *in, size_t min, size_t max,
                         CBS *out) VOUCH_MUST_CHECK;
bool vouch_read_vector24(CBS *in, size_t min, size_t max,
                         CBS *out) VOUCH_MUST_CHECK;

/* A variable-length integer of QUIC (RFC 9000, 16), minimal or not. */
bool vouch_read_varint(CBS *in, uint64_t *out) VOUCH_MUST_CHECK;

#endif
