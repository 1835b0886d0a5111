/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>

#include <openssl/bytestring.h>

#include "proto/context.h"
#include "proto/message.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"
#include "tests/support/operations.h"

/*
 * Ids that name no exchange, in every message that has one: no table of the
 * session has a slot that was never used and equals one. proto/README.md, 3,
 * Ids. The client asks for operations, the server executes.
 */

static struct session_pair pair;

static void set_up(void)
{
    operations_init(&pair);
}

static void tear_down(void)
{
    pair_free(&pair);
}

/* The messages, as CBOR around an id: written by hand, for what no encoder
 * writes. */
static const struct message {
    uint64_t type;
    bool by_asker; /* the id has the sender's role bit */
    uint8_t pairs;
    const char *rest; /* of the map, in hexadecimal */
} messages[] = {
    {VOUCH_CAPSULE_AUTHENTICATOR, false, 2, "0240"},
    {VOUCH_CAPSULE_OUTCOME, true, 3, "0201 0301"},
    {VOUCH_CAPSULE_OUTCOME, true, 4, "0200 0300 041a000f4240"},
    {VOUCH_CAPSULE_COMMAND, true, 2, "0240"},
    {VOUCH_CAPSULE_REPLY, false, 2, "0200"},
};

enum { MESSAGES = sizeof messages / sizeof messages[0] };

static vouch_buffer write_message(const struct message *message, uint64_t id)
{
    vouch_buffer rest = from_hex(message->rest);
    CBB cbb;

    ck_assert(CBB_init(&cbb, 32));
    ck_assert(CBB_add_u8(&cbb, (uint8_t)(0xa0 | message->pairs)));
    ck_assert(CBB_add_u8(&cbb, 0x01));
    if (id < 24) {
        ck_assert(CBB_add_u8(&cbb, (uint8_t)id));
    } else if (id <= UINT16_MAX) {
        ck_assert(CBB_add_u8(&cbb, 0x19) && CBB_add_u16(&cbb, (uint16_t)id));
    } else {
        ck_assert(CBB_add_u8(&cbb, 0x1b) && CBB_add_u64(&cbb, id));
    }
    ck_assert(CBB_add_bytes(&cbb, rest.data, rest.len));
    free(rest.data);
    return finish_cbb(&cbb);
}

/* Gives it to the executor, or to the asker. */
static vouch_err give(const struct message *message, vouch_session *to,
                      uint64_t id)
{
    vouch_buffer value = write_message(message, id);
    vouch_err err = capsule_give(to, pair.now, message->type, span_of(&value));

    free(value.data);
    return err;
}

static void end_operations(size_t num)
{
    for (size_t i = 0; i < num; i++) {
        vouch_exchange exchange = operations_start(&pair);

        ck_assert_int_eq(
            operations_reply(&pair, exchange, VOUCH_STATUS_DONE, ""), VOUCH_OK);
        pair_run(&pair);
    }
}

/* Bits of the id that say what the context holds; the role bit is the
 * receiver's business. */
static const uint64_t flags[] = {0, VOUCH_ID_OPERATION, VOUCH_ID_NONCE,
                                 VOUCH_ID_OPERATION | VOUCH_ID_NONCE};

static const size_t ended[] = {0, 1, 15, 16, 17};

enum {
    FLAGS = sizeof flags / sizeof flags[0],
    ENDED = sizeof ended / sizeof ended[0],
    CASES = MESSAGES * FLAGS * ENDED * 2,
};

/* No exchange has the counter 0: on either side, with as many operations over
 * as there are slots for them, and fewer. */
START_TEST(counter_of_zero_is_no_exchange)
{
    const struct message *message = &messages[_i % MESSAGES];
    uint64_t id = flags[_i / MESSAGES % FLAGS];
    size_t num = ended[_i / (MESSAGES * FLAGS) % ENDED];
    bool to_server = _i < CASES / 2;
    struct pair_peer *to = to_server ? &pair.server : &pair.client;
    bool asker_is_server = message->by_asker != to_server;

    pair_start(&pair);
    pair_run(&pair);
    end_operations(num);
    id |= asker_is_server ? VOUCH_ID_SERVER : 0;
    ck_assert_int_eq(give(message, to->session, id), VOUCH_E_ILLEGAL);
    ck_assert(vouch_session_ended(to->session));
    (void)pair_step(&pair, to);
    ck_assert_uint_eq(pair_last(to, VOUCH_EVENT_FAILED)->event.u.failed.code,
                      VOUCH_CLOSE_PROTOCOL);
}
END_TEST

/* A counter that was never reached, and one of the other side. */
START_TEST(counter_that_was_never_reached_is_no_exchange)
{
    const struct message *message = &messages[_i % MESSAGES];
    bool to_server = _i < MESSAGES * 2;
    bool of_the_other = _i / MESSAGES % 2 == 1;
    struct pair_peer *to = to_server ? &pair.server : &pair.client;
    bool asker_is_server = message->by_asker != to_server;
    uint64_t id = of_the_other ? 1 : 1000;

    pair_start(&pair);
    pair_run(&pair);
    end_operations(1);
    id |= asker_is_server != of_the_other ? VOUCH_ID_SERVER : 0;
    ck_assert_int_eq(give(message, to->session, id), VOUCH_E_ILLEGAL);
}
END_TEST

/* An operation that is over, by its id with any bit of its kind changed: no
 * other id stands for it. */
START_TEST(id_is_the_whole_number)
{
    static const struct message command = {VOUCH_CAPSULE_COMMAND, true, 2,
                                           "0240"};
    const struct pair_event *told;
    vouch_exchange over;
    struct capsule reply;
    struct vouch_reply_message m;

    pair_start(&pair);
    pair_run(&pair);
    over = operations_start(&pair);
    ck_assert_int_eq(operations_reply(&pair, over, VOUCH_STATUS_DONE, ""),
                     VOUCH_OK);
    pair_run(&pair);
    told = pair_last(&pair.server, VOUCH_EVENT_COMMAND);
    ck_assert_uint_eq(told->event.exchange.id, over.id);
    ck_assert_int_eq(give(&command, pair.server.session, over.id ^ flags[_i]),
                     VOUCH_OK);
    ck_assert(capsule_take(pair.server.session, &reply));
    ck_assert_uint_eq(reply.type, VOUCH_CAPSULE_REPLY);
    ck_assert_int_eq(vouch_reply_message_decode(span_of(&reply.value), &m),
                     VOUCH_OK);
    ck_assert_uint_eq(m.status, _i == 0 ? VOUCH_STATUS_CONSUMED
                                        : VOUCH_STATUS_UNKNOWN_EXCHANGE);
    free(reply.value.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ids");
    TCase *tc = tcase_create("ids");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, counter_of_zero_is_no_exchange, 0, CASES);
    tcase_add_loop_test(tc, counter_that_was_never_reached_is_no_exchange, 0,
                        4 * MESSAGES);
    tcase_add_loop_test(tc, id_is_the_whole_number, 0, FLAGS);
    suite_add_tcase(suite, tc);
    return suite;
}
