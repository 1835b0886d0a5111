/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/trial.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

/* What the near end's application does: right where an argument of the step is
 * 0; late, twice, wrong and for what is not there where it is not. */

/* A handle, as the application may have it: right, of another session, or of
 * another posture. */
static vouch_exchange handle(const struct trial *t, uint64_t id, uint8_t choice)
{
    vouch_exchange exchange = {id, t->tag, t->model.epoch};

    if (choice % 16 == 14) {
        exchange.session ^= 1;
    } else if (choice % 16 == 15) {
        exchange.epoch += choice > 127 ? 1 : UINT64_MAX;
    }
    return exchange;
}

static bool is_foreign(const struct trial *t, vouch_exchange exchange)
{
    return t->tag == 0 || exchange.session != t->tag;
}

static struct span span_of(vouch_bytes bytes)
{
    return (struct span){bytes.data, bytes.len};
}

static struct span span_of_hash(const struct hash *hash)
{
    return (struct span){hash->octets, hash->len};
}

static struct span span_of_digest(const vouch_digest *digest)
{
    return (struct span){digest->data, digest->len};
}

/* Evidence */

static void check_evidence_info(struct trial *t, vouch_exchange exchange)
{
    vouch_evidence_info info;
    const struct theirs *x = model_theirs(&t->model, exchange.id);
    struct hash binder, aik;

    if (vouch_session_evidence_info(t->session, exchange, &info) != VOUCH_OK ||
        x == NULL || t->model.dead) {
        return;
    }
    binder = ea_binder(&t->connection, identity_spki(IDENTITY_OURS),
                       ea_context_of(ink_all(&x->request)));
    aik = ea_hash(&t->connection, identity_spki(IDENTITY_OURS));
    MODEL_CHECK(
        &t->model, PROPERTY_BINDER,
        spans_equal(span_of_hash(&binder), span_of_digest(&info.binder)) &&
            spans_equal(span_of_hash(&aik),
                        span_of_digest(&info.aik_pub_hash)) &&
            info.epoch == t->model.epoch &&
            info.num_components == t->model.components,
        "evidence is wanted for another binder");
}

static void provide(struct trial *t, vouch_exchange exchange, unsigned format,
                    size_t len)
{
    static const uint8_t zeros[60000];
    struct ink cmw = {0};
    vouch_err err;

    check_evidence_info(t, exchange);
    wire_put_cmw(&cmw, model_format(format), (struct span){zeros, len}, 4);
    err = vouch_session_provide(t->session, exchange,
                                (vouch_bytes){cmw.data, cmw.len}, t->now);
    if (trial_before(t, err)) {
        model_provided(&t->model, exchange, is_foreign(t, exchange), format,
                       cmw.len, err);
        trial_after(t);
    }
    ink_free(&cmw);
}

static unsigned format_for(const struct trial *t, uint64_t id)
{
    const struct theirs *x = model_theirs((struct model *)&t->model, id);

    return x != NULL && (x->formats & 1) == 0 ? 1 : 0;
}

void application_provide(struct trial *t, uint64_t id)
{
    provide(t, handle(t, id, 0), format_for(t, id), 8);
}

static void provide_step(struct trial *t, const struct step *step)
{
    uint64_t id = trial_their_id(t, step->arg[0], step->arg[1]);
    unsigned format = step->arg[3] % 8 == 7 ? step->arg[3] / 8U % FORMATS_ALL
                                            : format_for(t, id);

    provide(t, handle(t, id, step->arg[2]), format,
            step->arg[4] % 8 == 7 ? 60000 : step->arg[4] % 8U);
}

