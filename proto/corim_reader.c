/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/corim.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/corim_numbers.h"
#include "proto/media_type.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum {
    KEYS_MAX = 10,
    UEID_MIN = 7, /* CoRIM, 7.5 */
    UEID_MAX = 33,
    UUID_LEN = 16, /* CoRIM, 7.4 */
};

/* One decoding. */
struct decoder {
    vouch_corim_visit *visit;
    void *arg;
    struct vouch_corim_fault *fault;
    vouch_bytes tag_ids[VOUCH_LIMIT_CORIM_TAGS];
    size_t num_tags;
    struct vouch_corim_statement statement; /* of the triple that is read */
};

/* Faults */

static vouch_err fault(struct vouch_corim_fault *out, vouch_err err,
                       const char *where, const char *what)
{
    *out = (struct vouch_corim_fault){.where = where, .what = what};
    return err;
}

static vouch_err malformed(struct vouch_corim_fault *out, const char *where)
{
    return fault(out, VOUCH_E_DECODE, where, "not as the draft has it");
}

static vouch_err not_read(struct vouch_corim_fault *out, const char *where,
                          int64_t number)
{
    *out = (struct vouch_corim_fault){where, "is not read here, in number",
                                      true, number};
    return VOUCH_E_ILLEGAL;
}

/* Maps */

enum presence { OPTIONAL, REQUIRED };

struct map_key {
    int64_t key;
    enum presence presence;
};

/* A map that is read whole, or not at all. */
struct map_rule {
    const char *name; /* in the draft's CDDL */
    struct map_key keys[KEYS_MAX];
    size_t num;
    bool is_open; /* other keys say nothing that matters */
};

/* The values of a rule's keys, in the rule's order; without octets where there
 * is none. */
struct map {
    CBS value[KEYS_MAX];
};

static bool is_there(const CBS *value)
{
    return CBS_len(value) != 0;
}

static size_t find_key(const struct map_rule *rule, int64_t key)
{
    size_t i = 0;

    while (i < rule->num && rule->keys[i].key != key) {
        i++;
    }
    return i;
}

static vouch_err read_pair(CBS *in, const struct map_rule *rule,
                           struct map *out, struct vouch_corim_fault *why)
{
    CBS label = *in;
    vouch_bytes skipped, value;
    int64_t key;
    size_t at = rule->num;
    bool is_number = vouch_cbor_read_int(&label, &key);

    if (is_number) {
        at = find_key(rule, key);
    }
    if (at == rule->num && !rule->is_open) {
        return is_number ? not_read(why, rule->name, key)
                         : fault(why, VOUCH_E_ILLEGAL, rule->name,
                                 "a key that is no number is not read here");
    }
    if (!vouch_cbor_read_item(in, &skipped) ||
        !vouch_cbor_read_item(in, &value)) {
        return malformed(why, rule->name);
    }
    if (at != rule->num) {
        out->value[at] = vouch_reader(value);
    }
    return VOUCH_OK;
}

static vouch_err read_map(CBS *in, const struct map_rule *rule, struct map *out,
                          struct vouch_corim_fault *why)
{
    vouch_err err = VOUCH_OK;
    uint64_t pairs;

    *out = (struct map){0};
    if (!vouch_cbor_read_map(in, &pairs)) {
        return malformed(why, rule->name);
    }
    for (; pairs != 0 && err == VOUCH_OK; pairs--) {
        err = read_pair(in, rule, out, why);
    }
    for (size_t i = 0; i < rule->num && err == VOUCH_OK; i++) {
        if (rule->keys[i].presence == REQUIRED && !is_there(&out->value[i])) {
            *why = (struct vouch_corim_fault){rule->name, "lacks number", true,
                                              rule->keys[i].key};
            err = VOUCH_E_DECODE;
        }
    }
    return err;
}

/* A list of one item or more. */
static bool read_list(CBS *in, uint64_t *items)
{
    return vouch_cbor_read_array(in, items) && *items != 0;
}

static bool read_tagged(CBS *in, uint64_t expected)
{
    uint64_t tag;

    return vouch_cbor_read_tag(in, &tag) && tag == expected;
}

/* Validity */

/* CoRIM, 7.3: epoch-based; whole seconds are read. */
static bool read_time(CBS *in, int64_t *out)
{
    return !is_there(in) ||
           (read_tagged(in, CORIM_TAG_TIME) && vouch_cbor_read_int(in, out));
}

