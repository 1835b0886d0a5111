/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/eat.h"

#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/reader.h"
#include "proto/writer.h"

enum type {
    TIME,
    UINT,
    BYTES,
    TEXT,
    VERSION,
    DIGESTS,
};

/* RFC 9711, 4: in CBOR keys are integers [T03]; these are in the order of their
 * encoding. `min` and `max` count octets. */
static const struct claim {
    int64_t key;
    enum type type;
    size_t min, max;
    size_t member;
    size_t flag; /* of numbers */
} claims[] = {
    {6, TIME, 0, 0, offsetof(struct vouch_eat, iat),
     offsetof(struct vouch_eat, has_iat)},
    /* RFC 9711, 4.1: 8 to 64 octets [T05]; the profile has one, no array
     * [T06] */
    {10, BYTES, 8, 64, offsetof(struct vouch_eat, nonce), 0},
    /* RFC 9711, 4.2.1: up to 33 octets, opaque [T07] */
    {256, BYTES, 7, 33, offsetof(struct vouch_eat, ueid), 0},
    {265, TEXT, 1, 255, offsetof(struct vouch_eat, profile), 0},
    {270, TEXT, 1, 255, offsetof(struct vouch_eat, swname), 0},
    {271, VERSION, 1, 255, offsetof(struct vouch_eat, swversion), 0},
    {-80001, BYTES, 32, VOUCH_HASH_MAX,
     offsetof(struct vouch_eat, aik_pub_hash), 0},
    {-80002, DIGESTS, 0, 0, offsetof(struct vouch_eat, measurements), 0},
    {-80003, TEXT, 1, 255, offsetof(struct vouch_eat, kernel), 0},
    {-80004, TEXT, 1, 255, offsetof(struct vouch_eat, boot_id), 0},
    {-80005, UINT, 0, 0, offsetof(struct vouch_eat, epoch),
     offsetof(struct vouch_eat, has_epoch)},
    {-80006, BYTES, 32, 32, offsetof(struct vouch_eat, posture_digest), 0},
    {-80007, DIGESTS, 0, 0, offsetof(struct vouch_eat, components), 0},
    {-80008, UINT, 0, 0, offsetof(struct vouch_eat, security_version),
     offsetof(struct vouch_eat, has_security_version)},
};

enum { NUM_CLAIMS = sizeof claims / sizeof claims[0] };

/* Decoding */

static bool has_length(const struct claim *claim, vouch_bytes value)
{
    return value.len >= claim->min && value.len <= claim->max;
}

/* RFC 9711, 4.2.7: [ version, ? scheme ] */
static bool read_version(CBS *in, vouch_bytes *version)
{
    uint64_t items;
    vouch_bytes scheme;

    return vouch_cbor_read_array(in, &items) && (items == 1 || items == 2) &&
           vouch_cbor_read_text(in, version) &&
           (items == 1 || vouch_cbor_read_item(in, &scheme));
}

bool vouch_eat_read_digest(CBS *in, vouch_bytes *name, vouch_bytes *sha256)
{
    return vouch_cbor_read_text(in, name) && name->len != 0 &&
           name->len <= VOUCH_LIMIT_MEASUREMENT_NAME &&
           vouch_cbor_read_bytes(in, sha256) && sha256->len == 32;
}

static bool read_digests(CBS *in, vouch_bytes *map)
{
    CBS pairs = *in;
    uint64_t num;
    vouch_bytes name, sha256;

    if (!vouch_cbor_read_item(in, map) || !vouch_cbor_read_map(&pairs, &num) ||
        num > VOUCH_LIMIT_MEASUREMENTS) {
        return false;
    }
    for (; num != 0; num--) {
        if (!vouch_eat_read_digest(&pairs, &name, &sha256)) {
            return false;
        }
    }
    return true;
}

static bool read_value(CBS *in, const struct claim *claim,
                       struct vouch_eat *out)
{
    void *value = (uint8_t *)out + claim->member;
    bool *flag = (bool *)((uint8_t *)out + claim->flag);
    vouch_bytes *span = value;

    switch (claim->type) {
    case TIME:
        /* RFC 9711, 4.3.1: never a floating-point number [T09] */
        *flag = vouch_cbor_read_int(in, value);
        return *flag;
    case UINT:
        *flag = vouch_cbor_read_uint(in, value);
        return *flag;
    case BYTES:
        return vouch_cbor_read_bytes(in, span) && has_length(claim, *span);
    case TEXT:
        return vouch_cbor_read_text(in, span) && has_length(claim, *span);
    case VERSION:
        return read_version(in, span) && has_length(claim, *span);
    case DIGESTS:
    default:
        return read_digests(in, span);
    }
}

