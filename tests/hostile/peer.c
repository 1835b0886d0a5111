/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/trial.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

/* What the far end sends: each message as it is right where an argument of the
 * step is 0, and wrong in many ways where it is not. */

static bool is_server(const struct trial *t)
{
    return t->setup.role != VOUCH_SERVER;
}

static void put_unit(struct trial *t, size_t len)
{
    if (len == 0) {
        return;
    }
    if (t->num_units == UNITS_MAX) {
        t->unit[UNITS_MAX - 1] += len;
    } else {
        t->unit[t->num_units++] = len;
    }
}

static void on_its_way(struct trial *t)
{
    if (t->setup.auto_deliver) {
        size_t len = t->cut != 0 ? t->cut : SIZE_MAX;

        t->cut = 0;
        trial_deliver(t, len);
    }
}

static void put(struct trial *t, const struct message *message)
{
    struct ink value = {0};
    size_t before = t->wire.len;

    wire_put_value(&value, message);
    if (t->spoil != 0 && message->type != WIRE_DATA) {
        wire_spoil(&value, t->spoil - 1);
        t->spoil = 0;
    }
    wire_put_capsule(&t->wire, message->type, ink_all(&value));
    ink_free(&value);
    put_unit(t, t->wire.len - before);
}

static void send_message(struct trial *t, const struct message *message)
{
    put(t, message);
    on_its_way(t);
}

/* CAPABILITIES */

static struct formats formats_of(unsigned set)
{
    struct formats formats = {.num = 0};

    for (unsigned i = 0; i < FORMATS_ALL; i++) {
        if ((set >> i & 1) != 0) {
            formats.format[formats.num++] = span_of_text(model_format(i));
        }
    }
    return formats;
}

static void spoil_capabilities(struct message *message, uint8_t how,
                               uint8_t *check)
{
    switch (how % 32) {
    case 1:
        check[3] ^= 1;
        break;
    case 2:
        message->version = 2;
        break;
    case 3:
        message->max_in_flight = 0;
        break;
    case 4:
        message->max_in_flight = 1;
        break;
    case 5:
        message->max_in_flight = UINT64_MAX;
        break;
    case 6:
        message->max_evidence = 0;
        break;
    case 7:
        message->max_capsule = 0;
        break;
    case 8:
        message->max_capsule = UINT64_MAX;
        message->max_evidence = UINT64_MAX;
        break;
    case 9:
        message->flags |= UINT64_C(1) << 63;
        break;
    case 10:
        for (size_t i = 0; i < WIRE_FORMATS; i++) {
            message->produces.format[i] = span_of_text("application/x");
        }
        message->produces.num = WIRE_FORMATS;
        break;
    case 11:
        message->produces.format[0] = span_of_text("");
        break;
    default:
        break;
    }
}

static void capabilities(struct trial *t, const struct step *step)
{
    /* 0: all flags but those that put this side second */
    uint64_t flags =
        (uint64_t)(step->arg[0] ^ (WIRE_WILL_ASK | WIRE_EXECUTES |
                                   WIRE_DATA_GATED | WIRE_PASSPORTS)) &
        63;
    uint8_t check[32];
    struct message message = {.type = WIRE_CAPABILITIES,
                              .version = 1,
                              .flags = flags,
                              .max_capsule = 133184,
                              .max_evidence = 65529,
                              .max_in_flight = 4,
                              .conn_check = {check, 8}};
    bool again = t->capabilities.len != 0 && step->arg[4] % 4 != 3;

    if (again) { /* as the first, with its list */
        wire_get_value(WIRE_CAPABILITIES, ink_all(&t->capabilities), &message);
        message.flags &= ~(uint64_t)WIRE_LIST_WITHHELD;
        message.produces = formats_of(7);
    } else {
        t->connection.export_secret(
            t->connection.arg, "EXPORTER-vouch-connection-check",
            (struct span){NULL, 0}, check, sizeof check);
        message.appraises = formats_of(7 ^ step->arg[2] % 8U);
        if ((flags & WIRE_LIST_WITHHELD) == 0) {
            message.produces = formats_of(7 ^ step->arg[1] % 8U);
        }
        spoil_capabilities(&message, step->arg[3], check);
        ink_free(&t->capabilities);
        wire_put_value(&t->capabilities, &message);
    }
    send_message(t, &message);
}

