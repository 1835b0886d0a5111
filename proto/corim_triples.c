/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/corim_triples.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/corim_map.h"
#include "proto/corim_numbers.h"
#include "proto/media_type.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum {
    UEID_MIN = 7, /* CoRIM, 7.5 */
    UEID_MAX = 33,
};

/* Statements */

static vouch_err say(struct vouch_corim_teller *t, enum vouch_corim_kind kind)
{
    t->statement.kind = kind;
    return t->visit(t->arg, &t->statement);
}

static vouch_err say_value(struct vouch_corim_teller *t,
                           enum vouch_corim_kind kind, vouch_bytes value)
{
    t->statement.value = value;
    return say(t, kind);
}

static vouch_err say_number(struct vouch_corim_teller *t,
                            enum vouch_corim_kind kind, uint64_t number)
{
    t->statement.number = number;
    return say(t, kind);
}

/* Environments (CoRIM, 5.1.4.1) */

static vouch_err read_class(struct vouch_corim_teller *t, CBS *in)
{
    static const struct vouch_corim_map_rule rule = {
        "class-map",
        /* CoRIM, 5.1.4.2: with model, vendor too */
        {{CORIM_VENDOR, REQUIRED},
         {CORIM_MODEL, REQUIRED},
         {CORIM_INDEX, OPTIONAL}},
        3,
        false};
    vouch_bytes vendor;
    uint64_t index;
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, t->fault);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &vendor) ||
        !vouch_cbor_read_text(&map.value[1], &t->statement.model)) {
        return vouch_corim_malformed(t->fault, rule.name);
    }
    if (!vouch_bytes_equal(vendor, vouch_text(VOUCH_CORIM_VENDOR))) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, rule.name,
                                  "its vendor is not \"" VOUCH_CORIM_VENDOR
                                  "\"");
    }
    if (!vouch_is_media_type(t->statement.model)) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, rule.name,
                                  "its model is no media type");
    }
    t->statement.is_posture = vouch_corim_is_there(&map.value[2]);
    if (t->statement.is_posture &&
        (!vouch_cbor_read_uint(&map.value[2], &index) ||
         index != CORIM_INDEX_POSTURE)) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, rule.name,
                                  "its index is not 1, of the posture");
    }
    return VOUCH_OK;
}

static bool is_ueid(vouch_bytes ueid)
{
    return ueid.len >= UEID_MIN && ueid.len <= UEID_MAX;
}

static vouch_err read_instance(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "$instance-id-type-choice";
    uint64_t tag;

    t->statement.instance = (vouch_bytes){NULL, 0};
    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_tag(in, &tag)) {
        return vouch_corim_malformed(t->fault, name);
    }
    if (tag != CORIM_TAG_UEID) {
        return vouch_corim_not_read(t->fault, name, (int64_t)tag);
    }
    return vouch_cbor_read_bytes(in, &t->statement.instance) &&
                   is_ueid(t->statement.instance)
               ? VOUCH_OK
               : vouch_corim_malformed(t->fault, name);
}

static vouch_err read_environment(struct vouch_corim_teller *t, CBS *in)
{
    static const struct vouch_corim_map_rule rule = {
        "environment-map",
        {{CORIM_CLASS, REQUIRED}, {CORIM_INSTANCE, OPTIONAL}},
        2,
        false};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, t->fault);

    if (err == VOUCH_OK) {
        err = read_class(t, &map.value[0]);
    }
    return err == VOUCH_OK ? read_instance(t, &map.value[1]) : err;
}

/* Measurements (CoRIM, 5.1.4.4) */

static const char digest_rule[] = "digest";

