/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/model.h"

#include <stdlib.h>
#include <string.h>

/* The peer's capsules: proto/README.md, 2, 3 and 10 to 14. */

enum {
    CAPSULE_MAX = 133184,
    DATA_MAX = 16384,
    OPERATION_MAX = 65536,
    HELD_MAX = 65536,
    ANSWER_MAX_MS = 600000,
    IN_FLIGHT_MAX = 4,
    OPERATIONS_MAX = 16,
    UNANSWERED_MAX = 64,
};

static const uint64_t protocol = 1U << 1, limit = 1U << 2;

static bool is_operation(uint64_t id)
{
    return (id & ID_OPERATION) != 0;
}

static bool is_mine(const struct model *m, uint64_t id)
{
    return ((id & ID_SERVER) != 0) == (m->setup->role == VOUCH_SERVER);
}

/* An octet of DATA, by its place in the stream. */
uint8_t model_data_octet(uint64_t position)
{
    return (uint8_t)(position ^ (position >> 8) * 7 ^ (position >> 16) * 13);
}

/* CAPABILITIES */

static bool can_satisfy(const struct model *m)
{
    return m->setup->has_credential && m->setup->produced != 0 &&
           (m->peer_appraises & m->setup->produced) != 0;
}

/* 3, Policy deadlock */
static bool is_deadlocked(const struct model *m)
{
    bool second = (m->peer.flags & WIRE_YOU_FIRST) != 0;
    bool withheld = (m->peer.flags & WIRE_LIST_WITHHELD) != 0;

    if (m->requires_peer &&
        ((m->peer_produces == 0 && !withheld) || m->peer.max_in_flight == 0 ||
         (second && !can_satisfy(m)))) {
        return true;
    }
    if (second && m->setup->peer_first) {
        return true;
    }
    return m->setup->gate == VOUCH_GATE_MUTUAL &&
           ((m->peer.flags & WIRE_WILL_ASK) == 0 || !can_satisfy(m));
}

static void close_if_deadlocked(struct model *m)
{
    if (is_deadlocked(m)) {
        model_expect_event(m, VOUCH_EVENT_POLICY_DEADLOCK, 0, ANY_DETAIL,
                           false);
        model_shut(m, 3);
    }
}

/* Of the second only the list and its flag may differ. */
static bool says_nothing_else(const struct message *a, const struct message *b)
{
    uint64_t mask = ~(uint64_t)WIRE_LIST_WITHHELD;

    if (a->appraises.num != b->appraises.num ||
        (a->flags & mask) != (b->flags & mask) ||
        a->max_capsule != b->max_capsule ||
        a->max_evidence != b->max_evidence ||
        a->max_in_flight != b->max_in_flight ||
        !spans_equal(a->conn_check, b->conn_check)) {
        return false;
    }
    for (size_t i = 0; i < a->appraises.num; i++) {
        if (!spans_equal(a->appraises.format[i], b->appraises.format[i])) {
            return false;
        }
    }
    return true;
}

static void take_capabilities(struct model *m, struct span value)
{
    ink_free(&m->peer_octets);
    ink_span(&m->peer_octets, value);
    wire_get_value(WIRE_CAPABILITIES, ink_all(&m->peer_octets), &m->peer);
    m->peer_produces = model_formats_of(&m->peer.produces, m->setup->appraised);
    m->peer_appraises = model_formats_of(&m->peer.appraises, ~0U);
}

static void capabilities_came(struct model *m, const struct message *message,
                              struct span value)
{
    uint8_t check[32]; /* proto/README.md, 1: its first 8 octets */

