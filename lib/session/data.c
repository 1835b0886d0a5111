/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "proto/memory.h"

/*
 * DATA of the peer: what the gate takes, what waits for it, and what is lost.
 * proto/README.md, 13: no octet is delivered after one that was lost.
 */

enum { HELD_ROOM_MIN = 512 };

static vouch_err deliver(vouch_session *s, vouch_bytes octets, bool early)
{
    vouch_err err = vouch_event_add_data(s, octets, early);

    s->stats.data_received += err == VOUCH_OK ? octets.len : 0;
    return err;
}

/* Tells of octets that will not be delivered. An application whose DATA are a
 * stream would not see that some are missing, so that none may follow. */
static vouch_err lose(vouch_session *s, uint64_t octets)
{
    vouch_event event = {.type = VOUCH_EVENT_DATA_DROPPED};

    s->stats.data_dropped += octets;
    s->data_lost = s->data_lost || !s->config->allow_data_loss;
    event.u.dropped.octets = octets;
    return vouch_event_add(s, &event);
}

/* What was on its way when the gate shut is lost; what comes long after that,
 * the peer should not have sent. */
static vouch_err drop(vouch_session *s, vouch_bytes value)
{
    bool shut = s->accepting_until != 0 && s->accepting_until != VOUCH_NEVER;
    vouch_err err;

    if (shut &&
        vouch_time_after(s->accepting_until, vouch_config_grace(s->config)) <
            s->now.mono_ms) {
        return VOUCH_E_UNEXPECTED;
    }
    err = lose(s, value.len);
    return err == VOUCH_OK && s->data_lost ? VOUCH_E_DATA_LOST : err;
}

/* Whether there is an exchange that may open the gate for what is held. */
static bool is_awaited(const vouch_session *s)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (vouch_exchange_is_mine(s, x->id) &&
            !vouch_exchange_is_operation(x)) {
            return true;
        }
    }
    return false;
}

/* Only what comes before the first acceptance: from then on the peer knows the
 * state of the gate. */
static bool may_hold(const vouch_session *s)
{
    return s->config->hold_early_data && !s->last.has_aik && is_awaited(s);
}

static vouch_err grow(struct held_data *held, size_t len)
{
    void *octets = held->octets;
    size_t room = len < HELD_ROOM_MIN / 2 ? HELD_ROOM_MIN : 2 * len;
    vouch_err err;

    room = room < VOUCH_LIMIT_DATA_HELD ? room : VOUCH_LIMIT_DATA_HELD;
    err = vouch_grow(&octets, held->len, room);
    if (err == VOUCH_OK) {
        held->octets = octets;
        held->room = (uint32_t)room;
    }
    return err;
}

static vouch_err hold(struct held_data *held, vouch_bytes value)
{
    vouch_err err = VOUCH_OK;

    if (value.len > VOUCH_LIMIT_DATA_HELD - held->len) {
        return VOUCH_E_TOO_LARGE;
    }
    if (held->len + value.len > held->room) {
        err = grow(held, held->len + value.len);
    }
    if (err == VOUCH_OK) {
        memcpy(held->octets + held->len, value.data, value.len);
        held->len += (uint32_t)value.len;
    }
    return err;
}

/* expat-04, 7.3: attestation comes before any application data */
vouch_err vouch_data_receive(vouch_session *s, vouch_bytes value)
{
    if (value.len == 0) { /* says nothing, and would cost an event */
        return VOUCH_OK;
    }
    if (vouch_gate_may_accept(s, s->now.mono_ms)) {
        return deliver(s, value, false);
    }
    return may_hold(s) ? hold(&s->held, value) : drop(s, value);
}

void vouch_data_forget_held(vouch_session *s)
{
    vouch_free(s->held.octets);
    s->held = (struct held_data){0};
}

vouch_err vouch_data_release(vouch_session *s)
{
    vouch_bytes held = {s->held.octets, s->held.len};
    vouch_err err;

    if (held.len == 0) {
        return VOUCH_OK;
    }
    err = deliver(s, held, true);
    if (err == VOUCH_OK) {
        vouch_data_forget_held(s);
    }
    return err;
}

vouch_err vouch_data_discard(vouch_session *s)
{
    uint64_t octets = s->held.len;

    vouch_data_forget_held(s);
    return octets != 0 ? lose(s, octets) : VOUCH_OK;
}

vouch_err vouch_data_settle(vouch_session *s)
{
    vouch_err err = is_awaited(s) ? VOUCH_OK : vouch_data_discard(s);

    return err == VOUCH_OK && s->data_lost && !vouch_session_ended(s)
               ? VOUCH_E_DATA_LOST
               : err;
}
