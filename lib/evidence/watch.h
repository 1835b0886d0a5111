/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_WATCH_H
#define VOUCH_EVIDENCE_WATCH_H

/* Named files, which are hashed again when their metadata show a change. */

#include <pthread.h>

#include "lib/evidence/measure.h"

struct vouch_watched {
    const char *path;
    uint8_t sha256[32];
    struct vouch_file_stamp stamp;
    bool settled; /* no change since can have left the stamp as it is */
};

struct vouch_watch {
    pthread_mutex_t lock;
    struct vouch_watched *files;
    size_t num;
};

vouch_err vouch_watch_init(struct vouch_watch *watch) VOUCH_MUST_CHECK;
void vouch_watch_cleanup(struct vouch_watch *watch);

/* vouch_watch_add hashes the file `path`, which is borrowed, and watches it. */
vouch_err vouch_watch_add(struct vouch_watch *watch,
                          const char *path) VOUCH_MUST_CHECK;

/* vouch_watch_read writes the digests of all files as they are at `unix_s` into
 * `digests`, in the order that they were added. Any thread may call it.
 * VOUCH_E_IO when one can not be read any more. */
vouch_err vouch_watch_read(struct vouch_watch *watch, int64_t unix_s,
                           uint8_t (*digests)[32]) VOUCH_MUST_CHECK;

#endif
