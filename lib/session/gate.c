/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/channel/channel_internal.h"

/*
 * Whether data may flow is computed from exchanges, policy and time whenever
 * somebody asks; no call and no message sets it. expat-04, 7.3: no application
 * data before attestation is complete [X39].
 */

static bool holds(const vouch_session *s, bool mine, unsigned state,
                  bool only_bound, uint64_t now)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        /* An operation's acceptance is for its command only. */
        if (vouch_exchange_is_mine(s, x->id) == mine && x->state == state &&
            !vouch_exchange_is_operation(x) && !(only_bound && x->key_bound) &&
            now < x->deadline) {
            return true;
        }
    }
    return false;
}

bool vouch_gate_accepted(const vouch_session *s, uint64_t now)
{
    return holds(s, true, RP_ACCEPTED, false, now);
}

bool vouch_gate_accepted_bound(const vouch_session *s, uint64_t now)
{
    return holds(s, true, RP_ACCEPTED, true, now);
}

bool vouch_gate_confirmed(const vouch_session *s, uint64_t now)
{
    return holds(s, false, AT_CONFIRMED, false, now);
}

/* What the policy asks of the peer, and of what the peer made of this side,
 * which is `agreed`. */
static bool policy_is_met(const vouch_session *s, bool agreed, uint64_t now)
{
    switch (s->config->gate) {
    case VOUCH_GATE_NONE:
    case VOUCH_GATE_RESTRICTED:
        return true;
    case VOUCH_GATE_REQUIRE_PEER:
        return vouch_gate_accepted(s, now);
    case VOUCH_GATE_MUTUAL:
    default:
        return vouch_gate_accepted(s, now) && agreed;
    }
}

/* Data that is still on its way when this side says goodbye is let in.
 * proto/README.md, 13: so is what the peer, once it had accepted this side,
 * sent before it knew of a change of this side's posture, or before a hold
 * ended. */
bool vouch_gate_may_accept(const vouch_session *s, uint64_t now)
{
    return s->has_peer && !s->peer_closed && !vouch_session_ended(s) &&
           !vouch_session_is_forked(s) && policy_is_met(s, s->peer_agreed, now);
}

/* proto/README.md, 13: what the peer takes, whatever its gate waits for. */
static bool is_taken(const vouch_session *s, bool confirmed)
{
    return (s->peer_flags & VOUCH_FLAG_DATA_GATED) == 0 ||
           (confirmed && (s->agreed || !vouch_config_requires_peer(s->config)));
}

bool vouch_gate_may_send(const vouch_session *s, uint64_t now)
{
    bool confirmed = vouch_gate_confirmed(s, now);

    return s->has_peer && vouch_session_is_up(s) &&
           !vouch_session_is_forked(s) && is_taken(s, confirmed) &&
           policy_is_met(s, confirmed, now);
}

/* The handshake's word for the peer counts until Evidence says otherwise: not
 * after a rejection, until an acceptance follows. */
static bool is_authenticated(const vouch_session *s)
{
    return vouch_channel_peer_is_verified(
               vouch_endpoint_channel(s->endpoint)) &&
           !s->distrusted;
}

/* Whose commands are executed. design, Acceptance has a level: key bound opens
 * no gate for commands. */
bool vouch_gate_may_accept_command(const vouch_session *s, uint64_t now)
{
    if (vouch_session_ended(s) || vouch_session_is_forked(s)) {
        return false;
    }
    switch (s->config->asker) {
    case VOUCH_ASKER_AUTHENTICATED:
        return is_authenticated(s) || vouch_gate_accepted_bound(s, now);
    case VOUCH_ASKER_ATTESTED:
        return vouch_gate_accepted_bound(s, now);
    case VOUCH_ASKER_NOBODY:
    default:
        return false;
    }
}

/* Some approval is unused. */
static bool may_send_command(const vouch_session *s, uint64_t now)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (vouch_gate_approved(s, x, now)) {
            return true;
        }
    }
    return false;
}

bool vouch_gate_approved(const vouch_session *s, const struct exchange *x,
                         uint64_t now)
{
    return vouch_session_is_up(s) && !vouch_session_is_forked(s) &&
           vouch_exchange_is_mine(s, x->id) && vouch_exchange_is_operation(x) &&
           x->state == RP_ACCEPTED && now < x->deadline;
}

bool vouch_session_may_send(const vouch_session *s, vouch_traffic traffic,
                            vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA
               ? vouch_gate_may_send(s, vouch_session_latest(s, now).mono_ms)
               : traffic == VOUCH_TRAFFIC_COMMAND &&
                     may_send_command(s, vouch_session_latest(s, now).mono_ms);
}

bool vouch_session_may_accept(const vouch_session *s, vouch_traffic traffic,
                              vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA
               ? vouch_gate_may_accept(s, vouch_session_latest(s, now).mono_ms)
               : traffic == VOUCH_TRAFFIC_COMMAND &&
                     vouch_gate_may_accept_command(
                         s, vouch_session_latest(s, now).mono_ms);
}

/* From when data that still comes is late. What was held goes in first. */
static vouch_err note_accepting(vouch_session *s)
{
    if (vouch_gate_may_accept(s, s->now.mono_ms)) {
        s->accepting_until = VOUCH_NEVER;
        return vouch_data_release(s);
    }
    if (s->accepting_until == VOUCH_NEVER ||
        (s->accepting_until == 0 && s->peer_rejected)) {
        s->accepting_until = s->now.mono_ms;
    }
    return VOUCH_OK;
}

vouch_err vouch_gate_report(vouch_session *s)
{
    bool open = vouch_gate_may_send(s, s->now.mono_ms);
    vouch_event event = {.type = VOUCH_EVENT_GATE};
    vouch_err err = note_accepting(s);

    if (err != VOUCH_OK || open == s->gate_reported) {
        return err;
    }
    s->gate_reported = open;
    event.u.gate.open = open;
    return vouch_event_add(s, &event);
}
