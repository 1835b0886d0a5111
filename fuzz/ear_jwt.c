/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include "proto/ear.h"
#include "proto/jws.h"
#include "proto/memory.h"

/*
 * Attestation Results as JWT: the input is a compact JWS, and claims in JSON,
 * too, since no mutation finds its way through base64url. What is decoded lies
 * within its memory, is written, and is decoded again to the same claims.
 */

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

static vouch_bytes encode(CBB *cbb, const struct vouch_ear *ear)
{
    FUZZ_CHECK(CBB_init(cbb, 64));
    FUZZ_CHECK(vouch_ear_encode(cbb, ear));
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

static void write_again(const struct vouch_ear *ear,
                        const struct vouch_ear_profile *profile)
{
    vouch_buffer text, memory;
    struct vouch_ear again;
    CBB one, two;

    FUZZ_CHECK(vouch_ear_encode_json(ear, profile, &text) == VOUCH_OK);
    FUZZ_CHECK(vouch_ear_decode_json(bytes_of(&text), profile, &memory, &again,
                                     NULL) == VOUCH_OK);
    FUZZ_CHECK(vouch_bytes_equal(encode(&one, ear), encode(&two, &again)));
    CBB_cleanup(&one);
    CBB_cleanup(&two);
    vouch_buffer_free(&memory);
    vouch_buffer_free(&text);
}

static void check_claims(vouch_bytes text,
                         const struct vouch_ear_profile *profile)
{
    const char *wrong = NULL;
    vouch_buffer memory = {NULL, 7};
    struct vouch_ear ear;
    vouch_err err = vouch_ear_decode_json(text, profile, &memory, &ear, &wrong);

    FUZZ_CHECK(err != VOUCH_E_CLAIM_TYPE || wrong != NULL);
    if (err != VOUCH_OK) {
        FUZZ_CHECK(memory.data == NULL && memory.len == 7);
        return;
    }
    FUZZ_CHECK(memory.len <= text.len);
    fuzz_within(ear.profile, bytes_of(&memory));
    fuzz_within(ear.appraisals[0].nonce, bytes_of(&memory));
    write_again(&ear, profile);
    vouch_buffer_free(&memory);
}

static void check_profiles(vouch_bytes text)
{
    for (size_t i = 0; i < VOUCH_EAR_PROFILES; i++) {
        check_claims(text, &vouch_ear_profiles[i]);
    }
}

static void check_jws(vouch_bytes text)
{
    struct vouch_jws jws;

    if (vouch_jws_decode(text, &jws) != VOUCH_OK) {
        return;
    }
    FUZZ_CHECK(jws.signing_input.data == text.data);
    FUZZ_CHECK(jws.signing_input.len < text.len);
    FUZZ_CHECK(text.data[jws.signing_input.len] == '.');
    fuzz_within(jws.key_id, bytes_of(&jws.memory));
    fuzz_within(jws.payload, bytes_of(&jws.memory));
    fuzz_within(jws.signature, bytes_of(&jws.memory));
    check_profiles(jws.payload);
    vouch_buffer_free(&jws.memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes input = {data, size};

    check_jws(input);
    check_profiles(input);
    return 0;
}
