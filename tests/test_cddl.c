/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/session.h>
#include <vouch/software.h>

#include "lib/evidence/appraiser.h"
#include "lib/evidence/cose_key.h"
#include "lib/keys/digest.h"
#include "proto/capsule.h"
#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/ear_claims.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "proto/message.h"
#include "proto/message_schema.h"
#include "proto/reader.h"
#include "tests/support/cddl.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

/* What proto/vouch.cddl says, held against what the code does, both ways. */

static struct cddl cddl;

static void set_up(void)
{
    cddl_read(&cddl);
}

static void tear_down(void)
{
    cddl_free(&cddl);
}

/* Messages */

static const struct {
    const char *rule;
    const struct vouch_schema *schema;
} messages[] = {
    {"capabilities", &vouch_capabilities_schema},
    {"request", &vouch_request_schema},
    {"authenticator", &vouch_authenticator_schema},
    {"outcome", &vouch_outcome_schema},
    {"posture", &vouch_posture_schema},
    {"command", &vouch_command_schema},
    {"reply", &vouch_reply_schema},
    {"close", &vouch_close_schema},
};

enum { TEXT_MAX = 64 };

static void type_text(const struct vouch_field *field, char out[TEXT_MAX])
{
    switch (field->type) {
    case VOUCH_FIELD_UINT:
        snprintf(out, TEXT_MAX, "uint");
        break;
    case VOUCH_FIELD_BYTES:
        if (field->min == 0 && field->max == SIZE_MAX) {
            snprintf(out, TEXT_MAX, "bstr");
        } else if (field->min == field->max) {
            snprintf(out, TEXT_MAX, "bstr .size %zu", field->min);
        } else {
            snprintf(out, TEXT_MAX, "bstr .size (%zu..%zu)", field->min,
                     field->max);
        }
        break;
    case VOUCH_FIELD_FORMATS:
        snprintf(out, TEXT_MAX, "[%zu*%zu format]", field->min, field->max);
        break;
    case VOUCH_FIELD_TRUE:
        snprintf(out, TEXT_MAX, "true");
        break;
    default:
        ck_abort_msg("a field of a type that has no CDDL here");
    }
}

/* The numbers that not all of an unsigned integer's values may be. */
static const struct {
    const char *rule;
    uint64_t key;
    const char *name;
} named[] = {
    {"capabilities", 0, "version"}, {"request", 1, "id"},
    {"authenticator", 1, "id"},     {"outcome", 1, "id"},
    {"outcome", 2, "verdict"},      {"posture", 1, "epoch"},
    {"command", 1, "id"},           {"reply", 1, "id"},
};

static const char *name_of(const char *rule, uint64_t key)
{
    for (int i = 0; i < COUNT(named); i++) {
        if (named[i].key == key && strcmp(named[i].rule, rule) == 0) {
            return named[i].name;
        }
    }
    return NULL;
}

START_TEST(cddl_has_the_fields_of_a_message)
{
    const struct vouch_schema *schema = messages[_i].schema;
    const char *rule = messages[_i].rule;

    ck_assert_uint_eq(cddl_count(&cddl, rule), schema->num);
    for (size_t i = 0; i < schema->num; i++) {
        const struct vouch_field *field = &schema->fields[i];
        const struct cddl_key *key = cddl_key(&cddl, rule, (int64_t)field->key);
        const char *name = name_of(rule, field->key);
        char type[TEXT_MAX];

        ck_assert_msg(key != NULL, "%s has no key %" PRIu64, rule, field->key);
        ck_assert_msg(key->optional == !field->required,
                      "%s, %" PRIu64 ": optional in one place only", rule,
                      field->key);
        type_text(field, type);
        ck_assert_str_eq(key->type, name != NULL ? name : type);
    }
    ck_assert(cddl_rule(&cddl, rule)->open);
}
END_TEST

/* Keys that are not in the C tables, or stand twice. */
START_TEST(cddl_has_no_other_fields)
{
    const struct vouch_schema *schema = messages[_i].schema;

    for (size_t i = 0; i < cddl.num_keys; i++) {
        const struct cddl_key *key = &cddl.keys[i];
        size_t num = 0;

        if (strcmp(key->rule, messages[_i].rule) != 0) {
            continue;
        }
        for (size_t j = 0; j < schema->num; j++) {
            num += (int64_t)schema->fields[j].key == key->key;
        }
        ck_assert_msg(num == 1, "%s: key %" PRId64, key->rule, key->key);
        ck_assert_ptr_eq(key, cddl_key(&cddl, key->rule, key->key));
    }
}
END_TEST

START_TEST(cddl_has_every_message)
{
    char all[256] = "";

    for (int i = 0; i < COUNT(messages); i++) {
        strcat(all, i != 0 ? " / " : "");
        strcat(all, messages[i].rule);
    }
    ck_assert_str_eq(cddl_rule(&cddl, "capsule-value")->text, all);
}
END_TEST

static void check_rule(const char *name, const char *format, unsigned number)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof text, format, number);
    ck_assert_str_eq(cddl_rule(&cddl, name)->text, text);
}

