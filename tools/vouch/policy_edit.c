/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <vouch/corim.h>
#include <vouch/limits.h>
#include <vouch/software.h>

#include "tools/vouch/allow.h"
#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/octets.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

/* policy add-measurement, add-anchor, set and sign */

enum {
    ANCHOR_FILE_MAX = 32768,
    DIGEST_MAX = 64,
    UEID_MAX = 33,
    NAME_MAX_LEN = 256,
    MS = 1000,
};

/* One change of one policy. */
struct change {
    const struct options *options;
    vouch_err (*apply)(struct change *change, vouch_policy *policy);
    vouch_bytes value;       /* of add-measurement; of add-anchor, DER */
    vouch_buffer *instances; /* of set */
    bool is_ca;              /* of add-anchor */
    uint8_t digest[32];      /* of the policy, when it is changed */
    const char *format;
};

static const char *format_of(const struct options *options)
{
    return options->policy.format != NULL ? options->policy.format
                                          : VOUCH_SOFTWARE_FORMAT;
}

/* What the setters' errors mean here. */
static const char *meaning(vouch_err err)
{
    return err == VOUCH_E_ARGUMENT   ? "a value that no policy can have"
           : err == VOUCH_E_TOO_MANY ? "more than a policy can have"
                                     : vouch_err_name(err);
}

static bool change_policy(void *arg, vouch_corim *corim)
{
    struct change *change = arg;
    vouch_policy *policy;
    vouch_err err =
        vouch_corim_policy(corim, format_of(change->options), &policy);

    if (err == VOUCH_OK) {
        err = change->apply(change, policy);
    }
    if (err == VOUCH_OK) {
        err = vouch_policy_digest(policy, change->digest);
    }
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s: %s", change->options->operand[0], meaning(err));
    }
    return err == VOUCH_OK;
}

static enum status edit(struct change *change)
{
    const char *path = change->options->operand[0];
    char digits[HEX_DIGEST];

    if (!policy_file_edit(path, change_policy, change)) {
        return STATUS_LOCAL;
    }
    hex((vouch_bytes){change->digest, sizeof change->digest}, digits);
    report(json_pack("{s:s,s:s,s:s}", "event", "policy", "format",
                     format_of(change->options), "sha256", digits),
           "%s: the policy has the SHA-256 %s", path, digits);
    return STATUS_CLEAN;
}

/* add-measurement */

static vouch_err add_measurement(struct change *change, vouch_policy *policy)
{
    const char *name = change->options->operand[1];

    return change->options->policy.component
               ? vouch_policy_add_component(policy, name, change->value)
               : vouch_policy_add_reference(policy, name, change->value);
}

static bool is_digest(size_t len, bool is_component)
{
    return len == 32 || (!is_component && (len == 48 || len == 64));
}

enum status policy_add_measurement_run(const struct options *options)
{
    struct change change = {.options = options, .apply = add_measurement};
    const char *digits = options->operand[2];
    enum status status = STATUS_USAGE;
    vouch_buffer digest = {NULL, 0};

    if (unhex(digits, DIGEST_MAX, &digest) &&
        is_digest(digest.len, options->policy.component)) {
        change.value = (vouch_bytes){digest.data, digest.len};
        status = edit(&change);
    } else {
        fail(STATUS_USAGE, "%s: no digest in hexadecimal", digits);
    }
    free(digest.data);
    return status;
}

/* add-anchor */

static vouch_err add_anchor(struct change *change, vouch_policy *policy)
{
    static const vouch_bytes no_name = {NULL, 0};

    return change->is_ca ? vouch_policy_add_ca(policy, change->value)
                         : vouch_policy_add_key(policy, change->value, no_name);
}

/* Both digests are of the key: in results, too, anchors are called so. */
static enum status edit_anchor(struct change *change, vouch_bytes spki)
{
    enum status status = edit(change);
    char digits[HEX_DIGEST];
    uint8_t sha256[32];

    if (status == STATUS_CLEAN) {
        SHA256(spki.data, spki.len, sha256);
        printf("%s\n", hex((vouch_bytes){sha256, sizeof sha256}, digits));
    }
    return status;
}

static enum status add_certificate(struct change *change, X509 *certificate)
{
    uint8_t *der = NULL, *spki = NULL;
    int der_len = i2d_X509(certificate, &der);
    int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    enum status status = STATUS_LOCAL;

    if (der_len > 0 && spki_len > 0) {
        change->is_ca = true;
        change->value = (vouch_bytes){der, (size_t)der_len};
        status = edit_anchor(change, (vouch_bytes){spki, (size_t)spki_len});
    } else {
        fail(STATUS_LOCAL, "out of memory");
    }
    OPENSSL_free(der);
    OPENSSL_free(spki);
    return status;
}

static enum status add_from_pem(struct change *change, const char *pem)
{
    X509 *certificate = pem_certificate(pem);
    enum status status;
    vouch_buffer spki;

    if (certificate != NULL) {
        status = add_certificate(change, certificate);
        X509_free(certificate);
    } else if (pem_spki(pem, &spki)) {
        change->value = (vouch_bytes){spki.data, spki.len};
        status = edit_anchor(change, change->value);
        OPENSSL_free(spki.data);
    } else {
        status = fail(STATUS_LOCAL, "%s: no public key and no certificate",
                      change->options->operand[1]);
    }
    return status;
}

enum status policy_add_anchor_run(const struct options *options)
{
    struct change change = {.options = options, .apply = add_anchor};
    enum status status;
    vouch_buffer pem;

