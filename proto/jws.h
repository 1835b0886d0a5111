/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_JWS_H
#define VOUCH_PROTO_JWS_H

/* A JWS in compact serialization (RFC 7515, 7.1), signed with ES256 (RFC 7518,
 * 3.4). Without jansson each of these is VOUCH_E_NOT_BUILT. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/* What is signed, and by whom. */
struct vouch_jws {
    vouch_bytes signing_input; /* borrowed from what was decoded */
    vouch_bytes key_id; /* text; says which key to try, not whom to trust; maybe
                           empty (RFC 7515, 4.1.4) */
    vouch_bytes payload;
    vouch_bytes signature;
    vouch_buffer memory; /* which the last three borrow from */
};

/* vouch_jws_decode takes one apart. Of its header nothing is believed but alg
 * and kid. On success the caller frees `memory`. It returns
 *   VOUCH_E_DECODE: not a compact JWS, with a header in JSON;
 *   VOUCH_E_DUPLICATE: a header parameter stands twice;
 *   VOUCH_E_COSE_ALGORITHM: alg is absent, or any other than "ES256";
 *   VOUCH_E_ILLEGAL: a header parameter is critical;
 *   VOUCH_E_TOO_LARGE: longer than VOUCH_LIMIT_CMW;
 *   VOUCH_E_TOO_MANY: a header beyond the limits of JSON;
 *   VOUCH_E_NOMEM. */
vouch_err vouch_jws_decode(vouch_bytes text,
                           struct vouch_jws *out) VOUCH_MUST_CHECK;

/* vouch_jws_begin writes what the signature is over (RFC 7515, 5.1): a header
 * with alg and, in base64url, `key_id`; and the payload. vouch_jws_end writes
 * the signature behind it. */
vouch_err vouch_jws_begin(CBB *out, vouch_bytes key_id,
                          vouch_bytes payload) VOUCH_MUST_CHECK;
vouch_err vouch_jws_end(CBB *out, vouch_bytes signature) VOUCH_MUST_CHECK;

#endif
