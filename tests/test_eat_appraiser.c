/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/eat.h>
#include <vouch/posture.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/keys/digest.h"
#include "proto/cbor_reader.h"
#include "proto/cose.h"
#include "proto/memory.h"
#include "proto/reader.h"
#include "proto/writer.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"
#include "tests/support/tokens.h"

/*
 * EATs of any profile against a policy that makes use of all that it can say,
 * and what comes out when one thing is another.
 */

#define PROFILE "tag:example.com,2026:x"

enum { OTHER, OURS, FORMATS };
static const struct {
    const char *format, *profile;
} formats[FORMATS] = {
    [OTHER] = {VOUCH_EAT_FORMAT(PROFILE), PROFILE},
    [OURS] = {VOUCH_SOFTWARE_FORMAT, VOUCH_EAT_SOFTWARE_PROFILE},
};

static const uint8_t binder[32] = {1}, aik_pub_hash[32] = {2},
                     another[32] = {3};
static const uint8_t program[32] = {4}, library[32] = {5}, model[32] = {6};
static const uint8_t ueid[33] = {1, 7}, other_ueid[33] = {1, 8};

struct signer {
    EVP_PKEY *pkey;
    vouch_key *key;
};

/* Who signs, with which id, and what, and how it goes out. */
static struct signer device, stranger;
static const vouch_key *signs, *is_named;
static const char *payload_hex; /* instead of `eat`, if not NULL */
static bool is_untagged;

static int format; /* of the policy */
static vouch_buffer aik_spki, measurements, components, submods;
static uint8_t components_digest[32];
static struct vouch_eat eat;
static vouch_expectation expected;
static vouch_policy *policy;
static vouch_appraiser *appraiser;
static vouch_result result;

static vouch_bytes octets(const uint8_t value[32])
{
    return (vouch_bytes){value, 32};
}

static vouch_bytes nothing(void)
{
    return (vouch_bytes){NULL, 0};
}

static void digest_of(vouch_digest *digest, const uint8_t *value, size_t len)
{
    *digest = (vouch_digest){.len = len};
    memcpy(digest->data, value, len);
}

static struct signer new_signer(enum pki_kind kind)
{
    struct signer made = {.pkey = pki_key(kind)};

    ck_assert_int_eq(vouch_key_from_evp(made.pkey, &made.key), VOUCH_OK);
    return made;
}

static void free_signer(struct signer *signer)
{
    vouch_key_free(signer->key);
    EVP_PKEY_free(signer->pkey);
}

#define SET(call) ck_assert_int_eq(call, VOUCH_OK)

/* What a policy must say at least. */
static void plain_policy(void)
{
    vouch_appraiser_free(appraiser);
    vouch_policy_free(policy);
    appraiser = NULL;
    SET(vouch_policy_new(formats[format].format, &policy));
    SET(vouch_policy_add_key(policy, vouch_key_spki(device.key), nothing()));
    SET(vouch_policy_add_reference(policy, "executable", octets(program)));
    SET(vouch_policy_add_reference(policy, "library:libc", octets(library)));
}

/* All that it can say. */
static void full_policy(void)
{
    plain_policy();
    SET(vouch_policy_require_claim(policy, VOUCH_CLAIM_SOFTWARE_NAME));
    SET(vouch_policy_forbid_claim(policy, VOUCH_CLAIM_BOOT_SEED));
    SET(vouch_policy_add_instance(policy, (vouch_bytes){ueid, sizeof ueid}));
    SET(vouch_policy_set_debug(policy, VOUCH_DEBUG_DISABLED));
    SET(vouch_policy_set_min_security_version(policy, 5));
    SET(vouch_policy_set_min_version(policy, "1.9"));
    SET(vouch_policy_add_component(policy, "model", octets(model)));
}

static void set_map(vouch_buffer *buffer, vouch_bytes *span,
                    const struct token_digest *digests)
{
    free(buffer->data);
    *buffer = token_digests(digests);
    *span = span_of(buffer);
}

static void measure(const uint8_t *executable, const uint8_t *libc)
{
    set_map(&measurements, &eat.measurements,
            (const struct token_digest[]){{"executable", executable},
                                          {"library:libc", libc},
                                          {NULL, NULL}});
}

static void set_model(const char *name, const uint8_t *sha256)
{
    set_map(&components, &eat.components,
            (const struct token_digest[]){{name, sha256}, {NULL, NULL}});
    vouch_sha256(eat.components, components_digest);
    eat.posture_digest = octets(components_digest);
}

static void set_submods(const char *hex)
{
    free(submods.data);
    submods = from_hex(hex);
    eat.submods = span_of(&submods);
}

/* A claims set that meets the full policy. */
static void good_claims(void)
{
    eat = (struct vouch_eat){
        .has_exp = true,
        .exp = PKI_NOW + 60,
        .has_nbf = true,
        .nbf = PKI_NOW - 60,
        .has_iat = true,
        .iat = PKI_NOW,
        .nonce = octets(binder),
        .ueid = {ueid, sizeof ueid},
        .has_dbgstat = true,
        .dbgstat = VOUCH_EAT_DEBUG_DISABLED,
        .profile = vouch_text(formats[format].profile),
        .swname = vouch_text("program"),
        .swversion = vouch_text("1.10"),
        .aik_pub_hash = octets(aik_pub_hash),
        .has_epoch = true,
        .epoch = 3,
        .has_security_version = true,
        .security_version = 5,
    };
    measure(program, library);
    set_model("model", model);
    set_submods("a1 6173 a1 190107 01");
}

/* And what else can be said. */
static void all_claims(void)
{
    static const uint8_t oemid[] = {0x43, 0xac, 0xde, 0x48};

    good_claims();
    eat.oemid = (vouch_bytes){oemid, sizeof oemid};
    eat.hwmodel = vouch_text("m");
    eat.hwversion = vouch_text("2");
    eat.has_uptime = eat.has_oemboot = eat.has_bootcount = true;
    eat.bootseed = octets(another);
    eat.kernel = vouch_text("6.1");
    eat.boot_id = vouch_text("b");
}

static void setup(void)
{
    EVP_PKEY *aik = pki_key(PKI_P256);

    device = new_signer(PKI_P256);
    stranger = new_signer(PKI_P256);
    signs = is_named = device.key;
    payload_hex = NULL;
    is_untagged = false;
    aik_spki = pki_spki(aik);
    EVP_PKEY_free(aik);
    format = OTHER;
    measurements = components = submods = (vouch_buffer){NULL, 0};
    expected = (vouch_expectation){.aik_spki = span_of(&aik_spki),
                                   .now.unix_s = PKI_NOW};
    digest_of(&expected.binder, binder, 32);
    digest_of(&expected.aik_pub_hash, aik_pub_hash, 32);
    policy = NULL;
    appraiser = NULL;
    full_policy();
    good_claims();
}

static void teardown(void)
{
    vouch_appraiser_free(appraiser);
    vouch_policy_free(policy);
    free(measurements.data);
    free(components.data);
    free(submods.data);
    free(aik_spki.data);
    free_signer(&device);
    free_signer(&stranger);
}

static void use_format(int which)
{
    format = which;
    full_policy();
    good_claims();
}

static vouch_verdict judge_cmw(vouch_bytes cmw)
{
    if (appraiser == NULL) {
        SET(vouch_eat_appraiser_new(policy, &appraiser));
    }
    memset(&result, 0xa5, sizeof result);
    vouch_appraise(appraiser, cmw, &expected, &result);
    return result.verdict;
}

static vouch_verdict judge_token(vouch_bytes token)
{
    vouch_buffer cmw = token_wrap(formats[format].format, token);

    (void)judge_cmw(span_of(&cmw));
    free(cmw.data);
    return result.verdict;
}

/* The token of a payload, as the statics above say. */
static vouch_buffer sign(vouch_bytes payload)
{
    uint8_t id[32];

    token_key_id(is_named, id);
    return token_sign_as(signs, octets(id), payload);
}

