/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/corim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>

#include "lib/evidence/cose_key.h"
#include "lib/evidence/pem.h"
#include "lib/keys/verify.h"
#include "proto/memory.h"

/* One reading. */
struct reading {
    vouch_corim *corim;
    struct vouch_corim_fault *fault;
};

/* What is being said, of which policy. */
struct said {
    struct reading *reading;
    struct vouch_corim_entry *entry;
    const struct vouch_corim_statement *statement;
};

static vouch_err refuse(struct vouch_corim_fault *fault, vouch_err err,
                        const char *where, const char *what)
{
    *fault = (struct vouch_corim_fault){.where = where, .what = what};
    return err;
}

/* A C string of `text`, which must have no NUL and must fit. */
static bool copy_string(vouch_bytes text, char *out, size_t room)
{
    if (text.len >= room ||
        (text.len != 0 && memchr(text.data, '\0', text.len) != NULL)) {
        return false;
    }
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

/* Statements */

static vouch_err add_digest(const struct said *said)
{
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 1];

    if (!copy_string(said->statement->name, name, sizeof name)) {
        return VOUCH_E_ARGUMENT;
    }
    return said->statement->is_posture
               ? vouch_policy_add_component(said->entry->policy, name,
                                            said->statement->value)
               : vouch_policy_add_reference(said->entry->policy, name,
                                            said->statement->value);
}

static vouch_err add_ueid(const struct said *said)
{
    if (said->statement->instance.len != 0) {
        return refuse(said->reading->fault, VOUCH_E_ILLEGAL, "environment-map",
                      "its instance has a ueid besides");
    }
    return vouch_policy_add_instance(said->entry->policy,
                                     said->statement->value);
}

static vouch_err set_min_svn(const struct said *said)
{
    return vouch_policy_set_min_security_version(said->entry->policy,
                                                 said->statement->number);
}

/* CoRIM, 5.1.4.4.5: is-debug is a state. That any state will do is said by
 * `allowed`, never beside it. */
static vouch_err set_debug(const struct said *said, vouch_debug rule)
{
    if (said->entry->policy->debug != VOUCH_DEBUG_NOT_ENABLED) {
        return refuse(said->reading->fault, VOUCH_E_ILLEGAL, "flags-map",
                      "debugging is both allowed and forbidden");
    }
    return vouch_policy_set_debug(said->entry->policy, rule);
}

static vouch_err forbid_debug(const struct said *said)
{
    return set_debug(said, VOUCH_DEBUG_DISABLED);
}

static vouch_err each_claim(const struct said *said,
                            vouch_err (*set)(vouch_policy *policy,
                                             vouch_claim claim),
                            bool (*other)(const vouch_policy *policy,
                                          vouch_claim claim))
{
    vouch_policy *policy = said->entry->policy;
    vouch_err err = VOUCH_OK;
    size_t num;
    CBS in = vouch_corim_claims(said->statement->value, &num);
    int64_t key;

    for (; err == VOUCH_OK && num != 0; num--) {
        vouch_claim claim = vouch_corim_read_claim(&in, &key)
                                ? vouch_claim_of_key(key)
                                : VOUCH_CLAIM_NONE;

        err = claim == VOUCH_CLAIM_NONE || other(policy, claim)
                  ? VOUCH_E_ARGUMENT
                  : set(policy, claim);
    }
    return err;
}

static vouch_err require_claims(const struct said *said)
{
    return each_claim(said, vouch_policy_require_claim, vouch_policy_forbids);
}

static vouch_err forbid_claims(const struct said *said)
{
    return each_claim(said, vouch_policy_forbid_claim, vouch_policy_requires);
}

static vouch_err set_max_age(const struct said *said)
{
    return said->statement->number <= UINT32_MAX
               ? vouch_policy_set_max_age(said->entry->policy,
                                          (uint32_t)said->statement->number)
               : VOUCH_E_ARGUMENT;
}

static vouch_err set_min_version(const struct said *said)
{
    char version[VOUCH_LIMIT_MEASUREMENT_NAME + 1];

    return copy_string(said->statement->value, version, sizeof version)
               ? vouch_policy_set_min_version(said->entry->policy, version)
               : VOUCH_E_ARGUMENT;
}

