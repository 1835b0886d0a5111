/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_CMW_H
#define VOUCH_CMW_H

#include <vouch/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Conceptual Message Wrapper (RFC 9999): records, tags and collections in CBOR,
 * read and written; records and collections in JSON, read.
 *
 * A CMW protects nothing by itself (RFC 9999, 6.1): whatever is to be believed
 * has a signature inside a value, and what stands in one collection is to be
 * bound together by those signatures. [C13] [C14]
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
    VOUCH_CMW_TAG,
    VOUCH_CMW_COLLECTION,
} vouch_cmw_kind;

/** vouch_cmw is one CMW, taken apart. Spans borrow from its encoding. */
typedef struct vouch_cmw {
    vouch_cmw_kind kind;

    /* Of a record and a tag. */
    vouch_bytes media_type;  /**< text; empty when the type is a number */
    uint16_t content_format; /**< CoAP Content-Format if media_type is empty */
    vouch_bytes value;       /**< the conceptual message */
    uint32_t indicator;      /**< VOUCH_CMW_*, 0 when absent */

    /* Of a collection. */
    vouch_bytes collection_type; /**< `__cmwc_t`: a URI or an OID, or empty */
    vouch_bytes members;         /**< for vouch_cmw_next */
    size_t num_members;          /**< one at least */
} vouch_cmw;

/** vouch_cmw_member is one CMW of a collection and what it is called there. */
typedef struct vouch_cmw_member {
    vouch_bytes label; /**< UTF-8; empty when the label is a number */
    int64_t number;    /**< the label if `label` is empty */
    vouch_bytes cmw;   /**< in CBOR, for vouch_cmw_parse */
} vouch_cmw_member;

/**
 * vouch_cmw_parse takes the CMW in `cbor` apart, which must hold it and
 * nothing else. `*out` borrows from `cbor`. Of a collection, everything within
 * is looked at, so that all its members can be parsed, too. It returns
 *   VOUCH_E_CMW: not a CMW;
 *   VOUCH_E_CMW_SIGNED: a signed one, which vouch never uses, or a collection
 *       that has one: the authenticator signs already (proto/README.md);
 *   VOUCH_E_CBOR: CBOR that is malformed, or a label twice;
 *   VOUCH_E_TOO_LARGE: longer than VOUCH_LIMIT_CMW;
 *   VOUCH_E_TOO_MANY: beyond VOUCH_LIMIT_CMW_DEPTH, VOUCH_LIMIT_CMW_MEMBERS or
 *       the limits of CBOR.
 */
VOUCH_EXPORT vouch_err vouch_cmw_parse(vouch_bytes cbor,
                                       vouch_cmw *out) VOUCH_MUST_CHECK;

/**
 * vouch_cmw_next takes the first member off `*members`, which at first is a
 * copy of a vouch_cmw's `members`. False when none is left. `*out` borrows from
 * the encoding of the collection.
 */
VOUCH_EXPORT bool vouch_cmw_next(vouch_bytes *members,
                                 vouch_cmw_member *out) VOUCH_MUST_CHECK;

/**
 * vouch_cmw_from_json writes the CMW in `json`, a record or a collection in
 * JSON and nothing else, in CBOR, for vouch_cmw_parse. JSON is read by jansson,
 * in memory of jansson's.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 *   VOUCH_E_CMW: not a CMW in JSON; values are in base64url, without padding
 *       and with no other spelling;
 *   VOUCH_E_DUPLICATE: a label twice;
 *   VOUCH_E_CMW_SIGNED: a JWS, which vouch never uses (proto/README.md);
 *   VOUCH_E_TOO_LARGE: longer than VOUCH_LIMIT_CMW;
 *   VOUCH_E_TOO_MANY: as vouch_cmw_parse;
 *   VOUCH_E_NOT_BUILT: the library was built without jansson;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_cmw_from_json(vouch_bytes json,
                                           vouch_buffer *out) VOUCH_MUST_CHECK;

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

/**
 * vouch_cmw_tag wraps `value` as a tag, which says of its type nothing but
 * `content_format`, a CoAP Content-Format (RFC 9277, appendix B).
 *
 * On success `*out` is owned: vouch_buffer_free. It returns VOUCH_E_ARGUMENT
 * when no tag stands for the number, which is so above 65,024;
 * VOUCH_E_TOO_LARGE beyond VOUCH_LIMIT_CMW; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_cmw_tag(uint16_t content_format, vouch_bytes value,
                                     vouch_buffer *out) VOUCH_MUST_CHECK;

/**
 * vouch_cmw_collection wraps the `num` members as a collection, in their order.
 * `type` is an absolute URI without address literals or an OID in dotted form,
 * and ends in NUL; NULL when there is none.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 *   VOUCH_E_ARGUMENT: no member, a label twice, one that is too long, no UTF-8
 *       or `__cmwc_t`, or a type that is none;
 *   what vouch_cmw_parse returns for a member that is no CMW;
 *   VOUCH_E_TOO_LARGE and VOUCH_E_TOO_MANY for the whole, as vouch_cmw_parse;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_cmw_collection(const char *type,
                                            const vouch_cmw_member *members,
                                            size_t num,
                                            vouch_buffer *out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
