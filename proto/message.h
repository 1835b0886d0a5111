/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_MESSAGE_H
#define VOUCH_PROTO_MESSAGE_H

/*
 * The values of all capsules but DATA: one deterministic CBOR map each
 * (RFC 8949, 4.2; proto/vouch.cddl). Decoded structures borrow from what was
 * decoded; unknown keys are ignored; everything else that the schema does not
 * say is VOUCH_E_CBOR.
 */

#include <openssl/bytestring.h>

#include <vouch/base.h>
#include <vouch/limits.h>

enum { VOUCH_PROTOCOL_VERSION = 1 };

enum vouch_flag {
    VOUCH_FLAG_WILL_ASK = 1,
    VOUCH_FLAG_YOU_FIRST = 2,
    VOUCH_FLAG_LIST_WITHHELD = 4,
    VOUCH_FLAG_EXECUTES = 8,
    VOUCH_FLAG_PASSPORTS = 16,
    VOUCH_FLAG_DATA_GATED = 32,
};

enum vouch_wire_reason {
    VOUCH_WIRE_NONE = 0,
    VOUCH_WIRE_POLICY = 1,
    VOUCH_WIRE_BUSY = 2,
    VOUCH_WIRE_YOU_FIRST = 3,
    VOUCH_WIRE_NO_CREDENTIAL = 4,
    VOUCH_WIRE_TIMEOUT = 5,
    VOUCH_WIRE_INTERNAL = 6,
    VOUCH_WIRE_POSTURE = 7,
};

enum vouch_close_code {
    VOUCH_CLOSE_DONE = 0,
    VOUCH_CLOSE_PROTOCOL = 1,
    VOUCH_CLOSE_LIMIT = 2,
    VOUCH_CLOSE_DEADLOCK = 3,
    VOUCH_CLOSE_REFUSED = 4,
    VOUCH_CLOSE_INTERNAL = 5,
    VOUCH_CLOSE_UNSUPPORTED_EXTENSION = 6,
};

enum { VOUCH_CONN_CHECK_LEN = 8 };

/* A list of formats, in order; spans of text without NUL. */
struct vouch_formats {
    vouch_bytes format[VOUCH_LIMIT_FORMATS];
    size_t num;
};

struct vouch_capabilities {
    uint64_t version;
    struct vouch_formats produces;
    struct vouch_formats appraises;
    uint64_t flags;
    uint64_t max_capsule;
    uint64_t max_evidence;
    uint64_t max_in_flight;
    vouch_bytes conn_check; /* VOUCH_CONN_CHECK_LEN octets */
};

struct vouch_request_message {
    uint64_t id;
    vouch_bytes request;
    struct vouch_formats accepts; /* at least one */
    vouch_bytes operation;        /* SHA-256, or empty */
    vouch_bytes nonce;            /* 8 to 64 octets, or empty */
    uint64_t within_ms;
};

struct vouch_authenticator_message {
    uint64_t id;
    vouch_bytes authenticator;
    bool has_reason;
    uint64_t reason;
    bool has_retry;
    uint64_t retry_ms;
};

struct vouch_outcome_message {
    uint64_t id;
    uint64_t verdict; /* vouch_verdict; others are VOUCH_E_ILLEGAL */
    uint64_t reason;
    bool has_hold; /* with accepted, and only then */
    uint64_t hold_ms;
};

struct vouch_posture_message {
    uint64_t epoch;
};

struct vouch_command_message {
    uint64_t id;
    vouch_bytes operation;
};

struct vouch_reply_message {
    uint64_t id;
    uint64_t status; /* vouch_status */
    bool has_octets;
    vouch_bytes octets;
    bool posture_changed; /* while the command ran */
};

struct vouch_close_message {
    uint64_t code;
};

vouch_err vouch_capabilities_decode(
    vouch_bytes in, struct vouch_capabilities *out) VOUCH_MUST_CHECK;
vouch_err vouch_request_message_decode(
    vouch_bytes in, struct vouch_request_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_authenticator_message_decode(
    vouch_bytes in, struct vouch_authenticator_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_outcome_message_decode(
    vouch_bytes in, struct vouch_outcome_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_posture_message_decode(
    vouch_bytes in, struct vouch_posture_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_command_message_decode(
    vouch_bytes in, struct vouch_command_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_reply_message_decode(
    vouch_bytes in, struct vouch_reply_message *out) VOUCH_MUST_CHECK;
vouch_err vouch_close_message_decode(
    vouch_bytes in, struct vouch_close_message *out) VOUCH_MUST_CHECK;

/* The encoders append the map alone, without a capsule header. A structure that
 * could not be decoded again is VOUCH_E_ARGUMENT. */
vouch_err vouch_capabilities_encode(
    CBB *out, const struct vouch_capabilities *in) VOUCH_MUST_CHECK;
vouch_err vouch_request_message_encode(
    CBB *out, const struct vouch_request_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_authenticator_message_encode(
    CBB *out, const struct vouch_authenticator_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_outcome_message_encode(
    CBB *out, const struct vouch_outcome_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_posture_message_encode(
    CBB *out, const struct vouch_posture_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_command_message_encode(
    CBB *out, const struct vouch_command_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_reply_message_encode(
    CBB *out, const struct vouch_reply_message *in) VOUCH_MUST_CHECK;
vouch_err vouch_close_message_encode(
    CBB *out, const struct vouch_close_message *in) VOUCH_MUST_CHECK;

#endif
