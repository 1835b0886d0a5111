/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/corim.h>
#include <vouch/limits.h>
#include <vouch/memory.h>
#include <vouch/software.h>

#include "lib/evidence/corim.h"
#include "lib/evidence/pem.h"
#include "lib/keys/digest.h"
#include "proto/cbor_reader.h"
#include "proto/corim.h"
#include "proto/memory.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"
#include "tests/support/vectors.h"

/* corim.json, which an encoder made that shares nothing with the library. */

static json_t *vectors;
static vouch_buffer signer;
static const vouch_bytes nothing = {NULL, 0};
static const vouch_now now = {0, PKI_NOW};

static void set_up(void)
{
    vectors = load_vectors("corim/corim.json");
    signer = vector_hex(vectors, "signer");
    ck_assert_str_eq(vector_text(vectors, "time"), "1800000000");
}

static void tear_down(void)
{
    json_decref(vectors);
    free(signer.data);
}

static const json_t *nth(const char *list, int i)
{
    return json_array_get(json_object_get(vectors, list), (size_t)i);
}

/* Reads a copy that has nothing behind it; a refusal leaves the output. */
static vouch_err read_at(vouch_bytes octets, vouch_bytes key, vouch_now at,
                         vouch_corim **out, vouch_corim_why *why)
{
    uint8_t *copy = exact_copy(octets.data, octets.len);
    vouch_corim *const untouched = (vouch_corim *)&vectors;
    vouch_corim *corim = untouched;
    vouch_err err;

    memset(why, 0, sizeof *why);
    err =
        vouch_corim_read((vouch_bytes){copy, octets.len}, key, at, &corim, why);
    ck_assert((err == VOUCH_OK) == (corim != untouched));
    ck_assert_msg((err == VOUCH_OK) == (why->text[0] == '\0'), "%s", why->text);
    free(copy);
    if (err == VOUCH_OK) {
        *out = corim;
    }
    return err;
}

static vouch_bytes key_of(const json_t *vector)
{
    return json_is_true(json_object_get(vector, "signed")) ? span_of(&signer)
                                                           : nothing;
}

static vouch_err read_vector(const json_t *vector, vouch_corim **out,
                             vouch_corim_why *why)
{
    vouch_buffer octets = vector_hex(vector, "corim");
    vouch_err err = read_at(span_of(&octets), key_of(vector), now, out, why);

    free(octets.data);
    return err;
}

static vouch_corim *read_good(vouch_bytes octets, vouch_bytes key)
{
    vouch_corim_why why;
    vouch_corim *corim = NULL;

    ck_assert_msg(read_at(octets, key, now, &corim, &why) == VOUCH_OK, "%s",
                  why.text);
    return corim;
}

/* What a vector says, as the setters of a policy take it. */

static vouch_err say_octets(vouch_policy *policy, const char *what,
                            const char *first, const char *second)
{
    vouch_buffer value = from_hex(strcmp(what, "reference") == 0 ||
                                          strcmp(what, "component") == 0
                                      ? second
                                      : first);
    vouch_buffer name = {NULL, 0};
    vouch_err err = VOUCH_E_ARGUMENT;

    if (strcmp(what, "reference") == 0) {
        err = vouch_policy_add_reference(policy, first, span_of(&value));
    } else if (strcmp(what, "component") == 0) {
        err = vouch_policy_add_component(policy, first, span_of(&value));
    } else if (strcmp(what, "instance") == 0) {
        err = vouch_policy_add_instance(policy, span_of(&value));
    } else if (strcmp(what, "ca") == 0) {
        err = vouch_policy_add_ca(policy, span_of(&value));
    } else if (strcmp(what, "key") == 0) {
        name = from_hex(second);
        err = vouch_policy_add_key(policy, span_of(&value), span_of(&name));
    }
    free(name.data);
    free(value.data);
    return err;
}

static vouch_err say_allowed(vouch_policy *policy, const char *what)
{
    return strcmp(what, "warning") == 0 ? vouch_policy_allow_warning(policy)
           : strcmp(what, "key-bound") == 0
               ? vouch_policy_allow_key_bound(policy)
               : vouch_policy_allow_no_vector(policy);
}

