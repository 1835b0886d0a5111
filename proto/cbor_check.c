/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/memory.h"
#include "proto/reader.h"
#include "proto/utf8.h"

/* An array, map or tag that is open. */
struct level {
    uint64_t due; /* items before it closes */
    bool is_map;
    size_t first_key; /* where in check.key its own begin */
};

struct check {
    CBS in;
    enum vouch_cbor_profile profile;
    size_t items;
    size_t depth;
    struct level level[VOUCH_LIMIT_CBOR_DEPTH];
    /* The keys so far of all open maps; only the last of each where they
     * ascend. */
    size_t num_keys;
    vouch_bytes key[VOUCH_LIMIT_CBOR_PAIRS];
};

/* RFC 8949, 4.1: an argument of one octet would not fit the initial octet, one
 * of two not one octet, and so on. */
static bool is_shortest_argument(uint8_t initial, uint64_t value)
{
    static const uint64_t least[] = {24, UINT8_MAX + 1, UINT16_MAX + 1,
                                     (uint64_t)UINT32_MAX + 1};
    unsigned form = initial & 0x1f;

    return form < 24 || value >= least[form - 24];
}

static bool fits_single(double number)
{
    return isinf(number) ||
           (fabs(number) <= (double)FLT_MAX && (double)(float)number == number);
}

/* RFC 8949, appendix D: a half has ten bits of mantissa where a single has 23,
 * and below 2^-14 one less for each power of two. */
static bool fits_half(double number)
{
    float single = (float)number;
    uint32_t bits;
    int exponent;

    memcpy(&bits, &single, sizeof bits);
    exponent = (int)(bits >> 23 & 0xff) - 127;
    if (number == 0 || isinf(number)) {
        return true;
    }
    return exponent >= -24 && exponent <= 15 &&
           (bits &
            ((UINT32_C(1) << (exponent < -14 ? -1 - exponent : 13)) - 1)) == 0;
}

/* RFC 8949, 4.1: the shortest form that keeps the value. */
static bool is_shortest_float(uint8_t initial, double number)
{
    switch (initial) {
    case 0xfb:
        return !isnan(number) && !fits_single(number);
    case 0xfa:
        return !isnan(number) && !fits_half(number);
    default:
        return true;
    }
}

static bool is_preferred(uint8_t initial, const struct vouch_cbor_head *head)
{
    switch (head->type) {
    case VOUCH_CBOR_BOOL:
    case VOUCH_CBOR_SIMPLE:
        return true;
    case VOUCH_CBOR_FLOAT:
        return is_shortest_float(initial, head->number);
    case VOUCH_CBOR_TEXT:
    case VOUCH_CBOR_UINT:
    case VOUCH_CBOR_NINT:
    case VOUCH_CBOR_BYTES:
    case VOUCH_CBOR_ARRAY:
    case VOUCH_CBOR_MAP:
    case VOUCH_CBOR_TAG:
    default:
        return is_shortest_argument(initial, head->value);
    }
}

static bool is_well_formed(const struct check *c, uint8_t initial,
                           const struct vouch_cbor_head *head)
{
    return (head->type != VOUCH_CBOR_TEXT || vouch_is_utf8(head->string)) &&
           (c->profile == VOUCH_CBOR_DEFINITE || is_preferred(initial, head));
}

/* RFC 8949, 4.2.1: bytewise lexicographic order of encoded keys. */
static int compare(vouch_bytes a, vouch_bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.data, b.data, shared);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* RFC 8949, 5.6.1: equal as values, in whatever form. */
static bool is_same_label(vouch_bytes a, vouch_bytes b)
{
    CBS in_a = vouch_reader(a), in_b = vouch_reader(b);
    struct vouch_cbor_head one, two;

    return vouch_cbor_read_head(&in_a, &one) &&
           vouch_cbor_read_head(&in_b, &two) && one.type == two.type &&
           one.value == two.value && vouch_bytes_equal(one.string, two.string);
}

/* RFC 8392, 1.1: claims are named by integers and text. */
static bool is_label(vouch_bytes key)
{
    CBS in = vouch_reader(key);
    enum vouch_cbor_type type;

    return vouch_cbor_peek(&in, &type) &&
           (type == VOUCH_CBOR_UINT || type == VOUCH_CBOR_NINT ||
            type == VOUCH_CBOR_TEXT);
}