static vouch_err read_validity(CBS *in, struct vouch_corim_validity *out,
                               struct vouch_corim_fault *why)
{
    static const struct map_rule rule = {
        "validity-map",
        {{CORIM_NOT_BEFORE, OPTIONAL}, {CORIM_NOT_AFTER, REQUIRED}},
        2,
        false};
    struct map map;
    vouch_err err;

    *out = (struct vouch_corim_validity){INT64_MIN, INT64_MAX};
    if (!is_there(in)) {
        return VOUCH_OK;
    }
    err = read_map(in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    return read_time(&map.value[0], &out->not_before) &&
                   read_time(&map.value[1], &out->not_after)
               ? VOUCH_OK
               : malformed(why, rule.name);
}

/* Statements */

static vouch_err say(struct decoder *d, enum vouch_corim_kind kind)
{
    d->statement.kind = kind;
    return d->visit(d->arg, &d->statement);
}

static vouch_err say_value(struct decoder *d, enum vouch_corim_kind kind,
                           vouch_bytes value)
{
    d->statement.value = value;
    return say(d, kind);
}

static vouch_err say_number(struct decoder *d, enum vouch_corim_kind kind,
                            uint64_t number)
{
    d->statement.number = number;
    return say(d, kind);
}

/* Environments (CoRIM, 5.1.4.1) */

static vouch_err read_class(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "class-map",
        /* CoRIM, 5.1.4.2: with model, vendor too */
        {{CORIM_VENDOR, REQUIRED},
         {CORIM_MODEL, REQUIRED},
         {CORIM_INDEX, OPTIONAL}},
        3,
        false};
    vouch_bytes vendor;
    uint64_t index;
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &vendor) ||
        !vouch_cbor_read_text(&map.value[1], &d->statement.model)) {
        return malformed(d->fault, rule.name);
    }
    if (!vouch_bytes_equal(vendor, vouch_text(VOUCH_CORIM_VENDOR))) {
        return fault(d->fault, VOUCH_E_ILLEGAL, rule.name,
                     "its vendor is not \"" VOUCH_CORIM_VENDOR "\"");
    }
    if (!vouch_is_media_type(d->statement.model)) {
        return fault(d->fault, VOUCH_E_ILLEGAL, rule.name,
                     "its model is no media type");
    }
    d->statement.is_posture = is_there(&map.value[2]);
    if (d->statement.is_posture &&
        (!vouch_cbor_read_uint(&map.value[2], &index) ||
         index != CORIM_INDEX_POSTURE)) {
        return fault(d->fault, VOUCH_E_ILLEGAL, rule.name,
                     "its index is not 1, of the posture");
    }
    return VOUCH_OK;
}

static bool is_ueid(vouch_bytes ueid)
{
    return ueid.len >= UEID_MIN && ueid.len <= UEID_MAX;
}

static vouch_err read_instance(struct decoder *d, CBS *in)
{
    static const char name[] = "$instance-id-type-choice";
    uint64_t tag;

    d->statement.instance = (vouch_bytes){NULL, 0};
    if (!is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_tag(in, &tag)) {
        return malformed(d->fault, name);
    }
    if (tag != CORIM_TAG_UEID) {
        return not_read(d->fault, name, (int64_t)tag);
    }
    return vouch_cbor_read_bytes(in, &d->statement.instance) &&
                   is_ueid(d->statement.instance)
               ? VOUCH_OK
               : malformed(d->fault, name);
}

static vouch_err read_environment(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "environment-map",
        {{CORIM_CLASS, REQUIRED}, {CORIM_INSTANCE, OPTIONAL}},
        2,
        false};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);

    if (err == VOUCH_OK) {
        err = read_class(d, &map.value[0]);
    }
    return err == VOUCH_OK ? read_instance(d, &map.value[1]) : err;
}

/* Measurements (CoRIM, 5.1.4.4) */

static const char digest_rule[] = "digest";

