/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_UTF8_H
#define VOUCH_PROTO_UTF8_H

#include <vouch/base.h>

/* vouch_is_utf8 tells whether `text` is UTF-8 (RFC 3629). */
bool vouch_is_utf8(vouch_bytes text);

#endif
