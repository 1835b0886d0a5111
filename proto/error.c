/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/error.h>

#include <stddef.h>

/* AlertDescription (RFC 8446, 6) */
enum {
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_UNEXPECTED_MESSAGE = 10,
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_ILLEGAL_PARAMETER = 47,
    ALERT_DECODE_ERROR = 50,
    ALERT_DECRYPT_ERROR = 51,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_MISSING_EXTENSION = 109,
    ALERT_UNSUPPORTED_EXTENSION = 110,
    ALERT_CERTIFICATE_REQUIRED = 116,
};

static const struct {
    vouch_err err;
    const char *name;
    uint8_t alert;
} errors[] = {
    {VOUCH_OK, "ok", ALERT_CLOSE_NOTIFY},
    {VOUCH_E_DECODE, "decode", ALERT_DECODE_ERROR},
    {VOUCH_E_UNEXPECTED, "unexpected", ALERT_UNEXPECTED_MESSAGE},
    {VOUCH_E_ILLEGAL, "illegal", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_DUPLICATE, "duplicate", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_REQUEST_TYPE, "request_type", ALERT_UNEXPECTED_MESSAGE},
    {VOUCH_E_BAD_REQUEST, "bad_request", ALERT_MISSING_EXTENSION},
    /* expat-04, 3.1: "unsupported_extension" */
    {VOUCH_E_UNSUPPORTED_EXTENSION, "unsupported_extension",
     ALERT_UNSUPPORTED_EXTENSION},
    {VOUCH_E_EXTENSION_PLACEMENT, "extension_placement",
     ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_EXTENSION_FORMAT, "extension_format", ALERT_DECODE_ERROR},
    {VOUCH_E_CONTEXT_MISMATCH, "context_mismatch", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_CONTEXT_REUSED, "context_reused", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_SIGNATURE_SCHEME, "signature_scheme", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_SIGNATURE, "signature", ALERT_DECRYPT_ERROR},
    {VOUCH_E_FINISHED, "finished", ALERT_DECRYPT_ERROR},
    {VOUCH_E_CERTIFICATE, "certificate", ALERT_BAD_CERTIFICATE},
    {VOUCH_E_DECLINED, "declined", ALERT_CERTIFICATE_REQUIRED},
    {VOUCH_E_CBOR, "cbor", ALERT_DECODE_ERROR},
    {VOUCH_E_CMW, "cmw", ALERT_DECODE_ERROR},
    {VOUCH_E_CMW_SIGNED, "cmw_signed", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_COSE_ALGORITHM, "cose_algorithm", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_COSE_PLACEMENT, "cose_placement", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_CLAIM_TYPE, "claim_type", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_CLAIM_MISSING, "claim_missing", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_TRUNCATED, "truncated", ALERT_DECODE_ERROR},
    {VOUCH_E_TOO_LARGE, "too_large", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_TOO_MANY, "too_many", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_RATE, "rate", ALERT_ILLEGAL_PARAMETER},
    {VOUCH_E_ARGUMENT, "argument", ALERT_INTERNAL_ERROR},
    {VOUCH_E_STATE, "state", ALERT_INTERNAL_ERROR},
    {VOUCH_E_HANDLE, "handle", ALERT_INTERNAL_ERROR},
    {VOUCH_E_GATE, "gate", ALERT_INTERNAL_ERROR},
    {VOUCH_E_OPERATION, "operation", ALERT_INTERNAL_ERROR},
    {VOUCH_E_FORKED, "forked", ALERT_INTERNAL_ERROR},
    {VOUCH_E_TLS_VERSION, "tls_version", ALERT_INTERNAL_ERROR},
    {VOUCH_E_HANDSHAKE_INCOMPLETE, "handshake_incomplete",
     ALERT_INTERNAL_ERROR},
    {VOUCH_E_EARLY_DATA, "early_data", ALERT_INTERNAL_ERROR},
    {VOUCH_E_RESUMED, "resumed", ALERT_INTERNAL_ERROR},
    {VOUCH_E_TICKETS, "tickets", ALERT_INTERNAL_ERROR},
    {VOUCH_E_ALPN, "alpn", ALERT_INTERNAL_ERROR},
    {VOUCH_E_CHANNEL_USED, "channel_used", ALERT_INTERNAL_ERROR},
    {VOUCH_E_CHANNEL_CHANGED, "channel_changed", ALERT_INTERNAL_ERROR},
    {VOUCH_E_KEY_MISMATCH, "key_mismatch", ALERT_INTERNAL_ERROR},
    {VOUCH_E_LABEL, "label", ALERT_INTERNAL_ERROR},
    {VOUCH_E_NOMEM, "nomem", ALERT_INTERNAL_ERROR},
    {VOUCH_E_CRYPTO, "crypto", ALERT_INTERNAL_ERROR},
    {VOUCH_E_IO, "io", ALERT_INTERNAL_ERROR},
    {VOUCH_E_EXISTS, "exists", ALERT_INTERNAL_ERROR},
    {VOUCH_E_KEY_FILE, "key_file", ALERT_INTERNAL_ERROR},
    {VOUCH_E_CLOSED, "closed", ALERT_INTERNAL_ERROR},
    {VOUCH_E_NOT_BUILT, "not_built", ALERT_INTERNAL_ERROR},
    {VOUCH_E_DATA_LOST, "data_lost", ALERT_INTERNAL_ERROR},
};

vouch_err_band vouch_err_band_of(vouch_err err)
{
    static const vouch_err_band bands[] = {VOUCH_BAND_NONE, VOUCH_BAND_PEER,
                                           VOUCH_BAND_LIMIT, VOUCH_BAND_MISUSE,
                                           VOUCH_BAND_LOCAL};
    size_t band = (size_t)err / 100;

    return band < sizeof bands / sizeof bands[0] ? bands[band]
                                                 : VOUCH_BAND_LOCAL;
}

const char *vouch_err_name(vouch_err err)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].err == err) {
            return errors[i].name;
        }
    }
    return "unknown";
}

uint8_t vouch_err_alert(vouch_err err)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].err == err) {
            return errors[i].alert;
        }
    }
    return ALERT_INTERNAL_ERROR;
}
