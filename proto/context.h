/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CONTEXT_H
#define VOUCH_PROTO_CONTEXT_H

/*
 * The certificate_request_context as vouch lays it out (proto/README.md):
 *
 *   id (8, big-endian) || random (24) || [SHA-256 of the operation (32)] ||
 *   [verifier nonce (8..64)]
 */

#include <vouch/base.h>

#define VOUCH_ID_SERVER (UINT64_C(1) << 63)    /* requester's TLS role */
#define VOUCH_ID_OPERATION (UINT64_C(1) << 62) /* operation digest present */
#define VOUCH_ID_NONCE (UINT64_C(1) << 61)     /* verifier nonce present */
#define VOUCH_ID_COUNTER (VOUCH_ID_NONCE - 1)  /* counts from 1 */

#define VOUCH_CONTEXT_RANDOM 24
#define VOUCH_OPERATION_DIGEST 32
#define VOUCH_NONCE_MIN 8
#define VOUCH_NONCE_MAX 64
#define VOUCH_CONTEXT_MAX \
    (8 + VOUCH_CONTEXT_RANDOM + VOUCH_OPERATION_DIGEST + VOUCH_NONCE_MAX)

struct vouch_context {
    uint64_t id;
    vouch_bytes random;
    vouch_bytes operation; /* empty or 32 */
    vouch_bytes nonce;     /* empty or 8 to 64 */
};

/* vouch_context_parse takes a context apart. VOUCH_E_DECODE when its length is
 * not what the bits of its id say, or the counter is 0. */
vouch_err vouch_context_parse(vouch_bytes octets,
                              struct vouch_context *out) VOUCH_MUST_CHECK;

/* vouch_context_encode writes `context` into `out` of VOUCH_CONTEXT_MAX octets
 * and returns the length; the bits of the id are set from what is there. 0 when
 * a part is of a forbidden length or the counter is 0. */
size_t vouch_context_encode(const struct vouch_context *context, uint8_t *out);

#endif
