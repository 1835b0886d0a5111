/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/posture.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"
#include "lib/keys/digest.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/posture.h"
#include "proto/writer.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"
#include "tests/support/raw_answer.h"
#include "tests/support/tokens.h"

/*
 * Messages that come together, by a registry alone and in sessions: attacks 45
 * and 48. RFC 9999, 6.2: bound together by what is in each of them [C13]; 6.3:
 * which may stand together, proto/README.md says [C15].
 */

#define LABEL(text_) vouch_text(text_)

static const uint8_t program[32] = {4}, model_a[32] = {0xa},
                     model_b[32] = {0xb};

/* A device: its attestation key, and whom it speaks for. */
static EVP_PKEY *pkey, *other_pkey;
static vouch_key *key, *other_key;
static vouch_digest binder, aik_pub_hash;

static vouch_registry *registry;
static vouch_expectation expected;
static vouch_result result;

static void digest_of(vouch_digest *digest, uint8_t first)
{
    *digest = (vouch_digest){.len = 32};
    digest->data[0] = first;
}

static void add_to(vouch_registry *to, vouch_appraiser *appraiser)
{
    ck_assert_int_eq(vouch_registry_add_appraiser(to, appraiser), VOUCH_OK);
    vouch_appraiser_free(appraiser);
}

static vouch_policy *software_policy(void)
{
    vouch_policy *policy;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, vouch_key_spki(key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "executable",
                                                (vouch_bytes){program, 32}),
                     VOUCH_OK);
    return policy;
}

static void add_software(vouch_registry *to)
{
    vouch_policy *policy = software_policy();
    vouch_appraiser *appraiser;

    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    add_to(to, appraiser);
    vouch_policy_free(policy);
}

/* Wants the model to be A. */
static void add_posture(vouch_registry *to)
{
    vouch_appraiser *appraiser;
    vouch_policy *policy;

    ck_assert_int_eq(vouch_policy_new(VOUCH_POSTURE_FORMAT, &policy), VOUCH_OK);
    ck_assert_int_eq(
        vouch_policy_add_component(policy, "model", (vouch_bytes){model_a, 32}),
        VOUCH_OK);
    ck_assert_int_eq(vouch_posture_appraiser_new(policy, &appraiser), VOUCH_OK);
    add_to(to, appraiser);
    vouch_policy_free(policy);
}

static void set_up(void)
{
    pkey = pki_key(PKI_P256);
    other_pkey = pki_key(PKI_P256);
    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_key_from_evp(other_pkey, &other_key), VOUCH_OK);
    digest_of(&binder, 1);
    digest_of(&aik_pub_hash, 2);
    expected = (vouch_expectation){
        .binder = binder, .aik_pub_hash = aik_pub_hash, .now.unix_s = PKI_NOW};
    ck_assert_int_eq(vouch_registry_new(&registry), VOUCH_OK);
}

static void tear_down(void)
{
    vouch_registry_free(registry);
    vouch_key_free(key);
    vouch_key_free(other_key);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other_pkey);
}

/* Messages */

/* A software token of `by` for the exchange, of that epoch or without one. */
static vouch_buffer software_token(const vouch_key *by,
                                   const vouch_digest *nonce,
                                   const vouch_digest *aik, int epoch)
{
    vouch_buffer measurements = token_digests(
        (const struct token_digest[]){{"executable", program}, {NULL, NULL}});
    const struct vouch_eat eat = {
        .has_iat = true,
        .iat = PKI_NOW,
        .nonce = vouch_digest_bytes(nonce),
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .aik_pub_hash = vouch_digest_bytes(aik),
        .measurements = span_of(&measurements),
        .has_epoch = epoch >= 0,
        .epoch = (uint64_t)epoch,
    };
    vouch_buffer claims = token_claims(&eat), token;

    token = token_sign(by, span_of(&claims));
    free(claims.data);
    free(measurements.data);
    return token;
}

/* A posture with one component. */
static vouch_buffer posture_message(const vouch_digest *nonce, uint64_t epoch,
                                    const uint8_t *model)
{
    vouch_buffer components =
        token_digests((const struct token_digest[]){{"model", model}, {NULL}});
    struct vouch_posture_claims claims = {.binder = vouch_digest_bytes(nonce),
                                          .epoch = epoch,
                                          .components = span_of(&components)};
    vouch_buffer out;
    uint8_t digest[32];
    CBB cbb;

    vouch_sha256(claims.components, digest);
    claims.digest = (vouch_bytes){digest, sizeof digest};
    ck_assert(CBB_init(&cbb, 256));
    ck_assert(vouch_posture_claims_encode(&cbb, &claims));
    out = finish_cbb(&cbb);
    free(components.data);
    return out;
}

/* A record; takes `value` over. */
static vouch_buffer record(const char *type, vouch_buffer value,
                           uint32_t indicator)
{
    vouch_buffer cmw, out;

    ck_assert_int_eq(vouch_cmw_record(type, span_of(&value), indicator, &cmw),
                     VOUCH_OK);
    out = (vouch_buffer){exact_copy(cmw.data, cmw.len), cmw.len};
    vouch_buffer_free(&cmw);
    free(value.data);
    return out;
}

static vouch_buffer platform(void)
{
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &binder, &aik_pub_hash, -1),
                  VOUCH_CMW_EVIDENCE);
}

static vouch_buffer posture(void)
{
    return record(VOUCH_POSTURE_FORMAT, posture_message(&binder, 3, model_a),
                  VOUCH_CMW_EVIDENCE);
}

/* A collection of what there is of `members`, as "A", "B" and so on; takes
 * them over. It is written here so that it may be one that is not allowed. */
static vouch_buffer collection_of(vouch_buffer *members, size_t num)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        uint8_t label = (uint8_t)('A' + i);

        ck_assert(vouch_cbor_write_text(&cbb, (vouch_bytes){&label, 1}));
        ck_assert(vouch_write_octets(&cbb, span_of(&members[i])));
        free(members[i].data);
    }
    return finish_cbb(&cbb);
}

static vouch_buffer pair_of(vouch_buffer first, vouch_buffer second)
{
    vouch_buffer members[] = {first, second};

    return collection_of(members, 2);
}

static vouch_buffer alone(vouch_buffer member)
{
    return collection_of(&member, 1);
}

/* Judging */

/* Takes `cmw` over. */
static vouch_verdict judge(vouch_buffer cmw)
{
    memset(&result, 0xa5, sizeof result);
    vouch_registry_judge(registry, span_of(&cmw), &expected, &result);
    free(cmw.data);
    return result.verdict;
}

static void assert_accepted(vouch_buffer cmw)
{
    ck_assert_msg(judge(cmw) == VOUCH_ACCEPTED, "refused: %s %s %s %s",
                  vouch_check_name(result.reason.check),
                  vouch_claim_name(result.reason.claim),
                  vouch_err_name(result.reason.err), result.reason.found);
}

static void assert_refused(vouch_buffer cmw, vouch_check check,
                           vouch_claim claim, vouch_err err)
{
    ck_assert_int_eq(judge(cmw), VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(result.reason.check),
                     vouch_check_name(check));
    ck_assert_str_eq(vouch_claim_name(result.reason.claim),
                     vouch_claim_name(claim));
    ck_assert_str_eq(vouch_err_name(result.reason.err), vouch_err_name(err));
    ck_assert_int_eq(result.level, VOUCH_LEVEL_NONE);
    ck_assert_uint_eq(result.binder.len, 0);
    ck_assert(!result.has_epoch);
}

