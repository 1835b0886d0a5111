/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/wire.h"

#include <stdlib.h>
#include <string.h>

/* Octets */

struct span span_of_text(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

bool spans_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static uint8_t *ink_grow(struct ink *ink, size_t len)
{
    uint8_t *end;

    if (ink->len + len > ink->room) {
        ink->room = 2 * (ink->len + len) + 64;
        ink->data = realloc(ink->data, ink->room);
        if (ink->data == NULL) {
            abort();
        }
    }
    end = ink->data + ink->len;
    ink->len += len;
    return end;
}

void ink_octets(struct ink *ink, const void *octets, size_t len)
{
    if (len != 0) {
        memcpy(ink_grow(ink, len), octets, len);
    }
}

void ink_span(struct ink *ink, struct span span)
{
    ink_octets(ink, span.data, span.len);
}

void ink_number(struct ink *ink, uint64_t number, size_t octets)
{
    uint8_t *out = ink_grow(ink, octets);

    for (size_t i = 0; i < octets; i++) {
        out[i] = (uint8_t)(number >> 8 * (octets - 1 - i));
    }
}

void ink_cut(struct ink *ink, size_t front)
{
    if (front != 0) {
        memmove(ink->data, ink->data + front, ink->len - front);
        ink->len -= front;
    }
}

void ink_free(struct ink *ink)
{
    free(ink->data);
    *ink = (struct ink){0};
}

struct span ink_all(const struct ink *ink)
{
    return (struct span){ink->data, ink->len};
}

/* Capsules: RFC 9297, 3.2 */

void wire_put_varint(struct ink *ink, uint64_t number, size_t least)
{
    size_t octets = number < 64           ? 1
                    : number < 16384      ? 2
                    : number < 1073741824 ? 4
                                          : 8;
    uint64_t prefix;

    octets = octets < least ? least : octets;
    prefix = octets == 1 ? 0 : octets == 2 ? 1 : octets == 4 ? 2 : 3;
    ink_number(ink, number | prefix << (8 * octets - 2), octets);
}

void wire_put_capsule(struct ink *ink, uint64_t type, struct span value)
{
    wire_put_varint(ink, type, 1);
    wire_put_varint(ink, value.len, 1);
    ink_span(ink, value);
}

static size_t get_varint(struct span in, uint64_t *out)
{
    size_t octets;

    if (in.len == 0) {
        return 0;
    }
    octets = (size_t)1 << (in.data[0] >> 6);
    if (in.len < octets) {
        return 0;
    }
    *out = in.data[0] & 0x3f;
    for (size_t i = 1; i < octets; i++) {
        *out = *out << 8 | in.data[i];
    }
    return octets;
}

size_t wire_get_head(struct span in, uint64_t *type, uint64_t *length)
{
    size_t first = get_varint(in, type), second;

    if (first == 0) {
        return 0;
    }
    second = get_varint((struct span){in.data + first, in.len - first}, length);
    return second == 0 ? 0 : first + second;
}

/* CBOR: RFC 8949, 3, in the deterministic encoding of 4.2.1 */

enum {
    CBOR_UINT,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE,
};

static void put_head(struct ink *ink, unsigned major, uint64_t number)
{
    uint8_t first = (uint8_t)(major << 5);

    if (number < 24) {
        ink_number(ink, first | number, 1);
    } else if (number <= UINT8_MAX) {
        ink_number(ink, first | 24U, 1);
        ink_number(ink, number, 1);
    } else if (number <= UINT16_MAX) {
        ink_number(ink, first | 25U, 1);
        ink_number(ink, number, 2);
    } else if (number <= UINT32_MAX) {
        ink_number(ink, first | 26U, 1);
        ink_number(ink, number, 4);
    } else {
        ink_number(ink, first | 27U, 1);
        ink_number(ink, number, 8);
    }
}

static void put_bytes(struct ink *ink, unsigned major, struct span span)
{
    put_head(ink, major, span.len);
    ink_span(ink, span);
}

struct reader {
    struct span rest;
    size_t items;
    bool bad, too_many;
};

/* One head; the shortest form only, and of simple values the four that are
 * allowed (proto/README.md, 3). */
static uint64_t get_head(struct reader *in, unsigned *major)
{
    uint64_t number = 0;
    unsigned info;
    size_t octets;

    if (in->bad || in->rest.len == 0) {
        in->bad = true;
        return 0;
    }
    *major = in->rest.data[0] >> 5;
    info = in->rest.data[0] & 0x1f;
    octets = info < 24 ? 0 : info < 28 ? (size_t)1 << (info - 24) : 9;
    if (octets > 8 || in->rest.len < 1 + octets ||
        (*major == CBOR_SIMPLE && (info < 20 || info > 23))) {
        in->bad = true;
        return 0;
    }
    number = info;
    if (octets != 0) {
        number = 0;
        for (size_t i = 1; i <= octets; i++) {
            number = number << 8 | in->rest.data[i];
        }
        in->bad = number < (octets == 1 ? 24 : UINT64_C(1) << 4 * octets);
    }
    in->rest.data += 1 + octets;
    in->rest.len -= 1 + octets;
    return number;
}

static struct span get_string(struct reader *in, uint64_t len)
{
    struct span string = {in->rest.data, (size_t)len};

    if (in->bad || len > in->rest.len) {
        in->bad = true;
        return (struct span){NULL, 0};
    }
    in->rest.data += len;
    in->rest.len -= (size_t)len;
    return string;
}

enum { DEPTH_MAX = 16, ITEMS_MAX = 4096 };

/* Any item that stands behind a key that nobody knows. Texts are ASCII here,
 * and so is what this peer writes. */
static void skip_item(struct reader *in, unsigned depth)
{
    unsigned major = CBOR_SIMPLE;
    uint64_t number = get_head(in, &major);

    if (++in->items > ITEMS_MAX ||
        (depth > DEPTH_MAX && major >= CBOR_ARRAY && major <= CBOR_TAG)) {
        in->too_many = true;
        in->bad = true;
    }
    if (major == CBOR_BYTES || major == CBOR_TEXT) {
        get_string(in, number);
    } else if (major >= CBOR_ARRAY && major <= CBOR_TAG) {
        uint64_t num = major == CBOR_MAP   ? 2 * number
                       : major == CBOR_TAG ? 1
                                           : number;

        for (uint64_t i = 0; i < num && !in->bad; i++) {
            skip_item(in, depth + 1);
        }
    }
}

/* What stands in each message (proto/README.md, 3; proto/vouch.cddl). */

enum field_type { FIELD_UINT, FIELD_BYTES, FIELD_FORMATS, FIELD_TRUE };

struct field {
    uint64_t key;
    enum field_type type;
    size_t member;
    size_t flag; /* of an optional one; or NONE */
    size_t min, max;
};

#define NONE SIZE_MAX
#define AT(name) offsetof(struct message, name)
#define UINT(key, name)                                 \
    {                                                   \
        (key), FIELD_UINT, AT(name), NONE, 0, SIZE_MAX, \
    }
#define BYTES(key, name, min, max)                        \
    {                                                     \
        (key), FIELD_BYTES, AT(name), NONE, (min), (max), \
    }
#define FORMATS(key, name, min)                        \
    {                                                  \
        (key), FIELD_FORMATS, AT(name), NONE, min, 16, \
    }

static const struct field capabilities[] = {
    UINT(0, version),         FORMATS(1, produces, 0),
    FORMATS(2, appraises, 0), UINT(3, flags),
    UINT(4, max_capsule),     UINT(5, max_evidence),
    UINT(6, max_in_flight),   BYTES(7, conn_check, 8, 8),
};

static const struct field request[] = {
    UINT(1, id),
    BYTES(2, request, 0, SIZE_MAX),
    FORMATS(3, accepts, 1),
    {4, FIELD_BYTES, AT(operation), AT(has_operation), 32, 32},
    {5, FIELD_BYTES, AT(nonce), AT(has_nonce), 8, 64},
    UINT(6, within_ms),
};

static const struct field authenticator[] = {
    UINT(1, id),
    BYTES(2, authenticator, 0, SIZE_MAX),
    {3, FIELD_UINT, AT(reason), AT(has_reason), 0, 0},
    {4, FIELD_UINT, AT(retry_ms), AT(has_retry), 0, 0},
};

static const struct field outcome[] = {
    UINT(1, id),
    UINT(2, verdict),
    UINT(3, reason),
    {4, FIELD_UINT, AT(hold_ms), AT(has_hold), 0, 0},
};

static const struct field posture[] = {UINT(1, epoch)};

static const struct field command[] = {
    UINT(1, id),
    BYTES(2, octets, 0, SIZE_MAX),
};

static const struct field reply[] = {
    UINT(1, id),
    UINT(2, status),
    {3, FIELD_BYTES, AT(octets), AT(has_octets), 0, SIZE_MAX},
    {4, FIELD_TRUE, AT(posture_changed), AT(posture_changed), 0, 0},
};

static const struct field close_code[] = {UINT(1, code)};

#define TABLE(table)                                \
    {                                               \
        (table), sizeof(table) / sizeof((table)[0]) \
    }

static const struct table {
    const struct field *fields;
    size_t num;
} tables[WIRE_TYPES] = {
    {NULL, 0},         TABLE(capabilities),
    TABLE(request),    TABLE(authenticator),
    TABLE(outcome),    TABLE(posture),
    TABLE(command),    TABLE(reply),
    TABLE(close_code),
};

static bool is_there(const struct field *field, const struct message *message)
{
    return field->flag == NONE ||
           *(const bool *)((const uint8_t *)message + field->flag);
}

static void put_field(struct ink *ink, const struct field *field,
                      const void *member)
{
    const struct formats *formats = member;

    put_head(ink, CBOR_UINT, field->key);
    switch (field->type) {
    case FIELD_UINT:
        put_head(ink, CBOR_UINT, *(const uint64_t *)member);
        break;
    case FIELD_BYTES:
        put_bytes(ink, CBOR_BYTES, *(const struct span *)member);
        break;
    case FIELD_FORMATS:
        put_head(ink, CBOR_ARRAY, formats->num);
        for (size_t i = 0; i < formats->num; i++) {
            put_bytes(ink, CBOR_TEXT, formats->format[i]);
        }
        break;
    case FIELD_TRUE:
    default:
        ink_number(ink, 0xf5, 1);
        break;
    }
}

void wire_put_value(struct ink *ink, const struct message *message)
{
    const struct table *table = &tables[message->type - WIRE_DATA];
    size_t num = 0;

    if (message->type == WIRE_DATA) {
        ink_span(ink, message->octets);
        return;
    }
    for (size_t i = 0; i < table->num; i++) {
        num += is_there(&table->fields[i], message);
    }
    put_head(ink, CBOR_MAP, num);
    for (size_t i = 0; i < table->num; i++) {
        const struct field *field = &table->fields[i];

        if (is_there(field, message)) {
            put_field(ink, field, (const uint8_t *)message + field->member);
        }
    }
}

/* 1 to 255 characters of printable ASCII */
static bool is_format(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7e) {
            return false;
        }
    }
    return text.len != 0 && text.len <= 255;
}

