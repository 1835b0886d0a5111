/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tokens.h"

#include <stdlib.h>

#include <check.h>

#include <vouch/cmw.h>

#include "lib/evidence/cose_key.h"
#include "lib/keys/digest.h"
#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/memory.h"
#include "proto/reader.h"
#include "proto/writer.h"
#include "tests/support/octets.h"

vouch_buffer token_claims(const struct vouch_eat *eat)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_eat_encode(&cbb, eat));
    return finish_cbb(&cbb);
}

void token_key_id(const vouch_key *key, uint8_t out[32])
{
    vouch_sha256(vouch_key_spki(key), out);
}

vouch_buffer token_sign(const vouch_key *key, vouch_bytes payload)
{
    uint8_t id[32];

    token_key_id(key, id);
    return token_sign_as(key, (vouch_bytes){id, sizeof id}, payload);
}

vouch_buffer token_sign_as(const vouch_key *key, vouch_bytes key_id,
                           vouch_bytes payload)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert_int_eq(vouch_cose_sign(key, key_id, payload, &cbb), VOUCH_OK);
    return finish_cbb(&cbb);
}

vouch_buffer token_wrap(const char *format, vouch_bytes token)
{
    vouch_buffer record, out;

    ck_assert_int_eq(
        vouch_cmw_record(format, token, VOUCH_CMW_EVIDENCE, &record), VOUCH_OK);
    out = (vouch_buffer){exact_copy(record.data, record.len), record.len};
    vouch_buffer_free(&record);
    return out;
}

vouch_buffer token_digests(const struct token_digest *digests)
{
    size_t num = 0;
    CBB cbb;

    while (digests[num].name != NULL) {
        num++;
    }
    ck_assert(CBB_init(&cbb, 256));
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_digests_write(&cbb, vouch_text(digests[i].name),
                                      digests[i].sha256));
    }
    return finish_cbb(&cbb);
}

size_t token_split(vouch_bytes map, struct token_pair pairs[VOUCH_LIMIT_CLAIMS])
{
    CBS in = vouch_reader(map);
    uint64_t num;

    ck_assert(vouch_cbor_read_map(&in, &num));
    ck_assert_uint_le(num, VOUCH_LIMIT_CLAIMS);
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_cbor_read_item(&in, &pairs[i].label));
        ck_assert(vouch_cbor_read_item(&in, &pairs[i].value));
    }
    return (size_t)num;
}

vouch_buffer token_join(const struct token_pair *pairs, size_t num)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024));
    ck_assert(vouch_cbor_write_map(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_write_octets(&cbb, pairs[i].label));
        ck_assert(vouch_write_octets(&cbb, pairs[i].value));
    }
    return finish_cbb(&cbb);
}
