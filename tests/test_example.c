/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <vouch/corim.h>
#include <vouch/eat.h>
#include <vouch/software.h>
#include <vouch/stream.h>
#include <vouch/tls.h>

#include "tests/support/files.h"
#include "tests/support/pki.h"

/*
 * The program that README quotes, over TCP: with another of its kind, and with
 * a peer that cuts, changes and omits what it likes. That peer is this process;
 * it shows genuine Evidence, and accepts whatever it is shown.
 */

enum { PATIENCE_MS = 60000 };

static struct pki_entity root;

/* Files: "alice" is the program's, "bob" the peer's or another program's. */

static void write_octets(const char *name, const char *file, vouch_bytes octets)
{
    char path[128], in[64];
    FILE *out;

    snprintf(in, sizeof in, "%s/%s", name, file);
    path_in(path, in);
    out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(0, fchmod(fileno(out), 0600));
    ck_assert_uint_eq(octets.len, fwrite(octets.data, 1, octets.len, out));
    ck_assert_int_eq(0, fclose(out));
}

static void write_buffer(const char *name, const char *file,
                         vouch_buffer octets)
{
    write_octets(name, file, (vouch_bytes){octets.data, octets.len});
    free(octets.data);
}

static void path_of(char path[128], const char *name, const char *file)
{
    char in[64];

    snprintf(in, sizeof in, "%s/%s", name, file);
    path_in(path, in);
}

static struct pki_entity make_host(const char *name)
{
    const struct pki_profile profile = {.kind = PKI_P256, .name = name};
    struct pki_entity aik = pki_issue(&root, &profile);
    char path[128];

    path_in(path, name);
    run("mkdir %s", path);
    write_buffer(name, "aik.key", pki_key_pem(aik.key));
    write_buffer(name, "aik.pem", pki_pem(&aik.certificate, 1));
    write_buffer(name, "peer.pem", pki_pem(&root.certificate, 1));
    path_of(path, name, "attestation.key");
    ck_assert_int_eq(VOUCH_OK, vouch_key_create(path, VOUCH_P256, false));
    return aik;
}

/* The program */

static const char *program(void)
{
    const char *path = getenv("VOUCH_EXAMPLE");

    ck_assert_ptr_nonnull(path);
    return path;
}

struct process {
    pid_t pid;
    int in, out, err;
    char told[4096]; /* on standard error, as far as it was read */
    size_t told_len;
};

static void make_pipe(int ends[2])
{
    ck_assert_int_eq(0, pipe2(ends, O_CLOEXEC));
}

static unsigned closed; /* bit 1 << n: it starts without descriptor n */

static void give(posix_spawn_file_actions_t *actions, int fd, int as)
{
    ck_assert_int_eq(0,
                     (closed >> as & 1U) != 0
                         ? posix_spawn_file_actions_addclose(actions, as)
                         : posix_spawn_file_actions_adddup2(actions, fd, as));
}

