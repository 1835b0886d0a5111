/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_STREAM_H
#define VOUCH_STREAM_H

#include <openssl/base.h>

#include <vouch/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_stream moves a session's octets over a BoringSSL connection that it has
 * to itself (proto/README.md, stream carriage). The SSL is non-blocking, and
 * fits any event loop.
 */
typedef struct vouch_stream vouch_stream;

/** VOUCH_STREAM_ANY_ALPN, as a flag, waives that "vouch/1" was negotiated. */
#define VOUCH_STREAM_ANY_ALPN 1u

/**
 * vouch_stream_new starts a session on `ssl`, whose handshake is complete and
 * which is borrowed and must outlive the stream.
 *
 * On success `*out` is owned: vouch_stream_free. Errors are VOUCH_E_ALPN and
 * those of vouch_channel_from_ssl and vouch_session_new.
 */
VOUCH_EXPORT vouch_err vouch_stream_new(SSL *ssl, vouch_config *config,
                                        unsigned flags, vouch_now now,
                                        vouch_stream **out) VOUCH_MUST_CHECK;
VOUCH_EXPORT void vouch_stream_free(vouch_stream *stream);

/** vouch_stream_session returns the stream's session, borrowed, for every call
 * but recv, outgoing, sent and end_of_stream, which are the stream's. */
VOUCH_EXPORT vouch_session *vouch_stream_session(vouch_stream *stream);

/** vouch_stream_wants is what to wait for before pumping again, beside
 * vouch_session_deadline. */
typedef struct vouch_stream_wants {
    bool events;   /**< nothing: poll the events that there are, and pump */
    bool readable; /**< that the socket is readable */
    bool writable; /**< that the socket is writable */
} vouch_stream_wants;

/**
 * vouch_stream_pump reads what the connection has and the session takes, does
 * what is due at `now`, and writes what the session has and the connection
 * takes. It stops when neither goes on, or when there are events to poll first.
 *
 * Poll the session's events and answer them, then pump, then wait as `*wants`
 * says. It returns VOUCH_OK or the session's error, of which there is a FAILED
 * event too; `*wants` is set in any case. A close_notify without CLOSE before
 * is VOUCH_E_UNEXPECTED, an end of the connection without either
 * VOUCH_E_TRUNCATED.
 */
VOUCH_EXPORT vouch_err vouch_stream_pump(vouch_stream *stream, vouch_now now,
                                         vouch_stream_wants *wants)
    VOUCH_MUST_CHECK;

/**
 * vouch_stream_flush only writes, as right after vouch_session_send: a pump
 * would first look for input that may not be there. `*wants` is as from
 * vouch_stream_pump, which also tells what failed.
 */
VOUCH_EXPORT void vouch_stream_flush(vouch_stream *stream,
                                     vouch_stream_wants *wants);

/** vouch_stream_finished tells whether the session has ended, all of it has
 * been written and close_notify with it: free the stream, close the socket. */
VOUCH_EXPORT bool vouch_stream_finished(const vouch_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
