/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/support/octets.h"

json_t *load_vectors(const char *name)
{
    const char *root = getenv("VOUCH_SOURCE_ROOT");
    char path[4096];
    json_error_t error;
    json_t *file;
    int len;

    ck_assert_msg(root != NULL, "VOUCH_SOURCE_ROOT is not set");
    len = snprintf(path, sizeof path, "%s/tests/vectors/%s", root, name);
    ck_assert(len > 0 && (size_t)len < sizeof path);
    file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(file != NULL, "%s: %s", path, error.text);
    return file;
}

const json_t *find_vector(const json_t *file, const char *name)
{
    const json_t *vectors = json_object_get(file, "vectors");

    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);

        if (strcmp(vector_text(vector, "name"), name) == 0) {
            return vector;
        }
    }
    ck_abort_msg("no vector named %s", name);
    return NULL;
}

const char *vector_text(const json_t *vector, const char *name)
{
    const char *text = json_string_value(json_object_get(vector, name));

    ck_assert_msg(text != NULL, "no text member %s", name);
    return text;
}

vouch_buffer vector_hex(const json_t *vector, const char *name)
{
    return from_hex(vector_text(vector, name));
}
