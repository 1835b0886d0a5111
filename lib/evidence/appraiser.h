/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_APPRAISER_H
#define VOUCH_EVIDENCE_APPRAISER_H

/* The interface that every appraiser stands behind. */

#include <stdatomic.h>

#include <vouch/evidence.h>

#include <vouch/cmw.h>

struct vouch_appraiser_ops {
    uint32_t indicator; /* the one that its messages have (RFC 9999, 3.1) */
    /* It says nothing of a platform, and goes only beside what does. */
    bool accompanies;
    /* appraise judges `message`, the value of a CMW of the right type. It
     * always fills `out`: what can not be judged is a verdict too. */
    void (*appraise)(const vouch_appraiser *appraiser, vouch_bytes message,
                     const vouch_expectation *expected, vouch_result *out);
    void (*destroy)(vouch_appraiser *appraiser);
};

/* The first member of every appraiser. */
struct vouch_appraiser {
    const struct vouch_appraiser_ops *ops;
    const char *format; /* for as long as it lives */
    atomic_uint refs;
};

/* Any number of appraisers, one for each format. */
struct vouch_appraisers {
    const vouch_appraiser *const *items;
    size_t num;
};

/* vouch_appraise_all judges the CMW in `octets`, whatever it is: a record, or a
 * collection member by member. vouch_appraise has but one appraiser. */
void vouch_appraise_all(const struct vouch_appraisers *appraisers,
                        vouch_bytes octets, const vouch_expectation *expected,
                        vouch_result *out);
void vouch_appraise(const vouch_appraiser *appraiser, vouch_bytes octets,
                    const vouch_expectation *expected, vouch_result *out);

#endif
