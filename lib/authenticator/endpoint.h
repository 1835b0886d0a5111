/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_ENDPOINT_H
#define VOUCH_AUTHENTICATOR_ENDPOINT_H

#include <vouch/authenticator.h>

#include "proto/context.h"
#include "proto/handshake.h"

/* What the session needs of an endpoint beside its public calls. */

/* vouch_credential_ref takes one more reference. */
vouch_credential *vouch_credential_ref(vouch_credential *credential);

/* vouch_credential_spki returns the AIK's SubjectPublicKeyInfo, borrowed. */
vouch_bytes vouch_credential_spki(const vouch_credential *credential);

vouch_trust *vouch_trust_ref(vouch_trust *trust);

/* vouch_endpoint_channel returns the channel that the endpoint was made on. */
vouch_channel *vouch_endpoint_channel(const vouch_endpoint *endpoint);

/* vouch_endpoint_request_bound is vouch_endpoint_request with an operation
 * digest (32 octets or empty) and a verifier nonce (8 to 64 octets or empty)
 * in the context, and gives the context's id. */
vouch_err vouch_endpoint_request_bound(vouch_endpoint *endpoint,
                                       bool attestation,
                                       const char *server_name,
                                       vouch_bytes operation, vouch_bytes nonce,
                                       uint64_t *id,
                                       vouch_buffer *out) VOUCH_MUST_CHECK;

/* vouch_endpoint_receive registers the peer's `request`: its type must be that
 * of the peer's role, its context laid out as vouch does (unless foreign ones
 * are allowed), with the peer's role bit and a counter greater than the last.
 * It must be called once before authenticate_received or refuse_received; the
 * public calls do it themselves. Errors: those of vouch_request_parse,
 * REQUEST_TYPE, CONTEXT_REUSED, DECODE (layout). */
vouch_err vouch_endpoint_receive(vouch_endpoint *endpoint, vouch_bytes request,
                                 struct vouch_request *out) VOUCH_MUST_CHECK;

/* The second halves of vouch_endpoint_authenticate and _refuse, for a request
 * that vouch_endpoint_receive has taken. */
vouch_err vouch_endpoint_authenticate_received(
    vouch_endpoint *endpoint, vouch_bytes request,
    const vouch_credential *credential, vouch_bytes cmw,
    vouch_buffer *out) VOUCH_MUST_CHECK;
vouch_err vouch_endpoint_refuse_received(vouch_endpoint *endpoint,
                                         vouch_bytes request,
                                         vouch_buffer *out) VOUCH_MUST_CHECK;

/* vouch_binder computes Hash(spki || TLS-Exporter(label, context, 32)), where
 * the label is the channel's
 * (expat-04, 5.1), and vouch_aik_pub_hash computes Hash(spki) (expat-04, 5.2).
 * `spki` must be one DER SEQUENCE and nothing else, so that the two parts of
 * the hashed octets can not be cut in another place; else VOUCH_E_ARGUMENT. */
vouch_err vouch_binder(const vouch_channel *channel, vouch_bytes spki,
                       vouch_bytes context, vouch_digest *out) VOUCH_MUST_CHECK;
vouch_err vouch_aik_pub_hash(vouch_hash hash, vouch_bytes spki,
                             vouch_digest *out) VOUCH_MUST_CHECK;

#endif
