/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUIRED_FAILURES = 3,  /* proto/README.md, 10, Asking */
    GOODBYE_MS = 10000,     /* 14: how long CLOSE 0 waits for commands */
    GOODBYE_ANSWER = 20000, /* 14: ... and for the peer's */
    OUTCOME_MS = 600000,    /* 10: how long an OUTCOME is awaited */
    EVENTS_MAX = 64,        /* 15 */
    DATA_WAITING = 65536,   /* 15 */
    SETTLED_MAX = 4,        /* 15: settled exchanges that are kept */
};

static const char *const properties[PROPERTIES] = {
    "none", "crash",  "gate",   "commands", "ended",  "books",
    "data", "output", "memory", "errors",   "binder", "fork",
};

const char *property_name(enum property property)
{
    return properties[property];
}

void model_found(struct model *m, enum property property, const char *format,
                 ...)
{
    va_list args;

    if (m->found != PROPERTY_NONE || (m->wanted >> property & 1) == 0) {
        return;
    }
    m->found = property;
    va_start(args, format);
    vsnprintf(m->why, sizeof m->why, format, args);
    va_end(args);
}

/* Formats */

const char *model_format(unsigned format)
{
    static const char *const names[FORMATS_ALL] = {
        "application/vnd.first", "application/vnd.second; a=b",
        "application/vnd.nobody"};

    return names[format];
}

unsigned model_formats_of(const struct formats *formats, unsigned among)
{
    unsigned set = 0;

    for (size_t i = 0; i < formats->num; i++) {
        for (unsigned f = 0; f < FORMATS_ALL; f++) {
            if (spans_equal(formats->format[i],
                            span_of_text(model_format(f)))) {
                set |= 1U << f;
            }
        }
    }
    return set & among;
}

/* Life */

void model_init(struct model *m, const struct setup *setup,
                const struct connection *connection, vouch_now now,
                bool old_rules, unsigned wanted)
{
    *m = (struct model){.setup = setup,
                        .connection = connection,
                        .old_rules = old_rules,
                        .wanted = wanted,
                        .now = now,
                        .given = now,
                        .goodbye_at = VOUCH_NEVER,
                        .requests = {now.mono_ms, 60000},
                        .strays = {now.mono_ms, 60000}};
    /* proto/README.md, 13 */
    m->requires_peer =
        setup->gate != VOUCH_GATE_NONE || setup->asker == VOUCH_ASKER_ATTESTED;
    m->list_withheld = setup->peer_first;
    model_expect_output(m, WIRE_CAPABILITIES, 0, ANY_DETAIL);
}

void model_free(struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        ink_free(&m->own[i].request);
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        ink_free(&m->theirs[i].request);
    }
    for (size_t i = 0; i < m->num_made; i++) {
        ink_free(&m->made[i].octets);
    }
    free(m->own);
    free(m->theirs);
    free(m->made);
    free(m->events.item);
    free(m->outputs.item);
    free(m->runs.item);
    ink_free(&m->partial);
    ink_free(&m->output);
    ink_free(&m->peer_octets);
}

void model_enter(struct model *m, vouch_now now)
{
    m->given = now;
    m->was_up = model_is_up(m);
    m->had_peer = m->has_peer;
    if (now.mono_ms > m->now.mono_ms) {
        m->now.mono_ms = now.mono_ms;
    }
    if (now.unix_s > m->now.unix_s || !m->old_rules) {
        m->now.unix_s = now.unix_s;
    }
}

bool model_fault(struct model *m, vouch_err err, bool ended)
{
    if (ended && !model_ended(m)) {
        m->dead = true; /* it fails closed, and that is all that is asked */
        m->closed = true;
        m->peer_closed = true;
        m->close_codes = ANY_DETAIL;
        return true;
    }
    return err != VOUCH_OK;
}

/* 14: neither side has closed, nor is about to */
bool model_is_up(const struct model *m)
{
    return !m->closed && !m->peer_closed && !m->leaving;
}