static struct process start(const char *mode, const char *port,
                            const char *name, const char *operation)
{
    char dir[128];
    char *argv[] = {(char *)(uintptr_t)program(), (char *)(uintptr_t)mode,
                    (char *)(uintptr_t)port,      dir,
                    (char *)(uintptr_t)operation, NULL};
    posix_spawn_file_actions_t actions;
    struct process p = {0};
    int in[2], out[2], err[2];

    path_in(dir, name);
    make_pipe(in);
    make_pipe(out);
    make_pipe(err);
    posix_spawn_file_actions_init(&actions);
    give(&actions, in[0], STDIN_FILENO);
    give(&actions, out[1], STDOUT_FILENO);
    give(&actions, err[1], STDERR_FILENO);
    ck_assert_int_eq(
        0, posix_spawn(&p.pid, argv[0], &actions, NULL, argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    p.in = in[1];
    p.out = out[0];
    p.err = err[0];
    return p;
}

static bool is_ready(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};

    return poll(&ready, 1, PATIENCE_MS) == 1;
}

/* Reads what it tells until that has come, or to the end. */
static bool tells(struct process *p, const char *what)
{
    while (what == NULL || strstr(p->told, what) == NULL) {
        ssize_t n;

        ck_assert(is_ready(p->err, POLLIN));
        n = read(p->err, p->told + p->told_len,
                 sizeof p->told - 1 - p->told_len);
        if (n <= 0) {
            return false;
        }
        p->told_len += (size_t)n;
        p->told[p->told_len] = '\0';
    }
    return true;
}

/* How often an event was told, of all that were. */
static size_t count(const struct process *p, vouch_event_type type)
{
    char line[64];
    size_t num = 0, len = (size_t)snprintf(line, sizeof line, "\n%s\n",
                                           vouch_event_name(type));

    for (const char *at = p->told; (at = strstr(at, line)) != NULL;
         at += len - 1) {
        num++;
    }
    return num;
}

/* Its exit status, when it has told everything. */
static int finish(struct process *p)
{
    int status;

    close(p->in);
    (void)tells(p, NULL);
    ck_assert_int_eq(p->pid, waitpid(p->pid, &status, 0));
    ck_assert_msg(WIFEXITED(status), "%s", p->told);
    close(p->out);
    close(p->err);
    return WEXITSTATUS(status);
}

static void write_policy_of(const char *name, const char *to)
{
    char dir[128], path[128];

    path_in(dir, name);
    path_of(path, to, "policy.corim");
    run("%s policy %s > %s", program(), dir, path);
}

static uint16_t port_of(struct process *p)
{
    unsigned port = 0;

    ck_assert(tells(p, "\n"));
    ck_assert_int_eq(1, sscanf(p->told, "listening on %u", &port));
    return (uint16_t)port;
}

/* The peer */

static struct {
    struct pki_entity aik;
    vouch_attester *attester;
    vouch_config *config;
    SSL *ssl;
    int fd;
    vouch_stream *stream;
    vouch_session *session;
    size_t seen[VOUCH_EVENT_FAILED + 1];
    vouch_exchange command;
} bob;

static vouch_now clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (vouch_now){(uint64_t)now.tv_sec * 1000 +
                           (uint64_t)now.tv_nsec / 1000000,
                       time(NULL)};
}

/* What alice asks of this process. */
static void write_own_policy(const vouch_key *key)
{
    const vouch_measurement *measured;
    vouch_policy *policy;
    vouch_corim *corim;
    vouch_buffer octets;
    size_t num;

    ck_assert_int_eq(VOUCH_OK, vouch_corim_new(&corim));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_corim_policy(corim, VOUCH_SOFTWARE_FORMAT, &policy));
    ck_assert_int_eq(VOUCH_OK, vouch_policy_add_key(policy, vouch_key_spki(key),
                                                    (vouch_bytes){NULL, 0}));
    ck_assert_int_eq(
        VOUCH_OK, vouch_software_measurements(bob.attester, &measured, &num));
    for (size_t i = 0; i < num; i++) {
        ck_assert_int_eq(VOUCH_OK, vouch_policy_add_reference(
                                       policy, measured[i].name,
                                       (vouch_bytes){measured[i].sha256, 32}));
    }
    ck_assert_int_eq(VOUCH_OK, vouch_corim_write(corim, NULL, NULL, &octets));
    write_octets("alice", "policy.corim",
                 (vouch_bytes){octets.data, octets.len});
    vouch_buffer_free(&octets);
    vouch_corim_free(corim);
}

static void make_attester(void)
{
    vouch_key *key;
    char path[128];

    path_of(path, "bob", "attestation.key");
    ck_assert_int_eq(VOUCH_OK, vouch_key_load_evp(path, &key));
    ck_assert_int_eq(VOUCH_OK, vouch_software_attester_new(
                                   key, "bob", "1", NULL, &bob.attester));
    write_own_policy(key);
    vouch_key_free(key);
}

