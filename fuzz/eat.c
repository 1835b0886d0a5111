/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <vouch/limits.h>

#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "proto/reader.h"

/*
 * Claims. What is decoded encodes, no longer than it was, is decoded again, and
 * encodes to the same octets; its measurements are as many as it says.
 */

static vouch_bytes encode(CBB *cbb, const struct vouch_eat *eat, size_t max)
{
    FUZZ_CHECK(CBB_init(cbb, max));
    FUZZ_CHECK(vouch_eat_encode(cbb, eat));
    FUZZ_CHECK(CBB_len(cbb) <= max);
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

static void check_measurements(const struct vouch_eat *eat)
{
    size_t num;
    CBS in = vouch_digests_begin(eat->measurements, &num);
    vouch_bytes name, sha256, before = {NULL, 0};

    FUZZ_CHECK(num <= VOUCH_LIMIT_MEASUREMENTS);
    for (; num != 0; num--) {
        FUZZ_CHECK(vouch_digests_next(&in, &name, &sha256));
        FUZZ_CHECK(before.len == 0 || vouch_digests_order(before, name) < 0);
        fuzz_within(name, eat->measurements);
        fuzz_within(sha256, eat->measurements);
        before = name;
    }
    FUZZ_CHECK(vouch_read_end(&in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t wrong = 0;
    struct vouch_eat eat, again;
    vouch_bytes first, second;
    CBB one, two;
    vouch_err err = vouch_eat_decode((vouch_bytes){data, size},
                                     VOUCH_CBOR_DETERMINISTIC, &eat, &wrong);

    FUZZ_CHECK((err == VOUCH_E_CLAIM_TYPE) == (wrong != 0));
    if (err != VOUCH_OK) {
        return 0;
    }
    check_measurements(&eat);
    first = encode(&one, &eat, size);
    FUZZ_CHECK(vouch_eat_decode(first, VOUCH_CBOR_DETERMINISTIC, &again,
                                NULL) == VOUCH_OK);
    second = encode(&two, &again, size);
    FUZZ_CHECK(vouch_bytes_equal(first, second));
    CBB_cleanup(&one);
    CBB_cleanup(&two);
    return 0;
}
