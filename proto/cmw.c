/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/cmw.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cmw_rules.h"
#include "proto/media_type.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum { TAG_COSE_SIGN1 = 18 };

/* A collection that is open. */
struct level {
    uint64_t due; /* pairs before it closes */
    size_t num_members;
    vouch_bytes type;
};

/* The way through collections within each other. */
struct walk {
    size_t depth;
    size_t num_members; /* of all collections so far */
    struct level level[VOUCH_LIMIT_CMW_DEPTH];
};

static bool read_type(CBS *in, vouch_cmw *out)
{
    enum vouch_cbor_type type;
    uint64_t number;

    if (vouch_cbor_peek(in, &type) && type == VOUCH_CBOR_TEXT) {
        return vouch_cbor_read_text(in, &out->media_type) &&
               vouch_is_media_type(out->media_type);
    }
    if (!vouch_cbor_read_uint(in, &number) || number > UINT16_MAX) {
        return false;
    }
    out->content_format = (uint16_t)number;
    return true;
}

static bool read_indicator(CBS *in, vouch_cmw *out)
{
    uint64_t indicator;

    if (!vouch_cbor_read_uint(in, &indicator) ||
        !vouch_is_indicator(indicator)) {
        return false;
    }
    out->indicator = (uint32_t)indicator;
    return true;
}

/* cbor-record = [ type, value: bytes, ? ind ] */
static bool read_record(CBS *in, vouch_cmw *out)
{
    uint64_t items;

    return vouch_cbor_read_array(in, &items) && (items == 2 || items == 3) &&
           read_type(in, out) &&
           /* RFC 9999, 3.1: in CBOR a byte string [C02] */
           vouch_cbor_read_bytes(in, &out->value) &&
           (items == 2 || read_indicator(in, out));
}

/* #6.<TN(content_format)>(bytes) */
static vouch_err read_tag(CBS *in, vouch_cmw *out)
{
    uint64_t tag;

    if (!vouch_cbor_read_tag(in, &tag)) {
        return VOUCH_E_CMW;
    }
    if (tag == TAG_COSE_SIGN1) {
        return VOUCH_E_CMW_SIGNED;
    }
    out->kind = VOUCH_CMW_TAG;
    /* RFC 9999, 3.2: a tag of the range over a byte string [C02] [C05] */
    return vouch_format_of_tag(tag, &out->content_format) &&
                   vouch_cbor_read_bytes(in, &out->value)
               ? VOUCH_OK
               : VOUCH_E_CMW;
}

/* RFC 9999, 3.3: an integer, or text that is not empty. */
static bool read_label(CBS *in, vouch_cmw_member *out)
{
    enum vouch_cbor_type type;

    if (!vouch_cbor_peek(in, &type) || type != VOUCH_CBOR_TEXT) {
        return vouch_cbor_read_int(in, &out->number);
    }
    return vouch_cbor_read_text(in, &out->label) && out->label.len != 0 &&
           out->label.len <= VOUCH_LIMIT_CMW_LABEL;
}

static bool is_type_label(const vouch_cmw_member *member)
{
    return vouch_bytes_equal(member->label, vouch_text(VOUCH_CMW_TYPE_LABEL));
}

static vouch_err open_collection(CBS *in, struct walk *walk)
{
    struct level level = {.due = 0};

    if (!vouch_cbor_read_map(in, &level.due)) {
        return VOUCH_E_CMW;
    }
    /* RFC 9999, 3.3: nesting may be limited [C08] */
    if (walk->depth == VOUCH_LIMIT_CMW_DEPTH) {
        return VOUCH_E_TOO_MANY;
    }
    walk->level[walk->depth++] = level;
    return VOUCH_OK;
}

/* A record or a tag, or the beginning of a collection. */
static vouch_err read_cmw(CBS *in, struct walk *walk, vouch_cmw *out)
{
    enum vouch_cbor_type type;

    if (!vouch_cbor_peek(in, &type)) {
        return VOUCH_E_CMW;
    }
    if (type == VOUCH_CBOR_TAG) {
        return read_tag(in, out);
    }
    if (type == VOUCH_CBOR_MAP) {
        out->kind = VOUCH_CMW_COLLECTION;
        return open_collection(in, walk);
    }
    return read_record(in, out) ? VOUCH_OK : VOUCH_E_CMW;
}

/* One pair of the innermost collection. */
static vouch_err read_pair(CBS *in, struct walk *walk)
{
    struct level *level = &walk->level[walk->depth - 1];
    vouch_cmw_member member = {.number = 0};
    vouch_cmw cmw = {.kind = VOUCH_CMW_RECORD};

    level->due--;
    if (!read_label(in, &member)) {
        return VOUCH_E_CMW;
    }
    if (is_type_label(&member)) {
        return vouch_cbor_read_text(in, &level->type) &&
                       vouch_is_collection_type(level->type)
                   ? VOUCH_OK
                   : VOUCH_E_CMW;
    }
    if (walk->num_members++ == VOUCH_LIMIT_CMW_MEMBERS) {
        return VOUCH_E_TOO_MANY;
    }
    level->num_members++;
    return read_cmw(in, walk, &cmw);
}

/* RFC 9999, 3.3: one CMW at least, and the type is none [C06] */
static vouch_err close_collection(struct walk *walk)
{
    return walk->level[--walk->depth].num_members != 0 ? VOUCH_OK : VOUCH_E_CMW;
}

/* cbor-collection = { ? "__cmwc_t": ~uri / oid, + label => cbor-cmw } */
static vouch_err read_collections(CBS *in, struct walk *walk)
{
    vouch_err err = VOUCH_OK;

    while (err == VOUCH_OK && walk->depth != 0) {
        err = walk->level[walk->depth - 1].due != 0 ? read_pair(in, walk)
                                                    : close_collection(walk);
    }
    return err;
}

vouch_err vouch_cmw_parse(vouch_bytes cbor, vouch_cmw *out)
{
    vouch_cmw cmw = {.kind = VOUCH_CMW_RECORD};
    struct walk walk = {.depth = 0};
    CBS in = vouch_reader(cbor);
    vouch_err err;

    if (cbor.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    /* RFC 9999, 3.3: labels are unique, for keys of maps are [C06] */
    err = vouch_cbor_check(cbor, VOUCH_CBOR_PREFERRED);
    if (err == VOUCH_OK) {
        err = read_cmw(&in, &walk, &cmw);
    }
    if (err == VOUCH_OK && cmw.kind == VOUCH_CMW_COLLECTION) {
        cmw.members = vouch_rest(&in);
        err = read_collections(&in, &walk);
        cmw.collection_type = walk.level[0].type;
        cmw.num_members = walk.level[0].num_members;
    }
    if (err == VOUCH_OK) {
        *out = cmw;
    }
    return err;
}

bool vouch_cmw_next(vouch_bytes *members, vouch_cmw_member *out)
{
    CBS in = vouch_reader(*members);
    vouch_cmw_member member;

    do {
        member = (vouch_cmw_member){.number = 0};
        if (!read_label(&in, &member) ||
            !vouch_cbor_read_item(&in, &member.cmw)) {
            return false;
        }
    } while (is_type_label(&member));
    *members = vouch_rest(&in);
    *out = member;
    return true;
}
