/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/memory.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"
#include "lib/evidence/cose_key.h"
#include "lib/keys/digest.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

/* The real attester and the real appraiser, with a key in PSA and one file. */

enum { NOW = 1800000000 };

static char path[128], file_name[160];
static vouch_key *key;
static vouch_attester *attester;
static EVP_PKEY *aik;
static vouch_buffer aik_spki;
static struct vouch_evidence_request request;
static vouch_expectation expected;
static vouch_policy *policy;

static void set_digest(vouch_digest *out, uint8_t first, size_t len)
{
    *out = (vouch_digest){.len = len};
    for (size_t i = 0; i < len; i++) {
        out->data[i] = (uint8_t)(first + i);
    }
}

static void expect(size_t hash_len)
{
    set_digest(&request.binder, 1, hash_len);
    set_digest(&request.aik_pub_hash, 101, hash_len);
    request.aik_spki = span_of(&aik_spki);
    request.now = (vouch_now){0, NOW};
    expected.binder = request.binder;
    expected.aik_pub_hash = request.aik_pub_hash;
    expected.aik_spki = request.aik_spki;
    expected.now = request.now;
}

/* A policy that trusts the key, and no reference values yet. */
static vouch_policy *trusting(void)
{
    vouch_policy *made;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &made), VOUCH_OK);
    ck_assert_int_eq(
        vouch_policy_add_key(made, vouch_key_spki(key), (vouch_bytes){NULL, 0}),
        VOUCH_OK);
    return made;
}

static void add_reference(vouch_policy *to, const char *name,
                          const uint8_t sha256[32])
{
    ck_assert_int_eq(
        vouch_policy_add_reference(to, name, (vouch_bytes){sha256, 32}),
        VOUCH_OK);
}

/* All that the attester measured, but `name`, which may be NULL. */
static void add_references_but(vouch_policy *to, const char *name)
{
    const vouch_measurement *measured;
    size_t num;

    ck_assert_int_eq(vouch_software_measurements(attester, &measured, &num),
                     VOUCH_OK);
    for (size_t i = 0; i < num; i++) {
        if (name == NULL || strcmp(name, measured[i].name) != 0) {
            add_reference(to, measured[i].name, measured[i].sha256);
        }
    }
}

static vouch_attester *make_attester(vouch_key *with, const char *const *files)
{
    vouch_attester *made;

    ck_assert_int_eq(
        vouch_software_attester_new(with, "test", "1.2", files, &made),
        VOUCH_OK);
    return made;
}

static void set_up(void)
{
    char key_path[128];
    const char *const files[] = {path, NULL};

    make_dir();
    path_in(key_path, "key.pem");
    path_in(path, "file");
    snprintf(file_name, sizeof file_name, "file:%s", path);
    write_file(path, "one");
    ck_assert_int_eq(vouch_key_create(key_path, VOUCH_P256, false), VOUCH_OK);
    ck_assert_int_eq(vouch_key_load_psa(key_path, &key), VOUCH_OK);
    attester = make_attester(key, files);
    aik = pki_key(PKI_P256);
    aik_spki = pki_spki(aik);
    expect(32);
    policy = trusting();
    add_references_but(policy, NULL);
}

static void tear_down(void)
{
    vouch_policy_free(policy);
    vouch_attester_free(attester);
    vouch_key_free(key);
    EVP_PKEY_free(aik);
    free(aik_spki.data);
    remove_dir();
}

static vouch_buffer produce(void)
{
    vouch_buffer cmw;

    ck_assert_int_eq(vouch_attester_produce(attester, &request, &cmw),
                     VOUCH_OK);
    return cmw;
}

static vouch_result judge_by(vouch_policy *by, vouch_bytes cmw)
{
    vouch_appraiser *appraiser;
    vouch_result result;

    memset(&result, 0xa5, sizeof result);
    ck_assert_int_eq(vouch_eat_appraiser_new(by, &appraiser), VOUCH_OK);
    vouch_appraise(appraiser, cmw, &expected, &result);
    vouch_appraiser_free(appraiser);
    return result;
}

static vouch_result judge_token(vouch_policy *by, vouch_bytes token)
{
    vouch_buffer cmw;
    vouch_result result;

    ck_assert_int_eq(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, token,
                                      VOUCH_CMW_EVIDENCE, &cmw),
                     VOUCH_OK);
    result = judge_by(by, span_of(&cmw));
    vouch_buffer_free(&cmw);
    return result;
}

/* Signs `payload` with the attestation key, whatever it is. */
static vouch_result judge_payload(vouch_policy *by, vouch_bytes payload)
{
    uint8_t id[32];
    vouch_buffer token;
    vouch_result result;
    CBB cbb;

    vouch_sha256(vouch_key_spki(key), id);
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(vouch_cose_sign(key, (vouch_bytes){id, 32}, payload, &cbb),
                     VOUCH_OK);
    token = finish_cbb(&cbb);
    result = judge_token(by, span_of(&token));
    free(token.data);
    return result;
}

static vouch_result judge_claims(vouch_policy *by, const struct vouch_eat *eat)
{
    vouch_buffer payload;
    vouch_result result;
    CBB cbb;

    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert(vouch_eat_encode(&cbb, eat));
    payload = finish_cbb(&cbb);
    result = judge_payload(by, span_of(&payload));
    free(payload.data);
    return result;
}

/* What the attester says, taken apart; borrowed from `cmw`. */
static struct vouch_eat claims_of(const vouch_buffer *cmw)
{
    struct vouch_cose_sign1 sign1;
    struct vouch_eat eat;
    vouch_cmw record;

