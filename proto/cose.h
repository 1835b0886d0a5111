/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_COSE_H
#define VOUCH_PROTO_COSE_H

/* COSE_Sign1 (RFC 9052, 4.2), always tagged, never detached. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

enum vouch_cose_algorithm {
    VOUCH_COSE_ES256 = -7,  /* RFC 9053, 2.1 */
    VOUCH_COSE_EDDSA = -8,  /* RFC 9053, 2.2 */
    VOUCH_COSE_ES384 = -35, /* RFC 9053, 2.1 */
    VOUCH_COSE_ES512 = -36, /* RFC 9053, 2.1 */
    VOUCH_COSE_PS256 = -37, /* RFC 8230, 2 */
};

/* What is signed, and by whom. Spans borrow from what was decoded. */
struct vouch_cose_sign1 {
    vouch_bytes protected_header; /* the map's encoding, maybe of no octets */
    int64_t algorithm;
    vouch_bytes key_id;  /* says which key to try, not whom to trust; maybe
                            empty (RFC 9052, 3.1) */
    vouch_bytes x5chain; /* the item's encoding; empty if absent */
    vouch_bytes payload;
    vouch_bytes signature;
};

/* vouch_cose_sign1_decode takes one apart. It returns
 *   VOUCH_E_CBOR, VOUCH_E_TOO_MANY: not a tagged COSE_Sign1;
 *   VOUCH_E_DUPLICATE: a label stands in both headers;
 *   VOUCH_E_COSE_ALGORITHM: alg is absent, not an integer, or unprotected;
 *   VOUCH_E_COSE_PLACEMENT: x5chain is unprotected;
 *   VOUCH_E_ILLEGAL: a header parameter is critical;
 *   VOUCH_E_TOO_MANY, VOUCH_E_TOO_LARGE: certificates of x5chain beyond
 *       VOUCH_LIMIT_CHAIN and VOUCH_LIMIT_CERTIFICATE. */
vouch_err vouch_cose_sign1_decode(
    vouch_bytes octets, struct vouch_cose_sign1 *out) VOUCH_MUST_CHECK;

/* vouch_cose_x5chain starts on the certificates of x5chain, of which there are
 * `*num`, the end-entity's first and each then certified by the next (RFC 9360,
 * 2); vouch_cose_read_certificate takes one. */
CBS vouch_cose_x5chain(const struct vouch_cose_sign1 *in, size_t *num);
bool vouch_cose_read_certificate(CBS *in, vouch_bytes *out) VOUCH_MUST_CHECK;

/* vouch_cose_protected_header writes {alg, kid}. */
bool vouch_cose_protected_header(CBB *out, int64_t algorithm,
                                 vouch_bytes key_id) VOUCH_MUST_CHECK;

/* vouch_cose_sig_structure writes what the signature is over (RFC 9052, 4.4).
 * Of `in` the signature is not looked at. */
bool vouch_cose_sig_structure(CBB *out, const struct vouch_cose_sign1 *in,
                              vouch_bytes external_aad) VOUCH_MUST_CHECK;

/* vouch_cose_sign1_encode writes it, with an empty unprotected header. */
bool vouch_cose_sign1_encode(CBB *out, const struct vouch_cose_sign1 *in)
    VOUCH_MUST_CHECK;

#endif
