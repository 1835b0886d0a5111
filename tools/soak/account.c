/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/account.h"

#include <string.h>

/* proto/README.md, 4 */
static const uint64_t id_server = (uint64_t)1 << 63;
static const uint64_t id_operation = (uint64_t)1 << 62;
static const uint64_t id_counter = ((uint64_t)1 << 61) - 1;

void account_open(struct account *account, bool is_server, bool may_have_holes)
{
    memset(account, 0, sizeof *account);
    account->is_server = is_server;
    account->may_have_holes = may_have_holes;
}

static bool is_mine(const struct account *account, uint64_t id)
{
    return ((id & id_server) != 0) == account->is_server;
}

/* Of such exchanges there may be no event any more: their entries are used for
 * others, the oldest first. */
static bool asked_is_spare(const struct asked *asked)
{
    return asked->state == ASKED_NOT_SEEN || asked->state == ASKED_OVER ||
           (asked->state == ASKED_ACCEPTED && asked->operation == 0);
}

static bool answering_is_spare(const struct answering *answering)
{
    return answering->state == ANSWERING_NOT_SEEN ||
           answering->state == ANSWERING_OVER ||
           answering->state == ANSWERING_CONFIRMED ||
           answering->state == ANSWERING_OFFERED;
}

struct asked *account_asked(struct account *account, uint64_t id)
{
    uint64_t counter = id & id_counter;
    struct asked *spare = NULL;

    for (size_t i = 0; i < ACCOUNT_EXCHANGES; i++) {
        struct asked *asked = &account->asked[i];

        if (asked->counter == counter) {
            return asked;
        }
        if (asked_is_spare(asked) &&
            (spare == NULL || asked->counter < spare->counter)) {
            spare = asked;
        }
    }
    if (spare == NULL || counter < spare->counter) {
        return NULL;
    }
    *spare = (struct asked){.counter = counter, .state = ASKED_WAITING};
    return spare;
}

struct answering *account_answering(struct account *account, uint64_t id)
{
    uint64_t counter = id & id_counter;
    struct answering *spare = NULL;

    for (size_t i = 0; i < ACCOUNT_EXCHANGES; i++) {
        struct answering *answering = &account->answering[i];

        if (answering->counter == counter) {
            return answering;
        }
        if (answering_is_spare(answering) &&
            (spare == NULL || answering->counter < spare->counter)) {
            spare = answering;
        }
    }
    if (spare == NULL || counter < spare->counter) {
        return NULL;
    }
    *spare = (struct answering){.counter = counter};
    account->seen++;
    return spare;
}

/* Requests of this side */

static const char *enter_appraisal(struct account *account, struct asked *asked,
                                   const vouch_event *event)
{
    (void)account;
    (void)event;
    if (asked->state != ASKED_WAITING) {
        return "APPRAISAL_NEEDED of an exchange that does not wait for it";
    }
    asked->state = ASKED_APPRAISING;
    return NULL;
}

static const char *enter_accepted(struct account *account, struct asked *asked,
                                  const vouch_event *event)
{
    (void)event;
    if (asked->state != ASKED_APPRAISING) {
        return "ACCEPTED without APPRAISAL_NEEDED, or after the end";
    }
    account->accepted++;
    asked->state = ASKED_ACCEPTED;
    return NULL;
}

static const char *enter_audit(struct account *account, struct asked *asked,
                               const vouch_event *event)
{
    const vouch_audit *record = event->u.audit.record;
    bool accepted =
        asked->state == ASKED_ACCEPTED || asked->state == ASKED_COMMANDED;

    account->audited++;
    if (asked->audited || asked->state == ASKED_OVER) {
        return "AUDIT a second time, or after the end";
    }
    if (record->exchange.id != event->exchange.id ||
        (record->verdict == VOUCH_ACCEPTED) != accepted) {
        return "AUDIT of another verdict than the exchange has";
    }
    asked->audited = true;
    return NULL;
}