static void decline_step(struct trial *t, const struct step *step)
{
    vouch_exchange exchange =
        handle(t, trial_their_id(t, step->arg[0], step->arg[1]), step->arg[2]);
    bool busy = (step->arg[3] & 1) != 0;
    unsigned reason = busy ? VOUCH_PEER_BUSY : step->arg[4] % 8U;
    vouch_err err =
        busy ? vouch_session_busy(t->session, exchange,
                                  trial_number(t, step->arg[4], step->arg[5]),
                                  t->now)
             : vouch_session_decline(t->session, exchange,
                                     (vouch_peer_reason)reason, t->now);

    if (trial_before(t, err)) {
        model_declined(&t->model, exchange, is_foreign(t, exchange), reason,
                       err);
        trial_after(t);
    }
}

/* Appraisal */

static void check_appraisal_info(struct trial *t, vouch_exchange exchange,
                                 const vouch_appraisal_info *info)
{
    const struct own *x = model_own(&t->model, exchange.id);
    struct span spki;
    struct hash binder, aik;

    if (x == NULL || t->model.dead) {
        return;
    }
    spki = identity_spki(x->answered_by);
    binder =
        ea_binder(&t->connection, spki, ea_context_of(ink_all(&x->request)));
    aik = ea_hash(&t->connection, spki);
    MODEL_CHECK(
        &t->model, PROPERTY_BINDER,
        spans_equal(span_of_hash(&binder), span_of_digest(&info->binder)) &&
            spans_equal(span_of_hash(&aik),
                        span_of_digest(&info->aik_pub_hash)) &&
            spans_equal(spki, span_of(info->aik_spki)),
        "evidence is to be appraised against another binder");
}

static void set_digest(vouch_digest *digest, const struct hash *hash)
{
    *digest = (vouch_digest){.len = hash->len};
    memcpy(digest->data, hash->octets, hash->len);
}

/* What an appraiser would give; `*shows`: it has what the session computed. */
static vouch_result make_result(const struct trial *t, const struct own *x,
                                const struct step *step, bool *shows)
{
    vouch_result result = {.verdict = (vouch_verdict)(step->arg[3] % 8U % 4U),
                           .level = VOUCH_LEVEL_BOUND,
                           .not_after = INT64_MAX};
    struct span spki =
        identity_spki(x != NULL ? x->answered_by : IDENTITY_PEER);
    struct hash binder = {.len = 0}, aik = ea_hash(&t->connection, spki);

    if (x != NULL) {
        binder = ea_binder(&t->connection, spki,
                           ea_context_of(ink_all(&x->request)));
    }
    set_digest(&result.binder, &binder);
    set_digest(&result.aik_pub_hash, &aik);
    *shows = x != NULL;
    switch (step->arg[4] % 32) {
    case 1:
        result.binder.data[5] ^= 1;
        *shows = false;
        break;
    case 2:
        result.aik_pub_hash.data[31] ^= 1;
        *shows = false;
        break;
    case 3:
        result.binder.len = 0;
        *shows = false;
        break;
    case 4:
    case 5:
    case 6: /* SHA-256, whatever the suite */
        result.level = VOUCH_LEVEL_KEY_BOUND;
        result.binder = (vouch_digest){.len = 0};
        result.aik_pub_hash = (vouch_digest){.len = 32};
        SHA256(spki.data, spki.len, result.aik_pub_hash.data);
        break;
    case 7:
        result.level = VOUCH_LEVEL_KEY_BOUND;
        result.binder.data[0] ^= 1;
        *shows = false;
        break;
    case 8:
        result.level = VOUCH_LEVEL_NONE;
        *shows = false;
        break;
    case 9:
        memset(&result, 0, sizeof result);
        *shows = false;
        break;
    default:
        break;
    }
    if (step->arg[5] % 4 == 1) {
        result.not_after = t->now.unix_s + step->arg[6];
    } else if (step->arg[5] % 4 == 2) {
        result.issued_at = t->now.unix_s - step->arg[6];
    }
    if (step->arg[5] % 16 > 7) {
        result.has_epoch = true;
        result.epoch = t->model.peer_epoch + (step->arg[5] > 200);
    }
    if (step->arg[5] % 16 != 15) {
        result.ueid.len = 33;
        memset(result.ueid.data, step->arg[5] > 230 ? 2 : 1, result.ueid.len);
        result.has_security_version = true;
        result.security_version = 1U + (step->arg[5] > 220);
    }
    return result;
}

