/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

enum { RETRY_MS = 1000 }; /* when the peer is busy and does not say how long */

bool release_open(struct release *release, const char *path)
{
    *release = (struct release){.fd = -1};
    if (path == NULL) {
        return true;
    }
    release->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (release->fd < 0) {
        fail(STATUS_LOCAL, "%s: %s", path, strerror(errno));
    }
    return release->fd >= 0;
}

void release_read(struct release *release)
{
    char text[256];
    ssize_t got = read(release->fd, text, sizeof text);

    for (ssize_t i = 0; i < got; i++) {
        release->lines += text[i] == '\n' ? 1 : 0;
    }
    release->ended = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

void release_close(struct release *release)
{
    if (release->fd >= 0) {
        close(release->fd);
    }
}

bool asker_is_done(const struct asker *asker)
{
    return asker->next == asker->options->num_operations;
}

static void give_up(struct asker *asker)
{
    asker->undone += asker->options->num_operations - asker->next;
    asker->next = asker->options->num_operations;
}

static vouch_bytes operation(const struct asker *asker)
{
    const char *text = asker->options->operation[asker->next];

    return (vouch_bytes){(const uint8_t *)text, strlen(text)};
}

static vouch_err ask(struct asker *asker, vouch_session *session)
{
    vouch_now now = clock_now();
    vouch_err err;

    if (asker->ask_at > now.mono_ms) {
        return VOUCH_OK;
    }
    err = vouch_session_request_operation(session, operation(asker),
                                          asker->options->within, now,
                                          &asker->exchange);
    if (err == VOUCH_OK) {
        asker->state = ASKER_ASKED;
    } else if (err == VOUCH_E_TOO_MANY) {
        asker->ask_at = now.mono_ms + RETRY_MS;
        err = VOUCH_OK;
    } else if (err == VOUCH_E_STATE) {
        fail(STATUS_REFUSED, "the peer executes no commands");
        give_up(asker);
        err = VOUCH_OK;
    }
    return err;
}

bool asker_wants_line(const struct asker *asker)
{
    return asker->state == ASKER_APPROVED && asker->release->fd >= 0 &&
           asker->release->lines == 0 && !asker->release->ended;
}

/* An approval that has ended meanwhile has an event of its own. */
static vouch_err command(struct asker *asker, vouch_session *session)
{
    vouch_err err;

    if (asker_wants_line(asker)) {
        return VOUCH_OK;
    }
    asker->state = ASKER_WAITING;
    if (asker->release->fd >= 0 && asker->release->lines == 0) {
        fail(STATUS_LOCAL, "nobody is left to release commands");
        return vouch_session_cancel(session, asker->exchange, clock_now());
    }
    err = vouch_session_command(session, asker->exchange, operation(asker),
                                clock_now());
    asker->release->lines -= asker->release->fd >= 0 ? 1 : 0;
    return err == VOUCH_E_GATE ? VOUCH_OK : err;
}

vouch_err asker_go(struct asker *asker, vouch_session *session)
{
    if (asker_is_done(asker)) {
        return VOUCH_OK;
    }
    if (asker->state == ASKER_IDLE) {
        return ask(asker, session);
    }
    return asker->state == ASKER_APPROVED ? command(asker, session) : VOUCH_OK;
}

static void end(struct asker *asker, bool done)
{
    asker->state = ASKER_IDLE;
    asker->next++;
    asker->undone += done ? 0 : 1;
}

static void follow_refusal(struct asker *asker, const vouch_event *event)
{
    uint64_t retry = event->u.refused.retry_ms;

    if (event->u.refused.peer_reason == VOUCH_PEER_BUSY) {
        asker->state = ASKER_IDLE;
        asker->ask_at = clock_now().mono_ms + (retry != 0 ? retry : RETRY_MS);
    } else {
        end(asker, false);
    }
}

void asker_follow(struct asker *asker, const vouch_event *event)
{
    if (asker->state == ASKER_IDLE ||
        event->exchange.id != asker->exchange.id) {
        return;
    }
    if (event->type == VOUCH_EVENT_ACCEPTED) {
        asker->state = ASKER_APPROVED;
    } else if (event->type == VOUCH_EVENT_REFUSED) {
        follow_refusal(asker, event);
    } else if (event->type == VOUCH_EVENT_REPLY) {
        end(asker, event->u.reply.status == VOUCH_STATUS_DONE);
    } else if (event->type == VOUCH_EVENT_UNKNOWN) {
        end(asker, false);
    }
}

uint64_t asker_wake_at(const struct asker *asker)
{
    return !asker_is_done(asker) && asker->state == ASKER_IDLE ? asker->ask_at
                                                               : VOUCH_NEVER;
}