    if (!file_read(options->operand[1], ANCHOR_FILE_MAX, &pem)) {
        return fail(STATUS_LOCAL, "%s: %s", options->operand[1], file_cause());
    }
    status = add_from_pem(&change, (const char *)pem.data);
    free(pem.data);
    return status;
}

/* set */

static vouch_err set_claims(vouch_policy *policy, uint64_t claims,
                            vouch_err (*set)(vouch_policy *policy,
                                             vouch_claim claim))
{
    vouch_err err = VOUCH_OK;

    for (unsigned i = VOUCH_CLAIM_NONE + 1; err == VOUCH_OK && i < VOUCH_CLAIMS;
         i++) {
        if ((claims >> i & 1) != 0) {
            err = set(policy, (vouch_claim)i);
        }
    }
    return err;
}

static vouch_err set_allowed(vouch_policy *policy, unsigned allow)
{
    vouch_err err = VOUCH_OK;

    if ((allow & ALLOW_WARNING) != 0) {
        err = vouch_policy_allow_warning(policy);
    }
    if (err == VOUCH_OK && (allow & ALLOW_KEY_BOUND) != 0) {
        err = vouch_policy_allow_key_bound(policy);
    }
    if (err == VOUCH_OK && (allow & ALLOW_NO_VECTOR) != 0) {
        err = vouch_policy_allow_no_vector(policy);
    }
    return err;
}

static vouch_err set_numbers(vouch_policy *policy,
                             const struct options *options)
{
    const struct policy_options *rules = &options->policy;
    vouch_err err = VOUCH_OK;

    if (options->has_max_age) {
        err =
            vouch_policy_set_max_age(policy, (uint32_t)(options->max_age / MS));
    }
    if (err == VOUCH_OK && rules->min_version != NULL) {
        err = vouch_policy_set_min_version(policy, rules->min_version);
    }
    if (err == VOUCH_OK && rules->has_min_security_version) {
        err = vouch_policy_set_min_security_version(
            policy, rules->min_security_version);
    }
    if (err == VOUCH_OK && rules->has_debug) {
        err = vouch_policy_set_debug(policy, rules->debug);
    }
    return err;
}

static vouch_err set(struct change *change, vouch_policy *policy)
{
    const struct policy_options *rules = &change->options->policy;
    vouch_err err = set_numbers(policy, change->options);

    if (err == VOUCH_OK) {
        err = set_claims(policy, rules->required, vouch_policy_require_claim);
    }
    if (err == VOUCH_OK) {
        err = set_claims(policy, rules->forbidden, vouch_policy_forbid_claim);
    }
    for (size_t i = 0; i < rules->num_instances && err == VOUCH_OK; i++) {
        err = vouch_policy_add_instance(
            policy,
            (vouch_bytes){change->instances[i].data, change->instances[i].len});
    }
    return err == VOUCH_OK ? set_allowed(policy, change->options->allow) : err;
}

static bool read_instances(const struct policy_options *rules,
                           vouch_buffer *out)
{
    for (size_t i = 0; i < rules->num_instances; i++) {
        if (!unhex(rules->instance[i], UEID_MAX, &out[i])) {
            fail(STATUS_USAGE, "%s: no ueid in hexadecimal",
                 rules->instance[i]);
            return false;
        }
    }
    return true;
}

static bool is_whole_age(const struct options *options)
{
    return !options->has_max_age ||
           (options->max_age % MS == 0 && options->max_age / MS <= UINT32_MAX);
}

enum status policy_set_run(const struct options *options)
{
    vouch_buffer instances[INSTANCES_MAX] = {{NULL, 0}};
    struct change change = {
        .options = options, .apply = set, .instances = instances};
    enum status status = STATUS_USAGE;

    if (!is_whole_age(options)) {
        fail(STATUS_USAGE, "--max-age takes whole seconds, 2^32 - 1 at most");
    } else if (read_instances(&options->policy, instances)) {
        status = edit(&change);
    }
    for (size_t i = 0; i < options->policy.num_instances; i++) {
        free(instances[i].data);
    }
    return status;
}

/* sign */

static bool signer_name(const char *given, char name[NAME_MAX_LEN])
{
    if (given == NULL) {
        name[NAME_MAX_LEN - 1] = '\0';
        return gethostname(name, NAME_MAX_LEN - 1) == 0;
    }
    if (given[0] == '\0' || strlen(given) >= NAME_MAX_LEN) {
        return false;
    }
    strcpy(name, given);
    return true;
}

static enum status print_signed(const vouch_corim *corim, const vouch_key *key,
                                const char *name)
{
    vouch_buffer octets;
    vouch_err err = vouch_corim_write(corim, key, name, &octets);

    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "can not sign: %s", vouch_err_name(err));
    }
    fwrite(octets.data, 1, octets.len, stdout);
    vouch_buffer_free(&octets);
    return printed(STATUS_CLEAN);
}

enum status policy_sign_run(const struct options *options)
{
    enum status status = STATUS_LOCAL;
    char name[NAME_MAX_LEN];
    vouch_corim *corim;
    vouch_key *key;
    vouch_err err;

    if (!signer_name(options->name, name)) {
        return fail(STATUS_USAGE, "no name of a signer");
    }
    if (!file_is_own(options->operand[1])) {
        return fail(STATUS_LOCAL, "%s: %s", options->operand[1], file_cause());
    }
    err = vouch_key_load_evp(options->operand[1], &key);
    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "%s: %s", options->operand[1], cause_of(err));
    }
    if (policy_file_read(options->operand[0], NULL, unix_time(), &corim)) {
        status = print_signed(corim, key, name);
        vouch_corim_free(corim);
    }
    vouch_key_free(key);
    return status;
}
