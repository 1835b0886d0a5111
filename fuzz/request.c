/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <vouch/authenticator.h>
#include <vouch/limits.h>

#include "proto/handshake.h"
#include "proto/memory.h"

/* What parses lies within the input, keeps to the limits, has the context that
 * vouch_get_context finds, and is nothing any more without its last octet. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes message = {data, size};
    struct vouch_request request, other;
    vouch_bytes context;

    if (vouch_request_parse(message, &request) != VOUCH_OK) {
        return 0;
    }
    FUZZ_CHECK(size <= VOUCH_LIMIT_REQUEST);
    FUZZ_CHECK(request.context.len <= 255);
    FUZZ_CHECK(request.signature_algorithms.len >= 2 &&
               request.signature_algorithms.len % 2 == 0);
    FUZZ_CHECK(request.attestation ==
               vouch_request_offers(&request, VOUCH_EXT_CMW_ATTESTATION));
    fuzz_within(request.context, message);
    fuzz_within(request.extensions, message);
    fuzz_within(request.signature_algorithms, message);
    fuzz_within(request.server_name, message);
    FUZZ_CHECK(vouch_get_context(message, &context) == VOUCH_OK);
    FUZZ_CHECK(vouch_bytes_equal(context, request.context));
    message.len--;
    FUZZ_CHECK(vouch_request_parse(message, &other) != VOUCH_OK);
    return 0;
}