    ck_assert_int_eq(vouch_cmw_parse(span_of(cmw), &record), VOUCH_OK);
    ck_assert_int_eq(vouch_cose_sign1_decode(record.value, &sign1), VOUCH_OK);
    ck_assert_int_eq(
        vouch_eat_decode(sign1.payload, VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
        VOUCH_OK);
    return eat;
}

static void to_hex(char out[VOUCH_TEXT_MAX], const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        snprintf(&out[2 * i], 3, "%02x", octets[i]);
    }
}

static void assert_accepted(const vouch_result *result)
{
    ck_assert_msg(result->verdict == VOUCH_ACCEPTED, "refused: %s %s %s",
                  vouch_check_name(result->reason.check),
                  vouch_claim_name(result->reason.claim), result->reason.name);
}

static void assert_refused(const vouch_result *result, vouch_check check,
                           vouch_claim claim, vouch_err err)
{
    ck_assert_int_eq(result->verdict, VOUCH_REJECTED);
    ck_assert_int_eq(result->level, VOUCH_LEVEL_NONE);
    ck_assert_str_eq(vouch_check_name(result->reason.check),
                     vouch_check_name(check));
    ck_assert_str_eq(vouch_claim_name(result->reason.claim),
                     vouch_claim_name(claim));
    ck_assert_str_eq(vouch_err_name(result->reason.err), vouch_err_name(err));
}

static void assert_texts(const vouch_result *result, const char *name,
                         const char *wanted, const char *found)
{
    ck_assert_str_eq(result->reason.name, name);
    ck_assert_str_eq(result->reason.expected, wanted);
    ck_assert_str_eq(result->reason.found, found);
}

/* What is accepted */

/* [X21] [X27] [X28], both lengths of hash [X24] */
START_TEST(genuine_evidence_is_accepted)
{
    vouch_buffer cmw;
    vouch_result result;
    uint8_t digest[32];
    vouch_cmw record;

    expect(_i == 0 ? 32 : 48);
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    ck_assert_int_eq(result.not_after, INT64_MAX);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_NONE);
    ck_assert_mem_eq(&result.binder, &request.binder, sizeof request.binder);
    ck_assert_mem_eq(&result.aik_pub_hash, &request.aik_pub_hash,
                     sizeof request.aik_pub_hash);
    vouch_sha256(vouch_key_spki(key), digest);
    ck_assert_mem_eq(result.anchor_digest, digest, 32);
    ck_assert_int_eq(vouch_cmw_parse(span_of(&cmw), &record), VOUCH_OK);
    vouch_sha256(record.value, digest);
    ck_assert_mem_eq(result.evidence_digest, digest, 32);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(evidence_says_what_it_should)
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    uint8_t id[32];
    vouch_cmw record;

    ck_assert_int_eq(vouch_cmw_parse(span_of(&cmw), &record), VOUCH_OK);
    ck_assert(vouch_bytes_equal(record.media_type,
                                vouch_text(VOUCH_SOFTWARE_FORMAT)));
    ck_assert_uint_eq(record.indicator, VOUCH_CMW_EVIDENCE);
    ck_assert(eat.has_iat);
    ck_assert_int_eq(eat.iat, NOW);
    ck_assert(
        vouch_bytes_equal(eat.nonce, vouch_digest_bytes(&request.binder)));
    ck_assert(vouch_bytes_equal(eat.aik_pub_hash,
                                vouch_digest_bytes(&request.aik_pub_hash)));
    ck_assert(
        vouch_bytes_equal(eat.profile, vouch_text("tag:vouch,2026:software")));
    ck_assert(vouch_bytes_equal(eat.swname, vouch_text("test")));
    ck_assert(vouch_bytes_equal(eat.swversion, vouch_text("1.2")));
    ck_assert_uint_eq(eat.ueid.len, 33);
    ck_assert_uint_eq(eat.ueid.data[0], 1);
    vouch_sha256(vouch_key_spki(key), id);
    ck_assert_mem_eq(&eat.ueid.data[1], id, 32);
    ck_assert_uint_ne(eat.kernel.len, 0);
    ck_assert_uint_eq(eat.boot_id.len, 36);
    vouch_buffer_free(&cmw);
}
END_TEST

/* The value of a measurement, as sha256sum says it. */
static void assert_measured(const char *name, const char *file)
{
    const vouch_measurement *measured;
    uint8_t sha256[32];
    size_t num, i = 0;

    ck_assert_int_eq(vouch_software_measurements(attester, &measured, &num),
                     VOUCH_OK);
    while (i < num && strcmp(measured[i].name, name) != 0) {
        i++;
    }
    ck_assert_uint_lt(i, num);
    sha256sum(file, sha256);
    ck_assert_mem_eq(measured[i].sha256, sha256, 32);
}

START_TEST(measurements_are_those_of_the_files)
{
    char exe[64];

    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)getpid());
    assert_measured("executable", exe);
    assert_measured(file_name, path);
}
END_TEST