/* CoRIM, 7.7: the registry's number, or its name */
static vouch_err read_hash(struct decoder *d, CBS *in, size_t *out)
{
    int64_t number = 0;
    vouch_bytes name = {NULL, 0};
    CBS copy = *in;
    bool is_number = vouch_cbor_read_int(in, &number);

    if (!is_number) {
        *in = copy;
        if (!vouch_cbor_read_text(in, &name)) {
            return malformed(d->fault, digest_rule);
        }
    }
    for (size_t i = 0; i < CORIM_HASHES; i++) {
        if (is_number ? vouch_corim_hashes[i].number == number
                      : vouch_bytes_equal(
                            vouch_text(vouch_corim_hashes[i].name), name)) {
            *out = i;
            return VOUCH_OK;
        }
    }
    return is_number ? not_read(d->fault, digest_rule, number)
                     : fault(d->fault, VOUCH_E_ILLEGAL, digest_rule,
                             "an algorithm that is not read here");
}

/* digest = [ alg, val ] */
static vouch_err read_digest(struct decoder *d, CBS *in, unsigned *seen)
{
    uint64_t items;
    vouch_err err;
    size_t hash;

    if (!vouch_cbor_read_array(in, &items) || items != 2) {
        return malformed(d->fault, digest_rule);
    }
    err = read_hash(d, in, &hash);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_bytes(in, &d->statement.value) ||
        d->statement.value.len != vouch_corim_hashes[hash].len) {
        return malformed(d->fault, digest_rule);
    }
    /* CoRIM, 7.7: each algorithm once */
    if ((*seen & 1U << hash) != 0) {
        return fault(d->fault, VOUCH_E_DECODE, digest_rule,
                     "an algorithm stands twice in a list");
    }
    *seen |= 1U << hash;
    return say(d, VOUCH_CORIM_DIGEST);
}

static vouch_err read_digests(struct decoder *d, CBS *in)
{
    vouch_err err = VOUCH_OK;
    unsigned seen = 0;
    uint64_t num;

    if (!read_list(in, &num)) {
        return malformed(d->fault, "digests-type");
    }
    d->statement.num_values = (size_t)num;
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_digest(d, in, &seen);
    }
    return err;
}

static vouch_err read_svn(struct decoder *d, CBS *in)
{
    static const char name[] = "svn-type-choice";
    uint64_t tag, version;

    if (!vouch_cbor_read_tag(in, &tag) || tag != CORIM_TAG_MIN_SVN) {
        return fault(d->fault, VOUCH_E_ILLEGAL, name,
                     "what is no min-svn is not read here");
    }
    return vouch_cbor_read_uint(in, &version)
               ? say_number(d, VOUCH_CORIM_MIN_SVN, version)
               : malformed(d->fault, name);
}

static vouch_err read_flags(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "flags-map", {{CORIM_IS_DEBUG, REQUIRED}}, 1, false};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);
    bool on;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_bool(&map.value[0], &on)) {
        return malformed(d->fault, rule.name);
    }
    return on ? fault(d->fault, VOUCH_E_ILLEGAL, rule.name,
                      "that debugging must be on is not read here")
              : say(d, VOUCH_CORIM_NO_DEBUG);
}

static vouch_err read_ueid(struct decoder *d, CBS *in)
{
    vouch_bytes ueid;

    return vouch_cbor_read_bytes(in, &ueid) && is_ueid(ueid)
               ? say_value(d, VOUCH_CORIM_UEID, ueid)
               : malformed(d->fault, "ueid-type");
}

/* [ + int ] */
static vouch_err read_claims(struct decoder *d, CBS *in,
                             enum vouch_corim_kind kind)
{
    CBS list = *in;
    int64_t claim;
    uint64_t num;
    bool good = read_list(&list, &num);

