/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "lib/evidence/reason.h"
#include "proto/memory.h"

static void text(char to[VOUCH_TEXT_MAX], const char *octets, size_t len)
{
    memset(to, 'z', VOUCH_TEXT_MAX);
    vouch_reason_text(to, (vouch_bytes){(const uint8_t *)octets, len});
}

START_TEST(text_from_a_peer_is_escaped_to_printable_ascii)
{
    char to[VOUCH_TEXT_MAX];

    text(to, "plain ~!", 8);
    ck_assert_str_eq(to, "plain ~!");
    text(to, "a\0b\x1b[2J\n\x7f\xc3\xa9\\", 12);
    ck_assert_str_eq(to, "a\\x00b\\x1b[2J\\x0a\\x7f\\xc3\\xa9\\\\");
    vouch_reason_text(to, (vouch_bytes){NULL, 0});
    ck_assert_str_eq(to, "");
}
END_TEST

START_TEST(text_is_cut_to_fit_and_never_within_an_escape)
{
    char octets[2 * VOUCH_TEXT_MAX], to[VOUCH_TEXT_MAX];

    memset(octets, 'a', sizeof octets);
    text(to, octets, VOUCH_TEXT_MAX - 1);
    ck_assert_uint_eq(strlen(to), VOUCH_TEXT_MAX - 1);
    text(to, octets, sizeof octets);
    ck_assert_uint_eq(strlen(to), VOUCH_TEXT_MAX - 1);
    octets[VOUCH_TEXT_MAX - 4] = '\n';
    text(to, octets, sizeof octets);
    ck_assert_uint_eq(strlen(to), VOUCH_TEXT_MAX - 4);
    octets[VOUCH_TEXT_MAX - 4] = 'a';
    octets[VOUCH_TEXT_MAX - 5] = '\n';
    text(to, octets, sizeof octets);
    ck_assert_uint_eq(strlen(to), VOUCH_TEXT_MAX - 1);
    ck_assert_str_eq(&to[VOUCH_TEXT_MAX - 5], "\\x0a");
}
END_TEST

START_TEST(hex_holds_the_longest_nonce_and_is_cut_beyond)
{
    uint8_t octets[100];
    char to[VOUCH_TEXT_MAX];

    memset(octets, 0xa5, sizeof octets);
    vouch_reason_hex(to, (vouch_bytes){octets, 2});
    ck_assert_str_eq(to, "a5a5");
    vouch_reason_hex(to, (vouch_bytes){octets, 64});
    ck_assert_uint_eq(strlen(to), 128);
    vouch_reason_hex(to, (vouch_bytes){octets, sizeof octets});
    ck_assert_uint_eq(strlen(to), 130);
    vouch_reason_hex(to, (vouch_bytes){NULL, 0});
    ck_assert_str_eq(to, "");
}
END_TEST

START_TEST(number_is_decimal)
{
    char to[VOUCH_TEXT_MAX];

    vouch_reason_number(to, INT64_MIN);
    ck_assert_str_eq(to, "-9223372036854775808");
    vouch_reason_number(to, 0);
    ck_assert_str_eq(to, "0");
}
END_TEST

START_TEST(names_are_known_for_every_check_and_claim)
{
    for (int i = VOUCH_CHECK_NONE; i <= VOUCH_CHECK_CONTRACT; i++) {
        ck_assert_str_ne(vouch_check_name((vouch_check)i), "unknown");
    }
    for (int i = VOUCH_CLAIM_NONE; i < VOUCH_CLAIMS; i++) {
        ck_assert_str_ne(vouch_claim_name((vouch_claim)i), "unknown");
    }
    ck_assert_str_eq(vouch_check_name(VOUCH_CHECK_REFERENCE), "reference");
    ck_assert_str_eq(vouch_check_name((vouch_check)(VOUCH_CHECK_CONTRACT + 1)),
                     "unknown");
    ck_assert_str_eq(vouch_claim_name(VOUCH_CLAIM_NONCE), "eat_nonce");
    ck_assert_str_eq(vouch_claim_name(VOUCH_CLAIMS), "unknown");
    ck_assert_str_eq(vouch_claim_name((vouch_claim)-1), "unknown");
}
END_TEST

/* By its name each is found again, and so no two have the same. */
START_TEST(claims_are_found_by_their_names)
{
    for (int i = VOUCH_CLAIM_NONE; i < VOUCH_CLAIMS; i++) {
        ck_assert_int_eq(vouch_claim_find(vouch_claim_name((vouch_claim)i)), i);
    }
    ck_assert_int_eq(vouch_claim_find("unknown"), VOUCH_CLAIM_NONE);
    ck_assert_int_eq(vouch_claim_find(""), VOUCH_CLAIM_NONE);
    ck_assert_int_eq(vouch_claim_find("eat_nonc"), VOUCH_CLAIM_NONE);
    ck_assert_int_eq(vouch_claim_find("eat_nonce2"), VOUCH_CLAIM_NONE);
}
END_TEST

