/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_POSTURE_H
#define VOUCH_TOOLS_POSTURE_H

#include <sys/stat.h>

#include <vouch/session.h>

#include "tools/vouch/options.h"

/* The components that this side's behaviour depends on: the SHA-256 of files,
 * hashed anew when a file may be another. One that can not be read any more is
 * zeros. */
struct posture {
    const struct options *options;
    struct {
        struct stat seen; /* of the file that was hashed last */
        bool settled;     /* a later change would show in it */
        uint8_t sha256[32];
    } component[VOUCH_LIMIT_COMPONENTS];
    uint64_t look_at; /* on the monotonic clock */
    unsigned hangups; /* that have been seen to */
};

/* posture_open hashes all; it says why not, and returns false. */
bool posture_open(struct posture *posture, const struct options *options);

/* posture_configure looks at the files, and has sessions begin with them. */
vouch_err posture_configure(struct posture *posture, vouch_config *config);

/* posture_look looks at the files, and tells of what has changed: `session`,
 * and the user. */
vouch_err posture_look(struct posture *posture, vouch_session *session);

/* posture_look_if_due does that when it is time to, or a hangup asked for it.
 */
vouch_err posture_look_if_due(struct posture *posture, vouch_session *session);

/* posture_wake_at tells when that will be; VOUCH_NEVER if at no time. */
uint64_t posture_wake_at(const struct posture *posture);

#endif
