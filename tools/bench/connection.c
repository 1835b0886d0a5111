/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "tools/bench/measure.h"

enum { IN_MEMORY = 1 << 16 }; /* octets on their way, each way */

struct wire wire_in_memory(void)
{
    struct wire wire;

    need(BIO_new_bio_pair(&wire.client, IN_MEMORY, &wire.server, IN_MEMORY),
         "make a pair of BIOs");
    return wire;
}

static BIO *make_socket_bio(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int one = 1;
    BIO *bio;

    need(flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
             setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0,
         "configure a socket");
    bio = BIO_new_socket(fd, BIO_CLOSE);
    need(bio != NULL, "make a BIO");
    return bio;
}

struct wire wire_by_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int server;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(listener >= 0 && client >= 0, "make sockets");
    need(bind(listener, (const struct sockaddr *)&address, len) == 0 &&
             listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &len) == 0 &&
             connect(client, (const struct sockaddr *)&address, len) == 0,
         "connect over 127.0.0.1");
    server = accept(listener, NULL, NULL);
    need(server >= 0 && close(listener) == 0, "accept over 127.0.0.1");
    return (struct wire){make_socket_bio(client), make_socket_bio(server)};
}

static SSL *make_end(SSL_CTX *tls, BIO *bio)
{
    SSL *ssl = SSL_new(tls);

    need(ssl != NULL, "make an SSL");
    SSL_set_bio(ssl, bio, bio);
    return ssl;
}

bool connection_shake_hands(SSL *ssl)
{
    int ret = SSL_do_handshake(ssl);

    need(ret == 1 || SSL_get_error(ssl, ret) == SSL_ERROR_WANT_READ,
         "shake hands");
    ERR_clear_error();
    return ret == 1;
}

struct connection connection_begin(const struct hosts *hosts, struct wire wire)
{
    struct connection connection = {make_end(hosts->client.tls, wire.client),
                                    make_end(hosts->server.tls, wire.server)};

    SSL_set_connect_state(connection.client);
    SSL_set_accept_state(connection.server);
    return connection;
}

struct connection connection_make(const struct hosts *hosts, struct wire wire)
{
    struct connection connection = connection_begin(hosts, wire);
    bool done = false;

    while (!done) {
        done = connection_shake_hands(connection.client);
        done = connection_shake_hands(connection.server) && done;
    }
    return connection;
}

void connection_free(struct connection *connection)
{
    SSL_free(connection->client);
    SSL_free(connection->server);
}
