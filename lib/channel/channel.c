/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/channel/channel_internal.h"

#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "proto/message.h"

enum { FINGERPRINT_LEN = 32, SPKI_HASH_LEN = 32 };

struct vouch_channel {
    vouch_label label;
    vouch_role role;
    vouch_hash hash;
    vouch_exporter *exporter;
    void *arg;
    uint8_t fingerprint[FINGERPRINT_LEN]; /* conn_check is the front of it */
    bool claimed;
    bool has_peer;
    bool peer_is_verified;
    uint8_t peer_spki_sha256[SPKI_HASH_LEN];
};

static vouch_err export_fingerprint(const vouch_channel *channel,
                                    uint8_t out[FINGERPRINT_LEN])
{
    return vouch_channel_export(channel, "EXPORTER-vouch-connection-check",
                                (vouch_bytes){NULL, 0}, out, FINGERPRINT_LEN);
}

vouch_err vouch_channel_new(vouch_role role, vouch_hash hash,
                            vouch_exporter *exporter, void *arg,
                            vouch_channel **out)
{
    return vouch_channel_new_for(VOUCH_LABEL_EXPAT_04, role, hash, exporter,
                                 arg, out);
}

static bool is_label(vouch_label label)
{
    return label == VOUCH_LABEL_EXPAT_04 || label == VOUCH_LABEL_EXPAT_03;
}

vouch_err vouch_channel_new_for(vouch_label label, vouch_role role,
                                vouch_hash hash, vouch_exporter *exporter,
                                void *arg, vouch_channel **out)
{
    vouch_channel *channel;
    vouch_err err;

    if (!is_label(label)) {
        return VOUCH_E_ARGUMENT;
    }
    channel = vouch_alloc(sizeof *channel);
    if (channel == NULL) {
        return VOUCH_E_NOMEM;
    }
    channel->label = label;
    channel->role = role;
    channel->hash = hash;
    channel->exporter = exporter;
    channel->arg = arg;
    err = export_fingerprint(channel, channel->fingerprint);
    if (err != VOUCH_OK) {
        vouch_channel_free(channel);
        return err;
    }
    *out = channel;
    return VOUCH_OK;
}

void vouch_channel_free(vouch_channel *channel)
{
    if (channel != NULL) {
        vouch_wipe(channel, sizeof *channel);
        vouch_free(channel);
    }
}

vouch_label vouch_channel_label(const vouch_channel *channel)
{
    return channel->label;
}

vouch_role vouch_channel_role(const vouch_channel *channel)
{
    return channel->role;
}

vouch_hash vouch_channel_hash(const vouch_channel *channel)
{
    return channel->hash;
}

vouch_err vouch_channel_export(const vouch_channel *channel, const char *label,
                               vouch_bytes context, uint8_t *out, size_t len)
{
    return channel->exporter(channel->arg, label, context, out, len);
}

vouch_err vouch_channel_claim(vouch_channel *channel)
{
    if (channel->claimed) {
        return VOUCH_E_CHANNEL_USED;
    }
    channel->claimed = true;
    return VOUCH_OK;
}

void vouch_channel_disclaim(vouch_channel *channel)
{
    channel->claimed = false;
}

vouch_err vouch_channel_check(const vouch_channel *channel)
{
    uint8_t now[FINGERPRINT_LEN];
    vouch_err err = export_fingerprint(channel, now);

    if (err == VOUCH_OK &&
        !vouch_ct_equal((vouch_bytes){now, sizeof now},
                        (vouch_bytes){channel->fingerprint, sizeof now})) {
        err = VOUCH_E_CHANNEL_CHANGED;
    }
    vouch_wipe(now, sizeof now);
    return err;
}

vouch_bytes vouch_channel_conn_check(const vouch_channel *channel)
{
    return (vouch_bytes){channel->fingerprint, VOUCH_CONN_CHECK_LEN};
}

vouch_err vouch_channel_set_peer_spki(vouch_channel *channel, vouch_bytes spki)
{
    if (spki.len == 0) {
        return VOUCH_E_ARGUMENT;
    }
    vouch_sha256(spki, channel->peer_spki_sha256);
    channel->has_peer = true;
    return VOUCH_OK;
}

vouch_err vouch_channel_set_peer_verified(vouch_channel *channel)
{
    if (!channel->has_peer) {
        return VOUCH_E_STATE;
    }
    channel->peer_is_verified = true;
    return VOUCH_OK;
}

bool vouch_channel_peer_is_verified(const vouch_channel *channel)
{
    return channel->peer_is_verified;
}

bool vouch_channel_has_peer(const vouch_channel *channel)
{
    return channel->has_peer;
}

bool vouch_channel_is_peer(const vouch_channel *channel, vouch_bytes spki)
{
    uint8_t sha256[SPKI_HASH_LEN];

    if (!channel->has_peer) {
        return false;
    }
    vouch_sha256(spki, sha256);
    return vouch_ct_equal(
        (vouch_bytes){sha256, sizeof sha256},
        (vouch_bytes){channel->peer_spki_sha256, sizeof sha256});
}
