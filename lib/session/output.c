/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "lib/channel/channel_internal.h"
#include "proto/memory.h"

enum {
    /* Our own capsules: four octets of type, at most four of length. */
    HEADER_MAX = 8,
    /* DATA of less than 2^14 octets has two of length at most. */
    DATA_HEADER = 6,
    DATA_MAX = VOUCH_LIMIT_DATA - 1,
    /* What one TLS record carries at most (RFC 8446, 5.1). */
    RECORD_MAX = 16384,
    /* Less than this at the end of a record is not worth a capsule. */
    SCRAP = 64,
    /* More than the heads and small members of any message take. */
    MESSAGE_OVERHEAD = 160,
    /* A plain authenticator request of our own. */
    AUTHENTICATOR_REQUEST_MAX = 128,
    ROOM_MIN = 512,
    /* No more than that ever waits (`fits`), with a header. */
    ROOM_MAX =
        VOUCH_LIMIT_ANSWERS_WAITING + VOUCH_LIMIT_DATA_UNSENT + HEADER_MAX,
};

/* Makes room for `need` more octets behind those that wait. */
static vouch_err reserve(struct out_queue *out, size_t need)
{
    size_t room = out->len + need;
    uint8_t *bigger;

    if (out->start + room <= out->room) {
        return VOUCH_OK;
    }
    if (room > out->room) {
        room = room < 2 * out->room ? 2 * out->room : room;
        room = room < ROOM_MIN ? ROOM_MIN : room;
        room = room < ROOM_MAX || out->len + need > ROOM_MAX ? room : ROOM_MAX;
        bigger = vouch_alloc_raw(room);
        if (bigger == NULL) {
            return VOUCH_E_NOMEM;
        }
        if (out->len != 0) {
            memcpy(bigger, out->data + out->start, out->len);
        }
        vouch_free(out->data);
        out->data = bigger;
        out->room = room;
    } else {
        memmove(out->data, out->data + out->start, out->len);
    }
    out->start = 0;
    return VOUCH_OK;
}

static uint8_t *end_of(struct out_queue *out)
{
    return out->data + out->start + out->len;
}

typedef vouch_err encoder(CBB *cbb, const void *message);

static bool fits(const struct out_queue *out, size_t len)
{
    return out->len + len <=
           VOUCH_LIMIT_ANSWERS_WAITING + VOUCH_LIMIT_DATA_UNSENT;
}

/* Appends one capsule whose value `encode` writes, in at most `max` octets. A
 * side that has sent CLOSE sends nothing more. */
static vouch_err put_message(vouch_session *s, uint64_t type, size_t max,
                             encoder *encode, const void *message)
{
    struct out_queue *out = &s->out;
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t header_len, len;
    vouch_err err;
    CBB cbb;

    if (s->closing_len != 0) {
        return VOUCH_OK;
    }
    if (!fits(out, max)) {
        return VOUCH_E_TOO_LARGE;
    }
    err = reserve(out, HEADER_MAX + max);
    if (err != VOUCH_OK) {
        return err;
    }
    CBB_zero(&cbb);
    if (!CBB_init_fixed(&cbb, end_of(out) + HEADER_MAX, max)) {
        return VOUCH_E_NOMEM;
    }
    err = encode(&cbb, message);
    len = CBB_len(&cbb);
    CBB_cleanup(&cbb);
    if (err != VOUCH_OK) {
        return err;
    }
    header_len = vouch_capsule_header_encode(type, len, header);
    memcpy(end_of(out), header, header_len);
    memmove(end_of(out) + header_len, end_of(out) + HEADER_MAX, len);
    out->len += header_len + len;
    return VOUCH_OK;
}

static vouch_err encode_capabilities(CBB *cbb, const void *message)
{
    return vouch_capabilities_encode(cbb, message);
}

static vouch_err encode_request(CBB *cbb, const void *message)
{
    return vouch_request_message_encode(cbb, message);
}

static vouch_err encode_authenticator(CBB *cbb, const void *message)
{
    return vouch_authenticator_message_encode(cbb, message);
}

static vouch_err encode_outcome(CBB *cbb, const void *message)
{
    return vouch_outcome_message_encode(cbb, message);
}

static vouch_err encode_posture(CBB *cbb, const void *message)
{
    return vouch_posture_message_encode(cbb, message);
}

