/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/policy_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <openssl/mem.h>

#include <vouch/limits.h>

#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/report.h"

enum { KEY_FILE_MAX = 8192 };

int64_t unix_time(void)
{
    return (int64_t)time(NULL);
}

static bool can_not(const char *path, const char *why)
{
    fail(STATUS_LOCAL, "%s: %s", path, why);
    return false;
}

/* DER of OPENSSL_malloc; empty if there is no signer. */
static bool read_signer(const char *path, vouch_buffer *out)
{
    vouch_buffer pem;
    bool done;

    *out = (vouch_buffer){NULL, 0};
    if (path == NULL) {
        return true;
    }
    if (!file_read(path, KEY_FILE_MAX, &pem)) {
        return can_not(path, file_cause());
    }
    done = pem_spki((const char *)pem.data, out);
    free(pem.data);
    return done || can_not(path, "no public key in PEM");
}

static bool parse(const char *path, vouch_bytes octets, vouch_bytes signer,
                  int64_t unix_s, vouch_corim **out)
{
    vouch_corim_why why;
    vouch_err err =
        vouch_corim_read(octets, signer, (vouch_now){0, unix_s}, out, &why);

    return err == VOUCH_OK || can_not(path, why.text);
}

bool policy_file_read(const char *path, const char *signer, int64_t unix_s,
                      vouch_corim **out)
{
    vouch_buffer key, octets;
    bool done;

    if (!read_signer(signer, &key)) {
        return false;
    }
    done = file_read(path, VOUCH_LIMIT_CORIM, &octets);
    if (done) {
        done = parse(path, (vouch_bytes){octets.data, octets.len},
                     (vouch_bytes){key.data, key.len}, unix_s, out);
        free(octets.data);
    } else {
        can_not(path, file_cause());
    }
    OPENSSL_free(key.data);
    return done;
}

/* Editing */

static int lock(const struct place *place)
{
    int fd = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool read_or_begin(int directory, const char *name, const char *path,
                          vouch_corim **out)
{
    static const vouch_bytes no_signer = {NULL, 0};
    vouch_buffer octets;
    bool done;

    if (!file_exists_in(directory, name)) {
        return vouch_corim_new(out) == VOUCH_OK ||
               can_not(path, "out of memory");
    }
    if (!file_read_in(directory, name, VOUCH_LIMIT_CORIM, &octets)) {
        return can_not(path, file_cause());
    }
    done = parse(path, (vouch_bytes){octets.data, octets.len}, no_signer,
                 unix_time(), out);
    free(octets.data);
    return done;
}

static const char *meaning(vouch_err err)
{
    return err == VOUCH_E_ARGUMENT ? "a name that is not UTF-8"
           : err == VOUCH_E_TOO_LARGE || err == VOUCH_E_TOO_MANY
               ? "more than a file of policies can have"
               : vouch_err_name(err);
}

static bool put(int directory, const char *name, const char *path,
                const vouch_corim *corim)
{
    vouch_buffer octets;
    vouch_err err = vouch_corim_write(corim, NULL, NULL, &octets);
    bool done;

    if (err != VOUCH_OK) {
        return can_not(path, meaning(err));
    }
    done = file_write(directory, name, (vouch_bytes){octets.data, octets.len},
                      true);
    vouch_buffer_free(&octets);
    return done || can_not(path, file_cause());
}

bool policy_file_edit(const char *path,
                      bool (*change)(void *arg, vouch_corim *corim), void *arg)
{
    struct place place;
    vouch_corim *corim;
    bool done;
    int fd;

    if (!place_find(path, &place)) {
        return can_not(path, file_cause());
    }
    fd = lock(&place);
    close(place.directory);
    if (fd < 0) {
        return can_not(path, file_cause());
    }
    done = read_or_begin(fd, place.name, path, &corim);
    if (done) {
        done = change(arg, corim) && put(fd, place.name, path, corim);
        vouch_corim_free(corim);
    }
    close(fd);
    return done;
}