/* REQUEST */

static uint64_t next_counter(struct trial *t, uint8_t choice)
{
    switch (choice % 32) {
    case 1:
        t->counter += 1000;
        break;
    case 2:
        return t->counter;
    case 3:
        return 0;
    case 4:
        return t->counter / 2;
    case 5:
        t->counter = ID_COUNTER - 1;
        break;
    default:
        break;
    }
    t->counter = (t->counter + 1) & ID_COUNTER;
    return t->counter;
}

static void put_context(struct ink *ink, uint64_t id, struct span operation,
                        struct span nonce)
{
    ink_number(ink, id, 8);
    for (size_t i = 0; i < 24; i++) {
        ink_number(ink, (id >> i) ^ i, 1);
    }
    ink_span(ink, operation);
    ink_span(ink, nonce);
}

static void request(struct trial *t, const struct step *step)
{
    static const uint8_t number[64] = "a nonce of a verifier that has 64";
    struct span octets = trial_operation(step->arg[1]);
    struct message message = {.type = WIRE_REQUEST,
                              .has_operation = (step->arg[0] & 1) != 0,
                              .has_nonce = (step->arg[0] & 2) != 0,
                              .nonce = {number, 8 + step->arg[1] % 57U}};
    struct ink context = {0}, body = {0};
    uint8_t digest[32];

    SHA256(octets.data, octets.len, digest);
    message.operation = (struct span){digest, sizeof digest};
    message.id = (is_server(t) ? ID_SERVER : 0) |
                 (message.has_operation ? ID_OPERATION : 0) |
                 (message.has_nonce ? ID_NONCE : 0) |
                 next_counter(t, step->arg[3]);
    put_context(&context, message.id,
                message.has_operation ? message.operation
                                      : (struct span){NULL, 0},
                message.has_nonce ? message.nonce : (struct span){NULL, 0});
    switch (step->arg[5] % 32) { /* not what the context says */
    case 1:
        message.id ^= ID_SERVER;
        break;
    case 2:
        message.has_operation = !message.has_operation;
        break;
    case 3:
        message.has_nonce = !message.has_nonce;
        break;
    case 4:
        digest[0] ^= 1;
        break;
    case 5:
        message.id++;
        break;
    case 6:
        ink_number(&context, 0, 1);
        break;
    case 7:
        context.len--;
        break;
    default:
        break;
    }
    ea_put_request(&body, is_server(t), ink_all(&context),
                   (enum request_flaw)(step->arg[2] % 32 < REQUEST_FLAWS
                                           ? step->arg[2] % 32
                                           : REQUEST_GOOD));
    message.request = ink_all(&body);
    message.accepts = formats_of(7 ^ step->arg[4] % 8U);
    message.within_ms = step->arg[6] == 0
                            ? 600000
                            : trial_number(t, step->arg[6] / 16, step->arg[6]);
    if (message.accepts.num == 0) {
        message.accepts = formats_of(4);
    }
    send_message(t, &message);
    ink_free(&context);
    ink_free(&body);
}

void peer_request(struct trial *t, bool operation, bool nonce, uint8_t which)
{
    const struct step step = {
        STEP_REQUEST,
        {(uint8_t)((operation ? 1 : 0) | (nonce ? 2 : 0)), which}};

    request(t, &step);
}

/* AUTHENTICATOR */

static struct answer_made *remember(struct trial *t)
{
    struct model *m = &t->model;

