/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include <vouch/authenticator.h>
#include <vouch/cmw.h>
#include <vouch/software.h>

#include "fuzz/identity.h"
#include "lib/channel/channel_internal.h"
#include "proto/capsule.h"
#include "proto/cose.h"
#include "proto/digests.h"
#include "proto/ear.h"
#include "proto/eat.h"
#include "proto/jws.h"
#include "proto/memory.h"
#include "proto/message.h"

/*
 * Makes the corpora: from the test vectors, and of what the library writes. A
 * corpus has few files, each with a structure of its own.
 */

static const char *vectors_dir, *corpus_dir;

static void save(const char *target, const char *name, vouch_bytes octets)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", corpus_dir, target);
    FUZZ_CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%s", corpus_dir, target, name);
    file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(fwrite(octets.data, 1, octets.len, file) == octets.len);
    FUZZ_CHECK(fclose(file) == 0);
}

static vouch_bytes written(const CBB *cbb)
{
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

static void save_cbb(const char *target, const char *name, CBB *cbb)
{
    save(target, name, written(cbb));
    CBB_cleanup(cbb);
}

/* Vectors */

static json_t *load(const char *name)
{
    char path[4096];
    json_t *file;

    snprintf(path, sizeof path, "%s/%s", vectors_dir, name);
    file = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(file != NULL);
    return file;
}

static uint8_t digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

    FUZZ_CHECK(at != NULL);
    return (uint8_t)(at - digits);
}

static void save_hex(const char *target, const char *name, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *octets = malloc(len + 1);

    FUZZ_CHECK(octets != NULL);
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    save(target, name, (vouch_bytes){octets, len});
    free(octets);
}

static void save_member(const char *target, const json_t *vector,
                        const char *member)
{
    save_hex(target, json_string_value(json_object_get(vector, "name")),
             json_string_value(json_object_get(vector, member)));
}

