/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/openssl_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include <vouch/tls.h>

#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

enum { MAX_LINE = 1024, PATIENCE_S = 20 };

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int new_socket(void)
{
    const struct timeval patience = {PATIENCE_S, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return fd;
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = new_socket();

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    close(listener);
    return fd;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = new_socket();

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

/* Runs a command with pipes to and from it. */
static void spawn(struct openssl_peer *peer, char *const *arguments)
{
    int input[2], output[2];

    ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
    peer->pid = fork();
    ck_assert_int_ge(peer->pid, 0);
    if (peer->pid == 0) {
        int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);

        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        dup2(silence, STDERR_FILENO);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    peer->input = input[1];
    peer->output = fdopen(output[0], "r");
    ck_assert_ptr_nonnull(peer->output);
}

/* Finds a line that starts with `start` after spaces, and gives what follows
 * without the end of the line. */
static bool find_line(FILE *file, const char *start, char rest[MAX_LINE])
{
    char line[MAX_LINE];

    while (fgets(line, sizeof line, file) != NULL) {
        const char *text = line + strspn(line, " ");

        if (strncmp(text, start, strlen(start)) == 0) {
            strcpy(rest, text + strlen(start));
            rest[strcspn(rest, "\r\n")] = '\0';
            return true;
        }
    }
    return false;
}

static uint16_t port_of_server(struct openssl_peer *peer)
{
    char address[MAX_LINE];
    const char *colon;

    ck_assert(find_line(peer->output, "ACCEPT ", address));
    colon = strrchr(address, ':');
    ck_assert_ptr_nonnull(colon);
    return (uint16_t)strtoul(colon + 1, NULL, 10);
}

static int start_server(struct openssl_peer *peer, const char *suite,
                        const char *label, const char *key,
                        const char *certificate)
{
    char *const arguments[] = {(char *)"openssl",   (char *)"s_server",
                               (char *)"-accept",   (char *)"127.0.0.1:0",
                               (char *)"-naccept",  (char *)"1",
                               (char *)"-tls1_3",   (char *)"-ciphersuites",
                               (char *)suite,       (char *)"-key",
                               (char *)key,         (char *)"-cert",
                               (char *)certificate, (char *)"-keylogfile",
                               peer->keylog,        (char *)"-keymatexport",
                               (char *)label,       (char *)"-keymatexportlen",
                               (char *)"32",        NULL};

    spawn(peer, arguments);
    return connect_to(port_of_server(peer));
}

static int start_client(struct openssl_peer *peer, const char *suite,
                        const char *label)
{
    char address[32];
    char *const arguments[] = {(char *)"openssl",  (char *)"s_client",
                               (char *)"-connect", address,
                               (char *)"-tls1_3",  (char *)"-ciphersuites",
                               (char *)suite,      (char *)"-keylogfile",
                               peer->keylog,       (char *)"-keymatexport",
                               (char *)label,      (char *)"-keymatexportlen",
                               (char *)"32",       NULL};
    uint16_t port;
    int listener = listen_on_loopback(&port);

    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    spawn(peer, arguments);
    return accept_one(listener);
}

static void save(const char *path, vouch_buffer data)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data.data, 1, data.len, file), data.len);
    ck_assert_int_eq(fclose(file), 0);
    free(data.data);
}

static void connect_tls(struct openssl_peer *peer, vouch_role role, int fd)
{
    peer->ssl = SSL_new(peer->ctx);
    ck_assert(peer->ssl != NULL && SSL_set_fd(peer->ssl, fd));
    if (role == VOUCH_SERVER) {
        ck_assert_int_eq(SSL_connect(peer->ssl), 1);
    } else {
        ck_assert_int_eq(SSL_accept(peer->ssl), 1);
    }
}

void openssl_peer_start(struct openssl_peer *peer, vouch_role role,
                        const char *suite, const char *label)
{
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity server =
        pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    char key[128], certificate[128];
    int fd;

    *peer = (struct openssl_peer){.ctx = SSL_CTX_new(TLS_method())};
    ck_assert(peer->ctx != NULL);
    ck_assert_int_eq(VOUCH_OK, vouch_tls_prepare(peer->ctx));
    path_in(peer->keylog, "keylog");
    path_in(key, "key.pem");
    path_in(certificate, "certificate.pem");
    signal(SIGPIPE, SIG_IGN);
    if (role == VOUCH_SERVER) {
        save(key, pki_key_pem(server.key));
        save(certificate, pki_pem(&server.certificate, 1));
        fd = start_server(peer, suite, label, key, certificate);
    } else {
        ck_assert(SSL_CTX_use_PrivateKey(peer->ctx, server.key));
        ck_assert(SSL_CTX_use_certificate(peer->ctx, server.certificate));
        fd = start_client(peer, suite, label);
    }
    connect_tls(peer, role, fd);
    pki_free(&server);
    pki_free(&root);
}

void openssl_peer_stop(struct openssl_peer *peer)
{
    close(SSL_get_fd(peer->ssl));
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->ctx);
    close(peer->input);
    fclose(peer->output);
    kill(peer->pid, SIGTERM);
    ck_assert_int_eq(waitpid(peer->pid, NULL, 0), peer->pid);
}

vouch_buffer openssl_peer_secret(const struct openssl_peer *peer)
{
    const struct timespec pause = {0, 10000000};
    char rest[MAX_LINE];
    bool found = false;

    /* The command writes at its own time. */
    for (int i = 0; i < 100 * PATIENCE_S && !found; i++) {
        FILE *file = fopen(peer->keylog, "re");

        if (file != NULL) {
            found =
                find_line(file, "EXPORTER_SECRET ", rest) && strlen(rest) > 65;
            fclose(file);
        }
        if (!found) {
            nanosleep(&pause, NULL);
        }
    }
    ck_assert(found);
    return from_hex(strchr(rest, ' ') + 1); /* after the client's random */
}

vouch_buffer openssl_peer_exported(struct openssl_peer *peer)
{
    char rest[MAX_LINE];

    ck_assert(find_line(peer->output, "Keying material: ", rest));
    return from_hex(rest);
}