    if (m->num_made == m->made_room) {
        m->made_room = 2 * m->made_room + 16;
        m->made = realloc(m->made, m->made_room * sizeof *m->made);
        if (m->made == NULL) {
            abort();
        }
    }
    m->made[m->num_made] = (struct answer_made){.id = 0};
    return &m->made[m->num_made++];
}

static const struct answer_made *make_answer(struct trial *t,
                                             const struct own *x,
                                             enum answer_flaw flaw,
                                             enum identity_name by,
                                             unsigned format)
{
    struct answer_made *made = remember(t);
    struct ink cmw = {0};

    made->id = x->id;
    made->flaw = flaw;
    made->by = by;
    made->format = format;
    wire_put_cmw(&cmw, model_format(format), span_of_text("evidence"), 4);
    ea_put_answer(&made->octets, &t->connection, is_server(t), by,
                  ink_all(&x->request), ink_all(&cmw), flaw);
    ink_free(&cmw);
    return made;
}

static unsigned format_for(const struct own *x, uint8_t choice)
{
    if (choice % 8 == 7) {
        return FORMATS_OURS;
    }
    return (x->accepts & 1) != (choice & 1) ? 0 : 1;
}

static void answer(struct trial *t, const struct step *step)
{
    static const enum identity_name names[8] = {
        IDENTITY_PEER, IDENTITY_OTHER, IDENTITY_OURS, IDENTITY_UNTRUSTED,
        IDENTITY_PEER, IDENTITY_PEER,  IDENTITY_PEER, IDENTITY_PEER};
    struct message message = {.type = WIRE_AUTHENTICATOR,
                              .id = trial_own_id(t, step->arg[0], step->arg[6]),
                              .retry_ms = step->arg[5] % 2 == 0
                                              ? step->arg[5] * UINT64_C(1000)
                                              : UINT64_MAX - step->arg[5],
                              .reason = step->arg[5] % 16U,
                              .has_retry = step->arg[5] % 3 == 1};
    struct own *x = model_own(&t->model, message.id);
    const struct answer_made *made;
    unsigned flaw = step->arg[1] % 32;

    if (x == NULL && t->model.num_own != 0) {
        x = &t->model.own[t->model.num_own - 1];
    }
    if (t->model.num_made != 0 && (step->arg[4] % 8 == 7 || x == NULL)) {
        made = &t->model.made[step->arg[6] % t->model.num_made]; /* again */
    } else if (x != NULL) {
        flaw = flaw < ANSWER_FLAWS ? flaw : ANSWER_GOOD;
        made =
            make_answer(t, x, (enum answer_flaw)flaw, names[step->arg[2] % 8],
                        format_for(x, step->arg[3]));
    } else {
        return;
    }
    message.authenticator = ink_all(&made->octets);
    message.has_reason = made->flaw == ANSWER_EMPTY && step->arg[5] % 7 != 3;
    send_message(t, &message);
}

void peer_answer(struct trial *t, uint64_t id)
{
    struct message message = {.type = WIRE_AUTHENTICATOR, .id = id};
    const struct own *x = model_own(&t->model, id);
    const struct answer_made *made;

    if (x == NULL) {
        return;
    }
    made = make_answer(t, x, ANSWER_GOOD,
                       t->setup.handshake_key == 2 ? IDENTITY_OTHER
                                                   : IDENTITY_PEER,
                       format_for(x, 0));
    message.authenticator = ink_all(&made->octets);
    send_message(t, &message);
}

/* OUTCOME, COMMAND, REPLY, DATA */

static void outcome(struct trial *t, const struct step *step)
{
    struct message message = {
        .type = WIRE_OUTCOME,
        .id = trial_their_id(t, step->arg[0], step->arg[1]),
        .verdict = step->arg[2] % 8U == 3 ? 3 : step->arg[2] % 4U % 3U,
        .reason = step->arg[5] % 9U};

    message.has_hold = (message.verdict == 0) != (step->arg[6] % 32 == 31);
    if (message.has_hold) {
        message.hold_ms = trial_number(t, step->arg[3], step->arg[4]);
    }
    send_message(t, &message);
}