bool model_ended(const struct model *m)
{
    if (m->dead) {
        return true;
    }
    if (!m->closed) {
        return m->peer_closed && !m->leaving;
    }
    return m->peer_closed || m->close_codes != 1;
}

static bool is_operation(uint64_t id)
{
    return (id & ID_OPERATION) != 0;
}

static uint64_t counter_of(uint64_t id)
{
    return id & ID_COUNTER;
}

/* 13: an exchange of this side is ACCEPTED and its end lies ahead; those about
 * operations do not count. */
bool model_accepts(const struct model *m, bool only_bound)
{
    for (size_t i = 0; i < m->num_own; i++) {
        const struct own *x = &m->own[i];

        if (x->state == OWN_ACCEPTED && !is_operation(x->id) &&
            m->now.mono_ms < x->deadline && !(only_bound && x->key_bound)) {
            return true;
        }
    }
    return false;
}

bool model_is_confirmed(const struct model *m)
{
    for (size_t i = 0; i < m->num_theirs; i++) {
        const struct theirs *x = &m->theirs[i];

        if (x->state == THEIR_CONFIRMED && !is_operation(x->id) &&
            m->now.mono_ms < x->deadline) {
            return true;
        }
    }
    return false;
}

/* 13: the side takes DATA. Mutual: once an OUTCOME accepted has ever come, an
 * acceptance of the peer is enough; before that rule, both had to hold. */
bool model_may_accept(const struct model *m)
{
    bool confirmed =
        m->old_rules ? model_is_confirmed(m) : m->ever_confirmed_plain;

    if (!m->has_peer || m->peer_closed || model_ended(m)) {
        return false;
    }
    switch (m->setup->gate) {
    case VOUCH_GATE_REQUIRE_PEER:
        return model_accepts(m, false);
    case VOUCH_GATE_MUTUAL:
        return model_accepts(m, false) && confirmed;
    case VOUCH_GATE_NONE:
    case VOUCH_GATE_RESTRICTED:
    default:
        return true;
    }
}

/* 13: what a peer that has `data-gated` takes: what a confirmed side sends, and
 * where that requires the peer, once it has sent OUTCOME accepted. */
static bool is_taken(const struct model *m, bool confirmed)
{
    bool
        requires
    = m->setup->gate != VOUCH_GATE_NONE ||
      m->setup->asker == VOUCH_ASKER_ATTESTED;

    return (m->peer.flags & WIRE_DATA_GATED) == 0 ||
           (confirmed && (m->old_rules || m->ever_accepted_plain || !requires));
}

bool model_may_send(const struct model *m)
{
    bool confirmed = model_is_confirmed(m);

    if (!m->has_peer || !model_is_up(m) || m->dead || !is_taken(m, confirmed)) {
        return false;
    }
    switch (m->setup->gate) {
    case VOUCH_GATE_REQUIRE_PEER:
        return model_accepts(m, false);
    case VOUCH_GATE_MUTUAL:
        return model_accepts(m, false) && confirmed;
    case VOUCH_GATE_NONE:
    case VOUCH_GATE_RESTRICTED:
    default:
        return true;
    }
}

/* 12: whose commands are executed. Authenticated: by a certificate that was
 * verified in the handshake, and not rejected since it was accepted as bound
 * (before that rule: by any certificate). */
bool model_may_accept_command(const struct model *m)
{
    bool authenticated = m->setup->handshake_key != 0 &&
                         (m->old_rules || (m->setup->handshake_verified &&
                                           !m->rejected_since_bound));

    if (model_ended(m)) {
        return false;
    }
    switch (m->setup->asker) {
    case VOUCH_ASKER_AUTHENTICATED:
        return authenticated || model_accepts(m, true);
    case VOUCH_ASKER_ATTESTED:
        return model_accepts(m, true);
    case VOUCH_ASKER_NOBODY:
    default:
        return false;
    }
}

