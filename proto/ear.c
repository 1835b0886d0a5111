/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ear.h"

#include <vouch/cmw.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/ear_claims.h"
#include "proto/reader.h"

/* Decoding */

/* What is read: octets, as of which profile, and where to say what is wrong. */
struct source {
    CBS in;
    const struct vouch_ear_profile *profile;
    const char **wrong;
};

/* Takes the value of `claim` into `claims`. */
typedef vouch_err read_value(struct source *from,
                             const struct vouch_ear_claim *claim, void *claims);

static void *member_of(const struct vouch_ear_claim *claim, void *claims)
{
    return (uint8_t *)claims + claim->member;
}

static bool has_length(const struct vouch_ear_claim *claim, vouch_bytes value)
{
    return value.len >= claim->min && value.len <= claim->max;
}

static bool read_tier(CBS *in, uint8_t *out)
{
    uint64_t number;

    if (!vouch_cbor_read_uint(in, &number)) {
        return false;
    }
    for (size_t i = 0; i < VOUCH_EAR_TIERS; i++) {
        if (vouch_ear_tiers[i].number == number) {
            *out = vouch_ear_tiers[i].number;
            return true;
        }
    }
    return false;
}

/* [ + text ], of which the first is kept */
static bool read_texts(CBS *in, const struct vouch_ear_claim *claim,
                       vouch_bytes *first)
{
    uint64_t num;
    vouch_bytes text;

    if (!vouch_cbor_read_array(in, &num)) {
        return false;
    }
    for (uint64_t i = 0; i < num; i++) {
        if (!vouch_cbor_read_text(in, &text) || !has_length(claim, text)) {
            return false;
        }
        if (i == 0) {
            *first = text;
        }
    }
    /* EAR, 3.1: the list is not empty */
    return num != 0;
}

/* trustworthiness-vector (draft-ietf-rats-ar4si, 3.1): not empty */
static bool read_vector(CBS *in, int8_t vector[VOUCH_EAR_CATEGORIES])
{
    uint64_t num, category;
    int64_t claim;

    if (!vouch_cbor_read_map(in, &num)) {
        return false;
    }
    for (uint64_t i = 0; i < num; i++) {
        if (!vouch_cbor_read_uint(in, &category) ||
            category >= VOUCH_EAR_CATEGORIES ||
            !vouch_cbor_read_int(in, &claim) || claim < INT8_MIN ||
            claim > INT8_MAX) {
            return false;
        }
        vector[category] = (int8_t)claim;
    }
    return num != 0;
}

/* RFC 9999, 3.1: a record, and no other CMW */
static bool read_cmw(CBS *in)
{
    vouch_bytes octets;
    vouch_cmw cmw;

    return vouch_cbor_read_item(in, &octets) &&
           vouch_cmw_parse(octets, &cmw) == VOUCH_OK &&
           cmw.kind == VOUCH_CMW_RECORD;
}

static bool read_past(CBS *in)
{
    vouch_bytes skipped;

    return vouch_cbor_read_item(in, &skipped);
}

static bool read_simple(CBS *in, const struct vouch_ear_claim *claim,
                        void *claims)
{
    void *value = member_of(claim, claims);
    bool *flag = (bool *)((uint8_t *)claims + claim->flag);
    vouch_bytes *span = value;

    switch (claim->type) {
    case VOUCH_EAR_TIME:
        /* EAR, 3: never a floating-point number [R03] */
        *flag = vouch_cbor_read_int(in, value);
        return *flag;
    case VOUCH_EAR_TIER:
        *flag = read_tier(in, value);
        return *flag;
    case VOUCH_EAR_VECTOR:
        *flag = read_vector(in, value);
        return *flag;
    case VOUCH_EAR_BYTES:
        return vouch_cbor_read_bytes(in, span) && has_length(claim, *span);
    case VOUCH_EAR_TEXTS:
        return read_texts(in, claim, span);
    case VOUCH_EAR_CMW:
        return read_cmw(in);
    case VOUCH_EAR_ANY:
        return read_past(in);
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXT_MAP:
    case VOUCH_EAR_SUBMODULES:
    default:
        return vouch_cbor_read_text(in, span) && has_length(claim, *span);
    }
}

static vouch_err wrong_claim(struct source *from,
                             const struct vouch_ear_claim *claim)
{
    *from->wrong = claim->name;
    return VOUCH_E_CLAIM_TYPE;
}

static vouch_err read_leaf(struct source *from,
                           const struct vouch_ear_claim *claim, void *claims)
{
    return read_simple(&from->in, claim, claims) ? VOUCH_OK
                                                 : wrong_claim(from, claim);
}

