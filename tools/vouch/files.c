/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/vouch/layout.h"

bool path_in(struct path *path, const char *directory, const char *name)
{
    int len = snprintf(path->text, sizeof path->text, "%s/%s", directory, name);

    owned_begin();
    if (len < 0 || (size_t)len >= sizeof path->text) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

static int close_with_cause(int fd)
{
    int cause = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = cause;
    return -1;
}

/* Reading */

static bool read_all(int fd, uint8_t *out, size_t room, size_t *len)
{
    ssize_t got;

    *len = 0;
    do {
        got = read(fd, &out[*len], room - *len);
        if (got > 0) {
            *len += (size_t)got;
        }
    } while (*len < room && (got > 0 || (got < 0 && errno == EINTR)));
    return got >= 0;
}

/* Closes `fd`, which may be -1. */
static bool read_and_close(int fd, size_t max, vouch_buffer *out)
{
    uint8_t *octets = fd >= 0 ? malloc(max + 1) : NULL;
    size_t len = 0;
    bool done = octets != NULL && read_all(fd, octets, max + 1, &len);

    close_with_cause(fd);
    if (done && len > max) {
        errno = EFBIG;
        done = false;
    }
    if (!done) {
        free(octets);
        return false;
    }
    octets[len] = '\0';
    *out = (vouch_buffer){octets, len};
    return true;
}

static int open_place(const struct place *place)
{
    return place->is_open
               ? openat(place->directory, place->name, O_RDONLY | O_CLOEXEC)
               : owned_file(place->directory, place->name);
}

bool file_read(const char *path, size_t max, vouch_buffer *out)
{
    struct place place;
    int fd;

    if (!place_find(path, &place)) {
        return false;
    }
    fd = open_place(&place);
    close_with_cause(place.directory);
    return read_and_close(fd, max, out);
}

bool file_read_in(int directory, const char *name, size_t max,
                  vouch_buffer *out)
{
    owned_begin();
    return read_and_close(owned_file(directory, name), max, out);
}

bool file_read_foreign(const char *path, size_t max, vouch_buffer *out)
{
    owned_begin();
    return read_and_close(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), max,
                          out);
}

bool file_is_own_in(int directory, const char *name)
{
    int fd;

    owned_begin();
    fd = owned_file(directory, name);
    close_with_cause(fd);
    return fd >= 0;
}

bool file_is_own(const char *path)
{
    struct place place;
    bool good;

    if (!place_find(path, &place)) {
        return false;
    }
    good = file_is_own_in(place.directory, place.name);
    close_with_cause(place.directory);
    return good;
}

