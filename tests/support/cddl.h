/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_CDDL_H
#define VOUCH_TESTS_CDDL_H

/* proto/vouch.cddl, line by line. A failure inside fails the test. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/octets.h"

/* `[? ]KEY: TYPE,` in the map `rule`. */
struct cddl_key {
    const char *rule;
    bool optional;
    int64_t key;
    const char *type;
};

/* `NAME = TEXT`; the text of a map is "{". */
struct cddl_rule {
    const char *name;
    const char *text;
    bool open; /* a map that lets in any other key */
};

enum { CDDL_KEYS_MAX = 128, CDDL_RULES_MAX = 128 };

struct cddl {
    struct cddl_key keys[CDDL_KEYS_MAX];
    size_t num_keys;
    struct cddl_rule rules[CDDL_RULES_MAX];
    size_t num_rules;
    char *text; /* what all of these point into */
};

/* cddl_read reads the file. A line of a map in any other form than those above
 * fails. */
void cddl_read(struct cddl *out);
void cddl_free(struct cddl *cddl);

/* cddl_rule finds a rule; without it the test fails. */
const struct cddl_rule *cddl_rule(const struct cddl *cddl, const char *name);

/* cddl_key finds the key `key` of a map; NULL if it has none. cddl_count says
 * how many keys a map has. */
const struct cddl_key *cddl_key(const struct cddl *cddl, const char *rule,
                                int64_t key);
size_t cddl_count(const struct cddl *cddl, const char *rule);

#endif
