/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_USAGE_H
#define VOUCH_TOOLS_SOAK_USAGE_H

/* What the program uses of the machine. */

#include "tools/soak/books.h"

/* usage_now is what is in use now. */
struct memory usage_now(void);

/* usage_grew says what has grown from `warm` to `end`, or is NULL. */
const char *usage_grew(const struct memory *warm, const struct memory *end);

#endif
