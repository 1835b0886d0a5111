/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_ALLOW_H
#define VOUCH_TOOLS_ALLOW_H

#include <vouch/policy.h>

/* What lets more evidence through than the software attester's keys and
 * reference values, by the defaults of a policy, do. Nobody consents to any of
 * it by taking somebody's bundle: it is said with --allow. */
enum allow {
    ALLOW_WARNING = 1 << 0,
    ALLOW_KEY_BOUND = 1 << 1,
    ALLOW_NO_VECTOR = 1 << 2,
    ALLOW_DEBUG = 1 << 3,
    ALLOW_MAX_AGE = 1 << 4,
    ALLOW_CA = 1 << 5,
    ALLOW_RESULTS = 1 << 6,
    ALLOW_FORMAT = 1 << 7,
    ALLOW_ALL = (1 << 8) - 1,
};

/* allow_find finds the one of `among` that `word` is. */
bool allow_find(const char *word, unsigned among, unsigned *out);

/* allow_word is the word of one; allow_text what a policy that needs it does.
 */
const char *allow_word(unsigned one);
const char *allow_text(unsigned one);

/* allow_needed tells which of them a policy of a bundle needs. */
unsigned allow_needed(const vouch_policy *policy);

#endif
