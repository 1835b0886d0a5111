/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/bench/flood.h"

#define EVIDENCE FLOOD_EVIDENCE_IT
#define APPRAISE FLOOD_APPRAISE_IT
#define REJECT FLOOD_REJECT_IT
#define TAKE FLOOD_TAKE_IT
#define REPLY FLOOD_REPLY_IT
#define COMMAND FLOOD_COMMAND_IT
#define NONE VOUCH_GATE_NONE
#define RESTRICTED VOUCH_GATE_RESTRICTED
#define REQUIRE VOUCH_GATE_REQUIRE_PEER
#define MUTUAL VOUCH_GATE_MUTUAL

const struct flood_state flood_states[] = {
    {.name = "before CAPABILITIES", .gate = NONE, .alone = true},
    {.name = "before CAPABILITIES, asked", .gate = REQUIRE, .alone = true},
    {.name = "gate none", .gate = NONE},
    {.name = "gate restricted, waiting", .gate = RESTRICTED},
    {.name = "gate restricted, accepted",
     .gate = RESTRICTED,
     .answers = APPRAISE,
     .peer_answers = EVIDENCE},
    {.name = "require peer, waiting", .gate = REQUIRE},
    {.name = "require peer, appraising",
     .gate = REQUIRE,
     .peer_answers = EVIDENCE},
    {.name = "require peer, accepted",
     .gate = REQUIRE,
     .answers = APPRAISE,
     .peer_answers = EVIDENCE},
    {.name = "mutual, shut", .gate = MUTUAL, .peer_gate = MUTUAL},
    {.name = "mutual, accepted and not confirmed",
     .gate = MUTUAL,
     .peer_gate = MUTUAL,
     .answers = APPRAISE | EVIDENCE,
     .peer_answers = EVIDENCE},
    {.name = "mutual, open",
     .gate = MUTUAL,
     .peer_gate = MUTUAL,
     .answers = APPRAISE | EVIDENCE,
     .peer_answers = APPRAISE | EVIDENCE},
    {.name = "require peer, holds", .gate = REQUIRE, .options = FLOOD_HOLDS},
    {.name = "mutual, holds",
     .gate = MUTUAL,
     .peer_gate = MUTUAL,
     .options = FLOOD_HOLDS},
    {.name = "require peer, holds, appraising",
     .gate = REQUIRE,
     .options = FLOOD_HOLDS,
     .peer_answers = EVIDENCE},
    {.name = "holds, stays",
     .gate = REQUIRE,
     .options = FLOOD_HOLDS | FLOOD_STAYS},
    {.name = "stays, waiting", .gate = REQUIRE, .options = FLOOD_STAYS},
    {.name = "stays, rejected",
     .gate = REQUIRE,
     .options = FLOOD_STAYS,
     .answers = REJECT,
     .peer_answers = EVIDENCE},
    {.name = "peer first, waiting",
     .gate = REQUIRE,
     .options = FLOOD_PEER_FIRST},
    {.name = "peer first, accepted",
     .gate = REQUIRE,
     .options = FLOOD_PEER_FIRST,
     .answers = APPRAISE,
     .peer_answers = EVIDENCE},
    {.name = "waiting for four", .gate = NONE, .asks = 4},
    {.name = "appraising four",
     .gate = NONE,
     .asks = 4,
     .peer_answers = EVIDENCE},
    {.name = "producing", .gate = NONE, .peer_asks = 1},
    {.name = "producing four", .gate = NONE, .peer_asks = 4},
    {.name = "answered", .gate = NONE, .peer_asks = 1, .answers = EVIDENCE},
    {.name = "answered four",
     .gate = NONE,
     .peer_asks = 4,
     .answers = EVIDENCE},
    {.name = "confirmed",
     .gate = NONE,
     .peer_asks = 1,
     .answers = EVIDENCE,
     .peer_answers = APPRAISE},
    {.name = "operation confirmed",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = 1,
     .answers = EVIDENCE | APPRAISE,
     .peer_answers = EVIDENCE | APPRAISE},
    {.name = "operation offered",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = 1,
     .answers = EVIDENCE | APPRAISE,
     .peer_answers = EVIDENCE | APPRAISE | COMMAND},
    {.name = "operation running",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = 1,
     .answers = EVIDENCE | APPRAISE | TAKE,
     .peer_answers = EVIDENCE | APPRAISE | COMMAND},
    {.name = "operation over",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = 1,
     .answers = EVIDENCE | APPRAISE | TAKE | REPLY,
     .peer_answers = EVIDENCE | APPRAISE | COMMAND},
    {.name = "sixteen operations running",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = VOUCH_LIMIT_OPERATIONS,
     .answers = EVIDENCE | APPRAISE | TAKE,
     .peer_answers = EVIDENCE | APPRAISE | COMMAND},
    {.name = "operation of its own, accepted",
     .gate = NONE,
     .peer_gate = REQUIRE,
     .peer_options = FLOOD_EXECUTES,
     .for_operations = true,
     .asks = 1,
     .answers = EVIDENCE | APPRAISE,
     .peer_answers = EVIDENCE | APPRAISE},
    {.name = "operation of its own, commanded",
     .gate = NONE,
     .peer_gate = REQUIRE,
     .peer_options = FLOOD_EXECUTES,
     .for_operations = true,
     .asks = 1,
     .answers = EVIDENCE | APPRAISE | COMMAND,
     .peer_answers = EVIDENCE | APPRAISE},
    {.name = "accepted, expired",
     .gate = REQUIRE,
     .answers = APPRAISE,
     .peer_answers = EVIDENCE,
     .waits_ms = 600000},
    {.name = "accepted, expired for long",
     .gate = REQUIRE,
     .answers = APPRAISE,
     .peer_answers = EVIDENCE,
     .waits_ms = 700000},
    {.name = "another connection", .gate = NONE, .foreign = true},
    {.name = "closed, gate none", .gate = NONE, .closes = true},
    {.name = "closed, gate shut", .gate = REQUIRE, .closes = true},
    {.name = "closed, gate shut, holds",
     .gate = REQUIRE,
     .options = FLOOD_HOLDS,
     .closes = true},
    {.name = "closed, producing", .gate = NONE, .peer_asks = 1, .closes = true},
    {.name = "leaves, operation running",
     .gate = REQUIRE,
     .options = FLOOD_EXECUTES,
     .for_operations = true,
     .peer_asks = 1,
     .answers = EVIDENCE | APPRAISE | TAKE,
     .peer_answers = EVIDENCE | APPRAISE | COMMAND,
     .closes = true},
};

