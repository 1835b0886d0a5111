/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/watch.h"

#include <string.h>

#include "proto/fork.h"
#include "proto/memory.h"

vouch_err vouch_watch_init(struct vouch_watch *watch)
{
    *watch = (struct vouch_watch){.num = 0};
    return vouch_fork_watch() == VOUCH_OK &&
                   pthread_mutex_init(&watch->lock, NULL) == 0
               ? VOUCH_OK
               : VOUCH_E_NOMEM;
}

void vouch_watch_cleanup(struct vouch_watch *watch)
{
    vouch_free(watch->files);
    pthread_mutex_destroy(&watch->lock);
}

vouch_err vouch_watch_add(struct vouch_watch *watch, const char *path)
{
    struct vouch_watched file = {.path = path};
    void *files = watch->files;
    vouch_err err = vouch_measure_file(path, file.sha256, &file.stamp);

    if (err == VOUCH_OK) {
        err = vouch_grow(&files, watch->num * sizeof file,
                         (watch->num + 1) * sizeof file);
    }
    if (err == VOUCH_OK) {
        watch->files = files;
        watch->files[watch->num++] = file;
    }
    return err;
}

static vouch_err refresh(struct vouch_watched *file, int64_t unix_s)
{
    struct vouch_file_stamp stamp;
    vouch_err err = vouch_file_stamp_read(file->path, &stamp);

    if (err != VOUCH_OK ||
        (file->settled && vouch_file_stamp_equal(&stamp, &file->stamp))) {
        return err;
    }
    file->settled = false;
    err = vouch_measure_file(file->path, file->sha256, &file->stamp);
    if (err == VOUCH_OK) {
        file->settled = vouch_file_stamp_settled(&file->stamp, unix_s);
    }
    return err;
}

static vouch_err refresh_all(struct vouch_watch *watch, int64_t unix_s)
{
    for (size_t i = 0; i < watch->num; i++) {
        vouch_err err = refresh(&watch->files[i], unix_s);

        if (err != VOUCH_OK) {
            return err;
        }
    }
    return VOUCH_OK;
}

vouch_err vouch_watch_read(struct vouch_watch *watch, int64_t unix_s,
                           uint8_t (*digests)[32])
{
    vouch_err err;

    vouch_lock(&watch->lock);
    err = refresh_all(watch, unix_s);
    for (size_t i = 0; err == VOUCH_OK && i < watch->num; i++) {
        memcpy(digests[i], watch->files[i].sha256, sizeof digests[i]);
    }
    vouch_unlock(&watch->lock);
    return err;
}
