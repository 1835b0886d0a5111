/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <vouch/limits.h>
#include <vouch/scheme.h>

#include "proto/handshake.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/vectors.h"

#define SIGNATURE_ALGORITHMS "000d 0004 0002 0403 "
#define CMW_ATTESTATION "ff00 0000 "
#define SERVER_NAME "0000 0006 0004 00 0001 61 "

enum { VECTORS = 36, CLIENTS = 17, SERVERS = 13 };

static const vouch_bytes none = {NULL, 0};

static json_t *file;

static void load(void)
{
    file = load_vectors("exported_authenticators.json");
}

static void unload(void)
{
    json_decref(file);
}

static vouch_buffer vector_request(const char *name)
{
    return vector_hex(find_vector(file, name), "request");
}

/* A request with these extensions. */
static vouch_buffer request_of(uint8_t type, vouch_bytes context,
                               vouch_bytes extensions)
{
    CBB cbb, body, part;

    ck_assert(CBB_init(&cbb, 0) && CBB_add_u8(&cbb, type) &&
              CBB_add_u24_length_prefixed(&cbb, &body) &&
              CBB_add_u8_length_prefixed(&body, &part) &&
              CBB_add_bytes(&part, context.data, context.len) &&
              CBB_add_u16_length_prefixed(&body, &part) &&
              CBB_add_bytes(&part, extensions.data, extensions.len));
    return finish_cbb(&cbb);
}

static vouch_buffer request_with(uint8_t type, const char *extensions)
{
    vouch_buffer octets = from_hex(extensions);
    vouch_buffer message = request_of(type, none, span_of(&octets));

    free(octets.data);
    return message;
}

/* Parses a copy that has nothing behind it, and sees to it that a refusal
 * leaves the output alone. */
static vouch_err try_parse(vouch_bytes message)
{
    uint8_t *copy = exact_copy(message.data, message.len);
    struct vouch_request request, before;
    vouch_err err;

    memset(&request, 0xa5, sizeof request);
    memcpy(&before, &request, sizeof request);
    err = vouch_request_parse((vouch_bytes){copy, message.len}, &request);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&request, &before, sizeof request);
    }
    free(copy);
    return err;
}

static vouch_err try_extensions(uint8_t type, const char *extensions)
{
    vouch_buffer message = request_with(type, extensions);
    vouch_err err = try_parse(span_of(&message));

    free(message.data);
    return err;
}

/* RFC 9261, 4 and 7.1 [E04] [E24]; expat-04, 3.1 [X06] */
START_TEST(request_parse_takes_each_vector_as_it_says)
{
    const json_t *vector =
        json_array_get(json_object_get(file, "vectors"), (size_t)_i);
    bool bad = strcmp(vector_text(vector, "expect"), "bad_request") == 0;
    vouch_buffer message = vector_hex(vector, "request");
    vouch_buffer context = vector_hex(vector, "certificate_request_context");
    struct vouch_request request;

    ck_assert_int_eq(bad ? VOUCH_E_BAD_REQUEST : VOUCH_OK,
                     try_parse(span_of(&message)));
    if (!bad) {
        ck_assert_int_eq(VOUCH_OK,
                         vouch_request_parse(span_of(&message), &request));
        ck_assert_uint_eq(request.type, message.data[0]);
        ck_assert(vouch_bytes_equal(request.context, span_of(&context)));
    }
    free(context.data);
    free(message.data);
}
END_TEST

START_TEST(request_parse_finds_all_that_is_asked)
{
    vouch_buffer message =
        request_with(CLIENTS, "000d 0006 0004 0804 0403 " CMW_ATTESTATION
                              "0000 0008 0006 00 0003 612e62 0005 0000");
    struct vouch_request request;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_request_parse(span_of(&message), &request));
    ck_assert_uint_eq(request.type, VOUCH_HS_CLIENT_CERTIFICATE_REQUEST);
    ck_assert_uint_eq(request.context.len, 0);
    ck_assert_uint_eq(request.signature_algorithms.len, 4);
    ck_assert_mem_eq(request.signature_algorithms.data, "\x08\x04\x04\x03", 4);
    ck_assert(vouch_bytes_equal(request.server_name, vouch_text("a.b")));
    ck_assert(request.attestation);
    ck_assert(vouch_request_offers(&request, VOUCH_EXT_SIGNATURE_ALGORITHMS));
    ck_assert(vouch_request_offers(&request, VOUCH_EXT_CMW_ATTESTATION));
    ck_assert(vouch_request_offers(&request, VOUCH_EXT_SERVER_NAME));
    ck_assert(vouch_request_offers(&request, VOUCH_EXT_STATUS_REQUEST));
    ck_assert(!vouch_request_offers(&request, 18));
    free(message.data);
}
END_TEST

