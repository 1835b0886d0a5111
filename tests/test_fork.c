/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>

#include <vouch/cmw.h>
#include <vouch/scheme.h>

#include "lib/authenticator/chain.h"
#include "lib/authenticator/trust.h"
#include "lib/channel/channel_internal.h"
#include "lib/evidence/attester.h"
#include "lib/evidence/watch.h"
#include "lib/keys/digest.h"
#include "lib/keys/key_internal.h"
#include "lib/keys/verify.h"
#include "lib/session/session_internal.h"
#include "proto/cose.h"
#include "proto/fork.h"
#include "proto/memory.h"
#include "tests/support/attested.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"

/*
 * A process forks, as a server does that makes its workers beforehand. What the
 * children have in common must not make their secrets common, and no child may
 * hang.
 */

/* Seconds until a child that hangs is ended. */
enum { PATIENCE_S = 60 };

/* What a child has to say. */
struct report {
    uint8_t octets[512];
    size_t len;
};

static void say(struct report *report, const void *octets, size_t len)
{
    ck_assert_uint_le(report->len + len, sizeof report->octets);
    memcpy(&report->octets[report->len], octets, len);
    report->len += len;
}

typedef void act(unsigned child, struct report *report);

struct child {
    pid_t pid;
    int from;
};

static void write_report(int fd, const struct report *report)
{
    if (write(fd, report, sizeof *report) != (ssize_t)sizeof *report) {
        _exit(EXIT_FAILURE);
    }
}

static struct child start_child(unsigned number, act *what)
{
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct report report = {.len = 0};

        signal(SIGALRM, SIG_DFL); /* it is Check's here */
        alarm(PATIENCE_S);
        what(number, &report);
        write_report(ends[1], &report);
        _exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    return (struct child){pid, ends[0]};
}

static void end_child(const struct child *child, struct report *report)
{
    int status;

    ck_assert_int_eq(read(child->from, report, sizeof *report),
                     (ssize_t)sizeof *report);
    ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    close(child->from);
}

/* Has two children of this moment act, at once. */
static void fork_two(act *what, struct report reports[2])
{
    struct child children[2];

    for (unsigned i = 0; i < 2; i++) {
        children[i] = start_child(i, what);
    }
    for (unsigned i = 0; i < 2; i++) {
        end_child(&children[i], &reports[i]);
    }
}

/* Each has `len` octets at `at`, and they differ. */
static void must_differ(const struct report reports[2], size_t at, size_t len)
{
    ck_assert_uint_le(at + len, reports[0].len);
    ck_assert_uint_le(at + len, reports[1].len);
    ck_assert_mem_ne(&reports[0].octets[at], &reports[1].octets[at], len);
}

/* Keys */

static char path[128];
static vouch_key *key;

static void set_up(void)
{
    make_dir();
    path_in(path, "key.pem");
}

static void tear_down(void)
{
    vouch_key_free(key);
    remove_dir();
}

static void save_key(const EVP_PKEY *pkey)
{
    vouch_buffer pem = pki_key_pem(pkey);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(pem.data, 1, pem.len, file), pem.len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    free(pem.data);
}

static const struct {
    vouch_curve curve;
    size_t half; /* octets of r, and of s */
} curves[] = {{VOUCH_P256, 32}, {VOUCH_P384, 48}};

/* Loaded, and used before the fork. */
static void load_psa(vouch_curve curve)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    ck_assert_int_eq(vouch_key_create(path, curve, false), VOUCH_OK);
    ck_assert_int_eq(vouch_key_load_psa(path, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_key_sign(key, VOUCH_SIGNATURE_COSE,
                                    vouch_text("before"), signature, &len),
                     VOUCH_OK);
}

static void sign_its_own(unsigned child, struct report *report)
{
    const vouch_bytes messages[] = {vouch_text("one"), vouch_text("two")};
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    ck_assert_int_eq(vouch_key_sign(key, VOUCH_SIGNATURE_COSE, messages[child],
                                    signature, &len),
                     VOUCH_OK);
    say(report, signature, len);
}

