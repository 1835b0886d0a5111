/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/x509.h>

#include <vouch/cmw.h>
#include <vouch/ear.h>
#include <vouch/memory.h>

#include "proto/capsule.h"
#include "tests/support/attested.h"
#include "tests/support/capsules.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"

/*
 * Attack 77: this machine fails, at each place where it can. Memory runs out at
 * each allocation in turn, random numbers are not to be had, the process forks.
 */

enum { ROUNDS = 400, RETRY_MS = 1100 };

/* Memory: the allocation number `fails_at` fails, and no other. */

static struct {
    size_t count, fails_at;
    size_t live;
} memory;

static void *allocate(void *arg, size_t size)
{
    void *block;

    (void)arg;
    if (memory.count++ == memory.fails_at) {
        return NULL;
    }
    block = malloc(size);
    memory.live += block != NULL;
    return block;
}

static void release(void *arg, void *block)
{
    (void)arg;
    memory.live--;
    free(block);
}

static void fail_at(size_t k)
{
    memory.count = 0;
    memory.fails_at = k;
}

static bool has_failed(void)
{
    return memory.count > memory.fails_at;
}

/* Random numbers: `left` calls succeed. */

static size_t random_left = SIZE_MAX;

int __real_RAND_bytes(uint8_t *out, size_t len);
int __wrap_RAND_bytes(uint8_t *out, size_t len);

int __wrap_RAND_bytes(uint8_t *out, size_t len)
{
    if (random_left == 0) {
        return 0;
    }
    random_left -= random_left != SIZE_MAX;
    return __real_RAND_bytes(out, len);
}

/* Two hosts that attest as shipped, each asking the other, and commands. */

static struct attested host;

static void configure(struct pair_peer *peer)
{
    const uint8_t digest[32] = {1};

    ck_assert_int_eq(
        VOUCH_OK, vouch_config_set_asker(peer->config, VOUCH_ASKER_ATTESTED));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_posture(peer->config, "model", digest));
}

static void set_up(void)
{
    static const vouch_allocator allocator = {allocate, release, NULL};

    fail_at(SIZE_MAX);
    vouch_set_allocator(&allocator);
    make_dir();
    attested_init(&host);
    configure(&host.pair.client);
    configure(&host.pair.server);
}

static void tear_down(void)
{
    attested_free(&host);
    remove_dir();
    ck_assert_uint_eq(0, memory.live);
}

/* One life of a connection */

static const uint8_t operation[] = "restart";

struct life {
    struct pair_peer *peer;
    vouch_exchange operation; /* that was asked for; id 0: none is */
    size_t accepted, data, replies, ended_operations;
    vouch_err failure;
};

static struct life lives[2];

/* A call that met the failure is made again; it did nothing, or the session
 * has ended for it. Returns whether it was done. */
#define DONE(life, call)              \
    (done((life), (call), "first") || \
     (is_up(life) && done((life), (call), "again")))

static bool is_up(const struct life *life)
{
    return !vouch_session_ended(life->peer->session);
}

static bool done(const struct life *life, vouch_err err, const char *when)
{
    if (err == VOUCH_E_NOMEM) {
        ck_assert(has_failed());
        ck_assert_str_eq("first", when);
    } else if (err != VOUCH_OK) {
        /* after the end of either side, or of an exchange that was declined
         * for want of memory */
        ck_assert_msg(has_failed(), "%s without a failure",
                      vouch_err_name(err));
        ck_assert(err == VOUCH_E_CLOSED || err == VOUCH_E_HANDLE ||
                  err == VOUCH_E_GATE || !is_up(life));
    }
    return err == VOUCH_OK;
}

static vouch_now now(void)
{
    return host.pair.now;
}

static void take(struct life *life, vouch_exchange command)
{
    vouch_session *s = life->peer->session;

    if (DONE(life, vouch_session_take(s, command, now()))) {
        (void)DONE(life,
                   vouch_session_reply(s, command, VOUCH_STATUS_DONE,
                                       (vouch_bytes){operation, 3}, now()));
    }
}

static void accepted(struct life *life, const vouch_event *event)
{
    vouch_bytes octets = {operation, sizeof operation};

    life->accepted++;
    if (event->exchange.id == life->operation.id) {
        (void)DONE(life, vouch_session_command(life->peer->session,
                                               event->exchange, octets, now()));
    }
}

