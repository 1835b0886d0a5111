/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/eat.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/reader.h"
#include "proto/writer.h"

enum type {
    TIME,
    UINT, /* from `min` to `max` */
    BOOL,
    BYTES,
    TEXT,
    VERSION,
    OEMID,
    DIGESTS,
    SUBMODS,
};

#define SPAN(member) offsetof(struct vouch_eat, member), 0
#define NUMBER(member) \
    offsetof(struct vouch_eat, member), offsetof(struct vouch_eat, has_##member)

/* RFC 9711, 4: in CBOR keys are integers [T03]; these are in the order of their
 * encoding. `min` and `max` count octets, or what a number may be. */
static const struct claim {
    int64_t key;
    enum type type;
    uint64_t min, max;
    size_t member;
    size_t flag; /* of numbers */
} claims[] = {
    {VOUCH_EAT_EXP, TIME, 0, 0, NUMBER(exp)},
    {VOUCH_EAT_NBF, TIME, 0, 0, NUMBER(nbf)},
    {VOUCH_EAT_IAT, TIME, 0, 0, NUMBER(iat)},
    /* RFC 9711, 4.1: 8 to 64 octets [T05]; one, no array [T06] */
    {VOUCH_EAT_NONCE, BYTES, 8, 64, SPAN(nonce)},
    /* RFC 9711, 4.2.1: up to 33 octets, opaque [T07] */
    {VOUCH_EAT_UEID, BYTES, 7, 33, SPAN(ueid)},
    {VOUCH_EAT_OEMID, OEMID, 0, 0, SPAN(oemid)},
    {VOUCH_EAT_HWMODEL, BYTES, 1, 32, SPAN(hwmodel)},
    {VOUCH_EAT_HWVERSION, VERSION, 1, 255, SPAN(hwversion)},
    {VOUCH_EAT_UPTIME, UINT, 0, UINT64_MAX, NUMBER(uptime)},
    {VOUCH_EAT_OEMBOOT, BOOL, 0, 1, NUMBER(oemboot)},
    {VOUCH_EAT_DBGSTAT, UINT, VOUCH_EAT_DEBUG_ENABLED,
     VOUCH_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY, NUMBER(dbgstat)},
    {VOUCH_EAT_PROFILE, TEXT, 1, 255, SPAN(profile)},
    {VOUCH_EAT_SUBMODS, SUBMODS, 0, 0, SPAN(submods)},
    {VOUCH_EAT_BOOTCOUNT, UINT, 0, UINT64_MAX, NUMBER(bootcount)},
    {VOUCH_EAT_BOOTSEED, BYTES, 32, 64, SPAN(bootseed)},
    {VOUCH_EAT_SWNAME, TEXT, 1, 255, SPAN(swname)},
    {VOUCH_EAT_SWVERSION, VERSION, 1, 255, SPAN(swversion)},
    {VOUCH_EAT_AIK_PUB_HASH, BYTES, 32, VOUCH_HASH_MAX, SPAN(aik_pub_hash)},
    {VOUCH_EAT_MEASUREMENTS, DIGESTS, 0, 0, SPAN(measurements)},
    {VOUCH_EAT_KERNEL, TEXT, 1, 255, SPAN(kernel)},
    {VOUCH_EAT_BOOT_ID, TEXT, 1, 255, SPAN(boot_id)},
    {VOUCH_EAT_EPOCH, UINT, 0, UINT64_MAX, NUMBER(epoch)},
    {VOUCH_EAT_POSTURE_DIGEST, BYTES, 32, 32, SPAN(posture_digest)},
    {VOUCH_EAT_COMPONENTS, DIGESTS, 0, 0, SPAN(components)},
    {VOUCH_EAT_SECURITY_VERSION, UINT, 0, UINT64_MAX, NUMBER(security_version)},
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

/* RFC 9711, 4.2.3: random, of the IEEE, or of IANA */
static bool read_oemid(CBS *in, vouch_bytes *item)
{
    enum vouch_cbor_type type;
    CBS copy = *in;
    vouch_bytes octets;
    uint64_t number;

    if (!vouch_cbor_peek(in, &type) || !vouch_cbor_read_item(in, item)) {
        return false;
    }
    return type == VOUCH_CBOR_BYTES ? vouch_cbor_read_bytes(&copy, &octets) &&
                                          (octets.len == 16 || octets.len == 3)
                                    : vouch_cbor_read_uint(&copy, &number);
}

/* Submodules */

CBS vouch_eat_submodules(const struct vouch_eat *eat, size_t *num)
{
    CBS in = vouch_reader(eat->submods);
    uint64_t pairs;

    *num = vouch_cbor_read_map(&in, &pairs) ? (size_t)pairs : 0;
    return in;
}

/* RFC 9711, 4.2.18: a claims set, a nested token of CBOR or of JSON, or a
 * detached digest. */
static bool is_submodule(enum vouch_cbor_type type)
{
    return type == VOUCH_CBOR_MAP || type == VOUCH_CBOR_BYTES ||
           type == VOUCH_CBOR_TEXT || type == VOUCH_CBOR_ARRAY;
}

bool vouch_eat_next_submodule(CBS *in, struct vouch_eat_submodule *out)
{
    enum vouch_cbor_type type;
    struct vouch_eat_submodule submodule;

    if (!vouch_cbor_read_text(in, &submodule.name) ||
        !vouch_cbor_peek(in, &type) || !is_submodule(type) ||
        !vouch_cbor_read_item(in, &submodule.claims)) {
        return false;
    }
    if (type != VOUCH_CBOR_MAP) {
        submodule.claims = (vouch_bytes){NULL, 0};
    }
    *out = submodule;
    return true;
}

/* RFC 9711, 4.2.18: { + text => Submodule } */
static bool read_submods(CBS *in, vouch_bytes *map)
{
    struct vouch_eat_submodule submodule;
    CBS pairs = *in;
    uint64_t num;

    if (!vouch_cbor_read_item(in, map) || !vouch_cbor_read_map(&pairs, &num) ||
        num == 0 || num > VOUCH_LIMIT_SUBMODULES) {
        return false;
    }
    for (; num != 0; num--) {
        if (!vouch_eat_next_submodule(&pairs, &submodule)) {
            return false;
        }
    }
    return true;
}

static bool read_bool(CBS *in, uint64_t *out)
{
    bool value;

    if (!vouch_cbor_read_bool(in, &value)) {
        return false;
    }
    *out = value;
    return true;
}

static bool read_number(CBS *in, const struct claim *claim, void *value)
{
    uint64_t *number = value;

    switch ((int)claim->type) {
    case TIME:
        /* RFC 9711, 4.3.1: never a floating-point number [T09] */
        return vouch_cbor_read_int(in, value);
    case BOOL:
        return read_bool(in, number);
    default:
        return vouch_cbor_read_uint(in, number) && *number >= claim->min &&
               *number <= claim->max;
    }
}

static bool read_value(CBS *in, const struct claim *claim,
                       struct vouch_eat *out)
{
    void *value = (uint8_t *)out + claim->member;
    bool *flag = (bool *)((uint8_t *)out + claim->flag);
    vouch_bytes *span = value;

    switch (claim->type) {
    case TIME:
    case UINT:
    case BOOL:
        *flag = read_number(in, claim, value);
        return *flag;
    case BYTES:
        return vouch_cbor_read_bytes(in, span) && has_length(claim, *span);
    case TEXT:
        return vouch_cbor_read_text(in, span) && has_length(claim, *span);
    case VERSION:
        return read_version(in, span) && has_length(claim, *span);
    case OEMID:
        return read_oemid(in, span);
    case SUBMODS:
        return read_submods(in, span);
    case DIGESTS:
    default:
        return vouch_digests_read(in, span);
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

vouch_err vouch_eat_decode(vouch_bytes octets, enum vouch_cbor_profile profile,
                           struct vouch_eat *out, int64_t *wrong)
{
    struct vouch_eat eat = {0};
    /* RFC 9711, 6.3: definite lengths; preferred serialization where the
     * profile says so [T11] */
    vouch_err err = vouch_cbor_check(octets, profile);
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

/* Encoding */

static vouch_bytes span_of(const struct vouch_eat *eat,
                           const struct claim *claim)
{
    return *(const vouch_bytes *)(const void *)((const uint8_t *)eat +
                                                claim->member);
}

static bool is_present(const struct vouch_eat *eat, const struct claim *claim)
{
    return claim->flag != 0
               ? *(const bool *)((const uint8_t *)eat + claim->flag)
               : span_of(eat, claim).len != 0;
}

bool vouch_eat_has(const struct vouch_eat *eat, int64_t key)
{
    const struct claim *claim = find(key);

    return claim != NULL && is_present(eat, claim);
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
    case BOOL:
        return vouch_cbor_write_bool(out, *(const uint64_t *)value != 0);
    case BYTES:
        return vouch_cbor_write_bytes(out, span_of(eat, claim));
    case TEXT:
        return vouch_cbor_write_text(out, span_of(eat, claim));
    case VERSION:
        return vouch_cbor_write_array(out, 1) &&
               vouch_cbor_write_text(out, span_of(eat, claim));
    case OEMID:
    case DIGESTS:
    case SUBMODS:
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