static vouch_verdict judge_payload(vouch_bytes payload)
{
    vouch_buffer token = sign(payload);
    vouch_bytes sent = span_of(&token);

    if (is_untagged) {
        sent.data++;
        sent.len--;
    }
    (void)judge_token(sent);
    free(token.data);
    return result.verdict;
}

static vouch_verdict judge(void)
{
    vouch_buffer payload =
        payload_hex != NULL ? from_hex(payload_hex) : token_claims(&eat);

    (void)judge_payload(span_of(&payload));
    free(payload.data);
    return result.verdict;
}

static void assert_accepted(void)
{
    ck_assert_msg(judge() == VOUCH_ACCEPTED, "refused: %s %s %s %s",
                  vouch_check_name(result.reason.check),
                  vouch_claim_name(result.reason.claim),
                  vouch_err_name(result.reason.err), result.reason.found);
}

static void assert_reason(vouch_check check, vouch_claim claim, vouch_err err)
{
    ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(result.reason.check),
                     vouch_check_name(check));
    ck_assert_str_eq(vouch_claim_name(result.reason.claim),
                     vouch_claim_name(claim));
    ck_assert_str_eq(vouch_err_name(result.reason.err), vouch_err_name(err));
}

static void assert_refused(vouch_check check, vouch_claim claim, vouch_err err)
{
    (void)judge();
    assert_reason(check, claim, err);
}

static void assert_texts(const char *name, const char *wanted,
                         const char *found)
{
    ck_assert_str_eq(result.reason.name, name);
    ck_assert_str_eq(result.reason.expected, wanted);
    ck_assert_str_eq(result.reason.found, found);
}

static uint64_t bit(vouch_claim claim)
{
    return UINT64_C(1) << claim;
}

/* P passed, F failed, - not reached; in the order of vouch_stage. */
static void assert_stages(const char *stages)
{
    for (int i = 0; i < VOUCH_STAGES; i++) {
        char found = "-PF"[result.stages[i]];

        ck_assert_msg(found == stages[i], "%s: %c, not %c",
                      vouch_stage_name((vouch_stage)i), found, stages[i]);
    }
}

/* What is accepted */

START_TEST(eat_that_is_right_is_accepted)
{
    uint8_t sha256[32];

    use_format(_i);
    assert_accepted();
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    assert_stages("PPPPP");
    ck_assert_mem_eq(&result.binder, &expected.binder, sizeof expected.binder);
    ck_assert_mem_eq(&result.aik_pub_hash, &expected.aik_pub_hash,
                     sizeof expected.aik_pub_hash);
    ck_assert_int_eq(result.not_after, PKI_NOW + 60);
    ck_assert_int_eq(result.issued_at, 0); /* age counts from the request */
    ck_assert_uint_eq(result.ueid.len, sizeof ueid);
    ck_assert_mem_eq(result.ueid.data, ueid, sizeof ueid);
    ck_assert(result.instance_pinned);
    ck_assert(result.has_epoch);
    ck_assert_uint_eq(result.epoch, 3);
    ck_assert(result.has_security_version);
    ck_assert_uint_eq(result.security_version, 5);
    token_key_id(device.key, sha256);
    ck_assert_mem_eq(result.anchor_digest, sha256, 32);
    SET(vouch_policy_digest(policy, sha256));
    ck_assert_mem_eq(result.policy_digest, sha256, 32);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_NONE);
}
END_TEST

/* draft-ietf-rats-ar4si: affirmed is what was looked at, and nothing else. */
START_TEST(eat_is_affirmed_in_what_was_looked_at)
{
    assert_accepted();
    ck_assert_int_eq(result.tier, VOUCH_TIER_AFFIRMING);
    for (int i = 0; i < VOUCH_CATEGORIES; i++) {
        ck_assert_int_eq(result.vector[i], i == VOUCH_INSTANCE_IDENTITY ||
                                                   i == VOUCH_CONFIGURATION ||
                                                   i == VOUCH_EXECUTABLES
                                               ? 2
                                               : 0);
    }
    plain_policy();
    assert_accepted();
    ck_assert_int_eq(result.tier, VOUCH_TIER_AFFIRMING);
    for (int i = 0; i < VOUCH_CATEGORIES; i++) {
        ck_assert_int_eq(result.vector[i], i == VOUCH_EXECUTABLES ? 2 : 0);
    }
}
END_TEST

static void wants_software_name(void)
{
    SET(vouch_policy_require_claim(policy, VOUCH_CLAIM_SOFTWARE_NAME));
}

static void wants_instance(void)
{
    SET(vouch_policy_add_instance(policy, (vouch_bytes){ueid, sizeof ueid}));
}

static void wants_security_version(void)
{
    SET(vouch_policy_set_min_security_version(policy, 0));
}

static void wants_version(void)
{
    SET(vouch_policy_set_min_version(policy, "0"));
}

static void wants_component(void)
{
    SET(vouch_policy_add_component(policy, "model", octets(model)));
}

static void has_no_times(void)
{
    eat.has_exp = eat.has_nbf = false;
}

static void has_no_debug_status(void)
{
    eat.has_dbgstat = false;
}

static const struct {
    void (*change)(void);
    vouch_claim more, less[2];
} reliances[] = {
    {NULL, VOUCH_CLAIM_NONE, {VOUCH_CLAIM_NONE, VOUCH_CLAIM_NONE}},
    {wants_software_name, VOUCH_CLAIM_SOFTWARE_NAME, {VOUCH_CLAIM_NONE}},
    {wants_instance, VOUCH_CLAIM_UEID, {VOUCH_CLAIM_NONE}},
    {wants_security_version, VOUCH_CLAIM_SECURITY_VERSION, {VOUCH_CLAIM_NONE}},
    {wants_version, VOUCH_CLAIM_SOFTWARE_VERSION, {VOUCH_CLAIM_NONE}},
    {wants_component, VOUCH_CLAIM_POSTURE, {VOUCH_CLAIM_NONE}},
    {has_no_times, VOUCH_CLAIM_NONE, {VOUCH_CLAIM_EXP, VOUCH_CLAIM_NBF}},
    {has_no_debug_status, VOUCH_CLAIM_NONE, {VOUCH_CLAIM_DEBUG_STATUS}},
};

START_TEST(result_names_the_claims_that_it_relies_on)
{
    uint64_t claims = bit(VOUCH_CLAIM_NONCE) | bit(VOUCH_CLAIM_AIK_PUB_HASH) |
                      bit(VOUCH_CLAIM_PROFILE) | bit(VOUCH_CLAIM_IAT) |
                      bit(VOUCH_CLAIM_MEASUREMENT) | bit(VOUCH_CLAIM_EXP) |
                      bit(VOUCH_CLAIM_NBF) | bit(VOUCH_CLAIM_DEBUG_STATUS);

    plain_policy();
    if (reliances[_i].change != NULL) {
        reliances[_i].change();
    }
    claims |= bit(reliances[_i].more);
    claims &= ~(bit(reliances[_i].less[0]) | bit(reliances[_i].less[1]));
    assert_accepted();
    ck_assert_uint_eq(result.claims | 1, claims | 1); /* no claim is claim 0 */
}
END_TEST

/* Keys in any order: RFC 9711, 6.3; but our own profile is deterministic. */
START_TEST(eat_has_its_keys_in_any_order_but_in_our_profile) /* [T11] */
{
    vouch_buffer payload, turned;
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS];
    size_t num;

    use_format(_i);
    payload = token_claims(&eat);
    num = token_split(span_of(&payload), pairs);
    for (size_t i = 0; i < num / 2; i++) {
        struct token_pair first = pairs[i];

        pairs[i] = pairs[num - 1 - i];
        pairs[num - 1 - i] = first;
    }
    turned = token_join(pairs, num);
    ck_assert_int_eq(judge_payload(span_of(&payload)), VOUCH_ACCEPTED);
    (void)judge_payload(span_of(&turned));
    if (_i == OTHER) {
        ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
    } else {
        assert_reason(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    }
    free(turned.data);
    free(payload.data);
}
END_TEST

