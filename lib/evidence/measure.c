/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vouch/limits.h>

#include "proto/fork.h"
#include "proto/memory.h"
#include "proto/utf8.h"

enum {
    READ_SIZE = 16384,
    ATTEMPTS = 3,
    TICK_S = 2, /* no file system in use counts more coarsely */
};

static struct vouch_file_stamp stamp_of(const struct stat *status)
{
    return (struct vouch_file_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = status->st_size,
        .modified = status->st_mtim,
        .changed = status->st_ctim,
    };
}

vouch_err vouch_file_stamp_read(const char *path, struct vouch_file_stamp *out)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return VOUCH_E_IO;
    }
    *out = stamp_of(&status);
    return VOUCH_OK;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool vouch_file_stamp_equal(const struct vouch_file_stamp *a,
                            const struct vouch_file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->size == b->size && same_time(&a->modified, &b->modified) &&
           same_time(&a->changed, &b->changed);
}

bool vouch_file_stamp_settled(const struct vouch_file_stamp *stamp,
                              int64_t unix_s)
{
    return stamp->changed.tv_sec < unix_s - TICK_S;
}

/* No more than `size` octets: a file that grows as fast as it is read has no
 * end. */
static vouch_err hash_to_end(int fd, off_t size, uint8_t sha256[32])
{
    uint8_t octets[READ_SIZE];
    SHA256_CTX hash;
    off_t at = 0;
    ssize_t got;

    SHA256_Init(&hash);
    do {
        got =
            pread(fd, octets,
                  size - at < READ_SIZE ? (size_t)(size - at) : READ_SIZE, at);
        if (got > 0) {
            SHA256_Update(&hash, octets, (size_t)got);
            at += got;
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
    SHA256_Final(sha256, &hash);
    return got == 0 ? VOUCH_OK : VOUCH_E_IO;
}

/* hash_once says through `*steady` whether the file stayed as it was. */
static vouch_err hash_once(int fd, uint8_t sha256[32],
                           struct vouch_file_stamp *out, bool *steady)
{
    struct stat before, after;
    struct vouch_file_stamp stamp;
    vouch_err err;

    if (fstat(fd, &before) != 0) {
        return VOUCH_E_IO;
    }
    if (!S_ISREG(before.st_mode)) {
        errno = S_ISDIR(before.st_mode) ? EISDIR : EINVAL;
        return VOUCH_E_IO;
    }
    err = hash_to_end(fd, before.st_size, sha256);
    if (err != VOUCH_OK) {
        return err;
    }
    if (fstat(fd, &after) != 0) {
        return VOUCH_E_IO;
    }
    *out = stamp_of(&before);
    stamp = stamp_of(&after);
    *steady = vouch_file_stamp_equal(out, &stamp);
    return VOUCH_OK;
}

static vouch_err hash_steady(int fd, uint8_t sha256[32],
                             struct vouch_file_stamp *out)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        bool steady = false;
        vouch_err err = hash_once(fd, sha256, out, &steady);

        if (err != VOUCH_OK || steady) {
            return err;
        }
    }
    errno = EBUSY;
    return VOUCH_E_IO;
}

