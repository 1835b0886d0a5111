/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "lib/evidence/appraisal.h"
#include "lib/evidence/contract.h"
#include "lib/evidence/reason.h"
#include "lib/keys/digest.h"
#include "proto/context.h"
#include "proto/memory.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* An automatic request came to nothing: the next one comes sooner, but later
 * each time. */
static void back_off(vouch_session *s, const struct exchange *x,
                     uint64_t retry_ms)
{
    uint64_t wait;

    if (!x->automatic || !vouch_session_is_up(s)) {
        return;
    }
    wait = (uint64_t)RETRY_FIRST_MS << (s->failures < 6 ? s->failures : 6);
    wait = retry_ms > wait ? retry_ms : wait;
    wait = wait > RETRY_LAST_MS ? RETRY_LAST_MS : wait;
    s->failures++;
    wait = vouch_time_after(s->now.mono_ms, wait);
    s->ask_at = wait;
}

static vouch_err send_outcome(vouch_session *s, const struct exchange *x,
                              vouch_verdict verdict, vouch_peer_reason reason,
                              uint64_t hold_ms)
{
    struct vouch_outcome_message m = {
        .id = x->id,
        .verdict = verdict,
        .reason = reason,
        .has_hold = verdict == VOUCH_ACCEPTED,
        .hold_ms = hold_ms,
    };

    return vouch_output_outcome(s, &m);
}

vouch_peer_reason vouch_peer_reason_of(uint64_t reason)
{
    return reason <= VOUCH_PEER_POSTURE ? (vouch_peer_reason)reason
                                        : VOUCH_PEER_INTERNAL;
}

/* The record of a request that has come to its verdict. */
static vouch_err audit(vouch_session *s, struct exchange *x,
                       vouch_verdict verdict, const vouch_reason *reason)
{
    vouch_audit *record = &x->work->audit;

    record->verdict = verdict;
    if (x->state == RP_APPRAISING) {
        record->appraisal_ms = s->now.mono_ms - x->answered;
    }
    if (reason != NULL) {
        record->check = reason->check;
        record->claim = reason->claim;
        record->err = reason->err;
    }
    return vouch_event_add_audit(s, record->exchange, record);
}

static void note_result(struct exchange *x, const vouch_result *result)
{
    vouch_audit *record = &x->work->audit;
    vouch_bytes ueid = vouch_ueid_bytes(&result->ueid);

    record->level = result->level;
    record->tier = result->tier;
    if (ueid.len != 0) {
        vouch_sha256(ueid, record->ueid_digest);
    }
    memcpy(record->evidence_digest, result->evidence_digest, 32);
    memcpy(record->anchor_digest, result->anchor_digest, 32);
    memcpy(record->policy_digest, result->policy_digest, 32);
}

/* proto/README.md, 15 */
static uint64_t retry_of(const struct vouch_authenticator_message *m)
{
    return m->has_retry ? earlier(m->retry_ms, VOUCH_LIMIT_RETRY_MS) : 0;
}

static vouch_err report_refused(vouch_session *s, struct exchange *x,
                                vouch_verdict verdict,
                                const vouch_reason *reason,
                                const vouch_result *result,
                                const struct vouch_authenticator_message *m)
{
    vouch_event event = {.type = VOUCH_EVENT_REFUSED,
                         .exchange = vouch_exchange_handle(s, x)};
    vouch_err err = audit(s, x, verdict, reason);

    if (err != VOUCH_OK) {
        return err;
    }
    if (verdict == VOUCH_REJECTED) {
        s->stats.rejected++;
    } else {
        s->stats.indeterminate++;
    }
    event.u.refused.verdict = verdict;
    event.u.refused.format = x->work->format;
    if (result != NULL) {
        event.u.refused.tier = result->tier;
        memcpy(event.u.refused.stages, result->stages, sizeof result->stages);
    }
    if (m != NULL) {
        event.u.refused.peer_reason = vouch_peer_reason_of(m->reason);
        event.u.refused.retry_ms = retry_of(m);
    }
    return vouch_event_add_end(s, x, &event, reason);
}

/* The peer is told one coarse code, whatever the reason was. */
vouch_err vouch_rp_reject(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    vouch_err err;

    s->peer_rejected = s->distrusted = true;
    if (vouch_exchange_counter(x) > s->highest_rejected) {
        s->highest_rejected = vouch_exchange_counter(x);
    }
    err = vouch_data_discard(s);
    if (err == VOUCH_OK) {
        err = vouch_exchange_revoke_below(s, true, vouch_exchange_counter(x));
    }
    if (err == VOUCH_OK) {
        err = report_refused(s, x, VOUCH_REJECTED, arg->reason, arg->result,
                             NULL);
    }
    if (err == VOUCH_OK) {
        err = send_outcome(s, x, VOUCH_REJECTED, VOUCH_PEER_POLICY, 0);
    }
    return err;
}

