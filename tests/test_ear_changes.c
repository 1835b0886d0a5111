/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include <vouch/limits.h>

#include "lib/evidence/ear_token.h"
#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/reader.h"
#include "proto/writer.h"
#include "tests/support/octets.h"
#include "tests/support/results.h"

/*
 * A result with every claim, held against a policy that wants every claim that
 * it can ask for: each claim left out, each of a wrong type, wrong values,
 * wrong keys, wrong times. Every change is signed by the Verifier itself, but
 * for those of the key, and none is accepted; how many there were is printed.
 */

static struct results r;
static unsigned changes, accepted;

static const uint8_t remote_nonce[16] = {5};

static void require(vouch_claim claim)
{
    ck_assert_int_eq(vouch_policy_require_claim(r.policy, claim), VOUCH_OK);
}

static void begin(int form)
{
    static const vouch_claim wanted[] = {VOUCH_CLAIM_NONCE, VOUCH_CLAIM_UEID,
                                         VOUCH_CLAIM_VECTOR, VOUCH_CLAIM_EXP,
                                         VOUCH_CLAIM_NBF};

    results_init(&r, results_formats[form]);
    for (int i = 0; i < COUNT(wanted); i++) {
        require(wanted[i]);
    }
    ck_assert_int_eq(
        vouch_policy_add_instance(r.policy, r.ear.appraisals[0].ueid),
        VOUCH_OK);
    r.expected.nonce = r.ear.nonce =
        (vouch_bytes){remote_nonce, sizeof remote_nonce};
    r.ear.has_nbf = r.ear.has_status = true;
    r.ear.nbf = RESULTS_NOW;
    r.ear.status = VOUCH_TIER_AFFIRMING;
    r.ear.appraisals[0].vector[VOUCH_RUNTIME_OPAQUE] = 2;
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
}

static void tear_down(void)
{
    ck_assert_int_eq(results_judge(&r), VOUCH_ACCEPTED);
    results_free(&r);
}

static void count(vouch_verdict verdict)
{
    changes++;
    accepted += verdict == VOUCH_ACCEPTED;
}

static void report(const char *what)
{
    printf("# %s, %s: %u changes, %u accepted\n", r.format, what, changes,
           accepted);
    ck_assert_uint_gt(changes, 0);
    ck_assert_uint_eq(accepted, 0);
}

static bool is_jwt(void)
{
    return vouch_ear_form_find(r.format)->is_jwt;
}

/* What a policy can not ask for: a status of the whole beside those of the
 * appraisals, and the policies' names. */
static bool is_needed(bool of_appraisal, const char *name)
{
    return strstr(name, "policy-id") == NULL &&
           strstr(name, "policy_id") == NULL &&
           (of_appraisal || strstr(name, "status") == NULL);
}

/* In JSON */

static void judge_json(const json_t *claims)
{
    char *text = json_dumps(claims, JSON_COMPACT);

    ck_assert_ptr_nonnull(text);
    count(results_judge_claims(&r, vouch_text(text)));
    free(text);
}

static json_t *whole_json(void)
{
    vouch_buffer text = results_claims(&r);
    json_t *json = json_loadb((const char *)text.data, text.len, 0, NULL);

    ck_assert_ptr_nonnull(json);
    free(text.data);
    return json;
}

static json_t *appraisal_in(const json_t *all)
{
    return json_object_get(json_object_get(all, "submods"), "platform");
}

static json_t *named_in(const json_t *object, const char *draft,
                        const char *veraison)
{
    json_t *json = json_object_get(object, draft);

    return json != NULL ? json : json_object_get(object, veraison);
}

/* Each member of `object`, which is a part of `all`, is replaced by `item`
 * unless it has that type, or left out if that is NULL. */
static void change_members(const json_t *all, json_t *object, bool of_appraisal,
                           const char *item)
{
    json_t *before = json_deep_copy(object), *value;
    const char *name;

    json_object_foreach(before, name, value)
    {
        json_t *other =
            item == NULL ? NULL : json_loads(item, JSON_DECODE_ANY, NULL);

        if (item == NULL && is_needed(of_appraisal, name)) {
            json_object_del(object, name);
            judge_json(all);
        } else if (other != NULL && json_typeof(other) != json_typeof(value)) {
            json_object_set(object, name, other);
            judge_json(all);
        }
        json_decref(other);
        json_object_update(object, before);
    }
    json_decref(before);
}

