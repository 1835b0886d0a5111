/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/end.h"

#include <string.h>

#include "tools/soak/data.h"

enum { REPLY_OCTETS = 64, WITHIN_MS = 15000 };

/* What operation number `number` of a side consists of. */
static vouch_bytes make_operation(const struct end *end, uint64_t number,
                                  uint8_t *out)
{
    const struct plan *plan = &end->connection->plan;
    uint64_t draw = plan_draw(plan, end->side, FOR_OPERATION, number);
    size_t len = draw % 32 == 0 ? VOUCH_LIMIT_OPERATION : (draw >> 8) % 2048;

    data_fill(draw, 0, out, len);
    return (vouch_bytes){out, len};
}

/* What it gives, when it is done. */
static vouch_bytes make_reply(const struct end *asker, uint64_t number,
                              uint8_t out[REPLY_OCTETS])
{
    data_fill(plan_draw(&asker->connection->plan, asker->side, FOR_REPLY,
                        number + ((uint64_t)1 << 40)),
              0, out, REPLY_OCTETS);
    return (vouch_bytes){out, REPLY_OCTETS};
}

bool end_ask_operation(struct end *end)
{
    uint8_t octets[VOUCH_LIMIT_OPERATION];
    vouch_exchange exchange;
    struct asked *asked;
    vouch_bytes operation;
    vouch_err err;

    operation = make_operation(end, end->operations, octets);
    err =
        vouch_session_request_operation(end->session, operation, WITHIN_MS,
                                        end->connection->world->now, &exchange);
    end_note(end, "ask for an operation", 0, (uint64_t)err);
    if (err == VOUCH_E_STATE || err == VOUCH_E_TOO_MANY ||
        err == VOUCH_E_CLOSED) {
        return false;
    }
    if (err != VOUCH_OK) {
        found(end, "a request for an operation", vouch_err_name(err));
    }
    asked = account_asked(&end->account, exchange.id);
    if (asked == NULL || asked->operation != 0) {
        found(end, "a request for an operation", "its id was used before");
    }
    asked->operation = ++end->operations;
    end->last = exchange;
    return true;
}

void end_command(struct end *end, vouch_exchange exchange)
{
    struct asked *asked = account_asked(&end->account, exchange.id);
    uint8_t octets[VOUCH_LIMIT_OPERATION + 1];
    vouch_now now = end->connection->world->now;
    vouch_bytes operation, other;
    vouch_err err;

    if (asked == NULL || asked->operation == 0) {
        found(end, "an operation was approved", "but none was asked for");
    }
    operation = make_operation(end, asked->operation - 1, octets);
    octets[operation.len] = 0;
    other = (vouch_bytes){octets, operation.len + 1};
    err = vouch_session_command(end->session, exchange, other, now);
    if (err == VOUCH_OK) {
        found(end, "a command", "another one was taken than was approved");
    }
    err = vouch_session_command(end->session, exchange, operation, now);
    end_note(end, "command", exchange.id, (uint64_t)err);
    if (err == VOUCH_OK) {
        asked->state = ASKED_COMMANDED;
        end->account.commanded++;
    } else if (err != VOUCH_E_GATE && err != VOUCH_E_CLOSED &&
               err != VOUCH_E_TOO_LARGE) {
        found(end, "a command", vouch_err_name(err));
    }
}

/* The entry of the side that asked. */
static struct asked *asked_by_peer(struct end *end, uint64_t id)
{
    struct asked *asked = end_peer_is_vouch(end)
                              ? account_asked(&end_other(end)->account, id)
                              : NULL;

    if (end_peer_is_vouch(end) && (asked == NULL || asked->operation == 0)) {
        found(end, "a command", "the peer asked for no such operation");
    }
    return asked;
}

void end_check_command(struct end *end, const vouch_event *event)
{
    const struct asked *asked = asked_by_peer(end, event->exchange.id);
    uint8_t octets[VOUCH_LIMIT_OPERATION];
    vouch_bytes operation = event->u.command.bytes, right;

    if (asked != NULL) {
        right = make_operation(end_other(end), asked->operation - 1, octets);
        if (right.len != operation.len ||
            memcmp(octets, operation.data, right.len) != 0) {
            found(end, "a command", "it is not the one that was approved");
        }
    }
}

