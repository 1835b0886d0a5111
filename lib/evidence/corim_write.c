/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/corim.h"

#include <vouch/limits.h>

#include "lib/evidence/pem.h"
#include "lib/keys/digest.h"
#include "lib/keys/key_internal.h"
#include "proto/cbor_writer.h"
#include "proto/cose.h"
#include "proto/memory.h"
#include "proto/utf8.h"

enum {
    TRIPLES_MAX = 128, /* in one tag, to stay within VOUCH_LIMIT_CBOR_ITEMS */
    UUID_LEN = 16,
};

/* One writing: tags that are done, and the triples of the next. */
struct writing {
    CBB tags;
    size_t num_tags;
    CBB triples[VOUCH_CORIM_TRIPLES];
    size_t num[VOUCH_CORIM_TRIPLES];
    vouch_bytes model;
};

static vouch_bytes written(const CBB *cbb)
{
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

/* Moves what was written out of `cbb`. */
static vouch_err finish(CBB *cbb, vouch_buffer *out)
{
    return vouch_copy(written(cbb), out);
}

/* RFC 9562, 5.8: a UUID of version 8, made of what it names */
static void make_uuid(vouch_bytes octets, uint8_t out[UUID_LEN])
{
    uint8_t sha256[32];

    vouch_sha256(octets, sha256);
    for (size_t i = 0; i < UUID_LEN; i++) {
        out[i] = sha256[i];
    }
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x80);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

/* Tags */

static bool begin(struct writing *w)
{
    bool ok = CBB_init(&w->tags, 1024) == 1;

    for (size_t i = 0; ok && i < VOUCH_CORIM_TRIPLES; i++) {
        ok = CBB_init(&w->triples[i], 1024) == 1;
    }
    return ok;
}

static void end(struct writing *w)
{
    CBB_cleanup(&w->tags);
    for (size_t i = 0; i < VOUCH_CORIM_TRIPLES; i++) {
        CBB_cleanup(&w->triples[i]);
    }
}

static size_t num_triples(const struct writing *w)
{
    size_t num = 0;

    for (size_t i = 0; i < VOUCH_CORIM_TRIPLES; i++) {
        num += w->num[i];
    }
    return num;
}

static bool empty_triples(struct writing *w)
{
    bool ok = true;

    for (size_t i = 0; ok && i < VOUCH_CORIM_TRIPLES; i++) {
        CBB_cleanup(&w->triples[i]);
        w->num[i] = 0;
        ok = CBB_init(&w->triples[i], 1024) == 1;
    }
    return ok;
}

static bool write_tag(struct writing *w, CBB *map)
{
    struct vouch_corim_list lists[VOUCH_CORIM_TRIPLES];
    uint8_t id[UUID_LEN];

    for (size_t i = 0; i < VOUCH_CORIM_TRIPLES; i++) {
        lists[i] =
            (struct vouch_corim_list){written(&w->triples[i]), w->num[i]};
    }
    if (!vouch_corim_write_triples_map(map, lists)) {
        return false;
    }
    make_uuid(written(map), id);
    return vouch_corim_write_tag(&w->tags, id, written(map));
}

/* Makes a tag of the triples that are there. */
static vouch_err flush(struct writing *w)
{
    bool ok;
    CBB map;

    if (num_triples(w) == 0) {
        return VOUCH_OK;
    }
    if (w->num_tags == VOUCH_LIMIT_CORIM_TAGS) {
        return VOUCH_E_TOO_MANY;
    }
    if (CBB_init(&map, 1024) != 1) {
        return VOUCH_E_NOMEM;
    }
    ok = write_tag(w, &map) && empty_triples(w);
    CBB_cleanup(&map);
    w->num_tags++;
    return ok ? VOUCH_OK : VOUCH_E_NOMEM;
}

static vouch_err say(struct writing *w, struct vouch_corim_statement statement)
{
    enum vouch_corim_triples at = vouch_corim_triples_of(&statement);

    statement.model = w->model;
    if (!vouch_corim_write_triple(&w->triples[at], &statement)) {
        return VOUCH_E_NOMEM;
    }
    w->num[at]++;
    return num_triples(w) == TRIPLES_MAX ? flush(w) : VOUCH_OK;
}

/* Policies */

static vouch_err write_claims(struct writing *w, enum vouch_corim_kind kind,
                              const vouch_policy *policy,
                              bool (*has)(const vouch_policy *policy,
                                          vouch_claim claim))
{
    vouch_err err = VOUCH_OK;
    size_t num = 0;
    bool ok;
    CBB list;

    for (unsigned i = VOUCH_CLAIM_NONE + 1; i < VOUCH_CLAIMS; i++) {
        num += has(policy, (vouch_claim)i);
    }
    if (num == 0) {
        return VOUCH_OK;
    }
    if (CBB_init(&list, 64) != 1) {
        return VOUCH_E_NOMEM;
    }
    ok = vouch_cbor_write_array(&list, num);
    for (unsigned i = VOUCH_CLAIM_NONE + 1; ok && i < VOUCH_CLAIMS; i++) {
        ok = !has(policy, (vouch_claim)i) ||
             vouch_cbor_write_int(&list, vouch_claim_key((vouch_claim)i));
    }
    err = ok ? say(w, (struct vouch_corim_statement){.kind = kind,
                                                     .value = written(&list)})
             : VOUCH_E_NOMEM;
    CBB_cleanup(&list);
    return err;
}

static uint64_t allowed_bits(const vouch_policy *policy)
{
    return (policy->allow_warning ? VOUCH_CORIM_ALLOW_WARNING : 0) |
           (policy->allow_key_bound ? VOUCH_CORIM_ALLOW_KEY_BOUND : 0) |
           (policy->allow_no_vector ? VOUCH_CORIM_ALLOW_NO_VECTOR : 0) |
           (policy->debug == VOUCH_DEBUG_ALLOWED ? VOUCH_CORIM_ALLOW_DEBUG : 0);
}

/* The maximum age is always said: every policy says something, and what it is
 * unless set is not for the reader to know. */
static vouch_err write_rules(struct writing *w, const vouch_policy *policy)
{
    const struct {
        bool is_said;
        struct vouch_corim_statement statement;
    } rules[] = {
        {true, {.kind = VOUCH_CORIM_MAX_AGE, .number = policy->max_age}},
        {policy->has_min_security_version,
         {.kind = VOUCH_CORIM_MIN_SVN, .number = policy->min_security_version}},
        {policy->min_version.len != 0,
         {.kind = VOUCH_CORIM_MIN_VERSION,
          .value = {policy->min_version.data, policy->min_version.len}}},
        {policy->debug == VOUCH_DEBUG_DISABLED, {.kind = VOUCH_CORIM_NO_DEBUG}},
        {allowed_bits(policy) != 0,
         {.kind = VOUCH_CORIM_ALLOWED, .number = allowed_bits(policy)}},
    };
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && err == VOUCH_OK;
         i++) {
        if (rules[i].is_said) {
            err = say(w, rules[i].statement);
        }
    }
    if (err == VOUCH_OK) {
        err = write_claims(w, VOUCH_CORIM_REQUIRED, policy,
                           vouch_policy_requires);
    }
    return err == VOUCH_OK ? write_claims(w, VOUCH_CORIM_FORBIDDEN, policy,
                                          vouch_policy_forbids)
                           : err;
}

