/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/config.h"

#include <vouch/posture.h>

#include "lib/authenticator/endpoint.h"
#include "lib/evidence/registry.h"
#include "proto/cmw_leaves.h"
#include "proto/media_type.h"
#include "proto/memory.h"

enum {
    DEFAULT_MAX_AGE = 600000,
    DEFAULT_ANSWER_WITHIN = 30000,
    /* An acceptance is renewed twice before it ends. */
    REFRESHES_IN_AGE = 3,
    GRACES_IN_AGE = 10,
    DEFAULT_JITTER = 10,
    JITTER_MAX = 50,
};

vouch_err vouch_config_new(vouch_config **out)
{
    vouch_config *config = vouch_alloc(sizeof *config);

    if (config == NULL) {
        return VOUCH_E_NOMEM;
    }
    atomic_init(&config->refs, 1);
    atomic_init(&config->sealed, false);
    config->gate = VOUCH_GATE_MUTUAL;
    config->max_age = DEFAULT_MAX_AGE;
    config->answer_within = DEFAULT_ANSWER_WITHIN;
    config->jitter = DEFAULT_JITTER;
    *out = config;
    return VOUCH_OK;
}

vouch_config *vouch_config_use(vouch_config *config)
{
    atomic_store(&config->sealed, true);
    atomic_fetch_add(&config->refs, 1);
    return config;
}

static void format_list_clear(struct format_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        vouch_buffer_free(&list->text[i]);
    }
}

void vouch_config_free(vouch_config *config)
{
    if (config == NULL || atomic_fetch_sub(&config->refs, 1) != 1) {
        return;
    }
    vouch_credential_free(config->credential);
    vouch_trust_free(config->trust);
    format_list_clear(&config->produced);
    format_list_clear(&config->appraised);
    vouch_posture_cleanup(&config->posture);
    vouch_free(config);
}

vouch_err vouch_config_set_credential(vouch_config *config,
                                      vouch_credential *credential)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    vouch_credential_free(config->credential);
    config->credential = vouch_credential_ref(credential);
    return VOUCH_OK;
}

vouch_err vouch_config_set_trust(vouch_config *config, vouch_trust *trust)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    vouch_trust_free(config->trust);
    config->trust = vouch_trust_ref(trust);
    return VOUCH_OK;
}

static vouch_err format_list_add(vouch_config *config, struct format_list *list,
                                 const char *media_type)
{
    vouch_bytes text = vouch_text(media_type);

    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (!vouch_is_media_type(text) || list->num == VOUCH_LIMIT_FORMATS) {
        return VOUCH_E_ARGUMENT;
    }
    vouch_err err = vouch_copy(text, &list->text[list->num]);
    if (err == VOUCH_OK) {
        list->num++;
    }
    return err;
}

vouch_err vouch_config_add_produced(vouch_config *config,
                                    const char *media_type)
{
    return format_list_add(config, &config->produced, media_type);
}

vouch_err vouch_config_add_appraised(vouch_config *config,
                                     const char *media_type)
{
    return format_list_add(config, &config->appraised, media_type);
}

vouch_err vouch_config_add_formats(vouch_config *config,
                                   vouch_registry *registry)
{
    vouch_err err = VOUCH_OK;

    vouch_registry_seal(registry);
    for (size_t i = 0; err == VOUCH_OK && i < registry->num_attesters; i++) {
        err = vouch_config_add_produced(config, registry->attesters[i]->format);
    }
    for (size_t i = 0; err == VOUCH_OK && i < registry->num_appraisers; i++) {
        /* One that goes beside others only is asked for by none. */
        if (!registry->appraisers[i]->ops->accompanies) {
            err = vouch_config_add_appraised(config,
                                             registry->appraisers[i]->format);
        }
    }
    return err;
}

vouch_err vouch_config_set_gate(vouch_config *config, vouch_gate gate)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (gate > VOUCH_GATE_MUTUAL) {
        return VOUCH_E_ARGUMENT;
    }
    config->gate = gate;
    return VOUCH_OK;
}

