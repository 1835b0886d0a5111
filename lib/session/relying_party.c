/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include <vouch/cmw.h>

#include "lib/channel/channel_internal.h"
#include "lib/keys/blame.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"

/* Asking */

vouch_err vouch_rp_ask(vouch_session *s, struct exchange *x,
                       const struct step_arg *arg)
{
    struct vouch_request_message m = {
        .id = x->id,
        .request = {x->work->request.data, x->work->request.len},
        .nonce = arg->octets,
        .within_ms = s->config->answer_within,
    };

    if (x->operation != NULL) {
        m.operation = (vouch_bytes){x->operation->digest, 32};
    }
    x->work->formats = arg->formats;
    x->work->audit.exchange = vouch_exchange_handle(s, x);
    x->work->audit.asked_unix_s = s->now.unix_s;
    s->stats.requests_sent++;
    vouch_format_list_export(&s->config->appraised, arg->formats, &m.accepts);
    x->asked = s->now.mono_ms;
    x->deadline = vouch_time_after(s->now.mono_ms, s->config->answer_within);
    return vouch_output_request(s, &m);
}

/* As many as both sides allow; before the peer has said what it allows, one. */
static bool may_ask_now(const vouch_session *s)
{
    size_t in_flight = vouch_exchange_in_flight(s, true);

    return in_flight < VOUCH_LIMIT_IN_FLIGHT &&
           in_flight < (s->has_peer ? s->peer_max_in_flight : 1);
}

/* With an operation goes the memory to tell how it ends. */
static vouch_err reserve_end(struct exchange *x, const uint8_t digest[32])
{
    vouch_err err = vouch_exchange_set_operation(x, digest);

    if (err == VOUCH_OK) {
        x->operation->end = vouch_event_reserve();
    }
    return err == VOUCH_OK && x->operation->end == NULL ? VOUCH_E_NOMEM : err;
}

static vouch_err ask(vouch_session *s, const struct question *question,
                     uint64_t id, vouch_buffer *request, struct exchange **out)
{
    const struct step_arg arg = {
        .formats = s->has_peer ? s->peer_produces
                               : vouch_format_list_all(&s->config->appraised),
        .octets = question->nonce};
    struct exchange *x = vouch_exchange_add(s, id);
    vouch_err err = VOUCH_OK;

    s->highest_asked = id & VOUCH_ID_COUNTER;
    if (x == NULL) {
        vouch_buffer_free(request);
        return VOUCH_E_NOMEM;
    }
    x->work->request = *request;
    x->automatic = question->automatic;
    x->within = question->within;
    if (question->operation != NULL) {
        err = reserve_end(x, question->operation);
    }
    if (err == VOUCH_OK) {
        err = vouch_rp_step(s, x, RP_IN_ASK, &arg);
    }
    if (err == VOUCH_OK) {
        *out = x;
    }
    return err;
}

/* design, The wire: what may follow the own CAPABILITIES at once, before the
 * peer's have come. */
static bool may_go_early(const vouch_session *s,
                         const struct question *question)
{
    return question->operation == NULL && question->nonce.len == 0 &&
           vouch_output_request_max(s) <= VOUCH_LIMIT_EARLY_REQUEST;
}

vouch_err vouch_rp_request(vouch_session *s, const struct question *question,
                           struct exchange **out)
{
    vouch_bytes operation = {question->operation,
                             question->operation != NULL ? 32U : 0U};
    vouch_buffer request;
    uint64_t id;
    vouch_err err;

    if (!vouch_config_can_ask(s->config) || s->different_connection ||
        (s->has_peer ? s->peer_produces == 0 : !may_go_early(s, question))) {
        return VOUCH_E_STATE;
    }
    if (!may_ask_now(s) || !vouch_event_has_room(s)) {
        return VOUCH_E_TOO_MANY;
    }
    /* expat-04, 7.4: re-attestation is a new exchange with a new context */
    err = vouch_endpoint_request_bound(s->endpoint, true, NULL, operation,
                                       question->nonce, &id, &request);
    return err == VOUCH_OK ? ask(s, question, id, &request, out) : err;
}

static bool is_asking_by_itself(const vouch_session *s)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (vouch_exchange_is_mine(s, x->id) && x->automatic &&
            x->state < RP_ACCEPTED) {
            return true;
        }
    }
    return false;
}

/* An interval that is a little shorter each time, so that those who began
 * together do not stay together. */