    if (m->has_peer) {
        if (!m->may_say_more || (message->flags & WIRE_LIST_WITHHELD) != 0 ||
            !says_nothing_else(&m->peer, message)) {
            model_fail(m, protocol);
            return;
        }
        m->may_say_more = false;
        take_capabilities(m, value);
        m->failures = m->requires_peer ? 0 : m->failures;
        close_if_deadlocked(m);
        return;
    }
    take_capabilities(m, value);
    m->has_peer = true;
    m->may_say_more = (message->flags & WIRE_LIST_WITHHELD) != 0;
    model_expect_event(m, VOUCH_EVENT_PEER, 0, ANY_DETAIL, false);
    m->connection->export_secret(m->connection->arg,
                                 "EXPORTER-vouch-connection-check",
                                 (struct span){NULL, 0}, check, sizeof check);
    if (!spans_equal(message->conn_check, (struct span){check, 8})) {
        m->different = true; /* proto/README.md, 1 */
        model_expect_event(m, VOUCH_EVENT_DIFFERENT_CONNECTION, 0, ANY_DETAIL,
                           false);
        if (m->requires_peer ||
            (message->flags & (WIRE_WILL_ASK | WIRE_DATA_GATED)) != 0) {
            model_shut(m, 4);
        } else {
            model_end_all(m);
        }
        return;
    }
    close_if_deadlocked(m);
}

/* REQUEST */

/* 4: the layout of a context, and what its id says of it. */
static bool context_is(const struct message *message, struct span context)
{
    struct span operation = {NULL, 0}, nonce = {NULL, 0};
    uint64_t id = 0;
    size_t at = 32;

    if (context.len < 32) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        id = id << 8 | context.data[i];
    }
    if ((id & ID_OPERATION) != 0) {
        if (context.len - at < 32) {
            return false;
        }
        operation = (struct span){context.data + at, 32};
        at += 32;
    }
    if ((id & ID_NONCE) != 0) {
        nonce = (struct span){context.data + at, context.len - at};
        if (nonce.len < 8 || nonce.len > 64) {
            return false;
        }
        at = context.len;
    }
    return at == context.len && (id & ID_COUNTER) != 0 && id == message->id &&
           spans_equal(operation, message->operation) &&
           spans_equal(nonce, message->nonce);
}

static struct theirs *add_theirs(struct model *m)
{
    if (m->num_theirs == m->theirs_room) {
        m->theirs_room = 2 * m->theirs_room + 16;
        m->theirs = realloc(m->theirs, m->theirs_room * sizeof *m->theirs);
        if (m->theirs == NULL) {
            abort();
        }
    }
    m->theirs[m->num_theirs] = (struct theirs){.id = 0};
    return &m->theirs[m->num_theirs++];
}

static size_t their_in_flight(const struct model *m)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_theirs; i++) {
        num += m->theirs[i].state < THEIR_CONFIRMED;
    }
    return num;
}

static size_t their_operations(const struct model *m)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_theirs; i++) {
        num +=
            m->theirs[i].state != THEIR_OVER && is_operation(m->theirs[i].id);
    }
    return num;
}

/* 3, REQUEST: why it is declined; 0: it is not. The exchange itself counts. */
static unsigned why_not(struct model *m, const struct theirs *x,
                        const struct ea_request *request)
{
    if (!model_bucket(&m->requests, m->now.mono_ms)) {
        return VOUCH_PEER_BUSY;
    }
    if (their_in_flight(m) > IN_FLIGHT_MAX ||
        (is_operation(x->id) && their_operations(m) > OPERATIONS_MAX)) {
        return VOUCH_PEER_BUSY;
    }
    if (m->setup->peer_first && !model_accepts(m, false)) {
        return VOUCH_PEER_YOU_FIRST;
    }
    if (!m->setup->has_credential || m->setup->produced == 0 ||
        !request->suits) {
        return VOUCH_PEER_NO_CREDENTIAL;
    }
    return x->formats == 0 || !request->attestation ? VOUCH_PEER_POLICY : 0;
}

