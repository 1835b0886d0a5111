/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ear.h"

#include <string.h>

#include <vouch/cmw.h>

#include "proto/base64url.h"
#include "proto/cbor_writer.h"
#include "proto/ear_claims.h"
#include "proto/json.h"
#include "proto/memory.h"

/*
 * Claims in JSON are written in CBOR, claim for claim, and then decoded like
 * any other: what they may be stands in one place. What JSON has in the place
 * of a claim and can not be one is written as an empty array, which no claim
 * is.
 */

/* No claim has more. */
enum { OCTETS_MAX = 64 };

static const char *name_of(const struct vouch_ear_claim *claim,
                           const struct vouch_ear_profile *profile)
{
    return claim->json[profile->names] != NULL ? claim->json[profile->names]
                                               : claim->name;
}

static vouch_err dump(const json_t *json, vouch_buffer *out)
{
    size_t len = json_dumpb(json, NULL, 0, JSON_COMPACT);
    char *text = len == 0 ? NULL : vouch_alloc_raw(len);

    if (text == NULL) {
        return VOUCH_E_NOMEM;
    }
    *out = (vouch_buffer){(uint8_t *)text,
                          json_dumpb(json, text, len, JSON_COMPACT)};
    return VOUCH_OK;
}

/* From jansson's values to CBOR */

/* `json` is the value of `claim`. */
typedef bool write_value(CBB *out, const struct vouch_ear_claim *claim,
                         json_t *json, const struct vouch_ear_profile *profile);

static bool write_wrong(CBB *out)
{
    return vouch_cbor_write_array(out, 0);
}

static bool write_integer(CBB *out, const json_t *json)
{
    return json_is_integer(json)
               ? vouch_cbor_write_int(out, json_integer_value(json))
               : write_wrong(out);
}

static bool write_text(CBB *out, const json_t *json)
{
    return json_is_string(json)
               ? vouch_cbor_write_text(out, vouch_json_text(json))
               : write_wrong(out);
}

static bool write_octets(CBB *out, const json_t *json)
{
    uint8_t octets[OCTETS_MAX];
    vouch_bytes text = vouch_json_text(json);
    size_t len = vouch_base64url_length(text.len);

    return len <= sizeof octets && vouch_base64url_decode(text, octets)
               ? vouch_cbor_write_bytes(out, (vouch_bytes){octets, len})
               : write_wrong(out);
}

static bool write_tier(CBB *out, const json_t *json)
{
    for (size_t i = 0; json_is_string(json) && i < VOUCH_EAR_TIERS; i++) {
        if (vouch_bytes_equal(vouch_json_text(json),
                              vouch_text(vouch_ear_tiers[i].name))) {
            return vouch_cbor_write_uint(out, vouch_ear_tiers[i].number);
        }
    }
    return write_wrong(out);
}

static size_t category_of(const char *name)
{
    size_t i = 0;

    while (i < VOUCH_EAR_CATEGORIES &&
           strcmp(vouch_ear_categories[i], name) != 0) {
        i++;
    }
    return i;
}

/* A name that is none stays text, which no category is. */
static bool write_category(CBB *out, const char *name)
{
    size_t category = category_of(name);

    return category < VOUCH_EAR_CATEGORIES
               ? vouch_cbor_write_uint(out, category)
               : vouch_cbor_write_text(out, vouch_text(name));
}

static bool write_vector(CBB *out, json_t *json)
{
    const char *name;
    json_t *claim;
    bool ok;

    if (!json_is_object(json)) {
        return write_wrong(out);
    }
    ok = vouch_cbor_write_map(out, json_object_size(json));
    json_object_foreach(json, name, claim)
    {
        ok = ok && write_category(out, name) && write_integer(out, claim);
    }
    return ok;
}

static bool write_texts(CBB *out, const json_t *json,
                        const struct vouch_ear_profile *profile)
{
    size_t num = json_array_size(json);
    bool ok;

    /* Veraison has one policy, not a list. */
    if (profile->names == VOUCH_EAR_VERAISON_NAMES) {
        return vouch_cbor_write_array(out, 1) && write_text(out, json);
    }
    ok = vouch_cbor_write_array(out, num);
    for (size_t i = 0; ok && i < num; i++) {
        ok = write_text(out, json_array_get(json, i));
    }
    return ok;
}

/* RFC 9999, 3.1: in JSON a record is an array, and no other CMW is. */
static bool write_cmw(CBB *out, const json_t *json)
{
    vouch_buffer text, cmw = {NULL, 0};
    vouch_err err;
    bool ok;

    if (!json_is_array(json)) {
        return write_wrong(out);
    }
    err = dump(json, &text);
    if (err == VOUCH_OK) {
        err = vouch_cmw_from_json((vouch_bytes){text.data, text.len}, &cmw);
        vouch_buffer_free(&text);
    }
    if (err == VOUCH_E_NOMEM) {
        return false;
    }
    ok = err == VOUCH_OK ? CBB_add_bytes(out, cmw.data, cmw.len)
                         : write_wrong(out);
    vouch_buffer_free(&cmw);
    return ok;
}

