/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/describe.h"

#include <string.h>

#include <vouch/ear.h>
#include <vouch/software.h>

const char *describe_attester(vouch_bytes format)
{
    static const struct {
        const char *format, *name;
    } names[] = {
        {VOUCH_SOFTWARE_FORMAT, "software"},
        {"", "none"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].format) == format.len &&
            memcmp(names[i].format, format.data, format.len) == 0) {
            return names[i].name;
        }
    }
    return vouch_ear_is_format(format) ? "passport" : "other";
}

json_t *describe_vector(const int8_t vector[VOUCH_CATEGORIES])
{
    json_t *object = json_object();

    for (unsigned i = 0; i < VOUCH_CATEGORIES; i++) {
        if (vector[i] != 0) {
            json_object_set_new(object, vouch_category_name((vouch_category)i),
                                json_integer(vector[i]));
        }
    }
    return object;
}

json_t *describe_claims(uint64_t claims)
{
    json_t *array = json_array();

    for (unsigned i = VOUCH_CLAIM_NONE + 1; i < VOUCH_CLAIMS; i++) {
        if ((claims >> i & 1) != 0) {
            json_array_append_new(
                array, json_string(vouch_claim_name((vouch_claim)i)));
        }
    }
    return array;
}

json_t *describe_stages(const vouch_progress stages[VOUCH_STAGES])
{
    json_t *object = json_object();

    for (unsigned i = 0; i < VOUCH_STAGES; i++) {
        json_object_set_new(object, vouch_stage_name((vouch_stage)i),
                            json_string(vouch_progress_name(stages[i])));
    }
    return object;
}
