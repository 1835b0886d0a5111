/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_ATTESTED_H
#define VOUCH_TESTS_ATTESTED_H

/* A session_pair whose peers attest as shipped: each has an attestation key of
 * its own in PSA, the software attester with it, and the appraiser that trusts
 * the other's. A failure inside fails the test. */

#include <vouch/software.h>

#include "tests/support/session_pair.h"
#include "tests/support/tls_pair.h"

struct attested_host {
    vouch_key *key;
    vouch_attester *attester;
    vouch_appraiser *appraiser; /* of the other's evidence */
};

struct attested {
    struct session_pair pair;
    struct attested_host client, server;
};

/* attested_init makes both, for pair_start; attested_free frees all of it. The
 * directory of files.h must be there. */
void attested_init(struct attested *attested);
void attested_free(struct attested *attested);

/* attested_policy makes the policy that `host` and nothing else meets. */
vouch_policy *attested_policy(const struct attested_host *host);

/* attested_connect connects both by TLS with their AIKs, and has the sessions
 * to come be on that connection. */
struct tls_pair *attested_connect(struct attested *attested);

#endif
