/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <vouch/cmw.h>

#include "lib/authenticator/credential.h"
#include "proto/memory.h"

static vouch_bytes request_of(const struct exchange *x)
{
    return (vouch_bytes){x->work->request.data, x->work->request.len};
}

/* What one AUTHENTICATOR takes beside cmw_data, chain and signature. */
enum { AUTHENTICATOR_OVERHEAD = 1024 };

/* Table actions */

vouch_err vouch_at_need_evidence(vouch_session *s, struct exchange *x,
                                 const struct step_arg *arg)
{
    vouch_event event = {.type = VOUCH_EVENT_EVIDENCE_NEEDED,
                         .exchange = vouch_exchange_handle(s, x)};

    (void)arg;
    x->epoch = s->posture.epoch;
    return vouch_event_add_needed(s, &event);
}

vouch_err vouch_at_answer(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    struct vouch_authenticator_message m = {.id = x->id,
                                            .authenticator = arg->octets};

    s->stats.answered++;
    x->answered = s->now.mono_ms;
    x->deadline =
        vouch_time_after(s->now.mono_ms, VOUCH_LIMIT_ANSWER_WITHIN_MS);
    return vouch_output_authenticator(s, &m);
}

static vouch_err report_denied(vouch_session *s, const struct exchange *x,
                               vouch_peer_reason reason, vouch_err cause)
{
    vouch_event event = {.type = VOUCH_EVENT_DENIED,
                         .exchange = vouch_exchange_handle(s, x)};

    event.u.denied.reason = reason;
    event.u.denied.err = cause;
    return vouch_event_add(s, &event);
}

/* RFC 9261, 6: a refusal is the empty authenticator. */
vouch_err vouch_at_decline(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    struct vouch_authenticator_message m = {
        .id = x->id,
        .has_reason = true,
        .reason = arg->peer_reason,
        .has_retry = arg->retry_ms != 0,
        .retry_ms = arg->retry_ms,
    };
    vouch_buffer empty;
    vouch_err err =
        vouch_endpoint_refuse_received(s->endpoint, request_of(x), &empty);

    if (err != VOUCH_OK) {
        return err;
    }
    s->stats.requests_declined++;
    m.authenticator = (vouch_bytes){empty.data, empty.len};
    err = vouch_output_authenticator(s, &m);
    vouch_buffer_free(&empty);
    return err == VOUCH_OK ? report_denied(s, x, arg->peer_reason, arg->err)
                           : err;
}

vouch_err vouch_at_time_out(vouch_session *s, struct exchange *x,
                            const struct step_arg *arg)
{
    const struct step_arg late = {.peer_reason = VOUCH_PEER_TIMEOUT};

    (void)arg;
    return vouch_at_decline(s, x, &late);
}

/* The hold counts from when AUTHENTICATOR was sent, so that it never outlives
 * the relying party's own acceptance. */
vouch_err vouch_at_confirm(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    vouch_event event = {.type = VOUCH_EVENT_CONFIRMED,
                         .exchange = vouch_exchange_handle(s, x)};

    s->stats.confirmed++;
    x->deadline = vouch_time_after(x->answered,
                                   arg->outcome->hold_ms < VOUCH_LIMIT_HOLD_MS
                                       ? arg->outcome->hold_ms
                                       : VOUCH_LIMIT_HOLD_MS);
    event.u.confirmed.until = x->deadline;
    vouch_exchange_forget_work(x);
    vouch_exchange_forget_superseded(s, x);
    return vouch_event_add(s, &event);
}

/* design, Posture: what was accepted of an older posture counts for nothing. */
vouch_err vouch_at_stale(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    vouch_err err = vouch_command_ended(s, x, VOUCH_STATUS_STALE);

    (void)arg;
    return err == VOUCH_OK ? report_denied(s, x, VOUCH_PEER_POSTURE, VOUCH_OK)
                           : err;
}

vouch_err vouch_at_denied(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    vouch_err err = vouch_command_ended(s, x, VOUCH_STATUS_NOT_CONFIRMED);

    return err == VOUCH_OK
               ? report_denied(s, x, vouch_peer_reason_of(arg->outcome->reason),
                               VOUCH_OK)
               : err;
}

vouch_err vouch_at_lapse(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    vouch_err err = vouch_command_ended(s, x, VOUCH_STATUS_STALE);

    (void)arg;
    return err == VOUCH_OK ? report_denied(s, x, VOUCH_PEER_TIMEOUT, VOUCH_OK)
                           : err;
}

vouch_err vouch_at_abandon(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    (void)arg;
    return report_denied(s, x, VOUCH_PEER_NONE, VOUCH_E_CLOSED);
}

/* REQUEST */

/* REQUEST repeats what its context says (proto/README.md); both must agree. */
static bool agrees_with_context(const struct vouch_request_message *message,
                                vouch_bytes octets)
{
    struct vouch_context context;

    return vouch_context_parse(octets, &context) == VOUCH_OK &&
           context.id == message->id &&
           vouch_bytes_equal(context.operation, message->operation) &&
           vouch_bytes_equal(context.nonce, message->nonce);
}

