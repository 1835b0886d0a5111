/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <vouch/limits.h>

#include "tools/bench/flood.h"

/* proto/README.md, 2, 3 and 5, written by hand: no peer is bound to send what a
 * library would. */

enum {
    DATA = 0x2f5600,
    CAPABILITIES = 0x2f5601,
    REQUEST = 0x2f5602,
    AUTHENTICATOR = 0x2f5603,
    OUTCOME = 0x2f5604,
    POSTURE = 0x2f5605,
    COMMAND = 0x2f5606,
    REPLY = 0x2f5607,
    CLOSE = 0x2f5608,
    UNKNOWN = 0x2f5655,

    UINT = 0, /* major types of CBOR */
    BYTES = 2,
    TEXT = 3,
    ARRAY = 4,
    MAP = 5,

    ACCEPTED = 0,
    REJECTED = 1,
    INDETERMINATE = 2,

    FIRST_COUNTER = 1000, /* of REQUESTs */
    TRICKLE = 1,
    RECORD = 16384,
};

#define OPERATION_BIT (UINT64_C(1) << 62)
#define NONCE_BIT (UINT64_C(1) << 61)
#define HOLD (UINT64_C(1) << 60)

/* RFC 9000, 16, in the shortest form */
static void add_varint(CBB *out, uint64_t value)
{
    if (value < 1 << 6) {
        need(CBB_add_u8(out, (uint8_t)value), "write");
    } else if (value < 1 << 14) {
        need(CBB_add_u16(out, (uint16_t)(value | 1 << 14)), "write");
    } else {
        need(CBB_add_u32(out, (uint32_t)value | UINT32_C(2) << 30), "write");
    }
}

static void add_capsule(CBB *out, uint64_t type, CBB *value)
{
    add_varint(out, type);
    add_varint(out, CBB_len(value));
    need(CBB_add_bytes(out, CBB_data(value), CBB_len(value)), "write");
}

/* RFC 8949, 3, with the shortest argument */
static void add_head(CBB *out, unsigned major, uint64_t value)
{
    uint8_t type = (uint8_t)(major << 5);

    if (value < 24) {
        need(CBB_add_u8(out, type | (uint8_t)value), "write");
    } else if (value <= UINT8_MAX) {
        need(CBB_add_u8(out, type | 24) && CBB_add_u8(out, (uint8_t)value),
             "write");
    } else if (value <= UINT16_MAX) {
        need(CBB_add_u8(out, type | 25) && CBB_add_u16(out, (uint16_t)value),
             "write");
    } else if (value <= UINT32_MAX) {
        need(CBB_add_u8(out, type | 26) && CBB_add_u32(out, (uint32_t)value),
             "write");
    } else {
        need(CBB_add_u8(out, type | 27) && CBB_add_u64(out, value), "write");
    }
}

static void add_pair(CBB *out, uint64_t key, uint64_t value)
{
    add_head(out, UINT, key);
    add_head(out, UINT, value);
}

static void add_zeros(CBB *out, size_t len)
{
    uint8_t *octets;

    need(CBB_add_space(out, &octets, len), "write");
    if (len != 0) {
        memset(octets, 0, len);
    }
}

static void add_octets(CBB *out, uint64_t key, size_t len)
{
    add_head(out, UINT, key);
    add_head(out, BYTES, len);
    add_zeros(out, len);
}

static void start(CBB *value)
{
    need(CBB_init(value, 256), "write");
}

static void finish(CBB *out, uint64_t type, CBB *value)
{
    add_capsule(out, type, value);
    CBB_cleanup(value);
}

/* The id of a message about an exchange of the side's own or of the peer's. */
static uint64_t id_of(const struct flood_message *message, uint64_t live,
                      uint64_t over)
{
    switch (message->about) {
    case FLOOD_LIVE:
        return live;
    case FLOOD_OVER:
        return over;
    case FLOOD_NEVER_ISSUED:
        return over | UINT64_C(1) << 40;
    case FLOOD_ZERO:
    default:
        return over & UINT64_C(1) << 63;
    }
}

