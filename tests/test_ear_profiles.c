/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/ear.h>

#include "lib/evidence/ear_token.h"
#include "proto/ear_claims.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/* The table of profiles: proto/README.md, 19, said once more. */

enum { CWT = 0, JWT = 1, ENVELOPES = 2, ROOM = 16384 };

static const struct profile {
    const char *tag;
    bool in[ENVELOPES];
    bool dots; /* names in JSON are Veraison's, and a policy is one text */
    bool is_written; /* by an issuer */
} profiles[VOUCH_EAR_PROFILES] = {
    [VOUCH_EAR_04] = {"tag:ietf.org,2026:rats/ear#04",
                      {true, true},
                      false,
                      true},
    [VOUCH_EAR_03] = {"tag:ietf.org,2026:rats/ear#03",
                      {true, true},
                      false,
                      true},
    [VOUCH_EAR_VERAISON] = {"tag:github.com,2023:veraison/ear",
                            {false, true},
                            true,
                            true},
    [VOUCH_EAR_TRUSTEE] =
        {"tag:github.com,2024:confidential-containers/Trustee",
         {false, true},
         true,
         false},
};

static void media_type(char out[128], int profile, int envelope)
{
    snprintf(out, 128, "application/eat+%s; eat_profile=\"%s\"",
             envelope == JWT ? "jwt" : "cwt", profiles[profile].tag);
}

/* Forms */

static vouch_err try_issuer(const char *format)
{
    EVP_PKEY *pkey = pki_key(PKI_P256);
    vouch_issuer *issuer = NULL;
    vouch_key *key;
    vouch_err err;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    err = vouch_issuer_new(key, format, "a", "b", &issuer);
    vouch_issuer_free(issuer);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
    return err;
}

static vouch_err try_appraiser(const char *format)
{
    vouch_appraiser *appraiser = NULL;
    vouch_policy *policy;
    vouch_err err;

    ck_assert_int_eq(vouch_policy_new(format, &policy), VOUCH_OK);
    err = vouch_ear_appraiser_new(policy, &appraiser);
    vouch_appraiser_free(appraiser);
    vouch_policy_free(policy);
    return err;
}

START_TEST(profile_has_its_envelopes_and_no_other) /* [R01] */
{
    int id = _i / ENVELOPES, envelope = _i % ENVELOPES;
    const struct profile *profile = &profiles[id];
    bool has = profile->in[envelope];
    const struct vouch_ear_form *form;
    vouch_attester *attester;
    char format[128];

    media_type(format, id, envelope);
    form = vouch_ear_form_find(format);
    ck_assert_int_eq(form != NULL, has);
    ck_assert_int_eq(vouch_ear_is_format(vouch_text(format)), has);
    ck_assert_int_eq(try_appraiser(format), has ? VOUCH_OK : VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_issuer(format),
                     has && profile->is_written ? VOUCH_OK : VOUCH_E_ARGUMENT);
    ck_assert_int_eq(vouch_passport_attester_new(format, vouch_text("no"),
                                                 &attester) == VOUCH_E_ARGUMENT,
                     !has);
    if (has) {
        ck_assert_str_eq(form->profile->tag, profile->tag);
        ck_assert_int_eq(form->is_jwt, envelope == JWT);
    }
}
END_TEST

START_TEST(public_media_types_are_those_of_the_profiles)
{
    static const struct {
        const char *format;
        int profile, envelope;
    } all[RESULTS_FORMATS] = {
        {VOUCH_EAR_CWT_FORMAT, VOUCH_EAR_04, CWT},
        {VOUCH_EAR_JWT_FORMAT, VOUCH_EAR_04, JWT},
        {VOUCH_EAR_03_CWT_FORMAT, VOUCH_EAR_03, CWT},
        {VOUCH_EAR_03_JWT_FORMAT, VOUCH_EAR_03, JWT},
        {VOUCH_EAR_VERAISON_JWT_FORMAT, VOUCH_EAR_VERAISON, JWT},
        {VOUCH_EAR_TRUSTEE_JWT_FORMAT, VOUCH_EAR_TRUSTEE, JWT},
    };
    char format[128];

    for (int i = 0; i < COUNT(all); i++) {
        media_type(format, all[i].profile, all[i].envelope);
        ck_assert_str_eq(all[i].format, format);
    }
}
END_TEST

