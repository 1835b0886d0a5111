/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/corim.h"

#include <vouch/limits.h>

#include "lib/evidence/sorted.h"
#include "proto/memory.h"

vouch_err vouch_corim_new(vouch_corim **out)
{
    vouch_corim *corim = vouch_alloc(sizeof *corim);

    if (corim == NULL) {
        return VOUCH_E_NOMEM;
    }
    corim->validity = (struct vouch_corim_validity){INT64_MIN, INT64_MAX};
    *out = corim;
    return VOUCH_OK;
}

void vouch_corim_free(vouch_corim *corim)
{
    if (corim == NULL) {
        return;
    }
    for (size_t i = 0; i < corim->num; i++) {
        vouch_policy_free(corim->entries[i].policy);
    }
    vouch_free(corim->entries);
    vouch_free(corim);
}

int64_t vouch_corim_not_after(const vouch_corim *corim)
{
    return corim->validity.not_after;
}

vouch_policy *vouch_corim_nth(const vouch_corim *corim, size_t nth)
{
    return nth < corim->num ? corim->entries[nth].policy : NULL;
}

static int compare_entry(const void *array, size_t at, vouch_bytes format)
{
    const struct vouch_corim_entry *entries = array;

    return vouch_bytes_order(
        vouch_text(vouch_policy_format(entries[at].policy)), format);
}

static vouch_err add_entry(vouch_corim *corim, const char *format, size_t at)
{
    struct vouch_corim_entry entry = {.policy = NULL};
    void *array = corim->entries;
    vouch_err err;

    if (corim->num == VOUCH_LIMIT_FORMATS) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_policy_new(format, &entry.policy);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_insert(&array, &corim->num, at, &entry, sizeof entry);
    corim->entries = array;
    if (err != VOUCH_OK) {
        vouch_policy_free(entry.policy);
    }
    return err;
}

vouch_err vouch_corim_entry_for(vouch_corim *corim, const char *format,
                                struct vouch_corim_entry **out)
{
    struct vouch_place place = vouch_place_of(
        corim->entries, corim->num, compare_entry, vouch_text(format));
    vouch_err err = place.found ? VOUCH_OK : add_entry(corim, format, place.at);

    if (err == VOUCH_OK) {
        *out = &corim->entries[place.at];
    }
    return err;
}

vouch_err vouch_corim_policy(vouch_corim *corim, const char *format,
                             vouch_policy **out)
{
    struct vouch_corim_entry *entry;
    vouch_err err = vouch_corim_entry_for(corim, format, &entry);

    if (err == VOUCH_OK) {
        *out = entry->policy;
    }
    return err;
}
