/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_TRANSCRIPT_H
#define VOUCH_AUTHENTICATOR_TRANSCRIPT_H

#include <openssl/sha.h>

#include <vouch/channel.h>

/* What an authenticator signs and MACs: Handshake Context, request,
 * Certificate and CertificateVerify, hashed as they come (RFC 9261, 5). */
struct vouch_transcript {
    const vouch_channel *channel;
    vouch_role sender;
    union {
        SHA256_CTX sha256;
        SHA512_CTX sha384;
    } state;
};

/* The octets under CertificateVerify: 64 spaces, the context string, a
 * separator and a hash. */
#define VOUCH_SIGNED_CONTENT_MAX (64 + 22 + 1 + VOUCH_HASH_MAX)

/* vouch_transcript_start exports the Handshake Context of `sender` and hashes
 * it and the request. End with vouch_transcript_end, which wipes. */
vouch_err vouch_transcript_start(struct vouch_transcript *transcript,
                                 const vouch_channel *channel,
                                 vouch_role sender,
                                 vouch_bytes request) VOUCH_MUST_CHECK;
void vouch_transcript_add(struct vouch_transcript *transcript,
                          vouch_bytes message);

/* vouch_transcript_add_empty_certificate adds the Certificate without entries
 * that an empty authenticator stands for (RFC 9261, 6). */
vouch_err vouch_transcript_add_empty_certificate(
    struct vouch_transcript *transcript, vouch_bytes context) VOUCH_MUST_CHECK;

void vouch_transcript_end(struct vouch_transcript *transcript);

/* vouch_transcript_signed_content writes what CertificateVerify signs after
 * Certificate was added, and returns its length. */
size_t vouch_transcript_signed_content(
    const struct vouch_transcript *transcript,
    uint8_t out[VOUCH_SIGNED_CONTENT_MAX]);

/* vouch_transcript_finished computes verify_data over all that was added. */
vouch_err vouch_transcript_finished(const struct vouch_transcript *transcript,
                                    vouch_digest *out) VOUCH_MUST_CHECK;

#endif
