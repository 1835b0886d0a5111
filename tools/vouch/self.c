/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/self.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include <vouch/cmw.h>
#include <vouch/ear.h>
#include <vouch/limits.h>
#include <vouch/software.h>

#include "tools/vouch/certificates.h"
#include "tools/vouch/report.h"

enum { CERTIFICATE_FILE_MAX = 32768 };

bool self_key(int directory, const char *path, const char *name,
              vouch_err (*load)(const char *path, vouch_key **out),
              vouch_key **out)
{
    struct path file;
    vouch_err err;

    if (!file_is_own_in(directory, name) || !path_in(&file, path, name)) {
        fail(STATUS_LOCAL, "%s/%s: %s", path, name, file_cause());
        return false;
    }
    err = load(file.text, out);
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s/%s: %s", path, name, cause_of(err));
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

static bool load_attester(int directory, const char *path, struct self *self)
{
    vouch_key *key;

    if (!self_key(directory, path, SELF_ATTESTATION_KEY, vouch_key_load_psa,
                  &key)) {
        return false;
    }
    self->attester = self_attester(key);
    vouch_key_free(key);
    return self->attester != NULL;
}

static bool load_certificate(int directory, const char *path, struct self *self)
{
    vouch_buffer pem;
    vouch_err err;

    if (!file_read_in(directory, SELF_AIK_CERTIFICATE, CERTIFICATE_FILE_MAX,
                      &pem)) {
        fail(STATUS_LOCAL, "%s/%s: %s", path, SELF_AIK_CERTIFICATE,
             file_cause());
        return false;
    }
    self->certificate = pem_certificate((const char *)pem.data);
    err = vouch_credential_new(self->aik, (vouch_bytes){pem.data, pem.len},
                               &self->credential);
    free(pem.data);
    if (err != VOUCH_OK || self->certificate == NULL) {
        fail(STATUS_LOCAL, "%s/%s: %s", path, SELF_AIK_CERTIFICATE,
             err != VOUCH_OK ? cause_of(err) : "more than one certificate");
        return false;
    }
    return true;
}

/* The message in a file with a CMW; both are of malloc. Whoever can change that
 * file can have this host show another's result. */
static bool read_passport(const char *path, char **format, vouch_buffer *ear)
{
    vouch_buffer octets;
    vouch_cmw cmw;
    bool done;

    if (!file_read(path, VOUCH_LIMIT_CMW, &octets)) {
        fail(STATUS_LOCAL, "%s: %s", path, file_cause());
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

static bool load(int directory, const char *path, struct self *self)
{
    return self_key(directory, path, SELF_AIK_KEY, vouch_key_load_evp,
                    &self->aik) &&
           load_certificate(directory, path, self) &&
           (self->passport != NULL ? load_passport(self)
                                   : load_attester(directory, path, self));
}

int self_open(const char *directory, struct path *path)
{
    int above = directory_open(directory);
    int fd = above >= 0 ? directory_open_in(above, SELF) : -1;

    if (fd >= 0 && !path_in(path, directory, SELF)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        fail(STATUS_LOCAL, "%s%s: %s", directory, above >= 0 ? "/" SELF : "",
             file_cause());
    }
    if (above >= 0) {
        close(above);
    }
    return fd;
}

bool self_load(const char *directory, const char *passport, struct self *out)
{
    struct self self = {.passport = passport};
    struct path path;
    int fd = self_open(directory, &path);
    bool done = fd >= 0 && load(fd, path.text, &self);

    if (fd >= 0) {
        close(fd);
    }
    if (!done) {
        self_free(&self);
        return false;
    }
    *out = self;
    return true;
}

void self_free(struct self *self)
{
    vouch_attester_free(self->attester);
    vouch_credential_free(self->credential);
    X509_free(self->certificate);
    vouch_key_free(self->aik);
}
