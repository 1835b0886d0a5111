/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/vouch/describe.h"
#include "tools/vouch/report.h"

/* proto/README.md, Context: the exchange is for one operation. */
#define OPERATION_BIT (UINT64_C(1) << 62)

enum {
    SHOWN_MAX = 512, /* octets of a reply, in a sentence */
    EXCHANGE_TEXT = 2 * 8 + 1,
    CLOSE_DONE = 0, /* proto/README.md, CLOSE */
    CLOSE_DEADLOCK = 3,
    CLOSE_REFUSED = 4,
};

static const char *exchange_text(const vouch_event *event,
                                 char out[EXCHANGE_TEXT])
{
    snprintf(out, EXCHANGE_TEXT, "%016" PRIx64, event->exchange.id);
    return out;
}

static json_t *digest_text(const uint8_t *octets, size_t len)
{
    char digits[2 * VOUCH_HASH_MAX + 1];

    return json_string(hex((vouch_bytes){octets, len}, digits));
}

static json_int_t left(uint64_t until, vouch_now now)
{
    return until > now.mono_ms ? (json_int_t)(until - now.mono_ms) : 0;
}

static const char *peer_reason_text(vouch_peer_reason reason)
{
    static const char *const texts[] = {
        [VOUCH_PEER_NONE] = "none",
        [VOUCH_PEER_POLICY] = "policy",
        [VOUCH_PEER_BUSY] = "busy",
        [VOUCH_PEER_YOU_FIRST] = "you first",
        [VOUCH_PEER_NO_CREDENTIAL] = "no credential",
        [VOUCH_PEER_TIMEOUT] = "timeout",
        [VOUCH_PEER_INTERNAL] = "internal",
        [VOUCH_PEER_POSTURE] = "posture changed",
    };

    return reason < sizeof texts / sizeof texts[0] ? texts[reason] : "internal";
}

bool events_is_operation(const vouch_event *event)
{
    return (event->exchange.id & OPERATION_BIT) != 0;
}

typedef void teller(const vouch_event *event, vouch_now now,
                    struct tally *tally);

static void tell_peer(const vouch_event *event, vouch_now now,
                      struct tally *tally)
{
    (void)event;
    (void)now;
    report(json_pack("{s:s,s:s}", "event", "peer", "name", tally->peer),
           "%s speaks the protocol", tally->peer);
}

/* An acceptance for one operation opens nothing but that. */
static void tell_approved(const vouch_event *event, vouch_now now,
                          const struct tally *tally)
{
    char exchange[EXCHANGE_TEXT];
    json_int_t ms = left(event->u.accepted.until, now);

    report(json_pack("{s:s,s:s,s:s,s:I,s:o}", "event", "approved", "peer",
                     tally->peer, "exchange", exchange_text(event, exchange),
                     "for_ms", ms, "evidence",
                     digest_text(event->u.accepted.evidence_digest, 32)),
           "%s has attested for the operation: it can be sent within %.1f s",
           tally->peer, (double)ms / 1000);
}

static void tell_accepted(const vouch_event *event, vouch_now now,
                          struct tally *tally)
{
    char exchange[EXCHANGE_TEXT];
    json_int_t ms = left(event->u.accepted.until, now);
    const char *attester = describe_attester(event->u.accepted.format);
    const char *level = vouch_level_name(event->u.accepted.level);
    const char *tier = vouch_tier_name(event->u.accepted.tier);

