/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vouch/cmw.h>
#include <vouch/eat.h>

#include "lib/keys/digest.h"
#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/cose.h"
#include "proto/memory.h"
#include "proto/reader.h"
#include "proto/writer.h"
#include "tests/support/octets.h"
#include "tests/support/raw_answer.h"
#include "tests/support/tokens.h"

/*
 * Attacks 5, 42, 43, 46, 50 and 54: a server that has its AIK and an
 * attestation key that the client trusts, on the right connection, and
 * confuses the client about what its messages are.
 */

#define PROFILE "tag:example.com,2026:x"
#define FORMAT VOUCH_EAT_FORMAT(PROFILE)

static const uint8_t program[32] = {4}, model[32] = {6};
static const uint8_t ueid[33] = {1, 7}, other_ueid[33] = {1, 8};

static struct session_pair pair;
static struct raw_question question;
static EVP_PKEY *pkey;
static vouch_key *key; /* of attestation */
static vouch_appraiser *appraiser;
static vouch_buffer measurements, components, submods;
static size_t accepted; /* so far */

/* Trusts the key, and wants the program; `pinned` is an instance, or NULL. */
static void trust(const uint8_t *pinned)
{
    vouch_policy *policy;

    vouch_appraiser_free(appraiser);
    ck_assert_int_eq(vouch_policy_new(FORMAT, &policy), VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, vouch_key_spki(key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "executable",
                                                (vouch_bytes){program, 32}),
                     VOUCH_OK);
    if (pinned != NULL) {
        ck_assert_int_eq(
            vouch_policy_add_instance(policy, (vouch_bytes){pinned, 33}),
            VOUCH_OK);
    }
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    pair.client.appraiser = appraiser;
}

static void set_up(void)
{
    pair_init_format(&pair, FORMAT);
    pkey = pki_key(PKI_P256);
    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_gate(pair.client.config, VOUCH_GATE_REQUIRE_PEER),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_config_set_refusal(pair.client.config, VOUCH_REFUSAL_STAY),
        VOUCH_OK);
    ck_assert_int_eq(vouch_config_set_gate(pair.server.config, VOUCH_GATE_NONE),
                     VOUCH_OK);
    appraiser = NULL;
    accepted = 0;
    trust(NULL);
    measurements = token_digests(
        (const struct token_digest[]){{"executable", program}, {NULL, NULL}});
    components = submods = (vouch_buffer){NULL, 0};
    raw_start(&pair, &question);
}

static void tear_down(void)
{
    raw_free(&question);
    pair_free(&pair);
    vouch_appraiser_free(appraiser);
    free(measurements.data);
    free(components.data);
    free(submods.data);
    vouch_key_free(key);
    EVP_PKEY_free(pkey);
}

/* What is right for the question that waits. */
static struct vouch_eat genuine(void)
{
    return (struct vouch_eat){
        .has_iat = true,
        .iat = PAIR_UNIX_TIME,
        .nonce = vouch_digest_bytes(&question.binder),
        .ueid = {ueid, sizeof ueid},
        .profile = vouch_text(PROFILE),
        .aik_pub_hash = vouch_digest_bytes(&question.aik_pub_hash),
        .measurements = span_of(&measurements),
    };
}

static void answer_token(vouch_bytes token)
{
    vouch_buffer cmw = token_wrap(FORMAT, token);

    raw_answer(&pair, &question, span_of(&cmw));
    free(cmw.data);
}

static void answer_payload(vouch_bytes payload)
{
    vouch_buffer token = token_sign(key, payload);

    answer_token(span_of(&token));
    free(token.data);
}

static void answer(const struct vouch_eat *eat)
{
    vouch_buffer payload = token_claims(eat);

    answer_payload(span_of(&payload));
    free(payload.data);
}

static bool is_open(void)
{
    return vouch_session_may_send(pair.client.session, VOUCH_TRAFFIC_DATA,
                                  pair.now);
}

static void assert_accepted(void)
{
    const struct pair_event *refused =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_msg(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED) ==
                      accepted + 1,
                  "refused: %s %s", vouch_check_name(refused->reason.check),
                  vouch_err_name(refused->reason.err));
    ck_assert(is_open());
    accepted++;
}