static vouch_err allow(const struct said *said)
{
    vouch_policy *policy = said->entry->policy;
    uint64_t bits = said->statement->number;
    vouch_err err = VOUCH_OK;

    if ((bits & VOUCH_CORIM_ALLOW_WARNING) != 0) {
        err = vouch_policy_allow_warning(policy);
    }
    if (err == VOUCH_OK && (bits & VOUCH_CORIM_ALLOW_KEY_BOUND) != 0) {
        err = vouch_policy_allow_key_bound(policy);
    }
    if (err == VOUCH_OK && (bits & VOUCH_CORIM_ALLOW_NO_VECTOR) != 0) {
        err = vouch_policy_allow_no_vector(policy);
    }
    return err == VOUCH_OK && (bits & VOUCH_CORIM_ALLOW_DEBUG) != 0
               ? set_debug(said, VOUCH_DEBUG_ALLOWED)
               : err;
}

static vouch_err add_key(const struct said *said)
{
    vouch_buffer spki;
    vouch_err err =
        vouch_pem_read(said->statement->value, VOUCH_PEM_KEY, &spki);

    if (err == VOUCH_OK) {
        err = vouch_policy_add_key(said->entry->policy,
                                   (vouch_bytes){spki.data, spki.len},
                                   said->statement->name);
        vouch_buffer_free(&spki);
    }
    return err;
}

static vouch_err add_ca_pem(const struct said *said)
{
    vouch_buffer der;
    vouch_err err =
        vouch_pem_read(said->statement->value, VOUCH_PEM_CERTIFICATE, &der);

    if (err == VOUCH_OK) {
        err = vouch_policy_add_ca(said->entry->policy,
                                  (vouch_bytes){der.data, der.len});
        vouch_buffer_free(&der);
    }
    return err;
}

static vouch_err add_ca_der(const struct said *said)
{
    return vouch_policy_add_ca(said->entry->policy, said->statement->value);
}

/* A second value for what there is one of would be an alternative (CoRIM,
 * 5.1.5), which a policy has of digests, instances and keys only. */
static const struct {
    const char *name;
    bool is_single;
    vouch_err (*apply)(const struct said *said);
} statements[VOUCH_CORIM_KINDS] = {
    [VOUCH_CORIM_DIGEST] = {"digest", false, add_digest},
    [VOUCH_CORIM_UEID] = {"ueid-type", false, add_ueid},
    [VOUCH_CORIM_MIN_SVN] = {"svn-type-choice", true, set_min_svn},
    [VOUCH_CORIM_NO_DEBUG] = {"flags-map", true, forbid_debug},
    [VOUCH_CORIM_REQUIRED] = {"required claims", true, require_claims},
    [VOUCH_CORIM_FORBIDDEN] = {"forbidden claims", true, forbid_claims},
    [VOUCH_CORIM_MAX_AGE] = {"max-age", true, set_max_age},
    [VOUCH_CORIM_MIN_VERSION] = {"min-version", true, set_min_version},
    [VOUCH_CORIM_ALLOWED] = {"allowed", true, allow},
    [VOUCH_CORIM_KEY] = {"PEM public key", false, add_key},
    [VOUCH_CORIM_CA_PEM] = {"PEM certificate", false, add_ca_pem},
    [VOUCH_CORIM_CA_DER] = {"DER certificate", false, add_ca_der},
};

/* Environments with different instances are different environments (CoRIM,
 * 5.1.4.1), a policy is about one. */
static vouch_err check_environment(const struct said *said)
{
    struct vouch_corim_entry *entry = said->entry;

    if (!entry->has_statement) {
        entry->has_statement = true;
        entry->instance = said->statement->instance;
    }
    return vouch_bytes_equal(entry->instance, said->statement->instance)
               ? VOUCH_OK
               : refuse(said->reading->fault, VOUCH_E_ILLEGAL,
                        "environment-map",
                        "not all of one model have the same instance");
}

