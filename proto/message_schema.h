/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_MESSAGE_SCHEMA_H
#define VOUCH_PROTO_MESSAGE_SCHEMA_H

/* The maps of message.h as tables, which proto/vouch.cddl says again. */

#include <vouch/base.h>

enum vouch_field_type {
    VOUCH_FIELD_UINT,
    VOUCH_FIELD_BYTES,   /* of min to max octets */
    VOUCH_FIELD_FORMATS, /* of min to max texts */
    VOUCH_FIELD_TRUE,    /* true, or absent */
};

/* The `flag` of a field that is required, or whose absence shows in its
 * value. */
#define VOUCH_FIELD_NO_FLAG SIZE_MAX

/* `member` is the value's offset in the structure, `flag` that of the bool
 * which says whether it is there. */
struct vouch_field {
    uint64_t key;
    enum vouch_field_type type;
    bool required;
    size_t min, max;
    size_t member;
    size_t flag;
};

struct vouch_schema {
    const struct vouch_field *fields; /* ascending by key */
    size_t num;
};

extern const struct vouch_schema vouch_capabilities_schema;
extern const struct vouch_schema vouch_request_schema;
extern const struct vouch_schema vouch_authenticator_schema;
extern const struct vouch_schema vouch_outcome_schema;
extern const struct vouch_schema vouch_posture_schema;
extern const struct vouch_schema vouch_command_schema;
extern const struct vouch_schema vouch_reply_schema;
extern const struct vouch_schema vouch_close_schema;

#endif
