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
 * handshake, no early data, no session tickets (expat-04, 7.2). `hash` is the
 * cipher suite's. `arg` is handed to `exporter` and must outlive the channel.
 *
 * Its label is VOUCH_LABEL_EXPAT_04.
 *
 * On success `*out` is owned: vouch_channel_free. It returns
 *   VOUCH_E_CRYPTO: the exporter failed;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_channel_new(vouch_role role, vouch_hash hash,
                                         vouch_exporter *exporter, void *arg,
                                         vouch_channel **out) VOUCH_MUST_CHECK;

/**
 * vouch_label is the exporter label that binds Evidence to the connection
 * (expat-04, 4 and 5.1). A channel has one, from the call that makes it until
 * its end, and no other is tried: Evidence that was made with another label is
 * bound to nothing here.
 */
typedef enum vouch_label {
    VOUCH_LABEL_NONE = 0,     /**< not a label: no call takes it */
    VOUCH_LABEL_EXPAT_04 = 1, /**< "EXPORTER-cmw-attestation" */
    VOUCH_LABEL_EXPAT_03 = 2, /**< "Attestation", of the draft before */
} vouch_label;

/**
 * vouch_channel_new_for makes a channel as vouch_channel_new does, with `label`
 * in the place of VOUCH_LABEL_EXPAT_04. It is for endpoints
 * (authenticator.h) whose peer was built from draft-fossati-seat-expat-03. A
 * session takes no such channel: VOUCH_E_LABEL. Errors are those of
 * vouch_channel_new, and VOUCH_E_ARGUMENT when `label` is not one.
 */
VOUCH_EXPORT vouch_err vouch_channel_new_for(
    vouch_label label, vouch_role role, vouch_hash hash,
    vouch_exporter *exporter, void *arg, vouch_channel **out) VOUCH_MUST_CHECK;

/** vouch_channel_label tells the label that the channel was made for. */
VOUCH_EXPORT vouch_label vouch_channel_label(const vouch_channel *channel);

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
