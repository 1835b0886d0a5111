/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include "proto/memory.h"
#include "proto/message.h"

/*
 * One message of proto/message.h, named by the build as FUZZ_MESSAGE. What is
 * decoded encodes, is decoded again, and encodes to the same octets; these are
 * no longer than the input, which may hold unknown keys.
 */

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define DECODE JOIN(vouch_, FUZZ_MESSAGE, _decode)
#define ENCODE JOIN(vouch_, FUZZ_MESSAGE, _encode)
#define MESSAGE struct JOIN(vouch_, FUZZ_MESSAGE, )

static vouch_bytes encode(CBB *cbb, const MESSAGE *message, size_t max)
{
    FUZZ_CHECK(CBB_init(cbb, max));
    FUZZ_CHECK(ENCODE(cbb, message) == VOUCH_OK);
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MESSAGE message, again;
    vouch_bytes first, second;
    CBB one, two;

    if (DECODE((vouch_bytes){data, size}, &message) != VOUCH_OK) {
        return 0;
    }
    first = encode(&one, &message, size);
    FUZZ_CHECK(first.len <= size);
    FUZZ_CHECK(DECODE(first, &again) == VOUCH_OK);
    second = encode(&two, &again, size);
    FUZZ_CHECK(vouch_bytes_equal(first, second));
    CBB_cleanup(&one);
    CBB_cleanup(&two);
    return 0;
}
