/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_VERIFIER_H
#define VOUCH_TOOLS_VERIFIER_H

#include <vouch/session.h>

#include "tools/vouch/program.h"

/*
 * A Verifier that is another program (background check): for each evidence it
 * is run with the CMW as its standard input and what this side expects in its
 * environment, in hexadecimal, and writes the Attestation Result, a CMW, to its
 * standard output. Its word counts as far as the policy trusts it.
 *
 *     VOUCH_BINDER, VOUCH_AIK_PUB_HASH, VOUCH_AIK_SPKI
 */

struct verifier {
    const char *path;              /* of the program; NULL: there is none */
    const vouch_registry *results; /* who appraises what it writes */
    struct question *waiting;
    vouch_exchange exchange; /* of the evidence that it looks at */
    struct program program;
};

void verifier_init(struct verifier *verifier, const char *path,
                   const vouch_registry *results);

/* verifier_add takes the evidence of an exchange that waits for a verdict. */
vouch_err verifier_add(struct verifier *verifier, const vouch_session *session,
                       vouch_exchange exchange);

/* verifier_go starts the program when there is something to ask, and concludes
 * with what it says. */
vouch_err verifier_go(struct verifier *verifier, vouch_session *session);

/* verifier_stop ends the program, and forgets what waits. */
void verifier_stop(struct verifier *verifier);

#endif