START_TEST(request_parse_finds_no_attestation_where_none_is_asked)
{
    vouch_buffer message = vector_request("server-plain");
    struct vouch_request request;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_request_parse(span_of(&message), &request));
    ck_assert(!request.attestation);
    ck_assert(!vouch_request_offers(&request, VOUCH_EXT_CMW_ATTESTATION));
    ck_assert_uint_eq(request.server_name.len, 0);
    free(message.data);
}
END_TEST

START_TEST(request_parse_refuses_every_prefix)
{
    vouch_buffer message = vector_request("server-p256-sha256");

    for (size_t len = 0; len < message.len; len++) {
        ck_assert_int_eq(VOUCH_E_DECODE,
                         try_parse((vouch_bytes){message.data, len}));
    }
    free(message.data);
}
END_TEST

START_TEST(request_parse_refuses_a_trailing_octet)
{
    vouch_buffer message = vector_request("server-p256-sha256");
    uint8_t longer[128] = {0};

    memcpy(longer, message.data, message.len);
    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_parse((vouch_bytes){longer, message.len + 1}));
    free(message.data);
}
END_TEST

/* One request after another are two messages. */
START_TEST(request_parse_refuses_a_second_message)
{
    vouch_buffer message = vector_request("server-plain");
    uint8_t twice[256];

    memcpy(twice, message.data, message.len);
    memcpy(&twice[message.len], message.data, message.len);
    ck_assert_int_eq(VOUCH_E_DECODE,
                     try_parse((vouch_bytes){twice, 2 * message.len}));
    free(message.data);
}
END_TEST

START_TEST(request_parse_refuses_other_message_types)
{
    vouch_buffer message = vector_request("server-plain");

    for (unsigned type = 0; type <= 0xff; type++) {
        message.data[0] = (uint8_t)type;
        ck_assert_int_eq(type == CLIENTS || type == SERVERS ? VOUCH_OK
                                                            : VOUCH_E_DECODE,
                         try_parse(span_of(&message)));
    }
    free(message.data);
}
END_TEST

static const char *const inexact[] = {
    "0d 00000b 00 0009 000d 0004 0002 0403",        /* message too short */
    "0d 00000c 00 0008 000d 0004 0002 0403",        /* message too long */
    "0d 01000b 00 0008 000d 0004 0002 0403",        /* high octet */
    "0d 00000b 01 0008 000d 0004 0002 0403",        /* context */
    "0d 00000b ff 0008 000d 0004 0002 0403",        /* context, far */
    "0d 00000b 00 0007 000d 0004 0002 0403",        /* block short */
    "0d 00000b 00 0009 000d 0004 0002 0403",        /* block long */
    "0d 00000c 00 0008 000d 0004 0002 0403 00",     /* octet after block */
    "0d 00000b 00 0008 000d 0005 0002 0403",        /* extension */
    "0d 00000c 00 0009 000d 0004 0002 0403 00",     /* part of an extension */
    "0d 00000e 00 000b 000d 0004 0002 0403 ff0000", /* likewise */
    "0d 000003 00 0000",                            /* no extensions */
    "0d 000004 00 0001 00",                         /* less than two */
    "0d 000000",                                    /* no body */
};

/* Each is wrong in one length alone. */
START_TEST(request_parse_refuses_lengths_that_are_not_exact)
{
    vouch_buffer message = from_hex(inexact[_i]);

    ck_assert_int_eq(VOUCH_OK, try_extensions(SERVERS, SIGNATURE_ALGORITHMS));
    ck_assert_int_eq(VOUCH_E_DECODE, try_parse(span_of(&message)));
    free(message.data);
}
END_TEST

