/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base64url.h"
#include "proto/ear.h"
#include "proto/memory.h"
#include "tests/support/octets.h"

enum { TEXT_ROOM = 16384 };

/* The claims, with a value that is good in JSON, and what both profiles call
 * them. NULL: the appraisal below. */
struct claim {
    const char *name, *json, *veraison, *value;
};

static const struct claim ear_claims[] = {
    {"exp", "exp", "exp", "1800000100"},
    {"nbf", "nbf", "nbf", "1799999999"},
    {"iat", "iat", "iat", "1800000000"},
    {"eat_nonce", "eat_nonce", "eat_nonce", "\"AAECAwQFBgc\""},
    {"eat_profile", "eat_profile", "eat_profile", "\"a\""},
    {"submods", "submods", "submods", NULL},
    {"ear_status", "ear_status", "ear.status", "\"warning\""},
    {"ear_verifier_id", "ear_verifier_id", "ear.verifier-id",
     "{\"developer\":\"b\",\"build\":\"c\"}"},
};

static const struct claim appraisal_claims[] = {
    {"eat_nonce", "eat_nonce", "eat_nonce", "\"CAkKCwwNDg8\""},
    {"ueid", "ueid", "ueid", "\"AQIDBAUGBw\""},
    {"ear_status", "ear_status", "ear.status", "\"affirming\""},
    {"ear_trustworthiness_vector", "ear_trustworthiness_vector",
     "ear.trustworthiness-vector",
     "{\"instance-identity\":2,\"configuration\":2,\"executables\":3,"
     "\"file-system\":-32,\"hardware\":32,\"runtime-opaque\":-33,"
     "\"storage-opaque\":96,\"sourced-data\":-128}"},
    {"ear_appraisal_policy_ids", "ear_appraisal_policy_ids",
     "ear.appraisal-policy-id", "\"d\""},
    {"aik_pub_hash", "vouch.aik_pub_hash", "vouch.aik_pub_hash",
     "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""},
    {"refusal", "vouch.refusal", "vouch.refusal",
     "{\"check\":\"e\",\"claim\":\"f\",\"name\":\"g\",\"expected\":\"h\","
     "\"found\":\"i\"}"},
};

enum {
    EAR_CLAIMS = COUNT(ear_claims),
    POLICIES = EAR_CLAIMS + 4,
    ALL_CLAIMS = EAR_CLAIMS + COUNT(appraisal_claims),
};

static const struct claim *claim_at(int at)
{
    return at < EAR_CLAIMS ? &ear_claims[at]
                           : &appraisal_claims[at - EAR_CLAIMS];
}

/* Of the profiles with these names the first. */
static const struct vouch_ear_profile *of(enum vouch_ear_names names)
{
    return &vouch_ear_profiles[names == VOUCH_EAR_NAMES ? VOUCH_EAR_04
                                                        : VOUCH_EAR_VERAISON];
}

static const char *name_in(const struct claim *claim,
                           enum vouch_ear_names names)
{
    return names == VOUCH_EAR_NAMES ? claim->json : claim->veraison;
}

static void object_of(char out[TEXT_ROOM], const struct claim *claims, int num,
                      enum vouch_ear_names names, const char *submods, int at,
                      const char *value)
{
    size_t len = (size_t)sprintf(out, "{");

    for (int i = 0; i < num; i++) {
        const char *good = claims[i].value != NULL ? claims[i].value : submods;
        const char *written = i == at ? value : good;
        bool listed = written == good && names == VOUCH_EAR_NAMES &&
                      &claims[i] == claim_at(POLICIES);

        if (written != NULL) {
            len += (size_t)snprintf(out + len, TEXT_ROOM - len,
                                    listed ? "%s\"%s\":[%s]" : "%s\"%s\":%s",
                                    len > 1 ? "," : "",
                                    name_in(&claims[i], names), written);
        }
    }
    ck_assert_uint_lt(len + 1, TEXT_ROOM);
    strcpy(out + len, "}");
}

/* All claims, but `value` for claim `at` of both tables, or none if that is
 * NULL. */
static void token_but(char out[TEXT_ROOM], enum vouch_ear_names names, int at,
                      const char *value)
{
    char appraisal[TEXT_ROOM], submods[TEXT_ROOM + 8];

    object_of(appraisal, appraisal_claims, COUNT(appraisal_claims), names, NULL,
              at - EAR_CLAIMS, value);
    snprintf(submods, sizeof submods, "{\"p\":%s}", appraisal);
    object_of(out, ear_claims, EAR_CLAIMS, names, submods, at, value);
}

/* Decodes a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err decode(vouch_bytes text, enum vouch_ear_names names,
                        const char **wrong)
{
    uint8_t *copy = exact_copy(text.data, text.len);
    vouch_buffer memory = {NULL, 7};
    struct vouch_ear ear, before;
    vouch_err err;

    memset(&ear, 0xa5, sizeof ear);
    memcpy(&before, &ear, sizeof ear);
    err = vouch_ear_decode_json((vouch_bytes){copy, text.len}, of(names),
                                &memory, &ear, wrong);
    free(copy);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&ear, &before, sizeof ear);
        ck_assert_ptr_null(memory.data);
        ck_assert_uint_eq(memory.len, 7);
    } else {
        vouch_buffer_free(&memory);
    }
    return err;
}

static vouch_err decode_text(const char *text)
{
    return decode(vouch_text(text), VOUCH_EAR_NAMES, NULL);
}

static void assert_claim(enum vouch_ear_names names, vouch_err expected, int at,
                         const char *value)
{
    static const char none[] = "none";
    const char *wrong = none;
    char text[TEXT_ROOM];
    vouch_err err;

    token_but(text, names, at, value);
    err = decode(vouch_text(text), names, &wrong);
    ck_assert_msg(err == expected, "%s, %s: %s", claim_at(at)->name, value,
                  vouch_err_name(err));
    ck_assert_str_eq(wrong, expected == VOUCH_E_CLAIM_TYPE ? claim_at(at)->name
                                                           : none);
}

/* What it is in CBOR. */
static vouch_buffer encode(const struct vouch_ear *ear)
{
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 64), 1);
    ck_assert(vouch_ear_encode(&cbb, ear));
    return finish_cbb(&cbb);
}