static vouch_err write_key(struct writing *w, const struct vouch_anchor *anchor)
{
    vouch_buffer pem;
    vouch_err err = vouch_pem_write(
        VOUCH_PEM_KEY, (vouch_bytes){anchor->spki.data, anchor->spki.len},
        &pem);

    if (err == VOUCH_OK) {
        err = say(w, (struct vouch_corim_statement){
                         .kind = VOUCH_CORIM_KEY,
                         .name = {anchor->key_id.data, anchor->key_id.len},
                         .value = {pem.data, pem.len}});
        vouch_buffer_free(&pem);
    }
    return err;
}

static vouch_err write_anchors(struct writing *w, const vouch_policy *policy)
{
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < policy->num_anchors && err == VOUCH_OK; i++) {
        err = write_key(w, &policy->anchors[i]);
    }
    for (size_t i = 0; i < policy->cas.num && err == VOUCH_OK; i++) {
        const vouch_buffer *der = &policy->cas.items[i];

        err = say(
            w, (struct vouch_corim_statement){.kind = VOUCH_CORIM_CA_DER,
                                              .value = {der->data, der->len}});
    }
    return err;
}

/* CoRIM, 5.1.5: different reference states are triples of their own */
static vouch_err write_references(struct writing *w,
                                  const struct vouch_references *list,
                                  bool is_posture)
{
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < list->num && err == VOUCH_OK; i++) {
        const struct vouch_reference *reference = &list->items[i];
        const vouch_bytes name = {reference->name.data, reference->name.len};

        if (!vouch_is_utf8(name)) {
            return VOUCH_E_ARGUMENT;
        }
        for (size_t n = 0; n < reference->num && err == VOUCH_OK; n++) {
            err =
                say(w, (struct vouch_corim_statement){
                           .kind = VOUCH_CORIM_DIGEST,
                           .is_posture = is_posture,
                           .name = name,
                           .value = vouch_value_bytes(&reference->values[n])});
        }
    }
    return err;
}

static vouch_err write_instances(struct writing *w, const vouch_policy *policy)
{
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < policy->instances.num && err == VOUCH_OK; i++) {
        const vouch_buffer *ueid = &policy->instances.items[i];

        err = say(
            w, (struct vouch_corim_statement){
                   .kind = VOUCH_CORIM_UEID, .value = {ueid->data, ueid->len}});
    }
    return err;
}

static vouch_err write_policy(struct writing *w, const vouch_policy *policy)
{
    vouch_err err;

    w->model = (vouch_bytes){policy->format.data, policy->format.len};
    err = write_rules(w, policy);
    if (err == VOUCH_OK) {
        err = write_anchors(w, policy);
    }
    if (err == VOUCH_OK) {
        err = write_references(w, &policy->references, false);
    }
    if (err == VOUCH_OK) {
        err = write_references(w, &policy->components, true);
    }
    if (err == VOUCH_OK) {
        err = write_instances(w, policy);
    }
    return err == VOUCH_OK ? flush(w) : err;
}

