/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <vouch/authenticator.h>
#include <vouch/cmw.h>
#include <vouch/software.h>

#include "lib/channel/channel_internal.h"
#include "lib/evidence/appraiser.h"
#include "lib/keys/digest.h"
#include "proto/capsule.h"
#include "proto/context.h"
#include "proto/cose.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/handshake.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "tests/support/expand.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

/* proto/vectors, which an encoder made that shares nothing with the codecs. */

static json_t *load(const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "../../proto/vectors/%s", name);
    return load_vectors(path);
}

/* The files are what their maker makes. */
START_TEST(vectors_are_made_anew_with_the_same_octets)
{
    const char *root = getenv("VOUCH_SOURCE_ROOT");
    char dir[128];

    ck_assert_ptr_nonnull(root);
    path_in(dir, "");
    run("cp '%s/proto/vectors/make.py' '%s' && python3 '%s/make.py'", root, dir,
        dir);
    run("for f in '%s'/*.json; do cmp \"$f\" '%s/proto/vectors/'${f##*/} || "
        "exit 1; done",
        dir, root);
    run("test $(ls '%s'/*.json | wc -l) = $(ls '%s'/proto/vectors/*.json | "
        "wc -l)",
        dir, root);
}
END_TEST

/* Messages */

union message {
    struct vouch_capabilities capabilities;
    struct vouch_request_message request;
    struct vouch_authenticator_message authenticator;
    struct vouch_outcome_message outcome;
    struct vouch_posture_message posture;
    struct vouch_command_message command;
    struct vouch_reply_message reply;
    struct vouch_close_message close;
};

enum member_type { UINT, OCTETS, OPTIONAL_OCTETS, FORMATS, TRUTH };

/* The member that a field of a vector is. `flag` is that of the bool which says
 * whether it is there, NONE where there is no such. */
struct member {
    const char *name;
    enum member_type type;
    size_t offset;
    size_t flag;
};

#define NONE SIZE_MAX
#define MEMBER(type, structure, name)                        \
    {                                                        \
#name, type, offsetof(struct structure, name), NONE, \
    }
#define FLAGGED(type, structure, name, flag)           \
    {                                                  \
#name, type, offsetof(struct structure, name), \
            offsetof(struct structure, flag)           \
    }

static const struct member capabilities[] = {
    MEMBER(UINT, vouch_capabilities, version),
    MEMBER(FORMATS, vouch_capabilities, produces),
    MEMBER(FORMATS, vouch_capabilities, appraises),
    MEMBER(UINT, vouch_capabilities, flags),
    MEMBER(UINT, vouch_capabilities, max_capsule),
    MEMBER(UINT, vouch_capabilities, max_evidence),
    MEMBER(UINT, vouch_capabilities, max_in_flight),
    MEMBER(OCTETS, vouch_capabilities, conn_check),
    {NULL, UINT, 0, NONE},
};

static const struct member request[] = {
    MEMBER(UINT, vouch_request_message, id),
    MEMBER(OCTETS, vouch_request_message, request),
    MEMBER(FORMATS, vouch_request_message, accepts),
    MEMBER(OPTIONAL_OCTETS, vouch_request_message, operation),
    MEMBER(OPTIONAL_OCTETS, vouch_request_message, nonce),
    MEMBER(UINT, vouch_request_message, within_ms),
    {NULL, UINT, 0, NONE},
};

static const struct member authenticator[] = {
    MEMBER(UINT, vouch_authenticator_message, id),
    MEMBER(OCTETS, vouch_authenticator_message, authenticator),
    FLAGGED(UINT, vouch_authenticator_message, reason, has_reason),
    FLAGGED(UINT, vouch_authenticator_message, retry_ms, has_retry),
    {NULL, UINT, 0, NONE},
};

