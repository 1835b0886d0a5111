/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/corim.h>

#include "tools/vouch/appraisers.h"
#include "tools/vouch/describe.h"
#include "tools/vouch/expected.h"
#include "tools/vouch/message.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

/* Verdicts */

static json_t *object_of(const vouch_result *result)
{
    const vouch_reason *reason = &result->reason;

    if (result->verdict == VOUCH_ACCEPTED) {
        return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "verdict", "accepted",
                         "level", vouch_level_name(result->level), "tier",
                         vouch_tier_name(result->tier), "vector",
                         describe_vector(result->vector), "claims",
                         describe_claims(result->claims), "stages",
                         describe_stages(result->stages));
    }
    return json_pack("{s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s}", "verdict",
                     "rejected", "tier", vouch_tier_name(result->tier),
                     "stages", describe_stages(result->stages), "check",
                     vouch_check_name(reason->check), "claim",
                     vouch_claim_name(reason->claim), "error",
                     vouch_err_name(reason->err), "name", reason->name,
                     "expected", reason->expected, "found", reason->found);
}

/* A line a value; texts in a reason are printable already. */
static void print_value(const char *name, const json_t *value)
{
    if (json_is_integer(value)) {
        printf("%-20s  %" JSON_INTEGER_FORMAT "\n", name,
               json_integer_value(value));
    } else if (json_string_length(value) != 0) {
        printf("%-20s  %s\n", name, json_string_value(value));
    }
}

static void print_table(json_t *object)
{
    const char *name, *part;
    json_t *value, *item;
    size_t i;

    json_object_foreach(object, name, value)
    {
        print_value(name, value);
        json_object_foreach(value, part, item)
        {
            print_value(part, item);
        }
        json_array_foreach(value, i, item)
        {
            print_value(name, item);
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
    return printed(result->verdict == VOUCH_ACCEPTED ? STATUS_CLEAN
                                                     : STATUS_REFUSED);
}

static enum status judge(const vouch_corim *corim, const vouch_buffer *cmw,
                         const vouch_expectation *expected)
{
    vouch_registry *registry;
    vouch_result result;
    vouch_err err = appraisers_of(corim, &registry);
    enum status status;

    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "can not appraise: %s", vouch_err_name(err));
    }
    vouch_registry_judge(registry, (vouch_bytes){cmw->data, cmw->len}, expected,
                         &result);
    status = tell(&result);
    vouch_registry_free(registry);
    return status;
}

static enum status check(const struct options *options,
                         const struct expected *expected)
{
    int64_t unix_s =
        options->policy.has_at ? (int64_t)options->policy.at : unix_time();
    const vouch_expectation expectation = expected_at(expected, unix_s);
    enum status status = STATUS_LOCAL;
    vouch_corim *corim;
    vouch_buffer cmw;

    if (!policy_file_read(options->operand[0], options->policy.signer, unix_s,
                          &corim)) {
        return STATUS_LOCAL;
    }
    if (message_read(options->operand[1], options->policy.format, &cmw)) {
        status = judge(corim, &cmw, &expectation);
        free(cmw.data);
    }
    vouch_corim_free(corim);
    return status;
}

enum status policy_check_run(const struct options *options)
{
    struct expected expected;
    enum status status;

    if (!expected_read(&options->policy, &expected)) {
        return STATUS_USAGE;
    }
    status = check(options, &expected);
    expected_free(&expected);
    return status;
}
