/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/corim.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/corim_map.h"
#include "proto/corim_numbers.h"
#include "proto/corim_triples.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum { UUID_LEN = 16 }; /* CoRIM, 7.4 */

/* One decoding. */
struct decoder {
    struct vouch_corim_teller teller;
    vouch_bytes tag_ids[VOUCH_LIMIT_CORIM_TAGS];
    size_t num_tags;
};

/* Validity */

/* CoRIM, 7.3: epoch-based; whole seconds are read. */
static bool read_time(CBS *in, int64_t *out)
{
    return !vouch_corim_is_there(in) ||
           (vouch_corim_read_tagged(in, CORIM_TAG_TIME) &&
            vouch_cbor_read_int(in, out));
}

static vouch_err read_validity(CBS *in, struct vouch_corim_validity *out,
                               struct vouch_corim_fault *why)
{
    static const struct vouch_corim_map_rule rule = {
        "validity-map",
        {{CORIM_NOT_BEFORE, OPTIONAL}, {CORIM_NOT_AFTER, REQUIRED}},
        2,
        false};
    struct vouch_corim_map map;
    vouch_err err;

    *out = (struct vouch_corim_validity){INT64_MIN, INT64_MAX};
    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    err = vouch_corim_read_map(in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    return read_time(&map.value[0], &out->not_before) &&
                   read_time(&map.value[1], &out->not_after)
               ? VOUCH_OK
               : vouch_corim_malformed(why, rule.name);
}
/* Tags */

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
    static const struct vouch_corim_map_rule rule = {
        "tag-identity-map",
        {{CORIM_TAG_ID, REQUIRED}, {CORIM_TAG_VERSION, OPTIONAL}},
        2,
        false};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, d->teller.fault);
    uint64_t version;
    vouch_bytes id;

    if (err != VOUCH_OK) {
        return err;
    }
    id = vouch_rest(&map.value[0]);
    if (!is_identifier(map.value[0]) ||
        (vouch_corim_is_there(&map.value[1]) &&
         !vouch_cbor_read_uint(&map.value[1], &version))) {
        return vouch_corim_malformed(d->teller.fault, rule.name);
    }
    for (size_t i = 0; i < d->num_tags; i++) {
        if (vouch_bytes_equal(d->tag_ids[i], id)) {
            return vouch_corim_refuse(d->teller.fault, VOUCH_E_DECODE,
                                      rule.name,
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
    static const struct vouch_corim_map_rule rule = {
        "linked-tag-map",
        {{CORIM_LINKED_TAG_ID, REQUIRED}, {CORIM_TAG_REL, REQUIRED}},
        2,
        false};
    vouch_err err = VOUCH_OK;
    uint64_t num, rel;
    struct vouch_corim_map map;

    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(d->teller.fault, rule.name);
    }
    for (; num != 0 && err == VOUCH_OK; num--) {
        err = vouch_corim_read_map(in, &rule, &map, d->teller.fault);
        if (err == VOUCH_OK && (!vouch_cbor_read_uint(&map.value[1], &rel) ||
                                rel != CORIM_SUPPLEMENTS)) {
            err = vouch_corim_refuse(
                d->teller.fault, VOUCH_E_ILLEGAL, rule.name,
                "a tag that replaces another is not read here");
        }
    }
    return err;
}

static vouch_err read_comid(struct decoder *d, vouch_bytes octets)
{
    static const struct vouch_corim_map_rule rule = {
        "concise-mid-tag",
        {{CORIM_LANGUAGE, OPTIONAL},
         {CORIM_TAG_IDENTITY, REQUIRED},
         {CORIM_TAG_ENTITIES, OPTIONAL},
         {CORIM_LINKED_TAGS, OPTIONAL},
         {CORIM_TRIPLES, REQUIRED}},
        5,
        false};
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(octets);
    struct vouch_corim_map map;

    if (err != VOUCH_OK) {
        return vouch_corim_refuse(d->teller.fault, err, rule.name,
                                  "not CBOR as it is read here");
    }
    err = vouch_corim_read_map(&in, &rule, &map, d->teller.fault);
    if (err == VOUCH_OK) {
        err = read_identity(d, &map.value[1]);
    }
    if (err == VOUCH_OK) {
        err = read_linked_tags(d, &map.value[3]);
    }
    return err == VOUCH_OK ? vouch_corim_read_triples(&d->teller, &map.value[4])
                           : err;
}

static vouch_err read_tag(struct decoder *d, CBS *in)
{
    static const char name[] = "$concise-tag-type-choice";
    vouch_bytes octets;
    uint64_t tag;

    if (!vouch_cbor_read_tag(in, &tag)) {
        return vouch_corim_malformed(d->teller.fault, name);
    }
    if (tag != CORIM_TAG_COMID) {
        return vouch_corim_not_read(d->teller.fault, name, (int64_t)tag);
    }
    return vouch_cbor_read_bytes(in, &octets)
               ? read_comid(d, octets)
               : vouch_corim_malformed(d->teller.fault, name);
}

static vouch_err read_tags(struct decoder *d, CBS *in)
{
    vouch_err err = VOUCH_OK;
    uint64_t num;

    if (!vouch_corim_read_list(in, &num)) {
        return vouch_corim_malformed(d->teller.fault, "corim-map");
    }
    if (num > VOUCH_LIMIT_CORIM_TAGS) {
        return vouch_corim_refuse(d->teller.fault, VOUCH_E_TOO_MANY,
                                  "corim-map", "too many tags");
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

    return vouch_corim_read_tagged(in, CORIM_TAG_URI) &&
                   vouch_cbor_read_text(in, &profile) &&
                   vouch_bytes_equal(profile, vouch_text(VOUCH_CORIM_PROFILE))
               ? VOUCH_OK
               : vouch_corim_refuse(d->teller.fault, VOUCH_E_ILLEGAL,
                                    "corim-map",
                                    "its profile is not " VOUCH_CORIM_PROFILE);
}

static vouch_err read_corim(struct decoder *d, CBS *in,
                            struct vouch_corim_validity *validity)
{
    static const struct vouch_corim_map_rule rule = {
        "corim-map",
        {{CORIM_ID, REQUIRED},
         {CORIM_TAGS, REQUIRED},
         {CORIM_PROFILE, REQUIRED},
         {CORIM_VALIDITY, OPTIONAL},
         {CORIM_ENTITIES, OPTIONAL}},
        5,
        false};
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, d->teller.fault);

    if (err == VOUCH_OK && !is_identifier(map.value[0])) {
        err = vouch_corim_malformed(d->teller.fault, rule.name);
    }
    if (err == VOUCH_OK) {
        err = read_profile(d, &map.value[2]);
    }
    if (err == VOUCH_OK) {
        err = read_validity(&map.value[3], validity, d->teller.fault);
    }
    return err == VOUCH_OK ? read_tags(d, &map.value[1]) : err;
}

vouch_err vouch_corim_decode(vouch_bytes octets, vouch_corim_visit *visit,
                             void *arg, struct vouch_corim_validity *validity,
                             struct vouch_corim_fault *why)
{
    struct decoder d = {.teller = {visit, arg, why, {0}}};
    struct vouch_corim_validity found;
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(octets);
    uint64_t tag;

    if (err != VOUCH_OK) {
        return vouch_corim_refuse(why, err, "corim",
                                  "not CBOR as it is read here");
    }
    if (!vouch_cbor_read_tag(&in, &tag)) {
        return vouch_corim_malformed(why, "corim");
    }
    if (tag == CORIM_TAG_SIGN1) {
        return vouch_corim_refuse(why, VOUCH_E_ILLEGAL, "signed-corim",
                                  "it is signed, and no signer was named");
    }
    if (tag != CORIM_TAG_CORIM) {
        return vouch_corim_malformed(why, "corim");
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
    static const struct vouch_corim_map_rule rule = {
        "corim-signer-map",
        {{CORIM_SIGNER_NAME, REQUIRED}, {CORIM_SIGNER_URI, OPTIONAL}},
        2,
        true};
    vouch_bytes name;
    struct vouch_corim_map map;
    vouch_err err = vouch_corim_read_map(in, &rule, &map, why);

    return err == VOUCH_OK && !vouch_cbor_read_text(&map.value[0], &name)
               ? vouch_corim_malformed(why, rule.name)
               : err;
}

/* bstr .cbor corim-meta-map (CoRIM, 4.2.3) */
static vouch_err read_meta(CBS *in, struct vouch_corim_validity *validity,
                           struct vouch_corim_fault *why)
{
    static const struct vouch_corim_map_rule rule = {
        "corim-meta-map",
        {{CORIM_SIGNER, REQUIRED}, {CORIM_SIGNATURE_VALIDITY, OPTIONAL}},
        2,
        false};
    struct vouch_corim_validity found;
    vouch_bytes octets;
    struct vouch_corim_map map;
    vouch_err err;
    CBS meta;

    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    if (!vouch_cbor_read_bytes(in, &octets) ||
        vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED) != VOUCH_OK) {
        return vouch_corim_malformed(why, rule.name);
    }
    meta = vouch_reader(octets);
    err = vouch_corim_read_map(&meta, &rule, &map, why);
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
    return !vouch_corim_is_there(in) || vouch_cbor_read_int(in, out);
}

/* CoRIM, 4.2.2 */
static vouch_err read_cwt_claims(CBS *in, struct vouch_corim_validity *validity,
                                 struct vouch_corim_fault *why)
{
    static const struct vouch_corim_map_rule rule = {
        "cwt-claims",
        {{CORIM_ISS, REQUIRED}, {CORIM_EXP, OPTIONAL}, {CORIM_NBF, OPTIONAL}},
        3,
        true};
    struct vouch_corim_validity found = {INT64_MIN, INT64_MAX};
    vouch_bytes issuer;
    struct vouch_corim_map map;
    vouch_err err;

    if (!vouch_corim_is_there(in)) {
        return VOUCH_OK;
    }
    err = vouch_corim_read_map(in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &issuer) ||
        !read_numeric_date(&map.value[1], &found.not_after) ||
        !read_numeric_date(&map.value[2], &found.not_before)) {
        return vouch_corim_malformed(why, rule.name);
    }
    narrow(validity, found);
    return VOUCH_OK;
}