/* design, Privacy order: no evidence for a side that has not attested. */
static bool must_wait_for_peer(const vouch_session *s)
{
    return s->config->peer_first && !vouch_gate_accepted(s, s->now.mono_ms);
}

/* `x` is counted among those that there are. */
static bool has_too_many(const vouch_session *s, const struct exchange *x)
{
    return vouch_exchange_in_flight(s, false) > VOUCH_LIMIT_IN_FLIGHT ||
           (vouch_exchange_is_operation(x) &&
            vouch_exchange_operations(s, false) > VOUCH_LIMIT_OPERATIONS);
}

static vouch_err decide(vouch_session *s, struct exchange *x,
                        const struct vouch_request *request)
{
    struct step_arg refusal = {0};

    s->stats.requests_received++;
    if (!vouch_bucket_take(&s->requests, s->now.mono_ms)) {
        refusal.peer_reason = VOUCH_PEER_BUSY;
        refusal.retry_ms = vouch_bucket_wait(&s->requests);
    } else if (has_too_many(s, x)) {
        refusal.peer_reason = VOUCH_PEER_BUSY;
        refusal.retry_ms = RETRY_FIRST_MS;
    } else if (must_wait_for_peer(s)) {
        refusal.peer_reason = VOUCH_PEER_YOU_FIRST;
    } else if (!vouch_config_can_answer(s->config) ||
               !vouch_credential_suits(s->config->credential, request)) {
        refusal.peer_reason = VOUCH_PEER_NO_CREDENTIAL;
    } else if (x->work->formats == 0 || !request->attestation) {
        refusal.peer_reason = VOUCH_PEER_POLICY;
    } else {
        return vouch_at_step(s, x, AT_IN_PRODUCE, NULL);
    }
    return vouch_at_step(s, x, AT_IN_DECLINE, &refusal);
}

vouch_err vouch_at_receive_request(vouch_session *s,
                                   const struct vouch_request_message *message)
{
    struct vouch_request request;
    struct exchange *x;
    vouch_err err;

    if (vouch_exchange_is_mine(s, message->id)) {
        return VOUCH_E_ILLEGAL;
    }
    err = vouch_endpoint_receive(s->endpoint, message->request, &request);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!agrees_with_context(message, request.context)) {
        return VOUCH_E_ILLEGAL;
    }
    s->highest_seen = message->id & VOUCH_ID_COUNTER;
    if (s->different_connection) { /* none is answered */
        return VOUCH_OK;
    }
    x = vouch_exchange_add(s, message->id);
    if (x == NULL) {
        return VOUCH_E_NOMEM;
    }
    x->work->formats =
        vouch_format_list_common(&s->config->produced, &message->accepts);
    x->work->format =
        vouch_format_list_first(&s->config->produced, &message->accepts);
    x->deadline = vouch_time_after(
        s->now.mono_ms, message->within_ms < VOUCH_LIMIT_ANSWER_WITHIN_MS
                            ? message->within_ms
                            : VOUCH_LIMIT_ANSWER_WITHIN_MS);
    err = vouch_copy(message->request, &x->work->request);
    if (err == VOUCH_OK && message->operation.len != 0) {
        err = vouch_exchange_set_operation(x, message->operation.data);
    }
    return err == VOUCH_OK ? decide(s, x, &request) : err;
}

/* OUTCOME */

/* proto/README.md, 10: a rejection ends what was accepted before, whatever
 * became of its own exchange on this side. */
vouch_err vouch_at_receive_outcome(vouch_session *s,
                                   const struct vouch_outcome_message *message)
{
    static const enum at_input inputs[] = {
        [VOUCH_ACCEPTED] = AT_IN_ACCEPTED,
        [VOUCH_REJECTED] = AT_IN_REJECTED,
        [VOUCH_INDETERMINATE] = AT_IN_INDETERMINATE,
    };
    struct step_arg arg = {.outcome = message};
    struct exchange *x;
    vouch_err err;

    if (!vouch_exchange_ever_was(s, message->id, false)) {
        return VOUCH_E_ILLEGAL;
    }
    if (message->verdict == VOUCH_REJECTED) {
        err = vouch_exchange_revoke_below(s, false,
                                          message->id & VOUCH_ID_COUNTER);
        if (err != VOUCH_OK) {
            return err;
        }
    }
    x = vouch_exchange_find(s, message->id);
    if (x == NULL) {
        return vouch_session_stray(s);
    }
    if (message->verdict == VOUCH_ACCEPTED && x->state == AT_ANSWERED &&
        !vouch_exchange_is_operation(x)) {
        s->peer_agreed = true;
    }
    if (message->verdict == VOUCH_ACCEPTED && x->state == AT_ANSWERED &&
        x->epoch != s->posture.epoch) {
        return vouch_at_step(s, x, AT_IN_STALE, &arg);
    }
    return vouch_at_step(s, x, inputs[message->verdict], &arg);
}