/* Capsules of any type */

static void make_capsule(const struct flood_message *message,
                         const struct flood_scene *scene, uint64_t n, CBB *out)
{
    (void)scene;
    (void)n;
    add_varint(out, message->number);
    add_varint(out, message->len);
    add_zeros(out, message->len);
}

/* Varints of eight octets (RFC 9000, 16: they need not be minimal). */
static void make_long_header(const struct flood_message *message,
                             const struct flood_scene *scene, uint64_t n,
                             CBB *out)
{
    (void)scene;
    (void)n;
    need(CBB_add_u64(out, message->number | UINT64_C(3) << 62) &&
             CBB_add_u64(out, message->len | UINT64_C(3) << 62),
         "write");
    add_zeros(out, message->len);
}

static void make_random(const struct flood_message *message,
                        const struct flood_scene *scene, uint64_t n, CBB *out)
{
    uint64_t x = n + message->number;

    (void)scene;
    for (size_t i = 0; i < message->len / 8; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        need(CBB_add_u64(out, x ^ x >> 29), "write");
    }
}

static void make_ones(const struct flood_message *message,
                      const struct flood_scene *scene, uint64_t n, CBB *out)
{
    (void)scene;
    (void)n;
    for (size_t i = 0; i < message->len; i++) {
        need(CBB_add_u8(out, UINT8_MAX), "write");
    }
}

/* CAPABILITIES */

static void make_same_capabilities(const struct flood_message *message,
                                   const struct flood_scene *scene, uint64_t n,
                                   CBB *out)
{
    (void)message;
    (void)n;
    need(CBB_add_bytes(out, scene->capabilities.data, scene->capabilities.len),
         "write");
}

static void add_formats(CBB *out, uint64_t key, size_t num, size_t len)
{
    add_head(out, UINT, key);
    add_head(out, ARRAY, num);
    for (size_t i = 0; i < num; i++) {
        uint8_t *format;

        add_head(out, TEXT, len);
        need(CBB_add_space(out, &format, len), "write");
        memset(format, 'a' + (int)i, len);
    }
}

static void make_capabilities(const struct flood_message *message,
                              const struct flood_scene *scene, uint64_t n,
                              CBB *out)
{
    CBB value;

    (void)scene;
    (void)n;
    start(&value);
    add_head(&value, MAP, 8);
    add_pair(&value, 0, 1);
    add_formats(&value, 1, VOUCH_LIMIT_FORMATS, message->len);
    add_formats(&value, 2, VOUCH_LIMIT_FORMATS, message->len);
    add_pair(&value, 3, 0);
    add_pair(&value, 4, VOUCH_LIMIT_CAPSULE);
    add_pair(&value, 5, VOUCH_LIMIT_CMW);
    add_pair(&value, 6, VOUCH_LIMIT_IN_FLIGHT);
    add_octets(&value, 7, 8);
    finish(out, CAPABILITIES, &value);
}

/* REQUEST */

struct request {
    uint64_t id;
    size_t padding; /* octets of an extension that nobody knows */
    const char *format;
    size_t formats;  /* more of them, which nobody has */
    uint64_t within; /* milliseconds */
};

static void add_context(CBB *out, uint64_t id)
{
    need(CBB_add_u64(out, id), "write");
    add_zeros(out, 24);
    add_zeros(out, (id & OPERATION_BIT) != 0 ? 32 : 0);
    add_zeros(out, (id & NONCE_BIT) != 0 ? 64 : 0);
}

