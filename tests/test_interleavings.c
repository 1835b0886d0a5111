/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "proto/capsule.h"
#include "proto/message.h"
#include "tests/support/pki.h"
#include "tests/support/session_pair.h"

/*
 * Two sessions back to back, and everything that applications, clock and
 * network can do to them in an order that a seed decides. After each step both
 * are held against a model that sees the capsules and the calls only, and
 * knows nothing of the engine's states. Its rules are those of
 * proto/README.md; the first is
 *
 *     the gate is open if and only if there is a completed, unexpired, locally
 *     bound, accepted plain exchange on this connection that no posture change
 *     or rejection has ended (and, where policy says so, the peer's
 *     counterpart of one); that for commands if and only if there is one that
 *     is more than key bound.
 *
 * Random numbers of the library come from the seed, too (the linker's --wrap).
 */

enum {
    RUNS_PER_TEST = 250,
    TESTS = 20,
    STEPS = 300,
    LONG_STEPS = 1000, /* of one run in five */
    EXCHANGES_MAX = 512,
    TRAIL = 30,
    TRAIL_LEN = 120,
    HANDLES_MAX = 64,
    SPANS_MAX = 512,
    ANSWER_LIMIT_MS = VOUCH_LIMIT_ANSWER_WITHIN_MS,
};

/* One exchange, as capsules and calls show it. */
struct ex {
    uint64_t id; /* 0: none was sent */
    uint64_t asked;
    bool is_operation;
    uint8_t digest[32];
    uint8_t octet; /* an operation is this octet, `length` times */
    size_t length;
    uint64_t within;

    bool provided; /* the application gave evidence for `epoch` */
    bool is_wrong; /* ... that is not bound to the connection */
    uint64_t epoch;
    bool answered; /* AUTHENTICATOR with evidence */
    bool declined; /* ... or without */
    uint64_t answered_at;
    bool arrived; /* it came while it was awaited */
    uint64_t arrived_at;
    bool over; /* for the asker: verdict, timeout, cancel */

    bool has_outcome;
    uint64_t verdict, hold;
    bool accepted;  /* and nothing has ended that */
    bool key_bound; /* by a result that names the AIK alone */
    uint64_t until;
    bool confirmed; /* the peer's counterpart */
    uint64_t confirmed_until;

    bool commanded, command_came, taken, replied, moved;
    uint64_t reply_status;

    unsigned accepted_events, refused_events, expired_events, audits;
    unsigned ends; /* REPLY, REFUSED, UNKNOWN of an operation */
};

/* DATA on its way or due: octets [start, start + len) of its direction. */
struct span {
    uint64_t start;
    size_t len;
};

struct spans {
    struct span item[SPANS_MAX];
    size_t first, num;
};

/* A capsule that was seen and has not arrived. */
struct seen {
    uint64_t end; /* count of octets of the direction up to its end */
    uint64_t type;
    uint64_t id;
    uint64_t verdict, hold, epoch;
    bool declined;
    struct span span;
    struct seen *next;
};

struct handles {
    vouch_exchange item[HANDLES_MAX];
    size_t num;
};

struct side {
    const char *name;
    vouch_role role;
    vouch_config *config;
    vouch_channel *channel;
    vouch_session *session;
    struct side *peer;

    vouch_gate gate;
    vouch_asker asker;
    bool takes_key_bound;
    bool may_lose_data;
    uint64_t max_age, answer_within;

    struct ex ex[EXCHANGES_MAX]; /* own requests, by counter */
    uint64_t last;               /* counter of the last */
    uint64_t rejected;           /* highest counter that was rejected */
    uint64_t epoch;
    bool has_peer, peer_is_gated;
    bool peer_moved; /* since something bound was accepted */
    bool agreed;     /* the peer has said once that it accepts this side */
    bool has_agreed; /* ... and this side, of the peer */
    bool leaving, peer_closed;
    uint64_t left_at;

    /* What it sent. */
    uint8_t *partial; /* of a capsule: as seen so far */
    size_t partial_len, partial_room;
    size_t seen_len; /* of what waits to be sent, how much was seen */
    uint64_t octets_seen, octets_moved;
    struct seen *first, **end;
    uint64_t data_sent;
    size_t closes_sent;

    /* What its application knows. */
    struct handles evidence, verdicts, commands, running;
    struct spans due;
    uint64_t dropped, dropped_told;
    bool gate_told;
    bool failed;
    vouch_err failure;
    unsigned outcomes_accepted, accepted_told, confirmed_told;
    uint64_t tag; /* of its handles */
};

static struct world {
    struct side side[2];
    vouch_now now;
    uint64_t seed, random;
    char trail[TRAIL][TRAIL_LEN];
    size_t steps;
} w;

/* How much of what matters the runs of one test have seen. */
static struct {
    size_t accepted, rejected, indeterminate, glare, data, dropped, taken,
        refused_commands, unknown, moved, confirmed, closed, lost, failed,
        stale, key_bound, kept_from_commands, data_lost;
} saw;

static vouch_credential *credential[2];
static vouch_trust *trust;
static struct pki_entity entity[2];

/* Random, reproducibly */

static uint64_t next_random(void)
{
    w.random ^= w.random << 13;
    w.random ^= w.random >> 7;
    w.random ^= w.random << 17;
    return w.random * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t below(uint64_t bound)
{
    return (next_random() >> 11) % bound;
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

int __wrap_RAND_bytes(uint8_t *out, size_t len);

int __wrap_RAND_bytes(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)next_random();
    }
    return 1;
}

/* The trail */

__attribute__((format(printf, 1, 2))) static void step(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(w.trail[w.steps++ % TRAIL], TRAIL_LEN, format, args);
    va_end(args);
}

static void fail_at(int line, const char *what)
{
    size_t from = w.steps > TRAIL ? w.steps - TRAIL : 0;

    fprintf(stderr, "# seed %llu, t=%llu, line %d: %s\n",
            (unsigned long long)w.seed, (unsigned long long)w.now.mono_ms, line,
            what);
    for (size_t i = from; i < w.steps; i++) {
        fprintf(stderr, "#   %3zu %s\n", i, w.trail[i % TRAIL]);
    }
    ck_abort_msg("seed %llu: %s", (unsigned long long)w.seed, what);
}

