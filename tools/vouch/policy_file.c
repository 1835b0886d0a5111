/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
        return can_not(path, strerror(errno));
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
        can_not(path, strerror(errno));
    }
    OPENSSL_free(key.data);
    return done;
}

/* Editing */

struct place {
    struct path directory;
    const char *name;
};

static bool find_place(const char *path, struct place *out)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;

    if (len >= sizeof out->directory.text) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(out->directory.text, path, len);
    out->directory.text[len] = '\0';
    if (len == 0) {
        strcpy(out->directory.text, slash != NULL ? "/" : ".");
    }
    out->name = slash != NULL ? slash + 1 : path;
    return true;
}

static int lock(const struct place *place)
{
    int fd = open(place->directory.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool read_or_begin(const char *path, vouch_corim **out)
{
    if (access(path, F_OK) == 0 || errno != ENOENT) {
        return policy_file_read(path, NULL, unix_time(), out);
    }
    return vouch_corim_new(out) == VOUCH_OK || can_not(path, "out of memory");
}

static const char *meaning(vouch_err err)
{
    return err == VOUCH_E_ARGUMENT ? "a name that is not UTF-8"
           : err == VOUCH_E_TOO_LARGE || err == VOUCH_E_TOO_MANY
               ? "more than a file of policies can have"
               : vouch_err_name(err);
}

static bool put(const char *path, const struct place *place,
                const vouch_corim *corim)
{
    vouch_buffer octets;
    vouch_err err = vouch_corim_write(corim, NULL, NULL, &octets);
    bool done;

    if (err != VOUCH_OK) {
        return can_not(path, meaning(err));
    }
    done = file_write(place->directory.text, place->name,
                      (vouch_bytes){octets.data, octets.len}, true);
    vouch_buffer_free(&octets);
    return done || can_not(path, strerror(errno));
}

bool policy_file_edit(const char *path,
                      bool (*change)(void *arg, vouch_corim *corim), void *arg)
{
    struct place place;
    int fd = find_place(path, &place) ? lock(&place) : -1;
    vouch_corim *corim;
    bool done;

    if (fd < 0) {
        return can_not(path, strerror(errno));
    }
    done = read_or_begin(path, &corim);
    if (done) {
        done = change(arg, corim) && put(path, &place, corim);
        vouch_corim_free(corim);
    }
    close(fd);
    return done;
}
