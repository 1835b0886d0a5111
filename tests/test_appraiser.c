/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/cose_key.h"
#include "lib/keys/digest.h"
#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

/* Evidence that is right but for one thing, and the reason that comes out. */

static const uint8_t binder[32] = {1}, aik_pub_hash[32] = {2}, other[32] = {3};
static const uint8_t program[32] = {4}, library[32] = {5};

static EVP_PKEY *pkey;
static vouch_key *key;
static vouch_buffer aik_spki;
static vouch_policy *policy;
static vouch_appraiser *appraiser;
static vouch_expectation expected;
static vouch_result result;

/* The measurements of the good program, and claims that change. */
static vouch_buffer measurements;
static struct vouch_eat eat;

static vouch_bytes octets(const uint8_t value[32])
{
    return (vouch_bytes){value, 32};
}

static void digest_of(vouch_digest *digest, const uint8_t value[32])
{
    *digest = (vouch_digest){.len = 32};
    memcpy(digest->data, value, 32);
}

static vouch_key *new_key(EVP_PKEY **out)
{
    vouch_key *made;

    *out = pki_key(PKI_P256);
    ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(*out, &made));
    return made;
}

static vouch_buffer measure(const uint8_t *executable, const uint8_t *libc,
                            const uint8_t *extra)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 256));
    ck_assert(vouch_cbor_write_map(
        &cbb,
        (size_t)((executable != NULL) + (libc != NULL) + (extra != NULL))));
    ck_assert(extra == NULL ||
              vouch_digests_write(&cbb, vouch_text("extra"), extra));
    ck_assert(executable == NULL ||
              vouch_digests_write(&cbb, vouch_text("executable"), executable));
    ck_assert(libc == NULL ||
              vouch_digests_write(&cbb, vouch_text("library:libc"), libc));
    return finish_cbb(&cbb);
}

static void set_measurements(const uint8_t *executable, const uint8_t *libc,
                             const uint8_t *extra)
{
    free(measurements.data);
    measurements = measure(executable, libc, extra);
    eat.measurements = span_of(&measurements);
}

static void make_appraiser(bool with_references)
{
    ck_assert_int_eq(VOUCH_OK,
                     vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy));
    ck_assert_int_eq(VOUCH_OK, vouch_policy_add_key(policy, vouch_key_spki(key),
                                                    (vouch_bytes){NULL, 0}));
    if (with_references) {
        ck_assert_int_eq(VOUCH_OK, vouch_policy_add_reference(
                                       policy, "executable", octets(program)));
        ck_assert_int_eq(VOUCH_OK,
                         vouch_policy_add_reference(policy, "library:libc",
                                                    octets(library)));
        ck_assert_int_eq(VOUCH_OK, vouch_policy_require_claim(
                                       policy, VOUCH_CLAIM_SOFTWARE_NAME));
    }
    ck_assert_int_eq(VOUCH_OK, vouch_eat_appraiser_new(policy, &appraiser));
}

static void free_appraiser(void)
{
    vouch_appraiser_free(appraiser);
    vouch_policy_free(policy);
}

static void setup(void)
{
    EVP_PKEY *aik = pki_key(PKI_P256);

    key = new_key(&pkey);
    aik_spki = pki_spki(aik);
    EVP_PKEY_free(aik);
    make_appraiser(true);
    expected = (vouch_expectation){.aik_spki = span_of(&aik_spki),
                                   .now.unix_s = PKI_NOW};
    digest_of(&expected.binder, binder);
    digest_of(&expected.aik_pub_hash, aik_pub_hash);
    eat = (struct vouch_eat){
        .has_iat = true,
        .iat = PKI_NOW,
        .nonce = octets(binder),
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .swname = vouch_text("program"),
        .aik_pub_hash = octets(aik_pub_hash),
    };
    measurements = (vouch_buffer){NULL, 0};
    set_measurements(program, library, NULL);
}

static void teardown(void)
{
    free(measurements.data);
    free_appraiser();
    free(aik_spki.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}

static vouch_buffer claims(void)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_eat_encode(&cbb, &eat));
    return finish_cbb(&cbb);
}

/* A token of `payload`, as `id` would sign it, signed by `signer`. */
static vouch_buffer token(const vouch_key *signer, const vouch_key *id,
                          vouch_bytes payload)
{
    uint8_t key_id[32];
    CBB cbb;

    vouch_sha256(vouch_key_spki(id), key_id);
    ck_assert(CBB_init(&cbb, 1024));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_cose_sign(signer, octets(key_id), payload, &cbb));
    return finish_cbb(&cbb);
}