static uint64_t bit(vouch_claim claim)
{
    return UINT64_C(1) << claim;
}

/* Platform and posture */

/* Either first: the order says nothing. */
START_TEST(platform_and_posture_are_accepted_together)
{
    vouch_buffer cmw = _i == 0 ? pair_of(platform(), posture())
                               : pair_of(posture(), platform());
    uint8_t digest[32];

    vouch_sha256(span_of(&cmw), digest);
    add_software(registry);
    assert_accepted(cmw);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    ck_assert_int_eq(result.tier, VOUCH_TIER_AFFIRMING);
    for (int i = 0; i < VOUCH_STAGES; i++) {
        ck_assert_int_eq(result.stages[i], VOUCH_PASSED);
    }
    ck_assert_mem_eq(&result.binder, &binder, sizeof binder);
    ck_assert_mem_eq(&result.aik_pub_hash, &aik_pub_hash, sizeof aik_pub_hash);
    ck_assert(result.has_epoch);
    ck_assert_uint_eq(result.epoch, 3);
    ck_assert_uint_eq(result.claims &
                          (bit(VOUCH_CLAIM_POSTURE) | bit(VOUCH_CLAIM_EPOCH) |
                           bit(VOUCH_CLAIM_MEASUREMENT)),
                      bit(VOUCH_CLAIM_POSTURE) | bit(VOUCH_CLAIM_EPOCH) |
                          bit(VOUCH_CLAIM_MEASUREMENT));
    ck_assert_int_eq(result.not_after, INT64_MAX);
    ck_assert_mem_eq(result.evidence_digest, digest, 32);
}
END_TEST

/* Digests are those of the records, one after the other. */
START_TEST(collection_is_audited_by_the_digests_of_its_records)
{
    vouch_policy *policy = software_policy();
    uint8_t anchors[64] = {0}, policies[64] = {0}, digest[32];

    token_key_id(key, anchors);
    ck_assert_int_eq(vouch_policy_digest(policy, policies), VOUCH_OK);
    vouch_policy_free(policy);
    add_software(registry);
    assert_accepted(pair_of(platform(), posture()));
    vouch_sha256((vouch_bytes){anchors, 64}, digest);
    ck_assert_mem_eq(result.anchor_digest, digest, 32);
    vouch_sha256((vouch_bytes){policies, 64}, digest);
    ck_assert_mem_eq(result.policy_digest, digest, 32);
    /* One record stands for itself, in a collection too. */
    assert_accepted(alone(platform()));
    ck_assert_mem_eq(result.anchor_digest, anchors, 32);
    ck_assert_mem_eq(result.policy_digest, policies, 32);
}
END_TEST

/* Attack 48: a member of another exchange, of another device, of another type,
 * or of another conceptual message, in the place of the right one. */

static vouch_buffer platform_of_another_exchange(void)
{
    vouch_digest other;

    digest_of(&other, 9);
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &other, &aik_pub_hash, -1),
                  VOUCH_CMW_EVIDENCE);
}

static vouch_buffer platform_for_another_aik(void)
{
    vouch_digest other;

    digest_of(&other, 9);
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &binder, &other, -1), VOUCH_CMW_EVIDENCE);
}

static vouch_buffer platform_of_another_device(void)
{
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(other_key, &binder, &aik_pub_hash, -1),
                  VOUCH_CMW_EVIDENCE);
}

static vouch_buffer platform_of_unknown_type(void)
{
    return record("application/vnd.vouch.none",
                  software_token(key, &binder, &aik_pub_hash, -1),
                  VOUCH_CMW_EVIDENCE);
}

static vouch_buffer platform_as_a_result(void)
{
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &binder, &aik_pub_hash, -1),
                  VOUCH_CMW_ATTESTATION_RESULTS);
}

static vouch_buffer platform_of_two_kinds(void)
{
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &binder, &aik_pub_hash, -1),
                  VOUCH_CMW_EVIDENCE | VOUCH_CMW_ATTESTATION_RESULTS);
}

static vouch_buffer posture_of_another_exchange(void)
{
    vouch_digest other;

    digest_of(&other, 9);
    return record(VOUCH_POSTURE_FORMAT, posture_message(&other, 3, model_a),
                  VOUCH_CMW_EVIDENCE);
}

static vouch_buffer posture_of_another_digest(void)
{
    vouch_buffer message = posture_message(&binder, 3, model_a);

    message.data[message.len - 32] ^= 1; /* a component, but not its digest */
    return record(VOUCH_POSTURE_FORMAT, message, VOUCH_CMW_EVIDENCE);
}

static vouch_buffer posture_that_is_cut(void)
{
    vouch_buffer message = posture_message(&binder, 3, model_a);

    message.len--;
    return record(VOUCH_POSTURE_FORMAT, message, VOUCH_CMW_EVIDENCE);
}

static vouch_buffer posture_as_a_reference(void)
{
    return record(VOUCH_POSTURE_FORMAT, posture_message(&binder, 3, model_a),
                  VOUCH_CMW_REFERENCE_VALUES);
}

static vouch_buffer a_tag(void)
{
    return from_hex("da 63740101 41aa");
}

static vouch_buffer a_numbered_record(void)
{
    return from_hex("83 190106 41aa 04");
}

static vouch_buffer a_signed_cmw(void)
{
    return from_hex("d2 84 40 a0 40 40");
}

static const struct {
    vouch_buffer (*instead)(void);
    bool of_posture; /* in its place, and not in the platform's */
    vouch_check check;
    vouch_claim claim;
    vouch_err err;
} swaps[] = {
    {platform_of_another_exchange, false, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_NONCE, VOUCH_OK},
    {platform_for_another_aik, false, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_OK},
    {platform_of_another_device, false, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE,
     VOUCH_OK},
    {platform_of_unknown_type, false, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
     VOUCH_OK},
    {platform_as_a_result, false, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
     VOUCH_OK},
    {platform_of_two_kinds, false, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
     VOUCH_OK},
    {posture_of_another_exchange, true, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_OK},
    {posture_of_another_digest, true, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
     VOUCH_OK},
    {posture_that_is_cut, true, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_POSTURE,
     VOUCH_E_CBOR},
    {posture_as_a_reference, true, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
     VOUCH_OK},
    {a_tag, true, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK},
    {a_tag, false, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK},
    {a_numbered_record, true, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK},
    {a_signed_cmw, true, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
     VOUCH_E_CMW_SIGNED},
};

START_TEST(collection_with_one_member_swapped_is_refused_as_a_whole)
{
    bool of_posture = swaps[_i].of_posture;

    add_software(registry);
    assert_accepted(pair_of(platform(), posture()));
    for (int turned = 0; turned <= 1; turned++) {
        vouch_buffer right = of_posture ? platform() : posture();
        vouch_buffer wrong = swaps[_i].instead();

        assert_refused(turned ? pair_of(right, wrong) : pair_of(wrong, right),
                       swaps[_i].check, swaps[_i].claim, swaps[_i].err);
    }
}
END_TEST

