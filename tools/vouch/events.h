/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_EVENTS_H
#define VOUCH_TOOLS_EVENTS_H

#include <vouch/session.h>

#include "tools/vouch/status.h"

/* What has become of a connection so far. */
struct tally {
    const char *peer;           /* its name */
    uint64_t accepted, refused; /* verdicts that this side gave */
    uint64_t sent, received;    /* octets of application data */
    bool opened;                /* the gate was open at some time */
    bool amiss;                 /* refused without any verdict on evidence */
    bool audit;                 /* whether records for an audit are told */
    bool closed, failed;
    uint64_t close_code; /* of the peer's CLOSE */
    vouch_err err;       /* why the session failed */
};

/* events_is_operation tells whether an event is about an exchange for one
 * operation. */
bool events_is_operation(const vouch_event *event);

/* events_report tells of an event of a session, and counts it. */
void events_report(const vouch_event *event, vouch_now now,
                   struct tally *tally);

/* events_end tells how a connection ended. `asked` is whether this side wanted
 * it to end. */
enum status events_end(const struct tally *tally, bool asked);

#endif