static void conclude(struct trial *t, vouch_exchange exchange,
                     const struct step *step)
{
    vouch_appraisal_info info;
    bool shows;
    vouch_result result =
        make_result(t, model_own(&t->model, exchange.id), step, &shows);
    vouch_err err = vouch_session_appraisal_info(t->session, exchange, &info);

    if (err == VOUCH_OK) {
        check_appraisal_info(t, exchange, &info);
    }
    err = vouch_session_conclude(t->session, exchange, &result, t->now);
    if (trial_before(t, err)) {
        model_concluded(&t->model, exchange, is_foreign(t, exchange), &result,
                        shows, err);
        trial_after(t);
    }
}

void application_conclude(struct trial *t, uint64_t id)
{
    static const struct step right = {.kind = STEP_CONCLUDE};

    conclude(t, handle(t, id, 0), &right);
}

static void conclude_step(struct trial *t, const struct step *step)
{
    /* mostly what waits for it */
    uint8_t choice =
        step->arg[0] % 4 != 3 ? 2 + step->arg[0] % 2U : step->arg[0] / 4U % 24U;

    conclude(t, handle(t, trial_own_id(t, choice, step->arg[1]), step->arg[2]),
             step);
}

/* Asking */

static void asked(struct trial *t, vouch_err err, vouch_exchange exchange,
                  bool nonce, const uint8_t *digest, size_t len,
                  uint64_t within)
{
    if (err == VOUCH_OK) {
        t->tag = exchange.session;
    }
    if (trial_before(t, err)) {
        model_asked(&t->model, err, exchange, nonce, digest, len, within);
        trial_after(t);
    }
}

void application_ask(struct trial *t)
{
    vouch_exchange exchange = {0};
    vouch_err err = vouch_session_request(t->session, t->now, &exchange);

    asked(t, err, exchange, false, NULL, 0, 0);
}

static void ask_step(struct trial *t, const struct step *step)
{
    static const uint8_t nonce[65];
    vouch_exchange exchange = {0};
    vouch_err err;

    if (step->arg[0] % 2 == 0) {
        application_ask(t);
    } else {
        err = vouch_session_request_nonce(
            t->session, (vouch_bytes){nonce, 8 + step->arg[1] % 57U}, t->now,
            &exchange);
        asked(t, err, exchange, true, NULL, 0, 0);
    }
}

static void ask_operation_step(struct trial *t, const struct step *step)
{
    struct span operation = trial_operation(step->arg[0]);
    uint64_t within = trial_number(t, step->arg[1], step->arg[2]);
    vouch_exchange exchange = {0};
    uint8_t digest[32];
    vouch_err err;

    SHA256(operation.data, operation.len, digest);
    err = vouch_session_request_operation(
        t->session, (vouch_bytes){operation.data, operation.len}, within,
        t->now, &exchange);
    if (err == VOUCH_OK) {
        operations_asked(t, exchange.id);
    }
    asked(t, err, exchange, false, digest, operation.len, within);
}

static void cancel_step(struct trial *t, const struct step *step)
{
    vouch_exchange exchange =
        handle(t, trial_own_id(t, step->arg[0], step->arg[1]), step->arg[2]);
    vouch_err err = vouch_session_cancel(t->session, exchange, t->now);

    if (trial_before(t, err)) {
        model_cancelled(&t->model, exchange, is_foreign(t, exchange), err);
        trial_after(t);
    }
}

/* Commands */

/* The newest operation that is accepted, if the step leaves it open. */
static uint64_t approved(struct trial *t, const struct step *step)
{
    for (size_t i = t->model.num_own; step->arg[0] % 4 != 3 && i > 0; i--) {
        const struct own *x = &t->model.own[i - 1];

        if (x->state == OWN_ACCEPTED && (x->id & ID_OPERATION) != 0) {
            return x->id;
        }
    }
    return trial_own_id(t, step->arg[0] / 4, step->arg[1]);
}

