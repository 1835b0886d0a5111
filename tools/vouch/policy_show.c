/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/mem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <vouch/corim.h>
#include <vouch/limits.h>

#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

/* policy show: as an object, which is also what the table is made of. */

enum { HEX_MAX = 2 * VOUCH_LIMIT_KEY_ID + 1 };

static json_t *text_of(vouch_bytes text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *hex_of(vouch_bytes octets)
{
    char digits[HEX_MAX];

    return octets.len <= VOUCH_LIMIT_KEY_ID ? json_string(hex(octets, digits))
                                            : NULL;
}

static json_t *sha256_of(vouch_bytes octets)
{
    uint8_t sha256[32];

    SHA256(octets.data, octets.len, sha256);
    return hex_of((vouch_bytes){sha256, sizeof sha256});
}

/* JSON has no numbers of 64 bits. */
static json_t *number_of(uint64_t number)
{
    return json_sprintf("%" PRIu64, number);
}

static bool append(json_t *object, const char *member, json_t *value)
{
    json_t *list = json_object_get(object, member);

    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(object, member, list) != 0) {
            json_decref(value);
            return false;
        }
    }
    return json_array_append_new(list, value) == 0;
}

static bool append_value(json_t *object, const char *member,
                         const vouch_policy_item *item)
{
    json_t *names = json_object_get(object, member);
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 1];

    if (names == NULL) {
        names = json_object();
        if (json_object_set_new(object, member, names) != 0) {
            return false;
        }
    }
    memcpy(name, item->name.data, item->name.len);
    name[item->name.len] = '\0';
    return append(names, name, hex_of(item->value));
}

static json_t *key_of(const vouch_policy_item *item)
{
    json_t *key = json_pack("{s:o}", "sha256", sha256_of(item->value));

    if (key != NULL && item->name.len != 0 &&
        json_object_set_new(key, "key_id", hex_of(item->name)) != 0) {
        json_decref(key);
        key = NULL;
    }
    return key;
}

/* A CA by its key, and by the name that it gives itself. */
static json_t *ca_of(const vouch_policy_item *item)
{
    const uint8_t *at = item->value.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)item->value.len);
    uint8_t *spki = NULL;
    char *subject = NULL;
    json_t *ca = NULL;
    int len = 0;

    if (certificate != NULL) {
        len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
        subject =
            X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
    }
    if (len > 0 && subject != NULL) {
        ca = json_pack("{s:o,s:s}", "sha256",
                       sha256_of((vouch_bytes){spki, (size_t)len}), "subject",
                       subject);
    }
    OPENSSL_free(subject);
    OPENSSL_free(spki);
    X509_free(certificate);
    return ca;
}

static const char *debug_name(uint64_t rule)
{
    static const char *const names[] = {
        [VOUCH_DEBUG_NOT_ENABLED] = "not-enabled",
        [VOUCH_DEBUG_DISABLED] = "disabled",
        [VOUCH_DEBUG_ALLOWED] = "allowed",
    };

    return names[rule];
}

static bool add_item(json_t *policy, const vouch_policy_item *item)
{
    switch (item->part) {
    case VOUCH_PART_KEY:
        return append(policy, "keys", key_of(item));
    case VOUCH_PART_CA:
        return append(policy, "cas", ca_of(item));
    case VOUCH_PART_REFERENCE:
        return append_value(policy, "references", item);
    case VOUCH_PART_COMPONENT:
        return append_value(policy, "components", item);
    case VOUCH_PART_INSTANCE:
        return append(policy, "instances", hex_of(item->value));
    case VOUCH_PART_REQUIRED:
        return append(policy, "required",
                      json_string(vouch_claim_name(item->claim)));
    case VOUCH_PART_FORBIDDEN:
        return append(policy, "forbidden",
                      json_string(vouch_claim_name(item->claim)));
    case VOUCH_PART_DEBUG:
        return json_object_set_new(policy, "debug",
                                   json_string(debug_name(item->number))) == 0;
    case VOUCH_PART_MIN_SECURITY_VERSION:
        return json_object_set_new(policy, "min_security_version",
                                   number_of(item->number)) == 0;
    case VOUCH_PART_MIN_VERSION:
        return json_object_set_new(policy, "min_version",
                                   text_of(item->value)) == 0;
    case VOUCH_PART_MAX_AGE:
        return json_object_set_new(policy, "max_age",
                                   json_integer((json_int_t)item->number)) == 0;
    case VOUCH_PART_WARNING:
        return append(policy, "allow", json_string("warning"));
    case VOUCH_PART_KEY_BOUND:
        return append(policy, "allow", json_string("key-bound"));
    case VOUCH_PART_NO_VECTOR:
        return append(policy, "allow", json_string("no-vector"));
    default:
        return false;
    }
}

