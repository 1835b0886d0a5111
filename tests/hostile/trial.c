/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <vouch/tls.h>

#include "tests/hostile/faults.h"

enum {
    START_MS = 1000000,
    USUAL_MS = 600000, /* a hold, or a time to answer, as it usually is */
    MEMORY_MAX = 3 * 1024 * 1024,
    LEAK_MAX = 1024, /* a trust remembers chains */
    STEPS_AFTER_END = 6,
    ROUNDS_MAX = 64,
    UNSENT_ABOUT = 190000, /* the longest capsule less than the limit */
};

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

void trial_trace(const struct trial *t, const char *format, ...)
{
    va_list args;

    if (!t->options->trace) {
        return;
    }
    printf("  %4zu %8llu  ", t->steps,
           (unsigned long long)t->now.mono_ms - START_MS);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout); /* in case it does not come back */
}

/* The connection: its exporter is a function of label and context. */

static bool export_secret(void *arg, const char *label, struct span context,
                          uint8_t *out, size_t len)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    struct ink input = {0};
    unsigned mac_len;

    (void)arg;
    ink_octets(&input, label, strlen(label) + 1);
    ink_span(&input, context);
    MUST(HMAC(EVP_sha512(), "hostile", 7, input.data, input.len, mac,
              &mac_len) != NULL &&
         len <= mac_len);
    memcpy(out, mac, len);
    ink_free(&input);
    return true;
}

static vouch_err export_to_library(void *arg, const char *label,
                                   vouch_bytes context, uint8_t *out,
                                   size_t len)
{
    return export_secret(arg, label, (struct span){context.data, context.len},
                         out, len)
               ? VOUCH_OK
               : VOUCH_E_CRYPTO;
}

/* Later than the tree that the first findings were made on. */
__attribute__((weak)) vouch_err vouch_config_allow_data_loss(
    vouch_config *config);
__attribute__((weak)) vouch_err vouch_channel_set_peer_verified(
    vouch_channel *channel);

static vouch_config *make_config(const struct setup *setup)
{
    vouch_config *config;

    MUST(vouch_config_new(&config) == VOUCH_OK);
    if (setup->has_credential) {
        MUST(vouch_config_set_credential(config, identity_credential()) ==
             VOUCH_OK);
    }
    if (setup->has_trust) {
        MUST(vouch_config_set_trust(config, identity_trust()) == VOUCH_OK);
    }
    for (unsigned i = 0; i < FORMATS_OURS; i++) {
        if ((setup->produced >> i & 1) != 0) {
            MUST(vouch_config_add_produced(config, model_format(i)) ==
                 VOUCH_OK);
        }
        if ((setup->appraised >> i & 1) != 0) {
            MUST(vouch_config_add_appraised(config, model_format(i)) ==
                 VOUCH_OK);
        }
    }
    MUST(vouch_config_set_gate(config, setup->gate) == VOUCH_OK &&
         vouch_config_set_refusal(config, setup->refusal) == VOUCH_OK &&
         vouch_config_set_asker(config, setup->asker) == VOUCH_OK &&
         vouch_config_set_max_age(config, setup->max_age) == VOUCH_OK &&
         vouch_config_set_interval(config, setup->interval) == VOUCH_OK &&
         vouch_config_set_grace(config, setup->grace) == VOUCH_OK &&
         vouch_config_set_answer_within(config, setup->answer_within) ==
             VOUCH_OK);
    MUST((!setup->hold || vouch_config_hold_early_data(config) == VOUCH_OK) &&
         (!setup->peer_first ||
          vouch_config_set_peer_first(config) == VOUCH_OK) &&
         (!setup->key_bound ||
          vouch_config_allow_key_bound(config) == VOUCH_OK) &&
         (!setup->pin || vouch_config_pin_instance(config) == VOUCH_OK) &&
         (!setup->no_regression ||
          vouch_config_refuse_regression(config) == VOUCH_OK) &&
         (!setup->other_key ||
          vouch_config_allow_other_key(config) == VOUCH_OK) &&
         (!setup->own_key || vouch_config_allow_own_key(config) == VOUCH_OK));
    if (setup->data_loss && vouch_config_allow_data_loss != NULL) {
        MUST(vouch_config_allow_data_loss(config) == VOUCH_OK);
    }
    return config;
}

