/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_EXECUTOR_H
#define VOUCH_TOOLS_EXECUTOR_H

#include <poll.h>
#include <sys/types.h>

#include <vouch/limits.h>
#include <vouch/session.h>

/* Commands of the peer that wait, or that one which a program runs. */

struct executor {
    const char *program; /* NULL: none are executed */
    struct job *waiting;
    vouch_exchange exchange; /* of the command that is run */
    vouch_buffer command;    /* of malloc; NULL when none is run */
    size_t given;            /* of its octets, to the program */
    pid_t pid;
    int in, out; /* the program's standard input and output; -1: closed */
    size_t reply_len;
    bool too_much;
    uint8_t reply[VOUCH_LIMIT_OPERATION];
    uint64_t kill_at;
};

enum { EXECUTOR_FDS = 2 };

void executor_init(struct executor *executor, const char *program);

/* executor_add takes the command of an event; false: no memory. */
bool executor_add(struct executor *executor, const vouch_event *event);

/* executor_can_start tells whether a command waits and none is run. */
bool executor_can_start(const struct executor *executor);

/* executor_start runs the next, if the session lets it. */
vouch_err executor_start(struct executor *executor, vouch_session *session);

/* executor_go moves octets, and replies when the program has ended. */
vouch_err executor_go(struct executor *executor, vouch_session *session);

/* executor_fds fills in what executor_go waits for beside the program's end;
 * executor_wake_at is when it is to be called at the latest. */
void executor_fds(const struct executor *executor,
                  struct pollfd fds[EXECUTOR_FDS]);
uint64_t executor_wake_at(const struct executor *executor);

/* executor_stop ends the program, and forgets what waits. */
void executor_stop(struct executor *executor);

#endif
