/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cose.h"

#include <vouch/limits.h>

#include "proto/cbor_reader.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "proto/reader.h"

enum { TAG_SIGN1 = 18 };

enum label {
    LABEL_ALG = 1,      /* RFC 9052, 3.1 */
    LABEL_CRIT = 2,     /* RFC 9052, 3.1 */
    LABEL_KID = 4,      /* RFC 9052, 3.1 */
    LABEL_X5CHAIN = 33, /* RFC 9360, 2 */
};

static vouch_err read_algorithm(CBS *in, bool is_protected,
                                struct vouch_cose_sign1 *out)
{
    /* RFC 9052, 3.1: alg belongs to what is signed, where that can be */
    return is_protected && vouch_cbor_read_int(in, &out->algorithm)
               ? VOUCH_OK
               : VOUCH_E_COSE_ALGORITHM;
}

static vouch_err check_certificates(const struct vouch_cose_sign1 *sign1)
{
    size_t num;
    CBS in = vouch_cose_x5chain(sign1, &num);
    vouch_bytes certificate;

    if (num > VOUCH_LIMIT_CHAIN) {
        return VOUCH_E_TOO_MANY;
    }
    for (; num != 0; num--) {
        if (!vouch_cose_read_certificate(&in, &certificate)) {
            return VOUCH_E_CBOR;
        }
        if (certificate.len > VOUCH_LIMIT_CERTIFICATE) {
            return VOUCH_E_TOO_LARGE;
        }
    }
    return VOUCH_OK;
}

static vouch_err read_x5chain(CBS *in, bool is_protected,
                              struct vouch_cose_sign1 *out)
{
    CBS copy = *in;
    uint64_t items;

    /* RFC 9711, 9.6: what says more than which key to try is protected
     * [T13] */
    if (!is_protected) {
        return VOUCH_E_COSE_PLACEMENT;
    }
    /* RFC 9360, 2: one stands alone, an array has two or more */
    if ((vouch_cbor_read_array(&copy, &items) && items < 2) ||
        !vouch_cbor_read_item(in, &out->x5chain)) {
        return VOUCH_E_CBOR;
    }
    return check_certificates(out);
}

static vouch_err read_parameter(CBS *in, bool is_protected,
                                struct vouch_cose_sign1 *out)
{
    vouch_bytes label, skipped;
    CBS copy = *in;
    int64_t number;

    if (!vouch_cbor_read_item(in, &label)) {
        return VOUCH_E_CBOR;
    }
    if (vouch_cbor_read_int(&copy, &number)) {
        switch (number) {
        case LABEL_ALG:
            return read_algorithm(in, is_protected, out);
        case LABEL_CRIT:
            /* RFC 9052, 3.1: vouch understands no extension that could be
             * critical */
            return VOUCH_E_ILLEGAL;
        case LABEL_KID:
            return vouch_cbor_read_bytes(in, &out->key_id) ? VOUCH_OK
                                                           : VOUCH_E_CBOR;
        case LABEL_X5CHAIN:
            return read_x5chain(in, is_protected, out);
        default:
            break;
        }
    }
    return vouch_cbor_read_item(in, &skipped) ? VOUCH_OK : VOUCH_E_CBOR;
}

static vouch_err read_header(CBS *in, bool is_protected,
                             struct vouch_cose_sign1 *out)
{
    vouch_err err = VOUCH_OK;
    uint64_t pairs;

    if (!vouch_cbor_read_map(in, &pairs)) {
        return VOUCH_E_CBOR;
    }
    for (; pairs != 0 && err == VOUCH_OK; pairs--) {
        err = read_parameter(in, is_protected, out);
    }
    return err;
}

/* RFC 9052, 3: an empty map is best a byte string of no octets. */
static vouch_err read_protected(vouch_bytes header,
                                struct vouch_cose_sign1 *out)
{
    CBS in = vouch_reader(header);
    vouch_err err;

    out->protected_header = header;
    if (header.len == 0) {
        return VOUCH_OK;
    }
    err = vouch_cbor_check(header, VOUCH_CBOR_PREFERRED);
    return err == VOUCH_OK ? read_header(&in, true, out) : err;
}

static bool has_label(CBS header, vouch_bytes label)
{
    uint64_t pairs;
    vouch_bytes other, skipped;

    if (vouch_read_end(&header) || !vouch_cbor_read_map(&header, &pairs)) {
        return false;
    }
    for (; pairs != 0; pairs--) {
        if (!vouch_cbor_read_item(&header, &other) ||
            !vouch_cbor_read_item(&header, &skipped)) {
            return false;
        }
        if (vouch_bytes_equal(other, label)) {
            return true;
        }
    }
    return false;
}

