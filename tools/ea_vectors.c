/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vectors.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include <vouch/authenticator.h>

/* The parts of a vector that are octets. */
enum part {
    HANDSHAKE_CONTEXT,
    FINISHED_KEY,
    ATTESTATION_EXPORTER,
    CONTEXT,
    REQUEST,
    AUTHENTICATOR,
    TRUST_ANCHOR,
    PARTS,
};

static const char *const part_names[PARTS] = {
    [HANDSHAKE_CONTEXT] = "handshake_context",
    [FINISHED_KEY] = "finished_key",
    [ATTESTATION_EXPORTER] = "attestation_exporter",
    [CONTEXT] = "certificate_request_context",
    [REQUEST] = "request",
    [AUTHENTICATOR] = "authenticator",
    [TRUST_ANCHOR] = "trust_anchor",
};

struct ea_vector {
    const json_t *json;
    vouch_label label;
    const char *label_text; /* NULL: its values stand for any label */
    vouch_role sender;
    vouch_hash hash;
    const char *server_name;
    int64_t time;
    vouch_buffer part[PARTS];
};

static const struct {
    const char *text;
    vouch_label label;
} labels[] = {
    {"EXPORTER-cmw-attestation", VOUCH_LABEL_EXPAT_04},
    {"Attestation", VOUCH_LABEL_EXPAT_03},
};

/* Which part stands for which exporter value of the sender. */
static const struct {
    const char *label;
    vouch_role sender;
    enum part part;
} exporters[] = {
    {"EXPORTER-client authenticator handshake context", VOUCH_CLIENT,
     HANDSHAKE_CONTEXT},
    {"EXPORTER-server authenticator handshake context", VOUCH_SERVER,
     HANDSHAKE_CONTEXT},
    {"EXPORTER-client authenticator finished key", VOUCH_CLIENT, FINISHED_KEY},
    {"EXPORTER-server authenticator finished key", VOUCH_SERVER, FINISHED_KEY},
};

static bool has_octets(vouch_bytes octets, const vouch_buffer *wanted)
{
    return octets.len == wanted->len &&
           (octets.len == 0 ||
            memcmp(octets.data, wanted->data, octets.len) == 0);
}

static vouch_label label_of(const char *text)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(text, labels[i].text) == 0) {
            return labels[i].label;
        }
    }
    return VOUCH_LABEL_NONE;
}

/* Whether the vector's value is that of `label`. */
static bool is_label(const struct ea_vector *vector, const char *label)
{
    return vector->label_text != NULL ? strcmp(label, vector->label_text) == 0
                                      : label_of(label) != VOUCH_LABEL_NONE;
}

/* RFC 9261 has no label for evidence. A vector that names none gives a value
 * alone, and is run with the label of today. */
static bool read_label(const json_t *json, struct ea_vector *out)
{
    const json_t *label = json_object_get(json, "label");

    out->label_text = json_string_value(label);
    out->label = VOUCH_LABEL_EXPAT_04;
    if (out->label_text != NULL) {
        out->label = label_of(out->label_text);
    }
    return (label == NULL || json_is_string(label)) &&
           out->label != VOUCH_LABEL_NONE;
}

static const vouch_buffer *exported(const struct ea_vector *vector,
                                    const char *label, vouch_bytes context)
{
    if (is_label(vector, label) &&
        has_octets(context, &vector->part[CONTEXT])) {
        return &vector->part[ATTESTATION_EXPORTER];
    }
    for (size_t i = 0; i < sizeof exporters / sizeof exporters[0]; i++) {
        if (strcmp(label, exporters[i].label) == 0 && context.len == 0 &&
            exporters[i].sender == vector->sender) {
            return &vector->part[exporters[i].part];
        }
    }
    return NULL;
}

/* A vector gives the values of one sender; all others are zeros. */
static vouch_err exporter(void *arg, const char *label, vouch_bytes context,
                          uint8_t *out, size_t len)
{
    const vouch_buffer *value = exported(arg, label, context);

    memset(out, 0, len);
    if (value == NULL) {
        return VOUCH_OK;
    }
    if (value->len != len) {
        return VOUCH_E_CRYPTO;
    }
    memcpy(out, value->data, len);
    return VOUCH_OK;
}

static bool is(const json_t *json, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text != NULL && strcmp(text, value) == 0;
}

static void cleanup(struct ea_vector *vector)
{
    for (size_t i = 0; i < PARTS; i++) {
        free(vector->part[i].data);
    }
}

