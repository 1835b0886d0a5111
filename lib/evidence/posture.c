/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/posture.h"

#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/memory.h"
#include "proto/utf8.h"

/* Where `name` stands, or belongs. */
static size_t place_of(const struct vouch_posture *posture, vouch_bytes name,
                       bool *found)
{
    size_t i = 0;
    int order = 1;

    while (i < posture->num &&
           (order = vouch_digests_order(
                name, vouch_text(posture->components[i].name))) > 0) {
        i++;
    }
    *found = i < posture->num && order == 0;
    return i;
}

static vouch_err insert(struct vouch_posture *posture, size_t at,
                        vouch_bytes name, const uint8_t sha256[32])
{
    void *components = posture->components;
    vouch_buffer copy;
    vouch_err err;

    if (posture->num == VOUCH_LIMIT_COMPONENTS) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_copy((vouch_bytes){name.data, name.len + 1}, &copy);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_grow(&components, posture->num * sizeof(vouch_measurement),
                     (posture->num + 1) * sizeof(vouch_measurement));
    if (err != VOUCH_OK) {
        vouch_buffer_free(&copy);
        return err;
    }
    posture->components = components;
    memmove(&posture->components[at + 1], &posture->components[at],
            (posture->num - at) * sizeof(vouch_measurement));
    posture->components[at].name = (char *)copy.data;
    memcpy(posture->components[at].sha256, sha256, 32);
    posture->num++;
    return VOUCH_OK;
}

vouch_err vouch_posture_set(struct vouch_posture *posture, const char *name,
                            const uint8_t sha256[32], bool *changed)
{
    vouch_bytes text = vouch_text(name);
    vouch_measurement *component;
    vouch_err err = VOUCH_OK;
    bool found;
    size_t at;

    if (text.len == 0 || text.len > VOUCH_LIMIT_MEASUREMENT_NAME ||
        !vouch_is_utf8(text)) {
        return VOUCH_E_ARGUMENT;
    }
    at = place_of(posture, text, &found);
    if (!found) {
        err = insert(posture, at, text, sha256);
        *changed = err == VOUCH_OK;
        return err;
    }
    component = &posture->components[at];
    *changed = memcmp(component->sha256, sha256, 32) != 0;
    memcpy(component->sha256, sha256, 32);
    return VOUCH_OK;
}

vouch_err vouch_posture_copy(const struct vouch_posture *from,
                             struct vouch_posture *to)
{
    vouch_err err = VOUCH_OK;

    to->epoch = from->epoch;
    for (size_t i = 0; err == VOUCH_OK && i < from->num; i++) {
        err = insert(to, i, vouch_text(from->components[i].name),
                     from->components[i].sha256);
    }
    return err;
}

bool vouch_posture_write_components(const struct vouch_posture *posture,
                                    CBB *out)
{
    bool ok = vouch_cbor_write_map(out, posture->num);

    for (size_t i = 0; ok && i < posture->num; i++) {
        ok = vouch_digests_write(out, vouch_text(posture->components[i].name),
                                 posture->components[i].sha256);
    }
    return ok;
}

void vouch_posture_cleanup(struct vouch_posture *posture)
{
    for (size_t i = 0; i < posture->num; i++) {
        vouch_free((void *)(uintptr_t)posture->components[i].name);
    }
    vouch_free(posture->components);
    *posture = (struct vouch_posture){0};
}
