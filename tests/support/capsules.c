/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/capsules.h"

#include <stdlib.h>

#include <check.h>

#include "tests/support/octets.h"

bool capsule_take(vouch_session *from, struct capsule *out)
{
    vouch_bytes octets = vouch_session_outgoing(from), value = octets;
    struct vouch_capsule_header header;

    if (octets.len == 0) {
        return false;
    }
    ck_assert(vouch_capsule_header_parse(&value, &header));
    ck_assert_uint_le(header.length, value.len);
    out->type = header.type;
    out->value = (vouch_buffer){exact_copy(value.data, (size_t)header.length),
                                (size_t)header.length};
    vouch_session_sent(from, octets.len - value.len + (size_t)header.length);
    return true;
}

vouch_err capsule_give(vouch_session *to, vouch_now now, uint64_t type,
                       vouch_bytes value)
{
    uint8_t header[VOUCH_CAPSULE_HEADER_MAX];
    size_t len = vouch_capsule_header_encode(type, value.len, header), taken;
    vouch_err err =
        vouch_session_recv(to, (vouch_bytes){header, len}, now, &taken);

    if (err == VOUCH_OK) {
        err = vouch_session_recv(to, value, now, &taken);
    }
    return err;
}

void capsule_pass(vouch_session *from, vouch_session *to, vouch_now now)
{
    struct capsule capsule;

    while (capsule_take(from, &capsule)) {
        ck_assert_int_eq(
            capsule_give(to, now, capsule.type, span_of(&capsule.value)),
            VOUCH_OK);
        free(capsule.value.data);
    }
}

vouch_buffer capsule_expect(vouch_session *from, uint64_t type)
{
    struct capsule capsule;

    ck_assert(capsule_take(from, &capsule));
    ck_assert_uint_eq(capsule.type, type);
    return capsule.value;
}

vouch_buffer capsule_capabilities(const struct vouch_capabilities *m)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 256));
    ck_assert_int_eq(vouch_capabilities_encode(&cbb, m), VOUCH_OK);
    return finish_cbb(&cbb);
}

vouch_buffer capsule_rewrite_check(vouch_bytes capabilities,
                                   const uint8_t check[8])
{
    struct vouch_capabilities m;

    ck_assert_int_eq(vouch_capabilities_decode(capabilities, &m), VOUCH_OK);
    m.conn_check.data = check;
    return capsule_capabilities(&m);
}

static vouch_buffer encode(const struct vouch_authenticator_message *m)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, m->authenticator.len + 32));
    ck_assert_int_eq(vouch_authenticator_message_encode(&cbb, m), VOUCH_OK);
    return finish_cbb(&cbb);
}

vouch_buffer capsule_rewrite_id(vouch_bytes message, uint64_t id)
{
    struct vouch_authenticator_message m;

    ck_assert_int_eq(vouch_authenticator_message_decode(message, &m), VOUCH_OK);
    m.id = id;
    return encode(&m);
}

vouch_buffer capsule_rewrite_authenticator(vouch_bytes message,
                                           vouch_bytes authenticator)
{
    struct vouch_authenticator_message m;

    ck_assert_int_eq(vouch_authenticator_message_decode(message, &m), VOUCH_OK);
    m.authenticator = authenticator;
    return encode(&m);
}
