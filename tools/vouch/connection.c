/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/connection.h"

#include <unistd.h>

#include <openssl/ssl.h>

#include <vouch/software.h>
#include <vouch/stream.h>

#include "tools/vouch/allow.h"
#include "tools/vouch/events.h"
#include "tools/vouch/executor.h"
#include "tools/vouch/report.h"
#include "tools/vouch/verifier.h"
#include "tools/vouch/wait.h"

enum {
    LINGER_MS = 5000, /* for what is left to say once the session has ended */
    RETRY_MS = 1000,  /* when the peer is busy and does not say how long */
};

struct connection {
    const struct host *host;
    const struct bundle *peer;
    SSL *ssl;
    vouch_stream *stream;
    vouch_session *session;
    struct tally tally;
    struct asker asker;
    struct executor executor;
    struct verifier verifier;
    uint64_t rounds;   /* acceptances still to be asked for */
    bool asking;       /* one of them is under way */
    uint64_t ask_at;   /* not before */
    uint64_t ended_by; /* the time after which there is no more waiting */
    bool asked_to_end;
    bool broken; /* this host can not go on */
};

/* Configuration */

/* An asker that gave no time asks as often as it was told to, and no more. */
static vouch_err set_times(const struct options *options, vouch_config *config)
{
    vouch_err err = VOUCH_OK;

    if (options->has_max_age) {
        err = vouch_config_set_max_age(config, options->max_age);
    }
    if (err == VOUCH_OK && (options->has_interval || options->rounds != 0)) {
        err = vouch_config_set_interval(config, options->interval);
    }
    return err;
}

static vouch_err set_attesting(const struct self *self, vouch_config *config)
{
    vouch_err err = vouch_config_set_credential(config, self->credential);

    return err == VOUCH_OK ? vouch_config_add_produced(
                                 config, vouch_attester_format(self->attester))
                           : err;
}

/* A Verifier of its own sees what shipped attesters make; who asks none, what
 * the policies of the peer are for. */
static vouch_err set_formats(const struct options *options,
                             const struct bundle *peer, vouch_config *config)
{
    vouch_err err =
        options->verifier != NULL
            ? vouch_config_add_appraised(config, VOUCH_SOFTWARE_FORMAT)
            : vouch_config_add_formats(config, peer->appraisers);

    /* The policy consents for its maker, the user for this side. */
    return err == VOUCH_OK && (options->allow & ALLOW_KEY_BOUND) != 0 &&
                   (peer->needs & ALLOW_KEY_BOUND) != 0
               ? vouch_config_allow_key_bound(config)
               : err;
}

static vouch_err set_requiring(const struct options *options,
                               const struct bundle *peer, vouch_config *config)
{
    vouch_err err = vouch_config_set_trust(config, peer->trust);

    if (err == VOUCH_OK) {
        err = set_formats(options, peer, config);
    }
    if (err == VOUCH_OK) {
        err = vouch_config_set_gate(config, options->require == REQUIRE_MUTUAL
                                                ? VOUCH_GATE_MUTUAL
                                                : VOUCH_GATE_REQUIRE_PEER);
    }
    return err == VOUCH_OK ? set_times(options, config) : err;
}

static vouch_err configure(const struct connection *c, vouch_config *config)
{
    const struct options *options = c->host->options;
    vouch_err err = VOUCH_OK;

    if (!options->no_attest) {
        err = set_attesting(c->host->self, config);
    }
    if (err == VOUCH_OK) {
        err = posture_configure(c->host->posture, config);
    }
    if (err == VOUCH_OK) {
        err = vouch_config_set_asker(config, options->asker);
    }
    if (err == VOUCH_OK) {
        err = options->require == REQUIRE_NONE
                  ? vouch_config_set_gate(config, VOUCH_GATE_NONE)
                  : set_requiring(options, c->peer, config);
    }
    return err;
}

static vouch_err start(struct connection *c)
{
    vouch_config *config;
    vouch_err err = vouch_config_new(&config);

    if (err != VOUCH_OK) {
        return err;
    }
    err = configure(c, config);
    if (err == VOUCH_OK) {
        err = vouch_stream_new(c->ssl, config, 0, clock_now(), &c->stream);
    }
    vouch_config_free(config);
    if (err == VOUCH_OK) {
        c->session = vouch_stream_session(c->stream);
    }
    return err;
}

