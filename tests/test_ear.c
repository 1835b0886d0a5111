/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cbor_writer.h"
#include "proto/ear.h"
#include "proto/memory.h"
#include "tests/support/octets.h"

enum { HEX_MAX = 16384 };

/* The claims in the order of their encodings, with a value that is good. The
 * value of `submods` is one appraisal with all that there may be in it. */
struct claim {
    const char *name, *label, *value;
    bool required;
};

static const struct claim ear_claims[] = {
    {"exp", "04", "1a6b49d264", false},
    {"nbf", "05", "1a6b49d1ff", false},
    {"iat", "06", "1a6b49d200", true},
    {"eat_nonce", "0a", "48 0001020304050607", false},
    {"eat_profile", "190109", "6161", true},
    {"submods", "19010a", NULL, true},
    {"ear_status", "1903e8", "1820", false},
    {"ear_verifier_id", "1903ec", "a2 00 6162 01 6163", true},
};

static const struct vouch_ear_profile *const profile =
    &vouch_ear_profiles[VOUCH_EAR_04];

static const struct claim appraisal_claims[] = {
    {"eat_nonce", "0a", "48 08090a0b0c0d0e0f", false},
    {"ueid", "190100", "47 01020304050607", false},
    {"ear_status", "1903e8", "02", true},
    {"ear_trustworthiness_vector", "1903e9",
     "a8 0002 0102 0203 03381f 041820 053820 061860 07387f", false},
    {"ear_appraisal_policy_ids", "1903eb", "81 6164", false},
    {"aik_pub_hash", "3a00013880",
     "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     false},
    {"refusal", "3a00013888", "a5 01 6165 02 6166 03 6167 04 6168 05 6169",
     false},
};

enum {
    EAR_CLAIMS = COUNT(ear_claims),
    SUBMODULES = 5, /* where they stand */
    ALL_CLAIMS = EAR_CLAIMS + COUNT(appraisal_claims),
};

/* Both tables in a row, those of the appraisal behind. */
static const struct claim *claim_at(int at)
{
    return at < EAR_CLAIMS ? &ear_claims[at]
                           : &appraisal_claims[at - EAR_CLAIMS];
}

/* A map of the claims, but `value` for claim `at`, or none if that is NULL;
 * `submods` is what NULL in the table stands for. */
static void map_hex(char hex[HEX_MAX], const struct claim *claims, int num,
                    const char *submods, int at, const char *value)
{
    int pairs = 0;
    size_t len = 2;

    for (int i = 0; i < num; i++) {
        const char *good = claims[i].value != NULL ? claims[i].value : submods;
        const char *written = i == at ? value : good;

        if (written != NULL) {
            len += (size_t)snprintf(&hex[len], HEX_MAX - len, "%s %s ",
                                    claims[i].label, written);
            pairs++;
        }
    }
    ck_assert_uint_lt(len, HEX_MAX);
    hex[0] = 'a';
    hex[1] = "0123456789abcdef"[pairs];
}

/* All claims, but `value` for claim `at` of both tables. */
static vouch_buffer token_but(int at, const char *value)
{
    char appraisal[HEX_MAX], submods[HEX_MAX + 16], hex[HEX_MAX];

    map_hex(appraisal, appraisal_claims, COUNT(appraisal_claims), NULL,
            at - EAR_CLAIMS, value);
    snprintf(submods, sizeof submods, "a1 6170 %s", appraisal);
    map_hex(hex, ear_claims, EAR_CLAIMS, submods, at, value);
    return from_hex(hex);
}

static vouch_buffer whole(void)
{
    return token_but(-1, NULL);
}

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(const uint8_t *data, size_t len, const char **wrong)
{
    uint8_t *copy = exact_copy(data, len);
    struct vouch_ear ear, before;
    vouch_err err;

    memset(&ear, 0xa5, sizeof ear);
    memcpy(&before, &ear, sizeof ear);
    err = vouch_ear_decode((vouch_bytes){copy, len}, profile, &ear, wrong);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&ear, &before, sizeof ear);
    }
    free(copy);
    return err;
}

static vouch_err decode_hex(const char *hex, const char **wrong)
{
    vouch_buffer octets = from_hex(hex);
    vouch_err err = decode(octets.data, octets.len, wrong);

    free(octets.data);
    return err;
}