static const char *count_refused(struct account *account,
                                 const vouch_event *event)
{
    if (event->u.refused.verdict == VOUCH_REJECTED) {
        account->rejected++;
    } else if (event->u.refused.verdict != VOUCH_INDETERMINATE) {
        return "REFUSED with the verdict accepted";
    } else if (event->u.refused.reason->err == VOUCH_E_DECLINED) {
        account->declined++;
    } else {
        account->indeterminate++;
    }
    return NULL;
}

/* An approval that was not used is refused after it was accepted. */
static const char *enter_refused(struct account *account, struct asked *asked,
                                 const vouch_event *event)
{
    bool unused = asked->state == ASKED_ACCEPTED &&
                  (event->exchange.id & id_operation) != 0;
    bool pending =
        asked->state == ASKED_WAITING || asked->state == ASKED_APPRAISING;

    asked->state = ASKED_OVER;
    if (unused) {
        return NULL;
    }
    if (!pending) {
        return "REFUSED after the exchange ended";
    }
    return asked->audited ? count_refused(account, event)
                          : "REFUSED without AUDIT";
}

static const char *enter_expired(struct account *account, struct asked *asked,
                                 const vouch_event *event)
{
    (void)account;
    if (asked->state != ASKED_ACCEPTED || !asked->audited ||
        (event->exchange.id & id_operation) != 0) {
        return "EXPIRED of an exchange that was not accepted";
    }
    asked->state = ASKED_OVER;
    return NULL;
}

static const char *enter_command_end(struct account *account,
                                     struct asked *asked,
                                     const vouch_event *event)
{
    if (asked->state != ASKED_COMMANDED) {
        return "the end of a command that was not sent, or had ended";
    }
    asked->state = ASKED_OVER;
    if (event->type == VOUCH_EVENT_REPLY) {
        account->replied++;
    } else {
        account->unknown++;
    }
    return NULL;
}

/* Requests of the peer */

static const char *enter_evidence(struct account *account,
                                  struct answering *answering,
                                  const vouch_event *event)
{
    (void)account;
    if (answering->state != ANSWERING_NOT_SEEN &&
        (answering->state != ANSWERING_PRODUCING ||
         event->exchange.epoch <= answering->epoch)) {
        return "EVIDENCE_NEEDED again, but not for a newer posture";
    }
    answering->state = ANSWERING_PRODUCING;
    answering->epoch = event->exchange.epoch;
    return NULL;
}

static const char *enter_confirmed(struct account *account,
                                   struct answering *answering,
                                   const vouch_event *event)
{
    (void)event;
    if (answering->state != ANSWERING_ANSWERED) {
        return "CONFIRMED, but nothing was answered";
    }
    answering->state = ANSWERING_CONFIRMED;
    account->confirmed++;
    return NULL;
}

static const char *enter_denied(struct account *account,
                                struct answering *answering,
                                const vouch_event *event)
{
    (void)account;
    (void)event;
    if (answering->state == ANSWERING_OVER) {
        return "DENIED after the exchange ended";
    }
    answering->state = ANSWERING_OVER;
    return NULL;
}

static const char *enter_command(struct account *account,
                                 struct answering *answering,
                                 const vouch_event *event)
{
    if (answering->state != ANSWERING_CONFIRMED ||
        (event->exchange.id & id_operation) == 0) {
        return "COMMAND without CONFIRMED, or a second one";
    }
    answering->state = ANSWERING_OFFERED;
    account->offered++;
    return NULL;
}

/* Events of no exchange */

static const char *enter_peer(struct account *account, const vouch_event *event)
{
    (void)event;
    /* A side that goes second says what it can make in a second one. */
    account->has_peer = true;
    return NULL;
}

static const char *enter_gate(struct account *account, const vouch_event *event)
{
    if (account->gate_open == event->u.gate.open) {
        return "GATE twice the same";
    }
    if (event->u.gate.open && (account->closed || account->failed)) {
        return "GATE open after the end";
    }
    account->gate_open = event->u.gate.open;
    return NULL;
}

