/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SESSION_H
#define VOUCH_SESSION_H

#include <vouch/authenticator.h>
#include <vouch/registry.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A session attests, appraises and re-attests over one connection. It does no
 * I/O: it is given octets and the time, and yields octets and events. It never
 * calls the application, and never an attester or appraiser by itself.
 *
 *     for (;;) {
 *         vouch_session_tick, vouch_session_recv;
 *         while (vouch_session_poll) answer the event;
 *         write vouch_session_outgoing, vouch_session_sent;
 *         wait for input, for room for output, or for
 *             vouch_session_deadline;
 *     }
 *
 * stream.h does the input and output of this over a BoringSSL connection.
 *
 * A protocol error ends the session, never the process; a verdict, however bad,
 * is an event. Whether application data may flow is computed anew at each
 * question and can not be set.
 */

/* Configuration */

/** vouch_config is what sessions are made with; any number may share one. */
typedef struct vouch_config vouch_config;

VOUCH_EXPORT vouch_err vouch_config_new(vouch_config **out) VOUCH_MUST_CHECK;
VOUCH_EXPORT void vouch_config_free(vouch_config *config);

/*
 * The setters return VOUCH_E_STATE once a session has the configuration,
 * VOUCH_E_ARGUMENT for a value out of its domain, and VOUCH_E_NOMEM.
 */

/**
 * vouch_config_set_credential gives the AIK with which requests are answered;
 * it takes a reference. Without one, requests are refused.
 */
VOUCH_EXPORT vouch_err vouch_config_set_credential(
    vouch_config *config, vouch_credential *credential) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_trust says which AIKs of the peer are good; it takes a
 * reference. Without one, nothing can be asked of the peer.
 */
VOUCH_EXPORT vouch_err vouch_config_set_trust(
    vouch_config *config, vouch_trust *trust) VOUCH_MUST_CHECK;

/** vouch_config_add_produced adds a media type of Evidence that the application
 * will make when asked. */
VOUCH_EXPORT vouch_err vouch_config_add_produced(
    vouch_config *config, const char *media_type) VOUCH_MUST_CHECK;

/** vouch_config_add_appraised adds a media type of Evidence that the
 * application will appraise; earlier ones are preferred. */
VOUCH_EXPORT vouch_err vouch_config_add_appraised(
    vouch_config *config, const char *media_type) VOUCH_MUST_CHECK;

/**
 * vouch_config_add_formats adds the formats of `registry`, which is fixed from
 * then on: those of its attesters as produced and those of its appraisers as
 * appraised, in its order. The registry is not kept.
 */
VOUCH_EXPORT vouch_err vouch_config_add_formats(
    vouch_config *config, vouch_registry *registry) VOUCH_MUST_CHECK;

/** vouch_gate says what application data waits for. */
typedef enum vouch_gate {
    VOUCH_GATE_NONE = 0,     /**< nothing, and the peer is not asked */
    VOUCH_GATE_RESTRICTED,   /**< nothing, but the peer must attest; a peer
                                that gates its data is sent none before it is
                                accepted for the first time */
    VOUCH_GATE_REQUIRE_PEER, /**< that the peer is accepted */
    VOUCH_GATE_MUTUAL,       /**< and that the peer has accepted this side */
} vouch_gate;

/** vouch_config_set_gate sets it; VOUCH_GATE_MUTUAL unless set. */
VOUCH_EXPORT vouch_err vouch_config_set_gate(vouch_config *config,
                                             vouch_gate gate) VOUCH_MUST_CHECK;

/** vouch_refusal says what follows when the peer is rejected, or does not
 * attest although the gate requires it (expat-04, 7). */
typedef enum vouch_refusal {
    VOUCH_REFUSAL_CLOSE = 0, /**< the session is closed */
    VOUCH_REFUSAL_STAY,      /**< the gate is shut, the session goes on */
} vouch_refusal;

/** vouch_config_set_refusal sets it; VOUCH_REFUSAL_CLOSE unless set. */
VOUCH_EXPORT vouch_err vouch_config_set_refusal(
    vouch_config *config, vouch_refusal refusal) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_max_age ends an acceptance `ms` milliseconds after its
 * request was sent (1 to 2^53); 600,000 unless set.
 */
VOUCH_EXPORT vouch_err vouch_config_set_max_age(vouch_config *config,
                                                uint64_t ms) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_interval asks again `ms` milliseconds after each request
 * that the session made by itself; 0: never again. Unless set, a third of the
 * maximum age.
 */
VOUCH_EXPORT vouch_err vouch_config_set_interval(vouch_config *config,
                                                 uint64_t ms) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_answer_within gives the peer `ms` milliseconds to answer a
 * request, and the application as many to appraise the answer (1 to
 * VOUCH_LIMIT_ANSWER_WITHIN_MS); 30,000 unless set.
 */