static vouch_verdict judge_cmw(vouch_bytes cmw)
{
    memset(&result, 0, sizeof result);
    vouch_appraise(appraiser, cmw, &expected, &result);
    return result.verdict;
}

static vouch_verdict judge_token(vouch_bytes sign1)
{
    vouch_buffer cmw;

    ck_assert_int_eq(VOUCH_OK, vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, sign1,
                                                VOUCH_CMW_EVIDENCE, &cmw));
    (void)judge_cmw(span_of(&cmw));
    vouch_buffer_free(&cmw);
    return result.verdict;
}

/* Takes `payload` over. */
static vouch_verdict judge_payload(vouch_buffer payload)
{
    vouch_buffer sign1 = token(key, key, span_of(&payload));

    (void)judge_token(span_of(&sign1));
    free(sign1.data);
    free(payload.data);
    return result.verdict;
}

static vouch_verdict judge(void)
{
    return judge_payload(claims());
}

static void assert_refused(vouch_check check, vouch_claim claim, vouch_err err)
{
    ck_assert_int_eq(VOUCH_REJECTED, result.verdict);
    ck_assert_int_eq(check, result.reason.check);
    ck_assert_int_eq(claim, result.reason.claim);
    ck_assert_int_eq(err, result.reason.err);
}

START_TEST(evidence_that_is_right_is_accepted)
{
    uint8_t anchor[32];

    ck_assert_int_eq(VOUCH_ACCEPTED, judge());
    ck_assert_int_eq(VOUCH_LEVEL_BOUND, result.level);
    ck_assert_mem_eq(&expected.binder, &result.binder, sizeof(vouch_digest));
    ck_assert_mem_eq(&expected.aik_pub_hash, &result.aik_pub_hash,
                     sizeof(vouch_digest));
    vouch_sha256(vouch_key_spki(key), anchor);
    ck_assert_mem_eq(anchor, result.anchor_digest, sizeof anchor);
}
END_TEST

START_TEST(evidence_of_a_key_without_anchor_is_refused) /* [X16] */
{
    EVP_PKEY *stranger_pkey;
    vouch_key *stranger = new_key(&stranger_pkey);
    vouch_buffer payload = claims();
    vouch_buffer sign1 = token(stranger, stranger, span_of(&payload));

    ck_assert_int_eq(VOUCH_REJECTED, judge_token(span_of(&sign1)));
    assert_refused(VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_OK);
    free(sign1.data);
    /* with the name of one that has [T13] */
    sign1 = token(stranger, key, span_of(&payload));
    ck_assert_int_eq(VOUCH_REJECTED, judge_token(span_of(&sign1)));
    assert_refused(VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE, VOUCH_E_SIGNATURE);
    free(sign1.data);
    free(payload.data);
    vouch_key_free(stranger);
    EVP_PKEY_free(stranger_pkey);
}
END_TEST

START_TEST(evidence_with_any_octet_changed_is_refused) /* RFC 9711, 3 [T01] */
{
    vouch_buffer payload = claims();
    vouch_buffer sign1 = token(key, key, span_of(&payload));

    ck_assert_int_eq(VOUCH_ACCEPTED, judge_token(span_of(&sign1)));
    for (size_t i = 0; i < sign1.len; i++) {
        sign1.data[i] ^= 1;
        ck_assert_int_eq(VOUCH_REJECTED, judge_token(span_of(&sign1)));
        sign1.data[i] ^= 1;
    }
    free(sign1.data);
    free(payload.data);
}
END_TEST

START_TEST(evidence_signed_by_the_aik_is_refused) /* expat-04, 7.1 [X31] */
{
    expected.aik_spki = vouch_key_spki(key);
    ck_assert_int_eq(VOUCH_REJECTED, judge());
    assert_refused(VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL);
}
END_TEST

START_TEST(policy_without_reference_values_refuses) /* [X18] */
{
    free_appraiser();
    make_appraiser(false);
    ck_assert_int_eq(VOUCH_REJECTED, judge());
    assert_refused(VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE, VOUCH_OK);
}
END_TEST

static void has_other_profile(void)
{
    eat.profile = vouch_text("tag:vouch,2026:softwar");
}

static void has_no_profile(void)
{
    eat.profile.len = 0;
}

static void has_other_nonce(void)
{
    eat.nonce = octets(other);
}

static void has_other_aik(void)
{
    eat.aik_pub_hash = octets(other);
}

static void has_no_name(void)
{
    eat.swname.len = 0;
}

