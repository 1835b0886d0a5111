/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "lib/channel/channel_internal.h"
#include "proto/memory.h"

/* CAPABILITIES */

static bool is_withheld(const struct vouch_capabilities *peer)
{
    return (peer->flags & VOUCH_FLAG_LIST_WITHHELD) != 0;
}

/* Whether the peer could ever accept this side. */
static bool can_satisfy(const vouch_session *s,
                        const struct vouch_capabilities *peer)
{
    return config_can_answer(s->config) &&
           format_list_common(&s->config->produced, &peer->appraises) != 0;
}

/* What the two sides require, held against what they can do and against the
 * order that they insist on. */
static bool is_deadlocked(const vouch_session *s,
                          const struct vouch_capabilities *peer)
{
    const vouch_config *config = s->config;
    bool after_us = (peer->flags & VOUCH_FLAG_YOU_FIRST) != 0;

    if (config_requires_peer(config) &&
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
    err = event_add(s, &event);
    if (err != VOUCH_OK) {
        return err;
    }
    if (config_requires_peer(s->config) ||
        (s->peer_flags & (VOUCH_FLAG_WILL_ASK | VOUCH_FLAG_DATA_GATED)) != 0) {
        return session_shut(s, VOUCH_CLOSE_REFUSED);
    }
    s->ask_at = VOUCH_NEVER;
    return exchange_end_all(s);
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
        format_list_common(&s->config->appraised, &peer->produces);
}

static vouch_err close_if_deadlocked(vouch_session *s,
                                     const struct vouch_capabilities *peer)
{
    vouch_event event = {.type = VOUCH_EVENT_POLICY_DEADLOCK};
    vouch_err err;

    if (!is_deadlocked(s, peer)) {
        return VOUCH_OK;
    }
    err = event_add(s, &event);
    return err == VOUCH_OK ? session_shut(s, VOUCH_CLOSE_DEADLOCK) : err;
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
    if (config_requires_peer(s->config)) { /* without back-off */
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
    vouch_err err = event_add(s, &event);

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
    if (config_requires_peer(s->config) && s->highest_asked == 0) {
        s->ask_at = s->now.mono_ms; /* it was too long to go before */
    }
    return close_if_deadlocked(s, peer);
}

static vouch_err receive_capabilities(vouch_session *s, vouch_bytes value)
{
    struct vouch_capabilities peer;
    vouch_err err = vouch_capabilities_decode(value, &peer);

    if (err != VOUCH_OK) {
        return err;
    }
    return s->has_peer ? receive_list(s, &peer) : receive_first(s, &peer);
}

/* The other capsules */

static vouch_err receive_request(vouch_session *s, vouch_bytes value)
{
    struct vouch_request_message m;
    vouch_err err = vouch_request_message_decode(value, &m);

    return err == VOUCH_OK ? at_receive_request(s, &m) : err;
}

static vouch_err receive_authenticator(vouch_session *s, vouch_bytes value)
{
    struct vouch_authenticator_message m;
    vouch_err err = vouch_authenticator_message_decode(value, &m);

    return err == VOUCH_OK ? rp_receive(s, &m) : err;
}

static vouch_err receive_outcome(vouch_session *s, vouch_bytes value)
{
    struct vouch_outcome_message m;
    vouch_err err = vouch_outcome_message_decode(value, &m);

    return err == VOUCH_OK ? at_receive_outcome(s, &m) : err;
}

static vouch_err receive_posture(vouch_session *s, vouch_bytes value)
{
    struct vouch_posture_message m;
    vouch_err err = vouch_posture_message_decode(value, &m);

    return err == VOUCH_OK ? posture_receive(s, m.epoch) : err;
}

static vouch_err receive_command(vouch_session *s, vouch_bytes value)
{
    struct vouch_command_message m;
    vouch_err err = vouch_command_message_decode(value, &m);

    return err == VOUCH_OK ? at_receive_command(s, &m) : err;
}

static vouch_err receive_reply(vouch_session *s, vouch_bytes value)
{
    struct vouch_reply_message m;
    vouch_err err = vouch_reply_message_decode(value, &m);

    return err == VOUCH_OK ? rp_receive_reply(s, &m) : err;
}

/* Data that the gate does not let in. What was on its way when the gate shut is
 * dropped; what comes long after that, the peer should not have sent. */
static vouch_err drop_data(vouch_session *s, vouch_bytes value)
{
    vouch_event dropped = {.type = VOUCH_EVENT_DATA_DROPPED};
    bool shut = s->accepting_until != 0 && s->accepting_until != VOUCH_NEVER;

    if (shut && time_after(s->accepting_until, config_grace(s->config)) <
                    s->now.mono_ms) {
        return VOUCH_E_UNEXPECTED;
    }
    s->stats.data_dropped += value.len;
    dropped.u.dropped.octets = value.len;
    return event_add(s, &dropped);
}

/* expat-03, 7.3: attestation comes before any application data */
static vouch_err receive_data(vouch_session *s, vouch_bytes value)
{
    if (gate_may_accept(s, s->now.mono_ms)) {
        s->stats.data_received += value.len;
        return event_add_data(&s->events, value, false);
    }
    /* Only what came before the first acceptance is held. */
    if (!s->config->hold_early_data || s->last.has_aik) {
        return drop_data(s, value);
    }
    if (s->held.octets + value.len > VOUCH_LIMIT_DATA_HELD) {
        return VOUCH_E_TOO_LARGE;
    }
    return event_add_data(&s->held, value, true);
}

static vouch_err receive_close(vouch_session *s, vouch_bytes value)
{
    vouch_event event = {.type = VOUCH_EVENT_CLOSED};
    struct vouch_close_message m;
    vouch_err err = vouch_close_message_decode(value, &m);

    if (err != VOUCH_OK) {
        return err;
    }
    /* The answer to CLOSE 0 waits for commands too; no other is answered. */
    s->leaving = m.code == VOUCH_CLOSE_DONE;
    s->peer_closed = true;
    s->ask_at = VOUCH_NEVER;
    event_queue_clear(&s->held);
    err = s->leaving ? exchange_end_all_but_commands(s)
                     : session_end_exchanges(s);
    event.u.closed.code = m.code;
    return err == VOUCH_OK ? event_add(s, &event) : err;
}

static const struct capsule_kind {
    uint64_t type;
    vouch_err (*receive)(vouch_session *s, vouch_bytes value);
    size_t max;
} kinds[] = {
    {VOUCH_CAPSULE_DATA, receive_data, VOUCH_LIMIT_DATA},
    {VOUCH_CAPSULE_CAPABILITIES, receive_capabilities, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_REQUEST, receive_request, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_AUTHENTICATOR, receive_authenticator, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_OUTCOME, receive_outcome, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_POSTURE, receive_posture, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_COMMAND, receive_command, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_REPLY, receive_reply, VOUCH_LIMIT_CAPSULE},
    {VOUCH_CAPSULE_CLOSE, receive_close, VOUCH_LIMIT_CAPSULE},
};

static const struct capsule_kind *kind_of(uint64_t type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type == type) {
            return &kinds[i];
        }
    }
    return NULL; /* RFC 9297, 3.2: unknown types are skipped */
}