    if (events_is_operation(event)) {
        tell_approved(event, now, tally);
        return;
    }
    tally->accepted++;
    report(json_pack(
               "{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:I,s:b,s:b,s:b,s:o,s:o,s:o,"
               "s:o,s:o,s:o}",
               "event", "accepted", "peer", tally->peer, "attester", attester,
               "exchange", exchange_text(event, exchange), "level", level,
               "tier", tier, "vector",
               describe_vector(event->u.accepted.vector), "claims",
               describe_claims(event->u.accepted.claims), "for_ms", ms,
               "handshake_key", (int)event->u.accepted.is_handshake_key,
               "revocation_checked", (int)event->u.accepted.revocation_checked,
               "instance_pinned", (int)event->u.accepted.instance_pinned, "aik",
               digest_text(event->u.accepted.aik_pub_hash.data,
                           event->u.accepted.aik_pub_hash.len),
               "ueid", digest_text(event->u.accepted.ueid_digest, 32), "binder",
               digest_text(event->u.accepted.binder_digest, 32), "evidence",
               digest_text(event->u.accepted.evidence_digest, 32), "anchor",
               digest_text(event->u.accepted.anchor_digest, 32), "policy",
               digest_text(event->u.accepted.policy_digest, 32)),
           "accepted %s for %.1f s: %s, %s, %s", tally->peer, (double)ms / 1000,
           attester, level, tier);
}

static const char *or_nothing(const char *text)
{
    return text[0] != '\0' ? text : "nothing";
}

static void tell_rejected(const vouch_event *event, const char *exchange,
                          const struct tally *tally)
{
    const vouch_reason *reason = event->u.refused.reason;

    report(json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s}",
                     "event", "refused", "peer", tally->peer, "attester",
                     describe_attester(event->u.refused.format), "exchange",
                     exchange, "tier", vouch_tier_name(event->u.refused.tier),
                     "stages", describe_stages(event->u.refused.stages),
                     "check", vouch_check_name(reason->check), "claim",
                     vouch_claim_name(reason->claim), "name", reason->name,
                     "expected", reason->expected, "found", reason->found,
                     "error", vouch_err_name(reason->err)),
           "REFUSED %s: %s: %s %s: expected %s, found %s (%s)", tally->peer,
           vouch_check_name(reason->check), vouch_claim_name(reason->claim),
           reason->name, or_nothing(reason->expected),
           or_nothing(reason->found), vouch_err_name(reason->err));
}

/* An exchange without a verdict is no refusal, but nothing rests on it. */
static void tell_undecided(const vouch_event *event, const char *exchange,
                           const struct tally *tally)
{
    const vouch_reason *reason = event->u.refused.reason;
    const char *said = peer_reason_text(event->u.refused.peer_reason);

    report(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "event", "undecided",
                     "peer", tally->peer, "exchange", exchange, "check",
                     vouch_check_name(reason->check), "found", reason->found,
                     "error", vouch_err_name(reason->err), "reason", said,
                     "retry_ms", (json_int_t)event->u.refused.retry_ms),
           "no verdict on %s: %s %s (%s; the peer says: %s)", tally->peer,
           vouch_check_name(reason->check), reason->found,
           vouch_err_name(reason->err), said);
}

static void tell_refused(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    char exchange[EXCHANGE_TEXT];

    (void)now;
    exchange_text(event, exchange);
    if (event->u.refused.verdict == VOUCH_REJECTED) {
        tally->refused++;
        tell_rejected(event, exchange, tally);
    } else {
        tell_undecided(event, exchange, tally);
    }
}

static const char *cause_text(vouch_cause cause)
{
    static const char *const texts[] = {
        [VOUCH_CAUSE_AGE] = "age",
        [VOUCH_CAUSE_REJECTION] = "rejection",
        [VOUCH_CAUSE_POSTURE] = "posture",
        [VOUCH_CAUSE_END] = "end",
    };

    return cause < sizeof texts / sizeof texts[0] ? texts[cause] : "unknown";
}

static void tell_expired(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    const char *cause = cause_text(event->u.expired.cause);
    char exchange[EXCHANGE_TEXT];

    (void)now;
    report(json_pack("{s:s,s:s,s:s,s:s}", "event", "expired", "peer",
                     tally->peer, "exchange", exchange_text(event, exchange),
                     "cause", cause),
           "the acceptance of %s has ended: %s", tally->peer, cause);
}

