/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_CERTIFICATES_H
#define VOUCH_TOOLS_CERTIFICATES_H

#include <openssl/base.h>

#include <vouch/base.h>

/* certificates_make certifies `aik` for `name`, a DNS name or an address, by a
 * CA of its own, whose key is gone when this returns: it certifies nothing
 * else. Both are the caller's to free. */
bool certificates_make(EVP_PKEY *aik, const char *name, X509 **ca_out,
                       X509 **aik_out);

/* pem_of makes PEM text of malloc, ended by a NUL that is not counted. */
bool pem_of_certificate(X509 *certificate, vouch_buffer *out);
bool pem_of_spki(vouch_bytes spki, vouch_buffer *out);

/* pem_certificate reads text that is one certificate and nothing else. */
X509 *pem_certificate(const char *text);

/* pem_spki reads a public key as DER of OPENSSL_malloc. */
bool pem_spki(const char *text, vouch_buffer *out);

#endif
