/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/stream.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <vouch/limits.h>
#include <vouch/tls.h>

#include "proto/memory.h"

/* What one TLS record carries at most (RFC 8446, 5.1). */
enum { RECORD_MAX = 16384 };

struct vouch_stream {
    SSL *ssl;
    vouch_channel *channel;
    vouch_session *session;
    bool deaf;         /* nothing can be read any more */
    bool mute;         /* nothing can be written any more */
    bool said_done;    /* close_notify left */
    bool unread;       /* the last pump left input where it was */
    vouch_buffer left; /* read, but not taken by the session yet */
};

static bool has_alpn(const SSL *ssl)
{
    const uint8_t *name;
    unsigned len;

    SSL_get0_alpn_selected(ssl, &name, &len);
    return vouch_bytes_equal((vouch_bytes){name, len}, vouch_text(VOUCH_ALPN));
}

vouch_err vouch_stream_new(SSL *ssl, vouch_config *config, unsigned flags,
                           vouch_now now, vouch_stream **out)
{
    vouch_stream *stream;
    vouch_err err;

    if ((flags & VOUCH_STREAM_ANY_ALPN) == 0 && !has_alpn(ssl)) {
        return VOUCH_E_ALPN;
    }
    stream = vouch_alloc(sizeof *stream);
    if (stream == NULL) {
        return VOUCH_E_NOMEM;
    }
    stream->ssl = ssl;
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    err = vouch_channel_from_ssl(ssl, &stream->channel);
    if (err == VOUCH_OK) {
        err = vouch_session_new(stream->channel, config, now, &stream->session);
    }
    if (err != VOUCH_OK) {
        vouch_stream_free(stream);
        return err;
    }
    *out = stream;
    return VOUCH_OK;
}

void vouch_stream_free(vouch_stream *stream)
{
    if (stream != NULL) {
        vouch_session_free(stream->session);
        vouch_channel_free(stream->channel);
        vouch_buffer_free(&stream->left);
        vouch_free(stream);
    }
}

vouch_session *vouch_stream_session(vouch_stream *stream)
{
    return stream->session;
}

/* What a call of BoringSSL that did not succeed asks for. What others left in
 * the queue of errors does not matter: each call empties it first. */
enum progress { BLOCKED, ENDED, BROKEN };

static enum progress progress_of(vouch_stream *stream, int ret,
                                 vouch_stream_wants *wants)
{
    int error = SSL_get_error(stream->ssl, ret);

    switch (error) {
    case SSL_ERROR_WANT_READ:
        wants->readable = true;
        return BLOCKED;
    case SSL_ERROR_WANT_WRITE:
        wants->writable = true;
        return BLOCKED;
    case SSL_ERROR_ZERO_RETURN:
        return ENDED;
    default:
        ERR_clear_error();
        return BROKEN;
    }
}

static vouch_err break_off(vouch_stream *stream, vouch_now now)
{
    stream->deaf = stream->mute = true;
    return vouch_session_truncated(stream->session, now);
}

/* Gives the session octets; what it does not take is kept until it does. */
static vouch_err feed(vouch_stream *stream, vouch_bytes data, vouch_now now)
{
    vouch_buffer left = {NULL, 0};
    size_t taken;
    vouch_err err = vouch_session_recv(stream->session, data, now, &taken);

    if (err == VOUCH_OK && taken < data.len) {
        err = vouch_copy((vouch_bytes){data.data + taken, data.len - taken},
                         &left);
    }
    if (err == VOUCH_OK) {
        vouch_buffer_free(&stream->left);
        stream->left = left;
    }
    return err;
}

/* Reads until the connection has no more, or there are events to poll first:
 * then no more than a record of data waits for the application. */
static vouch_err pump_in(vouch_stream *stream, vouch_now now,
                         vouch_stream_wants *wants)
{
    uint8_t record[RECORD_MAX];
    vouch_err err = VOUCH_OK;

    if (stream->left.len != 0 && !vouch_session_ended(stream->session)) {
        err = feed(stream, (vouch_bytes){stream->left.data, stream->left.len},
                   now);
    }
    while (err == VOUCH_OK && !vouch_session_has_event(stream->session) &&
           stream->left.len == 0 && !vouch_session_ended(stream->session)) {
        int n = SSL_read(stream->ssl, record, sizeof record);

        if (n > 0) {
            err = feed(stream, (vouch_bytes){record, (size_t)n}, now);
            continue;
        }
        switch (progress_of(stream, n, wants)) {
        case BLOCKED:
            /* Who can not be written to has said all that will come. */
            return stream->mute ? break_off(stream, now) : VOUCH_OK;
        case ENDED: /* close_notify */
            return vouch_session_end_of_stream(stream->session, now);
        case BROKEN:
        default:
            return break_off(stream, now);
        }
    }
    return err;
}

static void say_done(vouch_stream *stream, vouch_stream_wants *wants)
{
    /* 0: sent, the peer's has not come */
    int ret = SSL_shutdown(stream->ssl);

    if (ret < 0) {
        stream->mute = progress_of(stream, ret, wants) == BROKEN;
    } else {
        stream->said_done = true;
    }
}

/* Writes until the session has no more, or the connection takes no more. */
static void pump_out(vouch_stream *stream, vouch_stream_wants *wants)
{
    vouch_bytes out = vouch_session_outgoing(stream->session);

    while (out.len != 0 && !stream->mute) {
        size_t len = out.len < RECORD_MAX ? out.len : RECORD_MAX;
        int n = SSL_write(stream->ssl, out.data, (int)len);

        if (n <= 0) {
            stream->mute = progress_of(stream, n, wants) != BLOCKED;
            return;
        }
        vouch_session_sent(stream->session, (size_t)n);
        out = vouch_session_outgoing(stream->session);
    }
    if (vouch_session_ended(stream->session) && !stream->said_done &&
        !stream->mute) {
        say_done(stream, wants);
    }
}

/* The second half of every call. A peer that has hung up may have said why: a
 * stream that can not write any more is to be pumped until all is read. */
static void write_out(vouch_stream *stream, vouch_stream_wants *wanted,
                      vouch_stream_wants *wants)
{
    pump_out(stream, wanted);
    wanted->events = stream->unread ||
                     vouch_session_has_event(stream->session) ||
                     (stream->mute && !vouch_session_ended(stream->session));
    *wants = *wanted;
}

vouch_err vouch_stream_pump(vouch_stream *stream, vouch_now now,
                            vouch_stream_wants *wants)
{
    vouch_stream_wants wanted = {false, false, false};
    vouch_err err = vouch_session_tick(stream->session, now);

    if (err == VOUCH_OK) {
        err = pump_in(stream, now, &wanted);
    }
    stream->unread = err == VOUCH_OK && !wanted.readable && !wanted.writable &&
                     !stream->deaf && !vouch_session_ended(stream->session);
    write_out(stream, &wanted, wants);
    return err;
}

void vouch_stream_flush(vouch_stream *stream, vouch_stream_wants *wants)
{
    vouch_stream_wants wanted = {.readable = !stream->unread};

    write_out(stream, &wanted, wants);
}

bool vouch_stream_finished(const vouch_stream *stream)
{
    return vouch_session_ended(stream->session) &&
           (stream->mute || (vouch_session_outgoing(stream->session).len == 0 &&
                             stream->said_done));
}
