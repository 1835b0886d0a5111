/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CBOR_READER_H
#define VOUCH_PROTO_CBOR_READER_H

/*
 * CBOR (RFC 8949) from a peer, without allocation. vouch_cbor_check looks at
 * all of it first: well-formed, within the limits, and of the profile. Only
 * then do the readers take it apart; each takes one item off the front of `in`
 * and is false when the item there is of another type.
 */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/*
 * What all profiles ask for: definite lengths, valid UTF-8, unique keys, no
 * simple values but false, true, null and undefined. Where keys may be in any
 * order, the maps around an item have VOUCH_LIMIT_CBOR_PAIRS of them at most.
 */
enum vouch_cbor_profile {
    /* Keys that are integers or text, in any order, arguments and floats of any
     * length: Evidence of profiles that are not our own (RFC 9711, 6.2). */
    VOUCH_CBOR_DEFINITE,
    /* Keys in any order, preferred serialization (RFC 8949, 4.1): what other
     * programs made. */
    VOUCH_CBOR_PREFERRED,
    /* Keys in bytewise order as well (RFC 8949, 4.2.1): what vouch made. */
    VOUCH_CBOR_DETERMINISTIC,
};

/* vouch_cbor_check looks at `in`, which must be one item and no more:
 * VOUCH_E_TOO_MANY beyond a limit of depth, items or pairs, VOUCH_E_CBOR for
 * all else. */
vouch_err vouch_cbor_check(vouch_bytes in,
                           enum vouch_cbor_profile profile) VOUCH_MUST_CHECK;

enum vouch_cbor_type {
    VOUCH_CBOR_UINT,
    VOUCH_CBOR_NINT, /* -1 - value */
    VOUCH_CBOR_BYTES,
    VOUCH_CBOR_TEXT,
    VOUCH_CBOR_ARRAY, /* of `value` items */
    VOUCH_CBOR_MAP,   /* of `value` pairs */
    VOUCH_CBOR_TAG,
    VOUCH_CBOR_BOOL,   /* `value` is 0 or 1 */
    VOUCH_CBOR_SIMPLE, /* null or undefined */
    VOUCH_CBOR_FLOAT,
};

/* The head of an item, and the octets of a string. */
struct vouch_cbor_head {
    enum vouch_cbor_type type;
    uint64_t value;
    double number; /* of VOUCH_CBOR_FLOAT */
    vouch_bytes string;
};

/* vouch_cbor_read_head takes a head, and a string's octets with it. */
bool vouch_cbor_read_head(CBS *in,
                          struct vouch_cbor_head *out) VOUCH_MUST_CHECK;

/* vouch_cbor_peek tells what is next, without taking it. */
bool vouch_cbor_peek(const CBS *in, enum vouch_cbor_type *out) VOUCH_MUST_CHECK;

bool vouch_cbor_read_uint(CBS *in, uint64_t *out) VOUCH_MUST_CHECK;
bool vouch_cbor_read_int(CBS *in, int64_t *out) VOUCH_MUST_CHECK;
bool vouch_cbor_read_bytes(CBS *in, vouch_bytes *out) VOUCH_MUST_CHECK;
bool vouch_cbor_read_text(CBS *in, vouch_bytes *out) VOUCH_MUST_CHECK;
bool vouch_cbor_read_array(CBS *in, uint64_t *items) VOUCH_MUST_CHECK;
bool vouch_cbor_read_map(CBS *in, uint64_t *pairs) VOUCH_MUST_CHECK;
bool vouch_cbor_read_tag(CBS *in, uint64_t *tag) VOUCH_MUST_CHECK;
bool vouch_cbor_read_bool(CBS *in, bool *out) VOUCH_MUST_CHECK;

/* vouch_cbor_read_item takes a whole item, with all that is in it. */
bool vouch_cbor_read_item(CBS *in, vouch_bytes *out) VOUCH_MUST_CHECK;

#endif
