/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_MEDIA_TYPE_H
#define VOUCH_PROTO_MEDIA_TYPE_H

#include <vouch/base.h>

/* vouch_is_media_type tells whether `text` could name a format: 1 to
 * VOUCH_LIMIT_MEDIA_TYPE printable characters of ASCII, compared exactly. What
 * stands in them (RFC 6838, 4.2) is for those who registered them. */
bool vouch_is_media_type(vouch_bytes text);

#endif
