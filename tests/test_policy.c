/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>
#include <vouch/software.h>

#include "lib/evidence/policy.h"
#include "lib/evidence/version.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

static vouch_policy *policy;

static const vouch_bytes none = {NULL, 0};

static const uint8_t ones[32] = {1}, twos[32] = {2}, threes[32] = {3};
static const vouch_bytes one = {ones, 32}, two = {twos, 32},
                         three = {threes, 32};

static void make_policy(void)
{
    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
}

static void free_policy(void)
{
    vouch_policy_free(policy);
}

static vouch_buffer new_spki(enum pki_kind kind)
{
    EVP_PKEY *key = pki_key(kind);
    vouch_buffer spki = pki_spki(key);

    EVP_PKEY_free(key);
    return spki;
}

static void add_anchor(vouch_bytes spki)
{
    ck_assert_int_eq(vouch_policy_add_key(policy, spki, none), VOUCH_OK);
}

static void add_reference(const char *name, vouch_bytes value)
{
    ck_assert_int_eq(vouch_policy_add_reference(policy, name, value), VOUCH_OK);
}

START_TEST(policy_is_for_one_media_type)
{
    char longer[VOUCH_LIMIT_MEDIA_TYPE + 2];
    vouch_policy *other = NULL;

    ck_assert_str_eq(vouch_policy_format(policy), VOUCH_SOFTWARE_FORMAT);
    ck_assert_int_eq(vouch_policy_new("", &other), VOUCH_E_ARGUMENT);
    memset(longer, 'a', sizeof longer);
    longer[VOUCH_LIMIT_MEDIA_TYPE + 1] = '\0';
    ck_assert_int_eq(vouch_policy_new(longer, &other), VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(other);
    longer[VOUCH_LIMIT_MEDIA_TYPE] = '\0';
    ck_assert_int_eq(vouch_policy_new(longer, &other), VOUCH_OK);
    ck_assert_str_eq(vouch_policy_format(other), longer);
    vouch_policy_free(other);
}
END_TEST

START_TEST(policy_trusts_nobody_at_first) /* [X18] */
{
    vouch_buffer spki = new_spki(PKI_P256);

    ck_assert(vouch_policy_trusts_nobody(policy));
    add_reference("a", one);
    ck_assert(vouch_policy_trusts_nobody(policy));
    add_anchor(span_of(&spki));
    ck_assert(!vouch_policy_trusts_nobody(policy));
    free(spki.data);
}
END_TEST

START_TEST(anchor_is_found_by_the_hash_of_its_spki_among_many)
{
    enum { NUM = 9 };
    vouch_buffer spki[NUM];
    uint8_t id[32];

    for (int i = 0; i < NUM; i++) {
        spki[i] = new_spki(i % 2 == 0 ? PKI_P256 : PKI_P384);
        add_anchor(span_of(&spki[i]));
        add_anchor(span_of(&spki[i])); /* once is as good as twice */
    }
    for (int i = 0; i < NUM; i++) {
        const struct vouch_anchor *anchor;
        vouch_buffer again;

        vouch_sha256(span_of(&spki[i]), id);
        anchor = vouch_policy_anchor(policy, (vouch_bytes){id, 32});
        ck_assert_ptr_nonnull(anchor);
        ck_assert_mem_eq(anchor->id, id, 32);
        again = pki_spki(anchor->key);
        ck_assert(vouch_bytes_equal(span_of(&again), span_of(&spki[i])));
        free(again.data);
        id[31] ^= 1;
        ck_assert_ptr_null(vouch_policy_anchor(policy, (vouch_bytes){id, 32}));
        id[31] ^= 1;
        ck_assert_ptr_null(vouch_policy_anchor(policy, (vouch_bytes){id, 31}));
        free(spki[i].data);
    }
    ck_assert_ptr_null(vouch_policy_anchor(policy, none));
}
END_TEST

START_TEST(anchor_is_found_by_its_own_key_id_too)
{
    vouch_buffer spki[2] = {new_spki(PKI_P256), new_spki(PKI_P384)};
    const vouch_bytes name = vouch_text("11"), other = vouch_text("12");
    const struct vouch_anchor *anchor;
    uint8_t id[32];

    add_anchor(span_of(&spki[0])); /* its name may come later */
    ck_assert_ptr_null(vouch_policy_anchor(policy, name));
    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki[0]), name),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki[0]), name),
                     VOUCH_OK);
    anchor = vouch_policy_anchor(policy, name);
    ck_assert_ptr_nonnull(anchor);
    vouch_sha256(span_of(&spki[0]), id);
    ck_assert_mem_eq(anchor->id, id, 32);
    ck_assert_ptr_eq(vouch_policy_anchor(policy, (vouch_bytes){id, 32}),
                     anchor);
    /* One name for two keys, or two for one, is no name. */
    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki[1]), name),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki[0]), other),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(policy->num_anchors, 1);
    free(spki[0].data);
    free(spki[1].data);
}
END_TEST

