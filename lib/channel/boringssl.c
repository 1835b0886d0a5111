/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/tls.h>

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* expat-04, 7.2: a server must not send tickets [X35], a client must not offer
 * early data [X36], and what tickets still come are not kept [X37] */
vouch_err vouch_tls_prepare(SSL_CTX *ctx)
{
    if (!SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ||
        !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
        !SSL_CTX_set_num_tickets(ctx, 0)) {
        ERR_clear_error();
        return VOUCH_E_CRYPTO;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_early_data_enabled(ctx, 0);
    return VOUCH_OK;
}

static pthread_once_t mark_once = PTHREAD_ONCE_INIT;
static int mark_index;

static void make_mark_index(void)
{
    mark_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* Marks `ssl` for good, over SSL_clear too: one channel, ever. */
static vouch_err mark(SSL *ssl)
{
    static char used;

    if (SSL_set_ex_data(ssl, mark_index, &used) != 1) {
        ERR_clear_error();
        return VOUCH_E_NOMEM;
    }
    return VOUCH_OK;
}

static vouch_err check_unmarked(const SSL *ssl)
{
    if (pthread_once(&mark_once, make_mark_index) != 0 || mark_index < 0) {
        return VOUCH_E_NOMEM;
    }
    return SSL_get_ex_data(ssl, mark_index) == NULL ? VOUCH_OK
                                                    : VOUCH_E_CHANNEL_USED;
}

static bool has_tickets(const SSL *ssl)
{
    if (SSL_is_server(ssl)) {
        return (SSL_get_options(ssl) & SSL_OP_NO_TICKET) == 0;
    }
    return (SSL_CTX_get_session_cache_mode(SSL_get_SSL_CTX(ssl)) &
            SSL_SESS_CACHE_CLIENT) != 0;
}

static vouch_err check_connection(const SSL *ssl)
{
    /* RFC 9261, 9: a server verifies the client's Finished first [E29] */
    if (SSL_in_init(ssl) || SSL_in_early_data(ssl)) {
        return VOUCH_E_HANDSHAKE_INCOMPLETE;
    }
    /* RFC 9261, 5.1 and 7: nothing older, so extended_master_secret need not be
     * asked for [E09] [E23] */
    if (SSL_is_dtls(ssl) || SSL_version(ssl) != TLS1_3_VERSION) {
        return VOUCH_E_TLS_VERSION;
    }
    /* RFC 9261, 5.1: without early data there is one exporter secret [E07] */
    if (SSL_early_data_accepted(ssl) ||
        SSL_get_early_data_reason(ssl) != ssl_early_data_disabled) {
        return VOUCH_E_EARLY_DATA;
    }
    /* expat-04, 7.2: a full handshake only [X38] */
    if (SSL_session_reused(ssl)) {
        return VOUCH_E_RESUMED;
    }
    return has_tickets(ssl) ? VOUCH_E_TICKETS : VOUCH_OK;
}

static vouch_err suite_hash(const SSL *ssl, vouch_hash *out)
{
    switch (SSL_CIPHER_get_prf_nid(SSL_get_current_cipher(ssl))) {
    case NID_sha256:
        *out = VOUCH_SHA256;
        return VOUCH_OK;
    case NID_sha384:
        *out = VOUCH_SHA384;
        return VOUCH_OK;
    default:
        return VOUCH_E_CRYPTO;
    }
}

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    if (SSL_export_keying_material(arg, out, len, label, strlen(label),
                                   context.data, context.len, 1) != 1) {
        ERR_clear_error();
        return VOUCH_E_CRYPTO;
    }
    return VOUCH_OK;
}

static vouch_err set_peer_from_certificate(vouch_channel *channel,
                                           CRYPTO_BUFFER *der)
{
    X509 *certificate = X509_parse_from_buffer(der);
    uint8_t *spki = NULL;
    int len = certificate == NULL
                  ? -1
                  : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    vouch_err err = VOUCH_E_CRYPTO;

    if (len > 0) {
        err = vouch_channel_set_peer_spki(channel,
                                          (vouch_bytes){spki, (size_t)len});
    }
    OPENSSL_free(spki);
    X509_free(certificate);
    ERR_clear_error();
    return err;
}

/* BoringSSL's clients verify nothing unless told to, and keep the certificate
 * all the same. */
static bool was_verified(const SSL *ssl)
{
    return (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 &&
           SSL_get_verify_result(ssl) == X509_V_OK;
}

static vouch_err set_peer_of(vouch_channel *channel, const SSL *ssl,
                             CRYPTO_BUFFER *certificate)
{
    vouch_err err = set_peer_from_certificate(channel, certificate);

    return err == VOUCH_OK && was_verified(ssl)
               ? vouch_channel_set_peer_verified(channel)
               : err;
}

/* A peer that authenticated and whose key is not known any more would pass for
 * one that did not. */
static vouch_err set_peer(vouch_channel *channel, const SSL *ssl)
{
    const STACK_OF(CRYPTO_BUFFER) *chain = SSL_get0_peer_certificates(ssl);

    if (chain != NULL && sk_CRYPTO_BUFFER_num(chain) != 0) {
        return set_peer_of(channel, ssl, sk_CRYPTO_BUFFER_value(chain, 0));
    }
    return SSL_SESSION_has_peer_sha256(SSL_get_session(ssl)) ? VOUCH_E_CRYPTO
                                                             : VOUCH_OK;
}

vouch_err vouch_channel_from_ssl(SSL *ssl, vouch_channel **out)
{
    return vouch_channel_from_ssl_for(VOUCH_LABEL_EXPAT_04, ssl, out);
}

vouch_err vouch_channel_from_ssl_for(vouch_label label, SSL *ssl,
                                     vouch_channel **out)
{
    vouch_channel *channel = NULL;
    vouch_hash hash = VOUCH_SHA256;
    vouch_err err = check_connection(ssl);

    if (err == VOUCH_OK) {
        err = check_unmarked(ssl);
    }
    if (err == VOUCH_OK) {
        err = suite_hash(ssl, &hash);
    }
    if (err == VOUCH_OK) {
        err = vouch_channel_new_for(
            label, SSL_is_server(ssl) ? VOUCH_SERVER : VOUCH_CLIENT, hash,
            exporter, ssl, &channel);
    }
    if (err == VOUCH_OK) {
        err = set_peer(channel, ssl);
    }
    if (err == VOUCH_OK) {
        err = mark(ssl);
    }
    if (err != VOUCH_OK) {
        vouch_channel_free(channel);
        return err;
    }
    *out = channel;
    return VOUCH_OK;
}
