/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/digests.h"

#include <string.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/reader.h"

bool vouch_digests_next(CBS *in, vouch_bytes *name, vouch_bytes *sha256)
{
    return vouch_cbor_read_text(in, name) && name->len != 0 &&
           name->len <= VOUCH_LIMIT_MEASUREMENT_NAME &&
           vouch_cbor_read_bytes(in, sha256) && sha256->len == 32;
}

bool vouch_digests_read(CBS *in, vouch_bytes *map)
{
    CBS pairs = *in;
    uint64_t num;
    vouch_bytes name, sha256;

    if (!vouch_cbor_read_item(in, map) || !vouch_cbor_read_map(&pairs, &num) ||
        num > VOUCH_LIMIT_MEASUREMENTS) {
        return false;
    }
    for (; num != 0; num--) {
        if (!vouch_digests_next(&pairs, &name, &sha256)) {
            return false;
        }
    }
    return true;
}

CBS vouch_digests_begin(vouch_bytes map, size_t *num)
{
    CBS in = vouch_reader(map);
    uint64_t pairs;

    *num = vouch_cbor_read_map(&in, &pairs) ? (size_t)pairs : 0;
    return in;
}

bool vouch_digests_find(vouch_bytes map, vouch_bytes wanted,
                        vouch_bytes *sha256)
{
    size_t num;
    CBS in = vouch_digests_begin(map, &num);
    vouch_bytes name;

    while (num-- != 0 && vouch_digests_next(&in, &name, sha256)) {
        if (vouch_bytes_equal(name, wanted)) {
            return true;
        }
    }
    *sha256 = (vouch_bytes){NULL, 0};
    return false;
}

bool vouch_digests_write(CBB *out, vouch_bytes name, const uint8_t sha256[32])
{
    return vouch_cbor_write_text(out, name) &&
           vouch_cbor_write_bytes(out, (vouch_bytes){sha256, 32});
}

int vouch_digests_order(vouch_bytes a, vouch_bytes b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return memcmp(a.data, b.data, a.len);
}