START_TEST(anchor_keeps_its_limits)
{
    static const uint8_t key_id[VOUCH_LIMIT_KEY_ID + 1] = {1};
    vouch_buffer spki = new_spki(PKI_P256);

    ck_assert_int_eq(
        vouch_policy_add_key(policy, span_of(&spki),
                             (vouch_bytes){key_id, VOUCH_LIMIT_KEY_ID + 1}),
        VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_policy_add_key(policy, span_of(&spki),
                             (vouch_bytes){key_id, VOUCH_LIMIT_KEY_ID}),
        VOUCH_OK);
    free(spki.data);
    for (int i = 1; i < VOUCH_LIMIT_ANCHORS; i++) {
        spki = new_spki(PKI_ED25519);
        add_anchor(span_of(&spki));
        free(spki.data);
    }
    spki = new_spki(PKI_P256);
    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki), none),
                     VOUCH_E_TOO_MANY);
    free(spki.data);
}
END_TEST

START_TEST(anchor_refuses_keys_that_are_too_weak)
{
    vouch_buffer spki = new_spki(PKI_RSA1024);

    ck_assert_int_eq(vouch_policy_add_key(policy, span_of(&spki), none),
                     VOUCH_E_ARGUMENT);
    ck_assert(vouch_policy_trusts_nobody(policy));
    free(spki.data);
}
END_TEST

START_TEST(ca_is_an_anchor_and_other_certificates_are_none)
{
    struct pki_entity root = pki_root(PKI_P256);
    struct pki_entity leaf =
        pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});
    vouch_buffer ca = pki_der(root.certificate),
                 no_ca = pki_der(leaf.certificate);

    ck_assert_int_eq(vouch_policy_add_ca(policy, span_of(&no_ca)),
                     VOUCH_E_ARGUMENT);
    for (size_t len = 0; len < ca.len; len++) {
        uint8_t *part = exact_copy(ca.data, len);

        ck_assert_int_eq(vouch_policy_add_ca(policy, (vouch_bytes){part, len}),
                         VOUCH_E_ARGUMENT);
        free(part);
    }
    ck_assert(vouch_policy_trusts_nobody(policy));
    ck_assert_int_eq(vouch_policy_add_ca(policy, span_of(&ca)), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_ca(policy, span_of(&ca)), VOUCH_OK);
    ck_assert_uint_eq(policy->cas.num, 1);
    ck_assert(!vouch_policy_trusts_nobody(policy));
    free(ca.data);
    free(no_ca.data);
    pki_free(&leaf);
    pki_free(&root);
}
END_TEST

