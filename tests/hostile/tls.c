/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/tls.h>

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

enum { CHUNK = 8000, ROUNDS_MAX = 20 };

static SSL_CTX *make_ctx(void)
{
    static const uint16_t schemes[] = {SSL_SIGN_ED25519,
                                       SSL_SIGN_ECDSA_SECP256R1_SHA256};
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    MUST(ctx != NULL && vouch_tls_prepare(ctx) == VOUCH_OK &&
         SSL_CTX_set_verify_algorithm_prefs(ctx, schemes, 2) &&
         SSL_CTX_set_signing_algorithm_prefs(ctx, schemes, 2));
    return ctx;
}

/* The far end has a certificate if it is a server, or is to have one. */
static void give_certificates(struct tls *tls, struct setup *setup)
{
    bool server = setup->role == VOUCH_SERVER;

    if (server) {
        identity_use(tls->near_ctx, IDENTITY_OURS);
    } else if (setup->handshake_key == 0) {
        setup->handshake_key = 1;
    }
    if (setup->handshake_key != 0) {
        identity_use(tls->far_ctx, setup->handshake_key == 1 ? IDENTITY_PEER
                                                             : IDENTITY_OTHER);
    }
    if (server) { /* who asks for a certificate verifies it */
        setup->handshake_verified = true;
    }
    if (setup->handshake_key != 0 && setup->handshake_verified) {
        identity_verify(tls->near_ctx);
    }
}

static void shake_hands(struct tls *tls)
{
    bool done = false;

    for (unsigned i = 0; i < ROUNDS_MAX && !done; i++) {
        int near = SSL_do_handshake(tls->near);
        int far = SSL_do_handshake(tls->far);

        done = near == 1 && far == 1;
    }
    MUST(done);
}

void tls_open(struct tls *tls, struct setup *setup)
{
    bool server = setup->role == VOUCH_SERVER;
    BIO *near, *far;

    tls->near_ctx = make_ctx();
    tls->far_ctx = make_ctx();
    give_certificates(tls, setup);
    tls->near = SSL_new(tls->near_ctx);
    tls->far = SSL_new(tls->far_ctx);
    MUST(tls->near != NULL && tls->far != NULL &&
         BIO_new_bio_pair(&near, 0, &far, 0));
    SSL_set_bio(tls->near, near, near);
    SSL_set_bio(tls->far, far, far);
    if (server) {
        SSL_set_accept_state(tls->near);
        SSL_set_connect_state(tls->far);
    } else {
        SSL_set_connect_state(tls->near);
        SSL_set_accept_state(tls->far);
    }
    shake_hands(tls);
    setup->hash =
        SSL_CIPHER_get_prf_nid(SSL_get_current_cipher(tls->near)) == NID_sha384
            ? VOUCH_SHA384
            : VOUCH_SHA256;
}

void tls_close(struct tls *tls)
{
    SSL_free(tls->near);
    SSL_free(tls->far);
    SSL_CTX_free(tls->near_ctx);
    SSL_CTX_free(tls->far_ctx);
    *tls = (struct tls){NULL, NULL, NULL, NULL};
}

bool tls_export(void *arg, const char *label, struct span context, uint8_t *out,
                size_t len)
{
    const struct tls *tls = arg;

    return SSL_export_keying_material(tls->far, out, len, label, strlen(label),
                                      context.data, context.len, 1) == 1;
}

void tls_carry(SSL *from, SSL *to, struct span octets, struct ink *out)
{
    size_t sent = 0, got = 0;

    while (got < octets.len) {
        uint8_t chunk[CHUNK];
        size_t left = octets.len - sent;
        int n;

        if (left != 0) {
            n = SSL_write(from, octets.data + sent,
                          (int)(left < CHUNK ? left : CHUNK));
            MUST(n > 0);
            sent += (size_t)n;
        }
        n = SSL_read(to, chunk, sizeof chunk);
        MUST(n > 0);
        ink_octets(out, chunk, (size_t)n);
        got += (size_t)n;
    }
}
