/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/channel/channel_internal.h"
#include "lib/keys/digest.h"
#include "proto/fork.h"
#include "proto/memory.h"

/* How long CLOSE 0 waits for commands, and then for its answer, which may wait
 * for commands, too. */
enum { GOODBYE_MS = 10000, ANSWER_MS = 2 * GOODBYE_MS };

uint64_t vouch_time_after(uint64_t time, uint64_t ms)
{
    return ms > VOUCH_NEVER - 1 - time ? VOUCH_NEVER - 1 : time + ms;
}

/* A child has the keys of the connection too, and would use contexts of the
 * parent's again. */
bool vouch_session_is_forked(const vouch_session *s)
{
    return vouch_fork_generation() != s->generation;
}

/* A monotonic clock that goes backwards never extends anything. The wall clock
 * is what the caller says now: one reading that was ahead must not stay. */
vouch_now vouch_session_latest(const vouch_session *s, vouch_now now)
{
    return (vouch_now){now.mono_ms > s->now.mono_ms ? now.mono_ms
                                                    : s->now.mono_ms,
                       now.unix_s};
}

vouch_err vouch_session_enter(vouch_session *s, vouch_now now)
{
    if (vouch_session_is_forked(s)) {
        return VOUCH_E_FORKED;
    }
    s->now = vouch_session_latest(s, now);
    return VOUCH_OK;
}

bool vouch_session_is_up(const vouch_session *s)
{
    return s->closing_len == 0 && !s->peer_closed && !s->leaving;
}

bool vouch_session_ended(const vouch_session *s)
{
    if (s->closing_len == 0) {
        return s->peer_closed && !s->leaving;
    }
    return s->peer_closed || s->close_code != VOUCH_CLOSE_DONE;
}

void vouch_session_send_close(vouch_session *s, enum vouch_close_code code)
{
    if (s->closing_len == 0) {
        s->close_code = (uint8_t)code;
        vouch_output_close(s, code);
    }
}

/* CLOSE codes by what failed; all else is the band's. */
static enum vouch_close_code close_code_of(const vouch_session *s,
                                           vouch_err err)
{
    if (err == VOUCH_E_UNSUPPORTED_EXTENSION) {
        return VOUCH_CLOSE_UNSUPPORTED_EXTENSION;
    }
    if (err == VOUCH_E_DATA_LOST && s->peer_rejected) {
        return VOUCH_CLOSE_REFUSED;
    }
    switch (vouch_err_band_of(err)) {
    case VOUCH_BAND_PEER:
        return VOUCH_CLOSE_PROTOCOL;
    case VOUCH_BAND_LIMIT:
        return VOUCH_CLOSE_LIMIT;
    case VOUCH_BAND_NONE:
    case VOUCH_BAND_MISUSE:
    case VOUCH_BAND_LOCAL:
    default:
        return VOUCH_CLOSE_INTERNAL;
    }
}

/* Ends every exchange, tells of each, and drops what still waits at the gate.
 */
vouch_err vouch_session_end_exchanges(vouch_session *s)
{
    vouch_err lost = vouch_data_discard(s);
    vouch_err err = vouch_exchange_end_all(s);

    s->ask_at = VOUCH_NEVER;
    return lost == VOUCH_OK ? err : lost;
}

vouch_err vouch_session_fail(vouch_session *s, vouch_err err)
{
    if (s->failure == VOUCH_OK) {
        s->failure = err;
        vouch_session_send_close(s, close_code_of(s, err));
        s->peer_closed = true; /* nothing more is read */
        /* Out of memory, there is at least the FAILED event. */
        if (vouch_session_end_exchanges(s) != VOUCH_OK ||
            vouch_gate_report(s) != VOUCH_OK) {
            s->gate_reported = false;
        }
    }
    return err;
}

vouch_err vouch_session_shut(vouch_session *s, enum vouch_close_code code)
{
    vouch_session_send_close(s, code);
    return vouch_session_end_exchanges(s);
}

