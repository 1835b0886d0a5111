/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_SORTED_H
#define VOUCH_EVIDENCE_SORTED_H

/* Arrays that are kept in ascending order. */

#include <vouch/base.h>

/* Where something stands in an ascending array, or would have to. */
struct vouch_place {
    size_t at;
    bool found;
};

/* Compares element `at` of `array` with `key`, as memcmp does. */
typedef int vouch_compare(const void *array, size_t at, vouch_bytes key);

struct vouch_place vouch_place_of(const void *array, size_t num,
                                  vouch_compare *compare, vouch_bytes key);

/* vouch_insert makes room for an element of `size` octets before element `at`
 * of the `*num`, and copies it there. On VOUCH_E_NOMEM nothing has changed. */
vouch_err vouch_insert(void **array, size_t *num, size_t at,
                       const void *element, size_t size) VOUCH_MUST_CHECK;

/* vouch_bytes_order compares bytewise; of two that begin alike, the shorter is
 * less. */
int vouch_bytes_order(vouch_bytes a, vouch_bytes b);

#endif