static void send_command_step(struct trial *t, const struct step *step)
{
    uint64_t id = approved(t, step);
    const struct own *x = model_own(&t->model, id);
    vouch_exchange exchange = handle(t, id, step->arg[2]);
    struct span operation = x != NULL && step->arg[3] % 8 != 7
                                ? trial_operation_of(x->digest)
                                : trial_operation(step->arg[3] / 8);
    vouch_err err = vouch_session_command(
        t->session, exchange, (vouch_bytes){operation.data, operation.len},
        t->now);

    if (trial_before(t, err)) {
        model_commanded(&t->model, exchange, is_foreign(t, exchange), operation,
                        err);
        trial_after(t);
    }
}

static void take(struct trial *t, vouch_exchange exchange)
{
    vouch_err err = vouch_session_take(t->session, exchange, t->now);

    if (trial_before(t, err)) {
        model_took(&t->model, exchange, is_foreign(t, exchange), err);
        trial_after(t);
    }
}

void application_take(struct trial *t, uint64_t id)
{
    take(t, handle(t, id, 0));
}

/* The newest in a state, if the step leaves it open. */
static uint64_t in_state(struct trial *t, enum their_state state,
                         const struct step *step)
{
    return trial_their_id(t,
                          step->arg[0] % 4 != 3
                              ? (uint8_t)(2 * (unsigned)state + 1)
                              : step->arg[0] / 4,
                          step->arg[1]);
}

static void take_step(struct trial *t, const struct step *step)
{
    take(t, handle(t, in_state(t, THEIR_OFFERED, step), step->arg[2]));
}

static void reply_step(struct trial *t, const struct step *step)
{
    static const uint8_t zeros[65537];
    static const size_t lengths[8] = {3, 0, 100, 65536, 65537, 3, 3, 0};
    static const vouch_status statuses[8] = {
        VOUCH_STATUS_DONE,  VOUCH_STATUS_FAILED, VOUCH_STATUS_DONE,
        VOUCH_STATUS_STALE, VOUCH_STATUS_DONE,   VOUCH_STATUS_DONE,
        VOUCH_STATUS_DONE,  VOUCH_STATUS_DIGEST};
    vouch_exchange exchange =
        handle(t, in_state(t, THEIR_RUNNING, step), step->arg[2]);
    vouch_status status = statuses[step->arg[3] % 8];
    size_t len = lengths[step->arg[4] % 8];
    vouch_err err = vouch_session_reply(t->session, exchange, status,
                                        (vouch_bytes){zeros, len}, t->now);

    if (trial_before(t, err)) {
        model_replied(&t->model, exchange, is_foreign(t, exchange), status, len,
                      err);
        trial_after(t);
    }
}

/* Posture, DATA, the end */

static void posture_step(struct trial *t, const struct step *step)
{
    unsigned component = step->arg[0] % 40;
    uint8_t digest[32], value = (uint8_t)(1 + step->arg[2] % 2);
    char name[3] = {'c', (char)('A' + component), 0};
    vouch_err err;

    if (step->arg[1] % 4 != 3) { /* another than it was */
        value = (uint8_t)(t->model.component[component] % 200 + 1);
    }
    memset(digest, value, sizeof digest);
    err = vouch_session_set_posture(t->session, name, digest, t->now);
    if (trial_before(t, err)) {
        model_posture_set(&t->model, component, value, err);
        trial_after(t);
    }
}

static void send_step(struct trial *t, const struct step *step)
{
    static const size_t lengths[8] = {1, 100, 0, 16384, 40000, 1, 1, 65537};
    static uint8_t octets[65537];
    size_t len = lengths[step->arg[0] % 8], taken = 0;
    vouch_err err;

    for (size_t i = 0; i < len; i++) {
        octets[i] = model_data_octet(t->data_out + i);
    }
    err = vouch_session_send(t->session, (vouch_bytes){octets, len}, t->now,
                             &taken);
    t->data_out += err == VOUCH_OK ? taken : 0;
    if (trial_before(t, err)) {
        model_sent_data(&t->model, len, taken, err);
        trial_after(t);
    }
}