static void tell_posture(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    (void)now;
    report(json_pack("{s:s,s:s,s:I}", "event", "posture", "peer", tally->peer,
                     "epoch", (json_int_t)event->u.posture.epoch),
           "%s says that its posture has changed", tally->peer);
}

static void tell_confirmed(const vouch_event *event, vouch_now now,
                           struct tally *tally)
{
    json_int_t ms = left(event->u.confirmed.until, now);
    char exchange[EXCHANGE_TEXT];

    report(json_pack("{s:s,s:s,s:s,s:I}", "event",
                     events_is_operation(event) ? "approval" : "confirmed",
                     "peer", tally->peer, "exchange",
                     exchange_text(event, exchange), "for_ms", ms),
           events_is_operation(event)
               ? "%s has accepted this side for one operation, for %.1f s"
               : "%s has accepted this side for %.1f s",
           tally->peer, (double)ms / 1000);
}

static void tell_denied(const vouch_event *event, vouch_now now,
                        struct tally *tally)
{
    const char *reason = peer_reason_text(event->u.denied.reason);
    char exchange[EXCHANGE_TEXT];

    (void)now;
    report(json_pack("{s:s,s:s,s:s,s:s,s:s}", "event", "denied", "peer",
                     tally->peer, "exchange", exchange_text(event, exchange),
                     "reason", reason, "error",
                     vouch_err_name(event->u.denied.err)),
           "%s does not accept this side, or no longer: %s (%s)", tally->peer,
           reason, vouch_err_name(event->u.denied.err));
}

static void tell_gate(const vouch_event *event, vouch_now now,
                      struct tally *tally)
{
    bool open = event->u.gate.open;

    (void)now;
    tally->opened = tally->opened || open;
    report(json_pack("{s:s,s:b}", "event", "gate", "open", (int)open),
           open ? "the gate is open" : "the gate is shut");
}

static void tell_data(const vouch_event *event, vouch_now now,
                      struct tally *tally)
{
    (void)now;
    if (tally->received == 0) {
        report(json_pack("{s:s}", "event", "receiving"), "data comes in");
    }
    tally->received += event->u.data.bytes.len;
}

static void tell_dropped(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    (void)now;
    (void)tally;
    report(json_pack("{s:s,s:I}", "event", "data_dropped", "bytes",
                     (json_int_t)event->u.dropped.octets),
           "%" PRIu64 " octets came while the gate was shut: dropped",
           event->u.dropped.octets);
}

static void tell_command(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    size_t len = event->u.command.bytes.len;
    char exchange[EXCHANGE_TEXT];

    (void)now;
    report(json_pack("{s:s,s:s,s:s,s:I}", "event", "command", "peer",
                     tally->peer, "exchange", exchange_text(event, exchange),
                     "bytes", (json_int_t)len),
           "%s sends a command of %zu octets", tally->peer, len);
}

/* Octets as JSON text, or as hexadecimal digits if they are no text. */
static json_t *reply_text(vouch_bytes octets, const char **member)
{
    json_t *text = json_stringn(
        octets.len != 0 ? (const char *)octets.data : "", octets.len);
    char *digits;

    *member = "reply";
    if (text != NULL) {
        return text;
    }
    *member = "reply_hex";
    digits = malloc(2 * octets.len + 1);
    text = digits != NULL ? json_string(hex(octets, digits)) : NULL;
    free(digits);
    return text;
}

/* For a terminal, which is not to obey the peer. */
static void show(vouch_bytes octets, char out[SHOWN_MAX + 1])
{
    size_t len = octets.len < SHOWN_MAX ? octets.len : SHOWN_MAX;

    for (size_t i = 0; i < len; i++) {
        uint8_t c = octets.data[i];

        out[i] = '?';
        if (c >= ' ' && c <= '~') {
            out[i] = (char)c;
        }
    }
    out[len] = '\0';
}

