/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/transcript.h"

#include <string.h>

#include "lib/channel/channel_internal.h"
#include "lib/keys/digest.h"
#include "proto/handshake.h"
#include "proto/memory.h"

/* Header, context of up to 255 octets, and a list of none. */
enum { EMPTY_CERTIFICATE_MAX = 4 + 1 + 255 + 3 };

/* RFC 9261, 5.1: one pair of labels for each sender [E08] */
static const struct {
    const char *handshake_context;
    const char *finished_key;
} labels[] = {
    [VOUCH_CLIENT] = {"EXPORTER-client authenticator handshake context",
                      "EXPORTER-client authenticator finished key"},
    [VOUCH_SERVER] = {"EXPORTER-server authenticator handshake context",
                      "EXPORTER-server authenticator finished key"},
};

/* RFC 9261, 5.1: from exporter_master_secret, with an empty context_value, as
 * long as the suite's hash [E07] */
static vouch_err export_value(const vouch_channel *channel, const char *label,
                              vouch_digest *out)
{
    out->len = vouch_hash_len(vouch_channel_hash(channel));
    return vouch_channel_export(channel, label, (vouch_bytes){NULL, 0},
                                out->data, out->len);
}

static bool is_sha384(const struct vouch_transcript *transcript)
{
    return vouch_channel_hash(transcript->channel) == VOUCH_SHA384;
}

vouch_err vouch_transcript_start(struct vouch_transcript *transcript,
                                 const vouch_channel *channel,
                                 vouch_role sender, vouch_bytes request)
{
    vouch_digest handshake_context;
    vouch_err err = export_value(channel, labels[sender].handshake_context,
                                 &handshake_context);

    transcript->channel = channel;
    transcript->sender = sender;
    if (is_sha384(transcript)) {
        SHA384_Init(&transcript->state.sha384);
    } else {
        SHA256_Init(&transcript->state.sha256);
    }
    if (err == VOUCH_OK) {
        vouch_transcript_add(transcript,
                             vouch_digest_bytes(&handshake_context));
        vouch_transcript_add(transcript, request);
    }
    vouch_wipe(&handshake_context, sizeof handshake_context);
    return err;
}

void vouch_transcript_add(struct vouch_transcript *transcript,
                          vouch_bytes message)
{
    if (is_sha384(transcript)) {
        SHA384_Update(&transcript->state.sha384, message.data, message.len);
    } else {
        SHA256_Update(&transcript->state.sha256, message.data, message.len);
    }
}

vouch_err vouch_transcript_add_empty_certificate(
    struct vouch_transcript *transcript, vouch_bytes context)
{
    uint8_t octets[EMPTY_CERTIFICATE_MAX];
    const vouch_bytes no_cmw = {NULL, 0};
    vouch_err err;
    CBB cbb;

    if (!CBB_init_fixed(&cbb, octets, sizeof octets)) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_certificate_encode(&cbb, context, NULL, 0, no_cmw);
    if (err == VOUCH_OK) {
        vouch_transcript_add(transcript, (vouch_bytes){octets, CBB_len(&cbb)});
    }
    CBB_cleanup(&cbb);
    return err;
}

void vouch_transcript_end(struct vouch_transcript *transcript)
{
    vouch_wipe(transcript, sizeof *transcript);
}

static void hash_so_far(const struct vouch_transcript *transcript,
                        vouch_digest *out)
{
    struct vouch_transcript copy = *transcript;

    out->len = vouch_hash_len(vouch_channel_hash(copy.channel));
    if (is_sha384(&copy)) {
        SHA384_Final(out->data, &copy.state.sha384);
    } else {
        SHA256_Final(out->data, &copy.state.sha256);
    }
    vouch_transcript_end(&copy);
}

size_t vouch_transcript_signed_content(
    const struct vouch_transcript *transcript,
    uint8_t out[VOUCH_SIGNED_CONTENT_MAX])
{
    /* RFC 9261, 5.2.2: the NUL that ends it is the separator [E18] */
    static const char context_string[] = "Exported Authenticator";
    enum { SPACES = 64 };
    vouch_digest hash;

    hash_so_far(transcript, &hash);
    memset(out, ' ', SPACES);
    memcpy(&out[SPACES], context_string, sizeof context_string);
    memcpy(&out[SPACES + sizeof context_string], hash.data, hash.len);
    return SPACES + sizeof context_string + hash.len;
}

/* RFC 9261, 5.2.3: HMAC with the sender's key over the hash [E19] */
vouch_err vouch_transcript_finished(const struct vouch_transcript *transcript,
                                    vouch_digest *out)
{
    vouch_digest key, hash;
    vouch_err err = export_value(transcript->channel,
                                 labels[transcript->sender].finished_key, &key);

    if (err == VOUCH_OK) {
        hash_so_far(transcript, &hash);
        err = vouch_hmac(vouch_channel_hash(transcript->channel),
                         vouch_digest_bytes(&key), vouch_digest_bytes(&hash),
                         out);
    }
    vouch_wipe(&key, sizeof key);
    return err;
}