/* CoRIM, 7.7: the registry's number, or its name */
static vouch_err read_hash(struct vouch_corim_teller *t, CBS *in, size_t *out)
{
    int64_t number = 0;
    vouch_bytes name = {NULL, 0};
    CBS copy = *in;
    bool is_number = vouch_cbor_read_int(in, &number);

    if (!is_number) {
        *in = copy;
        if (!vouch_cbor_read_text(in, &name)) {
            return vouch_corim_malformed(t->fault, digest_rule);
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
    return is_number
               ? vouch_corim_not_read(t->fault, digest_rule, number)
               : vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, digest_rule,
                                    "an algorithm that is not read here");
}

/* digest = [ alg, val ] */
static vouch_err read_digest(struct vouch_corim_teller *t, CBS *in,
                             unsigned *seen)
{
    uint64_t items;
    vouch_err err;
    size_t hash = 0;

    if (!vouch_cbor_read_array(in, &items) || items != 2) {
        return vouch_corim_malformed(t->fault, digest_rule);
    }
    err = read_hash(t, in, &hash);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_bytes(in, &t->statement.value) ||
        t->statement.value.len != vouch_corim_hashes[hash].len) {
        return vouch_corim_malformed(t->fault, digest_rule);
    }
    /* CoRIM, 7.7: each algorithm once */
    if ((*seen & 1U << hash) != 0) {
        return vouch_corim_refuse(t->fault, VOUCH_E_DECODE, digest_rule,
                                  "an algorithm stands twice in a list");
    }
    *seen |= 1U << hash;
    return say(t, VOUCH_CORIM_DIGEST);
}

static vouch_err read_digests(struct vouch_corim_teller *t, CBS *in)
{
    vouch_err err = VOUCH_OK;
    unsigned seen = 0;
    uint64_t num;

    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(t->fault, "digests-type");
    }
    t->statement.num_values = (size_t)num;
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_digest(t, in, &seen);
    }
    return err;
}

static vouch_err read_svn(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "svn-type-choice";
    uint64_t tag, version;

    if (!vouch_cbor_read_tag(in, &tag) || tag != CORIM_TAG_MIN_SVN) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, name,
                                  "what is no min-svn is not read here");
    }
    return vouch_cbor_read_uint(in, &version)
               ? say_number(t, VOUCH_CORIM_MIN_SVN, version)
               : vouch_corim_malformed(t->fault, name);
}

static vouch_err read_flags(struct vouch_corim_teller *t, CBS *in)
{
    static const struct vouch_corim_map_rule rule = {
        "flags-map", {{CORIM_IS_DEBUG, REQUIRED}}, 1, false};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, t->fault);
    bool on;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_bool(&map.value[0], &on)) {
        return vouch_corim_malformed(t->fault, rule.name);
    }
    return on ? vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, rule.name,
                                   "that debugging must be on is not read here")
              : say(t, VOUCH_CORIM_NO_DEBUG);
}

static vouch_err read_ueid(struct vouch_corim_teller *t, CBS *in)
{
    vouch_bytes ueid;

    return vouch_cbor_read_bytes(in, &ueid) && is_ueid(ueid)
               ? say_value(t, VOUCH_CORIM_UEID, ueid)
               : vouch_corim_malformed(t->fault, "ueid-type");
}

/* [ + int ] */
static vouch_err read_claims(struct vouch_corim_teller *t, CBS *in,
                             enum vouch_corim_kind kind)
{
    CBS list = *in;
    int64_t claim;
    uint64_t num;
    bool good = vouch_corim_read_list(&list, &num);