vouch_err vouch_corim_header_decode(vouch_bytes header,
                                    struct vouch_corim_validity *validity,
                                    struct vouch_corim_fault *why)
{
    static const struct vouch_corim_map_rule rule = {
        "protected-corim-header-map",
        {{CORIM_HEADER_CONTENT_TYPE, REQUIRED},
         {CORIM_HEADER_META, OPTIONAL},
         {CORIM_HEADER_CWT_CLAIMS, OPTIONAL}},
        3,
        true};
    struct vouch_corim_validity found = {INT64_MIN, INT64_MAX};
    vouch_err err = vouch_cbor_check(header, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(header);
    vouch_bytes type;
    struct vouch_corim_map map;

    if (err != VOUCH_OK) {
        return vouch_corim_refuse(why, err, rule.name,
                                  "not CBOR as it is read here");
    }
    err = vouch_corim_read_map(&in, &rule, &map, why);
    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_text(&map.value[0], &type) ||
        !vouch_bytes_equal(type, vouch_text(VOUCH_CORIM_CONTENT_TYPE))) {
        return vouch_corim_refuse(
            why, VOUCH_E_DECODE, rule.name,
            "its content-type is not " VOUCH_CORIM_CONTENT_TYPE);
    }
    if (!vouch_corim_is_there(&map.value[1]) &&
        !vouch_corim_is_there(&map.value[2])) {
        return vouch_corim_refuse(
            why, VOUCH_E_DECODE, rule.name,
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
