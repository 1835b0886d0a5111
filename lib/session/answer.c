/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"
#include "lib/evidence/registry.h"

/*
 * Shipped attesters and appraisers at work for an exchange. Binder and AIK hash
 * go to them from here and from nowhere else (expat-04, 7.1).
 *
 * Between an event and its answer the exchange may end, the posture may change,
 * the session may fail, and the peer may have caused it. Of each there is an
 * event, and it is no error of the caller's: that is left for handles that
 * never were right.
 */

static void told_by_event(vouch_err err)
{
    (void)err;
}

/* Whether the handle is of an exchange that there is or was, asked by the side
 * that `mine` says. */
static vouch_err check_handle(const vouch_session *s, vouch_exchange exchange,
                              bool mine)
{
    uint64_t counter = exchange.id & VOUCH_ID_COUNTER;
    uint64_t highest = mine ? s->highest_asked : s->highest_seen;

    return exchange.session == s->tag &&
                   vouch_exchange_is_mine(s, exchange.id) == mine &&
                   counter != 0 && counter <= highest
               ? VOUCH_OK
               : VOUCH_E_HANDLE;
}

static vouch_err start_answer(vouch_session *s, vouch_exchange exchange,
                              bool mine, vouch_now now)
{
    vouch_err err = vouch_session_enter(s, now);

    return err == VOUCH_OK ? check_handle(s, exchange, mine) : err;
}

static vouch_err attest(vouch_attester *attester, vouch_session *session,
                        vouch_exchange exchange,
                        const vouch_evidence_info *info, vouch_now now)
{
    const struct vouch_evidence_request request = {
        .binder = info->binder,
        .aik_pub_hash = info->aik_pub_hash,
        .aik_spki = info->aik_spki,
        .posture = &session->posture,
        .now = now,
    };
    vouch_buffer cmw;
    vouch_err err = vouch_attester_produce(attester, &request, &cmw);

    if (err == VOUCH_OK) {
        err = vouch_session_provide(session, exchange,
                                    (vouch_bytes){cmw.data, cmw.len}, now);
        vouch_buffer_free(&cmw);
    }
    return err;
}

/* The request is declined if it still waits; DENIED says why. */
static void decline(vouch_session *s, vouch_exchange exchange, vouch_err cause)
{
    const struct step_arg arg = {.peer_reason = VOUCH_PEER_INTERNAL,
                                 .err = cause};
    struct exchange *x =
        vouch_exchange_by_handle(s, exchange, false, AT_PRODUCING);

    if (x != NULL && exchange.epoch == s->posture.epoch &&
        vouch_session_is_up(s)) {
        told_by_event(
            vouch_session_settle(s, vouch_at_step(s, x, AT_IN_DECLINE, &arg)));
    }
}

/* By `alone`, or by one of the registry. */
static vouch_err answer_request(vouch_attester *alone,
                                const vouch_registry *registry,
                                vouch_session *session, vouch_exchange exchange,
                                vouch_now now)
{
    vouch_attester *attester = alone;
    vouch_evidence_info info;
    vouch_err err = start_answer(session, exchange, false, now);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_session_evidence_info(session, exchange, &info);
    if (err == VOUCH_OK && registry != NULL) {
        attester = vouch_registry_attester(registry, info.format);
        err = attester != NULL ? VOUCH_OK : VOUCH_E_ARGUMENT;
    }
    if (err == VOUCH_OK) {
        err = attest(attester, session, exchange, &info, now);
    }
    if (err != VOUCH_OK && err != VOUCH_E_HANDLE) {
        decline(session, exchange, err);
    }
    return VOUCH_OK;
}

vouch_err vouch_attester_answer(vouch_attester *attester,
                                vouch_session *session, vouch_exchange exchange,
                                vouch_now now)
{
    return answer_request(attester, NULL, session, exchange, now);
}

vouch_err vouch_registry_attest(const vouch_registry *registry,
                                vouch_session *session, vouch_exchange exchange,
                                vouch_now now)
{
    return answer_request(NULL, registry, session, exchange, now);
}

/* Judges what the peer sent, or `instead` of it what somebody made of that,
 * against what this side computed. */
static vouch_err answer(const struct vouch_appraisers *appraisers,
                        vouch_session *session, vouch_exchange exchange,
                        const vouch_bytes *instead, vouch_now now)
{
    vouch_appraisal_info info;
    vouch_expectation expected;
    vouch_result result;
    vouch_err err = start_answer(session, exchange, true, now);

    if (err != VOUCH_OK ||
        vouch_session_appraisal_info(session, exchange, &info) != VOUCH_OK) {
        return err;
    }
    expected = (vouch_expectation){
        .binder = info.binder,
        .aik_pub_hash = info.aik_pub_hash,
        .aik_spki = info.aik_spki,
        .nonce = info.nonce,
        .now = vouch_session_latest(session, now),
    };
    vouch_appraise_all(appraisers, instead != NULL ? *instead : info.cmw,
                       &expected, &result);
    told_by_event(vouch_session_conclude(session, exchange, &result, now));
    return VOUCH_OK;
}

vouch_err vouch_appraiser_answer(const vouch_appraiser *appraiser,
                                 vouch_session *session,
                                 vouch_exchange exchange, vouch_now now)
{
    const struct vouch_appraisers alone = {&appraiser, 1};

    return answer(&alone, session, exchange, NULL, now);
}

vouch_err vouch_registry_appraise(const vouch_registry *registry,
                                  vouch_session *session,
                                  vouch_exchange exchange, vouch_now now)
{
    const struct vouch_appraisers all = vouch_registry_appraisers(registry);

    return answer(&all, session, exchange, NULL, now);
}

vouch_err vouch_registry_appraise_result(const vouch_registry *registry,
                                         vouch_session *session,
                                         vouch_exchange exchange,
                                         vouch_bytes cmw, vouch_now now)
{
    const struct vouch_appraisers all = vouch_registry_appraisers(registry);

    return answer(&all, session, exchange, &cmw, now);
}