static const struct vouch_ear_claim *find(
    const struct vouch_ear_table *table,
    const struct vouch_ear_profile *profile, int64_t key)
{
    for (size_t i = 0; i < table->num; i++) {
        const struct vouch_ear_claim *claim = &table->items[i];

        if (claim->key == key && vouch_ear_claim_is_in(claim, profile)) {
            return claim;
        }
    }
    return NULL;
}

/* EAR, 4: claims that are not understood are ignored [R04], as are labels that
 * are no integers. */
static vouch_err read_pair(struct source *from,
                           const struct vouch_ear_table *table,
                           read_value *read, void *claims)
{
    const struct vouch_ear_claim *claim = NULL;
    CBS label = from->in;
    int64_t key;

    if (vouch_cbor_read_int(&label, &key)) {
        claim = find(table, from->profile, key);
    }
    if (!read_past(&from->in)) {
        return VOUCH_E_CBOR;
    }
    if (claim == NULL) {
        return read_past(&from->in) ? VOUCH_OK : VOUCH_E_CBOR;
    }
    return read(from, claim, claims);
}

static const struct vouch_ear_claim *first_missing(
    const struct vouch_ear_table *table, const void *claims)
{
    const struct vouch_ear_claim *claim = table->items;
    const struct vouch_ear_claim *end = claim + table->num;

    while (claim != end &&
           (!claim->required || vouch_ear_claim_is_there(claim, claims))) {
        claim++;
    }
    return claim != end ? claim : NULL;
}

static vouch_err read_pairs(struct source *from, uint64_t num,
                            const struct vouch_ear_table *table,
                            read_value *read, void *claims)
{
    vouch_err err = VOUCH_OK;

    for (; num != 0 && err == VOUCH_OK; num--) {
        err = read_pair(from, table, read, claims);
    }
    return err;
}

/* A map of texts is taken as a whole, or is wrong as a whole. */
static vouch_err read_text_map(struct source *from,
                               const struct vouch_ear_claim *claim,
                               void *claims)
{
    uint64_t num;
    vouch_err err;

    if (!vouch_cbor_read_map(&from->in, &num)) {
        return wrong_claim(from, claim);
    }
    err = read_pairs(from, num, claim->texts, read_leaf, claims);
    return err == VOUCH_E_CLAIM_TYPE ||
                   first_missing(claim->texts, claims) != NULL
               ? wrong_claim(from, claim)
               : err;
}

static vouch_err read_of_appraisal(struct source *from,
                                   const struct vouch_ear_claim *claim,
                                   void *claims)
{
    return claim->type == VOUCH_EAR_TEXT_MAP
               ? read_text_map(from, claim, claims)
               : read_leaf(from, claim, claims);
}

static vouch_err read_appraisal(struct source *from,
                                const struct vouch_ear_claim *claim,
                                struct vouch_ear_appraisal *out)
{
    uint64_t num;

    if (!vouch_cbor_read_text(&from->in, &out->label) || out->label.len == 0 ||
        out->label.len > VOUCH_LIMIT_RESULT_TEXT ||
        !vouch_cbor_read_map(&from->in, &num)) {
        return wrong_claim(from, claim);
    }
    return read_pairs(from, num, &vouch_ear_appraisal_claims, read_of_appraisal,
                      out);
}

static vouch_err read_submodules(struct source *from,
                                 const struct vouch_ear_claim *claim,
                                 struct vouch_ear *out)
{
    vouch_err err = VOUCH_OK;
    uint64_t num;

    /* EAR, 3: one entry at least [R04] */
    if (!vouch_cbor_read_map(&from->in, &num) || num == 0) {
        return wrong_claim(from, claim);
    }
    if (num > VOUCH_LIMIT_SUBMODULES) {
        return VOUCH_E_TOO_MANY;
    }
    for (out->num_appraisals = 0; out->num_appraisals < num && err == VOUCH_OK;
         out->num_appraisals++) {
        err =
            read_appraisal(from, claim, &out->appraisals[out->num_appraisals]);
    }
    return err;
}

static vouch_err read_of_ear(struct source *from,
                             const struct vouch_ear_claim *claim, void *claims)
{
    return claim->type == VOUCH_EAR_SUBMODULES
               ? read_submodules(from, claim, claims)
               : read_of_appraisal(from, claim, claims);
}