/* Claim `at` with `value`; when that is wrong its name is told. */
static void assert_claim(vouch_err expected, int at, const char *value)
{
    static const char none[] = "none";
    vouch_buffer octets = token_but(at, value);
    const char *wrong = none;
    vouch_err err = decode(octets.data, octets.len, &wrong);

    ck_assert_msg(err == expected, "%s, %s: %s", claim_at(at)->name, value,
                  vouch_err_name(err));
    ck_assert_str_eq(wrong, expected == VOUCH_E_CLAIM_TYPE ? claim_at(at)->name
                                                           : none);
    if (err != VOUCH_OK) { /* and who does not ask is not told */
        ck_assert_int_eq(decode(octets.data, octets.len, NULL), expected);
    }
    free(octets.data);
}

static void assert_span(vouch_bytes found, const char *hex)
{
    vouch_buffer expected = from_hex(hex);

    ck_assert(vouch_bytes_equal(found, span_of(&expected)));
    free(expected.data);
}

START_TEST(ear_decode_finds_the_claims)
{
    static const int8_t vector[VOUCH_EAR_CATEGORIES] = {2,  2,   3,  -32,
                                                        32, -33, 96, -128};
    vouch_buffer octets = whole();
    const struct vouch_ear_appraisal *appraisal;
    struct vouch_ear ear;

    ck_assert_int_eq(vouch_ear_decode(span_of(&octets), profile, &ear, NULL),
                     VOUCH_OK);
    ck_assert(ear.has_exp && ear.has_nbf && ear.has_iat && ear.has_status);
    ck_assert_int_eq(ear.exp, 1800000100);
    ck_assert_int_eq(ear.nbf, 1799999999);
    ck_assert_int_eq(ear.iat, 1800000000);
    assert_span(ear.nonce, "0001020304050607");
    assert_span(ear.profile, "61");
    ck_assert_uint_eq(ear.status, 32);
    assert_span(ear.developer, "62");
    assert_span(ear.build, "63");
    ck_assert_uint_eq(ear.num_appraisals, 1);
    appraisal = &ear.appraisals[0];
    assert_span(appraisal->label, "70");
    assert_span(appraisal->nonce, "08090a0b0c0d0e0f"); /* [R05] */
    assert_span(appraisal->ueid, "01020304050607");
    ck_assert(appraisal->has_status && appraisal->has_vector);
    ck_assert_uint_eq(appraisal->status, 2);
    ck_assert_mem_eq(appraisal->vector, vector, sizeof vector);
    assert_span(appraisal->policy_id, "64");
    ck_assert_uint_eq(appraisal->aik_pub_hash.len, 32);
    assert_span(appraisal->refusal.check, "65");
    assert_span(appraisal->refusal.claim, "66");
    assert_span(appraisal->refusal.name, "67");
    assert_span(appraisal->refusal.expected, "68");
    assert_span(appraisal->refusal.found, "69");
    ck_assert_ptr_null(vouch_ear_missing(&ear));
    free(octets.data);
}
END_TEST

/* draft-ietf-rats-ear-03, 3: figure 3. */
START_TEST(ear_decode_reads_the_example_of_draft_03)
{
    vouch_buffer octets = from_hex(
        "a5061a635537a0190109781d7461673a696574662e6f72672c323032363a72617473"
        "2f65617223303319010aa163505341a31903e818601903e9a3000202186004021903"
        "eb81782a68747470733a2f2f7665726169736f6e2e6578616d706c652f706f6c6963"
        "792f312f36306130303638641903ea4b6c696665626f61746d616e1903eca200781c"
        "68747470733a2f2f7665726169736f6e2d70726f6a6563742e6f7267016976747320"
        "302e302e31");
    const struct vouch_ear_profile *before = &vouch_ear_profiles[VOUCH_EAR_03];
    struct vouch_ear ear;

    ck_assert_int_eq(vouch_ear_decode(span_of(&octets), before, &ear, NULL),
                     VOUCH_OK);
    ck_assert(vouch_bytes_equal(ear.profile, vouch_text(before->tag)));
    ck_assert_int_eq(ear.iat, 1666529184);
    ck_assert_uint_eq(ear.appraisals[0].status, 96);
    ck_assert_int_eq(ear.appraisals[0].vector[2], 96);
    ck_assert_int_eq(ear.appraisals[0].vector[3], 0);
    ck_assert_ptr_null(vouch_ear_missing(&ear));
    free(octets.data);
}
END_TEST

