/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/session/session_internal.h"

#include "lib/evidence/appraiser.h"
#include "lib/evidence/attester.h"

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

vouch_err vouch_appraiser_answer(const vouch_appraiser *appraiser,
                                 vouch_session *session,
                                 vouch_exchange exchange, vouch_now now)
{
    struct vouch_expectation expected = {.now = session_latest(session, now)};
    vouch_appraisal_info info;
    vouch_result result;
    vouch_err err = vouch_session_appraisal_info(session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    expected.binder = info.binder;
    expected.aik_pub_hash = info.aik_pub_hash;
    expected.aik_spki = info.aik_spki;
    vouch_appraise(appraiser, info.cmw, &expected, &result);
    return vouch_session_conclude(session, exchange, &result, now);
}