static void request_came(struct model *m, const struct message *message)
{
    struct ea_request request;
    struct theirs *x;
    unsigned reason;

    if (is_mine(m, message->id)) {
        model_fail(m, protocol);
        return;
    }
    request = ea_get_request(message->request, m->setup->role != VOUCH_SERVER);
    if (request.verdict != WIRE_GOOD) {
        model_fail(m, request.verdict == WIRE_LIMIT ? limit : protocol);
        return;
    }
    if (!context_is(message, request.context) ||
        (message->id & ID_COUNTER) <= m->highest_seen) {
        model_fail(m, protocol);
        return;
    }
    m->highest_seen = message->id & ID_COUNTER;
    if (m->different) {
        return;
    }
    x = add_theirs(m);
    x->id = message->id;
    x->state = THEIR_PRODUCING;
    x->formats = model_formats_of(&message->accepts, m->setup->produced);
    x->epoch = m->epoch;
    x->deadline = m->now.mono_ms + (message->within_ms < ANSWER_MAX_MS
                                        ? message->within_ms
                                        : ANSWER_MAX_MS);
    if (message->has_operation) {
        memcpy(x->digest, message->operation.data, 32);
    }
    ink_span(&x->request, message->request);
    m->books.requests_received++;
    reason = why_not(m, x, &request);
    if (reason != 0) {
        model_decline(m, x, reason);
    } else {
        model_expect_event(m, VOUCH_EVENT_EVIDENCE_NEEDED, x->id, ANY_DETAIL,
                           false);
    }
}

/* AUTHENTICATOR */

static const struct answer_made *made_of(const struct model *m,
                                         struct span octets, uint64_t id)
{
    const struct answer_made *found = NULL;

    for (size_t i = 0; i < m->num_made; i++) {
        if (spans_equal(ink_all(&m->made[i].octets), octets)) {
            found = &m->made[i];
            if (found->id == id) {
                return found;
            }
        }
    }
    return found;
}

/* 6: whose AIK it may be */
static bool may_be(const struct model *m, const struct answer_made *made)
{
    if (m->setup->handshake_key != 0 && !m->setup->other_key &&
        made->by !=
            (m->setup->handshake_key == 1 ? IDENTITY_PEER : IDENTITY_OTHER)) {
        return false; /* 6: the key of the TLS handshake */
    }
    if (m->setup->has_credential && !m->setup->own_key &&
        made->by == IDENTITY_OURS) {
        return false; /* 6: not this side's own */
    }
    /* 6: that of the first acceptance */
    return !m->ever_accepted || made->by == m->aik;
}

/* 7: of a format that this very request asked for */
static bool was_asked_for(const struct own *x, unsigned format)
{
    return (x->accepts >> format & 1) != 0;
}

static bool in_validity(int64_t unix_s)
{
    return unix_s >= HOSTILE_VALID_FROM && unix_s <= HOSTILE_VALID_UNTIL;
}

static void declined(struct model *m, struct own *x,
                     const struct message *message)
{
    bool waits_for_us = message->has_reason && message->reason == 3 &&
                        (m->peer.flags & WIRE_LIST_WITHHELD) != 0;

    if (!waits_for_us) {
        model_failed_request(m, x);
    }
    model_refused(m, x, VOUCH_INDETERMINATE); /* 10: no OUTCOME */
}

