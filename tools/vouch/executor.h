/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_EXECUTOR_H
#define VOUCH_TOOLS_EXECUTOR_H

#include <vouch/session.h>

#include "tools/vouch/program.h"

/* Commands of the peer that wait, or that one which a program runs. */

struct executor {
    const char *path; /* of the program; NULL: none are executed */
    struct job *waiting;
    vouch_exchange exchange; /* of the command that is run */
    struct program program;
};

void executor_init(struct executor *executor, const char *path);

/* executor_add takes the command of an event; false: no memory. */
bool executor_add(struct executor *executor, const vouch_event *event);

/* executor_can_start tells whether a command waits and none is run. */
bool executor_can_start(const struct executor *executor);

/* executor_start runs the next, if the session lets it. */
vouch_err executor_start(struct executor *executor, vouch_session *session);

/* executor_go replies when the program has ended. */
vouch_err executor_go(struct executor *executor, vouch_session *session);

/* executor_stop ends the program, and forgets what waits. */
void executor_stop(struct executor *executor);

#endif
