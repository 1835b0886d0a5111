/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/hostile/faults.h"
#include "tests/hostile/shrink.h"

/* The test program: sessions from seeds, in a process of their own, so that one
 * that dies is a finding like any other. */

static const char usage[] =
    "usage: test_hostile [options]\n"
    "Runs sessions against a hostile peer and holds them against a model.\n"
    "\n"
    "  --seed N           one session, with every step shown\n"
    "  --seeds FROM-TO    these; 1-5000 unless said\n"
    "  --sessions N       as many as that\n"
    "  --minutes N        for as long as that\n"
    "  --steps N          of no more steps than that\n"
    "  --side SIDE        client, server or both: the side under test\n"
    "  --only NAME[,..]   only these properties count:\n"
    "                     crash gate commands ended books data output memory\n"
    "                     errors binder fork\n"
    "  --rules RULES      new, or old: before holes ended a session\n"
    "  --tls              over connections of BoringSSL; slower\n"
    "  --trace            show each step\n"
    "  --file FILE        the session that is in a file, shown\n"
    "  --write DIR        write the sessions of the seeds to files, run none\n"
    "  --help\n"
    "\n"
    "Exit: 0 nothing was found, 1 something was, 2 usage.\n";

struct options {
    struct trial_options trial;
    uint64_t from, to;
    size_t steps;
    double minutes;
    bool one, endless;
    const char *file, *write;
};

/* What the worker tells, even when it dies. */
struct progress {
    uint64_t seed, sessions, steps;
    double start;
    struct finding finding;
};

enum { OCTETS_MAX = SETUP_LEN + STEPS_MAX * STEP_LEN };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void work(const struct options *options, struct progress *progress)
{
    static uint8_t octets[OCTETS_MAX];
    double start = progress->start, told = seconds();

    for (uint64_t seed = options->from; options->endless || seed <= options->to;
         seed++) {
        size_t len = steps_from_seed(seed, options->steps, octets);
        double now;

        progress->seed = seed;
        progress->finding = trial_run(&options->trial, octets, len);
        progress->sessions++;
        progress->steps += progress->finding.steps;
        if (progress->finding.property != PROPERTY_NONE) {
            return;
        }
        now = seconds();
        if (options->minutes > 0 && now - start > 60 * options->minutes) {
            return;
        }
        if (now - told > 10) {
            told = now;
            fprintf(stderr, "%llu sessions, %.0f a second\n",
                    (unsigned long long)progress->sessions,
                    (double)progress->sessions / (now - start));
        }
    }
}

static void show(const struct options *options, uint64_t seed, bool has_seed,
                 const struct finding *found, uint8_t *octets, size_t len)
{
    struct trial_options shown = options->trial;
    struct finding small;

    printf("shrinking ...\n");
    len = shrink(&options->trial, found->property, octets, len);
    shown.trace = true;
    small = shrink_run(&shown, octets, len);
    printf("setup");
    for (size_t i = 0; i < SETUP_LEN; i++) {
        printf(" %02x", octets[i]);
    }
    printf("\nof the shrunk session: %s: %s\n", property_name(small.property),
           small.why);
    printf("%zu steps are left\n", (len - SETUP_LEN) / STEP_LEN);
    if (has_seed) {
        printf("FOUND %s seed=%llu: %s\n", property_name(found->property),
               (unsigned long long)seed, found->why);
    } else {
        printf("FOUND %s: %s\n", property_name(found->property), found->why);
    }
}

/* Runs the worker until it ends; true: it died. */
static bool run_worker(const struct options *options, struct progress *progress)
{
    int status = 0;
    pid_t worker;

    fflush(NULL);
    worker = fork();
    if (worker == 0) {
        work(options, progress);
        fflush(NULL);
        _exit(0);
    }
    if (worker < 0 || waitpid(worker, &status, 0) != worker) {
        abort();
    }
    if (status != 0) {
        progress->finding.property = PROPERTY_CRASH;
        snprintf(progress->finding.why, sizeof progress->finding.why,
                 "the process ended with status %#x", (unsigned)status);
    }
    return status != 0;
}

static int run_seeds(struct options *options)
{
    static uint8_t octets[OCTETS_MAX];
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (progress == MAP_FAILED) {
        return 2;
    }
    progress->start = seconds();
    while (run_worker(options, progress) &&
           (options->trial.wanted >> PROPERTY_CRASH & 1) == 0) {
        options->from = progress->seed + 1; /* not what is looked for */
        progress->finding.property = PROPERTY_NONE;
    }
    if (progress->finding.property == PROPERTY_NONE) {
        printf("ok: %llu sessions, %llu steps, %.1f s\n",
               (unsigned long long)progress->sessions,
               (unsigned long long)progress->steps,
               seconds() - progress->start);
        return 0;
    }
    printf("seed %llu after %.1f s and %llu sessions\n",
           (unsigned long long)progress->seed, seconds() - progress->start,
           (unsigned long long)progress->sessions);
    show(options, progress->seed, true, &progress->finding, octets,
         steps_from_seed(progress->seed, options->steps, octets));
    return 1;
}