static bool write_leaf(CBB *out, const struct vouch_ear_claim *claim,
                       json_t *json, const struct vouch_ear_profile *profile)
{
    switch (claim->type) {
    case VOUCH_EAR_TIME:
        return write_integer(out, json);
    case VOUCH_EAR_TIER:
        return write_tier(out, json);
    case VOUCH_EAR_BYTES:
        return write_octets(out, json);
    case VOUCH_EAR_VECTOR:
        return write_vector(out, json);
    case VOUCH_EAR_TEXTS:
        return write_texts(out, json, profile);
    case VOUCH_EAR_CMW:
        return write_cmw(out, json);
    case VOUCH_EAR_ANY: /* read past in the octets, too */
        return write_wrong(out);
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXT_MAP:
    case VOUCH_EAR_SUBMODULES:
    default:
        return write_text(out, json);
    }
}

/* The value of a claim that the profile has, or NULL. */
static json_t *value_of(const json_t *object,
                        const struct vouch_ear_claim *claim,
                        const struct vouch_ear_profile *profile)
{
    return vouch_ear_claim_is_in(claim, profile)
               ? json_object_get(object, name_of(claim, profile))
               : NULL;
}

static bool write_pairs(CBB *out, const struct vouch_ear_table *table,
                        write_value *write, json_t *json,
                        const struct vouch_ear_profile *profile)
{
    size_t num = 0;
    bool ok;

    if (!json_is_object(json)) {
        return write_wrong(out);
    }
    for (size_t i = 0; i < table->num; i++) {
        num += value_of(json, &table->items[i], profile) != NULL;
    }
    ok = vouch_cbor_write_map(out, num);
    for (size_t i = 0; ok && i < table->num; i++) {
        const struct vouch_ear_claim *claim = &table->items[i];
        json_t *value = value_of(json, claim, profile);

        if (value != NULL) {
            ok = vouch_cbor_write_int(out, claim->key) &&
                 write(out, claim, value, profile);
        }
    }
    return ok;
}

static bool write_of_appraisal(CBB *out, const struct vouch_ear_claim *claim,
                               json_t *json,
                               const struct vouch_ear_profile *profile)
{
    return claim->type == VOUCH_EAR_TEXT_MAP
               ? write_pairs(out, claim->texts, write_leaf, json, profile)
               : write_leaf(out, claim, json, profile);
}

static bool write_submodules(CBB *out, json_t *json,
                             const struct vouch_ear_profile *profile)
{
    const char *label;
    json_t *appraisal;
    bool ok;

    if (!json_is_object(json)) {
        return write_wrong(out);
    }
    ok = vouch_cbor_write_map(out, json_object_size(json));
    json_object_foreach(json, label, appraisal)
    {
        ok = ok && vouch_cbor_write_text(out, vouch_text(label)) &&
             write_pairs(out, &vouch_ear_appraisal_claims, write_of_appraisal,
                         appraisal, profile);
    }
    return ok;
}

static bool write_of_ear(CBB *out, const struct vouch_ear_claim *claim,
                         json_t *json, const struct vouch_ear_profile *profile)
{
    return claim->type == VOUCH_EAR_SUBMODULES
               ? write_submodules(out, json, profile)
               : write_of_appraisal(out, claim, json, profile);
}

static vouch_err to_cbor(json_t *json, const struct vouch_ear_profile *profile,
                         size_t room, vouch_buffer *out)
{
    vouch_buffer cbor = {vouch_alloc_raw(room), 0};
    bool ok;
    CBB cbb;

    if (cbor.data == NULL) {
        return VOUCH_E_NOMEM;
    }
    CBB_zero(&cbb);
    ok = CBB_init_fixed(&cbb, cbor.data, room) &&
         write_pairs(&cbb, &vouch_ear_claims, write_of_ear, json, profile);
    cbor.len = CBB_len(&cbb);
    CBB_cleanup(&cbb);
    if (!ok) {
        vouch_buffer_free(&cbor);
        return VOUCH_E_NOMEM;
    }
    *out = cbor;
    return VOUCH_OK;
}

static vouch_err decode(json_t *json, const struct vouch_ear_profile *profile,
                        size_t room, vouch_buffer *memory,
                        struct vouch_ear *out, const char **wrong)
{
    vouch_buffer cbor;
    vouch_err err;

    if (!json_is_object(json)) {
        return VOUCH_E_DECODE;
    }
    err = to_cbor(json, profile, room, &cbor);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_ear_decode((vouch_bytes){cbor.data, cbor.len}, profile, out,
                           wrong);
    if (err != VOUCH_OK) {
        vouch_buffer_free(&cbor);
        return err;
    }
    *memory = cbor;
    return VOUCH_OK;
}