    for (; good && num != 0; num--) {
        good = vouch_cbor_read_int(&list, &claim);
    }
    return good ? say_value(t, kind, vouch_rest(in))
                : vouch_corim_malformed(t->fault,
                                        "claims of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_required(struct vouch_corim_teller *t, CBS *in)
{
    return read_claims(t, in, VOUCH_CORIM_REQUIRED);
}

static vouch_err read_forbidden(struct vouch_corim_teller *t, CBS *in)
{
    return read_claims(t, in, VOUCH_CORIM_FORBIDDEN);
}

static vouch_err read_max_age(struct vouch_corim_teller *t, CBS *in)
{
    uint64_t seconds;

    return vouch_cbor_read_uint(in, &seconds)
               ? say_number(t, VOUCH_CORIM_MAX_AGE, seconds)
               : vouch_corim_malformed(t->fault,
                                       "max-age of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_min_version(struct vouch_corim_teller *t, CBS *in)
{
    vouch_bytes version;

    return vouch_cbor_read_text(in, &version)
               ? say_value(t, VOUCH_CORIM_MIN_VERSION, version)
               : vouch_corim_malformed(t->fault,
                                       "min-version of " VOUCH_CORIM_PROFILE);
}

static vouch_err read_allowed(struct vouch_corim_teller *t, CBS *in)
{
    static const uint64_t all =
        VOUCH_CORIM_ALLOW_WARNING | VOUCH_CORIM_ALLOW_KEY_BOUND |
        VOUCH_CORIM_ALLOW_NO_VECTOR | VOUCH_CORIM_ALLOW_DEBUG;
    static const char name[] = "allowed of " VOUCH_CORIM_PROFILE;
    uint64_t bits;

    if (!vouch_cbor_read_uint(in, &bits)) {
        return vouch_corim_malformed(t->fault, name);
    }
    return (bits & ~all) == 0 ? say_number(t, VOUCH_CORIM_ALLOWED, bits)
                              : vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL,
                                                   name, "an unknown bit");
}

/* measurement-values-map; each is read where it stands, or refused. */
static const struct vouch_corim_map_rule values_rule = {
    "measurement-values-map",
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
    vouch_err (*read)(struct vouch_corim_teller *t, CBS *in);
} values[] = {
    {false, read_svn},     {true, read_digests},      {false, read_flags},
    {false, read_ueid},    {false, read_required},    {false, read_forbidden},
    {false, read_max_age}, {false, read_min_version}, {false, read_allowed},
};

/* A name goes with digests of the evidence or of the posture, and with nothing
 * else; all else is about the evidence as a whole. */
static vouch_err read_value(struct vouch_corim_teller *t, size_t i, CBS *in)
{
    bool is_named = t->statement.name.len != 0;

    if (values[i].is_named != is_named ||
        (t->statement.is_posture && !is_named)) {
        *t->fault = (struct vouch_corim_fault){
            values_rule.name,
            is_named ? "is not read of a named measurement, in number"
            : values[i].is_named ? "is not read without a name, in number"
                                 : "is not read of the posture, in number",
            true, values_rule.keys[i].key};
        return VOUCH_E_ILLEGAL;
    }
    return values[i].read(t, in);
}

static size_t count_values(const struct vouch_corim_map *map)
{
    size_t num = 0;

    for (size_t i = 0; i < values_rule.num; i++) {
        num += vouch_corim_is_there(&map->value[i]);
    }
    return num;
}

static vouch_err read_values(struct vouch_corim_teller *t, CBS *in)
{
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &values_rule, &map, t->fault);
    size_t num = count_values(&map);

    /* CoRIM, 7.1: one member at least */
    if (err == VOUCH_OK && num == 0) {
        err = vouch_corim_malformed(t->fault, values_rule.name);
    }
    t->statement.has_company = t->statement.has_company || num > 1;
    for (size_t i = 0; i < values_rule.num && err == VOUCH_OK; i++) {
        if (vouch_corim_is_there(&map.value[i])) {
            err = read_value(t, i, &map.value[i]);
        }
    }
    return err;
}

static vouch_err read_name(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "$measured-element-type-choice";

    t->statement.name = (vouch_bytes){NULL, 0};
    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_text(in, &t->statement.name)) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, name,
                                  "what is no text is not read here");
    }
    return t->statement.name.len != 0 &&
                   t->statement.name.len <= VOUCH_LIMIT_MEASUREMENT_NAME
               ? VOUCH_OK
               : vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, name,
                                    "a name of no octets, or of too many");
}

static vouch_err read_measurement(struct vouch_corim_teller *t, CBS *in)
{
    static const struct vouch_corim_map_rule rule = {
        "measurement-map",
        {{CORIM_MKEY, OPTIONAL}, {CORIM_MVAL, REQUIRED}},
        2,
        false};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, t->fault);

    if (err == VOUCH_OK) {
        err = read_name(t, &map.value[0]);
    }
    return err == VOUCH_OK ? read_values(t, &map.value[1]) : err;
}

/* reference-triple-record = [ ref-env, ref-claims: [ + measurement-map ] ] */
static vouch_err read_reference_triple(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "reference-triple-record";
    uint64_t items, num;
    vouch_err err;

    if (!vouch_cbor_read_array(in, &items) || items != 2) {
        return vouch_corim_malformed(t->fault, name);
    }
    err = read_environment(t, in);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(t->fault, name);
    }
    t->statement.has_company = num > 1;
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_measurement(t, in);
    }
    return err;
}

/* Keys (CoRIM, 5.1.4.5) */

