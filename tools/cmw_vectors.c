/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vectors.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>

static bool has_type(const json_t *decoded, const vouch_cmw *cmw)
{
    const json_t *type = json_object_get(decoded, "type");

    if (json_is_string(type)) {
        return json_string_length(type) == cmw->media_type.len &&
               memcmp(json_string_value(type), cmw->media_type.data,
                      cmw->media_type.len) == 0;
    }
    return cmw->media_type.len == 0 &&
           json_integer_value(type) == cmw->content_format;
}

/* Some vectors say in prose what is decoded; these are not compared. */
static const char *compare(const json_t *vector, const vouch_cmw *cmw)
{
    const json_t *decoded = json_object_get(vector, "decoded");

    if (!json_is_object(decoded)) {
        return "accept";
    }
    if (!has_type(decoded, cmw)) {
        return "accept, other type";
    }
    if (!vector_has(decoded, "value", cmw->value)) {
        return "accept, other value";
    }
    return json_integer_value(json_object_get(decoded, "ind")) ==
                   (json_int_t)cmw->indicator
               ? "accept"
               : "accept, other ind";
}

static const char *run(const json_t *vector)
{
    vouch_buffer octets;
    vouch_cmw cmw;
    const char *got;

    if (!vector_octets(vector, "hex", &octets)) {
        return "malformed vector";
    }
    got = vouch_cmw_parse(vector_bytes(&octets), &cmw) == VOUCH_OK
              ? compare(vector, &cmw)
              : "refuse";
    free(octets.data);
    return got;
}

struct vector_result cmw_vector_run(const json_t *vector)
{
    const char *kind = json_string_value(json_object_get(vector, "kind"));
    bool valid = json_is_true(json_object_get(vector, "valid"));

    if (kind == NULL) {
        return (struct vector_result){"", "malformed vector", true};
    }
    if (strcmp(kind, "tag") == 0 || strcmp(kind, "collection") == 0) {
        return (struct vector_result){valid ? "accept" : "refuse", "not built",
                                      false};
    }
    /* vouch uses no signed CMW: the authenticator signs already. */
    return (struct vector_result){
        valid && strcmp(kind, "signed") != 0 ? "accept" : "refuse", run(vector),
        true};
}