static const struct member outcome[] = {
    MEMBER(UINT, vouch_outcome_message, id),
    MEMBER(UINT, vouch_outcome_message, verdict),
    MEMBER(UINT, vouch_outcome_message, reason),
    FLAGGED(UINT, vouch_outcome_message, hold_ms, has_hold),
    {NULL, UINT, 0, NONE},
};

static const struct member posture[] = {
    MEMBER(UINT, vouch_posture_message, epoch),
    {NULL, UINT, 0, NONE},
};

static const struct member command[] = {
    MEMBER(UINT, vouch_command_message, id),
    MEMBER(OCTETS, vouch_command_message, operation),
    {NULL, UINT, 0, NONE},
};

static const struct member reply[] = {
    MEMBER(UINT, vouch_reply_message, id),
    MEMBER(UINT, vouch_reply_message, status),
    FLAGGED(OCTETS, vouch_reply_message, octets, has_octets),
    FLAGGED(TRUTH, vouch_reply_message, posture_changed, posture_changed),
    {NULL, UINT, 0, NONE},
};

static const struct member close[] = {
    MEMBER(UINT, vouch_close_message, code),
    {NULL, UINT, 0, NONE},
};

#define CODEC(name, member)                                              \
    static vouch_err decode_##member(vouch_bytes in, union message *out) \
    {                                                                    \
        return vouch_##name##_decode(in, &out->member);                  \
    }                                                                    \
    static vouch_err encode_##member(CBB *out, const union message *in)  \
    {                                                                    \
        return vouch_##name##_encode(out, &in->member);                  \
    }
CODEC(capabilities, capabilities)
CODEC(request_message, request)
CODEC(authenticator_message, authenticator)
CODEC(outcome_message, outcome)
CODEC(posture_message, posture)
CODEC(command_message, command)
CODEC(reply_message, reply)
CODEC(close_message, close)

#define KIND(type, name)                                \
    {                                                   \
#name, type, name, decode_##name, encode_##name \
    }

static const struct kind {
    const char *name;
    uint64_t capsule;
    const struct member *members;
    vouch_err (*decode)(vouch_bytes in, union message *out);
    vouch_err (*encode)(CBB *out, const union message *in);
} kinds[] = {
    KIND(VOUCH_CAPSULE_CAPABILITIES, capabilities),
    KIND(VOUCH_CAPSULE_REQUEST, request),
    KIND(VOUCH_CAPSULE_AUTHENTICATOR, authenticator),
    KIND(VOUCH_CAPSULE_OUTCOME, outcome),
    KIND(VOUCH_CAPSULE_POSTURE, posture),
    KIND(VOUCH_CAPSULE_COMMAND, command),
    KIND(VOUCH_CAPSULE_REPLY, reply),
    KIND(VOUCH_CAPSULE_CLOSE, close),
};

