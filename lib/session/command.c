/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"

/*
 * Operations: a command goes to a side that has proved itself for this very
 * command, on this connection, now. design, Command gating.
 */

static bool is_digest_of(const struct exchange *x, vouch_bytes operation)
{
    uint8_t digest[32];

    vouch_sha256(operation, digest);
    return x->operation != NULL &&
           vouch_ct_equal((vouch_bytes){digest, sizeof digest},
                          (vouch_bytes){x->operation->digest, 32});
}

/* The asker */

vouch_err vouch_session_request_operation(vouch_session *s,
                                          vouch_bytes operation,
                                          uint64_t within_ms, vouch_now now,
                                          vouch_exchange *out)
{
    uint8_t digest[32];
    struct question question = {.operation = digest};
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (operation.len > VOUCH_LIMIT_OPERATION || within_ms == 0) {
        return VOUCH_E_ARGUMENT;
    }
    /* design, The wire: no operation before the peer's CAPABILITIES */
    if (!s->has_peer || (s->peer_flags & VOUCH_FLAG_EXECUTES) == 0) {
        return VOUCH_E_STATE;
    }
    if (vouch_exchange_operations(s, true) >= VOUCH_LIMIT_OPERATIONS) {
        return VOUCH_E_TOO_MANY;
    }
    vouch_sha256(operation, digest);
    question.within = vouch_time_after(s->now.mono_ms, within_ms);
    return vouch_rp_request_for(s, &question, out);
}

/* How long a reply is awaited: the command may begin until the approval's end,
 * and then takes its time. */
vouch_err vouch_rp_command(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    const struct vouch_command_message m = {.id = x->id,
                                            .operation = arg->octets};

    s->stats.commands_sent++;
    x->deadline = vouch_time_after(x->within, s->config->answer_within);
    return vouch_output_command(s, &m);
}

vouch_err vouch_session_command(vouch_session *s, vouch_exchange exchange,
                                vouch_bytes operation, vouch_now now)
{
    const struct step_arg arg = {.octets = operation};
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_session_is_up(s)) {
        return VOUCH_E_CLOSED;
    }
    x = vouch_exchange_by_handle(s, exchange, true, RP_ACCEPTED);
    if (x == NULL || !vouch_gate_approved(s, x, s->now.mono_ms)) {
        return VOUCH_E_GATE;
    }
    if (!is_digest_of(x, operation)) {
        return VOUCH_E_OPERATION;
    }
    if (!vouch_output_has_room_for_command(s, operation.len)) {
        return VOUCH_E_TOO_LARGE;
    }
    return vouch_session_settle(s, vouch_rp_step(s, x, RP_IN_COMMAND, &arg));
}

vouch_err vouch_rp_reply(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    const struct vouch_reply_message *m = arg->reply;
    vouch_event event = {.type = VOUCH_EVENT_REPLY,
                         .exchange = vouch_exchange_handle(s, x)};

    /* design, The wire: unknown statuses read as failed */
    event.u.reply.status = m->status <= VOUCH_STATUS_FAILED
                               ? (vouch_status)m->status
                               : VOUCH_STATUS_FAILED;
    event.u.reply.posture_changed = m->posture_changed;
    return vouch_event_add_octets(s, &event, m->octets);
}

vouch_err vouch_rp_unknown(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    const vouch_event event = {.type = VOUCH_EVENT_UNKNOWN,
                               .exchange = vouch_exchange_handle(s, x)};

    (void)arg;
    return vouch_event_add_end(s, x, &event, NULL);
}

vouch_err vouch_rp_receive_reply(vouch_session *s,
                                 const struct vouch_reply_message *message)
{
    const struct step_arg arg = {.reply = message};
    struct exchange *x;

    if (!vouch_exchange_ever_was(s, message->id, true)) {
        return VOUCH_E_ILLEGAL;
    }
    x = vouch_exchange_find(s, message->id);
    if (x == NULL || x->state != RP_COMMANDED) {
        return vouch_session_stray(s);
    }
    return vouch_rp_step(s, x, RP_IN_REPLY, &arg);
}

