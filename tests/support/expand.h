/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_EXPAND_H
#define VOUCH_TESTS_EXPAND_H

/* An exporter written from RFC 8446 that shares nothing with the library. */

#include <vouch/base.h>

/* expand_exporter computes TLS-Exporter(label, context, len) of RFC 8446, 7.5
 * from exporter_master_secret, whose length says which hash it is. */
void expand_exporter(vouch_bytes exporter_secret, const char *label,
                     vouch_bytes context, uint8_t *out, size_t len);

#endif