static vouch_err say(vouch_policy *policy, const char *what, const char *first,
                     const char *second)
{
    unsigned long long number = strtoull(first, NULL, 10);

    if (strcmp(what, "require") == 0) {
        return vouch_policy_require_claim(policy, vouch_claim_find(first));
    }
    if (strcmp(what, "forbid") == 0) {
        return vouch_policy_forbid_claim(policy, vouch_claim_find(first));
    }
    if (strcmp(what, "debug") == 0) {
        return vouch_policy_set_debug(policy, strcmp(first, "allowed") == 0
                                                  ? VOUCH_DEBUG_ALLOWED
                                                  : VOUCH_DEBUG_DISABLED);
    }
    if (strcmp(what, "min-security-version") == 0) {
        return vouch_policy_set_min_security_version(policy, number);
    }
    if (strcmp(what, "max-age") == 0) {
        return vouch_policy_set_max_age(policy, (uint32_t)number);
    }
    if (strcmp(what, "min-version") == 0) {
        return vouch_policy_set_min_version(policy, first);
    }
    return strcmp(what, "allow") == 0 ? say_allowed(policy, first)
                                      : say_octets(policy, what, first, second);
}

static vouch_corim *spelled_out(const json_t *says)
{
    const json_t *statement;
    vouch_policy *policy;
    vouch_corim *corim;
    size_t i;

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    json_array_foreach(says, i, statement)
    {
        const char *part[4] = {"", "", "", ""};

        for (size_t n = 0; n < json_array_size(statement); n++) {
            part[n] = json_string_value(json_array_get(statement, n));
        }
        ck_assert_int_eq(vouch_corim_policy(corim, part[0], &policy), VOUCH_OK);
        ck_assert_int_eq(say(policy, part[1], part[2], part[3]), VOUCH_OK);
    }
    return corim;
}

static void assert_same(const vouch_corim *a, const vouch_corim *b)
{
    uint8_t one[32], other[32];
    size_t i = 0;

    for (; vouch_corim_nth(a, i) != NULL; i++) {
        ck_assert_ptr_nonnull(vouch_corim_nth(b, i));
        ck_assert_str_eq(vouch_policy_format(vouch_corim_nth(a, i)),
                         vouch_policy_format(vouch_corim_nth(b, i)));
        ck_assert_int_eq(vouch_policy_digest(vouch_corim_nth(a, i), one),
                         VOUCH_OK);
        ck_assert_int_eq(vouch_policy_digest(vouch_corim_nth(b, i), other),
                         VOUCH_OK);
        ck_assert_mem_eq(one, other, sizeof one);
    }
    ck_assert_ptr_null(vouch_corim_nth(b, i));
}

static vouch_buffer write_unsigned(const vouch_corim *corim)
{
    vouch_buffer octets;

    ck_assert_int_eq(vouch_corim_write(corim, NULL, NULL, &octets), VOUCH_OK);
    return octets;
}

/* What a policy lists is what it says: a policy made of the list is equal. */

static vouch_err say_item(vouch_policy *policy, const vouch_policy_item *item)
{
    char text[256] = "";

    switch (item->part) {
    case VOUCH_PART_KEY:
        return vouch_policy_add_key(policy, item->value, item->name);
    case VOUCH_PART_CA:
        return vouch_policy_add_ca(policy, item->value);
    case VOUCH_PART_REFERENCE:
        memcpy(text, item->name.data, item->name.len);
        return vouch_policy_add_reference(policy, text, item->value);
    case VOUCH_PART_COMPONENT:
        memcpy(text, item->name.data, item->name.len);
        return vouch_policy_add_component(policy, text, item->value);
    case VOUCH_PART_INSTANCE:
        return vouch_policy_add_instance(policy, item->value);
    case VOUCH_PART_REQUIRED:
        return vouch_policy_require_claim(policy, item->claim);
    case VOUCH_PART_FORBIDDEN:
        return vouch_policy_forbid_claim(policy, item->claim);
    case VOUCH_PART_DEBUG:
        return vouch_policy_set_debug(policy, (vouch_debug)item->number);
    case VOUCH_PART_MIN_SECURITY_VERSION:
        return vouch_policy_set_min_security_version(policy, item->number);
    case VOUCH_PART_MIN_VERSION:
        memcpy(text, item->value.data, item->value.len);
        return vouch_policy_set_min_version(policy, text);
    case VOUCH_PART_MAX_AGE:
        return vouch_policy_set_max_age(policy, (uint32_t)item->number);
    case VOUCH_PART_WARNING:
        return vouch_policy_allow_warning(policy);
    case VOUCH_PART_KEY_BOUND:
        return vouch_policy_allow_key_bound(policy);
    case VOUCH_PART_NO_VECTOR:
        return vouch_policy_allow_no_vector(policy);
    default:
        return VOUCH_E_ARGUMENT;
    }
}

