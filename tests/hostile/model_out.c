/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/model.h"

#include <stdlib.h>
#include <string.h>

/* What the side under test sends and tells. */

static bool is_operation(uint64_t id)
{
    return (id & ID_OPERATION) != 0;
}

/* Takes what was expected out of the list; NULL: it was not. */
static bool meets(struct expectations *list, uint64_t type, uint64_t id,
                  uint64_t detail)
{
    for (size_t i = 0; i < list->num; i++) {
        struct expected *one = &list->item[i];

        if (one->type == type && one->id == id &&
            (one->details == ANY_DETAIL || (one->details >> detail & 1) != 0)) {
            list->num--;
            memmove(one, one + 1, (list->num - i) * sizeof *one);
            return true;
        }
    }
    return false;
}

/* Capsules */

static uint64_t flags_of(const struct model *m)
{
    const struct setup *setup = m->setup;
    uint64_t flags = 0;

    flags |= m->requires_peer ? WIRE_WILL_ASK : 0U;
    flags |= setup->gate >= VOUCH_GATE_REQUIRE_PEER ? WIRE_DATA_GATED : 0U;
    flags |= setup->peer_first ? WIRE_YOU_FIRST : 0U;
    flags |= m->list_withheld ? WIRE_LIST_WITHHELD : 0U;
    flags |= setup->asker != VOUCH_ASKER_NOBODY ? WIRE_EXECUTES : 0U;
    flags |= setup->key_bound ? WIRE_PASSPORTS : 0U;
    return flags;
}

static void capabilities_sent(struct model *m, const struct message *message)
{
    unsigned produces = m->setup->has_credential ? m->setup->produced : 0;

    MODEL_CHECK(m, PROPERTY_OUTPUT, meets(&m->outputs, WIRE_CAPABILITIES, 0, 0),
                "CAPABILITIES that are not due");
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                message->version == 1 && message->flags == flags_of(m) &&
                    model_formats_of(&message->produces, ~0U) ==
                        (m->list_withheld ? 0 : produces),
                "CAPABILITIES with flags %llu",
                (unsigned long long)message->flags);
}

static struct own *add_own(struct model *m)
{
    if (m->num_own == m->own_room) {
        m->own_room = 2 * m->own_room + 16;
        m->own = realloc(m->own, m->own_room * sizeof *m->own);
        if (m->own == NULL) {
            abort();
        }
    }
    m->own[m->num_own] = (struct own){.id = 0};
    return &m->own[m->num_own++];
}

static bool asks_by_itself(const struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        if (m->own[i].automatic && m->own[i].state < OWN_ACCEPTED) {
            return true;
        }
    }
    return false;
}

static void check_request(struct model *m, const struct message *message,
                          bool called)
{
    uint64_t most = m->peer.max_in_flight < 4 ? m->peer.max_in_flight : 4;
    uint64_t limit = !m->had_peer && (most == 0 || !m->has_peer) ? 1 : most;
    struct ea_request request =
        ea_get_request(message->request, m->setup->role == VOUCH_SERVER);
    uint64_t id = 0;

    for (size_t i = 0; i < 8 && i < request.context.len; i++) {
        id = id << 8 | request.context.data[i];
    }
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                (message->id & ID_COUNTER) == m->num_own + 1 &&
                    ((message->id & ID_SERVER) != 0) ==
                        (m->setup->role == VOUCH_SERVER) &&
                    message->has_operation == is_operation(message->id) &&
                    message->has_nonce == ((message->id & ID_NONCE) != 0),
                "REQUEST with id %llx", (unsigned long long)message->id);
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                request.verdict == WIRE_GOOD && request.attestation &&
                    request.suits && id == message->id,
                "an authenticator request that is not right");
    MODEL_CHECK(m, PROPERTY_OUTPUT, model_own_in_flight(m) < limit,
                "%zu requests in flight, and one more", model_own_in_flight(m));
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                (model_is_up(m) || m->was_up) && !m->different &&
                    m->setup->has_trust,
                "a REQUEST when nothing may be asked");
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                called || (m->requires_peer && !asks_by_itself(m) &&
                           !message->has_operation && !message->has_nonce),
                "a REQUEST that nobody asked for");
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                message->within_ms == m->setup->answer_within,
                "a REQUEST with another time");
}

