/* SPDX-License-Identifier: Apache-2.0 */

/*
 * attested-pipe: standard input of one process to standard output of another,
 * on one machine, once each has attested to the other.
 *
 *     attested-pipe policy DIR                       > policy.corim
 *     attested-pipe serve PORT DIR
 *     attested-pipe connect PORT DIR [OPERATION]
 *
 * DIR holds aik.key and aik.pem, the key and certificate for TLS and for
 * authenticators; attestation.key, which signs Evidence; peer.pem, the CA of
 * the peer; policy.corim, which the peer's `policy` wrote; and perhaps a file
 * `model`, which this program's behaviour is taken to depend on. With OPERATION
 * the peer is asked to run it, which here does nothing. `connect` closes at the
 * end of its input. PORT 0 is any port that is free.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <vouch/vouch.h>

struct peer {
    const char *dir;
    const char *operation; /* that the peer is to run; NULL: none */
    bool connects;
    int fd;
    vouch_attester *attester;
    vouch_appraiser *appraiser;
    vouch_session *session;
    uint8_t input[4096]; /* read from standard input, and not sent yet */
    size_t input_len;
    bool input_ended, closed, failed;
    vouch_exchange asked; /* about the operation */
};

/* A call that this program has no other answer to. */
static void check(vouch_err err)
{
    if (err != VOUCH_OK) {
        fprintf(stderr, "attested-pipe: %s\n", vouch_err_name(err));
        exit(EXIT_FAILURE);
    }
}

static void need(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "attested-pipe: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
    }
}

/* Time and waiting */

static vouch_now clock_now(void)
{
    struct timespec since_boot;

    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return (vouch_now){(uint64_t)since_boot.tv_sec * 1000 +
                           (uint64_t)since_boot.tv_nsec / 1000000,
                       time(NULL)};
}

static bool may_send(const struct peer *p)
{
    return vouch_session_may_send(p->session, VOUCH_TRAFFIC_DATA, clock_now());
}

static int timeout_of(uint64_t deadline)
{
    uint64_t now = clock_now().mono_ms;

    if (deadline == VOUCH_NEVER) {
        return -1;
    }
    return deadline <= now ? 0 : (int)(deadline - now);
}

/* Waits for the connection, and for input where it can be sent. */
static void wait_for(struct peer *p, const vouch_stream_wants *wants)
{
    bool takes = p->input_len == 0 && !p->input_ended && may_send(p);
    /* A part did not fit, and does now. */
    bool sends = p->input_len != 0 && !wants->writable && may_send(p);
    struct pollfd fds[] = {
        {.fd = wants->readable || wants->writable ? p->fd : -1,
         .events = (short)((wants->readable ? POLLIN : 0) |
                           (wants->writable ? POLLOUT : 0))},
        {.fd = takes ? STDIN_FILENO : -1, .events = POLLIN},
    };
    ssize_t got;

    if (poll(fds, 2, sends ? 0 : timeout_of(wants->deadline)) > 0 &&
        fds[1].revents != 0) {
        got = read(STDIN_FILENO, p->input, sizeof p->input);
        need(got >= 0 || errno == EINTR || errno == EAGAIN, "standard input");
        p->input_len = got > 0 ? (size_t)got : 0;
        p->input_ended = got == 0;
    }
}

/* What this program does with events, and besides them */

static vouch_buffer read_file(const struct peer *p, const char *name)
{
    char path[4096];
    vouch_buffer content = {malloc(VOUCH_LIMIT_CORIM), 0};
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    file = fopen(path, "rb");
    need(content.data != NULL && (file != NULL || errno == ENOENT), path);
    if (file != NULL) {
        content.len = fread(content.data, 1, VOUCH_LIMIT_CORIM, file);
        need(!ferror(file) && content.len < VOUCH_LIMIT_CORIM, path);
        fclose(file);
    }
    return content;
}

static void digest_of_model(const struct peer *p, uint8_t sha256[32])
{
    vouch_buffer model = read_file(p, "model");

    SHA256(model.data, model.len, sha256);
    free(model.data);
}

/* The peer is told of a change before there is Evidence of it. A session that
 * has ended tells nothing any more. */
