/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/registry.h"

#include "proto/memory.h"

vouch_err vouch_registry_new(vouch_registry **out)
{
    vouch_registry *registry = vouch_alloc(sizeof *registry);

    if (registry == NULL) {
        return VOUCH_E_NOMEM;
    }
    atomic_init(&registry->refs, 1);
    atomic_init(&registry->sealed, false);
    *out = registry;
    return VOUCH_OK;
}

void vouch_registry_seal(vouch_registry *registry)
{
    atomic_store(&registry->sealed, true);
}

void vouch_registry_free(vouch_registry *registry)
{
    if (registry == NULL || atomic_fetch_sub(&registry->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < registry->num_attesters; i++) {
        vouch_attester_free(registry->attesters[i]);
    }
    for (size_t i = 0; i < registry->num_appraisers; i++) {
        vouch_appraiser_free(registry->appraisers[i]);
    }
    vouch_free(registry);
}

static bool is_format(const char *format, vouch_bytes wanted)
{
    return vouch_bytes_equal(vouch_text(format), wanted);
}

vouch_attester *vouch_registry_attester(const vouch_registry *registry,
                                        vouch_bytes format)
{
    for (size_t i = 0; i < registry->num_attesters; i++) {
        if (is_format(registry->attesters[i]->format, format)) {
            return registry->attesters[i];
        }
    }
    return NULL;
}

vouch_err vouch_registry_add_attester(vouch_registry *registry,
                                      vouch_attester *attester)
{
    if (atomic_load(&registry->sealed)) {
        return VOUCH_E_STATE;
    }
    if (vouch_registry_attester(registry, vouch_text(attester->format)) !=
        NULL) {
        return VOUCH_E_ARGUMENT;
    }
    if (registry->num_attesters == VOUCH_LIMIT_FORMATS) {
        return VOUCH_E_TOO_MANY;
    }
    atomic_fetch_add(&attester->refs, 1);
    registry->attesters[registry->num_attesters++] = attester;
    return VOUCH_OK;
}

static bool has_appraiser(const vouch_registry *registry, const char *format)
{
    for (size_t i = 0; i < registry->num_appraisers; i++) {
        if (is_format(registry->appraisers[i]->format, vouch_text(format))) {
            return true;
        }
    }
    return false;
}

vouch_err vouch_registry_add_appraiser(vouch_registry *registry,
                                       vouch_appraiser *appraiser)
{
    if (atomic_load(&registry->sealed)) {
        return VOUCH_E_STATE;
    }
    if (has_appraiser(registry, appraiser->format)) {
        return VOUCH_E_ARGUMENT;
    }
    if (registry->num_appraisers == VOUCH_LIMIT_FORMATS) {
        return VOUCH_E_TOO_MANY;
    }
    atomic_fetch_add(&appraiser->refs, 1);
    registry->appraisers[registry->num_appraisers++] = appraiser;
    return VOUCH_OK;
}

struct vouch_appraisers vouch_registry_appraisers(
    const vouch_registry *registry)
{
    return (struct vouch_appraisers){
        (const vouch_appraiser *const *)registry->appraisers,
        registry->num_appraisers};
}

void vouch_registry_judge(const vouch_registry *registry, vouch_bytes cmw,
                          const vouch_expectation *expected, vouch_result *out)
{
    const struct vouch_appraisers all = vouch_registry_appraisers(registry);

    vouch_appraise_all(&all, cmw, expected, out);
}
