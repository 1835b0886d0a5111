/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_TLS_H
#define VOUCH_TESTS_HOSTILE_TLS_H

/* A TLS connection of BoringSSL within the process, over a pair of BIOs: the
 * side under test has the near end, the hostile peer the far one. A failure
 * ends the process. */

#include <openssl/ssl.h>

#include "tests/hostile/attest.h"
#include "tests/hostile/steps.h"

struct tls {
    SSL_CTX *near_ctx, *far_ctx;
    SSL *near, *far;
};

/* Shakes hands, and says in `setup` what has come of it: the hash, and with
 * which key the far end has authenticated. */
void tls_open(struct tls *tls, struct setup *setup);
void tls_close(struct tls *tls);

/* Exports at the far end; `arg` is the struct tls. */
bool tls_export(void *arg, const char *label, struct span context, uint8_t *out,
                size_t len);

/* Carries octets from one end to the other and appends what comes there. */
void tls_carry(SSL *from, SSL *to, struct span octets, struct ink *out);

#endif