static void request_sent(struct model *m, const struct message *message)
{
    bool called = m->call_asks && message->id == m->call_id;
    struct own *x;

    check_request(m, message, called);
    x = add_own(m);
    x->id = message->id;
    x->state = OWN_WAITING;
    x->asked = m->now.mono_ms;
    x->deadline = m->now.mono_ms + m->setup->answer_within;
    x->automatic = !called;
    x->accepts = model_formats_of(&message->accepts, ~0U);
    ink_span(&x->request, message->request);
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                x->accepts != 0 &&
                    (x->accepts & ~(m->had_peer ? m->peer_produces
                                                : m->setup->appraised)) == 0,
                "a REQUEST for formats that cannot be had");
    if (called) {
        x->within = m->call_within;
        memcpy(x->digest, m->call_digest, 32);
        MODEL_CHECK(m, PROPERTY_OUTPUT,
                    message->has_operation == m->call_operation &&
                        message->has_nonce == m->call_nonce &&
                        (!m->call_operation || memcmp(message->operation.data,
                                                      m->call_digest, 32) == 0),
                    "a REQUEST that is not what was asked for");
        m->call_asks = false;
    }
    m->books.requests_sent++;
    if (m->peer_closed || model_ended(m)) { /* and then the session ended */
        model_refused(m, x, VOUCH_INDETERMINATE);
    }
}

static void authenticator_sent(struct model *m, const struct message *message)
{
    struct theirs *x = model_theirs(m, message->id);
    struct span cmw;

    MODEL_CHECK(m, PROPERTY_OUTPUT,
                meets(&m->outputs, WIRE_AUTHENTICATOR, message->id,
                      message->has_reason ? message->reason & 31 : 32),
                "AUTHENTICATOR for %llx with reason %llu",
                (unsigned long long)message->id,
                (unsigned long long)message->reason);
    if (x == NULL) {
        return;
    }
    MODEL_CHECK(m, PROPERTY_BINDER,
                ea_check_answer(m->connection, m->setup->role == VOUCH_SERVER,
                                ink_all(&x->request), message->authenticator,
                                &cmw) &&
                    (cmw.len == 0) == message->has_reason,
                "an authenticator that does not verify");
}

static void outcome_sent(struct model *m, const struct message *message)
{
    const struct own *x = model_own(m, message->id);

    MODEL_CHECK(m, PROPERTY_OUTPUT,
                meets(&m->outputs, WIRE_OUTCOME, message->id,
                      message->verdict * 8 + (message->reason & 7)),
                "OUTCOME for %llx: verdict %llu, reason %llu",
                (unsigned long long)message->id,
                (unsigned long long)message->verdict,
                (unsigned long long)message->reason);
    if (x != NULL && x->state == OWN_ACCEPTED && message->has_hold) {
        MODEL_CHECK(m, PROPERTY_OUTPUT,
                    message->hold_ms == x->deadline - x->answered,
                    "OUTCOME with a hold of %llu, and not %llu",
                    (unsigned long long)message->hold_ms,
                    (unsigned long long)(x->deadline - x->answered));
    }
}

static void data_sent(struct model *m, const struct message *message)
{
    for (size_t i = 0; i < message->octets.len; i++) {
        MODEL_CHECK(m, PROPERTY_DATA,
                    message->octets.data[i] ==
                        model_data_octet(m->data_out + i),
                    "DATA that is not what was sent");
    }
    m->data_out += message->octets.len;
    MODEL_CHECK(m, PROPERTY_DATA,
                m->data_out <= m->data_promised && message->octets.len != 0,
                "more DATA than was sent");
}

static void close_sent(struct model *m, const struct message *message)
{
    m->close_out = true;
    MODEL_CHECK(m, PROPERTY_OUTPUT,
                m->closed && (m->close_codes == ANY_DETAIL ||
                              (m->close_codes >> message->code & 1) != 0),
                "CLOSE %llu, and the codes may be %llx",
                (unsigned long long)message->code,
                (unsigned long long)(m->closed ? m->close_codes : 0));
}

