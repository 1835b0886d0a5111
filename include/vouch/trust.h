/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TRUST_H
#define VOUCH_TRUST_H

#include <openssl/base.h>

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_trust says which certificate chains of a peer's AIK are good (RFC
 * 5280; expat-04, 3.3: attestation never stands in for this).
 */
typedef struct vouch_trust vouch_trust;

/**
 * VOUCH_NAME_NONE, as a name, says in so many words that the peer may have
 * any name. Nothing else does: NULL and "" are errors.
 */
#define VOUCH_NAME_NONE vouch_name_none
VOUCH_EXPORT extern const char vouch_name_none[];

/**
 * vouch_trust_new makes a trust of `store`, which it takes a reference to and
 * which must not be changed any more. `name` is the DNS name or IP address that
 * must stand in the AIK's subjectAltName (RFC 6125), or VOUCH_NAME_NONE.
 *
 * What the store allows beyond RFC 5280 (partial chains, ignored critical
 * extensions, a verify callback) does not count here, keys and signatures must
 * be strong (RSA of 2,048 bits, SHA-256), and the AIK must name its purpose in
 * extendedKeyUsage.
 *
 * The purpose is not chosen: the AIK of a server must be good for serverAuth,
 * of a client for clientAuth. Chains that were found good are remembered with
 * their exact octets, within their validity, up to
 * VOUCH_LIMIT_CHAIN_CACHE of them.
 *
 * On success `*out` is owned: vouch_trust_free. It returns VOUCH_E_ARGUMENT
 * when `name` is NULL, empty or neither name nor address; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_trust_new(X509_STORE *store, const char *name,
                                       vouch_trust **out) VOUCH_MUST_CHECK;

/**
 * vouch_trust_add_crl adds a DER CertificateList (RFC 5280, 5) and demands
 * from then on that every certificate of a chain but its anchor has a good CRL
 * among those added. Without any the result says that revocation was not
 * checked. It returns VOUCH_E_DECODE when `der` is no CRL; VOUCH_E_STATE when
 * the trust is already in use; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_trust_add_crl(vouch_trust *trust,
                                           vouch_bytes der) VOUCH_MUST_CHECK;

/** vouch_trust_free drops one reference. */
VOUCH_EXPORT void vouch_trust_free(vouch_trust *trust);

#ifdef __cplusplus
}
#endif

#endif