VOUCH_EXPORT vouch_err vouch_config_set_answer_within(
    vouch_config *config, uint64_t ms) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_grace starts the refresh of an acceptance `ms` milliseconds
 * before it ends, if the interval does not start it earlier; 0: not. Unless
 * set, a tenth of the maximum age. The end itself never moves. For as long
 * after the gate has shut, data that comes was on its way and is lost; later
 * data is a violation by the peer.
 */
VOUCH_EXPORT vouch_err vouch_config_set_grace(vouch_config *config,
                                              uint64_t ms) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_jitter shortens each interval by a random part of up to
 * `percent` hundredths (0 to 50), so that many sessions do not ask at once; 10
 * unless set.
 */
VOUCH_EXPORT vouch_err vouch_config_set_jitter(
    vouch_config *config, unsigned percent) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_peer_first answers no request until the peer is accepted,
 * and does not even say before what could be answered. The gate must require
 * the peer.
 */
VOUCH_EXPORT vouch_err vouch_config_set_peer_first(vouch_config *config)
    VOUCH_MUST_CHECK;

/** vouch_asker is whose commands are executed. */
typedef enum vouch_asker {
    VOUCH_ASKER_NOBODY = 0,
    /** A peer whose certificate was verified in the TLS handshake
     * (SSL_VERIFY_PEER, X509_V_OK; vouch_channel_set_peer_verified), unless an
     * answer of it was rejected after its last acceptance as bound. */
    VOUCH_ASKER_AUTHENTICATED,
    VOUCH_ASKER_ATTESTED, /**< accepted; the peer is then asked to attest */
} vouch_asker;

/** vouch_config_set_asker sets it; VOUCH_ASKER_NOBODY unless set. */
VOUCH_EXPORT vouch_err vouch_config_set_asker(
    vouch_config *config, vouch_asker asker) VOUCH_MUST_CHECK;

/**
 * vouch_config_set_posture names a component that this side's behaviour
 * depends on (a policy, a model, a set of tools), with its SHA-256. Sessions
 * start with these at epoch 0. It returns VOUCH_E_TOO_MANY for more than
 * VOUCH_LIMIT_COMPONENTS.
 */
VOUCH_EXPORT vouch_err
vouch_config_set_posture(vouch_config *config, const char *name,
                         const uint8_t sha256[32]) VOUCH_MUST_CHECK;

/**
 * vouch_config_allow_key_bound takes verdicts of level VOUCH_LEVEL_KEY_BOUND
 * (the passport model), and tells the peer so. Without it, they are rejections.
 * A policy must allow them as well (policy.h).
 */
VOUCH_EXPORT vouch_err vouch_config_allow_key_bound(vouch_config *config)
    VOUCH_MUST_CHECK;

/**
 * vouch_config_pin_instance demands that the evidence names the instance
 * (ueid), and the same in every exchange of a connection.
 */
VOUCH_EXPORT vouch_err vouch_config_pin_instance(vouch_config *config)
    VOUCH_MUST_CHECK;

/** vouch_config_refuse_regression rejects evidence whose security version is
 * absent, or lower than the last that was accepted on this connection. */
VOUCH_EXPORT vouch_err vouch_config_refuse_regression(vouch_config *config)
    VOUCH_MUST_CHECK;

/**
 * vouch_config_hold_early_data keeps data that comes before the first
 * acceptance, up to VOUCH_LIMIT_DATA_HELD octets, until the gate opens, as long
 * as some request of this side may still open it. Unless called, such data is
 * lost.
 */
VOUCH_EXPORT vouch_err vouch_config_hold_early_data(vouch_config *config)
    VOUCH_MUST_CHECK;

/**
 * vouch_config_allow_data_loss says that the application's data are messages
 * of which some may be missing: each loss is a DATA_DROPPED event, and the
 * session goes on. Unless called, data is a stream without holes: when octets
 * of the peer are lost, because they came while the gate was shut, the session
 * ends with VOUCH_E_DATA_LOST, and nothing that follows them is delivered
 * (proto/README.md, 13).
 */
VOUCH_EXPORT vouch_err vouch_config_allow_data_loss(vouch_config *config)
    VOUCH_MUST_CHECK;

/**
 * vouch_config_allow_other_key lets a peer that authenticated in the TLS
 * handshake attest with another AIK than that key.
 */
VOUCH_EXPORT vouch_err vouch_config_allow_other_key(vouch_config *config)
    VOUCH_MUST_CHECK;

/** vouch_config_allow_own_key lets the peer's AIK be the same as this side's.
 */