static void handle(struct life *life, const vouch_event *event)
{
    struct pair_peer *peer = life->peer;

    switch ((unsigned)event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        (void)DONE(life, vouch_attester_answer(peer->attester, peer->session,
                                               event->exchange, now()));
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED:
        (void)DONE(life, vouch_appraiser_answer(peer->appraiser, peer->session,
                                                event->exchange, now()));
        break;
    case VOUCH_EVENT_ACCEPTED:
        accepted(life, event);
        break;
    case VOUCH_EVENT_COMMAND:
        take(life, event->exchange);
        break;
    case VOUCH_EVENT_REPLY:
        life->replies += event->u.reply.status == VOUCH_STATUS_DONE;
        life->ended_operations++;
        life->operation.id = 0;
        break;
    case VOUCH_EVENT_REFUSED:
    case VOUCH_EVENT_UNKNOWN:
        if (event->exchange.id == life->operation.id) {
            life->ended_operations++;
            life->operation.id = 0;
        }
        break;
    case VOUCH_EVENT_DATA:
        life->data += event->u.data.bytes.len;
        break;
    case VOUCH_EVENT_FAILED:
        life->failure = event->u.failed.err;
        break;
    default:
        break;
    }
}

static bool is_open(const struct life *life)
{
    return vouch_session_may_send(life->peer->session, VOUCH_TRAFFIC_DATA,
                                  now()) &&
           vouch_session_may_accept(life->peer->session, VOUCH_TRAFFIC_DATA,
                                    now());
}

/* No failure opens a gate. */
static void check_gate(const struct life *life)
{
    vouch_stats stats;

    vouch_session_stats(life->peer->session, &stats);
    if (is_open(life)) {
        ck_assert_uint_ge(stats.accepted, 1);
        ck_assert_uint_ge(stats.confirmed, 1);
        ck_assert(is_up(life));
    }
}

static bool poll(struct life *life)
{
    vouch_event event;
    bool any = false;

    while (vouch_session_poll(life->peer->session, &event)) {
        handle(life, &event);
        check_gate(life);
        any = true;
    }
    return any;
}

static bool move(struct life *from, struct life *to)
{
    vouch_bytes out = vouch_session_outgoing(from->peer->session);
    size_t taken = 0;
    vouch_err err;

    if (out.len == 0) {
        return false;
    }
    err = vouch_session_recv(to->peer->session, out, now(), &taken);
    if (err != VOUCH_OK) {
        (void)done(to, err, "first");
        ck_assert(!is_up(to) || err == VOUCH_E_CLOSED);
        taken = out.len;
    }
    vouch_session_sent(from->peer->session, taken);
    check_gate(to);
    return true;
}

static void run_both(void)
{
    bool busy = true;

    while (busy) {
        busy = poll(&lives[0]);
        busy = poll(&lives[1]) || busy;
        busy = move(&lives[0], &lives[1]) || busy;
        busy = move(&lives[1], &lives[0]) || busy;
    }
}

static bool both_up(void)
{
    return is_up(&lives[0]) && is_up(&lives[1]);
}

static void wait_for_retry(void)
{
    host.pair.now.mono_ms += RETRY_MS;
    for (size_t i = 0; i < 2; i++) {
        (void)DONE(&lives[i],
                   vouch_session_tick(lives[i].peer->session, now()));
    }
    run_both();
}

static void open_gates(void)
{
    run_both();
    for (int i = 0;
         i < 4 && both_up() && !(is_open(&lives[0]) && is_open(&lives[1]));
         i++) {
        wait_for_retry();
    }
    ck_assert(!both_up() || (is_open(&lives[0]) && is_open(&lives[1])));
}

static void send_data(struct life *life)
{
    size_t taken = 0;

    if (both_up() && DONE(life, vouch_session_send(life->peer->session,
                                                   (vouch_bytes){operation, 5},
                                                   now(), &taken))) {
        ck_assert_uint_eq(5, taken);
    }
}

