/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <string.h>

#include <openssl/hmac.h>
#include <openssl/x509.h>

#include <vouch/session.h>

#include "fuzz/identity.h"

/*
 * A session against a peer that the input plays: octets, and steps of the
 * clock. The same input is given in one piece and octet by octet; both must end
 * in the same way. Since nobody here can sign for the trusted AIK, the gate
 * must never open and no data come out.
 *
 * Input: records of one octet of length, one of time, and so many octets.
 */

struct outcome {
    vouch_err err;
    size_t events[VOUCH_EVENT_FAILED + 1];
    bool ended;
};

static void answer(vouch_session *session, const vouch_event *event,
                   vouch_now now)
{
    vouch_evidence_info info;
    vouch_err err;

    switch ((int)event->type) {
    case VOUCH_EVENT_EVIDENCE_NEEDED:
        FUZZ_CHECK(vouch_session_evidence_info(session, event->exchange,
                                               &info) == VOUCH_OK);
        err = vouch_session_decline(session, event->exchange, VOUCH_PEER_POLICY,
                                    now);
        FUZZ_CHECK(err == VOUCH_OK || err == VOUCH_E_HANDLE);
        break;
    case VOUCH_EVENT_APPRAISAL_NEEDED:
    case VOUCH_EVENT_ACCEPTED:
    case VOUCH_EVENT_DATA:
        FUZZ_CHECK(false); /* nobody can have been authenticated */
        break;
    default:
        break;
    }
}

static void drain(vouch_session *session, vouch_now now, struct outcome *out)
{
    vouch_event event;

    while (vouch_session_poll(session, &event)) {
        FUZZ_CHECK((size_t)event.type <= VOUCH_EVENT_FAILED);
        out->events[event.type]++;
        answer(session, &event, now);
    }
    FUZZ_CHECK(!vouch_session_may_send(session, VOUCH_TRAFFIC_DATA, now));
    FUZZ_CHECK(!vouch_session_may_accept(session, VOUCH_TRAFFIC_DATA, now));
    vouch_session_sent(session, vouch_session_outgoing(session).len);
    vouch_session_sent(session, vouch_session_outgoing(session).len);
}

static vouch_err give(vouch_session *session, vouch_bytes data, size_t piece,
                      vouch_now now, struct outcome *out)
{
    vouch_err err = VOUCH_OK;

    /* What follows the end is nobody's, in one piece or in many. */
    while (err == VOUCH_OK && data.len != 0 && !vouch_session_ended(session)) {
        size_t len = piece < data.len ? piece : data.len;
        size_t taken = 0;

        err = vouch_session_recv(session, (vouch_bytes){data.data, len}, now,
                                 &taken);
        FUZZ_CHECK(taken <= len);
        data.data += taken;
        data.len -= taken;
        drain(session, now, out);
    }
    return err;
}

static struct outcome play(const uint8_t *data, size_t size, size_t piece)
{
    struct outcome out = {0};
    vouch_now now = {1000, FUZZ_UNIX_TIME};
    vouch_channel *channel = fuzz_channel(VOUCH_CLIENT);
    vouch_session *session;

    FUZZ_CHECK(vouch_session_new(channel, fuzz_config(), now, &session) ==
               VOUCH_OK);
    while (size >= 2 && out.err == VOUCH_OK && !vouch_session_ended(session)) {
        size_t len = data[0] < size - 2 ? data[0] : size - 2;

        now.mono_ms += data[1] * UINT64_C(16);
        out.err = vouch_session_tick(session, now);
        drain(session, now, &out);
        if (out.err == VOUCH_OK) {
            out.err =
                give(session, (vouch_bytes){data + 2, len}, piece, now, &out);
        }
        data += 2 + len;
        size -= 2 + len;
    }
    drain(session, now, &out);
    out.ended = vouch_session_ended(session);
    vouch_session_free(session);
    vouch_channel_free(channel);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = play(data, size, SIZE_MAX);
    struct outcome cut = play(data, size, 1);

    FUZZ_CHECK(whole.err == cut.err);
    FUZZ_CHECK(whole.ended == cut.ended);
    FUZZ_CHECK(memcmp(whole.events, cut.events, sizeof cut.events) == 0);
    return 0;
}
