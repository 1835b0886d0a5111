/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <openssl/rand.h>

#include "tools/common/descriptors.h"
#include "tools/soak/load.h"
#include "tools/soak/signals.h"
#include "tools/soak/usage.h"

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_USAGE = 2 };

enum { MINUTE_MS = 60000, WARM_UP_MAX_MS = 30000, SESSIONS_MAX = 5000 };

struct options {
    double minutes;
    uint64_t sessions, seed;
    bool json;
};

static const char usage[] =
    "usage: vouch-soak [--minutes N] [--sessions N] [--seed N] [--json]\n"
    "\n"
    "Has many real connections on 127.0.0.1 attest, re-attest, change "
    "postures, run\n"
    "commands and exchange data for N minutes (2; fractions are fine), "
    "N of them (200)\n"
    "alive at a time. Connections are cut, closed and begun again all the "
    "time, and a\n"
    "fifth of them have a hostile peer. It goes by a plan that the seed "
    "(random unless\n"
    "given) makes.\n"
    "\n"
    "Every event is held against its cause, every octet and every command "
    "against what\n"
    "was sent, the counters of all sessions against each other, and memory "
    "at the end\n"
    "against memory after a warm-up of a fifth of the time, 30 s at most: "
    "both without\n"
    "a connection.\n"
    "\n"
    "The last line is `ok: ...` with the books, or `FOUND: ...`, and then "
    "standard\n"
    "error has the seed and what happened on that connection lately. With "
    "--json an\n"
    "object with the books is the last line, and `ok: ...` goes to standard "
    "error.\n"
    "SIGINT and SIGTERM end the run early, with the books.\n"
    "\n"
    "Exit status: 0 nothing was found, 1 something was, or the run could not "
    "go on,\n"
    "2 usage.\n";

/* Books that nobody gets were not kept. */
static bool is_written(void)
{
    if (descriptors_output_is_written()) {
        return true;
    }
    fprintf(stderr, "vouch-soak: standard output: %s\n", strerror(errno));
    return false;
}

static void usage_error(const char *what, const char *value)
{
    fprintf(stderr, "vouch-soak: %s: %s\n%s", what, value, usage);
    exit(EXIT_USAGE);
}

static uint64_t parse_number(const char *text, uint64_t max, const char *what)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
        value > max) {
        usage_error(what, text);
    }
    return value;
}

static double parse_minutes(const char *text)
{
    char *end;
    double value;

    errno = 0;
    value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' ||
        !(value > 0 && value <= 1e6)) {
        usage_error("--minutes takes a number above 0, at most 1000000", text);
    }
    return value;
}

static struct options parse(int argc, char **argv)
{
    static const struct option names[] = {
        {"minutes", required_argument, NULL, 'm'},
        {"sessions", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.minutes = 2, .sessions = 200};
    int option;

    need(RAND_bytes((uint8_t *)&options.seed, sizeof options.seed),
         "draw a seed");
    options.seed %= 1000000000;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        switch (option) {
        case 'm':
            options.minutes = parse_minutes(optarg);
            break;
        case 'n':
            options.sessions =
                parse_number(optarg, SESSIONS_MAX,
                             "--sessions takes a number from 1 to 5000");
            break;
        case 's':
            options.seed = parse_number(optarg, UINT64_MAX,
                                        "--seed takes a number of 64 bits");
            break;
        case 'j':
            options.json = true;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(is_written() ? EXIT_OK : EXIT_FOUND);
        default:
            fputs(usage, stderr);
            exit(EXIT_USAGE);
        }
    }
    if (optind != argc) {
        usage_error("no such argument", argv[optind]);
    }
    if (options.sessions == 0) {
        usage_error("--sessions takes a number from 1 to 5000", "0");
    }
    return options;
}

/* Two sockets a connection. */
static void allow_descriptors(uint64_t sessions)
{
    struct rlimit limit;

    need(getrlimit(RLIMIT_NOFILE, &limit) == 0,
         "read the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
             limit.rlim_cur >= 2 * sessions + 64,
         "have as many descriptors: ask for fewer sessions");
}

static int conclude(const struct report *report, const struct options *options)
{
    const char *wrong = books_error(&report->books);
    FILE *lines;

    if (wrong == NULL) {
        wrong = usage_grew(&report->warm, &report->end);
    }
    lines = options->json && wrong == NULL ? stderr : stdout;
    if (wrong == NULL) {
        fputs("ok: ", lines);
    } else {
        fprintf(lines, "FOUND: %s: ", wrong);
    }
    report_print(report, lines);
    fputc('\n', lines);
    if (options->json && wrong == NULL) {
        report_print_json(report, stdout);
        fputc('\n', stdout);
    }
    return is_written() && wrong == NULL ? EXIT_OK : EXIT_FOUND;
}

int main(int argc, char **argv)
{
    struct options options;
    struct report report = {.milliseconds = 0};
    struct world world = {.places = 0};
    uint64_t load_ms, warm_ms;
    int status;

    descriptors_occupy();
    options = parse(argc, argv);
    allow_descriptors(options.sessions);
    heap_count();
    signals_handle(options.seed);
    fprintf(stderr, "vouch-soak: seed %" PRIu64 "\n", options.seed);
    world.seed = report.seed = options.seed;
    world.places = options.sessions;
    world_open(&world);
    load_ms = (uint64_t)(options.minutes * MINUTE_MS);
    warm_ms = load_ms / 5 < WARM_UP_MAX_MS ? load_ms / 5 : WARM_UP_MAX_MS;
    load_run(&world, world.begun_ms + warm_ms);
    report.warm = usage_now();
    load_run(&world, world.begun_ms + load_ms);
    report.end = usage_now();
    report.milliseconds = world.now.mono_ms - world.begun_ms;
    report.books = world.books;
    status = conclude(&report, &options);
    world_close(&world);
    return status;
}
