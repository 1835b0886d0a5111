/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_ENDPOINT_INTERNAL_H
#define VOUCH_AUTHENTICATOR_ENDPOINT_INTERNAL_H

#include "lib/authenticator/endpoint.h"
#include "lib/authenticator/registry.h"

struct vouch_endpoint {
    vouch_channel *channel;
    vouch_role role;
    vouch_role peer;
    struct vouch_registry registry;
};

/* vouch_authenticator_create makes the authenticator (RFC 9261, 5), and
 * vouch_authenticator_create_empty the empty one (RFC 9261, 6). Neither looks
 * at the registry. */
vouch_err vouch_authenticator_create(const vouch_endpoint *endpoint,
                                     vouch_bytes octets,
                                     const struct vouch_request *request,
                                     const vouch_credential *credential,
                                     vouch_bytes cmw,
                                     vouch_buffer *out) VOUCH_MUST_CHECK;
vouch_err vouch_authenticator_create_empty(const vouch_endpoint *endpoint,
                                           vouch_bytes octets,
                                           const struct vouch_request *request,
                                           vouch_buffer *out) VOUCH_MUST_CHECK;

/* vouch_authenticator_verify verifies one; it does not look at the registry
 * either. `octets` are those of `request`. */
vouch_err vouch_authenticator_verify(const vouch_endpoint *endpoint,
                                     vouch_bytes octets,
                                     const struct vouch_request *request,
                                     vouch_bytes authenticator,
                                     const vouch_trust *trust, int64_t now,
                                     vouch_identity *out) VOUCH_MUST_CHECK;

#endif
