/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/endpoint.h"

#include "lib/channel/channel_internal.h"
#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum { EXPORTED_VALUE_LEN = 32 };

/* expat-04, 4 and 5.1 [X22]; what the draft before it had is for RFC 9261 used
 * alone */
static const char *const labels[] = {
    [VOUCH_LABEL_EXPAT_04] = "EXPORTER-cmw-attestation",
    [VOUCH_LABEL_EXPAT_03] = "Attestation",
};

static bool is_one_sequence(vouch_bytes der)
{
    CBS cbs = vouch_reader(der);

    return CBS_get_asn1(&cbs, NULL, CBS_ASN1_SEQUENCE) && vouch_read_end(&cbs);
}

vouch_err vouch_binder(const vouch_channel *channel, vouch_bytes spki,
                       vouch_bytes context, vouch_digest *out)
{
    uint8_t exported_value[EXPORTED_VALUE_LEN];
    const vouch_bytes parts[] = {spki, {exported_value, sizeof exported_value}};
    vouch_err err;

    if (!is_one_sequence(spki)) {
        return VOUCH_E_ARGUMENT;
    }
    /* expat-04, 5.1: the request's context goes into the exporter [X11] [X22],
     * and with it the Verifier's nonce, if there is one [X23] */
    err = vouch_channel_export(channel, labels[vouch_channel_label(channel)],
                               context, exported_value, sizeof exported_value);
    if (err == VOUCH_OK) {
        /* expat-04, 5.1: Hash(public_key || exported_value) [X24] */
        err = vouch_hash_parts(vouch_channel_hash(channel), parts, 2, out);
    }
    vouch_wipe(exported_value, sizeof exported_value);
    return err;
}

/* expat-04, 5.2: with the hash of the cipher suite [X27] */
vouch_err vouch_aik_pub_hash(vouch_hash hash, vouch_bytes spki,
                             vouch_digest *out)
{
    return is_one_sequence(spki) ? vouch_hash_parts(hash, &spki, 1, out)
                                 : VOUCH_E_ARGUMENT;
}