static void answer_came(struct model *m, struct own *x,
                        const struct message *message)
{
    const struct answer_made *made = made_of(m, message->authenticator, x->id);
    bool foreign = made != NULL && made->id != x->id;

    x->answered = m->now.mono_ms;
    if (made == NULL || made->flaw == ANSWER_GARBAGE ||
        made->flaw == ANSWER_TRAILING || made->flaw == ANSWER_TRUNCATED) {
        model_fail(m, protocol); /* 6, Validation: form */
    } else if (made->flaw == ANSWER_UNASKED_EXTENSION) {
        model_fail(m, 1U << 6); /* expat-03, 3.1 */
    } else if (m->num_own - (x->id & ID_COUNTER) >= UNANSWERED_MAX) {
        model_give_up(m, x, VOUCH_PEER_INTERNAL);
    } else if (made->flaw == ANSWER_EMPTY && !foreign) {
        declined(m, x, message);
    } else if (foreign || made->flaw != ANSWER_GOOD || !may_be(m, made) ||
               made->by == IDENTITY_UNTRUSTED ||
               !was_asked_for(x, made->format) || !in_validity(m->now.unix_s)) {
        model_reject(m, x);
    } else {
        x->state = OWN_APPRAISING;
        x->answered_by = made->by;
        x->deadline = m->now.mono_ms + m->setup->answer_within;
        model_expect_event(m, VOUCH_EVENT_APPRAISAL_NEEDED, x->id, ANY_DETAIL,
                           false);
    }
}

/* 3, Ids: one's own role bit, and no higher than was issued; 0 is none. */
static bool is_own_id(struct model *m, uint64_t id)
{
    return is_mine(m, id) && (id & ID_COUNTER) <= m->num_own &&
           ((id & ID_COUNTER) != 0 || m->old_rules);
}

static bool is_their_id(struct model *m, uint64_t id)
{
    return !is_mine(m, id) && (id & ID_COUNTER) <= m->highest_seen &&
           ((id & ID_COUNTER) != 0 || m->old_rules);
}

static void authenticator_came(struct model *m, const struct message *message)
{
    struct own *x = model_own(m, message->id);

    if (!is_own_id(m, message->id)) {
        model_fail(m, protocol);
    } else if (x == NULL || x->state != OWN_WAITING) {
        model_stray(m);
    } else {
        answer_came(m, x, message);
    }
}

/* OUTCOME */

static void accepted(struct model *m, struct theirs *x,
                     const struct message *message)
{
    const uint64_t hold_max = UINT64_C(1) << 53;

    m->ever_confirmed_plain = m->ever_confirmed_plain || !is_operation(x->id);
    if (x->epoch != m->epoch) {
        model_deny(m, x, UINT64_C(1) << VOUCH_PEER_POSTURE, 1U << 2);
        return;
    }
    x->state = THEIR_CONFIRMED;
    x->deadline =
        message->hold_ms < hold_max
            ? x->answered + message->hold_ms
            : (m->old_rules ? VOUCH_NEVER - 1 : x->answered + hold_max);
    m->books.confirmed++;
    model_expect_event(m, VOUCH_EVENT_CONFIRMED, x->id, ANY_DETAIL, false);
    model_settled(m, false, x->id);
}

static uint64_t reason_bit(uint64_t reason)
{
    return UINT64_C(1) << (reason <= 7 ? reason : 6);
}

/* 10: a pair that is not in a table is a violation: the exchange ends there,
 * and the session with it, which alone need be told. */
static void violated(struct model *m, struct theirs *x)
{
    model_expect_event(m, VOUCH_EVENT_DENIED, x->id, ANY_DETAIL, true);
    x->state = THEIR_OVER;
    model_fail(m, protocol);
}

static void outcome_came(struct model *m, const struct message *message)
{
    struct theirs *x = model_theirs(m, message->id);
    bool rejected = message->verdict == VOUCH_REJECTED;
    enum their_state state = x != NULL ? x->state : THEIR_OVER;

    if (!is_their_id(m, message->id)) {
        model_fail(m, protocol);
        return;
    }
    if ((message->verdict == VOUCH_ACCEPTED && state != THEIR_ANSWERED &&
         state != THEIR_OVER) ||
        (message->verdict == VOUCH_INDETERMINATE && state != THEIR_ANSWERED &&
         state != THEIR_PRODUCING && state != THEIR_OVER)) {
        violated(m, x);
        return;
    }
    /* Rejection ends every acceptance with a lower counter, whatever has become
     * of its own exchange. */
    if (rejected && (state != THEIR_OVER || !m->old_rules)) {
        model_revoke_theirs(m, message->id & ID_COUNTER);
    }
    switch (state) {
    case THEIR_ANSWERED:
        if (message->verdict == VOUCH_ACCEPTED) {
            accepted(m, x, message);
            break;
        }
        model_deny(m, x, reason_bit(message->reason), 1U << 4);
        break;
    case THEIR_PRODUCING:
    case THEIR_CONFIRMED:
        model_deny(m, x, reason_bit(message->reason), 1U << 4);
        break;
    case THEIR_OFFERED:
        model_refuse_command(m, x, 1U << 4);
        break;
    case THEIR_RUNNING: /* it cannot be called back */
        break;
    case THEIR_OVER:
    default:
        model_stray(m);
        break;
    }
}