void end_take(struct end *end, vouch_exchange exchange)
{
    struct answering *answering = account_answering(&end->account, exchange.id);
    struct asked *asked = asked_by_peer(end, exchange.id);
    vouch_err err =
        vouch_session_take(end->session, exchange, end->connection->world->now);

    end_note(end, "take", exchange.id, (uint64_t)err);
    if (err == VOUCH_E_HANDLE || err == VOUCH_E_CLOSED) {
        if (answering != NULL && answering->state == ANSWERING_OFFERED) {
            answering->state = ANSWERING_CONFIRMED; /* DENIED may follow */
        }
        return;
    }
    if (err != VOUCH_OK || answering == NULL ||
        answering->state != ANSWERING_OFFERED) {
        found(end, "a command was taken", vouch_err_name(err));
    }
    answering->state = ANSWERING_RUNNING;
    end->account.taken++;
    if (asked != NULL && ++asked->executed > 1) {
        found(end, "a command", "it is executed a second time");
    }
}

/* Nothing but the end of the session ends a command that runs. */
static bool is_ending(const struct end *end)
{
    return end->closing || end->account.closed ||
           vouch_session_ended(end->session);
}

void end_reply(struct end *end, vouch_exchange exchange)
{
    const struct plan *plan = &end->connection->plan;
    struct answering *answering = account_answering(&end->account, exchange.id);
    struct asked *asked = asked_by_peer(end, exchange.id);
    uint8_t octets[REPLY_OCTETS];
    vouch_bytes reply = {octets, 0};
    bool fails = plan_below(plan, end->side, FOR_REPLY, exchange.id, 8) == 0;
    vouch_err err;

    if (answering == NULL || answering->state != ANSWERING_RUNNING) {
        return; /* it was not taken, or has ended with the session */
    }
    if (asked != NULL && !fails) {
        reply = make_reply(end_other(end), asked->operation - 1, octets);
    }
    err = vouch_session_reply(end->session, exchange,
                              fails ? VOUCH_STATUS_FAILED : VOUCH_STATUS_DONE,
                              reply, end->connection->world->now);
    end_note(end, "reply", exchange.id, (uint64_t)err);
    if (err == VOUCH_OK) {
        answering->state = ANSWERING_OVER;
    } else if ((err != VOUCH_E_HANDLE && err != VOUCH_E_CLOSED) ||
               !is_ending(end)) {
        found(end, "a reply", vouch_err_name(err));
    }
}

static bool is_its_reply(struct end *end, const struct asked *asked,
                         vouch_bytes octets)
{
    uint8_t right[REPLY_OCTETS];

    make_reply(end, asked->operation - 1, right);
    return octets.len == sizeof right &&
           memcmp(octets.data, right, sizeof right) == 0;
}

/* What the asker is told is what the executor did. */
static void check_reply(struct end *end, const struct asked *asked,
                        const vouch_event *event)
{
    vouch_status status = event->u.reply.status;
    bool done = status == VOUCH_STATUS_DONE || status == VOUCH_STATUS_FAILED;

    if (done != (asked->executed == 1)) {
        found(end, "REPLY",
              done ? "of a command that was not executed"
                   : "says that an executed command was not");
    }
    if (status == VOUCH_STATUS_DONE &&
        !is_its_reply(end, asked, event->u.reply.bytes)) {
        found(end, "REPLY", "of other octets");
    }
}

void end_check_operation_end(struct end *end, const vouch_event *event)
{
    const struct asked *asked =
        account_asked(&end->account, event->exchange.id);

    if (asked == NULL || asked->operation == 0 || !end_peer_is_vouch(end)) {
        return;
    }
    if (event->type == VOUCH_EVENT_REPLY) {
        check_reply(end, asked, event);
    } else if (event->type == VOUCH_EVENT_REFUSED && asked->executed != 0) {
        found(end, "REFUSED", "but the command was executed");
    } else if (event->type == VOUCH_EVENT_UNKNOWN &&
               end->connection->plan.kind == HONEST &&
               !end->connection->disturbed && !end->connection->ending &&
               !is_ending(end)) {
        found(end, "UNKNOWN", "but nothing kept the reply away");
    }
}
