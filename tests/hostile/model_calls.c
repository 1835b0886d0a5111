/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/model.h"

#include <string.h>

/* The application's calls: <vouch/session.h>, and proto/README.md, 10 to 14. */

enum {
    OPERATION_MAX = 65536,
    OPERATIONS_MAX = 16,
    COMPONENTS_MAX = 32,
    EVENTS_ABOUT = 40, /* of 64, for GATE is not counted */
    ANSWER_MAX_MS = 600000,
    AUTHENTICATOR_ABOUT = 4000, /* less than an AUTHENTICATOR has at most */
    UNSENT_ABOUT = 100000,
};

static bool is_operation(uint64_t id)
{
    return (id & ID_OPERATION) != 0;
}

static uint64_t after(uint64_t time, uint64_t ms)
{
    return ms > VOUCH_NEVER - 1 - time ? VOUCH_NEVER - 1 : time + ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Asking */

/* Whether an error of a request has a reason; OK has one when nothing else
 * does. */
static bool has_reason(const struct model *m, vouch_err err, bool bare,
                       bool operation, size_t len, uint64_t within)
{
    uint64_t limit = m->has_peer ? earlier(4, m->peer.max_in_flight) : 1;
    bool argument = operation && (len > OPERATION_MAX || within == 0);
    bool state =
        !m->setup->has_trust || m->setup->appraised == 0 || m->different ||
        (m->has_peer ? m->peer_produces == 0 : !bare) ||
        (operation && (!m->has_peer || (m->peer.flags & WIRE_EXECUTES) == 0));
    bool many = model_own_in_flight(m) >= limit ||
                (operation && model_own_operations(m) >= OPERATIONS_MAX);
    bool closed = !model_is_up(m) || m->dead;

    switch ((int)err) {
    case VOUCH_OK:
        return !argument && !state && !many && !closed;
    case VOUCH_E_ARGUMENT:
        return argument;
    case VOUCH_E_STATE:
        return state;
    case VOUCH_E_TOO_MANY: /* poll first */
        return many || (!m->old_rules && m->waiting >= EVENTS_ABOUT);
    case VOUCH_E_CLOSED:
        return closed;
    default:
        return false;
    }
}

void model_asked(struct model *m, vouch_err err, vouch_exchange exchange,
                 bool nonce, const uint8_t *operation, size_t len,
                 uint64_t within)
{
    MODEL_CHECK(m, PROPERTY_ERRORS,
                has_reason(m, err, !nonce && operation == NULL,
                           operation != NULL, len, within),
                "request: %s (in flight %zu, peer %d, up %d, waiting %zu)",
                vouch_err_name(err), model_own_in_flight(m), m->has_peer,
                model_is_up(m), m->waiting);
    m->call_asks = err == VOUCH_OK;
    if (err != VOUCH_OK) {
        return;
    }
    m->call_id = exchange.id;
    m->call_nonce = nonce;
    m->call_operation = operation != NULL;
    if (operation != NULL) {
        memcpy(m->call_digest, operation, 32);
    }
    m->call_within = after(m->now.mono_ms, within);
    model_settle(m);
}

void model_cancelled(struct model *m, vouch_exchange exchange, bool foreign,
                     vouch_err err)
{
    struct own *x = foreign ? NULL : model_own(m, exchange.id);

    if (x == NULL || x->state == OWN_OVER || x->state == OWN_COMMANDED) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_HANDLE, "cancel: %s",
                    vouch_err_name(err));
        return;
    }
    if (x->state == OWN_ACCEPTED) {
        model_expire(m, x, VOUCH_CAUSE_END);
    } else {
        model_give_up(m, x, VOUCH_PEER_NONE);
    }
    model_settle(m);
    MODEL_CHECK(m, PROPERTY_ERRORS, (err != VOUCH_OK) == m->failed,
                "cancel: %s", vouch_err_name(err));
}

/* Appraisal: 10 */

/* The time of the monotonic clock at which the wall clock shows `unix_s`. */
static uint64_t time_of(const struct model *m, int64_t unix_s)
{
    uint64_t left;

    if (unix_s <= m->now.unix_s) {
        return m->now.mono_ms;
    }
    left = (uint64_t)unix_s - (uint64_t)m->now.unix_s;
    return left > INT64_MAX / 1000 ? VOUCH_NEVER - 1
                                   : after(m->now.mono_ms, left * 1000);
}

