/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/session_pair.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <vouch/cmw.h>

#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "tests/support/pki.h"

/* One connection's exporter: both ends have the same secret. */
static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    const struct session_pair *pair = arg;
    uint8_t mac[EVP_MAX_MD_SIZE];
    uint8_t input[512];
    unsigned mac_len;
    size_t label_len = strlen(label) + 1;

    ck_assert_uint_le(label_len + context.len, sizeof input);
    memcpy(input, label, label_len);
    if (context.len != 0) {
        memcpy(input + label_len, context.data, context.len);
    }
    ck_assert_ptr_nonnull(HMAC(EVP_sha512(), pair->secret, sizeof pair->secret,
                               input, label_len + context.len, mac, &mac_len));
    ck_assert_uint_le(len, mac_len);
    memcpy(out, mac, len);
    return VOUCH_OK;
}

vouch_credential *pair_credential(const struct pki_entity *entity)
{
    vouch_buffer pem = pki_pem(&entity->certificate, 1);
    vouch_credential *credential;
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(entity->key, &key), VOUCH_OK);
    ck_assert_int_eq(vouch_credential_new(key, (vouch_bytes){pem.data, pem.len},
                                          &credential),
                     VOUCH_OK);
    vouch_key_free(key);
    free(pem.data);
    return credential;
}

static void init_peer(struct pair_peer *peer, const struct pki_entity *root,
                      const char *name, const char *format)
{
    const struct pki_profile profile = {.kind = PKI_P256, .name = name};
    X509_STORE *store = pki_store(root);
    vouch_credential *credential;
    vouch_trust *trust;

    peer->aik = pki_issue(root, &profile);
    credential = pair_credential(&peer->aik);
    ck_assert_int_eq(vouch_trust_new(store, VOUCH_NAME_NONE, &trust), VOUCH_OK);
    ck_assert_int_eq(vouch_config_new(&peer->config), VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_credential(peer->config, credential),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_trust(peer->config, trust), VOUCH_OK);
    ck_assert_int_eq(vouch_config_add_produced(peer->config, format), VOUCH_OK);
    ck_assert_int_eq(vouch_config_add_appraised(peer->config, format),
                     VOUCH_OK);
    vouch_trust_free(trust);
    vouch_credential_free(credential);
    X509_STORE_free(store);
}

void pair_init(struct session_pair *pair)
{
    pair_init_format(pair, PAIR_FORMAT);
}

void pair_init_format(struct session_pair *pair, const char *format)
{
    struct pki_entity root = pki_root(PKI_P256);

    memset(pair, 0, sizeof *pair);
    memset(pair->secret, 0x5a, sizeof pair->secret);
    pair->now = (vouch_now){1000000, PAIR_UNIX_TIME};
    init_peer(&pair->client, &root, "client", format);
    init_peer(&pair->server, &root, "server", format);
    pki_free(&root);
}

vouch_err pair_channel(struct session_pair *pair, struct pair_peer *peer)
{
    return vouch_channel_new(peer == &pair->client ? VOUCH_CLIENT
                                                   : VOUCH_SERVER,
                             VOUCH_SHA256, exporter, pair, &peer->channel);
}

static void start_peer(struct session_pair *pair, struct pair_peer *peer)
{
    if (peer->channel == NULL) {
        ck_assert_int_eq(pair_channel(pair, peer), VOUCH_OK);
    }
    ck_assert_int_eq(vouch_session_new(peer->channel, peer->config, pair->now,
                                       &peer->session),
                     VOUCH_OK);
}

void pair_start(struct session_pair *pair)
{
    start_peer(pair, &pair->client);
    start_peer(pair, &pair->server);
}

static void end_peer(struct pair_peer *peer)
{
    vouch_session_free(peer->session);
    vouch_channel_free(peer->channel);
    peer->session = NULL;
    peer->channel = NULL;
    peer->num = peer->data_len = 0;
}

void pair_end(struct session_pair *pair)
{
    end_peer(&pair->client);
    end_peer(&pair->server);
}

static void free_peer(struct pair_peer *peer)
{
    end_peer(peer);
    vouch_config_free(peer->config);
    pki_free(&peer->aik);
}

void pair_free(struct session_pair *pair)
{
    free_peer(&pair->client);
    free_peer(&pair->server);
}

vouch_buffer pair_evidence(const vouch_digest *binder,
                           const vouch_digest *aik_pub_hash)
{
    uint8_t value[2 * VOUCH_HASH_MAX];
    vouch_buffer cmw;

    memcpy(value, binder->data, binder->len);
    memcpy(value + binder->len, aik_pub_hash->data, aik_pub_hash->len);
    ck_assert_int_eq(
        vouch_cmw_record(PAIR_FORMAT,
                         (vouch_bytes){value, binder->len + aik_pub_hash->len},
                         VOUCH_CMW_EVIDENCE, &cmw),
        VOUCH_OK);
    return cmw;
}

vouch_result pair_appraise(const vouch_appraisal_info *info,
                           vouch_verdict verdict)
{
    vouch_result result = {
        .verdict = verdict, .level = VOUCH_LEVEL_BOUND, .not_after = INT64_MAX};
    size_t len = info->binder.len;
    vouch_cmw cmw;

    ck_assert_int_eq(vouch_cmw_parse(info->cmw, &cmw), VOUCH_OK);
    ck_assert_uint_eq(cmw.value.len, 2 * len);
    result.binder.len = result.aik_pub_hash.len = len;
    memcpy(result.binder.data, cmw.value.data, len);
    memcpy(result.aik_pub_hash.data, cmw.value.data + len, len);
    if (verdict == VOUCH_REJECTED) {
        result.reason.check = VOUCH_CHECK_REFERENCE;
    }
    return result;
}