static vouch_err end_without_verdict(vouch_session *s, struct exchange *x,
                                     const vouch_reason *reason,
                                     const vouch_result *result,
                                     vouch_peer_reason told)
{
    vouch_err err;

    if (told != VOUCH_PEER_POSTURE) { /* no failure; posture.c asks anew */
        back_off(s, x, 0);
    }
    err = report_refused(s, x, VOUCH_INDETERMINATE, reason, result, NULL);
    return err == VOUCH_OK ? send_outcome(s, x, VOUCH_INDETERMINATE, told, 0)
                           : err;
}

vouch_err vouch_rp_give_up(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    return end_without_verdict(s, x, arg->reason, arg->result,
                               VOUCH_PEER_INTERNAL);
}

vouch_err vouch_rp_time_out(vouch_session *s, struct exchange *x,
                            const struct step_arg *arg)
{
    vouch_reason reason = {.check = VOUCH_CHECK_ANSWER};

    (void)arg;
    strcpy(reason.found, x->state == RP_WAITING ? "no answer in time"
                                                : "no appraisal in time");
    return end_without_verdict(s, x, &reason, NULL, VOUCH_PEER_TIMEOUT);
}

static bool waits_for_us(const vouch_session *s,
                         const struct vouch_authenticator_message *m)
{
    return m->has_reason && m->reason == VOUCH_WIRE_YOU_FIRST &&
           (s->peer_flags & VOUCH_FLAG_LIST_WITHHELD) != 0;
}

/* RFC 9261, 6: the empty authenticator proves nobody's identity; no OUTCOME
 * follows. */
vouch_err vouch_rp_declined(vouch_session *s, struct exchange *x,
                            const struct step_arg *arg)
{
    const struct vouch_authenticator_message *m = arg->declined;
    vouch_reason reason = {.check = VOUCH_CHECK_ANSWER,
                           .err = VOUCH_E_DECLINED};

    /* A side that wants the other to go first says when it is ready. */
    if (!waits_for_us(s, m)) {
        back_off(s, x, retry_of(m));
    }
    return report_refused(s, x, VOUCH_INDETERMINATE, &reason, NULL, m);
}

static const char *const causes[] = {
    [VOUCH_CAUSE_AGE] = "the approval was not used in time",
    [VOUCH_CAUSE_REJECTION] = "a later exchange was rejected",
    [VOUCH_CAUSE_POSTURE] = "the peer's posture changed",
    [VOUCH_CAUSE_END] = "the session ended, or it was cancelled",
};

/* An operation that was approved and not sent ends like one that was not. */
static vouch_err report_unused(vouch_session *s, struct exchange *x,
                               vouch_cause cause)
{
    vouch_event event = {.type = VOUCH_EVENT_REFUSED,
                         .exchange = vouch_exchange_handle(s, x)};
    vouch_reason reason = {.check = VOUCH_CHECK_ANSWER};

    event.u.refused.verdict = VOUCH_INDETERMINATE;
    strcpy(reason.found, causes[cause]);
    return vouch_event_add_end(s, x, &event, &reason);
}

vouch_err vouch_rp_expire(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    vouch_event event = {.type = VOUCH_EVENT_EXPIRED,
                         .exchange = vouch_exchange_handle(s, x)};

    if (vouch_exchange_is_operation(x)) {
        return report_unused(s, x, arg->cause);
    }
    event.u.expired.cause = arg->cause;
    return vouch_event_add(s, &event);
}

/* design, Posture: evidence of before it is not appraised to the end. */
vouch_err vouch_rp_stale(vouch_session *s, struct exchange *x,
                         const struct step_arg *arg)
{
    vouch_reason reason = {.check = VOUCH_CHECK_POSTURE};

    (void)arg;
    strcpy(reason.found, causes[VOUCH_CAUSE_POSTURE]);
    return end_without_verdict(s, x, &reason, NULL, VOUCH_PEER_POSTURE);
}

vouch_err vouch_rp_cancel(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    vouch_reason reason = {.check = VOUCH_CHECK_ANSWER};

    (void)arg;
    strcpy(reason.found, "cancelled");
    return end_without_verdict(s, x, &reason, NULL, VOUCH_PEER_NONE);
}

vouch_err vouch_rp_abandon(vouch_session *s, struct exchange *x,
                           const struct step_arg *arg)
{
    vouch_reason reason = {.check = VOUCH_CHECK_ANSWER, .err = VOUCH_E_CLOSED};

    (void)arg;
    return report_refused(s, x, VOUCH_INDETERMINATE, &reason, NULL, NULL);
}

