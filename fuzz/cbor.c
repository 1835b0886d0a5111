/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/reader.h"

/*
 * The cursor. What passes the check is walked head by head and written again:
 * preferred serialization leaves one encoding, so that the octets must come out
 * the same. What passes as deterministic is in preferred serialization too,
 * unless it has more pairs than may stand in no order.
 */

static bool write_string(CBB *out, const struct vouch_cbor_head *head,
                         vouch_bytes input)
{
    fuzz_within(head->string, input);
    FUZZ_CHECK(head->string.len == head->value);
    return head->type == VOUCH_CBOR_BYTES
               ? vouch_cbor_write_bytes(out, head->string)
               : vouch_cbor_write_text(out, head->string);
}

static bool write_negative(CBB *out, uint64_t value)
{
    /* The writers stop where an int64_t does. */
    return value <= INT64_MAX
               ? vouch_cbor_write_int(out, -1 - (int64_t)value)
               : CBB_add_u8(out, 0x3b) && CBB_add_u64(out, value);
}

/* Writes the head at the front of `in` again, and says how many items follow
 * within it. */
static uint64_t copy_head(CBS *in, vouch_bytes input, CBB *out)
{
    const uint8_t *start = CBS_data(in);
    struct vouch_cbor_head head;
    enum vouch_cbor_type next;
    bool ok = false;

    FUZZ_CHECK(vouch_cbor_peek(in, &next));
    FUZZ_CHECK(vouch_cbor_read_head(in, &head));
    FUZZ_CHECK(head.type == next);
    switch (head.type) {
    case VOUCH_CBOR_UINT:
        ok = vouch_cbor_write_uint(out, head.value);
        break;
    case VOUCH_CBOR_NINT:
        ok = write_negative(out, head.value);
        break;
    case VOUCH_CBOR_BYTES:
    case VOUCH_CBOR_TEXT:
        ok = write_string(out, &head, input);
        break;
    case VOUCH_CBOR_ARRAY:
        FUZZ_CHECK(vouch_cbor_write_array(out, (size_t)head.value));
        return head.value;
    case VOUCH_CBOR_MAP:
        FUZZ_CHECK(vouch_cbor_write_map(out, (size_t)head.value));
        return 2 * head.value;
    case VOUCH_CBOR_TAG:
        FUZZ_CHECK(vouch_cbor_write_tag(out, head.value));
        return 1;
    case VOUCH_CBOR_BOOL:
    case VOUCH_CBOR_SIMPLE:
    case VOUCH_CBOR_FLOAT:
        ok = CBB_add_bytes(out, start, (size_t)(CBS_data(in) - start));
        break;
    }
    FUZZ_CHECK(ok);
    return 0;
}

static void walk(vouch_bytes input)
{
    CBS in = vouch_reader(input);
    uint64_t due = 1;
    size_t items = 0;
    CBB out;

    FUZZ_CHECK(CBB_init(&out, input.len));
    for (; due != 0; due--) {
        due += copy_head(&in, input, &out);
        FUZZ_CHECK(++items <= VOUCH_LIMIT_CBOR_ITEMS);
    }
    FUZZ_CHECK(vouch_read_end(&in));
    FUZZ_CHECK(
        vouch_bytes_equal((vouch_bytes){CBB_data(&out), CBB_len(&out)}, input));
    CBB_cleanup(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_bytes input = {data, size}, item = {NULL, 0};
    vouch_err definite = vouch_cbor_check(input, VOUCH_CBOR_DEFINITE);
    vouch_err preferred = vouch_cbor_check(input, VOUCH_CBOR_PREFERRED);
    vouch_err deterministic = vouch_cbor_check(input, VOUCH_CBOR_DETERMINISTIC);
    CBS in = vouch_reader(input);
    bool is_item = vouch_cbor_read_item(&in, &item);

    fuzz_within(item, input);
    if (preferred == VOUCH_OK) { /* but for keys of any kind */
        FUZZ_CHECK(definite == VOUCH_OK || definite == VOUCH_E_CBOR);
    }
    if (deterministic == VOUCH_OK) {
        FUZZ_CHECK(preferred == VOUCH_OK || preferred == VOUCH_E_TOO_MANY);
    }
    if (deterministic == VOUCH_OK || preferred == VOUCH_OK ||
        definite == VOUCH_OK) {
        FUZZ_CHECK(is_item && vouch_bytes_equal(item, input));
    }
    if (deterministic == VOUCH_OK || preferred == VOUCH_OK) {
        walk(input);
    }
    return 0;
}