    for (; good && num != 0; num--) {
        good = vouch_cbor_read_int(&list, &claim);
    }
    return good ? say_value(d, kind, vouch_rest(in))
                : malformed(d->fault, "claims of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_required(struct decoder *d, CBS *in)
{
    return read_claims(d, in, VOUCH_CORIM_REQUIRED);
}

static vouch_err read_forbidden(struct decoder *d, CBS *in)
{
    return read_claims(d, in, VOUCH_CORIM_FORBIDDEN);
}

static vouch_err read_max_age(struct decoder *d, CBS *in)
{
    uint64_t seconds;

    return vouch_cbor_read_uint(in, &seconds)
               ? say_number(d, VOUCH_CORIM_MAX_AGE, seconds)
               : malformed(d->fault, "max-age of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_min_version(struct decoder *d, CBS *in)
{
    vouch_bytes version;

    return vouch_cbor_read_text(in, &version)
               ? say_value(d, VOUCH_CORIM_MIN_VERSION, version)
               : malformed(d->fault, "min-version of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_allowed(struct decoder *d, CBS *in)
{
    static const uint64_t all =
        VOUCH_CORIM_ALLOW_WARNING | VOUCH_CORIM_ALLOW_KEY_BOUND |
        VOUCH_CORIM_ALLOW_NO_VECTOR | VOUCH_CORIM_ALLOW_DEBUG;
    static const char name[] = "allowed of " VOUCH_CORIM_PROFILE;
    uint64_t bits;

    if (!vouch_cbor_read_uint(in, &bits)) {
        return malformed(d->fault, name);
    }
    return (bits & ~all) == 0
               ? say_number(d, VOUCH_CORIM_ALLOWED, bits)
               : fault(d->fault, VOUCH_E_ILLEGAL, name, "an unknown bit");
}

/* measurement-values-map; each is read where it stands, or refused. */
static const struct map_rule values_rule = {"measurement-values-map",
                                            {{CORIM_SVN, OPTIONAL},
                                             {CORIM_DIGESTS, OPTIONAL},
                                             {CORIM_FLAGS, OPTIONAL},
                                             {CORIM_UEID, OPTIONAL},
                                             {CORIM_REQUIRED, OPTIONAL},
                                             {CORIM_FORBIDDEN, OPTIONAL},
                                             {CORIM_MAX_AGE, OPTIONAL},
                                             {CORIM_MIN_VERSION, OPTIONAL},
                                             {CORIM_ALLOWED, OPTIONAL}},
                                            9,
                                            false};

static const struct {
    bool is_named;
    vouch_err (*read)(struct decoder *d, CBS *in);
} values[] = {
    {false, read_svn},     {true, read_digests},      {false, read_flags},
    {false, read_ueid},    {false, read_required},    {false, read_forbidden},
    {false, read_max_age}, {false, read_min_version}, {false, read_allowed},
};

/* A name goes with digests of the evidence or of the posture, and with nothing
 * else; all else is about the evidence as a whole. */
static vouch_err read_value(struct decoder *d, size_t i, CBS *in)
{
    bool is_named = d->statement.name.len != 0;

    if (values[i].is_named != is_named ||
        (d->statement.is_posture && !is_named)) {
        *d->fault = (struct vouch_corim_fault){
            values_rule.name,
            is_named ? "is not read of a named measurement, in number"
            : values[i].is_named ? "is not read without a name, in number"
                                 : "is not read of the posture, in number",
            true, values_rule.keys[i].key};
        return VOUCH_E_ILLEGAL;
    }
    return values[i].read(d, in);
}

static size_t count_values(const struct map *map)
{
    size_t num = 0;

    for (size_t i = 0; i < values_rule.num; i++) {
        num += is_there(&map->value[i]);
    }
    return num;
}

static vouch_err read_values(struct decoder *d, CBS *in)
{
    struct map map;
    vouch_err err = read_map(in, &values_rule, &map, d->fault);
    size_t num = count_values(&map);

    /* CoRIM, 7.1: one member at least */
    if (err == VOUCH_OK && num == 0) {
        err = malformed(d->fault, values_rule.name);
    }
    d->statement.has_company = d->statement.has_company || num > 1;
    for (size_t i = 0; i < values_rule.num && err == VOUCH_OK; i++) {
        if (is_there(&map.value[i])) {
            err = read_value(d, i, &map.value[i]);
        }
    }
    return err;
}

static vouch_err read_name(struct decoder *d, CBS *in)
{
    static const char name[] = "$measured-element-type-choice";

    d->statement.name = (vouch_bytes){NULL, 0};
    if (!is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_text(in, &d->statement.name)) {
        return fault(d->fault, VOUCH_E_ILLEGAL, name,
                     "what is no text is not read here");
    }
    return d->statement.name.len != 0 &&
                   d->statement.name.len <= VOUCH_LIMIT_MEASUREMENT_NAME
               ? VOUCH_OK
               : fault(d->fault, VOUCH_E_ILLEGAL, name,
                       "a name of no octets, or of too many");
}

static vouch_err read_measurement(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "measurement-map",
        {{CORIM_MKEY, OPTIONAL}, {CORIM_MVAL, REQUIRED}},
        2,
        false};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);

    if (err == VOUCH_OK) {
        err = read_name(d, &map.value[0]);
    }
    return err == VOUCH_OK ? read_values(d, &map.value[1]) : err;
}

/* reference-triple-record = [ ref-env, ref-claims: [ + measurement-map ] ] */
static vouch_err read_reference_triple(struct decoder *d, CBS *in)
{
    static const char name[] = "reference-triple-record";
    uint64_t items, num;
    vouch_err err;

    if (!vouch_cbor_read_array(in, &items) || items != 2) {
        return malformed(d->fault, name);
    }
    err = read_environment(d, in);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!read_list(in, &num)) {
        return malformed(d->fault, name);
    }
    d->statement.has_company = num > 1;
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_measurement(d, in);
    }
    return err;
}

/* Keys (CoRIM, 5.1.4.5) */

static vouch_err read_key(struct decoder *d, CBS *in)
{
    static const char name[] = "$crypto-key-type-choice";
    enum vouch_corim_kind kind;
    uint64_t tag;
    bool good;

    if (!vouch_cbor_read_tag(in, &tag)) {
        return malformed(d->fault, name);
    }
    switch (tag) {
    case CORIM_TAG_KEY:
        kind = VOUCH_CORIM_KEY;
        good = vouch_cbor_read_text(in, &d->statement.value);
        break;
    case CORIM_TAG_CERTIFICATE:
        kind = VOUCH_CORIM_CA_PEM;
        good = vouch_cbor_read_text(in, &d->statement.value);
        break;
    case CORIM_TAG_DER_CERTIFICATE:
        kind = VOUCH_CORIM_CA_DER;
        good = vouch_cbor_read_bytes(in, &d->statement.value);
        break;
    default:
        return not_read(d->fault, name, (int64_t)tag);
    }
    return good ? say(d, kind) : malformed(d->fault, name);
}

/* [ key, key id ] */
static vouch_err read_named_key(struct decoder *d, CBS *in)
{
    static const char name[] = "named-key of " VOUCH_CORIM_PROFILE;
    vouch_bytes pem;
    uint64_t items;

    return vouch_cbor_read_array(in, &items) && items == 2 &&
                   read_tagged(in, CORIM_TAG_KEY) &&
                   vouch_cbor_read_text(in, &pem) &&
                   vouch_cbor_read_bytes(in, &d->statement.name) &&
                   d->statement.name.len != 0 &&
                   d->statement.name.len <= VOUCH_LIMIT_KEY_ID
               ? say_value(d, VOUCH_CORIM_KEY, pem)
               : malformed(d->fault, name);
}

static vouch_err read_key_triple(struct decoder *d, CBS *in,
                                 vouch_err (*read)(struct decoder *d, CBS *in))
{
    static const char name[] = "attest-key-triple-record";
    uint64_t items, num;
    vouch_err err;

    if (!vouch_cbor_read_array(in, &items)) {
        return malformed(d->fault, name);
    }
    if (items == 3) {
        return fault(d->fault, VOUCH_E_ILLEGAL, name,
                     "conditions are not read here");
    }
    err = items == 2 ? read_environment(d, in) : malformed(d->fault, name);
    if (err != VOUCH_OK) {
        return err;
    }
    if (d->statement.is_posture) {
        return fault(d->fault, VOUCH_E_ILLEGAL, name,
                     "keys of the posture are not read here");
    }
    if (!read_list(in, &num)) {
        return malformed(d->fault, name);
    }
    /* A list of keys is a list of alternatives. */
    d->statement.has_company = false;
    for (; num != 0 && err == VOUCH_OK; num--) {
        d->statement.name = (vouch_bytes){NULL, 0};
        err = read(d, in);
    }
    return err;
}

static vouch_err read_attest_key_triple(struct decoder *d, CBS *in)
{
    return read_key_triple(d, in, read_key);
}

static vouch_err read_named_key_triple(struct decoder *d, CBS *in)
{
    return read_key_triple(d, in, read_named_key);
}

/* Tags */

static vouch_err read_triples_of(struct decoder *d, CBS *in,
                                 vouch_err (*read)(struct decoder *d, CBS *in))
{
    vouch_err err = VOUCH_OK;
    uint64_t num;

    if (!is_there(in)) {
        return VOUCH_OK;
    }
    if (!read_list(in, &num)) {
        return malformed(d->fault, "triples-map");
    }
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read(d, in);
    }
    return err;
}

static vouch_err read_triples(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {"triples-map",
                                         {{CORIM_REFERENCE_TRIPLES, OPTIONAL},
                                          {CORIM_ATTEST_KEY_TRIPLES, OPTIONAL},
                                          {CORIM_NAMED_KEY_TRIPLES, OPTIONAL}},
                                         3,
                                         false};
    static vouch_err (*const readers[])(struct decoder * d, CBS * in) = {
        read_reference_triple, read_attest_key_triple, read_named_key_triple};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);
    bool is_empty = true;