const size_t flood_states_num = sizeof flood_states / sizeof flood_states[0];

static const uint8_t operation[] = "open the door";

/* Both ends of a connection have the same. */
static vouch_err export_constant(void *arg, const char *label,
                                 vouch_bytes context, uint8_t *out, size_t len)
{
    const uint8_t *connection = arg;

    (void)context;
    memset(out, label[0] ^ *connection, len);
    return VOUCH_OK;
}

/* An option that is one call is one line. */
static void set_options(vouch_config *config, unsigned options)
{
    static const struct {
        enum flood_option option;
        vouch_err (*set)(vouch_config *config);
    } calls[] = {
        {FLOOD_HOLDS, vouch_config_hold_early_data},
        {FLOOD_PEER_FIRST, vouch_config_set_peer_first},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if ((options & calls[i].option) != 0) {
            need_ok(calls[i].set(config), "set an option");
        }
    }
    if ((options & FLOOD_STAYS) != 0) {
        need_ok(vouch_config_set_refusal(config, VOUCH_REFUSAL_STAY),
                "set the refusal");
    }
    if ((options & FLOOD_EXECUTES) != 0) {
        need_ok(vouch_config_set_asker(config, VOUCH_ASKER_ATTESTED),
                "set the asker");
    }
}

static vouch_session *start(struct flood_scene *scene, size_t i)
{
    vouch_session *session;

    need_ok(vouch_channel_new(i == 0 ? VOUCH_CLIENT : VOUCH_SERVER,
                              VOUCH_SHA256, export_constant,
                              &scene->connection[i], &scene->channel[i]),
            "make a channel");
    need_ok(vouch_session_new(scene->channel[i], scene->config[i], scene->now,
                              &session),
            "start a session");
    return session;
}

