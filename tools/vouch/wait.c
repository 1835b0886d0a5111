/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/wait.h"

#include <signal.h>
#include <time.h>

enum { MS_IN_S = 1000, NS_IN_MS = 1000000 };

static volatile sig_atomic_t interrupts, hangups;
static sigset_t while_waiting, while_waiting_for_all;

static void count(int number)
{
    if (number == SIGINT || number == SIGTERM) {
        interrupts++;
    } else if (number == SIGHUP) {
        hangups++;
    }
}

/* Blocks a signal but for the time of waiting, in which it is counted. */
static void heed(int number)
{
    struct sigaction action = {.sa_handler = count};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigdelset(&while_waiting_for_all, number);
    sigaction(number, &action, NULL);
}

void wait_prepare(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigprocmask(SIG_BLOCK, NULL, &while_waiting_for_all);
    heed(SIGINT);
    heed(SIGTERM);
    while_waiting = while_waiting_for_all;
    heed(SIGCHLD);
    sigaddset(&while_waiting, SIGCHLD);
    sigaction(SIGPIPE, &ignore, NULL);
}

void wait_heed_hangups(void)
{
    heed(SIGHUP);
    sigaddset(&while_waiting, SIGHUP);
}

unsigned wait_hangups(void)
{
    return (unsigned)hangups;
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

static int wait_with(const sigset_t *mask, struct pollfd *fds, nfds_t num,
                     uint64_t until)
{
    uint64_t now = clock_now().mono_ms;
    uint64_t ms = until > now ? until - now : 0;
    struct timespec timeout = {(time_t)(ms / MS_IN_S),
                               (long)(ms % MS_IN_S) * NS_IN_MS};

    return ppoll(fds, num, until != VOUCH_NEVER ? &timeout : NULL, mask);
}

int wait_for(struct pollfd *fds, nfds_t num, uint64_t until)
{
    return wait_with(&while_waiting, fds, num, until);
}

/* Counts what has come: ppoll does not when it finds a descriptor ready. */
static void let_in(void)
{
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, &while_waiting_for_all, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

int wait_for_all(struct pollfd *fds, nfds_t num, uint64_t until)
{
    int ready = wait_with(&while_waiting_for_all, fds, num, until);

    if (ready > 0) {
        let_in();
    }
    return ready;
}