bool model_may_send_command(const struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        const struct own *x = &m->own[i];

        if (x->state == OWN_ACCEPTED && is_operation(x->id) &&
            m->now.mono_ms < x->deadline && model_is_up(m) && !m->dead) {
            return true;
        }
    }
    return false;
}

struct own *model_own(struct model *m, uint64_t id)
{
    for (size_t i = m->num_own; i > 0; i--) {
        if (m->own[i - 1].id == id) {
            return &m->own[i - 1];
        }
    }
    return NULL;
}

struct theirs *model_theirs(struct model *m, uint64_t id)
{
    for (size_t i = m->num_theirs; i > 0; i--) {
        if (m->theirs[i - 1].id == id) {
            return &m->theirs[i - 1];
        }
    }
    return NULL;
}

size_t model_own_in_flight(const struct model *m)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_own; i++) {
        num += m->own[i].state < OWN_ACCEPTED;
    }
    return num;
}

size_t model_own_operations(const struct model *m)
{
    size_t num = 0;

    for (size_t i = 0; i < m->num_own; i++) {
        num += m->own[i].state != OWN_OVER && is_operation(m->own[i].id);
    }
    return num;
}

/* Events that wait to be polled, at least; with as many octets as may wait, as
 * if there were no room for more. */
size_t model_waiting(const struct model *m)
{
    size_t num = m->events.num + m->runs.num;
    uint64_t octets = 0;

    for (size_t i = m->runs.first; i < m->runs.num; i++) {
        octets += m->runs.item[i].len;
    }
    for (size_t i = 0; i < m->events.num; i++) { /* may be as long */
        if (m->events.item[i].type == VOUCH_EVENT_COMMAND ||
            m->events.item[i].type == VOUCH_EVENT_REPLY) {
            octets += DATA_WAITING;
        }
    }
    return octets >= DATA_WAITING ? num + EVENTS_MAX : num;
}

/* A token bucket: 60 at once, one more each second. */
bool model_bucket(struct bucket_model *bucket, uint64_t now)
{
    uint64_t elapsed = now - bucket->last;

    bucket->last = now;
    bucket->level =
        elapsed >= 60000 - bucket->level ? 60000 : bucket->level + elapsed;
    if (bucket->level < 1000) {
        return false;
    }
    bucket->level -= 1000;
    return true;
}

/* 3, Ids: dropped; more than 60 a minute are CLOSE 2 */
void model_stray(struct model *m)
{
    m->books.strays++;
    if (!model_bucket(&m->strays, m->now.mono_ms)) {
        model_fail(m, 1U << 2);
    }
}

/* What must be seen */

static void expect(struct expectations *list, struct expected one)
{
    if (list->num == list->room) {
        list->room = 2 * list->room + 16;
        list->item = realloc(list->item, list->room * sizeof *list->item);
        if (list->item == NULL) {
            abort();
        }
    }
    list->item[list->num++] = one;
}

void model_expect_event(struct model *m, vouch_event_type type, uint64_t id,
                        uint64_t details, bool optional)
{
    expect(&m->events, (struct expected){type, id, details, optional});
}

/* 14: a side that has sent CLOSE sends nothing more */
void model_expect_output(struct model *m, uint64_t type, uint64_t id,
                         uint64_t details)
{
    if (!m->closed) {
        expect(&m->outputs, (struct expected){type, id, details, false});
    }
}

/* Relying party: proto/README.md, 10 */

void model_outcome(struct model *m, const struct own *x, uint64_t verdict,
                   uint64_t reason)
{
    model_expect_output(m, WIRE_OUTCOME, x->id,
                        UINT64_C(1) << (verdict * 8 + reason));
}

void model_refused(struct model *m, struct own *x, vouch_verdict verdict)
{
    bool had_verdict = x->state < OWN_ACCEPTED;

    x->state = OWN_OVER;
    model_expect_event(m, VOUCH_EVENT_REFUSED, x->id, UINT64_C(1) << verdict,
                       false);
    if (had_verdict) {
        model_expect_event(m, VOUCH_EVENT_AUDIT, x->id, ANY_DETAIL, false);
        m->books.rejected += verdict == VOUCH_REJECTED;
        m->books.indeterminate += verdict != VOUCH_REJECTED;
    }
}

