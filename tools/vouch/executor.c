/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/executor.h"

#include <stdlib.h>
#include <string.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

struct job {
    struct job *next;
    vouch_exchange exchange;
    vouch_buffer command; /* of malloc */
};

void executor_init(struct executor *executor, const char *path)
{
    *executor = (struct executor){.path = path};
    program_init(&executor->program);
}

bool executor_add(struct executor *executor, const vouch_event *event)
{
    vouch_bytes octets = event->u.command.bytes;
    struct job *job = malloc(sizeof *job);
    struct job **last = &executor->waiting;
    uint8_t *copy = malloc(octets.len + 1);

    if (job == NULL || copy == NULL) {
        free(job);
        free(copy);
        return false;
    }
    if (octets.len != 0) {
        memcpy(copy, octets.data, octets.len);
    }
    *job = (struct job){NULL, event->exchange, {copy, octets.len}};
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = job;
    return true;
}

bool executor_can_start(const struct executor *executor)
{
    return !executor->program.running && executor->waiting != NULL;
}

static vouch_err finish(struct executor *executor, vouch_session *session,
                        bool done)
{
    vouch_status status = done ? VOUCH_STATUS_DONE : VOUCH_STATUS_FAILED;
    vouch_bytes reply = {executor->program.output,
                         done ? executor->program.output_len : 0};
    vouch_err err;

    report(json_pack("{s:s,s:s,s:I}", "event", "executed", "status",
                     vouch_status_name(status), "bytes", (json_int_t)reply.len),
           "the command is over: %s, %zu octets of reply",
           vouch_status_name(status), reply.len);
    err = vouch_session_reply(session, executor->exchange, status, reply,
                              clock_now());
    return err == VOUCH_E_HANDLE ? VOUCH_OK : err;
}

vouch_err executor_start(struct executor *executor, vouch_session *session)
{
    static char *const nothing[] = {NULL};
    struct job *job = executor->waiting;
    vouch_buffer command = job->command;
    vouch_err err = vouch_session_take(session, job->exchange, clock_now());
    int cause;

    executor->waiting = job->next;
    executor->exchange = job->exchange;
    free(job);
    if (err != VOUCH_OK) {
        report(json_pack("{s:s}", "event", "not_executed"),
               "the command is not executed: its approval has ended");
        free(command.data);
        return err == VOUCH_E_HANDLE ? VOUCH_OK : err;
    }
    cause = program_start(&executor->program, executor->path, nothing, command);
    if (cause != 0) {
        fail(STATUS_LOCAL, "%s: %s", executor->path, strerror(cause));
        return finish(executor, session, false);
    }
    return VOUCH_OK;
}

vouch_err executor_go(struct executor *executor, vouch_session *session)
{
    enum program_state state;

    if (!executor->program.running) {
        return VOUCH_OK;
    }
    state = program_go(&executor->program);
    return state == PROGRAM_RUNS
               ? VOUCH_OK
               : finish(executor, session, state == PROGRAM_DONE);
}

void executor_stop(struct executor *executor)
{
    program_stop(&executor->program);
    while (executor->waiting != NULL) {
        struct job *job = executor->waiting;

        executor->waiting = job->next;
        free(job->command.data);
        free(job);
    }
}