static const char *enter_data(struct account *account, const vouch_event *event)
{
    account->received += event->u.data.bytes.len;
    if (event->u.data.bytes.len == 0) {
        return "DATA of no octets";
    }
    return account->dropped != 0 && !account->may_have_holes
               ? "DATA after DATA_DROPPED: a hole"
               : NULL;
}

static const char *enter_dropped(struct account *account,
                                 const vouch_event *event)
{
    account->dropped += event->u.dropped.octets;
    return event->u.dropped.octets != 0 ? NULL : "DATA_DROPPED of no octets";
}

static const char *enter_posture(struct account *account,
                                 const vouch_event *event)
{
    if (event->u.posture.epoch <= account->epoch) {
        return "POSTURE of an epoch that is not above the last";
    }
    account->epoch = event->u.posture.epoch;
    return NULL;
}

static const char *enter_closed(struct account *account,
                                const vouch_event *event)
{
    account->closed_code = event->u.closed.code;
    if (account->closed) {
        return "CLOSED twice";
    }
    account->closed = true;
    return NULL;
}

static const char *enter_failed(struct account *account,
                                const vouch_event *event)
{
    account->failed = true;
    account->failure = event->u.failed.err;
    account->failed_code = event->u.failed.code;
    return event->u.failed.err != VOUCH_OK ? NULL : "FAILED without an error";
}

static const char *enter_nothing(struct account *account,
                                 const vouch_event *event)
{
    (void)account;
    (void)event;
    return NULL;
}

typedef const char *of_asked(struct account *account, struct asked *asked,
                             const vouch_event *event);
typedef const char *of_answering(struct account *account,
                                 struct answering *answering,
                                 const vouch_event *event);
typedef const char *of_session(struct account *account,
                               const vouch_event *event);

static const struct {
    of_asked *asked;
    of_answering *answering;
    of_session *session;
} entries[] = {
    [VOUCH_EVENT_PEER] = {.session = enter_peer},
    [VOUCH_EVENT_EVIDENCE_NEEDED] = {.answering = enter_evidence},
    [VOUCH_EVENT_APPRAISAL_NEEDED] = {.asked = enter_appraisal},
    [VOUCH_EVENT_ACCEPTED] = {.asked = enter_accepted},
    [VOUCH_EVENT_REFUSED] = {.asked = enter_refused},
    [VOUCH_EVENT_EXPIRED] = {.asked = enter_expired},
    [VOUCH_EVENT_CONFIRMED] = {.answering = enter_confirmed},
    [VOUCH_EVENT_DENIED] = {.answering = enter_denied},
    [VOUCH_EVENT_GATE] = {.session = enter_gate},
    [VOUCH_EVENT_DATA] = {.session = enter_data},
    [VOUCH_EVENT_DATA_DROPPED] = {.session = enter_dropped},
    [VOUCH_EVENT_POSTURE] = {.session = enter_posture},
    [VOUCH_EVENT_COMMAND] = {.answering = enter_command},
    [VOUCH_EVENT_REPLY] = {.asked = enter_command_end},
    [VOUCH_EVENT_UNKNOWN] = {.asked = enter_command_end},
    [VOUCH_EVENT_AUDIT] = {.asked = enter_audit},
    [VOUCH_EVENT_DIFFERENT_CONNECTION] = {.session = enter_nothing},
    [VOUCH_EVENT_POLICY_DEADLOCK] = {.session = enter_nothing},
    [VOUCH_EVENT_CLOSED] = {.session = enter_closed},
    [VOUCH_EVENT_FAILED] = {.session = enter_failed},
};

