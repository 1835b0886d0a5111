/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/owned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

enum {
    LINKS_MAX = 40, /* as path_resolution(7) */
    PROBLEM_MAX = 2 * PATH_MAX + 256,
    TO_WALK = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
};

/* Why something is refused that the system would have let pass. */
static char problem[PROBLEM_MAX];

const char *file_cause(void)
{
    return problem[0] != '\0' ? problem : strerror(errno);
}

void owned_begin(void)
{
    problem[0] = '\0';
}

/* What something is called, the directory by its real name. */
static const char *called(int directory, const char *name, char out[PATH_MAX])
{
    char self[64];
    ssize_t len;

    snprintf(self, sizeof self, "/proc/self/fd/%d", directory);
    len = readlink(self, out, PATH_MAX - 1);
    len = len < 0 ? 0 : len;
    if (strcmp(name, ".") == 0) {
        name = "";
    } else if (len != 0 && out[len - 1] != '/') {
        out[len++] = '/';
    }
    snprintf(&out[len], (size_t)(PATH_MAX - len), "%s", name);
    return out;
}

static bool is_owner_good(const struct stat *status)
{
    return status->st_uid == 0 || status->st_uid == geteuid();
}

static bool refuse_owner(int directory, const char *name,
                         const struct stat *status)
{
    char path[PATH_MAX];

    snprintf(problem, sizeof problem,
             "%s belongs to user %lu, neither to you nor to root: chown it, if "
             "it is to be trusted",
             called(directory, name, path), (unsigned long)status->st_uid);
    return false;
}

static bool refuse_mode(int directory, const char *name)
{
    char path[PATH_MAX];

    called(directory, name, path);
    snprintf(problem, sizeof problem, "others may write %s: chmod go-w %s",
             path, path);
    return false;
}

static bool refuse_kind(int directory, const char *name, const char *kind)
{
    char path[PATH_MAX];

    snprintf(problem, sizeof problem, "%s is %s", called(directory, name, path),
             kind);
    return false;
}

/* `allowed` is a mode bit that makes up for others who may write. */
static bool is_owned(int fd, int directory, const char *name, mode_t allowed)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return false;
    }
    if (!is_owner_good(&status)) {
        return refuse_owner(directory, name, &status);
    }
    return (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
           (status.st_mode & allowed) != 0 || refuse_mode(directory, name);
}

bool owned_is_mine(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_uid == geteuid();
}

static int close_with_cause(int fd)
{
    int cause = errno;

    close(fd);
    errno = cause;
    return -1;
}

static bool is_link(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(status.st_mode);
}

static int open_here(int directory, const char *name, int flags)
{
    if (is_link(directory, name)) {
        refuse_kind(directory, name, "a symbolic link, which is not followed");
        return -1;
    }
    return openat(directory, name,
                  flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
}

int owned_directory(int directory, const char *name)
{
    int fd = open_here(directory, name, O_DIRECTORY);

    return fd < 0 || is_owned(fd, directory, name, 0) ? fd
                                                      : close_with_cause(fd);
}

static bool is_regular(int fd, int directory, const char *name)
{
    struct stat status;

    return fstat(fd, &status) == 0 &&
           (S_ISREG(status.st_mode) ||
            refuse_kind(directory, name, "not a regular file"));
}

int owned_file(int directory, const char *name)
{
    int fd = open_here(directory, name, O_NONBLOCK);

    return fd < 0 || (is_regular(fd, directory, name) &&
                      is_owned(fd, directory, name, 0))
               ? fd
               : close_with_cause(fd);
}

/* Finding a place */

struct walk {
    int fd;              /* the directory that was come to */
    char rest[PATH_MAX]; /* the path from there on */
    size_t links;        /* that were followed */
};

static bool too_long(void)
{
    errno = ENAMETOOLONG;
    return false;
}

static bool begin(struct walk *walk, const char *path)
{
    size_t len = 0;

    if (path[0] == '\0') {
        errno = ENOENT;
        return false;
    }
    if (path[0] != '/') {
        if (getcwd(walk->rest, sizeof walk->rest) == NULL) {
            return false;
        }
        len = strlen(walk->rest);
        walk->rest[len++] = '/'; /* in place of the NUL */
    }
    if (len + strlen(path) >= sizeof walk->rest) {
        return too_long();
    }
    strcpy(&walk->rest[len], path);
    walk->fd = open("/", TO_WALK);
    return walk->fd >= 0 && is_owned(walk->fd, walk->fd, ".", S_ISVTX);
}

/* Takes the next name off the path: "" if there is none. */
static bool next(struct walk *walk, char name[NAME_MAX + 1])
{
    const char *at = &walk->rest[strspn(walk->rest, "/")];
    size_t len = strcspn(at, "/");

    if (len > NAME_MAX) {
        return too_long();
    }
    memcpy(name, at, len);
    name[len] = '\0';
    at = &at[len];
    memmove(walk->rest, at, strlen(at) + 1);
    return true;
}

static bool is_at_end(const struct walk *walk)
{
    return walk->rest[strspn(walk->rest, "/")] == '\0';
}

static bool enter(struct walk *walk, const char *name)
{
    int fd = openat(walk->fd, name, TO_WALK);

    if (fd < 0) {
        return false;
    }
    if (!is_owned(fd, walk->fd, name, S_ISVTX)) {
        close_with_cause(fd);
        return false;
    }
    close(walk->fd);
    walk->fd = fd;
    return true;
}

/* Whoever can change a link can change where it leads. */
static bool is_good_link(const struct walk *walk, const char *name)
{
    struct stat status;

    return fstatat(walk->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (is_owner_good(&status) || refuse_owner(walk->fd, name, &status));
}

static bool follow(struct walk *walk, const char *name)
{
    char path[PATH_MAX];
    ssize_t len;

    if (!is_good_link(walk, name)) {
        return false;
    }
    len = readlinkat(walk->fd, name, path, sizeof path);
    if (len < 0) {
        return false;
    }
    if ((size_t)len + 1 + strlen(walk->rest) >= sizeof path) {
        return too_long();
    }
    if (walk->links++ == LINKS_MAX) {
        errno = ELOOP;
        return false;
    }
    path[len] = '/';
    strcpy(&path[len + 1], walk->rest);
    strcpy(walk->rest, path);
    return path[0] != '/' || enter(walk, "/");
}

static bool is_in_proc(const struct walk *walk)
{
    struct statfs status;

    return fstatfs(walk->fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

static bool go(struct walk *walk, struct place *out)
{
    char *name = out->name;

    while (next(walk, name) && name[0] != '\0') {
        bool link = is_link(walk->fd, name);
        bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;

        if (is_at_end(walk) && !dots && (!link || is_in_proc(walk))) {
            out->is_open = link;
            return true;
        }
        if (!(link ? follow(walk, name) : enter(walk, name))) {
            return false;
        }
    }
    if (name[0] != '\0') {
        return false; /* it is too long */
    }
    strcpy(name, ".");
    return true;
}

bool place_find(const char *path, struct place *out)
{
    struct walk walk = {.fd = -1};

    owned_begin();
    *out = (struct place){.is_open = false};
    if (begin(&walk, path) && go(&walk, out)) {
        out->directory = walk.fd;
        return true;
    }
    if (walk.fd >= 0) {
        close_with_cause(walk.fd);
    }
    return false;
}
