/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "proto/memory.h"

void vouch_event_node_free(struct event_node *node)
{
    if (node != NULL) {
        vouch_free(node->reason);
        vouch_free(node->audit);
        vouch_free(node);
    }
}

static void queue_append(struct event_queue *queue, struct event_node *node)
{
    if (queue->last != NULL) {
        queue->last->next = node;
    } else {
        queue->first = node;
    }
    queue->last = node;
    queue->num++;
    queue->octets += (uint32_t)node->len;
}

static struct event_node *queue_take(struct event_queue *queue)
{
    struct event_node *node = queue->first;

    if (node != NULL) {
        queue->first = node->next;
        queue->last = queue->first != NULL ? queue->last : NULL;
        queue->num--;
        queue->octets -= (uint32_t)node->len;
    }
    return node;
}

static void forget_taken(vouch_session *s)
{
    vouch_event_node_free(s->taken);
    s->taken = NULL;
}

void vouch_event_forget_all(vouch_session *s)
{
    struct event_node *node;

    forget_taken(s);
    while ((node = queue_take(&s->events)) != NULL) {
        vouch_event_node_free(node);
    }
}

bool vouch_event_has_room(const vouch_session *s)
{
    return s->events.num < VOUCH_LIMIT_EVENTS &&
           s->events.octets < VOUCH_LIMIT_DATA_WAITING;
}

vouch_err vouch_event_add(vouch_session *s, const vouch_event *event)
{
    struct event_node *node = vouch_alloc(sizeof *node);

    if (node == NULL) {
        return VOUCH_E_NOMEM;
    }
    node->event = *event;
    queue_append(&s->events, node);
    return VOUCH_OK;
}

struct event_node *vouch_event_reserve(void)
{
    struct event_node *node = vouch_alloc(sizeof *node);

    if (node != NULL) {
        node->reason = vouch_alloc(sizeof *node->reason);
        if (node->reason == NULL) {
            vouch_free(node);
            return NULL;
        }
    }
    return node;
}

static void append_end(vouch_session *s, struct event_node *node,
                       const vouch_event *event, const vouch_reason *reason)
{
    node->event = *event;
    if (reason != NULL) {
        *node->reason = *reason;
        node->event.u.refused.reason = node->reason;
    }
    queue_append(&s->events, node);
}

void vouch_event_add_reserved(vouch_session *s, struct exchange *x,
                              const vouch_event *event,
                              const vouch_reason *reason)
{
    append_end(s, x->operation->end, event, reason);
    x->operation->end = NULL;
}

vouch_err vouch_event_add_end(vouch_session *s, struct exchange *x,
                              const vouch_event *event,
                              const vouch_reason *reason)
{
    struct event_node *node;

    if (vouch_exchange_owes_an_end(x)) {
        vouch_event_add_reserved(s, x, event, reason);
        return VOUCH_OK;
    }
    node = vouch_event_reserve();
    if (node == NULL) {
        return VOUCH_E_NOMEM;
    }
    append_end(s, node, event, reason);
    return VOUCH_OK;
}

vouch_err vouch_event_add_audit(vouch_session *s, vouch_exchange exchange,
                                const vouch_audit *audit)
{
    struct event_node *node = vouch_alloc(sizeof *node);
    vouch_audit *record = vouch_alloc(sizeof *record);

    if (node == NULL || record == NULL) {
        vouch_free(node);
        vouch_free(record);
        return VOUCH_E_NOMEM;
    }
    *record = *audit;
    node->audit = record;
    node->event.type = VOUCH_EVENT_AUDIT;
    node->event.exchange = exchange;
    node->event.u.audit.record = record;
    queue_append(&s->events, node);
    return VOUCH_OK;
}

vouch_err vouch_event_add_needed(vouch_session *s, const vouch_event *event)
{
    struct event_node *node = s->events.first;

    while (node != NULL && (node->event.type != VOUCH_EVENT_EVIDENCE_NEEDED ||
                            node->event.exchange.id != event->exchange.id)) {
        node = node->next;
    }
    if (node == NULL) {
        return vouch_event_add(s, event);
    }
    node->event = *event;
    return VOUCH_OK;
}

