/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_OPENSSL_PEER_H
#define VOUCH_TESTS_OPENSSL_PEER_H

/* The openssl command as the other end of a TLS 1.3 connection on loopback. Its
 * files are in the directory of files.h. A failure inside fails the test. */

#include <stdio.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include <vouch/base.h>

struct openssl_peer {
    pid_t pid;
    int input;    /* closing it would end the command */
    FILE *output; /* what it prints */
    char keylog[128];
    SSL_CTX *ctx;
    SSL *ssl; /* our end, connected and prepared */
};

/* openssl_peer_start runs `openssl s_server` or `s_client`, as `role` of the
 * command says, with one cipher suite; it has the command export 32 octets with
 * `label`. */
void openssl_peer_start(struct openssl_peer *peer, vouch_role role,
                        const char *suite, const char *label);
void openssl_peer_stop(struct openssl_peer *peer);

/* openssl_peer_secret reads EXPORTER_SECRET from the command's key log. On the
 * heap, for free(). */
vouch_buffer openssl_peer_secret(const struct openssl_peer *peer);

/* openssl_peer_exported reads what the command says it exported. */
vouch_buffer openssl_peer_exported(struct openssl_peer *peer);

#endif
