/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/corim.h>
#include <vouch/limits.h>

#include "tools/vouch/appraisers.h"
#include "tools/vouch/files.h"
#include "tools/vouch/octets.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

enum { SPKI_MAX = 1024, NONCE_MAX = 64 };

/* What evidence is held against; octets are of malloc. */
struct expected {
    vouch_buffer binder, aik_pub_hash, aik_spki, nonce;
};

static bool read_hex(const char *what, const char *digits, size_t max,
                     vouch_buffer *out)
{
    if (digits == NULL || unhex(digits, max, out)) {
        return true;
    }
    fail(STATUS_USAGE, "--%s: not hexadecimal, or too long", what);
    return false;
}

static bool is_hash(const char *what, const vouch_buffer *octets)
{
    if (octets->len == 32 || octets->len == 48) {
        return true;
    }
    fail(STATUS_USAGE, "--%s has 32 or 48 octets", what);
    return false;
}

static bool read_expected(const struct policy_options *options,
                          struct expected *out)
{
    return read_hex("binder", options->binder, VOUCH_HASH_MAX, &out->binder) &&
           read_hex("aik-pub-hash", options->aik_pub_hash, VOUCH_HASH_MAX,
                    &out->aik_pub_hash) &&
           read_hex("aik-spki", options->aik_spki, SPKI_MAX, &out->aik_spki) &&
           read_hex("nonce", options->nonce, NONCE_MAX, &out->nonce) &&
           is_hash("binder", &out->binder) &&
           is_hash("aik-pub-hash", &out->aik_pub_hash);
}

static void free_expected(struct expected *expected)
{
    free(expected->binder.data);
    free(expected->aik_pub_hash.data);
    free(expected->aik_spki.data);
    free(expected->nonce.data);
}

static vouch_digest digest_of(const vouch_buffer *octets)
{
    vouch_digest digest = {.len = octets->len};

    memcpy(digest.data, octets->data, octets->len);
    return digest;
}

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

/* Verdicts */

static const char *progress_name(vouch_progress progress)
{
    static const char *const names[] = {[VOUCH_NOT_REACHED] = "not reached",
                                        [VOUCH_PASSED] = "passed",
                                        [VOUCH_FAILED] = "failed"};

    return names[progress];
}

static json_t *stages_of(const vouch_result *result)
{
    json_t *stages = json_object();

    for (unsigned i = 0; i < VOUCH_STAGES; i++) {
        if (json_object_set_new(
                stages, vouch_stage_name((vouch_stage)i),
                json_string(progress_name(result->stages[i]))) != 0) {
            json_decref(stages);
            return NULL;
        }
    }
    return stages;
}

static json_t *object_of(const vouch_result *result)
{
    const vouch_reason *reason = &result->reason;

    if (result->verdict == VOUCH_ACCEPTED) {
        return json_pack("{s:s,s:s,s:s,s:o}", "verdict", "accepted", "level",
                         vouch_level_name(result->level), "tier",
                         vouch_tier_name(result->tier), "stages",
                         stages_of(result));
    }
    return json_pack("{s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s}", "verdict",
                     "rejected", "tier", vouch_tier_name(result->tier),
                     "stages", stages_of(result), "check",
                     vouch_check_name(reason->check), "claim",
                     vouch_claim_name(reason->claim), "error",
                     vouch_err_name(reason->err), "name", reason->name,
                     "expected", reason->expected, "found", reason->found);
}

/* Texts in a reason are printable already. */
static void print_table(json_t *object)
{
    const char *member, *stage;
    json_t *value, *progress;

    json_object_foreach(object, member, value)
    {
        json_object_foreach(value, stage, progress)
            printf("  %-12s  %s\n", stage, json_string_value(progress));
        if (json_is_string(value) && json_string_length(value) != 0) {
            printf("%-14s  %s\n", member, json_string_value(value));
        }
    }
}

static enum status tell(const vouch_result *result)
{
    json_t *object = object_of(result);

    if (object == NULL) {
        return fail(STATUS_LOCAL, "out of memory");
    }
    if (report_is_json()) {
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_table(object);
    }
    json_decref(object);
    if (fflush(stdout) != 0) {
        return fail(STATUS_LOCAL, "standard output: %s", strerror(errno));
    }
    return result->verdict == VOUCH_ACCEPTED ? STATUS_CLEAN : STATUS_REFUSED;
}

static enum status judge(const vouch_corim *corim, vouch_bytes cmw,
                         const struct expected *expected, int64_t unix_s)
{
    const vouch_expectation expectation = {
        .binder = digest_of(&expected->binder),
        .aik_pub_hash = digest_of(&expected->aik_pub_hash),
        .aik_spki = bytes_of(&expected->aik_spki),
        .nonce = bytes_of(&expected->nonce),
        .now = {0, unix_s},
    };
    vouch_registry *registry;
    vouch_result result;
    vouch_err err = appraisers_of(corim, &registry);
    enum status status;

    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "can not appraise: %s", vouch_err_name(err));
    }
    vouch_registry_judge(registry, cmw, &expectation, &result);
    status = tell(&result);
    vouch_registry_free(registry);
    return status;
}

/* With a format, the message is not in a CMW yet. */
static enum status judge_message(const vouch_corim *corim, const char *format,
                                 vouch_bytes message,
                                 const struct expected *expected,
                                 int64_t unix_s)
{
    enum status status;
    vouch_buffer cmw;

    if (format == NULL) {
        return judge(corim, message, expected, unix_s);
    }
    if (vouch_cmw_record(format, message, VOUCH_CMW_EVIDENCE, &cmw) !=
        VOUCH_OK) {
        return fail(STATUS_USAGE, "%s: no media type", format);
    }
    status = judge(corim, bytes_of(&cmw), expected, unix_s);
    vouch_buffer_free(&cmw);
    return status;
}

static enum status check(const struct options *options,
                         const struct expected *expected)
{
    int64_t unix_s =
        options->policy.has_at ? (int64_t)options->policy.at : unix_time();
    const char *path = options->operand[1];
    enum status status = STATUS_LOCAL;
    vouch_buffer message;
    vouch_corim *corim;

    if (!policy_file_read(options->operand[0], options->policy.signer, unix_s,
                          &corim)) {
        return STATUS_LOCAL;
    }
    if (!file_read(path, VOUCH_LIMIT_CMW, &message)) {
        fail(STATUS_LOCAL, "%s: %s", path, strerror(errno));
    } else {
        status = judge_message(corim, options->policy.format,
                               bytes_of(&message), expected, unix_s);
        free(message.data);
    }
    vouch_corim_free(corim);
    return status;
}

enum status policy_check_run(const struct options *options)
{
    struct expected expected = {.binder = {NULL, 0}};
    enum status status = STATUS_USAGE;

    if (options->policy.binder == NULL ||
        options->policy.aik_pub_hash == NULL) {
        return fail(STATUS_USAGE, "--binder and --aik-pub-hash are needed");
    }
    if (read_expected(&options->policy, &expected)) {
        status = check(options, &expected);
    }
    free_expected(&expected);
    return status;
}
