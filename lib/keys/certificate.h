/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_CERTIFICATE_H
#define VOUCH_KEYS_CERTIFICATE_H

#include <openssl/base.h>

#include <vouch/base.h>

/* vouch_certificate_spki finds the SubjectPublicKeyInfo in a DER certificate
 * (RFC 5280, 4.1), octet for octet as it stands there. */
vouch_err vouch_certificate_spki(vouch_bytes certificate,
                                 vouch_bytes *out) VOUCH_MUST_CHECK;

/* vouch_certificate_parse reads a DER certificate with nothing after it. */
vouch_err vouch_certificate_parse(vouch_bytes certificate,
                                  X509 **out) VOUCH_MUST_CHECK;

/* vouch_certificate_scheme returns the TLS signature scheme (RFC 8446, 4.2.3)
 * that a certificate is signed with, or 0 when it is none that is fit for
 * use. */
uint16_t vouch_certificate_scheme(const X509 *certificate);

#endif