VOUCH_EXPORT vouch_err vouch_config_allow_own_key(vouch_config *config)
    VOUCH_MUST_CHECK;

/* Life */

/*
 * A session belongs to the process that made it. In a child made by fork(2)
 * every call that would change it returns VOUCH_E_FORKED, the gate is shut, and
 * there are no octets to send; the parent goes on. Configurations, and what
 * they are made of, serve parent and children: each makes connections and
 * sessions of its own.
 */

typedef struct vouch_session vouch_session;

/**
 * vouch_session_new starts a session on `channel`, which is borrowed, must
 * outlive it, and serves no other. CAPABILITIES is queued, and behind it the
 * first request if the gate requires the peer.
 *
 * On success `*out` is owned: vouch_session_free. It returns
 *   VOUCH_E_CHANNEL_USED;
 *   VOUCH_E_LABEL: the channel was made for the label of an older draft, which
 *       is for endpoints alone; it can still serve one;
 *   VOUCH_E_ARGUMENT: the gate requires the peer, but there is no trust or no
 *       format that is appraised; or it is mutual and there is no credential or
 *       no format that is produced;
 *   VOUCH_E_CHANNEL_CHANGED; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_new(vouch_channel *channel,
                                         vouch_config *config, vouch_now now,
                                         vouch_session **out) VOUCH_MUST_CHECK;
VOUCH_EXPORT void vouch_session_free(vouch_session *session);

/**
 * vouch_session_recv gives the session octets of the peer's capsule stream,
 * which may be cut anywhere. `*taken` is how many of them it took: all, unless
 * its limits on waiting events or data are reached; then poll, and offer the
 * rest again. Octets after the peer's CLOSE are taken and dropped. `data` is
 * borrowed for the call.
 *
 * What the octets mean is told by vouch_session_poll. It returns VOUCH_OK or
 *   an error of band PEER or LIMIT: the peer broke the protocol or passed a
 *       limit; a CLOSE is queued, and there is a FAILED event;
 *   an error of band LOCAL: the session failed on this side; a CLOSE is queued,
 *       and there is a FAILED event;
 *   VOUCH_E_CLOSED: the session ended before; nothing was taken.
 * After any of these the gate is shut for good.
 */
VOUCH_EXPORT vouch_err vouch_session_recv(vouch_session *session,
                                          vouch_bytes data, vouch_now now,
                                          size_t *taken) VOUCH_MUST_CHECK;

/**
 * vouch_session_end_of_stream says that the peer ended its octets, as by
 * close_notify. Without its CLOSE before, that is VOUCH_E_UNEXPECTED and a
 * FAILED event. vouch_session_truncated says that they ended without the peer's
 * doing, or that anybody may have cut them off: VOUCH_E_TRUNCATED and a FAILED
 * event. After the peer's CLOSE both are VOUCH_OK; the first lets commands that
 * run be replied to, the second ends them.
 */
VOUCH_EXPORT vouch_err vouch_session_end_of_stream(
    vouch_session *session, vouch_now now) VOUCH_MUST_CHECK;
VOUCH_EXPORT vouch_err vouch_session_truncated(vouch_session *session,
                                               vouch_now now) VOUCH_MUST_CHECK;

/** vouch_session_outgoing returns octets to be sent to the peer, borrowed
 * until the next call that is not const. */
VOUCH_EXPORT vouch_bytes vouch_session_outgoing(const vouch_session *session);

/** vouch_session_sent says that the first `len` of them have been sent. */
VOUCH_EXPORT void vouch_session_sent(vouch_session *session, size_t len);

/** vouch_session_deadline returns the time of the monotonic clock at which
 * vouch_session_tick is to be called at the latest; VOUCH_NEVER if no such. */
VOUCH_EXPORT uint64_t vouch_session_deadline(const vouch_session *session);

/** vouch_session_tick does what is due at `now`: expiry, timeouts, requests. A
 * monotonic clock that goes backwards changes nothing. It returns VOUCH_OK, or
 * an error of band LOCAL, after which the session has ended. */
VOUCH_EXPORT vouch_err vouch_session_tick(vouch_session *session,
                                          vouch_now now) VOUCH_MUST_CHECK;

/**
 * vouch_session_close queues CLOSE 0. Data that the peer sent before it sees
 * that still arrives. It returns VOUCH_E_CLOSED when the session has ended or
 * is ending.
 */
VOUCH_EXPORT vouch_err vouch_session_close(vouch_session *session,
                                           vouch_now now) VOUCH_MUST_CHECK;

/** vouch_session_ended tells whether nothing will come or go any more, but for
 * what vouch_session_outgoing and vouch_session_poll still hold. */
