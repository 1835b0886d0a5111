/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/steps.h"

#include <string.h>

static const char *const names[STEP_KINDS] = {
    [STEP_CAPABILITIES] = "CAPABILITIES",
    [STEP_REQUEST] = "REQUEST",
    [STEP_ANSWER] = "AUTHENTICATOR",
    [STEP_OUTCOME] = "OUTCOME",
    [STEP_POSTURE] = "POSTURE",
    [STEP_COMMAND] = "COMMAND",
    [STEP_REPLY] = "REPLY",
    [STEP_CLOSE] = "CLOSE",
    [STEP_DATA] = "DATA",
    [STEP_UNKNOWN] = "unknown",
    [STEP_HEAD] = "head",
    [STEP_SPOIL] = "spoil",
    [STEP_DELIVER] = "deliver",
    [STEP_END] = "end",
    [STEP_CONFIRM] = "confirm",
    [STEP_ACCEPT] = "accept",
    [STEP_OPERATION] = "operation",
    [STEP_PROVIDE] = "provide",
    [STEP_DECLINE] = "decline",
    [STEP_CONCLUDE] = "conclude",
    [STEP_ASK] = "request",
    [STEP_ASK_OPERATION] = "request_operation",
    [STEP_CANCEL] = "cancel",
    [STEP_SEND_COMMAND] = "command",
    [STEP_TAKE] = "take",
    [STEP_SEND_REPLY] = "reply",
    [STEP_SET_POSTURE] = "set_posture",
    [STEP_SEND] = "send",
    [STEP_LEAVE] = "close",
    [STEP_POLL] = "poll",
    [STEP_DRAIN] = "drain",
    [STEP_FORWARD] = "forward",
    [STEP_BACK] = "back",
    [STEP_WALL] = "wall",
    [STEP_DEADLINE] = "deadline",
    [STEP_FAIL_ALLOCATION] = "fail_allocation",
    [STEP_FAIL_RANDOM] = "fail_random",
    [STEP_FORK] = "fork",
};

const char *step_name(enum step_kind kind)
{
    return names[kind];
}

struct step step_of(const uint8_t octets[STEP_LEN])
{
    struct step step = {.kind = (enum step_kind)(octets[0] % STEP_KINDS)};

    memcpy(step.arg, &octets[1], sizeof step.arg);
    return step;
}

static bool bit(const uint8_t *octets, unsigned i)
{
    return (octets[i / 8] >> i % 8 & 1) != 0;
}

struct setup setup_of(const uint8_t octets[SETUP_LEN])
{
    static const uint64_t ages[] = {
        600000, 30000, 5000, 100, UINT64_C(1) << 53, 1000000, 86400000, 1};
    static const uint64_t intervals[] = {0, 1000, 60000, 5000};
    static const uint64_t graces[] = {0, 100, 10000, 60000};
    static const uint64_t answers[] = {30000, 1000, 600000, 50};
    const uint8_t *flags = &octets[8]; /* five octets of them */
    struct setup setup = {
        .role = (octets[0] & 1) != 0 ? VOUCH_SERVER : VOUCH_CLIENT,
        .hash = octets[0] % 16 >= 14 ? VOUCH_SHA384 : VOUCH_SHA256,
        .gate = (vouch_gate)(octets[1] % 4),
        .refusal =
            octets[2] % 2 != 0 ? VOUCH_REFUSAL_STAY : VOUCH_REFUSAL_CLOSE,
        .asker = (vouch_asker)(octets[3] % 3),
        .max_age = ages[octets[4] % 8],
        .interval = ages[octets[4] % 8] / 3,
        .grace = ages[octets[4] % 8] / 10,
        .answer_within = answers[octets[7] % 4],
        .hold = bit(flags, 0),
        .peer_first = bit(flags, 1) && bit(flags, 2),
        .key_bound = bit(flags, 3),
        .pin = bit(flags, 4) && bit(flags, 5),
        .no_regression = bit(flags, 6) && bit(flags, 7),
        .data_loss = bit(flags, 8),
        .other_key = bit(flags, 9),
        .own_key = bit(flags, 10) && bit(flags, 11),
        .has_credential = !(bit(flags, 12) && bit(flags, 13)),
        .has_trust = !(bit(flags, 14) && bit(flags, 15)),
        .produced = 1 + octets[13] % 3U,
        .appraised = 1 + (octets[13] >> 2) % 3U,
        .handshake_key = octets[14] % 4U % 3U,
        .handshake_verified = (octets[14] & 4) != 0,
        .random = octets[15],
        .auto_poll = !bit(flags, 16),
        .auto_drain = !bit(flags, 17),
        .auto_provide = !bit(flags, 18),
        .auto_conclude = !bit(flags, 19),
        .auto_deliver = !bit(flags, 20),
        .tick_first = !(bit(flags, 21) && bit(flags, 22)),
        .batch = bit(flags, 23) && bit(flags, 24),
    };