static void tell_posture(struct peer *p, vouch_now now)
{
    uint8_t sha256[32];
    vouch_err err;

    digest_of_model(p, sha256);
    err = vouch_session_set_posture(p->session, "model", sha256, now);
    check(err == VOUCH_E_CLOSED ? VOUCH_OK : err);
}

static void consume(struct peer *p, vouch_bytes octets)
{
    (void)p;
    need(fwrite(octets.data, 1, octets.len, stdout) == octets.len &&
             fflush(stdout) == 0,
         "standard output");
}

static vouch_bytes operation_of(const struct peer *p)
{
    return (vouch_bytes){(const uint8_t *)p->operation, strlen(p->operation)};
}

static void run_command(struct peer *p, const vouch_event *ev, vouch_now now)
{
    vouch_err err = vouch_session_take(p->session, ev->exchange, now);

    if (err == VOUCH_OK) { /* otherwise the peer has been told why not */
        check(vouch_session_reply(p->session, ev->exchange, VOUCH_STATUS_DONE,
                                  (vouch_bytes){NULL, 0}, now));
    }
}

static void note(struct peer *p, const vouch_event *ev, vouch_now now)
{
    fprintf(stderr, "%s\n", vouch_event_name(ev->type));
    if (ev->type == VOUCH_EVENT_PEER && p->operation != NULL) {
        check(vouch_session_request_operation(p->session, operation_of(p),
                                              60000, now, &p->asked));
    } else if (ev->type == VOUCH_EVENT_ACCEPTED && p->asked.id != 0 &&
               ev->exchange.id == p->asked.id) {
        check(vouch_session_command(p->session, ev->exchange, operation_of(p),
                                    now));
    } else if (ev->type == VOUCH_EVENT_COMMAND) {
        run_command(p, ev, now);
    } else if (ev->type == VOUCH_EVENT_FAILED) {
        fprintf(stderr, "attested-pipe: %s\n",
                vouch_err_name(ev->u.failed.err));
        p->failed = true;
    }
}

/* Sends what there is of the input, and closes at its end. */
static void send_input(struct peer *p, vouch_now now)
{
    const vouch_bytes octets = {p->input, p->input_len};
    size_t taken;

    if (octets.len != 0 &&
        vouch_session_send(p->session, octets, now, &taken) == VOUCH_OK) {
        p->input_len -= taken; /* the rest the next time */
        memmove(p->input, p->input + taken, p->input_len);
    }
    if (p->connects && p->input_ended && p->input_len == 0 && !p->closed) {
        p->closed = true;
        (void)(vouch_session_close(p->session, now) != VOUCH_OK);
    }
}

/* README: begin */
static void on_event(struct peer *p, const vouch_event *ev, vouch_now now)
{
    switch (ev->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED: /* the peer asks */
        tell_posture(p, now);
        check(
            vouch_attester_answer(p->attester, p->session, ev->exchange, now));
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED: /* the peer answered */
        check(vouch_appraiser_answer(p->appraiser, p->session, ev->exchange,
                                     now));
        break;
    case VOUCH_EVENT_DATA: /* comes only while the gate is open */
        consume(p, ev->u.data.bytes);
        break;
    default: /* verdicts are facts, not errors; a later version may add some */
        note(p, ev, now);
    }
}

static vouch_err run(struct peer *p, SSL *ssl, vouch_config *config)
{
    vouch_stream *stream = NULL;
    vouch_err err = vouch_stream_new(ssl, config, 0, clock_now(), &stream);

    if (err != VOUCH_OK) {
        return err;
    }
    p->session = vouch_stream_session(stream);
    while (!vouch_stream_finished(stream)) {
        vouch_stream_wants wants;
        vouch_event ev;

        while (vouch_session_poll(p->session, &ev)) {
            on_event(p, &ev, clock_now());
        }
        send_input(p, clock_now());
        vouch_stream_pump(stream, clock_now(), &wants);
        wait_for(p, &wants);
    }
    vouch_stream_free(stream);
    return VOUCH_OK;
}
/* README: end */

/* Files */

static vouch_key *load_key(const struct peer *p, const char *name)
{
    char path[4096];
    vouch_key *key;

    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    check(vouch_key_load_evp(path, &key));
    return key;
}