VOUCH_EXPORT bool vouch_session_ended(const vouch_session *session);

/* Asking and data */

/** vouch_exchange names one exchange of one session. A handle of another
 * session, or of an exchange that is over, is refused wherever it is used. */
typedef struct vouch_exchange {
    uint64_t id;      /**< as on the wire (proto/README.md) */
    uint64_t session; /**< tells sessions of one process apart */
    uint64_t epoch;   /**< of the posture that evidence must be of */
} vouch_exchange;

/**
 * vouch_session_request asks the peer to attest now. It returns
 *   VOUCH_E_STATE: there is no trust or no format to ask for, or it is too
 *       long to go before the peer's CAPABILITIES (VOUCH_EVENT_PEER);
 *   VOUCH_E_TOO_MANY: as many requests are in flight as this side or the
 *       peer allows: wait for an end; or VOUCH_LIMIT_EVENTS events wait: poll;
 *   VOUCH_E_CLOSED; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_request(vouch_session *session,
                                             vouch_now now, vouch_exchange *out)
    VOUCH_MUST_CHECK;

/**
 * vouch_session_request_nonce is vouch_session_request with the nonce of a
 * remote Verifier (8 to 64 octets) in the context. That it is there is vouched
 * for by this side alone. VOUCH_E_ARGUMENT when it is of another length;
 * VOUCH_E_STATE also before VOUCH_EVENT_PEER.
 */
VOUCH_EXPORT vouch_err vouch_session_request_nonce(
    vouch_session *session, vouch_bytes nonce, vouch_now now,
    vouch_exchange *out) VOUCH_MUST_CHECK;

/**
 * vouch_session_request_operation asks the peer to attest for one operation,
 * which it is to start within `within_ms` milliseconds from now. ACCEPTED then
 * means that vouch_session_command may send these very octets, once; such an
 * acceptance opens nothing else. The exchange ends in exactly one of the
 * events REPLY, REFUSED and UNKNOWN.
 *
 * It returns VOUCH_E_ARGUMENT for an operation longer than
 * VOUCH_LIMIT_OPERATION, or no time; VOUCH_E_STATE: the peer executes no
 * commands, or there was no VOUCH_EVENT_PEER yet; else as
 * vouch_session_request.
 */
VOUCH_EXPORT vouch_err vouch_session_request_operation(
    vouch_session *session, vouch_bytes operation, uint64_t within_ms,
    vouch_now now, vouch_exchange *out) VOUCH_MUST_CHECK;

/** vouch_session_cancel gives up a request, or an approval that was not used.
 * A command that was sent can not be called back. VOUCH_E_HANDLE. */
VOUCH_EXPORT vouch_err vouch_session_cancel(vouch_session *session,
                                            vouch_exchange exchange,
                                            vouch_now now) VOUCH_MUST_CHECK;

/** vouch_traffic is what a gate is asked about. */
typedef enum vouch_traffic {
    VOUCH_TRAFFIC_DATA = 0,
    VOUCH_TRAFFIC_COMMAND = 1, /**< some command; which, the exchange says */
} vouch_traffic;

/** vouch_session_may_send and _may_accept tell whether traffic may flow at
 * `now`: functions of exchanges, policy and time. */
VOUCH_EXPORT bool vouch_session_may_send(const vouch_session *session,
                                         vouch_traffic traffic, vouch_now now);
VOUCH_EXPORT bool vouch_session_may_accept(const vouch_session *session,
                                           vouch_traffic traffic,
                                           vouch_now now);

/**
 * vouch_session_send queues application data as DATA. `*taken` is how much of
 * it there was room for, which may be 0: send, and offer the rest again. It
 * returns VOUCH_E_GATE while vouch_session_may_send says no; VOUCH_E_CLOSED;
 * VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_send(vouch_session *session,
                                          vouch_bytes data, vouch_now now,
                                          size_t *taken) VOUCH_MUST_CHECK;

/* Commands */

/**
 * vouch_session_command sends the operation that `exchange` was accepted for.
 * The approval is spent with that. It returns
 *   VOUCH_E_GATE: there is no approval: not yet, not any more (stale, expired,
 *       rejected), or spent;
 *   VOUCH_E_OPERATION: approved were other octets; the approval stands;
 *   VOUCH_E_TOO_LARGE: too much waits to be sent: send, and try again;
 *   VOUCH_E_CLOSED; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_command(vouch_session *session,
                                             vouch_exchange exchange,
                                             vouch_bytes operation,
                                             vouch_now now) VOUCH_MUST_CHECK;

/**
 * vouch_session_take is to be called right before the command of a COMMAND
 * event is executed: all is checked once more, and the command counts as
 * executed from then on. It returns VOUCH_OK: execute it, then reply;
 * VOUCH_E_HANDLE: do not, the peer has been told why.
 */
