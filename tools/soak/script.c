/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/script.h"

#include "tools/soak/data.h"
#include "tools/soak/hostile.h"

/* proto/README.md, 2 */
enum capsule {
    DATA = 0x2f5600,
    CAPABILITIES,
    REQUEST,
    AUTHENTICATOR,
    OUTCOME,
    POSTURE,
    COMMAND,
    REPLY,
    CLOSE,
    UNKNOWN = 0x2f56ff,
};

enum { PIECE = 1024 };

static void ok(int done)
{
    need(done, "write a message");
}

/* RFC 8949, 3: a head in its shortest form. */
static void head(CBB *out, uint8_t major, uint64_t value)
{
    uint8_t first = (uint8_t)(major << 5);

    if (value < 24) {
        ok(CBB_add_u8(out, first | (uint8_t)value));
    } else if (value <= UINT8_MAX) {
        ok(CBB_add_u8(out, first | 24) && CBB_add_u8(out, (uint8_t)value));
    } else if (value <= UINT16_MAX) {
        ok(CBB_add_u8(out, first | 25) && CBB_add_u16(out, (uint16_t)value));
    } else if (value <= UINT32_MAX) {
        ok(CBB_add_u8(out, first | 26) && CBB_add_u32(out, (uint32_t)value));
    } else {
        ok(CBB_add_u8(out, first | 27) && CBB_add_u64(out, value));
    }
}

static void put_uint(CBB *out, uint64_t key, uint64_t value)
{
    head(out, 0, key);
    head(out, 0, value);
}

static void put_octets(CBB *out, uint64_t key, const uint8_t *octets,
                       size_t len)
{
    head(out, 0, key);
    head(out, 2, len);
    ok(CBB_add_bytes(out, octets, len));
}

static void put_formats(CBB *out, uint64_t key)
{
    static const char format[] = SOAK_FORMAT;

    head(out, 0, key);
    head(out, 4, 1);
    head(out, 3, sizeof format - 1);
    ok(CBB_add_bytes(out, (const uint8_t *)format, sizeof format - 1));
}

/* RFC 9297, 3.2, with lengths of four octets. */
static void capsule_head(CBB *out, enum capsule type, uint32_t len)
{
    ok(CBB_add_u32(out, UINT32_C(0x80000000) | (uint32_t)type) &&
       CBB_add_u32(out, UINT32_C(0x80000000) | len));
}

static void put_capsule(CBB *out, enum capsule type, CBB *value)
{
    ok(CBB_flush(value));
    capsule_head(out, type, (uint32_t)CBB_len(value));
    ok(CBB_add_bytes(out, CBB_data(value), CBB_len(value)));
    CBB_cleanup(value);
}

static CBB map(uint64_t pairs)
{
    CBB value;

    ok(CBB_init(&value, 64));
    head(&value, 5, pairs);
    return value;
}

static uint64_t draw(const struct speaker *speaker, uint64_t number)
{
    return plan_draw(speaker->plan, speaker->side, FOR_HOSTILE,
                     speaker->number << 8 | number);
}

/* Ids: of the speaker's role, of the other's, live, never issued, 0. */
static uint64_t some_id(const struct speaker *speaker)
{
    static const uint64_t counters[] = {0, 1,    2,
                                        3, 1000, ((uint64_t)1 << 61) - 1};
    uint64_t bits = draw(speaker, 1);

    return (bits & 7) << 61 | counters[(bits >> 8) % 6];
}

/* Messages */

static void capabilities(CBB *out, const struct speaker *speaker, bool right)
{
    static const char label[] = "EXPORTER-vouch-connection-check";
    uint8_t check[32] = {0};
    CBB value = map(8);

    ok(!right ||
       SSL_export_keying_material(speaker->ssl, check, sizeof check, label,
                                  sizeof label - 1, NULL, 0, 0));
    put_uint(&value, 0, 1);
    put_formats(&value, 1);
    put_formats(&value, 2);
    put_uint(&value, 3, 1 | 8); /* will-ask, executes */
    put_uint(&value, 4, 133184);
    put_uint(&value, 5, 65529);
    put_uint(&value, 6, 64);
    put_octets(&value, 7, check, 8);
    put_capsule(out, CAPABILITIES, &value);
}