/* An acceptance ends; an approval that was not used ends as refused. */
void model_expire(struct model *m, struct own *x, vouch_cause cause)
{
    if (is_operation(x->id)) {
        model_refused(m, x, VOUCH_INDETERMINATE);
        return;
    }
    x->state = OWN_OVER;
    model_expect_event(m, VOUCH_EVENT_EXPIRED, x->id, UINT64_C(1) << cause,
                       false);
}

/* 13, No hole: what is held for the gate is lost. It is told, and ends the
 * session when all else that has happened is done with. */
void model_lose_held(struct model *m)
{
    uint64_t len = m->held_len;

    m->held_len = 0;
    if (len == 0 || m->old_rules) {
        return;
    }
    m->books.data_dropped += len;
    m->lost = m->lost || !m->setup->data_loss;
    model_expect_event(m, VOUCH_EVENT_DATA_DROPPED, 0, ANY_DETAIL, false);
}

/* 13: whether a request, not about an operation, may still open the gate. */
bool model_awaits(const struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        if (m->own[i].state != OWN_OVER && !is_operation(m->own[i].id)) {
            return true;
        }
    }
    return false;
}

/* Rejection ends every acceptance with a lower counter. */
void model_reject(struct model *m, struct own *x)
{
    uint64_t counter = counter_of(x->id);

    m->peer_rejected = true;
    m->rejected_since_bound = true;
    if (counter > m->highest_rejected) {
        m->highest_rejected = counter;
    }
    for (size_t i = 0; i < m->num_own; i++) {
        if (m->own[i].state == OWN_ACCEPTED &&
            counter_of(m->own[i].id) < counter) {
            model_expire(m, &m->own[i], VOUCH_CAUSE_REJECTION);
        }
    }
    model_refused(m, x, VOUCH_REJECTED);
    model_outcome(m, x, VOUCH_REJECTED, VOUCH_PEER_POLICY);
    model_lose_held(m);
}

/* 10, Asking: three automatic requests without verdict since the last
 * acceptance. */
void model_failed_request(struct model *m, const struct own *x)
{
    if (x->automatic && model_is_up(m)) {
        m->failures++;
    }
}

void model_give_up(struct model *m, struct own *x, uint64_t reason)
{
    if (reason != VOUCH_PEER_POSTURE) {
        model_failed_request(m, x);
    }
    model_refused(m, x, VOUCH_INDETERMINATE);
    model_outcome(m, x, VOUCH_INDETERMINATE, reason);
}

/* Attester: proto/README.md, 10 */

static void their_end(struct model *m, struct theirs *x, unsigned ended_as)
{
    x->state = THEIR_OVER;
    x->ended_as = ended_as;
    x->ended_at = m->operations_ended;
    m->operations_ended += is_operation(x->id);
}

void model_deny(struct model *m, struct theirs *x, uint64_t reasons,
                unsigned ended_as)
{
    their_end(m, x, ended_as);
    model_expect_event(m, VOUCH_EVENT_DENIED, x->id, reasons, false);
}

/* A command that was offered must not be executed any more. */
void model_refuse_command(struct model *m, struct theirs *x, unsigned statuses)
{
    their_end(m, x, 1U << 3);
    m->books.commands_refused++;
    model_expect_output(m, WIRE_REPLY, x->id, statuses);
    model_expect_event(m, VOUCH_EVENT_DENIED, x->id, ANY_DETAIL, true);
}

void model_decline(struct model *m, struct theirs *x, unsigned reason)
{
    m->books.requests_declined++;
    model_expect_output(m, WIRE_AUTHENTICATOR, x->id, UINT64_C(1) << reason);
    model_deny(m, x, UINT64_C(1) << reason, 1U << 4 | 1U << 6);
}

