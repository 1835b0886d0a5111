/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cose.h"
#include "proto/memory.h"
#include "proto/reader.h"

/*
 * COSE_Sign1. What is decoded lies within the input; what would be signed is
 * CBOR; and without its unprotected header it is decoded again with the same
 * parts, but for a kid that stood there. Certificates lie within x5chain.
 */

static void check_signed(const struct vouch_cose_sign1 *sign1)
{
    CBB cbb;

    FUZZ_CHECK(CBB_init(&cbb, 64));
    FUZZ_CHECK(vouch_cose_sig_structure(&cbb, sign1, vouch_text("aad")));
    FUZZ_CHECK(vouch_cbor_check((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)},
                                VOUCH_CBOR_DETERMINISTIC) == VOUCH_OK);
    CBB_cleanup(&cbb);
}

static void walk_certificates(const struct vouch_cose_sign1 *sign1)
{
    size_t num;
    CBS in = vouch_cose_x5chain(sign1, &num);
    vouch_bytes certificate;

    FUZZ_CHECK(num <= VOUCH_LIMIT_CHAIN);
    FUZZ_CHECK((num == 0) == (sign1->x5chain.len == 0));
    for (; num != 0; num--) {
        FUZZ_CHECK(vouch_cose_read_certificate(&in, &certificate));
        FUZZ_CHECK(certificate.len <= VOUCH_LIMIT_CERTIFICATE);
        fuzz_within(certificate, sign1->x5chain);
    }
    FUZZ_CHECK(vouch_read_end(&in));
}

static void encode_again(const struct vouch_cose_sign1 *sign1, size_t size)
{
    struct vouch_cose_sign1 again;
    CBB cbb;

    FUZZ_CHECK(CBB_init(&cbb, size));
    FUZZ_CHECK(vouch_cose_sign1_encode(&cbb, sign1));
    FUZZ_CHECK(CBB_len(&cbb) <= size);
    FUZZ_CHECK(
        vouch_cose_sign1_decode((vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)},
                                &again) == VOUCH_OK);
    FUZZ_CHECK(again.algorithm == sign1->algorithm);
    FUZZ_CHECK(
        vouch_bytes_equal(again.protected_header, sign1->protected_header));
    FUZZ_CHECK(vouch_bytes_equal(again.payload, sign1->payload));
    FUZZ_CHECK(vouch_bytes_equal(again.signature, sign1->signature));
    FUZZ_CHECK(again.key_id.len == 0 ||
               vouch_bytes_equal(again.key_id, sign1->key_id));
    FUZZ_CHECK(vouch_bytes_equal(again.x5chain, sign1->x5chain));
    CBB_cleanup(&cbb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes input = {data, size};
    struct vouch_cose_sign1 sign1;

    if (vouch_cose_sign1_decode(input, &sign1) != VOUCH_OK) {
        return 0;
    }
    FUZZ_CHECK(sign1.algorithm != 0);
    fuzz_within(sign1.protected_header, input);
    fuzz_within(sign1.key_id, input);
    fuzz_within(sign1.x5chain, sign1.protected_header);
    fuzz_within(sign1.payload, input);
    fuzz_within(sign1.signature, input);
    walk_certificates(&sign1);
    check_signed(&sign1);
    encode_again(&sign1, size);
    return 0;
}
