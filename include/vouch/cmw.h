/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_CMW_H
#define VOUCH_CMW_H

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Conceptual Message Wrapper (RFC 9999) in CBOR: the record.
 */

/** Bits of a record's indicator (RFC 9999, `cm-type`). */
#define VOUCH_CMW_REFERENCE_VALUES 0x01u
#define VOUCH_CMW_ENDORSEMENTS 0x02u
#define VOUCH_CMW_EVIDENCE 0x04u
#define VOUCH_CMW_ATTESTATION_RESULTS 0x08u
#define VOUCH_CMW_APPRAISAL_POLICY 0x10u

/** vouch_cmw_kind is how a CMW is wrapped. */
typedef enum vouch_cmw_kind {
    VOUCH_CMW_RECORD,
} vouch_cmw_kind;

/** vouch_cmw is one CMW, taken apart. Spans borrow from its encoding. */
typedef struct vouch_cmw {
    vouch_cmw_kind kind;
    vouch_bytes media_type;  /**< text; empty when the type is a number */
    uint16_t content_format; /**< CoAP Content-Format if media_type is empty */
    vouch_bytes value;       /**< the conceptual message */
    uint32_t indicator;      /**< VOUCH_CMW_*, 0 when absent */
} vouch_cmw;

/**
 * vouch_cmw_parse takes the CMW in `cbor` apart, which must hold it and
 * nothing else. `*out` borrows from `cbor`. It returns
 *   VOUCH_E_CMW: not a CMW, or of a kind that is not read here;
 *   VOUCH_E_CMW_SIGNED: a signed one, which vouch never uses: the
 *       authenticator signs already (proto/README.md);
 *   VOUCH_E_CBOR, VOUCH_E_TOO_MANY: CBOR that is malformed or too deep.
 */
VOUCH_EXPORT vouch_err vouch_cmw_parse(vouch_bytes cbor,
                                       vouch_cmw *out) VOUCH_MUST_CHECK;

/**
 * vouch_cmw_record wraps `value` as a record `[media_type, value, indicator]`.
 * `media_type` ends in NUL.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 * VOUCH_E_ARGUMENT when the media type is empty or too long or the indicator
 * is 0 or has unregistered bits; VOUCH_E_TOO_LARGE beyond VOUCH_LIMIT_CMW;
 * VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_cmw_record(const char *media_type,
                                        vouch_bytes value, uint32_t indicator,
                                        vouch_buffer *out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
