/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>

#include "proto/handshake.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

enum { VECTORS = 36, LONGEST = 0xffff };

static const vouch_bytes none = {NULL, 0};
static const uint8_t zeros[2 * VOUCH_LIMIT_CERTIFICATE_LIST];

static json_t *file;

static void load(void)
{
    file = load_vectors("exported_authenticators.json");
}

static void unload(void)
{
    json_decref(file);
}

static vouch_buffer vector_authenticator(const char *name)
{
    return vector_hex(find_vector(file, name), "authenticator");
}

/* `len` octets that mean nothing. */
static vouch_bytes octets_of(size_t len)
{
    ck_assert_uint_le(len, sizeof zeros);
    return (vouch_bytes){zeros, len};
}

/* Requests that offer nothing, or these extensions. The other members of a
 * request are not looked at here. */
static const struct vouch_request plain = {.type = 17};
static const uint8_t offered[] = {0xff, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00,
                                  0x00, 0x12, 0x34, 0x00, 0x00, 0x00, 0x0d,
                                  0x00, 0x00, 0x00, 0x32, 0x00, 0x00, 0x00,
                                  0x2f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const struct vouch_request asking = {
    .type = 17,
    .extensions = {offered, sizeof offered},
    .attestation = true,
};

/* Parses a copy that has nothing behind it, and sees to it that a refusal
 * leaves the output alone. */
static vouch_err try_parse(vouch_bytes message,
                           const struct vouch_request *request)
{
    uint8_t *copy = exact_copy(message.data, message.len);
    struct vouch_authenticator_parts parts, before;
    vouch_err err;

    memset(&parts, 0xa5, sizeof parts);
    memcpy(&before, &parts, sizeof parts);
    err = vouch_authenticator_parse((vouch_bytes){copy, message.len}, request,
                                    &parts);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&parts, &before, sizeof parts);
    }
    free(copy);
    return err;
}

static vouch_err try_and_free(vouch_buffer message,
                              const struct vouch_request *request)
{
    vouch_err err = try_parse(span_of(&message), request);

    free(message.data);
    return err;
}

static void add_message(CBB *out, uint8_t type, vouch_bytes content)
{
    CBB body;

    ck_assert(
        CBB_add_u8(out, type) && CBB_add_u24_length_prefixed(out, &body) &&
        CBB_add_bytes(&body, content.data, content.len) && CBB_flush(out));
}

static void add_certificate(CBB *out, vouch_bytes context, vouch_bytes list)
{
    CBB body, part;

    ck_assert(CBB_add_u8(out, VOUCH_HS_CERTIFICATE) &&
              CBB_add_u24_length_prefixed(out, &body) &&
              CBB_add_u8_length_prefixed(&body, &part) &&
              CBB_add_bytes(&part, context.data, context.len) &&
              CBB_add_u24_length_prefixed(&body, &part) &&
              CBB_add_bytes(&part, list.data, list.len) && CBB_flush(out));
}

static void add_verify(CBB *out, size_t signature_len)
{
    CBB body, part;

    ck_assert(CBB_add_u8(out, VOUCH_HS_CERTIFICATE_VERIFY) &&
              CBB_add_u24_length_prefixed(out, &body) &&
              CBB_add_u16(&body, 0x0403) &&
              CBB_add_u16_length_prefixed(&body, &part) &&
              CBB_add_bytes(&part, zeros, signature_len) && CBB_flush(out));
}

/* An authenticator with these lengths of what means nothing. */
static vouch_buffer authenticator_of(vouch_bytes context, vouch_bytes list,
                                     size_t signature_len,
                                     size_t verify_data_len)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    add_certificate(&cbb, context, list);
    add_verify(&cbb, signature_len);
    add_message(&cbb, VOUCH_HS_FINISHED, octets_of(verify_data_len));
    return finish_cbb(&cbb);
}

static vouch_buffer with_list(vouch_bytes list)
{
    return authenticator_of(none, list, 64, 32);
}

static void add_entry(CBB *list, size_t len, vouch_bytes extensions)
{
    CBB part;

    ck_assert(CBB_add_u24_length_prefixed(list, &part) &&
              CBB_add_bytes(&part, zeros, len) &&
              CBB_add_u16_length_prefixed(list, &part) &&
              CBB_add_bytes(&part, extensions.data, extensions.len) &&
              CBB_flush(list));
}

/* An authenticator with entries of these extensions; NULL ends them. */
static vouch_buffer with_extensions(const char *first, const char *second)
{
    const char *const entries[] = {first, second};
    vouch_buffer list, message;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    for (size_t i = 0; i < 2 && entries[i] != NULL; i++) {
        vouch_buffer extensions = from_hex(entries[i]);

        add_entry(&cbb, 100, span_of(&extensions));
        free(extensions.data);
    }
    list = finish_cbb(&cbb);
    message = with_list(span_of(&list));
    free(list.data);
    return message;
}