static int run_one(const struct options *options, uint8_t *octets, size_t len)
{
    struct trial_options shown = options->trial;
    struct finding finding;

    shown.trace = true;
    finding = shrink_run(&shown, octets, len);
    if (finding.property == PROPERTY_NONE) {
        printf("ok: 1 sessions, %zu steps\n", finding.steps);
        return 0;
    }
    show(options, options->from, options->file == NULL, &finding, octets, len);
    return 1;
}

static int run_file(const struct options *options)
{
    static uint8_t octets[OCTETS_MAX];
    FILE *file = fopen(options->file, "rb");
    size_t len;

    if (file == NULL) {
        perror(options->file);
        return 2;
    }
    len = fread(octets, 1, sizeof octets, file);
    fclose(file);
    return run_one(options, octets, len);
}

static int write_files(const struct options *options)
{
    static uint8_t octets[OCTETS_MAX];

    for (uint64_t seed = options->from; seed <= options->to; seed++) {
        size_t len = steps_from_seed(seed, options->steps, octets);
        char name[4096];
        FILE *file;

        snprintf(name, sizeof name, "%s/seed-%llu", options->write,
                 (unsigned long long)seed);
        file = fopen(name, "wb");
        if (file == NULL || fwrite(octets, 1, len, file) != len ||
            fclose(file) != 0) {
            perror(name);
            return 2;
        }
    }
    return 0;
}

/* Options */

static bool set_only(struct options *options, char *names)
{
    options->trial.wanted = 0;
    for (char *name = strtok(names, ","); name != NULL;
         name = strtok(NULL, ",")) {
        unsigned p = PROPERTY_CRASH;

        while (p < PROPERTIES &&
               strcmp(name, property_name((enum property)p)) != 0) {
            p++;
        }
        if (p == PROPERTIES) {
            return false;
        }
        options->trial.wanted |= 1U << p;
    }
    return options->trial.wanted != 0;
}

static bool set_side(struct options *options, const char *side)
{
    static vouch_role role;

    role = strcmp(side, "server") == 0 ? VOUCH_SERVER : VOUCH_CLIENT;
    options->trial.role = strcmp(side, "both") == 0 ? NULL : &role;
    return strcmp(side, "both") == 0 || strcmp(side, "client") == 0 ||
           strcmp(side, "server") == 0;
}

static bool set_number(const char *text, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0;
}

static bool set_range(struct options *options, char *text)
{
    char *dash = strchr(text, '-');

    if (dash == NULL) {
        return false;
    }
    *dash = 0;
    return set_number(text, &options->from) &&
           set_number(dash + 1, &options->to) && options->from <= options->to;
}

static bool set_option(struct options *options, int option)
{
    uint64_t number = 0;

    switch (option) {
    case 's':
        options->one = true;
        return set_number(optarg, &options->from);
    case 'S':
        return set_range(options, optarg);
    case 'n':
        options->to = UINT64_MAX;
        return set_number(optarg, &options->to) && options->to != 0;
    case 'm':
        options->minutes = atof(optarg);
        options->endless = true;
        return options->minutes > 0;
    case 'T':
        options->trial.tls = true;
        return true;
    case 't':
        options->trial.trace = true;
        return true;
    case 'k':
        if (!set_number(optarg, &number) || number > STEPS_MAX) {
            return false;
        }
        options->steps = (size_t)number;
        return true;
    case 'd':
        return set_side(options, optarg);
    case 'o':
        return set_only(options, optarg);
    case 'r':
        options->trial.old_rules = strcmp(optarg, "old") == 0;
        return options->trial.old_rules || strcmp(optarg, "new") == 0;
    case 'f':
        options->file = optarg;
        return true;
    case 'w':
        options->write = optarg;
        return true;
    default:
        return false;
    }
}

static const struct option long_options[] = {
    {"seed", required_argument, NULL, 's'},
    {"seeds", required_argument, NULL, 'S'},
    {"sessions", required_argument, NULL, 'n'},
    {"minutes", required_argument, NULL, 'm'},
    {"steps", required_argument, NULL, 'k'},
    {"side", required_argument, NULL, 'd'},
    {"only", required_argument, NULL, 'o'},
    {"rules", required_argument, NULL, 'r'},
    {"tls", no_argument, NULL, 'T'},
    {"trace", no_argument, NULL, 't'},
    {"file", required_argument, NULL, 'f'},
    {"write", required_argument, NULL, 'w'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    static uint8_t octets[OCTETS_MAX];
    struct options options = {.trial = {.wanted = ~0U, .may_fork = true},
                              .from = 1,
                              .to = 5000,
                              .steps = STEPS_MAX};
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (!set_option(&options, option)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    faults_install();
    if (options.write != NULL) {
        return write_files(&options);
    }
    if (options.file != NULL) {
        return run_file(&options);
    }
    return options.one
               ? run_one(&options, octets,
                         steps_from_seed(options.from, options.steps, octets))
               : run_seeds(&options);
}
