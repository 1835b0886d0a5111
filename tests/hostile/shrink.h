/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_SHRINK_H
#define VOUCH_TESTS_HOSTILE_SHRINK_H

#include "tests/hostile/trial.h"

/* Runs a session in a process of its own; one that dies is PROPERTY_CRASH. */
struct finding shrink_run(const struct trial_options *options,
                          const uint8_t *octets, size_t len);

/* Deletes steps, and makes arguments 0, while the same property is found.
 * Returns the new length. */
size_t shrink(const struct trial_options *options, enum property property,
              uint8_t *octets, size_t len);

#endif