/* The time of the monotonic clock at which the wall clock shows `unix_s`. */
static uint64_t time_of_unix(const vouch_session *s, int64_t unix_s)
{
    int64_t left;

    if (unix_s <= s->now.unix_s) {
        return s->now.mono_ms;
    }
    left = unix_s - s->now.unix_s;
    return left > INT64_MAX / 1000
               ? VOUCH_NEVER - 1
               : vouch_time_after(s->now.mono_ms, (uint64_t)left * 1000);
}

/* Grace moves the start of a refresh, never the end of a result. */
static void refresh_before_end(vouch_session *s, const struct exchange *x)
{
    uint64_t grace = vouch_config_grace(s->config);
    uint64_t start;

    if (!vouch_config_requires_peer(s->config) ||
        vouch_exchange_is_operation(x) ||
        vouch_config_interval(s->config) == 0 || grace == 0) {
        return;
    }
    start = x->deadline > grace ? x->deadline - grace : 0;
    start = start > s->now.mono_ms ? start : x->deadline;
    s->ask_at = earlier(s->ask_at, start);
}

/* What an acceptance rests on; digests, but never the evidence. */
static vouch_err report_accepted(vouch_session *s, const struct exchange *x,
                                 const vouch_result *result)
{
    const vouch_identity *identity = &x->work->identity;
    const vouch_audit *audit = &x->work->audit;
    vouch_event event = {.type = VOUCH_EVENT_ACCEPTED,
                         .exchange = vouch_exchange_handle(s, x)};

    event.u.accepted.level = result->level;
    event.u.accepted.format = x->work->format;
    event.u.accepted.until = x->deadline;
    event.u.accepted.revocation_checked = identity->revocation_checked;
    event.u.accepted.is_handshake_key = identity->is_handshake_key;
    event.u.accepted.instance_pinned = result->instance_pinned;
    event.u.accepted.tier = result->tier;
    memcpy(event.u.accepted.vector, result->vector, sizeof result->vector);
    event.u.accepted.claims = result->claims;
    event.u.accepted.aik_pub_hash = identity->aik_pub_hash;
    memcpy(event.u.accepted.ueid_digest, audit->ueid_digest, 32);
    memcpy(event.u.accepted.binder_digest, audit->binder_digest, 32);
    memcpy(event.u.accepted.evidence_digest, audit->evidence_digest, 32);
    memcpy(event.u.accepted.anchor_digest, audit->anchor_digest, 32);
    memcpy(event.u.accepted.policy_digest, audit->policy_digest, 32);
    return vouch_event_add(s, &event);
}

static void note_acceptance(vouch_session *s, const struct exchange *x)
{
    if (vouch_exchange_is_operation(x)) {
        return;
    }
    s->agreed = true;
    s->distrusted = s->distrusted && x->key_bound;
}

