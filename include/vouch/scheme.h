/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SCHEME_H
#define VOUCH_SCHEME_H

/* The signature schemes of RFC 8446, 4.2.3 that are used. */

#define VOUCH_ECDSA_SECP256R1_SHA256 0x0403
#define VOUCH_ECDSA_SECP384R1_SHA384 0x0503
#define VOUCH_RSA_PSS_RSAE_SHA256 0x0804
#define VOUCH_ED25519 0x0807

#endif
