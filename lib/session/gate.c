/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/channel/channel_internal.h"

/*
 * Whether data may flow is computed from exchanges, policy and time whenever
 * somebody asks. Nothing in here sets anything. expat-03, 7.3: no application
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

static bool policy_is_met(const vouch_session *s, uint64_t now)
{
    switch (s->config->gate) {
    case VOUCH_GATE_NONE:
    case VOUCH_GATE_RESTRICTED:
        return true;
    case VOUCH_GATE_REQUIRE_PEER:
        return vouch_gate_accepted(s, now);
    case VOUCH_GATE_MUTUAL:
    default:
        return vouch_gate_accepted(s, now) && vouch_gate_confirmed(s, now);
    }
}

/* Data that is still on its way when this side says goodbye is let in. */
bool vouch_gate_may_accept(const vouch_session *s, uint64_t now)
{
    return s->has_peer && !s->peer_closed && !vouch_session_ended(s) &&
           !vouch_session_is_forked(s) && policy_is_met(s, now);
}

bool vouch_gate_may_send(const vouch_session *s, uint64_t now)
{
    bool taken = (s->peer_flags & VOUCH_FLAG_DATA_GATED) == 0 ||
                 vouch_gate_confirmed(s, now);

    return s->has_peer && vouch_session_is_up(s) &&
           !vouch_session_is_forked(s) && taken && policy_is_met(s, now);
}

/* Whose commands are executed. design, Acceptance has a level: key bound opens
 * no gate for commands. */
bool vouch_gate_may_accept_command(const vouch_session *s, uint64_t now)
{
    const vouch_channel *channel = vouch_endpoint_channel(s->endpoint);

    if (vouch_session_ended(s) || vouch_session_is_forked(s)) {
        return false;
    }
    switch (s->config->asker) {
    case VOUCH_ASKER_AUTHENTICATED:
        return vouch_channel_has_peer(channel) ||
               vouch_gate_accepted_bound(s, now);
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

/* From when data that still comes is late. */
static void note_accepting(vouch_session *s)
{
    if (vouch_gate_may_accept(s, s->now.mono_ms)) {
        vouch_event_queue_move(&s->events, &s->held);
        s->accepting_until = VOUCH_NEVER;
    } else if (s->accepting_until == VOUCH_NEVER ||
               (s->accepting_until == 0 && s->peer_rejected)) {
        s->accepting_until = s->now.mono_ms;
    }
}

vouch_err vouch_gate_report(vouch_session *s)
{
    bool open = vouch_gate_may_send(s, s->now.mono_ms);
    vouch_event event = {.type = VOUCH_EVENT_GATE};

    note_accepting(s);
    if (open == s->gate_reported) {
        return VOUCH_OK;
    }
    s->gate_reported = open;
    event.u.gate.open = open;
    return vouch_event_add(s, &event);
}
