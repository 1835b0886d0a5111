/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_PEM_H
#define VOUCH_EVIDENCE_PEM_H

/* Text of one block (RFC 7468). Buffers are for vouch_buffer_free. */

#include <vouch/base.h>

#define VOUCH_PEM_KEY "PUBLIC KEY"          /* RFC 7468, 13 */
#define VOUCH_PEM_CERTIFICATE "CERTIFICATE" /* RFC 7468, 5 */

/* vouch_pem_read takes the octets out of `text`, which must be one block of
 * `label` and nothing else, or VOUCH_E_ARGUMENT. */
vouch_err vouch_pem_read(vouch_bytes text, const char *label,
                         vouch_buffer *out) VOUCH_MUST_CHECK;

/* vouch_pem_write makes such text. */
vouch_err vouch_pem_write(const char *label, vouch_bytes octets,
                          vouch_buffer *out) VOUCH_MUST_CHECK;

#endif