static vouch_channel *make_channel(const struct setup *setup)
{
    vouch_channel *channel;
    struct span spki = identity_spki(
        setup->handshake_key == 1 ? IDENTITY_PEER : IDENTITY_OTHER);

    MUST(vouch_channel_new(setup->role, setup->hash, export_to_library, NULL,
                           &channel) == VOUCH_OK);
    if (setup->handshake_key != 0) {
        MUST(vouch_channel_set_peer_spki(
                 channel, (vouch_bytes){spki.data, spki.len}) == VOUCH_OK);
        if (setup->handshake_verified &&
            vouch_channel_set_peer_verified != NULL) {
            MUST(vouch_channel_set_peer_verified(channel) == VOUCH_OK);
        }
    }
    return channel;
}

static void connect_ends(struct trial *t)
{
    if (t->options->tls) {
        tls_open(&t->tls, &t->setup);
        t->connection = (struct connection){tls_export, &t->tls, false};
        MUST(vouch_channel_from_ssl(t->tls.near, &t->channel) == VOUCH_OK);
    } else {
        t->connection = (struct connection){export_secret, NULL, false};
        t->channel = make_channel(&t->setup);
    }
    t->connection.sha384 = t->setup.hash == VOUCH_SHA384;
}

/* What every call is followed by */

/* Looks at what is new among the octets that wait to be sent. */
static void collect(struct trial *t)
{
    vouch_bytes out = vouch_session_outgoing(t->session);

    MODEL_CHECK(&t->model, PROPERTY_OUTPUT, out.len >= t->seen,
                "%zu octets to send are gone", t->seen - out.len);
    if (out.len > t->seen) {
        struct span fresh = {out.data + t->seen, out.len - t->seen};
        struct ink carried = {0};

        if (t->options->tls) {
            tls_carry(t->tls.near, t->tls.far, fresh, &carried);
            fresh = ink_all(&carried);
        }
        model_output(&t->model, fresh);
        ink_free(&carried);
        t->seen = out.len;
    }
}

/* 15: octets that are not yet sent. How many there are to the octet is the
 * library's own affair; past the limit it fails closed. */
static bool is_full(const struct trial *t, vouch_err err)
{
    return err == VOUCH_E_TOO_LARGE && t->model.unsent > UNSENT_ABOUT;
}

bool trial_before(struct trial *t, vouch_err err)
{
    bool fault = faults_fired() || is_full(t, err);

    trial_trace(t, "    %s", vouch_err_name(err));
    model_enter(&t->model, t->now);
    if ((fault &&
         model_fault(&t->model, err, vouch_session_ended(t->session))) ||
        t->model.dead) {
        trial_after(t);
        return false;
    }
    return true;
}

void trial_after(struct trial *t)
{
    t->model.waiting = model_waiting(&t->model);
    collect(t);
    model_output_done(&t->model);
    model_compare(&t->model, t->session);
}

void trial_tick(struct trial *t)
{
    vouch_err err = vouch_session_tick(t->session, t->now);

    if (trial_before(t, err)) {
        model_ticked(&t->model, err);
        trial_after(t);
    }
}

void trial_drain(struct trial *t, size_t len)
{
    for (size_t rounds = 0; rounds < 2; rounds++) {
        vouch_bytes out = vouch_session_outgoing(t->session);
        size_t part = len < out.len ? len : out.len;

        if (part == 0) {
            return;
        }
        vouch_session_sent(t->session, part);
        t->seen -= part < t->seen ? part : t->seen;
        t->model.unsent -= part < t->model.unsent ? part : t->model.unsent;
        len -= part;
        collect(t); /* CLOSE shows when all else is gone */
        model_output_done(&t->model);
    }
}

static void wire_taken(struct trial *t, size_t len)
{
    ink_cut(&t->wire, len);
    while (len != 0 && t->num_units != 0) {
        size_t part = len < t->unit[0] ? len : t->unit[0];

        t->unit[0] -= part;
        len -= part;
        if (t->unit[0] == 0) {
            t->num_units--;
            memmove(t->unit, t->unit + 1, t->num_units * sizeof t->unit[0]);
        }
    }
}

