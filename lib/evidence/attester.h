/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_ATTESTER_H
#define VOUCH_EVIDENCE_ATTESTER_H

/* The interface that every attester stands behind. */

#include <stdatomic.h>

#include <openssl/bytestring.h>

#include <vouch/evidence.h>

#include "lib/evidence/posture.h"

/* What Evidence is to be about: computed by the library, never by a caller. */
struct vouch_evidence_request {
    vouch_digest binder;
    vouch_digest aik_pub_hash;
    vouch_bytes aik_spki; /* to refuse signing evidence with the AIK itself */
    const struct vouch_posture *posture; /* NULL: none is known */
    vouch_now now;
};

struct vouch_attester_ops {
    uint32_t indicator; /* of its messages (RFC 9999, 3.1) */
    bool has_posture;   /* its messages have room for that */
    /* produce writes a message, the value of a CMW. */
    vouch_err (*produce)(vouch_attester *attester,
                         const struct vouch_evidence_request *request,
                         CBB *out);
    void (*destroy)(vouch_attester *attester);
};

/* The first member of every attester. */
struct vouch_attester {
    const struct vouch_attester_ops *ops;
    const char *format; /* for as long as it lives */
    atomic_uint refs;
};

/* vouch_attester_produce makes a CMW: a record, or a collection with the
 * posture beside a message that has no room for it. */
vouch_err vouch_attester_produce(vouch_attester *attester,
                                 const struct vouch_evidence_request *request,
                                 vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
