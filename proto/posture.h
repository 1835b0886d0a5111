/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_POSTURE_H
#define VOUCH_PROTO_POSTURE_H

/* The posture as a message of its own, beside Evidence that has no room for it
 * (proto/README.md, 11). */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/* Spans borrow from what was decoded. */
struct vouch_posture_claims {
    vouch_bytes binder; /* 32 or 48 octets */
    uint64_t epoch;
    vouch_bytes digest;     /* SHA-256 of `components` */
    vouch_bytes components; /* proto/digests.h; at least the empty map */
};

/* vouch_posture_claims_decode: VOUCH_E_CBOR, VOUCH_E_TOO_MANY,
 * VOUCH_E_CLAIM_TYPE, VOUCH_E_CLAIM_MISSING. That the digest is right is for
 * the appraiser. */
vouch_err vouch_posture_claims_decode(
    vouch_bytes octets, struct vouch_posture_claims *out) VOUCH_MUST_CHECK;

bool vouch_posture_claims_encode(
    CBB *out, const struct vouch_posture_claims *in) VOUCH_MUST_CHECK;

#endif