/* With one r for two messages anybody computes the private key. */
START_TEST(children_do_not_share_the_nonces_of_psa)
{
    struct report reports[2];

    load_psa(curves[_i].curve);
    fork_two(sign_its_own, reports);
    ck_assert_uint_eq(reports[0].len, 2 * curves[_i].half);
    must_differ(reports, 0, curves[_i].half);
}
END_TEST

START_TEST(children_do_not_share_the_nonces_of_boringssl)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384};
    EVP_PKEY *pkey = pki_key(kinds[_i]);
    struct report reports[2], ignored = {.len = 0};

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    sign_its_own(0, &ignored);
    fork_two(sign_its_own, reports);
    ck_assert_uint_eq(reports[0].len, 2 * curves[_i].half);
    must_differ(reports, 0, curves[_i].half);
    EVP_PKEY_free(pkey);
}
END_TEST

static vouch_curve curve_to_make;

static void make_key(unsigned child, struct report *report)
{
    static const char *const names[] = {"first.pem", "second.pem"};
    char own[128];
    uint8_t digest[32];
    vouch_key *made;

    path_in(own, names[child]);
    ck_assert_int_eq(vouch_key_create(own, curve_to_make, false), VOUCH_OK);
    ck_assert_int_eq(vouch_key_load_evp(own, &made), VOUCH_OK);
    vouch_sha256(vouch_key_spki(made), digest);
    say(report, digest, sizeof digest);
    vouch_key_free(made);
}

START_TEST(children_do_not_make_the_same_key)
{
    struct report reports[2];

    curve_to_make = curves[_i].curve;
    load_psa(curve_to_make);
    fork_two(make_key, reports);
    must_differ(reports, 0, 32);
}
END_TEST

static void draw(unsigned child, struct report *report)
{
    uint8_t octets[24];

    (void)child;
    ck_assert_int_eq(vouch_random(octets, sizeof octets), VOUCH_OK);
    say(report, octets, sizeof octets);
}

START_TEST(children_do_not_share_random_numbers)
{
    struct report reports[2], own = {.len = 0};

    draw(0, &own);
    fork_two(draw, reports);
    draw(0, &own);
    must_differ(reports, 0, 24);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_mem_ne(reports[i].octets, &own.octets[24], 24);
    }
}
END_TEST