void model_revoke_theirs(struct model *m, uint64_t counter)
{
    for (size_t i = 0; i < m->num_theirs; i++) {
        struct theirs *x = &m->theirs[i];

        if (counter_of(x->id) >= counter) {
            continue;
        }
        if (x->state == THEIR_CONFIRMED) {
            model_deny(m, x, ANY_DETAIL, 1U << 4 | 1U << 2);
        } else if (x->state == THEIR_OFFERED) {
            model_refuse_command(m, x, 1U << 4);
        }
    }
}

/* Exchanges that are settled, in one direction, as both kinds have them. */
struct settled {
    uint64_t id, answered, until;
    bool key_bound;
    size_t place;
};

static size_t list_settled(const struct model *m, bool own, struct settled *out,
                           size_t max)
{
    size_t num = 0;

    for (size_t i = 0; own && i < m->num_own && num < max; i++) {
        const struct own *x = &m->own[i];

        if (x->state == OWN_ACCEPTED && !is_operation(x->id)) {
            out[num++] = (struct settled){x->id, x->answered, x->deadline,
                                          x->key_bound, i};
        }
    }
    for (size_t i = 0; !own && i < m->num_theirs && num < max; i++) {
        const struct theirs *x = &m->theirs[i];

        if (x->state == THEIR_CONFIRMED && !is_operation(x->id)) {
            out[num++] =
                (struct settled){x->id, x->answered, x->deadline, false, i};
        }
    }
    return num;
}

static void forget(struct model *m, bool own, const struct settled *x)
{
    if (own) {
        m->own[x->place].state = OWN_OVER;
    } else {
        m->theirs[x->place].state = THEIR_OVER;
        m->theirs[x->place].ended_as = 1U << 4 | 1U << 6;
    }
}

/* One that began earlier, ends no later and is worth no more adds nothing. */
static bool adds_nothing(const struct settled *x, const struct settled *recent)
{
    return counter_of(x->id) < counter_of(recent->id) &&
           x->answered <= recent->answered && x->until <= recent->until &&
           (x->key_bound || !recent->key_bound);
}

/* Whether another opens every gate that `x` opens for as long. */
static bool is_idle(const struct settled *x, const struct settled *list,
                    size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (list[i].id != x->id && x->until <= list[i].until &&
            (x->key_bound || !list[i].key_bound)) {
            return true;
        }
    }
    return false;
}

/* 10, Settled; 15: the first to end of more than four, of those that open no
 * gate longer than another; the one that was settled just now stays. */
static void forget_surplus(struct model *m, bool own, uint64_t recent)
{
    struct settled list[128];
    size_t num = list_settled(m, own, list, 128);
    const struct settled *first = NULL;

    for (size_t i = 0; i < num; i++) {
        if (list[i].id != recent && is_idle(&list[i], list, num) &&
            (first == NULL || list[i].until <= first->until)) {
            first = &list[i];
        }
    }
    if (num > SETTLED_MAX && first != NULL) {
        forget(m, own, first);
    }
}

/* `id` is settled now. What adds nothing to it is forgotten, and of more than
 * four the one that ends first; without an event, for no gate shuts by it. */
void model_settled(struct model *m, bool own, uint64_t id)
{
    struct settled list[128];
    size_t num = list_settled(m, own, list, 128);
    const struct settled *recent = NULL;

    if (is_operation(id)) {
        return;
    }
    for (size_t i = 0; i < num; i++) {
        recent = list[i].id == id ? &list[i] : recent;
    }
    for (size_t i = 0; recent != NULL && i < num; i++) {
        if (adds_nothing(&list[i], recent)) {
            forget(m, own, &list[i]);
        }
    }
    if (!m->old_rules) {
        forget_surplus(m, own, id);
    }
}

/* Ends */

