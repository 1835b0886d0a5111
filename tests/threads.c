/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/hmac.h>

#include "tests/support/attested.h"
#include "tests/support/files.h"

/*
 * Attack 79: answers that come from another thread. Several connections share
 * configurations, credentials, trusts, attesters and appraisers. Each has a
 * thread that moves octets and polls; evidence and verdicts are made by others,
 * under the lock of the session that they are for, as the headers demand.
 * threads.sh builds this with ThreadSanitizer, and once without those locks
 * (-DWITHOUT_LOCKS), to see it notice.
 *
 * Check's assertions are not for several threads: they stand outside.
 */

enum { CONNECTIONS = 4, WORKERS = 3, ROUNDS = 6, LIVES = 2, JOBS_MAX = 64 };

static struct attested host;

struct connection;

struct end {
    pthread_mutex_t lock; /* of the session */
    vouch_session *session;
    vouch_channel *channel;
    struct pair_peer *shared;
    size_t accepted, asked;
};

struct connection {
    pthread_t thread;
    uint8_t secret[8];
    struct end end[2];
    pthread_mutex_t jobs_lock;
    pthread_cond_t jobs_done;
    size_t jobs; /* posted and not done */
};

struct job {
    struct connection *connection;
    struct end *end;
    vouch_exchange exchange;
    bool is_verdict;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job item[JOBS_MAX];
    size_t num;
    bool is_over;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "threads: not so: %s\n", what);
        _Exit(1);
    }
}

static void lock(struct end *end)
{
#ifdef WITHOUT_LOCKS
    (void)end;
#else
    pthread_mutex_lock(&end->lock);
#endif
}

static void unlock(struct end *end)
{
#ifdef WITHOUT_LOCKS
    (void)end;
#else
    pthread_mutex_unlock(&end->lock);
#endif
}

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    const struct connection *connection = arg;
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len;
    HMAC_CTX ctx;

    HMAC_CTX_init(&ctx);
    require(HMAC_Init_ex(&ctx, connection->secret, sizeof connection->secret,
                         EVP_sha512(), NULL) &&
                HMAC_Update(&ctx, (const uint8_t *)label, strlen(label) + 1) &&
                HMAC_Update(&ctx, context.data, context.len) &&
                HMAC_Final(&ctx, mac, &mac_len) && len <= mac_len,
            "HMAC");
    HMAC_CTX_cleanup(&ctx);
    memcpy(out, mac, len);
    return VOUCH_OK;
}

/* Workers */

static void post(struct job job)
{
    pthread_mutex_lock(&job.connection->jobs_lock);
    job.connection->jobs++;
    pthread_mutex_unlock(&job.connection->jobs_lock);
    pthread_mutex_lock(&queue.lock);
    require(queue.num < JOBS_MAX, "room for a job");
    queue.item[queue.num++] = job;
    pthread_cond_signal(&queue.more);
    pthread_mutex_unlock(&queue.lock);
}

static bool take_job(struct job *out)
{
    bool any;

    pthread_mutex_lock(&queue.lock);
    while (queue.num == 0 && !queue.is_over) {
        pthread_cond_wait(&queue.more, &queue.lock);
    }
    any = queue.num != 0;
    if (any) {
        *out = queue.item[--queue.num];
    }
    pthread_mutex_unlock(&queue.lock);
    return any;
}

/* The same answer a second time does not pass, from whatever thread. */
static void answer(const struct job *job)
{
    struct end *end = job->end;
    const vouch_result result = {.verdict = VOUCH_ACCEPTED};
    vouch_err err, again;

    lock(end);
    err = job->is_verdict
              ? vouch_appraiser_answer(end->shared->appraiser, end->session,
                                       job->exchange, host.pair.now)
              : vouch_attester_answer(end->shared->attester, end->session,
                                      job->exchange, host.pair.now);
    again = vouch_session_conclude(end->session, job->exchange, &result,
                                   host.pair.now);
    unlock(end);
    require(err == VOUCH_OK, "an answer");
    require(again == VOUCH_E_HANDLE, "not twice");
}

static void *work(void *arg)
{
    struct job job;

    while (take_job(&job)) {
        answer(&job);
        pthread_mutex_lock(&job.connection->jobs_lock);
        job.connection->jobs--;
        pthread_cond_signal(&job.connection->jobs_done);
        pthread_mutex_unlock(&job.connection->jobs_lock);
    }
    return arg;
}

/* A connection's own thread */

static bool poll_event(struct end *end, vouch_event *event)
{
    bool any;

    lock(end);
    any = vouch_session_poll(end->session, event);
    unlock(end);
    return any;
}