    if (octets[5] % 8 < 4) {
        setup.interval = intervals[octets[5] % 4];
    }
    if (octets[6] % 8 < 4) {
        setup.grace = graces[octets[6] % 4];
    }
    /* what vouch_session_new would not take */
    if (setup.gate != VOUCH_GATE_NONE || setup.asker == VOUCH_ASKER_ATTESTED) {
        setup.has_trust = true;
    } else {
        setup.peer_first = false;
    }
    setup.has_credential =
        setup.has_credential || setup.gate == VOUCH_GATE_MUTUAL;
    return setup;
}

/* Seeds */

struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(struct dice *dice, unsigned n)
{
    return (unsigned)(roll(dice) % n);
}

/* The values that one argument of one kind has in a session. */
struct pool {
    uint8_t value[8];
    unsigned num; /* 0: any */
};

static struct pool make_pool(struct dice *dice)
{
    struct pool pool = {.num = 8};
    unsigned which = below(dice, 20);

    if (which < 7) { /* as it should be */
        pool.num = 1;
    } else if (which < 12) { /* hardly ever another */
        pool.value[7] = (uint8_t)roll(dice);
    } else if (which < 16) { /* always this one */
        pool.value[0] = (uint8_t)roll(dice);
        pool.num = 1;
    } else if (which < 18) { /* a few */
        for (unsigned i = 0; i < 8; i++) {
            pool.value[i] = (uint8_t)roll(dice);
        }
    } else {
        pool.num = 0;
    }
    return pool;
}

struct swarm {
    struct pool pool[STEP_KINDS][STEP_LEN - 1];
    unsigned weight[STEP_KINDS];
    unsigned total;
};

/* How often a kind of step that ends the session is in, of 16. */
static unsigned share_of(enum step_kind kind, unsigned share)
{
    switch ((int)kind) {
    case STEP_END:
    case STEP_CLOSE:
    case STEP_LEAVE:
    case STEP_SPOIL:
    case STEP_HEAD:
    case STEP_FAIL_ALLOCATION:
    case STEP_FAIL_RANDOM:
        return 2;
    case STEP_FORK:
        return 1;
    case STEP_CONFIRM:
    case STEP_ACCEPT:
    case STEP_OPERATION:
        return share < 8 ? 8 : share;
    default:
        return share;
    }
}

static void make_swarm(struct swarm *swarm, struct dice *dice)
{
    static const unsigned shares[] = {2, 4, 8, 13};
    static const unsigned weights[] = {1, 1, 2, 2, 4, 8};
    unsigned share = shares[below(dice, 4)];

    memset(swarm, 0, sizeof *swarm);
    for (unsigned kind = 0; kind < STEP_KINDS; kind++) {
        if (below(dice, 16) < share_of((enum step_kind)kind, share)) {
            swarm->weight[kind] = weights[below(dice, 6)];
            if (share_of((enum step_kind)kind, 16) <= 2) {
                swarm->weight[kind] = 1;
            }
        }
        swarm->total += swarm->weight[kind];
        for (unsigned i = 0; i < STEP_LEN - 1; i++) {
            swarm->pool[kind][i] = make_pool(dice);
        }
    }
    if (swarm->total == 0) {
        swarm->weight[STEP_CONFIRM] = swarm->total = 1;
    }
}

static void put_step(const struct swarm *swarm, struct dice *dice,
                     uint8_t *octets)
{
    unsigned at = below(dice, swarm->total), kind = 0;

    while (at >= swarm->weight[kind]) {
        at -= swarm->weight[kind++];
    }
    octets[0] = (uint8_t)kind;
    for (unsigned i = 0; i < STEP_LEN - 1; i++) {
        const struct pool *pool = &swarm->pool[kind][i];

        octets[1 + i] = pool->num == 0 ? (uint8_t)roll(dice)
                                       : pool->value[below(dice, pool->num)];
    }
}

/* Flags are mostly off, so that there are sessions with a few of them. */
static void put_setup(struct dice *dice, uint8_t *octets)
{
    for (unsigned i = 0; i < SETUP_LEN; i++) {
        octets[i] = (uint8_t)roll(dice);
    }
    for (unsigned i = 8; i < 13; i++) {
        octets[i] &= (uint8_t)roll(dice);
    }
    octets[15] &= 7;
}

size_t steps_from_seed(uint64_t seed, size_t max, uint8_t *octets)
{
    struct dice dice = {seed};
    struct swarm swarm;
    size_t num = 30 + below(&dice, below(&dice, 4) == 0 ? 570 : 120);

    num = num < max ? num : max;
    put_setup(&dice, octets);
    make_swarm(&swarm, &dice);
    octets += SETUP_LEN;
    for (size_t i = 0; i < num; i++) {
        put_step(&swarm, &dice, octets + i * STEP_LEN);
    }
    if (below(&dice, 16) != 0) { /* else nothing works */
        memset(octets, 0, STEP_LEN);
        octets[0] = STEP_CAPABILITIES;
        octets[2] = below(&dice, 4) == 0 ? (uint8_t)roll(&dice) : 0;
    }
    return SETUP_LEN + num * STEP_LEN;
}
