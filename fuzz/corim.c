/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <vouch/corim.h>
#include <vouch/limits.h>

#include "fuzz/identity.h"
#include "proto/corim.h"

/*
 * CoRIMs, and the headers of signed ones. What is read is written, is read
 * again as the same policies, and is written as the same octets; what is not
 * says why.
 */

static const vouch_bytes no_signer = {NULL, 0};
static const vouch_now now = {0, FUZZ_UNIX_TIME};

static void check_same(const vouch_corim *a, const vouch_corim *b)
{
    size_t i = 0;

    for (; vouch_corim_nth(a, i) != NULL; i++) {
        uint8_t one[32], other[32];

        FUZZ_CHECK(vouch_corim_nth(b, i) != NULL);
        FUZZ_CHECK(vouch_policy_digest(vouch_corim_nth(a, i), one) == VOUCH_OK);
        FUZZ_CHECK(vouch_policy_digest(vouch_corim_nth(b, i), other) ==
                   VOUCH_OK);
        FUZZ_CHECK(memcmp(one, other, sizeof one) == 0);
    }
    FUZZ_CHECK(i != 0 && i <= VOUCH_LIMIT_FORMATS);
    FUZZ_CHECK(vouch_corim_nth(b, i) == NULL);
    FUZZ_CHECK(vouch_corim_not_after(a) == vouch_corim_not_after(b));
}

/* What was read can be too long, or in too many pieces, to be written: then
 * much was said together in it. */
static void check_writing(const vouch_corim *corim)
{
    vouch_buffer first, second;
    vouch_corim *again;
    vouch_err err = vouch_corim_write(corim, NULL, NULL, &first);

    if (err == VOUCH_E_TOO_LARGE || err == VOUCH_E_TOO_MANY) {
        return;
    }
    FUZZ_CHECK(err == VOUCH_OK);
    FUZZ_CHECK(vouch_corim_read((vouch_bytes){first.data, first.len}, no_signer,
                                now, &again, NULL) == VOUCH_OK);
    check_same(corim, again);
    FUZZ_CHECK(vouch_corim_write(again, NULL, NULL, &second) == VOUCH_OK);
    FUZZ_CHECK(first.len == second.len &&
               memcmp(first.data, second.data, first.len) == 0);
    vouch_corim_free(again);
    vouch_buffer_free(&first);
    vouch_buffer_free(&second);
}

static void check_header(vouch_bytes header)
{
    struct vouch_corim_validity validity;
    struct vouch_corim_fault fault = {.where = NULL};
    vouch_err err = vouch_corim_header_decode(header, &validity, &fault);

    FUZZ_CHECK((err == VOUCH_OK) == (fault.where == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const vouch_bytes octets = {data, size};
    vouch_corim_why why = {""};
    vouch_corim *corim;
    vouch_err err = vouch_corim_read(octets, no_signer, now, &corim, &why);

    FUZZ_CHECK((err == VOUCH_OK) == (why.text[0] == '\0'));
    if (err == VOUCH_OK) {
        check_writing(corim);
        vouch_corim_free(corim);
    }
    check_header(octets);
    return 0;
}