static vouch_buffer to_cbor(vouch_bytes text, enum vouch_ear_names names)
{
    struct vouch_ear ear;
    vouch_buffer memory, cbor;

    ck_assert_int_eq(
        vouch_ear_decode_json(text, of(names), &memory, &ear, NULL), VOUCH_OK);
    cbor = encode(&ear);
    vouch_buffer_free(&memory);
    return cbor;
}

/* The claims of tests/test_ear.c. */
static const char whole[] =
    "a8 04 1a6b49d264 05 1a6b49d1ff 06 1a6b49d200 0a 480001020304050607"
    "190109 6161 19010a a1 6170 a7 0a 4808090a0b0c0d0e0f"
    "190100 4701020304050607 1903e8 02"
    "1903e9 a8 0002 0102 0203 03381f 041820 053820 061860 07387f"
    "1903eb 81 6164 3a00013880"
    "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "3a00013888 a5 01 6165 02 6166 03 6167 04 6168 05 6169"
    "1903e8 1820 1903ec a2 00 6162 01 6163";

START_TEST(ear_in_json_is_the_same_as_in_cbor)
{
    enum vouch_ear_names names = (enum vouch_ear_names)_i;
    vouch_buffer expected = from_hex(whole), found;
    char text[TEXT_ROOM];

    token_but(text, names, -1, NULL);
    found = to_cbor(vouch_text(text), names);
    ck_assert_uint_eq(found.len, expected.len);
    ck_assert_mem_eq(found.data, expected.data, found.len);
    free(found.data);
    free(expected.data);
}
END_TEST

