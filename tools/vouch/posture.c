/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/posture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

enum {
    CHUNK = 65536,
    SETTLED_S = 2, /* no file system counts time in coarser steps */
};

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && is_same_time(&a->st_mtim, &b->st_mtim) &&
           is_same_time(&a->st_ctim, &b->st_ctim);
}

static bool hash_all(int fd, uint8_t sha256[32])
{
    uint8_t octets[CHUNK];
    SHA256_CTX ctx;
    ssize_t got;

    SHA256_Init(&ctx);
    while ((got = read(fd, octets, sizeof octets)) > 0) {
        SHA256_Update(&ctx, octets, (size_t)got);
    }
    SHA256_Final(sha256, &ctx);
    return got == 0;
}

/* Hashes component `i` into `sha256`, unless it must be the same still. A
 * change within the same tick of the file system's clock would not show. */
static bool hash_if_new(struct posture *posture, size_t i, uint8_t sha256[32])
{
    const char *path = posture->options->posture[i].path;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat now;
    bool done;

    if (fd < 0) {
        return false;
    }
    if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) {
        errno = errno != 0 ? errno : EINVAL;
        close(fd);
        return false;
    }
    done = posture->component[i].settled &&
           is_same_file(&now, &posture->component[i].seen);
    if (!done) {
        posture->component[i].settled =
            clock_now().unix_s - now.st_ctim.tv_sec > SETTLED_S;
        posture->component[i].seen = now;
        done = hash_all(fd, sha256);
    }
    close(fd);
    return done;
}

/* Whether component `i` is another one now. */
static bool has_changed(struct posture *posture, size_t i)
{
    uint8_t *known = posture->component[i].sha256;
    uint8_t sha256[32];

    memcpy(sha256, known, sizeof sha256);
    if (!hash_if_new(posture, i, sha256)) {
        posture->component[i].settled = false;
        memset(sha256, 0, sizeof sha256);
    }
    if (memcmp(known, sha256, sizeof sha256) == 0) {
        return false;
    }
    memcpy(known, sha256, sizeof sha256);
    return true;
}

static void look_later(struct posture *posture)
{
    uint64_t every = posture->options->posture_check;

    posture->hangups = wait_hangups();
    posture->look_at = posture->options->num_posture == 0 || every == 0
                           ? VOUCH_NEVER
                           : clock_now().mono_ms + every;
}

bool posture_open(struct posture *posture, const struct options *options)
{
    *posture = (struct posture){.options = options};
    for (size_t i = 0; i < options->num_posture; i++) {
        errno = 0;
        if (!hash_if_new(posture, i, posture->component[i].sha256)) {
            fail(STATUS_LOCAL, "%s: %s", options->posture[i].path,
                 strerror(errno));
            return false;
        }
    }
    look_later(posture);
    return true;
}

vouch_err posture_configure(struct posture *posture, vouch_config *config)
{
    const struct options *options = posture->options;
    vouch_err err = VOUCH_OK;

    for (size_t i = 0; err == VOUCH_OK && i < options->num_posture; i++) {
        (void)has_changed(posture, i);
        err = vouch_config_set_posture(config, options->posture[i].name,
                                       posture->component[i].sha256);
    }
    return err;
}

vouch_err posture_look(struct posture *posture, vouch_session *session)
{
    const struct options *options = posture->options;
    vouch_err err = VOUCH_OK;
    char digits[HEX_DIGEST];

    look_later(posture);
    for (size_t i = 0; err == VOUCH_OK && i < options->num_posture; i++) {
        const char *name = options->posture[i].name;

        if (has_changed(posture, i)) {
            const uint8_t *sha256 = posture->component[i].sha256;

            hex((vouch_bytes){sha256, 32}, digits);
            report(json_pack("{s:s,s:s,s:s}", "event", "own_posture", "name",
                             name, "sha256", digits),
                   "the posture of this side has changed: %s is %s", name,
                   digits);
            err = vouch_session_set_posture(session, name, sha256, clock_now());
        }
    }
    return err;
}

vouch_err posture_look_if_due(struct posture *posture, vouch_session *session)
{
    return posture->look_at <= clock_now().mono_ms ||
                   posture->hangups != wait_hangups()
               ? posture_look(posture, session)
               : VOUCH_OK;
}

uint64_t posture_wake_at(const struct posture *posture)
{
    return posture->look_at;
}