/* What is mandatory is told by its name; and what was decoded encodes as it
 * was. EAR, 3 and 3.1 [R04] */
START_TEST(ear_decode_takes_any_claim_to_be_absent)
{
    vouch_buffer octets = token_but(_i, NULL), again;
    const struct claim *claim = claim_at(_i);
    struct vouch_ear ear;
    CBB cbb;

    ck_assert_int_eq(vouch_ear_decode(span_of(&octets), profile, &ear, NULL),
                     VOUCH_OK);
    if (claim->required) {
        ck_assert_str_eq(vouch_ear_missing(&ear), claim->name);
    } else {
        ck_assert_ptr_null(vouch_ear_missing(&ear));
    }
    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_ear_encode(&cbb, &ear));
    again = finish_cbb(&cbb);
    ck_assert_uint_eq(again.len, octets.len);
    ck_assert_mem_eq(again.data, octets.data, again.len);
    free(again.data);
    free(octets.data);
}
END_TEST

START_TEST(ear_decode_refuses_every_prefix_and_what_follows)
{
    vouch_buffer octets = whole();
    uint8_t *longer = malloc(octets.len + 1);

    ck_assert_ptr_nonnull(longer);
    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_eq(decode(octets.data, len, NULL), VOUCH_E_CBOR);
    }
    memcpy(longer, octets.data, octets.len);
    for (unsigned octet = 0; octet < 256; octet++) {
        longer[octets.len] = (uint8_t)octet;
        ck_assert_int_eq(decode(longer, octets.len + 1, NULL), VOUCH_E_CBOR);
    }
    free(longer);
    free(octets.data);
}
END_TEST

START_TEST(ear_decode_refuses_duplicates)
{
    const struct claim *claim = claim_at(_i);
    const char *value = claim->value != NULL ? claim->value : "a1 6170 a0";
    char hex[1024];

    snprintf(hex, sizeof hex,
             _i < EAR_CLAIMS ? "a2 %s %s %s %s"
                             : "a1 19010a a1 6170 a2 %s %s %s %s",
             claim->label, value, claim->label, value);
    ck_assert_int_eq(decode_hex(hex, NULL), VOUCH_E_CBOR);
}
END_TEST

static const char *const within[] = {
    "a1 19010a a2 6170 a0 6170 a0",
    "a1 19010a a1 6170 a1 1903e9 a2 0002 0002",
    "a1 1903ec a3 00 6162 00 6162 01 6163",
    "a1 19010a a1 6170 a1 3a00013888 a2 01 6165 01 6165",
};

START_TEST(ear_decode_refuses_duplicates_within)
{
    ck_assert_int_eq(decode_hex(within[_i], NULL), VOUCH_E_CBOR);
}
END_TEST

/* RFC 9711, 6.3: keys in any order. */
START_TEST(ear_decode_takes_keys_in_any_order)
{
    ck_assert_int_eq(
        decode_hex("a2 19010a a1 6170 a2 1903e8 02 0a 480001020304050607 06 01",
                   NULL),
        VOUCH_OK);
}
END_TEST

/* One item of each type. */
static const char *const items[] = {"00", "20",   "40", "60",         "80",
                                    "a0", "c000", "f5", "fa4f000001", "f6"};

static bool is_of_type(const char *name, const char *item)
{
    bool is_uint = strcmp(item, "00") == 0, is_nint = strcmp(item, "20") == 0;
    bool is_time = strcmp(name, "exp") == 0 || strcmp(name, "nbf") == 0 ||
                   strcmp(name, "iat") == 0;

    return is_time ? is_uint || is_nint
                   : strcmp(name, "ear_status") == 0 && is_uint;
}

/* A floating-point time among them [R03]. */
START_TEST(ear_decode_refuses_every_other_type)
{
    for (int i = 0; i < COUNT(items); i++) {
        assert_claim(is_of_type(claim_at(_i)->name, items[i])
                         ? VOUCH_OK
                         : VOUCH_E_CLAIM_TYPE,
                     _i, items[i]);
    }
}
END_TEST

