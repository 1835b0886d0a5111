/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

/*
 * What the behaviour of a side depends on, and that it changed: design,
 * Posture. Evidence of an older epoch is never sent, and never counts.
 */

/* No more than one request for changes of posture within this time. */
enum { REFRESH_MS = 1000 };

/* A change that this session does not know of yet. */
static vouch_err tell(vouch_session *s)
{
    const struct vouch_posture_message m = {.epoch = s->posture.epoch};
    vouch_err err = vouch_output_posture(s, &m);

    s->stats.posture_changes++;
    return err == VOUCH_OK ? vouch_exchange_posture(s, false) : err;
}

vouch_err vouch_session_set_posture(vouch_session *s, const char *name,
                                    const uint8_t sha256[32], vouch_now now)
{
    bool changed = false;
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_session_ended(s)) {
        return VOUCH_E_CLOSED;
    }
    err = vouch_posture_set(&s->posture, name, sha256, &changed);
    if (err != VOUCH_OK || !changed) {
        return err;
    }
    s->posture.epoch++;
    return vouch_session_settle(s, tell(s));
}

/* Coalesced, and not faster than the limit: a peer that changes all the time
 * does not have this side ask all the time. */
static void refresh_soon(vouch_session *s)
{
    uint64_t at =
        s->refresh_at > s->now.mono_ms ? s->refresh_at : s->now.mono_ms;

    if (!vouch_config_requires_peer(s->config) || s->ask_at <= at) {
        return; /* the request that is due anyway is about this change, too */
    }
    s->ask_at = at;
    s->refresh_at = vouch_time_after(at, REFRESH_MS);
}

vouch_err vouch_posture_receive(vouch_session *s, uint64_t epoch)
{
    vouch_event event = {.type = VOUCH_EVENT_POSTURE};
    vouch_err err;

    if (epoch <= s->peer_epoch) { /* only ever up */
        return VOUCH_E_ILLEGAL;
    }
    s->peer_epoch = epoch;
    s->peer_moved = true;
    event.u.posture.epoch = epoch;
    refresh_soon(s);
    err = vouch_data_discard(s);
    if (err == VOUCH_OK) {
        err = vouch_event_add(s, &event);
    }
    return err == VOUCH_OK ? vouch_exchange_posture(s, true) : err;
}
