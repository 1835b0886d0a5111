/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_FUZZ_IDENTITY_H
#define VOUCH_FUZZ_IDENTITY_H

/* One connection and one AIK, the same in every run, for the targets that need
 * more than octets. What is shared is made once and never freed. */

#include <vouch/session.h>

/* When the AIK's certificate is valid. */
#define FUZZ_UNIX_TIME INT64_C(1800000000)

/* A channel whose exporter is a function of label and context alone. Owned. */
vouch_channel *fuzz_channel(vouch_role role);

/* An Ed25519 AIK under a root of its own. Borrowed. */
vouch_credential *fuzz_credential(void);

/* Trusts that root, for any name. Borrowed. */
vouch_trust *fuzz_trust(void);

/* Asks for, and answers with, software evidence; requires the peer's, whose
 * root is one that signs nothing. Borrowed. */
vouch_config *fuzz_config(void);

#endif
