/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/eat.h>

#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/software.h>

#include "lib/evidence/appraisal.h"
#include "lib/evidence/cose_key.h"
#include "lib/evidence/debug_status.h"
#include "lib/evidence/reason.h"
#include "lib/evidence/version.h"
#include "lib/evidence/x5chain.h"
#include "lib/keys/digest.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"

static const char before_profile[] = "application/eat+cwt; eat_profile=\"";

/* One appraisal on its way through the steps. */
struct eat_appraisal {
    struct vouch_appraisal base;
    vouch_bytes token;
    vouch_bytes profile; /* the one that the media type names */
    struct vouch_cose_sign1 sign1;
    struct signer {
        EVP_PKEY *key;      /* a reference of its own, or NULL */
        uint8_t anchor[32]; /* SHA-256 of the anchor's SubjectPublicKeyInfo */
        int64_t not_after;
    } signer;
    struct vouch_eat eat;
};

static struct eat_appraisal *of(struct vouch_appraisal *base)
{
    return (struct eat_appraisal *)base;
}

/* expat-04, 4: Evidence is evaluated against a policy, and what nothing meets
 * must not look as if it were met by everything [X18] */
static bool check_policy(struct vouch_appraisal *a)
{
    return !vouch_policy_trusts_nobody(a->policy) &&
                   a->policy->references.num != 0
               ? true
               : vouch_rejected(a, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE,
                                VOUCH_OK);
}

static bool check_envelope(struct vouch_appraisal *a)
{
    vouch_err err = vouch_cose_sign1_decode(of(a)->token, &of(a)->sign1);

    return err == VOUCH_OK ? true
                           : vouch_rejected(a, VOUCH_CHECK_STRUCTURE,
                                            VOUCH_CLAIM_NONE, err);
}

/* The key that a path of certificates leads to. */
static bool find_by_path(struct vouch_appraisal *a, struct signer *signer)
{
    struct vouch_path path;
    vouch_err err = vouch_evidence_path(&of(a)->sign1, a->policy->ca_store,
                                        a->expected->now.unix_s, &path);

    if (err != VOUCH_OK) {
        return vouch_rejected(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, err);
    }
    *signer = (struct signer){.key = path.key, .not_after = path.not_after};
    memcpy(signer->anchor, path.anchor, sizeof signer->anchor);
    return vouch_is_not_aik(a, path.key);
}

/* The key that the policy names. */
static bool find_by_key_id(struct vouch_appraisal *a, struct signer *signer)
{
    const struct vouch_anchor *anchor;

    if (!vouch_find_anchor(a, of(a)->sign1.key_id, &anchor)) {
        return false;
    }
    EVP_PKEY_up_ref(anchor->key);
    *signer = (struct signer){.key = anchor->key, .not_after = INT64_MAX};
    memcpy(signer->anchor, anchor->id, sizeof signer->anchor);
    return true;
}

/* Where the policy trusts no CA, certificates say nothing to it. */
static bool check_signer(struct vouch_appraisal *a)
{
    return of(a)->sign1.x5chain.len != 0 && a->policy->ca_store != NULL
               ? find_by_path(a, &of(a)->signer)
               : find_by_key_id(a, &of(a)->signer);
}

/* expat-04, 4: under a key that the policy trusts [X16]; RFC 9711, 3:
 * authenticity and integrity before any claim is looked at [T01] */
static bool check_signature(struct vouch_appraisal *a)
{
    static const vouch_bytes no_aad = {NULL, 0};
    vouch_err err = vouch_cose_verify(of(a)->signer.key, &of(a)->sign1, no_aad);

    return err == VOUCH_OK ? true
                           : vouch_rejected(a, VOUCH_CHECK_SIGNATURE,
                                            VOUCH_CLAIM_NONE, err);
}

static bool is_software(vouch_bytes profile)
{
    return vouch_bytes_equal(profile, vouch_text(VOUCH_EAT_SOFTWARE_PROFILE));
}

/* Our own profile is deterministic; RFC 9711, 6.2: others are what they say,
 * and their forms do not change what is said. */
static bool check_claims_set(struct vouch_appraisal *a)
{
    enum vouch_cbor_profile encoding = is_software(of(a)->profile)
                                           ? VOUCH_CBOR_DETERMINISTIC
                                           : VOUCH_CBOR_DEFINITE;
    int64_t wrong = 0;
    vouch_err err =
        vouch_eat_decode(of(a)->sign1.payload, encoding, &of(a)->eat, &wrong);

    if (err == VOUCH_OK) {
        return true;
    }
    vouch_rejected(a, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, err);
    if (err == VOUCH_E_CLAIM_TYPE) {
        vouch_reason_number(a->result->reason.name, wrong);
    }
    return false;
}

