/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

enum { RUN_MS = 60000 }; /* a program that takes longer is killed */

struct job {
    struct job *next;
    vouch_exchange exchange;
    vouch_buffer command; /* of malloc, never NULL */
};

void executor_init(struct executor *executor, const char *program)
{
    memset(executor, 0, sizeof *executor);
    executor->program = program;
    executor->in = executor->out = -1;
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
    return executor->command.data == NULL && executor->waiting != NULL;
}

/* Running */

static bool make_pipes(int in[2], int out[2])
{
    if (pipe2(in, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    return true;
}

/* The program gets the signals as they were, and a process group of its own:
 * what it starts ends with it. What it says on standard error would mix with
 * events. */
static int spawn(const char *program, int in, int out, pid_t *pid)
{
    char *argv[] = {(char *)(uintptr_t)program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t set;
    int cause;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
                                        POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attr, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attr, &set);
    cause = posix_spawnp(pid, program, &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return cause;
}

static int run(struct executor *executor)
{
    int in[2], out[2], cause;

    if (!make_pipes(in, out)) {
        return errno;
    }
    cause = spawn(executor->program, in[0], out[1], &executor->pid);
    close(in[0]);
    close(out[1]);
    if (cause != 0) {
        close(in[1]);
        close(out[0]);
        return cause;
    }
    executor->in = in[1];
    executor->out = out[0];
    executor->kill_at = clock_now().mono_ms + RUN_MS;
    return 0;
}

static void close_pipe(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void forget(struct executor *executor)
{
    close_pipe(&executor->in);
    close_pipe(&executor->out);
    free(executor->command.data);
    executor->command = (vouch_buffer){NULL, 0};
    executor->given = executor->reply_len = 0;
    executor->too_much = false;
}

static void end(struct executor *executor)
{
    kill(-executor->pid, SIGKILL);
    executor->kill_at = VOUCH_NEVER;
}

/* Until it is waited for, its number is no other's. */
static bool has_ended(const struct executor *executor)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)executor->pid, &info,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == executor->pid;
}

static vouch_err finish(struct executor *executor, vouch_session *session,
                        bool done)
{
    vouch_status status = done ? VOUCH_STATUS_DONE : VOUCH_STATUS_FAILED;
    vouch_bytes reply = {executor->reply, done ? executor->reply_len : 0};
    vouch_err err;

    report(json_pack("{s:s,s:s,s:I}", "event", "executed", "status",
                     vouch_status_name(status), "bytes", (json_int_t)reply.len),
           "the command is over: %s, %zu octets of reply",
           vouch_status_name(status), reply.len);
    err = vouch_session_reply(session, executor->exchange, status, reply,
                              clock_now());
    forget(executor);
    return err == VOUCH_E_HANDLE ? VOUCH_OK : err;
}

vouch_err executor_start(struct executor *executor, vouch_session *session)
{
    struct job *job = executor->waiting;
    vouch_err err = vouch_session_take(session, job->exchange, clock_now());
    int cause;

    executor->waiting = job->next;
    executor->exchange = job->exchange;
    executor->command = job->command;
    free(job);
    if (err != VOUCH_OK) {
        report(json_pack("{s:s}", "event", "not_executed"),
               "the command is not executed: its approval has ended");
        forget(executor);
        return err == VOUCH_E_HANDLE ? VOUCH_OK : err;
    }
    cause = run(executor);
    if (cause != 0) {
        fail(STATUS_LOCAL, "%s: %s", executor->program, strerror(cause));
        return finish(executor, session, false);
    }
    return VOUCH_OK;
}

/* Who does not read its input need not. */
static void give(struct executor *executor)
{
    ssize_t n = 1;

    while (executor->in >= 0 && n > 0 &&
           executor->given < executor->command.len) {
        n = write(executor->in, &executor->command.data[executor->given],
                  executor->command.len - executor->given);
        executor->given += n > 0 ? (size_t)n : 0;
    }
    if (executor->given == executor->command.len ||
        (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_pipe(&executor->in);
    }
}

static void take(struct executor *executor)
{
    ssize_t n = 1;

    while (executor->out >= 0 && n > 0) {
        uint8_t more[4096];
        size_t room = sizeof executor->reply - executor->reply_len;

        n = read(executor->out, more, sizeof more);
        if (n > 0 && (size_t)n > room) {
            executor->too_much = true;
            end(executor);
            close_pipe(&executor->out);
        } else if (n > 0) {
            memcpy(&executor->reply[executor->reply_len], more, (size_t)n);
            executor->reply_len += (size_t)n;
        }
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_pipe(&executor->out);
    }
}

vouch_err executor_go(struct executor *executor, vouch_session *session)
{
    int status;

    if (executor->command.data == NULL) {
        return VOUCH_OK;
    }
    if (executor->kill_at <= clock_now().mono_ms) {
        end(executor);
    }
    give(executor);
    if (!has_ended(executor)) {
        take(executor);
        return VOUCH_OK;
    }
    take(executor);
    end(executor); /* and what it has started */
    waitpid(executor->pid, &status, 0);
    return finish(executor, session,
                  !executor->too_much && WIFEXITED(status) &&
                      WEXITSTATUS(status) == 0);
}

void executor_fds(const struct executor *executor,
                  struct pollfd fds[EXECUTOR_FDS])
{
    fds[0] = (struct pollfd){.fd = executor->in, .events = POLLOUT};
    fds[1] = (struct pollfd){.fd = executor->out, .events = POLLIN};
}

uint64_t executor_wake_at(const struct executor *executor)
{
    return executor->command.data != NULL ? executor->kill_at : VOUCH_NEVER;
}

void executor_stop(struct executor *executor)
{
    if (executor->command.data != NULL) {
        end(executor);
        waitpid(executor->pid, NULL, 0);
        forget(executor);
    }
    while (executor->waiting != NULL) {
        struct job *job = executor->waiting;

        executor->waiting = job->next;
        free(job->command.data);
        free(job);
    }
}
