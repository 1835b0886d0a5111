/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/appraiser.h"

#include "lib/evidence/reason.h"
#include "proto/memory.h"

void vouch_appraiser_free(vouch_appraiser *appraiser)
{
    if (appraiser != NULL) {
        appraiser->ops->destroy(appraiser);
    }
}

const char *vouch_appraiser_format(const vouch_appraiser *appraiser)
{
    return appraiser->ops->format;
}

static void reject_type(const char *format, const vouch_cmw *cmw,
                        vouch_result *out)
{
    vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    vouch_reason_text(out->reason.expected, vouch_text(format));
    if (cmw->kind == VOUCH_CMW_COLLECTION) {
        vouch_reason_text(out->reason.found, vouch_text("a collection"));
    } else if (cmw->media_type.len != 0) {
        vouch_reason_text(out->reason.found, cmw->media_type);
    } else {
        vouch_reason_number(out->reason.found, cmw->content_format);
    }
}

static void reject_indicator(uint32_t indicator, vouch_result *out)
{
    vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, VOUCH_OK);
    vouch_reason_text(out->reason.name, vouch_text("indicator"));
    vouch_reason_number(out->reason.expected, VOUCH_CMW_EVIDENCE);
    vouch_reason_number(out->reason.found, indicator);
}

void vouch_appraise(const vouch_appraiser *appraiser, vouch_bytes octets,
                    const struct vouch_expectation *expected, vouch_result *out)
{
    const char *format = appraiser->ops->format;
    vouch_cmw cmw;
    vouch_err err = vouch_cmw_parse(octets, &cmw);

    if (err != VOUCH_OK) {
        vouch_reject(out, VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, err);
        vouch_reason_text(out->reason.expected, vouch_text(format));
    } else if (cmw.kind != VOUCH_CMW_RECORD ||
               !vouch_bytes_equal(cmw.media_type, vouch_text(format))) {
        /* Nor a collection: nothing here sees whether its members are bound
         * together (RFC 9999, 6.2). [C13] */
        reject_type(format, &cmw, out);
    } else if (cmw.indicator != VOUCH_CMW_EVIDENCE) {
        /* RFC 9999, 6: the hosting protocol says which conceptual messages it
         * takes [C15] */
        reject_indicator(cmw.indicator, out);
    } else {
        appraiser->ops->appraise(appraiser, &cmw, expected, out);
    }
}
