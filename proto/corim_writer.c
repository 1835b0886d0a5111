/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/corim.h"

#include "proto/cbor_writer.h"
#include "proto/corim_numbers.h"
#include "proto/memory.h"
#include "proto/writer.h"

enum { UUID_LEN = 16 };

/* Triples */

enum vouch_corim_triples vouch_corim_triples_of(
    const struct vouch_corim_statement *statement)
{
    static const enum vouch_corim_triples triples[VOUCH_CORIM_KINDS] = {
        [VOUCH_CORIM_KEY] = VOUCH_CORIM_ATTEST_KEY_TRIPLES,
        [VOUCH_CORIM_CA_PEM] = VOUCH_CORIM_ATTEST_KEY_TRIPLES,
        [VOUCH_CORIM_CA_DER] = VOUCH_CORIM_ATTEST_KEY_TRIPLES,
    }; /* of all others VOUCH_CORIM_REFERENCE_TRIPLES, which is 0 */

    return statement->kind == VOUCH_CORIM_KEY && statement->name.len != 0
               ? VOUCH_CORIM_NAMED_KEY_TRIPLES
               : triples[statement->kind];
}

static bool write_class(CBB *out, const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_map(out, statement->is_posture ? 3 : 2) &&
           vouch_cbor_write_int(out, CORIM_VENDOR) &&
           vouch_cbor_write_text(out, vouch_text(VOUCH_CORIM_VENDOR)) &&
           vouch_cbor_write_int(out, CORIM_MODEL) &&
           vouch_cbor_write_text(out, statement->model) &&
           (!statement->is_posture ||
            (vouch_cbor_write_int(out, CORIM_INDEX) &&
             vouch_cbor_write_int(out, CORIM_INDEX_POSTURE)));
}

static bool write_environment(CBB *out,
                              const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_map(out, 1) &&
           vouch_cbor_write_int(out, CORIM_CLASS) &&
           write_class(out, statement);
}

/* Values of a measurement */

typedef bool write_value(CBB *out,
                         const struct vouch_corim_statement *statement);

/* CoRIM, 8.3.4.4: the registry's number rather than its name */
static bool write_digests(CBB *out,
                          const struct vouch_corim_statement *statement)
{
    size_t i = 0;

    while (i < CORIM_HASHES &&
           vouch_corim_hashes[i].len != statement->value.len) {
        i++;
    }
    return i < CORIM_HASHES && vouch_cbor_write_array(out, 1) &&
           vouch_cbor_write_array(out, 2) &&
           vouch_cbor_write_int(out, vouch_corim_hashes[i].number) &&
           vouch_cbor_write_bytes(out, statement->value);
}

static bool write_bytes(CBB *out, const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_bytes(out, statement->value);
}

static bool write_text(CBB *out, const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_text(out, statement->value);
}

static bool write_number(CBB *out,
                         const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_uint(out, statement->number);
}

static bool write_claims(CBB *out,
                         const struct vouch_corim_statement *statement)
{
    return vouch_write_octets(out, statement->value);
}

static bool write_min_svn(CBB *out,
                          const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_tag(out, CORIM_TAG_MIN_SVN) &&
           vouch_cbor_write_uint(out, statement->number);
}

static bool write_no_debug(CBB *out,
                           const struct vouch_corim_statement *statement)
{
    (void)statement;
    return vouch_cbor_write_map(out, 1) &&
           vouch_cbor_write_int(out, CORIM_IS_DEBUG) &&
           vouch_cbor_write_bool(out, false);
}