START_TEST(request_parse_keeps_to_the_length_limit)
{
    enum { REST = VOUCH_LIMIT_REQUEST - 4 - 1 - 2 };
    vouch_buffer known = from_hex(SIGNATURE_ALGORITHMS "1234");
    uint8_t extensions[REST + 1] = {0};

    for (size_t len = REST; len <= REST + 1; len++) {
        vouch_buffer message;
        size_t body = len - known.len - 2;

        memcpy(extensions, known.data, known.len);
        extensions[known.len] = (uint8_t)(body >> 8);
        extensions[known.len + 1] = (uint8_t)body;
        message = request_of(SERVERS, none, (vouch_bytes){extensions, len});
        ck_assert_uint_eq(message.len, VOUCH_LIMIT_REQUEST + len - REST);
        ck_assert_int_eq(len == REST ? VOUCH_OK : VOUCH_E_TOO_LARGE,
                         try_parse(span_of(&message)));
        free(message.data);
    }
    free(known.data);
}
END_TEST

/* RFC 9261, 4: opaque certificate_request_context<0..2^8-1> [E24] */
START_TEST(request_parse_takes_contexts_of_0_to_255_octets)
{
    vouch_buffer extensions = from_hex(SIGNATURE_ALGORITHMS);
    uint8_t context[255];

    memset(context, 0x5a, sizeof context);
    for (size_t len = 0; len <= sizeof context; len++) {
        vouch_buffer message = request_of(SERVERS, (vouch_bytes){context, len},
                                          span_of(&extensions));
        struct vouch_request request;

        ck_assert_int_eq(VOUCH_OK,
                         vouch_request_parse(span_of(&message), &request));
        ck_assert(
            vouch_bytes_equal(request.context, (vouch_bytes){context, len}));
        free(message.data);
    }
    free(extensions.data);
}
END_TEST

START_TEST(request_parse_keeps_to_the_limit_of_extensions)
{
    for (size_t num = VOUCH_LIMIT_EXTENSIONS; num <= VOUCH_LIMIT_EXTENSIONS + 1;
         num++) {
        vouch_buffer known = from_hex(SIGNATURE_ALGORITHMS);
        vouch_buffer extensions, message;
        CBB cbb;

        ck_assert(CBB_init(&cbb, 0) &&
                  CBB_add_bytes(&cbb, known.data, known.len));
        for (size_t i = 1; i < num; i++) {
            ck_assert(CBB_add_u16(&cbb, (uint16_t)(0x1200 + i)) &&
                      CBB_add_u16(&cbb, 0));
        }
        extensions = finish_cbb(&cbb);
        message = request_of(SERVERS, none, span_of(&extensions));
        ck_assert_int_eq(num <= VOUCH_LIMIT_EXTENSIONS ? VOUCH_OK
                                                       : VOUCH_E_TOO_MANY,
                         try_parse(span_of(&message)));
        free(message.data);
        free(extensions.data);
        free(known.data);
    }
}
END_TEST

static const struct {
    const char *once, *twice;
} duplicates[] = {
    {SIGNATURE_ALGORITHMS, SIGNATURE_ALGORITHMS SIGNATURE_ALGORITHMS},
    {SIGNATURE_ALGORITHMS CMW_ATTESTATION,
     CMW_ATTESTATION SIGNATURE_ALGORITHMS CMW_ATTESTATION},
    {SIGNATURE_ALGORITHMS SERVER_NAME,
     SERVER_NAME SERVER_NAME SIGNATURE_ALGORITHMS},
    {SIGNATURE_ALGORITHMS "0032 0004 0002 0403",
     SIGNATURE_ALGORITHMS "0032 0004 0002 0403 0032 0004 0002 0403"},
    {SIGNATURE_ALGORITHMS "0005 0000",
     SIGNATURE_ALGORITHMS "0005 0000 0005 0000"},
    {SIGNATURE_ALGORITHMS "abcd 0000",
     "abcd 0000" SIGNATURE_ALGORITHMS "abcd 0001 00"},
};

/* RFC 8446, 4.2 */
START_TEST(request_parse_refuses_every_duplicate)
{
    ck_assert_int_eq(VOUCH_OK, try_extensions(CLIENTS, duplicates[_i].once));
    ck_assert_int_eq(VOUCH_E_DUPLICATE,
                     try_extensions(CLIENTS, duplicates[_i].twice));
}
END_TEST