/* And beside both of them, so that nothing is missing. */
START_TEST(collection_with_one_member_more_is_refused_as_a_whole)
{
    add_software(registry);
    for (size_t at = 0; at < 3; at++) {
        vouch_buffer members[3];
        size_t right = 0;

        for (size_t i = 0; i < 3; i++) {
            members[i] = i == at        ? swaps[_i].instead()
                         : right++ == 0 ? platform()
                                        : posture();
        }
        ck_assert_int_eq(judge(collection_of(members, 3)), VOUCH_REJECTED);
        /* A posture that is one too many may be refused for that. */
        if (!(swaps[_i].of_posture && at == 2)) {
            ck_assert_int_eq(result.reason.check, swaps[_i].check);
        }
    }
}
END_TEST

START_TEST(posture_alone_is_refused)
{
    add_software(registry);
    assert_accepted(pair_of(platform(), posture()));
    assert_refused(_i == 0 ? posture() : alone(posture()),
                   VOUCH_CHECK_COLLECTION, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL);
    ck_assert_str_eq(result.reason.found, "nothing about a platform");
}
END_TEST

/* Nor does one that a policy is for stand for a platform. */
START_TEST(posture_with_a_policy_is_refused_alone)
{
    add_posture(registry);
    assert_refused(posture(), VOUCH_CHECK_COLLECTION, VOUCH_CLAIM_NONE,
                   VOUCH_E_ILLEGAL);
}
END_TEST

START_TEST(two_postures_are_refused)
{
    vouch_buffer members[] = {platform(), posture(), posture()};
    vouch_buffer apart[] = {posture(), platform(), posture()};

    add_software(registry);
    assert_refused(collection_of(members, 3), VOUCH_CHECK_COLLECTION,
                   VOUCH_CLAIM_POSTURE, VOUCH_E_ILLEGAL);
    ck_assert_str_eq(result.reason.found, "two postures");
    assert_refused(collection_of(apart, 3), VOUCH_CHECK_COLLECTION,
                   VOUCH_CLAIM_POSTURE, VOUCH_E_ILLEGAL);
}
END_TEST

static vouch_buffer platform_at(int epoch)
{
    return record(VOUCH_SOFTWARE_FORMAT,
                  software_token(key, &binder, &aik_pub_hash, epoch),
                  VOUCH_CMW_EVIDENCE);
}

START_TEST(two_epochs_are_refused)
{
    add_software(registry);
    for (int epoch = 2; epoch <= 4; epoch++) {
        for (int turned = 0; turned <= 1; turned++) {
            vouch_buffer cmw = turned ? pair_of(posture(), platform_at(epoch))
                                      : pair_of(platform_at(epoch), posture());

            if (epoch == 3) {
                assert_accepted(cmw);
                ck_assert_uint_eq(result.epoch, 3);
            } else {
                assert_refused(cmw, VOUCH_CHECK_COLLECTION, VOUCH_CLAIM_EPOCH,
                               VOUCH_E_ILLEGAL);
                ck_assert_str_eq(result.reason.found, "members of two epochs");
            }
        }
    }
}
END_TEST

/* A registry takes any components, or those that its policy wants. */
START_TEST(components_are_those_that_the_policy_wants)
{
    vouch_buffer other =
        record(VOUCH_POSTURE_FORMAT, posture_message(&binder, 3, model_b),
               VOUCH_CMW_EVIDENCE);
    vouch_buffer same = {exact_copy(other.data, other.len), other.len};

    add_software(registry);
    assert_accepted(pair_of(platform(), other));
    ck_assert_int_eq(result.vector[VOUCH_CONFIGURATION], 0);
    add_posture(registry);
    assert_accepted(pair_of(platform(), posture()));
    ck_assert_int_eq(result.vector[VOUCH_CONFIGURATION], 2);
    ck_assert_int_eq(result.vector[VOUCH_EXECUTABLES], 2);
    assert_refused(pair_of(platform(), same), VOUCH_CHECK_POSTURE,
                   VOUCH_CLAIM_POSTURE, VOUCH_OK);
    ck_assert_str_eq(result.reason.name, "model");
    ck_assert_int_eq(result.tier, VOUCH_TIER_CONTRAINDICATED);
}
END_TEST

START_TEST(posture_appraiser_wants_a_policy_for_postures)
{
    vouch_policy *policy = software_policy();
    vouch_appraiser *made = (vouch_appraiser *)&result;

    ck_assert_int_eq(vouch_posture_appraiser_new(policy, &made),
                     VOUCH_E_ARGUMENT);
    ck_assert_ptr_eq(made, (vouch_appraiser *)&result);
    vouch_policy_free(policy);
}
END_TEST

/* One appraiser without a registry takes a posture beside its messages, too. */
START_TEST(appraiser_alone_takes_a_posture_beside)
{
    vouch_policy *policy = software_policy();
    vouch_buffer cmw = pair_of(platform(), posture());
    vouch_appraiser *appraiser;

    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_appraise(appraiser, span_of(&cmw), &expected, &result);
    ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
    ck_assert_uint_eq(result.epoch, 3);
    free(cmw.data);
    vouch_appraiser_free(appraiser);
    vouch_policy_free(policy);
}
END_TEST

