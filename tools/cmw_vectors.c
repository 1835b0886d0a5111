/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vectors.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

/* A CMW and what is to be found in it. */
struct pair {
    const json_t *decoded;
    vouch_bytes cmw;
};

/* Pairs that wait to be compared. */
struct pairs {
    size_t num;
    struct pair pair[1 + VOUCH_LIMIT_CMW_MEMBERS];
};

static bool is_text(const json_t *json, vouch_bytes text)
{
    return json_string_length(json) == text.len &&
           (text.len == 0 ||
            memcmp(json_string_value(json), text.data, text.len) == 0);
}

static bool has_type(const json_t *decoded, const vouch_cmw *cmw)
{
    const json_t *type = json_object_get(decoded, "type");

    if (type == NULL) {
        type = json_object_get(decoded, "content_format");
    }
    return is_text(type, cmw->media_type) &&
           (json_is_string(type) ||
            json_integer_value(type) == cmw->content_format);
}

static const char *compare_message(const json_t *decoded, const vouch_cmw *cmw)
{
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

static bool has_label(const json_t *item, const vouch_cmw_member *member)
{
    const json_t *label = json_object_get(item, "label");

    return is_text(label, member->label) &&
           (json_is_string(label) ||
            (json_is_integer(label) &&
             json_integer_value(label) == member->number));
}

/* Members stand in the order of the vector; each waits to be compared. */
static const char *compare_collection(const json_t *decoded,
                                      const vouch_cmw *cmw, struct pairs *pairs)
{
    const json_t *items = json_object_get(decoded, "items");
    vouch_bytes rest = cmw->members;
    vouch_cmw_member member;

    if (!is_text(json_object_get(decoded, "cmwc_t"), cmw->collection_type)) {
        return "accept, other cmwc_t";
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        if (!vouch_cmw_next(&rest, &member) || !has_label(item, &member)) {
            return "accept, other label";
        }
        pairs->pair[pairs->num++] =
            (struct pair){json_object_get(item, "cmw"), member.cmw};
    }
    return cmw->num_members == json_array_size(items) ? "accept"
                                                      : "accept, other items";
}

static const char *compare_one(const struct pair *pair, struct pairs *pairs)
{
    static const char *const kinds[] = {"record", "tag", "collection"};
    vouch_cmw cmw;

    if (vouch_cmw_parse(pair->cmw, &cmw) != VOUCH_OK) {
        return "refuse";
    }
    /* Some vectors say in prose what is decoded; these are not compared. */
    if (!json_is_object(pair->decoded)) {
        return "accept";
    }
    if (!is_text(json_object_get(pair->decoded, "kind"),
                 (vouch_bytes){(const uint8_t *)kinds[cmw.kind],
                               strlen(kinds[cmw.kind])})) {
        return "accept, other kind";
    }
    return cmw.kind == VOUCH_CMW_COLLECTION
               ? compare_collection(pair->decoded, &cmw, pairs)
               : compare_message(pair->decoded, &cmw);
}

static const char *compare(const json_t *decoded, vouch_bytes cmw)
{
    struct pairs pairs = {.num = 1, .pair = {{decoded, cmw}}};
    const char *got = "accept";

    while (pairs.num != 0 && strcmp(got, "accept") == 0) {
        const struct pair pair = pairs.pair[--pairs.num];

        got = compare_one(&pair, &pairs);
    }
    return got;
}

static const char *run(const json_t *vector)
{
    vouch_buffer octets;
    const char *got;

    if (!vector_octets(vector, "hex", &octets)) {
        return "malformed vector";
    }
    got = compare(json_object_get(vector, "decoded"), vector_bytes(&octets));
    free(octets.data);
    return got;
}

static bool is_known(const char *kind)
{
    static const char *const kinds[] = {"record", "tag", "collection", "signed",
                                        "invalid"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

struct vector_result cmw_vector_run(const json_t *vector)
{
    const char *kind = json_string_value(json_object_get(vector, "kind"));
    bool valid = json_is_true(json_object_get(vector, "valid"));

    if (kind == NULL) {
        return (struct vector_result){"", "malformed vector", true};
    }
    if (!is_known(kind)) {
        return (struct vector_result){valid ? "accept" : "refuse", "not built",
                                      false};
    }
    /* vouch uses no signed CMW: the authenticator signs already. */
    return (struct vector_result){
        valid && strcmp(kind, "signed") != 0 ? "accept" : "refuse", run(vector),
        true};
}