static void end_own(struct model *m, struct own *x)
{
    switch (x->state) {
    case OWN_WAITING:
    case OWN_APPRAISING:
        model_refused(m, x, VOUCH_INDETERMINATE);
        break;
    case OWN_ACCEPTED:
        model_expire(m, x, VOUCH_CAUSE_END);
        break;
    case OWN_COMMANDED:
        x->state = OWN_OVER;
        model_expect_event(m, VOUCH_EVENT_UNKNOWN, x->id, ANY_DETAIL, false);
        break;
    case OWN_OVER:
    default:
        break;
    }
}

static void end_their(struct model *m, struct theirs *x)
{
    if (x->state != THEIR_OVER) {
        model_deny(m, x, ANY_DETAIL, 1U << 2 | 1U << 3 | 1U << 4 | 1U << 6);
    }
}

void model_end_all(struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        end_own(m, &m->own[i]);
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        end_their(m, &m->theirs[i]);
    }
    model_lose_held(m);
}

static bool is_command(const struct theirs *x)
{
    return x->state == THEIR_OFFERED || x->state == THEIR_RUNNING;
}

static void end_commands(struct model *m)
{
    for (size_t i = 0; i < m->num_theirs; i++) {
        if (is_command(&m->theirs[i])) {
            end_their(m, &m->theirs[i]);
        }
    }
}

static bool has_command(const struct model *m)
{
    for (size_t i = 0; i < m->num_theirs; i++) {
        if (is_command(&m->theirs[i])) {
            return true;
        }
    }
    return false;
}

static void send_close(struct model *m, uint64_t codes)
{
    if (!m->closed) {
        m->close_codes = codes;
        m->closed = true;
    }
}

/* 14, Errors: they end the session */
void model_fail(struct model *m, uint64_t codes)
{
    if (m->failed || m->dead) {
        return;
    }
    m->failed = true;
    send_close(m, codes);
    m->peer_closed = true;
    model_expect_event(m, VOUCH_EVENT_FAILED, 0, m->close_codes, false);
    model_end_all(m);
    m->gate = false;
}

void model_shut(struct model *m, unsigned code)
{
    send_close(m, UINT64_C(1) << code);
    model_end_all(m);
}

/* 14: CLOSE 0 and its answer wait for commands */
static void leave_when_idle(struct model *m)
{
    if (!m->leaving || m->closed || has_command(m)) {
        return;
    }
    send_close(m, 1);
    m->goodbye_at = m->now.mono_ms + GOODBYE_ANSWER;
    if (m->peer_closed) {
        model_end_all(m);
    }
}

/* Since when DATA that comes is late: 13 */
static void note_taking(struct model *m)
{
    bool taking = model_may_accept(m);

    if (taking) {
        if (m->held_len != 0) {
            struct runs *runs = &m->runs;

            if (runs->num == runs->room) {
                runs->room = 2 * runs->room + 16;
                runs->item =
                    realloc(runs->item, runs->room * sizeof *runs->item);
                if (runs->item == NULL) {
                    abort();
                }
            }
            runs->item[runs->num++] =
                (struct run){m->held_start, m->held_len, RUN_DUE, true};
            m->released += m->held_len;
            m->held_len = 0;
        }
        m->ever_taking = true;
        m->has_shut = false;
        m->last_taking = m->now.mono_ms;
    } else if ((m->taking || (!m->ever_taking && m->peer_rejected)) &&
               !m->has_shut) {
        m->has_shut = true;
        m->shut_first = m->ever_taking ? m->last_taking : m->now.mono_ms;
        m->shut_last = m->now.mono_ms;
    }
    m->taking = taking;
}

