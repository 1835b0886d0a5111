/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_PATH_H
#define VOUCH_KEYS_PATH_H

/* What every path of certificates to an anchor must meet, whatever it is for
 * (RFC 5280, 6). */

#include <openssl/x509.h>

#include <vouch/base.h>

/* vouch_path_add reads one more DER certificate. The first is the one that the
 * path leads from. */
vouch_err vouch_path_add(STACK_OF(X509) * certificates,
                         vouch_bytes der) VOUCH_MUST_CHECK;

/* vouch_path_prepare has BoringSSL read the extensions of every certificate in
 * `store` now. It would do so when a path first comes by, and remember for good
 * that they are wrong if memory happens to run out then. */
void vouch_path_prepare(X509_STORE *store);

/* vouch_path_begin readies `context` for a path from the first of
 * `certificates`, through others of them, to an anchor in `store`, for a
 * purpose and with a trust of BoringSSL's. What the store is lenient in does
 * not count. VOUCH_E_CERTIFICATE when there is no certificate. */
vouch_err vouch_path_begin(X509_STORE_CTX *context, X509_STORE *store,
                           STACK_OF(X509) * certificates, int purpose,
                           int trust, int64_t now) VOUCH_MUST_CHECK;

/* vouch_path_validate looks for it, with strong keys and signatures
 * throughout. Then X509_STORE_CTX_get0_chain has it, the anchor last;
 * VOUCH_E_CERTIFICATE when there is none. */
vouch_err vouch_path_validate(X509_STORE_CTX *context) VOUCH_MUST_CHECK;

/* vouch_path_ends returns the Unix time until which all of `path` is valid. */
int64_t vouch_path_ends(const STACK_OF(X509) * path);

/* vouch_unix_time converts a time; `none` stands for one that is absent,
 * INT64_MIN for one that is no time. */
int64_t vouch_unix_time(const ASN1_TIME *time, int64_t none);

#endif
