/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/plan.h"

#include "tools/soak/configs.h"
#include "tools/soak/hostile.h"

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
 * generators, 2014). */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

uint64_t plan_draw(const struct plan *plan, enum side side,
                   enum purpose purpose, uint64_t number)
{
    return mix(mix(plan->seed ^ (2 * (uint64_t)purpose + side)) ^ number);
}

uint64_t plan_below(const struct plan *plan, enum side side,
                    enum purpose purpose, uint64_t number, uint64_t bound)
{
    return plan_draw(plan, side, purpose, number) % bound;
}

/* Draws of the plan itself. */
static uint64_t below(const struct plan *plan, uint64_t number, uint64_t bound)
{
    return plan_below(plan, CLIENT, FOR_PLAN, number, bound);
}

static bool can_not_meet(const struct config_kind *a,
                         const struct config_kind *b)
{
    return (a->gate == VOUCH_GATE_MUTUAL && !config_requires_peer(b)) ||
           (a->peer_first && b->peer_first);
}

static bool is_deadlock(const struct plan *plan)
{
    const struct config_kind *a = &config_kinds[plan->config[CLIENT]];
    const struct config_kind *b = &config_kinds[plan->config[SERVER]];

    return can_not_meet(a, b) || can_not_meet(b, a);
}

static void choose_configs(struct plan *plan)
{
    uint64_t number = 100;

    do {
        plan->config[CLIENT] = below(plan, number++, num_config_kinds);
        plan->config[SERVER] = below(plan, number++, num_config_kinds);
    } while (is_deadlock(plan) != (plan->kind == DEADLOCK));
}

/* Of ten places one is for connections that live as long as the run, and two
 * are for hostile peers. */
static enum kind choose_kind(const struct plan *plan, size_t place)
{
    uint64_t draw = below(plan, 1, 100);

    if (place % 10 == 0) {
        return HONEST;
    }
    if (place % 10 >= 8) {
        return HOSTILE;
    }
    return draw < 65 ? HONEST : draw < 97 ? TROUBLED : DEADLOCK;
}

static uint64_t choose_life(const struct plan *plan, size_t place)
{
    uint64_t draw = below(plan, 2, 100);

    if (place % 10 == 0) {
        return UINT64_MAX;
    }
    if (plan->kind == HOSTILE) {
        return 500 + below(plan, 3, 4000);
    }
    return draw < 25   ? below(plan, 3, 30)
           : draw < 60 ? below(plan, 3, 1500)
                       : 1500 + below(plan, 3, 12000);
}

struct plan plan_make(uint64_t seed, size_t place, size_t places,
                      uint64_t generation)
{
    struct plan plan = {.seed = mix(mix(seed ^ mix(places)) ^
                                    mix((uint64_t)place << 40 ^ generation))};

    plan.kind = choose_kind(&plan, place);
    plan.life_ms = choose_life(&plan, place);
    choose_configs(&plan);
    plan.hostile = (enum side)below(&plan, 4, SIDES);
    plan.script = below(&plan, 5, num_scripts);
    plan.ending = (enum ending)below(&plan, 6, RESET + 1);
    plan.cutter = (enum side)below(&plan, 7, SIDES);
    plan.pause_ms = below(&plan, 8, 4) != 0 ? 0 : below(&plan, 9, 300);
    return plan;
}

enum act plan_act(const struct plan *plan, enum side side, uint64_t number)
{
    static const struct {
        enum act act;
        uint64_t of_100;
    } acts[] = {
        {ACT_DATA, 60},      {ACT_REQUEST, 8}, {ACT_NONCE, 4},
        {ACT_OPERATION, 14}, {ACT_POSTURE, 6}, {ACT_CANCEL, 4},
        {ACT_PAUSE, 100},
    };
    uint64_t draw = plan_below(plan, side, FOR_ACT, number, 100);
    size_t i = 0;

    while (draw >= acts[i].of_100) {
        draw -= acts[i++].of_100;
    }
    return acts[i].act;
}

/* Requests, operations and changes of posture together stay below the requests
 * that a peer takes in a minute. */
uint64_t plan_gap_ms(const struct plan *plan, enum side side, uint64_t number)
{
    return plan_below(plan, side, FOR_ACT_GAP, number, number < 4 ? 50 : 1400);
}

enum answer plan_answer(const struct plan *plan, enum side side,
                        enum purpose purpose, uint64_t number)
{
    uint64_t draw = plan_below(plan, side, purpose, number, 100);

    if (plan->kind != TROUBLED) {
        return draw < 80 ? ANSWER_GOOD : ANSWER_LATE;
    }
    if (draw < 55) {
        return ANSWER_GOOD;
    }
    if (draw < 70) {
        return ANSWER_LATE;
    }
    if (draw < 75) {
        return ANSWER_NEVER;
    }
    if (draw < 85) {
        return ANSWER_WRONG;
    }
    return purpose == FOR_APPRAISAL ? ANSWER_UNSURE
           : draw < 93              ? ANSWER_DECLINE
                                    : ANSWER_BUSY;
}

/*
 * A side that is sent DATA loses none of it, unless
 * - it rejects the sender, or hears of it too late;
 * - its acceptance of the sender may end while DATA is on its way;
 * - its gate is mutual, and the sender's does not wait for this side to attest:
 *   then DATA may come before the sender's acceptance.
 */
bool plan_may_lose(const struct plan *plan, enum side side)
{
    const struct config_kind *own = &config_kinds[plan->config[side]];
    const struct config_kind *sender = &config_kinds[plan->config[1 - side]];

    return plan->kind != HONEST || own->max_age_ms < LONG_MS ||
           (own->gate == VOUCH_GATE_MUTUAL &&
            sender->gate < VOUCH_GATE_REQUIRE_PEER);
}

const char *plan_kind_name(enum kind kind)
{
    static const char *const names[] = {
        [HONEST] = "honest",
        [TROUBLED] = "troubled",
        [DEADLOCK] = "deadlock",
        [HOSTILE] = "hostile",
    };

    return names[kind];
}
