/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

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
            [RP_IN_ASK] = {rp_ask, RP_WAITING},
            [RP_IN_END] = {rp_abandon, RP_REFUSED},
        },
    [RP_WAITING] =
        {
            [RP_IN_AUTHENTICATOR] = {rp_start_appraisal, RP_APPRAISING},
            [RP_IN_INVALID] = {rp_reject, RP_REFUSED},
            [RP_IN_UNSURE] = {rp_give_up, RP_REFUSED},
            [RP_IN_DECLINED] = {rp_declined, RP_REFUSED},
            [RP_IN_DEADLINE] = {rp_time_out, RP_REFUSED},
            [RP_IN_END] = {rp_abandon, RP_REFUSED},
        },
    [RP_APPRAISING] =
        {
            [RP_IN_YES] = {rp_accept, RP_ACCEPTED},
            [RP_IN_NO] = {rp_reject, RP_REFUSED},
            [RP_IN_UNSURE] = {rp_give_up, RP_REFUSED},
            [RP_IN_DEADLINE] = {rp_time_out, RP_REFUSED},
            [RP_IN_END] = {rp_abandon, RP_REFUSED},
        },
    [RP_ACCEPTED] =
        {
            [RP_IN_DEADLINE] = {rp_expire, RP_REFUSED},
            [RP_IN_REVOKED] = {rp_expire, RP_REFUSED},
            [RP_IN_END] = {rp_expire, RP_REFUSED},
        },
};

static const struct step attester[AT_STATES][AT_INPUTS] = {
    [AT_ASKED] =
        {
            [AT_IN_PRODUCE] = {at_need_evidence, AT_PRODUCING},
            [AT_IN_DECLINE] = {at_decline, AT_DENIED},
            [AT_IN_END] = {at_abandon, AT_DENIED},
        },
    [AT_PRODUCING] =
        {
            [AT_IN_EVIDENCE] = {at_answer, AT_ANSWERED},
            [AT_IN_DECLINE] = {at_decline, AT_DENIED},
            [AT_IN_REJECTED] = {at_denied, AT_DENIED},
            [AT_IN_INDETERMINATE] = {at_denied, AT_DENIED},
            [AT_IN_DEADLINE] = {at_time_out, AT_DENIED},
            [AT_IN_END] = {at_abandon, AT_DENIED},
        },
    [AT_ANSWERED] =
        {
            [AT_IN_ACCEPTED] = {at_confirm, AT_CONFIRMED},
            [AT_IN_REJECTED] = {at_denied, AT_DENIED},
            [AT_IN_INDETERMINATE] = {at_denied, AT_DENIED},
            [AT_IN_DEADLINE] = {at_lapse, AT_DENIED},
            [AT_IN_END] = {at_abandon, AT_DENIED},
        },
    [AT_CONFIRMED] =
        {
            [AT_IN_REJECTED] = {at_denied, AT_DENIED},
            [AT_IN_DEADLINE] = {at_lapse, AT_DENIED},
            [AT_IN_REVOKED] = {at_lapse, AT_DENIED},
            [AT_IN_END] = {at_abandon, AT_DENIED},
        },
};

bool exchange_is_mine(const vouch_session *s, uint64_t id)
{
    bool server =
        vouch_channel_role(vouch_endpoint_channel(s->endpoint)) == VOUCH_SERVER;

    return ((id & VOUCH_ID_SERVER) != 0) == server;
}

struct exchange *exchange_add(vouch_session *s, uint64_t id)
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
    x->state = exchange_is_mine(s, id) ? (unsigned)RP_NEW : (unsigned)AT_ASKED;
    x->next = s->exchanges;
    s->exchanges = x;
    return x;
}

void exchange_forget_work(struct exchange *x)
{
    if (x->work != NULL) {
        vouch_buffer_free(&x->work->request);
        vouch_buffer_free(&x->work->authenticator);
        vouch_wipe(x->work, sizeof *x->work);
        vouch_free(x->work);
        x->work = NULL;
    }
}

static void exchange_remove(vouch_session *s, struct exchange *x)
{
    struct exchange **link = &s->exchanges;

    while (*link != x) {
        link = &(*link)->next;
    }
    *link = x->next;
    exchange_forget_work(x);
    vouch_free(x);
}

void exchange_free_all(vouch_session *s)
{
    while (s->exchanges != NULL) {
        exchange_remove(s, s->exchanges);
    }
}

uint64_t exchange_counter(const struct exchange *x)
{
    return x->id & VOUCH_ID_COUNTER;
}

