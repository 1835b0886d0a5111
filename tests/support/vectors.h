/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_VECTORS_H
#define VOUCH_TESTS_VECTORS_H

/* Test vectors in JSON, below tests/vectors/. A failure inside these functions
 * fails the test. */

#include <jansson.h>

#include <vouch/base.h>

/* load_vectors reads tests/vectors/`name`; json_decref the result. */
json_t *load_vectors(const char *name);

/* find_vector finds, in the array "vectors" of `file`, the one with that
 * "name"; borrowed from `file`. */
const json_t *find_vector(const json_t *file, const char *name);

/* vector_text gives member `name`, a string; borrowed from `vector`. */
const char *vector_text(const json_t *vector, const char *name);

/* vector_hex gives member `name`, in hexadecimal, as octets for free(). */
vouch_buffer vector_hex(const json_t *vector, const char *name);

#endif