static void make_config(void)
{
    vouch_buffer pem = pki_pem(&bob.aik.certificate, 1);
    X509_STORE *store = pki_store(&root);
    vouch_credential *credential;
    vouch_trust *trust;
    vouch_key *key;

    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(bob.aik.key, &key));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_credential_new(key, (vouch_bytes){pem.data, pem.len},
                                          &credential));
    ck_assert_int_eq(VOUCH_OK, vouch_trust_new(store, VOUCH_NAME_NONE, &trust));
    ck_assert_int_eq(VOUCH_OK, vouch_config_new(&bob.config));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_credential(bob.config, credential));
    ck_assert_int_eq(VOUCH_OK, vouch_config_set_trust(bob.config, trust));
    ck_assert_int_eq(
        VOUCH_OK, vouch_config_add_produced(bob.config, VOUCH_SOFTWARE_FORMAT));
    ck_assert_int_eq(VOUCH_OK, vouch_config_add_appraised(
                                   bob.config, VOUCH_SOFTWARE_FORMAT));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_asker(bob.config, VOUCH_ASKER_ATTESTED));
    vouch_trust_free(trust);
    vouch_credential_free(credential);
    vouch_key_free(key);
    X509_STORE_free(store);
    free(pem.data);
}

static enum ssl_verify_result_t accept_any(SSL *ssl, uint8_t *alert)
{
    (void)ssl;
    (void)alert;
    return ssl_verify_ok;
}

static int select_first(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                        const uint8_t *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    ck_assert_uint_gt(in_len, 1);
    *out = in + 1;
    *out_len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

/* Shakes hands on a blocking socket, by TLS without ALPN where it connects. */
static void shake_hands(int fd, bool accepts)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    bob.fd = fd;
    ck_assert(SSL_CTX_use_PrivateKey(ctx, bob.aik.key));
    ck_assert(SSL_CTX_use_certificate(ctx, bob.aik.certificate));
    SSL_CTX_set_custom_verify(ctx, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_alpn_select_cb(ctx, select_first, NULL);
    ck_assert_int_eq(VOUCH_OK, vouch_tls_prepare(ctx));
    bob.ssl = SSL_new(ctx);
    ck_assert(SSL_set_fd(bob.ssl, fd));
    ck_assert_int_eq(1, accepts ? SSL_accept(bob.ssl) : SSL_connect(bob.ssl));
    SSL_CTX_free(ctx);
}

static int tcp(uint16_t port, struct sockaddr_in *address)
{
    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Has alice connect to this process. */
static struct process have_it_connect(const char *operation)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    int listener = tcp(0, &address);
    struct process alice;
    char port[8];

    ck_assert_int_eq(0, bind(listener, (struct sockaddr *)&address, len));
    ck_assert_int_eq(0, listen(listener, 1));
    ck_assert_int_eq(0,
                     getsockname(listener, (struct sockaddr *)&address, &len));
    snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    alice = start("connect", port, "alice", operation);
    ck_assert(is_ready(listener, POLLIN));
    shake_hands(accept4(listener, NULL, NULL, SOCK_CLOEXEC), true);
    close(listener);
    ck_assert_int_eq(0, fcntl(bob.fd, F_SETFL, O_NONBLOCK));
    ck_assert_int_eq(VOUCH_OK, vouch_stream_new(bob.ssl, bob.config, 0,
                                                clock_now(), &bob.stream));
    bob.session = vouch_stream_session(bob.stream);
    return alice;
}

static void accept_evidence(vouch_exchange exchange)
{
    vouch_result result = {.verdict = VOUCH_ACCEPTED,
                           .level = VOUCH_LEVEL_BOUND,
                           .not_after = INT64_MAX};
    vouch_appraisal_info info;

    ck_assert_int_eq(
        VOUCH_OK, vouch_session_appraisal_info(bob.session, exchange, &info));
    result.binder = info.binder;
    result.aik_pub_hash = info.aik_pub_hash;
    ck_assert_int_eq(VOUCH_OK, vouch_session_conclude(bob.session, exchange,
                                                      &result, clock_now()));
}

static void see(const vouch_event *event)
{
    bob.seen[event->type]++;
    if (event->type == VOUCH_EVENT_EVIDENCE_NEEDED) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_attester_answer(bob.attester, bob.session,
                                               event->exchange, clock_now()));
    } else if (event->type == VOUCH_EVENT_APPRAISAL_NEEDED) {
        accept_evidence(event->exchange);
    } else if (event->type == VOUCH_EVENT_COMMAND) {
        bob.command = event->exchange;
    }
}

