/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "tools/bench/measure.h"

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

/* Mutual authentication, whichever side the host takes. */
static SSL_CTX *make_tls(const struct entity *identity, X509_STORE *store)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_method());

    need(tls != NULL && X509_STORE_up_ref(store), "make an SSL_CTX");
    SSL_CTX_set_cert_store(tls, store);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    SSL_CTX_set_alpn_select_cb(tls, select_alpn, NULL);
    need(SSL_CTX_use_PrivateKey(tls, identity->key) &&
             SSL_CTX_use_certificate(tls, identity->certificate) &&
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
    struct entity authority = pki_authority();
    struct host *both[] = {&hosts->client, &hosts->server};

    memset(hosts, 0, sizeof *hosts);
    hosts->store = X509_STORE_new();
    need(hosts->store != NULL &&
             X509_STORE_add_cert(hosts->store, authority.certificate),
         "make a trust store");
    for (size_t i = 0; i < 2; i++) {
        both[i]->identity = pki_certify(&authority);
        both[i]->tls = make_tls(&both[i]->identity, hosts->store);
        make_attestation_key(both[i]);
    }
    pki_free(&authority);
}

static vouch_credential *make_credential(const struct entity *identity)
{
    BIO *pem = BIO_new(BIO_s_mem());
    vouch_credential *credential;
    const uint8_t *octets = NULL;
    vouch_key *key;
    size_t len = 0;

    need(pem != NULL && PEM_write_bio_X509(pem, identity->certificate) &&
             BIO_mem_contents(pem, &octets, &len),
         "write a certificate");
    need_ok(vouch_key_from_evp(identity->key, &key), "use the AIK");
    need_ok(vouch_credential_new(key, (vouch_bytes){octets, len}, &credential),
            "make a credential");
    vouch_key_free(key);
    BIO_free(pem);
    return credential;
}

static vouch_appraiser *make_appraiser(const struct host *other)
{
    const vouch_measurement *measured;
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    size_t num;

    need_ok(vouch_policy_new(&policy), "make a policy");
    need_ok(vouch_policy_add_anchor(policy, vouch_key_spki(other->psa_key)),
            "add an anchor");
    need_ok(vouch_software_measurements(other->attester, &measured, &num),
            "list measurements");
    for (size_t i = 0; i < num; i++) {
        vouch_bytes sha256 = {measured[i].sha256, sizeof measured[i].sha256};

        need_ok(vouch_policy_add_reference(policy, measured[i].name, sha256),
                "add a reference value");
    }
    need_ok(vouch_software_appraiser_new(policy, &appraiser),
            "make an appraiser");
    vouch_policy_free(policy);
    return appraiser;
}

void hosts_equip(struct hosts *hosts)
{
    struct host *both[] = {&hosts->client, &hosts->server};

    for (size_t i = 0; i < 2; i++) {
        both[i]->credential = make_credential(&both[i]->identity);
        need_ok(vouch_trust_new(hosts->store, VOUCH_NAME_NONE, &both[i]->trust),
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
        pki_free(&both[i]->identity);
    }
    X509_STORE_free(hosts->store);
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
