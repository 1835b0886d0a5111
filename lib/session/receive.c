/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "proto/memory.h"

/* The values */

static vouch_err receive_capabilities(vouch_session *s, vouch_bytes value)
{
    struct vouch_capabilities peer;
    vouch_err err = vouch_capabilities_decode(value, &peer);

    return err == VOUCH_OK ? vouch_capabilities_receive(s, &peer) : err;
}

static vouch_err receive_request(vouch_session *s, vouch_bytes value)
{
    struct vouch_request_message m;
    vouch_err err = vouch_request_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_at_receive_request(s, &m) : err;
}

static vouch_err receive_authenticator(vouch_session *s, vouch_bytes value)
{
    struct vouch_authenticator_message m;
    vouch_err err = vouch_authenticator_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_rp_receive(s, &m) : err;
}

static vouch_err receive_outcome(vouch_session *s, vouch_bytes value)
{
    struct vouch_outcome_message m;
    vouch_err err = vouch_outcome_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_at_receive_outcome(s, &m) : err;
}

static vouch_err receive_posture(vouch_session *s, vouch_bytes value)
{
    struct vouch_posture_message m;
    vouch_err err = vouch_posture_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_posture_receive(s, m.epoch) : err;
}

static vouch_err receive_command(vouch_session *s, vouch_bytes value)
{
    struct vouch_command_message m;
    vouch_err err = vouch_command_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_at_receive_command(s, &m) : err;
}

static vouch_err receive_reply(vouch_session *s, vouch_bytes value)
{
    struct vouch_reply_message m;
    vouch_err err = vouch_reply_message_decode(value, &m);

    return err == VOUCH_OK ? vouch_rp_receive_reply(s, &m) : err;
}

static vouch_err receive_close(vouch_session *s, vouch_bytes value)
{
    vouch_event event = {.type = VOUCH_EVENT_CLOSED};
    struct vouch_close_message m;
    vouch_err err = vouch_close_message_decode(value, &m);

    if (err != VOUCH_OK) {
        return err;
    }
    s->peer_closed = true;
    err = vouch_data_discard(s);
    if (err != VOUCH_OK) {
        return err;
    }
    if (m.code == VOUCH_CLOSE_DONE && s->closing_len == 0) {
        /* Its answer waits for commands; no other is answered. */
        vouch_session_leave(s);
        err = vouch_exchange_end_all_but_commands(s);
    } else {
        s->leaving = false;
        err = vouch_session_end_exchanges(s);
    }
    event.u.closed.code = m.code;
    if (err == VOUCH_OK) {
        err = vouch_event_add(s, &event);
    }
    /* proto/README.md, 14: no end is clean that loses DATA. */
    return err == VOUCH_OK && s->data_lost && m.code == VOUCH_CLOSE_DONE
               ? VOUCH_E_DATA_LOST
               : err;
}

static const struct capsule_kind {
    uint64_t type;
    vouch_err (*receive)(vouch_session *s, vouch_bytes value);
    size_t max;
} kinds[] = {
    {VOUCH_CAPSULE_DATA, vouch_data_receive, VOUCH_LIMIT_DATA},
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

    if (in->header_len == 0) { /* most come in one piece */
        in->in_value = vouch_capsule_header_parse(data, &in->capsule);
    }
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
    err = kind->receive(s, value);
    if (kind->receive != vouch_data_receive) { /* data moves no exchange */
        err = vouch_session_settle(s, err);
    }
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

vouch_err vouch_session_recv(vouch_session *s, vouch_bytes data, vouch_now now,
                             size_t *taken)
{
    vouch_bytes rest = data;
    vouch_err err = vouch_session_enter(s, now);

    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_session_ended(s)) {
        return VOUCH_E_CLOSED;
    }
    err = vouch_session_settle(s, vouch_exchange_deadlines(s));
    while (err == VOUCH_OK && rest.len != 0 && vouch_event_has_room(s) &&
           !s->peer_closed && !vouch_session_ended(s)) {
        if (!s->in.in_value) {
            err = take_header(s, &rest);
        }
        if (err == VOUCH_OK && s->in.in_value) {
            err = take_value(s, &rest);
        }
    }
    if (err != VOUCH_OK) {
        return vouch_session_fail(s, err);
    }
    /* proto/README.md, 14: after the peer's CLOSE nothing is read. */
    *taken = s->peer_closed || vouch_session_ended(s) ? data.len
                                                      : data.len - rest.len;
    return VOUCH_OK;
}
