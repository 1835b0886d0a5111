/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_EAT_H
#define VOUCH_PROTO_EAT_H

/* The claims of an Entity Attestation Token as a CWT (RFC 9711, RFC 8392), of
 * the profile "tag:vouch,2026:software": deterministic, with the private claims
 * of proto/README.md. Claims that are not listed here are ignored. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

#define VOUCH_EAT_SOFTWARE_PROFILE "tag:vouch,2026:software"

/* Spans borrow from what was decoded; those of absent claims are empty. */
struct vouch_eat {
    bool has_iat;
    int64_t iat;           /* Unix time (RFC 8392, 3.1.6) */
    vouch_bytes nonce;     /* RFC 9711, 4.1; 8 to 64 octets */
    vouch_bytes ueid;      /* 7 to 33 octets, opaque (RFC 9711, 4.2.1) */
    vouch_bytes profile;   /* text (RFC 9711, 4.3.2) */
    vouch_bytes swname;    /* text (RFC 9711, 4.2.6) */
    vouch_bytes swversion; /* text, without a scheme (RFC 9711, 4.2.7) */
    vouch_bytes aik_pub_hash;
    vouch_bytes measurements; /* the encoded map, see below */
    vouch_bytes kernel;       /* text */
    vouch_bytes boot_id;      /* text */
    bool has_epoch;
    uint64_t epoch;
    vouch_bytes posture_digest; /* SHA-256 of `components` */
    vouch_bytes components;     /* an encoded map like `measurements` */
    bool has_security_version;
    uint64_t security_version;
};

/* vouch_eat_decode reads a claims set. VOUCH_E_CBOR, VOUCH_E_TOO_MANY, or
 * VOUCH_E_CLAIM_TYPE when a claim is of the wrong type or out of range; then
 * `*wrong`, which may be NULL, has its key. */
vouch_err vouch_eat_decode(vouch_bytes octets, struct vouch_eat *out,
                           int64_t *wrong) VOUCH_MUST_CHECK;

/* vouch_eat_encode writes a claims set of the claims that are not empty. */
bool vouch_eat_encode(CBB *out, const struct vouch_eat *in) VOUCH_MUST_CHECK;

/* Measurements and components are maps { name => SHA-256 }. After
 * vouch_eat_decode has seen one, vouch_eat_digests starts on its pairs. */
CBS vouch_eat_digests(vouch_bytes map, size_t *num);
bool vouch_eat_read_digest(CBS *in, vouch_bytes *name,
                           vouch_bytes *sha256) VOUCH_MUST_CHECK;

/* vouch_eat_write_digest writes one pair; names come in the order of
 * vouch_eat_name_order. */
bool vouch_eat_write_digest(CBB *out, vouch_bytes name,
                            const uint8_t sha256[32]) VOUCH_MUST_CHECK;

/* vouch_eat_name_order says which name stands first in a deterministic map:
 * the shorter, or the lesser of equal length (RFC 8949, 4.2.1). */
int vouch_eat_name_order(vouch_bytes a, vouch_bytes b);

#endif
