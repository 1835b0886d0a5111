/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/memory.h"

static bool has_nul(vouch_bytes text)
{
    return memchr(text.data, 0, text.len) != NULL;
}

/* Wrapping what was unwrapped and unwrapping that gives the same record. */
static void wrap_again(const vouch_cmw *cmw)
{
    char type[VOUCH_LIMIT_MEDIA_TYPE + 1] = {0};
    vouch_buffer wrapped;
    vouch_cmw again;

    memcpy(type, cmw->media_type.data, cmw->media_type.len);
    FUZZ_CHECK(vouch_cmw_record(type, cmw->value, cmw->indicator, &wrapped) ==
               VOUCH_OK);
    FUZZ_CHECK(vouch_cmw_parse((vouch_bytes){wrapped.data, wrapped.len},
                               &again) == VOUCH_OK);
    FUZZ_CHECK(vouch_bytes_equal(again.media_type, cmw->media_type));
    FUZZ_CHECK(vouch_bytes_equal(again.value, cmw->value));
    FUZZ_CHECK(again.indicator == cmw->indicator);
    vouch_buffer_free(&wrapped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes input = {data, size};
    vouch_cmw cmw;

    if (vouch_cmw_parse(input, &cmw) != VOUCH_OK) {
        return 0;
    }
    fuzz_within(cmw.media_type, input);
    fuzz_within(cmw.value, input);
    FUZZ_CHECK(cmw.indicator < 32);
    FUZZ_CHECK(cmw.media_type.len <= VOUCH_LIMIT_MEDIA_TYPE);
    if (cmw.media_type.len != 0 && !has_nul(cmw.media_type) &&
        cmw.indicator != 0 && size <= VOUCH_LIMIT_CMW) {
        wrap_again(&cmw);
    }
    return 0;
}