static void get_formats(struct reader *in, const struct field *field,
                        struct formats *out)
{
    unsigned major = CBOR_SIMPLE;
    uint64_t num = get_head(in, &major);

    in->bad = in->bad || major != CBOR_ARRAY || num < field->min;
    if (!in->bad && num > field->max) {
        in->too_many = true;
        in->bad = true;
    }
    for (uint64_t i = 0; i < num && !in->bad; i++) {
        uint64_t len = get_head(in, &major);
        struct span text = get_string(in, len);

        in->bad = in->bad || major != CBOR_TEXT || !is_format(text);
        out->format[i] = text;
        out->num = i + 1;
    }
}

static void get_field(struct reader *in, const struct field *field,
                      struct message *out)
{
    void *member = (uint8_t *)out + field->member;
    unsigned major = CBOR_SIMPLE;
    uint64_t number;

    if (field->flag != NONE) {
        *(bool *)((uint8_t *)out + field->flag) = true;
    }
    if (field->type == FIELD_FORMATS) {
        get_formats(in, field, member);
        return;
    }
    number = get_head(in, &major);
    if (field->type == FIELD_UINT) {
        in->bad = in->bad || major != CBOR_UINT;
        *(uint64_t *)member = number;
    } else if (field->type == FIELD_BYTES) {
        *(struct span *)member = get_string(in, number);
        in->bad = in->bad || major != CBOR_BYTES || number < field->min ||
                  number > field->max;
    } else {
        in->bad = in->bad || major != CBOR_SIMPLE || number != 21;
    }
}