/* And the other way, any claim absent. */
START_TEST(ear_in_json_is_written_as_it_is_read)
{
    enum vouch_ear_names names = (enum vouch_ear_names)(_i % 2);
    vouch_buffer cbor, again, json, memory;
    char text[TEXT_ROOM];
    struct vouch_ear ear;

    token_but(text, names, _i / 2, NULL);
    ck_assert_int_eq(
        vouch_ear_decode_json(vouch_text(text), of(names), &memory, &ear, NULL),
        VOUCH_OK);
    ck_assert_int_eq(vouch_ear_encode_json(&ear, of(names), &json), VOUCH_OK);
    ck_assert_msg(vouch_bytes_equal(span_of(&json), vouch_text(text)),
                  "%.*s\n%s", (int)json.len, (const char *)json.data, text);
    cbor = encode(&ear);
    again = to_cbor(span_of(&json), names);
    ck_assert(vouch_bytes_equal(span_of(&cbor), span_of(&again)));
    vouch_buffer_free(&json);
    vouch_buffer_free(&memory);
    free(cbor.data);
    free(again.data);
}
END_TEST

/* draft-ietf-rats-ear-03, 3.2: figure 4. */
START_TEST(ear_in_json_reads_the_example_of_draft_03)
{
    static const char text[] =
        "{ \"eat_profile\": \"tag:ietf.org,2026:rats/ear#03\",\n"
        "  \"iat\": 1666529184,\n"
        "  \"ear_verifier_id\": {\n"
        "    \"developer\": \"https://veraison-project.org\",\n"
        "    \"build\": \"vts 0.0.1\" },\n"
        "  \"ear_raw_evidence\": \"NzQ3MjY5NzM2NTYzNzQK\",\n"
        "  \"submods\": { \"PSA\": {\n"
        "    \"ear_status\": \"contraindicated\",\n"
        "    \"ear_trustworthiness_vector\": {\n"
        "      \"instance-identity\": 2, \"executables\": 96,\n"
        "      \"hardware\": 2 },\n"
        "    \"ear_appraisal_policy_ids\":\n"
        "      [ \"https://veraison.example/policy/1/60a0068d\" ] } } }\n";
    const struct vouch_ear_profile *before = &vouch_ear_profiles[VOUCH_EAR_03];
    struct vouch_ear ear;
    vouch_buffer memory;

    ck_assert_int_eq(
        vouch_ear_decode_json(vouch_text(text), before, &memory, &ear, NULL),
        VOUCH_OK);
    ck_assert(vouch_bytes_equal(ear.profile, vouch_text(before->tag)));
    ck_assert_int_eq(ear.iat, 1666529184);
    ck_assert(vouch_bytes_equal(ear.build, vouch_text("vts 0.0.1")));
    ck_assert_uint_eq(ear.appraisals[0].status, 96);
    ck_assert_int_eq(ear.appraisals[0].vector[2], 96);
    ck_assert_ptr_null(vouch_ear_missing(&ear));
    vouch_buffer_free(&memory);
}
END_TEST

/* The names of one profile mean nothing in the other. */
START_TEST(ear_in_json_has_the_names_of_its_profile)
{
    char text[TEXT_ROOM];
    struct vouch_ear ear;
    vouch_buffer memory;

    token_but(text, VOUCH_EAR_VERAISON_NAMES, -1, NULL);
    ck_assert_int_eq(vouch_ear_decode_json(vouch_text(text),
                                           of(VOUCH_EAR_NAMES), &memory, &ear,
                                           NULL),
                     VOUCH_OK);
    ck_assert(!ear.has_status && !ear.appraisals[0].has_status);
    ck_assert_str_eq(vouch_ear_missing(&ear), "ear_verifier_id");
    vouch_buffer_free(&memory);
}
END_TEST