/* Whether what policy requires of the peer has failed for good. */
static bool attestation_failed(const vouch_session *s)
{
    return s->peer_rejected || (vouch_config_requires_peer(s->config) &&
                                s->failures >= RETRY_TIMES &&
                                !vouch_gate_accepted(s, s->now.mono_ms));
}

void vouch_session_leave(vouch_session *s)
{
    s->ask_at = VOUCH_NEVER;
    if (!s->leaving) {
        s->leaving = true;
        s->goodbye_at = vouch_time_after(s->now.mono_ms, GOODBYE_MS);
    }
}

/* design, End: CLOSE 0 waits for commands that were delivered. */
static vouch_err leave_when_idle(vouch_session *s)
{
    if (!s->leaving || s->closing_len != 0 || vouch_exchange_has_command(s)) {
        return VOUCH_OK;
    }
    vouch_session_send_close(s, VOUCH_CLOSE_DONE);
    s->goodbye_at = vouch_time_after(s->now.mono_ms, ANSWER_MS);
    if (!s->peer_closed) { /* its answer is awaited, and what comes before */
        return VOUCH_OK;
    }
    return vouch_session_end_exchanges(s);
}

vouch_err vouch_session_settle(vouch_session *s, vouch_err err)
{
    if (s->failure != VOUCH_OK) {
        return err;
    }
    if (err == VOUCH_OK) {
        err = vouch_data_settle(s);
    }
    /* expat-04, 7: a failed validation of evidence ends the connection unless
     * the application wants otherwise */
    if (err == VOUCH_OK && vouch_session_is_up(s) &&
        s->config->refusal == VOUCH_REFUSAL_CLOSE && attestation_failed(s)) {
        err = vouch_session_shut(s, VOUCH_CLOSE_REFUSED);
    }
    if (err == VOUCH_OK) {
        err = leave_when_idle(s);
    }
    if (err == VOUCH_OK && vouch_session_is_up(s)) {
        err = vouch_output_list_when_due(s);
    }
    if (err == VOUCH_OK && vouch_session_is_up(s)) {
        err = vouch_rp_ask_when_due(s);
    }
    if (err == VOUCH_OK) {
        err = vouch_gate_report(s);
    }
    return err == VOUCH_OK ? VOUCH_OK : vouch_session_fail(s, err);
}

vouch_err vouch_session_stray(vouch_session *s)
{
    s->stats.strays++;
    return vouch_bucket_take(&s->strays, s->now.mono_ms) ? VOUCH_OK
                                                         : VOUCH_E_RATE;
}

static vouch_err start(vouch_session *s)
{
    uint8_t tag[sizeof s->tag];
    vouch_err err = vouch_random(tag, sizeof tag);

    if (err != VOUCH_OK) {
        return err;
    }
    for (size_t i = 0; i < sizeof tag; i++) {
        s->tag = s->tag << 8 | tag[i];
    }
    vouch_bucket_init(&s->requests, VOUCH_LIMIT_REQUESTS_PER_MINUTE,
                      s->now.mono_ms);
    vouch_bucket_init(&s->strays, VOUCH_LIMIT_STRAYS_PER_MINUTE,
                      s->now.mono_ms);
    s->ask_at =
        vouch_config_requires_peer(s->config) ? s->now.mono_ms : VOUCH_NEVER;
    s->list_withheld = s->config->peer_first;
    err = vouch_posture_copy(&s->config->posture, &s->posture);
    if (err == VOUCH_OK) {
        err = vouch_output_capabilities(s);
    }
    return err == VOUCH_OK ? vouch_rp_ask_when_due(s) : err;
}