static vouch_err next_interval(const vouch_session *s, uint64_t *out)
{
    uint64_t interval = vouch_config_interval(s->config), random = 0;
    uint8_t octets[4];
    vouch_err err = VOUCH_OK;

    if (s->config->jitter != 0 && interval != 0) {
        err = vouch_random(octets, sizeof octets);
    }
    if (err == VOUCH_OK && s->config->jitter != 0 && interval != 0) {
        for (size_t i = 0; i < sizeof octets; i++) {
            random = random << 8 | octets[i];
        }
        random %= 1001;
        /* an interval of 2^53 at the most lets no step pass 2^63 */
        interval -= interval * s->config->jitter / 100 * random / 1000;
    }
    *out = interval;
    return err;
}

vouch_err vouch_rp_ask_when_due(vouch_session *s)
{
    static const struct question automatic = {.automatic = true};
    uint64_t interval;
    struct exchange *x;
    vouch_err err;

    if (s->ask_at > s->now.mono_ms) {
        return VOUCH_OK;
    }
    err = next_interval(s, &interval);
    if (err != VOUCH_OK) {
        return err;
    }
    s->ask_at = interval != 0 ? vouch_time_after(s->now.mono_ms, interval)
                              : VOUCH_NEVER;
    if (is_asking_by_itself(s) || (s->has_peer && s->peer_produces == 0)) {
        return VOUCH_OK;
    }
    err = vouch_rp_request(s, &automatic, &x);
    if (err == VOUCH_E_STATE) { /* not before the peer's CAPABILITIES */
        s->ask_at = VOUCH_NEVER;
        return VOUCH_OK;
    }
    if (err == VOUCH_E_TOO_MANY) { /* of the application, or events wait */
        s->ask_at = vouch_time_after(s->now.mono_ms, RETRY_FIRST_MS);
        return VOUCH_OK;
    }
    return err;
}

vouch_err vouch_rp_request_for(vouch_session *s,
                               const struct question *question,
                               vouch_exchange *out)
{
    struct exchange *x = NULL;
    vouch_err err;

    if (!vouch_session_is_up(s)) {
        return VOUCH_E_CLOSED;
    }
    err = vouch_rp_request(s, question, &x);
    if (err == VOUCH_E_STATE || err == VOUCH_E_TOO_MANY) {
        return err;
    }
    if (err == VOUCH_OK) {
        *out = vouch_exchange_handle(s, x);
    }
    return vouch_session_settle(s, err);
}

vouch_err vouch_session_request(vouch_session *s, vouch_now now,
                                vouch_exchange *out)
{
    static const struct question plain = {.automatic = false};
    vouch_err err = vouch_session_enter(s, now);

    return err == VOUCH_OK ? vouch_rp_request_for(s, &plain, out) : err;
}

vouch_err vouch_session_request_nonce(vouch_session *s, vouch_bytes nonce,
                                      vouch_now now, vouch_exchange *out)
{
    const struct question question = {.nonce = nonce};
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (nonce.len < VOUCH_NONCE_MIN || nonce.len > VOUCH_NONCE_MAX) {
        return VOUCH_E_ARGUMENT;
    }
    return vouch_rp_request_for(s, &question, out);
}

vouch_err vouch_session_cancel(vouch_session *s, vouch_exchange exchange,
                               vouch_now now)
{
    static const struct step_arg arg = {.cause = VOUCH_CAUSE_END};
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    x = vouch_exchange_find(s, exchange.id);
    if (x == NULL || exchange.session != s->tag ||
        !vouch_exchange_is_mine(s, exchange.id) || x->state == RP_COMMANDED) {
        return VOUCH_E_HANDLE;
    }
    return vouch_session_settle(s, vouch_rp_step(s, x, RP_IN_CANCEL, &arg));
}

/* AUTHENTICATOR */

static vouch_reason reason_of(vouch_check check, vouch_err err)
{
    return (vouch_reason){.check = check, .err = err};
}

/* What came is the fault of a peer that speaks the protocol: a verdict. */
static bool is_verdict(vouch_err err, vouch_check *check)
{
    static const struct {
        vouch_err err;
        vouch_check check;
    } verdicts[] = {
        {VOUCH_E_FINISHED, VOUCH_CHECK_AUTHENTICATOR},
        {VOUCH_E_SIGNATURE, VOUCH_CHECK_AUTHENTICATOR},
        {VOUCH_E_SIGNATURE_SCHEME, VOUCH_CHECK_AUTHENTICATOR},
        {VOUCH_E_CONTEXT_MISMATCH, VOUCH_CHECK_AUTHENTICATOR},
        {VOUCH_E_CERTIFICATE, VOUCH_CHECK_CERTIFICATE},
    };

    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (verdicts[i].err == err) {
            *check = verdicts[i].check;
            return true;
        }
    }
    return false;
}