/* Gives the session a part of what is on its way. False: it takes no more. */
static bool deliver_part(struct trial *t, size_t len)
{
    struct span part = {t->wire.data, len};
    struct ink carried = {0};
    vouch_stats stats;
    size_t taken = 0;
    vouch_err err;

    /* whether DATA is held depends on what is asked before it comes */
    if (t->setup.tick_first || t->setup.hold) {
        trial_tick(t);
    }
    if (t->options->tls) {
        tls_carry(t->tls.far, t->tls.near, part, &carried);
        part = ink_all(&carried);
    }
    err = vouch_session_recv(t->session, (vouch_bytes){part.data, part.len},
                             t->now, &taken);
    if (trial_before(t, err)) {
        MODEL_CHECK(&t->model, PROPERTY_ERRORS,
                    err != VOUCH_OK || taken == len ||
                        vouch_session_has_event(t->session),
                    "recv takes %zu of %zu, and nothing waits", taken, len);
        vouch_session_stats(t->session, &stats);
        t->model.dropped = stats.data_dropped;
        model_received(&t->model, part, taken, err);
        trial_after(t);
    }
    ink_free(&carried);
    if (err != VOUCH_OK) {
        wire_taken(t, t->wire.len); /* it is read no more */
        return false;
    }
    wire_taken(t, taken);
    return taken != 0;
}

void trial_deliver(struct trial *t, size_t len)
{
    size_t rounds = 0;

    len = len < t->wire.len ? len : t->wire.len;
    while (len != 0 && t->model.found == PROPERTY_NONE) {
        bool together = t->setup.batch && !t->setup.hold;
        size_t part = together || t->num_units == 0 ? len : t->unit[0];
        size_t before = t->wire.len;

        part = part < len ? part : len;
        if (!deliver_part(t, part)) {
            if (!t->setup.auto_poll || ++rounds > ROUNDS_MAX) {
                return;
            }
        }
        len -= before - t->wire.len < len ? before - t->wire.len : len;
        if (t->setup.auto_poll) {
            application_poll(t, SIZE_MAX);
        }
    }
}

void trial_deliver_all(struct trial *t)
{
    trial_deliver(t, SIZE_MAX);
}

/* Values */

uint64_t trial_number(struct trial *t, uint8_t choice, uint8_t arg)
{
    uint64_t last = t->last_number, number;

    switch (choice % 16) {
    case 0:
        number = USUAL_MS;
        break;
    case 1:
        number = 0;
        break;
    case 2:
        number = 1;
        break;
    case 3:
        number = UINT64_MAX;
        break;
    case 4:
        number = last;
        break;
    case 5:
        number = last - 1;
        break;
    case 6:
        number = last - arg;
        break;
    case 7:
        number = last + 1;
        break;
    case 8:
        number = last - arg * UINT64_C(1000);
        break;
    case 9:
        number = UINT64_C(1) << arg % 64;
        break;
    case 10:
        number = arg;
        break;
    case 11:
        number = arg * UINT64_C(1000);
        break;
    case 12:
        number = UINT64_C(1) << 53;
        break;
    case 13:
        number = 30000;
        break;
    case 14:
        number = UINT64_MAX / (arg + UINT64_C(1));
        break;
    default:
        number = arg * UINT64_C(60000);
        break;
    }
    t->last_number = number;
    return number;
}

static uint64_t strange_id(uint64_t newest, uint64_t highest, uint64_t role,
                           uint8_t choice, uint8_t arg)
{
    switch (choice % 9) {
    case 0: /* never issued */
        return role | ((highest + 1 + arg % 4) & ID_COUNTER);
    case 1:
        return role;
    case 2:
        return 0;
    case 3:
        return UINT64_MAX;
    case 4:
        return newest ^ ID_SERVER;
    case 5:
        return newest ^ ID_OPERATION;
    case 6:
        return newest ^ ID_NONCE;
    case 7:
        return newest - 1;
    default:
        return role | ID_OPERATION;
    }
}

static uint64_t role_bit(bool server)
{
    return server ? ID_SERVER : 0;
}

