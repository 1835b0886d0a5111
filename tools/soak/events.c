/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/end.h"

/* What of an event says the most about it. */
static uint64_t number_of(const vouch_event *event)
{
    switch (event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        return event->exchange.epoch;
    case VOUCH_EVENT_REFUSED:
        return (uint64_t)event->u.refused.verdict;
    case VOUCH_EVENT_EXPIRED:
        return (uint64_t)event->u.expired.cause;
    case VOUCH_EVENT_DENIED:
        return (uint64_t)event->u.denied.reason;
    case VOUCH_EVENT_GATE:
        return event->u.gate.open;
    case VOUCH_EVENT_DATA:
        return event->u.data.bytes.len;
    case VOUCH_EVENT_DATA_DROPPED:
        return event->u.dropped.octets;
    case VOUCH_EVENT_POSTURE:
        return event->u.posture.epoch;
    case VOUCH_EVENT_REPLY:
        return (uint64_t)event->u.reply.status;
    case VOUCH_EVENT_CLOSED:
        return event->u.closed.code;
    case VOUCH_EVENT_FAILED:
        return (uint64_t)event->u.failed.err;
    case VOUCH_EVENT_PEER:
    case VOUCH_EVENT_APPRAISAL_NEEDED:
    case VOUCH_EVENT_ACCEPTED:
    case VOUCH_EVENT_CONFIRMED:
    case VOUCH_EVENT_COMMAND:
    case VOUCH_EVENT_UNKNOWN:
    case VOUCH_EVENT_AUDIT:
    case VOUCH_EVENT_DIFFERENT_CONNECTION:
    case VOUCH_EVENT_POLICY_DEADLOCK:
    default:
        return 0;
    }
}

/* Nothing else in the plan ends a session with an error. */
static void check_failed(struct end *end)
{
    struct connection *c = end->connection;
    bool lost = plan_may_lose(&c->plan, end->side) &&
                (end->account.failure == VOUCH_E_DATA_LOST ||
                 end->account.failure == VOUCH_E_UNEXPECTED);

    if (!c->disturbed && end_peer_is_vouch(end) && !lost) {
        found(end, "FAILED, but nothing disturbed the connection",
              vouch_err_name(end->account.failure));
    }
    c->disturbed = true;
}

static void check_closed(struct end *end)
{
    struct connection *c = end->connection;

    if (end->account.closed_code == 0) {
        return;
    }
    if (c->plan.kind == HONEST && !c->disturbed) {
        found(end, "CLOSED", "with a code, but nothing disturbed it");
    }
    c->disturbed = true;
}

static void check_dropped(struct end *end)
{
    if (end_peer_is_vouch(end) &&
        !plan_may_lose(&end->connection->plan, end->side)) {
        found(end, "DATA_DROPPED", "the plan gave no reason for it");
    }
}

static void check_posture(struct end *end, const vouch_event *event)
{
    if (end_peer_is_vouch(end) &&
        event->u.posture.epoch > end_other(end)->posture) {
        found(end, "POSTURE", "of an epoch that the peer has not reached");
    }
}

static void check_no_event(struct end *end, const vouch_event *event)
{
    enum kind kind = end->connection->plan.kind;

    if ((event->type == VOUCH_EVENT_POLICY_DEADLOCK && kind != DEADLOCK &&
         kind != HOSTILE) ||
        (event->type == VOUCH_EVENT_DIFFERENT_CONNECTION && kind != HOSTILE)) {
        found(end, "the plan gave no reason for it",
              vouch_event_name(event->type));
    }
}

static void handle(struct end *end, const vouch_event *event)
{
    switch (event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
    case VOUCH_EVENT_APPRAISAL_NEEDED:
    case VOUCH_EVENT_ACCEPTED:
        end_answer(end, event);
        break;
    case VOUCH_EVENT_COMMAND:
        end_check_command(end, event);
        end_answer(end, event);
        break;
    case VOUCH_EVENT_REFUSED:
    case VOUCH_EVENT_REPLY:
    case VOUCH_EVENT_UNKNOWN:
        end_check_operation_end(end, event);
        break;
    case VOUCH_EVENT_DATA:
        end_check_data(end, event);
        break;
    case VOUCH_EVENT_DATA_DROPPED:
        check_dropped(end);
        break;
    case VOUCH_EVENT_POSTURE:
        check_posture(end, event);
        break;
    case VOUCH_EVENT_CLOSED:
        check_closed(end);
        break;
    case VOUCH_EVENT_FAILED:
        check_failed(end);
        break;
    case VOUCH_EVENT_PEER:
    case VOUCH_EVENT_EXPIRED:
    case VOUCH_EVENT_CONFIRMED:
    case VOUCH_EVENT_DENIED:
    case VOUCH_EVENT_GATE:
    case VOUCH_EVENT_AUDIT:
    case VOUCH_EVENT_DIFFERENT_CONNECTION:
    case VOUCH_EVENT_POLICY_DEADLOCK:
    default:
        check_no_event(end, event);
    }
}

void end_poll(struct end *end)
{
    vouch_event event;
    const char *wrong;

    while (vouch_session_poll(end->session, &event)) {
        end_note(end, vouch_event_name(event.type), event.exchange.id,
                 number_of(&event));
        wrong = account_enter(&end->account, &event);
        if (wrong != NULL) {
            found(end, vouch_event_name(event.type), wrong);
        }
        handle(end, &event);
    }
}