START_TEST(registry_without_appraisers_refuses_all)
{
    assert_refused(platform(), VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    ck_assert_str_eq(result.reason.expected, "");
    ck_assert_str_eq(result.reason.found, VOUCH_SOFTWARE_FORMAT);
    assert_refused(pair_of(posture(), platform()), VOUCH_CHECK_FORMAT,
                   VOUCH_CLAIM_NONE, VOUCH_OK);
}
END_TEST

/* Trees; attack 45 */

/* The platform in collections within each other, `depth` of them, with the
 * posture in the innermost or the outermost. */
static vouch_buffer nested(int depth, bool posture_inside)
{
    vouch_buffer cmw =
        posture_inside ? pair_of(posture(), platform()) : platform();

    for (int i = posture_inside; i < depth - 1; i++) {
        cmw = alone(cmw);
    }
    if (depth > posture_inside) {
        cmw = posture_inside ? alone(cmw) : pair_of(cmw, posture());
    }
    return cmw;
}

/* An absent nonce would equal it. */
START_TEST(nothing_is_held_against_nothing)
{
    static const size_t lengths[] = {0, 20, 31, 33, 47};

    add_software(registry);
    for (size_t i = 0; i < 5; i++) {
        expected.binder.len = lengths[i];
        assert_refused(platform(), VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONE,
                       VOUCH_E_ARGUMENT);
        expected.binder.len = binder.len;
        expected.aik_pub_hash.len = lengths[i];
        assert_refused(platform(), VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONE,
                       VOUCH_E_ARGUMENT);
        expected.aik_pub_hash.len = aik_pub_hash.len;
        assert_accepted(platform());
    }
}
END_TEST

START_TEST(collections_within_each_other_are_one)
{
    add_software(registry);
    for (int inside = 0; inside <= 1; inside++) {
        for (int depth = 1 + inside; depth <= VOUCH_LIMIT_CMW_DEPTH; depth++) {
            assert_accepted(nested(depth, inside));
            ck_assert_uint_eq(result.epoch, 3);
        }
        assert_refused(nested(VOUCH_LIMIT_CMW_DEPTH + 1, inside),
                       VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_E_TOO_MANY);
    }
}
END_TEST

/* What is wrong deep within is wrong. */
START_TEST(collection_is_looked_at_to_its_depth)
{
    vouch_buffer deep;

    add_software(registry);
    for (int depth = 1; depth < VOUCH_LIMIT_CMW_DEPTH; depth++) {
        deep = platform_of_another_exchange();
        for (int i = 1; i < depth; i++) {
            deep = alone(deep);
        }
        assert_refused(pair_of(deep, platform()), VOUCH_CHECK_BINDING,
                       VOUCH_CLAIM_NONCE, VOUCH_OK);
        deep = platform_of_another_exchange();
        for (int i = 1; i < depth; i++) {
            deep = pair_of(platform(), deep);
        }
        assert_refused(pair_of(platform(), deep), VOUCH_CHECK_BINDING,
                       VOUCH_CLAIM_NONCE, VOUCH_OK);
    }
}
END_TEST

static const struct {
    const char *hex;
    vouch_err err;
} trees[] = {
    {"a0", VOUCH_E_CMW}, /* none [C06] */
    {"a1 00 a0", VOUCH_E_CMW},
    {"a1 00 a1 00 a1 00 a0", VOUCH_E_CMW},
    {"a1 00 a1 00 a1 00 a1 00 a1 00 83 63612f62 41aa 04", VOUCH_E_TOO_MANY},
    {"a1 68 5f5f636d77635f74 65 7461673a61", VOUCH_E_CMW}, /* but a type */
    {"bb ffffffffffffffff", VOUCH_E_CBOR},
    {"ba 0000ffff 00", VOUCH_E_CBOR},
    {"a2 00 83 63612f62 41aa 04 00 83 63612f62 41aa 04", VOUCH_E_CBOR},
    {"bf 00 83 63612f62 41aa 04 ff", VOUCH_E_CBOR},
};

START_TEST(tree_that_is_none_is_refused)
{
    add_software(registry);
    assert_accepted(alone(platform()));
    assert_refused(from_hex(trees[_i].hex), VOUCH_CHECK_FORMAT,
                   VOUCH_CLAIM_NONE, trees[_i].err);
}
END_TEST

/* Appraisers that say what a test wants */

struct fake {
    vouch_appraiser base;
    vouch_result result;
    size_t calls;
};

static void fake_appraise(const vouch_appraiser *base, vouch_bytes message,
                          const vouch_expectation *wanted, vouch_result *out)
{
    struct fake *fake = (struct fake *)(uintptr_t)base;

    (void)message;
    ck_assert_ptr_eq(wanted, &expected);
    fake->calls++;
    *out = fake->result;
}

static void fake_destroy(vouch_appraiser *base)
{
    ck_abort_msg("a reference too many to %s was dropped", base->format);
}

static const struct vouch_appraiser_ops fake_ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .appraise = fake_appraise,
    .destroy = fake_destroy,
};

enum { FAKES = 3 };
static struct fake fakes[FAKES];

/* Three that accept, of formats "f/0" to "f/2". */
static void make_fakes(void)
{
    static const char *const formats[FAKES] = {"f/0", "f/1", "f/2"};

    for (size_t i = 0; i < FAKES; i++) {
        fakes[i] = (struct fake){
            .base = {.ops = &fake_ops, .format = formats[i]},
            .result = {.verdict = VOUCH_ACCEPTED,
                       .level = VOUCH_LEVEL_BOUND,
                       .tier = VOUCH_TIER_AFFIRMING,
                       .binder = binder,
                       .aik_pub_hash = aik_pub_hash,
                       .not_after = INT64_MAX},
        };
        atomic_init(&fakes[i].base.refs, 1);
        ck_assert_int_eq(vouch_registry_add_appraiser(registry, &fakes[i].base),
                         VOUCH_OK);
    }
}

static vouch_buffer fake_record(size_t i)
{
    vouch_buffer value = from_hex("00");

    return record(fakes[i].base.format, value, VOUCH_CMW_EVIDENCE);
}

/* A collection of those, in that order, which ends with -1. */
static vouch_buffer fake_collection(const int *order)
{
    vouch_buffer members[32];
    size_t num = 0;

    for (; order[num] >= 0; num++) {
        members[num] = fake_record((size_t)order[num]);
    }
    return collection_of(members, num);
}

static const int orders[][4] = {{0, 1, 2, -1}, {0, 2, 1, -1}, {1, 0, 2, -1},
                                {1, 2, 0, -1}, {2, 0, 1, -1}, {2, 1, 0, -1}};

START_TEST(collection_is_judged_member_by_member)
{
    make_fakes();
    assert_accepted(fake_collection(orders[_i]));
    for (size_t i = 0; i < FAKES; i++) {
        ck_assert_uint_eq(fakes[i].calls, 1);
    }
}
END_TEST

/* Of those before it no word is left, and those behind it are not asked. */
START_TEST(collection_is_refused_by_the_first_that_refuses)
{
    make_fakes();
    assert_accepted(fake_collection(orders[_i]));
    fakes[1].result = (vouch_result){
        .verdict = VOUCH_REJECTED,
        .reason = {.check = VOUCH_CHECK_REFERENCE,
                   .claim = VOUCH_CLAIM_MEASUREMENT,
                   .name = "x"},
    };
    for (size_t i = 0; i < FAKES; i++) {
        fakes[i].calls = 0;
    }
    assert_refused(fake_collection(orders[_i]), VOUCH_CHECK_REFERENCE,
                   VOUCH_CLAIM_MEASUREMENT, VOUCH_OK);
    ck_assert_str_eq(result.reason.name, "x");
    for (int i = 0, over = 0; i < FAKES; i++) {
        /* a rejection is computed twice (lib/keys/blame.h) */
        ck_assert_uint_eq(fakes[orders[_i][i]].calls, over ? 0 : 2);
        over |= orders[_i][i] == 1;
    }
}
END_TEST

START_TEST(collection_of_which_one_could_not_be_judged_is_not_judged)
{
    make_fakes();
    fakes[1].result = (vouch_result){.verdict = VOUCH_INDETERMINATE};
    ck_assert_int_eq(judge(fake_collection(orders[_i])), VOUCH_INDETERMINATE);
}
END_TEST

/* In each respect the worst. From best to worst: */
static const vouch_tier tiers[] = {VOUCH_TIER_AFFIRMING, VOUCH_TIER_NONE,
                                   VOUCH_TIER_WARNING,
                                   VOUCH_TIER_CONTRAINDICATED};
/* Of categories where 0 makes no claim. */
static const int8_t claims[] = {0,  2,  31,  -32, 1,   -1,
                                32, 95, -96, 96,  127, -97};
static const int claim_ranks[] = {-1, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3};

START_TEST(tier_of_a_collection_is_the_worst)
{
    make_fakes();
    for (int i = 0; i < COUNT(tiers); i++) {
        for (int j = 0; j < COUNT(tiers); j++) {
            fakes[0].result.tier = tiers[i];
            fakes[1].result.tier = tiers[j];
            assert_accepted(fake_collection((const int[]){0, 1, -1}));
            ck_assert_int_eq(result.tier, tiers[i > j ? i : j]);
        }
    }
}
END_TEST