/* A measurement-values-map of one member. */
static bool write_values(CBB *out,
                         const struct vouch_corim_statement *statement)
{
    static const struct {
        int64_t key;
        write_value *write;
    } members[VOUCH_CORIM_KINDS] = {
        [VOUCH_CORIM_DIGEST] = {CORIM_DIGESTS, write_digests},
        [VOUCH_CORIM_UEID] = {CORIM_UEID, write_bytes},
        [VOUCH_CORIM_MIN_SVN] = {CORIM_SVN, write_min_svn},
        [VOUCH_CORIM_NO_DEBUG] = {CORIM_FLAGS, write_no_debug},
        [VOUCH_CORIM_REQUIRED] = {CORIM_REQUIRED, write_claims},
        [VOUCH_CORIM_FORBIDDEN] = {CORIM_FORBIDDEN, write_claims},
        [VOUCH_CORIM_MAX_AGE] = {CORIM_MAX_AGE, write_number},
        [VOUCH_CORIM_MIN_VERSION] = {CORIM_MIN_VERSION, write_text},
        [VOUCH_CORIM_ALLOWED] = {CORIM_ALLOWED, write_number},
    };

    return members[statement->kind].write != NULL &&
           vouch_cbor_write_map(out, 1) &&
           vouch_cbor_write_int(out, members[statement->kind].key) &&
           members[statement->kind].write(out, statement);
}

static bool write_measurement(CBB *out,
                              const struct vouch_corim_statement *statement)
{
    bool is_named = statement->kind == VOUCH_CORIM_DIGEST;

    return vouch_cbor_write_map(out, is_named ? 2 : 1) &&
           (!is_named || (vouch_cbor_write_int(out, CORIM_MKEY) &&
                          vouch_cbor_write_text(out, statement->name))) &&
           vouch_cbor_write_int(out, CORIM_MVAL) &&
           write_values(out, statement);
}

static bool write_key(CBB *out, const struct vouch_corim_statement *statement)
{
    if (statement->kind == VOUCH_CORIM_KEY) {
        return vouch_cbor_write_tag(out, CORIM_TAG_KEY) &&
               write_text(out, statement);
    }
    return statement->kind == VOUCH_CORIM_CA_DER &&
           vouch_cbor_write_tag(out, CORIM_TAG_DER_CERTIFICATE) &&
           write_bytes(out, statement);
}

static bool write_named_key(CBB *out,
                            const struct vouch_corim_statement *statement)
{
    return vouch_cbor_write_array(out, 2) && write_key(out, statement) &&
           vouch_cbor_write_bytes(out, statement->name);
}

/* [ environment, [ one thing ] ] */
bool vouch_corim_write_triple(CBB *out,
                              const struct vouch_corim_statement *statement)
{
    if (!vouch_cbor_write_array(out, 2) || !write_environment(out, statement) ||
        !vouch_cbor_write_array(out, 1)) {
        return false;
    }
    switch (vouch_corim_triples_of(statement)) {
    case VOUCH_CORIM_ATTEST_KEY_TRIPLES:
        return write_key(out, statement);
    case VOUCH_CORIM_NAMED_KEY_TRIPLES:
        return write_named_key(out, statement);
    case VOUCH_CORIM_REFERENCE_TRIPLES:
    case VOUCH_CORIM_TRIPLES:
    default:
        return write_measurement(out, statement);
    }
}

/* Tags */

static bool write_list(CBB *out, const struct vouch_corim_list *list)
{
    return vouch_cbor_write_array(out, list->num) &&
           vouch_write_octets(out, list->items);
}

bool vouch_corim_write_triples_map(
    CBB *out, const struct vouch_corim_list triples[VOUCH_CORIM_TRIPLES])
{
    static const int64_t keys[VOUCH_CORIM_TRIPLES] = {CORIM_REFERENCE_TRIPLES,
                                                      CORIM_ATTEST_KEY_TRIPLES,
                                                      CORIM_NAMED_KEY_TRIPLES};
    size_t pairs = 0;
    bool ok;

    for (size_t i = 0; i < VOUCH_CORIM_TRIPLES; i++) {
        pairs += triples[i].num != 0;
    }
    ok = vouch_cbor_write_map(out, pairs);
    for (size_t i = 0; ok && i < VOUCH_CORIM_TRIPLES; i++) {
        ok = triples[i].num == 0 || (vouch_cbor_write_int(out, keys[i]) &&
                                     write_list(out, &triples[i]));
    }
    return ok;
}

