/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_X5CHAIN_H
#define VOUCH_EVIDENCE_X5CHAIN_H

/* The key of a COSE_Sign1 that brings its certificates (RFC 9360, 2). */

#include <openssl/base.h>

#include "proto/cose.h"

/* What a good path says. */
struct vouch_path {
    EVP_PKEY *key;      /* that signs Evidence; a reference of its own */
    uint8_t anchor[32]; /* SHA-256 of the anchor's SubjectPublicKeyInfo */
    int64_t not_after;  /* Unix time until which it is good */
};

/* vouch_evidence_path validates the x5chain of `sign1` (RFC 5280, 6) to one of
 * `anchors`, which are self-signed CAs, at `now`. There is no other way from
 * x5chain to a key. VOUCH_E_CERTIFICATE when there is no good path. */
vouch_err vouch_evidence_path(const struct vouch_cose_sign1 *sign1,
                              X509_STORE *anchors, int64_t now,
                              struct vouch_path *out) VOUCH_MUST_CHECK;

#endif
