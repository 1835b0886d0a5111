/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>

#include "lib/evidence/policy.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

static vouch_policy *policy;

static const uint8_t ones[32] = {1}, twos[32] = {2}, threes[32] = {3};
static const vouch_bytes one = {ones, 32}, two = {twos, 32},
                         three = {threes, 32};

static void make_policy(void)
{
    ck_assert_int_eq(vouch_policy_new(&policy), VOUCH_OK);
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
    ck_assert_int_eq(vouch_policy_add_anchor(policy, spki), VOUCH_OK);
}

static void add_reference(const char *name, vouch_bytes value)
{
    ck_assert_int_eq(vouch_policy_add_reference(policy, name, value), VOUCH_OK);
}

START_TEST(policy_is_empty_without_anchor_or_reference) /* [X18] */
{
    vouch_buffer spki = new_spki(PKI_P256);
    vouch_policy *other;

    ck_assert(vouch_policy_is_empty(policy));
    add_anchor(span_of(&spki));
    ck_assert(vouch_policy_is_empty(policy));
    add_reference("a", one);
    ck_assert(!vouch_policy_is_empty(policy));

    ck_assert_int_eq(vouch_policy_new(&other), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(other, "a", one), VOUCH_OK);
    ck_assert(vouch_policy_is_empty(other));
    vouch_policy_free(other);
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
    ck_assert_ptr_null(vouch_policy_anchor(policy, (vouch_bytes){NULL, 0}));
}
END_TEST

START_TEST(anchor_refuses_keys_that_do_not_sign_evidence)
{
    static const enum pki_kind kinds[] = {PKI_ED25519, PKI_RSA2048, PKI_RSA1024,
                                          PKI_P521};
    vouch_buffer spki = new_spki(kinds[_i]);

    ck_assert_int_eq(vouch_policy_add_anchor(policy, span_of(&spki)),
                     VOUCH_E_ARGUMENT);
    add_reference("a", one);
    ck_assert(vouch_policy_is_empty(policy));
    free(spki.data);
}
END_TEST

START_TEST(anchor_refuses_every_prefix_and_one_trailing_octet)
{
    vouch_buffer spki = new_spki(PKI_P256);
    uint8_t *longer = malloc(spki.len + 1);

    for (size_t len = 0; len < spki.len; len++) {
        uint8_t *part = exact_copy(spki.data, len);

        ck_assert_int_eq(
            vouch_policy_add_anchor(policy, (vouch_bytes){part, len}),
            VOUCH_E_ARGUMENT);
        free(part);
    }
    memcpy(longer, spki.data, spki.len);
    longer[spki.len] = 0;
    ck_assert_int_eq(
        vouch_policy_add_anchor(policy, (vouch_bytes){longer, spki.len + 1}),
        VOUCH_E_ARGUMENT);
    add_anchor(span_of(&spki));
    free(longer);
    free(spki.data);
}
END_TEST

START_TEST(reference_has_its_alternatives_and_no_other)
{
    static const char *const names[] = {"m", "a", "z", "mm", "b", "m\xff"};
    const struct vouch_reference *found;
    size_t num;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        add_reference(names[i], one);
    }
    add_reference("m", three);
    add_reference("m", three);
    ck_assert_ptr_nonnull(vouch_policy_references(policy, &num));
    ck_assert_uint_eq(num, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < num; i++) {
        found = vouch_policy_reference(policy, vouch_text(names[i]));
        ck_assert_ptr_nonnull(found);
        ck_assert(vouch_reference_has(found, one));
        ck_assert(!vouch_reference_has(found, two));
        ck_assert_int_eq(vouch_reference_has(found, three), i == 0);
        ck_assert_uint_eq(found->num, i == 0 ? 2 : 1);
    }
    ck_assert_ptr_null(vouch_policy_reference(policy, vouch_text("c")));
    ck_assert_ptr_null(vouch_policy_reference(policy, vouch_text("")));
    found = vouch_policy_reference(policy, vouch_text("m"));
    ck_assert(!vouch_reference_has(found, (vouch_bytes){ones, 31}));
    ck_assert(!vouch_reference_has(found, (vouch_bytes){NULL, 0}));
}
END_TEST

START_TEST(reference_keeps_its_limits)
{
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 2];
    const uint8_t longer[33] = {0};

    memset(name, 'n', sizeof name);
    name[VOUCH_LIMIT_MEASUREMENT_NAME + 1] = '\0';
    ck_assert_int_eq(vouch_policy_add_reference(policy, name, one),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "", one),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_policy_add_reference(policy, "a", (vouch_bytes){longer, 31}),
        VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_policy_add_reference(policy, "a", (vouch_bytes){longer, 33}),
        VOUCH_E_ARGUMENT);
    name[VOUCH_LIMIT_MEASUREMENT_NAME] = '\0';
    add_reference(name, one);
    for (int i = 1; i < VOUCH_LIMIT_MEASUREMENTS; i++) {
        snprintf(name, sizeof name, "%d", i);
        add_reference(name, one);
    }
    ck_assert_int_eq(vouch_policy_add_reference(policy, "more", one),
                     VOUCH_E_TOO_MANY);
    add_reference("1", two); /* an alternative is no further name */
}
END_TEST

