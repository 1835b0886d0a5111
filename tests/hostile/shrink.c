/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/shrink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS_MAX = 4000 };

/* Where the child leaves what it found. */
static struct finding *shared(void)
{
    static struct finding *place;

    if (place == NULL) {
        place = mmap(NULL, sizeof *place, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED) {
            abort();
        }
    }
    return place;
}

struct finding shrink_run(const struct trial_options *options,
                          const uint8_t *octets, size_t len)
{
    struct finding *found = shared();
    int status = 0;
    pid_t child;

    fflush(NULL);
    *found = (struct finding){.property = PROPERTY_CRASH};
    child = fork();
    if (child == 0) {
        struct finding finding;

        if (!options->trace) { /* what a sanitizer writes was seen before */
            int null = open("/dev/null", O_WRONLY);

            dup2(null, STDERR_FILENO);
        }
        finding = trial_run(options, octets, len);
        fflush(NULL);
        *found = finding;
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    return *found;
}

struct shrinking {
    const struct trial_options *options;
    enum property property;
    uint8_t *octets;
    size_t len;
    unsigned runs;
};

static bool still_finds(struct shrinking *s, const uint8_t *octets, size_t len)
{
    return s->runs++ < RUNS_MAX &&
           shrink_run(s->options, octets, len).property == s->property;
}

/* Deletes `num` steps from `first` on if they are not needed. */
static bool delete_steps(struct shrinking *s, size_t first, size_t num)
{
    size_t at = SETUP_LEN + first * STEP_LEN, gone = num * STEP_LEN;
    uint8_t *less = malloc(s->len);
    bool good;

    if (less == NULL) {
        abort();
    }
    memcpy(less, s->octets, at);
    memcpy(less + at, s->octets + at + gone, s->len - at - gone);
    good = still_finds(s, less, s->len - gone);
    if (good) {
        s->len -= gone;
        memcpy(s->octets, less, s->len);
    }
    free(less);
    return good;
}

static size_t steps_of(const struct shrinking *s)
{
    return (s->len - SETUP_LEN) / STEP_LEN;
}

static void delete_all(struct shrinking *s)
{
    for (size_t num = steps_of(s); num != 0; num /= 2) {
        size_t first = 0;

        while (first + num <= steps_of(s)) {
            if (!delete_steps(s, first, num)) {
                first += num;
            }
        }
    }
}

static void zero_all(struct shrinking *s)
{
    for (size_t i = 0; i < s->len; i++) {
        uint8_t kept = s->octets[i];

        if (kept == 0 || (i >= SETUP_LEN && (i - SETUP_LEN) % STEP_LEN == 0)) {
            continue;
        }
        s->octets[i] = 0;
        if (!still_finds(s, s->octets, s->len)) {
            s->octets[i] = kept;
        }
    }
}

size_t shrink(const struct trial_options *options, enum property property,
              uint8_t *octets, size_t len)
{
    struct trial_options quiet = *options;
    struct shrinking s = {&quiet, property, octets, len, 0};

    quiet.trace = false;
    delete_all(&s);
    zero_all(&s);
    delete_all(&s);
    return s.len;
}
