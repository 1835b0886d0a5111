/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_SCRIPT_H
#define VOUCH_TOOLS_SOAK_SCRIPT_H

/* What hostile peers say. */

#include <openssl/bytestring.h>

#include "tools/soak/world.h"

/* Who says it, and which message of how many. */
struct speaker {
    const struct plan *plan;
    enum side side;
    SSL *ssl;
    uint64_t number;
};

/* Writes one message, or several; octets of the wire. */
typedef void script_message(CBB *out, const struct speaker *speaker);

struct script {
    const char *name;
    script_message *first; /* once, before any other */
    script_message *next;  /* again and again; NULL: silence */
    uint64_t gap_ms;       /* between two messages */
    bool no_tls;           /* the octets are those of TCP */
    bool no_alpn;
    bool never_reads;
};

extern const struct script scripts[];

#endif
