/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include <string.h>

#include "proto/memory.h"

struct step {
    step_action *act;
    unsigned next;
};

/*
 * The two sides of an exchange. A pair of state and input that has no entry is
 * a violation. tests/test_exchange.c walks them all.
 */
static const struct step relying_party[RP_STATES][RP_INPUTS] = {
    [RP_NEW] =
        {
            [RP_IN_ASK] = {vouch_rp_ask, RP_WAITING},
            [RP_IN_END] = {vouch_rp_abandon, RP_REFUSED},
        },
    [RP_WAITING] =
        {
            [RP_IN_AUTHENTICATOR] = {vouch_rp_start_appraisal, RP_APPRAISING},
            [RP_IN_INVALID] = {vouch_rp_reject, RP_REFUSED},
            [RP_IN_UNSURE] = {vouch_rp_give_up, RP_REFUSED},
            [RP_IN_DECLINED] = {vouch_rp_declined, RP_REFUSED},
            [RP_IN_DEADLINE] = {vouch_rp_time_out, RP_REFUSED},
            [RP_IN_CANCEL] = {vouch_rp_cancel, RP_REFUSED},
            [RP_IN_END] = {vouch_rp_abandon, RP_REFUSED},
        },
    [RP_APPRAISING] =
        {
            [RP_IN_YES] = {vouch_rp_accept, RP_ACCEPTED},
            [RP_IN_NO] = {vouch_rp_reject, RP_REFUSED},
            [RP_IN_UNSURE] = {vouch_rp_give_up, RP_REFUSED},
            [RP_IN_POSTURE] = {vouch_rp_stale, RP_REFUSED},
            [RP_IN_DEADLINE] = {vouch_rp_time_out, RP_REFUSED},
            [RP_IN_CANCEL] = {vouch_rp_cancel, RP_REFUSED},
            [RP_IN_END] = {vouch_rp_abandon, RP_REFUSED},
        },
    [RP_ACCEPTED] =
        {
            [RP_IN_COMMAND] = {vouch_rp_command, RP_COMMANDED},
            [RP_IN_POSTURE] = {vouch_rp_expire, RP_REFUSED},
            [RP_IN_DEADLINE] = {vouch_rp_expire, RP_REFUSED},
            [RP_IN_REVOKED] = {vouch_rp_expire, RP_REFUSED},
            [RP_IN_CANCEL] = {vouch_rp_expire, RP_REFUSED},
            [RP_IN_END] = {vouch_rp_expire, RP_REFUSED},
        },
    [RP_COMMANDED] =
        {
            [RP_IN_REPLY] = {vouch_rp_reply, RP_REFUSED},
            [RP_IN_DEADLINE] = {vouch_rp_unknown, RP_REFUSED},
            [RP_IN_END] = {vouch_rp_unknown, RP_REFUSED},
        },
};