static void ask_for_operation(struct life *life)
{
    vouch_session *s = life->peer->session;

    for (int i = 0; i < 3 && life->replies == 0 && both_up(); i++) {
        if (DONE(life, vouch_session_request_operation(
                           s, (vouch_bytes){operation, sizeof operation}, 60000,
                           now(), &life->operation))) {
            run_both();
        }
    }
}

static vouch_err start_session(struct pair_peer *peer)
{
    return vouch_session_new(peer->channel, peer->config, now(),
                             &peer->session);
}

/* Starts both sessions; what could not be made is made again. */
static void start(void)
{
    memset(lives, 0, sizeof lives);
    lives[0].peer = &host.pair.client;
    lives[1].peer = &host.pair.server;
    for (size_t i = 0; i < 2; i++) {
        struct pair_peer *peer = lives[i].peer;

        if (pair_channel(&host.pair, peer) != VOUCH_OK) {
            ck_assert_ptr_null(peer->channel);
            ck_assert_int_eq(VOUCH_OK, pair_channel(&host.pair, peer));
        }
        if (start_session(peer) != VOUCH_OK) {
            ck_assert_ptr_null(peer->session);
            ck_assert_int_eq(VOUCH_OK, start_session(peer));
        }
    }
}

static void end(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct pair_peer *peer = lives[i].peer;

        vouch_session_free(peer->session);
        vouch_channel_free(peer->channel);
        peer->session = NULL;
        peer->channel = NULL;
    }
}

static void live(void)
{
    const uint8_t other[32] = {2};

    start();
    open_gates();
    send_data(&lives[0]);
    send_data(&lives[1]);
    run_both();
    if (both_up()) {
        (void)DONE(&lives[1], vouch_session_set_posture(lives[1].peer->session,
                                                        "model", other, now()));
        open_gates();
    }
    ask_for_operation(&lives[0]);
    if (both_up()) {
        (void)DONE(&lives[0],
                   vouch_session_close(lives[0].peer->session, now()));
    }
    run_both();
}

/* What a life has come to: all of it, or an end for want of memory. */
static void check_life(void)
{
    bool failed = lives[0].failure != VOUCH_OK || lives[1].failure != VOUCH_OK;

    ck_assert(!is_up(&lives[0]) && !is_up(&lives[1]));
    for (size_t i = 0; i < 2; i++) {
        ck_assert(!is_open(&lives[i]));
        ck_assert(lives[i].failure == VOUCH_OK ||
                  lives[i].failure == VOUCH_E_NOMEM);
    }
    ck_assert(!failed || has_failed());
    if (!failed) {
        ck_assert_uint_eq(5, lives[0].data);
        ck_assert_uint_eq(5, lives[1].data);
        ck_assert_uint_eq(1, lives[0].replies);
    }
}

/* With new trusts, which have seen no certificate yet. */
static void renew(void)
{
    fail_at(SIZE_MAX);
    tear_down();
    set_up();
}

START_TEST(session_survives_that_memory_runs_out)
{
    bool is_new = _i == 1;
    size_t before, k, failures = 0;

    live(); /* unharmed, it does all that there is to do */
    check_life();
    ck_assert_int_eq(VOUCH_OK, lives[0].failure);
    ck_assert_int_eq(VOUCH_OK, lives[1].failure);
    end();
    before = memory.live;
    for (k = 0; k < ROUNDS; k++) {
        if (is_new) {
            renew();
        }
        fail_at(k);
        live();
        check_life();
        end();
        ck_assert(is_new || memory.live == before);
        if (!has_failed()) {
            break;
        }
        failures +=
            lives[0].failure != VOUCH_OK || lives[1].failure != VOUCH_OK;
    }
    ck_assert_uint_lt(k, ROUNDS);
    ck_assert_uint_gt(k, 50);
    ck_assert_uint_gt(failures, 0);
    ck_assert_uint_lt(failures, k);
}
END_TEST

/* Everything that is made before a session */

static struct pki_entity root, leaf;
static X509_STORE *store;
static vouch_buffer pem, crl;

static vouch_err make_key(void)
{
    vouch_key *key;
    vouch_err err = vouch_key_from_evp(leaf.key, &key);

    if (err == VOUCH_OK) {
        vouch_key_free(key);
    }
    return err;
}