static bool is_in(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

static void seed_from_ea_vectors(void)
{
    static const char *const authenticators[] = {
        "server-p256-sha256",     "client-p384-sha384",  "server-ed25519",
        "server-no-cmw",          "server-chain-of-two", "context-of-255",
        "empty-authenticator",    "cmw-in-second-entry", "cmw-inner-length",
        "compressed-certificate", "truncated",           NULL};
    static const char *const requests[] = {"server-p256-sha256",
                                           "client-p256-sha256",
                                           "server-plain",
                                           "context-of-255",
                                           "request-nonempty-cmw",
                                           "cmw-not-offered",
                                           "request-without-sigalgs",
                                           NULL};
    json_t *file = load("exported_authenticators.json");
    const json_t *vector;
    size_t i;

    json_array_foreach(json_object_get(file, "vectors"), i, vector)
    {
        const char *name = json_string_value(json_object_get(vector, "name"));

        if (is_in(name, authenticators)) {
            save_member("authenticator_parse", vector, "authenticator");
        }
        if (is_in(name, requests)) {
            save_member("request", vector, "request");
        }
    }
    json_decref(file);
}

static void seed_from_cmw_vectors(void)
{
    static const char *const names[] = {"draft-record-cf",
                                        "draft-record-ind3",
                                        "draft-tag-64999",
                                        "draft-collection-1",
                                        "veraison-collection-cbor-mixed-keys",
                                        "go-collection-nested",
                                        "go-record-mt",
                                        "go-signed-ok",
                                        "go-ko-four-entries",
                                        "made-ind-4",
                                        "made-ind-32",
                                        NULL};
    json_t *file = load("cmw.json");
    const json_t *vector;
    size_t i;

    json_array_foreach(json_object_get(file, "vectors"), i, vector)
    {
        if (is_in(json_string_value(json_object_get(vector, "name")), names)) {
            save_member("cmw", vector, "hex");
        }
    }
    json_decref(file);
}

static void seed_cmw_json(void)
{
    static const char *const texts[][2] = {
        {"record",
         "[\"application/eat+cwt; eat_profile=\\\"x\\\"\",\"I0faVQ\"]"},
        {"indicator", "[\"a/b\", \"AA\", 31]"},
        {"collection",
         "{\"__cmwc_t\":\"tag:example.com,2024:x\",\n"
         " \"attester A\":[\"application/eat-ucs+json\",\"e30K\",4],\n"
         " \"attester B\":[\"application/eat-ucs+cbor\",\"oA\",4]}\n"},
        {"nested", "{\"a\":{\"__cmwc_t\":\"1.2.3\",\"\\u00e9\":{\"c\":[\"a/b\","
                   "\"-_-_\"]}},\"d\":[\"a/b\",\"AAA\"]}"},
        {"twice", "{\"a\":[\"a/b\",\"AA\"],\"\\u0061\":[\"a/b\",\"AA\"]}"},
        {"padded", "[\"a/b\",\"AA==\"]"},
        {"compact", "eyJhbGciOiJFUzI1NiJ9.WyJhL2IiLCJBQSJd.AAAA"},
        {"flattened", "{\"protected\":\"e30\",\"payload\":\"e30\","
                      "\"signature\":\"AA\"}"},
        {"deep", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[\"a/b\",\"AA\"]}}}}}"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        save("cmw_json", texts[i][0], vouch_text(texts[i][1]));
    }
}

static void seed_from_cose_vectors(void)
{
    static const struct {
        const char *file, *name;
    } files[] = {
        {"cose/sign1-tests/sign-pass-01.json", "alg-unprotected"},
        {"cose/sign1-tests/sign-pass-02.json", "es256"},
        {"cose/sign1-tests/sign-pass-03.json", "untagged"},
        {"cose/sign1-tests/sign-fail-03.json", "alg-999"},
        {"cose/sign1-tests/sign-fail-04.json", "alg-text"},
        {"cose/ecdsa-examples/ecdsa-sig-01.json", "content-type"},
        {"cose/ecdsa-examples/ecdsa-sig-02.json", "es384"},
        {"cose/ecdsa-examples/ecdsa-sig-03.json", "es512"},
        {"cose/eddsa-examples/eddsa-sig-01.json", "eddsa"},
        {"cose/ecdsa-examples/ecdsa-01.json", "sign"},
        {"cose/CWT/A_3.json", "cwt"},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        json_t *file = load(files[i].file);

        save_hex("cose", files[i].name,
                 json_string_value(
                     json_object_get(json_object_get(file, "output"), "cbor")));
        json_decref(file);
    }
}

static void seed_from_corim_vectors(void)
{
    static const struct {
        const char *list, *vector, *name;
    } seeds[] = {
        {"good", "one measurement", "plain"},
        {"good", "informative members", "informative"},
        {"good", "keys in any order, one instance", "instance"},
        {"good", "algorithms by name and number", "algorithms"},
        {"good", "alternatives are triples of their own", "alternatives"},
        {"good", "every rule", "rules"},
        {"good", "keys and certificates", "keys"},
        {"good", "two formats, and posture", "formats"},
        {"good", "signed, with both and no validity", "signed"},
        {"refused", "a CoSWID", "coswid"},
        {"refused", "conditions", "conditions"},
        {"refused", "an instance that goes with a measurement, and another",
         "company"},
    };
    json_t *file = load("corim/corim.json");

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        const json_t *vector;
        size_t n;

        json_array_foreach(json_object_get(file, seeds[i].list), n, vector)
        {
            if (strcmp(json_string_value(json_object_get(vector, "name")),
                       seeds[i].vector) == 0) {
                save_hex("corim", seeds[i].name,
                         json_string_value(json_object_get(vector, "corim")));
            }
        }
    }
    json_decref(file);
}

/* What others say of CBOR (RFC 8949, appendix A), and what nests. */
static void seed_cbor(void)
{
    static const char *const items[][2] = {
        {"integers", "8600170a1818190400 3b7fffffffffffffff"},
        {"floats", "86f90001f97bfff97e00fa47c35000fb3ff199999999999af9fc00"},
        {"strings", "8544010203046449455446 63e6b0b4 40 60"},
        {"map", "a40102038204052061616161a1f4f5"},
        {"tags", "d284c11a514b67b0d81840c249010000000000000000d9010000"},
        {"keys-of-keys", "a1a1a1010203 04"},
        {"deep", "81818181818181818181818181818180"},
        {"too-deep", "8181818181818181818181818181818180"},
        {"out-of-order", "a202000100"},
        {"indefinite", "9f018202039f0405ffff"},
        {"announces-much", "9a10000000"},
        {"announces-much-again", "9a040000009a040000009a04000000"},
    };

    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        char hex[128];
        size_t len = 0;

        for (const char *c = items[i][1]; *c != '\0'; c++) {
            if (*c != ' ') {
                hex[len++] = *c;
            }
        }
        hex[len] = '\0';
        save_hex("cbor", items[i][0], hex);
    }
}

/* Evidence */

static const uint8_t octets[64] = {1, 2, 3, 4, 5, 6, 7, 8};

static vouch_bytes some(size_t len)
{
    return (vouch_bytes){octets, len};
}

static void write_claims(CBB *out, bool all)
{
    CBB measurements;
    struct vouch_eat eat = {
        .has_iat = true,
        .iat = FUZZ_UNIX_TIME,
        .nonce = some(32),
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .aik_pub_hash = some(32),
    };

    FUZZ_CHECK(CBB_init(&measurements, 64));
    FUZZ_CHECK(CBB_add_u8(&measurements, 0xa2));
    FUZZ_CHECK(
        vouch_digests_write(&measurements, vouch_text("executable"), octets));
    FUZZ_CHECK(vouch_digests_write(&measurements,
                                   vouch_text("library:libc.so.6"), octets));
    if (all) {
        eat.ueid = some(33);
        eat.swname = vouch_text("vouch");
        eat.swversion = vouch_text("0.1.0");
        eat.kernel = vouch_text("6.1.0");
        eat.boot_id = vouch_text("5a1d4c3e");
        eat.measurements = written(&measurements);
    }
    FUZZ_CHECK(CBB_init(out, 256));
    FUZZ_CHECK(vouch_eat_encode(out, &eat));
    CBB_cleanup(&measurements);
}

static void write_token(CBB *out)
{
    struct vouch_cose_sign1 sign1 = {.signature = some(64)};
    CBB claims, header;

    write_claims(&claims, true);
    FUZZ_CHECK(CBB_init(&header, 64));
    FUZZ_CHECK(
        vouch_cose_protected_header(&header, VOUCH_COSE_ES256, some(32)));
    sign1.protected_header = written(&header);
    sign1.payload = written(&claims);
    FUZZ_CHECK(CBB_init(out, 512));
    FUZZ_CHECK(vouch_cose_sign1_encode(out, &sign1));
    CBB_cleanup(&claims);
    CBB_cleanup(&header);
}

static vouch_buffer make_evidence(void)
{
    vouch_buffer cmw;
    CBB token;

    write_token(&token);
    FUZZ_CHECK(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, written(&token),
                                VOUCH_CMW_EVIDENCE, &cmw) == VOUCH_OK);
    CBB_cleanup(&token);
    return cmw;
}

