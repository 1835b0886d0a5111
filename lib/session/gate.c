/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

/*
 * Whether data may flow is computed from exchanges, policy and time whenever
 * somebody asks. Nothing in here sets anything. expat-03, 7.3: no application
 * data before attestation is complete [X39].
 */

static bool holds(const vouch_session *s, bool mine, unsigned state,
                  uint64_t now)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (exchange_is_mine(s, x->id) == mine && x->state == state &&
            now < x->deadline) {
            return true;
        }
    }
    return false;
}

bool gate_accepted(const vouch_session *s, uint64_t now)
{
    return holds(s, true, RP_ACCEPTED, now);
}

bool gate_confirmed(const vouch_session *s, uint64_t now)
{
    return holds(s, false, AT_CONFIRMED, now);
}

static bool policy_is_met(const vouch_session *s, uint64_t now)
{
    switch (s->config->gate) {
    case VOUCH_GATE_NONE:
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
    return s->has_peer && !vouch_session_ended(s) && policy_is_met(s, now);
}

bool gate_may_send(const vouch_session *s, uint64_t now)
{
    bool taken =
        (s->peer_flags & VOUCH_FLAG_DATA_GATED) == 0 || gate_confirmed(s, now);

    return s->has_peer && session_is_up(s) && taken && policy_is_met(s, now);
}

static uint64_t latest(const vouch_session *s, vouch_now now)
{
    return now.mono_ms > s->now.mono_ms ? now.mono_ms : s->now.mono_ms;
}

bool vouch_session_may_send(const vouch_session *s, vouch_traffic traffic,
                            vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA && gate_may_send(s, latest(s, now));
}

bool vouch_session_may_accept(const vouch_session *s, vouch_traffic traffic,
                              vouch_now now)
{
    return traffic == VOUCH_TRAFFIC_DATA && gate_may_accept(s, latest(s, now));
}

vouch_err gate_report(vouch_session *s)
{
    bool open = gate_may_send(s, s->now.mono_ms);
    vouch_event event = {.type = VOUCH_EVENT_GATE};

    if (gate_may_accept(s, s->now.mono_ms)) {
        event_queue_move(&s->events, &s->held);
    }
    if (open == s->gate_reported) {
        return VOUCH_OK;
    }
    s->gate_reported = open;
    event.u.gate.open = open;
    return event_add(s, &event);
}
