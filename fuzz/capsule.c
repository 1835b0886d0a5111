/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include "proto/capsule.h"

/* A header that parses is read again from its minimal encoding, and no prefix
 * of it is a header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vouch_capsule_header header, again;
    uint8_t octets[VOUCH_CAPSULE_HEADER_MAX];
    vouch_bytes rest = {data, size};
    vouch_bytes minimal = {octets, 0};
    size_t used;

    if (!vouch_capsule_header_parse(&rest, &header)) {
        FUZZ_CHECK(rest.data == data && rest.len == size);
        return 0;
    }
    used = size - rest.len;
    fuzz_within(rest, (vouch_bytes){data, size});
    minimal.len =
        vouch_capsule_header_encode(header.type, header.length, octets);
    FUZZ_CHECK(minimal.len <= used);
    FUZZ_CHECK(vouch_capsule_header_parse(&minimal, &again));
    FUZZ_CHECK(minimal.len == 0);
    FUZZ_CHECK(again.type == header.type && again.length == header.length);
    for (size_t len = 0; len < used; len++) {
        vouch_bytes prefix = {data, len};

        FUZZ_CHECK(!vouch_capsule_header_parse(&prefix, &again));
    }
    return 0;
}