static void change_json(const char *item)
{
    json_t *all = whole_json();

    change_members(all, all, false, item);
    change_members(all, json_object_get(all, "submods"), false, item);
    change_members(all, appraisal_in(all), true, item);
    change_members(all, named_in(all, "ear_verifier_id", "ear.verifier-id"),
                   false, item);
    if (item != NULL) { /* one trustworthiness claim of several may be absent */
        change_members(all,
                       named_in(appraisal_in(all), "ear_trustworthiness_vector",
                                "ear.trustworthiness-vector"),
                       false, item);
    }
    json_decref(all);
}

/* In CBOR */

enum { SUBMODS = 266, STATUS = 1000, VECTOR, POLICIES = 1003, VERIFIER_ID };

static void judge_cbor(vouch_bytes claims)
{
    count(results_judge_claims(&r, claims));
}

static CBS pairs_of(vouch_bytes map, uint64_t *num)
{
    CBS in = vouch_reader(map);

    ck_assert(vouch_cbor_read_map(&in, num));
    return in;
}

/* `map` with `value` for its pair `at`, or without that if it is empty. */
static vouch_buffer with_pair(vouch_bytes map, size_t at, vouch_bytes value)
{
    uint64_t num;
    CBS in = pairs_of(map, &num);
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 256), 1);
    ck_assert(vouch_cbor_write_map(&cbb, num - (value.len == 0)));
    for (size_t i = 0; i < num; i++) {
        vouch_bytes key, old;

        ck_assert(vouch_cbor_read_item(&in, &key) &&
                  vouch_cbor_read_item(&in, &old));
        if (i != at || value.len != 0) {
            ck_assert(vouch_write_octets(&cbb, key));
            ck_assert(vouch_write_octets(&cbb, i == at ? value : old));
        }
    }
    return finish_cbb(&cbb);
}

/* Pair `at` of a map: its key, if that is a number, and value. */
static vouch_bytes pair_at(vouch_bytes map, size_t at, int64_t *key)
{
    uint64_t num;
    CBS in = pairs_of(map, &num);
    vouch_bytes label, value;

    for (size_t i = 0; i <= at; i++) {
        CBS copy = in;

        *key = 0;
        if (!vouch_cbor_read_int(&copy, key)) {
            *key = 0;
        }
        ck_assert(vouch_cbor_read_item(&in, &label) &&
                  vouch_cbor_read_item(&in, &value));
    }
    return value;
}

static size_t num_pairs(vouch_bytes map)
{
    uint64_t num;

    (void)pairs_of(map, &num);
    return (size_t)num;
}

static size_t place_of(vouch_bytes map, int64_t wanted)
{
    for (size_t i = 0; i < num_pairs(map); i++) {
        int64_t key;

        (void)pair_at(map, i, &key);
        if (key == wanted) {
            return i;
        }
    }
    ck_abort_msg("no such key");
    return 0;
}

/* Maps within each other, the whole first; `place` is where the next stands. */
struct nest {
    vouch_bytes map[4];
    size_t place[4];
    size_t depth;
};

static void descend(struct nest *nest, size_t place)
{
    int64_t key;
    vouch_bytes map = nest->map[nest->depth];

    nest->place[nest->depth++] = place;
    nest->map[nest->depth] = pair_at(map, place, &key);
}

static void judge_nested(const struct nest *nest, size_t at, vouch_bytes value)
{
    vouch_buffer changed = with_pair(nest->map[nest->depth], at, value);

    for (size_t i = nest->depth; i-- != 0;) {
        vouch_buffer outer =
            with_pair(nest->map[i], nest->place[i], span_of(&changed));

        free(changed.data);
        changed = outer;
    }
    judge_cbor(span_of(&changed));
    free(changed.data);
}

/* The major type, of which both of numbers count as one. */
static unsigned type_of(vouch_bytes item)
{
    unsigned major = item.data[0] >> 5;

    return major == 1 ? 0 : major;
}

static bool may_be_absent(const struct nest *nest, int64_t key)
{
    return key == POLICIES || (nest->depth == 0 && key == STATUS);
}

static void change_pairs(const struct nest *nest, vouch_bytes item)
{
    vouch_bytes map = nest->map[nest->depth];

    for (size_t i = 0; i < num_pairs(map); i++) {
        int64_t key;
        vouch_bytes value = pair_at(map, i, &key);

        if (item.len == 0 ? !may_be_absent(nest, key)
                          : type_of(item) != type_of(value)) {
            judge_nested(nest, i, item);
        }
    }
}

