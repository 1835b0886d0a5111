/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_H
#define VOUCH_AUTHENTICATOR_H

#include <vouch/channel.h>
#include <vouch/key.h>
#include <vouch/scheme.h>
#include <vouch/trust.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * RFC 9261 Exported Authenticators with the cmw_attestation extension
 * (draft-fossati-seat-expat-04), usable without a session. What the extension
 * carries is opaque here.
 */

/** vouch_credential is an AIK: a private key and its certificate chain. */
typedef struct vouch_credential vouch_credential;

/**
 * vouch_credential_new makes a credential of `key`, which it takes a reference
 * to, and `pem`, the chain as PEM certificates, the AIK's first, each certified
 * by the next; a trust anchor at the end may be left out (RFC 8446, 4.4.2).
 *
 * On success `*out` is owned: vouch_credential_free. It returns
 *   VOUCH_E_DECODE: `pem` holds no certificate, or text that is none;
 *   VOUCH_E_KEY_MISMATCH: the first certificate is not for `key`;
 *   VOUCH_E_TOO_LARGE, VOUCH_E_TOO_MANY: see VOUCH_LIMIT_CHAIN;
 *   VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_credential_new(
    vouch_key *key, vouch_bytes pem, vouch_credential **out) VOUCH_MUST_CHECK;

/** vouch_credential_free drops one reference. */
VOUCH_EXPORT void vouch_credential_free(vouch_credential *credential);

/**
 * vouch_endpoint is this side of RFC 9261 on one channel. It remembers which
 * certificate_request_contexts were used, in both directions, for as long as
 * it lives (RFC 9261, 4 and 5.2).
 */
typedef struct vouch_endpoint vouch_endpoint;

/**
 * vouch_endpoint_new makes the endpoint of `channel`, which is borrowed and
 * must outlive it. A channel has one endpoint, ever.
 *
 * On success `*out` is owned: vouch_endpoint_free. It returns
 * VOUCH_E_CHANNEL_USED; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_endpoint_new(
    vouch_channel *channel, vouch_endpoint **out) VOUCH_MUST_CHECK;
VOUCH_EXPORT void vouch_endpoint_free(vouch_endpoint *endpoint);

/**
 * vouch_endpoint_allow_foreign_contexts lets peers use contexts that are not
 * laid out as proto/README.md says, and the application validate answers to
 * requests that it made itself. Up to `max` such contexts (1 to
 * VOUCH_LIMIT_FOREIGN_CONTEXTS), of both sides together, are remembered; once
 * these are used up, every further one is refused with VOUCH_E_TOO_MANY. Call
 * it before anything else. It returns VOUCH_E_ARGUMENT; VOUCH_E_STATE;
 * VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_endpoint_allow_foreign_contexts(
    vouch_endpoint *endpoint, size_t max) VOUCH_MUST_CHECK;

/**
 * vouch_endpoint_request makes an authenticator request (RFC 9261, 4): a
 * ClientCertificateRequest from a client, a CertificateRequest from a server,
 * with a fresh context, the four schemes and, if `attestation`, the empty
 * cmw_attestation. `server_name` (from a client; may be NULL) asks for the
 * identity of that name. When VOUCH_LIMIT_UNANSWERED requests have been made
 * since, an answer to this one comes too late.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 *   VOUCH_E_ARGUMENT: a server gave `server_name`, or it is no DNS name;
 *   VOUCH_E_CHANNEL_CHANGED: the connection underneath is another one now;
 *   VOUCH_E_TOO_MANY: this connection has no unused context left;
 *   VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_endpoint_request(
    vouch_endpoint *endpoint, bool attestation, const char *server_name,
    vouch_buffer *out) VOUCH_MUST_CHECK;

/**
 * vouch_get_context finds the certificate_request_context in an authenticator
 * request or authenticator (RFC 9261, 7.2). `*out` borrows from `message`. An
 * empty authenticator has none: VOUCH_E_DECLINED, and nothing of it has been
 * verified. Otherwise VOUCH_E_DECODE, VOUCH_E_DUPLICATE,
 * VOUCH_E_BAD_REQUEST, VOUCH_E_EXTENSION_PLACEMENT,
 * VOUCH_E_EXTENSION_FORMAT or VOUCH_E_TOO_LARGE when it is neither.
 */
VOUCH_EXPORT vouch_err vouch_get_context(vouch_bytes message,
                                         vouch_bytes *out) VOUCH_MUST_CHECK;

/** vouch_binding is what Evidence that answers a request must carry, signed by
 * a key that is not the AIK. */
typedef struct vouch_binding {
    vouch_digest binder;       /**< as its nonce (expat-04, 5.1) */
    vouch_digest aik_pub_hash; /**< Hash(spki) of the AIK (expat-04, 5.2) */
} vouch_binding;

/**
 * vouch_endpoint_binding computes what Evidence must carry that goes with
 * `credential` in answer to the peer's `request`, on this connection. Make the
 * Evidence for it, and hand that to vouch_endpoint_authenticate with the same
 * request and credential. Nothing is signed here and no context is spent.
 *
 * It returns VOUCH_OK, or, with nothing in `*out`, the errors of
 * vouch_endpoint_authenticate for a request that is not one or comes too late,
 * and
 *   VOUCH_E_UNSUPPORTED_EXTENSION: the peer did not ask for Evidence: answer
 *       without;
 *   VOUCH_E_CHANNEL_CHANGED; VOUCH_E_CRYPTO.
 */
