/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/cmw.h>

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/media_type.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum {
    REGISTERED_BITS = 0x1f, /* RFC 9999, 3.1 */
    TAG_COSE_SIGN1 = 18,
};

static bool read_type(CBS *in, vouch_cmw *out)
{
    enum vouch_cbor_type type;
    uint64_t number;

    if (vouch_cbor_peek(in, &type) && type == VOUCH_CBOR_TEXT) {
        return vouch_cbor_read_text(in, &out->media_type) &&
               vouch_is_media_type(out->media_type);
    }
    if (!vouch_cbor_read_uint(in, &number) || number > UINT16_MAX) {
        return false;
    }
    out->content_format = (uint16_t)number;
    return true;
}

static bool is_indicator(uint64_t indicator)
{
    /* RFC 9999, 3.1: not zero, and nothing but registered bits [C03] */
    return indicator != 0 && (indicator & ~(uint64_t)REGISTERED_BITS) == 0;
}

static bool read_indicator(CBS *in, vouch_cmw *out)
{
    uint64_t indicator;

    if (!vouch_cbor_read_uint(in, &indicator) || !is_indicator(indicator)) {
        return false;
    }
    out->indicator = (uint32_t)indicator;
    return true;
}

/* cbor-record = [ type, value: bytes, ? ind ] */
static bool read_record(CBS *in, vouch_cmw *out)
{
    uint64_t items;

    return vouch_cbor_read_array(in, &items) && (items == 2 || items == 3) &&
           read_type(in, out) &&
           /* RFC 9999, 3.1: in CBOR a byte string [C02] */
           vouch_cbor_read_bytes(in, &out->value) &&
           (items == 2 || read_indicator(in, out));
}

static bool is_signed(CBS in)
{
    uint64_t tag;

    return vouch_cbor_read_tag(&in, &tag) && tag == TAG_COSE_SIGN1;
}

vouch_err vouch_cmw_parse(vouch_bytes cbor, vouch_cmw *out)
{
    vouch_cmw cmw = {.kind = VOUCH_CMW_RECORD};
    CBS in = vouch_reader(cbor);
    vouch_err err = vouch_cbor_check(cbor, VOUCH_CBOR_PREFERRED);

    if (err != VOUCH_OK) {
        return err;
    }
    if (is_signed(in)) {
        return VOUCH_E_CMW_SIGNED;
    }
    if (!read_record(&in, &cmw)) {
        return VOUCH_E_CMW;
    }
    *out = cmw;
    return VOUCH_OK;
}

static bool write_record(CBB *out, vouch_bytes media_type, vouch_bytes value,
                         uint32_t indicator)
{
    return vouch_cbor_write_array(out, 3) &&
           vouch_cbor_write_text(out, media_type) &&
           vouch_cbor_write_bytes(out, value) &&
           vouch_cbor_write_uint(out, indicator);
}

/* What stands around the value: three heads of nine octets at most, the array's
 * of one. */
enum { RECORD_OVERHEAD = 1 + 3 * 9 };

vouch_err vouch_cmw_record(const char *media_type, vouch_bytes value,
                           uint32_t indicator, vouch_buffer *out)
{
    vouch_bytes type = vouch_text(media_type);
    size_t room = RECORD_OVERHEAD + type.len + value.len;
    uint8_t *octets;
    CBB cbb;

    if (!vouch_is_media_type(type) || !is_indicator(indicator)) {
        return VOUCH_E_ARGUMENT;
    }
    if (value.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    octets = vouch_alloc(room);
    if (octets == NULL || !CBB_init_fixed(&cbb, octets, room)) {
        vouch_free(octets);
        return VOUCH_E_NOMEM;
    }
    if (!write_record(&cbb, type, value, indicator)) {
        CBB_cleanup(&cbb);
        vouch_free(octets);
        return VOUCH_E_NOMEM;
    }
    room = CBB_len(&cbb);
    CBB_cleanup(&cbb);
    if (room > VOUCH_LIMIT_CMW) {
        vouch_free(octets);
        return VOUCH_E_TOO_LARGE;
    }
    *out = (vouch_buffer){octets, room};
    return VOUCH_OK;
}