START_TEST(claims_are_required_one_by_one)
{
    for (int i = VOUCH_CLAIM_NONCE; i <= VOUCH_CLAIM_SECURITY_VERSION; i++) {
        vouch_claim claim = (vouch_claim)i;

        ck_assert(!vouch_policy_requires(policy, claim));
        ck_assert_int_eq(vouch_policy_require_claim(policy, claim), VOUCH_OK);
        ck_assert(vouch_policy_requires(policy, claim));
    }
    ck_assert_int_eq(vouch_policy_require_claim(policy, VOUCH_CLAIM_NONE),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_policy_require_claim(
            policy, (vouch_claim)(VOUCH_CLAIM_SECURITY_VERSION + 1)),
        VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(max_age_is_300_seconds_unless_set)
{
    ck_assert_uint_eq(vouch_policy_max_age(policy), 300);
    ck_assert_int_eq(vouch_policy_set_max_age(policy, 7), VOUCH_OK);
    ck_assert_uint_eq(vouch_policy_max_age(policy), 7);
}
END_TEST

START_TEST(policy_is_fixed_once_another_object_has_it)
{
    vouch_buffer spki = new_spki(PKI_P256);

    vouch_policy_free(vouch_policy_ref(policy));
    ck_assert_int_eq(vouch_policy_add_anchor(policy, span_of(&spki)),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "a", one),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_policy_require_claim(policy, VOUCH_CLAIM_IAT),
                     VOUCH_E_STATE);
    ck_assert_int_eq(vouch_policy_set_max_age(policy, 7), VOUCH_E_STATE);
    ck_assert(vouch_policy_is_empty(policy));
    ck_assert_uint_eq(vouch_policy_max_age(policy), 300);
    free(spki.data);
}
END_TEST

/* Each step says something new; step 0 says nothing. */
static void say(vouch_policy *to, int step, vouch_bytes spki)
{
    switch (step) {
    case 1:
        ck_assert_int_eq(vouch_policy_add_anchor(to, spki), VOUCH_OK);
        break;
    case 2:
        ck_assert_int_eq(vouch_policy_add_reference(to, "a", one), VOUCH_OK);
        break;
    case 3:
        ck_assert_int_eq(vouch_policy_add_reference(to, "a", two), VOUCH_OK);
        break;
    case 4:
        ck_assert_int_eq(vouch_policy_add_reference(to, "b", one), VOUCH_OK);
        break;
    case 5:
        ck_assert_int_eq(vouch_policy_require_claim(to, VOUCH_CLAIM_IAT),
                         VOUCH_OK);
        break;
    case 6:
        ck_assert_int_eq(vouch_policy_set_max_age(to, 7), VOUCH_OK);
        break;
    default:
        break;
    }
}

START_TEST(digest_covers_all_that_is_said_but_not_its_order)
{
    enum { STEPS = 7 };
    vouch_buffer spki = new_spki(PKI_P384);
    uint8_t digests[STEPS][32], backwards[32];
    vouch_policy *other;

    for (int i = 0; i < STEPS; i++) {
        say(policy, i, span_of(&spki));
        ck_assert_int_eq(vouch_policy_digest(policy, digests[i]), VOUCH_OK);
        for (int j = 0; j < i; j++) {
            ck_assert_mem_ne(digests[i], digests[j], 32);
        }
    }
    ck_assert_int_eq(vouch_policy_new(&other), VOUCH_OK);
    for (int i = STEPS - 1; i >= 0; i--) {
        say(other, i, span_of(&spki));
    }
    ck_assert_int_eq(vouch_policy_digest(other, backwards), VOUCH_OK);
    ck_assert_mem_eq(backwards, digests[STEPS - 1], 32);
    vouch_policy_free(other);
    free(spki.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("policy");

    tcase_add_checked_fixture(tc, make_policy, free_policy);
    tcase_add_test(tc, policy_is_empty_without_anchor_or_reference);
    tcase_add_test(tc, anchor_is_found_by_the_hash_of_its_spki_among_many);
    tcase_add_loop_test(tc, anchor_refuses_keys_that_do_not_sign_evidence, 0,
                        4);
    tcase_add_test(tc, anchor_refuses_every_prefix_and_one_trailing_octet);
    tcase_add_test(tc, reference_has_its_alternatives_and_no_other);
    tcase_add_test(tc, reference_keeps_its_limits);
    tcase_add_test(tc, claims_are_required_one_by_one);
    tcase_add_test(tc, max_age_is_300_seconds_unless_set);
    tcase_add_test(tc, policy_is_fixed_once_another_object_has_it);
    tcase_add_test(tc, digest_covers_all_that_is_said_but_not_its_order);
    suite_add_tcase(suite, tc);
    return suite;
}
