/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_CHAIN_H
#define VOUCH_AUTHENTICATOR_CHAIN_H

#include <openssl/base.h>

#include <vouch/trust.h>

#include "lib/authenticator/chain_cache.h"

/* The AIK of an authenticator, as its certificate_list gives it. Spans borrow
 * from there. */
struct vouch_aik {
    vouch_chain_id id;
    EVP_PKEY *key; /* a reference of its own */
    vouch_bytes spki;
    bool trusted;      /* the chain is good */
    int64_t not_after; /* until then, if it is trusted */
};

/* vouch_aik_find takes the key out of `list`, whose first certificate is
 * `leaf`; from the chains that `trust` knows if it is there. */
vouch_err vouch_aik_find(const vouch_trust *trust, vouch_role sender,
                         vouch_bytes list, vouch_bytes leaf, int64_t now,
                         struct vouch_aik *out) VOUCH_MUST_CHECK;

/* vouch_aik_validate_chain makes sure that the chain is good for `sender` at
 * `now`; it does nothing when it is known to be. */
vouch_err vouch_aik_validate_chain(struct vouch_aik *aik,
                                   const vouch_trust *trust, vouch_role sender,
                                   vouch_bytes list,
                                   int64_t now) VOUCH_MUST_CHECK;

void vouch_aik_cleanup(struct vouch_aik *aik);

#endif