/* The application's answers */

vouch_err vouch_session_evidence_info(const vouch_session *s,
                                      vouch_exchange exchange,
                                      vouch_evidence_info *out)
{
    const vouch_channel *channel = vouch_endpoint_channel(s->endpoint);
    const struct exchange *x =
        vouch_exchange_by_handle(s, exchange, false, AT_PRODUCING);
    vouch_evidence_info info;
    vouch_bytes context;
    vouch_err err;

    if (x == NULL || exchange.epoch != s->posture.epoch) {
        return VOUCH_E_HANDLE;
    }
    info = (vouch_evidence_info){
        .format = x->work->format,
        .epoch = s->posture.epoch,
        .components = s->posture.components,
        .num_components = s->posture.num,
        .aik_spki = vouch_credential_spki(s->config->credential),
        .deadline = x->deadline,
    };
    err = vouch_get_context(request_of(x), &context);
    if (err == VOUCH_OK) {
        err = vouch_binder(channel, info.aik_spki, context, &info.binder);
    }
    if (err == VOUCH_OK) {
        err = vouch_aik_pub_hash(vouch_channel_hash(channel), info.aik_spki,
                                 &info.aik_pub_hash);
    }
    if (err == VOUCH_OK) {
        *out = info;
    }
    return err;
}

/* Whether `cmw` may go to the peer in answer to `x`. */
static vouch_err check_evidence(const vouch_session *s,
                                const struct exchange *x, vouch_bytes octets)
{
    vouch_bytes format;
    vouch_err err = vouch_format_list_covers(&s->config->produced,
                                             x->work->formats, octets, &format);

    return err == VOUCH_OK && octets.len > s->peer_max_evidence
               ? VOUCH_E_TOO_LARGE
               : err;
}

/* The exchange that waits for evidence of the present posture. */
static struct exchange *producing(const vouch_session *s,
                                  vouch_exchange exchange)
{
    struct exchange *x =
        vouch_exchange_by_handle(s, exchange, false, AT_PRODUCING);

    return x != NULL && exchange.epoch == s->posture.epoch &&
                   x->deadline > s->now.mono_ms && vouch_session_is_up(s)
               ? x
               : NULL;
}

static vouch_err provide(vouch_session *s, struct exchange *x, vouch_bytes cmw)
{
    struct step_arg arg = {0};
    vouch_buffer authenticator;
    vouch_err err = check_evidence(s, x, cmw);

    if (err == VOUCH_OK) {
        err = vouch_endpoint_authenticate_received(s->endpoint, request_of(x),
                                                   s->config->credential, cmw,
                                                   &authenticator);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    if (authenticator.len + AUTHENTICATOR_OVERHEAD > s->peer_max_capsule) {
        vouch_buffer_free(&authenticator);
        return VOUCH_E_TOO_LARGE;
    }
    arg.octets = (vouch_bytes){authenticator.data, authenticator.len};
    err = vouch_at_step(s, x, AT_IN_EVIDENCE, &arg);
    vouch_buffer_free(&authenticator);
    return vouch_session_settle(s, err);
}

vouch_err vouch_session_provide(vouch_session *s, vouch_exchange exchange,
                                vouch_bytes cmw, vouch_now now)
{
    static const struct step_arg you_first = {.peer_reason =
                                                  VOUCH_PEER_YOU_FIRST};
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    x = producing(s, exchange);
    if (x == NULL) {
        return VOUCH_E_HANDLE;
    }
    if (must_wait_for_peer(s)) { /* it was accepted when this was asked for */
        err = vouch_session_settle(
            s, vouch_at_step(s, x, AT_IN_DECLINE, &you_first));
        return err == VOUCH_OK ? VOUCH_E_GATE : err;
    }
    return provide(s, x, cmw);
}

static vouch_err decline(vouch_session *s, vouch_exchange exchange,
                         vouch_now now, const struct step_arg *arg)
{
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    x = producing(s, exchange);
    return x == NULL ? VOUCH_E_HANDLE
                     : vouch_session_settle(
                           s, vouch_at_step(s, x, AT_IN_DECLINE, arg));
}

vouch_err vouch_session_decline(vouch_session *s, vouch_exchange exchange,
                                vouch_peer_reason reason, vouch_now now)
{
    const struct step_arg arg = {.peer_reason = reason};

    return decline(s, exchange, now, &arg);
}

vouch_err vouch_session_busy(vouch_session *s, vouch_exchange exchange,
                             uint64_t retry_ms, vouch_now now)
{
    const struct step_arg arg = {.peer_reason = VOUCH_PEER_BUSY,
                                 .retry_ms = retry_ms};

    return decline(s, exchange, now, &arg);
}
