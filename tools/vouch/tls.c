/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/tls.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <vouch/tls.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

/* Somebody who connects and says nothing keeps others waiting no longer. */
enum { HANDSHAKE_MS = 10000 };

static const uint8_t alpn[] = "\x07" VOUCH_ALPN; /* RFC 7301, 3.1 */
enum { ALPN_LEN = sizeof alpn - 1 };

static bool is_for(X509 *certificate, const char *name)
{
    return X509_check_ip_asc(certificate, name, 0) == 1 ||
           X509_check_host(certificate, name, strlen(name),
                           X509_CHECK_FLAG_NO_WILDCARDS |
                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                           NULL) == 1;
}

/* RFC 5280, 6: with the CA of this peer as the only anchor. */
static long verify_chain(const struct bundle *peer, STACK_OF(X509) * chain,
                         bool is_server)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    long error = X509_V_ERR_OUT_OF_MEM;

    if (ctx != NULL &&
        X509_STORE_CTX_init(ctx, peer->store, sk_X509_value(chain, 0), chain) &&
        X509_STORE_CTX_set_default(ctx,
                                   is_server ? "ssl_server" : "ssl_client")) {
        error = X509_verify_cert(ctx) == 1 ? X509_V_OK
                                           : X509_STORE_CTX_get_error(ctx);
    }
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
    return error;
}

/* RFC 7301, 3.2: a peer that offers no protocol at all gets this far. */
static bool speaks_vouch(const SSL *ssl)
{
    const uint8_t *protocol;
    unsigned len;

    SSL_get0_alpn_selected(ssl, &protocol, &len);
    return len != 0;
}

/* Finds which of the peers it is, and that it is. A bundle speaks for its own
 * name only, whatever its CA might certify. */
static enum ssl_verify_result_t verify_peer(SSL *ssl, uint8_t *alert)
{
    STACK_OF(X509) *chain = SSL_get_peer_full_cert_chain(ssl);
    struct tls *tls = SSL_get_app_data(ssl);

    if (!speaks_vouch(ssl)) {
        tls->foreign = true;
        *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
        return ssl_verify_invalid;
    }
    tls->refusal = "no trusted peer has a name in its certificate";
    for (size_t i = 0; chain != NULL && i < tls->peers->num; i++) {
        const struct bundle *peer = &tls->peers->bundle[i];

        if (is_for(sk_X509_value(chain, 0), peer->name)) {
            long error = verify_chain(peer, chain, !SSL_is_server(ssl));

            if (error == X509_V_OK) {
                tls->peer = peer;
                return ssl_verify_ok;
            }
            tls->refusal = X509_verify_cert_error_string(error);
        }
    }
    *alert = SSL_AD_BAD_CERTIFICATE;
    return ssl_verify_invalid;
}

static int select_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                       const uint8_t *in, unsigned in_len, void *arg)
{
    uint8_t *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, in, in_len, alpn, ALPN_LEN) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *tls_context(const struct self *self, vouch_role role)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    bool done = ctx != NULL &&
                SSL_CTX_use_certificate(ctx, self->certificate) &&
                SSL_CTX_use_PrivateKey(ctx, vouch_key_evp(self->aik)) &&
                vouch_tls_prepare(ctx) == VOUCH_OK;

    if (done && role == VOUCH_CLIENT) {
        done = SSL_CTX_set_alpn_protos(ctx, alpn, ALPN_LEN) == 0;
    }
    if (!done) {
        fail(STATUS_LOCAL, "BoringSSL does not take this host's identity");
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
    SSL_CTX_set_custom_verify(
        ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_peer);
    return ctx;
}

/* `cause` is errno. With neither that nor an error of TLS, the connection has
 * just ended. */
static const char *error_text(int cause)
{
    uint32_t error = ERR_peek_last_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;

    if (reason != NULL) {
        return reason;
    }
    return cause != 0 ? strerror(cause)
                      : "the peer closed the connection before its end";
}

/* The certificate is refused, by this side's doing, or something else is amiss.
 */
static enum status broken(const struct tls *tls, int cause)
{
    enum status status;

    if (tls->foreign) {
        status = fail(STATUS_NETWORK, "TLS handshake: the peer does not speak "
                                      "the protocol " VOUCH_ALPN);
    } else if (tls->refusal != NULL) {
        status = fail(STATUS_REFUSED, "TLS handshake: %s", tls->refusal);
    } else {
        status = fail(STATUS_NETWORK, "TLS handshake: %s", error_text(cause));
    }
    ERR_clear_error();
    return status;
}

/* Whatever the peer sends, and however slowly. */
static enum status wait_for_more(struct pollfd *wait, uint64_t until)
{
    if (clock_now().mono_ms < until && wait_for(wait, 1, until) == 1) {
        return STATUS_CLEAN;
    }
    return wait_interrupts() != 0
               ? STATUS_NETWORK
               : fail(STATUS_NETWORK, "TLS handshake: too slow");
}

static enum status run_handshake(struct tls *tls, int fd)
{
    uint64_t until = clock_now().mono_ms + HANDSHAKE_MS;

    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ret, error, cause;

        ERR_clear_error();
        errno = 0;
        ret = SSL_do_handshake(tls->ssl);
        cause = errno;
        if (ret == 1) {
            return STATUS_CLEAN;
        }
        error = SSL_get_error(tls->ssl, ret);
        if (error == SSL_ERROR_WANT_WRITE) {
            wait.events = POLLOUT;
        } else if (error != SSL_ERROR_WANT_READ) {
            return broken(tls, cause);
        }
        if (wait_for_more(&wait, until) != STATUS_CLEAN) {
            return STATUS_NETWORK;
        }
    }
}

enum status tls_handshake(SSL_CTX *ctx, vouch_role role, int fd,
                          const struct peers *peers, struct tls *out)
{
    *out = (struct tls){.ssl = SSL_new(ctx), .peers = peers};
    if (out->ssl == NULL || !SSL_set_fd(out->ssl, fd)) {
        return fail(STATUS_LOCAL, "out of memory");
    }
    SSL_set_app_data(out->ssl, out);
    if (role == VOUCH_SERVER) {
        SSL_set_accept_state(out->ssl);
    } else {
        SSL_set_connect_state(out->ssl);
    }
    return run_handshake(out, fd);
}

void tls_free(struct tls *tls)
{
    SSL_free(tls->ssl);
}
