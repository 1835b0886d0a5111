/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vouch/allow.h"
#include "tools/vouch/report.h"

enum { NUMBERS_BASE = 10 };

/* The session's own limit on times. */
#define TIME_MAX (UINT64_C(1) << 53)
#define ROUNDS_MAX UINT64_C(1000000)

typedef bool reader(const char *text, struct options *out);

/* Digits first: strtoull would take blanks and signs. */
static bool read_number(const char *text, uint64_t max, uint64_t *out,
                        char **end)
{
    unsigned long long value;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    value = strtoull(text, end, NUMBERS_BASE);
    *out = value;
    return errno == 0 && value <= max;
}

static bool read_time(const char *text, uint64_t *out)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {
        {"", 1000},   {"ms", 1},      {"s", 1000},
        {"m", 60000}, {"h", 3600000}, {"d", 86400000},
    };
    uint64_t number;
    char *unit;

    if (!read_number(text, TIME_MAX, &number, &unit)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            *out = number * units[i].ms;
            return number <= TIME_MAX / units[i].ms;
        }
    }
    return false;
}

/* Finds `text` in a list of words, ended by NULL. */
static bool read_word(const char *text, const char *const *words, unsigned *out)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool read_attest(const char *text, struct options *out)
{
    static const char *const words[] = {"yes", "no", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->no_attest = i == 1;
    return true;
}

static bool read_require(const char *text, struct options *out)
{
    static const char *const words[] = {"none", "peer", "mutual", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->require = (enum require)(REQUIRE_NONE + i);
    return true;
}

static bool read_eof(const char *text, struct options *out)
{
    static const char *const words[] = {"close", "stay", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->eof = (enum eof)(EOF_CLOSE + i);
    return true;
}

static bool read_interval(const char *text, struct options *out)
{
    out->has_interval = true;
    return read_time(text, &out->interval);
}

static bool read_max_age(const char *text, struct options *out)
{
    out->has_max_age = true;
    return read_time(text, &out->max_age) && out->max_age != 0;
}

static bool read_rounds(const char *text, struct options *out)
{
    char *end;

    return read_number(text, ROUNDS_MAX, &out->rounds, &end) && *end == '\0';
}

/* NAME=FILE, where NAME is printable and no other component's. */
static bool read_posture(const char *text, struct options *out)
{
    const char *equals = strchr(text, '=');
    size_t len = equals != NULL ? (size_t)(equals - text) : 0;
    char *name;

    if (len == 0 || len > VOUCH_LIMIT_MEASUREMENT_NAME || equals[1] == '\0' ||
        out->num_posture == VOUCH_LIMIT_COMPONENTS) {
        return false;
    }
    name = (char *)(uintptr_t)text; /* of main's argv, which is the program's */
    for (size_t i = 0; i < len; i++) {
        if (name[i] < ' ' || name[i] > '~') {
            return false;
        }
    }
    name[len] = '\0';
    for (size_t i = 0; i < out->num_posture; i++) {
        if (strcmp(out->posture[i].name, name) == 0) {
            return false;
        }
    }
    out->posture[out->num_posture++] = (struct component){name, &equals[1]};
    return true;
}

static bool read_posture_check(const char *text, struct options *out)
{
    out->has_posture_check = true;
    return read_time(text, &out->posture_check);
}

static bool read_execute(const char *text, struct options *out)
{
    static const char *const words[] = {"authenticated", "attested", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->asker = (vouch_asker)(VOUCH_ASKER_AUTHENTICATED + i);
    return true;
}

static bool read_run(const char *text, struct options *out)
{
    out->run = text;
    return text[0] != '\0';
}

static bool read_operation(const char *text, struct options *out)
{
    if (out->num_operations == OPERATIONS_MAX ||
        strlen(text) > VOUCH_LIMIT_OPERATION) {
        return false;
    }
    out->operation[out->num_operations++] = text;
    return true;
}

static bool read_within(const char *text, struct options *out)
{
    out->has_within = true;
    return read_time(text, &out->within) && out->within != 0;
}

static bool read_release(const char *text, struct options *out)
{
    out->release = text;
    return true;
}

static bool set_audit(const char *text, struct options *out)
{
    (void)text;
    return out->audit = true;
}

static bool read_name(const char *text, struct options *out)
{
    out->name = text;
    return true;
}

static bool read_listen(const char *text, struct options *out)
{
    out->listen = text;
    return true;
}

static bool read_peer(const char *text, struct options *out)
{
    out->peer = text;
    return true;
}

static bool set_force(const char *text, struct options *out)
{
    (void)text;
    return out->force = true;
}

static bool set_keep(const char *text, struct options *out)
{
    (void)text;
    return out->keep = true;
}

/* Policies */

/* A media type, as the library has it. */
static bool read_format(const char *text, struct options *out)
{
    size_t len = 0;

    while (text[len] >= ' ' && text[len] <= '~') {
        len++;
    }
    out->policy.format = text;
    return len != 0 && len <= VOUCH_LIMIT_MEDIA_TYPE && text[len] == '\0';
}

static bool set_component(const char *text, struct options *out)
{
    (void)text;
    return out->policy.component = true;
}

static bool read_min_version(const char *text, struct options *out)
{
    out->policy.min_version = text;
    return text[0] != '\0';
}

static bool read_min_security_version(const char *text, struct options *out)
{
    char *end;

    out->policy.has_min_security_version = true;
    return read_number(text, UINT64_MAX, &out->policy.min_security_version,
                       &end) &&
           *end == '\0';
}

static bool read_debug(const char *text, struct options *out)
{
    static const char *const words[] = {"not-enabled", "disabled", "allowed",
                                        NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->policy.has_debug = true;
    out->policy.debug = (vouch_debug)i;
    return true;
}

static bool read_claim(const char *text, uint64_t *set, uint64_t other)
{
    vouch_claim claim = vouch_claim_find(text);
    uint64_t bit = UINT64_C(1) << claim;

    *set |= bit;
    return claim != VOUCH_CLAIM_NONE && (other & bit) == 0;
}

static bool read_require_claim(const char *text, struct options *out)
{
    return read_claim(text, &out->policy.required, out->policy.forbidden);
}

static bool read_forbid_claim(const char *text, struct options *out)
{
    return read_claim(text, &out->policy.forbidden, out->policy.required);
}

static bool read_instance(const char *text, struct options *out)
{
    if (out->policy.num_instances == INSTANCES_MAX) {
        return false;
    }
    out->policy.instance[out->policy.num_instances++] = text;
    return true;
}

static bool read_allow(const char *text, struct options *out)
{
    unsigned one;

    if (!allow_find(text, out->allowable, &one)) {
        return false;
    }
    out->allow |= one;
    return true;
}

static bool read_signer(const char *text, struct options *out)
{
    out->policy.signer = text;
    return true;
}

static bool read_binder(const char *text, struct options *out)
{
    out->policy.binder = text;
    return true;
}

static bool read_aik_pub_hash(const char *text, struct options *out)
{
    out->policy.aik_pub_hash = text;
    return true;
}

static bool read_aik_spki(const char *text, struct options *out)
{
    out->policy.aik_spki = text;
    return true;
}

static bool read_nonce(const char *text, struct options *out)
{
    out->policy.nonce = text;
    return true;
}

static bool read_at(const char *text, struct options *out)
{
    char *end;

    out->policy.has_at = true;
    return read_number(text, INT64_MAX, &out->policy.at, &end) && *end == '\0';
}

/* Results */

static bool read_key(const char *text, struct options *out)
{
    out->issue.key = text;
    return true;
}

static bool read_label(const char *text, struct options *out)
{
    out->issue.label = text;
    return text[0] != '\0';
}

static bool read_form(const char *text, struct options *out)
{
    static const char *const words[] = {"cwt", "jwt", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->issue.jwt = i == 1;
    return true;
}

static bool set_key_bound(const char *text, struct options *out)
{
    (void)text;
    return out->issue.key_bound = true;
}

static bool set_raw(const char *text, struct options *out)
{
    (void)text;
    return out->issue.raw = true;
}

static bool read_lifetime(const char *text, struct options *out)
{
    uint64_t ms;

    if (!read_time(text, &ms) || ms < 1000 || ms / 1000 > UINT32_MAX) {
        return false;
    }
    out->issue.lifetime_s = (uint32_t)(ms / 1000);
    return true;
}

static bool read_attester(const char *text, struct options *out)
{
    static const char *const words[] = {"software", "passport", NULL};
    unsigned i;

    if (!read_word(text, words, &i)) {
        return false;
    }
    out->attester = (enum attester)(ATTESTER_SOFTWARE + i);
    return true;
}

static bool read_passport(const char *text, struct options *out)
{
    out->passport = text;
    return true;
}

static bool read_verifier(const char *text, struct options *out)
{
    out->verifier = text;
    return text[0] != '\0';
}

static bool set_json(const char *text, struct options *out)
{
    (void)text;
    (void)out;
    report_as_json();
    return true;
}

static const struct {
    char letter;
    reader *read;
} readers[] = {
    {'A', set_audit},
    {'B', set_key_bound},
    {'C', read_posture_check},
    {'D', read_debug},
    {'F', read_format},
    {'H', read_aik_pub_hash},
    {'I', read_instance},
    {'K', read_aik_spki},
    {'L', read_release},
    {'M', read_min_version},
    {'N', read_nonce},
    {'O', read_operation},
    {'P', read_posture},
    {'R', read_run},
    {'S', read_min_security_version},
    {'T', read_at},
    {'U', read_lifetime},
    {'V', read_label},
    {'W', read_within},
    {'X', read_execute},
    {'a', read_attest},
    {'b', read_binder},
    {'c', set_component},
    {'d', read_key},
    {'e', read_eof},
    {'f', set_force},
    {'g', read_signer},
    {'i', read_interval},
    {'j', set_json},
    {'k', set_keep},
    {'l', read_listen},
    {'m', read_max_age},
    {'n', read_name},
    {'o', read_rounds},
    {'p', read_peer},
    {'q', read_require_claim},
    {'r', read_require},
    {'t', read_attester},
    {'u', set_raw},
    {'v', read_verifier},
    {'w', read_allow},
    {'x', read_forbid_claim},
    {'y', read_form},
    {'z', read_passport},
};

static const struct option long_options[] = {
    {"aik-pub-hash", required_argument, NULL, 'H'},
    {"aik-spki", required_argument, NULL, 'K'},
    {"allow", required_argument, NULL, 'w'},
    {"at", required_argument, NULL, 'T'},
    {"attest", required_argument, NULL, 'a'},
    {"attester", required_argument, NULL, 't'},
    {"audit", no_argument, NULL, 'A'},
    {"binder", required_argument, NULL, 'b'},
    {"component", no_argument, NULL, 'c'},
    {"debug", required_argument, NULL, 'D'},
    {"eof", required_argument, NULL, 'e'},
    {"execute", required_argument, NULL, 'X'},
    {"forbid-claim", required_argument, NULL, 'x'},
    {"force", no_argument, NULL, 'f'},
    {"form", required_argument, NULL, 'y'},
    {"format", required_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'h'},
    {"instance", required_argument, NULL, 'I'},
    {"interval", required_argument, NULL, 'i'},
    {"json", no_argument, NULL, 'j'},
    {"keep", no_argument, NULL, 'k'},
    {"key", required_argument, NULL, 'd'},
    {"key-bound", no_argument, NULL, 'B'},
    {"label", required_argument, NULL, 'V'},
    {"lifetime", required_argument, NULL, 'U'},
    {"listen", required_argument, NULL, 'l'},
    {"max-age", required_argument, NULL, 'm'},
    {"min-security-version", required_argument, NULL, 'S'},
    {"min-version", required_argument, NULL, 'M'},
    {"name", required_argument, NULL, 'n'},
    {"nonce", required_argument, NULL, 'N'},
    {"operation", required_argument, NULL, 'O'},
    {"passport", required_argument, NULL, 'z'},
    {"peer", required_argument, NULL, 'p'},
    {"posture", required_argument, NULL, 'P'},
    {"posture-check", required_argument, NULL, 'C'},
    {"raw", no_argument, NULL, 'u'},
    {"release", required_argument, NULL, 'L'},
    {"require", required_argument, NULL, 'r'},
    {"require-claim", required_argument, NULL, 'q'},
    {"rounds", required_argument, NULL, 'o'},
    {"run", required_argument, NULL, 'R'},
    {"signer", required_argument, NULL, 'g'},
    {"verifier", required_argument, NULL, 'v'},
    {"within", required_argument, NULL, 'W'},
    {NULL, 0, NULL, 0},
};

static bool wrong(const struct command *command, const char *what,
                  const char *which)
{
    fprintf(stderr, "vouch %s: %s%s\nusage: vouch %s %s\n", command->name, what,
            which, command->name, command->operands);
    return false;
}

static bool read_option(const struct command *command, int letter,
                        const char *name, struct options *out)
{
    if (letter == '?') { /* getopt_long has said why */
        return wrong(command, "wrong options", "");
    }
    if (strchr(command->letters, letter) == NULL) {
        return wrong(command, "takes no --", name);
    }
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (readers[i].letter == letter) {
            return readers[i].read(optarg, out) ||
                   wrong(command, "a wrong value for --", name);
        }
    }
    return false;
}

static bool read_operands(const struct command *command, int argc, char **argv,
                          struct options *out)
{
    if (argc - optind != command->num_operands) {
        return wrong(command, "too few or too many arguments", "");
    }
    for (int i = 0; i < command->num_operands; i++) {
        out->operand[i] = argv[optind + i];
    }
    return true;
}

bool options_parse(const struct command *command, int argc, char **argv,
                   struct options *out, enum status *status)
{
    int letter, index = 0;

    *status = STATUS_USAGE;
    out->allowable = command->allows;
    while ((letter = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        if (letter == 'h') {
            printf("usage: vouch %s %s\n\n%s", command->name, command->operands,
                   command->help);
            *status = STATUS_CLEAN;
            return false;
        }
        if (!read_option(command, letter, long_options[index].name, out)) {
            return false;
        }
    }
    return read_operands(command, argc, argv, out);
}