START_TEST(claims_of_a_collection_are_the_worst)
{
    make_fakes();
    for (int i = 0; i < COUNT(claims); i++) {
        for (int j = 0; j < COUNT(claims); j++) {
            int worst = claim_ranks[i] > claim_ranks[j] ? claim_ranks[i]
                                                        : claim_ranks[j];
            int8_t found;

            fakes[0].result.vector[VOUCH_HARDWARE] = claims[i];
            fakes[1].result.vector[VOUCH_HARDWARE] = claims[j];
            fakes[0].result.vector[VOUCH_EXECUTABLES] = 2;
            assert_accepted(fake_collection((const int[]){0, 1, -1}));
            found = result.vector[VOUCH_HARDWARE];
            ck_assert(found == claims[i] || found == claims[j]);
            ck_assert(found == claims[i] ? claim_ranks[i] == worst
                                         : claim_ranks[j] == worst);
            ck_assert_int_eq(result.vector[VOUCH_EXECUTABLES], 2);
            ck_assert_int_eq(result.vector[VOUCH_RUNTIME_OPAQUE], 0);
        }
    }
}
END_TEST

START_TEST(collection_ends_with_the_first_of_its_members)
{
    static const int64_t ends[] = {300, 100, 200}, made[] = {0, 30, 20};

    make_fakes();
    for (size_t i = 0; i < FAKES; i++) {
        fakes[i].result.not_after = ends[i];
        fakes[i].result.issued_at = made[i];
        fakes[i].result.claims = bit((vouch_claim)(i + 1));
    }
    assert_accepted(fake_collection(orders[_i]));
    ck_assert_int_eq(result.not_after, 100);
    ck_assert_int_eq(result.issued_at, 20); /* 0: from the request */
    ck_assert_uint_eq(result.claims, 2 + 4 + 8);
}
END_TEST

/* Key bound, once one of them is. */
START_TEST(level_of_a_collection_is_the_least)
{
    make_fakes();
    assert_accepted(fake_collection(orders[_i]));
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    ck_assert_mem_eq(&result.binder, &binder, sizeof binder);
    fakes[1].result.level = VOUCH_LEVEL_KEY_BOUND;
    fakes[1].result.binder.len = 0;
    assert_accepted(fake_collection(orders[_i]));
    ck_assert_int_eq(result.level, VOUCH_LEVEL_KEY_BOUND);
    ck_assert_uint_eq(result.binder.len, 0);
    ck_assert_mem_eq(&result.aik_pub_hash, &aik_pub_hash, sizeof aik_pub_hash);
}
END_TEST

/* A bare yes, or one for another exchange or AIK, is none: alone, and behind or
 * before one that shows what it checked. */

static void shows_nothing(vouch_result *of)
{
    of->binder.len = of->aik_pub_hash.len = 0;
}

static void shows_no_binder(vouch_result *of)
{
    of->binder.len = 0;
}

static void shows_another_binder(vouch_result *of)
{
    of->binder.data[31] ^= 1;
}

static void shows_no_aik(vouch_result *of)
{
    of->aik_pub_hash.len = 0;
}

static void shows_another_aik(vouch_result *of)
{
    of->aik_pub_hash.data[31] ^= 1;
}

static void has_no_level(vouch_result *of)
{
    of->level = VOUCH_LEVEL_NONE;
}

static void is_key_bound_elsewhere(vouch_result *of)
{
    of->level = VOUCH_LEVEL_KEY_BOUND;
    of->binder.data[0] ^= 1;
}

static void (*const bare[])(vouch_result *of) = {
    shows_nothing,     shows_no_binder, shows_another_binder,   shows_no_aik,
    shows_another_aik, has_no_level,    is_key_bound_elsewhere,
};

START_TEST(member_that_does_not_show_what_it_checked_is_refused)
{
    make_fakes();
    assert_accepted(fake_collection((const int[]){0, 1, 2, -1}));
    bare[_i](&fakes[1].result);
    assert_refused(fake_record(1), VOUCH_CHECK_CONTRACT, VOUCH_CLAIM_NONE,
                   VOUCH_OK);
    for (int i = 0; i < COUNT(orders); i++) {
        assert_refused(fake_collection(orders[i]), VOUCH_CHECK_CONTRACT,
                       VOUCH_CLAIM_NONE, VOUCH_OK);
    }
}
END_TEST

/* SHA-256 of the AIK will do, where the suite has another hash. */
START_TEST(member_may_show_sha256_of_the_aik)
{
    vouch_buffer spki = pki_spki(pkey);

    make_fakes();
    expected.aik_spki = span_of(&spki);
    vouch_sha256(span_of(&spki), fakes[1].result.aik_pub_hash.data);
    assert_accepted(fake_collection((const int[]){0, 1, -1}));
    expected.aik_spki = (vouch_bytes){NULL, 0};
    assert_refused(fake_collection((const int[]){0, 1, -1}),
                   VOUCH_CHECK_CONTRACT, VOUCH_CLAIM_NONE, VOUCH_OK);
    free(spki.data);
}
END_TEST

/* A posture is bound, and makes nothing else so. */
START_TEST(posture_beside_does_not_raise_the_level)
{
    make_fakes();
    fakes[0].result.level = VOUCH_LEVEL_KEY_BOUND;
    fakes[0].result.binder.len = 0;
    assert_accepted(_i == 0 ? pair_of(fake_record(0), posture())
                            : pair_of(posture(), fake_record(0)));
    ck_assert_int_eq(result.level, VOUCH_LEVEL_KEY_BOUND);
    ck_assert_uint_eq(result.binder.len, 0);
    ck_assert_uint_eq(result.epoch, 3);
}
END_TEST

/* Who it is, the first says that says it. */
START_TEST(identity_of_a_collection_is_that_of_the_first_who_has_one)
{
    const int *order = orders[_i];
    const struct fake *first = &fakes[order[0] == 0 ? order[1] : order[0]];

    make_fakes();
    for (size_t i = 1; i < FAKES; i++) {
        fakes[i].result.ueid = (vouch_ueid){{1, (uint8_t)i}, 7};
        fakes[i].result.instance_pinned = i == 1;
        fakes[i].result.has_security_version = true;
        fakes[i].result.security_version = i;
    }
    assert_accepted(fake_collection(order));
    ck_assert_mem_eq(&result.ueid, &first->result.ueid, sizeof result.ueid);
    ck_assert(result.instance_pinned == first->result.instance_pinned);
    ck_assert(result.has_security_version);
    ck_assert_uint_eq(result.security_version, first->result.security_version);
}
END_TEST

