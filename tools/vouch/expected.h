/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_EXPECTED_H
#define VOUCH_TOOLS_EXPECTED_H

#include <vouch/evidence.h>

#include "tools/vouch/options.h"

/* What evidence is held against, from the command line, or from the environment
 * that a Verifier is run in (verifier.h). Octets are of malloc. */
struct expected {
    vouch_buffer binder, aik_pub_hash, aik_spki, nonce;
};

/* expected_read says why not, and returns false. */
bool expected_read(const struct policy_options *options, struct expected *out);
void expected_free(struct expected *expected);

/* expected_at is the same for the library, borrowed, at `unix_s`. */
vouch_expectation expected_at(const struct expected *expected, int64_t unix_s);

#endif