static uint64_t end_of_age(const struct model *m, const struct own *x,
                           int64_t issued_at)
{
    uint64_t end = after(x->asked, m->setup->max_age);
    uint64_t most = m->setup->max_age / 1000, age;

    if (issued_at == 0 || issued_at >= m->now.unix_s) {
        return end;
    }
    age = (uint64_t)m->now.unix_s - (uint64_t)issued_at;
    return age >= most
               ? m->now.mono_ms
               : earlier(end, after(m->now.mono_ms, (most - age) * 1000));
}

/* 10, Acceptance: the earliest of all ends that there are */
static uint64_t end_of(const struct model *m, const struct own *x,
                       const vouch_result *result)
{
    uint64_t end = earlier(end_of_age(m, x, result->issued_at),
                           earlier(time_of(m, result->not_after),
                                   time_of(m, HOSTILE_VALID_UNTIL)));

    return is_operation(x->id) ? earlier(end, x->within) : end;
}

/* 10, Level and Continuity */
static bool may_count(const struct model *m, const struct own *x,
                      const vouch_result *result)
{
    const struct setup *setup = m->setup;
    bool has_ueid = result->ueid.len > 1 && result->ueid.data[1] != 0;

    if (result->level != VOUCH_LEVEL_BOUND &&
        (!setup->key_bound || is_operation(x->id) || m->peer_moved)) {
        return false;
    }
    if (m->ever_accepted && x->answered_by != m->aik) {
        return false;
    }
    if (result->has_epoch && result->epoch != m->peer_epoch) {
        return false;
    }
    if (setup->pin &&
        (!has_ueid || (m->has_ueid && m->ueid != result->ueid.data[1]))) {
        return false;
    }
    return !setup->no_regression ||
           (result->has_security_version &&
            (!m->has_version || result->security_version >= m->version));
}

static void remember(struct model *m, const struct own *x,
                     const vouch_result *result)
{
    m->ever_accepted = true;
    m->aik = x->answered_by;
    if (result->ueid.len != 0) {
        m->has_ueid = true;
        m->ueid = result->ueid.data[1];
    }
    if (result->has_security_version) {
        m->has_version = true;
        m->version = result->security_version;
    }
}

static void accept(struct model *m, struct own *x, const vouch_result *result,
                   uint64_t until)
{
    x->state = OWN_ACCEPTED;
    x->deadline = until;
    x->key_bound = result->level == VOUCH_LEVEL_KEY_BOUND;
    m->books.accepted++;
    m->failures = 0;
    m->peer_moved = m->peer_moved && x->key_bound;
    m->ever_accepted_plain = m->ever_accepted_plain || !is_operation(x->id);
    m->rejected_since_bound =
        m->rejected_since_bound && (x->key_bound || is_operation(x->id));
    remember(m, x, result);
    model_expect_event(m, VOUCH_EVENT_ACCEPTED, x->id,
                       UINT64_C(1) << result->level, false);
    model_expect_event(m, VOUCH_EVENT_AUDIT, x->id, ANY_DETAIL, false);
    model_outcome(m, x, VOUCH_ACCEPTED, VOUCH_PEER_NONE);
    model_settled(m, true, x->id);
}

void model_concluded(struct model *m, vouch_exchange exchange, bool foreign,
                     const vouch_result *result, bool shows, vouch_err err)
{
    struct own *x = foreign ? NULL : model_own(m, exchange.id);
    uint64_t until;

    if (x == NULL || x->state != OWN_APPRAISING ||
        x->deadline <= m->now.mono_ms) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_HANDLE, "conclude: %s",
                    vouch_err_name(err));
        return;
    }
    until = end_of(m, x, result);
    if (result->verdict == VOUCH_INDETERMINATE) {
        model_give_up(m, x, VOUCH_PEER_INTERNAL);
    } else if (result->verdict != VOUCH_ACCEPTED || !shows ||
               !may_count(m, x, result)) { /* a bare yes is not enough */
        model_reject(m, x);
    } else if ((x->id & ID_COUNTER) < m->highest_rejected ||
               until <= m->now.mono_ms) {
        model_give_up(m, x, VOUCH_PEER_INTERNAL);
    } else {
        accept(m, x, result, until);
    }
    model_settle(m);
    MODEL_CHECK(m, PROPERTY_ERRORS, (err != VOUCH_OK) == m->failed,
                "conclude: %s", vouch_err_name(err));
}

/* Evidence */