vouch_err vouch_ear_decode(vouch_bytes octets,
                           const struct vouch_ear_profile *profile,
                           struct vouch_ear *out, const char **wrong)
{
    const char *ignored = NULL;
    struct source from = {.in = vouch_reader(octets),
                          .profile = profile,
                          .wrong = wrong != NULL ? wrong : &ignored};
    struct vouch_ear ear = {0};
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    uint64_t num;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_map(&from.in, &num)) {
        return VOUCH_E_CBOR;
    }
    err = read_pairs(&from, num, &vouch_ear_claims, read_of_ear, &ear);
    if (err == VOUCH_OK) {
        *out = ear;
    }
    return err;
}

const char *vouch_ear_missing(const struct vouch_ear *ear)
{
    const struct vouch_ear_claim *missing =
        first_missing(&vouch_ear_claims, ear);

    for (size_t i = 0; missing == NULL && i < ear->num_appraisals; i++) {
        missing =
            first_missing(&vouch_ear_appraisal_claims, &ear->appraisals[i]);
    }
    return missing == NULL ? NULL : missing->name;
}

/* Encoding */

typedef bool write_value(CBB *out, const struct vouch_ear_claim *claim,
                         const void *claims);

static bool write_vector(CBB *out, const int8_t vector[VOUCH_EAR_CATEGORIES])
{
    bool ok = vouch_cbor_write_map(out, VOUCH_EAR_CATEGORIES);

    for (size_t i = 0; ok && i < VOUCH_EAR_CATEGORIES; i++) {
        ok = vouch_cbor_write_uint(out, i) &&
             vouch_cbor_write_int(out, vector[i]);
    }
    return ok;
}

static bool write_leaf(CBB *out, const struct vouch_ear_claim *claim,
                       const void *claims)
{
    const void *value = (const uint8_t *)claims + claim->member;

    switch (claim->type) {
    case VOUCH_EAR_TIME:
        return vouch_cbor_write_int(out, *(const int64_t *)value);
    case VOUCH_EAR_TIER:
        return vouch_cbor_write_uint(out, *(const uint8_t *)value);
    case VOUCH_EAR_VECTOR:
        return write_vector(out, value);
    case VOUCH_EAR_BYTES:
        return vouch_cbor_write_bytes(out, vouch_ear_span(claim, claims));
    case VOUCH_EAR_TEXTS:
        return vouch_cbor_write_array(out, 1) &&
               vouch_cbor_write_text(out, vouch_ear_span(claim, claims));
    case VOUCH_EAR_CMW:
    case VOUCH_EAR_ANY:
        return false; /* these are not kept */
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXT_MAP:
    case VOUCH_EAR_SUBMODULES:
    default:
        return vouch_cbor_write_text(out, vouch_ear_span(claim, claims));
    }
}

static bool write_pairs(CBB *out, const struct vouch_ear_table *table,
                        write_value *write, const void *claims)
{
    size_t num = 0;
    bool ok;

    for (size_t i = 0; i < table->num; i++) {
        num += vouch_ear_claim_is_there(&table->items[i], claims);
    }
    ok = vouch_cbor_write_map(out, num);
    for (size_t i = 0; ok && i < table->num; i++) {
        const struct vouch_ear_claim *claim = &table->items[i];

        if (vouch_ear_claim_is_there(claim, claims)) {
            ok = vouch_cbor_write_int(out, claim->key) &&
                 write(out, claim, claims);
        }
    }
    return ok;
}

static bool write_of_appraisal(CBB *out, const struct vouch_ear_claim *claim,
                               const void *claims)
{
    return claim->type == VOUCH_EAR_TEXT_MAP
               ? write_pairs(out, claim->texts, write_leaf, claims)
               : write_leaf(out, claim, claims);
}

static bool write_submodules(CBB *out, const struct vouch_ear *ear)
{
    bool ok = vouch_cbor_write_map(out, ear->num_appraisals);

    for (size_t i = 0; ok && i < ear->num_appraisals; i++) {
        ok = vouch_cbor_write_text(out, ear->appraisals[i].label) &&
             write_pairs(out, &vouch_ear_appraisal_claims, write_of_appraisal,
                         &ear->appraisals[i]);
    }
    return ok;
}

static bool write_of_ear(CBB *out, const struct vouch_ear_claim *claim,
                         const void *claims)
{
    return claim->type == VOUCH_EAR_SUBMODULES
               ? write_submodules(out, claims)
               : write_of_appraisal(out, claim, claims);
}

bool vouch_ear_encode(CBB *out, const struct vouch_ear *in)
{
    return write_pairs(out, &vouch_ear_claims, write_of_ear, in);
}