    for (size_t i = 0; i < rule.num && err == VOUCH_OK; i++) {
        is_empty = is_empty && !is_there(&map.value[i]);
        err = read_triples_of(d, &map.value[i], readers[i]);
    }
    return err == VOUCH_OK && is_empty ? malformed(d->fault, rule.name) : err;
}

/* tstr / bytes .size 16 */
static bool is_identifier(CBS in)
{
    enum vouch_cbor_type type;
    vouch_bytes id;

    if (vouch_cbor_peek(&in, &type) && type == VOUCH_CBOR_TEXT) {
        return vouch_cbor_read_text(&in, &id);
    }
    return vouch_cbor_read_bytes(&in, &id) && id.len == UUID_LEN;
}

/* CoRIM, 5.1.1.1: unique, or it is not clear which tag is meant */
static vouch_err read_identity(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "tag-identity-map",
        {{CORIM_TAG_ID, REQUIRED}, {CORIM_TAG_VERSION, OPTIONAL}},
        2,
        false};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);
    uint64_t version;
    vouch_bytes id;

    if (err != VOUCH_OK) {
        return err;
    }
    id = vouch_rest(&map.value[0]);
    if (!is_identifier(map.value[0]) ||
        (is_there(&map.value[1]) &&
         !vouch_cbor_read_uint(&map.value[1], &version))) {
        return malformed(d->fault, rule.name);
    }
    for (size_t i = 0; i < d->num_tags; i++) {
        if (vouch_bytes_equal(d->tag_ids[i], id)) {
            return fault(d->fault, VOUCH_E_DECODE, rule.name,
                         "two tags have the same tag-id");
        }
    }
    d->tag_ids[d->num_tags++] = id;
    return VOUCH_OK;
}