static vouch_err encode_command(CBB *cbb, const void *message)
{
    return vouch_command_message_encode(cbb, message);
}

static vouch_err encode_reply(CBB *cbb, const void *message)
{
    return vouch_reply_message_encode(cbb, message);
}

static size_t formats_len(const struct vouch_formats *formats)
{
    size_t len = 0;

    for (size_t i = 0; i < formats->num; i++) {
        len += 3 + formats->format[i].len;
    }
    return len;
}

static uint64_t own_flags(const vouch_session *s)
{
    const vouch_config *config = s->config;
    uint64_t flags = 0;

    flags |= vouch_config_requires_peer(config) ? VOUCH_FLAG_WILL_ASK : 0U;
    flags |= vouch_config_gates_data(config) ? VOUCH_FLAG_DATA_GATED : 0U;
    flags |= config->peer_first ? VOUCH_FLAG_YOU_FIRST : 0U;
    flags |= s->list_withheld ? VOUCH_FLAG_LIST_WITHHELD : 0U;
    flags |= config->asker != VOUCH_ASKER_NOBODY ? VOUCH_FLAG_EXECUTES : 0U;
    flags |= config->allow_key_bound ? VOUCH_FLAG_PASSPORTS : 0U;
    return flags;
}

vouch_err vouch_output_capabilities(vouch_session *s)
{
    const vouch_config *config = s->config;
    struct vouch_capabilities m = {
        .version = VOUCH_PROTOCOL_VERSION,
        .flags = own_flags(s),
        .max_capsule = VOUCH_LIMIT_CAPSULE,
        .max_evidence = VOUCH_LIMIT_CMW,
        .max_in_flight = VOUCH_LIMIT_IN_FLIGHT,
        .conn_check =
            vouch_channel_conn_check(vouch_endpoint_channel(s->endpoint)),
    };

    if (vouch_config_can_answer(config) && !s->list_withheld) {
        vouch_format_list_export(&config->produced,
                                 vouch_format_list_all(&config->produced),
                                 &m.produces);
    }
    if (vouch_config_can_ask(config)) {
        vouch_format_list_export(&config->appraised,
                                 vouch_format_list_all(&config->appraised),
                                 &m.appraises);
    }
    return put_message(s, VOUCH_CAPSULE_CAPABILITIES,
                       MESSAGE_OVERHEAD + formats_len(&m.produces) +
                           formats_len(&m.appraises),
                       encode_capabilities, &m);
}

/* design, Privacy order: what can be produced is said once the peer has
 * attested, and only then. */
vouch_err vouch_output_list_when_due(vouch_session *s)
{
    if (!s->list_withheld || !vouch_gate_accepted(s, s->now.mono_ms)) {
        return VOUCH_OK;
    }
    s->list_withheld = false;
    return vouch_output_capabilities(s);
}

size_t vouch_output_request_max(const vouch_session *s)
{
    struct vouch_formats all;

    vouch_format_list_export(&s->config->appraised,
                             vouch_format_list_all(&s->config->appraised),
                             &all);
    return MESSAGE_OVERHEAD + AUTHENTICATOR_REQUEST_MAX + formats_len(&all);
}

vouch_err vouch_output_request(vouch_session *s,
                               const struct vouch_request_message *m)
{
    return put_message(s, VOUCH_CAPSULE_REQUEST,
                       MESSAGE_OVERHEAD + m->request.len +
                           formats_len(&m->accepts) + m->operation.len +
                           m->nonce.len,
                       encode_request, m);
}

vouch_err vouch_output_authenticator(
    vouch_session *s, const struct vouch_authenticator_message *m)
{
    return put_message(s, VOUCH_CAPSULE_AUTHENTICATOR,
                       MESSAGE_OVERHEAD + m->authenticator.len,
                       encode_authenticator, m);
}

vouch_err vouch_output_outcome(vouch_session *s,
                               const struct vouch_outcome_message *m)
{
    return put_message(s, VOUCH_CAPSULE_OUTCOME, MESSAGE_OVERHEAD,
                       encode_outcome, m);
}

vouch_err vouch_output_posture(vouch_session *s,
                               const struct vouch_posture_message *m)
{
    return put_message(s, VOUCH_CAPSULE_POSTURE, MESSAGE_OVERHEAD,
                       encode_posture, m);
}