static const struct field *field_of(const struct table *table, uint64_t key)
{
    for (size_t i = 0; i < table->num; i++) {
        if (table->fields[i].key == key) {
            return &table->fields[i];
        }
    }
    return NULL;
}

/* Bytewise order of encoded keys (RFC 8949, 4.2.1). */
static bool is_after(struct span key, struct span last)
{
    size_t len = key.len < last.len ? key.len : last.len;
    int order = len == 0 ? 0 : memcmp(key.data, last.data, len);

    return last.len == 0 || order > 0 || (order == 0 && key.len > last.len);
}

static void get_pair(struct reader *in, const struct table *table,
                     struct span *last, uint64_t *seen, struct message *out)
{
    struct reader key = *in;
    const struct field *field = NULL;
    unsigned major = CBOR_SIMPLE;
    uint64_t number = get_head(&key, &major);
    struct span octets = {in->rest.data, 0};

    if (major == CBOR_UINT) {
        *in = key;
        field = field_of(table, number);
    } else {
        skip_item(in, 2);
    }
    octets.len = (size_t)(in->rest.data - octets.data);
    in->bad = in->bad || !is_after(octets, *last);
    *last = octets;
    if (field == NULL) {
        skip_item(in, 2);
    } else {
        *seen |= UINT64_C(1) << (field - table->fields);
        get_field(in, field, out);
    }
}