/* concise-mid-tag: its head, up to the triples */
static bool write_comid_head(CBB *out, const uint8_t id[16])
{
    return vouch_cbor_write_map(out, 2) &&
           vouch_cbor_write_int(out, CORIM_TAG_IDENTITY) &&
           vouch_cbor_write_map(out, 1) &&
           vouch_cbor_write_int(out, CORIM_TAG_ID) &&
           vouch_cbor_write_bytes(out, (vouch_bytes){id, UUID_LEN}) &&
           vouch_cbor_write_int(out, CORIM_TRIPLES);
}

bool vouch_corim_write_tag(CBB *out, const uint8_t id[16],
                           vouch_bytes triples_map)
{
    enum { HEAD_LEN = 3 + 2 + UUID_LEN + 1 }; /* of what is written below */

    return vouch_cbor_write_tag(out, CORIM_TAG_COMID) &&
           vouch_cbor_write_bytes_head(out, HEAD_LEN + triples_map.len) &&
           write_comid_head(out, id) && vouch_write_octets(out, triples_map);
}

static bool write_time(CBB *out, int key, int64_t time)
{
    return vouch_cbor_write_int(out, key) &&
           vouch_cbor_write_tag(out, CORIM_TAG_TIME) &&
           vouch_cbor_write_int(out, time);
}

static bool write_validity(CBB *out,
                           const struct vouch_corim_validity *validity)
{
    bool has_start = validity->not_before != INT64_MIN;

    return vouch_cbor_write_map(out, has_start ? 2 : 1) &&
           (!has_start ||
            write_time(out, CORIM_NOT_BEFORE, validity->not_before)) &&
           write_time(out, CORIM_NOT_AFTER, validity->not_after);
}

bool vouch_corim_encode(CBB *out, const uint8_t id[16],
                        const struct vouch_corim_list *tags,
                        const struct vouch_corim_validity *validity)
{
    bool has_validity = validity->not_after != INT64_MAX;

    return vouch_cbor_write_tag(out, CORIM_TAG_CORIM) &&
           vouch_cbor_write_map(out, has_validity ? 4 : 3) &&
           vouch_cbor_write_int(out, CORIM_ID) &&
           vouch_cbor_write_bytes(out, (vouch_bytes){id, UUID_LEN}) &&
           vouch_cbor_write_int(out, CORIM_TAGS) && write_list(out, tags) &&
           vouch_cbor_write_int(out, CORIM_PROFILE) &&
           vouch_cbor_write_tag(out, CORIM_TAG_URI) &&
           vouch_cbor_write_text(out, vouch_text(VOUCH_CORIM_PROFILE)) &&
           (!has_validity || (vouch_cbor_write_int(out, CORIM_VALIDITY) &&
                              write_validity(out, validity)));
}

/* The header of a signed one */

bool vouch_corim_write_header(CBB *out, int64_t algorithm, vouch_bytes key_id,
                              vouch_bytes signer)
{
    return vouch_cbor_write_map(out, 4) &&
           vouch_cbor_write_int(out, CORIM_HEADER_ALG) &&
           vouch_cbor_write_int(out, algorithm) &&
           vouch_cbor_write_int(out, CORIM_HEADER_CONTENT_TYPE) &&
           vouch_cbor_write_text(out, vouch_text(VOUCH_CORIM_CONTENT_TYPE)) &&
           vouch_cbor_write_int(out, CORIM_HEADER_KID) &&
           vouch_cbor_write_bytes(out, key_id) &&
           vouch_cbor_write_int(out, CORIM_HEADER_CWT_CLAIMS) &&
           vouch_cbor_write_map(out, 1) &&
           vouch_cbor_write_int(out, CORIM_ISS) &&
           vouch_cbor_write_text(out, signer);
}
