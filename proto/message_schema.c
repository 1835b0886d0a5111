/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/message_schema.h"

#include "proto/context.h"
#include "proto/message.h"

#define FIELD(number, field_type, least, most, structure, name)             \
    {                                                                       \
        .key = (number), .type = (field_type), .required = true,            \
        .min = (least), .max = (most), .member = offsetof(structure, name), \
        .flag = VOUCH_FIELD_NO_FLAG                                         \
    }
#define UINT(key, structure, name) \
    FIELD(key, VOUCH_FIELD_UINT, 0, 0, structure, name)
#define BYTES(key, min, max, structure, name) \
    FIELD(key, VOUCH_FIELD_BYTES, min, max, structure, name)
#define FORMATS(key, min, structure, name) \
    FIELD(key, VOUCH_FIELD_FORMATS, min, VOUCH_LIMIT_FORMATS, structure, name)

/* An empty span where the field is absent. */
#define OPTIONAL_BYTES(number, least, most, structure, name)        \
    {                                                               \
        .key = (number), .type = VOUCH_FIELD_BYTES, .min = (least), \
        .max = (most), .member = offsetof(structure, name),         \
        .flag = VOUCH_FIELD_NO_FLAG                                 \
    }
#define OPTIONAL_UINT(number, structure, name, has_name) \
    {                                                    \
        .key = (number), .type = VOUCH_FIELD_UINT,       \
        .member = offsetof(structure, name),             \
        .flag = offsetof(structure, has_name)            \
    }

#define SCHEMA(name, table)                    \
    const struct vouch_schema name = {(table), \
                                      sizeof(table) / sizeof((table)[0])}

static const struct vouch_field capabilities[] = {
    UINT(0, struct vouch_capabilities, version),
    FORMATS(1, 0, struct vouch_capabilities, produces),
    FORMATS(2, 0, struct vouch_capabilities, appraises),
    UINT(3, struct vouch_capabilities, flags),
    UINT(4, struct vouch_capabilities, max_capsule),
    UINT(5, struct vouch_capabilities, max_evidence),
    UINT(6, struct vouch_capabilities, max_in_flight),
    BYTES(7, VOUCH_CONN_CHECK_LEN, VOUCH_CONN_CHECK_LEN,
          struct vouch_capabilities, conn_check),
};
SCHEMA(vouch_capabilities_schema, capabilities);

static const struct vouch_field request[] = {
    UINT(1, struct vouch_request_message, id),
    BYTES(2, 0, SIZE_MAX, struct vouch_request_message, request),
    FORMATS(3, 1, struct vouch_request_message, accepts),
    OPTIONAL_BYTES(4, VOUCH_OPERATION_DIGEST, VOUCH_OPERATION_DIGEST,
                   struct vouch_request_message, operation),
    OPTIONAL_BYTES(5, VOUCH_NONCE_MIN, VOUCH_NONCE_MAX,
                   struct vouch_request_message, nonce),
    UINT(6, struct vouch_request_message, within_ms),
};
SCHEMA(vouch_request_schema, request);

static const struct vouch_field authenticator[] = {
    UINT(1, struct vouch_authenticator_message, id),
    BYTES(2, 0, SIZE_MAX, struct vouch_authenticator_message, authenticator),
    OPTIONAL_UINT(3, struct vouch_authenticator_message, reason, has_reason),
    OPTIONAL_UINT(4, struct vouch_authenticator_message, retry_ms, has_retry),
};
SCHEMA(vouch_authenticator_schema, authenticator);

static const struct vouch_field outcome[] = {
    UINT(1, struct vouch_outcome_message, id),
    UINT(2, struct vouch_outcome_message, verdict),
    UINT(3, struct vouch_outcome_message, reason),
    OPTIONAL_UINT(4, struct vouch_outcome_message, hold_ms, has_hold),
};
SCHEMA(vouch_outcome_schema, outcome);

static const struct vouch_field posture[] = {
    UINT(1, struct vouch_posture_message, epoch),
};
SCHEMA(vouch_posture_schema, posture);

static const struct vouch_field command[] = {
    UINT(1, struct vouch_command_message, id),
    BYTES(2, 0, SIZE_MAX, struct vouch_command_message, operation),
};
SCHEMA(vouch_command_schema, command);

static const struct vouch_field reply[] = {
    UINT(1, struct vouch_reply_message, id),
    UINT(2, struct vouch_reply_message, status),
    {.key = 3,
     .type = VOUCH_FIELD_BYTES,
     .max = SIZE_MAX,
     .member = offsetof(struct vouch_reply_message, octets),
     .flag = offsetof(struct vouch_reply_message, has_octets)},
    {.key = 4,
     .type = VOUCH_FIELD_TRUE,
     .member = offsetof(struct vouch_reply_message, posture_changed),
     .flag = offsetof(struct vouch_reply_message, posture_changed)},
};
SCHEMA(vouch_reply_schema, reply);

static const struct vouch_field close[] = {
    UINT(1, struct vouch_close_message, code),
};
SCHEMA(vouch_close_schema, close);
