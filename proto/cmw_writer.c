/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cmw_writer.h"

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/cbor_writer.h"
#include "proto/cmw_rules.h"
#include "proto/media_type.h"
#include "proto/memory.h"
#include "proto/writer.h"

vouch_err vouch_cmw_begin(struct vouch_cmw_writer *writer, size_t room)
{
    writer->octets = vouch_alloc(room);
    if (writer->octets == NULL ||
        !CBB_init_fixed(&writer->cbb, writer->octets, room)) {
        vouch_free(writer->octets);
        return VOUCH_E_NOMEM;
    }
    return VOUCH_OK;
}

vouch_err vouch_cmw_finish(struct vouch_cmw_writer *writer, vouch_err err,
                           vouch_buffer *out)
{
    size_t len = CBB_len(&writer->cbb);

    CBB_cleanup(&writer->cbb);
    if (err == VOUCH_OK && len > VOUCH_LIMIT_CMW) {
        err = VOUCH_E_TOO_LARGE;
    }
    if (err != VOUCH_OK) {
        vouch_free(writer->octets);
        return err;
    }
    *out = (vouch_buffer){writer->octets, len};
    return VOUCH_OK;
}

static vouch_err written(bool is_whole)
{
    return is_whole ? VOUCH_OK : VOUCH_E_NOMEM;
}

/* The longest head of an item. */
static const size_t head_max = 9;

static bool write_record(CBB *out, vouch_bytes media_type, vouch_bytes value,
                         uint32_t indicator)
{
    return vouch_cbor_write_array(out, 3) &&
           vouch_cbor_write_text(out, media_type) &&
           vouch_cbor_write_bytes(out, value) &&
           vouch_cbor_write_uint(out, indicator);
}

vouch_err vouch_cmw_record(const char *media_type, vouch_bytes value,
                           uint32_t indicator, vouch_buffer *out)
{
    vouch_bytes type = vouch_text(media_type);
    struct vouch_cmw_writer writer;
    vouch_err err;

    if (!vouch_is_media_type(type) || !vouch_is_indicator(indicator)) {
        return VOUCH_E_ARGUMENT;
    }
    if (value.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    err = vouch_cmw_begin(&writer, 4 * head_max + type.len + value.len);
    if (err != VOUCH_OK) {
        return err;
    }
    err = written(write_record(&writer.cbb, type, value, indicator));
    return vouch_cmw_finish(&writer, err, out);
}

vouch_err vouch_cmw_tag(uint16_t content_format, vouch_bytes value,
                        vouch_buffer *out)
{
    struct vouch_cmw_writer writer;
    uint64_t tag;
    vouch_err err;

    if (!vouch_tag_of_format(content_format, &tag)) {
        return VOUCH_E_ARGUMENT;
    }
    if (value.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    err = vouch_cmw_begin(&writer, 2 * head_max + value.len);
    if (err != VOUCH_OK) {
        return err;
    }
    /* RFC 9999, 3.2: a byte string behind the tag [C02] [C05] */
    err = written(vouch_cbor_write_tag(&writer.cbb, tag) &&
                  vouch_cbor_write_bytes(&writer.cbb, value));
    return vouch_cmw_finish(&writer, err, out);
}

/* Collections */

/* Each must be a CMW by itself: two that are none could be one together. */
static vouch_err check_members(const vouch_cmw_member *members, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        vouch_cmw cmw;
        vouch_err err = vouch_cmw_parse(members[i].cmw, &cmw);

        if (err != VOUCH_OK) {
            return err;
        }
        if (members[i].label.len > VOUCH_LIMIT_CMW_LABEL) {
            return VOUCH_E_ARGUMENT;
        }
    }
    return VOUCH_OK;
}

static size_t room_for(vouch_bytes type, const vouch_cmw_member *members,
                       size_t num)
{
    size_t room = 3 * head_max + sizeof VOUCH_CMW_TYPE_LABEL + type.len;

    for (size_t i = 0; i < num; i++) {
        room += head_max + members[i].label.len + members[i].cmw.len;
    }
    return room;
}

static bool write_member(CBB *out, const vouch_cmw_member *member)
{
    bool is_written = member->label.len != 0
                          ? vouch_cbor_write_text(out, member->label)
                          : vouch_cbor_write_int(out, member->number);

    return is_written && vouch_write_octets(out, member->cmw);
}

static bool write_collection(CBB *out, vouch_bytes type,
                             const vouch_cmw_member *members, size_t num)
{
    bool has_type = type.len != 0;
    bool is_written = vouch_cbor_write_map(out, num + has_type);

    if (has_type) {
        is_written =
            is_written &&
            vouch_cbor_write_text(out, vouch_text(VOUCH_CMW_TYPE_LABEL)) &&
            vouch_cbor_write_text(out, type);
    }
    for (size_t i = 0; i < num; i++) {
        is_written = is_written && write_member(out, &members[i]);
    }
    return is_written;
}

/* What the whole must be beyond its parts: it must be read again. RFC 9999,
 * 3.3: one CMW at least, labels once each [C06], and no CMW where the type
 * stands [C07] */
static vouch_err check_whole(const struct vouch_cmw_writer *writer)
{
    vouch_cmw cmw;
    vouch_err err = vouch_cmw_parse(
        (vouch_bytes){CBB_data(&writer->cbb), CBB_len(&writer->cbb)}, &cmw);

    return vouch_err_band_of(err) == VOUCH_BAND_PEER ? VOUCH_E_ARGUMENT : err;
}

vouch_err vouch_cmw_collection(const char *type,
                               const vouch_cmw_member *members, size_t num,
                               vouch_buffer *out)
{
    vouch_bytes type_text = vouch_text(type != NULL ? type : "");
    struct vouch_cmw_writer writer;
    vouch_err err;

    if (type != NULL && !vouch_is_collection_type(type_text)) {
        return VOUCH_E_ARGUMENT;
    }
    if (num > VOUCH_LIMIT_CMW_MEMBERS) {
        return VOUCH_E_TOO_MANY;
    }
    err = check_members(members, num);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_cmw_begin(&writer, room_for(type_text, members, num));
    if (err != VOUCH_OK) {
        return err;
    }
    err = written(write_collection(&writer.cbb, type_text, members, num));
    if (err == VOUCH_OK) {
        err = check_whole(&writer);
    }
    return vouch_cmw_finish(&writer, err, out);
}