START_TEST(collection_has_a_limit_of_members)
{
    int order[VOUCH_LIMIT_CMW_MEMBERS + 2];

    make_fakes();
    for (size_t i = 0; i <= VOUCH_LIMIT_CMW_MEMBERS; i++) {
        order[i] = (int)(i % FAKES);
    }
    order[VOUCH_LIMIT_CMW_MEMBERS] = -1;
    ck_assert_uint_le(VOUCH_LIMIT_CMW_MEMBERS, 32);
    assert_accepted(fake_collection(order));
    ck_assert_uint_eq(fakes[0].calls + fakes[1].calls + fakes[2].calls,
                      VOUCH_LIMIT_CMW_MEMBERS);
    assert_refused(pair_of(fake_collection(order), fake_record(0)),
                   VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(fakes[0].calls + fakes[1].calls + fakes[2].calls,
                      VOUCH_LIMIT_CMW_MEMBERS); /* before any of them */
}
END_TEST

/* The registry */

START_TEST(registry_has_one_for_each_format)
{
    struct fake again;

    make_fakes();
    again = fakes[0];
    atomic_init(&again.base.refs, 1);
    ck_assert_int_eq(vouch_registry_add_appraiser(registry, &again.base),
                     VOUCH_E_ARGUMENT);
    ck_assert_uint_eq(atomic_load(&again.base.refs), 1);
    assert_accepted(fake_record(0));
    ck_assert_uint_eq(fakes[0].calls, 1);
    ck_assert_uint_eq(again.calls, 0);
}
END_TEST

START_TEST(registry_takes_a_reference_and_gives_it_back)
{
    vouch_registry *other;

    make_fakes();
    ck_assert_uint_eq(atomic_load(&fakes[0].base.refs), 2);
    ck_assert_int_eq(vouch_registry_new(&other), VOUCH_OK);
    ck_assert_int_eq(vouch_registry_add_appraiser(other, &fakes[0].base),
                     VOUCH_OK);
    ck_assert_uint_eq(atomic_load(&fakes[0].base.refs), 3);
    vouch_registry_free(other);
    ck_assert_uint_eq(atomic_load(&fakes[0].base.refs), 2);
    vouch_registry_free(NULL);
}
END_TEST

START_TEST(registry_has_a_limit_of_appraisers)
{
    static struct fake many[VOUCH_LIMIT_FORMATS + 1];
    static char formats[VOUCH_LIMIT_FORMATS + 1][8];

    for (size_t i = 0; i <= VOUCH_LIMIT_FORMATS; i++) {
        snprintf(formats[i], sizeof formats[i], "m/%u", (unsigned)(i % 100));
        many[i].base =
            (vouch_appraiser){.ops = &fake_ops, .format = formats[i]};
        atomic_init(&many[i].base.refs, 1);
        ck_assert_int_eq(vouch_registry_add_appraiser(registry, &many[i].base),
                         i < VOUCH_LIMIT_FORMATS ? VOUCH_OK : VOUCH_E_TOO_MANY);
        ck_assert_uint_eq(atomic_load(&many[i].base.refs),
                          i < VOUCH_LIMIT_FORMATS ? 2 : 1);
    }
}
END_TEST

/* Sessions. The client judges by a registry what the server sends: what a
 * session would send, or anything (raw_answer). */

#define OTHER_FORMAT "application/vnd.vouch.other"

static struct session_pair pair;
static struct raw_question question;

static void start_sessions(void)
{
    pair_init_format(&pair, VOUCH_SOFTWARE_FORMAT);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_add_appraised(pair.client.config, OTHER_FORMAT), VOUCH_OK);
}

static void set_up_sessions(void)
{
    set_up();
    add_software(registry);
    start_sessions();
    pair.client.registry = registry;
}

static void tear_down_sessions(void)
{
    pair_free(&pair);
    tear_down();
}

/* What is right for the question that waits. */
static void heed_question(void)
{
    binder = question.binder;
    aik_pub_hash = question.aik_pub_hash;
}

static void start_raw(void)
{
    raw_start(&pair, &question);
    heed_question();
}

static void ask_raw(void)
{
    raw_ask(&pair, &question);
    heed_question();
}

/* Takes `cmw` over. */
static void answer_raw(vouch_buffer cmw)
{
    raw_answer(&pair, &question, span_of(&cmw));
    free(cmw.data);
}

/* At the epoch that a session starts with. */
static vouch_buffer posture_at(uint64_t epoch)
{
    return record(VOUCH_POSTURE_FORMAT,
                  posture_message(&binder, epoch, model_a), VOUCH_CMW_EVIDENCE);
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now);
}

static void assert_session_refused(size_t accepted, size_t appraised,
                                   vouch_check check, vouch_claim claim,
                                   vouch_err err)
{
    const struct pair_event *refused =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), accepted);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      appraised);
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(refused->reason.check),
                     vouch_check_name(check));
    ck_assert_str_eq(vouch_claim_name(refused->reason.claim),
                     vouch_claim_name(claim));
    ck_assert_str_eq(vouch_err_name(refused->reason.err), vouch_err_name(err));
    ck_assert(!is_open());
}

START_TEST(session_accepts_platform_and_posture_together)
{
    start_raw();
    answer_raw(pair_of(platform(), posture_at(0)));
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert_uint_ne(
        pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)->event.u.accepted.claims &
            bit(VOUCH_CLAIM_POSTURE),
        0);
    ck_assert(is_open());
    raw_free(&question);
}
END_TEST

/* Attack 48 in a session: a member of the exchange before, whatever it is. */
START_TEST(session_refuses_a_member_of_another_exchange)
{
    vouch_buffer old_platform, old_posture;

    start_raw();
    old_platform = platform();
    old_posture = posture_at(0);
    answer_raw(pair_of(platform(), posture_at(0)));
    ck_assert(is_open());
    ask_raw();
    answer_raw(_i == 0 ? pair_of(old_platform, posture_at(0))
                       : pair_of(platform(), old_posture));
    free(_i == 0 ? old_posture.data : old_platform.data);
    assert_session_refused(1, 2, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
                           VOUCH_OK);
    raw_free(&question);
}
END_TEST

START_TEST(session_refuses_a_posture_of_another_epoch_than_was_told)
{
    start_raw();
    answer_raw(pair_of(platform(), posture_at(0)));
    ck_assert(is_open());
    ask_raw();
    answer_raw(pair_of(platform(), posture_at(1)));
    assert_session_refused(1, 2, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_EPOCH,
                           VOUCH_OK);
    raw_free(&question);
}
END_TEST

/* What stands beside or instead of what was asked for is refused before any
 * appraiser sees it. */

static vouch_buffer record_of(const char *type)
{
    return record(type, from_hex("00"), VOUCH_CMW_EVIDENCE);
}

/* That the client appraises, and did not ask for: the server's list has it
 * not. */
static vouch_buffer with_one_not_asked_for(void)
{
    return pair_of(platform(), record_of(OTHER_FORMAT));
}

static vouch_buffer with_an_unknown_one(void)
{
    return pair_of(record_of("application/vnd.vouch.none"), platform());
}

static vouch_buffer with_an_unknown_one_within(void)
{
    return pair_of(platform(), alone(record_of("application/vnd.vouch.none")));
}

static vouch_buffer with_a_tag(void)
{
    return pair_of(platform(), a_tag());
}

static vouch_buffer with_a_number(void)
{
    return pair_of(platform(), a_numbered_record());
}

static vouch_buffer one_not_asked_for(void)
{
    return record_of(OTHER_FORMAT);
}

static vouch_buffer with_posture_alone(void)
{
    return posture_at(0);
}

static vouch_buffer with_posture_alone_within(void)
{
    return alone(alone(posture_at(0)));
}

static vouch_buffer one_not_asked_for_with_posture(void)
{
    return pair_of(record_of(OTHER_FORMAT), posture_at(0));
}