/* Claims */

#define ALL ((1U << VOUCH_EAR_PROFILES) - 1)
#define ONLY_04 (1U << VOUCH_EAR_04)

enum whose { TOP, APPRAISAL, NUM_WHOSE };

/* What is right and what is wrong of each, in JSON and in CBOR. NULL for what
 * is wrong: whatever it is will do. */
static const struct claim {
    enum whose whose;
    const char *name, *dotted; /* in JSON */
    const char *key;
    const char *json, *wrong_json, *cbor, *wrong_cbor;
    const char *reported; /* as what a wrong one is told of; NULL: `name` */
    bool required;
    unsigned profiles;
} claims[] = {
    {TOP, "exp", "exp", "04", "9", "9.0", "09", "f94880", NULL, false, ALL},
    {TOP, "nbf", "nbf", "05", "1", "\"1\"", "01", "6131", NULL, false, ALL},
    {TOP, "iat", "iat", "06", "2", "2.5", "02", "f94100", NULL, true, ALL},
    {TOP, "eat_nonce", "eat_nonce", "0a", "\"AAECAwQFBgc\"", "\"AAECAwQFBg\"",
     "480001020304050607", "4700010203040506", NULL, false, ALL},
    {TOP, "eat_profile", "eat_profile", "190109", "\"a\"", "1", "6161", "01",
     NULL, true, ALL},
    {TOP, "ear_status", "ear.status", "1903e8", "\"warning\"", "32", "1820",
     "03", NULL, false, ALL},
    {TOP, "ear_raw_evidence", "ear.raw-evidence", "1903ea",
     "[\"a/b\",\"AA\",4]", "\"AAAA\"", "8363612f62410004", "43000000", NULL,
     false, ONLY_04},
    {TOP, "ear_verifier_id", "ear.verifier-id", "1903ec",
     "{\"developer\":\"b\",\"build\":\"c\"}", "{\"developer\":\"b\"}",
     "a2006162016163", "a1006162", NULL, true, ALL},
    {TOP, "ear_device_topology", "ear_device_topology", "1903ef", "{}", NULL,
     "a0", NULL, NULL, false, ONLY_04},
    {APPRAISAL, "eat_nonce", "eat_nonce", "0a", "\"AAECAwQFBgc\"", "[]",
     "480001020304050607", "80", NULL, false, ALL},
    {APPRAISAL, "ueid", "ueid", "190100", "\"AQIDBAUGBw\"", "7",
     "4701020304050607", "07", NULL, false, ALL},
    {APPRAISAL, "ear_status", "ear.status", "1903e8", "\"affirming\"", "2",
     "02", "01", NULL, true, ALL},
    {APPRAISAL, "ear_trustworthiness_vector", "ear.trustworthiness-vector",
     "1903e9", "{\"hardware\":2}", "{}", "a10402", "a0", NULL, false, ALL},
    {APPRAISAL, "ear_appraisal_policy_ids", "ear.appraisal-policy-id", "1903eb",
     "[\"p\"]", "\"p\"", "816170", "6170", NULL, false, ALL},
    {APPRAISAL, "ear_attester_claims", "ear_attester_claims", "1903ed", "{}",
     NULL, "a0", NULL, NULL, false, ONLY_04},
    {APPRAISAL, "ear_verifier_claims", "ear_verifier_claims", "1903ee", "[1]",
     NULL, "8101", NULL, NULL, false, ONLY_04},
    {APPRAISAL, "vouch.aik_pub_hash", "vouch.aik_pub_hash", "3a00013880",
     "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"", "\"AA\"",
     "5820000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "4100", "aik_pub_hash", false, ALL},
    {APPRAISAL, "vouch.refusal", "vouch.refusal", "3a00013888",
     "{\"check\":\"e\"}", "{\"claim\":\"e\"}", "a1016165", "a1026165",
     "refusal", false, ALL},
};

/* What stands for one claim in a token that has all the others. */
enum change { GOOD, WRONG, ABSENT, OTHER_NAME };

static bool is_policies(const struct claim *claim)
{
    return strcmp(claim->key, "1903eb") == 0;
}

static const char *json_value(const struct claim *claim, bool dots, bool wrong)
{
    /* what the one has for its policies is what the other must not have */
    bool swap = is_policies(claim) && dots;

    return wrong != swap ? claim->wrong_json : claim->json;
}

static size_t add(char *out, size_t len, const char *text)
{
    ck_assert_uint_lt(len + strlen(text), ROOM);
    strcpy(out + len, text);
    return len + strlen(text);
}

static size_t add_json(char *out, size_t len, const struct claim *claim,
                       bool dots, enum change change)
{
    bool other = change == OTHER_NAME;

    len = add(out, len, out[len - 1] == '{' ? "\"" : ",\"");
    len = add(out, len, dots != other ? claim->dotted : claim->name);
    len = add(out, len, "\":");
    return add(out, len, json_value(claim, dots, change == WRONG));
}

static void write_json(char out[ROOM], enum whose whose, bool dots,
                       const struct claim *changed, enum change change)
{
    size_t len = add(out, 0, "{");

    for (int i = 0; i < COUNT(claims); i++) {
        enum change is = &claims[i] == changed ? change : GOOD;

        if (claims[i].whose == whose && is != ABSENT) {
            len = add_json(out, len, &claims[i], dots, is);
        }
    }
    if (whose == TOP) {
        static char appraisal[ROOM];

        write_json(appraisal, APPRAISAL, dots, changed, change);
        len = add(out, len, ",\"submods\":{\"p\":");
        len = add(out, len, appraisal);
        len = add(out, len, "}");
    }
    add(out, len, "}");
}

static void write_cbor(char out[ROOM], enum whose whose,
                       const struct claim *changed, enum change change)
{
    int num = whose == TOP;
    size_t len = 2;

    for (int i = 0; i < COUNT(claims); i++) {
        enum change is = &claims[i] == changed ? change : GOOD;

        if (claims[i].whose == whose && is != ABSENT) {
            num++;
            len = add(out, len, claims[i].key);
            len = add(out, len,
                      is == WRONG ? claims[i].wrong_cbor : claims[i].cbor);
        }
    }
    if (whose == TOP) {
        static char appraisal[ROOM];

        write_cbor(appraisal, APPRAISAL, changed, change);
        len = add(out, len, "19010aa16170");
        add(out, len, appraisal);
    }
    ck_assert_int_lt(num, 24);
    out[0] = "ab"[num >= 16];
    out[1] = "0123456789abcdef"[num % 16];
}

/* What decoding a token says, and which mandatory claim it lacks. */
static vouch_err decode(int id, int envelope, const struct claim *changed,
                        enum change change, const char **wrong,
                        const char **missing)
{
    const struct vouch_ear_profile *profile = &vouch_ear_profiles[id];
    vouch_buffer memory = {NULL, 0};
    static char text[ROOM];
    struct vouch_ear ear;
    vouch_err err;

    *wrong = *missing = NULL;
    if (envelope == JWT) {
        write_json(text, TOP, profiles[id].dots, changed, change);
        err = vouch_ear_decode_json(vouch_text(text), profile, &memory, &ear,
                                    wrong);
    } else {
        vouch_buffer octets;

        write_cbor(text, TOP, changed, change);
        octets = from_hex(text);
        err = vouch_ear_decode(span_of(&octets), profile, &ear, wrong);
        if (err == VOUCH_OK) {
            *missing = vouch_ear_missing(&ear);
        }
        free(octets.data);
    }
    if (err == VOUCH_OK && envelope == JWT) {
        *missing = vouch_ear_missing(&ear);
        vouch_buffer_free(&memory);
    }
    return err;
}

static const char *reported(const struct claim *claim)
{
    return claim->reported != NULL ? claim->reported : claim->name;
}

static void assert_decoded(int id, int envelope, const struct claim *claim,
                           enum change change)
{
    bool has = (claim->profiles & 1U << id) != 0;
    bool is_gone = change == ABSENT || change == OTHER_NAME;
    const char *wrong, *missing;
    vouch_err err = decode(id, envelope, claim, change, &wrong, &missing);
    const char *what = profiles[id].tag;

    if (change == WRONG && has) {
        ck_assert_msg(err == VOUCH_E_CLAIM_TYPE, "%s: %s is taken", what,
                      claim->name);
        ck_assert_str_eq(wrong, reported(claim));
        return;
    }
    /* EAR, 4: what is not known to it is ignored [R04] */
    ck_assert_msg(err == VOUCH_OK, "%s: %s of %s", what, vouch_err_name(err),
                  claim->name);
    if (is_gone && claim->required) {
        ck_assert_msg(missing != NULL, "%s: %s is not missed", what,
                      claim->name);
        ck_assert_str_eq(missing, reported(claim));
    } else {
        ck_assert_ptr_null(missing);
    }
}

/* Every profile, every envelope, every claim: right, wrong, absent, and by the
 * name that it has in another profile. */
START_TEST(profile_allows_its_claims_and_no_other) /* [R01] [R04] */
{
    int id = _i / ENVELOPES, envelope = _i % ENVELOPES;

    for (int i = 0; profiles[id].in[envelope] && i < COUNT(claims); i++) {
        const struct claim *claim = &claims[i];

        assert_decoded(id, envelope, claim, GOOD);
        assert_decoded(id, envelope, claim, ABSENT);
        if (claim->wrong_json != NULL) {
            assert_decoded(id, envelope, claim, WRONG);
        }
        if (envelope == JWT && strcmp(claim->name, claim->dotted) != 0) {
            assert_decoded(id, envelope, claim, OTHER_NAME);
        }
    }
}
END_TEST

/* ... and there is no claim in the code that is not in the table above. */
START_TEST(profile_table_has_every_claim)
{
    size_t num[NUM_WHOSE] = {1, 0}; /* submods */

    for (int i = 0; i < COUNT(claims); i++) {
        num[claims[i].whose]++;
    }
    ck_assert_uint_eq(vouch_ear_claims.num, num[TOP]);
    ck_assert_uint_eq(vouch_ear_appraisal_claims.num, num[APPRAISAL]);
}
END_TEST

/* What is read past */

static struct results r;

static void tear_down(void)
{
    results_free(&r);
}

/* `more` with a comma behind, at the beginning of the whole or of its
 * appraisal. */
static vouch_buffer with_json(const char *more, bool in_appraisal)
{
    vouch_buffer plain = results_claims(&r), out;
    const char *mark = in_appraisal ? "\"platform\":{" : "{";
    const uint8_t *at = memmem(plain.data, plain.len, mark, strlen(mark));
    size_t front;

    ck_assert_ptr_nonnull(at);
    front = (size_t)(at - plain.data) + strlen(mark);
    out.len = plain.len + strlen(more);
    out.data = malloc(out.len);
    ck_assert_ptr_nonnull(out.data);
    memcpy(out.data, plain.data, front);
    memcpy(out.data + front, more, strlen(more));
    memcpy(out.data + front + strlen(more), plain.data + front,
           plain.len - front);
    free(plain.data);
    return out;
}

/* One pair in hexadecimal behind the head of the map there. */
static vouch_buffer with_cbor(const char *pair, bool in_appraisal)
{
    static const uint8_t mark[] = "\x68platform";
    vouch_buffer plain = results_claims(&r), more = from_hex(pair), out;
    uint8_t *at = in_appraisal
                      ? memmem(plain.data, plain.len, mark, sizeof mark - 1)
                      : plain.data;
    size_t front;

    ck_assert_ptr_nonnull(at);
    at += in_appraisal ? sizeof mark - 1 : 0;
    ck_assert_uint_lt(*at, 0xb7);
    (*at)++;
    front = (size_t)(at - plain.data) + 1;
    out.len = plain.len + more.len;
    out.data = malloc(out.len);
    ck_assert_ptr_nonnull(out.data);
    memcpy(out.data, plain.data, front);
    memcpy(out.data + front, more.data, more.len);
    memcpy(out.data + front + more.len, plain.data + front, plain.len - front);
    free(more.data);
    free(plain.data);
    return out;
}

static vouch_verdict judge_with(const char *json, const char *cbor,
                                bool in_appraisal)
{
    bool is_jwt = vouch_ear_form_find(r.format)->is_jwt;
    vouch_buffer all =
        is_jwt ? with_json(json, in_appraisal) : with_cbor(cbor, in_appraisal);
    vouch_verdict verdict = results_judge_claims(&r, span_of(&all));

    free(all.data);
    return verdict;
}

/* Each says what would change the verdict, if anybody believed it. */
static const struct {
    const char *json, *cbor;
    bool in_appraisal;
} says[] = {
    {"\"ear_attester_claims\":{\"ear_status\":\"contraindicated\","
     "\"vouch.aik_pub_hash\":\"AAAA\",\"eat_nonce\":\"AAECAwQFBgc\"},",
     "1903eda31903e818603a000138804100"
     "0a480001020304050607",
     true},
    {"\"ear_verifier_claims\":[{\"vouch.refusal\":{\"check\":\"policy\"}}],",
     "1903ee81a13a00013888a10166706f6c696379", true},
    {"\"ear_device_topology\":{\"submods\":{\"x\":{\"ear_status\":\"none\"}},"
     "\"exp\":1},",
     "1903efa219010aa16178a11903e8000401", false},
    {"\"ear_raw_evidence\":[\"application/eat+cwt\",\"AAAA\",4],",
     "1903ea83736170706c69636174696f6e2f6561742b6377744300000004", false},
};

START_TEST(claims_that_are_read_past_change_nothing)
{
    int form = _i % RESULTS_FORMATS, what = _i / RESULTS_FORMATS;
    vouch_result plain;

    results_init(&r, results_formats[form]);
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
    plain = r.result;
    ck_assert_int_eq(
        judge_with(says[what].json, says[what].cbor, says[what].in_appraisal),
        VOUCH_ACCEPTED);
    ck_assert_int_eq(r.result.level, plain.level);
    ck_assert_int_eq(r.result.tier, plain.tier);
    ck_assert_mem_eq(r.result.vector, plain.vector, sizeof plain.vector);
    ck_assert_uint_eq(r.result.claims, plain.claims);
    ck_assert_mem_eq(r.result.anchor_digest, plain.anchor_digest, 32);
    ck_assert_int_eq(r.result.not_after, plain.not_after);
    ck_assert_mem_eq(&r.result.binder, &plain.binder, sizeof plain.binder);
    ck_assert_mem_eq(&r.result.aik_pub_hash, &plain.aik_pub_hash,
                     sizeof plain.aik_pub_hash);
}
END_TEST

static const struct {
    const char *name, *key;
    bool in_appraisal;
} past[] = {
    {"ear_attester_claims", "1903ed", true},
    {"ear_verifier_claims", "1903ee", true},
    {"ear_device_topology", "1903ef", false},
    {"ear_raw_evidence", "1903ea", false},
};

/* As deep as all claims may be, and no deeper. */
static void nested(char json[ROOM], char cbor[ROOM], const char *name,
                   const char *key, unsigned depth)
{
    size_t len = (size_t)snprintf(json, ROOM, "\"%s\":", name);

    for (unsigned i = 0; i < depth; i++) {
        len = add(json, len, "[");
    }
    for (unsigned i = 0; i < depth; i++) {
        len = add(json, len, "]");
    }
    add(json, len, ",");
    len = add(cbor, 0, key);
    for (unsigned i = 0; i < depth; i++) {
        len = add(cbor, len, i + 1 < depth ? "81" : "80");
    }
}

/* No deeper and no more than all else: 15 says it. */
START_TEST(claims_that_are_read_past_are_bounded)
{
    int form = _i % RESULTS_FORMATS, what = _i / RESULTS_FORMATS;
    static char json[ROOM], cbor[ROOM];

    results_init(&r, results_formats[form]);
    nested(json, cbor, past[what].name, past[what].key,
           VOUCH_LIMIT_CBOR_DEPTH + 1);
    ck_assert_int_eq(judge_with(json, cbor, past[what].in_appraisal),
                     VOUCH_REJECTED);
    ck_assert_int_eq(r.result.reason.check, VOUCH_CHECK_STRUCTURE);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_TOO_MANY);
    results_free(&r);

    results_init(&r, results_formats[form]);
    strcpy(json, "\"");
    strcat(strcat(json, past[what].name), "\":[1");
    for (size_t len = strlen(json), i = 1; i < VOUCH_LIMIT_CBOR_ITEMS; i++) {
        len = add(json, len, ",1");
    }
    strcat(json, "],");
    strcat(strcpy(cbor, past[what].key), "991000");
    for (size_t len = strlen(cbor), i = 0; i < VOUCH_LIMIT_CBOR_ITEMS; i++) {
        len = add(cbor, len, "01");
    }
    ck_assert_int_eq(judge_with(json, cbor, past[what].in_appraisal),
                     VOUCH_REJECTED);
    ck_assert_int_eq(r.result.reason.err, VOUCH_E_TOO_MANY);
}
END_TEST