static void right_capabilities(CBB *out, const struct speaker *speaker)
{
    capabilities(out, speaker, true);
}

static void wrong_check(CBB *out, const struct speaker *speaker)
{
    capabilities(out, speaker, false);
}

static void garbage(CBB *out, const struct speaker *speaker)
{
    uint8_t *octets;

    ok(CBB_add_space(out, &octets, PIECE));
    data_fill(draw(speaker, 0), 0, octets, PIECE);
}

static void data(CBB *out, size_t len)
{
    uint8_t *octets;

    capsule_head(out, DATA, (uint32_t)len);
    ok(CBB_add_space(out, &octets, len));
    data_fill(0, 0, octets, len);
}

static void data_of_none(CBB *out, const struct speaker *speaker)
{
    (void)speaker;
    data(out, 0);
}

static void data_of_one(CBB *out, const struct speaker *speaker)
{
    (void)speaker;
    data(out, 1);
}

static void data_of_most(CBB *out, const struct speaker *speaker)
{
    (void)speaker;
    data(out, 16384);
}

/* RFC 9261, 4: a request as vouch makes it, of the speaker's role. */
static void authenticator_request(CBB *out, enum side side, uint64_t id,
                                  const uint8_t operation[32])
{
    CBB body, context, extensions, extension, schemes;

    ok(CBB_add_u8(out, side == CLIENT ? 17 : 13) &&
       CBB_add_u24_length_prefixed(out, &body) &&
       CBB_add_u8_length_prefixed(&body, &context) &&
       CBB_add_u64(&context, id));
    for (size_t i = 0; i < 24; i++) {
        ok(CBB_add_u8(&context, (uint8_t)i));
    }
    ok(operation == NULL || CBB_add_bytes(&context, operation, 32));
    ok(CBB_add_u16_length_prefixed(&body, &extensions) &&
       CBB_add_u16(&extensions, 13) &&
       CBB_add_u16_length_prefixed(&extensions, &extension) &&
       CBB_add_u16_length_prefixed(&extension, &schemes) &&
       CBB_add_u16(&schemes, 0x0403) && CBB_add_u16(&extensions, 0xff00) &&
       CBB_add_u16(&extensions, 0) && CBB_flush(out));
}

static void request(CBB *out, const struct speaker *speaker, bool operation)
{
    static const uint8_t digest[32] = {1};
    uint64_t id = (uint64_t)speaker->side << 63 | (uint64_t)operation << 62 |
                  (speaker->number + 1);
    CBB value = map(operation ? 5 : 4), octets;

    ok(CBB_init(&octets, 128));
    authenticator_request(&octets, speaker->side, id,
                          operation ? digest : NULL);
    put_uint(&value, 1, id);
    put_octets(&value, 2, CBB_data(&octets), CBB_len(&octets));
    CBB_cleanup(&octets);
    put_formats(&value, 3);
    if (operation) {
        put_octets(&value, 4, digest, sizeof digest);
    }
    put_uint(&value, 6, 60000);
    put_capsule(out, REQUEST, &value);
}

static void plain_request(CBB *out, const struct speaker *speaker)
{
    request(out, speaker, false);
}

static void request_for_operation(CBB *out, const struct speaker *speaker)
{
    request(out, speaker, true);
}

static void authenticator(CBB *out, const struct speaker *speaker)
{
    uint8_t octets[PIECE];
    CBB value = map(2);

    data_fill(draw(speaker, 0), 0, octets, sizeof octets);
    put_uint(&value, 1, some_id(speaker));
    put_octets(&value, 2, octets, sizeof octets);
    put_capsule(out, AUTHENTICATOR, &value);
}

static void outcome(CBB *out, const struct speaker *speaker)
{
    uint64_t verdict = draw(speaker, 2) % 3;
    CBB value = map(verdict == 0 ? 4 : 3);

    put_uint(&value, 1, some_id(speaker));
    put_uint(&value, 2, verdict);
    put_uint(&value, 3, verdict);
    if (verdict == 0) {
        put_uint(&value, 4, (uint64_t)1 << 60);
    }
    put_capsule(out, OUTCOME, &value);
}

static void posture(CBB *out, const struct speaker *speaker)
{
    CBB value = map(1);

    put_uint(&value, 1, speaker->number + 1);
    put_capsule(out, POSTURE, &value);
}