/* Who the AIK may belong to; *reason says why not. */
static bool identity_is_right(const vouch_session *s,
                              const vouch_identity *identity,
                              vouch_reason *reason)
{
    const vouch_config *config = s->config;
    const vouch_channel *channel = vouch_endpoint_channel(s->endpoint);

    *reason = reason_of(VOUCH_CHECK_IDENTITY, VOUCH_OK);
    if (vouch_channel_has_peer(channel) && !identity->is_handshake_key &&
        !config->allow_other_key) {
        strcpy(reason->expected, "the key of the TLS handshake");
        strcpy(reason->found, "another AIK");
        return false;
    }
    if (config->credential != NULL && !config->allow_own_key &&
        vouch_bytes_equal(identity->spki,
                          vouch_credential_spki(config->credential))) {
        strcpy(reason->expected, "the peer's own AIK");
        strcpy(reason->found, "this side's AIK");
        return false;
    }
    return vouch_continuity_is_same_aik(s, identity->spki, reason);
}

/* The evidence must be of a type that this very request asked for. */
static bool format_is_asked_for(const vouch_session *s,
                                const struct exchange *x, vouch_bytes octets,
                                vouch_reason *reason)
{
    *reason = reason_of(VOUCH_CHECK_FORMAT, VOUCH_OK);
    if (octets.len == 0) { /* expat-04, 3.3: a certificate alone will not do */
        strcpy(reason->found, "no evidence");
        return false;
    }
    reason->err = vouch_format_list_covers(
        &s->config->appraised, x->work->formats, octets, &x->work->format);
    if (reason->err == VOUCH_E_CMW) {
        strcpy(reason->found, "no CMW, or a media type that was not asked for");
    }
    return reason->err == VOUCH_OK;
}

vouch_err vouch_rp_start_appraisal(vouch_session *s, struct exchange *x,
                                   const struct step_arg *arg)
{
    vouch_event event = {.type = VOUCH_EVENT_APPRAISAL_NEEDED,
                         .exchange = vouch_exchange_handle(s, x)};

    (void)arg;
    x->deadline = vouch_time_after(s->now.mono_ms, s->config->answer_within);
    return vouch_event_add(s, &event);
}

/* Who answered, which the authenticator proves, whatever comes of it. */
static void note_identity(struct exchange_work *work)
{
    work->audit.aik_pub_hash = work->identity.aik_pub_hash;
    vouch_sha256(vouch_digest_bytes(&work->identity.binder),
                 work->audit.binder_digest);
}

static vouch_err rp_answer(vouch_session *s, struct exchange *x,
                           const struct vouch_authenticator_message *message)
{
    struct exchange_work *work = x->work;
    vouch_bytes request = {work->request.data, work->request.len};
    struct step_arg arg = {.declined = message};
    vouch_reason reason;
    vouch_err err = vouch_copy(message->authenticator, &work->authenticator);

    if (err != VOUCH_OK) {
        return err;
    }
    x->answered = s->now.mono_ms;
    work->audit.answer_ms = x->answered - x->asked;
    err = vouch_endpoint_validate(
        s->endpoint, request,
        (vouch_bytes){work->authenticator.data, work->authenticator.len},
        s->config->trust, s->now, &work->identity);
    if (err == VOUCH_E_DECLINED) {
        return vouch_rp_step(s, x, RP_IN_DECLINED, &arg);
    }
    arg.reason = &reason;
    if (err == VOUCH_E_CONTEXT_REUSED) { /* VOUCH_LIMIT_UNANSWERED newer ones */
        reason = reason_of(VOUCH_CHECK_ANSWER, err);
        return vouch_rp_step(s, x, RP_IN_UNSURE, &arg);
    }
    if (is_verdict(err, &reason.check)) {
        reason = reason_of(reason.check, err);
        return vouch_rp_step(s, x, RP_IN_INVALID, &arg);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    note_identity(work);
    if (!identity_is_right(s, &work->identity, &reason) ||
        !format_is_asked_for(s, x, work->identity.cmw, &reason)) {
        return vouch_is_own(reason.err)
                   ? reason.err
                   : vouch_rp_step(s, x, RP_IN_INVALID, &arg);
    }
    return vouch_rp_step(s, x, RP_IN_AUTHENTICATOR, &arg);
}

vouch_err vouch_rp_receive(vouch_session *s,
                           const struct vouch_authenticator_message *message)
{
    struct exchange *x;

    if (!vouch_exchange_ever_was(s, message->id, true)) {
        return VOUCH_E_ILLEGAL;
    }
    x = vouch_exchange_find(s, message->id);
    if (x == NULL || x->state != RP_WAITING) { /* it came too late */
        return vouch_session_stray(s);
    }
    return rp_answer(s, x, message);
}
