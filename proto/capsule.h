/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CAPSULE_H
#define VOUCH_PROTO_CAPSULE_H

/* Capsules (RFC 9297, 3.2): varint type, varint length, value. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

enum vouch_capsule_type {
    VOUCH_CAPSULE_DATA = 0x2f5600,
    VOUCH_CAPSULE_CAPABILITIES = 0x2f5601,
    VOUCH_CAPSULE_REQUEST = 0x2f5602,
    VOUCH_CAPSULE_AUTHENTICATOR = 0x2f5603,
    VOUCH_CAPSULE_OUTCOME = 0x2f5604,
    VOUCH_CAPSULE_POSTURE = 0x2f5605,
    VOUCH_CAPSULE_COMMAND = 0x2f5606,
    VOUCH_CAPSULE_REPLY = 0x2f5607,
    VOUCH_CAPSULE_CLOSE = 0x2f5608,
};

/* Longest header: two varints of eight octets. */
#define VOUCH_CAPSULE_HEADER_MAX 16

struct vouch_capsule_header {
    uint64_t type;
    uint64_t length;
};

/* vouch_capsule_header_parse reads a header off the front of `*in`, which it
 * advances. False when `*in` is but a part of one; then nothing changes.
 * Varints need not be minimal (RFC 9000, 16). */
bool vouch_capsule_header_parse(vouch_bytes *in,
                                struct vouch_capsule_header *out);

/* vouch_capsule_header_encode writes a minimal header into `out` of
 * VOUCH_CAPSULE_HEADER_MAX octets and returns its length, or 0 when one of the
 * numbers is 2^62 or more and has no varint. */
size_t vouch_capsule_header_encode(uint64_t type, uint64_t length,
                                   uint8_t *out);

#endif