static const char *const unknown[] = {
    "0a0a 0000 " SIGNATURE_ALGORITHMS,
    SIGNATURE_ALGORITHMS "ffff 0003 010203",
    SIGNATURE_ALGORITHMS "0005 0005 01 0000 0000",
    SIGNATURE_ALGORITHMS "002f 0003 000100",
    SIGNATURE_ALGORITHMS "0012 0000 001b 0003 02 0001",
};

/* RFC 9261, 5.2.1 [E15] */
START_TEST(request_parse_ignores_what_it_does_not_know)
{
    ck_assert_int_eq(VOUCH_OK, try_extensions(SERVERS, unknown[_i]));
}
END_TEST

static const char *const bad[] = {
    /* signature_algorithms */
    CMW_ATTESTATION,          /* absent */
    "000d 0000",              /* no list */
    "000d 0001 00",           /* part of a length */
    "000d 0002 0000",         /* empty */
    "000d 0003 0001 04",      /* odd */
    "000d 0005 0003 0403 08", /* odd */
    "000d 0005 0002 0403 00", /* octet after */
    "000d 0004 0004 0403",    /* list longer than extension */
    "0032 0004 0002 0403",    /* signature_algorithms_cert alone */
    /* signature_algorithms_cert */
    SIGNATURE_ALGORITHMS "0032 0000",
    SIGNATURE_ALGORITHMS "0032 0002 0000",
    SIGNATURE_ALGORITHMS "0032 0005 0003 0403 08",
    SIGNATURE_ALGORITHMS "0032 0005 0002 0403 00",
    /* cmw_attestation */
    SIGNATURE_ALGORITHMS "ff00 0001 00",
    SIGNATURE_ALGORITHMS "ff00 0003 0001 00",
    /* server_name */
    SIGNATURE_ALGORITHMS "0000 0000",
    SIGNATURE_ALGORITHMS "0000 0002 0000",
    SIGNATURE_ALGORITHMS "0000 0005 0003 00 0000",    /* empty name */
    SIGNATURE_ALGORITHMS "0000 0006 0004 01 0001 61", /* other type */
    SIGNATURE_ALGORITHMS "0000 0006 0004 00 0001 00", /* NUL */
    SIGNATURE_ALGORITHMS "0000 0008 0006 00 0003 610062",
    SIGNATURE_ALGORITHMS "0000 0006 0004 00 0002 61",
    SIGNATURE_ALGORITHMS "0000 0006 0003 00 0001 61",
    SIGNATURE_ALGORITHMS "0000 0007 0004 00 0001 61 00",
    SIGNATURE_ALGORITHMS "0000 0007 0005 00 0001 61 00",
    SIGNATURE_ALGORITHMS "0000 000a 0008 00 0001 61 00 0001 62",
};

/* RFC 9261, 7.1 [E24] and 4 [E03]; expat-04, 3.1 [X06] */
START_TEST(request_parse_refuses_bad_extensions)
{
    ck_assert_int_eq(VOUCH_OK,
                     try_extensions(CLIENTS, SIGNATURE_ALGORITHMS SERVER_NAME));
    ck_assert_int_eq(VOUCH_E_BAD_REQUEST, try_extensions(CLIENTS, bad[_i]));
}
END_TEST

START_TEST(request_parse_keeps_to_the_length_of_a_host_name)
{
    vouch_buffer known = from_hex(SIGNATURE_ALGORITHMS);
    uint8_t name[256];

    memset(name, 'a', sizeof name);
    for (uint16_t len = 255; len <= 256; len++) {
        vouch_buffer extensions, message;
        CBB cbb;

        ck_assert(
            CBB_init(&cbb, 0) && CBB_add_bytes(&cbb, known.data, known.len) &&
            CBB_add_u16(&cbb, VOUCH_EXT_SERVER_NAME) &&
            CBB_add_u16(&cbb, (uint16_t)(len + 5)) &&
            CBB_add_u16(&cbb, (uint16_t)(len + 3)) && CBB_add_u8(&cbb, 0) &&
            CBB_add_u16(&cbb, len) && CBB_add_bytes(&cbb, name, len));
        extensions = finish_cbb(&cbb);
        message = request_of(CLIENTS, none, span_of(&extensions));
        ck_assert_int_eq(len == 255 ? VOUCH_OK : VOUCH_E_BAD_REQUEST,
                         try_parse(span_of(&message)));
        free(message.data);
        free(extensions.data);
    }
    free(known.data);
}
END_TEST