static vouch_err try_extensions(const char *first, const char *second,
                                const struct vouch_request *request)
{
    return try_and_free(with_extensions(first, second), request);
}

/* What parsing alone can tell; anything else takes keys. */
static vouch_err parsed_as(const json_t *vector)
{
    static const struct {
        const char *expect;
        vouch_err err;
    } refusals[] = {
        {"structure", VOUCH_E_DECODE},
        {"unsupported_extension", VOUCH_E_UNSUPPORTED_EXTENSION},
        {"extension_placement", VOUCH_E_EXTENSION_PLACEMENT},
        {"extension_format", VOUCH_E_EXTENSION_FORMAT},
    };

    for (int i = 0; i < COUNT(refusals); i++) {
        if (strcmp(vector_text(vector, "expect"), refusals[i].expect) == 0) {
            return refusals[i].err;
        }
    }
    return VOUCH_OK;
}

/* [X01] [X02] [X03] [X08] [E13] [E14] [E21] */
START_TEST(authenticator_parse_takes_each_vector_as_it_says)
{
    const json_t *vector =
        json_array_get(json_object_get(file, "vectors"), (size_t)_i);
    bool bad_request =
        strcmp(vector_text(vector, "expect"), "bad_request") == 0;
    vouch_buffer octets = vector_hex(vector, "request");
    struct vouch_request request;

    if (!bad_request) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_request_parse(span_of(&octets), &request));
    }
    ck_assert_int_eq(parsed_as(vector),
                     try_and_free(vector_hex(vector, "authenticator"),
                                  bad_request ? NULL : &request));
    free(octets.data);
}
END_TEST

START_TEST(authenticator_parse_finds_all_parts)
{
    const json_t *vector = find_vector(file, "server-chain-of-two");
    vouch_buffer message = vector_hex(vector, "authenticator");
    vouch_buffer context = vector_hex(vector, "certificate_request_context");
    vouch_buffer cmw = vector_hex(vector, "cmw_data");
    vouch_buffer anchor = vector_hex(vector, "trust_anchor");
    struct vouch_authenticator_parts parts;
    vouch_bytes list, certificate;

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    ck_assert(!parts.empty);
    ck_assert_ptr_eq(parts.certificate_msg.data, message.data);
    ck_assert_ptr_eq(parts.certificate_verify_msg.data,
                     &message.data[parts.certificate_msg.len]);
    ck_assert_uint_eq(parts.certificate_msg.len +
                          parts.certificate_verify_msg.len + 4 + 32,
                      message.len);
    ck_assert(vouch_bytes_equal(parts.context, span_of(&context)));
    ck_assert(vouch_bytes_equal(parts.cmw, span_of(&cmw)));
    ck_assert_uint_eq(parts.scheme, 0x0403);
    ck_assert_ptr_eq(parts.signature.data,
                     &parts.certificate_verify_msg.data[8]);
    ck_assert_uint_eq(parts.signature.len,
                      parts.certificate_verify_msg.len - 8);
    ck_assert_ptr_eq(parts.verify_data.data, &message.data[message.len - 32]);
    ck_assert_uint_eq(parts.verify_data.len, 32);

    list = parts.certificate_list;
    ck_assert(vouch_entry_next(&list, &certificate));
    ck_assert(vouch_bytes_equal(certificate, parts.leaf));
    ck_assert(vouch_entry_next(&list, &certificate));
    ck_assert(vouch_bytes_equal(certificate, span_of(&anchor)));
    ck_assert(!vouch_entry_next(&list, &certificate));
    ck_assert_uint_eq(list.len, 0);

    free(anchor.data);
    free(cmw.data);
    free(context.data);
    free(message.data);
}
END_TEST

START_TEST(authenticator_parse_takes_one_without_attestation)
{
    vouch_buffer message = vector_authenticator("server-no-cmw");
    struct vouch_authenticator_parts parts;

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    ck_assert_uint_eq(parts.cmw.len, 0);
    ck_assert_uint_ne(parts.leaf.len, 0);
    free(message.data);
}
END_TEST

START_TEST(authenticator_parse_finds_the_empty_one) /* RFC 9261, 6 [E21] */
{
    vouch_buffer message = vector_authenticator("empty-authenticator");
    struct vouch_authenticator_parts parts;

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    ck_assert(parts.empty);
    ck_assert_ptr_eq(parts.verify_data.data, &message.data[4]);
    ck_assert_uint_eq(parts.verify_data.len, 32);
    ck_assert_uint_eq(parts.certificate_msg.len, 0);
    ck_assert_uint_eq(parts.certificate_list.len, 0);
    free(message.data);
}
END_TEST

static const char *const whole[] = {
    "server-chain-of-two",
    "server-p256-sha384",
    "empty-authenticator",
};