static void tell_reply(const vouch_event *event, vouch_now now,
                       struct tally *tally)
{
    const char *status = vouch_status_name(event->u.reply.status);
    vouch_bytes octets = event->u.reply.bytes;
    char exchange[EXCHANGE_TEXT], shown[SHOWN_MAX + 1];
    const char *member;
    json_t *text = reply_text(octets, &member);

    (void)now;
    show(octets, shown);
    report(json_pack("{s:s,s:s,s:s,s:s,s:b,s:o}", "event", "reply", "peer",
                     tally->peer, "exchange", exchange_text(event, exchange),
                     "status", status, "posture_changed",
                     (int)event->u.reply.posture_changed, member, text),
           "%s replies: %s%s%s%s", tally->peer, status,
           event->u.reply.posture_changed ? ", with another posture at the end"
                                          : "",
           octets.len != 0 ? ": " : "", shown);
}

static void tell_unknown(const vouch_event *event, vouch_now now,
                         struct tally *tally)
{
    char exchange[EXCHANGE_TEXT];

    (void)now;
    report(json_pack("{s:s,s:s,s:s}", "event", "unknown", "peer", tally->peer,
                     "exchange", exchange_text(event, exchange)),
           "whether %s has executed the command is not known", tally->peer);
}

static const char *verdict_text(vouch_verdict verdict)
{
    static const char *const texts[] = {
        [VOUCH_ACCEPTED] = "accepted",
        [VOUCH_REJECTED] = "rejected",
        [VOUCH_INDETERMINATE] = "indeterminate",
    };

    return verdict < sizeof texts / sizeof texts[0] ? texts[verdict]
                                                    : "unknown";
}

static void tell_audit(const vouch_event *event, vouch_now now,
                       struct tally *tally)
{
    const vouch_audit *record = event->u.audit.record;
    const char *verdict = verdict_text(record->verdict);
    char exchange[EXCHANGE_TEXT];

    (void)now;
    if (!tally->audit) {
        return;
    }
    exchange_text(event, exchange);
    report(json_pack(
               "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o,"
               "s:o,s:o}",
               "event", "audit", "peer", tally->peer, "exchange", exchange,
               "verdict", verdict, "check", vouch_check_name(record->check),
               "claim", vouch_claim_name(record->claim), "error",
               vouch_err_name(record->err), "asked",
               (json_int_t)record->asked_unix_s, "answer_ms",
               (json_int_t)record->answer_ms, "appraisal_ms",
               (json_int_t)record->appraisal_ms, "aik",
               digest_text(record->aik_pub_hash.data, record->aik_pub_hash.len),
               "ueid", digest_text(record->ueid_digest, 32), "binder",
               digest_text(record->binder_digest, 32), "evidence",
               digest_text(record->evidence_digest, 32), "anchor",
               digest_text(record->anchor_digest, 32), "policy",
               digest_text(record->policy_digest, 32)),
           "audit: %s, exchange %s: %s, answered in %" PRIu64
           " ms, appraised in %" PRIu64 " ms",
           tally->peer, exchange, verdict, record->answer_ms,
           record->appraisal_ms);
}

static void tell_different_connection(const vouch_event *event, vouch_now now,
                                      struct tally *tally)
{
    (void)event;
    (void)now;
    tally->amiss = true;
    report(json_pack("{s:s}", "event", "different_connection"),
           "REFUSED: something between here and %s terminates TLS",
           tally->peer);
}

static void tell_deadlock(const vouch_event *event, vouch_now now,
                          struct tally *tally)
{
    (void)event;
    (void)now;
    tally->amiss = true;
    report(json_pack("{s:s}", "event", "policy_deadlock"),
           "REFUSED: what this side and %s require can never be met",
           tally->peer);
}