static vouch_err write_policies(struct writing *w, const vouch_corim *corim)
{
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < corim->num && err == VOUCH_OK; i++) {
        err = write_policy(w, corim->entries[i].policy);
    }
    return err;
}

/* The whole */

static vouch_err encode(const uint8_t id[UUID_LEN], const struct writing *w,
                        const vouch_corim *corim, vouch_buffer *out)
{
    struct vouch_corim_list tags = {written(&w->tags), w->num_tags};
    vouch_err err = VOUCH_E_NOMEM;
    CBB cbb;

    if (CBB_init(&cbb, tags.items.len + 128) != 1) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_corim_encode(&cbb, id, &tags, &corim->validity)) {
        err = finish(&cbb, out);
    }
    CBB_cleanup(&cbb);
    return err;
}

/* Its identifier is made of what it is with an identifier of zeros. */
static vouch_err write_unsigned(const vouch_corim *corim, vouch_buffer *out)
{
    uint8_t id[UUID_LEN] = {0};
    struct writing w = {.num_tags = 0};
    vouch_buffer draft;
    vouch_err err = begin(&w) ? write_policies(&w, corim) : VOUCH_E_NOMEM;

    if (err == VOUCH_OK) {
        err = encode(id, &w, corim, &draft);
    }
    if (err == VOUCH_OK) {
        make_uuid((vouch_bytes){draft.data, draft.len}, id);
        vouch_buffer_free(&draft);
        err = encode(id, &w, corim, out);
    }
    end(&w);
    return err;
}

static vouch_err sign(const vouch_key *key, const struct vouch_cose_sign1 *in,
                      uint8_t *signature, size_t *len)
{
    static const vouch_bytes no_aad = {NULL, 0};
    vouch_err err = VOUCH_E_NOMEM;
    CBB message;

    if (CBB_init(&message, in->payload.len + 128) != 1) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_sig_structure(&message, in, no_aad)) {
        err = vouch_key_sign(key, VOUCH_SIGNATURE_COSE, written(&message),
                             signature, len);
    }
    CBB_cleanup(&message);
    return err;
}

static vouch_err write_sign1(const struct vouch_cose_sign1 *sign1,
                             vouch_buffer *out)
{
    vouch_err err = VOUCH_E_NOMEM;
    CBB cbb;

    if (CBB_init(&cbb, sign1->payload.len + 1024) != 1) {
        return VOUCH_E_NOMEM;
    }
    if (vouch_cose_sign1_encode(&cbb, sign1)) {
        err = finish(&cbb, out);
    }
    CBB_cleanup(&cbb);
    return err;
}

static vouch_err write_signed(vouch_bytes payload, const vouch_key *key,
                              vouch_bytes signer, vouch_buffer *out)
{
    struct vouch_cose_sign1 sign1 = {.payload = payload};
    uint8_t signature[VOUCH_LIMIT_SIGNATURE], key_id[32];
    vouch_err err = VOUCH_E_NOMEM;
    size_t len;
    CBB header;

    if (CBB_init(&header, 128) != 1) {
        return VOUCH_E_NOMEM;
    }
    vouch_sha256(vouch_key_spki(key), key_id);
    if (vouch_corim_write_header(&header, vouch_key_algorithm(key),
                                 (vouch_bytes){key_id, sizeof key_id},
                                 signer)) {
        sign1.protected_header = written(&header);
        err = sign(key, &sign1, signature, &len);
    }
    if (err == VOUCH_OK) {
        sign1.signature = (vouch_bytes){signature, len};
        err = write_sign1(&sign1, out);
    }
    CBB_cleanup(&header);
    return err;
}

static vouch_err sign_it(vouch_buffer *corim, const vouch_key *key,
                         const char *signer)
{
    vouch_buffer signed_corim;
    vouch_err err = write_signed((vouch_bytes){corim->data, corim->len}, key,
                                 vouch_text(signer), &signed_corim);

    if (err == VOUCH_OK) {
        vouch_buffer_free(corim);
        *corim = signed_corim;
    }
    return err;
}

vouch_err vouch_corim_write(const vouch_corim *corim, const vouch_key *key,
                            const char *signer, vouch_buffer *out)
{
    vouch_buffer made;
    vouch_err err;

    if (corim->num == 0) {
        return VOUCH_E_STATE;
    }
    if (key != NULL && !vouch_is_utf8(vouch_text(signer))) {
        return VOUCH_E_ARGUMENT;
    }
    err = write_unsigned(corim, &made);
    if (err != VOUCH_OK) {
        return err;
    }
    if (key != NULL) {
        err = sign_it(&made, key, signer);
    }
    if (err == VOUCH_OK && made.len > VOUCH_LIMIT_CORIM) {
        err = VOUCH_E_TOO_LARGE;
    }
    if (err != VOUCH_OK) {
        vouch_buffer_free(&made);
        return err;
    }
    *out = made;
    return VOUCH_OK;
}