/* Runs this end until there were that many events of a kind, and what they led
 * to was written; or to its end. */
static void run_until(vouch_event_type type, size_t num)
{
    bool enough = false;

    while (!enough && !vouch_stream_finished(bob.stream)) {
        vouch_stream_wants wants;
        vouch_event event;

        while (vouch_session_poll(bob.session, &event)) {
            see(&event);
        }
        enough = bob.seen[type] >= num;
        vouch_stream_pump(bob.stream, clock_now(), &wants);
        if (!enough && !wants.events) {
            ck_assert(
                is_ready(bob.fd, (short)((wants.readable ? POLLIN : 0) |
                                         (wants.writable ? POLLOUT : 0))));
        }
    }
}

static void run_to_the_end(void)
{
    run_until(VOUCH_EVENT_FAILED, SIZE_MAX);
}

static void set_up(void)
{
    struct pki_entity alice;

    closed = 0;
    make_dir();
    memset(&bob, 0, sizeof bob);
    bob.fd = -1;
    root = pki_root(PKI_P256);
    alice = make_host("alice");
    bob.aik = make_host("bob");
    pki_free(&alice);
    make_attester();
    make_config();
}

static void hang_up(void)
{
    vouch_stream_free(bob.stream);
    SSL_free(bob.ssl);
    bob.stream = NULL;
    bob.ssl = NULL;
    if (bob.fd >= 0) {
        close(bob.fd);
        bob.fd = -1;
    }
}

static void tear_down(void)
{
    hang_up();
    vouch_config_free(bob.config);
    vouch_attester_free(bob.attester);
    pki_free(&bob.aik);
    pki_free(&root);
    remove_dir();
}

/* Two programs; all that goes in comes out, and both end cleanly. */
START_TEST(program_carries_all_of_its_input)
{
    enum { NUMBERS = 40000 };
    struct process alice, peer;
    char port[8], line[16];
    FILE *in, *out;

    write_policy_of("alice", "bob");
    write_policy_of("bob", "alice");
    alice = start("serve", "0", "alice", NULL);
    snprintf(port, sizeof port, "%u", port_of(&alice));
    peer = start("connect", port, "bob", NULL);
    if (fork() == 0) {
        in = fdopen(peer.in, "w");
        for (unsigned i = 0; i < NUMBERS; i++) {
            fprintf(in, "%u\n", i);
        }
        _exit(fclose(in));
    }
    close(peer.in);
    peer.in = -1;
    out = fdopen(dup(alice.out), "r");
    ck_assert_ptr_nonnull(out);
    for (unsigned i = 0; i < NUMBERS; i++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
        ck_assert_uint_eq(i, strtoul(line, NULL, 10));
    }
    ck_assert_ptr_null(fgets(line, sizeof line, out));
    fclose(out);
    ck_assert_int_eq(0, finish(&peer));
    ck_assert_int_eq(0, finish(&alice));
    ck_assert_uint_eq(1, count(&alice, VOUCH_EVENT_CLOSED));
    ck_assert_uint_eq(0, count(&alice, VOUCH_EVENT_FAILED));
    ck_assert_uint_eq(1, count(&peer, VOUCH_EVENT_CLOSED));
}
END_TEST

/* A command was sent, and the connection is cut: its end is unknown, and that
 * is told, as is all else that ends. */
