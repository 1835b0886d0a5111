/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"
#include "lib/evidence/registry.h"

/*
 * Shipped attesters and appraisers at work for an exchange. Binder and AIK hash
 * go to them from here and from nowhere else (expat-03, 7.1).
 */

vouch_err vouch_attester_answer(vouch_attester *attester,
                                vouch_session *session, vouch_exchange exchange,
                                vouch_now now)
{
    struct vouch_evidence_request request = {.now = now};
    vouch_evidence_info info;
    vouch_buffer cmw;
    vouch_err err = vouch_session_evidence_info(session, exchange, &info);
    vouch_err declined;

    if (err != VOUCH_OK) {
        return err;
    }
    request.binder = info.binder;
    request.aik_pub_hash = info.aik_pub_hash;
    request.aik_spki = info.aik_spki;
    request.posture = &session->posture;
    err = vouch_attester_produce(attester, &request, &cmw);
    if (err == VOUCH_OK) {
        err = vouch_session_provide(session, exchange,
                                    (vouch_bytes){cmw.data, cmw.len}, now);
        vouch_buffer_free(&cmw);
    }
    if (err == VOUCH_OK || err == VOUCH_E_HANDLE) {
        return err;
    }
    declined =
        vouch_session_decline(session, exchange, VOUCH_PEER_INTERNAL, now);
    return declined == VOUCH_OK ? err : declined;
}

vouch_err vouch_registry_attest(const vouch_registry *registry,
                                vouch_session *session, vouch_exchange exchange,
                                vouch_now now)
{
    vouch_evidence_info info;
    vouch_attester *attester;
    vouch_err err = vouch_session_evidence_info(session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    attester = vouch_registry_attester(registry, info.format);
    if (attester != NULL) {
        return vouch_attester_answer(attester, session, exchange, now);
    }
    err = vouch_session_decline(session, exchange, VOUCH_PEER_INTERNAL, now);
    return err == VOUCH_OK ? VOUCH_E_ARGUMENT : err;
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
    vouch_err err = vouch_session_appraisal_info(session, exchange, &info);

    if (err != VOUCH_OK) {
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
    return vouch_session_conclude(session, exchange, &result, now);
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
