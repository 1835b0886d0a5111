/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOCKET_H
#define VOUCH_TOOLS_SOCKET_H

#include <netdb.h>

#include <vouch/base.h>

/* Room for a host, and for an address as text: [HOST]:PORT. */
enum {
    HOST_MAX = NI_MAXHOST,
    ADDRESS_MAX = NI_MAXHOST + NI_MAXSERV + 4,
};

/* An address as the user gives it: HOST:PORT or [HOST]:PORT. */
struct address {
    char host[HOST_MAX];
    char port[NI_MAXSERV];
};

bool address_parse(const char *text, struct address *out);

/* All sockets are non-blocking. Functions say why they return -1. An interrupt
 * is no reason worth saying. */

/* socket_listen listens, and says with an event where. */
int socket_listen(const struct address *address);

/* socket_accept waits for a connection; `peer` becomes where it is from. */
int socket_accept(int listener, char peer[ADDRESS_MAX]);

/* socket_connect tries the addresses of a name one after the other. */
int socket_connect(const struct address *address, char peer[ADDRESS_MAX]);

/* socket_finish ends a connection so that what was written still arrives. */
void socket_finish(int fd);

#endif