bool file_exists_in(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Writing */

/* A name that nobody knows beforehand. */
static bool make_name(const char *beside, char name[MADE_MAX])
{
    uint32_t number;

    if (getrandom(&number, sizeof number, 0) != sizeof number) {
        return false;
    }
    snprintf(name, MADE_MAX, "%s%08x", beside, (unsigned)number);
    return true;
}

static bool write_all(int fd, vouch_bytes octets)
{
    size_t put = 0;

    while (put < octets.len) {
        ssize_t n = write(fd, octets.data + put, octets.len - put);

        if (n >= 0) {
            put += (size_t)n;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* linkat, unlike renameat, never takes an old file's place. */
static bool move_file(int directory, const char *from, const char *to,
                      bool replace)
{
    return replace ? renameat(directory, from, directory, to) == 0
                   : linkat(directory, from, directory, to, 0) == 0 &&
                         unlinkat(directory, from, 0) == 0;
}

bool file_write(int directory, const char *name, vouch_bytes octets,
                bool replace)
{
    char beside[MADE_MAX];
    int fd, cause;
    bool done;

    owned_begin();
    if (!make_name(".", beside)) {
        return false;
    }
    fd = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return false;
    }
    done = write_all(fd, octets) && fsync(fd) == 0;
    done = close(fd) == 0 && done;
    if (done && move_file(directory, beside, name, replace)) {
        return fsync(directory) == 0;
    }
    cause = errno;
    unlinkat(directory, beside, 0);
    errno = cause;
    return false;
}

/* Directories */

int directory_open(const char *path)
{
    struct place place;
    int fd;

    if (!place_find(path, &place)) {
        return -1;
    }
    fd = owned_directory(place.directory, place.name);
    close_with_cause(place.directory);
    return fd;
}

int directory_open_in(int directory, const char *name)
{
    owned_begin();
    return owned_directory(directory, name);
}

/* The names that this program gives to files of its directories, of which those
 * that are not finished begin with a dot. */
static bool is_file_of_ours(const char *name)
{
    static const char *const names[] = {
        SELF_AIK_KEY, SELF_AIK_CERTIFICATE, SELF_ATTESTATION_KEY,
        SELF_BUNDLE,  PEER_BUNDLE,          PEER_POLICY};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return name[0] == '.';
}

static bool remove_file(int directory, const char *name, void *arg)
{
    (void)arg;
    if (is_file_of_ours(name)) {
        /* A directory of that name is not removed, which is well. */
        (void)unlinkat(directory, name, 0);
    }
    return true;
}

bool directory_remove(int directory, const char *name)
{
    int fd = openat(directory, name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool done = fd >= 0;

    if (done && !owned_is_mine(fd)) {
        errno = EPERM;
        done = false;
    }
    done = done && directory_each(fd, "", remove_file, NULL);
    close_with_cause(fd);
    return done && (unlinkat(directory, name, AT_REMOVEDIR) == 0 ||
                    errno == ENOTEMPTY || errno == EEXIST);
}

/* What is not a directory of this user was not left by this program. */
static bool remove_left(int directory, const char *name, void *arg)
{
    (void)arg;
    (void)directory_remove(directory, name);
    return true;
}

int directory_take_in(int directory, const char *name, const char *beside)
{
    int fd;

    owned_begin();
    if (mkdirat(directory, name, S_IRWXU) != 0 && errno != EEXIST) {
        return -1;
    }
    fd = owned_directory(directory, name);
    if (fd < 0) {
        return -1;
    }
    return flock(fd, LOCK_EX | LOCK_NB) == 0 &&
                   directory_each(fd, beside, remove_left, NULL)
               ? fd
               : close_with_cause(fd);
}

int directory_take(const char *path, const char *beside)
{
    struct place place;
    int fd;

    if (!place_find(path, &place)) {
        return -1;
    }
    fd = directory_take_in(place.directory, place.name, beside);
    close_with_cause(place.directory);
    return fd;
}

int directory_make(int directory, const char *beside, char name[MADE_MAX])
{
    owned_begin();
    return make_name(beside, name) && mkdirat(directory, name, S_IRWXU) == 0
               ? owned_directory(directory, name)
               : -1;
}

/* An old one, or a file, is replaced by exchange: rename itself does not put a
 * directory in place of one that holds files. */
bool directory_put(int directory, const char *made, const char *place,
                   bool replace)
{
    owned_begin();
    if (renameat(directory, made, directory, place) != 0 &&
        (!replace ||
         (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) ||
         renameat2(directory, made, directory, place, RENAME_EXCHANGE) != 0 ||
         !(unlinkat(directory, made, 0) == 0 ||
           directory_remove(directory, made)))) {
        return false;
    }
    return fsync(directory) == 0;
}

static bool is_entry(const char *name, const char *prefix)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strncmp(name, prefix, strlen(prefix)) == 0;
}

bool directory_each(int directory, const char *prefix,
                    bool (*each)(int directory, const char *name, void *arg),
                    void *arg)
{
    struct dirent **entries;
    int num = scandirat(directory, ".", &entries, NULL, alphasort);
    bool done = num >= 0;

    for (int i = 0; i < num; i++) {
        if (done && is_entry(entries[i]->d_name, prefix)) {
            done = each(directory, entries[i]->d_name, arg);
        }
        free(entries[i]); /* leaves errno alone (POSIX.1-2024) */
    }
    if (num >= 0) {
        free(entries);
    }
    return done;
}
