/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_PKI_H
#define VOUCH_TOOLS_BENCH_PKI_H

#include <openssl/x509.h>

/* An authority, or what it has certified; P-256 both. */
struct entity {
    EVP_PKEY *key;
    X509 *certificate;
};

struct entity pki_authority(void);
struct entity pki_certify(const struct entity *authority);
void pki_free(struct entity *entity);

#endif
