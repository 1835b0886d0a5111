/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/end.h"

#include <string.h>

#include "tools/soak/data.h"

enum { CHUNK = 16384, PAUSE_MS = 600, TO_SEND_MAX = 1 << 20 };

/* DATA */

static uint64_t stream_of(const struct end *end)
{
    return plan_draw(&end->connection->plan, end->side, FOR_OCTETS, 0);
}

bool end_send(struct end *end)
{
    vouch_now now = end->connection->world->now;
    uint8_t chunk[CHUNK];
    size_t len = end->to_send < CHUNK ? end->to_send : CHUNK, taken = 0;
    bool open = vouch_session_may_send(end->session, VOUCH_TRAFFIC_DATA, now);
    vouch_err err;

    if (len == 0 || end->closing) {
        return false;
    }
    data_fill(stream_of(end), end->account.sent, chunk, len);
    err = vouch_session_send(end->session, (vouch_bytes){chunk, len}, now,
                             &taken);
    if (err == VOUCH_E_CLOSED || (err == VOUCH_E_GATE && !open)) {
        return false;
    }
    if (err != VOUCH_OK || !open) {
        found(end, "DATA is sent",
              open ? vouch_err_name(err) : "while the gate is shut");
    }
    end->account.sent += taken;
    end->to_send -= taken;
    return taken != 0;
}

void end_check_data(struct end *end, const vouch_event *event)
{
    vouch_bytes octets = event->u.data.bytes;
    uint64_t until = end->account.received + end->account.dropped;

    if (!end_peer_is_vouch(end)) {
        return;
    }
    if (until > end_other(end)->account.sent) {
        found(end, "DATA", "more than was sent");
    }
    if (!data_is(stream_of(end_other(end)), until - octets.len, octets)) {
        found(end, "DATA", "other octets than were sent, or not in order");
    }
}

/* The rest */

static void send_more(struct end *end, uint64_t draw)
{
    uint64_t len = 1 + (draw >> 8) % ((uint64_t)16 << draw % 13);

    if (end->to_send + len <= TO_SEND_MAX) {
        end->to_send += len;
    }
}

static void ask(struct end *end, bool with_nonce, uint64_t draw)
{
    vouch_now now = end->connection->world->now;
    uint8_t nonce[64];
    vouch_exchange exchange;
    vouch_err err;

    data_fill(draw, 0, nonce, sizeof nonce);
    err = with_nonce
              ? vouch_session_request_nonce(end->session,
                                            (vouch_bytes){nonce, 8 + draw % 57},
                                            now, &exchange)
              : vouch_session_request(end->session, now, &exchange);
    end_note(end, "ask", 0, (uint64_t)err);
    if (err == VOUCH_OK) {
        if (account_asked(&end->account, exchange.id) == NULL) {
            found(end, "a request", "its id was used before");
        }
        end->last = exchange;
    } else if (err != VOUCH_E_STATE && err != VOUCH_E_TOO_MANY &&
               err != VOUCH_E_CLOSED) {
        found(end, "a request", vouch_err_name(err));
    }
}

static void change_posture(struct end *end, uint64_t draw)
{
    static const char *const names[] = {"model", "policy", "tools"};
    uint8_t sha256[32];
    vouch_err err;

    data_fill(draw, 0, sha256, sizeof sha256);
    err = vouch_session_set_posture(end->session, names[draw % 3], sha256,
                                    end->connection->world->now);
    if (err == VOUCH_OK) {
        end->posture++;
    } else if (err != VOUCH_E_CLOSED) {
        found(end, "a change of posture", vouch_err_name(err));
    }
    end_note(end, "posture", 0, end->posture);
}

static void cancel(struct end *end)
{
    const struct asked *asked = account_asked(&end->account, end->last.id);
    bool pending;
    vouch_err err;

    /* Events may tell of an acceptance: to cancel that would shut the gate
     * while DATA is on its way. */
    if (end->last.id == 0 || asked == NULL ||
        vouch_session_has_event(end->session)) {
        return;
    }
    pending = asked->state == ASKED_WAITING ||
              asked->state == ASKED_APPRAISING ||
              (asked->state == ASKED_ACCEPTED && asked->operation != 0);
    if (!pending) {
        return;
    }
    err = vouch_session_cancel(end->session, end->last,
                               end->connection->world->now);
    end_note(end, "cancel", end->last.id, (uint64_t)err);
    if (err != VOUCH_OK && err != VOUCH_E_HANDLE && err != VOUCH_E_CLOSED) {
        found(end, "a request is cancelled", vouch_err_name(err));
    }
}

bool end_act(struct end *end)
{
    const struct plan *plan = &end->connection->plan;
    uint64_t now = end->connection->world->now.mono_ms;
    uint64_t draw = plan_draw(plan, end->side, FOR_ACT_SIZE, end->acts);
    enum act act = plan_act(plan, end->side, end->acts);

    if (end->closing || now < end->act_at_ms) {
        return false;
    }
    end->acts++;
    end->act_at_ms = now + plan_gap_ms(plan, end->side, end->acts);
    switch (act) {
    case ACT_DATA:
        send_more(end, draw);
        break;
    case ACT_REQUEST:
    case ACT_NONCE:
        ask(end, act == ACT_NONCE, draw);
        break;
    case ACT_OPERATION:
        return end_ask_operation(end);
    case ACT_POSTURE:
        change_posture(end, draw);
        break;
    case ACT_CANCEL:
        cancel(end);
        break;
    case ACT_PAUSE:
        end->paused_until_ms = now + draw % PAUSE_MS;
        break;
    case ACTS:
    default:
        break;
    }
    return true;
}