VOUCH_EXPORT vouch_err vouch_session_take(vouch_session *session,
                                          vouch_exchange exchange,
                                          vouch_now now) VOUCH_MUST_CHECK;

/** vouch_status is how a command ended (proto/README.md, REPLY). */
typedef enum vouch_status {
    VOUCH_STATUS_DONE = 0,
    VOUCH_STATUS_DIGEST = 1,         /**< not what the evidence was bound to */
    VOUCH_STATUS_STALE = 2,          /**< its posture changed, or too late */
    VOUCH_STATUS_CONSUMED = 3,       /**< it came a second time */
    VOUCH_STATUS_NOT_CONFIRMED = 4,  /**< the acceptance had not arrived */
    VOUCH_STATUS_NOT_AUTHORISED = 5, /**< the asker may not */
    VOUCH_STATUS_UNKNOWN_EXCHANGE = 6,
    VOUCH_STATUS_FAILED = 7, /**< it was executed, and failed */
} vouch_status;

/** vouch_status_name returns the name, as in "stale"; static. */
VOUCH_EXPORT const char *vouch_status_name(vouch_status status);

/**
 * vouch_session_reply ends a command that was taken, as VOUCH_STATUS_DONE or
 * VOUCH_STATUS_FAILED, with what it gave (at most VOUCH_LIMIT_OPERATION octets,
 * may be empty). It returns VOUCH_E_HANDLE; VOUCH_E_ARGUMENT;
 * VOUCH_E_CLOSED; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_reply(vouch_session *session,
                                           vouch_exchange exchange,
                                           vouch_status status,
                                           vouch_bytes octets,
                                           vouch_now now) VOUCH_MUST_CHECK;

/* Posture */

/**
 * vouch_session_set_posture says that a component is now another, or that there
 * is a new one (see vouch_config_set_posture). The epoch rises, the peer is
 * told, what it has accepted of this side is void, and evidence that is being
 * made must be made again: EVIDENCE_NEEDED comes anew. A component that did not
 * change changes nothing. It returns VOUCH_E_ARGUMENT; VOUCH_E_TOO_MANY;
 * VOUCH_E_CLOSED; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_set_posture(
    vouch_session *session, const char *name, const uint8_t sha256[32],
    vouch_now now) VOUCH_MUST_CHECK;

/* Evidence, for the Attester's side */

/**
 * vouch_attester_answer has a shipped attester answer EVIDENCE_NEEDED. It may
 * take as long as the platform needs.
 *
 * It returns VOUCH_OK when the request was answered, and also when it cannot be
 * answered any more, since an exchange may end between its event and the
 * answer: it timed out, the posture changed and a newer EVIDENCE_NEEDED waits,
 * it was answered before, or the session ended. Nothing is to be done about
 * that. When the attester fails, or its evidence is too long for the peer, the
 * request is declined, and a DENIED event has the error (u.denied.err). When
 * the session fails, a FAILED event has the error.
 *
 * It returns an error only for a mistake of the caller:
 *   VOUCH_E_HANDLE: the peer never made this request in this session; pass the
 *       exchange of the event to the session that the event came from;
 *   VOUCH_E_FORKED: use the session in the process that made it.
 */
VOUCH_EXPORT vouch_err vouch_attester_answer(vouch_attester *attester,
                                             vouch_session *session,
                                             vouch_exchange exchange,
                                             vouch_now now) VOUCH_MUST_CHECK;

/**
 * vouch_registry_attest is vouch_attester_answer with the attester for the
 * format that is wanted. Without one, the request is declined, and the DENIED
 * event has VOUCH_E_ARGUMENT: give the configuration the formats of the same
 * registry (vouch_config_add_formats).
 */
VOUCH_EXPORT vouch_err vouch_registry_attest(const vouch_registry *registry,
                                             vouch_session *session,
                                             vouch_exchange exchange,
                                             vouch_now now) VOUCH_MUST_CHECK;

/** vouch_evidence_info is what an application's own attester needs. Spans
 * borrow until the next call that is not const. */
typedef struct vouch_evidence_info {
    vouch_bytes format;        /**< the media type to make */
    vouch_digest binder;       /**< must stand in the evidence, signed */
    vouch_digest aik_pub_hash; /**< likewise, where there is room */
    vouch_bytes aik_spki;
    uint64_t deadline; /**< of the monotonic clock */
    uint64_t epoch;    /**< of the posture that the evidence is about */
    const vouch_measurement *components; /**< of that posture, borrowed */
    size_t num_components;
} vouch_evidence_info;

