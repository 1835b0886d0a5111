/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool path_in(struct path *path, const char *directory, const char *name)
{
    int len = snprintf(path->text, sizeof path->text, "%s/%s", directory, name);

    if (len < 0 || (size_t)len >= sizeof path->text) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

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

bool file_read(const char *path, size_t max, vouch_buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *octets = fd >= 0 ? malloc(max + 1) : NULL;
    size_t len = 0;
    bool done = octets != NULL && read_all(fd, octets, max + 1, &len);

    if (fd >= 0) {
        close(fd);
    }
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

/* link, unlike rename, never takes an old file's place. */
static bool move_file(const char *from, const char *to, bool replace)
{
    return replace ? rename(from, to) == 0
                   : link(from, to) == 0 && unlink(from) == 0;
}

bool file_write(const char *directory, const char *name, vouch_bytes octets,
                bool replace)
{
    struct path path, beside;
    int fd, cause;
    bool done;

    if (!path_in(&path, directory, name) ||
        !path_in(&beside, directory, ".XXXXXX")) {
        return false;
    }
    fd = mkostemp(beside.text, O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    done = write_all(fd, octets) && fsync(fd) == 0;
    done = close(fd) == 0 && done;
    if (done && move_file(beside.text, path.text, replace)) {
        return directory_sync(directory);
    }
    cause = errno;
    unlink(beside.text);
    errno = cause;
    return false;
}

bool directory_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return done;
}

static bool remove_entry(const char *directory, const char *name, void *arg)
{
    struct path path;

    (void)arg;
    return path_in(&path, directory, name) && unlink(path.text) == 0;
}

bool directory_remove(const char *path)
{
    return directory_each(path, "", remove_entry, NULL) && rmdir(path) == 0;
}

static bool remove_directory(const char *directory, const char *name, void *arg)
{
    struct path path;

    (void)arg;
    return path_in(&path, directory, name) && directory_remove(path.text);
}

bool directory_take(const char *path, const char *beside, int *fd)
{
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
        return false;
    }
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        return false;
    }
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0 &&
        directory_each(path, beside, remove_directory, NULL)) {
        return true;
    }
    close(*fd);
    return false;
}

/* An old one, or a file, is replaced by exchange: rename itself does not put a
 * directory in place of one that holds files. */
bool directory_put(const char *made, const char *place, bool replace)
{
    if (rename(made, place) == 0) {
        return true;
    }
    if (!replace ||
        (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)) {
        return false;
    }
    return renameat2(AT_FDCWD, made, AT_FDCWD, place, RENAME_EXCHANGE) == 0 &&
           (unlink(made) == 0 || directory_remove(made));
}

static bool is_entry(const char *name, const char *prefix)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strncmp(name, prefix, strlen(prefix)) == 0;
}

bool directory_each(const char *path, const char *prefix,
                    bool (*each)(const char *directory, const char *name,
                                 void *arg),
                    void *arg)
{
    struct dirent **entries;
    int num = scandir(path, &entries, NULL, alphasort);
    bool done = num >= 0;

    for (int i = 0; i < num; i++) {
        if (done && is_entry(entries[i]->d_name, prefix)) {
            done = each(path, entries[i]->d_name, arg);
        }
        free(entries[i]); /* leaves errno alone (POSIX.1-2024) */
    }
    if (num >= 0) {
        free(entries);
    }
    return done;
}
