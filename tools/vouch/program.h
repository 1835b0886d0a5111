/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_PROGRAM_H
#define VOUCH_TOOLS_PROGRAM_H

#include <poll.h>
#include <sys/types.h>

#include <vouch/base.h>
#include <vouch/limits.h>

/* A program that runs beside the connection: it is given octets on its standard
 * input, and what it writes to its standard output is collected. */

enum { PROGRAM_OUTPUT_MAX = VOUCH_LIMIT_OPERATION, PROGRAM_FDS = 2 };

struct program {
    bool running;
    vouch_buffer input; /* of malloc */
    size_t given;       /* of its octets */
    pid_t pid;
    int in, out; /* its standard input and output; -1: closed */
    size_t output_len;
    bool too_much;
    uint8_t output[PROGRAM_OUTPUT_MAX];
    uint64_t kill_at;
};

/* How it stands with one. */
enum program_state {
    PROGRAM_RUNS,
    PROGRAM_DONE,   /* exit status 0: `output` is there until the next start */
    PROGRAM_FAILED, /* any other end, and too much output */
};

void program_init(struct program *program);

/* program_start runs `path` with the variables of `environment`, ended by NULL,
 * besides the ones that there are. `input` is the program's from then on. It
 * returns 0, or an error of errno. */
int program_start(struct program *program, const char *path,
                  char *const *environment, vouch_buffer input);

/* program_go moves octets of one that runs. */
enum program_state program_go(struct program *program);

/* program_fds fills in what program_go waits for beside the program's end;
 * program_wake_at is when it is to be called at the latest. */
void program_fds(const struct program *program, struct pollfd fds[PROGRAM_FDS]);
uint64_t program_wake_at(const struct program *program);

/* program_stop ends it. */
void program_stop(struct program *program);

#endif