static vouch_err load_psa(void)
{
    char path[128];
    vouch_key *key;
    vouch_err err;

    path_in(path, "client.key");
    err = vouch_key_load_psa(path, &key);
    if (err == VOUCH_OK) {
        vouch_key_free(key);
    }
    return err;
}

static vouch_err load_evp(void)
{
    char path[128];
    vouch_key *key;
    vouch_err err;

    path_in(path, "client.key");
    err = vouch_key_load_evp(path, &key);
    if (err == VOUCH_OK) {
        vouch_key_free(key);
    }
    return err;
}

static vouch_err make_credential(void)
{
    vouch_credential *credential;
    vouch_key *key;
    vouch_err err = vouch_key_from_evp(leaf.key, &key);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_credential_new(key, (vouch_bytes){pem.data, pem.len},
                               &credential);
    vouch_key_free(key);
    if (err == VOUCH_OK) {
        vouch_credential_free(credential);
    }
    return err;
}

static vouch_err make_trust(void)
{
    vouch_trust *trust;
    vouch_err err = vouch_trust_new(store, "peer.test", &trust);

    if (err == VOUCH_OK) {
        err = vouch_trust_add_crl(trust, (vouch_bytes){crl.data, crl.len});
        vouch_trust_free(trust);
    }
    return err;
}

static vouch_err make_config(void)
{
    const uint8_t digest[32] = {1};
    vouch_config *config;
    vouch_err err = vouch_config_new(&config);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_config_add_produced(config, PAIR_FORMAT);
    if (err == VOUCH_OK) {
        err = vouch_config_add_appraised(config, PAIR_FORMAT);
    }
    if (err == VOUCH_OK) {
        err = vouch_config_set_posture(config, "model", digest);
    }
    if (err == VOUCH_OK) {
        err = vouch_config_set_posture(config, "tools", digest);
    }
    vouch_config_free(config);
    return err;
}

static vouch_err make_appraiser(void)
{
    const uint8_t digest[32] = {1};
    const vouch_bytes octets = {digest, sizeof digest};
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    vouch_err err = vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_policy_add_key(policy, vouch_key_spki(host.client.key),
                               (vouch_bytes){NULL, 0});
    if (err == VOUCH_OK) {
        err = vouch_policy_add_reference(policy, "executable", octets);
    }
    if (err == VOUCH_OK) {
        err = vouch_policy_add_component(policy, "model", octets);
    }
    if (err == VOUCH_OK) {
        err = vouch_eat_appraiser_new(policy, &appraiser);
    }
    if (err == VOUCH_OK) {
        vouch_appraiser_free(appraiser);
    }
    vouch_policy_free(policy);
    return err;
}

static vouch_err make_attester(void)
{
    vouch_attester *attester;
    vouch_err err = vouch_software_attester_new(host.client.key, "test", "1",
                                                NULL, &attester);

    if (err == VOUCH_OK) {
        vouch_attester_free(attester);
    }
    return err;
}

static vouch_err make_session(void)
{
    struct pair_peer *peer = &host.pair.client;
    vouch_err err = pair_channel(&host.pair, peer);

    if (err == VOUCH_OK) {
        err = vouch_session_new(peer->channel, peer->config, now(),
                                &peer->session);
    }
    if (err == VOUCH_OK) {
        vouch_session_free(peer->session);
        peer->session = NULL;
    }
    vouch_channel_free(peer->channel);
    peer->channel = NULL;
    return err;
}

static vouch_err make_cmw(void)
{
    vouch_buffer cmw;
    vouch_err err = vouch_cmw_record(PAIR_FORMAT, (vouch_bytes){operation, 4},
                                     VOUCH_CMW_EVIDENCE, &cmw);

    if (err == VOUCH_OK) {
        vouch_buffer_free(&cmw);
    }
    return err;
}

/* By a Verifier whose key is the client's attestation key. */
static vouch_err issue(vouch_buffer *ear)
{
    const vouch_expectation expected = {.binder = {.len = 32},
                                        .aik_pub_hash = {.len = 32}};
    const vouch_result result = {.verdict = VOUCH_REJECTED};
    vouch_issuer *issuer;
    vouch_err err = vouch_issuer_new(host.client.key, VOUCH_EAR_CWT_FORMAT,
                                     "developer", "build", &issuer);

    if (err == VOUCH_OK) {
        err = vouch_issuer_set_label(issuer, "label");
        if (err == VOUCH_OK) {
            err = vouch_issuer_issue(issuer, &expected, &result, ear);
        }
        vouch_issuer_free(issuer);
    }
    return err;
}