static vouch_corim *of_items(const vouch_corim *from)
{
    vouch_policy *policy, *copy;
    vouch_policy_item item;
    vouch_corim *corim;

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    for (size_t i = 0; (policy = vouch_corim_nth(from, i)) != NULL; i++) {
        vouch_policy_part last = VOUCH_PART_KEY;

        ck_assert_int_eq(
            vouch_corim_policy(corim, vouch_policy_format(policy), &copy),
            VOUCH_OK);
        for (size_t n = 0; vouch_policy_nth(policy, n, &item); n++) {
            ck_assert_int_ge(item.part, last);
            ck_assert_int_eq(say_item(copy, &item), VOUCH_OK);
            last = item.part;
        }
    }
    return corim;
}

START_TEST(policy_lists_what_it_says)
{
    for (int i = 0; nth("good", i) != NULL; i++) {
        vouch_corim *corim = NULL, *copy;
        vouch_corim_why why;

        ck_assert_int_eq(read_vector(nth("good", i), &corim, &why), VOUCH_OK);
        copy = of_items(corim);
        assert_same(corim, copy);
        vouch_corim_free(copy);
        vouch_corim_free(corim);
    }
}
END_TEST

START_TEST(vectors_are_made_anew_with_the_same_octets)
{
    const char *root = getenv("VOUCH_SOURCE_ROOT");
    char dir[128];

    path_in(dir, "");
    run("python3 '%s/tests/vectors/corim/make.py' '%s' && "
        "cmp '%s/corim.json' '%s/tests/vectors/corim/corim.json'",
        root, dir, dir, root);
}
END_TEST

START_TEST(corim_is_read_for_what_it_says)
{
    for (int i = 0; nth("good", i) != NULL; i++) {
        const json_t *vector = nth("good", i);
        const char *name = vector_text(vector, "name");
        const char *not_after =
            json_string_value(json_object_get(vector, "not_after"));
        vouch_corim *expected = spelled_out(json_object_get(vector, "says"));
        vouch_corim *corim = NULL;
        vouch_corim_why why;

        ck_assert_msg(read_vector(vector, &corim, &why) == VOUCH_OK, "%s: %s",
                      name, why.text);
        assert_same(corim, expected);
        ck_assert_int_eq(vouch_corim_not_after(corim),
                         not_after != NULL ? strtoll(not_after, NULL, 10)
                                           : INT64_MAX);
        vouch_corim_free(corim);
        vouch_corim_free(expected);
    }
}
END_TEST

START_TEST(corim_that_says_anything_else_is_refused)
{
    int i = 0;

    for (; nth("refused", i) != NULL; i++) {
        const json_t *vector = nth("refused", i);
        const char *name = vector_text(vector, "name");
        vouch_corim *corim;
        vouch_corim_why why;
        vouch_err err = read_vector(vector, &corim, &why);

        ck_assert_msg(
            strcmp(vouch_err_name(err), vector_text(vector, "error")) == 0,
            "%s: %s, %s", name, vouch_err_name(err), why.text);
        ck_assert_msg(strstr(why.text, vector_text(vector, "why")) != NULL,
                      "%s: %s", name, why.text);
    }
    ck_assert_int_gt(i, 200);
}
END_TEST

/* Who does not ask is not told. */
START_TEST(why_may_be_left_out)
{
    vouch_corim *corim;

    ck_assert_int_eq(vouch_corim_read(nothing, nothing, now, &corim, NULL),
                     VOUCH_E_CBOR);
}
END_TEST