START_TEST(authenticator_parse_refuses_every_prefix)
{
    vouch_buffer message = vector_authenticator(whole[_i]);

    ck_assert_int_eq(VOUCH_OK, try_parse(span_of(&message), &asking));
    for (size_t len = 0; len < message.len; len++) {
        ck_assert_int_eq(VOUCH_E_DECODE,
                         try_parse((vouch_bytes){message.data, len}, &asking));
    }
    free(message.data);
}
END_TEST

START_TEST(authenticator_parse_refuses_an_octet_before_or_behind)
{
    vouch_buffer message = vector_authenticator(whole[_i]);
    uint8_t *wider = calloc(1, message.len + 2);

    ck_assert_ptr_nonnull(wider);
    memcpy(&wider[1], message.data, message.len);
    ck_assert_int_eq(VOUCH_OK,
                     try_parse((vouch_bytes){&wider[1], message.len}, &asking));
    ck_assert_int_eq(
        VOUCH_E_DECODE,
        try_parse((vouch_bytes){&wider[1], message.len + 1}, &asking));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_parse((vouch_bytes){wider, message.len + 1}, &asking));
    free(wider);
    free(message.data);
}
END_TEST

/* C, V and F stand for the three messages, X for one of another type. */
static const char *const orders[] = {
    "C",    "V",   "CV",  "CF",  "VF",  "FF",  "CVFF", "CCVF", "CVV",
    "CVVF", "VCF", "FCV", "CFV", "VFC", "FVC", "CVFX", "XCVF", "CXVF",
    "CVXF", "XVF", "CXF", "CVX", "XF",  "FX",  "X",
};

static vouch_buffer in_order(const char *order, vouch_bytes list)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    for (; *order != '\0'; order++) {
        switch (*order) {
        case 'C':
            add_certificate(&cbb, none, list);
            break;
        case 'V':
            add_verify(&cbb, 64);
            break;
        default:
            add_message(&cbb, *order == 'F' ? VOUCH_HS_FINISHED : 25,
                        octets_of(32));
            break;
        }
    }
    return finish_cbb(&cbb);
}

/* RFC 9261, 5 and 6 [E21] */
START_TEST(authenticator_parse_refuses_other_messages_and_orders)
{
    vouch_buffer list = from_hex("000001 30 0000");

    ck_assert_int_eq(VOUCH_OK,
                     try_and_free(in_order("CVF", span_of(&list)), &asking));
    ck_assert_int_eq(VOUCH_OK,
                     try_and_free(in_order("F", span_of(&list)), &asking));
    ck_assert_int_eq(
        VOUCH_E_DECODE,
        try_and_free(in_order(orders[_i], span_of(&list)), &asking));
    free(list.data);
}
END_TEST

START_TEST(authenticator_parse_refuses_other_message_types)
{
    vouch_buffer message = vector_authenticator("server-p256-sha256");
    struct vouch_authenticator_parts parts;
    size_t starts[3] = {0};

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    starts[1] = parts.certificate_msg.len;
    starts[2] = starts[1] + parts.certificate_verify_msg.len;
    for (size_t i = 0; i < 3; i++) {
        uint8_t *type = &message.data[starts[i]];
        uint8_t right = *type;

        for (unsigned wrong = 0; wrong <= 0xff; wrong++) {
            *type = (uint8_t)wrong;
            ck_assert_int_eq(wrong == right ? VOUCH_OK : VOUCH_E_DECODE,
                             try_parse(span_of(&message), &asking));
        }
        *type = right;
    }
    free(message.data);
}
END_TEST

static vouch_err try_with(vouch_buffer *message, size_t at, int change)
{
    vouch_err err;

    message->data[at] = (uint8_t)(message->data[at] + change);
    err = try_parse(span_of(message), &asking);
    message->data[at] = (uint8_t)(message->data[at] - change);
    return err;
}

/* Every length of a message, one less and one more. */
START_TEST(authenticator_parse_refuses_lengths_that_are_not_exact)
{
    vouch_buffer message = vector_authenticator("server-p256-sha256");
    struct vouch_authenticator_parts parts;
    size_t list, leaf, verify, finished;

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    list = 4 + 1 + parts.context.len + 3;
    leaf = list + 3 + parts.leaf.len;
    verify = parts.certificate_msg.len;
    finished = verify + parts.certificate_verify_msg.len;
    {
        const struct {
            size_t at;
            vouch_err less, more;
        } lengths[] = {
            {3, VOUCH_E_DECODE, VOUCH_E_DECODE},        /* Certificate */
            {4, VOUCH_E_DECODE, VOUCH_E_DECODE},        /* context */
            {list - 1, VOUCH_E_DECODE, VOUCH_E_DECODE}, /* certificate_list */
            {list + 2, VOUCH_E_DECODE, VOUCH_E_DECODE}, /* cert_data */
            {leaf + 1, VOUCH_E_DECODE, VOUCH_E_DECODE}, /* extensions */
            {leaf + 5, VOUCH_E_EXTENSION_FORMAT, VOUCH_E_DECODE},
            {leaf + 7, VOUCH_E_EXTENSION_FORMAT, VOUCH_E_EXTENSION_FORMAT},
            {verify + 3, VOUCH_E_DECODE, VOUCH_E_DECODE},
            {verify + 7, VOUCH_E_DECODE, VOUCH_E_DECODE}, /* signature */
            {finished + 3, VOUCH_E_DECODE, VOUCH_E_DECODE},
        };

        for (int i = 0; i < COUNT(lengths); i++) {
            ck_assert_int_eq(lengths[i].less,
                             try_with(&message, lengths[i].at, -1));
            ck_assert_int_eq(lengths[i].more,
                             try_with(&message, lengths[i].at, 1));
        }
    }
    free(message.data);
}
END_TEST

