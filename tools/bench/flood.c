/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/flood.h"

enum {
    BATCH = 32 * 1024, /* octets that are made before the clock runs */
    TIMED_MIN = 32 * 1024,
    MESSAGES_MAX = BATCH / 2, /* in a batch: none is shorter than two octets */
};

const char *const flood_applications[FLOOD_APPLICATIONS] = {
    [FLOOD_SILENT] = "polls nothing",
    [FLOOD_POLLS] = "answers nothing",
    [FLOOD_ANSWERS] = "answers, sends nothing",
    [FLOOD_ANSWERS_SENDS] = "answers",
};

/* Messages that were made, and where each ends. */
struct batch {
    CBB octets;
    size_t end[MESSAGES_MAX];
    size_t num;
};

struct run {
    const struct flood *flood;
    struct flood_scene scene;
    struct flood_cost cost;
    struct stopwatch watch;
    size_t timed; /* octets while the watch ran */
    size_t idle;
    bool over; /* nothing more is taken */
};

static void make_batch(const struct run *run, uint64_t *n, struct batch *batch)
{
    const struct flood_message *message = run->flood->message;

    need(CBB_init(&batch->octets, BATCH), "write");
    batch->num = 0;
    do {
        message->make(message, &run->scene, (*n)++, &batch->octets);
        batch->end[batch->num++] = CBB_len(&batch->octets);
    } while (CBB_len(&batch->octets) < BATCH && batch->num < MESSAGES_MAX &&
             message->pace_ms == 0);
}

/* What it keeps, now that it was given `len` octets more. */
static void note_kept(struct run *run, size_t len)
{
    struct heap_account *heap = &run->scene.heap;
    size_t most = heap->most_kept > run->idle ? heap->most_kept - run->idle : 0;
    size_t fed = run->cost.fed + len;
    double kept = (double)most / (double)(fed != 0 ? fed : 1);

    run->cost.most = most > run->cost.most ? most : run->cost.most;
    if (fed > FLOOD_LEFT_OUT && kept > run->cost.kept) {
        run->cost.kept = kept;
    }
    heap->most_kept = heap->kept;
}

static void serve(struct run *run)
{
    static const unsigned answers[FLOOD_APPLICATIONS] = {
        [FLOOD_ANSWERS] = FLOOD_EVIDENCE_IT | FLOOD_APPRAISE_IT |
                          FLOOD_TAKE_IT | FLOOD_REPLY_IT,
        [FLOOD_ANSWERS_SENDS] = FLOOD_EVIDENCE_IT | FLOOD_APPRAISE_IT |
                                FLOOD_TAKE_IT | FLOOD_REPLY_IT,
    };
    enum flood_application application = run->flood->application;
    vouch_session *side = run->scene.side;

    if (application != FLOOD_SILENT) {
        (void)flood_scene_serve(&run->scene, side, answers[application]);
    }
    if (application == FLOOD_ANSWERS_SENDS) {
        while (vouch_session_outgoing(side).len != 0) {
            vouch_session_sent(side, vouch_session_outgoing(side).len);
        }
    }
}

/* One call, and what the application does then. */
static size_t feed(struct run *run, vouch_bytes octets)
{
    size_t taken = 0;
    vouch_err err =
        vouch_session_recv(run->scene.side, octets, run->scene.now, &taken);

    run->over = err != VOUCH_OK;
    note_kept(run, err == VOUCH_OK ? taken : octets.len);
    run->cost.fed += taken;
    serve(run);
    return taken;
}

/* Octets that came at once are taken in as many calls as it needs. */
static void feed_all(struct run *run, vouch_bytes octets)
{
    size_t piece = run->flood->message->piece;

    while (octets.len != 0 && !run->over) {
        size_t len = piece != 0 && piece < octets.len ? piece : octets.len;
        bool waits = vouch_session_has_event(run->scene.side);
        size_t taken = feed(run, (vouch_bytes){octets.data, len});

        /* Full, and nobody makes room. */
        run->over = run->over ||
                    (taken == 0 &&
                     (!waits || run->flood->application == FLOOD_SILENT)) ||
                    vouch_session_ended(run->scene.side);
        octets.data += taken;
        octets.len -= taken;
    }
}

static void feed_batch(struct run *run, const struct batch *batch)
{
    bool counts = run->cost.fed >= FLOOD_LEFT_OUT;
    size_t start = 0, before = run->cost.fed;
    const uint8_t *octets = CBB_data(&batch->octets);

    run->scene.now.mono_ms += run->flood->message->pace_ms;
    if (counts) {
        stopwatch_start(&run->watch);
    }
    if (run->flood->application == FLOOD_SILENT) {
        feed_all(run, (vouch_bytes){octets, batch->end[batch->num - 1]});
    } else {
        for (size_t i = 0; i < batch->num && !run->over; i++) {
            feed_all(run, (vouch_bytes){octets + start, batch->end[i] - start});
            start = batch->end[i];
        }
    }
    if (counts) {
        stopwatch_stop(&run->watch);
        run->timed += run->cost.fed - before;
    }
}

bool flood_differs(const struct flood *flood)
{
    if (flood->message->pace_ms != 0) {
        return flood->application == FLOOD_ANSWERS_SENDS;
    }
    return flood->message->piece != 1 || flood->application == FLOOD_SILENT;
}

struct flood_cost flood_run(const struct flood *flood,
                            const struct hosts *hosts, size_t octets,
                            size_t idle)
{
    struct run run = {.flood = flood, .idle = idle};
    static struct batch batch;
    uint64_t n = 0;

    flood_scene_open(&run.scene, hosts, flood->state);
    run.scene.heap.most_kept = run.scene.heap.kept;
    heap_charge(&run.scene.heap);
    while (!run.over && run.cost.fed < octets) {
        make_batch(&run, &n, &batch);
        feed_batch(&run, &batch);
        CBB_cleanup(&batch.octets);
    }
    flood_scene_close(&run.scene);
    if (run.timed >= TIMED_MIN) {
        run.cost.ns = run.watch.us * 1000 / (double)run.timed;
    }
    return run.cost;
}

size_t flood_idle(const struct hosts *hosts)
{
    static const struct flood_state state = {.name = "idle"};
    struct flood_scene scene;
    size_t idle;

    flood_scene_open(&scene, hosts, &state);
    idle = scene.heap.kept;
    flood_scene_close(&scene);
    return idle;
}