#define CHECK(condition)                   \
    do {                                   \
        if (!(condition)) {                \
            fail_at(__LINE__, #condition); \
        }                                  \
    } while (0)

/* The model */

static struct ex *ex_of(struct side *asker, uint64_t id)
{
    uint64_t counter = id & UINT64_C(0x1fffffffffffffff);

    CHECK((id >> 63 != 0) == (asker->role == VOUCH_SERVER));
    CHECK(counter != 0 && counter < EXCHANGES_MAX);
    return &asker->ex[counter];
}

static uint64_t counter_of(const struct side *asker, const struct ex *ex)
{
    return (uint64_t)(ex - asker->ex);
}

/* Whom `id` was asked by. */
static struct side *asker_of(uint64_t id)
{
    return &w.side[id >> 63];
}

static bool accepts_with(const struct side *side, bool key_bound)
{
    for (uint64_t i = 1; i <= side->last; i++) {
        const struct ex *ex = &side->ex[i];

        if (ex->accepted && !ex->is_operation && ex->key_bound == key_bound &&
            w.now.mono_ms < ex->until) {
            return true;
        }
    }
    return false;
}

static bool accepts(const struct side *side)
{
    return accepts_with(side, false) || accepts_with(side, true);
}

static bool is_confirmed(const struct side *side)
{
    for (uint64_t i = 1; i <= side->peer->last; i++) {
        const struct ex *ex = &side->peer->ex[i];

        if (ex->confirmed && !ex->is_operation &&
            w.now.mono_ms < ex->confirmed_until) {
            return true;
        }
    }
    return false;
}

/* proto/README.md, 13: to send is asked more than to take. */
static bool policy_is_met(const struct side *side, bool agreed)
{
    switch (side->gate) {
    case VOUCH_GATE_REQUIRE_PEER:
        return accepts(side);
    case VOUCH_GATE_MUTUAL:
        return accepts(side) && agreed;
    case VOUCH_GATE_NONE:
    case VOUCH_GATE_RESTRICTED:
    default:
        return true;
    }
}

static bool may_accept(const struct side *side)
{
    return side->has_peer && !side->peer_closed &&
           policy_is_met(side, side->agreed);
}

static bool requires_peer(const struct side *side)
{
    return side->gate != VOUCH_GATE_NONE || side->asker == VOUCH_ASKER_ATTESTED;
}

static bool may_send(const struct side *side)
{
    return side->has_peer && !side->peer_closed && !side->leaving &&
           policy_is_met(side, is_confirmed(side)) &&
           (!side->peer_is_gated ||
            (is_confirmed(side) && (side->has_agreed || !requires_peer(side))));
}

static bool may_accept_command(const struct side *side)
{
    return side->asker != VOUCH_ASKER_NOBODY && accepts_with(side, false);
}

static void push(struct spans *spans, struct span span)
{
    CHECK(spans->num < SPANS_MAX);
    spans->item[(spans->first + spans->num++) % SPANS_MAX] = span;
}

static struct span pop(struct spans *spans)
{
    struct span span = spans->item[spans->first];

    CHECK(spans->num != 0);
    spans->first = (spans->first + 1) % SPANS_MAX;
    spans->num--;
    return span;
}

/* An acceptance stands for older ones that end no later and are worth no more.
 */
static void forget_older(struct side *side, const struct ex *recent)
{
    for (struct ex *ex = &side->ex[1]; ex < recent; ex++) {
        if (ex->accepted && !ex->is_operation && !recent->is_operation &&
            (ex->key_bound || !recent->key_bound) &&
            ex->arrived_at <= recent->arrived_at &&
            ex->until <= recent->until) {
            ex->accepted = false;
        }
    }
}

static void accept(struct side *side, struct ex *ex, uint64_t until)
{
    ex->accepted = true;
    ex->until = until;
    side->has_agreed = side->has_agreed || !ex->is_operation;
    side->peer_moved = side->peer_moved && ex->key_bound;
    forget_older(side, ex);
}

static void reject(struct side *side, const struct ex *rejected)
{
    uint64_t counter = counter_of(side, rejected);

    side->rejected = counter > side->rejected ? counter : side->rejected;
    for (uint64_t i = 1; i < counter; i++) {
        if (!side->ex[i].commanded) {
            side->ex[i].accepted = false;
        }
    }
}

/* A capsule was put behind what `side` has to send. */

static void request_sent(struct side *side, struct seen *seen,
                         vouch_bytes value)
{
    struct vouch_request_message m;
    struct ex *ex;

    CHECK(vouch_request_message_decode(value, &m) == VOUCH_OK);
    ex = ex_of(side, m.id);
    CHECK(counter_of(side, ex) == side->last + 1); /* ids are unique */
    side->last++;
    ex->id = m.id;
    seen->id = m.id;
    ex->asked = w.now.mono_ms;
    ex->is_operation = m.operation.len != 0;
    CHECK(m.operation.len == 0 || m.operation.len == 32);
    if (m.operation.len != 0) {
        memcpy(ex->digest, m.operation.data, 32);
    }
    saw.glare +=
        side->peer->last != 0 && !side->peer->ex[side->peer->last].over;
}

static void authenticator_sent(struct side *side, struct seen *seen,
                               vouch_bytes value)
{
    struct vouch_authenticator_message m;
    struct ex *ex;

    CHECK(vouch_authenticator_message_decode(value, &m) == VOUCH_OK);
    ex = ex_of(side->peer, m.id);
    CHECK(ex->id == m.id && !ex->answered && !ex->declined);
    seen->id = m.id;
    seen->declined = m.has_reason;
    ex->answered_at = w.now.mono_ms;
    if (m.has_reason) {
        ex->declined = true;
        return;
    }
    CHECK(ex->provided);
    CHECK(ex->epoch == side->epoch); /* never of an older posture */
    ex->answered = true;
}

static void outcome_sent(struct side *side, struct seen *seen,
                         vouch_bytes value)
{
    struct vouch_outcome_message m;
    struct ex *ex;

    CHECK(vouch_outcome_message_decode(value, &m) == VOUCH_OK);
    ex = ex_of(side, m.id);
    CHECK(ex->id == m.id && !ex->has_outcome);
    CHECK(m.has_hold == (m.verdict == VOUCH_ACCEPTED));
    seen->id = m.id;
    seen->verdict = ex->verdict = m.verdict;
    seen->hold = ex->hold = m.hold_ms;
    ex->has_outcome = true;
    if (m.verdict == VOUCH_ACCEPTED) {
        CHECK(ex->over && ex->arrived); /* by a verdict of the application */
        CHECK(ex->arrived_at + m.hold_ms == ex->until);
        side->outcomes_accepted++;
    } else {
        ex->over = true;
    }
}

static void command_sent(struct side *side, struct seen *seen,
                         vouch_bytes value)
{
    struct vouch_command_message m;
    struct ex *ex;
    uint8_t digest[32];

    CHECK(vouch_command_message_decode(value, &m) == VOUCH_OK);
    ex = ex_of(side, m.id);
    CHECK(ex->is_operation && !ex->commanded);
    SHA256(m.operation.data, m.operation.len, digest);
    CHECK(memcmp(digest, ex->digest, 32) == 0);
    CHECK(ex->accepted && w.now.mono_ms < ex->until);
    ex->commanded = true;
    seen->id = m.id;
}

static void reply_sent(struct side *side, struct seen *seen, vouch_bytes value)
{
    struct vouch_reply_message m;
    struct ex *ex;

    CHECK(vouch_reply_message_decode(value, &m) == VOUCH_OK);
    ex = ex_of(side->peer, m.id);
    CHECK(ex->commanded && !ex->replied);
    CHECK(ex->taken ==
          (m.status == VOUCH_STATUS_DONE || m.status == VOUCH_STATUS_FAILED));
    CHECK(m.posture_changed == (ex->taken && ex->moved));
    ex->replied = true;
    ex->reply_status = m.status;
    seen->id = m.id;
}

static void posture_sent(struct side *side, struct seen *seen,
                         vouch_bytes value)
{
    struct vouch_posture_message m;

    CHECK(vouch_posture_message_decode(value, &m) == VOUCH_OK);
    CHECK(m.epoch == side->epoch);
    seen->epoch = m.epoch;
}

static void capsule_sent(struct side *side, struct seen *seen,
                         vouch_bytes value)
{
    CHECK(side->closes_sent == 0); /* nothing after CLOSE */
    switch (seen->type) {
    case VOUCH_CAPSULE_CAPABILITIES:
        break;
    case VOUCH_CAPSULE_REQUEST:
        request_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_AUTHENTICATOR:
        authenticator_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_OUTCOME:
        outcome_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_COMMAND:
        command_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_REPLY:
        reply_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_POSTURE:
        posture_sent(side, seen, value);
        break;
    case VOUCH_CAPSULE_DATA:
        CHECK(may_send(side));
        seen->span = (struct span){side->data_sent, value.len};
        side->data_sent += value.len;
        break;
    default:
        CHECK(seen->type == VOUCH_CAPSULE_CLOSE);
        side->closes_sent++;
        break;
    }
}

static void keep_partial(struct side *side, vouch_bytes octets)
{
    if (side->partial_len + octets.len > side->partial_room) {
        side->partial_room = 2 * (side->partial_len + octets.len);
        side->partial = realloc(side->partial, side->partial_room);
        ck_assert_ptr_nonnull(side->partial);
    }
    memcpy(side->partial + side->partial_len, octets.data, octets.len);
    side->partial_len += octets.len;
}

/* Looks at what a call has put behind what waits to be sent. */
static void look(struct side *side)
{
    vouch_bytes out = vouch_session_outgoing(side->session);
    struct vouch_capsule_header header;
    vouch_bytes rest;

    CHECK(out.len >= side->seen_len);
    if (out.len == side->seen_len) {
        return;
    }
    keep_partial(side, (vouch_bytes){out.data + side->seen_len,
                                     out.len - side->seen_len});
    side->seen_len = out.len;
    rest = (vouch_bytes){side->partial, side->partial_len};
    while (rest.len != 0) {
        struct seen *seen = calloc(1, sizeof *seen);
        size_t before = rest.len;

        ck_assert_ptr_nonnull(seen);
        CHECK(vouch_capsule_header_parse(&rest, &header));
        CHECK(header.length <= rest.len); /* capsules come as a whole */
        seen->type = header.type;
        capsule_sent(side, seen,
                     (vouch_bytes){rest.data, (size_t)header.length});
        rest.data += header.length;
        rest.len -= (size_t)header.length;
        side->octets_seen += before - rest.len;
        seen->end = side->octets_seen;
        *side->end = seen;
        side->end = &seen->next;
    }
    side->partial_len = 0;
}

/* A capsule came to `side` as a whole. */

static void outcome_came(struct side *side, const struct seen *seen)
{
    struct side *asker = side->peer;
    struct ex *ex = ex_of(asker, seen->id);

    for (struct ex *old = &asker->ex[1];
         seen->verdict == VOUCH_REJECTED && old < ex; old++) {
        old->confirmed = old->confirmed && old->taken;
    }
    /* An answer whose OUTCOME is overdue counts for nothing any more. */
    if (!ex->answered || ex->answered_at + ANSWER_LIMIT_MS <= w.now.mono_ms) {
        return;
    }
    if (seen->verdict == VOUCH_ACCEPTED) {
        if (ex->epoch == side->epoch &&
            w.now.mono_ms < ex->answered_at + seen->hold) {
            ex->confirmed = true;
            saw.confirmed++;
        }
        saw.stale += ex->epoch != side->epoch;
        side->agreed = side->agreed || !ex->is_operation;
        ex->confirmed_until = ex->answered_at + seen->hold;
        CHECK(ex->confirmed_until <= ex->until); /* never outlives it */
    }
}

static void posture_came(struct side *side)
{
    side->peer_moved = true;
    for (uint64_t i = 1; i <= side->last; i++) {
        struct ex *ex = &side->ex[i];

        ex->accepted = ex->accepted && ex->commanded;
        ex->over = ex->over || ex->arrived;
    }
}

static void data_came(struct side *side, struct span span)
{
    if (vouch_session_ended(side->session)) { /* by a timeout, just before */
        return;
    }
    if (may_accept(side)) {
        push(&side->due, span);
    } else {
        side->dropped += span.len;
    }
}

static void capsule_came(struct side *side, const struct seen *seen)
{
    struct ex *ex;

    switch (seen->type) {
    case VOUCH_CAPSULE_CAPABILITIES:
        side->has_peer = true;
        side->peer_is_gated = side->peer->gate >= VOUCH_GATE_REQUIRE_PEER;
        break;
    case VOUCH_CAPSULE_AUTHENTICATOR:
        ex = ex_of(side, seen->id);
        ex->arrived = !ex->over && !seen->declined;
        ex->arrived_at = w.now.mono_ms;
        ex->over = ex->over || seen->declined;
        break;
    case VOUCH_CAPSULE_OUTCOME:
        outcome_came(side, seen);
        break;
    case VOUCH_CAPSULE_POSTURE:
        posture_came(side);
        break;
    case VOUCH_CAPSULE_COMMAND:
        ex_of(side->peer, seen->id)->command_came = true;
        break;
    case VOUCH_CAPSULE_DATA:
        data_came(side, seen->span);
        break;
    case VOUCH_CAPSULE_CLOSE:
        side->peer_closed = true;
        for (uint64_t i = 1; i <= side->last; i++) {
            struct ex *ended = &side->ex[i];

            ended->over = true;
            /* what a delivered command rests on stays until it has begun */
            ended->accepted =
                ended->accepted && (ended->commanded || !ended->is_operation);
        }
        break;
    default:
        break;
    }
}

/* What holds after every step. */
static void check_side(struct side *side)
{
    const vouch_session *s = side->session;
    bool sends = vouch_session_may_send(s, VOUCH_TRAFFIC_DATA, w.now);
    bool lets_in = vouch_session_may_accept(s, VOUCH_TRAFFIC_DATA, w.now);
    bool lets_in_commands =
        vouch_session_may_accept(s, VOUCH_TRAFFIC_COMMAND, w.now);

    if (vouch_session_ended(s)) {
        CHECK(!sends && !lets_in && !lets_in_commands);
        CHECK(vouch_session_deadline(s) == VOUCH_NEVER);
        return;
    }
    CHECK(lets_in == may_accept(side));
    CHECK(sends == may_send(side));
    CHECK(lets_in_commands == may_accept_command(side));
}

static void after(struct side *side)
{
    look(side);
    check_side(side);
    check_side(side->peer);
}

/* The session has failed; did it have cause? Two that keep the protocol never
 * accuse each other of having broken it. */
static void note_failure(struct side *side, vouch_err err, bool by_data)
{
    vouch_stats stats;

    vouch_session_stats(side->session, &stats);
    side->failed = true;
    side->failure = err;
    if (err == VOUCH_E_UNEXPECTED) { /* late data, no answer to CLOSE 0 */
        CHECK(by_data ||
              (side->leaving && w.now.mono_ms >= side->left_at + 10000));
    } else if (err == VOUCH_E_DATA_LOST) {
        CHECK(by_data && !side->may_lose_data);
        saw.data_lost++;
    } else if (err == VOUCH_E_RATE) {
        CHECK(stats.strays > VOUCH_LIMIT_STRAYS_PER_MINUTE);
    } else {
        fail_at(__LINE__, vouch_err_name(err));
    }
}

/* Steps */

static size_t boundary(const struct side *from)
{
    return from->first != NULL ? (size_t)(from->first->end - from->octets_moved)
                               : SIZE_MAX;
}

/* Gives the peer up to `max` octets, one capsule's end at the most. */
static bool move(struct side *from, size_t max)
{
    struct side *to = from->peer;
    vouch_bytes out = vouch_session_outgoing(from->session);
    size_t len = out.len < max ? out.len : max, taken = 0;
    const struct seen *next = from->first;
    bool ended = vouch_session_ended(to->session) || to->peer_closed;
    vouch_err err;

    len = len < boundary(from) ? len : boundary(from);
    if (len == 0) {
        return false;
    }
    err = vouch_session_recv(to->session, (vouch_bytes){out.data, len}, w.now,
                             &taken);
    step("%s: %zu octets to %s: %s, %zu taken, in %llx", from->name, len,
         to->name, vouch_err_name(err), taken,
         (unsigned long long)(next != NULL ? next->type & 15 : 99));
    if (err == VOUCH_E_CLOSED) {
        CHECK(ended);
    }
    if (err != VOUCH_OK) {
        taken = len;
    }
    vouch_session_sent(from->session, taken);
    from->seen_len -= taken;
    from->octets_moved += taken;
    look(to);
    if (next != NULL && from->octets_moved == next->end) {
        if (err == VOUCH_OK) {
            capsule_came(to, next);
        } else if (err != VOUCH_E_CLOSED) {
            note_failure(to, err,
                         next->type == VOUCH_CAPSULE_DATA && !may_accept(to));
        }
        from->first = next->next;
        from->end = from->first == NULL ? &from->first : from->end;
        free((void *)(uintptr_t)next);
    } else if (err != VOUCH_OK && err != VOUCH_E_CLOSED) {
        note_failure(to, err, false);
    }
    look(from); /* CLOSE shows when all else is gone */
    after(to);
    return taken != 0;
}

static void add_handle(struct handles *handles, vouch_exchange handle)
{
    CHECK(handles->num < HANDLES_MAX);
    handles->item[handles->num++] = handle;
}

static vouch_exchange any_handle(const struct handles *handles)
{
    return handles->num == 0 ? (vouch_exchange){0}
                             : handles->item[below(handles->num)];
}

static void drop_handle(struct handles *handles, vouch_exchange handle)
{
    for (size_t i = 0; i < handles->num; i++) {
        if (handles->item[i].id == handle.id &&
            handles->item[i].epoch == handle.epoch) {
            handles->item[i] = handles->item[--handles->num];
            return;
        }
    }
}

static void data_told(struct side *side, const vouch_event *event)
{
    struct span span = pop(&side->due);

    CHECK(!event->u.data.pre_acceptance);
    CHECK(event->u.data.bytes.len == span.len);
    for (size_t i = 0; i < span.len; i++) {
        CHECK(event->u.data.bytes.data[i] == (uint8_t)((span.start + i) * 131));
    }
    saw.data++;
}

static void command_told(struct side *side, const vouch_event *event)
{
    const struct ex *ex = ex_of(side->peer, event->exchange.id);
    uint8_t digest[32];

    CHECK(ex->command_came && !ex->taken);
    CHECK(ex->verdict == VOUCH_ACCEPTED && ex->has_outcome);
    SHA256(event->u.command.bytes.data, event->u.command.bytes.len, digest);
    CHECK(memcmp(digest, ex->digest, 32) == 0);
    add_handle(&side->commands, event->exchange);
}

static void reply_told(struct ex *ex, const vouch_event *event)
{
    CHECK(ex->replied);
    CHECK((uint64_t)event->u.reply.status == ex->reply_status);
    CHECK(ex->taken == (event->u.reply.status == VOUCH_STATUS_DONE ||
                        event->u.reply.status == VOUCH_STATUS_FAILED));
    saw.refused_commands += !ex->taken;
    ex->ends++;
}

static void told(struct side *side, const vouch_event *event)
{
    uint64_t id = event->exchange.id;
    struct ex *ex = id != 0 && asker_of(id) == side ? ex_of(side, id) : NULL;

    switch (event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        add_handle(&side->evidence, event->exchange);
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED:
        add_handle(&side->verdicts, event->exchange);
        break;
    case VOUCH_EVENT_COMMAND:
        command_told(side, event);
        break;
    case VOUCH_EVENT_ACCEPTED:
        ex->accepted_events++;
        side->accepted_told++;
        CHECK(event->u.accepted.until == ex->until);
        break;
    case VOUCH_EVENT_REFUSED:
        ex->refused_events++;
        ex->ends++;
        CHECK(!ex->commanded);
        break;
    case VOUCH_EVENT_EXPIRED:
        CHECK(ex->accepted_events == 1 && !ex->is_operation);
        ex->expired_events++;
        break;
    case VOUCH_EVENT_AUDIT:
        ex->audits++;
        break;
    case VOUCH_EVENT_REPLY:
        reply_told(ex, event);
        break;
    case VOUCH_EVENT_UNKNOWN:
        CHECK(ex->commanded);
        ex->ends++;
        break;
    case VOUCH_EVENT_CONFIRMED:
        side->confirmed_told++;
        break;
    case VOUCH_EVENT_GATE:
        CHECK(event->u.gate.open != side->gate_told);
        side->gate_told = event->u.gate.open;
        break;
    case VOUCH_EVENT_DATA:
        data_told(side, event);
        break;
    case VOUCH_EVENT_DATA_DROPPED:
        side->dropped_told += event->u.dropped.octets;
        break;
    case VOUCH_EVENT_FAILED:
        CHECK(side->failed && event->u.failed.err == side->failure);
        break;
    case VOUCH_EVENT_PEER:
    case VOUCH_EVENT_DENIED:
    case VOUCH_EVENT_POSTURE:
    case VOUCH_EVENT_DIFFERENT_CONNECTION:
    case VOUCH_EVENT_POLICY_DEADLOCK:
    case VOUCH_EVENT_CLOSED:
    default:
        break;
    }
}

static bool poll_one(struct side *side)
{
    vouch_event event;

    if (!vouch_session_poll(side->session, &event)) {
        CHECK(!vouch_session_has_event(side->session));
        return false;
    }
    step("%s: %s %llx", side->name, vouch_event_name(event.type),
         (unsigned long long)event.exchange.id);
    told(side, &event);
    return true;
}

static void poll_all(struct side *side)
{
    while (poll_one(side)) {
    }
}

/* Evidence */

static void provide(struct side *side, vouch_exchange handle)
{
    struct ex *ex = ex_of(side->peer, handle.id);
    bool wrong = chance(6);
    vouch_evidence_info info;
    vouch_buffer cmw;
    vouch_err err = vouch_session_evidence_info(side->session, handle, &info);

    if (err == VOUCH_OK) {
        CHECK(info.epoch == side->epoch && handle.epoch == side->epoch);
        if (wrong) {
            info.binder.data[0] ^= 1;
        }
        cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
        ex->provided = true;
        ex->is_wrong = wrong;
        ex->epoch = info.epoch;
        err = vouch_session_provide(side->session, handle,
                                    (vouch_bytes){cmw.data, cmw.len}, w.now);
        vouch_buffer_free(&cmw);
        ex->provided = err == VOUCH_OK;
    }
    step("%s: provide %llx: %s", side->name, (unsigned long long)handle.id,
         vouch_err_name(err));
    CHECK(err == VOUCH_OK || err == VOUCH_E_HANDLE || err == VOUCH_E_GATE);
}

static void step_evidence(struct side *side)
{
    vouch_exchange handle = any_handle(&side->evidence);
    vouch_exchange foreign = handle;
    vouch_err err;

    if (handle.id == 0) {
        return;
    }
    foreign.session ^= 1 + below(1000);
    CHECK(vouch_session_decline(side->session, foreign, VOUCH_PEER_POLICY,
                                w.now) == VOUCH_E_HANDLE);
    CHECK(vouch_session_decline(side->peer->session, handle, VOUCH_PEER_POLICY,
                                w.now) == VOUCH_E_HANDLE);
    if (chance(88)) {
        provide(side, handle);
    } else {
        err = chance(50) ? vouch_session_decline(side->session, handle,
                                                 VOUCH_PEER_POLICY, w.now)
                         : vouch_session_busy(side->session, handle,
                                              below(5000), w.now);
        step("%s: decline %llx: %s", side->name, (unsigned long long)handle.id,
             vouch_err_name(err));
        CHECK(err == VOUCH_OK || err == VOUCH_E_HANDLE);
    }
    after(side);
    CHECK(vouch_session_decline(side->session, handle, VOUCH_PEER_POLICY,
                                w.now) == VOUCH_E_HANDLE); /* not twice */
    if (chance(80)) { /* else it is tried again, late */
        drop_handle(&side->evidence, handle);
    }
}

/* Appraisal */

/* What the rules say to this verdict of the application's. */
static vouch_verdict expected_verdict(const struct side *side,
                                      const struct ex *ex,
                                      vouch_verdict verdict, uint64_t until)
{
    if (verdict != VOUCH_ACCEPTED) {
        return verdict;
    }
    if (ex->is_wrong) {
        return VOUCH_REJECTED; /* the binder is another connection's */
    }
    if (ex->key_bound &&
        (!side->takes_key_bound || ex->is_operation || side->peer_moved)) {
        return VOUCH_REJECTED;
    }
    return counter_of(side, ex) < side->rejected || until <= w.now.mono_ms
               ? VOUCH_INDETERMINATE
               : VOUCH_ACCEPTED;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Has it be older than the request, by whole seconds; the end of that. */
static uint64_t grow_old(const struct side *side, vouch_result *result)
{
    uint64_t age = 1 + below(30), most = side->max_age / 1000;

    result->issued_at = w.now.unix_s - (int64_t)age;
    return w.now.mono_ms + (age < most ? (most - age) * 1000 : 0);
}

static void conclude(struct side *side, vouch_exchange handle)
{
    static const vouch_verdict verdicts[] = {VOUCH_REJECTED,
                                             VOUCH_INDETERMINATE};
    vouch_verdict verdict = chance(87) ? VOUCH_ACCEPTED : verdicts[chance(70)];
    struct ex *ex = ex_of(side, handle.id);
    uint64_t until = least(ex->asked + side->max_age,
                           ex->is_operation ? ex->within : UINT64_MAX);
    bool awaited = ex->arrived && !ex->over &&
                   w.now.mono_ms < ex->arrived_at + side->answer_within &&
                   !vouch_session_ended(side->session);
    vouch_appraisal_info info;
    vouch_result result;
    vouch_err err = vouch_session_appraisal_info(side->session, handle, &info);

    if (err == VOUCH_OK) {
        result = pair_appraise(&info, verdict);
        if (chance(10)) {
            int64_t left = (int64_t)below(20);

            result.not_after = w.now.unix_s + left;
            until = least(until, w.now.mono_ms + (uint64_t)left * 1000);
        }
        if (chance(10)) {
            until = least(until, grow_old(side, &result));
        }
        if (awaited) {
            ex->key_bound = chance(25);
        }
        if (ex->key_bound) {
            result.level = VOUCH_LEVEL_KEY_BOUND;
            if (!ex->is_wrong && chance(70)) {
                result.binder.len = 0;
            }
        }
        verdict = expected_verdict(side, ex, verdict, until);
        if (awaited) {
            ex->over = true;
            if (verdict == VOUCH_ACCEPTED) {
                accept(side, ex, until);
            }
        }
        err = vouch_session_conclude(side->session, handle, &result, w.now);
    }
    step("%s: conclude %llx as %d: %s", side->name,
         (unsigned long long)handle.id, (int)verdict, vouch_err_name(err));
    CHECK(err == (awaited ? VOUCH_OK : VOUCH_E_HANDLE));
    if (awaited && verdict == VOUCH_REJECTED) {
        reject(side, ex);
    }
    look(side);
    CHECK(!awaited || side->leaving || vouch_session_ended(side->session) ||
          (ex->has_outcome && ex->verdict == (uint64_t)verdict));
    saw.accepted += awaited && verdict == VOUCH_ACCEPTED;
    saw.key_bound += awaited && verdict == VOUCH_ACCEPTED && ex->key_bound;
    saw.kept_from_commands += accepts(side) && !accepts_with(side, false) &&
                              side->asker != VOUCH_ASKER_NOBODY;
    saw.rejected += awaited && verdict == VOUCH_REJECTED;
    saw.indeterminate += awaited && verdict == VOUCH_INDETERMINATE;
}

static void step_appraisal(struct side *side)
{
    vouch_exchange handle = any_handle(&side->verdicts);
    vouch_exchange foreign = handle;
    const vouch_result none = {.verdict = VOUCH_ACCEPTED};

    if (handle.id == 0) {
        return;
    }
    foreign.session ^= 1 + below(1000);
    CHECK(vouch_session_conclude(side->session, foreign, &none, w.now) ==
          VOUCH_E_HANDLE);
    CHECK(vouch_session_conclude(side->peer->session, handle, &none, w.now) ==
          VOUCH_E_HANDLE);
    conclude(side, handle);
    after(side);
    CHECK(vouch_session_conclude(side->session, handle, &none, w.now) ==
          VOUCH_E_HANDLE); /* not twice */
    if (chance(80)) {
        drop_handle(&side->verdicts, handle);
    }
}

/* Asking */

static void step_request(struct side *side)
{
    static const uint8_t nonce[64];
    vouch_exchange handle;
    vouch_err err =
        chance(70)
            ? vouch_session_request(side->session, w.now, &handle)
            : vouch_session_request_nonce(side->session,
                                          (vouch_bytes){nonce, 8 + below(57)},
                                          w.now, &handle);

    step("%s: request: %s", side->name, vouch_err_name(err));
    CHECK(err == VOUCH_OK || err == VOUCH_E_TOO_MANY || err == VOUCH_E_STATE ||
          err == VOUCH_E_CLOSED);
    after(side);
    if (err == VOUCH_OK) {
        CHECK(ex_of(side, handle.id)->id == handle.id);
        side->tag = handle.session;
    }
}

static vouch_bytes operation_of(const struct ex *ex)
{
    static uint8_t octets[64];

    memset(octets, ex->octet, sizeof octets);
    return (vouch_bytes){octets, ex->length};
}

static void step_operation(struct side *side)
{
    struct ex next = {.octet = (uint8_t)next_random(), .length = below(64)};
    uint64_t within = 1 + below(60000);
    vouch_exchange handle;
    struct ex *ex;
    vouch_err err = vouch_session_request_operation(
        side->session, operation_of(&next), within, w.now, &handle);

    step("%s: operation: %s", side->name, vouch_err_name(err));
    CHECK(err == VOUCH_OK || err == VOUCH_E_TOO_MANY || err == VOUCH_E_STATE ||
          err == VOUCH_E_CLOSED);
    look(side);
    if (err == VOUCH_OK) {
        ex = ex_of(side, handle.id);
        CHECK(ex->id == handle.id && ex->is_operation);
        side->tag = handle.session;
        ex->octet = next.octet;
        ex->length = next.length;
        ex->within = w.now.mono_ms + within;
    }
    after(side);
}

static vouch_exchange handle_of(const struct side *side, const struct ex *ex)
{
    return (vouch_exchange){.id = ex->id, .session = side->tag};
}

static void step_cancel(struct side *side)
{
    struct ex *ex = &side->ex[1 + below(side->last + 1)];
    vouch_err err;

    if (ex->id == 0 || side->tag == 0) {
        return;
    }
    err = vouch_session_cancel(side->session, handle_of(side, ex), w.now);
    step("%s: cancel %llx: %s", side->name, (unsigned long long)ex->id,
         vouch_err_name(err));
    CHECK(err == VOUCH_OK || err == VOUCH_E_HANDLE);
    if (err == VOUCH_OK) {
        CHECK(!ex->commanded);
        ex->over = true;
        ex->accepted = false;
    }
    after(side);
}

/* Commands */

static void step_command(struct side *side)
{
    bool wrong = chance(20), approved;
    vouch_bytes operation;
    struct ex *ex = NULL;
    vouch_err err;

    for (uint64_t i = 1; i <= side->last; i++) {
        if (side->ex[i].is_operation &&
            (ex == NULL || chance(side->ex[i].accepted ? 80 : 20))) {
            ex = &side->ex[i];
        }
    }
    if (ex == NULL) {
        return;
    }
    approved = ex->accepted && !ex->commanded && w.now.mono_ms < ex->until &&
               !side->leaving && !side->peer_closed &&
               !vouch_session_ended(side->session);
    operation = operation_of(ex);
    if (wrong) {
        operation.len = operation.len != 0 ? operation.len - 1 : 1;
    }
    err = vouch_session_command(side->session, handle_of(side, ex), operation,
                                w.now);
    step("%s: command %llx%s: %s", side->name, (unsigned long long)ex->id,
         wrong ? ", wrong" : "", vouch_err_name(err));
    look(side);
    if (!approved) {
        CHECK(err == VOUCH_E_GATE || err == VOUCH_E_CLOSED);
    } else if (wrong) {
        CHECK(err == VOUCH_E_OPERATION);
    } else {
        CHECK(err == VOUCH_OK && ex->commanded);
    }
    after(side);
}

static void step_take(struct side *side)
{
    vouch_exchange handle = any_handle(&side->commands);
    struct ex *ex;
    bool may;
    vouch_err err;

    if (handle.id == 0) {
        return;
    }
    ex = ex_of(side->peer, handle.id);
    may = ex->confirmed && ex->epoch == side->epoch && !ex->taken &&
          !ex->replied && w.now.mono_ms < ex->confirmed_until &&
          may_accept_command(side) && !vouch_session_ended(side->session);
    ex->taken = ex->taken || may;
    err = vouch_session_take(side->session, handle, w.now);
    step("%s: take %llx: %s", side->name, (unsigned long long)handle.id,
         vouch_err_name(err));
    if (side->closes_sent == 0 && !side->leaving && !side->peer_closed) {
        CHECK(err == (may ? VOUCH_OK : VOUCH_E_HANDLE));
    } else {
        CHECK(err == VOUCH_E_HANDLE || may);
        ex->taken = err == VOUCH_OK;
    }
    if (err == VOUCH_OK) {
        saw.taken++;
        add_handle(&side->running, handle);
        CHECK(vouch_session_take(side->session, handle, w.now) ==
              VOUCH_E_HANDLE);
    }
    drop_handle(&side->commands, handle);
    after(side);
}

static void step_reply(struct side *side)
{
    static const uint8_t octets[40];
    vouch_exchange handle = any_handle(&side->running);
    vouch_err err;

    if (handle.id == 0) {
        return;
    }
    err = vouch_session_reply(
        side->session, handle,
        chance(80) ? VOUCH_STATUS_DONE : VOUCH_STATUS_FAILED,
        (vouch_bytes){octets, below(sizeof octets)}, w.now);
    step("%s: reply %llx: %s", side->name, (unsigned long long)handle.id,
         vouch_err_name(err));
    /* CLOSE 0 waits only so long for what runs */
    CHECK(err == VOUCH_OK || vouch_session_ended(side->session) ||
          (err == VOUCH_E_HANDLE && side->leaving &&
           w.now.mono_ms >= side->left_at + 10000));
    drop_handle(&side->running, handle);
    after(side);
}

/* The rest */

static void step_posture(struct side *side)
{
    uint8_t digest[32] = {(uint8_t)below(3)};
    struct side *peer = side->peer;
    uint64_t before = side->epoch;
    vouch_stats stats;
    vouch_err err;

    vouch_session_stats(side->session, &stats);
    side->epoch = stats.posture_changes + 1; /* should it be one */
    err = vouch_session_set_posture(side->session, "model", digest, w.now);
    vouch_session_stats(side->session, &stats);
    side->epoch = stats.posture_changes;
    step("%s: posture %u, epoch %llu: %s", side->name, digest[0],
         (unsigned long long)side->epoch, vouch_err_name(err));
    CHECK(err == VOUCH_OK || err == VOUCH_E_CLOSED);
    for (uint64_t i = 1; before != side->epoch && i <= peer->last; i++) {
        struct ex *ex = &peer->ex[i];

        ex->confirmed = ex->confirmed && ex->taken;
        ex->moved = ex->moved || (ex->taken && !ex->replied);
        saw.moved++;
    }
    after(side);
}

static void tick(struct side *side, vouch_now now)
{
    vouch_err err = vouch_session_tick(side->session, now);

    look(side);
    if (err != VOUCH_OK && !side->failed) {
        note_failure(side, err, false);
    }
    CHECK(vouch_session_ended(side->session) ||
          vouch_session_deadline(side->session) > w.now.mono_ms);
}

static void move_clock(uint64_t ms)
{
    step("%llu ms", (unsigned long long)ms);
    w.now.mono_ms += ms;
    w.now.unix_s = PKI_NOW + (int64_t)(w.now.mono_ms / 1000);
    for (size_t i = 0; i < 2; i++) {
        /* before any tick, too, nothing that is over counts */
        check_side(&w.side[i]);
    }
}

static void pass_time(uint64_t ms)
{
    move_clock(ms);
    for (size_t i = 0; i < 2; i++) {
        tick(&w.side[i], w.now);
        after(&w.side[i]);
    }
}

static void step_time(struct side *side)
{
    static const uint64_t spans[] = {10, 100, 1000, 12000};
    uint64_t due = vouch_session_deadline(side->session);
    vouch_now earlier = {w.now.mono_ms - below(10000), w.now.unix_s};

    if (chance(10)) { /* a clock that goes backwards changes nothing */
        step("%s: backwards", side->name);
        tick(side, w.now);
        tick(side, earlier);
        after(side);
    } else if (chance(30) && due != VOUCH_NEVER && due > w.now.mono_ms &&
               due - w.now.mono_ms < 60000) {
        pass_time(due - w.now.mono_ms - (chance(50) ? 1 : 0));
    } else if (chance(30)) { /* and the application is late to tick */
        move_clock(below(spans[below(4)]));
    } else {
        pass_time(below(spans[below(4)]));
    }
}

static void step_data(struct side *side)
{
    uint8_t octets[300];
    size_t len = 1 + below(sizeof octets), taken = 0;
    vouch_err err;

    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)((side->data_sent + i) * 131);
    }
    err = vouch_session_send(side->session, (vouch_bytes){octets, len}, w.now,
                             &taken);
    step("%s: data: %s", side->name, vouch_err_name(err));
    CHECK(err == VOUCH_OK ? may_send(side)
                          : err == VOUCH_E_GATE || err == VOUCH_E_CLOSED);
    after(side);
}