/* With all its arguments in nine octets. */
static vouch_buffer stretched(vouch_bytes octets)
{
    CBS in = vouch_reader(octets);
    struct vouch_cbor_head head;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 9 * octets.len));
    while (!vouch_read_end(&in)) {
        ck_assert(vouch_cbor_read_head(&in, &head));
        ck_assert_int_le(head.type, VOUCH_CBOR_MAP); /* as major types are */
        ck_assert(CBB_add_u8(&cbb, (uint8_t)(head.type << 5 | 27)));
        ck_assert(CBB_add_u64(&cbb, head.value));
        ck_assert(vouch_write_octets(&cbb, head.string));
    }
    return finish_cbb(&cbb);
}

/* Attack 43: what a claim says does not hang on how long its number is, but our
 * own profile has one form only. */
START_TEST(eat_has_its_numbers_in_any_length_but_in_our_profile) /* [T11] */
{
    vouch_buffer payload, longer;
    uint64_t claims;

    use_format(_i);
    plain_policy();
    eat.components = nothing(); /* for their digest is of their form */
    eat.posture_digest = nothing();
    payload = token_claims(&eat);
    longer = stretched(span_of(&payload));
    ck_assert_int_eq(judge_payload(span_of(&payload)), VOUCH_ACCEPTED);
    claims = result.claims;
    (void)judge_payload(span_of(&longer));
    if (_i == OTHER) {
        ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
        ck_assert_uint_eq(result.claims, claims);
    } else {
        assert_reason(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    }
    free(longer.data);
    free(payload.data);
}
END_TEST

/* The same claim in two forms is there twice. */
START_TEST(eat_has_no_claim_in_two_forms)
{
    const vouch_bytes short_form = {(const uint8_t[]){0x0a}, 1};
    const vouch_bytes long_form = {(const uint8_t[]){0x18, 0x0a}, 2};
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS] = {0};
    vouch_buffer payload, twice;
    size_t num;

    use_format(OTHER);
    payload = token_claims(&eat);
    num = token_split(span_of(&payload), pairs);
    for (size_t i = 0; pairs[num].label.len == 0; i++) {
        if (vouch_bytes_equal(pairs[i].label, short_form)) {
            pairs[num] = (struct token_pair){long_form, pairs[i].value};
        }
    }
    twice = token_join(pairs, num + 1);
    (void)judge_payload(span_of(&twice));
    assert_reason(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    free(twice.data);
    free(payload.data);
}
END_TEST

/* The media type says which profile it must be. */
START_TEST(eat_of_one_profile_is_none_of_another)
{
    int one = _i, two = FORMATS - 1 - _i;

    use_format(one);
    assert_accepted();
    eat.profile = vouch_text(formats[two].profile);
    assert_refused(VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE, VOUCH_OK);
    assert_texts("", formats[one].profile, formats[two].profile);
}
END_TEST

START_TEST(eat_of_one_media_type_is_none_of_another)
{
    vouch_buffer payload = token_claims(&eat);
    vouch_buffer token = sign(span_of(&payload));
    vouch_buffer cmw = token_wrap(formats[OTHER].format, span_of(&token));

    ck_assert_int_eq(judge_cmw(span_of(&cmw)), VOUCH_ACCEPTED);
    free(cmw.data);
    cmw = token_wrap(formats[OURS].format, span_of(&token));
    (void)judge_cmw(span_of(&cmw));
    assert_reason(VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    assert_texts("", formats[OTHER].format, formats[OURS].format);
    assert_stages("-----");
    free(cmw.data);
    free(token.data);
    free(payload.data);
}
END_TEST

static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_ED25519,
                                      PKI_RSA2048, PKI_P521};

/* The algorithms of design.md that this library's keys sign with. */
START_TEST(eat_may_be_signed_with_any_kind_of_key)
{
    struct signer other = {.pkey = pki_key(kinds[_i])};

    if (vouch_key_from_evp(other.pkey, &other.key) == VOUCH_OK) {
        signs = is_named = other.key;
        SET(vouch_policy_add_key(policy, vouch_key_spki(other.key), nothing()));
        assert_accepted();
        is_named = device.key;
        assert_refused(VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE,
                       kinds[_i] == PKI_P256 ? VOUCH_E_SIGNATURE
                                             : VOUCH_E_COSE_ALGORITHM);
        vouch_key_free(other.key);
    } else {
        ck_assert_int_eq(kinds[_i], PKI_P521); /* tests/test_cose.c */
    }
    EVP_PKEY_free(other.pkey);
}
END_TEST

/* What is refused, step by step */

static void trusts_nobody(void)
{
    vouch_policy_free(policy);
    SET(vouch_policy_new(formats[format].format, &policy));
    SET(vouch_policy_add_reference(policy, "executable", octets(program)));
}

static void has_no_references(void)
{
    vouch_policy_free(policy);
    SET(vouch_policy_new(formats[format].format, &policy));
    SET(vouch_policy_add_key(policy, vouch_key_spki(device.key), nothing()));
}

static void has_no_tag(void)
{
    is_untagged = true;
}

static void is_by_a_stranger(void)
{
    signs = is_named = stranger.key;
}

static void is_by_the_aik(void)
{
    expected.aik_spki = vouch_key_spki(device.key);
}

static void is_forged(void)
{
    signs = stranger.key;
}

static void is_no_map(void)
{
    payload_hex = "80";
}

static void has_a_float(void)
{
    payload_hex = "a1 06 fb41dad27480000001";
}

static void has_other_profile(void)
{
    eat.profile = vouch_text(PROFILE "y");
}

static void has_no_profile(void)
{
    eat.profile = nothing();
}

static void has_other_nonce(void)
{
    eat.nonce = octets(another);
}

static void has_no_nonce(void)
{
    eat.nonce = nothing();
}

static void has_other_aik(void)
{
    eat.aik_pub_hash = octets(another);
}

static void has_no_aik(void)
{
    eat.aik_pub_hash = nothing();
}

static void is_old(void)
{
    eat.iat = PKI_NOW - 301;
}

static void has_no_iat(void)
{
    eat.has_iat = false;
}

static void has_expired(void)
{
    eat.exp = PKI_NOW;
}

static void is_early(void)
{
    eat.nbf = PKI_NOW + 1;
}

static void has_no_name(void)
{
    eat.swname = nothing();
}

static void has_what_is_forbidden(void)
{
    eat.bootseed = octets(another);
}

static void is_another_instance(void)
{
    eat.ueid = (vouch_bytes){other_ueid, sizeof other_ueid};
}

static void is_no_instance(void)
{
    eat.ueid = nothing();
}

static void is_debugged(void)
{
    eat.dbgstat = VOUCH_EAT_DEBUG_ENABLED;
}

static void has_old_security_version(void)
{
    eat.security_version = 4;
}

static void has_no_security_version(void)
{
    eat.has_security_version = false;
}

static void has_old_version(void)
{
    eat.swversion = vouch_text("1.8.99");
}

static void has_no_version(void)
{
    eat.swversion = nothing();
}

static void is_another_program(void)
{
    measure(another, library);
}

static void is_not_measured(void)
{
    eat.measurements = nothing();
}

static void has_another_model(void)
{
    set_model("model", another);
}

static void has_no_model(void)
{
    set_model("mode", model);
}

static void has_wrong_posture_digest(void)
{
    eat.posture_digest = octets(another);
}

static const struct {
    void (*change)(void);
    vouch_check check;
    vouch_claim claim;
    vouch_err err;
    const char *stages;
    int identity, configuration, executables; /* of the vector */
} changes[] = {
    {trusts_nobody, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE, VOUCH_OK, "----F", 0,
     0, 0},
    {has_no_references, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE, VOUCH_OK, "----F",
     0, 0, 0},
    {has_no_tag, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR, "F----",
     0, 0, 0},
    {is_by_a_stranger, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_OK, "-F---",
     97, 0, 0},
    {is_by_the_aik, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL,
     "-F---", 97, 0, 0},
    {is_forged, VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE, VOUCH_E_SIGNATURE,
     "-PF--", 99, 0, 0},
    {is_no_map, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR, "FPP--",
     0, 0, 0},
    {has_a_float, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE,
     "FPP--", 0, 0, 0},
    {has_other_profile, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE, VOUCH_OK,
     "FPP--", 0, 0, 0},
    {has_no_profile, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE,
     VOUCH_E_CLAIM_MISSING, "FPP--", 0, 0, 0},
    {has_other_nonce, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE, VOUCH_OK, "PPPF-",
     99, 0, 0},
    {has_no_nonce, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_E_CLAIM_MISSING, "PPPF-", 99, 0, 0},
    {has_other_aik, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_OK,
     "PPPF-", 99, 0, 0},
    {has_no_aik, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH,
     VOUCH_E_CLAIM_MISSING, "PPPF-", 99, 0, 0},
    {is_old, VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_OK, "PPPPF", 0, 0, 0},
    {has_no_iat, VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_E_CLAIM_MISSING,
     "PPPPF", 0, 0, 0},
    {has_expired, VOUCH_CHECK_AGE, VOUCH_CLAIM_EXP, VOUCH_OK, "PPPPF", 0, 0, 0},
    {is_early, VOUCH_CHECK_AGE, VOUCH_CLAIM_NBF, VOUCH_OK, "PPPPF", 0, 0, 0},
    {has_no_name, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_SOFTWARE_NAME,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 0, 0, 0},
    {has_what_is_forbidden, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_BOOT_SEED,
     VOUCH_E_ILLEGAL, "PPPPF", 0, 0, 0},
    {is_another_instance, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID, VOUCH_OK,
     "PPPPF", 97, 0, 0},
    {is_no_instance, VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 97, 0, 0},
    {is_debugged, VOUCH_CHECK_DEBUG, VOUCH_CLAIM_DEBUG_STATUS, VOUCH_OK,
     "PPPPF", 0, 96, 0},
    {has_old_security_version, VOUCH_CHECK_VERSION,
     VOUCH_CLAIM_SECURITY_VERSION, VOUCH_OK, "PPPPF", 0, 0, 96},
    {has_no_security_version, VOUCH_CHECK_VERSION, VOUCH_CLAIM_SECURITY_VERSION,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 0, 0, 96},
    {has_old_version, VOUCH_CHECK_VERSION, VOUCH_CLAIM_SOFTWARE_VERSION,
     VOUCH_OK, "PPPPF", 0, 0, 96},
    {has_no_version, VOUCH_CHECK_VERSION, VOUCH_CLAIM_SOFTWARE_VERSION,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 0, 0, 96},
    {is_another_program, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
     VOUCH_OK, "PPPPF", 0, 0, 96},
    {is_not_measured, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 0, 0, 96},
    {has_another_model, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE, VOUCH_OK,
     "PPPPF", 0, 96, 0},
    {has_no_model, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
     VOUCH_E_CLAIM_MISSING, "PPPPF", 0, 96, 0},
    {has_wrong_posture_digest, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
     VOUCH_OK, "PPPPF", 0, 96, 0},
};

/* [X16] [X17] [X18] [X27] [X28] [X31] */
START_TEST(eat_that_is_wrong_in_one_thing_is_refused_at_that_step)
{
    bool is_bad = changes[_i].identity + changes[_i].configuration +
                      changes[_i].executables !=
                  0;

    assert_accepted();
    full_policy(); /* unsealed again */
    changes[_i].change();
    assert_refused(changes[_i].check, changes[_i].claim, changes[_i].err);
    assert_stages(changes[_i].stages);
    ck_assert_int_eq(result.tier,
                     is_bad ? VOUCH_TIER_CONTRAINDICATED : VOUCH_TIER_NONE);
    for (int i = 0; i < VOUCH_CATEGORIES; i++) {
        ck_assert_int_eq(result.vector[i],
                         i == VOUCH_INSTANCE_IDENTITY ? changes[_i].identity
                         : i == VOUCH_CONFIGURATION ? changes[_i].configuration
                         : i == VOUCH_EXECUTABLES   ? changes[_i].executables
                                                    : 0);
    }
}
END_TEST

/* Nothing of it can be taken for an acceptance, but it can be audited. */
START_TEST(refusal_says_what_was_refused_and_by_what)
{
    static const uint8_t zeros[32] = {0};
    vouch_buffer payload, token;
    uint8_t sha256[32];

    is_another_program();
    payload = token_claims(&eat);
    token = sign(span_of(&payload));
    ck_assert_int_eq(judge_token(span_of(&token)), VOUCH_REJECTED);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_NONE);
    ck_assert_uint_eq(result.binder.len, 0);
    ck_assert_uint_eq(result.aik_pub_hash.len, 0);
    ck_assert_uint_eq(result.ueid.len, 0);
    ck_assert_uint_eq(result.claims, 0);
    ck_assert(!result.instance_pinned);
    ck_assert(!result.has_epoch);
    ck_assert(!result.has_security_version);
    vouch_sha256(span_of(&token), sha256);
    ck_assert_mem_eq(result.evidence_digest, sha256, 32);
    SET(vouch_policy_digest(policy, sha256));
    ck_assert_mem_eq(result.policy_digest, sha256, 32);
    ck_assert_mem_eq(result.anchor_digest, zeros, 32);
    free(token.data);
    free(payload.data);
}
END_TEST