/* POSTURE: 11 */
static void posture_came(struct model *m, const struct message *message)
{
    if (message->epoch <= m->peer_epoch) {
        model_fail(m, protocol);
        return;
    }
    m->peer_epoch = message->epoch;
    m->peer_moved = true;
    model_expect_event(m, VOUCH_EVENT_POSTURE, 0, ANY_DETAIL, false);
    for (size_t i = 0; i < m->num_own; i++) {
        struct own *x = &m->own[i];

        if (x->state == OWN_APPRAISING) {
            model_give_up(m, x, VOUCH_PEER_POSTURE);
        } else if (x->state == OWN_ACCEPTED) {
            model_expire(m, x, VOUCH_CAUSE_POSTURE);
        }
    }
    model_lose_held(m);
}

/* COMMAND: 12, the executor's objections in their order; 0: there is none. */
static unsigned objection(struct model *m, const struct theirs *x,
                          const struct message *message)
{
    struct hash hash;
    struct connection sha256 = {.sha384 = false};

    if (x == NULL) {
        return 1U << 6;
    }
    if (x->state == THEIR_OVER) {
        bool remembered = is_operation(x->id) && x->ended_as != 0 &&
                          m->operations_ended - x->ended_at < 12;

        return remembered ? x->ended_as : x->ended_as | 1U << 6;
    }
    if (x->state == THEIR_OFFERED || x->state == THEIR_RUNNING) {
        return 1U << 3;
    }
    if (x->state != THEIR_CONFIRMED || !is_operation(x->id)) {
        return 1U << 4;
    }
    hash = ea_hash(&sha256, message->octets);
    if (memcmp(hash.octets, x->digest, 32) != 0) {
        return 1U << 1;
    }
    if (x->epoch != m->epoch || x->deadline <= m->now.mono_ms) {
        return 1U << 2;
    }
    return model_may_accept_command(m) ? 0 : 1U << 5;
}

static void command_came(struct model *m, const struct message *message)
{
    struct theirs *x = model_theirs(m, message->id);
    unsigned statuses;

    if (!is_their_id(m, message->id)) {
        model_fail(m, protocol);
        return;
    }
    if (message->octets.len > OPERATION_MAX) {
        model_fail(m, limit);
        return;
    }
    if (m->closed) { /* 14: it starts none, and answers none */
        return;
    }
    statuses = objection(m, x, message);
    if (statuses == 0) {
        x->state = THEIR_OFFERED;
        model_expect_event(m, VOUCH_EVENT_COMMAND, x->id, ANY_DETAIL, false);
        return;
    }
    if (x == NULL || x->state == THEIR_OVER) {
        model_stray(m);
        if (m->failed) {
            return;
        }
    }
    m->books.commands_refused++;
    model_expect_output(m, WIRE_REPLY, message->id, statuses);
}

static void reply_came(struct model *m, const struct message *message)
{
    struct own *x = model_own(m, message->id);

    if (!is_own_id(m, message->id)) {
        model_fail(m, protocol);
    } else if (x == NULL || x->state != OWN_COMMANDED) {
        model_stray(m);
    } else {
        x->state = OWN_OVER;
        model_expect_event(
            m, VOUCH_EVENT_REPLY, x->id,
            UINT64_C(1) << (message->status <= 7 ? message->status : 7), false);
    }
}