static void change_cbor(const char *hex)
{
    vouch_buffer claims = results_claims(&r), item = from_hex(hex);
    struct nest all = {.map = {span_of(&claims)}}, verifier = all,
                submods = all, appraisal, vector;

    descend(&verifier, place_of(all.map[0], VERIFIER_ID));
    descend(&submods, place_of(all.map[0], SUBMODS));
    appraisal = submods;
    descend(&appraisal, 0);
    vector = appraisal;
    descend(&vector, place_of(appraisal.map[2], VECTOR));
    change_pairs(&all, span_of(&item));
    change_pairs(&verifier, span_of(&item));
    change_pairs(&submods, span_of(&item));
    change_pairs(&appraisal, span_of(&item));
    if (item.len != 0) {
        change_pairs(&vector, span_of(&item));
    }
    free(item.data);
    free(claims.data);
}

START_TEST(claims_that_are_left_out)
{
    begin(_i);
    if (is_jwt()) {
        change_json(NULL);
    } else {
        change_cbor("");
    }
    report("claims left out");
}
END_TEST

START_TEST(claims_of_a_wrong_type)
{
    static const char *const json[] = {"null",  "true", "false", "1.5", "1",
                                       "\"x\"", "[]",   "[1]",   "{}"};
    static const char *const cbor[] = {
        "00",   "41ff", "6178", "80", "8101",   "a0",
        "c000", "f4",   "f5",   "f6", "f97e00", "fb41dad27480000001"};

    begin(_i);
    for (int i = 0; is_jwt() && i < COUNT(json); i++) {
        change_json(json[i]);
    }
    for (int i = 0; !is_jwt() && i < COUNT(cbor); i++) {
        change_cbor(cbor[i]);
    }
    report("claims of a wrong type");
}
END_TEST

/* Each bit of a claim that is held against something; of a text seven of each
 * octet, or it would be none. */
static void flip_bits(vouch_bytes *claim, size_t bits)
{
    vouch_bytes before = *claim;
    uint8_t *octets = exact_copy(before.data, before.len);

    *claim = (vouch_bytes){octets, before.len};
    for (size_t i = 0; i < bits * before.len; i++) {
        octets[i / bits] ^= (uint8_t)(1 << i % bits);
        count(results_judge(&r));
        octets[i / bits] ^= (uint8_t)(1 << i % bits);
    }
    *claim = before;
    free(octets);
}

START_TEST(claims_of_a_wrong_value)
{
    struct vouch_ear_appraisal *one = &r.ear.appraisals[0];

    begin(_i);
    flip_bits(&one->nonce, 8);
    flip_bits(&one->aik_pub_hash, 8);
    flip_bits(&one->ueid, 8);
    flip_bits(&r.ear.nonce, 8);
    flip_bits(&r.ear.profile, 7);
    report("claims of a wrong value");
}
END_TEST

START_TEST(times_that_are_wrong)
{
    static const int64_t far[] = {1, 2, 3600, 86400, 31536000, 315360000};

    begin(_i);
    for (int i = 0; i < COUNT(far); i++) {
        struct vouch_ear good = r.ear;
        int64_t now = r.expected.now.unix_s;

        r.ear.exp = now + 1 - far[i];
        count(results_judge(&r));
        r.ear = good;
        r.ear.nbf = now + far[i];
        count(results_judge(&r));
        r.ear = good;
        r.ear.iat = now + RESULTS_MAX_AGE + far[i];
        count(results_judge(&r));
        r.ear.iat = now - RESULTS_MAX_AGE - far[i];
        count(results_judge(&r));
        r.ear = good;
    }
    report("wrong times");
}
END_TEST

/* Keys of every kind, that sign what the Verifier would. */
START_TEST(keys_that_are_wrong)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_ED25519,
                                          PKI_RSA2048};

    begin(_i);
    for (int i = 0; i < COUNT(kinds); i++) {
        EVP_PKEY *pkey = pki_key(kinds[i]);
        vouch_key *key;

        ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
        if (vouch_ear_form_is_for(vouch_ear_form_find(r.format), key)) {
            vouch_buffer token = results_token(&r, key);

            count(results_judge_token(&r, span_of(&token)));
            free(token.data);
        }
        vouch_key_free(key);
        EVP_PKEY_free(pkey);
    }
    report("wrong keys");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ear_changes");
    TCase *tc = tcase_create("ear_changes");

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, claims_that_are_left_out, 0, RESULTS_FORMATS);
    tcase_add_loop_test(tc, claims_of_a_wrong_type, 0, RESULTS_FORMATS);
    tcase_add_loop_test(tc, claims_of_a_wrong_value, 0, RESULTS_FORMATS);
    tcase_add_loop_test(tc, times_that_are_wrong, 0, RESULTS_FORMATS);
    tcase_add_loop_test(tc, keys_that_are_wrong, 0, RESULTS_FORMATS);
    suite_add_tcase(suite, tc);
    return suite;
}