/* RFC 9711, 4.1: "nonce" of JWT is no eat_nonce [T04] */
START_TEST(ear_in_json_knows_no_nonce_of_jwt)
{
    static const char text[] = "{\"nonce\":\"AAECAwQFBgc\",\"submods\":{\"p\":"
                               "{\"nonce\":\"AAECAwQFBgc\"}}}";
    struct vouch_ear ear;
    vouch_buffer memory;

    ck_assert_int_eq(vouch_ear_decode_json(vouch_text(text),
                                           of(VOUCH_EAR_NAMES), &memory, &ear,
                                           NULL),
                     VOUCH_OK);
    ck_assert_uint_eq(ear.nonce.len, 0);
    ck_assert_uint_eq(ear.appraisals[0].nonce.len, 0);
    vouch_buffer_free(&memory);
}
END_TEST

/* One value of each type, and numbers that are none of JSON's integers. */
static const char *const items[] = {
    "null", "true", "false", "0",  "-1", "1.0",
    "1e9",  "\"\"", "\"!\"", "[]", "{}",
};

static bool is_of_type(const char *name, const char *item)
{
    bool is_time = strcmp(name, "exp") == 0 || strcmp(name, "nbf") == 0 ||
                   strcmp(name, "iat") == 0;

    return (is_time && (strcmp(item, "0") == 0 || strcmp(item, "-1") == 0)) ||
           (strcmp(name, "eat_profile") == 0 && strcmp(item, "\"!\"") == 0);
}

/* A floating-point time among them [R03]. */
START_TEST(ear_in_json_refuses_every_other_type)
{
    for (int i = 0; i < COUNT(items); i++) {
        if (_i != POLICIES) {
            assert_claim(VOUCH_EAR_NAMES,
                         is_of_type(claim_at(_i)->name, items[i])
                             ? VOUCH_OK
                             : VOUCH_E_CLAIM_TYPE,
                         _i, items[i]);
        }
    }
}
END_TEST

enum {
    NONCE = 3,
    SUBMODULES = 5,
    STATUS,
    VERIFIER,
    UEID = EAR_CLAIMS + 1,
    VECTOR = EAR_CLAIMS + 3,
    AIK = EAR_CLAIMS + 5,
    REFUSAL
};