static const struct claim *find(int64_t key)
{
    for (size_t i = 0; i < NUM_CLAIMS; i++) {
        if (claims[i].key == key) {
            return &claims[i];
        }
    }
    return NULL;
}

/* RFC 9711, 4: claims that are not understood are ignored [T02], as are labels
 * that are no integers. */
static vouch_err read_claim(CBS *in, struct vouch_eat *out, int64_t *wrong)
{
    const struct claim *claim = NULL;
    CBS label = *in;
    vouch_bytes skipped;
    int64_t key;

    if (vouch_cbor_read_int(&label, &key)) {
        claim = find(key);
    }
    if (!vouch_cbor_read_item(in, &skipped)) {
        return VOUCH_E_CBOR;
    }
    if (claim == NULL) {
        return vouch_cbor_read_item(in, &skipped) ? VOUCH_OK : VOUCH_E_CBOR;
    }
    if (read_value(in, claim, out)) {
        return VOUCH_OK;
    }
    if (wrong != NULL) {
        *wrong = key;
    }
    return VOUCH_E_CLAIM_TYPE;
}

vouch_err vouch_eat_decode(vouch_bytes octets, struct vouch_eat *out,
                           int64_t *wrong)
{
    struct vouch_eat eat = {0};
    /* RFC 9711, 6.3: definite lengths and preferred serialization [T11] */
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_DETERMINISTIC);
    CBS in = vouch_reader(octets);
    uint64_t pairs;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_map(&in, &pairs)) {
        return VOUCH_E_CBOR;
    }
    if (pairs > VOUCH_LIMIT_CLAIMS) {
        return VOUCH_E_TOO_MANY;
    }
    for (; pairs != 0 && err == VOUCH_OK; pairs--) {
        err = read_claim(&in, &eat, wrong);
    }
    if (err == VOUCH_OK) {
        *out = eat;
    }
    return err;
}

CBS vouch_eat_digests(vouch_bytes map, size_t *num)
{
    CBS in = vouch_reader(map);
    uint64_t pairs;

    *num = vouch_cbor_read_map(&in, &pairs) ? (size_t)pairs : 0;
    return in;
}

/* Encoding */

static vouch_bytes span_of(const struct vouch_eat *eat,
                           const struct claim *claim)
{
    return *(const vouch_bytes *)(const void *)((const uint8_t *)eat +
                                                claim->member);
}

static bool is_present(const struct vouch_eat *eat, const struct claim *claim)
{
    return claim->type == TIME || claim->type == UINT
               ? *(const bool *)((const uint8_t *)eat + claim->flag)
               : span_of(eat, claim).len != 0;
}

static bool write_value(CBB *out, const struct vouch_eat *eat,
                        const struct claim *claim)
{
    const void *value = (const uint8_t *)eat + claim->member;

    switch (claim->type) {
    case TIME:
        return vouch_cbor_write_int(out, *(const int64_t *)value);
    case UINT:
        return vouch_cbor_write_uint(out, *(const uint64_t *)value);
    case BYTES:
        return vouch_cbor_write_bytes(out, span_of(eat, claim));
    case TEXT:
        return vouch_cbor_write_text(out, span_of(eat, claim));
    case VERSION:
        return vouch_cbor_write_array(out, 1) &&
               vouch_cbor_write_text(out, span_of(eat, claim));
    case DIGESTS:
    default:
        return vouch_write_octets(out, span_of(eat, claim));
    }
}

bool vouch_eat_encode(CBB *out, const struct vouch_eat *in)
{
    size_t pairs = 0;
    bool ok;

    for (size_t i = 0; i < NUM_CLAIMS; i++) {
        pairs += is_present(in, &claims[i]);
    }
    ok = vouch_cbor_write_map(out, pairs);
    for (size_t i = 0; ok && i < NUM_CLAIMS; i++) {
        if (is_present(in, &claims[i])) {
            ok = vouch_cbor_write_int(out, claims[i].key) &&
                 write_value(out, in, &claims[i]);
        }
    }
    return ok;
}

bool vouch_eat_write_digest(CBB *out, vouch_bytes name,
                            const uint8_t sha256[32])
{
    return vouch_cbor_write_text(out, name) &&
           vouch_cbor_write_bytes(out, (vouch_bytes){sha256, 32});
}

int vouch_eat_name_order(vouch_bytes a, vouch_bytes b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return memcmp(a.data, b.data, a.len);
}