uint64_t trial_their_id(struct trial *t, uint8_t choice, uint8_t arg)
{
    const struct model *m = &t->model;
    uint64_t role = role_bit(t->setup.role != VOUCH_SERVER);
    size_t num = m->num_theirs;
    uint64_t newest = num != 0 ? m->theirs[num - 1].id : role | 1;

    choice %= 24;
    if (choice >= 15) {
        return strange_id(newest, m->highest_seen, role, choice, arg);
    }
    if (choice >= 12) { /* one of the last */
        return num != 0 ? m->theirs[num - 1 - arg % (num < 20 ? num : 20)].id
                        : newest;
    }
    if (choice == 0) { /* what there is */
        return newest;
    }
    for (size_t i = 0; i < num; i++) {
        const struct theirs *x =
            &m->theirs[(choice & 1) != 0 ? num - 1 - i : i];

        if (x->state == choice / 2) {
            return x->id;
        }
    }
    return newest;
}

uint64_t trial_own_id(struct trial *t, uint8_t choice, uint8_t arg)
{
    const struct model *m = &t->model;
    uint64_t role = role_bit(t->setup.role == VOUCH_SERVER);
    size_t num = m->num_own;
    uint64_t newest = num != 0 ? m->own[num - 1].id : role | 1;

    choice %= 24;
    if (choice >= 15) {
        /* which ids come next is known to everybody; of what is asked in the
         * very call that brings it the model would know too late */
        arg = t->setup.batch || !t->setup.tick_first ? arg | 3 : arg;
        return strange_id(newest, m->num_own + (t->setup.batch ? 1000U : 0U),
                          role, choice, arg);
    }
    if (choice >= 12) {
        return num != 0 ? m->own[num - 1 - arg % (num < 20 ? num : 20)].id
                        : newest;
    }
    if (choice == 0) {
        return newest;
    }
    for (size_t i = 0; i < num; i++) {
        const struct own *x = &m->own[(choice & 1) != 0 ? num - 1 - i : i];

        if (x->state == choice / 2) {
            return x->id;
        }
    }
    return newest;
}

enum { OPERATIONS = 4, LONG_OPERATION = 65536 };

struct span trial_operation(unsigned which)
{
    static const char *const texts[OPERATIONS - 1] = {"open the door", "",
                                                      "close the door"};
    static uint8_t longest[LONG_OPERATION];

    return which % OPERATIONS == OPERATIONS - 1
               ? (struct span){longest, sizeof longest}
               : span_of_text(texts[which % OPERATIONS]);
}

struct span trial_operation_of(const uint8_t digest[32])
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        struct span operation = trial_operation(i);
        uint8_t hash[32];

        SHA256(operation.data, operation.len, hash);
        if (memcmp(hash, digest, sizeof hash) == 0) {
            return operation;
        }
    }
    return trial_operation(0);
}

/* The clocks and the machine */

static uint64_t duration(uint8_t choice, uint8_t arg)
{
    static const uint64_t unit[] = {1, 1000, 100, 10, 60000, 3600000, 1, 1000};

    return choice % 8 == 6 ? 600001 : (arg + UINT64_C(1)) * unit[choice % 8];
}

static void go_to_deadline(struct trial *t, uint8_t choice)
{
    uint64_t deadline = vouch_session_deadline(t->session);

    if (deadline - t->now.mono_ms > 100 * UINT64_C(86400000) ||
        deadline < t->now.mono_ms) {
        return;
    }
    t->now.mono_ms = deadline + (choice % 4 == 1) - (choice % 4 == 2);
}