/* The executor */

static vouch_err reply(vouch_session *s, uint64_t id, vouch_status status)
{
    const struct vouch_reply_message m = {.id = id, .status = status};

    s->stats.commands_refused++;
    return vouch_output_reply(s, &m);
}

vouch_err vouch_command_ended(vouch_session *s, const struct exchange *x,
                              vouch_status status)
{
    struct ended_operations *ended = s->ended;

    if (!vouch_exchange_is_operation(x)) {
        return VOUCH_OK;
    }
    if (ended == NULL) {
        ended = vouch_alloc(sizeof *ended);
        if (ended == NULL) {
            return VOUCH_E_NOMEM;
        }
        s->ended = ended;
    }
    ended->item[ended->num % VOUCH_LIMIT_OPERATIONS].id = x->id;
    ended->item[ended->num % VOUCH_LIMIT_OPERATIONS].status = status;
    ended->num++;
    return VOUCH_OK;
}

static vouch_status status_of_ended(const vouch_session *s, uint64_t id)
{
    const struct ended_operations *ended = s->ended;

    for (size_t i = 0;
         ended != NULL && i < ended->num && i < VOUCH_LIMIT_OPERATIONS; i++) {
        if (ended->item[i].id == id) {
            return ended->item[i].status;
        }
    }
    return VOUCH_STATUS_UNKNOWN_EXCHANGE;
}

/* What stands against executing the command of `x`, or DONE. It is asked when
 * the command comes and when it is taken. */
static vouch_status objection(const vouch_session *s, const struct exchange *x)
{
    if (x->epoch != s->posture.epoch || x->deadline <= s->now.mono_ms) {
        return VOUCH_STATUS_STALE;
    }
    if (!vouch_gate_may_accept_command(s, s->now.mono_ms)) {
        return VOUCH_STATUS_NOT_AUTHORISED;
    }
    return VOUCH_STATUS_DONE;
}

static vouch_status objection_to(const vouch_session *s,
                                 const struct exchange *x,
                                 vouch_bytes operation)
{
    if (x->state == AT_OFFERED || x->state == AT_RUNNING) {
        return VOUCH_STATUS_CONSUMED;
    }
    if (x->state != AT_CONFIRMED || !vouch_exchange_is_operation(x)) {
        return VOUCH_STATUS_NOT_CONFIRMED;
    }
    return is_digest_of(x, operation) ? objection(s, x) : VOUCH_STATUS_DIGEST;
}

vouch_err vouch_at_receive_command(vouch_session *s,
                                   const struct vouch_command_message *message)
{
    const struct step_arg arg = {.octets = message->operation};
    vouch_status status;
    struct exchange *x;

    if (!vouch_exchange_ever_was(s, message->id, false)) {
        return VOUCH_E_ILLEGAL;
    }
    if (message->operation.len > VOUCH_LIMIT_OPERATION) {
        return VOUCH_E_TOO_LARGE;
    }
    if (s->closing_len != 0) { /* design, End: starts none, answers none */
        return VOUCH_OK;
    }
    x = vouch_exchange_find(s, message->id);
    status = x == NULL ? status_of_ended(s, message->id)
                       : objection_to(s, x, message->operation);
    if (status == VOUCH_STATUS_DONE) {
        return vouch_at_step(s, x, AT_IN_COMMAND, &arg);
    }
    if (x == NULL && vouch_session_stray(s) != VOUCH_OK) {
        return VOUCH_E_RATE;
    }
    return reply(s, message->id, status);
}

/* A command that fails is over; its exchange opened for this one only. */
vouch_err vouch_at_offer(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    const vouch_event event = {.type = VOUCH_EVENT_COMMAND,
                               .exchange = vouch_exchange_handle(s, x)};

    return vouch_event_add_octets(s, &event, arg->octets);
}

vouch_err vouch_at_refuse(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    vouch_err err = vouch_command_ended(s, x, VOUCH_STATUS_CONSUMED);

    return err == VOUCH_OK ? reply(s, x->id, arg->status) : err;
}

