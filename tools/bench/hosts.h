/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_HOSTS_H
#define VOUCH_TOOLS_BENCH_HOSTS_H

/* Two hosts that trust each other, and all that their sessions share. */

#include <openssl/ssl.h>

#include <vouch/vouch.h>

struct host {
    EVP_PKEY *aik; /* which serves TLS too */
    X509 *certificate;
    X509_STORE *store;     /* with the other host's CA */
    EVP_PKEY *attestation; /* in BoringSSL, what PSA has as `attester`'s key */
    SSL_CTX *tls;
    vouch_key *psa_key;
    vouch_credential *credential;
    vouch_trust *trust;
    vouch_attester *attester;
    vouch_appraiser *appraiser; /* of the other host's evidence */
};

struct hosts {
    struct host client, server;
};

/* hosts_meet makes their keys, certificates and SSL_CTXs, hosts_equip the
 * library's objects. */
void hosts_meet(struct hosts *hosts);
void hosts_equip(struct hosts *hosts);
void hosts_free(struct hosts *hosts);

/* host_config makes a configuration with all that `host` has. No session asks
 * again by itself. */
vouch_config *host_config(const struct host *host, vouch_gate gate);

/* evidence_of makes a CMW of the hosts' format that holds `len` octets which
 * mean nothing. */
vouch_buffer evidence_of(size_t len);

#endif