static bool check_profile(struct vouch_appraisal *a)
{
    vouch_bytes expected = of(a)->profile, found = of(a)->eat.profile;

    return vouch_bytes_equal(found, expected)
               ? true
               : vouch_rejected_text(a, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE,
                                     expected, found);
}

/* expat-04, 4 and 5.1: the nonce is the binder, as a whole: of this connection,
 * and fresh [X17] [X21] [T12] */
static bool check_binder(struct vouch_appraisal *a)
{
    vouch_bytes binder = vouch_digest_bytes(&a->expected->binder);

    return vouch_ct_equal(of(a)->eat.nonce, binder)
               ? true
               : vouch_rejected_octets(a, VOUCH_CHECK_BINDING,
                                       VOUCH_CLAIM_NONCE, binder,
                                       of(a)->eat.nonce);
}

/* expat-04, 5.2 [X27] [X28] */
static bool check_aik(struct vouch_appraisal *a)
{
    vouch_bytes hash = vouch_digest_bytes(&a->expected->aik_pub_hash);

    return vouch_ct_equal(of(a)->eat.aik_pub_hash, hash)
               ? true
               : vouch_rejected_octets(a, VOUCH_CHECK_BINDING,
                                       VOUCH_CLAIM_AIK_PUB_HASH, hash,
                                       of(a)->eat.aik_pub_hash);
}

static bool check_times(struct vouch_appraisal *a)
{
    const struct vouch_eat *eat = &of(a)->eat;
    const struct vouch_times times = {
        .has_iat = eat->has_iat,
        .has_exp = eat->has_exp,
        .has_nbf = eat->has_nbf,
        .iat = eat->iat,
        .exp = eat->exp,
        .nbf = eat->nbf,
    };

    return vouch_check_times(a, &times);
}

static bool has_claim(const void *arg, vouch_claim claim)
{
    static const int64_t keys[VOUCH_CLAIMS] = {
        [VOUCH_CLAIM_NONCE] = VOUCH_EAT_NONCE,
        [VOUCH_CLAIM_AIK_PUB_HASH] = VOUCH_EAT_AIK_PUB_HASH,
        [VOUCH_CLAIM_UEID] = VOUCH_EAT_UEID,
        [VOUCH_CLAIM_PROFILE] = VOUCH_EAT_PROFILE,
        [VOUCH_CLAIM_IAT] = VOUCH_EAT_IAT,
        [VOUCH_CLAIM_SOFTWARE_NAME] = VOUCH_EAT_SWNAME,
        [VOUCH_CLAIM_SOFTWARE_VERSION] = VOUCH_EAT_SWVERSION,
        [VOUCH_CLAIM_MEASUREMENT] = VOUCH_EAT_MEASUREMENTS,
        [VOUCH_CLAIM_KERNEL] = VOUCH_EAT_KERNEL,
        [VOUCH_CLAIM_BOOT_ID] = VOUCH_EAT_BOOT_ID,
        [VOUCH_CLAIM_EPOCH] = VOUCH_EAT_EPOCH,
        [VOUCH_CLAIM_POSTURE] = VOUCH_EAT_COMPONENTS,
        [VOUCH_CLAIM_SECURITY_VERSION] = VOUCH_EAT_SECURITY_VERSION,
        [VOUCH_CLAIM_EXP] = VOUCH_EAT_EXP,
        [VOUCH_CLAIM_NBF] = VOUCH_EAT_NBF,
        [VOUCH_CLAIM_OEM_ID] = VOUCH_EAT_OEMID,
        [VOUCH_CLAIM_HARDWARE_MODEL] = VOUCH_EAT_HWMODEL,
        [VOUCH_CLAIM_HARDWARE_VERSION] = VOUCH_EAT_HWVERSION,
        [VOUCH_CLAIM_UPTIME] = VOUCH_EAT_UPTIME,
        [VOUCH_CLAIM_OEM_BOOT] = VOUCH_EAT_OEMBOOT,
        [VOUCH_CLAIM_DEBUG_STATUS] = VOUCH_EAT_DBGSTAT,
        [VOUCH_CLAIM_SUBMODULES] = VOUCH_EAT_SUBMODS,
        [VOUCH_CLAIM_BOOT_COUNT] = VOUCH_EAT_BOOTCOUNT,
        [VOUCH_CLAIM_BOOT_SEED] = VOUCH_EAT_BOOTSEED,
    };

    return keys[claim] != 0 && vouch_eat_has(arg, keys[claim]);
}

static bool check_claims(struct vouch_appraisal *a)
{
    return vouch_check_claims(a, has_claim, &of(a)->eat);
}

static bool check_instance(struct vouch_appraisal *a)
{
    return vouch_check_instance(a, of(a)->eat.ueid);
}