/** vouch_session_evidence_info tells what EVIDENCE_NEEDED is about. It returns
 * VOUCH_E_HANDLE when that exchange does not wait for evidence. */
VOUCH_EXPORT vouch_err vouch_session_evidence_info(
    const vouch_session *session, vouch_exchange exchange,
    vouch_evidence_info *out) VOUCH_MUST_CHECK;

/**
 * vouch_session_provide answers with evidence, a CMW (cmw.h). It returns
 *   VOUCH_E_HANDLE: the exchange does not wait for evidence, any more, or the
 *       posture has changed since and there is a newer EVIDENCE_NEEDED;
 *   VOUCH_E_GATE: the peer was to attest first and is not accepted any more;
 *       the request was declined;
 *   VOUCH_E_CMW and its kin: `cmw` is no CMW of a format that was asked for;
 *   VOUCH_E_TOO_LARGE: longer than the peer takes: decline;
 *   VOUCH_E_CHANNEL_CHANGED; VOUCH_E_CRYPTO; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_provide(vouch_session *session,
                                             vouch_exchange exchange,
                                             vouch_bytes cmw,
                                             vouch_now now) VOUCH_MUST_CHECK;

/** Reasons that a peer can be given and can give (proto/README.md). */
typedef enum vouch_peer_reason {
    VOUCH_PEER_NONE = 0,
    VOUCH_PEER_POLICY = 1,
    VOUCH_PEER_BUSY = 2,
    VOUCH_PEER_YOU_FIRST = 3,
    VOUCH_PEER_NO_CREDENTIAL = 4,
    VOUCH_PEER_TIMEOUT = 5,
    VOUCH_PEER_INTERNAL = 6,
    VOUCH_PEER_POSTURE = 7,
} vouch_peer_reason;

/** vouch_session_busy declines for now: the peer may ask again in `retry_ms`
 * milliseconds; 0: not said. Errors are those of vouch_session_provide. */
VOUCH_EXPORT vouch_err vouch_session_busy(vouch_session *session,
                                          vouch_exchange exchange,
                                          uint64_t retry_ms,
                                          vouch_now now) VOUCH_MUST_CHECK;

/** vouch_session_decline answers with the empty authenticator (RFC 9261, 6).
 * Errors are those of vouch_session_provide. */
VOUCH_EXPORT vouch_err vouch_session_decline(vouch_session *session,
                                             vouch_exchange exchange,
                                             vouch_peer_reason reason,
                                             vouch_now now) VOUCH_MUST_CHECK;

/* Appraisal, for the Relying Party's side */

/**
 * vouch_appraiser_answer has a shipped appraiser answer APPRAISAL_NEEDED. The
 * verdict is told by ACCEPTED or REFUSED.
 *
 * It returns VOUCH_OK also when no verdict is wanted any more (the exchange
 * timed out or was cancelled, the peer's posture changed, it was answered
 * before, or the session ended), and when the session fails, which a FAILED
 * event tells. It returns an error only for a mistake of the caller:
 *   VOUCH_E_HANDLE: this session never made that request;
 *   VOUCH_E_FORKED: use the session in the process that made it.
 */
VOUCH_EXPORT vouch_err vouch_appraiser_answer(const vouch_appraiser *appraiser,
                                              vouch_session *session,
                                              vouch_exchange exchange,
                                              vouch_now now) VOUCH_MUST_CHECK;

/** vouch_registry_appraise is vouch_appraiser_answer with the appraisers for
 * the formats that came. Errors are those of vouch_appraiser_answer. */
VOUCH_EXPORT vouch_err vouch_registry_appraise(const vouch_registry *registry,
                                               vouch_session *session,
                                               vouch_exchange exchange,
                                               vouch_now now) VOUCH_MUST_CHECK;

/**
 * vouch_registry_appraise_result answers APPRAISAL_NEEDED by what a remote
 * Verifier made of the evidence: `cmw`, an Attestation Result that it gave for
 * this exchange. It is appraised like any message, against the binder, the AIK
 * and the nonce of the exchange. Errors are those of vouch_appraiser_answer.
 */
VOUCH_EXPORT vouch_err vouch_registry_appraise_result(
    const vouch_registry *registry, vouch_session *session,
    vouch_exchange exchange, vouch_bytes cmw, vouch_now now) VOUCH_MUST_CHECK;

/** vouch_appraisal_info is what an application's own appraiser, or a remote
 * Verifier, needs. Spans borrow until the next call that is not const. */
typedef struct vouch_appraisal_info {
    vouch_bytes cmw;           /**< of media types that were asked for */
    vouch_digest binder;       /**< what the evidence must carry */
    vouch_digest aik_pub_hash; /**< likewise */
    vouch_bytes aik_spki;      /**< evidence must not be signed by this key */
    vouch_bytes nonce;         /**< of vouch_session_request_nonce, or empty */
    uint64_t deadline;         /**< of the monotonic clock */
} vouch_appraisal_info;