/* Of the message, behind all that it should hold. */
START_TEST(authenticator_parse_refuses_an_octet_at_the_end_of_a_message)
{
    static const char *const messages[] = {
        "0b 00000a 00 000006 000001 30 0000"
        "0f 000005 0403 0001 30",
        "0b 00000b 00 000006 000001 30 0000 00"
        "0f 000005 0403 0001 30",
        "0b 00000a 00 000006 000001 30 0000"
        "0f 000006 0403 0001 30 00",
    };
    vouch_buffer octets = from_hex(messages[_i]);
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0) &&
              CBB_add_bytes(&cbb, octets.data, octets.len));
    add_message(&cbb, VOUCH_HS_FINISHED, octets_of(32));
    ck_assert_int_eq(_i == 0 ? VOUCH_OK : VOUCH_E_DECODE,
                     try_and_free(finish_cbb(&cbb), &asking));
    free(octets.data);
}
END_TEST

/* RFC 9261, 6: a Certificate of none is never sent [E21] */
START_TEST(authenticator_parse_refuses_a_chain_of_none)
{
    ck_assert_int_eq(VOUCH_E_DECODE, try_and_free(with_list(none), &asking));
}
END_TEST

START_TEST(authenticator_parse_refuses_an_empty_certificate)
{
    vouch_buffer first = from_hex("000000 0000");
    vouch_buffer second = from_hex("000001 30 0000 000000 0000");

    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_and_free(with_list(span_of(&first)), &asking));
    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_and_free(with_list(span_of(&second)), &asking));
    free(second.data);
    free(first.data);
}
END_TEST

static vouch_err try_list_of(size_t num, size_t len)
{
    vouch_buffer list;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    for (size_t i = 0; i < num; i++) {
        add_entry(&cbb, len, none);
    }
    list = finish_cbb(&cbb);
    err = try_and_free(with_list(span_of(&list)), &asking);
    free(list.data);
    return err;
}

START_TEST(authenticator_parse_keeps_to_the_limits_of_a_chain)
{
    ck_assert_int_eq(VOUCH_OK, try_list_of(VOUCH_LIMIT_CHAIN, 1));
    ck_assert_int_eq(VOUCH_E_TOO_MANY, try_list_of(VOUCH_LIMIT_CHAIN + 1, 1));
    ck_assert_int_eq(VOUCH_OK, try_list_of(1, VOUCH_LIMIT_CERTIFICATE));
    ck_assert_int_eq(VOUCH_E_TOO_LARGE,
                     try_list_of(1, VOUCH_LIMIT_CERTIFICATE + 1));
}
END_TEST

/* Eight certificates that fill the list but for its last octets. */
START_TEST(authenticator_parse_keeps_to_the_limit_of_the_list)
{
    enum { OTHERS = 7, ENTRY = VOUCH_LIMIT_CERTIFICATE_LIST / 8 };

    for (size_t more = 0; more <= 1; more++) {
        vouch_buffer list;
        CBB cbb;

        ck_assert(CBB_init(&cbb, 0));
        for (size_t i = 0; i < OTHERS; i++) {
            add_entry(&cbb, ENTRY - 5, none);
        }
        add_entry(&cbb, ENTRY - 5 + more, none);
        list = finish_cbb(&cbb);
        ck_assert_uint_eq(list.len, VOUCH_LIMIT_CERTIFICATE_LIST + more);
        ck_assert_int_eq(more == 0 ? VOUCH_OK : VOUCH_E_TOO_LARGE,
                         try_and_free(with_list(span_of(&list)), &asking));
        free(list.data);
    }
}
END_TEST

START_TEST(authenticator_parse_keeps_to_the_limit_of_a_signature)
{
    vouch_buffer list = from_hex("000001 30 0000");

    ck_assert_int_eq(VOUCH_OK,
                     try_and_free(authenticator_of(none, span_of(&list),
                                                   VOUCH_LIMIT_SIGNATURE, 32),
                                  &asking));
    ck_assert_int_eq(
        VOUCH_E_TOO_LARGE,
        try_and_free(authenticator_of(none, span_of(&list),
                                      VOUCH_LIMIT_SIGNATURE + 1, 32),
                     &asking));
    free(list.data);
}
END_TEST

