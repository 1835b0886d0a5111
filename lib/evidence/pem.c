/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/pem.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/pem.h>

#include "proto/memory.h"

/* BoringSSL passes over what stands before a block. */
static bool begins_here(vouch_bytes text)
{
    static const char begin[] = "-----BEGIN ";

    return text.len > sizeof begin &&
           memcmp(text.data, begin, sizeof begin - 1) == 0;
}

vouch_err vouch_pem_read(vouch_bytes text, const char *label, vouch_buffer *out)
{
    vouch_err err = VOUCH_E_ARGUMENT;
    char *name = NULL, *header = NULL;
    uint8_t *octets = NULL;
    long len;
    BIO *bio;

    if (text.len > INT_MAX || !begins_here(text)) {
        return VOUCH_E_ARGUMENT;
    }
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    if (bio == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (PEM_read_bio(bio, &name, &header, &octets, &len) == 1 &&
        strcmp(name, label) == 0 && header[0] == '\0' && BIO_eof(bio) == 1) {
        err = vouch_copy((vouch_bytes){octets, (size_t)len}, out);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(octets);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

vouch_err vouch_pem_write(const char *label, vouch_bytes octets,
                          vouch_buffer *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    vouch_err err = VOUCH_E_NOMEM;
    const uint8_t *text;
    size_t len;

    if (bio != NULL &&
        PEM_write_bio(bio, label, "", octets.data, (long)octets.len) > 0 &&
        BIO_mem_contents(bio, &text, &len) == 1) {
        err = vouch_copy((vouch_bytes){text, len}, out);
    }
    BIO_free(bio);
    ERR_clear_error();
    return err;
}
