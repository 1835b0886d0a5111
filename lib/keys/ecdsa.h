/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_ECDSA_H
#define VOUCH_KEYS_ECDSA_H

#include "lib/keys/key_internal.h"

/* A signature of P-521 in DER: two INTEGERs of 67 octets at most. */
#define VOUCH_ECDSA_DER_MAX (3 + 2 * (2 + 67))
#define VOUCH_ECDSA_RAW_MAX 132

/* vouch_ecdsa_to_der writes r || s as ECDSA-Sig-Value (RFC 3279, 2.2.3), and
 * vouch_ecdsa_to_raw the other way round; r and s have `order_len` octets.
 * VOUCH_E_SIGNATURE when the octets are no such signature. */
vouch_err vouch_ecdsa_to_der(vouch_bytes raw, size_t order_len,
                             uint8_t out[VOUCH_ECDSA_DER_MAX],
                             size_t *out_len) VOUCH_MUST_CHECK;
vouch_err vouch_ecdsa_to_raw(vouch_bytes der, size_t order_len,
                             uint8_t out[VOUCH_ECDSA_RAW_MAX],
                             size_t *out_len) VOUCH_MUST_CHECK;

#endif