/* Events */

/* An exchange that has ended meanwhile needs no answer any more. */
static void check_answer(const char *what, vouch_err err)
{
    if (err != VOUCH_OK && err != VOUCH_E_HANDLE && err != VOUCH_E_CLOSED) {
        fail(STATUS_LOCAL, "can not %s: %s", what, cause_of(err));
    }
}

/* This host can not go on as it should; a session that ended can not either,
 * but has its event. */
static void check_own(struct connection *c, const char *what, vouch_err err)
{
    if (err != VOUCH_OK && err != VOUCH_E_CLOSED) {
        check_answer(what, err);
        c->broken = true;
    }
}

/* Keeps count of the rounds: one is over when it is accepted. One that the peer
 * was too busy for is asked for again. */
static void follow_rounds(struct connection *c, const vouch_event *event,
                          vouch_now now)
{
    if (events_is_operation(event)) {
        return;
    }
    if (event->type == VOUCH_EVENT_ACCEPTED) {
        c->rounds -= c->asking ? 1 : 0;
        c->asking = false;
    } else if (event->type == VOUCH_EVENT_REFUSED) {
        uint64_t retry = event->u.refused.retry_ms;

        c->asking = false;
        c->ask_at = now.mono_ms + (retry != 0 ? retry : RETRY_MS);
    }
}

/* What the end of a session does to its exchanges is not worth a line. */
static bool is_by_end(const vouch_event *event)
{
    return (event->type == VOUCH_EVENT_EXPIRED &&
            event->u.expired.cause == VOUCH_CAUSE_END) ||
           (event->type == VOUCH_EVENT_DENIED &&
            event->u.denied.err == VOUCH_E_CLOSED);
}

static void take(struct connection *c, const vouch_event *event)
{
    bool taken = true;

    if (event->type == VOUCH_EVENT_DATA) { /* none after some that was lost */
        taken = !c->broken && output_add(c->host->output, event->u.data.bytes);
    } else if (event->type == VOUCH_EVENT_COMMAND) {
        taken = executor_add(&c->executor, event);
    }
    if (!taken && !c->broken) {
        fail(STATUS_LOCAL, "out of memory");
        c->broken = true;
    }
}

/* Evidence is about what is there now. If that is not what it was, evidence is
 * asked for anew, and this event's is none any more. */
static void attest(struct connection *c, const vouch_event *event)
{
    check_own(c, "tell the posture",
              posture_look(c->host->posture, c->session));
    self_renew(c->host->self);
    check_answer("attest",
                 vouch_attester_answer(c->host->self->attester, c->session,
                                       event->exchange, clock_now()));
}

static void appraise(struct connection *c, const vouch_event *event)
{
    vouch_err err =
        c->verifier.path != NULL
            ? verifier_add(&c->verifier, c->session, event->exchange)
            : vouch_registry_appraise(c->peer->appraisers, c->session,
                                      event->exchange, clock_now());

    check_answer("appraise", err);
}

static void handle(struct connection *c, const vouch_event *event)
{
    vouch_now now = clock_now();

    if (event->type == VOUCH_EVENT_EVIDENCE_NEEDED) {
        attest(c, event);
        return;
    }
    if (event->type == VOUCH_EVENT_APPRAISAL_NEEDED) {
        appraise(c, event);
        return;
    }
    follow_rounds(c, event, now);
    asker_follow(&c->asker, event);
    if (!is_by_end(event)) {
        events_report(event, now, &c->tally);
    }
    take(c, event);
}

static void handle_events(struct connection *c)
{
    vouch_event event;

    while (!output_is_full(c->host->output) &&
           vouch_session_poll(c->session, &event)) {
        handle(c, &event);
    }
}

/* What this side does by itself */

static bool may_send(const struct connection *c)
{
    return vouch_session_may_send(c->session, VOUCH_TRAFFIC_DATA, clock_now());
}

