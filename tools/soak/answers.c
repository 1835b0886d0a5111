/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/end.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>

enum { LATE_MS = 700 };

static uint64_t counter_of(vouch_exchange exchange)
{
    return exchange.id & (((uint64_t)1 << 61) - 1);
}

static void put_off(struct end *end, enum later_what what,
                    vouch_exchange exchange, uint64_t ms)
{
    if (end->num_later == LATER_MAX) {
        found(end, "too much is put off", "more than can be under way");
    }
    end->later[end->num_later++] = (struct later){
        what, exchange, end->connection->world->now.mono_ms + ms};
}

static uint64_t late_ms(const struct end *end, enum purpose purpose,
                        vouch_exchange exchange)
{
    return 1 + plan_below(&end->connection->plan, end->side, purpose,
                          counter_of(exchange) + ((uint64_t)1 << 32), LATE_MS);
}

/* Evidence */

/* The application's own: marker, epoch, binder. */
static vouch_err provide_own(struct end *end, vouch_exchange exchange,
                             const vouch_evidence_info *info, bool good)
{
    uint8_t value[9 + VOUCH_HASH_MAX] = {good ? 1 : 2};
    vouch_buffer cmw;
    vouch_err err;

    for (size_t i = 0; i < 8; i++) {
        value[1 + i] = (uint8_t)(info->epoch >> (56 - 8 * i));
    }
    memcpy(&value[9], info->binder.data, info->binder.len);
    need_ok(vouch_cmw_record(SOAK_FORMAT,
                             (vouch_bytes){value, 9 + info->binder.len},
                             VOUCH_CMW_EVIDENCE, &cmw),
            "make evidence");
    err = vouch_session_provide(end->session, exchange,
                                (vouch_bytes){cmw.data, cmw.len},
                                end->connection->world->now);
    vouch_buffer_free(&cmw);
    return err;
}

/* Evidence of the other host is wrong: its key is no anchor of this one. */
static vouch_err provide(struct end *end, vouch_exchange exchange, bool good)
{
    struct world *world = end->connection->world;
    const struct host *host =
        world_host(world, good ? end->side : (enum side)(1 - end->side));
    vouch_evidence_info info;
    vouch_err err = vouch_session_evidence_info(end->session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    if (info.format.len == strlen(SOAK_FORMAT) &&
        memcmp(info.format.data, SOAK_FORMAT, info.format.len) == 0) {
        return provide_own(end, exchange, &info, good);
    }
    return vouch_attester_answer(host->attester, end->session, exchange,
                                 world->now);
}

static vouch_err answer_request(struct end *end, vouch_exchange exchange,
                                enum answer answer)
{
    vouch_now now = end->connection->world->now;

    switch (answer) {
    case ANSWER_DECLINE:
        return vouch_session_decline(end->session, exchange, VOUCH_PEER_POLICY,
                                     now);
    case ANSWER_BUSY:
        return vouch_session_busy(end->session, exchange, 200, now);
    case ANSWER_WRONG:
        return provide(end, exchange, false);
    case ANSWER_GOOD:
    case ANSWER_LATE:
    case ANSWER_NEVER:
    case ANSWER_UNSURE:
    default:
        return provide(end, exchange, true);
    }
}

/* By the session's own counters, whatever the call returned. */
static void enter_answer(struct end *end, vouch_exchange exchange,
                         const vouch_stats *before)
{
    struct answering *answering = account_answering(&end->account, exchange.id);
    vouch_stats after;

    vouch_session_stats(end->session, &after);
    if (answering == NULL ||
        (after.answered == before->answered &&
         after.requests_declined == before->requests_declined)) {
        return;
    }
    if (answering->state != ANSWERING_PRODUCING ||
        answering->epoch != exchange.epoch) {
        found(end, "an answer was taken", "but none was asked for");
    }
    answering->state = after.answered != before->answered ? ANSWERING_ANSWERED
                                                          : ANSWERING_DECLINED;
}

static void attest(struct end *end, vouch_exchange exchange, enum answer answer)
{
    vouch_stats before;
    vouch_err err;

    vouch_session_stats(end->session, &before);
    err = answer_request(end, exchange, answer);
    end_note(end, "answer", exchange.id, (uint64_t)err);
    /* GATE: the peer was to attest first, and is not accepted any more */
    if (err != VOUCH_OK && err != VOUCH_E_HANDLE && err != VOUCH_E_GATE) {
        found(end, "an answer to a request", vouch_err_name(err));
    }
    enter_answer(end, exchange, &before);
}

/* Appraisal */

static bool holds(vouch_bytes in, const uint8_t *octets, size_t len)
{
    return memmem(in.data, in.len, octets, len) != NULL;
}

/* Finds in the evidence what the session must see, as an appraiser does. */
static bool read_own(vouch_bytes cmw, const vouch_appraisal_info *info,
                     vouch_result *result)
{
    size_t len = 9 + info->binder.len;
    const uint8_t *value = cmw.data;

    if (cmw.len < len ||
        !holds(cmw, (const uint8_t *)SOAK_FORMAT, strlen(SOAK_FORMAT))) {
        return false;
    }
    /* the record is [type, value, 4]: the value stands last but for one */
    value += cmw.len - 1 - len;
    if (memcmp(&value[9], info->binder.data, info->binder.len) != 0) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        result->epoch = result->epoch << 8 | value[1 + i];
    }
    result->has_epoch = true;
    result->verdict = value[0] == 1 ? VOUCH_ACCEPTED : VOUCH_REJECTED;
    return true;
}

