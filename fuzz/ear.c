/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include "proto/ear.h"
#include "proto/memory.h"

/*
 * Claims of an Attestation Result. What is decoded lies within the input,
 * encodes, is decoded again, and encodes to the same octets.
 */

static void check_spans(const struct vouch_ear *ear, vouch_bytes input)
{
    fuzz_within(ear->nonce, input);
    fuzz_within(ear->profile, input);
    fuzz_within(ear->developer, input);
    fuzz_within(ear->build, input);
    FUZZ_CHECK(ear->num_appraisals <= VOUCH_LIMIT_SUBMODULES);
    for (size_t i = 0; i < ear->num_appraisals; i++) {
        const struct vouch_ear_appraisal *appraisal = &ear->appraisals[i];

        FUZZ_CHECK(appraisal->label.len != 0);
        FUZZ_CHECK(appraisal->aik_pub_hash.len % 32 == 0);
        fuzz_within(appraisal->label, input);
        fuzz_within(appraisal->nonce, input);
        fuzz_within(appraisal->ueid, input);
        fuzz_within(appraisal->policy_id, input);
        fuzz_within(appraisal->aik_pub_hash, input);
        fuzz_within(appraisal->refusal.check, input);
        fuzz_within(appraisal->refusal.claim, input);
        fuzz_within(appraisal->refusal.name, input);
        fuzz_within(appraisal->refusal.expected, input);
        fuzz_within(appraisal->refusal.found, input);
    }
}

static vouch_bytes encode(CBB *cbb, const struct vouch_ear *ear)
{
    FUZZ_CHECK(CBB_init(cbb, 64));
    FUZZ_CHECK(vouch_ear_encode(cbb, ear));
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

static void check(vouch_bytes input, const struct vouch_ear_profile *profile)
{
    vouch_bytes first, second;
    const char *wrong = NULL;
    struct vouch_ear ear, again;
    vouch_err err = vouch_ear_decode(input, profile, &ear, &wrong);
    CBB one, two;

    FUZZ_CHECK(err != VOUCH_E_CLAIM_TYPE || wrong != NULL);
    if (err != VOUCH_OK) {
        return;
    }
    check_spans(&ear, input);
    first = encode(&one, &ear);
    FUZZ_CHECK(vouch_ear_decode(first, profile, &again, NULL) == VOUCH_OK);
    FUZZ_CHECK(vouch_ear_missing(&again) == vouch_ear_missing(&ear));
    second = encode(&two, &again);
    FUZZ_CHECK(vouch_bytes_equal(first, second));
    CBB_cleanup(&one);
    CBB_cleanup(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < VOUCH_EAR_PROFILES; i++) {
        check((vouch_bytes){data, size}, &vouch_ear_profiles[i]);
    }
    return 0;
}