/* RFC 8446, 4.4.4: as long as a hash of TLS 1.3 */
START_TEST(authenticator_parse_takes_verify_data_of_a_hash_only)
{
    vouch_buffer list = from_hex("000001 30 0000");

    for (size_t len = 0; len <= 64; len++) {
        vouch_err expected = len == 32 || len == 48 ? VOUCH_OK : VOUCH_E_DECODE;
        CBB cbb;

        ck_assert_int_eq(
            expected,
            try_and_free(authenticator_of(none, span_of(&list), 64, len),
                         &asking));
        ck_assert(CBB_init(&cbb, 0));
        add_message(&cbb, VOUCH_HS_FINISHED, octets_of(len));
        ck_assert_int_eq(expected, try_and_free(finish_cbb(&cbb), &asking));
    }
    free(list.data);
}
END_TEST

/* At the limit the octets are looked at, beyond it they are not. */
START_TEST(authenticator_parse_keeps_to_the_limit_of_the_whole)
{
    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_parse(octets_of(VOUCH_LIMIT_AUTHENTICATOR), &asking));
    ck_assert_int_eq(
        VOUCH_E_TOO_LARGE,
        try_parse(octets_of(VOUCH_LIMIT_AUTHENTICATOR + 1), &asking));
}
END_TEST

START_TEST(authenticator_parse_takes_contexts_of_0_to_255_octets)
{
    vouch_buffer list = from_hex("000001 30 0000");

    for (size_t len = 0; len <= 255; len++) {
        vouch_buffer message =
            authenticator_of(octets_of(len), span_of(&list), 64, 32);
        struct vouch_authenticator_parts parts;

        ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                             &asking, &parts));
        ck_assert_uint_eq(parts.context.len, len);
        free(message.data);
    }
    free(list.data);
}
END_TEST

START_TEST(authenticator_parse_keeps_to_the_limit_of_extensions)
{
    for (size_t num = VOUCH_LIMIT_EXTENSIONS; num <= VOUCH_LIMIT_EXTENSIONS + 1;
         num++) {
        vouch_buffer extensions, list;
        CBB cbb;

        ck_assert(CBB_init(&cbb, 0));
        for (size_t i = 0; i < num; i++) {
            ck_assert(CBB_add_u16(&cbb, (uint16_t)(0x1200 + i)) &&
                      CBB_add_u16(&cbb, 0));
        }
        extensions = finish_cbb(&cbb);
        ck_assert(CBB_init(&cbb, 0));
        add_entry(&cbb, 1, span_of(&extensions));
        list = finish_cbb(&cbb);
        ck_assert_int_eq(num == VOUCH_LIMIT_EXTENSIONS ? VOUCH_OK
                                                       : VOUCH_E_TOO_MANY,
                         try_and_free(with_list(span_of(&list)), NULL));
        free(list.data);
        free(extensions.data);
    }
}
END_TEST