/* Times */

static const struct {
    int64_t exp, nbf; /* from now */
    vouch_claim claim;
    const char *wanted, *found;
} times[] = {
    {1, 0, VOUCH_CLAIM_NONE, "", ""},
    {0, 0, VOUCH_CLAIM_EXP, "after 1800000000", "1800000000"},
    {-1, 0, VOUCH_CLAIM_EXP, "after 1800000000", "1799999999"},
    {-PKI_NOW - 1, 0, VOUCH_CLAIM_EXP, "after 1800000000", "-1"},
    {1, 1, VOUCH_CLAIM_NBF, "not after 1800000000", "1800000001"},
    {INT64_MAX - PKI_NOW, -PKI_NOW - 1, VOUCH_CLAIM_NONE, "", ""},
};

START_TEST(eat_counts_from_nbf_to_exp) /* RFC 8392, 3.1.4 and 3.1.5 */
{
    eat.exp = PKI_NOW + times[_i].exp;
    eat.nbf = PKI_NOW + times[_i].nbf;
    if (times[_i].claim == VOUCH_CLAIM_NONE) {
        assert_accepted();
        ck_assert_int_eq(result.not_after, eat.exp);
    } else {
        assert_refused(VOUCH_CHECK_AGE, times[_i].claim, VOUCH_OK);
        assert_texts("", times[_i].wanted, times[_i].found);
    }
}
END_TEST

START_TEST(eat_without_exp_has_no_end)
{
    has_no_times();
    assert_accepted();
    ck_assert_int_eq(result.not_after, INT64_MAX);
}
END_TEST

START_TEST(eat_has_the_age_that_the_policy_says)
{
    SET(vouch_policy_set_max_age(policy, 10));
    has_no_times();
    for (int64_t age = 9; age <= 11; age++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            eat.iat = PKI_NOW + sign * age;
            if (age <= 10) {
                assert_accepted();
            } else {
                assert_refused(VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT, VOUCH_OK);
                ck_assert_str_eq(result.reason.expected,
                                 "within 10 s of 1800000000");
            }
        }
    }
}
END_TEST

/* Claims that are there */