enum { /* places in both tables */
       EXP = 0,
       IAT = 2,
       NONCE = 3,
       STATUS = 6,
       VERIFIER = 7,
       VECTOR = EAR_CLAIMS + 3,
       POLICIES,
       AIK,
       REFUSAL,
};

static const struct {
    int at;
    const char *value;
    vouch_err err;
} values[] = {
    {IAT, "1b7fffffffffffffff", VOUCH_OK},
    {IAT, "3b7fffffffffffffff", VOUCH_OK},
    {IAT, "1b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {IAT, "3b8000000000000000", VOUCH_E_CLAIM_TYPE},
    {IAT, "f93c00", VOUCH_E_CLAIM_TYPE},
    {IAT, "c11a6b49d200", VOUCH_E_CLAIM_TYPE},
    {EXP, "f93c00", VOUCH_E_CLAIM_TYPE},
    {EXP, "fb41dad27480000001", VOUCH_E_CLAIM_TYPE},
    {EXP, "c11a6b49d200", VOUCH_E_CLAIM_TYPE},
    /* one nonce, no array [T06] */
    {NONCE, "81 480001020304050607", VOUCH_E_CLAIM_TYPE},
    {NONCE, "68 3031323334353637", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 00 a1 1903e8 02", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 60 a1 1903e8 02", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 6170 02", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 6170 80", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 6170 40", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "a1 6170 a0", VOUCH_OK},
    {VERIFIER, "a1 00 6162", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "a1 01 6162", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "a2 00 6162 01 60", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "a2 00 6162 01 4163", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "a3 00 6162 01 6163 02 f6", VOUCH_OK},
    {VECTOR, "a1 00 00", VOUCH_OK},
    {VECTOR, "a1 07 20", VOUCH_OK},
    {VECTOR, "a1 08 02", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 20 02", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 6161 02", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 00 f90000", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 00 1880", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 00 3880", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "a1 00 190102", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "82 6164 6165", VOUCH_OK},
    {POLICIES, "82 6164 4165", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "82 6164 60", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "6164", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "a1 01 6165", VOUCH_OK},
    {REFUSAL, "a2 01 6165 06 f6", VOUCH_OK},
    {REFUSAL, "a1 02 6165", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "a1 01 60", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "a2 01 6165 02 00", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "a2 01 6165 05 4165", VOUCH_E_CLAIM_TYPE},
};

START_TEST(ear_decode_knows_what_a_claim_may_be)
{
    assert_claim(values[_i].err, values[_i].at, values[_i].value);
}
END_TEST

/* Four tiers, and no other number. draft-ietf-rats-ar4si, 3.2 */
START_TEST(ear_decode_knows_the_tiers)
{
    for (unsigned number = 0; number < 256; number++) {
        bool is_tier =
            number == 0 || number == 2 || number == 32 || number == 96;
        char hex[8];

        snprintf(hex, sizeof hex, number < 24 ? "%02x" : "18%02x", number);
        assert_claim(is_tier ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, STATUS, hex);
        assert_claim(is_tier ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, EAR_CLAIMS + 2,
                     hex);
    }
    assert_claim(VOUCH_E_CLAIM_TYPE, STATUS, "190102");
    assert_claim(VOUCH_E_CLAIM_TYPE, STATUS, "190100");
}
END_TEST

/* Every value of every trustworthiness claim. */
START_TEST(ear_decode_keeps_the_vector)
{
    for (int claim = INT8_MIN; claim <= INT8_MAX; claim++) {
        struct vouch_ear in = {.num_appraisals = 1}, out;
        vouch_buffer octets;
        CBB cbb;

        in.appraisals[0] = (struct vouch_ear_appraisal){
            .label = vouch_text("p"), .has_vector = true};
        in.appraisals[0].vector[_i] = (int8_t)claim;
        ck_assert_int_eq(CBB_init(&cbb, 64), 1);
        ck_assert(vouch_ear_encode(&cbb, &in));
        octets = finish_cbb(&cbb);
        ck_assert_int_eq(
            vouch_ear_decode(span_of(&octets), profile, &out, NULL), VOUCH_OK);
        ck_assert_mem_eq(out.appraisals[0].vector, in.appraisals[0].vector,
                         VOUCH_EAR_CATEGORIES);
        free(octets.data);
    }
}
END_TEST

/* Octets or characters of a claim, at its limits; what stands around them in
 * its value. */
static const struct {
    int at;
    const char *before, *behind;
    unsigned major;
    size_t min, max;
} lengths[] = {
    {NONCE, "", "", 2, 8, 64}, /* [T05] */
    {4, "", "", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {SUBMODULES, "a1", "a0", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {VERIFIER, "a2 00", "01 6163", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {VERIFIER, "a2 00 6162 01", "", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {EAR_CLAIMS, "", "", 2, 8, 64},
    {EAR_CLAIMS + 1, "", "", 2, 7, 33},
    {POLICIES, "81", "", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {POLICIES, "82 6164", "", 3, 1, VOUCH_LIMIT_RESULT_TEXT},
    {AIK, "", "", 2, 32, 32},
    {REFUSAL, "a1 01", "", 3, 1, VOUCH_LIMIT_REFUSAL_TEXT},
    {REFUSAL, "a2 01 6165 02", "", 3, 1, VOUCH_LIMIT_REFUSAL_TEXT},
    {REFUSAL, "a2 01 6165 03", "", 3, 1, VOUCH_LIMIT_REFUSAL_TEXT},
    {REFUSAL, "a2 01 6165 04", "", 3, 1, VOUCH_LIMIT_REFUSAL_TEXT},
    {REFUSAL, "a2 01 6165 05", "", 3, 1, VOUCH_LIMIT_REFUSAL_TEXT},
};

static void string_hex(char hex[600], unsigned major, size_t len)
{
    size_t at =
        (size_t)(len < 24 ? snprintf(hex, 600, "%02zx", (major << 5) + len)
                 : len < 256
                     ? snprintf(hex, 600, "%02x%02zx", (major << 5) + 24, len)
                     : snprintf(hex, 600, "%02x%04zx", (major << 5) + 25, len));

    for (size_t i = 0; i < len; i++) {
        strcpy(&hex[at + 2 * i], "61");
    }
}

START_TEST(ear_decode_limits_lengths)
{
    char string[600], hex[700];

    for (size_t len = 0; len <= lengths[_i].max + 1; len++) {
        bool good = len >= lengths[_i].min && len <= lengths[_i].max;

        string_hex(string, lengths[_i].major, len);
        snprintf(hex, sizeof hex, "%s %s %s", lengths[_i].before, string,
                 lengths[_i].behind);
        assert_claim(good ? VOUCH_OK : VOUCH_E_CLAIM_TYPE, lengths[_i].at, hex);
    }
}
END_TEST

/* Claims that nobody asked for, of every type, and labels that are text: in the
 * whole and in an appraisal. EAR, 4 [R04] [T02] */
static const struct {
    enum vouch_ear_profile_id profile;
    const char *key;
} unknown[] = {
    {VOUCH_EAR_04, "1b8000000000000000"},
    {VOUCH_EAR_04, "3bffffffffffffffff"},
    {VOUCH_EAR_04, "6161"},
    /* known elsewhere: ear_raw_evidence and what follows it */
    {VOUCH_EAR_03, "1903ea"},
    {VOUCH_EAR_03, "1903ed"},
    {VOUCH_EAR_03, "1903ee"},
    {VOUCH_EAR_03, "1903ef"},
};

START_TEST(ear_decode_ignores_unknown_claims)
{
    for (int i = 0; i < COUNT(items); i++) {
        char hex[128];
        vouch_buffer octets;
        struct vouch_ear ear;

        snprintf(hex, sizeof hex,
                 "a3 06 01 19010a a1 6170 a2 1903e8 02 %s %s %s %s",
                 unknown[_i].key, items[i], unknown[_i].key, items[i]);
        octets = from_hex(hex);
        ck_assert_int_eq(
            vouch_ear_decode(span_of(&octets),
                             &vouch_ear_profiles[unknown[_i].profile], &ear,
                             NULL),
            VOUCH_OK);
        ck_assert_int_eq(ear.iat, 1);
        ck_assert_uint_eq(ear.appraisals[0].status, 2);
        free(octets.data);
    }
}
END_TEST

START_TEST(ear_is_a_map)
{
    for (int i = 0; i < COUNT(items); i++) {
        ck_assert_int_eq(decode_hex(items[i], NULL),
                         strcmp(items[i], "a0") == 0 ? VOUCH_OK : VOUCH_E_CBOR);
    }
}
END_TEST

START_TEST(ear_decode_limits_appraisals)
{
    for (size_t num = VOUCH_LIMIT_SUBMODULES; num <= VOUCH_LIMIT_SUBMODULES + 1;
         num++) {
        vouch_buffer octets;
        CBB cbb;

        ck_assert_int_eq(CBB_init(&cbb, 64), 1);
        ck_assert(vouch_cbor_write_map(&cbb, 1));
        ck_assert(vouch_cbor_write_uint(&cbb, 266));
        ck_assert(vouch_cbor_write_map(&cbb, num));
        for (size_t i = 0; i < num; i++) {
            char label[8];

            snprintf(label, sizeof label, "%zu", i);
            ck_assert(vouch_cbor_write_text(&cbb, vouch_text(label)));
            ck_assert(vouch_cbor_write_map(&cbb, 0));
        }
        octets = finish_cbb(&cbb);
        ck_assert_int_eq(decode(octets.data, octets.len, NULL),
                         num == VOUCH_LIMIT_SUBMODULES ? VOUCH_OK
                                                       : VOUCH_E_TOO_MANY);
        free(octets.data);
    }
}
END_TEST

/* The mandatory claims of every appraisal. */
START_TEST(ear_missing_looks_at_every_appraisal)
{
    struct vouch_ear ear = {.has_iat = true,
                            .profile = vouch_text("a"),
                            .developer = vouch_text("b"),
                            .build = vouch_text("c")};

    ck_assert_str_eq(vouch_ear_missing(&ear), "submods");
    for (size_t i = 0; i < VOUCH_LIMIT_SUBMODULES; i++) {
        ear.num_appraisals = i + 1;
        ck_assert_str_eq(vouch_ear_missing(&ear), "ear_status");
        ear.appraisals[i].has_status = true;
        ck_assert_ptr_null(vouch_ear_missing(&ear));
    }
}
END_TEST

START_TEST(ear_encode_says_when_there_is_no_room)
{
    vouch_buffer octets = whole();
    struct vouch_ear ear;

    ck_assert_int_eq(vouch_ear_decode(span_of(&octets), profile, &ear, NULL),
                     VOUCH_OK);
    for (size_t room = 0; room <= octets.len; room++) {
        uint8_t *to = malloc(room + 1);
        CBB cbb;

        ck_assert_int_eq(CBB_init_fixed(&cbb, to, room), 1);
        ck_assert(vouch_ear_encode(&cbb, &ear) == (room == octets.len));
        CBB_cleanup(&cbb);
        free(to);
    }
    free(octets.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear");
    TCase *tc = tcase_create("ear");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, ear_decode_finds_the_claims);
    tcase_add_test(tc, ear_decode_reads_the_example_of_draft_03);
    tcase_add_loop_test(tc, ear_decode_takes_any_claim_to_be_absent, 0,
                        ALL_CLAIMS);
    tcase_add_test(tc, ear_decode_refuses_every_prefix_and_what_follows);
    tcase_add_loop_test(tc, ear_decode_refuses_duplicates, 0, ALL_CLAIMS);
    tcase_add_loop_test(tc, ear_decode_refuses_duplicates_within, 0,
                        COUNT(within));
    tcase_add_test(tc, ear_decode_takes_keys_in_any_order);
    tcase_add_loop_test(tc, ear_decode_refuses_every_other_type, 0, ALL_CLAIMS);
    tcase_add_loop_test(tc, ear_decode_knows_what_a_claim_may_be, 0,
                        COUNT(values));
    tcase_add_test(tc, ear_decode_knows_the_tiers);
    tcase_add_loop_test(tc, ear_decode_keeps_the_vector, 0,
                        VOUCH_EAR_CATEGORIES);
    tcase_add_loop_test(tc, ear_decode_limits_lengths, 0, COUNT(lengths));
    tcase_add_loop_test(tc, ear_decode_ignores_unknown_claims, 0,
                        COUNT(unknown));
    tcase_add_test(tc, ear_is_a_map);
    tcase_add_test(tc, ear_decode_limits_appraisals);
    tcase_add_test(tc, ear_missing_looks_at_every_appraisal);
    tcase_add_test(tc, ear_encode_says_when_there_is_no_room);
    suite_add_tcase(suite, tc);
    return suite;
}
