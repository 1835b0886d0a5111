/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CMW_RULES_H
#define VOUCH_PROTO_CMW_RULES_H

/* What RFC 9999 asks of the parts of a CMW, for those who read and those who
 * write it. */

#include <vouch/base.h>

/* The label of what is no member: the type of the collection. */
#define VOUCH_CMW_TYPE_LABEL "__cmwc_t"

bool vouch_is_indicator(uint64_t indicator);

/* vouch_is_collection_type tells whether `text` is an absolute URI or an OID,
 * and not too long. */
bool vouch_is_collection_type(vouch_bytes text);

/* vouch_tag_of_format gives the tag that stands for a Content-Format, and
 * vouch_format_of_tag the reverse; false where there is none. */
bool vouch_tag_of_format(uint16_t format, uint64_t *tag) VOUCH_MUST_CHECK;
bool vouch_format_of_tag(uint64_t tag, uint16_t *format) VOUCH_MUST_CHECK;

#endif