/* What is written reads as what it was, and is the same every time. */
START_TEST(corim_is_written_as_it_is_read)
{
    for (int i = 0; nth("good", i) != NULL; i++) {
        vouch_corim *corim = NULL, *again;
        vouch_corim_why why;
        vouch_buffer first, second;

        ck_assert_int_eq(read_vector(nth("good", i), &corim, &why), VOUCH_OK);
        first = write_unsigned(corim);
        again = read_good(span_of(&first), nothing);
        assert_same(corim, again);
        second = write_unsigned(again);
        ck_assert(vouch_bytes_equal(span_of(&first), span_of(&second)));
        ck_assert_int_eq(
            vouch_cbor_check(span_of(&first), VOUCH_CBOR_DETERMINISTIC),
            VOUCH_OK);
        vouch_corim_free(corim);
        vouch_corim_free(again);
        vouch_buffer_free(&first);
        vouch_buffer_free(&second);
    }
}
END_TEST

/* In whatever order it was said. */
START_TEST(corim_is_written_in_one_order)
{
    json_t *says = json_deep_copy(json_object_get(nth("good", 11), "says"));
    json_t *turned = json_array();
    vouch_corim *corim, *other;
    vouch_buffer first, second;

    for (size_t i = json_array_size(says); i != 0; i--) {
        json_array_append(turned, json_array_get(says, i - 1));
    }
    corim = spelled_out(says);
    other = spelled_out(turned);
    first = write_unsigned(corim);
    second = write_unsigned(other);
    ck_assert(vouch_bytes_equal(span_of(&first), span_of(&second)));
    vouch_corim_free(corim);
    vouch_corim_free(other);
    vouch_buffer_free(&first);
    vouch_buffer_free(&second);
    json_decref(turned);
    json_decref(says);
}
END_TEST

static void assert_no_part(vouch_bytes octets, vouch_bytes key)
{
    uint8_t *longer = malloc(octets.len + 1);
    vouch_corim *corim;
    vouch_corim_why why;

    for (size_t len = 0; len < octets.len; len++) {
        ck_assert_int_ne(
            read_at((vouch_bytes){octets.data, len}, key, now, &corim, &why),
            VOUCH_OK);
    }
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, octets.data, octets.len);
    longer[octets.len] = 0;
    ck_assert_int_eq(
        read_at((vouch_bytes){longer, octets.len + 1}, key, now, &corim, &why),
        VOUCH_E_CBOR);
    free(longer);
}

START_TEST(corim_is_read_whole_or_not_at_all)
{
    for (int i = 0; nth("good", i) != NULL; i++) {
        vouch_buffer octets = vector_hex(nth("good", i), "corim");

        assert_no_part(span_of(&octets), key_of(nth("good", i)));
        free(octets.data);
    }
}
END_TEST

/* One bit of what is signed, or of the signature, decides. */
START_TEST(signed_corim_is_good_in_no_other_octets)
{
    for (int i = 0; nth("good", i) != NULL; i++) {
        vouch_buffer octets = vector_hex(nth("good", i), "corim");
        vouch_corim *corim;
        vouch_corim_why why;

        for (size_t at = 0; key_of(nth("good", i)).len != 0 && at < octets.len;
             at++) {
            octets.data[at] ^= 1;
            ck_assert_int_ne(
                read_at(span_of(&octets), span_of(&signer), now, &corim, &why),
                VOUCH_OK);
            octets.data[at] ^= 1;
        }
        free(octets.data);
    }
}
END_TEST

/* Writing */

static vouch_corim *plain_corim(vouch_policy **policy)
{
    vouch_corim *corim;

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    ck_assert_int_eq(vouch_corim_policy(corim, VOUCH_SOFTWARE_FORMAT, policy),
                     VOUCH_OK);
    return corim;
}

static vouch_key *new_key(enum pki_kind kind)
{
    EVP_PKEY *pkey = pki_key(kind);
    vouch_key *key;

    ck_assert_int_eq(vouch_key_from_evp(pkey, &key), VOUCH_OK);
    EVP_PKEY_free(pkey);
    return key;
}

