/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "tests/hostile/faults.h"
#include "tests/hostile/trial.h"

/*
 * The input is a list of steps (tests/hostile/steps.h): what a hostile peer,
 * the application, the clocks and the machine do to one session, which is held
 * against a model.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct trial_options options = {.wanted = ~0U};
    static bool installed;
    struct finding finding;

    if (!installed) {
        faults_install();
        installed = true;
    }
    finding = trial_run(&options, data, size);
    if (finding.property != PROPERTY_NONE) {
        fprintf(stderr, "%s: %s\n", property_name(finding.property),
                finding.why);
        abort();
    }
    return 0;
}

/* Mutation of whole steps: what is in the middle of one stays where it is. */

struct steps {
    uint8_t *data;
    size_t size, max;
};

static size_t num_steps(const struct steps *steps)
{
    return (steps->size - SETUP_LEN) / STEP_LEN;
}

static uint8_t *step_at(const struct steps *steps, size_t i)
{
    return steps->data + SETUP_LEN + i * STEP_LEN;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/* Makes room for `num` steps at `at`. */
static bool open_gap(struct steps *steps, size_t at, size_t num)
{
    if (steps->size + num * STEP_LEN > steps->max) {
        return false;
    }
    memmove(step_at(steps, at + num), step_at(steps, at),
            (num_steps(steps) - at) * STEP_LEN);
    steps->size += num * STEP_LEN;
    return true;
}

static void insert(struct steps *steps, uint32_t *state)
{
    size_t at = next(state) % (num_steps(steps) + 1);

    if (open_gap(steps, at, 1)) {
        uint8_t *step = step_at(steps, at);

        memset(step, 0, STEP_LEN);
        step[0] = (uint8_t)(next(state) % STEP_KINDS);
        if (next(state) % 2 == 0) {
            step[1 + next(state) % (STEP_LEN - 1)] = (uint8_t)next(state);
        }
    }
}

static void delete_one(struct steps *steps, uint32_t *state)
{
    size_t num = num_steps(steps), at = next(state) % num;

    memmove(step_at(steps, at), step_at(steps, at + 1),
            (num - at - 1) * STEP_LEN);
    steps->size -= STEP_LEN;
}

/* A run of steps once more, right after itself: this is how the same thing
 * comes to be done often. */
static void duplicate(struct steps *steps, uint32_t *state)
{
    size_t num = num_steps(steps), at = next(state) % num;
    size_t run = 1 + next(state) % 4;

    run = run < num - at ? run : num - at;
    if (open_gap(steps, at, run)) {
        memcpy(step_at(steps, at), step_at(steps, at + run), run * STEP_LEN);
    }
}

static void swap(struct steps *steps, uint32_t *state)
{
    size_t num = num_steps(steps);
    uint8_t *a = step_at(steps, next(state) % num);
    uint8_t *b = step_at(steps, next(state) % num);
    uint8_t kept[STEP_LEN];

    memcpy(kept, a, STEP_LEN);
    memmove(a, b, STEP_LEN);
    memcpy(b, kept, STEP_LEN);
}

static void edit(struct steps *steps, uint32_t *state)
{
    uint8_t *step = step_at(steps, next(state) % num_steps(steps));
    size_t at = 1 + next(state) % (STEP_LEN - 1);

    step[at] = next(state) % 3 == 0 ? 0 : (uint8_t)next(state);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed)
{
    static void (*const mutations[])(struct steps *, uint32_t *) = {
        insert, delete_one, duplicate, swap, edit, edit};
    struct steps steps = {data, size, max_size};
    uint32_t state = seed;

    if (max_size < SETUP_LEN + STEP_LEN) {
        return size;
    }
    if (size < SETUP_LEN) {
        memset(data + size, 0, SETUP_LEN - size);
        steps.size = SETUP_LEN;
    }
    steps.size -= (steps.size - SETUP_LEN) % STEP_LEN;
    if (next(&state) % 16 == 0) {
        data[next(&state) % SETUP_LEN] = (uint8_t)next(&state);
    }
    for (unsigned i = 0; i <= next(&state) % 4; i++) {
        size_t which = num_steps(&steps) == 0 ? 0 : next(&state) % 6;

        mutations[which](&steps, &state);
    }
    return steps.size;
}