static void capsule_sent(struct model *m, const struct message *message)
{
    MODEL_CHECK(m, PROPERTY_OUTPUT, !m->close_out, "a capsule behind CLOSE");
    switch (message->type) {
    case WIRE_DATA:
        data_sent(m, message);
        break;
    case WIRE_CAPABILITIES:
        capabilities_sent(m, message);
        break;
    case WIRE_REQUEST:
        request_sent(m, message);
        break;
    case WIRE_AUTHENTICATOR:
        authenticator_sent(m, message);
        break;
    case WIRE_OUTCOME:
        outcome_sent(m, message);
        break;
    case WIRE_POSTURE:
        MODEL_CHECK(m, PROPERTY_OUTPUT,
                    meets(&m->outputs, WIRE_POSTURE, 0, 0) &&
                        message->epoch == m->epoch,
                    "POSTURE %llu", (unsigned long long)message->epoch);
        break;
    case WIRE_COMMAND:
        MODEL_CHECK(m, PROPERTY_COMMANDS,
                    meets(&m->outputs, WIRE_COMMAND, message->id, 0),
                    "a COMMAND for %llx", (unsigned long long)message->id);
        break;
    case WIRE_REPLY:
        MODEL_CHECK(
            m, PROPERTY_COMMANDS,
            meets(&m->outputs, WIRE_REPLY, message->id,
                  message->status + (message->posture_changed ? 16 : 0)),
            "REPLY for %llx with status %llu", (unsigned long long)message->id,
            (unsigned long long)message->status);
        break;
    case WIRE_CLOSE:
    default:
        close_sent(m, message);
        break;
    }
}

void model_output(struct model *m, struct span octets)
{
    struct message message;
    uint64_t type, length;
    size_t head;

    m->unsent += octets.len;
    ink_span(&m->output, octets);
    while ((head = wire_get_head(ink_all(&m->output), &type, &length)) != 0 &&
           m->output.len - head >= length) {
        struct span value = {m->output.data + head, (size_t)length};
        bool good = type >= WIRE_DATA && type < WIRE_DATA + WIRE_TYPES &&
                    wire_get_value(type, value, &message) == WIRE_GOOD;

        MODEL_CHECK(m, PROPERTY_OUTPUT, good, "a capsule of type %llx",
                    (unsigned long long)type);
        if (good && !m->dead) {
            capsule_sent(m, &message);
        }
        ink_cut(&m->output, head + (size_t)length);
    }
}

void model_output_done(struct model *m)
{
    if (m->dead) {
        return;
    }
    MODEL_CHECK(m, PROPERTY_OUTPUT, m->output.len == 0,
                "%zu octets that are no capsule", m->output.len);
    MODEL_CHECK(m, PROPERTY_OUTPUT, !m->call_asks,
                "a request that was not sent");
    if (m->outputs.num != 0) {
        const struct expected *first = &m->outputs.item[0];

        model_found(m,
                    first->type == WIRE_REPLY || first->type == WIRE_COMMAND
                        ? PROPERTY_COMMANDS
                        : PROPERTY_OUTPUT,
                    "capsule %llx for %llx was not sent (details %llx)",
                    (unsigned long long)first->type,
                    (unsigned long long)first->id,
                    (unsigned long long)first->details);
    }
    m->outputs.num = 0;
}

/* Events */

/* The next run that is due; those that were lost before it make a hole. */
static struct run *next_run(struct model *m)
{
    struct runs *runs = &m->runs;

    while (runs->first < runs->num && runs->item[runs->first].kind != RUN_DUE) {
        m->hole = m->hole || runs->item[runs->first].kind == RUN_LOST;
        runs->first++;
    }
    if (runs->first == runs->num) {
        runs->first = runs->num = 0;
        return NULL;
    }
    return &runs->item[runs->first];
}

