/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_TLS_PAIR_H
#define VOUCH_TESTS_TLS_PAIR_H

/* A client and a server of BoringSSL in one process, over a BIO pair. A failure
 * inside fails the test, unless a function returns bool. */

#include <openssl/ssl.h>

#include <vouch/base.h>

#include "tests/support/pki.h"

/* Members that are 0 or NULL: prepared by vouch_tls_prepare, TLS 1.3, "vouch/1"
 * by ALPN, a server with a P-256 key of its own, a client without one. */
struct tls_options {
    const struct pki_entity *server;
    const struct pki_entity *client;
    X509_STORE *anchors;     /* for both sides; NULL: any certificate is good */
    const char *alpn;        /* "" for none */
    bool unprepared;         /* no vouch_tls_prepare */
    bool keep_tickets;       /* the client keeps the last; unprepared only */
    bool early_data;         /* unprepared only */
    uint16_t version;        /* the only one; unprepared only */
    const char *groups;      /* of the server; another than the client's first
                                makes it ask for a retry */
    SSL_SESSION *session;    /* that the client offers */
    struct tls_pair *shared; /* use the SSL_CTXs of that one */
};

struct tls_pair {
    SSL_CTX *client_ctx;
    SSL_CTX *server_ctx;
    SSL *client;
    SSL *server;

    /* What the client saw. */
    vouch_buffer client_hello; /* its last, header included */
    size_t tickets;            /* NewSessionTickets that came */
    SSL_SESSION *ticket;       /* the last, if it is to be kept */
};

/* tls_pair_new makes two ends that have not shaken hands; tls_connect does both
 * steps. tls_pair_free frees both. */
struct tls_pair *tls_pair_new(const struct tls_options *options);
struct tls_pair *tls_connect(const struct tls_options *options);
void tls_pair_free(struct tls_pair *pair);

/* tls_handshake runs both ends until neither gets any further. True: both
 * finished. */
bool tls_handshake(struct tls_pair *pair);

/* tls_step lets one end get as far as it can. True: it finished. */
bool tls_step(SSL *ssl);

/* tls_reconnect clears both ends and connects the same two SSL objects anew. */
void tls_reconnect(struct tls_pair *pair);

/* tls_send writes `data` at `from` and reads it all at `to`. */
void tls_send(SSL *from, SSL *to, vouch_bytes data);

/* tls_hello_has tells whether a ClientHello has an extension. */
bool tls_hello_has(const vouch_buffer *client_hello, uint16_t extension);

#endif
