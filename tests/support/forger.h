/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_FORGER_H
#define VOUCH_TESTS_FORGER_H

/* An attester that says what it likes, to a relying party of vouch. It is
 * written from RFC 9261 and shares nothing with the library. What these
 * functions return as buffers is on the heap, for free(). A failure inside
 * fails the test. */

#include <vouch/authenticator.h>

#include "tests/support/fake_channel.h"
#include "tests/support/pki.h"

struct forger_extension {
    uint16_t type;
    vouch_bytes body;
};

/* A message as it is right, until a test changes it. */
struct forgery {
    /* of the request */
    uint8_t request_type;
    const struct forger_extension *offers;
    size_t num_offers;

    /* of the keys, by RFC 9261, 5.1 */
    const char *handshake_context;
    const char *finished_key;
    const char *exporter_context;
    size_t exported_len;
    vouch_hash hash;

    /* of Certificate */
    bool empty; /* Finished alone, over a Certificate of no entries */
    uint8_t certificate_type;
    vouch_bytes context; /* of the request, if it is empty */
    const struct forger_extension *extensions[2]; /* of both entries */
    size_t num_extensions[2];

    /* of CertificateVerify */
    const char *context_string;
    EVP_PKEY *key;
    uint16_t scheme; /* signs */
    uint16_t says;   /* stands in the message */
};

/* The two sides, on one connection. The attester's certificate is followed by
 * that of an intermediate. */
struct forger {
    vouch_exporter *exporter; /* of the attester's side */
    void *exporter_arg;
    vouch_role role; /* of the attester */
    vouch_hash hash;
    struct pki_entity root, intermediate, aik;
    X509_STORE *store;
    vouch_trust *trust;
    vouch_channel *channel; /* of the relying party, as is what follows */
    vouch_endpoint *endpoint;
    struct fake_exporter fake;
};

/* forger_init makes two ends of a connection without TLS; forger_init_on takes
 * `channel`, which is borrowed, as the relying party's end of one whose other
 * end exports with `exporter`. */
void forger_init(struct forger *forger, vouch_role role, vouch_hash hash,
                 enum pki_kind kind);
void forger_init_on(struct forger *forger, vouch_channel *channel,
                    vouch_exporter *exporter, void *arg, enum pki_kind kind);
void forger_free(struct forger *forger);

/* forger_honest gives what the relying party accepts: an answer with evidence
 * to a request that asks for it and offers the four schemes. */
struct forgery forger_honest(const struct forger *forger);

/* forger_request makes the request of `forgery` with a context of the relying
 * party's endpoint; forger_answer the authenticator for it. */
vouch_buffer forger_request(struct forger *forger,
                            const struct forgery *forgery);
vouch_buffer forger_answer(const struct forger *forger,
                           const struct forgery *forgery, vouch_bytes request);

/* forger_present does both and has the relying party validate the answer. An
 * identity must come out when that succeeds, and none when it does not. */
vouch_err forger_present(struct forger *forger, const struct forgery *forgery);

/* forger_sign signs with any scheme of RFC 8446, 4.2.3, whatever the key is
 * for. */
vouch_buffer forger_sign(EVP_PKEY *key, uint16_t scheme, vouch_bytes content);

#endif