static void step_close(struct side *side)
{
    vouch_err err = vouch_session_close(side->session, w.now);

    step("%s: close: %s", side->name, vouch_err_name(err));
    if (err == VOUCH_OK) {
        side->leaving = true;
        side->left_at = w.now.mono_ms;
        saw.closed++;
    } else {
        CHECK(err == VOUCH_E_CLOSED);
    }
    after(side);
}

static void step_move(struct side *side)
{
    size_t times = 1 + below(6);

    for (size_t i = 0; i < times; i++) {
        if (!move(side, chance(70) ? SIZE_MAX : 1 + below(40))) {
            break;
        }
    }
}

static const struct {
    unsigned weight;
    void (*take)(struct side *side);
} kinds[] = {
    {300, step_move},      {120, poll_all},    {130, step_evidence},
    {130, step_appraisal}, {30, step_request}, {45, step_operation},
    {60, step_command},    {60, step_take},    {50, step_reply},
    {8, step_cancel},      {6, step_posture},  {50, step_time},
    {40, step_data},       {1, step_close},
};

static void any_step(void)
{
    struct side *side = &w.side[below(2)];
    unsigned total = 0, at;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        total += kinds[i].weight;
    }
    at = (unsigned)below(total);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (at < kinds[i].weight) {
            kinds[i].take(side);
            return;
        }
        at -= kinds[i].weight;
    }
}