static struct theirs *producing(struct model *m, vouch_exchange exchange,
                                bool foreign)
{
    struct theirs *x = foreign ? NULL : model_theirs(m, exchange.id);

    return x != NULL && x->state == THEIR_PRODUCING &&
                   exchange.epoch == m->epoch && x->deadline > m->now.mono_ms &&
                   model_is_up(m) && !m->dead
               ? x
               : NULL;
}

void model_provided(struct model *m, vouch_exchange exchange, bool foreign,
                    unsigned format, size_t len, vouch_err err)
{
    struct theirs *x = producing(m, exchange, foreign);

    if (x == NULL) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_HANDLE, "provide: %s",
                    vouch_err_name(err));
        return;
    }
    if (m->setup->peer_first && !model_accepts(m, false)) {
        model_decline(m, x, VOUCH_PEER_YOU_FIRST);
        model_settle(m);
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_GATE, "provide: %s",
                    vouch_err_name(err));
        return;
    }
    if ((x->formats >> format & 1) == 0) {
        MODEL_CHECK(m, PROPERTY_ERRORS,
                    vouch_err_band_of(err) == VOUCH_BAND_PEER,
                    "provide: %s for a format that was not asked for",
                    vouch_err_name(err));
        return;
    }
    if (len > m->peer.max_evidence || m->peer.max_capsule < 1024 ||
        (err == VOUCH_E_TOO_LARGE &&
         m->peer.max_capsule < len + AUTHENTICATOR_ABOUT)) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_TOO_LARGE,
                    "provide: %s for more than the peer takes",
                    vouch_err_name(err));
        return;
    }
    x->state = THEIR_ANSWERED;
    x->answered = m->now.mono_ms;
    x->deadline = m->now.mono_ms + ANSWER_MAX_MS;
    m->books.answered++;
    model_expect_output(m, WIRE_AUTHENTICATOR, x->id, UINT64_C(1) << 32);
    model_settle(m);
    MODEL_CHECK(m, PROPERTY_ERRORS, (err != VOUCH_OK) == m->failed,
                "provide: %s", vouch_err_name(err));
}

void model_declined(struct model *m, vouch_exchange exchange, bool foreign,
                    unsigned reason, vouch_err err)
{
    struct theirs *x = producing(m, exchange, foreign);

    MODEL_CHECK(m, PROPERTY_ERRORS,
                err == (x != NULL ? VOUCH_OK : VOUCH_E_HANDLE), "decline: %s",
                vouch_err_name(err));
    if (x != NULL) {
        model_decline(m, x, reason);
        model_settle(m);
    }
}

/* Operations: 12 */

void model_commanded(struct model *m, vouch_exchange exchange, bool foreign,
                     struct span operation, vouch_err err)
{
    struct connection sha256 = {.sha384 = false};
    struct own *x = foreign ? NULL : model_own(m, exchange.id);
    struct hash hash = ea_hash(&sha256, operation);
    vouch_err must = VOUCH_OK;

    if (!model_is_up(m) || m->dead) {
        must = VOUCH_E_CLOSED;
    } else if (x == NULL || x->state != OWN_ACCEPTED || !is_operation(x->id) ||
               x->deadline <= m->now.mono_ms) {
        must = VOUCH_E_GATE;
    } else if (memcmp(hash.octets, x->digest, 32) != 0) {
        must = VOUCH_E_OPERATION;
    } else if (err == VOUCH_E_TOO_LARGE && m->unsent > UNSENT_ABOUT) {
        must = VOUCH_E_TOO_LARGE;
    }
    MODEL_CHECK(m, PROPERTY_COMMANDS, err == must, "command: %s, and not %s",
                vouch_err_name(err), vouch_err_name(must));
    if (must != VOUCH_OK) {
        return;
    }
    x->state = OWN_COMMANDED;
    x->deadline = after(x->within, m->setup->answer_within);
    m->books.commands_sent++;
    model_expect_output(m, WIRE_COMMAND, x->id, ANY_DETAIL);
    model_settle(m);
}

void model_took(struct model *m, vouch_exchange exchange, bool foreign,
                vouch_err err)
{
    struct theirs *x = foreign ? NULL : model_theirs(m, exchange.id);
    bool offered = x != NULL && x->state == THEIR_OFFERED && !m->closed;
    bool stale =
        offered && (x->epoch != m->epoch || x->deadline <= m->now.mono_ms);
    bool may = offered && !stale && model_may_accept_command(m);

    MODEL_CHECK(m, PROPERTY_COMMANDS, err == (may ? VOUCH_OK : VOUCH_E_HANDLE),
                "take: %s", vouch_err_name(err));
    if (!offered) {
        return;
    }
    if (may) {
        x->state = THEIR_RUNNING;
        x->deadline = VOUCH_NEVER;
        m->books.commands_taken++;
    } else {
        model_refuse_command(m, x, stale ? 1U << 2 : 1U << 5);
    }
    model_settle(m);
}

