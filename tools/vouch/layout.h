/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_LAYOUT_H
#define VOUCH_TOOLS_LAYOUT_H

/*
 * Of a directory DIR:
 *
 *     DIR/self/aik.key          private key of the AIK
 *     DIR/self/aik.pem          its certificate
 *     DIR/self/attestation.key  private key that signs Evidence
 *     DIR/self/bundle.json      the public part, as it goes to peers
 *     DIR/peers/NAME/bundle.json
 *                               a bundle that is trusted, as it came
 *     DIR/peers/NAME/policy.corim
 *                               what that peer must meet: at first what its
 *                               bundle says, then what is made of it
 *
 * `self` and NAME come into being, and are replaced, as a whole.
 */
#define SELF "self"
#define SELF_AIK_KEY "aik.key"
#define SELF_AIK_CERTIFICATE "aik.pem"
#define SELF_ATTESTATION_KEY "attestation.key"
#define SELF_BUNDLE "bundle.json"
/* Where a new `self` is made, and where an old one is until it is gone. */
#define SELF_BESIDE ".self."

#define PEERS "peers"
#define PEER_BUNDLE "bundle.json"
#define PEER_POLICY "policy.corim"
/* Where a peer is made, and where an old one is until it is gone. */
#define PEER_BESIDE ".peer."

#endif