VOUCH_EXPORT vouch_err vouch_endpoint_binding(
    const vouch_endpoint *endpoint, vouch_bytes request,
    const vouch_credential *credential, vouch_binding *out) VOUCH_MUST_CHECK;

/**
 * vouch_endpoint_authenticate answers the peer's `request` with an
 * authenticator (RFC 9261, 5 and 7.3) for `credential`, with `cmw` as
 * attestation when it is not empty. The context is spent when it succeeds, and
 * also by vouch_endpoint_refuse. Requests are answered in the order in which
 * they came: one that was passed over can no longer be.
 *
 * On success `*out` is owned: vouch_buffer_free. It returns
 *   VOUCH_E_DECODE, VOUCH_E_BAD_REQUEST, VOUCH_E_REQUEST_TYPE,
 *   VOUCH_E_DUPLICATE, VOUCH_E_ILLEGAL: the request is not one: do not answer;
 *   VOUCH_E_SIGNATURE_SCHEME: the peer offers no scheme of this key or of the
 *       signatures in its chain (RFC 9261, 5.2.1): refuse;
 *   VOUCH_E_CONTEXT_REUSED: the context was used before, or passed over;
 *   VOUCH_E_TOO_MANY: more foreign contexts than were allowed, or more
 *       extensions than VOUCH_LIMIT_EXTENSIONS;
 *   VOUCH_E_UNSUPPORTED_EXTENSION: `cmw` was not asked for;
 *   VOUCH_E_TOO_LARGE: `cmw` does not fit into entry 0 (at most 65,529 octets);
 *   VOUCH_E_CHANNEL_CHANGED; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err
vouch_endpoint_authenticate(vouch_endpoint *endpoint, vouch_bytes request,
                            const vouch_credential *credential, vouch_bytes cmw,
                            vouch_buffer *out) VOUCH_MUST_CHECK;

/**
 * vouch_endpoint_refuse answers the peer's `request` with the empty
 * authenticator (RFC 9261, 6). Errors are those of
 * vouch_endpoint_authenticate.
 */
VOUCH_EXPORT vouch_err
vouch_endpoint_refuse(vouch_endpoint *endpoint, vouch_bytes request,
                      vouch_buffer *out) VOUCH_MUST_CHECK;

/**
 * vouch_identity is what a valid authenticator proves. Spans borrow from the
 * authenticator that was validated.
 *
 * That it was just made is proved by the context, not by any time inside (RFC
 * 9261, 9): the caller notes when it asked and when the answer came.
 */
typedef struct vouch_identity {
    vouch_bytes context;       /**< certificate_request_context */
    vouch_bytes certificate;   /**< DER of the AIK's certificate */
    vouch_bytes spki;          /**< SubjectPublicKeyInfo within it */
    vouch_bytes cmw;           /**< cmw_data, empty when there is none */
    vouch_digest aik_pub_hash; /**< Hash(spki) (expat-04, 5.2) */
    vouch_digest binder;       /**< what evidence must carry (expat-04, 5.1),
                                    by the label of the channel */
    uint16_t scheme;           /**< scheme of CertificateVerify */
    bool revocation_checked;   /**< CRLs were there and were used */
    bool is_handshake_key;     /**< the peer used this key in the handshake */
    int64_t not_after;         /**< Unix time until which the chain is valid */
} vouch_identity;

/**
 * vouch_endpoint_validate verifies an authenticator that answers `request`,
 * exactly as it was sent (RFC 9261, 5 and 7.4), with the chain held against
 * `trust` at `now`.
 *
 * `request` is one that vouch_endpoint_request made, or, where foreign contexts
 * are allowed, any of the application's own making: it must be of this side's
 * type, and its context not spent. A context validates once, and a bad
 * authenticator spends it like a good one.
 *
 * The evidence is not looked at: `out->cmw` is authentic octets of the key's
 * owner, and as yet says nothing.
 *
 * It returns VOUCH_OK, or, with nothing in `*out`,
 *   VOUCH_E_DECODE: not Certificate, CertificateVerify, Finished and no more;
 *   VOUCH_E_CONTEXT_MISMATCH, VOUCH_E_CONTEXT_REUSED;
 *   VOUCH_E_UNSUPPORTED_EXTENSION: it was not offered; tell the peer, alert
 *       110 (expat-04, 3.1);
 *   VOUCH_E_EXTENSION_PLACEMENT, VOUCH_E_EXTENSION_FORMAT,
 *   VOUCH_E_DUPLICATE;
 *   VOUCH_E_SIGNATURE_SCHEME, VOUCH_E_SIGNATURE, VOUCH_E_FINISHED:
 *       somebody without the key or on another connection made it. A proxy
 *       that terminates TLS shows in this way;
 *   VOUCH_E_CERTIFICATE: chain, purpose, time, name or revocation;
 *   VOUCH_E_DECLINED: the empty authenticator: an authentic refusal, which
 *       proves no identity;
 *   VOUCH_E_TOO_LARGE, VOUCH_E_TOO_MANY: see VOUCH_LIMIT_CHAIN, and
 *       vouch_endpoint_allow_foreign_contexts;
 *   VOUCH_E_BAD_REQUEST, VOUCH_E_REQUEST_TYPE: `request` is not this
 *       endpoint's;
 *   VOUCH_E_CHANNEL_CHANGED; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err
vouch_endpoint_validate(vouch_endpoint *endpoint, vouch_bytes request,
                        vouch_bytes authenticator, const vouch_trust *trust,
                        vouch_now now, vouch_identity *out) VOUCH_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
