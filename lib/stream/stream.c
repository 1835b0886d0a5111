/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/stream.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <vouch/limits.h>
#include <vouch/tls.h>

#include "lib/session/session_internal.h"
#include "proto/memory.h"

enum {
    RECORD_MAX = 16384,  /* what one TLS record carries (RFC 8446, 5.1) */
    RECORDS_A_PUMP = 64, /* a peer that never pauses does not hold up a pump */
    LINGER_MS = 5000,    /* for what is left to do once the session has ended */
};

struct vouch_stream {
    SSL *ssl;
    vouch_channel *channel;
    vouch_session *session;
    vouch_buffer left; /* a record, or its end, that was not all taken yet */
    size_t left_taken; /* of it */
    uint64_t given_up; /* at that time; VOUCH_NEVER until the session ended */
    bool deaf;         /* nothing can be read any more */
    bool mute;         /* nothing can be written any more */
    bool said_done;    /* close_notify left */
    bool unread;       /* the last pump left input where it was */
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
    stream->given_up = VOUCH_NEVER;
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

/* Calls of the session that fail have ended it, and of that there is an event.
 * Or it had ended before: what follows is nobody's. */
static void told_by_event(vouch_err err)
{
    (void)err;
}

static void break_off(vouch_stream *stream, vouch_now now)
{
    stream->deaf = stream->mute = true;
    told_by_event(vouch_session_truncated(stream->session, now));
}

/* How many of the octets are done with. */
static size_t feed(vouch_stream *stream, vouch_bytes octets, vouch_now now)
{
    size_t taken;
    vouch_err err = vouch_session_recv(stream->session, octets, now, &taken);

    return err == VOUCH_OK ? taken : octets.len;
}

static void feed_left(vouch_stream *stream, vouch_now now)
{
    vouch_buffer *left = &stream->left;

    if (left->len == 0) {
        return;
    }
    stream->left_taken += feed(stream,
                               (vouch_bytes){left->data + stream->left_taken,
                                             left->len - stream->left_taken},
                               now);
    if (stream->left_taken == left->len) {
        vouch_buffer_free(left);
        stream->left_taken = 0;
    }
}

/* What the session does not take is kept until it does. */
static void feed_record(vouch_stream *stream, vouch_bytes record, vouch_now now)
{
    size_t taken = feed(stream, record, now);
    vouch_err err = VOUCH_OK;

    if (taken < record.len) {
        err = vouch_copy((vouch_bytes){record.data + taken, record.len - taken},
                         &stream->left);
    }
    if (err != VOUCH_OK) {
        told_by_event(vouch_session_fail(stream->session, err));
    }
}

static void stop_reading(vouch_stream *stream, enum progress progress,
                         vouch_now now)
{
    switch (progress) {
    case BLOCKED:
        /* A peer that cannot be written to has said all that will come. */
        if (stream->mute) {
            break_off(stream, now);
        }
        break;
    case ENDED: /* close_notify */
        stream->deaf = true;
        told_by_event(vouch_session_end_of_stream(stream->session, now));
        break;
    case BROKEN:
    default:
        break_off(stream, now);
    }
}

/* No more than a record of data waits for the application; once the session has
 * ended, what comes is read to be dropped. */
static bool may_read(const vouch_stream *stream)
{
    return !stream->deaf && stream->left.len == 0 &&
           (!vouch_session_has_event(stream->session) ||
            vouch_session_ended(stream->session));
}

/* Reads until the connection has no more, or there are events to poll first. */
static void pump_in(vouch_stream *stream, vouch_now now,
                    vouch_stream_wants *wants)
{
    uint8_t record[RECORD_MAX];

    feed_left(stream, now);
    for (size_t i = 0; i < RECORDS_A_PUMP && may_read(stream); i++) {
        int n = SSL_read(stream->ssl, record, sizeof record);

        if (n <= 0) {
            stream->unread = false;
            stop_reading(stream, progress_of(stream, n, wants), now);
            return;
        }
        feed_record(stream, (vouch_bytes){record, (size_t)n}, now);
    }
    stream->unread = !stream->deaf;
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

/* Whether waiting would be wrong: there is something to do, or nothing to wait
 * for. A peer that has hung up may have said why: a stream that cannot write
 * any more is pumped until all is read. */
static bool is_busy(const vouch_stream *stream)
{
    return stream->unread || vouch_session_has_event(stream->session) ||
           vouch_stream_finished(stream) ||
           (stream->mute && !vouch_session_ended(stream->session));
}

static uint64_t deadline_of(const vouch_stream *stream)
{
    return vouch_session_ended(stream->session)
               ? stream->given_up
               : vouch_session_deadline(stream->session);
}

/* The second half of every call. */
static void write_out(vouch_stream *stream, vouch_stream_wants *wanted,
                      vouch_stream_wants *wants)
{
    if (!vouch_session_is_forked(stream->session)) {
        pump_out(stream, wanted);
    }
    wanted->events = is_busy(stream);
    wanted->deadline = wanted->events ? 0 : deadline_of(stream);
    *wants = *wanted;
}

/* A peer that neither reads nor ends its side is not waited for for ever. */
static void limit_the_end(vouch_stream *stream, vouch_now now)
{
    if (!vouch_session_ended(stream->session)) {
        return;
    }
    if (stream->given_up == VOUCH_NEVER) {
        stream->given_up = vouch_time_after(now.mono_ms, LINGER_MS);
    } else if (stream->given_up <= now.mono_ms) {
        stream->deaf = stream->mute = true;
    }
}

void vouch_stream_pump(vouch_stream *stream, vouch_now now,
                       vouch_stream_wants *wants)
{
    vouch_stream_wants wanted = {.deadline = 0};

    if (!vouch_session_is_forked(stream->session)) {
        told_by_event(vouch_session_tick(stream->session, now));
        pump_in(stream, now, &wanted);
        limit_the_end(stream, now);
    }
    write_out(stream, &wanted, wants);
}

void vouch_stream_flush(vouch_stream *stream, vouch_stream_wants *wants)
{
    vouch_stream_wants wanted = {.readable = !stream->unread && !stream->deaf};

    write_out(stream, &wanted, wants);
}

/* A socket that is closed before the peer's end has come may take what was
 * written last with it (RFC 1122, 4.2.2.13). */
static bool is_through(const vouch_stream *stream)
{
    return stream->mute || (stream->said_done && stream->deaf);
}

bool vouch_stream_finished(const vouch_stream *stream)
{
    return vouch_session_is_forked(stream->session) ||
           (vouch_session_ended(stream->session) && is_through(stream) &&
            !vouch_session_has_event(stream->session));
}
