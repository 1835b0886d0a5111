/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_PKI_H
#define VOUCH_TESTS_PKI_H

/* Real keys, certificates and CRLs, made when a test needs them. Buffers are on
 * the heap, for free(). A failure inside fails the test. */

#include <openssl/base.h>
#include <openssl/ec.h>

#include <vouch/base.h>

/* Certificates are valid from PKI_FROM to PKI_UNTIL unless told otherwise; that
 * takes in PKI_NOW, and the clock of the machine for some years. */
#define PKI_FROM INT64_C(1500000000)
#define PKI_NOW INT64_C(1800000000)
#define PKI_UNTIL INT64_C(2100000000)

enum pki_kind {
    PKI_P256,
    PKI_P384,
    PKI_ED25519,
    PKI_RSA2048,
    PKI_P521,    /* signs Evidence, and is no AIK */
    PKI_RSA1024, /* of no kind that vouch takes */
};

/* A key with its certificate. */
struct pki_entity {
    EVP_PKEY *key;
    X509 *certificate;
};

/* What stands in a certificate. Members that are 0 or NULL have the defaults
 * given here. */
struct pki_profile {
    enum pki_kind kind;
    EVP_PKEY *key;        /* take this one instead of making one */
    const char *name;     /* commonName: "leaf", or "ca" */
    const char *san;      /* "DNS:peer.test"; "" for none */
    const char *eku;      /* "serverAuth,clientAuth"; "" for none */
    const char *usage;    /* keyUsage: "critical,digitalSignature", or of a CA
                             "critical,keyCertSign,cRLSign"; "" for none */
    int64_t not_before;   /* PKI_FROM */
    int64_t not_after;    /* PKI_UNTIL */
    const EVP_MD *digest; /* what suits the key of the issuer */
    const char *basic;    /* basicConstraints: none, or of a CA
                             "critical,CA:TRUE"; "" for none */
    const char *skid;     /* subjectKeyIdentifier, in hexadecimal: none */
    const char *akid;     /* authorityKeyIdentifier, as "DER:3003...": none */
    bool ca;              /* has neither san nor eku by default */
    bool pkcs1;           /* an RSA issuer signs with PKCS #1 v1.5, not PSS */
};

EVP_PKEY *pki_key(enum pki_kind kind);

/* pki_root makes a self-signed CA, and pki_issue a certificate under `issuer`;
 * pki_free frees what is in one. */
struct pki_entity pki_root(enum pki_kind kind);
struct pki_entity pki_issue(const struct pki_entity *issuer,
                            const struct pki_profile *profile);
void pki_free(struct pki_entity *entity);

/* pki_store makes a store that trusts `root`. */
X509_STORE *pki_store(const struct pki_entity *root);

/* pki_pem writes certificates as PEM, in that order; pki_key_pem a private key
 * as PKCS #8. */
vouch_buffer pki_pem(X509 *const *certificates, size_t num);
vouch_buffer pki_key_pem(const EVP_PKEY *key);

vouch_buffer pki_der(X509 *certificate);
vouch_buffer pki_spki(const EVP_PKEY *key);

/* pki_point is the point of an EC key in that form, and pki_spki_around a P-256
 * SubjectPublicKeyInfo around any form of the point (RFC 5480, 2). */
vouch_buffer pki_point(const EVP_PKEY *key, point_conversion_form_t form);
vouch_buffer pki_spki_around(vouch_bytes point);

/* pki_crl makes a DER CertificateList of `issuer` that revokes `revoked`, or
 * nothing if that is NULL. */
vouch_buffer pki_crl(const struct pki_entity *issuer, const X509 *revoked,
                     int64_t this_update, int64_t next_update);

#endif