/* A run */

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    uint8_t input[512], mac[EVP_MAX_MD_SIZE];
    size_t label_len = strlen(label) + 1;
    unsigned mac_len;

    (void)arg;
    ck_assert_uint_le(label_len + context.len, sizeof input);
    memcpy(input, label, label_len);
    if (context.len != 0) {
        memcpy(input + label_len, context.data, context.len);
    }
    ck_assert_ptr_nonnull(HMAC(EVP_sha512(), &w.seed, sizeof w.seed, input,
                               label_len + context.len, mac, &mac_len));
    memcpy(out, mac, len);
    return VOUCH_OK;
}

static void start_side(struct side *side, size_t i)
{
    static const char *const names[] = {"client", "server"};

    side->name = names[i];
    side->role = i == 0 ? VOUCH_CLIENT : VOUCH_SERVER;
    side->peer = &w.side[1 - i];
    side->end = &side->first;
    side->max_age = 2000 + below(60000);
    side->answer_within = 500 + below(30000);
    side->gate = chance(90) ? VOUCH_GATE_RESTRICTED + (vouch_gate)below(3)
                            : (vouch_gate)below(4);
    side->asker = chance(80) ? VOUCH_ASKER_ATTESTED : (vouch_asker)below(2);
    side->takes_key_bound = chance(60);
    ck_assert_int_eq(VOUCH_OK, vouch_config_new(&side->config));
    if (side->takes_key_bound) {
        ck_assert_int_eq(VOUCH_OK, vouch_config_allow_key_bound(side->config));
    }
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_credential(side->config, credential[i]));
    ck_assert_int_eq(VOUCH_OK, vouch_config_set_trust(side->config, trust));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_add_produced(side->config, PAIR_FORMAT));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_add_appraised(side->config, PAIR_FORMAT));
    ck_assert_int_eq(VOUCH_OK, vouch_config_set_gate(side->config, side->gate));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_asker(side->config, side->asker));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_config_set_max_age(side->config, side->max_age));
    ck_assert_int_eq(VOUCH_OK, vouch_config_set_answer_within(
                                   side->config, side->answer_within));
    if (chance(30)) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_config_set_interval(side->config, below(20000)));
    }
    if (chance(50)) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_config_set_grace(side->config, below(20000)));
    }
    if (chance(85)) {
        ck_assert_int_eq(VOUCH_OK, vouch_config_set_refusal(
                                       side->config, VOUCH_REFUSAL_STAY));
    }
    if (chance(10) && side->gate != VOUCH_GATE_NONE) {
        ck_assert_int_eq(VOUCH_OK, vouch_config_set_peer_first(side->config));
    }
    if (chance(30)) {
        ck_assert_int_eq(VOUCH_OK, vouch_config_hold_early_data(side->config));
    }
    side->may_lose_data = chance(50);
    if (side->may_lose_data) {
        ck_assert_int_eq(VOUCH_OK, vouch_config_allow_data_loss(side->config));
    }
    ck_assert_int_eq(VOUCH_OK,
                     vouch_channel_new(side->role, VOUCH_SHA256, exporter, NULL,
                                       &side->channel));
    ck_assert_int_eq(VOUCH_OK, vouch_session_new(side->channel, side->config,
                                                 w.now, &side->session));
}