static void check_child(struct trial *t)
{
    vouch_session *s = t->session;
    const vouch_exchange none = {0};
    vouch_exchange exchange;
    vouch_result result = {.verdict = VOUCH_ACCEPTED};
    vouch_bytes empty = {NULL, 0};
    size_t taken;
    bool good =
        vouch_session_tick(s, t->now) == VOUCH_E_FORKED &&
        vouch_session_recv(s, empty, t->now, &taken) == VOUCH_E_FORKED &&
        vouch_session_end_of_stream(s, t->now) == VOUCH_E_FORKED &&
        vouch_session_truncated(s, t->now) == VOUCH_E_FORKED &&
        vouch_session_close(s, t->now) == VOUCH_E_FORKED &&
        vouch_session_request(s, t->now, &exchange) == VOUCH_E_FORKED &&
        vouch_session_request_nonce(s, empty, t->now, &exchange) ==
            VOUCH_E_FORKED &&
        vouch_session_request_operation(s, empty, 1, t->now, &exchange) ==
            VOUCH_E_FORKED &&
        vouch_session_cancel(s, none, t->now) == VOUCH_E_FORKED &&
        vouch_session_send(s, empty, t->now, &taken) == VOUCH_E_FORKED &&
        vouch_session_command(s, none, empty, t->now) == VOUCH_E_FORKED &&
        vouch_session_take(s, none, t->now) == VOUCH_E_FORKED &&
        vouch_session_reply(s, none, VOUCH_STATUS_DONE, empty, t->now) ==
            VOUCH_E_FORKED &&
        vouch_session_provide(s, none, empty, t->now) == VOUCH_E_FORKED &&
        vouch_session_busy(s, none, 0, t->now) == VOUCH_E_FORKED &&
        vouch_session_decline(s, none, VOUCH_PEER_NONE, t->now) ==
            VOUCH_E_FORKED &&
        vouch_session_conclude(s, none, &result, t->now) == VOUCH_E_FORKED &&
        vouch_session_set_posture(s, "x", result.evidence_digest, t->now) ==
            VOUCH_E_FORKED;

    for (unsigned traffic = 0; traffic < 2; traffic++) {
        good = good &&
               !vouch_session_may_send(s, (vouch_traffic)traffic, t->now) &&
               !vouch_session_may_accept(s, (vouch_traffic)traffic, t->now);
    }
    good = good && vouch_session_outgoing(s).len == 0;
    _exit(good ? 0 : 1);
}

static void fork_once(struct trial *t)
{
    int status = 0;
    pid_t child;

    if (!t->options->may_fork) {
        return;
    }
    fflush(stdout);
    child = fork();
    if (child == 0) {
        check_child(t);
    }
    MUST(child > 0 && waitpid(child, &status, 0) == child);
    MODEL_CHECK(&t->model, PROPERTY_FORK, status == 0,
                "a child could do something: status %d", status);
}

/* Steps of clocks and machine; false: it is none. */
static bool machine_step(struct trial *t, const struct step *step)
{
    uint64_t span = duration(step->arg[0], step->arg[1]);

    switch ((int)step->kind) {
    case STEP_FORWARD:
        t->now.mono_ms += span;
        t->now.unix_s += (int64_t)(span / 1000);
        break;
    case STEP_BACK:
        t->now.mono_ms -= span < t->now.mono_ms ? span : 0;
        break;
    case STEP_WALL:
        t->now.unix_s +=
            (step->arg[2] & 1) != 0 ? -(int64_t)span : (int64_t)span;
        break;
    case STEP_DEADLINE:
        go_to_deadline(t, step->arg[0]);
        break;
    case STEP_FAIL_ALLOCATION:
        faults_fail_allocation(1 + step->arg[0] % 16U, (step->arg[1] & 1) != 0);
        return true;
    case STEP_FAIL_RANDOM:
        faults_fail_random(step->arg[0] % 4 == 3);
        faults_repeat_random(step->arg[0] % 4 < 2);
        return true;
    case STEP_FORK:
        fork_once(t);
        return true;
    default:
        return false;
    }
    if (step->arg[3] % 4 != 3) {
        trial_tick(t);
    }
    return true;
}

/* One session */

/* Whether all has been said and done, so that little may be kept. What poll
 * gave last lives until the next. */
static bool is_at_rest(const struct trial *t)
{
    const struct model *m = &t->model;

    if (!t->polled || m->partial.len != 0 || m->held_len != 0 ||
        vouch_session_outgoing(t->session).len != 0 ||
        model_own_in_flight(m) != 0) {
        return false;
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        if (m->theirs[i].state < THEIR_CONFIRMED) {
            return false;
        }
    }
    return true;
}

static void look_at_memory(struct trial *t)
{
    MODEL_CHECK(&t->model, PROPERTY_MEMORY,
                faults_peak() - t->base_memory <= MEMORY_MAX,
                "%zu octets at once", faults_peak() - t->base_memory);
    if (!vouch_session_has_event(t->session) && is_at_rest(t)) {
        model_at_rest(&t->model, faults_live() - t->base_memory);
    }
}

