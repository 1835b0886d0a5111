/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/cmw.h>

#include <string.h>

#include <vouch/limits.h>

#include "proto/base64url.h"
#include "proto/cbor_writer.h"
#include "proto/cmw_writer.h"
#include "proto/json.h"
#include "proto/memory.h"

/*
 * A CMW in JSON is written in CBOR, item for item, and then parsed like any
 * other: what RFC 9999 asks for stands in one place, and so do the limits.
 */

/* Signed ones */

/* RFC 7515, 7.1: three parts in base64url with dots between. */
static bool is_compact_jws(vouch_bytes text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        dots += c == '.';
        if (c == '\0' ||
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789-_.",
                   c) == NULL) {
            return false;
        }
    }
    return dots == 2;
}

/* RFC 7515, 7.2.2. No member of a collection is a string. */
static bool is_flattened_jws(const json_t *object)
{
    return json_is_string(json_object_get(object, "payload")) &&
           json_is_string(json_object_get(object, "signature"));
}

/* From jansson's values to CBOR */

/* A collection that is open. */
struct level {
    json_t *object;
    void *next; /* its pair that is due, or NULL */
};

struct walk {
    size_t depth;
    struct level level[VOUCH_LIMIT_CMW_DEPTH];
};

static bool write_value(CBB *out, vouch_bytes text)
{
    size_t len = vouch_base64url_length(text.len);
    uint8_t *octets;

    /* RFC 9999, 3.1: base64url without padding, and one character at least
     * [C01] */
    return text.len != 0 && vouch_cbor_write_bytes_head(out, len) &&
           CBB_add_space(out, &octets, len) &&
           vouch_base64url_decode(text, octets);
}

static bool write_indicator(CBB *out, const json_t *indicator)
{
    return json_is_integer(indicator) &&
           vouch_cbor_write_int(out, json_integer_value(indicator));
}

/* json-record = [ type: text, value: base64url-string, ? ind ] */
static bool write_record(CBB *out, const json_t *array)
{
    const json_t *type = json_array_get(array, 0);
    const json_t *value = json_array_get(array, 1);
    size_t items = json_array_size(array);

    /* RFC 9999, 3.1: no number stands for a type here [C04] */
    return (items == 2 || items == 3) && json_is_string(type) &&
           json_is_string(value) && vouch_cbor_write_array(out, items) &&
           vouch_cbor_write_text(out, vouch_json_text(type)) &&
           write_value(out, vouch_json_text(value)) &&
           (items == 2 || write_indicator(out, json_array_get(array, 2)));
}

static vouch_err open_collection(CBB *out, json_t *object, struct walk *walk)
{
    if (is_flattened_jws(object)) {
        return VOUCH_E_CMW_SIGNED;
    }
    if (walk->depth == VOUCH_LIMIT_CMW_DEPTH) {
        return VOUCH_E_TOO_MANY;
    }
    walk->level[walk->depth++] =
        (struct level){object, json_object_iter(object)};
    return vouch_cbor_write_map(out, json_object_size(object)) ? VOUCH_OK
                                                               : VOUCH_E_CMW;
}

static vouch_err write_cmw(CBB *out, json_t *json, struct walk *walk)
{
    if (json_is_object(json)) {
        return open_collection(out, json, walk);
    }
    /* Where a string may stand and where not, is seen by who parses it. */
    if (json_is_string(json)) {
        return vouch_cbor_write_text(out, vouch_json_text(json)) ? VOUCH_OK
                                                                 : VOUCH_E_CMW;
    }
    return json_is_array(json) && write_record(out, json) ? VOUCH_OK
                                                          : VOUCH_E_CMW;
}

static vouch_err write_pair(CBB *out, struct walk *walk)
{
    struct level *level = &walk->level[walk->depth - 1];
    json_t *value = json_object_iter_value(level->next);
    const char *label = json_object_iter_key(level->next);

    level->next = json_object_iter_next(level->object, level->next);
    return vouch_cbor_write_text(out, vouch_text(label))
               ? write_cmw(out, value, walk)
               : VOUCH_E_CMW;
}

static vouch_err write_all(CBB *out, json_t *json)
{
    struct walk walk = {.depth = 0};
    vouch_err err = write_cmw(out, json, &walk);

    while (err == VOUCH_OK && walk.depth != 0) {
        if (walk.level[walk.depth - 1].next != NULL) {
            err = write_pair(out, &walk);
        } else {
            walk.depth--;
        }
    }
    return err;
}

static vouch_err to_cbor(json_t *json, size_t len, vouch_buffer *out)
{
    struct vouch_cmw_writer writer;
    vouch_err err = vouch_cmw_begin(&writer, len);
    vouch_cmw cmw;

    if (err != VOUCH_OK) {
        return err;
    }
    err = write_all(&writer.cbb, json);
    if (err == VOUCH_OK) {
        err = vouch_cmw_parse(
            (vouch_bytes){CBB_data(&writer.cbb), CBB_len(&writer.cbb)}, &cmw);
    }
    return vouch_cmw_finish(&writer, err, out);
}

vouch_err vouch_cmw_from_json(vouch_bytes json, vouch_buffer *out)
{
    vouch_err err;
    json_t *root;

    if (json.len <= VOUCH_LIMIT_CMW && is_compact_jws(json)) {
        return VOUCH_E_CMW_SIGNED;
    }
    /* RFC 9999, 3.3: labels are unique [C06] */
    err = vouch_json_load(json, &root);
    if (err != VOUCH_OK) {
        return err == VOUCH_E_DECODE ? VOUCH_E_CMW : err;
    }
    /* No item is longer in CBOR than in JSON with what divides it. */
    err = to_cbor(root, json.len, out);
    json_decref(root);
    return err;
}
