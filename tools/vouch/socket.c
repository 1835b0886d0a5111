/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

enum {
    CONNECT_MS = 10000,
    FINISH_MS = 1000,
    ACCEPT_RETRY_MS = 200,
};

bool address_parse(const char *text, struct address *out)
{
    const char *colon = strrchr(text, ':');
    const char *host = text;
    size_t len;

    if (colon == NULL || colon[1] == '\0') {
        return false;
    }
    len = (size_t)(colon - text);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        return false;
    }
    if (len >= sizeof out->host || strlen(&colon[1]) >= sizeof out->port) {
        return false;
    }
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    strcpy(out->port, &colon[1]);
    return true;
}

static struct addrinfo *resolve(const struct address *address, int flags)
{
    const struct addrinfo hints = {.ai_flags = flags,
                                   .ai_socktype = SOCK_STREAM};
    const char *host = address->host[0] != '\0' ? address->host : NULL;
    struct addrinfo *list = NULL;
    int error = getaddrinfo(host, address->port, &hints, &list);

    if (error != 0) {
        fail(STATUS_NETWORK, "%s:%s: %s", address->host, address->port,
             gai_strerror(error));
        return NULL;
    }
    return list;
}

static void print_address(const struct sockaddr *address, socklen_t len,
                          char out[ADDRESS_MAX])
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getnameinfo(address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        strcpy(out, "?");
        return;
    }
    snprintf(out, ADDRESS_MAX, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s",
             host, port);
}

static int open_socket(const struct addrinfo *info)
{
    return socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC,
                  info->ai_protocol);
}

static bool set_non_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* An answer must not wait for more to send, and a dead peer must show. */
static void set_options(int fd)
{
    static const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static int fail_with(int fd, const struct address *address, int cause)
{
    if (fd >= 0) {
        close(fd);
    }
    fail(STATUS_NETWORK, "%s:%s: %s", address->host, address->port,
         strerror(cause));
    return -1;
}

static bool try_listen(int fd, const struct addrinfo *info)
{
    static const int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
           listen(fd, SOMAXCONN) == 0 && set_non_blocking(fd);
}

static void report_listening(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char text[ADDRESS_MAX] = "?";

    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
        print_address((const struct sockaddr *)&address, len, text);
    }
    report(json_pack("{s:s,s:s}", "event", "listening", "addr", text),
           "listening on %s", text);
}

int socket_listen(const struct address *address)
{
    struct addrinfo *list = resolve(address, AI_PASSIVE);
    int fd;

    if (list == NULL) {
        return -1;
    }
    fd = open_socket(list);
    if (fd < 0 || !try_listen(fd, list)) {
        fd = fail_with(fd, address, errno);
    } else {
        report_listening(fd);
    }
    freeaddrinfo(list);
    return fd;
}

/* accept(2): all other errors are of the connection that was to be taken, and
 * there may be a better one. */
static bool is_listener_broken(int error)
{
    return error == EBADF || error == EFAULT || error == EINVAL ||
           error == ENOTSOCK;
}

/* What this host lacks for a connection it may have again later. */
static bool is_lack(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

/* Returns whether there is any use in trying again. `told` is the lack that the
 * user knows of. */
static bool is_worth_retrying(int error, int *told)
{
    if (is_listener_broken(error)) {
        fail(STATUS_NETWORK, "accept: %s", strerror(error));
        return false;
    }
    if (is_lack(error)) {
        if (*told != error) {
            fail(STATUS_LOCAL, "accept: %s; trying again", strerror(error));
        }
        *told = error;
        wait_for(NULL, 0, clock_now().mono_ms + ACCEPT_RETRY_MS);
    }
    return true;
}

int socket_accept(int listener, char peer[ADDRESS_MAX])
{
    struct sockaddr_storage address;
    struct pollfd wait = {.fd = listener, .events = POLLIN};
    int fd = -1, told = 0;

    while (fd < 0) {
        socklen_t len = sizeof address;

        if (wait_interrupts() != 0) {
            return -1;
        }
        wait_for(&wait, 1, VOUCH_NEVER);
        fd = accept4(listener, (struct sockaddr *)&address, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            print_address((const struct sockaddr *)&address, len, peer);
        } else if (!is_worth_retrying(errno, &told)) {
            return -1;
        }
    }
    set_options(fd);
    return fd;
}

/* Returns 0, or why there is no connection. */
static int try_connect(int fd, const struct addrinfo *info)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof(int);
    int cause = 0;

    if (!set_non_blocking(fd)) {
        return errno;
    }
    if (connect(fd, info->ai_addr, info->ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    if (wait_for(&wait, 1, clock_now().mono_ms + CONNECT_MS) != 1) {
        return wait_interrupts() != 0 ? EINTR : ETIMEDOUT;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &len) == 0 ? cause
                                                                   : errno;
}

int socket_connect(const struct address *address, char peer[ADDRESS_MAX])
{
    struct addrinfo *list = resolve(address, 0);
    int fd = -1, cause = 0;

    if (list == NULL) {
        return -1;
    }
    for (const struct addrinfo *info = list; info != NULL && fd < 0;
         info = info->ai_next) {
        fd = open_socket(info);
        cause = fd >= 0 ? try_connect(fd, info) : errno;
        if (cause == 0) {
            print_address(info->ai_addr, info->ai_addrlen, peer);
        } else if (fd >= 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd >= 0) {
        set_options(fd);
    } else if (wait_interrupts() == 0) {
        fail_with(fd, address, cause);
    }
    return fd;
}

/* To close a socket with something unread in it would make TCP forget what the
 * peer has not taken yet. */
void socket_finish(int fd)
{
    uint64_t until = clock_now().mono_ms + FINISH_MS;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint8_t waste[4096];

    if (shutdown(fd, SHUT_WR) == 0) {
        /* A peer that goes on sending does not make this longer. */
        while (clock_now().mono_ms < until && wait_for(&wait, 1, until) == 1 &&
               recv(fd, waste, sizeof waste, 0) > 0) {
        }
    }
    close(fd);
}