START_TEST(program_tells_of_all_that_a_cut_ends)
{
    struct process alice = have_it_connect("restart");

    run_until(VOUCH_EVENT_COMMAND, 1);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_session_take(bob.session, bob.command, clock_now()));
    if (_i == 1) { /* by a reset */
        const struct linger none = {.l_onoff = 1};

        ck_assert_int_eq(
            0, setsockopt(bob.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none));
    }
    hang_up();
    ck_assert_int_eq(1, finish(&alice));
    ck_assert_uint_eq(1, count(&alice, VOUCH_EVENT_UNKNOWN));
    ck_assert_uint_eq(1, count(&alice, VOUCH_EVENT_EXPIRED));
    ck_assert_uint_eq(2, count(&alice, VOUCH_EVENT_GATE));
    ck_assert_uint_eq(1, count(&alice, VOUCH_EVENT_FAILED));
    ck_assert_ptr_nonnull(strstr(alice.told, "truncated"));
}
END_TEST

START_TEST(program_without_a_stream_ends_with_an_error)
{
    struct process alice = start("serve", "0", "alice", NULL);
    struct sockaddr_in address;
    int fd = tcp(port_of(&alice), &address);

    ck_assert_int_eq(0,
                     connect(fd, (struct sockaddr *)&address, sizeof address));
    shake_hands(fd, false);
    ck_assert_int_eq(1, finish(&alice));
    ck_assert_ptr_nonnull(strstr(alice.told, "alpn"));
}
END_TEST

/* It sees that the model changed when it is asked, and so that what it was to
 * answer is no more: the request comes anew. */
START_TEST(program_goes_on_when_an_answer_comes_too_late)
{
    struct process alice = have_it_connect(NULL);
    vouch_exchange exchange;
    char path[128];

    run_until(VOUCH_EVENT_CONFIRMED, 1);
    path_of(path, "alice", "model");
    write_file(path, "another");
    ck_assert_int_eq(
        VOUCH_OK, vouch_session_request(bob.session, clock_now(), &exchange));
    run_until(VOUCH_EVENT_ACCEPTED, 2);
    ck_assert_uint_eq(1, bob.seen[VOUCH_EVENT_POSTURE]);
    ck_assert_int_eq(VOUCH_OK, vouch_session_close(bob.session, clock_now()));
    run_to_the_end();
    ck_assert_uint_eq(1, bob.seen[VOUCH_EVENT_CLOSED]);
    ck_assert_uint_eq(0, bob.seen[VOUCH_EVENT_FAILED]);
    ck_assert_int_eq(0, finish(&alice));
    ck_assert_uint_eq(1, count(&alice, VOUCH_EVENT_CLOSED));
}
END_TEST

/* What it has no descriptor for goes nowhere, and not into the connection; and
 * data that nobody gets is an error. */
START_TEST(program_may_start_with_descriptors_closed)
{
    const vouch_bytes octets = {(const uint8_t *)"to stdout", 9};
    const bool is_mute = (_i & 1 << STDOUT_FILENO) != 0;
    bool got_it = false;
    struct process alice;
    size_t taken;

    closed = (unsigned)_i;
    alice = have_it_connect(NULL);
    run_until(VOUCH_EVENT_GATE, 1);
    if (vouch_session_send(bob.session, octets, clock_now(), &taken) ==
        VOUCH_OK) { /* it closes by itself at the end of its input */
        ck_assert_uint_eq(octets.len, taken);
        got_it = true;
        (void)(vouch_session_close(bob.session, clock_now()) != VOUCH_OK);
    }
    run_to_the_end();
    if (is_mute && got_it) { /* it may have ended before it got there */
        ck_assert_int_le(finish(&alice), 1);
        return;
    }
    ck_assert_uint_eq(1, bob.seen[VOUCH_EVENT_CLOSED]);
    ck_assert_uint_eq(0, bob.seen[VOUCH_EVENT_FAILED]);
    ck_assert_int_eq(0, finish(&alice));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("example");
    TCase *tc = tcase_create("example");

    tcase_set_timeout(tc, 2 * PATIENCE_MS / 1000);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, program_carries_all_of_its_input);
    tcase_add_loop_test(tc, program_tells_of_all_that_a_cut_ends, 0, 2);
    tcase_add_test(tc, program_without_a_stream_ends_with_an_error);
    tcase_add_test(tc, program_goes_on_when_an_answer_comes_too_late);
    tcase_add_loop_test(tc, program_may_start_with_descriptors_closed, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}