static bool poll(struct connection *connection, struct end *end)
{
    vouch_event event;
    bool any = false;

    while (poll_event(end, &event)) {
        any = true;
        if (event.type == VOUCH_EVENT_EVIDENCE_NEEDED ||
            event.type == VOUCH_EVENT_APPRAISAL_NEEDED) {
            post((struct job){connection, end, event.exchange,
                              event.type == VOUCH_EVENT_APPRAISAL_NEEDED});
        }
        end->accepted += event.type == VOUCH_EVENT_ACCEPTED;
        require(event.type != VOUCH_EVENT_REFUSED &&
                    event.type != VOUCH_EVENT_FAILED,
                "no refusal");
    }
    return any;
}

static bool move(struct end *from, struct end *to)
{
    static _Thread_local uint8_t octets[1 << 16];
    size_t taken = 0;
    vouch_bytes out;
    vouch_err err;

    lock(from);
    out = vouch_session_outgoing(from->session);
    out.len = out.len < sizeof octets ? out.len : sizeof octets;
    if (out.len != 0) {
        memcpy(octets, out.data, out.len);
        vouch_session_sent(from->session, out.len);
    }
    unlock(from);
    if (out.len == 0) {
        return false;
    }
    lock(to);
    err = vouch_session_recv(to->session, (vouch_bytes){octets, out.len},
                             host.pair.now, &taken);
    unlock(to);
    require(err == VOUCH_OK && taken == out.len, "octets are taken");
    return true;
}

static void ask_again(struct end *end)
{
    vouch_exchange exchange;
    vouch_err err;

    if (end->accepted == end->asked && end->asked < ROUNDS) {
        lock(end);
        err = vouch_session_request(end->session, host.pair.now, &exchange);
        unlock(end);
        require(err == VOUCH_OK, "a request");
        end->asked++;
    }
}

/* Nothing to move: until an answer has been given, there will be nothing. */
static void wait_for_jobs(struct connection *connection)
{
    pthread_mutex_lock(&connection->jobs_lock);
    while (connection->jobs != 0) {
        pthread_cond_wait(&connection->jobs_done, &connection->jobs_lock);
    }
    pthread_mutex_unlock(&connection->jobs_lock);
}

static void start_end(struct connection *connection, struct end *end,
                      vouch_role role)
{
    end->shared = role == VOUCH_CLIENT ? &host.pair.client : &host.pair.server;
    end->accepted = 0;
    end->asked = 1;
    require(vouch_channel_new(role, VOUCH_SHA256, exporter, connection,
                              &end->channel) == VOUCH_OK &&
                vouch_session_new(end->channel, end->shared->config,
                                  host.pair.now, &end->session) == VOUCH_OK,
            "a session");
}

static void live(struct connection *connection)
{
    struct end *client = &connection->end[0], *server = &connection->end[1];

    start_end(connection, client, VOUCH_CLIENT);
    start_end(connection, server, VOUCH_SERVER);
    while (client->accepted < ROUNDS || server->accepted < ROUNDS) {
        bool busy = poll(connection, client);

        busy = poll(connection, server) || busy;
        busy = move(client, server) || busy;
        busy = move(server, client) || busy;
        ask_again(client);
        ask_again(server);
        if (!busy) {
            wait_for_jobs(connection);
        }
    }
    wait_for_jobs(connection);
    for (size_t i = 0; i < 2; i++) {
        vouch_session_free(connection->end[i].session);
        vouch_channel_free(connection->end[i].channel);
    }
}

static void *drive(void *arg)
{
    for (int i = 0; i < LIVES; i++) {
        live(arg);
    }
    return NULL;
}

static void end_workers(pthread_t workers[WORKERS])
{
    pthread_mutex_lock(&queue.lock);
    queue.is_over = true;
    pthread_cond_broadcast(&queue.more);
    pthread_mutex_unlock(&queue.lock);
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(0, pthread_join(workers[i], NULL));
    }
}

START_TEST(answers_come_from_other_threads)
{
    static struct connection connections[CONNECTIONS];
    pthread_t workers[WORKERS];

    make_dir();
    attested_init(&host);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        connections[i].secret[0] = (uint8_t)i;
        pthread_mutex_init(&connections[i].jobs_lock, NULL);
        pthread_cond_init(&connections[i].jobs_done, NULL);
        pthread_mutex_init(&connections[i].end[0].lock, NULL);
        pthread_mutex_init(&connections[i].end[1].lock, NULL);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(0, pthread_create(&workers[i], NULL, work, NULL));
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        ck_assert_int_eq(0, pthread_create(&connections[i].thread, NULL, drive,
                                           &connections[i]));
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        ck_assert_int_eq(0, pthread_join(connections[i].thread, NULL));
    }
    end_workers(workers);
    attested_free(&host);
    remove_dir();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("threads");
    TCase *tc = tcase_create("threads");

    tcase_add_test(tc, answers_come_from_other_threads);
    suite_add_tcase(suite, tc);
    return suite;
}