static bool is_superseded(const vouch_session *s, const struct exchange *old,
                          const struct exchange *recent)
{
    return exchange_is_mine(s, old->id) == exchange_is_mine(s, recent->id) &&
           old->work == NULL &&
           exchange_counter(old) < exchange_counter(recent) &&
           old->answered <= recent->answered &&
           old->deadline <= recent->deadline;
}

void exchange_forget_superseded(vouch_session *s, const struct exchange *recent)
{
    struct exchange *next;

    for (struct exchange *x = s->exchanges; x != NULL; x = next) {
        next = x->next;
        if (is_superseded(s, x, recent)) {
            exchange_remove(s, x);
        }
    }
}

struct exchange *exchange_find(const vouch_session *s, uint64_t id)
{
    struct exchange *x = s->exchanges;

    while (x != NULL && x->id != id) {
        x = x->next;
    }
    return x;
}

vouch_exchange exchange_handle(const vouch_session *s, const struct exchange *x)
{
    return (vouch_exchange){x->id, s->tag};
}

struct exchange *exchange_by_handle(const vouch_session *s,
                                    vouch_exchange handle, bool mine,
                                    unsigned state)
{
    struct exchange *x;

    if (handle.session != s->tag || exchange_is_mine(s, handle.id) != mine) {
        return NULL;
    }
    x = exchange_find(s, handle.id);
    return x != NULL && x->state == state ? x : NULL;
}

size_t exchange_in_flight(const vouch_session *s, bool mine)
{
    unsigned settled = mine ? (unsigned)RP_ACCEPTED : (unsigned)AT_CONFIRMED;
    size_t num = 0;

    for (const struct exchange *x = s->exchanges; x != NULL; x = x->next) {
        num += exchange_is_mine(s, x->id) == mine && x->state < settled;
    }
    return num;
}

static vouch_err run(vouch_session *s, struct exchange *x,
                     const struct step *step, const struct step_arg *arg,
                     unsigned last)
{
    static const struct step_arg none = {0};
    vouch_err err = step->act == NULL
                        ? VOUCH_E_UNEXPECTED
                        : step->act(s, x, arg != NULL ? arg : &none);

    x->state = err == VOUCH_OK ? step->next : last; /* fail closed */
    if (x->state == last) {
        exchange_remove(s, x);
    }
    return err;
}

vouch_err rp_step(vouch_session *s, struct exchange *x, enum rp_input input,
                  const struct step_arg *arg)
{
    return run(s, x, &relying_party[x->state][input], arg, RP_REFUSED);
}

vouch_err at_step(vouch_session *s, struct exchange *x, enum at_input input,
                  const struct step_arg *arg)
{
    return run(s, x, &attester[x->state][input], arg, AT_DENIED);
}

typedef bool chooser(const vouch_session *s, const struct exchange *x,
                     uint64_t bound);

/* Gives one input to every exchange that `chosen` picks. Each step takes its
 * exchange out of the choice, and may remove others. */
static vouch_err step_each(vouch_session *s, chooser *chosen, uint64_t bound,
                           enum rp_input rp, enum at_input at)
{
    struct exchange *x = s->exchanges;
    vouch_err err = VOUCH_OK;

    while (x != NULL) {
        if (chosen(s, x, bound)) {
            vouch_err one = exchange_is_mine(s, x->id)
                                ? rp_step(s, x, rp, NULL)
                                : at_step(s, x, at, NULL);
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
    return exchange_is_mine(s, x->id) && x->state == RP_ACCEPTED &&
           exchange_counter(x) < counter;
}

static bool confirmed_below(const vouch_session *s, const struct exchange *x,
                            uint64_t counter)
{
    return !exchange_is_mine(s, x->id) && x->state == AT_CONFIRMED &&
           exchange_counter(x) < counter;
}

vouch_err exchange_revoke_below(vouch_session *s, bool mine, uint64_t counter)
{
    return step_each(s, mine ? accepted_below : confirmed_below, counter,
                     RP_IN_REVOKED, AT_IN_REVOKED);
}

static bool any(const vouch_session *s, const struct exchange *x, uint64_t none)
{
    (void)s;
    (void)x;
    (void)none;
    return true;
}

vouch_err exchange_end_all(vouch_session *s)
{
    return step_each(s, any, 0, RP_IN_END, AT_IN_END);
}

static bool is_due(const vouch_session *s, const struct exchange *x,
                   uint64_t now)
{
    (void)s;
    return x->deadline <= now;
}

vouch_err exchange_deadlines(vouch_session *s)
{
    return step_each(s, is_due, s->now.mono_ms, RP_IN_DEADLINE, AT_IN_DEADLINE);
}