/* RFC 9052, 3: a label stands in one of the headers only. */
static bool shares_label(CBS protected_header, CBS unprotected)
{
    uint64_t pairs;
    vouch_bytes label, skipped;

    if (!vouch_cbor_read_map(&unprotected, &pairs)) {
        return false;
    }
    for (; pairs != 0; pairs--) {
        if (!vouch_cbor_read_item(&unprotected, &label) ||
            !vouch_cbor_read_item(&unprotected, &skipped)) {
            return false;
        }
        if (has_label(protected_header, label)) {
            return true;
        }
    }
    return false;
}

static vouch_err read_headers(CBS *in, struct vouch_cose_sign1 *out)
{
    vouch_bytes header;
    vouch_err err;
    CBS unprotected;

    if (!vouch_cbor_read_bytes(in, &header)) {
        return VOUCH_E_CBOR;
    }
    err = read_protected(header, out);
    if (err != VOUCH_OK) {
        return err;
    }
    unprotected = *in;
    if (shares_label(vouch_reader(header), unprotected)) {
        return VOUCH_E_DUPLICATE;
    }
    return read_header(in, false, out);
}

/* COSE_Sign1 = #6.18([ headers, payload, signature ]) */
vouch_err vouch_cose_sign1_decode(vouch_bytes octets,
                                  struct vouch_cose_sign1 *out)
{
    struct vouch_cose_sign1 sign1 = {0};
    vouch_err err = vouch_cbor_check(octets, VOUCH_CBOR_PREFERRED);
    CBS in = vouch_reader(octets);
    uint64_t tag, items;

    if (err != VOUCH_OK) {
        return err;
    }
    if (!vouch_cbor_read_tag(&in, &tag) || tag != TAG_SIGN1 ||
        !vouch_cbor_read_array(&in, &items) || items != 4) {
        return VOUCH_E_CBOR;
    }
    err = read_headers(&in, &sign1);
    if (err != VOUCH_OK) {
        return err;
    }
    if (sign1.algorithm == 0) {
        return VOUCH_E_COSE_ALGORITHM;
    }
    if (!vouch_cbor_read_bytes(&in, &sign1.payload) ||
        !vouch_cbor_read_bytes(&in, &sign1.signature)) {
        return VOUCH_E_CBOR;
    }
    *out = sign1;
    return VOUCH_OK;
}

CBS vouch_cose_x5chain(const struct vouch_cose_sign1 *in, size_t *num)
{
    const CBS item = vouch_reader(in->x5chain);
    CBS certificates = item;
    uint64_t items;

    if (vouch_cbor_read_array(&certificates, &items)) {
        *num = (size_t)items;
        return certificates;
    }
    *num = vouch_read_end(&item) ? 0 : 1;
    return item;
}

bool vouch_cose_read_certificate(CBS *in, vouch_bytes *out)
{
    return vouch_cbor_read_bytes(in, out);
}

bool vouch_cose_protected_header(CBB *out, int64_t algorithm,
                                 vouch_bytes key_id)
{
    return vouch_cbor_write_map(out, 2) &&
           vouch_cbor_write_uint(out, LABEL_ALG) &&
           vouch_cbor_write_int(out, algorithm) &&
           vouch_cbor_write_uint(out, LABEL_KID) &&
           vouch_cbor_write_bytes(out, key_id);
}

bool vouch_cose_sig_structure(CBB *out, const struct vouch_cose_sign1 *in,
                              vouch_bytes external_aad)
{
    return vouch_cbor_write_array(out, 4) &&
           vouch_cbor_write_text(out, vouch_text("Signature1")) &&
           vouch_cbor_write_bytes(out, in->protected_header) &&
           vouch_cbor_write_bytes(out, external_aad) &&
           vouch_cbor_write_bytes(out, in->payload);
}

bool vouch_cose_sign1_encode(CBB *out, const struct vouch_cose_sign1 *in)
{
    return vouch_cbor_write_tag(out, TAG_SIGN1) &&
           vouch_cbor_write_array(out, 4) &&
           vouch_cbor_write_bytes(out, in->protected_header) &&
           vouch_cbor_write_map(out, 0) &&
           vouch_cbor_write_bytes(out, in->payload) &&
           vouch_cbor_write_bytes(out, in->signature);
}