static void leave_step(struct trial *t)
{
    vouch_err err = vouch_session_close(t->session, t->now);

    if (trial_before(t, err)) {
        model_closed(&t->model, err);
        trial_after(t);
    }
}

/* Events */

static void check_command(struct trial *t, const vouch_event *event)
{
    const struct theirs *x = model_theirs(&t->model, event->exchange.id);
    uint8_t digest[32];

    SHA256(event->u.command.bytes.data, event->u.command.bytes.len, digest);
    MODEL_CHECK(&t->model, PROPERTY_COMMANDS,
                x != NULL && memcmp(digest, x->digest, 32) == 0,
                "a command that was not approved");
}

/* Times of the peer's may be added to any that there will be. */
static void check_times(struct trial *t, const vouch_event *event)
{
    const uint64_t hour = 3600000, ever = UINT64_C(1) << 54;

    if (t->options->old_rules) {
        return;
    }
    MODEL_CHECK(&t->model, PROPERTY_ERRORS,
                (event->type != VOUCH_EVENT_REFUSED ||
                 event->u.refused.retry_ms <= hour) &&
                    (event->type != VOUCH_EVENT_CONFIRMED ||
                     event->u.confirmed.until <= t->now.mono_ms + ever),
                "a time of the peer's as it came");
}

void application_poll(struct trial *t, size_t max)
{
    vouch_event event;
    bool more;

    while (max-- != 0 && t->model.found == PROPERTY_NONE) {
        more = vouch_session_has_event(t->session);
        MODEL_CHECK(&t->model, PROPERTY_ENDED,
                    vouch_session_poll(t->session, &event) == more,
                    "has_event says %d", more);
        t->polled = !more;
        if (!more) {
            model_no_more_events(&t->model);
            return;
        }
        trial_trace(t, "      event %s %llx", vouch_event_name(event.type),
                    (unsigned long long)event.exchange.id);
        model_event(&t->model, &event);
        operations_event(t, &event);
        if (event.exchange.session != 0) {
            t->tag = event.exchange.session;
        }
        check_times(t, &event);
        if (event.type == VOUCH_EVENT_COMMAND) {
            check_command(t, &event);
        } else if (event.type == VOUCH_EVENT_EVIDENCE_NEEDED &&
                   t->setup.auto_provide) {
            application_provide(t, event.exchange.id);
        } else if (event.type == VOUCH_EVENT_APPRAISAL_NEEDED &&
                   t->setup.auto_conclude) {
            application_conclude(t, event.exchange.id);
        }
    }
}

void application_step(struct trial *t, const struct step *step)
{
    switch ((int)step->kind) {
    case STEP_PROVIDE:
        provide_step(t, step);
        break;
    case STEP_DECLINE:
        decline_step(t, step);
        break;
    case STEP_CONCLUDE:
        conclude_step(t, step);
        break;
    case STEP_ASK:
        ask_step(t, step);
        break;
    case STEP_ASK_OPERATION:
        ask_operation_step(t, step);
        break;
    case STEP_CANCEL:
        cancel_step(t, step);
        break;
    case STEP_SEND_COMMAND:
        send_command_step(t, step);
        break;
    case STEP_TAKE:
        take_step(t, step);
        break;
    case STEP_SEND_REPLY:
        reply_step(t, step);
        break;
    case STEP_SET_POSTURE:
        posture_step(t, step);
        break;
    case STEP_SEND:
        send_step(t, step);
        break;
    case STEP_LEAVE:
        leave_step(t);
        break;
    case STEP_POLL:
        application_poll(t, step->arg[0] % 8 == 7 ? 1 : SIZE_MAX);
        break;
    case STEP_DRAIN:
    default:
        trial_drain(t, step->arg[0] % 8 == 7 ? 1U + step->arg[1] : SIZE_MAX);
        break;
    }
}
