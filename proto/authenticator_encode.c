/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/limits.h>

#include "proto/handshake.h"
#include "proto/writer.h"

enum {
    ENTRY_OVERHEAD = 3 + 2,   /* lengths of certificate and extensions */
    CMW_OVERHEAD = 2 + 2 + 2, /* type and length, inner length */
};

static vouch_err check_certificate(vouch_bytes certificate)
{
    if (certificate.len == 0) {
        return VOUCH_E_ARGUMENT;
    }
    return certificate.len <= VOUCH_LIMIT_CERTIFICATE ? VOUCH_OK
                                                      : VOUCH_E_TOO_LARGE;
}

static vouch_err check_list(const vouch_bytes *chain, size_t num,
                            vouch_bytes cmw)
{
    size_t len = cmw.len != 0 ? CMW_OVERHEAD + cmw.len : 0;

    if (num > VOUCH_LIMIT_CHAIN) {
        return VOUCH_E_TOO_MANY;
    }
    if (cmw.len > VOUCH_LIMIT_CMW) {
        return VOUCH_E_TOO_LARGE;
    }
    for (size_t i = 0; i < num; i++) {
        vouch_err err = check_certificate(chain[i]);

        if (err != VOUCH_OK) {
            return err;
        }
        len += ENTRY_OVERHEAD + chain[i].len;
    }
    return len <= VOUCH_LIMIT_CERTIFICATE_LIST ? VOUCH_OK : VOUCH_E_TOO_LARGE;
}

/* expat-04, 3: opaque cmw_data<1..2^16-1> [X03] */
static bool write_cmw(CBB *extensions, vouch_bytes cmw)
{
    CBB body;

    return CBB_add_u16(extensions, VOUCH_EXT_CMW_ATTESTATION) &&
           CBB_add_u16_length_prefixed(extensions, &body) &&
           vouch_write_vector16(&body, cmw) && CBB_flush(extensions);
}

/* RFC 8446, 4.4.2: CertificateEntry of an X.509 certificate [E13] */
static bool write_entry(CBB *list, vouch_bytes certificate, vouch_bytes cmw)
{
    CBB extensions;

    return vouch_write_vector24(list, certificate) &&
           CBB_add_u16_length_prefixed(list, &extensions) &&
           (cmw.len == 0 || write_cmw(&extensions, cmw)) && CBB_flush(list);
}

static bool write_list(CBB *list, const vouch_bytes *chain, size_t num,
                       vouch_bytes cmw)
{
    const vouch_bytes none = {NULL, 0};

    for (size_t i = 0; i < num; i++) {
        /* expat-04, 3: in the first entry and no other [X01] [X02] */
        if (!write_entry(list, chain[i], i == 0 ? cmw : none)) {
            return false;
        }
    }
    return true;
}

vouch_err vouch_certificate_encode(CBB *out, vouch_bytes context,
                                   const vouch_bytes *chain, size_t num,
                                   vouch_bytes cmw)
{
    CBB body, list;
    vouch_err err = check_list(chain, num, cmw);

    if (context.len > 0xff || (num == 0 && cmw.len != 0)) {
        return VOUCH_E_ARGUMENT;
    }
    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_write_header(out, VOUCH_HS_CERTIFICATE, &body) &&
        vouch_write_vector8(&body, context) &&
        CBB_add_u24_length_prefixed(&body, &list) &&
        write_list(&list, chain, num, cmw) && CBB_flush(out)) {
        return VOUCH_OK;
    }
    return VOUCH_E_NOMEM;
}

/* RFC 9261, 5.2.2 */
vouch_err vouch_certificate_verify_encode(CBB *out, uint16_t scheme,
                                          vouch_bytes signature)
{
    CBB body;

    if (signature.len > VOUCH_LIMIT_SIGNATURE) {
        return VOUCH_E_TOO_LARGE;
    }
    if (vouch_write_header(out, VOUCH_HS_CERTIFICATE_VERIFY, &body) &&
        CBB_add_u16(&body, scheme) && vouch_write_vector16(&body, signature) &&
        CBB_flush(out)) {
        return VOUCH_OK;
    }
    return VOUCH_E_NOMEM;
}

/* RFC 9261, 5.2.3 */
vouch_err vouch_finished_encode(CBB *out, vouch_bytes verify_data)
{
    CBB body;

    if (vouch_write_header(out, VOUCH_HS_FINISHED, &body) &&
        vouch_write_octets(&body, verify_data) && CBB_flush(out)) {
        return VOUCH_OK;
    }
    return VOUCH_E_NOMEM;
}