START_TEST(corim_that_is_signed_is_read_with_that_key_alone)
{
    static const enum pki_kind kinds[] = {PKI_P256, PKI_P384, PKI_ED25519,
                                          PKI_RSA2048};
    vouch_key *key = new_key(kinds[_i]), *other = new_key(kinds[_i]);
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy), *again;
    vouch_corim_why why;
    vouch_buffer octets;

    ck_assert_int_eq(vouch_corim_write(corim, key, "ACME Ltd.", &octets),
                     VOUCH_OK);
    again = read_good(span_of(&octets), vouch_key_spki(key));
    assert_same(corim, again);
    vouch_corim_free(again);
    ck_assert_int_eq(
        read_at(span_of(&octets), vouch_key_spki(other), now, &again, &why),
        VOUCH_E_SIGNATURE);
    ck_assert_int_eq(read_at(span_of(&octets), nothing, now, &again, &why),
                     VOUCH_E_ILLEGAL);
    assert_no_part(span_of(&octets), vouch_key_spki(key));
    vouch_buffer_free(&octets);
    vouch_corim_free(corim);
    vouch_key_free(key);
    vouch_key_free(other);
}
END_TEST

START_TEST(signer_must_be_a_key)
{
    vouch_buffer octets = vector_hex(nth("good", 13), "corim");
    vouch_corim *corim;
    vouch_corim_why why;

    ck_assert_int_eq(read_at(span_of(&octets),
                             (vouch_bytes){signer.data, signer.len - 1}, now,
                             &corim, &why),
                     VOUCH_E_ARGUMENT);
    free(octets.data);
}
END_TEST

/* An identifier is a UUID of version 8 (RFC 9562, 5.8) and changes with what it
 * names. */
START_TEST(identifiers_are_made_of_what_is_said)
{
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy);
    vouch_buffer first = write_unsigned(corim), second;
    static const uint8_t head[] = {0xd9, 0x01, 0xf5, 0xa3, 0x00, 0x50};

    ck_assert_int_eq(vouch_policy_set_max_age(policy, 301), VOUCH_OK);
    second = write_unsigned(corim);
    ck_assert_mem_eq(first.data, head, sizeof head);
    ck_assert_int_eq(first.data[sizeof head + 6] >> 4, 8);
    ck_assert_int_eq(first.data[sizeof head + 8] >> 6, 2);
    ck_assert_mem_ne(&first.data[sizeof head], &second.data[sizeof head], 16);
    vouch_buffer_free(&first);
    vouch_buffer_free(&second);
    vouch_corim_free(corim);
}
END_TEST

/* A policy without anchor or reference value is read: whoever appraises by it
 * refuses. One that is in use can still be written. */
START_TEST(empty_and_sealed_policies_are_written)
{
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy), *again;
    vouch_buffer octets;

    vouch_policy_free(vouch_policy_ref(policy));
    octets = write_unsigned(corim);
    again = read_good(span_of(&octets), nothing);
    assert_same(corim, again);
    vouch_corim_free(again);
    vouch_corim_free(corim);
    vouch_buffer_free(&octets);
}
END_TEST

START_TEST(corim_without_policies_is_none)
{
    vouch_buffer octets = {NULL, 7};
    vouch_corim *corim;

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    ck_assert_int_eq(vouch_corim_write(corim, NULL, NULL, &octets),
                     VOUCH_E_STATE);
    ck_assert_ptr_null(octets.data);
    ck_assert_uint_eq(octets.len, 7);
    vouch_corim_free(corim);
    vouch_corim_free(NULL);
}
END_TEST

START_TEST(every_claim_has_a_key_of_its_own)
{
    for (unsigned i = VOUCH_CLAIM_NONE + 1; i < VOUCH_CLAIMS; i++) {
        ck_assert_int_ne(vouch_claim_key((vouch_claim)i), 0);
        ck_assert_int_eq(vouch_claim_of_key(vouch_claim_key((vouch_claim)i)),
                         i);
    }
    ck_assert_int_eq(vouch_claim_of_key(0), VOUCH_CLAIM_NONE);
}
END_TEST

/* Limits */