static void send_input(struct connection *c)
{
    vouch_bytes waiting = input_waiting(c->host->input);
    size_t taken;

    /* The gate may shut between the question and the call: not now, then. */
    if (waiting.len == 0 || !may_send(c) ||
        vouch_session_send(c->session, waiting, clock_now(), &taken) !=
            VOUCH_OK ||
        taken == 0) {
        return;
    }
    if (c->tally.sent == 0) {
        report(json_pack("{s:s}", "event", "sending"), "data goes out");
    }
    c->tally.sent += taken;
    input_taken(c->host->input, taken);
}

static void ask_again(struct connection *c)
{
    vouch_now now = clock_now();
    vouch_exchange exchange;
    vouch_err err;

    if (c->rounds == 0 || c->asking || c->tally.accepted == 0 ||
        c->ask_at > now.mono_ms) {
        return;
    }
    err = vouch_session_request(c->session, now, &exchange);
    if (err == VOUCH_E_TOO_MANY) {
        c->ask_at = now.mono_ms + RETRY_MS;
    } else if (err != VOUCH_OK && err != VOUCH_E_CLOSED) {
        check_own(c, "ask", err);
    }
    c->asking = err == VOUCH_OK;
}

/* A command runs only if the posture that was attested to is still there. */
static void run_commands(struct connection *c)
{
    check_own(c, "reply", executor_go(&c->executor, c->session));
    while (executor_can_start(&c->executor) && !c->broken) {
        check_own(c, "tell the posture",
                  posture_look(c->host->posture, c->session));
        check_own(c, "start a command",
                  executor_start(&c->executor, c->session));
    }
}

static void go_on(struct connection *c)
{
    send_input(c);
    ask_again(c);
    check_own(c, "tell the posture",
              posture_look_if_due(c->host->posture, c->session));
    if (c->tally.opened && !c->asked_to_end) {
        check_own(c, "ask for an operation", asker_go(&c->asker, c->session));
    }
    run_commands(c);
    check_answer("appraise", verifier_go(&c->verifier, c->session));
}

/* All that there was to do has been done. */
static bool is_done(const struct connection *c)
{
    return c->host->close_at_eof && c->host->input->ended &&
           input_is_empty(c->host->input) && c->tally.opened &&
           c->rounds == 0 && asker_is_done(&c->asker);
}

static void end_when_due(struct connection *c)
{
    bool due = is_done(c) || c->broken || c->host->output->broken ||
               c->host->input->broken || wait_interrupts() != 0;

    if (due && !c->asked_to_end) {
        c->asked_to_end = true;
        (void)(vouch_session_close(c->session, clock_now()) != VOUCH_OK);
    }
}

static bool is_over(const struct connection *c)
{
    return (vouch_stream_finished(c->stream) && c->host->output->len == 0) ||
           wait_interrupts() > 1 || c->ended_by <= clock_now().mono_ms;
}

/* Waiting */

enum {
    SOCKET,
    INPUT,
    OUTPUT,
    RELEASE,
    EXECUTOR,
    VERIFIER = EXECUTOR + PROGRAM_FDS,
    FDS = VERIFIER + PROGRAM_FDS
};

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t wake_at(const struct connection *c)
{
    uint64_t at = earlier(vouch_session_deadline(c->session), c->ended_by);

    at = earlier(at, posture_wake_at(c->host->posture));
    at = earlier(at, program_wake_at(&c->executor.program));
    at = earlier(at, program_wake_at(&c->verifier.program));
    if (c->tally.opened && !c->asked_to_end) {
        at = earlier(at, asker_wake_at(&c->asker));
    }
    return c->rounds != 0 && !c->asking && c->tally.accepted != 0
               ? earlier(at, c->ask_at)
               : at;
}