START_TEST(instances_are_those_that_were_named)
{
    static const uint8_t zeros[34] = {0x01}, other[33] = {0x02, 7};
    static const uint8_t named[34] = {0x01, 7};
    uint8_t many[7] = {0x01, 1};

    for (size_t len = 0; len <= 34; len++) {
        ck_assert_int_eq(
            vouch_policy_add_instance(policy, (vouch_bytes){zeros, len}),
            VOUCH_E_ARGUMENT);
        ck_assert(
            !vouch_policy_names_instance(policy, (vouch_bytes){zeros, len}));
    }
    for (size_t len = 0; len <= 34; len++) {
        ck_assert_int_eq(
            vouch_policy_add_instance(policy, (vouch_bytes){named, len}),
            len >= 7 && len <= 33 ? VOUCH_OK : VOUCH_E_ARGUMENT);
    }
    ck_assert(vouch_policy_names_instance(policy, (vouch_bytes){named, 33}));
    ck_assert(!vouch_policy_names_instance(policy, (vouch_bytes){named, 34}));
    ck_assert(!vouch_policy_names_instance(policy, (vouch_bytes){other, 33}));
    while (policy->instances.num < VOUCH_LIMIT_INSTANCES) {
        many[2] = (uint8_t)policy->instances.num;
        ck_assert_int_eq(
            vouch_policy_add_instance(policy, (vouch_bytes){many, 7}),
            VOUCH_OK);
    }
    many[3] = 1;
    ck_assert_int_eq(vouch_policy_add_instance(policy, (vouch_bytes){many, 7}),
                     VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(anchor_refuses_every_prefix_and_one_trailing_octet)
{
    vouch_buffer spki = new_spki(PKI_P256);
    uint8_t *longer = malloc(spki.len + 1);

    for (size_t len = 0; len < spki.len; len++) {
        uint8_t *part = exact_copy(spki.data, len);

        ck_assert_int_eq(
            vouch_policy_add_key(policy, (vouch_bytes){part, len}, none),
            VOUCH_E_ARGUMENT);
        free(part);
    }
    memcpy(longer, spki.data, spki.len);
    longer[spki.len] = 0;
    ck_assert_int_eq(
        vouch_policy_add_key(policy, (vouch_bytes){longer, spki.len + 1}, none),
        VOUCH_E_ARGUMENT);
    add_anchor(span_of(&spki));
    free(longer);
    free(spki.data);
}
END_TEST

START_TEST(reference_has_its_alternatives_and_no_other)
{
    static const char *const names[] = {"m", "a", "z", "mm", "b", "m\xff"};
    const struct vouch_references *all = &policy->references;
    const struct vouch_reference *found;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        add_reference(names[i], one);
    }
    add_reference("m", three);
    add_reference("m", three);
    ck_assert_uint_eq(all->num, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < all->num; i++) {
        found = vouch_references_find(all, vouch_text(names[i]));
        ck_assert_ptr_nonnull(found);
        ck_assert(vouch_reference_has(found, one));
        ck_assert(!vouch_reference_has(found, two));
        ck_assert_int_eq(vouch_reference_has(found, three), i == 0);
        ck_assert_uint_eq(found->num, i == 0 ? 2 : 1);
    }
    ck_assert_ptr_null(vouch_references_find(all, vouch_text("c")));
    ck_assert_ptr_null(vouch_references_find(all, vouch_text("")));
    found = vouch_references_find(all, vouch_text("m"));
    ck_assert(!vouch_reference_has(found, (vouch_bytes){ones, 31}));
    ck_assert(!vouch_reference_has(found, none));
}
END_TEST

START_TEST(reference_keeps_its_limits)
{
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 2];
    const uint8_t longer[66] = {0};

    memset(name, 'n', sizeof name);
    name[VOUCH_LIMIT_MEASUREMENT_NAME + 1] = '\0';
    ck_assert_int_eq(vouch_policy_add_reference(policy, name, one),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "", one),
                     VOUCH_E_ARGUMENT);
    for (size_t len = 0; len < sizeof longer; len++) {
        bool is_digest = len == 32 || len == 48 || len == 64;

        ck_assert_int_eq(
            vouch_policy_add_reference(policy, "0", (vouch_bytes){longer, len}),
            is_digest ? VOUCH_OK : VOUCH_E_ARGUMENT);
        ck_assert_int_eq(
            vouch_policy_add_component(policy, "0", (vouch_bytes){longer, len}),
            len == 32 ? VOUCH_OK : VOUCH_E_ARGUMENT);
    }
    name[VOUCH_LIMIT_MEASUREMENT_NAME] = '\0';
    add_reference(name, one);
    for (int i = 1; i < VOUCH_LIMIT_MEASUREMENTS - 1; i++) {
        snprintf(name, sizeof name, "%d", i);
        add_reference(name, one);
    }
    ck_assert_int_eq(vouch_policy_add_reference(policy, "more", one),
                     VOUCH_E_TOO_MANY);
    add_reference("1", two); /* an alternative is no further name */
}
END_TEST

