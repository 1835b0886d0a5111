/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_OPTIONS_H
#define VOUCH_TOOLS_OPTIONS_H

#include <vouch/limits.h>
#include <vouch/policy.h>
#include <vouch/session.h>

#include "tools/vouch/status.h"

/* What one side requires; the default depends on whether it attests. */
enum require {
    REQUIRE_DEFAULT = 0,
    REQUIRE_NONE,
    REQUIRE_PEER,
    REQUIRE_MUTUAL
};

/* What the end of standard input means; the default is the command's. */
enum eof { EOF_DEFAULT = 0, EOF_CLOSE, EOF_STAY };

enum {
    OPERANDS_MAX = 3,     /* the most that a command takes beside options */
    OPERATIONS_MAX = 256, /* --operation, the most on one command line */
};

/* A component of the posture. */
struct component {
    const char *name, *path;
};

/* The instances on one command line, at most. */
enum { INSTANCES_MAX = VOUCH_LIMIT_INSTANCES };

/* What is done to a policy, and what evidence is held against. */
struct policy_options {
    const char *format, *min_version, *signer;
    bool component, has_min_security_version, has_debug, has_at;
    uint64_t min_security_version;
    vouch_debug debug;
    uint64_t required, forbidden; /* bit 1 << vouch_claim */
    const char *instance[INSTANCES_MAX];
    size_t num_instances;
    const char *binder, *aik_pub_hash, *aik_spki, *nonce;
    uint64_t at;
};

/* How a Verifier makes its results. */
struct issue_options {
    const char *key, *label;
    bool jwt, key_bound, raw;
    uint32_t lifetime_s; /* 0: not said */
};

struct options {
    const char *operand[OPERANDS_MAX];
    const char *name;   /* init */
    const char *listen; /* serve */
    const char *peer;
    bool force, keep, no_attest, has_interval, has_max_age;
    unsigned allow;     /* of enum allow */
    unsigned allowable; /* what the command's --allow takes */
    enum require require;
    enum eof eof;
    uint64_t interval, max_age; /* milliseconds */
    uint64_t rounds;
    struct component posture[VOUCH_LIMIT_COMPONENTS];
    size_t num_posture;
    const char *operation[OPERATIONS_MAX];
    size_t num_operations;
    bool has_posture_check, has_within, audit;
    uint64_t posture_check, within; /* milliseconds */
    vouch_asker asker;              /* whose commands are executed */
    const char *run, *release;
    struct policy_options policy;
    struct issue_options issue;
    enum attester { ATTESTER_SOFTWARE = 0, ATTESTER_PASSPORT } attester;
    const char *passport, *verifier;
};

struct command {
    const char *name;     /* of one word or two */
    const char *operands; /* as in the synopsis */
    int num_operands;
    const char *letters; /* of the options that it takes */
    unsigned allows;     /* of enum allow, what its --allow takes */
    const char *help;
    enum status (*run)(const struct options *options);
};

/* options_parse reads `argv`, whose first is the command's name. False: say
 * `*status` and go; usage or the reason why not has been printed. */
bool options_parse(const struct command *command, int argc, char **argv,
                   struct options *out, enum status *status);

#endif