START_TEST(cddl_has_the_bounds_of_the_code)
{
    check_rule("version", "uint .eq %u", VOUCH_PROTOCOL_VERSION);
    check_rule("id", "uint .ge %u", 1);
    check_rule("epoch", "uint .ge %u", 1);
    check_rule("verdict", "uint .le %u", VOUCH_INDETERMINATE);
    check_rule("format", "tstr .regexp \"[ -~]{1,%u}\"",
               VOUCH_LIMIT_MEDIA_TYPE);
    check_rule("content-format", "uint .le %u", UINT16_MAX);
    check_rule("cose-x5chain", "cose-certificate / [ 2*%u cose-certificate ]",
               VOUCH_LIMIT_CHAIN);
    check_rule("cose-certificate", "bstr .size (0..%u)",
               VOUCH_LIMIT_CERTIFICATE);
}
END_TEST

/* Constants */

static const struct {
    const char *name;
    int64_t value;
} constants[] = {
    {"capsule-data", VOUCH_CAPSULE_DATA},
    {"capsule-capabilities", VOUCH_CAPSULE_CAPABILITIES},
    {"capsule-request", VOUCH_CAPSULE_REQUEST},
    {"capsule-authenticator", VOUCH_CAPSULE_AUTHENTICATOR},
    {"capsule-outcome", VOUCH_CAPSULE_OUTCOME},
    {"capsule-posture", VOUCH_CAPSULE_POSTURE},
    {"capsule-command", VOUCH_CAPSULE_COMMAND},
    {"capsule-reply", VOUCH_CAPSULE_REPLY},
    {"capsule-close", VOUCH_CAPSULE_CLOSE},
    {"flag-will-ask", VOUCH_FLAG_WILL_ASK},
    {"flag-you-first", VOUCH_FLAG_YOU_FIRST},
    {"flag-list-withheld", VOUCH_FLAG_LIST_WITHHELD},
    {"flag-executes", VOUCH_FLAG_EXECUTES},
    {"flag-passports", VOUCH_FLAG_PASSPORTS},
    {"flag-data-gated", VOUCH_FLAG_DATA_GATED},
    {"verdict-accepted", VOUCH_ACCEPTED},
    {"verdict-rejected", VOUCH_REJECTED},
    {"verdict-indeterminate", VOUCH_INDETERMINATE},
    {"reason-none", VOUCH_WIRE_NONE},
    {"reason-policy", VOUCH_WIRE_POLICY},
    {"reason-busy", VOUCH_WIRE_BUSY},
    {"reason-you-first", VOUCH_WIRE_YOU_FIRST},
    {"reason-no-credential", VOUCH_WIRE_NO_CREDENTIAL},
    {"reason-timeout", VOUCH_WIRE_TIMEOUT},
    {"reason-internal", VOUCH_WIRE_INTERNAL},
    {"reason-posture", VOUCH_WIRE_POSTURE},
    {"status-done", VOUCH_STATUS_DONE},
    {"status-digest", VOUCH_STATUS_DIGEST},
    {"status-stale", VOUCH_STATUS_STALE},
    {"status-consumed", VOUCH_STATUS_CONSUMED},
    {"status-not-confirmed", VOUCH_STATUS_NOT_CONFIRMED},
    {"status-not-authorised", VOUCH_STATUS_NOT_AUTHORISED},
    {"status-unknown-exchange", VOUCH_STATUS_UNKNOWN_EXCHANGE},
    {"status-failed", VOUCH_STATUS_FAILED},
    {"close-done", VOUCH_CLOSE_DONE},
    {"close-protocol", VOUCH_CLOSE_PROTOCOL},
    {"close-limit", VOUCH_CLOSE_LIMIT},
    {"close-deadlock", VOUCH_CLOSE_DEADLOCK},
    {"close-refused", VOUCH_CLOSE_REFUSED},
    {"close-internal", VOUCH_CLOSE_INTERNAL},
    {"close-unsupported-extension", VOUCH_CLOSE_UNSUPPORTED_EXTENSION},
    {"cmw-reference-values", VOUCH_CMW_REFERENCE_VALUES},
    {"cmw-endorsements", VOUCH_CMW_ENDORSEMENTS},
    {"cmw-evidence", VOUCH_CMW_EVIDENCE},
    {"cmw-attestation-results", VOUCH_CMW_ATTESTATION_RESULTS},
    {"cmw-appraisal-policy", VOUCH_CMW_APPRAISAL_POLICY},
    {"cose-es256", VOUCH_COSE_ES256},
    {"cose-eddsa", VOUCH_COSE_EDDSA},
    {"cose-es384", VOUCH_COSE_ES384},
    {"cose-es512", VOUCH_COSE_ES512},
    {"cose-ps256", VOUCH_COSE_PS256},
};

static bool is_number(const char *text, int64_t *out)
{
    char *end;

    *out = strtoll(text, &end, 0);
    return end != text && *end == '\0';
}

START_TEST(cddl_has_the_constant)
{
    int64_t value;

    ck_assert(is_number(cddl_rule(&cddl, constants[_i].name)->text, &value));
    ck_assert_int_eq(value, constants[_i].value);
}
END_TEST

