/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/channel/channel_internal.h"
#include "proto/memory.h"

/* What the peer says of itself, held against what this side requires. */

static bool is_withheld(const struct vouch_capabilities *peer)
{
    return (peer->flags & VOUCH_FLAG_LIST_WITHHELD) != 0;
}

/* Whether the peer could ever accept this side. */
static bool can_satisfy(const vouch_session *s,
                        const struct vouch_capabilities *peer)
{
    return vouch_config_can_answer(s->config) &&
           vouch_format_list_common(&s->config->produced, &peer->appraises) !=
               0;
}

/* What the two sides require, held against what they can do and against the
 * order that they insist on. */
static bool is_deadlocked(const vouch_session *s,
                          const struct vouch_capabilities *peer)
{
    const vouch_config *config = s->config;
    bool after_us = (peer->flags & VOUCH_FLAG_YOU_FIRST) != 0;

    if (vouch_config_requires_peer(config) &&
        ((s->peer_produces == 0 && !is_withheld(peer)) ||
         s->peer_max_in_flight == 0 || (after_us && !can_satisfy(s, peer)))) {
        return true;
    }
    if (after_us && config->peer_first) {
        return true;
    }
    return config->gate == VOUCH_GATE_MUTUAL &&
           ((peer->flags & VOUCH_FLAG_WILL_ASK) == 0 || !can_satisfy(s, peer));
}

/* Another connection ends on this side than on the peer's: nothing is asked and
 * nothing answered over it. */
static vouch_err leave_different_connection(vouch_session *s)
{
    vouch_event event = {.type = VOUCH_EVENT_DIFFERENT_CONNECTION};
    vouch_err err;

    s->different_connection = true;
    err = vouch_event_add(s, &event);
    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_config_requires_peer(s->config) ||
        (s->peer_flags & (VOUCH_FLAG_WILL_ASK | VOUCH_FLAG_DATA_GATED)) != 0) {
        return vouch_session_shut(s, VOUCH_CLOSE_REFUSED);
    }
    s->ask_at = VOUCH_NEVER;
    return vouch_exchange_end_all(s);
}

/* The peer's CAPABILITIES as they would be without what it can produce, to see
 * that a second one says nothing else anew. */
static vouch_err without_list(const struct vouch_capabilities *peer,
                              vouch_buffer *out)
{
    struct vouch_capabilities m = *peer;
    vouch_err err = VOUCH_E_NOMEM;
    CBB cbb;

    m.produces.num = 0;
    m.flags |= VOUCH_FLAG_LIST_WITHHELD;
    CBB_zero(&cbb);
    if (CBB_init(&cbb, 256)) {
        err = vouch_capabilities_encode(&cbb, &m);
    }
    if (err == VOUCH_OK) {
        err = vouch_copy((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return err;
}

static uint32_t at_most(uint64_t number, uint32_t limit)
{
    return number < limit ? (uint32_t)number : limit;
}

static void take_capabilities(vouch_session *s,
                              const struct vouch_capabilities *peer)
{
    s->has_peer = true;
    s->peer_flags = (uint32_t)(peer->flags & UINT32_MAX);
    s->peer_max_capsule = at_most(peer->max_capsule, VOUCH_LIMIT_CAPSULE);
    s->peer_max_evidence = at_most(peer->max_evidence, VOUCH_LIMIT_CMW);
    s->peer_max_in_flight = at_most(peer->max_in_flight, VOUCH_LIMIT_IN_FLIGHT);
    s->peer_produces =
        vouch_format_list_common(&s->config->appraised, &peer->produces);
}

static vouch_err close_if_deadlocked(vouch_session *s,
                                     const struct vouch_capabilities *peer)
{
    vouch_event event = {.type = VOUCH_EVENT_POLICY_DEADLOCK};
    vouch_err err;

    if (!is_deadlocked(s, peer)) {
        return VOUCH_OK;
    }
    err = vouch_event_add(s, &event);
    return err == VOUCH_OK ? vouch_session_shut(s, VOUCH_CLOSE_DEADLOCK) : err;
}

/* Only the list that was withheld may come later, once. */
static vouch_err receive_list(vouch_session *s,
                              const struct vouch_capabilities *peer)
{
    vouch_buffer same;
    vouch_err err;
    bool equal;

    if (s->withheld.data == NULL || is_withheld(peer)) {
        return VOUCH_E_UNEXPECTED;
    }
    err = without_list(peer, &same);
    if (err != VOUCH_OK) {
        return err;
    }
    equal = vouch_bytes_equal((vouch_bytes){same.data, same.len},
                              (vouch_bytes){s->withheld.data, s->withheld.len});
    vouch_buffer_free(&same);
    if (!equal) {
        return VOUCH_E_UNEXPECTED;
    }
    vouch_buffer_free(&s->withheld);
    take_capabilities(s, peer);
    if (vouch_config_requires_peer(s->config)) { /* without back-off */
        s->failures = 0;
        s->ask_at = s->now.mono_ms;
    }
    return close_if_deadlocked(s, peer);
}

static vouch_err receive_first(vouch_session *s,
                               const struct vouch_capabilities *peer)
{
    const vouch_channel *channel = vouch_endpoint_channel(s->endpoint);
    const vouch_event event = {.type = VOUCH_EVENT_PEER};
    vouch_err err = vouch_event_add(s, &event);

    take_capabilities(s, peer);
    if (err == VOUCH_OK && is_withheld(peer)) {
        err = without_list(peer, &s->withheld);
    }
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_ct_equal(peer->conn_check, vouch_channel_conn_check(channel))) {
        return leave_different_connection(s);
    }
    if (vouch_config_requires_peer(s->config) && s->highest_asked == 0) {
        s->ask_at = s->now.mono_ms; /* it was too long to go before */
    }
    return close_if_deadlocked(s, peer);
}

vouch_err vouch_capabilities_receive(vouch_session *s,
                                     const struct vouch_capabilities *peer)
{
    return s->has_peer ? receive_list(s, peer) : receive_first(s, peer);
}