static void free_side(struct side *side)
{
    while (side->first != NULL) {
        struct seen *seen = side->first;

        side->first = seen->next;
        free(seen);
    }
    free(side->partial);
    vouch_session_free(side->session);
    vouch_channel_free(side->channel);
    vouch_config_free(side->config);
}

/* Lets both finish what they can. */
static void settle(void)
{
    bool busy = true;

    while (busy) {
        busy = false;
        for (size_t i = 0; i < 2; i++) {
            struct side *side = &w.side[i];

            busy = move(side, SIZE_MAX) || busy;
            busy = poll_one(side) || busy;
            step_take(side);
            step_reply(side);
        }
    }
}

static void lose(struct side *side, bool is_cut)
{
    bool ended = vouch_session_ended(side->session) || side->peer_closed;
    vouch_err err = is_cut ? vouch_session_truncated(side->session, w.now)
                           : vouch_session_end_of_stream(side->session, w.now);

    step("%s: end of stream: %s", side->name, vouch_err_name(err));
    if (ended) {
        CHECK(err == VOUCH_OK);
        return;
    }
    CHECK(err == (is_cut ? VOUCH_E_TRUNCATED : VOUCH_E_UNEXPECTED));
    CHECK(vouch_session_ended(side->session));
    saw.lost++;
    side->failed = true;
    side->failure = err;
}

