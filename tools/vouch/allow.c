/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/allow.h"

#include <string.h>

#include <vouch/software.h>

#include "tools/vouch/appraisers.h"

/* A policy's own, unless it is set (vouch_policy_set_max_age). */
enum { MAX_AGE_S = 300 };

static const struct {
    unsigned one;
    const char *word, *text;
} table[] = {
    {ALLOW_WARNING, "warning", "accepts Attestation Results of tier warning"},
    {ALLOW_KEY_BOUND, "key-bound",
     "accepts passports: Attestation Results that are bound to no connection"},
    {ALLOW_NO_VECTOR, "no-vector",
     "accepts Attestation Results without a trustworthiness vector"},
    {ALLOW_DEBUG, "debug", "accepts a platform on which debugging is on"},
    {ALLOW_MAX_AGE, "max-age", "accepts messages older than five minutes"},
    {ALLOW_CA, "ca", "trusts every key that a CA certifies"},
    {ALLOW_RESULTS, "results", "trusts a Verifier's key"},
    {ALLOW_FORMAT, "format",
     "accepts evidence that is not of the software attester"},
};

enum { TABLE = sizeof table / sizeof table[0] };

bool allow_find(const char *word, unsigned among, unsigned *out)
{
    for (size_t i = 0; i < TABLE; i++) {
        if ((table[i].one & among) != 0 && strcmp(table[i].word, word) == 0) {
            *out = table[i].one;
            return true;
        }
    }
    return false;
}

const char *allow_word(unsigned one)
{
    size_t i = 0;

    while (i < TABLE - 1 && table[i].one != one) {
        i++;
    }
    return table[i].word;
}

const char *allow_text(unsigned one)
{
    size_t i = 0;

    while (i < TABLE - 1 && table[i].one != one) {
        i++;
    }
    return table[i].text;
}

static unsigned needed_by_format(const char *format)
{
    if (strcmp(format, VOUCH_SOFTWARE_FORMAT) == 0) {
        return 0;
    }
    return is_of_results(format) ? ALLOW_RESULTS : ALLOW_FORMAT;
}

static unsigned needed_by_item(const vouch_policy_item *item)
{
    switch (item->part) {
    /* What a bundle is for. */
    case VOUCH_PART_KEY:
    case VOUCH_PART_REFERENCE:
    /* What only narrows what is accepted. */
    case VOUCH_PART_COMPONENT:
    case VOUCH_PART_INSTANCE:
    case VOUCH_PART_REQUIRED:
    case VOUCH_PART_FORBIDDEN:
    case VOUCH_PART_MIN_SECURITY_VERSION:
    case VOUCH_PART_MIN_VERSION:
        return 0;
    case VOUCH_PART_CA:
        return ALLOW_CA;
    case VOUCH_PART_DEBUG:
        return item->number == VOUCH_DEBUG_ALLOWED ? ALLOW_DEBUG : 0;
    case VOUCH_PART_MAX_AGE:
        return item->number > MAX_AGE_S ? ALLOW_MAX_AGE : 0;
    case VOUCH_PART_WARNING:
        return ALLOW_WARNING;
    case VOUCH_PART_KEY_BOUND:
        return ALLOW_KEY_BOUND;
    case VOUCH_PART_NO_VECTOR:
        return ALLOW_NO_VECTOR;
    default:
        return ALLOW_ALL; /* not known here */
    }
}

unsigned allow_needed(const vouch_policy *policy)
{
    unsigned needed = needed_by_format(vouch_policy_format(policy));
    vouch_policy_item item;

    for (size_t i = 0; vouch_policy_nth(policy, i, &item); i++) {
        needed |= needed_by_item(&item);
    }
    return needed;
}