/* Media types */

/* The token of each form, in the envelope and by the media type of each: good
 * in its own, and no policy for one takes another. */
START_TEST(policy_takes_its_own_profile_and_no_other) /* [R01] */
{
    int mine = _i % RESULTS_FORMATS, theirs = _i / RESULTS_FORMATS;
    vouch_buffer token;

    results_init(&r, results_formats[theirs]);
    token = results_token(&r, r.key);
    r.format = results_formats[mine];
    results_new_policy(&r);
    ck_assert_int_eq(results_judge_token(&r, span_of(&token)),
                     mine == theirs ? VOUCH_ACCEPTED : VOUCH_REJECTED);
    if (mine != theirs) {
        ck_assert_int_eq(r.result.reason.check, VOUCH_CHECK_STRUCTURE);
    }
    free(token.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_profiles");
    TCase *table = tcase_create("table"), *results = tcase_create("results");

    tcase_add_loop_test(table, profile_has_its_envelopes_and_no_other, 0,
                        VOUCH_EAR_PROFILES * ENVELOPES);
    tcase_add_test(table, public_media_types_are_those_of_the_profiles);
    tcase_add_loop_test(table, profile_allows_its_claims_and_no_other, 0,
                        VOUCH_EAR_PROFILES * ENVELOPES);
    tcase_add_test(table, profile_table_has_every_claim);
    suite_add_tcase(suite, table);
    tcase_add_checked_fixture(results, NULL, tear_down);
    tcase_add_loop_test(results, claims_that_are_read_past_change_nothing, 0,
                        COUNT(says) * RESULTS_FORMATS);
    tcase_add_loop_test(results, claims_that_are_read_past_are_bounded, 0,
                        COUNT(past) * RESULTS_FORMATS);
    tcase_add_loop_test(results, policy_takes_its_own_profile_and_no_other, 0,
                        RESULTS_FORMATS * RESULTS_FORMATS);
    suite_add_tcase(suite, results);
    return suite;
}