void pair_answer(struct session_pair *pair, struct pair_peer *peer,
                 vouch_exchange exchange)
{
    vouch_evidence_info info;
    vouch_buffer cmw;

    if (peer->registry != NULL) {
        ck_assert_int_eq(vouch_registry_attest(peer->registry, peer->session,
                                               exchange, pair->now),
                         VOUCH_OK);
        return;
    }
    if (peer->attester != NULL) {
        ck_assert_int_eq(vouch_attester_answer(peer->attester, peer->session,
                                               exchange, pair->now),
                         VOUCH_OK);
        return;
    }
    ck_assert_int_eq(
        vouch_session_evidence_info(peer->session, exchange, &info), VOUCH_OK);
    cmw = pair_evidence(&info.binder, &info.aik_pub_hash);
    ck_assert_int_eq(vouch_session_provide(peer->session, exchange,
                                           (vouch_bytes){cmw.data, cmw.len},
                                           pair->now),
                     VOUCH_OK);
    vouch_buffer_free(&cmw);
}

void pair_conclude(struct session_pair *pair, struct pair_peer *peer,
                   vouch_exchange exchange)
{
    vouch_appraisal_info info;
    vouch_result result;

    if (peer->registry != NULL) {
        ck_assert_int_eq(vouch_registry_appraise(peer->registry, peer->session,
                                                 exchange, pair->now),
                         VOUCH_OK);
        return;
    }
    if (peer->appraiser != NULL) {
        ck_assert_int_eq(vouch_appraiser_answer(peer->appraiser, peer->session,
                                                exchange, pair->now),
                         VOUCH_OK);
        return;
    }
    ck_assert_int_eq(
        vouch_session_appraisal_info(peer->session, exchange, &info), VOUCH_OK);
    result = pair_appraise(&info, peer->verdict);
    ck_assert_int_eq(
        vouch_session_conclude(peer->session, exchange, &result, pair->now),
        VOUCH_OK);
}

static void keep_octets(struct pair_peer *peer, struct pair_event *entry,
                        vouch_bytes bytes)
{
    ck_assert_uint_le(peer->data_len + bytes.len, sizeof peer->data);
    entry->data = peer->data + peer->data_len;
    entry->data_len = bytes.len;
    if (bytes.len != 0) {
        memcpy(peer->data + peer->data_len, bytes.data, bytes.len);
        peer->data_len += bytes.len;
    }
}

static void note(struct pair_peer *peer, const vouch_event *event)
{
    struct pair_event *entry = &peer->log[peer->num++];

    ck_assert_uint_le(peer->num, PAIR_EVENTS_MAX);
    entry->event = *event;
    if (event->type == VOUCH_EVENT_REFUSED) {
        entry->reason = *event->u.refused.reason;
        entry->event.u.refused.reason = &entry->reason;
    }
    if (event->type == VOUCH_EVENT_AUDIT) {
        entry->audit = *event->u.audit.record;
        entry->event.u.audit.record = &entry->audit;
    }
    if (event->type == VOUCH_EVENT_DATA) {
        keep_octets(peer, entry, event->u.data.bytes);
    } else if (event->type == VOUCH_EVENT_COMMAND) {
        keep_octets(peer, entry, event->u.command.bytes);
    } else if (event->type == VOUCH_EVENT_REPLY) {
        keep_octets(peer, entry, event->u.reply.bytes);
    }
}

bool pair_step(struct session_pair *pair, struct pair_peer *peer)
{
    bool any = false;
    vouch_event event;

    while (vouch_session_poll(peer->session, &event)) {
        any = true;
        note(peer, &event);
        if (event.type == VOUCH_EVENT_EVIDENCE_NEEDED &&
            !peer->holds_evidence) {
            pair_answer(pair, peer, event.exchange);
        }
        if (event.type == VOUCH_EVENT_APPRAISAL_NEEDED &&
            !peer->holds_verdicts) {
            pair_conclude(pair, peer, event.exchange);
        }
    }
    return any;
}

bool pair_move(struct session_pair *pair, struct pair_peer *from,
               struct pair_peer *to, size_t piece)
{
    vouch_bytes out = vouch_session_outgoing(from->session);
    size_t len = out.len < piece ? out.len : piece;
    size_t taken = 0;

    if (len == 0) {
        return false;
    }
    if (vouch_session_recv(to->session, (vouch_bytes){out.data, len}, pair->now,
                           &taken) != VOUCH_OK) {
        taken = len; /* it ended: nobody reads any more */
    }
    vouch_session_sent(from->session, taken);
    return taken != 0;
}

void pair_run(struct session_pair *pair)
{
    bool busy = true;

    while (busy) {
        busy = pair_step(pair, &pair->client);
        busy = pair_step(pair, &pair->server) || busy;
        busy = pair_move(pair, &pair->client, &pair->server, SIZE_MAX) || busy;
        busy = pair_move(pair, &pair->server, &pair->client, SIZE_MAX) || busy;
    }
}

void pair_wait(struct session_pair *pair, uint64_t ms)
{
    pair->now.mono_ms += ms;
    pair->now.unix_s += (int64_t)(ms / 1000);
    ck_assert_int_eq(vouch_session_tick(pair->client.session, pair->now),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_session_tick(pair->server.session, pair->now),
                     VOUCH_OK);
}

size_t pair_count(const struct pair_peer *peer, vouch_event_type type)
{
    size_t num = 0;

    for (size_t i = 0; i < peer->num; i++) {
        num += peer->log[i].event.type == type;
    }
    return num;
}

const struct pair_event *pair_last(const struct pair_peer *peer,
                                   vouch_event_type type)
{
    for (size_t i = peer->num; i > 0; i--) {
        if (peer->log[i - 1].event.type == type) {
            return &peer->log[i - 1];
        }
    }
    return NULL;
}