/* The genuine one, and the next question. */
static void begin(void)
{
    struct vouch_eat eat = genuine();

    answer(&eat);
    assert_accepted();
    raw_ask(&pair, &question);
}

static const vouch_reason *refusal(vouch_check check, vouch_claim claim,
                                   vouch_err err)
{
    const struct pair_event *refused =
        pair_last(&pair.client, VOUCH_EVENT_REFUSED);

    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_ACCEPTED), accepted);
    ck_assert(!is_open());
    ck_assert_ptr_nonnull(refused);
    ck_assert_int_eq(refused->event.u.refused.verdict, VOUCH_REJECTED);
    ck_assert_str_eq(vouch_check_name(refused->reason.check),
                     vouch_check_name(check));
    ck_assert_str_eq(vouch_claim_name(refused->reason.claim),
                     vouch_claim_name(claim));
    ck_assert_str_eq(vouch_err_name(refused->reason.err), vouch_err_name(err));
    return &refused->reason;
}

/* Attack 5: the right program on a machine that was not meant. */

START_TEST(diversion_to_another_instance_is_refused)
{
    struct vouch_eat eat;

    trust(ueid);
    begin();
    ck_assert(pair_last(&pair.client, VOUCH_EVENT_ACCEPTED)
                  ->event.u.accepted.instance_pinned);
    eat = genuine();
    eat.ueid = (vouch_bytes){other_ueid, sizeof other_ueid};
    answer(&eat);
    (void)refusal(VOUCH_CHECK_INSTANCE, VOUCH_CLAIM_UEID, VOUCH_OK);
}
END_TEST

START_TEST(diversion_shows_where_no_instance_is_pinned)
{
    const struct pair_event *told;
    struct vouch_eat eat;
    uint8_t digest[32];

    begin();
    told = pair_last(&pair.client, VOUCH_EVENT_ACCEPTED);
    ck_assert(!told->event.u.accepted.instance_pinned);
    vouch_sha256((vouch_bytes){ueid, sizeof ueid}, digest);
    ck_assert_mem_eq(told->event.u.accepted.ueid_digest, digest, 32);
    eat = genuine();
    eat.ueid = (vouch_bytes){other_ueid, sizeof other_ueid};
    answer(&eat);
    assert_accepted();
    told = pair_last(&pair.client, VOUCH_EVENT_ACCEPTED);
    ck_assert(!told->event.u.accepted.instance_pinned);
    vouch_sha256(eat.ueid, digest);
    ck_assert_mem_eq(told->event.u.accepted.ueid_digest, digest, 32);
    ck_assert_mem_eq(
        pair_last(&pair.client, VOUCH_EVENT_AUDIT)->audit.ueid_digest, digest,
        32);
}
END_TEST

/* Attack 42: what looks like a claim and is none. Each stands in the place of
 * the right one, whose octets it has where `value` is NULL. */

#define TEXT_32 \
    "7820 6161616161616161616161616161616161616161616161616161616161616161"

