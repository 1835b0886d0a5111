/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_VECTORS_H
#define VOUCH_TOOLS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <vouch/base.h>

/* What became of one test vector. */
struct vector_result {
    const char *expected;
    const char *got;
    bool built; /* what it tests is there; else it is not counted */
};

/* Both give the result of one element of "vectors". A vector that lacks what it
 * needs got "malformed vector". */
struct vector_result ea_vector_run(const json_t *json);
struct vector_result cmw_vector_run(const json_t *vector);

bool vector_agrees(const struct vector_result *result);

/* A member in hexadecimal, as octets of malloc. False when the member is there
 * and is no such text; what is absent or null is empty. */
bool vector_octets(const json_t *vector, const char *name, vouch_buffer *out);

/* vector_has tells whether member `name` has these octets. */
bool vector_has(const json_t *vector, const char *name, vouch_bytes octets);

vouch_bytes vector_bytes(const vouch_buffer *octets);

#endif