static void tell_closed(const vouch_event *event, vouch_now now,
                        struct tally *tally)
{
    (void)now;
    tally->closed = true;
    tally->close_code = event->u.closed.code;
    report(json_pack("{s:s,s:I}", "event", "closed", "code",
                     (json_int_t)event->u.closed.code),
           "%s has closed the session, code %" PRIu64, tally->peer,
           event->u.closed.code);
}

static void tell_failed(const vouch_event *event, vouch_now now,
                        struct tally *tally)
{
    (void)now;
    tally->failed = true;
    tally->err = event->u.failed.err;
    report(json_pack("{s:s,s:s,s:I}", "event", "failed", "error",
                     vouch_err_name(event->u.failed.err), "code",
                     (json_int_t)event->u.failed.code),
           "the session has failed: %s", vouch_err_name(event->u.failed.err));
}

void events_report(const vouch_event *event, vouch_now now, struct tally *tally)
{
    static teller *const tellers[] = {
        [VOUCH_EVENT_PEER] = tell_peer,
        [VOUCH_EVENT_ACCEPTED] = tell_accepted,
        [VOUCH_EVENT_REFUSED] = tell_refused,
        [VOUCH_EVENT_EXPIRED] = tell_expired,
        [VOUCH_EVENT_CONFIRMED] = tell_confirmed,
        [VOUCH_EVENT_DENIED] = tell_denied,
        [VOUCH_EVENT_GATE] = tell_gate,
        [VOUCH_EVENT_DATA] = tell_data,
        [VOUCH_EVENT_DATA_DROPPED] = tell_dropped,
        [VOUCH_EVENT_POSTURE] = tell_posture,
        [VOUCH_EVENT_COMMAND] = tell_command,
        [VOUCH_EVENT_REPLY] = tell_reply,
        [VOUCH_EVENT_UNKNOWN] = tell_unknown,
        [VOUCH_EVENT_AUDIT] = tell_audit,
        [VOUCH_EVENT_DIFFERENT_CONNECTION] = tell_different_connection,
        [VOUCH_EVENT_POLICY_DEADLOCK] = tell_deadlock,
        [VOUCH_EVENT_CLOSED] = tell_closed,
        [VOUCH_EVENT_FAILED] = tell_failed,
    };

    if (event->type < sizeof tellers / sizeof tellers[0] &&
        tellers[event->type] != NULL) {
        tellers[event->type](event, now, tally);
    }
}

static enum status status_of(const struct tally *tally, bool asked)
{
    if (tally->refused != 0 || tally->amiss) {
        return STATUS_REFUSED;
    }
    if (tally->failed) {
        vouch_err_band band = vouch_err_band_of(tally->err);

        return band == VOUCH_BAND_PEER || band == VOUCH_BAND_LIMIT
                   ? STATUS_NETWORK
                   : STATUS_LOCAL;
    }
    if (!tally->closed) {
        /* Who ends without being asked to has not got what it requires. */
        return asked ? STATUS_CLEAN : STATUS_REFUSED;
    }
    if (tally->close_code == CLOSE_REFUSED ||
        tally->close_code == CLOSE_DEADLOCK) {
        return STATUS_REFUSED;
    }
    return tally->close_code == CLOSE_DONE && (tally->opened || asked)
               ? STATUS_CLEAN
               : STATUS_NETWORK;
}

enum status events_end(const struct tally *tally, bool asked)
{
    enum status status = status_of(tally, asked);

    report(json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:i}", "event", "end", "peer",
                     tally->peer, "accepted", (json_int_t)tally->accepted,
                     "refused", (json_int_t)tally->refused, "sent",
                     (json_int_t)tally->sent, "received",
                     (json_int_t)tally->received, "status", (int)status),
           "end: %s accepted %" PRIu64 " times, refused %" PRIu64
           " times; %" PRIu64 " octets sent, %" PRIu64 " received",
           tally->peer, tally->accepted, tally->refused, tally->sent,
           tally->received);
    return status;
}