static const struct kind *kind_of(const json_t *vector)
{
    const char *name = vector_text(vector, "message");

    for (int i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    ck_abort_msg("no message %s", name);
    return NULL;
}

static const void *at(const union message *m, size_t offset)
{
    return (const uint8_t *)m + offset;
}

static uint64_t number(const json_t *fields, const char *name)
{
    const char *text = vector_text(fields, name);
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    ck_assert_msg(end != text && *end == '\0', "%s: %s", name, text);
    return value;
}

static void check_octets(const json_t *fields, const char *name,
                         vouch_bytes found)
{
    vouch_buffer expected = vector_hex(fields, name);

    ck_assert_msg(vouch_bytes_equal(span_of(&expected), found), "%s differs",
                  name);
    free(expected.data);
}

static void check_formats(const json_t *list, const struct vouch_formats *found)
{
    ck_assert(json_is_array(list));
    ck_assert_uint_eq(json_array_size(list), found->num);
    for (size_t i = 0; i < found->num; i++) {
        ck_assert(vouch_bytes_equal(
            vouch_text(json_string_value(json_array_get(list, i))),
            found->format[i]));
    }
}

static bool is_empty(const struct member *member, const union message *m)
{
    if (member->flag != NONE) {
        return !*(const bool *)at(m, member->flag);
    }
    ck_assert_msg(member->type == OPTIONAL_OCTETS, "no %s", member->name);
    return ((const vouch_bytes *)at(m, member->offset))->len == 0;
}

static void check_member(const json_t *fields, const struct member *member,
                         const union message *m)
{
    const void *value = at(m, member->offset);

    if (json_object_get(fields, member->name) == NULL) {
        ck_assert_msg(is_empty(member, m), "%s is there", member->name);
        return;
    }
    if (member->flag != NONE) {
        ck_assert(*(const bool *)at(m, member->flag));
    }
    switch (member->type) {
    case UINT:
        ck_assert_uint_eq(*(const uint64_t *)value,
                          number(fields, member->name));
        break;
    case OCTETS:
    case OPTIONAL_OCTETS:
        check_octets(fields, member->name, *(const vouch_bytes *)value);
        break;
    case TRUTH:
        ck_assert(json_is_true(json_object_get(fields, member->name)));
        break;
    case FORMATS:
    default:
        check_formats(json_object_get(fields, member->name), value);
    }
}

/* Every field of the vector is a member, and every member is as it says. */
static void check_members(const json_t *fields, const struct kind *kind,
                          const union message *m)
{
    size_t known = 0;

    for (const struct member *i = kind->members; i->name != NULL; i++) {
        known += json_object_get(fields, i->name) != NULL;
        check_member(fields, i, m);
    }
    ck_assert_uint_eq(known, json_object_size(fields));
}

static vouch_buffer encode(const struct kind *kind, const union message *m)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert_int_eq(kind->encode(&cbb, m), VOUCH_OK);
    return finish_cbb(&cbb);
}

/* The capsule is the shortest header of the right type, and the value. */
static void check_capsule(const json_t *vector, const char *member,
                          uint64_t type, vouch_bytes value)
{
    vouch_buffer capsule = vector_hex(vector, member);
    vouch_bytes rest = span_of(&capsule);
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    struct vouch_capsule_header parsed;
    size_t len;

    ck_assert(vouch_capsule_header_parse(&rest, &parsed));
    ck_assert_uint_eq(parsed.type, type);
    ck_assert_uint_eq(parsed.length, value.len);
    ck_assert(vouch_bytes_equal(rest, value));
    len = vouch_capsule_header_encode(type, value.len, header);
    ck_assert(
        vouch_bytes_equal((vouch_bytes){header, len},
                          (vouch_bytes){capsule.data, capsule.len - rest.len}));
    free(capsule.data);
}

static void check_message(const json_t *vector)
{
    const struct kind *kind = kind_of(vector);
    const json_t *fields = json_object_get(vector, "fields");
    vouch_buffer value = vector_hex(vector, "value"), again;
    union message m;

    memset(&m, 0xa5, sizeof m);
    ck_assert_int_eq(kind->decode(span_of(&value), &m), VOUCH_OK);
    check_members(fields, kind, &m);
    again = encode(kind, &m);
    check_octets(vector,
                 json_object_get(vector, "encodes_to") != NULL ? "encodes_to"
                                                               : "value",
                 span_of(&again));
    check_capsule(vector, "capsule", kind->capsule, span_of(&value));
    free(again.data);
    free(value.data);
}

START_TEST(vectors_of_messages_are_decoded_and_encoded)
{
    json_t *file = load("messages.json");
    const json_t *vectors = json_object_get(file, "vectors");
    bool has[COUNT(kinds)] = {false};

    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);

        has[kind_of(vector) - kinds] = true;
        check_message(vector);
    }
    for (int i = 0; i < COUNT(kinds); i++) {
        ck_assert_msg(has[i], "no vector of %s", kinds[i].name);
    }
    json_decref(file);
}
END_TEST

