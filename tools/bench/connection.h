/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_CONNECTION_H
#define VOUCH_TOOLS_BENCH_CONNECTION_H

/* A client's and a server's end of one TLS connection, in one thread. */

#include "tools/bench/hosts.h"

struct wire {
    BIO *client, *server;
};

struct connection {
    SSL *client, *server;
};

/* Octets in memory, or by TCP over 127.0.0.1; neither blocks. */
struct wire wire_in_memory(void);
struct wire wire_by_tcp(void);

/* connection_make makes both ends and has them shake hands over `wire`, which
 * is theirs from then on. */
struct connection connection_make(const struct hosts *hosts, struct wire wire);

/* connection_begin makes both ends only; connection_shake_hands goes on with
 * the handshake of one, and tells whether it is complete. */
struct connection connection_begin(const struct hosts *hosts, struct wire wire);
bool connection_shake_hands(SSL *ssl);
void connection_free(struct connection *connection);

#endif
