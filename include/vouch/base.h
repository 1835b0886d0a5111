/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_BASE_H
#define VOUCH_BASE_H

/*
 * What every other header may then assume.
 *
 * Errors. A function that can fail returns vouch_err, which the compiler
 * makes you look at; see error.h for its bands. Values are written to output
 * arguments only when the function returns VOUCH_OK.
 *
 * Verdicts. That a peer is not trusted is never an error of a call. It is a
 * result or an event.
 *
 * Arguments. A pointer is never NULL unless its comment says so. A
 * vouch_bytes of length 0 is empty, whatever its pointer.
 *
 * Ownership. "Borrowed" memory stays the other side's and is good for as long
 * as the comment says. "Owned" memory is the caller's to free with the named
 * function. Every _free takes NULL.
 *
 * Objects. Handles are opaque. Keys, credentials, trusts, policies, attesters,
 * appraisers and configurations are changed by their setters only until first
 * handed to another object; from then on they are immutable, counted, and may
 * be shared by any number of sessions and threads. A channel, an endpoint and
 * a session belong to one thread at a time.
 *
 * Time. The library never asks for the time; calls that need it take a
 * vouch_now.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vouch/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VOUCH_EXPORT __attribute__((visibility("default")))

/** vouch_bytes is a span of octets that somebody else owns. */
typedef struct vouch_bytes {
    const uint8_t *data;
    size_t len;
} vouch_bytes;

/** vouch_buffer is a run of octets that the caller owns and frees. */
typedef struct vouch_buffer {
    uint8_t *data;
    size_t len;
} vouch_buffer;

/** vouch_buffer_free frees what `buffer` holds and empties it. */
VOUCH_EXPORT void vouch_buffer_free(vouch_buffer *buffer);

/**
 * vouch_now is the present as the caller sees it.
 *
 * `mono_ms` counts milliseconds on a clock that is never set back (on Linux
 * CLOCK_BOOTTIME, which also counts while the machine sleeps); all ages and
 * deadlines are reckoned on it. One that is set back all the same extends
 * nothing. `unix_s` is seconds since 1970-01-01T00:00:00Z as the wall clock
 * shows them now, and is held against the validity of certificates and tokens.
 */
typedef struct vouch_now {
    uint64_t mono_ms;
    int64_t unix_s;
} vouch_now;

/** VOUCH_NEVER, as a time of the monotonic clock, lies after every other. */
#define VOUCH_NEVER UINT64_MAX

/** vouch_role is the part that one side played in the TLS handshake. */
typedef enum vouch_role {
    VOUCH_CLIENT = 0,
    VOUCH_SERVER = 1,
} vouch_role;

/** vouch_hash is the hash of the connection's cipher suite (RFC 8446, B.4). */
typedef enum vouch_hash {
    VOUCH_SHA256 = 0,
    VOUCH_SHA384 = 1,
} vouch_hash;

/** VOUCH_HASH_MAX is the length in octets of the longest vouch_hash. */
#define VOUCH_HASH_MAX 48

/** vouch_digest is the output of a vouch_hash: 32 or 48 octets, then zeros. */
typedef struct vouch_digest {
    uint8_t data[VOUCH_HASH_MAX];
    size_t len;
} vouch_digest;

/** vouch_verdict is the outcome of an appraisal. */
typedef enum vouch_verdict {
    VOUCH_ACCEPTED = 0,
    VOUCH_REJECTED = 1,
    VOUCH_INDETERMINATE = 2, /**< the appraiser could not tell */
} vouch_verdict;

#ifdef __cplusplus
}
#endif

#endif