vouch_err vouch_session_new(vouch_channel *channel, vouch_config *config,
                            vouch_now now, vouch_session **out)
{
    vouch_session *s;
    vouch_err err;

    if (!vouch_config_is_consistent(config)) {
        return VOUCH_E_ARGUMENT;
    }
    /* expat-04, 5.1: one label for all sessions, and no fall-back [X22] */
    if (vouch_channel_label(channel) != VOUCH_LABEL_EXPAT_04) {
        return VOUCH_E_LABEL;
    }
    err = vouch_fork_watch();
    if (err != VOUCH_OK) {
        return err;
    }
    s = vouch_alloc(sizeof *s);
    if (s == NULL) {
        return VOUCH_E_NOMEM;
    }
    s->now = now;
    s->generation = vouch_fork_generation();
    s->goodbye_at = VOUCH_NEVER;
    s->config = vouch_config_use(config);
    err = vouch_endpoint_new(channel, &s->endpoint);
    if (err == VOUCH_OK) {
        err = start(s);
        if (err != VOUCH_OK) { /* nothing was sent: it may be tried again */
            vouch_channel_disclaim(channel);
        }
    }
    if (err != VOUCH_OK) {
        vouch_session_free(s);
        return err;
    }
    *out = s;
    return VOUCH_OK;
}

void vouch_session_free(vouch_session *s)
{
    if (s == NULL) {
        return;
    }
    vouch_exchange_free_all(s);
    vouch_event_forget_all(s);
    vouch_data_forget_held(s);
    vouch_posture_cleanup(&s->posture);
    vouch_buffer_free(&s->withheld);
    vouch_free(s->ended);
    vouch_free(s->in.value);
    vouch_free(s->out.data);
    vouch_endpoint_free(s->endpoint);
    vouch_config_free(s->config);
    vouch_free(s);
}

uint64_t vouch_session_deadline(const vouch_session *s)
{
    uint64_t deadline = vouch_session_is_up(s) ? s->ask_at : VOUCH_NEVER;

    if (vouch_session_ended(s)) {
        return VOUCH_NEVER;
    }
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        deadline = x->deadline < deadline ? x->deadline : deadline;
    }
    return s->goodbye_at < deadline ? s->goodbye_at : deadline;
}

vouch_err vouch_session_tick(vouch_session *s, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK || vouch_session_ended(s)) {
        return err;
    }
    err = vouch_exchange_deadlines(s);
    if (err != VOUCH_OK || s->goodbye_at > s->now.mono_ms) {
        return vouch_session_settle(s, err);
    }
    if (s->closing_len != 0) { /* and no answer */
        return vouch_session_fail(s, VOUCH_E_UNEXPECTED);
    }
    return vouch_session_settle(s, vouch_exchange_end_commands(s));
}

vouch_err vouch_session_close(vouch_session *s, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_session_is_up(s)) {
        return VOUCH_E_CLOSED;
    }
    vouch_session_leave(s);
    return vouch_session_settle(s, VOUCH_OK);
}

vouch_err vouch_session_end_of_stream(vouch_session *s, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK || s->peer_closed || vouch_session_ended(s)) {
        return err;
    }
    return vouch_session_fail(s, VOUCH_E_UNEXPECTED);
}

/* After the peer's CLOSE nothing is missing; but no reply will get there. */
vouch_err vouch_session_truncated(vouch_session *s, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK || vouch_session_ended(s)) {
        return err;
    }
    return s->peer_closed
               ? vouch_session_settle(s, vouch_exchange_end_commands(s))
               : vouch_session_fail(s, VOUCH_E_TRUNCATED);
}

vouch_err vouch_session_send(vouch_session *s, vouch_bytes data, vouch_now now,
                             size_t *taken)
{
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_session_is_up(s)) {
        return VOUCH_E_CLOSED;
    }
    /* expat-04, 7.3: attestation comes before any application data */
    if (!vouch_gate_may_send(s, s->now.mono_ms)) {
        return VOUCH_E_GATE;
    }
    err = vouch_output_data(s, data, taken);
    s->stats.data_sent += err == VOUCH_OK ? *taken : 0;
    return err;
}

void vouch_session_stats(const vouch_session *s, vouch_stats *out)
{
    *out = s->stats;
}