/* What a number may be, beyond its type (proto/README.md, 3). */
static bool is_legal(const struct message *m)
{
    switch (m->type) {
    case WIRE_CAPABILITIES:
        return m->version == 1;
    case WIRE_OUTCOME:
        return m->verdict <= 2 && m->has_hold == (m->verdict == 0);
    default:
        return true;
    }
}

/* Reads the pairs of one map, and nothing else, as `table` has them. */
static struct reader get_map(struct span value, const struct table *table,
                             uint64_t *seen, struct message *out)
{
    struct reader in = {.rest = value};
    struct span last = {NULL, 0};
    unsigned major = CBOR_SIMPLE;
    uint64_t num = get_head(&in, &major);

    in.bad = in.bad || major != CBOR_MAP;
    for (uint64_t i = 0; i < num && !in.bad; i++) {
        get_pair(&in, table, &last, seen, out);
    }
    in.bad = in.bad || in.rest.len != 0;
    return in;
}

enum wire_verdict wire_get_value(uint64_t type, struct span value,
                                 struct message *out)
{
    static const struct table encoding = {NULL, 0}; /* comes first */
    const struct table *table = &tables[type - WIRE_DATA];
    struct reader in;
    uint64_t seen = 0;

    memset(out, 0, sizeof *out);
    out->type = type;
    if (type == WIRE_DATA) {
        out->octets = value;
        return WIRE_GOOD;
    }
    in = get_map(value, &encoding, &seen, out);
    if (!in.bad) {
        in = get_map(value, table, &seen, out);
    }
    if (in.too_many) {
        return WIRE_LIMIT;
    }
    for (size_t i = 0; i < table->num; i++) {
        in.bad =
            in.bad || (table->fields[i].flag == NONE && (seen >> i & 1) == 0);
    }
    return !in.bad && is_legal(out) ? WIRE_GOOD : WIRE_PROTOCOL;
}

/* Puts `octets` behind the head of the map and counts it as one more pair. */
static void insert_pair(struct ink *value, size_t at, const char *octets,
                        size_t len)
{
    struct ink changed = {0};

    ink_octets(&changed, value->data, at);
    changed.data[0]++;
    ink_octets(&changed, octets, len);
    ink_octets(&changed, value->data + at, value->len - at);
    ink_free(value);
    *value = changed;
}

void wire_spoil(struct ink *value, unsigned how)
{
    if (value->len < 3) {
        ink_number(value, 0, 1);
        return;
    }
    switch (how % WIRE_SPOILS) {
    case 0: /* something behind it */
        ink_number(value, 0, 1);
        break;
    case 1: /* its end is missing */
        value->len--;
        break;
    case 2: /* one pair more than there are */
        value->data[0]++;
        break;
    case 3: /* one less */
        value->data[0]--;
        break;
    case 4: /* indefinite length */
        value->data[0] = 0xbf;
        ink_number(value, 0xff, 1);
        break;
    case 5: /* an array */
        value->data[0] = (uint8_t)(value->data[0] - 0x20);
        break;
    case 6: /* a key that is longer than need be */
        insert_pair(value, 1, "\x18\x00\x00", 3);
        break;
    case 7: /* a key twice */
        insert_pair(value, 1, (const char *)&value->data[1], 2);
        break;
    case 8: /* a key that nobody knows, where it belongs */
        insert_pair(value, value->len, "\x18\x2a\x81\xf6", 4);
        break;
    case 9: /* ... where it does not */
        insert_pair(value, 1, "\x18\x2a\x81\xf6", 4);
        break;
    case 10: /* a simple value that is not allowed */
        insert_pair(value, value->len, "\x18\x2a\xe0", 3);
        break;
    case 11: /* a text as a key */
        insert_pair(value, value->len, "\x61x\x20", 3);
        break;
    case 12: /* deeper than 16 */
        insert_pair(value, value->len,
                    "\x18\x2a\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"
                    "\x81\x81\x81\x81\x81\x81\x81\x01",
                    21);
        break;
    default: /* nothing at all */
        value->len = 0;
        break;
    }
}

void wire_put_cmw(struct ink *ink, const char *media_type, struct span value,
                  uint64_t indicator)
{
    put_head(ink, CBOR_ARRAY, 3);
    put_bytes(ink, CBOR_TEXT, span_of_text(media_type));
    put_bytes(ink, CBOR_BYTES, value);
    put_head(ink, CBOR_UINT, indicator);
}
