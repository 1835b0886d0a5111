/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include "lib/keys/ecdsa.h"
#include "tests/support/octets.h"

enum { ORDER_LEN = 32 };

#define ZEROS_31 \
    "00000000000000000000000000000000000000000000000000000000000000"
#define ONES_32 \
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define SMALL_32 \
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* Both forms of signatures at the edges of what an INTEGER can be. */
static const struct {
    const char *raw;
    const char *der;
} forms[] = {
    {ZEROS_31 "01" ZEROS_31 "7f", "300602010102017f"},
    {ZEROS_31 "80" ZEROS_31 "00", "30070202008002 0100"},
    {ONES_32 SMALL_32, "3045022100" ONES_32 "0220" SMALL_32},
    {ONES_32 ONES_32, "3046022100" ONES_32 "022100" ONES_32},
};
enum { NUM_FORMS = sizeof forms / sizeof forms[0] };

START_TEST(ecdsa_forms_match)
{
    vouch_buffer raw = from_hex(forms[_i].raw), der = from_hex(forms[_i].der);
    uint8_t to_der[VOUCH_ECDSA_DER_MAX], to_raw[VOUCH_ECDSA_RAW_MAX];
    size_t len;

    ck_assert_int_eq(
        VOUCH_OK, vouch_ecdsa_to_der(span_of(&raw), ORDER_LEN, to_der, &len));
    ck_assert_uint_eq(len, der.len);
    ck_assert_mem_eq(to_der, der.data, len);
    ck_assert_int_eq(
        VOUCH_OK, vouch_ecdsa_to_raw(span_of(&der), ORDER_LEN, to_raw, &len));
    ck_assert_uint_eq(len, raw.len);
    ck_assert_mem_eq(to_raw, raw.data, len);
    free(raw.data);
    free(der.data);
}
END_TEST

START_TEST(ecdsa_longest_der_fits)
{
    uint8_t raw[VOUCH_ECDSA_RAW_MAX], der[VOUCH_ECDSA_DER_MAX];
    size_t len;

    memset(raw, 0xff, sizeof raw);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_ecdsa_to_der((vouch_bytes){raw, sizeof raw},
                                        sizeof raw / 2, der, &len));
    ck_assert_uint_eq(len, sizeof der);
}
END_TEST

/* P-521: INTEGERs of 66 octets in a SEQUENCE of more than 127. */
START_TEST(ecdsa_forms_match_for_66_octets)
{
    enum { LEN = 66 };
    static const uint8_t head[] = {0x30, 0x81, 0x88, 0x02, 0x42, 0x01};
    uint8_t raw[2 * LEN] = {0x01}, der[VOUCH_ECDSA_DER_MAX];
    uint8_t again[VOUCH_ECDSA_RAW_MAX];
    size_t len;

    raw[LEN] = 0x01;
    ck_assert_int_eq(VOUCH_OK, vouch_ecdsa_to_der((vouch_bytes){raw, 2 * LEN},
                                                  LEN, der, &len));
    ck_assert_uint_eq(len, 3 + 2 * (2 + LEN));
    ck_assert_mem_eq(der, head, sizeof head);
    ck_assert_int_eq(VOUCH_OK, vouch_ecdsa_to_raw((vouch_bytes){der, len}, LEN,
                                                  again, &len));
    ck_assert_uint_eq(len, sizeof raw);
    ck_assert_mem_eq(again, raw, len);
}
END_TEST

static void assert_no_der(vouch_bytes der)
{
    uint8_t raw[VOUCH_ECDSA_RAW_MAX];
    size_t len = 7;

    ck_assert_int_eq(VOUCH_E_SIGNATURE,
                     vouch_ecdsa_to_raw(der, ORDER_LEN, raw, &len));
    ck_assert_uint_eq(len, 7);
}

START_TEST(ecdsa_refuses_every_prefix_of_der)
{
    vouch_buffer der = from_hex(forms[_i].der);

    for (size_t len = 0; len < der.len; len++) {
        uint8_t *prefix = exact_copy(der.data, len);

        assert_no_der((vouch_bytes){prefix, len});
        free(prefix);
    }
    free(der.data);
}
END_TEST

START_TEST(ecdsa_refuses_what_is_no_signature)
{
    static const char *const ders[] = {
        "300602010102017f00",          /* an octet after the SEQUENCE */
        "300702010102017f00",          /* an octet after s */
        "3003020101",                  /* no s */
        "3006020181020101",            /* r is negative */
        "30070202000102017f",          /* r is not minimal */
        "300502000201 7f",             /* r is empty */
        "310602010102017f",            /* a SET */
        "300604010102017f",            /* r is an OCTET STRING */
        "30810602010102017f",          /* a length that is not minimal */
        "3080020101 02017f0000",       /* a length that is not definite */
        "3026022101" ONES_32 "020101", /* r has 33 octets */
    };
    vouch_buffer der = from_hex(ders[_i]);

    assert_no_der(span_of(&der));
    free(der.data);
}
END_TEST

START_TEST(ecdsa_refuses_r_and_s_of_another_length)
{
    static const size_t lens[] = {0, 1, 32, 63, 65, 96};
    uint8_t raw[96], der[VOUCH_ECDSA_DER_MAX];
    uint8_t *exact;
    size_t len = 7;

    memset(raw, 1, sizeof raw);
    exact = exact_copy(raw, lens[_i]);
    ck_assert_int_eq(VOUCH_E_SIGNATURE,
                     vouch_ecdsa_to_der((vouch_bytes){exact, lens[_i]},
                                        ORDER_LEN, der, &len));
    ck_assert_uint_eq(len, 7);
    free(exact);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ecdsa");
    TCase *tc = tcase_create("ecdsa");

    tcase_add_loop_test(tc, ecdsa_forms_match, 0, NUM_FORMS);
    tcase_add_test(tc, ecdsa_longest_der_fits);
    tcase_add_test(tc, ecdsa_forms_match_for_66_octets);
    tcase_add_loop_test(tc, ecdsa_refuses_every_prefix_of_der, 0, NUM_FORMS);
    tcase_add_loop_test(tc, ecdsa_refuses_what_is_no_signature, 0, 11);
    tcase_add_loop_test(tc, ecdsa_refuses_r_and_s_of_another_length, 0, 6);
    suite_add_tcase(suite, tc);
    return suite;
}