vouch_err vouch_config_set_refusal(vouch_config *config, vouch_refusal refusal)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (refusal > VOUCH_REFUSAL_STAY) {
        return VOUCH_E_ARGUMENT;
    }
    config->refusal = refusal;
    return VOUCH_OK;
}

/* Sets a time in milliseconds that must lie in [min, max]. */
static vouch_err set_time(vouch_config *config, uint64_t *field, uint64_t ms,
                          uint64_t min, uint64_t max)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (ms < min || ms > max) {
        return VOUCH_E_ARGUMENT;
    }
    *field = ms;
    return VOUCH_OK;
}

vouch_err vouch_config_set_max_age(vouch_config *config, uint64_t ms)
{
    return set_time(config, &config->max_age, ms, 1, VOUCH_LIMIT_HOLD_MS);
}

vouch_err vouch_config_set_interval(vouch_config *config, uint64_t ms)
{
    vouch_err err =
        set_time(config, &config->interval, ms, 0, VOUCH_LIMIT_HOLD_MS);

    if (err == VOUCH_OK) {
        config->has_interval = true;
    }
    return err;
}

vouch_err vouch_config_set_answer_within(vouch_config *config, uint64_t ms)
{
    return set_time(config, &config->answer_within, ms, 1,
                    VOUCH_LIMIT_ANSWER_WITHIN_MS);
}

static vouch_err set_flag(vouch_config *config, bool *flag)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    *flag = true;
    return VOUCH_OK;
}

vouch_err vouch_config_hold_early_data(vouch_config *config)
{
    return set_flag(config, &config->hold_early_data);
}

vouch_err vouch_config_allow_data_loss(vouch_config *config)
{
    return set_flag(config, &config->allow_data_loss);
}

vouch_err vouch_config_allow_other_key(vouch_config *config)
{
    return set_flag(config, &config->allow_other_key);
}

vouch_err vouch_config_allow_own_key(vouch_config *config)
{
    return set_flag(config, &config->allow_own_key);
}

vouch_err vouch_config_set_peer_first(vouch_config *config)
{
    return set_flag(config, &config->peer_first);
}

vouch_err vouch_config_pin_instance(vouch_config *config)
{
    return set_flag(config, &config->pin_instance);
}

vouch_err vouch_config_refuse_regression(vouch_config *config)
{
    return set_flag(config, &config->refuse_regression);
}

vouch_err vouch_config_allow_key_bound(vouch_config *config)
{
    return set_flag(config, &config->allow_key_bound);
}

vouch_err vouch_config_set_grace(vouch_config *config, uint64_t ms)
{
    vouch_err err =
        set_time(config, &config->grace, ms, 0, VOUCH_LIMIT_HOLD_MS);

    if (err == VOUCH_OK) {
        config->has_grace = true;
    }
    return err;
}

vouch_err vouch_config_set_jitter(vouch_config *config, unsigned percent)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (percent > JITTER_MAX) {
        return VOUCH_E_ARGUMENT;
    }
    config->jitter = percent;
    return VOUCH_OK;
}

vouch_err vouch_config_set_asker(vouch_config *config, vouch_asker asker)
{
    if (config->sealed) {
        return VOUCH_E_STATE;
    }
    if (asker > VOUCH_ASKER_ATTESTED) {
        return VOUCH_E_ARGUMENT;
    }
    config->asker = asker;
    return VOUCH_OK;
}

vouch_err vouch_config_set_posture(vouch_config *config, const char *name,
                                   const uint8_t sha256[32])
{
    bool changed;

    return config->sealed
               ? VOUCH_E_STATE
               : vouch_posture_set(&config->posture, name, sha256, &changed);
}

bool vouch_config_requires_peer(const vouch_config *config)
{
    return config->gate != VOUCH_GATE_NONE ||
           config->asker == VOUCH_ASKER_ATTESTED;
}

