/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_CHANNEL_CHANNEL_INTERNAL_H
#define VOUCH_CHANNEL_CHANNEL_INTERNAL_H

#include <vouch/channel.h>

/* vouch_channel_export calls the exporter (RFC 8446, 7.5). */
vouch_err vouch_channel_export(const vouch_channel *channel, const char *label,
                               vouch_bytes context, uint8_t *out,
                               size_t len) VOUCH_MUST_CHECK;

/* vouch_channel_claim hands the channel to its one user.
 * VOUCH_E_CHANNEL_USED when it had one. */
vouch_err vouch_channel_claim(vouch_channel *channel) VOUCH_MUST_CHECK;

/* vouch_channel_disclaim takes that back, for a user that came to nothing
 * before it had sent anything. */
void vouch_channel_disclaim(vouch_channel *channel);

/* vouch_channel_check holds the fingerprint taken at the start against the
 * exporter of now. VOUCH_E_CHANNEL_CHANGED when the connection is another. */
vouch_err vouch_channel_check(const vouch_channel *channel) VOUCH_MUST_CHECK;

/* vouch_channel_conn_check returns the 8 octets that CAPABILITIES carries,
 * borrowed. Equal on both sides of one connection. */
vouch_bytes vouch_channel_conn_check(const vouch_channel *channel);

/* vouch_channel_has_peer tells whether the peer authenticated in the
 * handshake; vouch_channel_is_peer whether it did so with this key;
 * vouch_channel_peer_is_verified whether its certificate was verified. */
bool vouch_channel_has_peer(const vouch_channel *channel);
bool vouch_channel_peer_is_verified(const vouch_channel *channel);
bool vouch_channel_is_peer(const vouch_channel *channel, vouch_bytes spki);

#endif