/* What follows from what has just happened. */
void model_settle(struct model *m)
{
    bool failed_for_good =
        m->peer_rejected ||
        (m->requires_peer && m->failures >= REQUIRED_FAILURES &&
         !model_accepts(m, false));

    if (m->failed || m->dead) {
        return;
    }
    if (!m->old_rules && !model_awaits(m)) { /* 13: the last has ended */
        model_lose_held(m);
    }
    if (m->lost && !model_ended(m)) {
        model_fail(m, m->peer_rejected ? 1U << 4 : 1U << 5);
        return;
    }
    if (model_is_up(m) && m->setup->refusal == VOUCH_REFUSAL_CLOSE &&
        failed_for_good) {
        model_shut(m, 4); /* expat-03, 7 */
    }
    leave_when_idle(m);
    /* 3, Privacy order: once it has accepted the peer it says its list */
    if (model_is_up(m) && m->list_withheld && model_accepts(m, false)) {
        m->list_withheld = false;
        model_expect_output(m, WIRE_CAPABILITIES, 0, ANY_DETAIL);
    }
    note_taking(m);
    m->gate = model_may_send(m);
}

static void own_deadline(struct model *m, struct own *x)
{
    switch (x->state) {
    case OWN_WAITING:
    case OWN_APPRAISING:
        model_give_up(m, x, VOUCH_PEER_TIMEOUT);
        break;
    case OWN_ACCEPTED:
        model_expire(m, x, VOUCH_CAUSE_AGE);
        break;
    case OWN_COMMANDED:
        end_own(m, x);
        break;
    case OWN_OVER:
    default:
        break;
    }
}

static void their_deadline(struct model *m, struct theirs *x)
{
    switch (x->state) {
    case THEIR_PRODUCING:
        model_decline(m, x, VOUCH_PEER_TIMEOUT);
        break;
    case THEIR_ANSWERED:
    case THEIR_CONFIRMED:
        model_deny(m, x, UINT64_C(1) << VOUCH_PEER_TIMEOUT, 1U << 2);
        break;
    case THEIR_OFFERED:
        model_refuse_command(m, x, 1U << 2);
        break;
    case THEIR_RUNNING:
    case THEIR_OVER:
    default:
        break;
    }
}

void model_deadlines(struct model *m)
{
    for (size_t i = 0; i < m->num_own; i++) {
        if (m->own[i].deadline <= m->now.mono_ms) {
            own_deadline(m, &m->own[i]);
        }
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        if (m->theirs[i].deadline <= m->now.mono_ms) {
            their_deadline(m, &m->theirs[i]);
        }
    }
    if (m->failed || m->goodbye_at > m->now.mono_ms) {
        return;
    }
}

void model_ticked(struct model *m, vouch_err err)
{
    bool ended = model_ended(m);

    if (ended) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_OK, "tick: %s",
                    vouch_err_name(err));
        return;
    }
    model_deadlines(m);
    if (!m->failed && m->goodbye_at <= m->now.mono_ms) {
        if (m->closed) { /* 14: and no answer */
            model_fail(m, 1U << 1);
        } else {
            end_commands(m);
        }
    }
    model_settle(m);
    MODEL_CHECK(m, PROPERTY_ERRORS, (err != VOUCH_OK) == m->failed,
                "tick: %s, and the model %s", vouch_err_name(err),
                m->failed ? "has failed" : "goes on");
}

void model_closed(struct model *m, vouch_err err)
{
    if (!model_is_up(m) || m->dead) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_CLOSED, "close: %s",
                    vouch_err_name(err));
        return;
    }
    MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_OK, "close: %s",
                vouch_err_name(err));
    m->leaving = true;
    m->goodbye_at = m->now.mono_ms + GOODBYE_MS;
    model_settle(m);
}

/* Between calls */

