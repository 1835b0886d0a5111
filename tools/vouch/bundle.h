/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BUNDLE_H
#define VOUCH_TOOLS_BUNDLE_H

#include <openssl/base.h>

#include <vouch/corim.h>
#include <vouch/registry.h>
#include <vouch/software.h>
#include <vouch/trust.h>

/*
 * A bundle is what one host tells the others about itself: its name, the CA
 * of its AIK, and the policy that its Evidence meets, as a JSON object.
 *
 *     {"vouch": 2, "name": DNS name or address, "ca": PEM certificate,
 *      "policy": a CoRIM (vouch/corim.h), unsigned, in base64url}
 */

enum {
    BUNDLE_MAX = 1 << 18, /* octets */
    BUNDLE_NAME = 254,    /* room for a name, with its NUL */
};

/* What a bundle allows, ready to be used. */
struct bundle {
    char name[BUNDLE_NAME];
    X509_STORE *store; /* the CA, and nothing else */
    vouch_trust *trust;
    vouch_registry *appraisers; /* by its policies */
    vouch_registry *results;    /* those of Attestation Results alone */
    unsigned needs; /* what its policies need of --allow (allow.h) */
};

/* bundle_is_name tells whether `name` may stand in one: a DNS name in lower
 * case or an address. */
bool bundle_is_name(const char *name);

/* bundle_make makes the text of one, of malloc. */
bool bundle_make(const char *name, X509 *ca, vouch_bytes attestation_spki,
                 const vouch_measurement *measured, size_t num,
                 vouch_buffer *out);

/* bundle_parse reads one from anybody, all but its policy, which it copies to
 * `policy`, of malloc. It returns NULL, or what is wrong. */
const char *bundle_parse(vouch_bytes text, struct bundle *out,
                         vouch_buffer *policy);

/* bundle_use takes `policy`, a CoRIM, for what the peer must meet. False: `why`
 * says what is wrong with it. */
bool bundle_use(struct bundle *bundle, vouch_bytes policy, int64_t unix_s,
                vouch_corim_why *why);

void bundle_free(struct bundle *bundle);

#endif