START_TEST(formats_have_a_limit)
{
    vouch_policy *policy = NULL;
    vouch_corim *corim, *again;
    vouch_buffer octets;
    char format[16];

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    for (int i = VOUCH_LIMIT_FORMATS; i != 0; i--) {
        snprintf(format, sizeof format, "a/%02d", i);
        ck_assert_int_eq(vouch_corim_policy(corim, format, &policy), VOUCH_OK);
        ck_assert_str_eq(vouch_policy_format(policy), format);
    }
    ck_assert_int_eq(vouch_corim_policy(corim, "a/00", &policy),
                     VOUCH_E_TOO_MANY);
    ck_assert_int_eq(vouch_corim_policy(corim, "", &policy), VOUCH_E_TOO_MANY);
    ck_assert_str_eq(vouch_policy_format(policy), "a/01");
    octets = write_unsigned(corim);
    again = read_good(span_of(&octets), nothing);
    assert_same(corim, again);
    vouch_corim_free(again);
    vouch_corim_free(corim);
    vouch_buffer_free(&octets);
}
END_TEST

START_TEST(format_must_be_a_media_type)
{
    vouch_policy *policy = NULL;
    vouch_corim *corim;

    ck_assert_int_eq(vouch_corim_new(&corim), VOUCH_OK);
    ck_assert_int_eq(vouch_corim_policy(corim, "", &policy), VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(policy);
    vouch_corim_free(corim);
}
END_TEST

static void add_numbered(vouch_policy *policy, unsigned i, unsigned name)
{
    uint8_t value[32] = {(uint8_t)(i >> 8), (uint8_t)i};
    char text[16];

    snprintf(text, sizeof text, "%u", name);
    ck_assert_int_eq(
        vouch_policy_add_reference(policy, text, (vouch_bytes){value, 32}),
        VOUCH_OK);
}

/* The most that a policy can hold of names and instances is written, and read
 * again within the limits of CBOR. */
START_TEST(fullest_policy_is_written_and_read)
{
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy), *again;
    vouch_buffer octets;

    for (unsigned i = 0; i < VOUCH_LIMIT_MEASUREMENTS; i++) {
        uint8_t value[32] = {1, (uint8_t)i, 1};
        char name[16];

        snprintf(name, sizeof name, "%u", i);
        add_numbered(policy, i, i);
        ck_assert_int_eq(
            vouch_policy_add_component(policy, name, (vouch_bytes){value, 32}),
            VOUCH_OK);
        ck_assert_int_eq(
            vouch_policy_add_instance(policy, (vouch_bytes){value, 16}),
            VOUCH_OK);
    }
    octets = write_unsigned(corim);
    again = read_good(span_of(&octets), nothing);
    assert_same(corim, again);
    vouch_corim_free(again);
    vouch_corim_free(corim);
    vouch_buffer_free(&octets);
}
END_TEST

/* Alternatives have no limit of their own, the file has. */
START_TEST(corim_has_a_longest)
{
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy);
    vouch_buffer octets = {NULL, 0}, last = {NULL, 0};
    vouch_corim_why why;
    vouch_corim *again;
    vouch_err err = VOUCH_OK;

    for (unsigned i = 0; err == VOUCH_OK; i++) {
        add_numbered(policy, i, 0);
        if (i % 16 == 0) {
            vouch_buffer_free(&last);
            last = octets;
            octets = (vouch_buffer){NULL, 0};
            err = vouch_corim_write(corim, NULL, NULL, &octets);
        }
    }
    ck_assert_int_eq(err, VOUCH_E_TOO_LARGE);
    ck_assert_ptr_null(octets.data);
    ck_assert_uint_gt(last.len, VOUCH_LIMIT_CORIM - 8192);
    vouch_corim_free(read_good(span_of(&last), nothing));
    vouch_corim_free(corim);

    octets.len = VOUCH_LIMIT_CORIM + 1;
    octets.data = calloc(1, octets.len);
    ck_assert_int_eq(read_at(span_of(&octets), nothing, now, &again, &why),
                     VOUCH_E_TOO_LARGE);
    octets.len--;
    ck_assert_int_eq(read_at(span_of(&octets), nothing, now, &again, &why),
                     VOUCH_E_CBOR);
    free(octets.data);
    vouch_buffer_free(&last);
}
END_TEST

static vouch_err no_visit(void *arg,
                          const struct vouch_corim_statement *statement)
{
    ++*(size_t *)arg;
    return statement->kind == VOUCH_CORIM_MAX_AGE ? VOUCH_OK : VOUCH_E_STATE;
}

