/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/credential.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/authenticator/endpoint.h"
#include "lib/keys/certificate.h"
#include "lib/keys/key_internal.h"
#include "proto/memory.h"

/* Of a CertificateEntry: lengths of certificate and extensions. */
enum { ENTRY_OVERHEAD = 3 + 2 };

static vouch_err check_room(const vouch_credential *credential, size_t len)
{
    if (credential->num == VOUCH_LIMIT_CHAIN) {
        return VOUCH_E_TOO_MANY;
    }
    return len <= VOUCH_LIMIT_CERTIFICATE &&
                   credential->list_len + ENTRY_OVERHEAD + len <=
                       VOUCH_LIMIT_CERTIFICATE_LIST
               ? VOUCH_OK
               : VOUCH_E_TOO_LARGE;
}

static vouch_err add(vouch_credential *credential, vouch_bytes der)
{
    vouch_buffer copy;
    vouch_err err = check_room(credential, der.len);
    X509 *certificate;

    if (err != VOUCH_OK) {
        return err;
    }
    if (vouch_certificate_parse(der, &certificate) != VOUCH_OK) {
        return VOUCH_E_DECODE;
    }
    err = vouch_copy(der, &copy);
    if (err == VOUCH_OK) {
        size_t i = credential->num++;

        credential->certificates[i] = copy;
        credential->chain[i] = (vouch_bytes){copy.data, copy.len};
        credential->schemes[i] = vouch_certificate_scheme(certificate);
        credential->self_signed[i] =
            (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
        credential->list_len += ENTRY_OVERHEAD + copy.len;
    }
    X509_free(certificate);
    return err;
}

/* add_next adds the next PEM block; `*more` is false when there was none. */
static vouch_err add_next(vouch_credential *credential, BIO *pem, bool *more)
{
    char *name, *header;
    uint8_t *der;
    long len;
    vouch_err err = VOUCH_E_DECODE;

    *more = PEM_read_bio(pem, &name, &header, &der, &len) == 1;
    if (!*more) {
        return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
                   ? VOUCH_OK
                   : VOUCH_E_DECODE;
    }
    if (strcmp(name, PEM_STRING_X509) == 0) {
        err = add(credential, (vouch_bytes){der, (size_t)len});
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    return err;
}

static vouch_err add_all(vouch_credential *credential, vouch_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    vouch_err err = bio != NULL ? VOUCH_OK : VOUCH_E_NOMEM;
    bool more = true;

    ERR_set_mark();
    while (err == VOUCH_OK && more) {
        err = add_next(credential, bio, &more);
    }
    ERR_pop_to_mark();
    BIO_free(bio);
    return err == VOUCH_OK && credential->num == 0 ? VOUCH_E_DECODE : err;
}

static vouch_err check_key(const vouch_credential *credential)
{
    vouch_bytes spki;

    if (vouch_certificate_spki(credential->chain[0], &spki) != VOUCH_OK) {
        return VOUCH_E_DECODE;
    }
    return vouch_bytes_equal(spki, vouch_key_spki(credential->key))
               ? VOUCH_OK
               : VOUCH_E_KEY_MISMATCH;
}

vouch_err vouch_credential_new(vouch_key *key, vouch_bytes pem,
                               vouch_credential **out)
{
    vouch_credential *credential;
    vouch_err err;

    if (pem.len == 0) {
        return VOUCH_E_DECODE;
    }
    /* Base64 takes a third more than the certificates. */
    if (pem.len > (size_t)2 * VOUCH_LIMIT_CERTIFICATE_LIST) {
        return VOUCH_E_TOO_LARGE;
    }
    credential = vouch_alloc(sizeof *credential);
    if (credential == NULL) {
        return VOUCH_E_NOMEM;
    }
    atomic_init(&credential->refs, 1);
    credential->key = vouch_key_ref(key);
    err = add_all(credential, pem);
    if (err == VOUCH_OK) {
        err = check_key(credential);
    }
    if (err != VOUCH_OK) {
        vouch_credential_free(credential);
        return err;
    }
    *out = credential;
    return VOUCH_OK;
}

vouch_credential *vouch_credential_ref(vouch_credential *credential)
{
    atomic_fetch_add(&credential->refs, 1);
    return credential;
}

void vouch_credential_free(vouch_credential *credential)
{
    if (credential == NULL || atomic_fetch_sub(&credential->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < credential->num; i++) {
        vouch_buffer_free(&credential->certificates[i]);
    }
    vouch_key_free(credential->key);
    vouch_free(credential);
}

vouch_bytes vouch_credential_spki(const vouch_credential *credential)
{
    return vouch_key_spki(credential->key);
}

bool vouch_credential_suits(const vouch_credential *credential,
                            const struct vouch_request *request)
{
    /* RFC 9261, 5.2.2: CertificateVerify's scheme is one that the request
     * offers [E17] */
    if (!vouch_request_offers_scheme(request,
                                     vouch_key_scheme(credential->key))) {
        return false;
    }
    /* RFC 9261, 5.2.1: and so are those of the chain [E12]; RFC 8446, 4.2.3:
     * a self-signed one is not looked at */
    for (size_t i = 0; i < credential->num; i++) {
        if (!credential->self_signed[i] &&
            !vouch_request_offers_certificate_scheme(request,
                                                     credential->schemes[i])) {
            return false;
        }
    }
    return true;
}
