/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EAT_H
#define VOUCH_EAT_H

#include <vouch/evidence.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * VOUCH_EAT_FORMAT is the media type of EATs in COSE_Sign1 (RFC 9782) whose
 * eat_profile is `profile`, a string literal.
 */
#define VOUCH_EAT_FORMAT(profile) \
    "application/eat+cwt; eat_profile=\"" profile "\""

/**
 * vouch_eat_appraiser_new makes an appraiser of EATs (RFC 9711) in COSE_Sign1
 * (RFC 9052), of the profile in the media type that `policy` is for. It takes a
 * reference to `policy`, which is fixed from then on, and which must have a
 * trust anchor and a reference value, or all is refused.
 *
 * What it asks for is in proto/README.md, 9: among it that eat_nonce is the
 * binder, and -80001 the hash of the AIK.
 *
 * On success `*out` is owned: vouch_appraiser_free. It returns VOUCH_E_ARGUMENT
 * when the policy is for another format; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_eat_appraiser_new(
    vouch_policy *policy, vouch_appraiser **out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
