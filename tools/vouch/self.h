/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SELF_H
#define VOUCH_TOOLS_SELF_H

#include <openssl/base.h>

#include <vouch/authenticator.h>
#include <vouch/evidence.h>

/*
 * Of a directory DIR:
 *
 *     DIR/self/aik.key          private key of the AIK
 *     DIR/self/aik.pem          its certificate
 *     DIR/self/attestation.key  private key that signs Evidence
 *     DIR/self/bundle.json      the public part, as it goes to peers
 *     DIR/peers/NAME/bundle.json
 *                               a bundle that is trusted, as it came
 *     DIR/peers/NAME/policy.corim
 *                               what that peer must meet: at first what its
 *                               bundle says, then what is made of it
 *
 * `self` and NAME come into being, and are replaced, as a whole.
 */
#define SELF "self"
#define SELF_AIK_KEY "aik.key"
#define SELF_AIK_CERTIFICATE "aik.pem"
#define SELF_ATTESTATION_KEY "attestation.key"
#define SELF_BUNDLE "bundle.json"

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

/* self_renew has the attester show what is in the file by now. */
void self_renew(const struct self *self);

/* self_key loads a key from a file of `directory`; it says why not, and returns
 * false. */
bool self_key(const char *directory, const char *name,
              vouch_err (*load)(const char *path, vouch_key **out),
              vouch_key **out);

/* self_attester makes an attester of this program that signs with `key`; NULL
 * when it has said why not. */
vouch_attester *self_attester(vouch_key *key);

#endif