/* CLOSE from one side or both, or the loss of the connection. */
static void finish(void)
{
    size_t kind = below(4);

    if (kind != 0) {
        step_close(&w.side[below(2)]);
        if (kind == 3) {
            step_close(&w.side[below(2)]);
        }
        settle();
        pass_time(11000);
        settle();
    }
    for (size_t i = 0; i < 2; i++) {
        lose(&w.side[i], chance(50));
    }
    pass_time(11000); /* for commands that never end */
    for (size_t i = 0; i < 2; i++) {
        CHECK(vouch_session_ended(w.side[i].session));
        poll_all(&w.side[i]);
    }
}

/* What holds when all is over: no event is lost and none comes twice. */
static void check_end(struct side *side)
{
    vouch_stats stats;

    vouch_session_stats(side->session, &stats);
    CHECK(stats.requests_sent == side->last);
    CHECK(stats.accepted == side->accepted_told);
    CHECK(stats.confirmed == side->confirmed_told);
    CHECK(side->leaving || side->outcomes_accepted == side->accepted_told);
    CHECK(side->outcomes_accepted <= side->accepted_told);
    CHECK(side->dropped_told == side->dropped || side->failed);
    CHECK(side->due.num == 0);
    CHECK(!side->gate_told);
    for (uint64_t i = 1; i <= side->last; i++) {
        const struct ex *ex = &side->ex[i];

        CHECK(ex->audits == 1);
        CHECK(ex->expired_events <= 1);
        if (ex->is_operation) {
            CHECK(ex->ends == 1 && ex->accepted_events <= 1);
        } else {
            CHECK(ex->accepted_events + ex->refused_events == 1);
        }
    }
    saw.dropped += side->dropped != 0;
    saw.failed += side->failed;
}