static const struct {
    void (*change)(void);
    vouch_check check;
    vouch_claim claim;
    vouch_err err;
} changes[] = {
    {has_other_profile, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE, VOUCH_OK},
    {has_no_profile, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE,
     VOUCH_E_CLAIM_MISSING},
    {has_other_nonce, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE, VOUCH_OK},
    {has_other_aik, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_OK},
    {has_no_name, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_SOFTWARE_NAME,
     VOUCH_E_CLAIM_MISSING},
};

/* [X17] [X27] [X28] */
START_TEST(evidence_with_a_wrong_claim_is_refused)
{
    changes[_i].change();
    ck_assert_int_eq(VOUCH_REJECTED, judge());
    assert_refused(changes[_i].check, changes[_i].claim, changes[_i].err);
}
END_TEST

START_TEST(evidence_has_an_age)
{
    static const int64_t good[] = {-300, 0, 300};
    static const int64_t bad[] = {-301, 301, -PKI_NOW, INT64_MAX - PKI_NOW};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        eat.iat = PKI_NOW + good[i];
        ck_assert_int_eq(VOUCH_ACCEPTED, judge());
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        eat.iat = PKI_NOW + bad[i];
        ck_assert_int_eq(VOUCH_REJECTED, judge());
        assert_refused(VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_OK);
    }
    ck_assert_str_eq("within 300 s of 1800000000", result.reason.expected);
    eat.has_iat = false;
    ck_assert_int_eq(VOUCH_REJECTED, judge());
    assert_refused(VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_E_CLAIM_MISSING);
}
END_TEST

static const struct {
    const uint8_t *executable, *libc, *extra;
    const char *name, *expected, *found; /* first two digits */
} measured[] = {
    {other, library, NULL, "executable", "04", "03"},
    {program, other, NULL, "library:libc", "05", "03"},
    {program, library, other, "extra", "", "03"},
    {program, NULL, NULL, "library:libc", "05", ""},
    {NULL, library, NULL, "executable", "04", ""},
    {program, NULL, library, "extra", "", "05"},
};

START_TEST(evidence_of_another_program_is_refused)
{
    set_measurements(measured[_i].executable, measured[_i].libc,
                     measured[_i].extra);
    ck_assert_int_eq(VOUCH_REJECTED, judge());
    ck_assert_int_eq(VOUCH_CHECK_REFERENCE, result.reason.check);
    ck_assert_int_eq(VOUCH_CLAIM_MEASUREMENT, result.reason.claim);
    ck_assert_str_eq(measured[_i].name, result.reason.name);
    ck_assert_uint_eq(strlen(measured[_i].expected) * 32,
                      strlen(result.reason.expected));
    ck_assert_int_eq(0, strncmp(measured[_i].expected, result.reason.expected,
                                strlen(measured[_i].expected)));
    ck_assert_uint_eq(strlen(measured[_i].found) * 32,
                      strlen(result.reason.found));
    ck_assert_int_eq(0, strncmp(measured[_i].found, result.reason.found,
                                strlen(measured[_i].found)));
}
END_TEST

/* Adds a pair at the end of the claims. */
static vouch_buffer claims_with(vouch_bytes pair)
{
    vouch_buffer payload = claims();

    payload.data = realloc(payload.data, payload.len + pair.len);
    ck_assert_ptr_nonnull(payload.data);
    memcpy(payload.data + payload.len, pair.data, pair.len);
    payload.data[0]++; /* fewer than 23 pairs */
    payload.len += pair.len;
    return payload;
}

static vouch_verdict judge_with(const char *hex)
{
    vouch_buffer pair = from_hex(hex);

    (void)judge_payload(claims_with(span_of(&pair)));
    free(pair.data);
    return result.verdict;
}

START_TEST(claims_that_are_unknown_are_passed_over) /* RFC 9711, 4 [T02] */
{
    ck_assert_int_eq(VOUCH_ACCEPTED, judge_with("3a00015f8f a10102"));
    ck_assert_int_eq(VOUCH_ACCEPTED, judge_with("6178 f5"));
}
END_TEST

/* RFC 9711, 4 [T03]: in CBOR the key is 10, and its name in JSON is unknown. */
START_TEST(claims_have_integer_keys)
{
    static const char by_name[] = "69 6561745f6e6f6e6365 5820"
                                  "0100000000000000000000000000000000000000"
                                  "000000000000000000000000";

    ck_assert_int_eq(VOUCH_ACCEPTED, judge_with(by_name));
    eat.nonce.len = 0;
    ck_assert_int_eq(VOUCH_REJECTED, judge_with(by_name));
    assert_refused(VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
                   VOUCH_E_CLAIM_MISSING);
}
END_TEST