static const struct {
    int64_t key;
    const char *label, *before; /* before the value, which is the right one */
    const char *value;          /* instead of it, if not NULL */
    vouch_check check;
    vouch_claim claim;
    vouch_err err;
} confusions[] = {
    /* the nonce as text, in an array, under a tag */
    {10, "0a", "", TEXT_32, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {10, "0a", "81", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {10, "0a", "c1", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {10, "0a", "c2", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {10, "0a", "a1 00", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    /* under labels that are not 10: -10, -11, "10", h'0a', 10.0, [10], the
     * names of JSON [T03] [T04], and the nonce of CWT confirmation */
    {10, "29", "", NULL, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_E_CLAIM_MISSING},
    {10, "2a", "", NULL, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_E_CLAIM_MISSING},
    {10, "62 3130", "", NULL, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_E_CLAIM_MISSING},
    {10, "41 0a", "", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CBOR},
    {10, "f94900", "", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CBOR},
    {10, "81 0a", "", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CBOR},
    {10, "c1 0a", "", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CBOR},
    {10, "65 6e6f6e6365", "", NULL, VOUCH_CHECK_BINDING, VOUCH_CLAIM_NONCE,
     VOUCH_E_CLAIM_MISSING},
    {10, "69 6561745f6e6f6e6365", "", NULL, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_NONCE, VOUCH_E_CLAIM_MISSING},
    /* the AIK's hash likewise: 80000, 80001, text */
    {-80001, "3a00013880", "", TEXT_32, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {-80001, "1a00013880", "", NULL, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_E_CLAIM_MISSING},
    {-80001, "1a00013881", "", NULL, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_E_CLAIM_MISSING},
    {-80001, "66 2d3830303031", "", NULL, VOUCH_CHECK_BINDING,
     VOUCH_CLAIM_AIK_PUB_HASH, VOUCH_E_CLAIM_MISSING},
    /* the time as text, and as one [T09] */
    {6, "06", "", "6a 31383030303030303030", VOUCH_CHECK_STRUCTURE,
     VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE},
    {6, "06", "c1", NULL, VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE,
     VOUCH_E_CLAIM_TYPE},
    {6, "06", "", "fb 41dad27480000001", VOUCH_CHECK_STRUCTURE,
     VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE},
    /* the profile as octets, and as an OID */
    {265, "190109", "", "56 7461673a6578616d706c652e636f6d2c323032363a78",
     VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE},
    {265, "190109", "", "d86f 43 2a0304", VOUCH_CHECK_STRUCTURE,
     VOUCH_CLAIM_NONE, VOUCH_E_CLAIM_TYPE},
};

static int64_t label_of(const struct token_pair *pair_)
{
    CBS in = vouch_reader(pair_->label);
    int64_t label;

    ck_assert(vouch_cbor_read_int(&in, &label));
    return label;
}

START_TEST(confusion_of_claims_is_refused)
{
    struct token_pair pairs[VOUCH_LIMIT_CLAIMS];
    vouch_buffer payload, changed, label, value;
    struct vouch_eat eat;
    size_t num, at = 0;
    CBB cbb;

    begin();
    eat = genuine();
    payload = token_claims(&eat);
    num = token_split(span_of(&payload), pairs);
    while (label_of(&pairs[at]) != confusions[_i].key) {
        at++;
    }
    label = from_hex(confusions[_i].label);
    value = from_hex(confusions[_i].value != NULL ? confusions[_i].value
                                                  : confusions[_i].before);
    ck_assert(CBB_init(&cbb, 64));
    ck_assert(vouch_write_octets(&cbb, span_of(&value)));
    ck_assert(confusions[_i].value != NULL ||
              vouch_write_octets(&cbb, pairs[at].value));
    free(value.data);
    value = finish_cbb(&cbb);
    pairs[at] = (struct token_pair){span_of(&label), span_of(&value)};
    changed = token_join(pairs, num);
    answer_payload(span_of(&changed));
    (void)refusal(confusions[_i].check, confusions[_i].claim,
                  confusions[_i].err);
    free(changed.data);
    free(value.data);
    free(label.data);
    free(payload.data);
}
END_TEST

START_TEST(confusion_of_encodings_is_refused) /* [T03] */
{
    begin();
    answer_payload(vouch_text("{\"eat_nonce\":\"AAAAAAAAAAA\",\"iat\":0}"));
    (void)refusal(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
}
END_TEST

/* Attack 43: other encodings of the same values. What is of definite length is
 * taken for what it says, but in our own profile (proto/README.md, 9). */

/* The octets of `from`, wherever they stand first, become those of `to`. */
static vouch_buffer replaced(vouch_bytes octets, const char *from,
                             const char *to)
{
    vouch_buffer old = from_hex(from), new = from_hex(to);
    size_t at = 0;
    CBB cbb;

    while (at + old.len <= octets.len &&
           memcmp(octets.data + at, old.data, old.len) != 0) {
        at++;
    }
    ck_assert_uint_le(at + old.len, octets.len);
    ck_assert(CBB_init(&cbb, octets.len + new.len));
    ck_assert(vouch_write_octets(&cbb, (vouch_bytes){octets.data, at}));
    ck_assert(vouch_write_octets(&cbb, span_of(&new)));
    ck_assert(
        vouch_write_octets(&cbb, (vouch_bytes){octets.data + at + old.len,
                                               octets.len - at - old.len}));
    free(old.data);
    free(new.data);
    return finish_cbb(&cbb);
}

static const struct {
    const char *from, *to;
} encodings[] = {
    {"a6 06", "b806 06"},               /* a long head of the map */
    {"a6 06", "b90006 06"},             /* a longer one */
    {"a6 06", "bb0000000000000006 06"}, /* the longest */
    {"a6 06", "a6 1806"},               /* long keys */
    {"a6 06", "a6 190006"},
    {"a6 06", "a6 1b0000000000000006"},
    {"0a 5820", "180a 5820"},
    {"0a 5820", "0a 590020"}, /* long strings */
    {"0a 5820", "0a 5a00000020"},
    {"1a6b49d200", "1b000000006b49d200"}, /* long numbers */
    {"190100 5821", "1a00000100 5821"},
    {"190109 76", "190109 7816"},
    {"3a00013880", "3b0000000000013880"},
    {"a1 6a", "b801 6a"}, /* within */
    {"a1 6a", "a1 780a"},
};

START_TEST(encoding_of_any_definite_length_is_taken)
{
    struct vouch_eat eat;
    vouch_buffer payload, changed;

    begin();
    eat = genuine();
    payload = token_claims(&eat);
    changed = replaced(span_of(&payload), encodings[_i].from, encodings[_i].to);
    answer_payload(span_of(&changed));
    assert_accepted();
    free(changed.data);
    free(payload.data);
}
END_TEST

static vouch_buffer with_break(vouch_bytes octets)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, octets.len + 1));
    ck_assert(vouch_write_octets(&cbb, octets));
    ck_assert(CBB_add_u8(&cbb, 0xff));
    return finish_cbb(&cbb);
}

/* Strings in pieces, and a map with a break. */
START_TEST(encoding_of_indefinite_length_is_refused) /* [T11] */
{
    struct vouch_eat eat;
    vouch_buffer payload, changed, again;

    begin();
    eat = genuine();
    payload = token_claims(&eat);
    if (_i == 0) { /* the nonce */
        changed = replaced(span_of(&payload), "0a 5820", "0a 5f 5820");
        again = replaced(span_of(&changed), "190100 5821", "ff 190100 5821");
    } else if (_i == 1) { /* the profile */
        changed = replaced(span_of(&payload), "190109 76", "190109 7f 76");
        again = replaced(span_of(&changed), "3a00013880", "ff 3a00013880");
    } else { /* all of it */
        changed = replaced(span_of(&payload), "a6 06", "bf 06");
        again = with_break(span_of(&changed));
    }
    answer_payload(span_of(&again));
    (void)refusal(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    free(again.data);
    free(changed.data);
    free(payload.data);
}
END_TEST

/* And of what is around the claims: the token, its header, the record. The
 * signature is none the worse for that. */
static const struct {
    const char *from, *to;
} envelopes[] = {
    {"d2 84", "d812 84"},        {"d2 84", "d90012 84"}, {"d2 84", "d2 9804"},
    {"d2 84 58", "d2 84 59 00"}, {"a0 58", "b800 58"},
};

START_TEST(envelope_that_is_not_preferred_is_refused) /* [T11] */
{
    struct vouch_eat eat;
    vouch_buffer payload, token, changed;

    begin();
    eat = genuine();
    payload = token_claims(&eat);
    token = token_sign(key, span_of(&payload));
    changed = replaced(span_of(&token), envelopes[_i].from, envelopes[_i].to);
    answer_token(span_of(&changed));
    (void)refusal(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    free(changed.data);
    free(token.data);
    free(payload.data);
}
END_TEST

/* What is hashed is what came, and no other encoding of it: components in the
 * other order have another digest. */
START_TEST(digest_is_of_the_octets_that_came)
{
    const struct token_digest turned[] = {
        {"tools", program}, {"model", model}, {NULL, NULL}};
    const struct token_digest ordered[] = {
        {"model", model}, {"tools", program}, {NULL, NULL}};
    vouch_buffer other = token_digests(ordered);
    struct vouch_eat eat;
    uint8_t digest[32];

    components = token_digests(turned);
    vouch_sha256(span_of(&components), digest);
    begin();
    eat = genuine();
    eat.components = span_of(&components);
    eat.posture_digest = (vouch_bytes){digest, 32};
    answer(&eat);
    assert_accepted();
    raw_ask(&pair, &question);
    eat = genuine();
    eat.components = span_of(&components);
    vouch_sha256(span_of(&other), digest);
    eat.posture_digest = (vouch_bytes){digest, 32};
    answer(&eat);
    (void)refusal(VOUCH_CHECK_POSTURE, VOUCH_CLAIM_POSTURE, VOUCH_OK);
    free(other.data);
}
END_TEST

/* Attack 46: what cmw_data may be taken for. proto/README.md, 7: CBOR, and
 * never JSON, whatever the first octet is. */

static const struct {
    const char *hex;
    vouch_err err;
} demuxes[] = {
    /* JSON: a record, behind white space, behind a byte order mark; a
     * collection */
    {"5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"20 5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"09 5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"0a 5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"0d 5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"efbbbf 5b 22 61 2f 62 22 2c 22 41 41 22 2c 34 5d", VOUCH_E_CBOR},
    {"7b 22 61 22 3a 5b 22 61 2f 62 22 2c 22 41 41 22 5d 7d", VOUCH_E_CBOR},
    /* '[' as the head of a byte string, which is there as a whole */
    {"5b 0000000000000001 41", VOUCH_E_CBOR},
    {"41 41", VOUCH_E_CMW},
    /* tags: the first and the last that stand for a format, in longer form, and
     * those beside them; of two octets; signed [C05] */
    {"da 63740101 41aa", VOUCH_E_CMW},
    {"da 6374ffff 41aa", VOUCH_E_CMW},
    {"db 0000000063740101 41aa", VOUCH_E_CBOR},
    {"da 63740100 41aa", VOUCH_E_CMW},
    {"da 63750000 41aa", VOUCH_E_CMW},
    {"d9 0101 41aa", VOUCH_E_CMW},
    {"db 0000000163740101 41aa", VOUCH_E_CMW},
    {"d2 84 40 a0 40 40", VOUCH_E_CMW_SIGNED},
    /* records: of a number, of no definite length, of one item, of four */
    {"83 190106 41aa 04", VOUCH_E_CMW},
    {"9f 63 612f62 41aa 04 ff", VOUCH_E_CBOR},
    {"9f", VOUCH_E_CBOR},
    {"81 63 612f62", VOUCH_E_CMW},
    {"84 63 612f62 41aa 04 04", VOUCH_E_CMW},
    {"83 63 612f62 41aa 04", VOUCH_E_CMW}, /* and of another type */
    {"a0", VOUCH_E_CMW},
    {"f6", VOUCH_E_CMW},
};

START_TEST(demux_of_cmw_data_has_one_outcome)
{
    vouch_buffer cmw = from_hex(demuxes[_i].hex);

    begin();
    raw_answer(&pair, &question, span_of(&cmw));
    (void)refusal(VOUCH_CHECK_FORMAT, VOUCH_CLAIM_NONE, demuxes[_i].err);
    ck_assert_uint_eq(pair_count(&pair.client, VOUCH_EVENT_APPRAISAL_NEEDED),
                      1); /* the genuine one */
    free(cmw.data);
}
END_TEST

/* Attack 50: what is no COSE_Sign1 is no Evidence. */

enum shape {
    UNTAGGED,
    MAC0,
    MAC0_UNTAGGED,
    ENCRYPT0,
    SIGN,
    CWT_TAG,
    TWICE_TAGGED,
    DETACHED,
    DETACHED_UNDEFINED,
    THREE_ITEMS,
    FIVE_ITEMS,
    CLAIMS,
    CLAIMS_IN_BYTES,
    UCCS,
    CWT_TAG_ON_CLAIMS,
    JWT,
    SHAPES
};

static void write_head(CBB *cbb, const char *hex)
{
    vouch_buffer head = from_hex(hex);

    ck_assert(vouch_write_octets(cbb, span_of(&head)));
    free(head.data);
}

/* A MAC with a key that everybody knows: the anchor's. */
static void write_mac0(CBB *cbb, vouch_bytes payload)
{
    static const uint8_t header[] = {0xa1, 0x01, 0x05}; /* HMAC 256/256 */
    vouch_bytes spki = vouch_key_spki(key);
    vouch_buffer structure;
    uint8_t mac[32];
    unsigned len;
    CBB in;

    ck_assert(CBB_init(&in, 512));
    ck_assert(vouch_cbor_write_array(&in, 4) &&
              vouch_cbor_write_text(&in, vouch_text("MAC0")) &&
              vouch_cbor_write_bytes(&in, (vouch_bytes){header, 3}) &&
              vouch_cbor_write_bytes(&in, (vouch_bytes){NULL, 0}) &&
              vouch_cbor_write_bytes(&in, payload));
    structure = finish_cbb(&in);
    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), spki.data, spki.len,
                               structure.data, structure.len, mac, &len));
    ck_assert(vouch_cbor_write_array(cbb, 4) &&
              vouch_cbor_write_bytes(cbb, (vouch_bytes){header, 3}) &&
              vouch_cbor_write_map(cbb, 0) &&
              vouch_cbor_write_bytes(cbb, payload) &&
              vouch_cbor_write_bytes(cbb, (vouch_bytes){mac, sizeof mac}));
    free(structure.data);
}

/* The parts of a genuine token, with another payload or none. */
static void write_parts(CBB *cbb, const struct vouch_cose_sign1 *sign1,
                        size_t items, const char *payload)
{
    ck_assert(vouch_cbor_write_array(cbb, items) &&
              vouch_cbor_write_bytes(cbb, sign1->protected_header) &&
              vouch_cbor_write_map(cbb, 0));
    if (payload != NULL) {
        write_head(cbb, payload);
    } else {
        ck_assert(vouch_cbor_write_bytes(cbb, sign1->payload));
    }
    for (; items > 3; items--) {
        ck_assert(vouch_cbor_write_bytes(cbb, sign1->signature));
    }
}

static vouch_buffer shaped(enum shape shape, vouch_bytes payload)
{
    vouch_buffer token = token_sign(key, payload), out;
    struct vouch_cose_sign1 sign1;
    CBB cbb;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&token), &sign1),
                     VOUCH_OK);
    ck_assert(CBB_init(&cbb, 1024));
    switch (shape) {
    case UNTAGGED:
        write_parts(&cbb, &sign1, 4, NULL);
        break;
    case MAC0:
        write_head(&cbb, "d1");
        write_mac0(&cbb, payload);
        break;
    case MAC0_UNTAGGED:
        write_head(&cbb, "d2"); /* said to be signed */
        write_mac0(&cbb, payload);
        break;
    case ENCRYPT0:
        write_head(&cbb, "d0");
        write_parts(&cbb, &sign1, 3, NULL);
        break;
    case SIGN:
        write_head(&cbb, "d862");
        write_parts(&cbb, &sign1, 4, NULL);
        break;
    case CWT_TAG:
        write_head(&cbb, "d83d d2");
        write_parts(&cbb, &sign1, 4, NULL);
        break;
    case TWICE_TAGGED:
        write_head(&cbb, "d2 d2");
        write_parts(&cbb, &sign1, 4, NULL);
        break;
    case DETACHED:
        write_head(&cbb, "d2");
        write_parts(&cbb, &sign1, 4, "f6");
        break;
    case DETACHED_UNDEFINED:
        write_head(&cbb, "d2");
        write_parts(&cbb, &sign1, 4, "f7");
        break;
    case THREE_ITEMS:
        write_head(&cbb, "d2");
        write_parts(&cbb, &sign1, 3, NULL);
        break;
    case FIVE_ITEMS:
        write_head(&cbb, "d2");
        write_parts(&cbb, &sign1, 5, NULL);
        break;
    case CLAIMS:
        ck_assert(vouch_write_octets(&cbb, payload));
        break;
    case CLAIMS_IN_BYTES:
        ck_assert(vouch_cbor_write_bytes(&cbb, payload));
        break;
    case UCCS:
        write_head(&cbb, "d90259");
        ck_assert(vouch_write_octets(&cbb, payload));
        break;
    case CWT_TAG_ON_CLAIMS:
        write_head(&cbb, "d83d");
        ck_assert(vouch_write_octets(&cbb, payload));
        break;
    case JWT:
    case SHAPES:
    default:
        write_head(&cbb, "65794a30 2e 65794a30 2e");
        break;
    }
    out = finish_cbb(&cbb);
    free(token.data);
    return out;
}

START_TEST(what_is_not_signed_as_sign1_is_refused) /* [C14] */
{
    struct vouch_eat eat;
    vouch_buffer payload, token;

    begin();
    eat = genuine();
    payload = token_claims(&eat);
    token = shaped((enum shape)_i, span_of(&payload));
    answer_token(span_of(&token));
    /* What is of the right shape but for its MAC has no algorithm to sign. */
    if (_i == MAC0_UNTAGGED) {
        ck_assert_int_eq(
            pair_last(&pair.client, VOUCH_EVENT_REFUSED)->reason.check,
            VOUCH_CHECK_ANCHOR);
        ck_assert(!is_open());
    } else {
        (void)refusal(VOUCH_CHECK_STRUCTURE, VOUCH_CLAIM_NONE, VOUCH_E_CBOR);
    }
    free(token.data);
    free(payload.data);
}
END_TEST

/* The parts of a genuine token, put together again, are that token. */
START_TEST(what_is_signed_as_sign1_is_accepted)
{
    struct vouch_eat eat = genuine();
    vouch_buffer payload = token_claims(&eat);
    vouch_buffer untagged = shaped(UNTAGGED, span_of(&payload)), token;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    write_head(&cbb, "d2");
    ck_assert(vouch_write_octets(&cbb, span_of(&untagged)));
    token = finish_cbb(&cbb);
    answer_token(span_of(&token));
    assert_accepted();
    free(token.data);
    free(untagged.data);
    free(payload.data);
}
END_TEST

/* Attack 54: tests of a chip, and of a part of it [T08] */

START_TEST(debugging_is_refused)
{
    struct vouch_eat eat;

    begin();
    eat = genuine();
    eat.has_dbgstat = true;
    eat.dbgstat = _i == 0 ? VOUCH_EAT_DEBUG_ENABLED : VOUCH_EAT_DEBUG_DISABLED;
    submods = from_hex("a1 63 746565 a1 190107 00");
    if (_i == 1) {
        eat.submods = span_of(&submods);
    }
    answer(&eat);
    ck_assert_str_eq(
        refusal(VOUCH_CHECK_DEBUG, VOUCH_CLAIM_DEBUG_STATUS, VOUCH_OK)->name,
        _i == 1 ? "tee" : "");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attack_tokens");
    TCase *tc = tcase_create("attack_tokens");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, diversion_to_another_instance_is_refused);
    tcase_add_test(tc, diversion_shows_where_no_instance_is_pinned);
    tcase_add_loop_test(tc, confusion_of_claims_is_refused, 0,
                        COUNT(confusions));
    tcase_add_test(tc, confusion_of_encodings_is_refused);
    tcase_add_loop_test(tc, encoding_of_any_definite_length_is_taken, 0,
                        COUNT(encodings));
    tcase_add_loop_test(tc, encoding_of_indefinite_length_is_refused, 0, 3);
    tcase_add_loop_test(tc, envelope_that_is_not_preferred_is_refused, 0,
                        COUNT(envelopes));
    tcase_add_test(tc, digest_is_of_the_octets_that_came);
    tcase_add_loop_test(tc, demux_of_cmw_data_has_one_outcome, 0,
                        COUNT(demuxes));
    tcase_add_loop_test(tc, what_is_not_signed_as_sign1_is_refused, 0, SHAPES);
    tcase_add_test(tc, what_is_signed_as_sign1_is_accepted);
    tcase_add_loop_test(tc, debugging_is_refused, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
