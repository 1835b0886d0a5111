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

/* `text` and a NUL. */
static void copy_text(vouch_bytes text, char *out)
{
    if (text.len != 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
}

static void same(const vouch_cmw *a, const vouch_buffer *encoded)
{
    vouch_cmw b;

    FUZZ_CHECK(vouch_cmw_parse((vouch_bytes){encoded->data, encoded->len},
                               &b) == VOUCH_OK);
    FUZZ_CHECK(a->kind == b.kind);
    FUZZ_CHECK(vouch_bytes_equal(a->media_type, b.media_type));
    FUZZ_CHECK(a->content_format == b.content_format);
    FUZZ_CHECK(vouch_bytes_equal(a->value, b.value));
    FUZZ_CHECK(a->indicator == b.indicator);
    FUZZ_CHECK(vouch_bytes_equal(a->collection_type, b.collection_type));
    FUZZ_CHECK(a->num_members == b.num_members);
}

/* Wrapping what was unwrapped and unwrapping that gives the same. */

static void record_again(const vouch_cmw *cmw)
{
    char type[VOUCH_LIMIT_MEDIA_TYPE + 1];
    vouch_buffer wrapped;

    if (cmw->media_type.len == 0 || has_nul(cmw->media_type) ||
        cmw->indicator == 0) {
        return; /* vouch writes no such record */
    }
    copy_text(cmw->media_type, type);
    FUZZ_CHECK(vouch_cmw_record(type, cmw->value, cmw->indicator, &wrapped) ==
               VOUCH_OK);
    same(cmw, &wrapped);
    vouch_buffer_free(&wrapped);
}

static void tag_again(const vouch_cmw *cmw)
{
    vouch_buffer wrapped;

    FUZZ_CHECK(vouch_cmw_tag(cmw->content_format, cmw->value, &wrapped) ==
               VOUCH_OK);
    same(cmw, &wrapped);
    vouch_buffer_free(&wrapped);
}

static void check_member(const vouch_cmw_member *member, vouch_bytes input)
{
    vouch_cmw cmw;

    fuzz_within(member->label, input);
    fuzz_within(member->cmw, input);
    FUZZ_CHECK(member->label.len <= VOUCH_LIMIT_CMW_LABEL);
    FUZZ_CHECK(vouch_cmw_parse(member->cmw, &cmw) == VOUCH_OK);
}

static void collection_again(const vouch_cmw *cmw, vouch_bytes input)
{
    vouch_cmw_member members[VOUCH_LIMIT_CMW_MEMBERS], more;
    char type[VOUCH_LIMIT_CMW_LABEL + 1];
    vouch_bytes rest = cmw->members;
    vouch_buffer wrapped;

    FUZZ_CHECK(cmw->num_members != 0);
    FUZZ_CHECK(cmw->num_members <= VOUCH_LIMIT_CMW_MEMBERS);
    for (size_t i = 0; i < cmw->num_members; i++) {
        FUZZ_CHECK(vouch_cmw_next(&rest, &members[i]));
        check_member(&members[i], input);
    }
    FUZZ_CHECK(!vouch_cmw_next(&rest, &more));
    copy_text(cmw->collection_type, type);
    FUZZ_CHECK(vouch_cmw_collection(cmw->collection_type.len != 0 ? type : NULL,
                                    members, cmw->num_members,
                                    &wrapped) == VOUCH_OK);
    FUZZ_CHECK(wrapped.len == input.len);
    same(cmw, &wrapped);
    vouch_buffer_free(&wrapped);
}

/* The iterator may be given anything. */
static void iterate(vouch_bytes input)
{
    vouch_cmw_member member;

    for (vouch_bytes rest = input; vouch_cmw_next(&rest, &member);) {
        fuzz_within(rest, input);
        fuzz_within(member.cmw, input);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes input = {data, size};
    vouch_cmw cmw;

    iterate(input);
    if (vouch_cmw_parse(input, &cmw) != VOUCH_OK) {
        return 0;
    }
    fuzz_within(cmw.media_type, input);
    fuzz_within(cmw.value, input);
    fuzz_within(cmw.collection_type, input);
    fuzz_within(cmw.members, input);
    FUZZ_CHECK(cmw.indicator < 32);
    FUZZ_CHECK(cmw.media_type.len <= VOUCH_LIMIT_MEDIA_TYPE);
    FUZZ_CHECK(size <= VOUCH_LIMIT_CMW);
    if (cmw.kind == VOUCH_CMW_RECORD) {
        record_again(&cmw);
    } else if (cmw.kind == VOUCH_CMW_TAG) {
        tag_again(&cmw);
    } else {
        collection_again(&cmw, input);
    }
    return 0;
}