static vouch_err read_key(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "$crypto-key-type-choice";
    enum vouch_corim_kind kind;
    uint64_t tag;
    bool good;

    if (!vouch_cbor_read_tag(in, &tag)) {
        return vouch_corim_malformed(t->fault, name);
    }
    switch (tag) {
    case CORIM_TAG_KEY:
        kind = VOUCH_CORIM_KEY;
        good = vouch_cbor_read_text(in, &t->statement.value);
        break;
    case CORIM_TAG_CERTIFICATE:
        kind = VOUCH_CORIM_CA_PEM;
        good = vouch_cbor_read_text(in, &t->statement.value);
        break;
    case CORIM_TAG_DER_CERTIFICATE:
        kind = VOUCH_CORIM_CA_DER;
        good = vouch_cbor_read_bytes(in, &t->statement.value);
        break;
    default:
        return vouch_corim_not_read(t->fault, name, (int64_t)tag);
    }
    return good ? say(t, kind) : vouch_corim_malformed(t->fault, name);
}

/* [ key, key id ] */
static vouch_err read_named_key(struct vouch_corim_teller *t, CBS *in)
{
    static const char name[] = "named-key of " VOUCH_CORIM_PROFILE;
    vouch_bytes pem;
    uint64_t items;

    return vouch_cbor_read_array(in, &items) && items == 2 &&
                   vouch_corim_read_tagged(in, CORIM_TAG_KEY) &&
                   vouch_cbor_read_text(in, &pem) &&
                   vouch_cbor_read_bytes(in, &t->statement.name) &&
                   t->statement.name.len != 0 &&
                   t->statement.name.len <= VOUCH_LIMIT_KEY_ID
               ? say_value(t, VOUCH_CORIM_KEY, pem)
               : vouch_corim_malformed(t->fault, name);
}

static vouch_err read_key_triple(struct vouch_corim_teller *t, CBS *in,
                                 vouch_err (*read)(struct vouch_corim_teller *t,
                                                   CBS *in))
{
    static const char name[] = "attest-key-triple-record";
    uint64_t items, num;
    vouch_err err;

    if (!vouch_cbor_read_array(in, &items)) {
        return vouch_corim_malformed(t->fault, name);
    }
    if (items == 3) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, name,
                                  "conditions are not read here");
    }
    err = items == 2 ? read_environment(t, in)
                     : vouch_corim_malformed(t->fault, name);
    if (err != VOUCH_OK) {
        return err;
    }
    if (t->statement.is_posture) {
        return vouch_corim_refuse(t->fault, VOUCH_E_ILLEGAL, name,
                                  "keys of the posture are not read here");
    }
    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(t->fault, name);
    }
    /* A list of keys is a list of alternatives. */
    t->statement.has_company = false;
    for (; num != 0 && err == VOUCH_OK; num--) {
        t->statement.name = (vouch_bytes){NULL, 0};
        err = read(t, in);
    }
    return err;
}

static vouch_err read_attest_key_triple(struct vouch_corim_teller *t, CBS *in)
{
    return read_key_triple(t, in, read_key);
}

static vouch_err read_named_key_triple(struct vouch_corim_teller *t, CBS *in)
{
    return read_key_triple(t, in, read_named_key);
}
/* Triples of a tag */

static vouch_err read_triples_of(struct vouch_corim_teller *t, CBS *in,
                                 vouch_err (*read)(struct vouch_corim_teller *t,
                                                   CBS *in))
{
    vouch_err err = VOUCH_OK;
    uint64_t num;

    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(t->fault, "triples-map");
    }
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read(t, in);
    }
    return err;
}

vouch_err vouch_corim_read_triples(struct vouch_corim_teller *t, CBS *in)
{
    static const struct vouch_corim_map_rule rule = {
        "triples-map",
        {{CORIM_REFERENCE_TRIPLES, OPTIONAL},
         {CORIM_ATTEST_KEY_TRIPLES, OPTIONAL},
         {CORIM_NAMED_KEY_TRIPLES, OPTIONAL}},
        3,
        false};
    static vouch_err (*const readers[])(struct vouch_corim_teller * t,
                                        CBS * in) = {
        read_reference_triple, read_attest_key_triple, read_named_key_triple};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, t->fault);
    bool is_empty = true;

    for (size_t i = 0; i < rule.num && err == VOUCH_OK; i++) {
        is_empty = is_empty && !vouch_corim_is_there(&map.value[i]);
        err = read_triples_of(t, &map.value[i], readers[i]);
    }
    return err == VOUCH_OK && is_empty
               ? vouch_corim_malformed(t->fault, rule.name)
               : err;
}