/* CoRIM, 5.1.3: what is replaced must be disregarded, what is supplemented
 * stays as it was */
static vouch_err read_linked_tags(struct decoder *d, CBS *in)
{
    static const struct map_rule rule = {
        "linked-tag-map",
        {{CORIM_LINKED_TAG_ID, REQUIRED}, {CORIM_TAG_REL, REQUIRED}},
        2,
        false};
    vouch_err err = VOUCH_OK;
    uint64_t num, rel;
    struct map map;

    if (!is_there(in)) {
        return VOUCH_OK;
    }
    if (!read_list(in, &num)) {
        return malformed(d->fault, rule.name);
    }
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_map(in, &rule, &map, d->fault);
        if (err == VOUCH_OK && (!vouch_cbor_read_uint(&map.value[1], &rel) ||
                                rel != CORIM_SUPPLEMENTS)) {
            err = fault(d->fault, VOUCH_E_ILLEGAL, rule.name,
                        "a tag that replaces another is not read here");
        }
    }
    return err;
}

static vouch_err read_comid(struct decoder *d, vouch_bytes octets)
{
    static const struct map_rule rule = {"concise-mid-tag",
                                         {{CORIM_LANGUAGE, OPTIONAL},
                                          {CORIM_TAG_IDENTITY, REQUIRED},
                                          {CORIM_TAG_ENTITIES, OPTIONAL},
                                          {CORIM_LINKED_TAGS, OPTIONAL},
                                          {CORIM_TRIPLES, REQUIRED}},
                                         5,
                                         false};
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(octets);
    struct map map;

    if (err != VOUCH_OK) {
        return fault(d->fault, err, rule.name, "not CBOR as it is read here");
    }
    err = read_map(&in, &rule, &map, d->fault);
    if (err == VOUCH_OK) {
        err = read_identity(d, &map.value[1]);
    }
    if (err == VOUCH_OK) {
        err = read_linked_tags(d, &map.value[3]);
    }
    return err == VOUCH_OK ? read_triples(d, &map.value[4]) : err;
}