static vouch_bytes bytes_of(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

static void seed_evidence(void)
{
    vouch_buffer cmw = make_evidence();
    CBB cbb;

    save("cmw", "evidence", bytes_of(&cmw));
    vouch_buffer_free(&cmw);
    write_token(&cbb);
    save_cbb("cose", "token", &cbb);
    save_hex("cose", "x5chain", "d28449a20126182143010203a04040");
    save_hex("cose", "x5chain-of-two", "d28449a2012618218241ff40a04040");
    save_hex("cose", "x5chain-unprotected", "d28443a10126a1182141ff4040");
    write_claims(&cbb, true);
    save_cbb("eat", "all", &cbb);
    write_claims(&cbb, false);
    save_cbb("eat", "required", &cbb);
    save_hex("eat", "unknown", "a3060119ffff8261610120f6");
    save_hex("eat", "version-with-scheme", "a119010f8265312e302e3001");
    save_hex("eat", "iat-is-a-float", "a106f93c00");
    save_hex("eat", "nonces", "a10a82480102030405060708480102030405060708");
}

/* An Attestation Result, of two appraisals when it has all that there may be.
 */
static struct vouch_ear make_ear(bool all)
{
    struct vouch_ear ear = {
        .has_iat = true,
        .iat = FUZZ_UNIX_TIME,
        .profile = vouch_text(vouch_ear_profiles[VOUCH_EAR_04].tag),
        .developer = vouch_text("https://example.com"),
        .build = vouch_text("verifier 0.1.0"),
        .appraisals = {{.label = vouch_text("platform"),
                        .has_status = true,
                        .status = 2,
                        .has_vector = true,
                        .vector = {2, 0, 3, 0, 2},
                        .aik_pub_hash = some(32)}},
        .num_appraisals = 1,
    };

    if (all) {
        ear.has_exp = ear.has_nbf = ear.has_status = true;
        ear.exp = FUZZ_UNIX_TIME + 300;
        ear.nbf = FUZZ_UNIX_TIME - 1;
        ear.nonce = some(16);
        ear.status = 96;
        ear.appraisals[0].nonce = some(48);
        ear.appraisals[0].ueid = some(33);
        ear.appraisals[0].policy_id = vouch_text("urn:sha-256:00");
        ear.appraisals[ear.num_appraisals++] = (struct vouch_ear_appraisal){
            .label = vouch_text("posture"),
            .has_status = true,
            .status = 96,
            .has_vector = true,
            .vector = {[1] = 96, [7] = -128},
            .aik_pub_hash = some(32),
            .refusal = {.check = vouch_text("posture"),
                        .claim = vouch_text("posture"),
                        .name = vouch_text("policy"),
                        .expected = vouch_text("00"),
                        .found = vouch_text("01")},
        };
    }
    return ear;
}

static void seed_ear(const char *name, bool all)
{
    struct vouch_ear ear = make_ear(all);
    CBB cbb;

    FUZZ_CHECK(CBB_init(&cbb, 256));
    FUZZ_CHECK(vouch_ear_encode(&cbb, &ear));
    save_cbb("ear", name, &cbb);
}

static void seed_ear_jwt(const char *name, const char *jwt, bool all,
                         enum vouch_ear_profile_id profile)
{
    struct vouch_ear ear = make_ear(all);
    vouch_buffer claims;
    CBB cbb;

    FUZZ_CHECK(vouch_ear_encode_json(&ear, &vouch_ear_profiles[profile],
                                     &claims) == VOUCH_OK);
    save("ear_jwt", name, bytes_of(&claims));
    FUZZ_CHECK(CBB_init(&cbb, 256));
    FUZZ_CHECK(vouch_jws_begin(&cbb, some(32), bytes_of(&claims)) == VOUCH_OK);
    FUZZ_CHECK(vouch_jws_end(&cbb, some(64)) == VOUCH_OK);
    save_cbb("ear_jwt", jwt, &cbb);
    vouch_buffer_free(&claims);
}

static void seed_results(void)
{
    seed_ear("all", true);
    seed_ear("required", false);
    save_hex("ear", "unknown", "a306011903ea41ff6161820120");
    save_hex("ear", "iat-is-a-float", "a106f93c00");
    save_hex("ear", "no-appraisal", "a119010aa0");
    save_hex("ear", "device",
             "a319010aa16170a21903eda01903ee011903ea8363612f6241ff041903efa0");
    save_hex("ear", "no-vector", "a119010aa16170a11903e9a0");
    seed_ear_jwt("all", "jwt-all", true, VOUCH_EAR_04);
    seed_ear_jwt("required", "jwt-required", false, VOUCH_EAR_04);
    seed_ear_jwt("veraison", "jwt-veraison", true, VOUCH_EAR_VERAISON);
    save("ear_jwt", "device",
         vouch_text("{\"ear_device_topology\":{\"a\":[]},"
                    "\"ear_raw_evidence\":[\"a/b\",\"AA\",4],\"submods\":"
                    "{\"p\":{\"ear_attester_claims\":{},"
                    "\"ear_verifier_claims\":1}}}"));
    save("ear_jwt", "jwt-none", vouch_text("eyJhbGciOiJub25lIn0.e30."));
    save("ear_jwt", "jwt-critical",
         vouch_text("eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYjY0Il19.e30.AA"));
    save("ear_jwt", "twice", vouch_text("{\"iat\":1,\"i\\u0061t\":1}"));
    save("ear_jwt", "vector",
         vouch_text("{\"submods\":{\"p\":{\"ear_trustworthiness_vector\":"
                    "{\"hardware\":-1,\"other\":2}}}}"));
}

/* An authenticator for the request of authenticator_validate.c, which the AIK
 * of fuzz/identity.h signs. */
static void seed_validate(const char *name, vouch_bytes request,
                          vouch_bytes cmw, bool declines)
{
    vouch_channel *channel = fuzz_channel(VOUCH_SERVER);
    vouch_endpoint *endpoint;
    vouch_buffer out;

    FUZZ_CHECK(vouch_endpoint_new(channel, &endpoint) == VOUCH_OK);
    FUZZ_CHECK(vouch_endpoint_allow_foreign_contexts(endpoint, 1) == VOUCH_OK);
    FUZZ_CHECK((declines ? vouch_endpoint_refuse(endpoint, request, &out)
                         : vouch_endpoint_authenticate(endpoint, request,
                                                       fuzz_credential(), cmw,
                                                       &out)) == VOUCH_OK);
    save("authenticator_validate", name, bytes_of(&out));
    vouch_buffer_free(&out);
    vouch_endpoint_free(endpoint);
    vouch_channel_free(channel);
}

static void seed_authenticators(void)
{
    static const uint8_t request[] = {0x11, 0x00, 0x00, 0x17, 0x08, 'f',  'u',
                                      'z',  'z',  'f',  'u',  'z',  'z',  0x00,
                                      0x0c, 0x00, 0x0d, 0x00, 0x04, 0x00, 0x02,
                                      0x08, 0x07, 0xff, 0x00, 0x00, 0x00};
    const vouch_bytes asked = {request, sizeof request};
    vouch_buffer cmw = make_evidence();

    seed_validate("with-evidence", asked, bytes_of(&cmw), false);
    seed_validate("with-an-octet", asked, some(1), false);
    seed_validate("without-evidence", asked, some(0), false);
    seed_validate("empty", asked, some(0), true);
    vouch_buffer_free(&cmw);
}

/* Messages */

static struct vouch_formats formats(size_t num)
{
    struct vouch_formats list = {.num = num};

    for (size_t i = 0; i < num; i++) {
        list.format[i] =
            vouch_text(i == 0 ? VOUCH_SOFTWARE_FORMAT : "application/other");
    }
    return list;
}

static void write_capabilities(CBB *out, size_t num, uint64_t flags,
                               vouch_bytes conn_check)
{
    const struct vouch_capabilities message = {
        .version = VOUCH_PROTOCOL_VERSION,
        .produces = formats(num),
        .appraises = formats(num),
        .flags = flags,
        .max_capsule = VOUCH_LIMIT_CAPSULE,
        .max_evidence = VOUCH_LIMIT_CMW,
        .max_in_flight = VOUCH_LIMIT_IN_FLIGHT,
        .conn_check = conn_check,
    };

    FUZZ_CHECK(CBB_init(out, 256));
    FUZZ_CHECK(vouch_capabilities_encode(out, &message) == VOUCH_OK);
}

static void write_request(CBB *out, const struct vouch_request_message *message)
{
    FUZZ_CHECK(CBB_init(out, 256));
    FUZZ_CHECK(vouch_request_message_encode(out, message) == VOUCH_OK);
}

static void write_authenticator(
    CBB *out, const struct vouch_authenticator_message *message)
{
    FUZZ_CHECK(CBB_init(out, 256));
    FUZZ_CHECK(vouch_authenticator_message_encode(out, message) == VOUCH_OK);
}

static void write_outcome(CBB *out, uint64_t id, uint64_t verdict)
{
    const struct vouch_outcome_message message = {
        .id = id,
        .verdict = verdict,
        .reason =
            verdict == VOUCH_ACCEPTED ? VOUCH_WIRE_NONE : VOUCH_WIRE_POLICY,
        .has_hold = verdict == VOUCH_ACCEPTED,
        .hold_ms = 300000,
    };

    FUZZ_CHECK(CBB_init(out, 64));
    FUZZ_CHECK(vouch_outcome_message_encode(out, &message) == VOUCH_OK);
}

static void write_close(CBB *out, uint64_t code)
{
    const struct vouch_close_message message = {.code = code};

    FUZZ_CHECK(CBB_init(out, 16));
    FUZZ_CHECK(vouch_close_message_encode(out, &message) == VOUCH_OK);
}

static void seed_messages(void)
{
    const struct vouch_request_message plain = {.id = 1,
                                                .request = some(57),
                                                .accepts = formats(1),
                                                .within_ms = 10000};
    const struct vouch_request_message whole = {.id = UINT64_MAX,
                                                .request = some(64),
                                                .accepts = formats(16),
                                                .operation = some(32),
                                                .nonce = some(64),
                                                .within_ms = UINT64_MAX};
    const struct vouch_authenticator_message busy = {.id = 1,
                                                     .authenticator = some(36),
                                                     .has_reason = true,
                                                     .reason = VOUCH_WIRE_BUSY,
                                                     .has_retry = true,
                                                     .retry_ms = 1000};
    const struct vouch_authenticator_message answer = {
        .id = 1, .authenticator = some(64)};
    CBB cbb;

    write_capabilities(&cbb, 2, VOUCH_FLAG_WILL_ASK | VOUCH_FLAG_DATA_GATED,
                       some(8));
    save_cbb("message_capabilities", "two", &cbb);
    write_capabilities(&cbb, 0, VOUCH_FLAG_YOU_FIRST | VOUCH_FLAG_LIST_WITHHELD,
                       some(8));
    save_cbb("message_capabilities", "withheld", &cbb);
    write_capabilities(&cbb, 16, UINT64_MAX, some(8));
    save_cbb("message_capabilities", "full", &cbb);
    write_request(&cbb, &plain);
    save_cbb("message_request", "plain", &cbb);
    write_request(&cbb, &whole);
    save_cbb("message_request", "whole", &cbb);
    write_authenticator(&cbb, &answer);
    save_cbb("message_authenticator", "answer", &cbb);
    write_authenticator(&cbb, &busy);
    save_cbb("message_authenticator", "busy", &cbb);
    write_outcome(&cbb, 1, VOUCH_ACCEPTED);
    save_cbb("message_outcome", "accepted", &cbb);
    write_outcome(&cbb, 1, VOUCH_REJECTED);
    save_cbb("message_outcome", "rejected", &cbb);
    write_outcome(&cbb, UINT64_MAX, VOUCH_INDETERMINATE);
    save_cbb("message_outcome", "indeterminate", &cbb);
    write_close(&cbb, VOUCH_CLOSE_DONE);
    save_cbb("message_close", "done", &cbb);
    write_close(&cbb, UINT64_MAX);
    save_cbb("message_close", "other", &cbb);
    save_hex("message_close", "unknown-keys", "a3010418ff8261610120f6");
    save_hex("message_posture", "first", "a10101");
    save_hex("message_posture", "last", "a1011bffffffffffffffff");
    save_hex("message_command", "plain", "a2011bc0000000000000010243726d78");
    save_hex("message_command", "empty", "a201010240");
    save_hex("message_reply", "done", "a3010102000342206f");
    save_hex("message_reply", "moved", "a401010207034004f5");
    save_hex("message_reply", "stale", "a201010202");
}

/* Capsules */

static void add_capsule(CBB *out, uint64_t type, CBB *value)
{
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];

    FUZZ_CHECK(CBB_add_bytes(
        out, header,
        vouch_capsule_header_encode(type, CBB_len(value), header)));
    FUZZ_CHECK(CBB_add_bytes(out, CBB_data(value), CBB_len(value)));
    CBB_cleanup(value);
}