static const struct {
    int at;
    const char *value;
    vouch_err err;
} values[] = {
    {0, "9223372036854775807", VOUCH_OK},
    {0, "-9223372036854775808", VOUCH_OK},
    {0, "9223372036854775808", VOUCH_E_DECODE},
    {0, "\"1800000000\"", VOUCH_E_CLAIM_TYPE},
    {0, "1800000000.5", VOUCH_E_CLAIM_TYPE},
    {NONCE, "\"AAECAwQFBg\"", VOUCH_E_CLAIM_TYPE},    /* 7 octets */
    {NONCE, "\"AAECAwQFBgcI\"", VOUCH_OK},            /* 9 */
    {NONCE, "\"AAECAwQFBgc=\"", VOUCH_E_CLAIM_TYPE},  /* padded */
    {NONCE, "\"AAECAwQFBgd\"", VOUCH_E_CLAIM_TYPE},   /* bits of none */
    {NONCE, "\"AAECAwQFBg+/\"", VOUCH_E_CLAIM_TYPE},  /* other alphabet */
    {NONCE, "[\"AAECAwQFBgc\"]", VOUCH_E_CLAIM_TYPE}, /* [T06] */
    {NONCE, "\"AAECAw\\nQFBgc\"", VOUCH_E_CLAIM_TYPE},
    {UEID, "\"AQIDBAUG\"", VOUCH_E_CLAIM_TYPE}, /* 6 */
    {AIK, "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\"",
     VOUCH_E_CLAIM_TYPE}, /* 31 */
    {SUBMODULES, "{\"p\":{}}", VOUCH_OK},
    {SUBMODULES, "{\"p\":null}", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "{\"p\":[]}", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "{\"\":{}}", VOUCH_E_CLAIM_TYPE},
    {SUBMODULES, "{\"p\":{},\"p\":{}}", VOUCH_E_DUPLICATE},
    {SUBMODULES, "{\"p\":{},\"\\u0070\":{}}", VOUCH_E_DUPLICATE},
    {STATUS, "\"none\"", VOUCH_OK},
    {STATUS, "\"affirming\"", VOUCH_OK},
    {STATUS, "\"contraindicated\"", VOUCH_OK},
    {STATUS, "\"Affirming\"", VOUCH_E_CLAIM_TYPE},
    {STATUS, "\"affirming \"", VOUCH_E_CLAIM_TYPE},
    {STATUS, "\"success\"", VOUCH_E_CLAIM_TYPE},
    {STATUS, "2", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "{\"developer\":\"a\"}", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "{\"build\":\"a\"}", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "{\"developer\":\"a\",\"build\":1}", VOUCH_E_CLAIM_TYPE},
    {VERIFIER, "{\"developer\":\"a\",\"build\":\"b\",\"c\":1}", VOUCH_OK},
    {VECTOR, "{\"executables\":2}", VOUCH_OK},
    {VECTOR, "{\"executables\":127,\"hardware\":-128}", VOUCH_OK},
    {VECTOR, "{\"executables\":128}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executables\":-129}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executables\":2.0}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executables\":\"affirming\"}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executable\":2}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executables\":2,\"\":2}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"2\":2}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"a\":2,\"b\":2}", VOUCH_E_CLAIM_TYPE},
    {VECTOR, "{\"executables\":2,\"executables\":2}", VOUCH_E_DUPLICATE},
    {POLICIES, "[]", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "[\"\"]", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "[1]", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "[\"a\",1]", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "[\"a\",\"b\"]", VOUCH_OK},
    {POLICIES, "\"a\"", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "{}", VOUCH_E_CLAIM_TYPE},
    {POLICIES, "null", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "{\"check\":\"a\"}", VOUCH_OK},
    {REFUSAL, "{\"check\":\"a\",\"other\":1}", VOUCH_OK},
    {REFUSAL, "{\"claim\":\"a\"}", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "{\"check\":\"a\",\"found\":1}", VOUCH_E_CLAIM_TYPE},
    {REFUSAL, "{\"check\":\"a\",\"check\":\"a\"}", VOUCH_E_DUPLICATE},
};

START_TEST(ear_in_json_knows_what_a_claim_may_be)
{
    assert_claim(VOUCH_EAR_NAMES, values[_i].err, values[_i].at,
                 values[_i].value);
}
END_TEST

/* Veraison has one policy, which is text. */
START_TEST(ear_of_veraison_has_one_policy)
{
    assert_claim(VOUCH_EAR_VERAISON_NAMES, VOUCH_OK, POLICIES, "\"a\"");
    assert_claim(VOUCH_EAR_VERAISON_NAMES, VOUCH_E_CLAIM_TYPE, POLICIES,
                 "\"\"");
    assert_claim(VOUCH_EAR_VERAISON_NAMES, VOUCH_E_CLAIM_TYPE, POLICIES,
                 "[\"a\"]");
    assert_claim(VOUCH_EAR_VERAISON_NAMES, VOUCH_E_CLAIM_TYPE, POLICIES,
                 "null");
}
END_TEST

/* Octets of a claim, at its limits. */
static const struct {
    int at;
    size_t min, max;
} lengths[] = {
    {NONCE, 8, 64},
    {EAR_CLAIMS, 8, 64},
    {UEID, 7, 33},
    {AIK, 32, 32},
};

START_TEST(ear_in_json_limits_octets)
{
    static const uint8_t octets[128] = {0};

    for (size_t len = 0; len <= sizeof octets; len++) {
        size_t num = vouch_base64url_text_length(len);
        char value[256] = "\"";

        vouch_base64url_encode((vouch_bytes){octets, len},
                               (uint8_t *)value + 1);
        strcpy(value + 1 + num, "\"");
        assert_claim(VOUCH_EAR_NAMES,
                     len >= lengths[_i].min && len <= lengths[_i].max
                         ? VOUCH_OK
                         : VOUCH_E_CLAIM_TYPE,
                     lengths[_i].at, value);
    }
}
END_TEST