static X509 *load_certificate(const struct peer *p, const char *name)
{
    vouch_buffer pem = read_file(p, name);
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    need(certificate != NULL, name);
    BIO_free(bio);
    free(pem.data);
    return certificate;
}

static vouch_attester *make_attester(const struct peer *p)
{
    vouch_key *key = load_key(p, "attestation.key");
    vouch_attester *attester;

    check(vouch_software_attester_new(key, "attested-pipe", "1", NULL,
                                      &attester));
    vouch_key_free(key);
    return attester;
}

static vouch_appraiser *make_appraiser(const struct peer *p)
{
    vouch_buffer octets = read_file(p, "policy.corim");
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    vouch_corim_why why = {"no policy"};
    vouch_corim *corim;
    vouch_err err =
        vouch_corim_read((vouch_bytes){octets.data, octets.len},
                         (vouch_bytes){NULL, 0}, clock_now(), &corim, &why);

    if (err != VOUCH_OK) {
        fprintf(stderr, "policy.corim: %s\n", why.text);
    }
    check(err);
    check(vouch_corim_policy(corim, VOUCH_SOFTWARE_FORMAT, &policy));
    check(vouch_eat_appraiser_new(policy, &appraiser));
    vouch_corim_free(corim);
    free(octets.data);
    return appraiser;
}

/* Writes what a peer must meet to be this program with this key. */
static void write_policy(const struct peer *p)
{
    vouch_key *key = load_key(p, "attestation.key");
    const vouch_measurement *measured;
    vouch_attester *attester = make_attester(p);
    vouch_policy *policy;
    vouch_corim *corim;
    vouch_buffer octets;
    size_t num;

    check(vouch_corim_new(&corim));
    check(vouch_corim_policy(corim, VOUCH_SOFTWARE_FORMAT, &policy));
    check(vouch_policy_add_key(policy, vouch_key_spki(key),
                               (vouch_bytes){NULL, 0}));
    check(vouch_software_measurements(attester, &measured, &num));
    for (size_t i = 0; i < num; i++) {
        check(vouch_policy_add_reference(
            policy, measured[i].name, (vouch_bytes){measured[i].sha256, 32}));
    }
    check(vouch_corim_write(corim, NULL, NULL, &octets));
    consume(NULL, (vouch_bytes){octets.data, octets.len});
    vouch_buffer_free(&octets);
    vouch_corim_free(corim);
    vouch_attester_free(attester);
    vouch_key_free(key);
}

static vouch_credential *make_credential(const struct peer *p, vouch_key *aik)
{
    vouch_buffer pem = read_file(p, "aik.pem");
    vouch_credential *credential;

    check(vouch_credential_new(aik, (vouch_bytes){pem.data, pem.len},
                               &credential));
    free(pem.data);
    return credential;
}

static vouch_config *make_config(const struct peer *p, vouch_key *aik,
                                 X509_STORE *anchors)
{
    vouch_credential *credential = make_credential(p, aik);
    uint8_t sha256[32];
    vouch_config *config;
    vouch_trust *trust;

    check(vouch_trust_new(anchors, VOUCH_NAME_NONE, &trust));
    check(vouch_config_new(&config));
    check(vouch_config_set_credential(config, credential));
    check(vouch_config_set_trust(config, trust));
    check(vouch_config_add_produced(config, VOUCH_SOFTWARE_FORMAT));
    check(vouch_config_add_appraised(config, VOUCH_SOFTWARE_FORMAT));
    digest_of_model(p, sha256);
    check(vouch_config_set_posture(config, "model", sha256));
    if (!p->connects) {
        check(vouch_config_set_asker(config, VOUCH_ASKER_ATTESTED));
    }
    vouch_trust_free(trust);
    vouch_credential_free(credential);
    return config;
}

/* TLS */

static const uint8_t alpn[] = "\x07" VOUCH_ALPN; /* RFC 7301, 3.1 */