vouch_err vouch_ear_decode_json(vouch_bytes text,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *memory, struct vouch_ear *out,
                                const char **wrong)
{
    json_t *json;
    vouch_err err = vouch_json_load(text, &json);

    if (err != VOUCH_OK) {
        return err;
    }
    /* No claim is longer in CBOR than in JSON with what divides it. */
    err = decode(json, profile, text.len, memory, out, wrong);
    json_decref(json);
    return err;
}

/* To jansson's values */

/* Makes the value of `claim`, or NULL. */
typedef json_t *make_value(const struct vouch_ear_claim *claim,
                           const void *claims,
                           const struct vouch_ear_profile *profile);

static json_t *make_text(vouch_bytes text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *make_octets(vouch_bytes octets)
{
    uint8_t text[OCTETS_MAX / 3 * 4 + 4];

    vouch_base64url_encode(octets, text);
    return make_text(
        (vouch_bytes){text, vouch_base64url_text_length(octets.len)});
}

static json_t *make_tier(uint8_t tier)
{
    size_t i = 0;

    while (i < VOUCH_EAR_TIERS - 1 && vouch_ear_tiers[i].number != tier) {
        i++;
    }
    return json_string(vouch_ear_tiers[i].name);
}

/* What was put together, or NULL if a part failed. */
static json_t *whole(json_t *json, int failed)
{
    if (failed != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *make_vector(const int8_t vector[VOUCH_EAR_CATEGORIES])
{
    json_t *object = vouch_json_object();
    int failed = 0;

    for (size_t i = 0; i < VOUCH_EAR_CATEGORIES; i++) {
        failed |= json_object_set_new(object, vouch_ear_categories[i],
                                      json_integer(vector[i]));
    }
    return whole(object, failed);
}

static json_t *make_texts(vouch_bytes text,
                          const struct vouch_ear_profile *profile)
{
    json_t *array;

    if (profile->names == VOUCH_EAR_VERAISON_NAMES) {
        return make_text(text);
    }
    array = json_array();
    return whole(array, json_array_append_new(array, make_text(text)));
}

static json_t *make_leaf(const struct vouch_ear_claim *claim,
                         const void *claims,
                         const struct vouch_ear_profile *profile)
{
    const void *value = (const uint8_t *)claims + claim->member;

    switch (claim->type) {
    case VOUCH_EAR_TIME:
        return json_integer(*(const int64_t *)value);
    case VOUCH_EAR_TIER:
        return make_tier(*(const uint8_t *)value);
    case VOUCH_EAR_VECTOR:
        return make_vector(value);
    case VOUCH_EAR_BYTES:
        return make_octets(vouch_ear_span(claim, claims));
    case VOUCH_EAR_TEXTS:
        return make_texts(vouch_ear_span(claim, claims), profile);
    case VOUCH_EAR_CMW:
    case VOUCH_EAR_ANY:
        return NULL; /* these are not kept */
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXT_MAP:
    case VOUCH_EAR_SUBMODULES:
    default:
        return make_text(vouch_ear_span(claim, claims));
    }
}

static json_t *make_object(const struct vouch_ear_table *table,
                           make_value *make, const void *claims,
                           const struct vouch_ear_profile *profile)
{
    json_t *object = vouch_json_object();
    int failed = 0;

    for (size_t i = 0; i < table->num; i++) {
        const struct vouch_ear_claim *claim = &table->items[i];

        if (vouch_ear_claim_is_there(claim, claims)) {
            failed |= json_object_set_new(object, name_of(claim, profile),
                                          make(claim, claims, profile));
        }
    }
    return whole(object, failed);
}

static json_t *make_of_appraisal(const struct vouch_ear_claim *claim,
                                 const void *claims,
                                 const struct vouch_ear_profile *profile)
{
    return claim->type == VOUCH_EAR_TEXT_MAP
               ? make_object(claim->texts, make_leaf, claims, profile)
               : make_leaf(claim, claims, profile);
}

static json_t *make_submodules(const struct vouch_ear *ear,
                               const struct vouch_ear_profile *profile)
{
    json_t *object = vouch_json_object();
    int failed = 0;

    for (size_t i = 0; i < ear->num_appraisals; i++) {
        const struct vouch_ear_appraisal *appraisal = &ear->appraisals[i];

        failed |= json_object_setn_new(
            object, (const char *)appraisal->label.data, appraisal->label.len,
            make_object(&vouch_ear_appraisal_claims, make_of_appraisal,
                        appraisal, profile));
    }
    return whole(object, failed);
}

static json_t *make_of_ear(const struct vouch_ear_claim *claim,
                           const void *claims,
                           const struct vouch_ear_profile *profile)
{
    return claim->type == VOUCH_EAR_SUBMODULES
               ? make_submodules(claims, profile)
               : make_of_appraisal(claim, claims, profile);
}

vouch_err vouch_ear_encode_json(const struct vouch_ear *in,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *out)
{
    json_t *json = make_object(&vouch_ear_claims, make_of_ear, in, profile);
    vouch_err err = json == NULL ? VOUCH_E_NOMEM : dump(json, out);

    json_decref(json);
    return err;
}
