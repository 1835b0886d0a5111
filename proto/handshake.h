/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_HANDSHAKE_H
#define VOUCH_PROTO_HANDSHAKE_H

/*
 * The handshake messages of RFC 9261 as octets. Parsed structures borrow from
 * what was parsed; encoders append to a CBB.
 */

#include <openssl/bytestring.h>

#include <vouch/base.h>

enum { /* HandshakeType (RFC 8446, 4; RFC 9261, 4) */
       VOUCH_HS_CERTIFICATE = 11,
       VOUCH_HS_CERTIFICATE_REQUEST = 13,
       VOUCH_HS_CERTIFICATE_VERIFY = 15,
       VOUCH_HS_CLIENT_CERTIFICATE_REQUEST = 17,
       VOUCH_HS_FINISHED = 20,
};

enum { /* ExtensionType (RFC 8446, 4.2) */
       VOUCH_EXT_SERVER_NAME = 0,
       VOUCH_EXT_STATUS_REQUEST = 5,
       VOUCH_EXT_SIGNATURE_ALGORITHMS = 13,
       VOUCH_EXT_CERTIFICATE_AUTHORITIES = 47,
       VOUCH_EXT_SIGNATURE_ALGORITHMS_CERT = 50,
       VOUCH_EXT_CMW_ATTESTATION = 0xff00, /* expat-04, 9: not assigned yet */
};

/* The request type that the side `role` sends (RFC 9261, 4). */
uint8_t vouch_request_type(vouch_role role);

/* vouch_request is an authenticator request (RFC 9261, 4). */
struct vouch_request {
    uint8_t type;
    vouch_bytes context;
    vouch_bytes extensions;           /* the whole block, for offers() */
    vouch_bytes signature_algorithms; /* pairs of octets, at least one pair */
    vouch_bytes server_name;          /* host_name, empty if absent */
    bool attestation;                 /* empty cmw_attestation is there */
};

/* vouch_request_parse reads exactly one request. Errors: DECODE, TOO_LARGE,
 * TOO_MANY, DUPLICATE, BAD_REQUEST (signature_algorithms absent or malformed,
 * signature_algorithms_cert malformed, cmw_attestation not empty, server_name
 * malformed or not from a client). Type 13 and 17 both pass. */
vouch_err vouch_request_parse(vouch_bytes message,
                              struct vouch_request *out) VOUCH_MUST_CHECK;

/* vouch_request_offers tells whether the request had extension `type`. */
bool vouch_request_offers(const struct vouch_request *request, uint16_t type);

/* vouch_request_offers_scheme tells whether signature_algorithms has it. */
bool vouch_request_offers_scheme(const struct vouch_request *request,
                                 uint16_t scheme);

/* vouch_request_offers_certificate_scheme tells whether certificates may be
 * signed with it: signature_algorithms_cert has it, or signature_algorithms
 * where that is absent (RFC 8446, 4.2.3). */
bool vouch_request_offers_certificate_scheme(
    const struct vouch_request *request, uint16_t scheme);

/* vouch_request_encode appends a request with the four schemes. `server_name`
 * may be empty. Errors: ARGUMENT (vouch_request_parse would refuse it), NOMEM
 * (no room in `out`). */
vouch_err vouch_request_encode(CBB *out, uint8_t type, vouch_bytes context,
                               bool attestation,
                               vouch_bytes server_name) VOUCH_MUST_CHECK;

/* vouch_authenticator_parts is an authenticator (RFC 9261, 5), cut but not
 * verified. The three messages are kept whole, header included, because the
 * transcript takes them as received. */
struct vouch_authenticator_parts {
    bool empty;                  /* RFC 9261, 6: Finished alone */
    vouch_bytes certificate_msg; /* Certificate, whole */
    vouch_bytes certificate_verify_msg;
    vouch_bytes context;          /* certificate_request_context */
    vouch_bytes certificate_list; /* for vouch_entry_next */
    vouch_bytes leaf;             /* DER of entry 0 */
    vouch_bytes cmw;              /* cmw_data of entry 0, or empty */
    uint16_t scheme;
    vouch_bytes signature;
    vouch_bytes verify_data; /* of Finished: 32 or 48 octets */
};

/* vouch_authenticator_parse cuts an authenticator: Certificate,
 * CertificateVerify, Finished, or Finished alone, and nothing else (RFC 9261,
 * 5 and 6). `request` says which extensions were offered; NULL: do not check
 * offers. Errors: DECODE, TOO_LARGE, TOO_MANY, DUPLICATE,
 * UNSUPPORTED_EXTENSION, EXTENSION_PLACEMENT, EXTENSION_FORMAT. */
vouch_err vouch_authenticator_parse(
    vouch_bytes message, const struct vouch_request *request,
    struct vouch_authenticator_parts *out) VOUCH_MUST_CHECK;

/* vouch_entry_next cuts the next certificate off `list` of a parsed
 * authenticator. False at the end. */
bool vouch_entry_next(vouch_bytes *list, vouch_bytes *certificate);

/* vouch_certificate_encode appends a Certificate of `chain`, with `cmw` in
 * entry 0 if it is not empty (expat-04, 3). num 0 gives the one of the empty
 * authenticator (RFC 9261, 6), which is hashed but never sent. Errors:
 * TOO_LARGE, TOO_MANY, ARGUMENT, and nothing is written; NOMEM (no room in
 * `out`, whose content is lost), also of the two below. */
vouch_err vouch_certificate_encode(CBB *out, vouch_bytes context,
                                   const vouch_bytes *chain, size_t num,
                                   vouch_bytes cmw) VOUCH_MUST_CHECK;

vouch_err vouch_certificate_verify_encode(
    CBB *out, uint16_t scheme, vouch_bytes signature) VOUCH_MUST_CHECK;

vouch_err vouch_finished_encode(CBB *out,
                                vouch_bytes verify_data) VOUCH_MUST_CHECK;

#endif