/* Assembly */

/* Judges a capsule by its header, before any of its value is kept. */
static vouch_err check_header(const vouch_session *s,
                              const struct vouch_capsule_header *header)
{
    const struct capsule_kind *kind = kind_of(header->type);
    size_t max = kind != NULL ? kind->max : VOUCH_LIMIT_CAPSULE;

    if (!s->has_peer && header->type != VOUCH_CAPSULE_CAPABILITIES) {
        return VOUCH_E_UNEXPECTED;
    }
    return header->length > max ? VOUCH_E_TOO_LARGE : VOUCH_OK;
}

static vouch_bytes cut(vouch_bytes *data, size_t len)
{
    vouch_bytes front = {data->data, len};

    data->data += len;
    data->len -= len;
    return front;
}

/* A header may come in pieces; what has come is kept until it is whole. */
static vouch_err take_header(vouch_session *s, vouch_bytes *data)
{
    struct assembly *in = &s->in;

    while (data->len != 0 && !in->in_value) {
        vouch_bytes whole;

        in->header[in->header_len++] = *cut(data, 1).data;
        whole = (vouch_bytes){in->header, in->header_len};
        in->in_value = vouch_capsule_header_parse(&whole, &in->capsule);
    }
    return in->in_value ? check_header(s, &in->capsule) : VOUCH_OK;
}

