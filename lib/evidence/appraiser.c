/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/appraiser.h"

#include "lib/evidence/combination.h"
#include "lib/evidence/contract.h"
#include "lib/evidence/posture_appraiser.h"
#include "lib/evidence/reason.h"
#include "lib/keys/blame.h"
#include "lib/keys/digest.h"
#include "proto/cmw_leaves.h"
#include "proto/memory.h"

void vouch_appraiser_free(vouch_appraiser *appraiser)
{
    if (appraiser != NULL && atomic_fetch_sub(&appraiser->refs, 1) == 1) {
        appraiser->ops->destroy(appraiser);
    }
}

const char *vouch_appraiser_format(const vouch_appraiser *appraiser)
{
    return appraiser->format;
}

static void reject_type(const struct vouch_appraisers *appraisers,
                        const vouch_cmw *cmw, vouch_result *out)
{
    vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    if (appraisers->num != 0) {
        vouch_reason_text(out->reason.expected,
                          vouch_text(appraisers->items[0]->format));
    }
    if (cmw->media_type.len != 0) {
        vouch_reason_text(out->reason.found, cmw->media_type);
    } else {
        vouch_reason_number(out->reason.found, cmw->content_format);
    }
}

static void reject_indicator(uint32_t expected, uint32_t found,
                             vouch_result *out)
{
    vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    vouch_reason_text(out->reason.name, vouch_text("indicator"));
    vouch_reason_number(out->reason.expected, expected);
    vouch_reason_number(out->reason.found, found);
}

/* The one for exactly this media type: no other is ever tried. */
static const vouch_appraiser *find(const struct vouch_appraisers *appraisers,
                                   vouch_bytes type)
{
    for (size_t i = 0; i < appraisers->num; i++) {
        if (vouch_bytes_equal(vouch_text(appraisers->items[i]->format), type)) {
            return appraisers->items[i];
        }
    }
    return vouch_bytes_equal(vouch_text(VOUCH_POSTURE_FORMAT), type)
               ? &vouch_any_posture
               : NULL;
}

/* One record. RFC 9999, 6: the hosting protocol says which conceptual messages
 * it takes [C15] */
static const vouch_appraiser *appraise_leaf(
    const struct vouch_appraisers *appraisers, const vouch_cmw *leaf,
    const vouch_expectation *expected, vouch_result *out)
{
    const vouch_appraiser *appraiser = leaf->kind == VOUCH_CMW_RECORD
                                           ? find(appraisers, leaf->media_type)
                                           : NULL;

    if (appraiser == NULL) {
        reject_type(appraisers, leaf, out);
    } else if (leaf->indicator != appraiser->ops->indicator) {
        reject_indicator(appraiser->ops->indicator, leaf->indicator, out);
    } else {
        appraiser->ops->appraise(appraiser, leaf->value, expected, out);
    }
    return appraiser;
}

/* Each of several, for what becomes of them all together shows but one binder
 * and one AIK. What goes beside others says nothing of that. */
static bool shows_what_it_checked(const vouch_appraiser *appraiser,
                                  const vouch_expectation *expected,
                                  const vouch_result *result)
{
    return vouch_shows_binder(result, &expected->binder) &&
           (appraiser->ops->accompanies ||
            vouch_shows_aik(result, &expected->aik_pub_hash,
                            expected->aik_spki));
}

static bool is_whole(const vouch_digest *digest)
{
    return digest->len == vouch_hash_len(VOUCH_SHA256) ||
           digest->len == vouch_hash_len(VOUCH_SHA384);
}

/* Nothing is held against nothing: an absent nonce equals an empty binder. */
static bool is_complete(const vouch_expectation *expected)
{
    return is_whole(&expected->binder) && is_whole(&expected->aik_pub_hash);
}

/* RFC 9999, 6.2: members of a collection are bound together, here by the binder
 * in each of them; it is accepted as a whole or not at all. [C13] */
static void appraise(const struct vouch_appraisers *appraisers,
                     vouch_bytes octets, const vouch_expectation *expected,
                     vouch_result *out)
{
    struct vouch_combination combination;
    struct vouch_cmw_leaves leaves;
    vouch_cmw leaf;
    vouch_err err;

    if (!is_complete(expected)) {
        vouch_reject(out, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONE,
                     VOUCH_E_ARGUMENT);
        return;
    }
    err = vouch_cmw_leaves_begin(octets, &leaves);
    if (err != VOUCH_OK) {
        vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, err);
        return;
    }
    vouch_combination_begin(&combination);
    while (vouch_cmw_leaves_next(&leaves, &leaf)) {
        const vouch_appraiser *appraiser =
            appraise_leaf(appraisers, &leaf, expected, out);

        if (out->verdict == VOUCH_ACCEPTED &&
            !shows_what_it_checked(appraiser, expected, out)) {
            vouch_reject(out, VOUCH_CHECK_CONTRACT, VOUCH_CLAIM_NONE, VOUCH_OK);
        }
        if (out->verdict != VOUCH_ACCEPTED ||
            !vouch_combine(&combination, appraiser->ops->accompanies, out)) {
            return;
        }
    }
    vouch_combination_end(&combination, octets, out);
}

void vouch_appraise_all(const struct vouch_appraisers *appraisers,
                        vouch_bytes octets, const vouch_expectation *expected,
                        vouch_result *out)
{
    appraise(appraisers, octets, expected, out);
    if (out->verdict != VOUCH_REJECTED) {
        return;
    }
    if (vouch_memory_is_short()) { /* blame.h */
        vouch_reject(out, out->reason.check, VOUCH_CLAIM_NONE, VOUCH_E_NOMEM);
    } else {
        appraise(appraisers, octets, expected, out);
    }
}

void vouch_appraise(const vouch_appraiser *appraiser, vouch_bytes octets,
                    const vouch_expectation *expected, vouch_result *out)
{
    vouch_appraise_all(&(struct vouch_appraisers){&appraiser, 1}, octets,
                       expected, out);
}