static vouch_err apply(const struct said *said)
{
    enum vouch_corim_kind kind = said->statement->kind;
    struct vouch_corim_fault *fault = said->reading->fault;
    unsigned bit = 1U << kind;
    vouch_err err;

    if (statements[kind].is_single && (said->entry->seen & bit) != 0) {
        return refuse(fault, VOUCH_E_ILLEGAL, statements[kind].name,
                      "alternatives are not read here");
    }
    said->entry->seen |= bit;
    *fault = (struct vouch_corim_fault){.where = NULL};
    err = statements[kind].apply(said);
    if (err == VOUCH_E_ARGUMENT) {
        err = refuse(fault, VOUCH_E_ILLEGAL, statements[kind].name,
                     "a value that no policy can have");
    } else if (err != VOUCH_OK && fault->where == NULL) {
        refuse(fault, err, statements[kind].name, vouch_err_name(err));
    }
    return err;
}

static vouch_err find_entry(struct reading *reading,
                            const struct vouch_corim_statement *statement,
                            struct vouch_corim_entry **out)
{
    char format[VOUCH_LIMIT_MEDIA_TYPE + 1];
    vouch_err err = VOUCH_E_ARGUMENT;

    if (copy_string(statement->model, format, sizeof format)) {
        err = vouch_corim_entry_for(reading->corim, format, out);
    }
    return err == VOUCH_OK
               ? VOUCH_OK
               : refuse(reading->fault, err, "class-map",
                        err == VOUCH_E_TOO_MANY ? "too many models"
                                                : vouch_err_name(err));
}

static vouch_err take(void *arg, const struct vouch_corim_statement *statement)
{
    struct said said = {.reading = arg, .statement = statement};
    vouch_err err = find_entry(said.reading, statement, &said.entry);

    if (err == VOUCH_OK) {
        err = check_environment(&said);
    }
    return err == VOUCH_OK ? apply(&said) : err;
}

/* A triple is met as a whole, and of several one is enough (CoRIM, 8.3.4.4.3).
 * To a policy each name is a question of its own: what has alternatives must
 * stand alone in its triple, or more would be accepted than was meant. */
static bool is_alone(const struct said *said)
{
    const struct vouch_corim_statement *statement = said->statement;
    const vouch_policy *policy = said->entry->policy;
    const struct vouch_reference *reference;

    if (statement->kind == VOUCH_CORIM_UEID) {
        return policy->instances.num == 1;
    }
    if (statement->kind != VOUCH_CORIM_DIGEST) {
        return true;
    }
    reference = vouch_references_find(
        statement->is_posture ? &policy->components : &policy->references,
        statement->name);
    return reference != NULL && reference->num == statement->num_values;
}

static vouch_err check_company(void *arg,
                               const struct vouch_corim_statement *statement)
{
    struct said said = {.reading = arg, .statement = statement};
    vouch_err err = find_entry(said.reading, statement, &said.entry);

    if (err != VOUCH_OK || !statement->has_company || is_alone(&said)) {
        return err;
    }
    return refuse(said.reading->fault, VOUCH_E_ILLEGAL,
                  "reference-triple-record",
                  "what has alternatives stands beside something else");
}

static vouch_err pin_instances(struct reading *reading)
{
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; i < reading->corim->num && err == VOUCH_OK; i++) {
        struct vouch_corim_entry *entry = &reading->corim->entries[i];

        if (entry->instance.len != 0) {
            err = vouch_policy_add_instance(entry->policy, entry->instance);
            entry->instance = (vouch_bytes){NULL, 0};
        }
    }
    return err == VOUCH_OK
               ? VOUCH_OK
               : refuse(reading->fault,
                        err == VOUCH_E_ARGUMENT ? VOUCH_E_ILLEGAL : err,
                        "environment-map", "an instance of zeros");
}

/* Validity */

static vouch_err check_validity(const struct vouch_corim_validity *validity,
                                vouch_now now, struct vouch_corim_fault *fault)
{
    if (now.unix_s < validity->not_before) {
        *fault = (struct vouch_corim_fault){"validity-map", "not valid before",
                                            true, validity->not_before};
        return VOUCH_E_ILLEGAL;
    }
    if (now.unix_s > validity->not_after) {
        *fault = (struct vouch_corim_fault){"validity-map", "not valid after",
                                            true, validity->not_after};
        return VOUCH_E_ILLEGAL;
    }
    return VOUCH_OK;
}

