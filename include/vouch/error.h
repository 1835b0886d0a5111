/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_ERROR_H
#define VOUCH_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VOUCH_MUST_CHECK __attribute__((warn_unused_result))

/**
 * vouch_err says why a call failed. The band that it lies in says what to do.
 *
 *   PEER    the peer sent what the protocol does not allow. Inside a session
 *           this ends the session; in an RFC 9261 call alone the
 *           authenticator is worthless and its context is spent.
 *   LIMIT   a quantity passed its limit (limits.h). From the peer it is
 *           treated like PEER; in a call of the application's own nothing
 *           has changed and a smaller argument may succeed.
 *   MISUSE  the call was not allowed now or with these arguments. Nothing
 *           has changed. Correct the program.
 *   LOCAL   this machine could not do its part: memory, keys, files, random
 *           numbers. Nothing has changed; trying again may help.
 */
typedef enum vouch_err {
    VOUCH_OK = 0,

    /* PEER */
    VOUCH_E_DECODE = 100,          /**< not the structure that is due here */
    VOUCH_E_UNEXPECTED,            /**< a message that is not allowed now */
    VOUCH_E_ILLEGAL,               /**< a well-formed but forbidden value */
    VOUCH_E_DUPLICATE,             /**< an extension or key stands twice */
    VOUCH_E_REQUEST_TYPE,          /**< request type of the other role */
    VOUCH_E_BAD_REQUEST,           /**< request lacks or breaks an extension */
    VOUCH_E_UNSUPPORTED_EXTENSION, /**< extension that was not offered */
    VOUCH_E_EXTENSION_PLACEMENT,   /**< extension where it may not stand */
    VOUCH_E_EXTENSION_FORMAT,      /**< body of an extension is malformed */
    VOUCH_E_CONTEXT_MISMATCH,      /**< certificate_request_context differs */
    VOUCH_E_CONTEXT_REUSED,        /**< context was used on this connection */
    VOUCH_E_SIGNATURE_SCHEME,      /**< scheme not offered or not of the key */
    VOUCH_E_SIGNATURE,             /**< signature does not verify */
    VOUCH_E_FINISHED,              /**< Finished does not verify */
    VOUCH_E_CERTIFICATE,           /**< chain, name, purpose or time */
    VOUCH_E_DECLINED,              /**< authentic empty authenticator */
    VOUCH_E_CBOR,                  /**< CBOR that the profile does not allow */
    VOUCH_E_CMW,                   /**< not a CMW */
    VOUCH_E_CMW_SIGNED,            /**< signed CMW: not used by vouch */
    VOUCH_E_COSE_ALGORITHM,        /**< COSE alg absent, unprotected, not the
                                        key's */
    VOUCH_E_COSE_PLACEMENT,        /**< COSE parameter that must be protected */
    VOUCH_E_CLAIM_TYPE,            /**< claim of the wrong type or range */
    VOUCH_E_CLAIM_MISSING,         /**< required claim is absent */
    VOUCH_E_TRUNCATED,             /**< the connection ended within */

    /* LIMIT */
    VOUCH_E_TOO_LARGE = 200, /**< longer than its limit */
    VOUCH_E_TOO_MANY,        /**< more than the limit, or nested deeper */
    VOUCH_E_RATE,            /**< faster than the limit */

    /* MISUSE */
    VOUCH_E_ARGUMENT = 300,       /**< argument out of its domain */
    VOUCH_E_STATE,                /**< not allowed in this state */
    VOUCH_E_HANDLE,               /**< exchange unknown, ended or answered */
    VOUCH_E_GATE,                 /**< the gate is shut */
    VOUCH_E_OPERATION,            /**< not the operation that was approved */
    VOUCH_E_FORKED,               /**< the session belongs to the parent */
    VOUCH_E_TLS_VERSION,          /**< connection is not TLS 1.3 */
    VOUCH_E_HANDSHAKE_INCOMPLETE, /**< handshake is still running */
    VOUCH_E_EARLY_DATA,           /**< early data is on or was used */
    VOUCH_E_RESUMED,              /**< connection was resumed */
    VOUCH_E_TICKETS,              /**< session tickets are on */
    VOUCH_E_ALPN,                 /**< "vouch/1" was not negotiated */
    VOUCH_E_CHANNEL_USED,         /**< connection already has a channel */
    VOUCH_E_CHANNEL_CHANGED,      /**< the SSL is another connection now */
    VOUCH_E_KEY_MISMATCH,         /**< key is not the one in the certificate */
    VOUCH_E_LABEL,                /**< the channel has a label that sessions do
                                       not use: make one without */

    /* LOCAL */
    VOUCH_E_NOMEM = 400, /**< out of memory */
    VOUCH_E_CRYPTO,      /**< a cryptographic library failed */
    VOUCH_E_IO,          /**< a file or socket failed; errno says how */
    VOUCH_E_EXISTS,      /**< file exists and is not to be replaced */
    VOUCH_E_KEY_FILE,    /**< file is no key of a supported kind */
    VOUCH_E_CLOSED,      /**< session ended before; nothing was done */
    VOUCH_E_NOT_BUILT,   /**< left out when this library was built */
    VOUCH_E_DATA_LOST,   /**< application data of the peer was dropped, and none
                              may follow it: connect anew */
} vouch_err;

/** vouch_err_band groups errors by what the caller does next. */
typedef enum vouch_err_band {
    VOUCH_BAND_NONE,
    VOUCH_BAND_PEER,
    VOUCH_BAND_LIMIT,
    VOUCH_BAND_MISUSE,
    VOUCH_BAND_LOCAL,
} vouch_err_band;

/** vouch_err_band_of returns the band that `err` lies in. */
__attribute__((visibility("default"))) vouch_err_band vouch_err_band_of(
    vouch_err err);

/**
 * vouch_err_name returns the name of `err` without its prefix, in lower case:
 * "finished" for VOUCH_E_FINISHED, "ok" for VOUCH_OK, and "unknown" for a
 * number that is none. The string is static.
 */
__attribute__((visibility("default"))) const char *vouch_err_name(
    vouch_err err);

/**
 * vouch_err_alert returns the TLS alert (RFC 8446, 6.2) that stands for `err`,
 * for applications that carry authenticators themselves and want to tell the
 * peer: 110 unsupported_extension for an extension that was not offered
 * (expat-04, 3.1), 80 internal_error for what is not the peer's doing.
 */
__attribute__((visibility("default"))) uint8_t vouch_err_alert(vouch_err err);

#ifdef __cplusplus
}
#endif

#endif