/* RFC 9261, 4 [E03] */
START_TEST(request_parse_refuses_server_name_from_a_server)
{
    ck_assert_int_eq(VOUCH_E_BAD_REQUEST,
                     try_extensions(SERVERS, SIGNATURE_ALGORITHMS SERVER_NAME));
}
END_TEST

/* RFC 9261, 5.2.2 [E17] */
START_TEST(request_offers_the_schemes_of_its_list)
{
    vouch_buffer message = request_with(SERVERS, "000d 0006 0004 0403 0807");
    struct vouch_request request;

    ck_assert_int_eq(VOUCH_OK,
                     vouch_request_parse(span_of(&message), &request));
    ck_assert(vouch_request_offers_scheme(&request, 0x0403));
    ck_assert(vouch_request_offers_scheme(&request, 0x0807));
    ck_assert(!vouch_request_offers_scheme(&request, 0x0308));
    ck_assert(!vouch_request_offers_scheme(&request, 0x0503));
    free(message.data);
}
END_TEST

/* RFC 9261, 5.2.1 [E12] */
START_TEST(request_offers_certificate_schemes_apart)
{
    vouch_buffer both =
        request_with(SERVERS, SIGNATURE_ALGORITHMS "0032 0004 0002 0401");
    vouch_buffer one = request_with(SERVERS, SIGNATURE_ALGORITHMS);
    struct vouch_request request;

    ck_assert_int_eq(VOUCH_OK, vouch_request_parse(span_of(&both), &request));
    ck_assert(vouch_request_offers_certificate_scheme(&request, 0x0401));
    ck_assert(!vouch_request_offers_certificate_scheme(&request, 0x0403));
    ck_assert(!vouch_request_offers_scheme(&request, 0x0401));
    ck_assert_int_eq(VOUCH_OK, vouch_request_parse(span_of(&one), &request));
    ck_assert(vouch_request_offers_certificate_scheme(&request, 0x0403));
    ck_assert(!vouch_request_offers_certificate_scheme(&request, 0x0401));
    free(one.data);
    free(both.data);
}
END_TEST

START_TEST(request_type_is_that_of_the_role) /* RFC 9261, 4 [E04] */
{
    ck_assert_uint_eq(vouch_request_type(VOUCH_CLIENT), CLIENTS);
    ck_assert_uint_eq(vouch_request_type(VOUCH_SERVER), SERVERS);
}
END_TEST

static const struct {
    const char *name;
    uint8_t type;
    bool attestation;
} encoded[] = {
    {"server-p256-sha256", CLIENTS, true},
    {"client-p256-sha256", SERVERS, true},
    {"server-plain", CLIENTS, false},
    {"context-of-255", CLIENTS, true},
};

/* RFC 9261, 4 [E04]; expat-04, 3.1 [X06] */
START_TEST(request_encode_gives_the_octets_of_the_vector)
{
    const json_t *vector = find_vector(file, encoded[_i].name);
    vouch_buffer context = vector_hex(vector, "certificate_request_context");
    vouch_buffer expected = vector_hex(vector, "request");
    vouch_buffer message;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    ck_assert_int_eq(VOUCH_OK, vouch_request_encode(
                                   &cbb, encoded[_i].type, span_of(&context),
                                   encoded[_i].attestation, none));
    message = finish_cbb(&cbb);
    ck_assert(vouch_bytes_equal(span_of(&message), span_of(&expected)));
    free(message.data);
    free(expected.data);
    free(context.data);
}
END_TEST

START_TEST(request_encode_offers_four_schemes)
{
    static const uint16_t schemes[] = {
        VOUCH_ECDSA_SECP256R1_SHA256, VOUCH_ECDSA_SECP384R1_SHA384,
        VOUCH_RSA_PSS_RSAE_SHA256, VOUCH_ED25519};
    struct vouch_request request;
    vouch_buffer message;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    ck_assert_int_eq(VOUCH_OK, vouch_request_encode(&cbb, CLIENTS, none, true,
                                                    vouch_text("a.test")));
    message = finish_cbb(&cbb);
    ck_assert_int_eq(VOUCH_OK,
                     vouch_request_parse(span_of(&message), &request));
    ck_assert_uint_eq(request.signature_algorithms.len, sizeof schemes);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(vouch_request_offers_scheme(&request, schemes[i]));
    }
    ck_assert(request.attestation);
    ck_assert(vouch_bytes_equal(request.server_name, vouch_text("a.test")));
    free(message.data);
}
END_TEST

