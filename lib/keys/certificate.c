/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/certificate.h"

#include <openssl/nid.h>
#include <openssl/obj.h>
#include <openssl/x509.h>

#include <vouch/scheme.h>

#include "proto/reader.h"

vouch_err vouch_certificate_spki(vouch_bytes certificate, vouch_bytes *out)
{
    CBS cbs = vouch_reader(certificate), body, tbs, spki;

    if (!CBS_get_asn1(&cbs, &body, CBS_ASN1_SEQUENCE) ||
        !vouch_read_end(&cbs) ||
        !CBS_get_asn1(&body, &tbs, CBS_ASN1_SEQUENCE) ||
        !CBS_get_optional_asn1(&tbs, NULL, NULL,
                               CBS_ASN1_CONTEXT_SPECIFIC |
                                   CBS_ASN1_CONSTRUCTED | 0) || /* version */
        !CBS_get_asn1(&tbs, NULL, CBS_ASN1_INTEGER) ||  /* serialNumber */
        !CBS_get_asn1(&tbs, NULL, CBS_ASN1_SEQUENCE) || /* signature */
        !CBS_get_asn1(&tbs, NULL, CBS_ASN1_SEQUENCE) || /* issuer */
        !CBS_get_asn1(&tbs, NULL, CBS_ASN1_SEQUENCE) || /* validity */
        !CBS_get_asn1(&tbs, NULL, CBS_ASN1_SEQUENCE) || /* subject */
        !CBS_get_asn1_element(&tbs, &spki, CBS_ASN1_SEQUENCE)) {
        return VOUCH_E_CERTIFICATE;
    }
    *out = vouch_rest(&spki);
    return VOUCH_OK;
}

vouch_err vouch_certificate_parse(vouch_bytes certificate, X509 **out)
{
    const uint8_t *end = certificate.data;
    X509 *x509 = d2i_X509(NULL, &end, (long)certificate.len);

    if (x509 == NULL || end != certificate.data + certificate.len) {
        X509_free(x509);
        return VOUCH_E_CERTIFICATE;
    }
    *out = x509;
    return VOUCH_OK;
}

/* The hash of RSASSA-PSS-params (RFC 4055, 3.1), which must be there: SHA-1 is
 * what its absence means. */
static int pss_hash(const X509_ALGOR *algorithm)
{
    const void *value;
    int type;
    CBS cbs, params, field, identifier, oid;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE) {
        return NID_undef;
    }
    CBS_init(&cbs, ASN1_STRING_get0_data(value),
             (size_t)ASN1_STRING_length(value));
    if (!CBS_get_asn1(&cbs, &params, CBS_ASN1_SEQUENCE) ||
        !CBS_get_asn1(&params, &field,
                      CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0) ||
        !CBS_get_asn1(&field, &identifier, CBS_ASN1_SEQUENCE) ||
        !CBS_get_asn1(&identifier, &oid, CBS_ASN1_OBJECT)) {
        return NID_undef;
    }
    return OBJ_cbs2nid(&oid);
}

uint16_t vouch_certificate_scheme(const X509 *certificate)
{
    static const struct {
        int nid;
        int hash; /* of RSASSA-PSS, which does not tell it by its name */
        uint16_t scheme;
    } schemes[] = {
        {NID_ecdsa_with_SHA256, NID_undef, VOUCH_ECDSA_SECP256R1_SHA256},
        {NID_ecdsa_with_SHA384, NID_undef, VOUCH_ECDSA_SECP384R1_SHA384},
        {NID_ecdsa_with_SHA512, NID_undef, 0x0603},
        {NID_rsassaPss, NID_sha256, VOUCH_RSA_PSS_RSAE_SHA256},
        {NID_rsassaPss, NID_sha384, 0x0805},
        {NID_rsassaPss, NID_sha512, 0x0806},
        {NID_ED25519, NID_undef, VOUCH_ED25519},
        /* RFC 8446, 4.2.3: PKCS #1 v1.5 in certificates only */
        {NID_sha256WithRSAEncryption, NID_undef, 0x0401},
        {NID_sha384WithRSAEncryption, NID_undef, 0x0501},
        {NID_sha512WithRSAEncryption, NID_undef, 0x0601},
    };
    const X509_ALGOR *algorithm;
    int nid = X509_get_signature_nid(certificate), hash = NID_undef;

    if (nid == NID_rsassaPss) {
        X509_get0_signature(NULL, &algorithm, certificate);
        hash = pss_hash(algorithm);
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (schemes[i].nid == nid && schemes[i].hash == hash) {
            return schemes[i].scheme;
        }
    }
    return 0;
}