START_TEST(cddl_has_no_other_constants)
{
    int num = 0;

    for (size_t i = 0; i < cddl.num_rules; i++) {
        int64_t value;

        num += is_number(cddl.rules[i].text, &value);
    }
    ck_assert_int_eq(num, COUNT(constants));
}
END_TEST

/* The reasons that the API knows are those on the wire. */
START_TEST(cddl_reasons_are_those_of_the_api)
{
    static const struct {
        const char *name;
        vouch_peer_reason reason;
    } reasons[] = {
        {"reason-none", VOUCH_PEER_NONE},
        {"reason-policy", VOUCH_PEER_POLICY},
        {"reason-busy", VOUCH_PEER_BUSY},
        {"reason-you-first", VOUCH_PEER_YOU_FIRST},
        {"reason-no-credential", VOUCH_PEER_NO_CREDENTIAL},
        {"reason-timeout", VOUCH_PEER_TIMEOUT},
        {"reason-internal", VOUCH_PEER_INTERNAL},
        {"reason-posture", VOUCH_PEER_POSTURE},
    };

    for (int i = 0; i < COUNT(reasons); i++) {
        int64_t value;

        ck_assert(is_number(cddl_rule(&cddl, reasons[i].name)->text, &value));
        ck_assert_int_eq(value, (int64_t)reasons[i].reason);
    }
}
END_TEST

/* CMW */

static vouch_err parse_record(uint64_t content_format, int indicator)
{
    const vouch_bytes value = {(const uint8_t *)"v", 1};
    uint8_t octets[32];
    vouch_cmw cmw;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init_fixed(&cbb, octets, sizeof octets));
    ck_assert(vouch_cbor_write_array(&cbb, indicator < 0 ? 2 : 3) &&
              vouch_cbor_write_uint(&cbb, content_format) &&
              vouch_cbor_write_bytes(&cbb, value));
    ck_assert(indicator < 0 ||
              vouch_cbor_write_uint(&cbb, (uint64_t)indicator));
    err = vouch_cmw_parse((vouch_bytes){octets, CBB_len(&cbb)}, &cmw);
    CBB_cleanup(&cbb);
    return err;
}

/* RFC 9999, 3.1 [C03] */
START_TEST(cddl_has_the_record_that_is_read)
{
    unsigned first, last;

    ck_assert_str_eq(cddl_rule(&cddl, "cmw")->text,
                     "[ cmw-type, value: bstr, ? ind: cmw-ind ]");
    ck_assert_str_eq(cddl_rule(&cddl, "cmw-type")->text,
                     "format / content-format");
    ck_assert_int_eq(
        sscanf(cddl_rule(&cddl, "cmw-ind")->text, "%u..%u", &first, &last), 2);
    for (int indicator = 0; indicator < 256; indicator++) {
        bool legal =
            (unsigned)indicator >= first && (unsigned)indicator <= last;

        ck_assert_int_eq(parse_record(0, indicator),
                         legal ? VOUCH_OK : VOUCH_E_CMW);
    }
    ck_assert_int_eq(parse_record(0, -1), VOUCH_OK);
    ck_assert_int_eq(parse_record(UINT16_MAX, -1), VOUCH_OK);
    ck_assert_int_eq(parse_record(UINT16_MAX + 1, -1), VOUCH_E_CMW);
}
END_TEST

static vouch_err parse_tag(uint64_t tag)
{
    uint8_t octets[16];
    vouch_cmw cmw;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init_fixed(&cbb, octets, sizeof octets));
    ck_assert(vouch_cbor_write_tag(&cbb, tag) &&
              vouch_cbor_write_bytes(&cbb, (vouch_bytes){NULL, 0}));
    err = vouch_cmw_parse((vouch_bytes){octets, CBB_len(&cbb)}, &cmw);
    CBB_cleanup(&cbb);
    return err;
}

/* RFC 9999, 3.2 [C05] */
START_TEST(cddl_has_the_tags_that_are_read)
{
    const char *text = cddl_rule(&cddl, "cmw-tag")->text;
    uint64_t first, last;

    ck_assert_int_eq(
        sscanf(text, "#6.<%" SCNu64 "..%" SCNu64 ">(bstr)", &first, &last), 2);
    ck_assert_int_eq(parse_tag(first - 1), VOUCH_E_CMW);
    ck_assert_int_eq(parse_tag(first), VOUCH_OK);
    ck_assert_int_eq(parse_tag(last), VOUCH_OK);
    ck_assert_int_eq(parse_tag(last + 1), VOUCH_E_CMW);
}
END_TEST

