/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/policy.h"

#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/limits.h>

#include "lib/evidence/sorted.h"
#include "lib/evidence/version.h"
#include "lib/keys/digest.h"
#include "lib/keys/path.h"
#include "lib/keys/verify.h"
#include "proto/media_type.h"
#include "proto/memory.h"

enum {
    MAX_AGE_DEFAULT = 300,
    UEID_MIN = 7, /* RFC 9711, 4.2.1 */
    UEID_MAX = 33,
};

static vouch_bytes buffer_bytes(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

/* Life */

/* A copy of `text` that ends in a NUL, which is not counted. */
static vouch_err copy_text(const char *text, vouch_buffer *out)
{
    vouch_bytes octets = vouch_text(text);
    vouch_err err = vouch_copy((vouch_bytes){octets.data, octets.len + 1}, out);

    if (err == VOUCH_OK) {
        out->len--;
    }
    return err;
}

vouch_err vouch_policy_new(const char *format, vouch_policy **out)
{
    vouch_policy *policy;
    vouch_err err;

    if (!vouch_is_media_type(vouch_text(format))) {
        return VOUCH_E_ARGUMENT;
    }
    policy = vouch_alloc(sizeof *policy);
    if (policy == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = copy_text(format, &policy->format);
    if (err != VOUCH_OK) {
        vouch_free(policy);
        return err;
    }
    atomic_init(&policy->refs, 1);
    atomic_init(&policy->sealed, false);
    policy->max_age = MAX_AGE_DEFAULT;
    *out = policy;
    return VOUCH_OK;
}

vouch_policy *vouch_policy_ref(vouch_policy *policy)
{
    atomic_fetch_add(&policy->refs, 1);
    atomic_store(&policy->sealed, true);
    return policy;
}

static void anchor_cleanup(struct vouch_anchor *anchor)
{
    EVP_PKEY_free(anchor->key);
    vouch_buffer_free(&anchor->spki);
    vouch_buffer_free(&anchor->key_id);
}

static void reference_cleanup(struct vouch_reference *reference)
{
    vouch_buffer_free(&reference->name);
    vouch_free(reference->values);
}

static void references_cleanup(struct vouch_references *references)
{
    for (size_t i = 0; i < references->num; i++) {
        reference_cleanup(&references->items[i]);
    }
    vouch_free(references->items);
}

static void octets_list_cleanup(struct vouch_octets_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        vouch_buffer_free(&list->items[i]);
    }
    vouch_free(list->items);
}

void vouch_policy_free(vouch_policy *policy)
{
    if (policy == NULL || atomic_fetch_sub(&policy->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < policy->num_anchors; i++) {
        anchor_cleanup(&policy->anchors[i]);
    }
    vouch_free(policy->anchors);
    X509_STORE_free(policy->ca_store);
    octets_list_cleanup(&policy->cas);
    references_cleanup(&policy->references);
    references_cleanup(&policy->components);
    octets_list_cleanup(&policy->instances);
    vouch_buffer_free(&policy->min_version);
    vouch_buffer_free(&policy->format);
    vouch_free(policy);
}

const char *vouch_policy_format(const vouch_policy *policy)
{
    return (const char *)policy->format.data;
}

static bool is_sealed(const vouch_policy *policy)
{
    return atomic_load(&policy->sealed);
}

/* Anchors */

static int compare_anchor(const void *array, size_t at, vouch_bytes id)
{
    const struct vouch_anchor *anchors = array;

    return vouch_bytes_order(
        (vouch_bytes){anchors[at].id, sizeof anchors[at].id}, id);
}

static struct vouch_place place_of_anchor(const vouch_policy *policy,
                                          vouch_bytes id)
{
    return vouch_place_of(policy->anchors, policy->num_anchors, compare_anchor,
                          id);
}

/* Octets that it keeps are owned, whatever it returns. */
static vouch_err make_anchor(vouch_bytes spki, vouch_bytes key_id,
                             struct vouch_anchor *anchor)
{
    vouch_err err = vouch_evidence_key_parse(spki, &anchor->key);

    if (err == VOUCH_OK) {
        err = vouch_copy(spki, &anchor->spki);
    }
    if (err == VOUCH_OK && key_id.len != 0) {
        err = vouch_copy(key_id, &anchor->key_id);
    }
    vouch_sha256(spki, anchor->id);
    return err;
}

/* An anchor that is there already, and now has a name besides. */
static vouch_err name_anchor(struct vouch_anchor *anchor, vouch_bytes key_id)
{
    vouch_bytes known = buffer_bytes(&anchor->key_id);

    if (key_id.len == 0 || vouch_bytes_equal(known, key_id)) {
        return VOUCH_OK;
    }
    return known.len == 0 ? vouch_copy(key_id, &anchor->key_id)
                          : VOUCH_E_ARGUMENT;
}

static bool is_key_id_free(const vouch_policy *policy, vouch_bytes key_id,
                           const uint8_t id[32])
{
    const struct vouch_anchor *other = vouch_policy_anchor(policy, key_id);

    return other == NULL || memcmp(other->id, id, sizeof other->id) == 0;
}

/* `*kept` tells whether the policy owns it from now on. */
static vouch_err add_anchor(vouch_policy *policy,
                            const struct vouch_anchor *anchor, bool *kept)
{
    struct vouch_place place =
        place_of_anchor(policy, (vouch_bytes){anchor->id, sizeof anchor->id});
    void *array = policy->anchors;
    vouch_err err;

    if (!is_key_id_free(policy, buffer_bytes(&anchor->key_id), anchor->id)) {
        return VOUCH_E_ARGUMENT;
    }
    if (place.found) {
        return name_anchor(&policy->anchors[place.at],
                           buffer_bytes(&anchor->key_id));
    }
    if (policy->num_anchors == VOUCH_LIMIT_ANCHORS) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_insert(&array, &policy->num_anchors, place.at, anchor,
                       sizeof *anchor);
    policy->anchors = array;
    *kept = err == VOUCH_OK;
    return err;
}

vouch_err vouch_policy_add_key(vouch_policy *policy, vouch_bytes spki,
                               vouch_bytes key_id)
{
    struct vouch_anchor anchor = {.key = NULL};
    bool kept = false;
    vouch_err err;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (key_id.len > VOUCH_LIMIT_KEY_ID) {
        return VOUCH_E_ARGUMENT;
    }
    err = make_anchor(spki, key_id, &anchor);
    if (err == VOUCH_OK) {
        err = add_anchor(policy, &anchor, &kept);
    }
    if (!kept) {
        anchor_cleanup(&anchor);
    }
    return err;
}

const struct vouch_anchor *vouch_policy_anchor(const vouch_policy *policy,
                                               vouch_bytes key_id)
{
    struct vouch_place place = place_of_anchor(policy, key_id);

    if (place.found) {
        return &policy->anchors[place.at];
    }
    for (size_t i = 0; key_id.len != 0 && i < policy->num_anchors; i++) {
        if (vouch_bytes_equal(buffer_bytes(&policy->anchors[i].key_id),
                              key_id)) {
            return &policy->anchors[i];
        }
    }
    return NULL;
}

/* Lists of octets */

static int compare_octets(const void *array, size_t at, vouch_bytes octets)
{
    const vouch_buffer *items = array;

    return vouch_bytes_order(buffer_bytes(&items[at]), octets);
}

static vouch_err add_octets(struct vouch_octets_list *list, vouch_bytes octets,
                            size_t max, bool *added)
{
    struct vouch_place place =
        vouch_place_of(list->items, list->num, compare_octets, octets);
    void *array = list->items;
    vouch_buffer copy;
    vouch_err err;

    *added = !place.found;
    if (place.found) {
        return VOUCH_OK;
    }
    if (list->num == max) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_copy(octets, &copy);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_insert(&array, &list->num, place.at, &copy, sizeof copy);
    list->items = array;
    if (err != VOUCH_OK) {
        vouch_buffer_free(&copy);
    }
    return err;
}

static X509 *parse_certificate(vouch_bytes der)
{
    const uint8_t *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    if (certificate != NULL && at != der.data + der.len) {
        X509_free(certificate);
        certificate = NULL;
    }
    ERR_clear_error();
    return certificate;
}

/* A CA in the list and not in the store is trusted with nothing. */
static vouch_err add_ca(vouch_policy *policy, vouch_bytes der,
                        X509 *certificate)
{
    vouch_err err;
    bool added;

    if (policy->ca_store == NULL) {
        policy->ca_store = X509_STORE_new();
    }
    if (policy->ca_store == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = add_octets(&policy->cas, der, VOUCH_LIMIT_ANCHORS, &added);
    if (err == VOUCH_OK && added &&
        X509_STORE_add_cert(policy->ca_store, certificate) != 1) {
        return VOUCH_E_NOMEM;
    }
    vouch_path_prepare(policy->ca_store);
    return err;
}

vouch_err vouch_policy_add_ca(vouch_policy *policy, vouch_bytes der)
{
    X509 *certificate;
    vouch_err err;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (der.len > VOUCH_LIMIT_CERTIFICATE) {
        return VOUCH_E_ARGUMENT;
    }
    certificate = parse_certificate(der);
    if (certificate == NULL) {
        return VOUCH_E_ARGUMENT;
    }
    err = X509_check_ca(certificate) == 1 ? add_ca(policy, der, certificate)
                                          : VOUCH_E_ARGUMENT;
    X509_free(certificate);
    return err;
}

bool vouch_policy_trusts_nobody(const vouch_policy *policy)
{
    return policy->num_anchors == 0 && policy->cas.num == 0;
}

static bool is_all_zeros(vouch_bytes octets)
{
    uint8_t any = 0;

    for (size_t i = 0; i < octets.len; i++) {
        any |= octets.data[i];
    }
    return any == 0;
}

/* RFC 9711, 4.2.1: the first octet is the type. */
static bool is_instance(vouch_bytes ueid)
{
    return ueid.len >= UEID_MIN && ueid.len <= UEID_MAX &&
           !is_all_zeros((vouch_bytes){ueid.data + 1, ueid.len - 1});
}

vouch_err vouch_policy_add_instance(vouch_policy *policy, vouch_bytes ueid)
{
    bool added;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    return is_instance(ueid) ? add_octets(&policy->instances, ueid,
                                          VOUCH_LIMIT_INSTANCES, &added)
                             : VOUCH_E_ARGUMENT;
}

bool vouch_policy_names_instance(const vouch_policy *policy, vouch_bytes ueid)
{
    return is_instance(ueid) &&
           vouch_place_of(policy->instances.items, policy->instances.num,
                          compare_octets, ueid)
               .found;
}

/* References */

static int compare_reference(const void *array, size_t at, vouch_bytes name)
{
    const struct vouch_reference *references = array;

    return vouch_bytes_order(buffer_bytes(&references[at].name), name);
}

vouch_bytes vouch_value_bytes(const struct vouch_value *value)
{
    return (vouch_bytes){value->octets, value->len};
}

static int compare_value(const void *array, size_t at, vouch_bytes value)
{
    const struct vouch_value *values = array;

    return vouch_bytes_order(vouch_value_bytes(&values[at]), value);
}

static vouch_err add_value(struct vouch_reference *reference, vouch_bytes value)
{
    struct vouch_place place =
        vouch_place_of(reference->values, reference->num, compare_value, value);
    struct vouch_value added = {.len = value.len};
    void *array = reference->values;
    vouch_err err;

    if (place.found) {
        return VOUCH_OK;
    }
    memcpy(added.octets, value.data, value.len);
    err = vouch_insert(&array, &reference->num, place.at, &added, sizeof added);
    reference->values = array;
    return err;
}

static vouch_err add_named(struct vouch_references *list, size_t at,
                           vouch_bytes name, vouch_bytes value)
{
    struct vouch_reference reference = {.num = 0};
    void *array = list->items;
    vouch_err err;

    if (list->num == VOUCH_LIMIT_MEASUREMENTS) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_copy(name, &reference.name);
    if (err == VOUCH_OK) {
        err = add_value(&reference, value);
    }
    if (err == VOUCH_OK) {
        err =
            vouch_insert(&array, &list->num, at, &reference, sizeof reference);
        list->items = array;
    }
    if (err != VOUCH_OK) {
        reference_cleanup(&reference);
    }
    return err;
}

static vouch_err add(const vouch_policy *policy, struct vouch_references *list,
                     const char *name, vouch_bytes value)
{
    vouch_bytes key = vouch_text(name);
    struct vouch_place place;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (key.len == 0 || key.len > VOUCH_LIMIT_MEASUREMENT_NAME) {
        return VOUCH_E_ARGUMENT;
    }
    place = vouch_place_of(list->items, list->num, compare_reference, key);
    return place.found ? add_value(&list->items[place.at], value)
                       : add_named(list, place.at, key, value);
}

/* SHA-256, SHA-384, SHA-512 */
static bool is_digest(vouch_bytes value)
{
    return value.len == 32 || value.len == 48 || value.len == 64;
}

vouch_err vouch_policy_add_reference(vouch_policy *policy, const char *name,
                                     vouch_bytes digest)
{
    return is_digest(digest) ? add(policy, &policy->references, name, digest)
                             : VOUCH_E_ARGUMENT;
}

vouch_err vouch_policy_add_component(vouch_policy *policy, const char *name,
                                     vouch_bytes sha256)
{
    return sha256.len == 32 ? add(policy, &policy->components, name, sha256)
                            : VOUCH_E_ARGUMENT;
}

const struct vouch_reference *vouch_references_find(
    const struct vouch_references *references, vouch_bytes name)
{
    struct vouch_place place = vouch_place_of(
        references->items, references->num, compare_reference, name);

    return place.found ? &references->items[place.at] : NULL;
}

bool vouch_reference_has(const struct vouch_reference *reference,
                         vouch_bytes value)
{
    return vouch_place_of(reference->values, reference->num, compare_value,
                          value)
        .found;
}

/* Rules */

static vouch_err set_claim(const vouch_policy *policy, uint64_t *set,
                           uint64_t *other, vouch_claim claim)
{
    uint64_t bit = UINT64_C(1) << claim;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (claim <= VOUCH_CLAIM_NONE || claim >= VOUCH_CLAIMS) {
        return VOUCH_E_ARGUMENT;
    }
    *set |= bit;
    *other &= ~bit;
    return VOUCH_OK;
}

vouch_err vouch_policy_require_claim(vouch_policy *policy, vouch_claim claim)
{
    return set_claim(policy, &policy->required, &policy->forbidden, claim);
}

vouch_err vouch_policy_forbid_claim(vouch_policy *policy, vouch_claim claim)
{
    return set_claim(policy, &policy->forbidden, &policy->required, claim);
}

bool vouch_policy_requires(const vouch_policy *policy, vouch_claim claim)
{
    return (policy->required & UINT64_C(1) << claim) != 0;
}

bool vouch_policy_forbids(const vouch_policy *policy, vouch_claim claim)
{
    return (policy->forbidden & UINT64_C(1) << claim) != 0;
}

vouch_err vouch_policy_set_debug(vouch_policy *policy, vouch_debug rule)
{
    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (rule > VOUCH_DEBUG_ALLOWED) {
        return VOUCH_E_ARGUMENT;
    }
    policy->debug = rule;
    return VOUCH_OK;
}

vouch_err vouch_policy_set_min_security_version(vouch_policy *policy,
                                                uint64_t version)
{
    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    policy->has_min_security_version = true;
    policy->min_security_version = version;
    return VOUCH_OK;
}

vouch_err vouch_policy_set_min_version(vouch_policy *policy,
                                       const char *version)
{
    vouch_bytes text = vouch_text(version);
    vouch_buffer copy;
    vouch_err err;

    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    if (text.len > VOUCH_LIMIT_MEASUREMENT_NAME ||
        !vouch_version_is_at_least(text, text)) {
        return VOUCH_E_ARGUMENT;
    }
    err = copy_text(version, &copy);
    if (err == VOUCH_OK) {
        vouch_buffer_free(&policy->min_version);
        policy->min_version = copy;
    }
    return err;
}

vouch_err vouch_policy_set_max_age(vouch_policy *policy, uint32_t seconds)
{
    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    policy->max_age = seconds;
    return VOUCH_OK;
}

static vouch_err allow(const vouch_policy *policy, bool *what)
{
    if (is_sealed(policy)) {
        return VOUCH_E_STATE;
    }
    *what = true;
    return VOUCH_OK;
}

vouch_err vouch_policy_allow_warning(vouch_policy *policy)
{
    return allow(policy, &policy->allow_warning);
}

vouch_err vouch_policy_allow_key_bound(vouch_policy *policy)
{
    return allow(policy, &policy->allow_key_bound);
}

vouch_err vouch_policy_allow_no_vector(vouch_policy *policy)
{
    return allow(policy, &policy->allow_no_vector);
}

/* Digest */

static bool hash_octets(CBB *cbb, vouch_bytes octets)
{
    return CBB_add_u64(cbb, octets.len) == 1 &&
           CBB_add_bytes(cbb, octets.data, octets.len) == 1;
}

static bool hash_references(CBB *cbb, const struct vouch_references *list)
{
    bool ok = CBB_add_u64(cbb, list->num) == 1;

    for (size_t i = 0; ok && i < list->num; i++) {
        const struct vouch_reference *reference = &list->items[i];

        ok = hash_octets(cbb, buffer_bytes(&reference->name)) &&
             CBB_add_u64(cbb, reference->num) == 1;
        for (size_t n = 0; ok && n < reference->num; n++) {
            ok = hash_octets(cbb, vouch_value_bytes(&reference->values[n]));
        }
    }
    return ok;
}

static bool hash_list(CBB *cbb, const struct vouch_octets_list *list)
{
    bool ok = CBB_add_u64(cbb, list->num) == 1;

    for (size_t i = 0; ok && i < list->num; i++) {
        ok = hash_octets(cbb, buffer_bytes(&list->items[i]));
    }
    return ok;
}

static bool hash_anchors(CBB *cbb, const vouch_policy *policy)
{
    bool ok = CBB_add_u64(cbb, policy->num_anchors) == 1;

    for (size_t i = 0; ok && i < policy->num_anchors; i++) {
        const struct vouch_anchor *anchor = &policy->anchors[i];

        ok = CBB_add_bytes(cbb, anchor->id, sizeof anchor->id) == 1 &&
             hash_octets(cbb, buffer_bytes(&anchor->key_id));
    }
    return ok && hash_list(cbb, &policy->cas);
}

static bool hash_rules(CBB *cbb, const vouch_policy *policy)
{
    return CBB_add_u64(cbb, policy->required) == 1 &&
           CBB_add_u64(cbb, policy->forbidden) == 1 &&
           CBB_add_u8(cbb, (uint8_t)policy->debug) == 1 &&
           CBB_add_u8(cbb, policy->has_min_security_version) == 1 &&
           CBB_add_u64(cbb, policy->min_security_version) == 1 &&
           hash_octets(cbb, buffer_bytes(&policy->min_version)) &&
           CBB_add_u32(cbb, policy->max_age) == 1 &&
           CBB_add_u8(cbb, policy->allow_warning) == 1 &&
           CBB_add_u8(cbb, policy->allow_key_bound) == 1 &&
           CBB_add_u8(cbb, policy->allow_no_vector) == 1;
}

vouch_err vouch_policy_digest(const vouch_policy *policy, uint8_t out[32])
{
    CBB cbb;
    bool ok;

    CBB_zero(&cbb);
    ok = CBB_init(&cbb, 1024) == 1 &&
         hash_octets(&cbb, buffer_bytes(&policy->format)) &&
         hash_anchors(&cbb, policy) &&
         hash_references(&cbb, &policy->references) &&
         hash_references(&cbb, &policy->components) &&
         hash_list(&cbb, &policy->instances) && hash_rules(&cbb, policy) &&
         CBB_flush(&cbb) == 1;
    if (ok) {
        vouch_sha256((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return ok ? VOUCH_OK : VOUCH_E_NOMEM;
}
