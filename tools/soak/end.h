/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_END_H
#define VOUCH_TOOLS_SOAK_END_H

/* One end of a connection, with a session as an application serves it. */

#include "tools/soak/world.h"

/* end_open takes over `fd`; the handshake begins with the first end_step. */
void end_open(struct end *end, int fd);

/* end_step goes on as far as it can without waiting. */
void end_step(struct end *end);

/* end_close has the session say goodbye; end_cut closes the socket in the
 * middle of anything, with RST, or with FIN. */
void end_close(struct end *end);
void end_cut(struct end *end, bool reset);

/* end_say_done sends close_notify, sometimes: as an application that does not
 * let vouch end the connection. */
void end_say_done(struct end *end);

/* end_wait says for what the socket is waited. */
void end_wait(struct end *end, bool readable, bool writable);

/* end_note adds to the trail. */
void end_note(struct end *end, const char *what, uint64_t exchange,
              uint64_t number);

/* The other end of the connection. */
struct end *end_other(struct end *end);

/* end_peer_is_vouch tells whether there is a session at the other end, too. */
bool end_peer_is_vouch(const struct end *end);

/* events.c: polls and answers all there are. */
void end_poll(struct end *end);

/* answers.c: what an application is asked to do. */
void end_answer(struct end *end, const vouch_event *event);
/* Does what it put off and what is due. True: something was done. */
bool end_do_later(struct end *end);

/* operations.c */
bool end_ask_operation(struct end *end);
void end_check_command(struct end *end, const vouch_event *event);
void end_check_operation_end(struct end *end, const vouch_event *event);
void end_command(struct end *end, vouch_exchange exchange);
void end_take(struct end *end, vouch_exchange exchange);
void end_reply(struct end *end, vouch_exchange exchange);

/* acts.c: what it does by itself. True: something was done. */
bool end_act(struct end *end);
bool end_send(struct end *end);
void end_check_data(struct end *end, const vouch_event *event);

#endif
