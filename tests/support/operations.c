/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/operations.h"

#include <check.h>

#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/octets.h"

void operations_init(struct session_pair *pair)
{
    pair_init(pair);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->client.config, VOUCH_GATE_NONE), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair->server.config, VOUCH_GATE_NONE), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_asker(pair->server.config, VOUCH_ASKER_ATTESTED),
        VOUCH_OK);
}

vouch_exchange operations_ask(struct session_pair *pair)
{
    vouch_exchange exchange = {0};

    ck_assert_int_eq(vouch_session_request_operation(
                         pair->client.session, vouch_text(OPERATION),
                         OPERATION_WITHIN_MS, pair->now, &exchange),
                     VOUCH_OK);
    return exchange;
}

vouch_exchange operations_approve(struct session_pair *pair)
{
    vouch_exchange exchange = operations_ask(pair);

    pair_run(pair);
    ck_assert_uint_eq(
        operations_count(&pair->client, VOUCH_EVENT_ACCEPTED, exchange), 1);
    ck_assert_uint_eq(
        operations_count(&pair->server, VOUCH_EVENT_CONFIRMED, exchange), 1);
    return exchange;
}

vouch_exchange operations_send(struct session_pair *pair)
{
    vouch_exchange exchange = operations_approve(pair);

    ck_assert_int_eq(operations_command(pair, exchange), VOUCH_OK);
    return exchange;
}

vouch_exchange operations_deliver(struct session_pair *pair)
{
    vouch_exchange exchange = operations_send(pair);

    pair_run(pair);
    ck_assert_uint_eq(
        operations_count(&pair->server, VOUCH_EVENT_COMMAND, exchange), 1);
    return exchange;
}

vouch_exchange operations_start(struct session_pair *pair)
{
    vouch_exchange exchange = operations_deliver(pair);

    ck_assert_int_eq(vouch_session_take(pair->server.session,
                                        operations_at_server(pair, exchange),
                                        pair->now),
                     VOUCH_OK);
    return exchange;
}

vouch_exchange operations_at_server(const struct session_pair *pair,
                                    vouch_exchange exchange)
{
    for (size_t i = pair->server.num; i > 0; i--) {
        if (pair->server.log[i - 1].event.exchange.id == exchange.id) {
            return pair->server.log[i - 1].event.exchange;
        }
    }
    ck_abort_msg("the server was told of no such exchange");
    return exchange;
}

vouch_err operations_command(struct session_pair *pair, vouch_exchange exchange)
{
    return vouch_session_command(pair->client.session, exchange,
                                 vouch_text(OPERATION), pair->now);
}

vouch_err operations_reply(struct session_pair *pair, vouch_exchange exchange,
                           vouch_status status, const char *octets)
{
    return vouch_session_reply(pair->server.session,
                               operations_at_server(pair, exchange), status,
                               vouch_text(octets), pair->now);
}

size_t operations_count(const struct pair_peer *peer, vouch_event_type type,
                        vouch_exchange exchange)
{
    size_t num = 0;

    for (size_t i = 0; i < peer->num; i++) {
        num += peer->log[i].event.type == type &&
               peer->log[i].event.exchange.id == exchange.id;
    }
    return num;
}

size_t operations_ends(const struct session_pair *pair, vouch_exchange exchange)
{
    return operations_count(&pair->client, VOUCH_EVENT_REPLY, exchange) +
           operations_count(&pair->client, VOUCH_EVENT_REFUSED, exchange) +
           operations_count(&pair->client, VOUCH_EVENT_UNKNOWN, exchange);
}

vouch_status operations_status(const struct session_pair *pair)
{
    const struct pair_event *reply =
        pair_last(&pair->client, VOUCH_EVENT_REPLY);

    ck_assert_ptr_nonnull(reply);
    return reply->event.u.reply.status;
}

vouch_buffer operations_message(uint64_t id, vouch_bytes operation)
{
    const struct vouch_command_message m = {.id = id, .operation = operation};
    CBB cbb;

    ck_assert(CBB_init(&cbb, operation.len + 32));
    ck_assert_int_eq(vouch_command_message_encode(&cbb, &m), VOUCH_OK);
    return finish_cbb(&cbb);
}