/* `num` tags that say the same, under different names. */
static vouch_buffer many_tags(size_t num)
{
    static const struct vouch_corim_validity always = {INT64_MIN, INT64_MAX};
    struct vouch_corim_statement statement = {.kind = VOUCH_CORIM_MAX_AGE,
                                              .model = vouch_text("a/b")};
    struct vouch_corim_list triples[VOUCH_CORIM_TRIPLES] = {{{NULL, 0}, 0}};
    CBB triple, map, tags, out;
    uint8_t id[16] = {0};

    ck_assert(CBB_init(&triple, 64) && CBB_init(&map, 64) &&
              CBB_init(&tags, 64) && CBB_init(&out, 64));
    ck_assert(vouch_corim_write_triple(&triple, &statement));
    triples[VOUCH_CORIM_REFERENCE_TRIPLES] =
        (struct vouch_corim_list){{CBB_data(&triple), CBB_len(&triple)}, 1};
    ck_assert(vouch_corim_write_triples_map(&map, triples));
    for (size_t i = 0; i < num; i++) {
        id[0] = (uint8_t)i;
        ck_assert(vouch_corim_write_tag(
            &tags, id, (vouch_bytes){CBB_data(&map), CBB_len(&map)}));
    }
    ck_assert(vouch_corim_encode(
        &out, id,
        &(struct vouch_corim_list){{CBB_data(&tags), CBB_len(&tags)}, num},
        &always));
    CBB_cleanup(&triple);
    CBB_cleanup(&map);
    CBB_cleanup(&tags);
    return finish_cbb(&out);
}

START_TEST(tags_have_a_limit)
{
    vouch_buffer most = many_tags(VOUCH_LIMIT_CORIM_TAGS),
                 more = many_tags(VOUCH_LIMIT_CORIM_TAGS + 1);
    struct vouch_corim_validity validity;
    struct vouch_corim_fault fault;
    size_t num = 0;

    ck_assert_int_eq(
        vouch_corim_decode(span_of(&most), no_visit, &num, &validity, &fault),
        VOUCH_OK);
    ck_assert_uint_eq(num, VOUCH_LIMIT_CORIM_TAGS);
    ck_assert_int_eq(
        vouch_corim_decode(span_of(&more), no_visit, &num, &validity, &fault),
        VOUCH_E_TOO_MANY);
    ck_assert_uint_eq(num, VOUCH_LIMIT_CORIM_TAGS);
    ck_assert_str_eq(fault.what, "too many tags");
    free(most.data);
    free(more.data);
}
END_TEST

/* What is written can be read: CBOR wants UTF-8 (RFC 8949, 3.1). */
START_TEST(names_are_utf8)
{
    static const uint8_t digest[32] = {0};
    vouch_key *key = new_key(PKI_P256);
    vouch_policy *policy;
    vouch_corim *corim = plain_corim(&policy);
    vouch_buffer octets = {NULL, 0};

    ck_assert_int_eq(vouch_corim_write(corim, key, "\xff", &octets),
                     VOUCH_E_ARGUMENT);
    ck_assert_int_eq(
        vouch_policy_add_component(policy, "\xc3", (vouch_bytes){digest, 32}),
        VOUCH_OK);
    ck_assert_int_eq(vouch_corim_write(corim, NULL, NULL, &octets),
                     VOUCH_E_ARGUMENT);
    ck_assert_ptr_null(octets.data);
    vouch_corim_free(corim);
    vouch_key_free(key);
}
END_TEST

/* Memory that runs out at each allocation in turn: the call fails, says so,
 * and leaves nothing behind. */

static struct {
    size_t count, fails_at, live;
} memory;

static void *allocate(void *arg, size_t size)
{
    void *block;

    (void)arg;
    if (memory.count++ == memory.fails_at) {
        return NULL;
    }
    block = malloc(size);
    memory.live += block != NULL;
    return block;
}

static void release(void *arg, void *block)
{
    (void)arg;
    memory.live--;
    free(block);
}

static vouch_err read_and_write(vouch_bytes octets)
{
    vouch_buffer again;
    vouch_corim *corim;
    vouch_corim_why why = {""};
    vouch_err err = vouch_corim_read(octets, nothing, now, &corim, &why);

    if (err != VOUCH_OK) {
        ck_assert_str_ne(why.text, "");
        return err;
    }
    err = vouch_corim_write(corim, NULL, NULL, &again);
    if (err == VOUCH_OK) {
        vouch_buffer_free(&again);
    }
    vouch_corim_free(corim);
    return err;
}

