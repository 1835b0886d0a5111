/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>
#include <openssl/x509.h>

#include <vouch/software.h>

#include "tools/vouch/bundle.h"
#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/report.h"
#include "tools/vouch/self.h"

/* A `self` that is being made: the directory, and its path. */
struct made {
    int fd;
    char name[MADE_MAX];
    struct path path;
};

static bool make_key(const struct made *made, const char *name)
{
    struct path path;
    vouch_err err = VOUCH_E_IO;

    if (path_in(&path, made->path.text, name)) {
        err = vouch_key_create(path.text, VOUCH_P256, false);
    }
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s/%s: %s", made->path.text, name, cause_of(err));
    }
    return err == VOUCH_OK;
}

static bool write_part(const struct made *made, const char *name,
                       const vouch_buffer *octets)
{
    if (!file_write(made->fd, name, (vouch_bytes){octets->data, octets->len},
                    false)) {
        fail(STATUS_LOCAL, "%s/%s: %s", made->path.text, name, file_cause());
        return false;
    }
    return true;
}

static bool write_aik(const struct made *made, X509 *certificate)
{
    vouch_buffer pem;
    bool done;

    if (!pem_of_certificate(certificate, &pem)) {
        fail(STATUS_LOCAL, "can not write a certificate");
        return false;
    }
    done = write_part(made, SELF_AIK_CERTIFICATE, &pem);
    free(pem.data);
    return done;
}

static bool make_bundle(const struct made *made, const char *name, X509 *ca,
                        vouch_buffer *out)
{
    const vouch_measurement *measured;
    vouch_attester *attester = NULL;
    vouch_key *key;
    bool done = false;
    size_t num;

    if (!self_key(made->fd, made->path.text, SELF_ATTESTATION_KEY,
                  vouch_key_load_psa, &key)) {
        return false;
    }
    attester = self_attester(key);
    if (attester != NULL &&
        vouch_software_measurements(attester, &measured, &num) == VOUCH_OK) {
        done = bundle_make(name, ca, vouch_key_spki(key), measured, num, out) ||
               fail(STATUS_LOCAL, "can not make a bundle") == STATUS_CLEAN;
    }
    vouch_attester_free(attester);
    vouch_key_free(key);
    return done;
}

static bool make_identity(const struct made *made, const char *name,
                          vouch_buffer *bundle)
{
    X509 *ca = NULL, *certificate = NULL;
    vouch_key *aik;
    bool done;

    if (!make_key(made, SELF_AIK_KEY) ||
        !make_key(made, SELF_ATTESTATION_KEY) ||
        !self_key(made->fd, made->path.text, SELF_AIK_KEY, vouch_key_load_evp,
                  &aik)) {
        return false;
    }
    done = certificates_make(vouch_key_evp(aik), name, &ca, &certificate);
    vouch_key_free(aik);
    if (!done) {
        fail(STATUS_LOCAL, "can not make certificates");
        return false;
    }
    done = write_aik(made, certificate) && make_bundle(made, name, ca, bundle);
    X509_free(ca);
    X509_free(certificate);
    if (done && !write_part(made, SELF_BUNDLE, bundle)) {
        free(bundle->data);
        done = false;
    }
    return done;
}

/* Makes `self` beside its place and moves it there. */
static bool make_self(int directory, const struct options *options,
                      const char *name, vouch_buffer *bundle)
{
    const char *path = options->operand[0];
    struct made made;
    bool done;

    made.fd = directory_make(directory, SELF_BESIDE, made.name);
    if (made.fd < 0 || !path_in(&made.path, path, made.name)) {
        fail(STATUS_LOCAL, "%s: %s", path, file_cause());
        return false;
    }
    done = make_identity(&made, name, bundle);
    close(made.fd);
    if (done && !directory_put(directory, made.name, SELF, options->force)) {
        fail(STATUS_LOCAL, "%s/" SELF ": %s", path, file_cause());
        free(bundle->data);
        done = false;
    }
    if (!done) {
        (void)directory_remove(directory, made.name);
    }
    return done;
}

/* The name that was given, or the machine's. */
static bool choose_name(const char *given, char name[BUNDLE_NAME])
{
    if (given == NULL) {
        if (gethostname(name, BUNDLE_NAME) != 0) {
            return false;
        }
        name[BUNDLE_NAME - 1] = '\0';
    } else if (strlen(given) < BUNDLE_NAME) {
        strcpy(name, given);
    } else {
        return false;
    }
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return bundle_is_name(name);
}

static void report_made(const char *directory, const char *name,
                        const vouch_buffer *bundle)
{
    char digits[HEX_DIGEST];
    uint8_t sha256[32];

    SHA256(bundle->data, bundle->len, sha256);
    hex((vouch_bytes){sha256, sizeof sha256}, digits);
    report(json_pack("{s:s,s:s,s:s}", "event", "initialised", "name", name,
                     "sha256", digits),
           "%s is %s; its bundle has the SHA-256 %s", directory, name, digits);
}

enum status init_run(const struct options *options)
{
    const char *directory = options->operand[0];
    enum status status = STATUS_LOCAL;
    char name[BUNDLE_NAME];
    vouch_buffer bundle;
    int fd;

    if (!choose_name(options->name, name)) {
        return fail(STATUS_USAGE, "%s: no DNS name and no address",
                    options->name != NULL ? options->name
                                          : "the name of this machine");
    }
    fd = directory_take(directory, SELF_BESIDE);
    if (fd < 0) {
        return fail(STATUS_LOCAL, "%s: %s", directory, file_cause());
    }
    if (!options->force && file_exists_in(fd, SELF)) {
        fail(STATUS_LOCAL, "%s has an identity: --force replaces it",
             directory);
    } else if (make_self(fd, options, name, &bundle)) {
        report_made(directory, name, &bundle);
        free(bundle.data);
        status = STATUS_CLEAN;
    }
    close(fd);
    return status;
}
