/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/policy.h"

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

/* Anchors and instances */

static size_t count_keys(const vouch_policy *policy)
{
    return policy->num_anchors;
}

static void get_key(const vouch_policy *policy, size_t nth,
                    vouch_policy_item *out)
{
    out->name = bytes_of(&policy->anchors[nth].key_id);
    out->value = bytes_of(&policy->anchors[nth].spki);
}

static size_t count_cas(const vouch_policy *policy)
{
    return policy->cas.num;
}

static void get_ca(const vouch_policy *policy, size_t nth,
                   vouch_policy_item *out)
{
    out->value = bytes_of(&policy->cas.items[nth]);
}

static size_t count_instances(const vouch_policy *policy)
{
    return policy->instances.num;
}

static void get_instance(const vouch_policy *policy, size_t nth,
                         vouch_policy_item *out)
{
    out->value = bytes_of(&policy->instances.items[nth]);
}

/* References */

static size_t count_values(const struct vouch_references *list)
{
    size_t num = 0;

    for (size_t i = 0; i < list->num; i++) {
        num += list->items[i].num;
    }
    return num;
}

static void get_value(const struct vouch_references *list, size_t nth,
                      vouch_policy_item *out)
{
    const struct vouch_reference *reference = list->items;

    for (; nth >= reference->num; reference++) {
        nth -= reference->num;
    }
    out->name = bytes_of(&reference->name);
    out->value = vouch_value_bytes(&reference->values[nth]);
}

static size_t count_references(const vouch_policy *policy)
{
    return count_values(&policy->references);
}

static void get_reference(const vouch_policy *policy, size_t nth,
                          vouch_policy_item *out)
{
    get_value(&policy->references, nth, out);
}

static size_t count_components(const vouch_policy *policy)
{
    return count_values(&policy->components);
}

static void get_component(const vouch_policy *policy, size_t nth,
                          vouch_policy_item *out)
{
    get_value(&policy->components, nth, out);
}

/* Claims */

static size_t count_claims(uint64_t claims)
{
    size_t num = 0;

    for (; claims != 0; claims &= claims - 1) {
        num++;
    }
    return num;
}

static void get_claim(uint64_t claims, size_t nth, vouch_policy_item *out)
{
    unsigned claim = VOUCH_CLAIM_NONE;

    for (; nth != 0; nth--) {
        claims &= claims - 1;
    }
    while ((claims >> claim & 1) == 0) {
        claim++;
    }
    out->claim = (vouch_claim)claim;
}

static size_t count_required(const vouch_policy *policy)
{
    return count_claims(policy->required);
}

static void get_required(const vouch_policy *policy, size_t nth,
                         vouch_policy_item *out)
{
    get_claim(policy->required, nth, out);
}

static size_t count_forbidden(const vouch_policy *policy)
{
    return count_claims(policy->forbidden);
}

static void get_forbidden(const vouch_policy *policy, size_t nth,
                          vouch_policy_item *out)
{
    get_claim(policy->forbidden, nth, out);
}

/* Rules, of which there is one or none */

static size_t is_said(const vouch_policy *policy)
{
    (void)policy;
    return 1;
}

static void get_debug(const vouch_policy *policy, size_t nth,
                      vouch_policy_item *out)
{
    (void)nth;
    out->number = policy->debug;
}

static size_t has_min_security_version(const vouch_policy *policy)
{
    return policy->has_min_security_version;
}

static void get_min_security_version(const vouch_policy *policy, size_t nth,
                                     vouch_policy_item *out)
{
    (void)nth;
    out->number = policy->min_security_version;
}

static size_t has_min_version(const vouch_policy *policy)
{
    return policy->min_version.len != 0;
}

static void get_min_version(const vouch_policy *policy, size_t nth,
                            vouch_policy_item *out)
{
    (void)nth;
    out->value = bytes_of(&policy->min_version);
}

static void get_max_age(const vouch_policy *policy, size_t nth,
                        vouch_policy_item *out)
{
    (void)nth;
    out->number = policy->max_age;
}

static size_t allows_warning(const vouch_policy *policy)
{
    return policy->allow_warning;
}

static size_t allows_key_bound(const vouch_policy *policy)
{
    return policy->allow_key_bound;
}

static size_t allows_no_vector(const vouch_policy *policy)
{
    return policy->allow_no_vector;
}

static void get_nothing(const vouch_policy *policy, size_t nth,
                        vouch_policy_item *out)
{
    (void)policy;
    (void)nth;
    (void)out;
}

static const struct {
    vouch_policy_part part;
    size_t (*count)(const vouch_policy *policy);
    void (*get)(const vouch_policy *policy, size_t nth, vouch_policy_item *out);
} parts[] = {
    {VOUCH_PART_KEY, count_keys, get_key},
    {VOUCH_PART_CA, count_cas, get_ca},
    {VOUCH_PART_REFERENCE, count_references, get_reference},
    {VOUCH_PART_COMPONENT, count_components, get_component},
    {VOUCH_PART_INSTANCE, count_instances, get_instance},
    {VOUCH_PART_REQUIRED, count_required, get_required},
    {VOUCH_PART_FORBIDDEN, count_forbidden, get_forbidden},
    {VOUCH_PART_DEBUG, is_said, get_debug},
    {VOUCH_PART_MIN_SECURITY_VERSION, has_min_security_version,
     get_min_security_version},
    {VOUCH_PART_MIN_VERSION, has_min_version, get_min_version},
    {VOUCH_PART_MAX_AGE, is_said, get_max_age},
    {VOUCH_PART_WARNING, allows_warning, get_nothing},
    {VOUCH_PART_KEY_BOUND, allows_key_bound, get_nothing},
    {VOUCH_PART_NO_VECTOR, allows_no_vector, get_nothing},
};

bool vouch_policy_nth(const vouch_policy *policy, size_t nth,
                      vouch_policy_item *out)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t num = parts[i].count(policy);

        if (nth < num) {
            *out = (vouch_policy_item){.part = parts[i].part};
            parts[i].get(policy, nth, out);
            return true;
        }
        nth -= num;
    }
    return false;
}
