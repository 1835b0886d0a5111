/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/sorted.h"

#include <string.h>

#include "proto/memory.h"

struct vouch_place vouch_place_of(const void *array, size_t num,
                                  vouch_compare *compare, vouch_bytes key)
{
    size_t low = 0, high = num;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(array, middle, key);

        if (order == 0) {
            return (struct vouch_place){middle, true};
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct vouch_place){low, false};
}

vouch_err vouch_insert(void **array, size_t *num, size_t at,
                       const void *element, size_t size)
{
    vouch_err err = vouch_grow(array, *num * size, (*num + 1) * size);
    uint8_t *octets = *array;

    if (err != VOUCH_OK) {
        return err;
    }
    memmove(&octets[(at + 1) * size], &octets[at * size], (*num - at) * size);
    memcpy(&octets[at * size], element, size);
    ++*num;
    return VOUCH_OK;
}

int vouch_bytes_order(vouch_bytes a, vouch_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter != 0 ? memcmp(a.data, b.data, shorter) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