/* A collection of `num` records; the last one's label has `len` octets. */
static vouch_err parse_collection(size_t num, size_t len)
{
    static const uint8_t record[] = {0x82, 0x00, 0x40};
    char label[512];
    uint8_t octets[1024];
    vouch_cmw cmw;
    vouch_err err;
    CBB cbb;

    memset(label, 'a', sizeof label);
    ck_assert(CBB_init_fixed(&cbb, octets, sizeof octets));
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i + 1 < num; i++) {
        ck_assert(vouch_cbor_write_uint(&cbb, i) &&
                  CBB_add_bytes(&cbb, record, sizeof record));
    }
    if (num != 0) {
        ck_assert(
            vouch_cbor_write_text(&cbb, (vouch_bytes){(uint8_t *)label, len}) &&
            CBB_add_bytes(&cbb, record, sizeof record));
    }
    err = vouch_cmw_parse((vouch_bytes){octets, CBB_len(&cbb)}, &cmw);
    CBB_cleanup(&cbb);
    return err;
}

/* RFC 9999, 3.3 [C06] [C07] */
START_TEST(cddl_has_the_collection_that_is_read)
{
    size_t least, most;

    ck_assert_int_eq(sscanf(cddl_rule(&cddl, "cmw-collection")->text,
                            "{ ? \"__cmwc_t\": collection-type, %zu*%zu "
                            "cmw-label => any-cmw }",
                            &least, &most),
                     2);
    ck_assert_int_eq(parse_collection(least - 1, 1), VOUCH_E_CMW);
    ck_assert_int_eq(parse_collection(least, 1), VOUCH_OK);
    ck_assert_int_eq(parse_collection(most, 1), VOUCH_OK);
    ck_assert_int_eq(parse_collection(most + 1, 1), VOUCH_E_TOO_MANY);
    ck_assert_int_eq(sscanf(cddl_rule(&cddl, "cmw-label")->text,
                            "int / tstr .size (%zu..%zu)", &least, &most),
                     2);
    ck_assert_int_eq(parse_collection(1, least - 1), VOUCH_E_CMW);
    ck_assert_int_eq(parse_collection(1, least), VOUCH_OK);
    ck_assert_int_eq(parse_collection(1, most), VOUCH_OK);
    ck_assert_int_eq(parse_collection(1, most + 1), VOUCH_E_CMW);
    ck_assert_str_eq(cddl_rule(&cddl, "collection-type")->text,
                     "tstr .size (1..255)");
    ck_assert_int_eq(VOUCH_LIMIT_CMW_LABEL, 255);
}
END_TEST

/* The software EAT */

static const uint8_t zeros[512];

static vouch_bytes octets(size_t len)
{
    return (vouch_bytes){zeros, len};
}

static vouch_bytes measurements(void)
{
    static const uint8_t map[1 + 1 + 1 + 2 + 32] = {0xa1, 0x61, 'x', 0x58, 32};

    return (vouch_bytes){map, sizeof map};
}

static struct vouch_eat all_claims(void)
{
    static const uint8_t oemid[] = {0x01}, submods[] = {0xa1, 0x61, 'x', 0xa0};
    static uint8_t digest[32];

    vouch_sha256(measurements(), digest);
    return (struct vouch_eat){
        .has_exp = true,
        .exp = PKI_NOW + 1,
        .has_nbf = true,
        .has_iat = true,
        .iat = PKI_NOW,
        .oemid = {oemid, sizeof oemid},
        .hwmodel = octets(32),
        .hwversion = vouch_text("version"),
        .has_uptime = true,
        .has_oemboot = true,
        .has_dbgstat = true,
        .dbgstat = VOUCH_EAT_DEBUG_DISABLED,
        .submods = {submods, sizeof submods},
        .has_bootcount = true,
        .bootseed = octets(32),
        .nonce = octets(32),
        .ueid = octets(33),
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .swname = vouch_text("name"),
        .swversion = vouch_text("version"),
        .aik_pub_hash = octets(32),
        .measurements = measurements(),
        .kernel = vouch_text("kernel"),
        .boot_id = vouch_text("boot"),
        .has_epoch = true,
        .posture_digest = {digest, sizeof digest},
        .components = measurements(),
        .has_security_version = true,
    };
}

/* The claims set that the encoder makes of all that it knows. */
static vouch_buffer encode_all(void)
{
    const struct vouch_eat eat = all_claims();
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ck_assert(vouch_eat_encode(&cbb, &eat));
    return finish_cbb(&cbb);
}

static const char claims[] = "eat-claims";

START_TEST(cddl_has_the_claims_that_are_written)
{
    vouch_buffer set = encode_all();
    CBS in = vouch_reader(span_of(&set));
    vouch_bytes skipped;
    uint64_t pairs;
    int64_t key;

    ck_assert(vouch_cbor_read_map(&in, &pairs));
    ck_assert_uint_eq(pairs, cddl_count(&cddl, claims));
    for (; pairs != 0; pairs--) {
        ck_assert(vouch_cbor_read_int(&in, &key));
        ck_assert_msg(cddl_key(&cddl, claims, key) != NULL, "no claim %" PRId64,
                      key);
        ck_assert(vouch_cbor_read_item(&in, &skipped));
    }
    ck_assert(cddl_rule(&cddl, claims)->open);
    free(set.data);
}
END_TEST

/* Values of every type, for the decoder to take or not. */
enum value {
    A_UINT,
    A_NINT,
    A_BSTR,
    A_TSTR,
    AN_ARRAY,
    A_MAP,
    A_BOOL,
    A_FLOAT,
    VALUES
};