static void seed_capsules(void)
{
    CBB cbb, value;

    FUZZ_CHECK(CBB_init(&cbb, 64));
    write_close(&value, VOUCH_CLOSE_REFUSED);
    add_capsule(&cbb, VOUCH_CAPSULE_CLOSE, &value);
    save_cbb("capsule", "close", &cbb);
    save_hex("capsule", "data", "802f5600034869210a");
    save_hex("capsule", "not-minimal", "c0000000002f560140ff");
    save_hex("capsule", "longest", "ffffffffffffffffffffffffffffffff");
    save_hex("capsule", "shortest", "0000");
    save_hex("capsule", "cut", "802f5601c000000000");
}

/* What a peer sends, for session.c: runs of 255 octets at most, each after a
 * step of the clock. */

static void add_step(CBB *out, uint8_t step, CBB *capsules)
{
    const uint8_t *data = CBB_data(capsules);
    size_t left = CBB_len(capsules);

    do {
        uint8_t len = left < 255 ? (uint8_t)left : 255;

        FUZZ_CHECK(CBB_add_u8(out, len) && CBB_add_u8(out, step) &&
                   CBB_add_bytes(out, data, len));
        data += len;
        left -= len;
    } while (left != 0);
    CBB_cleanup(capsules);
}

static void begin(CBB *out)
{
    FUZZ_CHECK(CBB_init(out, 64));
}