static const struct {
    vouch_buffer (*answer)(void);
    vouch_err err;
} foreign[] = {
    {with_one_not_asked_for, VOUCH_E_CMW},
    {with_an_unknown_one, VOUCH_E_CMW},
    {with_an_unknown_one_within, VOUCH_E_CMW},
    {with_a_tag, VOUCH_E_CMW},
    {with_a_number, VOUCH_E_CMW},
    {one_not_asked_for, VOUCH_E_CMW},
    {with_posture_alone, VOUCH_E_CMW},
    {with_posture_alone_within, VOUCH_E_CMW},
    {one_not_asked_for_with_posture, VOUCH_E_CMW},
};

START_TEST(session_refuses_what_was_not_asked_for_unseen)
{
    start_raw();
    answer_raw(pair_of(platform(), posture_at(0)));
    ck_assert(is_open());
    ask_raw();
    answer_raw(foreign[_i].answer());
    assert_session_refused(1, 1, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
                           foreign[_i].err);
    raw_free(&question);
}
END_TEST

/* Before the peer has said what it produces, all that the client appraises is
 * asked for. */
START_TEST(session_asks_for_all_before_the_list_came)
{
    start_raw();
    answer_raw(pair_of(platform(), record_of(OTHER_FORMAT)));
    /* The appraiser for it is missing in the registry: the first to see it. */
    assert_session_refused(0, 1, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE,
                           VOUCH_OK);
    raw_free(&question);
}
END_TEST

/* The attester's session holds back what the client would refuse so. */
START_TEST(session_sends_only_what_was_asked_for)
{
    vouch_evidence_info info;
    vouch_exchange exchange;
    vouch_buffer cmw;

    ck_assert_int_eq(vouch_config_add_produced(pair.server.config,
                                               "application/vnd.vouch.third"),
                     VOUCH_OK); /* that the client does not appraise */
    pair.server.holds_evidence = true;
    pair_start(&pair);
    pair_run(&pair);
    exchange =
        pair_last(&pair.server, VOUCH_EVENT_EVIDENCE_NEEDED)->event.exchange;
    ck_assert_int_eq(
        vouch_session_evidence_info(pair.server.session, exchange, &info),
        VOUCH_OK);
    binder = info.binder;
    aik_pub_hash = info.aik_pub_hash;
    for (int i = 0; i < COUNT(foreign); i++) {
        cmw = foreign[i].answer();
        ck_assert_int_eq(vouch_session_provide(pair.server.session, exchange,
                                               span_of(&cmw), pair.now),
                         foreign[i].err);
        free(cmw.data);
    }
    cmw = pair_of(platform(), record_of("application/vnd.vouch.third"));
    ck_assert_int_eq(vouch_session_provide(pair.server.session, exchange,
                                           span_of(&cmw), pair.now),
                     VOUCH_E_CMW);
    free(cmw.data);
    ck_assert_uint_eq(vouch_session_outgoing(pair.server.session).len, 0);
    cmw = pair_of(platform(), posture_at(0));
    ck_assert_int_eq(vouch_session_provide(pair.server.session, exchange,
                                           span_of(&cmw), pair.now),
                     VOUCH_OK);
    free(cmw.data);
    pair_run(&pair);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

/* An attester without room for a posture, from end to end. Its message is the
 * binder and the AIK hash, and its appraiser finds them there. */

static vouch_err bare_produce(vouch_attester *attester,
                              const struct vouch_evidence_request *request,
                              CBB *out)
{
    (void)attester;
    return vouch_write_octets(out, vouch_digest_bytes(&request->binder)) &&
                   vouch_write_octets(
                       out, vouch_digest_bytes(&request->aik_pub_hash))
               ? VOUCH_OK
               : VOUCH_E_NOMEM;
}

static void bare_appraise(const vouch_appraiser *appraiser, vouch_bytes message,
                          const vouch_expectation *wanted, vouch_result *out)
{
    (void)appraiser;
    (void)wanted;
    *out = (vouch_result){.verdict = VOUCH_ACCEPTED,
                          .level = VOUCH_LEVEL_BOUND,
                          .tier = VOUCH_TIER_AFFIRMING,
                          .not_after = INT64_MAX};
    ck_assert_uint_eq(message.len, 64);
    out->binder.len = out->aik_pub_hash.len = 32;
    memcpy(out->binder.data, message.data, 32);
    memcpy(out->aik_pub_hash.data, message.data + 32, 32);
}

static void bare_attester_destroy(vouch_attester *base)
{
    ck_abort_msg("a reference too many to %s was dropped", base->format);
}

static const struct vouch_attester_ops bare_attester_ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .produce = bare_produce,
    .destroy = bare_attester_destroy,
};
static const struct vouch_attester_ops roomy_attester_ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .has_posture = true,
    .produce = bare_produce,
    .destroy = bare_attester_destroy,
};
static const struct vouch_appraiser_ops bare_appraiser_ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .appraise = bare_appraise,
    .destroy = fake_destroy,
};

static vouch_attester bare_attester;
static vouch_appraiser bare_appraiser;
static vouch_registry *server_registry;

static void set_up_bare(void)
{
    set_up();
    bare_attester =
        (vouch_attester){.ops = &bare_attester_ops, .format = PAIR_FORMAT};
    bare_appraiser =
        (vouch_appraiser){.ops = &bare_appraiser_ops, .format = PAIR_FORMAT};
    atomic_init(&bare_attester.refs, 1);
    atomic_init(&bare_appraiser.refs, 1);
    ck_assert_int_eq(vouch_registry_new(&server_registry), VOUCH_OK);
    ck_assert_int_eq(
        vouch_registry_add_attester(server_registry, &bare_attester), VOUCH_OK);
    ck_assert_int_eq(vouch_registry_add_appraiser(registry, &bare_appraiser),
                     VOUCH_OK);
    pair_init(&pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    pair.client.registry = registry;
    pair.client.holds_verdicts = true;
    pair.server.registry = server_registry;
}

static void tear_down_bare(void)
{
    pair_free(&pair);
    vouch_registry_free(server_registry);
    tear_down();
}

/* What came for the appraisal that waits. */
static vouch_cmw_kind came(void)
{
    vouch_exchange exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    vouch_appraisal_info info;
    vouch_cmw cmw;

    ck_assert_int_eq(
        vouch_session_appraisal_info(pair.client.session, exchange, &info),
        VOUCH_OK);
    ck_assert_int_eq(vouch_cmw_parse(info.cmw, &cmw), VOUCH_OK);
    if (cmw.kind == VOUCH_CMW_COLLECTION) {
        vouch_cmw_member member;

        ck_assert_uint_eq(cmw.num_members, 2);
        ck_assert(vouch_cmw_next(&cmw.members, &member));
        ck_assert(vouch_bytes_equal(member.label, LABEL("platform")));
        ck_assert(vouch_cmw_next(&cmw.members, &member));
        ck_assert(vouch_bytes_equal(member.label, LABEL("posture")));
    }
    return cmw.kind;
}

static void conclude(void)
{
    pair_conclude(
        &pair, &pair.client,
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange);
    pair_run(&pair);
}

static void set_model(const uint8_t sha256[32])
{
    ck_assert_int_eq(vouch_session_set_posture(pair.server.session, "model",
                                               sha256, pair.now),
                     VOUCH_OK);
    pair_wait(&pair, 1000);
    pair_run(&pair);
}

START_TEST(posture_that_was_never_set_is_not_put_beside)
{
    pair_start(&pair);
    pair_run(&pair);
    ck_assert_int_eq(came(), VOUCH_CMW_RECORD);
    conclude();
    ck_assert(is_open());
}
END_TEST

START_TEST(posture_that_was_configured_is_put_beside)
{
    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", model_a),
        VOUCH_OK);
    pair_start(&pair);
    pair_run(&pair);
    ck_assert_int_eq(came(), VOUCH_CMW_COLLECTION);
    conclude();
    ck_assert(is_open());
}
END_TEST