static const struct step attester[AT_STATES][AT_INPUTS] =
    {
        [AT_ASKED] =
            {
                [AT_IN_PRODUCE] = {vouch_at_need_evidence, AT_PRODUCING},
                [AT_IN_DECLINE] = {vouch_at_decline, AT_DENIED},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
        [AT_PRODUCING] =
            {
                [AT_IN_EVIDENCE] = {vouch_at_answer, AT_ANSWERED},
                [AT_IN_DECLINE] = {vouch_at_decline, AT_DENIED},
                [AT_IN_REJECTED] = {vouch_at_denied, AT_DENIED},
                [AT_IN_INDETERMINATE] = {vouch_at_denied, AT_DENIED},
                [AT_IN_POSTURE] = {vouch_at_need_evidence, AT_PRODUCING},
                [AT_IN_DEADLINE] = {vouch_at_time_out, AT_DENIED},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
        [AT_ANSWERED] =
            {
                [AT_IN_ACCEPTED] = {vouch_at_confirm, AT_CONFIRMED},
                [AT_IN_REJECTED] = {vouch_at_denied, AT_DENIED},
                [AT_IN_INDETERMINATE] = {vouch_at_denied, AT_DENIED},
                [AT_IN_STALE] = {vouch_at_stale, AT_DENIED},
                [AT_IN_DEADLINE] = {vouch_at_lapse, AT_DENIED},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
        [AT_CONFIRMED] =
            {
                [AT_IN_REJECTED] = {vouch_at_denied, AT_DENIED},
                [AT_IN_COMMAND] = {vouch_at_offer, AT_OFFERED},
                [AT_IN_POSTURE] = {vouch_at_stale, AT_DENIED},
                [AT_IN_DEADLINE] = {vouch_at_lapse, AT_DENIED},
                [AT_IN_REVOKED] = {vouch_at_lapse, AT_DENIED},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
        [AT_OFFERED] =
            {
                [AT_IN_TAKE] = {vouch_at_take, AT_RUNNING},
                [AT_IN_REFUSE] = {vouch_at_refuse, AT_DENIED},
                [AT_IN_REJECTED] = {vouch_at_refuse_denied, AT_DENIED},
                [AT_IN_POSTURE] = {vouch_at_refuse_stale, AT_DENIED},
                [AT_IN_DEADLINE] = {vouch_at_refuse_stale, AT_DENIED},
                [AT_IN_REVOKED] = {vouch_at_refuse_denied, AT_DENIED},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
        [AT_RUNNING] =
            {
                [AT_IN_REPLY] = {vouch_at_reply, AT_DENIED},
                [AT_IN_REJECTED] = {vouch_at_keep_running, AT_RUNNING},
                [AT_IN_POSTURE] = {vouch_at_note_posture, AT_RUNNING},
                [AT_IN_END] = {vouch_at_abandon, AT_DENIED},
            },
};

bool vouch_exchange_is_operation(const struct exchange *x)
{
    return (x->id & VOUCH_ID_OPERATION) != 0;
}

bool vouch_exchange_is_mine(const vouch_session *s, uint64_t id)
{
    bool server =
        vouch_channel_role(vouch_endpoint_channel(s->endpoint)) == VOUCH_SERVER;

    return ((id & VOUCH_ID_SERVER) != 0) == server;
}

bool vouch_exchange_ever_was(const vouch_session *s, uint64_t id, bool mine)
{
    uint64_t counter = id & VOUCH_ID_COUNTER;

    return vouch_exchange_is_mine(s, id) == mine && counter != 0 &&
           counter <= (mine ? s->highest_asked : s->highest_seen);
}

struct exchange *vouch_exchange_add(vouch_session *s, uint64_t id)
{
    struct exchange *x = vouch_alloc(sizeof *x);
    struct exchange_work *work = vouch_alloc(sizeof *work);

    if (x == NULL || work == NULL) {
        vouch_free(x);
        vouch_free(work);
        return NULL;
    }
    x->work = work;
    x->id = id;
    x->deadline = VOUCH_NEVER;
    x->state =
        vouch_exchange_is_mine(s, id) ? (unsigned)RP_NEW : (unsigned)AT_ASKED;
    x->next = s->exchanges;
    s->exchanges = x;
    return x;
}

void vouch_exchange_forget_work(struct exchange *x)
{
    if (x->work != NULL) {
        vouch_buffer_free(&x->work->request);
        vouch_buffer_free(&x->work->authenticator);
        vouch_wipe(x->work, sizeof *x->work);
        vouch_free(x->work);
        x->work = NULL;
    }
}

vouch_err vouch_exchange_set_operation(struct exchange *x,
                                       const uint8_t digest[32])
{
    x->operation = vouch_alloc(sizeof *x->operation);
    if (x->operation == NULL) {
        return VOUCH_E_NOMEM;
    }
    memcpy(x->operation->digest, digest, 32);
    return VOUCH_OK;
}

bool vouch_exchange_owes_an_end(const struct exchange *x)
{
    return x->operation != NULL && x->operation->end != NULL;
}

static void forget_operation(struct exchange *x)
{
    if (x->operation != NULL) {
        vouch_event_node_free(x->operation->end);
        vouch_free(x->operation);
    }
}

static void exchange_remove(vouch_session *s, struct exchange *x)
{
    struct exchange **link = &s->exchanges;

    while (*link != x) {
        link = &(*link)->next;
    }
    *link = x->next;
    vouch_exchange_forget_work(x);
    forget_operation(x);
    vouch_free(x);
}

void vouch_exchange_free_all(vouch_session *s)
{
    while (s->exchanges != NULL) {
        exchange_remove(s, s->exchanges);
    }
}

uint64_t vouch_exchange_counter(const struct exchange *x)
{
    return x->id & VOUCH_ID_COUNTER;
}

/* Settled, about the peer itself and nothing else, of the side that `mine`
 * says. */
static bool is_settled(const vouch_session *s, const struct exchange *x,
                       bool mine)
{
    return vouch_exchange_is_mine(s, x->id) == mine &&
           !vouch_exchange_is_operation(x) && x->work == NULL;
}

/* `old` opens no gate that `other` does not open for as long. */
static bool adds_nothing(const struct exchange *old,
                         const struct exchange *other)
{
    return old != other && old->deadline <= other->deadline &&
           (old->key_bound || !other->key_bound);
}

static bool is_superseded(const struct exchange *old,
                          const struct exchange *recent)
{
    return vouch_exchange_counter(old) < vouch_exchange_counter(recent) &&
           old->answered <= recent->answered && adds_nothing(old, recent);
}

static bool is_idle(const vouch_session *s, const struct exchange *x, bool mine)
{
    const struct exchange *other = s->exchanges;

    while (other != NULL &&
           !(is_settled(s, other, mine) && adds_nothing(x, other))) {
        other = other->next;
    }
    return other != NULL;
}

/* Where there are more settled exchanges than are kept: the first to end, but
 * for `recent`, of those that add nothing. */
static struct exchange *find_surplus(const vouch_session *s,
                                     const struct exchange *recent, bool mine)
{
    struct exchange *least = NULL;
    size_t num = 0;

    for (struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (is_settled(s, x, mine)) {
            num++;
            if (x != recent && is_idle(s, x, mine) &&
                (least == NULL || x->deadline < least->deadline)) {
                least = x;
            }
        }
    }
    return num > VOUCH_LIMIT_SETTLED ? least : NULL;
}

void vouch_exchange_forget_superseded(vouch_session *s,
                                      const struct exchange *recent)
{
    bool mine = vouch_exchange_is_mine(s, recent->id);
    struct exchange *x, *next;

    for (x = s->exchanges; x != NULL; x = next) {
        next = x->next;
        if (is_settled(s, x, mine) && !vouch_exchange_is_operation(recent) &&
            is_superseded(x, recent)) {
            exchange_remove(s, x);
        }
    }
    while ((x = find_surplus(s, recent, mine)) != NULL) {
        exchange_remove(s, x);
    }
}

struct exchange *vouch_exchange_find(const vouch_session *s, uint64_t id)
{
    struct exchange *x = s->exchanges;

    while (x != NULL && x->id != id) {
        x = x->next;
    }
    return x;
}

vouch_exchange vouch_exchange_handle(const vouch_session *s,
                                     const struct exchange *x)
{
    return (vouch_exchange){x->id, s->tag, s->posture.epoch};
}

struct exchange *vouch_exchange_by_handle(const vouch_session *s,
                                          vouch_exchange handle, bool mine,
                                          unsigned state)
{
    struct exchange *x;

    if (handle.session != s->tag ||
        vouch_exchange_is_mine(s, handle.id) != mine) {
        return NULL;
    }
    x = vouch_exchange_find(s, handle.id);
    return x != NULL && x->state == state ? x : NULL;
}

size_t vouch_exchange_in_flight(const vouch_session *s, bool mine)
{
    unsigned settled = mine ? (unsigned)RP_ACCEPTED : (unsigned)AT_CONFIRMED;
    size_t num = 0;

    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        num += vouch_exchange_is_mine(s, x->id) == mine && x->state < settled;
    }
    return num;
}

/* A step that failed has ended the exchange. proto/README.md, 12: its operation
 * ends in exactly one event, also where there is no memory for another. */
static void tell_of_operation(vouch_session *s, struct exchange *x,
                              vouch_err err)
{
    const vouch_reason reason = {.check = VOUCH_CHECK_ANSWER, .err = err};
    vouch_event event = {.type = VOUCH_EVENT_UNKNOWN,
                         .exchange = vouch_exchange_handle(s, x)};

    if (!vouch_exchange_owes_an_end(x) || x->state == RP_NEW) {
        return;
    }
    if (x->state == RP_COMMANDED) {
        vouch_event_add_reserved(s, x, &event, NULL);
        return;
    }
    event.type = VOUCH_EVENT_REFUSED;
    event.u.refused.verdict = VOUCH_INDETERMINATE;
    vouch_event_add_reserved(s, x, &event, &reason);
}

/* A violation leaves the exchange to the end of the session, which tells of it.
 */
static vouch_err run(vouch_session *s, struct exchange *x,
                     const struct step *step, const struct step_arg *arg,
                     unsigned last)
{
    static const struct step_arg none = {0};
    vouch_err err;

    if (step->act == NULL) {
        return VOUCH_E_UNEXPECTED;
    }
    err = step->act(s, x, arg != NULL ? arg : &none);
    if (err != VOUCH_OK) {
        tell_of_operation(s, x, err);
    }
    x->state = err == VOUCH_OK ? step->next : last; /* fail closed */
    if (x->state == last) {
        exchange_remove(s, x);
    }
    return err;
}

vouch_err vouch_rp_step(vouch_session *s, struct exchange *x,
                        enum rp_input input, const struct step_arg *arg)
{
    return run(s, x, &relying_party[x->state][input], arg, RP_REFUSED);
}

vouch_err vouch_at_step(vouch_session *s, struct exchange *x,
                        enum at_input input, const struct step_arg *arg)
{
    return run(s, x, &attester[x->state][input], arg, AT_DENIED);
}

typedef bool chooser(const vouch_session *s, const struct exchange *x,
                     uint64_t bound);

/* What is given to the exchanges that were chosen, by their side. */
struct inputs {
    enum rp_input rp;
    enum at_input at;
    vouch_cause cause;
};

/* Gives one input to every exchange that `chosen` picks, of those that are
 * there now. A step may remove other exchanges; then it starts again, which the
 * step's own effect must keep from choosing the same one. */
static vouch_err step_each(vouch_session *s, chooser *chosen, uint64_t bound,
                           const struct inputs *inputs)
{
    const struct step_arg arg = {.cause = inputs->cause};
    struct exchange *x = s->exchanges;
    vouch_err err = VOUCH_OK;

    while (x != NULL) {
        if (chosen(s, x, bound)) {
            vouch_err one = vouch_exchange_is_mine(s, x->id)
                                ? vouch_rp_step(s, x, inputs->rp, &arg)
                                : vouch_at_step(s, x, inputs->at, &arg);
            err = err == VOUCH_OK ? one : err;
            x = s->exchanges;
        } else {
            x = x->next;
        }
    }
    return err;
}

static bool accepted_below(const vouch_session *s, const struct exchange *x,
                           uint64_t counter)
{
    return vouch_exchange_is_mine(s, x->id) && x->state == RP_ACCEPTED &&
           vouch_exchange_counter(x) < counter;
}

static bool confirmed_below(const vouch_session *s, const struct exchange *x,
                            uint64_t counter)
{
    return !vouch_exchange_is_mine(s, x->id) &&
           (x->state == AT_CONFIRMED || x->state == AT_OFFERED) &&
           vouch_exchange_counter(x) < counter;
}

vouch_err vouch_exchange_revoke_below(vouch_session *s, bool mine,
                                      uint64_t counter)
{
    static const struct inputs revoked = {RP_IN_REVOKED, AT_IN_REVOKED,
                                          VOUCH_CAUSE_REJECTION};

    return step_each(s, mine ? accepted_below : confirmed_below, counter,
                     &revoked);
}

/* What the peer's new posture makes stale. A command that is out stays so. */
static bool is_about_posture(const vouch_session *s, const struct exchange *x,
                             uint64_t none)
{
    (void)none;
    return vouch_exchange_is_mine(s, x->id) &&
           (x->state == RP_APPRAISING || x->state == RP_ACCEPTED);
}

/* What rests on an older posture of this side. Evidence that is on its way
 * ends with its OUTCOME. */
static bool is_of_older_posture(const vouch_session *s,
                                const struct exchange *x, uint64_t epoch)
{
    return !vouch_exchange_is_mine(s, x->id) && x->epoch != epoch &&
           !x->moved &&
           (x->state == AT_PRODUCING || x->state == AT_CONFIRMED ||
            x->state == AT_OFFERED || x->state == AT_RUNNING);
}

vouch_err vouch_exchange_posture(vouch_session *s, bool mine)
{
    static const struct inputs posture = {RP_IN_POSTURE, AT_IN_POSTURE,
                                          VOUCH_CAUSE_POSTURE};

    return step_each(s, mine ? is_about_posture : is_of_older_posture,
                     s->posture.epoch, &posture);
}

static bool any(const vouch_session *s, const struct exchange *x, uint64_t none)
{
    (void)s;
    (void)x;
    (void)none;
    return true;
}

vouch_err vouch_exchange_end_all(vouch_session *s)
{
    static const struct inputs end = {RP_IN_END, AT_IN_END, VOUCH_CAUSE_END};

    return step_each(s, any, 0, &end);
}

static bool is_command(const vouch_session *s, const struct exchange *x,
                       uint64_t none)
{
    (void)none;
    return !vouch_exchange_is_mine(s, x->id) &&
           (x->state == AT_OFFERED || x->state == AT_RUNNING);
}

/* Commands may go on while the two sides say goodbye, and so does what the
 * asker was accepted for. */
static bool is_no_command(const vouch_session *s, const struct exchange *x,
                          uint64_t none)
{
    bool accepted = vouch_exchange_is_mine(s, x->id) &&
                    x->state == RP_ACCEPTED && !vouch_exchange_is_operation(x);

    return !accepted && !is_command(s, x, none);
}

vouch_err vouch_exchange_end_all_but_commands(vouch_session *s)
{
    static const struct inputs end = {RP_IN_END, AT_IN_END, VOUCH_CAUSE_END};

    return step_each(s, is_no_command, 0, &end);
}

vouch_err vouch_exchange_end_commands(vouch_session *s)
{
    static const struct inputs end = {RP_IN_END, AT_IN_END, VOUCH_CAUSE_END};

    return step_each(s, is_command, 0, &end);
}

bool vouch_exchange_has_command(const vouch_session *s)
{
    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        if (is_command(s, x, 0)) {
            return true;
        }
    }
    return false;
}

static bool is_due(const vouch_session *s, const struct exchange *x,
                   uint64_t now)
{
    (void)s;
    return x->deadline <= now;
}

vouch_err vouch_exchange_deadlines(vouch_session *s)
{
    static const struct inputs deadline = {RP_IN_DEADLINE, AT_IN_DEADLINE,
                                           VOUCH_CAUSE_AGE};

    return step_each(s, is_due, s->now.mono_ms, &deadline);
}

size_t vouch_exchange_operations(const vouch_session *s, bool mine)
{
    size_t num = 0;

    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        num += vouch_exchange_is_mine(s, x->id) == mine &&
               vouch_exchange_is_operation(x);
    }
    return num;
}