static vouch_err make_passport(void)
{
    vouch_attester *attester;
    vouch_buffer ear;
    vouch_err err = issue(&ear);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_passport_attester_new(
        VOUCH_EAR_CWT_FORMAT, (vouch_bytes){ear.data, ear.len}, &attester);
    if (err == VOUCH_OK) {
        err = vouch_passport_attester_renew(attester,
                                            (vouch_bytes){ear.data, ear.len});
        vouch_attester_free(attester);
    }
    vouch_buffer_free(&ear);
    return err;
}

static vouch_err (*const makers[])(void) = {
    make_key,      load_psa,     load_evp,       make_credential,
    make_trust,    make_config,  make_appraiser, make_attester,
    make_passport, make_session, make_cmw,
};

static void set_up_makers(void)
{
    const struct pki_profile profile = {.kind = PKI_P256};

    set_up();
    root = pki_root(PKI_P256);
    leaf = pki_issue(&root, &profile);
    store = pki_store(&root);
    pem = pki_pem(&leaf.certificate, 1);
    crl = pki_crl(&root, NULL, PKI_NOW - 1000, PKI_NOW + 1000);
}

static void tear_down_makers(void)
{
    free(pem.data);
    free(crl.data);
    X509_STORE_free(store);
    pki_free(&leaf);
    pki_free(&root);
    tear_down();
}

START_TEST(objects_are_made_or_not_when_memory_runs_out)
{
    size_t before = memory.live, k = 0;
    vouch_err err;

    do {
        fail_at(k++);
        err = makers[_i]();
        ck_assert_int_eq(has_failed() ? VOUCH_E_NOMEM : VOUCH_OK, err);
        ck_assert_uint_eq(before, memory.live);
    } while (err != VOUCH_OK);
    ck_assert_uint_gt(k, 1);
}
END_TEST

/* Random numbers */

START_TEST(session_does_not_start_without_random_numbers)
{
    struct pair_peer *peer = &host.pair.client;

    ck_assert_int_eq(VOUCH_OK, pair_channel(&host.pair, peer));
    for (size_t left = 0;; left++) {
        vouch_err err;

        random_left = left;
        err = vouch_session_new(peer->channel, peer->config, now(),
                                &peer->session);
        random_left = SIZE_MAX;
        if (err == VOUCH_OK) {
            ck_assert_uint_ge(left, 2); /* the tag and a context */
            break;
        }
        ck_assert_int_eq(VOUCH_E_CRYPTO, err);
        ck_assert_ptr_null(peer->session);
    }
}
END_TEST

/* A request needs 24 of them; what is sent then is CLOSE and no request. */
START_TEST(request_is_not_sent_without_random_numbers)
{
    struct pair_peer *peer = &host.pair.client;
    vouch_exchange exchange = {1, 2, 3};
    struct capsule capsule;
    vouch_event event;

    start();
    open_gates();
    random_left = 0;
    if (_i == 0) {
        ck_assert_int_eq(VOUCH_E_CRYPTO, vouch_session_request(
                                             peer->session, now(), &exchange));
        ck_assert_uint_eq(1, exchange.id);
    } else { /* by itself */
        host.pair.now.mono_ms += 600000 / 3;
        ck_assert_int_eq(VOUCH_E_CRYPTO,
                         vouch_session_tick(peer->session, now()));
    }
    ck_assert(vouch_session_ended(peer->session));
    ck_assert(!is_open(&lives[0]));
    ck_assert(capsule_take(peer->session, &capsule));
    ck_assert_uint_eq(VOUCH_CAPSULE_CLOSE, capsule.type);
    free(capsule.value.data);
    ck_assert(!capsule_take(peer->session, &capsule));
    random_left = SIZE_MAX;
    do {
        ck_assert(vouch_session_poll(peer->session, &event));
    } while (event.type != VOUCH_EVENT_FAILED);
    ck_assert_int_eq(VOUCH_E_CRYPTO, event.u.failed.err);
    ck_assert_int_eq(VOUCH_E_CLOSED,
                     vouch_session_request(peer->session, now(), &exchange));
}
END_TEST

