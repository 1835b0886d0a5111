/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_CREDENTIAL_H
#define VOUCH_AUTHENTICATOR_CREDENTIAL_H

#include <stdatomic.h>

#include <vouch/authenticator.h>
#include <vouch/limits.h>

#include "proto/handshake.h"

struct vouch_credential {
    atomic_uint refs;
    vouch_key *key;
    vouch_buffer certificates[VOUCH_LIMIT_CHAIN]; /* the AIK's first */
    vouch_bytes chain[VOUCH_LIMIT_CHAIN];         /* spans of the same */
    uint16_t schemes[VOUCH_LIMIT_CHAIN];          /* that each is signed with */
    bool self_signed[VOUCH_LIMIT_CHAIN];
    size_t num;
    size_t list_len; /* of certificate_list without extensions */
};

/* vouch_credential_suits tells whether a request's schemes allow an answer with
 * `credential`. */
bool vouch_credential_suits(const vouch_credential *credential,
                            const struct vouch_request *request);

#endif