static void data_event(struct model *m, const vouch_event *event)
{
    vouch_bytes bytes = event->u.data.bytes;
    size_t done = 0;

    while (done < bytes.len) {
        struct run *run = next_run(m);

        if (run == NULL) {
            model_found(m, PROPERTY_DATA, "%zu octets that are not due",
                        bytes.len - done);
            return;
        }
        MODEL_CHECK(m, PROPERTY_DATA, !m->hole,
                    "octets from %llu on are delivered after a hole",
                    (unsigned long long)run->start);
        MODEL_CHECK(m, PROPERTY_DATA,
                    run->early == event->u.data.pre_acceptance,
                    "octets from %llu on are%s from before the acceptance",
                    (unsigned long long)run->start, run->early ? "" : " not");
        while (done < bytes.len && run->len != 0) {
            if (bytes.data[done] != model_data_octet(run->start)) {
                model_found(m, PROPERTY_DATA, "octet %llu is another",
                            (unsigned long long)run->start);
                return;
            }
            done++;
            run->start++;
            run->len--;
        }
        if (run->len == 0) {
            m->runs.first++;
        }
    }
}

static uint64_t detail_of(const vouch_event *event)
{
    switch ((int)event->type) {
    case VOUCH_EVENT_ACCEPTED:
        return event->u.accepted.level;
    case VOUCH_EVENT_REFUSED:
        return event->u.refused.verdict;
    case VOUCH_EVENT_EXPIRED:
        return event->u.expired.cause;
    case VOUCH_EVENT_DENIED:
        return event->u.denied.reason;
    case VOUCH_EVENT_REPLY:
        return event->u.reply.status;
    case VOUCH_EVENT_FAILED:
        return event->u.failed.code;
    default:
        return 0;
    }
}

static void gate_event(struct model *m, bool open)
{
    MODEL_CHECK(m, PROPERTY_GATE, open != m->gate_told,
                "GATE %s, and it was so before", open ? "open" : "shut");
    m->gate_told = open;
}

static enum property property_of(vouch_event_type type)
{
    switch ((int)type) {
    case VOUCH_EVENT_COMMAND:
    case VOUCH_EVENT_REPLY:
    case VOUCH_EVENT_UNKNOWN:
        return PROPERTY_COMMANDS;
    case VOUCH_EVENT_DATA_DROPPED:
        return PROPERTY_DATA;
    default:
        return PROPERTY_ENDED;
    }
}

void model_event(struct model *m, const vouch_event *event)
{
    if (m->dead) {
        m->failed_event = m->failed_event || event->type == VOUCH_EVENT_FAILED;
        return;
    }
    if (event->type == VOUCH_EVENT_GATE) {
        gate_event(m, event->u.gate.open);
    } else if (event->type == VOUCH_EVENT_DATA) {
        data_event(m, event);
    } else if (event->type == VOUCH_EVENT_DATA_DROPPED &&
               event->u.dropped.octets == 0) {
        meets(&m->events, event->type, 0, 0);
    } else {
        MODEL_CHECK(m, property_of(event->type),
                    meets(&m->events, event->type, event->exchange.id,
                          detail_of(event)),
                    "event %s for %llx (%llu) is not due",
                    vouch_event_name(event->type),
                    (unsigned long long)event->exchange.id,
                    (unsigned long long)detail_of(event));
    }
    if (event->type == VOUCH_EVENT_ACCEPTED) {
        const struct own *x = model_own(m, event->exchange.id);

        MODEL_CHECK(m, PROPERTY_ENDED,
                    x == NULL || x->state != OWN_ACCEPTED ||
                        x->deadline == event->u.accepted.until,
                    "accepted until %llu, and not %llu",
                    (unsigned long long)event->u.accepted.until,
                    (unsigned long long)(x != NULL ? x->deadline : 0));
    }
}

void model_no_more_events(struct model *m)
{
    if (m->dead) {
        return;
    }
    for (size_t i = 0; i < m->events.num; i++) {
        const struct expected *one = &m->events.item[i];

        MODEL_CHECK(m, property_of((vouch_event_type)one->type), one->optional,
                    "event %s for %llx was not told",
                    vouch_event_name((vouch_event_type)one->type),
                    (unsigned long long)one->id);
    }
    m->events.num = 0;
    MODEL_CHECK(m, PROPERTY_DATA, next_run(m) == NULL,
                "octets that were taken are not delivered");
    MODEL_CHECK(m, PROPERTY_GATE, m->gate_told == m->gate,
                "the gate is %s, and GATE said %s", m->gate ? "open" : "shut",
                m->gate_told ? "open" : "shut");
}
