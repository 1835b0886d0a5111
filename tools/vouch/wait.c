/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/wait.h"

#include <signal.h>
#include <time.h>

enum { MS_IN_S = 1000, NS_IN_MS = 1000000 };

static volatile sig_atomic_t interrupts;
static sigset_t while_waiting;

static void count(int number)
{
    (void)number;
    interrupts++;
}

void wait_prepare(void)
{
    struct sigaction action = {.sa_handler = count};
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
    sigdelset(&while_waiting, SIGINT);
    sigdelset(&while_waiting, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

unsigned wait_interrupts(void)
{
    return (unsigned)interrupts;
}

vouch_now clock_now(void)
{
    struct timespec since_boot, wall;

    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (vouch_now){(uint64_t)since_boot.tv_sec * MS_IN_S +
                           (uint64_t)since_boot.tv_nsec / NS_IN_MS,
                       wall.tv_sec};
}

int wait_for(struct pollfd *fds, nfds_t num, uint64_t until)
{
    uint64_t now = clock_now().mono_ms;
    uint64_t ms = until > now ? until - now : 0;
    struct timespec timeout = {(time_t)(ms / MS_IN_S),
                               (long)(ms % MS_IN_S) * NS_IN_MS};

    return ppoll(fds, num, until != VOUCH_NEVER ? &timeout : NULL,
                 &while_waiting);
}