static const struct {
    vouch_claim claim;
    int64_t key;
} keys[] = {
    {VOUCH_CLAIM_EXP, VOUCH_EAT_EXP},
    {VOUCH_CLAIM_NBF, VOUCH_EAT_NBF},
    {VOUCH_CLAIM_IAT, VOUCH_EAT_IAT},
    {VOUCH_CLAIM_NONCE, VOUCH_EAT_NONCE},
    {VOUCH_CLAIM_UEID, VOUCH_EAT_UEID},
    {VOUCH_CLAIM_OEM_ID, VOUCH_EAT_OEMID},
    {VOUCH_CLAIM_HARDWARE_MODEL, VOUCH_EAT_HWMODEL},
    {VOUCH_CLAIM_HARDWARE_VERSION, VOUCH_EAT_HWVERSION},
    {VOUCH_CLAIM_UPTIME, VOUCH_EAT_UPTIME},
    {VOUCH_CLAIM_OEM_BOOT, VOUCH_EAT_OEMBOOT},
    {VOUCH_CLAIM_DEBUG_STATUS, VOUCH_EAT_DBGSTAT},
    {VOUCH_CLAIM_PROFILE, VOUCH_EAT_PROFILE},
    {VOUCH_CLAIM_SUBMODULES, VOUCH_EAT_SUBMODS},
    {VOUCH_CLAIM_BOOT_COUNT, VOUCH_EAT_BOOTCOUNT},
    {VOUCH_CLAIM_BOOT_SEED, VOUCH_EAT_BOOTSEED},
    {VOUCH_CLAIM_SOFTWARE_NAME, VOUCH_EAT_SWNAME},
    {VOUCH_CLAIM_SOFTWARE_VERSION, VOUCH_EAT_SWVERSION},
    {VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_EAT_AIK_PUB_HASH},
    {VOUCH_CLAIM_MEASUREMENT, VOUCH_EAT_MEASUREMENTS},
    {VOUCH_CLAIM_KERNEL, VOUCH_EAT_KERNEL},
    {VOUCH_CLAIM_BOOT_ID, VOUCH_EAT_BOOT_ID},
    {VOUCH_CLAIM_EPOCH, VOUCH_EAT_EPOCH},
    {VOUCH_CLAIM_NONE, VOUCH_EAT_POSTURE_DIGEST}, /* goes with components */
    {VOUCH_CLAIM_POSTURE, VOUCH_EAT_COMPONENTS},
    {VOUCH_CLAIM_SECURITY_VERSION, VOUCH_EAT_SECURITY_VERSION},
};

enum { NUM_KEYS = COUNT(keys) };

/* All claims are there, whatever their value: zero, or false. */
START_TEST(claim_that_is_required_is_there)
{
    all_claims();
    plain_policy();
    for (int i = 0; i < NUM_KEYS; i++) {
        if (keys[i].claim != VOUCH_CLAIM_NONE) {
            SET(vouch_policy_require_claim(policy, keys[i].claim));
        }
    }
    assert_accepted();
    for (int i = 0; i < NUM_KEYS; i++) {
        if (keys[i].claim != VOUCH_CLAIM_NONE) {
            ck_assert_uint_ne(result.claims & bit(keys[i].claim), 0);
        }
    }
}
END_TEST

START_TEST(claim_that_is_forbidden_is_not_there)
{
    all_claims();
    plain_policy();
    assert_accepted();
    if (keys[_i].claim != VOUCH_CLAIM_NONE) {
        plain_policy();
        SET(vouch_policy_forbid_claim(policy, keys[_i].claim));
        assert_refused(VOUCH_CHECK_CLAIM, keys[_i].claim, VOUCH_E_ILLEGAL);
    }
}
END_TEST

/* Without what is required; what is always wanted is missed sooner. */
static bool is_always_wanted(vouch_claim claim)
{
    return claim == VOUCH_CLAIM_NONCE || claim == VOUCH_CLAIM_AIK_PUB_HASH ||
           claim == VOUCH_CLAIM_PROFILE || claim == VOUCH_CLAIM_IAT;
}

static vouch_buffer claims_without(int64_t key)
{
    vouch_buffer payload = token_claims(&eat), less;
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS];
    size_t num = token_split(span_of(&payload), pairs), kept = 0;

    for (size_t i = 0; i < num; i++) {
        CBS in;
        int64_t label;

        CBS_init(&in, pairs[i].label.data, pairs[i].label.len);
        ck_assert(vouch_cbor_read_int(&in, &label));
        if (label != key) {
            pairs[kept++] = pairs[i];
        }
    }
    ck_assert_uint_eq(kept, num - 1);
    less = token_join(pairs, kept);
    free(payload.data);
    return less;
}

START_TEST(claim_that_is_required_and_not_there_is_missed)
{
    vouch_buffer payload;

    all_claims();
    plain_policy();
    if (keys[_i].claim == VOUCH_CLAIM_NONE) {
        return;
    }
    SET(vouch_policy_require_claim(policy, keys[_i].claim));
    assert_accepted();
    payload = claims_without(keys[_i].key);
    ck_assert_int_eq(judge_payload(span_of(&payload)), VOUCH_REJECTED);
    if (!is_always_wanted(keys[_i].claim)) {
        assert_reason(VOUCH_CHECK_CLAIM, keys[_i].claim, VOUCH_E_CLAIM_MISSING);
    }
    ck_assert_int_eq(result.reason.claim, keys[_i].claim);
    ck_assert_int_eq(result.reason.err, VOUCH_E_CLAIM_MISSING);
    free(payload.data);
}
END_TEST

static const vouch_claim of_results[] = {VOUCH_CLAIM_STATUS, VOUCH_CLAIM_VECTOR,
                                         VOUCH_CLAIM_VERIFIER_ID};

START_TEST(claim_of_results_is_in_no_evidence)
{
    SET(vouch_policy_forbid_claim(policy, of_results[_i]));
    assert_accepted();
    full_policy();
    SET(vouch_policy_require_claim(policy, of_results[_i]));
    assert_refused(VOUCH_CHECK_CLAIM, of_results[_i], VOUCH_E_CLAIM_MISSING);
}
END_TEST

/* Instances; attack 5 */

START_TEST(instance_is_one_that_the_policy_names)
{
    char wanted[VOUCH_TEXT_MAX], found[VOUCH_TEXT_MAX];

    for (size_t i = 0; i < sizeof ueid; i++) {
        snprintf(&wanted[2 * i], 3, "%02x", ueid[i]);
        snprintf(&found[2 * i], 3, "%02x", other_ueid[i]);
    }
    assert_accepted();
    ck_assert(result.instance_pinned);
    is_another_instance();
    assert_refused(VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID, VOUCH_OK);
    assert_texts("", wanted, found);
    full_policy(); /* alternatives */
    SET(vouch_policy_add_instance(
        policy, (vouch_bytes){other_ueid, sizeof other_ueid}));
    assert_accepted();
    ck_assert(result.instance_pinned);
    ck_assert_mem_eq(result.ueid.data, other_ueid, sizeof other_ueid);
}
END_TEST

START_TEST(instance_is_named_as_a_whole)
{
    static const uint8_t zeros[33] = {1};

    eat.ueid.len = sizeof ueid - 1;
    assert_refused(VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID, VOUCH_OK);
    eat.ueid = (vouch_bytes){zeros, sizeof zeros};
    assert_refused(VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID, VOUCH_OK);
    eat.ueid = nothing();
    assert_refused(VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID,
                   VOUCH_E_CLAIM_MISSING);
}
END_TEST

START_TEST(instance_that_is_not_pinned_is_told)
{
    plain_policy();
    is_another_instance();
    assert_accepted();
    ck_assert(!result.instance_pinned);
    ck_assert_uint_eq(result.ueid.len, sizeof other_ueid);
    ck_assert_mem_eq(result.ueid.data, other_ueid, sizeof other_ueid);
    eat.ueid = nothing();
    assert_accepted();
    ck_assert(!result.instance_pinned);
    ck_assert_uint_eq(result.ueid.len, 0);
}
END_TEST

/* Debugging; attack 54. RFC 9711, 4.2.9: a submodule inherits nothing [T08] */

enum { ABSENT = -1, ON, OFF, OFF_SINCE_BOOT, OFF_FOR_GOOD, OFF_FULLY };

#define SUBMODULE_OFF "a1 190107 01"
#define SUBMODULE_ON "a1 190107 00"

