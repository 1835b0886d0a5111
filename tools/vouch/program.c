/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/vouch/wait.h"

enum { RUN_MS = 60000 }; /* one that takes longer is killed */

void program_init(struct program *program)
{
    memset(program, 0, sizeof *program);
    program->in = program->out = -1;
}

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
static int spawn(const char *path, char *const *environment, int in, int out,
                 pid_t *pid)
{
    char *argv[] = {(char *)(uintptr_t)path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t set;
    int cause;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    /* Nor does it get what this program was started with. */
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
                                        POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attr, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attr, &set);
    cause = posix_spawnp(pid, path, &actions, &attr, argv, environment);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return cause;
}

/* The variables that there are and `more`, in memory of malloc. */
static char **join_environment(char *const *more)
{
    size_t num = 0, num_more = 0;
    char **joined;

    while (environ[num] != NULL) {
        num++;
    }
    while (more[num_more] != NULL) {
        num_more++;
    }
    joined = reallocarray(NULL, num + num_more + 1, sizeof *joined);
    if (joined != NULL) {
        /* Of two with one name, the first counts. */
        memcpy(joined, more, num_more * sizeof *joined);
        memcpy(&joined[num_more], environ, (num + 1) * sizeof *joined);
    }
    return joined;
}

static int run(struct program *program, const char *path,
               char *const *environment)
{
    char **joined = join_environment(environment);
    int in[2], out[2], cause;

    if (joined == NULL || !make_pipes(in, out)) {
        cause = errno;
        free(joined);
        return cause;
    }
    cause = spawn(path, joined, in[0], out[1], &program->pid);
    free(joined);
    close(in[0]);
    close(out[1]);
    if (cause != 0) {
        close(in[1]);
        close(out[0]);
        return cause;
    }
    program->in = in[1];
    program->out = out[0];
    return 0;
}

static void close_pipe(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void forget(struct program *program)
{
    close_pipe(&program->in);
    close_pipe(&program->out);
    free(program->input.data);
    program->input = (vouch_buffer){NULL, 0};
    program->running = false;
}

int program_start(struct program *program, const char *path,
                  char *const *environment, vouch_buffer input)
{
    int cause;

    program->input = input;
    program->given = program->output_len = 0;
    program->too_much = false;
    cause = run(program, path, environment);
    if (cause != 0) {
        forget(program);
        return cause;
    }
    program->running = true;
    program->kill_at = clock_now().mono_ms + RUN_MS;
    return 0;
}

static void end(struct program *program)
{
    kill(-program->pid, SIGKILL);
    program->kill_at = VOUCH_NEVER;
}

/* Until it is waited for, its number is no other's. */
static bool has_ended(const struct program *program)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)program->pid, &info,
                  WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == program->pid;
}

/* Who does not read its input need not. */
static void give(struct program *program)
{
    ssize_t n = 1;

    while (program->in >= 0 && n > 0 && program->given < program->input.len) {
        n = write(program->in, &program->input.data[program->given],
                  program->input.len - program->given);
        program->given += n > 0 ? (size_t)n : 0;
    }
    if (program->given == program->input.len ||
        (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_pipe(&program->in);
    }
}

static void take(struct program *program)
{
    ssize_t n = 1;

    while (program->out >= 0 && n > 0) {
        uint8_t more[4096];
        size_t room = sizeof program->output - program->output_len;

        n = read(program->out, more, sizeof more);
        if (n > 0 && (size_t)n > room) {
            program->too_much = true;
            end(program);
            close_pipe(&program->out);
        } else if (n > 0) {
            memcpy(&program->output[program->output_len], more, (size_t)n);
            program->output_len += (size_t)n;
        }
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_pipe(&program->out);
    }
}

enum program_state program_go(struct program *program)
{
    int status;

    if (program->kill_at <= clock_now().mono_ms) {
        end(program);
    }
    give(program);
    if (!has_ended(program)) {
        take(program);
        return PROGRAM_RUNS;
    }
    take(program);
    end(program); /* and what it has started */
    waitpid(program->pid, &status, 0);
    forget(program);
    return !program->too_much && WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? PROGRAM_DONE
               : PROGRAM_FAILED;
}

void program_fds(const struct program *program, struct pollfd fds[PROGRAM_FDS])
{
    fds[0] = (struct pollfd){.fd = program->in, .events = POLLOUT};
    fds[1] = (struct pollfd){.fd = program->out, .events = POLLIN};
}

uint64_t program_wake_at(const struct program *program)
{
    return program->running ? program->kill_at : VOUCH_NEVER;
}

void program_stop(struct program *program)
{
    if (program->running) {
        end(program);
        waitpid(program->pid, NULL, 0);
        forget(program);
    }
}
