/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_REPORT_H
#define VOUCH_TOOLS_REPORT_H

#include <jansson.h>

#include <vouch/base.h>

#include "tools/vouch/status.h"

/* Everything that is told goes to standard error, a line each: for people, or
 * as JSON objects. */

void report_as_json(void);
bool report_is_json(void);

/* report tells one event in either form: `event`, of which it takes the
 * reference, or the sentence. */
__attribute__((format(printf, 2, 3))) void report(json_t *event,
                                                  const char *sentence, ...);

/* fail tells what went wrong, and returns `status`. */
__attribute__((format(printf, 2, 3))) enum status fail(enum status status,
                                                       const char *sentence,
                                                       ...);

/* printed returns `status` once all that was printed to standard output has
 * left the program; if it cannot, it says why, and returns STATUS_LOCAL. */
enum status printed(enum status status);

/* cause_of names an error, by errno where that has the cause. */
const char *cause_of(vouch_err err);

enum { HEX_DIGEST = 2 * 32 + 1 };

/* hex writes two digits for each octet, and NUL. */
const char *hex(vouch_bytes octets, char *out);

#endif
