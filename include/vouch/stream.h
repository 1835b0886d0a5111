/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_STREAM_H
#define VOUCH_STREAM_H

#include <openssl/base.h>

#include <vouch/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vouch_stream moves a session's octets over a BoringSSL connection that
 * carries nothing else (proto/README.md, stream carriage). It fits any event
 * loop, and never blocks if the socket does not:
 *
 *     while (!vouch_stream_finished(stream)) {
 *         while (vouch_session_poll(session, &event)) {
 *             answer the event;
 *         }
 *         vouch_stream_pump(stream, now, &wants);
 *         wait as `wants` says;
 *     }
 *     vouch_stream_free(stream);
 *     close the socket;
 *
 * This loop needs no look at errors: whatever ends the session, the peer's
 * CLOSE, a cut connection or this host out of memory, is an event, and the loop
 * goes on until the last event has been polled.
 */
typedef struct vouch_stream vouch_stream;

/** VOUCH_STREAM_ANY_ALPN, as a flag, starts a stream also when "vouch/1" was
 * not negotiated by ALPN. */
#define VOUCH_STREAM_ANY_ALPN 1u

/**
 * vouch_stream_new starts a session on `ssl`, whose handshake is complete.
 * `ssl` is borrowed and must outlive the stream; its socket should be
 * non-blocking. Until the stream is freed, nothing else may read from it, write
 * to it or shut it down.
 *
 * On success `*out` is owned: vouch_stream_free. Otherwise `*out` stays as it
 * was, and may be freed if it was NULL. It returns
 *   VOUCH_E_ALPN: "vouch/1" was not negotiated: offer and select VOUCH_ALPN
 *       (tls.h), or pass VOUCH_STREAM_ANY_ALPN;
 *   the errors of vouch_channel_from_ssl and of vouch_session_new.
 */
VOUCH_EXPORT vouch_err vouch_stream_new(SSL *ssl, vouch_config *config,
                                        unsigned flags, vouch_now now,
                                        vouch_stream **out) VOUCH_MUST_CHECK;

/** vouch_stream_free frees the stream and its session, whose events that were
 * not polled are lost. It writes nothing; NULL is fine. */
VOUCH_EXPORT void vouch_stream_free(vouch_stream *stream);

/**
 * vouch_stream_session returns the stream's session, borrowed for the life of
 * the stream. Every call may be made on it except vouch_session_recv,
 * _end_of_stream, _truncated, _outgoing and _sent, which are the stream's. What
 * such a call queues is written by the next pump or flush.
 */
VOUCH_EXPORT vouch_session *vouch_stream_session(vouch_stream *stream);

/** vouch_stream_wants is what to wait for before the next pump: whichever of
 * these comes first. */
typedef struct vouch_stream_wants {
    bool events;       /**< do not wait: poll the events that there are, pump */
    bool readable;     /**< the socket is readable */
    bool writable;     /**< the socket is writable */
    uint64_t deadline; /**< this time of the monotonic clock, in milliseconds;
                            0 if `events`, VOUCH_NEVER for no deadline */
} vouch_stream_wants;

/**
 * vouch_stream_pump does what is due at `now`, reads what the connection has
 * and the session takes, and writes what the session has and the connection
 * takes. It returns when neither can go on, when there are events to poll
 * first, or after 64 records.
 *
 * It returns no error. What goes wrong ends the session and is told by a FAILED
 * event, after the events of everything that came before: VOUCH_E_TRUNCATED for
 * a connection that ended without close_notify, VOUCH_E_UNEXPECTED for a
 * close_notify without CLOSE before it, and the errors of vouch_session_recv
 * and vouch_session_tick. Octets of the peer are given to the session once, in
 * order, and none is skipped while the session lives.
 *
 * `*wants` is always set, to what holds until the next call of the session.
 * Pump again after every such call, or flush.
 */
VOUCH_EXPORT void vouch_stream_pump(vouch_stream *stream, vouch_now now,
                                    vouch_stream_wants *wants);

/**
 * vouch_stream_flush only writes. After vouch_session_send it saves a look for
 * input that may not be there. It returns no error: what goes wrong is told by
 * an event after the next pump. `*wants` is as from vouch_stream_pump.
 */
VOUCH_EXPORT void vouch_stream_flush(vouch_stream *stream,
                                     vouch_stream_wants *wants);

/**
 * vouch_stream_finished tells whether there is nothing left to do but to free
 * the stream and close the socket: the session has ended, all its events have
 * been polled, everything and close_notify have been written, and the peer has
 * ended its side, so that closing the socket takes nothing from the peer. A
 * connection that cannot be written to has no more to write, and a peer that
 * does not end its side is given up 5 seconds after the session ended.
 *
 * In a child made by fork(2) it is true: the stream is the parent's, and pump
 * and flush neither read nor write.
 */
VOUCH_EXPORT bool vouch_stream_finished(const vouch_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
