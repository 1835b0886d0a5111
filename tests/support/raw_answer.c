/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/raw_answer.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/authenticator/endpoint.h"
#include "lib/channel/channel_internal.h"
#include "tests/support/capsules.h"
#include "tests/support/octets.h"

/* The next REQUEST of the client; what stands before it is passed over. */
static void take_request(struct session_pair *pair, struct raw_question *out)
{
    struct vouch_request_message m;
    struct capsule capsule;
    vouch_buffer spki = pki_spki(pair->server.aik.key);
    vouch_bytes context;

    do {
        ck_assert(capsule_take(pair->client.session, &capsule));
        if (capsule.type != VOUCH_CAPSULE_REQUEST) {
            free(capsule.value.data);
        }
    } while (capsule.type != VOUCH_CAPSULE_REQUEST);
    ck_assert_int_eq(vouch_request_message_decode(span_of(&capsule.value), &m),
                     VOUCH_OK);
    out->id = m.id;
    out->request = (vouch_buffer){exact_copy(m.request.data, m.request.len),
                                  m.request.len};
    ck_assert_int_eq(vouch_get_context(span_of(&out->request), &context),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_binder(out->channel, span_of(&spki), context, &out->binder),
        VOUCH_OK);
    ck_assert_int_eq(vouch_aik_pub_hash(vouch_channel_hash(out->channel),
                                        span_of(&spki), &out->aik_pub_hash),
                     VOUCH_OK);
    free(spki.data);
    free(capsule.value.data);
}

void raw_start(struct session_pair *pair, struct raw_question *out)
{
    struct pair_peer self = {.config = NULL};

    pair_start(pair);
    ck_assert(pair_move(pair, &pair->server, &pair->client, SIZE_MAX));
    ck_assert_int_eq(pair_channel(pair, &self), VOUCH_OK);
    memset(out, 0, sizeof *out);
    out->channel = self.channel;
    ck_assert_int_eq(vouch_endpoint_new(out->channel, &out->endpoint),
                     VOUCH_OK);
    take_request(pair, out);
    (void)pair_step(pair, &pair->client);
}

void raw_ask(struct session_pair *pair, struct raw_question *question)
{
    vouch_exchange exchange;

    free(question->request.data);
    ck_assert_int_eq(
        vouch_session_request(pair->client.session, pair->now, &exchange),
        VOUCH_OK);
    take_request(pair, question);
}

void raw_answer(struct session_pair *pair, struct raw_question *question,
                vouch_bytes cmw)
{
    struct vouch_authenticator_message m = {.id = question->id};
    vouch_credential *credential = pair_credential(&pair->server.aik);
    vouch_buffer authenticator, value;
    CBB cbb;

    ck_assert_int_eq(vouch_endpoint_authenticate(
                         question->endpoint, span_of(&question->request),
                         credential, cmw, &authenticator),
                     VOUCH_OK);
    m.authenticator = span_of(&authenticator);
    ck_assert(CBB_init(&cbb, authenticator.len + 32));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, &m), VOUCH_OK);
    value = finish_cbb(&cbb);
    ck_assert_int_eq(capsule_give(pair->client.session, pair->now,
                                  VOUCH_CAPSULE_AUTHENTICATOR, span_of(&value)),
                     VOUCH_OK);
    (void)pair_step(pair, &pair->client);
    free(value.data);
    vouch_buffer_free(&authenticator);
    vouch_credential_free(credential);
}

void raw_free(struct raw_question *question)
{
    free(question->request.data);
    vouch_endpoint_free(question->endpoint);
    vouch_channel_free(question->channel);
}