/* RFC 9261, 4: ClientCertificateRequest */
static void add_authenticator_request(CBB *out, const struct request *r)
{
    static const uint8_t asked[] = {0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08,
                                    0x04, 0x03, 0x05, 0x03, 0x08, 0x04,
                                    0x08, 0x07, 0xff, 0x00, 0x00, 0x00};
    CBB message, context, extensions, body;

    need(CBB_add_u8(out, 17) && CBB_add_u24_length_prefixed(out, &message) &&
             CBB_add_u8_length_prefixed(&message, &context),
         "write");
    add_context(&context, r->id);
    need(CBB_add_u16_length_prefixed(&message, &extensions) &&
             CBB_add_bytes(&extensions, asked, sizeof asked),
         "write");
    if (r->padding != 0) {
        need(CBB_add_u16(&extensions, 0xfafa) &&
                 CBB_add_u16_length_prefixed(&extensions, &body),
             "write");
        add_zeros(&body, r->padding);
    }
    need(CBB_flush(out), "write");
}

static void add_request(CBB *out, const struct request *r)
{
    bool operation = (r->id & OPERATION_BIT) != 0;
    bool nonce = (r->id & NONCE_BIT) != 0;
    CBB value, inner;

    start(&value);
    start(&inner);
    add_authenticator_request(&inner, r);
    add_head(&value, MAP, 4U + operation + nonce);
    add_pair(&value, 1, r->id);
    add_head(&value, UINT, 2);
    add_head(&value, BYTES, CBB_len(&inner));
    need(CBB_add_bytes(&value, CBB_data(&inner), CBB_len(&inner)), "write");
    CBB_cleanup(&inner);
    add_head(&value, UINT, 3);
    add_head(&value, ARRAY, r->formats + 1);
    for (size_t i = 0; i < r->formats; i++) {
        uint8_t *format;

        add_head(&value, TEXT, 255);
        need(CBB_add_space(&value, &format, 255), "write");
        memset(format, 'a' + (int)i, 255);
    }
    add_head(&value, TEXT, strlen(r->format));
    need(CBB_add_bytes(&value, (const uint8_t *)r->format, strlen(r->format)),
         "write");
    if (operation) {
        add_octets(&value, 4, 32);
    }
    if (nonce) {
        add_octets(&value, 5, 64);
    }
    add_pair(&value, 6, r->within);
    finish(out, REQUEST, &value);
}

static struct request plain_request(uint64_t n)
{
    return (struct request){.id = FIRST_COUNTER + n,
                            .format = VOUCH_SOFTWARE_FORMAT,
                            .within = 600000};
}

/* `number` has bits of the id. */
static void make_request(const struct flood_message *message,
                         const struct flood_scene *scene, uint64_t n, CBB *out)
{
    struct request r = plain_request(n);

    (void)scene;
    r.id |= message->number;
    r.padding = message->len;
    add_request(out, &r);
}

/* Its answer is due at once. */
static void make_late_request(const struct flood_message *message,
                              const struct flood_scene *scene, uint64_t n,
                              CBB *out)
{
    struct request r = plain_request(n);

    (void)message;
    (void)scene;
    r.within = 0;
    add_request(out, &r);
}

static void make_request_of_formats(const struct flood_message *message,
                                    const struct flood_scene *scene, uint64_t n,
                                    CBB *out)
{
    struct request r = plain_request(n);

    (void)scene;
    r.formats = message->len;
    add_request(out, &r);
}

static void make_foreign_request(const struct flood_message *message,
                                 const struct flood_scene *scene, uint64_t n,
                                 CBB *out)
{
    struct request r = plain_request(n);

    (void)message;
    (void)scene;
    r.format = "a/b";
    add_request(out, &r);
}

/* AUTHENTICATOR */

static void make_authenticator(const struct flood_message *message,
                               const struct flood_scene *scene, uint64_t n,
                               CBB *out)
{
    CBB value;

    (void)n;
    start(&value);
    add_head(&value, MAP, 2);
    add_pair(&value, 1, id_of(message, scene->own, scene->own_over));
    add_octets(&value, 2, message->len);
    finish(out, AUTHENTICATOR, &value);
}

/* OUTCOME */

static void add_outcome(CBB *out, uint64_t id, uint64_t verdict, uint64_t hold)
{
    CBB value;

    start(&value);
    add_head(&value, MAP, verdict == ACCEPTED ? 4 : 3);
    add_pair(&value, 1, id);
    add_pair(&value, 2, verdict);
    add_pair(&value, 3, 0);
    if (verdict == ACCEPTED) {
        add_pair(&value, 4, hold);
    }
    finish(out, OUTCOME, &value);
}

