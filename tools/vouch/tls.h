/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_TLS_H
#define VOUCH_TOOLS_TLS_H

#include <openssl/base.h>

#include "tools/vouch/peers.h"
#include "tools/vouch/self.h"
#include "tools/vouch/status.h"

/* A TLS connection on its way to one of the peers. */
struct tls {
    SSL *ssl;
    const struct peers *peers;
    const struct bundle *peer; /* the one that it is, once that is known */
    const char *refusal;       /* why it is none */
    bool foreign;              /* the peer does not speak the protocol */
};

/* tls_context makes what connections of this host in `role` begin with: TLS
 * 1.3, certificates on both sides, "vouch/1". NULL when it can not. */
SSL_CTX *tls_context(const struct self *self, vouch_role role);

/* tls_handshake finishes the handshake on `fd`, with one of `peers`. Unless it
 * returns STATUS_CLEAN it has said why not, if not for an interrupt. tls_free
 * in any case. */
enum status tls_handshake(SSL_CTX *ctx, vouch_role role, int fd,
                          const struct peers *peers, struct tls *out);
void tls_free(struct tls *tls);

#endif
