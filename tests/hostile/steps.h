/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_STEPS_H
#define VOUCH_TESTS_HOSTILE_STEPS_H

/*
 * A session is a list of octets: SETUP_LEN that say how the side under test is
 * made, and STEP_LEN for each step. Every list of octets is one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vouch/session.h>

enum { SETUP_LEN = 16, STEP_LEN = 8, STEPS_MAX = 1200 };

struct setup {
    vouch_role role;
    vouch_hash hash;
    vouch_gate gate;
    vouch_refusal refusal;
    vouch_asker asker;
    uint64_t max_age, interval, grace, answer_within;
    bool hold, peer_first, key_bound, pin, no_regression, data_loss, other_key,
        own_key;
    bool has_credential, has_trust;
    unsigned produced, appraised; /* bit i: format i */
    unsigned handshake_key;       /* 0 none, 1 the peer's AIK, 2 another */
    bool handshake_verified;
    uint64_t random; /* of the library */

    /* What is done without a step. */
    bool auto_poll, auto_drain, auto_provide, auto_conclude, auto_deliver;
    bool tick_first; /* before octets are given */
    bool batch;      /* as many capsules at once as there are */
};

enum step_kind {
    /* the peer */
    STEP_CAPABILITIES,
    STEP_REQUEST,
    STEP_ANSWER,
    STEP_OUTCOME,
    STEP_POSTURE,
    STEP_COMMAND,
    STEP_REPLY,
    STEP_CLOSE,
    STEP_DATA,
    STEP_UNKNOWN,
    STEP_HEAD,
    STEP_SPOIL,
    STEP_DELIVER,
    STEP_END,
    /* the peer and the application as they should be */
    STEP_CONFIRM,
    STEP_ACCEPT,
    STEP_OPERATION,
    /* the application */
    STEP_PROVIDE,
    STEP_DECLINE,
    STEP_CONCLUDE,
    STEP_ASK,
    STEP_ASK_OPERATION,
    STEP_CANCEL,
    STEP_SEND_COMMAND,
    STEP_TAKE,
    STEP_SEND_REPLY,
    STEP_SET_POSTURE,
    STEP_SEND,
    STEP_LEAVE,
    STEP_POLL,
    STEP_DRAIN,
    /* the time */
    STEP_FORWARD,
    STEP_BACK,
    STEP_WALL,
    STEP_DEADLINE,
    /* the machine */
    STEP_FAIL_ALLOCATION,
    STEP_FAIL_RANDOM,
    STEP_FORK,
    STEP_KINDS,
};

struct step {
    enum step_kind kind;
    uint8_t arg[STEP_LEN - 1];
};

struct setup setup_of(const uint8_t octets[SETUP_LEN]);
struct step step_of(const uint8_t octets[STEP_LEN]);
const char *step_name(enum step_kind kind);

/* Makes a session of up to `max` steps from a seed: which kinds, which values
 * and how often is decided anew for each (swarm testing), for a mixture of
 * everything hardly ever does one thing often. `octets` has room for SETUP_LEN
 * and STEPS_MAX steps; returns how many are used. */
size_t steps_from_seed(uint64_t seed, size_t max, uint8_t *octets);

#endif