static void make_outcome(const struct flood_message *message,
                         const struct flood_scene *scene, uint64_t n, CBB *out)
{
    (void)n;
    add_outcome(out, id_of(message, scene->other, scene->other_over),
                message->number, HOLD);
}

/* A request, and then its outcome; each hold is shorter than the last. */
static void make_request_and_outcome(const struct flood_message *message,
                                     const struct flood_scene *scene,
                                     uint64_t n, CBB *out)
{
    struct request r = plain_request(n / 2);

    (void)scene;
    r.id |= message->len == 0 ? 0 : OPERATION_BIT;
    if (n % 2 == 0) {
        add_request(out, &r);
    } else {
        add_outcome(out, r.id, message->number, HOLD - n * 100000);
    }
}

/* The same, and a change of posture for each. */
static void make_request_outcome_posture(const struct flood_message *message,
                                         const struct flood_scene *scene,
                                         uint64_t n, CBB *out)
{
    CBB value;

    if (n % 3 != 2) {
        make_request_and_outcome(message, scene, n / 3 * 2 + n % 3, out);
        return;
    }
    start(&value);
    add_head(&value, MAP, 1);
    add_pair(&value, 1, n + 1);
    finish(out, POSTURE, &value);
}

/* POSTURE */

static void make_posture(const struct flood_message *message,
                         const struct flood_scene *scene, uint64_t n, CBB *out)
{
    CBB value;

    (void)scene;
    start(&value);
    add_head(&value, MAP, message->len == 0 ? 1 : 2);
    add_pair(&value, 1, n + 1);
    if (message->len != 0) { /* what nobody knows is read past */
        add_head(&value, UINT, 2);
        add_head(&value, ARRAY, message->len);
        add_zeros(&value, message->len);
    }
    finish(out, POSTURE, &value);
}

static void make_nested_posture(const struct flood_message *message,
                                const struct flood_scene *scene, uint64_t n,
                                CBB *out)
{
    CBB value;

    (void)scene;
    start(&value);
    add_head(&value, MAP, 2);
    add_pair(&value, 1, n + 1);
    add_head(&value, UINT, 2);
    for (size_t i = 0; i < message->len; i++) {
        add_head(&value, ARRAY, 1);
    }
    add_head(&value, UINT, 0);
    finish(out, POSTURE, &value);
}

/* A map of integers: each key is held against the one before. */
static void make_posture_of_keys(const struct flood_message *message,
                                 const struct flood_scene *scene, uint64_t n,
                                 CBB *out)
{
    CBB value;

    (void)scene;
    start(&value);
    add_head(&value, MAP, message->len + 1);
    add_pair(&value, 1, n + 1);
    for (size_t i = 0; i < message->len; i++) {
        add_pair(&value, i + 2, 0);
    }
    finish(out, POSTURE, &value);
}

/* COMMAND and REPLY */

static void make_command(const struct flood_message *message,
                         const struct flood_scene *scene, uint64_t n, CBB *out)
{
    CBB value;

    (void)n;
    start(&value);
    add_head(&value, MAP, 2);
    add_pair(&value, 1, id_of(message, scene->other, scene->other_over));
    add_octets(&value, 2, message->len);
    finish(out, COMMAND, &value);
}

static void make_reply(const struct flood_message *message,
                       const struct flood_scene *scene, uint64_t n, CBB *out)
{
    CBB value;

    (void)n;
    start(&value);
    add_head(&value, MAP, 3);
    add_pair(&value, 1, id_of(message, scene->own, scene->own_over));
    add_pair(&value, 2, message->number);
    add_octets(&value, 3, message->len);
    finish(out, REPLY, &value);
}

/* CLOSE */