/** vouch_session_appraisal_info tells what APPRAISAL_NEEDED is about. It
 * returns VOUCH_E_HANDLE when that exchange does not wait for a verdict. */
VOUCH_EXPORT vouch_err vouch_session_appraisal_info(
    const vouch_session *session, vouch_exchange exchange,
    vouch_appraisal_info *out) VOUCH_MUST_CHECK;

/**
 * vouch_session_conclude gives the verdict. `result` must carry the binder and
 * AIK hash that were found in the evidence, of level VOUCH_LEVEL_KEY_BOUND the
 * AIK hash alone: the session compares them, and a result without the right
 * ones is a rejection (VOUCH_CHECK_CONTRACT), whatever its verdict. A key-bound
 * result is one too (VOUCH_CHECK_LEVEL) where the configuration does not allow
 * it, for an operation, and after a change of the peer's posture. It returns
 * VOUCH_E_HANDLE; VOUCH_E_NOMEM.
 */
VOUCH_EXPORT vouch_err vouch_session_conclude(vouch_session *session,
                                              vouch_exchange exchange,
                                              const vouch_result *result,
                                              vouch_now now) VOUCH_MUST_CHECK;

/* Events */

typedef enum vouch_event_type {
    /** The peer's CAPABILITIES came. */
    VOUCH_EVENT_PEER = 1,
    /** The peer asks; answer with vouch_attester_answer, vouch_session_provide
     * or vouch_session_decline. */
    VOUCH_EVENT_EVIDENCE_NEEDED,
    /** Evidence came on a valid authenticator; answer with
     * vouch_appraiser_answer or vouch_session_conclude. */
    VOUCH_EVENT_APPRAISAL_NEEDED,
    /** The peer is accepted: u.accepted. */
    VOUCH_EVENT_ACCEPTED,
    /** The peer is not accepted, and why: u.refused. */
    VOUCH_EVENT_REFUSED,
    /** An acceptance ended: u.expired. */
    VOUCH_EVENT_EXPIRED,
    /** The peer accepted this side: u.confirmed. */
    VOUCH_EVENT_CONFIRMED,
    /** The peer did not, or no longer, accept this side, or the request was
     * declined: u.denied. */
    VOUCH_EVENT_DENIED,
    /** The gate for data opened or shut: u.gate. */
    VOUCH_EVENT_GATE,
    /** Application data: u.data. */
    VOUCH_EVENT_DATA,
    /** Data that the gate did not let in was lost: u.dropped. A FAILED event
     * with VOUCH_E_DATA_LOST follows unless vouch_config_allow_data_loss. */
    VOUCH_EVENT_DATA_DROPPED,
    /** The peer's posture changed; what was accepted of it is void: u.posture.
     */
    VOUCH_EVENT_POSTURE,
    /** A command came: vouch_session_take, execute it, vouch_session_reply:
     * u.command. */
    VOUCH_EVENT_COMMAND,
    /** A command ended: u.reply. */
    VOUCH_EVENT_REPLY,
    /** A command was sent and its end will not be known. */
    VOUCH_EVENT_UNKNOWN,
    /** The record of a request that ended, for an audit log: u.audit. */
    VOUCH_EVENT_AUDIT,
    /** Something terminates TLS between the two sides. */
    VOUCH_EVENT_DIFFERENT_CONNECTION,
    /** What the two sides require can never be met: a CLOSE 3 follows. */
    VOUCH_EVENT_POLICY_DEADLOCK,
    /** The peer's CLOSE came: u.closed. */
    VOUCH_EVENT_CLOSED,
    /** An error ended the session: u.failed. */
    VOUCH_EVENT_FAILED,
} vouch_event_type;

/** vouch_event_name returns the name, as in "accepted"; static. */
VOUCH_EXPORT const char *vouch_event_name(vouch_event_type type);

/** vouch_cause is why an acceptance ended. */
typedef enum vouch_cause {
    VOUCH_CAUSE_AGE = 0,
    VOUCH_CAUSE_REJECTION, /**< a later exchange was rejected */
    VOUCH_CAUSE_POSTURE,   /**< the peer's posture changed */
    VOUCH_CAUSE_END,       /**< the session ended, or it was cancelled */
} vouch_cause;

/**
 * vouch_audit is what is left of a request when it has ended: who, when, the
 * verdict and what it rests on, as digests; neither evidence nor secrets. What
 * was not reached is zero.
 */
