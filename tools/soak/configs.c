/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/configs.h"

#include "tools/bench/measure.h"

enum { PATIENT_MS = 30000, HASTY_MS = 400 };

const struct config_kind config_kinds[] = {
    {.name = "mutual",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = LONG_MS,
     .interval_ms = 5000,
     .within_ms = PATIENT_MS},
    {.name = "mutual, own evidence",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = LONG_MS,
     .interval_ms = 3000,
     .within_ms = PATIENT_MS,
     .own_format = true},
    {.name = "mutual, short",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = SHORT_MS,
     .interval_ms = 4000,
     .within_ms = PATIENT_MS,
     .own_format = true},
    {.name = "mutual, short, stays, loses",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = SHORT_MS,
     .interval_ms = 3000,
     .within_ms = PATIENT_MS,
     .stays = true,
     .loses = true,
     .own_format = true},
    {.name = "mutual, hasty, stays",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = SHORT_MS,
     .interval_ms = 3000,
     .within_ms = HASTY_MS,
     .stays = true,
     .own_format = true},
    {.name = "mutual, peer first",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_NOBODY,
     .max_age_ms = LONG_MS,
     .interval_ms = 5000,
     .within_ms = PATIENT_MS,
     .peer_first = true},
    {.name = "mutual, holds",
     .gate = VOUCH_GATE_MUTUAL,
     .asker = VOUCH_ASKER_NOBODY,
     .max_age_ms = LONG_MS,
     .interval_ms = 4000,
     .within_ms = PATIENT_MS,
     .holds = true,
     .own_format = true},
    {.name = "require peer",
     .gate = VOUCH_GATE_REQUIRE_PEER,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = LONG_MS,
     .interval_ms = 5000,
     .within_ms = PATIENT_MS},
    {.name = "require peer, short, stays, holds",
     .gate = VOUCH_GATE_REQUIRE_PEER,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = SHORT_MS,
     .interval_ms = 3000,
     .within_ms = PATIENT_MS,
     .stays = true,
     .holds = true,
     .own_format = true},
    {.name = "require peer, peer first",
     .gate = VOUCH_GATE_REQUIRE_PEER,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = LONG_MS,
     .interval_ms = 4000,
     .within_ms = PATIENT_MS,
     .peer_first = true,
     .own_format = true},
    {.name = "restricted",
     .gate = VOUCH_GATE_RESTRICTED,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = LONG_MS,
     .interval_ms = 5000,
     .within_ms = PATIENT_MS},
    {.name = "restricted, hasty, stays",
     .gate = VOUCH_GATE_RESTRICTED,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = SHORT_MS,
     .interval_ms = 3000,
     .within_ms = HASTY_MS,
     .stays = true,
     .own_format = true},
    {.name = "none",
     .gate = VOUCH_GATE_NONE,
     .asker = VOUCH_ASKER_NOBODY,
     .max_age_ms = LONG_MS,
     .within_ms = PATIENT_MS},
    {.name = "none, commands of who is authenticated",
     .gate = VOUCH_GATE_NONE,
     .asker = VOUCH_ASKER_AUTHENTICATED,
     .max_age_ms = LONG_MS,
     .within_ms = PATIENT_MS,
     .own_format = true},
    {.name = "none, commands of who is attested",
     .gate = VOUCH_GATE_NONE,
     .asker = VOUCH_ASKER_ATTESTED,
     .max_age_ms = LONG_MS,
     .interval_ms = 4000,
     .within_ms = PATIENT_MS,
     .own_format = true},
};

const size_t num_config_kinds = sizeof config_kinds / sizeof config_kinds[0];

_Static_assert(sizeof config_kinds / sizeof config_kinds[0] <=
                   sizeof((struct configs *)0)->of[0] / sizeof(vouch_config *),
               "each kind has its place");

bool config_requires_peer(const struct config_kind *kind)
{
    return kind->gate != VOUCH_GATE_NONE || kind->asker == VOUCH_ASKER_ATTESTED;
}

/* The format that comes first is preferred. */
static void add_formats(vouch_config *config, const struct config_kind *kind)
{
    const char *formats[] = {VOUCH_SOFTWARE_FORMAT, SOAK_FORMAT};

    for (size_t i = 0; i < 2; i++) {
        const char *format = formats[kind->own_format ? 1 - i : i];

        need_ok(vouch_config_add_produced(config, format), "add a format");
        need_ok(vouch_config_add_appraised(config, format), "add a format");
    }
}

static void set_options(vouch_config *config, const struct config_kind *kind)
{
    static const uint8_t model[32] = {1};

    need_ok(vouch_config_set_asker(config, kind->asker), "set the asker");
    need_ok(vouch_config_set_posture(config, "model", model), "set a posture");
    if (kind->stays) {
        need_ok(vouch_config_set_refusal(config, VOUCH_REFUSAL_STAY),
                "set what follows a refusal");
    }
    if (kind->holds) {
        need_ok(vouch_config_hold_early_data(config), "hold early data");
    }
    if (kind->loses) {
        need_ok(vouch_config_allow_data_loss(config), "allow loss of data");
    }
    if (kind->peer_first) {
        need_ok(vouch_config_set_peer_first(config), "have the peer go first");
    }
}

static vouch_config *make(const struct host *host,
                          const struct config_kind *kind)
{
    vouch_config *config;

    need_ok(vouch_config_new(&config), "make a configuration");
    need_ok(vouch_config_set_credential(config, host->credential),
            "set the credential");
    need_ok(vouch_config_set_trust(config, host->trust), "set the trust");
    need_ok(vouch_config_set_gate(config, kind->gate), "set the gate");
    need_ok(vouch_config_set_max_age(config, kind->max_age_ms),
            "set the maximum age");
    need_ok(vouch_config_set_interval(config, kind->interval_ms),
            "set the interval");
    need_ok(vouch_config_set_answer_within(config, kind->within_ms),
            "set the time for answers");
    add_formats(config, kind);
    set_options(config, kind);
    return config;
}

void configs_make(struct configs *configs, const struct hosts *hosts)
{
    for (size_t i = 0; i < num_config_kinds; i++) {
        configs->of[CLIENT][i] = make(&hosts->client, &config_kinds[i]);
        configs->of[SERVER][i] = make(&hosts->server, &config_kinds[i]);
    }
}

void configs_free(struct configs *configs)
{
    for (size_t i = 0; i < num_config_kinds; i++) {
        vouch_config_free(configs->of[CLIENT][i]);
        vouch_config_free(configs->of[SERVER][i]);
    }
}