START_TEST(ear_in_json_refuses_every_prefix_and_what_follows)
{
    char text[TEXT_ROOM];
    size_t len;

    token_but(text, VOUCH_EAR_NAMES, -1, NULL);
    len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        ck_assert_int_eq(decode((vouch_bytes){(const uint8_t *)text, i},
                                VOUCH_EAR_NAMES, NULL),
                         VOUCH_E_DECODE);
    }
    for (unsigned octet = 0; octet < 256; octet++) {
        bool is_space = strchr(" \t\n\r", (int)octet) != NULL && octet != 0;

        text[len] = (char)octet;
        ck_assert_int_eq(decode((vouch_bytes){(const uint8_t *)text, len + 1},
                                VOUCH_EAR_NAMES, NULL),
                         is_space ? VOUCH_OK : VOUCH_E_DECODE);
    }
}
END_TEST

START_TEST(ear_in_json_refuses_duplicates)
{
    const struct claim *claim = claim_at(_i);
    const char *value = claim->value != NULL ? claim->value : "{\"p\":{}}";
    char text[2048];

    snprintf(text, sizeof text,
             _i < EAR_CLAIMS ? "{\"%s\":%s,\"%s\":%s}"
                             : "{\"submods\":{\"p\":{\"%s\":%s,\"%s\":%s}}}",
             claim->json, value, claim->json, value);
    ck_assert_int_eq(decode_text(text), VOUCH_E_DUPLICATE);
}
END_TEST

START_TEST(ear_in_json_is_an_object)
{
    for (int i = 0; i < COUNT(items); i++) {
        ck_assert_int_eq(decode_text(items[i]), strcmp(items[i], "{}") == 0
                                                    ? VOUCH_OK
                                                    : VOUCH_E_DECODE);
    }
}
END_TEST

/* [R04] [T02] */
START_TEST(ear_in_json_ignores_unknown_claims)
{
    for (int i = 0; i < COUNT(items); i++) {
        char text[256];

        snprintf(text, sizeof text,
                 "{\"iat\":1,\"a\":%s,\"submods\":{\"p\":{\"ear_status\":"
                 "\"none\",\"a\":%s,\"10\":%s}}}",
                 items[i], items[i], items[i]);
        ck_assert_int_eq(decode_text(text), VOUCH_OK);
    }
}
END_TEST

START_TEST(ear_in_json_limits_appraisals)
{
    for (int num = VOUCH_LIMIT_SUBMODULES; num <= VOUCH_LIMIT_SUBMODULES + 1;
         num++) {
        char text[1024];
        size_t len = (size_t)sprintf(text, "{\"submods\":{");

        for (int i = 0; i < num; i++) {
            len += (size_t)sprintf(text + len, "%s\"%d\":{}", i ? "," : "", i);
        }
        strcpy(text + len, "}}");
        ck_assert_int_eq(decode_text(text), num == VOUCH_LIMIT_SUBMODULES
                                                ? VOUCH_OK
                                                : VOUCH_E_TOO_MANY);
    }
}
END_TEST

/* An unknown claim with brackets within each other, or with items. */
static vouch_err decode_many(bool deep, size_t num)
{
    char *text = malloc(2 * num + 16);
    size_t len;
    vouch_err err;

    ck_assert_ptr_nonnull(text);
    len = (size_t)sprintf(text, "{\"a\":");
    if (deep) {
        memset(text + len, '[', num);
        memset(text + len + num, ']', num);
        len += 2 * num;
    } else {
        text[len++] = '[';
        for (size_t i = 0; i < num; i++) {
            text[len++] = '1';
            text[len++] = i + 1 < num ? ',' : ']';
        }
    }
    strcpy(text + len, "}");
    err = decode_text(text);
    free(text);
    return err;
}