static bool write_value(CBB *out, enum value value, size_t len)
{
    switch (value) {
    case A_UINT:
        return vouch_cbor_write_int(out, (int64_t)len);
    case A_NINT:
        return vouch_cbor_write_int(out, -1 - (int64_t)len);
    case A_BSTR:
        return vouch_cbor_write_bytes(out, octets(len));
    case A_TSTR:
        return vouch_cbor_write_text(out, octets(len));
    case AN_ARRAY:
        return vouch_cbor_write_array(out, 0);
    case A_MAP:
        return vouch_cbor_write_map(out, 0);
    case A_BOOL:
        return vouch_cbor_write_bool(out, len % 2 == 1);
    case A_FLOAT:
    case VALUES:
    default: /* 1.0 in half precision */
        return CBB_add_u8(out, 0xf9) && CBB_add_u16(out, 0x3c00);
    }
}

static vouch_err decode_claim(int64_t key, enum value value, size_t len)
{
    struct vouch_eat eat;
    vouch_buffer set;
    int64_t wrong = 0;
    vouch_err err;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ck_assert(vouch_cbor_write_map(&cbb, 1) &&
              vouch_cbor_write_int(&cbb, key) && write_value(&cbb, value, len));
    set = finish_cbb(&cbb);
    err =
        vouch_eat_decode(span_of(&set), VOUCH_CBOR_DETERMINISTIC, &eat, &wrong);
    free(set.data);
    if (err != VOUCH_OK) {
        ck_assert_int_eq(err, VOUCH_E_CLAIM_TYPE);
        ck_assert_int_eq(wrong, key);
    }
    return err;
}

/* Which lengths of strings a type takes; all others it does not. */
static bool string_bounds(const char *type, enum value *value, size_t *min,
                          size_t *max)
{
    *value = type[0] == 'b' ? A_BSTR : A_TSTR;
    if (sscanf(type, "bstr .size %zu", min) == 1) {
        *max = *min;
        return true;
    }
    return sscanf(type + 1, "str .size (%zu..%zu)", min, max) == 2;
}

static bool is_of_type(const char *type, enum value value, size_t len)
{
    enum value string;
    size_t min, max;

    if (string_bounds(type, &string, &min, &max)) {
        return value == string && len >= min && len <= max;
    }
    if (strcmp(type, "int") == 0) {
        return value == A_UINT || value == A_NINT;
    }
    if (strcmp(type, "uint") == 0) {
        return value == A_UINT;
    }
    if (strcmp(type, "measurements") == 0) {
        return value == A_MAP;
    }
    if (strcmp(type, "bool") == 0) {
        return value == A_BOOL;
    }
    if (sscanf(type, "%zu..%zu", &min, &max) == 2) {
        return value == A_UINT && len >= min && len <= max;
    }
    if (strcmp(type, "oemid") == 0) { /* its own rule says which lengths */
        return value == A_UINT || (value == A_BSTR && (len == 16 || len == 3));
    }
    /* And an empty array or map is none. */
    ck_assert(strcmp(type, "swversion") == 0 || strcmp(type, "submods") == 0);
    return false;
}

START_TEST(cddl_has_the_types_of_claims)
{
    int num = 0;

    for (size_t i = 0; i < cddl.num_keys; i++) {
        const struct cddl_key *key = &cddl.keys[i];

        if (strcmp(key->rule, claims) != 0) {
            continue;
        }
        num++;
        for (enum value value = 0; value < VALUES; value++) {
            for (size_t len = 0; len < 300; len++) {
                bool legal = is_of_type(key->type, value, len);

                ck_assert_msg(
                    (decode_claim(key->key, value, len) == VOUCH_OK) == legal,
                    "claim %" PRId64 ", value %d, length %zu", key->key,
                    (int)value, len);
            }
        }
    }
    ck_assert_int_eq(num, (int)cddl_count(&cddl, claims));
}
END_TEST

static bool write_text(CBB *out, size_t len)
{
    return vouch_cbor_write_text(out, octets(len));
}

static vouch_err decode_version(size_t items, size_t len)
{
    struct vouch_eat eat;
    vouch_buffer set;
    vouch_err err;
    bool ok;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ok = vouch_cbor_write_map(&cbb, 1) && vouch_cbor_write_int(&cbb, 271) &&
         vouch_cbor_write_array(&cbb, items);
    for (size_t i = 0; i < items; i++) {
        ok = ok && write_text(&cbb, len);
    }
    ck_assert(ok);
    set = finish_cbb(&cbb);
    err = vouch_eat_decode(span_of(&set), VOUCH_CBOR_DETERMINISTIC, &eat, NULL);
    free(set.data);
    return err;
}