void model_replied(struct model *m, vouch_exchange exchange, bool foreign,
                   vouch_status status, size_t len, vouch_err err)
{
    struct theirs *x = foreign ? NULL : model_theirs(m, exchange.id);
    bool argument =
        (status != VOUCH_STATUS_DONE && status != VOUCH_STATUS_FAILED) ||
        len > OPERATION_MAX;
    bool running = x != NULL && x->state == THEIR_RUNNING;

    if (argument || !running) {
        MODEL_CHECK(
            m, PROPERTY_COMMANDS,
            (argument && err == VOUCH_E_ARGUMENT) ||
                (!running && (err == VOUCH_E_HANDLE || err == VOUCH_E_CLOSED)),
            "reply: %s", vouch_err_name(err));
        return;
    }
    x->state = THEIR_OVER;
    x->ended_as = 1U << 3;
    x->ended_at = m->operations_ended++;
    model_expect_output(m, WIRE_REPLY, x->id,
                        UINT64_C(1) << (status + (x->moved ? 16 : 0)));
    model_settle(m);
    MODEL_CHECK(m, PROPERTY_COMMANDS, (err != VOUCH_OK) == m->failed,
                "reply: %s", vouch_err_name(err));
}

/* Posture: 11 */

/* Evidence is wanted anew; of an event that was not polled yet the newer one
 * takes the place. */
static void make_anew(struct model *m, struct theirs *x)
{
    x->epoch = m->epoch;
    for (size_t i = 0; !m->old_rules && i < m->events.num; i++) {
        if (m->events.item[i].type == VOUCH_EVENT_EVIDENCE_NEEDED &&
            m->events.item[i].id == x->id) {
            return;
        }
    }
    model_expect_event(m, VOUCH_EVENT_EVIDENCE_NEEDED, x->id, ANY_DETAIL,
                       false);
}

void model_posture_set(struct model *m, unsigned component, uint8_t value,
                       vouch_err err)
{
    bool is_new = m->component[component] == 0;

    if (model_ended(m)) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_CLOSED, "posture: %s",
                    vouch_err_name(err));
        return;
    }
    if (is_new && m->components == COMPONENTS_MAX) {
        MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_E_TOO_MANY, "posture: %s",
                    vouch_err_name(err));
        return;
    }
    MODEL_CHECK(m, PROPERTY_ERRORS, err == VOUCH_OK || m->unsent > UNSENT_ABOUT,
                "posture: %s", vouch_err_name(err));
    if (m->component[component] == value) {
        return;
    }
    m->components += is_new;
    m->component[component] = value;
    m->epoch++;
    m->books.posture_changes++;
    model_expect_output(m, WIRE_POSTURE, 0, ANY_DETAIL);
    for (size_t i = 0; i < m->num_theirs; i++) {
        struct theirs *x = &m->theirs[i];

        if (x->state == THEIR_PRODUCING) {
            make_anew(m, x);
        } else if (x->state == THEIR_CONFIRMED) {
            model_deny(m, x, UINT64_C(1) << VOUCH_PEER_POSTURE, 1U << 2);
        } else if (x->state == THEIR_OFFERED) {
            model_refuse_command(m, x, 1U << 2);
        } else if (x->state == THEIR_RUNNING) {
            x->moved = true;
        }
    }
    model_settle(m);
}

/* DATA */

void model_sent_data(struct model *m, size_t len, size_t taken, vouch_err err)
{
    vouch_err must = VOUCH_OK;

    if (!model_is_up(m) || m->dead) {
        must = VOUCH_E_CLOSED;
    } else if (!model_may_send(m)) {
        must = VOUCH_E_GATE;
    }
    MODEL_CHECK(m, PROPERTY_GATE, err == must, "send: %s, and not %s",
                vouch_err_name(err), vouch_err_name(must));
    if (err != VOUCH_OK) {
        return;
    }
    MODEL_CHECK(m, PROPERTY_ERRORS,
                taken <= len && (taken == len || m->unsent + len > 60000),
                "send took %zu of %zu", taken, len);
    m->data_promised += taken;
    m->books.data_sent += taken;
}
