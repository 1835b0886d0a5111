/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_APPRAISER_H
#define VOUCH_EVIDENCE_APPRAISER_H

/* The interface that every appraiser stands behind. */

#include <vouch/evidence.h>

#include <vouch/cmw.h>

/* What Evidence is held against: computed by the library, never by a caller,
 * and never read from the peer. */
struct vouch_expectation {
    vouch_digest binder;
    vouch_digest aik_pub_hash;
    vouch_bytes aik_spki; /* evidence must not be signed with this key (X31) */
    vouch_now now;
};

struct vouch_appraiser_ops {
    const char *format;
    /* appraise judges `cmw`, whose media type is `format`. It always fills
     * `out`: what can not be judged is a verdict too. */
    void (*appraise)(const vouch_appraiser *appraiser, const vouch_cmw *cmw,
                     const struct vouch_expectation *expected,
                     vouch_result *out);
    void (*destroy)(vouch_appraiser *appraiser);
};

/* The first member of every appraiser. */
struct vouch_appraiser {
    const struct vouch_appraiser_ops *ops;
};

/* vouch_appraise judges the CMW in `octets`, whatever it is. */
void vouch_appraise(const vouch_appraiser *appraiser, vouch_bytes octets,
                    const struct vouch_expectation *expected,
                    vouch_result *out);

#endif
