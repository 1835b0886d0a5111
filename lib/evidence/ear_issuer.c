/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/ear.h>

#include <string.h>

#include <openssl/evp.h>

#include "lib/evidence/appraisal.h"
#include "lib/evidence/ear_token.h"
#include "lib/evidence/tier.h"
#include "lib/keys/digest.h"
#include "lib/keys/verify.h"
#include "proto/memory.h"
#include "proto/utf8.h"

enum {
    LIFETIME_DEFAULT = 300,
    TOKEN_ROOM = 2048,
    NONCE_MIN = 8, /* RFC 9711, 4.1 */
    NONCE_MAX = 64,
    UEID_MIN = 7, /* RFC 9711, 4.2.1 */
};

/* RFC 6920, 7: how a digest is named. */
static const char before_digest[] = "nih:sha-256;";

enum { POLICY_ID_MAX = sizeof before_digest - 1 + 64 };

struct vouch_issuer {
    const struct vouch_ear_form *form;
    vouch_key *key;
    EVP_PKEY *public_key;
    vouch_buffer developer, build, label;
    uint32_t lifetime;
    bool key_bound;
};

static vouch_bytes buffer_bytes(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

/* In the place of what was there. */
static vouch_err set_text(const char *text, vouch_buffer *out)
{
    vouch_bytes octets = vouch_text(text);
    vouch_buffer copy;
    vouch_err err;

    if (octets.len == 0 || octets.len > VOUCH_LIMIT_RESULT_TEXT ||
        !vouch_is_utf8(octets)) {
        return VOUCH_E_ARGUMENT;
    }
    err = vouch_copy(octets, &copy);
    if (err == VOUCH_OK) {
        vouch_buffer_free(out);
        *out = copy;
    }
    return err;
}

static vouch_err describe(vouch_issuer *issuer, const char *developer,
                          const char *build)
{
    vouch_err err = set_text(developer, &issuer->developer);

    if (err == VOUCH_OK) {
        err = set_text(build, &issuer->build);
    }
    return err == VOUCH_OK ? set_text("attester", &issuer->label) : err;
}

vouch_err vouch_issuer_new(vouch_key *key, const char *format,
                           const char *developer, const char *build,
                           vouch_issuer **out)
{
    const struct vouch_ear_form *form = vouch_ear_form_find(format);
    vouch_issuer *issuer;
    vouch_err err;

    if (form == NULL || !form->profile->is_written ||
        !vouch_ear_form_is_for(form, key)) {
        return VOUCH_E_ARGUMENT;
    }
    issuer = vouch_alloc(sizeof *issuer);
    if (issuer == NULL) {
        return VOUCH_E_NOMEM;
    }
    issuer->form = form;
    issuer->key = vouch_key_ref(key);
    issuer->lifetime = LIFETIME_DEFAULT;
    err = vouch_public_key_parse(vouch_key_spki(key), &issuer->public_key);
    if (err == VOUCH_OK) {
        err = describe(issuer, developer, build);
    }
    if (err != VOUCH_OK) {
        vouch_issuer_free(issuer);
        return err;
    }
    *out = issuer;
    return VOUCH_OK;
}

void vouch_issuer_free(vouch_issuer *issuer)
{
    if (issuer != NULL) {
        vouch_buffer_free(&issuer->label);
        vouch_buffer_free(&issuer->build);
        vouch_buffer_free(&issuer->developer);
        EVP_PKEY_free(issuer->public_key);
        vouch_key_free(issuer->key);
        vouch_free(issuer);
    }
}

vouch_err vouch_issuer_set_label(vouch_issuer *issuer, const char *label)
{
    return set_text(label, &issuer->label);
}

void vouch_issuer_set_lifetime(vouch_issuer *issuer, uint32_t seconds)
{
    issuer->lifetime = seconds;
}

void vouch_issuer_set_key_bound(vouch_issuer *issuer)
{
    issuer->key_bound = true;
}

/* What is to be said */

/* expat-04, 5.2: SHA-256 in a result, whatever the suite [X27] */
static bool name_aik(const vouch_expectation *expected, uint8_t hash[32])
{
    if (expected->aik_spki.len != 0) {
        vouch_sha256(expected->aik_spki, hash);
        return true;
    }
    if (expected->aik_pub_hash.len != 32) {
        return false;
    }
    memcpy(hash, expected->aik_pub_hash.data, 32);
    return true;
}

/* expat-04, 7.1: the AIK never speaks for itself [X31] */
static bool is_own_key(const vouch_issuer *issuer, const uint8_t aik_hash[32])
{
    uint8_t own[32];

    vouch_sha256(vouch_key_spki(issuer->key), own);
    return memcmp(own, aik_hash, sizeof own) == 0;
}

static bool is_about(const vouch_expectation *expected,
                     const vouch_result *result)
{
    return result->verdict != VOUCH_ACCEPTED ||
           (result->level == VOUCH_LEVEL_BOUND && result->binder.len != 0 &&
            vouch_ct_equal(vouch_digest_bytes(&result->binder),
                           vouch_digest_bytes(&expected->binder)));
}

static bool has_nonce_length(vouch_bytes nonce)
{
    return nonce.len == 0 || (nonce.len >= NONCE_MIN && nonce.len <= NONCE_MAX);
}

static bool are_texts(const vouch_reason *reason)
{
    return vouch_is_utf8(vouch_text(reason->name)) &&
           vouch_is_utf8(vouch_text(reason->expected)) &&
           vouch_is_utf8(vouch_text(reason->found));
}

static bool is_to_be_said(const vouch_issuer *issuer,
                          const vouch_expectation *expected,
                          const vouch_result *result,
                          const uint8_t aik_hash[32])
{
    return !is_own_key(issuer, aik_hash) &&
           (expected->aik_spki.len == 0 ||
            !vouch_public_key_is(issuer->public_key, expected->aik_spki)) &&
           is_about(expected, result) && has_nonce_length(expected->nonce) &&
           are_texts(&result->reason);
}

/* Of what was not accepted nothing is affirmed; and EAR, 3.1: no status is
 * better than the worst of the vector [R02] */
static vouch_tier status_of(const vouch_result *result)
{
    vouch_tier tier = result->tier;

    if (result->verdict != VOUCH_ACCEPTED &&
        tier != VOUCH_TIER_CONTRAINDICATED) {
        tier = VOUCH_TIER_NONE;
    }
    for (size_t i = 0; i < VOUCH_CATEGORIES; i++) {
        if (result->vector[i] != 0) {
            tier = vouch_tier_worse(tier, vouch_tier_of(result->vector[i]));
        }
    }
    return tier;
}

static void set_refusal(const vouch_reason *reason,
                        struct vouch_ear_refusal *refusal)
{
    refusal->check = vouch_text(vouch_check_name(reason->check));
    if (reason->claim != VOUCH_CLAIM_NONE) {
        refusal->claim = vouch_text(vouch_claim_name(reason->claim));
    }
    refusal->name = vouch_text(reason->name);
    refusal->expected = vouch_text(reason->expected);
    refusal->found = vouch_text(reason->found);
}

static void write_policy_id(const uint8_t digest[32], char out[POLICY_ID_MAX])
{
    static const char hex[] = "0123456789abcdef";
    char *to = out + sizeof before_digest - 1;

    memcpy(out, before_digest, sizeof before_digest - 1);
    for (size_t i = 0; i < 32; i++) {
        *to++ = hex[digest[i] >> 4];
        *to++ = hex[digest[i] & 15];
    }
}

/* EAR, 3.1: one appraisal, with its vector [R06] */
static void set_appraisal(const vouch_issuer *issuer,
                          const vouch_expectation *expected,
                          const vouch_result *result,
                          struct vouch_ear_appraisal *out)
{
    vouch_bytes ueid = vouch_ueid_bytes(&result->ueid);

    out->label = buffer_bytes(&issuer->label);
    out->has_status = out->has_vector = true;
    out->status = (uint8_t)status_of(result);
    memcpy(out->vector, result->vector, sizeof out->vector);
    if (!issuer->key_bound) {
        out->nonce = vouch_digest_bytes(&expected->binder);
    }
    if (ueid.len >= UEID_MIN) {
        out->ueid = ueid;
    }
    if (result->verdict != VOUCH_ACCEPTED) {
        set_refusal(&result->reason, &out->refusal);
    }
}

static vouch_err write_token(const vouch_issuer *issuer,
                             const struct vouch_ear *ear, vouch_buffer *out)
{
    vouch_err err = VOUCH_E_NOMEM;
    CBB cbb;

    CBB_zero(&cbb);
    if (CBB_init(&cbb, TOKEN_ROOM)) {
        err = vouch_ear_token_write(issuer->form, issuer->key, ear, &cbb);
    }
    if (err == VOUCH_OK) {
        err = vouch_copy((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)}, out);
    }
    CBB_cleanup(&cbb);
    return err;
}