static const struct {
    vouch_debug rule;
    int dbgstat;
    const char *submods; /* NULL: none */
    const char *culprit; /* NULL: it is accepted */
} debugging[] = {
    /* the claims set's own status */
    {VOUCH_DEBUG_NOT_ENABLED, ABSENT, NULL, NULL},
    {VOUCH_DEBUG_NOT_ENABLED, ON, NULL, ""},
    {VOUCH_DEBUG_NOT_ENABLED, OFF, NULL, NULL},
    {VOUCH_DEBUG_NOT_ENABLED, OFF_SINCE_BOOT, NULL, NULL},
    {VOUCH_DEBUG_NOT_ENABLED, OFF_FOR_GOOD, NULL, NULL},
    {VOUCH_DEBUG_NOT_ENABLED, OFF_FULLY, NULL, NULL},
    {VOUCH_DEBUG_DISABLED, ABSENT, NULL, ""},
    {VOUCH_DEBUG_DISABLED, ON, NULL, ""},
    {VOUCH_DEBUG_DISABLED, OFF, NULL, NULL},
    {VOUCH_DEBUG_DISABLED, OFF_SINCE_BOOT, NULL, NULL},
    {VOUCH_DEBUG_DISABLED, OFF_FOR_GOOD, NULL, NULL},
    {VOUCH_DEBUG_DISABLED, OFF_FULLY, NULL, NULL},
    {VOUCH_DEBUG_ALLOWED, ABSENT, NULL, NULL},
    {VOUCH_DEBUG_ALLOWED, ON, NULL, NULL},
    /* a submodule's, whatever its parent's */
    {VOUCH_DEBUG_NOT_ENABLED, OFF_FULLY, "a1 6173" SUBMODULE_ON, "s"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF_FULLY, "a1 6173 a0", NULL},
    {VOUCH_DEBUG_NOT_ENABLED, ON, "a1 6173" SUBMODULE_OFF, ""},
    {VOUCH_DEBUG_DISABLED, OFF_FULLY, "a1 6173" SUBMODULE_ON, "s"},
    {VOUCH_DEBUG_DISABLED, OFF_FULLY, "a1 6173 a0", "s"},
    {VOUCH_DEBUG_DISABLED, OFF, "a1 6173" SUBMODULE_OFF, NULL},
    {VOUCH_DEBUG_DISABLED, ABSENT, "a1 6173" SUBMODULE_OFF, ""},
    {VOUCH_DEBUG_ALLOWED, ON, "a1 6173" SUBMODULE_ON, NULL},
    /* any of several */
    {VOUCH_DEBUG_NOT_ENABLED, OFF,
     "a3 6173" SUBMODULE_OFF "6174" SUBMODULE_OFF "6175" SUBMODULE_ON, "u"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF,
     "a3 6173" SUBMODULE_OFF "6174" SUBMODULE_ON "6175" SUBMODULE_OFF, "t"},
    {VOUCH_DEBUG_DISABLED, OFF, "a2 6173" SUBMODULE_OFF "6174" SUBMODULE_OFF,
     NULL},
    /* within each other, and what stands behind them */
    {VOUCH_DEBUG_NOT_ENABLED, OFF,
     "a1 6173 a2 190107 01 19010a a1 6174" SUBMODULE_ON, "t"},
    {VOUCH_DEBUG_DISABLED, OFF, "a1 6173 a2 190107 01 19010a a1 6174 a0", "t"},
    {VOUCH_DEBUG_DISABLED, OFF,
     "a2 6173 a2 190107 01 19010a a1 6174" SUBMODULE_OFF "6175" SUBMODULE_ON,
     "u"},
    {VOUCH_DEBUG_DISABLED, OFF,
     "a2 6173 a2 190107 01 19010a a1 6174" SUBMODULE_OFF "6175" SUBMODULE_OFF,
     NULL},
    {VOUCH_DEBUG_NOT_ENABLED, OFF,
     "a1 6173 a1 19010a a1 6174 a1 19010a a1 6175 a1 19010a a1 6176 a1 "
     "19010a a1 6177 a1 19010a a1 6178" SUBMODULE_ON,
     "x"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF,
     "a1 6173 a1 19010a a1 6174 a1 19010a a1 6175 a1 19010a a1 6176 a1 "
     "19010a a1 6177 a1 19010a a1 6178" SUBMODULE_OFF,
     NULL},
    /* what can not be looked into: a nested token, a digest, no number */
    {VOUCH_DEBUG_NOT_ENABLED, OFF, "a1 6173 43 d28440", "s"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF, "a1 6173 63 65794a", "s"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF, "a1 6173 82 2f 43 010203", "s"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF, "a1 6173 a1 190107 05", "s"},
    {VOUCH_DEBUG_NOT_ENABLED, OFF, "a1 6173 a1 190107 f4", "s"},
    {VOUCH_DEBUG_DISABLED, OFF, "a1 6173 43 d28440", "s"},
    {VOUCH_DEBUG_DISABLED, OFF, "a1 6173 82 2f 43 010203", "s"},
    {VOUCH_DEBUG_ALLOWED, OFF, "a1 6173 43 d28440", NULL},
};

START_TEST(debugging_is_as_the_policy_says)
{
    plain_policy();
    SET(vouch_policy_set_debug(policy, debugging[_i].rule));
    eat.has_dbgstat = debugging[_i].dbgstat != ABSENT;
    eat.dbgstat = (uint64_t)debugging[_i].dbgstat;
    eat.submods = nothing();
    if (debugging[_i].submods != NULL) {
        set_submods(debugging[_i].submods);
    }
    if (debugging[_i].culprit == NULL) {
        assert_accepted();
    } else {
        assert_refused(VOUCH_CHECK_DEBUG, VOUCH_CLAIM_DEBUG_STATUS, VOUCH_OK);
        assert_texts(debugging[_i].culprit,
                     debugging[_i].rule == VOUCH_DEBUG_DISABLED ? "disabled"
                                                                : "not enabled",
                     "");
    }
}
END_TEST

START_TEST(debugging_must_not_be_on_unless_the_policy_says_so)
{
    plain_policy();
    assert_accepted();
    is_debugged();
    assert_refused(VOUCH_CHECK_DEBUG, VOUCH_CLAIM_DEBUG_STATUS, VOUCH_OK);
}
END_TEST

/* Versions */

static const struct {
    uint64_t least, found;
    const char *wanted_text, *found_text; /* NULL: it is accepted */
} security_versions[] = {
    {0, 0, NULL, NULL},
    {5, 5, NULL, NULL},
    {5, 6, NULL, NULL},
    {5, UINT64_MAX, NULL, NULL},
    {UINT64_MAX, UINT64_MAX, NULL, NULL},
    {6, 5, "6", "5"},
    {1, 0, "1", "0"},
    {UINT64_MAX, 5, "18446744073709551615", "5"},
};

START_TEST(security_version_has_a_least)
{
    plain_policy();
    SET(vouch_policy_set_min_security_version(policy,
                                              security_versions[_i].least));
    eat.security_version = security_versions[_i].found;
    if (security_versions[_i].wanted_text == NULL) {
        assert_accepted();
    } else {
        assert_refused(VOUCH_CHECK_VERSION, VOUCH_CLAIM_SECURITY_VERSION,
                       VOUCH_OK);
        assert_texts("", security_versions[_i].wanted_text,
                     security_versions[_i].found_text);
    }
    eat.has_security_version = false;
    assert_refused(VOUCH_CHECK_VERSION, VOUCH_CLAIM_SECURITY_VERSION,
                   VOUCH_E_CLAIM_MISSING);
}
END_TEST