static void check_refused(const json_t *vector)
{
    const struct kind *kind = kind_of(vector);
    vouch_buffer value = vector_hex(vector, "value");
    /* Of its exact length, so that a read beyond it shows. */
    uint8_t *exact = exact_copy(value.data, value.len);
    union message m, before;
    vouch_err err;

    memset(&m, 0xa5, sizeof m);
    memcpy(&before, &m, sizeof m);
    err = kind->decode((vouch_bytes){exact, value.len}, &m);
    ck_assert_msg(strcmp(vouch_err_name(err), vector_text(vector, "error")) ==
                      0,
                  "%s: %s", vector_text(vector, "name"), vouch_err_name(err));
    ck_assert_mem_eq(&m, &before, sizeof m);
    free(exact);
    free(value.data);
}

START_TEST(vectors_that_break_the_schema_are_refused)
{
    json_t *file = load("refused.json");
    const json_t *vectors = json_object_get(file, "vectors");

    ck_assert_uint_gt(json_array_size(vectors), 400);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        check_refused(json_array_get(vectors, i));
    }
    json_decref(file);
}
END_TEST

/* One exchange, from exporter secret to verdict */

static json_t *one;

static void set_up(void)
{
    one = load("exchange.json");
}

static void tear_down(void)
{
    json_decref(one);
}

static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    vouch_buffer secret = vector_hex(one, "exporter_secret");

    (void)arg;
    expand_exporter(span_of(&secret), label, context, out, len);
    free(secret.data);
    return VOUCH_OK;
}

static vouch_channel *make_channel(vouch_role role)
{
    vouch_channel *channel;

    ck_assert_int_eq(
        vouch_channel_new(role, VOUCH_SHA256, exporter, NULL, &channel),
        VOUCH_OK);
    return channel;
}

START_TEST(vector_of_exporter_values) /* expat-04, 5.1 [X22] */
{
    vouch_channel *channel = make_channel(VOUCH_CLIENT);
    vouch_buffer context = vector_hex(one, "context");
    uint8_t value[32];

    check_octets(one, "conn_check", vouch_channel_conn_check(channel));
    ck_assert_int_eq(vouch_channel_export(channel, "EXPORTER-cmw-attestation",
                                          span_of(&context), value,
                                          sizeof value),
                     VOUCH_OK);
    check_octets(one, "attestation_exporter",
                 (vouch_bytes){value, sizeof value});
    free(context.data);
    vouch_channel_free(channel);
}
END_TEST

START_TEST(vector_of_a_context)
{
    vouch_buffer octets = vector_hex(one, "context");
    uint8_t again[VOUCH_CONTEXT_MAX];
    struct vouch_context context;

    ck_assert_int_eq(vouch_context_parse(span_of(&octets), &context), VOUCH_OK);
    ck_assert_uint_eq(context.id, number(one, "id"));
    check_octets(one, "random", context.random);
    ck_assert_uint_eq(vouch_context_encode(&context, again), octets.len);
    ck_assert_mem_eq(again, octets.data, octets.len);
    free(octets.data);
}
END_TEST

START_TEST(vector_of_a_request) /* RFC 9261, 4 [E04] [X06] */
{
    vouch_buffer octets = vector_hex(one, "request"), again;
    struct vouch_request parsed;
    CBB cbb;

    ck_assert_int_eq(vouch_request_parse(span_of(&octets), &parsed), VOUCH_OK);
    ck_assert_uint_eq(parsed.type, VOUCH_HS_CLIENT_CERTIFICATE_REQUEST);
    check_octets(one, "context", parsed.context);
    ck_assert(parsed.attestation);
    ck_assert_uint_eq(parsed.server_name.len, 0);
    ck_assert(CBB_init(&cbb, 128));
    ck_assert_int_eq(vouch_request_encode(&cbb, parsed.type, parsed.context,
                                          true, parsed.server_name),
                     VOUCH_OK);
    again = finish_cbb(&cbb);
    check_octets(one, "request", span_of(&again));
    free(again.data);
    free(octets.data);
}
END_TEST