static void add_capabilities(CBB *out, uint64_t flags)
{
    vouch_channel *channel = fuzz_channel(VOUCH_SERVER);
    CBB value, capsule;

    write_capabilities(&value, 1, flags, vouch_channel_conn_check(channel));
    begin(&capsule);
    add_capsule(&capsule, VOUCH_CAPSULE_CAPABILITIES, &value);
    add_step(out, 1, &capsule);
    vouch_channel_free(channel);
}

/* A request as a server's endpoint makes it; its random octets are these. */
static void add_request(CBB *out, uint64_t id)
{
    static const uint8_t extensions[] = {0x00, 0x0c, 0x00, 0x0d, 0x00,
                                         0x04, 0x00, 0x02, 0x08, 0x07,
                                         0xff, 0x00, 0x00, 0x00};
    struct vouch_request_message message = {
        .id = id, .accepts = formats(1), .within_ms = 10000};
    CBB request, value, capsule;

    begin(&request);
    FUZZ_CHECK(CBB_add_u32(&request, 0x0d00002f) && CBB_add_u8(&request, 32) &&
               CBB_add_u64(&request, id) &&
               CBB_add_bytes(&request, octets, 24) &&
               CBB_add_bytes(&request, extensions, sizeof extensions));
    message.request = written(&request);
    write_request(&value, &message);
    begin(&capsule);
    add_capsule(&capsule, VOUCH_CAPSULE_REQUEST, &value);
    add_step(out, 0, &capsule);
    CBB_cleanup(&request);
}

