/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TLS_H
#define VOUCH_TLS_H

#include <openssl/base.h>

#include <vouch/channel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** VOUCH_ALPN is the protocol name of the stream carriage (RFC 7301). */
#define VOUCH_ALPN "vouch/1"

/**
 * vouch_tls_prepare makes connections of `ctx` fit for attestation: TLS 1.3
 * only, no session tickets, no resumption, no early data (expat-04, 7.2). It
 * changes nothing else: certificates, verification and ALPN stay the
 * caller's. Call it after the caller's own settings. It returns VOUCH_E_CRYPTO
 * when BoringSSL refuses.
 */
VOUCH_EXPORT vouch_err vouch_tls_prepare(SSL_CTX *ctx) VOUCH_MUST_CHECK;

/**
 * vouch_channel_from_ssl makes a channel from `ssl`, which must outlive it.
 *
 * On success `*out` is owned: vouch_channel_free. `ssl` can not have a second
 * channel, now or later. Otherwise it returns
 *   VOUCH_E_HANDSHAKE_INCOMPLETE: finish the handshake first; a server must
 *       have verified the client's Finished (RFC 9261, 9);
 *   VOUCH_E_TLS_VERSION: only TLS 1.3 will do;
 *   VOUCH_E_EARLY_DATA, VOUCH_E_RESUMED, VOUCH_E_TICKETS: call
 *       vouch_tls_prepare before the handshake (expat-04, 7.2);
 *   VOUCH_E_CHANNEL_USED: `ssl` had a channel before;
 *   VOUCH_E_CRYPTO: the exporter failed, or the suite's hash is neither
 *       SHA-256 nor SHA-384;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_channel_from_ssl(SSL *ssl, vouch_channel **out)
    VOUCH_MUST_CHECK;

/**
 * vouch_channel_from_ssl_for does the same for another label: see
 * vouch_channel_new_for. VOUCH_E_ARGUMENT when `label` is not one; then `ssl`
 * can still have a channel.
 */
VOUCH_EXPORT vouch_err vouch_channel_from_ssl_for(
    vouch_label label, SSL *ssl, vouch_channel **out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