static json_t *object_of_policy(const vouch_policy *policy)
{
    uint8_t digest[32];
    json_t *object = NULL;
    vouch_policy_item item;
    bool done;

    if (vouch_policy_digest(policy, digest) == VOUCH_OK) {
        object =
            json_pack("{s:s,s:o}", "format", vouch_policy_format(policy),
                      "sha256", hex_of((vouch_bytes){digest, sizeof digest}));
    }
    done = object != NULL;
    for (size_t i = 0; done && vouch_policy_nth(policy, i, &item); i++) {
        done = add_item(object, &item);
    }
    if (!done) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

static json_t *object_of(const vouch_corim *corim)
{
    json_t *policies = json_array();
    int64_t not_after = vouch_corim_not_after(corim);
    const vouch_policy *policy;
    json_t *object;

    for (size_t i = 0; (policy = vouch_corim_nth(corim, i)) != NULL; i++) {
        if (json_array_append_new(policies, object_of_policy(policy)) != 0) {
            json_decref(policies);
            return NULL;
        }
    }
    object = json_pack("{s:o}", "policies", policies);
    if (object != NULL && not_after != INT64_MAX &&
        json_object_set_new(object, "not_after",
                            json_integer((json_int_t)not_after)) != 0) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

/* The table */

static void print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        putchar(*text < ' ' || *text > '~' ? '?' : *text);
    }
}

static void print_value(const json_t *value)
{
    if (json_is_integer(value)) {
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        print_text(json_string_value(value));
    }
}

/* The members of an object, one behind the other. */
static void print_members(json_t *object)
{
    const char *separator = "", *member;
    json_t *value;

    json_object_foreach(object, member, value)
    {
        fputs(separator, stdout);
        print_value(value);
        separator = "  ";
    }
}

static void print_line(const char *label, const char *name, json_t *value)
{
    printf("  %-20s  ", label);
    if (name[0] != '\0') {
        print_text(name);
        fputs("  ", stdout);
    }
    if (json_is_object(value)) {
        print_members(value);
    } else {
        print_value(value);
    }
    putchar('\n');
}

static void print_list(const char *label, const char *name, json_t *list)
{
    json_t *value;
    size_t i;

    json_array_foreach(list, i, value)
    {
        print_line(label, name, value);
    }
}

static void print_member(const char *label, json_t *value)
{
    const char *name;
    json_t *list;

    if (json_is_array(value)) {
        print_list(label, "", value);
    } else if (json_is_object(value)) {
        json_object_foreach(value, name, list)
        {
            print_list(label, name, list);
        }
    } else {
        print_line(label, "", value);
    }
}

static void print_table(json_t *object)
{
    json_t *policies = json_object_get(object, "policies"), *policy, *value;
    const char *member;
    size_t i;

    if (json_object_get(object, "not_after") != NULL) {
        print_line("not_after", "", json_object_get(object, "not_after"));
    }
    json_array_foreach(policies, i, policy)
    {
        print_text(json_string_value(json_object_get(policy, "format")));
        putchar('\n');
        json_object_foreach(policy, member, value)
        {
            if (strcmp(member, "format") != 0) {
                print_member(member, value);
            }
        }
    }
}

static enum status print(json_t *object)
{
    if (report_is_json()) {
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_table(object);
    }
    return printed(STATUS_CLEAN);
}

enum status policy_show_run(const struct options *options)
{
    enum status status;
    vouch_corim *corim;
    json_t *object;

    if (!policy_file_read(options->operand[0], options->policy.signer,
                          unix_time(), &corim)) {
        return STATUS_LOCAL;
    }
    object = object_of(corim);
    status =
        object != NULL ? print(object) : fail(STATUS_LOCAL, "out of memory");
    json_decref(object);
    vouch_corim_free(corim);
    return status;
}
