/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/signals.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tools/bench/measure.h"
#include "tools/soak/load.h"

enum { ENDLESS_S = 60 }; /* of CPU time */

static char crashed[128], hung[128];

static void stop(int number)
{
    (void)number;
    load_stop();
}

static void tell(int number)
{
    const char *line = number == SIGPROF ? hung : crashed;
    ssize_t written = write(STDOUT_FILENO, line, strlen(line));

    (void)written;
    _exit(1);
}

static void set(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    need(sigaction(number, &action, NULL) == 0, "handle a signal");
}

void signals_handle(uint64_t seed)
{
    snprintf(crashed, sizeof crashed,
             "FOUND: the process crashed (seed %" PRIu64 ")\n", seed);
    snprintf(hung, sizeof hung,
             "FOUND: a call does not come to an end (seed %" PRIu64 ")\n",
             seed);
    set(SIGINT, stop);
    set(SIGTERM, stop);
    set(SIGPIPE, SIG_IGN);
    set(SIGPROF, tell);
#ifndef __SANITIZE_ADDRESS__ /* which tells more */
    set(SIGSEGV, tell);
    set(SIGBUS, tell);
    set(SIGFPE, tell);
    set(SIGILL, tell);
#endif
    set(SIGABRT, tell);
}

void signals_alive(void)
{
    const struct itimerval timer = {.it_value = {.tv_sec = ENDLESS_S}};

    need(setitimer(ITIMER_PROF, &timer, NULL) == 0, "set a timer");
}