START_TEST(names_are_known_for_what_results_say)
{
    for (int i = VOUCH_LEVEL_NONE; i <= VOUCH_LEVEL_KEY_BOUND; i++) {
        ck_assert_str_ne(vouch_level_name((vouch_level)i), "unknown");
    }
    for (int i = 0; i < VOUCH_STAGES; i++) {
        ck_assert_str_ne(vouch_stage_name((vouch_stage)i), "unknown");
    }
    for (int i = 0; i < VOUCH_CATEGORIES; i++) {
        ck_assert_str_ne(vouch_category_name((vouch_category)i), "unknown");
    }
    ck_assert_str_eq(vouch_level_name(VOUCH_LEVEL_KEY_BOUND), "key bound");
    ck_assert_str_eq(vouch_level_name((vouch_level)(VOUCH_LEVEL_KEY_BOUND + 1)),
                     "unknown");
    ck_assert_str_eq(vouch_stage_name(VOUCH_STAGE_BINDING), "binding");
    ck_assert_str_eq(vouch_stage_name(VOUCH_STAGES), "unknown");
    ck_assert_str_eq(vouch_category_name(VOUCH_EXECUTABLES), "executables");
    ck_assert_str_eq(vouch_category_name(VOUCH_CATEGORIES), "unknown");
    ck_assert_str_eq(vouch_tier_name(VOUCH_TIER_NONE), "none");
    ck_assert_str_eq(vouch_tier_name(VOUCH_TIER_AFFIRMING), "affirming");
    ck_assert_str_eq(vouch_tier_name(VOUCH_TIER_WARNING), "warning");
    ck_assert_str_eq(vouch_tier_name(VOUCH_TIER_CONTRAINDICATED),
                     "contraindicated");
    ck_assert_str_eq(vouch_tier_name((vouch_tier)1), "unknown");
}
END_TEST

/* draft-ietf-rats-ar4si, 2.3.2 */
static const struct {
    int first, last;
    vouch_tier tier;
} tiers[] = {
    {-128, -97, VOUCH_TIER_CONTRAINDICATED}, {-96, -33, VOUCH_TIER_WARNING},
    {-32, -2, VOUCH_TIER_AFFIRMING},         {-1, 1, VOUCH_TIER_NONE},
    {2, 31, VOUCH_TIER_AFFIRMING},           {32, 95, VOUCH_TIER_WARNING},
    {96, 127, VOUCH_TIER_CONTRAINDICATED},
};

START_TEST(claims_of_trustworthiness_lie_in_tiers)
{
    for (int claim = tiers[_i].first; claim <= tiers[_i].last; claim++) {
        ck_assert_int_eq(vouch_tier_of((int8_t)claim), tiers[_i].tier);
    }
    ck_assert_int_eq(tiers[_i].first,
                     _i == 0 ? INT8_MIN : tiers[_i - 1].last + 1);
}
END_TEST

START_TEST(reject_leaves_nothing_of_an_acceptance)
{
    vouch_result result;

    memset(&result, 0xff, sizeof result);
    vouch_reject(&result, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_IAT,
                 VOUCH_E_CLAIM_TYPE);
    ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_NONE);
    ck_assert_uint_eq(result.binder.len, 0);
    ck_assert_uint_eq(result.aik_pub_hash.len, 0);
    ck_assert_uint_eq(result.ueid.len, 0);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_CLAIM);
    ck_assert_int_eq(result.reason.claim, VOUCH_CLAIM_IAT);
    ck_assert_int_eq(result.reason.err, VOUCH_E_CLAIM_TYPE);
    ck_assert_str_eq(result.reason.name, "");
    ck_assert_str_eq(result.reason.expected, "");
    ck_assert_str_eq(result.reason.found, "");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("reason");
    TCase *tc = tcase_create("reason");

    tcase_add_test(tc, text_from_a_peer_is_escaped_to_printable_ascii);
    tcase_add_test(tc, text_is_cut_to_fit_and_never_within_an_escape);
    tcase_add_test(tc, hex_holds_the_longest_nonce_and_is_cut_beyond);
    tcase_add_test(tc, number_is_decimal);
    tcase_add_test(tc, names_are_known_for_every_check_and_claim);
    tcase_add_test(tc, claims_are_found_by_their_names);
    tcase_add_test(tc, names_are_known_for_what_results_say);
    tcase_add_loop_test(tc, claims_of_trustworthiness_lie_in_tiers, 0,
                        COUNT(tiers));
    tcase_add_test(tc, reject_leaves_nothing_of_an_acceptance);
    suite_add_tcase(suite, tc);
    return suite;
}
