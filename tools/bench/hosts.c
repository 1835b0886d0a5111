/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509.h>

#include "tools/bench/measure.h"
#include "tools/vouch/certificates.h"

static const uint8_t alpn[] = "\x07" VOUCH_ALPN;

static int select_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                       const uint8_t *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)in;
    (void)in_len;
    (void)arg;
    *out = &alpn[1];
    *out_len = alpn[0];
    return SSL_TLSEXT_ERR_OK;
}

/* Makes the AIK, and has the other host trust its CA. */
static void make_identity(struct host *host, struct host *other)
{
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    X509 *ca;

    host->aik = EVP_PKEY_new();
    need(ec != NULL && host->aik != NULL && EC_KEY_generate_key(ec) &&
             EVP_PKEY_assign_EC_KEY(host->aik, ec),
         "make an AIK");
    need(certificates_make(host->aik, "bench.example", &ca, &host->certificate),
         "certify the AIK");
    other->store = X509_STORE_new();
    need(other->store != NULL && X509_STORE_add_cert(other->store, ca),
         "make a trust store");
    X509_free(ca);
}

/* Mutual authentication, whichever side the host takes. */
static SSL_CTX *make_tls(const struct host *host)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_method());

    need(tls != NULL && X509_STORE_up_ref(host->store), "make an SSL_CTX");
    SSL_CTX_set_cert_store(tls, host->store);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    SSL_CTX_set_alpn_select_cb(tls, select_alpn, NULL);
    need(SSL_CTX_use_PrivateKey(tls, host->aik) &&
             SSL_CTX_use_certificate(tls, host->certificate) &&
             SSL_CTX_set_alpn_protos(tls, alpn, sizeof alpn - 1) == 0,
         "configure TLS");
    need_ok(vouch_tls_prepare(tls), "prepare TLS");
    return tls;
}

/* Makes the attestation key, for PSA and, for the floors, for BoringSSL; it
 * leaves no file. */
static void make_attestation_key(struct host *host)
{
    char dir[] = "/tmp/vouch-bench-XXXXXX";
    char path[sizeof dir + 4];
    vouch_key *key;

    need(mkdtemp(dir) != NULL, "make a directory in /tmp");
    snprintf(path, sizeof path, "%s/key", dir);
    need_ok(vouch_key_create(path, VOUCH_P256, false), "make a PSA key");
    need_ok(vouch_key_load_psa(path, &host->psa_key), "load the PSA key");
    need_ok(vouch_key_load_evp(path, &key), "load the PSA key");
    host->attestation = vouch_key_evp(key);
    EVP_PKEY_up_ref(host->attestation);
    vouch_key_free(key);
    need(unlink(path) == 0 && rmdir(dir) == 0, "remove the PSA key's file");
}

void hosts_meet(struct hosts *hosts)
{
    struct host *both[] = {&hosts->client, &hosts->server};

    memset(hosts, 0, sizeof *hosts);
    make_identity(&hosts->client, &hosts->server);
    make_identity(&hosts->server, &hosts->client);
    for (size_t i = 0; i < 2; i++) {
        both[i]->tls = make_tls(both[i]);
        make_attestation_key(both[i]);
    }
}

static vouch_credential *make_credential(const struct host *host)
{
    vouch_credential *credential;
    vouch_buffer pem;
    vouch_key *key;

    need(pem_of_certificate(host->certificate, &pem), "write a certificate");
    need_ok(vouch_key_from_evp(host->aik, &key), "use the AIK");
    need_ok(vouch_credential_new(key, (vouch_bytes){pem.data, pem.len},
                                 &credential),
            "make a credential");
    vouch_key_free(key);
    free(pem.data);
    return credential;
}

static vouch_appraiser *make_appraiser(const struct host *other)
{
    const vouch_measurement *measured;
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    size_t num;

    need_ok(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy), "make a policy");
    need_ok(vouch_policy_add_key(policy, vouch_key_spki(other->psa_key),
                                 (vouch_bytes){NULL, 0}),
            "add an anchor");
    need_ok(vouch_software_measurements(other->attester, &measured, &num),
            "list measurements");
    for (size_t i = 0; i < num; i++) {
        vouch_bytes sha256 = {measured[i].sha256, sizeof measured[i].sha256};

        need_ok(vouch_policy_add_reference(policy, measured[i].name, sha256),
                "add a reference value");
    }
    need_ok(vouch_eat_appraiser_new(policy, &appraiser), "make an appraiser");
    vouch_policy_free(policy);
    return appraiser;
}

void hosts_equip(struct hosts *hosts)
{
    struct host *both[] = {&hosts->client, &hosts->server};

    for (size_t i = 0; i < 2; i++) {
        both[i]->credential = make_credential(both[i]);
        need_ok(
            vouch_trust_new(both[i]->store, VOUCH_NAME_NONE, &both[i]->trust),
            "make a trust");
        need_ok(vouch_software_attester_new(both[i]->psa_key, "vouch-bench",
                                            "1", NULL, &both[i]->attester),
                "make an attester");
    }
    hosts->client.appraiser = make_appraiser(&hosts->server);
    hosts->server.appraiser = make_appraiser(&hosts->client);
}

void hosts_free(struct hosts *hosts)
{
    struct host *both[] = {&hosts->client, &hosts->server};

    for (size_t i = 0; i < 2; i++) {
        vouch_appraiser_free(both[i]->appraiser);
        vouch_attester_free(both[i]->attester);
        vouch_trust_free(both[i]->trust);
        vouch_credential_free(both[i]->credential);
        vouch_key_free(both[i]->psa_key);
        SSL_CTX_free(both[i]->tls);
        EVP_PKEY_free(both[i]->attestation);
        X509_STORE_free(both[i]->store);
        X509_free(both[i]->certificate);
        EVP_PKEY_free(both[i]->aik);
    }
}

vouch_buffer evidence_of(size_t len)
{
    uint8_t *octets = calloc(1, len);
    vouch_buffer cmw;

    need(octets != NULL, "make evidence");
    need_ok(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, (vouch_bytes){octets, len},
                             VOUCH_CMW_EVIDENCE, &cmw),
            "make evidence");
    free(octets);
    return cmw;
}

vouch_config *host_config(const struct host *host, vouch_gate gate)
{
    const char *format = vouch_attester_format(host->attester);
    vouch_config *config;

    need_ok(vouch_config_new(&config), "make a configuration");
    need_ok(vouch_config_set_credential(config, host->credential),
            "set the credential");
    need_ok(vouch_config_set_trust(config, host->trust), "set the trust");
    need_ok(vouch_config_add_produced(config, format), "add a format");
    need_ok(vouch_config_add_appraised(config, format), "add a format");
    need_ok(vouch_config_set_gate(config, gate), "set the gate");
    need_ok(vouch_config_set_interval(config, 0), "set the interval");
    return config;
}
