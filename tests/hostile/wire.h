/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_WIRE_H
#define VOUCH_TESTS_HOSTILE_WIRE_H

/*
 * Capsules and the messages in them, from messages to octets and back, written
 * from proto/README.md, 2 and 3, and sharing nothing with the library. The
 * writer writes what it is told, however wrong; the reader takes nothing that
 * the text does not allow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets that somebody else owns. */
struct span {
    const uint8_t *data;
    size_t len;
};

struct span span_of_text(const char *text);
bool spans_equal(struct span a, struct span b);

/* Octets that grow. Memory that runs out ends the process. */
struct ink {
    uint8_t *data;
    size_t len, room;
};

void ink_octets(struct ink *ink, const void *octets, size_t len);
void ink_span(struct ink *ink, struct span span);
void ink_number(struct ink *ink, uint64_t number, size_t octets);
void ink_cut(struct ink *ink, size_t front); /* removes from the front */
void ink_free(struct ink *ink);
struct span ink_all(const struct ink *ink);

enum {
    WIRE_DATA = 0x2f5600,
    WIRE_CAPABILITIES,
    WIRE_REQUEST,
    WIRE_AUTHENTICATOR,
    WIRE_OUTCOME,
    WIRE_POSTURE,
    WIRE_COMMAND,
    WIRE_REPLY,
    WIRE_CLOSE,
    WIRE_TYPES = 9,
};

enum {
    WIRE_WILL_ASK = 1,
    WIRE_YOU_FIRST = 2,
    WIRE_LIST_WITHHELD = 4,
    WIRE_EXECUTES = 8,
    WIRE_PASSPORTS = 16,
    WIRE_DATA_GATED = 32,
};

/* proto/README.md, 4: the bits of an id. */
#define ID_SERVER (UINT64_C(1) << 63)
#define ID_OPERATION (UINT64_C(1) << 62)
#define ID_NONCE (UINT64_C(1) << 61)
#define ID_COUNTER (ID_NONCE - 1)

enum { WIRE_FORMATS = 17 }; /* one more than is allowed */

struct formats {
    struct span format[WIRE_FORMATS];
    size_t num;
};

/* One message of any type; each type has its own members. */
struct message {
    uint64_t type;
    uint64_t id;

    uint64_t version, flags, max_capsule, max_evidence, max_in_flight;
    struct formats produces, appraises;
    struct span conn_check;

    struct span request, operation, nonce;
    struct formats accepts;
    uint64_t within_ms;

    struct span authenticator;
    uint64_t reason, retry_ms;

    uint64_t verdict, hold_ms;
    uint64_t epoch;

    struct span octets; /* of DATA, COMMAND and REPLY */
    uint64_t status;
    bool posture_changed;

    uint64_t code;

    /* Which of the optional ones are there. */
    bool has_operation, has_nonce, has_reason, has_retry, has_hold, has_octets;
};

/* What a message is to who reads it. */
enum wire_verdict {
    WIRE_GOOD,
    WIRE_PROTOCOL, /* CLOSE 1 */
    WIRE_LIMIT,    /* CLOSE 2 */
};

void wire_put_value(struct ink *ink, const struct message *message);
enum wire_verdict wire_get_value(uint64_t type, struct span value,
                                 struct message *out);

/* Ways to spoil a value that is right; the reader knows what is left of it. */
enum { WIRE_SPOILS = 14 };
void wire_spoil(struct ink *value, unsigned how);

/* A variable-length integer (RFC 9000, 16) in 1, 2, 4 or 8 octets, at least as
 * many as it needs. */
void wire_put_varint(struct ink *ink, uint64_t number, size_t least);
void wire_put_capsule(struct ink *ink, uint64_t type, struct span value);

/* The head of a capsule at the start of `in`; 0: it is not whole, else its
 * length. */
size_t wire_get_head(struct span in, uint64_t *type, uint64_t *length);

/* A CMW record (proto/README.md, 7). */
void wire_put_cmw(struct ink *ink, const char *media_type, struct span value,
                  uint64_t indicator);

#endif