START_TEST(cddl_has_the_version)
{
    unsigned min, max;

    ck_assert_int_eq(sscanf(cddl_rule(&cddl, "swversion")->text,
                            "[ version: tstr .size (%u..%u), ? scheme: any ]",
                            &min, &max),
                     2);
    for (size_t items = 0; items < 4; items++) {
        for (size_t len = 0; len < 300; len++) {
            bool legal = (items == 1 || items == 2) && len >= min && len <= max;

            ck_assert_int_eq(decode_version(items, len),
                             legal ? VOUCH_OK : VOUCH_E_CLAIM_TYPE);
        }
    }
}
END_TEST

START_TEST(cddl_has_the_other_rules_of_claims)
{
    ck_assert_str_eq(cddl_rule(&cddl, "oemid")->text,
                     "bstr .size 16 / bstr .size 3 / uint");
    ck_assert_str_eq(cddl_rule(&cddl, "submods")->text, "{ 1*16 tstr => any }");
}
END_TEST

/* A map of `num` measurements, whose names have `name_len` octets. */
static vouch_err decode_measurements(size_t num, size_t name_len, size_t len)
{
    uint8_t name[300] = {0};
    struct vouch_eat eat;
    vouch_buffer set;
    vouch_err err;
    bool ok;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ok = vouch_cbor_write_map(&cbb, 1) && vouch_cbor_write_int(&cbb, -80002) &&
         vouch_cbor_write_map(&cbb, num);
    for (size_t i = 0; i < num; i++) {
        snprintf((char *)name, sizeof name, "%03zu", i);
        ok = ok && vouch_cbor_write_text(&cbb, (vouch_bytes){name, name_len}) &&
             vouch_cbor_write_bytes(&cbb, octets(len));
    }
    ck_assert(ok);
    set = finish_cbb(&cbb);
    err = vouch_eat_decode(span_of(&set), VOUCH_CBOR_DETERMINISTIC, &eat, NULL);
    free(set.data);
    return err;
}

START_TEST(cddl_has_the_measurements)
{
    unsigned least, most, min, max, size;

    ck_assert_int_eq(sscanf(cddl_rule(&cddl, "measurements")->text,
                            "{ %u*%u (tstr .size (%u..%u)) => bstr .size %u }",
                            &least, &most, &min, &max, &size),
                     5);
    ck_assert_uint_eq(least, 0);
    ck_assert_int_eq(decode_measurements(0, 0, 0), VOUCH_OK);
    ck_assert_int_eq(decode_measurements(most, 3, size), VOUCH_OK);
    ck_assert_int_eq(decode_measurements(most + 1, 3, size),
                     VOUCH_E_CLAIM_TYPE);
    for (size_t len = 0; len < 300; len++) {
        ck_assert_int_eq(decode_measurements(1, len, size),
                         len >= min && len <= max ? VOUCH_OK
                                                  : VOUCH_E_CLAIM_TYPE);
        ck_assert_int_eq(decode_measurements(1, 3, len),
                         len == size ? VOUCH_OK : VOUCH_E_CLAIM_TYPE);
    }
}
END_TEST

/* What must be there is what the appraiser does not accept without. */

struct token_maker {
    vouch_key *key;
    vouch_appraiser *appraiser;
    uint8_t key_id[32];
    vouch_buffer aik; /* another key */
};

static void make_token_maker(struct token_maker *m)
{
    EVP_PKEY *pkey = pki_key(PKI_P256), *aik = pki_key(PKI_P256);
    vouch_policy *policy;

    m->aik = pki_spki(aik);
    EVP_PKEY_free(aik);

    ck_assert_int_eq(vouch_key_from_evp(pkey, &m->key), VOUCH_OK);
    EVP_PKEY_free(pkey);
    vouch_sha256(vouch_key_spki(m->key), m->key_id);
    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, vouch_key_spki(m->key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_reference(policy, "x", octets(32)),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &m->appraiser), VOUCH_OK);
    vouch_policy_free(policy);
}

static vouch_buffer sign(const struct token_maker *m, vouch_bytes payload)
{
    vouch_buffer token, cmw;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ck_assert_int_eq(
        vouch_cose_sign(m->key, (vouch_bytes){m->key_id, 32}, payload, &cbb),
        VOUCH_OK);
    token = finish_cbb(&cbb);
    ck_assert_int_eq(vouch_cmw_record(VOUCH_SOFTWARE_FORMAT, span_of(&token),
                                      VOUCH_CMW_EVIDENCE, &cmw),
                     VOUCH_OK);
    free(token.data);
    return cmw;
}

static vouch_verdict appraise(const struct token_maker *m, vouch_bytes payload)
{
    const vouch_expectation expected = {
        .binder = {.len = 32},
        .aik_pub_hash = {.len = 32},
        .aik_spki = span_of(&m->aik),
        .now = {0, PKI_NOW},
    };
    vouch_buffer cmw = sign(m, payload);
    vouch_result result;

    vouch_appraise(m->appraiser, span_of(&cmw), &expected, &result);
    vouch_buffer_free(&cmw);
    return result.verdict;
}

