/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_ATTESTER_H
#define VOUCH_EVIDENCE_ATTESTER_H

/* The interface that every attester stands behind. */

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
    const char *format;
    /* produce makes a CMW; `*out` is owned by the caller. */
    vouch_err (*produce)(vouch_attester *attester,
                         const struct vouch_evidence_request *request,
                         vouch_buffer *out);
    void (*destroy)(vouch_attester *attester);
};

/* The first member of every attester. */
struct vouch_attester {
    const struct vouch_attester_ops *ops;
};

vouch_err vouch_attester_produce(vouch_attester *attester,
                                 const struct vouch_evidence_request *request,
                                 vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
