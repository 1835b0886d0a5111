/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/bytestring.h>

#include <vouch/limits.h>

#include "fuzz/identity.h"
#include "lib/authenticator/credential.h"
#include "lib/authenticator/endpoint.h"
#include "lib/authenticator/transcript.h"
#include "lib/keys/key_internal.h"
#include "proto/handshake.h"
#include "proto/memory.h"

/*
 * Validation beyond the MAC. The mutator knows the AIK and the connection:
 * after each mutation it signs and MACs the message again, so that what lies
 * behind both is reached. Whatever validates must be for the request's context,
 * by the AIK, and must lie within the input.
 *
 * Input: an authenticator that answers `request` below.
 */

static const uint8_t request_octets[] = {
    0x11, 0x00, 0x00, 0x17, 0x08, 'f',  'u',  'z',  'z',
    'f',  'u',  'z',  'z',  0x00, 0x0c, 0x00, 0x0d, 0x00,
    0x04, 0x00, 0x02, 0x08, 0x07, 0xff, 0x00, 0x00, 0x00};
static const vouch_bytes request = {request_octets, sizeof request_octets};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_now now = {0, FUZZ_UNIX_TIME};
    vouch_channel *channel = fuzz_channel(VOUCH_CLIENT);
    vouch_bytes input = {data, size};
    vouch_endpoint *endpoint;
    vouch_identity identity;

    FUZZ_CHECK(vouch_endpoint_new(channel, &endpoint) == VOUCH_OK);
    FUZZ_CHECK(vouch_endpoint_allow_foreign_contexts(endpoint, 1) == VOUCH_OK);
    if (vouch_endpoint_validate(endpoint, request, input, fuzz_trust(), now,
                                &identity) == VOUCH_OK) {
        FUZZ_CHECK(vouch_bytes_equal(identity.context,
                                     (vouch_bytes){request_octets + 5, 8}));
        FUZZ_CHECK(vouch_bytes_equal(identity.spki,
                                     vouch_credential_spki(fuzz_credential())));
        FUZZ_CHECK(identity.scheme == VOUCH_ED25519);
        FUZZ_CHECK(!identity.revocation_checked);
        FUZZ_CHECK(identity.cmw.len <= VOUCH_LIMIT_CMW);
        fuzz_within(identity.cmw, input);
        fuzz_within(identity.certificate, input);
    }
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    return 0;
}

/* The first message of `octets`, header included, whatever it is. */
static vouch_bytes first_message(vouch_bytes octets)
{
    CBS cbs, body;
    uint8_t type;

    CBS_init(&cbs, octets.data, octets.len);
    if (!CBS_get_u8(&cbs, &type) || !CBS_get_u24_length_prefixed(&cbs, &body)) {
        return octets;
    }
    return (vouch_bytes){octets.data, octets.len - CBS_len(&cbs)};
}

static void add_certificate_verify(struct vouch_transcript *transcript,
                                   CBB *out)
{
    uint8_t content[VOUCH_SIGNED_CONTENT_MAX];
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t start = CBB_len(out);
    size_t len = vouch_transcript_signed_content(transcript, content);

    FUZZ_CHECK(vouch_key_sign(fuzz_credential()->key, VOUCH_SIGNATURE_TLS,
                              (vouch_bytes){content, len}, signature,
                              &len) == VOUCH_OK);
    FUZZ_CHECK(vouch_certificate_verify_encode(out, VOUCH_ED25519,
                                               (vouch_bytes){signature, len}) ==
               VOUCH_OK);
    vouch_transcript_add(
        transcript, (vouch_bytes){CBB_data(out) + start, CBB_len(out) - start});
}

/* Signs and MACs whatever Certificate the mutation left. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed)
{
    vouch_channel *channel = fuzz_channel(VOUCH_SERVER);
    struct vouch_transcript transcript;
    vouch_digest verify_data;
    vouch_bytes certificate;
    CBB out;

    size = LLVMFuzzerMutate(data, size, max_size);
    certificate = first_message((vouch_bytes){data, size});
    FUZZ_CHECK(CBB_init(&out, max_size));
    FUZZ_CHECK(CBB_add_bytes(&out, certificate.data, certificate.len));
    FUZZ_CHECK(vouch_transcript_start(&transcript, channel, VOUCH_SERVER,
                                      request) == VOUCH_OK);
    vouch_transcript_add(&transcript, certificate);
    add_certificate_verify(&transcript, &out);
    FUZZ_CHECK(vouch_transcript_finished(&transcript, &verify_data) ==
               VOUCH_OK);
    FUZZ_CHECK(vouch_finished_encode(&out, vouch_digest_bytes(&verify_data)) ==
               VOUCH_OK);
    vouch_transcript_end(&transcript);
    /* One mutation in eight stays broken. */
    if (CBB_len(&out) <= max_size && seed % 8 != 0) {
        size = CBB_len(&out);
        memcpy(data, CBB_data(&out), size);
    }
    CBB_cleanup(&out);
    vouch_channel_free(channel);
    return size;
}