const char *account_enter(struct account *account, const vouch_event *event)
{
    size_t type = (size_t)event->type;
    uint64_t id = event->exchange.id;
    void *entry;

    if (account->failed) {
        return "an event after FAILED";
    }
    if (type >= sizeof entries / sizeof entries[0] ||
        (entries[type].asked == NULL && entries[type].answering == NULL &&
         entries[type].session == NULL)) {
        return "an event that is none";
    }
    if (entries[type].session != NULL) {
        return id == 0 ? entries[type].session(account, event)
                       : "an event of an exchange, but it is of the session";
    }
    if ((entries[type].asked != NULL) != is_mine(account, id) ||
        (id & id_counter) == 0) {
        return "an event of an exchange of the other side, or of none";
    }
    entry = entries[type].asked != NULL
                ? (void *)account_asked(account, id)
                : (void *)account_answering(account, id);
    if (entry == NULL) { /* so old that nothing is remembered of it */
        return event->type == VOUCH_EVENT_EXPIRED ||
                       event->type == VOUCH_EVENT_DENIED
                   ? NULL
                   : "an event of an exchange that was over long ago";
    }
    return entries[type].asked != NULL
               ? entries[type].asked(account, entry, event)
               : entries[type].answering(account, entry, event);
}

/* The end */

static bool asked_is_open(const struct asked *asked)
{
    return asked->state == ASKED_WAITING || asked->state == ASKED_APPRAISING ||
           asked->state == ASKED_COMMANDED ||
           (asked->state == ASKED_ACCEPTED && asked->operation != 0);
}

/* A command that was offered may have been refused meanwhile. */
static bool answering_is_open(const struct answering *answering)
{
    return answering->state == ANSWERING_PRODUCING ||
           answering->state == ANSWERING_DECLINED ||
           answering->state == ANSWERING_ANSWERED ||
           answering->state == ANSWERING_RUNNING;
}

static const char *find_open(const struct account *account)
{
    for (size_t i = 0; i < ACCOUNT_EXCHANGES; i++) {
        if (asked_is_open(&account->asked[i])) {
            return "the session ended, but a request or operation did not";
        }
        if (answering_is_open(&account->answering[i])) {
            return "the session ended, but a request of the peer did not";
        }
    }
    return NULL;
}

bool account_is_quiet(const struct account *account)
{
    return find_open(account) == NULL;
}

uint64_t account_pending(const struct account *account)
{
    return account->stats.requests_sent - account->accepted -
           account->rejected - account->indeterminate - account->declined;
}

static const char *compare(const struct account *account)
{
    const vouch_stats *stats = &account->stats;
    const struct {
        const char *what;
        uint64_t events, stats;
    } pairs[] = {
        {"ACCEPTED events are not stats.accepted", account->accepted,
         stats->accepted},
        {"rejections are not stats.rejected", account->rejected,
         stats->rejected},
        {"REFUSED without a verdict are not stats.indeterminate",
         account->indeterminate + account->declined, stats->indeterminate},
        {"AUDIT events are not the requests that ended", account->audited,
         account->accepted + account->rejected + account->indeterminate +
             account->declined},
        {"requests of the peer that events tell of are not "
         "stats.requests_received",
         account->seen, stats->requests_received},
        {"CONFIRMED events are not stats.confirmed", account->confirmed,
         stats->confirmed},
        {"commands sent are not stats.commands_sent", account->commanded,
         stats->commands_sent},
        {"commands taken are not stats.commands_taken", account->taken,
         stats->commands_taken},
        {"octets sent are not stats.data_sent", account->sent,
         stats->data_sent},
        {"octets dropped are not stats.data_dropped", account->dropped,
         stats->data_dropped},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].events != pairs[i].stats) {
            return pairs[i].what;
        }
    }
    return NULL;
}

const char *account_end(struct account *account, const vouch_session *session)
{
    uint64_t pending;
    const char *wrong;

    vouch_session_stats(session, &account->stats);
    account->ended = vouch_session_ended(session);
    pending = account_pending(account);
    if (account->commanded < account->replied + account->unknown) {
        return "more ends of commands than commands";
    }
    if (pending > (account->ended ? 0 : VOUCH_LIMIT_IN_FLIGHT)) {
        return "requests without an end";
    }
    if (account->ended && account->gate_open) {
        return "the session ended, but the gate did not shut";
    }
    wrong = account->ended ? find_open(account) : NULL;
    return wrong != NULL ? wrong : compare(account);
}