/* CLOSE: 14 */
/* What CLOSE 0 leaves until its answer: commands, and what their asker is
 * accepted for. */
static void end_but_commands(struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        struct own *x = &m->own[i];

        if (x->state == OWN_COMMANDED) {
            x->state = OWN_OVER;
            model_expect_event(m, VOUCH_EVENT_UNKNOWN, x->id, ANY_DETAIL,
                               false);
        } else if (x->state == OWN_ACCEPTED && is_operation(x->id)) {
            model_expire(m, x, VOUCH_CAUSE_END);
        } else if (x->state < OWN_ACCEPTED) {
            model_refused(m, x, VOUCH_INDETERMINATE);
        }
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        struct theirs *x = &m->theirs[i];

        if (x->state < THEIR_OFFERED) {
            model_deny(m, x, ANY_DETAIL, 1U << 4 | 1U << 6);
        }
    }
}

static void close_came(struct model *m, const struct message *message)
{
    m->peer_closed = true;
    model_lose_held(m);
    model_expect_event(m, VOUCH_EVENT_CLOSED, 0, ANY_DETAIL, false);
    if (message->code == 0 && !m->closed) {
        m->goodbye_at = m->leaving ? m->goodbye_at : m->now.mono_ms + 10000;
        m->leaving = true;
        end_but_commands(m);
    } else {
        m->leaving = false;
        model_end_all(m);
    }
    if (message->code == 0 && m->lost) { /* 13: no end with a loss is clean */
        model_fail(m, m->peer_rejected ? 1U << 4 : 1U << 5);
    }
}

/* DATA: 13 */

static void add_run(struct model *m, struct run run)
{
    struct runs *runs = &m->runs;

    if (run.len == 0) {
        return;
    }
    if (runs->num == runs->room) {
        runs->room = 2 * runs->room + 16;
        runs->item = realloc(runs->item, runs->room * sizeof *runs->item);
        if (runs->item == NULL) {
            abort();
        }
    }
    runs->item[runs->num++] = run;
}

/* 13: what comes while the gate is shut is dropped, told, and ends the session;
 * long after it has shut it is a violation. The gate is seen to shut when
 * something else happens; in between either may be. */
static void drop_data(struct model *m, uint64_t start, uint64_t len)
{
    uint64_t grace = m->setup->grace;
    bool late = m->has_shut && m->now.mono_ms - m->shut_last > grace;
    bool maybe_late = m->has_shut && m->now.mono_ms - m->shut_first > grace;
    bool excused = m->setup->data_loss || (m->old_rules && !m->ever_taking);

    if (late || (maybe_late && m->dropped < m->books.data_dropped + len)) {
        model_fail(m, protocol);
        return;
    }
    add_run(m,
            (struct run){start, len, excused ? RUN_EXCUSED : RUN_LOST, false});
    m->books.data_dropped += len;
    model_expect_event(m, VOUCH_EVENT_DATA_DROPPED, 0, ANY_DETAIL, len == 0);
    if (!m->old_rules && !m->setup->data_loss) {
        model_fail(m, m->peer_rejected ? 1U << 4 : 1U << 5);
    }
}

static void data_came(struct model *m, const struct message *message)
{
    uint64_t start = m->data_in, len = message->octets.len;

    m->data_in += len;
    if (len == 0 && !m->old_rules) {
        return;
    }
    if (model_may_accept(m)) {
        add_run(m, (struct run){start, len, RUN_DUE, false});
        m->books.data_received += len;
        return;
    }
    if (!m->setup->hold || m->ever_accepted ||
        (!m->old_rules && !model_awaits(m))) {
        drop_data(m, start, len);
        return;
    }
    if (m->held_len + len > HELD_MAX) {
        model_fail(m, limit);
        return;
    }
    m->held_start = m->held_len == 0 ? start : m->held_start;
    m->held_len += len;
}

