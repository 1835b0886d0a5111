/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_FAKE_CHANNEL_H
#define VOUCH_TESTS_FAKE_CHANNEL_H

/* Connections without TLS. Two channels over equal exporters are the two ends
 * of one connection. */

#include <vouch/channel.h>

struct fake_value {
    const char *label;
    vouch_bytes value; /* the exporter is asked for no more than this */
};

/* What an exporter answers: what the table has for a label, whatever the
 * context; for other labels the start of HMAC-SHA512 of label, zero octet and
 * context under `secret`. */
struct fake_exporter {
    const char *secret;              /* differs from connection to connection */
    const struct fake_value *values; /* ends with a NULL label; or NULL */
    vouch_err fails;                 /* what it returns, if not VOUCH_OK */
};

/* fake_export is the vouch_exporter; `arg` is a struct fake_exporter. */
vouch_err fake_export(void *arg, const char *label, vouch_bytes context,
                      uint8_t *out, size_t len);

/* fake_channel makes a channel, which borrows `exporter`. */
vouch_channel *fake_channel(vouch_role role, vouch_hash hash,
                            struct fake_exporter *exporter);

#endif