static void check_books(struct model *m, const vouch_session *session)
{
    vouch_stats stats;
    size_t pending = model_own_in_flight(m);

    vouch_session_stats(session, &stats);
    if (m->dead) {
        return;
    }
    MODEL_CHECK(m, PROPERTY_BOOKS,
                stats.requests_sent == stats.accepted + stats.rejected +
                                           stats.indeterminate + pending,
                "requests: %llu sent, %llu accepted, %llu rejected, %llu "
                "indeterminate, %zu pending",
                (unsigned long long)stats.requests_sent,
                (unsigned long long)stats.accepted,
                (unsigned long long)stats.rejected,
                (unsigned long long)stats.indeterminate, pending);
#define SAME(name)                                                            \
    MODEL_CHECK(m, PROPERTY_BOOKS, stats.name == m->books.name,               \
                #name ": %llu, and not %llu", (unsigned long long)stats.name, \
                (unsigned long long)m->books.name)
    SAME(requests_sent);
    SAME(accepted);
    SAME(rejected);
    SAME(indeterminate);
    SAME(requests_received);
    SAME(requests_declined);
    SAME(answered);
    SAME(confirmed);
    SAME(commands_sent);
    SAME(commands_taken);
    SAME(commands_refused);
    SAME(posture_changes);
    SAME(data_sent);
    SAME(data_dropped);
    SAME(strays);
#undef SAME
    MODEL_CHECK(m, PROPERTY_BOOKS,
                stats.data_received == m->books.data_received ||
                    stats.data_received == m->books.data_received + m->released,
                "data_received: %llu, and not %llu",
                (unsigned long long)stats.data_received,
                (unsigned long long)m->books.data_received);
}

static void check_answer(struct model *m, enum property property,
                         const char *what, bool says, bool must)
{
    MODEL_CHECK(m, property, says == must, "%s: %s, and must be %s", what,
                says ? "open" : "shut", must ? "open" : "shut");
}

void model_compare(struct model *m, const vouch_session *session)
{
    bool ended = vouch_session_ended(session);
    vouch_now now = m->given;

    check_answer(m, PROPERTY_GATE, "may accept data",
                 vouch_session_may_accept(session, VOUCH_TRAFFIC_DATA, now),
                 model_may_accept(m));
    check_answer(m, PROPERTY_GATE, "may send data",
                 vouch_session_may_send(session, VOUCH_TRAFFIC_DATA, now),
                 model_may_send(m));
    check_answer(m, PROPERTY_COMMANDS, "may accept commands",
                 vouch_session_may_accept(session, VOUCH_TRAFFIC_COMMAND, now),
                 model_may_accept_command(m));
    check_answer(m, PROPERTY_COMMANDS, "may send a command",
                 vouch_session_may_send(session, VOUCH_TRAFFIC_COMMAND, now),
                 model_may_send_command(m));
    MODEL_CHECK(m, PROPERTY_ENDED, ended == model_ended(m),
                "the session %s, and must %s", ended ? "has ended" : "goes on",
                model_ended(m) ? "have ended" : "go on");
    MODEL_CHECK(m, PROPERTY_ENDED,
                !ended || vouch_session_deadline(session) == VOUCH_NEVER,
                "a deadline after the end");
    check_books(m, session);
}

enum {
    /* What one exchange that is settled may take, and an operation besides. */
    SETTLED_OCTETS = 176,
    OPERATION_OCTETS = 48,
    END_OCTETS = 1024, /* kept to tell how an own operation ends */
    COMPONENT_OCTETS = 512,
    SLACK = 2048,
};

/* Nothing waits, nothing is in flight: an idle session, what is settled, and
 * little else. */
void model_at_rest(struct model *m, size_t memory)
{
    size_t bound = m->idle_memory + SLACK + 2 * SETTLED_MAX * SETTLED_OCTETS +
                   m->components * COMPONENT_OCTETS + m->held_len;

    for (size_t i = 0; i < m->num_own; i++) {
        if (is_operation(m->own[i].id) && m->own[i].state != OWN_OVER) {
            bound += SETTLED_OCTETS + OPERATION_OCTETS + END_OCTETS;
        }
    }
    for (size_t i = 0; i < m->num_theirs; i++) {
        if (is_operation(m->theirs[i].id) && m->theirs[i].state != THEIR_OVER) {
            bound += SETTLED_OCTETS + OPERATION_OCTETS;
        }
    }
    MODEL_CHECK(m, PROPERTY_MEMORY, memory <= bound,
                "%zu octets at rest, and %zu are enough", memory, bound);
}