static void command(CBB *out, const struct speaker *speaker)
{
    uint8_t octets[PIECE] = {0};
    CBB value = map(2);

    put_uint(&value, 1, some_id(speaker));
    put_octets(&value, 2, octets, draw(speaker, 3) % sizeof octets);
    put_capsule(out, COMMAND, &value);
}

static void reply(CBB *out, const struct speaker *speaker)
{
    CBB value = map(2);

    put_uint(&value, 1, some_id(speaker));
    put_uint(&value, 2, draw(speaker, 3) % 9);
    put_capsule(out, REPLY, &value);
}

static void close_0(CBB *out, const struct speaker *speaker)
{
    CBB value = map(1);

    (void)speaker;
    put_uint(&value, 1, 0);
    put_capsule(out, CLOSE, &value);
}

static void unknown(CBB *out, const struct speaker *speaker)
{
    capsule_head(out, UNKNOWN, PIECE);
    garbage(out, speaker);
}

/* Announces more than it sends. */
static void half_capsule(CBB *out, const struct speaker *speaker)
{
    capabilities(out, speaker, true);
    capsule_head(out, AUTHENTICATOR, 133184);
    garbage(out, speaker);
}

static void too_long(CBB *out, const struct speaker *speaker)
{
    capabilities(out, speaker, true);
    capsule_head(out, REQUEST, 1 << 20);
    garbage(out, speaker);
}

/* Anything, in any order. */
static void anything(CBB *out, const struct speaker *speaker)
{
    static script_message *const messages[] = {
        data_of_none, data_of_one,   plain_request, request_for_operation,
        outcome,      authenticator, posture,       command,
        reply,        unknown};

    messages[draw(speaker, 4) % (sizeof messages / sizeof messages[0])](
        out, speaker);
}

/* The first octets of a ClientHello. */
static void half_hello(CBB *out, const struct speaker *speaker)
{
    static const uint8_t octets[] = {22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};

    (void)speaker;
    ok(CBB_add_bytes(out, octets, sizeof octets));
}

const struct script scripts[] = {
    {.name = "garbage instead of TLS", .next = garbage, .no_tls = true},
    {.name = "no handshake", .no_tls = true},
    {.name = "half a ClientHello", .first = half_hello, .no_tls = true},
    {.name = "no ALPN", .no_alpn = true},
    {.name = "silence"},
    {.name = "garbage", .next = garbage},
    {.name = "no answer", .first = right_capabilities},
    {.name = "another connection", .first = wrong_check},
    {.name = "half a capsule", .first = half_capsule},
    {.name = "too long a capsule", .first = too_long},
    {.name = "slowly",
     .first = right_capabilities,
     .next = anything,
     .gap_ms = 100},
    {.name = "anything", .first = right_capabilities, .next = anything},
    {.name = "anything, and never reads",
     .first = right_capabilities,
     .next = anything,
     .never_reads = true},
    {.name = "DATA of no octets",
     .first = right_capabilities,
     .next = data_of_none},
    {.name = "DATA of one octet",
     .first = right_capabilities,
     .next = data_of_one},
    {.name = "DATA", .first = right_capabilities, .next = data_of_most},
    {.name = "CAPABILITIES",
     .first = right_capabilities,
     .next = right_capabilities},
    {.name = "REQUEST", .first = right_capabilities, .next = plain_request},
    {.name = "REQUEST, and never reads",
     .first = right_capabilities,
     .next = plain_request,
     .never_reads = true},
    {.name = "REQUEST for operations",
     .first = right_capabilities,
     .next = request_for_operation},
    {.name = "AUTHENTICATOR",
     .first = right_capabilities,
     .next = authenticator},
    {.name = "OUTCOME", .first = right_capabilities, .next = outcome},
    {.name = "POSTURE", .first = right_capabilities, .next = posture},
    {.name = "POSTURE, and never reads",
     .first = right_capabilities,
     .next = posture,
     .never_reads = true},
    {.name = "COMMAND", .first = right_capabilities, .next = command},
    {.name = "REPLY", .first = right_capabilities, .next = reply},
    {.name = "CLOSE", .first = right_capabilities, .next = close_0},
    {.name = "unknown capsules", .first = right_capabilities, .next = unknown},
};

const size_t num_scripts = sizeof scripts / sizeof scripts[0];