static void capsule_came(struct model *m, uint64_t type, struct span value)
{
    struct message message;
    enum wire_verdict verdict = wire_get_value(type, value, &message);

    if (verdict != WIRE_GOOD) {
        model_fail(m, verdict == WIRE_LIMIT ? limit : protocol);
        return;
    }
    switch (type) {
    case WIRE_DATA:
        data_came(m, &message);
        return; /* moves no exchange */
    case WIRE_CAPABILITIES:
        capabilities_came(m, &message, value);
        break;
    case WIRE_REQUEST:
        request_came(m, &message);
        break;
    case WIRE_AUTHENTICATOR:
        authenticator_came(m, &message);
        break;
    case WIRE_OUTCOME:
        outcome_came(m, &message);
        break;
    case WIRE_POSTURE:
        posture_came(m, &message);
        break;
    case WIRE_COMMAND:
        command_came(m, &message);
        break;
    case WIRE_REPLY:
        reply_came(m, &message);
        break;
    case WIRE_CLOSE:
    default:
        close_came(m, &message);
        break;
    }
    model_settle(m);
}

/* 2: a capsule is judged by its header; 0: not whole yet. */
static size_t head_came(struct model *m, uint64_t *type, uint64_t *length)
{
    size_t head = wire_get_head(ink_all(&m->partial), type, length);
    uint64_t max = head != 0 && *type == WIRE_DATA ? DATA_MAX : CAPSULE_MAX;

    if (head == 0) {
        return 0;
    }
    if (!m->has_peer && *type != WIRE_CAPABILITIES) {
        model_fail(m, protocol);
    } else if (*length > max) {
        model_fail(m, limit);
    }
    return m->failed ? 0 : head;
}

static bool is_known(uint64_t type)
{
    return type >= WIRE_DATA && type < WIRE_DATA + WIRE_TYPES;
}

void model_received(struct model *m, struct span octets, size_t taken,
                    vouch_err err)
{
    uint64_t type, length;
    size_t head;

    bool dropped = m->peer_closed && !m->old_rules;

    if (model_ended(m) || (m->peer_closed && !dropped)) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_CLOSED, "recv: %s",
                    vouch_err_name(err));
        return;
    }
    model_deadlines(m);
    model_settle(m);
    if (!dropped) {
        ink_octets(&m->partial, octets.data,
                   err == VOUCH_OK ? taken : octets.len);
    }
    while (!model_ended(m) && !m->peer_closed &&
           (head = head_came(m, &type, &length)) != 0 &&
           m->partial.len - head >= length) {
        if (is_known(type)) {
            capsule_came(m, type,
                         (struct span){m->partial.data + head, (size_t)length});
        }
        ink_cut(&m->partial, head + (size_t)length);
    }
    MODEL_CHECK(m, PROPERTY_ERRORS, (err != VOUCH_OK) == m->failed,
                "recv: %s, and the model %s", vouch_err_name(err),
                m->failed ? "has failed" : "goes on");
}

void model_end_of_stream(struct model *m, bool truncated, vouch_err err)
{
    if (model_ended(m)) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_OK, "end: %s",
                    vouch_err_name(err));
        return;
    }
    if (!m->peer_closed) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err != VOUCH_OK,
                    "an end without CLOSE");
        model_fail(m, protocol);
        return;
    }
    MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_OK, "end: %s",
                vouch_err_name(err));
    if (truncated) { /* no reply will get there */
        for (size_t i = 0; i < m->num_theirs; i++) {
            struct theirs *x = &m->theirs[i];

            if (x->state == THEIR_OFFERED || x->state == THEIR_RUNNING) {
                model_deny(m, x, ANY_DETAIL, 1U << 3);
            }
        }
        model_settle(m);
    }
}