static vouch_err conclude(vouch_session *session, vouch_exchange exchange,
                          vouch_verdict verdict, vouch_now now)
{
    vouch_result result = {
        .verdict = verdict, .level = VOUCH_LEVEL_BOUND, .not_after = INT64_MAX};
    vouch_appraisal_info info;
    vouch_err err = vouch_session_appraisal_info(session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    result.binder = info.binder;
    result.aik_pub_hash = info.aik_pub_hash;
    return vouch_session_conclude(session, exchange, &result, now);
}

static vouch_err execute(vouch_session *session, vouch_exchange exchange,
                         unsigned answers, vouch_now now)
{
    vouch_err err = vouch_session_take(session, exchange, now);

    return err == VOUCH_OK && (answers & FLOOD_REPLY_IT) != 0
               ? vouch_session_reply(session, exchange, VOUCH_STATUS_DONE,
                                     (vouch_bytes){NULL, 0}, now)
               : err;
}

static vouch_err answer(struct flood_scene *scene, vouch_session *session,
                        const vouch_event *event, unsigned answers)
{
    vouch_bytes cmw = {scene->cmw.data, scene->cmw.len};

    if (event->type == VOUCH_EVENT_EVIDENCE_NEEDED && (answers & EVIDENCE)) {
        return vouch_session_provide(session, event->exchange, cmw, scene->now);
    }
    if (event->type == VOUCH_EVENT_APPRAISAL_NEEDED && (answers & APPRAISE)) {
        return conclude(session, event->exchange, VOUCH_ACCEPTED, scene->now);
    }
    if (event->type == VOUCH_EVENT_APPRAISAL_NEEDED && (answers & REJECT)) {
        return conclude(session, event->exchange, VOUCH_REJECTED, scene->now);
    }
    if (event->type == VOUCH_EVENT_COMMAND && (answers & TAKE)) {
        return execute(session, event->exchange, answers, scene->now);
    }
    if (event->type == VOUCH_EVENT_ACCEPTED && (answers & COMMAND) &&
        (event->exchange.id & UINT64_C(1) << 62) != 0) {
        return vouch_session_command(session, event->exchange,
                                     (vouch_bytes){operation, sizeof operation},
                                     scene->now);
    }
    return VOUCH_OK;
}

bool flood_scene_serve(struct flood_scene *scene, vouch_session *session,
                       unsigned answers)
{
    bool any = false;
    vouch_event event;

    while (vouch_session_poll(session, &event)) {
        any = true;
        if (session == scene->side &&
            event.type == VOUCH_EVENT_EVIDENCE_NEEDED) {
            scene->other = event.exchange.id;
        }
        (void)!answer(scene, session, &event, answers); /* it may be late */
    }
    return any;
}

/* What the library asks for from here on is for `session`. */
static void charge(struct flood_scene *scene, const vouch_session *session)
{
    heap_charge(session == scene->side ? &scene->heap : NULL);
}

static bool carry(struct flood_scene *scene, vouch_session *from,
                  vouch_session *to)
{
    vouch_bytes octets = vouch_session_outgoing(from);
    size_t taken = 0;

    if (octets.len == 0) {
        return false;
    }
    charge(scene, to);
    need_ok(vouch_session_recv(to, octets, scene->now, &taken), "receive");
    charge(scene, from);
    vouch_session_sent(from, taken);
    return true;
}

static bool serve(struct flood_scene *scene, vouch_session *session,
                  unsigned answers)
{
    charge(scene, session);
    return flood_scene_serve(scene, session, answers);
}

/* Goes on until both wait. */
static void settle(struct flood_scene *scene, const struct flood_state *state)
{
    bool busy = true;

    while (busy) {
        busy = serve(scene, scene->peer, state->peer_answers);
        busy = serve(scene, scene->side, state->answers) || busy;
        busy = carry(scene, scene->peer, scene->side) || busy;
        busy = carry(scene, scene->side, scene->peer) || busy;
    }
}

static uint64_t ask(struct flood_scene *scene, vouch_session *session,
                    bool for_operation)
{
    vouch_exchange exchange;
    vouch_err err;

    charge(scene, session);
    err = for_operation
              ? vouch_session_request_operation(
                    session, (vouch_bytes){operation, sizeof operation}, 600000,
                    scene->now, &exchange)
              : vouch_session_request(session, scene->now, &exchange);
    need_ok(err, "ask for evidence");
    return exchange.id;
}

/* An exchange that is over before anything is answered. */
static uint64_t ask_and_cancel(struct flood_scene *scene,
                               vouch_session *session)
{
    vouch_exchange exchange;

    charge(scene, session);
    need_ok(vouch_session_request(session, scene->now, &exchange),
            "ask for evidence");
    need_ok(vouch_session_cancel(session, exchange, scene->now), "cancel");
    return exchange.id;
}

static void ask_and_settle(struct flood_scene *scene,
                           const struct flood_state *state)
{
    for (unsigned i = 0; i < state->asks; i++) {
        scene->own = ask(scene, scene->side, state->for_operations);
        settle(scene, state);
    }
    for (unsigned i = 0; i < state->peer_asks; i++) {
        scene->other = ask(scene, scene->peer, state->for_operations);
        settle(scene, state);
    }
}

/* One of each side that is over: others are live, if there are any. */
static void ask_in_vain(struct flood_scene *scene,
                        const struct flood_state *state)
{
    uint64_t other = scene->other;

    scene->other_over = ask_and_cancel(scene, scene->peer);
    scene->own_over = ask_and_cancel(scene, scene->side);
    settle(scene, state);
    scene->other = other;
}

/* That both have done what they were to do. */
static void check(const struct flood_scene *scene,
                  const struct flood_state *state)
{
    bool asks = state->gate != VOUCH_GATE_NONE || state->asks != 0;
    vouch_stats stats;

    vouch_session_stats(scene->side, &stats);
    need(stats.requests_sent >= state->asks &&
             stats.requests_received >= state->peer_asks &&
             (!asks || (state->answers & APPRAISE) == 0 ||
              stats.accepted != 0) &&
             ((state->answers & REJECT) == 0 || stats.rejected != 0) &&
             ((state->answers & EVIDENCE) == 0 ||
              stats.answered >= state->peer_asks) &&
             ((state->peer_answers & APPRAISE) == 0 ||
              stats.confirmed >= state->peer_asks) &&
             ((state->answers & TAKE) == 0 ||
              stats.commands_taken == state->peer_asks) &&
             ((state->answers & COMMAND) == 0 ||
              stats.commands_sent == state->asks),
         state->name);
}

static void reach(struct flood_scene *scene, const struct flood_state *state)
{
    settle(scene, state);
    if (!state->foreign && (state->options & FLOOD_PEER_FIRST) == 0) {
        ask_in_vain(scene, state);
    }
    ask_and_settle(scene, state);
    check(scene, state);
    scene->now.mono_ms += state->waits_ms;
    charge(scene, scene->side);
    need_ok(vouch_session_tick(scene->side, scene->now), "let time pass");
    if (state->closes) {
        need_ok(vouch_session_close(scene->side, scene->now), "close");
    }
}

/* What the peer introduced itself with. */
static void keep_capabilities(struct flood_scene *scene)
{
    vouch_bytes octets = vouch_session_outgoing(scene->peer);
    const uint8_t *head = octets.data + 4; /* after the type: the length */
    size_t len =
        head[0] < 1 << 6 ? 5U + head[0] : 6U + ((head[0] & 63U) << 8 | head[1]);

    need(len <= octets.len, "find CAPABILITIES");
    scene->capabilities.data = malloc(len);
    need(scene->capabilities.data != NULL, "keep CAPABILITIES");
    if (scene->capabilities.data == NULL) {
        return; /* not reached, but analysers do not know */
    }
    memcpy(scene->capabilities.data, octets.data, len);
    scene->capabilities.len = len;
}

void flood_scene_open(struct flood_scene *scene, const struct hosts *hosts,
                      const struct flood_state *state)
{
    *scene = (struct flood_scene){
        .now = {1, time(NULL)}, /* by which certificates are valid */
        .cmw = evidence_of(FLOOD_EVIDENCE),
        .config = {host_config(&hosts->client, state->peer_gate),
                   host_config(&hosts->server, state->gate)},
    };
    set_options(scene->config[0], state->peer_options);
    set_options(scene->config[1], state->options);
    scene->connection[0] = state->foreign;
    scene->peer = start(scene, 0);
    keep_capabilities(scene);
    heap_charge(&scene->heap); /* there is no session yet to charge for */
    scene->side = start(scene, 1);
    heap_charge(NULL);
    scene->own = UINT64_C(1) << 63 | 1; /* which it asks by itself, if any */
    scene->other = 1;
    scene->own_over = scene->own;
    scene->other_over = scene->other;
    if (!state->alone) {
        reach(scene, state);
    }
}

void flood_scene_close(struct flood_scene *scene)
{
    heap_charge(NULL);
    vouch_session_free(scene->side);
    vouch_session_free(scene->peer);
    for (size_t i = 0; i < 2; i++) {
        vouch_channel_free(scene->channel[i]);
        vouch_config_free(scene->config[i]);
    }
    vouch_buffer_free(&scene->cmw);
    free(scene->capabilities.data);
}