/* A child of the process */

static int child(struct pair_peer *peer, vouch_exchange asked)
{
    static const uint8_t octets[32];
    const vouch_bytes bytes = {octets, sizeof octets};
    vouch_session *s = peer->session;
    const vouch_result result = {.verdict = VOUCH_ACCEPTED};
    vouch_exchange exchange;
    size_t taken;
    const vouch_err errs[] = {
        vouch_session_recv(s, bytes, now(), &taken),
        vouch_session_end_of_stream(s, now()),
        vouch_session_tick(s, now()),
        vouch_session_close(s, now()),
        vouch_session_request(s, now(), &exchange),
        vouch_session_request_nonce(s, bytes, now(), &exchange),
        vouch_session_request_operation(s, bytes, 1000, now(), &exchange),
        vouch_session_cancel(s, asked, now()),
        vouch_session_send(s, bytes, now(), &taken),
        vouch_session_command(s, asked, bytes, now()),
        vouch_session_take(s, asked, now()),
        vouch_session_reply(s, asked, VOUCH_STATUS_DONE, bytes, now()),
        vouch_session_set_posture(s, "model", octets, now()),
        vouch_session_provide(s, asked, bytes, now()),
        vouch_session_decline(s, asked, VOUCH_PEER_POLICY, now()),
        vouch_attester_answer(peer->attester, s, asked, now()),
        vouch_session_conclude(s, asked, &result, now()),
    };
    const vouch_traffic kinds[] = {VOUCH_TRAFFIC_DATA, VOUCH_TRAFFIC_COMMAND};

    for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++) {
        if (errs[i] != VOUCH_E_FORKED) {
            return (int)i + 1;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (vouch_session_may_send(s, kinds[i], now()) ||
            vouch_session_may_accept(s, kinds[i], now())) {
            return 100;
        }
    }
    return vouch_session_outgoing(s).len == 0 ? 0 : 101;
}

START_TEST(session_is_of_no_use_in_a_child)
{
    struct pair_peer *peer = &host.pair.client;
    vouch_exchange asked = {0};
    vouch_event event;
    int status;
    pid_t pid;

    start();
    open_gates();
    ck_assert(is_open(&lives[0]));
    ck_assert_int_eq(VOUCH_OK, vouch_session_request(host.pair.server.session,
                                                     now(), &asked));
    (void)move(&lives[1], &lives[0]);
    ck_assert(vouch_session_poll(peer->session, &event));
    ck_assert_int_eq(VOUCH_EVENT_EVIDENCE_NEEDED, event.type);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_session_request(peer->session, now(), &asked));
    ck_assert_uint_ne(0, vouch_session_outgoing(peer->session).len);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        _exit(child(peer, event.exchange));
    }
    ck_assert_int_eq(pid, waitpid(pid, &status, 0));
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(0, WEXITSTATUS(status));
    /* and the parent goes on */
    handle(&lives[0], &event);
    run_both();
    ck_assert(is_open(&lives[0]) && is_open(&lives[1]));
    ck_assert_uint_eq(2, lives[0].accepted);
    ck_assert_uint_eq(2, lives[1].accepted);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *sessions = tcase_create("sessions");
    TCase *objects = tcase_create("objects");

    tcase_add_checked_fixture(sessions, set_up, tear_down);
    tcase_add_loop_test(sessions, session_survives_that_memory_runs_out, 0, 2);
    tcase_add_test(sessions, session_does_not_start_without_random_numbers);
    tcase_add_loop_test(sessions, request_is_not_sent_without_random_numbers, 0,
                        2);
    tcase_add_test(sessions, session_is_of_no_use_in_a_child);
    suite_add_tcase(suite, sessions);
    tcase_add_checked_fixture(objects, set_up_makers, tear_down_makers);
    tcase_add_loop_test(objects, objects_are_made_or_not_when_memory_runs_out,
                        0, COUNT(makers));
    suite_add_tcase(suite, objects);
    return suite;
}
