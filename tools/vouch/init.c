/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>
#include <openssl/x509.h>

#include <vouch/software.h>

#include "tools/vouch/bundle.h"
#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/report.h"
#include "tools/vouch/self.h"

/* Where a new `self` is made, and where an old one is until it is gone. */
#define BESIDE ".self."

static bool make_key(const char *directory, const char *name)
{
    struct path path;
    vouch_err err = VOUCH_E_IO;

    if (path_in(&path, directory, name)) {
        err = vouch_key_create(path.text, VOUCH_P256, false);
    }
    if (err != VOUCH_OK) {
        fail(STATUS_LOCAL, "%s/%s: %s", directory, name, cause_of(err));
    }
    return err == VOUCH_OK;
}

static bool write_part(const char *directory, const char *name,
                       const vouch_buffer *octets)
{
    if (!file_write(directory, name, (vouch_bytes){octets->data, octets->len},
                    false)) {
        fail(STATUS_LOCAL, "%s/%s: %s", directory, name, strerror(errno));
        return false;
    }
    return true;
}

static bool write_aik(const char *directory, X509 *certificate)
{
    vouch_buffer pem;
    bool done;

    if (!pem_of_certificate(certificate, &pem)) {
        fail(STATUS_LOCAL, "can not write a certificate");
        return false;
    }
    done = write_part(directory, SELF_AIK_CERTIFICATE, &pem);
    free(pem.data);
    return done;
}

static bool make_bundle(const char *directory, const char *name, X509 *ca,
                        vouch_buffer *out)
{
    const vouch_measurement *measured;
    vouch_attester *attester = NULL;
    vouch_key *key;
    bool done = false;
    size_t num;

    if (!self_key(directory, SELF_ATTESTATION_KEY, vouch_key_load_psa, &key)) {
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

static bool make_identity(const char *directory, const char *name,
                          vouch_buffer *bundle)
{
    X509 *ca = NULL, *certificate = NULL;
    vouch_key *aik;
    bool done;

    if (!make_key(directory, SELF_AIK_KEY) ||
        !make_key(directory, SELF_ATTESTATION_KEY) ||
        !self_key(directory, SELF_AIK_KEY, vouch_key_load_evp, &aik)) {
        return false;
    }
    done = certificates_make(vouch_key_evp(aik), name, &ca, &certificate);
    vouch_key_free(aik);
    if (!done) {
        fail(STATUS_LOCAL, "can not make certificates");
        return false;
    }
    done = write_aik(directory, certificate) &&
           make_bundle(directory, name, ca, bundle);
    X509_free(ca);
    X509_free(certificate);
    if (done && !write_part(directory, SELF_BUNDLE, bundle)) {
        free(bundle->data);
        done = false;
    }
    return done;
}

/* Makes `self` beside its place and moves it there. */
static bool make_self(const char *directory, const char *name, bool replace,
                      vouch_buffer *bundle)
{
    struct path made, place;

    if (!path_in(&made, directory, BESIDE "XXXXXX") ||
        !path_in(&place, directory, SELF) || mkdtemp(made.text) == NULL) {
        fail(STATUS_LOCAL, "%s: %s", directory, strerror(errno));
        return false;
    }
    if (!make_identity(made.text, name, bundle)) {
        directory_remove(made.text);
        return false;
    }
    if (!directory_put(made.text, place.text, replace) ||
        !directory_sync(directory)) {
        fail(STATUS_LOCAL, "%s: %s", place.text, strerror(errno));
        directory_remove(made.text);
        free(bundle->data);
        return false;
    }
    return true;
}

static bool exists(const char *directory)
{
    struct path path;
    struct stat status;

    return path_in(&path, directory, SELF) && lstat(path.text, &status) == 0;
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
    if (!directory_take(directory, BESIDE, &fd)) {
        return fail(STATUS_LOCAL, "%s: %s", directory, strerror(errno));
    }
    if (!options->force && exists(directory)) {
        fail(STATUS_LOCAL, "%s has an identity: --force replaces it",
             directory);
    } else if (make_self(directory, name, options->force, &bundle)) {
        report_made(directory, name, &bundle);
        free(bundle.data);
        status = STATUS_CLEAN;
    }
    close(fd);
    return status;
}