bool vouch_output_has_room_for_command(const vouch_session *s, size_t len)
{
    return fits(&s->out, MESSAGE_OVERHEAD + len);
}

vouch_err vouch_output_command(vouch_session *s,
                               const struct vouch_command_message *m)
{
    return put_message(s, VOUCH_CAPSULE_COMMAND,
                       MESSAGE_OVERHEAD + m->operation.len, encode_command, m);
}

vouch_err vouch_output_reply(vouch_session *s,
                             const struct vouch_reply_message *m)
{
    return put_message(s, VOUCH_CAPSULE_REPLY, MESSAGE_OVERHEAD + m->octets.len,
                       encode_reply, m);
}

/* How much data the next capsule carries at most. Where it can, a capsule ends
 * with its TLS record: sent in bulk, a record is full, and whoever reads it
 * gets whole capsules. */
static size_t data_room(const struct out_queue *out)
{
    size_t waiting = VOUCH_LIMIT_DATA_UNSENT - out->len;
    size_t record = RECORD_MAX - out->len % RECORD_MAX;

    record += record < SCRAP ? RECORD_MAX : 0;
    record = record < waiting ? record : waiting;
    record = record > DATA_HEADER ? record - DATA_HEADER : 0;
    return record < DATA_MAX ? record : DATA_MAX;
}

/* Room for `len` octets of data. Who sends a record's worth sends more. */
static vouch_err reserve_data(struct out_queue *out, size_t len)
{
    size_t waiting = VOUCH_LIMIT_DATA_UNSENT - out->len;
    size_t need = len + 2 * (size_t)DATA_HEADER;

    return reserve(out, len < RECORD_MAX && need < waiting ? need : waiting);
}

vouch_err vouch_output_data(vouch_session *s, vouch_bytes data, size_t *taken)
{
    struct out_queue *out = &s->out;
    size_t done = 0;
    vouch_err err = VOUCH_OK;

    if (data.len != 0 && out->len < VOUCH_LIMIT_DATA_UNSENT) {
        err = reserve_data(out, data.len);
    }
    while (err == VOUCH_OK && done < data.len &&
           out->len < VOUCH_LIMIT_DATA_UNSENT) {
        size_t len = data_room(out);

        if (len == 0) {
            break;
        }
        len = len < data.len - done ? len : data.len - done;
        out->len +=
            vouch_capsule_header_encode(VOUCH_CAPSULE_DATA, len, end_of(out));
        memcpy(end_of(out), data.data + done, len);
        out->len += len;
        done += len;
    }
    if (err == VOUCH_OK) {
        *taken = done;
    }
    return err;
}

/* CLOSE has its own place and needs no memory, so that it can be sent when
 * there is none. */
void vouch_output_close(vouch_session *s, enum vouch_close_code code)
{
    /* {1: code}, with a code of one octet */
    const uint8_t value[] = {0xa1, 0x01, (uint8_t)code};
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t len =
        vouch_capsule_header_encode(VOUCH_CAPSULE_CLOSE, sizeof value, header);

    _Static_assert(VOUCH_CLOSE_UNSUPPORTED_EXTENSION < 24, "one octet of CBOR");
    memcpy(s->closing, header, len);
    memcpy(s->closing + len, value, sizeof value);
    s->closing_len = (uint8_t)(len + sizeof value);
}

vouch_bytes vouch_session_outgoing(const vouch_session *s)
{
    if (vouch_session_is_forked(s)) {
        return (vouch_bytes){NULL, 0};
    }
    if (s->out.len != 0) {
        return (vouch_bytes){s->out.data + s->out.start, s->out.len};
    }
    return (vouch_bytes){s->closing + s->closing_sent,
                         (size_t)(s->closing_len - s->closing_sent)};
}

void vouch_session_sent(vouch_session *s, size_t len)
{
    struct out_queue *out = &s->out;

    if (out->len == 0) {
        size_t left = (size_t)(s->closing_len - s->closing_sent);

        s->closing_sent =
            (uint8_t)(s->closing_sent + (len < left ? len : left));
        return;
    }
    len = len < out->len ? len : out->len;
    out->start += len;
    out->len -= len;
    if (out->len == 0) {
        vouch_free(out->data);
        *out = (struct out_queue){0};
    }
}