START_TEST(claims_are_required_or_forbidden_one_by_one)
{
    for (int i = VOUCH_CLAIM_NONE + 1; i < VOUCH_CLAIMS; i++) {
        vouch_claim claim = (vouch_claim)i;

        ck_assert(!vouch_policy_requires(policy, claim));
        ck_assert(!vouch_policy_forbids(policy, claim));
        ck_assert_int_eq(vouch_policy_forbid_claim(policy, claim), VOUCH_OK);
        ck_assert(vouch_policy_forbids(policy, claim));
        ck_assert_int_eq(vouch_policy_require_claim(policy, claim), VOUCH_OK);
        ck_assert(vouch_policy_requires(policy, claim));
        ck_assert(!vouch_policy_forbids(policy, claim));
    }
    ck_assert_int_eq(vouch_policy_require_claim(policy, VOUCH_CLAIM_NONE),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_policy_forbid_claim(policy, VOUCH_CLAIMS),
                     VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(claims_are_found_by_name)
{
    for (int i = VOUCH_CLAIM_NONE; i < VOUCH_CLAIMS; i++) {
        const char *name = vouch_claim_name((vouch_claim)i);

        ck_assert_str_ne(name, "unknown");
        ck_assert_int_eq((int)vouch_claim_find(name), i);
    }
    ck_assert_int_eq((int)vouch_claim_find("unknown"), VOUCH_CLAIM_NONE);
    ck_assert_str_eq(vouch_claim_name(VOUCH_CLAIMS), "unknown");
}
END_TEST

static const struct {
    const char *version, *least;
    bool holds;
} versions[] = {
    {"1.10", "1.9.3", true},
    {"1.9.3", "1.10", false},
    {"1", "1.0.0", true},
    {"1.0.0", "1", true},
    {"1", "1.0.1", false},
    {"007", "7", true},
    {"2", "10", false},
    {"99999999999999999999", "9", true},
    {"9", "99999999999999999999", false},
    {"", "1", false},
    {"1", "", false},
    {"1.", "1", false},
    {".1", "0", false},
    {"1..2", "1", false},
    {"1.2-rc1", "1", false},
    {"1.2", "1.x", false},
    {"v1", "1", false},
    {"1 ", "1", false},
    {"2", "1.", false},
};

START_TEST(version_is_compared_part_by_part)
{
    ck_assert_int_eq(vouch_version_is_at_least(vouch_text(versions[_i].version),
                                               vouch_text(versions[_i].least)),
                     versions[_i].holds);
}
END_TEST

START_TEST(least_version_is_numbers_with_dots)
{
    ck_assert_int_eq(vouch_policy_set_min_version(policy, "1.x"),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_policy_set_min_version(policy, ""),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(policy->min_version.len, 0);
    ck_assert_int_eq(vouch_policy_set_min_version(policy, "1.2"), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_set_min_version(policy, "2.10"), VOUCH_OK);
    ck_assert_str_eq((const char *)policy->min_version.data, "2.10");
}
END_TEST

START_TEST(max_age_is_300_seconds_unless_set)
{
    ck_assert_uint_eq(policy->max_age, 300);
    ck_assert_int_eq(vouch_policy_set_max_age(policy, 7), VOUCH_OK);
    ck_assert_uint_eq(policy->max_age, 7);
}
END_TEST

/* Each step says something new. */
static vouch_err say(vouch_policy *to, int step, vouch_bytes spki,
                     vouch_bytes ca)
{
    static const uint8_t ueid[7] = {1, 2};

    switch (step) {
    case 0:
        return vouch_policy_add_key(to, spki, vouch_text("kid"));
    case 1:
        return vouch_policy_add_reference(to, "a", one);
    case 2:
        return vouch_policy_add_reference(to, "a", two);
    case 3:
        return vouch_policy_add_reference(to, "b", one);
    case 4:
        return vouch_policy_require_claim(to, VOUCH_CLAIM_IAT);
    case 5:
        return vouch_policy_set_max_age(to, 7);
    case 6:
        return vouch_policy_add_component(to, "a", one);
    case 7:
        return vouch_policy_forbid_claim(to, VOUCH_CLAIM_UPTIME);
    case 8:
        return vouch_policy_add_ca(to, ca);
    case 9:
        return vouch_policy_add_instance(to, (vouch_bytes){ueid, 7});
    case 10:
        return vouch_policy_set_debug(to, VOUCH_DEBUG_DISABLED);
    case 11:
        return vouch_policy_set_min_security_version(to, 0);
    case 12:
        return vouch_policy_set_min_version(to, "1");
    case 13:
        return vouch_policy_allow_warning(to);
    case 14:
        return vouch_policy_allow_key_bound(to);
    default:
        return vouch_policy_allow_no_vector(to);
    }
}

enum { STEPS = 16 };

static vouch_buffer new_ca(void)
{
    struct pki_entity root = pki_root(PKI_P256);
    vouch_buffer der = pki_der(root.certificate);

    pki_free(&root);
    return der;
}

START_TEST(policy_is_fixed_once_another_object_has_it)
{
    vouch_buffer spki = new_spki(PKI_P256), ca = new_ca();
    uint8_t before[32], after[32];

    vouch_policy_free(vouch_policy_ref(policy));
    ck_assert_int_eq(vouch_policy_digest(policy, before), VOUCH_OK);
    ck_assert_int_eq(say(policy, _i, span_of(&spki), span_of(&ca)),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_policy_digest(policy, after), VOUCH_OK);
    ck_assert_mem_eq(before, after, 32);
    free(spki.data);
    free(ca.data);
}
END_TEST

START_TEST(digest_covers_all_that_is_said_but_not_its_order)
{
    vouch_buffer spki = new_spki(PKI_P384), ca = new_ca();
    uint8_t digests[STEPS + 1][32], backwards[32];
    vouch_policy *other;

    ck_assert_int_eq(vouch_policy_digest(policy, digests[STEPS]), VOUCH_OK);
    for (int i = 0; i < STEPS; i++) {
        ck_assert_int_eq(say(policy, i, span_of(&spki), span_of(&ca)),
                         VOUCH_OK);
        ck_assert_int_eq(vouch_policy_digest(policy, digests[i]), VOUCH_OK);
        ck_assert_mem_ne(digests[i], digests[STEPS], 32);
        for (int j = 0; j < i; j++) {
            ck_assert_mem_ne(digests[i], digests[j], 32);
        }
    }
    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &other), VOUCH_OK);
    for (int i = STEPS - 1; i >= 0; i--) {
        ck_assert_int_eq(say(other, i, span_of(&spki), span_of(&ca)), VOUCH_OK);
    }
    ck_assert_int_eq(vouch_policy_digest(other, backwards), VOUCH_OK);
    ck_assert_mem_eq(backwards, digests[STEPS - 1], 32);
    vouch_policy_free(other);
    /* The same for another format is another policy. */
    ck_assert_int_eq(vouch_policy_new("a/b", &other), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_digest(other, backwards), VOUCH_OK);
    ck_assert_mem_ne(backwards, digests[STEPS], 32);
    vouch_policy_free(other);
    free(spki.data);
    free(ca.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("policy");

    tcase_add_checked_fixture(tc, make_policy, free_policy);
    tcase_add_test(tc, policy_is_for_one_media_type);
    tcase_add_test(tc, policy_trusts_nobody_at_first);
    tcase_add_test(tc, anchor_is_found_by_the_hash_of_its_spki_among_many);
    tcase_add_test(tc, anchor_is_found_by_its_own_key_id_too);
    tcase_add_test(tc, anchor_keeps_its_limits);
    tcase_add_test(tc, anchor_refuses_keys_that_are_too_weak);
    tcase_add_test(tc, ca_is_an_anchor_and_other_certificates_are_none);
    tcase_add_test(tc, instances_are_those_that_were_named);
    tcase_add_test(tc, anchor_refuses_every_prefix_and_one_trailing_octet);
    tcase_add_test(tc, reference_has_its_alternatives_and_no_other);
    tcase_add_test(tc, reference_keeps_its_limits);
    tcase_add_test(tc, claims_are_required_or_forbidden_one_by_one);
    tcase_add_test(tc, claims_are_found_by_name);
    tcase_add_loop_test(tc, version_is_compared_part_by_part, 0,
                        COUNT(versions));
    tcase_add_test(tc, least_version_is_numbers_with_dots);
    tcase_add_test(tc, max_age_is_300_seconds_unless_set);
    tcase_add_loop_test(tc, policy_is_fixed_once_another_object_has_it, 0,
                        STEPS);
    tcase_add_test(tc, digest_covers_all_that_is_said_but_not_its_order);
    suite_add_tcase(suite, tc);
    return suite;
}