static const uint8_t octets[256] = {[1] = 1};
static const struct {
    uint8_t type;
    vouch_bytes context, server_name;
} unencodable[] = {
    {11, {NULL, 0}, {NULL, 0}},
    {CLIENTS, {octets, 256}, {NULL, 0}},
    {SERVERS, {NULL, 0}, {(const uint8_t *)"a", 1}}, /* [E03] */
    {CLIENTS, {NULL, 0}, {(const uint8_t *)"a\0b", 3}},
};

START_TEST(request_encode_refuses_what_could_not_be_parsed)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 0));
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_request_encode(&cbb, unencodable[_i].type,
                                          unencodable[_i].context, true,
                                          unencodable[_i].server_name));
    ck_assert_uint_eq(CBB_len(&cbb), 0);
    CBB_cleanup(&cbb);
}
END_TEST

START_TEST(request_encode_refuses_a_host_name_of_256)
{
    uint8_t name[256];
    CBB cbb;

    memset(name, 'a', sizeof name);
    ck_assert(CBB_init(&cbb, 0));
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_request_encode(&cbb, CLIENTS, none, true,
                                          (vouch_bytes){name, sizeof name}));
    CBB_cleanup(&cbb);
}
END_TEST

START_TEST(request_encode_says_when_there_is_no_room)
{
    uint8_t room[64];
    size_t len = 0;

    for (size_t max = 0; max < sizeof room && len == 0; max++) {
        CBB cbb;

        ck_assert(CBB_init_fixed(&cbb, room, max));
        if (vouch_request_encode(&cbb, CLIENTS, none, true,
                                 vouch_text("a.test")) == VOUCH_OK) {
            len = max;
            ck_assert_uint_eq(CBB_len(&cbb), max);
        }
        CBB_cleanup(&cbb);
    }
    ck_assert_uint_eq(len, 4 + 1 + 2 + 14 + 4 + 15);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *tc = tcase_create("request");

    tcase_add_unchecked_fixture(tc, load, unload);
    tcase_add_loop_test(tc, request_parse_takes_each_vector_as_it_says, 0,
                        VECTORS);
    tcase_add_test(tc, request_parse_finds_all_that_is_asked);
    tcase_add_test(tc, request_parse_finds_no_attestation_where_none_is_asked);
    tcase_add_test(tc, request_parse_refuses_every_prefix);
    tcase_add_test(tc, request_parse_refuses_a_trailing_octet);
    tcase_add_test(tc, request_parse_refuses_a_second_message);
    tcase_add_test(tc, request_parse_refuses_other_message_types);
    tcase_add_loop_test(tc, request_parse_refuses_lengths_that_are_not_exact, 0,
                        COUNT(inexact));
    tcase_add_test(tc, request_parse_keeps_to_the_length_limit);
    tcase_add_test(tc, request_parse_takes_contexts_of_0_to_255_octets);
    tcase_add_test(tc, request_parse_keeps_to_the_limit_of_extensions);
    tcase_add_loop_test(tc, request_parse_refuses_every_duplicate, 0,
                        COUNT(duplicates));
    tcase_add_loop_test(tc, request_parse_ignores_what_it_does_not_know, 0,
                        COUNT(unknown));
    tcase_add_loop_test(tc, request_parse_refuses_bad_extensions, 0,
                        COUNT(bad));
    tcase_add_test(tc, request_parse_keeps_to_the_length_of_a_host_name);
    tcase_add_test(tc, request_parse_refuses_server_name_from_a_server);
    tcase_add_test(tc, request_offers_the_schemes_of_its_list);
    tcase_add_test(tc, request_offers_certificate_schemes_apart);
    tcase_add_test(tc, request_type_is_that_of_the_role);
    tcase_add_loop_test(tc, request_encode_gives_the_octets_of_the_vector, 0,
                        COUNT(encoded));
    tcase_add_test(tc, request_encode_offers_four_schemes);
    tcase_add_loop_test(tc, request_encode_refuses_what_could_not_be_parsed, 0,
                        COUNT(unencodable));
    tcase_add_test(tc, request_encode_refuses_a_host_name_of_256);
    tcase_add_test(tc, request_encode_says_when_there_is_no_room);
    suite_add_tcase(suite, tc);
    return suite;
}