static vouch_err conclude(struct end *end, vouch_exchange exchange)
{
    vouch_now now = end->connection->world->now;
    vouch_result result = {.level = VOUCH_LEVEL_BOUND, .not_after = INT64_MAX};
    vouch_appraisal_info info;
    vouch_err err = vouch_session_appraisal_info(end->session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!read_own(info.cmw, &info, &result)) {
        return vouch_appraiser_answer(
            world_host(end->connection->world, end->side)->appraiser,
            end->session, exchange, now);
    }
    result.binder = info.binder;
    result.aik_pub_hash = info.aik_pub_hash;
    return vouch_session_conclude(end->session, exchange, &result, now);
}

static void appraise(struct end *end, vouch_exchange exchange,
                     enum answer answer)
{
    const vouch_result unsure = {.verdict = VOUCH_INDETERMINATE,
                                 .level = VOUCH_LEVEL_BOUND};
    vouch_result wrong = {.verdict = VOUCH_ACCEPTED,
                          .level = VOUCH_LEVEL_BOUND,
                          .not_after = INT64_MAX}; /* without a binder */
    vouch_now now = end->connection->world->now;
    vouch_err err;

    if (answer == ANSWER_UNSURE || answer == ANSWER_WRONG) {
        err = vouch_session_conclude(end->session, exchange,
                                     answer == ANSWER_UNSURE ? &unsure : &wrong,
                                     now);
    } else {
        err = conclude(end, exchange);
    }
    end_note(end, "verdict", exchange.id, (uint64_t)err);
    if (err != VOUCH_OK && err != VOUCH_E_HANDLE) {
        found(end, "a verdict", vouch_err_name(err));
    }
}

/* Both */

static void answer_or_put_off(struct end *end, vouch_exchange exchange,
                              enum purpose purpose, enum later_what what)
{
    enum answer answer = plan_answer(&end->connection->plan, end->side, purpose,
                                     counter_of(exchange));

    if (answer == ANSWER_NEVER) {
        end_note(end, "never answered", exchange.id, 0);
    } else if (answer == ANSWER_LATE) {
        put_off(end, what, exchange, late_ms(end, purpose, exchange));
    } else if (what == LATER_PROVIDE) {
        attest(end, exchange, answer);
    } else {
        appraise(end, exchange, answer);
    }
}

/* An approval is used at once, late, or never. */
static void use_approval(struct end *end, vouch_exchange exchange)
{
    const struct asked *asked = account_asked(&end->account, exchange.id);
    uint64_t draw = plan_below(&end->connection->plan, end->side, FOR_COMMAND,
                               counter_of(exchange), 10);

    if (asked == NULL || asked->operation == 0 || draw == 0) {
        return;
    }
    if (draw == 1) {
        put_off(end, LATER_COMMAND, exchange,
                late_ms(end, FOR_COMMAND, exchange));
    } else {
        end_command(end, exchange);
    }
}

/* A command is executed at once, late, or, in trouble, never. */
static void answer_command(struct end *end, vouch_exchange exchange)
{
    uint64_t draw = plan_below(&end->connection->plan, end->side, FOR_REPLY,
                               counter_of(exchange), 10);

    if (draw == 0 && end->connection->plan.kind == TROUBLED) {
        return;
    }
    if (draw < 3) {
        put_off(end, LATER_TAKE, exchange, late_ms(end, FOR_REPLY, exchange));
    } else {
        end_take(end, exchange);
    }
    if (draw == 3) { /* it takes its time */
        put_off(end, LATER_REPLY, exchange, late_ms(end, FOR_REPLY, exchange));
    } else if (draw > 3) {
        end_reply(end, exchange);
    }
}

void end_answer(struct end *end, const vouch_event *event)
{
    if (event->type == VOUCH_EVENT_EVIDENCE_NEEDED) {
        answer_or_put_off(end, event->exchange, FOR_EVIDENCE, LATER_PROVIDE);
    } else if (event->type == VOUCH_EVENT_APPRAISAL_NEEDED) {
        answer_or_put_off(end, event->exchange, FOR_APPRAISAL, LATER_CONCLUDE);
    } else if (event->type == VOUCH_EVENT_ACCEPTED) {
        use_approval(end, event->exchange);
    } else {
        answer_command(end, event->exchange);
    }
}

static void do_one(struct end *end, const struct later *later)
{
    switch (later->what) {
    case LATER_PROVIDE:
        attest(end, later->exchange, ANSWER_GOOD);
        break;
    case LATER_CONCLUDE:
        appraise(end, later->exchange, ANSWER_GOOD);
        break;
    case LATER_COMMAND:
        end_command(end, later->exchange);
        break;
    case LATER_TAKE:
        end_take(end, later->exchange);
        end_reply(end, later->exchange);
        break;
    case LATER_REPLY:
    default:
        end_reply(end, later->exchange);
    }
}

bool end_do_later(struct end *end)
{
    uint64_t now = end->connection->world->now.mono_ms;
    bool done = false;

    for (size_t i = 0; i < end->num_later;) {
        struct later later = end->later[i];

        if (later.due_ms > now) {
            i++;
            continue;
        }
        end->later[i] = end->later[--end->num_later];
        do_one(end, &later);
        done = true;
    }
    return done;
}
