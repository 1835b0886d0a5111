/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CMW_WRITER_H
#define VOUCH_PROTO_CMW_WRITER_H

/* A CMW that is being written, into a block of the library's own. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

struct vouch_cmw_writer {
    CBB cbb;
    uint8_t *octets;
};

/* vouch_cmw_begin makes room for `room` octets; vouch_cmw_finish follows. */
vouch_err vouch_cmw_begin(struct vouch_cmw_writer *writer,
                          size_t room) VOUCH_MUST_CHECK;

/* vouch_cmw_finish gives away what was written, which is to be no longer than
 * VOUCH_LIMIT_CMW; unless `err`, which it then returns. */
vouch_err vouch_cmw_finish(struct vouch_cmw_writer *writer, vouch_err err,
                           vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