START_TEST(ear_in_json_is_limited)
{
    ck_assert_int_eq(decode_many(true, VOUCH_LIMIT_CBOR_DEPTH - 1), VOUCH_OK);
    ck_assert_int_eq(decode_many(true, VOUCH_LIMIT_CBOR_DEPTH),
                     VOUCH_E_TOO_MANY);
    /* the object, the colon, the array, and commas between the items */
    ck_assert_int_eq(decode_many(false, VOUCH_LIMIT_CBOR_ITEMS - 2), VOUCH_OK);
    ck_assert_int_eq(decode_many(false, VOUCH_LIMIT_CBOR_ITEMS - 1),
                     VOUCH_E_TOO_MANY);
}
END_TEST

START_TEST(ear_in_json_length_is_limited)
{
    for (size_t len = VOUCH_LIMIT_CMW; len <= VOUCH_LIMIT_CMW + 1; len++) {
        char *text = malloc(len);

        ck_assert_ptr_nonnull(text);
        memset(text, ' ', len);
        memcpy(text, "{}", 2);
        ck_assert_int_eq(
            decode((vouch_bytes){(uint8_t *)text, len}, VOUCH_EAR_NAMES, NULL),
            len == VOUCH_LIMIT_CMW ? VOUCH_OK : VOUCH_E_TOO_LARGE);
        free(text);
    }
}
END_TEST

/* The longest texts, so that their heads are longest, too. */
START_TEST(ear_in_json_has_room_for_its_cbor)
{
    char *text = malloc(TEXT_ROOM);
    size_t len;

    ck_assert_ptr_nonnull(text);
    len = (size_t)sprintf(text, "{\"submods\":{");
    for (int i = 0; i < VOUCH_LIMIT_SUBMODULES; i++) {
        len += (size_t)sprintf(
            text + len,
            "%s\"%d%0254d\":{\"ear.appraisal-policy-id\":\"%0255d\"}",
            i != 0 ? "," : "", i % 10, i, i);
    }
    strcpy(text + len, "}}");
    ck_assert_int_eq(decode(vouch_text(text), VOUCH_EAR_VERAISON_NAMES, NULL),
                     VOUCH_OK);
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_json");
    TCase *tc = tcase_create("ear_json");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, ear_in_json_is_the_same_as_in_cbor, 0, 2);
    tcase_add_loop_test(tc, ear_in_json_is_written_as_it_is_read, 0,
                        2 * (ALL_CLAIMS + 1));
    tcase_add_test(tc, ear_in_json_reads_the_example_of_draft_03);
    tcase_add_test(tc, ear_in_json_has_the_names_of_its_profile);
    tcase_add_test(tc, ear_in_json_knows_no_nonce_of_jwt);
    tcase_add_loop_test(tc, ear_in_json_refuses_every_other_type, 0,
                        ALL_CLAIMS);
    tcase_add_loop_test(tc, ear_in_json_knows_what_a_claim_may_be, 0,
                        COUNT(values));
    tcase_add_test(tc, ear_of_veraison_has_one_policy);
    tcase_add_loop_test(tc, ear_in_json_limits_octets, 0, COUNT(lengths));
    tcase_add_test(tc, ear_in_json_refuses_every_prefix_and_what_follows);
    tcase_add_loop_test(tc, ear_in_json_refuses_duplicates, 0, ALL_CLAIMS);
    tcase_add_test(tc, ear_in_json_is_an_object);
    tcase_add_test(tc, ear_in_json_ignores_unknown_claims);
    tcase_add_test(tc, ear_in_json_limits_appraisals);
    tcase_add_test(tc, ear_in_json_is_limited);
    tcase_add_test(tc, ear_in_json_length_is_limited);
    tcase_add_test(tc, ear_in_json_has_room_for_its_cbor);
    suite_add_tcase(suite, tc);
    return suite;
}