static vouch_err read_tag(struct decoder *d, CBS *in)
{
    static const char name[] = "$concise-tag-type-choice";
    vouch_bytes octets;
    uint64_t tag;

    if (!vouch_cbor_read_tag(in, &tag)) {
        return malformed(d->fault, name);
    }
    if (tag != CORIM_TAG_COMID) {
        return not_read(d->fault, name, (int64_t)tag);
    }
    return vouch_cbor_read_bytes(in, &octets) ? read_comid(d, octets)
                                              : malformed(d->fault, name);
}

static vouch_err read_tags(struct decoder *d, CBS *in)
{
    vouch_err err = VOUCH_OK;
    uint64_t num;

    if (!read_list(in, &num)) {
        return malformed(d->fault, "corim-map");
    }
    if (num > VOUCH_LIMIT_CORIM_TAGS) {
        return fault(d->fault, VOUCH_E_TOO_MANY, "corim-map", "too many tags");
    }
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_tag(d, in);
    }
    return err;
}

/* CoRIM, 4.1.4: a profile that is not recognized rejects the CoRIM; without one
 * nothing says what the environments stand for */
static vouch_err read_profile(struct decoder *d, CBS *in)
{
    vouch_bytes profile;

    return read_tagged(in, CORIM_TAG_URI) &&
                   vouch_cbor_read_text(in, &profile) &&
                   vouch_bytes_equal(profile, vouch_text(VOUCH_CORIM_PROFILE))
               ? VOUCH_OK
               : fault(d->fault, VOUCH_E_ILLEGAL, "corim-map",
                       "its profile is not " VOUCH_CORIM_PROFILE);
}

static vouch_err read_corim(struct decoder *d, CBS *in,
                            struct vouch_corim_validity *validity)
{
    static const struct map_rule rule = {"corim-map",
                                         {{CORIM_ID, REQUIRED},
                                          {CORIM_TAGS, REQUIRED},
                                          {CORIM_PROFILE, REQUIRED},
                                          {CORIM_VALIDITY, OPTIONAL},
                                          {CORIM_ENTITIES, OPTIONAL}},
                                         5,
                                         false};
    struct map map;
    vouch_err err = read_map(in, &rule, &map, d->fault);

    if (err == VOUCH_OK && !is_identifier(map.value[0])) {
        err = malformed(d->fault, rule.name);
    }
    if (err == VOUCH_OK) {
        err = read_profile(d, &map.value[2]);
    }
    if (err == VOUCH_OK) {
        err = read_validity(&map.value[3], validity, d->fault);
    }
    return err == VOUCH_OK ? read_tags(d, &map.value[1]) : err;
}

vouch_err vouch_corim_decode(vouch_bytes octets, vouch_corim_visit *visit,
                             void *arg, struct vouch_corim_validity *validity,
                             struct vouch_corim_fault *why)
{
    struct decoder d = {.visit = visit, .arg = arg, .fault = why};
    struct vouch_corim_validity found;
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(octets);
    uint64_t tag;

    if (err != VOUCH_OK) {
        return fault(why, err, "corim", "not CBOR as it is read here");
    }
    if (!vouch_cbor_read_tag(&in, &tag)) {
        return malformed(why, "corim");
    }
    if (tag == CORIM_TAG_SIGN1) {
        return fault(why, VOUCH_E_ILLEGAL, "signed-corim",
                     "it is signed, and no signer was named");
    }
    if (tag != CORIM_TAG_CORIM) {
        return malformed(why, "corim");
    }
    err = read_corim(&d, &in, &found);
    if (err == VOUCH_OK) {
        *validity = found;
    }
    return err;
}

CBS vouch_corim_claims(vouch_bytes value, size_t *num)
{
    CBS in = vouch_reader(value);
    uint64_t items;

    *num = vouch_cbor_read_array(&in, &items) ? (size_t)items : 0;
    return in;
}

bool vouch_corim_read_claim(CBS *in, int64_t *key)
{
    return vouch_cbor_read_int(in, key);
}

/* The header of a signed one (CoRIM, 4.2.1) */

static void narrow(struct vouch_corim_validity *validity,
                   struct vouch_corim_validity other)
{
    if (other.not_before > validity->not_before) {
        validity->not_before = other.not_before;
    }
    if (other.not_after < validity->not_after) {
        validity->not_after = other.not_after;
    }
}