/* All claims but one. */
static vouch_buffer without(vouch_bytes set, int64_t left_out)
{
    CBS in = vouch_reader(set);
    vouch_bytes label, value;
    uint64_t pairs;
    int64_t key;
    CBB cbb;

    ck_assert(CBB_init(&cbb, 512));
    ck_assert(vouch_cbor_read_map(&in, &pairs));
    ck_assert(vouch_cbor_write_map(&cbb, (size_t)pairs - 1));
    for (; pairs != 0; pairs--) {
        CBS copy = in;

        ck_assert(vouch_cbor_read_int(&copy, &key));
        ck_assert(vouch_cbor_read_item(&in, &label));
        ck_assert(vouch_cbor_read_item(&in, &value));
        if (key != left_out) {
            ck_assert(CBB_add_bytes(&cbb, label.data, label.len));
            ck_assert(CBB_add_bytes(&cbb, value.data, value.len));
        }
    }
    return finish_cbb(&cbb);
}

START_TEST(cddl_says_which_claims_must_be_there)
{
    vouch_buffer set = encode_all();
    struct token_maker maker;

    make_token_maker(&maker);
    ck_assert_int_eq(appraise(&maker, span_of(&set)), VOUCH_ACCEPTED);
    for (size_t i = 0; i < cddl.num_keys; i++) {
        const struct cddl_key *key = &cddl.keys[i];
        vouch_buffer rest;

        if (strcmp(key->rule, claims) != 0) {
            continue;
        }
        if (key->key == VOUCH_EAT_POSTURE_DIGEST) {
            continue; /* it is there when -80007 is */
        }
        rest = without(span_of(&set), key->key);
        ck_assert_msg((appraise(&maker, span_of(&rest)) == VOUCH_ACCEPTED) ==
                          key->optional,
                      "claim %" PRId64, key->key);
        free(rest.data);
    }
    vouch_appraiser_free(maker.appraiser);
    vouch_key_free(maker.key);
    free(maker.aik.data);
    free(set.data);
}
END_TEST

/* RFC 9052, 3.1 and 4.2 */
START_TEST(cddl_has_the_token_that_is_written)
{
    static const char rule[] = "eat-header";
    struct token_maker maker;
    struct vouch_cose_sign1 sign1;
    vouch_buffer cmw;
    vouch_cmw record;
    uint64_t pairs;
    CBS in;

    make_token_maker(&maker);
    cmw = sign(&maker, octets(1));
    ck_assert_int_eq(vouch_cmw_parse(span_of(&cmw), &record), VOUCH_OK);
    ck_assert_int_eq(vouch_cose_sign1_decode(record.value, &sign1), VOUCH_OK);
    in = vouch_reader(sign1.protected_header);
    ck_assert(vouch_cbor_read_map(&in, &pairs));
    ck_assert_uint_eq(pairs + 1, cddl_count(&cddl, rule));
    ck_assert(cddl_key(&cddl, rule, 33)->optional); /* is not sent */
    for (; pairs != 0; pairs--) {
        const struct cddl_key *key;
        vouch_bytes value;
        uint64_t label;

        ck_assert(vouch_cbor_read_uint(&in, &label));
        ck_assert(vouch_cbor_read_item(&in, &value));
        key = cddl_key(&cddl, rule, (int64_t)label);
        ck_assert_msg(key != NULL && !key->optional, "label %" PRIu64, label);
        ck_assert_str_eq(key->type,
                         label == 1 ? "cose-algorithm" : "bstr .size 32");
    }
    ck_assert_str_eq(
        cddl_rule(&cddl, "cose-algorithm")->text,
        "cose-es256 / cose-es384 / cose-es512 / cose-eddsa / cose-ps256");
    ck_assert_uint_eq(sign1.key_id.len, 32);
    ck_assert(cddl_rule(&cddl, rule)->open);
    ck_assert_mem_eq(record.value.data, "\xd2\x84", 2); /* tag 18, four */
    ck_assert_str_eq(cddl_rule(&cddl, "eat-token")->text,
                     "#6.18([ bstr .cbor eat-header, {}, "
                     "bstr .cbor eat-claims, bstr ])");
    vouch_buffer_free(&cmw);
    vouch_appraiser_free(maker.appraiser);
    vouch_key_free(maker.key);
    free(maker.aik.data);
}
END_TEST

/* Attestation Results */

static const struct vouch_ear_table *texts_of(const char *name)
{
    const struct vouch_ear_table *tables[] = {&vouch_ear_claims,
                                              &vouch_ear_appraisal_claims};

    for (int i = 0; i < COUNT(tables); i++) {
        for (size_t n = 0; n < tables[i]->num; n++) {
            if (strcmp(tables[i]->items[n].name, name) == 0) {
                return tables[i]->items[n].texts;
            }
        }
    }
    ck_abort_msg("no claim %s", name);
    return NULL;
}

static const struct ear_map {
    const char *rule, *name; /* of the claim, or NULL */
    const struct vouch_ear_table *table;
} ear_maps[] = {
    {"ear-claims", NULL, &vouch_ear_claims},
    {"ear-appraisal", NULL, &vouch_ear_appraisal_claims},
    {"ear-verifier-id", "ear_verifier_id", NULL},
    {"ear-refusal", "refusal", NULL},
};