vouch_err vouch_issuer_issue(const vouch_issuer *issuer,
                             const vouch_expectation *expected,
                             const vouch_result *result, vouch_buffer *out)
{
    uint8_t aik_hash[32];
    char policy_id[POLICY_ID_MAX];
    int64_t now = expected->now.unix_s;
    struct vouch_ear ear = {
        .has_iat = true,
        .iat = now,
        .has_exp = true,
        .exp = now + issuer->lifetime,
        .nonce = expected->nonce,
        .profile = vouch_text(issuer->form->profile->tag),
        .developer = buffer_bytes(&issuer->developer),
        .build = buffer_bytes(&issuer->build),
        .num_appraisals = 1,
    };

    if (!name_aik(expected, aik_hash) ||
        !is_to_be_said(issuer, expected, result, aik_hash)) {
        return VOUCH_E_ARGUMENT;
    }
    set_appraisal(issuer, expected, result, &ear.appraisals[0]);
    ear.appraisals[0].aik_pub_hash = (vouch_bytes){aik_hash, sizeof aik_hash};
    write_policy_id(result->policy_digest, policy_id);
    ear.appraisals[0].policy_id =
        (vouch_bytes){(const uint8_t *)policy_id, sizeof policy_id};
    return write_token(issuer, &ear, out);
}