vouch_err vouch_rp_accept(vouch_session *s, struct exchange *x,
                          const struct step_arg *arg)
{
    const vouch_result *result = arg->result;
    vouch_err err;

    x->deadline = arg->until;
    x->key_bound = result->level == VOUCH_LEVEL_KEY_BOUND;
    err = report_accepted(s, x, result);
    if (err == VOUCH_OK) {
        err = audit(s, x, VOUCH_ACCEPTED, NULL);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    s->stats.accepted++;
    s->failures = 0;
    s->peer_moved = s->peer_moved && x->key_bound;
    note_acceptance(s, x);
    vouch_continuity_remember(&s->last, x->work->identity.spki, result);
    refresh_before_end(s, x);
    vouch_exchange_forget_work(x);
    vouch_exchange_forget_superseded(s, x);
    return send_outcome(s, x, VOUCH_ACCEPTED, VOUCH_PEER_NONE,
                        x->deadline - x->answered);
}

/* design, "Appraisal cannot be skipped": the verdict counts only with the very
 * binder and AIK hash that this side computed. */
static bool shows_what_it_checked(const vouch_identity *identity,
                                  const vouch_result *result)
{
    return vouch_shows_aik(result, &identity->aik_pub_hash, identity->spki) &&
           vouch_shows_binder(result, &identity->binder);
}

/* design, Acceptance has a level: key bound needs consent, never answers an
 * operation, and never makes up for a change of posture. */
static bool level_will_do(const vouch_session *s, const struct exchange *x,
                          vouch_level level, vouch_reason *reason)
{
    const char *why = NULL;

    if (level == VOUCH_LEVEL_BOUND) {
        return true;
    }
    if (!s->config->allow_key_bound) {
        why = "a key-bound result";
    } else if (vouch_exchange_is_operation(x)) {
        why = "a key-bound result for an operation";
    } else if (s->peer_moved) {
        why = "a key-bound result after a change of posture";
    } else {
        return true;
    }
    *reason = (vouch_reason){.check = VOUCH_CHECK_LEVEL};
    strcpy(reason->expected, vouch_level_name(VOUCH_LEVEL_BOUND));
    strcpy(reason->found, why);
    return false;
}

/* Age counts from the request, or from when an older result was made. */
static uint64_t end_of_age(const vouch_session *s, const struct exchange *x,
                           const vouch_result *result)
{
    uint64_t end = vouch_time_after(x->asked, s->config->max_age);
    uint64_t age = (uint64_t)s->now.unix_s - (uint64_t)result->issued_at;
    uint64_t max_s = s->config->max_age / 1000;

    if (result->issued_at == 0 || result->issued_at >= s->now.unix_s) {
        return end;
    }
    return age >= max_s ? s->now.mono_ms
                        : earlier(end, vouch_time_after(s->now.mono_ms,
                                                        (max_s - age) * 1000));
}

static uint64_t end_of_acceptance(const vouch_session *s,
                                  const struct exchange *x,
                                  const vouch_result *result)
{
    uint64_t end =
        earlier(end_of_age(s, x, result),
                earlier(time_of_unix(s, result->not_after),
                        time_of_unix(s, x->work->identity.not_after)));

    return vouch_exchange_is_operation(x) ? earlier(end, x->within) : end;
}

static vouch_err conclude(vouch_session *s, struct exchange *x,
                          const vouch_result *result)
{
    vouch_reason reason = result->reason;
    struct step_arg arg = {.result = result, .reason = &reason};

    note_result(x, result);
    switch (result->verdict) {
    case VOUCH_ACCEPTED:
        break;
    case VOUCH_INDETERMINATE:
        return vouch_rp_step(s, x, RP_IN_UNSURE, &arg);
    case VOUCH_REJECTED:
    default:
        return vouch_rp_step(s, x, RP_IN_NO, &arg);
    }
    if (!shows_what_it_checked(&x->work->identity, result)) {
        reason = (vouch_reason){.check = VOUCH_CHECK_CONTRACT};
        return vouch_rp_step(s, x, RP_IN_NO, &arg);
    }
    if (!level_will_do(s, x, result->level, &reason) ||
        !vouch_continuity_holds(s, x->work->identity.spki, result, &reason)) {
        return vouch_rp_step(s, x, RP_IN_NO, &arg);
    }
    if (vouch_exchange_counter(x) < s->highest_rejected) {
        reason = (vouch_reason){.check = VOUCH_CHECK_ANSWER};
        strcpy(reason.found, "a later exchange was rejected");
        return vouch_rp_step(s, x, RP_IN_UNSURE, &arg);
    }
    arg.until = end_of_acceptance(s, x, result);
    if (arg.until <= s->now.mono_ms) {
        reason = (vouch_reason){.check = VOUCH_CHECK_AGE};
        strcpy(reason.found, "an answer that is too old already");
        return vouch_rp_step(s, x, RP_IN_UNSURE, &arg);
    }
    return vouch_rp_step(s, x, RP_IN_YES, &arg);
}

vouch_err vouch_session_conclude(vouch_session *s, vouch_exchange exchange,
                                 const vouch_result *result, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);
    struct exchange *x;

    if (err != VOUCH_OK) {
        return err;
    }
    x = vouch_exchange_by_handle(s, exchange, true, RP_APPRAISING);
    if (x == NULL || x->deadline <= s->now.mono_ms) {
        return VOUCH_E_HANDLE;
    }
    return vouch_session_settle(s, conclude(s, x, result));
}

/* The Verifier's nonce, where it is in the very context that was answered. */
static vouch_bytes nonce_of(const struct exchange *x)
{
    struct vouch_context context;

    return vouch_context_parse(x->work->identity.context, &context) == VOUCH_OK
               ? context.nonce
               : (vouch_bytes){NULL, 0};
}

vouch_err vouch_session_appraisal_info(const vouch_session *s,
                                       vouch_exchange exchange,
                                       vouch_appraisal_info *out)
{
    const struct exchange *x =
        vouch_exchange_by_handle(s, exchange, true, RP_APPRAISING);

    if (x == NULL) {
        return VOUCH_E_HANDLE;
    }
    *out = (vouch_appraisal_info){
        .cmw = x->work->identity.cmw,
        .binder = x->work->identity.binder,
        .aik_pub_hash = x->work->identity.aik_pub_hash,
        .aik_spki = x->work->identity.spki,
        .nonce = nonce_of(x),
        .deadline = x->deadline,
    };
    return VOUCH_OK;
}