static void run_step(struct trial *t, const struct step *step)
{
    trial_trace(t, "%s %u %u %u %u %u %u %u", step_name(step->kind),
                step->arg[0], step->arg[1], step->arg[2], step->arg[3],
                step->arg[4], step->arg[5], step->arg[6]);
    if (machine_step(t, step)) {
        ;
    } else if (step->kind < STEP_PROVIDE) {
        peer_step(t, step);
    } else {
        application_step(t, step);
    }
    if (t->setup.auto_drain) {
        trial_drain(t, SIZE_MAX);
    }
    if (t->setup.auto_poll) {
        application_poll(t, SIZE_MAX);
    }
    look_at_memory(t);
}

static void start(struct trial *t)
{
    vouch_err err;

    faults_seed(t->setup.random);
    faults_fail_allocation(0, false);
    faults_fail_random(false);
    faults_repeat_random(false);
    t->now = (vouch_now){START_MS, HOSTILE_UNIX_TIME};
    t->last_number = USUAL_MS;
    t->config = make_config(&t->setup);
    connect_ends(t);
    t->base_memory = faults_live();
    faults_mark();
    err = vouch_session_new(t->channel, t->config, t->now, &t->session);
    MUST(err == VOUCH_OK);
    model_init(&t->model, &t->setup, &t->connection, t->now,
               t->options->old_rules, t->options->wanted);
    t->model.idle_memory = faults_live() - t->base_memory;
    model_settle(&t->model);
    trial_after(t);
}

/* Everything that can still be said is said, and a long time passes. */
static void finish(struct trial *t)
{
    struct model *m = &t->model;

    faults_fail_allocation(0, false);
    faults_fail_random(false);
    faults_repeat_random(false);
    t->setup.auto_poll = true;
    for (unsigned i = 0; i < 3 && m->found == PROPERTY_NONE; i++) {
        trial_drain(t, SIZE_MAX);
        application_poll(t, SIZE_MAX);
        t->now.mono_ms += UINT64_C(86400000);
        trial_tick(t);
    }
    trial_drain(t, SIZE_MAX);
    application_poll(t, SIZE_MAX);
    MODEL_CHECK(m, PROPERTY_OUTPUT, m->dead || !m->closed || m->close_out,
                "CLOSE was not sent");
    MODEL_CHECK(m, PROPERTY_ENDED, !m->dead || m->failed_event,
                "the session failed without an event");
    look_at_memory(t);
    operations_over(t);
}

struct finding trial_run(const struct trial_options *options,
                         const uint8_t *octets, size_t len)
{
    static const uint8_t zeros[SETUP_LEN];
    struct trial t = {.options = options};
    struct finding finding = {.property = PROPERTY_NONE};
    size_t before, ended = 0, num = 0;

    identity_trust(); /* once for the process */
    before = faults_live();
    t.setup = setup_of(len >= SETUP_LEN ? octets : zeros);
    if (options->role != NULL) {
        t.setup.role = *options->role;
    }
    start(&t);
    num = len >= SETUP_LEN ? (len - SETUP_LEN) / STEP_LEN : 0;
    num = num < STEPS_MAX ? num : STEPS_MAX;
    while (t.steps < num && t.model.found == PROPERTY_NONE &&
           ended < STEPS_AFTER_END) {
        struct step step = step_of(&octets[SETUP_LEN + t.steps * STEP_LEN]);

        t.steps++;
        run_step(&t, &step);
        ended += vouch_session_ended(t.session);
    }
    finding.step = t.steps;
    if (t.model.found == PROPERTY_NONE) {
        finish(&t);
    }
    vouch_session_free(t.session);
    vouch_channel_free(t.channel);
    vouch_config_free(t.config);
    if (options->tls) {
        tls_close(&t.tls);
    }
    MODEL_CHECK(&t.model, PROPERTY_MEMORY, faults_live() <= before + LEAK_MAX,
                "%zu octets are left", faults_live() - before);
    finding.property = t.model.found;
    finding.steps = t.steps;
    memcpy(finding.why, t.model.why, sizeof finding.why);
    model_free(&t.model);
    ink_free(&t.wire);
    ink_free(&t.capabilities);
    return finding;
}