void peer_outcome(struct trial *t, uint64_t id, uint64_t hold)
{
    const struct message message = {
        .type = WIRE_OUTCOME, .id = id, .has_hold = true, .hold_ms = hold};

    send_message(t, &message);
}

void peer_command(struct trial *t, uint64_t id, struct span operation)
{
    const struct message message = {
        .type = WIRE_COMMAND, .id = id, .octets = operation};

    send_message(t, &message);
}

static void command(struct trial *t, const struct step *step)
{
    uint64_t id = trial_their_id(t, step->arg[0], step->arg[1]);
    const struct theirs *x = model_theirs(&t->model, id);
    struct span operation =
        x != NULL ? trial_operation_of(x->digest) : trial_operation(0);
    struct ink longer = {0};

    if (step->arg[2] % 8 == 6) {
        operation = trial_operation(step->arg[3]);
    }
    if (step->arg[2] % 8 == 7) {
        ink_span(&longer, trial_operation(3));
        ink_number(&longer, 0, 1);
        operation = ink_all(&longer);
    }
    peer_command(t, id, operation);
    ink_free(&longer);
}

static void reply(struct trial *t, const struct step *step)
{
    const struct message message = {
        .type = WIRE_REPLY,
        .id = trial_own_id(t, step->arg[0], step->arg[1]),
        .status = step->arg[2] % 10U,
        .has_octets = step->arg[3] % 4 != 3,
        .octets = span_of_text("what it gave"),
        .posture_changed = step->arg[4] % 4 == 3};

    send_message(t, &message);
}

static void posture(struct trial *t, const struct step *step)
{
    struct message message = {.type = WIRE_POSTURE, .epoch = t->epoch + 1};

    if (step->arg[0] != 0) {
        t->last_number = t->epoch;
        message.epoch = trial_number(t, step->arg[0], step->arg[1]);
    }
    t->epoch = message.epoch > t->epoch ? message.epoch : t->epoch;
    send_message(t, &message);
}

static void data(struct trial *t, const struct step *step)
{
    static const size_t lengths[8] = {1, 0, 10, 16384, 1000, 1, 16383, 100};
    static uint8_t octets[16385];
    struct message message = {.type = WIRE_DATA};
    size_t len = lengths[step->arg[0] % 8];

    for (size_t i = 0; i < len; i++) {
        octets[i] = model_data_octet(t->data + i);
    }
    t->data += len;
    message.octets = (struct span){octets, len};
    send_message(t, &message);
}

/* What is no message */

static void unknown(struct trial *t, const struct step *step)
{
    static const uint64_t types[8] = {0x2f5609,
                                      0x2f55ff,
                                      0,
                                      1,
                                      0x3fffffffffffffff,
                                      0x12f5600000,
                                      0x2f560900000000ULL,
                                      63};
    static const uint8_t zeros[133184];
    static const size_t lengths[8] = {0, 1, 100, 0, 16385, 133184, 7, 4000};
    size_t before = t->wire.len;

    wire_put_capsule(&t->wire, types[step->arg[0] % 8],
                     (struct span){zeros, lengths[step->arg[1] % 8]});
    put_unit(t, t->wire.len - before);
    on_its_way(t);
}

/* A head that announces too much, or is longer than it need be. */
static void head(struct trial *t, const struct step *step)
{
    size_t before = t->wire.len;
    uint64_t type = WIRE_DATA + step->arg[0] % 11U;
    bool data = type == WIRE_DATA;

    if (step->arg[1] % 4 != 0) {
        wire_put_varint(&t->wire, type, 8);
        wire_put_varint(&t->wire, data ? 16385 : 133185, 4);
    } else if (data) {
        wire_put_varint(&t->wire, type, 8);
        wire_put_varint(&t->wire, 1, 8);
        ink_number(&t->wire, model_data_octet(t->data++), 1);
    }
    put_unit(t, t->wire.len - before);
    on_its_way(t);
}