static void wait_and_read(struct connection *c, const vouch_stream_wants *wants,
                          uint64_t until)
{
    struct input *input = c->host->input;
    struct pollfd fds[FDS] = {
        [SOCKET] = {.fd = -1},
        [INPUT] = {.fd = -1, .events = POLLIN},
        [OUTPUT] = {.fd = -1, .events = POLLOUT},
        [RELEASE] = {.fd = -1, .events = POLLIN},
    };

    /* Nothing is asked of the socket but what is wanted, for a peer that hung
     * up would answer at once, always. */
    if (wants->readable || wants->writable) {
        fds[SOCKET].fd = SSL_get_fd(c->ssl);
        fds[SOCKET].events = (short)((wants->readable ? POLLIN : 0) |
                                     (wants->writable ? POLLOUT : 0));
    }
    if (input_is_empty(input) && !input->ended && may_send(c)) {
        fds[INPUT].fd = STDIN_FILENO;
    }
    if (c->host->output->len != 0) {
        fds[OUTPUT].fd = STDOUT_FILENO;
    }
    if (asker_wants_line(&c->asker)) {
        fds[RELEASE].fd = c->host->release->fd;
    }
    program_fds(&c->executor.program, &fds[EXECUTOR]);
    program_fds(&c->verifier.program, &fds[VERIFIER]);
    if (wait_for_all(fds, FDS, until) <= 0) {
        return;
    }
    if (fds[INPUT].revents != 0) {
        input_read(input);
    }
    if (fds[RELEASE].revents != 0) {
        release_read(c->host->release);
    }
}

/* A session that has ended may still have something to write. */
static void limit_the_end(struct connection *c)
{
    if (vouch_session_ended(c->session) && c->ended_by == VOUCH_NEVER &&
        c->host->output->len == 0) {
        c->ended_by = clock_now().mono_ms + LINGER_MS;
    }
}

/* There is something to do without waiting: an event that there is room for, or
 * input, now that all before it is on its way. */
static bool can_go_on(const struct connection *c,
                      const vouch_stream_wants *wants)
{
    return (wants->events && !output_is_full(c->host->output)) ||
           (!input_is_empty(c->host->input) && may_send(c) &&
            vouch_session_outgoing(c->session).len == 0);
}

static void run(struct connection *c)
{
    while (!is_over(c)) {
        vouch_stream_wants wants;

        handle_events(c);
        output_write(c->host->output);
        go_on(c);
        end_when_due(c);
        vouch_stream_pump(c->stream, clock_now(), &wants);
        limit_the_end(c);
        if (!is_over(c)) {
            /* Busy or not: input and interrupts come in. */
            wait_and_read(c, &wants, can_go_on(c, &wants) ? 0 : wake_at(c));
        }
    }
}

static enum status finish(struct connection *c)
{
    enum status status = events_end(&c->tally, c->asked_to_end);

    if (c->host->output->broken) {
        return fail(STATUS_LOCAL, "standard output takes no more");
    }
    if (c->host->input->broken) {
        return fail(STATUS_LOCAL, "standard input cannot be read");
    }
    if (c->broken) {
        return STATUS_LOCAL;
    }
    if (status == STATUS_CLEAN && !asker_is_done(&c->asker)) {
        return fail(STATUS_NETWORK, "the end came before all operations");
    }
    if (status == STATUS_CLEAN && c->asker.undone != 0) {
        return fail(STATUS_REFUSED, "%zu operations were not done",
                    c->asker.undone);
    }
    if (status == STATUS_CLEAN && !c->asked_to_end &&
        input_has_more(c->host->input)) {
        return fail(STATUS_NETWORK, "%s has closed before all was sent",
                    c->tally.peer);
    }
    return status;
}

enum status connection_run(const struct host *host, const struct tls *tls)
{
    struct connection c = {
        .host = host,
        .peer = tls->peer,
        .ssl = tls->ssl,
        .tally = {.peer = tls->peer->name, .audit = host->options->audit},
        .asker = {.options = host->options, .release = host->release},
        .rounds = host->options->rounds,
        .ended_by = VOUCH_NEVER,
    };
    enum status status;
    vouch_err err = start(&c);

    executor_init(&c.executor, host->options->run);
    verifier_init(&c.verifier, host->options->verifier, c.peer->results);
    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "no session: %s", cause_of(err));
    }
    run(&c);
    executor_stop(&c.executor);
    verifier_stop(&c.verifier);
    status = finish(&c);
    vouch_stream_free(c.stream);
    return status;
}