START_TEST(measurements_of_another_attester_are_refused)
{
    static const struct vouch_attester_ops ops = {.indicator = 4};
    const vouch_attester other = {.ops = &ops, .format = "a/b"};
    const vouch_measurement *measured = NULL;
    size_t num = 7;

    ck_assert_int_eq(vouch_software_measurements(&other, &measured, &num),
                     VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(measured);
    ck_assert_uint_eq(num, 7);
}
END_TEST

/* Format and structure */

START_TEST(other_formats_are_refused) /* [C15] */
{
    static const char *const types[] = {
        "application/eat+cwt", "application/eat+cwt; eat_profile=\"x\"",
        VOUCH_SOFTWARE_FORMAT "x"};
    vouch_buffer cmw;
    vouch_result result;

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(vouch_cmw_record(types[i], vouch_text("x"), 4, &cmw),
                         VOUCH_OK);
        result = judge_by(policy, span_of(&cmw));
        assert_refused(&result, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
        assert_texts(&result, "", VOUCH_SOFTWARE_FORMAT, types[i]);
        vouch_buffer_free(&cmw);
    }
    cmw = from_hex("83 19 0101 41 00 04");
    result = judge_by(policy, span_of(&cmw));
    assert_refused(&result, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    assert_texts(&result, "", VOUCH_SOFTWARE_FORMAT, "257");
    free(cmw.data);
    cmw = from_hex("da6374ffe6 41 00");
    result = judge_by(policy, span_of(&cmw));
    assert_refused(&result, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    assert_texts(&result, "", VOUCH_SOFTWARE_FORMAT, "64999");
    free(cmw.data);
}
END_TEST

/* A collection is appraised like what it holds (tests/test_collection.c). */
START_TEST(collection_of_one_is_as_good_as_that)
{
    vouch_buffer genuine = produce(), cmw;
    const vouch_cmw_member member = {.label = vouch_text("a"),
                                     .cmw = span_of(&genuine)};
    vouch_result result;

    ck_assert_int_eq(vouch_cmw_collection(NULL, &member, 1, &cmw), VOUCH_OK);
    result = judge_by(policy, span_of(&cmw));
    ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    vouch_buffer_free(&cmw);
    vouch_buffer_free(&genuine);
}
END_TEST

/* Evidence and nothing besides. */
START_TEST(other_conceptual_messages_are_refused) /* [C15] */
{
    for (uint32_t indicator = 1; indicator < 32; indicator++) {
        vouch_buffer genuine, cmw;
        vouch_result result;
        vouch_cmw record;
        char found[8];

        if (indicator == VOUCH_CMW_EVIDENCE) {
            continue;
        }
        genuine = produce();
        ck_assert_int_eq(vouch_cmw_parse(span_of(&genuine), &record), VOUCH_OK);
        ck_assert_int_eq(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, record.value,
                                          indicator, &cmw),
                         VOUCH_OK);
        result = judge_by(policy, span_of(&cmw));
        snprintf(found, sizeof found, "%u", (unsigned)indicator);
        assert_refused(&result, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
        assert_texts(&result, "indicator", "4", found);
        vouch_buffer_free(&genuine);
        vouch_buffer_free(&cmw);
    }
}
END_TEST

static const struct {
    const char *cmw;
    vouch_err err;
} no_cmws[] = {{"", VOUCH_E_CBOR},
               {"9f", VOUCH_E_CBOR},
               {"80", VOUCH_E_CMW},
               {"d28440a04040", VOUCH_E_CMW_SIGNED}};

START_TEST(what_is_no_cmw_is_refused)
{
    vouch_buffer cmw = from_hex(no_cmws[_i].cmw);
    vouch_result result = judge_by(policy, span_of(&cmw));

    assert_refused(&result, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
                   no_cmws[_i].err);
    free(cmw.data);
}
END_TEST

static const struct {
    const char *token;
    vouch_err err;
} no_tokens[] = {{"", VOUCH_E_CBOR},
                 {"8443a10126a04040", VOUCH_E_CBOR},
                 {"d28440a04040", VOUCH_E_COSE_ALGORITHM},
                 {"d28443a10126a101264040", VOUCH_E_DUPLICATE},
                 {"d28443a10126a10281044040", VOUCH_E_ILLEGAL}};

START_TEST(what_is_no_token_is_refused)
{
    vouch_buffer token = from_hex(no_tokens[_i].token);
    vouch_result result = judge_token(policy, span_of(&token));

    assert_refused(&result, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
                   no_tokens[_i].err);
    free(token.data);
}
END_TEST

/* Signed, and yet no claims. */
static const struct {
    const char *payload, *name;
    vouch_err err;
} no_claims[] = {{"", "", VOUCH_E_CBOR},
                 {"80", "", VOUCH_E_CBOR},
                 {"a206010602", "", VOUCH_E_CBOR},
                 {"a106fb41dad27480000001", "6", VOUCH_E_CLAIM_TYPE}, /* T09 */
                 {"a10a8148 0001020304050607", "10", VOUCH_E_CLAIM_TYPE},
                 {"a13a0001388101", "-80002", VOUCH_E_CLAIM_TYPE}};

START_TEST(what_is_no_claims_set_is_refused) /* [T06] [T09] [T11] */
{
    vouch_buffer payload = from_hex(no_claims[_i].payload);
    vouch_result result = judge_payload(policy, span_of(&payload));

    assert_refused(&result, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
                   no_claims[_i].err);
    assert_texts(&result, no_claims[_i].name, "", "");
    free(payload.data);
}
END_TEST

/* Policy, anchor and signature */

START_TEST(empty_policy_accepts_nothing) /* [X18] */
{
    static const uint8_t value[32];
    vouch_buffer cmw = produce();
    vouch_policy *empty;
    vouch_result result;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &empty), VOUCH_OK);
    if (_i == 1) {
        vouch_policy_free(empty);
        empty = trusting();
    } else if (_i == 2) {
        add_reference(empty, "executable", value);
    }
    result = judge_by(empty, span_of(&cmw));
    assert_refused(&result, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE, VOUCH_OK);
    vouch_policy_free(empty);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(unknown_anchor_is_refused) /* [X16] [T13] */
{
    vouch_buffer cmw = produce();
    EVP_PKEY *other = pki_key(PKI_P256);
    vouch_buffer spki = pki_spki(other);
    char found[VOUCH_TEXT_MAX];
    vouch_policy *strange;
    vouch_result result;
    uint8_t id[32];

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &strange),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_policy_add_key(strange, span_of(&spki), (vouch_bytes){NULL, 0}),
        VOUCH_OK);
    add_references_but(strange, NULL);
    result = judge_by(strange, span_of(&cmw));
    vouch_sha256(vouch_key_spki(key), id);
    to_hex(found, id, 32);
    assert_refused(&result, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_OK);
    assert_texts(&result, "", "", found);
    vouch_policy_free(strange);
    EVP_PKEY_free(other);
    free(spki.data);
    vouch_buffer_free(&cmw);
}
END_TEST

