/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/posture.h"

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/reader.h"
#include "proto/writer.h"

enum { BINDER = 1, EPOCH, DIGEST, COMPONENTS, KEYS = COMPONENTS };

static bool read_value(CBS *in, uint64_t key, struct vouch_posture_claims *out)
{
    vouch_bytes skipped;

    switch (key) {
    case BINDER:
        return vouch_cbor_read_bytes(in, &out->binder) &&
               (out->binder.len == 32 || out->binder.len == 48);
    case EPOCH:
        return vouch_cbor_read_uint(in, &out->epoch);
    case DIGEST:
        return vouch_cbor_read_bytes(in, &out->digest) && out->digest.len == 32;
    case COMPONENTS:
        return vouch_digests_read(in, &out->components);
    default:
        return vouch_cbor_read_item(in, &skipped);
    }
}

/* Keys that are not known are ignored, of whatever type. */
static bool read_pair(CBS *in, unsigned *seen, struct vouch_posture_claims *out)
{
    CBS label = *in;
    vouch_bytes skipped;
    uint64_t key = 0;

    if (!vouch_cbor_read_item(in, &skipped)) {
        return false;
    }
    if (vouch_cbor_read_uint(&label, &key) && key >= BINDER && key <= KEYS) {
        *seen |= 1U << key;
    } else {
        key = 0;
    }
    return read_value(in, key, out);
}

vouch_err vouch_posture_claims_decode(vouch_bytes octets,
                                      struct vouch_posture_claims *out)
{
    static const unsigned all =
        1U << BINDER | 1U << EPOCH | 1U << DIGEST | 1U << COMPONENTS;
    struct vouch_posture_claims claims = {.epoch = 0};
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_DETERMINISTIC);
    CBS in = vouch_reader(octets);
    unsigned seen = 0;
    uint64_t pairs;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_map(&in, &pairs)) {
        return VOUCH_E_CBOR;
    }
    for (; pairs != 0; pairs--) {
        if (!read_pair(&in, &seen, &claims)) {
            return VOUCH_E_CLAIM_TYPE;
        }
    }
    if (seen != all) {
        return VOUCH_E_CLAIM_MISSING;
    }
    *out = claims;
    return VOUCH_OK;
}

bool vouch_posture_claims_encode(CBB *out,
                                 const struct vouch_posture_claims *in)
{
    return vouch_cbor_write_map(out, KEYS) &&
           vouch_cbor_write_uint(out, BINDER) &&
           vouch_cbor_write_bytes(out, in->binder) &&
           vouch_cbor_write_uint(out, EPOCH) &&
           vouch_cbor_write_uint(out, in->epoch) &&
           vouch_cbor_write_uint(out, DIGEST) &&
           vouch_cbor_write_bytes(out, in->digest) &&
           vouch_cbor_write_uint(out, COMPONENTS) &&
           vouch_write_octets(out, in->components);
}