static const struct {
    const char *first, *second;
    vouch_err asking, plain, unchecked;
} extensions_of_entries[] = {
    {"", "", VOUCH_OK, VOUCH_OK, VOUCH_OK},
    /* cmw_attestation: offered, in the first entry [X01] [X02] [X08] */
    {"ff00 0003 0001 61", "", VOUCH_OK, VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_OK},
    {"", "ff00 0003 0001 61", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    {"ff00 0003 0001 61", "ff00 0003 0001 61", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    /* its body [X03] */
    {"ff00 0000", "", VOUCH_E_EXTENSION_FORMAT, VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_E_EXTENSION_FORMAT},
    {"ff00 0001 00", "", VOUCH_E_EXTENSION_FORMAT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_FORMAT},
    {"ff00 0002 0000", "", VOUCH_E_EXTENSION_FORMAT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_FORMAT},
    {"ff00 0003 0000 61", "", VOUCH_E_EXTENSION_FORMAT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_FORMAT},
    {"ff00 0003 0002 61", "", VOUCH_E_EXTENSION_FORMAT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_FORMAT},
    {"ff00 0004 0001 61 62", "", VOUCH_E_EXTENSION_FORMAT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_FORMAT},
    /* duplicates in one entry, not in two */
    {"ff00 0003 0001 61 ff00 0003 0001 61", "", VOUCH_E_DUPLICATE,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_DUPLICATE},
    {"0005 0000 ff00 0003 0001 61 0005 0001 00", "", VOUCH_E_DUPLICATE,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_DUPLICATE},
    {"", "1234 0000 1234 0000", VOUCH_E_DUPLICATE,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_DUPLICATE},
    {"0005 0000", "0005 0000", VOUCH_OK, VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_OK},
    /* others: only what was offered [E14] */
    {"0005 0005 01 000001 00 ff00 0003 0001 61", "", VOUCH_OK,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_OK},
    {"1234 0002 abcd", "1234 0000", VOUCH_OK, VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_OK},
    {"1235 0000", "", VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_OK},
    {"", "1235 0000", VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_OK},
    {"0012 0000", "", VOUCH_E_UNSUPPORTED_EXTENSION,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_OK},
    /* offered, but for requests alone (RFC 8446, 4.2) */
    {"0000 0000", "", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    {"000d 0004 0002 0403", "", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    {"", "002f 0000", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    {"0032 0004 0002 0403", "", VOUCH_E_EXTENSION_PLACEMENT,
     VOUCH_E_UNSUPPORTED_EXTENSION, VOUCH_E_EXTENSION_PLACEMENT},
    /* no extensions at all */
    {"00", "", VOUCH_E_DECODE, VOUCH_E_DECODE, VOUCH_E_DECODE},
    {"0005", "", VOUCH_E_DECODE, VOUCH_E_DECODE, VOUCH_E_DECODE},
    {"0005 00", "", VOUCH_E_DECODE, VOUCH_E_DECODE, VOUCH_E_DECODE},
    {"0005 0001", "", VOUCH_E_DECODE, VOUCH_E_DECODE, VOUCH_E_DECODE},
    {"", "0005 0002 00", VOUCH_E_DECODE, VOUCH_E_DECODE, VOUCH_E_DECODE},
};

START_TEST(authenticator_parse_judges_extensions_of_entries)
{
    const char *first = extensions_of_entries[_i].first;
    const char *second = extensions_of_entries[_i].second;

    ck_assert_int_eq(extensions_of_entries[_i].asking,
                     try_extensions(first, second, &asking));
    ck_assert_int_eq(extensions_of_entries[_i].plain,
                     try_extensions(first, second, &plain));
    ck_assert_int_eq(extensions_of_entries[_i].unchecked,
                     try_extensions(first, second, NULL));
}
END_TEST

START_TEST(authenticator_parse_finds_cmw_beside_other_extensions)
{
    vouch_buffer message =
        with_extensions("0005 0002 abcd ff00 0005 0003 010203 1234 0000", NULL);
    struct vouch_authenticator_parts parts;

    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    ck_assert_uint_eq(parts.cmw.len, 3);
    ck_assert_mem_eq(parts.cmw.data, "\1\2\3", 3);
    free(message.data);
}
END_TEST

START_TEST(entry_next_takes_nothing_from_a_part_of_an_entry)
{
    vouch_buffer entry = from_hex("000002 3000 0001 00");

    for (size_t len = 0; len < entry.len; len++) {
        uint8_t *copy = exact_copy(entry.data, len);
        vouch_bytes list = {copy, len}, certificate = none;

        ck_assert(!vouch_entry_next(&list, &certificate));
        ck_assert_ptr_eq(list.data, copy);
        ck_assert_uint_eq(list.len, len);
        ck_assert_ptr_null(certificate.data);
        free(copy);
    }
    free(entry.data);
}
END_TEST

static vouch_err encode(CBB *cbb, vouch_bytes context, const vouch_bytes *chain,
                        size_t num, vouch_bytes cmw)
{
    ck_assert(CBB_init(cbb, 0));
    return vouch_certificate_encode(cbb, context, chain, num, cmw);
}

static void check_not_encoded(vouch_err expected, vouch_bytes context,
                              const vouch_bytes *chain, size_t num,
                              vouch_bytes cmw)
{
    CBB cbb;

    ck_assert_int_eq(expected, encode(&cbb, context, chain, num, cmw));
    ck_assert_uint_eq(CBB_len(&cbb), 0);
    CBB_cleanup(&cbb);
}

static const char *const encoded[] = {
    "server-p256-sha256", "client-p384-sha384",  "server-rsa-pss",
    "server-no-cmw",      "server-chain-of-two", "context-of-255",
};

/* expat-04, 3 [X01] [X02] [X03] */
START_TEST(authenticator_encode_gives_the_octets_of_the_vector)
{
    vouch_buffer message = vector_authenticator(encoded[_i]);
    struct vouch_authenticator_parts parts;
    vouch_bytes chain[VOUCH_LIMIT_CHAIN], list;
    vouch_buffer again;
    size_t num = 0;
    CBB cbb;

    ck_assert_int_eq(
        VOUCH_OK, vouch_authenticator_parse(span_of(&message), NULL, &parts));
    list = parts.certificate_list;
    while (vouch_entry_next(&list, &chain[num])) {
        num++;
    }
    ck_assert_int_eq(VOUCH_OK,
                     encode(&cbb, parts.context, chain, num, parts.cmw));
    ck_assert_int_eq(VOUCH_OK, vouch_certificate_verify_encode(
                                   &cbb, parts.scheme, parts.signature));
    ck_assert_int_eq(VOUCH_OK, vouch_finished_encode(&cbb, parts.verify_data));
    again = finish_cbb(&cbb);
    ck_assert(vouch_bytes_equal(span_of(&message), span_of(&again)));
    free(again.data);
    free(message.data);
}
END_TEST

/* RFC 9261, 6 [E21] */
START_TEST(certificate_encode_gives_one_of_none_to_be_hashed)
{
    vouch_buffer expected = from_hex("0b 000006 02 0000 000000");
    vouch_buffer message;
    CBB cbb;

    ck_assert_int_eq(VOUCH_OK, encode(&cbb, octets_of(2), NULL, 0, none));
    message = finish_cbb(&cbb);
    ck_assert(vouch_bytes_equal(span_of(&message), span_of(&expected)));
    free(message.data);
    free(expected.data);
}
END_TEST

/* expat-04, 3: opaque cmw_data<1..2^16-1> in an extension of at most 2^16-1,
 * in a block of at most 2^16-1 [X03] */
START_TEST(certificate_encode_keeps_to_the_limit_of_cmw)
{
    vouch_bytes chain[] = {octets_of(600), octets_of(500)};
    vouch_bytes cmw = octets_of(VOUCH_LIMIT_CMW);
    struct vouch_authenticator_parts parts;
    vouch_buffer message;
    CBB cbb;

    ck_assert_uint_eq(2 + 2 + 2 + VOUCH_LIMIT_CMW, LONGEST);
    ck_assert_int_eq(VOUCH_OK, encode(&cbb, none, chain, 2, cmw));
    add_verify(&cbb, 64);
    add_message(&cbb, VOUCH_HS_FINISHED, octets_of(32));
    message = finish_cbb(&cbb);
    ck_assert_int_eq(VOUCH_OK, vouch_authenticator_parse(span_of(&message),
                                                         &asking, &parts));
    ck_assert_uint_eq(parts.cmw.len, VOUCH_LIMIT_CMW);
    free(message.data);
    check_not_encoded(VOUCH_E_TOO_LARGE, none, chain, 2,
                      octets_of(VOUCH_LIMIT_CMW + 1));
}
END_TEST

START_TEST(certificate_encode_keeps_to_the_limits_of_a_chain)
{
    vouch_bytes chain[VOUCH_LIMIT_CHAIN + 1];
    CBB cbb;

    for (size_t i = 0; i <= VOUCH_LIMIT_CHAIN; i++) {
        chain[i] = octets_of(1);
    }
    ck_assert_int_eq(VOUCH_OK,
                     encode(&cbb, none, chain, VOUCH_LIMIT_CHAIN, none));
    CBB_cleanup(&cbb);
    check_not_encoded(VOUCH_E_TOO_MANY, none, chain, VOUCH_LIMIT_CHAIN + 1,
                      none);
    chain[1] = octets_of(VOUCH_LIMIT_CERTIFICATE);
    ck_assert_int_eq(VOUCH_OK, encode(&cbb, none, chain, 2, none));
    CBB_cleanup(&cbb);
    chain[1] = octets_of(VOUCH_LIMIT_CERTIFICATE + 1);
    check_not_encoded(VOUCH_E_TOO_LARGE, none, chain, 2, none);
    chain[1] = none;
    check_not_encoded(VOUCH_E_ARGUMENT, none, chain, 2, none);
}
END_TEST

/* Certificates and cmw_data that fill the list exactly. */
START_TEST(certificate_encode_keeps_to_the_limit_of_the_list)
{
    enum { NUM = 5, ENTRY = 5 + VOUCH_LIMIT_CERTIFICATE };
    const vouch_bytes cmw =
        octets_of(VOUCH_LIMIT_CERTIFICATE_LIST - NUM * ENTRY - 6);
    vouch_bytes chain[NUM];
    CBB cbb;

    for (size_t i = 0; i < NUM; i++) {
        chain[i] = octets_of(VOUCH_LIMIT_CERTIFICATE);
    }
    ck_assert_int_eq(VOUCH_OK, encode(&cbb, none, chain, NUM, cmw));
    CBB_cleanup(&cbb);
    check_not_encoded(VOUCH_E_TOO_LARGE, none, chain, NUM,
                      octets_of(cmw.len + 1));
}
END_TEST

START_TEST(certificate_encode_refuses_what_could_not_be_parsed)
{
    vouch_bytes chain[] = {octets_of(1)};

    check_not_encoded(VOUCH_E_ARGUMENT, octets_of(256), chain, 1, none);
    check_not_encoded(VOUCH_E_ARGUMENT, none, chain, 0, octets_of(1));
}
END_TEST

START_TEST(certificate_verify_encode_keeps_to_the_limit_of_a_signature)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    ck_assert_int_eq(VOUCH_E_TOO_LARGE,
                     vouch_certificate_verify_encode(
                         &cbb, 0x0403, octets_of(VOUCH_LIMIT_SIGNATURE + 1)));
    ck_assert_uint_eq(CBB_len(&cbb), 0);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_certificate_verify_encode(
                         &cbb, 0x0403, octets_of(VOUCH_LIMIT_SIGNATURE)));
    ck_assert_uint_eq(CBB_len(&cbb), 4 + 2 + 2 + VOUCH_LIMIT_SIGNATURE);
    CBB_cleanup(&cbb);
}
END_TEST

/* With `max` octets of room, all three messages. */
static vouch_err encode_into(uint8_t *room, size_t max)
{
    vouch_bytes chain[] = {octets_of(3), octets_of(2)};
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init_fixed(&cbb, room, max));
    err = vouch_certificate_encode(&cbb, octets_of(1), chain, 2, octets_of(1));
    if (err == VOUCH_OK) {
        err = vouch_certificate_verify_encode(&cbb, 0x0403, octets_of(2));
    }
    if (err == VOUCH_OK) {
        err = vouch_finished_encode(&cbb, octets_of(32));
    }
    CBB_cleanup(&cbb);
    return err;
}

START_TEST(authenticator_encode_says_when_there_is_no_room)
{
    enum { NEEDED = 4 + 2 + 3 + 8 + 7 + 7 + 4 + 2 + 4 + 4 + 32 };
    uint8_t room[NEEDED];

    for (size_t max = 0; max < NEEDED; max++) {
        ck_assert_int_eq(VOUCH_E_NOMEM, encode_into(room, max));
    }
    ck_assert_int_eq(VOUCH_OK, encode_into(room, NEEDED));
}
END_TEST

static TCase *parse_case(void)
{
    TCase *tc = tcase_create("parse");

    tcase_add_unchecked_fixture(tc, load, unload);
    tcase_add_loop_test(tc, authenticator_parse_takes_each_vector_as_it_says, 0,
                        VECTORS);
    tcase_add_test(tc, authenticator_parse_finds_all_parts);
    tcase_add_test(tc, authenticator_parse_takes_one_without_attestation);
    tcase_add_test(tc, authenticator_parse_finds_the_empty_one);
    tcase_add_loop_test(tc, authenticator_parse_refuses_every_prefix, 0,
                        COUNT(whole));
    tcase_add_loop_test(tc,
                        authenticator_parse_refuses_an_octet_before_or_behind,
                        0, COUNT(whole));
    tcase_add_loop_test(tc,
                        authenticator_parse_refuses_other_messages_and_orders,
                        0, COUNT(orders));
    tcase_add_test(tc, authenticator_parse_refuses_other_message_types);
    tcase_add_test(tc, authenticator_parse_refuses_lengths_that_are_not_exact);
    tcase_add_loop_test(
        tc, authenticator_parse_refuses_an_octet_at_the_end_of_a_message, 0, 3);
    tcase_add_test(tc, authenticator_parse_refuses_a_chain_of_none);
    tcase_add_test(tc, authenticator_parse_refuses_an_empty_certificate);
    tcase_add_test(tc, authenticator_parse_keeps_to_the_limits_of_a_chain);
    tcase_add_test(tc, authenticator_parse_keeps_to_the_limit_of_the_list);
    tcase_add_test(tc, authenticator_parse_keeps_to_the_limit_of_a_signature);
    tcase_add_test(tc, authenticator_parse_takes_verify_data_of_a_hash_only);
    tcase_add_test(tc, authenticator_parse_keeps_to_the_limit_of_the_whole);
    tcase_add_test(tc, authenticator_parse_takes_contexts_of_0_to_255_octets);
    tcase_add_test(tc, authenticator_parse_keeps_to_the_limit_of_extensions);
    tcase_add_loop_test(tc, authenticator_parse_judges_extensions_of_entries, 0,
                        COUNT(extensions_of_entries));
    tcase_add_test(tc, authenticator_parse_finds_cmw_beside_other_extensions);
    tcase_add_test(tc, entry_next_takes_nothing_from_a_part_of_an_entry);
    return tc;
}

static TCase *encode_case(void)
{
    TCase *tc = tcase_create("encode");

    tcase_add_unchecked_fixture(tc, load, unload);
    tcase_add_loop_test(tc, authenticator_encode_gives_the_octets_of_the_vector,
                        0, COUNT(encoded));
    tcase_add_test(tc, certificate_encode_gives_one_of_none_to_be_hashed);
    tcase_add_test(tc, certificate_encode_keeps_to_the_limit_of_cmw);
    tcase_add_test(tc, certificate_encode_keeps_to_the_limits_of_a_chain);
    tcase_add_test(tc, certificate_encode_keeps_to_the_limit_of_the_list);
    tcase_add_test(tc, certificate_encode_refuses_what_could_not_be_parsed);
    tcase_add_test(tc,
                   certificate_verify_encode_keeps_to_the_limit_of_a_signature);
    tcase_add_test(tc, authenticator_encode_says_when_there_is_no_room);
    return tc;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("authenticator_parse");

    suite_add_tcase(suite, parse_case());
    suite_add_tcase(suite, encode_case());
    return suite;
}
