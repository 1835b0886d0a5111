/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/software.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/cose_key.h"
#include "lib/evidence/policy.h"
#include "lib/evidence/reason.h"
#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/eat.h"
#include "proto/memory.h"

struct software_appraiser {
    vouch_appraiser base;
    vouch_policy *policy;
    uint8_t policy_digest[32];
};

/* One appraisal on its way through the checks. */
struct appraisal {
    const vouch_policy *policy;
    const struct vouch_expectation *expected;
    struct vouch_cose_sign1 sign1;
    const struct vouch_anchor *anchor;
    struct vouch_eat eat;
    vouch_result *result;
};

static bool reject(struct appraisal *a, vouch_check check, vouch_claim claim,
                   vouch_err err)
{
    vouch_reject(a->result, check, claim, err);
    return false;
}

/* reject_octets shows what was expected and found; neither is a secret. */
static bool reject_octets(struct appraisal *a, vouch_check check,
                          vouch_claim claim, vouch_bytes expected,
                          vouch_bytes found)
{
    reject(a, check, claim, found.len == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    vouch_reason_hex(a->result->reason.expected, expected);
    vouch_reason_hex(a->result->reason.found, found);
    return false;
}

static bool check_policy(struct appraisal *a)
{
    return vouch_policy_is_empty(a->policy)
               ? reject(a, VOUCH_CHECK_POLICY, VOUCH_CLAIM_NONE, VOUCH_OK)
               : true;
}

/* The key id says which anchor to try; that it is one, the policy says
 * [T13]. */
static bool check_anchor(struct appraisal *a)
{
    a->anchor = vouch_policy_anchor(a->policy, a->sign1.key_id);
    if (a->anchor == NULL) {
        return reject_octets(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE,
                             (vouch_bytes){NULL, 0}, a->sign1.key_id);
    }
    /* expat-03, 7.1: attestation keys are dedicated to that [X31] */
    if (vouch_public_key_is(a->anchor->key, a->expected->aik_spki)) {
        reject(a, VOUCH_CHECK_ANCHOR, VOUCH_CLAIM_NONE, VOUCH_E_ILLEGAL);
        vouch_reason_text(a->result->reason.found, vouch_text("the AIK"));
        return false;
    }
    return true;
}

/* expat-03, 4: under a key that the policy trusts [X16]; RFC 9711, 3:
 * authenticity and integrity before any claim is looked at [T01] */
static bool check_signature(struct appraisal *a)
{
    static const vouch_bytes no_aad = {NULL, 0};
    vouch_err err = vouch_cose_verify(a->anchor->key, &a->sign1, no_aad);

    return err == VOUCH_OK
               ? true
               : reject(a, VOUCH_CHECK_SIGNATURE, VOUCH_CLAIM_NONE, err);
}

static bool check_structure(struct appraisal *a)
{
    int64_t wrong = 0;
    vouch_err err = vouch_eat_decode(a->sign1.payload, &a->eat, &wrong);

    if (err == VOUCH_OK) {
        return true;
    }
    reject(a, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, err);
    if (err == VOUCH_E_CLAIM_TYPE) {
        vouch_reason_number(a->result->reason.name, wrong);
    }
    return false;
}

static bool check_profile(struct appraisal *a)
{
    static const char profile[] = VOUCH_EAT_SOFTWARE_PROFILE;

    if (vouch_bytes_equal(a->eat.profile, vouch_text(profile))) {
        return true;
    }
    reject(a, VOUCH_CHECK_CLAIM, VOUCH_CLAIM_PROFILE,
           a->eat.profile.len == 0 ? VOUCH_E_CLAIM_MISSING : VOUCH_OK);
    vouch_reason_text(a->result->reason.expected, vouch_text(profile));
    vouch_reason_text(a->result->reason.found, a->eat.profile);
    return false;
}

/* expat-03, 4 and 5.1: the nonce is the binder, as a whole: of this connection,
 * and fresh [X17] [X21] [T12] */
static bool check_binder(struct appraisal *a)
{
    vouch_bytes binder = vouch_digest_bytes(&a->expected->binder);

    return vouch_ct_equal(a->eat.nonce, binder)
               ? true
               : reject_octets(a, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
                               binder, a->eat.nonce);
}

/* expat-03, 5.2 [X27] [X28] */
static bool check_aik(struct appraisal *a)
{
    vouch_bytes hash = vouch_digest_bytes(&a->expected->aik_pub_hash);

    return vouch_ct_equal(a->eat.aik_pub_hash, hash)
               ? true
               : reject_octets(a, VOUCH_CHECK_BINDING, VOUCH_CLAIM_AIK_PUB_HASH,
                               hash, a->eat.aik_pub_hash);
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool check_age(struct appraisal *a)
{
    uint32_t max_age = vouch_policy_max_age(a->policy);
    int64_t now = a->expected->now.unix_s;

    if (a->eat.has_iat && distance(a->eat.iat, now) <= max_age) {
        return true;
    }
    reject(a, VOUCH_CHECK_AGE, VOUCH_CLAIM_IAT,
           a->eat.has_iat ? VOUCH_OK : VOUCH_E_CLAIM_MISSING);
    snprintf(a->result->reason.expected, VOUCH_TEXT_MAX,
             "within %" PRIu32 " s of %" PRId64, max_age, now);
    if (a->eat.has_iat) {
        vouch_reason_number(a->result->reason.found, a->eat.iat);
    }
    return false;
}

static bool has_claim(const struct vouch_eat *eat, vouch_claim claim)
{
    switch (claim) {
    case VOUCH_CLAIM_NONE:
        return true;
    case VOUCH_CLAIM_NONCE:
        return eat->nonce.len != 0;
    case VOUCH_CLAIM_AIK_PUB_HASH:
        return eat->aik_pub_hash.len != 0;
    case VOUCH_CLAIM_UEID:
        return eat->ueid.len != 0;
    case VOUCH_CLAIM_PROFILE:
        return eat->profile.len != 0;
    case VOUCH_CLAIM_IAT:
        return eat->has_iat;
    case VOUCH_CLAIM_SOFTWARE_NAME:
        return eat->swname.len != 0;
    case VOUCH_CLAIM_SOFTWARE_VERSION:
        return eat->swversion.len != 0;
    case VOUCH_CLAIM_MEASUREMENT:
        return eat->measurements.len != 0;
    case VOUCH_CLAIM_KERNEL:
        return eat->kernel.len != 0;
    case VOUCH_CLAIM_BOOT_ID:
        return eat->boot_id.len != 0;
    case VOUCH_CLAIM_EPOCH:
        return eat->has_epoch;
    case VOUCH_CLAIM_POSTURE:
        return eat->components.len != 0;
    case VOUCH_CLAIM_SECURITY_VERSION:
        return eat->has_security_version;
    default:
        return false;
    }
}

static bool check_required(struct appraisal *a)
{
    for (vouch_claim claim = VOUCH_CLAIM_NONE;
         claim <= VOUCH_CLAIM_SECURITY_VERSION; claim++) {
        if (vouch_policy_requires(a->policy, claim) &&
            !has_claim(&a->eat, claim)) {
            return reject(a, VOUCH_CHECK_CLAIM, claim, VOUCH_E_CLAIM_MISSING);
        }
    }
    return true;
}

static bool reject_measurement(struct appraisal *a, vouch_bytes name,
                               const struct vouch_reference *reference,
                               vouch_bytes found)
{
    reject_octets(a, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                  reference == NULL ? (vouch_bytes){NULL, 0}
                                    : (vouch_bytes){reference->values[0], 32},
                  found);
    vouch_reason_text(a->result->reason.name, name);
    return false;
}

static bool is_measured(const struct vouch_eat *eat, vouch_bytes wanted)
{
    size_t num;
    CBS in = vouch_eat_digests(eat->measurements, &num);
    vouch_bytes name, sha256;

    while (num-- != 0 && vouch_eat_read_digest(&in, &name, &sha256)) {
        if (vouch_bytes_equal(name, wanted)) {
            return true;
        }
    }
    return false;
}

static bool reject_unmeasured(struct appraisal *a)
{
    static const vouch_bytes nothing = {NULL, 0};
    size_t num;
    const struct vouch_reference *references =
        vouch_policy_references(a->policy, &num);

    for (size_t i = 0; i < num; i++) {
        vouch_bytes name = {references[i].name.data, references[i].name.len};

        if (!is_measured(&a->eat, name)) {
            return reject_measurement(a, name, &references[i], nothing);
        }
    }
    return reject(a, VOUCH_CHECK_REFERENCE, VOUCH_CLAIM_MEASUREMENT,
                  VOUCH_E_CLAIM_MISSING);
}

/* Names are unique on both sides: when every measurement has a reference value
 * and there are as many of one as of the other, every reference is met. */
static bool check_references(struct appraisal *a)
{
    size_t num, num_references;
    CBS in = vouch_eat_digests(a->eat.measurements, &num);
    vouch_bytes name, sha256;

    for (size_t i = 0; i < num; i++) {
        const struct vouch_reference *reference;

        if (!vouch_eat_read_digest(&in, &name, &sha256)) {
            return reject(a, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_MEASUREMENT,
                          VOUCH_E_CBOR);
        }
        reference = vouch_policy_reference(a->policy, name);
        if (reference == NULL || !vouch_reference_has(reference, sha256)) {
            return reject_measurement(a, name, reference, sha256);
        }
    }
    (void)vouch_policy_references(a->policy, &num_references);
    return num == num_references ? true : reject_unmeasured(a);
}

/* Where there are both, the components hash to the posture's digest. */
static bool check_posture_digest(struct appraisal *a)
{
    uint8_t digest[32];

    if (a->eat.components.len == 0 || a->eat.posture_digest.len == 0) {
        return true;
    }
    vouch_sha256(a->eat.components, digest);
    return vouch_bytes_equal((vouch_bytes){digest, sizeof digest},
                             a->eat.posture_digest)
               ? true
               : reject_octets(a, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                               (vouch_bytes){digest, sizeof digest},
                               a->eat.posture_digest);
}

static bool find_component(const struct vouch_eat *eat, vouch_bytes wanted,
                           vouch_bytes *sha256)
{
    size_t num;
    CBS in = vouch_eat_digests(eat->components, &num);
    vouch_bytes name;

    while (num-- != 0 && vouch_eat_read_digest(&in, &name, sha256)) {
        if (vouch_bytes_equal(name, wanted)) {
            return true;
        }
    }
    *sha256 = (vouch_bytes){NULL, 0};
    return false;
}

static bool check_components(struct appraisal *a)
{
    size_t num;
    const struct vouch_reference *wanted =
        vouch_policy_components(a->policy, &num);

    for (size_t i = 0; i < num; i++) {
        vouch_bytes name = {wanted[i].name.data, wanted[i].name.len}, sha256;

        if (!find_component(&a->eat, name, &sha256) ||
            !vouch_reference_has(&wanted[i], sha256)) {
            reject_octets(a, VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE,
                          (vouch_bytes){wanted[i].values[0], 32}, sha256);
            vouch_reason_text(a->result->reason.name, name);
            return false;
        }
    }
    return true;
}

/* In this order; the first that fails decides. */
static bool (*const checks[])(struct appraisal *) = {
    check_anchor,     check_signature,
    check_structure,  check_profile,
    check_binder,     check_aik,
    check_age,        check_required,
    check_references, check_posture_digest,
    check_components,
};

static void set_digest(vouch_digest *digest, vouch_bytes octets)
{
    digest->len = octets.len;
    memcpy(digest->data, octets.data, octets.len);
}

/* Binder and AIK hash are those of the evidence, not the expected ones. */
static void accept(const struct appraisal *a)
{
    *a->result = (vouch_result){
        .verdict = VOUCH_ACCEPTED,
        .level = VOUCH_LEVEL_BOUND,
        .not_after = INT64_MAX,
        .ueid = a->eat.ueid,
        .has_epoch = a->eat.has_epoch,
        .epoch = a->eat.epoch,
        .has_security_version = a->eat.has_security_version,
        .security_version = a->eat.security_version,
    };
    set_digest(&a->result->binder, a->eat.nonce);
    set_digest(&a->result->aik_pub_hash, a->eat.aik_pub_hash);
    memcpy(a->result->anchor_digest, a->anchor->id, sizeof a->anchor->id);
}

static void judge(struct appraisal *a, vouch_bytes token)
{
    vouch_err err;

    if (!check_policy(a)) {
        return;
    }
    err = vouch_cose_sign1_decode(token, &a->sign1);
    if (err != VOUCH_OK) {
        reject(a, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, err);
        return;
    }
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i](a)) {
            return;
        }
    }
    accept(a);
}

