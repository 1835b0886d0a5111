/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_PLAN_H
#define VOUCH_TOOLS_SOAK_PLAN_H

/* What a connection is to go through: a function of the seed, of the place that
 * the connection has among those that live at a time, and of how many were
 * there before it. Nothing in a plan depends on time or on other
 * connections. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum side { CLIENT, SERVER, SIDES };

enum kind {
    HONEST,   /* both sides do what they should, but for cuts */
    TROUBLED, /* ... and answer wrongly, late, or not at all */
    DEADLOCK, /* what the two sides require can never be met */
    HOSTILE,  /* one side is no vouch at all */
};

enum ending { CLOSE_BY_CLIENT, CLOSE_BY_SERVER, CLOSE_BY_BOTH, CUT, RESET };

struct plan {
    uint64_t seed; /* of this connection */
    enum kind kind;
    size_t config[SIDES];
    enum side hostile; /* the side that is */
    size_t script;     /* what it does */
    uint64_t life_ms;  /* UINT64_MAX: until the end of the run */
    enum ending ending;
    enum side cutter;  /* the side whose socket is cut */
    uint64_t pause_ms; /* before the connection that takes its place */
};

/* What an application does by itself. */
enum act {
    ACT_DATA,
    ACT_REQUEST,
    ACT_NONCE,
    ACT_OPERATION,
    ACT_POSTURE,
    ACT_CANCEL,
    ACT_PAUSE, /* reads and writes nothing for a while */
    ACTS
};

/* How it answers what it is asked. */
enum answer {
    ANSWER_GOOD,
    ANSWER_LATE, /* and good */
    ANSWER_NEVER,
    ANSWER_WRONG,
    ANSWER_DECLINE,
    ANSWER_BUSY,
    ANSWER_UNSURE, /* an appraisal that could not tell */
};

/* Draws for one purpose are numbered; each is independent of all others. */
enum purpose {
    FOR_PLAN,
    FOR_ACT,
    FOR_ACT_GAP,
    FOR_ACT_SIZE,
    FOR_EVIDENCE,
    FOR_APPRAISAL,
    FOR_COMMAND,
    FOR_REPLY,
    FOR_OPERATION,
    FOR_OCTETS,
    FOR_HOSTILE,
};

/* plan_make plans connection number `generation` of `place` among `places`. */
struct plan plan_make(uint64_t seed, size_t place, size_t places,
                      uint64_t generation);

/* plan_draw returns 64 random bits, plan_below a number below `bound`. */
uint64_t plan_draw(const struct plan *plan, enum side side,
                   enum purpose purpose, uint64_t number);
uint64_t plan_below(const struct plan *plan, enum side side,
                    enum purpose purpose, uint64_t number, uint64_t bound);

/* plan_act is what `side` does as its act number `number`, plan_gap_ms how long
 * it waits before that. */
enum act plan_act(const struct plan *plan, enum side side, uint64_t number);
uint64_t plan_gap_ms(const struct plan *plan, enum side side, uint64_t number);

/* plan_answer is how `side` answers exchange number `number`. */
enum answer plan_answer(const struct plan *plan, enum side side,
                        enum purpose purpose, uint64_t number);

/* plan_may_lose tells whether DATA that `side` is sent may be dropped. */
bool plan_may_lose(const struct plan *plan, enum side side);

const char *plan_kind_name(enum kind kind);

#endif