static void add_authenticator(CBB *out, uint64_t id, bool declines)
{
    struct vouch_authenticator_message message = {.id = id,
                                                  .authenticator = some(36),
                                                  .has_reason = declines,
                                                  .reason =
                                                      VOUCH_WIRE_NO_CREDENTIAL};
    CBB value, capsule;

    write_authenticator(&value, &message);
    begin(&capsule);
    add_capsule(&capsule, VOUCH_CAPSULE_AUTHENTICATOR, &value);
    add_step(out, 2, &capsule);
}

static void add_outcome(CBB *out, uint64_t id, uint64_t verdict)
{
    CBB value, capsule;

    write_outcome(&value, id, verdict);
    begin(&capsule);
    add_capsule(&capsule, VOUCH_CAPSULE_OUTCOME, &value);
    add_step(out, 2, &capsule);
}

static void add_close(CBB *out)
{
    CBB value, capsule;

    write_close(&value, VOUCH_CLOSE_DONE);
    begin(&capsule);
    add_capsule(&capsule, VOUCH_CAPSULE_CLOSE, &value);
    add_step(out, 0, &capsule);
}

static void add_data(CBB *out, uint64_t type, size_t len)
{
    CBB value, capsule;

    begin(&value);
    FUZZ_CHECK(CBB_add_bytes(&value, octets, len));
    begin(&capsule);
    add_capsule(&capsule, type, &value);
    add_step(out, 0, &capsule);
}