static struct event_node *node_with_octets(const vouch_event *event,
                                           vouch_bytes octets)
{
    struct event_node *node = vouch_alloc_raw(sizeof *node + octets.len);

    if (node != NULL) {
        memset(node, 0, sizeof *node);
        node->event = *event;
        node->len = octets.len;
        if (octets.len != 0) {
            memcpy(node->octets, octets.data, octets.len);
        }
    }
    return node;
}

vouch_err vouch_event_add_octets(vouch_session *s, const vouch_event *event,
                                 vouch_bytes octets)
{
    struct event_node *node = node_with_octets(event, octets);
    vouch_bytes kept;

    if (node == NULL) {
        return VOUCH_E_NOMEM;
    }
    kept = (vouch_bytes){node->octets, octets.len};
    if (event->type == VOUCH_EVENT_COMMAND) {
        node->event.u.command.bytes = kept;
    } else {
        node->event.u.reply.bytes = kept;
    }
    queue_append(&s->events, node);
    return VOUCH_OK;
}

vouch_err vouch_event_add_data(vouch_session *s, vouch_bytes data, bool early)
{
    vouch_event event = {.type = VOUCH_EVENT_DATA};
    struct event_node *node = node_with_octets(&event, data);

    if (node == NULL) {
        return VOUCH_E_NOMEM;
    }
    node->event.u.data.bytes = (vouch_bytes){node->octets, data.len};
    node->event.u.data.pre_acceptance = early;
    queue_append(&s->events, node);
    return VOUCH_OK;
}

static bool has_failure(const vouch_session *s)
{
    return s->failure != VOUCH_OK && !s->failure_reported;
}

bool vouch_session_has_event(const vouch_session *s)
{
    return s->events.num != 0 || has_failure(s);
}

/* The FAILED event is made here and not queued: it needs no memory. */
static bool take_failure(vouch_session *s, vouch_event *out)
{
    if (!has_failure(s)) {
        return false;
    }
    s->failure_reported = true;
    *out = (vouch_event){.type = VOUCH_EVENT_FAILED};
    out->u.failed.err = s->failure;
    out->u.failed.code = s->close_code;
    return true;
}

bool vouch_session_poll(vouch_session *s, vouch_event *out)
{
    forget_taken(s);
    s->taken = queue_take(&s->events);
    if (s->taken == NULL) {
        return take_failure(s, out);
    }
    *out = s->taken->event;
    return true;
}

const char *vouch_event_name(vouch_event_type type)
{
    static const char *const names[] = {
        [VOUCH_EVENT_PEER] = "peer",
        [VOUCH_EVENT_EVIDENCE_NEEDED] = "evidence_needed",
        [VOUCH_EVENT_APPRAISAL_NEEDED] = "appraisal_needed",
        [VOUCH_EVENT_ACCEPTED] = "accepted",
        [VOUCH_EVENT_REFUSED] = "refused",
        [VOUCH_EVENT_EXPIRED] = "expired",
        [VOUCH_EVENT_CONFIRMED] = "confirmed",
        [VOUCH_EVENT_DENIED] = "denied",
        [VOUCH_EVENT_GATE] = "gate",
        [VOUCH_EVENT_DATA] = "data",
        [VOUCH_EVENT_DATA_DROPPED] = "data_dropped",
        [VOUCH_EVENT_POSTURE] = "posture",
        [VOUCH_EVENT_COMMAND] = "command",
        [VOUCH_EVENT_REPLY] = "reply",
        [VOUCH_EVENT_UNKNOWN] = "unknown",
        [VOUCH_EVENT_AUDIT] = "audit",
        [VOUCH_EVENT_DIFFERENT_CONNECTION] = "different_connection",
        [VOUCH_EVENT_POLICY_DEADLOCK] = "policy_deadlock",
        [VOUCH_EVENT_CLOSED] = "closed",
        [VOUCH_EVENT_FAILED] = "failed",
    };
    size_t i = (size_t)type;

    return i < sizeof names / sizeof names[0] && names[i] != NULL ? names[i]
                                                                  : "unknown";
}