static bool read_vector(const json_t *json, struct ea_vector *out)
{
    bool ok;

    *out = (struct ea_vector){
        .json = json,
        .sender = is(json, "sender", "server") ? VOUCH_SERVER : VOUCH_CLIENT,
        .hash = is(json, "hash", "sha384") ? VOUCH_SHA384 : VOUCH_SHA256,
        .server_name = json_string_value(json_object_get(json, "server_name")),
        .time = json_integer_value(json_object_get(json, "time")),
    };
    ok = read_label(json, out);
    for (size_t i = 0; i < PARTS; i++) {
        ok = vector_octets(json, part_names[i], &out->part[i]) && ok;
    }
    if (!ok) {
        cleanup(out);
    }
    return ok;
}

static X509_STORE *make_store(const vouch_buffer *anchor)
{
    X509_STORE *store = X509_STORE_new();
    const uint8_t *der = anchor->data;
    X509 *root = d2i_X509(NULL, &der, (long)anchor->len);

    if (store == NULL || root == NULL ||
        X509_STORE_add_cert(store, root) != 1) {
        X509_STORE_free(store);
        store = NULL;
    }
    X509_free(root);
    return store;
}

/* A client's AIK is not looked up by name. */
static vouch_err make_trust(const struct ea_vector *vector, vouch_trust **out)
{
    X509_STORE *store = make_store(&vector->part[TRUST_ANCHOR]);
    vouch_err err = VOUCH_E_CRYPTO;

    if (store != NULL) {
        err = vouch_trust_new(store,
                              vector->server_name != NULL ? vector->server_name
                                                          : VOUCH_NAME_NONE,
                              out);
    }
    X509_STORE_free(store);
    return err;
}

static vouch_err make_endpoint(struct ea_vector *vector,
                               vouch_channel **channel,
                               vouch_endpoint **endpoint)
{
    vouch_role own =
        vector->sender == VOUCH_SERVER ? VOUCH_CLIENT : VOUCH_SERVER;
    vouch_err err = vouch_channel_new_for(vector->label, own, vector->hash,
                                          exporter, vector, channel);

    if (err == VOUCH_OK) {
        err = vouch_endpoint_new(*channel, endpoint);
    }
    if (err == VOUCH_OK) {
        err = vouch_endpoint_allow_foreign_contexts(*endpoint, 1);
    }
    return err;
}

/* In the words of the vectors; an error has its own name. */
static const char *outcome(vouch_err err)
{
    switch ((int)err) {
    case VOUCH_OK:
        return "accept";
    case VOUCH_E_DECLINED:
        return "refused_empty";
    case VOUCH_E_DECODE:
        return "structure";
    default:
        return vouch_err_name(err);
    }
}

static const char *compare(const struct ea_vector *vector,
                           const vouch_identity *identity)
{
    const uint8_t scheme[] = {(uint8_t)(identity->scheme >> 8),
                              (uint8_t)(identity->scheme & 0xff)};
    const struct {
        const char *name;
        const char *differs;
        vouch_bytes octets;
    } members[] = {
        {"certificate_request_context", "accept, other context",
         identity->context},
        {"cmw_data", "accept, other cmw_data", identity->cmw},
        {"signature_scheme", "accept, other scheme", {scheme, sizeof scheme}},
        {"spki", "accept, other spki", identity->spki},
        {"binder",
         "accept, other binder",
         {identity->binder.data, identity->binder.len}},
        {"aik_pub_hash",
         "accept, other aik_pub_hash",
         {identity->aik_pub_hash.data, identity->aik_pub_hash.len}},
    };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (!vector_has(vector->json, members[i].name, members[i].octets)) {
            return members[i].differs;
        }
    }
    return outcome(VOUCH_OK);
}

static const char *validate(const struct ea_vector *vector,
                            vouch_endpoint *endpoint, const vouch_trust *trust)
{
    const vouch_now now = {0, vector->time};
    vouch_identity identity;
    vouch_err err = vouch_endpoint_validate(
        endpoint, vector_bytes(&vector->part[REQUEST]),
        vector_bytes(&vector->part[AUTHENTICATOR]), trust, now, &identity);

    return err == VOUCH_OK ? compare(vector, &identity) : outcome(err);
}

static const char *run(struct ea_vector *vector)
{
    vouch_channel *channel = NULL;
    vouch_endpoint *endpoint = NULL;
    vouch_trust *trust = NULL;
    const char *got;
    vouch_err err = make_endpoint(vector, &channel, &endpoint);

    if (err == VOUCH_OK) {
        err = make_trust(vector, &trust);
    }
    got = err == VOUCH_OK ? validate(vector, endpoint, trust)
                          : "malformed vector";
    vouch_trust_free(trust);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
    return got;
}

struct vector_result ea_vector_run(const json_t *json)
{
    const char *expected = json_string_value(json_object_get(json, "expect"));
    struct vector_result result = {expected != NULL ? expected : "",
                                   "malformed vector", true};
    struct ea_vector vector;

    if (read_vector(json, &vector)) {
        result.got = run(&vector);
        cleanup(&vector);
    }
    return result;
}