vouch_err vouch_at_refuse_stale(vouch_session *s, struct exchange *x,
                                const struct step_arg *arg)
{
    static const struct step_arg stale = {.status = VOUCH_STATUS_STALE};

    (void)arg;
    return vouch_at_refuse(s, x, &stale);
}

vouch_err vouch_at_refuse_denied(vouch_session *s, struct exchange *x,
                                 const struct step_arg *arg)
{
    static const struct step_arg denied = {.status =
                                               VOUCH_STATUS_NOT_CONFIRMED};

    (void)arg;
    return vouch_at_refuse(s, x, &denied);
}

vouch_err vouch_at_take(vouch_session *s, struct exchange *x,
                        const struct step_arg *arg)
{
    (void)arg;
    s->stats.commands_taken++;
    x->deadline = VOUCH_NEVER;
    return VOUCH_OK;
}

vouch_err vouch_session_take(vouch_session *s, vouch_exchange exchange,
                             vouch_now now)
{
    struct step_arg arg = {.status = VOUCH_STATUS_DONE};
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    x = vouch_exchange_by_handle(s, exchange, false, AT_OFFERED);
    /* design, End: a side that has sent CLOSE starts no command */
    if (x == NULL || s->closing_len != 0) {
        return VOUCH_E_HANDLE;
    }
    arg.status = objection(s, x);
    if (arg.status == VOUCH_STATUS_DONE) {
        return vouch_session_settle(s, vouch_at_step(s, x, AT_IN_TAKE, &arg));
    }
    err = vouch_session_settle(s, vouch_at_step(s, x, AT_IN_REFUSE, &arg));
    return err == VOUCH_OK ? VOUCH_E_HANDLE : err;
}

vouch_err vouch_at_note_posture(vouch_session *s, struct exchange *x,
                                const struct step_arg *arg)
{
    (void)s;
    (void)arg;
    x->moved = true;
    return VOUCH_OK;
}

vouch_err vouch_at_keep_running(vouch_session *s, struct exchange *x,
                                const struct step_arg *arg)
{
    (void)s;
    (void)x;
    (void)arg;
    return VOUCH_OK;
}

vouch_err vouch_at_reply(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    const struct vouch_reply_message m = {
        .id = x->id,
        .status = arg->status,
        .has_octets = arg->octets.len != 0,
        .octets = arg->octets,
        .posture_changed = x->moved,
    };
    vouch_err err = vouch_command_ended(s, x, VOUCH_STATUS_CONSUMED);

    return err == VOUCH_OK ? vouch_output_reply(s, &m) : err;
}

vouch_err vouch_session_reply(vouch_session *s, vouch_exchange exchange,
                              vouch_status status, vouch_bytes octets,
                              vouch_now now)
{
    const struct step_arg arg = {.status = status, .octets = octets};
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    if ((status != VOUCH_STATUS_DONE && status != VOUCH_STATUS_FAILED) ||
        octets.len > VOUCH_LIMIT_OPERATION) {
        return VOUCH_E_ARGUMENT;
    }
    x = vouch_exchange_by_handle(s, exchange, false, AT_RUNNING);
    return x == NULL ? VOUCH_E_HANDLE
                     : vouch_session_settle(
                           s, vouch_at_step(s, x, AT_IN_REPLY, &arg));
}

const char *vouch_status_name(vouch_status status)
{
    static const char *const names[] = {
        [VOUCH_STATUS_DONE] = "done",
        [VOUCH_STATUS_DIGEST] = "digest",
        [VOUCH_STATUS_STALE] = "stale",
        [VOUCH_STATUS_CONSUMED] = "consumed",
        [VOUCH_STATUS_NOT_CONFIRMED] = "not confirmed",
        [VOUCH_STATUS_NOT_AUTHORISED] = "not authorised",
        [VOUCH_STATUS_UNKNOWN_EXCHANGE] = "unknown exchange",
        [VOUCH_STATUS_FAILED] = "failed",
    };
    size_t i = (size_t)status;

    return i < sizeof names / sizeof names[0] ? names[i] : "unknown";
}
