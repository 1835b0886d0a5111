/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_DATA_H
#define VOUCH_TOOLS_SOAK_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vouch/base.h>

/* A stream of octets each of which tells where it stands: data_fill writes
 * those from `position` on, data_is tells whether `octets` are those. */
void data_fill(uint64_t stream, uint64_t position, uint8_t *out, size_t len);
bool data_is(uint64_t stream, uint64_t position, vouch_bytes octets);

#endif
