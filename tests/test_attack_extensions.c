/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <vouch/error.h>
#include <vouch/limits.h>

#include "tests/support/forger.h"
#include "tests/support/octets.h"

/*
 * Attacks 18 to 20: who holds the AIK and the connection puts extensions where
 * they were not asked for or do not belong, or with other content.
 */

enum {
    SERVER_NAME = 0,
    STATUS_REQUEST = 5,
    SIGNATURE_ALGORITHMS = 13,
    SCT = 18,
    CMW = 0xff00,
    UNKNOWN = 0xfafa,
    UNSUPPORTED_EXTENSION = 110, /* AlertDescription */
    ILLEGAL_PARAMETER = 47,
};

#define OCTETS(text)                              \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static const struct forger_extension good_cmw = {CMW, OCTETS("\x00\x01x")};

static struct forger forger;
static struct forgery forgery;

static void set_up(void)
{
    forger_init(&forger, VOUCH_SERVER, VOUCH_SHA256, PKI_P256);
    forgery = forger_honest(&forger);
    ck_assert_int_eq(VOUCH_OK, forger_present(&forger, &forgery));
}

static void tear_down(void)
{
    forger_free(&forger);
}

static void put(size_t entry, const struct forger_extension *extensions,
                size_t num)
{
    forgery.extensions[entry] = extensions;
    forgery.num_extensions[entry] = num;
}

static void expect(vouch_err err)
{
    ck_assert_int_eq(err, forger_present(&forger, &forgery));
}

/* Attack 18: expat-04, 3.1 [X08] */
START_TEST(evidence_that_was_not_asked_for_is_refused)
{
    forgery.num_offers = 1; /* signature_algorithms only */
    expect(VOUCH_E_UNSUPPORTED_EXTENSION);
    ck_assert_uint_eq(UNSUPPORTED_EXTENSION,
                      vouch_err_alert(VOUCH_E_UNSUPPORTED_EXTENSION));
    put(0, NULL, 0);
    put(1, &good_cmw, 1);
    expect(VOUCH_E_UNSUPPORTED_EXTENSION);
    put(1, NULL, 0);
    expect(VOUCH_OK);
}
END_TEST

/* Attack 18: any other, in any entry; RFC 9261, 5.2.1 [E14] */
START_TEST(extension_that_was_not_asked_for_is_refused)
{
    static const uint16_t types[] = {STATUS_REQUEST, SCT, UNKNOWN, SERVER_NAME,
                                     0xff01};
    const struct forger_extension added[] = {good_cmw,
                                             {types[_i / 2], OCTETS("body")}};

    if (_i % 2 == 0) {
        put(0, added, 2);
    } else {
        put(1, &added[1], 1);
    }
    expect(VOUCH_E_UNSUPPORTED_EXTENSION);
}
END_TEST

/* The other way round: what was asked for may come, unknown or not. */
START_TEST(extension_that_was_asked_for_is_passed_over) /* [E15] */
{
    struct forger_extension offers[] = {
        forgery.offers[0], forgery.offers[1], {UNKNOWN, OCTETS("")}};
    const struct forger_extension added[] = {good_cmw,
                                             {UNKNOWN, OCTETS("body")}};

    forgery.offers = offers;
    forgery.num_offers = 3;
    put(0, added, 2);
    put(1, &added[1], 1);
    expect(VOUCH_OK);
}
END_TEST

/* Attack 19: expat-04, 3 [X01] [X02] */
START_TEST(evidence_in_another_entry_is_refused)
{
    put(1, &good_cmw, 1); /* in both */
    expect(VOUCH_E_EXTENSION_PLACEMENT);
    put(0, NULL, 0); /* in the last only */
    expect(VOUCH_E_EXTENSION_PLACEMENT);
    ck_assert_uint_eq(ILLEGAL_PARAMETER,
                      vouch_err_alert(VOUCH_E_EXTENSION_PLACEMENT));
    put(0, &good_cmw, 1);
    put(1, NULL, 0);
    expect(VOUCH_OK);
}
END_TEST

/* Attack 19: what belongs into requests only. */
START_TEST(extension_of_requests_in_an_entry_is_refused)
{
    const struct forger_extension added[] = {
        good_cmw, {SIGNATURE_ALGORITHMS, forgery.offers[0].body}};

    put(0, added, 2);
    expect(VOUCH_E_EXTENSION_PLACEMENT);
}
END_TEST

START_TEST(evidence_twice_in_an_entry_is_refused) /* Attack 19 */
{
    const struct forger_extension twice[] = {good_cmw, good_cmw};

    put(0, twice, 2);
    expect(VOUCH_E_DUPLICATE);
}
END_TEST

/* Attack 20: expat-04, 3: opaque cmw_data<1..2^16-1> [X03] */
START_TEST(evidence_of_another_format_is_refused)
{
    static const vouch_bytes bodies[] = {
        OCTETS(""),              /* as in a request */
        OCTETS("\x00"),          /* half a length */
        OCTETS("\x00\x00"),      /* of nothing */
        OCTETS("\x00\x00x"),     /* and something after it */
        OCTETS("\x00\x02x"),     /* one octet is missing */
        OCTETS("\x00\x01xy"),    /* one too many */
        OCTETS("\x01x"),         /* a short length */
        OCTETS("\x00\x00\x01x"), /* a long one */
        OCTETS("\xff\xffx"),
    };
    const struct forger_extension cmw = {CMW, bodies[_i]};

    put(0, &cmw, 1);
    expect(VOUCH_E_EXTENSION_FORMAT);
}
END_TEST

/* Attack 20: expat-04, 3.1 [X06]. The attester refuses such a request, too. */
START_TEST(request_with_something_in_cmw_is_refused)
{
    static const vouch_bytes bodies[] = {OCTETS("\x00"), OCTETS("\x00\x00"),
                                         OCTETS("\x00\x01x")};
    const struct forger_extension offers[] = {forgery.offers[0],
                                              {CMW, bodies[_i]}};

    forgery.offers = offers;
    expect(VOUCH_E_BAD_REQUEST);
}
END_TEST

/* Attack 72: more extensions than anybody needs. */
START_TEST(extensions_have_a_limit)
{
    struct forger_extension many[VOUCH_LIMIT_EXTENSIONS + 1];

    for (size_t i = 0; i < VOUCH_LIMIT_EXTENSIONS + 1; i++) {
        many[i] = i < 2 ? forgery.offers[i]
                        : (struct forger_extension){(uint16_t)(UNKNOWN + i),
                                                    {NULL, 0}};
    }
    forgery.offers = many;
    forgery.num_offers = VOUCH_LIMIT_EXTENSIONS;
    expect(VOUCH_OK);
    forgery.num_offers = VOUCH_LIMIT_EXTENSIONS + 1;
    expect(VOUCH_E_TOO_MANY);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_extensions");
    TCase *tc = tcase_create("attack_extensions");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, evidence_that_was_not_asked_for_is_refused);
    tcase_add_loop_test(tc, extension_that_was_not_asked_for_is_refused, 0, 10);
    tcase_add_test(tc, extension_that_was_asked_for_is_passed_over);
    tcase_add_test(tc, evidence_in_another_entry_is_refused);
    tcase_add_test(tc, extension_of_requests_in_an_entry_is_refused);
    tcase_add_test(tc, evidence_twice_in_an_entry_is_refused);
    tcase_add_loop_test(tc, evidence_of_another_format_is_refused, 0, 9);
    tcase_add_loop_test(tc, request_with_something_in_cmw_is_refused, 0, 3);
    tcase_add_test(tc, extensions_have_a_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