typedef struct vouch_audit {
    vouch_exchange exchange;
    vouch_verdict verdict;
    vouch_level level;
    vouch_tier tier;
    vouch_check check; /**< that decided, as in REFUSED */
    vouch_claim claim;
    vouch_err err;
    int64_t asked_unix_s;
    uint64_t answer_ms;    /**< from REQUEST to AUTHENTICATOR */
    uint64_t appraisal_ms; /**< from AUTHENTICATOR to the verdict */
    vouch_digest aik_pub_hash;
    uint8_t ueid_digest[32]; /**< SHA-256 of ueid */
    uint8_t binder_digest[32];
    uint8_t evidence_digest[32];
    uint8_t anchor_digest[32];
    uint8_t policy_digest[32];
} vouch_audit;

typedef struct vouch_event {
    vouch_event_type type;
    vouch_exchange exchange; /**< zero where the event is about none */
    union {
        struct {
            vouch_level level;
            vouch_bytes format; /**< media type of what came, of several the
                                     first; borrowed for the session's life */
            uint64_t until;     /**< time of the monotonic clock */
            bool revocation_checked;
            bool is_handshake_key;
            bool instance_pinned; /**< the policy names this instance */
            vouch_tier tier;
            int8_t vector[VOUCH_CATEGORIES];
            uint64_t claims; /**< relied on: bit 1 << vouch_claim */
            vouch_digest aik_pub_hash;
            uint8_t ueid_digest[32];   /**< SHA-256 of ueid; zeros: none */
            uint8_t binder_digest[32]; /**< SHA-256 of the binder */
            uint8_t evidence_digest[32];
            uint8_t anchor_digest[32];
            uint8_t policy_digest[32];
        } accepted;
        struct {
            vouch_verdict verdict; /**< rejected or indeterminate */
            vouch_bytes format;    /**< likewise, or empty */
            vouch_tier tier;
            vouch_progress stages[VOUCH_STAGES]; /**< of the appraisal */
            const vouch_reason *reason;    /**< borrowed until the next poll */
            vouch_peer_reason peer_reason; /**< when the peer declined */
            uint64_t retry_ms;             /**< when the peer is busy, at most
                                                VOUCH_LIMIT_RETRY_MS; 0: not said */
        } refused;
        struct {
            vouch_cause cause;
        } expired;
        struct {
            uint64_t until;
        } confirmed;
        struct {
            vouch_peer_reason reason;
            vouch_err err; /**< the local cause, or VOUCH_OK */
        } denied;
        struct {
            bool open;
        } gate;
        struct {
            vouch_bytes bytes;   /**< borrowed until the next poll */
            bool pre_acceptance; /**< was sent before the gate opened */
        } data;
        struct {
            uint64_t octets;
        } dropped;
        struct {
            uint64_t epoch;
        } posture;
        struct {
            vouch_bytes bytes; /**< borrowed until the next poll */
        } command;
        struct {
            vouch_status status;
            vouch_bytes bytes;    /**< borrowed until the next poll */
            bool posture_changed; /**< while the command ran */
        } reply;
        struct {
            const vouch_audit *record; /**< borrowed until the next poll */
        } audit;
        struct {
            uint64_t code; /**< proto/README.md, CLOSE */
        } closed;
        struct {
            vouch_err err;
            uint64_t code; /**< of the CLOSE that was queued */
        } failed;
        uint64_t spare[48];
    } u;
} vouch_event;

/**
 * vouch_session_poll takes the next event. False: there is none now. Spans in
 * `*out` are borrowed until the next poll.
 */
VOUCH_EXPORT bool vouch_session_poll(vouch_session *session, vouch_event *out);

/** vouch_session_has_event tells whether vouch_session_poll would return true:
 * do not wait for input then. */
VOUCH_EXPORT bool vouch_session_has_event(const vouch_session *session);

/* Counters */

/** vouch_stats counts what a session has seen, since it was made. */
typedef struct vouch_stats {
    uint64_t requests_sent;
    uint64_t accepted;
    uint64_t rejected;
    uint64_t indeterminate;
    uint64_t requests_received;
    uint64_t requests_declined;
    uint64_t answered;
    uint64_t confirmed;
    uint64_t commands_sent;
    uint64_t commands_taken;
    uint64_t commands_refused; /**< by this side */
    uint64_t posture_changes;  /**< of this side */
    uint64_t data_sent;        /**< octets */
    uint64_t data_received;    /**< octets */
    uint64_t data_dropped;     /**< octets */
    uint64_t strays;           /**< capsules for exchanges that were over */
} vouch_stats;

/** vouch_session_stats copies the counters. */
VOUCH_EXPORT void vouch_session_stats(const vouch_session *session,
                                      vouch_stats *out);

#ifdef __cplusplus
}
#endif

#endif