static void encode_parts(const struct vouch_authenticator_parts *parts,
                         CBB *cbb)
{
    ck_assert_int_eq(vouch_certificate_encode(cbb, parts->context, &parts->leaf,
                                              1, parts->cmw),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_certificate_verify_encode(cbb, parts->scheme, parts->signature),
        VOUCH_OK);
    ck_assert_int_eq(vouch_finished_encode(cbb, parts->verify_data), VOUCH_OK);
}

START_TEST(vector_of_an_authenticator) /* RFC 9261, 5.2; expat-04, 3 [X03] */
{
    vouch_buffer octets = vector_hex(one, "authenticator"), again;
    vouch_buffer asked = vector_hex(one, "request");
    struct vouch_authenticator_parts parts;
    struct vouch_request parsed;
    CBB cbb;

    ck_assert_int_eq(vouch_request_parse(span_of(&asked), &parsed), VOUCH_OK);
    ck_assert_int_eq(
        vouch_authenticator_parse(span_of(&octets), &parsed, &parts), VOUCH_OK);
    ck_assert(!parts.empty);
    check_octets(one, "context", parts.context);
    check_octets(one, "certificate", parts.leaf);
    check_octets(one, "cmw", parts.cmw);
    check_octets(one, "signature", parts.signature);
    ck_assert_uint_eq(parts.scheme, VOUCH_ECDSA_SECP256R1_SHA256);
    ck_assert(CBB_init(&cbb, 1024));
    encode_parts(&parts, &cbb);
    again = finish_cbb(&cbb);
    check_octets(one, "authenticator", span_of(&again));
    free(again.data);
    free(asked.data);
    free(octets.data);
}
END_TEST

static vouch_trust *make_trust(void)
{
    vouch_buffer anchor = vector_hex(one, "trust_anchor");
    X509_STORE *store = X509_STORE_new();
    const uint8_t *der = anchor.data;
    X509 *root = d2i_X509(NULL, &der, (long)anchor.len);
    vouch_trust *trust;

    ck_assert(root != NULL && X509_STORE_add_cert(store, root) == 1);
    ck_assert_int_eq(
        vouch_trust_new(store, vector_text(one, "server_name"), &trust),
        VOUCH_OK);
    X509_STORE_free(store);
    X509_free(root);
    free(anchor.data);
    return trust;
}

static vouch_now present(void)
{
    return (vouch_now){0, json_integer_value(json_object_get(one, "time"))};
}

/* Validates member `name` as the client; then `use` has a look. */
static vouch_err validate(const char *name,
                          void (*use)(const vouch_identity *identity))
{
    vouch_channel *channel = make_channel(VOUCH_CLIENT);
    vouch_trust *trust = make_trust();
    vouch_buffer asked = vector_hex(one, "request");
    vouch_buffer answer = vector_hex(one, name);
    vouch_endpoint *endpoint;
    vouch_identity identity;
    vouch_err err;

    ck_assert_int_eq(vouch_endpoint_new(channel, &endpoint), VOUCH_OK);
    ck_assert_int_eq(vouch_endpoint_allow_foreign_contexts(endpoint, 1),
                     VOUCH_OK);
    err = vouch_endpoint_validate(endpoint, span_of(&asked), span_of(&answer),
                                  trust, present(), &identity);
    if (err == VOUCH_OK) {
        use(&identity);
    }
    free(answer.data);
    free(asked.data);
    vouch_endpoint_free(endpoint);
    vouch_trust_free(trust);
    vouch_channel_free(channel);
    return err;
}

static vouch_appraiser *make_appraiser(void)
{
    json_t *measured =
        json_object_get(json_object_get(one, "claims"), "measurements");
    vouch_buffer spki = vector_hex(one, "attestation_spki");
    vouch_appraiser *appraiser;
    vouch_policy *policy;
    const char *name;
    json_t *sha256;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_policy_add_key(policy, span_of(&spki), (vouch_bytes){NULL, 0}),
        VOUCH_OK);
    json_object_foreach(measured, name, sha256)
    {
        vouch_buffer value = from_hex(json_string_value(sha256));

        ck_assert_int_eq(
            vouch_policy_add_reference(policy, name, span_of(&value)),
            VOUCH_OK);
        free(value.data);
    }
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    free(spki.data);
    return appraiser;
}