START_TEST(want_of_memory_leaves_nothing_behind)
{
    static const vouch_allocator allocator = {allocate, release, NULL};

    vouch_set_allocator(&allocator);
    for (int i = 0; nth("good", i) != NULL; i++) {
        vouch_buffer octets = vector_hex(nth("good", i), "corim");
        vouch_err err = VOUCH_E_NOMEM;

        memory.fails_at = key_of(nth("good", i)).len != 0 ? SIZE_MAX : 0;
        for (; memory.fails_at != SIZE_MAX && err != VOUCH_OK;
             memory.fails_at++) {
            memory.count = 0;
            err = read_and_write(span_of(&octets));
            ck_assert_uint_eq(memory.live, 0);
            ck_assert(err == VOUCH_OK || err == VOUCH_E_NOMEM);
        }
        free(octets.data);
    }
}
END_TEST

/* PEM */

START_TEST(pem_is_one_block_of_one_label)
{
    static const char text[] = "-----BEGIN X-----\nAAEC\n-----END X-----\n";
    static const char *const wrong[] = {
        "",
        "AAEC",
        " -----BEGIN X-----\nAAEC\n-----END X-----\n",
        "-----BEGIN Y-----\nAAEC\n-----END Y-----\n",
        "-----BEGIN X-----\nAAE\n-----END X-----\n",
        "-----BEGIN X-----\nA: b\n\nAAEC\n-----END X-----\n",
        "-----BEGIN X-----\nAAEC\n-----END X-----\n ",
        "-----BEGIN X-----\nAAEC\n-----END Y-----\n",
    };
    vouch_buffer octets, again;

    ck_assert_int_eq(vouch_pem_read(vouch_text(text), "X", &octets), VOUCH_OK);
    ck_assert_uint_eq(octets.len, 3);
    ck_assert_mem_eq(octets.data, "\0\1\2", 3);
    ck_assert_int_eq(vouch_pem_write("X", span_of(&octets), &again), VOUCH_OK);
    ck_assert(vouch_bytes_equal(span_of(&again), vouch_text(text)));
    vouch_buffer_free(&again);
    vouch_buffer_free(&octets);
    for (int i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(vouch_pem_read(vouch_text(wrong[i]), "X", &octets),
                         VOUCH_E_ARGUMENT);
        ck_assert_ptr_null(octets.data);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("corim");
    TCase *tc = tcase_create("corim");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, vectors_are_made_anew_with_the_same_octets);
    tcase_add_test(tc, corim_is_read_for_what_it_says);
    tcase_add_test(tc, policy_lists_what_it_says);
    tcase_add_test(tc, corim_that_says_anything_else_is_refused);
    tcase_add_test(tc, why_may_be_left_out);
    tcase_add_test(tc, corim_is_written_as_it_is_read);
    tcase_add_test(tc, corim_is_written_in_one_order);
    tcase_add_test(tc, corim_is_read_whole_or_not_at_all);
    tcase_add_test(tc, signed_corim_is_good_in_no_other_octets);
    tcase_add_loop_test(tc, corim_that_is_signed_is_read_with_that_key_alone, 0,
                        4);
    tcase_add_test(tc, signer_must_be_a_key);
    tcase_add_test(tc, identifiers_are_made_of_what_is_said);
    tcase_add_test(tc, empty_and_sealed_policies_are_written);
    tcase_add_test(tc, corim_without_policies_is_none);
    tcase_add_test(tc, every_claim_has_a_key_of_its_own);
    tcase_add_test(tc, formats_have_a_limit);
    tcase_add_test(tc, format_must_be_a_media_type);
    tcase_add_test(tc, fullest_policy_is_written_and_read);
    tcase_add_test(tc, corim_has_a_longest);
    tcase_add_test(tc, tags_have_a_limit);
    tcase_add_test(tc, names_are_utf8);
    tcase_add_test(tc, want_of_memory_leaves_nothing_behind);
    tcase_add_test(tc, pem_is_one_block_of_one_label);
    suite_add_tcase(suite, tc);
    return suite;
}
