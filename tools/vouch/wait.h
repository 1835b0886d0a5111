/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_WAIT_H
#define VOUCH_TOOLS_WAIT_H

#include <poll.h>

#include <vouch/base.h>

/* wait_prepare makes SIGINT and SIGTERM be counted, and noticed only by
 * wait_for; and writing to what nobody reads an error and no signal. */
void wait_prepare(void);

/* wait_interrupts returns how often the user asked to end. */
unsigned wait_interrupts(void);

/* wait_heed_hangups has SIGHUP counted instead of ending the program;
 * wait_hangups returns how often it came. */
void wait_heed_hangups(void);
unsigned wait_hangups(void);

vouch_now clock_now(void);

/* wait_for waits until something happens to `fds`, or `until` on the monotonic
 * clock, or an interrupt. It returns how many of `fds` are ready. */
int wait_for(struct pollfd *fds, nfds_t num, uint64_t until);

/* wait_for_all is wait_for that a hangup or the end of a child ends, too; what
 * came is counted even if some of `fds` are always ready. */
int wait_for_all(struct pollfd *fds, nfds_t num, uint64_t until);

#endif
