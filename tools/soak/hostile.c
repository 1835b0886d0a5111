/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/hostile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/mem.h>

#include "tools/soak/end.h"
#include "tools/soak/script.h"

enum {
    AT_ONCE = 16384,      /* octets that are made at a time */
    A_STEP = 4 * AT_ONCE, /* ... and sent in one step */
    A_READ = 16384,
};

struct hostile {
    const struct script *script;
    bool shook_hands, began;
    uint64_t messages, next_at_ms;
    uint8_t *out; /* octets [sent, len) wait */
    size_t sent, len;
};

void hostile_open(struct end *end)
{
    struct world *world = end->connection->world;
    struct hostile *hostile = calloc(1, sizeof *hostile);

    if (hostile == NULL) {
        found(end, "the machine", "no memory for a hostile peer");
    }
    hostile->script = &scripts[end->connection->plan.script];
    end->hostile = hostile;
    end_note(end, hostile->script->name, 0, 0);
    if (hostile->script->no_tls) {
        return;
    }
    end->ssl =
        SSL_new(hostile->script->no_alpn ? world->no_alpn[end->side]
                                         : world_host(world, end->side)->tls);
    need(end->ssl != NULL && SSL_set_fd(end->ssl, end->fd), "make an SSL");
    SSL_set_mode(end->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (end->side == CLIENT) {
        SSL_set_connect_state(end->ssl);
    } else {
        SSL_set_accept_state(end->ssl);
    }
}

void hostile_close(struct end *end)
{
    OPENSSL_free(end->hostile->out);
    free(end->hostile);
    end->hostile = NULL;
}

/* Makes what is said next, many messages at once where there is no gap. */
static void fill(struct end *end)
{
    struct hostile *hostile = end->hostile;
    struct speaker speaker = {&end->connection->plan, end->side, end->ssl, 0};
    uint64_t now = end->connection->world->now.mono_ms;
    const struct script *script = hostile->script;
    uint8_t *octets;
    CBB out;

    if (now < hostile->next_at_ms) {
        return;
    }
    need(CBB_init(&out, 256), "write a message");
    if (!hostile->began && script->first != NULL) {
        script->first(&out, &speaker);
    }
    hostile->began = true;
    while (script->next != NULL && CBB_len(&out) < AT_ONCE) {
        speaker.number = hostile->messages++;
        script->next(&out, &speaker);
        if (script->gap_ms != 0) {
            break;
        }
    }
    hostile->next_at_ms = now + script->gap_ms;
    need(CBB_finish(&out, &octets, &hostile->len), "write a message");
    OPENSSL_free(hostile->out);
    hostile->out = octets;
    hostile->sent = 0;
}

enum moved { MOVED, BLOCKED, BROKEN };

static enum moved moved(struct end *end, int ret)
{
    int error = end->ssl != NULL ? SSL_get_error(end->ssl, ret) : 0;

    if (ret > 0) {
        return MOVED;
    }
    ERR_clear_error();
    if (end->ssl == NULL) {
        return ret == 0 ? BROKEN : BLOCKED;
    }
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
               ? BLOCKED
               : BROKEN;
}

static enum moved read_some(struct end *end)
{
    uint8_t octets[A_READ];

    return moved(end, end->ssl != NULL
                          ? SSL_read(end->ssl, octets, sizeof octets)
                          : (int)recv(end->fd, octets, sizeof octets, 0));
}

static enum moved write_some(struct end *end)
{
    struct hostile *hostile = end->hostile;
    size_t len = hostile->len - hostile->sent;
    const uint8_t *octets = hostile->out + hostile->sent;
    int ret = end->ssl != NULL ? SSL_write(end->ssl, octets, (int)len)
                               : (int)send(end->fd, octets, len, MSG_NOSIGNAL);

    if (ret > 0) {
        hostile->sent += (size_t)ret;
    }
    return moved(end, ret);
}

static enum moved read_all(struct end *end)
{
    enum moved how = MOVED;

    for (size_t n = 0; n < A_STEP && how == MOVED; n += A_READ) {
        how = read_some(end);
    }
    return how;
}

static enum moved write_all(struct end *end)
{
    struct hostile *hostile = end->hostile;
    enum moved how = MOVED;
    size_t n = 0;

    while (n < A_STEP && how == MOVED) {
        if (hostile->sent == hostile->len) {
            fill(end);
        }
        if (hostile->sent == hostile->len) {
            return MOVED; /* it has no more to say for now */
        }
        n += hostile->len - hostile->sent;
        how = write_some(end);
    }
    return how;
}

/* True once there is a connection to speak over. */
static bool shake_hands(struct end *end)
{
    int ret;

    if (end->hostile->shook_hands || end->ssl == NULL) {
        return true;
    }
    ret = SSL_do_handshake(end->ssl);
    end->hostile->shook_hands = ret == 1;
    if (moved(end, ret) == BROKEN) {
        end_cut(end, false);
    } else if (ret != 1) {
        end_wait(end, true, false);
    }
    return ret == 1;
}

void hostile_step(struct end *end)
{
    const struct script *script = end->hostile->script;
    enum moved in = BLOCKED, out;

    end->due_ms = UINT64_MAX;
    if (!shake_hands(end)) {
        return;
    }
    out = write_all(end);
    if (!script->never_reads && out != BROKEN) {
        in = read_all(end);
    }
    if (in == BROKEN || out == BROKEN) {
        end_cut(end, false);
        return;
    }
    if (out == MOVED) {
        end->due_ms =
            script->next == NULL
                ? UINT64_MAX
                : end->connection->world->now.mono_ms + script->gap_ms;
    }
    end_wait(end, !script->never_reads, out == BLOCKED);
}