/* The key id of an anchor, and the signature of somebody else. */
START_TEST(key_id_alone_is_no_trust) /* [T13] */
{
    vouch_buffer cmw = produce(), token;
    EVP_PKEY *other = pki_key(PKI_P256);
    struct vouch_cose_sign1 sign1;
    vouch_key *signer;
    vouch_result result;
    vouch_cmw record;
    CBB cbb;

    ck_assert_int_eq(vouch_cmw_parse(span_of(&cmw), &record), VOUCH_OK);
    ck_assert_int_eq(vouch_cose_sign1_decode(record.value, &sign1), VOUCH_OK);
    ck_assert_int_eq(vouch_key_from_evp(other, &signer), VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(vouch_cose_sign(signer, sign1.key_id, sign1.payload, &cbb),
                     VOUCH_OK);
    token = finish_cbb(&cbb);
    result = judge_token(policy, span_of(&token));
    assert_refused(&result, VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE,
                   VOUCH_E_SIGNATURE);
    free(token.data);
    vouch_key_free(signer);
    EVP_PKEY_free(other);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Signed for P-384 under the id of a P-256 key. */
START_TEST(algorithm_is_that_of_the_anchor)
{
    vouch_buffer cmw = produce(), token;
    EVP_PKEY *other = pki_key(PKI_P384);
    vouch_key *signer;
    vouch_result result;
    uint8_t id[32];
    CBB cbb;

    vouch_sha256(vouch_key_spki(key), id);
    ck_assert_int_eq(vouch_key_from_evp(other, &signer), VOUCH_OK);
    ck_assert_int_eq(CBB_init(&cbb, 1024), 1);
    ck_assert_int_eq(
        vouch_cose_sign(signer, (vouch_bytes){id, 32}, vouch_text("x"), &cbb),
        VOUCH_OK);
    token = finish_cbb(&cbb);
    result = judge_token(policy, span_of(&token));
    assert_refused(&result, VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE,
                   VOUCH_E_COSE_ALGORITHM);
    free(token.data);
    vouch_key_free(signer);
    EVP_PKEY_free(other);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(no_bit_of_the_evidence_can_be_another) /* [T01] [X16] */
{
    vouch_buffer cmw = produce();
    vouch_result result = judge_by(policy, span_of(&cmw));

    assert_accepted(&result);
    for (size_t i = 0; i < cmw.len; i++) {
        uint8_t bit = (uint8_t)(1 << i % 8);

        cmw.data[i] ^= bit;
        result = judge_by(policy, span_of(&cmw));
        ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
        cmw.data[i] ^= bit;
    }
    vouch_buffer_free(&cmw);
}
END_TEST

/* The same P-256 key with its point compressed: of the SubjectPublicKeyInfo the
 * algorithm stays, and of the point x and the sign of y. */
static vouch_buffer compressed(vouch_bytes spki)
{
    CBB cbb;

    ck_assert_uint_eq(spki.len, 91);
    ck_assert_int_eq(CBB_init(&cbb, 59), 1);
    ck_assert_int_eq(CBB_add_u16(&cbb, 0x3039), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, spki.data + 2, 21), 1);
    ck_assert_int_eq(CBB_add_u24(&cbb, 0x032200), 1);
    ck_assert_int_eq(CBB_add_u8(&cbb, (uint8_t)(2 | (spki.data[90] & 1))), 1);
    ck_assert_int_eq(CBB_add_bytes(&cbb, spki.data + 27, 32), 1);
    return finish_cbb(&cbb);
}

/* The AIK signs no evidence: neither makes the attester it ... */
START_TEST(attester_does_not_sign_with_the_aik) /* [X31] */
{
    vouch_buffer other = compressed(vouch_key_spki(key));
    vouch_buffer cmw = {NULL, 7};

    request.aik_spki = _i == 0 ? vouch_key_spki(key) : span_of(&other);
    ck_assert_int_eq(vouch_attester_produce(attester, &request, &cmw),
                     VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(cmw.data);
    ck_assert_uint_eq(cmw.len, 7);
    free(other.data);
}
END_TEST

/* ... nor takes the appraiser it, however the AIK is encoded. */
START_TEST(appraiser_takes_no_evidence_by_the_aik) /* [X31] */
{
    vouch_buffer cmw = produce();
    vouch_buffer other = compressed(vouch_key_spki(key));
    vouch_result result;

    expected.aik_spki = _i == 0 ? vouch_key_spki(key) : span_of(&other);
    result = judge_by(policy, span_of(&cmw));
    assert_refused(&result, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE,
                   VOUCH_E_ILLEGAL);
    assert_texts(&result, "", "", "the AIK");
    free(other.data);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Claims */

/* A digest that differs in one octet, or is shorter, longer, absent. */
static vouch_bytes spoilt(const vouch_digest *digest, int how, uint8_t room[64])
{
    size_t len = digest->len;

    memset(room, 0, 64);
    memcpy(room, digest->data, len);
    switch (how) {
    case 0:
        room[0] ^= 1;
        break;
    case 1:
        room[len - 1] ^= 0x80;
        break;
    case 2:
        len = 33;
        break;
    case 3:
        len = 48;
        break;
    default:
        len = 0;
        break;
    }
    return (vouch_bytes){room, len};
}

static void assert_binding(const vouch_result *result, vouch_claim claim,
                           const vouch_digest *wanted, vouch_bytes found)
{
    char texts[2][VOUCH_TEXT_MAX] = {"", ""};

    to_hex(texts[0], wanted->data, wanted->len);
    to_hex(texts[1], found.data, found.len);
    assert_refused(result, VOUCH_CHECK_BINDING, claim,
                   found.len == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    assert_texts(result, "", texts[0], texts[1]);
}

START_TEST(nonce_is_the_binder_as_a_whole) /* [X21] [X25] [T05] */
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;
    uint8_t room[64];

    eat.nonce = spoilt(&request.binder, _i, room);
    result = judge_claims(policy, &eat);
    assert_binding(&result, VOUCH_CLAIM_NONCE, &request.binder, eat.nonce);
    /* a part of it, as long as a nonce may be */
    eat.nonce = (vouch_bytes){request.binder.data, 31};
    result = judge_claims(policy, &eat);
    assert_binding(&result, VOUCH_CLAIM_NONCE, &request.binder, eat.nonce);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(aik_pub_hash_is_that_of_the_aik) /* [X27] [X28] */
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;
    uint8_t room[64];

    eat.aik_pub_hash = spoilt(&request.aik_pub_hash, _i, room);
    result = judge_claims(policy, &eat);
    assert_binding(&result, VOUCH_CLAIM_AIK_PUB_HASH, &request.aik_pub_hash,
                   eat.aik_pub_hash);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(profile_is_the_one_of_the_format)
{
    static const char *const profiles[] = {"", "tag:vouch,2026:softwar",
                                           "tag:vouch,2026:software2", "x\n"};
    static const char *const found[] = {"", "tag:vouch,2026:softwar",
                                        "tag:vouch,2026:software2", "x\\x0a"};
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;

    eat.profile = vouch_text(profiles[_i]);
    result = judge_claims(policy, &eat);
    assert_refused(&result, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE,
                   _i == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    assert_texts(&result, "", "tag:vouch,2026:software", found[_i]);
    vouch_buffer_free(&cmw);
}
END_TEST

/* As many seconds before as after, and not one more. */
static const struct {
    int64_t iat;
    bool good;
} ages[] = {{NOW, true},        {NOW - 60, true},  {NOW - 61, false},
            {NOW + 60, true},   {NOW + 61, false}, {0, false},
            {INT64_MIN, false}, {INT64_MAX, false}};

START_TEST(iat_is_near_the_time) /* [T12] */
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;
    char found[32];

    ck_assert_int_eq(vouch_policy_set_max_age(policy, 60), VOUCH_OK);
    eat.iat = ages[_i].iat;
    result = judge_claims(policy, &eat);
    if (ages[_i].good) {
        assert_accepted(&result);
    } else {
        snprintf(found, sizeof found, "%lld", (long long)ages[_i].iat);
        assert_refused(&result, VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_OK);
        assert_texts(&result, "", "within 60 s of 1800000000", found);
    }
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(iat_is_there)
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;

    eat.has_iat = false;
    result = judge_claims(policy, &eat);
    assert_refused(&result, VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT,
                   VOUCH_E_CLAIM_MISSING);
    assert_texts(&result, "", "within 300 s of 1800000000", "");
    vouch_buffer_free(&cmw);
}
END_TEST

/* Claims that only a policy asks for. */
static const struct {
    vouch_claim claim;
    size_t member;
} optional[] = {
    {VOUCH_CLAIM_UEID, offsetof(struct vouch_eat, ueid)},
    {VOUCH_CLAIM_SOFTWARE_NAME, offsetof(struct vouch_eat, swname)},
    {VOUCH_CLAIM_SOFTWARE_VERSION, offsetof(struct vouch_eat, swversion)},
    {VOUCH_CLAIM_MEASUREMENT, offsetof(struct vouch_eat, measurements)},
    {VOUCH_CLAIM_KERNEL, offsetof(struct vouch_eat, kernel)},
    {VOUCH_CLAIM_BOOT_ID, offsetof(struct vouch_eat, boot_id)},
};

START_TEST(required_claims_are_there)
{
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_policy *requiring = trusting();
    vouch_result result;

    add_references_but(requiring, NULL);
    ck_assert_int_eq(vouch_policy_require_claim(requiring, optional[_i].claim),
                     VOUCH_OK);
    result = judge_by(requiring, span_of(&cmw));
    assert_accepted(&result);
    memset((uint8_t *)&eat + optional[_i].member, 0, sizeof(vouch_bytes));
    result = judge_claims(requiring, &eat);
    assert_refused(&result, VOUCH_CHECK_CLAIM, optional[_i].claim,
                   VOUCH_E_CLAIM_MISSING);
    assert_texts(&result, "", "", "");
    if (optional[_i].claim != VOUCH_CLAIM_MEASUREMENT) {
        result = judge_claims(policy, &eat);
        assert_accepted(&result);
    }
    vouch_policy_free(requiring);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Posture */

static const uint8_t component[32] = {0xc};

static vouch_buffer produce_with_posture(void)
{
    struct vouch_posture posture = {.epoch = 7};
    vouch_buffer cmw;
    bool changed;

    ck_assert_int_eq(vouch_posture_set(&posture, "model", component, &changed),
                     VOUCH_OK);
    request.posture = &posture;
    cmw = produce();
    request.posture = NULL;
    vouch_posture_cleanup(&posture);
    return cmw;
}

START_TEST(posture_is_in_the_evidence_and_in_the_result)
{
    vouch_buffer cmw = produce_with_posture();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result = judge_by(policy, span_of(&cmw));
    vouch_bytes name, sha256;
    uint8_t digest[32];
    size_t num;
    CBS in = vouch_digests_begin(eat.components, &num);

    assert_accepted(&result);
    ck_assert(result.has_epoch);
    ck_assert_uint_eq(result.epoch, 7);
    ck_assert_uint_eq(num, 1);
    ck_assert(vouch_digests_next(&in, &name, &sha256));
    ck_assert(vouch_bytes_equal(name, vouch_text("model")));
    ck_assert_mem_eq(sha256.data, component, 32);
    vouch_sha256(eat.components, digest);
    ck_assert_uint_eq(eat.posture_digest.len, 32);
    ck_assert_mem_eq(eat.posture_digest.data, digest, 32);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(posture_digest_is_that_of_the_components)
{
    vouch_buffer cmw = produce_with_posture();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result = judge_claims(policy, &eat);
    char wanted[VOUCH_TEXT_MAX], found[VOUCH_TEXT_MAX];
    uint8_t digest[32];

    assert_accepted(&result);
    to_hex(wanted, eat.posture_digest.data, 32);
    memcpy(digest, eat.posture_digest.data, 32);
    digest[_i] ^= 1;
    to_hex(found, digest, 32);
    eat.posture_digest.data = digest;
    result = judge_claims(policy, &eat);
    assert_refused(&result, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE, VOUCH_OK);
    assert_texts(&result, "", wanted, found);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(security_version_is_in_the_evidence_and_in_the_result)
{
    vouch_buffer cmw = produce();
    vouch_result result = judge_by(policy, span_of(&cmw));

    ck_assert(!result.has_security_version);
    vouch_buffer_free(&cmw);
    ck_assert_int_eq(vouch_software_attester_set_security_version(attester, 42),
                     VOUCH_OK);
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    ck_assert(result.has_security_version);
    ck_assert_uint_eq(result.security_version, 42);
    vouch_buffer_free(&cmw);
}
END_TEST

/* All that there is can be required, and is there. */
START_TEST(evidence_has_every_claim)
{
    vouch_buffer cmw = produce();
    vouch_result result;

    for (int claim = VOUCH_CLAIM_NONCE; claim <= VOUCH_CLAIM_BOOT_ID; claim++) {
        ck_assert_int_eq(vouch_policy_require_claim(policy, (vouch_claim)claim),
                         VOUCH_OK);
    }
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Reference values */

static const uint8_t other_value[32] = {0xab};

static void sha256_hex(char out[VOUCH_TEXT_MAX], const char *text)
{
    uint8_t digest[32];

    vouch_sha256(vouch_text(text), digest);
    to_hex(out, digest, 32);
}

START_TEST(other_value_is_refused) /* [X18] */
{
    vouch_buffer cmw = produce();
    vouch_policy *other = trusting();
    char wanted[VOUCH_TEXT_MAX], found[VOUCH_TEXT_MAX];
    vouch_result result;

    add_references_but(other, file_name);
    add_reference(other, file_name, other_value);
    result = judge_by(other, span_of(&cmw));
    to_hex(wanted, other_value, 32);
    sha256_hex(found, "one");
    assert_refused(&result, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                   VOUCH_OK);
    assert_texts(&result, file_name, wanted, found);
    vouch_policy_free(other);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(measurement_without_reference_is_refused)
{
    vouch_buffer cmw = produce();
    vouch_policy *less = trusting();
    char found[VOUCH_TEXT_MAX];
    vouch_result result;

    add_references_but(less, file_name);
    result = judge_by(less, span_of(&cmw));
    sha256_hex(found, "one");
    assert_refused(&result, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                   VOUCH_OK);
    assert_texts(&result, file_name, "", found);
    vouch_policy_free(less);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(reference_without_measurement_is_refused)
{
    vouch_buffer cmw = produce();
    vouch_policy *more = trusting();
    char wanted[VOUCH_TEXT_MAX];
    vouch_result result;

    add_references_but(more, NULL);
    add_reference(more, "unheard", other_value);
    result = judge_by(more, span_of(&cmw));
    to_hex(wanted, other_value, 32);
    assert_refused(&result, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                   VOUCH_E_CLAIM_MISSING);
    assert_texts(&result, "unheard", wanted, "");
    vouch_policy_free(more);
    vouch_buffer_free(&cmw);
}
END_TEST

/* None at all, as no claim or as an empty one. */
START_TEST(evidence_without_measurements_is_refused)
{
    static const uint8_t empty[] = {0xa0};
    vouch_buffer cmw = produce();
    struct vouch_eat eat = claims_of(&cmw);
    vouch_result result;

    eat.measurements = (vouch_bytes){empty, (size_t)_i};
    result = judge_claims(policy, &eat);
    assert_refused(&result, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                   VOUCH_E_CLAIM_MISSING);
    ck_assert_str_eq(result.reason.name, "executable");
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(values_for_one_name_are_alternatives)
{
    vouch_buffer cmw = produce();
    vouch_result result;

    add_reference(policy, file_name, other_value);
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Files */

START_TEST(changed_file_is_measured_again)
{
    char wanted[VOUCH_TEXT_MAX], found[VOUCH_TEXT_MAX];
    vouch_buffer cmw = produce();
    vouch_result result = judge_by(policy, span_of(&cmw));

    assert_accepted(&result);
    vouch_buffer_free(&cmw);
    if (_i == 0) {
        write_file(path, "two"); /* in place, of equal length, at once */
    } else {
        replace_file(path, "two");
    }
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    sha256_hex(wanted, "one");
    sha256_hex(found, "two");
    assert_refused(&result, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                   VOUCH_OK);
    assert_texts(&result, file_name, wanted, found);
    vouch_buffer_free(&cmw);
    write_file(path, "one");
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    vouch_buffer_free(&cmw);
}
END_TEST

START_TEST(file_that_is_gone_ends_production)
{
    vouch_buffer cmw = {NULL, 7};

    ck_assert_int_eq(unlink(path), 0);
    errno = 0;
    ck_assert_int_eq(vouch_attester_produce(attester, &request, &cmw),
                     VOUCH_E_IO);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_null(cmw.data);
    ck_assert_uint_eq(cmw.len, 7);
}
END_TEST

/* Making an attester */

static vouch_err try_attester(vouch_key *with, const char *name,
                              const char *version, const char *const *files)
{
    vouch_attester *made = attester;
    vouch_err err =
        vouch_software_attester_new(with, name, version, files, &made);

    if (err == VOUCH_OK) {
        vouch_attester_free(made);
    } else {
        ck_assert_ptr_eq(made, attester);
    }
    return err;
}

START_TEST(attester_describes_itself_in_short_texts)
{
    char longest[VOUCH_LIMIT_MEASUREMENT_NAME + 2];

    memset(longest, 'a', sizeof longest);
    longest[VOUCH_LIMIT_MEASUREMENT_NAME + 1] = '\0';
    ck_assert_int_eq(try_attester(key, longest, "1", NULL), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_attester(key, "a", longest, NULL), VOUCH_E_ARGUMENT);
    longest[VOUCH_LIMIT_MEASUREMENT_NAME] = '\0';
    ck_assert_int_eq(try_attester(key, longest, longest, NULL), VOUCH_OK);
    ck_assert_int_eq(try_attester(key, "", "1", NULL), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_attester(key, "a", "", NULL), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_attester(key, "a\xff", "1", NULL), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_attester(key, "a", "\xc3", NULL), VOUCH_E_ARGUMENT);
    ck_assert_int_eq(try_attester(key, "\xc3\xa9", "1", NULL), VOUCH_OK);
}
END_TEST

/* ES384, EdDSA and PS256; all else here is ES256. */
START_TEST(evidence_of_other_keys_is_accepted)
{
    static const enum pki_kind kinds[] = {PKI_P384, PKI_ED25519, PKI_RSA2048};
    EVP_PKEY *pkey = pki_key(kinds[_i]);
    vouch_buffer cmw;
    vouch_result result;

    vouch_key_free(key);
    vouch_attester_free(attester);
    vouch_policy_free(policy);
    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    attester = make_attester(key, NULL);
    policy = trusting();
    add_references_but(policy, NULL);
    expect(48);
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    vouch_buffer_free(&cmw);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(attester_reports_a_file_that_it_can_not_read)
{
    char absent[128];
    const char *const files[] = {path, absent, NULL};

    path_in(absent, "absent");
    errno = 0;
    ck_assert_int_eq(try_attester(key, "a", "1", files), VOUCH_E_IO);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(attester_takes_a_file_once)
{
    const char *const files[] = {path, path, NULL};
    vouch_attester *twice = make_attester(key, files);
    const vouch_measurement *measured;
    size_t num, again;

    ck_assert_int_eq(vouch_software_measurements(attester, &measured, &num),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_software_measurements(twice, &measured, &again),
                     VOUCH_OK);
    ck_assert_uint_eq(num, again);
    vouch_attester_free(twice);
}
END_TEST

START_TEST(attester_refuses_names_that_are_none)
{
    char longest[VOUCH_LIMIT_MEASUREMENT_NAME + 1];
    const char *files[] = {"", NULL};

    ck_assert_int_eq(try_attester(key, "a", "1", files), VOUCH_E_ARGUMENT);
    memset(longest, '/', sizeof longest);
    longest[VOUCH_LIMIT_MEASUREMENT_NAME - strlen("file:") + 1] = '\0';
    files[0] = longest;
    ck_assert_int_eq(try_attester(key, "a", "1", files), VOUCH_E_ARGUMENT);
}
END_TEST

START_TEST(attester_limits_measurements)
{
    enum { MANY = VOUCH_LIMIT_MEASUREMENTS + 1 };
    static char paths[MANY][160];
    const char *files[MANY + 1] = {NULL};
    const vouch_measurement *measured;
    vouch_attester *without = make_attester(key, NULL);
    vouch_buffer cmw;
    vouch_result result;
    size_t num;

    ck_assert_int_eq(vouch_software_measurements(without, &measured, &num),
                     VOUCH_OK);
    vouch_attester_free(without);
    for (size_t i = 0; i < MANY - num; i++) {
        snprintf(paths[i], sizeof paths[i], "%s%zu", path, i);
        write_file(paths[i], "x");
        files[i] = paths[i];
    }
    ck_assert_int_eq(try_attester(key, "a", "1", files), VOUCH_E_TOO_MANY);
    files[MANY - num - 1] = NULL;
    vouch_attester_free(attester);
    vouch_policy_free(policy);
    attester = make_attester(key, files);
    policy = trusting();
    add_references_but(policy, NULL);
    cmw = produce();
    result = judge_by(policy, span_of(&cmw));
    assert_accepted(&result);
    vouch_buffer_free(&cmw);
}
END_TEST

/* Threads */

enum { THREADS = 4, ROUNDS = 8 };

struct worker {
    pthread_t thread;
    vouch_appraiser *appraiser;
    uint8_t number;
    size_t accepted;
};

static void *attest_and_appraise(void *arg)
{
    struct worker *worker = arg;

    for (uint8_t i = 0; i < ROUNDS; i++) {
        struct vouch_evidence_request own = request;
        vouch_expectation wanted = expected;
        vouch_result result;
        vouch_buffer cmw;

        own.binder.data[0] = worker->number;
        own.binder.data[1] = i;
        wanted.binder = own.binder;
        if (vouch_attester_produce(attester, &own, &cmw) == VOUCH_OK) {
            vouch_appraise(worker->appraiser, span_of(&cmw), &wanted, &result);
            worker->accepted += result.verdict == VOUCH_ACCEPTED;
            vouch_buffer_free(&cmw);
        }
    }
    return NULL;
}

START_TEST(attester_and_appraiser_serve_many_threads)
{
    struct worker workers[THREADS];
    vouch_appraiser *appraiser;

    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    for (uint8_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.appraiser = appraiser, .number = i};
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL,
                                        attest_and_appraise, &workers[i]),
                         0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        ck_assert_uint_eq(workers[i].accepted, ROUNDS);
    }
    vouch_appraiser_free(appraiser);
}
END_TEST

/* Memory that runs out at the n-th allocation. */
static void *allocate_counting(void *arg, size_t size)
{
    size_t *left = arg;

    if (*left == 0) {
        return NULL;
    }
    (*left)--;
    return malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static vouch_err produce_and_free(void)
{
    vouch_buffer cmw;
    vouch_err err = vouch_attester_produce(attester, &request, &cmw);

    if (err == VOUCH_OK) {
        vouch_buffer_free(&cmw);
    }
    return err;
}

START_TEST(attester_survives_that_memory_runs_out)
{
    static const char *files[] = {path, NULL};
    static size_t left;
    static const vouch_allocator allocator = {allocate_counting, release,
                                              &left};
    size_t n = 0;
    vouch_err err;

    left = SIZE_MAX;
    vouch_set_allocator(&allocator);
    do {
        left = n++;
        err = _i == 0 ? try_attester(key, "a", "1", files) : produce_and_free();
        ck_assert(err == VOUCH_OK || err == VOUCH_E_NOMEM);
    } while (err != VOUCH_OK);
    ck_assert_uint_gt(n, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("software");
    TCase *tc = tcase_create("software");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, genuine_evidence_is_accepted, 0, 2);
    tcase_add_test(tc, evidence_says_what_it_should);
    tcase_add_test(tc, measurements_are_those_of_the_files);
    tcase_add_test(tc, measurements_of_another_attester_are_refused);
    tcase_add_test(tc, other_formats_are_refused);
    tcase_add_test(tc, collection_of_one_is_as_good_as_that);
    tcase_add_test(tc, other_conceptual_messages_are_refused);
    tcase_add_loop_test(tc, what_is_no_cmw_is_refused, 0, COUNT(no_cmws));
    tcase_add_loop_test(tc, what_is_no_token_is_refused, 0, COUNT(no_tokens));
    tcase_add_loop_test(tc, what_is_no_claims_set_is_refused, 0,
                        COUNT(no_claims));
    tcase_add_loop_test(tc, empty_policy_accepts_nothing, 0, 3);
    tcase_add_test(tc, unknown_anchor_is_refused);
    tcase_add_test(tc, key_id_alone_is_no_trust);
    tcase_add_test(tc, algorithm_is_that_of_the_anchor);
    tcase_add_test(tc, no_bit_of_the_evidence_can_be_another);
    tcase_add_loop_test(tc, attester_does_not_sign_with_the_aik, 0, 2);
    tcase_add_loop_test(tc, appraiser_takes_no_evidence_by_the_aik, 0, 2);
    tcase_add_loop_test(tc, nonce_is_the_binder_as_a_whole, 0, 5);
    tcase_add_loop_test(tc, aik_pub_hash_is_that_of_the_aik, 0, 5);
    tcase_add_loop_test(tc, profile_is_the_one_of_the_format, 0, 4);
    tcase_add_loop_test(tc, iat_is_near_the_time, 0, COUNT(ages));
    tcase_add_test(tc, iat_is_there);
    tcase_add_loop_test(tc, required_claims_are_there, 0, COUNT(optional));
    tcase_add_test(tc, posture_is_in_the_evidence_and_in_the_result);
    tcase_add_loop_test(tc, posture_digest_is_that_of_the_components, 0, 32);
    tcase_add_test(tc, security_version_is_in_the_evidence_and_in_the_result);
    tcase_add_test(tc, evidence_has_every_claim);
    tcase_add_test(tc, other_value_is_refused);
    tcase_add_test(tc, measurement_without_reference_is_refused);
    tcase_add_test(tc, reference_without_measurement_is_refused);
    tcase_add_loop_test(tc, evidence_without_measurements_is_refused, 0, 2);
    tcase_add_test(tc, values_for_one_name_are_alternatives);
    tcase_add_loop_test(tc, changed_file_is_measured_again, 0, 2);
    tcase_add_test(tc, file_that_is_gone_ends_production);
    tcase_add_test(tc, attester_describes_itself_in_short_texts);
    tcase_add_loop_test(tc, evidence_of_other_keys_is_accepted, 0, 3);
    tcase_add_test(tc, attester_reports_a_file_that_it_can_not_read);
    tcase_add_test(tc, attester_takes_a_file_once);
    tcase_add_test(tc, attester_refuses_names_that_are_none);
    tcase_add_test(tc, attester_limits_measurements);
    tcase_add_test(tc, attester_and_appraiser_serve_many_threads);
    tcase_add_loop_test(tc, attester_survives_that_memory_runs_out, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
