/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include <vouch/cmw.h>
#include <vouch/ear.h>
#include <vouch/software.h>

#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/message.h"
#include "tools/vouch/report.h"

enum { CERTIFICATE_FILE_MAX = 32768 };

bool self_key(const char *directory, const char *name,
              vouch_err (*load)(const char *path, vouch_key **out),
              vouch_key **out)
{
    struct path path;
    vouch_err err = VOUCH_E_IO;

    if (path_in(&path, directory, name)) {
        err = load(path.text, out);
    }
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s/%s: %s", directory, name, cause_of(err));
    }
    return err == VOUCH_OK;
}

vouch_attester *self_attester(vouch_key *key)
{
    vouch_attester *attester = NULL;
    vouch_err err = vouch_software_attester_new(key, "vouch", VOUCH_VERSION,
                                                NULL, &attester);

    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "can not measure this program: %s", cause_of(err));
    }
    return attester;
}

static bool load_attester(const char *directory, struct self *self)
{
    vouch_key *key;

    if (!self_key(directory, SELF_ATTESTATION_KEY, vouch_key_load_psa, &key)) {
        return false;
    }
    self->attester = self_attester(key);
    vouch_key_free(key);
    return self->attester != NULL;
}

static bool load_certificate(const char *directory, struct self *self)
{
    vouch_buffer pem = {NULL, 0};
    struct path path;
    vouch_err err;

    if (!path_in(&path, directory, SELF_AIK_CERTIFICATE) ||
        !file_read(path.text, CERTIFICATE_FILE_MAX, &pem)) {
        err = VOUCH_E_IO;
    } else {
        self->certificate = pem_certificate((const char *)pem.data);
        err = vouch_credential_new(self->aik, (vouch_bytes){pem.data, pem.len},
                                   &self->credential);
    }
    free(pem.data);
    if (err != VOUCH_OK || self->certificate == NULL) {
        fail(STATUS_LOCAL, "%s/%s: %s", directory, SELF_AIK_CERTIFICATE,
             err != VOUCH_OK ? cause_of(err) : "more than one certificate");
        return false;
    }
    return true;
}

/* The message in a file with a CMW; both are of malloc. */
static bool read_passport(const char *path, char **format, vouch_buffer *ear)
{
    vouch_buffer octets;
    vouch_cmw cmw;
    bool done;

    if (!message_read(path, NULL, &octets)) {
        return false;
    }
    done = vouch_cmw_parse((vouch_bytes){octets.data, octets.len}, &cmw) ==
               VOUCH_OK &&
           cmw.kind == VOUCH_CMW_RECORD &&
           cmw.indicator == VOUCH_CMW_ATTESTATION_RESULTS;
    if (!done) {
        fail(STATUS_LOCAL, "%s: no Attestation Result in a CMW", path);
    } else {
        *format =
            strndup((const char *)cmw.media_type.data, cmw.media_type.len);
        memmove(octets.data, cmw.value.data, cmw.value.len);
        *ear = (vouch_buffer){octets.data, cmw.value.len};
        done = *format != NULL;
    }
    if (!done) {
        free(octets.data);
    }
    return done;
}

static bool load_passport(struct self *self)
{
    vouch_buffer ear;
    vouch_err err;
    char *format;

    if (!read_passport(self->passport, &format, &ear)) {
        return false;
    }
    err = vouch_passport_attester_new(format, (vouch_bytes){ear.data, ear.len},
                                      &self->attester);
    free(format);
    free(ear.data);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL,
             "%s: no Attestation Result of a form that is known: %s",
             self->passport, cause_of(err));
    }
    return err == VOUCH_OK;
}

/* One that can not be read leaves the old one, which expires by itself. */
void self_renew(const struct self *self)
{
    vouch_buffer ear;
    vouch_err err;
    char *format;

    if (self->passport == NULL ||
        !read_passport(self->passport, &format, &ear)) {
        return;
    }
    err = strcmp(format, vouch_attester_format(self->attester)) == 0
              ? vouch_passport_attester_renew(self->attester,
                                              (vouch_bytes){ear.data, ear.len})
              : VOUCH_E_ARGUMENT;
    free(format);
    free(ear.data);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s: %s", self->passport, cause_of(err));
    }
}

bool self_load(const char *directory, const char *passport, struct self *out)
{
    struct self self = {.passport = passport};
    struct path path;

    if (!path_in(&path, directory, SELF)) {
        fail(STATUS_LOCAL, "%s: %s", directory, strerror(errno));
        return false;
    }
    if (self_key(path.text, SELF_AIK_KEY, vouch_key_load_evp, &self.aik) &&
        load_certificate(path.text, &self) &&
        (passport != NULL ? load_passport(&self)
                          : load_attester(path.text, &self))) {
        *out = self;
        return true;
    }
    self_free(&self);
    return false;
}

void self_free(struct self *self)
{
    vouch_attester_free(self->attester);
    vouch_credential_free(self->credential);
    X509_free(self->certificate);
    vouch_key_free(self->aik);
}