/* RFC 6979, A.2.5 and A.2.6 */
static const struct {
    int nid;
    const char *private_key, *message, *signature;
} rfc6979[] = {
    {NID_X9_62_prime256v1,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "sample",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {NID_X9_62_prime256v1,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", "test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    {NID_secp384r1,
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
     "96d5724e4c70a825f872c9ea60d2edf5",
     "sample",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
     "81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
     "a329c145786e679e7b82c71a38628ac8"},
    {NID_secp384r1,
     "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
     "96d5724e4c70a825f872c9ea60d2edf5",
     "test",
     "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb"
     "0542a7f0812998da8f1dd3ca3cf023db"
     "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0"
     "6a739f040649a667bf3b828246baa5a5"},
};

static EVP_PKEY *key_of_scalar(int nid, const char *hex)
{
    vouch_buffer octets = from_hex(hex);
    EC_KEY *ec = EC_KEY_new_by_curve_name(nid);
    BIGNUM *scalar = BN_bin2bn(octets.data, octets.len, NULL);
    EC_POINT *point = EC_POINT_new(EC_KEY_get0_group(ec));
    EVP_PKEY *pkey = EVP_PKEY_new();

    ck_assert(EC_POINT_mul(EC_KEY_get0_group(ec), point, scalar, NULL, NULL,
                           NULL) == 1 &&
              EC_KEY_set_private_key(ec, scalar) == 1 &&
              EC_KEY_set_public_key(ec, point) == 1 &&
              EVP_PKEY_set1_EC_KEY(pkey, ec) == 1);
    EC_POINT_free(point);
    BN_free(scalar);
    EC_KEY_free(ec);
    free(octets.data);
    return pkey;
}

START_TEST(psa_signs_as_rfc_6979_says)
{
    EVP_PKEY *pkey = key_of_scalar(rfc6979[_i].nid, rfc6979[_i].private_key);
    vouch_buffer expected = from_hex(rfc6979[_i].signature);
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    save_key(pkey);
    ck_assert_int_eq(vouch_key_load_psa(path, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_key_sign(key, VOUCH_SIGNATURE_COSE,
                                    vouch_text(rfc6979[_i].message), signature,
                                    &len),
                     VOUCH_OK);
    ck_assert_uint_eq(len, expected.len);
    ck_assert_mem_eq(signature, expected.data, len);
    free(expected.data);
    EVP_PKEY_free(pkey);
}
END_TEST

/* A server that makes its workers beforehand: credentials, trust, attesters and
 * their keys are the parent's, used there once, and connections the children's.
 */

static struct attested host;
static struct session_pair *const pair = &host.pair;

static void set_up_server(void)
{
    make_dir();
    attested_init(&host);
}

static void tear_down_server(void)
{
    attested_free(&host);
    remove_dir();
}

/* r of the signature of the evidence that waits for a verdict. */
static void say_nonce(const vouch_appraisal_info *info, struct report *report)
{
    struct vouch_cose_sign1 token;
    vouch_cmw cmw;

    ck_assert_int_eq(vouch_cmw_parse(info->cmw, &cmw), VOUCH_OK);
    ck_assert_int_eq(vouch_cose_sign1_decode(cmw.value, &token), VOUCH_OK);
    ck_assert_uint_eq(token.signature.len, 64);
    say(report, token.signature.data, 32);
}

enum {
    CONN_CHECK_AT = 0,
    TAG_AT = CONN_CHECK_AT + 8,
    BINDER_AT = TAG_AT + 8,
    CONTEXT_AT = BINDER_AT + 32,
    NONCE_AT = CONTEXT_AT + 24,
    REPORT_LEN = NONCE_AT + 32,
};

/* Where the 24 random octets of a request's context stand:
 * handshake header (4), length of the context (1), id (8). */
enum { RANDOM_IN_REQUEST = 4 + 1 + 8 };

/* What one side holds of the exchange that it asked for. */
static void say_exchange(struct pair_peer *peer, struct report *report)
{
    const vouch_exchange exchange =
        pair_last(peer, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    const struct exchange *x = peer->session->exchanges;
    vouch_appraisal_info info;

    while (x != NULL && x->id != exchange.id) {
        x = x->next;
    }
    ck_assert_ptr_nonnull(x);
    ck_assert_int_eq(
        vouch_session_appraisal_info(peer->session, exchange, &info), VOUCH_OK);
    ck_assert_uint_ge(x->work->request.len, RANDOM_IN_REQUEST + 24);
    say(report, vouch_channel_conn_check(peer->channel).data, 8);
    say(report, &peer->session->tag, sizeof peer->session->tag);
    say(report, info.binder.data, 32);
    say(report, &x->work->request.data[RANDOM_IN_REQUEST], 24);
    say_nonce(&info, report);
    pair_conclude(pair, peer, exchange);
}

/* A new connection, on which both attest and are accepted. */
static void serve(unsigned child, struct report *report)
{
    struct tls_pair *tls = attested_connect(&host);

    (void)child;
    pair->client.holds_verdicts = pair->server.holds_verdicts = true;
    pair_start(pair);
    pair_run(pair);
    say_exchange(&pair->client, report);
    say_exchange(&pair->server, report);
    pair_run(pair);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_eq(pair_count(&pair->client, VOUCH_EVENT_REFUSED), 0);
    ck_assert_uint_eq(pair_count(&pair->server, VOUCH_EVENT_REFUSED), 0);
    ck_assert(vouch_session_may_send(pair->client.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
    ck_assert(vouch_session_may_send(pair->server.session, VOUCH_TRAFFIC_DATA,
                                     pair->now));
    pair_end(pair);
    tls_pair_free(tls);
}

START_TEST(children_attest_with_what_the_parent_loaded)
{
    struct report reports[2], own = {.len = 0};

    serve(0, &own);
    fork_two(serve, reports);
    for (size_t side = 0; side < 2; side++) {
        size_t at = side * REPORT_LEN;

        must_differ(reports, at + CONN_CHECK_AT, 8);
        must_differ(reports, at + TAG_AT, 8);
        must_differ(reports, at + BINDER_AT, 32);
        must_differ(reports, at + CONTEXT_AT, 24);
        must_differ(reports, at + NONCE_AT, 32);
    }
    own.len = 0;
    serve(0, &own); /* and the parent goes on */
}
END_TEST

/* Locks */

/* What threads do all the time while another one forks, and a child then once.
 * It allocates only while forks are deferred: the allocator of AddressSanitizer
 * has locks that a child can inherit. */
typedef void work(void);

static void prepare_psa(void)
{
    load_psa(VOUCH_P256);
}

static void sign(void)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    if (vouch_key_sign(key, VOUCH_SIGNATURE_COSE, vouch_text("message"),
                       signature, &len) != VOUCH_OK) {
        abort();
    }
}

static struct vouch_watch watch;

static void prepare_watch(void)
{
    ck_assert_int_eq(vouch_watch_init(&watch), VOUCH_OK);
    write_file(path, "octets");
    ck_assert_int_eq(vouch_watch_add(&watch, path), VOUCH_OK);
}

static void release_watch(void)
{
    vouch_watch_cleanup(&watch);
}

static void read_watch(void)
{
    uint8_t digests[1][32];

    if (vouch_watch_read(&watch, PKI_NOW, digests) != VOUCH_OK) {
        abort();
    }
}

static struct pki_entity root, leaf;
static vouch_trust *trust;
static vouch_buffer list;
static const vouch_chain_id unknown = {{1}};

static void prepare_trust(void)
{
    X509_STORE *store;
    vouch_buffer der;
    CBB cbb, entry, extensions;

    root = pki_root(PKI_P256);
    leaf = pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    store = pki_store(&root);
    ck_assert_int_eq(vouch_trust_new(store, VOUCH_NAME_NONE, &trust), VOUCH_OK);
    X509_STORE_free(store);
    /* RFC 8446, 4.4.2: CertificateEntry, without extensions */
    der = pki_der(leaf.certificate);
    ck_assert(CBB_init(&cbb, 1024) &&
              CBB_add_u24_length_prefixed(&cbb, &entry) &&
              CBB_add_bytes(&entry, der.data, der.len) &&
              CBB_add_u16_length_prefixed(&cbb, &extensions));
    list = finish_cbb(&cbb);
    free(der.data);
}

static void release_trust(void)
{
    vouch_trust_free(trust);
    pki_free(&leaf);
    pki_free(&root);
    free(list.data);
}

static void look_up(void)
{
    struct vouch_chain found;

    if (vouch_chain_cache_find(trust->cache, &unknown, PKI_NOW, &found)) {
        abort();
    }
}

static void validate(void)
{
    struct vouch_aik aik = {.key = leaf.key};

    if (vouch_aik_validate_chain(&aik, trust, VOUCH_CLIENT, span_of(&list),
                                 PKI_NOW) != VOUCH_OK) {
        abort();
    }
}

static const struct {
    work *prepare, *run, *release;
} works[] = {
    {prepare_psa, sign, NULL},
    {prepare_watch, read_watch, release_watch},
    {prepare_trust, look_up, release_trust},
    {prepare_trust, validate, release_trust},
};

enum { THREADS = 2, FORKS = 100 };

static atomic_int at_work; /* threads that did it once */
static atomic_bool over;

static void *run_often(void *arg)
{
    work *const *what = arg;

    (*what)();
    atomic_fetch_add(&at_work, 1);
    while (!atomic_load(&over)) {
        (*what)();
    }
    return NULL;
}

/* False: the child hung, or failed. */
static bool child_can(work *what)
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL); /* it is Check's here */
        alarm(PATIENCE_S);
        what();
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

START_TEST(child_inherits_no_lock_of_another_thread)
{
    pthread_t threads[THREADS];
    work *what = works[_i].run;
    int forks = 0;

    works[_i].prepare();
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_often, &what),
                         0);
    }
    while (atomic_load(&at_work) < THREADS) {
        usleep(100);
    }
    while (forks < FORKS && child_can(what)) {
        forks++;
    }
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(forks, FORKS);
    if (works[_i].release != NULL) {
        works[_i].release();
    }
}
END_TEST

/* The rule itself, without chance: a fork waits. */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_locked;
static bool is_whole = true;

static void *take_long(void *arg)
{
    (void)arg;
    vouch_fork_defer();
    vouch_lock(&mutex);
    is_whole = false;
    atomic_store(&is_locked, true);
    usleep(100000); /* for a fork that does not wait to come in between */
    is_whole = true;
    vouch_unlock(&mutex);
    vouch_fork_permit();
    return NULL;
}

static void use_mutex(void)
{
    vouch_lock(&mutex);
    if (!is_whole) {
        abort();
    }
    vouch_unlock(&mutex);
}

/* In a child, too, and in a child of that. */
static void fork_from_a_child(void)
{
    unsigned generation = vouch_fork_generation();

    use_mutex();
    if (!child_can(use_mutex) || vouch_fork_generation() != generation) {
        abort();
    }
}

START_TEST(fork_waits_for_who_defers_it)
{
    unsigned generation;
    pthread_t thread;

    ck_assert_int_eq(vouch_fork_watch(), VOUCH_OK);
    ck_assert_int_eq(vouch_fork_watch(), VOUCH_OK); /* once and for all */
    generation = vouch_fork_generation();
    ck_assert_int_eq(pthread_create(&thread, NULL, take_long, NULL), 0);
    while (!atomic_load(&is_locked)) {
        usleep(100);
    }
    ck_assert(child_can(fork_from_a_child));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(vouch_fork_generation(), generation);
    use_mutex();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fork");
    TCase *keys = tcase_create("keys");
    TCase *servers = tcase_create("servers");
    TCase *locks = tcase_create("locks");

    tcase_add_checked_fixture(keys, set_up, tear_down);
    tcase_add_loop_test(keys, children_do_not_share_the_nonces_of_psa, 0,
                        COUNT(curves));
    tcase_add_loop_test(keys, children_do_not_share_the_nonces_of_boringssl, 0,
                        COUNT(curves));
    tcase_add_loop_test(keys, children_do_not_make_the_same_key, 0,
                        COUNT(curves));
    tcase_add_test(keys, children_do_not_share_random_numbers);
    tcase_add_loop_test(keys, psa_signs_as_rfc_6979_says, 0, COUNT(rfc6979));
    suite_add_tcase(suite, keys);
    tcase_add_checked_fixture(servers, set_up_server, tear_down_server);
    tcase_add_test(servers, children_attest_with_what_the_parent_loaded);
    suite_add_tcase(suite, servers);
    tcase_add_checked_fixture(locks, set_up, tear_down);
    tcase_add_loop_test(locks, child_inherits_no_lock_of_another_thread, 0,
                        COUNT(works));
    tcase_add_test(locks, fork_waits_for_who_defers_it);
    suite_add_tcase(suite, locks);
    return suite;
}