START_TEST(ueid_is_opaque_and_limited) /* RFC 9711, 4.2.1 [T07] */
{
    static const uint8_t ueid[34] = {0xff};

    for (size_t len = 1; len <= sizeof ueid; len++) {
        eat.ueid = (vouch_bytes){ueid, len};
        if (len >= 7 && len <= 33) {
            ck_assert_int_eq(VOUCH_ACCEPTED, judge());
            ck_assert_uint_eq(len, result.ueid.len);
        } else {
            ck_assert_int_eq(VOUCH_REJECTED, judge());
            assert_refused(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
                           VOUCH_E_CLAIM_TYPE);
            ck_assert_str_eq("256", result.reason.name);
        }
    }
}
END_TEST

/* RFC 9711, 4.3.1 [T09]: not even one that is a whole number. */
START_TEST(iat_is_no_floating_point_number)
{
    static const uint8_t whole[] = {0x06, 0x1a, 0x6b, 0x49, 0xd2, 0x00};
    static const uint8_t floating[] = {0x06, 0xfa, 0x4e, 0xd6, 0x93, 0xa4};
    vouch_buffer payload = claims();

    ck_assert_mem_eq(whole, payload.data + 1, sizeof whole);
    memcpy(payload.data + 1, floating, sizeof floating);
    ck_assert_int_eq(VOUCH_REJECTED, judge_payload(payload));
    assert_refused(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE);
    ck_assert_str_eq("6", result.reason.name);
}
END_TEST

/* A record [type, value, indicator] whose value is text if `as_text`. */
static vouch_buffer record(const char *type, bool as_text, vouch_bytes value,
                           uint64_t indicator)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_cbor_write_array(&cbb, 3));
    ck_assert(vouch_cbor_write_text(&cbb, vouch_text(type)));
    ck_assert(as_text ? vouch_cbor_write_text(&cbb, vouch_text("text"))
                      : vouch_cbor_write_bytes(&cbb, value));
    ck_assert(vouch_cbor_write_uint(&cbb, indicator));
    return finish_cbb(&cbb);
}

static const struct {
    const char *type;
    bool as_text;
    uint64_t indicator;
    vouch_err err;
} records[] = {
    {VOUCH_SOFTWARE_FORMAT, true, 4, VOUCH_E_CMW},  /* RFC 9999, 3 [C02] */
    {VOUCH_SOFTWARE_FORMAT, false, 0, VOUCH_E_CMW}, /* [C03] */
    {VOUCH_SOFTWARE_FORMAT, false, 0x24, VOUCH_E_CMW},
    {VOUCH_SOFTWARE_FORMAT, false, 8, VOUCH_OK}, /* [C15] */
    {VOUCH_SOFTWARE_FORMAT, false, 0x0c, VOUCH_OK},
    {"application/eat+cwt", false, 4, VOUCH_OK},
};

START_TEST(evidence_stands_in_a_record_of_its_type)
{
    vouch_buffer payload = claims();
    vouch_buffer sign1 = token(key, key, span_of(&payload));
    vouch_buffer cmw = record(VOUCH_SOFTWARE_FORMAT, false, span_of(&sign1), 4);

    ck_assert_int_eq(VOUCH_ACCEPTED, judge_cmw(span_of(&cmw)));
    free(cmw.data);
    cmw = record(records[_i].type, records[_i].as_text, span_of(&sign1),
                 records[_i].indicator);
    ck_assert_int_eq(VOUCH_REJECTED, judge_cmw(span_of(&cmw)));
    assert_refused(VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, records[_i].err);
    free(cmw.data);
    free(sign1.data);
    free(payload.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("appraiser");
    TCase *tc = tcase_create("appraiser");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, evidence_that_is_right_is_accepted);
    tcase_add_test(tc, evidence_of_a_key_without_anchor_is_refused);
    tcase_add_test(tc, evidence_with_any_octet_changed_is_refused);
    tcase_add_test(tc, evidence_signed_by_the_aik_is_refused);
    tcase_add_test(tc, policy_without_reference_values_refuses);
    tcase_add_loop_test(tc, evidence_with_a_wrong_claim_is_refused, 0,
                        COUNT(changes));
    tcase_add_test(tc, evidence_has_an_age);
    tcase_add_loop_test(tc, evidence_of_another_program_is_refused, 0,
                        COUNT(measured));
    tcase_add_test(tc, claims_that_are_unknown_are_passed_over);
    tcase_add_test(tc, claims_have_integer_keys);
    tcase_add_test(tc, ueid_is_opaque_and_limited);
    tcase_add_test(tc, iat_is_no_floating_point_number);
    tcase_add_loop_test(tc, evidence_stands_in_a_record_of_its_type, 0,
                        COUNT(records));
    suite_add_tcase(suite, tc);
    return suite;
}
