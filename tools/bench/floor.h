/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_FLOOR_H
#define VOUCH_TOOLS_BENCH_FLOOR_H

/* What an attestation can not do without, called directly. */

#include "tools/bench/hosts.h"

enum { FLOOR_SIGNATURE_MAX = 80 };

/* A key of a host at work: what is signed, and its signature. */
struct floor_key {
    EVP_PKEY *key;
    uint8_t signature[FLOOR_SIGNATURE_MAX];
    size_t signature_len;
};

struct floor {
    struct floor_key aik, attestation;
    uint32_t psa_id;
};

/* floor_open is for the keys of `host`: the AIK as the same EVP_PKEY, the
 * attestation key, which the library does not hand out, as the same key in a
 * place of its own in PSA. floor_close gives that place back. */
void floor_open(struct floor *floor, const struct host *host);
void floor_close(struct floor *floor);

/* One signature or verification of as many octets as CertificateVerify
 * covers. */
void floor_sign(struct floor_key *key);
void floor_verify(const struct floor_key *key);

/* floor_sign_psa makes a signature by the attestation key in PSA. */
void floor_sign_psa(const struct floor *floor);

#endif
