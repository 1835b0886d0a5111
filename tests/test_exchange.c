/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "lib/session/session_internal.h"

/* Every pair of state and input of both transition tables. What is legal is
 * written down here once more, from the design and not from the code. */

struct legal {
    unsigned state, input, next;
};

static const struct legal legal_rp[] = {
    {RP_NEW, RP_IN_ASK, RP_WAITING},
    {RP_NEW, RP_IN_END, RP_REFUSED},
    {RP_WAITING, RP_IN_AUTHENTICATOR, RP_APPRAISING},
    {RP_WAITING, RP_IN_INVALID, RP_REFUSED},
    {RP_WAITING, RP_IN_DECLINED, RP_REFUSED},
    {RP_WAITING, RP_IN_UNSURE, RP_REFUSED},
    {RP_WAITING, RP_IN_DEADLINE, RP_REFUSED},
    {RP_WAITING, RP_IN_CANCEL, RP_REFUSED},
    {RP_WAITING, RP_IN_END, RP_REFUSED},
    {RP_APPRAISING, RP_IN_YES, RP_ACCEPTED},
    {RP_APPRAISING, RP_IN_NO, RP_REFUSED},
    {RP_APPRAISING, RP_IN_UNSURE, RP_REFUSED},
    {RP_APPRAISING, RP_IN_DEADLINE, RP_REFUSED},
    {RP_APPRAISING, RP_IN_POSTURE, RP_REFUSED},
    {RP_APPRAISING, RP_IN_CANCEL, RP_REFUSED},
    {RP_APPRAISING, RP_IN_END, RP_REFUSED},
    {RP_ACCEPTED, RP_IN_DEADLINE, RP_REFUSED},
    {RP_ACCEPTED, RP_IN_REVOKED, RP_REFUSED},
    {RP_ACCEPTED, RP_IN_COMMAND, RP_COMMANDED},
    {RP_ACCEPTED, RP_IN_POSTURE, RP_REFUSED},
    {RP_ACCEPTED, RP_IN_CANCEL, RP_REFUSED},
    {RP_ACCEPTED, RP_IN_END, RP_REFUSED},
    {RP_COMMANDED, RP_IN_REPLY, RP_REFUSED},
    {RP_COMMANDED, RP_IN_DEADLINE, RP_REFUSED},
    {RP_COMMANDED, RP_IN_END, RP_REFUSED},
};

static const struct legal legal_at[] = {
    {AT_ASKED, AT_IN_PRODUCE, AT_PRODUCING},
    {AT_ASKED, AT_IN_DECLINE, AT_DENIED},
    {AT_ASKED, AT_IN_END, AT_DENIED},
    {AT_PRODUCING, AT_IN_EVIDENCE, AT_ANSWERED},
    {AT_PRODUCING, AT_IN_DECLINE, AT_DENIED},
    {AT_PRODUCING, AT_IN_REJECTED, AT_DENIED},
    {AT_PRODUCING, AT_IN_INDETERMINATE, AT_DENIED},
    {AT_PRODUCING, AT_IN_DEADLINE, AT_DENIED},
    {AT_PRODUCING, AT_IN_POSTURE, AT_PRODUCING},
    {AT_PRODUCING, AT_IN_END, AT_DENIED},
    {AT_ANSWERED, AT_IN_ACCEPTED, AT_CONFIRMED},
    {AT_ANSWERED, AT_IN_REJECTED, AT_DENIED},
    {AT_ANSWERED, AT_IN_INDETERMINATE, AT_DENIED},
    {AT_ANSWERED, AT_IN_STALE, AT_DENIED},
    {AT_ANSWERED, AT_IN_DEADLINE, AT_DENIED},
    {AT_ANSWERED, AT_IN_END, AT_DENIED},
    {AT_CONFIRMED, AT_IN_REJECTED, AT_DENIED},
    {AT_CONFIRMED, AT_IN_DEADLINE, AT_DENIED},
    {AT_CONFIRMED, AT_IN_REVOKED, AT_DENIED},
    {AT_CONFIRMED, AT_IN_COMMAND, AT_OFFERED},
    {AT_CONFIRMED, AT_IN_POSTURE, AT_DENIED},
    {AT_CONFIRMED, AT_IN_END, AT_DENIED},
    {AT_OFFERED, AT_IN_TAKE, AT_RUNNING},
    {AT_OFFERED, AT_IN_REFUSE, AT_DENIED},
    {AT_OFFERED, AT_IN_REJECTED, AT_DENIED},
    {AT_OFFERED, AT_IN_POSTURE, AT_DENIED},
    {AT_OFFERED, AT_IN_DEADLINE, AT_DENIED},
    {AT_OFFERED, AT_IN_REVOKED, AT_DENIED},
    {AT_OFFERED, AT_IN_END, AT_DENIED},
    {AT_RUNNING, AT_IN_REPLY, AT_DENIED},
    {AT_RUNNING, AT_IN_REJECTED, AT_RUNNING},
    {AT_RUNNING, AT_IN_POSTURE, AT_RUNNING},
    {AT_RUNNING, AT_IN_END, AT_DENIED},
};

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static const struct legal *find(const struct legal *table, size_t num,
                                unsigned state, unsigned input)
{
    for (size_t i = 0; i < num; i++) {
        if (table[i].state == state && table[i].input == input) {
            return &table[i];
        }
    }
    return NULL;
}

/* Two ends without TLS: any exporter will do for the tables. */
static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    (void)arg;
    (void)context;
    memset(out, (int)strlen(label), len);
    return VOUCH_OK;
}

static const vouch_now start = {1000, 1800000000};

struct fixture {
    vouch_channel *channel, *peer_channel;
    vouch_endpoint *peer;
    vouch_config *config;
    vouch_session *session;
    struct exchange *x;
    uint64_t id;
};

