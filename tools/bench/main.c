/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/bench.h"
#include "tools/bench/figures.h"
#include "tools/bench/measure.h"
#include "tools/common/descriptors.h"

enum { EXIT_DONE = 0, EXIT_LOCAL = 1, EXIT_USAGE = 2 };

static const struct {
    const char *name;
    bench_subject *run;
} subjects[] = {
    {"exchange", bench_exchange}, {"authenticator", bench_authenticator},
    {"mux", bench_mux},           {"memory", bench_memory},
    {"engine", bench_engine},     {"flights", bench_flights},
    {"floods", bench_floods},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

struct options {
    bool json;
    size_t windows;
    bool chosen[SUBJECTS];
};

static void print_usage(FILE *out)
{
    fprintf(
        out,
        "usage: vouch-bench [--json] [--windows N] [SUBJECT]...\n"
        "\n"
        "Measures vouch over what can not be avoided, in CPU time of one "
        "thread, both\n"
        "ends together. Each figure is the median of N windows (%d to %d; "
        "%d), in which\n"
        "the two take turns; the spread is from the least to the "
        "greatest.\n"
        "\n"
        "  exchange       a re-attestation of one side: over its "
        "signatures (PSA and AIK)\n"
        "                 and their verification; over a full mutual "
        "handshake; how often\n"
        "                 vouch asks for memory\n"
        "  authenticator  RFC 9261 alone with 1 KiB of evidence: over one "
        "signature or\n"
        "                 verification of the AIK\n"
        "  mux            DATA: its throughput over that of SSL_write and "
        "SSL_read, in\n"
        "                 writes of 16 KiB, and of 256 octets each of which "
        "leaves before\n"
        "                 the next\n"
        "  memory         octets on the heap: of an idle session that "
        "attested (vouch's own,\n"
        "                 and with what crypto libraries keep for it), of "
        "its SSL, of what\n"
        "                 sessions share; the most that vouch has of it "
        "for one end while\n"
        "                 one attests with 16 KiB of evidence\n"
        "  engine         a re-attestation, both ends, of 1 KiB that nobody "
        "makes or looks\n"
        "                 at, over a channel without TLS: signatures are "
        "neither made nor\n"
        "                 checked, exporters are constants; hashes are "
        "computed, as always.\n"
        "                 Its time, and that with 10,000 live sessions "
        "over that with 100\n"
        "  flights        from one end to the other, from the client's "
        "Finished on, until the\n"
        "                 server has attested and the client's gate is "
        "open: counted\n"
        "  floods         one message again and again, for each message, each "
        "state that a\n"
        "                 peer can keep a side in, and applications that poll "
        "nothing,\n"
        "                 answer nothing, or answer: the most octets that the "
        "side keeps\n"
        "                 above an idle session (of vouch's own memory, 16 for "
        "each block\n"
        "                 included), and the most ns that it computes, for one "
        "octet that\n"
        "                 came. The first 64 KiB are left out, and signatures. "
        "Standard\n"
        "                 error says which floods these are\n"
        "\n"
        "With --json the last line is an object whose members are "
        "numbers: medians, and\n"
        "as ..._spread the greatest less the least.\n"
        "\n"
        "Exit status: 0 measured, 1 it could not, 2 usage.\n",
        WINDOWS_MIN, WINDOWS_MAX, WINDOWS_DEFAULT);
}

static bool parse_windows(const char *text, size_t *out)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] == '-' || value < WINDOWS_MIN ||
        value > WINDOWS_MAX) {
        return false;
    }
    *out = value;
    return true;
}

static bool choose(struct options *options, const char *name)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (strcmp(subjects[i].name, name) == 0) {
            options->chosen[i] = true;
            return true;
        }
    }
    return false;
}

static void usage_error(void)
{
    print_usage(stderr);
    exit(EXIT_USAGE);
}

/* Figures that nobody gets were not measured. */
static int finish(void)
{
    if (descriptors_output_is_written()) {
        return EXIT_DONE;
    }
    fprintf(stderr, "vouch-bench: standard output: %s\n", strerror(errno));
    return EXIT_LOCAL;
}

static struct options parse(int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"windows", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.windows = WINDOWS_DEFAULT};
    int option;

    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (option == 'j') {
            options.json = true;
        } else if (option == 'h') {
            print_usage(stdout);
            exit(finish());
        } else if (option != 'w' || !parse_windows(optarg, &options.windows)) {
            usage_error();
        }
    }
    for (size_t i = 0; optind == argc && i < SUBJECTS; i++) {
        options.chosen[i] = true;
    }
    for (; optind < argc; optind++) {
        if (!choose(&options, argv[optind])) {
            usage_error();
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    struct options options;
    struct hosts hosts;

    descriptors_occupy();
    options = parse(argc, argv);
    heap_count();
    hosts_meet(&hosts);
    hosts_equip(&hosts);
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (options.chosen[i]) {
            fprintf(stderr, "vouch-bench: %s\n", subjects[i].name);
            subjects[i].run(&hosts, options.windows);
        }
    }
    hosts_free(&hosts);
    figures_print_table();
    if (options.json) {
        figures_print_json();
    }
    return finish();
}
