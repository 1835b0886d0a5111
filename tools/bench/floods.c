/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <stdio.h>

#include "tools/bench/figures.h"
#include "tools/bench/flood.h"
#include "tools/bench/no_crypto.h"

/* Every message, in every state, to every kind of application: once, and then
 * in each window those that took most time. */

enum {
    SLOWEST = 4,
    OCTETS = 1 << 20,
    SERVED_OCTETS = 96 * 1024, /* where events are polled: there are more */
};

struct worst {
    struct flood flood;
    double value;
};

struct worsts {
    struct worst kept, most;
    struct worst slow[SLOWEST]; /* the slowest first */
};

static size_t octets_of(const struct flood *flood)
{
    return flood->application == FLOOD_SILENT ? OCTETS : SERVED_OCTETS;
}

static struct flood_cost run(const struct flood *flood,
                             const struct hosts *hosts, size_t idle)
{
    return flood_run(flood, hosts, octets_of(flood), idle);
}

static void note(struct worst *worst, const struct flood *flood, double value)
{
    if (value > worst->value) {
        *worst = (struct worst){*flood, value};
    }
}

static void note_slow(struct worsts *worsts, const struct flood *flood,
                      double ns)
{
    size_t i = SLOWEST;

    while (i > 0 && ns > worsts->slow[i - 1].value) {
        i--;
    }
    for (size_t j = SLOWEST - 1; j > i; j--) {
        worsts->slow[j] = worsts->slow[j - 1];
    }
    if (i < SLOWEST) {
        worsts->slow[i] = (struct worst){*flood, ns};
    }
}

static void run_all(const struct hosts *hosts, size_t idle,
                    struct worsts *worsts)
{
    size_t num = flood_states_num * flood_messages_num * FLOOD_APPLICATIONS;

    for (size_t i = 0; i < num; i++) {
        const struct flood flood = {
            &flood_states[i / FLOOD_APPLICATIONS / flood_messages_num],
            &flood_messages[i / FLOOD_APPLICATIONS % flood_messages_num],
            (enum flood_application)(i % FLOOD_APPLICATIONS)};
        struct flood_cost cost;

        if (!flood_differs(&flood)) {
            continue;
        }
        cost = run(&flood, hosts, idle);
        note(&worsts->kept, &flood, cost.kept);
        note(&worsts->most, &flood, (double)cost.most);
        note_slow(worsts, &flood, cost.ns);
    }
}

/* The most that one of the slowest takes this time. */
static double slowest(const struct hosts *hosts, size_t idle,
                      const struct worsts *worsts)
{
    struct worst now = {.value = 0};

    for (size_t i = 0; i < SLOWEST; i++) {
        const struct flood *flood = &worsts->slow[i].flood;

        note(&now, flood, run(flood, hosts, idle).ns);
    }
    return now.value;
}

static void tell(const char *what, const struct worst *worst)
{
    const struct flood *flood = &worst->flood;

    if (flood->message == NULL) { /* none came that far */
        return;
    }
    fprintf(stderr, "vouch-bench: %s, %.3f: %s; %s; the application %s\n", what,
            worst->value, flood->message->name, flood->state->name,
            flood_applications[flood->application]);
}

void bench_floods(const struct hosts *hosts, size_t windows)
{
    struct worsts worsts = {.kept = {.value = 0}};
    size_t idle = flood_idle(hosts);

    /* Signatures are as many as time allows, whatever comes. */
    no_crypto(true);
    run_all(hosts, idle, &worsts);
    for (size_t i = 0; i < windows; i++) {
        figures_add(FLOOD_OCTETS_KEPT_MAX, worsts.kept.value);
        figures_add(FLOOD_NS_PER_OCTET_MAX, slowest(hosts, idle, &worsts));
    }
    no_crypto(false);
    tell("most octets kept for one that came", &worsts.kept);
    tell("most octets kept", &worsts.most);
    for (size_t i = 0; i < SLOWEST; i++) {
        tell("most ns for an octet", &worsts.slow[i]);
    }
}