static void appraise(const vouch_identity *identity)
{
    const vouch_expectation expected = {
        .binder = identity->binder,
        .aik_pub_hash = identity->aik_pub_hash,
        .aik_spki = identity->spki,
        .now = present(),
    };
    vouch_appraiser *appraiser = make_appraiser();
    vouch_result result;

    check_octets(one, "aik_spki", identity->spki);
    check_octets(one, "binder", vouch_digest_bytes(&identity->binder));
    check_octets(one, "aik_pub_hash",
                 vouch_digest_bytes(&identity->aik_pub_hash));
    check_octets(one, "cmw", identity->cmw);
    vouch_appraise(appraiser, identity->cmw, &expected, &result);
    ck_assert_int_eq(result.verdict, VOUCH_ACCEPTED);
    ck_assert_int_eq(result.level, VOUCH_LEVEL_BOUND);
    vouch_appraiser_free(appraiser);
}

/* expat-04, 5.1 and 5.2 [X22] [X24] [X27] [X28] */
START_TEST(vector_of_an_exchange_is_accepted)
{
    ck_assert_int_eq(validate("authenticator", appraise), VOUCH_OK);
}
END_TEST

START_TEST(vector_of_an_empty_authenticator_declines) /* RFC 9261, 6 [E21] */
{
    ck_assert_int_eq(validate("empty", appraise), VOUCH_E_DECLINED);
}
END_TEST

START_TEST(vector_of_a_record) /* RFC 9999, 3.1 [C02] [X04] */
{
    vouch_buffer octets = vector_hex(one, "cmw"), again;
    vouch_cmw cmw;

    ck_assert_int_eq(vouch_cmw_parse(span_of(&octets), &cmw), VOUCH_OK);
    ck_assert(
        vouch_bytes_equal(cmw.media_type, vouch_text(VOUCH_SOFTWARE_FORMAT)));
    check_octets(one, "token", cmw.value);
    ck_assert_uint_eq(cmw.indicator, VOUCH_CMW_EVIDENCE);
    ck_assert_int_eq(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, cmw.value,
                                      VOUCH_CMW_EVIDENCE, &again),
                     VOUCH_OK);
    check_octets(one, "cmw", span_of(&again));
    vouch_buffer_free(&again);
    free(octets.data);
}
END_TEST

static vouch_buffer protected_header(vouch_bytes key_id)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 64));
    ck_assert(vouch_cose_protected_header(&cbb, VOUCH_COSE_ES256, key_id));
    return finish_cbb(&cbb);
}

START_TEST(vector_of_a_token) /* RFC 9052, 4.2 */
{
    vouch_buffer octets = vector_hex(one, "token"), again, header;
    vouch_buffer spki = vector_hex(one, "attestation_spki");
    struct vouch_cose_sign1 sign1;
    uint8_t id[32];
    CBB cbb;

    ck_assert_int_eq(vouch_cose_sign1_decode(span_of(&octets), &sign1),
                     VOUCH_OK);
    ck_assert_int_eq(sign1.algorithm, VOUCH_COSE_ES256);
    check_octets(one, "payload", sign1.payload);
    vouch_sha256(span_of(&spki), id);
    ck_assert(vouch_bytes_equal(sign1.key_id, (vouch_bytes){id, sizeof id}));
    header = protected_header(sign1.key_id);
    check_octets(one, "protected", sign1.protected_header);
    check_octets(one, "protected", span_of(&header));
    ck_assert(CBB_init(&cbb, 512));
    ck_assert(vouch_cose_sign1_encode(&cbb, &sign1));
    again = finish_cbb(&cbb);
    check_octets(one, "token", span_of(&again));
    free(again.data);
    free(header.data);
    free(spki.data);
    free(octets.data);
}
END_TEST

