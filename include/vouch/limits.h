/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_LIMITS_H
#define VOUCH_LIMITS_H

/*
 * Every quantity that a peer controls has its limit here. A value at the
 * limit passes, one more is refused. Lengths are in octets and are checked
 * before memory is spent.
 */

/* RFC 9261 */

/** Longest authenticator request. */
#define VOUCH_LIMIT_REQUEST 4096
/** Longest cmw_data: 65,535 less the headers of its extension. */
#define VOUCH_LIMIT_CMW 65529
/** Certificates in a chain. */
#define VOUCH_LIMIT_CHAIN 10
/** Longest certificate. */
#define VOUCH_LIMIT_CERTIFICATE 16384
/** Longest certificate_list, evidence included. */
#define VOUCH_LIMIT_CERTIFICATE_LIST 131072
/** Longest signature: RSA of 4,096 bits. */
#define VOUCH_LIMIT_SIGNATURE 512
/** Longest authenticator: the list, and 2,048 for all else. */
#define VOUCH_LIMIT_AUTHENTICATOR (VOUCH_LIMIT_CERTIFICATE_LIST + 2048)
/** Extensions in one block. */
#define VOUCH_LIMIT_EXTENSIONS 32
/** Requests of an endpoint whose answers are awaited; 64 bits remember them. */
#define VOUCH_LIMIT_UNANSWERED 64
/** Foreign contexts that an endpoint can be told to remember. */
#define VOUCH_LIMIT_FOREIGN_CONTEXTS 1024
/** Chains that a trust remembers as good. */
#define VOUCH_LIMIT_CHAIN_CACHE 1024

/* CBOR */

/** Nesting of arrays, maps and tags. */
#define VOUCH_LIMIT_CBOR_DEPTH 16
/** Data items in one message or token. */
#define VOUCH_LIMIT_CBOR_ITEMS 4096
/** Pairs whose keys are held against each other, in maps within maps. */
#define VOUCH_LIMIT_CBOR_PAIRS 64
/** Longest media type. */
#define VOUCH_LIMIT_MEDIA_TYPE 255
/** Collections within each other, the outermost counted. */
#define VOUCH_LIMIT_CMW_DEPTH 4
/** Members of a collection, those of collections within it counted. */
#define VOUCH_LIMIT_CMW_MEMBERS 32
/** Longest label of a member, and longest type of a collection. */
#define VOUCH_LIMIT_CMW_LABEL 255
/** Formats in one list. */
#define VOUCH_LIMIT_FORMATS 16

/* Capsules and the session */

/** Longest value of a capsule; the largest AUTHENTICATOR fits. */
#define VOUCH_LIMIT_CAPSULE (VOUCH_LIMIT_AUTHENTICATOR + 64)
/** Octets of DATA in one capsule. */
#define VOUCH_LIMIT_DATA 16384
/** Longest REQUEST that this side sends before the peer's CAPABILITIES came. */
#define VOUCH_LIMIT_EARLY_REQUEST 4096
/** Exchanges in flight, in each direction. */
#define VOUCH_LIMIT_IN_FLIGHT 4
/** Acceptances, and confirmations, that are kept in each direction, beside
 * those of operations. */
#define VOUCH_LIMIT_SETTLED 4
/** Requests a minute that a peer may send; as many may come at once. */
#define VOUCH_LIMIT_REQUESTS_PER_MINUTE 60
/** Capsules a minute for exchanges that are over, before CLOSE 2. */
#define VOUCH_LIMIT_STRAYS_PER_MINUTE 60
/** Events waiting to be polled before recv takes no more. */
#define VOUCH_LIMIT_EVENTS 64
/** Octets of DATA waiting to be polled before recv takes no more. */
#define VOUCH_LIMIT_DATA_WAITING 65536
/** Octets of DATA held until the gate opens. */
#define VOUCH_LIMIT_DATA_HELD 65536
/** Octets of answers waiting to be sent, before CLOSE 2. */
#define VOUCH_LIMIT_ANSWERS_WAITING 262144
/** Octets waiting to be sent before vouch_session_send takes no more. */
#define VOUCH_LIMIT_DATA_UNSENT 65536
/** Milliseconds within which a peer may have a request answered, at most. */
#define VOUCH_LIMIT_ANSWER_WITHIN_MS 600000
/** Milliseconds after which a busy peer wants to be asked again, at most. */
#define VOUCH_LIMIT_RETRY_MS 3600000
/** Milliseconds that an acceptance lasts, on either side: 2^53. */
#define VOUCH_LIMIT_HOLD_MS 9007199254740992

/** Octets of an operation, and of what its command gives back. */
#define VOUCH_LIMIT_OPERATION 65536
/** Operations in one direction, from request to reply. */
#define VOUCH_LIMIT_OPERATIONS 16
/** Components of a posture. */
#define VOUCH_LIMIT_COMPONENTS 32

/* Evidence */

/** Claims of an EAT that are looked at. */
#define VOUCH_LIMIT_CLAIMS 64
/** Measurements in one token. */
#define VOUCH_LIMIT_MEASUREMENTS 256
/** Longest name of a measurement. */
#define VOUCH_LIMIT_MEASUREMENT_NAME 255
/** Longest text in an Attestation Result: label, profile, Verifier, policy. */
#define VOUCH_LIMIT_RESULT_TEXT 255
/** Longest text of a Verifier's reason in it. */
#define VOUCH_LIMIT_REFUSAL_TEXT 131
/** Submodules of an EAT, and appraisals in an Attestation Result. */
#define VOUCH_LIMIT_SUBMODULES 16

/* Policies */

/** Keys of a policy, and CA certificates likewise. */
#define VOUCH_LIMIT_ANCHORS 64
/** Longest key id, besides SHA-256 of the key. */
#define VOUCH_LIMIT_KEY_ID 64
/** Instances that a policy names. */
#define VOUCH_LIMIT_INSTANCES 256
/** Tags in a CoRIM. */
#define VOUCH_LIMIT_CORIM_TAGS 64
/** Longest CoRIM. */
#define VOUCH_LIMIT_CORIM 262144

#endif
