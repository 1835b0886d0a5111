/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <openssl/bytestring.h>

#include <vouch/limits.h>

#include "proto/handshake.h"
#include "proto/memory.h"

/* The certificates of an accepted list, the evidence aside. */
static size_t read_chain(const struct vouch_authenticator_parts *parts,
                         vouch_bytes *chain)
{
    vouch_bytes list = parts->certificate_list;
    size_t num = 0;

    while (num < VOUCH_LIMIT_CHAIN && vouch_entry_next(&list, &chain[num])) {
        fuzz_within(chain[num], parts->certificate_msg);
        num++;
    }
    FUZZ_CHECK(list.len == 0 && num != 0);
    FUZZ_CHECK(vouch_bytes_equal(chain[0], parts->leaf));
    return num;
}

/* Encodes what was parsed. Other extensions of entries are not encoded again,
 * so only a message that has none comes out the same; a longer one does not. */
static void encode_again(const struct vouch_authenticator_parts *parts,
                         vouch_bytes message)
{
    vouch_bytes chain[VOUCH_LIMIT_CHAIN];
    size_t num = read_chain(parts, chain);
    CBB cbb;

    FUZZ_CHECK(CBB_init(&cbb, message.len));
    FUZZ_CHECK(vouch_certificate_encode(&cbb, parts->context, chain, num,
                                        parts->cmw) == VOUCH_OK);
    FUZZ_CHECK(vouch_certificate_verify_encode(&cbb, parts->scheme,
                                               parts->signature) == VOUCH_OK);
    FUZZ_CHECK(vouch_finished_encode(&cbb, parts->verify_data) == VOUCH_OK);
    FUZZ_CHECK(CBB_len(&cbb) <= message.len);
    if (CBB_len(&cbb) == message.len) {
        FUZZ_CHECK(vouch_bytes_equal(
            (vouch_bytes){CBB_data(&cbb), CBB_len(&cbb)}, message));
    }
    CBB_cleanup(&cbb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes message = {data, size};
    struct vouch_authenticator_parts parts, other;

    if (vouch_authenticator_parse(message, NULL, &parts) != VOUCH_OK) {
        return 0;
    }
    fuzz_within(parts.verify_data, message);
    if (!parts.empty) {
        FUZZ_CHECK(parts.cmw.len <= VOUCH_LIMIT_CMW);
        fuzz_within(parts.certificate_msg, message);
        fuzz_within(parts.certificate_verify_msg, message);
        fuzz_within(parts.context, parts.certificate_msg);
        fuzz_within(parts.cmw, parts.certificate_msg);
        fuzz_within(parts.signature, parts.certificate_verify_msg);
        encode_again(&parts, message);
    }
    message.len--;
    FUZZ_CHECK(vouch_authenticator_parse(message, NULL, &other) != VOUCH_OK);
    return 0;
}