static void appraise(const vouch_appraiser *base, const vouch_cmw *cmw,
                     const struct vouch_expectation *expected,
                     vouch_result *out)
{
    const struct software_appraiser *appraiser =
        (const struct software_appraiser *)base;
    struct appraisal a = {
        .policy = appraiser->policy, .expected = expected, .result = out};

    judge(&a, cmw->value);
    vouch_sha256(cmw->value, out->evidence_digest);
    memcpy(out->policy_digest, appraiser->policy_digest,
           sizeof out->policy_digest);
}

static void destroy(vouch_appraiser *base)
{
    struct software_appraiser *appraiser = (struct software_appraiser *)base;

    vouch_policy_free(appraiser->policy);
    vouch_free(appraiser);
}

static const struct vouch_appraiser_ops ops = {
    .format = VOUCH_SOFTWARE_FORMAT,
    .appraise = appraise,
    .destroy = destroy,
};

vouch_err vouch_software_appraiser_new(vouch_policy *policy,
                                       vouch_appraiser **out)
{
    struct software_appraiser *appraiser = vouch_alloc(sizeof *appraiser);

    if (appraiser == NULL) {
        return VOUCH_E_NOMEM;
    }
    appraiser->base.ops = &ops;
    appraiser->policy = vouch_policy_ref(policy);
    if (vouch_policy_digest(policy, appraiser->policy_digest) != VOUCH_OK) {
        destroy(&appraiser->base);
        return VOUCH_E_NOMEM;
    }
    *out = &appraiser->base;
    return VOUCH_OK;
}
