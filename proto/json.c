/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/json.h"

#include <vouch/limits.h>

#include "proto/fork.h"

/* What there is to read, before jansson takes memory for it. */
struct shape {
    bool in_string;
    bool escaped;
    size_t depth;
    size_t items; /* no fewer than there are */
};

static void shape_string(struct shape *shape, uint8_t c)
{
    if (shape->escaped) {
        shape->escaped = false;
    } else if (c == '\\') {
        shape->escaped = true;
    } else if (c == '"') {
        shape->in_string = false;
    }
}

static void shape_octet(struct shape *shape, uint8_t c)
{
    switch (c) {
    case '"':
        shape->in_string = true;
        break;
    case '[':
    case '{':
        shape->depth++;
        shape->items++;
        break;
    case ']':
    case '}':
        shape->depth -= shape->depth != 0;
        break;
    case ',':
    case ':':
        shape->items++;
        break;
    default:
        break;
    }
}

static vouch_err check_shape(vouch_bytes text)
{
    struct shape shape = {.depth = 0};

    if (text.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (shape.in_string) {
            shape_string(&shape, text.data[i]);
        } else {
            shape_octet(&shape, text.data[i]);
        }
        if (shape.depth > VOUCH_LIMIT_CBOR_DEPTH ||
            shape.items > VOUCH_LIMIT_CBOR_ITEMS) {
            return VOUCH_E_TOO_MANY;
        }
    }
    return VOUCH_OK;
}

static vouch_err error_of(const json_error_t *error)
{
    switch ((int)json_error_code(error)) {
    case json_error_out_of_memory:
        return VOUCH_E_NOMEM;
    case json_error_duplicate_key:
        return VOUCH_E_DUPLICATE;
    default:
        return VOUCH_E_DECODE;
    }
}

/* jansson seeds its tables when they are used first. A child that inherits that
 * half done would wait for it for ever. */
static vouch_err seed(void)
{
    vouch_err err = vouch_fork_watch();

    if (err == VOUCH_OK) {
        vouch_fork_defer();
        json_object_seed(0);
        vouch_fork_permit();
    }
    return err;
}

json_t *vouch_json_object(void)
{
    return seed() == VOUCH_OK ? json_object() : NULL;
}

vouch_err vouch_json_load(vouch_bytes text, json_t **out)
{
    vouch_err err = check_shape(text);
    json_error_t error;
    json_t *root;

    if (err == VOUCH_OK) {
        err = seed();
    }
    if (err != VOUCH_OK) {
        return err;
    }
    root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
                      &error);
    if (root == NULL) {
        return error_of(&error);
    }
    *out = root;
    return VOUCH_OK;
}

vouch_bytes vouch_json_text(const json_t *string)
{
    return (vouch_bytes){(const uint8_t *)json_string_value(string),
                         json_string_length(string)};
}