static void make_close(const struct flood_message *message,
                       const struct flood_scene *scene, uint64_t n, CBB *out)
{
    CBB value;

    (void)scene;
    (void)n;
    start(&value);
    add_head(&value, MAP, 1);
    add_pair(&value, 1, message->number);
    finish(out, CLOSE, &value);
}

#define ALL_ABOUT(text, maker, what, length)                      \
    {.name = text ", live",                                       \
     .make = (maker),                                             \
     .number = (what),                                            \
     .len = (length),                                             \
     .about = FLOOD_LIVE},                                        \
        {.name = text ", over",                                   \
         .make = (maker),                                         \
         .number = (what),                                        \
         .len = (length),                                         \
         .about = FLOOD_OVER},                                    \
        {.name = text ", never issued",                           \
         .make = (maker),                                         \
         .number = (what),                                        \
         .len = (length),                                         \
         .about = FLOOD_NEVER_ISSUED},                            \
    {                                                             \
        .name = text ", id 0", .make = (maker), .number = (what), \
        .len = (length), .about = FLOOD_ZERO                      \
    }

const struct flood_message flood_messages[] = {
    {.name = "CAPABILITIES again", .make = make_same_capabilities},
    {.name = "CAPABILITIES of long lists",
     .make = make_capabilities,
     .len = 255},
    {.name = "CAPABILITIES of short lists",
     .make = make_capabilities,
     .len = 1},
    {.name = "REQUEST", .make = make_request},
    {.name = "REQUEST for an operation",
     .make = make_request,
     .number = OPERATION_BIT},
    {.name = "REQUEST with a nonce", .make = make_request, .number = NONCE_BIT},
    {.name = "REQUEST of 4 KiB", .make = make_request, .len = 4000},
    {.name = "REQUEST of 16 formats",
     .make = make_request_of_formats,
     .len = VOUCH_LIMIT_FORMATS - 1},
    {.name = "REQUEST of a foreign format", .make = make_foreign_request},
    {.name = "REQUEST, late at once", .make = make_late_request},
    {.name = "REQUEST, one a second", .make = make_request, .pace_ms = 1000},
    {.name = "REQUEST of 4 KiB, one a second",
     .make = make_request,
     .len = 4000,
     .pace_ms = 1000},
    {.name = "REQUEST in single octets",
     .make = make_request,
     .piece = TRICKLE},
    ALL_ABOUT("AUTHENTICATOR of 0", make_authenticator, 0, 0),
    ALL_ABOUT("AUTHENTICATOR of 1,000", make_authenticator, 0, 1000),
    ALL_ABOUT("AUTHENTICATOR of 133,120", make_authenticator, 0,
              VOUCH_LIMIT_AUTHENTICATOR),
    ALL_ABOUT("OUTCOME accepted", make_outcome, ACCEPTED, 0),
    ALL_ABOUT("OUTCOME rejected", make_outcome, REJECTED, 0),
    ALL_ABOUT("OUTCOME indeterminate", make_outcome, INDETERMINATE, 0),
    {.name = "REQUEST and OUTCOME accepted",
     .make = make_request_and_outcome,
     .number = ACCEPTED},
    {.name = "REQUEST and OUTCOME rejected",
     .make = make_request_and_outcome,
     .number = REJECTED},
    {.name = "REQUEST and OUTCOME indeterminate",
     .make = make_request_and_outcome,
     .number = INDETERMINATE},
    {.name = "REQUEST and OUTCOME accepted, one a second",
     .make = make_request_and_outcome,
     .number = ACCEPTED,
     .pace_ms = 500},
    {.name = "REQUEST for an operation and OUTCOME accepted, one a second",
     .make = make_request_and_outcome,
     .number = ACCEPTED,
     .len = 32,
     .pace_ms = 500},
    {.name = "REQUEST and OUTCOME rejected, one a second",
     .make = make_request_and_outcome,
     .number = REJECTED,
     .pace_ms = 500},
    {.name = "REQUEST, OUTCOME accepted and POSTURE, one a second",
     .make = make_request_outcome_posture,
     .number = ACCEPTED,
     .pace_ms = 334},
    {.name = "POSTURE", .make = make_posture},
    {.name = "POSTURE, one a second", .make = make_posture, .pace_ms = 1000},
    {.name = "POSTURE of 4,090 items", .make = make_posture, .len = 4090},
    {.name = "POSTURE of 2,000 keys",
     .make = make_posture_of_keys,
     .len = 2000},
    {.name = "POSTURE of depth 15", .make = make_nested_posture, .len = 15},
    {.name = "POSTURE in single octets",
     .make = make_posture,
     .piece = TRICKLE},
    ALL_ABOUT("COMMAND of 0", make_command, 0, 0),
    ALL_ABOUT("COMMAND of 1", make_command, 0, 1),
    ALL_ABOUT("COMMAND of 65,536", make_command, 0, VOUCH_LIMIT_OPERATION),
    ALL_ABOUT("REPLY of 0", make_reply, 0, 0),
    ALL_ABOUT("REPLY of 1", make_reply, 7, 1),
    ALL_ABOUT("REPLY of 65,536", make_reply, 0, VOUCH_LIMIT_OPERATION),
    {.name = "CLOSE 0", .make = make_close},
    {.name = "CLOSE 4", .make = make_close, .number = 4},
    {.name = "DATA of 0", .make = make_capsule, .number = DATA},
    {.name = "DATA of 1", .make = make_capsule, .number = DATA, .len = 1},
    {.name = "DATA of 64", .make = make_capsule, .number = DATA, .len = 64},
    {.name = "DATA of 16,384",
     .make = make_capsule,
     .number = DATA,
     .len = VOUCH_LIMIT_DATA},
    {.name = "DATA of 0 with a long header",
     .make = make_long_header,
     .number = DATA},
    {.name = "DATA of 1 in single octets",
     .make = make_capsule,
     .number = DATA,
     .len = 1,
     .piece = TRICKLE},
    {.name = "DATA of 16,384 in single octets",
     .make = make_capsule,
     .number = DATA,
     .len = VOUCH_LIMIT_DATA,
     .piece = TRICKLE},
    {.name = "unknown capsule of 0", .make = make_capsule, .number = UNKNOWN},
    {.name = "unknown capsule of 1",
     .make = make_capsule,
     .number = UNKNOWN,
     .len = 1},
    {.name = "unknown capsule of 133,184",
     .make = make_capsule,
     .number = UNKNOWN,
     .len = VOUCH_LIMIT_CAPSULE},
    {.name = "unknown capsule of 2 octets in all", .make = make_capsule},
    {.name = "unknown capsule of 0 with a long header",
     .make = make_long_header,
     .number = UNKNOWN},
    {.name = "unknown capsule in single octets",
     .make = make_capsule,
     .number = UNKNOWN,
     .len = 1000,
     .piece = TRICKLE},
    {.name = "CAPABILITIES of zeros in single octets",
     .make = make_capsule,
     .number = CAPABILITIES,
     .len = VOUCH_LIMIT_CAPSULE,
     .piece = TRICKLE},
    {.name = "AUTHENTICATOR of zeros in single octets",
     .make = make_capsule,
     .number = AUTHENTICATOR,
     .len = VOUCH_LIMIT_CAPSULE,
     .piece = TRICKLE},
    {.name = "AUTHENTICATOR of zeros in records",
     .make = make_capsule,
     .number = AUTHENTICATOR,
     .len = VOUCH_LIMIT_CAPSULE,
     .piece = RECORD},
    {.name = "AUTHENTICATOR, over, in records",
     .make = make_authenticator,
     .about = FLOOD_OVER,
     .len = VOUCH_LIMIT_AUTHENTICATOR,
     .piece = RECORD},
    {.name = "noise", .make = make_random, .len = 4096, .number = 1},
    {.name = "ones", .make = make_ones, .len = 4096},
};

const size_t flood_messages_num =
    sizeof flood_messages / sizeof flood_messages[0];