/* A session of a client with one exchange, whose request is the client's or,
 * received already, the server's. */
static void set_up(struct fixture *f, bool mine, unsigned state)
{
    struct vouch_request parsed;
    vouch_bytes none = {NULL, 0};
    vouch_buffer request;

    ck_assert_int_eq(vouch_channel_new(VOUCH_CLIENT, VOUCH_SHA256, exporter,
                                       NULL, &f->channel),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_channel_new(VOUCH_SERVER, VOUCH_SHA256, exporter,
                                       NULL, &f->peer_channel),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_new(f->peer_channel, &f->peer), VOUCH_OK);
    ck_assert_int_eq(vouch_config_new(&f->config), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(f->config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_session_new(f->channel, f->config, start, &f->session), VOUCH_OK);
    ck_assert_int_eq(
        vouch_endpoint_request_bound(mine ? f->session->endpoint : f->peer,
                                     true, NULL, none, none, &f->id, &request),
        VOUCH_OK);
    f->x = vouch_exchange_add(f->session, f->id);
    ck_assert_ptr_nonnull(f->x);
    f->x->work->request = request;
    f->x->state = state;
    f->x->deadline = start.mono_ms + 1000;
    if (!mine) {
        ck_assert_int_eq(vouch_endpoint_receive(
                             f->session->endpoint,
                             (vouch_bytes){request.data, request.len}, &parsed),
                         VOUCH_OK);
    }
}

static void tear_down(struct fixture *f)
{
    vouch_session_free(f->session);
    vouch_config_free(f->config);
    vouch_endpoint_free(f->peer);
    vouch_channel_free(f->channel);
    vouch_channel_free(f->peer_channel);
}

static void check(struct fixture *f, const struct legal *legal, unsigned state,
                  unsigned terminal, vouch_err err)
{
    const struct exchange *x = vouch_exchange_find(f->session, f->id);

    if (legal == NULL) {
        ck_assert_int_eq(err, VOUCH_E_UNEXPECTED);
        ck_assert_ptr_nonnull(x); /* for the end of the session to tell of */
        ck_assert_uint_eq(x->state, state);
    } else if (legal->next == terminal) {
        ck_assert_int_eq(err, VOUCH_OK);
        ck_assert_ptr_null(x);
    } else {
        ck_assert_int_eq(err, VOUCH_OK);
        ck_assert_ptr_nonnull(x);
        ck_assert_uint_eq(x->state, legal->next);
    }
}

START_TEST(relying_party_takes_what_is_legal_and_nothing_else)
{
    unsigned state = (unsigned)_i / RP_INPUTS, input = (unsigned)_i % RP_INPUTS;
    const struct vouch_authenticator_message declined = {0};
    const vouch_reason reason = {.check = VOUCH_CHECK_BINDING};
    const vouch_result result = {.level = VOUCH_LEVEL_BOUND};
    const struct vouch_reply_message reply = {0};
    const struct step_arg arg = {.declined = &declined,
                                 .reason = &reason,
                                 .result = &result,
                                 .reply = &reply,
                                 .formats = 0,
                                 .until = start.mono_ms + 500};
    struct fixture f;

    set_up(&f, true, state);
    vouch_err err = vouch_rp_step(f.session, f.x, (enum rp_input)input, &arg);
    if (state == RP_NEW && input == RP_IN_ASK) {
        /* legal, but a request without a format can not be written */
        ck_assert_int_ne(err, VOUCH_E_UNEXPECTED);
    } else {
        check(&f, find(legal_rp, NUM(legal_rp), state, input), state,
              RP_REFUSED, err);
    }
    tear_down(&f);
}
END_TEST

START_TEST(attester_takes_what_is_legal_and_nothing_else)
{
    unsigned state = (unsigned)_i / AT_INPUTS, input = (unsigned)_i % AT_INPUTS;
    struct vouch_outcome_message outcome = {
        .verdict =
            input == AT_IN_REJECTED ? VOUCH_REJECTED : VOUCH_INDETERMINATE,
        .hold_ms = 500};
    const struct step_arg arg = {.octets = {(const uint8_t *)"x", 1},
                                 .outcome = &outcome};
    struct fixture f;

    set_up(&f, false, state);
    check(&f, find(legal_at, NUM(legal_at), state, input), state, AT_DENIED,
          vouch_at_step(f.session, f.x, (enum at_input)input, &arg));
    tear_down(&f);
}
END_TEST

/* design: a newer rejected ends what is older, and nothing that is newer */
START_TEST(rejection_revokes_lower_counters_only)
{
    struct fixture f;

    set_up(&f, true, RP_ACCEPTED);
    ck_assert_int_eq(vouch_exchange_revoke_below(f.session, true, 1), VOUCH_OK);
    ck_assert_ptr_nonnull(vouch_exchange_find(f.session, f.id));
    ck_assert_int_eq(vouch_exchange_revoke_below(f.session, false, 2),
                     VOUCH_OK);
    ck_assert_ptr_nonnull(vouch_exchange_find(f.session, f.id));
    ck_assert_int_eq(vouch_exchange_revoke_below(f.session, true, 2), VOUCH_OK);
    ck_assert_ptr_null(vouch_exchange_find(f.session, f.id));
    tear_down(&f);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tc = tcase_create("exchange");

    tcase_add_loop_test(tc, relying_party_takes_what_is_legal_and_nothing_else,
                        0, RP_REFUSED * RP_INPUTS);
    tcase_add_loop_test(tc, attester_takes_what_is_legal_and_nothing_else, 0,
                        AT_DENIED * AT_INPUTS);
    tcase_add_test(tc, rejection_revokes_lower_counters_only);
    suite_add_tcase(suite, tc);
    return suite;
}