static void ear_type_text(const struct vouch_ear_claim *claim,
                          char out[TEXT_MAX])
{
    const char *major = claim->type == VOUCH_EAR_BYTES ? "bstr" : "tstr";

    switch (claim->type) {
    case VOUCH_EAR_TIME:
        snprintf(out, TEXT_MAX, "int");
        break;
    case VOUCH_EAR_TIER:
        snprintf(out, TEXT_MAX, "ear-tier");
        break;
    case VOUCH_EAR_VECTOR:
        snprintf(out, TEXT_MAX, "ear-vector");
        break;
    case VOUCH_EAR_SUBMODULES:
        snprintf(out, TEXT_MAX, "ear-submods");
        break;
    case VOUCH_EAR_TEXT_MAP:
        snprintf(out, TEXT_MAX, "%s",
                 strcmp(claim->name, "refusal") == 0 ? "ear-refusal"
                                                     : "ear-verifier-id");
        break;
    case VOUCH_EAR_CMW:
        snprintf(out, TEXT_MAX, "cmw");
        break;
    case VOUCH_EAR_ANY:
        snprintf(out, TEXT_MAX, "any");
        break;
    case VOUCH_EAR_BYTES:
    case VOUCH_EAR_TEXT:
    case VOUCH_EAR_TEXTS:
    default:
        snprintf(out, TEXT_MAX,
                 claim->min == claim->max         ? "%s .size %zu"
                 : claim->type == VOUCH_EAR_TEXTS ? "[1* %s .size (%zu..%zu)]"
                                                  : "%s .size (%zu..%zu)",
                 major, claim->min, claim->max);
        break;
    }
}

START_TEST(cddl_has_the_claims_of_results)
{
    const struct ear_map *map = &ear_maps[_i];
    const struct vouch_ear_table *table =
        map->table != NULL ? map->table : texts_of(map->name);

    /* as many, and each of them: so no other */
    ck_assert_uint_eq(cddl_count(&cddl, map->rule), table->num);
    for (size_t i = 0; i < table->num; i++) {
        const struct vouch_ear_claim *claim = &table->items[i];
        const struct cddl_key *key = cddl_key(&cddl, map->rule, claim->key);
        char type[TEXT_MAX];

        ck_assert_msg(key != NULL, "%s: no %s", map->rule, claim->name);
        ck_assert_msg(key->optional == !claim->required, "%s", claim->name);
        ear_type_text(claim, type);
        ck_assert_str_eq(key->type, type);
    }
    ck_assert(cddl_rule(&cddl, map->rule)->open);
}
END_TEST

START_TEST(cddl_has_the_bounds_of_results)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof text,
             "{ 1*%u (tstr .size (1..%u)) => ear-appraisal }",
             VOUCH_LIMIT_SUBMODULES, VOUCH_LIMIT_RESULT_TEXT);
    ck_assert_str_eq(cddl_rule(&cddl, "ear-submods")->text, text);
    snprintf(text, sizeof text, "%u / %u / %u / %u", vouch_ear_tiers[0].number,
             vouch_ear_tiers[1].number, vouch_ear_tiers[2].number,
             vouch_ear_tiers[3].number);
    ck_assert_str_eq(cddl_rule(&cddl, "ear-tier")->text, text);
    snprintf(text, sizeof text, "{ 1*%d (0..%d) => %d..%d }",
             VOUCH_EAR_CATEGORIES, VOUCH_EAR_CATEGORIES - 1, INT8_MIN,
             INT8_MAX);
    ck_assert_str_eq(cddl_rule(&cddl, "ear-vector")->text, text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cddl");
    TCase *tc = tcase_create("cddl");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, cddl_has_the_fields_of_a_message, 0,
                        COUNT(messages));
    tcase_add_loop_test(tc, cddl_has_no_other_fields, 0, COUNT(messages));
    tcase_add_test(tc, cddl_has_every_message);
    tcase_add_test(tc, cddl_has_the_bounds_of_the_code);
    tcase_add_loop_test(tc, cddl_has_the_constant, 0, COUNT(constants));
    tcase_add_test(tc, cddl_has_no_other_constants);
    tcase_add_test(tc, cddl_reasons_are_those_of_the_api);
    tcase_add_test(tc, cddl_has_the_record_that_is_read);
    tcase_add_test(tc, cddl_has_the_tags_that_are_read);
    tcase_add_test(tc, cddl_has_the_collection_that_is_read);
    tcase_add_test(tc, cddl_has_the_claims_that_are_written);
    tcase_add_test(tc, cddl_has_the_types_of_claims);
    tcase_add_test(tc, cddl_has_the_version);
    tcase_add_test(tc, cddl_has_the_other_rules_of_claims);
    tcase_add_test(tc, cddl_has_the_measurements);
    tcase_add_test(tc, cddl_says_which_claims_must_be_there);
    tcase_add_test(tc, cddl_has_the_token_that_is_written);
    tcase_add_loop_test(tc, cddl_has_the_claims_of_results, 0, COUNT(ear_maps));
    tcase_add_test(tc, cddl_has_the_bounds_of_results);
    suite_add_tcase(suite, tc);
    return suite;
}
