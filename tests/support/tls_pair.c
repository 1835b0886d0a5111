/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tls_pair.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/mem.h>

#include <vouch/tls.h>

#include "tests/support/octets.h"

enum {
    TRANSPORT = 1 << 18, /* octets that fit between the ends, each way */
    HANDSHAKE = 22,      /* ContentType (RFC 8446, 5.1) */
    CLIENT_HELLO = 1,    /* HandshakeType (RFC 8446, 4) */
    NEW_SESSION_TICKET = 4,
};

static enum ssl_verify_result_t accept_any(SSL *ssl, uint8_t *alert)
{
    (void)ssl;
    (void)alert;
    return ssl_verify_ok;
}

static int select_first_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len,
                             const uint8_t *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    ck_assert_uint_gt(in_len, 0);
    *out = in + 1;
    *out_len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void watch_client(int is_write, int version, int content_type,
                         const void *data, size_t len, SSL *ssl, void *arg)
{
    struct tls_pair *pair = arg;
    const uint8_t *octets = data;

    (void)version;
    (void)ssl;
    if (content_type != HANDSHAKE || len == 0) {
        return;
    }
    if (is_write && octets[0] == CLIENT_HELLO) {
        free(pair->client_hello.data);
        pair->client_hello = (vouch_buffer){exact_copy(octets, len), len};
    } else if (!is_write && octets[0] == NEW_SESSION_TICKET) {
        pair->tickets++;
    }
}

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct tls_pair *pair = SSL_get_app_data(ssl);

    SSL_SESSION_free(pair->ticket);
    pair->ticket = session;
    return 1;
}

static void use_entity(SSL_CTX *ctx, const struct pki_entity *entity)
{
    ck_assert(SSL_CTX_use_PrivateKey(ctx, entity->key));
    ck_assert(SSL_CTX_use_certificate(ctx, entity->certificate));
}

static void verify_peer(SSL_CTX *ctx, X509_STORE *anchors, int mode)
{
    if (anchors == NULL) {
        SSL_CTX_set_custom_verify(ctx, mode, accept_any);
    } else {
        SSL_CTX_set_verify(ctx, mode, NULL);
        ck_assert(X509_STORE_up_ref(anchors));
        SSL_CTX_set_cert_store(ctx, anchors);
    }
}

static SSL_CTX *make_ctx(const struct tls_options *options)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    uint16_t version =
        options->version != 0 ? options->version : TLS1_3_VERSION;

    ck_assert(ctx != NULL);
    ck_assert(SSL_CTX_set_min_proto_version(ctx, version));
    ck_assert(SSL_CTX_set_max_proto_version(ctx, version));
    SSL_CTX_set_early_data_enabled(ctx, options->early_data);
    return ctx;
}

static void prepare(const struct tls_options *options, SSL_CTX *ctx)
{
    if (!options->unprepared) {
        ck_assert_int_eq(VOUCH_OK, vouch_tls_prepare(ctx));
    }
}

static SSL_CTX *make_server_ctx(const struct tls_options *options)
{
    SSL_CTX *ctx = make_ctx(options);

    if (options->server != NULL) {
        use_entity(ctx, options->server);
    } else {
        struct pki_entity root = pki_root(PKI_P256);
        struct pki_entity server =
            pki_issue(&root, &(struct pki_profile){.kind = PKI_P256});

        use_entity(ctx, &server);
        pki_free(&server);
        pki_free(&root);
    }
    if (options->client != NULL) {
        verify_peer(ctx, options->anchors,
                    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    }
    if (options->groups != NULL) {
        ck_assert(SSL_CTX_set1_curves_list(ctx, options->groups));
    }
    ck_assert(SSL_CTX_set_session_id_context(ctx, (const uint8_t *)"pair", 4));
    SSL_CTX_set_alpn_select_cb(ctx, select_first_alpn, NULL);
    prepare(options, ctx);
    return ctx;
}

static void set_alpn(SSL_CTX *ctx, const char *name)
{
    uint8_t list[256];
    size_t len = strlen(name);

    ck_assert_uint_lt(len, sizeof list);
    list[0] = (uint8_t)len;
    memcpy(&list[1], name, len);
    ck_assert_int_eq(0, SSL_CTX_set_alpn_protos(ctx, list, (unsigned)len + 1));
}

static SSL_CTX *make_client_ctx(const struct tls_options *options)
{
    SSL_CTX *ctx = make_ctx(options);
    const char *alpn = options->alpn != NULL ? options->alpn : VOUCH_ALPN;

    if (options->client != NULL) {
        use_entity(ctx, options->client);
    }
    verify_peer(ctx, options->anchors, SSL_VERIFY_PEER);
    if (alpn[0] != '\0') {
        set_alpn(ctx, alpn);
    }
    if (options->keep_tickets) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(ctx, keep_ticket);
    }
    prepare(options, ctx);
    return ctx;
}