START_TEST(posture_is_not_put_beside_a_message_that_has_room)
{
    bare_attester.ops = &roomy_attester_ops;
    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", model_a),
        VOUCH_OK);
    pair_start(&pair);
    pair_run(&pair);
    ck_assert_int_eq(came(), VOUCH_CMW_RECORD);
    conclude();
    ck_assert(is_open());
}
END_TEST

START_TEST(posture_beside_changes_with_the_posture)
{
    add_posture(registry); /* wants model A */
    pair_start(&pair);
    pair_run(&pair);
    conclude();
    ck_assert(is_open()); /* a record alone says nothing of a model */
    set_model(model_a);
    ck_assert(!is_open());
    ck_assert_int_eq(came(), VOUCH_CMW_COLLECTION);
    conclude();
    ck_assert(is_open());
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)
                         ->event.u.accepted.vector[VOUCH_CONFIGURATION],
                     2);
    set_model(model_b);
    ck_assert(!is_open());
    ck_assert_int_eq(came(), VOUCH_CMW_COLLECTION);
    conclude();
    ck_assert(!is_open());
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 2);
    ck_assert_int_eq(pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
                     VOUCH_CHECK_POSTURE);
    set_model(model_a);
    conclude();
    ck_assert(is_open());
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 3);
}
END_TEST

/* The evidence of the posture before is refused, although all else is right. */
START_TEST(posture_beside_is_of_the_epoch_that_was_told)
{
    vouch_exchange exchange;

    ck_assert_int_eq(
        vouch_config_set_posture(pair.server.config, "model", model_a),
        VOUCH_OK);
    pair_start(&pair);
    pair_run(&pair);
    exchange =
        pair_last(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED)->event.exchange;
    set_model(model_b);
    ck_assert_int_eq(
        pair_last(&pair.client, VOUCH_EVENT_REFUSED)->event.u.refused.verdict,
        VOUCH_INDETERMINATE);
    ck_assert_int_eq(vouch_registry_appraise(registry, pair.client.session,
                                             exchange, pair.now),
                     VOUCH_OK); /* it is over */
    conclude();
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), 1);
    ck_assert(is_open());
}
END_TEST

static TCase *registry_case(void)
{
    TCase *tc = tcase_create("registry");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, platform_and_posture_are_accepted_together, 0, 2);
    tcase_add_test(tc, collection_is_audited_by_the_digests_of_its_records);
    tcase_add_loop_test(
        tc, collection_with_one_member_swapped_is_refused_as_a_whole, 0,
        COUNT(swaps));
    tcase_add_loop_test(tc,
                        collection_with_one_member_more_is_refused_as_a_whole,
                        0, COUNT(swaps));
    tcase_add_loop_test(tc, posture_alone_is_refused, 0, 2);
    tcase_add_test(tc, posture_with_a_policy_is_refused_alone);
    tcase_add_test(tc, two_postures_are_refused);
    tcase_add_test(tc, two_epochs_are_refused);
    tcase_add_test(tc, components_are_those_that_the_policy_wants);
    tcase_add_test(tc, posture_appraiser_wants_a_policy_for_postures);
    tcase_add_test(tc, appraiser_alone_takes_a_posture_beside);
    tcase_add_test(tc, registry_without_appraisers_refuses_all);
    tcase_add_test(tc, nothing_is_held_against_nothing);
    tcase_add_test(tc, collections_within_each_other_are_one);
    tcase_add_test(tc, collection_is_looked_at_to_its_depth);
    tcase_add_loop_test(tc, tree_that_is_none_is_refused, 0, COUNT(trees));
    tcase_add_loop_test(tc, collection_is_judged_member_by_member, 0,
                        COUNT(orders));
    tcase_add_loop_test(tc, collection_is_refused_by_the_first_that_refuses, 0,
                        COUNT(orders));
    tcase_add_loop_test(
        tc, collection_of_which_one_could_not_be_judged_is_not_judged, 0,
        COUNT(orders));
    tcase_add_test(tc, tier_of_a_collection_is_the_worst);
    tcase_add_test(tc, claims_of_a_collection_are_the_worst);
    tcase_add_loop_test(tc, collection_ends_with_the_first_of_its_members, 0,
                        COUNT(orders));
    tcase_add_loop_test(tc, level_of_a_collection_is_the_least, 0,
                        COUNT(orders));
    tcase_add_loop_test(tc,
                        member_that_does_not_show_what_it_checked_is_refused, 0,
                        COUNT(bare));
    tcase_add_test(tc, member_may_show_sha256_of_the_aik);
    tcase_add_loop_test(tc, posture_beside_does_not_raise_the_level, 0, 2);
    tcase_add_loop_test(
        tc, identity_of_a_collection_is_that_of_the_first_who_has_one, 0,
        COUNT(orders));
    tcase_add_test(tc, collection_has_a_limit_of_members);
    tcase_add_test(tc, registry_has_one_for_each_format);
    tcase_add_test(tc, registry_takes_a_reference_and_gives_it_back);
    tcase_add_test(tc, registry_has_a_limit_of_appraisers);
    return tc;
}

static TCase *session_case(void)
{
    TCase *tc = tcase_create("sessions");

    tcase_add_checked_fixture(tc, set_up_sessions, tear_down_sessions);
    tcase_add_test(tc, session_accepts_platform_and_posture_together);
    tcase_add_loop_test(tc, session_refuses_a_member_of_another_exchange, 0, 2);
    tcase_add_test(tc,
                   session_refuses_a_posture_of_another_epoch_than_was_told);
    tcase_add_loop_test(tc, session_refuses_what_was_not_asked_for_unseen, 0,
                        COUNT(foreign));
    tcase_add_test(tc, session_asks_for_all_before_the_list_came);
    tcase_add_test(tc, session_sends_only_what_was_asked_for);
    return tc;
}

static TCase *bare_case(void)
{
    TCase *tc = tcase_create("beside");

    tcase_add_checked_fixture(tc, set_up_bare, tear_down_bare);
    tcase_add_test(tc, posture_that_was_never_set_is_not_put_beside);
    tcase_add_test(tc, posture_that_was_configured_is_put_beside);
    tcase_add_test(tc, posture_is_not_put_beside_a_message_that_has_room);
    tcase_add_test(tc, posture_beside_changes_with_the_posture);
    tcase_add_test(tc, posture_beside_is_of_the_epoch_that_was_told);
    return tc;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("collection");

    suite_add_tcase(suite, registry_case());
    suite_add_tcase(suite, session_case());
    suite_add_tcase(suite, bare_case());
    return suite;
}
