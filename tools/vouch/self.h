/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SELF_H
#define VOUCH_TOOLS_SELF_H

#include <openssl/base.h>

#include <vouch/authenticator.h>
#include <vouch/evidence.h>

#include "tools/vouch/files.h"
#include "tools/vouch/layout.h"

/* What a host is, ready to be used. */
struct self {
    vouch_key *aik;
    X509 *certificate;
    vouch_credential *credential;
    vouch_attester *attester;
    const char *passport; /* the file that the attester shows, or NULL */
};

/* self_load says why not, and returns false. With `passport`, a file with an
 * Attestation Result in a CMW, the host shows that instead of Evidence. */
bool self_load(const char *directory, const char *passport, struct self *out);
void self_free(struct self *self);

/* self_open opens `self` of a directory, and makes its path. It says why not,
 * and returns -1. */
int self_open(const char *directory, struct path *path);

/* self_renew has the attester show what is in the file by now. */
void self_renew(const struct self *self);

/* self_key loads a key from a file of `self`, or of one that is being made; it
 * says why not, and returns false. `directory` is open, and `path` its path. */
bool self_key(int directory, const char *path, const char *name,
              vouch_err (*load)(const char *path, vouch_key **out),
              vouch_key **out);

/* self_attester makes an attester of this program that signs with `key`; NULL
 * when it has said why not. */
vouch_attester *self_attester(vouch_key *key);

#endif