static void make_ctxs(struct tls_pair *pair, const struct tls_options *options)
{
    if (options->shared != NULL) {
        pair->client_ctx = options->shared->client_ctx;
        pair->server_ctx = options->shared->server_ctx;
        ck_assert(SSL_CTX_up_ref(pair->client_ctx));
        ck_assert(SSL_CTX_up_ref(pair->server_ctx));
    } else {
        pair->client_ctx = make_client_ctx(options);
        pair->server_ctx = make_server_ctx(options);
    }
}

static void join(struct tls_pair *pair)
{
    BIO *client, *server;

    ck_assert(BIO_new_bio_pair(&client, TRANSPORT, &server, TRANSPORT));
    SSL_set_bio(pair->client, client, client);
    SSL_set_bio(pair->server, server, server);
}

struct tls_pair *tls_pair_new(const struct tls_options *options)
{
    struct tls_pair *pair = calloc(1, sizeof *pair);

    ck_assert(pair != NULL);
    make_ctxs(pair, options);
    pair->client = SSL_new(pair->client_ctx);
    pair->server = SSL_new(pair->server_ctx);
    ck_assert(pair->client != NULL && pair->server != NULL);
    SSL_set_connect_state(pair->client);
    SSL_set_accept_state(pair->server);
    SSL_set_app_data(pair->client, pair);
    SSL_set_msg_callback(pair->client, watch_client);
    SSL_set_msg_callback_arg(pair->client, pair);
    if (options->session != NULL) {
        ck_assert(SSL_set_session(pair->client, options->session));
    }
    join(pair);
    return pair;
}

struct tls_pair *tls_connect(const struct tls_options *options)
{
    struct tls_pair *pair = tls_pair_new(options);

    ck_assert(tls_handshake(pair));
    return pair;
}

void tls_pair_free(struct tls_pair *pair)
{
    if (pair == NULL) {
        return;
    }
    SSL_free(pair->client);
    SSL_free(pair->server);
    SSL_CTX_free(pair->client_ctx);
    SSL_CTX_free(pair->server_ctx);
    SSL_SESSION_free(pair->ticket);
    free(pair->client_hello.data);
    free(pair);
    ERR_clear_error();
}

bool tls_step(SSL *ssl)
{
    int ret = SSL_do_handshake(ssl);
    bool waits = ret <= 0 && SSL_get_error(ssl, ret) == SSL_ERROR_WANT_READ;

    if (!waits) {
        return ret == 1;
    }
    ERR_clear_error();
    return false;
}

bool tls_handshake(struct tls_pair *pair)
{
    bool client = false, server = false;

    for (int i = 0; i < 8 && !(client && server); i++) {
        client = tls_step(pair->client);
        server = tls_step(pair->server);
    }
    return client && server;
}

void tls_reconnect(struct tls_pair *pair)
{
    ck_assert(SSL_clear(pair->client) && SSL_clear(pair->server));
    join(pair);
    ck_assert(tls_handshake(pair));
}

void tls_send(SSL *from, SSL *to, vouch_bytes data)
{
    uint8_t chunk[16384];

    for (size_t sent = 0; sent < data.len;) {
        size_t len = data.len - sent;
        int got;

        len = len < sizeof chunk ? len : sizeof chunk;
        ck_assert_int_eq(SSL_write(from, data.data + sent, (int)len), (int)len);
        got = SSL_read(to, chunk, sizeof chunk);
        ck_assert_int_eq(got, (int)len);
        ck_assert_mem_eq(chunk, data.data + sent, len);
        sent += len;
    }
}

bool tls_hello_has(const vouch_buffer *client_hello, uint16_t extension)
{
    CBS hello, session_id, suites, compression, extensions, body;
    uint16_t type;

    CBS_init(&hello, client_hello->data, client_hello->len);
    ck_assert(CBS_skip(&hello, 1 + 3 + 2 + 32) &&
              CBS_get_u8_length_prefixed(&hello, &session_id) &&
              CBS_get_u16_length_prefixed(&hello, &suites) &&
              CBS_get_u8_length_prefixed(&hello, &compression) &&
              CBS_get_u16_length_prefixed(&hello, &extensions) &&
              CBS_len(&hello) == 0);
    while (CBS_len(&extensions) != 0) {
        ck_assert(CBS_get_u16(&extensions, &type) &&
                  CBS_get_u16_length_prefixed(&extensions, &body));
        if (type == extension) {
            return true;
        }
    }
    return false;
}
