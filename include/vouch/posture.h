/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_POSTURE_H
#define VOUCH_POSTURE_H

#include <vouch/evidence.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The media type of a posture (proto/README.md, 11) that goes beside a message
 * with no room for it, in one collection. It is said by measured code and not
 * by hardware; the authenticator covers it.
 */
#define VOUCH_POSTURE_FORMAT "application/vnd.vouch.posture+cbor"

/**
 * vouch_posture_appraiser_new makes an appraiser of postures by the components
 * that `policy`, which is for VOUCH_POSTURE_FORMAT, demands. It takes a
 * reference to `policy`, which is fixed from then on. A registry without such
 * an appraiser takes any components.
 *
 * On success `*out` is owned: vouch_appraiser_free. It returns VOUCH_E_ARGUMENT
 * when the policy is for another format; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_posture_appraiser_new(
    vouch_policy *policy, vouch_appraiser **out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
