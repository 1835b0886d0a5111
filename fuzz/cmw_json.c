/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <vouch/cmw.h>
#include <vouch/limits.h>

/* What JSON can say: records with a media type and a value, and collections of
 * them with labels that are text. */
static size_t check_cmw(vouch_bytes octets, vouch_cmw *cmw)
{
    FUZZ_CHECK(vouch_cmw_parse(octets, cmw) == VOUCH_OK);
    FUZZ_CHECK(cmw->kind == VOUCH_CMW_RECORD ||
               cmw->kind == VOUCH_CMW_COLLECTION);
    if (cmw->kind == VOUCH_CMW_RECORD) {
        FUZZ_CHECK(cmw->media_type.len != 0);
        FUZZ_CHECK(cmw->value.len != 0);
    }
    return cmw->num_members;
}

/* Members that are collections wait for their turn. */
static void check_all(vouch_bytes octets)
{
    vouch_bytes waiting[1 + VOUCH_LIMIT_CMW_MEMBERS] = {octets};
    size_t num = 1;

    while (num != 0) {
        vouch_cmw cmw;
        vouch_cmw_member member;
        size_t due = check_cmw(waiting[--num], &cmw);

        for (vouch_bytes rest = cmw.members; vouch_cmw_next(&rest, &member);) {
            FUZZ_CHECK(due-- != 0);
            FUZZ_CHECK(member.label.len != 0);
            FUZZ_CHECK(num < sizeof waiting / sizeof waiting[0]);
            waiting[num++] = member.cmw;
        }
        FUZZ_CHECK(due == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_buffer cbor = {NULL, 7};

    if (vouch_cmw_from_json((vouch_bytes){data, size}, &cbor) != VOUCH_OK) {
        FUZZ_CHECK(cbor.data == NULL && cbor.len == 7);
        return 0;
    }
    FUZZ_CHECK(cbor.len <= size);
    check_all((vouch_bytes){cbor.data, cbor.len});
    vouch_buffer_free(&cbor);
    return 0;
}