static void check_text(const json_t *claims, const char *name,
                       vouch_bytes found)
{
    ck_assert_msg(
        vouch_bytes_equal(vouch_text(vector_text(claims, name)), found),
        "%s differs", name);
}

static void check_measurements(const json_t *measured,
                               const struct vouch_eat *eat)
{
    vouch_bytes name, sha256;
    size_t num;
    CBS in = vouch_digests_begin(eat->measurements, &num);

    ck_assert_uint_eq(num, json_object_size(measured));
    for (; num != 0; num--) {
        char text[64] = "";

        ck_assert(vouch_digests_next(&in, &name, &sha256));
        ck_assert_uint_lt(name.len, sizeof text);
        memcpy(text, name.data, name.len);
        check_octets(measured, text, sha256);
    }
}

START_TEST(vector_of_claims) /* RFC 9711, 4 */
{
    const json_t *claims = json_object_get(one, "claims");
    vouch_buffer octets = vector_hex(one, "payload"), again;
    struct vouch_eat eat;
    CBB cbb;

    ck_assert_int_eq(vouch_eat_decode(span_of(&octets),
                                      VOUCH_CBOR_DETERMINISTIC, &eat, NULL),
                     VOUCH_OK);
    ck_assert_uint_eq(json_object_size(claims), 10);
    ck_assert(eat.has_iat);
    ck_assert_int_eq(eat.iat, (int64_t)number(claims, "iat"));
    check_octets(claims, "nonce", eat.nonce);
    check_octets(one, "binder", eat.nonce);
    check_octets(claims, "ueid", eat.ueid);
    check_text(claims, "profile", eat.profile);
    check_text(claims, "swname", eat.swname);
    check_text(claims, "swversion", eat.swversion);
    check_octets(claims, "aik_pub_hash", eat.aik_pub_hash);
    check_measurements(json_object_get(claims, "measurements"), &eat);
    check_text(claims, "kernel", eat.kernel);
    check_text(claims, "boot_id", eat.boot_id);
    ck_assert(CBB_init(&cbb, 512));
    ck_assert(vouch_eat_encode(&cbb, &eat));
    again = finish_cbb(&cbb);
    check_octets(one, "payload", span_of(&again));
    free(again.data);
    free(octets.data);
}
END_TEST

START_TEST(vector_of_data)
{
    vouch_buffer data = vector_hex(one, "data");

    check_capsule(one, "data_capsule", VOUCH_CAPSULE_DATA, span_of(&data));
    free(data.data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("proto_vectors");
    TCase *maker = tcase_create("maker");
    TCase *messages = tcase_create("messages");
    TCase *exchange = tcase_create("exchange");

    tcase_add_checked_fixture(maker, make_dir, remove_dir);
    tcase_add_test(maker, vectors_are_made_anew_with_the_same_octets);
    suite_add_tcase(suite, maker);
    tcase_add_test(messages, vectors_of_messages_are_decoded_and_encoded);
    tcase_add_test(messages, vectors_that_break_the_schema_are_refused);
    suite_add_tcase(suite, messages);
    tcase_add_checked_fixture(exchange, set_up, tear_down);
    tcase_add_test(exchange, vector_of_exporter_values);
    tcase_add_test(exchange, vector_of_a_context);
    tcase_add_test(exchange, vector_of_a_request);
    tcase_add_test(exchange, vector_of_an_authenticator);
    tcase_add_test(exchange, vector_of_an_exchange_is_accepted);
    tcase_add_test(exchange, vector_of_an_empty_authenticator_declines);
    tcase_add_test(exchange, vector_of_a_record);
    tcase_add_test(exchange, vector_of_a_token);
    tcase_add_test(exchange, vector_of_claims);
    tcase_add_test(exchange, vector_of_data);
    suite_add_tcase(suite, exchange);
    return suite;
}