/* Keeps a part of a value. Memory grows with what came, not with what was
 * announced. */
static vouch_err keep(struct assembly *in, vouch_bytes part)
{
    if (part.len == 0) {
        return VOUCH_OK;
    }
    if (in->len + part.len > in->room) {
        size_t room = 2 * (in->len + part.len);
        void *value = in->value;
        vouch_err err;

        room = room > in->capsule.length ? (size_t)in->capsule.length : room;
        err = vouch_grow(&value, in->len, room);
        if (err != VOUCH_OK) {
            return err;
        }
        in->value = value;
        in->room = room;
    }
    memcpy(in->value + in->len, part.data, part.len);
    in->len += part.len;
    return VOUCH_OK;
}

/* Hands a complete value on. `value` may lie in the assembly. */
static vouch_err deliver(vouch_session *s, const struct capsule_kind *kind,
                         vouch_bytes value)
{
    uint8_t *kept = s->in.value;
    vouch_err err;

    s->in = (struct assembly){0};
    err = session_settle(s, kind->receive(s, value));
    vouch_free(kept);
    return err;
}

static vouch_err take_value(vouch_session *s, vouch_bytes *data)
{
    struct assembly *in = &s->in;
    const struct capsule_kind *kind = kind_of(in->capsule.type);
    size_t missing = (size_t)in->capsule.length - in->len;
    vouch_bytes part = cut(data, data->len < missing ? data->len : missing);
    vouch_err err;

    if (kind == NULL) { /* skipped, and not kept */
        in->len += part.len;
        if (in->len == in->capsule.length) {
            *in = (struct assembly){0};
        }
        return VOUCH_OK;
    }
    if (part.len == missing && in->len == 0) { /* came in one piece */
        return deliver(s, kind, part);
    }
    err = keep(in, part);
    if (err != VOUCH_OK) {
        return err;
    }
    return part.len == missing
               ? deliver(s, kind, (vouch_bytes){in->value, in->len})
               : VOUCH_OK;
}

static bool has_room(const vouch_session *s)
{
    return s->events.num < VOUCH_LIMIT_EVENTS &&
           s->events.octets < VOUCH_LIMIT_DATA_WAITING;
}

vouch_err vouch_session_recv(vouch_session *s, vouch_bytes data, vouch_now now,
                             size_t *taken)
{
    vouch_bytes rest = data;
    vouch_err err = session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_session_ended(s) || s->peer_closed) {
        return VOUCH_E_CLOSED;
    }
    err = session_settle(s, exchange_deadlines(s));
    while (err == VOUCH_OK && rest.len != 0 && has_room(s) && !s->peer_closed &&
           !vouch_session_ended(s)) {
        if (!s->in.in_value) {
            err = take_header(s, &rest);
        }
        if (err == VOUCH_OK && s->in.in_value) {
            err = take_value(s, &rest);
        }
    }
    if (err != VOUCH_OK) {
        return session_fail(s, err);
    }
    /* What follows the end of a session is nobody's. */
    *taken = s->peer_closed || vouch_session_ended(s) ? data.len
                                                      : data.len - rest.len;
    return VOUCH_OK;
}
