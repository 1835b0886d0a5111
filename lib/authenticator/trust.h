/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_TRUST_H
#define VOUCH_AUTHENTICATOR_TRUST_H

#include <stdatomic.h>

#include <openssl/x509.h>

#include <vouch/trust.h>

#include "lib/authenticator/chain_cache.h"

struct vouch_trust {
    atomic_uint refs;
    X509_STORE *store;
    char *host;          /* DNS name, or NULL */
    uint8_t address[16]; /* IP address, if address_len is not 0 */
    size_t address_len;
    STACK_OF(X509_CRL) * crls; /* NULL: revocation is not checked */
    struct vouch_chain_cache *cache;
};

#endif
