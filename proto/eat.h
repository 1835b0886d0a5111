/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_EAT_H
#define VOUCH_PROTO_EAT_H

/* The claims of an Entity Attestation Token as a CWT (RFC 9711, RFC 8392), with
 * the private claims of proto/README.md. Claims that are not listed here are
 * ignored. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

#include "proto/cbor_reader.h"

#define VOUCH_EAT_SOFTWARE_PROFILE "tag:vouch,2026:software"

/* Their keys (RFC 9711, 10; RFC 8392, 4; proto/README.md). */
enum vouch_eat_key {
    VOUCH_EAT_EXP = 4,
    VOUCH_EAT_NBF = 5,
    VOUCH_EAT_IAT = 6,
    VOUCH_EAT_NONCE = 10,
    VOUCH_EAT_UEID = 256,
    VOUCH_EAT_OEMID = 258,
    VOUCH_EAT_HWMODEL = 259,
    VOUCH_EAT_HWVERSION = 260,
    VOUCH_EAT_UPTIME = 261,
    VOUCH_EAT_OEMBOOT = 262,
    VOUCH_EAT_DBGSTAT = 263,
    VOUCH_EAT_PROFILE = 265,
    VOUCH_EAT_SUBMODS = 266,
    VOUCH_EAT_BOOTCOUNT = 267,
    VOUCH_EAT_BOOTSEED = 268,
    VOUCH_EAT_SWNAME = 270,
    VOUCH_EAT_SWVERSION = 271,
    VOUCH_EAT_AIK_PUB_HASH = -80001,
    VOUCH_EAT_MEASUREMENTS = -80002,
    VOUCH_EAT_KERNEL = -80003,
    VOUCH_EAT_BOOT_ID = -80004,
    VOUCH_EAT_EPOCH = -80005,
    VOUCH_EAT_POSTURE_DIGEST = -80006,
    VOUCH_EAT_COMPONENTS = -80007,
    VOUCH_EAT_SECURITY_VERSION = -80008,
};

/* RFC 9711, 4.2.9 */
enum vouch_eat_debug {
    VOUCH_EAT_DEBUG_ENABLED = 0,
    VOUCH_EAT_DEBUG_DISABLED,
    VOUCH_EAT_DEBUG_DISABLED_SINCE_BOOT,
    VOUCH_EAT_DEBUG_DISABLED_PERMANENTLY,
    VOUCH_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY,
};

/* Spans borrow from what was decoded; those of absent claims are empty. */
struct vouch_eat {
    int64_t exp, nbf, iat; /* Unix time (RFC 8392, 3.1) */
    bool has_exp, has_nbf, has_iat;
    vouch_bytes nonce;     /* RFC 9711, 4.1; 8 to 64 octets */
    vouch_bytes ueid;      /* 7 to 33 octets, opaque (RFC 9711, 4.2.1) */
    vouch_bytes oemid;     /* encoded, of any of its types (RFC 9711, 4.2.3) */
    vouch_bytes hwmodel;   /* RFC 9711, 4.2.4 */
    vouch_bytes hwversion; /* text, without a scheme (RFC 9711, 4.2.5) */
    bool has_uptime, has_oemboot, has_dbgstat, has_bootcount;
    uint64_t uptime;       /* seconds (RFC 9711, 4.2.11) */
    uint64_t oemboot;      /* 0 or 1 (RFC 9711, 4.2.8) */
    uint64_t dbgstat;      /* enum vouch_eat_debug */
    uint64_t bootcount;    /* RFC 9711, 4.2.12 */
    vouch_bytes profile;   /* text (RFC 9711, 4.3.2) */
    vouch_bytes submods;   /* the encoded map (RFC 9711, 4.2.18) */
    vouch_bytes bootseed;  /* RFC 9711, 4.2.13 */
    vouch_bytes swname;    /* text (RFC 9711, 4.2.6) */
    vouch_bytes swversion; /* text, without a scheme (RFC 9711, 4.2.7) */
    vouch_bytes aik_pub_hash;
    vouch_bytes measurements; /* proto/digests.h */
    vouch_bytes kernel;       /* text */
    vouch_bytes boot_id;      /* text */
    bool has_epoch;
    uint64_t epoch;
    vouch_bytes posture_digest; /* SHA-256 of `components` */
    vouch_bytes components;     /* an encoded map like `measurements` */
    bool has_security_version;
    uint64_t security_version;
};

/* vouch_eat_decode reads a claims set, in which maps are as `profile` says.
 * VOUCH_E_CBOR, VOUCH_E_TOO_MANY, or VOUCH_E_CLAIM_TYPE when a claim is of the
 * wrong type or out of range; then `*wrong`, which may be NULL, has its key. */
vouch_err vouch_eat_decode(vouch_bytes octets, enum vouch_cbor_profile profile,
                           struct vouch_eat *out,
                           int64_t *wrong) VOUCH_MUST_CHECK;

/* vouch_eat_has tells whether the claim with this key is there. */
bool vouch_eat_has(const struct vouch_eat *eat, int64_t key);

/* One submodule: its name, and its claims set, which is empty for one of
 * another kind (RFC 9711, 4.2.18: a nested token, a detached digest). */
struct vouch_eat_submodule {
    vouch_bytes name;
    vouch_bytes claims;
};

/* vouch_eat_submodules starts on the submodules of a claims set that was
 * decoded, and vouch_eat_next_submodule takes one. */
CBS vouch_eat_submodules(const struct vouch_eat *eat, size_t *num);
bool vouch_eat_next_submodule(CBS *in,
                              struct vouch_eat_submodule *out) VOUCH_MUST_CHECK;

/* vouch_eat_encode writes a claims set of the claims that are not empty. */
bool vouch_eat_encode(CBB *out, const struct vouch_eat *in) VOUCH_MUST_CHECK;

#endif
