/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/ecdsa.h"

#include <string.h>

#include <openssl/bytestring.h>

/* Writes `order_len` octets off the front of `raw` as an INTEGER. */
static bool add_integer(CBB *out, CBS *raw, size_t order_len)
{
    CBS number;
    CBB integer;

    if (!CBS_get_bytes(raw, &number, order_len) ||
        !CBB_add_asn1(out, &integer, CBS_ASN1_INTEGER)) {
        return false;
    }
    while (CBS_len(&number) > 1 && CBS_data(&number)[0] == 0) {
        CBS_skip(&number, 1);
    }
    if ((CBS_data(&number)[0] & 0x80) != 0 && !CBB_add_u8(&integer, 0)) {
        return false;
    }
    return CBB_add_bytes(&integer, CBS_data(&number), CBS_len(&number)) &&
           CBB_flush(out);
}

vouch_err vouch_ecdsa_to_der(vouch_bytes raw, size_t order_len,
                             uint8_t out[VOUCH_ECDSA_DER_MAX], size_t *out_len)
{
    vouch_err err = VOUCH_E_SIGNATURE;
    CBB cbb, sequence;
    CBS rest;

    CBS_init(&rest, raw.data, raw.len);
    CBB_zero(&cbb);
    if (!CBB_init_fixed(&cbb, out, VOUCH_ECDSA_DER_MAX)) {
        return VOUCH_E_NOMEM;
    }
    if (CBB_add_asn1(&cbb, &sequence, CBS_ASN1_SEQUENCE) &&
        add_integer(&sequence, &rest, order_len) &&
        add_integer(&sequence, &rest, order_len) && CBS_len(&rest) == 0 &&
        CBB_finish(&cbb, NULL, out_len)) {
        err = VOUCH_OK;
    }
    CBB_cleanup(&cbb);
    return err;
}

/* Reads an INTEGER into `order_len` octets with zeros in front. */
static bool get_integer(CBS *sequence, size_t order_len, uint8_t *out)
{
    CBS number;

    if (!CBS_get_asn1(sequence, &number, CBS_ASN1_INTEGER) ||
        !CBS_is_unsigned_asn1_integer(&number)) {
        return false;
    }
    if (CBS_len(&number) > 1 && CBS_data(&number)[0] == 0) {
        CBS_skip(&number, 1);
    }
    if (CBS_len(&number) > order_len) {
        return false;
    }
    memset(out, 0, order_len);
    return CBS_copy_bytes(&number, &out[order_len - CBS_len(&number)],
                          CBS_len(&number));
}

vouch_err vouch_ecdsa_to_raw(vouch_bytes der, size_t order_len,
                             uint8_t out[VOUCH_ECDSA_RAW_MAX], size_t *out_len)
{
    CBS cbs, sequence;

    CBS_init(&cbs, der.data, der.len);
    if (!CBS_get_asn1(&cbs, &sequence, CBS_ASN1_SEQUENCE) ||
        CBS_len(&cbs) != 0 || !get_integer(&sequence, order_len, out) ||
        !get_integer(&sequence, order_len, &out[order_len]) ||
        CBS_len(&sequence) != 0) {
        return VOUCH_E_SIGNATURE;
    }
    *out_len = 2 * order_len;
    return VOUCH_OK;
}
