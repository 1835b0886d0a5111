/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_HOSTILE_ATTEST_H
#define VOUCH_TESTS_HOSTILE_ATTEST_H

/*
 * Requests and authenticators of RFC 9261, and the binder, from exporters and
 * BoringSSL alone: right, and wrong in every way that has a name. Keys are
 * Ed25519, the same in every run, so that a run can be repeated octet for
 * octet. A failure of cryptography ends the process.
 */

#include <openssl/base.h>

#include <vouch/authenticator.h>

#include "tests/hostile/wire.h"

/* The exporter label of the binder (proto/README.md, 8). An older tree is built
 * with another. */
#ifndef HOSTILE_BINDER_LABEL
#define HOSTILE_BINDER_LABEL "EXPORTER-cmw-attestation"
#endif

/* The name in every certificate. */
#define HOSTILE_NAME "hostile.test"

#define HOSTILE_UNIX_TIME INT64_C(1800000000)
#define HOSTILE_VALID_FROM INT64_C(1500000000)
#define HOSTILE_VALID_UNTIL INT64_C(2100000000)

/* The far end of a connection, as far as it exports. */
struct connection {
    bool (*export_secret)(void *arg, const char *label, struct span context,
                          uint8_t *out, size_t len);
    void *arg;
    bool sha384;
};

enum identity_name {
    IDENTITY_OURS,      /* the AIK of the side under test */
    IDENTITY_PEER,      /* trusted by it */
    IDENTITY_OTHER,     /* likewise, another AIK */
    IDENTITY_UNTRUSTED, /* under a root that it does not trust */
    IDENTITIES,
};

struct span identity_spki(enum identity_name name);
/* Borrowed; of the whole process. */
vouch_credential *identity_credential(void);
vouch_trust *identity_trust(void);
/* Has an end of TLS authenticate as that, or verify the other by the root. */
void identity_use(SSL_CTX *ctx, enum identity_name name);
void identity_verify(SSL_CTX *ctx);

/* What is wrong with a request. */
enum request_flaw {
    REQUEST_GOOD,
    REQUEST_OTHER_TYPE,
    REQUEST_NO_SCHEMES,
    REQUEST_UNSUITABLE_SCHEME,
    REQUEST_NO_ATTESTATION,
    REQUEST_ATTESTATION_NOT_EMPTY,
    REQUEST_EXTENSION_TWICE,
    REQUEST_TRAILING,
    REQUEST_TRUNCATED,
    REQUEST_UNKNOWN_EXTENSION,
    REQUEST_FLAWS,
};

void ea_put_request(struct ink *ink, bool by_server, struct span context,
                    enum request_flaw flaw);

/* What a request is to who receives it. */
struct ea_request {
    enum wire_verdict verdict;
    struct span context;
    bool attestation, suits; /* asks for Evidence; offers Ed25519 */
};
struct ea_request ea_get_request(struct span request, bool by_server);

/* The context in a request that is well-formed, however wrong its type. */
struct span ea_context_of(struct span request);

enum answer_flaw {
    ANSWER_GOOD,
    ANSWER_BAD_FINISHED,
    ANSWER_BAD_SIGNATURE,
    ANSWER_OTHER_CONTEXT,
    ANSWER_NO_EVIDENCE,
    ANSWER_UNASKED_EXTENSION,
    ANSWER_TRAILING,
    ANSWER_TRUNCATED,
    ANSWER_GARBAGE,
    ANSWER_EMPTY,
    ANSWER_EMPTY_BAD_FINISHED,
    ANSWER_FLAWS,
};

void ea_put_answer(struct ink *ink, const struct connection *connection,
                   bool by_server, enum identity_name name, struct span request,
                   struct span cmw, enum answer_flaw flaw);

/* Whether an answer of the side under test is right; `*cmw` is what it holds,
 * empty for the empty authenticator. */
bool ea_check_answer(const struct connection *connection, bool by_server,
                     struct span request, struct span answer, struct span *cmw);

struct hash {
    uint8_t octets[48];
    size_t len;
};

struct hash ea_binder(const struct connection *connection, struct span spki,
                      struct span context);
struct hash ea_hash(const struct connection *connection, struct span octets);

#endif
