/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_CHANNEL_H
#define VOUCH_CHANNEL_H

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_channel is one TLS 1.3 connection as the rest of the library sees it:
 * a role, a hash, and an exporter. It serves one endpoint or session, ever.
 *
 * From a BoringSSL connection make it with vouch_channel_from_ssl (tls.h),
 * which checks that the connection qualifies.
 */
typedef struct vouch_channel vouch_channel;

/**
 * vouch_exporter computes TLS-Exporter(label, context, len) of RFC 8446, 7.5
 * from exporter_master_secret (never the early one) into `out`. `label` ends
 * in NUL. It returns VOUCH_OK, or VOUCH_E_CRYPTO.
 */
typedef vouch_err vouch_exporter(void *arg, const char *label,
                                 vouch_bytes context, uint8_t *out, size_t len);

/**
 * vouch_channel_new makes a channel over another TLS stack.
 *
 * The caller vouches for what this library can not see: TLS 1.3, handshake
 * complete (a server has verified the client's Finished: RFC 9261, 9), a full
 * handshake, no early data, no session tickets (expat-03, 7.2). `hash` is the
 * cipher suite's. `arg` is handed to `exporter` and must outlive the channel.
 *
 * On success `*out` is owned: vouch_channel_free. It returns
 *   VOUCH_E_CRYPTO: the exporter failed;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_channel_new(vouch_role role, vouch_hash hash,
                                         vouch_exporter *exporter, void *arg,
                                         vouch_channel **out) VOUCH_MUST_CHECK;

/**
 * vouch_channel_set_peer_spki tells the channel which key the peer
 * authenticated with in the handshake: `spki` is its DER
 * SubjectPublicKeyInfo. vouch_channel_from_ssl does this by itself. It returns
 * VOUCH_E_ARGUMENT when `spki` is empty.
 */
VOUCH_EXPORT vouch_err vouch_channel_set_peer_spki(
    vouch_channel *channel, vouch_bytes spki) VOUCH_MUST_CHECK;

/**
 * vouch_channel_set_peer_verified says that the TLS stack verified the peer's
 * certificate in the handshake: its chain leads to an anchor that the
 * application trusts. Without it the peer's key is known, and nobody vouches
 * for it (VOUCH_ASKER_AUTHENTICATED, session.h). vouch_channel_from_ssl does
 * this by itself, where SSL_VERIFY_PEER is set and SSL_get_verify_result is
 * X509_V_OK. It returns VOUCH_E_STATE when no key of the peer was set before.
 */
VOUCH_EXPORT vouch_err vouch_channel_set_peer_verified(vouch_channel *channel)
    VOUCH_MUST_CHECK;

VOUCH_EXPORT vouch_role vouch_channel_role(const vouch_channel *channel);
VOUCH_EXPORT vouch_hash vouch_channel_hash(const vouch_channel *channel);

VOUCH_EXPORT void vouch_channel_free(vouch_channel *channel);

#ifdef __cplusplus
}
#endif

#endif