static const struct {
    const char *least, *found;
    bool good;
} versions[] = {
    {"1.9", "1.9", true},
    {"1.9", "1.10", true}, /* numbers, not text */
    {"1.9.3", "1.10", true},
    {"1.10", "1.9.3", false},
    {"1.9", "1.9.0", true},
    {"1.9.0", "1.9", true},
    {"1.9.1", "1.9", false},
    {"1.9", "2", true},
    {"2", "1.99.99", false},
    {"1.9", "01.09", true}, /* zeros before a number are none */
    {"10", "9", false},
    {"0", "0", true},
    {"0", "0.0.0", true},
    {"99999999999999999999", "100000000000000000000", true},
    {"100000000000000000000", "99999999999999999999", false},
    {"1.9", "v1.9", false}, /* no numbers with dots between */
    {"1.9", "1.9a", false},
    {"1.9", "1.10-rc1", false},
    {"1.9", "1..10", false},
    {"1.9", ".2", false},
    {"1.9", "2.", false},
    {"1.9", "2.x", false},
    {"1.9", "2 ", false},
    {"1.9", "-2", false},
    {"1.9", "+2", false},
    {"1.9", "2,0", false},
};

START_TEST(software_version_has_a_least)
{
    plain_policy();
    SET(vouch_policy_set_min_version(policy, versions[_i].least));
    eat.swversion = vouch_text(versions[_i].found);
    if (versions[_i].good) {
        assert_accepted();
    } else {
        assert_refused(VOUCH_CHECK_VERSION, VOUCH_CLAIM_SOFTWARE_VERSION,
                       VOUCH_OK);
        assert_texts("", versions[_i].least, versions[_i].found);
    }
    eat.swversion = nothing();
    assert_refused(VOUCH_CHECK_VERSION, VOUCH_CLAIM_SOFTWARE_VERSION,
                   VOUCH_E_CLAIM_MISSING);
}
END_TEST

/* Posture */

START_TEST(components_stand_with_their_digest)
{
    assert_accepted();
    eat.posture_digest = nothing();
    assert_refused(VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                   VOUCH_E_CLAIM_MISSING);
    plain_policy(); /* and where no component is wanted */
    assert_refused(VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                   VOUCH_E_CLAIM_MISSING);
    eat.components = nothing();
    assert_accepted();
}
END_TEST

/* Anchors */

START_TEST(anchor_has_a_name_besides_its_own) /* RFC 9711, 9.6 [T13] */
{
    vouch_buffer payload = token_claims(&eat), token;

    vouch_policy_free(policy);
    SET(vouch_policy_new(formats[format].format, &policy));
    SET(vouch_policy_add_key(policy, vouch_key_spki(device.key),
                             vouch_text("device 7")));
    SET(vouch_policy_add_reference(policy, "executable", octets(program)));
    SET(vouch_policy_add_reference(policy, "library:libc", octets(library)));
    assert_accepted();
    token =
        token_sign_as(device.key, vouch_text("device 7"), span_of(&payload));
    ck_assert_int_eq(judge_token(span_of(&token)), VOUCH_ACCEPTED);
    free(token.data);
    token =
        token_sign_as(stranger.key, vouch_text("device 7"), span_of(&payload));
    (void)judge_token(span_of(&token));
    assert_reason(VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE, VOUCH_E_SIGNATURE);
    free(token.data);
    token =
        token_sign_as(device.key, vouch_text("device 8"), span_of(&payload));
    (void)judge_token(span_of(&token));
    assert_reason(VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_OK);
    ck_assert_str_eq(result.reason.found, "6465766963652038");
    free(token.data);
    token = token_sign_as(device.key, nothing(), span_of(&payload));
    (void)judge_token(span_of(&token));
    ck_assert_int_eq(result.verdict, VOUCH_REJECTED);
    ck_assert_int_eq(result.reason.check, VOUCH_CHECK_ANCHOR);
    free(token.data);
    free(payload.data);
}
END_TEST

/* A remote Verifier knows the AIK by its hash alone, of either suite [X31]. */
START_TEST(aik_is_known_by_its_hash_too)
{
    const EVP_MD *md = _i == 32 ? EVP_sha256() : EVP_sha384();
    vouch_bytes spki = vouch_key_spki(device.key);
    uint8_t hash[48];

    ck_assert(EVP_Digest(spki.data, spki.len, hash, NULL, md, NULL));
    expected.aik_spki = nothing();
    assert_accepted();
    digest_of(&expected.aik_pub_hash, hash, (size_t)_i);
    eat.aik_pub_hash = (vouch_bytes){hash, (size_t)_i};
    assert_refused(VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL);
    ck_assert_str_eq(result.reason.found, "the AIK");
    hash[_i - 1] ^= 1;
    digest_of(&expected.aik_pub_hash, hash, (size_t)_i);
    assert_accepted();
}
END_TEST

/* Policies */

static const char *const no_eats[] = {
    "application/eat+cwt",
    "application/eat+cwt; eat_profile=\"\"",
    "application/eat+cwt; eat_profile=\"",
    "application/eat+cwt; eat_profile=\"xyz",
    "application/eat+cwt; eat_profile=\"xyz\"; a=b",
    "application/eat+cwt; eat_profile=x",
    "application/eat+jwt; eat_profile=\"" PROFILE "\"",
    "application/eat+cwt;eat_profile=\"" PROFILE "\"",
    VOUCH_POSTURE_FORMAT,
    "x",
};

START_TEST(policy_for_another_format_makes_no_appraiser)
{
    vouch_appraiser *made = (vouch_appraiser *)&result;
    vouch_policy *other;

    SET(vouch_policy_new(no_eats[_i], &other));
    ck_assert_int_eq(vouch_eat_appraiser_new(other, &made), VOUCH_E_ARGUMENT);
    ck_assert_ptr_eq(made, (vouch_appraiser *)&result);
    /* and is not fixed by that */
    SET(vouch_policy_set_max_age(other, 1));
    vouch_policy_free(other);
    SET(vouch_eat_appraiser_new(policy, &made));
    ck_assert_str_eq(vouch_appraiser_format(made), formats[OTHER].format);
    ck_assert_int_eq(vouch_policy_set_max_age(policy, 1), VOUCH_E_STATE);
    vouch_appraiser_free(made);
}
END_TEST

/* Everything changed in turn */

/* Counts the changes that are made, and those that are not accepted. */
struct tally {
    size_t changes, refused;
};

static void count(struct tally *tally)
{
    tally->changes++;
    tally->refused += result.verdict == VOUCH_REJECTED;
}

/* One bit in every octet of what is signed, which is neither signed anew. */
static void flip_bits(vouch_bytes region, const vouch_buffer *token,
                      struct tally *tally)
{
    size_t first = (size_t)(region.data - token->data);

    for (size_t i = first; i < first + region.len; i++) {
        uint8_t flipped = (uint8_t)(1 << i % 8);

        token->data[i] ^= flipped;
        (void)judge_token(span_of(token));
        count(tally);
        token->data[i] ^= flipped;
    }
}

static void judge_pairs(const struct token_pair *pairs, size_t num,
                        struct tally *tally)
{
    vouch_buffer payload = token_join(pairs, num);

    (void)judge_payload(span_of(&payload));
    count(tally);
    free(payload.data);
}

/* Every claim removed, and signed anew. */
static void remove_claims(vouch_bytes payload, struct tally *tally)
{
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS], less[VOUCH_LIMIT_CLAIMS];
    size_t num = token_split(payload, pairs);

    for (size_t i = 0; i < num; i++) {
        memcpy(less, pairs, i * sizeof pairs[0]);
        memcpy(&less[i], &pairs[i + 1], (num - i - 1) * sizeof pairs[0]);
        judge_pairs(less, num - 1, tally);
    }
}

/* One item of each type. */
static const char *const items[] = {"00", "20",   "40", "60",     "80",
                                    "a0", "c000", "f5", "f93c00", "f6"};

/* Major types, and of major type 7 what is a boolean, a simple value, and a
 * floating-point number. */
static unsigned type_of(uint8_t initial)
{
    unsigned major = initial >> 5;

    return major < 7 || initial < 0xf6 ? major : major + 1U + (initial > 0xf7);
}