static vouch_err read_unsigned(vouch_bytes octets, vouch_now now,
                               struct reading *reading)
{
    vouch_corim *corim = reading->corim;
    vouch_err err = vouch_corim_decode(octets, take, reading, &corim->validity,
                                       reading->fault);

    if (err == VOUCH_OK) {
        err = vouch_corim_decode(octets, check_company, reading,
                                 &corim->validity, reading->fault);
    }
    if (err == VOUCH_OK) {
        err = pin_instances(reading);
    }
    /* CoRIM, 8.3.3.1: what has expired is discarded */
    return err == VOUCH_OK
               ? check_validity(&corim->validity, now, reading->fault)
               : err;
}

/* Signatures */

static vouch_err verify(const struct vouch_cose_sign1 *sign1,
                        vouch_bytes signer, struct vouch_corim_fault *fault)
{
    static const vouch_bytes no_aad = {NULL, 0};
    EVP_PKEY *key;
    vouch_err err = vouch_evidence_key_parse(signer, &key);

    if (err != VOUCH_OK) {
        return refuse(fault, err, "signed-corim",
                      "the signer's key is of no kind that signs");
    }
    err = vouch_cose_verify(key, sign1, no_aad);
    EVP_PKEY_free(key);
    return err == VOUCH_OK ? VOUCH_OK
                           : refuse(fault, err, "signed-corim",
                                    "it is not signed by the signer's key");
}

/* CoRIM, 4.2: nothing in it is looked at before its signature is. */
static vouch_err read_signed(vouch_bytes octets, vouch_bytes signer,
                             vouch_now now, struct reading *reading)
{
    struct vouch_corim_validity validity;
    struct vouch_cose_sign1 sign1;
    vouch_err err = vouch_cose_sign1_decode(octets, &sign1);

    if (err != VOUCH_OK) {
        return refuse(reading->fault, err, "signed-corim",
                      "no COSE_Sign1 as it is read here");
    }
    err = verify(&sign1, signer, reading->fault);
    if (err == VOUCH_OK) {
        err = vouch_corim_header_decode(sign1.protected_header, &validity,
                                        reading->fault);
    }
    if (err == VOUCH_OK) {
        err = check_validity(&validity, now, reading->fault);
    }
    if (err == VOUCH_OK) {
        err = read_unsigned(sign1.payload, now, reading);
    }
    if (err == VOUCH_OK &&
        validity.not_after < reading->corim->validity.not_after) {
        reading->corim->validity.not_after = validity.not_after;
    }
    return err;
}

static void explain(const struct vouch_corim_fault *fault, vouch_corim_why *out)
{
    if (fault->has_number) {
        snprintf(out->text, sizeof out->text, "%s: %s %" PRId64, fault->where,
                 fault->what, fault->number);
    } else {
        snprintf(out->text, sizeof out->text, "%s: %s", fault->where,
                 fault->what);
    }
}

static vouch_err read_any(vouch_bytes octets, vouch_bytes signer, vouch_now now,
                          struct reading *reading)
{
    if (octets.len > VOUCH_LIMIT_CORIM) {
        return refuse(reading->fault, VOUCH_E_TOO_LARGE, "corim",
                      "it is too long");
    }
    return signer.len != 0 ? read_signed(octets, signer, now, reading)
                           : read_unsigned(octets, now, reading);
}

vouch_err vouch_corim_read(vouch_bytes octets, vouch_bytes signer,
                           vouch_now now, vouch_corim **out,
                           vouch_corim_why *why)
{
    struct vouch_corim_fault fault = {.where = "corim", .what = "no memory"};
    struct reading reading = {.fault = &fault};
    vouch_err err = vouch_corim_new(&reading.corim);

    if (err == VOUCH_OK) {
        err = read_any(octets, signer, now, &reading);
    }
    if (err == VOUCH_OK) {
        *out = reading.corim;
        return VOUCH_OK;
    }
    vouch_corim_free(reading.corim);
    if (why != NULL) {
        explain(&fault, why);
    }
    return err;
}