static bool check_debug(struct vouch_appraisal *a)
{
    vouch_bytes culprit;

    if (vouch_debug_status_holds(&of(a)->eat, a->policy->debug, &culprit)) {
        return true;
    }
    vouch_rejected(a, VOUCH_CHECK_DEBUG, VOUCH_CLAIM_DEBUG_STATUS, VOUCH_OK);
    vouch_reason_text(a->result->reason.name, culprit);
    vouch_reason_text(a->result->reason.expected,
                      vouch_text(a->policy->debug == VOUCH_DEBUG_DISABLED
                                     ? "disabled"
                                     : "not enabled"));
    return false;
}

static bool check_security_version(struct vouch_appraisal *a)
{
    const struct vouch_eat *eat = &of(a)->eat;

    if (!a->policy->has_min_security_version ||
        (eat->has_security_version &&
         eat->security_version >= a->policy->min_security_version)) {
        return true;
    }
    vouch_rejected(a, VOUCH_CHECK_VERSION, VOUCH_CLAIM_SECURITY_VERSION,
                   eat->has_security_version ? VOUCH_OK
                                             : VOUCH_E_CLAIM_MISSING);
    vouch_reason_unsigned(a->result->reason.expected,
                          a->policy->min_security_version);
    if (eat->has_security_version) {
        vouch_reason_unsigned(a->result->reason.found, eat->security_version);
    }
    return false;
}

static bool check_software_version(struct vouch_appraisal *a)
{
    vouch_bytes least = {a->policy->min_version.data,
                         a->policy->min_version.len};

    return least.len == 0 ||
                   vouch_version_is_at_least(of(a)->eat.swversion, least)
               ? true
               : vouch_rejected_text(a, VOUCH_CHECK_VERSION,
                                     VOUCH_CLAIM_SOFTWARE_VERSION, least,
                                     of(a)->eat.swversion);
}

static bool reject_measurement(struct vouch_appraisal *a, vouch_bytes name,
                               const struct vouch_reference *reference,
                               vouch_bytes found)
{
    vouch_rejected_octets(a, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                          reference == NULL
                              ? (vouch_bytes){NULL, 0}
                              : vouch_value_bytes(&reference->values[0]),
                          found);
    vouch_reason_text(a->result->reason.name, name);
    return false;
}

static vouch_bytes name_of(const struct vouch_reference *reference)
{
    return (vouch_bytes){reference->name.data, reference->name.len};
}

static bool reject_unmeasured(struct vouch_appraisal *a)
{
    const struct vouch_references *references = &a->policy->references;
    vouch_bytes sha256;

    for (size_t i = 0; i < references->num; i++) {
        vouch_bytes name = name_of(&references->items[i]);

        if (!vouch_digests_find(of(a)->eat.measurements, name, &sha256)) {
            return reject_measurement(a, name, &references->items[i], sha256);
        }
    }
    return vouch_rejected(a, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                          VOUCH_E_CLAIM_MISSING);
}

/* Names are unique on both sides: when every measurement has a reference value
 * and there are as many of one as of the other, every reference is met. */
static bool check_references(struct vouch_appraisal *a)
{
    const struct vouch_references *references = &a->policy->references;
    size_t num;
    CBS in = vouch_digests_begin(of(a)->eat.measurements, &num);
    vouch_bytes name, sha256;

    for (size_t i = 0; i < num; i++) {
        const struct vouch_reference *reference;

        if (!vouch_digests_next(&in, &name, &sha256)) {
            return vouch_rejected(a, VOUCH_CHECK_STRUCTURE,
                                  VOUCH_CLAIM_MEASUREMENT, VOUCH_E_CBOR);
        }
        reference = vouch_references_find(references, name);
        if (reference == NULL || !vouch_reference_has(reference, sha256)) {
            return reject_measurement(a, name, reference, sha256);
        }
    }
    return num == references->num ? true : reject_unmeasured(a);
}

static bool check_posture(struct vouch_appraisal *a)
{
    return vouch_check_components(a, &a->policy->components,
                                  of(a)->eat.components,
                                  of(a)->eat.posture_digest);
}

/* In this order; the first that rejects decides. */
static const struct vouch_step steps[] = {
    {VOUCH_STAGE_POLICY, check_policy},
    {VOUCH_STAGE_STRUCTURE, check_envelope},
    {VOUCH_STAGE_CHAIN, check_signer},
    {VOUCH_STAGE_SIGNATURE, check_signature},
    {VOUCH_STAGE_STRUCTURE, check_claims_set},
    {VOUCH_STAGE_STRUCTURE, check_profile},
    {VOUCH_STAGE_BINDING, check_binder},
    {VOUCH_STAGE_BINDING, check_aik},
    {VOUCH_STAGE_POLICY, check_times},
    {VOUCH_STAGE_POLICY, check_claims},
    {VOUCH_STAGE_POLICY, check_instance},
    {VOUCH_STAGE_POLICY, check_debug},
    {VOUCH_STAGE_POLICY, check_security_version},
    {VOUCH_STAGE_POLICY, check_software_version},
    {VOUCH_STAGE_POLICY, check_references},
    {VOUCH_STAGE_POLICY, check_posture},
};

