/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include <vouch/cmw.h>
#include <vouch/ear.h>
#include <vouch/registry.h>

#include "tools/vouch/appraisers.h"
#include "tools/vouch/expected.h"
#include "tools/vouch/files.h"
#include "tools/vouch/message.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

/* appraise: a Verifier. Evidence becomes an Attestation Result. */

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

static const char *format_of(const struct issue_options *options)
{
    return options->jwt ? VOUCH_EAR_JWT_FORMAT : VOUCH_EAR_CWT_FORMAT;
}

static vouch_err set_up(const struct issue_options *options,
                        vouch_issuer *issuer)
{
    if (options->key_bound) {
        vouch_issuer_set_key_bound(issuer);
    }
    if (options->lifetime_s != 0) {
        vouch_issuer_set_lifetime(issuer, options->lifetime_s);
    }
    return options->label != NULL
               ? vouch_issuer_set_label(issuer, options->label)
               : VOUCH_OK;
}

static bool make_issuer(const struct issue_options *options, vouch_issuer **out)
{
    vouch_key *key;
    vouch_err err;

    if (!file_is_own(options->key)) {
        fail(STATUS_LOCAL, "%s: %s", options->key, file_cause());
        return false;
    }
    err = vouch_key_load_evp(options->key, &key);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s: %s", options->key, cause_of(err));
        return false;
    }
    err =
        vouch_issuer_new(key, format_of(options), "vouch", VOUCH_VERSION, out);
    vouch_key_free(key);
    if (err == VOUCH_OK) {
        err = set_up(options, *out);
        if (err != VOUCH_OK) {
            vouch_issuer_free(*out);
        }
    }
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "can not issue results: %s", cause_of(err));
    }
    return err == VOUCH_OK;
}

/* Each by its own name, as on the Relying Party's side. */
static void tell(const vouch_result *result)
{
    const vouch_reason *reason = &result->reason;
    bool accepted = result->verdict == VOUCH_ACCEPTED;

    report(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "event", "appraised",
                     "verdict", accepted ? "accepted" : "rejected", "tier",
                     vouch_tier_name(result->tier), "check",
                     vouch_check_name(reason->check), "claim",
                     vouch_claim_name(reason->claim), "name", reason->name,
                     "expected", reason->expected, "found", reason->found),
           "%s: tier %s%s%s%s%s", accepted ? "accepted" : "REJECTED",
           vouch_tier_name(result->tier), accepted ? "" : ", by ",
           accepted ? "" : vouch_check_name(reason->check),
           reason->name[0] != '\0' ? " of " : "", reason->name);
}

static bool write_out(vouch_bytes octets)
{
    fwrite(octets.data, 1, octets.len, stdout);
    return printed(STATUS_CLEAN) == STATUS_CLEAN;
}

/* As a CMW, which says what it is, or alone. */
static bool write_ear(const struct issue_options *options, vouch_bytes ear)
{
    vouch_buffer cmw;
    bool written;

    if (options->raw) {
        return write_out(ear);
    }
    if (vouch_cmw_record(format_of(options), ear, VOUCH_CMW_ATTESTATION_RESULTS,
                         &cmw) != VOUCH_OK) {
        fail(STATUS_LOCAL, "the result is too long");
        return false;
    }
    written = write_out(bytes_of(&cmw));
    vouch_buffer_free(&cmw);
    return written;
}

static enum status issue(const struct issue_options *options,
                         const vouch_expectation *expected,
                         const vouch_result *result)
{
    enum status status = STATUS_LOCAL;
    vouch_issuer *issuer;
    vouch_buffer ear;
    vouch_err err;

    if (!make_issuer(options, &issuer)) {
        return STATUS_LOCAL;
    }
    err = vouch_issuer_issue(issuer, expected, result, &ear);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "can not issue a result: %s", cause_of(err));
    } else {
        tell(result);
        status =
            write_ear(options, bytes_of(&ear)) ? STATUS_CLEAN : STATUS_LOCAL;
        vouch_buffer_free(&ear);
    }
    vouch_issuer_free(issuer);
    return status;
}

/* Results of others are no evidence: a Verifier judges for itself. */
static bool make_registry(const struct options *options, int64_t unix_s,
                          vouch_registry **out)
{
    vouch_corim *corim;
    vouch_err err;

    if (!policy_file_read(options->operand[0], options->policy.signer, unix_s,
                          &corim)) {
        return false;
    }
    err = evidence_of(corim, out);
    vouch_corim_free(corim);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "can not appraise: %s", cause_of(err));
    }
    return err == VOUCH_OK;
}

static enum status appraise(const struct options *options,
                            const struct expected *given)
{
    int64_t unix_s =
        options->policy.has_at ? (int64_t)options->policy.at : unix_time();
    const vouch_expectation expected = expected_at(given, unix_s);
    enum status status = STATUS_LOCAL;
    vouch_registry *registry;
    vouch_result result;
    vouch_buffer cmw;

    if (!make_registry(options, unix_s, &registry)) {
        return STATUS_LOCAL;
    }
    if (message_read(options->operand[1], options->policy.format, &cmw)) {
        vouch_registry_judge(registry, bytes_of(&cmw), &expected, &result);
        status = issue(&options->issue, &expected, &result);
        free(cmw.data);
    }
    vouch_registry_free(registry);
    return status;
}

enum status appraise_run(const struct options *options)
{
    struct expected expected;
    enum status status;

    if (options->issue.key == NULL) {
        return fail(STATUS_USAGE, "--key is needed: whose results are they?");
    }
    if (!expected_read(&options->policy, &expected)) {
        return STATUS_USAGE;
    }
    status = appraise(options, &expected);
    expected_free(&expected);
    return status;
}