static void end(struct trial *t, const struct step *step)
{
    bool truncated = (step->arg[0] & 1) != 0;
    vouch_err err = truncated ? vouch_session_truncated(t->session, t->now)
                              : vouch_session_end_of_stream(t->session, t->now);

    if (trial_before(t, err)) {
        model_end_of_stream(&t->model, truncated, err);
        trial_after(t);
    }
}

static void close_message(struct trial *t, const struct step *step)
{
    const struct message message = {
        .type = WIRE_CLOSE,
        .code = step->arg[0] < 128 ? 0 : (uint64_t)step->arg[0] - 127};

    send_message(t, &message);
}

/* The peer as it should be, with values that it chooses. */

static void confirm(struct trial *t, const struct step *step)
{
    uint64_t id;

    peer_request(t, false, (step->arg[2] & 1) != 0, 0);
    trial_deliver_all(t);
    application_poll(t, SIZE_MAX);
    id = trial_their_id(t, 0, 0);
    application_provide(t, id);
    if (step->arg[4] % 4 == 3) {
        return;
    }
    peer_outcome(t, id, trial_number(t, step->arg[0], step->arg[1]));
    trial_deliver_all(t);
}

static void accept(struct trial *t, const struct step *step)
{
    size_t num = t->model.num_own;
    uint64_t id;

    if (num == 0 || t->model.own[num - 1].state != OWN_WAITING) {
        application_ask(t);
    }
    if (t->model.num_own == 0) {
        return;
    }
    id = t->model.own[t->model.num_own - 1].id;
    peer_answer(t, id);
    trial_deliver_all(t);
    application_poll(t, SIZE_MAX);
    if (step->arg[0] % 4 != 3) {
        application_conclude(t, id);
    }
}

static void operate(struct trial *t, const struct step *step)
{
    uint64_t id;

    peer_request(t, true, false, step->arg[2]);
    trial_deliver_all(t);
    application_poll(t, SIZE_MAX);
    id = trial_their_id(t, 0, 0);
    application_provide(t, id);
    peer_outcome(t, id, trial_number(t, step->arg[0], step->arg[1]));
    if (step->arg[4] % 4 == 3) {
        return;
    }
    peer_command(t, id, trial_operation(step->arg[2]));
    trial_deliver_all(t);
    application_poll(t, SIZE_MAX);
    if (step->arg[3] % 2 != 0) {
        application_take(t, id);
    }
}

void peer_step(struct trial *t, const struct step *step)
{
    static void (*const steps[])(struct trial *, const struct step *) = {
        [STEP_CAPABILITIES] = capabilities,
        [STEP_REQUEST] = request,
        [STEP_ANSWER] = answer,
        [STEP_OUTCOME] = outcome,
        [STEP_POSTURE] = posture,
        [STEP_COMMAND] = command,
        [STEP_REPLY] = reply,
        [STEP_CLOSE] = close_message,
        [STEP_DATA] = data,
        [STEP_UNKNOWN] = unknown,
        [STEP_HEAD] = head,
        [STEP_END] = end,
        [STEP_CONFIRM] = confirm,
        [STEP_ACCEPT] = accept,
        [STEP_OPERATION] = operate,
    };

    if (step->kind == STEP_SPOIL) {
        t->spoil = 1 + step->arg[0] % WIRE_SPOILS;
    } else if (step->kind == STEP_DELIVER) {
        t->cut = 1 + step->arg[0];
        trial_deliver(t, step->arg[1] % 2 == 0 ? SIZE_MAX : step->arg[0]);
    } else {
        steps[step->kind](t, step);
    }
}
