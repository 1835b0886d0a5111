/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/policy.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/evp.h>
#include <openssl/mem.h>

#include <vouch/limits.h>
#include <vouch/scheme.h>

#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/memory.h"

enum { MAX_AGE_DEFAULT = 300 };

/* Names with their values, ascending by name. */
struct reference_list {
    struct vouch_reference *items;
    size_t num;
};

/* Anchors ascend by id. */
struct vouch_policy {
    atomic_uint refs;
    atomic_bool sealed;
    struct vouch_anchor *anchors;
    size_t num_anchors;
    struct reference_list references;
    struct reference_list components;
    uint32_t required; /* bit 1 << claim */
    uint32_t max_age;
};

vouch_err vouch_policy_new(vouch_policy **out)
{
    vouch_policy *policy = vouch_alloc(sizeof *policy);

    if (policy == NULL) {
        return VOUCH_E_NOMEM;
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

static void reference_list_free(struct reference_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        vouch_buffer_free(&list->items[i].name);
        vouch_free(list->items[i].values);
    }
    vouch_free(list->items);
}

void vouch_policy_free(vouch_policy *policy)
{
    if (policy == NULL || atomic_fetch_sub(&policy->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < policy->num_anchors; i++) {
        EVP_PKEY_free(policy->anchors[i].key);
    }
    reference_list_free(&policy->references);
    reference_list_free(&policy->components);
    vouch_free(policy->anchors);
    vouch_free(policy);
}

/* Where something stands in an ascending array, or would have to. */
struct place {
    size_t at;
    bool found;
};

typedef int compare_fn(const void *array, size_t at, vouch_bytes key);

static struct place place_of(const void *array, size_t num, compare_fn *compare,
                             vouch_bytes key)
{
    size_t low = 0, high = num;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(array, middle, key);

        if (order == 0) {
            return (struct place){middle, true};
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct place){low, false};
}

static int compare_bytes(vouch_bytes a, vouch_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter != 0 ? memcmp(a.data, b.data, shorter) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_anchor(const void *array, size_t at, vouch_bytes id)
{
    const struct vouch_anchor *anchors = array;

    return compare_bytes((vouch_bytes){anchors[at].id, sizeof anchors[at].id},
                         id);
}

static int compare_reference(const void *array, size_t at, vouch_bytes name)
{
    const struct vouch_reference *references = array;

    return compare_bytes(
        (vouch_bytes){references[at].name.data, references[at].name.len}, name);
}

static int compare_value(const void *array, size_t at, vouch_bytes value)
{
    const uint8_t *values = array;

    return compare_bytes((vouch_bytes){&values[at * 32], 32}, value);
}

/* insert makes room for an element of `size` octets, which it copies there. */
static vouch_err insert(void **array, size_t *num, size_t at,
                        const void *element, size_t size)
{
    vouch_err err = vouch_grow(array, *num * size, (*num + 1) * size);
    uint8_t *octets = *array;

    if (err != VOUCH_OK) {
        return err;
    }
    memmove(&octets[(at + 1) * size], &octets[at * size], (*num - at) * size);
    memcpy(&octets[at * size], element, size);
    ++*num;
    return VOUCH_OK;
}

static bool signs_evidence(const EVP_PKEY *key)
{
    uint16_t scheme = vouch_public_key_scheme(key);

    return scheme == VOUCH_ECDSA_SECP256R1_SHA256 ||
           scheme == VOUCH_ECDSA_SECP384R1_SHA384;
}

vouch_err vouch_policy_add_anchor(vouch_policy *policy, vouch_bytes spki)
{
    struct vouch_anchor anchor = {.key = NULL};
    struct place place;
    void *array = policy->anchors;
    vouch_err err;

    if (atomic_load(&policy->sealed)) {
        return VOUCH_E_STATE;
    }
    err = vouch_public_key_parse(spki, &anchor.key);
    if (err != VOUCH_OK) {
        return err;
    }
    vouch_sha256(spki, anchor.id);
    place = place_of(policy->anchors, policy->num_anchors, compare_anchor,
                     (vouch_bytes){anchor.id, sizeof anchor.id});
    if (!signs_evidence(anchor.key)) {
        err = VOUCH_E_ARGUMENT;
    } else if (!place.found) {
        err = insert(&array, &policy->num_anchors, place.at, &anchor,
                     sizeof anchor);
        policy->anchors = array;
    }
    if (err != VOUCH_OK || place.found) {
        EVP_PKEY_free(anchor.key);
    }
    return err;
}

static vouch_err add_value(struct vouch_reference *reference, vouch_bytes value)
{
    struct place place =
        place_of(reference->values, reference->num, compare_value, value);
    void *array = reference->values;
    vouch_err err;

    if (place.found) {
        return VOUCH_OK;
    }
    err = insert(&array, &reference->num, place.at, value.data, value.len);
    reference->values = array;
    return err;
}

static vouch_err add_named(struct reference_list *list, size_t at,
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
        err = insert(&array, &list->num, at, &reference, sizeof reference);
        list->items = array;
    }
    if (err != VOUCH_OK) {
        vouch_buffer_free(&reference.name);
        vouch_free(reference.values);
    }
    return err;
}

static vouch_err add(const vouch_policy *policy, struct reference_list *list,
                     const char *name, vouch_bytes sha256)
{
    vouch_bytes key = vouch_text(name);
    struct place place;

    if (atomic_load(&policy->sealed)) {
        return VOUCH_E_STATE;
    }
    if (key.len == 0 || key.len > VOUCH_LIMIT_MEASUREMENT_NAME ||
        sha256.len != 32) {
        return VOUCH_E_ARGUMENT;
    }
    place = place_of(list->items, list->num, compare_reference, key);
    return place.found ? add_value(&list->items[place.at], sha256)
                       : add_named(list, place.at, key, sha256);
}

vouch_err vouch_policy_add_reference(vouch_policy *policy, const char *name,
                                     vouch_bytes sha256)
{
    return add(policy, &policy->references, name, sha256);
}

vouch_err vouch_policy_add_component(vouch_policy *policy, const char *name,
                                     vouch_bytes sha256)
{
    return add(policy, &policy->components, name, sha256);
}

vouch_err vouch_policy_require_claim(vouch_policy *policy, vouch_claim claim)
{
    if (atomic_load(&policy->sealed)) {
        return VOUCH_E_STATE;
    }
    if (claim <= VOUCH_CLAIM_NONE || claim > VOUCH_CLAIM_SECURITY_VERSION) {
        return VOUCH_E_ARGUMENT;
    }
    policy->required |= UINT32_C(1) << claim;
    return VOUCH_OK;
}

vouch_err vouch_policy_set_max_age(vouch_policy *policy, uint32_t seconds)
{
    if (atomic_load(&policy->sealed)) {
        return VOUCH_E_STATE;
    }
    policy->max_age = seconds;
    return VOUCH_OK;
}

/* What nothing meets must not look as if it were met by everything (expat-03,
 * 4: Evidence is evaluated against a policy) [X18] */
bool vouch_policy_is_empty(const vouch_policy *policy)
{
    return policy->num_anchors == 0 || policy->references.num == 0;
}

static bool add_references(CBB *cbb, const struct reference_list *list)
{
    bool ok = CBB_add_u16(cbb, (uint16_t)list->num) == 1;

    for (size_t i = 0; ok && i < list->num; i++) {
        const struct vouch_reference *reference = &list->items[i];

        ok = CBB_add_u8(cbb, (uint8_t)reference->name.len) == 1 &&
             CBB_add_bytes(cbb, reference->name.data, reference->name.len) ==
                 1 &&
             CBB_add_u64(cbb, reference->num) == 1 &&
             CBB_add_bytes(cbb, reference->values[0],
                           reference->num * sizeof reference->values[0]) == 1;
    }
    return ok;
}

static bool add_anchors(CBB *cbb, const vouch_policy *policy)
{
    bool ok = CBB_add_u64(cbb, policy->num_anchors) == 1;

    for (size_t i = 0; ok && i < policy->num_anchors; i++) {
        ok = CBB_add_bytes(cbb, policy->anchors[i].id,
                           sizeof policy->anchors[i].id) == 1;
    }
    return ok;
}

vouch_err vouch_policy_digest(const vouch_policy *policy, uint8_t out[32])
{
    CBB cbb;
    bool ok;

    CBB_zero(&cbb);
    ok = CBB_init(&cbb, 1024) == 1 &&
         add_references(&cbb, &policy->references) &&
         add_references(&cbb, &policy->components) &&
         add_anchors(&cbb, policy) && CBB_add_u32(&cbb, policy->required) &&
         CBB_add_u32(&cbb, policy->max_age) && CBB_flush(&cbb) == 1;
    if (ok) {
        vouch_sha256((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return ok ? VOUCH_OK : VOUCH_E_NOMEM;
}

const struct vouch_anchor *vouch_policy_anchor(const vouch_policy *policy,
                                               vouch_bytes id)
{
    struct place place =
        place_of(policy->anchors, policy->num_anchors, compare_anchor, id);

    return place.found ? &policy->anchors[place.at] : NULL;
}

const struct vouch_reference *vouch_policy_references(
    const vouch_policy *policy, size_t *num)
{
    *num = policy->references.num;
    return policy->references.items;
}

const struct vouch_reference *vouch_policy_components(
    const vouch_policy *policy, size_t *num)
{
    *num = policy->components.num;
    return policy->components.items;
}

const struct vouch_reference *vouch_policy_reference(const vouch_policy *policy,
                                                     vouch_bytes name)
{
    struct place place =
        place_of(policy->references.items, policy->references.num,
                 compare_reference, name);

    return place.found ? &policy->references.items[place.at] : NULL;
}

bool vouch_reference_has(const struct vouch_reference *reference,
                         vouch_bytes value)
{
    return place_of(reference->values, reference->num, compare_value, value)
        .found;
}

bool vouch_policy_requires(const vouch_policy *policy, vouch_claim claim)
{
    return (policy->required & UINT32_C(1) << claim) != 0;
}

uint32_t vouch_policy_max_age(const vouch_policy *policy)
{
    return policy->max_age;
}
