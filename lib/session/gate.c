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
        if (exchange_is_mine(s, x->id) == mine && x->state == state &&
            !exchange_is_operation(x) && !(only_bound && x->key_bound) &&
            now < x->deadline) {
            return true;
        }
    }
    return false;
}

bool gate_accepted(const vouch_session *s, uint64_t now)
{
    return holds(s, true, RP_ACCEPTED, false, now);
}

bool gate_accepted_bound(const vouch_session *s, uint64_t now)
{
    return holds(s, true, RP_ACCEPTED, true, now);
}

bool gate_confirmed(const vouch_session *s, uint64_t now)
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
        return gate_accepted(s, now);
    case VOUCH_GATE_MUTUAL:
    default:
        return gate_accepted(s, now) && gate_confirmed(s, now);
    }
}

/* Data that is still on its way when this side says goodbye is let in. */
bool gate_may_accept(const vouch_session *s, uint64_t now)
{
    return s->has_peer && !s->peer_closed && !vouch_session_ended(s) &&
           !session_is_forked(s) && policy_is_met(s, now);
}

bool gate_may_send(const vouch_session *s, uint64_t now)
{
    bool taken =
        (s->peer_flags & VOUCH_FLAG_DATA_GATED) == 0 || gate_confirmed(s, now);

    return s->has_peer && session_is_up(s) && !session_is_forked(s) && taken &&
           policy_is_met(s, now);
}

/* Whose commands are executed. design, Acceptance has a level: key bound opens
 * no gate for commands. */
bool gate_may_accept_command(const vouch_session *s, uint64_t now)
{
    const vouch_channel *channel = vouch_endpoint_channel(s->endpoint);

    if (vouch_session_ended(s) || session_is_forked(s)) {
        return false;
    }
    switch (s->config->asker) {
    case VOUCH_ASKER_AUTHENTICATED:
        return vouch_channel_has_peer(channel) || gate_accepted_bound(s, now);
    case VOUCH_ASKER_ATTESTED:
        return gate_accepted_bound(s, now);
    case VOUCH_ASKER_NOBODY:
    default:
        return false;
    }
}

/* Some approval is unused. */
static bool may_send_command(const vouch_session *s, uint64_t now)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (gate_approved(s, x, now)) {
            return true;
        }
    }
    return false;
}

bool gate_approved(const vouch_session *s, const struct exchange *x,
                   uint64_t now)
{
    return session_is_up(s) && !session_is_forked(s) &&
           exchange_is_mine(s, x->id) && exchange_is_operation(x) &&
           x->state == RP_ACCEPTED && now < x->deadline;
}

bool vouch_session_may_send(const vouch_session *s, vouch_traffic traffic,
                            vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA
               ? gate_may_send(s, session_latest(s, now).mono_ms)
               : traffic == VOUCH_TRAFFIC_COMMAND &&
                     may_send_command(s, session_latest(s, now).mono_ms);
}

bool vouch_session_may_accept(const vouch_session *s, vouch_traffic traffic,
                              vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA
               ? gate_may_accept(s, session_latest(s, now).mono_ms)
               : traffic == VOUCH_TRAFFIC_COMMAND &&
                     gate_may_accept_command(s, session_latest(s, now).mono_ms);
}

/* From when data that still comes is late. */
static void note_accepting(vouch_session *s)
{
    if (gate_may_accept(s, s->now.mono_ms)) {
        event_queue_move(&s->events, &s->held);
        s->accepting_until = VOUCH_NEVER;
    } else if (s->accepting_until == VOUCH_NEVER ||
               (s->accepting_until == 0 && s->peer_rejected)) {
        s->accepting_until = s->now.mono_ms;
    }
}

vouch_err gate_report(vouch_session *s)
{
    bool open = gate_may_send(s, s->now.mono_ms);
    vouch_event event = {.type = VOUCH_EVENT_GATE};

    note_accepting(s);
    if (open == s->gate_reported) {
        return VOUCH_OK;
    }
    s->gate_reported = open;
    event.u.gate.open = open;
    return event_add(s, &event);
}