/* Ids are their contexts': bit 63 is the server's, which the peer is. */
enum { UNKNOWN_CAPSULE = 0x1234 };
static const uint64_t peer_id = UINT64_C(0x8000000000000001);
static const uint64_t own_id = 1;

static void seed_session(void)
{
    CBB cbb;

    begin(&cbb);
    add_capabilities(&cbb, VOUCH_FLAG_WILL_ASK);
    add_close(&cbb);
    save_cbb("session", "hello-and-close", &cbb);

    begin(&cbb);
    add_capabilities(&cbb, VOUCH_FLAG_WILL_ASK);
    add_request(&cbb, peer_id);
    add_outcome(&cbb, peer_id, VOUCH_ACCEPTED);
    add_request(&cbb, peer_id + 1);
    add_close(&cbb);
    save_cbb("session", "asks", &cbb);

    begin(&cbb);
    add_capabilities(&cbb, 0);
    add_authenticator(&cbb, own_id, true);
    add_outcome(&cbb, own_id, VOUCH_ACCEPTED);
    save_cbb("session", "declines", &cbb);

    begin(&cbb);
    add_capabilities(&cbb, 0);
    add_authenticator(&cbb, own_id, false);
    save_cbb("session", "answers-nonsense", &cbb);

    begin(&cbb);
    add_capabilities(&cbb, VOUCH_FLAG_DATA_GATED);
    add_data(&cbb, VOUCH_CAPSULE_DATA, sizeof octets);
    add_data(&cbb, UNKNOWN_CAPSULE, sizeof octets);
    add_data(&cbb, VOUCH_CAPSULE_DATA, 0);
    save_cbb("session", "early-data", &cbb);

    begin(&cbb);
    add_data(&cbb, VOUCH_CAPSULE_DATA, 1);
    save_cbb("session", "data-first", &cbb);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s TEST-VECTORS CORPUS\n", argv[0]);
        return 2;
    }
    vectors_dir = argv[1];
    corpus_dir = argv[2];
    seed_from_ea_vectors();
    seed_from_cmw_vectors();
    seed_cmw_json();
    seed_from_cose_vectors();
    seed_from_corim_vectors();
    seed_cbor();
    seed_evidence();
    seed_results();
    seed_authenticators();
    seed_messages();
    seed_capsules();
    seed_session();
    return 0;
}