static vouch_err read_signer(CBS *in, struct vouch_corim_fault *why)
{
    static const struct map_rule rule = {
        "corim-signer-map",
        {{CORIM_SIGNER_NAME, REQUIRED}, {CORIM_SIGNER_URI, OPTIONAL}},
        2,
        true};
    vouch_bytes name;
    struct map map;
    vouch_err err = read_map(in, &rule, &map, why);

    return err == VOUCH_OK && !vouch_cbor_read_text(&map.value[0], &name)
               ? malformed(why, rule.name)
               : err;
}

/* bstr .cbor corim-meta-map (CoRIM, 4.2.3) */
static vouch_err read_meta(CBS *in, struct vouch_corim_validity *validity,
                           struct vouch_corim_fault *why)
{
    static const struct map_rule rule = {
        "corim-meta-map",
        {{CORIM_SIGNER, REQUIRED}, {CORIM_SIGNATURE_VALIDITY, OPTIONAL}},
        2,
        false};
    struct vouch_corim_validity found;
    vouch_bytes octets;
    struct map map;
    vouch_err err;
    CBS meta;

    if (!is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_bytes(in, &octets) ||
        vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED) != VOUCH_OK) {
        return malformed(why, rule.name);
    }
    meta = vouch_reader(octets);
    err = read_map(&meta, &rule, &map, why);
    if (err == VOUCH_OK) {
        err = read_signer(&map.value[0], why);
    }
    if (err == VOUCH_OK) {
        err = read_validity(&map.value[1], &found, why);
    }
    if (err == VOUCH_OK) {
        narrow(validity, found);
    }
    return err;
}

static bool read_numeric_date(CBS *in, int64_t *out)
{
    return !is_there(in) || vouch_cbor_read_int(in, out);
}

/* CoRIM, 4.2.2 */
static vouch_err read_cwt_claims(CBS *in, struct vouch_corim_validity *validity,
                                 struct vouch_corim_fault *why)
{
    static const struct map_rule rule = {
        "cwt-claims",
        {{CORIM_ISS, REQUIRED}, {CORIM_EXP, OPTIONAL}, {CORIM_NBF, OPTIONAL}},
        3,
        true};
    struct vouch_corim_validity found = {INT64_MIN, INT64_MAX};
    vouch_bytes issuer;
    struct map map;
    vouch_err err;

    if (!is_there(in)) {
        return VOUCH_OK;
    }
    err = read_map(in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &issuer) ||
        !read_numeric_date(&map.value[1], &found.not_after) ||
        !read_numeric_date(&map.value[2], &found.not_before)) {
        return malformed(why, rule.name);
    }
    narrow(validity, found);
    return VOUCH_OK;
}

vouch_err vouch_corim_header_decode(vouch_bytes header,
                                    struct vouch_corim_validity *validity,
                                    struct vouch_corim_fault *why)
{
    static const struct map_rule rule = {"protected-corim-header-map",
                                         {{CORIM_HEADER_CONTENT_TYPE, REQUIRED},
                                          {CORIM_HEADER_META, OPTIONAL},
                                          {CORIM_HEADER_CWT_CLAIMS, OPTIONAL}},
                                         3,
                                         true};
    struct vouch_corim_validity found = {INT64_MIN, INT64_MAX};
    vouch_err err = vouch_cbor_check(header, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(header);
    vouch_bytes type;
    struct map map;

    if (err != VOUCH_OK) {
        return fault(why, err, rule.name, "not CBOR as it is read here");
    }
    err = read_map(&in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &type) ||
        !vouch_bytes_equal(type, vouch_text(VOUCH_CORIM_CONTENT_TYPE))) {
        return fault(why, VOUCH_E_DECODE, rule.name,
                     "its content-type is not " VOUCH_CORIM_CONTENT_TYPE);
    }
    if (!is_there(&map.value[1]) && !is_there(&map.value[2])) {
        return fault(why, VOUCH_E_DECODE, rule.name,
                     "neither corim-meta nor CWT-Claims names the signer");
    }
    err = read_meta(&map.value[1], &found, why);
    if (err == VOUCH_OK) {
        err = read_cwt_claims(&map.value[2], &found, why);
    }
    if (err == VOUCH_OK) {
        *validity = found;
    }
    return err;
}