static int select_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                       const uint8_t *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    return SSL_select_next_proto((uint8_t **)(uintptr_t)out, out_len, in,
                                 in_len, alpn,
                                 sizeof alpn - 1) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL *make_tls(const struct peer *p, vouch_key *aik, X509_STORE *anchors)
{
    X509 *certificate = load_certificate(p, "aik.pem");
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl;

    need(ctx != NULL && SSL_CTX_use_certificate(ctx, certificate) &&
             SSL_CTX_use_PrivateKey(ctx, vouch_key_evp(aik)) &&
             SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn - 1) == 0,
         "TLS");
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    X509_STORE_up_ref(anchors);
    SSL_CTX_set_cert_store(ctx, anchors);
    check(vouch_tls_prepare(ctx));
    ssl = SSL_new(ctx);
    need(ssl != NULL && SSL_set_fd(ssl, p->fd), "TLS");
    SSL_CTX_free(ctx);
    X509_free(certificate);
    return ssl;
}

/* Connections */

static uint16_t parse_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    need(*text != '\0' && *end == '\0' && port >= 0 && port <= UINT16_MAX,
         "PORT: a number from 0 to 65535");
    return (uint16_t)port;
}

static int make_connection(bool connects, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(parse_port(port)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr *name = (const struct sockaddr *)&address;
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, peer;

    need(fd >= 0, "socket");
    if (connects) {
        need(connect(fd, name, sizeof address) == 0, "connect");
        return fd;
    }
    need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             bind(fd, name, sizeof address) == 0 && listen(fd, 1) == 0,
         "listen");
    need(getsockname(fd, (struct sockaddr *)&address, &len) == 0, "listen");
    fprintf(stderr, "listening on %u\n", ntohs(address.sin_port));
    peer = accept(fd, NULL, NULL);
    need(peer >= 0, "accept");
    close(fd);
    return peer;
}

static vouch_err attested_pipe(struct peer *p, const char *port)
{
    vouch_key *aik = load_key(p, "aik.key");
    X509 *ca = load_certificate(p, "peer.pem");
    X509_STORE *anchors = X509_STORE_new();
    vouch_config *config;
    vouch_err err;
    SSL *ssl;

    need(anchors != NULL && X509_STORE_add_cert(anchors, ca), "peer.pem");
    config = make_config(p, aik, anchors);
    p->attester = make_attester(p);
    p->appraiser = make_appraiser(p);
    p->fd = make_connection(p->connects, port);
    ssl = make_tls(p, aik, anchors);
    need((p->connects ? SSL_connect(ssl) : SSL_accept(ssl)) == 1,
         "TLS handshake");
    need(fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0, "socket");
    err = run(p, ssl, config);
    SSL_free(ssl);
    close(p->fd);
    vouch_appraiser_free(p->appraiser);
    vouch_attester_free(p->attester);
    vouch_config_free(config);
    X509_STORE_free(anchors);
    X509_free(ca);
    vouch_key_free(aik);
    return err;
}

/* A standard descriptor that is closed would become the number of a key's file
 * or of the connection, and be written to. To write to standard output that was
 * closed stays an error. */
static void open_standard_descriptors(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        need(fcntl(fd, F_GETFD) >= 0 || open("/dev/null", modes[fd]) == fd,
             "/dev/null");
    }
}

static const char usage[] =
    "usage: attested-pipe policy DIR\n"
    "       attested-pipe serve PORT DIR\n"
    "       attested-pipe connect PORT DIR [OPERATION]\n"
    "\n"
    "Carries standard input and output between two sides that attest to each\n"
    "other. DIR has aik.key, aik.pem, peer.pem, and what `policy` writes.\n";

int main(int argc, char **argv)
{
    struct peer p = {.fd = -1};

    open_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        need(fputs(usage, stdout) >= 0 && fflush(stdout) == 0,
             "standard output");
        return EXIT_SUCCESS;
    }
    if (argc == 3 && strcmp(argv[1], "policy") == 0) {
        p.dir = argv[2];
        write_policy(&p);
        return EXIT_SUCCESS;
    }
    p.connects = argc >= 4 && strcmp(argv[1], "connect") == 0;
    if (!(p.connects && argc <= 5) &&
        !(argc == 4 && strcmp(argv[1], "serve") == 0)) {
        fputs(usage, stderr);
        return 2;
    }
    p.dir = argv[3];
    p.operation = argc == 5 ? argv[4] : NULL;
    check(attested_pipe(&p, argv[2]));
    return p.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