vouch_err vouch_measure_file(const char *path, uint8_t sha256[32],
                             struct vouch_file_stamp *out)
{
    /* O_NONBLOCK: a FIFO must not keep us waiting to learn that it is one. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct vouch_file_stamp stamp;
    uint8_t digest[32];
    vouch_err err;
    int cause;

    if (fd < 0) {
        return VOUCH_E_IO;
    }
    err = hash_steady(fd, digest, &stamp);
    cause = errno;
    close(fd);
    errno = cause;
    if (err == VOUCH_OK) {
        memcpy(sha256, digest, sizeof digest);
        *out = stamp;
    }
    return err;
}

static const vouch_measurement *find(const struct vouch_measurements *list,
                                     const char *name)
{
    for (size_t i = 0; i < list->num; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

static vouch_err append(struct vouch_measurements *list, const char *name,
                        size_t len, const uint8_t sha256[32])
{
    void *items = list->items;
    vouch_buffer copy;
    vouch_err err;

    if (list->num == VOUCH_LIMIT_MEASUREMENTS) {
        return VOUCH_E_TOO_MANY;
    }
    err = vouch_copy((vouch_bytes){(const uint8_t *)name, len + 1}, &copy);
    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_grow(&items, list->num * sizeof list->items[0],
                     (list->num + 1) * sizeof list->items[0]);
    if (err != VOUCH_OK) {
        vouch_buffer_free(&copy);
        return err;
    }
    list->items = items;
    list->items[list->num].name = (char *)copy.data;
    memcpy(list->items[list->num].sha256, sha256, 32);
    list->num++;
    return VOUCH_OK;
}

vouch_err vouch_measurements_add(struct vouch_measurements *list,
                                 const char *prefix, const char *rest,
                                 const uint8_t sha256[32])
{
    size_t prefix_len = strlen(prefix), rest_len = strlen(rest);
    char name[VOUCH_LIMIT_MEASUREMENT_NAME + 1];
    const vouch_measurement *same;

    if (rest_len == 0 || prefix_len + rest_len > VOUCH_LIMIT_MEASUREMENT_NAME) {
        return VOUCH_E_ARGUMENT;
    }
    memcpy(name, prefix, prefix_len);
    memcpy(&name[prefix_len], rest, rest_len + 1);
    if (!vouch_is_utf8(vouch_text(name))) {
        return VOUCH_E_ARGUMENT;
    }
    same = find(list, name);
    if (same == NULL) {
        return append(list, name, prefix_len + rest_len, sha256);
    }
    return memcmp(same->sha256, sha256, 32) == 0 ? VOUCH_OK : VOUCH_E_DUPLICATE;
}

void vouch_measurements_cleanup(struct vouch_measurements *list)
{
    for (size_t i = 0; i < list->num; i++) {
        vouch_free((void *)(uintptr_t)list->items[i].name);
    }
    vouch_free(list->items);
    *list = (struct vouch_measurements){NULL, 0};
}

vouch_err vouch_measure_executable(struct vouch_measurements *list)
{
    struct vouch_file_stamp stamp;
    uint8_t sha256[32];
    /* The very file that runs, whatever stands at its path by now. */
    vouch_err err = vouch_measure_file("/proc/self/exe", sha256, &stamp);

    return err == VOUCH_OK
               ? vouch_measurements_add(list, "", "executable", sha256)
               : err;
}

/* Paths of the libraries, copied while the loader holds still. */
struct paths {
    vouch_buffer path[VOUCH_LIMIT_MEASUREMENTS];
    size_t num;
    vouch_err err;
};

static bool is_program(const struct dl_phdr_info *object)
{
    return (uintptr_t)object->dlpi_phdr == getauxval(AT_PHDR);
}

/* What the kernel maps from no file. */
static bool is_vdso(const struct dl_phdr_info *object)
{
    return object->dlpi_addr != 0 &&
           object->dlpi_addr == getauxval(AT_SYSINFO_EHDR);
}

static int collect(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct paths *paths = arg;

    (void)size;
    if (is_program(object) || is_vdso(object)) {
        return 0;
    }
    if (paths->num == VOUCH_LIMIT_MEASUREMENTS) {
        paths->err = VOUCH_E_TOO_MANY;
    } else {
        paths->err =
            vouch_copy((vouch_bytes){(const uint8_t *)object->dlpi_name,
                                     strlen(object->dlpi_name) + 1},
                       &paths->path[paths->num]);
    }
    paths->num += paths->err == VOUCH_OK;
    return paths->err != VOUCH_OK;
}

static vouch_err add_library(struct vouch_measurements *list, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct vouch_file_stamp stamp;
    uint8_t sha256[32];
    vouch_err err = vouch_measure_file(path, sha256, &stamp);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_measurements_add(
        list, "library:", slash != NULL ? &slash[1] : path, sha256);
    return err == VOUCH_E_DUPLICATE
               ? vouch_measurements_add(list, "library:", path, sha256)
               : err;
}

vouch_err vouch_measure_libraries(struct vouch_measurements *list)
{
    struct paths *paths = vouch_alloc(sizeof *paths);
    vouch_err err;

    if (paths == NULL) {
        return VOUCH_E_NOMEM;
    }
    vouch_fork_defer(); /* the list of libraries has a lock */
    dl_iterate_phdr(collect, paths);
    vouch_fork_permit();
    err = paths->err;
    for (size_t i = 0; err == VOUCH_OK && i < paths->num; i++) {
        err = add_library(list, (const char *)paths->path[i].data);
    }
    for (size_t i = 0; i < paths->num; i++) {
        vouch_buffer_free(&paths->path[i]);
    }
    vouch_free(paths);
    return err;
}
