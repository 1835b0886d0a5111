/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_ASKER_H
#define VOUCH_TOOLS_ASKER_H

#include <vouch/session.h>

#include "tools/vouch/options.h"

/* Lines that each let one approved command go. */
struct release {
    int fd; /* -1: commands wait for nobody */
    size_t lines;
    bool ended;
};

/* release_open says why not, and returns false. */
bool release_open(struct release *release, const char *path);
void release_read(struct release *release);
void release_close(struct release *release);

/* The operations that the peer is asked to run, one after the other. */
struct asker {
    const struct options *options;
    struct release *release;
    enum { ASKER_IDLE, ASKER_ASKED, ASKER_APPROVED, ASKER_WAITING } state;
    vouch_exchange exchange;
    size_t next;     /* the operation that is under way, or the next */
    size_t undone;   /* that have ended otherwise than done */
    uint64_t ask_at; /* not before */
};

/* asker_go does what can be done now; an error is one of this side. */
vouch_err asker_go(struct asker *asker, vouch_session *session);

/* asker_follow takes note of an event. */
void asker_follow(struct asker *asker, const vouch_event *event);

bool asker_is_done(const struct asker *asker);

/* asker_wants_line tells whether a command waits to be let go. */
bool asker_wants_line(const struct asker *asker);

/* asker_wake_at tells when asker_go has something to do again. */
uint64_t asker_wake_at(const struct asker *asker);

#endif