bool vouch_config_gates_data(const vouch_config *config)
{
    return config->gate >= VOUCH_GATE_REQUIRE_PEER;
}

bool vouch_config_can_ask(const vouch_config *config)
{
    return config->trust != NULL && config->appraised.num != 0;
}

bool vouch_config_can_answer(const vouch_config *config)
{
    return config->credential != NULL && config->produced.num != 0;
}

bool vouch_config_is_consistent(const vouch_config *config)
{
    return (!vouch_config_requires_peer(config) ||
            vouch_config_can_ask(config)) &&
           (!config->peer_first || vouch_config_requires_peer(config)) &&
           (config->gate != VOUCH_GATE_MUTUAL ||
            vouch_config_can_answer(config));
}

uint64_t vouch_config_interval(const vouch_config *config)
{
    return config->has_interval ? config->interval
                                : config->max_age / REFRESHES_IN_AGE;
}

uint64_t vouch_config_grace(const vouch_config *config)
{
    return config->has_grace ? config->grace : config->max_age / GRACES_IN_AGE;
}

static vouch_bytes format_text(const struct format_list *list, size_t i)
{
    return (vouch_bytes){list->text[i].data, list->text[i].len};
}

format_set vouch_format_list_all(const struct format_list *list)
{
    return (format_set)((UINT64_C(1) << list->num) - 1);
}

void vouch_format_list_export(const struct format_list *list, format_set set,
                              struct vouch_formats *out)
{
    out->num = 0;
    for (size_t i = 0; i < list->num; i++) {
        if ((set >> i & 1) != 0) {
            out->format[out->num++] = format_text(list, i);
        }
    }
}

format_set vouch_format_list_find(const struct format_list *list,
                                  vouch_bytes type)
{
    for (size_t i = 0; i < list->num; i++) {
        if (vouch_bytes_equal(format_text(list, i), type)) {
            return (format_set)1 << i;
        }
    }
    return 0;
}

/* Where the one format of `set` stands. */
static vouch_bytes only_format(const struct format_list *list, format_set set)
{
    size_t i = 0;

    while ((set >> i & 1) == 0) {
        i++;
    }
    return format_text(list, i);
}

vouch_err vouch_format_list_covers(const struct format_list *list,
                                   format_set set, vouch_bytes octets,
                                   vouch_bytes *format)
{
    struct vouch_cmw_leaves leaves;
    vouch_err err = vouch_cmw_leaves_begin(octets, &leaves);
    vouch_bytes first = {NULL, 0};
    vouch_cmw leaf;

    if (err != VOUCH_OK) {
        return err;
    }
    while (vouch_cmw_leaves_next(&leaves, &leaf)) {
        format_set found = vouch_format_list_find(list, leaf.media_type) & set;

        if (found != 0) {
            first = first.len != 0 ? first : only_format(list, found);
        } else if (!vouch_bytes_equal(leaf.media_type,
                                      vouch_text(VOUCH_POSTURE_FORMAT))) {
            return VOUCH_E_CMW;
        }
    }
    if (first.len == 0) {
        return VOUCH_E_CMW;
    }
    *format = first;
    return VOUCH_OK;
}

format_set vouch_format_list_common(const struct format_list *list,
                                    const struct vouch_formats *theirs)
{
    format_set common = 0;

    for (size_t i = 0; i < theirs->num; i++) {
        common |= vouch_format_list_find(list, theirs->format[i]);
    }
    return common;
}

vouch_bytes vouch_format_list_first(const struct format_list *list,
                                    const struct vouch_formats *order)
{
    for (size_t i = 0; i < order->num; i++) {
        for (size_t j = 0; j < list->num; j++) {
            if (vouch_bytes_equal(format_text(list, j), order->format[i])) {
                return format_text(list, j);
            }
        }
    }
    return (vouch_bytes){NULL, 0};
}