static bool is_same_key(const struct check *c, vouch_bytes a, vouch_bytes b)
{
    return c->profile == VOUCH_CBOR_DEFINITE ? is_same_label(a, b)
                                             : compare(a, b) == 0;
}

static vouch_err check_unique(struct check *c, size_t first, vouch_bytes key)
{
    if (c->profile == VOUCH_CBOR_DEFINITE && !is_label(key)) {
        return VOUCH_E_CBOR;
    }
    for (size_t i = first; i < c->num_keys; i++) {
        if (is_same_key(c, c->key[i], key)) {
            return VOUCH_E_CBOR;
        }
    }
    if (c->num_keys == VOUCH_LIMIT_CBOR_PAIRS) {
        return VOUCH_E_TOO_MANY;
    }
    c->key[c->num_keys++] = key;
    return VOUCH_OK;
}

static vouch_err check_ascending(struct check *c, size_t last, vouch_bytes key)
{
    if (c->num_keys > last && compare(c->key[last], key) >= 0) {
        return VOUCH_E_CBOR;
    }
    c->key[last] = key;
    c->num_keys = last + 1;
    return VOUCH_OK;
}

static bool at_key(const struct check *c)
{
    return c->depth != 0 && c->level[c->depth - 1].is_map &&
           c->level[c->depth - 1].due % 2 == 0;
}

static vouch_err check_key(struct check *c)
{
    size_t first = c->level[c->depth - 1].first_key;
    CBS in = c->in;
    vouch_bytes key;

    if (!vouch_cbor_read_item(&in, &key)) {
        return VOUCH_E_CBOR;
    }
    return c->profile == VOUCH_CBOR_DETERMINISTIC
               ? check_ascending(c, first, key)
               : check_unique(c, first, key);
}

static bool nests(enum vouch_cbor_type type)
{
    return type == VOUCH_CBOR_ARRAY || type == VOUCH_CBOR_MAP ||
           type == VOUCH_CBOR_TAG;
}

/* How many items stand in what `head` begins. */
static uint64_t items_within(const struct vouch_cbor_head *head)
{
    if (head->type == VOUCH_CBOR_TAG) {
        return 1;
    }
    return head->type == VOUCH_CBOR_MAP ? 2 * head->value : head->value;
}

static vouch_err open_level(struct check *c, const struct vouch_cbor_head *head)
{
    uint64_t due;

    if (!nests(head->type)) {
        return VOUCH_OK;
    }
    /* Each item takes an octet at least. */
    if (head->type != VOUCH_CBOR_TAG && head->value > CBS_len(&c->in)) {
        return VOUCH_E_CBOR;
    }
    due = items_within(head);
    if (due > CBS_len(&c->in)) {
        return VOUCH_E_CBOR;
    }
    if (c->depth == VOUCH_LIMIT_CBOR_DEPTH) {
        return VOUCH_E_TOO_MANY;
    }
    c->level[c->depth++] =
        (struct level){due, head->type == VOUCH_CBOR_MAP, c->num_keys};
    return VOUCH_OK;
}

static void close_levels(struct check *c)
{
    while (c->depth != 0 && c->level[c->depth - 1].due == 0) {
        c->num_keys = c->level[--c->depth].first_key;
    }
}

static vouch_err check_head(struct check *c)
{
    uint8_t initial;
    struct vouch_cbor_head head;

    if (vouch_read_end(&c->in)) {
        return VOUCH_E_CBOR;
    }
    initial = CBS_data(&c->in)[0];
    if (!vouch_cbor_read_head(&c->in, &head) ||
        !is_well_formed(c, initial, &head)) {
        return VOUCH_E_CBOR;
    }
    if (++c->items > VOUCH_LIMIT_CBOR_ITEMS) {
        return VOUCH_E_TOO_MANY;
    }
    if (c->depth != 0) {
        c->level[c->depth - 1].due--;
    }
    return open_level(c, &head);
}

vouch_err vouch_cbor_check(vouch_bytes in, enum vouch_cbor_profile profile)
{
    struct check c = {.in = vouch_reader(in), .profile = profile};
    vouch_err err;

    do {
        err = at_key(&c) ? check_key(&c) : VOUCH_OK;
        if (err == VOUCH_OK) {
            err = check_head(&c);
        }
        close_levels(&c);
    } while (err == VOUCH_OK && c.depth != 0);
    if (err == VOUCH_OK && !vouch_read_end(&c.in)) {
        return VOUCH_E_CBOR;
    }
    return err;
}
