/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/appraisers.h"

#include <string.h>

#include <vouch/ear.h>
#include <vouch/eat.h>
#include <vouch/posture.h>

bool is_of_results(const char *format)
{
    return vouch_ear_is_format(
        (vouch_bytes){(const uint8_t *)format, strlen(format)});
}

/* Each says itself which formats it reads; those of results are EATs too. */
vouch_err appraiser_new(vouch_policy *policy, vouch_appraiser **out)
{
    static vouch_err (*const makers[])(vouch_policy * policy,
                                       vouch_appraiser * *out) = {
        vouch_ear_appraiser_new, vouch_eat_appraiser_new,
        vouch_posture_appraiser_new};
    vouch_err err = VOUCH_E_ARGUMENT;

    for (size_t i = 0;
         i < sizeof makers / sizeof makers[0] && err == VOUCH_E_ARGUMENT; i++) {
        err = makers[i](policy, out);
    }
    return err;
}

/* A policy for a format that nobody reads appraises nothing, and evidence of
 * that format is refused. */
static vouch_err add_appraiser(vouch_registry *registry, vouch_policy *policy)
{
    vouch_appraiser *appraiser;
    vouch_err err = appraiser_new(policy, &appraiser);

    if (err != VOUCH_OK) {
        return err == VOUCH_E_ARGUMENT ? VOUCH_OK : err;
    }
    err = vouch_registry_add_appraiser(registry, appraiser);
    vouch_appraiser_free(appraiser);
    return err;
}

static vouch_err add_appraisers(vouch_registry *registry,
                                const vouch_corim *corim, bool of_results)
{
    vouch_err err = VOUCH_OK;
    vouch_policy *policy;

    for (size_t i = 0;
         err == VOUCH_OK && (policy = vouch_corim_nth(corim, i)) != NULL; i++) {
        if (is_of_results(vouch_policy_format(policy)) == of_results) {
            err = add_appraiser(registry, policy);
        }
    }
    return err;
}

/* Evidence first: what this side has seen for itself is better than what
 * somebody says. */
static vouch_err make(const vouch_corim *corim, bool evidence, bool results,
                      vouch_registry **out)
{
    vouch_registry *registry;
    vouch_err err = vouch_registry_new(&registry);

    if (err != VOUCH_OK) {
        return err;
    }
    if (evidence) {
        err = add_appraisers(registry, corim, false);
    }
    if (err == VOUCH_OK && results) {
        err = add_appraisers(registry, corim, true);
    }
    if (err != VOUCH_OK) {
        vouch_registry_free(registry);
        return err;
    }
    *out = registry;
    return VOUCH_OK;
}

vouch_err appraisers_of(const vouch_corim *corim, vouch_registry **out)
{
    return make(corim, true, true, out);
}

vouch_err evidence_of(const vouch_corim *corim, vouch_registry **out)
{
    return make(corim, true, false, out);
}

vouch_err results_of(const vouch_corim *corim, vouch_registry **out)
{
    return make(corim, false, true, out);
}