/* What the steps have looked at and found good. */
static uint64_t claims_relied_on(const struct eat_appraisal *e)
{
    const vouch_policy *policy = e->base.policy;

    return policy->required | vouch_claim_bit(VOUCH_CLAIM_NONCE) |
           vouch_claim_bit(VOUCH_CLAIM_AIK_PUB_HASH) |
           vouch_claim_bit(VOUCH_CLAIM_PROFILE) |
           vouch_claim_bit(VOUCH_CLAIM_IAT) |
           vouch_claim_bit(VOUCH_CLAIM_MEASUREMENT) |
           (e->eat.has_exp ? vouch_claim_bit(VOUCH_CLAIM_EXP) : 0) |
           (e->eat.has_nbf ? vouch_claim_bit(VOUCH_CLAIM_NBF) : 0) |
           (policy->instances.num != 0 ? vouch_claim_bit(VOUCH_CLAIM_UEID)
                                       : 0) |
           (e->eat.has_dbgstat ? vouch_claim_bit(VOUCH_CLAIM_DEBUG_STATUS)
                               : 0) |
           (policy->has_min_security_version
                ? vouch_claim_bit(VOUCH_CLAIM_SECURITY_VERSION)
                : 0) |
           (policy->min_version.len != 0
                ? vouch_claim_bit(VOUCH_CLAIM_SOFTWARE_VERSION)
                : 0) |
           (policy->components.num != 0 ? vouch_claim_bit(VOUCH_CLAIM_POSTURE)
                                        : 0);
}

/* draft-ietf-rats-ar4si, 2.3.4: 2 affirms, in each category that was looked
 * at. */
static void set_vector(const struct eat_appraisal *e)
{
    int8_t *vector = e->base.result->vector;

    vector[VOUCH_EXECUTABLES] = 2;
    vector[VOUCH_INSTANCE_IDENTITY] =
        e->base.policy->instances.num != 0 ? 2 : 0;
    vector[VOUCH_CONFIGURATION] = e->base.policy->components.num != 0 ? 2 : 0;
}

/* Binder and AIK hash are those of the evidence, not the expected ones. */
static void accept(const struct eat_appraisal *e)
{
    vouch_result *result = e->base.result;
    const struct vouch_eat *eat = &e->eat;

    result->verdict = VOUCH_ACCEPTED;
    result->level = VOUCH_LEVEL_BOUND;
    result->tier = VOUCH_TIER_AFFIRMING;
    set_vector(e);
    result->claims = claims_relied_on(e);
    result->binder = vouch_digest_from(eat->nonce);
    result->aik_pub_hash = vouch_digest_from(eat->aik_pub_hash);
    result->not_after = e->signer.not_after;
    if (eat->has_exp && eat->exp < result->not_after) {
        result->not_after = eat->exp;
    }
    result->ueid = vouch_ueid_from(eat->ueid);
    result->instance_pinned = e->base.policy->instances.num != 0;
    result->has_epoch = eat->has_epoch;
    result->epoch = eat->epoch;
    result->has_security_version = eat->has_security_version;
    result->security_version = eat->security_version;
    memcpy(result->anchor_digest, e->signer.anchor, sizeof e->signer.anchor);
}

/* The profile in such a media type, or nothing. */
static vouch_bytes profile_in(const char *format)
{
    const size_t before = sizeof before_profile - 1;
    vouch_bytes text = vouch_text(format);

    if (text.len <= before + 1 ||
        memcmp(text.data, before_profile, before) != 0 ||
        text.data[text.len - 1] != '"') {
        return (vouch_bytes){NULL, 0};
    }
    return (vouch_bytes){text.data + before, text.len - before - 1};
}

static void appraise(const vouch_appraiser *appraiser, vouch_bytes message,
                     const vouch_expectation *expected, vouch_result *out)
{
    struct eat_appraisal e = {
        .base = vouch_appraisal_begin(appraiser, expected, out),
        .token = message,
        .profile = profile_in(appraiser->format),
    };

    if (vouch_run_steps(&e.base, steps, sizeof steps / sizeof steps[0])) {
        accept(&e);
    }
    EVP_PKEY_free(e.signer.key);
    vouch_appraisal_end(appraiser, message, out);
}

static const struct vouch_appraiser_ops ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .appraise = appraise,
    .destroy = vouch_policy_appraiser_destroy,
};

vouch_err vouch_eat_appraiser_new(vouch_policy *policy, vouch_appraiser **out)
{
    return profile_in(vouch_policy_format(policy)).len != 0
               ? vouch_policy_appraiser_new(&ops, policy, out)
               : VOUCH_E_ARGUMENT;
}
