/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CORIM_H
#define VOUCH_PROTO_CORIM_H

/*
 * Concise Reference Integrity Manifests (draft-ietf-rats-corim-11) of the
 * profile "tag:vouch,2026:corim", which is what policies are written in
 * (proto/README.md, 18). A CoRIM is read as statements, one after the other.
 * What could be a constraint and is not read is an error, never passed over.
 */

#include <openssl/bytestring.h>

#include <vouch/base.h>

#define VOUCH_CORIM_PROFILE "tag:vouch,2026:corim"
#define VOUCH_CORIM_VENDOR "vouch"
#define VOUCH_CORIM_CONTENT_TYPE "application/rim+cbor"

/* Why one is not read: by the rule of the draft's CDDL that was not followed,
 * and a number if that tells more. Texts are static. */
struct vouch_corim_fault {
    const char *where, *what;
    bool has_number;
    int64_t number;
};

/* Unix times, the bounds included (CoRIM, 7.3). Without it, INT64_MIN and
 * INT64_MAX. */
struct vouch_corim_validity {
    int64_t not_before, not_after;
};

enum vouch_corim_kind {
    VOUCH_CORIM_DIGEST,      /* measurement `name` has `value` */
    VOUCH_CORIM_UEID,        /* the instance is `value` */
    VOUCH_CORIM_MIN_SVN,     /* security version, at least `number` */
    VOUCH_CORIM_NO_DEBUG,    /* debugging is off */
    VOUCH_CORIM_REQUIRED,    /* claims: `value`, see vouch_corim_claims */
    VOUCH_CORIM_FORBIDDEN,   /* likewise */
    VOUCH_CORIM_MAX_AGE,     /* `number` seconds */
    VOUCH_CORIM_MIN_VERSION, /* `value`, text */
    VOUCH_CORIM_ALLOWED,     /* `number`, of the bits below */
    VOUCH_CORIM_KEY,         /* PEM in `value`; `name` is its key id or empty */
    VOUCH_CORIM_CA_PEM,      /* PEM in `value` */
    VOUCH_CORIM_CA_DER,      /* DER in `value` */
    VOUCH_CORIM_KINDS
};

#define VOUCH_CORIM_ALLOW_WARNING UINT64_C(1)
#define VOUCH_CORIM_ALLOW_KEY_BOUND UINT64_C(2)
#define VOUCH_CORIM_ALLOW_NO_VECTOR UINT64_C(4)
#define VOUCH_CORIM_ALLOW_DEBUG UINT64_C(8)

/* Spans borrow from what was decoded. */
struct vouch_corim_statement {
    enum vouch_corim_kind kind;
    vouch_bytes model;    /* a media type: what it is about */
    bool is_posture;      /* about the posture's components */
    vouch_bytes instance; /* a ueid, or empty: of any instance */
    bool has_company;     /* its triple says more than one thing: all or none */
    vouch_bytes name, value;
    uint64_t number;
    size_t num_values; /* of a measurement: digests by different algorithms */
};

/* Takes one statement; anything but VOUCH_OK ends the decoding. */
typedef vouch_err vouch_corim_visit(
    void *arg, const struct vouch_corim_statement *statement);

/* vouch_corim_decode reads an unsigned one. It returns
 *   VOUCH_E_CBOR, VOUCH_E_TOO_MANY: not CBOR as cbor_reader.h takes it;
 *   VOUCH_E_DECODE: no CoRIM, or not as the draft has it;
 *   VOUCH_E_ILLEGAL: a CoRIM that says more than is read here;
 * then `why` says what; or what `visit` returned. */
vouch_err vouch_corim_decode(vouch_bytes octets, vouch_corim_visit *visit,
                             void *arg, struct vouch_corim_validity *validity,
                             struct vouch_corim_fault *why) VOUCH_MUST_CHECK;

/* vouch_corim_header_decode reads the protected header of a signed one (CoRIM,
 * 4.2.1) but for alg and kid, which cose.h reads. Errors likewise. */
vouch_err vouch_corim_header_decode(
    vouch_bytes header, struct vouch_corim_validity *validity,
    struct vouch_corim_fault *why) VOUCH_MUST_CHECK;

/* vouch_corim_claims starts on the keys of claims in a statement's `value`. */
CBS vouch_corim_claims(vouch_bytes value, size_t *num);
bool vouch_corim_read_claim(CBS *in, int64_t *key) VOUCH_MUST_CHECK;

/* Writing */

/* Triples of one CoMID, as they are collected. */
enum vouch_corim_triples {
    VOUCH_CORIM_REFERENCE_TRIPLES,
    VOUCH_CORIM_ATTEST_KEY_TRIPLES,
    VOUCH_CORIM_NAMED_KEY_TRIPLES,
    VOUCH_CORIM_TRIPLES
};

/* vouch_corim_triples_of says which triples a statement belongs to. */
enum vouch_corim_triples vouch_corim_triples_of(
    const struct vouch_corim_statement *statement);

/* vouch_corim_write_triple writes a triple of one statement: of any instance,
 * and a certificate in DER. */
bool vouch_corim_write_triple(
    CBB *out, const struct vouch_corim_statement *statement) VOUCH_MUST_CHECK;

/* A list of items that are encoded already. */
struct vouch_corim_list {
    vouch_bytes items;
    size_t num;
};

/* vouch_corim_write_triples_map, vouch_corim_write_tag and vouch_corim_encode
 * write the map of `triples`, a CoMID with such a map, and a CoRIM with such
 * tags. Identifiers are UUIDs. */
bool vouch_corim_write_triples_map(
    CBB *out, const struct vouch_corim_list triples[VOUCH_CORIM_TRIPLES])
    VOUCH_MUST_CHECK;
bool vouch_corim_write_tag(CBB *out, const uint8_t id[16],
                           vouch_bytes triples_map) VOUCH_MUST_CHECK;
bool vouch_corim_encode(
    CBB *out, const uint8_t id[16], const struct vouch_corim_list *tags,
    const struct vouch_corim_validity *validity) VOUCH_MUST_CHECK;

/* vouch_corim_write_header writes a protected header with the signer's name. */
bool vouch_corim_write_header(CBB *out, int64_t algorithm, vouch_bytes key_id,
                              vouch_bytes signer) VOUCH_MUST_CHECK;

#endif