static void run(uint64_t seed)
{
    memset(&w, 0, sizeof w);
    w.seed = seed;
    w.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w.now = (vouch_now){1000000, PKI_NOW + 1000};
    for (size_t i = 0; i < 2; i++) {
        start_side(&w.side[i], i);
    }
    for (size_t i = 0; i < 2; i++) {
        after(&w.side[i]);
    }
    for (size_t i = 0; i < (seed % 5 == 0 ? LONG_STEPS : STEPS); i++) {
        any_step();
    }
    finish();
    for (size_t i = 0; i < 2; i++) {
        check_end(&w.side[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        free_side(&w.side[i]);
    }
}

/* The runs must reach what they are there for. */
static void check_reach(void)
{
    ck_assert_uint_ge(saw.accepted, RUNS_PER_TEST);
    ck_assert_uint_ge(saw.confirmed, RUNS_PER_TEST / 2);
    ck_assert_uint_ge(saw.rejected, RUNS_PER_TEST / 10);
    ck_assert_uint_ge(saw.indeterminate, RUNS_PER_TEST / 10);
    ck_assert_uint_ge(saw.glare, RUNS_PER_TEST); /* attack 66 */
    ck_assert_uint_ge(saw.data, RUNS_PER_TEST / 2);
    ck_assert_uint_ne(saw.taken, 0);
    ck_assert_uint_ne(saw.refused_commands, 0);
    ck_assert_uint_ne(saw.moved, 0);
    ck_assert_uint_ne(saw.stale, 0);
    ck_assert_uint_ge(saw.key_bound, RUNS_PER_TEST / 10);
    ck_assert_uint_ne(saw.kept_from_commands, 0);
    ck_assert_uint_ne(saw.closed, 0);
    ck_assert_uint_ne(saw.lost, 0);
    ck_assert_uint_ne(saw.dropped + saw.data_lost, 0);
    ck_assert_uint_ne(saw.failed, 0);
}

START_TEST(no_interleaving_opens_a_gate_that_the_rules_keep_shut)
{
    memset(&saw, 0, sizeof saw);
    for (uint64_t i = 0; i < RUNS_PER_TEST; i++) {
        run((uint64_t)_i * RUNS_PER_TEST + i + 1);
    }
    check_reach();
}
END_TEST

static void set_up(void)
{
    struct pki_entity root = pki_root(PKI_P256);
    X509_STORE *store = pki_store(&root);

    for (size_t i = 0; i < 2; i++) {
        const struct pki_profile profile = {
            .kind = PKI_P256, .name = i == 0 ? "client" : "server"};
        vouch_buffer pem;
        vouch_key *key;

        entity[i] = pki_issue(&root, &profile);
        pem = pki_pem(&entity[i].certificate, 1);
        ck_assert_int_eq(VOUCH_OK, vouch_key_from_evp(entity[i].key, &key));
        ck_assert_int_eq(VOUCH_OK, vouch_credential_new(
                                       key, (vouch_bytes){pem.data, pem.len},
                                       &credential[i]));
        vouch_key_free(key);
        free(pem.data);
    }
    ck_assert_int_eq(VOUCH_OK, vouch_trust_new(store, VOUCH_NAME_NONE, &trust));
    X509_STORE_free(store);
    pki_free(&root);
}

static void tear_down(void)
{
    vouch_trust_free(trust);
    for (size_t i = 0; i < 2; i++) {
        vouch_credential_free(credential[i]);
        pki_free(&entity[i]);
    }
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("interleavings");
    TCase *tc = tcase_create("interleavings");

    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(
        tc, no_interleaving_opens_a_gate_that_the_rules_keep_shut, 0, TESTS);
    suite_add_tcase(suite, tc);
    return suite;
}