/* Times may be before 1970, and an OEM may have a number. */
static bool is_right_too(vouch_bytes label, const char *item)
{
    CBS in;
    int64_t key;

    CBS_init(&in, label.data, label.len);
    ck_assert(vouch_cbor_read_int(&in, &key));
    return key <= VOUCH_EAT_IAT && key > 0
               ? strcmp(item, "20") == 0
               : key == VOUCH_EAT_OEMID && strcmp(item, "00") == 0;
}

/* Every claim with a value of each type but its own, and signed anew. */
static void change_types(vouch_bytes payload, struct tally *tally)
{
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS];
    size_t num = token_split(payload, pairs);

    for (size_t i = 0; i < num; i++) {
        vouch_bytes value = pairs[i].value;

        for (int j = 0; j < COUNT(items); j++) {
            vouch_buffer item = from_hex(items[j]);

            if (type_of(item.data[0]) != type_of(value.data[0]) &&
                !is_right_too(pairs[i].label, items[j])) {
                pairs[i].value = span_of(&item);
                judge_pairs(pairs, num, tally);
            }
            free(item.data);
        }
        pairs[i].value = value;
    }
}

/* Every octet of binder and AIK hash another, and both of every length. */
static void change_binding(struct tally *tally)
{
    uint8_t value[64] = {0};

    for (size_t i = 0; i < 32; i++) {
        memcpy(value, binder, 32);
        value[i] ^= (uint8_t)(1 << i % 8);
        eat.nonce = octets(value);
        (void)judge();
        count(tally);
        eat.nonce = octets(binder);
        memcpy(value, aik_pub_hash, 32);
        value[i] ^= (uint8_t)(1 << i % 8);
        eat.aik_pub_hash = octets(value);
        (void)judge();
        count(tally);
        eat.aik_pub_hash = octets(aik_pub_hash);
    }
    for (size_t len = 1; len <= sizeof value; len++) {
        if (len != 32) {
            memcpy(value, binder, 32);
            eat.nonce = (vouch_bytes){value, len};
            (void)judge();
            count(tally);
            eat.nonce = octets(binder);
            memcpy(value, aik_pub_hash, 32);
            eat.aik_pub_hash = (vouch_bytes){value, len};
            (void)judge();
            count(tally);
            eat.aik_pub_hash = octets(aik_pub_hash);
        }
    }
}

/* Another key, under its own name and that of the right one; the AIK; and the
 * right key under another name. */
static void change_keys(struct tally *tally)
{
    signs = is_named = stranger.key;
    (void)judge();
    count(tally);
    is_named = device.key;
    (void)judge();
    count(tally);
    signs = device.key;
    is_named = stranger.key;
    (void)judge();
    count(tally);
    is_named = device.key;
    expected.aik_spki = vouch_key_spki(device.key);
    (void)judge();
    count(tally);
    expected.aik_spki = span_of(&aik_spki);
}

/* A policy that asks for every claim that there is. */
static void require_all(void)
{
    full_policy();
    for (int i = 0; i < NUM_KEYS; i++) {
        if (keys[i].claim != VOUCH_CLAIM_NONE) {
            SET(vouch_policy_require_claim(policy, keys[i].claim));
        }
    }
}

/* [T01] [X16] */
START_TEST(no_change_of_an_eat_is_accepted)
{
    struct tally bits = {0, 0}, removed = {0, 0}, types = {0, 0},
                 bindings = {0, 0}, signers = {0, 0};
    struct vouch_cose_sign1 sign1;
    vouch_buffer payload, token;

    use_format(_i);
    all_claims();
    require_all();
    payload = token_claims(&eat);
    token = sign(span_of(&payload));
    ck_assert_int_eq(judge_token(span_of(&token)), VOUCH_ACCEPTED);
    SET(vouch_cose_sign1_decode(span_of(&token), &sign1));
    flip_bits(sign1.protected_header, &token, &bits);
    flip_bits(sign1.payload, &token, &bits);
    flip_bits(sign1.signature, &token, &bits);
    remove_claims(span_of(&payload), &removed);
    change_types(span_of(&payload), &types);
    change_binding(&bindings);
    change_keys(&signers);
    ck_assert_uint_eq(bits.changes,
                      sign1.protected_header.len + payload.len + 64);
    ck_assert_uint_gt(bits.changes, 500);
    ck_assert_uint_eq(bits.refused, bits.changes);
    ck_assert_uint_eq(removed.changes, NUM_KEYS);
    ck_assert_uint_eq(removed.refused, removed.changes);
    /* Nine items for each, but for three times and oemid. */
    ck_assert_uint_eq(types.changes, 9 * NUM_KEYS - 4);
    ck_assert_uint_eq(types.refused, types.changes);
    ck_assert_uint_eq(bindings.changes, 2 * 32 + 2 * 63);
    ck_assert_uint_eq(bindings.refused, bindings.changes);
    ck_assert_uint_eq(signers.changes, 4);
    ck_assert_uint_eq(signers.refused, signers.changes);
    assert_accepted(); /* all is as it was */
    free(token.data);
    free(payload.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("eat_appraiser");
    TCase *tc = tcase_create("eat_appraiser");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, eat_that_is_right_is_accepted, 0, FORMATS);
    tcase_add_test(tc, eat_is_affirmed_in_what_was_looked_at);
    tcase_add_loop_test(tc, result_names_the_claims_that_it_relies_on, 0,
                        COUNT(reliances));
    tcase_add_loop_test(tc, eat_has_its_keys_in_any_order_but_in_our_profile, 0,
                        FORMATS);
    tcase_add_loop_test(
        tc, eat_has_its_numbers_in_any_length_but_in_our_profile, 0, FORMATS);
    tcase_add_test(tc, eat_has_no_claim_in_two_forms);
    tcase_add_loop_test(tc, eat_of_one_profile_is_none_of_another, 0, FORMATS);
    tcase_add_test(tc, eat_of_one_media_type_is_none_of_another);
    tcase_add_loop_test(tc, eat_may_be_signed_with_any_kind_of_key, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tc,
                        eat_that_is_wrong_in_one_thing_is_refused_at_that_step,
                        0, COUNT(changes));
    tcase_add_test(tc, refusal_says_what_was_refused_and_by_what);
    tcase_add_loop_test(tc, eat_counts_from_nbf_to_exp, 0, COUNT(times));
    tcase_add_test(tc, eat_without_exp_has_no_end);
    tcase_add_test(tc, eat_has_the_age_that_the_policy_says);
    tcase_add_test(tc, claim_that_is_required_is_there);
    tcase_add_loop_test(tc, claim_that_is_forbidden_is_not_there, 0, NUM_KEYS);
    tcase_add_loop_test(tc, claim_that_is_required_and_not_there_is_missed, 0,
                        NUM_KEYS);
    tcase_add_loop_test(tc, claim_of_results_is_in_no_evidence, 0,
                        COUNT(of_results));
    tcase_add_test(tc, instance_is_one_that_the_policy_names);
    tcase_add_test(tc, instance_is_named_as_a_whole);
    tcase_add_test(tc, instance_that_is_not_pinned_is_told);
    tcase_add_loop_test(tc, debugging_is_as_the_policy_says, 0,
                        COUNT(debugging));
    tcase_add_test(tc, debugging_must_not_be_on_unless_the_policy_says_so);
    tcase_add_loop_test(tc, security_version_has_a_least, 0,
                        COUNT(security_versions));
    tcase_add_loop_test(tc, software_version_has_a_least, 0, COUNT(versions));
    tcase_add_test(tc, components_stand_with_their_digest);
    tcase_add_test(tc, anchor_has_a_name_besides_its_own);
    tcase_add_loop_test(tc, aik_is_known_by_its_hash_too, 32, 33);
    tcase_add_loop_test(tc, aik_is_known_by_its_hash_too, 48, 49);
    tcase_add_loop_test(tc, policy_for_another_format_makes_no_appraiser, 0,
                        COUNT(no_eats));
    tcase_add_loop_test(tc, no_change_of_an_eat_is_accepted, 0, FORMATS);
    suite_add_tcase(suite, tc);
    return suite;
}
